//! Validates a promotion request and reports what could not be read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::counterparts::Candidate;
use super::{PromotionRequest, Selection, input_keys};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::pointer;
use crate::domain::project::{AccountId, Environment};
use crate::domain::resource::ResourceRef;
use crate::pipeline::estate::Estate;
use crate::pipeline::plan::PlanContext;
use crate::promotion::desired::as_pointer;
use crate::promotion::rewrite::{Carried, Rewritten, UnmappedKind};
use crate::schema::{self, Registry};

/// Returns problems for inputs of resources that are not part of the promotion, and of properties that AWS returns: the
/// next promotion would overwrite those, and they would be drift until then.
pub(super) fn invalid_inputs(request: &PromotionRequest<'_>, candidates: &[Candidate]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, places) in request.inputs {
        let Some(candidate) = candidates.iter().find(|candidate| input_keys(candidate).contains(key)) else {
            let names: Vec<String> = candidates.iter().map(|candidate| input_keys(candidate)[0].clone()).collect();
            problems.push(
                Diagnostic::error(
                    Code::UnknownInput,
                    format!("--input names `{key}`, which is not part of this promotion"),
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
    candidates: &[Candidate],
    account: &AccountId,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (type_name, paths) in &context.project.promotion.overrides {
        if Registry::get(type_name).is_none() {
            let mut problem = Diagnostic::error(
                Code::UnknownType,
                format!("promotion.overrides names the unknown type `{type_name}`"),
            );
            problem.hint = Registry::suggest(type_name).map(|close| format!("did you mean `{close}`?"));
            problems.push(problem);
            continue;
        }
        if !candidates.iter().any(|candidate| candidate.type_schema.type_name == *type_name) {
            continue;
        }
        for (path, value) in paths {
            let place = as_pointer(path);
            let subject = format!("promotion.overrides: {type_name} {place}");
            let kind = schema::type_of(value);
            let fits = |types: &[String]| {
                types.is_empty() || types.iter().any(|known| known == kind || (known == "number" && kind == "integer"))
            };
            match schema::describe(type_name, &place) {
                None => problems
                    .push(Diagnostic::error(Code::UnknownProperty, format!("{subject} is not a property of the type"))),
                Some(facts) if facts.read_only => {
                    problems
                        .push(Diagnostic::error(Code::ReadOnlyProperty, format!("{subject} is set by the service")));
                }
                Some(facts) if !fits(&facts.types) => problems.push(Diagnostic::error(
                    Code::WrongType,
                    format!("{subject} is a {kind}; expected {}", facts.types.join(" or ")),
                )),
                Some(_) => {}
            }
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

/// Returns problems for references without a counterpart in the target.
pub(super) fn unmapped(candidate: &Candidate, body: &Rewritten, to: &Environment) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    body.unmapped
        .iter()
        .map(|left| {
            let value = Value::from(left.value.as_str());
            let hint = match left.kind {
                UnmappedKind::Given => format!("give a value of {}", to.name),
                _ => format!(
                    "promote the resource that it refers to first or together (--with-dependencies), or map it in stagegate.yaml: promotion: {{map: {{{value}: \"<value in {}>\"}}}}",
                    to.name
                ),
            };
            Diagnostic::error(Code::UnmappedReference, format!("{own} {}: `{}` {}", left.pointer, left.value, left.reason))
                .pointer(&left.pointer)
                .resource(own.to_string())
                .hint(hint)
        })
        .collect()
}

/// Returns notes about values that are carried over literally: the reviewer decides whether they are right in the target.
pub(super) fn carried_over(candidate: &Candidate, body: &Rewritten) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    let mut carried: Vec<&Carried> = body.carried.iter().collect();
    carried.sort();
    carried.dedup();
    carried
        .into_iter()
        .map(|left| {
            let message =
                format!("{own} {}: `{}` is carried over literally; it {}", left.pointer, left.value, left.reason);
            Diagnostic::note(Code::CarriedOver, message).pointer(&left.pointer).resource(own.to_string()).hint(format!(
                "to change it, map it in stagegate.yaml: promotion: {{map: {{{}: \"<value>\"}}}}",
                Value::from(left.value.as_str())
            ))
        })
        .collect()
}
