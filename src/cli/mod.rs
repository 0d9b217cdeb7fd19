//! The command line: one `Args` struct per command. Their doc comments are the help texts.

pub mod command_line;
mod commands;
mod context_commands;
mod global;
mod help;
mod iam_commands;
mod inventory_commands;
mod mcp_commands;
mod setup_commands;
mod source;
pub mod suggestions;
mod usage_error;
mod write_commands;

pub use commands::{
    AuditArgs, Command, CompletionsArgs, CostArgs, DemoArgs, DriftArgs, EstimateArgs, ExplainArgs, PricesArgs,
    PricesCommand, PricesUpdateArgs, SandboxArgs, SandboxCommand, ScanArgs, SchemaArgs, SeedArgs, ServeArgs, Shell,
};
pub use context_commands::ContextArgs;
pub use global::{ColorChoice, GlobalArgs, OutputFormat, SandboxChoice, region};
pub use help::{Example, examples};
pub use iam_commands::{IamAnalyzeArgs, IamArgs, IamCommand, IamForPlanArgs, IamGapArgs, IamProposeArgs};
pub use inventory_commands::{InventoryArgs, InventorySourceArg};
pub use mcp_commands::McpArgs;
pub use setup_commands::{
    InitArgs, ManArgs, TemplatesArgs, TemplatesCommand, TemplatesNewArgs, TemplatesShowArgs, project_name,
};
pub use source::UntaggedSource;
pub use usage_error::{
    INTRODUCTION, ParseFailure, UsageError, classify, has_no_arguments, intended_command, wants_json,
};
pub use write_commands::{
    ApplyArgs, ApproveArgs, CreateArgs, DeleteArgs, GraphFormat, PromoteArgs, UpdateArgs, WriteArgs,
};

use clap::{CommandFactory, FromArgMatches, Parser};

/// Promote AWS resources from a dev account to a prod account.
///
/// Every new resource is subject to a cost estimate and a policy scan. The promotion state is stored
/// only in resource tags. To try it without an AWS account, run `stagegate demo`, or add `--sandbox`
/// to any command.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "stagegate", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Global flags, including values from environment variables.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
    /// Global flags given on the command line itself.
    #[arg(skip)]
    pub given: GlobalArgs,
}

/// Parses a command line, which begins with the program's name.
///
/// # Errors
/// Returns clap's error if the command line is invalid or requests help.
pub fn parse(words: &[String]) -> Result<Cli, clap::Error> {
    let mut definition = definition();
    let matches = definition.try_get_matches_from_mut(words)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    cli.given = cli.global.given(&matches);
    cli.global.prefer_flags(&cli.given, &matches);
    Ok(cli)
}

/// Returns the clap definition with the examples of each command, for parsing, completions and manual pages.
pub fn definition() -> clap::Command {
    help::complete(Cli::command())
}

/// Returns the command's name in JSON output.
pub fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Context(_) => "context",
        Command::Estimate(_) => "estimate",
        Command::Create(_) => "create",
        Command::Prices(_) => "prices",
        Command::Scan(_) => "scan",
        Command::Update(_) => "update",
        Command::Delete(_) => "delete",
        Command::Apply(_) => "apply",
        Command::Approve(_) => "approve",
        Command::Promote(_) => "promote",
        Command::Drift(_) => "drift",
        Command::TagAudit(_) => "tag-audit",
        Command::Inventory(_) => "inventory",
        Command::Cost(_) => "cost",
        Command::Iam(_) => "iam",
        Command::Schema(_) => "schema",
        Command::Explain(_) => "explain",
        Command::Mcp(_) => "mcp",
        Command::Demo(_) => "demo",
        Command::Sandbox(_) => "sandbox",
        Command::Completions(_) => "completions",
        Command::Init(_) => "init",
        Command::Man(_) => "man",
        Command::Templates(_) => "templates",
    }
}

/// Returns true if the command reads only files and therefore needs no project.
pub fn reads_only_files(command: &Command) -> bool {
    match command {
        Command::Estimate(arguments) => arguments.live.is_empty(),
        Command::Scan(arguments) => arguments.live.is_none(),
        Command::Prices(_) => true,
        _ => false,
    }
}

/// Returns the command's name, including a flag that changes what the command does.
pub fn form_name(command: &Command) -> &'static str {
    match command {
        Command::Scan(arguments) if arguments.list => "scan --list",
        Command::Scan(arguments) if arguments.explain.is_some() => "scan --explain",
        Command::Scan(arguments) if arguments.test_policies.is_some() => "scan --test-policies",
        Command::Context(arguments) if arguments.doctor => "context --doctor",
        Command::Context(arguments) if arguments.matrix => "context --matrix",
        Command::Context(arguments) if arguments.member_role => "context --member-role",
        Command::Context(arguments) if arguments.project_schema => "context --project-schema",
        Command::TagAudit(arguments) if arguments.fix => "tag-audit --fix",
        command => command_name(command),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_definition_is_valid() {
        definition().debug_assert();
    }

    #[test]
    fn sandbox_takes_its_value_only_after_an_equals_sign() {
        let cli = Cli::try_parse_from(words("stagegate context --sandbox")).unwrap();
        assert_eq!(cli.global.sandbox_choice(), SandboxChoice::Default);
        let cli = Cli::try_parse_from(words("stagegate --sandbox=/tmp/x context")).unwrap();
        assert_eq!(cli.global.sandbox_choice(), SandboxChoice::Folder("/tmp/x".into()));
        let cli = Cli::try_parse_from(words("stagegate promote --sandbox AWS::S3::Bucket b")).unwrap();
        assert_eq!(cli.global.sandbox_choice(), SandboxChoice::Default);
        let cli = Cli::try_parse_from(words("stagegate context")).unwrap();
        assert_eq!(cli.global.sandbox_choice(), SandboxChoice::Off);
    }
}
