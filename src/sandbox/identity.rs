//! The caller: account and region from the SigV4 `Authorization` header. Signatures are not checked.

use http::HeaderMap;

use super::SandboxAccount;
use super::wire::ApiError;

/// The prefix of a session token that [`super::sts`] issues. The session follows, and after a `#` its
/// session policies.
pub(super) const SESSION_PREFIX: &str = "stagegate-sandbox/";

/// The caller of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// Twelve digits; also the access key id.
    pub account: String,
    /// From the credential scope.
    pub region: String,
    /// From the credential scope, such as `cloudcontrolapi`.
    pub signing_name: String,
    /// The session in an assumed role's session token, such as `assumed-role/Audit/session`.
    pub session: Option<String>,
    /// The session policies that the token carries, as [`super::iam::Session::to_token`] writes them.
    pub session_policies: String,
}

impl Caller {
    /// The partition of the caller's region.
    pub fn partition(&self) -> &'static str {
        partition(&self.region)
    }

    /// The caller's ARN as `GetCallerIdentity` gives it.
    pub fn arn(&self) -> String {
        match &self.session {
            Some(session) => format!("arn:{}:sts::{}:{session}", self.partition(), self.account),
            None => format!("arn:{}:iam::{}:user/sandbox", self.partition(), self.account),
        }
    }
}

/// The partition of a region (`aws`, `aws-cn`, `aws-us-gov`).
pub(super) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// Reads the caller from a request's headers. Without known accounts, any twelve digits are accepted.
pub(super) fn caller(headers: &HeaderMap, known: &[SandboxAccount]) -> Result<Caller, ApiError> {
    let Some(header) = headers.get(http::header::AUTHORIZATION) else {
        return Err(ApiError::missing_authentication());
    };
    let mut caller = header.to_str().ok().and_then(parse).ok_or_else(ApiError::incomplete_signature)?;
    let is_known = if known.is_empty() {
        is_account_id(&caller.account)
    } else {
        known.iter().any(|account| account.id == caller.account)
    };
    if !is_known {
        return Err(ApiError::unknown_access_key());
    }
    let token = headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
    if let Some(token) = token.and_then(|token| token.strip_prefix(SESSION_PREFIX)) {
        let (session, policies) = token.split_once('#').unwrap_or((token, ""));
        caller.session = Some(session.to_owned());
        policies.clone_into(&mut caller.session_policies);
    }
    Ok(caller)
}

/// True for twelve decimal digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse(header: &str) -> Option<Caller> {
    let fields = header.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let credential = fields.split(',').find_map(|field| field.trim().strip_prefix("Credential="))?;
    let mut scope = credential.split('/');
    let account = scope.next()?.to_owned();
    let _date = scope.next()?;
    let region = scope.next().filter(|region| !region.is_empty())?.to_owned();
    let signing_name = scope.next()?.to_owned();
    let session_policies = String::new();
    (scope.next() == Some("aws4_request")).then_some(Caller {
        account,
        region,
        signing_name,
        session: None,
        session_policies,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, authorization.parse().unwrap());
        headers
    }

    fn signed(key: &str) -> HeaderMap {
        headers(&format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261120/eu-west-1/sts/aws4_request, \
             SignedHeaders=host, Signature=00"
        ))
    }

    fn known() -> Vec<SandboxAccount> {
        vec![SandboxAccount { name: "dev".into(), id: "111111111111".into() }]
    }

    #[test]
    fn the_access_key_is_the_account() {
        let caller = caller(&signed("111111111111"), &known()).unwrap();
        assert_eq!(caller.account, "111111111111");
        assert_eq!(caller.region, "eu-west-1");
        assert_eq!(caller.signing_name, "sts");
        assert_eq!(caller.arn(), "arn:aws:iam::111111111111:user/sandbox");
    }

    #[test]
    fn an_unknown_key_is_rejected_unless_any_account_is_accepted() {
        let error = caller(&signed("222222222222"), &known()).unwrap_err();
        assert_eq!((&*error.code, error.status), ("UnrecognizedClientException", 403));
        assert!(caller(&signed("222222222222"), &[]).is_ok());
        assert!(caller(&signed("AKIAIOSFODNN7EXAMPLE"), &[]).is_err());
    }

    #[test]
    fn a_missing_or_invalid_signature_is_reported() {
        let missing = caller(&HeaderMap::new(), &known()).unwrap_err();
        assert_eq!(missing.code, "MissingAuthenticationTokenException");
        let broken = caller(&headers("Bearer x"), &known()).unwrap_err();
        assert_eq!(broken.code, "IncompleteSignatureException");
    }
}
