//! What is known of each resource type without reading its full schema.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pointer::PropertyPath;
use super::store;

/// The resource types of the embedded data. Nothing is parsed before it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Registry;

impl Registry {
    /// The digest of a type; `None` when there is no such type.
    pub fn get(type_name: &str) -> Option<&'static TypeSchema> {
        static PARSED: OnceLock<Mutex<HashMap<&'static str, &'static TypeSchema>>> = OnceLock::new();
        let parsed = PARSED.get_or_init(Mutex::default);
        let mut parsed = parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = parsed.get(type_name) {
            return Some(schema);
        }
        let raw: RawType = serde_json::from_str(store::digest_line(type_name)?).ok()?;
        // Kept for the life of the process: at most one per type of the registry.
        let schema: &'static TypeSchema = Box::leak(Box::new(TypeSchema::from(raw)));
        parsed.insert(schema.type_name.as_str(), schema);
        Some(schema)
    }

    /// True when the type is known.
    pub fn contains(type_name: &str) -> bool {
        store::digest_line(type_name).is_some()
    }

    /// All type names, sorted.
    pub fn type_names() -> impl Iterator<Item = &'static str> {
        store::type_names()
    }

    /// The known type name that a misspelt one most likely means.
    pub fn suggest(type_name: &str) -> Option<&'static str> {
        super::nearest(type_name, Self::type_names())
    }

    /// A short hash of the embedded data: two builds with the same digest answer alike.
    pub fn digest() -> &'static str {
        store::digest()
    }

    /// The full JSON schema (draft 7) that user input of this type is validated against.
    pub fn json_schema(type_name: &str) -> Option<Value> {
        let mut body = store::read_frame(Self::get(type_name)?.frame)?;
        body.get_mut("schema").map(Value::take)
    }

    /// The IAM actions that a type's handlers call, by handler name (`create`, `read`, `update`,
    /// `delete`, `list`), sorted. Cloud Control makes these calls with the caller's own rights.
    pub fn permissions(type_name: &str) -> BTreeMap<String, Vec<String>> {
        Self::get(type_name)
            .and_then(|schema| store::read_frame(schema.frame))
            .and_then(|mut body| serde_json::from_value(body.get_mut("permissions")?.take()).ok())
            .unwrap_or_default()
    }
}

/// What Cloud Control and the type's schema say of one resource type.
#[derive(Debug, Clone)]
pub struct TypeSchema {
    /// CloudFormation type name.
    pub type_name: String,
    /// Properties that make the primary identifier, in order; nested ones keep `/` inside.
    pub primary_identifier: Vec<String>,
    /// Further sets of properties that identify a resource.
    pub additional_identifiers: Vec<Vec<String>>,
    /// Set by the service, never by a user.
    pub read_only: Vec<PropertyPath>,
    /// Changing one replaces the resource.
    pub create_only: Vec<PropertyPath>,
    /// Changing one may replace the resource.
    pub conditional_create_only: Vec<PropertyPath>,
    /// Accepted but never returned by a read.
    pub write_only: Vec<PropertyPath>,
    /// Top-level properties that a user must give, sorted.
    pub required: Vec<String>,
    /// Where tags live and what may be done with them.
    pub tagging: Tagging,
    /// Arrays whose order means nothing (`insertionOrder: false` or `uniqueItems: true`).
    pub unordered: Vec<PropertyPath>,
    /// Strings that the service stores in one letter case (`propertyTransform`).
    pub case_insensitive: Vec<PropertyPath>,
    /// What Cloud Control can do with the type.
    pub handlers: Handlers,
    /// Properties that `ListResources` needs in its resource model.
    pub list_inputs: Vec<String>,
    /// Minutes after which an unusually slow handler gives up (`None`: the usual two hours at most).
    pub timeouts: Timeouts,
    /// The property in which a user names the resource.
    pub name_property: Option<String>,
    /// The ARN's form, such as `arn:${Partition}:s3:::${BucketName}`.
    pub arn_template: Option<String>,
    /// The property that holds the resource's own ARN.
    pub arn_property: Option<String>,
    /// All top-level properties, sorted.
    pub properties: Vec<String>,
    frame: store::Frame,
}

impl TypeSchema {
    /// True when a pointer lies at or inside a read-only property.
    pub fn is_read_only(&self, pointer: &str) -> bool {
        covered(&self.read_only, pointer)
    }

    /// True when a pointer lies at or inside a create-only property.
    pub fn is_create_only(&self, pointer: &str) -> bool {
        covered(&self.create_only, pointer)
    }

