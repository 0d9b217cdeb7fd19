//! Failed calls: the kind of error, its hint, and whether to retry. This is the only table of AWS error codes and their
//! hints.

use crate::domain::diagnostic::Code;
use crate::domain::resource::ResourceRef;

/// The kind of error of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CloudErrorKind {
    /// The resource does not exist. Only this kind means that it is absent.
    NotFound,
    /// A resource with this identifier already exists.
    AlreadyExists,
    /// Permission was denied.
    AccessDenied,
    /// The credentials are missing, expired, invalid, or for another account.
    Credentials,
    /// AWS throttles the calls.
    Throttled,
    /// Cloud Control does not know the type.
    TypeNotFound,
    /// The type does not support the operation.
    Unsupported,
    /// The request is invalid.
    Invalid,
    /// A property can only be set at creation.
    NotUpdatable,
    /// The client token was used for another request, or the state of the resource does not allow the operation.
    Conflict,
    /// A quota of the account is exceeded.
    LimitExceeded,
    /// A transient failure of the service, or another operation on the same resource.
    Busy,
    /// No response from AWS: connection refused, name not resolved, timeout, or a response of a proxy.
    Network,
    /// A response without a required field.
    Malformed,
    /// The call was not made, because the service failed several times in a row (circuit breaker).
    CircuitOpen,
    /// Any other error.
    Other,
}

/// The purpose of a call, on which the hint for an error depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading.
    Read,
    /// Applying an approved plan, including read-backs.
    Write,
    /// Querying a price, which is optional.
    Price,
}

impl CloudErrorKind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::NotFound,
        Self::AlreadyExists,
        Self::AccessDenied,
        Self::Credentials,
        Self::Throttled,
        Self::TypeNotFound,
        Self::Unsupported,
        Self::Invalid,
        Self::NotUpdatable,
        Self::Conflict,
        Self::LimitExceeded,
        Self::Busy,
        Self::Network,
        Self::Malformed,
        Self::CircuitOpen,
        Self::Other,
    ];

    /// Returns the code of the diagnostic for this kind.
    pub fn diagnostic_code(self) -> Code {
        match self {
            Self::NotFound => Code::AwsNotFound,
            Self::AlreadyExists => Code::AwsAlreadyExists,
            Self::AccessDenied => Code::AwsAccessDenied,
            Self::Credentials => Code::AwsCredentials,
            Self::Throttled => Code::AwsThrottled,
            Self::TypeNotFound => Code::AwsTypeNotFound,
            Self::Unsupported => Code::AwsUnsupported,
            Self::Invalid => Code::AwsInvalidRequest,
            Self::NotUpdatable => Code::AwsNotUpdatable,
            Self::Conflict => Code::AwsConflict,
            Self::LimitExceeded => Code::AwsLimitExceeded,
            Self::Busy => Code::AwsBusy,
            Self::Network => Code::AwsNoAnswer,
            Self::Malformed => Code::AwsMalformedAnswer,
            Self::CircuitOpen => Code::AwsCircuitOpen,
            Self::Other => Code::AwsError,
        }
    }

    /// Returns true if repeating the call would return the same error.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotFound | Self::AccessDenied | Self::TypeNotFound | Self::Unsupported | Self::Invalid)
    }

    /// Returns true if the error concerns only the requested resource, so that others can still be read; false if the next
    /// call would fail for the same reason.
    pub fn is_about_the_resource(self) -> bool {
        match self {
            Self::AccessDenied
            | Self::Invalid
            | Self::NotFound
            | Self::TypeNotFound
            | Self::Unsupported
            | Self::Malformed
            | Self::Other => true,
            Self::AlreadyExists
            | Self::Credentials
            | Self::Throttled
            | Self::NotUpdatable
            | Self::Conflict
            | Self::LimitExceeded
            | Self::Busy
            | Self::Network
            | Self::CircuitOpen => false,
        }
    }

    /// Returns true if the run ends with the exit code for credentials.
    pub fn is_about_credentials(self) -> bool {
        self == Self::Credentials
    }
}

/// A failed call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}{}: {message}", .resource.as_ref().map(|r| format!(" {r}")).unwrap_or_default())]
pub struct CloudError {
    /// The kind of error.
    pub kind: CloudErrorKind,
    /// `service.Operation`.
    pub operation: &'static str,
    /// AWS's error code, if it sent one.
    pub code: Option<String>,
    /// AWS's message, or the reason why there was no response.
    pub message: String,
    /// The resource concerned.
    pub resource: Option<ResourceRef>,
    /// The environment that was called.
    pub environment: String,
}

