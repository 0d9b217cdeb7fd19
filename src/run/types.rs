//! What is known of a type in an environment's region.

use super::Run;
use super::environments::view;
use super::failure::access_failure;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::types::{self, KnownType};

impl Run {
    /// What is known of a type in an environment: an answer kept from an earlier run, unless
    /// `--refresh` wants a new one, else DescribeType's, else the embedded copy's. `None` for a
    /// type that nobody knows.
    ///
    /// # Errors
    /// An unknown environment or profile, no credentials, or another account: an environment that
    /// was named is never quietly left out.
    pub async fn known_type(&self, environment: &str, type_name: &str) -> Result<Option<KnownType>, Failure> {
        let environment = self.workspace.environment(environment)?.clone();
        let kind = self.authentication(&environment)?;
        let clients = self.clients_even_offline(&environment).await?;
        self.note(view(&environment, kind, None));
        let cache = self.workspace.kept_types(&environment, clients.endpoint());
        if !self.global().refresh
            && let Some(kept) = types::remembered(&cache, type_name, self.now)
        {
            return Ok(Some(kept));
        }
        if self.global().offline {
            return Ok(types::instead(&cache, type_name, self.now, "--offline asks nothing".to_owned()));
        }
        match clients.verify().await {
            Ok(account) => {
                self.note(view(&environment, kind, Some(account.arn())));
                Ok(types::ask(&clients.describer(), &cache, type_name, self.now).await)
            }
            Err(error) => {
                let failure = access_failure(&environment, error);
                if failure.outcome == Outcome::Credentials {
                    return Err(failure);
                }
                let said = failure.diagnostics.into_iter().map(|diagnostic| diagnostic.message);
                let reason = said.collect::<Vec<_>>().join("; ");
                Ok(types::instead(&cache, type_name, self.now, reason))
            }
        }
    }
}
