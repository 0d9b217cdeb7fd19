//! The load stage: validates the user's input before anything else happens.

mod equivalents;
mod faults;
mod rules;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::deferral::{Node, break_cycles};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::hidden_change;
use crate::domain::pointer;
use crate::domain::resource::{Change, DesiredResource};
use crate::schema::{self, Coercion, Registry, TypeSchema, Violation};

pub use equivalents::replace_equivalents;
pub use faults::Checked;
use faults::WrongValue;

/// The resources of templates, validated against the schemas of their types.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The resources, in the order of the input files.
    pub resources: Vec<DesiredResource>,
    /// Notes about values that were converted.
    pub notes: Vec<Diagnostic>,
    /// Values of `NoEcho` parameters.
    pub secrets: BTreeSet<String>,
    /// The types by which they were validated.
    pub registry: Registry,
}

/// Converts scalars and validates every resource offline.
///
/// # Errors
/// All violations of all resources, with their locations.
pub fn check(
    registry: &Registry,
    resources: Vec<DesiredResource>,
    secrets: BTreeSet<String>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let types = UnknownTypes::Refused;
    let requirements = Requirements { registry, types, separate_stacks: false, complete: true, counts: &|_| true };
    check_all(resources, secrets, &requirements).refuse()
}

/// Like [`check`], for templates that are compared. An unknown type that is not a misspelled known one (a custom resource or
/// a newer type) is only a warning.
///
/// # Errors
/// All violations of all resources, with their locations.
pub fn check_for_comparing(
    registry: &Registry,
    resources: Vec<DesiredResource>,
    secrets: BTreeSet<String>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let types = UnknownTypes::Accepted;
    let requirements = Requirements { registry, types, separate_stacks: false, complete: true, counts: &|_| true };
    check_all(resources, secrets, &requirements).refuse()
}

/// Like [`check`], for templates that are only read: violations are part of the result. With `separate_stacks`, the resources of
/// each file refer to those of the same file only.
pub fn check_for_reading(
    registry: &Registry,
    resources: Vec<DesiredResource>,
    secrets: BTreeSet<String>,
    separate_stacks: bool,
) -> Checked {
    let types = UnknownTypes::OnlyForeign;
    check_all(resources, secrets, &Requirements { registry, types, separate_stacks, complete: true, counts: &|_| true })
}

/// Like [`check`], for a resource that is only read: required properties may be missing.
///
/// # Errors
/// All violations except missing properties.
pub fn check_incomplete(registry: &Registry, resource: DesiredResource) -> Result<Loaded, Vec<Diagnostic>> {
    // Which alternative of a schema applies is not known until all properties are set.
    let incomplete = [Code::MissingProperty, Code::NoFormFits];
    let counts = |violation: &Violation| !incomplete.contains(&violation.code);
    let types = UnknownTypes::Refused;
    let requirements = Requirements { registry, types, separate_stacks: false, complete: false, counts: &counts };
    check_all(vec![resource], BTreeSet::new(), &requirements).refuse()
}

/// The requirements for resources.
struct Requirements<'a> {
    /// The known types.
    registry: &'a Registry,
    /// Which types need not be known.
    types: UnknownTypes,
    /// Whether each file is a stack of its own.
    separate_stacks: bool,
    /// Whether the resources have all their properties: then what the services refuse is an error as well.
    complete: bool,
    /// Returns whether a violation is an error.
    counts: &'a (dyn Fn(&Violation) -> bool + Sync),
}

/// Which types need not be known: of those that need not, a warning is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnknownTypes {
    /// None.
    Refused,
    /// All that are not misspelled: a custom resource or a newer type.
    Accepted,
    /// Those that are not of AWS, and those that a transform or a module would replace.
    OnlyForeign,
}

impl UnknownTypes {
    /// True for a type that need not be known.
    fn accept(self, name: &str) -> bool {
        let is_replaced = name.starts_with("AWS::Serverless::") || name.ends_with("::MODULE");
        self == Self::OnlyForeign && is_replaced
    }

    /// True for a type that need not be known unless its name is like that of a known one.
    fn guesses(self, name: &str) -> bool {
        match self {
            Self::Refused => false,
            Self::Accepted => true,
            Self::OnlyForeign => !name.starts_with("AWS::"),
        }
    }
}

/// Minimum number of resources per thread.
const MIN_RESOURCES_PER_THREAD: usize = 32;

