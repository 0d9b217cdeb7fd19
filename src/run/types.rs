//! Looks up resource types in an environment's Region and adds new ones to the registry of the run.

use std::collections::{BTreeMap, BTreeSet};

use super::environments::{OpenEnvironment, view};
use super::failure::access_failure;
use super::{Run, profiles};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::Plan;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::preflight::{self, Preflight, Sources};
use crate::pipeline::types::{self, Availability, KnownType};

impl Run {
    /// Returns the facts about a type in an environment: from the cache, unless `--refresh` is set; otherwise from
    /// DescribeType; otherwise from the embedded copy. A type that the embedded registry lacks is added to the
    /// registry. The inner error says why the type is unknown.
    ///
    /// # Errors
    /// The environment or profile is unknown, there are no credentials, or they are for another account: an
    /// environment that was requested is never silently skipped.
    pub async fn known_type(&self, environment: &str, type_name: &str) -> Result<Result<KnownType, String>, Failure> {
        let environment = self.workspace.environment(environment)?.clone();
        let authentication = profiles::authentication(&environment).await?;
        let clients = self.clients_even_offline(&environment).await?;
        self.record_environment(view(&environment, authentication.kind, None, Some(&clients)));
        let cache = self.workspace.type_cache(&environment, clients.registry_endpoint().as_deref());
        if !self.global().refresh
            && let Some(known) = types::cached(&self.registry, &cache, type_name, self.now)
        {
            return Ok(Ok(known));
        }
        // The sandbox may be used with `--offline`.
        if self.global().offline && !environment.sandbox {
            return Ok(types::fallback(
                &self.registry,
                &cache,
                type_name,
                self.now,
                "--offline allows no AWS calls".to_owned(),
            ));
        }
        match clients.verify().await {
            Ok(account) => {
                self.record_environment(view(&environment, authentication.kind, Some(account.arn()), Some(&clients)));
                Ok(types::query(&self.registry, &clients.describer(), &cache, type_name, self.now).await)
            }
            Err(error) => {
                let failure = access_failure(&environment, &authentication, error);
                if failure.outcome == Outcome::Credentials {
                    return Err(failure);
                }
                let said = failure.diagnostics.into_iter().map(|diagnostic| diagnostic.message);
                let reason = said.collect::<Vec<_>>().join("; ");
                Ok(types::fallback(&self.registry, &cache, type_name, self.now, reason))
            }
        }
    }

    /// Returns whether a Region has a type.
    pub async fn availability(&self, opened: &OpenEnvironment, type_name: &str) -> Availability {
        let cache = self.workspace.type_cache(&opened.environment, opened.clients.registry_endpoint().as_deref());
        types::availability(&self.registry, &opened.clients.describer(), &cache, type_name, self.now).await
    }

    /// Checks with AWS what a plan needs in an environment (see [`preflight`]).
    pub async fn preflight(&self, plan: &Plan, opened: &OpenEnvironment) -> Option<Preflight> {
        let cache = self.workspace.type_cache(&opened.environment, opened.clients.registry_endpoint().as_deref());
        let sources = Sources {
            registry: &self.registry,
            types: &opened.clients.describer(),
            cache: &cache,
            simulator: &opened.clients.simulator(),
            caller: opened.account.arn(),
            now: self.now,
        };
        preflight::preflight(plan, &opened.environment, &sources).await
    }

    /// Looks up the given types that the registry lacks, and adds those that one of the environments describes. No
    /// call is made for known types, for misspelled known types, or to AWS with `--offline`. Returns a note for each
    /// type that remains unknown; the command itself reports the error.
    pub async fn learn_types<'t>(
        &self,
        environments: &[&str],
        types: impl IntoIterator<Item = &'t str>,
    ) -> Vec<Diagnostic> {
        let mut unknown: BTreeSet<&str> =
            types.into_iter().filter(|name| types::may_be_new_type(&self.registry, name)).collect();
        let mut notes: BTreeMap<&str, Diagnostic> = BTreeMap::new();
        for name in environments {
            // The command itself reports unknown environments.
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
            unknown.retain(|type_name| !self.registry.contains(type_name));
        }
        notes.into_iter().filter(|(type_name, _)| unknown.contains(type_name)).map(|(_, note)| note).collect()
    }
}
