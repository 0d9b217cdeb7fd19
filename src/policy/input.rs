//! The input document of policies; `policies/README.md` documents it for policy authors.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as RegoValue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::path::path;
use super::project::{ProjectRules, ScanEnvironment};
use super::resource::{PlannedLoss, ScanResource};
use super::{referrers, secret_values, statements};
use crate::domain::finding::FindingResource;
use crate::domain::{intrinsics, symbol};
use crate::schema::{Registry, TagShape, TypeSchema};

/// The input of one evaluation. The resources are each other's siblings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanInput {
    /// The resources, in the order of the user's files.
    pub resources: Vec<ScanResource>,
    /// Additional siblings, which are read but not evaluated.
    pub context: Vec<ScanResource>,
    /// Types whose siblings may be incomplete: checks that read them are undecided.
    pub incomplete: BTreeSet<String>,
    /// The environment of the resources.
    pub environment: ScanEnvironment,
    /// The project's own rules; without them the checks of tags and names are skipped.
    pub project: Option<ProjectRules>,
    /// The known resource types.
    pub registry: Registry,
    /// The resources of each file are a stack of their own, whether or not files have the same logical ids.
    #[serde(default)]
    pub separate_stacks: bool,
}

/// Builds the input documents of a scan, one per resource. Parts that the documents have in
/// common are shared, so a thousand of them cost little more than one.
pub(super) fn documents(input: &ScanInput) -> Vec<RegoValue> {
    let together: Vec<&ScanResource> = input.resources.iter().chain(&input.context).collect();
    let views: Vec<RegoValue> = together.iter().map(|scanned| view(&input.registry, scanned)).collect();
    let environment = RegoValue::from(json!({
        "name": input.environment.name,
        "protected": input.environment.protected,
    }));
    let project = RegoValue::from(json!(input.project.as_ref().map(|rules| rules.document(&input.environment))));
    let mut facts: BTreeMap<&str, RegoValue> = BTreeMap::new();
    let mut documents: BTreeMap<usize, RegoValue> = BTreeMap::new();
    for stack in stacks(&together, input.separate_stacks) {
        let members: Vec<&ScanResource> = stack.iter().filter_map(|&at| together.get(at).copied()).collect();
        let siblings = by_type(&together, &views, &stack);
        let logical_ids = members.iter().filter_map(|scanned| {
            let id = scanned.resource.logical_id.as_deref()?;
            Some((id.into(), scanned.resource.type_name.as_str().into()))
        });
        let logical_ids = RegoValue::from(logical_ids.collect::<BTreeMap<RegoValue, RegoValue>>());
        for ((&at, scanned), referrers) in stack.iter().zip(&members).zip(referrers::of(&input.registry, &members)) {
            let Some(view) = views.get(at).filter(|_| at < input.resources.len()) else { continue };
            let referrers: Vec<usize> = referrers.iter().filter_map(|member| stack.get(*member).copied()).collect();
            let type_name = scanned.resource.type_name.as_str();
            let schema =
                facts.entry(type_name).or_insert_with(|| RegoValue::from(schema_facts(input.registry.get(type_name))));
            let document = object([
                ("resource", view.clone()),
                ("siblings", siblings.clone()),
                ("referrers", by_type(&together, &views, &referrers)),
                ("logical_ids", logical_ids.clone()),
                ("environment", environment.clone()),
                ("project", project.clone()),
                ("schema", schema.clone()),
            ]);
            documents.insert(at, document);
        }
    }
    documents.into_values().collect()
}

/// A document with its resource replaced.
pub(super) fn with_resource(registry: &Registry, document: &RegoValue, scanned: &ScanResource) -> RegoValue {
    let mut changed = document.clone();
    if let Ok(members) = changed.as_object_mut() {
        members.insert("resource".into(), view(registry, scanned));
    }
    changed
}

