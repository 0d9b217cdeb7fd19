//! Determines the tags that stagegate writes.

use std::collections::BTreeMap;

use super::Side;
use super::context::PlanContext;
use super::desired::{Declared, Desired, Origin, Promoted};
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{Environment, TagPreset};
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::schema::TypeSchema;

/// Returns the tags that stagegate adds to a new resource.
pub fn tags_of_new(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    desired: &Desired,
    cost: Option<String>,
    token: &str,
) -> Tags {
    let mut new_tags = match &desired.origin {
        Origin::Template(declared) => of_template(context, side, desired, declared),
        // A change creates nothing, except for a replacement, which keeps its tags.
        Origin::Change(_) => {
            let live = desired.counterpart().map(|live| live.tags.clone()).unwrap_or_default();
            live.into_iter().filter(|(key, _)| !key.starts_with("aws:") && key != tags::APPLIED_DIGEST).collect()
        }
        Origin::Promotion(promoted) => of_promotion(context, side, desired, promoted),
    };
    new_tags.extend(cost.map(|cost| (tags::COST_ESTIMATE.to_owned(), cost)));
    new_tags.insert(tags::OPERATION_ID.into(), token.to_owned());
    new_tags
}

fn of_template(context: &PlanContext<'_>, side: &Side<'_>, desired: &Desired, declared: &Declared) -> Tags {
    let schema = desired.type_schema;
    let mut new_tags = base(context, side.environment, side.account, &desired.logical_id);
    new_tags.insert(tags::STACK_RESOURCE.into(), declared.stack_resource.clone());
    // If tags cannot be changed later, resources in dev have no status: the tags in prod record it.
    if schema.tagging.updatable && !side.environment.protected {
        new_tags.insert(tags::PROMOTION_STATUS.into(), PromotionStatus::DevOnly.as_str().into());
    }
    // Tags of the template take precedence over those of the project, and the command line over both.
    for (key, value) in tags::read(schema, &declared.written.properties) {
        if !tags::OWN_KEYS.contains(&key.as_str()) && !context.extra_tags.contains_key(&key) {
            new_tags.insert(key, value);
        }
    }
    new_tags
}

/// Returns the tags of stagegate that differ on an existing resource of a template: where it belongs, and what the project
/// and the command line set. Dates, versions and costs alone are no reason to change a resource.
pub fn outdated(context: &PlanContext<'_>, side: &Side<'_>, declared: &Declared, live: &Tags) -> Tags {
    let mut wanted = Tags::new();
    wanted.insert(tags::STACK_RESOURCE.into(), declared.stack_resource.clone());
    wanted.insert(tags::ENVIRONMENT.into(), tags::sanitize(&side.environment.tag_value));
    wanted.insert(tags::PROJECT.into(), tags::sanitize(&context.project.name));
    let values = context.project.tags.values.iter();
    wanted.extend(values.map(|(key, value)| (key.clone(), tags::sanitize(value))));
    wanted.extend(context.purpose.map(|purpose| (tags::PURPOSE.to_owned(), tags::sanitize(purpose))));
    wanted.extend(context.extra_tags.clone());
    wanted.retain(|key, value| live.get(key) != Some(value));
    wanted
}

fn of_promotion(context: &PlanContext<'_>, side: &Side<'_>, desired: &Desired, promoted: &Promoted) -> Tags {
    let own = &promoted.source.tags;
    let purpose = own.get(tags::PURPOSE).cloned().unwrap_or_else(|| desired.logical_id.clone());
    let mut new_tags = base(context, side.environment, side.account, &purpose);
    // Tags that the project requires are copied from the source.
    for key in context.project.tags.required.keys().map(String::as_str).chain([tags::COST_CENTER]) {
        if let (Some(value), false) = (own.get(key), context.extra_tags.contains_key(key)) {
            new_tags.insert(key.to_owned(), value.clone());
        }
    }
    // If tags cannot be changed later, the status must already be the final one.
    let updatable = desired.type_schema.tagging.updatable;
    let status = if updatable { PromotionStatus::PendingProd } else { PromotionStatus::Synced };
    new_tags.insert(tags::PROMOTION_STATUS.into(), status.as_str().into());
    if let Ok(encoded) = tags::encode_identifier(&promoted.source.resource.identifier) {
        new_tags.insert(tags::DEV_COUNTERPART.into(), encoded);
    }
    new_tags
}

