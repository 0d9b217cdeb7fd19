//! Validates a promotion request and reports what could not be read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::counterparts::Candidate;
use super::{PromotionRequest, Selection, input_keys};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{SENSITIVE, hidden_change, hidden_values};
use crate::domain::pointer;
use crate::domain::project::{AccountId, Environment, override_key, override_problem};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::estate::Estate;
use crate::pipeline::plan::PlanContext;
use crate::promotion::desired::{NewName, as_pointer, inputs_needed};
use crate::promotion::name_length;
use crate::promotion::rewrite::{Carried, Rewritten, UnmappedKind};
use crate::schema::{self, Registry, TypeSchema};

/// Returns problems for inputs of resources that are not part of the promotion, and of properties that AWS returns: the
/// next promotion would overwrite those, and they would be drift until then.
pub(super) fn invalid_inputs(request: &PromotionRequest<'_>, candidates: &[Candidate]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, places) in request.inputs {
        let Some(candidate) = candidates.iter().find(|candidate| input_keys(candidate).contains(key)) else {
            let names: Vec<String> = candidates.iter().map(|candidate| input_keys(candidate)[0].clone()).collect();
            problems.push(
                Diagnostic::warning(
                    Code::UnknownInput,
                    format!("the input for `{key}` is not used: it is not part of this promotion"),
                )
                .hint(format!("part of this promotion: {}", names.join(", "))),
            );
            continue;
        };
        let schema = candidate.type_schema;
        for place in places.keys() {
            let hidden = schema.is_write_only(place)
                || schema.write_only.iter().any(|path| pointer::is_within(&path.to_string(), place));
            if !hidden {
                problems.push(
                    Diagnostic::error(
                        Code::InputNotWriteOnly,
                        format!("{key} {place} is not write-only: AWS returns its value"),
                    )
                    .pointer(place)
                    .resource(key)
                    .hint(format!(
                        "to use a different value in prod, set promotion.overrides: {{ {}: {{ {place}: … }} }}",
                        schema.type_name
                    )),
                );
            }
        }
    }
    problems
}

/// Returns problems for overrides of unknown or read-only properties, of the wrong type, or with values of the source.
pub(super) fn invalid_overrides(
    context: &PlanContext<'_>,
    registry: &Registry,
    candidates: &[Candidate],
    account: &AccountId,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, paths) in &context.project.promotion.overrides {
        let (type_name, _) = override_key(key);
        if registry.get(type_name).is_none() {
            let mut problem = Diagnostic::error(
                Code::UnknownType,
                format!("promotion.overrides names the unknown type `{type_name}`"),
            );
            problem.hint = registry.suggest(type_name).map(|close| format!("did you mean `{close}`?"));
            problems.push(problem);
            continue;
        }
        if !candidates.iter().any(|candidate| candidate.type_schema.type_name == *type_name) {
            continue;
        }
        for (path, value) in paths {
            let subject = format!("promotion.overrides: {type_name} {}", as_pointer(path));
            // Types that are newer than this version were not known when the configuration was read.
            let problem = override_problem(registry, key, path, value);
            problems.extend(problem.map(|(code, message)| Diagnostic::error(code, message)));
            if value.to_string().contains(account.as_str()) {
                let text = format!("{subject} contains the account id {account} of the environment promoted from");
                problems.push(
                    Diagnostic::error(Code::UnmappedReference, text)
                        .hint("use the value of the environment promoted to"),
                );
            }
        }
    }
    problems
}

/// Returns warnings about managed resources that a selection by tags could not include.
pub(super) fn not_selected(source: &Estate, selection: &Selection, environment: &str) -> Vec<Diagnostic> {
    if matches!(selection, Selection::Named(_)) {
        return Vec::new();
    }
    let unknown = source.unsupported.iter().map(|arn| {
        Diagnostic::warning(
            Code::LeftOut,
            format!("{arn} in {environment} is managed, but its ARN does not match any known resource type"),
        )
        .hint("to promote it, specify its type and identifier")
    });
    let unreadable = source.unreadable.iter().filter(|hidden| !hidden.referred).map(|hidden| {
        Diagnostic::warning(
            Code::LeftOut,
            format!("{} in {environment} cannot be read: {}", hidden.resource, hidden.error.message),
        )
        .resource(hidden.resource.to_string())
    });
    unknown.chain(unreadable).collect()
}

