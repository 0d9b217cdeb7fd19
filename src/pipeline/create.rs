//! Plan: resources of a template into an environment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::gate::{Planned, price};
use super::load::Loaded;
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use super::prices::Priced;
use super::starting::Planning;
use crate::compare::drift;
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::order;
use crate::domain::plan::{Action, ChecklistItem, ChecklistState, Operation, Plan, Step, TagValue, client_token};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{DesiredResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::domain::{pointer, symbol};
use crate::estimate::{Estimate, Status};
use crate::policy::ScanResource;
use crate::promotion::{desired, names::Tokens};
use crate::schema::{self, Registry, TypeSchema};

/// Plans the creation of a template's resources.
///
/// # Errors
/// AWS could not be read.
pub async fn plan(
    planning: &Planning<'_>,
    environment: &Environment,
    account: &VerifiedAccount,
    reader: &dyn ReadCloud,
    loaded: &Loaded,
) -> Result<(Planned, Estimate), CloudError> {
    let scanned: Vec<ScanResource> = loaded.resources.iter().map(ScanResource::from).collect();
    let Priced { estimate, notes } = price(planning, reader, &scanned, &environment.region).await?;
    let mut plan = Plan::new(planning.as_of, environment);
    plan.secrets = loaded.secrets.clone();
    for resource in in_order(&loaded.resources, &mut plan.problems) {
        let Some(type_schema) = Registry::get(&resource.type_name) else { continue };
        let cost = estimate.resources.iter().find(|priced| priced.logical_id.as_deref() == Some(&resource.logical_id));
        let cost = cost.map(|priced| match priced.status {
            Status::Unknown => "unknown".to_owned(),
            Status::Free | Status::Priced => priced.monthly.expected.tag_value(),
        });
        plan.problems.extend(unsendable(resource, &loaded.resources));
        plan.problems.extend(unpromotable(planning.project, environment, type_schema, resource));
        let place = Place { planning, environment, account, reader };
        add_steps(&place, type_schema, resource, &loaded.resources, cost, &mut plan).await?;
    }
    let existing = plan.problems.iter().filter(|problem| problem.code == "already-exists").count();
    let checklist = vec![
        ChecklistItem {
            item: "account confirmed",
            state: ChecklistState::Ok,
            evidence: format!("STS: {}", account.arn()),
        },
        ChecklistItem {
            item: "template valid",
            state: ChecklistState::Ok,
            evidence: format!("{} resource(s) checked against their schemas", loaded.resources.len()),
        },
        ChecklistItem {
            item: "nothing in the way",
            state: if existing == 0 { ChecklistState::Ok } else { ChecklistState::Open },
            evidence: format!("{existing} resource(s) exist already"),
        },
    ];
    Ok((Planned { plan, resources: scanned, context: Vec::new(), checklist, notes }, estimate))
}

struct Place<'a> {
    planning: &'a Planning<'a>,
    environment: &'a Environment,
    account: &'a VerifiedAccount,
    reader: &'a dyn ReadCloud,
}

