//! Load: what the user wrote, checked and made sendable before anything else happens.

use std::collections::BTreeSet;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::resource::DesiredResource;
use crate::schema::{self, Registry};

/// A template's resources, checked against their types' schemas.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The resources, in the order of the user's files.
    pub resources: Vec<DesiredResource>,
    /// What was changed on the user's behalf: coercions, as notes.
    pub notes: Vec<Diagnostic>,
    /// Values of `NoEcho` parameters.
    pub secrets: BTreeSet<String>,
}

/// Coerces scalars and validates every resource offline.
///
/// # Errors
/// Every violation of every resource, with its place.
pub fn check(mut resources: Vec<DesiredResource>, secrets: BTreeSet<String>) -> Result<Loaded, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut notes = Vec::new();
    for resource in &mut resources {
        if !Registry::contains(&resource.type_name) {
            problems.push(unknown_type(resource));
            continue;
        }
        for coercion in schema::coerce(&resource.type_name, &mut resource.properties) {
            notes.push(
                Diagnostic::note(
                    "coerced",
                    format!(
                        "{} {}: {} was taken as {}",
                        resource.logical_id, coercion.pointer, coercion.before, coercion.after
                    ),
                )
                .at(resource.source.locate(&coercion.pointer))
                .pointer(coercion.pointer)
                .resource(&resource.logical_id),
            );
        }
        for violation in schema::validate(&resource.type_name, &resource.properties) {
            let message = format!("{} {}", resource.logical_id, violation.message);
            let mut diagnostic = Diagnostic::error(violation.code, message)
                .at(resource.source.locate(&violation.pointer))
                .resource(&resource.logical_id);
            diagnostic.hint = violation
                .suggestion
                .map(|suggestion| format!("did you mean `{suggestion}`?"))
                .or_else(|| violation.expected.map(|expected| format!("expected {expected}")));
            problems.push(diagnostic.pointer(violation.pointer));
        }
    }
    if problems.is_empty() { Ok(Loaded { resources, notes, secrets }) } else { Err(problems) }
}

/// Refuses types that Cloud Control does not manage. They can be priced and scanned, as parts of a
/// template that something else deploys, but not created.
///
/// # Errors
/// Every resource of such a type, with its place and what to use instead.
pub fn insist_on_creatable(loaded: &Loaded) -> Result<(), Vec<Diagnostic>> {
    let is_creatable =
        |name: &str| Registry::get(name).is_some_and(|type_schema| type_schema.handlers.are_provisionable());
    let refused = loaded.resources.iter().filter(|resource| !is_creatable(&resource.type_name));
    let problems: Vec<Diagnostic> = refused
        .map(|resource| {
            Diagnostic::error("type-not-creatable", format!("Cloud Control cannot create {}", resource.type_name))
                .at(resource.source.resource.clone())
                .resource(&resource.logical_id)
                .hint(replacement_hint(&resource.type_name))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn unknown_type(resource: &DesiredResource) -> Diagnostic {
    let hint = match Registry::suggest(&resource.type_name) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "type names have the form AWS::Service::Resource".to_owned(),
    };
    Diagnostic::error("unknown-type", format!("{} has the unknown type `{}`", resource.logical_id, resource.type_name))
        .at(resource.source.type_name.clone().or_else(|| resource.source.resource.clone()))
        .resource(&resource.logical_id)
        .hint(hint)
}

/// What to use instead of the common types that Cloud Control does not serve.
fn replacement_hint(type_name: &str) -> String {
    let instead = match type_name {
        "AWS::SQS::QueuePolicy" => "AWS::SQS::QueueInlinePolicy",
        "AWS::SNS::TopicPolicy" => "AWS::SNS::TopicInlinePolicy",
        "AWS::IAM::Policy" => "AWS::IAM::RolePolicy, AWS::IAM::UserPolicy or AWS::IAM::ManagedPolicy",
        "AWS::Budgets::Budget" => "AWS::CloudWatch::Alarm on billing metrics (us-east-1)",
        _ => return "make it with the service's own tools and refer to it by its identifier".to_owned(),
    };
    format!("use {instead}")
}
