//! A type's handlers, their inputs and permissions: embedded, or from CloudFormation's registry
//! (DescribeType).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::type_schema::{Handlers, Timeouts, TypeSchema};

/// The facts of a type that can change without its schema changing; the registry of an AWS
/// account is more current than the embedded copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlerFacts {
    /// The operations that Cloud Control supports for the type.
    pub handlers: Handlers,
    /// Properties that `ListResources` needs in its resource model.
    pub list_inputs: Vec<String>,
    /// The IAM actions that each handler calls, by handler name, sorted.
    pub permissions: BTreeMap<String, Vec<String>>,
    /// Handler timeouts in minutes, where the type defines them.
    pub timeouts: Timeouts,
    /// Descriptions of top-level properties; the embedded copy has none.
    pub descriptions: BTreeMap<String, String>,
}

/// CloudFormation's provisioning type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provisioning {
    /// All operations are supported.
    FullyMutable,
    /// Resources cannot be updated.
    Immutable,
    /// Resources cannot be created, updated or deleted, regardless of the schema's handlers.
    NotProvisionable,
}

/// The source of the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactsSource {
    /// The embedded copy.
    Embedded,
    /// DescribeType, called in this run.
    Aws,
    /// A cached response of DescribeType.
    Cache {
        /// Its age in seconds.
        age_seconds: u64,
    },
}

/// An invalid resource type schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema of {type_name} from DescribeType is invalid: {reason}")]
pub struct UnusableSchema {
    /// The requested type.
    pub type_name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl HandlerFacts {
    /// The facts of a type as the registry has them.
    pub fn of(schema: &TypeSchema) -> Self {
        Self {
            handlers: schema.handlers,
            list_inputs: schema.list_inputs.clone(),
            permissions: schema.permissions(),
            timeouts: schema.timeouts,
            descriptions: BTreeMap::new(),
        }
    }

    /// Parses the facts in a schema from DescribeType.
    ///
    /// # Errors
    /// The text is not JSON, or the schema of another type.
    pub fn from_described(type_name: &str, schema: &str, provisioning: Provisioning) -> Result<Self, UnusableSchema> {
        let unusable = |reason: String| UnusableSchema { type_name: type_name.to_owned(), reason };
        let schema: Value = serde_json::from_str(schema).map_err(|error| unusable(error.to_string()))?;
        match schema.get("typeName").and_then(Value::as_str) {
            Some(name) if name == type_name => {}
            Some(other) => return Err(unusable(format!("it describes {other}"))),
            None => return Err(unusable("it has no typeName".to_owned())),
        }
        let none = Value::Null;
        let handlers = schema.get("handlers").unwrap_or(&none);
        let has = |name: &str| {
            let works = match provisioning {
                Provisioning::FullyMutable => true,
                Provisioning::Immutable => name != "update",
                Provisioning::NotProvisionable => matches!(name, "read" | "list"),
            };
            works && handlers.get(name).is_some()
        };
        let minutes = |name: &str| {
            let minutes = handlers.get(name)?.get("timeoutInMinutes")?.as_u64()?;
            u32::try_from(minutes).ok()
        };
        let by_handler = handlers.as_object().into_iter().flatten();
        let permissions = by_handler.filter_map(|(name, handler)| {
            let actions = sorted_texts(handler.get("permissions")?);
            (has(name) && !actions.is_empty()).then(|| (name.clone(), actions))
        });
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let descriptions = properties.filter_map(|(name, property)| {
            let words: Vec<&str> = property.get("description")?.as_str()?.split_whitespace().collect();
            (!words.is_empty()).then(|| (name.clone(), words.join(" ")))
        });
        Ok(Self {
            handlers: Handlers {
                create: has("create"),
                read: has("read"),
                update: has("update"),
                delete: has("delete"),
                list: has("list"),
            },
            list_inputs: handlers.pointer("/list/handlerSchema").map(list_inputs).unwrap_or_default(),
            permissions: permissions.collect(),
            timeouts: Timeouts { create: minutes("create"), update: minutes("update"), delete: minutes("delete") },
            descriptions: descriptions.collect(),
        })
    }
}

/// The inputs of a list handler: its required properties, or the first of several alternatives.
fn list_inputs(schema: &Value) -> Vec<String> {
    let required = |node: &Value| -> Vec<String> {
        let names = node.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let alternatives = ["oneOf", "anyOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()?.first());
    std::iter::once(schema).chain(alternatives).map(required).find(|names| !names.is_empty()).unwrap_or_default()
}

fn sorted_texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    let mut texts: Vec<String> = items.filter_map(Value::as_str).map(str::to_owned).collect();
    texts.sort();
    texts.dedup();
    texts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described(schema: &Value, provisioning: Provisioning) -> HandlerFacts {
        HandlerFacts::from_described("A::B::C", &schema.to_string(), provisioning).unwrap()
    }

    fn schema() -> Value {
        json!({
            "typeName": "A::B::C",
            "properties": {"Name": {"type": "string", "description": "What it\n is called."}, "Arn": {"type": "string"}},
            "handlers": {
                "create": {"permissions": ["b:Tag", "b:Create", "b:Create"], "timeoutInMinutes": 200},
                "update": {"permissions": ["b:Update"]},
                "read": {"permissions": []},
                "list": {"permissions": ["b:List"], "handlerSchema": {"properties": {}, "oneOf": [{"required": ["Cluster"]}, {"required": ["Name"]}]}},
            },
        })
    }

    #[test]
    fn a_schema_from_describe_type_gives_handlers_permissions_list_inputs_and_descriptions() {
        let facts = described(&schema(), Provisioning::FullyMutable);
        let handlers = Handlers { create: true, read: true, update: true, delete: false, list: true };
        assert_eq!(facts.handlers, handlers);
        assert_eq!(facts.permissions["create"], ["b:Create", "b:Tag"]);
        assert!(!facts.permissions.contains_key("read"));
        assert_eq!(facts.list_inputs, ["Cluster"]);
        assert_eq!(facts.timeouts.create, Some(200));
        assert_eq!(facts.descriptions, BTreeMap::from([("Name".to_owned(), "What it is called.".to_owned())]));
    }

    #[test]
    fn the_provisioning_type_overrules_the_schema() {
        assert!(!described(&schema(), Provisioning::Immutable).handlers.update);
        let none = described(&schema(), Provisioning::NotProvisionable);
        assert_eq!(none.handlers, Handlers { read: true, list: true, ..Handlers::default() });
        assert!(!none.permissions.contains_key("create"));
    }

    #[test]
    fn another_types_schema_and_invalid_text_are_rejected() {
        let reason = |text: &str| {
            HandlerFacts::from_described("A::B::C", text, Provisioning::FullyMutable).unwrap_err().to_string()
        };
        assert!(reason("{").contains("schema of A::B::C from DescribeType is invalid"));
        assert!(reason(r#"{"typeName": "A::B::D"}"#).contains("A::B::D"));
        assert!(reason("[]").contains("no typeName"));
        assert_eq!(
            described(&json!({"typeName": "A::B::C", "handlers": 7}), Provisioning::FullyMutable),
            HandlerFacts::default()
        );
    }

    #[test]
    fn the_embedded_copy_has_a_buckets_permissions() {
        let facts = HandlerFacts::of(TypeSchema::embedded("AWS::S3::Bucket").unwrap());
        assert!(facts.handlers.create && facts.permissions["create"].contains(&"s3:CreateBucket".to_owned()));
    }
}
