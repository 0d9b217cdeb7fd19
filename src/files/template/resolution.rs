//! From resources as written to desired resources: resolves parameters, conditions and functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::{self, NO_VALUE, Scope};
use crate::domain::pointer;
use crate::domain::resource::{DesiredResource, SourceMap};
use crate::domain::symbol::{is_intrinsic, unknown_pointers};
use crate::files::suggestion;

use super::document::Document;
use super::raw_resource::RawResource;
use super::{LoadedTemplate, Problems, TemplateContext};

/// Resolves all documents. `complete` is true when no file was skipped, `separate_stacks` when resources do not refer to those
/// of other files.
pub(super) fn resolve(
    documents: &[Document],
    context: &TemplateContext,
    complete: bool,
    separate_stacks: bool,
    problems: &mut Problems,
) -> LoadedTemplate {
    let mut loaded = LoadedTemplate::default();
    if complete {
        check_given(documents, context, problems);
    }
    // The condition that excludes each resource, by file.
    let mut left_out: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for document in documents {
        let scope = scope(document, context, problems, &mut loaded.secrets);
        for resource in &document.resources {
            match excluding_condition(resource, &scope, context.for_reading, problems) {
                Some(condition) => {
                    left_out.insert((&document.file, &resource.logical_id), condition);
                }
                None => loaded.resources.push(desired(document, resource, &scope, problems)),
            }
        }
    }
    // A file's own names take precedence; other files define the same ones where they are separate stacks.
    let own: BTreeSet<(&str, &str)> = documents
        .iter()
        .flat_map(|document| document.resources.iter().map(|one| (document.file.as_str(), one.logical_id.as_str())))
        .collect();
    let condition = |file: &str, name: &str| match own.contains(&(file, name)) {
        true => left_out.get(&(file, name)).copied(),
        false if separate_stacks => None,
        false => left_out.iter().find(|((_, other), _)| *other == name).map(|(_, condition)| *condition),
    };
    for resource in &mut loaded.resources {
        // As in a stack, a dependency on an excluded resource is ignored.
        let file = resource.file.clone();
        resource.depends_on.retain(|name| condition(&file, name).is_none());
        for name in resource.references() {
            if let Some(condition) = condition(&file, &name) {
                problems.add(
                    Diagnostic::error(
                        Code::ReferenceLeftOut,
                        format!("refers to `{name}`, which the condition `{condition}` excludes"),
                    )
                    .hint(format!("use `Fn::If` with `{condition}`, or set the same condition on both"))
                    .at(resource.source.locate(&pointer_of_reference(resource, &name)))
                    .pointer(pointer_of_reference(resource, &name))
                    .resource(&resource.logical_id),
                );
            }
        }
    }
    loaded.left_out = left_out.keys().map(|(_, name)| (*name).to_owned()).collect();
    loaded
}

/// `--param` names that no file declares.
fn check_given(documents: &[Document], context: &TemplateContext, problems: &mut Problems) {
    let given = documents.iter().filter(|document| document.nesting.is_none());
    let declared: BTreeSet<&str> = given.flat_map(|document| &document.parameter_names).map(String::as_str).collect();
    for name in context.parameters.keys().filter(|name| !declared.contains(name.as_str())) {
        problems.misuse(
            Diagnostic::error(
                Code::UnknownParameter,
                format!("`--param {name}` names a parameter that no template declares"),
            )
            .hint(suggestion::hint(name, declared.iter().copied())),
        );
    }
}

/// What a document knows: the values of its parameters, its mappings and its conditions.
pub(super) fn scope(
    document: &Document,
    context: &TemplateContext,
    problems: &mut Problems,
    secrets: &mut BTreeSet<String>,
) -> Scope {
    let used = document.references();
    let is_used = |name: &str| used.contains(name);
    let parameters = document.parameters.iter().filter_map(|parameter| {
        let (given, stored) = match &document.nesting {
            Some(nesting) => (nesting.parameters.get(&parameter.name), None),
            None => (context.parameters.get(&parameter.name), context.stored.get(&parameter.name)),
        };
        let value = parameter.value(given, stored, context.for_reading, &is_used, problems, secrets)?;
        Some((parameter.name.clone(), value))
    });
    let mut scope = Scope {
        parameters: parameters.collect(),
        pseudo: document.pseudo(context),
        mappings: document.mappings.clone(),
        conditions: BTreeMap::new(),
        imports: context.imports.clone(),
    };
    let (conditions, found) = intrinsics::evaluate_conditions(&document.conditions, &scope);
    scope.conditions = conditions;
    for problem in found {
        let at = format!("/Conditions{}", problem.pointer);
        problems.add(
            Diagnostic::error(Code::InvalidCondition, problem.message)
                .hint("see the template reference for condition functions")
                .at(document.condition_places.locate(&at))
                .pointer(at),
        );
    }
    scope
}

