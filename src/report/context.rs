//! `context`'s body.

use schemars::JsonSchema;
use serde::Serialize;

/// Both environments, and whether they make a pair.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContextBody {
    /// The environments asked about.
    pub environments: Vec<ContextEnvironment>,
    /// Whether the environments make sense together; `null` when only one was asked about.
    pub pair: Option<PairView>,
}

/// One environment as its credentials show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContextEnvironment {
    /// The environment's name.
    pub name: String,
    /// The account that STS named; `null` when it did not answer.
    pub account: Option<String>,
    /// The account that the configuration pins.
    pub expected_account: String,
    /// Region.
    pub region: String,
    /// The caller's ARN, with the session's own part masked.
    pub arn: Option<String>,
    /// Profile.
    pub profile: Option<String>,
    /// How the credentials are obtained.
    pub authentication: String,
    /// Writes need an approval whatever they cost.
    pub protected: bool,
    /// Nothing can be written without an approval, `create` not at all.
    pub read_only: bool,
    /// Whether the session used MFA: a caller cannot see it, so always `null`.
    pub mfa: Option<bool>,
    /// When the credentials expire, where they say so.
    pub expires_at: Option<String>,
    /// Whether the pinned account was confirmed.
    pub verified: bool,
}

/// What can be said of dev and prod together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PairView {
    /// The accounts differ.
    pub distinct_accounts: bool,
    /// One account for both was asked for in the configuration.
    pub single_account: bool,
    /// The regions are the same.
    pub same_region: bool,
    /// The environment promoted to is protected.
    pub target_protected: bool,
    /// The environments can be promoted between.
    pub usable: bool,
}
