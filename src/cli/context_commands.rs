//! `context` and its flags.

use clap::Args;

/// `context`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ContextArgs {
    /// Name of an environment, or all
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub env: String,
    /// Print which operations require an approval in each environment, and what each service supports; makes no calls
    #[arg(long, conflicts_with = "member_role")]
    pub matrix: bool,
    /// Check credentials, Regions, the clock, permissions, resource types, the configuration and the engines, and show how to
    /// correct what is wrong
    #[arg(long, conflicts_with_all = ["matrix", "member_role"])]
    pub doctor: bool,
    /// Print the template of the role with which `inventory` reads an account; makes no calls
    #[arg(long)]
    pub member_role: bool,
    /// Print the JSON Schema of stagegate.yaml, with which editors complete and check the file; makes no calls
    #[arg(long, conflicts_with_all = ["matrix", "doctor", "member_role", "resources"])]
    pub project_schema: bool,
    /// List the resources that stagegate manages in each environment, with the users and roles that can read or change them
    #[arg(long, conflicts_with_all = ["matrix", "member_role"])]
    pub resources: bool,
    /// With --member-role: organization that callers must belong to
    #[arg(long, value_name = "O-ID", requires = "member_role", value_parser = organization)]
    pub org_id: Option<String>,
    /// With --member-role: require that the session of the caller used MFA
    #[arg(long, requires = "member_role")]
    pub require_mfa: bool,
    /// With --member-role: type that the role reads, or AWS::SERVICE for all of its types; may be repeated; default: the types
    /// that the built-in policies check
    #[arg(long = "type", value_name = "TYPE", requires = "member_role")]
    pub types: Vec<String>,
}

/// Checks the form of the id of an organization.
fn organization(text: &str) -> Result<String, String> {
    let is_id = text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if is_id { Ok(text.to_owned()) } else { Err("use the id of an organization, such as o-a1b2c3d4e5".to_owned()) }
}
