//! `environments` and the environment tokens of names.

use std::collections::BTreeMap;

use crate::domain::diagnostic::{Code, Location};
use crate::domain::project::{AccountId, Environment};
use crate::domain::region;
use crate::files::suggestion;
use crate::files::yaml::{Entry, Node, NodeValue};
use crate::schema::partition_of;

use super::fields::{Fields, Problems, text, wrong_type};

const ENVIRONMENT_KEYS: &[&str] =
    &["account", "allow_create", "profile", "protected", "region", "regions", "sandbox", "tag_value"];

/// Reads `environments`, in the order written.
pub(super) fn read(fields: &Fields<'_>, single_account: bool, problems: &mut Problems) -> Vec<Environment> {
    let example = "environments: { dev: { account: \"111111111111\", region: us-east-1 } }";
    let Some(entry) = fields.required("environments", example, problems) else {
        return Vec::new();
    };
    let Some(section) = Fields::open(&entry.value, "environments", problems) else {
        return Vec::new();
    };
    if section.entries().is_empty() {
        problems.add(
            Code::MissingKey,
            "`environments` is empty".to_owned(),
            format!("write `{example}`"),
            &section.place,
        );
    }
    let mut read: Vec<(Environment, Location)> = Vec::new();
    for entry in section.entries() {
        read.extend(environment(entry, &section, problems));
    }
    if !single_account {
        check_distinct_accounts(&read, problems);
    }
    read.into_iter().map(|(environment, _)| environment).collect()
}

/// One environment and the location of its account.
fn environment(entry: &Entry, section: &Fields<'_>, problems: &mut Problems) -> Option<(Environment, Location)> {
    let name = entry.key.as_str();
    let is_valid = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name != "all";
    if !is_valid {
        let message = format!("`{name}` is not a valid environment name");
        let hint = "use lower-case letters, digits and `-`, and not `all`";
        problems.add(Code::WrongValue, message, hint, &entry.key_location);
    }
    let mut fields = Fields::known(&entry.value, &section.name(name), ENVIRONMENT_KEYS, problems)?;
    if entry.value.is_null() {
        fields.place = entry.key_location.clone();
    }
    let account = fields.required("account", "account: \"111111111111\"", problems);
    let account = account.and_then(|entry| account_id(&entry.value, &fields.name("account"), problems));
    let regions = read_regions(&fields, problems);
    let tag_value =
        fields.text("tag_value", problems).unwrap_or_else(|| Environment::default_tag_value(name).to_owned());
    let protected =
        fields.flag("protected", problems).unwrap_or_else(|| Environment::default_protected(name, &tag_value));
    let profile = fields.text("profile", problems);
    let allow_create = fields.flag("allow_create", problems).unwrap_or(false);
    let sandbox = fields.flag("sandbox", problems).unwrap_or(false);
    let place = fields.place_of("account").clone();
    let (region, other_regions) = regions?;
    let environment = Environment {
        name: name.to_owned(),
        profile,
        region,
        other_regions,
        reads_global: true,
        account: account?,
        tag_value,
        protected,
        allow_create,
        sandbox,
    };
    Some((environment, place))
}

/// The region that commands work in, and further ones: `region`, `regions`, of which the first is meant, or both.
fn read_regions(fields: &Fields<'_>, problems: &mut Problems) -> Option<(String, Vec<String>)> {
    let Some(items) = fields.items("regions", problems) else {
        let region = fields.required("region", "region: us-east-1", problems)?;
        return Some((region_name(&region.value, &fields.name("region"), problems)?, Vec::new()));
    };
    let place = fields.place_of("regions").clone();
    let name = fields.name("regions");
    let mut regions: Vec<String> = Vec::new();
    for item in items {
        let Some(region) = region_name(item, &name, problems) else { continue };
        if regions.contains(&region) {
            problems.add(
                Code::WrongValue,
                format!("`{name}` contains `{region}` twice"),
                "write each region once",
                &item.location,
            );
        } else if regions.first().is_some_and(|first| partition_of(first) != partition_of(&region)) {
            let message = format!("`{name}` contains regions of several partitions");
            problems.add(Code::WrongValue, message, "an account belongs to one partition", &item.location);
        }
        regions.push(region);
    }
    let Some(first) = regions.first().cloned() else {
        problems.add(Code::MissingKey, format!("`{name}` is empty"), "write `regions: [us-east-1]`", &place);
        return None;
    };
    let home = match fields.entry("region") {
        Some(entry) => region_name(&entry.value, &fields.name("region"), problems)?,
        None => first,
    };
    if !regions.contains(&home) {
        let message = format!("`{}` is `{home}`, which `{name}` does not contain", fields.name("region"));
        problems.add(Code::WrongValue, message, "add it to the list, or remove `region`", fields.place_of("region"));
    }
    regions.retain(|region| *region != home);
    Some((home, regions))
}

