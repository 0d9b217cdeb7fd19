//! `update`: changes a live resource.

use serde_json::Value;

use super::drift::known_type;
use super::gate_rules::GateRules;
use super::key_value::pairs;
use super::template::{pseudo_of, read_templates};
use super::write::{self, saving};
use crate::cli::UpdateArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;
use crate::domain::resource::ResourceRef;
use crate::domain::symbol;
use crate::domain::tags::Tags;
use crate::files::template::{self, TemplateContext, TemplateInput};
use crate::files::yaml;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::plan::from::change::{ChangeError, Edit, plan};
use crate::pipeline::plan::from::resumed::ApprovedBefore;
use crate::pipeline::plan::{PlanContext, Side};
use crate::pipeline::{gate, load};
use crate::report::{Answer, WriteAnswer};
use crate::run::{Run, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &UpdateArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    let start = write::start(&arguments.write, run)?;
    let files = read_templates(&arguments.files).await?;
    let patches = read_templates(&arguments.patch).await?;
    update(arguments, &files, &patches, start, run).await
}

/// Runs `update` with files of `-f` and `--patch` that were read before.
pub async fn update(
    arguments: &UpdateArgs,
    files: &[TemplateInput],
    patches: &[TemplateInput],
    start: write::Start<'_>,
    run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    let environment = run.workspace().environment(&arguments.env)?;
    let undescribed = run.learn_types(&[&arguments.env], [arguments.type_name.as_str()]).await;
    let type_name = known_type(run.registry(), &arguments.type_name).map_err(|failure| failure.and(undescribed))?;
    let resource = ResourceRef::new(type_name, &arguments.identifier);
    let pseudo = pseudo_of(environment, None);
    let (edit, diagnostics) = edit(run.registry(), arguments, files, patches, pseudo)?;
    let rules = GateRules::load(run)?;
    let opened = run.open_environment(&arguments.env).await?;
    let pricing = run.pricing_of(&opened).await;
    let no_tags = Tags::new();
    let context = PlanContext {
        allow_replace: arguments.allow_replace,
        ..rules.context(run, &arguments.write, start, &no_tags, &pricing)
    };
    let reader = opened.reader();
    let side =
        Side { environment: &opened.environment, account: &opened.account, reader: &reader, events: run.events() };
    let approved = write::approved_before(&arguments.write, start, run);
    let approved = approved.as_ref().map(|(plan, place)| ApprovedBefore { plan, place });
    let make = async || {
        let (planned, estimate) = plan(&context, &side, &resource, &edit, approved).await.map_err(change_failure)?;
        Ok(gate::judge(&context, &opened.environment, planned, estimate).await)
    };
    let request = saving::of_update(run.registry(), arguments, files, patches);
    let write_run = write::WriteRun { run, flags: &arguments.write, opened: &[&opened], request, start };
    Ok(write_run.execute(make).await?.diagnostics(diagnostics))
}

/// Returns the failure of a change that cannot be planned.
pub fn change_failure(error: ChangeError) -> Failure {
    match error {
        ChangeError::Cloud(error) => cloud_failure(&error),
        ChangeError::Refused(diagnostics) => Failure { outcome: Outcome::Error, diagnostics, next: Vec::new() },
    }
}

/// The change, validated against the type's schema.
fn edit(
    registry: &Registry,
    arguments: &UpdateArgs,
    files: &[TemplateInput],
    patches: &[TemplateInput],
    pseudo: Pseudo,
) -> Result<(Edit, Vec<Diagnostic>), Failure> {
    if let Some(patch) = patches.first() {
        let node = yaml::parse(&patch.file, &patch.text).map_err(Failure::usage)?;
        // The error of the parser repeats values, which may be secrets.
        let patch = serde_json::from_value(node.to_value()).map_err(|_| {
            let problem = Diagnostic::error(Code::BadPatch, format!("{} is not a JSON Patch", patch.file));
            let hint = "use a list such as [{\"op\": \"replace\", \"path\": \"/VisibilityTimeout\", \"value\": 60}]";
            Failure::usage(vec![problem.at(Some(node.location.clone())).hint(hint)])
        })?;
        return Ok((Edit::Patch(patch), Vec::new()));
    }
    let inputs: Vec<TemplateInput> = match files {
        [] => vec![as_resource("--set", &arguments.type_name, &Value::Object(Default::default()))],
        files => files.iter().map(|file| named_type(file, &arguments.type_name)).collect::<Result<_, _>>()?,
    };
    let sets = assignments(arguments)?;
    // What does not depend on the live resource is validated before it is read.
    let is_independent = |(place, value): &&(String, Value)| {
        !value.is_null() && !pointer::tokens(place).iter().any(|token| token.parse::<usize>().is_ok())
    };
    let checked_sets = sets.iter().filter(is_independent).map(|(place, value)| (place.clone(), value.to_string()));
    let context = TemplateContext { pseudo, sets: checked_sets.collect(), ..TemplateContext::default() };
    let loaded = template::load(&inputs, &context).map_err(Failure::usage)?;
    let mut diagnostics = loaded.diagnostics;
    let [resource] = <[_; 1]>::try_from(loaded.resources).map_err(|_| {
        let problem = Diagnostic::error(Code::BadProperties, "the file has several resources");
        Failure::usage(vec![problem.hint("`update` changes one resource; use `create` for a template")])
    })?;
    if resource.type_name != arguments.type_name {
        let message = format!("the file is for {}, not {}", resource.type_name, arguments.type_name);
        return Err(Failure::usage(vec![Diagnostic::error(Code::BadProperties, message)]));
    }
    if let Some(place) = symbol::unresolved_pointers(&resource.properties).first() {
        let problem = Diagnostic::error(Code::UnresolvedReference, format!("{place} cannot be resolved"));
        let problem = problem.at(resource.source.locate(place)).hint("use a literal value");
        return Err(Failure::new(Outcome::Blocked, problem));
    }
    let checked = load::check_incomplete(registry, resource).map_err(Failure::usage)?;
    diagnostics.extend(checked.notes);
    let declared = checked.resources.into_iter().next().map(|resource| resource.properties).unwrap_or_default();
    Ok((Edit::Properties { declared, sets }, diagnostics))
}

/// The values of `--set`, by JSON pointer.
fn assignments(arguments: &UpdateArgs) -> Result<Vec<(String, Value)>, Failure> {
    let pairs = pairs(&arguments.sets, "--set")?.into_iter();
    pairs
        .map(|(path, text)| {
            let place = match path.starts_with('/') {
                true => path,
                false => path.split('.').fold(String::new(), |base, token| pointer::join(&base, token)),
            };
            if text.is_empty() {
                return Ok((place, Value::from("")));
            }
            let node = yaml::parse("--set", &text).map_err(Failure::usage)?;
            Ok((place, node.to_value()))
        })
        .collect()
}

/// A file that contains the properties alone, as a resource of the type; other files are unchanged.
fn named_type(file: &TemplateInput, type_name: &str) -> Result<TemplateInput, Failure> {
    let node = yaml::parse(&file.file, &file.text).map_err(Failure::usage)?;
    let value = node.to_value();
    let is_resource = value.get("Resources").is_some() || value.get("Type").is_some_and(Value::is_string);
    Ok(if is_resource { file.clone() } else { as_resource(&file.file, type_name, &value) })
}

fn as_resource(file: &str, type_name: &str, properties: &Value) -> TemplateInput {
    let resource = serde_json::json!({"Type": type_name, "Properties": properties});
    TemplateInput { file: file.to_owned(), text: resource.to_string() }
}
