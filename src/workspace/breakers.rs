//! The circuit breakers of earlier runs, in the user's state folder: one file per account, Region and service, so that runs
//! side by side do not overwrite each other's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Workspace;
use crate::aws::BreakerState;
use crate::files::cache::Cache;

/// A stored circuit breaker.
#[derive(Debug, Serialize, Deserialize)]
struct StoredBreaker {
    /// Account, Region and API.
    name: String,
    state: BreakerState,
}

/// Reads the states of earlier runs. A file that cannot be read counts as missing: the service is called.
pub(super) fn remembered(folder: &Cache) -> BTreeMap<String, BreakerState> {
    folder.read_all::<StoredBreaker>().into_iter().map(|stored| (stored.name, stored.state)).collect()
}

impl Workspace {
    /// Stores the open circuits for later runs, and forgets those that were closed by a response. Errors are ignored: a later
    /// run then calls the service.
    pub fn remember_breakers(&self) {
        for (name, state) in self.clients.breakers() {
            match state.opened_at {
                Some(_) => self.breakers.write(&name, &StoredBreaker { name: name.clone(), state }),
                None => self.breakers.remove(&name),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn stored_states_are_read_and_damaged_ones_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("breakers"));
        assert!(remembered(&cache).is_empty());
        let opened_at = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let state = BreakerState { failures: 5, opened_at };
        let name = "111111111111/us-east-1/cloudcontrol".to_owned();
        cache.write(&name, &StoredBreaker { name: name.clone(), state });
        cache.write("other", &"text");
        assert_eq!(remembered(&cache), BTreeMap::from([(name, state)]));
    }
}
