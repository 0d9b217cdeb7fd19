//! Which resources a promotion is about: the user's choice, and what the chosen ones refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{End, PromoteError, Selection};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::project::AccountId;
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::estate::{self, Estate, Unreadable};
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::promotion::claims::{Pairing, counterpart, pair_up};
use crate::promotion::index::{Counterpart, ValueIndex, entries};
use crate::promotion::names::Tokens;
use crate::promotion::reference;
use crate::schema::{self, Registry};

/// The resources that the user's selection names; each must exist.
pub(super) async fn choose(
    from: &End<'_>,
    selection: &Selection,
    source: &mut Estate,
) -> Result<BTreeSet<ResourceRef>, PromoteError> {
    let environment = &from.environment.name;
    match selection {
        Selection::All => Ok(source
            .live
            .values()
            .filter(|live| {
                matches!(PromotionStatus::of(&live.tags), Some(PromotionStatus::DevOnly | PromotionStatus::PendingProd))
            })
            .map(|live| live.resource.clone())
            .collect()),
        Selection::Tagged(key, value) => Ok(source
            .live
            .values()
            .filter(|live| live.tags.get(key) == Some(value))
            .map(|live| live.resource.clone())
            .collect()),
        Selection::Named(named) => {
            let mut problems = Vec::new();
            for resource in named {
                if source.live.contains_key(resource) {
                    continue;
                }
                let Some(type_schema) = Registry::get(&resource.type_name) else {
                    let hint = Registry::suggest(&resource.type_name).map(|close| format!("did you mean `{close}`?"));
                    let mut problem = Diagnostic::error(
                        "unknown-type",
                        format!("`{}` is not a known resource type", resource.type_name),
                    );
                    problem.hint = hint;
                    problems.push(problem);
                    continue;
                };
                if !type_schema.handlers.are_provisionable() {
                    problems.push(Diagnostic::error(
                        "type-unsupported",
                        format!(
                            "Cloud Control cannot read and create {}, so it cannot be promoted",
                            resource.type_name
                        ),
                    ));
                    continue;
                }
                match estate::read(from.reader, resource, None).await? {
                    Some(live) => source.insert(live),
                    None => {
                        let close = source
                            .live
                            .keys()
                            .filter(|other| other.type_name == resource.type_name)
                            .min_by_key(|other| strsim::levenshtein(&other.identifier, &resource.identifier));
                        let problem =
                            Diagnostic::error("not-found", format!("{resource} does not exist in {environment}"));
                        problems.push(match close {
                            Some(close) => problem.hint(format!("there is {close}")),
                            None => problem.hint(format!("stagegate drift {} shows what there is", resource.type_name)),
                        });
                    }
                }
            }
            if problems.is_empty() { Ok(named.iter().cloned().collect()) } else { Err(PromoteError::Refused(problems)) }
        }
    }
}

/// Reads the counterparts that tags name and that the other side's list of managed resources does
/// not hold (its tags may be gone, or the tagging API late), so that "missing" means missing.
///
/// What cannot be read is noted in the estate that it belongs to.
///
/// # Errors
/// The credentials do not hold any more.
pub async fn complete_claims(
    from: &dyn ReadCloud,
    to: &dyn ReadCloud,
    source: &mut Estate,
    target: &mut Estate,
) -> Result<(), CloudError> {
    complete(to, source, target, tags::PROD_COUNTERPART).await?;
    complete(from, target, source, tags::DEV_COUNTERPART).await
}

async fn complete(reader: &dyn ReadCloud, near: &Estate, far: &mut Estate, key: &str) -> Result<(), CloudError> {
    let known = |claim: &ResourceRef| {
        far.live.contains_key(claim) || far.unreadable.iter().any(|unreadable| unreadable.resource == *claim)
    };
    let claims: BTreeSet<ResourceRef> =
        near.live.values().filter_map(|live| counterpart(live, key)).filter(|claim| !known(claim)).collect();
    for claim in claims {
        match estate::read(reader, &claim, None).await {
            Ok(Some(live)) => far.insert(live),
            Ok(None) => {}
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            Err(error) => far.unreadable.push(Unreadable { resource: claim, error, referred: false }),
        }
    }
    Ok(())
}

