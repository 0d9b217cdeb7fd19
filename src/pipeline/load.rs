//! Load: what the user wrote, checked and made sendable before anything else happens.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::pointer;
use crate::domain::promotion::order;
use crate::domain::resource::DesiredResource;
use crate::schema::{self, Coercion, Registry, Violation};

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
pub fn check(resources: Vec<DesiredResource>, secrets: BTreeSet<String>) -> Result<Loaded, Vec<Diagnostic>> {
    check_all(resources, secrets, &|_| true)
}

/// As [`check`], for a resource that is only looked at: it need not be complete.
///
/// # Errors
/// Every violation but properties that are missing.
pub fn check_incomplete(resource: DesiredResource) -> Result<Loaded, Vec<Diagnostic>> {
    // Which of several forms it would take is not known before it is complete.
    let incomplete = ["missing-property", "no-form-fits"];
    check_all(vec![resource], BTreeSet::new(), &|violation| !incomplete.contains(&violation.code))
}

/// Fewer resources than this are not worth a second thread.
const SMALLEST: usize = 32;

fn check_all(
    mut resources: Vec<DesiredResource>,
    secrets: BTreeSet<String>,
    counts: &(dyn Fn(&Violation) -> bool + Sync),
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut notes = Vec::new();
    prepare(&resources);
    let size = resources.len().div_ceil(2).max(SMALLEST);
    let checked: Vec<Checked> = std::thread::scope(|scope| {
        let check =
            |part: &mut [DesiredResource]| part.iter_mut().map(|one| check_one(one, counts)).collect::<Vec<_>>();
        let mut parts = resources.chunks_mut(size);
        let own = parts.next();
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || check(part))).collect();
        let own = own.map(check).unwrap_or_default();
        let others =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(own).chain(others).flatten().collect()
    });
    for one in checked {
        notes.extend(one.notes);
        problems.extend(one.problems);
    }
    problems.extend(attributes(&resources));
    problems.extend(circle(&resources));
    if problems.is_empty() { Ok(Loaded { resources, notes, secrets }) } else { Err(problems) }
}

/// What to do about a violation whose schema asks for nothing in particular.
fn way_on(code: &str, type_name: &str) -> String {
    match code {
        "read-only-property" => "remove it; `!GetAtt` gives its value to other resources".to_owned(),
        "wrong-type" => "remove the line, or give it a value".to_owned(),
        _ => format!("`stagegate schema {type_name}` says what it takes"),
    }
}

/// Makes the schemas of many types ready, which takes longer than what is then asked of them.
fn prepare(resources: &[DesiredResource]) {
    let types: BTreeSet<&str> = resources.iter().map(|resource| resource.type_name.as_str()).collect();
    let types: Vec<&str> = types.into_iter().collect();
    if types.len() < 2 {
        return;
    }
    let (first, second) = types.split_at(types.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| first.iter().for_each(|name| schema::prepare(name)));
        second.iter().for_each(|name| schema::prepare(name));
    });
}

/// What is to be said of one resource.
#[derive(Default)]
struct Checked {
    notes: Vec<Diagnostic>,
    problems: Vec<Diagnostic>,
}

fn check_one(resource: &mut DesiredResource, counts: &dyn Fn(&Violation) -> bool) -> Checked {
    let mut checked = Checked::default();
    if !Registry::contains(&resource.type_name) {
        checked.problems.push(unknown_type(resource));
        return checked;
    }
    for coercion in schema::coerce(&resource.type_name, &mut resource.properties) {
        let Coercion { pointer, before, after } = coercion;
        let note = format!("{} {pointer}: {before} was taken as {after}", resource.logical_id);
        let place = resource.source.locate(&pointer);
        checked.notes.push(Diagnostic::note("coerced", note).at(place).pointer(pointer).resource(&resource.logical_id));
    }
    let violations = schema::validate(&resource.type_name, &resource.properties);
    for violation in violations.into_iter().filter(|violation| counts(violation)) {
        let message = format!("{} {}", resource.logical_id, violation.message);
        let mut diagnostic = Diagnostic::error(violation.code, message)
            .at(resource.source.locate(&violation.pointer))
            .resource(&resource.logical_id);
        diagnostic.hint = violation
            .suggestion
            .map(|suggestion| format!("did you mean `{suggestion}`?"))
            .or_else(|| violation.expected.map(|expected| format!("expected {expected}")))
            .or_else(|| Some(way_on(violation.code, &resource.type_name)));
        checked.problems.push(diagnostic.pointer(violation.pointer));
    }
    checked
}

