//! The comments of a document. They are not part of its tree, and few callers need them, so they are read in
//! a separate pass; the parser finds them, so a `#` inside a string is not a comment.

use granit_parser::{Event, Parser};

use super::limits::MAX_DEPTH;
use super::place::location;
use crate::domain::diagnostic::Location;

/// The comments up to the first syntax error, each with the text after its `#`.
pub fn comments(file: &str, text: &str) -> Vec<(String, Location)> {
    let options = granit_parser::options! {
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        simple_key_max_lookahead: 1 << 20,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut found = Vec::new();
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((Event::Comment(text, _), span)) => {
                found.push((text.into_owned(), location(file, span.start.line(), span.start.col())));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    found
}
