//! Turns decisions into the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::children::Children;
use super::completion::{Completion, at_creation};
use super::context::PlanContext;
use super::desired::{Desired, Origin, Promoted};
use super::reconcile::Decision;
use super::{Side, tagging};
use crate::compare::drift::{observed_digest, own_digest};
use crate::compare::pair::copied_tags;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::digest;
use crate::domain::plan::{Action, Operation, Plan, Step, TagValue, client_token};
use crate::domain::resource::LiveResource;
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::promotion::claims::{PENDING_PREFIX, counterpart};
use crate::promotion::desired::inputs_needed;
use crate::schema::general_facts;

/// The steps of the three phases of a plan: mark promotions as pending, change resources, record promotions.
#[derive(Debug, Default)]
pub struct Steps {
    marks: Vec<Step>,
    changes: Vec<Step>,
    /// The logical ids of the resources whose steps were added.
    added: BTreeSet<String>,
    /// Updates of new resources that refer to resources whose steps were not added yet.
    incomplete: Vec<Completion>,
    records: Vec<Step>,
    /// Deletions of replaced resources, in the reverse order of the changes.
    cleanup: Vec<Step>,
}

impl Steps {
    /// Adds steps that record what the other steps did.
    pub fn add_records(&mut self, steps: Vec<Step>) {
        self.records.extend(steps);
    }

    /// Adds the updates that are possible once a resource was added.
    fn complete(&mut self, logical_id: &str) {
        self.added.insert(logical_id.to_owned());
        let all = std::mem::take(&mut self.incomplete);
        let (possible, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.is_possible(&self.added));
        self.incomplete = rest;
        self.changes.extend(possible.into_iter().flat_map(Completion::into_steps));
    }

    /// Returns all steps in the order of execution.
    pub fn in_order(self) -> Vec<Step> {
        let completions = self.incomplete.into_iter().flat_map(Completion::into_steps);
        let cleanup = self.cleanup.into_iter().rev();
        self.marks.into_iter().chain(self.changes).chain(completions).chain(cleanup).chain(self.records).collect()
    }
}

/// Creates the steps of a plan.
pub struct StepBuilder<'a> {
    /// The project, the time and the rules.
    pub context: &'a PlanContext<'a>,
    /// The environment to change.
    pub target: &'a Side<'a>,
    /// The environment promoted from.
    pub source: Option<&'a Side<'a>>,
}

