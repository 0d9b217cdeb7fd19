//! Goes through the pages of an answer, and finds an end to them.

use std::collections::BTreeSet;

use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// The most pages of any answer: a million resources.
const MOST_PAGES: usize = 10_000;

/// The pages of one answer so far.
#[derive(Debug)]
pub struct Pages<'a> {
    operation: &'static str,
    environment: &'a str,
    most: usize,
    seen: BTreeSet<String>,
}

impl<'a> Pages<'a> {
    /// Before the first page.
    pub fn new(operation: &'static str, environment: &'a str) -> Self {
        Self { operation, environment, most: MOST_PAGES, seen: BTreeSet::new() }
    }

    /// The token of the next page; `None` after the last one.
    ///
    /// # Errors
    /// A token that was given before, or more pages than any answer has: an answer without an end
    /// is none.
    pub fn next(&mut self, token: Option<&str>) -> Result<Option<String>, CloudError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if !self.seen.insert(token.to_owned()) {
            return Err(self.malformed("the same page is named twice as the next one"));
        }
        if self.seen.len() >= self.most {
            return Err(self.malformed(&format!("the answer goes on after {} pages", self.most)));
        }
        Ok(Some(token.to_owned()))
    }

    /// A page lacks a member that every page has.
    pub fn missing(&self, member: &str) -> CloudError {
        self.malformed(&format!("the answer has no {member}"))
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
        assert!(pages.next(Some("3")).unwrap_err().message.contains("after 3 pages"));
    }
}
