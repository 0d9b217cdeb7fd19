//! Desired resources from the live ones of another environment.

mod checks;
mod closure;
mod counterparts;
mod estates;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::drift::own_digest;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::portable::portable;
use crate::domain::project::Environment;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::estimate::Estimate;
use crate::pipeline::observe;
use crate::pipeline::plan::desired::{Desired, Origin, Promoted};
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble, tokens_between};
use crate::pipeline::ports::CloudError;
use crate::policy::{PolicySet, ScanResource};
use crate::promotion::claims::Claims;
use crate::promotion::desired::{desired, overrides_of};
use crate::promotion::index::{Counterpart, IndexBuilder, ValueIndex};
use crate::promotion::names::Tokens;
use crate::promotion::rewrite::{Rewriter, Rewritten};
use crate::promotion::unexplained::Unexplained;
use crate::schema::{AccountRegion, Registry};
use checks::{left_out, unmapped, unreadable_sources, wrong_inputs, wrong_overrides};
use counterparts::{Candidate, candidate, name_steps};
use estates::Known;

/// Which resources to promote.
#[derive(Debug, Clone)]
pub enum Selection {
    /// The resources named.
    Named(Vec<ResourceRef>),
    /// Everything managed that is not synced.
    All,
    /// Everything managed with this tag.
    Tagged(String, String),
}

/// What the user asked for.
pub struct PromotionRequest<'a> {
    /// Which resources.
    pub selection: &'a Selection,
    /// Promote what they refer to as well.
    pub with_dependencies: bool,
    /// Values that a read cannot return: by `Type/identifier` or logical id, then by JSON pointer.
    pub inputs: &'a BTreeMap<String, BTreeMap<String, Value>>,
}