/// Adds to the source estate what the chosen resources name by ARN, and to the choice, if asked
/// for, whatever they refer to that has no counterpart yet.
pub(super) async fn follow(
    from: &End<'_>,
    source: &mut Estate,
    target: &Estate,
    chosen: BTreeSet<ResourceRef>,
    with_dependencies: bool,
) -> Result<BTreeSet<ResourceRef>, PromoteError> {
    let mut all = chosen.clone();
    let mut open: Vec<ResourceRef> = chosen.into_iter().collect();
    while let Some(resource) = open.pop() {
        let Some(live) = source.live.get(&resource).cloned() else { continue };
        let Some(type_schema) = Registry::get(&resource.type_name) else { continue };
        let mut properties = portable(type_schema, &live.properties);
        // Its own name refers to nothing, even where another resource shares it.
        if let (Some(name), Value::Object(map)) = (&type_schema.name_property, &mut properties) {
            map.shift_remove(name);
        }
        for (named, is_ours) in named_in(&properties, &from.environment.account) {
            if source.live.contains_key(&named) {
                continue;
            }
            match estate::read(from.reader, &named, None).await {
                Ok(Some(found)) => source.insert(found),
                Ok(None) => {}
                Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error.into()),
                // A bucket may be another account's; what an ARN of our own names must be readable.
                Err(error) if is_ours => source.unreadable.push(Unreadable { resource: named, error, referred: true }),
                Err(_) => {}
            }
        }
        let paired: BTreeSet<ResourceRef> = pairs(source, target).into_keys().collect();
        for referred in references(source, &live, &properties, &from.environment.account) {
            if with_dependencies && !paired.contains(&referred) && all.insert(referred.clone()) {
                open.push(referred);
            }
        }
    }
    Ok(all)
}

/// The resources that ARNs in a document may name, and whether the ARN says that they are this
/// account's (a bucket's ARN names none).
pub fn named_in(properties: &Value, account: &AccountId) -> BTreeMap<ResourceRef, bool> {
    let mut found = BTreeMap::new();
    pointer::for_each_string(properties, &mut |_, text| {
        for span in reference::arns(text) {
            let arn = &text[span];
            let Some(parsed) = schema::Arn::parse(arn) else { continue };
            if !parsed.account.is_empty() && parsed.account != account.as_str() {
                continue;
            }
            for resource in reference::named(arn) {
                let promotable =
                    Registry::get(&resource.type_name).is_some_and(|found| found.handlers.are_provisionable());
                if promotable && !crate::domain::audit::is_service_owned(&resource, Some(arn)) {
                    found.insert(resource, !parsed.account.is_empty());
                }
            }
        }
    });
    found
}

/// The known resources whose values stand in a document.
fn references(source: &Estate, own: &LiveResource, properties: &Value, account: &AccountId) -> BTreeSet<ResourceRef> {
    let tokens = Tokens::between(&[], &[]);
    let all = source.live.values().filter(|other| other.resource != own.resource).filter_map(|other| {
        let type_schema = Registry::get(&other.resource.type_name)?;
        Some(entries(
            type_schema,
            &other.resource,
            &other.properties,
            Counterpart::Existing { identifier: "", properties: &Value::Null },
            &tokens,
        ))
    });
    let index = ValueIndex::new(all.flatten().collect());
    let mut found = BTreeSet::new();
    pointer::for_each_string(properties, &mut |_, text| {
        found.extend(
            index.occurrences(text, account).into_iter().flat_map(|occurrence| occurrence.entry.owners.clone()),
        );
    });
    found
}

/// Pairs that both sides' tags agree on: source to target.
pub fn pairs(source: &Estate, target: &Estate) -> BTreeMap<ResourceRef, ResourceRef> {
    pair_up(&source.resources(), &target.resources())
        .into_iter()
        .filter_map(|pairing| match pairing {
            Pairing::Pair(dev, prod) => Some((dev, prod)),
            _ => None,
        })
        .collect()
}
