//! The client of Organizations. It has no mutating calls.

use async_trait::async_trait;
use aws_config::Region;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::ClientSet;
use super::json::{JsonClient, JsonService};
use super::pages::Pages;
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::domain::inventory::OrganizationAccount;
use crate::domain::project::AccountId;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadOrganization};
use crate::schema::partition_of;

/// Organizations. It has one endpoint per partition, whose name has a Region.
pub(super) const ORGANIZATIONS: JsonService = JsonService {
    service: Service { id: "Organizations", signing_name: "organizations", is_global: false },
    target: Some("AWSOrganizationsV20161128"),
};

const OPERATION: &str = "organizations.ListAccounts";

/// A client that lists the accounts of the organization.
#[derive(Clone)]
pub struct Organization {
    client: JsonClient,
    stack: Stack,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    accounts: Option<Vec<Account>>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    status: Option<String>,
    /// Replaces `Status`.
    #[serde(default)]
    state: Option<String>,
}

fn region_of_partition(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-northwest-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

impl Organization {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Option<Self> {
        let region = region_of_partition(partition_of(&set.key.region))?;
        let config = set.config.to_builder().region(Region::new(region)).build();
        let client = JsonClient::new(ORGANIZATIONS, &config, set.shared("organizations", region));
        Some(Self { client, stack: stack("organizations", region) })
    }

    fn account(&self, found: Account) -> Result<OrganizationAccount, CloudError> {
        let malformed = |message: String| {
            CloudError::new(CloudErrorKind::Malformed, OPERATION, &self.stack.place.environment, message)
        };
        let id = found.id.ok_or_else(|| malformed("the response has no Id".to_owned()))?;
        let account = AccountId::parse(&id).map_err(|error| malformed(error.to_string()))?;
        let state = found.state.or(found.status).ok_or_else(|| malformed("the response has no Status".to_owned()))?;
        let name = found.name.filter(|name| !name.is_empty()).unwrap_or(id);
        Ok(OrganizationAccount { name, account, is_active: state == "ACTIVE" })
    }
}

#[async_trait]
impl ReadOrganization for Organization {
    async fn accounts(&self) -> Result<Vec<OrganizationAccount>, CloudError> {
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut input = json!({});
        let mut found = Vec::new();
        loop {
            let send = |watch| self.client.send::<Page>("ListAccounts", &input, watch);
            let page = self.stack.call(Call::read(OPERATION), send).await?;
            for account in page.accounts.ok_or_else(|| pages.missing("Accounts"))? {
                found.push(self.account(account)?);
            }
            let Some(next) = pages.next(page.next_token.as_deref())? else { break };
            input["NextToken"] = Value::from(next);
        }
        found.sort_by(|a, b| (&a.name, &a.account).cmp(&(&b.name, &b.account)));
        Ok(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;

    async fn list(
        answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
    ) -> Result<Vec<OrganizationAccount>, CloudError> {
        let network = Network::new(move |asked: &Asked| {
            assert_eq!(asked.operation, "ListAccounts");
            let (status, body) = answer(&serde_json::from_str(&asked.body).unwrap());
            Reply::Http(status, "application/x-amz-json-1.1", body.to_string())
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).organization().unwrap().accounts().await
    }

    #[tokio::test]
    async fn pages_are_joined_and_suspended_accounts_are_known() {
        let found = list(|input| match input["NextToken"].as_str() {
            None => {
                let accounts = json!([{"Id": "333333333333", "Name": "Security", "Status": "ACTIVE"}]);
                (200, json!({"Accounts": accounts, "NextToken": "n"}))
            }
            Some(_) => {
                let accounts = json!([
                    {"Id": "444444444444", "Name": "Old", "Status": "SUSPENDED"},
                    {"Id": "555555555555", "Name": "Closing", "Status": "ACTIVE", "State": "PENDING_CLOSURE"},
                    {"Id": "666666666666", "Name": "", "State": "ACTIVE"},
                ]);
                (200, json!({"Accounts": accounts}))
            }
        });
        let shown: Vec<String> =
            found.await.unwrap().iter().map(|one| format!("{} {}", one.name, one.is_active)).collect();
        assert_eq!(shown, ["666666666666 true", "Closing false", "Old false", "Security true"]);
    }

    #[tokio::test]
    async fn what_is_missing_is_an_error() {
        for accounts in [Value::Null, json!([{"Name": "a", "Status": "ACTIVE"}]), json!([{"Id": "333333333333"}])] {
            let error = list(move |_| (200, json!({"Accounts": accounts}))).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Malformed, "{error}");
        }
        let denied = list(|_| (400, json!({"__type": "AccessDeniedException", "Message": "no"}))).await.unwrap_err();
        assert_eq!(denied.kind, CloudErrorKind::AccessDenied);
    }
}
