//! Managed policies list the roles, users and groups that they are attached to, which in turn list the policy.

use std::collections::BTreeMap;

use serde_json::Value;

use super::counterparts::Candidate;
use crate::pipeline::plan::desired::Existing;
use crate::promotion::rewrite::Rewritten;

/// Removes the roles, users and groups of new managed policies that attach the policy themselves in the same plan: read
/// handlers fill these lists, and creating either resource first would fail.
pub(super) fn remove_mutual(candidates: &[Candidate], bodies: &mut [Rewritten]) {
    let mut attached: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for candidate in candidates {
        let list = match candidate.type_schema.type_name.as_str() {
            "AWS::IAM::Role" => "Roles",
            "AWS::IAM::User" => "Users",
            "AWS::IAM::Group" => "Groups",
            _ => continue,
        };
        let policies = candidate.source.properties.get("ManagedPolicyArns").and_then(Value::as_array);
        for policy in policies.into_iter().flatten().filter_map(Value::as_str) {
            attached.entry(policy).or_default().push((list, &candidate.source.resource.identifier));
        }
    }
    for (candidate, body) in candidates.iter().zip(bodies) {
        let is_policy = candidate.type_schema.type_name == "AWS::IAM::ManagedPolicy";
        let is_new = !matches!(candidate.existing, Existing::Live(_));
        let Some(entities) = attached.get(candidate.source.resource.identifier.as_str()) else { continue };
        if !is_policy || !is_new {
            continue;
        }
        for list in ["Roles", "Users", "Groups"] {
            let Some(names) = candidate.source.properties.get(list).and_then(Value::as_array) else { continue };
            let is_mutual = |name: &Value| name.as_str().is_some_and(|name| entities.contains(&(list, name)));
            let kept: Vec<bool> = names.iter().map(|name| !is_mutual(name)).collect();
            let Some(items) = body.value.get_mut(list).and_then(Value::as_array_mut) else { continue };
            let mut keep = kept.iter();
            items.retain(|_| keep.next().copied().unwrap_or(true));
            let is_empty = items.is_empty();
            let type_name = match list {
                "Roles" => "AWS::IAM::Role",
                "Users" => "AWS::IAM::User",
                _ => "AWS::IAM::Group",
            };
            let gone = |name: &str| entities.contains(&(list, name));
            body.references.retain(|one| one.type_name != type_name || !gone(&one.identifier));
            if is_empty && let Some(map) = body.value.as_object_mut() {
                map.shift_remove(list);
            }
            let place = format!("/{list}");
            body.rewrites.retain(|rewrite| !rewrite.pointer.starts_with(&place));
        }
    }
}