fn check_all(
    mut resources: Vec<DesiredResource>,
    secrets: BTreeSet<String>,
    requirements: &Requirements<'_>,
) -> Checked {
    let mut notes = skip_placeholders(&mut resources);
    prepare(requirements.registry, &resources);
    let size = resources.len().div_ceil(2).max(MIN_RESOURCES_PER_THREAD);
    let checked: Vec<Said> = std::thread::scope(|scope| {
        let check = |part: &mut [DesiredResource]| {
            part.iter_mut().map(|one| check_one(one, requirements, &secrets)).collect::<Vec<_>>()
        };
        let mut parts = resources.chunks_mut(size);
        let own = parts.next();
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || check(part))).collect();
        let own = own.map(check).unwrap_or_default();
        let others =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(own).chain(others).flatten().collect()
    });
    let (mut faults, mut values) = (Vec::new(), Vec::new());
    for (resource, one) in checked.into_iter().enumerate() {
        notes.extend(one.notes);
        faults.extend(one.problems);
        values.extend(one.values.into_iter().map(|value| WrongValue { resource, ..value }));
    }
    let Requirements { registry, separate_stacks, .. } = *requirements;
    faults.extend(attributes(registry, &resources, separate_stacks));
    let stacks = stacks(&resources, separate_stacks);
    if requirements.complete {
        let alternatives = requirements.types == UnknownTypes::OnlyForeign;
        faults.extend(stacks.iter().flat_map(|stack| rules::among(stack, alternatives)));
    }
    faults.extend(stacks.iter().filter_map(|stack| circular_dependency(registry, stack)));
    Checked { loaded: Loaded { resources, notes, secrets, registry: registry.clone() }, faults, values }
}

/// Leaves out entries of templates of which nothing is created, such as `AWS::CDK::Metadata`; returns a note for each.
fn skip_placeholders(resources: &mut Vec<DesiredResource>) -> Vec<Diagnostic> {
    let placeholders = &schema::general_facts().placeholder_types;
    let (skipped, kept) = std::mem::take(resources).into_iter().partition(|one| placeholders.contains(&one.type_name));
    *resources = kept;
    let note = |one: DesiredResource| {
        let message = format!("{} is skipped: nothing is created of {}", one.logical_id, one.type_name);
        Diagnostic::note(Code::SkippedEntry, message).at(one.source.resource).resource(&one.logical_id)
    };
    let skipped: Vec<DesiredResource> = skipped;
    skipped.into_iter().map(note).collect()
}

/// Returns the hint for a violation without a suggestion or an expected value.
fn default_hint(code: Code, type_name: &str) -> String {
    match code {
        Code::ReadOnlyProperty => "remove it; use `!GetAtt` to refer to its value".to_owned(),
        Code::WrongType => "remove the line, or give it a value".to_owned(),
        _ if Registry::is_embedded(type_name) => format!("run `stagegate schema {type_name}` for its properties"),
        _ => format!("run `stagegate schema {type_name} --env ENVIRONMENT` for its properties"),
    }
}

/// Loads the schemas of several types in parallel, which takes longer than the validation itself.
fn prepare(registry: &Registry, resources: &[DesiredResource]) {
    let types: BTreeSet<&str> = resources.iter().map(|resource| resource.type_name.as_str()).collect();
    let types: Vec<&TypeSchema> = types.into_iter().filter_map(|name| registry.get(name)).collect();
    if types.len() < 2 {
        return;
    }
    let (first, second) = types.split_at(types.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| first.iter().for_each(|type_schema| schema::prepare(type_schema)));
        second.iter().for_each(|type_schema| schema::prepare(type_schema));
    });
}

/// What is said of one resource.
#[derive(Default)]
struct Said {
    notes: Vec<Diagnostic>,
    problems: Vec<Diagnostic>,
    values: Vec<WrongValue>,
}

