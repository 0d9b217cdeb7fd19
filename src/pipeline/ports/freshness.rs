//! How old an answer is.

use std::time::Duration;

/// Where an answer comes from. The least fresh is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// AWS gave it just now.
    Live,
    /// AWS gave it this long ago, and it was kept.
    Cached {
        /// The time since then.
        age: Duration,
    },
    /// It is part of this version of the program.
    Embedded,
}

impl Freshness {
    /// True where a write may rest on the answer: a cached answer never authorizes one.
    pub fn authorizes_writes(self) -> bool {
        self == Self::Live
    }
}

/// An answer and its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// How old it is.
    pub freshness: Freshness,
}

impl<T> Answered<T> {
    /// An answer that AWS gave just now.
    pub fn live(value: T) -> Self {
        Self { value, freshness: Freshness::Live }
    }

    /// The answer, where a write may rest on it.
    pub fn for_a_write(self) -> Option<T> {
        self.freshness.authorizes_writes().then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_answer_authorizes_a_write() {
        let cached = Freshness::Cached { age: Duration::ZERO };
        assert_eq!(Answered::live(1).for_a_write(), Some(1));
        assert_eq!(Answered { value: 1, freshness: cached }.for_a_write(), None);
        assert_eq!(Answered { value: 1, freshness: Freshness::Embedded }.for_a_write(), None);
        let older = Freshness::Cached { age: Duration::from_secs(1) };
        assert!(Freshness::Live < cached && cached < older && older < Freshness::Embedded);
    }
}