/// The positions of the resources by stack: by file where several files have the
/// same logical ids or are separate anyway, else all together.
fn stacks(together: &[&ScanResource], separate_stacks: bool) -> Vec<Vec<usize>> {
    let mut files: BTreeMap<&str, &Option<String>> = BTreeMap::new();
    let mut are_separate = separate_stacks;
    for FindingResource { file, logical_id, .. } in together.iter().map(|scanned| &scanned.resource) {
        let elsewhere = logical_id.as_deref().and_then(|id| files.insert(id, file));
        are_separate |= elsewhere.is_some_and(|other| other != file);
    }
    if !are_separate {
        return vec![(0..together.len()).collect()];
    }
    let mut stacks: BTreeMap<&Option<String>, Vec<usize>> = BTreeMap::new();
    for (at, scanned) in together.iter().enumerate() {
        stacks.entry(&scanned.resource.file).or_default().push(at);
    }
    stacks.into_values().collect()
}

fn view(registry: &Registry, scanned: &ScanResource) -> RegoValue {
    let mut properties = match &scanned.properties {
        Value::Object(_) => scanned.properties.clone(),
        _ => json!({}),
    };
    decode_documents(&mut properties);
    intrinsics::simplify(&mut properties);
    let unresolved: Vec<Value> = symbol::unknown_pointers(&properties)
        .iter()
        .map(|pointer| {
            let call = properties.pointer(pointer).unwrap_or(&Value::Null);
            json!({
                "pointer": pointer,
                "path": path(&properties, pointer),
                "text": intrinsics::partial_text(call),
                "optional": intrinsics::may_be_absent(call),
            })
        })
        .collect();
    let secrets = secret_values::of(registry.get(&scanned.resource.type_name), &properties);
    let given = secrets.iter().filter(|secret| scanned.given.includes(secret));
    RegoValue::from(json!({
        "given": given.map(|secret| path(&properties, secret)).collect::<Vec<_>>(),
        "logical_id": scanned.resource.logical_id,
        "identifier": scanned.resource.identifier,
        "type": scanned.resource.type_name,
        "statements": statements::of(&properties),
        "secrets": secrets.iter().map(|secret| path(&properties, secret)).collect::<Vec<_>>(),
        "properties": properties,
        "unresolved": unresolved,
        "metadata": scanned.metadata,
        "planned": scanned.planned_loss.map(PlannedLoss::as_str),
    }))
}

/// Resources by type, because policies look up siblings by type.
fn by_type(together: &[&ScanResource], views: &[RegoValue], positions: &[usize]) -> RegoValue {
    let mut by_type: BTreeMap<RegoValue, Vec<RegoValue>> = BTreeMap::new();
    for &position in positions {
        if let (Some(scanned), Some(view)) = (together.get(position), views.get(position)) {
            let type_name = scanned.resource.type_name.as_str();
            by_type.entry(type_name.into()).or_default().push(view.clone());
        }
    }
    let lists = by_type.into_iter().map(|(type_name, list)| (type_name, RegoValue::from(list)));
    RegoValue::from(lists.collect::<BTreeMap<RegoValue, RegoValue>>())
}

fn object<const N: usize>(members: [(&str, RegoValue); N]) -> RegoValue {
    let members = members.into_iter().map(|(key, value)| (key.into(), value));
    RegoValue::from(members.collect::<BTreeMap<RegoValue, RegoValue>>())
}

