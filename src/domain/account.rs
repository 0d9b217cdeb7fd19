//! The AWS account that the credentials belong to, verified by STS.

use super::project::{AccountId, Environment};

/// The response of STS GetCallerIdentity. Only `aws/` constructs one (`tests/all/tidy.rs` checks that).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account that the credentials belong to.
    pub account: AccountId,
    /// The caller's ARN.
    pub arn: String,
}

impl CallerIdentity {
    /// Wraps a response of STS.
    pub fn from_sts(account: AccountId, arn: impl Into<String>) -> Self {
        Self { account, arn: arn.into() }
    }
}

/// Proof that STS confirmed the account that an environment pins. Every writing client is built
/// from one, so a prod profile that resolves to the dev account can never reach a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAccount {
    environment: String,
    account: AccountId,
    region: String,
    arn: String,
}

/// The credentials belong to an account other than the one that the environment is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment `{environment}` is pinned to account {expected}, but its credentials belong to {actual}")]
pub struct AccountMismatch {
    /// The environment's name.
    pub environment: String,
    /// The pinned account.
    pub expected: AccountId,
    /// The account that STS named.
    pub actual: AccountId,
    /// The caller's ARN.
    pub arn: String,
}

impl VerifiedAccount {
    /// Confirms an environment's account.
    ///
    /// # Errors
    /// The identity's account is not the pinned one.
    pub fn confirm(environment: &Environment, identity: &CallerIdentity) -> Result<Self, AccountMismatch> {
        if environment.account != identity.account {
            return Err(AccountMismatch {
                environment: environment.name.clone(),
                expected: environment.account.clone(),
                actual: identity.account.clone(),
                arn: identity.arn.clone(),
            });
        }
        Ok(Self {
            environment: environment.name.clone(),
            account: identity.account.clone(),
            region: environment.region.clone(),
            arn: identity.arn.clone(),
        })
    }

    /// The environment's name.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The confirmed account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The environment's region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The caller's ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }
}

/// How an environment's credentials are obtained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The kind of the environment's own profile.
    pub kind: AuthenticationKind,
    /// The profile at the start of the chain of roles, which is the environment's own profile if it assumes no role;
    /// `None` without a profile.
    pub source: Option<CredentialSource>,
    /// True if a role of the chain names an MFA device (`mfa_serial`). The SDK ignores it: nobody is asked for a code.
    pub has_mfa: bool,
}

impl Authentication {
    /// Authentication without a profile.
    pub fn without_profile(kind: AuthenticationKind) -> Self {
        Self { kind, source: None, has_mfa: false }
    }
}

/// A profile that has credentials of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSource {
    /// The name of the profile.
    pub profile: String,
    /// How it obtains credentials.
    pub kind: AuthenticationKind,
}

impl CredentialSource {
    /// The command that signs in again, if there is one.
    pub fn sign_in(&self) -> Option<String> {
        let command = match self.kind {
            AuthenticationKind::Sso => "aws sso login",
            AuthenticationKind::Login => "aws login",
            _ => return None,
        };
        Some(format!("{command} --profile {}", self.profile))
    }
}

/// How credentials are obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthenticationKind {
    /// IAM Identity Center, through `aws sso login`.
    Sso,
    /// A console session, through `aws login`.
    Login,
    /// A role assumed from another profile or credential source.
    AssumeRole,
    /// Access keys in a file.
    Static,
    /// An external program.
    CredentialProcess,
    /// A role assumed with an identity token, as in EKS or GitHub Actions.
    WebIdentity,
    /// Environment variables.
    Environment,
    /// The metadata endpoint of a container or an instance.
    Container,
    /// The embedded cloud.
    Sandbox,
    /// None of the above.
    Unknown,
}

impl AuthenticationKind {
    /// The name shown to users.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sso => "AWS SSO Profile",
            Self::Login => "AWS login session",
            Self::AssumeRole => "Assumed role",
            Self::Static => "Static access keys",
            Self::CredentialProcess => "Credential process",
            Self::WebIdentity => "Web identity",
            Self::Environment => "Environment variables",
            Self::Container => "Container or instance role",
            Self::Sandbox => "Sandbox",
            Self::Unknown => "Unknown",
        }
    }
}

impl std::fmt::Display for AuthenticationKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.as_str())
    }
}
