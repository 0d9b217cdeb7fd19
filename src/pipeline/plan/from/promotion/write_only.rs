//! Optional write-only values of the source, which a read does not return, so that they cannot be copied.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::compare::applied::AppliedDigest;
use crate::domain::plan::{InputNeeded, is_secret_name};
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::resource::LiveResource;
use crate::domain::tags::{self, Tags};
use crate::promotion::desired::inputs_needed;
use crate::schema::TypeSchema;

/// The write-only values that a new resource does not get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// Values that must be given: references and secrets.
    pub needed: Vec<InputNeeded>,
    /// JSON pointers of values that are dropped.
    pub dropped: Vec<String>,
}

/// Whether the source has a value for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Its tags record that it was set.
    Set,
    /// Its tags record that it was not set.
    Unset,
    /// Nothing is recorded.
    Unknown,
}

/// Returns the JSON pointers of values that a live resource has or may have, that matter to it and that a read does not
/// return, sorted: what a promotion demands or leaves out.
pub fn unreturned(schema: &TypeSchema, live: &LiveResource) -> Vec<String> {
    if schema.write_only.is_empty() {
        return Vec::new();
    }
    let readable = portable(schema, &live.properties);
    let Missing { needed, dropped } = missing(schema, &live.tags, &readable, &[]);
    let all = needed.into_iter().chain(inputs_needed(schema, &readable)).map(|needed| needed.pointer).chain(dropped);
    all.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Returns the optional write-only values that the source has or may have, and that the desired properties do not contain.
/// `declined` are the pointers for which the user has said that there is no value.
pub(super) fn missing(schema: &TypeSchema, source: &Tags, desired: &Value, declined: &[String]) -> Missing {
    let record = source.get(tags::APPLIED_DIGEST);
    let applied = record.and_then(|text| AppliedDigest::parse(text));
    // Properties that do not fit into the tag are not recorded.
    let is_complete = record.is_some_and(|text| text.len() < COMPLETE_RECORD);
    let known = |name: &str| match &applied {
        _ if is_secret_name(name) => Known::Unknown,
        Some(applied) if applied.has(name) => Known::Set,
        Some(_) if is_complete => Known::Unset,
        _ => Known::Unknown,
    };
    let mut found = Missing::default();
    for path in &schema.write_only {
        let [name] = path.tokens() else { continue };
        let place = pointer::join("", name);
        let is_set = desired.get(name).is_some_and(|value| !value.is_null());
        if is_set || schema.required.contains(name) || declined.contains(&place) || is_instruction(name) {
            continue;
        }
        // The rules of `inputs_needed` say when such a value is needed.
        if schema.needed_unless.iter().any(|rule| rule.pointer == place || rule.unless.contains(&place)) {
            continue;
        }
        match known(name) {
            Known::Unset => {}
            Known::Set if is_reference(schema, name) => found.needed.push(InputNeeded {
                reason: "the source has a value that refers to another resource, and AWS does not return it".into(),
                pointer: place,
            }),
            Known::Set => found.dropped.push(place),
            Known::Unknown if is_secret_name(name) && may_be_set(schema, name, desired) => {
                found.needed.push(InputNeeded {
                    reason: "the source may have such a secret, and AWS does not return it; VALUE may be null".into(),
                    pointer: place,
                });
            }
            // The source was not created by stagegate.
            Known::Unknown if is_reference(schema, name) && may_be_set(schema, name, desired) => {
                found.dropped.push(place);
            }
            Known::Unknown if CONTENT.contains(&name.as_str()) => found.dropped.push(place),
            Known::Unknown => {}
        }
    }
    found.dropped.sort();
    found
}

/// The length in characters up to which a record contains all properties: an entry has at most 12.
const COMPLETE_RECORD: usize = 244;

/// Names of properties without which a resource that was created with them is not the same.
const CONTENT: &[&str] =
    &["Body", "BodyS3Location", "Configuration", "Data", "Definition", "DefinitionS3Location", "EngineVersion"];

/// True for a property that is an instruction for one request, and no part of the configuration.
fn is_instruction(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "AcceptLanguage",
        "AllowMajorVersionUpgrade",
        "ApplyImmediately",
        "BypassPolicyLockoutSafetyCheck",
        "CertificateRotationRestart",
        "ClientRequestToken",
        "ClientToken",
        "DeleteAutomatedBackups",
        "DeletionProtectionCheck",
        "DisableSchemaValidation",
        "EmptyOnDelete",
        "FailOnWarnings",
        "Force",
        "ForceDelete",
        "ForceNewDeployment",
        "MaxDrainDurationSeconds",
        "PendingWindowInDays",
        "ValidationStrategy",
    ];
    NAMES.contains(&name) || name.starts_with("Skip")
}

