//! Templates: from CloudFormation templates to desired resources.
//!
//! [`load`] is pure. It collects all problems, in the order of their locations, rather
//! than stopping at the first. It does not validate properties against their type: that
//! is done by `schema`.

mod document;
mod inputs;
mod overrides;
mod parameters;
mod raw_resource;
mod references;
mod resolution;
mod short_form;
mod skips;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::diagnostic::{Code, Diagnostic, Level, Location};
use crate::domain::intrinsics::Pseudo;
use crate::domain::resource::DesiredResource;

use super::yaml;
use document::Document;

pub use inputs::read_inputs;

/// The text of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateInput {
    /// The file as the user named it; `-` is standard input.
    pub file: String,
    /// The file's content.
    pub text: String,
}

/// Parameters, overrides and account data for loading templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateContext {
    /// `--param NAME=VALUE`.
    pub parameters: BTreeMap<String, String>,
    /// Account, region and partition as far as they are known.
    pub pseudo: Pseudo,
    /// `--set PATH=VALUE`, in the order given. PATH is `LogicalId.Property.0.Sub`, or
    /// `Property.Sub` when there is one resource only, or either as a JSON pointer. VALUE is YAML;
    /// `null` removes the property.
    pub sets: Vec<(String, String)>,
    /// For commands that only read templates and send nothing: a parameter with neither a value nor a
    /// default is then unknown rather than an error, and files that use the same logical ids are
    /// separate stacks.
    pub for_reading: bool,
}

/// The desired state, with warnings and notes about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadedTemplate {
    /// The resources in the order of the files and of the text.
    pub resources: Vec<DesiredResource>,
    /// Warnings and notes, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// The logical ids that a false condition excludes.
    pub left_out: Vec<String>,
    /// The values of `NoEcho` parameters: they must not be shown or written anywhere.
    pub secrets: BTreeSet<String>,
}

/// Reads templates as one desired state: a resource may refer to one in another file.
///
/// # Errors
/// All problems, warnings included, in the order of files and locations.
pub fn load(inputs: &[TemplateInput], context: &TemplateContext) -> Result<LoadedTemplate, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let mut documents = Vec::new();
    let mut all_readable = true;
    for input in inputs {
        match yaml::parse(&input.file, &input.text) {
            Ok(mut root) => {
                short_form::expand(&mut root, &mut problems);
                let fallback = fallback_logical_id(&input.file, inputs.len());
                let skips = skips::read(&input.file, &input.text);
                documents.extend(document::read(&input.file, &root, &fallback, &skips, &mut problems));
            }
            Err(found) => {
                all_readable = false;
                problems.list.extend(found);
            }
        }
    }
    if context.for_reading {
        let adding = problems.list.iter_mut().filter(|problem| problem.code == document::ADDING_TRANSFORM);
        adding.for_each(|problem| problem.level = Level::Warning);
    }
    check_unique_ids(&documents, context.for_reading, &mut problems);
    overrides::apply(&context.sets, &mut documents, &mut problems);
    // While a file cannot be parsed, a name that seems to be missing may be defined in it.
    if all_readable {
        references::check(&documents, &mut problems);
    }
    let mut loaded = resolution::resolve(&documents, context, all_readable, &mut problems);
    problems.sort(inputs);
    if problems.has_errors() {
        return Err(problems.list);
    }
    loaded.diagnostics = problems.list;
    Ok(loaded)
}

/// The logical id of a bare `{Type, Properties}` document: its file's name when there are several.
fn fallback_logical_id(file: &str, count: usize) -> String {
    let stem = std::path::Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let words = stem.split(|character: char| !character.is_ascii_alphanumeric());
    let name: String = words
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| first.to_ascii_uppercase() + rest)
        .collect();
    if count < 2 || name.is_empty() { "Resource".to_owned() } else { name }
}

/// A logical id must be unique in a desired state, across all files. Where the files are only read,
/// they may be separate stacks, because a folder often holds several.
fn check_unique_ids(documents: &[Document], for_reading: bool, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Location> = BTreeMap::new();
    let mut are_separate = None;
    for resource in documents.iter().flat_map(|document| &document.resources) {
        let Some(first) = seen.insert(&resource.logical_id, &resource.place) else { continue };
        if for_reading && first.file != resource.place.file {
            are_separate.get_or_insert((resource, first));
            continue;
        }
        problems.add(
            Diagnostic::error(
                Code::DuplicateLogicalId,
                format!("`{}` is defined twice, first at {first}", resource.logical_id),
            )
            .hint("rename one of the two: logical ids must be unique across all files of one run")
            .at(Some(resource.place.clone()))
            .resource(&resource.logical_id),
        );
    }
    if let Some((resource, first)) = are_separate {
        let message = format!(
            "`{}` is also defined in {}: each file is treated as a separate stack",
            resource.logical_id, first.file
        );
        problems.add(
            Diagnostic::note(Code::SeparateStacks, message)
                .at(Some(resource.place.clone()))
                .resource(&resource.logical_id),
        );
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
struct Problems {
    list: Vec<Diagnostic>,
}

impl Problems {
    fn add(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.level == Level::Error)
    }

    /// By file in the order given, then by location; problems without a location come last.
    fn sort(&mut self, inputs: &[TemplateInput]) {
        let order: BTreeMap<&str, usize> =
            inputs.iter().enumerate().map(|(index, input)| (input.file.as_str(), index)).collect();
        self.list.sort_by_cached_key(|problem| {
            let place = problem
                .location
                .as_ref()
                .map(|place| (order.get(place.file.as_str()).copied().unwrap_or(usize::MAX), place.line, place.column));
            (place.is_none(), place, problem.code, problem.message.clone())
        });
        self.list.dedup();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
