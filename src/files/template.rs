//! Templates: from CloudFormation templates to desired resources.
//!
//! [`load`] is pure. It collects all problems, in the order of their locations, rather
//! than stopping at the first. It does not validate properties against their type: that
//! is done by `schema`.

mod detection;
mod document;
mod inputs;
mod language_extensions;
mod nested;
mod overrides;
mod parameters;
mod raw_resource;
mod references;
mod resolution;
mod serverless;
mod short_form;
mod skips;
mod substitution;
mod transforms;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::diagnostic::{Code, Diagnostic, Level, Location};
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;
use crate::domain::resource::DesiredResource;

use super::yaml;
use document::Document;
use transforms::Transforms;

pub use crate::transform::serverless::Translations;
pub use inputs::{FoundTemplates, find_inputs, read_inputs};
pub use nested::{NestedTemplates, read_nested};
pub use serverless::documents as serverless_documents;

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
    /// separate stacks. Faults of a template are part of the result: what depends on one is unknown.
    pub for_reading: bool,
    /// Each file is a stack of its own, whether or not they use the same logical ids.
    pub separate_stacks: bool,
    /// Values of SSM parameters that parameters of the template name, by the names of the latter ([`stored_parameters`]).
    pub stored: BTreeMap<String, String>,
    /// `--import NAME=VALUE`: exports of other stacks.
    pub imports: BTreeMap<String, String>,
    /// What AWS's translator makes of files that declare the serverless transform; the others are expanded here.
    pub translated: Translations,
    /// The local templates of nested stacks ([`read_nested`]).
    pub nested: NestedTemplates,
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
    /// The faults of the templates, in the order of their places; none unless they are only read.
    pub faults: Vec<Diagnostic>,
    /// Why a file is no template, in the order of their places; none unless they are only read.
    pub rejected: Vec<Diagnostic>,
    /// Each file is a stack of its own: its resources refer to those of the same file only.
    pub separate_stacks: bool,
    /// The types of all resources by file and logical id, also of those that a false condition excludes.
    pub types: BTreeMap<(String, String), String>,
}

/// Reads templates as one desired state: a resource may refer to one in another file, unless they are separate stacks.
///
/// # Errors
/// All problems, warnings included, in the order of files and locations. With [`TemplateContext::for_reading`], only those of
/// the command line, and those of the files if none of them is a template.
pub fn load(inputs: &[TemplateInput], context: &TemplateContext) -> Result<LoadedTemplate, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let mut documents = Vec::new();
    let mut all_readable = true;
    for input in nested::without_nested(inputs, context) {
        let (is_readable, document) = read_document(input, inputs.len(), context, &mut problems);
        all_readable &= is_readable;
        documents.extend(document.filter(|document| document.has_resources || !context.for_reading));
    }
    let read_nested = |input: &TemplateInput, problems: &mut Problems| read_document(input, 1, context, problems).1;
    nested::expand(&mut documents, context, &read_nested, &mut problems);
    let separate_stacks = check_unique_ids(&documents, context, &mut problems);
    overrides::apply(&context.sets, &mut documents, &mut problems);
    // While a file cannot be parsed, a name that seems to be missing may be defined in it.
    if all_readable || context.for_reading {
        let malformed = references::check(&documents, context, separate_stacks, &mut problems);
        references::mark_malformed(&mut documents, &malformed);
    }
    let mut loaded = resolution::resolve(&documents, context, all_readable, separate_stacks, &mut problems);
    loaded.separate_stacks = separate_stacks;
    let all = documents.iter().flat_map(|document| document.resources.iter().map(move |one| (document, one)));
    loaded.types =
        all.map(|(document, one)| ((document.file.clone(), one.logical_id.clone()), one.type_name.clone())).collect();
    problems.sort(inputs);
    if context.for_reading {
        return problems.read(loaded, documents.is_empty());
    }
    let list: Vec<Diagnostic> = problems.list.into_iter().map(|problem| problem.diagnostic).collect();
    if list.iter().any(|problem| problem.level == Level::Error) {
        return Err(list);
    }
    loaded.diagnostics = list;
    Ok(loaded)
}

/// Reads one file of several. Returns whether its syntax is valid, and the document if it is a template.
fn read_document(
    input: &TemplateInput,
    count: usize,
    context: &TemplateContext,
    problems: &mut Problems,
) -> (bool, Option<Document>) {
    let known = problems.list.len();
    let (root, found) = yaml::read(&input.file, &input.text);
    let is_readable = root.is_some() && (found.is_empty() || context.for_reading);
    for problem in found {
        if is_readable { problems.add(problem) } else { problems.reject(problem) }
    }
    let Some(mut root) = root.filter(|_| is_readable) else { return (is_readable, None) };
    short_form::expand(&mut root, "", problems);
    let fallback = fallback_logical_id(&input.file, count);
    let bare = document::is_bare(&root).then_some(fallback.as_str());
    let own = problems.list.iter_mut().skip(known);
    own.for_each(|problem| name_resource(&mut problem.diagnostic, bare));
    let transforms = Transforms::of(&root);
    let mut made_all = !transforms.language_extensions || language_extensions::expand(&mut root, context, problems);
    match transforms.serverless {
        true => made_all &= serverless::expand(&input.file, &mut root, context, problems),
        false => serverless::check_undeclared(&root, problems),
    }
    let skips = skips::read(&input.file, &input.text);
    (is_readable, document::read(&input.file, &root, &fallback, &skips, made_all, problems))
}

