//! `mcp` and its flags.

use clap::Args;

/// `mcp`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = NOTE)]
pub struct McpArgs {
    /// Offer only the tools that read; the default where an environment is protected and `approvals` of the project file does
    /// not ask for another person
    #[arg(long)]
    pub read_only: bool,
    /// Also offer the tools that plan and apply changes; nothing is sent without the digest of a plan
    #[arg(long, conflicts_with = "read_only")]
    pub allow_writes: bool,
}

const NOTE: &str = "The server speaks the Model Context Protocol on standard input and output, and writes messages to stderr. It ends when its \
input ends. The global flags apply to every tool.";
