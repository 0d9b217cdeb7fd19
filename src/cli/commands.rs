//! The subcommands and their flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::context_commands::ContextArgs;
use super::iam_commands::{IamArgs, IamCommand};
use super::inventory_commands::InventoryArgs;
use super::mcp_commands::McpArgs;
use super::setup_commands::{InitArgs, ManArgs, TemplatesArgs};
use super::source::UntaggedSource;
use super::write_commands::{ApplyArgs, ApproveArgs, CreateArgs, DeleteArgs, PromoteArgs, UpdateArgs, WriteArgs};
use crate::domain::bill::{Grouping, Month};
use crate::domain::project::{EngineName, Translator};

/// A subcommand.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Show the account, Region and credentials of each environment
    Context(ContextArgs),
    /// Estimate the monthly cost of templates, a single resource or a live resource
    Estimate(EstimateArgs),
    /// Create the resources of a template, subject to cost and policy checks
    Create(CreateArgs),
    /// Change a live resource, subject to cost and policy checks
    Update(UpdateArgs),
    /// Delete a live resource after two confirmations
    Delete(DeleteArgs),
    /// Apply a plan that was saved with --plan-out
    Apply(ApplyArgs),
    /// Record an approval of a saved plan, for a run of somebody else
    Approve(ApproveArgs),
    /// Store AWS's list prices for estimates without AWS, or show which are stored
    Prices(PricesArgs),
    /// Check templates or live resources against policies
    Scan(ScanArgs),
    /// Promote live resources from dev to prod, subject to cost and policy checks
    Promote(PromoteArgs),
    /// Compare the live resources of dev and prod
    Drift(DriftArgs),
    /// Check the tags of all resources against the tag rules
    TagAudit(AuditArgs),
    /// List resources across accounts and Regions
    Inventory(InventoryArgs),
    /// Review what the environments cost in a month
    Cost(CostArgs),
    /// Analyze the permissions of principals, and write the smallest policies that they need
    Iam(IamArgs),
    /// Show the properties, tags, permissions and policies of a resource type
    Schema(SchemaArgs),
    /// Explain a diagnostic code, a status, an approval or a policy
    Explain(ExplainArgs),
    /// Serve the commands to an agent over the Model Context Protocol
    Mcp(McpArgs),
    /// Write a project file with the accounts of your AWS profiles
    Init(InitArgs),
    /// List, print or write the starter templates
    Templates(TemplatesArgs),
    /// Run the main workflow in a temporary sandbox
    Demo(DemoArgs),
    /// Serve, seed, inspect or reset the sandbox
    Sandbox(SandboxArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

impl Command {
    /// Returns true if `--full` is given: a plan is displayed with every property.
    pub fn shows_full_plan(&self) -> bool {
        match self {
            Self::Create(arguments) => arguments.write.full,
            Self::Promote(arguments) => arguments.write.full,
            Self::Update(arguments) => arguments.write.full,
            Self::Delete(arguments) => arguments.write.full,
            Self::Apply(arguments) => arguments.write.full,
            Self::TagAudit(arguments) => arguments.write.full,
            _ => false,
        }
    }

    /// Returns the flags of a command that changes resources.
    pub fn write_args(&mut self) -> Option<&mut WriteArgs> {
        match self {
            Self::Create(arguments) => Some(&mut arguments.write),
            Self::Promote(arguments) => Some(&mut arguments.write),
            Self::Update(arguments) => Some(&mut arguments.write),
            Self::Delete(arguments) => Some(&mut arguments.write),
            Self::Apply(arguments) => Some(&mut arguments.write),
            Self::TagAudit(arguments) => Some(&mut arguments.write),
            Self::Context(_)
            | Self::Approve(_)
            | Self::Estimate(_)
            | Self::Scan(_)
            | Self::Drift(_)
            | Self::Inventory(_)
            | Self::Cost(_)
            | Self::Iam(_)
            | Self::Schema(_)
            | Self::Explain(_)
            | Self::Demo(_)
            | Self::Mcp(_)
            | Self::Sandbox(_)
            | Self::Prices(_)
            | Self::Init(_)
            | Self::Templates(_)
            | Self::Man(_)
            | Self::Completions(_) => None,
        }
    }

    /// Returns true if a template is read from standard input. To repeat the command, the template must be
    /// piped in again.
    pub fn reads_stdin(&self) -> bool {
        let files: &[&[PathBuf]] = match self {
            Self::Create(arguments) => &[&arguments.files],
            Self::Update(arguments) => &[&arguments.files, &arguments.patch],
            Self::Scan(arguments) => &[&arguments.files],
            Self::Estimate(arguments) => &[&arguments.files, &arguments.compare],
            Self::Iam(IamArgs { command: IamCommand::ForPlan(arguments) }) => &[&arguments.files],
            Self::Context(_)
            | Self::Delete(_)
            | Self::Apply(_)
            | Self::Approve(_)
            | Self::Promote(_)
            | Self::Drift(_)
            | Self::TagAudit(_)
            | Self::Inventory(_)
            | Self::Cost(_)
            | Self::Iam(_)
            | Self::Schema(_)
            | Self::Explain(_)
            | Self::Demo(_)
            | Self::Mcp(_)
            | Self::Sandbox(_)
            | Self::Prices(_)
            | Self::Init(_)
            | Self::Templates(_)
            | Self::Man(_)
            | Self::Completions(_) => &[],
        };
        files.iter().any(|files| files.iter().any(|file| file.as_os_str() == "-"))
    }
}

/// `estimate`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EstimateArgs {
    /// Templates: files, folders with all folders below them, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required_unless_present_any = ["type_name", "live", "supported"], num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Estimate one resource of this type instead of templates
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["files", "live"])]
    pub type_name: Option<String>,
    /// Properties of the resource of --type
    #[arg(long, value_name = "JSON|@FILE", requires = "type_name")]
    pub properties: Option<String>,
    /// Estimate an existing resource in AWS instead of templates
    #[arg(long, value_names = ["TYPE", "ID"], num_args = 2, conflicts_with = "files")]
    pub live: Vec<String>,
    /// Environment of the live resource; default: dev
    #[arg(long, value_name = "NAME", requires = "live")]
    pub env: Option<String>,
    /// Set a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE", requires = "files")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "files")]
    pub sets: Vec<String>,
    /// Value of an export of another stack, for Fn::ImportValue; other imports are unknown
    #[arg(long = "import", value_name = "NAME=VALUE", requires = "files")]
    pub imports: Vec<String>,
    /// Name of the stack, the value of AWS::StackName; default: the name of each file
    #[arg(long, value_name = "NAME", requires = "files")]
    pub stack_name: Option<String>,
    /// What expands AWS::Serverless resources: builtin, or sam-translator (AWS's own, which must be installed)
    #[arg(long, value_name = "NAME", default_value = "builtin", value_parser = translator())]
    pub transform: Translator,
    /// Monthly usage figures; default: the project's `usage:`. A YAML file with
    /// `types: { TYPE: { KEY: NUMBER } }` and `resources: { LOGICAL_ID_OR_IDENTIFIER: { KEY: NUMBER } }`
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// Show the difference in cost from these templates: files, folders, or - for standard input
    #[arg(long, value_name = "PATH", requires = "files", num_args = 1..)]
    pub compare: Vec<PathBuf>,
    /// List the supported resource types with their usage keys and exit
    #[arg(long, conflicts_with_all = ["files", "type_name", "live", "usage", "gate"])]
    pub supported: bool,
    /// Hours per month
    #[arg(long, value_name = "HOURS", default_value = "730", value_parser = clap::value_parser!(u32).range(1..=744))]
    pub hours: u32,
    /// Subtract the allowances of the always-free tier
    #[arg(long)]
    pub assume_free_tier: bool,
    /// Exit with code 3 if `create` would require an approval of the cost. `create` assumes
    /// 730 hours, no free tier and the project's `usage:`; with --usage, the result is that of `create`
    /// with this usage file
    #[arg(long, conflicts_with_all = ["hours", "assume_free_tier"])]
    pub gate: bool,
}

