//! The body of `schema`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::enums::{AnswerSource, CostStatus, HandlerName, JsonType, TagForm};
use super::scan::PolicyView;
use crate::domain::pointer::PropertyPath;
use crate::estimate;
use crate::schema::{FactsSource, HandlerFacts, PropertyFacts, Registry, TypeSchema, describe_all};

/// A resource type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SchemaBody {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The source of the facts about the handlers. Everything else is from the embedded copy.
    pub answer: AnswerView,
    /// Properties of the primary identifier, in order; Cloud Control joins their values with `|`.
    pub identifier: Vec<String>,
    /// Additional sets of properties that identify a resource.
    pub additional_identifiers: Vec<Vec<String>>,
    /// The property with the user-defined name.
    pub name_property: Option<String>,
    /// The property with the resource's own ARN.
    pub arn_property: Option<String>,
    /// The format of the ARN.
    pub arn_template: Option<String>,
    /// Support for tags.
    pub tags: TagsView,
    /// The Cloud Control handlers.
    pub handlers: Vec<HandlerView>,
    /// Properties required by the list handler.
    pub list_inputs: Vec<String>,
    /// Support in the cost model.
    pub cost: CoverageView,
    /// Policies that apply to the type.
    pub policies: Vec<PolicyView>,
    /// All top-level properties, sorted.
    pub properties: Vec<PropertyView>,
    /// Attributes of properties at any depth, as paths in which `*` stands for an array element.
    pub paths: PathsView,
}

/// The source of the facts about the handlers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerView {
    /// `embedded`: the copy in the program; `aws`: DescribeType; `cache`: a cached response of DescribeType.
    pub source: AnswerSource,
    /// The Region that was queried; `null` if none was.
    pub region: Option<String>,
    /// The age of a cached response in seconds.
    pub age_seconds: Option<u64>,
    /// Why AWS did not provide the facts, if it was queried.
    pub reason: Option<String>,
    /// A short hash of the embedded data.
    pub registry: String,
}

/// A type's support for tags.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TagsView {
    /// Whether resources can be tagged.
    pub taggable: bool,
    /// The property with the tags.
    pub property: Option<String>,
    /// The format of the tags.
    pub shape: Option<TagForm>,
    /// Whether tags can be set at creation.
    pub on_create: bool,
    /// Whether tags can be changed after creation.
    pub updatable: bool,
    /// Whether changing tags replaces the resource.
    pub create_only: bool,
    /// The maximum length of a key in characters, if the schema defines it.
    pub key_limit: Option<u32>,
    /// The maximum length of a value in characters, if the schema defines it.
    pub value_limit: Option<u32>,
    /// The maximum number of tags, if the schema defines it.
    pub count_limit: Option<u32>,
}

/// One handler.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandlerView {
    /// The handler.
    pub name: HandlerName,
    /// Whether Cloud Control supports it.
    pub supported: bool,
    /// The IAM actions that it performs with the caller's permissions.
    pub permissions: Vec<String>,
    /// The timeout in minutes, if the type defines it.
    pub timeout_minutes: Option<u32>,
}

/// A type's support in the cost model.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageView {
    /// Whether the cost is known.
    pub status: CostStatus,
    /// Usage keys that the cost depends on.
    pub usage: Vec<String>,
}

/// One property.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PropertyView {
    /// Name.
    pub name: String,
    /// Accepted JSON types.
    pub types: Vec<JsonType>,
    /// JSON types of the elements, if it is an array.
    pub element_types: Vec<JsonType>,
    /// Whether it is required.
    pub required: bool,
    /// Whether the service sets it.
    pub read_only: bool,
    /// Whether changing it replaces the resource.
    pub create_only: bool,
    /// Whether changing it may replace the resource.
    pub conditional_create_only: bool,
    /// Whether the read handler never returns it.
    pub write_only: bool,
    /// The default value, if the schema defines it.
    pub default: Value,
    /// Allowed values of the property or its elements; empty if any value is allowed.
    pub allowed: Vec<Value>,
    /// The regular expression that its value must match.
    pub pattern: Option<String>,
    /// Members of the object, or of the elements of the array.
    pub members: Vec<String>,
    /// The description from the service; the embedded copy has none.
    pub description: Option<String>,
}

