//! The schema of the project file, `stagegate.yaml`, for editors. `files::config` reads the file and checks more than a schema can say;
//! `tests/all/project_schema.rs` compares the keys of both.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::domain::finding::Severity;
use crate::domain::project::{CostSettings, EngineName, TagPreset};

/// The project file of stagegate.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProjectFile {
    /// Version of the format.
    pub version: Option<Version>,
    /// Name of the project: the first part of resource names, and the value of the tag Project.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub project: String,
    /// The environments by name, usually `dev` and `prod`.
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": "^(?!all$)[a-z][a-z0-9-]*$"}))]
    pub environments: BTreeMap<String, EnvironmentSection>,
    /// Allow dev and prod to be one account.
    pub single_account: Option<bool>,
    /// Further accounts that `inventory` reads, or `organizations` for those of the organization.
    pub accounts: Option<Accounts>,
    /// Who may approve plans, by environment.
    pub approvals: Option<BTreeMap<String, Option<ApprovalSection>>>,
    /// Limits of the cost.
    pub cost: Option<CostSection>,
    /// Tags of every resource.
    pub tags: Option<TagSection>,
    /// Names of resources.
    pub naming: Option<NamingSection>,
    /// Policies of scans.
    pub policies: Option<PolicySection>,
    /// What differs between the environments.
    pub promotion: Option<PromotionSection>,
    /// File with the expected monthly usage, for estimates.
    pub usage: Option<Text>,
    /// Record calls that change something, and approvals, in the audit log; default: true.
    pub audit_log: Option<bool>,
}

/// An environment: an account, and how it is used.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["region"]}, {"required": ["regions"]}]))]
pub struct EnvironmentSection {
    /// The account that STS must return before anything is changed.
    pub account: AccountNumber,
    /// AWS profile whose credentials are used, and no others.
    pub profile: Option<Text>,
    /// Region of its resources.
    pub region: Option<RegionName>,
    /// Several Regions; resources are created in `region`, or in the first one.
    pub regions: Option<OneOrMany<RegionName>>,
    /// Value of the tag Environment; default: `development` for dev, `production` for prod.
    pub tag_value: Option<Text>,
    /// Every change requires an approval; default: true for prod.
    pub protected: Option<bool>,
    /// Allow `create` in a protected environment.
    pub allow_create: Option<bool>,
    /// The embedded AWS emulator serves it.
    pub sandbox: Option<bool>,
}

/// Further accounts that `inventory` reads.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Accounts {
    /// The accounts of the organization.
    Organizations(Organizations),
    /// The accounts of the organization, read with a role.
    Organization(OrganizationSection),
    /// These accounts.
    List(Vec<AccountSection>),
}

/// The accounts of the organization.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OrganizationSection {
    /// Read the accounts of the organization.
    #[schemars(extend("const" = true))]
    pub organizations: bool,
    /// Name of the role that each account is read with.
    pub role: Option<Text>,
    /// External id that the role requires.
    pub external_id: Option<Text>,
    /// Regions to read; default: those of the environment.
    pub regions: Option<OneOrMany<RegionName>>,
    /// Environment whose credentials assume the role.
    pub environment: Option<Text>,
}

/// An account that `inventory` reads.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AccountSection {
    /// Name of the account.
    pub name: Text,
    /// Its id.
    pub account: AccountNumber,
    /// Name or ARN of the role that it is read with.
    pub role: Option<Text>,
    /// External id that the role requires.
    pub external_id: Option<Text>,
    /// Regions to read; default: those of the environment.
    pub regions: Option<OneOrMany<RegionName>>,
    /// Environment whose credentials assume the role.
    pub environment: Option<Text>,
    /// Read it; default: true.
    pub enabled: Option<bool>,
}

/// Who may approve plans in an environment.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ApprovalSection {
    /// Whoever made a plan may not approve it.
    pub not_by_planner: Option<bool>,
}

/// Limits of the cost.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CostSection {
    /// Monthly cost in US dollars from which a change requires an approval; default: 10.00.
    pub auto_approve_below: Option<Amount>,
    /// Monthly costs in US dollars that `stagegate cost` reports when an environment reaches them; default: 25, 50 and 100.
    pub alerts: Option<OneOrMany<Amount>>,
    /// Region of the Price List API.
    pub pricing_region: Option<PricingRegion>,
}