fn is_reference(schema: &TypeSchema, name: &str) -> bool {
    const ENDS: &[&str] =
        &["Arn", "ARN", "Arns", "KmsKeyId", "RoleName", "GroupName", "GroupNames", "SecurityGroupIds", "SubnetIds"];
    ENDS.iter().any(|end| name.ends_with(end))
        || schema.references.iter().any(|reference| reference.path.tokens().first().is_some_and(|first| first == name))
}

/// False for a value that cannot have been set: where the data came from, which is not copied, and what is only set
/// together with another property that is not set.
fn may_be_set(schema: &TypeSchema, name: &str, desired: &Value) -> bool {
    let is_origin = ["Source", "Snapshot", "Restore"].iter().any(|word| name.contains(word));
    if is_origin {
        return false;
    }
    let is_on = |name: &str| desired.get(name).is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
    match name {
        "AuthToken" => return is_on("TransitEncryptionEnabled"),
        "KmsKeyId" if schema.properties.iter().any(|known| known == "AtRestEncryptionEnabled") => {
            return is_on("AtRestEncryptionEnabled");
        }
        _ => {}
    }
    // `TdeCredentialPassword` beside `TdeCredentialArn`, `AutomaticBackupReplicationKmsKeyId` beside `…Region`.
    let stem = ["Password", "KmsKeyId"].iter().find_map(|end| name.strip_suffix(end)).filter(|stem| !stem.is_empty());
    let Some(stem) = stem else { return true };
    let mut beside = schema.properties.iter().filter(|other| {
        other.as_str() != name && other.strip_prefix(stem).is_some_and(|rest| matches!(rest, "Arn" | "Region"))
    });
    beside.next().is_none_or(|first| is_on(first))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    fn found(type_name: &str, declared: Option<Value>, desired: Value) -> (Vec<String>, Vec<String>) {
        let schema = Registry::embedded().get(type_name).unwrap();
        let record = declared.map(|declared| AppliedDigest::of(schema, &declared, None).to_tag_value());
        let tags = record.into_iter().map(|text| (tags::APPLIED_DIGEST.to_owned(), text)).collect();
        let Missing { needed, dropped } = missing(schema, &tags, &desired, &[]);
        (needed.into_iter().map(|needed| needed.pointer).collect(), dropped)
    }

    const CACHE: &str = "AWS::ElastiCache::ReplicationGroup";

    #[test]
    fn what_the_source_was_created_with_is_demanded_or_listed() {
        let declared = json!({"ReplicationGroupDescription": "x", "EngineVersion": "7.1", "KmsKeyId": "arn:aws:kms:x",
            "SecurityGroupIds": ["sg-1"], "CacheSubnetGroupName": "g"});
        let (needed, dropped) = found(CACHE, Some(declared), json!({"ReplicationGroupDescription": "x"}));
        assert_eq!(needed, ["/CacheSubnetGroupName", "/KmsKeyId", "/SecurityGroupIds"]);
        assert_eq!(dropped, ["/EngineVersion"]);
    }

    #[test]
    fn what_was_not_set_or_is_given_again_is_not_missing() {
        let declared = json!({"ReplicationGroupDescription": "x"});
        let plain = json!({"ReplicationGroupDescription": "x"});
        assert_eq!(found(CACHE, Some(declared), plain.clone()), (vec![], vec![]));
        let declared = json!({"ReplicationGroupDescription": "x", "EngineVersion": "7.1"});
        let given = json!({"ReplicationGroupDescription": "x", "EngineVersion": "7.1"});
        assert_eq!(found(CACHE, Some(declared), given), (vec![], vec![]));
        // A secret is not recorded; it needs encryption in transit.
        let encrypted = json!({"ReplicationGroupDescription": "x", "TransitEncryptionEnabled": true});
        assert_eq!(found(CACHE, Some(plain), encrypted).0, ["/AuthToken"]);
    }

    #[test]
    fn of_a_resource_of_another_tool_only_what_matters_is_listed() {
        for type_name in
            ["AWS::S3::Bucket", "AWS::EC2::VPC", "AWS::KMS::Key", "AWS::RDS::DBInstance", "AWS::ECS::Service"]
        {
            assert_eq!(found(type_name, None, json!({})), (vec![], vec![]), "{type_name}");
        }
        let (needed, dropped) = found(CACHE, None, json!({}));
        assert!(needed.is_empty() && dropped.contains(&"/SecurityGroupIds".to_owned()), "{needed:?} {dropped:?}");
        assert!(found("AWS::ApiGateway::RestApi", None, json!({})).1.contains(&"/Body".to_owned()));
    }
}
