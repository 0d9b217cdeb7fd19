//! Converts SDK errors to errors of the pipeline.
//!
//! Messages of the SDK and of proxies are never passed on unchanged: error chains repeat themselves, and proxies respond with
//! web pages. Kinds, codes and hints are defined in [`crate::pipeline::ports`]; the SDK's own lists are added here.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::stack::watch::Unconfirmed;
use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{self, CloudError, CloudErrorKind};

/// Classifies an SDK error.
pub fn classify<E>(
    error: SdkError<E, HttpResponse>,
    operation: &'static str,
    environment: &str,
    resource: Option<&ResourceRef>,
) -> CloudError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (kind, code, message) = match &error {
        SdkError::ServiceError(service) => {
            let (kind, message) = classify_error_response(service.err(), service.raw());
            (kind, service.err().code().map(str::to_owned), message)
        }
        SdkError::ResponseError(response) => {
            let (kind, message) = classify_without_code(response.raw(), CloudErrorKind::Malformed);
            (kind, None, message)
        }
        SdkError::TimeoutError(_) => (CloudErrorKind::Network, None, "the request timed out".to_owned()),
        other => {
            let (kind, message) = classify_unsent(other);
            (kind, None, message)
        }
    };
    CloudError { kind, operation, code, message, resource: resource.cloned(), environment: environment.to_owned() }
}

/// Classifies an error response.
fn classify_error_response(error: &impl ProvideErrorMetadata, response: &HttpResponse) -> (CloudErrorKind, String) {
    let status = response.status().as_u16();
    let Some(code) = error.code() else {
        // All errors of AWS have a code. A response without a code is from a proxy or another server; if its status is not an
        // error, the response is malformed.
        let is_answer = response.status().is_success();
        return classify_without_code(
            response,
            if is_answer { CloudErrorKind::Malformed } else { CloudErrorKind::Network },
        );
    };
    let text = error.message().filter(|message| !message.trim().is_empty());
    let message = text.map_or_else(|| format!("AWS returned {code} (HTTP {status})"), str::to_owned);
    (kind_of(code, status), message)
}

/// Returns the kind of the error code of an exception or a handler, without an HTTP status.
pub fn kind_of_code(code: &str) -> CloudErrorKind {
    if THROTTLING_ERRORS.contains(&code) {
        return CloudErrorKind::Throttled;
    }
    if TRANSIENT_ERRORS.contains(&code) {
        return CloudErrorKind::Busy;
    }
    ports::kind_of_code(code).unwrap_or(CloudErrorKind::Other)
}

fn kind_of(code: &str, status: u16) -> CloudErrorKind {
    match kind_of_code(code) {
        CloudErrorKind::Other if ports::kind_of_code(code).is_none() => {
            ports::kind_of_status(status).unwrap_or(CloudErrorKind::Other)
        }
        kind => kind,
    }
}

/// Returns true if the request was not sent because its signer is not confirmed.
pub fn is_unconfirmed<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    !matches!(error, SdkError::ServiceError(_)) && find::<Unconfirmed>(error).is_some()
}

/// Classifies a response without an error code, or that cannot be parsed.
fn classify_without_code(response: &HttpResponse, otherwise: CloudErrorKind) -> (CloudErrorKind, String) {
    let status = response.status().as_u16();
    let what = if is_page(response) { "a web page" } else { "a response that is not from AWS" };
    let kind = match ports::kind_of_status(status) {
        Some(kind) => kind,
        None if is_page(response) => CloudErrorKind::Network,
        None => otherwise,
    };
    (kind, format!("received {what} (HTTP {status})"))
}

fn is_page(response: &HttpResponse) -> bool {
    if response.headers().get("content-type").is_some_and(|kind| kind.contains("text/html")) {
        return true;
    }
    let start: Vec<u8> = response.body().bytes().unwrap_or_default().iter().take(64).copied().collect();
    let start = String::from_utf8_lossy(&start).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Classifies a request without a response, or that was not sent.
fn classify_unsent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> (CloudErrorKind, String) {
    if find::<Unconfirmed>(error).is_some() {
        let message = "STS did not confirm the credentials; nothing was sent";
        return (CloudErrorKind::Credentials, message.to_owned());
    }
    if let Some(credentials) = find::<CredentialsError>(error) {
        return without_credentials(credentials);
    }
    let kind = match error {
        SdkError::DispatchFailure(failure) if !failure.is_user() => CloudErrorKind::Network,
        _ => CloudErrorKind::Other,
    };
    let message = match error {
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "the request timed out".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_io() => format!("no connection: {}", innermost(error)),
        _ => innermost(error),
    };
    (kind, message)
}

/// Classifies missing credentials. If their provider (SSO, STS, a program) cannot be reached, the credentials themselves are
/// not at fault.
fn without_credentials(error: &CredentialsError) -> (CloudErrorKind, String) {
    let refused = find::<SdkError<AssumeRoleError, HttpResponse>>(error).map(role_refused);
    let refused = refused
        .or_else(|| find::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>(error).map(role_refused))
        .flatten();
    match (error, refused, find::<ConnectorError>(error)) {
        (CredentialsError::ProviderTimedOut(_), ..) => {
            (CloudErrorKind::Network, "the credentials provider timed out".to_owned())
        }
        (CredentialsError::ProviderError(_), Some((kind, message)), _) => (kind, message),
        (CredentialsError::ProviderError(_), None, Some(connector)) => {
            (CloudErrorKind::Network, format!("the credentials cannot be renewed: {}", innermost(connector)))
        }
        (CredentialsError::CredentialsNotLoaded(_), ..) if error.source().is_none() => {
            (CloudErrorKind::Credentials, "no credentials were found".to_owned())
        }
        _ => (CloudErrorKind::Credentials, no_credentials(error)),
    }
}

/// Classifies the error response of STS, or of a proxy, when a role was assumed; `None` if there was no response.
fn role_refused<E>(error: &SdkError<E, HttpResponse>) -> Option<(CloudErrorKind, String)>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (kind, message) = match error {
        SdkError::ServiceError(service) => classify_error_response(service.err(), service.raw()),
        SdkError::ResponseError(response) => classify_without_code(response.raw(), CloudErrorKind::Malformed),
        _ => return None,
    };
    Some(match kind {
        CloudErrorKind::Network | CloudErrorKind::Busy | CloudErrorKind::Throttled | CloudErrorKind::Malformed => {
            (kind, format!("the credentials cannot be renewed: {message}"))
        }
        _ => (CloudErrorKind::Credentials, format!("the role cannot be assumed: {message}")),
    })
}

/// Returns the reason of the provider, with its causes.
fn no_credentials(error: &CredentialsError) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut at: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = at {
        let text = cause.to_string().trim().to_owned();
        // These messages have no information of their own.
        let says_nothing = text.is_empty() || text.starts_with("an error occurred while loading");
        if !says_nothing && !causes.iter().any(|before| before.contains(&text)) {
            causes.push(text);
        }
        at = cause.source();
    }
    if causes.is_empty() { error.to_string() } else { format!("no credentials: {}", causes.join(": ")) }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut at = Some(error);
    while let Some(cause) = at {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        at = cause.source();
    }
    None
}

/// Returns the root cause. The messages above it only say that something failed.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut at = error;
    while let Some(cause) = at.source() {
        at = cause;
    }
    at.to_string()
}
