//! Whether a promotion may run unattended (`promote --auto`): the rules of `promotion.auto` in the project file, and what is
//! never promoted unattended, whatever they say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::compare::applied::AppliedDigest;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::money::Usd;
use crate::domain::plan::{Action, Operation, Step};
use crate::domain::pointer;
use crate::domain::project::{AutoPromotion, auto_type_problem};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::estimate::Estimate;
use crate::pipeline::estate;
use crate::pipeline::plan::{Planned, Side};
use crate::pipeline::ports::{CloudError, ProgressStatus, RequestOperation, ResourceRequest};
use crate::schema::{Registry, TypeSchema};

/// Returns why a plan may not be applied unattended. `requests` are the requests of the environment promoted from that
/// succeeded in the last days.
///
/// # Errors
/// A resource in the environment promoted from could not be read.
pub async fn auto_refusals(
    rules: &AutoPromotion,
    from: &Side<'_>,
    (planned, estimate): (&Planned, &Estimate),
    requests: &[ResourceRequest],
    now: Timestamp,
) -> Result<Vec<Diagnostic>, CloudError> {
    let mut problems = Vec::new();
    if planned.plan.steps.is_empty() {
        return Ok(problems);
    }
    let mut sources: BTreeMap<ResourceRef, Vec<String>> = BTreeMap::new();
    for step in planned.plan.steps.iter().filter(|step| step.action.changes_resource()) {
        problems
            .extend(changed_type(&planned.plan.registry, rules, step).map(|reason| refused(&step.subject(), &reason)));
        if let Some(source) = &step.source {
            sources.entry(ResourceRef::new(&step.type_name, source.clone())).or_default();
        }
    }
    for resource in sources.keys() {
        let reason = match estate::read(from.reader, resource, None).await? {
            None => Some(format!("it does not exist in {}", from.environment.name)),
            Some(live) => unsettled(from.registry(), &live, rules, requests, now),
        };
        problems.extend(reason.map(|reason| refused(&resource.to_string(), &reason)));
    }
    if estimate.unknown_count > 0 {
        problems.push(refused("the plan", &format!("the cost of {} resource(s) is not known", estimate.unknown_count)));
    }
    if estimate.total.high > Usd::new(rules.cap) {
        let (high, cap) = (estimate.total.high.per_month(), Usd::new(rules.cap).per_month());
        problems.push(refused("the plan", &format!("its upper estimate {high} exceeds promotion.auto.cap {cap}")));
    }
    // Nobody reviews what is listed.
    for note in planned.notes.iter().filter(|note| note.code == Code::CarriedOver) {
        problems.push(refused("the plan", &format!("a person must review this: {}", note.message)));
    }
    for left in &planned.unchanged.left_behind {
        problems.push(refused(&left.subject(), &format!("it would be left behind: {}", left.reason)));
    }
    Ok(problems)
}

fn refused(subject: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::AutoRefused, format!("{subject} is not promoted unattended: {reason}"))
        .resource(subject)
        .hint("promote it without --auto, and approve the plan")
}

/// Returns why a step may not run unattended, by its type and by what it changes.
fn changed_type(registry: &Registry, rules: &AutoPromotion, step: &Step) -> Option<String> {
    if let Some(reason) = auto_type_problem(registry, &step.type_name) {
        return Some(reason);
    }
    if !rules.types.contains(&step.type_name) {
        return Some(format!("{} is not one of promotion.auto.types", step.type_name));
    }
    if !matches!(step.operation(), Operation::Create | Operation::Update) {
        return Some(format!("the plan would {} it", step.operation().as_str()));
    }
    if !step.overwrites.is_empty() {
        return Some(format!("{} was changed in the environment promoted to", step.overwrites.join(", ")));
    }
    let schema = registry.get(&step.type_name)?;
    let review = [("permissions", &schema.review.iam), ("the network", &schema.review.network)];
    let place = |test: &dyn Fn(&str) -> bool| changed_places(step).into_iter().find(|place| test(place));
    review.into_iter().find_map(|(what, scope)| {
        let place = place(&|place| scope.covers(place))?;
        Some(format!("{place} is about {what}"))
    })
}

/// Returns the pointers of what a step sets.
fn changed_places(step: &Step) -> Vec<String> {
    let mut places: Vec<String> = step.changes.iter().map(|change| change.pointer.clone()).collect();
    if let Action::Create { desired: Value::Object(map) } = &step.action {
        places.extend(map.keys().map(|key| pointer::join("", key)));
        pointer::for_each_string(&Value::Object(map.clone()), &mut |place, _| places.push(place.to_owned()));
    }
    places
}

/// Returns why it is not known that a resource was unchanged for long enough: requests of the last days, and before them the
/// day of its creation, say when stagegate or another client of Cloud Control changed it; the record of what stagegate wrote
/// says whether anything else did.
fn unsettled(
    registry: &Registry,
    live: &LiveResource,
    rules: &AutoPromotion,
    requests: &[ResourceRequest],
    now: Timestamp,
) -> Option<String> {
    let Some(schema) = registry.get(&live.resource.type_name) else { return Some("its type is not known".to_owned()) };
    if let Some(property) = changed_by_others(schema, live) {
        return Some(format!("/{property} was changed by something else since stagegate wrote it"));
    }
    let is_change = |request: &&ResourceRequest| {
        request.type_name == live.resource.type_name
            && request.progress.identifier.as_ref() == Some(&live.resource.identifier)
            && request.progress.status == ProgressStatus::Success
            && request.operation != RequestOperation::Delete
    };
    let changes: Vec<Option<Timestamp>> = requests.iter().filter(is_change).map(|request| request.at).collect();
    let changed = match changes.as_slice() {
        [] => created(live),
        times => times.iter().copied().collect::<Option<Vec<Timestamp>>>().and_then(|times| times.into_iter().max()),
    };
    let soak = SignedDuration::try_from(rules.soak).unwrap_or(SignedDuration::MAX);
    match changed {
        None => Some("it is not known when it was changed last".to_owned()),
        Some(changed) if now.duration_since(changed) < soak => Some(format!(
            "it was changed at {changed}, and promotion.auto.soak is {} hours",
            rules.soak.as_secs() / 3600
        )),
        Some(_) => None,
    }
}

/// Returns the end of the day on which a resource was created.
fn created(live: &LiveResource) -> Option<Timestamp> {
    let day: jiff::civil::Date = live.tags.get(tags::CREATED_DATE)?.parse().ok()?;
    Some(day.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Returns a property that is not as stagegate wrote it. Only what a template sets is recorded.
fn changed_by_others(schema: &TypeSchema, live: &LiveResource) -> Option<String> {
    let record = AppliedDigest::parse(live.tags.get(tags::APPLIED_DIGEST)?)?;
    let names = live.properties.as_object()?.keys();
    let has_changed = |name: &&String| {
        let known = record.property(schema, name, &live.properties, &live.properties);
        known.is_some_and(|known| known.live_changed)
    };
    names.into_iter().find(has_changed).cloned()
}
