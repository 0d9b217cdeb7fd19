//! AWS's wire protocols: decoding of requests and encoding of responses.
//!
//! Standard clients use awsJson1_0 for Cloud Control and awsQuery for STS. For the Tagging API most SDKs use
//! awsJson1_1, and current botocore uses Smithy RPC v2 CBOR.

mod query;

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::services::{self, Service};

/// A protocol-independent API error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The error's shape name, such as `ResourceNotFoundException`.
    pub code: Cow<'static, str>,
    /// The message.
    pub message: String,
    /// HTTP status.
    pub status: u16,
}

impl ApiError {
    /// A client's error (400), which is what service models without an HTTP status mean.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400 }
    }

    /// The error with another code.
    pub fn coded(self, code: &'static str) -> Self {
        Self { code: code.into(), ..self }
    }

    /// A fault of the service (500).
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: "InternalFailure".into(), message: message.into(), status: 500 }
    }

    /// No `Authorization` header.
    pub fn missing_authentication() -> Self {
        Self {
            code: "MissingAuthenticationTokenException".into(),
            message: "Missing Authentication Token".into(),
            status: 403,
        }
    }

    /// An `Authorization` header that is not SigV4.
    pub fn incomplete_signature() -> Self {
        Self::new(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter with a full credential scope.",
        )
    }

    /// An access key that names no account of this sandbox.
    pub fn unknown_access_key() -> Self {
        Self {
            code: "UnrecognizedClientException".into(),
            message: "The security token included in the request is invalid.".into(),
            status: 403,
        }
    }

    /// A service or operation that the sandbox does not offer.
    pub fn unknown_operation() -> Self {
        Self {
            code: "UnknownOperationException".into(),
            message: "The requested operation is not recognized by the service.".into(),
            status: 404,
        }
    }
}

/// The protocol of a request and its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// awsJson with its version, `1.0` or `1.1`.
    Json(&'static str),
    /// Smithy RPC v2 CBOR.
    Cbor,
    /// awsQuery: form in, XML out.
    Query,
    /// S3's REST with XML bodies.
    S3,
    /// REST with JSON bodies, for services whose paths are the names of their operations.
    Rest,
}

/// A decoded request, before its caller is known.
pub(super) struct Decoded {
    /// The protocol of the response.
    pub protocol: Protocol,
    /// The service; `None` when the sandbox does not offer it.
    pub service: Option<&'static Service>,
    /// The operation's name.
    pub operation: String,
    /// The input as JSON, or why it cannot be decoded.
    pub input: Result<Value, ApiError>,
}

/// Decodes a request. Never fails: a decoding error is part of the result.
pub(super) fn decode(request: &Request<Bytes>) -> Decoded {
    let headers = request.headers();
    if let Some((target, operation)) = json_target(headers) {
        let service = services::by_target(target);
        let version = match header(headers, "content-type") {
            Some(kind) if kind.contains("x-amz-json-1.1") => "1.1",
            _ => "1.0",
        };
        return Decoded {
            protocol: Protocol::Json(version),
            service,
            operation: operation.to_owned(),
            input: json_input(request.body()),
        };
    }
    if header(headers, "smithy-protocol") == Some("rpc-v2-cbor") {
        let (service, operation) = rpc_path(request.uri()).unwrap_or_default();
        return Decoded {
            protocol: Protocol::Cbor,
            service: services::by_target(service),
            operation: operation.to_owned(),
            input: cbor_input(request.body()),
        };
    }
    if let Some(operation) = rest_operation(request) {
        return Decoded {
            protocol: Protocol::Rest,
            service: None,
            operation: operation.to_owned(),
            input: json_input(request.body()).map(|input| with_query(input, request.uri())),
        };
    }
    let form = match *request.method() {
        Method::POST => query::parse(request.body()),
        _ => query::parse(request.uri().query().unwrap_or_default().as_bytes()),
    };
    Decoded {
        protocol: Protocol::Query,
        service: None,
        operation: form.get("Action").and_then(Value::as_str).unwrap_or_default().to_owned(),
        input: Ok(form),
    }
}

/// The operations of REST services whose paths are not their names.
const PATHS: [(&str, &str); 2] =
    [("policy/validation", "ValidatePolicy"), ("policy/check-no-new-access", "CheckNoNewAccess")];

