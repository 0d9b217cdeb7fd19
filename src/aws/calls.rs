//! Counts calls by `service.Operation` for the JSON envelope's `api_calls`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A shared count of calls.
#[derive(Debug, Clone, Default)]
pub struct CallCounter(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl CallCounter {
    /// Counts one call.
    pub fn count(&self, operation: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }

    /// The counts so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
    }
}
