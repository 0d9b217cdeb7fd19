//! 300 generated pairs of many types: the same configuration in other words is no drift, and a change of one property is found
//! in exactly that pair, at its place and on its side.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use stagegate::compare::drift::{DriftRow, Moved, Status, own_digest};
use stagegate::compare::pair::differences;
use stagegate::domain::pointer;
use stagegate::domain::portable::portable;
use stagegate::domain::project::{Environment, Project};
use stagegate::domain::resource::ResourceRef;
use stagegate::domain::tags::{self, Tags};
use stagegate::files::config;
use stagegate::pipeline::drift::{Scope, compare};
use stagegate::pipeline::event::Events;
use stagegate::pipeline::ports::{CloudError, CloudErrorKind, ReadResources, ReadTags, TaggedResource};
use stagegate::schema::{Registry, TagShape, TypeSchema};

use super::model_generator::model;
use super::random::Random;
use super::support::{DEV, PROD};

const PAIRS: usize = 300;
const PER_TYPE: usize = 3;
const PLANTED: usize = 100;

/// A fake of Cloud Control and of the tagging API for one account.
#[derive(Default)]
struct Account {
    registry: Registry,
    name: &'static str,
    models: BTreeMap<ResourceRef, Value>,
    /// Further ARNs that the tagging API returns.
    others: Vec<String>,
}

#[async_trait]
impl ReadResources for Account {
    fn environment(&self) -> &str {
        self.name
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        Ok(self.models.get(resource).cloned())
    }
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let all = self.models.keys().filter(|one| one.type_name == type_name);
        Ok(all.map(|one| one.identifier.clone()).collect())
    }
    async fn list_within(&self, type_name: &str, _: &Value) -> Result<Vec<String>, CloudError> {
        self.list(type_name).await
    }
}

#[async_trait]
impl ReadTags for Account {
    async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        let arn = |model: &Value, name: &str| model[name].as_str().unwrap().to_owned();
        let tagged = self.models.iter().map(|(resource, model)| {
            let schema = Registry::embedded().get(&resource.type_name).unwrap();
            TaggedResource { arn: arn(model, schema.arn_property.as_deref().unwrap()), tags: tags::read(schema, model) }
        });
        let others = self.others.iter().map(|arn| TaggedResource { arn: arn.clone(), tags: Tags::new() });
        Ok(tagged.chain(others).collect())
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        Err(CloudError::new(CloudErrorKind::Unsupported, "iam.GetAccountAuthorizationDetails", "dev", "no IAM"))
    }
}

/// A generated resource whose ARN alone says what it is, so that the tagging API can name it.
fn resource(schema: &'static TypeSchema, seed: u64) -> Option<(ResourceRef, Value)> {
    let property = schema.arn_property.as_ref()?;
    let template = schema.arn_template.as_ref()?;
    // One identifier of letters: generated ones may contain anything.
    let [identifier] = schema.primary_identifier.as_slice() else { return None };
    let name = format!("g{seed}{}", schema.type_name.to_lowercase().replace("::", ""));
    let arn = template
        .replace("${Partition}", "aws")
        .replace("${Region}", "us-east-1")
        .replace("${Account}", DEV)
        .replace(&format!("${{{identifier}}}"), &name);
    if arn.contains("${") || identifier.contains('/') {
        return None;
    }
    let resource = ResourceRef::new(&schema.type_name, if identifier == property { &arn } else { &name });
    if Registry::embedded().identify(&arn).candidates() != [resource.clone()] {
        return None;
    }
    // Last, as it takes longest.
    let mut live = model(&schema.type_name, seed)?.live;
    live[property.as_str()] = json!(arn);
    live[identifier.as_str()] = json!(resource.identifier);
    Some((resource, live))
}

