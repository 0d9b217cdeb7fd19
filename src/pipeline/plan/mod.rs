//! The plan stage: from desired resources to the steps that create them.
//!
//! Front ends ([`from`]) only determine the desired resources and their origins. [`identity`] looks up existing
//! resources, [`reconcile`] makes one pure decision per resource, [`ordering`] orders them, [`tagging`] determines the
//! tags, and [`steps`] turns decisions into steps.

pub mod children;
mod completion;
mod context;
pub mod cost;
pub mod declared;
pub mod desired;
pub mod from;
pub mod identity;
pub mod ordering;
mod planned;
pub mod reconcile;
pub mod stack;
pub mod steps;
pub mod tagging;
mod validity;

pub use context::PlanContext;
pub use from::promotion::unreturned;
pub use planned::{LeftBehind, Planned, Unchanged};

use super::event::Events;
use super::ports::{CloudError, ReadLive};
use super::prices::Priced;
use crate::compare::drift::observed_digest;
use crate::domain::account::VerifiedAccount;
use crate::domain::plan::{Plan, Step};
use crate::domain::portable::portable;
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{LiveResource, NamedResource};
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::estimate::{Estimate, Status};
use crate::policy::ScanResource;
use crate::promotion::claims::PENDING_PREFIX;
use crate::promotion::names::Tokens;
use crate::schema::Registry;
use cost::price;
use desired::{Desired, Existing, Origin};
use reconcile::Decision;
use steps::{StepBuilder, Steps, creation_token};

/// One side of a plan: an environment with its verified account and a client that reads it.
pub struct Side<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The verified account.
    pub account: &'a VerifiedAccount,
    /// A read-only client.
    pub reader: &'a dyn ReadLive,
    /// The event stream.
    pub events: &'a Events,
}

impl<'a> Side<'a> {
    /// The resource types of the environment.
    pub fn registry(&self) -> &'a Registry {
        self.reader.registry()
    }
}

/// Makes a plan for the desired resources of a front end. Conflicts are added to the plan's problems.
///
/// # Errors
/// Resources that a cost depends on could not be read.
pub async fn assemble(
    context: &PlanContext<'_>,
    target: &Side<'_>,
    source: Option<&Side<'_>>,
    desired: Vec<Desired>,
    mut plan: Plan,
) -> Result<(Planned, Estimate, Vec<Desired>), CloudError> {
    let desired = ordering::in_order(desired, &mut plan.problems);
    let region = &target.environment.region;
    let decisions: Vec<Decision> =
        desired.iter().map(|one| reconcile::reconcile(one, &target.environment.name)).collect();
    plan.problems
        .extend(desired.iter().zip(&decisions).flat_map(|(one, decision)| validity::invalid_results(one, decision)));
    // The gate is about what changes: resources that stay as they are do not count, but others may depend on them.
    let (mut resources, mut siblings, mut unchanged) = (Vec::new(), Vec::new(), Unchanged::default());
    let (mut existing, mut before, mut identifiers) = (Vec::new(), Vec::new(), Vec::new());
    for (one, decision) in desired.iter().zip(&decisions) {
        let view = one.scan_view();
        match (decision, one.counterpart()) {
            (Decision::NoChange { .. }, Some(live)) => {
                existing.push(one.with_write_only(live));
                siblings.push(view);
                let resource = live.resource.clone();
                unchanged.matching.push(NamedResource { logical_id: one.logical_id.clone(), resource });
            }
            (_, live) => {
                // Others may refer to it by its identifier.
                identifiers.push(live.map(|live| live.resource.identifier.clone()));
                resources.push(view);
                before.extend(live.map(|live| live_view(one, live)));
            }
        }
    }
    unchanged.matching.sort();
    let Priced { estimate, notes } =
        price(context, target.reader, (&resources, &identifiers), region, &existing).await?;
    if !before.is_empty() {
        unchanged.cost_before = Some(price(context, target.reader, (&before, &[]), region, &existing).await?.estimate);
    }
    let builder = StepBuilder { context, target, source };
    let mut steps = Steps::default();
    // The estimate has one entry per changed resource, in the same order.
    let mut priced = estimate.resources.iter();
    let outdated = children::outdated(target.registry(), &desired, &decisions);
    let families: Vec<Step> = outdated.iter().map(|family| builder.children(family)).collect();
    for (one, decision) in desired.iter().zip(decisions) {
        record_state(&mut plan, target, source, one);
        let cost = match &decision {
            Decision::NoChange { .. } => None,
            _ => priced.next().map(|priced| match priced.status {
                Status::Unknown => "unknown".to_owned(),
                Status::Free | Status::Priced => priced.monthly.expected.tag_value(),
            }),
        };
        builder.add(&mut plan, &mut steps, one, decision, cost);
    }
    steps.add_records(families);
    plan.steps = steps.in_order();
    let live = desired.iter().filter_map(|one| Some((one.logical_id.clone(), one.counterpart()?.clone())));
    plan.existing = live.collect();
    let planned = Planned { plan, resources, context: siblings, checklist: Vec::new(), notes, unchanged };
    Ok((planned, estimate, desired))
}

