//! Plan: live resources of one environment into another.

mod candidate;
mod selection;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::create::tokens_between;
use super::estate::{self, Estate};
use super::gate::{Planned, price};
use super::observe;
use super::ports::{CloudError, ReadCloud};
use super::starting::Planning;
use crate::compare::drift::{found_digest, own_digest};
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::environment::{AccountId, Environment};
use crate::domain::order;
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::{pointer, tags};
use crate::estimate::{Estimate, Status};
use crate::policy::{PolicySet, ScanResource};
use crate::promotion::desired::desired;
use crate::promotion::index::{Counterpart, Entry, Replacement, ValueIndex, entries};
use crate::promotion::rewrite::{Rewriter, Rewritten};
use crate::schema::{self, Registry};
use candidate::{Candidate, Estates, candidate, name_steps};
use selection::{choose, follow};
pub use selection::{complete_claims, named_in, pairs};
use steps::Steps;

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

/// One end of a promotion.
pub struct End<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The confirmed account.
    pub account: &'a VerifiedAccount,
    /// A client that reads it.
    pub reader: &'a dyn ReadCloud,
}

/// What the user asked for.
pub struct Wish<'a> {
    /// Which resources.
    pub selection: &'a Selection,
    /// Promote what they refer to as well.
    pub with_dependencies: bool,
    /// Values that a read cannot return: by `Type/identifier` or logical id, then by JSON pointer.
    pub inputs: &'a BTreeMap<String, BTreeMap<String, Value>>,
}

/// Why no plan could be made.
#[derive(Debug)]
pub enum PromoteError {
    /// AWS could not be read.
    Cloud(CloudError),
    /// What was asked for does not exist or cannot be promoted.
    Refused(Vec<Diagnostic>),
}

