//! The commands that change resources.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::commands::translator;
use crate::domain::approval::MAX_REASON;
use crate::domain::project::Translator;

/// `create`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CreateArgs {
    /// Templates: files, folders, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Environment to create the resources in
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
    /// Name of the stack: which resources belong together, and the value of AWS::StackName; default: the name of the
    /// template's file or folder
    #[arg(long, value_name = "NAME")]
    pub stack_name: Option<String>,
    /// Leave properties as they are that were changed in the account since stagegate last wrote them
    #[arg(long)]
    pub keep_live: bool,
    /// Set a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Value of an export of another stack, for Fn::ImportValue
    #[arg(long = "import", value_name = "NAME=VALUE")]
    pub imports: Vec<String>,
    /// What expands AWS::Serverless resources: builtin, or sam-translator (AWS's own, which must be installed)
    #[arg(long, value_name = "NAME", default_value = "builtin", value_parser = translator())]
    pub transform: Translator,
    /// Add a tag to the new resources
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Value of the Purpose tag; default: the logical id of each resource
    #[arg(long, value_name = "TEXT", value_parser = purpose)]
    pub purpose: Option<String>,
    /// Flags that stop or approve a plan.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Flags of the commands that change resources. None of them has an environment variable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct WriteArgs {
    /// Print the plan and exit without changing anything
    #[arg(long)]
    pub plan_only: bool,
    /// Approve the plan with this digest and no other
    #[arg(long, value_name = "DIGEST")]
    pub approve: Option<String>,
    /// Approve critical findings in a protected environment, in addition to the plan
    #[arg(long, value_name = "DIGEST", requires = "reason")]
    pub approve_findings: Option<String>,
    /// Reason for the approval, recorded in the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Save the plan to this file for review, and exit without changing anything
    #[arg(long, value_name = "FILE", conflicts_with_all = ["approve", "plan_only"])]
    pub plan_out: Option<PathBuf>,
    /// Continue an interrupted run; completed steps are recognized
    #[arg(long)]
    pub resume: bool,
    /// Show every property of the plan
    #[arg(long)]
    pub full: bool,
}

/// `update`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(group = clap::ArgGroup::new("change").args(["files", "sets", "patch"]).required(true).multiple(true))]
pub struct UpdateArgs {
    /// Resource type, such as AWS::SQS::Queue
    #[arg(value_name = "TYPE")]
    pub type_name: String,
    /// Identifier of the resource
    #[arg(value_name = "ID")]
    pub identifier: String,
    /// Environment of the resource
    #[arg(long, value_name = "NAME")]
    pub env: String,
    /// File with the properties to set: {Type, Properties} or the properties alone, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", conflicts_with = "patch")]
    pub files: Vec<PathBuf>,
    /// Set a property: Property.Nested=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE", conflicts_with = "patch")]
    pub sets: Vec<String>,
    /// File with a JSON Patch (RFC 6902) of the properties, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub patch: Vec<PathBuf>,
    /// Allow the plan to replace the resource in a protected environment
    #[arg(long)]
    pub allow_replace: bool,
    /// Flags that stop or approve a plan.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `delete`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DeleteArgs {
    /// Resource type, such as AWS::SQS::Queue
    #[arg(value_name = "TYPE")]
    pub type_name: String,
    /// Identifier of the resource
    #[arg(value_name = "ID")]
    pub identifier: String,
    /// Environment of the resource
    #[arg(long, value_name = "NAME")]
    pub env: String,
    /// Flags that stop or approve a plan.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `apply`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ApplyArgs {
    /// File that --plan-out saved
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Set a template parameter whose value is not in the plan because it is sensitive
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Value of a --set that is not in the plan because it is sensitive: the same PATH=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Value of a property that is not in the plan because it is sensitive: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE
    #[arg(long = "input", value_name = "RESOURCE#/POINTER=VALUE")]
    pub inputs: Vec<String>,
    /// File in which `approve` recorded an approval of the plan by somebody else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["approve", "approve_findings", "reason"])]
    pub approval: Option<PathBuf>,
    /// Flags that stop or approve a plan.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `approve`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = APPROVE_NOTE)]
pub struct ApproveArgs {
    /// File that --plan-out saved
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Approve critical findings in a protected environment, in addition to the plan
    #[arg(long, value_name = "DIGEST", requires = "reason")]
    pub approve_findings: Option<String>,
    /// Reason for the approval, recorded in the file and in the audit log
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<String>,
    /// File to record the approval in; default: PLAN with the extension .approval.json
    #[arg(long, value_name = "FILE")]
    pub approval_out: Option<PathBuf>,
}

const APPROVE_NOTE: &str = "The caller is identified by STS. Where `approvals.ENVIRONMENT.not_by_planner` is set in the project file, whoever made the \
plan may not approve it. `stagegate apply PLAN --plan-only` shows the plan as it is now.";

/// Parses the reason of a recorded approval.
fn reason(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=MAX_REASON => Ok(text.to_owned()),
        count => Err(format!("the text has {count} characters; a reason has at most {MAX_REASON}")),
    }
}

