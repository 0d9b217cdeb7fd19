//! The rest of an approved replacement by `update` whose old resource does not exist any more. What the new one should be
//! is derived from the live resource, so that only the approved plan still has it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{ChangeError, Edit, absent, logical_id, refused, with_edit};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{
    Action, ChangeDocument, Operation, Plan, PlanDocument, SENSITIVE, Step, StepDocument, TagValue,
};
use crate::domain::project::Environment;
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::{pointer, tags};
use crate::estimate::Estimate;
use crate::pipeline::estate;
use crate::pipeline::plan::desired::{ChangeRequest, Desired, Existing, Origin};
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble};
use crate::pipeline::ports::CloudError;
use crate::schema::{Identified, TypeSchema};

/// A plan that was approved before.
#[derive(Debug, Clone, Copy)]
pub struct ApprovedBefore<'a> {
    /// The plan.
    pub plan: &'a PlanDocument,
    /// Where it is stored.
    pub place: &'a str,
}

impl ApprovedBefore<'_> {
    fn steps(&self, environment: &str, type_name: &str) -> impl Iterator<Item = &StepDocument> {
        let (environment, type_name) = (environment.to_owned(), type_name.to_owned());
        self.plan.steps.iter().filter(move |step| step.environment == environment && step.type_name == type_name)
    }

    /// The step of an operation on a resource.
    pub fn step(&self, operation: Operation, environment: &str, resource: &ResourceRef) -> Option<&StepDocument> {
        self.steps(environment, &resource.type_name)
            .find(|step| step.operation == operation && step.identifier.as_ref() == Some(&resource.identifier))
    }

    /// The steps that tag the new resource of a replacement, for a type that is tagged only after its creation.
    fn tagging<'b>(&'b self, replacement: &'b StepDocument) -> impl Iterator<Item = &'b StepDocument> {
        self.steps(&replacement.environment, &replacement.type_name)
            .filter(|step| step.operation == Operation::Tag && step.logical_id == replacement.logical_id)
    }
}

/// Plans the rest of the replacement of a resource that does not exist.
///
/// # Errors
/// The plan does not replace the resource, the plan does not contain all values, or AWS could not be read.
pub async fn plan(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    resource: &ResourceRef,
    edit: &Edit,
    approved: Option<ApprovedBefore<'_>>,
) -> Result<(Planned, Estimate), ChangeError> {
    let environment = &side.environment.name;
    let missing = || refused(absent(resource, environment));
    let type_schema = side.registry().get(&resource.type_name).ok_or_else(missing)?;
    let approved = approved.ok_or_else(missing)?;
    let replacement = approved.step(Operation::Replace, environment, resource).ok_or_else(missing)?;
    let mut plan = Plan::new(context.as_of, side.environment, side.registry());
    plan.live.insert(format!("{environment} {resource}"), "absent".to_owned());
    if approved.step(Operation::Delete, environment, resource).is_some() {
        // The old resource is deleted last.
        if !is_created(side, type_schema, approved, replacement).await? {
            return Err(missing());
        }
        let (planned, estimate, _) = assemble(context, side, None, Vec::new(), plan).await?;
        return Ok((planned, estimate));
    }
    let properties = restored(type_schema, resource, edit, replacement, approved.place)?;
    let desired = Desired {
        logical_id: logical_id(resource),
        type_schema,
        properties: properties.clone(),
        identifier: Some(resource.identifier.clone()),
        depends_on: BTreeSet::new(),
        deferred: BTreeSet::new(),
        origin: Origin::Change(Box::new(ChangeRequest { declared: properties.clone() })),
        existing: Existing::Absent,
    };
    let (mut planned, estimate, _) = assemble(context, side, None, vec![desired], plan).await?;
    let Some(creation) = planned.plan.steps.first().cloned() else { return Ok((planned, estimate)) };
    // The same steps as approved. If there is a resource again when they are carried out, it is not deleted.
    let action = Action::Replace { desired: properties, found: String::new(), delete_first: true };
    let changes = replacement.changes.iter().map(change).collect();
    let tagging = approved.tagging(replacement).map(|step| tag(step, &creation)).collect::<Vec<Step>>();
    let (client_token, stored) = (replacement.client_token.clone(), replacement.stored.clone());
    planned.plan.steps = vec![Step { action, changes, client_token, stored, ..creation }];
    planned.plan.steps.extend(tagging);
    Ok((planned, estimate))
}

