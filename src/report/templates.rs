//! The body of `templates`.

use schemars::JsonSchema;
use serde::Serialize;

/// Starter templates.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplatesBody {
    /// The starter templates: all of them with `templates list`, otherwise the one that was named.
    pub templates: Vec<StarterView>,
    /// The template with the names of the project; `null` with `templates list`.
    pub text: Option<String>,
    /// The file that was written; `null` unless `templates new` was run.
    pub file: Option<String>,
}

/// A starter template.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StarterView {
    /// Its name.
    pub name: String,
    /// What it creates, and what that costs.
    pub description: String,
    /// The types of its resources, sorted.
    pub types: Vec<String>,
}
