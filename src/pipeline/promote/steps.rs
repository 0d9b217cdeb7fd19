//! The calls that one candidate needs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::End;
use super::candidate::Candidate;
use crate::compare::drift::{differences, found_digest, own_digest};
use crate::compare::patch::patch;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::digest;
use crate::domain::plan::{Action, Operation, Plan, Step, TagValue, client_token};
use crate::domain::portable::portable;
use crate::domain::resource::Change;
use crate::domain::resource::LiveResource;
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::pipeline::starting::Planning;
use crate::promotion::claims::PENDING_PREFIX;
use crate::promotion::desired::inputs_needed;
use crate::promotion::rewrite::Rewritten;

/// Builds the steps of one candidate.
pub(super) struct Steps<'a> {
    pub planning: &'a Planning<'a>,
    pub from: &'a End<'a>,
    pub to: &'a End<'a>,
    pub candidate: &'a Candidate,
    pub body: &'a Rewritten,
    /// Values that the user gave for it, by JSON pointer.
    pub inputs: Option<&'a BTreeMap<String, Value>>,
}

impl Steps<'_> {
    /// Adds what one candidate needs: `pending-prod` in the source before anything is made, the
    /// creation or update, and `synced` on both sides after the read-back.
    pub(super) fn add(
        &self,
        plan: &mut Plan,
        main: &mut Vec<Step>,
        after: &mut Vec<Step>,
        cost: Option<String>,
        depends_on: Vec<String>,
    ) {
        let candidate = self.candidate;
        let body = tags::without_tracking(candidate.type_schema, &self.body.value);
        let change = match &candidate.target {
            None => Some(self.create(plan, body, cost)),
            Some(target) => self.update(plan, target, body),
        };
        let synced = PromotionStatus::of(&candidate.source.tags) == Some(PromotionStatus::Synced);
        if change.is_none() && synced {
            return;
        }
        let token = change.as_ref().map(|step| step.client_token.clone()).unwrap_or_default();
        let trackable = candidate.type_schema.tagging.property.is_some() && candidate.type_schema.tagging.updatable;
        if let Some(mut step) = change {
            step.depends_on = depends_on;
            main.push(step);
        }
        if !trackable {
            return;
        }
        let encoded = tags::encode_identifier(&candidate.source.resource.identifier);
        plan.problems.extend(encoded.as_ref().err().cloned());
        let text = |value: &str| TagValue::Text(value.to_owned());
        let status = |status: PromotionStatus| (tags::PROMOTION_STATUS, text(status.as_str()));
        let identifier = match &candidate.target {
            Some(target) => match tags::encode_identifier(&target.resource.identifier) {
                Ok(encoded) => TagValue::Text(encoded),
                Err(problem) => {
                    plan.problems.push(problem);
                    return;
                }
            },
            None => TagValue::IdentifierOf(candidate.logical_id.clone()),
        };
        if !token.is_empty() && candidate.target.is_none() {
            let pending = format!("{}{token}", PENDING_PREFIX);
            let step =
                self.tag(self.from, [status(PromotionStatus::PendingProd), (tags::PROD_COUNTERPART, text(&pending))]);
            plan.steps.push(step);
        }
        after.push(self.tag(
            self.to,
            [
                status(PromotionStatus::Synced),
                (tags::DEV_COUNTERPART, text(&encoded.unwrap_or_default())),
                (tags::PROMOTED_DIGEST, TagValue::OwnDigest),
            ],
        ));
        after.push(self.tag(
            self.from,
            [
                status(PromotionStatus::Synced),
                (tags::PROD_COUNTERPART, identifier),
                // Of what was planned from, not of what the source may be by then.
                (tags::PROMOTED_DIGEST, text(&own_digest(candidate.type_schema, &candidate.source.properties))),
            ],
        ));
    }

    fn create(&self, plan: &mut Plan, body: Value, cost: Option<String>) -> Step {
        let (candidate, environment) = (self.candidate, self.to.environment);
        let token = client_token(
            &environment.account,
            &environment.region,
            Operation::Create,
            &candidate.source.resource.type_name,
            Some(&candidate.source.resource.identifier),
            &body,
        );
        let mut sent = body.clone();
        let needed = inputs_needed(candidate.type_schema, &body);
        if candidate.type_schema.tagging.property.is_some() {
            let new_tags = self.new_tags(cost, &token);
            tags::write(candidate.type_schema, &mut sent, &new_tags);
            let all = tags::read(candidate.type_schema, &sent);
            let subject = candidate.source.resource.to_string();
            plan.problems.extend(self.planning.check_tags(environment, &all, &subject));
        }
        let identifier = candidate.name.as_ref().and_then(|name| {
            let property = candidate.type_schema.name_property.as_ref()?;
            (candidate.type_schema.primary_identifier == [property.clone()]).then(|| name.clone())
        });
        Step {
            identifier,
            action: Action::Create { desired: sent },
            client_token: token,
            inputs_needed: needed,
            rewrites: self.body.rewrites.clone(),
            ..self.step(self.to)
        }
    }

    fn new_tags(&self, cost: Option<String>, token: &str) -> Tags {
        let own = &self.candidate.source.tags;
        let purpose = own.get(tags::PURPOSE).cloned().unwrap_or_else(|| self.candidate.logical_id.clone());
        let mut new_tags = self.planning.base_tags(self.to.environment, self.to.account, &purpose);
        // What the project asks of every resource was decided in the source: it travels along.
        for key in self.planning.project.tags.required.keys().map(String::as_str).chain([tags::COST_CENTER]) {
            if let (Some(value), false) = (own.get(key), self.planning.extra_tags.contains_key(key)) {
                new_tags.insert(key.to_owned(), value.clone());
            }
        }
        // Tags that cannot be changed later must say at once what holds once the resource exists.
        let updatable = self.candidate.type_schema.tagging.updatable;
        let status = if updatable { PromotionStatus::PendingProd } else { PromotionStatus::Synced };
        new_tags.insert(tags::PROMOTION_STATUS.into(), status.as_str().into());
        if let Ok(encoded) = tags::encode_identifier(&self.candidate.source.resource.identifier) {
            new_tags.insert(tags::DEV_COUNTERPART.into(), encoded);
        }
        new_tags.extend(cost.map(|cost| (tags::COST_ESTIMATE.to_owned(), cost)));
        new_tags.insert(tags::OPERATION_ID.into(), token.to_owned());
        new_tags
    }

    fn update(&self, plan: &mut Plan, target: &LiveResource, mut body: Value) -> Option<Step> {
        let type_schema = self.candidate.type_schema;
        // The counterpart's own tags stay as they are; the source's other tags come on top.
        if let Some((property, value)) = tags::merged(type_schema, &target.properties, &tags::read(type_schema, &body))
            && let Value::Object(map) = &mut body
        {
            map.insert(property, value);
        }
        let changes = differences(type_schema, &body, &portable(type_schema, &target.properties));
        // A read returns no code and no password: one that was given is always a change.
        if changes.is_empty() && self.inputs.is_none() {
            return None;
        }
        let changes: Vec<_> = changes
            .into_iter()
            .map(|change| Change { pointer: change.pointer, before: change.after, after: change.before })
            .collect();
        let mut changes = changes;
        // Values that no read returns are sent too, so they are shown (as set, never what they are).
        for (place, value) in self.inputs.into_iter().flatten() {
            changes.push(Change { pointer: place.clone(), before: None, after: Some(value.clone()) });
        }
        if let Some(change) = changes.iter().find(|change| type_schema.is_create_only(&change.pointer)) {
            plan.problems.push(
                Diagnostic::error(
                    "needs-replacement",
                    format!(
                        "{} {} can only be set at creation: {} would have to be replaced",
                        target.resource, change.pointer, target.resource
                    ),
                )
                .pointer(&change.pointer)
                .resource(target.resource.to_string())
                .hint("stagegate does not replace resources of a protected environment"),
            );
        }
        let mut needed = inputs_needed(type_schema, &body);
        needed.retain(|needed| !type_schema.is_create_only(&needed.pointer));
        let patch = patch(type_schema, &target.properties, &body);
        let environment = self.to.environment;
        let token = client_token(
            &environment.account,
            &environment.region,
            Operation::Update,
            &target.resource.type_name,
            Some(&target.resource.identifier),
            &Value::Array(vec![patch.clone(), Value::String(digest::of(&target.properties))]),
        );
        Some(Step {
            identifier: Some(target.resource.identifier.clone()),
            action: Action::Update { patch, expected: body, found: found_digest(type_schema, &target.properties) },
            changes,
            client_token: token,
            inputs_needed: needed,
            rewrites: self.body.rewrites.clone(),
            ..self.step(self.to)
        })
    }

    fn tag<const N: usize>(&self, end: &End<'_>, pairs: [(&str, TagValue); N]) -> Step {
        let candidate = self.candidate;
        let in_source = end.environment.name == self.from.environment.name;
        let (identifier, target_of) = match (&candidate.target, in_source) {
            (_, true) => (Some(candidate.source.resource.identifier.clone()), None),
            (Some(target), false) => (Some(target.resource.identifier.clone()), None),
            (None, false) => (None, Some(candidate.logical_id.clone())),
        };
        let mut step = self.step(end);
        step.depends_on = target_of.iter().cloned().collect();
        let request: BTreeMap<String, TagValue> =
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let subject: Map<String, Value> = request.keys().map(|key| (key.clone(), Value::Null)).collect();
        step.client_token = client_token(
            &end.environment.account,
            &end.environment.region,
            Operation::Tag,
            &step.type_name,
            identifier.as_deref(),
            &Value::Object(subject),
        );
        Step { identifier, target_of, action: Action::Tag { tags: request }, ..step }
    }

    fn step(&self, end: &End<'_>) -> Step {
        let candidate = self.candidate;
        Step {
            logical_id: candidate.logical_id.clone(),
            environment: end.environment.name.clone(),
            account: end.environment.account.clone(),
            region: end.environment.region.clone(),
            type_name: candidate.source.resource.type_name.clone(),
            identifier: None,
            target_of: None,
            action: Action::Tag { tags: BTreeMap::new() },
            changes: Vec::new(),
            rewrites: Vec::new(),
            depends_on: Vec::new(),
            client_token: String::new(),
            inputs_needed: Vec::new(),
            source: Some(candidate.source.resource.identifier.clone()),
            made_before: None,
        }
    }
}