fn with_tags(schema: &TypeSchema, mut live: Value, of: &ResourceRef, key: &str) -> Value {
    let digest = own_digest(schema, &live);
    let marks = Tags::from([
        (tags::MANAGED_BY.to_owned(), tags::MANAGER.to_owned()),
        (tags::PROMOTION_STATUS.to_owned(), "synced".to_owned()),
        (key.to_owned(), tags::encode_identifier(&of.identifier).unwrap()),
        (tags::PROMOTED_DIGEST.to_owned(), digest),
    ]);
    let all = tags::read(schema, &live).into_iter().chain(marks).collect();
    tags::write(schema, &mut live, &all);
    live
}

/// The same configuration in other words, as services return it.
fn respelled(schema: &TypeSchema, live: &Value, random: &mut Random) -> Value {
    let root = Registry::embedded().json_schema(&schema.type_name).unwrap();
    let mut result = Map::new();
    // The members of objects in another order, and texts in place of numbers and the reverse.
    for (name, value) in live.as_object().unwrap().iter().rev() {
        let is_named = schema.primary_identifier.contains(name) || schema.arn_property.as_ref() == Some(name);
        result.insert(name.clone(), if is_named { value.clone() } else { reworded(value, random) });
    }
    for (name, node) in root["properties"].as_object().unwrap() {
        let at = format!("/{name}");
        if schema.is_read_only(&at) || schema.is_write_only(&at) {
            continue;
        }
        match result.get_mut(name) {
            // A set in another order.
            Some(Value::Array(items)) if node["insertionOrder"] == false => {
                for index in (1..items.len()).rev() {
                    items.swap(index, random.below(index + 1));
                }
            }
            // What is empty may be missing, and the reverse.
            None if node["type"] == "array" => {
                result.insert(name.clone(), json!([]));
            }
            _ => {}
        }
    }
    if let (Some(property), TagShape::List) = (&schema.tagging.property, schema.tagging.shape)
        && let Some(Value::Array(items)) = result.get_mut(property)
    {
        items.reverse();
    }
    Value::Object(result)
}

fn reworded(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().rev().map(|(name, value)| (name.clone(), reworded(value, random))).collect()
        }
        Value::Array(items) => items.iter().map(|item| reworded(item, random)).collect(),
        Value::Bool(_) if random.once_in(3) => json!(value.to_string()),
        Value::Number(number) if number.is_i64() && random.once_in(3) => json!(number.to_string()),
        other => other.clone(),
    }
}

/// Changes one property that can be set, and returns its pointer.
fn plant(schema: &TypeSchema, live: &mut Value, random: &mut Random) -> Option<String> {
    let is_settable = |name: &String| {
        let at = format!("/{name}");
        !schema.is_read_only(&at)
            && !schema.is_write_only(&at)
            && !schema.primary_identifier.contains(name)
            && schema.name_property.as_ref() != Some(name)
            && schema.tagging.property.as_ref() != Some(name)
            // What a reference names in prod cannot be told from a changed one: it needs review.
            && schema.references_at(&at).next().is_none()
    };
    let scalars: Vec<String> = live
        .as_object()?
        .iter()
        .filter(|(name, value)| is_settable(name) && (value.is_number() || value.is_boolean() || value.is_string()))
        .map(|(name, _)| name.clone())
        .collect();
    if scalars.is_empty() {
        return None;
    }
    let name = random.pick(&scalars).clone();
    live[name.as_str()] = match &live[name.as_str()] {
        Value::Bool(is_on) => json!(!is_on),
        Value::Number(number) => json!(number.as_f64()? + 1.0),
        Value::String(text) => json!(format!("{text}-changed")),
        _ => return None,
    };
    Some(format!("/{name}"))
}

struct Estate {
    project: Project,
    dev: Account,
    prod: Account,
}

impl Estate {
    fn environment(&self, name: &str) -> &Environment {
        self.project.environments.iter().find(|one| one.name == name).unwrap()
    }

    async fn rows(&self) -> Vec<DriftRow> {
        let (dev, prod) = (self.environment("dev"), self.environment("prod"));
        let report =
            compare(&self.project, (dev, &self.dev), (prod, &self.prod), &Scope::default(), &Events::none()).await;
        report.unwrap().rows
    }
}

