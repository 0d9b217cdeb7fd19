//! What is wrong with a promotion as it was asked for, and what it could not see.

use std::collections::BTreeSet;

use super::counterparts::Candidate;
use super::{PromotionRequest, Selection, input_keys};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::pointer;
use crate::domain::project::{AccountId, Environment};
use crate::domain::resource::ResourceRef;
use crate::pipeline::estate::Estate;
use crate::pipeline::plan::PlanContext;
use crate::promotion::desired::as_pointer;
use crate::promotion::rewrite::Rewritten;
use crate::schema::{self, Registry};

/// Inputs for resources that are not promoted here, and inputs for values that a read does return:
/// those would be gone with the next promotion and drift until then.
pub(super) fn wrong_inputs(request: &PromotionRequest<'_>, candidates: &[Candidate]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, places) in request.inputs {
        let Some(candidate) = candidates.iter().find(|candidate| input_keys(candidate).contains(key)) else {
            let names: Vec<String> = candidates.iter().map(|candidate| input_keys(candidate)[0].clone()).collect();
            problems.push(
                Diagnostic::error(Code::UnknownInput, format!("--input names `{key}`, which is not promoted here"))
                    .hint(format!("promoted here: {}", names.join(", "))),
            );
            continue;
        };
        let schema = candidate.type_schema;
        for place in places.keys() {
            let hidden = schema.is_write_only(place)
                || schema.write_only.iter().any(|path| pointer::is_within(&path.to_string(), place));
            if !hidden {
                problems.push(
                    Diagnostic::error(Code::InputNotWriteOnly, format!("{key} {place} is a value that AWS returns"))
                        .pointer(place)
                        .resource(key)
                        .hint(format!(
                            "if prod is to have another value, write it down: promotion.overrides: {{ {}: {{ {place}: … }} }}",
                            schema.type_name
                        )),
                );
            }
        }
    }
    problems
}

/// Overrides that the type does not have, of another type of value, or that point into the source.
pub(super) fn wrong_overrides(
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
                    format!("{subject} is a {kind}; the type wants {}", facts.types.join(" or ")),
                )),
                Some(_) => {}
            }
            if value.to_string().contains(account.as_str()) {
                let text = format!("{subject} contains the account id {account} of the environment promoted from");
                problems.push(
                    Diagnostic::error(Code::UnmappedReference, text)
                        .hint("write the value of the environment promoted to"),
                );
            }
        }
    }
    problems
}

/// Managed resources that a selection by tags could not see: it would be wrong to say that all is done.
pub(super) fn left_out(source: &Estate, selection: &Selection, environment: &str) -> Vec<Diagnostic> {
    if matches!(selection, Selection::Named(_)) {
        return Vec::new();
    }
    let unknown = source.unsupported.iter().map(|arn| {
        Diagnostic::warning(
            Code::LeftOut,
            format!("{arn} of {environment} is managed, but no known type has such ARNs"),
        )
        .hint("name it by type and identifier to promote it")
    });
    let unreadable = source.unreadable.iter().filter(|hidden| !hidden.referred).map(|hidden| {
        Diagnostic::warning(
            Code::LeftOut,
            format!("{} of {environment} cannot be read: {}", hidden.resource, hidden.error.message),
        )
        .resource(hidden.resource.to_string())
    });
    unknown.chain(unreadable).collect()
}

/// References of the chosen resources that cannot be read: what they are in the target is not known.
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
            .hint("allow its type's read permissions, or map it in promotion.map")
        })
        .collect()
}

pub(super) fn unmapped(candidate: &Candidate, body: &Rewritten, to: &Environment) -> Vec<Diagnostic> {
    let own = &candidate.source.resource;
    body.unmapped
        .iter()
        .map(|left| {
            Diagnostic::error(Code::UnmappedReference, format!("{own} {}: `{}` {}", left.pointer, left.value, left.reason))
                .pointer(&left.pointer)
                .resource(own.to_string())
                .hint(format!(
                    "promote what it names first or along (--with-dependencies), or map it in stagegate.yaml: promotion.map: {{ \"{}\": \"<value in {}>\" }}",
                    left.value, to.name
                ))
        })
        .collect()
}
