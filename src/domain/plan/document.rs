//! The serialized form of a plan. An approval refers to its digest; the stored copy
//! in the state folder, a saved plan, and the JSON output are views of it. It contains no secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::Plan;
use super::action::{Action, Operation, TagValue};
use super::redaction::{hidden_between, hidden_change, redact, redact_patch};
use super::step::Step;
use super::token::compact_time;
use crate::domain::resource::Change;
use crate::domain::{digest, pointer, tags};

/// The version of this layout. A reader refuses every other one.
pub const DOCUMENT_VERSION: u32 = 1;

/// A serialized plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// [`DOCUMENT_VERSION`].
    pub version: u32,
    /// The time that the plan is made as of, in whole seconds.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// The environment that is changed.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The steps, in order.
    pub steps: Vec<StepDocument>,
    /// Digest of every live resource that was read for the plan, by `environment type identifier`.
    pub live: BTreeMap<String, String>,
    /// Unit prices that the estimate used, by price id.
    pub prices: BTreeMap<String, String>,
    /// Usage figures that the user gave, by resource and key.
    pub usage: BTreeMap<String, String>,
    /// Digest of the policy set.
    pub policies: String,
    /// What the gate requires, and the findings behind it.
    pub gate: Vec<String>,
    /// The ARN of whoever made the plan, by environment, where the planner may not approve (`approvals` of the project file).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub planner: BTreeMap<String, String>,
}

/// A serialized step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepDocument {
    /// Position in the order, from 1.
    pub order: u32,
    /// Name of the step within the plan.
    pub logical_id: String,
    /// The environment that it changes.
    pub environment: String,
    /// That environment's account.
    pub account: String,
    /// That environment's region.
    pub region: String,
    /// The operation.
    pub operation: Operation,
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier, where it is known before the call.
    pub identifier: Option<String>,
    /// For a tag step or an update of a resource that the plan creates: that step's logical id.
    pub target_of: Option<String>,
    /// The identifier in the environment that it is promoted from.
    pub source: Option<String>,
    /// What is sent: a desired state, an RFC 6902 patch, or tags. Values of earlier steps are intrinsic
    /// functions; sensitive ones are hidden.
    pub request: Value,
    /// The changes.
    pub changes: Vec<ChangeDocument>,
    /// Values translated between environments.
    pub rewrites: Vec<RewriteDocument>,
    /// JSON pointers of properties that were changed in the account since stagegate last wrote them, and that the step
    /// sets back.
    pub overwrites: Vec<String>,
    /// JSON pointers of values of the source that AWS does not return, and that the new resource does not get.
    pub not_copied: Vec<String>,
    /// Logical ids of the steps that must complete first.
    pub depends_on: Vec<String>,
    /// Cloud Control's ClientToken.
    pub client_token: String,
    /// Values that must be given before anything is sent.
    pub inputs_needed: Vec<InputDocument>,
    /// JSON pointers of texts of the desired state whose dynamic references (`{{resolve:…}}`) are resolved when the step runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stored: Vec<String>,
    /// A salted, stretched hash of the values that are hidden in `request`; `None` if nothing is hidden. An
    /// approval covers them, and they cannot be read from the document.
    pub sensitive: Option<String>,
}

/// One difference; sensitive values are hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeDocument {
    /// JSON pointer.
    pub pointer: String,
    /// The value before; `null` when there was none.
    pub before: Value,
    /// The value after; `null` when there is none.
    pub after: Value,
}

/// One translated value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RewriteDocument {
    /// JSON pointer.
    pub pointer: String,
    /// The value in the environment promoted from.
    pub before: String,
    /// The value in the environment promoted to.
    pub after: String,
    /// Why.
    pub reason: String,
}

/// A value that must be given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputDocument {
    /// JSON pointer.
    pub pointer: String,
    /// Why.
    pub reason: String,
}

impl PlanDocument {
    /// Serializes a plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            version: DOCUMENT_VERSION,
            created_at: plan.created_at,
            environment: plan.environment.clone(),
            account: plan.account.to_string(),
            region: plan.region.clone(),
            steps: (1..).zip(&plan.steps).map(|(order, step)| StepDocument::new(plan, order, step)).collect(),
            live: plan.live.clone(),
            prices: plan.prices.clone(),
            usage: plan.usage.clone(),
            policies: plan.policies.clone(),
            gate: plan.gate.clone(),
            planner: plan.planner.clone(),
        }
    }

    /// Parses a serialized plan.
    ///
    /// # Errors
    /// The text is not a plan, or a plan of another version.
    pub fn parse(text: &str) -> Result<Self, String> {
        /// The version alone: other versions may have other fields.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if version != DOCUMENT_VERSION {
            return Err(format!("the plan has version {version}; this version of stagegate reads {DOCUMENT_VERSION}"));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// `<created_at>-<sha256>`, the name that an approval uses.
    pub fn digest(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{}-{}", compact_time(self.created_at), digest::of(&value))
    }
}

