//! Commands that a report suggests. `cli` formats them for the shell.

use std::path::PathBuf;

use super::resource::ResourceRef;

/// A suggested command, as typed arguments.
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
        /// Whether to promote its dependencies too.
        with_dependencies: bool,
        /// Whether to change the resource in the environment promoted from instead.
        pull: bool,
    },
    /// Applies a template.
    Create {
        /// The template's files.
        files: Vec<PathBuf>,
        /// The environment.
        environment: String,
        /// The name of the stack.
        stack: String,
    },
    /// Deletes one resource.
    Delete {
        /// The resource.
        resource: ResourceRef,
        /// Its environment.
        environment: String,
    },
}