async fn add_steps(
    place: &Place<'_>,
    type_schema: &TypeSchema,
    resource: &DesiredResource,
    siblings: &[DesiredResource],
    cost: Option<String>,
    plan: &mut Plan,
) -> Result<(), CloudError> {
    let (environment, planning) = (place.environment, place.planning);
    let identifier = type_schema.identifier_of(&resource.properties);
    let token = client_token(
        &environment.account,
        &environment.region,
        Operation::Create,
        &resource.type_name,
        Some(identifier.as_ref().unwrap_or(&resource.logical_id)),
        &tags::without_tracking(type_schema, &resource.properties),
    );
    let mut body = resource.properties.clone();
    if body.is_null() {
        body = Value::Object(Map::new());
    }
    let mut new_tags = Tags::new();
    if type_schema.tagging.property.is_some() {
        new_tags = planning.base_tags(environment, place.account, &resource.logical_id);
        // Where tags cannot be changed later, dev never carries a status: prod's own tags tell it.
        if type_schema.tagging.updatable && !environment.protected {
            new_tags.insert(tags::PROMOTION_STATUS.into(), PromotionStatus::DevOnly.as_str().into());
        }
        new_tags.extend(cost.map(|cost| (tags::COST_ESTIMATE.to_owned(), cost)));
        new_tags.insert(tags::OPERATION_ID.into(), token.clone());
        // What the template says wins over what the project says, and the command line over both.
        let written = tags::read(type_schema, &resource.properties);
        for (key, value) in &written {
            if !tags::OWN_KEYS.contains(&key.as_str()) && !planning.extra_tags.contains_key(key) {
                new_tags.insert(key.clone(), value.clone());
            }
        }
        let mut merged = written;
        merged.extend(new_tags.clone());
        plan.problems.extend(planning.check_tags(environment, &merged, &resource.logical_id));
        if type_schema.tagging.on_create {
            tags::write(type_schema, &mut body, &new_tags);
        }
    }
    let (done, identifier) = find_existing(place, resource, identifier, &token, type_schema, plan).await?;
    let depends_on: Vec<String> = resource
        .references()
        .into_iter()
        .filter(|name| *name != resource.logical_id && siblings.iter().any(|sibling| sibling.logical_id == *name))
        .collect();
    let step = Step {
        logical_id: resource.logical_id.clone(),
        environment: environment.name.clone(),
        account: environment.account.clone(),
        region: environment.region.clone(),
        type_name: resource.type_name.clone(),
        identifier: identifier.clone(),
        target_of: None,
        action: Action::Create { desired: body },
        changes: Vec::new(),
        rewrites: Vec::new(),
        depends_on,
        client_token: token,
        inputs_needed: Vec::new(),
        source: None,
        made_before: done.then(|| identifier.clone()).flatten(),
    };
    let late_tags = (!new_tags.is_empty() && !type_schema.tagging.on_create).then(|| Step {
        target_of: Some(resource.logical_id.clone()),
        action: Action::Tag { tags: new_tags.into_iter().map(|(key, value)| (key, TagValue::Text(value))).collect() },
        depends_on: vec![resource.logical_id.clone()],
        ..step.clone()
    });
    plan.steps.push(step);
    plan.steps.extend(late_tags);
    Ok(())
}

/// Looks for a resource that is there already: made by an earlier run of the same request (same
/// OperationId), or somebody else's.
async fn find_existing(
    place: &Place<'_>,
    resource: &DesiredResource,
    identifier: Option<String>,
    token: &str,
    type_schema: &TypeSchema,
    plan: &mut Plan,
) -> Result<(bool, Option<String>), CloudError> {
    let environment = &place.environment.name;
    let Some(identifier) = identifier.or_else(|| told_by_name(place, resource, type_schema)) else {
        let found = place.reader.tagged(Some((tags::OPERATION_ID, &[token]))).await?;
        // The token is made of the type too, so that of several candidates it can only be this type's.
        let candidates = found.into_iter().flat_map(|tagged| schema::identify(&tagged.arn).candidates());
        let earlier = candidates
            .into_iter()
            .find(|candidate| candidate.type_name == resource.type_name)
            .map(|candidate| candidate.identifier);
        // The identifier of an unnamed resource is no part of the digest's promise.
        return Ok((earlier.is_some(), earlier));
    };
    if !type_schema.handlers.read {
        return Ok((false, Some(identifier)));
    }
    let target = ResourceRef::new(&resource.type_name, &identifier);
    let live = match place.reader.get(&target).await {
        Ok(live) => live,
        Err(error) if error.kind == CloudErrorKind::Unsupported => None,
        Err(error) => return Err(error),
    };
    // Ours is what carries our request's token, or, where a type carries no tags, what is exactly as
    // asked for. A token alone can be copied by anybody, so the rest must fit as well.
    let known = symbol::known_part(&resource.properties);
    let earlier = live.as_ref().is_some_and(|live| {
        let claimed = tags::read(type_schema, live).get(tags::OPERATION_ID).is_some_and(|id| id == token);
        (claimed || type_schema.tagging.property.is_none()) && drift::not_as_sent(type_schema, &known, live).is_empty()
    });
    let fact = if live.is_some() && !earlier { "present" } else { "absent" };
    plan.live.insert(format!("{environment} {target}"), fact.to_owned());
    if live.is_some() && !earlier {
        plan.problems.push(
            Diagnostic::error(
                "already-exists",
                format!("{target} exists already in {environment}, and was not made by this request"),
            )
            .at(resource.source.resource.clone())
            .resource(&resource.logical_id)
            .hint("choose another name; stagegate never takes over what it did not make"),
        );
    }
    Ok((earlier, Some(identifier)))
}

