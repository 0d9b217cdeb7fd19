//! The plan stage: from desired resources to the steps that create them.
//!
//! Front ends ([`from`]) only determine the desired resources and their origins. [`identity`] looks up existing
//! resources, [`reconcile`] makes one pure decision per resource, [`ordering`] orders them, [`tagging`] determines the
//! tags, and [`steps`] turns decisions into steps.

mod context;
pub mod cost;
pub mod desired;
pub mod from;
pub mod identity;
pub mod ordering;
mod planned;
pub mod reconcile;
pub mod steps;
pub mod tagging;

pub use context::PlanContext;
pub use planned::Planned;

use super::event::Events;
use super::ports::{CloudError, ReadCloud};
use super::prices::Priced;
use crate::compare::drift::observed_digest;
use crate::domain::account::VerifiedAccount;
use crate::domain::plan::Plan;
use crate::domain::project::{Environment, Project};
use crate::estimate::{Estimate, Status};
use crate::policy::ScanResource;
use crate::promotion::names::Tokens;
use cost::price;
use desired::{Desired, Existing, Origin};
use steps::{StepBuilder, Steps};

/// One side of a plan: an environment with its verified account and a client that reads it.
pub struct Side<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The verified account.
    pub account: &'a VerifiedAccount,
    /// A read-only client.
    pub reader: &'a dyn ReadCloud,
    /// The event stream.
    pub events: &'a Events,
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
    let resources: Vec<ScanResource> = desired.iter().map(Desired::scan_view).collect();
    let Priced { estimate, notes } = price(context, target.reader, &resources, &target.environment.region).await?;
    let builder = StepBuilder { context, target, source };
    let mut steps = Steps::default();
    // The estimate has one entry per resource, in the same order.
    for (one, priced) in desired.iter().zip(&estimate.resources) {
        record_state(&mut plan, target, source, one);
        let cost = match priced.status {
            Status::Unknown => "unknown".to_owned(),
            Status::Free | Status::Priced => priced.monthly.expected.tag_value(),
        };
        let decision = reconcile::reconcile(one, &target.environment.name);
        builder.add(&mut plan, &mut steps, one, decision, Some(cost));
    }
    plan.steps = steps.in_order();
    let planned = Planned { plan, resources, context: Vec::new(), checklist: Vec::new(), notes };
    Ok((planned, estimate, desired))
}

/// Records the state that the plan is based on, so that an approval does not cover a different state.
fn record_state(plan: &mut Plan, target: &Side<'_>, source: Option<&Side<'_>>, desired: &Desired) {
    let there = &target.environment.name;
    if let (Some(source), Some(own)) = (source, desired.source()) {
        let key = format!("{} {}", source.environment.name, own.resource);
        plan.live.insert(key, observed_digest(desired.type_schema, &own.properties));
    }
    match (&desired.existing, &desired.origin) {
        (Existing::Counterpart(live), _) => {
            let digest = observed_digest(desired.type_schema, &live.properties);
            plan.live.insert(format!("{there} {}", live.resource), digest);
        }
        (_, Origin::Promotion(promoted)) => {
            plan.live.insert(format!("{there} counterpart of {}", promoted.source.resource), "absent".to_owned());
        }
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

/// Returns the tokens that differ between two environments of a project; an environment without configured tokens uses its
/// name.
pub fn tokens_between(project: &Project, from: &Environment, to: &Environment) -> Tokens {
    let of = |environment: &Environment| {
        let configured = project.naming.environment_tokens.get(&environment.name).cloned();
        configured.unwrap_or_else(|| vec![environment.name.clone()])
    };
    Tokens::between(&of(from), &of(to))
}
