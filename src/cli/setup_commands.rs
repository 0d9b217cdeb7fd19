//! The commands with which a project begins: `init`, `templates`, and `man`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `templates`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TemplatesArgs {
    /// The subcommand.
    #[command(subcommand)]
    pub command: TemplatesCommand,
}

/// The subcommands of `templates`.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TemplatesCommand {
    /// List the starter templates with their resource types
    List,
    /// Print a starter template with the names of the project
    Show(TemplatesShowArgs),
    /// Write a starter template with the names of the project to a file
    New(TemplatesNewArgs),
}

/// `templates show`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TemplatesShowArgs {
    /// Name of a starter template, such as s3-bucket
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `templates new`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TemplatesNewArgs {
    /// Name of a starter template, such as s3-bucket
    #[arg(value_name = "NAME")]
    pub name: String,
    /// File to write; default: NAME.yaml in the current folder
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    pub overwrite: bool,
}

/// `init`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct InitArgs {
    /// Name of the project, the first part of resource names; default: the name of the current folder
    #[arg(long, value_name = "NAME", value_parser = project_name)]
    pub project: Option<String>,
    /// File to write; default: stagegate.yaml in the current folder
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// AWS profile of dev
    #[arg(long, value_name = "PROFILE", help_heading = ENVIRONMENTS)]
    pub dev_profile: Option<String>,
    /// AWS profile of prod
    #[arg(long, value_name = "PROFILE", help_heading = ENVIRONMENTS)]
    pub prod_profile: Option<String>,
    /// Account of dev; default: the one that STS returns for the profile
    #[arg(long, value_name = "ID", help_heading = ENVIRONMENTS)]
    pub dev_account: Option<String>,
    /// Account of prod; default: the one that STS returns for the profile
    #[arg(long, value_name = "ID", help_heading = ENVIRONMENTS)]
    pub prod_account: Option<String>,
    /// Region of dev; default: --region, or the Region of the profile
    #[arg(long, value_name = "REGION", help_heading = ENVIRONMENTS, value_parser = super::global::region)]
    pub dev_region: Option<String>,
    /// Region of prod; default: --region, or the Region of the profile
    #[arg(long, value_name = "REGION", help_heading = ENVIRONMENTS, value_parser = super::global::region)]
    pub prod_region: Option<String>,
    /// Allow dev and prod to be one account
    #[arg(long, help_heading = ENVIRONMENTS)]
    pub single_account: bool,
    /// Value of a tag that every resource gets; may be repeated; default: CostCenter=Engineering
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Starter template to write to the folder `templates`; may be repeated (`stagegate templates list`)
    #[arg(long = "starter", value_name = "NAME")]
    pub starters: Vec<String>,
}

/// The heading of the flags about environments.
const ENVIRONMENTS: &str = "Environments";

/// Checks the name of a project by the rule of the project file.
///
/// # Errors
/// It has other characters.
pub fn project_name(text: &str) -> Result<String, String> {
    let is_valid = !text.is_empty() && text.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    if is_valid { Ok(text.to_owned()) } else { Err("use letters, digits, `-` and `_`".to_owned()) }
}

/// `man`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ManArgs {
    /// Command to print the manual page of, such as drift or sandbox seed; default: stagegate itself
    #[arg(value_name = "COMMAND", num_args = 0..)]
    pub command: Vec<String>,
}
