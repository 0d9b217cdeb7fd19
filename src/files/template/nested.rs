//! Nested stacks: the resources of a template in a local file take the place of an `AWS::CloudFormation::Stack` that names it.
//!
//! A resource `Queue` of the stack `Backend` becomes the resource `BackendQueue`. Parameters are replaced by what the stack passes,
//! and `Fn::GetAtt` of an output by the value of the output, so that the resources of all stacks refer to each other directly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::{self, Scope};
use crate::domain::pointer;
use crate::domain::symbol::{has_unknown, is_intrinsic};
use crate::files::text::read_file;
use crate::files::yaml;

use super::document::Document;
use super::raw_resource::RawResource;
use super::substitution::{self, Symbols};
use super::{Problems, TemplateContext, TemplateInput, references, resolution, short_form};

const STACK: &str = "AWS::CloudFormation::Stack";

/// Maximum number of stacks within each other.
const MAX_DEPTH: usize = 10;

/// Maximum number of templates that are read because others name them.
const MAX_FILES: usize = 500;

/// The texts of nested templates by file, or why one cannot be read.
pub type NestedTemplates = BTreeMap<String, Result<String, String>>;

/// What the documents of nested stacks know beside their template.
#[derive(Debug, Clone, Default)]
pub(super) struct Nesting {
    /// The values of the parameters that are texts.
    pub parameters: BTreeMap<String, String>,
    /// The name of the stack.
    pub stack_name: Option<String>,
}

/// Reads the local templates that stacks of the templates name, and those that these name.
pub fn read_nested(inputs: &[TemplateInput]) -> NestedTemplates {
    let mut found = NestedTemplates::new();
    let mut waiting: Vec<TemplateInput> = inputs.to_vec();
    while let Some(input) = waiting.pop() {
        for file in files_in(&input) {
            if found.contains_key(&file) || found.len() >= MAX_FILES {
                continue;
            }
            let text = read_file(Path::new(&file)).map_err(|problem| problem.message.clone());
            if let Ok(text) = &text {
                waiting.push(TemplateInput { file: file.clone(), text: text.clone() });
            }
            found.insert(file, text);
        }
    }
    found
}

/// The local templates that the stacks of a template name.
fn files_in(input: &TemplateInput) -> Vec<String> {
    if !input.text.contains(STACK) {
        return Vec::new();
    }
    let Some(mut root) = yaml::read(&input.file, &input.text).0 else { return Vec::new() };
    short_form::expand(&mut root, "", &mut Problems::default());
    let Value::Object(resources) = root.get("Resources").map(yaml::Node::to_value).unwrap_or_default() else {
        return Vec::new();
    };
    let stacks = resources.values().filter(|one| one["Type"] == STACK);
    stacks.filter_map(|one| local_file(&input.file, &one["Properties"], &one["Metadata"])).collect()
}

/// The local file of a nested template, relative to that of the template that names it: a path as `aws cloudformation package`
/// takes it, or the asset that `cdk synth` wrote beside the template.
fn local_file(parent: &str, properties: &Value, metadata: &Value) -> Option<String> {
    let asset = || metadata.get("aws:asset:path").filter(|_| metadata["aws:asset:property"] == "TemplateURL");
    let url = properties.get("TemplateURL")?;
    let path = match url {
        Value::String(url) => Some(url.as_str()),
        _ => asset().and_then(Value::as_str),
    };
    let path = path.filter(|path| !path.is_empty() && !path.contains("://") && !path.contains("${"))?;
    let folder = Path::new(parent).parent().unwrap_or(Path::new(""));
    // Parts such as `..` are kept out of the name, so that a file has one.
    let mut file = std::path::PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if file.file_name().is_some() => {
                file.pop();
            }
            other => file.push(other),
        }
    }
    Some(file.display().to_string())
}