/// The identifier that a named resource will have although AWS forms it (a queue's URL): by way of
/// its ARN, where the registry knows both forms.
fn told_by_name(place: &Place<'_>, resource: &DesiredResource, type_schema: &TypeSchema) -> Option<String> {
    let name = resource.properties.get(type_schema.name_property.as_ref()?)?;
    if !name.is_string() {
        return None;
    }
    let environment = place.environment;
    let (account, region) = (environment.account.as_str(), &environment.region);
    let arn = schema::arn_of(&resource.type_name, "", &resource.properties, account, region)?;
    match schema::identify(&arn) {
        schema::Identified::Exactly(found) if found.type_name == resource.type_name => Some(found.identifier),
        _ => None,
    }
}

/// The resources so that each comes after what it refers to; a circle is a problem.
fn in_order<'a>(resources: &'a [DesiredResource], problems: &mut Vec<Diagnostic>) -> Vec<&'a DesiredResource> {
    let graph: BTreeMap<String, BTreeSet<String>> = resources
        .iter()
        .map(|resource| (resource.logical_id.clone(), resource.references().into_iter().collect()))
        .collect();
    match order::topological(&graph) {
        Ok(names) => {
            names.iter().filter_map(|name| resources.iter().find(|resource| resource.logical_id == *name)).collect()
        }
        Err(cycle) => {
            let first = cycle.0.first().and_then(|name| resources.iter().find(|resource| resource.logical_id == *name));
            problems.push(
                Diagnostic::error("circular-dependency", cycle.to_string())
                    .at(first.and_then(|resource| resource.source.resource.clone()))
                    .hint("break the circle, for example with a name instead of a reference"),
            );
            resources.iter().collect()
        }
    }
}

/// Functions that nothing in this plan will ever answer: a body with one is refused.
fn unsendable(resource: &DesiredResource, siblings: &[DesiredResource]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    pointer::for_each_string(&resource.properties, &mut |place, text| {
        if text.contains("{{resolve:") {
            problems.push(
                Diagnostic::error(
                    "dynamic-reference",
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
        if !answerable(value, siblings) {
            problems.push(
                Diagnostic::error(
                    "unresolved-reference",
                    format!("{} {place} cannot be resolved: {value}", resource.logical_id),
                )
                .at(resource.source.locate(&place))
                .pointer(&place)
                .resource(&resource.logical_id)
                .hint(
                    "write the value out, or pass it as a parameter with --param; what a parameter of an \
                     AWS::SSM::Parameter type names is not looked up, so make it a String",
                ),
            );
        }
    }
    problems
}

fn answerable(value: &Value, siblings: &[DesiredResource]) -> bool {
    match value {
        Value::Object(map) if symbol::is_intrinsic(value) => {
            map.iter().all(|(function, argument)| match function.as_str() {
                "Ref" => {
                    argument.as_str().is_some_and(|name| siblings.iter().any(|sibling| sibling.logical_id == name))
                }
                "Fn::GetAtt" | "Fn::Sub" => true,
                "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Base64" => answerable(argument, siblings),
                _ => false,
            })
        }
        Value::Object(map) => map.values().all(|child| answerable(child, siblings)),
        Value::Array(items) => items.iter().all(|item| answerable(item, siblings)),
        _ => true,
    }
}

/// A name that could never be promoted is refused before it exists.
fn unpromotable(
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
    if symbol::has_unknown(written) || !(shared || desired::has_global_name(&type_schema.type_name)) {
        return None;
    }
    let tokens = tokens_between(project, environment, target);
    let as_ref = ResourceRef::new(&resource.type_name, written.as_str().unwrap_or_default());
    let problem =
        desired::target_name(type_schema, &as_ref, &resource.properties, &tokens, &project.promotion.map, shared)
            .err()?;
    let example =
        tokens.find(&format!("x-{}", environment.name)).first().map_or("dev", |_| environment.name.as_str()).to_owned();
    Some(problem.at(resource.source.locate(&pointer::join("", name))).resource(&resource.logical_id).hint(format!(
        "it could never be promoted to {}: put `{example}` into the name as a word of its own",
        target.name
    )))
}

/// The environment tokens between two environments of a project; an environment without any is
/// known by its name.
pub fn tokens_between(project: &Project, from: &Environment, to: &Environment) -> Tokens {
    let of = |environment: &Environment| {
        let configured = project.naming.environment_tokens.get(&environment.name).cloned();
        configured.unwrap_or_else(|| vec![environment.name.clone()])
    };
    Tokens::between(&of(from), &of(to))
}
