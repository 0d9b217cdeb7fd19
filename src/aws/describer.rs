//! The client of CloudFormation's registry of types.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{ProvisioningType, RegistryType};

use super::calls::CallCounter;
use super::error::classify;
use crate::pipeline::ports::{CloudError, CloudErrorKind, DescribeTypes, DescribedType};
use crate::schema::Provisioning;

/// A client that describes types. It has no call that changes anything.
#[derive(Debug, Clone)]
pub struct Describer {
    environment: String,
    registry: aws_sdk_cloudformation::Client,
    calls: CallCounter,
}

impl Describer {
    pub(super) fn new(config: &SdkConfig, environment: &str, calls: CallCounter) -> Self {
        let registry = aws_sdk_cloudformation::Client::new(config);
        Self { environment: environment.to_owned(), registry, calls }
    }
}

#[async_trait]
impl DescribeTypes for Describer {
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError> {
        const OPERATION: &str = "cloudformation.DescribeType";
        self.calls.count(OPERATION);
        let request = self.registry.describe_type().r#type(RegistryType::Resource).type_name(type_name);
        let answer = request.send().await.map_err(|error| classify(error, OPERATION, &self.environment, None))?;
        let Some(schema) = answer.schema() else {
            return Err(CloudError {
                kind: CloudErrorKind::Other,
                operation: OPERATION,
                code: None,
                message: format!("the answer has no schema of {type_name}"),
                resource: None,
                environment: self.environment.clone(),
            });
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
    use std::sync::{Arc, Mutex};

    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// Answers every request with the same status and body, and keeps what was asked.
    #[derive(Debug, Clone)]
    struct Wire(u16, String, Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Wire {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
            let signed =
                request.headers().get("authorization").unwrap_or_default().contains("/us-east-1/cloudformation/");
            self.2.lock().unwrap().push(format!("{} {signed}", String::from_utf8(body).unwrap()));
            let answer = http::Response::builder().status(self.0).body(SdkBody::from(self.1.as_str())).unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer).unwrap()))
        }
    }

    impl HttpClient for Wire {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    async fn ask(status: u16, body: &str) -> (Result<DescribedType, CloudError>, Vec<String>) {
        let asked = Arc::default();
        let credentials = Credentials::new("111111111111", "any", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(Wire(status, body.to_owned(), Arc::clone(&asked))))
            .build();
        let answer = Describer::new(&config, "dev", CallCounter::default()).describe_type("AWS::SQS::Queue").await;
        let asked = asked.lock().unwrap().clone();
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
            ["Action=DescribeType&Version=2010-05-15&Type=RESOURCE&TypeName=AWS%3A%3ASQS%3A%3AQueue true"]
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
        assert!(answer.unwrap_err().message.contains("no schema"));
    }
}