    /// True when a pointer lies at or inside a property that only sometimes can be updated.
    pub fn is_conditional_create_only(&self, pointer: &str) -> bool {
        covered(&self.conditional_create_only, pointer)
    }

    /// True when a pointer lies at or inside a write-only property.
    pub fn is_write_only(&self, pointer: &str) -> bool {
        covered(&self.write_only, pointer)
    }

    /// The primary identifier that a resource with these properties has, its parts joined by `|`;
    /// `None` when a part is missing or not a scalar.
    pub fn identifier_of(&self, properties: &Value) -> Option<String> {
        if self.primary_identifier.is_empty() {
            return None;
        }
        let parts: Option<Vec<String>> = self
            .primary_identifier
            .iter()
            .map(|path| match properties.pointer(&format!("/{path}"))? {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            })
            .collect();
        parts.map(|parts| parts.join("|"))
    }
}

fn covered(paths: &[PropertyPath], pointer: &str) -> bool {
    paths.iter().any(|path| path.covers(pointer))
}

/// What Cloud Control can do with a type. All `false`: the type exists in templates only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Handlers {
    /// CreateResource works.
    pub create: bool,
    /// GetResource works.
    pub read: bool,
    /// UpdateResource works.
    pub update: bool,
    /// DeleteResource works.
    pub delete: bool,
    /// ListResources works.
    pub list: bool,
}

impl Handlers {
    /// True when Cloud Control manages resources of the type: CloudFormation calls a type without
    /// one of these three handlers not provisionable, and Cloud Control refuses even those it has.
    pub fn are_provisionable(self) -> bool {
        self.create && self.read && self.delete
    }
}

/// Minutes that a type's handlers may take where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// Create.
    #[serde(rename = "c")]
    pub create: Option<u32>,
    /// Update.
    #[serde(rename = "u")]
    pub update: Option<u32>,
    /// Delete.
    #[serde(rename = "d")]
    pub delete: Option<u32>,
}

/// How a type carries tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    /// The top-level property; `None` when the type has none.
    pub property: Option<String>,
    /// The property's shape.
    pub shape: TagShape,
    /// False when tags cannot be changed after creation.
    pub updatable: bool,
    /// False when tags cannot be given at creation.
    pub on_create: bool,
    /// False when the type cannot carry tags through its schema at all.
    pub taggable: bool,
    /// The longest key in characters, where the schema says so.
    pub key_limit: Option<u32>,
    /// The longest value in characters, where the schema says so.
    pub value_limit: Option<u32>,
    /// The largest number of tags, where the schema says so.
    pub count_limit: Option<u32>,
}

/// The shape of a tag property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum TagShape {
    /// `[{"Key": k, "Value": v}]`.
    #[default]
    #[serde(rename = "L")]
    List,
    /// `{k: v}`.
    #[serde(rename = "M")]
    Map,
    /// `[{"Key": k, "Value": v, "PropagateAtLaunch": bool}]`.
    #[serde(rename = "A")]
    AutoScaling,
    /// `[{"ResourceType": r, "Tags": [{"Key": k, "Value": v}]}]`.
    #[serde(rename = "S")]
    Specifications,
}

/// A line of the digest, with its short keys.
#[derive(Deserialize)]
struct RawType {
    t: String,
    #[serde(default)]
    p: Vec<String>,
    #[serde(default)]
    a: Vec<Vec<String>>,
    #[serde(default)]
    ro: Vec<String>,
    #[serde(default)]
    co: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    #[serde(default)]
    wo: Vec<String>,
    #[serde(default)]
    rq: Vec<String>,
    tg: RawTagging,
    #[serde(default)]
    un: Vec<String>,
    #[serde(default)]
    lc: Vec<String>,
    #[serde(default)]
    h: String,
    #[serde(default)]
    li: Vec<String>,
    #[serde(default)]
    tm: Timeouts,
    n: Option<String>,
    ap: Option<String>,
    #[serde(default)]
    ps: Vec<String>,
    z: store::Frame,
}

#[derive(Deserialize)]
struct RawTagging {
    t: u8,
    u: u8,
    c: u8,
    p: Option<String>,
    #[serde(default)]
    s: TagShape,
    k: Option<u32>,
    v: Option<u32>,
    n: Option<u32>,
}

