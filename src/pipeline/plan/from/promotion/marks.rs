//! Marks resources as waiting for promotion, and removes such marks: only tags of the environment promoted from change.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::estates::{KnownResources, claims};
use super::{PromotionError, Selection, closure, selection};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Action, Plan, Step, TagValue};
use crate::domain::resource::LiveResource;
use crate::domain::tags::{self, PromotionStatus};
use crate::estimate::Estimate;
use crate::pipeline::plan::from::deletion::{finish, step};
use crate::pipeline::plan::{PlanContext, Planned, Side};
use crate::promotion::adoption::{Adoption, adoption};
use crate::promotion::claims::{Claims, PENDING_PREFIX};
use crate::schema::Registry;

/// What to do with the marks of the selected resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Set `PromotionStatus=pending-prod`.
    Pending,
    /// Remove the mark, or a counterpart that the other environment does not confirm.
    Remove,
}

/// Plans the change of the marks.
///
/// # Errors
/// AWS could not be read, or a requested resource does not exist.
pub async fn plan_marks(
    context: &PlanContext<'_>,
    from: &Side<'_>,
    to: &Side<'_>,
    chosen: &Selection,
    mark: Mark,
) -> Result<(Planned, Estimate), PromotionError> {
    let (source, target) = futures_util::join!(KnownResources::list(from), KnownResources::list(to));
    let (mut source, mut target) = (source?, target?);
    let is_named = matches!(chosen, Selection::Named(_));
    let resources = selection::select(&mut source, chosen).await?;
    let mut claims = claims(&source, &target);
    closure::read_counterparts(&mut source, &mut target, &mut claims, resources.iter().cloned()).await?;
    let mut plan = Plan::new(context.as_of, from.environment, from.registry());
    for live in resources.iter().filter_map(|resource| source.live(resource)) {
        let own = &live.resource;
        let key = format!("{} {own}", from.environment.name);
        for tag in [tags::PROMOTION_STATUS, tags::PROD_COUNTERPART, tags::PROMOTION_LEASE] {
            if let Some(value) = live.tags.get(tag) {
                plan.live.insert(format!("{key} {tag}"), value.clone());
            }
        }
        match with_lease(changed_tags(from.registry(), &claims, live, mark), live, mark) {
            Ok(changed) if changed.is_empty() => {}
            Ok(changed) => plan.steps.push(tagging(from, live, changed)),
            Err(reason) if is_named => plan.problems.push(
                Diagnostic::error(Code::NotMarked, format!("{own}: {reason}"))
                    .resource(own.to_string())
                    .hint(format!("run `stagegate drift {} {}` for its state", own.type_name, own.identifier)),
            ),
            // A selection by tags contains others as well.
            Err(_) => {}
        }
    }
    finish(context, from, plan, Vec::new(), Vec::new(), Vec::new()).await.map_err(PromotionError::Cloud)
}

/// Returns the tags to set or remove, or why the mark cannot be changed.
fn changed_tags(
    registry: &Registry,
    claims: &Claims,
    live: &LiveResource,
    mark: Mark,
) -> Result<BTreeMap<String, TagValue>, String> {
    let own = &live.resource;
    if !tags::is_managed(&live.tags) {
        return Err("stagegate does not manage it".to_owned());
    }
    if !registry.get(&own.type_name).is_some_and(|schema| schema.tagging.property.is_some() && schema.tagging.updatable)
    {
        return Err("tags of its type cannot be changed".to_owned());
    }
    let status = PromotionStatus::of(&live.tags);
    let is_pending = status == Some(PromotionStatus::PendingProd);
    let set = |status: PromotionStatus| {
        BTreeMap::from([(tags::PROMOTION_STATUS.to_owned(), TagValue::Text(status.as_str().to_owned()))])
    };
    if mark == Mark::Pending {
        return Ok(if is_pending { BTreeMap::new() } else { set(PromotionStatus::PendingProd) });
    }
    let named = live.tags.get(tags::PROD_COUNTERPART);
    let started = named.is_some_and(|named| named.starts_with(PENDING_PREFIX));
    match adoption(claims, own) {
        Adoption::Proven(prod) if started => Err(format!(
            "an interrupted promotion has created its counterpart `{}`: promote it again to complete it",
            prod.identifier
        )),
        Adoption::Proven(_) if is_pending => Ok(set(PromotionStatus::Synced)),
        Adoption::Proven(prod) => Err(format!("it is promoted, and its counterpart `{}` confirms it", prod.identifier)),
        Adoption::None | Adoption::TagLost(_) | Adoption::Refused { .. } => {
            if !is_pending && named.is_none() {
                return Err("it is not marked".to_owned());
            }
            let mut changed = set(PromotionStatus::DevOnly);
            for key in [tags::PROD_COUNTERPART, tags::PROMOTED_DIGEST] {
                if live.tags.contains_key(key) {
                    changed.insert(key.to_owned(), TagValue::Removed);
                }
            }
            Ok(changed)
        }
    }
}