/// Replaces strings that contain a policy document by the document. Other JSON strings stay strings: a
/// secret's value, for example, is always a string.
fn decode_documents(value: &mut Value) {
    if symbol::is_intrinsic(value) {
        if let Some(document) = intrinsics::substituted_document(value).filter(|found| found.get("Statement").is_some())
        {
            *value = document;
        }
        return;
    }
    match value {
        Value::String(text) if text.trim_start().starts_with('{') && text.contains("\"Statement\"") => {
            if let Ok(document @ Value::Object(_)) = serde_json::from_str(text)
                && document.get("Statement").is_some()
            {
                *value = document;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(decode_documents),
        Value::Object(map) => map.iter_mut().for_each(|(key, child)| {
            if key == "Statement" {
                decode_statement(child);
            }
            decode_documents(child);
        }),
        _ => {}
    }
}

/// A statement may be a string as well, where a property holds a statement rather than a document.
fn decode_statement(value: &mut Value) {
    if let Some(statement @ Value::Object(_)) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
        *value = statement;
    }
}

/// Facts from the type's schema; empty for a type that is not in the registry.
fn schema_facts(schema: Option<&TypeSchema>) -> Value {
    let Some(schema) = schema else {
        return json!({"known": false, "write_only": [], "secret": []});
    };
    // A launch template's tags are those of the resources that it launches.
    let own_tags = schema.tagging.schema_property().filter(|_| schema.tagging.shape != TagShape::Specifications);
    let write_only: Vec<&[String]> = schema.write_only.iter().map(|path| path.tokens()).collect();
    let is_secret = |path: &&[String]| {
        !path.iter().any(|token| token == "*") && path.last().is_some_and(|name| secret_values::is_secret_name(name))
    };
    let secret: Vec<&[String]> = write_only.iter().copied().filter(is_secret).collect();
    json!({
        "known": true,
        "write_only": write_only,
        "secret": secret,
        "name_property": schema.name_property,
        "primary_identifier": schema.primary_identifier,
        "taggable": schema.tagging.taggable && (!schema.tagging.beside_model || own_tags.is_some()),
        "tag_property": own_tags,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Provisioning;

    #[test]
    fn only_policy_documents_are_decoded() {
        let mut properties = json!({
            "PolicyDocument": "{\"Statement\": []}",
            "SecretString": "{\"password\": \"x\"}",
            "Broken": "{\"Statement\": [",
            "Unknown": {"Fn::Sub": "{\"Statement\": [${A}]}"},
            "Statement": "{\"Effect\": \"Allow\"}",
        });
        decode_documents(&mut properties);
        assert_eq!(properties["PolicyDocument"], json!({"Statement": []}));
        assert!(properties["SecretString"].is_string() && properties["Broken"].is_string());
        assert!(properties["Unknown"]["Fn::Sub"].is_string());
        assert_eq!(properties["Statement"], json!({"Effect": "Allow"}));
    }

    #[test]
    fn a_document_with_variables_in_it_is_read() {
        let text = r#"{"Statement": [{"Action": "*", "Resource": ["arn:aws:s3:::b-${Stage}/*", "${B.Arn}", "${!aws:username}"]}]}"#;
        let mut properties = json!({"A": {"Fn::Sub": text}, "B": {"Fn::Sub": [text, {"Stage": "x"}]}, "C": {"Fn::Sub": "{\"a\": \"${B}\"}"}});
        decode_documents(&mut properties);
        let resources =
            json!([{"Fn::Sub": "arn:aws:s3:::b-${Stage}/*"}, {"Fn::GetAtt": ["B", "Arn"]}, "${aws:username}"]);
        assert_eq!(properties["A"]["Statement"][0]["Resource"], resources);
        assert_eq!(
            properties["B"]["Statement"][0]["Resource"][0],
            json!({"Fn::Sub": ["arn:aws:s3:::b-${Stage}/*", {"Stage": "x"}]})
        );
        assert!(properties["C"]["Fn::Sub"].is_string());
    }

    #[test]
    fn a_document_holds_the_resource_and_its_siblings_by_type() {
        let input = ScanInput {
            resources: vec![
                ScanResource::live("AWS::SQS::Queue", "q", json!({"A": 1})),
                ScanResource::live("AWS::SNS::Topic", "t", Value::Null),
            ],
            environment: ScanEnvironment { name: Some("dev".into()), protected: false },
            ..ScanInput::default()
        };
        let documents = documents(&input);
        let first: Value = serde_json::from_str(&documents[0].to_json_str().unwrap()).unwrap();
        assert_eq!(first["resource"]["properties"], json!({"A": 1}));
        assert_eq!(first["siblings"]["AWS::SNS::Topic"][0]["identifier"], "t");
        assert_eq!(first["environment"]["name"], "dev");
        assert_eq!(first["project"], Value::Null);
    }

    /// A project's own policies run in another process.
    #[test]
    fn the_facts_of_a_described_type_are_the_same_in_another_process() {
        const GADGET: &str = "AWS::InputTest::Gadget";
        let text = json!({
            "typeName": GADGET, "properties": {"GadgetName": {"type": "string"}, "Password": {"type": "string"}},
            "primaryIdentifier": ["/properties/GadgetName"], "writeOnlyProperties": ["/properties/Password"],
            "handlers": {"read": {"permissions": []}},
        });
        let resources = vec![ScanResource::live(GADGET, "g", json!({"GadgetName": "g", "Password": "x"}))];
        let unknown = ScanInput { resources: resources.clone(), ..ScanInput::default() };
        let registry = Registry::embedded();
        let described = TypeSchema::from_described(GADGET, &text.to_string(), Provisioning::FullyMutable);
        registry.learn(described.unwrap());
        let known = ScanInput { resources, registry, ..ScanInput::default() };
        let sent: ScanInput = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
        let facts = |input: &ScanInput| -> Value {
            let document: Value = serde_json::from_str(&documents(input)[0].to_json_str().unwrap()).unwrap();
            json!([document["schema"]["known"], document["schema"]["write_only"], document["resource"]["secrets"]])
        };
        assert_eq!(facts(&unknown), json!([false, [], []]));
        assert_eq!(facts(&known), json!([true, [["Password"]], [["Password"]]]));
        assert_eq!(documents(&sent), documents(&known));
    }

    /// One file's bucket policy does not apply to the other's bucket, although both are named `B`.
    #[test]
    fn files_with_the_same_names_are_separate_stacks() {
        let resource = |file: &str, id: &str, type_name: &str, properties: Value| {
            let mut one = ScanResource::live(type_name, "", properties);
            one.resource = FindingResource {
                file: Some(file.to_owned()),
                logical_id: Some(id.to_owned()),
                identifier: None,
                type_name: type_name.to_owned(),
            };
            one
        };
        let policy = || json!({"Bucket": {"Ref": "B"}});
        let mut input = ScanInput {
            resources: vec![
                resource("a.yaml", "B", "AWS::S3::Bucket", json!({})),
                resource("b.yaml", "P", "AWS::S3::BucketPolicy", policy()),
                resource("b.yaml", "B", "AWS::S3::Bucket", json!({})),
            ],
            ..ScanInput::default()
        };
        let seen = |input: &ScanInput| -> Vec<(Value, usize, usize)> {
            let read =
                |document: &RegoValue| -> Value { serde_json::from_str(&document.to_json_str().unwrap()).unwrap() };
            let number = |map: &Value| map["AWS::S3::BucketPolicy"].as_array().map_or(0, Vec::len);
            let one = |document: Value| {
                (
                    document["resource"]["logical_id"].clone(),
                    number(&document["siblings"]),
                    number(&document["referrers"]),
                )
            };
            documents(input).iter().map(read).map(one).collect()
        };
        assert_eq!(seen(&input), [(json!("B"), 0, 0), (json!("P"), 1, 0), (json!("B"), 1, 1)]);
        // Otherwise the files are one stack.
        input.resources.remove(2);
        assert_eq!(seen(&input), [(json!("B"), 1, 1), (json!("P"), 1, 0)]);
    }

    #[test]
    fn context_is_read_but_not_evaluated() {
        let input = ScanInput {
            resources: vec![ScanResource::live("AWS::SQS::Queue", "q", json!({"QueueName": "q"}))],
            context: vec![ScanResource::live("AWS::SNS::Subscription", "s", json!({"Endpoint": "arn:q:q"}))],
            ..ScanInput::default()
        };
        let documents = documents(&input);
        assert_eq!(documents.len(), 1);
        let first: Value = serde_json::from_str(&documents[0].to_json_str().unwrap()).unwrap();
        assert_eq!(first["siblings"]["AWS::SNS::Subscription"][0]["identifier"], "s");
        assert_eq!(first["referrers"]["AWS::SNS::Subscription"][0]["identifier"], "s");
    }
}