fn check_one(resource: &mut DesiredResource, requirements: &Requirements<'_>, secrets: &BTreeSet<String>) -> Said {
    let mut checked = Said::default();
    let registry = requirements.registry;
    let Some(type_schema) = registry.get(&resource.type_name) else {
        let name = &resource.type_name;
        match requirements.types.accept(name) || (requirements.types.guesses(name) && registry.suggest(name).is_none())
        {
            // Reported with its place in the template.
            _ if name.is_empty() => {}
            true => checked.notes.push(unknown_type_warning(resource)),
            false => checked.problems.push(unknown_type(registry, resource)),
        }
        return checked;
    };
    let name = resource.properties.get("Name").and_then(serde_json::Value::as_str).map(str::to_owned);
    for coercion in schema::coerce(type_schema, &mut resource.properties) {
        let Coercion { pointer, before, after } = coercion;
        let change = Change { pointer: pointer.clone(), before: Some(before), after: Some(after) };
        let (before, after) = hidden_change(Some(type_schema), name.as_deref(), &change, secrets);
        let note = match before == after {
            true => format!("{} {pointer}: the value was converted", resource.logical_id),
            false => format!("{} {pointer}: {before} was converted to {after}", resource.logical_id),
        };
        let place = resource.source.locate(&pointer);
        checked
            .notes
            .push(Diagnostic::note(Code::Coerced, note).at(place).pointer(pointer).resource(&resource.logical_id));
    }
    let violations = schema::validate_as(type_schema, &resource.properties);
    for violation in violations.into_iter().filter(|violation| (requirements.counts)(violation)) {
        let message = format!("{} {}", resource.logical_id, violation.message);
        let meant = violation.suggestion.clone();
        let mut diagnostic = Diagnostic::error(violation.code, message)
            .at(resource.source.locate(&violation.pointer))
            .resource(&resource.logical_id);
        diagnostic.hint = violation
            .suggestion
            .map(|suggestion| format!("did you mean `{suggestion}`?"))
            .or_else(|| violation.expected.map(|expected| format!("expected {expected}")))
            .or_else(|| Some(default_hint(violation.code, &resource.type_name)));
        checked.values.push(WrongValue {
            resource: 0,
            code: violation.code,
            pointer: violation.pointer.clone(),
            meant,
        });
        checked.problems.push(diagnostic.pointer(violation.pointer));
    }
    if requirements.complete {
        checked.problems.extend(rules::of(resource));
    }
    checked
}

/// Returns problems for references to attributes that a resource's type does not have.
fn attributes(registry: &Registry, resources: &[DesiredResource], separate_stacks: bool) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut named: HashMap<&str, Vec<&DesiredResource>> = HashMap::new();
    resources.iter().for_each(|resource| named.entry(&resource.logical_id).or_default().push(resource));
    for resource in resources {
        for (place, target, attribute) in resource.attributes() {
            let named = named.get(target.as_str()).map(Vec::as_slice).unwrap_or_default();
            // Prefer the resource in the same file, if several files have this logical id.
            let own = named.iter().find(|other| other.file == resource.file);
            let found = own.or_else(|| named.first().filter(|_| !separate_stacks));
            let Some(type_name) = found.map(|other| &other.type_name) else { continue };
            // The outputs of a nested stack are defined by its template.
            if attribute.starts_with("Outputs.") {
                continue;
            }
            let Some(type_schema) = registry.get(type_name) else { continue };
            let path = attribute.split('.').fold(String::new(), |base, token| pointer::join(&base, token));
            if schema::describe(type_schema, &path).is_some() {
                continue;
            }
            let close = type_schema
                .properties
                .iter()
                .filter(|_| attribute.len() <= schema::MAX_SUGGESTED)
                .min_by_key(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &attribute.to_lowercase()))
                .filter(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &attribute.to_lowercase()) <= 2);
            let hint = match close {
                Some(known) => format!("did you mean `{target}.{known}`?"),
                None => format!("attributes of {type_name}: {}", type_schema.properties.join(", ")),
            };
            problems.push(
                Diagnostic::error(
                    Code::UnknownAttribute,
                    format!("{target} ({type_name}) has no attribute `{attribute}`"),
                )
                .at(resource.source.locate(&place))
                .pointer(place)
                .resource(&resource.logical_id)
                .hint(hint),
            );
        }
    }
    problems
}

/// Groups the resources into stacks, which can refer to each other: one per file if they are separate or files have the same
/// logical ids, otherwise a single one.
fn stacks(resources: &[DesiredResource], separate_stacks: bool) -> Vec<Vec<&DesiredResource>> {
    let ids: BTreeSet<&str> = resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    if ids.len() == resources.len() && !separate_stacks {
        return vec![resources.iter().collect()];
    }
    let mut stacks: BTreeMap<&str, Vec<&DesiredResource>> = BTreeMap::new();
    for resource in resources {
        stacks.entry(&resource.file).or_default().push(resource);
    }
    stacks.into_values().collect()
}

