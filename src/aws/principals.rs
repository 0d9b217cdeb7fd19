//! The client that reads principals of IAM and their policies.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::clients::ClientSet;
use super::iam_tags::IAM;
use super::pages::Pages;
use super::query::{QueryClient, tree};
use super::stack::{Call, Stack};
use crate::domain::principal::{HeldPolicy, LastUse, PolicyOrigin, Principal, PrincipalKind, PrincipalPolicies};
use crate::domain::tags::Tags;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadPrincipals};

/// Policies that are read at the same time.
pub(super) const CONCURRENCY: usize = 4;
/// How often an unfinished report is asked for, and how long to wait before each.
const REPORT_ATTEMPTS: u32 = 10;
const REPORT_WAIT: Duration = Duration::from_secs(1);

/// A client that reads principals. It has no calls that change anything.
#[derive(Clone)]
pub struct PrincipalReader {
    pub(super) client: QueryClient,
    pub(super) stack: Stack,
}

/// An operation: its action, and its name with the service.
pub(super) type Operation = [&'static str; 2];

/// The operations that read the principals of a kind.
struct Operations {
    get: Operation,
    parameter: &'static str,
    attached: Operation,
    inline: Operation,
    inline_policy: Operation,
}

fn operations(kind: PrincipalKind) -> &'static Operations {
    match kind {
        PrincipalKind::User => &Operations {
            get: ["GetUser", "iam.GetUser"],
            parameter: "UserName",
            attached: ["ListAttachedUserPolicies", "iam.ListAttachedUserPolicies"],
            inline: ["ListUserPolicies", "iam.ListUserPolicies"],
            inline_policy: ["GetUserPolicy", "iam.GetUserPolicy"],
        },
        PrincipalKind::Role => &Operations {
            get: ["GetRole", "iam.GetRole"],
            parameter: "RoleName",
            attached: ["ListAttachedRolePolicies", "iam.ListAttachedRolePolicies"],
            inline: ["ListRolePolicies", "iam.ListRolePolicies"],
            inline_policy: ["GetRolePolicy", "iam.GetRolePolicy"],
        },
        PrincipalKind::Group => &Operations {
            get: ["GetGroup", "iam.GetGroup"],
            parameter: "GroupName",
            attached: ["ListAttachedGroupPolicies", "iam.ListAttachedGroupPolicies"],
            inline: ["ListGroupPolicies", "iam.ListGroupPolicies"],
            inline_policy: ["GetGroupPolicy", "iam.GetGroupPolicy"],
        },
    }
}

impl PrincipalReader {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        Self { client: set.iam(), stack: stack("iam", IAM.service.region(&set.key.region)) }
    }

    async fn ask(&self, operation: Operation, subject: &str, parameters: &[(&str, &str)]) -> Result<Value, CloudError> {
        let [action, name] = operation;
        let send = |watch| self.client.send(action, parameters, watch, tree);
        self.stack.call(Call { identifier: Some(subject), ..Call::read(name) }, send).await
    }

    /// All items of a list, from all pages.
    async fn list(
        &self,
        operation: Operation,
        parameter: (&str, &str),
        member: &str,
    ) -> Result<Vec<Value>, CloudError> {
        let mut pages = Pages::new(operation[1], &self.stack.place.environment);
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let marker = next.as_deref().map(|marker| ("Marker", marker));
            let parameters: Vec<(&str, &str)> = [parameter].into_iter().chain(marker).collect();
            let mut page = self.ask(operation, parameter.1, &parameters).await?;
            match page.get_mut(member).map(Value::take) {
                Some(Value::Array(items)) => found.extend(items),
                _ => return Err(pages.missing(member)),
            }
            let is_truncated = page["IsTruncated"] == "true";
            next = pages.next(page["Marker"].as_str().filter(|_| is_truncated))?;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    fn malformed(&self, operation: Operation, message: String) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, operation[1], &self.stack.place.environment, message)
    }

    /// A text member that every response has.
    pub(super) fn text(&self, operation: Operation, value: &Value, member: &str) -> Result<String, CloudError> {
        let text = value.get(member).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| self.malformed(operation, format!("the response has no {member}")))
    }

    /// A document, which IAM returns as percent-encoded JSON.
    pub(super) fn document(&self, operation: Operation, value: &Value, member: &str) -> Result<Value, CloudError> {
        let text = self.text(operation, value, member)?;
        let decoded = percent_decoded(&text).and_then(|text| serde_json::from_str(&text).ok());
        decoded.ok_or_else(|| self.malformed(operation, format!("{member} is not JSON")))
    }

    pub(super) async fn managed(&self, arn: &str, origin: PolicyOrigin) -> Result<HeldPolicy, CloudError> {
        const GET: Operation = ["GetPolicy", "iam.GetPolicy"];
        const VERSION: Operation = ["GetPolicyVersion", "iam.GetPolicyVersion"];
        let found = self.ask(GET, arn, &[("PolicyArn", arn)]).await?;
        let policy = &found["Policy"];
        let version = self.text(GET, policy, "DefaultVersionId")?;
        let answer = self.ask(VERSION, arn, &[("PolicyArn", arn), ("VersionId", &version)]).await?;
        let tags = policy["Tags"].as_array().into_iter().flatten();
        let tag = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
        Ok(HeldPolicy {
            name: self.text(GET, policy, "PolicyName")?,
            arn: Some(arn.to_owned()),
            origin,
            document: self.document(VERSION, &answer["PolicyVersion"], "Document")?,
            attachments: policy["AttachmentCount"].as_str().and_then(|text| text.parse().ok()),
            tags: tags.filter_map(tag).collect::<Tags>(),
        })
    }

    /// The policies of a principal itself, without those of its groups and its boundary.
    async fn own(&self, kind: PrincipalKind, name: &str) -> Result<Vec<HeldPolicy>, CloudError> {
        let operations = operations(kind);
        let named = (operations.parameter, name);
        let attached = self.list(operations.attached, named, "AttachedPolicies").await?;
        let arns = attached.iter().map(|one| self.text(operations.attached, one, "PolicyArn"));
        let arns: Vec<String> = arns.collect::<Result<_, _>>()?;
        let managed = arns.into_iter().map(|arn| async move { self.managed(&arn, PolicyOrigin::Attached).await });
        let mut found: Vec<HeldPolicy> = stream::iter(managed).buffered(CONCURRENCY).try_collect().await?;
        let names = self.list(operations.inline, named, "PolicyNames").await?;
        let names = names.into_iter().filter_map(|name| name.as_str().map(str::to_owned));
        let inline = names.map(|policy: String| async move {
            let parameters = [named, ("PolicyName", policy.as_str())];
            let answer = self.ask(operations.inline_policy, &policy, &parameters).await?;
            let document = self.document(operations.inline_policy, &answer, "PolicyDocument")?;
            Ok::<_, CloudError>(HeldPolicy {
                name: policy,
                arn: None,
                origin: PolicyOrigin::Inline,
                document,
                attachments: None,
                tags: Tags::new(),
            })
        });
        found.extend(stream::iter(inline).buffered(CONCURRENCY).try_collect::<Vec<_>>().await?);
        Ok(found)
    }
}

