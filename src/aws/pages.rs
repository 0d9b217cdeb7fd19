//! Pagination, with protection against endless responses.

use std::collections::BTreeSet;

use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// Maximum number of pages of a response: a million resources.
const MAX_PAGES: usize = 10_000;

/// The pages of one response so far.
#[derive(Debug)]
pub struct Pages<'a> {
    operation: &'static str,
    environment: &'a str,
    most: usize,
    seen: BTreeSet<String>,
}

impl<'a> Pages<'a> {
    /// Creates the state before the first page.
    pub fn new(operation: &'static str, environment: &'a str) -> Self {
        Self { operation, environment, most: MAX_PAGES, seen: BTreeSet::new() }
    }

    /// Returns the token of the next page; `None` after the last one.
    ///
    /// # Errors
    /// A token was repeated, or there are too many pages.
    pub fn next(&mut self, token: Option<&str>) -> Result<Option<String>, CloudError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if !self.seen.insert(token.to_owned()) {
            return Err(self.malformed("the next page token was returned twice"));
        }
        if self.seen.len() >= self.most {
            return Err(self.malformed(&format!("the response has more than {} pages", self.most)));
        }
        Ok(Some(token.to_owned()))
    }

    /// Returns the error for a page without a required member.
    pub fn missing(&self, member: &str) -> CloudError {
        self.malformed(&format!("the response has no {member}"))
    }

    fn malformed(&self, message: &str) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, self.operation, self.environment, message)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_where_there_is_no_token() {
        let mut pages = Pages::new("a.B", "dev");
        assert_eq!(pages.next(Some("1")).unwrap().as_deref(), Some("1"));
        assert_eq!(pages.next(Some("2")).unwrap().as_deref(), Some("2"));
        assert_eq!(pages.next(Some("")).unwrap(), None);
        assert_eq!(pages.next(None).unwrap(), None);
    }

    #[test]
    fn a_repeated_token_and_a_page_too_many_are_errors() {
        let mut pages = Pages::new("a.B", "dev");
        pages.next(Some("1")).unwrap();
        pages.next(Some("2")).unwrap();
        let error = pages.next(Some("1")).unwrap_err();
        assert_eq!((error.kind, error.operation), (CloudErrorKind::Malformed, "a.B"));
        let mut pages = Pages { most: 3, ..Pages::new("a.B", "dev") };
        pages.next(Some("1")).unwrap();
        pages.next(Some("2")).unwrap();
        assert!(pages.next(Some("3")).unwrap_err().message.contains("more than 3 pages"));
    }
}