/// Attributes of other resources that their types do not have: nothing could ever answer them.
fn attributes(resources: &[DesiredResource]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for resource in resources {
        for (place, target, attribute) in resource.attributes() {
            let Some(type_name) =
                resources.iter().find(|other| other.logical_id == target).map(|other| &other.type_name)
            else {
                continue;
            };
            let Some(type_schema) = Registry::get(type_name) else { continue };
            let path = attribute.split('.').fold(String::new(), |base, token| pointer::join(&base, token));
            if schema::describe(type_name, &path).is_some() {
                continue;
            }
            let close = type_schema
                .properties
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &attribute.to_lowercase()))
                .filter(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &attribute.to_lowercase()) <= 2);
            let hint = match close {
                Some(known) => format!("did you mean `{target}.{known}`?"),
                None => format!("attributes of {type_name}: {}", type_schema.properties.join(", ")),
            };
            problems.push(
                Diagnostic::error(
                    "unknown-attribute",
                    format!("{target} ({type_name}) has no attribute `{attribute}`"),
                )
                .at(resource.source.locate(&place))
                .pointer(place)
                .resource(&resource.logical_id)
                .hint(hint),
            );
        }
    }
    problems
}

/// Resources that need one another in a circle can never be created.
fn circle(resources: &[DesiredResource]) -> Option<Diagnostic> {
    let graph: BTreeMap<String, BTreeSet<String>> = resources
        .iter()
        .map(|resource| (resource.logical_id.clone(), resource.references().into_iter().collect()))
        .collect();
    let itself = graph.iter().find(|(name, needs)| needs.contains(*name)).map(|(name, _)| name.as_str());
    let (first, message) = match itself {
        Some(name) => (name.to_owned(), format!("{name} needs itself")),
        None => {
            let cycle = order::topological(&graph).err()?;
            (cycle.0.first().cloned()?, cycle.to_string())
        }
    };
    let first = resources.iter().find(|resource| resource.logical_id == first);
    Some(
        Diagnostic::error("circular-dependency", message)
            .at(first.and_then(|resource| resource.source.resource.clone()))
            .hint("break the circle, for example with a name instead of a reference"),
    )
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::Location;
    use crate::domain::resource::SourceMap;
    use serde_json::{Value, json};

    /// Buckets with these properties, each on a line of its own.
    fn said(properties: &[(&str, Value)]) -> Vec<Diagnostic> {
        let resource = |(line, (logical_id, properties)): (u32, &(&str, Value))| {
            let mut source = SourceMap::default();
            source.resource = Some(Location { file: "t.yaml".to_owned(), line, column: 1 });
            DesiredResource {
                logical_id: (*logical_id).to_owned(),
                type_name: "AWS::S3::Bucket".to_owned(),
                properties: properties.clone(),
                depends_on: Vec::new(),
                metadata: Value::Null,
                file: "t.yaml".to_owned(),
                source,
            }
        };
        let resources = (1..).zip(properties).map(resource).collect();
        check(resources, BTreeSet::new()).err().unwrap_or_default()
    }

    #[test]
    fn what_needs_itself_or_goes_in_a_circle_is_refused_with_a_place() {
        let needs = |name: &str| json!({"BucketName": {"Fn::Sub": format!("${{{name}}}-a")}});
        for (resources, message) in [
            (vec![("A", json!({})), ("B", needs("B"))], "B needs itself"),
            (vec![("A", needs("B")), ("B", needs("A"))], "circle: A -> B -> A"),
        ] {
            let said = said(&resources);
            let [one] = said.as_slice() else { panic!("{said:?}") };
            assert!(one.message.ends_with(message) && one.location.is_some() && one.hint.is_some(), "{one:?}");
        }
        assert_eq!(said(&[("A", json!({})), ("B", needs("A"))]), []);
    }

    #[test]
    fn every_violation_has_a_way_on() {
        let wrong = json!({
            "Arn": "arn:aws:s3:::a", "BucketName": null, "Tags": [{"Key": "", "Value": "v"}, {"Value": "w"}],
            "VersioningConfiguration": {"Status": "On"}, "Nothing": 1, "ObjectLockEnabled": "perhaps",
        });
        let said = said(&[("A", wrong)]);
        assert!(said.len() >= 6, "{said:?}");
        assert!(said.iter().all(|one| one.hint.is_some()), "{said:?}");
    }
}
