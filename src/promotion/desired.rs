//! The configuration that a live resource of the source environment should have in the target.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::implied::portable_with_implied;
use super::names::{Renamed, Tokens};
use super::rewrite::{Carried, Rewriter, Rewritten, Subject};
use super::versions;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{InputNeeded, Rewrite};
use crate::domain::pointer;
use crate::domain::pointer::PropertyPath;
use crate::domain::project::{Project, override_applies};
use crate::domain::resource::ResourceRef;
use crate::schema::{NeededUnless, TypeSchema};

/// The name that a resource gets in the target environment; `None` for a type without a name
/// property or a resource that AWS named.
///
/// # Errors
/// The name's environment is ambiguous, or the name must differ and has no environment token.
pub fn target_name(
    schema: &TypeSchema,
    resource: &ResourceRef,
    live: &Value,
    tokens: &Tokens,
    map: &BTreeMap<String, String>,
    shared_namespace: bool,
) -> Result<Option<String>, Diagnostic> {
    let Some(property) = &schema.name_property else { return Ok(None) };
    let place = pointer::join("", property);
    if schema.is_read_only(&place) {
        return Ok(None);
    }
    let Some(name) = live.get(property).and_then(Value::as_str) else { return Ok(None) };
    if let Some(mapped) = map.get(name) {
        return Ok(Some(mapped.clone()));
    }
    let by_map = format!(
        "choose its name in the target environment with --name '{}/{}=NAME', or in stagegate.yaml: promotion.map: {{ \"{name}\": \"…\" }}",
        resource.type_name, resource.identifier
    );
    match tokens.rename(name) {
        Renamed::To(new) => Ok(Some(new)),
        Renamed::NoToken if shared_namespace || schema.global_name => Err(Diagnostic::error(
            Code::NameWithoutEnvironment,
            format!("`{name}` has no environment token, and this type's names must be unique across accounts"),
        )
        .pointer(place)
        .resource(resource.to_string())
        .hint(by_map)),
        Renamed::NoToken => Ok(Some(name.to_owned())),
        Renamed::AccountInWord => Err(Diagnostic::error(
            Code::AmbiguousName,
            format!("`{name}` contains the account id, but not as a separate word"),
        )
        .pointer(place)
        .resource(resource.to_string())
        .hint(by_map)),
        Renamed::Ambiguous => {
            Err(Diagnostic::error(Code::AmbiguousName, format!("`{name}` has more than one environment token"))
                .pointer(place)
                .resource(resource.to_string())
                .hint(by_map))
        }
    }
}

/// The name of a resource that is created in the target environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewName {
    /// The type has no name property, or AWS named the resource.
    None,
    /// This name.
    Is(String),
    /// The name is left out, so that the service makes another one.
    LeftOut,
}

impl NewName {
    /// The name, if there is one.
    pub fn as_deref(&self) -> Option<&str> {
        match self {
            Self::Is(name) => Some(name),
            Self::None | Self::LeftOut => None,
        }
    }
}

/// As [`target_name`]; a name that must differ and has no environment token is left out where the service makes one.
///
/// # Errors
/// The name's environment is ambiguous, or the name must differ, has no environment token and is required.
pub fn new_name(
    schema: &TypeSchema,
    resource: &ResourceRef,
    live: &Value,
    tokens: &Tokens,
    map: &BTreeMap<String, String>,
    shared_namespace: bool,
) -> Result<NewName, Diagnostic> {
    match target_name(schema, resource, live, tokens, map, shared_namespace) {
        Ok(Some(name)) => Ok(NewName::Is(name)),
        Ok(None) => Ok(NewName::None),
        Err(problem) => {
            let is_optional = schema.name_property.as_ref().is_some_and(|name| !schema.required.contains(name));
            match problem.code == Code::NameWithoutEnvironment && is_optional {
                true => Ok(NewName::LeftOut),
                false => Err(problem),
            }
        }
    }
}

/// `/A/B`, `A.B` and `A` all name a property.
pub fn as_pointer(path: &str) -> String {
    pointer::of_path(path)
}

