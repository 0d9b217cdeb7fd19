//! What is left of an approved plan after an interruption.
//!
//! After a run that ended early, planning again finds what was done: the plan is then another one, with fewer steps. It
//! needs no approval of its own if every step of it was approved and nothing else has changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Operation;
use super::difference::explain_difference;
use super::document::{PlanDocument, StepDocument};
use crate::domain::intrinsics::{Symbol, resolve_symbols};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PENDING_PREFIX, PromotionStatus, TRACKING_KEYS};
use crate::schema::Registry;

/// What exists when a plan is made again.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The live resources of the plan, by logical id.
    pub existing: &'a BTreeMap<String, LiveResource>,
    /// The resources in the environment promoted from whose promotion is complete.
    pub promoted: &'a BTreeSet<ResourceRef>,
    /// The known resource types.
    pub registry: &'a Registry,
}

/// Checks that a plan is what is left of an approved plan. References to resources that exist by now equal their values.
///
/// # Errors
/// What was not approved, or differs.
pub fn remainder(approved: &PlanDocument, now: &PlanDocument, evidence: Evidence<'_>) -> Result<(), Vec<String>> {
    let mut remainder = Remainder { approved, now, evidence, begun: BTreeMap::new() };
    remainder.begun = remainder.begun();
    remainder.check()
}

struct Remainder<'a> {
    approved: &'a PlanDocument,
    now: &'a PlanDocument,
    evidence: Evidence<'a>,
    /// Approved replacements whose old resource is deleted, and whose new one of the same identifier is created by the plan
    /// now, by logical id.
    begun: BTreeMap<&'a str, &'a StepDocument>,
}

impl<'a> Remainder<'a> {
    fn begun(&self) -> BTreeMap<&'a str, &'a StepDocument> {
        let is_created_now = |one: &StepDocument| {
            self.now.steps.iter().any(|step| {
                step.operation == Operation::Create && is_same_subject(one, step) && step.identifier == one.identifier
            })
        };
        let begun = self.approved.steps.iter().filter(|one| self.is_begun(one) && is_created_now(one));
        begun.map(|one| (one.logical_id.as_str(), one)).collect()
    }

    fn check(&self) -> Result<(), Vec<String>> {
        let (approved, now) = (self.approved, self.now);
        let head = |plan: &PlanDocument| {
            let PlanDocument { version, created_at, environment, account, region, .. } = plan;
            (*version, *created_at, environment.clone(), account.clone(), region.clone())
        };
        let mut lines = Vec::new();
        let mut open: Vec<&StepDocument> = approved.steps.iter().collect();
        let mut added = Vec::new();
        // Replacements whose old resource is deleted, and whose new one is not created yet.
        let mut begun = Vec::new();
        for step in &now.steps {
            let candidates = || open.iter().enumerate().filter(|(_, one)| is_same_subject(one, step));
            match candidates().find(|(_, one)| self.differences(one, step).is_empty()) {
                Some((index, _)) => {
                    let one = open.remove(index);
                    begun.extend(self.is_begun(one).then_some(one));
                }
                None => match candidates().next().filter(|_| !self.marks_begun(step)) {
                    Some((_, one)) => lines.extend(self.differences(one, step)),
                    None => added.push(step),
                },
            }
        }
        // A step that differs is not done either.
        let is_left = |one: &StepDocument| now.steps.iter().any(|step| is_same_subject(one, step));
        let done: Vec<&StepDocument> = open.into_iter().filter(|one| !is_left(one)).collect();
        if done.is_empty() && begun.is_empty() && !self.is_recorded_state() || head(approved) != head(now) {
            return Err(explain_difference(approved, now));
        }
        lines.extend(done.iter().filter(|step| !self.is_done(step)).map(|step| {
            format!("{} was to {} and is not part of the plan any more", step.logical_id, step.operation.as_str())
        }));
        lines.extend(
            added
                .into_iter()
                .filter(|step| !self.completes_tags(step, &done) && !self.marks_begun(step))
                .map(|step| format!("{} {}: the step was not approved", step.operation.as_str(), step.logical_id)),
        );
        lines.extend(self.live(&[done.as_slice(), &begun].concat()));
        lines.extend(more("price", &approved.prices, &now.prices));
        lines.extend(more("usage of", &approved.usage, &now.usage));
        if approved.policies != now.policies {
            lines.push("the policies have changed".to_owned());
        }
        let new_facts = now.gate.iter().filter(|fact| !approved.gate.contains(fact));
        lines.extend(new_facts.map(|fact| format!("gate: {fact}")));
        // The steps in an environment may be done.
        lines.extend(more("planner in", &approved.planner, &now.planner));
        match lines.is_empty() {
            true => Ok(()),
            false if done.is_empty() && begun.is_empty() => Err(explain_difference(approved, now)),
            false => Err(lines),
        }
    }

