//! The callers that AWS profiles stand for, without a project.

use futures_util::{StreamExt as _, stream};

use super::failure::access_failure;
use super::{Run, profiles};
use crate::aws::{Access, Profiles};
use crate::domain::account::AuthenticationKind;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{AccountId, Environment};
use crate::outcome::{Failure, Outcome};

/// How many profiles are asked at once. Some start a program or open a session.
const AT_ONCE: usize = 8;

/// A profile and the caller that it stands for.
#[derive(Debug, Clone)]
pub struct ProfileCaller {
    /// The profile.
    pub profile: String,
    /// How it obtains credentials.
    pub authentication: AuthenticationKind,
    /// The Region that it names.
    pub region: Option<String>,
    /// The account and the ARN that STS returned, or why it did not.
    pub caller: Result<(AccountId, String), Failure>,
}

impl Run {
    /// Returns the callers of these profiles, or of all profiles for `None`, in their order.
    ///
    /// # Errors
    /// The profiles cannot be read.
    pub async fn profile_callers(&self, names: Option<&[String]>) -> Result<Vec<ProfileCaller>, Failure> {
        let profiles = Profiles::read().await.map_err(|error| {
            let problem = Diagnostic::error(Code::UnreadableProfiles, error.to_string());
            let hint = "correct the file, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE";
            Failure::new(Outcome::Credentials, problem.hint(hint))
        })?;
        let all: Vec<String> = match names {
            Some(names) => names.to_vec(),
            None => profiles.names().map(str::to_owned).collect(),
        };
        let asked = all.into_iter().map(|name| {
            let region = profiles.region(&name).map(str::to_owned);
            self.caller(name, region)
        });
        Ok(stream::iter(asked).buffered(AT_ONCE).collect().await)
    }

    async fn caller(&self, profile: String, region: Option<String>) -> ProfileCaller {
        // STS answers in every Region, and whoever the caller is.
        let at = self.global().region.clone().or_else(|| region.clone()).unwrap_or_else(|| STS_REGION.to_owned());
        let mut found = ProfileCaller {
            authentication: AuthenticationKind::Unknown,
            region,
            caller: Err(Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "not asked"))),
            profile,
        };
        found.caller = self.ask(&mut found.authentication, &found.profile, at).await;
        found
    }

    async fn ask(
        &self,
        kind: &mut AuthenticationKind,
        profile: &str,
        region: String,
    ) -> Result<(AccountId, String), Failure> {
        let environment = Environment {
            name: profile.to_owned(),
            profile: Some(profile.to_owned()),
            region,
            other_regions: Vec::new(),
            reads_global: true,
            // It is the question.
            account: AccountId::parse(NO_ACCOUNT)
                .map_err(|error| Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, error.to_string())))?,
            tag_value: String::new(),
            protected: true,
            allow_create: false,
            sandbox: false,
        };
        let authentication = profiles::authentication(&environment).await?;
        *kind = authentication.kind;
        let clients = self.clients(&environment).await?;
        let identity = clients.identity().await;
        let identity = identity.map_err(|error| access_failure(&environment, &authentication, Access::Call(error)))?;
        Ok((identity.account, identity.arn))
    }
}

/// Where STS is asked for a profile without a Region.
const STS_REGION: &str = "us-east-1";

/// No account has this id.
const NO_ACCOUNT: &str = "000000000000";
