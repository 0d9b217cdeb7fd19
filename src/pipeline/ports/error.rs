//! A failed call: what kind of failure it is, what to do about it, and whether to try again. This
//! is the only table of AWS's error codes and of the hints that follow from them.

use crate::domain::diagnostic::Code;
use crate::domain::resource::ResourceRef;

/// Why a call failed, as far as the product treats it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CloudErrorKind {
    /// The resource does not exist. Only this means absent.
    NotFound,
    /// A resource of that identifier exists.
    AlreadyExists,
    /// The caller may not.
    AccessDenied,
    /// The credentials are missing, expired, unknown to AWS, or another account's.
    Credentials,
    /// Too many calls.
    Throttled,
    /// Cloud Control does not know the type.
    TypeNotFound,
    /// The type has no such handler.
    Unsupported,
    /// The request itself is wrong.
    Invalid,
    /// A property can only be set at creation.
    NotUpdatable,
    /// The token was used for another request, or the resource's state forbids the operation.
    Conflict,
    /// A quota of the account is used up.
    LimitExceeded,
    /// A passing fault of the service, or another operation on the same resource.
    Busy,
    /// No answer from AWS: connection refused, name not resolved, time-out, or an answer of
    /// something that stands between.
    Network,
    /// An answer without what the API promises in every answer.
    Malformed,
    /// Not asked: the service failed several times in a row and is left alone for a while.
    CircuitOpen,
    /// Anything else.
    Other,
}

/// What a call was made for: the same failure asks for another next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To read.
    Read,
    /// To carry out an approved plan, its read-backs included.
    Write,
    /// To learn a price. Nothing depends on it.
    Price,
}

impl CloudErrorKind {
    /// Every kind.
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

    /// The code of the diagnostic that reports a failure of this kind.
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

    /// True when the same call would be answered the same again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotFound | Self::AccessDenied | Self::TypeNotFound | Self::Unsupported | Self::Invalid)
    }

    /// True when the failure says something of the one resource that was asked for, so that others
    /// can still be read; false when the next call would fail for the same reason.
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

    /// True when the run ends as one whose credentials do not fit.
    pub fn is_about_credentials(self) -> bool {
        self == Self::Credentials
    }
}

/// A failed call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}{}: {message}", .resource.as_ref().map(|r| format!(" {r}")).unwrap_or_default())]
pub struct CloudError {
    /// What kind.
    pub kind: CloudErrorKind,
    /// `service.Operation`.
    pub operation: &'static str,
    /// AWS's error code, if it sent one.
    pub code: Option<String>,
    /// AWS's message, or what went wrong on the way.
    pub message: String,
    /// The resource concerned.
    pub resource: Option<ResourceRef>,
    /// The environment that was called.
    pub environment: String,
}

impl CloudError {
    /// A failure that AWS sent no code for.
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

    /// The same failure with the resource that it concerns.
    pub fn about(mut self, resource: Option<&ResourceRef>) -> Self {
        self.resource = resource.cloned();
        self
    }

    /// True when the same call would be answered the same again.
    pub fn is_final(&self) -> bool {
        self.kind.is_final()
    }

    /// True when the service itself failed, not a resource's handler behind it.
    pub fn is_service_fault(&self) -> bool {
        match self.kind {
            CloudErrorKind::Network | CloudErrorKind::Busy => {
                self.code.as_deref().is_none_or(|code| !is_of_handler(code))
            }
            CloudErrorKind::Malformed => true,
            _ => false,
        }
    }

    /// The message for a list of what could not be read, where no hint stands beside it: AWS's own
    /// words alone (`Rate exceeded`) do not say what to do.
    pub fn reason(&self) -> String {
        match self.kind {
            CloudErrorKind::Throttled => {
                format!("AWS throttles this account; run the command again later ({})", self.message)
            }
            _ => self.message.clone(),
        }
    }

    /// What to do about it.
    pub fn hint(&self, purpose: Purpose) -> Option<String> {
        hint(self.kind, purpose, &self.environment)
    }
}