#[async_trait]
impl ReadPrincipals for PrincipalReader {
    async fn principal(&self, kind: PrincipalKind, name: &str) -> Result<Option<Principal>, CloudError> {
        let operations = operations(kind);
        let answer = match self.ask(operations.get, name, &[(operations.parameter, name)]).await {
            Ok(answer) => answer,
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = &answer[kind.title()];
        Ok(Some(Principal {
            kind,
            name: self.text(operations.get, found, operations.parameter)?,
            arn: self.text(operations.get, found, "Arn")?,
            boundary: found["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().map(str::to_owned),
        }))
    }

    async fn policies(&self, principal: &Principal) -> Result<Vec<HeldPolicy>, CloudError> {
        const GROUPS: Operation = ["ListGroupsForUser", "iam.ListGroupsForUser"];
        let mut found = self.own(principal.kind, &principal.name).await?;
        if principal.kind == PrincipalKind::User {
            for group in self.list(GROUPS, ("UserName", &principal.name), "Groups").await? {
                let name = self.text(GROUPS, &group, "GroupName")?;
                for mut policy in self.own(PrincipalKind::Group, &name).await? {
                    policy.origin = match policy.origin {
                        PolicyOrigin::Inline => PolicyOrigin::InlineInGroup(name.clone()),
                        _ => PolicyOrigin::AttachedToGroup(name.clone()),
                    };
                    found.push(policy);
                }
            }
        }
        if let Some(arn) = &principal.boundary {
            found.push(self.managed(arn, PolicyOrigin::Boundary).await?);
        }
        Ok(found)
    }

    async fn all(&self) -> Result<Vec<PrincipalPolicies>, CloudError> {
        self.account_principals().await
    }

    async fn last_used(&self, principal: &Principal) -> Result<Vec<LastUse>, CloudError> {
        const BEGIN: Operation = ["GenerateServiceLastAccessedDetails", "iam.GenerateServiceLastAccessedDetails"];
        const GET: Operation = ["GetServiceLastAccessedDetails", "iam.GetServiceLastAccessedDetails"];
        let begun = self.ask(BEGIN, &principal.arn, &[("Arn", &principal.arn)]).await?;
        let job = self.text(BEGIN, &begun, "JobId")?;
        for attempt in 0..REPORT_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(REPORT_WAIT).await;
            }
            let first = self.ask(GET, &job, &[("JobId", &job)]).await?;
            match first["JobStatus"].as_str() {
                Some("COMPLETED") => {
                    let services = self.list(GET, ("JobId", &job), "ServicesLastAccessed").await?;
                    let uses = services.iter().map(|one| {
                        let last_used = one["LastAuthenticated"].as_str().map(str::to_owned);
                        Ok(LastUse { service: self.text(GET, one, "ServiceNamespace")?, last_used })
                    });
                    return uses.collect();
                }
                Some("IN_PROGRESS") => {}
                _ => return Err(self.malformed(GET, "the report failed".to_owned())),
            }
        }
        let message = "the report was not ready in time";
        Err(CloudError::new(CloudErrorKind::Malformed, GET[1], &self.stack.place.environment, message))
    }
}

/// Decodes `%7B` and the like; `None` if the result is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        assert_eq!(percent_decoded("%7B%22a%22%3A1%7D").as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(percent_decoded("100%").as_deref(), Some("100%"));
        assert_eq!(percent_decoded("%zz%C3%A9").as_deref(), Some("%zzé"));
        assert_eq!(percent_decoded("%FF"), None);
    }
}
