//! The desired resources of a command: from templates, or from the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::key_value::pairs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;
use crate::domain::project::Environment;
use crate::domain::resource::{DesiredResource, SourceMap};
use crate::files::template::{self, LoadedTemplate, TemplateContext, TemplateInput, Translations};
use crate::files::{text, yaml};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::load::{self, Loaded};
use crate::pipeline::ports::{CloudErrorKind, ReadParameters as _};
use crate::run::{Run, cloud_failure};
use crate::schema::Registry;

/// Arguments for loading templates.
pub struct TemplateRequest<'a> {
    /// `--param`.
    pub parameters: &'a [String],
    /// `--set`.
    pub sets: &'a [String],
    /// `--import`.
    pub imports: &'a [String],
    /// What AWS's translator makes of the templates; see [`super::translation`].
    pub translated: Translations,
    /// Account and region, as far as they are known.
    pub pseudo: Pseudo,
    /// What the command does with the templates.
    pub purpose: Purpose,
}

/// What a command does with templates: it decides what it refuses. For commands that only read, see
/// [`super::reading`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its resources are created: everything must be known.
    Create,
    /// Its resources are compared with live ones: types that Cloud Control does not have are left out.
    Compare,
}

/// What a template may know about the environment that it is for.
pub fn pseudo_of(environment: &Environment, stack: Option<&str>) -> Pseudo {
    Pseudo {
        account: Some(environment.account.to_string()),
        region: Some(environment.region.clone()),
        stack_name: stack.map(str::to_owned),
        partition: None,
    }
}

/// Reads templates, `-` from standard input. Reading may block for as long as the writer takes, so it runs on a
/// separate thread and does not delay the handling of signals.
pub async fn read_templates(files: &[PathBuf]) -> Result<Vec<TemplateInput>, Failure> {
    let files = files.to_vec();
    let reading = tokio::task::spawn_blocking(move || template::read_inputs(&files, &mut std::io::stdin()));
    match reading.await {
        Ok(read) => read.map_err(Failure::usage),
        Err(stopped) => Err(Failure::new(
            Outcome::Error,
            Diagnostic::error(Code::Internal, format!("the templates could not be read: {stopped}")),
        )),
    }
}

/// Loads templates and validates them against the schemas, after looking up types that the registry does not know in an
/// environment.
pub async fn load_template_for(
    run: &Run,
    environment: &str,
    inputs: &[TemplateInput],
    request: &TemplateRequest<'_>,
) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let (stored, notes) = stored_parameters(run, environment, inputs, request).await?;
    let mut resolved = resolved(inputs, request, stored).map_err(|failure| failure.and(notes.clone()))?;
    resolved.diagnostics.extend(notes);
    let types = resolved.resources.iter().map(|resource| resource.type_name.as_str());
    let undescribed = run.learn_types(&[environment], types).await;
    checked(run.registry(), resolved, request).map_err(|failure| failure.and(undescribed))
}

/// Reads the SSM parameters whose values templates use. Returns notes about those that cannot be read: they have no value.
async fn stored_parameters(
    run: &Run,
    environment: &str,
    inputs: &[TemplateInput],
    request: &TemplateRequest<'_>,
) -> Result<(BTreeMap<String, String>, Vec<Diagnostic>), Failure> {
    let given = pairs(request.parameters, "--param")?.into_iter().collect();
    let (mut found, mut notes) = (BTreeMap::new(), Vec::new());
    let wanted = template::stored_parameters(inputs, &given);
    if wanted.is_empty() {
        return Ok((found, notes));
    }
    let parameters = run.open_environment(environment).await?.parameters();
    for (parameter, name) in wanted {
        let reason = match parameters.parameter(&name).await {
            Ok(Some(value)) => {
                found.insert(parameter, value);
                continue;
            }
            Ok(None) => "it does not exist".to_owned(),
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(cloud_failure(&error)),
            Err(error) => error.message,
        };
        let message = format!("the SSM parameter `{name}` in {environment} cannot be read: {reason}");
        let note = Diagnostic::warning(Code::SsmParameter, message).pointer(pointer::join("/Parameters", &parameter));
        notes.push(note.hint(format!("add `--param {parameter}=VALUE`")));
    }
    Ok((found, notes))
}

fn resolved(
    inputs: &[TemplateInput],
    request: &TemplateRequest<'_>,
    stored: BTreeMap<String, String>,
) -> Result<LoadedTemplate, Failure> {
    let context = TemplateContext {
        parameters: pairs(request.parameters, "--param")?.into_iter().collect(),
        pseudo: request.pseudo.clone(),
        sets: pairs(request.sets, "--set")?,
        stored,
        imports: pairs(request.imports, "--import")?.into_iter().collect(),
        for_reading: false,
        separate_stacks: false,
        translated: request.translated.clone(),
        nested: template::read_nested(inputs),
    };
    template::load(inputs, &context).map_err(Failure::usage)
}

fn checked(
    registry: &Registry,
    loaded: LoadedTemplate,
    request: &TemplateRequest<'_>,
) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let mut diagnostics = loaded.diagnostics;
    let check = match request.purpose {
        Purpose::Create => load::check,
        Purpose::Compare => load::check_for_comparing,
    };
    let checked = check(registry, loaded.resources, loaded.secrets).map_err(Failure::usage)?;
    let checked = load::replace_equivalents(checked);
    diagnostics.extend(checked.notes.iter().cloned());
    Ok((checked, diagnostics))
}

/// Loads one resource from the command line: a type, and its properties as JSON or `@FILE`.
pub fn given_resource(
    registry: &Registry,
    type_name: &str,
    properties: Option<&str>,
) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let (file, text) = match properties.map(|text| (text, text.strip_prefix('@'))) {
        None => ("--properties".to_owned(), "{}".to_owned()),
        Some((_, Some(path))) => {
            (path.to_owned(), text::read_file(path.as_ref()).map_err(|problem| Failure::usage(vec![*problem]))?)
        }
        Some((text, None)) => ("--properties".to_owned(), text.to_owned()),
    };
    let node = yaml::parse(&file, &text).map_err(Failure::usage)?;
    if node.entries().is_none() {
        let problem =
            Diagnostic::error(Code::BadProperties, format!("the properties are {}, not an object", node.kind()));
        let hint = "use --properties '{\"Name\": \"value\"}', or @FILE to read a file";
        return Err(Failure::usage(vec![problem.at(Some(node.location)).hint(hint)]));
    }
    let mut source = SourceMap::default();
    source.resource = Some(node.location.clone());
    node.for_each_place("", &mut |pointer, place| source.insert(pointer, place.clone()));
    let resource = DesiredResource {
        logical_id: "Resource".to_owned(),
        type_name: type_name.to_owned(),
        properties: node.to_value(),
        depends_on: Vec::new(),
        metadata: serde_json::Value::Null,
        file,
        source,
    };
    let checked = load::check_incomplete(registry, resource).map_err(Failure::usage)?;
    let notes = checked.notes.clone();
    Ok((checked, notes))
}
