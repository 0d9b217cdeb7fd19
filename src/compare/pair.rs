//! The differences of a promoted pair that a report shows: those of the configuration, of the tags that a promotion
//! copies, and of what a type says of values that a read does not return.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::diff::diff;
use super::normalize::{self, Options};
use crate::domain::plan::{SENSITIVE, hidden_change, hidden_values};
use crate::domain::pointer;
use crate::domain::resource::{Change, LiveResource};
use crate::domain::tags::{self, Tags};
use crate::schema::TypeSchema;

/// The differences of a pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    /// The differences: `before` is the value derived from dev, `after` the value in prod.
    pub changes: Vec<Change>,
    /// The keys of the tags among them, by JSON pointer: a list of tags has indices instead.
    pub tag_keys: BTreeMap<String, String>,
}

/// The tags that a promotion copies to the target, although stagegate writes them itself: they say nothing about an
/// environment. Digests do not cover them.
pub fn copied_tags(schema: &TypeSchema, live: &LiveResource) -> Tags {
    if schema.tagging.property.is_none() || !schema.tagging.updatable {
        return Tags::new();
    }
    let copied = live.tags.iter().filter(|(key, _)| *key == tags::COST_CENTER);
    copied.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// True if a tag that a promotion copies is missing in the target or has another value there.
pub fn copied_tags_differ(schema: &TypeSchema, dev: &LiveResource, prod: &Tags) -> bool {
    copied_tags(schema, dev).iter().any(|(key, value)| prod.get(key) != Some(value))
}

/// Adds the tags that a promotion copies from dev to the expected configuration in prod, and those of the same keys that
/// prod has to the actual one. Returns true if they differ.
pub fn add_copied_tags(
    schema: &TypeSchema,
    (dev, expected): (&LiveResource, &mut Value),
    (prod, actual): (&LiveResource, &mut Value),
) -> bool {
    let wanted = copied_tags(schema, dev);
    let mut found = copied_tags(schema, prod);
    // As for other tags, what only prod has is no drift.
    found.retain(|key, _| wanted.contains_key(key));
    for (document, own) in [(expected, &wanted), (actual, &found)] {
        if !own.is_empty() {
            tags::write(schema, document, own);
        }
    }
    wanted != found
}

/// The differences between the expected configuration in prod and the actual one; `stagegate`'s own tags have been left
/// out of both.
pub fn differences(schema: &TypeSchema, expected: &Value, actual: &Value) -> Differences {
    let normal = |properties: &Value| normalize::normalize(schema, properties, &Options::default());
    let (mut expected, mut actual) = (normal(expected), normal(actual));
    // If one side has no tags at all, each tag of the other one is a difference.
    let like = |tags: &Value| if tags.is_array() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    if let (Some(property), Value::Object(one), Value::Object(other)) =
        (&schema.tagging.property, &mut expected, &mut actual)
    {
        match (one.get(property), other.get(property)) {
            (Some(tags), None) => drop(other.insert(property.clone(), like(tags))),
            (None, Some(tags)) => drop(one.insert(property.clone(), like(tags))),
            _ => {}
        }
    }
    let changes = diff(&expected, &actual);
    let key = |change: &Change| Some((change.pointer.clone(), tag_key(schema, &expected, &actual, change)?));
    let tag_keys = changes.iter().filter_map(key).collect();
    Differences { changes, tag_keys }
}

/// The key of the tag that a change is about.
fn tag_key(schema: &TypeSchema, expected: &Value, actual: &Value, change: &Change) -> Option<String> {
    let property = schema.tagging.property.as_ref()?;
    let tokens = pointer::tokens(&change.pointer);
    let [first, element, ..] = tokens.as_slice() else { return None };
    if first != property {
        return None;
    }
    // The pointer of a removed element refers to the expected configuration, any other to the actual one.
    let document = if change.after.is_none() && tokens.len() == 2 { expected } else { actual };
    match document.get(property)? {
        Value::Object(_) => Some(element.clone()),
        Value::Array(items) => items.get(element.parse::<usize>().ok()?)?.get("Key")?.as_str().map(str::to_owned),
        _ => None,
    }
}

/// Hides the sensitive values of changes. The documents tell what a change alone does not: the value of
/// `{Name: DB_PASSWORD, Value: …}` is a change at `/…/Value`. `secrets` are values that are hidden wherever they stand; where one
/// side of a change is hidden, so is the other, which may be an earlier secret.
pub fn mask(
    schema: &TypeSchema,
    name: Option<&str>,
    (expected, actual): (&Value, &Value),
    secrets: &BTreeSet<String>,
    changes: &mut [Change],
) {
    /// Shorter values may be part of any other text.
    const SHORTEST: usize = 4;
    let hidden: Vec<Value> = [expected, actual]
        .into_iter()
        .flat_map(|document| hidden_values(Some(schema), document, secrets).into_values())
        .collect();
    let texts: BTreeSet<String> = hidden.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    for change in changes {
        let of_both = [&change.before, &change.after].into_iter().flatten().filter_map(Value::as_str);
        let own: BTreeSet<String> = of_both.filter(|text| texts.contains(*text)).map(str::to_owned).collect();
        let long = texts.iter().filter(|text| text.len() >= SHORTEST).cloned();
        let texts = long.chain(own).chain(secrets.iter().cloned()).collect();
        let (mut before, mut after) = hidden_change(Some(schema), name, change, &texts);
        if before == SENSITIVE || after == SENSITIVE {
            (before, after) = (Value::from(SENSITIVE), Value::from(SENSITIVE));
        }
        change.before = change.before.is_some().then_some(before);
        change.after = change.after.is_some().then_some(after);
    }
}

/// What fingerprints say of values that a read does not return.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fingerprints {
    /// Fingerprints that differ, by their JSON pointers.
    pub changes: Vec<Change>,
    /// JSON pointers of values that cannot be verified.
    pub unverified: Vec<String>,
}

