//! The bodies of `sandbox` and `demo`.

use schemars::JsonSchema;
use serde::Serialize;

/// The embedded cloud's state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SandboxBody {
    /// The folder that it is kept in.
    pub directory: String,
    /// What each account holds.
    pub accounts: Vec<SandboxAccountView>,
}

/// One account of the embedded cloud.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SandboxAccountView {
    /// The environment's name; `null` for an account that belongs to none.
    pub name: Option<String>,
    /// Account id.
    pub account: String,
    /// Resources in it.
    pub resources: u64,
}

/// A walk through the main job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoBody {
    /// The commands that ran, in order.
    pub steps: Vec<DemoStepView>,
}

/// One command of the walk.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoStepView {
    /// The command, ready to paste.
    pub command: String,
    /// The exit code that it should have.
    pub expected_exit_code: u8,
    /// The exit code that it had.
    pub exit_code: u8,
    /// Milliseconds.
    pub elapsed_ms: u64,
}
