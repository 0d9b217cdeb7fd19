//! Tests the registry with pairs of declared and live resources, which are not part of this repository.
//!
//! Not part of `tests/run`: `STAGEGATE_PAIRS=FILE cargo test --test all registry_pairs -- --ignored --nocapture`, where each line
//! of FILE is `{"id", "type", "declared": {…}, "live": {…}, "drifted": …}`. CONTRIBUTING.md contains the results of the last run.

#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use stagegate::compare::desired::compare_desired;
use stagegate::domain::resource::ResourceRef;
use stagegate::domain::tags::Tags;
use stagegate::pipeline::event::Events;
use stagegate::pipeline::managed;
use stagegate::pipeline::ports::{CloudError, CloudErrorKind, ReadResources, ReadTags, TaggedResource};
use stagegate::schema::{Identified, Registry, Violation, coerce, validate_as};

use super::generated_drift::asymmetry;

/// A line of the file.
#[derive(serde::Deserialize)]
struct Pair {
    id: String,
    /// Whether the live resource really differs from what is declared.
    #[serde(default)]
    drifted: Option<bool>,
    #[serde(rename = "type")]
    type_name: String,
    declared: Value,
    live: Value,
}

fn pairs() -> Vec<Pair> {
    let file = std::env::var("STAGEGATE_PAIRS").expect("STAGEGATE_PAIRS names the file of pairs");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let pairs: Vec<Pair> = text.lines().map(|line| serde_json::from_str(line).expect("a pair")).collect();
    assert!(!pairs.is_empty(), "{file} holds no pairs");
    pairs
}

/// A fake of Cloud Control with the live models, each readable only as its own type, and of a tagging API with a single ARN.
struct Estate<'a> {
    registry: Registry,
    models: &'a BTreeMap<ResourceRef, Value>,
    arn: &'a str,
}

#[async_trait]
impl ReadResources for Estate<'_> {
    fn environment(&self) -> &str {
        "pairs"
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        Ok(self.models.get(resource).cloned())
    }
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let all = self.models.keys().filter(|one| one.type_name == type_name);
        Ok(all.map(|one| one.identifier.clone()).collect())
    }
    async fn list_within(&self, type_name: &str, _: &Value) -> Result<Vec<String>, CloudError> {
        self.list(type_name).await
    }
}

#[async_trait]
impl ReadTags for Estate<'_> {
    async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        Ok(vec![TaggedResource { arn: self.arn.to_owned(), tags: Tags::new() }])
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        Err(CloudError::new(CloudErrorKind::Unsupported, "iam.GetAccountAuthorizationDetails", "dev", "no IAM"))
    }
}

/// Determines the type and identifier of each model from its own ARN: only by the ARN, and as the product does, with reads for
/// ambiguous ARNs.
#[tokio::test]
#[ignore = "needs STAGEGATE_PAIRS"]
async fn arns_identify_their_resources() {
    let pairs = pairs();
    let truth = |pair: &Pair| {
        let identifier = Registry::embedded().get(&pair.type_name)?.identifier_of(&pair.live)?;
        Some(ResourceRef::new(&pair.type_name, identifier))
    };
    let models: BTreeMap<ResourceRef, Value> =
        pairs.iter().filter_map(|pair| Some((truth(pair)?, pair.live.clone()))).collect();
    let (mut by_arn, mut by_reads): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) = Default::default();
    let mut judged = 0;
    for pair in &pairs {
        let arn_property = Registry::embedded().get(&pair.type_name).and_then(|schema| schema.arn_property.as_deref());
        let Some(arn) = arn_property.and_then(|name| pair.live.pointer(&format!("/{name}"))?.as_str()) else {
            continue;
        };
        let Some(truth) = truth(pair) else {
            eprintln!("not judged, the model lacks a part of its identifier: {}", pair.id);
            continue;
        };
        judged += 1;
        let verdict = match Registry::embedded().identify(arn) {
            Identified::Exactly(found) if found == truth => "exact",
            Identified::Exactly(_) => "wrong",
            Identified::Ambiguous(found) if found.contains(&truth) => "ambiguous",
            Identified::OfType(types) if types.contains(&truth.type_name.as_str()) => "type only",
            Identified::Unknown => "unknown",
            Identified::Ambiguous(_) | Identified::OfType(_) => "wrong",
        };
        *by_arn.entry(verdict).or_default() += 1;
        // The tagging API omits the suffix of a log group's own ARN.
        let tagged = Estate { registry: Registry::embedded(), models: &models, arn: arn.trim_end_matches(":*") };
        let estate = managed::managed(&tagged, &Events::none()).await.expect("nothing fails here");
        // Roles and users are always listed.
        let found: Vec<&ResourceRef> = estate
            .live
            .values()
            .filter(|live| live.arn.as_deref() == Some(tagged.arn))
            .map(|live| &live.resource)
            .collect();
        let verdict = match found[..] {
            [found] if *found == truth => "exact",
            [] if estate.unsupported.is_empty() => "lost",
            [] => "reported as unknown",
            _ => "wrong",
        };
        if verdict != "exact" {
            eprintln!("{verdict}: {} {arn}: {found:?}", pair.id);
        }
        *by_reads.entry(verdict).or_default() += 1;
    }
    eprintln!("{judged} judged; by the ARN alone {by_arn:?}; with reads {by_reads:?}");
    let count = |counts: &BTreeMap<&str, usize>, verdict| counts.get(verdict).copied().unwrap_or_default();
    assert_eq!(count(&by_arn, "wrong") + count(&by_reads, "wrong") + count(&by_reads, "lost"), 0);
    assert!(count(&by_reads, "exact") * 100 >= judged * 97);
    assert!(judged * 2 >= pairs.len(), "{judged} of {} have an ARN to judge", pairs.len());
}

