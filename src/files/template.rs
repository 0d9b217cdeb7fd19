//! Templates: from CloudFormation-shaped files to the resources that somebody wants.
//!
//! [`load`] is pure. It collects every problem it can find, in the order of their places, rather
//! than stopping at the first. Whether a resource's properties fit its type is not asked here: that
//! is the schema's business.

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
    /// What it holds.
    pub text: String,
}

/// What a command adds to the templates.
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
    /// The templates are only looked at, and nothing is sent. Then a parameter with neither a value nor a
    /// default is not known rather than an error, and files that use the same logical ids are
    /// separate stacks.
    pub for_reading: bool,
}

/// The desired state, and what the user should know about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadedTemplate {
    /// The resources in the order of the files and of the text.
    pub resources: Vec<DesiredResource>,
    /// Warnings and notes, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// The logical ids that a false condition leaves out.
    pub left_out: Vec<String>,
    /// The values of `NoEcho` parameters: they must not be shown or written anywhere.
    pub secrets: BTreeSet<String>,
}

/// Reads templates as one desired state: a resource may refer to one in another file.
///
/// # Errors
/// Everything that is wrong, in the order of the files and places, warnings included.
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
    // While a file cannot be read, a name that seems to be missing may be in it.
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

/// A logical id stands once in a desired state, whichever file it is in. Where the files are only looked at,
/// they need not be one: several stacks in a folder are as common.
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
            .hint("rename one of the two: all files of one run share their names")
            .at(Some(resource.place.clone()))
            .resource(&resource.logical_id),
        );
    }
    if let Some((resource, first)) = are_separate {
        let message = format!(
            "`{}` is defined in {} as well: each file is looked at as a stack of its own",
            resource.logical_id, first.file
        );
        problems.add(
            Diagnostic::note(Code::SeparateStacks, message)
                .at(Some(resource.place.clone()))
                .resource(&resource.logical_id),
        );
    }
}

/// What has been found so far.
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

    /// By file in the order given, then by place; what has no place comes last.
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