/// The tags of an approved replacement that its new resource does not have yet.
pub fn missing_tags(environment: &Environment, live: &LiveResource, approved: ApprovedBefore<'_>) -> Vec<Step> {
    let Some(replacement) = approved.step(Operation::Replace, &environment.name, &live.resource) else {
        return Vec::new();
    };
    let resource = (live.resource.type_name.as_str(), Some(live.resource.identifier.as_str()));
    let action = Action::Tag { tags: BTreeMap::new() };
    let base = Step::new(environment, replacement.logical_id.clone(), resource, action, String::new());
    let is_missing = |step: &&StepDocument| {
        let wanted = step.request.as_object().into_iter().flatten();
        wanted.into_iter().any(|(key, value)| live.tags.get(key).map(String::as_str) != value.as_str())
    };
    approved.tagging(replacement).filter(is_missing).map(|step| tag(step, &base)).collect()
}

/// An approved step that tags a new resource.
fn tag(step: &StepDocument, base: &Step) -> Step {
    let texts = step.request.as_object().into_iter().flatten();
    let tags = texts.filter_map(|(key, value)| Some((key.clone(), TagValue::Text(value.as_str()?.to_owned()))));
    Step {
        action: Action::Tag { tags: tags.collect() },
        identifier: step.identifier.clone(),
        target_of: step.target_of.clone(),
        depends_on: step.depends_on.clone(),
        client_token: step.client_token.clone(),
        inputs_needed: Vec::new(),
        stored: Vec::new(),
        ..base.clone()
    }
}

fn change(document: &ChangeDocument) -> Change {
    let some = |value: &Value| (!value.is_null()).then(|| value.clone());
    Change { pointer: document.pointer.clone(), before: some(&document.before), after: some(&document.after) }
}

/// The properties of the new resource. The approved plan does not contain sensitive values; those that the command sets
/// are in the command, and the approval covers them.
fn restored(
    schema: &TypeSchema,
    resource: &ResourceRef,
    edit: &Edit,
    step: &StepDocument,
    place: &str,
) -> Result<Value, ChangeError> {
    let mut properties = step.request.clone();
    if step.sensitive.is_none() {
        return Ok(properties);
    }
    if let Edit::Properties { declared, sets } = edit {
        properties = with_edit(&properties, declared, sets, resource).map_err(ChangeError::Refused)?;
        crate::schema::coerce(schema, &mut properties);
    }
    let mut hidden = Vec::new();
    pointer::for_each_string(&properties, &mut |at, text| {
        if text == SENSITIVE {
            hidden.push(at.to_owned());
        }
    });
    if hidden.is_empty() {
        return Ok(properties);
    }
    let message = format!(
        "{resource} was deleted by a replacement that was interrupted, and the approved plan does not contain {}, \
         because it is sensitive",
        hidden.join(", ")
    );
    let hint = format!("create the resource again with `stagegate create`: the other properties are in {place}");
    Err(refused(Diagnostic::error(Code::MissingValue, message).resource(resource.to_string()).hint(hint)))
}