/// Returns a problem if resources have a circular dependency that no reference set after the creation can break.
fn circular_dependency(registry: &Registry, resources: &[&DesiredResource]) -> Option<Diagnostic> {
    let nodes: BTreeMap<String, Node<'_>> = resources
        .iter()
        .map(|resource| {
            let node = Node {
                schema: registry.get(&resource.type_name),
                properties: &resource.properties,
                needs: resource.references().into_iter().collect(),
                fixed: resource.depends_on.iter().cloned().collect(),
            };
            (resource.logical_id.clone(), node)
        })
        .collect();
    let cycle = break_cycles(&nodes).err()?;
    let (first, message) = (cycle.0.first()?.clone(), cycle.to_string());
    let place = resources.iter().find(|resource| resource.logical_id == first);
    Some(
        Diagnostic::error(Code::CircularDependency, message)
            .at(place.and_then(|resource| resource.source.resource.clone()))
            .resource(first)
            .hint("remove one of the references, for example by using a literal name"),
    )
}

/// Rejects types that Cloud Control cannot create. They can be estimated and scanned as part of a template, but not created.
///
/// # Errors
/// All resources of such types, with their locations and alternatives.
pub fn require_creatable(loaded: &Loaded) -> Result<(), Vec<Diagnostic>> {
    let is_creatable = |name: &str| {
        loaded.registry.get(name).is_some_and(|found| found.handlers.are_provisionable()) && !makes_stacks(name)
    };
    let refused = loaded.resources.iter().filter(|resource| !is_creatable(&resource.type_name));
    let problems: Vec<Diagnostic> = refused
        .map(|resource| {
            let message = match makes_stacks(&resource.type_name) {
                true => format!("{} creates resources that are neither shown nor checked", resource.type_name),
                false => format!("Cloud Control cannot create {}", resource.type_name),
            };
            Diagnostic::error(Code::TypeNotCreatable, message)
                .at(resource.source.resource.clone())
                .resource(&resource.logical_id)
                .hint(replacement_hint(&resource.type_name))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// True for types whose resources are stacks, which create resources of their own.
fn makes_stacks(type_name: &str) -> bool {
    matches!(type_name, "AWS::CloudFormation::Stack" | "AWS::CloudFormation::StackSet")
}

/// Returns the warning for an unknown type.
fn unknown_type_warning(resource: &DesiredResource) -> Diagnostic {
    let name = &resource.type_name;
    let (what, hint) = match name.starts_with("AWS::") {
        true if name.starts_with("AWS::Serverless::") => {
            ("is not expanded", "what the transform makes of it is not checked, and its cost is unknown")
        }
        true => ("is unknown", "it may be newer than this version or the result of a macro, and is not checked"),
        false => ("is not an AWS type", "only AWS types are checked and compared, and its cost is unknown"),
    };
    Diagnostic::warning(Code::UnseenType, format!("the type of {}, `{name}`, {what}", resource.logical_id))
        .at(resource.source.type_name.clone().or_else(|| resource.source.resource.clone()))
        .resource(&resource.logical_id)
        .hint(hint)
}

fn unknown_type(registry: &Registry, resource: &DesiredResource) -> Diagnostic {
    let hint = match registry.suggest(&resource.type_name) {
        Some(close) => format!("did you mean `{close}`?"),
        None if resource.type_name.starts_with("Custom::") => {
            "a custom resource is a call that only CloudFormation makes: remove it, and do by other means what it does".to_owned()
        }
        None if resource.type_name.ends_with("::MODULE") => {
            "only CloudFormation expands modules: use the template that `aws cloudformation get-template --template-stage \
             Processed` returns"
                .to_owned()
        }
        None if !resource.type_name.starts_with("AWS::") => {
            "Cloud Control supports only AWS types; `scan` and `estimate` ignore other types".to_owned()
        }
        None => "type names have the form AWS::Service::Resource; a newer type is not checked, and its cost is unknown"
            .to_owned(),
    };
    Diagnostic::error(
        Code::UnknownType,
        format!("{} has the unknown type `{}`", resource.logical_id, resource.type_name),
    )
    .at(resource.source.type_name.clone().or_else(|| resource.source.resource.clone()))
    .pointer(pointer::join(&resource.source.path, "Type"))
    .resource(&resource.logical_id)
    .hint(hint)
}

/// Returns the alternative to a type that Cloud Control does not support, which only embedded types have.
fn replacement_hint(type_name: &str) -> String {
    if makes_stacks(type_name) {
        return "download its template, and set TemplateURL to the path of the file: then its resources are part of this stack".to_owned();
    }
    match TypeSchema::embedded(type_name).and_then(|schema| schema.instead.as_ref()) {
        Some(instead) => format!("use {instead}"),
        None => "create it with the tools of the service and refer to it by its identifier".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