/// Leaves out files that are the nested templates of others.
pub(super) fn without_nested<'i>(inputs: &'i [TemplateInput], context: &TemplateContext) -> Vec<&'i TemplateInput> {
    let is_nested = |input: &&TemplateInput| {
        let name = local_file("", &json!({"TemplateURL": input.file}), &Value::Null);
        name.is_some_and(|name| context.nested.contains_key(&name) || context.nested.contains_key(&input.file))
    };
    let kept: Vec<&TemplateInput> = inputs.iter().filter(|input| !is_nested(input)).collect();
    // Templates that name each other are all nested.
    if kept.is_empty() { inputs.iter().collect() } else { kept }
}

/// Reads a template: that of a file of the command line, or a nested one.
pub(super) type ReadDocument<'a> = &'a dyn Fn(&TemplateInput, &mut Problems) -> Option<Document>;

/// Puts the resources of nested templates in the place of the stacks that name them.
pub(super) fn expand(
    documents: &mut Vec<Document>,
    context: &TemplateContext,
    read: ReadDocument<'_>,
    problems: &mut Problems,
) {
    if context.nested.is_empty() {
        return;
    }
    let mut all = Vec::new();
    for document in std::mem::take(documents) {
        let mut expansion = Expansion { context, read, problems: &mut *problems, root: document.file.clone() };
        let chain = vec![document.file.clone()];
        all.extend(expansion.expand(document, &chain));
    }
    *documents = all;
}

struct Expansion<'a, 'p> {
    context: &'a TemplateContext,
    read: ReadDocument<'a>,
    problems: &'p mut Problems,
    /// The file of the command line.
    root: String,
}

impl Expansion<'_, '_> {
    /// A document and those of its nested stacks. `chain` has the files of the documents around it.
    fn expand(&mut self, mut document: Document, chain: &[String]) -> Vec<Document> {
        let mut nested = Vec::new();
        let mut waiting: BTreeSet<String> = document
            .resources
            .iter()
            .filter(|one| self.file_of(one, chain).is_some())
            .map(|one| one.logical_id.clone())
            .collect();
        while let Some(id) = next(&document, &waiting) {
            waiting.remove(&id);
            nested.extend(self.stack(&mut document, &id, chain));
        }
        for resource in document.resources.iter().filter(|one| waiting.contains(&one.logical_id)) {
            let message = format!("the nested stack `{}` and others need each other's outputs", resource.logical_id);
            let hint = "pass values in one direction only";
            self.problems.add(problem(resource, "/Parameters", message, hint));
        }
        let mut all = vec![document];
        all.extend(nested);
        all
    }

    fn file_of(&self, resource: &RawResource, chain: &[String]) -> Option<String> {
        let parent = chain.last()?;
        let is_stack = resource.type_name == STACK;
        is_stack.then(|| local_file(parent, &resource.properties, &resource.metadata)).flatten()
    }

    /// Replaces one stack of a document by the resources of its template, which are returned.
    fn stack(&mut self, document: &mut Document, id: &str, chain: &[String]) -> Vec<Document> {
        let Some(position) = document.resources.iter().position(|one| one.logical_id == id) else { return Vec::new() };
        let scope = resolution::scope(document, self.context, self.problems, &mut BTreeSet::new());
        let Some(stack) = document.resources.get(position) else { return Vec::new() };
        // A condition that is not met leaves the stack out, and one that is not known is reported with it.
        let condition = stack.condition.as_ref().map(|(name, _)| scope.conditions.get(name).copied().flatten());
        match condition {
            Some(Some(false)) => return Vec::new(),
            Some(None) if !self.context.for_reading => return Vec::new(),
            _ => {}
        }
        let Some(file) = self.file_of(stack, chain) else { return Vec::new() };
        let Some(mut child) = self.child(stack, &file, chain) else { return Vec::new() };
        let malformed = references::check(std::slice::from_ref(&child), self.context, false, self.problems);
        references::mark_malformed(std::slice::from_mut(&mut child), &malformed);
        // From here on, its names are checked, and what it refers to may be a resource of another template.
        child.nesting = Some(Nesting {
            stack_name: document.pseudo(self.context).stack_name.map(|name| format!("{name}-{id}")),
            parameters: BTreeMap::new(),
        });
        self.pass(stack, &mut child, &scope);
        for resource in &mut child.resources {
            resource.depends_on.extend(stack.depends_on.iter().cloned());
        }
        child.file.clone_from(&self.root);
        let mut chain = chain.to_vec();
        chain.push(file);
        let documents = self.expand(child, &chain);
        let Some(child) = documents.first() else { return documents };
        let outputs = self.outputs(child);
        let stack = document.resources.remove(position);
        let ids: Vec<String> =
            documents.iter().flat_map(|one| &one.resources).map(|one| one.logical_id.clone()).collect();
        self.connect(document, &stack, &outputs, &ids);
        documents
    }

