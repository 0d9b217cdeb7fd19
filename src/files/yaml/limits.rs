//! Limits of a document.

/// The maximum nesting depth, aliases expanded.
pub const MAX_DEPTH: usize = 100;
/// The maximum number of nodes that aliases may add to one document: protection against alias bombs.
pub const MAX_EXPANDED_NODES: usize = 100_000;
