//! A failed SDK call in the pipeline's words.
//!
//! What the SDK and whoever stands between us and AWS have to say is never handed on as it is: an
//! error's chain repeats itself, and a proxy answers with a page. The kinds, the codes and the hints
//! are the table's in [`crate::pipeline::ports`]; the SDK's own lists are added here.

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

/// Sorts a failed SDK call.
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
            let (kind, message) = answered(service.err(), service.raw());
            (kind, service.err().code().map(str::to_owned), message)
        }
        SdkError::ResponseError(response) => {
            let (kind, message) = nameless(response.raw(), CloudErrorKind::Malformed);
            (kind, None, message)
        }
        SdkError::TimeoutError(_) => (CloudErrorKind::Network, None, "no answer in time".to_owned()),
        other => {
            let (kind, message) = unsent(other);
            (kind, None, message)
        }
    };
    CloudError { kind, operation, code, message, resource: resource.cloned(), environment: environment.to_owned() }
}

/// An error that came back as an answer.
fn answered(error: &impl ProvideErrorMetadata, response: &HttpResponse) -> (CloudErrorKind, String) {
    let status = response.status().as_u16();
    let Some(code) = error.code() else {
        // AWS names every error that it sends. What has no name is a proxy's, or a stranger's; what
        // is no error by its status is an answer that is not understood.
        let is_answer = response.status().is_success();
        return nameless(response, if is_answer { CloudErrorKind::Malformed } else { CloudErrorKind::Network });
    };
    let said = error.message().filter(|message| !message.trim().is_empty());
    let message = said.map_or_else(|| format!("AWS answered {code} (HTTP {status})"), str::to_owned);
    (kind_of(code, status), message)
}

/// The kind of an exception's or a handler's error code, without an HTTP status to go by.
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

/// True for a request that was not sent because of who signed it.
pub fn is_unconfirmed<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    !matches!(error, SdkError::ServiceError(_)) && find::<Unconfirmed>(error).is_some()
}

/// An answer that names no error, or that is not understood.
fn nameless(response: &HttpResponse, otherwise: CloudErrorKind) -> (CloudErrorKind, String) {
    let status = response.status().as_u16();
    let what = if is_page(response) { "a web page" } else { "something that is not AWS's answer" };
    let kind = match ports::kind_of_status(status) {
        Some(kind) => kind,
        None if is_page(response) => CloudErrorKind::Network,
        None => otherwise,
    };
    (kind, format!("{what} came back (HTTP {status})"))
}

fn is_page(response: &HttpResponse) -> bool {
    if response.headers().get("content-type").is_some_and(|kind| kind.contains("text/html")) {
        return true;
    }
    let start: Vec<u8> = response.body().bytes().unwrap_or_default().iter().take(64).copied().collect();
    let start = String::from_utf8_lossy(&start).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// A request that got no answer, or was not even sent.
fn unsent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> (CloudErrorKind, String) {
    if find::<Unconfirmed>(error).is_some() {
        let message = "STS did not confirm the credentials that sign; nothing was sent";
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
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_io() => format!("no connection: {}", innermost(error)),
        _ => innermost(error),
    };
    (kind, message)
}

/// Why there are no credentials. Where whoever gives them (SSO, STS, a program) cannot be reached,
/// nothing is wrong with them.
fn without_credentials(error: &CredentialsError) -> (CloudErrorKind, String) {
    let refused = find::<SdkError<AssumeRoleError, HttpResponse>>(error).map(role_refused);
    let refused = refused
        .or_else(|| find::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>(error).map(role_refused))
        .flatten();
    match (error, refused, find::<ConnectorError>(error)) {
        (CredentialsError::ProviderTimedOut(_), ..) => {
            (CloudErrorKind::Network, "what gives the credentials did not answer in time".to_owned())
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

/// What STS, or what stands before it, said to a role that was to be assumed; `None` where it said
/// nothing.
fn role_refused<E>(error: &SdkError<E, HttpResponse>) -> Option<(CloudErrorKind, String)>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (kind, message) = match error {
        SdkError::ServiceError(service) => answered(service.err(), service.raw()),
        SdkError::ResponseError(response) => nameless(response.raw(), CloudErrorKind::Malformed),
        _ => return None,
    };
    Some(match kind {
        CloudErrorKind::Network | CloudErrorKind::Busy | CloudErrorKind::Throttled | CloudErrorKind::Malformed => {
            (kind, format!("the credentials cannot be renewed: {message}"))
        }
        _ => (CloudErrorKind::Credentials, format!("the role cannot be assumed: {message}")),
    })
}

/// Why there are no credentials: the provider's reason with what it rests on.
fn no_credentials(error: &CredentialsError) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut at: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = at {
        let text = cause.to_string().trim().to_owned();
        // These only say that the reason is below.
        let says_nothing = text.is_empty() || text.starts_with("an error occurred while loading");
        if !says_nothing && !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
        at = cause.source();
    }
    if said.is_empty() { error.to_string() } else { format!("no credentials: {}", said.join(": ")) }
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

/// What lies under everything else. The layers above only say that something below went wrong.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut at = error;
    while let Some(cause) = at.source() {
        at = cause;
    }
    at.to_string()
}
