//! The body of `context`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The environments, and whether they form a valid pair.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContextBody {
    /// The requested environments.
    pub environments: Vec<ContextEnvironment>,
    /// Whether the environments form a valid pair; `null` if only one was requested.
    pub pair: Option<PairView>,
}

/// One environment and the identity of its credentials.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContextEnvironment {
    /// The environment's name.
    pub name: String,
    /// The account that STS returned; `null` if it did not respond.
    pub account: Option<String>,
    /// The account set in the configuration.
    pub expected_account: String,
    /// Region.
    pub region: String,
    /// The caller's ARN, with access key ids masked.
    pub arn: Option<String>,
    /// Profile.
    pub profile: Option<String>,
    /// How the credentials are obtained.
    pub authentication: String,
    /// Every change requires an approval, regardless of its cost.
    pub protected: bool,
    /// `create` is not allowed; resources can only be promoted to it.
    pub read_only: bool,
    /// Whether the session used MFA; always `null`, because callers cannot determine it.
    pub mfa: Option<bool>,
    /// When the credentials expire, if known.
    pub expires_at: Option<String>,
    /// Whether STS confirmed the configured account.
    pub verified: bool,
    /// Custom endpoints by service, from the user's AWS configuration; empty if the endpoints of AWS are used.
    pub endpoints: BTreeMap<String, String>,
}

/// The properties of a pair of environments.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PairView {
    /// The accounts differ.
    pub distinct_accounts: bool,
    /// The configuration allows a single account for both.
    pub single_account: bool,
    /// The regions are the same.
    pub same_region: bool,
    /// The environment promoted to is protected.
    pub target_protected: bool,
    /// Resources can be promoted between the environments.
    pub usable: bool,
}
