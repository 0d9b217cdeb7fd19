//! The command line: one `Args` struct per command, whose doc comments are the help.

mod commands;
mod global;
mod mistake;
pub mod words;

pub use commands::{
    AuditArgs, Command, CompletionsArgs, ContextArgs, CreateArgs, DemoArgs, DriftArgs, EstimateArgs, ExplainArgs,
    PromoteArgs, SandboxArgs, SandboxCommand, ScanArgs, SchemaArgs, SeedArgs, ServeArgs, Shell, WriteArgs,
};
pub use global::{ColorChoice, GlobalArgs, OutputFormat, SandboxChoice};
pub use mistake::{INTRODUCTION, Mistake, Refused, is_bare, meant_command, refused, wants_json};

use clap::{CommandFactory, FromArgMatches, Parser};

/// Take AWS resources from a dev account to a prod account through gates.
///
/// Every creation passes a price gate and a policy scan; promotion state lives in resource tags
/// alone. Try it without an AWS account: `stagegate demo`, or add `--sandbox` to any command.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "stagegate", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The flags of every command that stand in the command line itself.
    #[arg(skip)]
    pub given: GlobalArgs,
}

/// Understands a command line, the program's name first.
///
/// # Errors
/// It is not one, or asks for help.
pub fn parse(words: &[String]) -> Result<Cli, clap::Error> {
    let mut definition = definition();
    let matches = definition.try_get_matches_from_mut(words)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    cli.given = cli.global.given(&matches);
    Ok(cli)
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 error · 2 ran well, the answer is no (drift, findings, violations) · \
3 approval required · 4 blocked · 5 in progress · 6 credentials or wrong account · 64 usage · 130/143 interrupted";

/// The clap definition, for completions and the help reference.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// The command's name in JSON output.
pub fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Context(_) => "context",
        Command::Estimate(_) => "estimate",
        Command::Create(_) => "create",
        Command::Scan(_) => "scan",
        Command::Promote(_) => "promote",
        Command::Drift(_) => "drift",
        Command::TagAudit(_) => "tag-audit",
        Command::Schema(_) => "schema",
        Command::Explain(_) => "explain",
        Command::Demo(_) => "demo",
        Command::Sandbox(_) => "sandbox",
        Command::Completions(_) => "completions",
    }
}

/// True for a command line that looks at files alone, and needs no project for that.
pub fn is_about_files(command: &Command) -> bool {
    match command {
        Command::Estimate(arguments) => arguments.live.is_empty(),
        Command::Scan(arguments) => arguments.live.is_none(),
        _ => false,
    }
}

/// The command's name with the flag that makes another command of it.
pub fn form_name(command: &Command) -> &'static str {
    match command {
        Command::Scan(arguments) if arguments.list => "scan --list",
        Command::Scan(arguments) if arguments.explain.is_some() => "scan --explain",
        Command::Scan(arguments) if arguments.test_policies.is_some() => "scan --test-policies",
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
    fn the_definition_is_sound() {
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