/// `scan`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ScanArgs {
    /// Templates: files, folders with all folders below them, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required_unless_present_any = ["list", "explain", "test_policies", "live"], num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Scan live resources instead of templates: all managed ones, those of a type, or a single one
    #[arg(long, value_name = "TYPE [ID]", num_args = 0..=2, requires = "env", conflicts_with_all = ["files", "parameters", "sets", "imports", "stack_name"])]
    pub live: Option<Vec<String>>,
    /// Environment of the live resources
    #[arg(long, value_name = "NAME", requires = "live", conflicts_with = "files")]
    pub env: Option<String>,
    /// Set a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Value of an export of another stack, for Fn::ImportValue; other imports are unknown
    #[arg(long = "import", value_name = "NAME=VALUE")]
    pub imports: Vec<String>,
    /// Name of the stack, the value of AWS::StackName; default: the name of each file
    #[arg(long, value_name = "NAME")]
    pub stack_name: Option<String>,
    /// What expands AWS::Serverless resources: builtin, or sam-translator (AWS's own, which must be installed)
    #[arg(long, value_name = "NAME", default_value = "builtin", value_parser = translator())]
    pub transform: Translator,
    /// Folder with custom policies; a policy replaces the built-in policy with the same id
    #[arg(long = "policies", value_name = "DIR")]
    pub policies: Vec<PathBuf>,
    /// Opt-in policy packs to enable, or all
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub packs: Vec<String>,
    /// Scan engines to run: builtin, checkov, cfn-guard (the last two must be installed); default: the project's
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',', value_parser = engine())]
    pub engines: Vec<EngineName>,
    /// File of waivers: accepted findings, each with an owner, a reason and an expiry date
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Lowest severity that fails the scan: critical, high, medium, low or info
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// List the policies and exit
    #[arg(long, conflicts_with_all = ["files", "live", "engines"])]
    pub list: bool,
    /// Describe one policy and exit
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "live", "engines", "list"])]
    pub explain: Option<String>,
    /// Run the test cases (ID.test.yaml) of the policies in a folder and exit
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "live", "engines", "list", "explain"])]
    pub test_policies: Option<PathBuf>,
}

