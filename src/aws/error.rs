//! AWS's errors in the pipeline's words.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// Sorts a failed SDK call.
pub fn classify<E, R>(
    error: SdkError<E, R>,
    operation: &'static str,
    environment: &str,
    resource: Option<&ResourceRef>,
) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let (kind, code, message) = match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().map(str::to_owned);
            let message = service.err().message().map_or_else(|| chain(service.err()), str::to_owned);
            (kind_of_code(code.as_deref().unwrap_or_default()), code, message)
        }
        other => {
            let text = chain(other);
            let kind = if is_about_credentials(other) { CloudErrorKind::Credentials } else { CloudErrorKind::Network };
            (kind, None, text)
        }
    };
    CloudError { kind, operation, code, message, resource: resource.cloned(), environment: environment.to_owned() }
}

/// An exception's or a handler's error code. Both sets are here: an exception is named
/// `…Exception`, a handler's code in a ProgressEvent is not.
pub fn kind_of_code(code: &str) -> CloudErrorKind {
    match code.strip_suffix("Exception").unwrap_or(code) {
        "ResourceNotFound" | "NotFound" => CloudErrorKind::NotFound,
        "AlreadyExists" => CloudErrorKind::AlreadyExists,
        "AccessDenied" | "UnauthorizedTaggingOperation" => CloudErrorKind::AccessDenied,
        "InvalidCredentials"
        | "UnrecognizedClient"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "InvalidSignature" => CloudErrorKind::Credentials,
        "Throttling" | "ThrottlingException" | "TooManyRequests" | "RequestLimitExceeded" => CloudErrorKind::Throttled,
        "TypeNotFound" => CloudErrorKind::TypeNotFound,
        "UnsupportedAction" => CloudErrorKind::Unsupported,
        "InvalidRequest" | "Validation" | "ValidationError" | "InvalidParameter" => CloudErrorKind::Invalid,
        "NotUpdatable" => CloudErrorKind::NotUpdatable,
        "ClientTokenConflict" => CloudErrorKind::Conflict,
        "ResourceConflict"
        | "ConcurrentOperation"
        | "ConcurrentModification"
        | "ServiceInternalError"
        | "ServiceTimeout"
        | "InternalFailure"
        | "HandlerInternalFailure" => CloudErrorKind::Busy,
        "NetworkFailure" => CloudErrorKind::Network,
        _ => CloudErrorKind::Other,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn is_about_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(cause) = at {
        if cause.is::<aws_credential_types::provider::error::CredentialsError>() {
            return true;
        }
        at = cause.source();
    }
    false
}
