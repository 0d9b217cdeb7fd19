//! `schema`: describes a resource type. Makes no call unless an environment is given.

use std::path::PathBuf;

use super::policies::policy_sources;
use crate::cli::{GlobalArgs, SchemaArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::types::{self, KnownType};
use crate::policy::{self, Packs, PolicySource, builtin};
use crate::report::{Answer, AnswerView, PolicyView, SchemaBody};
use crate::run::Run;
use crate::schema::{FactsSource, Registry, TypeSchema};
use crate::workspace;

/// Answers from the embedded copy. Needs no project, no run and no runtime.
pub fn offline(arguments: &SchemaArgs, global: &GlobalArgs) -> Result<Answer<SchemaBody>, Failure> {
    // No environment describes other types.
    let registry = Registry::embedded();
    let schema = known(&registry, &arguments.type_name)?;
    let mut sources = builtin::sources();
    if let Some((project, root)) = workspace::find_project(global)? {
        let folders: Vec<PathBuf> = project.policies.dirs.iter().map(|folder| root.join(folder)).collect();
        sources.extend(policy_sources(folders.iter().map(PathBuf::as_path))?);
    }
    let embedded = types::embedded(&registry, &arguments.type_name, None)
        .ok_or_else(|| unknown(&registry, &arguments.type_name))?;
    answer(schema, &embedded, None, sources)
}

/// Answers from CloudFormation in an environment, or from the cache or the embedded copy if it does not respond.
pub async fn run(type_name: &str, environment: &str, run: &Run) -> Result<Answer<SchemaBody>, Failure> {
    let registry = run.registry();
    let region = run.workspace().environment(environment)?.region.clone();
    if !types::may_be_new_type(registry, type_name) {
        known(registry, type_name)?;
    }
    let found = run.known_type(environment, type_name).await?.map_err(|reason| {
        let note = Diagnostic::note(Code::TypeNotDescribed, format!("{environment}: {reason}")).resource(type_name);
        unknown(registry, type_name).and(vec![note])
    })?;
    let schema = known(registry, type_name)?;
    let folders: Vec<PathBuf> =
        run.workspace().project().policies.dirs.iter().map(|folder| run.workspace().project_path(folder)).collect();
    let mut sources = builtin::sources();
    sources.extend(policy_sources(folders.iter().map(PathBuf::as_path))?);
    let mut answer = answer(schema, &found, Some(&region), sources)?;
    if let (Some(reason), source) = (&found.reason, found.source) {
        let instead = match source {
            FactsSource::Cache { .. } => "showing a cached response",
            FactsSource::Embedded | FactsSource::Aws => "showing the embedded copy",
        };
        answer.diagnostics.push(
            Diagnostic::warning(Code::NotFromAws, format!("{reason}; {instead}"))
                .resource(type_name)
                .hint("allow cloudformation:DescribeType, or omit --env to use the embedded copy"),
        );
    }
    Ok(answer)
}

fn answer(
    schema: &TypeSchema,
    found: &KnownType,
    region: Option<&str>,
    sources: Vec<PolicySource>,
) -> Result<Answer<SchemaBody>, Failure> {
    // An invalid policy is not a usage error: which policies apply is not known.
    let about = policy::policies_for_type(sources, &schema.type_name)
        .map_err(|error| Failure::new(Outcome::Error, error.diagnostic()))?;
    let core = Packs::core();
    let policies = about.iter().map(|policy| PolicyView::new(policy, core.holds(&policy.pack))).collect();
    let answered = AnswerView::new(found.source, region, found.reason.clone());
    let body = SchemaBody::new(schema, &found.facts, answered, policies);
    Ok(Answer::new(Outcome::Ok, body))
}

fn known(registry: &Registry, type_name: &str) -> Result<&'static TypeSchema, Failure> {
    registry.get(type_name).ok_or_else(|| unknown(registry, type_name))
}

fn unknown(registry: &Registry, type_name: &str) -> Failure {
    let problem = Diagnostic::error(Code::UnknownType, format!("unknown resource type `{type_name}`"));
    Failure::usage(vec![problem.hint(match registry.suggest(type_name) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "type names have the form AWS::Service::Resource".to_owned(),
    })])
}
