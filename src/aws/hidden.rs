//! Values that no message of a client may repeat.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::plan::without_hidden;

/// The values that are left out of messages: those of a plan, and those that were read for it.
#[derive(Debug, Default)]
pub struct Hidden(Mutex<BTreeSet<String>>);

impl Hidden {
    /// Hides these values.
    pub fn new(values: BTreeSet<String>) -> Self {
        Self(Mutex::new(values))
    }

    /// Hides a value from now on.
    pub fn add(&self, value: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(value);
    }

    /// Returns the text without the values.
    pub fn hide(&self, text: &str) -> String {
        without_hidden(text, &self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
