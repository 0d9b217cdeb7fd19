//! What is not corrected, because something is in the way or not known.

use serde_json::json;

use super::*;
use crate::pipeline::estate::Unreadable;
use crate::pipeline::ports::{CloudError, CloudErrorKind};

const QUEUE: &str = "AWS::SQS::Queue";

fn tags_of(pairs: &[(&str, &str)]) -> Tags {
    let base = [
        ("MANAGED_BY", "stagegate"),
        ("Environment", "development"),
        ("Project", "sandbox"),
        ("CostCenter", "Engineering"),
        ("CreatedBy", "alice"),
        ("CreatedDate", "2026-11-20"),
        ("Purpose", "jobs"),
    ];
    base.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn live(type_name: &str, id: &str, pairs: &[(&str, &str)]) -> LiveResource {
    LiveResource { resource: ResourceRef::new(type_name, id), properties: json!({}), tags: tags_of(pairs), arn: None }
}

/// Judges a resource in dev: the row, and the keys that are written, by resource.
fn judged(
    own: &LiveResource,
    prod: &[LiveResource],
    hidden: &[ResourceRef],
    project: &Project,
) -> (AuditRow, BTreeMap<String, Vec<String>>) {
    let given = Tags::new();
    let mut estates = BTreeMap::from([("dev".to_owned(), Estate::default()), ("prod".to_owned(), Estate::default())]);
    estates.get_mut("dev").unwrap().insert(own.clone());
    let mut claims = Claims::new(&Registry::embedded());
    claims.set_dev(&own.resource, &own.tags);
    for other in prod {
        claims.set_prod(&other.resource, &other.tags);
        estates.get_mut("prod").unwrap().insert(other.clone());
    }
    for resource in hidden {
        let error = CloudError::new(CloudErrorKind::AccessDenied, "cloudcontrol.GetResource", "prod", "no");
        estates.get_mut("prod").unwrap().note(Unreadable { resource: resource.clone(), error, referred: false });
    }
    let incomplete = hidden.iter().map(|resource| ("prod".to_owned(), resource.type_name.clone())).collect();
    let choices = FixChoices { given: &given, adopt: false, unlink: false };
    let now = "2026-11-30T06:00:00Z".parse().unwrap();
    let pair = Some(Pair { from: "dev", to: "prod", claims });
    let registry = Registry::embedded();
    let mut remedies = Remedies::new(&registry, project, choices, (&[], None, now), pair, &estates, &incomplete);
    let mut contradictions = remedies.contradictions();
    let found = contradictions.remove(&("dev".to_owned(), own.resource.clone())).unwrap_or_default();
    let row = remedies.row(project.environment("dev").unwrap(), own, found);
    let written = remedies.corrections().into_iter();
    (row, written.map(|one| (one.resource.identifier, one.tags.into_keys().collect())).collect())
}

fn codes(row: &AuditRow) -> Vec<&'static str> {
    row.violations.iter().map(|violation| violation.code.as_str()).collect()
}

#[test]
fn a_counterpart_that_cannot_be_read_is_not_missing() {
    let project = Project::sandbox();
    let own = live(QUEUE, "a", &[("PromotionStatus", "synced"), ("ProdCounterpart", "p")]);
    let (row, written) = judged(&own, &[], &[], &project);
    assert_eq!(codes(&row), ["counterpart-missing"]);
    assert_eq!(written["a"], ["ProdCounterpart", "PromotionStatus"]);
    let (row, written) = judged(&own, &[], &[ResourceRef::new(QUEUE, "p")], &project);
    assert!(row.violations.is_empty() && written.is_empty(), "{row:?}");
    // Another one that cannot be read may name a resource that seems to be alone.
    let alone = live(QUEUE, "a", &[("PromotionStatus", "synced")]);
    assert_eq!(judged(&alone, &[], &[], &project).1["a"], ["PromotionStatus"]);
    let (row, written) = judged(&alone, &[], &[ResourceRef::new(QUEUE, "p")], &project);
    assert_eq!((codes(&row), row.violations[0].fixable), (vec!["synced-without-counterpart"], false));
    assert!(written.is_empty());
}

#[test]
fn a_counterpart_may_be_in_an_environment_that_is_not_audited() {
    let mut project = Project::sandbox();
    let staging = project.environments[0].clone();
    project.environments.push(Environment { name: "staging".to_owned(), ..staging });
    let own = live(QUEUE, "a", &[("PromotionStatus", "synced"), ("ProdCounterpart", "p")]);
    let (row, written) = judged(&own, &[], &[], &project);
    assert_eq!((codes(&row), row.violations[0].fixable), (vec!["counterpart-missing"], false));
    assert!(written.is_empty());
}

