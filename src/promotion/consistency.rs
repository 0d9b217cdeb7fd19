//! Consistency of the promotion tags of two environments.

use std::collections::BTreeMap;

use super::claims::{PENDING_PREFIX, counterpart, revision_of};
use crate::domain::audit::Violation;
use crate::domain::diagnostic::Code;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::schema::{Registry, general_facts};

/// True for an earlier revision of the resource that its dev counterpart names.
fn is_superseded(prod: &LiveResource, dev: &[LiveResource]) -> bool {
    if !general_facts().revisioned.contains(&prod.resource.type_name) {
        return false;
    }
    let source = counterpart(prod, tags::DEV_COUNTERPART);
    let source = source.and_then(|source| dev.iter().find(|live| live.resource == source));
    let current = source.and_then(|source| counterpart(source, tags::PROD_COUNTERPART));
    current.is_some_and(|current| current != prod.resource && revision_of(&current).0 == revision_of(&prod.resource).0)
}

/// The inconsistencies between the promotion tags of two environments. Keyed by environment name
/// and resource. Both lists must contain every existing resource that a tag of the other side names.
///
pub fn promotion_consistency(
    dev: (&str, &[LiveResource]),
    prod: (&str, &[LiveResource]),
) -> BTreeMap<(String, ResourceRef), Vec<Violation>> {
    let mut found: BTreeMap<(String, ResourceRef), Vec<Violation>> = BTreeMap::new();
    let mut add = |environment: &str, resource: &ResourceRef, code: Code, key: &str, message: String| {
        let violations = found.entry((environment.to_owned(), resource.clone())).or_default();
        violations.push(Violation { code, key: Some(key.to_owned()), message });
    };
    let mut claimed: BTreeMap<ResourceRef, Vec<&ResourceRef>> = BTreeMap::new();
    for live in dev.1 {
        let status = PromotionStatus::of(&live.tags);
        let target = counterpart(live, tags::PROD_COUNTERPART);
        if let Some(target) = &target {
            claimed.entry(target.clone()).or_default().push(&live.resource);
            match prod.1.iter().find(|other| other.resource == *target) {
                None => add(
                    dev.0,
                    &live.resource,
                    Code::CounterpartMissing,
                    tags::PROD_COUNTERPART,
                    format!("names `{}`, which does not exist in {}", target.identifier, prod.0),
                ),
                Some(other) if counterpart(other, tags::DEV_COUNTERPART).is_some_and(|back| back != live.resource) => {
                    add(
                        dev.0,
                        &live.resource,
                        Code::CounterpartElsewhere,
                        tags::PROD_COUNTERPART,
                        format!("names `{}`, which names a different dev resource", target.identifier),
                    );
                }
                Some(_) => {}
            }
        }
        if status == Some(PromotionStatus::Synced) && target.is_none() {
            add(
                dev.0,
                &live.resource,
                Code::SyncedWithoutCounterpart,
                tags::PROMOTION_STATUS,
                "the status is `synced`, but it names no counterpart".into(),
            );
        }
        if live.tags.get(tags::PROD_COUNTERPART).is_some_and(|value| value.starts_with(PENDING_PREFIX)) {
            add(
                dev.0,
                &live.resource,
                Code::PromotionUnfinished,
                tags::PROD_COUNTERPART,
                "a promotion was started but did not complete".into(),
            );
        }
    }
    for (target, by) in claimed.iter().filter(|(_, by)| by.len() > 1) {
        for resource in by {
            add(
                dev.0,
                resource,
                Code::CounterpartShared,
                tags::PROD_COUNTERPART,
                format!("`{}` is named as the counterpart by {} dev resources", target.identifier, by.len()),
            );
        }
    }
    let mut pointing: BTreeMap<ResourceRef, Vec<&ResourceRef>> = BTreeMap::new();
    for live in prod.1.iter().filter(|live| !is_superseded(live, dev.1)) {
        let Some(source) = counterpart(live, tags::DEV_COUNTERPART) else { continue };
        pointing.entry(source.clone()).or_default().push(&live.resource);
        let key = tags::DEV_COUNTERPART;
        match dev.1.iter().find(|other| other.resource == source) {
            None => {
                let message = format!("names `{}`, which does not exist in {}", source.identifier, dev.0);
                add(prod.0, &live.resource, Code::CounterpartMissing, key, message);
            }
            Some(other) => match counterpart(other, tags::PROD_COUNTERPART) {
                Some(back) if back != live.resource => {
                    let message = format!("names `{}`, which names a different prod resource", source.identifier);
                    add(prod.0, &live.resource, Code::CounterpartElsewhere, key, message);
                }
                None if PromotionStatus::of(&live.tags) == Some(PromotionStatus::Synced)
                    && can_name(&other.resource) =>
                {
                    let message = format!(
                        "the status is `synced`, but its counterpart `{}` names no counterpart",
                        source.identifier
                    );
                    add(prod.0, &live.resource, Code::CounterpartSilent, key, message);
                }
                _ => {}
            },
        }
    }
    for (source, by) in pointing.iter().filter(|(_, by)| by.len() > 1) {
        for resource in by {
            let message = format!("`{}` is named as the counterpart by {} prod resources", source.identifier, by.len());
            add(prod.0, resource, Code::CounterpartShared, tags::DEV_COUNTERPART, message);
        }
    }
    found
}

/// True where a resource's tags can be changed after its creation, so that it can name a counterpart.
fn can_name(resource: &ResourceRef) -> bool {
    Registry::get(&resource.type_name).is_some_and(|schema| schema.tagging.updatable)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(id: &str, pairs: &[(&str, &str)]) -> LiveResource {
        LiveResource {
            resource: ResourceRef::new("AWS::SQS::Queue", id),
            properties: json!({}),
            tags: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            arn: None,
        }
    }

    #[test]
    fn inconsistent_promotion_tags_are_reported() {
        let dev = [
            live("a", &[("ProdCounterpart", "gone"), ("PromotionStatus", "synced")]),
            live("b", &[("PromotionStatus", "synced")]),
            live("c", &[("ProdCounterpart", "p")]),
            live("d", &[("ProdCounterpart", "p")]),
        ];
        let prod = [
            live("p", &[("DevCounterpart", "c")]),
            live("q", &[("DevCounterpart", "nobody")]),
            live("r", &[("DevCounterpart", "b"), ("PromotionStatus", "synced")]),
            live("s", &[("DevCounterpart", "b")]),
        ];
        let found = promotion_consistency(("dev", &dev), ("prod", &prod));
        let of = |environment: &str, id: &str| -> Vec<&str> {
            found
                .get(&(environment.to_owned(), ResourceRef::new("AWS::SQS::Queue", id)))
                .map(|v| v.iter().map(|v| v.code.as_str()).collect())
                .unwrap_or_default()
        };
        assert_eq!(of("dev", "a"), ["counterpart-missing"]);
        assert_eq!(of("dev", "b"), ["synced-without-counterpart"]);
        assert_eq!(of("dev", "c"), ["counterpart-shared"]);
        assert_eq!(of("dev", "d"), ["counterpart-elsewhere", "counterpart-shared"]);
        assert_eq!(of("prod", "q"), ["counterpart-missing"]);
        assert_eq!(of("prod", "r"), ["counterpart-silent", "counterpart-shared"]);
        assert_eq!(of("prod", "s"), ["counterpart-shared"]);
        assert!(of("prod", "p").is_empty());
    }
}
