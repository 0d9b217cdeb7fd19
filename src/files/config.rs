//! `stagegate.yaml`: found in the working folder or its parents, parsed strictly.
//!
//! Every unknown key is an error, and all problems are reported at once with their locations.

mod approvals;
mod draft;
mod environments;
mod fields;
mod registry;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::Severity;
use crate::domain::project::{
    AutoPromotion, CostSettings, EngineName, Environment, MAX_SOAK, NamingSettings, PolicySettings, Project,
    PromotionSettings, TagPreset, TagSettings, auto_type_problem, override_key, override_problem,
};
use crate::schema::Registry;

pub use draft::{Draft, DraftEnvironment};

use super::yaml::{self, Node, NodeValue};
use fields::{Fields, Problems, money, text, wrong_type};

/// The configuration file's name.
pub const FILE_NAME: &str = "stagegate.yaml";

/// The file of the project file's schema, beside it, if the user has saved one.
pub const SCHEMA_FILE_NAME: &str = "stagegate.schema.json";

/// The supported version of the configuration format.
const VERSION: &str = "1";

const KEYS: &[&str] = &[
    "accounts",
    "approvals",
    "audit_log",
    "cost",
    "environments",
    "naming",
    "policies",
    "project",
    "promotion",
    "single_account",
    "tags",
    "usage",
    "version",
];

/// The placeholders of `naming.iam_policy`.
const POLICY_NAME_PLACEHOLDERS: &[&str] = &["Actions", "Environment", "Project", "Service"];

/// The nearest configuration file in `start` or a folder above it. Reads the file system.
pub fn discover(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// Reads a configuration. Pure: `file` is only named in messages.
///
/// # Errors
/// All problems, in document order.
pub fn parse(file: &str, text: &str) -> Result<Project, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let mut problems = Problems::default();
    refuse_tags(&root, &mut problems);
    let project = project(&root, &mut problems);
    problems.list.sort_by_key(|problem| problem.location.as_ref().map(|place| (place.line, place.column)));
    match project {
        Some(project) if problems.list.is_empty() => Ok(project),
        _ => Err(problems.list),
    }
}

/// CloudFormation function tags are valid in templates only.
fn refuse_tags(node: &Node, problems: &mut Problems) {
    if let Some(tag) = &node.tag {
        let hint = "write the value itself; functions are supported in templates only";
        problems.add(Code::UnknownTag, format!("the tag `{tag}` is not supported here"), hint, &node.location);
    }
    match &node.value {
        NodeValue::Sequence(items) => items.iter().for_each(|item| refuse_tags(item, problems)),
        NodeValue::Mapping(entries) => entries.iter().for_each(|entry| refuse_tags(&entry.value, problems)),
        _ => {}
    }
}

fn project(root: &Node, problems: &mut Problems) -> Option<Project> {
    let fields = Fields::known(root, "", KEYS, problems)?;
    check_version(&fields, problems);
    let name = fields.required("project", "project: MyProject", problems).and_then(|entry| {
        let name = text(&entry.value, "project", problems)?;
        let is_valid = name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
        if !is_valid {
            let message = format!("`{name}` is not allowed in resource names");
            problems.add(Code::WrongValue, message, "use letters, digits, `-` and `_`", &entry.value.location);
        }
        Some(name)
    });
    let single_account = fields.flag("single_account", problems).unwrap_or(false);
    let environments = environments::read(&fields, single_account, problems);
    let (accounts, organization) = registry::read(&fields, &environments, problems);
    let project = Project {
        name: name.unwrap_or_default(),
        accounts,
        organization,
        approvals: approvals::read(&fields, &environments, problems),
        cost: section(&fields, "cost", &["alerts", "auto_approve_below", "pricing_region"], problems, cost)
            .unwrap_or_default(),
        tags: section(&fields, "tags", &["preset", "required", "values"], problems, tags).unwrap_or_default(),
        naming: naming(&fields, &environments, problems),
        policies: section(&fields, "policies", &["dirs", "engines", "fail_on", "waivers"], problems, policies)
            .unwrap_or_default(),
        promotion: section(&fields, "promotion", &["auto", "map", "overrides"], problems, promotion)
            .unwrap_or_default(),
        usage: fields.text("usage", problems),
        single_account,
        audit_log: fields.flag("audit_log", problems).unwrap_or(true),
        environments,
    };
    Some(project)
}