/// The values that the project sets in the target environment for a live resource, by JSON pointer. Those for a name
/// pattern take precedence over those for the type.
pub fn overrides_of(
    schema: &TypeSchema,
    project: &Project,
    resource: &ResourceRef,
    live: &Value,
) -> BTreeMap<String, Value> {
    let name = schema.name_property.as_ref().and_then(|property| live.get(property)?.as_str());
    let names: Vec<&str> = name.into_iter().chain([resource.identifier.as_str()]).collect();
    let all = project.promotion.overrides.iter();
    // `TYPE` is before `TYPE/PATTERN`.
    let applicable = all.filter(|(key, _)| override_applies(key, &resource.type_name, &names));
    applicable.flat_map(|(_, paths)| paths).map(|(path, value)| (as_pointer(path), value.clone())).collect()
}

/// Builds the target's desired state: portable properties, rewritten, under the name that the
/// resource has there, then the project's
/// overrides and the user's inputs, neither of which is rewritten.
pub fn desired(
    schema: &TypeSchema,
    live: &Value,
    name: Option<&str>,
    rewriter: &Rewriter<'_>,
    overrides: &BTreeMap<String, Value>,
    inputs: &BTreeMap<String, Value>,
) -> Rewritten {
    let mut source = portable_with_implied(schema, live);
    let described = versions::for_other_environment(schema, live, &mut source);
    // The resource's own name is computed, not looked up: another resource may share it.
    let named = schema.name_property.as_ref().zip(name).and_then(|(property, name)| {
        let before = source.as_object_mut()?.insert(property.clone(), Value::Null)?;
        Some((property, before, name))
    });
    let tag_property = schema.tagging.property.as_ref();
    let own_tags = tag_property.and_then(|property| source.as_object_mut()?.shift_remove(property));
    let identifier = schema.identifier_of(live).unwrap_or_default();
    let subject = Subject {
        schema,
        resource: ResourceRef::new(&schema.type_name, identifier),
        names: named.as_ref().and_then(|(_, before, name)| Some((before.as_str()?, *name))),
        function: live.get("FunctionName").and_then(Value::as_str),
    };
    let mut rewritten = rewriter.rewrite_of(&subject, &source);
    rewritten.rewrites.extend(described);
    if let (Some(property), Some(tags), Value::Object(map)) = (tag_property, own_tags, &mut rewritten.value) {
        let place = pointer::join("", property);
        let translated = user_tags(rewriter, &tags, &place, &mut rewritten.rewrites, &mut rewritten.carried);
        map.insert(property.clone(), translated);
    }
    if let (Some((property, before, name)), Value::Object(map)) = (named, &mut rewritten.value) {
        map.insert(property.clone(), Value::String(name.to_owned()));
        let before = before.as_str().unwrap_or_default().to_owned();
        if before != name {
            let (pointer, after) = (pointer::join("", property), name.to_owned());
            rewritten.rewrites.insert(0, Rewrite { pointer, before, after, reason: "name".to_owned() });
        }
    }
    for (place, value) in overrides.iter().chain(inputs) {
        set(&mut rewritten.value, &pointer::tokens(place), value.clone());
        rewritten.unmapped.retain(|left| !pointer::is_within(&left.pointer, place));
        rewritten.carried.retain(|left| !pointer::is_within(&left.pointer, place));
        rewritten.unmapped.extend(rewriter.check_given(schema, place, value));
    }
    rewritten
}