    /// True if the two plans have the same steps, and differ at most in what these steps record in tags.
    fn is_recorded_state(&self) -> bool {
        self.approved.live != self.now.live && self.approved.steps.len() == self.now.steps.len()
    }

    /// What differs between an approved step and one of the plan now, apart from values that have become known.
    fn differences(&self, approved: &StepDocument, now: &StepDocument) -> Vec<String> {
        let name = &now.logical_id;
        let mut lines = Vec::new();
        let mut check = |is_same: bool, what: &str| {
            if !is_same {
                lines.push(format!("{name} /{what}"));
            }
        };
        check(approved.account == now.account, "account");
        check(approved.region == now.region, "region");
        check(approved.source == now.source, "source");
        check(self.is_same_target(approved, now), "identifier");
        check(self.form(approved, self.approved) == self.form(now, self.now), "request");
        check(approved.sensitive == now.sensitive, "sensitive");
        check(now.overwrites.iter().all(|place| approved.overwrites.contains(place)), "overwrites");
        // The rest of a replacement creates what the other steps found before.
        let is_known = |other: &String| approved.depends_on.contains(other) || self.begun.contains_key(other.as_str());
        check(now.depends_on.iter().all(is_known), "depends_on");
        let is_other_request = approved.request != now.request
            || approved.identifier != now.identifier
            || approved.operation != now.operation;
        check(approved.client_token == now.client_token || is_other_request, "client_token");
        lines
    }

    fn is_same_target(&self, approved: &StepDocument, now: &StepDocument) -> bool {
        if (&approved.identifier, &approved.target_of) == (&now.identifier, &now.target_of) {
            return true;
        }
        if let (Some(before), None, None, Some(target)) =
            (&approved.identifier, &approved.target_of, &now.identifier, &now.target_of)
        {
            let replaced = self.begun.get(target.as_str()).and_then(|one| one.identifier.as_ref());
            return replaced == Some(before) && now.environment == self.now.environment;
        }
        let (None, Some(identifier)) = (&approved.identifier, &now.identifier) else { return false };
        match (now.operation, &approved.target_of) {
            // The identifier of what does not exist follows from the request.
            (Operation::Create, None) => now.target_of.is_none() && approved.request != now.request,
            (_, Some(target)) => {
                let live = self.evidence.existing.get(target);
                now.target_of.as_ref().is_none_or(|name| name == target)
                    && live.is_some_and(|live| live.resource.identifier == *identifier)
            }
            (_, None) => false,
        }
    }

    /// The request with references to existing resources resolved, and each request token by the name of its step: a token
    /// depends on which references are resolved.
    fn form(&self, step: &StepDocument, plan: &PlanDocument) -> Value {
        let mut request = match (&step.request, step.operation) {
            (Value::Object(map), Operation::Tag) => {
                let pairs = map.iter().map(|(key, value)| (key.clone(), self.tag_value(value)));
                Value::Object(pairs.collect::<Map<String, Value>>())
            }
            (request, operation) => {
                let mut request = resolve_symbols(request, &|symbol| value_of(symbol, self.evidence));
                if operation == Operation::Update {
                    whole_properties(&mut request);
                }
                request
            }
        };
        let tokens: Vec<(String, &str)> = plan
            .steps
            .iter()
            .filter_map(|one| Some((creation_token(self.evidence.registry, one)?, one.logical_id.as_str())))
            .collect();
        name_tokens(&mut request, &tokens);
        request
    }

    /// True for a replacement whose old resource does not exist any more, and the new one does not exist yet.
    fn is_begun(&self, step: &StepDocument) -> bool {
        let Some(identifier) = &step.identifier else { return false };
        let place = match &step.source {
            Some(source) => format!("{} counterpart of {} {source}", step.environment, step.type_name),
            None => format!("{} {} {identifier}", step.environment, step.type_name),
        };
        step.operation == Operation::Replace && self.now.live.get(&place).is_some_and(|found| found == "absent")
    }

    /// True for a step that marks the source of a replacement that has begun, as before any other creation by a promotion.
    fn marks_begun(&self, step: &StepDocument) -> bool {
        let name = step.logical_id.as_str();
        let is_source = step.operation == Operation::Tag
            && step.environment != self.now.environment
            && step.source.is_some()
            && step.identifier == step.source
            && self.begun.get(name).is_some_and(|one| one.source == step.source && one.type_name == step.type_name);
        let creation =
            self.now.steps.iter().find(|one| one.operation == Operation::Create && one.logical_id == step.logical_id);
        let Some(creation) = creation.filter(|_| is_source) else { return false };
        let mark = json!({
            (tags::PROMOTION_STATUS): PromotionStatus::PendingProd.as_str(),
            (tags::PROD_COUNTERPART): format!("{PENDING_PREFIX}{}", creation.client_token),
        });
        step.request == mark
    }

