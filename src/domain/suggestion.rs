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
    /// Corrects the promotion tags of one resource: `tag-audit --fix`.
    FixTags {
        /// The resource.
        resource: ResourceRef,
        /// Withdraw a claim that the other side does not confirm.
        unlink: bool,
    },
    /// Deletes one resource.
    Delete {
        /// The resource.
        resource: ResourceRef,
        /// Its environment.
        environment: String,
    },
}

/// The command that corrects the tags of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuggestedRemedy {
    /// `promote`: the promotion is to be completed.
    Promote {
        /// The resource in the environment promoted from.
        resource: ResourceRef,
        /// The environment promoted from.
        from: String,
        /// The environment promoted to.
        to: String,
    },
    /// `tag-audit --fix` for the resource.
    Fix {
        /// The resource.
        resource: ResourceRef,
        /// The environment; `None` if the tags of both sides of a promotion are needed.
        environment: Option<String>,
        /// Take the resource over from nobody or from another tool.
        adopt: bool,
        /// Withdraw a claim that the other side does not confirm.
        unlink: bool,
        /// Keys whose values must be given.
        values: Vec<String>,
    },
}
