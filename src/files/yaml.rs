//! YAML and JSON, parsed into a tree with source locations.
//!
//! JSON is a subset of YAML 1.2 and uses the same parser. Scalars follow the YAML 1.2 core schema
//! with one extra rule: *a plain scalar becomes a number only when the number preserves everything that
//! the text contains*. So `20` is a number, while `012345678901`, `13.10` and a thirty-digit integer stay
//! strings. Account ids and versions are preserved, and a numeric property still accepts a number.

mod builder;
mod comments;
mod limits;
mod node;
mod place;
mod scalar;
mod syntax;

use crate::domain::diagnostic::Diagnostic;

pub use comments::comments;
pub use limits::{MAX_DEPTH, MAX_EXPANDED_NODES};
pub use node::{Entry, Node, NodeValue};
pub use scalar::number;

/// Reads one document. An empty text is [`NodeValue::Null`].
///
/// # Errors
/// All problems: the syntax error that stopped the parser, and all duplicate keys, bad
/// aliases and bad keys before it, each with its location.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Diagnostic>> {
    match builder::build(file, text) {
        (Some(node), problems) if problems.is_empty() => Ok(node),
        (_, problems) => Err(problems),
    }
}

/// Like [`parse`], but also returns the document if it has problems that do not keep it from being read: of a duplicate
/// key the first is taken, and what is not usable is left out. `None` if the parser stopped before the end.
pub fn read(file: &str, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    builder::build(file, text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
