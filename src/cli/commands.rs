//! The commands and their own flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use crate::domain::project::EngineName;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Show the account, region and credentials of each environment
    Context(ContextArgs),
    /// Estimate the monthly cost of templates, of one resource, or of a live one
    Estimate(EstimateArgs),
    /// Create a template's resources in an environment, through the gate
    Create(CreateArgs),
    /// Check templates or live resources against policies
    Scan(ScanArgs),
    /// Take live resources from dev to prod, through the gate
    Promote(PromoteArgs),
    /// Compare the live resources of dev and prod
    Drift(DriftArgs),
    /// Check the tags of all resources
    TagAudit(AuditArgs),
    /// Show what is known of a resource type: properties, tags, permissions, policies
    Schema(SchemaArgs),
    /// Explain a code of a message, a status, an approval or a policy
    Explain(ExplainArgs),
    /// Walk through the main job in a sandbox of its own
    Demo(DemoArgs),
    /// Serve, inspect or reset the embedded cloud
    Sandbox(SandboxArgs),
    /// Print a shell's completion script
    Completions(CompletionsArgs),
}

impl Command {
    /// The flags of a command that writes.
    pub fn write_args(&mut self) -> Option<&mut WriteArgs> {
        match self {
            Self::Create(arguments) => Some(&mut arguments.write),
            Self::Promote(arguments) => Some(&mut arguments.write),
            Self::Context(_)
            | Self::Estimate(_)
            | Self::Scan(_)
            | Self::Drift(_)
            | Self::TagAudit(_)
            | Self::Schema(_)
            | Self::Explain(_)
            | Self::Demo(_)
            | Self::Sandbox(_)
            | Self::Completions(_) => None,
        }
    }

    /// True when a template is read from standard input: whoever runs the command again must pipe it
    /// in again.
    pub fn reads_stdin(&self) -> bool {
        let files: &[&[PathBuf]] = match self {
            Self::Create(arguments) => &[&arguments.files],
            Self::Scan(arguments) => &[&arguments.files],
            Self::Estimate(arguments) => &[&arguments.files, &arguments.compare],
            Self::Context(_)
            | Self::Promote(_)
            | Self::Drift(_)
            | Self::TagAudit(_)
            | Self::Schema(_)
            | Self::Explain(_)
            | Self::Demo(_)
            | Self::Sandbox(_)
            | Self::Completions(_) => &[],
        };
        files.iter().any(|files| files.iter().any(|file| file.as_os_str() == "-"))
    }
}

/// `context`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ContextArgs {
    /// An environment of the project, or all
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub env: String,
}

/// `estimate`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EstimateArgs {
    /// Templates: files, folders, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required_unless_present_any = ["type_name", "live", "supported"], num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Price one resource of this type instead
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["files", "live"])]
    pub type_name: Option<String>,
    /// Its properties
    #[arg(long, value_name = "JSON|@FILE", requires = "type_name")]
    pub properties: Option<String>,
    /// Price a resource as it is in AWS instead
    #[arg(long, value_names = ["TYPE", "ID"], num_args = 2, conflicts_with = "files")]
    pub live: Vec<String>,
    /// The environment that the live resource is in; default: dev
    #[arg(long, value_name = "NAME", requires = "live")]
    pub env: Option<String>,
    /// Value of a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE", requires = "files")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "files")]
    pub sets: Vec<String>,
    /// What is used in a month; default: the project's `usage:`. YAML, with
    /// `types: { TYPE: { KEY: NUMBER } }` and `resources: { LOGICAL_ID_OR_IDENTIFIER: { KEY: NUMBER } }`
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// Say what the templates cost more than these: files, folders, or - for standard input
    #[arg(long, value_name = "PATH", requires = "files", num_args = 1..)]
    pub compare: Vec<PathBuf>,
    /// List the types of the cost model, with their usage keys, instead
    #[arg(long, conflicts_with_all = ["files", "type_name", "live", "usage", "gate"])]
    pub supported: bool,
    /// Hours in a month
    #[arg(long, value_name = "HOURS", default_value = "730", value_parser = clap::value_parser!(u32).range(1..=744))]
    pub hours: u32,
    /// Subtract the account's always-free allowances
    #[arg(long)]
    pub assume_free_tier: bool,
    /// End with exit code 3 where `create` would ask for an approval of the cost. `create` counts
    /// 730 hours, no allowances, and the project's `usage:`; with --usage the verdict is the one that it
    /// would give with that file
    #[arg(long, conflicts_with_all = ["hours", "assume_free_tier"])]
    pub gate: bool,
}