    /// The template of a stack.
    fn child(&mut self, stack: &RawResource, file: &str, chain: &[String]) -> Option<Document> {
        let refused = match self.context.nested.get(file) {
            _ if chain.iter().any(|other| other == file) => {
                Some(("is within itself".to_owned(), "remove the stack from its own template"))
            }
            _ if chain.len() > MAX_DEPTH => {
                Some((format!("is more than {MAX_DEPTH} stacks deep"), "nest fewer stacks"))
            }
            None => Some(("was not read".to_owned(), "name fewer nested templates")),
            Some(Err(why)) => {
                Some((format!("cannot be read: {why}"), "correct the path, which is relative to this template"))
            }
            Some(Ok(_)) => None,
        };
        if let Some((what, hint)) = refused {
            let message = format!("the template `{file}` of the nested stack `{}` {what}", stack.logical_id);
            self.problems.add(problem(stack, "/TemplateURL", message, hint));
            return None;
        }
        let text = self.context.nested.get(file).and_then(|text| text.as_ref().ok())?.clone();
        (self.read)(&TemplateInput { file: file.to_owned(), text }, self.problems)
    }

    /// Gives the resources of a nested template the values of the parameters that its stack passes, and their new names.
    fn pass(&mut self, stack: &RawResource, child: &mut Document, scope: &Scope) {
        let given = stack.properties.get("Parameters").cloned().unwrap_or_default();
        let (given, _) = intrinsics::resolve(&given, scope);
        let mut symbols = Symbols::default();
        let mut texts = BTreeMap::new();
        let given = given.as_object().filter(|_| !is_intrinsic(&given)).cloned().unwrap_or_default();
        for (name, value) in given {
            let at = pointer::join("/Parameters", &name);
            if !child.parameter_names.contains(&name) {
                let message =
                    format!("the template of the nested stack `{}` has no parameter `{name}`", stack.logical_id);
                self.problems.add(problem(stack, &at, message, "remove it, or declare the parameter"));
                continue;
            }
            let is_list = child.parameters.iter().any(|one| one.name == name && one.is_list());
            match text_of(&value) {
                Some(text) => {
                    texts.insert(name, text);
                }
                None => {
                    symbols.references.insert(name, if is_list { list_of(value) } else { value });
                }
            }
        }
        child.parameters.retain(|one| {
            let is_passed = symbols.references.contains_key(&one.name);
            if !is_passed && one.needs_value() && !texts.contains_key(&one.name) && !self.context.for_reading {
                let name = &one.name;
                let message =
                    format!("the nested stack `{}` passes no value for the parameter `{name}`", stack.logical_id);
                self.problems.add(problem(
                    stack,
                    "/Parameters",
                    message,
                    "pass a value, or give the parameter a default",
                ));
            }
            !is_passed
        });
        let prefix = &stack.logical_id;
        for resource in &mut child.resources {
            let own = std::mem::take(&mut resource.logical_id);
            resource.logical_id = format!("{prefix}{own}");
            symbols.renamed.insert(own, resource.logical_id.clone());
        }
        for resource in &mut child.resources {
            symbols.replace(&mut resource.properties);
            for (name, _) in &mut resource.depends_on {
                if let Some(new) = symbols.renamed.get(name) {
                    name.clone_from(new);
                }
            }
        }
        let sections = child.conditions.values_mut().chain(child.outputs.values_mut());
        sections.for_each(|value| symbols.replace(value));
        if let Some(nesting) = &mut child.nesting {
            nesting.parameters = texts;
        }
    }