impl CloudError {
    /// Creates an error without an AWS error code.
    pub fn new(kind: CloudErrorKind, operation: &'static str, environment: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation,
            code: None,
            message: message.into(),
            resource: None,
            environment: environment.to_owned(),
        }
    }

    /// Sets the resource concerned.
    pub fn about(mut self, resource: Option<&ResourceRef>) -> Self {
        self.resource = resource.cloned();
        self
    }

    /// Returns true if repeating the call would return the same error.
    pub fn is_final(&self) -> bool {
        self.kind.is_final()
    }

    /// Returns true if the service itself failed, not a resource handler.
    pub fn is_service_fault(&self) -> bool {
        match self.kind {
            CloudErrorKind::Network | CloudErrorKind::Busy => {
                self.code.as_deref().is_none_or(|code| !is_of_handler(code))
            }
            CloudErrorKind::Malformed => true,
            _ => false,
        }
    }

    /// Returns the message for a list of unreadable resources, which has no hints: AWS's message alone (`Rate exceeded`) does
    /// not tell how to resolve the error.
    pub fn reason(&self) -> String {
        match self.kind {
            CloudErrorKind::Throttled => {
                format!("calls in this account are throttled; run the command again later ({})", self.message)
            }
            _ => self.message.clone(),
        }
    }

    /// Returns the hint.
    pub fn hint(&self, purpose: Purpose) -> Option<String> {
        hint(self.kind, purpose, &self.environment)
    }
}

/// Returns the hint for an error.
pub fn hint(kind: CloudErrorKind, purpose: Purpose, environment: &str) -> Option<String> {
    use CloudErrorKind as Kind;
    const AGAIN: &str = "run the same command again: completed steps are recognized";
    let text = match (purpose, kind) {
        (Purpose::Price, Kind::AccessDenied) => "allow pricing:GetProducts, which is free of charge",
        (Purpose::Price, Kind::Network) => {
            "check the network connection and AWS_ENDPOINT_URL, or set a different cost.pricing_region"
        }
        (Purpose::Price, Kind::Throttled) => "run the command again later",
        (Purpose::Price, Kind::Unsupported) => "only embedded prices are available in this partition",
        (Purpose::Price, Kind::Credentials) => {
            return Some(format!("check the credentials: stagegate context --env {environment}"));
        }
        (Purpose::Price, _) => "run the command again",
        (_, Kind::Credentials) => {
            return Some(format!("check the credentials: stagegate context --env {environment}"));
        }
        (Purpose::Write, Kind::AccessDenied) => {
            return Some(format!(
                "grant the credentials of environment `{environment}` the permissions for the call and for its resource handler"
            ));
        }
        (Purpose::Read, Kind::AccessDenied) => {
            return Some(format!("grant the credentials of `{environment}` the permission named in the message"));
        }
        (Purpose::Write, Kind::AlreadyExists) => "use a different name; this one is taken, possibly in another account",
        (Purpose::Write, Kind::Conflict) => {
            "wait and run the command again; another operation on this resource is in progress, or the request has changed"
        }
        (Purpose::Write, Kind::Network | Kind::Throttled | Kind::Busy | Kind::CircuitOpen) => AGAIN,
        (Purpose::Read, Kind::Network) => "check the network connection, the Region and AWS_ENDPOINT_URL",
        (Purpose::Read, Kind::Throttled) => "run the command again later; AWS is throttling this account",
        (Purpose::Read, Kind::Busy) => "run the command again later; the service has a transient failure",
        (Purpose::Read, Kind::CircuitOpen) => {
            "run the command again later, or with --refresh to call the service at once"
        }
        (_, Kind::LimitExceeded) => "request a quota increase in Service Quotas",
        (_, Kind::Malformed) => "check AWS_ENDPOINT_URL and the proxy settings; the response may not be from AWS",
        (Purpose::Read, Kind::AlreadyExists | Kind::Conflict)
        | (
            _,
            Kind::NotFound | Kind::TypeNotFound | Kind::Unsupported | Kind::Invalid | Kind::NotUpdatable | Kind::Other,
        ) => {
            return None;
        }
    };
    Some(text.to_owned())
}

