//! The JSON protocols: awsJson, in which a header names the operation, and REST with JSON bodies, in which the path does.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::service_client::{Answer, Service, ServiceClient};
use super::stack::Shared;
use super::stack::watch::Watch;

/// A service with a JSON protocol.
#[derive(Debug, Clone, Copy)]
pub struct JsonService {
    /// The service.
    pub service: Service,
    /// The prefix of `X-Amz-Target` of awsJson 1.1; `None` for a REST service whose operations are paths.
    pub target: Option<&'static str>,
}

/// A client of one service.
#[derive(Debug, Clone)]
pub struct JsonClient {
    client: ServiceClient,
    target: Option<&'static str>,
}

impl JsonClient {
    /// Creates a client in the Region of a configuration.
    pub fn new(service: JsonService, config: &SdkConfig, shared: Shared) -> Self {
        Self { client: ServiceClient::new(service.service, config, shared), target: service.target }
    }

    /// Makes a request and returns the result.
    ///
    /// # Errors
    /// Like any call of the SDK.
    pub async fn send<T: DeserializeOwned + std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        input: &Value,
        watch: Watch,
    ) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
        self.send_to(action, action, input, watch).await
    }

    /// Makes a request of a REST service to a path that is not the name of the operation, without the first slash.
    ///
    /// # Errors
    /// Like any call of the SDK.
    pub async fn send_to<T: DeserializeOwned + std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        path: &str,
        input: &Value,
        watch: Watch,
    ) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
        let request = self.request(path, input).map_err(SdkError::construction_failure)?;
        self.client.send(action, request, watch, answer).await
    }

    fn request(&self, action: &str, input: &Value) -> Result<HttpRequest, BoxError> {
        let body = input.to_string();
        let request = match self.target {
            Some(target) => http::Request::post("/")
                .header("content-type", "application/x-amz-json-1.1")
                .header("x-amz-target", format!("{target}.{action}")),
            None => http::Request::post(format!("/{action}")).header("content-type", "application/json"),
        };
        let request = request.header("content-length", body.len());
        Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
    }
}

fn answer<T: DeserializeOwned>(response: &HttpResponse) -> Answer<T> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(error(response.headers().get("x-amzn-errortype"), body)));
    }
    serde_json::from_slice(body).map_err(|error| OrchestratorError::response(error.into()))
}

/// Returns the code and the message of an error: the code is in a header, in `__type` or in `code`, perhaps with a namespace
/// before it and a URL after it. A response that cannot be parsed has no code; it is classified by its status.
fn error(header: Option<&str>, body: &[u8]) -> ErrorMetadata {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: [&str; 2]| names.iter().find_map(|name| body.get(name).and_then(Value::as_str));
    let mut error = ErrorMetadata::builder();
    if let Some(code) = header.or_else(|| text(["__type", "code"])) {
        let code = code.split(':').next().unwrap_or_default();
        error = error.code(code.rsplit('#').next().unwrap_or_default());
    }
    if let Some(message) = text(["message", "Message"]) {
        error = error.message(message);
    }
    error.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_code_in_a_header_or_in_the_body() {
        let of = |header: Option<&str>, body: &str| {
            let found = error(header, body.as_bytes());
            (found.code().unwrap_or_default().to_owned(), found.message().unwrap_or_default().to_owned())
        };
        let expected = |code: &str, message: &str| (code.to_owned(), message.to_owned());
        let header = Some("UnauthorizedException:http://internal.amazon.com/coral/");
        assert_eq!(of(header, r#"{"Message": "no view"}"#), expected("UnauthorizedException", "no view"));
        let body = r#"{"__type": "com.amazonaws.config#NoSuchConfigurationAggregatorException", "message": "m"}"#;
        assert_eq!(of(None, body), expected("NoSuchConfigurationAggregatorException", "m"));
        assert_eq!(of(None, r#"{"code": "X"}"#), expected("X", ""));
        assert_eq!(of(None, "<html/>"), expected("", ""));
    }
}
