//! A plan: every request that will be sent, in order, and the digest that an approval refers to.

mod action;
mod difference;
mod document;
mod recognized;
mod redaction;
mod remainder;
mod saved;
mod step;
mod token;

pub use action::{Action, Child, Operation, TagValue};
pub use difference::explain_difference;
pub use document::{ChangeDocument, DOCUMENT_VERSION, InputDocument, PlanDocument, RewriteDocument, StepDocument};
pub use redaction::{
    SENSITIVE, hidden, hidden_change, hidden_values, hidden_values_of_patch, is_secret_name, redact, without_hidden,
};
pub use remainder::{Evidence, remainder};
pub use saved::{
    SavedCreate, SavedDelete, SavedFile, SavedInput, SavedPlan, SavedPromote, SavedRequest, SavedResource, SavedSchema,
    SavedSelection, SavedTagFix, SavedUpdate, SavedValue,
};
pub use step::{InputNeeded, Rewrite, Step};
pub use token::{client_token, compact_time, parse_digest};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::diagnostic::{Code, Diagnostic};
use super::project::AccountId;
use super::resource::{LiveResource, ResourceRef};
use crate::schema::Registry;

/// How long an approval is valid after the time in the plan's digest: 24 hours.
pub const APPROVAL_HOURS: i64 = 24;

/// One checklist item, with the evidence found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// The question.
    pub item: &'static str,
    /// `ok`, `open` or `not_applicable`.
    pub state: ChecklistState,
    /// The evidence for the answer.
    pub evidence: String,
}

/// A checklist item's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecklistState {
    /// Verified.
    Ok,
    /// Not verified.
    Open,
    /// Does not apply to this plan.
    NotApplicable,
}

/// Every request that one command would send, identified by its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The time that the plan is made as of, in whole seconds.
    pub created_at: Timestamp,
    /// The environment that is changed (promotion also writes tags in the one promoted from).
    pub environment: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: String,
    /// The calls, in order.
    pub steps: Vec<Step>,
    /// Digest of every live resource that was read for the plan, by `environment type identifier`
    /// (`absent` where there is none); stagegate's own tags are left out.
    pub live: BTreeMap<String, String>,
    /// Unit prices that the estimate used, by price id.
    pub prices: BTreeMap<String, String>,
    /// Usage figures that the user gave for the estimate, by resource and key.
    pub usage: BTreeMap<String, String>,
    /// Digest of the policy set that the plan was scanned with.
    pub policies: String,
    /// What the gate requires and the findings behind it, as shown: an approval covers what
    /// was shown, so more findings or another kind of approval make another plan.
    pub gate: Vec<String>,
    /// The ARN of whoever made the plan, by environment: of those environments that the plan changes in which the planner may
    /// not approve.
    pub planner: BTreeMap<String, String>,
    /// Findings and other reasons that block the plan regardless of approvals.
    pub problems: Vec<Diagnostic>,
    /// Values of `NoEcho` parameters: sent, never shown or kept.
    pub secrets: BTreeSet<String>,
    /// The names of the caller that `CreatedBy` records, by environment. Not part of the document: another person or job may
    /// apply a plan than the one that made it.
    pub callers: BTreeMap<String, String>,
    /// The live resources of the plan, by logical id. Not part of the document: they show which steps of an earlier plan
    /// are done.
    pub existing: BTreeMap<String, LiveResource>,
    /// The resources in the environment promoted from whose promotion is complete according to the tags of both sides.
    /// Not part of the document.
    pub promoted: BTreeSet<ResourceRef>,
    /// The resource types that were known when the plan was made. Not part of the document.
    pub registry: Registry,
}

impl Plan {
    /// A plan without steps, as of a time.
    pub fn new(created_at: Timestamp, environment: &super::project::Environment, registry: &Registry) -> Self {
        Self {
            created_at,
            environment: environment.name.clone(),
            account: environment.account.clone(),
            region: environment.region.clone(),
            steps: Vec::new(),
            live: BTreeMap::new(),
            prices: BTreeMap::new(),
            usage: BTreeMap::new(),
            policies: String::new(),
            gate: Vec::new(),
            planner: BTreeMap::new(),
            problems: Vec::new(),
            secrets: BTreeSet::new(),
            callers: BTreeMap::new(),
            existing: BTreeMap::new(),
            promoted: BTreeSet::new(),
            registry: registry.clone(),
        }
    }

    /// The plan as a document, sensitive values hidden.
    pub fn document(&self) -> PlanDocument {
        PlanDocument::new(self)
    }

    /// `<created_at>-<sha256>`, by which an approval refers to the plan.
    pub fn digest(&self) -> String {
        self.document().digest()
    }

    /// When an approval of this plan expires.
    pub fn expires_at(&self) -> Timestamp {
        self.created_at.checked_add(jiff::Span::new().hours(APPROVAL_HOURS)).unwrap_or(Timestamp::MAX)
    }

    /// The strings that must not be shown: the secrets, and what the document hides.
    pub fn hidden_texts(&self) -> BTreeSet<String> {
        let hidden = self.steps.iter().flat_map(|step| document::hidden_in(self, step).into_values());
        let texts = hidden.filter_map(|value| value.as_str().map(str::to_owned));
        let texts = texts.filter(|text| text.len() >= redaction::SHORTEST_HIDDEN);
        self.secrets.iter().cloned().chain(texts).collect()
    }