/// Returns true for transient errors, so that the request can be retried: throttling, failures of the service, another
/// operation on the resource, and new resources that are not visible everywhere yet (a role that cannot be assumed).
pub fn is_retryable(kind: CloudErrorKind, message: &str) -> bool {
    const NEW_IDENTITY_MESSAGES: [&str; 5] = [
        "cannot be assumed",
        "invalid principal",
        "not authorized to perform: sts:assumerole",
        "does not have permissions to assume",
        "role defined for the function",
    ];
    match kind {
        CloudErrorKind::Throttled | CloudErrorKind::Busy => true,
        CloudErrorKind::Invalid | CloudErrorKind::AccessDenied | CloudErrorKind::Other => {
            let message = message.to_lowercase();
            NEW_IDENTITY_MESSAGES.iter().any(|text| message.contains(text))
        }
        _ => false,
    }
}

/// Returns true for transient failures of resource handlers, so that the request can be made again: those of [`is_retryable`],
/// a connection of the handler that failed, and a resource that did not reach its final state in the handler's time.
pub fn is_retryable_failure(kind: CloudErrorKind, code: &str, message: &str) -> bool {
    is_retryable(kind, message) || kind == CloudErrorKind::Network || code == "NotStabilized"
}

/// Returns the kind of the error code of an exception or a handler; `None` for unknown codes. Names of exceptions end in
/// `…Exception`; codes of handlers, in progress events, do not.
///
/// `aws` adds the SDK's own lists of throttling and transient codes.
pub fn kind_of_code(code: &str) -> Option<CloudErrorKind> {
    Some(match code.strip_suffix("Exception").unwrap_or(code) {
        "ResourceNotFound" | "NotFound" | "NoSuchEntity" | "ParameterNotFound" | "ParameterVersionNotFound" => {
            CloudErrorKind::NotFound
        }
        "AlreadyExists" => CloudErrorKind::AlreadyExists,
        "AccessDenied"
        | "UnauthorizedOperation"
        | "UnauthorizedTaggingOperation"
        | "NotAuthorized"
        | "OptInRequired" => CloudErrorKind::AccessDenied,
        "InvalidCredentials"
        | "UnrecognizedClient"
        | "ExpiredToken"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "AuthFailure"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "InvalidSignature" => CloudErrorKind::Credentials,
        "Throttling" | "Throttled" | "RequestThrottled" | "TooManyRequests" | "RequestLimitExceeded" | "SlowDown" => {
            CloudErrorKind::Throttled
        }
        "TypeNotFound" => CloudErrorKind::TypeNotFound,
        "UnsupportedAction" => CloudErrorKind::Unsupported,
        "InvalidRequest"
        | "InvalidInput"
        | "Validation"
        | "ValidationError"
        | "InvalidParameter"
        | "UnprocessableEntity"
        | "InvalidParameterValue" => CloudErrorKind::Invalid,
        "NotUpdatable" => CloudErrorKind::NotUpdatable,
        "ClientTokenConflict" => CloudErrorKind::Conflict,
        "ServiceLimitExceeded" | "LimitExceeded" => CloudErrorKind::LimitExceeded,
        "ResourceConflict"
        | "ConcurrentOperation"
        | "ConcurrentModification"
        | "ServiceFailure"
        | "ServiceInternalError"
        | "ServiceTimeout"
        | "HandlerInternalFailure"
        | "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "InternalServer"
        | "InternalService"
        | "ServiceUnavailable"
        | "RequestTimeout" => CloudErrorKind::Busy,
        "NetworkFailure" => CloudErrorKind::Network,
        // These codes do not tell whether the request would fail again, or whether it has succeeded.
        "GeneralService" | "HandlerFailure" | "NotStabilized" | "RequestTokenNotFound" => CloudErrorKind::Other,
        _ => return None,
    })
}

/// Returns the kind of an error by its HTTP status only.
pub fn kind_of_status(status: u16) -> Option<CloudErrorKind> {
    match status {
        429 => Some(CloudErrorKind::Throttled),
        500.. => Some(CloudErrorKind::Busy),
        _ => None,
    }
}