/// `scan`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ScanArgs {
    /// Templates: files, folders, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required_unless_present_any = ["list", "explain", "test_policies", "live"], num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Scan live resources instead: all that are managed, those of a type, or one
    #[arg(long, value_name = "TYPE [ID]", num_args = 0..=2, requires = "env", conflicts_with_all = ["files", "parameters", "sets"])]
    pub live: Option<Vec<String>>,
    /// The environment of the live resources
    #[arg(long, value_name = "NAME", requires = "live", conflicts_with = "files")]
    pub env: Option<String>,
    /// Value of a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Folder with policies of your own; a policy replaces the built-in one of the same id
    #[arg(long = "policies", value_name = "DIR")]
    pub policies: Vec<PathBuf>,
    /// Opt-in packs to turn on, or all
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub packs: Vec<String>,
    /// Engines to run: builtin, checkov, cfn-guard; the last two must be installed. Default: the project's
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',', value_parser = engine())]
    pub engines: Vec<EngineName>,
    /// File of findings that the project lives with, each with an owner, a reason and an expiry
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Least severity that fails the scan: critical, high, medium, low or info
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// List the policies instead of scanning
    #[arg(long, conflicts_with_all = ["files", "live", "engines"])]
    pub list: bool,
    /// Say what one policy is about instead of scanning
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "live", "engines", "list"])]
    pub explain: Option<String>,
    /// Run the policies of a folder on the cases beside them (ID.test.yaml) instead of scanning
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "live", "engines", "list", "explain"])]
    pub test_policies: Option<PathBuf>,
}

/// `create`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CreateArgs {
    /// Templates: files, folders, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// The environment to create in
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
    /// Value of a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Add a tag
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// What the resources are for; default: each one's logical id
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// Approval and stopping.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Flags of the commands that write. None has an environment variable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct WriteArgs {
    /// Stop after the gate
    #[arg(long)]
    pub plan_only: bool,
    /// Approve the plan of this digest, and no other
    #[arg(long, value_name = "DIGEST")]
    pub approve: Option<String>,
    /// Approve critical findings in a protected environment, apart from the plan
    #[arg(long, value_name = "DIGEST", requires = "reason")]
    pub approve_findings: Option<String>,
    /// Why the findings are accepted
    #[arg(long, value_name = "TEXT", requires = "approve_findings")]
    pub reason: Option<String>,
}

/// `promote`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PromoteArgs {
    /// Resources: TYPE ID pairs, such as AWS::S3::Bucket my-bucket-dev
    #[arg(value_name = "TYPE ID", num_args = 2.., required_unless_present_any = ["all", "select"])]
    pub resources: Vec<String>,
    /// Everything managed that is not promoted yet
    #[arg(long, conflicts_with_all = ["resources", "select"])]
    pub all: bool,
    /// Everything managed that carries this tag
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resources")]
    pub select: Option<String>,
    /// The environment to take from
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub from: String,
    /// The environment to take to
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub to: String,
    /// Promote what the resources refer to as well
    #[arg(long)]
    pub with_dependencies: bool,
    /// A value that AWS does not return: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE for a file's text
    #[arg(long = "input", value_name = "RESOURCE#/POINTER=VALUE")]
    pub inputs: Vec<String>,
    /// Add a tag
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Approval and stopping.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `drift`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DriftArgs {
    /// Types to compare, each with an identifier or without; default: everything managed
    #[arg(value_name = "TYPE [ID]")]
    pub resources: Vec<String>,
    /// The environment promoted from
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub from: String,
    /// The environment promoted to
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub to: String,
    /// Statuses that end with exit code 2
    #[arg(long, value_name = "STATUS", value_delimiter = ',', default_value = "drifted,needs_review,prod_only")]
    pub fail_on: Vec<String>,
}

