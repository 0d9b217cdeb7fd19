//! Counts calls by `service.Operation`.
//!
//! A call is a request of the pipeline, or one page of it; `api_calls` in the JSON envelope counts calls. An attempt is one HTTP
//! request: throttled or failed calls may take several.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

type Counts = Mutex<BTreeMap<&'static str, u64>>;

/// A shared count of the calls of one run.
#[derive(Debug, Clone, Default)]
pub struct CallCounter {
    calls: Arc<Counts>,
    attempts: Arc<Counts>,
}

impl CallCounter {
    /// Counts one call.
    pub fn call(&self, operation: &'static str) {
        add(&self.calls, operation);
    }

    /// Counts one HTTP request.
    pub fn attempt(&self, operation: &'static str) {
        add(&self.attempts, operation);
    }

    /// Returns the number of calls so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        copy(&self.calls)
    }

    /// Returns the number of HTTP requests so far.
    pub fn attempts(&self) -> BTreeMap<String, u64> {
        copy(&self.attempts)
    }
}

fn add(counts: &Counts, operation: &'static str) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
}

fn copy(counts: &Counts) -> BTreeMap<String, u64> {
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    counts.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}
