//! What a report suggests to run. How it is written in a shell is the command line's business.

use super::resource::ResourceRef;

/// A command to run, as typed arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuggestedCommand {
    /// Promotes one resource.
    Promote {
        /// The resource in the environment promoted from.
        resource: ResourceRef,
        /// The environment promoted from.
        from: String,
        /// The environment promoted to.
        to: String,
        /// Together with what it refers to.
        with_dependencies: bool,
    },
}
