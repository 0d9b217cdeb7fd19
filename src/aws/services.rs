//! The client of ECS, for the tasks of services. It has no mutating calls.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::clients::ClientSet;
use super::json::{JsonClient, JsonService};
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadServices, ServiceTasks};

/// ECS.
pub(super) const ECS: JsonService = JsonService {
    service: Service { id: "ECS", signing_name: "ecs", is_global: false },
    target: Some("AmazonEC2ContainerServiceV20141113"),
};

const OPERATION: &str = "ecs.DescribeServices";

/// A client that reads the tasks of services.
#[derive(Clone)]
pub struct Services {
    client: JsonClient,
    stack: Stack,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    services: Option<Vec<Described>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    desired_count: Option<u64>,
    running_count: Option<u64>,
    #[serde(default)]
    deployments: Vec<Deployment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    rollout_state: Option<String>,
    rollout_state_reason: Option<String>,
}

impl Services {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = &set.key.region;
        let client = JsonClient::new(ECS, &set.config, set.shared("ecs", region));
        Self { client, stack: stack("ecs", region) }
    }
}

#[async_trait]
impl ReadServices for Services {
    async fn tasks(&self, cluster: &str, service: &str) -> Result<Option<ServiceTasks>, CloudError> {
        let missing = |member: &str| {
            let message = format!("the response has no {member}");
            CloudError::new(CloudErrorKind::Malformed, OPERATION, &self.stack.place.environment, message)
        };
        let input = json!({"cluster": cluster, "services": [service]});
        let send = |watch| self.client.send::<Answer>("DescribeServices", &input, watch);
        let call = Call { type_name: Some("AWS::ECS::Service"), identifier: Some(service), ..Call::read(OPERATION) };
        let answer = self.stack.call(call, send).await?;
        let Some(found) = answer.services.ok_or_else(|| missing("services"))?.into_iter().next() else {
            return Ok(None);
        };
        let failed = found.deployments.into_iter().find(|one| one.rollout_state.as_deref() == Some("FAILED"));
        let reason = |one: Deployment| one.rollout_state_reason.unwrap_or_else(|| "the deployment failed".to_owned());
        Ok(Some(ServiceTasks {
            desired: found.desired_count.ok_or_else(|| missing("desiredCount"))?,
            running: found.running_count.ok_or_else(|| missing("runningCount"))?,
            failure: failed.map(reason),
        }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;

    async fn tasks(body: &'static str) -> Result<Option<ServiceTasks>, CloudError> {
        let network = Network::new(move |asked: &Asked| {
            assert_eq!(
                (asked.operation.as_str(), asked.body.as_str()),
                ("DescribeServices", r#"{"cluster":"c","services":["s"]}"#)
            );
            Reply::Http(200, "application/x-amz-json-1.1", body.to_owned())
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).services().tasks("c", "s").await
    }

    #[tokio::test]
    async fn the_tasks_of_a_service_are_read() {
        let found = tasks(
            r#"{"services": [{"desiredCount": 2, "runningCount": 1, "deployments": [{"rolloutState": "IN_PROGRESS"}]}]}"#,
        );
        assert_eq!(found.await.unwrap(), Some(ServiceTasks { desired: 2, running: 1, failure: None }));
        let failed = r#"{"services": [{"desiredCount": 2, "runningCount": 0, "deployments": [{"rolloutState": "FAILED", "rolloutStateReason": "no image"}]}]}"#;
        assert_eq!(tasks(failed).await.unwrap().unwrap().failure.as_deref(), Some("no image"));
        assert_eq!(tasks(r#"{"services": [], "failures": [{"reason": "MISSING"}]}"#).await.unwrap(), None);
        for body in ["{}", r#"{"services": [{"desiredCount": 2}]}"#] {
            assert_eq!(tasks(body).await.unwrap_err().kind, CloudErrorKind::Malformed, "{body}");
        }
    }
}
