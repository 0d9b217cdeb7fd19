use serde_json::json;

use super::*;
use crate::schema::{Identified, Registry, coerce, describe, validate_as};

/// A schema as a service would publish it, under a name that is unique to the test.
fn gadget(type_name: &str) -> Value {
    json!({
        "typeName": type_name,
        "description": "A gadget.",
        "definitions": {
            "Tag": {
                "type": "object",
                "properties": {
                    "Key": {"type": "string", "maxLength": 128},
                    "Value": {"type": "string", "maxLength": 256},
                },
                "required": ["Key", "Value"],
            },
            "Part": {
                "type": "object",
                "properties": {
                    "PartId": {"type": "string"},
                    "RoleArn": {"type": "string", "relationshipRef": {"typeName": "AWS::IAM::Role", "propertyPath": "/properties/Arn"}},
                    "Parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}},
                    "Secret": {"type": "string"},
                },
                "additionalProperties": false,
            },
        },
        "properties": {
            "GadgetName": {"type": "string", "description": "What it is\n called.", "pattern": r"\A[\w-.]+\Z"},
            "Arn": {"type": "string", "pattern": format!("^arn:aws[a-z-]*:{}:.+:gadget/.+$", type_name.to_lowercase().replace("::", "-"))},
            "Size": {"type": "integer"},
            "Mode": {"type": "string", "enum": ["FAST", "SLOW"]},
            "Parts": {"type": "array", "insertionOrder": false, "items": {"$ref": "#/definitions/Part"}},
            "Steps": {"type": "array", "uniqueItems": true, "insertionOrder": true, "items": {"type": "string"}},
            "SubnetIds": {
                "type": "array", "uniqueItems": true,
                "items": {"anyOf": [{"relationshipRef": {"typeName": "AWS::EC2::Subnet", "propertyPath": "/properties/SubnetId"}}], "type": "string"},
            },
            "GadgetTags": {"type": "array", "maxItems": 50, "items": {"$ref": "#/definitions/Tag"}},
        },
        "required": ["Arn", "Size"],
        "additionalProperties": false,
        "primaryIdentifier": ["/properties/GadgetName"],
        "additionalIdentifiers": [["/properties/Arn"]],
        "readOnlyProperties": ["/properties/Arn", "/properties/Parts/items/properties/PartId"],
        "createOnlyProperties": ["/properties/GadgetName"],
        "conditionalCreateOnlyProperties": ["/properties/Size"],
        "writeOnlyProperties": ["/properties/Parts/*/Secret"],
        "propertyTransform": {"/properties/Mode": "$uppercase(Mode)", "/properties/Size": "$join([Size, 'x'])"},
        "tagging": {
            "taggable": true, "tagOnCreate": true, "tagUpdatable": false, "tagProperty": "/properties/GadgetTags",
            "permissions": ["gadgets:TagGadget"],
        },
        "handlers": {
            "create": {"permissions": ["gadgets:Create"], "timeoutInMinutes": 180},
            "read": {"permissions": ["gadgets:Get"]},
            "update": {"permissions": ["gadgets:Update"]},
            "delete": {"permissions": ["gadgets:Delete"]},
            "list": {"permissions": ["gadgets:List"]},
        },
    })
}

fn described(schema: &Value) -> Result<TypeSchema, UnusableSchema> {
    let name = schema["typeName"].as_str().unwrap_or("AWS::Gadgets::None");
    TypeSchema::from_described(name, &schema.to_string(), Provisioning::FullyMutable)
}

