//! Violations of the promotion tags of two environments, by the rules by which `drift` and `promote` pair their resources.

use std::collections::BTreeMap;

use super::claims::{Claims, Pairing};
use super::correction::{Resolution, resolution};
use super::inconsistency::Inconsistency;
use crate::domain::audit::Violation;
use crate::domain::resource::ResourceRef;

/// A violation, and what leads out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The violation.
    pub violation: Violation,
    /// What corrects it.
    pub resolution: Resolution,
    /// True if the resolution rests on the absence of another resource that names one of the two.
    pub rests_on_absence: bool,
}

/// The inconsistencies between the promotion tags of two environments. Keyed by environment name
/// and resource. The claims must contain every existing resource that a tag of the other side names.
pub fn promotion_consistency(
    claims: &Claims,
    dev: &str,
    prod: &str,
) -> BTreeMap<(String, ResourceRef), Vec<Contradiction>> {
    let mut found: BTreeMap<(String, ResourceRef), Vec<Contradiction>> = BTreeMap::new();
    for pairing in claims.all() {
        let Pairing::Review { dev: of_dev, prod: of_prod, problem } = pairing else { continue };
        let Some((code, key)) = problem.violation() else { continue };
        // Whose tags are wrong.
        let (environment, resources) = match (&problem, &of_dev, &of_prod) {
            (Inconsistency::NamedBySeveral(_), Some(source), _) => (prod, claims.naming_dev(source)),
            (Inconsistency::SourceElsewhere(_), Some(_), Some(target)) => (prod, vec![target.clone()]),
            (_, Some(source), _) => (dev, vec![source.clone()]),
            (_, None, target) => (prod, target.iter().cloned().collect()),
        };
        let violation = Violation::new(code, Some(key), problem.to_string());
        let rests_on_absence = matches!(
            problem,
            Inconsistency::SyncedAlone | Inconsistency::SyncedWithoutSource | Inconsistency::TargetSilent
        );
        for resource in resources {
            let resolution = resolution(claims, &problem, &resource, (of_dev.as_ref(), of_prod.as_ref()));
            let contradictions = found.entry((environment.to_owned(), resource)).or_default();
            if !contradictions.iter().any(|other| other.violation == violation) {
                contradictions.push(Contradiction { violation: violation.clone(), resolution, rests_on_absence });
            }
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::plan::TagValue;
    use crate::domain::resource::LiveResource;
    use crate::domain::tags;
    use crate::promotion::correction::{Side, TagChange};
    use proptest::prelude::*;
    use serde_json::json;

    fn live(id: &str, pairs: &[(&str, &str)]) -> LiveResource {
        LiveResource {
            resource: ResourceRef::new("AWS::SQS::Queue", id),
            properties: json!({}),
            tags: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            arn: None,
        }
    }

    fn claims(dev: &[LiveResource], prod: &[LiveResource]) -> Claims {
        let mut claims = Claims::new(&crate::schema::Registry::embedded());
        dev.iter().for_each(|live| claims.set_dev(&live.resource, &live.tags));
        prod.iter().for_each(|live| claims.set_prod(&live.resource, &live.tags));
        claims
    }

    fn contradictions(
        dev: &[LiveResource],
        prod: &[LiveResource],
    ) -> BTreeMap<(String, ResourceRef), Vec<Contradiction>> {
        promotion_consistency(&claims(dev, prod), "dev", "prod")
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
        let found = contradictions(&dev, &prod);
        let of = |environment: &str, id: &str| -> Vec<&str> {
            found
                .get(&(environment.to_owned(), ResourceRef::new("AWS::SQS::Queue", id)))
                .map(|v| v.iter().map(|v| v.violation.code.as_str()).collect())
                .unwrap_or_default()
        };
        assert_eq!(of("dev", "a"), ["counterpart-missing"]);
        // Two prod resources name it: their tags are the wrong ones.
        assert!(of("dev", "b").is_empty());
        assert_eq!(of("dev", "c"), ["counterpart-shared"]);
        assert_eq!(of("dev", "d"), ["counterpart-shared"]);
        assert_eq!(of("prod", "q"), ["counterpart-missing"]);
        assert_eq!(of("prod", "r"), ["counterpart-shared"]);
        assert_eq!(of("prod", "s"), ["counterpart-shared"]);
        assert!(of("prod", "p").is_empty());
    }

    #[test]
    fn what_was_once_overlooked_is_reported() {
        let codes = |dev: &[LiveResource], prod: &[LiveResource]| -> Vec<(String, &str)> {
            let found = contradictions(dev, prod);
            let of = |((environment, _), violations): (&(String, ResourceRef), &Vec<Contradiction>)| {
                (environment.clone(), violations[0].violation.code.as_str())
            };
            found.iter().map(of).collect()
        };
        let synced = ("PromotionStatus", "synced");
        let expected = |environment: &str, code: &'static str| vec![(environment.to_owned(), code)];
        assert_eq!(codes(&[], &[live("p", &[synced])]), expected("prod", "synced-without-counterpart"));
        let names = live("a", &[synced, ("ProdCounterpart", "p")]);
        assert_eq!(codes(&[names], &[live("p", &[])]), expected("dev", "counterpart-silent"));
        let named = live("p", &[("DevCounterpart", "a")]);
        assert_eq!(codes(&[live("a", &[])], &[named]), expected("dev", "counterpart-silent"));
        let started = live("a", &[("PromotionStatus", "dev-only"), ("ProdCounterpart", "pending:x")]);
        assert_eq!(codes(&[started], &[]), expected("dev", "promotion-unfinished"));
    }

    /// Resources with any combination of promotion tags.
    fn resources(key: &'static str) -> impl Strategy<Value = Vec<LiveResource>> {
        let status = prop::option::of(prop::sample::select(vec!["dev-only", "pending-prod", "synced"]));
        let named = prop::option::of(prop::sample::select(vec!["0", "1", "2", "gone", "pending:token"]));
        prop::collection::vec((status, named), 0..4).prop_map(move |all| {
            let of = |(index, (status, named)): (usize, (Option<&str>, Option<&str>))| {
                let pairs = [("PromotionStatus", status), (key, named)];
                let pairs: Vec<(&str, &str)> =
                    pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
                live(&index.to_string(), &pairs)
            };
            all.into_iter().enumerate().map(of).collect()
        })
    }

    proptest! {
        #[test]
        fn the_audit_and_the_comparison_agree(
            dev in resources(tags::PROD_COUNTERPART),
            prod in resources(tags::DEV_COUNTERPART),
        ) {
            let found = contradictions(&dev, &prod);
            let claims = claims(&dev, &prod);
            let mut concerned = std::collections::BTreeSet::new();
            for pairing in claims.all() {
                if let Pairing::Review { dev, prod, problem } = pairing {
                    let sides = [("dev", dev), ("prod", prod)];
                    let sides: Vec<_> =
                        sides.into_iter().filter_map(|(name, one)| Some((name.to_owned(), one?))).collect();
                    prop_assert!(sides.iter().any(|side| found.contains_key(side)), "{sides:?}: {problem}");
                    concerned.extend(sides);
                    if let Inconsistency::NamedBySeveral(_) = problem {
                        concerned.extend(found.keys().cloned());
                    }
                }
            }
            for key in found.keys() {
                prop_assert!(concerned.contains(key), "{key:?} has a violation, and its comparison needs no review");
            }
        }

        /// What the tags decide is corrected alone, what they do not decide after a person has; nothing else changes.
        #[test]
        fn corrections_lead_to_tags_without_contradictions(
            dev in resources(tags::PROD_COUNTERPART),
            prod in resources(tags::DEV_COUNTERPART),
        ) {
            let (mut dev, mut prod) = (dev, prod);
            for _ in 0..12 {
                let found = contradictions(&dev, &prod);
                let mut changes: Vec<TagChange> = Vec::new();
                let mut undecided = Vec::new();
                for contradiction in found.into_values().flatten() {
                    match contradiction.resolution {
                        Resolution::Certain(certain) => changes.extend(certain),
                        Resolution::Withdraw(changes) => undecided.push(changes),
                        Resolution::Promote(_) => {}
                    }
                }
                if changes.is_empty() {
                    changes.extend(undecided.pop().into_iter().flatten());
                }
                for TagChange { side, resource, tags } in changes {
                    let side = if side == Side::Dev { &mut dev } else { &mut prod };
                    let live = side.iter_mut().find(|live| live.resource == resource).unwrap();
                    for (key, value) in tags {
                        prop_assert!(tags::OWN_KEYS.contains(&key.as_str()));
                        match value {
                            TagValue::Text(text) => drop(live.tags.insert(key, text)),
                            _ => drop(live.tags.remove(&key)),
                        }
                    }
                }
            }
            let left = contradictions(&dev, &prod);
            let is_promotion = |one: &Contradiction| matches!(one.resolution, Resolution::Promote(_));
            prop_assert!(left.values().flatten().all(is_promotion), "{left:?}");
        }
    }
}
