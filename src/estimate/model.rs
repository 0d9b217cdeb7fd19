//! The cost model: what each resource type is billed for, as data.
//!
//! `data/model.yaml` is maintained by hand and documents its format; `generate.py` creates one line
//! of JSON per type from it, and a type is parsed on first use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expression::{Expression, ParseError, Template, parse, parse_template};

/// How a type is billed.
#[derive(Debug)]
pub(super) struct TypeModel {
    pub status: ModelStatus,
    /// Why an unpriced type has no model.
    pub reason: Option<String>,
    /// Named values, in order; later ones may refer to earlier ones.
    pub lets: Vec<(String, Expression)>,
    /// Conditions under which a cost exists that the model cannot compute.
    pub unknown_when: Vec<Guard>,
    pub assume: Vec<(Option<Expression>, String)>,
    pub usage: Vec<UsageKey>,
    pub dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModelStatus {
    Free,
    Priced,
    Unpriced,
}

#[derive(Debug)]
pub(super) struct Guard {
    pub when: Expression,
    pub dimension: String,
    pub reason: String,
}

#[derive(Debug)]
pub(super) struct UsageKey {
    pub key: String,
    pub default: Expression,
    /// The default as it is written in the model.
    pub default_text: String,
    pub unit: String,
    pub why: Option<String>,
}

/// One billed dimension of a type.
#[derive(Debug)]
pub(super) struct Dimension {
    pub name: String,
    pub when: Option<Expression>,
    /// A list: the dimension is billed once per item, and the expressions are evaluated on the item.
    pub each: Option<Expression>,
    pub quantity: Expression,
    pub unit: String,
    /// `None` when it has no known price: any quantity above zero is unknown.
    pub price: Option<Template>,
    /// The billing region, where it is not the resource's own.
    pub region: Option<Template>,
    pub describe: Template,
    pub free_tier: Option<FreeTier>,
    /// The usage keys that the quantity depends on; none for a fixed cost.
    pub usage_keys: BTreeSet<String>,
}

/// An account-wide monthly allowance that is not part of the price's own tiers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreeTier {
    /// Dimensions with the same pool share the allowance.
    pub pool: String,
    pub quantity: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    status: ModelStatus,
    reason: Option<String>,
    #[serde(default, rename = "let")]
    lets: Map<String, Value>,
    #[serde(default)]
    unknown_when: Vec<RawGuard>,
    #[serde(default)]
    assume: Vec<RawAssumption>,
    #[serde(default)]
    usage: Vec<RawUsage>,
    #[serde(default)]
    dimensions: Vec<RawDimension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuard {
    when: String,
    dimension: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAssumption {
    when: Option<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUsage {
    key: String,
    default: Value,
    unit: String,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDimension {
    name: String,
    when: Option<String>,
    each: Option<String>,
    quantity: Value,
    unit: String,
    price: Option<String>,
    region: Option<String>,
    describe: String,
    free_tier: Option<FreeTier>,
}

const MODEL: &str = include_str!("data/model.tsv");

struct Entry {
    json: &'static str,
    model: OnceLock<Option<TypeModel>>,
}

fn index() -> &'static BTreeMap<&'static str, Entry> {
    static INDEX: OnceLock<BTreeMap<&'static str, Entry>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let lines = MODEL.lines().filter_map(|line| line.split_once('\t'));
        lines.map(|(name, json)| (name, Entry { json, model: OnceLock::new() })).collect()
    })
}

/// The model of a type, otherwise how its service is billed; `None` when neither is known.
pub(super) fn get(type_name: &str) -> Option<&'static TypeModel> {
    let of_service = || index().get(service(type_name).filter(|name| name.starts_with("AWS::"))?);
    let entry = index().get(type_name).or_else(of_service)?;
    // The tests parse every line, so an invalid line cannot ship; if one did, its
    // type would have no model, which requires approval.
    entry.model.get_or_init(|| compile(entry.json).ok()).as_ref()
}

/// The service of a type: `AWS::EC2` of `AWS::EC2::Instance`.
fn service(type_name: &str) -> Option<&str> {
    let (end, _) = type_name.match_indices("::").nth(1)?;
    type_name.get(..end)
}

/// The types that the model has by name, sorted, without services.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    index().keys().copied().filter(|name| service(name).is_some() || name.starts_with("Custom::"))
}

/// The usage keys of a type.
pub(super) fn usage_keys(type_name: &str) -> Vec<&'static str> {
    let model = get(type_name);
    model.map(|model| model.usage.iter().map(|usage| usage.key.as_str()).collect()).unwrap_or_default()
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ModelError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Expression(#[from] ParseError),
}