impl From<RawType> for TypeSchema {
    fn from(raw: RawType) -> Self {
        let paths = |texts: Vec<String>| texts.iter().map(|text| PropertyPath::parse(&format!("/{text}"))).collect();
        Self {
            arn_template: super::arn::template_of(&raw.t).map(str::to_owned),
            type_name: raw.t,
            primary_identifier: raw.p,
            additional_identifiers: raw.a,
            read_only: paths(raw.ro),
            create_only: paths(raw.co),
            conditional_create_only: paths(raw.cc),
            write_only: paths(raw.wo),
            required: raw.rq,
            tagging: Tagging {
                property: raw.tg.p,
                shape: raw.tg.s,
                updatable: raw.tg.u == 1,
                on_create: raw.tg.c == 1,
                taggable: raw.tg.t == 1,
                key_limit: raw.tg.k,
                value_limit: raw.tg.v,
                count_limit: raw.tg.n,
            },
            unordered: paths(raw.un),
            case_insensitive: paths(raw.lc),
            handlers: Handlers {
                create: raw.h.contains('c'),
                read: raw.h.contains('r'),
                update: raw.h.contains('u'),
                delete: raw.h.contains('d'),
                list: raw.h.contains('l'),
            },
            list_inputs: raw.li,
            timeouts: raw.tm,
            name_property: raw.n,
            arn_property: raw.ap,
            properties: raw.ps,
            frame: raw.z,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_line_parses_and_every_frame_opens() {
        for name in Registry::type_names() {
            assert!(Registry::get(name).is_some(), "{name}");
            assert!(Registry::json_schema(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_bucket_is_described() {
        let bucket = Registry::get("AWS::S3::Bucket").unwrap();
        assert_eq!(bucket.primary_identifier, ["BucketName"]);
        assert_eq!(bucket.name_property.as_deref(), Some("BucketName"));
        assert_eq!(bucket.arn_property.as_deref(), Some("Arn"));
        assert_eq!(bucket.arn_template.as_deref(), Some("arn:${Partition}:s3:::${BucketName}"));
        assert!(bucket.is_read_only("/Arn") && !bucket.is_read_only("/BucketName"));
        assert!(bucket.is_create_only("/BucketName"));
        assert!(bucket.is_write_only("/LifecycleConfiguration/Rules/0/Transition/StorageClass"));
        assert!(bucket.handlers.create && bucket.handlers.list);
        assert_eq!(bucket.tagging.property.as_deref(), Some("Tags"));
        assert_eq!(bucket.tagging.shape, TagShape::List);
    }

    #[test]
    fn tag_shapes_differ_by_type() {
        let tagging = |name| &Registry::get(name).unwrap().tagging;
        assert_eq!(tagging("AWS::Cognito::UserPool").property.as_deref(), Some("UserPoolTags"));
        assert_eq!(tagging("AWS::Cognito::UserPool").shape, TagShape::Map);
        assert_eq!(tagging("AWS::AutoScaling::AutoScalingGroup").shape, TagShape::AutoScaling);
        assert!(!tagging("AWS::S3::BucketPolicy").taggable);
    }

    #[test]
    fn a_type_without_handlers_is_known_but_not_served() {
        assert!(Registry::get("AWS::S3::Bucket").unwrap().handlers.are_provisionable());
        assert!(!Registry::get("AWS::SQS::QueuePolicy").unwrap().handlers.are_provisionable());
        assert_eq!(Registry::get("AWS::Budgets::Budget").unwrap().handlers, Handlers::default());
    }

    #[test]
    fn a_compound_identifier_needs_all_its_parts() {
        let service = Registry::get("AWS::ECS::Service").unwrap();
        let both = json!({"ServiceArn": "arn:x", "Cluster": "main"});
        assert_eq!(service.identifier_of(&both).as_deref(), Some("arn:x|main"));
        assert_eq!(service.identifier_of(&json!({"ServiceArn": "arn:x"})), None);
    }

    #[test]
    fn a_misspelt_type_gets_a_suggestion_and_nonsense_none() {
        assert_eq!(Registry::suggest("AWS::S3::Buckt"), Some("AWS::S3::Bucket"));
        assert_eq!(Registry::suggest("aws::dynamodb::table"), Some("AWS::DynamoDB::Table"));
        assert_eq!(Registry::suggest("Something else entirely"), None);
        assert!(Registry::get("AWS::S3::Buckt").is_none());
    }

    #[test]
    fn permissions_come_by_handler() {
        let permissions = Registry::permissions("AWS::SQS::Queue");
        assert!(permissions["create"].contains(&"sqs:CreateQueue".to_owned()));
        assert!(Registry::permissions("AWS::No::Such").is_empty());
    }

    #[test]
    fn the_digest_is_short_and_stable() {
        assert_eq!(Registry::digest().len(), 12);
        assert_eq!(Registry::digest(), Registry::digest());
    }
}