/// Returns the SSM parameters whose values templates use, by the names of their parameters. Values given with `--param` are not
/// read. Faults of the templates are not reported: [`load`] does.
pub fn stored_parameters(inputs: &[TemplateInput], given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for input in inputs.iter().filter(|input| input.text.contains("AWS::SSM::Parameter::Value<")) {
        let mut problems = Problems::default();
        let (Some(mut root), _) = yaml::read(&input.file, &input.text) else { continue };
        short_form::expand(&mut root, "", &mut problems);
        let Some(document) = document::read(&input.file, &root, "Resource", &[], true, &mut problems) else { continue };
        let used = document.references();
        for parameter in document.parameters.iter().filter(|one| used.contains(&one.name)) {
            if let Some(name) = parameter.stored_name(given.get(&parameter.name)) {
                found.insert(parameter.name.clone(), name.to_owned());
            }
        }
    }
    found
}

/// Names the resource that a pointer into a template leads to, and makes the pointer one into its properties. `bare` is the name of
/// the only resource of a file without sections.
fn name_resource(problem: &mut Diagnostic, bare: Option<&str>) {
    let Some(tokens) = problem.pointer.as_deref().map(pointer::tokens) else { return };
    let (name, rest) = match (bare, tokens.as_slice()) {
        (Some(name), rest) => (name, rest),
        (None, [section, name, rest @ ..]) if section == "Resources" => (name.as_str(), rest),
        _ => return,
    };
    problem.resource = Some(name.to_owned());
    if let [key, properties @ ..] = rest
        && key == "Properties"
    {
        problem.pointer = Some(properties.iter().fold(String::new(), |at, token| pointer::join(&at, token)));
    }
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
/// they may be separate stacks, because a folder often holds several; returns whether they are.
fn check_unique_ids(documents: &[Document], context: &TemplateContext, problems: &mut Problems) -> bool {
    let mut seen: BTreeMap<&str, &Location> = BTreeMap::new();
    let mut are_separate = None;
    for resource in documents.iter().flat_map(|document| &document.resources) {
        let Some(first) = seen.insert(&resource.logical_id, &resource.place) else { continue };
        if first.file == resource.place.file {
            // Reported as a duplicate key.
            continue;
        }
        if context.for_reading {
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
    if context.separate_stacks {
        return true;
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
    are_separate.is_some()
}

/// What a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// A part of a template: the rest of it can still be looked at.
    Part,
    /// A file that is no template.
    File,
    /// The command line.
    Arguments,
}

/// A problem and what it is about.
#[derive(Debug, PartialEq)]
struct Problem {
    subject: Subject,
    diagnostic: Diagnostic,
}

/// The problems found so far.
#[derive(Debug, Default)]
struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Adds a problem of a part of a template.
    fn add(&mut self, diagnostic: Diagnostic) {
        self.list.push(Problem { subject: Subject::Part, diagnostic });
    }

    /// Adds a problem because of which a file is no template.
    fn reject(&mut self, diagnostic: Diagnostic) {
        self.list.push(Problem { subject: Subject::File, diagnostic });
    }

    /// Adds a problem of the command line.
    fn misuse(&mut self, diagnostic: Diagnostic) {
        self.list.push(Problem { subject: Subject::Arguments, diagnostic });
    }

    /// Turns all problems of one file so far into those of a file that is no template.
    fn reject_file(&mut self, file: &str) {
        let is_in_file = |problem: &Problem| problem.diagnostic.location.as_ref().is_some_and(|at| at.file == file);
        let errors = self.list.iter_mut().filter(|problem| problem.diagnostic.level == Level::Error);
        errors.filter(|problem| is_in_file(problem)).for_each(|problem| problem.subject = Subject::File);
    }

    fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.diagnostic.level == Level::Error)
    }

    /// By file in the order given, then by location; problems without a location come last.
    fn sort(&mut self, inputs: &[TemplateInput]) {
        let order: BTreeMap<&str, usize> =
            inputs.iter().enumerate().map(|(index, input)| (input.file.as_str(), index)).collect();
        self.list.sort_by_cached_key(|Problem { diagnostic: problem, .. }| {
            let place = problem
                .location
                .as_ref()
                .map(|place| (order.get(place.file.as_str()).copied().unwrap_or(usize::MAX), place.line, place.column));
            (place.is_none(), place, problem.code, problem.message.clone())
        });
        self.list.dedup();
    }

    /// The result for a command that only reads: faults of templates are part of it.
    fn read(self, mut loaded: LoadedTemplate, is_empty: bool) -> Result<LoadedTemplate, Vec<Diagnostic>> {
        let mut refused = false;
        for Problem { subject, mut diagnostic } in self.list {
            if diagnostic.level == Level::Error && UNSEEN_PARTS.contains(&diagnostic.code) {
                diagnostic.level = Level::Warning;
            }
            match (diagnostic.level, subject) {
                (Level::Error, Subject::Part) => loaded.faults.push(diagnostic),
                (Level::Error, Subject::File) => loaded.rejected.push(diagnostic),
                (Level::Error, Subject::Arguments) => {
                    refused = true;
                    loaded.rejected.push(diagnostic);
                }
                _ => loaded.diagnostics.push(diagnostic),
            }
        }
        match refused || is_empty {
            true => Err(loaded.rejected.into_iter().chain(loaded.faults).chain(loaded.diagnostics).collect()),
            false => Ok(loaded),
        }
    }
}

/// The codes of what is valid in CloudFormation, but whose resources or values cannot be seen here. A command that only reads
/// looks at the rest.
const UNSEEN_PARTS: [Code; 5] = [
    Code::UnknownLoop,
    Code::UnsupportedFunction,
    Code::UnsupportedSection,
    Code::UnsupportedServerless,
    Code::UnsupportedTransform,
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