fn compile(json: &str) -> Result<TypeModel, ModelError> {
    let raw: RawType = serde_json::from_str(json)?;
    let mut lets: Vec<(String, Expression)> = Vec::new();
    for (name, value) in &raw.lets {
        lets.push((name.clone(), expression(value)?));
    }
    let usage: Vec<UsageKey> = raw
        .usage
        .into_iter()
        .map(|usage| {
            let default = expression(&usage.default)?;
            let default_text = match &usage.default {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Ok(UsageKey { key: usage.key, default, default_text, unit: usage.unit, why: usage.why })
        })
        .collect::<Result<_, ParseError>>()?;
    let unknown_when = raw
        .unknown_when
        .into_iter()
        .map(|guard| Ok(Guard { when: parse(&guard.when)?, dimension: guard.dimension, reason: guard.reason }))
        .collect::<Result<_, ParseError>>()?;
    let assume = raw
        .assume
        .into_iter()
        .map(|assumption| Ok((assumption.when.as_deref().map(parse).transpose()?, assumption.text)))
        .collect::<Result<_, ParseError>>()?;
    let dimensions = raw
        .dimensions
        .into_iter()
        .map(|dimension| compile_dimension(dimension, &lets, &usage))
        .collect::<Result<_, ParseError>>()?;
    Ok(TypeModel { status: raw.status, reason: raw.reason, lets, unknown_when, assume, usage, dimensions })
}

fn compile_dimension(
    raw: RawDimension,
    lets: &[(String, Expression)],
    usage: &[UsageKey],
) -> Result<Dimension, ParseError> {
    let quantity = expression(&raw.quantity)?;
    let mut names = BTreeSet::new();
    quantity.collect_variables(&mut names);
    // Values are defined before use, so one backward pass finds their dependencies.
    for (name, value) in lets.iter().rev() {
        if names.contains(name) {
            value.collect_variables(&mut names);
        }
    }
    let usage_keys = usage.iter().map(|usage| usage.key.clone()).filter(|key| names.contains(key)).collect();
    Ok(Dimension {
        name: raw.name,
        when: raw.when.as_deref().map(parse).transpose()?,
        each: raw.each.as_deref().map(parse).transpose()?,
        quantity,
        unit: raw.unit,
        price: raw.price.as_deref().map(parse_template).transpose()?,
        region: raw.region.as_deref().map(parse_template).transpose()?,
        describe: parse_template(&raw.describe)?,
        free_tier: raw.free_tier,
        usage_keys,
    })
}

fn expression(value: &Value) -> Result<Expression, ParseError> {
    match value {
        Value::String(text) => parse(text),
        other => parse(&other.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn every_type_compiles_and_names_only_what_exists() {
        for (type_name, entry) in index() {
            let model = compile(entry.json).unwrap_or_else(|error| panic!("{type_name}: {error}"));
            let mut known: BTreeSet<String> = ["hours", "quantity"].map(str::to_owned).into();
            known.extend(model.lets.iter().map(|(name, _)| name.clone()));
            known.extend(model.usage.iter().map(|usage| usage.key.clone()));
            let mut used = BTreeSet::new();
            for dimension in &model.dimensions {
                dimension.quantity.collect_variables(&mut used);
                let templates = [Some(&dimension.describe), dimension.price.as_ref(), dimension.region.as_ref()];
                for template in templates.into_iter().flatten() {
                    template.expressions().for_each(|e| e.collect_variables(&mut used));
                }
                for condition in [&dimension.when, &dimension.each].into_iter().flatten() {
                    condition.collect_variables(&mut used);
                }
            }
            for (_, value) in &model.lets {
                value.collect_variables(&mut used);
            }
            for guard in &model.unknown_when {
                guard.when.collect_variables(&mut used);
            }
            let strangers: Vec<_> = used.difference(&known).collect();
            assert!(strangers.is_empty(), "{type_name}: {strangers:?}");
            let idle: Vec<_> = model.usage.iter().filter(|usage| !used.contains(&usage.key)).map(|u| &u.key).collect();
            assert!(idle.is_empty(), "{type_name} does not use {idle:?}");
            match model.status {
                ModelStatus::Free => assert!(model.dimensions.is_empty(), "{type_name}"),
                ModelStatus::Priced => assert!(!model.dimensions.is_empty(), "{type_name}"),
                ModelStatus::Unpriced => assert!(model.reason.is_some(), "{type_name}"),
            }
        }
    }

    #[test]
    fn the_embedded_lines_are_those_of_the_yaml_file() {
        let yaml: Value = serde_saphyr::from_str(include_str!("data/model.yaml")).unwrap();
        let types = yaml["types"].as_object().unwrap();
        for (type_name, written) in types {
            let embedded: Value = serde_json::from_str(index()[type_name.as_str()].json).unwrap();
            assert_eq!(&embedded, written, "{type_name}: run generate.py");
        }
        let services = yaml["services"].as_object().unwrap();
        assert_eq!(index().len(), types.len() + yaml["free"].as_array().unwrap().len() + services.len());
    }

    #[test]
    fn lines_are_sorted_and_small() {
        let names: Vec<&str> = MODEL.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(names.is_sorted());
        assert!(MODEL.len() < 180_000);
    }
}