    /// True if a promotion tag of the source of an approved replacement reads as not set: this is how the mark of the
    /// interrupted run reads.
    fn is_marked(&self, key: &str) -> bool {
        let records = self.approved.steps.iter().filter(|step| {
            let replaces = |one: &StepDocument| {
                one.operation == Operation::Replace
                    && one.logical_id == step.logical_id
                    && one.environment != step.environment
            };
            step.operation == Operation::Tag
                && step.source.is_some()
                && step.identifier == step.source
                && self.approved.steps.iter().any(replaces)
        });
        let mut places = records
            .filter_map(|step| Some(format!("{} {} {} ", step.environment, step.type_name, step.source.as_ref()?)));
        let is_promotion_tag =
            |tag: &str| [tags::PROMOTION_STATUS, tags::PROD_COUNTERPART, tags::PROMOTED_DIGEST].contains(&tag);
        !self.now.live.contains_key(key)
            && places.any(|place| key.strip_prefix(place.as_str()).is_some_and(is_promotion_tag))
    }

    /// `{"Ref": step}` in a tag is the encoded identifier of the step's resource, and within a list the identifier itself.
    fn tag_value(&self, value: &Value) -> Value {
        let live = |value: &Value| {
            let name = value.get("Ref").and_then(Value::as_str)?;
            let replaced = || self.begun.get(name)?.identifier.as_deref();
            self.evidence.existing.get(name).map(|live| live.resource.identifier.as_str()).or_else(replaced)
        };
        match value {
            Value::Array(items) => {
                items.iter().map(|item| live(item).map_or_else(|| item.clone(), Value::from)).collect()
            }
            value => {
                let encoded = live(value).and_then(|identifier| tags::encode_identifier(identifier).ok());
                encoded.map_or_else(|| value.clone(), Value::String)
            }
        }
    }

    /// True if an approved step that is not planned any more has been carried out.
    fn is_done(&self, step: &StepDocument) -> bool {
        let live = self.evidence.existing.get(&step.logical_id);
        let live = live.filter(|live| live.resource.type_name == step.type_name);
        let is_promoted = step
            .source
            .as_ref()
            .is_some_and(|source| self.evidence.promoted.contains(&ResourceRef::new(&step.type_name, source.clone())));
        let has_identifier = |live: &&LiveResource| step.identifier.as_ref() == Some(&live.resource.identifier);
        match step.operation {
            Operation::Create | Operation::Replace => live.is_some() || is_promoted,
            Operation::Update => {
                let completes_creation = step.identifier.is_none() && step.target_of.is_some();
                live.filter(|live| completes_creation || has_identifier(live)).is_some() || is_promoted
            }
            Operation::Delete => live.filter(has_identifier).is_none(),
            // Tags are up to date. Those of a deleted resource are gone with it.
            Operation::Tag => {
                let is_deleted = |other: &StepDocument| other.operation == Operation::Delete && self.is_done(other);
                live.is_some() || is_promoted || self.approved.steps.iter().any(is_deleted)
            }
        }
    }

    /// True for a step that completes stagegate's own tags on a resource that the approved plan wrote.
    fn completes_tags(&self, step: &StepDocument, done: &[&StepDocument]) -> bool {
        let is_own = |other: &&&StepDocument| {
            other.logical_id == step.logical_id
                && other.environment == step.environment
                && other.type_name == step.type_name
        };
        if step.operation != Operation::Tag || !done.iter().any(|other| is_own(&other)) {
            return false;
        }
        let mut approved: BTreeMap<String, Value> = BTreeMap::new();
        for other in self.approved.steps.iter().filter(|other| is_own(&other)) {
            match (&other.request, other.operation) {
                (Value::Object(map), Operation::Tag) => approved.extend(map.clone()),
                (request, _) => {
                    let Some(schema) = self.evidence.registry.get(&other.type_name) else { continue };
                    let written = tags::read(schema, request).into_iter();
                    approved.extend(written.map(|(key, value)| (key, Value::String(value))));
                }
            }
        }
        step.request.as_object().is_some_and(|map| {
            map.iter().all(|(key, value)| {
                let is_digest = value.get("Fn::GetAtt").is_some();
                TRACKING_KEYS.contains(&key.as_str())
                    && (is_digest
                        || approved.get(key).map(|value| self.tag_value(value)) == Some(self.tag_value(value)))
            })
        })
    }