/// Returns problems for referenced resources that cannot be read: their counterparts are unknown.
pub(super) fn unreadable_sources(source: &Estate, chosen: &BTreeSet<ResourceRef>) -> Vec<Diagnostic> {
    source
        .unreadable
        .iter()
        .filter(|hidden| !chosen.contains(&hidden.resource) && hidden.resource.identifier != "*" && hidden.referred)
        .map(|hidden| {
            Diagnostic::error(
                Code::UnreadableReference,
                format!("{} cannot be read: {}", hidden.resource, hidden.error.message),
            )
            .resource(hidden.resource.to_string())
            .hint("grant the read permissions of its type, or map it in promotion.map")
        })
        .collect()
}

/// The JSON pointers of the values of a resource that must not be shown, nor any part of them.
pub(super) fn hidden_places(schema: &TypeSchema, source: &LiveResource) -> BTreeSet<String> {
    hidden_values(Some(schema), &source.properties, &BTreeSet::new()).into_keys().collect()
}

/// Returns problems for references without a counterpart in the target.
pub(super) fn unmapped(candidate: &Candidate, body: &Rewritten, to: &Environment) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    let hidden = hidden_places(candidate.type_schema, &candidate.source);
    body.unmapped
        .iter()
        .map(|left| {
            let is_part = hidden.iter().any(|place| pointer::is_within(place, &left.pointer));
            let shown = if is_part { SENSITIVE } else { left.value.as_str() };
            let value = Value::from(shown);
            let hint = match left.kind {
                UnmappedKind::Given => format!("give a value of {}", to.name),
                _ => format!(
                    "promote the resource that it refers to first or together (--with-dependencies), or map it in stagegate.yaml: promotion: {{map: {{{value}: \"<value in {}>\"}}}}",
                    to.name
                ),
            };
            Diagnostic::error(Code::UnmappedReference, format!("{own} {}: `{shown}` {}", left.pointer, left.reason))
                .pointer(&left.pointer)
                .resource(own.to_string())
                .hint(hint)
        })
        .collect()
}

/// Returns notes about values that are carried over literally: the reviewer decides whether they are right in the target.
pub(super) fn carried_over(candidate: &Candidate, body: &Rewritten) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    let hidden = hidden_places(candidate.type_schema, &candidate.source);
    let mut carried: Vec<&Carried> = body.carried.iter().collect();
    carried.sort();
    carried.dedup();
    carried
        .into_iter()
        .map(|left| {
            let value = Some(Value::from(left.value.as_str()));
            let change = Change { pointer: left.pointer.clone(), before: None, after: value };
            let (_, shown) =
                hidden_change(Some(candidate.type_schema), Some(&own.identifier), &change, &BTreeSet::new());
            let is_part = hidden.iter().any(|place| pointer::is_within(place, &left.pointer));
            let shown = shown.as_str().filter(|_| !is_part).unwrap_or(SENSITIVE).to_owned();
            let message = format!("{own} {}: `{shown}` is carried over literally; it {}", left.pointer, left.reason);
            Diagnostic::note(Code::CarriedOver, message).pointer(&left.pointer).resource(own.to_string()).hint(format!(
                "to change it, map it in stagegate.yaml: promotion: {{map: {{{}: \"<value>\"}}}}",
                Value::from(shown)
            ))
        })
        .collect()
}