/// Removes the lease of an interrupted run together with the mark, or alone.
fn with_lease(
    changed: Result<BTreeMap<String, TagValue>, String>,
    live: &LiveResource,
    mark: Mark,
) -> Result<BTreeMap<String, TagValue>, String> {
    if mark != Mark::Remove || !tags::is_managed(&live.tags) || !live.tags.contains_key(tags::PROMOTION_LEASE) {
        return changed;
    }
    let mut changed = changed.unwrap_or_default();
    changed.insert(tags::PROMOTION_LEASE.to_owned(), TagValue::Removed);
    Ok(changed)
}

fn tagging(from: &Side<'_>, live: &LiveResource, changed: BTreeMap<String, TagValue>) -> Step {
    let subject: Map<String, Value> = changed.keys().map(|key| (key.clone(), Value::Null)).collect();
    let mut step = step(from, live, Action::Tag { tags: changed }, &Value::Object(subject));
    step.logical_id = step.logical_id.trim_end_matches("Counterpart").to_owned();
    step
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::resource::ResourceRef;

    fn queue(pairs: &[(&str, &str)]) -> LiveResource {
        let tags = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        LiveResource { resource: ResourceRef::new("AWS::SQS::Queue", "dev"), properties: json!({}), tags, arn: None }
    }

    fn change(dev: &[(&str, &str)], prod: Option<&[(&str, &str)]>, mark: Mark) -> Result<Vec<String>, String> {
        let dev = queue(&dev.iter().copied().chain([("MANAGED_BY", "stagegate")]).collect::<Vec<_>>());
        let mut claims = Claims::new(&Registry::embedded());
        claims.set_dev(&dev.resource, &dev.tags);
        if let Some(prod) = prod {
            claims.set_prod(&ResourceRef::new("AWS::SQS::Queue", "prod"), &queue(prod).tags);
        }
        let changed = with_lease(changed_tags(&Registry::embedded(), &claims, &dev, mark), &dev, mark)?;
        Ok(changed
            .into_iter()
            .map(|(key, value)| match value {
                TagValue::Text(text) => format!("{key}={text}"),
                _ => format!("-{key}"),
            })
            .collect())
    }

    #[test]
    fn a_mark_is_set_once_and_only_on_managed_resources() {
        let marked = change(&[("PromotionStatus", "dev-only")], None, Mark::Pending);
        assert_eq!(marked, Ok(vec!["PromotionStatus=pending-prod".to_owned()]));
        assert_eq!(change(&[("PromotionStatus", "pending-prod")], None, Mark::Pending), Ok(Vec::new()));
        let unmanaged = queue(&[("PromotionStatus", "dev-only")]);
        assert!(
            changed_tags(&Registry::embedded(), &Claims::new(&Registry::embedded()), &unmanaged, Mark::Pending)
                .is_err()
        );
    }

    #[test]
    fn a_mark_is_removed_unless_a_counterpart_was_created() {
        let pending = [("PromotionStatus", "pending-prod"), ("ProdCounterpart", "pending:token")];
        let reset = vec!["-ProdCounterpart".to_owned(), "PromotionStatus=dev-only".to_owned()];
        assert_eq!(change(&pending, None, Mark::Remove), Ok(reset.clone()));
        let created = [("DevCounterpart", "dev"), ("OperationId", "token")];
        assert!(change(&pending, Some(&created), Mark::Remove).unwrap_err().contains("interrupted"));
        let synced = [("PromotionStatus", "synced"), ("ProdCounterpart", "prod")];
        assert!(change(&synced, Some(&[("DevCounterpart", "dev")]), Mark::Remove).is_err());
        assert_eq!(change(&synced, Some(&[("DevCounterpart", "another")]), Mark::Remove), Ok(reset));
        assert!(change(&[("PromotionStatus", "dev-only")], None, Mark::Remove).is_err());
    }

    #[test]
    fn the_lease_of_an_interrupted_run_is_removed() {
        let lease = ("PromotionLease", "aa.bb 2026-11-20T09:42:26Z alice");
        let removed = |dev: &[(&str, &str)]| change(dev, None, Mark::Remove);
        assert_eq!(removed(&[("PromotionStatus", "dev-only"), lease]), Ok(vec!["-PromotionLease".to_owned()]));
        let pending = removed(&[("PromotionStatus", "pending-prod"), lease]).unwrap();
        assert_eq!(pending, ["-PromotionLease", "PromotionStatus=dev-only"]);
        let unmanaged = queue(&[lease]);
        let refused =
            changed_tags(&Registry::embedded(), &Claims::new(&Registry::embedded()), &unmanaged, Mark::Remove);
        assert!(with_lease(refused, &unmanaged, Mark::Remove).is_err());
        let marked = change(&[("PromotionStatus", "dev-only"), lease], None, Mark::Pending);
        assert_eq!(marked, Ok(vec!["PromotionStatus=pending-prod".to_owned()]));
    }
}