/// Tags of every resource.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TagSection {
    /// Tag standard.
    pub preset: Option<Preset>,
    /// Further tags that every resource must have, with the values that are allowed; `[]` allows any value.
    pub required: Option<BTreeMap<String, Option<OneOrMany<Scalar>>>>,
    /// Tags that every resource gets.
    pub values: Option<BTreeMap<String, Scalar>>,
}

/// Names of resources.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NamingSection {
    /// Parts of names that stand for an environment, by environment.
    pub environment_tokens: Option<BTreeMap<String, Option<OneOrMany<Token>>>>,
    /// Pattern of the names of IAM policies, with {Project}, {Service}, {Actions} and {Environment}.
    pub iam_policy: Option<Text>,
}

/// Policies of scans.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicySection {
    /// Folders with policies of your own; one with the id of a built-in policy replaces it.
    pub dirs: Option<OneOrMany<Text>>,
    /// Lowest severity of a finding that fails a scan and requires an approval; default: high.
    pub fail_on: Option<LowestSeverity>,
    /// File of accepted findings, each with an owner, a reason and an expiry date.
    pub waivers: Option<Text>,
    /// Scan engines; default: builtin.
    pub engines: Option<OneOrMany<Engine>>,
}

/// What differs between the environments.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PromotionSection {
    /// Values of dev with those that stand for them in prod, such as ARNs of certificates.
    pub map: Option<BTreeMap<String, Scalar>>,
    /// Properties that have another value in prod: by type, or by type and name pattern (`TYPE/NAME-*`), and by property.
    #[schemars(extend("propertyNames" = {"pattern": "^[^:]+::[^:]+::.+$"}))]
    pub overrides: Option<BTreeMap<String, Option<BTreeMap<String, Value>>>>,
    /// What `promote --auto` promotes without an approval.
    pub auto: Option<AutoSection>,
}

/// What `promote --auto` promotes without an approval.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AutoSection {
    /// Resource types.
    pub types: OneOrMany<Text>,
    /// Highest monthly cost of a plan in US dollars.
    pub cap: Amount,
    /// How long a resource must not have changed in dev, at most seven days: `90m`, `24h` or `7d`.
    #[schemars(regex(pattern = "^[0-9]+[mhd]$"))]
    pub soak: String,
}

/// One value, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// Several.
    Many(Vec<T>),
}

/// A text that is not empty.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
pub struct Text(#[schemars(regex(pattern = "\\S"))] pub String);

/// Letters and digits.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
pub struct Token(#[schemars(regex(pattern = "^[A-Za-z0-9]+$"))] pub String);

/// A Region, such as `us-east-1`.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
pub struct RegionName(#[schemars(regex(pattern = "^[a-z]{2,}-[a-z]{2,}(-[a-z]{2,})?-[0-9]$"))] pub String);

/// Twelve digits, in quotes.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
pub enum AccountNumber {
    /// In quotes.
    Quoted(#[schemars(regex(pattern = "^[0-9]{12}$"))] String),
    /// As a number, which cannot begin with a zero.
    Number(#[schemars(range(min = 100_000_000_000_u64, max = 999_999_999_999_u64))] u64),
}

/// An amount of US dollars.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
pub enum Amount {
    /// A number.
    Number(#[schemars(range(min = 0))] f64),
    /// A number in quotes.
    Quoted(#[schemars(regex(pattern = "^[0-9]+(\\.[0-9]+)?$"))] String),
}

/// One value.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Switch(bool),
}

/// Defines types for one of several values.
macro_rules! one_of {
    ($($(#[$doc:meta])* $name:ident: $values:expr,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "enum": $values })
                }
            }
        )*
    };
}

one_of! {
    /// The version of the format.
    Version: json!([1, "1"]),
    /// The word for the accounts of the organization.
    Organizations: json!(["organizations"]),
    /// A scan engine.
    Engine: EngineName::ALL.map(EngineName::as_str),
    /// A Region of the Price List API.
    PricingRegion: CostSettings::PRICING_REGIONS,
    /// A tag standard.
    Preset: TagPreset::ALL.map(TagPreset::as_str),
    /// A severity.
    LowestSeverity: Severity::ALL.map(Severity::as_str),
}