fn texts(paths: &[PropertyPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn a_published_schema_gives_a_complete_registry_entry() {
    let gadget = described(&gadget("AWS::Gadgets::Gadget")).unwrap();
    assert_eq!(gadget.primary_identifier, ["GadgetName"]);
    assert_eq!(gadget.additional_identifiers, [["Arn"]]);
    assert_eq!(texts(&gadget.read_only), ["/Arn", "/Parts/*/PartId"]);
    assert_eq!(texts(&gadget.create_only), ["/GadgetName"]);
    assert_eq!(texts(&gadget.conditional_create_only), ["/Size"]);
    assert_eq!(texts(&gadget.write_only), ["/Parts/*/Secret"]);
    assert_eq!(texts(&gadget.unordered), ["/Parts", "/SubnetIds"]);
    assert_eq!(texts(&gadget.case_insensitive), ["/Mode"]);
    assert_eq!(gadget.required, ["Size"]);
    assert_eq!(gadget.name_property.as_deref(), Some("GadgetName"));
    assert_eq!(gadget.arn_property.as_deref(), Some("Arn"));
    assert!(gadget.handlers.are_provisionable() && gadget.handlers.list);
    assert_eq!(gadget.timeouts.create, Some(180));
    assert_eq!(gadget.permissions()["create"], ["gadgets:Create"]);
    let tagging = &gadget.tagging;
    assert_eq!((tagging.property.as_deref(), tagging.shape), (Some("GadgetTags"), TagShape::List));
    assert!(tagging.taggable && tagging.on_create && !tagging.updatable);
    assert_eq!((tagging.key_limit, tagging.value_limit, tagging.count_limit), (Some(128), Some(256), Some(50)));
    let references: Vec<String> = gadget
        .references
        .iter()
        .flat_map(|one| one.targets.iter().map(move |to| format!("{} {}.{}", one.path, to.type_name, to.attribute)))
        .collect();
    assert_eq!(references, ["/Parts/*/RoleArn AWS::IAM::Role.Arn", "/SubnetIds/* AWS::EC2::Subnet.SubnetId"]);
    assert!(!gadget.stateful && gadget.ref_parts.is_empty());
}

#[test]
fn an_invalid_schema_is_rejected_with_its_reason() {
    let reason = |change: fn(&mut Value)| {
        let mut schema = gadget("AWS::Gadgets::Refused");
        change(&mut schema);
        described(&schema).map(|_| ()).map_err(|error| error.reason)
    };
    assert_eq!(reason(|_| ()), Ok(()));
    assert_eq!(reason(|schema| schema["properties"] = json!({})), Err("the schema has no properties".to_owned()));
    assert_eq!(
        reason(|schema| schema["primaryIdentifier"] = json!([])),
        Err("the schema has no primaryIdentifier".to_owned())
    );
    let broken = reason(|schema| schema["properties"]["Size"] = json!({"type": "no such type"}));
    assert_eq!(broken, Err("input cannot be validated against it".to_owned()));
    let text = format!("\"{}\"", "x".repeat(MAX_SCHEMA_BYTES));
    let large = TypeSchema::from_described("AWS::Gadgets::Large", &text, Provisioning::FullyMutable);
    assert!(large.unwrap_err().reason.contains("16 MB"));
}

#[test]
fn an_endless_definition_accepts_anything() {
    let mut schema = gadget("AWS::Gadgets::Circle");
    schema["definitions"]["Self"] = json!({"$ref": "#/definitions/Self"});
    schema["properties"]["Size"] = json!({"anyOf": [{"$ref": "#/definitions/Self"}, {"type": "integer"}]});
    let circle = described(&schema).unwrap();
    assert_eq!(validate_as(&circle, &json!({"Size": "any"})), []);
    assert_eq!(validate_as(&circle, &json!({"Size": 1, "Bogus": 1}))[0].pointer, "/Bogus");
}

#[test]
fn tags_have_the_format_of_the_schema() {
    let tagging = |tags: Value, block: Value| {
        let mut schema = gadget("AWS::Gadgets::Shapes");
        schema["properties"]["Tags"] = tags;
        schema["tagging"] = block;
        described(&schema).unwrap().tagging
    };
    let map =
        tagging(json!({"type": "object", "patternProperties": {".*": {"type": "string", "maxLength": 9}}}), json!({}));
    assert_eq!((map.shape, map.value_limit, map.taggable), (TagShape::Map, Some(9), true));
    let of = |members: Value| json!({"type": "array", "items": {"type": "object", "properties": members}});
    let scaling = tagging(of(json!({"Key": {}, "Value": {}, "PropagateAtLaunch": {}})), json!({}));
    assert_eq!(scaling.shape, TagShape::AutoScaling);
    let structure = tagging(json!({"type": "object", "properties": {"A": {"type": "string"}}}), json!({}));
    assert!(!structure.taggable && structure.property.is_none());
    let refused = tagging(of(json!({"Key": {}, "Value": {}})), json!({"taggable": false}));
    assert!(!refused.taggable && refused.property.as_deref() == Some("Tags"));
}

#[test]
fn names_are_found_as_the_generator_finds_them() {
    assert_eq!(words("DBInstance"), ["DB", "Instance"]);
    assert_eq!(words("EC2Fleet"), ["EC", "Fleet"]);
    assert_eq!(words("VPCEndpoint2Thing"), ["VPC", "Endpoint2", "Thing"]);
    assert_eq!(words("API"), ["API"]);
    assert_eq!(last_word("GraphQLApi"), Some("Api"));
    assert_eq!(last_word("DB"), Some("B"));
}

#[test]
fn a_learned_type_is_available_like_any_other() {
    let (registry, name) = (Registry::embedded(), "AWS::GadgetsLearned::Gadget");
    assert!(registry.get(name).is_none() && !registry.contains(name));
    assert_eq!(registry.validate(name, &json!({}))[0].code.as_str(), "unknown-type");
    let schema = registry.learn(described(&gadget(name)).unwrap());
    assert!(registry.contains(name) && registry.type_names().any(|known| known == name));
    assert!(registry.type_names().is_sorted() && !Registry::is_embedded(name));
    let codes = |properties: Value| -> Vec<String> {
        registry
            .validate(name, &properties)
            .into_iter()
            .map(|found| format!("{} {}", found.pointer, found.code.as_str()))
            .collect()
    };
    assert_eq!(codes(json!({"GadgetName": "a-dev.1", "Size": 1})), [] as [String; 0]);
    assert_eq!(codes(json!({"Size": 1, "Arn": "x"})), ["/Arn read-only-property"]);
    assert_eq!(
        codes(json!({"GadgetName": "a b", "Mode": "Fast", "Bogus": 1})),
        ["/Bogus unknown-property", "/GadgetName pattern-mismatch", "/Mode not-allowed", "/Size missing-property"]
    );
    let mut written = json!({"Size": "3"});
    assert_eq!(coerce(schema, &mut written).len(), 1);
    assert_eq!(written, json!({"Size": 3}));
    assert!(describe(schema, "/GadgetName").unwrap().create_only);
    assert_eq!(registry.permissions(name)["list"], ["gadgets:List"]);
    assert_eq!(registry.suggest("AWS::GadgetsLearned::Gadgt"), Some(name));
}

#[test]
fn the_first_description_is_kept_and_embedded_types_stay() {
    let (registry, name) = (Registry::embedded(), "AWS::GadgetsTwice::Gadget");
    let first = registry.learn(described(&gadget(name)).unwrap());
    let mut other = gadget(name);
    other["properties"]["More"] = json!({"type": "string"});
    assert!(std::ptr::eq(first, registry.learn(described(&other).unwrap())));
    let queue = registry.learn(described(&gadget("AWS::SQS::Queue")).unwrap());
    assert_eq!(queue.name_property.as_deref(), Some("QueueName"));
    assert!(!registry.learned().iter().any(|schema| schema.type_name == "AWS::SQS::Queue"));
}

#[test]
fn what_one_registry_learns_no_other_one_knows() {
    let (one, other, name) = (Registry::embedded(), Registry::embedded(), "AWS::GadgetsApart::Gadget");
    one.learn(described(&gadget(name)).unwrap());
    assert!(one.contains(name) && one.clone().contains(name) && one != other);
    assert!(!other.contains(name) && other.get(name).is_none() && other.learned().is_empty());
    assert!(other.json_schema(name).is_none() && other.type_names_of("AWS::GadgetsApart").next().is_none());
    assert_eq!(other.validate(name, &json!({}))[0].code.as_str(), "unknown-type");
    let arn = "arn:aws:gadgetsapart:us-east-1:111111111111:gadget/a";
    assert_eq!(one.identify(arn), Identified::OfType(vec![name]));
    assert_eq!(other.identify(arn), Identified::Unknown);
    let mut differently = gadget(name);
    differently["properties"]["More"] = json!({"type": "string"});
    let schema = other.learn(described(&differently).unwrap());
    assert!(schema.properties.contains(&"More".to_owned()) && one != other, "each has its own description");
    assert!(!one.get(name).unwrap().properties.contains(&"More".to_owned()));
}

#[test]
fn the_same_description_is_kept_once_per_process() {
    let (one, other, name) = (Registry::embedded(), Registry::embedded(), "AWS::GadgetsSame::Gadget");
    let schema = one.learn(described(&gadget(name)).unwrap());
    assert!(std::ptr::eq(schema, other.learn(described(&gadget(name)).unwrap())));
    assert_eq!(one, other);
}

#[test]
fn a_registry_is_sent_to_another_process_with_what_it_learned() {
    let (registry, name) = (Registry::embedded(), "AWS::GadgetsSent::Gadget");
    assert_eq!(serde_json::to_string(&registry).unwrap(), "[]");
    registry.learn(described(&gadget(name)).unwrap());
    let text = serde_json::to_string(&registry).unwrap();
    let received: Registry = serde_json::from_str(&text).unwrap();
    assert!(received.contains(name) && received == registry);
    assert!(serde_json::from_str::<Registry>(&text.replace("primaryIdentifier", "other")).is_err());
}

#[test]
fn a_learned_type_is_a_child_in_its_own_registry_only() {
    let (one, other) = (Registry::embedded(), Registry::embedded());
    let mut schema = gadget("AWS::SQS::QueueGadget");
    schema["properties"]["QueueArn"] = json!({"type": "string"});
    schema["required"] = json!(["QueueArn"]);
    schema["tagging"] = json!({"taggable": false});
    schema["properties"].as_object_mut().unwrap().remove("Tags");
    let gadget = one.learn(described(&schema).unwrap());
    let queue = TypeSchema::embedded("AWS::SQS::Queue").unwrap();
    let names = |registry: &Registry| -> Vec<&str> {
        registry.child_types(queue).iter().map(|(schema, _)| schema.type_name.as_str()).collect()
    };
    assert_eq!(one.parent_links(gadget)[0].parent, "AWS::SQS::Queue");
    assert!(names(&one).contains(&"AWS::SQS::QueueGadget") && names(&one).contains(&"AWS::SQS::QueueInlinePolicy"));
    assert!(!names(&other).contains(&"AWS::SQS::QueueGadget"));
    assert!(names(&other).iter().all(|name| names(&one).contains(name)), "the embedded children are the same");
}

#[test]
fn an_arn_identifies_a_learned_type() {
    let registry = Registry::embedded();
    let (by_list, by_arn) = ("AWS::GadgetsListed::Gadget", "AWS::GadgetsByArn::Gadget");
    registry.learn(described(&gadget(by_list)).unwrap());
    let mut schema = gadget(by_arn);
    schema["primaryIdentifier"] = json!(["/properties/Arn"]);
    registry.learn(described(&schema).unwrap());
    let arn = |service: &str, resource: &str| format!("arn:aws:{service}:us-east-1:111111111111:{resource}");
    assert_eq!(registry.identify(&arn("aws-gadgetslisted-gadget", "gadget/a")), Identified::OfType(vec![by_list]));
    assert_eq!(
        registry.identify(&arn("gadgetslisted", "other/a")),
        Identified::OfType(vec![by_list]),
        "a listing tells"
    );
    let own = arn("aws-gadgetsbyarn-gadget", "gadget/a");
    assert!(
        matches!(registry.identify(&own), Identified::Exactly(found) if found.type_name == by_arn && found.identifier == own)
    );
    assert_eq!(registry.identify(&arn("nothing-like-it", "gadget/a")), Identified::Unknown);
    assert!(matches!(registry.identify(&arn("sqs", "jobs")), Identified::Exactly(_)));
}

/// Against the schemas that the embedded data was made from, one a line (`STAGEGATE_SCHEMAS`): both
/// parsers must agree. Manual corrections are in the embedded data only.
#[test]
#[ignore = "needs published schemas in STAGEGATE_SCHEMAS, one a line"]
fn published_schemas_give_the_same_as_the_generator() {
    let overlay: Value = serde_json::from_str(include_str!("../data/overlay.json")).unwrap();
    let corrected = |section: &str, type_name: &str| overlay[section].get(type_name).is_some();
    let file = std::env::var("STAGEGATE_SCHEMAS").unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let schema: Value = serde_json::from_str(line).unwrap();
        let name = schema["typeName"].as_str().unwrap();
        let embedded = TypeSchema::embedded(name).unwrap();
        let found = match described(&schema) {
            Ok(found) => found,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        count += 1;
        let mut check = |what: &str, one: String, other: String| {
            if one != other {
                wrong.push(format!("{name} {what}: {one} {other}"));
            }
        };
        macro_rules! same {
            ($($field:ident),*) => {
                $(check(stringify!($field), format!("{:?}", found.$field), format!("{:?}", embedded.$field));)*
            };
        }
        same!(primary_identifier, additional_identifiers, read_only, create_only, conditional_create_only);
        same!(write_only, required, properties);
        if !corrected("types", name) {
            same!(tagging, name_property, arn_property);
        }
        if !corrected("ordered", name) && !corrected("unordered", name) {
            same!(unordered);
        }
        if !corrected("case_insensitive", name) {
            same!(case_insensitive);
        }
        for reference in &found.references {
            if !embedded.references.iter().any(|known| known.path == reference.path) {
                check("references", format!("{reference:?}"), String::new());
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