/// The condition that excludes a resource. One that depends on an unknown value is an error, because a
/// plan must determine what to create; commands that only read the template include the resource.
fn excluding_condition<'a>(
    resource: &'a RawResource,
    scope: &Scope,
    for_reading: bool,
    problems: &mut Problems,
) -> Option<&'a str> {
    let (name, place) = resource.condition.as_ref()?;
    match scope.conditions.get(name)? {
        Some(true) => None,
        Some(false) => Some(name),
        // An earlier error, such as a missing parameter, already explains the unknown value.
        None if !for_reading && problems.has_errors() => None,
        None => {
            let unknown = format!(
                "cannot determine whether to include `{}`: its condition `{name}` depends on an unknown value",
                resource.logical_id
            );
            let said = match for_reading {
                true => Diagnostic::note(Code::UndecidedCondition, format!("{unknown}; it is included")),
                false => Diagnostic::error(Code::UndecidedCondition, unknown),
            };
            problems.add(
                said.hint("set the account, region or parameter that the condition depends on")
                    .at(Some(place.clone()))
                    .pointer(pointer::join(&resource.source.path, "Condition"))
                    .resource(&resource.logical_id),
            );
            None
        }
    }
}

fn desired(document: &Document, raw: &RawResource, scope: &Scope, problems: &mut Problems) -> DesiredResource {
    let (properties, found) = intrinsics::resolve(&raw.properties, scope);
    for problem in found {
        problems.add(
            Diagnostic::error(Code::InvalidFunction, problem.message)
                .hint("see the template reference for intrinsic functions")
                .at(raw.source.locate(&problem.pointer))
                .pointer(problem.pointer)
                .resource(&raw.logical_id),
        );
    }
    let properties = match properties {
        Value::Null => Value::Object(Map::new()),
        Value::Object(_) => properties,
        // The branch of an `Fn::If`.
        other => {
            problems.add(
                Diagnostic::error(
                    Code::NotAMapping,
                    format!("`Properties` resolves to {other}, which is not a mapping"),
                )
                .hint("write a mapping in each branch, one `Property: value` per line")
                .at(raw.source.locate(""))
                .resource(&raw.logical_id),
            );
            Value::Object(Map::new())
        }
    };
    let mut source = SourceMap::default();
    source.resource = Some(raw.place.clone());
    source.type_name.clone_from(&raw.source.type_name);
    source.skips.clone_from(&raw.source.skips);
    source.path.clone_from(&raw.source.path);
    Trace { raw: &raw.source, scope, into: &mut source }.follow(&raw.properties, "", &properties, "");
    DesiredResource {
        logical_id: raw.logical_id.clone(),
        type_name: raw.type_name.clone(),
        properties,
        depends_on: raw.depends_on.iter().map(|(name, _)| name.clone()).collect(),
        metadata: raw.metadata.clone(),
        file: document.file.clone(),
        source,
    }
}

/// Maps the locations in the source to the resolved values.
struct Trace<'a> {
    raw: &'a SourceMap,
    scope: &'a Scope,
    into: &'a mut SourceMap,
}

impl Trace<'_> {
    fn follow(&mut self, before: &Value, before_at: &str, after: &Value, after_at: &str) {
        if let Some((branch, branch_at)) = self.chosen(before, before_at) {
            return self.follow(branch, &branch_at, after, after_at);
        }
        if let Some(place) = self.raw.locate(before_at) {
            self.into.insert(after_at, place);
        }
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, value) in after {
                    if let Some(written) = before.get(key) {
                        self.follow(written, &pointer::join(before_at, key), value, &pointer::join(after_at, key));
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                let kept: Vec<(usize, &Value)> =
                    before.iter().enumerate().filter(|(_, item)| !self.is_removed(item)).collect();
                for ((index, written), (position, value)) in kept.into_iter().zip(after.iter().enumerate()) {
                    let written_at = pointer::join(before_at, &index.to_string());
                    self.follow(written, &written_at, value, &pointer::join(after_at, &position.to_string()));
                }
            }
            _ => {}
        }
    }

    /// The branch that a decided `Fn::If` took.
    fn chosen<'v>(&self, value: &'v Value, at: &str) -> Option<(&'v Value, String)> {
        let parts = value.get("Fn::If").filter(|_| is_intrinsic(value))?.as_array()?;
        let condition = self.scope.conditions.get(parts.first()?.as_str()?)?.as_ref()?;
        let index = if *condition { 1 } else { 2 };
        Some((parts.get(index)?, format!("{at}/Fn::If/{index}")))
    }

    fn is_removed(&self, value: &Value) -> bool {
        match self.chosen(value, "") {
            Some((branch, _)) => self.is_removed(branch),
            None => is_intrinsic(value) && value.get("Ref").and_then(Value::as_str) == Some(NO_VALUE),
        }
    }
}

/// The pointer to where a resource refers to a name, as precisely as known.
fn pointer_of_reference(resource: &DesiredResource, name: &str) -> String {
    let mentioning = unknown_pointers(&resource.properties).into_iter().find(|at| {
        let value = resource.properties.pointer(at).cloned().unwrap_or_default();
        let alone = DesiredResource { properties: value, depends_on: Vec::new(), ..resource.clone() };
        alone.references().iter().any(|reference| reference == name)
    });
    mentioning.unwrap_or_default()
}