/// Rewrites the user's own tags. A tag is not a reference: a value that names a known resource is translated,
/// `Name` is renamed like a name, a key about the environment gets the target environment, and
/// everything else stays as it is; what may refer to the source environment is listed.
fn user_tags(
    rewriter: &Rewriter<'_>,
    tags: &Value,
    place: &str,
    rewrites: &mut Vec<Rewrite>,
    carried: &mut Vec<Carried>,
) -> Value {
    let mut translate = |key: &str, value: &str, at: String| {
        let about_environment = ["environment", "env", "stage"].contains(&key.to_lowercase().as_str());
        let new = match rewriter.tokens.rename(value) {
            Renamed::To(new) if key == "Name" => new,
            _ if about_environment => rewriter.tokens.partner(value).unwrap_or_else(|| value.to_owned()),
            _ => rewriter.rewrite_tag(value, &at, carried),
        };
        if new != value {
            let reason = "tag".to_owned();
            rewrites.push(Rewrite { pointer: at, before: value.to_owned(), after: new.clone(), reason });
        }
        Value::String(new)
    };
    match tags {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let mut item = item.clone();
                let at = pointer::join(&pointer::join(place, &index.to_string()), "Value");
                let parts = (item.get("Key").and_then(Value::as_str), item.get("Value").and_then(Value::as_str));
                if let (Some(key), Some(value)) = parts {
                    let new = translate(key, value, at);
                    item["Value"] = new;
                }
                item
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let new = value.as_str().map(|text| translate(key, text, pointer::join(place, key)));
                (key.clone(), new.unwrap_or_else(|| value.clone()))
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Sets a value, creating missing parents; an array index past the end appends.
pub fn set(document: &mut Value, path: &[String], new: Value) {
    let Some((token, rest)) = path.split_first() else {
        *document = new;
        return;
    };
    if let Value::Array(items) = document
        && let Ok(index) = token.parse::<usize>()
    {
        if index >= items.len() {
            items.push(Value::Null);
        }
        let index = index.min(items.len() - 1);
        set(&mut items[index], rest, new);
        return;
    }
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    if let Value::Object(map) = document {
        set(map.entry(token.clone()).or_insert(Value::Null), rest, new);
    }
}

/// True for a path whose last property has a secret's name. Other nested write-only properties
/// are legacy forms of readable ones (a bucket's lifecycle rules) and are not required.
fn is_secret(path: &PropertyPath) -> bool {
    let last = path.tokens().last().map(String::as_str).unwrap_or_default();
    ["Secret", "Password", "AuthToken", "PrivateKey", "Passphrase", "SecretString", "ApiKeyValue"]
        .iter()
        .any(|end| last.ends_with(end))
}

/// False where a secret is valid only together with a sibling property that is not set: nothing is missing.
fn belongs_together(schema: &TypeSchema, path: &PropertyPath, desired: &Value, place: &str) -> bool {
    let rule = schema.companions.iter().find(|companion| companion.secret == *path);
    let parent = place.rfind('/').map(|cut| &place[..cut]);
    rule.is_none_or(|rule| {
        parent.and_then(|parent| desired.pointer(parent)).is_some_and(|parent| parent.get(&rule.beside).is_some())
    })
}

/// The write-only values that the target needs and that were not given.
pub fn inputs_needed(schema: &TypeSchema, desired: &Value) -> Vec<InputNeeded> {
    let mut needed = Vec::new();
    for required in &schema.required {
        let place = pointer::join("", required);
        let hidden = schema.write_only.iter().any(|path| path.head() == Some(required));
        if hidden && desired.get(required).is_none_or(pointer::is_empty) {
            needed.push(InputNeeded {
                pointer: place,
                reason: "the value is required, and AWS does not return it in a read".into(),
            });
        }
    }
    for path in schema.write_only.iter().filter(|path| path.tokens().len() > 1 && is_secret(path)) {
        for place in path.places_missing(desired) {
            if !belongs_together(schema, path, desired, &place) {
                continue;
            }
            let reason = "AWS does not return the value in a read, and it is never copied from the source".to_owned();
            needed.push(InputNeeded { pointer: place, reason });
        }
    }
    for NeededUnless { pointer, unless } in &schema.needed_unless {
        let set =
            |at: &String| desired.pointer(at).is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
        if desired.pointer(pointer).is_none() && !unless.iter().any(set) {
            needed.push(InputNeeded {
                pointer: pointer.clone(),
                reason: "AWS does not return the value in a read, and it is never copied from the source".into(),
            });
        }
    }
    needed.sort();
    needed
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::portable::portable;
    use crate::domain::project::AccountId;
    use crate::promotion::index::ValueIndex;
    use crate::schema::Registry;
    use serde_json::json;

    fn tokens() -> Tokens {
        Tokens::between(&["dev".to_owned()], &["prod".to_owned()])
    }

    fn name(type_name: &str, property: &str, value: &str) -> Result<Option<String>, &'static str> {
        let schema = Registry::embedded().get(type_name).unwrap();
        let resource = ResourceRef::new(type_name, value);
        target_name(schema, &resource, &json!({property: value}), &tokens(), &BTreeMap::new(), false)
            .map_err(|d| d.code.as_str())
    }

    #[test]
    fn names_change_by_token_and_global_ones_must() {
        assert_eq!(name("AWS::SQS::Queue", "QueueName", "jobs-dev"), Ok(Some("jobs-prod".into())));
        assert_eq!(name("AWS::SQS::Queue", "QueueName", "jobs"), Ok(Some("jobs".into())));
        assert_eq!(name("AWS::S3::Bucket", "BucketName", "files"), Err("name-without-environment"));
        assert_eq!(name("AWS::SQS::Queue", "QueueName", "dev-jobs-dev"), Err("ambiguous-name"));
    }

    #[test]
    fn a_function_needs_its_code_and_a_managed_password_needs_nothing() {
        let function = Registry::embedded().get("AWS::Lambda::Function").unwrap();
        let places = |needed: Vec<InputNeeded>| needed.into_iter().map(|n| n.pointer).collect::<Vec<_>>();
        assert_eq!(places(inputs_needed(function, &json!({"Role": "r"}))), ["/Code"]);
        assert!(inputs_needed(function, &json!({"Code": {"ZipFile": "x"}})).is_empty());
        let database = Registry::embedded().get("AWS::RDS::DBInstance").unwrap();
        assert_eq!(places(inputs_needed(database, &json!({}))), ["/MasterUserPassword"]);
        assert!(inputs_needed(database, &json!({"ManageMasterUserPassword": true})).is_empty());
    }

    #[test]
    fn a_nested_secret_is_required_where_its_parent_is_set() {
        let listener = Registry::embedded().get("AWS::ElasticLoadBalancingV2::Listener").unwrap();
        let action =
            json!({"DefaultActions": [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientId": "x"}}]});
        let places: Vec<String> = inputs_needed(listener, &action).into_iter().map(|needed| needed.pointer).collect();
        assert_eq!(places, ["/DefaultActions/0/AuthenticateOidcConfig/ClientSecret"]);
        assert!(inputs_needed(listener, &json!({"DefaultActions": [{"Type": "forward"}]})).is_empty());
    }

    #[test]
    fn a_name_tag_is_renamed_and_other_tags_are_kept() {
        let vpc = Registry::embedded().get("AWS::EC2::VPC").unwrap();
        let live = json!({"CidrBlock": "10.0.0.0/16", "Tags": [
            {"Key": "Name", "Value": "main-dev"}, {"Key": "Team", "Value": "Dev"}, {"Key": "Stage", "Value": "dev"},
            {"Key": "Note", "Value": "the dev one"}]});
        let (dev, prod) = (AccountId::parse("111111111111").unwrap(), AccountId::parse("222222222222").unwrap());
        let (index, tokens) = (ValueIndex::new(&Registry::embedded(), vec![]), tokens());
        let rewriter =
            Rewriter { index: &index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens };
        let rewritten = desired(vpc, &live, None, &rewriter, &BTreeMap::new(), &BTreeMap::new());
        assert!(rewritten.unmapped.is_empty(), "{:?}", rewritten.unmapped);
        let values: Vec<&str> =
            rewritten.value["Tags"].as_array().unwrap().iter().map(|tag| tag["Value"].as_str().unwrap()).collect();
        assert_eq!(values, ["main-prod", "Dev", "prod", "the dev one"]);
    }

    #[test]
    fn read_only_values_and_system_tags_are_not_promoted() {
        let queue = Registry::embedded().get("AWS::SQS::Queue").unwrap();
        let live = json!({"QueueName": "q", "Arn": "arn:aws:sqs:x", "QueueUrl": "https://x", "Tags": [
            {"Key": "aws:x", "Value": "1"}, {"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "Team", "Value": "a"}]});
        assert_eq!(portable(queue, &live), json!({"QueueName": "q", "Tags": [{"Key": "Team", "Value": "a"}]}));
    }

    #[test]
    fn set_creates_missing_parents() {
        let mut document = json!({"A": [1]});
        set(&mut document, &pointer::tokens("/B/C"), json!(2));
        set(&mut document, &pointer::tokens("/A/0"), json!(3));
        assert_eq!(document, json!({"A": [3], "B": {"C": 2}}));
    }
}
