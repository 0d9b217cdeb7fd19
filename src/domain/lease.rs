//! The lease of a promotion on a resource: while a run promotes a resource, the tag `PromotionLease` on it says which run
//! that is and until when, so that another run stops.
//!
//! Tags have no compare-and-swap, so that a lease is a courtesy between runs. That nothing is created twice rests on the
//! request tokens.

use jiff::{SignedDuration, Timestamp};

use super::tags;

/// How long a lease is valid.
const TERM: SignedDuration = SignedDuration::from_mins(30);

/// Hexadecimal digits of the ids in a lease: enough to tell runs apart, and short enough for a tag.
const ID_LENGTH: usize = 16;

/// A lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The approved plan that the run carries out: a resumed run has the same.
    pub run: String,
    /// The request that changes the counterpart; empty if the run only records the promotion.
    pub operation: String,
    /// When it expires.
    pub until: Timestamp,
    /// Who holds it.
    pub holder: String,
}

impl Lease {
    /// Returns the lease of a run that starts now. `digest` is that of the approved plan, and `token` the client token of the
    /// request for the counterpart, if there is one.
    pub fn new(digest: &str, token: Option<&str>, holder: &str, now: Timestamp) -> Self {
        let hash = digest.rsplit('-').next().unwrap_or_default();
        Self {
            run: short(hash),
            operation: token.map(short).unwrap_or_default(),
            until: now.saturating_add(TERM).unwrap_or(now),
            holder: tags::sanitize(holder).replace(' ', "-"),
        }
    }

    /// Parses a tag's value; `None` if it is not a lease.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(' ');
        let (ids, until, holder) = (parts.next()?, parts.next()?, parts.next()?);
        let (run, operation) = ids.split_once('.')?;
        let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if parts.next().is_some() || run.is_empty() || !is_id(run) || !is_id(operation) {
            return None;
        }
        let until = until.parse().ok()?;
        Some(Self { run: run.to_owned(), operation: operation.to_owned(), until, holder: holder.to_owned() })
    }

    /// The tag's value.
    pub fn to_tag_value(&self) -> String {
        let Self { run, operation, until, holder } = self;
        format!("{run}.{operation} {until} {}", holder.chars().take(128).collect::<String>())
    }

    /// When it was taken.
    pub fn since(&self) -> Option<Timestamp> {
        self.until.checked_sub(TERM).ok()
    }

    /// True if the lease has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// True if a lease is of the same run, or of one that makes the same request: an interrupted run is continued, and an
    /// equal request is made once.
    pub fn is_of_same_work(&self, other: &Self) -> bool {
        self.run == other.run || !self.operation.is_empty() && self.operation == other.operation
    }

    /// True if the lease is of the request with this client token.
    pub fn is_of_request(&self, token: &str) -> bool {
        !self.operation.is_empty() && self.operation == short(token)
    }
}

fn short(id: &str) -> String {
    id.chars().take(ID_LENGTH).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lease(hash: char, token: Option<&str>) -> Lease {
        let digest = format!("20261120T091226Z-{}", hash.to_string().repeat(64));
        Lease::new(&digest, token, "alice smith", at("2026-11-20T09:12:26Z"))
    }

    #[test]
    fn a_lease_is_read_as_it_was_written() {
        for token in [None, Some("0123456789abcdef0123456789abcdef")] {
            let written = lease('a', token);
            assert_eq!(Lease::parse(&written.to_tag_value()), Some(written));
        }
        let value = lease('a', Some("ab")).to_tag_value();
        assert_eq!(value, "aaaaaaaaaaaaaaaa.ab 2026-11-20T09:42:26Z alice-smith");
        assert_eq!(tags::sanitize(&value), value);
    }

    #[test]
    fn other_values_are_no_lease() {
        for value in
            ["", "x", "a b", "zz.ab 2026-11-20T09:42:26Z alice", "aa 2026-11-20T09:42:26Z alice", "aa.bb now alice"]
        {
            assert_eq!(Lease::parse(value), None, "{value}");
        }
    }

    #[test]
    fn a_lease_expires() {
        let lease = lease('a', None);
        assert!(!lease.is_expired(at("2026-11-20T09:42:25Z")));
        assert!(lease.is_expired(at("2026-11-20T09:42:26Z")));
    }

    #[test]
    fn the_same_plan_or_the_same_request_is_the_same_work() {
        let own = lease('a', Some("01"));
        assert!(own.is_of_same_work(&lease('a', Some("02"))) && own.is_of_same_work(&lease('b', Some("01"))));
        assert!(!own.is_of_same_work(&lease('b', Some("02"))));
        assert!(!lease('a', None).is_of_same_work(&lease('b', None)));
        assert!(own.is_of_request("01") && !own.is_of_request("02") && !lease('a', None).is_of_request(""));
    }
}