impl StepBuilder<'_> {
    /// Adds the steps of one resource. Refusals are added to the plan's problems.
    pub fn add(&self, plan: &mut Plan, steps: &mut Steps, desired: &Desired, decision: Decision, cost: Option<String>) {
        if matches!(decision, Decision::Create | Decision::Adopt(_) | Decision::Replace { .. }) {
            steps.incomplete.extend(self.completion(desired));
        }
        let (change, tagging_step) = match decision {
            Decision::Create | Decision::Adopt(_) => {
                let made_before = if let Decision::Adopt(identifier) = decision { Some(identifier) } else { None };
                let (step, tags) = self.create(plan, desired, made_before, cost);
                (Some(step), tags)
            }
            Decision::Update { patch, expected, found, changes, overwrites } => {
                let token_body = Value::Array(vec![patch.clone(), Value::String(live_digest(desired))]);
                let mut step = self.step(desired, Action::Update { patch, expected, found }, &token_body);
                step.changes = changes;
                step.overwrites = overwrites;
                let tagging_step = self.recorded(desired, cost, true);
                // A resource of a template, or one that is changed in place, keeps what is not set again.
                if let Origin::Promotion(_) = &desired.origin {
                    let mut needed = inputs_needed(desired.type_schema, &desired.properties);
                    needed.retain(|needed| !desired.type_schema.is_create_only(&needed.pointer));
                    step.inputs_needed = needed;
                }
                (Some(step), tagging_step)
            }
            Decision::Replace { changes, .. } if general_facts().revisioned.contains(desired.type_name()) => {
                // The next revision; the old one stays.
                let (mut step, tags) = self.create(plan, desired, None, cost);
                step.identifier = None;
                step.changes = changes;
                (Some(step), tags)
            }
            Decision::Replace { found, changes, overwrites } => {
                let (created, mut tags) = self.create(plan, desired, None, cost);
                let body = created.action.desired().cloned().unwrap_or_default();
                let token_body = Value::Array(vec![body.clone(), Value::String(live_digest(desired))]);
                let old = desired.counterpart().map(|live| live.resource.identifier.clone());
                // Two resources of one name cannot exist. Otherwise the old one is deleted last, when nothing refers to it.
                let delete_first = desired.identifier.is_some() && desired.identifier == old;
                let action = Action::Replace { desired: body, found, delete_first };
                let mut step = self.step(desired, action, &token_body);
                step.changes = changes;
                step.overwrites = overwrites;
                step.inputs_needed = created.inputs_needed;
                step.not_copied = created.not_copied;
                if let Some(Action::Tag { tags: later }) = tags.as_mut().map(|step| &mut step.action) {
                    // The body of this request does not name its operation.
                    later.insert(tags::OPERATION_ID.to_owned(), TagValue::Text(step.client_token.clone()));
                }
                if let (false, Some(live)) = (delete_first, desired.counterpart()) {
                    let deletion = self.deletion(desired, live);
                    steps.cleanup.push(Step { depends_on: vec![desired.logical_id.clone()], ..deletion });
                }
                (Some(step), tags)
            }
            Decision::NoChange { is_record_stale } => (None, self.recorded(desired, None, is_record_stale)),
            Decision::Refuse(problem) => {
                plan.problems.push(*problem);
                return;
            }
        };
        let is_promotion = matches!(desired.origin, Origin::Promotion(_));
        let changed = change.as_ref().or(tagging_step.as_ref().filter(|_| is_promotion));
        let token = changed.map(|step| step.client_token.clone());
        let is_revision = change.as_ref().is_some_and(|step| is_revision(desired, step));
        steps.changes.extend(change);
        // An untagged resource is not managed, so the tags are written immediately afterwards.
        steps.changes.extend(tagging_step);
        steps.complete(&desired.logical_id);
        if let Origin::Template(declared) = &desired.origin {
            steps.cleanup.extend(declared.leftovers.iter().map(|live| self.deletion(desired, live)));
        }
        if let Origin::Promotion(promoted) = &desired.origin {
            self.promotion_tags(plan, steps, desired, promoted, (token, is_revision));
        }
    }

    /// Creates the step that records the children of a resource.
    pub fn children(&self, family: &Children<'_>) -> Step {
        let Children { parent, members, dropped } = family;
        let value = match members.is_empty() && dropped.is_empty() {
            true => TagValue::Removed,
            false => TagValue::Children { members: members.clone(), kept: dropped.to_tag_value() },
        };
        let tags = BTreeMap::from([(tags::STACK_CHILDREN.to_owned(), value)]);
        let created = members.iter().filter(|child| child.identifier.is_none()).map(|child| child.logical_id.clone());
        let is_new = parent.counterpart().is_none();
        let step = self.step(parent, Action::Tag { tags }, &serde_json::json!({ (tags::STACK_CHILDREN): null }));
        Step {
            depends_on: created.chain(is_new.then(|| parent.logical_id.clone())).collect(),
            target_of: Some(parent.logical_id.clone()),
            ..step
        }
    }

    /// Creates the step that brings stagegate's tags on an existing resource up to date; `is_written` if its properties are
    /// written, or the record of what was written is outdated.
    fn recorded(&self, desired: &Desired, cost: Option<String>, is_written: bool) -> Option<Step> {
        let schema = desired.type_schema;
        let live = desired.counterpart()?;
        if schema.tagging.property.is_none() || !schema.tagging.updatable {
            return None;
        }
        let mut tags: BTreeMap<String, TagValue> = BTreeMap::new();
        match &desired.origin {
            // All other tags of a promoted resource are part of its properties, or are recorded at the end.
            Origin::Promotion(promoted) => {
                let mut own = Tags::new();
                if schema.tagging.beside_model {
                    own.extend(tags::read(schema, &desired.properties));
                }
                if tags::is_managed(&live.tags) {
                    // The command line takes precedence, as at creation.
                    let is_given = |key: &String| self.context.extra_tags.contains_key(key);
                    own.extend(copied_tags(schema, &promoted.source).into_iter().filter(|(key, _)| !is_given(key)));
                }
                own.retain(|key, value| live.tags.get(key) != Some(value));
                tags.extend(own.into_iter().map(|(key, value)| (key, TagValue::Text(value))));
            }
            // A resource that stagegate does not manage gets no tags of it.
            Origin::Change(_) if !tags::is_managed(&live.tags) => return None,
            Origin::Change(_) => {}
            Origin::Template(template) => {
                let outdated = tagging::outdated(self.context, self.target, template, &live.tags);
                tags.extend(outdated.into_iter().map(|(key, value)| (key, TagValue::Text(value))));
                if is_written {
                    tags.insert(tags::APPLIED_DIGEST.to_owned(), template.applied_digest(&desired.properties));
                }
            }
        }
        let is_promotion = matches!(desired.origin, Origin::Promotion(_));
        let cost = cost.filter(|cost| !is_promotion && live.tags.get(tags::COST_ESTIMATE) != Some(cost));
        tags.extend(cost.map(|cost| (tags::COST_ESTIMATE.to_owned(), TagValue::Text(cost))));
        if tags.is_empty() {
            return None;
        }
        let subject: Map<String, Value> = tags.keys().map(|key| (key.clone(), Value::Null)).collect();
        Some(self.step(desired, Action::Tag { tags }, &Value::Object(subject)))
    }

    /// Creates the step that creates a resource with its tags; a second step if the type does not support tags at creation.
    fn create(
        &self,
        plan: &mut Plan,
        desired: &Desired,
        made_before: Option<String>,
        cost: Option<String>,
    ) -> (Step, Option<Step>) {
        let schema = desired.type_schema;
        let mut body = at_creation(desired).first;
        if body.is_null() {
            body = Value::Object(Map::new());
        }
        let token = creation_token(self.target, desired);
        let mut later_tags = Tags::new();
        if schema.tagging.property.is_some() {
            let new_tags = tagging::tags_of_new(self.context, self.target, desired, cost, &token);
            let mut all = tags::read(schema, &body);
            all.extend(new_tags.clone());
            let subject = match &desired.origin {
                Origin::Template(_) | Origin::Change(_) => desired.logical_id.clone(),
                Origin::Promotion(promoted) => promoted.source.resource.to_string(),
            };
            plan.problems.extend(tagging::check(self.context, self.target.environment, &all, (&subject, schema)));
            match schema.tagging.on_create {
                true => tags::write(schema, &mut body, &new_tags),
                false if schema.tagging.beside_model => {
                    let keys: Vec<&str> = all.keys().map(String::as_str).collect();
                    body = tags::without(schema, &body, &keys);
                    later_tags = all;
                }
                false => later_tags = new_tags,
            }
        }
        let mut needed = match &desired.origin {
            // The schema validation of the template has checked all required properties.
            Origin::Template(_) => Vec::new(),
            Origin::Promotion(_) | Origin::Change(_) => inputs_needed(schema, &desired.properties),
        };
        let mut not_copied = Vec::new();
        if let Origin::Promotion(promoted) = &desired.origin {
            needed.extend(promoted.needed.iter().cloned());
            needed.sort();
            needed.dedup_by(|one, other| one.pointer == other.pointer);
            not_copied.clone_from(&promoted.not_copied);
        }
        let step = Step {
            identifier: desired.identifier.clone(),
            made_before,
            client_token: token,
            inputs_needed: needed,
            not_copied,
            ..self.base_step(desired, self.target, Action::Create { desired: body })
        };
        let is_tagged_later = !later_tags.is_empty();
        let mut later: BTreeMap<String, TagValue> =
            later_tags.into_iter().map(|(key, value)| (key, TagValue::Text(value))).collect();
        if let (true, true, Origin::Template(template)) = (is_tagged_later, schema.tagging.updatable, &desired.origin) {
            later.insert(tags::APPLIED_DIGEST.to_owned(), template.applied_digest(&desired.properties));
        }
        let tagging_step = is_tagged_later.then(|| Step {
            action: Action::Tag { tags: later },
            target_of: Some(desired.logical_id.clone()),
            depends_on: vec![desired.logical_id.clone()],
            inputs_needed: Vec::new(),
            not_copied: Vec::new(),
            rewrites: Vec::new(),
            ..step.clone()
        });
        (step, tagging_step)
    }

    /// Adds the steps that set the promotion tags: `pending-prod` in the source before anything is created, and `synced`
    /// on both sides after the read-back.
    fn promotion_tags(
        &self,
        plan: &mut Plan,
        steps: &mut Steps,
        desired: &Desired,
        promoted: &Promoted,
        (token, is_revision): (Option<String>, bool),
    ) {
        let Some(source) = self.source else { return };
        let schema = desired.type_schema;
        // Without all that belongs to it, a resource stays pending.
        let final_status =
            || if promoted.is_incomplete { PromotionStatus::PendingProd } else { PromotionStatus::Synced };
        let is_synced = PromotionStatus::of(&promoted.source.tags) == Some(PromotionStatus::Synced);
        let is_recorded = |target: &LiveResource| {
            // A replacement that was interrupted before it was recorded is still pending.
            PromotionStatus::of(&target.tags) != Some(PromotionStatus::PendingProd)
                && counterpart(target, tags::DEV_COUNTERPART).as_ref() == Some(&promoted.source.resource)
                && counterpart(&promoted.source, tags::PROD_COUNTERPART).as_ref() == Some(&target.resource)
        };
        if token.is_none() && is_synced && desired.counterpart().is_some_and(is_recorded) {
            return;
        }
        if schema.tagging.property.is_none() || !schema.tagging.updatable {
            return;
        }
        let text = |value: &str| TagValue::Text(value.to_owned());
        let status = |status: PromotionStatus| (tags::PROMOTION_STATUS, text(status.as_str()));
        let encoded = match tags::encode_identifier(&promoted.source.resource.identifier) {
            Ok(encoded) => encoded,
            Err(problem) => {
                plan.problems.push(problem);
                return;
            }
        };
        if promoted.is_tag_lost {
            // The recorded digests stay: they say which side has changed since the promotion.
            let records = [status(PromotionStatus::Synced), (tags::DEV_COUNTERPART, text(&encoded))];
            steps.records.push(self.tag(desired, promoted, self.target, records));
            return;
        }
        // A new revision becomes the counterpart.
        let counterpart = desired.counterpart().filter(|_| !is_revision);
        let there = match counterpart {
            None => TagValue::IdentifierOf(desired.logical_id.clone()),
            Some(target) => match tags::encode_identifier(&target.resource.identifier) {
                Ok(encoded) => TagValue::Text(encoded),
                Err(problem) => {
                    plan.problems.push(problem);
                    return;
                }
            },
        };
        let has_change = token.is_some();
        if let (Some(token), None) = (token, desired.counterpart()) {
            let pending = format!("{PENDING_PREFIX}{token}");
            let marks = [status(PromotionStatus::PendingProd), (tags::PROD_COUNTERPART, text(&pending))];
            steps.marks.push(self.tag(desired, promoted, source, marks));
        }
        if promoted.is_incomplete && !has_change && promoted.source.tags.get(tags::PROD_COUNTERPART) == there.text() {
            return;
        }
        let records = [
            status(final_status()),
            (tags::DEV_COUNTERPART, text(&encoded)),
            (tags::PROMOTED_DIGEST, TagValue::OwnDigest),
        ];
        let mut record = self.tag(desired, promoted, self.target, records);
        if is_revision {
            record.identifier = None;
            record.target_of = Some(desired.logical_id.clone());
            record.depends_on = vec![desired.logical_id.clone()];
        }
        if let (Some(target), Action::Tag { tags }) = (counterpart, &mut record.action)
            && !tags::is_managed(&target.tags)
        {
            // A counterpart that was mapped, or that has lost its tags.
            for (key, value) in tagging::tags_of_new(self.context, self.target, desired, None, "") {
                if key != tags::OPERATION_ID && !target.tags.contains_key(&key) {
                    tags.entry(key).or_insert(TagValue::Text(value));
                }
            }
        }
        steps.records.push(record);
        let records = [
            status(final_status()),
            (tags::PROD_COUNTERPART, there),
            // The digest of the state at planning time, not at execution time.
            (tags::PROMOTED_DIGEST, text(&own_digest(schema, &promoted.source.properties))),
        ];
        steps.records.push(self.tag(desired, promoted, source, records));
        plan.problems.extend(self.too_many_tags(desired, promoted));
    }

    /// Returns the problems of a pair that would have too many tags in the end, or while it is promoted.
    fn too_many_tags(&self, desired: &Desired, promoted: &Promoted) -> Vec<Diagnostic> {
        let own = &promoted.source.resource;
        let mut there = match desired.counterpart() {
            Some(target) => target.tags.clone(),
            None => tagging::tags_of_new(self.context, self.target, desired, Some(String::new()), ""),
        };
        there.extend(tags::read(desired.type_schema, &desired.properties));
        let recorded = [tags::PROMOTION_STATUS, tags::PROMOTED_DIGEST];
        let here = promoted.source.tags.keys().map(String::as_str);
        let here = here.chain(recorded).chain([tags::PROD_COUNTERPART, tags::PROMOTION_LEASE]);
        let there = there.keys().map(String::as_str).chain(recorded).chain([tags::DEV_COUNTERPART]);
        let source = self.source.map_or("", |source| source.environment.name.as_str());
        let limit = desired.type_schema.tagging.count_limit;
        let (here, there) = (tags::check_count(here, limit), tags::check_count(there, limit));
        let sides = [(here, source), (there, self.target.environment.name.as_str())];
        sides
            .into_iter()
            .filter_map(|(problem, environment)| {
                let mut problem = problem?.resource(own.to_string());
                problem.message = format!("{own} in {environment}: {}, with those of the promotion", problem.message);
                Some(problem.hint("remove tags that are not needed"))
            })
            .collect()
    }

    /// Creates the step that changes tags on one side of a promotion.
    fn tag<const N: usize>(
        &self,
        desired: &Desired,
        promoted: &Promoted,
        side: &Side<'_>,
        pairs: [(&str, TagValue); N],
    ) -> Step {
        let in_target = side.environment.name == self.target.environment.name;
        let (identifier, target_of) = match (in_target, desired.counterpart()) {
            (false, _) => (Some(promoted.source.resource.identifier.clone()), None),
            (true, Some(target)) => (Some(target.resource.identifier.clone()), None),
            (true, None) => (None, Some(desired.logical_id.clone())),
        };
        let tags: BTreeMap<String, TagValue> = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let subject: Map<String, Value> = tags.keys().map(|key| (key.clone(), Value::Null)).collect();
        let token = client_token(
            side.registry(),
            &side.environment.account,
            &side.environment.region,
            Operation::Tag,
            desired.type_name(),
            identifier.as_deref(),
            &Value::Object(subject),
        );
        Step {
            identifier,
            depends_on: target_of.iter().cloned().collect(),
            target_of,
            client_token: token,
            rewrites: Vec::new(),
            ..self.base_step(desired, side, Action::Tag { tags })
        }
    }

    /// Creates the step that deletes a resource that was replaced. It is the same step in the plan of the replacement and
    /// after an interruption.
    fn deletion(&self, desired: &Desired, replaced: &LiveResource) -> Step {
        let found = observed_digest(desired.type_schema, &replaced.properties);
        let identifier = Some(replaced.resource.identifier.clone());
        let client_token = client_token(
            self.target.registry(),
            &self.target.environment.account,
            &self.target.environment.region,
            Operation::Delete,
            desired.type_name(),
            identifier.as_deref(),
            &Value::Null,
        );
        Step {
            identifier,
            client_token,
            depends_on: Vec::new(),
            rewrites: Vec::new(),
            source: None,
            ..self.base_step(desired, self.target, Action::Delete { found, replaced: true })
        }
    }

    /// Creates the step that changes the existing counterpart.
    fn step(&self, desired: &Desired, action: Action, token_body: &Value) -> Step {
        let identifier = desired.counterpart().map(|live| live.resource.identifier.clone());
        let token = client_token(
            self.target.registry(),
            &self.target.environment.account,
            &self.target.environment.region,
            action.operation(),
            desired.type_name(),
            identifier.as_deref(),
            token_body,
        );
        Step { identifier, client_token: token, ..self.base_step(desired, self.target, action) }
    }

    pub(super) fn base_step(&self, desired: &Desired, side: &Side<'_>, action: Action) -> Step {
        let (rewrites, source) = match &desired.origin {
            Origin::Template(_) | Origin::Change(_) => (Vec::new(), None),
            Origin::Promotion(promoted) => {
                (promoted.rewrites.clone(), Some(promoted.source.resource.identifier.clone()))
            }
        };
        let step =
            Step::new(side.environment, desired.logical_id.clone(), (desired.type_name(), None), action, String::new());
        let depends_on = desired.depends_on.iter().cloned().collect();
        Step { rewrites, depends_on, stored: desired.stored(), source, ..step }
    }
}

