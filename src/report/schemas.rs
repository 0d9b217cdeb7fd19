//! The JSON Schemas of all documents: committed in `schemas/`, embedded in the program, printed by `--json-schema`.
//! A test regenerates them and fails if a committed one is outdated (`STAGEGATE_UPDATE=1 cargo test` updates them).

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::{
    ApprovalBody, AuditBody, ContextBody, CostBody, DemoBody, DriftBody, Envelope, EstimateReport, EventLine,
    ExplainBody, IamBody, InitBody, InventoryBody, PricesBody, ProjectFile, SandboxBody, ScanBody, SchemaBody,
    SummaryDocument, TemplatesBody, ToolAnswer, WriteBody,
};
use crate::domain::approval::RecordedApproval;
use crate::domain::plan::SavedPlan;

/// The names of the documents with their committed schemas. `error` is the document for a command line that could not
/// be parsed, `saved-plan` the file that `--plan-out` saves, `approval` the file that `approve` records, `summary` the
/// document of every command with `--summary`, `project` the project file, and `event` a line of `--output ndjson` of commands that change resources.
pub const COMMITTED: &[(&str, &str)] = &[
    ("apply", include_str!("schemas/apply.json")),
    ("approval", include_str!("schemas/approval.json")),
    ("approve", include_str!("schemas/approve.json")),
    ("context", include_str!("schemas/context.json")),
    ("cost", include_str!("schemas/cost.json")),
    ("create", include_str!("schemas/create.json")),
    ("delete", include_str!("schemas/delete.json")),
    ("demo", include_str!("schemas/demo.json")),
    ("drift", include_str!("schemas/drift.json")),
    ("error", include_str!("schemas/error.json")),
    ("estimate", include_str!("schemas/estimate.json")),
    ("event", include_str!("schemas/event.json")),
    ("explain", include_str!("schemas/explain.json")),
    ("iam", include_str!("schemas/iam.json")),
    ("init", include_str!("schemas/init.json")),
    ("inventory", include_str!("schemas/inventory.json")),
    ("prices", include_str!("schemas/prices.json")),
    ("project", include_str!("schemas/project.json")),
    ("promote", include_str!("schemas/promote.json")),
    ("sandbox", include_str!("schemas/sandbox.json")),
    ("saved-plan", include_str!("schemas/saved-plan.json")),
    ("scan", include_str!("schemas/scan.json")),
    ("schema", include_str!("schemas/schema.json")),
    ("summary", include_str!("schemas/summary.json")),
    ("tag-audit", include_str!("schemas/tag-audit.json")),
    ("templates", include_str!("schemas/templates.json")),
    ("update", include_str!("schemas/update.json")),
];

/// Returns the committed schema of a command's document.
pub fn committed(command: &str) -> Option<&'static str> {
    COMMITTED.iter().find(|(name, _)| *name == command).map(|(_, text)| *text)
}

/// Generates the schema of a command's document from the types.
pub fn generated(command: &str) -> Option<String> {
    let schema = match command {
        "context" => schema::<ContextBody>(command),
        "apply" | "create" | "delete" | "promote" | "update" => schema::<WriteBody>(command),
        "approval" => file_schema::<RecordedApproval>(command),
        "approve" => schema::<ApprovalBody>(command),
        "cost" => schema::<CostBody>(command),
        "demo" => schema::<DemoBody>(command),
        "drift" => schema::<DriftBody>(command),
        "error" => schema::<()>(command),
        "estimate" => schema::<EstimateReport>(command),
        "event" => file_schema::<EventLine>(command),
        "explain" => schema::<ExplainBody>(command),
        "iam" => schema::<IamBody>(command),
        "init" => schema::<InitBody>(command),
        "inventory" => schema::<InventoryBody>(command),
        "prices" => schema::<PricesBody>(command),
        "project" => input_schema::<ProjectFile>(command),
        "sandbox" => schema::<SandboxBody>(command),
        "saved-plan" => file_schema::<SavedPlan>(command),
        "scan" => schema::<ScanBody>(command),
        "schema" => schema::<SchemaBody>(command),
        "summary" => file_schema::<SummaryDocument>(command),
        "tag-audit" => schema::<AuditBody>(command),
        "templates" => schema::<TemplatesBody>(command),
        _ => return None,
    };
    serde_json::to_string_pretty(&schema).ok().map(|text| text + "\n")
}

fn schema<Body: JsonSchema>(command: &str) -> Value {
    file_schema::<Envelope<Body>>(command)
}

/// The schema of the answers of the MCP server's tools.
pub fn of_tools() -> Value {
    file_schema::<ToolAnswer>("tool")
}

/// The schema of a file that users write. Editors read draft 7.
fn input_schema<Document: JsonSchema>(name: &str) -> Value {
    titled::<Document>(name, SchemaSettings::draft07().for_deserialize())
}

/// The schema of a document without the envelope of a command.
fn file_schema<Document: JsonSchema>(name: &str) -> Value {
    titled::<Document>(name, SchemaSettings::draft2020_12().for_serialize())
}

fn titled<Document: JsonSchema>(name: &str, settings: SchemaSettings) -> Value {
    let generator: SchemaGenerator = settings.into_generator();
    let mut value = generator.into_root_schema_for::<Document>().to_value();
    if let Value::Object(map) = &mut value {
        map.insert("title".to_owned(), Value::String(format!("stagegate.{name}")));
    }
    value
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn committed_schemas_are_up_to_date() {
        for (name, text) in COMMITTED {
            let fresh = generated(name).unwrap();
            if std::env::var_os("STAGEGATE_UPDATE").is_some() {
                let path = format!("{}/src/report/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
                std::fs::write(path, &fresh).unwrap();
            } else {
                assert_eq!(*text, fresh, "schemas/{name}.json is outdated: run STAGEGATE_UPDATE=1 cargo test --lib");
            }
        }
    }
}