    /// The values of the outputs of a nested template; without those that a condition leaves out.
    fn outputs(&mut self, child: &Document) -> Map<String, Value> {
        let scope = resolution::scope(child, self.context, self.problems, &mut BTreeSet::new());
        let is_there = |output: &Value| {
            let condition = output.get("Condition").and_then(Value::as_str);
            condition.is_none_or(|name| scope.conditions.get(name).copied().flatten() != Some(false))
        };
        let outputs = child.outputs.iter().filter(|(_, output)| is_there(output));
        outputs
            .map(|(name, output)| {
                let value = output.get("Value").cloned().unwrap_or_default();
                (name.clone(), intrinsics::resolve(&value, &scope).0)
            })
            .collect()
    }

    /// Replaces what a document says of a stack: its outputs, and dependencies on it.
    fn connect(&mut self, document: &mut Document, stack: &RawResource, outputs: &Map<String, Value>, ids: &[String]) {
        let mut symbols = Symbols::default();
        for (name, value) in outputs {
            symbols.attributes.insert((stack.logical_id.clone(), format!("Outputs.{name}")), value.clone());
        }
        for resource in &mut document.resources {
            for (at, name, attribute) in substitution::attributes(&resource.properties) {
                if name == stack.logical_id && !symbols.attributes.contains_key(&(name, attribute.clone())) {
                    let message = format!("the nested stack `{}` has no attribute `{attribute}`", stack.logical_id);
                    let hint = "a nested stack has the attributes `Outputs.NAME` of its template";
                    self.problems.add(problem(resource, &at, message, hint));
                }
            }
            symbols.replace(&mut resource.properties);
            if let Some(at) = resource.depends_on.iter().position(|(name, _)| *name == stack.logical_id) {
                let (_, place) = resource.depends_on.remove(at);
                resource.depends_on.extend(ids.iter().map(|id| (id.clone(), place.clone())));
            }
        }
        document.outputs.values_mut().for_each(|output| symbols.replace(output));
    }
}

/// The next stack: one that needs no other one that is still to be replaced.
fn next(document: &Document, waiting: &BTreeSet<String>) -> Option<String> {
    let needs_none = |stack: &&RawResource| {
        let used = substitution::attributes(&stack.properties).into_iter().map(|(_, name, _)| name);
        let mut needs = used.chain(stack.depends_on.iter().map(|(name, _)| name.clone()));
        !needs.any(|name| waiting.contains(&name))
    };
    let stacks = document.resources.iter().filter(|one| waiting.contains(&one.logical_id));
    stacks.into_iter().find(needs_none).map(|one| one.logical_id.clone())
}

/// A parameter value as text, if it is known: lists are separated by commas.
fn text_of(value: &Value) -> Option<String> {
    match value {
        _ if has_unknown(value) => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => items.iter().map(text_of).collect::<Option<Vec<String>>>().map(|items| items.join(",")),
        _ => None,
    }
}

/// A value that is passed to a parameter with the type of a list.
fn list_of(value: Value) -> Value {
    if let Some([Value::String(separator), Value::Array(items)]) =
        value.get("Fn::Join").and_then(Value::as_array).map(Vec::as_slice)
        && separator == ","
    {
        return Value::Array(items.clone());
    }
    if value.is_array() { value } else { json!({"Fn::Split": [",", value]}) }
}

fn problem(resource: &RawResource, at: &str, message: String, hint: &str) -> Diagnostic {
    let place = resource.source.locate(at).or_else(|| Some(resource.place.clone()));
    Diagnostic::error(Code::InvalidNestedStack, message).hint(hint).at(place).pointer(at).resource(&resource.logical_id)
}