/// `tag-audit`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditArgs {
    /// An environment of the project, or all
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub env: String,
    /// Look at this type alone; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// List compliant resources too
    #[arg(long)]
    pub list_compliant: bool,
}

/// `schema`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SchemaArgs {
    /// The type's name, such as AWS::S3::Bucket
    #[arg(value_name = "TYPE")]
    pub type_name: String,
    /// Ask CloudFormation in this environment what the type's handlers can do today; default: the embedded copy, and no call
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArgs {
    /// The code, such as unknown-type, drifted or critical_findings, or the id of a policy
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub code: Option<String>,
    /// List all codes by kind instead
    #[arg(long, conflicts_with = "code")]
    pub list: bool,
}

/// `demo`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DemoArgs {
    /// Keep the sandbox and the templates in this folder instead of removing them
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SandboxArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// `sandbox` …
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SandboxCommand {
    /// Offer the embedded cloud on a loopback port, for the aws CLI and SDKs
    Serve(ServeArgs),
    /// Fill its first two accounts with a plausible estate, the same one for the same seed
    Seed(SeedArgs),
    /// Show what it holds
    Status,
    /// Empty it
    Reset,
}

/// `sandbox serve`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "4599")]
    pub port: u16,
    /// Let answers take this long (50ms), or those of one operation (GetResource=2s); may be repeated
    #[arg(long, value_name = "[OPERATION=]DURATION", value_parser = of_operation(super::global::duration))]
    pub latency: Vec<(Option<String>, Duration)>,
    /// Throttle each account beyond this many calls a second (25/s), or calls of one operation
    /// (ListResources=5/s); may be repeated
    #[arg(long, value_name = "[OPERATION=]N/s", value_parser = of_operation(rate))]
    pub throttle: Vec<(Option<String>, u32)>,
    /// Let calls fail: [TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT], where OUTCOME is an error code,
    /// FAILED:HandlerErrorCode, or `lost` for a call whose answer goes astray; may be repeated
    #[arg(long, value_name = "RULE")]
    pub fail: Vec<String>,
    /// Let the Tagging API see changes of tags this much later
    #[arg(long, value_name = "DURATION", value_parser = super::global::duration)]
    pub tag_delay: Option<Duration>,
    /// Refuse what an assumed role's policies do not allow, resource handlers' own calls included
    #[arg(long)]
    pub enforce_permissions: bool,
}

/// `sandbox seed`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SeedArgs {
    /// How many resources, over both accounts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub resources: u32,
    /// Which estate
    #[arg(long, value_name = "S", default_value = "0")]
    pub seed: u64,
}

/// The name of a scan engine.
fn engine() -> impl TypedValueParser<Value = EngineName> {
    let names = EngineName::ALL.map(EngineName::as_str);
    PossibleValuesParser::new(names).map(|word| {
        let named = EngineName::ALL.into_iter().find(|engine| engine.as_str() == word);
        named.unwrap_or(EngineName::Builtin)
    })
}

/// Reads a value that may be for one operation alone: `VALUE` or `OPERATION=VALUE`.
fn of_operation<T: Clone + Send + Sync + 'static>(
    value: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<(Option<String>, T), String> + Clone + Send + Sync + 'static {
    move |text| match text.split_once('=') {
        Some((operation, text)) => Ok((Some(operation.to_owned()), value(text)?)),
        None => Ok((None, value(text)?)),
    }
}

/// Calls per second, with or without its unit.
fn rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match number.parse() {
        Ok(rate @ 1..) => Ok(rate),
        _ => Err(format!("`{text}` is not a rate; write 25/s")),
    }
}

/// `completions`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}
