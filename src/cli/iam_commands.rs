//! `iam`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `iam`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct IamArgs {
    /// The subcommand.
    #[command(subcommand)]
    pub command: IamCommand,
}

/// The subcommands of `iam`.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum IamCommand {
    /// Show the policies of a user, a role or a group, and what is risky or unused in them
    Analyze(IamAnalyzeArgs),
    /// Show which needed actions a user, a role or a group may not perform
    Gap(IamGapArgs),
    /// Write a template with the smallest policy that allows what is missing
    Propose(IamProposeArgs),
    /// Write the smallest policy that allows a principal to carry out a plan or a template
    ForPlan(IamForPlanArgs),
}

/// `iam analyze`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct IamAnalyzeArgs {
    /// Name or ARN of a user, a role or a group
    #[arg(value_name = "PRINCIPAL")]
    pub principal: String,
    /// Check each policy with IAM Access Analyzer, or locally where it may not be used
    #[arg(long)]
    pub validate: bool,
    /// Environment of the principal
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
}

/// `iam gap`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct IamGapArgs {
    /// Name or ARN of a user, a role or a group
    #[arg(value_name = "PRINCIPAL")]
    pub principal: String,
    /// Actions that are needed, such as s3:GetObject
    #[arg(long = "action", value_name = "ACTION", required = true, num_args = 1..)]
    pub actions: Vec<String>,
    /// ARNs of the resources on which they are needed; default: every resource
    #[arg(long = "resource", value_name = "ARN", num_args = 1..)]
    pub resources: Vec<String>,
    /// Environment of the principal
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
}

/// `iam propose`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct IamProposeArgs {
    /// Name or ARN of a user, a role or a group
    #[arg(value_name = "PRINCIPAL")]
    pub principal: String,
    /// Actions that are needed, such as s3:GetObject
    #[arg(long = "action", value_name = "ACTION", required = true, num_args = 1..)]
    pub actions: Vec<String>,
    /// ARNs of the resources on which they are needed; actions without resources need none
    #[arg(long = "resource", value_name = "ARN", num_args = 1..)]
    pub resources: Vec<String>,
    /// Name of the service in the policy's name; default: that of the actions
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// What the actions are for, in one word: the {Actions} in the policy's name; default: the names of the actions
    #[arg(long, value_name = "WORD")]
    pub purpose: Option<String>,
    /// Check the policy with IAM Access Analyzer, or locally where it may not be used. For a policy that is extended, Access
    /// Analyzer also checks that nothing else is allowed, which it charges for
    #[arg(long)]
    pub validate: bool,
    /// Environment of the principal
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
    /// Write the template to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `iam for-plan`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(group = clap::ArgGroup::new("planned").args(["plan", "files"]).required(true))]
pub struct IamForPlanArgs {
    /// File that --plan-out saved
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Templates to be created: files, folders, or - for standard input
    #[arg(short, long = "file", value_name = "PATH", num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Set a template parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Override a property: LogicalId.Property=VALUE
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Value of an export of another stack, for Fn::ImportValue
    #[arg(long = "import", value_name = "NAME=VALUE")]
    pub imports: Vec<String>,
    /// Check the policy with IAM Access Analyzer of the environment, or locally where it may not be used
    #[arg(long)]
    pub validate: bool,
    /// Environment of the templates
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
    /// Write the policy to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