/// A live resource before its change, for the estimate.
fn live_view(desired: &Desired, live: &LiveResource) -> ScanResource {
    let properties = portable(desired.type_schema, &live.properties);
    let mut view = ScanResource::live(desired.type_name(), &live.resource.identifier, properties);
    view.resource.logical_id = Some(desired.logical_id.clone());
    view
}

/// Records the state that the plan is based on, so that an approval does not cover a different state.
fn record_state(plan: &mut Plan, target: &Side<'_>, source: Option<&Side<'_>>, desired: &Desired) {
    let there = &target.environment.name;
    if let (Some(source), Some(own)) = (source, desired.source()) {
        let key = format!("{} {}", source.environment.name, own.resource);
        let token = creation_token(target, desired);
        record_promotion(plan, &key, &own.tags, tags::PROD_COUNTERPART, Some(&token));
        plan.live.insert(key, observed_digest(desired.type_schema, &own.properties));
    }
    match (&desired.existing, &desired.origin) {
        (Existing::Live(live), _) => {
            let digest = observed_digest(desired.type_schema, &live.properties);
            let key = format!("{there} {}", live.resource);
            if source.is_some() {
                record_promotion(plan, &key, &live.tags, tags::DEV_COUNTERPART, None);
            }
            plan.live.insert(key, digest);
        }
        (_, Origin::Promotion(promoted)) => {
            plan.live.insert(format!("{there} counterpart of {}", promoted.source.resource), "absent".to_owned());
        }
        (_, Origin::Change(_)) => {}
        (existing, Origin::Template(_)) => {
            // The digest does not cover identifiers of unnamed resources.
            let Some(identifier) = &desired.identifier else { return };
            if desired.type_schema.handlers.read {
                let fact = if matches!(existing, Existing::Foreign(_)) { "present" } else { "absent" };
                plan.live.insert(format!("{there} {} {identifier}", desired.type_name()), fact.to_owned());
            }
        }
    }
}

/// Records the promotion tags of a resource, so that an approval does not cover a promotion that was completed before. A
/// promotion that this plan has started (`own_token`) reads as not started, so that the approval covers its rest.
fn record_promotion(plan: &mut Plan, key: &str, found: &Tags, counterpart: &str, own_token: Option<&str>) {
    let named = found.get(counterpart).map(String::as_str);
    let own = own_token.map(|token| format!("{PENDING_PREFIX}{token}"));
    let is_own_mark = named.is_none() || named == own.as_deref();
    match PromotionStatus::of(found) {
        None | Some(PromotionStatus::DevOnly) if named.is_none() => return,
        Some(PromotionStatus::PendingProd) if own.is_some() && is_own_mark => return,
        _ => {}
    }
    for tag in [tags::PROMOTION_STATUS, counterpart, tags::PROMOTED_DIGEST] {
        if let Some(value) = found.get(tag) {
            plan.live.insert(format!("{key} {tag}"), value.clone());
        }
    }
}

/// Returns the tokens that differ between two environments of a project; an environment without configured tokens uses its
/// name.
pub fn tokens_between(project: &Project, from: &Environment, to: &Environment) -> Tokens {
    let of = |environment: &Environment| {
        let configured = project.naming.environment_tokens.get(&environment.name).cloned();
        configured.unwrap_or_else(|| vec![environment.name.clone()])
    };
    Tokens::between(&of(from), &of(to)).with_accounts(&from.account, &to.account)
}