impl From<CloudError> for PromoteError {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

/// Plans a promotion.
///
/// # Errors
/// AWS could not be read, or what was asked for does not exist.
pub async fn plan(
    planning: &Planning<'_>,
    from: &End<'_>,
    to: &End<'_>,
    wish: &Wish<'_>,
) -> Result<(Planned, Estimate), PromoteError> {
    let mut source = estate::managed(from.reader, planning.events).await?;
    let mut target = estate::managed(to.reader, planning.events).await?;
    let chosen = choose(from, wish.selection, &mut source).await?;
    complete_claims(from.reader, to.reader, &mut source, &mut target).await?;
    let tokens = tokens_between(planning.project, from.environment, to.environment);
    let chosen = follow(from, &mut source, &target, chosen, wish.with_dependencies).await?;
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    let estates = Estates { source: &source, target: &target, tokens: &tokens };
    for resource in &chosen {
        if let Some(candidate) = candidate(planning, from, to, &estates, resource, &mut problems).await? {
            candidates.push(candidate);
        }
    }
    name_steps(&mut candidates);
    let index = value_index(planning, from, to, &estates, &candidates);
    let rewriter = Rewriter {
        index: &index,
        accounts: (&from.environment.account, &to.environment.account),
        regions: (&from.environment.region, &to.environment.region),
        tokens: &tokens,
    };
    let bodies: Vec<Rewritten> =
        candidates.iter().map(|candidate| body(planning, candidate, &rewriter, wish)).collect();
    problems.extend(wrong_inputs(wish, &candidates));
    problems.extend(wrong_overrides(planning, &candidates, &from.environment.account));
    problems.extend(unreadable_sources(&source, &chosen));
    for (candidate, body) in candidates.iter().zip(&bodies) {
        problems.extend(unmapped(candidate, body, to.environment));
    }
    let order = ordered(&candidates, &bodies, &mut problems);
    let scanned: Vec<ScanResource> = order.iter().map(|&at| scan_view(&candidates[at], &bodies[at].value)).collect();
    let priced = price(planning, to.reader, &scanned, &to.environment.region).await?;
    let estimate = priced.estimate;
    let mut plan = Plan::new(planning.as_of, to.environment);
    plan.problems = problems;
    let mut after = Vec::new();
    let mut main = Vec::new();
    for &at in &order {
        let (candidate, body) = (&candidates[at], &bodies[at]);
        record_live(&mut plan, from, to, candidate);
        let cost = estimate.resources.iter().find(|priced| priced.logical_id.as_deref() == Some(&candidate.logical_id));
        let cost = cost.map(|priced| match priced.status {
            Status::Unknown => "unknown".to_owned(),
            Status::Free | Status::Priced => priced.monthly.expected.tag_value(),
        });
        let depends_on: Vec<String> = candidates
            .iter()
            .filter(|other| {
                other.logical_id != candidate.logical_id && body.references.contains(&other.source.resource)
            })
            .map(|other| other.logical_id.clone())
            .collect();
        let inputs = input_keys(candidate).iter().find_map(|key| wish.inputs.get(key));
        let steps = Steps { planning, from, to, candidate, body, inputs };
        steps.add(&mut plan, &mut main, &mut after, cost, depends_on);
    }
    plan.steps.extend(main);
    plan.steps.extend(after);
    let checklist = checklist(&candidates, &bodies, &plan, from);
    let mut notes = left_out(&source, wish.selection, &from.environment.name);
    notes.extend(priced.notes);
    let context = neighbours(planning.policies, &target, &candidates);
    Ok((Planned { plan, resources: scanned, context, checklist, notes }, estimate))
}

fn value_index(
    planning: &Planning<'_>,
    from: &End<'_>,
    to: &End<'_>,
    estates: &Estates<'_>,
    candidates: &[Candidate],
) -> ValueIndex {
    let mut all: Vec<Entry> = planning
        .project
        .promotion
        .map
        .iter()
        .map(|(value, there)| Entry {
            value: value.clone(),
            replacement: Replacement::Known(there.clone()),
            owners: Vec::new(),
        })
        .collect();
    let Estates { source, target, tokens } = estates;
    let pairs = pairs(source, target);
    let place = |environment: &Environment| (environment.account.as_str().to_owned(), environment.region.clone());
    let (here, there) = (place(from.environment), place(to.environment));
    for live in source.live.values() {
        let Some(type_schema) = Registry::get(&live.resource.type_name) else { continue };
        let candidate = candidates.iter().find(|candidate| candidate.source.resource == live.resource);
        let existing = candidate
            .and_then(|candidate| candidate.target.as_ref())
            .or_else(|| pairs.get(&live.resource).and_then(|found| target.live.get(found)));
        let counterpart = match (existing, candidate) {
            (Some(existing), _) => {
                Counterpart::Existing { identifier: &existing.resource.identifier, properties: &existing.properties }
            }
            (None, Some(candidate)) => Counterpart::Created {
                logical_id: &candidate.logical_id,
                name: candidate.name.as_deref(),
                place: (&there.0, &there.1),
                source_place: (&here.0, &here.1),
            },
            (None, None) => Counterpart::None,
        };
        all.extend(entries(type_schema, &live.resource, &live.properties, counterpart, tokens));
    }
    ValueIndex::new(all)
}

fn body(planning: &Planning<'_>, candidate: &Candidate, rewriter: &Rewriter<'_>, wish: &Wish<'_>) -> Rewritten {
    let type_name = &candidate.source.resource.type_name;
    let overrides: BTreeMap<String, Value> = planning
        .project
        .promotion
        .overrides
        .get(type_name)
        .map(|paths| paths.iter().map(|(path, value)| (as_pointer(path), value.clone())).collect())
        .unwrap_or_default();
    let no_inputs = BTreeMap::new();
    let inputs = input_keys(candidate).iter().find_map(|key| wish.inputs.get(key)).unwrap_or(&no_inputs);
    desired(
        candidate.type_schema,
        &candidate.source.properties,
        candidate.name.as_deref(),
        rewriter,
        &overrides,
        inputs,
    )
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

/// `/A/B`, `A.B` and `A` all name a property.
pub(super) fn as_pointer(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        path.split('.').fold(String::new(), |base, token| pointer::join(&base, token))
    }
}

/// Inputs for resources that are not promoted here, and inputs for values that a read does return:
/// those would be gone with the next promotion and drift until then.
fn wrong_inputs(wish: &Wish<'_>, candidates: &[Candidate]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, places) in wish.inputs {
        let Some(candidate) = candidates.iter().find(|candidate| input_keys(candidate).contains(key)) else {
            let names: Vec<String> = candidates.iter().map(|candidate| input_keys(candidate)[0].clone()).collect();
            problems.push(
                Diagnostic::error("unknown-input", format!("--input names `{key}`, which is not promoted here"))
                    .hint(format!("promoted here: {}", names.join(", "))),
            );
            continue;
        };
        let schema = candidate.type_schema;
        for place in places.keys() {
            let hidden = schema.is_write_only(place)
                || schema.write_only.iter().any(|path| pointer::is_within(&path.to_string(), place));
            if !hidden {
                problems.push(
                    Diagnostic::error("input-not-write-only", format!("{key} {place} is a value that AWS returns"))
                        .pointer(place)
                        .resource(key)
                        .hint(format!(
                            "if prod is to have another value, write it down: promotion.overrides: {{ {}: {{ {place}: … }} }}",
                            schema.type_name
                        )),
                );
            }
        }
    }
    problems
}

