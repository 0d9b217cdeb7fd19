//! What is known of a type in an environment's region, and the types that are learned there.

use std::collections::{BTreeMap, BTreeSet};

use super::environments::view;
use super::failure::access_failure;
use super::{Run, profiles};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::types::{self, KnownType};
use crate::schema::Registry;

impl Run {
    /// What is known of a type in an environment: an answer kept from an earlier run, unless
    /// `--refresh` wants a new one, else DescribeType's, else the embedded copy's. A type that the
    /// embedded registry does not know is learned. The inner error says why nobody knows the type.
    ///
    /// # Errors
    /// An unknown environment or profile, no credentials, or another account: an environment that
    /// was named is never quietly left out.
    pub async fn known_type(&self, environment: &str, type_name: &str) -> Result<Result<KnownType, String>, Failure> {
        let environment = self.workspace.environment(environment)?.clone();
        let kind = profiles::authentication(&environment).await?;
        let clients = self.clients_even_offline(&environment).await?;
        self.note(view(&environment, kind, None));
        let cache = self.workspace.kept_types(&environment, clients.endpoint());
        if !self.global().refresh
            && let Some(kept) = types::remembered(&cache, type_name, self.now)
        {
            return Ok(Ok(kept));
        }
        // The embedded cloud is no call away.
        if self.global().offline && !environment.sandbox {
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

    /// Learns those of the types that a command names which are newer than the embedded registry,
    /// from the first of the environments that describes them. Nothing is asked about a type that is
    /// known, or that is a known one with a typing mistake, nor of AWS with `--offline`. Returns why
    /// each of the others stays unknown; that it is unknown, the command says itself.
    pub async fn learn_types<'t>(
        &self,
        environments: &[&str],
        types: impl IntoIterator<Item = &'t str>,
    ) -> Vec<Diagnostic> {
        let mut unknown: BTreeSet<&str> = types.into_iter().filter(|name| types::may_be_newer(name)).collect();
        let mut notes: BTreeMap<&str, Diagnostic> = BTreeMap::new();
        for name in environments {
            // An environment that the project does not have is the command's to report.
            if self.workspace.environment(name).is_err() {
                continue;
            }
            for type_name in unknown.clone() {
                let (reason, hint) = match self.known_type(name, type_name).await {
                    Ok(Ok(_)) => continue,
                    Ok(Err(reason)) => (reason, None),
                    Err(failure) => {
                        let first = failure.diagnostics.into_iter().next();
                        first.map(|said| (said.message, said.hint)).unwrap_or_default()
                    }
                };
                let mut note =
                    Diagnostic::note(Code::TypeNotDescribed, format!("{name}: {reason}")).resource(type_name);
                note.hint = hint;
                notes.insert(type_name, note);
            }
            unknown.retain(|type_name| !Registry::contains(type_name));
        }
        notes.into_iter().filter(|(type_name, _)| unknown.contains(type_name)).map(|(_, note)| note).collect()
    }
}