    /// The live resources that differ from what the approved plan was based on, except for those that it has written.
    fn live(&self, done: &[&StepDocument]) -> Vec<String> {
        let mut written: BTreeSet<String> = BTreeSet::new();
        for step in done {
            let live = self.evidence.existing.get(&step.logical_id).map(|live| &live.resource.identifier);
            for identifier in step.identifier.iter().chain(live) {
                written.insert(format!("{} {} {identifier}", step.environment, step.type_name));
            }
            if let Some(source) = &step.source {
                written.insert(format!("{} counterpart of {} {source}", step.environment, step.type_name));
            }
        }
        let is_written = |key: &str| {
            let place = written.iter().find_map(|place| key.strip_prefix(place.as_str()));
            place.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let keys: BTreeSet<&String> = self.approved.live.keys().chain(self.now.live.keys()).collect();
        let differs = |key: &&&String| self.approved.live.get(**key) != self.now.live.get(**key);
        keys.iter()
            .filter(differs)
            .filter(|key| !is_written(key) && !self.is_recorded_by_step(key) && !self.is_marked(key))
            .map(|key| format!("live resource {key}"))
            .collect()
    }

    /// True if a recorded promotion tag has the value that an approved step gives it.
    fn is_recorded_by_step(&self, key: &str) -> bool {
        self.approved.steps.iter().filter(|step| step.operation == Operation::Tag).any(|step| {
            let target = step.target_of.as_ref().and_then(|name| self.evidence.existing.get(name));
            let identifier = step.identifier.as_ref().or(target.map(|live| &live.resource.identifier));
            let Some(identifier) = identifier else { return false };
            let place = format!("{} {} {identifier} ", step.environment, step.type_name);
            let Some(value) = key.strip_prefix(&place).and_then(|tag| step.request.get(tag)) else { return false };
            let value = self.tag_value(value);
            let is_digest = value.get("Fn::GetAtt").is_some();
            is_digest || self.now.live.get(key).is_some_and(|now| value.as_str() == Some(now))
        })
    }
}

/// True if a step of the plan now may be an approved one, or the rest of it: what is left of a replacement whose old
/// resource is deleted is a creation.
fn is_same_subject(approved: &StepDocument, now: &StepDocument) -> bool {
    let subject = |step: &StepDocument| (step.logical_id.clone(), step.environment.clone(), step.type_name.clone());
    let is_rest = (approved.operation, now.operation) == (Operation::Replace, Operation::Create);
    subject(approved) == subject(now) && (approved.operation == now.operation || is_rest)
}

/// The token of the request that creates a step's resource. That of a replacement is in the tags of the new resource.
fn creation_token(registry: &Registry, step: &StepDocument) -> Option<String> {
    match step.operation {
        Operation::Create => Some(step.client_token.clone()),
        Operation::Replace => tags::read(registry.get(&step.type_name)?, &step.request).remove(tags::OPERATION_ID),
        Operation::Update | Operation::Delete | Operation::Tag => None,
    }
}

/// The facts of a plan that an approved one does not have.
fn more(what: &str, approved: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let new = now.iter().filter(|(key, value)| approved.get(*key) != Some(value));
    new.map(|(key, value)| {
        let before = approved.get(key).map_or("(none)", String::as_str);
        format!("{what} {key}: {before} -> {value}")
    })
    .collect()
}

/// The value of a reference to an existing resource.
fn value_of(symbol: &Symbol, Evidence { existing, registry, .. }: Evidence<'_>) -> Option<Value> {
    match symbol {
        Symbol::Ref(name) => {
            let live = existing.get(name)?;
            let schema = registry.get(&live.resource.type_name)?;
            schema.ref_value(&live.resource.identifier, &live.properties).map(Value::String)
        }
        Symbol::GetAtt(name, attribute) => {
            let live = existing.get(name)?;
            attribute.split('.').try_fold(&live.properties, |value, token| value.get(token)).cloned()
        }
    }
}

/// A patch with `add` for each property that is set as a whole: `replace` is the same if the property exists.
fn whole_properties(patch: &mut Value) {
    for operation in patch.as_array_mut().into_iter().flatten() {
        let is_whole = operation["path"].as_str().is_some_and(|path| path.matches('/').count() == 1);
        if is_whole && operation["op"] == "replace" {
            operation["op"] = Value::from("add");
        }
    }
}

/// Replaces request tokens, also those within a text, by the names of their steps.
fn name_tokens(value: &mut Value, tokens: &[(String, &str)]) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|child| name_tokens(child, tokens)),
        Value::Array(items) => items.iter_mut().for_each(|item| name_tokens(item, tokens)),
        Value::String(text) => {
            for (token, name) in tokens.iter().filter(|(token, _)| !token.is_empty()) {
                if text.contains(token.as_str()) {
                    *text = text.replace(token.as_str(), &format!("token of {name}"));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
