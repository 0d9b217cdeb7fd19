//! What a document may not exceed.

/// The deepest nesting accepted, aliases followed.
pub const MAX_DEPTH: usize = 100;
/// How many nodes the aliases of one document may add: what stops an alias bomb.
pub const MAX_EXPANDED_NODES: usize = 100_000;
