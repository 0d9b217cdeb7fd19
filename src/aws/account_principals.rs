//! All principals of an account with their policies, from a few pages of GetAccountAuthorizationDetails. Only the managed policies of
//! AWS are not in them: each that is attached is read once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::pages::Pages;
use super::principals::{CONCURRENCY, Operation, PrincipalReader};
use super::query::tree;
use super::stack::Call;
use crate::domain::principal::{HeldPolicy, PolicyOrigin, Principal, PrincipalKind, PrincipalPolicies};
use crate::domain::tags::Tags;
use crate::pipeline::ports::CloudError;

const DETAILS: Operation = ["GetAccountAuthorizationDetails", "iam.GetAccountAuthorizationDetails"];

/// The lists of the response.
#[derive(Default)]
struct Details {
    users: Vec<Value>,
    roles: Vec<Value>,
    groups: Vec<Value>,
    /// Managed policies by ARN, or why one could not be read.
    managed: BTreeMap<String, Result<HeldPolicy, String>>,
}

impl PrincipalReader {
    pub(super) async fn account_principals(&self) -> Result<Vec<PrincipalPolicies>, CloudError> {
        let mut details = self.details().await?;
        self.add_policies_of_aws(&mut details).await;
        let mut all = Vec::new();
        for (kind, list) in [(PrincipalKind::User, &details.users), (PrincipalKind::Role, &details.roles)] {
            for detail in list {
                all.push(self.with_policies(kind, detail, &details)?);
            }
        }
        all.sort_by(|one, other| one.principal.arn.cmp(&other.principal.arn));
        Ok(all)
    }

    async fn details(&self) -> Result<Details, CloudError> {
        let mut pages = Pages::new(DETAILS[1], &self.stack.place.environment);
        let mut details = Details::default();
        let mut next: Option<String> = None;
        loop {
            let own = [
                ("Filter.member.1", "User"),
                ("Filter.member.2", "Role"),
                ("Filter.member.3", "Group"),
                ("Filter.member.4", "LocalManagedPolicy"),
                ("MaxItems", "1000"),
            ];
            let marker = next.as_deref().map(|marker| ("Marker", marker));
            let parameters: Vec<(&str, &str)> = own.into_iter().chain(marker).collect();
            let send = |watch| self.client.send(DETAILS[0], &parameters, watch, tree);
            let mut page = self.stack.call(Call::read(DETAILS[1]), send).await?;
            let mut list = |name: &str| match page.get_mut(name).map(Value::take) {
                Some(Value::Array(items)) => Ok(items),
                _ => Err(pages.missing(name)),
            };
            details.users.extend(list("UserDetailList")?);
            details.roles.extend(list("RoleDetailList")?);
            details.groups.extend(list("GroupDetailList")?);
            for policy in list("Policies")? {
                let (arn, held) = self.local(&policy)?;
                details.managed.insert(arn, Ok(held));
            }
            let is_truncated = page["IsTruncated"] == "true";
            next = pages.next(page["Marker"].as_str().filter(|_| is_truncated))?;
            if next.is_none() {
                return Ok(details);
            }
        }
    }

    /// A managed policy of the account, in its default version.
    fn local(&self, policy: &Value) -> Result<(String, HeldPolicy), CloudError> {
        let default = self.text(DETAILS, policy, "DefaultVersionId")?;
        let versions = policy["PolicyVersionList"].as_array().into_iter().flatten();
        let version = versions.into_iter().find(|one| one["VersionId"] == *default).unwrap_or(&Value::Null);
        let arn = self.text(DETAILS, policy, "Arn")?;
        let held = HeldPolicy {
            name: self.text(DETAILS, policy, "PolicyName")?,
            arn: Some(arn.clone()),
            origin: PolicyOrigin::Attached,
            document: self.document(DETAILS, version, "Document")?,
            attachments: None,
            tags: Tags::new(),
        };
        Ok((arn, held))
    }

    /// Reads the policies that principals have and that the account does not own.
    async fn add_policies_of_aws(&self, details: &mut Details) {
        let all = details.users.iter().chain(&details.roles).chain(&details.groups);
        let arns = all.flat_map(|one| attached(one).chain(boundary(one)));
        let missing: BTreeSet<String> =
            arns.filter(|arn| !details.managed.contains_key(*arn)).map(str::to_owned).collect();
        let read = missing.into_iter().map(|arn| async move {
            let found = self.managed(&arn, PolicyOrigin::Attached).await.map_err(|error| error.reason());
            (arn, found)
        });
        let found: Vec<_> = stream::iter(read).buffer_unordered(CONCURRENCY).collect().await;
        details.managed.extend(found);
    }

    fn with_policies(
        &self,
        kind: PrincipalKind,
        detail: &Value,
        details: &Details,
    ) -> Result<PrincipalPolicies, CloudError> {
        let (name, inline) = match kind {
            PrincipalKind::User => ("UserName", "UserPolicyList"),
            _ => ("RoleName", "RolePolicyList"),
        };
        let mut found = PrincipalPolicies {
            principal: Principal {
                kind,
                name: self.text(DETAILS, detail, name)?,
                arn: self.text(DETAILS, detail, "Arn")?,
                boundary: boundary(detail).map(str::to_owned),
            },
            policies: Vec::new(),
            unread: Vec::new(),
        };
        self.add(&mut found, detail, inline, None, details)?;
        for group in detail["GroupList"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            match details.groups.iter().find(|one| one["GroupName"] == group) {
                Some(own) => self.add(&mut found, own, "GroupPolicyList", Some(group), details)?,
                None => found.unread.push((group.to_owned(), "the response does not have the group".to_owned())),
            }
        }
        if let Some(arn) = found.principal.boundary.clone() {
            managed(&mut found, &arn, PolicyOrigin::Boundary, details);
        }
        Ok(found)
    }

    /// Adds the policies of a principal itself, or of a group of it.
    fn add(
        &self,
        found: &mut PrincipalPolicies,
        detail: &Value,
        inline: &str,
        group: Option<&str>,
        details: &Details,
    ) -> Result<(), CloudError> {
        let group = group.map(str::to_owned);
        for arn in attached(detail) {
            let origin = group.clone().map_or(PolicyOrigin::Attached, PolicyOrigin::AttachedToGroup);
            managed(found, arn, origin, details);
        }
        for policy in detail[inline].as_array().into_iter().flatten() {
            found.policies.push(HeldPolicy {
                name: self.text(DETAILS, policy, "PolicyName")?,
                arn: None,
                origin: group.clone().map_or(PolicyOrigin::Inline, PolicyOrigin::InlineInGroup),
                document: self.document(DETAILS, policy, "PolicyDocument")?,
                attachments: None,
                tags: Tags::new(),
            });
        }
        Ok(())
    }
}

fn managed(found: &mut PrincipalPolicies, arn: &str, origin: PolicyOrigin, details: &Details) {
    match details.managed.get(arn) {
        Some(Ok(policy)) => found.policies.push(HeldPolicy { origin, ..policy.clone() }),
        Some(Err(reason)) => found.unread.push((arn.to_owned(), reason.clone())),
        None => found.unread.push((arn.to_owned(), "the response does not have the policy".to_owned())),
    }
}

/// The ARNs of the managed policies that are attached to a principal.
fn attached(detail: &Value) -> impl Iterator<Item = &str> {
    let list = detail["AttachedManagedPolicies"].as_array().into_iter().flatten();
    list.filter_map(|policy| policy["PolicyArn"].as_str())
}

fn boundary(detail: &Value) -> Option<&str> {
    detail["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str()
}
