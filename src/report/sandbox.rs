//! The bodies of `sandbox` and `demo`.

use schemars::JsonSchema;
use serde::Serialize;

/// The state of the sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SandboxBody {
    /// The folder of the state.
    pub directory: String,
    /// The accounts.
    pub accounts: Vec<SandboxAccountView>,
}

/// An account of the sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SandboxAccountView {
    /// The name of the environment; `null` if the account belongs to none.
    pub name: Option<String>,
    /// Account id.
    pub account: String,
    /// Number of resources.
    pub resources: u64,
}

/// The demo.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoBody {
    /// The commands that ran, in order.
    pub steps: Vec<DemoStepView>,
}

/// One command of the demo.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoStepView {
    /// The command, ready to paste.
    pub command: String,
    /// The expected exit code.
    pub expected_exit_code: u8,
    /// The actual exit code.
    pub exit_code: u8,
    /// Elapsed time in milliseconds.
    pub elapsed_ms: u64,
}
