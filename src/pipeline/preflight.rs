//! What AWS says before anything is sent: whether the Region has the types of a plan, and whether the policies of the caller allow
//! its calls.
//!
//! Neither is a condition for an approval, nor part of what is approved: a service that does not answer leaves the plan as it is,
//! and the checklist says so. Only a type that the Region certainly does not have blocks the plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::estate;
use super::ports::{DescribeTypes, SimulatePermissions, Simulated};
use super::types::{Availability, TypeCache, availability};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Action, ChecklistItem, ChecklistState, Operation, Plan, Step};
use crate::domain::project::Environment;
use crate::schema::{AccountRegion, Arn, HandlerFacts, Registry, arn_of, predict_arn};

/// How many types are looked up at the same time.
const CONCURRENCY: usize = 8;
/// How many actions one simulation has; the simulator accepts more, but answers long lists in pages.
const ACTIONS_PER_CALL: usize = 100;
/// How many resources are simulated on their own.
const MAX_RESOURCES: usize = 20;
/// How many denied actions a message names.
const NAMED_ACTIONS: usize = 5;

/// Where the answers come from.
pub struct Sources<'a> {
    /// The resource types that are known.
    pub registry: &'a Registry,
    /// The registry of the Region.
    pub types: &'a dyn DescribeTypes,
    /// The cache of its answers.
    pub cache: &'a dyn TypeCache,
    /// The simulator of the account.
    pub simulator: &'a dyn SimulatePermissions,
    /// The ARN of the caller, from STS.
    pub caller: &'a str,
    /// The time of the run.
    pub now: Timestamp,
}

/// The result.
#[derive(Debug)]
pub struct Preflight {
    /// Why the plan cannot be carried out.
    pub blocks: Vec<Diagnostic>,
    /// Permissions that may be missing.
    pub notes: Vec<Diagnostic>,
    /// The line of the checklist.
    pub item: ChecklistItem,
}

/// Checks the steps of a plan that change resources of an environment; `None` if it has none.
pub async fn preflight(plan: &Plan, environment: &Environment, sources: &Sources<'_>) -> Option<Preflight> {
    let is_checked = |step: &&Step| step.environment == environment.name && step.action.changes_resource();
    let steps: Vec<&Step> = plan.steps.iter().filter(is_checked).collect();
    if steps.is_empty() {
        return None;
    }
    let (types, permissions) = tokio::join!(check_types(&steps, environment, sources), simulate(&steps, sources));
    let (blocks, said_of_types) = types;
    let (notes, said_of_permissions) = match permissions {
        Ok(found) => found,
        Err(reason) => (Vec::new(), Err(format!("permissions were not simulated: {reason}"))),
    };
    let is_complete = said_of_types.is_ok() && said_of_permissions.is_ok();
    let text = |said: Result<String, String>| said.unwrap_or_else(|text| text);
    let item = ChecklistItem {
        item: "checks by AWS",
        state: if is_complete { ChecklistState::Ok } else { ChecklistState::Open },
        evidence: format!("{}; {}", text(said_of_types), text(said_of_permissions)),
    };
    Some(Preflight { blocks, notes, item })
}

/// What the checklist says: `Err` if something was not checked or is wrong.
type Said = Result<String, String>;

