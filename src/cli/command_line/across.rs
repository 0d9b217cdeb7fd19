//! The commands that read across environments and accounts.

use super::{Words, duration};
use crate::cli::{ContextArgs, InventoryArgs};

pub(super) fn context(words: &mut Words, arguments: &ContextArgs) {
    let ContextArgs { env, matrix, doctor, member_role, project_schema, resources, org_id, require_mfa, types } =
        arguments;
    words.unless_default("all", "--env", env);
    words.flag("--matrix", *matrix);
    words.flag("--doctor", *doctor);
    words.flag("--member-role", *member_role);
    words.flag("--project-schema", *project_schema);
    words.flag("--resources", *resources);
    words.option("--org-id", org_id.as_deref());
    words.flag("--require-mfa", *require_mfa);
    words.each("--type", types);
}

pub(super) fn inventory(words: &mut Words, arguments: &InventoryArgs) {
    let InventoryArgs { type_name, identifier, accounts, regions, conditions, columns, source, call_timeout } =
        arguments;
    let named: Vec<String> = type_name.iter().chain(identifier).cloned().collect();
    words.positional(&named);
    words.unless_default("all", "--accounts", &accounts.join(","));
    words.list("--regions", regions);
    words.each("--where", &conditions.iter().map(ToString::to_string).collect::<Vec<_>>());
    words.list("--columns", &columns.iter().map(ToString::to_string).collect::<Vec<_>>());
    words.unless_default("auto", "--source", &source.to_string());
    words.unless_default("10s", "--call-timeout", &duration(*call_timeout));
}