impl StepDocument {
    fn new(plan: &Plan, order: u32, step: &Step) -> Self {
        let sent = request(step);
        let mut shown = shown(plan, step, &sent);
        let sensitive = (shown != sent).then(|| sensitive(plan, &hidden_between(&sent, &shown)));
        if let Some(caller) = plan.callers.get(&step.environment) {
            without_caller(plan, step, &mut shown, caller);
        }
        let changes = changes(step, &shown);
        let schema = plan.registry.get(&step.type_name);
        Self {
            order,
            logical_id: step.logical_id.clone(),
            environment: step.environment.clone(),
            account: step.account.to_string(),
            region: step.region.clone(),
            operation: step.operation(),
            type_name: step.type_name.clone(),
            identifier: step.identifier.clone(),
            target_of: step.target_of.clone(),
            source: step.source.clone(),
            changes: changes
                .iter()
                .map(|change| {
                    let (before, after) = hidden_change(schema, name(step), change, &plan.secrets);
                    ChangeDocument { pointer: change.pointer.clone(), before, after }
                })
                .collect(),
            rewrites: step
                .rewrites
                .iter()
                .map(|rewrite| RewriteDocument {
                    pointer: rewrite.pointer.clone(),
                    before: rewrite.before.clone(),
                    after: rewrite.after.clone(),
                    reason: rewrite.reason.clone(),
                })
                .collect(),
            overwrites: step.overwrites.clone(),
            not_copied: step.not_copied.clone(),
            depends_on: step.depends_on.clone(),
            client_token: step.client_token.clone(),
            stored: step.stored.clone(),
            inputs_needed: step
                .inputs_needed
                .iter()
                .map(|needed| InputDocument { pointer: needed.pointer.clone(), reason: needed.reason.clone() })
                .collect(),
            sensitive,
            request: shown,
        }
    }

    /// A readable name of the step that is unique within its plan.
    pub fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.logical_id, self.operation.as_str(), self.environment, self.order)
    }
}

/// The request, sensitive values included.
fn request(step: &Step) -> Value {
    match &step.action {
        Action::Create { desired } | Action::Replace { desired, .. } => desired.clone(),
        Action::Update { patch, .. } => patch.clone(),
        Action::Delete { .. } => Value::Null,
        Action::Tag { tags } => tags
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    TagValue::Text(text) => json!(text),
                    TagValue::IdentifierOf(step) => json!({ "Ref": step }),
                    TagValue::OwnDigest => json!({"Fn::GetAtt": [step.logical_id, "PromotedDigest"]}),
                    TagValue::AppliedDigest { .. } => json!({"Fn::GetAtt": [step.logical_id, "AppliedDigest"]}),
                    TagValue::Children { members, kept } => {
                        let identifiers = members.iter().map(|child| match &child.identifier {
                            Some(identifier) => json!(identifier),
                            None => json!({ "Ref": child.logical_id }),
                        });
                        identifiers.chain([json!(kept)]).collect::<Value>()
                    }
                    TagValue::Removed => Value::Null,
                };
                (key.clone(), value)
            })
            .collect::<Map<String, Value>>()
            .into(),
    }
}

/// The identifier or, for a new resource, its name.
fn name(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Create { desired } | Action::Replace { desired, .. } => {
            desired.get("Name").and_then(Value::as_str).or(step.identifier.as_deref())
        }
        _ => step.identifier.as_deref(),
    }
}

/// The request, sensitive values hidden.
fn shown(plan: &Plan, step: &Step, sent: &Value) -> Value {
    let schema = plan.registry.get(&step.type_name);
    match &step.action {
        Action::Update { .. } => redact_patch(schema, step.identifier.as_deref(), sent, &plan.secrets),
        Action::Create { .. } | Action::Replace { .. } => redact(schema, sent, &plan.secrets),
        Action::Delete { .. } | Action::Tag { .. } => sent.clone(),
    }
}

/// Stands for the name of the caller in `CreatedBy`.
const CALLER: &str = "(the caller)";

/// Replaces the name of the caller in the tag `CreatedBy`, so that the plan is the same whoever makes it.
fn without_caller(plan: &Plan, step: &Step, shown: &mut Value, caller: &str) {
    let tags = match &step.action {
        Action::Create { .. } | Action::Replace { .. } => {
            let property = plan.registry.get(&step.type_name).and_then(|schema| schema.tagging.property.as_ref());
            property.and_then(|name| shown.get_mut(name))
        }
        Action::Tag { .. } => Some(shown),
        Action::Update { .. } | Action::Delete { .. } => None,
    };
    let name = match tags {
        Some(Value::Array(items)) => items
            .iter_mut()
            .find(|item| ["Key", "TagKey"].iter().any(|key| item.get(key).is_some_and(|key| key == tags::CREATED_BY)))
            .and_then(|item| item.as_object_mut()?.iter_mut().find(|(key, _)| *key == "Value" || *key == "TagValue"))
            .map(|(_, value)| value),
        Some(tags) => tags.get_mut(tags::CREATED_BY),
        None => None,
    };
    if let Some(name) = name.filter(|name| *name == caller) {
        *name = json!(CALLER);
    }
}