/// With dev and prod in one account, dev's credentials could write to prod.
fn check_distinct_accounts(environments: &[(Environment, Location)], problems: &mut Problems) {
    for (index, (later, place)) in environments.iter().enumerate() {
        for (earlier, _) in &environments[..index] {
            let is_pair =
                ["dev", "prod"].contains(&later.name.as_str()) && ["dev", "prod"].contains(&earlier.name.as_str());
            if later.account == earlier.account && (is_pair || later.protected != earlier.protected) {
                let message = format!("`{}` and `{}` use the same account {}", earlier.name, later.name, later.account);
                let hint = "use a separate account for each, or set `single_account: true` at the top level";
                problems.add(Code::SameAccount, message, hint, place);
            }
        }
    }
}

/// The tokens of each environment: those given, else its name, its usual long form and its tag value.
pub(super) fn read_tokens(
    naming: Option<&Fields<'_>>,
    environments: &[Environment],
    problems: &mut Problems,
) -> BTreeMap<String, Vec<String>> {
    let mut tokens: BTreeMap<String, Vec<String>> =
        environments.iter().map(|environment| (environment.name.clone(), default_tokens(environment))).collect();
    let Some(entry) = naming.and_then(|naming| naming.entry("environment_tokens")) else {
        return tokens;
    };
    let Some(section) = Fields::open(&entry.value, "naming.environment_tokens", problems) else {
        return tokens;
    };
    for entry in section.entries() {
        if !tokens.contains_key(&entry.key) {
            let hint = suggestion::hint(&entry.key, environments.iter().map(|environment| environment.name.as_str()));
            let message = format!("`naming.environment_tokens` refers to `{}`, which is not an environment", entry.key);
            problems.add(Code::UnknownKey, message, hint, &entry.key_location);
            continue;
        }
        let given = section.texts(&entry.key, problems).unwrap_or_default();
        for token in &given {
            if !token.chars().all(|character| character.is_ascii_alphanumeric()) {
                let message = format!("`{token}` is not a valid name token");
                problems.add(Code::WrongValue, message, "use letters and digits only", &entry.value.location);
            }
        }
        let taken = tokens.iter().find(|(name, others)| {
            **name != entry.key
                && given.iter().any(|token| others.iter().any(|other| other.eq_ignore_ascii_case(token)))
        });
        if let Some((other, _)) = taken {
            let message = format!("`{}` and `{other}` share a token", entry.key);
            let hint = "use a different token for each environment";
            problems.add(Code::AmbiguousToken, message, hint, &entry.value.location);
        }
        if !given.is_empty() {
            tokens.insert(entry.key.clone(), given);
        }
    }
    tokens
}

fn default_tokens(environment: &Environment) -> Vec<String> {
    let mut tokens = Vec::new();
    let tag_value = environment.tag_value.to_ascii_lowercase();
    for token in [environment.name.as_str(), Environment::default_tag_value(&environment.name), &tag_value] {
        let is_token = !token.is_empty() && token.chars().all(|character| character.is_ascii_alphanumeric());
        if is_token && !tokens.iter().any(|known| known == token) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

pub(super) fn account_id(node: &Node, name: &str, problems: &mut Problems) -> Option<AccountId> {
    let (NodeValue::String(_) | NodeValue::Number(_)) = node.value else {
        wrong_type(name, "an account id", node, "write the twelve digits in quotes", problems);
        return None;
    };
    let text = node.scalar_text()?;
    let parsed = AccountId::parse(&text).ok();
    if parsed.is_none() {
        let hint = match text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => "an account id has twelve digits; if it begins with zeros, write them, in quotes",
            false => "an account id has twelve digits; write it in quotes",
        };
        problems.add(
            Code::InvalidAccountId,
            format!("`{name}` is `{text}`, which is not an account id"),
            hint,
            &node.location,
        );
    }
    parsed
}

pub(super) fn region_name(node: &Node, name: &str, problems: &mut Problems) -> Option<String> {
    let region = text(node, name, problems)?;
    if let Err(problem) = region::check(&region) {
        let message = format!("`{name}` is `{region}`, which is not a valid region name");
        problems.add(Code::InvalidRegion, message, problem.hint(), &node.location);
        return None;
    }
    Some(region)
}