/// Returns the tags of the project's preset for a resource in an environment, without the promotion tags.
fn base(context: &PlanContext<'_>, environment: &Environment, account: &VerifiedAccount, purpose: &str) -> Tags {
    let mut found = Tags::new();
    let mut put = |key: &str, value: &str| {
        found.insert(key.to_owned(), tags::sanitize(value));
    };
    match context.project.tags.preset {
        TagPreset::Standard => {
            put(tags::MANAGED_BY, tags::MANAGER);
            put(tags::MANAGED_BY_VERSION, env!("CARGO_PKG_VERSION"));
        }
        TagPreset::Ccapi => {
            put(tags::MANAGED_BY, tags::CCAPI_MANAGER);
            put("MCP_SERVER_SOURCE_CODE", tags::MANAGER);
            put("MCP_SERVER_VERSION", env!("CARGO_PKG_VERSION"));
        }
    }
    put(tags::ENVIRONMENT, &environment.tag_value);
    put(tags::PROJECT, &context.project.name);
    put(tags::CREATED_BY, &caller(account));
    put(tags::CREATED_DATE, &context.today().to_string());
    put(tags::PURPOSE, context.purpose.unwrap_or(purpose));
    for (key, value) in &context.project.tags.values {
        put(key, value);
    }
    // Tags of the command line are checked but not modified.
    found.extend(context.extra_tags.clone());
    found
}

/// Checks tags against the rules of AWS and of the project, before any call.
pub fn check(
    context: &PlanContext<'_>,
    environment: &Environment,
    tags: &Tags,
    (subject, schema): (&str, &TypeSchema),
) -> Vec<Diagnostic> {
    let limit = schema.tagging.count_limit;
    let mut problems = tags::check_for(&schema.type_name, tags);
    problems.extend(tags::check_count(tags.keys().map(String::as_str), limit));
    for violation in crate::policy::tag_rules::judge(context.project, environment, tags) {
        let key = violation.key.unwrap_or_default();
        problems.push(
            Diagnostic::error(Code::TagRule, format!("{subject}: {}", violation.message)).hint(format!(
                "set it with --tag {key}=VALUE, or for the whole project in tags.values of stagegate.yaml"
            )),
        );
    }
    for problem in &mut problems {
        problem.resource = Some(subject.to_owned());
    }
    problems
}

/// Returns the name of a caller that is recorded as the creator: that of a user or a role session, or of the role if the name of
/// the session was generated from the time, as the SDKs do (`assume-role-from-profile-1795990084722`, `botocore-session-1795990084`).
pub fn actor(arn: &str) -> &str {
    let mut parts = arn.rsplit('/');
    let name = parts.next().unwrap_or(arn);
    let without_digits = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_generated = without_digits.ends_with('-') && name.len() - without_digits.len() >= 10;
    parts.next().filter(|_| is_generated && arn.contains(":assumed-role/")).unwrap_or(name)
}

/// Returns the names of the caller as tags contain them, by environment.
pub fn callers(sides: &[&Side<'_>]) -> BTreeMap<String, String> {
    sides.iter().map(|side| (side.environment.name.clone(), caller(side.account))).collect()
}

fn caller(account: &VerifiedAccount) -> String {
    tags::sanitize(actor(account.arn()))
}

#[cfg(test)]
mod tests {
    use super::actor;

    #[test]
    fn the_creator_is_the_same_in_every_session() {
        let of = |resource: &str| actor(&format!("arn:aws:sts::111111111111:{resource}")).to_owned();
        assert_eq!(of("assumed-role/Admin/alice@example.com"), "alice@example.com");
        assert_eq!(of("assumed-role/ops/Deploy/GitHubActions"), "GitHubActions");
        assert_eq!(of("assumed-role/Deploy/assume-role-from-profile-1795990084722"), "Deploy");
        assert_eq!(of("assumed-role/Deploy/botocore-session-1795990084"), "Deploy");
        assert_eq!(of("assumed-role/Deploy/build-1234"), "build-1234");
        assert_eq!(actor("arn:aws:iam::111111111111:user/team/ci-1795990084722"), "ci-1795990084722");
    }
}
