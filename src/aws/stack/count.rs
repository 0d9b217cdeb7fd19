//! Counts calls by `service.Operation`.
//!
//! A call is what the product asked for, and one page of it where an answer has pages; it is what
//! the JSON envelope's `api_calls` says. An attempt is one request over the wire: a call that is
//! throttled or fails on the way takes several.

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

    /// Counts one request over the wire.
    pub fn attempt(&self, operation: &'static str) {
        add(&self.attempts, operation);
    }

    /// The calls so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        copy(&self.calls)
    }

    /// The requests over the wire so far.
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
