//! What is known about resources without a call, for completions.

use std::collections::BTreeSet;

use super::Workspace;
use super::caches::answer_folders;
use crate::aws::known_identifiers;
use crate::domain::project::Environment;
use crate::schema::Registry;

impl Workspace {
    /// Returns the identifiers of a type in an environment that are known without a call: those in the sandbox, or those that
    /// AWS returned in an earlier run. What cannot be read is left out.
    pub fn known_identifiers(
        &self,
        environment: &Environment,
        registry: &Registry,
        type_name: &str,
    ) -> BTreeSet<String> {
        if environment.sandbox {
            return self.sandbox_identifiers(environment, type_name);
        }
        let stores = answer_folders(environment);
        stores.iter().flat_map(|store| known_identifiers(store, registry, type_name)).collect()
    }

    fn sandbox_identifiers(&self, environment: &Environment, type_name: &str) -> BTreeSet<String> {
        // Opening a sandbox would create it.
        if !self.sandbox_options().directory.is_dir() {
            return BTreeSet::new();
        }
        let Ok(Some(sandbox)) = self.sandbox() else { return BTreeSet::new() };
        let found = sandbox.identifiers(environment.account.as_str(), &environment.region, type_name);
        found.unwrap_or_default().into_iter().collect()
    }
}