/// Why no plan could be made.
#[derive(Debug)]
pub enum PromotionError {
    /// AWS could not be read.
    Cloud(CloudError),
    /// What was asked for does not exist or cannot be promoted.
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
/// AWS could not be read, or what was asked for does not exist.
pub async fn plan(
    context: &PlanContext<'_>,
    from: &Side<'_>,
    to: &Side<'_>,
    request: &PromotionRequest<'_>,
) -> Result<(Planned, Estimate), PromotionError> {
    let (source, target) = futures_util::join!(Known::list(from), Known::list(to));
    let (mut source, mut target) = (source?, target?);
    let tokens = tokens_between(context.project, from.environment, to.environment);
    let chosen = selection::choose(&mut source, request.selection).await?;
    // What nothing read so far explains may be a value of something that is managed and was not read: that
    // is read as well, and everything looked at once more.
    let mut explaining = Vec::new();
    let (chosen, candidates, bodies, mut problems) = loop {
        let dependencies = request.with_dependencies;
        let (all, claims) =
            closure::follow(&mut source, &mut target, chosen.clone(), dependencies, &explaining).await?;
        let mut problems = Vec::new();
        let mut candidates = Vec::new();
        for resource in &all {
            let sides = (&source, &target);
            if let Some(found) = candidate(context, sides, &claims, &tokens, resource, &mut problems).await? {
                candidates.push(found);
            }
        }
        name_steps(&mut candidates);
        let bodies = rewrite(context, (&source, &target), &claims, &tokens, &candidates, request);
        let has_looked_twice = !explaining.is_empty();
        explaining = explaining_resources(&source, &candidates, &bodies);
        if has_looked_twice || explaining.is_empty() {
            break (all, candidates, bodies, problems);
        }
    };
    problems.extend(wrong_inputs(request, &candidates));
    problems.extend(wrong_overrides(context, &candidates, &from.environment.account));
    problems.extend(unreadable_sources(&source.estate, &chosen));
    for (candidate, body) in candidates.iter().zip(&bodies) {
        problems.extend(unmapped(candidate, body, to.environment));
    }
    let evidence = Evidence::new(&candidates, &bodies);
    let changed: BTreeSet<ResourceRef> =
        candidates.iter().filter_map(|one| Some(one.target()?.resource.clone())).collect();
    let mut plan = Plan::new(context.as_of, to.environment);
    plan.problems = problems;
    let desired = desired_resources(candidates, bodies, request);
    let (mut planned, estimate, _) = assemble(context, to, Some(from), desired, plan).await?;
    planned.checklist = evidence.checklist(&planned.plan, from.environment);
    let mut notes = left_out(&source.estate, request.selection, &from.environment.name);
    notes.append(&mut planned.notes);
    planned.notes = notes;
    planned.context = siblings(context.policies, &mut target, &planned.resources, &changed).await?;
    Ok((planned, estimate))
}

/// The bodies that the candidates get in the environment promoted to.
fn rewrite(
    context: &PlanContext<'_>,
    (source, target): (&Known<'_>, &Known<'_>),
    claims: &Claims,
    tokens: &Tokens,
    candidates: &[Candidate],
    request: &PromotionRequest<'_>,
) -> Vec<Rewritten> {
    let (from, to) = (source.side.environment, target.side.environment);
    let index = value_index(context, (source, target), claims, tokens, candidates);
    let rewriter =
        Rewriter { index: &index, accounts: (&from.account, &to.account), regions: (&from.region, &to.region), tokens };
    candidates.iter().map(|candidate| body(context, candidate, &rewriter, request)).collect()
}

fn value_index(
    context: &PlanContext<'_>,
    (source, target): (&Known<'_>, &Known<'_>),
    claims: &Claims,
    tokens: &Tokens,
    candidates: &[Candidate],
) -> ValueIndex {
    let place = |environment: &'_ Environment| (environment.account.to_string(), environment.region.clone());
    let (here, there) = (place(source.side.environment), place(target.side.environment));
    let here = AccountRegion { account: &here.0, region: &here.1 };
    let there = AccountRegion { account: &there.0, region: &there.1 };
    let mut builder = IndexBuilder::new(&context.project.promotion.map, tokens, here, there);
    let by_source: BTreeMap<&ResourceRef, &Candidate> =
        candidates.iter().map(|candidate| (&candidate.source.resource, candidate)).collect();
    for live in source.estate.live.values() {
        let candidate = by_source.get(&live.resource).copied();
        let existing =
            candidate.and_then(Candidate::target).or_else(|| target.live(&claims.counterpart(&live.resource)?));
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
    let type_name = &candidate.source.resource.type_name;
    let overrides = overrides_of(context.project, type_name);
    let inputs = inputs_of(candidate, request);
    desired(
        candidate.type_schema,
        &candidate.source.properties,
        candidate.name.as_deref(),
        rewriter,
        &overrides,
        &inputs,
    )
}

/// The values that the user gave for a resource, by JSON pointer.
fn inputs_of(candidate: &Candidate, request: &PromotionRequest<'_>) -> BTreeMap<String, Value> {
    input_keys(candidate).iter().find_map(|key| request.inputs.get(key)).cloned().unwrap_or_default()
}

/// The managed resources that were not read and that may explain what the bodies leave unexplained.
fn explaining_resources(source: &Known<'_>, candidates: &[Candidate], bodies: &[Rewritten]) -> Vec<ResourceRef> {
    let mut unexplained = Unexplained::default();
    for (candidate, body) in candidates.iter().zip(bodies) {
        unexplained.add(&portable(candidate.type_schema, &candidate.source.properties), body);
    }
    if unexplained.is_empty() {
        return Vec::new();
    }
    let may_explain = |resource: &&ResourceRef| {
        Registry::get(&resource.type_name).is_some_and(|schema| unexplained.may_be_of(schema))
    };
    source.unread().filter(may_explain).cloned().collect()
}

/// The candidates as the planner takes them.
fn desired_resources(
    candidates: Vec<Candidate>,
    bodies: Vec<Rewritten>,
    request: &PromotionRequest<'_>,
) -> Vec<Desired> {
    let names: BTreeMap<ResourceRef, String> =
        candidates.iter().map(|one| (one.source.resource.clone(), one.logical_id.clone())).collect();
    let together = candidates.into_iter().zip(bodies);
    together
        .map(|(candidate, body)| {
            let inputs = inputs_of(&candidate, request);
            let referred = body.references.iter().filter_map(|resource| names.get(resource));
            Desired {
                depends_on: referred.filter(|name| **name != candidate.logical_id).cloned().collect(),
                logical_id: candidate.logical_id,
                type_schema: candidate.type_schema,
                properties: tags::without_tracking(candidate.type_schema, &body.value),
                identifier: candidate.identifier,
                origin: Origin::Promotion(Box::new(Promoted {
                    source: candidate.source,
                    rewrites: body.rewrites,
                    inputs,
                })),
                existing: candidate.existing,
            }
        })
        .collect()
}

/// The keys under which `--input` may name a resource.
fn input_keys(candidate: &Candidate) -> [String; 3] {
    let resource = &candidate.source.resource;
    [
        format!("{}/{}", resource.type_name, resource.identifier),
        candidate.logical_id.clone(),
        candidate.source.tags.get(tags::PURPOSE).cloned().unwrap_or_default(),
    ]
}

/// What is managed beside the counterparts, as far as the policies look at it: a check for something
/// missing would else find missing whatever is there already.
async fn siblings(
    policies: &PolicySet,
    target: &mut Known<'_>,
    resources: &[ScanResource],
    changed: &BTreeSet<ResourceRef>,
) -> Result<Vec<ScanResource>, PromotionError> {
    let types: BTreeSet<String> = resources.iter().map(|scanned| scanned.resource.type_name.clone()).collect();
    let wanted = policies.sibling_types(&types);
    let managed = target.catalog.resources().map(|(resource, _)| resource);
    let beside: Vec<ResourceRef> =
        managed.filter(|resource| wanted.contains_key(&resource.type_name)).cloned().collect();
    target.read(beside).await?;
    let is_beside = |resource: &ResourceRef| wanted.contains_key(&resource.type_name) && !changed.contains(resource);
    let live = target.estate.live.values().filter(|live| is_beside(&live.resource) && tags::is_managed(&live.tags));
    Ok(live.map(observe::view).collect())
}

/// What the checklist of a promotion rests on.
struct Evidence {
    read: usize,
    moved: usize,
    translated: usize,
    left: usize,
}

impl Evidence {
    fn new(candidates: &[Candidate], bodies: &[Rewritten]) -> Self {
        let has_moved = |candidate: &&Candidate| {
            let recorded = candidate.source.tags.get(tags::PROMOTED_DIGEST);
            recorded
                .is_some_and(|recorded| *recorded != own_digest(candidate.type_schema, &candidate.source.properties))
        };
        Self {
            read: candidates.len(),
            moved: candidates.iter().filter(has_moved).count(),
            translated: bodies.iter().map(|body| body.rewrites.len()).sum(),
            left: bodies.iter().map(|body| body.unmapped.len()).sum(),
        }
    }

    fn checklist(&self, plan: &Plan, from: &Environment) -> Vec<ChecklistItem> {
        let state = |good: bool| if good { ChecklistState::Ok } else { ChecklistState::Open };
        let missing = plan.missing_inputs().len();
        vec![
            ChecklistItem {
                item: "source readable",
                state: state(self.read > 0),
                evidence: format!(
                    "{} resource(s) read from {}; {} changed since their last promotion",
                    self.read, from.name, self.moved
                ),
            },
            ChecklistItem {
                item: "references mapped",
                state: state(self.left == 0),
                evidence: format!("{} value(s) translated, {} left over", self.translated, self.left),
            },
            ChecklistItem {
                item: "inputs given",
                state: state(missing == 0),
                evidence: format!("{missing} value(s) that a read cannot return are missing"),
            },
            ChecklistItem {
                item: "data",
                state: ChecklistState::NotApplicable,
                evidence: "a promotion carries configuration, never data".to_owned(),
            },
        ]
    }
}
