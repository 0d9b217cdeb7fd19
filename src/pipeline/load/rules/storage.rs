//! Buckets and backups.

use super::{Facts, Rules};
use crate::domain::pointer;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::S3::Bucket" => bucket,
        "AWS::Backup::BackupPlan" => backup_plan,
        _ => return None,
    })
}

const ACTIONS: [&str; 9] = [
    "AbortIncompleteMultipartUpload",
    "ExpirationDate",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays",
    "NoncurrentVersionTransitions",
    "Transitions",
    "Transition",
];

fn bucket(facts: &mut Facts<'_>) {
    if let Some(name) = facts.text("/BucketName") {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let edges = name.bytes().next().is_some_and(is_plain) && name.bytes().next_back().is_some_and(is_plain);
        let is_name = (3..=63).contains(&name.len())
            && edges
            && name.bytes().all(|byte| is_plain(byte) || b"-.".contains(&byte))
            && !name.contains("..")
            && name.parse::<core::net::Ipv4Addr>().is_err();
        if !is_name {
            let hint = "a bucket name has 3 to 63 lowercase letters, digits, hyphens and dots";
            facts.malformed("/BucketName", format!("has the name `{name}`"), hint);
        }
    }
    for (at, _) in facts.elements("/LifecycleConfiguration/Rules") {
        if ACTIONS.iter().all(|name| facts.lacks(&pointer::join(&at, name)))
            && facts.lacks(&pointer::join(&at, "NoncurrentVersionTransition"))
        {
            facts.contradiction(&at, "has a lifecycle rule without an action", "add one, such as ExpirationInDays");
        }
    }
    facts.unique("/LifecycleConfiguration/Rules", "Id", "give each rule its own Id");
    if facts.has("/ReplicationConfiguration")
        && (facts.lacks("/VersioningConfiguration") || facts.is("/VersioningConfiguration/Status", "Suspended"))
    {
        let hint = "add `VersioningConfiguration: {Status: Enabled}`";
        facts.contradiction("/ReplicationConfiguration", "is replicated, but has no versions", hint);
    }
}

fn backup_plan(facts: &mut Facts<'_>) {
    for (at, _) in facts.elements("/BackupPlan/BackupPlanRule") {
        let place = |name: &str| pointer::join(&pointer::join(&at, "Lifecycle"), name);
        if let (Some(cold), Some(end)) =
            (facts.number(&place("MoveToColdStorageAfterDays")), facts.number(&place("DeleteAfterDays")))
            && end < cold + 90.0
        {
            let hint = "backups stay in cold storage for at least 90 days: raise DeleteAfterDays";
            facts.contradiction(
                &place("DeleteAfterDays"),
                "deletes backups too soon after it moves them to cold storage",
                hint,
            );
        }
    }
}
