//! `accounts`: the registry for reads across accounts.

use super::environments::{account_id, region_name};
use super::fields::{Fields, Problems, text, wrong_type};
use crate::domain::diagnostic::Code;
use crate::domain::project::{Environment, OrganizationSettings, RegisteredAccount};
use crate::files::suggestion;
use crate::files::yaml::NodeValue;

const ACCOUNT_KEYS: &[&str] = &["account", "enabled", "environment", "external_id", "name", "regions", "role"];

const ORGANIZATION_KEYS: &[&str] = &["environment", "external_id", "organizations", "regions", "role"];

/// The value with which the accounts of the organization are the registry.
const ORGANIZATIONS: &str = "organizations";

/// Reads `accounts`: a list of accounts, or `organizations`, alone or as a key beside the role to assume.
pub(super) fn read(
    fields: &Fields<'_>,
    environments: &[Environment],
    problems: &mut Problems,
) -> (Vec<RegisteredAccount>, Option<OrganizationSettings>) {
    let Some(entry) = fields.entry("accounts") else { return (Vec::new(), None) };
    match &entry.value.value {
        NodeValue::String(word) if word == ORGANIZATIONS => (Vec::new(), Some(OrganizationSettings::default())),
        NodeValue::Mapping(_) => (Vec::new(), organization(fields, environments, problems)),
        NodeValue::Sequence(_) => (list(fields, environments, problems), None),
        _ => {
            let hint = "write a list of accounts, or `organizations`";
            wrong_type("accounts", "a list of accounts or `organizations`", &entry.value, hint, problems);
            (Vec::new(), None)
        }
    }
}

fn organization(
    fields: &Fields<'_>,
    environments: &[Environment],
    problems: &mut Problems,
) -> Option<OrganizationSettings> {
    let fields = Fields::known(&fields.entry("accounts")?.value, "accounts", ORGANIZATION_KEYS, problems)?;
    fields.required(ORGANIZATIONS, "organizations: true", problems);
    if fields.flag(ORGANIZATIONS, problems) == Some(false) {
        let message = "`accounts.organizations` is false";
        let hint = "set it to true, or write a list of accounts";
        problems.add(Code::WrongValue, message.to_owned(), hint, fields.place_of(ORGANIZATIONS));
    }
    let role = fields.text("role", problems);
    if role.as_ref().is_some_and(|role| role.starts_with("arn:")) {
        let hint = "use the name of the role, which is the same in every account";
        problems.add(Code::WrongValue, "`accounts.role` is an ARN".to_owned(), hint, fields.place_of("role"));
    }
    Some(OrganizationSettings {
        role,
        external_id: fields.text("external_id", problems),
        regions: regions(&fields, problems),
        environment: environment(&fields, environments, problems),
    })
}

fn list(fields: &Fields<'_>, environments: &[Environment], problems: &mut Problems) -> Vec<RegisteredAccount> {
    let mut accounts: Vec<RegisteredAccount> = Vec::new();
    for (index, item) in fields.items("accounts", problems).unwrap_or_default().iter().enumerate() {
        let path = format!("accounts[{index}]");
        let Some(fields) = Fields::known(item, &path, ACCOUNT_KEYS, problems) else {
            continue;
        };
        let name = fields.required("name", "name: Security", problems);
        let name = name.and_then(|entry| text(&entry.value, &fields.name("name"), problems));
        let account = fields.required("account", "account: \"333333333333\"", problems);
        let account = account.and_then(|entry| account_id(&entry.value, &fields.name("account"), problems));
        let regions = regions(&fields, problems);
        let role = fields.text("role", problems);
        let external_id = fields.text("external_id", problems);
        let environment = environment(&fields, environments, problems);
        let enabled = fields.flag("enabled", problems).unwrap_or(true);
        let (Some(name), Some(account)) = (name, account) else {
            continue;
        };
        if accounts.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            let message = format!("two accounts are named `{name}`");
            problems.add(Code::DuplicateName, message, "use a unique name for each", fields.place_of("name"));
        }
        if accounts.iter().any(|other| other.account == account) {
            let message = format!("account {account} is registered twice");
            problems.add(Code::DuplicateName, message, "register each account once", fields.place_of("account"));
        }
        if role.as_ref().is_some_and(|role| role.starts_with("arn:") && !role.contains(&format!(":{account}:"))) {
            let message = format!("`{}` is a role of another account", fields.name("role"));
            let hint = format!("use the name of a role in {account}");
            problems.add(Code::WrongValue, message, hint, fields.place_of("role"));
        }
        accounts.push(RegisteredAccount { name, account, role, external_id, regions, environment, enabled });
    }
    accounts
}

fn regions(fields: &Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let given = fields.items("regions", problems).unwrap_or_default();
    let mut regions: Vec<String> = Vec::new();
    for region in given.iter().filter_map(|region| region_name(region, &fields.name("regions"), problems)) {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    regions
}

fn environment(fields: &Fields<'_>, environments: &[Environment], problems: &mut Problems) -> Option<String> {
    let name = fields.text("environment", problems)?;
    if !environments.iter().any(|environment| environment.name == name) {
        let hint = suggestion::hint(&name, environments.iter().map(|environment| environment.name.as_str()));
        let message = format!("`{}` is `{name}`, which is not an environment", fields.name("environment"));
        problems.add(Code::WrongValue, message, hint, fields.place_of("environment"));
    }
    Some(name)
}
