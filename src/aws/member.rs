//! Accounts that are read with a role: AssumeRole, with credentials that are kept in memory only.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use super::clients::{ClientKey, ClientSet, Clients, CredentialsSource};
use super::stack::audit::Place;
use super::stack::{Call, Stack, watched};
use crate::domain::project::{AccountId, Environment};
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::schema::Arn;

const OPERATION: &str = "sts.AssumeRole";

/// Credentials are renewed this long before they expire.
const MARGIN: Duration = Duration::from_secs(300);

/// A role to assume in another account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleToAssume {
    /// The account.
    pub account: AccountId,
    /// The ARN of the role.
    pub arn: String,
    /// The external id.
    pub external_id: Option<String>,
    /// The name of the session.
    pub session: String,
}

/// An account whose role was assumed.
#[derive(Clone)]
pub struct MemberAccount {
    name: String,
    source: Clients,
    role: RoleToAssume,
    credentials: Arc<RoleCredentials>,
}

impl MemberAccount {
    /// Assumes a role with the credentials of an environment. `name` is the name of the account in messages.
    ///
    /// # Errors
    /// The role does not exist or may not be assumed, or there was no response.
    pub async fn assume(source: &Clients, name: &str, role: RoleToAssume) -> Result<Self, CloudError> {
        let stack = source.stack("sts", &source.set.key.region);
        let place = Place { environment: name.to_owned(), ..(*stack.place).clone() };
        let credentials = Arc::new(RoleCredentials {
            client: source.set.sts_client(),
            stack: Stack { place: Arc::new(place), ..stack },
            role: role.clone(),
            cached: Mutex::default(),
        });
        credentials.current().await?;
        Ok(Self { name: name.to_owned(), source: source.clone(), role, credentials })
    }

    /// Returns clients of the account in a Region. Makes no call.
    pub fn clients(&self, region: &str, reads_global: bool) -> Clients {
        let source = &self.source.set;
        let key = ClientKey {
            account: self.role.account.clone(),
            region: region.to_owned(),
            credentials: CredentialsSource::Role(Box::new(source.key.credentials.clone()), self.role.clone()),
        };
        let credentials = SharedCredentialsProvider::new(Provider(Arc::clone(&self.credentials)));
        let config = source.config.to_builder().region(Region::new(region.to_owned()));
        let config = config.credentials_provider(credentials).build();
        let set = ClientSet::new(source.pool.clone(), key, config);
        let environment = Environment {
            name: self.name.clone(),
            account: self.role.account.clone(),
            region: region.to_owned(),
            other_regions: Vec::new(),
            reads_global,
            ..self.source.environment.clone()
        };
        Clients::of(&environment, Arc::new(set), self.source.run.clone())
    }
}

/// The credentials of a role: temporary, in memory, and renewed before they expire.
struct RoleCredentials {
    client: aws_sdk_sts::Client,
    stack: Stack,
    role: RoleToAssume,
    cached: Mutex<Option<Credentials>>,
}

impl RoleCredentials {
    /// Returns credentials that are still valid for a while. All who need them wait for one call.
    async fn current(&self) -> Result<Credentials, CloudError> {
        let mut cached = self.cached.lock().await;
        let now = self.stack.shared.clock.wall();
        let is_valid = |known: &&Credentials| known.expiry().is_some_and(|expiry| now + MARGIN < expiry);
        if let Some(known) = cached.as_ref().filter(is_valid) {
            return Ok(known.clone());
        }
        let fresh = self.assume().await?;
        *cached = Some(fresh.clone());
        Ok(fresh)
    }

    async fn assume(&self) -> Result<Credentials, CloudError> {
        let RoleToAssume { account, arn, external_id, session } = &self.role;
        let request = self.client.assume_role().role_arn(arn).role_session_name(session);
        let request = request.set_external_id(external_id.clone());
        let call = Call { identifier: Some(arn), ..Call::follow(OPERATION) };
        let answer = self.stack.call(call, watched!(request)).await?;
        let malformed = |message: String| {
            CloudError::new(CloudErrorKind::Malformed, OPERATION, &self.stack.place.environment, message)
        };
        let assumed = answer.assumed_role_user().map(|user| user.arn()).unwrap_or_default();
        let actual = Arn::parse(assumed).map(|parsed| parsed.account.to_owned()).unwrap_or_default();
        if actual != account.as_str() {
            return Err(malformed(format!("the session {assumed:?} is not of account {account}")));
        }
        let found = answer.credentials().ok_or_else(|| malformed("the response has no Credentials".to_owned()))?;
        let expiry = SystemTime::try_from(*found.expiration())
            .map_err(|_| malformed("the response has no valid Expiration".to_owned()))?;
        Ok(Credentials::new(
            found.access_key_id(),
            found.secret_access_key(),
            Some(found.session_token().to_owned()),
            Some(expiry),
            "stagegate-role",
        ))
    }
}

/// Secrets are not shown.
impl fmt::Debug for RoleCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RoleCredentials").field("role", &self.role.arn).finish_non_exhaustive()
    }
}

/// Hands the credentials to the SDK.
#[derive(Debug)]
struct Provider(Arc<RoleCredentials>);

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move { self.0.current().await.map_err(as_credentials_error) })
    }
}

fn as_credentials_error(error: CloudError) -> CredentialsError {
    CredentialsError::provider_error(error)
}