/// Overrides that the type does not have, of another type of value, or that point into the source.
fn wrong_overrides(planning: &Planning<'_>, candidates: &[Candidate], account: &AccountId) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (type_name, paths) in &planning.project.promotion.overrides {
        if Registry::get(type_name).is_none() {
            let mut problem =
                Diagnostic::error("unknown-type", format!("promotion.overrides names the unknown type `{type_name}`"));
            problem.hint = Registry::suggest(type_name).map(|close| format!("did you mean `{close}`?"));
            problems.push(problem);
            continue;
        }
        if !candidates.iter().any(|candidate| candidate.type_schema.type_name == *type_name) {
            continue;
        }
        for (path, value) in paths {
            let place = as_pointer(path);
            let subject = format!("promotion.overrides: {type_name} {place}");
            let kind = schema::type_of(value);
            let fits = |types: &[String]| {
                types.is_empty() || types.iter().any(|known| known == kind || (known == "number" && kind == "integer"))
            };
            match schema::describe(type_name, &place) {
                None => problems
                    .push(Diagnostic::error("unknown-property", format!("{subject} is not a property of the type"))),
                Some(facts) if facts.read_only => {
                    problems.push(Diagnostic::error("read-only-property", format!("{subject} is set by the service")));
                }
                Some(facts) if !fits(&facts.types) => problems.push(Diagnostic::error(
                    "wrong-type",
                    format!("{subject} is a {kind}; the type wants {}", facts.types.join(" or ")),
                )),
                Some(_) => {}
            }
            if value.to_string().contains(account.as_str()) {
                let text = format!("{subject} contains the account id {account} of the environment promoted from");
                problems.push(
                    Diagnostic::error("unmapped-reference", text)
                        .hint("write the value of the environment promoted to"),
                );
            }
        }
    }
    problems
}

/// Managed resources that a selection by tags could not see: it would be wrong to say that all is done.
fn left_out(source: &Estate, selection: &Selection, environment: &str) -> Vec<Diagnostic> {
    if matches!(selection, Selection::Named(_)) {
        return Vec::new();
    }
    let unknown = source.unsupported.iter().map(|arn| {
        Diagnostic::warning("left-out", format!("{arn} of {environment} is managed, but no known type has such ARNs"))
            .hint("name it by type and identifier to promote it")
    });
    let unreadable = source.unreadable.iter().filter(|hidden| !hidden.referred).map(|hidden| {
        Diagnostic::warning(
            "left-out",
            format!("{} of {environment} cannot be read: {}", hidden.resource, hidden.error.message),
        )
        .resource(hidden.resource.to_string())
    });
    unknown.chain(unreadable).collect()
}

/// References of the chosen resources that cannot be read: what they are in the target is not known.
fn unreadable_sources(source: &Estate, chosen: &BTreeSet<ResourceRef>) -> Vec<Diagnostic> {
    source
        .unreadable
        .iter()
        .filter(|hidden| !chosen.contains(&hidden.resource) && hidden.resource.identifier != "*" && hidden.referred)
        .map(|hidden| {
            Diagnostic::error(
                "unreadable-reference",
                format!("{} cannot be read: {}", hidden.resource, hidden.error.message),
            )
            .resource(hidden.resource.to_string())
            .hint("allow its type's read permissions, or map it in promotion.map")
        })
        .collect()
}

fn unmapped(candidate: &Candidate, body: &Rewritten, to: &Environment) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    body.unmapped
        .iter()
        .map(|left| {
            Diagnostic::error("unmapped-reference", format!("{own} {}: `{}` {}", left.pointer, left.value, left.reason))
                .pointer(&left.pointer)
                .resource(own.to_string())
                .hint(format!(
                    "promote what it names first or along (--with-dependencies), or map it in stagegate.yaml: promotion.map: {{ \"{}\": \"<value in {}>\" }}",
                    left.value, to.name
                ))
        })
        .collect()
}