async fn check_types(steps: &[&Step], environment: &Environment, sources: &Sources<'_>) -> (Vec<Diagnostic>, Said) {
    let mut needed: BTreeMap<&str, BTreeSet<Operation>> = BTreeMap::new();
    for step in steps {
        needed.entry(&step.type_name).or_default().insert(step.operation());
    }
    let lookups = needed.keys().map(|type_name| async {
        (*type_name, availability(sources.registry, sources.types, sources.cache, type_name, sources.now).await)
    });
    let mut found: Vec<(&str, Availability)> = estate::concurrently(CONCURRENCY, lookups).await;
    let mut blocks = Vec::new();
    let mut unchecked: BTreeMap<String, usize> = BTreeMap::new();
    for (type_name, availability) in &mut found {
        let region = &environment.region;
        let message = match availability {
            Availability::Unknown(reason) => {
                *unchecked.entry(std::mem::take(reason)).or_default() += 1;
                continue;
            }
            Availability::Missing => format!("{region} does not have the type {type_name}"),
            Availability::Available(facts) => {
                let Some(operation) = needed[type_name].iter().find(|operation| !supports(facts, **operation)) else {
                    continue;
                };
                format!("{type_name} does not support `{}` in {region}", operation.as_str())
            }
        };
        let hint = "leave the resource out, or create its counterpart by other means and add it to promotion.map";
        let problem = Diagnostic::error(Code::TypeNotInRegion, format!("{}: {message}", environment.name));
        blocks.push(problem.resource(*type_name).hint(hint));
    }
    let said = match unchecked.into_iter().next() {
        Some((reason, count)) => Err(format!("{count} of {} type(s) were not looked up: {reason}", found.len())),
        None if !blocks.is_empty() => Err(format!("{} of {} type(s) are not available", blocks.len(), found.len())),
        None => Ok(format!("{} type(s) are available in {}", found.len(), environment.region)),
    };
    (blocks, said)
}

fn supports(facts: &HandlerFacts, operation: Operation) -> bool {
    match operation {
        Operation::Create => facts.handlers.create,
        Operation::Update => facts.handlers.update,
        Operation::Delete => facts.handlers.delete,
        Operation::Replace => facts.handlers.create && facts.handlers.delete,
        Operation::Tag => true,
    }
}

/// Simulates the permissions of the handlers that the steps call. These are all that a handler may need, whether or not the
/// properties require them: what is denied is a note, not a reason to refuse the plan.
async fn simulate(steps: &[&Step], sources: &Sources<'_>) -> Result<(Vec<Diagnostic>, Said), String> {
    let simulator = sources.simulator;
    let principal = match simulator.principal_of(sources.caller).await {
        Ok(Some(principal)) => principal,
        Ok(None) => return Err(format!("{} has no policies of its own", sources.caller)),
        Err(error) => return Err(error.to_string()),
    };
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let permissions: Vec<(&Step, Vec<String>)> =
        steps.iter().map(|step| (*step, actions(sources.registry, step))).collect();
    for (step, actions) in &permissions {
        wanted.entry(&step.type_name).or_default().extend(actions.iter().map(String::as_str));
    }
    let all: Vec<&str> = wanted.values().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut decisions = BTreeMap::new();
    for actions in all.chunks(ACTIONS_PER_CALL) {
        let found = simulator.simulate(&principal, actions, "*").await.map_err(|error| error.to_string())?;
        decisions.extend(found);
    }
    let mut notes = Vec::new();
    let (mut undecided, mut simulated) = (0, 0);
    for (type_name, actions) in &wanted {
        let refused: Vec<&str> =
            actions.iter().copied().filter(|action| decisions.get(*action) != Some(&Simulated::Allowed)).collect();
        if refused.is_empty() {
            continue;
        }
        // Permissions may be limited to certain resources.
        let (arns, of_service) = of_resources(sources.registry, steps, type_name, &refused);
        undecided += refused.len() - of_service.len();
        if arns.is_empty() || simulated + arns.len() > MAX_RESOURCES {
            undecided += of_service.len();
            continue;
        }
        simulated += arns.len();
        for arn in arns {
            let found = simulator.simulate(&principal, &of_service, &arn).await.map_err(|error| error.to_string())?;
            let is_denied = |action: &&str| {
                matches!(found.get(*action), Some(Simulated::ImplicitlyDenied | Simulated::ExplicitlyDenied))
            };
            undecided += of_service
                .iter()
                .filter(|action| matches!(found.get(**action), None | Some(Simulated::Undecided)))
                .count();
            let denied: Vec<&str> = of_service.iter().copied().filter(is_denied).collect();
            if !denied.is_empty() {
                notes.push(denied_note(&principal, type_name, &arn, &denied));
            }
        }
    }
    let count = all.len();
    let open = if undecided == 0 { String::new() } else { format!(", {undecided} undecided") };
    let said = match (notes.len(), undecided) {
        (0, 0) => Ok(format!("{count} permission(s) simulated, none denied")),
        // What was not decided has not passed.
        (0, _) => Err(format!("{count} permission(s) simulated, none denied{open}")),
        (denied, _) => Err(format!("{count} permission(s) simulated, some for {denied} resource(s) denied{open}")),
    };
    Ok((notes, said))
}