/// `drift`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DriftArgs {
    /// Types to compare, each with an optional identifier; default: all managed resources
    #[arg(value_name = "TYPE [ID]")]
    pub resources: Vec<String>,
    /// Environment promoted from
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub from: String,
    /// Environment promoted to
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub to: String,
    /// Compare a template with the live resources of its stack in the environment of --from: files, folders, or - for
    /// standard input
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["to", "resources"])]
    pub desired: Vec<PathBuf>,
    /// Set a parameter of the template
    #[arg(long = "param", value_name = "KEY=VALUE", requires = "desired")]
    pub parameters: Vec<String>,
    /// Value of an export of another stack, for Fn::ImportValue
    #[arg(long = "import", value_name = "NAME=VALUE", requires = "desired")]
    pub imports: Vec<String>,
    /// Name of the stack; default: the name of the template's file or folder
    #[arg(long, value_name = "NAME", requires = "desired")]
    pub stack_name: Option<String>,
    /// Statuses that result in exit code 2; default: drifted,needs_review,prod_only, and with --desired also dev_only
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// File of accepted differences, each with an owner, a reason and an expiry date; default: stagegate-ignore.yaml
    /// beside the project file, if it exists
    #[arg(long, value_name = "FILE")]
    pub ignore: Option<PathBuf>,
    /// Write the differences of the named resources to the ignore file; requires a type and an identifier
    #[arg(long, requires_all = ["resources", "reason"])]
    pub accept: bool,
    /// Why the differences are accepted
    #[arg(long, value_name = "TEXT", requires = "accept")]
    pub reason: Option<String>,
    /// Who is responsible for the accepted differences; default: the caller
    #[arg(long, value_name = "NAME", requires = "accept")]
    pub owner: Option<String>,
    /// Last day on which the differences are accepted; default: in 90 days
    #[arg(long, value_name = "YYYY-MM-DD", requires = "accept")]
    pub expires: Option<String>,
    /// Also show the resources that are in sync or ignored; JSON always has them
    #[arg(long)]
    pub all: bool,
}

