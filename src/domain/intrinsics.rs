//! CloudFormation's intrinsic functions, resolved as far as their inputs are known.
//!
//! What is not known stays in place in its JSON form (see [`super::symbol`]), with every part that
//! *is* known filled in. The same engine runs twice: at load, where parameters, conditions and
//! mappings are known and resources are not, and at apply, where each finished resource turns more
//! references into values.

mod conditions;
mod functions;
mod network;
mod partial;
mod zones;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::digest::hex;
use super::pointer;
use super::symbol::is_intrinsic;

pub use conditions::evaluate_conditions;
pub use partial::{UNKNOWN_PART, may_be_absent, partial_text, simplify, substituted_document};
pub use zones::embedded_regions;

/// The pseudo parameter that removes the property or list item it is given to.
pub const NO_VALUE: &str = "AWS::NoValue";

/// CloudFormation's pseudo parameters. Those without a meaning outside a stack are never known.
pub const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    NO_VALUE,
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// A value that a resource has once it exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// `Ref`: what the type defines as its reference value, mostly the primary identifier.
    Ref(String),
    /// `Fn::GetAtt`: a resource and the dotted path of its attribute.
    GetAtt(String, String),
}

/// What is known about the account and region that a template is for. Unknown parts leave their pseudo parameter
/// unresolved: an estimate needs no account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pseudo {
    /// `AWS::AccountId`.
    pub account: Option<String>,
    /// `AWS::Region`.
    pub region: Option<String>,
    /// `AWS::StackName`.
    pub stack_name: Option<String>,
    /// `AWS::Partition`; taken from the region when absent.
    pub partition: Option<String>,
}

impl Pseudo {
    /// The value of a pseudo parameter, if it is known. [`NO_VALUE`] has none.
    pub fn get(&self, name: &str) -> Option<Value> {
        let value = match name {
            "AWS::AccountId" => self.account.clone()?,
            "AWS::Region" => self.region.clone()?,
            "AWS::StackName" => self.stack_name.clone()?,
            "AWS::StackId" => self.stack_id()?,
            // A stack without notifications, which is what there is here.
            "AWS::NotificationARNs" => return Some(Value::Array(Vec::new())),
            "AWS::Partition" => self.partition()?,
            "AWS::URLSuffix" if self.partition()? == "aws-cn" => "amazonaws.com.cn".to_owned(),
            "AWS::URLSuffix" if matches!(self.partition()?.as_str(), "aws" | "aws-us-gov") => {
                "amazonaws.com".to_owned()
            }
            _ => return None,
        };
        Some(Value::String(value))
    }

    /// An ARN like that of a stack; its last part depends on the account, the region and the name only.
    fn stack_id(&self) -> Option<String> {
        let (account, region) = (self.account.as_deref()?, self.region.as_deref()?);
        let (partition, name) = (self.partition()?, self.stack_name.as_deref()?);
        let hash = hex(&Sha256::digest(format!("stack {account} {region} {name}")));
        let part = |range: std::ops::Range<usize>| hash.get(range).unwrap_or_default().to_owned();
        // The form of a UUID of version 8, which is for values of an application's own.
        let unique = format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32));
        Some(format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{unique}"))
    }

    fn partition(&self) -> Option<String> {
        self.partition.clone().or_else(|| {
            let region = self.region.as_deref()?;
            let partition = match region {
                _ if region.starts_with("cn-") => "aws-cn",
                _ if region.starts_with("us-gov-") => "aws-us-gov",
                _ if region.starts_with("eusc-") => "aws-eusc",
                // The isolated partitions cannot be distinguished by a prefix alone.
                _ if region.contains("-iso") => return None,
                _ => "aws",
            };
            Some(partition.to_owned())
        })
    }
}

/// Everything that is known when a template is loaded.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Parameter values: text, a number, or a list. One whose value is not known is absent.
    pub parameters: BTreeMap<String, Value>,
    /// Account, region and partition.
    pub pseudo: Pseudo,
    /// The `Mappings` section.
    pub mappings: Value,
    /// The value of each condition; `None` when it depends on something unknown.
    pub conditions: BTreeMap<String, Option<bool>>,
    /// The exports of other stacks, by name, for `Fn::ImportValue`.
    pub imports: BTreeMap<String, String>,
}

/// An invalid function call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer to the call, in the value given.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// Resolves what the scope knows. A removed root (`AWS::NoValue`) is `null`.
pub fn resolve(value: &Value, scope: &Scope) -> (Value, Vec<Problem>) {
    resolve_at(value, "", scope)
}

