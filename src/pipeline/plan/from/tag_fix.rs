//! The corrections of a tag audit, as a plan: it changes tags and nothing else.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::deletion::{finish, step};
use crate::domain::audit::{AuditReport, TagCorrection};
use crate::domain::digest;
use crate::domain::plan::{Action, ChecklistItem, ChecklistState, Plan, Step, TagValue};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::tags::Tags;
use crate::estimate::Estimate;
use crate::pipeline::plan::from::change::logical_id;
use crate::pipeline::plan::{PlanContext, Planned, Side};
use crate::pipeline::ports::CloudError;

/// Plans what corrects the violations of an audit. `sides` are the audited environments, and `main` is the one of the plan: it
/// is the same for what is left after an interruption, whatever that is.
///
/// # Errors
/// AWS could not be read.
pub async fn plan(
    context: &PlanContext<'_>,
    main: &Side<'_>,
    sides: &[Side<'_>],
    report: &AuditReport,
) -> Result<(Planned, Estimate), CloudError> {
    let mut plan = Plan::new(context.as_of, main.environment, main.registry());
    for row in &report.rows {
        let live = untyped(&row.resource, Tags::new());
        plan.existing.insert(name(&row.environment, &row.resource), live);
    }
    for correction in &report.corrections {
        let Some(side) = sides.iter().find(|side| side.environment.name == correction.environment) else { continue };
        let key = format!("{} {}", correction.environment, correction.resource);
        for tag in correction.tags.keys() {
            // An approval is for the values that were shown.
            let found = correction.found.get(tag).map_or("absent", String::as_str);
            plan.live.insert(format!("{key} {tag}"), found.to_owned());
        }
        let live = untyped(&correction.resource, correction.found.clone());
        plan.existing.insert(name(&correction.environment, &correction.resource), live);
        plan.steps.push(tagging(side, correction));
    }
    let is_changed = |side: &&Side<'_>| plan.steps.iter().any(|step| step.environment == side.environment.name);
    let others = sides.iter().filter(is_changed).filter(|side| side.environment.name != main.environment.name);
    let checklist = others.map(|side| ChecklistItem {
        item: "account verified",
        state: ChecklistState::Ok,
        evidence: format!("STS: {}", side.account.arn()),
    });
    let checklist = checklist.collect();
    finish(context, main, plan, Vec::new(), checklist, Vec::new()).await
}

fn untyped(resource: &ResourceRef, tags: Tags) -> LiveResource {
    LiveResource { resource: resource.clone(), properties: Value::Null, tags, arn: None }
}

/// The name of a resource's step, which is the same in every plan.
fn name(environment: &str, resource: &ResourceRef) -> String {
    let subject = Value::String(format!("{environment} {resource}"));
    let hash: String = digest::of(&subject).chars().take(10).collect();
    format!("{}{hash}", logical_id(resource))
}

fn tagging(side: &Side<'_>, correction: &TagCorrection) -> Step {
    let live = untyped(&correction.resource, correction.found.clone());
    let tags: BTreeMap<String, TagValue> = correction.tags.clone();
    let text = |value: &TagValue| value.text().map_or(Value::Null, |text| Value::String(text.clone()));
    let subject: Map<String, Value> = tags.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    let changes = tags
        .iter()
        .map(|(key, value)| Change {
            pointer: format!("/Tags/{key}"),
            before: correction.found.get(key).map(|found| Value::String(found.clone())),
            after: value.text().map(|text| Value::String(text.clone())),
        })
        .collect();
    let step = step(side, &live, Action::Tag { tags }, &Value::Object(subject));
    Step { logical_id: name(&correction.environment, &correction.resource), changes, ..step }
}