/// True for a step that creates the next revision of an existing resource.
fn is_revision(desired: &Desired, step: &Step) -> bool {
    desired.counterpart().is_some()
        && matches!(step.action, Action::Create { .. })
        && general_facts().revisioned.contains(desired.type_name())
}

/// Returns the token of the request that creates a resource: the same request has the same token in every plan.
pub fn creation_token(target: &Side<'_>, desired: &Desired) -> String {
    // The properties as written: whether a reference is already resolved depends on what exists at the time.
    let (named_by, properties) = match &desired.origin {
        Origin::Template(declared) => (&declared.stack_resource, &declared.written.properties),
        Origin::Change(_) => (&desired.logical_id, &desired.properties),
        Origin::Promotion(promoted) => (&promoted.source.resource.identifier, &desired.properties),
    };
    // A revision follows another one: going back to what an earlier one said is a new request.
    let earlier = desired.counterpart().filter(|_| general_facts().revisioned.contains(desired.type_name()));
    let named_by = match earlier {
        Some(earlier) => format!("{named_by} after {}", earlier.resource.identifier),
        None => named_by.clone(),
    };
    client_token(
        target.registry(),
        &target.environment.account,
        &target.environment.region,
        Operation::Create,
        desired.type_name(),
        Some(&named_by),
        &tags::without_tracking(desired.type_schema, properties),
    )
}

/// Returns the digest of the counterpart as read, including tags: the same change of a different state is a different
/// request.
fn live_digest(desired: &Desired) -> String {
    desired.counterpart().map(|live| digest::of(&live.properties)).unwrap_or_default()
}
