//! `schema`'s body.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::scan::PolicyView;
use super::words::{AnswerSource, CostStatus, HandlerName, JsonType, TagForm};
use crate::domain::pointer::PropertyPath;
use crate::estimate;
use crate::schema::{FactsSource, HandlerFacts, PropertyFacts, Registry, TypeSchema, describe_all};

/// What is known of a resource type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SchemaBody {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Who says what the handlers can do, need and call. All else is the embedded copy's.
    pub answer: AnswerView,
    /// Properties that make the primary identifier, in order; Cloud Control joins them with `|`.
    pub identifier: Vec<String>,
    /// Further sets of properties that identify a resource.
    pub additional_identifiers: Vec<Vec<String>>,
    /// The property in which a user names the resource.
    pub name_property: Option<String>,
    /// The property that holds the resource's own ARN.
    pub arn_property: Option<String>,
    /// The ARN's form.
    pub arn_template: Option<String>,
    /// Where tags live.
    pub tags: TagsView,
    /// What Cloud Control can do with the type.
    pub handlers: Vec<HandlerView>,
    /// Properties that listing needs.
    pub list_inputs: Vec<String>,
    /// How well the type's cost is known.
    pub cost: CoverageView,
    /// Policies that look at the type.
    pub policies: Vec<PolicyView>,
    /// All top-level properties, sorted.
    pub properties: Vec<PropertyView>,
    /// Rules about properties at any depth, as paths in which `*` stands for an element.
    pub paths: PathsView,
}

/// Who answered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerView {
    /// `embedded`: the copy in the program; `aws`: DescribeType; `cache`: an earlier answer of it.
    pub source: AnswerSource,
    /// The region asked; `null` when nothing was asked.
    pub region: Option<String>,
    /// The age of a cached answer.
    pub age_seconds: Option<u64>,
    /// Why AWS, though asked, did not answer.
    pub reason: Option<String>,
    /// A short hash of the embedded data.
    pub registry: String,
}

/// How a type carries tags.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TagsView {
    /// False when it cannot.
    pub taggable: bool,
    /// The property.
    pub property: Option<String>,
    /// The form of its value.
    pub shape: Option<TagForm>,
    /// Tags can be given at creation.
    pub on_create: bool,
    /// Tags can be changed later.
    pub updatable: bool,
    /// Changing them replaces the resource.
    pub create_only: bool,
    /// The longest key in characters, where the schema says so.
    pub key_limit: Option<u32>,
    /// The longest value in characters, where the schema says so.
    pub value_limit: Option<u32>,
    /// The largest number, where the schema says so.
    pub count_limit: Option<u32>,
}

/// One handler.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandlerView {
    /// Which one.
    pub name: HandlerName,
    /// Cloud Control has it.
    pub supported: bool,
    /// The IAM actions that it calls with the caller's rights.
    pub permissions: Vec<String>,
    /// Minutes that it may take, where the type says so.
    pub timeout_minutes: Option<u32>,
}

/// How well a type's cost is known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageView {
    /// How well it is known.
    pub status: CostStatus,
    /// Usage figures that its price depends on.
    pub usage: Vec<String>,
}

/// One property.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PropertyView {
    /// Its name.
    pub name: String,
    /// JSON types accepted.
    pub types: Vec<JsonType>,
    /// JSON types of its elements, where it is an array.
    pub element_types: Vec<JsonType>,
    /// Must be given.
    pub required: bool,
    /// Set by the service.
    pub read_only: bool,
    /// Changing it replaces the resource.
    pub create_only: bool,
    /// Changing it may replace the resource.
    pub conditional_create_only: bool,
    /// Never returned by a read.
    pub write_only: bool,
    /// What the service takes when it is left out, where the schema says so.
    pub default: Value,
    /// Allowed values of it or its elements; empty when any will do.
    pub allowed: Vec<Value>,
    /// A regular expression that it must match.
    pub pattern: Option<String>,
    /// Members of an object of fixed form, or of an array's elements.
    pub members: Vec<String>,
    /// The service's own words; the embedded copy has none.
    pub description: Option<String>,
}

/// Rules about properties at any depth.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PathsView {
    /// Set by the service.
    pub read_only: Vec<String>,
    /// Changing one replaces the resource.
    pub create_only: Vec<String>,
    /// Changing one may replace the resource.
    pub conditional_create_only: Vec<String>,
    /// Never returned by a read.
    pub write_only: Vec<String>,
    /// Arrays whose order means nothing.
    pub unordered: Vec<String>,
}

impl SchemaBody {
    /// The view of a type with the facts that one source gave of its handlers.
    pub fn new(schema: &TypeSchema, facts: &HandlerFacts, answer: AnswerView, policies: Vec<PolicyView>) -> Self {
        let properties = describe_all(&schema.type_name).unwrap_or_default();
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
    /// An answer from a source, which may have been asked for one region.
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
    let property = tagging.property.as_ref().filter(|_| tagging.taggable);
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
    let works = handlers.are_provisionable();
    let row = |name: HandlerName, supported, timeout_minutes| HandlerView {
        name,
        supported,
        permissions: facts.permissions.get(name.as_str()).cloned().unwrap_or_default(),
        timeout_minutes,
    };
    vec![
        row(HandlerName::Create, handlers.create && works, facts.timeouts.create),
        row(HandlerName::Read, handlers.read, None),
        row(HandlerName::Update, handlers.update && works, facts.timeouts.update),
        row(HandlerName::Delete, handlers.delete && works, facts.timeouts.delete),
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