/// True if the new resource of a replacement exists: it carries the OperationId of the request.
async fn is_created(
    side: &Side<'_>,
    schema: &TypeSchema,
    approved: ApprovedBefore<'_>,
    replacement: &StepDocument,
) -> Result<bool, CloudError> {
    let written = tags::read(schema, &replacement.request).remove(tags::OPERATION_ID);
    let tagged = |step: &StepDocument| step.request.get(tags::OPERATION_ID)?.as_str().map(str::to_owned);
    let Some(operation) = written.or_else(|| approved.tagging(replacement).find_map(tagged)) else { return Ok(false) };
    let carries_it = |live: &LiveResource| live.tags.get(tags::OPERATION_ID) == Some(&operation);
    for tagged in side.reader.tagged(Some((tags::OPERATION_ID, &[&operation]))).await? {
        let Identified::Exactly(found) = side.registry().identify(&tagged.arn) else { continue };
        if found.type_name == schema.type_name
            && estate::read(side.reader, &found, None).await?.is_some_and(|live| carries_it(&live))
        {
            return Ok(true);
        }
    }
    // The tagging API lags behind, and does not support every type.
    if !estate::is_listable(side.registry(), &schema.type_name) {
        return Ok(false);
    }
    let listed = side.reader.list(&schema.type_name).await?.into_iter();
    let resources = listed.map(|identifier| ResourceRef::new(&schema.type_name, identifier)).collect();
    let found = estate::read_all(side.reader, resources, &mut Vec::new(), side.events).await;
    Ok(found.iter().any(carries_it))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::project::Project;
    use crate::domain::tags::Tags;

    const TYPE: &str = "AWS::RDS::DBInstance";

    fn step(operation: Operation, request: Value, sensitive: bool) -> StepDocument {
        let step = json!({
            "order": 1, "logical_id": "DBInstance", "environment": "dev", "account": "111111111111",
            "region": "us-east-1", "operation": operation.as_str(), "type": TYPE, "identifier": "db",
            "target_of": null, "source": null, "request": request, "changes": [], "rewrites": [], "overwrites": [],
            "depends_on": [], "client_token": "t", "inputs_needed": [], "not_copied": [],
            "sensitive": sensitive.then_some("hash"),
        });
        serde_json::from_value(step).unwrap()
    }

    fn database() -> ResourceRef {
        ResourceRef::new(TYPE, "db")
    }

    #[test]
    fn sensitive_values_come_from_the_command_or_the_resource_is_not_created() {
        let schema = TypeSchema::embedded(TYPE).unwrap();
        let hidden = step(Operation::Replace, json!({"DBName": "x", "MasterUserPassword": SENSITIVE}), true);
        let set = |place: &str| Edit::Properties { declared: json!({}), sets: vec![(place.to_owned(), json!("pw"))] };
        let found = restored(schema, &database(), &set("/MasterUserPassword"), &hidden, "plan.json").unwrap();
        assert_eq!(found, json!({"DBName": "x", "MasterUserPassword": "pw"}));
        let patch = Edit::Patch(serde_json::from_value(json!([])).unwrap());
        for edit in [set("/DBName"), patch] {
            let Err(ChangeError::Refused(problems)) = restored(schema, &database(), &edit, &hidden, "plan.json") else {
                panic!("{edit:?}")
            };
            let text = format!("{problems:?}");
            assert!(text.contains("/MasterUserPassword") && text.contains("plan.json"), "{text}");
        }
        let open = step(Operation::Replace, json!({"DBName": "x"}), false);
        assert_eq!(restored(schema, &database(), &set("/DBName"), &open, "p").unwrap(), json!({"DBName": "x"}));
    }

    #[test]
    fn tags_that_a_new_resource_does_not_have_yet_are_those_that_were_approved() {
        let project = Project::sandbox();
        let dev = project.environment("dev").unwrap();
        let mut plan =
            Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), dev, &crate::schema::Registry::embedded()).document();
        plan.steps = vec![
            step(Operation::Replace, json!({}), false),
            step(Operation::Tag, json!({"MANAGED_BY": "stagegate", "OperationId": "t"}), false),
        ];
        let approved = ApprovedBefore { plan: &plan, place: "plan.json" };
        let live = |tags: &[(&str, &str)]| LiveResource {
            resource: database(),
            properties: json!({}),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Tags>(),
            arn: None,
        };
        let steps = missing_tags(dev, &live(&[("MANAGED_BY", "stagegate")]), approved);
        let Action::Tag { tags } = &steps[0].action else { panic!("{steps:?}") };
        assert_eq!((steps.len(), &tags["OperationId"]), (1, &TagValue::Text("t".to_owned())));
        assert!(missing_tags(dev, &live(&[("MANAGED_BY", "stagegate"), ("OperationId", "t")]), approved).is_empty());
        plan.steps.remove(0);
        let approved = ApprovedBefore { plan: &plan, place: "plan.json" };
        assert!(missing_tags(dev, &live(&[]), approved).is_empty(), "the plan does not replace it");
    }
}