#[test]
fn a_resource_that_is_promoted_now_is_left_alone() {
    let project = Project::sandbox();
    let lease = |until: &'static str| -> Vec<(&'static str, &'static str)> {
        vec![("PromotionStatus", "synced"), ("Environment", "production"), ("PromotionLease", until)]
    };
    let running = live(QUEUE, "a", &lease("aa.bb 2026-11-30T06:10:00Z alice"));
    let (row, written) = judged(&running, &[], &[], &project);
    assert_eq!((row.violations.len(), row.remedy.clone()), (2, None));
    assert!(
        row.violations.iter().all(|one| !one.fixable && one.hint.as_ref().is_some_and(|hint| hint.contains("alice")))
    );
    assert!(written.is_empty());
    let over = live(QUEUE, "a", &lease("aa.bb 2026-11-30T05:10:00Z alice"));
    assert_eq!(judged(&over, &[], &[], &project).1["a"], ["Environment", "PromotionStatus"]);
    // The same for a counterpart.
    let own = live(QUEUE, "a", &[("PromotionStatus", "synced"), ("ProdCounterpart", "p")]);
    let other = live(QUEUE, "p", &[("PromotionLease", "aa.bb 2026-11-30T06:10:00Z alice")]);
    assert!(judged(&own, &[other], &[], &project).1.is_empty());
    let other = live(QUEUE, "p", &[]);
    assert_eq!(judged(&own, &[other], &[], &project).1["p"], ["DevCounterpart", "PromotionStatus"]);
}

#[test]
fn what_a_type_does_not_allow_is_not_planned() {
    let project = Project::sandbox();
    let fixed = crate::schema::Registry::embedded()
        .type_names()
        .find(|name| {
            let schema = crate::schema::Registry::embedded().get(name).unwrap();
            schema.tagging.property.is_some() && !schema.tagging.updatable
        })
        .unwrap();
    let (row, written) = judged(&live(fixed, "a", &[("Environment", "production")]), &[], &[], &project);
    assert!(row.violations[0].hint.as_ref().unwrap().contains("only be set at creation") && written.is_empty());
    let mut role = live("AWS::IAM::Role", "r", &[("costcenter", "Data")]);
    role.tags.remove("CostCenter");
    let (row, written) = judged(&role, &[], &[], &project);
    assert!(row.violations[0].hint.as_ref().unwrap().contains("the same key") && written.is_empty(), "{row:?}");
    role.resource.type_name = QUEUE.to_owned();
    assert_eq!(judged(&role, &[], &[], &project).1["r"], ["CostCenter"]);
    let many: Vec<String> = (0..43).map(|number| format!("k{number}")).collect();
    let mut full = live(QUEUE, "a", &[]);
    full.tags.remove("CostCenter");
    full.tags.extend(many.into_iter().map(|key| (key, "v".to_owned())));
    assert!(judged(&full, &[], &[], &project).0.violations[0].fixable);
    full.tags.insert("one-more".to_owned(), "v".to_owned());
    let (row, written) = judged(&full, &[], &[], &project);
    assert!(row.violations[0].hint.as_ref().unwrap().contains("50 tags") && written.is_empty(), "{row:?}");
}

#[test]
fn a_promotion_waits_since_a_run_began_it_or_since_the_resource_was_created() {
    let now: Timestamp = "2026-11-30T06:00:00Z".parse().unwrap();
    let of = |pairs: &[(&str, &str)]| {
        let found: Tags = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        waiting(&found, now).map(|(_, age)| age.as_secs())
    };
    let (created, lease) = (("CreatedDate", "2026-11-20"), ("PromotionLease", "aa.bb 2026-11-29T06:30:00Z alice"));
    // At the end of the day on which it was created, it was there for certain.
    assert_eq!(of(&[created]), Some(9 * 86_400 + 6 * 3_600));
    assert_eq!(of(&[created, lease, ("PromotionStatus", "pending-prod")]), Some(86_400));
    assert_eq!(of(&[created, lease, ("PromotionStatus", "dev-only")]), of(&[created]));
    assert_eq!(of(&[("CreatedDate", "soon")]), None);
    assert_eq!(of(&[("CreatedDate", "2026-12-24")]), Some(0));
}