/// Returns true for error codes of resource handlers or about a single resource, while the service itself works.
fn is_of_handler(code: &str) -> bool {
    matches!(
        code.strip_suffix("Exception").unwrap_or(code),
        "ResourceConflict"
            | "ConcurrentOperation"
            | "ConcurrentModification"
            | "ServiceInternalError"
            | "ServiceTimeout"
            | "HandlerInternalFailure"
            | "NetworkFailure"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transient_errors_are_retried() {
        let role = "The role defined for the function cannot be assumed by Lambda.";
        assert!(is_retryable(CloudErrorKind::Invalid, role));
        assert!(is_retryable(CloudErrorKind::Throttled, "Rate exceeded"));
        assert!(is_retryable(CloudErrorKind::Busy, "Operation already in progress"));
        assert!(!is_retryable(CloudErrorKind::Invalid, "Model validation failed"));
        assert!(!is_retryable(CloudErrorKind::AlreadyExists, "exists"));
        assert!(!is_retryable(CloudErrorKind::Credentials, role));
        assert!(!is_retryable(CloudErrorKind::Malformed, ""));
        let failure = |code| is_retryable_failure(kind_of_code(code).unwrap(), code, "x");
        let transient = ["NotStabilized", "NetworkFailure", "ServiceInternalError", "ServiceTimeout", "Throttling"];
        assert!(transient.into_iter().all(failure));
        let lasting = ["AlreadyExists", "InvalidRequest", "AccessDenied", "NotUpdatable", "GeneralServiceException"];
        assert!(!lasting.into_iter().any(failure));
    }

    #[test]
    fn codes_of_exceptions_and_of_handlers_have_their_kinds() {
        for (code, kind) in [
            ("ThrottledException", CloudErrorKind::Throttled),
            ("ThrottlingException", CloudErrorKind::Throttled),
            ("Throttling", CloudErrorKind::Throttled),
            ("InternalServiceException", CloudErrorKind::Busy),
            ("InternalFailure", CloudErrorKind::Busy),
            ("ServiceUnavailable", CloudErrorKind::Busy),
            ("ServiceLimitExceededException", CloudErrorKind::LimitExceeded),
            ("ResourceNotFoundException", CloudErrorKind::NotFound),
            ("NotFound", CloudErrorKind::NotFound),
            ("RequestTokenNotFoundException", CloudErrorKind::Other),
            ("TypeNotFoundException", CloudErrorKind::TypeNotFound),
            ("ExpiredTokenException", CloudErrorKind::Credentials),
            ("ExpiredToken", CloudErrorKind::Credentials),
            ("NotStabilized", CloudErrorKind::Other),
            ("HandlerFailureException", CloudErrorKind::Other),
        ] {
            assert_eq!(kind_of_code(code), Some(kind), "{code}");
        }
        assert_eq!(kind_of_code("BrandNewException"), None);
        assert_eq!(kind_of_status(503), Some(CloudErrorKind::Busy));
        assert_eq!(kind_of_status(429), Some(CloudErrorKind::Throttled));
        assert_eq!(kind_of_status(403), None);
    }

    #[test]
    fn a_failed_handler_is_not_a_failure_of_the_service() {
        let error = |kind, code: Option<&str>| CloudError {
            code: code.map(str::to_owned),
            ..CloudError::new(kind, "cloudcontrol.GetResource", "dev", "no")
        };
        assert!(error(CloudErrorKind::Network, None).is_service_fault());
        assert!(error(CloudErrorKind::Busy, None).is_service_fault());
        assert!(error(CloudErrorKind::Busy, Some("InternalServiceException")).is_service_fault());
        assert!(error(CloudErrorKind::Malformed, None).is_service_fault());
        assert!(!error(CloudErrorKind::Busy, Some("HandlerInternalFailureException")).is_service_fault());
        assert!(!error(CloudErrorKind::Network, Some("NetworkFailureException")).is_service_fault());
        assert!(!error(CloudErrorKind::Throttled, Some("ThrottlingException")).is_service_fault());
        assert!(!error(CloudErrorKind::AccessDenied, Some("AccessDeniedException")).is_service_fault());
    }

    #[test]
    fn throttling_has_a_reason_and_a_hint() {
        let error = CloudError::new(CloudErrorKind::Throttled, "tagging.GetResources", "dev", "Rate exceeded");
        assert_eq!(error.reason(), "calls in this account are throttled; run the command again later (Rate exceeded)");
        assert!(error.hint(Purpose::Read).is_some_and(|hint| hint.contains("later")));
        assert!(error.hint(Purpose::Write).is_some_and(|hint| hint.contains("recognized")));
    }

    #[test]
    fn every_kind_has_its_own_code() {
        let codes: std::collections::BTreeSet<&str> =
            CloudErrorKind::ALL.iter().map(|kind| kind.diagnostic_code().as_str()).collect();
        assert_eq!(codes.len(), CloudErrorKind::ALL.len());
        // Transient errors have hints, for reads and for writes.
        for kind in CloudErrorKind::ALL.into_iter().filter(|kind| is_retryable(*kind, "")) {
            assert!(
                hint(kind, Purpose::Read, "dev").is_some() && hint(kind, Purpose::Write, "dev").is_some(),
                "{kind:?}"
            );
        }
    }
}
