//! A rewriter, and what it finds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::index::ValueIndex;
use super::names::Tokens;
use crate::domain::plan::Rewrite;
use crate::domain::project::AccountId;
use crate::domain::resource::ResourceRef;
use crate::schema::TypeSchema;

/// Why a reference cannot be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnmappedKind {
    /// It names a known resource, which has no counterpart.
    NoCounterpart,
    /// It may name several known resources, and their counterparts differ.
    Ambiguous,
    /// It is a key of an object, and its translation is not known before apply.
    Key,
    /// It matches no known resource.
    Unknown,
    /// The user gave the value for the target environment, and it is one of the source environment.
    Given,
}

/// A reference that cannot be translated. A plan with one is rejected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// JSON pointer into the resource's properties.
    pub pointer: String,
    /// The part of the text that would be wrong in the target environment: what a map must name.
    pub value: String,
    /// What it appears to be.
    pub reason: String,
    /// Why it cannot be translated.
    pub kind: UnmappedKind,
}

/// A value that is carried over although it may belong to the source environment: a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// JSON pointer into the resource's properties.
    pub pointer: String,
    /// The part of the text.
    pub value: String,
    /// Why it is mentioned.
    pub reason: &'static str,
}

/// Rewrites documents from one environment for another.
#[derive(Debug)]
pub struct Rewriter<'a> {
    /// Values of known resources, the project's own map included.
    pub index: &'a ValueIndex,
    /// Account promoted from, and to.
    pub accounts: (&'a AccountId, &'a AccountId),
    /// Region promoted from, and to.
    pub regions: (&'a str, &'a str),
    /// Environment tokens.
    pub tokens: &'a Tokens,
}

/// The resource whose configuration is rewritten.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Its type.
    pub schema: &'a TypeSchema,
    /// The resource.
    pub resource: ResourceRef,
    /// Its name in the environment promoted from, and in the one promoted to.
    pub names: Option<(&'a str, &'a str)>,
    /// The function whose versions its numbers are, by name or ARN.
    pub function: Option<&'a str>,
}

/// A rewritten document and what was found in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rewritten {
    /// The document; references to resources of the same plan are intrinsic functions.
    pub value: Value,
    /// What was changed, in document order.
    pub rewrites: Vec<Rewrite>,
    /// What could not be translated, in document order.
    pub unmapped: Vec<Unmapped>,
    /// What is carried over and may belong to the source environment, in document order.
    pub carried: Vec<Carried>,
    /// The resources of the source environment that the document refers to.
    pub references: BTreeSet<ResourceRef>,
    /// Those of them that must exist before this one: the property demands a resource, or its value is not known before.
    pub required: BTreeSet<ResourceRef>,
}

/// Why a generated word is carried over.
pub const OPAQUE: &str = "looks like an id that AWS generated, and no known resource has it";
