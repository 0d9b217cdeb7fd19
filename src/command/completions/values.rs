//! What completes the values of arguments. No value is asked of AWS, and what cannot be read is left out.

use std::collections::BTreeSet;
use std::io::empty;

use super::line::Line;
use crate::cli;
use crate::codes;
use crate::domain::intrinsics::embedded_regions;
use crate::domain::project::Project;
use crate::files::starters::Starter;
use crate::files::template::{self, TemplateContext};
use crate::policy::{self, builtin};
use crate::run::profile_names;
use crate::schema::{Registry, TypeSchema};
use crate::workspace::{self, Workspace};

/// What the values of an argument are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Resource types, one service at a time.
    Types,
    /// Pairs of a type and an identifier.
    Pairs,
    /// Types, each with or without an identifier.
    Resources,
    /// Identifiers of the type that the line names.
    Identifiers,
    /// `LogicalId.Property=`, or `Property=` of a live resource.
    Properties,
    /// Environments of the project; without one, those of the sandbox.
    Environments,
    /// AWS profiles.
    Profiles,
    CodesAndPolicies,
    Policies,
    Starters,
    Commands,
    Regions,
}

impl Values {
    /// Returns what completes an argument, by its command, its id and the name of its value.
    pub fn of(command: &str, id: &str, value: &str) -> Option<Self> {
        match (command, id, value) {
            (_, "live", _) | ("promote", "resources", _) => Some(Self::Pairs),
            ("drift", "resources", _) => Some(Self::Resources),
            (_, _, "TYPE") => Some(Self::Types),
            ("update" | "delete" | "inventory", "identifier", _) | ("tag-audit", "identifiers", _) => {
                Some(Self::Identifiers)
            }
            (_, "sets", _) => Some(Self::Properties),
            (_, "env" | "from" | "to", "NAME") => Some(Self::Environments),
            (_, _, "PROFILE") => Some(Self::Profiles),
            ("explain", "code", _) => Some(Self::CodesAndPolicies),
            ("scan", "explain", _) => Some(Self::Policies),
            ("show" | "new", "name", _) | ("init", "starters", _) => Some(Self::Starters),
            ("man", "command", _) => Some(Self::Commands),
            (_, _, "REGION") => Some(Self::Regions),
            _ => None,
        }
    }

    /// Returns the values that continue a word.
    pub fn matching(self, word: &str, line: &Line) -> BTreeSet<String> {
        let starting = |values: Vec<String>| values.into_iter().filter(|value| value.starts_with(word)).collect();
        let registry = &Registry::embedded();
        let identifiers = |type_name: Option<&str>| {
            starting(type_name.map_or_else(Vec::new, |type_name| identifiers(type_name, registry, line)))
        };
        match self {
            Self::Types => types(word, registry),
            Self::Pairs => match line.type_before(registry) {
                Some(type_name) => identifiers(Some(type_name)),
                None => types(word, registry),
            },
            Self::Resources => &identifiers(line.type_before(registry)) | &types(word, registry),
            Self::Identifiers => identifiers(line.last_type(registry)),
            Self::Properties => properties(word, registry, line),
            Self::Environments => starting(environments(line)),
            Self::Profiles => starting(profiles()),
            Self::CodesAndPolicies => {
                starting(codes::entries().map(|entry| entry.code().to_owned()).chain(policies()).collect())
            }
            Self::Policies => starting(policies()),
            Self::Starters => starting(Starter::all().map(|starter| starter.name().to_owned()).collect()),
            Self::Commands => {
                starting(cli::definition().get_subcommands().map(|one| one.get_name().to_owned()).collect())
            }
            Self::Regions => starting(embedded_regions().map(str::to_owned).collect()),
        }
    }
}

/// The types that continue a word, one service at a time.
fn types(word: &str, registry: &Registry) -> BTreeSet<String> {
    let continued = registry.type_names().filter_map(|name| {
        let rest = name.strip_prefix(word)?;
        let end = rest.find("::").map_or(name.len(), |at| word.len() + at + 2);
        name.get(..end)
    });
    continued.map(str::to_owned).collect()
}

/// The identifiers of a type that are known without a call, in the environment that the line names; a promotion and a comparison
/// begin in dev.
fn identifiers(type_name: &str, registry: &Registry, line: &Line) -> Vec<String> {
    let Ok(workspace) = Workspace::open(&line.global(), false) else { return Vec::new() };
    let usual = ["drift", "promote", "estimate"].contains(&line.command().unwrap_or_default()).then_some("dev");
    let named = line.value("--env").or_else(|| line.value("--from")).or(usual);
    let environments = workspace.project().environments.iter();
    let environments = environments.filter(|one| named.is_none_or(|name| [one.name.as_str(), "all"].contains(&name)));
    let found: BTreeSet<String> =
        environments.flat_map(|environment| workspace.known_identifiers(environment, registry, type_name)).collect();
    found.into_iter().collect()
}

/// `LogicalId.Property=` of the templates that the line names, one logical id at a time; `Property=` for `update`.
fn properties(word: &str, registry: &Registry, line: &Line) -> BTreeSet<String> {
    if line.command() == Some("update") {
        let names = settable(line.last_type(registry).and_then(|name| registry.get(name)));
        return names.into_iter().map(|name| format!("{name}=")).filter(|name| name.starts_with(word)).collect();
    }
    let context = TemplateContext { for_reading: true, ..TemplateContext::default() };
    let inputs = template::read_inputs(&line.templates(), &mut empty()).unwrap_or_default();
    let loaded = template::load(&inputs, &context).unwrap_or_default();
    let ids = loaded.types.iter().map(|((_, id), type_name)| (format!("{id}."), type_name));
    let ids: Vec<(String, &String)> = ids.filter(|(id, _)| id.starts_with(word) || word.starts_with(id)).collect();
    match ids.as_slice() {
        // The properties are offered at once: a shell puts a space after a word that is the only candidate.
        [(id, type_name)] => {
            let names = settable(registry.get(type_name)).into_iter().map(|name| format!("{id}{name}="));
            names.filter(|name| name.starts_with(word)).collect()
        }
        ids => ids.iter().map(|(id, _)| id.clone()).collect(),
    }
}

/// The properties of a type that can be set.
fn settable(schema: Option<&TypeSchema>) -> Vec<&str> {
    let Some(schema) = schema else { return Vec::new() };
    let names = schema.properties.iter().map(String::as_str);
    names.filter(|name| !schema.is_read_only(&format!("/{name}"))).collect()
}

/// The environments of the project file; without one, those of the sandbox.
fn environments(line: &Line) -> Vec<String> {
    let found = workspace::find_project(&line.global());
    let project = found.ok().flatten().map_or_else(Project::sandbox, |(project, _)| project);
    project.environments.into_iter().map(|environment| environment.name).collect()
}

/// The profiles of the AWS configuration.
fn profiles() -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map(|runtime| runtime.block_on(profile_names())).unwrap_or_default()
}

fn policies() -> Vec<String> {
    let policies = policy::listed(builtin::sources()).unwrap_or_default();
    policies.into_iter().map(|policy| policy.id).collect()
}