#[test]
#[ignore = "needs STAGEGATE_PAIRS"]
fn declared_models_are_valid_or_have_a_reason() {
    let pairs = pairs();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut valid, mut unclear) = (0, Vec::new());
    for pair in &pairs {
        let mut declared = pair.declared.clone();
        let schema = Registry::embedded().get(&pair.type_name).unwrap_or_else(|| panic!("{}: unknown type", pair.id));
        let coerced = coerce(schema, &mut declared);
        let violations = validate_as(schema, &declared);
        for violation in &violations {
            let found = violation.found.as_deref().unwrap_or("nothing");
            let line =
                format!("{}: {} {}: {} (found {found})", pair.id, violation.code, violation.pointer, violation.message);
            eprintln!("{line}");
            if violation.message.trim().is_empty() || !has_valid_location(violation, &declared) {
                unclear.push(line);
            }
        }
        valid += usize::from(violations.is_empty());
        let verdict = match violations.first() {
            None if coerced.is_empty() => "valid".to_owned(),
            None => "valid after coercion".to_owned(),
            Some(violation) => format!("not valid: {}", violation.code),
        };
        *counts.entry(verdict).or_default() += 1;
    }
    eprintln!("{counts:?}");
    assert!(unclear.is_empty(), "no reason, or a place that is not there:\n{}", unclear.join("\n"));
    assert!(valid * 100 >= pairs.len() * 98, "{valid} of {} validate", pairs.len());
}

/// Returns true if the location of a violation exists in the model; for missing properties, only the parent.
fn has_valid_location(violation: &Violation, model: &Value) -> bool {
    let is_there = |pointer: &str| model.pointer(pointer).is_some();
    if violation.code.as_str() != "missing-property" {
        return is_there(&violation.pointer);
    }
    violation.pointer.rsplit_once('/').is_some_and(|(parent, _)| is_there(parent)) && !is_there(&violation.pointer)
}

/// What stands for a value that the recorded template does not tell.
const UNRESOLVED: &str = "__cdkrd_corpus_unresolved__";

/// Removes values that are not known before something else exists, as a template with references that are not resolved.
fn without_unresolved(value: &mut Value) {
    let is_open = |value: &Value| value.as_str().is_some_and(|text| text.contains(UNRESOLVED));
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !is_open(value));
            members.values_mut().for_each(without_unresolved);
        }
        Value::Array(items) => {
            items.retain(|value| !is_open(value));
            items.iter_mut().for_each(without_unresolved);
        }
        _ => {}
    }
}

/// The comparison of `drift`, with the live models and what is declared of them.
#[test]
#[ignore = "needs STAGEGATE_PAIRS"]
fn live_models_do_not_differ_from_themselves_and_findings_are_symmetric() {
    let pairs = pairs();
    let mut wrong = Vec::new();
    for pair in &pairs {
        let schema = Registry::embedded().get(&pair.type_name).unwrap_or_else(|| panic!("{}: unknown type", pair.id));
        let mut declared = pair.declared.clone();
        without_unresolved(&mut declared);
        wrong.extend(asymmetry(schema, &pair.live, &declared).map(|problem| format!("{}: {problem}", pair.id)));
    }
    eprintln!("{} pairs, {} not symmetric", pairs.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The comparison of `drift --desired`: a real change is never missed, and few others are reported.
#[test]
#[ignore = "needs STAGEGATE_PAIRS"]
fn declared_models_are_compared_with_live_ones() {
    let (mut drifted, mut missed, mut false_alarms) = (0, Vec::new(), Vec::new());
    let pairs = pairs();
    for pair in &pairs {
        let (Some(schema), Some(is_drifted)) = (Registry::embedded().get(&pair.type_name), pair.drifted) else {
            panic!("{}: the type or the verdict is not known", pair.id);
        };
        let mut declared = pair.declared.clone();
        without_unresolved(&mut declared);
        coerce(schema, &mut declared);
        let changes = compare_desired(schema, &declared, &pair.live).changes;
        drifted += usize::from(is_drifted);
        match (changes.is_empty(), is_drifted) {
            (true, true) => missed.push(pair.id.clone()),
            (false, false) => {
                let places: Vec<&str> = changes.iter().map(|change| change.pointer.as_str()).collect();
                false_alarms.push(format!("{}: {}", pair.id, places.join(" ")));
            }
            _ => {}
        }
        assert!(compare_desired(schema, &pair.live, &pair.live).changes.is_empty(), "{} differs from itself", pair.id);
    }
    eprintln!("{} pairs, {drifted} drifted: {} missed, {} false alarms", pairs.len(), missed.len(), false_alarms.len());
    false_alarms.iter().for_each(|line| eprintln!("false alarm: {line}"));
    assert!(missed.is_empty(), "missed: {missed:?}");
    assert!(false_alarms.len() <= 10, "{} false alarms", false_alarms.len());
}