/// Reads a section with known keys, if present.
fn section<T>(
    fields: &Fields<'_>,
    key: &str,
    keys: &[&str],
    problems: &mut Problems,
    read: fn(&Fields<'_>, &mut Problems) -> T,
) -> Option<T> {
    let section = Fields::known(&fields.entry(key)?.value, &fields.name(key), keys, problems)?;
    Some(read(&section, problems))
}

fn check_version(fields: &Fields<'_>, problems: &mut Problems) {
    if let Some(entry) = fields.entry("version") {
        let version = entry.value.scalar_text().unwrap_or_default();
        if version != VERSION {
            let message = format!("configuration version `{version}` is not supported");
            problems.add(Code::WrongValue, message, format!("write `version: {VERSION}`"), &entry.value.location);
        }
    }
}

fn cost(fields: &Fields<'_>, problems: &mut Problems) -> CostSettings {
    let default = CostSettings::default();
    let alerts = fields.items("alerts", problems).map(|items| {
        let mut alerts: Vec<_> = items.iter().filter_map(|item| money(item, "cost.alerts", problems)).collect();
        alerts.sort();
        alerts.dedup();
        alerts
    });
    // Other regions have no Price List API.
    let regions = CostSettings::PRICING_REGIONS.map(|region| (region, region));
    CostSettings {
        auto_approve_below: fields.money("auto_approve_below", problems).unwrap_or(default.auto_approve_below),
        alerts: alerts.unwrap_or(default.alerts),
        pricing_region: fields.choice("pricing_region", &regions, problems).map(str::to_owned),
    }
}

fn tags(fields: &Fields<'_>, problems: &mut Problems) -> TagSettings {
    let presets = TagPreset::ALL.map(|preset| (preset.as_str(), preset));
    let mut required = BTreeMap::new();
    if let Some(entry) = fields.entry("required")
        && let Some(keys) = Fields::open(&entry.value, "tags.required", problems)
    {
        for entry in keys.entries() {
            let name = keys.name(&entry.key);
            let allowed: Vec<String> = keys
                .items(&entry.key, problems)
                .unwrap_or_default()
                .iter()
                .filter_map(|item| {
                    let text = item.scalar_text();
                    if text.is_none() {
                        wrong_type(&name, "a string", item, "list the allowed values, or none to allow any", problems);
                    }
                    text
                })
                .collect();
            required.insert(entry.key.clone(), allowed);
        }
    }
    let values = fields.text_map("values", problems);
    for (key, value) in &values {
        if let Some(allowed) = required.get(key).filter(|allowed| !allowed.is_empty() && !allowed.contains(value)) {
            let message = format!("`tags.values.{key}` is `{value}`, which `tags.required.{key}` does not allow");
            let hint = super::suggestion::hint(value, allowed.iter().map(String::as_str));
            problems.add(Code::WrongValue, message, hint, fields.place_of("values"));
        }
    }
    TagSettings { preset: fields.choice("preset", &presets, problems).unwrap_or_default(), required, values }
}

fn naming(fields: &Fields<'_>, environments: &[Environment], problems: &mut Problems) -> NamingSettings {
    let section = fields
        .entry("naming")
        .and_then(|entry| Fields::known(&entry.value, "naming", &["environment_tokens", "iam_policy"], problems));
    let environment_tokens = environments::read_tokens(section.as_ref(), environments, problems);
    let iam_policy = section.as_ref().and_then(|section| {
        let pattern = section.text("iam_policy", problems)?;
        if let Some(message) = bad_pattern(&pattern) {
            let hint =
                "use {Project}, {Service}, {Actions} and {Environment}, and otherwise letters, digits and `+=,.@_-`";
            problems.add(Code::WrongValue, message, hint, section.place_of("iam_policy"));
        }
        Some(pattern)
    });
    NamingSettings { environment_tokens, iam_policy }
}

/// Describes what is wrong with a pattern of policy names.
fn bad_pattern(pattern: &str) -> Option<String> {
    let mut rest = pattern;
    let mut fixed = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        fixed.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return Some(format!("`{pattern}` has an unclosed `{{`"));
        };
        if !POLICY_NAME_PLACEHOLDERS.contains(&name) {
            return Some(format!("`{{{name}}}` is not a placeholder"));
        }
        rest = after;
    }
    fixed.push_str(rest);
    // The characters of IAM names.
    let wrong =
        fixed.chars().find(|character| !character.is_ascii_alphanumeric() && !"+=,.@_-".contains(*character))?;
    Some(format!("`{wrong}` is not allowed in a policy name"))
}