/// Returns the violations of the schema that the translation, the overrides or the inputs have caused in the body of a new
/// resource, or in what an update makes of an existing one. What the source or the existing resource violates as well, AWS
/// has accepted.
pub(super) fn invalid_body(candidate: &Candidate, body: &Rewritten, to: &Environment) -> Vec<Diagnostic> {
    let (schema, own) = (candidate.type_schema, &candidate.source.resource);
    let mut desired = tags::without_tracking(schema, &body.value);
    let needed: Vec<String> = inputs_needed(schema, &desired).into_iter().map(|needed| needed.pointer).collect();
    let mut accepted = schema::validate_as(schema, &candidate.source.properties);
    if let Some(target) = candidate.target() {
        desired = updated(schema, &target.properties, &desired);
        accepted.extend(schema::validate_as(schema, &target.properties));
    }
    let name = schema.name_property.as_ref().map(|name| pointer::join("", name));
    schema::validate_as(schema, &desired)
        .into_iter()
        .filter(|found| !accepted.iter().any(|known| known.pointer == found.pointer && known.code == found.code))
        // Values that a read does not return are asked for, and may be what the schema misses.
        .filter(|found| {
            let is_asked_for = needed.iter().any(|place| pointer::is_within(place, &found.pointer));
            let is_hidden =
                schema.is_write_only(&found.pointer) || (!needed.is_empty() && found.code == Code::NoFormFits);
            let is_excused = is_asked_for || (is_hidden && found.code != Code::WrongType);
            !is_excused
        })
        .map(|found| {
            let problem = Diagnostic::error(found.code, format!("{own} in {}: {}", to.name, found.message))
                .pointer(&found.pointer)
                .resource(own.to_string());
            problem.hint(match name.as_ref() == Some(&found.pointer) {
                true => format!("choose another name with --name '{}/{}=NAME'", own.type_name, own.identifier),
                false => format!(
                    "{}set another value in promotion.overrides: {{ {}: {{ {}: … }} }}",
                    found.expected.map(|expected| format!("expected {expected}; ")).unwrap_or_default(),
                    own.type_name,
                    found.pointer
                ),
            })
        })
        .collect()
}

/// The properties of an existing resource after the update to a body: a value that is not set again stays if it cannot be
/// removed.
fn updated(schema: &TypeSchema, live: &Value, desired: &Value) -> Value {
    let mut updated = desired.clone();
    for path in schema.create_only.iter().filter(|path| path.is_top_level()) {
        let Some((name, value)) = path.head().and_then(|name| Some((name, live.get(name)?))) else { continue };
        if let (false, Value::Object(map)) = (schema.is_read_only(&path.to_string()), &mut updated) {
            map.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
    }
    updated
}

/// Returns the problem of a new name that is longer than the service accepts.
pub(super) fn too_long_name(candidate: &Candidate, to: &Environment) -> Option<Diagnostic> {
    let name = candidate.name.as_deref().filter(|_| candidate.target().is_none())?;
    let own = &candidate.source.resource;
    let longest = name_length::exceeded(&own.type_name, name)?;
    let length = name.chars().count();
    let message =
        format!("{own}: its name in {}, `{name}`, has {length} characters, and the service accepts {longest}", to.name);
    let hint = format!("choose another name with --name '{}/{}=NAME'", own.type_name, own.identifier);
    Some(Diagnostic::error(Code::NameTooLong, message).resource(own.to_string()).hint(hint))
}

/// Returns warnings about what the plan does differently for a resource than the user may expect.
pub(super) fn remarks(candidates: &[Candidate], to: &str) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    for candidate in candidates {
        let own = &candidate.source.resource;
        if candidate.name == NewName::LeftOut && candidate.target().is_none() {
            let message =
                format!("{own}: the name has no environment token and is left out; the service makes another");
            remarks.push(Diagnostic::warning(Code::NameLeftOut, message).resource(own.to_string()).hint(format!(
                "choose one with --name '{}/{}=NAME', or in promotion.map",
                own.type_name, own.identifier
            )));
        }
        if let (true, Some(target)) = (candidate.is_tag_lost, candidate.target()) {
            let message = format!(
                "{own} names {} in {to}, which has lost its tag {}: the plan restores the tag and changes nothing else",
                target.resource.identifier,
                tags::DEV_COUNTERPART
            );
            remarks.push(
                Diagnostic::warning(Code::CounterpartTagLost, message)
                    .resource(own.to_string())
                    .hint("check that they belong together, approve the plan, then promote again for other changes"),
            );
        }
    }
    remarks
}
