//! YAML and JSON, read into a tree that knows where everything was written.
//!
//! JSON is a subset of YAML 1.2 and takes the same road. Scalars follow the YAML 1.2 core schema
//! with one rule on top: *a plain scalar becomes a number only when the number says everything that
//! the text said*. So `20` is a number, while `012345678901`, `13.10` and a thirty-digit integer stay
//! text. Account ids and versions survive, and a property that wants a number can still be given one.

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
/// Every problem found: the syntax error that stopped the reading, and all duplicate keys, bad
/// aliases and bad keys before it, each with its place.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Diagnostic>> {
    builder::build(file, text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
