//! Desired resources from live resources of another environment.

mod attachments;
mod auto;
mod checks;
mod children;
mod closure;
mod counterparts;
mod estates;
mod lookups;
mod marks;
mod pull;
mod revisions;
mod selection;
mod taken;
mod write_only;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::drift::has_moved;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan, Rewrite};
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::project::Environment;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::estimate::Estimate;
use crate::pipeline::observe;
use crate::pipeline::plan::desired::{Desired, Origin, Promoted};
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble, tagging, tokens_between};
use crate::pipeline::ports::CloudError;
use crate::policy::{PolicySet, ScanResource};
use crate::promotion::claims::{Claims, Pairing};
use crate::promotion::desired::{NewName, desired, overrides_of};
use crate::promotion::implied::without_inherited;
use crate::promotion::index::ValueIndex;
use crate::promotion::index_builder::{Counterpart, IndexBuilder};
use crate::promotion::names::Tokens;
use crate::promotion::rewrite::{Rewriter, Rewritten};
use crate::promotion::sendable::leave_out_unsendable;
use crate::promotion::typed;
use crate::promotion::unexplained::Unexplained;
use crate::promotion::versions;
use crate::schema::{AccountRegion, TypeSchema};
pub use auto::auto_refusals;
use checks::{
    carried_over, invalid_body, invalid_inputs, invalid_overrides, not_selected, remarks, too_long_name, unmapped,
    unreadable_sources,
};
use children::Family;
use counterparts::{Candidate, assign_logical_ids, candidate, collisions};
use estates::KnownResources;
pub use marks::{Mark, plan_marks};
pub use pull::plan_pull;
use revisions::gets_a_revision;
pub use write_only::unreturned;
use write_only::{Missing, missing};

/// The resources to promote.
#[derive(Debug, Clone)]
pub enum Selection {
    /// The given resources.
    Named(Vec<ResourceRef>),
    /// All managed resources that are not synced or have changed since the promotion, and the given resources.
    All(Vec<ResourceRef>),
    /// All managed resources with this tag.
    Tagged(String, String),
}

impl Selection {
    /// The resources that it names.
    fn named(&self) -> &[ResourceRef] {
        match self {
            Self::Named(named) | Self::All(named) => named,
            Self::Tagged(..) => &[],
        }
    }
}

/// A promotion request.
pub struct PromotionRequest<'a> {
    /// The resources to promote.
    pub selection: &'a Selection,
    /// Whether to promote the resources that they refer to as well.
    pub with_dependencies: bool,
    /// Values of write-only properties: by `Type/identifier` or logical id, then by JSON pointer.
    pub inputs: &'a BTreeMap<String, BTreeMap<String, Value>>,
    /// Names that the user chose, by `Type/identifier`.
    pub names: &'a BTreeMap<String, String>,
    /// Whether the promotion is complete without resources that stay behind.
    pub leave_behind: bool,
    /// The types to which a selection that names no resources is limited.
    pub only_types: Option<&'a [String]>,
}

/// Why no plan could be made.
#[derive(Debug)]
pub enum PromotionError {
    /// AWS could not be read.
    Cloud(CloudError),
    /// A requested resource does not exist or cannot be promoted.
    Refused(Vec<Diagnostic>),
    /// The same, and a type that was named does not exist.
    UnknownType(Vec<Diagnostic>),
}