fn policies(fields: &Fields<'_>, problems: &mut Problems) -> PolicySettings {
    let default = PolicySettings::default();
    let severities = Severity::ALL.map(|severity| (severity.as_str(), severity));
    let names = EngineName::ALL.map(|engine| (engine.as_str(), engine));
    let engines = fields.items("engines", problems).map(|items| {
        let mut engines: Vec<EngineName> =
            items.iter().filter_map(|item| fields::choice(item, "policies.engines", &names, problems)).collect();
        engines.sort();
        engines.dedup();
        engines
    });
    if engines.as_ref().is_some_and(Vec::is_empty) {
        let message = "`policies.engines` is empty".to_owned();
        problems.add(Code::WrongValue, message, "list at least `builtin`", fields.place_of("engines"));
    }
    PolicySettings {
        dirs: fields.texts("dirs", problems).unwrap_or_default(),
        fail_on: fields.choice("fail_on", &severities, problems).unwrap_or(default.fail_on),
        waivers: fields.text("waivers", problems),
        engines: engines.unwrap_or(default.engines),
    }
}

fn promotion(fields: &Fields<'_>, problems: &mut Problems) -> PromotionSettings {
    // A type that is described later is checked with the plan.
    let registry = Registry::embedded();
    let mut overrides = BTreeMap::new();
    if let Some(entry) = fields.entry("overrides")
        && let Some(types) = Fields::open(&entry.value, "promotion.overrides", problems)
    {
        for entry in types.entries() {
            let (type_name, _) = override_key(&entry.key);
            if type_name.split("::").count() < 3 {
                let message = format!("`{}` is not a resource type", entry.key);
                let hint = "use a type such as `AWS::RDS::DBInstance` or a type with a name pattern such as \
                    `AWS::RDS::DBInstance/orders-*`, with `Property: value` below it";
                problems.add(Code::WrongValue, message, hint, &entry.key_location);
            } else if let (None, Some(close)) = (registry.get(type_name), registry.suggest(type_name)) {
                let message = format!("`{type_name}` is not a known resource type");
                problems.add(Code::WrongValue, message, format!("did you mean `{close}`?"), &entry.key_location);
            }
            if let Some(paths) = Fields::open(&entry.value, &types.name(&entry.key), problems) {
                let mut values = BTreeMap::new();
                for path in paths.entries() {
                    let value = path.value.to_value();
                    if let Some((code, message)) = override_problem(&registry, &entry.key, &path.key, &value) {
                        let hint = format!("run `stagegate schema {type_name}` for its properties");
                        problems.add(code, message, hint, &path.key_location);
                    }
                    values.insert(path.key.clone(), value);
                }
                overrides.insert(entry.key.clone(), values);
            }
        }
    }
    PromotionSettings {
        map: fields.text_map("map", problems),
        overrides,
        auto: section(fields, "auto", &["cap", "soak", "types"], problems, auto).flatten(),
    }
}

/// The rules of unattended promotion; none of them has a default.
fn auto(fields: &Fields<'_>, problems: &mut Problems) -> Option<AutoPromotion> {
    let types = fields.required("types", "types: [AWS::SQS::Queue]", problems);
    let cap = fields.required("cap", "cap: 5.00", problems);
    let soak = fields.required("soak", "soak: 24h", problems);
    // All three are read before returning, so that each missing one is reported.
    types.and(cap).and(soak)?;
    let types = fields.texts("types", problems)?;
    let cap = fields.money("cap", problems)?;
    let soak = fields.text("soak", problems)?;
    let parsed = duration(&soak);
    if parsed.is_none() {
        let message = format!("`{soak}` is not a duration");
        problems.add(
            Code::WrongValue,
            message,
            "use minutes, hours or days: `90m`, `24h`, `7d`",
            fields.place_of("soak"),
        );
    }
    if parsed.is_some_and(|soak| soak > MAX_SOAK) {
        problems.add(
            Code::WrongValue,
            format!("`{soak}` is longer than seven days"),
            "use at most 7d: AWS keeps the requests that show when a resource was changed for seven days",
            fields.place_of("soak"),
        );
    }
    for reason in types.iter().filter_map(|type_name| auto_type_problem(&Registry::embedded(), type_name)) {
        problems.add(
            Code::WrongValue,
            format!("promotion.auto.types: {reason}"),
            "leave it out: promote such resources without --auto",
            fields.place_of("types"),
        );
    }
    Some(AutoPromotion { types, cap, soak: parsed? })
}

/// `90m`, `24h` or `7d`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