fn ordered(candidates: &[Candidate], bodies: &[Rewritten], problems: &mut Vec<Diagnostic>) -> Vec<usize> {
    let position =
        |resource: &ResourceRef| candidates.iter().position(|candidate| candidate.source.resource == *resource);
    // A resource that exists already holds nobody up.
    let graph: BTreeMap<String, BTreeSet<String>> = candidates
        .iter()
        .zip(bodies)
        .map(|(candidate, body)| {
            let needs = body.references.iter().filter_map(&position).filter(|&at| candidates[at].target.is_none());
            (candidate.logical_id.clone(), needs.map(|at| candidates[at].logical_id.clone()).collect())
        })
        .collect();
    match order::topological(&graph) {
        Ok(names) => names
            .iter()
            .filter_map(|name| candidates.iter().position(|candidate| candidate.logical_id == *name))
            .collect(),
        Err(cycle) => {
            problems.push(
                Diagnostic::error("circular-dependency", cycle.to_string())
                    .hint("promote one of them alone first, with the reference to the other mapped in promotion.map"),
            );
            (0..candidates.len()).collect()
        }
    }
}

fn scan_view(candidate: &Candidate, body: &Value) -> ScanResource {
    let resource = &candidate.source.resource;
    let existing = candidate.target.as_ref().map(|target| &target.resource.identifier);
    let identifier = existing.or(candidate.name.as_ref()).unwrap_or(&resource.identifier);
    let mut view = ScanResource::live(&resource.type_name, identifier, body.clone());
    view.resource.logical_id = Some(candidate.logical_id.clone());
    view
}

/// What is managed beside the counterparts, as far as the policies look at it: a check for something
/// missing would else find missing whatever is there already. Nothing more is read for it.
fn neighbours(policies: &PolicySet, target: &Estate, candidates: &[Candidate]) -> Vec<ScanResource> {
    let types: BTreeSet<String> =
        candidates.iter().map(|candidate| candidate.source.resource.type_name.clone()).collect();
    let wanted = policies.sibling_types(&types);
    let changed: BTreeSet<&ResourceRef> =
        candidates.iter().filter_map(|candidate| candidate.target.as_ref()).map(|live| &live.resource).collect();
    let is_beside =
        |live: &&LiveResource| wanted.contains_key(&live.resource.type_name) && !changed.contains(&live.resource);
    target.resources().iter().filter(is_beside).map(observe::view).collect()
}

fn record_live(plan: &mut Plan, from: &End<'_>, to: &End<'_>, candidate: &Candidate) {
    let bare = |live: &LiveResource| found_digest(candidate.type_schema, &live.properties);
    let own = &candidate.source;
    plan.live.insert(format!("{} {}", from.environment.name, own.resource), bare(own));
    match &candidate.target {
        Some(target) => plan.live.insert(format!("{} {}", to.environment.name, target.resource), bare(target)),
        None => {
            plan.live.insert(format!("{} counterpart of {}", to.environment.name, own.resource), "absent".to_owned())
        }
    };
}

fn checklist(candidates: &[Candidate], bodies: &[Rewritten], plan: &Plan, from: &End<'_>) -> Vec<ChecklistItem> {
    let state = |good: bool| if good { ChecklistState::Ok } else { ChecklistState::Open };
    let left: usize = bodies.iter().map(|body| body.unmapped.len()).sum();
    let rewritten: usize = bodies.iter().map(|body| body.rewrites.len()).sum();
    let missing = plan.missing_inputs().len();
    let moved = candidates
        .iter()
        .filter(|candidate| {
            let recorded = candidate.source.tags.get(tags::PROMOTED_DIGEST);
            recorded
                .is_some_and(|recorded| *recorded != own_digest(candidate.type_schema, &candidate.source.properties))
        })
        .count();
    vec![
        ChecklistItem {
            item: "source readable",
            state: state(!candidates.is_empty()),
            evidence: format!(
                "{} resource(s) read from {}; {moved} changed since their last promotion",
                candidates.len(),
                from.environment.name
            ),
        },
        ChecklistItem {
            item: "references mapped",
            state: state(left == 0),
            evidence: format!("{rewritten} value(s) translated, {left} left over"),
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