impl From<CloudError> for PromotionError {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

/// Plans a promotion.
///
/// # Errors
/// AWS could not be read, or a requested resource does not exist or cannot be promoted.
pub async fn plan(
    context: &PlanContext<'_>,
    from: &Side<'_>,
    to: &Side<'_>,
    request: &PromotionRequest<'_>,
) -> Result<(Planned, Estimate), PromotionError> {
    let (source, target) = futures_util::join!(KnownResources::list(from), KnownResources::list(to));
    let (mut source, mut target) = (source?, target?);
    let tokens = tokens_between(context.project, from.environment, to.environment);
    let mut chosen = selection::select(&mut source, request.selection).await?;
    if matches!(request.selection, Selection::All(_)) {
        chosen.extend(selection::with_other_tags(&source, &mut target).await?);
    }
    if let Some(types) = request.only_types {
        let named = request.selection.named();
        chosen.retain(|resource| named.contains(resource) || types.contains(&resource.type_name));
    }
    source.find_replica_sources(&chosen).await?;
    // Values that no resource read so far explains may belong to managed resources that were not read: those are read as
    // well, and the references are followed a second time.
    let mut explaining = Vec::new();
    let mut is_second_pass = false;
    let mut family = Family::default();
    let (chosen, mut candidates, mut bodies, claims, mut problems) = loop {
        let (all, claims) = family.follow(&mut source, &mut target, &chosen, request, &explaining).await?;
        let mut problems = Vec::new();
        let mut candidates = Vec::new();
        for resource in &all {
            let sides = (&source, &target);
            let registry = source.side.registry();
            let is_untagged = |schema: &TypeSchema| typed::is_untagged(registry, schema);
            // What has no tags is only there because others name it, and those use the mapped value.
            if context.project.promotion.map.contains_key(&resource.identifier)
                && registry.get(&resource.type_name).is_some_and(is_untagged)
            {
                continue;
            }
            let is_child = |schema: &TypeSchema| children::is_child_type(registry, schema) || is_untagged(schema);
            if registry.get(&resource.type_name).is_some_and(is_child) {
                candidates.extend(children::candidate(
                    context,
                    sides,
                    (&tokens, request.names),
                    resource,
                    &mut problems,
                ));
            } else if let Some(found) =
                candidate(context, sides, &claims, (&tokens, request.names), resource, &mut problems).await?
            {
                candidates.push(found);
            }
        }
        assign_logical_ids(from.registry(), &mut candidates);
        let rewritten = |all: &[Candidate]| rewrite(context, (&source, &target), &claims, &tokens, all, request);
        let account = &from.environment.account;
        let bodies = children::resolve((&target, account), &family, &mut candidates, rewritten, &mut problems).await?;
        if request.leave_behind && family.leave_out_unmapped(&candidates, &bodies) {
            continue;
        }
        explaining = explaining_resources(&source, &candidates, &bodies);
        if is_second_pass || explaining.is_empty() {
            break (all, candidates, bodies, claims, problems);
        }
        is_second_pass = true;
    };
    lookups::look_up(&source, &candidates, &mut bodies, request).await?;
    attachments::remove_mutual(&candidates, &mut bodies);
    for (candidate, body) in candidates.iter().zip(&mut bodies).filter(|(candidate, _)| candidate.target().is_none()) {
        leave_out_unsendable(candidate.type_schema, &candidate.source.properties, body);
    }
    let (unneeded, invalid): (Vec<_>, Vec<_>) =
        invalid_inputs(request, &candidates).into_iter().partition(|problem| problem.code == Code::UnknownInput);
    problems.extend(invalid);
    problems.extend(collisions(&candidates, &to.environment.name));
    problems.extend(invalid_overrides(context, from.registry(), &candidates, &from.environment.account));
    problems.extend(unreadable_sources(&source.estate, &chosen));
    for (candidate, body) in candidates.iter().zip(&bodies) {
        problems.extend(unmapped(candidate, body, to.environment));
        problems.extend(invalid_body(candidate, body, to.environment));
        problems.extend(too_long_name(candidate, to.environment));
    }
    let carried: Vec<Diagnostic> =
        candidates.iter().zip(&bodies).flat_map(|(candidate, body)| carried_over(candidate, body)).collect();
    let gone = family.gone(&mut target, &candidates, &claims).await?;
    taken::find_foreign(from.environment, &target, &mut candidates, &bodies).await?;
    problems.extend(taken::taken_names(&target, &candidates, &bodies).await?);
    let evidence = Evidence::new(&candidates, &bodies, &family);
    let changed: BTreeSet<ResourceRef> =
        candidates.iter().filter_map(|one| Some(one.target()?.resource.clone())).collect();
    let mut plan = Plan::new(context.as_of, to.environment, to.registry());
    plan.callers = tagging::callers(&[from, to]);
    plan.problems = problems;
    plan.promoted = completed(&claims);
    plan.gate = carried.iter().map(|note| note.message.clone()).collect();
    plan.gate.extend(gone.iter().map(|one| format!("{} stays in {}", one.resource, to.environment.name)));
    family.record(&mut plan, &from.environment.name);
    let choices = remarks(&candidates, &to.environment.name);
    let desired = desired_resources(candidates, bodies, request, &family);
    let (mut planned, estimate, _) = assemble(context, to, Some(from), desired, plan).await?;
    planned.checklist = evidence.checklist(&planned.plan, from.environment);
    let mut notes = not_selected(&source.estate, request.selection, &from.environment.name);
    notes.extend(choices);
    notes.extend(unneeded);
    notes.extend(family.notes());
    notes.extend(children::notes_of_gone(&gone, from.environment, to.environment));
    notes.extend(carried);
    notes.append(&mut planned.notes);
    planned.notes = notes;
    planned.unchanged.left_behind = std::mem::take(&mut family.left_behind);
    planned.unchanged.dropped = gone;
    planned.unchanged.accepts_left_behind = request.leave_behind;
    planned.context = siblings(context.policies, &mut target, &planned.resources, &changed).await?;
    Ok((planned, estimate))
}

/// Returns the resources whose counterpart the tags of both sides name.
fn completed(claims: &Claims) -> BTreeSet<ResourceRef> {
    let pairs = claims.all().into_iter();
    pairs.filter_map(|pairing| if let Pairing::Pair(source, _) = pairing { Some(source) } else { None }).collect()
}

/// Returns the properties of the candidates in the environment promoted to.
fn rewrite(
    context: &PlanContext<'_>,
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    tokens: &Tokens,
    candidates: &[Candidate],
    request: &PromotionRequest<'_>,
) -> Vec<Rewritten> {
    let (from, to) = (source.side.environment, target.side.environment);
    let bodies = |next: &BTreeSet<&ResourceRef>| -> Vec<Rewritten> {
        let index = value_index(context, (source, target), claims, (tokens, next), candidates);
        let (accounts, regions) = ((&from.account, &to.account), (from.region.as_str(), to.region.as_str()));
        let rewriter = Rewriter { index: &index, accounts, regions, tokens };
        candidates.iter().map(|candidate| body(context, candidate, &rewriter, request)).collect()
    };
    let first = bodies(&BTreeSet::new());
    let next: BTreeSet<&ResourceRef> = candidates
        .iter()
        .zip(&first)
        .filter(|(candidate, body)| gets_a_revision(candidate, body, &inputs_of(candidate, request)))
        .map(|(candidate, _)| &candidate.source.resource)
        .collect();
    if next.is_empty() { first } else { bodies(&next) }
}

fn value_index(
    context: &PlanContext<'_>,
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    (tokens, next): (&Tokens, &BTreeSet<&ResourceRef>),
    candidates: &[Candidate],
) -> ValueIndex {
    let place = |environment: &'_ Environment| (environment.account.to_string(), environment.region.clone());
    let (here, there) = (place(source.side.environment), place(target.side.environment));
    let here = AccountRegion { account: &here.0, region: &here.1 };
    let there = AccountRegion { account: &there.0, region: &there.1 };
    let mut builder = IndexBuilder::new(source.side.registry(), &context.project.promotion.map, tokens, here, there);
    let by_source: BTreeMap<&ResourceRef, &Candidate> =
        candidates.iter().map(|candidate| (&candidate.source.resource, candidate)).collect();
    for live in source.estate.live.values() {
        let candidate = by_source.get(&live.resource).copied();
        let existing = match next.contains(&live.resource) {
            true => None,
            false => {
                candidate.and_then(Candidate::target).or_else(|| target.live(&claims.counterpart(&live.resource)?))
            }
        };
        let counterpart = match (existing, candidate) {
            (Some(existing), _) => {
                Counterpart::Existing { identifier: &existing.resource.identifier, properties: &existing.properties }
            }
            (None, Some(candidate)) => {
                Counterpart::Created { logical_id: &candidate.logical_id, name: candidate.name.as_deref() }
            }
            (None, None) => Counterpart::None,
        };
        builder.add(live, counterpart);
    }
    builder.build()
}

fn body(
    context: &PlanContext<'_>,
    candidate: &Candidate,
    rewriter: &Rewriter<'_>,
    request: &PromotionRequest<'_>,
) -> Rewritten {
    let overrides =
        overrides_of(candidate.type_schema, context.project, &candidate.source.resource, &candidate.source.properties);
    let mut inputs = inputs_of(candidate, request);
    inputs.retain(|_, value| !value.is_null());
    let name = candidate.name.as_deref();
    let (schema, live) = (candidate.type_schema, &candidate.source.properties);
    let mut body = desired(schema, live, name, rewriter, &overrides, &inputs);
    match candidate.target() {
        Some(target) => versions::keep_published(schema, &mut body.value, &target.properties),
        None => without_inherited(schema, &mut body.value),
    }
    if candidate.name == NewName::LeftOut {
        leave_out_name(schema, live, &mut body);
    }
    body
}

/// Removes the name from a body, so that the service makes another one.
fn leave_out_name(schema: &TypeSchema, live: &Value, body: &mut Rewritten) {
    let Some(property) = &schema.name_property else { return };
    if let Value::Object(map) = &mut body.value {
        map.shift_remove(property);
    }
    let place = pointer::join("", property);
    body.unmapped.retain(|left| left.pointer != place);
    body.rewrites.retain(|rewrite| rewrite.pointer != place);
    let before = live.get(property).and_then(Value::as_str).unwrap_or_default().to_owned();
    let after = "(chosen by the service)".to_owned();
    body.rewrites.insert(0, Rewrite { pointer: place, before, after, reason: "name".to_owned() });
}

/// Returns the values that the user provided for a resource, by JSON pointer.
fn inputs_of(candidate: &Candidate, request: &PromotionRequest<'_>) -> BTreeMap<String, Value> {
    input_keys(candidate).iter().find_map(|key| request.inputs.get(key)).cloned().unwrap_or_default()
}

/// Returns the unread managed resources that may explain the unexplained values of the bodies.
fn explaining_resources(
    source: &KnownResources<'_>,
    candidates: &[Candidate],
    bodies: &[Rewritten],
) -> Vec<ResourceRef> {
    let mut unexplained = Unexplained::default();
    for (candidate, body) in candidates.iter().zip(bodies) {
        unexplained.add(&portable(candidate.type_schema, &candidate.source.properties), body);
    }
    if unexplained.is_empty() {
        return Vec::new();
    }
    let of = |test: &dyn Fn(&TypeSchema) -> bool| -> BTreeMap<String, Vec<ResourceRef>> {
        let mut by_type: BTreeMap<String, Vec<ResourceRef>> = BTreeMap::new();
        for resource in source.unread() {
            if source.side.registry().get(&resource.type_name).is_some_and(test) {
                by_type.entry(resource.type_name.clone()).or_default().push(resource.clone());
            }
        }
        by_type
    };
    let required = of(&|schema| unexplained.may_own_words(schema));
    let mut chosen: Vec<ResourceRef> = required.values().flatten().cloned().collect();
    let mut helpful: Vec<Vec<ResourceRef>> =
        of(&|schema| unexplained.may_be_of(schema) && !required.contains_key(&schema.type_name))
            .into_values()
            .collect();
    helpful.sort_by_key(Vec::len);
    let mut read = 0;
    for resources in helpful {
        read += resources.len();
        if read > MAX_EXPLAINING_READS {
            break;
        }
        chosen.extend(resources);
    }
    chosen
}

/// Maximum number of resources that are read to explain values which otherwise block the plan: in a large account, a value
/// that only such a read could explain must be mapped.
const MAX_EXPLAINING_READS: usize = 100;

/// Converts the candidates to the input of the planner.
fn desired_resources(
    candidates: Vec<Candidate>,
    bodies: Vec<Rewritten>,
    request: &PromotionRequest<'_>,
    family: &Family,
) -> Vec<Desired> {
    let needed = children::order(&candidates, family);
    let names: BTreeMap<ResourceRef, String> =
        candidates.iter().map(|one| (one.source.resource.clone(), one.logical_id.clone())).collect();
    let together = candidates.into_iter().zip(bodies);
    together
        .map(|(candidate, body)| {
            let mut inputs = inputs_of(&candidate, request);
            // `null` says that there is no value.
            let declined: Vec<String> =
                inputs.iter().filter(|(_, value)| value.is_null()).map(|(place, _)| place.clone()).collect();
            inputs.retain(|_, value| !value.is_null());
            let Missing { needed: missing_values, dropped } =
                missing(candidate.type_schema, &candidate.source.tags, &body.value, &declined);
            let own = &candidate.source.resource;
            let earlier: BTreeSet<ResourceRef> = needed.get(own).into_iter().flatten().cloned().collect();
            let is_incomplete = !request.leave_behind && family.leaves_behind_of(own);
            let is_other = |name: &&String| **name != candidate.logical_id;
            let of = |resources: &BTreeSet<ResourceRef>| -> BTreeSet<String> {
                let all = resources.iter().chain(&earlier);
                all.filter_map(|resource| names.get(resource)).filter(is_other).cloned().collect()
            };
            let (referred, required) = (of(&body.references), of(&body.required));
            let preferred = referred.difference(&required).cloned().collect();
            Desired {
                depends_on: referred,
                deferred: BTreeSet::new(),
                logical_id: candidate.logical_id,
                type_schema: candidate.type_schema,
                properties: tags::without_tracking(candidate.type_schema, &body.value),
                identifier: candidate.identifier,
                origin: Origin::Promotion(Box::new(Promoted {
                    source: candidate.source,
                    rewrites: body.rewrites,
                    inputs,
                    needed: missing_values,
                    not_copied: dropped,
                    is_tag_lost: candidate.is_tag_lost,
                    is_incomplete,
                    preferred,
                })),
                existing: candidate.existing,
            }
        })
        .collect()
}

/// Returns the keys by which `--input` may name a resource.
fn input_keys(candidate: &Candidate) -> [String; 3] {
    let resource = &candidate.source.resource;
    [
        format!("{}/{}", resource.type_name, resource.identifier),
        candidate.logical_id.clone(),
        candidate.source.tags.get(tags::PURPOSE).cloned().unwrap_or_default(),
    ]
}

/// Reads the other managed resources that the policies evaluate: a check for a missing resource would otherwise report
/// resources that already exist.
async fn siblings(
    policies: &PolicySet,
    target: &mut KnownResources<'_>,
    resources: &[ScanResource],
    changed: &BTreeSet<ResourceRef>,
) -> Result<Vec<ScanResource>, PromotionError> {
    let types: BTreeSet<String> = resources.iter().map(|scanned| scanned.resource.type_name.clone()).collect();
    let wanted = policies.sibling_types(&types);
    let managed = target.catalog.resources().map(|(resource, _)| resource);
    let others: Vec<ResourceRef> =
        managed.filter(|resource| wanted.contains_key(&resource.type_name)).cloned().collect();
    target.read(others).await?;
    let is_other = |resource: &ResourceRef| wanted.contains_key(&resource.type_name) && !changed.contains(resource);
    let live = target.estate.live.values().filter(|live| is_other(&live.resource) && tags::is_managed(&live.tags));
    Ok(live.map(|live| observe::view(target.side.registry(), live)).collect())
}

/// The evidence for the checklist of a promotion.
struct Evidence {
    read: usize,
    moved: usize,
    translated: usize,
    left: usize,
    children: usize,
    left_behind: usize,
    carried: usize,
}

impl Evidence {
    fn new(candidates: &[Candidate], bodies: &[Rewritten], family: &Family) -> Self {
        let has_moved = |candidate: &&Candidate| has_moved(candidate.type_schema, &candidate.source) == Some(true);
        Self {
            read: candidates.len(),
            moved: candidates.iter().filter(has_moved).count(),
            translated: bodies.iter().map(|body| body.rewrites.len()).sum(),
            left: bodies.iter().map(|body| body.unmapped.len()).sum(),
            children: family.len(),
            left_behind: family.left_behind.len(),
            carried: bodies.iter().map(|body| body.carried.len()).sum(),
        }
    }