/// [`resolve`] for the value at the pointer `base`: the problems' pointers begin there.
pub fn resolve_at(value: &Value, base: &str, scope: &Scope) -> (Value, Vec<Problem>) {
    let lookup = |symbol: &Symbol| match symbol {
        Symbol::Ref(name) => scope.parameters.get(name).cloned().or_else(|| scope.pseudo.get(name)),
        Symbol::GetAtt(..) => None,
    };
    let condition = |name: &str| scope.conditions.get(name).copied().flatten();
    let mut resolver = Resolver {
        condition: &condition,
        mappings: Some(&scope.mappings),
        imports: Some(&scope.imports),
        ..Resolver::new(&lookup)
    };
    let resolved = resolver.value(value, base).unwrap_or(Value::Null);
    (resolved, resolver.problems)
}

/// Replaces references by the attributes of existing resources, and evaluates every function that can then be resolved.
pub fn resolve_symbols(value: &Value, lookup: &dyn Fn(&Symbol) -> Option<Value>) -> Value {
    let mut resolver = Resolver::new(lookup);
    resolver.value(value, "").unwrap_or(Value::Null)
}

/// Replaces each `Fn::If` whose condition is decided by its branch; everything else stays as it is.
pub fn decide(value: &Value, condition: &dyn Fn(&str) -> Option<bool>) -> Value {
    let mut resolver = Resolver { condition, ..Resolver::new(&|_| None) };
    resolver.value(value, "").unwrap_or(Value::Null)
}

struct Resolver<'a> {
    lookup: &'a dyn Fn(&Symbol) -> Option<Value>,
    condition: &'a dyn Fn(&str) -> Option<bool>,
    /// `None` without a template: a missing mapping is then not a problem.
    mappings: Option<&'a Value>,
    /// The known exports of other stacks.
    imports: Option<&'a BTreeMap<String, String>>,
    problems: Vec<Problem>,
    /// How many bytes of text may still be made.
    budget: usize,
}

/// Maximum length of a text that functions make, in bytes: that of a whole template.
const MAX_TEXT: usize = 1 << 20;

/// Maximum length of all texts that functions make in one value, in bytes. Nested functions multiply their texts.
const MAX_EXPANSION: usize = 16 << 20;

impl<'a> Resolver<'a> {
    /// A resolver without a template.
    fn new(lookup: &'a dyn Fn(&Symbol) -> Option<Value>) -> Self {
        Self {
            lookup,
            condition: &|_| None,
            mappings: None,
            imports: None,
            problems: Vec::new(),
            budget: MAX_EXPANSION,
        }
    }

    /// Returns true if a text of this length may be made, and counts it.
    fn may_make(&mut self, length: usize, at: &str) -> bool {
        if length > MAX_TEXT || length > self.budget {
            self.problem(at, format!("the text is longer than {} MiB", MAX_TEXT >> 20));
            return false;
        }
        self.budget -= length;
        true
    }

    /// The resolved value; `None` when it is `AWS::NoValue` and its place is to be removed.
    fn value(&mut self, value: &Value, at: &str) -> Option<Value> {
        match value {
            Value::Object(map) if is_intrinsic(value) => {
                let (function, argument) = map.iter().next()?;
                self.call(function, argument, &pointer::join(at, function))
            }
            Value::Object(map) => {
                let resolved = map
                    .iter()
                    .filter_map(|(key, child)| Some((key.clone(), self.value(child, &pointer::join(at, key))?)));
                Some(Value::Object(resolved.collect::<Map<String, Value>>()))
            }
            Value::Array(items) => Some(Value::Array(self.items(items, at))),
            other => Some(other.clone()),
        }
    }

    fn items(&mut self, items: &[Value], at: &str) -> Vec<Value> {
        items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.value(item, &pointer::join(at, &index.to_string())))
            .collect()
    }

    /// A function's argument: `AWS::NoValue` stays as it is, since nothing can be removed here.
    fn argument(&mut self, value: &Value, at: &str) -> Value {
        self.value(value, at).unwrap_or_else(|| call("Ref", Value::from(NO_VALUE)))
    }

    fn problem(&mut self, at: &str, message: impl Into<String>) {
        // `at` is the function's argument; the user looks for the call.
        let call = at.rfind('/').map_or(at, |cut| &at[..cut]);
        self.problems.push(Problem { pointer: call.to_owned(), message: message.into() });
    }
}

/// A function call in its JSON form.
fn call(function: &str, argument: Value) -> Value {
    Value::Object(Map::from_iter([(function.to_owned(), argument)]))
}

/// A scalar as the text that `Fn::Sub` and `Fn::Join` would use.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
