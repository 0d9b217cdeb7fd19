//! The client of CloudFormation's registry of types.

use async_trait::async_trait;
use aws_sdk_cloudformation::types::{ProvisioningType, RegistryType};

use super::stack::{Call, Stack, watched};
use crate::pipeline::ports::{CloudError, CloudErrorKind, DescribeTypes, DescribedType};
use crate::schema::Provisioning;

/// A client that describes types. It has no call that changes anything.
#[derive(Clone)]
pub struct Describer {
    registry: aws_sdk_cloudformation::Client,
    stack: Stack,
}

impl Describer {
    pub(super) fn new(registry: aws_sdk_cloudformation::Client, stack: Stack) -> Self {
        Self { registry, stack }
    }
}

#[async_trait]
impl DescribeTypes for Describer {
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError> {
        const OPERATION: &str = "cloudformation.DescribeType";
        let request = self.registry.describe_type().r#type(RegistryType::Resource).type_name(type_name);
        let call = Call { type_name: Some(type_name), ..Call::read(OPERATION) };
        let answer = self.stack.call(call, watched!(request)).await?;
        let Some(schema) = answer.schema() else {
            let message = format!("the answer has no schema of {type_name}");
            let environment = &self.stack.place.environment;
            return Err(CloudError::new(CloudErrorKind::Malformed, OPERATION, environment, message));
        };
        let provisioning = match answer.provisioning_type() {
            Some(ProvisioningType::NonProvisionable) => Provisioning::NotProvisionable,
            Some(ProvisioningType::Immutable) => Provisioning::Immutable,
            _ => Provisioning::FullyMutable,
        };
        Ok(DescribedType { schema: schema.to_owned(), provisioning })
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
    async fn a_type_is_asked_for_and_its_schema_taken() {
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
    async fn refusals_are_told_apart() {
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
    async fn an_answer_without_a_schema_is_an_error() {
        let (answer, _) = ask(200, "<DescribeTypeResponse><DescribeTypeResult/></DescribeTypeResponse>").await;
        let error = answer.unwrap_err();
        assert!(error.message.contains("no schema") && error.kind == CloudErrorKind::Malformed, "{error:?}");
    }
}