/// `tag-audit`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditArgs {
    /// Name of an environment, or all
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub env: String,
    /// Check only this resource type; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Check only the resource of --type with this identifier; may be repeated
    #[arg(long = "id", value_name = "ID", requires = "types")]
    pub identifiers: Vec<String>,
    /// Where resources that never had a tag are found: auto (Resource Explorer if it is set up, and a listing of every type
    /// that it does not index), list (every type), resource-explorer (through the default view, or resource-explorer:VIEW)
    /// or config:AGGREGATOR
    #[arg(long, value_name = "SOURCE", default_value = "auto")]
    pub source: UntaggedSource,
    /// Report resources that have not been promoted this long after their creation, or since a run began to promote them, with
    /// their age and monthly cost
    #[arg(long, value_name = "DURATION", value_parser = super::global::duration)]
    pub stuck_after: Option<Duration>,
    /// Also list compliant resources
    #[arg(long)]
    pub list_compliant: bool,
    /// JSON document of an earlier tag-audit: report which violations are new, unchanged and fixed, and exit with code 2 only
    /// for new ones
    #[arg(long, value_name = "FILE", conflicts_with = "fix")]
    pub baseline: Option<PathBuf>,
    /// Correct the violations by one plan that changes only stagegate's own and required tags; values that are not known are
    /// left
    #[arg(long)]
    pub fix: bool,
    /// With --fix and --id: take the resource over, although it is untagged or managed by another tool
    #[arg(long, requires_all = ["fix", "identifiers"])]
    pub adopt: bool,
    /// With --fix and --id: withdraw a counterpart that the other environment does not confirm
    #[arg(long, requires_all = ["fix", "identifiers"])]
    pub unlink: bool,
    /// With --fix: value of a required tag that is missing or wrong
    #[arg(long = "tag", value_name = "KEY=VALUE", requires = "fix")]
    pub tags: Vec<String>,
    /// Flags that stop or approve the plan of --fix.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `schema`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SchemaArgs {
    /// Resource type, such as AWS::S3::Bucket
    #[arg(value_name = "TYPE")]
    pub type_name: String,
    /// Query the CloudFormation registry in this environment for the type's handlers; default: use the embedded copy and make no call
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArgs {
    /// Code, such as unknown-type, drifted or critical_findings, or id of a policy
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub code: Option<String>,
    /// List all codes by kind and exit
    #[arg(long, conflicts_with = "code")]
    pub list: bool,
}

/// `cost`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CostArgs {
    /// Month to review, such as 2026-10; default: the current one, with a forecast
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub month: Option<Month>,
    /// What the lines are; projects and stacks require that the tags Project and StackResource are cost allocation tags
    #[arg(long, value_name = "GROUP", default_value = "service", value_parser = grouping())]
    pub by: Grouping,
    /// Name of an environment, or all
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub env: String,
}

/// Parses a month.
fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("`{text}` is not a month; use a value such as 2026-10"))
}

/// Parses what the lines of a review are.
fn grouping() -> impl TypedValueParser<Value = Grouping> {
    PossibleValuesParser::new(Grouping::ALL.map(Grouping::as_str))
        .map(|word| Grouping::ALL.into_iter().find(|grouping| grouping.as_str() == word).unwrap_or(Grouping::Service))
}

/// `demo`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DemoArgs {
    /// Keep the sandbox and the templates in this folder instead of removing them
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `prices`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PricesArgs {
    /// The subcommand.
    #[command(subcommand)]
    pub command: PricesCommand,
}

/// The subcommands of `prices`.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PricesCommand {
    /// Download AWS's public price list, without credentials, and store the prices that estimates need
    Update(PricesUpdateArgs),
    /// Show the age and coverage of the stored prices
    Status,
}

/// `prices update`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PricesUpdateArgs {
    /// Region to store prices of; may be repeated; default: the Regions of the project's environments
    // The global flag has the same name, and one value.
    #[arg(id = "region", long = "region", value_name = "REGION", action = clap::ArgAction::Append)]
    pub regions: Vec<String>,
    /// Another source of the files: the URL of a mirror, or a folder, with the paths of AWS's price list
    /// (offers/v1.0/aws/index.json)
    #[arg(long, value_name = "URL|DIR")]
    pub from: Option<String>,
}

