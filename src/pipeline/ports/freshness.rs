//! The freshness of data.

use std::time::Duration;

/// The source of a value. The least fresh is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Returned by AWS just now.
    Live,
    /// Cached.
    Cached {
        /// The time since AWS returned it.
        age: Duration,
    },
    /// Embedded in this version of the program.
    Embedded,
}

impl Freshness {
    /// Returns true if a write may be based on the value: cached values never authorize writes.
    pub fn authorizes_writes(self) -> bool {
        self == Self::Live
    }
}

/// A value and its freshness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered<T> {
    /// The value.
    pub value: T,
    /// The freshness.
    pub freshness: Freshness,
}

impl<T> Answered<T> {
    /// Creates a value that AWS returned just now.
    pub fn live(value: T) -> Self {
        Self { value, freshness: Freshness::Live }
    }

    /// Returns the value, if a write may be based on it.
    pub fn for_a_write(self) -> Option<T> {
        self.freshness.authorizes_writes().then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_value_authorizes_a_write() {
        let cached = Freshness::Cached { age: Duration::ZERO };
        assert_eq!(Answered::live(1).for_a_write(), Some(1));
        assert_eq!(Answered { value: 1, freshness: cached }.for_a_write(), None);
        assert_eq!(Answered { value: 1, freshness: Freshness::Embedded }.for_a_write(), None);
        let older = Freshness::Cached { age: Duration::from_secs(1) };
        assert!(Freshness::Live < cached && cached < older && older < Freshness::Embedded);
    }
}