/// An estate with this number of pairs.
fn estate_of(pairs: usize) -> Estate {
    let project = format!(
        "version: 1\nproject: generated\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  \
         prod: {{ account: \"{PROD}\", region: us-east-1, protected: true }}\n"
    );
    let project = config::parse("stagegate.yaml", &project).unwrap();
    let mut estate = Estate {
        project,
        dev: Account { name: "dev", ..Account::default() },
        prod: Account { name: "prod", ..Account::default() },
    };
    let mut random = Random::new(14);
    'types: for name in Registry::embedded().type_names() {
        let schema = Registry::embedded().get(name).unwrap();
        let is_usable = schema.handlers.read && schema.handlers.update && schema.tagging.property.is_some();
        if !is_usable {
            continue;
        }
        for seed in 0..PER_TYPE as u64 {
            if estate.dev.models.len() == pairs {
                break 'types;
            }
            let Some((dev, live)) = resource(schema, seed) else { break };
            // Whatever names the account of dev names that of prod; nothing of the product translates it.
            let text = live.to_string().replace(DEV, PROD);
            let there: Value = serde_json::from_str(&text).unwrap();
            let prod = ResourceRef::new(name, schema.identifier_of(&there).unwrap());
            let there = with_tags(schema, there, &dev, tags::DEV_COUNTERPART);
            let here = with_tags(schema, live, &prod, tags::PROD_COUNTERPART);
            let there = respelled(schema, &there, &mut random);
            estate.dev.models.insert(dev, here);
            estate.prod.models.insert(prod, there);
        }
    }
    estate
}

/// The places of differences with both values. Of a difference within a list only the place of the list: the indices of its
/// elements are those of one side.
fn findings(schema: &TypeSchema, before: &Value, after: &Value) -> BTreeSet<(String, Option<[String; 2]>)> {
    let bare = |live: &Value| tags::without_tracking(schema, &portable(schema, live));
    let changes = differences(schema, &bare(before), &bare(after)).changes;
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    changes
        .iter()
        .map(|change| {
            let tokens = pointer::tokens(&change.pointer);
            let outside: Vec<String> =
                tokens.iter().take_while(|token| token.parse::<usize>().is_err()).cloned().collect();
            let place = outside.iter().fold(String::new(), |at, token| pointer::join(&at, token));
            (place, (outside.len() == tokens.len()).then(|| [text(&change.before), text(&change.after)]))
        })
        .collect()
}

/// Returns what is wrong with the comparison of two live models of a type: either differs from itself, or what differs depends
/// on the direction.
pub fn asymmetry(schema: &TypeSchema, one: &Value, other: &Value) -> Option<String> {
    for live in [one, other] {
        let found = findings(schema, live, live);
        if !found.is_empty() {
            return Some(format!("differs from itself: {found:?}"));
        }
    }
    let swapped =
        |(place, values): (String, Option<[String; 2]>)| (place, values.map(|[before, after]| [after, before]));
    let (forward, back) = (findings(schema, one, other), findings(schema, other, one));
    let back: BTreeSet<_> = back.into_iter().map(swapped).collect();
    (forward != back).then(|| {
        let only = |one: &BTreeSet<_>, other: &BTreeSet<_>| format!("{:?}", one.difference(other).collect::<Vec<_>>());
        format!("one way {}, the other way {}", only(&forward, &back), only(&back, &forward))
    })
}

