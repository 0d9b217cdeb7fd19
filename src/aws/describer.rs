//! The client of the CloudFormation registry.

use async_trait::async_trait;

use super::query::{QueryClient, QueryService, members};
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::pipeline::ports::{CloudError, CloudErrorKind, DescribeTypes, DescribedType};
use crate::schema::Provisioning;

/// CloudFormation.
pub(super) const CLOUDFORMATION: QueryService = QueryService {
    service: Service { id: "CloudFormation", signing_name: "cloudformation", is_global: false },
    version: "2010-05-15",
};

/// A client that describes types. It has no mutating calls.
#[derive(Clone)]
pub struct Describer {
    registry: QueryClient,
    stack: Stack,
}

impl Describer {
    pub(super) fn new(registry: QueryClient, stack: Stack) -> Self {
        Self { registry, stack }
    }
}

#[async_trait]
impl DescribeTypes for Describer {
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError> {
        const OPERATION: &str = "cloudformation.DescribeType";
        let parameters = [("Type", "RESOURCE"), ("TypeName", type_name)];
        let call = Call { type_name: Some(type_name), ..Call::read(OPERATION) };
        let send = |watch| self.registry.send("DescribeType", &parameters, watch, members);
        let mut answer = self.stack.call(call, send).await?;
        let Some(schema) = answer.remove("Schema") else {
            let message = format!("the response has no schema for {type_name}");
            let environment = &self.stack.place.environment;
            return Err(CloudError::new(CloudErrorKind::Malformed, OPERATION, environment, message));
        };
        let provisioning = match answer.get("ProvisioningType").map(String::as_str) {
            Some("NON_PROVISIONABLE") => Provisioning::NotProvisionable,
            Some("IMMUTABLE") => Provisioning::Immutable,
            _ => Provisioning::FullyMutable,
        };
        Ok(DescribedType { schema, provisioning })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Network, Reply, clients, dev};
    use super::*;

    async fn ask(status: u16, body: &str) -> (Result<DescribedType, CloudError>, Vec<String>) {
        let body = body.to_owned();
        let network = Network::new(move |_| Reply::Http(status, "text/xml", body.clone()));
        let clients = clients(&network, &dev(), SystemClock::shared(), RunScope::default());
        let answer = clients.describer().describe_type("AWS::SQS::Queue").await;
        let asked = network.asked().into_iter().map(|asked| format!("{} {}", asked.body, asked.scope)).collect();
        (answer, asked)
    }

    #[tokio::test]
    async fn a_type_is_requested_and_its_schema_returned() {
        let wire = r#"<DescribeTypeResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeTypeResult>
            <Type>RESOURCE</Type><TypeName>AWS::SQS::Queue</TypeName><ProvisioningType>IMMUTABLE</ProvisioningType>
            <Schema>{&quot;typeName&quot;:&quot;AWS::SQS::Queue&quot;}</Schema></DescribeTypeResult></DescribeTypeResponse>"#;
        let (answer, asked) = ask(200, wire).await;
        let answer = answer.unwrap();
        assert_eq!(answer.schema, r#"{"typeName":"AWS::SQS::Queue"}"#);
        assert_eq!(answer.provisioning, Provisioning::Immutable);
        assert_eq!(
            asked,
            [
                "Action=DescribeType&Version=2010-05-15&Type=RESOURCE&TypeName=AWS%3A%3ASQS%3A%3AQueue us-east-1/cloudformation"
            ]
        );
    }

    #[tokio::test]
    async fn errors_are_distinguished() {
        for (status, code, kind) in [
            (404, "TypeNotFoundException", CloudErrorKind::TypeNotFound),
            (403, "AccessDenied", CloudErrorKind::AccessDenied),
            (400, "InvalidAction", CloudErrorKind::Other),
        ] {
            let wire = format!(
                r#"<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"#
            );
            let (answer, _) = ask(status, &wire).await;
            assert_eq!(answer.unwrap_err().kind, kind, "{code}");
        }
    }

    #[tokio::test]
    async fn a_response_without_a_schema_is_an_error() {
        let (answer, _) = ask(200, "<DescribeTypeResponse><DescribeTypeResult/></DescribeTypeResponse>").await;
        let error = answer.unwrap_err();
        assert!(error.message.contains("no schema") && error.kind == CloudErrorKind::Malformed, "{error:?}");
    }
}
