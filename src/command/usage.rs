//! Usage figures for estimates.

use std::path::Path;

use super::project_file;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::resource::DesiredResource;
use crate::estimate::{EstimateInput, Usage, unmatched_usage};
use crate::files;
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// What resources use in a month: the file named, else the project's, else nothing.
pub fn usage(workspace: &Workspace, file: Option<&Path>) -> Result<Usage, Failure> {
    let configured = workspace.project().usage.as_deref();
    let Some((path, text)) = project_file::read(workspace, "usage", configured, file)? else {
        return Ok(Usage::default());
    };
    let here = std::env::current_dir().unwrap_or_default();
    let shown = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
    files::usage::parse(&shown, &text).map_err(Failure::usage)
}

/// A resource of a template as the estimate sees it.
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

/// Refuses usage of keys that a resource does not have; says what the usage of `file`, else of the
/// project, is given for and is not here.
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
        // The project's file speaks of all its resources, and a plan is of some.
        true => Ok(unmatched_usage(&unmatched).into_iter().collect()),
    }
}
