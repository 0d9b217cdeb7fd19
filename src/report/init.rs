//! The body of `init`.

use schemars::JsonSchema;
use serde::Serialize;

/// A new project.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct InitBody {
    /// The project file that was written; `null` if none was.
    pub file: Option<String>,
    /// The project's name.
    pub project: Option<String>,
    /// Its environments.
    pub environments: Vec<InitEnvironmentView>,
    /// The profiles that were asked for their accounts.
    pub profiles: Vec<ProfileView>,
    /// The starter templates that were written.
    pub starters: Vec<String>,
}

/// An environment of a new project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InitEnvironmentView {
    /// Its name.
    pub name: String,
    /// Its profile; `null` for the default credentials and in the sandbox.
    pub profile: Option<String>,
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Whether STS confirmed the account.
    pub verified: bool,
    /// Whether every change requires an approval.
    pub protected: bool,
    /// Whether the sandbox serves it.
    pub sandbox: bool,
}

/// A profile of the AWS configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProfileView {
    /// Its name.
    pub name: String,
    /// How it obtains credentials.
    pub authentication: String,
    /// The Region that it names.
    pub region: Option<String>,
    /// The account that STS returned; `null` if it did not respond.
    pub account: Option<String>,
    /// The ARN of the caller.
    pub arn: Option<String>,
    /// Why its credentials cannot be used; `null` if they can.
    pub problem: Option<String>,
    /// How to correct that.
    pub hint: Option<String>,
}
