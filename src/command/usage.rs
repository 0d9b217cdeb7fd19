//! Usage figures for estimates.

use std::path::Path;

use super::project_file;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::resource::DesiredResource;
use crate::estimate::{EstimateInput, Usage, unmatched_usage};
use crate::files;
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// Reads the monthly usage figures from the given file, or otherwise from the project's; empty if neither is given.
pub fn usage(workspace: &Workspace, file: Option<&Path>) -> Result<Usage, Failure> {
    let configured = workspace.project().usage.as_deref();
    let Some((path, text)) = project_file::read(workspace, "usage", configured, file)? else {
        return Ok(Usage::default());
    };
    let here = std::env::current_dir().unwrap_or_default();
    let shown = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
    files::usage::parse(&shown, &text).map_err(Failure::usage)
}

/// Returns the input of an estimate for a resource of a template.
pub fn template_input<'a>(resource: &'a DesiredResource, region: &'a str) -> EstimateInput<'a> {
    EstimateInput {
        file: Some(&resource.file),
        logical_id: Some(&resource.logical_id),
        identifier: None,
        type_name: &resource.type_name,
        region,
        properties: &resource.properties,
    }
}

/// Rejects usage keys that a resource does not have. Returns warnings about usage, from `file` or the project,
/// for resources that are not among the inputs.
pub fn check_usage(
    usage: &Usage,
    inputs: &[EstimateInput<'_>],
    file: Option<&Path>,
) -> Result<Vec<Diagnostic>, Failure> {
    let (wrong, unmatched): (Vec<_>, Vec<_>) =
        usage.check(inputs).into_iter().partition(|problem| problem.level == Level::Error);
    match wrong.is_empty() {
        false => Err(Failure::usage(wrong)),
        true if file.is_some() => Ok(unmatched),
        // The project's file covers all of its resources, but a plan only some of them.
        true => Ok(unmatched_usage(&unmatched).into_iter().collect()),
    }
}
