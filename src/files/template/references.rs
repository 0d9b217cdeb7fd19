//! Do the names that a template uses exist? Asked of the text as written, untaken branches included.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::intrinsics::PSEUDO_PARAMETERS;
use crate::domain::pointer;
use crate::domain::resource::sub_variables;
use crate::domain::symbol::is_intrinsic;
use crate::files::suggestion;

use super::Problems;
use super::document::{Document, by_logical_id};
use super::raw_resource::RawResource;

/// The functions that may stand in a property. The last group can never be answered offline and
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
    "Fn::ImportValue",
    "Fn::Length",
    "Fn::ToJsonString",
];

/// Functions that make sense inside `Conditions` only.
const CONDITION_FUNCTIONS: &[&str] = &["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];

/// Pseudo parameters that name the stack, which does not exist here.
const STACK_PARAMETERS: &[&str] = &["AWS::NotificationARNs", "AWS::StackId", "AWS::StackName"];

/// Checks every reference of every document.
pub(super) fn check(documents: &[Document], problems: &mut Problems) {
    let resources = by_logical_id(documents);
    for document in documents {
        for (name, expression) in &document.conditions {
            let mut checker = Checker { document, resources: None, within: None, problems: &mut *problems };
            checker.walk(expression, &pointer::join("/Conditions", name));
        }
        for resource in &document.resources {
            let mut checker =
                Checker { document, resources: Some(&resources), within: Some(resource), problems: &mut *problems };
            checker.walk(&resource.properties, "");
            checker.depends_on(resource);
            checker.condition(resource);
        }
    }
}

struct Checker<'a, 'p> {
    document: &'a Document,
    /// `None` inside `Conditions`, which cannot refer to resources.
    resources: Option<&'a BTreeMap<&'a str, &'a RawResource>>,
    within: Option<&'a RawResource>,
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
                } else if let Some(function) = map.keys().find(|key| key.starts_with("Fn::")) {
                    let message = format!("`{function}` shares its mapping with other keys");
                    self.error(
                        Code::MalformedFunction,
                        message,
                        "a function stands alone in its mapping".to_owned(),
                        at,
                    );
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
            Value::String(text) if text.contains("{{resolve:") => {
                let message = "a dynamic reference is sent as it is written: only a stack resolves it";
                let hint = "use a property that takes a secret's ARN, or pass the value with `--param`";
                let warning = Diagnostic::warning(Code::DynamicReference, message).hint(hint);
                self.add(warning, at);
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
                let names: Vec<&str> = self
                    .document
                    .mappings
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.keys().map(String::as_str))
                    .collect();
                if let Some(name) = parts.first().and_then(Value::as_str).filter(|name| !names.contains(name)) {
                    let hint = suggestion::hint(name, names);
                    self.error(Code::UnknownMapping, format!("there is no mapping `{name}`"), hint, at);
                }
            }
            _ if function == "Fn::Transform" || function.starts_with("Fn::ForEach") => {
                let hint = "write the values out, or expand the template first".to_owned();
                self.error(Code::UnsupportedFunction, format!("`{function}` is not supported"), hint, at);
            }
            _ if CONDITION_FUNCTIONS.contains(&function) && self.resources.is_some() => {
                let message = format!("`{function}` belongs under `Conditions`");
                let hint = "name the condition in `Fn::If`".to_owned();
                self.error(Code::MisplacedFunction, message, hint, at);
            }
            _ if CONDITION_FUNCTIONS.contains(&function) => {}
            _ if !FUNCTIONS.contains(&function) => {
                let hint = suggestion::hint(function, FUNCTIONS.iter().copied());
                self.error(Code::UnknownFunction, format!("there is no function `{function}`"), hint, at);
            }
            _ => {}
        }
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

    /// A name as `Ref` takes it.
    fn name(&mut self, name: &str, at: &str) {
        if STACK_PARAMETERS.contains(&name) {
            let message = format!("`{name}` has no value: there is no stack");
            let hint = "use a parameter, so that it can be given with `--param`";
            return self.add(Diagnostic::warning(Code::NoStack, message).hint(hint), at);
        }
        let is_known = PSEUDO_PARAMETERS.contains(&name)
            || self.document.parameter_names.iter().any(|known| known == name)
            || self.resources.is_some_and(|resources| resources.contains_key(name));
        if !is_known {
            let parameters = self.document.parameter_names.iter().map(String::as_str);
            let resources = self.resources.into_iter().flat_map(|resources| resources.keys().copied());
            let names: Vec<&str> = parameters.chain(resources).chain(PSEUDO_PARAMETERS.iter().copied()).collect();
            let hint = suggestion::closest(name, names.iter().copied()).map_or_else(
                || "define it under `Parameters` or `Resources`".to_owned(),
                |candidate| format!("did you mean `{candidate}`?"),
            );
            let what = if self.resources.is_some() { "parameter or resource" } else { "parameter" };
            self.error(Code::UnknownReference, format!("there is no {what} `{name}`"), hint, at);
        }
    }

    /// A resource whose attribute is asked for.
    fn attribute_of(&mut self, name: &str, at: &str) {
        let Some(resources) = self.resources else {
            let message = format!("a condition cannot depend on the resource `{name}`");
            return self.error(Code::UnknownReference, message, "use a parameter".to_owned(), at);
        };
        if resources.contains_key(name) {
            return;
        }
        let (message, hint) = if self.document.parameter_names.iter().any(|known| known == name) {
            (format!("`{name}` is a parameter and has no attributes"), format!("use `!Ref {name}`"))
        } else {
            (format!("there is no resource `{name}`"), suggestion::hint(name, resources.keys().copied()))
        };
        self.error(Code::UnknownReference, message, hint, at);
    }

    fn depends_on(&mut self, resource: &RawResource) {
        let Some(resources) = self.resources else {
            return;
        };
        for (name, place) in &resource.depends_on {
            if !resources.contains_key(name.as_str()) {
                let message = format!("`DependsOn` names `{name}`, which does not exist");
                let hint = suggestion::hint(name, resources.keys().copied());
                let error = Diagnostic::error(Code::UnknownReference, message).hint(hint);
                self.problems.add(error.at(Some(place.clone())).resource(&resource.logical_id));
            }
        }
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
        let error = Diagnostic::error(Code::UnknownCondition, format!("there is no condition `{name}`")).hint(hint);
        match (place, self.within) {
            (Some(place), Some(resource)) => {
                self.problems.add(error.at(Some(place)).resource(&resource.logical_id));
            }
            _ => self.add(error, at),
        }
    }

    fn error(&mut self, code: Code, message: String, hint: String, at: &str) {
        self.add(Diagnostic::error(code, message).hint(hint), at);
    }

    /// Adds a diagnostic for a place in the resource's properties, or in the `Conditions`.
    fn add(&mut self, diagnostic: Diagnostic, at: &str) {
        let diagnostic = match self.within {
            Some(resource) => diagnostic.at(resource.source.locate(at)).resource(&resource.logical_id),
            None => diagnostic.at(self.document.condition_places.locate(at)),
        };
        self.problems.add(diagnostic.pointer(at));
    }
}
