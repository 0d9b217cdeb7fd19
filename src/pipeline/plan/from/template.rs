//! Desired resources from a template.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{DesiredResource, ResourceRef};
use crate::domain::{pointer, symbol};
use crate::estimate::Estimate;
use crate::pipeline::load::Loaded;
use crate::pipeline::plan::desired::{Desired, Existing, Origin};
use crate::pipeline::plan::steps::creation_token;
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble, identity, tokens_between};
use crate::pipeline::ports::CloudError;
use crate::promotion::desired as promotion;
use crate::schema::{AccountRegion, Registry, TypeSchema, predict_identifier};

/// Plans the creation of a template's resources.
///
/// # Errors
/// AWS could not be read.
pub async fn plan(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    loaded: &Loaded,
) -> Result<(Planned, Estimate), CloudError> {
    let environment = side.environment;
    let mut plan = Plan::new(context.as_of, environment);
    plan.secrets = loaded.secrets.clone();
    let names: BTreeSet<&str> = loaded.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    let mut desired = Vec::with_capacity(loaded.resources.len());
    for resource in &loaded.resources {
        let Some(type_schema) = Registry::get(&resource.type_name) else { continue };
        plan.problems.extend(unresolvable_values(resource, &names));
        plan.problems.extend(unpromotable_name(context.project, environment, type_schema, resource));
        desired.push(resolve(side, type_schema, resource, &names).await?);
    }
    let (mut planned, estimate, desired) = assemble(context, side, None, desired, plan).await?;
    let conflicts = desired.iter().filter(|one| matches!(one.existing, Existing::Foreign(_))).count();
    planned.checklist = vec![
        ChecklistItem {
            item: "account verified",
            state: ChecklistState::Ok,
            evidence: format!("STS: {}", side.account.arn()),
        },
        ChecklistItem {
            item: "template valid",
            state: ChecklistState::Ok,
            evidence: format!("{} resource(s) checked against their schemas", loaded.resources.len()),
        },
        ChecklistItem {
            item: "no conflicting resources",
            state: if conflicts == 0 { ChecklistState::Ok } else { ChecklistState::Open },
            evidence: format!("{conflicts} resource(s) already exist"),
        },
    ];
    Ok((planned, estimate))
}

/// Resolves a resource of a template and looks up the existing resource.
async fn resolve(
    side: &Side<'_>,
    type_schema: &'static TypeSchema,
    resource: &DesiredResource,
    names: &BTreeSet<&str>,
) -> Result<Desired, CloudError> {
    let environment = side.environment;
    let place = AccountRegion { account: environment.account.as_str(), region: &environment.region };
    let depends_on = resource.references().into_iter();
    let mut desired = Desired {
        logical_id: resource.logical_id.clone(),
        type_schema,
        properties: resource.properties.clone(),
        identifier: predict_identifier(type_schema, &resource.properties, place),
        depends_on: depends_on.filter(|name| *name != resource.logical_id && names.contains(name.as_str())).collect(),
        origin: Origin::Template(Box::new(resource.clone())),
        existing: Existing::Absent,
    };
    let token = creation_token(side, &desired);
    let identifier = desired.identifier.as_deref();
    desired.existing =
        identity::existing_for_request(side.reader, type_schema, identifier, &token, &resource.properties).await?;
    Ok(desired)
}

/// Returns problems for intrinsic functions and references that this plan cannot resolve.
fn unresolvable_values(resource: &DesiredResource, names: &BTreeSet<&str>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    pointer::for_each_string(&resource.properties, &mut |place, text| {
        if text.contains("{{resolve:") {
            problems.push(
                Diagnostic::error(
                    Code::DynamicReference,
                    format!(
                        "{} {place} is a dynamic reference, which Cloud Control does not resolve",
                        resource.logical_id
                    ),
                )
                .at(resource.source.locate(place))
                .pointer(place)
                .resource(&resource.logical_id)
                .hint("use a property that takes a secret's ARN, or a managed secret such as ManageMasterUserPassword"),
            );
        }
    });
    for place in symbol::unknown_pointers(&resource.properties) {
        let value = resource.properties.pointer(&place).unwrap_or(&Value::Null);
        if !is_resolvable(value, names) {
            problems.push(
                Diagnostic::error(
                    Code::UnresolvedReference,
                    format!("{} {place} cannot be resolved: {value}", resource.logical_id),
                )
                .at(resource.source.locate(&place))
                .pointer(&place)
                .resource(&resource.logical_id)
                .hint(
                    "use a literal value, or pass it as a parameter with --param; values of parameters of an \
                     AWS::SSM::Parameter type are not resolved, so use type String",
                ),
            );
        }
    }
    problems
}

fn is_resolvable(value: &Value, names: &BTreeSet<&str>) -> bool {
    match value {
        Value::Object(map) if symbol::is_intrinsic(value) => {
            map.iter().all(|(function, argument)| match function.as_str() {
                "Ref" => argument.as_str().is_some_and(|name| names.contains(name)),
                "Fn::GetAtt" | "Fn::Sub" => true,
                "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Base64" => is_resolvable(argument, names),
                _ => false,
            })
        }
        Value::Object(map) => map.values().all(|child| is_resolvable(child, names)),
        Value::Array(items) => items.iter().all(|item| is_resolvable(item, names)),
        _ => true,
    }
}

/// Returns a problem if the resource's name cannot be promoted, before the resource is created.
fn unpromotable_name(
    project: &Project,
    environment: &Environment,
    type_schema: &TypeSchema,
    resource: &DesiredResource,
) -> Option<Diagnostic> {
    if environment.protected {
        return None;
    }
    let target = project.environments.iter().find(|other| other.protected && other.name != environment.name)?;
    let shared = target.account == environment.account;
    let name = type_schema.name_property.as_ref()?;
    let written = resource.properties.get(name)?;
    if symbol::has_unknown(written) || !(shared || promotion::has_global_name(&type_schema.type_name)) {
        return None;
    }
    let tokens = tokens_between(project, environment, target);
    let as_ref = ResourceRef::new(&resource.type_name, written.as_str().unwrap_or_default());
    let problem =
        promotion::target_name(type_schema, &as_ref, &resource.properties, &tokens, &project.promotion.map, shared)
            .err()?;
    let example =
        tokens.find(&format!("x-{}", environment.name)).first().map_or("dev", |_| environment.name.as_str()).to_owned();
    Some(
        problem.at(resource.source.locate(&pointer::join("", name))).resource(&resource.logical_id).hint(format!(
            "it cannot be promoted to {}: include `{example}` in the name as a separate word",
            target.name
        )),
    )
}