#[test]
fn generated_models_do_not_differ_from_themselves_and_what_differs_is_the_same_in_both_directions() {
    let (mut compared, mut different, mut wrong) = (0, 0, Vec::new());
    for (number, name) in Registry::embedded().type_names().enumerate().filter(|(number, _)| number % 16 == 0) {
        let schema = Registry::embedded().get(name).unwrap();
        let seed = number as u64;
        let (Some(one), Some(other)) = (model(name, seed), model(name, seed + 5000)) else { continue };
        compared += 1;
        different += usize::from(!findings(schema, &one.live, &other.live).is_empty());
        wrong.extend(asymmetry(schema, &one.live, &other.live).map(|problem| format!("{name}: {problem}")));
        let again = respelled(schema, &one.live, &mut Random::new(seed));
        let found = findings(schema, &one.live, &again);
        wrong.extend((!found.is_empty()).then(|| format!("{name}: respelled: {found:?}")));
    }
    assert!(compared > 60 && different > 50, "{different} of {compared}");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_has_an_arn_of_no_known_type_is_a_row_without_a_comparison() {
    let mut estate = estate_of(0);
    estate.dev.others = vec![format!("arn:aws:quantum:us-east-1:{DEV}:computer/c-1")];
    let rows = estate.rows().await;
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [Status::Unsupported]);
    assert_eq!(rows[0].dev.as_ref(), estate.dev.others.first());
    assert!(rows[0].reason.as_deref().is_some_and(|reason| reason.contains("does not match any known")), "{rows:?}");
    // Once it is gone, nothing is left to report.
    estate.dev.others.clear();
    assert_eq!(estate.rows().await, []);
}

#[tokio::test]
async fn respelled_pairs_are_synced_and_planted_changes_are_found() {
    let mut estate = estate_of(PAIRS);
    let types: BTreeSet<&str> = estate.dev.models.keys().map(|one| one.type_name.as_str()).collect();
    assert!(
        estate.dev.models.len() == PAIRS && types.len() >= 80,
        "{} of {} types",
        estate.dev.models.len(),
        types.len()
    );
    let rows = estate.rows().await;
    assert_eq!(rows.len(), PAIRS);
    let drifted: Vec<String> = rows
        .iter()
        .filter(|row| row.status != Status::Synced)
        .map(|row| {
            format!(
                "{} {}: {} {:?} {:?}",
                row.type_name,
                row.status.as_str(),
                row.dev.as_deref().unwrap_or("-"),
                row.reason,
                row.changes
            )
        })
        .collect();
    assert!(drifted.is_empty(), "{} of {PAIRS}:\n{}", drifted.len(), drifted.join("\n"));

    let mut random = Random::new(15);
    let mut planted: BTreeMap<(String, String), (String, Option<Moved>)> = BTreeMap::new();
    let pairs: Vec<(ResourceRef, ResourceRef)> = rows
        .iter()
        .map(|row| {
            (
                ResourceRef::new(&row.type_name, row.dev.as_ref().unwrap()),
                ResourceRef::new(&row.type_name, row.prod.as_ref().unwrap()),
            )
        })
        .collect();
    for (dev, prod) in pairs {
        if planted.len() == PLANTED {
            break;
        }
        let schema = Registry::embedded().get(&dev.type_name).unwrap();
        let (account, resource, side) = match planted.len() % 2 {
            0 => (&mut estate.dev, &dev, Moved::Dev),
            _ => (&mut estate.prod, &prod, Moved::Prod),
        };
        let live = account.models.get_mut(resource).unwrap();
        if let Some(at) = plant(schema, live, &mut random) {
            planted.insert((dev.type_name.clone(), dev.identifier.clone()), (at, Some(side)));
        }
    }
    assert_eq!(planted.len(), PLANTED);
    let found: BTreeMap<(String, String), (String, Option<Moved>)> = estate
        .rows()
        .await
        .into_iter()
        .filter(|row| row.status != Status::Synced)
        .map(|row| {
            let places: Vec<&str> = row.changes.iter().map(|change| change.pointer.as_str()).collect();
            ((row.type_name.clone(), row.dev.clone().unwrap()), (places.join(" "), row.moved))
        })
        .collect();
    let wrong: Vec<_> = planted.iter().filter(|(pair, change)| found.get(*pair) != Some(*change)).collect();
    let got: Vec<_> = wrong.iter().map(|(pair, _)| found.get(*pair)).collect();
    assert!(wrong.is_empty(), "{} of {PLANTED}: {wrong:?}, found {got:?}", wrong.len());
    assert_eq!(found.len(), PLANTED);
}
