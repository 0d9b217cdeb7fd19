//! Whether an existing resource of the target may be changed by the promotion of a source resource.
//!
//! Anyone with write access can set tags, so a tag on one side alone never makes a resource the counterpart of another.

use super::claims::{Claims, Pairing, claim_of};
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::Registry;

/// What the tags of both sides say about the counterpart of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adoption {
    /// The tags name no existing resource.
    None,
    /// Both resources name each other, or an interrupted promotion of the source created the target.
    Proven(ResourceRef),
    /// The source names the target, which stagegate manages and which names no source: its tag was lost.
    TagLost(ResourceRef),
    /// The tags contradict each other.
    Refused {
        /// The resources of the target that are concerned.
        targets: Vec<ResourceRef>,
        /// The reason, as the continuation of a sentence about the source.
        reason: String,
        /// True if the source names a resource of the target, so that removing its tag leads out.
        source_claims: bool,
    },
}

/// Returns what the tags of both sides say about the counterpart of a source resource.
pub fn adoption(claims: &Claims, own: &ResourceRef) -> Adoption {
    let named = claims.named_by_dev(own);
    let naming = claims.naming_dev(own);
    let refused = |targets: Vec<ResourceRef>, reason: String| Adoption::Refused {
        targets,
        reason,
        source_claims: claims.named_by_dev(own).is_some(),
    };
    let (prod, reason) = match claims.judge(own) {
        Some(Pairing::Pair(_, prod)) => return Adoption::Proven(prod),
        Some(Pairing::Review { prod, problem, .. }) => (prod, problem.to_string()),
        _ => (None, String::new()),
    };
    if naming.len() > 1 {
        return refused(naming, reason);
    }
    // A promotion that was interrupted: the target carries the token that the source waits for.
    let created = claims.created_for(own);
    if let [created] = created.as_slice() {
        let names = claims.tags_of_prod(created).and_then(|found| claim_of(created, found, tags::DEV_COUNTERPART));
        return match names {
            Some(other) if other != *own => refused(
                vec![created.clone()],
                format!("`{}` names a different resource, `{}`", created.identifier, other.identifier),
            ),
            _ => Adoption::Proven(created.clone()),
        };
    }
    match (named, naming.first(), prod) {
        (Some(target), _, Some(_)) => {
            let is_only_one = claims.dev_naming(&target).len() == 1;
            let found = claims.tags_of_prod(&target);
            let names_nothing = found.is_some_and(|found| claim_of(&target, found, tags::DEV_COUNTERPART).is_none());
            match is_only_one && names_nothing && found.is_some_and(tags::is_managed) {
                true => Adoption::TagLost(target),
                false => refused(vec![target], reason),
            }
        }
        (_, Some(found), _) => {
            let reason = format!(
                "the resource `{}` names it as its counterpart, but it does not name that resource",
                found.identifier
            );
            refused(vec![found.clone()], reason)
        }
        _ => Adoption::None,
    }
}

/// True if the tags of two resources prove that one was promoted to the other: they name each other, or the target carries
/// the token that the source waits for. Where tags cannot be changed after creation, those of the target are sufficient.
pub fn is_proven(registry: &Registry, source: (&ResourceRef, &Tags), target: (&ResourceRef, &Tags)) -> bool {
    let mut claims = Claims::new(registry);
    claims.set_dev(source.0, source.1);
    claims.set_prod(target.0, target.1);
    adoption(&claims, source.0) == Adoption::Proven(target.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(identifier: &str) -> ResourceRef {
        ResourceRef::new("AWS::SQS::Queue", identifier)
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    type Side<'a> = [(&'a str, &'a [(&'a str, &'a str)])];

    fn judge(dev: &Side<'_>, prod: &Side<'_>) -> Adoption {
        let mut claims = Claims::new(&Registry::embedded());
        dev.iter().for_each(|(name, pairs)| claims.set_dev(&queue(name), &tags(pairs)));
        prod.iter().for_each(|(name, pairs)| claims.set_prod(&queue(name), &tags(pairs)));
        adoption(&claims, &queue("dev"))
    }

    const SYNCED: &[(&str, &str)] = &[("PromotionStatus", "synced"), ("ProdCounterpart", "prod")];
    const PENDING: &[(&str, &str)] = &[("PromotionStatus", "pending-prod"), ("ProdCounterpart", "pending:token")];
    const NEW: &[(&str, &str)] = &[("PromotionStatus", "dev-only")];
    const BACK: &[(&str, &str)] = &[("MANAGED_BY", "stagegate"), ("DevCounterpart", "dev"), ("OperationId", "token")];

    #[test]
    fn a_counterpart_needs_the_tags_of_both_sides_or_the_token_of_the_promotion() {
        assert_eq!(judge(&[("dev", SYNCED)], &[("prod", BACK)]), Adoption::Proven(queue("prod")));
        assert_eq!(judge(&[("dev", PENDING)], &[("prod", BACK)]), Adoption::Proven(queue("prod")));
        let untagged = [("MANAGED_BY", "stagegate"), ("OperationId", "token")];
        assert_eq!(judge(&[("dev", PENDING)], &[("prod", &untagged)]), Adoption::Proven(queue("prod")));
        assert_eq!(judge(&[("dev", NEW)], &[]), Adoption::None);
        assert_eq!(judge(&[("dev", PENDING)], &[]), Adoption::None);
        assert_eq!(judge(&[("dev", SYNCED)], &[]), Adoption::None, "the counterpart was deleted");
    }

    #[test]
    fn a_tag_on_one_side_alone_proves_nothing() {
        let forged = [("MANAGED_BY", "stagegate"), ("DevCounterpart", "dev"), ("OperationId", "other")];
        for dev in [NEW, PENDING, &[]] {
            let Adoption::Refused { targets, source_claims, .. } = judge(&[("dev", dev)], &[("prod", &forged)]) else {
                panic!("{dev:?}")
            };
            assert_eq!((targets, source_claims), (vec![queue("prod")], false));
        }
        // A resource that stagegate does not manage, and one of another source.
        for prod in [&[][..], &[("MANAGED_BY", "stagegate"), ("DevCounterpart", "other")][..]] {
            let found = judge(&[("dev", SYNCED)], &[("prod", prod)]);
            assert!(matches!(found, Adoption::Refused { source_claims: true, .. }), "{found:?}");
        }
        let other = [("MANAGED_BY", "stagegate"), ("DevCounterpart", "other"), ("OperationId", "token")];
        assert!(matches!(judge(&[("dev", PENDING)], &[("prod", &other)]), Adoption::Refused { .. }));
    }

    #[test]
    fn a_lost_tag_of_a_managed_counterpart_can_be_restored() {
        let lost = [("MANAGED_BY", "stagegate"), ("PromotionStatus", "synced")];
        assert_eq!(judge(&[("dev", SYNCED)], &[("prod", &lost)]), Adoption::TagLost(queue("prod")));
    }

    #[test]
    fn two_sources_of_one_target_and_two_targets_of_one_source_are_refused() {
        let found = judge(&[("dev", SYNCED), ("dev-2", SYNCED)], &[("prod", BACK)]);
        assert!(matches!(found, Adoption::Refused { .. }), "{found:?}");
        let Adoption::Refused { targets, .. } = judge(&[("dev", SYNCED)], &[("prod", BACK), ("prod-2", BACK)]) else {
            panic!()
        };
        assert_eq!(targets, [queue("prod"), queue("prod-2")]);
    }
}