/// What to do about a failure.
pub fn hint(kind: CloudErrorKind, purpose: Purpose, environment: &str) -> Option<String> {
    use CloudErrorKind as Kind;
    const AGAIN: &str = "run the same command again: what was done is recognised";
    let text = match (purpose, kind) {
        (Purpose::Price, Kind::AccessDenied) => "allow pricing:GetProducts, which is free of charge",
        (Purpose::Price, Kind::Network) => {
            "check the network and AWS_ENDPOINT_URL, or name another cost.pricing_region"
        }
        (Purpose::Price, Kind::Throttled) => "run the command again later",
        (Purpose::Price, Kind::Unsupported) => "only embedded prices are known there",
        (Purpose::Price, Kind::Credentials) => return Some(format!("stagegate context --env {environment}")),
        (Purpose::Price, _) => "run the command again",
        (_, Kind::Credentials) => {
            return Some(format!("check the credentials: stagegate context --env {environment}"));
        }
        (Purpose::Write, Kind::AccessDenied) => {
            return Some(format!(
                "the credentials of environment `{environment}` may not do this; each call needs the handler's own permissions too"
            ));
        }
        (Purpose::Read, Kind::AccessDenied) => {
            return Some(format!("the credentials of `{environment}` lack a permission; the message names it"));
        }
        (Purpose::Write, Kind::AlreadyExists) => "the name is taken, perhaps in another account; choose another",
        (Purpose::Write, Kind::Conflict) => {
            "another operation on this resource is running, or the request was changed; wait and run the command again"
        }
        (Purpose::Write, Kind::Network | Kind::Throttled | Kind::Busy | Kind::CircuitOpen) => AGAIN,
        (Purpose::Read, Kind::Network) => "check the network, the region and AWS_ENDPOINT_URL",
        (Purpose::Read, Kind::Throttled) => "AWS throttles this account; run the command again later",
        (Purpose::Read, Kind::Busy | Kind::CircuitOpen) => {
            "the service has a passing fault; run the command again later"
        }
        (_, Kind::LimitExceeded) => "a quota of the account is used up; ask for a higher one in Service Quotas",
        (_, Kind::Malformed) => "something other than AWS may have answered; check AWS_ENDPOINT_URL and the proxies",
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

/// True for failures that go away by themselves, so that the same request is worth sending again:
/// throttling, faults of the service, another operation on the resource, and what was just made and
/// is not visible everywhere yet (a role that cannot be assumed).
pub fn is_retryable(kind: CloudErrorKind, message: &str) -> bool {
    const ABOUT_A_NEW_IDENTITY: [&str; 5] = [
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
            ABOUT_A_NEW_IDENTITY.iter().any(|text| message.contains(text))
        }
        _ => false,
    }
}

/// The kind of an exception's or a handler's error code; `None` for a code that is not known. Both
/// sets are here: an exception is named `…Exception`, a handler's code in a progress event is not.
///
/// The SDK's own lists of throttling and transient codes are added in `aws`, which may name them.
pub fn kind_of_code(code: &str) -> Option<CloudErrorKind> {
    Some(match code.strip_suffix("Exception").unwrap_or(code) {
        "ResourceNotFound" | "NotFound" => CloudErrorKind::NotFound,
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
        "InvalidRequest" | "Validation" | "ValidationError" | "InvalidParameter" | "InvalidParameterValue" => {
            CloudErrorKind::Invalid
        }
        "NotUpdatable" => CloudErrorKind::NotUpdatable,
        "ClientTokenConflict" => CloudErrorKind::Conflict,
        "ServiceLimitExceeded" => CloudErrorKind::LimitExceeded,
        "ResourceConflict"
        | "ConcurrentOperation"
        | "ConcurrentModification"
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
        // They say that something failed and not whether it would fail again: a request that may
        // have done its work is not sent twice.
        "GeneralService" | "HandlerFailure" | "NotStabilized" | "RequestTokenNotFound" => CloudErrorKind::Other,
        _ => return None,
    })
}

/// The kind of an answer of which only the HTTP status says something.
pub fn kind_of_status(status: u16) -> Option<CloudErrorKind> {
    match status {
        429 => Some(CloudErrorKind::Throttled),
        500.. => Some(CloudErrorKind::Busy),
        _ => None,
    }
}

/// True for a code that a resource's handler gives, or that says something of one resource. The
/// service that hands it on works.
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
    fn only_what_goes_away_by_itself_is_repeated() {
        let role = "The role defined for the function cannot be assumed by Lambda.";
        assert!(is_retryable(CloudErrorKind::Invalid, role));
        assert!(is_retryable(CloudErrorKind::Throttled, "Rate exceeded"));
        assert!(is_retryable(CloudErrorKind::Busy, "Operation already in progress"));
        assert!(!is_retryable(CloudErrorKind::Invalid, "Model validation failed"));
        assert!(!is_retryable(CloudErrorKind::AlreadyExists, "exists"));
        assert!(!is_retryable(CloudErrorKind::Credentials, role));
        assert!(!is_retryable(CloudErrorKind::Malformed, ""));
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
    fn a_broken_handler_is_no_fault_of_the_service() {
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
    fn throttling_says_what_it_is_and_what_to_do() {
        let error = CloudError::new(CloudErrorKind::Throttled, "tagging.GetResources", "dev", "Rate exceeded");
        assert_eq!(error.reason(), "AWS throttles this account; run the command again later (Rate exceeded)");
        assert!(error.hint(Purpose::Read).is_some_and(|hint| hint.contains("later")));
        assert!(error.hint(Purpose::Write).is_some_and(|hint| hint.contains("recognised")));
    }

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<&str> =
            CloudErrorKind::ALL.iter().map(|kind| kind.diagnostic_code().as_str()).collect();
        assert_eq!(codes.len(), CloudErrorKind::ALL.len());
        // A passing failure comes with what to do next, for a read and for a write.
        for kind in CloudErrorKind::ALL.into_iter().filter(|kind| is_retryable(*kind, "")) {
            assert!(
                hint(kind, Purpose::Read, "dev").is_some() && hint(kind, Purpose::Write, "dev").is_some(),
                "{kind:?}"
            );
        }
    }
}