/// `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SandboxArgs {
    /// The subcommand.
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// The subcommands of `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SandboxCommand {
    /// Serve the sandbox on a loopback port for the AWS CLI and SDKs
    Serve(ServeArgs),
    /// Create sample resources in its first two accounts; the same seed creates the same resources
    Seed(SeedArgs),
    /// Show its folder and the number of resources per account
    Status,
    /// Delete all of its resources
    Reset,
}

/// `sandbox serve`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, value_name = "PORT", default_value = "4599")]
    pub port: u16,
    /// Delay all responses by this time (50ms), or those of one operation (GetResource=2s); may be repeated
    #[arg(long, value_name = "[OPERATION=]DURATION", value_parser = per_operation(super::global::duration))]
    pub latency: Vec<(Option<String>, Duration)>,
    /// Throttle each account above this rate of calls (25/s), or above the rate of one operation
    /// (ListResources=5/s); may be repeated
    #[arg(long, value_name = "[OPERATION=]N/s", value_parser = per_operation(rate))]
    pub throttle: Vec<(Option<String>, u32)>,
    /// Make calls fail: [ACCOUNT/][REGION/][TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT], where OUTCOME is an error code,
    /// FAILED:HandlerErrorCode, LEFT:HandlerErrorCode for a failure after the effect, `lost` to drop the response, or `hang`
    /// never to respond; may be repeated
    #[arg(long, value_name = "RULE")]
    pub fail: Vec<String>,
    /// Delay after which the tagging API returns a change of tags
    #[arg(long, value_name = "DURATION", value_parser = super::global::duration)]
    pub tag_delay: Option<Duration>,
    /// A type of which the tagging API returns and tags no resource, or * for all types; may be repeated
    #[arg(long, value_name = "TYPE")]
    pub not_in_tagging_api: Vec<String>,
    /// Deny calls that an assumed role's policies do not allow, including calls made by resource handlers
    #[arg(long)]
    pub enforce_permissions: bool,
}

/// `sandbox seed`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SeedArgs {
    /// Number of resources in both accounts together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub resources: u32,
    /// Seed of the random generator
    #[arg(long, value_name = "S", default_value = "0")]
    pub seed: u64,
}

/// Parses the name of a scan engine.
fn engine() -> impl TypedValueParser<Value = EngineName> {
    let names = EngineName::ALL.map(EngineName::as_str);
    PossibleValuesParser::new(names).map(|word| {
        let named = EngineName::ALL.into_iter().find(|engine| engine.as_str() == word);
        named.unwrap_or(EngineName::Builtin)
    })
}

/// Parses the name of a translator.
pub(super) fn translator() -> impl TypedValueParser<Value = Translator> {
    PossibleValuesParser::new(Translator::ALL.map(Translator::as_str)).map(|word| Translator::named(&word))
}

/// Parses a value that may apply to a single operation: `VALUE` or `OPERATION=VALUE`.
fn per_operation<T: Clone + Send + Sync + 'static>(
    value: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<(Option<String>, T), String> + Clone + Send + Sync + 'static {
    move |text| match text.split_once('=') {
        Some((operation, text)) => Ok((Some(operation.to_owned()), value(text)?)),
        None => Ok((None, value(text)?)),
    }
}

/// Parses a rate in calls per second, with or without the unit `/s`.
fn rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match number.parse() {
        Ok(rate @ 1..) => Ok(rate),
        _ => Err(format!("`{text}` is not a rate; use a value such as 25/s")),
    }
}

/// `completions`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsArgs {
    /// Shell to print the completion script for
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells with completion scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// Elvish.
    Elvish,
    /// PowerShell.
    Powershell,
}

impl Shell {
    /// All shells.
    pub const ALL: [Self; 5] = [Self::Bash, Self::Zsh, Self::Fish, Self::Elvish, Self::Powershell];
}