/// Compares the values at pointers, which a read does not return, by the fingerprints that both live resources have, such
/// as the `CodeSha256` of code. Fingerprints of keys are not compared: a pair may have two keys.
pub fn fingerprints(unreturned: Vec<String>, dev: &Value, prod: &Value) -> Fingerprints {
    const ENDINGS: [&str; 4] = ["Sha256", "Sha512", "Hash", "Checksum"];
    let mut found = Fingerprints { unverified: unreturned, ..Fingerprints::default() };
    if found.unverified.is_empty() {
        return found;
    }
    for (name, before) in dev.as_object().into_iter().flatten() {
        // `CodeSha256` stands for `/Code`, and `DefinitionHash` for `/PolicyDefinition`.
        let Some(subject) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else { continue };
        let (Some(one), Some(other)) = (before.as_str(), prod.get(name).and_then(Value::as_str)) else { continue };
        let covers = |place: &String| {
            let tokens = pointer::tokens(place);
            !subject.is_empty() && tokens.first().is_some_and(|head| head.contains(subject))
        };
        if !found.unverified.iter().any(covers) {
            continue;
        }
        found.unverified.retain(|place| !covers(place));
        if one != other {
            let (before, after) = (Some(before.clone()), prod.get(name).cloned());
            found.changes.push(Change { pointer: pointer::join("", name), before, after });
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::resource::ResourceRef;
    use crate::schema::Registry;
    use serde_json::json;

    const QUEUE: &str = "AWS::SQS::Queue";

    fn schema(type_name: &str) -> &'static TypeSchema {
        Registry::embedded().get(type_name).unwrap()
    }

    fn live(tags: &[(&str, &str)]) -> LiveResource {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let properties = json!({"QueueName": "q", "Tags": tags});
        LiveResource {
            resource: ResourceRef::new(QUEUE, "q"),
            tags: tags::read(schema(QUEUE), &properties),
            properties,
            arn: None,
        }
    }

    fn between(dev: &LiveResource, prod: &LiveResource) -> (bool, Differences) {
        let bare = |live: &LiveResource| tags::without_tracking(schema(QUEUE), &live.properties);
        let (mut expected, mut actual) = (bare(dev), bare(prod));
        let differs = add_copied_tags(schema(QUEUE), (dev, &mut expected), (prod, &mut actual));
        (differs, differences(schema(QUEUE), &expected, &actual))
    }

    #[test]
    fn a_changed_or_removed_cost_center_is_a_difference_and_tags_of_an_environment_are_not() {
        let dev = live(&[("CostCenter", "Data"), ("Environment", "development"), ("CreatedBy", "a"), ("Team", "x")]);
        let same = live(&[("CostCenter", "Data"), ("Environment", "production"), ("CreatedBy", "b"), ("Team", "x")]);
        assert_eq!(between(&dev, &same), (false, Differences::default()));
        let changed = live(&[("CostCenter", "Engineering"), ("Environment", "production"), ("Team", "x")]);
        let (differs, found) = between(&dev, &changed);
        let [change] = found.changes.as_slice() else { panic!("{found:?}") };
        assert!(differs && change.before == Some(json!("Data")) && change.after == Some(json!("Engineering")));
        assert_eq!(found.tag_keys[&change.pointer], "CostCenter");
        let (differs, found) = between(&dev, &live(&[("Team", "x")]));
        assert!(differs && found.changes.len() == 1 && found.changes[0].after.is_none(), "{found:?}");
        assert_eq!(found.tag_keys[&found.changes[0].pointer], "CostCenter");
        let (differs, found) = between(&dev, &live(&[]));
        let keys: Vec<&String> = found.tag_keys.values().collect();
        assert!(differs && keys == ["CostCenter", "Team"], "{found:?}");
        // What only prod has is no difference.
        assert!(!between(&live(&[("Team", "x")]), &live(&[("CostCenter", "Data"), ("Team", "x")])).0);
    }

    #[test]
    fn tags_in_maps_have_keys_too() {
        let pool = schema("AWS::Cognito::UserPool");
        let of = |team: &str| json!({"UserPoolTags": {"Team": team}});
        let found = differences(pool, &of("a"), &of("b"));
        assert_eq!(found.tag_keys, BTreeMap::from([("/UserPoolTags/Team".to_owned(), "Team".to_owned())]));
        assert!(differences(pool, &json!({"UserPoolName": "a"}), &json!({"UserPoolName": "b"})).tag_keys.is_empty());
    }

    #[test]
    fn a_value_whose_name_stands_beside_it_is_masked() {
        let of = |password: &str, level: &str| {
            json!({"ContainerDefinitions": [{"Name": "app", "Environment": [
                {"Name": "DB_PASSWORD", "Value": password}, {"Name": "LEVEL", "Value": level}]}]})
        };
        let (expected, actual) = (of("hunter2-one", "info"), of("x1", "warn"));
        let mut changes = differences(schema("AWS::ECS::TaskDefinition"), &expected, &actual).changes;
        assert_eq!(changes.len(), 2, "{changes:?}");
        mask(schema("AWS::ECS::TaskDefinition"), Some("app"), (&expected, &actual), &BTreeSet::new(), &mut changes);
        let shown = serde_json::to_string(&changes.iter().map(|one| [&one.before, &one.after]).collect::<Vec<_>>());
        assert_eq!(shown.unwrap(), r#"[["(sensitive)","(sensitive)"],["info","warn"]]"#);
    }

    #[test]
    fn a_fingerprint_verifies_what_a_read_does_not_return() {
        let unreturned = || vec!["/Code".to_owned(), "/MasterUserPassword".to_owned()];
        let of = |hash: &str| json!({"Role": "r", "CodeSha256": hash});
        let same = fingerprints(unreturned(), &of("a"), &of("a"));
        assert_eq!(same, Fingerprints { changes: vec![], unverified: vec!["/MasterUserPassword".into()] });
        let other = fingerprints(unreturned(), &of("a"), &of("b"));
        let change = Change { pointer: "/CodeSha256".into(), before: Some(json!("a")), after: Some(json!("b")) };
        assert_eq!(other.changes, [change]);
        // Without a fingerprint on both sides, nothing is verified.
        assert_eq!(fingerprints(unreturned(), &of("a"), &json!({"Role": "r"})).unverified, unreturned());
        let definition = vec!["/PolicyDefinition".to_owned()];
        let hash = |hash: &str| json!({"DefinitionHash": hash});
        assert_eq!(fingerprints(definition, &hash("a"), &hash("a")), Fingerprints::default());
        let keys = vec!["/HostKeyBody".to_owned()];
        let key = |print: &str| json!({"HostKeyFingerprint": print});
        assert!(fingerprints(keys, &key("a"), &key("b")).changes.is_empty(), "two keys are two keys");
    }
}