    fn checklist(&self, plan: &Plan, from: &Environment) -> Vec<ChecklistItem> {
        let state = |good: bool| if good { ChecklistState::Ok } else { ChecklistState::Open };
        let missing = plan.missing_inputs().len();
        let mut items = vec![
            ChecklistItem {
                item: "source readable",
                state: state(self.read > 0),
                evidence: format!(
                    "{} resource(s) read from {}, {} changed since the last promotion",
                    self.read, from.name, self.moved
                ),
            },
            ChecklistItem {
                item: "references mapped",
                state: state(self.left == 0),
                evidence: format!(
                    "{} value(s) translated, {} without a counterpart{}",
                    self.translated,
                    self.left,
                    if self.carried > 0 { format!(", {} carried over literally", self.carried) } else { String::new() }
                ),
            },
            ChecklistItem {
                item: "inputs provided",
                state: state(missing == 0),
                evidence: format!("{missing} value(s) of write-only properties are missing"),
            },
            ChecklistItem {
                item: "data",
                state: ChecklistState::NotApplicable,
                evidence: "a promotion copies configuration, not data".to_owned(),
            },
        ];
        if self.children + self.left_behind > 0 {
            items.insert(
                1,
                ChecklistItem {
                    item: "children",
                    state: state(self.left_behind == 0),
                    evidence: format!(
                        "{} resource(s) without tags belong to others and come along, {} left behind",
                        self.children, self.left_behind
                    ),
                },
            );
        }
        items
    }
}
