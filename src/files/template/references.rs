//! Checks that the names that a template uses exist, in the text as written, branches not taken included.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::intrinsics::{PSEUDO_PARAMETERS, Pseudo};
use crate::domain::pointer;
use crate::domain::resource::sub_variables;
use crate::domain::symbol::{FAULT, faulty, is_intrinsic};
use crate::files::suggestion;

use super::document::{Document, by_logical_id};
use super::raw_resource::RawResource;
use super::transforms::LANGUAGE_EXTENSIONS;
use super::{Problems, TemplateContext};

/// The functions that are valid in a property. The last group can never be resolved locally and
/// stays unknown.
const FUNCTIONS: &[&str] = &[
    "Ref",
    "Fn::Base64",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::Cidr",
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::ImportValue",
    "Fn::Length",
    "Fn::ToJsonString",
];

/// Functions that are valid in `Conditions` only.
const CONDITION_FUNCTIONS: &[&str] = &["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];

/// Pseudo parameters of a stack, which does not exist here: they have a value if the stack has a name.
const STACK_PARAMETERS: &[&str] = &["AWS::StackId", "AWS::StackName"];

/// The place of a malformed function call: the position of the document and of the resource, and the pointer into its properties.
pub(super) type Malformed = (usize, usize, String);

/// Checks every reference of every document. Returns the calls that are malformed.
pub(super) fn check(
    documents: &[Document],
    context: &TemplateContext,
    separate_stacks: bool,
    problems: &mut Problems,
) -> Vec<Malformed> {
    let all = by_logical_id(documents);
    let mut malformed = Vec::new();
    for (at, document) in documents.iter().enumerate().filter(|(_, one)| one.nesting.is_none()) {
        let own = separate_stacks.then(|| by_logical_id(documents.iter().filter(|other| other.file == document.file)));
        let resources = own.as_ref().unwrap_or(&all);
        let pseudo = document.pseudo(context);
        let may_be_made = context.for_reading && document.is_transformed;
        for (name, expression) in &document.conditions {
            Checker {
                document,
                pseudo: &pseudo,
                resources: None,
                elsewhere: &all,
                may_be_made,
                within: None,
                malformed: Vec::new(),
                problems: &mut *problems,
            }
            .walk(expression, &pointer::join("/Conditions", name));
        }
        for (position, resource) in document.resources.iter().enumerate() {
            let mut checker = Checker {
                document,
                pseudo: &pseudo,
                resources: Some(resources),
                elsewhere: &all,
                may_be_made,
                within: Some(resource),
                malformed: Vec::new(),
                problems: &mut *problems,
            };
            checker.walk(&resource.properties, "");
            checker.depends_on(resource);
            checker.condition(resource);
            malformed.extend(checker.malformed.into_iter().map(|pointer| (at, position, pointer)));
        }
    }
    malformed
}

/// Marks malformed calls as values that are not known.
pub(super) fn mark_malformed(documents: &mut [Document], malformed: &[Malformed]) {
    for (at, position, pointer) in malformed {
        let resource = documents.get_mut(*at).and_then(|document| document.resources.get_mut(*position));
        if let Some(value) = resource.and_then(|resource| resource.properties.pointer_mut(pointer)) {
            *value = faulty(Code::MalformedFunction.as_str(), std::mem::take(value));
        }
    }
}

struct Checker<'a, 'p> {
    document: &'a Document,
    pseudo: &'a Pseudo,
    /// `None` inside `Conditions`, which cannot refer to resources.
    resources: Option<&'a BTreeMap<&'a str, &'a RawResource>>,
    /// Those of all documents, which are not part of the stack if files are separate stacks.
    elsewhere: &'a BTreeMap<&'a str, &'a RawResource>,
    /// A transform may make what is not in the text.
    may_be_made: bool,
    within: Option<&'a RawResource>,
    /// The pointers of the malformed calls found.
    malformed: Vec<String>,
    problems: &'p mut Problems,
}

impl Checker<'_, '_> {
    fn walk(&mut self, value: &Value, at: &str) {
        match value {
            Value::Object(map) => {
                if is_intrinsic(value) {
                    for (function, argument) in map {
                        self.call(function, argument, at);
                    }
                } else if let Some(function) = map.keys().find(|key| key.starts_with("Fn::ForEach::")) {
                    self.missing_transform(function, at);
                    self.malformed.push(at.to_owned());
                } else if let Some(function) = map.keys().find(|key| key.starts_with("Fn::")) {
                    let message = format!("`{function}` must be the only key of its mapping");
                    self.error(
                        Code::MalformedFunction,
                        message,
                        "move the other keys out of the mapping".to_owned(),
                        at,
                    );
                    self.malformed.push(at.to_owned());
                }
                for (key, child) in map {
                    self.walk(child, &pointer::join(at, key));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, &pointer::join(at, &index.to_string()));
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, function: &str, argument: &Value, at: &str) {
        match (function, argument) {
            ("Ref", Value::String(name)) => self.name(name, at),
            ("Fn::GetAtt", Value::String(path)) => {
                if let Some((resource, _)) = path.split_once('.') {
                    self.attribute_of(resource, at);
                }
            }
            ("Fn::GetAtt", Value::Array(parts)) => {
                if let Some(resource) = parts.first().and_then(Value::as_str) {
                    self.attribute_of(resource, at);
                }
            }
            ("Fn::Sub", Value::String(template)) => self.template(template, &Value::Null, at),
            ("Fn::Sub", Value::Array(parts)) => {
                if let Some(template) = parts.first().and_then(Value::as_str) {
                    self.template(template, parts.get(1).unwrap_or(&Value::Null), at);
                }
            }
            ("Fn::If", Value::Array(parts)) => {
                if let Some(name) = parts.first().and_then(Value::as_str) {
                    self.condition_name(name, None, at);
                }
            }
            ("Fn::FindInMap", Value::Array(parts)) => {
                // With a default, the mapping need not exist.
                if parts.len() > 3 {
                    return;
                }
                let names: Vec<&str> = self
                    .document
                    .mappings
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.keys().map(String::as_str))
                    .collect();
                if let Some(name) = parts.first().and_then(Value::as_str).filter(|name| !names.contains(name)) {
                    let hint = suggestion::hint(name, names);
                    self.error(Code::UnknownMapping, format!("unknown mapping `{name}`"), hint, at);
                }
            }
            _ if function.starts_with("Fn::ForEach") => {
                self.missing_transform(function, at);
                self.malformed.push(at.to_owned());
            }
            ("Fn::Length" | "Fn::ToJsonString", _) if !self.document.has_language_extensions => {
                self.missing_transform(function, at);
            }
            _ if function == "Fn::Transform" => {
                let hint = "write the values out, or take the processed template of a stack".to_owned();
                self.error(Code::UnsupportedFunction, format!("`{function}` is not supported"), hint, at);
            }
            _ if CONDITION_FUNCTIONS.contains(&function) && self.resources.is_some() => {
                let message = format!("`{function}` is valid under `Conditions` only");
                let hint = "define a condition and use it in `Fn::If`".to_owned();
                self.error(Code::MisplacedFunction, message, hint, at);
            }
            _ if CONDITION_FUNCTIONS.contains(&function) => {}
            // Reported where it was found.
            (FAULT, _) => {}
            _ if !FUNCTIONS.contains(&function) => {
                let hint = suggestion::hint(function, FUNCTIONS.iter().copied());
                self.error(Code::UnknownFunction, format!("unknown function `{function}`"), hint, at);
            }
            _ => {}
        }
    }

    fn missing_transform(&mut self, function: &str, at: &str) {
        let hint = format!("add `Transform: {LANGUAGE_EXTENSIONS}` to the template");
        let message = format!("`{function}` needs the transform `{LANGUAGE_EXTENSIONS}`");
        self.error(Code::MissingTransform, message, hint, at);
    }

    fn template(&mut self, template: &str, variables: &Value, at: &str) {
        for variable in sub_variables(template) {
            if variables.get(&variable).is_some() {
                continue;
            }
            match variable.split_once('.') {
                Some((resource, _)) => self.attribute_of(resource, at),
                None => self.name(&variable, at),
            }
        }
    }

    /// Checks a name in `Ref`.
    fn name(&mut self, name: &str, at: &str) {
        if STACK_PARAMETERS.contains(&name) {
            if self.pseudo.get(name).is_some() {
                return;
            }
            let message = format!("`{name}` has no value because the stack or its account is not known");
            let hint = "name the stack with `--stack-name`, or use a parameter and set it with `--param`";
            return self.add(Diagnostic::warning(Code::NoStack, message).hint(hint), at);
        }
        let is_known = PSEUDO_PARAMETERS.contains(&name)
            || self.document.parameter_names.iter().any(|known| known == name)
            || self.resources.is_some_and(|resources| self.may_be_made || resources.contains_key(name));
        if !is_known {
            let parameters = self.document.parameter_names.iter().map(String::as_str);
            let resources = self.resources.into_iter().flat_map(|resources| resources.keys().copied());
            let names: Vec<&str> = parameters.chain(resources).chain(PSEUDO_PARAMETERS.iter().copied()).collect();
            let hint = suggestion::closest(name, names.iter().copied()).map_or_else(
                || self.other_file(name).unwrap_or_else(|| "define it under `Parameters` or `Resources`".to_owned()),
                |candidate| format!("did you mean `{candidate}`?"),
            );
            let what = if self.resources.is_some() { "parameter or resource" } else { "parameter" };
            self.error(Code::UnknownReference, format!("unknown {what} `{name}`"), hint, at);
        }
    }

    /// Checks a resource whose attribute is referenced.
    fn attribute_of(&mut self, name: &str, at: &str) {
        let Some(resources) = self.resources else {
            let message = format!("a condition cannot depend on the resource `{name}`");
            return self.error(Code::UnknownReference, message, "use a parameter".to_owned(), at);
        };
        if self.may_be_made || resources.contains_key(name) {
            return;
        }
        let (message, hint) = if self.document.parameter_names.iter().any(|known| known == name) {
            (format!("`{name}` is a parameter and has no attributes"), format!("use `!Ref {name}`"))
        } else {
            let hint = self.other_file(name).unwrap_or_else(|| suggestion::hint(name, resources.keys().copied()));
            (format!("unknown resource `{name}`"), hint)
        };
        self.error(Code::UnknownReference, message, hint, at);
    }

    fn depends_on(&mut self, resource: &RawResource) {
        let Some(resources) = self.resources else {
            return;
        };
        for (name, place) in &resource.depends_on {
            if !self.may_be_made && !resources.contains_key(name.as_str()) {
                let message = format!("`DependsOn` refers to `{name}`, which does not exist");
                let hint = self.other_file(name).unwrap_or_else(|| suggestion::hint(name, resources.keys().copied()));
                let error = Diagnostic::error(Code::UnknownReference, message).hint(hint);
                let at = pointer::join(&resource.source.path, "DependsOn");
                self.problems.add(error.at(Some(place.clone())).pointer(at).resource(&resource.logical_id));
            }
        }
    }

    /// The hint for a name that another file defines, which is a separate stack.
    fn other_file(&self, name: &str) -> Option<String> {
        let other = self.elsewhere.get(name).filter(|other| other.place.file != self.document.file)?;
        let (own, other) = (&self.document.file, &other.place.file);
        Some(format!("{other} defines it, which is a separate stack; use -f {own} -f {other} for one stack"))
    }

    fn condition(&mut self, resource: &RawResource) {
        if let Some((name, place)) = &resource.condition {
            self.condition_name(name, Some(place.clone()), "");
        }
    }

    fn condition_name(&mut self, name: &str, place: Option<Location>, at: &str) {
        if self.document.conditions.contains_key(name) {
            return;
        }
        let hint = suggestion::hint(name, self.document.conditions.keys().map(String::as_str));
        let error = Diagnostic::error(Code::UnknownCondition, format!("unknown condition `{name}`")).hint(hint);
        match (place, self.within) {
            (Some(place), Some(resource)) => {
                let at = pointer::join(&resource.source.path, "Condition");
                self.problems.add(error.at(Some(place)).pointer(at).resource(&resource.logical_id));
            }
            _ => self.add(error, at),
        }
    }

    fn error(&mut self, code: Code, message: String, hint: String, at: &str) {
        self.add(Diagnostic::error(code, message).hint(hint), at);
    }

    /// Adds a diagnostic for a pointer into the resource's properties, or into the `Conditions`.
    fn add(&mut self, diagnostic: Diagnostic, at: &str) {
        let diagnostic = match self.within {
            Some(resource) => diagnostic.at(resource.source.locate(at)).resource(&resource.logical_id),
            None => diagnostic.at(self.document.condition_places.locate(at)),
        };
        self.problems.add(diagnostic.pointer(at));
    }
}
