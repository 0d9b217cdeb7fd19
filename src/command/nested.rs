//! Nested stacks of an estimate: where the template of an `AWS::CloudFormation::Stack` is a local file, its resources are counted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::reading::{ReadRequest, load_for_reading};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::pointer;
use crate::domain::resource::DesiredResource;
use crate::files::template::{FoundTemplates, TemplateInput};
use crate::files::text::read_file;
use crate::schema::Registry;

const STACK: &str = "AWS::CloudFormation::Stack";

/// The property with the place of the template.
const TEMPLATE: &str = "TemplateURL";

/// What it is replaced by when the template is counted, for the cost model.
const COUNTED: &str = "(counted)";

/// Where `cdk synth` says which file it uploads as the template.
const ASSET: &str = "aws:asset:path";

/// Maximum number of nested stacks that are followed.
const MAX_STACKS: usize = 200;

/// What nested stacks add to an estimate.
#[derive(Debug, Default)]
pub struct Nested {
    /// All resources, those of nested stacks after those that were given.
    pub resources: Vec<DesiredResource>,
    /// Warnings and notes about the nested templates.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with them.
    pub faults: Vec<Diagnostic>,
    /// A logical id occurs in several files, so that each file is a stack of its own.
    pub separate_stacks: bool,
}

/// Adds the resources of nested stacks whose templates are local files. Of a folder, the template of a nested stack is not a stack of its
/// own as well. A template that cannot be read leaves the cost of its stack unknown.
pub fn with_nested_stacks(registry: &Registry, resources: Vec<DesiredResource>, request: &ReadRequest<'_>) -> Nested {
    let mut nested = Nested { resources: without_nested_templates(resources), ..Nested::default() };
    // The stack that each resource belongs to, by its position, and the file with its template.
    let mut parents: Vec<Option<usize>> = vec![None; nested.resources.len()];
    let mut files: Vec<String> = nested.resources.iter().map(|resource| resource.file.clone()).collect();
    let mut counted: BTreeSet<String> = files.iter().cloned().collect();
    let (mut at, mut stacks) = (0, 0);
    while let (Some(resource), true) = (nested.resources.get(at), stacks < MAX_STACKS) {
        let position = at;
        at += 1;
        let Some(path) = local_template(resource) else { continue };
        let file = path.display().to_string();
        // A stack around itself has no end.
        let around = std::iter::successors(Some(position), |position| parents.get(*position).copied().flatten());
        if around.into_iter().any(|position| files.get(position) == Some(&file)) {
            continue;
        }
        let Some((mut more, mut faults)) = read(registry, resource, &path, request, &mut nested.diagnostics) else {
            continue;
        };
        if !counted.insert(file.clone()) {
            let name = format!("{file} ({})", resource.logical_id);
            more.iter_mut().for_each(|resource| resource.file.clone_from(&name));
        }
        parents.resize(parents.len() + more.len(), Some(position));
        files.resize(files.len() + more.len(), file);
        nested.resources.append(&mut more);
        nested.faults.append(&mut faults);
        stacks += 1;
        if let Some(properties) =
            nested.resources.get_mut(position).and_then(|resource| resource.properties.as_object_mut())
        {
            properties.insert(TEMPLATE.to_owned(), Value::from(COUNTED));
        }
    }
    let mut ids = BTreeSet::new();
    nested.separate_stacks = stacks > 0 && !nested.resources.iter().all(|one| ids.insert(one.logical_id.as_str()));
    nested
}

/// The resources without those of files that are templates of nested stacks in other files.
fn without_nested_templates(resources: Vec<DesiredResource>) -> Vec<DesiredResource> {
    let templates = resources.iter().filter_map(|resource| {
        let file = local_template(resource)?.display().to_string();
        (file != resource.file).then_some(file)
    });
    let templates: BTreeSet<String> = templates.collect();
    let is_top = |resource: &DesiredResource| !templates.contains(&resource.file);
    // Where stacks are around each other, there is no first one.
    match resources.iter().any(is_top) {
        true => resources.into_iter().filter(is_top).collect(),
        false => resources,
    }
}

/// The local file with the template of a stack, relative to the file that declares the stack.
fn local_template(resource: &DesiredResource) -> Option<PathBuf> {
    if resource.type_name != STACK {
        return None;
    }
    let written = resource.properties.get(TEMPLATE)?;
    let asset = resource.metadata.pointer(&pointer::join("", ASSET));
    let place = written.as_str().or(asset.and_then(Value::as_str)).filter(|place| !place.contains("://"))?;
    let folder = Path::new(&resource.file).parent().unwrap_or(Path::new(""));
    let path = folder.join(place.strip_prefix("./").unwrap_or(place));
    path.is_file().then_some(path)
}

/// Reads a nested template with the parameters that the stack passes; `None` if that is not possible.
fn read(
    registry: &Registry,
    stack: &DesiredResource,
    path: &Path,
    request: &ReadRequest<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Vec<DesiredResource>, Vec<Diagnostic>)> {
    let parameters = stack.properties.get("Parameters").and_then(Value::as_object).into_iter().flatten();
    let parameters: Vec<String> = parameters
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some(format!("{name}={text}")),
            Value::Number(_) | Value::Bool(_) => Some(format!("{name}={value}")),
            // Not known before the stack is created.
            _ => None,
        })
        .collect();
    let own = ReadRequest {
        parameters: &parameters,
        sets: &[],
        imports: request.imports,
        stack_name: request.stack_name,
        translated: Default::default(),
        region: request.region.clone(),
    };
    let text = match read_file(path) {
        Ok(text) => text,
        Err(problem) => {
            diagnostics.push(Diagnostic { level: Level::Warning, ..*problem });
            return None;
        }
    };
    let inputs = vec![TemplateInput { file: path.display().to_string(), text }];
    let found = FoundTemplates { inputs, separate_stacks: true, ..FoundTemplates::default() };
    match load_for_reading(registry, found, &own) {
        Ok(read) => {
            diagnostics.extend(read.rejected.into_iter().chain(read.diagnostics));
            Some((read.checked.for_estimates(), read.faults))
        }
        Err(failure) => {
            // The estimate goes on without it.
            let problems = failure.diagnostics.into_iter();
            diagnostics.extend(problems.map(|problem| Diagnostic { level: Level::Warning, ..problem }));
            None
        }
    }
}