/// The values of a step's request that its document hides, by JSON pointer.
pub(super) fn hidden_in(plan: &Plan, step: &Step) -> BTreeMap<String, Value> {
    let sent = request(step);
    hidden_between(&sent, &shown(plan, step, &sent))
}

/// What a step changes: for a creation every property that the redacted request sets, for a tag step every tag.
fn changes(step: &Step, shown: &Value) -> Vec<Change> {
    let added = |pointer: String, value: Value| Change { pointer, before: None, after: Some(value) };
    match &step.action {
        Action::Create { .. } => shown
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| added(pointer::join("", key), value.clone()))
            .collect(),
        Action::Update { .. } | Action::Replace { .. } | Action::Delete { .. } => step.changes.clone(),
        // With the values before the change.
        Action::Tag { .. } if !step.changes.is_empty() => step.changes.clone(),
        Action::Tag { tags } => tags
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    TagValue::Text(text) => json!(text),
                    TagValue::IdentifierOf(step) => json!(format!("(identifier of {step})")),
                    TagValue::OwnDigest | TagValue::AppliedDigest { .. } => json!("(digest after read-back)"),
                    TagValue::Children { members, .. } => json!(format!("(record of {} resource(s))", members.len())),
                    TagValue::Removed => json!("(removed)"),
                };
                added(format!("/Tags/{key}"), value)
            })
            .collect(),
    }
}

/// The PBKDF2 iterations for the hash of the hidden values: a document may be read by people who should not
/// be able to brute-force passwords.
const ROUNDS: u32 = 20_000;

/// PBKDF2 (RFC 8018) over hidden values by their place, salted with the plan's time, account and region. It does not
/// depend on the rest of the request, where references to resources become values once these exist.
fn sensitive(plan: &Plan, hidden: &BTreeMap<String, Value>) -> String {
    let salt = format!("{} {} {}", plan.created_at, plan.account, plan.region);
    let hidden = hidden.iter().map(|(place, value)| (place.clone(), value.clone()));
    let text = digest::canonical(&Value::Object(hidden.collect()));
    let key: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(text.as_bytes(), salt.as_bytes(), ROUNDS);
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::plan::redaction::is_secret_name;
    use crate::domain::pointer::PropertyPath;
    use crate::schema::TypeSchema;

    /// Nested write-only values do not always have the name of a secret.
    #[test]
    fn nested_write_only_values_are_hidden_in_every_part_of_a_document() {
        let nested = |path: &&PropertyPath| {
            let text = path.to_string();
            text.matches('/').count() > 1 && !text.contains('*') && !is_secret_name(&text)
        };
        let mut tested = 0;
        for schema in TypeSchema::all_embedded() {
            let Some(path) = schema.write_only.iter().find(nested) else { continue };
            let mut desired = json!("planted-value");
            for token in path.to_string().trim_start_matches('/').rsplit('/') {
                desired = json!({ token: desired });
            }
            let plan = crate::domain::plan::tests::creating(&schema.type_name, desired);
            let text = serde_json::to_string(&plan.document()).unwrap();
            assert!(!text.contains("planted-value"), "{} {path}: {text}", schema.type_name);
            tested += 1;
        }
        assert!(tested > 10, "{tested}");
    }

    #[test]
    fn a_plan_of_another_version_is_not_read() {
        let plan = crate::domain::plan::tests::creating("AWS::SQS::Queue", json!({"QueueName": "q"}));
        let text = serde_json::to_string(&plan.document()).unwrap();
        assert_eq!(PlanDocument::parse(&text).unwrap(), plan.document());
        let other = text.replacen("\"version\":1", "\"version\":99", 1);
        assert!(PlanDocument::parse(&other).unwrap_err().contains("version 99"));
        assert!(PlanDocument::parse("[]").is_err());
    }

    #[test]
    fn a_hidden_value_changes_the_digest() {
        let of = |password: &str| {
            let desired = json!({"DBInstanceClass": "db.t3.small", "MasterUserPassword": password});
            crate::domain::plan::tests::creating("AWS::RDS::DBInstance", desired).digest()
        };
        assert_ne!(of("first-password"), of("second-password"));
        assert_eq!(BTreeSet::from([of("same"), of("same")]).len(), 1);
    }
}