/// The operation of a request that may be one of a REST service: its path, with a body that is no form.
fn rest_operation(request: &Request<Bytes>) -> Option<&str> {
    let is_form = header(request.headers(), "content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
    let operation = request.uri().path().strip_prefix('/')?;
    if request.method() == Method::POST
        && let Some((_, operation)) = PATHS.iter().find(|(path, _)| *path == operation)
    {
        return Some(operation);
    }
    let is_name = !operation.is_empty() && operation.chars().all(|sign| sign.is_ascii_alphanumeric());
    (*request.method() == Method::POST && !is_form && is_name).then_some(operation)
}

/// The input of a REST operation, some members of which are in the query of its URL.
fn with_query(mut input: Value, uri: &Uri) -> Value {
    let parameters = query::parse(uri.query().unwrap_or_default().as_bytes());
    if let (Value::Object(input), Value::Object(parameters)) = (&mut input, parameters) {
        input.extend(parameters);
    }
    input
}

/// True if a request of S3 is that for the list of buckets, whose parameters are in its query.
pub(super) fn is_list_of_buckets(request: &Request<Bytes>) -> bool {
    request.method() == Method::GET && request.uri().path() == "/"
}

/// The error protocol of a REST service that the sandbox does not offer: a client
/// must be able to parse the error.
pub(super) fn protocol_of_rest(signing_name: &str) -> Protocol {
    match signing_name {
        "s3" | "s3express" | "route53" | "cloudfront" | "sts" => Protocol::Query,
        _ => Protocol::Json("1.1"),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn json_target(headers: &HeaderMap) -> Option<(&str, &str)> {
    header(headers, "x-amz-target")?.rsplit_once('.')
}

fn rpc_path(uri: &Uri) -> Option<(&str, &str)> {
    uri.path().strip_prefix("/service/")?.split_once("/operation/")
}

fn unreadable(_: impl std::fmt::Display) -> ApiError {
    ApiError::new("SerializationException", "The request body could not be read.")
}

fn json_input(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice::<Value>(body).map_err(unreadable).and_then(an_object)
}

fn cbor_input(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    ciborium::from_reader::<Value, _>(body.as_ref()).map_err(unreadable).and_then(an_object)
}

fn an_object(value: Value) -> Result<Value, ApiError> {
    if value.is_object() { Ok(value) } else { Err(unreadable("not an object")) }
}

/// Encodes a response in the protocol of its request.
pub(super) fn encode(decoded: &Decoded, request_id: &str, answer: Result<Value, ApiError>) -> Response<Bytes> {
    let status = match &answer {
        Ok(_) => StatusCode::OK,
        Err(error) => StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let error_type = answer.as_ref().err().map(|error| error.code.clone());
    let namespace = decoded.service.map_or("com.amazon.coral.service", |service| service.namespace);
    let (content_type, body) = match decoded.protocol {
        Protocol::Json(version) => {
            let body = answer.unwrap_or_else(|error| typed_error(namespace, &error));
            let content_type = match version {
                "1.1" => "application/x-amz-json-1.1",
                _ => "application/x-amz-json-1.0",
            };
            (content_type, serde_json::to_vec(&body).unwrap_or_default())
        }
        Protocol::Rest => {
            let body = answer.unwrap_or_else(|error| json!({"Message": error.message}));
            ("application/json", serde_json::to_vec(&body).unwrap_or_default())
        }
        Protocol::Cbor => {
            let body = answer.unwrap_or_else(|error| typed_error(namespace, &error));
            let mut bytes = Vec::new();
            // Writing to memory cannot fail, and every JSON value can be encoded as CBOR.
            let _ = ciborium::into_writer(&body, &mut bytes);
            ("application/cbor", bytes)
        }
        Protocol::S3 => {
            let text = match answer {
                Ok(body) => query::s3_answer(&body),
                Err(error) => query::s3_error(&error, request_id),
            };
            ("application/xml", text.into_bytes())
        }
        Protocol::Query => {
            let xmlns = decoded.service.and_then(|service| service.xml_namespace);
            let text = match answer {
                Ok(body) => query::answer(xmlns, &decoded.operation, &body, request_id),
                Err(error) => query::error(xmlns, &error, request_id),
            };
            ("text/xml", text.into_bytes())
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static(content_type));
    if let Ok(id) = http::HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(Ok(code)) = error_type.as_deref().map(http::HeaderValue::from_str) {
        headers.insert("x-amzn-errortype", code);
    }
    if decoded.protocol == Protocol::Cbor {
        headers.insert("smithy-protocol", http::HeaderValue::from_static("rpc-v2-cbor"));
    }
    response
}

fn typed_error(namespace: &str, error: &ApiError) -> Value {
    json!({"__type": format!("{namespace}#{}", error.code), "Message": error.message})
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn post(headers: &[(&str, &str)], uri: &str, body: &[u8]) -> Request<Bytes> {
        let mut builder = Request::post(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::copy_from_slice(body)).unwrap()
    }

    #[test]
    fn a_json_target_names_service_and_operation() {
        let request = post(&[("x-amz-target", "CloudApiService.GetResource")], "/", b"{\"A\":1}");
        let decoded = decode(&request);
        assert_eq!(decoded.operation, "GetResource");
        assert_eq!(decoded.service.unwrap().signing_name, "cloudcontrolapi");
        assert_eq!(decoded.input.unwrap(), json!({"A": 1}));
    }

    #[test]
    fn a_body_that_is_not_an_object_is_a_serialization_error() {
        for body in [&b"[1]"[..], b"{", b"\xff"] {
            let request = post(&[("x-amz-target", "CloudApiService.GetResource")], "/", body);
            assert_eq!(decode(&request).input.unwrap_err().code, "SerializationException");
        }
    }

    #[test]
    fn cbor_is_decoded_and_encoded() {
        let mut body = Vec::new();
        ciborium::into_writer(&json!({"Key": "Team"}), &mut body).unwrap();
        let path = "/service/ResourceGroupsTaggingAPI_20170126/operation/GetTagValues";
        let decoded = decode(&post(&[("smithy-protocol", "rpc-v2-cbor")], path, &body));
        assert_eq!(decoded.operation, "GetTagValues");
        assert_eq!(decoded.input.as_ref().unwrap(), &json!({"Key": "Team"}));
        let response = encode(&decoded, "r", Ok(json!({"TagValues": ["a"]})));
        assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor");
        let back: Value = ciborium::from_reader(response.body().as_ref()).unwrap();
        assert_eq!(back, json!({"TagValues": ["a"]}));
    }

    #[test]
    fn the_path_of_a_rest_request_is_its_operation() {
        let decoded = decode(&post(&[("content-type", "application/json")], "/ListViews", b"{\"MaxResults\": 5}"));
        assert_eq!((decoded.protocol, decoded.operation.as_str()), (Protocol::Rest, "ListViews"));
        assert_eq!(decoded.input.as_ref().unwrap(), &json!({"MaxResults": 5}));
        let response = encode(&decoded, "r", Err(ApiError::new("ValidationException", "no")));
        assert_eq!(response.headers()["x-amzn-errortype"], "ValidationException");
        let form = &[("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(decode(&post(form, "/ListViews", b"Action=GetUser")).protocol, Protocol::Query);
        assert_eq!(decode(&post(&[], "/bucket/key", b"")).protocol, Protocol::Query);
    }

    #[test]
    fn a_path_may_stand_for_an_operation() {
        let uri = "/policy/validation?maxResults=5&nextToken=t";
        let decoded =
            decode(&post(&[("content-type", "application/json")], uri, b"{\"policyType\": \"IDENTITY_POLICY\"}"));
        assert_eq!((decoded.protocol, decoded.operation.as_str()), (Protocol::Rest, "ValidatePolicy"));
        let expected = json!({"policyType": "IDENTITY_POLICY", "maxResults": "5", "nextToken": "t"});
        assert_eq!(decoded.input.unwrap(), expected);
        assert_eq!(decode(&post(&[], "/policy/other", b"")).protocol, Protocol::Query);
    }

    #[test]
    fn errors_carry_their_type() {
        let decoded = decode(&post(&[("x-amz-target", "CloudApiService.GetResource")], "/", b""));
        let response = encode(&decoded, "r", Err(ApiError::new("TypeNotFoundException", "no")));
        assert_eq!(response.status(), 400);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["__type"], "com.amazonaws.cloudcontrol#TypeNotFoundException");
        assert_eq!(body["Message"], "no");
    }
}