/// The ARNs of a type's resources in the plan, as far as they are known, and those of the actions that concern them: other actions
/// of a handler are on other resources, such as a role that it passes.
fn of_resources<'s>(
    registry: &Registry,
    steps: &[&Step],
    type_name: &str,
    actions: &[&'s str],
) -> (BTreeSet<String>, Vec<&'s str>) {
    let of_type: Vec<&&Step> = steps.iter().filter(|step| step.type_name == type_name).collect();
    let arns: BTreeSet<String> = of_type.iter().filter_map(|step| expected_arn(registry, step)).collect();
    let services: BTreeSet<&str> = arns.iter().filter_map(|arn| Arn::parse(arn)).map(|arn| arn.service).collect();
    let concerns = |action: &&&str| action.split(':').next().is_some_and(|service| services.contains(service));
    (arns.clone(), actions.iter().filter(concerns).copied().collect())
}

fn denied_note(principal: &str, type_name: &str, arn: &str, denied: &[&str]) -> Diagnostic {
    let more = match denied.len().saturating_sub(NAMED_ACTIONS) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let named = denied.iter().take(NAMED_ACTIONS).copied().collect::<Vec<_>>().join(", ");
    let message = format!("the policies of {principal} do not allow {named}{more} on {arn}, which the change may need");
    Diagnostic::warning(Code::PermissionMissing, message)
        .resource(type_name)
        .hint("allow the actions, or continue if the properties in use do not need them")
}

/// The actions of the handlers that a step calls, without wildcards, and that of Cloud Control itself.
fn actions(registry: &Registry, step: &Step) -> Vec<String> {
    let (handlers, own): (&[&str], &[&str]) = match &step.action {
        Action::Create { .. } => (&["create", "read"], &["CreateResource", "GetResource"]),
        Action::Update { .. } => (&["update", "read"], &["UpdateResource", "GetResource"]),
        Action::Replace { .. } => (&["create", "delete", "read"], &["CreateResource", "DeleteResource", "GetResource"]),
        Action::Delete { .. } => (&["delete"], &["DeleteResource"]),
        Action::Tag { .. } => (&[], &[]),
    };
    let permissions = registry.permissions(&step.type_name);
    let of_handlers = handlers.iter().filter_map(|handler| permissions.get(*handler)).flatten();
    let of_handlers = of_handlers.filter(|action| action.contains(':') && !action.contains('*')).cloned();
    of_handlers.chain(own.iter().map(|action| format!("cloudformation:{action}"))).collect()
}

/// The ARN that the step's resource has or will have, if it can be known.
fn expected_arn(registry: &Registry, step: &Step) -> Option<String> {
    let (account, region) = (step.account.as_str(), step.region.as_str());
    let schema = registry.get(&step.type_name)?;
    match (&step.action, step.known_identifier()) {
        (Action::Create { desired } | Action::Replace { desired, .. }, identifier) => {
            let identifier = identifier.map_or("", String::as_str);
            predict_arn(schema, identifier, desired, AccountRegion { account, region })
        }
        (_, Some(identifier)) => arn_of(schema, identifier, &serde_json::Value::Null, account, region),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests;