    /// The logical ids of the inputs that are still missing, as diagnostics.
    pub fn missing_inputs(&self) -> Vec<Diagnostic> {
        self.steps
            .iter()
            .flat_map(|step| {
                step.inputs_needed.iter().map(move |needed| {
                    let name = step.source.as_ref().unwrap_or(&step.logical_id);
                    Diagnostic::error(
                        Code::InputNeeded,
                        format!("{} needs `{}`: {}", step.subject(), needed.pointer, needed.reason),
                    )
                    .pointer(&needed.pointer)
                    .resource(step.subject())
                    .hint(match &step.source {
                        Some(_) => {
                            format!("add --input '{}/{}#{}=VALUE' (or =@FILE)", step.type_name, name, needed.pointer)
                        }
                        None => format!("add --set '{}=VALUE'", needed.pointer),
                    })
                })
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A plan that creates one resource.
    pub(crate) fn creating(type_name: &str, desired: Value) -> Plan {
        let mut plan = plan("20");
        let step = &mut plan.steps[0];
        step.type_name = type_name.to_owned();
        step.action = Action::Create { desired };
        plan
    }

    fn plan(size: &str) -> Plan {
        let desired = json!({"AllocatedStorage": size, "MasterUserPassword": "hunter2-very-secret"});
        let account = AccountId::parse("111111111111").unwrap();
        Plan {
            created_at: "2026-11-20T09:12:26Z".parse().unwrap(),
            environment: "dev".into(),
            account: account.clone(),
            region: "us-east-1".into(),
            steps: vec![Step {
                logical_id: "Database".into(),
                environment: "dev".into(),
                account: account.clone(),
                region: "us-east-1".into(),
                type_name: "AWS::RDS::DBInstance".into(),
                identifier: None,
                target_of: None,
                client_token: client_token(
                    &Registry::embedded(),
                    &account,
                    "us-east-1",
                    Operation::Create,
                    "AWS::RDS::DBInstance",
                    None,
                    &desired,
                ),
                action: Action::Create { desired },
                changes: vec![],
                overwrites: vec![],
                not_copied: vec![],
                rewrites: vec![],
                depends_on: vec![],
                inputs_needed: vec![],
                stored: vec![],
                source: None,
                made_before: None,
            }],
            live: BTreeMap::new(),
            prices: BTreeMap::from([("rds.x".to_owned(), "0.036".to_owned())]),
            usage: BTreeMap::from([("Database backup_gb".to_owned(), "5".to_owned())]),
            policies: "p".into(),
            gate: vec![],
            planner: BTreeMap::new(),
            problems: vec![],
            secrets: BTreeSet::new(),
            callers: BTreeMap::new(),
            existing: BTreeMap::new(),
            promoted: BTreeSet::new(),
            registry: Registry::embedded(),
        }
    }

    #[test]
    fn a_digest_names_its_time_and_changes_with_the_body() {
        let first = plan("20").digest();
        let (time, _) = parse_digest(&first).unwrap();
        assert_eq!(time, plan("20").created_at);
        assert_eq!(first, plan("20").digest());
        assert_ne!(first, plan("21").digest());
        assert!(parse_digest("20261120T091226Z-xyz").is_none());
        assert!(parse_digest("nonsense").is_none());
    }

    #[test]
    fn the_difference_is_explained_without_secrets() {
        let (old, new) = (plan("20").document(), plan("21").document());
        assert!(!serde_json::to_string(&old).unwrap().contains("hunter2"));
        assert_eq!(explain_difference(&old, &new), ["Database /AllocatedStorage: \"20\" -> \"21\""]);
        assert!(explain_difference(&old, &old).is_empty());
    }

    /// Digests of plans to which the rule does not apply are those of earlier versions.
    #[test]
    fn the_planner_is_part_of_the_digest_only_where_the_rule_holds() {
        let without = plan("20");
        let value = serde_json::to_value(without.document()).unwrap();
        assert!(value.get("planner").is_none(), "{value}");
        let by = |name: &str| {
            let arn = format!("arn:aws:iam::111111111111:user/{name}");
            Plan { planner: BTreeMap::from([("dev".to_owned(), arn)]), ..plan("20") }
        };
        assert_ne!(by("alice").digest(), without.digest());
        assert_ne!(by("alice").digest(), by("bob").digest());
        let moved = explain_difference(&without.document(), &by("bob").document());
        assert_eq!(moved, ["planner in dev: (none) -> \"arn:aws:iam::111111111111:user/bob\""]);
    }

    #[test]
    fn doing_a_step_twice_does_not_change_the_digest() {
        let mut done = plan("20");
        done.steps[0].made_before = Some("db-1".to_owned());
        assert_eq!(done.digest(), plan("20").digest());
    }

    #[test]
    fn a_digest_changes_with_the_usage_and_the_difference_is_named() {
        let approved = plan("20");
        let mut now = plan("20");
        now.usage.insert("Database backup_gb".to_owned(), "50".to_owned());
        assert_ne!(approved.digest(), now.digest());
        let moved = explain_difference(&approved.document(), &now.document());
        assert_eq!(moved, ["usage of Database backup_gb: \"5\" -> \"50\""]);
    }
}