/// `promote`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PromoteArgs {
    /// Resources as TYPE ID pairs, such as AWS::S3::Bucket my-bucket-dev
    #[arg(value_name = "TYPE ID", num_args = 2.., required_unless_present_any = ["all", "select"])]
    pub resources: Vec<String>,
    /// Promote all managed resources that have not been promoted yet or have changed since
    #[arg(long, conflicts_with = "select")]
    pub all: bool,
    /// Promote all managed resources with this tag
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resources")]
    pub select: Option<String>,
    /// Environment to promote from
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub from: String,
    /// Environment to promote to
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub to: String,
    /// Also promote the resources that they refer to
    #[arg(long)]
    pub with_dependencies: bool,
    /// Value of a property that AWS does not return: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE to read a file
    #[arg(long = "input", value_name = "RESOURCE#/POINTER=VALUE")]
    pub inputs: Vec<String>,
    /// YAML file with such values: RESOURCE: {/JSON/POINTER: VALUE}; --input takes precedence
    #[arg(long = "inputs", value_name = "FILE")]
    pub inputs_file: Option<PathBuf>,
    /// Name of a new resource in the environment promoted to
    #[arg(long = "name", value_name = "TYPE/ID=NAME")]
    pub names: Vec<String>,
    /// Change the resource in the environment promoted from instead, so that it has what its counterpart has by now
    #[arg(
        long,
        requires = "resources",
        conflicts_with_all = ["all", "with_dependencies", "inputs", "inputs_file", "names", "mark_pending", "unmark",
                              "leave_behind"]
    )]
    pub pull: bool,
    /// Only mark the resources as waiting for promotion (PromotionStatus=pending-prod)
    #[arg(long, conflicts_with_all = ["unmark", "plan_out", "with_dependencies"])]
    pub mark_pending: bool,
    /// Only remove that mark, or a counterpart that the other environment does not confirm
    #[arg(long, conflicts_with_all = ["plan_out", "with_dependencies"])]
    pub unmark: bool,
    /// Add a tag to the new resources
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Allow the plan to replace resources in the protected environment
    #[arg(long)]
    pub allow_replace: bool,
    /// Accept that resources without tags which belong to the promoted ones stay behind
    #[arg(long)]
    pub leave_behind: bool,
    /// Print the plan as a graph and exit without changing anything
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "plan_out")]
    pub graph: Option<GraphFormat>,
    /// Promote without asking what promotion.auto in the project file allows, and refuse the rest
    #[arg(
        long,
        conflicts_with_all = ["approve", "approve_findings", "plan_out", "pull", "mark_pending", "unmark",
                              "allow_replace", "leave_behind"]
    )]
    pub auto: bool,
    /// Flags that stop or approve a plan.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Languages of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Mermaid, for Markdown.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
}

/// Parses `--purpose`: the value of a tag has at most 256 characters.
fn purpose(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=256 => Ok(text.to_owned()),
        count => Err(format!("the text has {count} characters; a tag value has at most 256")),
    }
}
