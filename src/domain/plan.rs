//! A plan: everything that will be sent, in order, and the digest that an approval names.

mod difference;
mod redaction;

pub use difference::explain_difference;
pub use redaction::{SENSITIVE, hidden, is_secret_name, redact};

use redaction::redact_patch;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::diagnostic::Diagnostic;
use super::digest;
use super::environment::AccountId;
use super::promotion::desired::InputNeeded;
use super::promotion::rewrite::Rewrite;
use super::resource::Change;

/// Approvals are good for this long after the time in the plan's digest: 24 hours.
pub const APPROVAL_HOURS: i64 = 24;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// CreateResource.
    Create,
    /// UpdateResource with a patch.
    Update,
    /// A change of stagegate's own tags alone.
    Tag,
}

impl Operation {
    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Tag => "tag",
        }
    }
}

/// A tag value that a step writes; two kinds are known only once earlier steps are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagValue {
    /// Known now.
    Text(String),
    /// The identifier of the resource that another step creates or updates, encoded for a tag.
    IdentifierOf(String),
    /// `v<n>:` and the digest of the resource's own configuration, read back.
    OwnDigest,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// CreateResource's desired state; values of earlier steps are still intrinsics.
    Create {
        /// The properties.
        desired: Value,
    },
    /// UpdateResource's RFC 6902 patch; values of earlier steps are still intrinsics.
    Update {
        /// The patch operations.
        patch: Value,
        /// The properties as they should be afterwards, for the read-back.
        expected: Value,
        /// The digest of the resource as the plan found it: another state is not updated.
        found: String,
    },
    /// Tags to add or replace.
    Tag {
        /// Values by key.
        tags: BTreeMap<String, TagValue>,
    },
}

/// One call that changes something.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name of the step within the plan: a template's logical id, or one derived from the name.
    pub logical_id: String,
    /// The environment that it changes.
    pub environment: String,
    /// That environment's account.
    pub account: AccountId,
    /// That environment's region.
    pub region: String,
    /// What it does.
    pub operation: Operation,
    /// CloudFormation type name.
    pub type_name: String,
    /// The identifier, where it is known before the call.
    pub identifier: Option<String>,
    /// For a tag step on a resource that the plan creates: that step's logical id.
    pub target_of: Option<String>,
    /// What is sent.
    pub request: Request,
    /// What changes, for the user to read.
    pub changes: Vec<Change>,
    /// Values that were translated between environments.
    pub rewrites: Vec<Rewrite>,
    /// Logical ids of the steps that must be done before.
    pub depends_on: Vec<String>,
    /// Cloud Control's ClientToken: equal requests have equal tokens, whatever plan they are in.
    pub client_token: String,
    /// Values that must be given before anything is sent.
    pub inputs_needed: Vec<InputNeeded>,
    /// The counterpart in the environment that it is promoted from.
    pub source: Option<String>,
    /// True when an earlier run has already done this step (same OperationId in the resource's
    /// tags); not part of the digest, so that a repeated approval still fits.
    pub already_done: bool,
}

impl Step {
    /// `Type identifier`, or `Type logical id` while there is no identifier.
    pub fn subject(&self) -> String {
        format!("{} {}", self.type_name, self.identifier.as_ref().unwrap_or(&self.logical_id))
    }

    /// A name of the step that no other step of the plan has.
    fn key(&self, index: usize) -> String {
        format!("{}/{}/{}/{}", self.logical_id, self.operation.as_str(), self.environment, index + 1)
    }

    fn facts(&self) -> Value {
        let request = match &self.request {
            Request::Create { desired } => desired.clone(),
            Request::Update { patch, .. } => patch.clone(),
            Request::Tag { tags } => tags
                .iter()
                .map(|(key, value)| {
                    let value = match value {
                        TagValue::Text(text) => json!(text),
                        TagValue::IdentifierOf(step) => json!({ "Ref": step }),
                        TagValue::OwnDigest => json!({"Fn::GetAtt": [self.logical_id, "PromotedDigest"]}),
                    };
                    (key.clone(), value)
                })
                .collect::<Map<String, Value>>()
                .into(),
        };
        json!({
            "environment": self.environment,
            "account": self.account.as_str(),
            "region": self.region,
            "operation": self.operation.as_str(),
            "type": self.type_name,
            // A creation's name is in its body; an identifier that a retry has found is no change.
            "identifier": if self.operation == Operation::Create { None } else { self.identifier.as_ref() },
            "target_of": self.target_of,
            "depends_on": self.depends_on,
            "client_token": self.client_token,
            "request": request,
        })
    }
}

/// One line of the checklist, with the evidence that a machine found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// What is asked.
    pub item: &'static str,
    /// `ok`, `open` or `not_applicable`.
    pub state: ChecklistState,
    /// What the answer rests on.
    pub evidence: String,
}

/// A checklist item's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecklistState {
    /// Seen to hold.
    Ok,
    /// Not (yet) so.
    Open,
    /// Does not concern this plan.
    NotApplicable,
}

impl ChecklistState {
    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Open => "open",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// Everything that one command would send, bound by its digest.
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
    /// What the gate asks for and the findings behind it, in its own words: an approval covers what
    /// was shown, so more findings or another kind of approval make another plan.
    pub gate: Vec<String>,
    /// Findings and the like that stand in the plan's way whatever is approved.
    pub problems: Vec<Diagnostic>,
    /// Values of `NoEcho` parameters: sent, never shown or kept.
    pub secrets: BTreeSet<String>,
}