/// Attributes of properties at any depth.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PathsView {
    /// Set by the service.
    pub read_only: Vec<String>,
    /// Changing one replaces the resource.
    pub create_only: Vec<String>,
    /// Changing one may replace the resource.
    pub conditional_create_only: Vec<String>,
    /// Never returned by the read handler.
    pub write_only: Vec<String>,
    /// Arrays whose order is not significant.
    pub unordered: Vec<String>,
}

impl SchemaBody {
    /// Creates the view of a type with the facts about its handlers from one source.
    pub fn new(schema: &TypeSchema, facts: &HandlerFacts, answer: AnswerView, policies: Vec<PolicyView>) -> Self {
        let properties = describe_all(schema).unwrap_or_default();
        Self {
            type_name: schema.type_name.clone(),
            answer,
            identifier: schema.primary_identifier.clone(),
            additional_identifiers: schema.additional_identifiers.clone(),
            name_property: schema.name_property.clone(),
            arn_property: schema.arn_property.clone(),
            arn_template: schema.arn_template.clone(),
            tags: tags(schema),
            handlers: handlers(facts),
            list_inputs: facts.list_inputs.clone(),
            cost: CoverageView {
                status: estimate::coverage(&schema.type_name).into(),
                usage: estimate::usage_keys(&schema.type_name).into_iter().map(str::to_owned).collect(),
            },
            policies,
            properties: properties
                .into_iter()
                .map(|(name, property_facts)| property(name, property_facts, facts.descriptions.get(name)))
                .collect(),
            paths: PathsView {
                read_only: paths(&schema.read_only),
                create_only: paths(&schema.create_only),
                conditional_create_only: paths(&schema.conditional_create_only),
                write_only: paths(&schema.write_only),
                unordered: paths(&schema.unordered),
            },
        }
    }
}

impl AnswerView {
    /// Creates the view of a source, which may have been queried for a Region.
    pub fn new(source: FactsSource, region: Option<&str>, reason: Option<String>) -> Self {
        let age_seconds = match source {
            FactsSource::Cache { age_seconds } => Some(age_seconds),
            FactsSource::Embedded | FactsSource::Aws => None,
        };
        Self {
            source: source.into(),
            region: region.map(str::to_owned),
            age_seconds,
            reason,
            registry: Registry::digest().to_owned(),
        }
    }
}

fn tags(schema: &TypeSchema) -> TagsView {
    let tagging = &schema.tagging;
    let property = tagging.schema_property().filter(|_| tagging.taggable);
    TagsView {
        taggable: tagging.taggable,
        property: property.cloned(),
        shape: property.map(|_| tagging.shape.into()),
        on_create: tagging.taggable && tagging.on_create,
        updatable: tagging.taggable && tagging.updatable,
        create_only: property.is_some_and(|name| schema.is_create_only(&format!("/{name}"))),
        key_limit: tagging.key_limit,
        value_limit: tagging.value_limit,
        count_limit: tagging.count_limit,
    }
}

fn handlers(facts: &HandlerFacts) -> Vec<HandlerView> {
    let handlers = facts.handlers;
    let is_provisionable = handlers.are_provisionable();
    let row = |name: HandlerName, supported, timeout_minutes| HandlerView {
        name,
        supported,
        permissions: facts.permissions.get(name.as_str()).cloned().unwrap_or_default(),
        timeout_minutes,
    };
    vec![
        row(HandlerName::Create, handlers.create && is_provisionable, facts.timeouts.create),
        row(HandlerName::Read, handlers.read, None),
        row(HandlerName::Update, handlers.update && is_provisionable, facts.timeouts.update),
        row(HandlerName::Delete, handlers.delete && is_provisionable, facts.timeouts.delete),
        row(HandlerName::List, handlers.list, None),
    ]
}

fn property(name: &str, facts: PropertyFacts, description: Option<&String>) -> PropertyView {
    PropertyView {
        name: name.to_owned(),
        types: JsonType::of(&facts.types),
        element_types: JsonType::of(&facts.element_types),
        required: facts.required,
        read_only: facts.read_only,
        create_only: facts.create_only,
        conditional_create_only: facts.conditional_create_only,
        write_only: facts.write_only,
        default: facts.default.unwrap_or(Value::Null),
        allowed: facts.allowed,
        pattern: facts.pattern,
        members: facts.members,
        description: description.cloned(),
    }
}

fn paths(paths: &[PropertyPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}