impl Plan {
    /// What the digest covers, as one document. Sensitive values are in it: it must not be shown
    /// or kept as it is (see [`Plan::public_facts`]).
    fn facts(&self) -> Value {
        json!({
            "created_at": self.created_at.to_string(),
            "environment": self.environment,
            "account": self.account.as_str(),
            "region": self.region,
            "gate": self.gate,
            "steps": self.steps.iter().enumerate().map(|(index, step)| (step.key(index), step.facts())).collect::<Map<_, _>>(),
            "live": self.live,
            "prices": self.prices,
            "usage": self.usage,
            "policies": self.policies,
        })
    }

    /// `<created_at>-<sha256>`, the name that an approval uses.
    pub fn digest(&self) -> String {
        format!("{}-{}", compact_time(self.created_at), digest::of(&self.facts()))
    }

    /// When an approval of this plan expires.
    pub fn expires_at(&self) -> Timestamp {
        self.created_at.checked_add(jiff::Span::new().hours(APPROVAL_HOURS)).unwrap_or(Timestamp::MAX)
    }

    /// The digest's document with write-only values hidden: for the private copy that later says
    /// what differs.
    pub fn public_facts(&self) -> Value {
        let mut facts = self.facts();
        for (index, step) in self.steps.iter().enumerate() {
            let request = facts.get_mut("steps").and_then(|steps| steps.get_mut(step.key(index)));
            if let Some(request) = request.and_then(|step| step.get_mut("request")) {
                *request = match step.operation {
                    Operation::Update => redact_patch(&step.type_name, request, &self.secrets),
                    _ => redact(&step.type_name, request, &self.secrets),
                };
            }
        }
        facts
    }

    /// The logical ids of the inputs that are still missing, as diagnostics.
    pub fn missing_inputs(&self) -> Vec<Diagnostic> {
        self.steps
            .iter()
            .flat_map(|step| {
                step.inputs_needed.iter().map(move |needed| {
                    let name = step.source.as_ref().unwrap_or(&step.logical_id);
                    Diagnostic::error(
                        "input-needed",
                        format!("{} needs `{}`: {}", step.subject(), needed.pointer, needed.reason),
                    )
                    .pointer(&needed.pointer)
                    .resource(step.subject())
                    .hint(format!("add --input '{}/{}#{}=VALUE' (or =@FILE)", step.type_name, name, needed.pointer))
                })
            })
            .collect()
    }
}

/// `20261120T091226Z`: a time in a digest, in whole seconds.
pub fn compact_time(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The time in a digest, and the digest's hash part.
pub fn parse_digest(text: &str) -> Option<(Timestamp, &str)> {
    let (time, hash) = text.trim().split_once('-')?;
    let hex = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    let stamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    hex.then_some((stamp, hash))
}

/// Cloud Control's ClientToken for a request: a hash of account, region, type, target and body,
/// stagegate's own tags and write-only values left out, so that a retry after a crash is the same request to AWS.
pub fn client_token(
    account: &AccountId,
    region: &str,
    operation: Operation,
    type_name: &str,
    target: Option<&str>,
    body: &Value,
) -> String {
    // The token is written into a tag: nobody may find a password by hashing guesses.
    let public = redact(type_name, body, &BTreeSet::new());
    let subject = json!([account.as_str(), region, operation.as_str(), type_name, target, public]);
    digest::of(&subject)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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
                operation: Operation::Create,
                type_name: "AWS::RDS::DBInstance".into(),
                identifier: None,
                target_of: None,
                client_token: client_token(
                    &account,
                    "us-east-1",
                    Operation::Create,
                    "AWS::RDS::DBInstance",
                    None,
                    &desired,
                ),
                request: Request::Create { desired },
                changes: vec![],
                rewrites: vec![],
                depends_on: vec![],
                inputs_needed: vec![],
                source: None,
                already_done: false,
            }],
            live: BTreeMap::new(),
            prices: BTreeMap::from([("rds.x".to_owned(), "0.036".to_owned())]),
            usage: BTreeMap::from([("Database backup_gb".to_owned(), "5".to_owned())]),
            policies: "p".into(),
            gate: vec![],
            problems: vec![],
            secrets: BTreeSet::new(),
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
    fn the_difference_is_told_without_secrets() {
        let (old, new) = (plan("20").public_facts(), plan("21").public_facts());
        assert!(!old.to_string().contains("hunter2"));
        assert_eq!(explain_difference(&old, &new), ["Database /AllocatedStorage: \"20\" -> \"21\""]);
        assert!(explain_difference(&old, &old).is_empty());
    }

    #[test]
    fn doing_a_step_twice_does_not_change_the_digest() {
        let mut done = plan("20");
        done.steps[0].already_done = true;
        assert_eq!(done.digest(), plan("20").digest());
    }

    #[test]
    fn a_digest_changes_with_the_usage_and_the_difference_is_named() {
        let approved = plan("20");
        let mut now = plan("20");
        now.usage.insert("Database backup_gb".to_owned(), "50".to_owned());
        assert_ne!(approved.digest(), now.digest());
        let moved = explain_difference(&approved.public_facts(), &now.public_facts());
        assert_eq!(moved, ["usage of Database backup_gb: \"5\" -> \"50\""]);
    }
}
