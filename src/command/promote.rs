//! `promote`: promotes live resources from one environment to another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::drift::known_type;
use super::gate_rules::GateRules;
use super::key_value::{pairs, tags};
use super::write::{self, saving};
use crate::cli::{GraphFormat, PromoteArgs, WriteArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::ResourceRef;
use crate::files::{text, yaml};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::gate;
use crate::pipeline::plan::from::promotion::{
    Mark, PromotionError, PromotionRequest, Selection, auto_refusals, plan, plan_marks, plan_pull,
};
use crate::pipeline::plan::{PlanContext, Side};
use crate::pipeline::ports::{RequestsWanted, WriteResources as _};
use crate::report::{Answer, GraphLanguage, WriteAnswer, graph};
use crate::run::{Run, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &PromoteArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    let start = write::start(&arguments.write, run)?;
    let mut values = match &arguments.inputs_file {
        Some(file) => inputs_of_file(file)?,
        None => BTreeMap::new(),
    };
    for (resource, places) in inputs(&arguments.inputs)? {
        values.entry(resource).or_default().extend(places);
    }
    execute(arguments, &values, start, run).await
}

/// Runs `promote` with inputs that were read before, by resource and pointer.
pub async fn execute(
    arguments: &PromoteArgs,
    inputs: &BTreeMap<String, BTreeMap<String, Value>>,
    start: write::Start<'_>,
    run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    let words = arguments.resources.iter().map(String::as_str);
    let undescribed = run.learn_types(&[&arguments.from, &arguments.to], words).await;
    let selection = selection(run.registry(), arguments).map_err(|failure| failure.and(undescribed))?;
    let extra_tags = tags(&arguments.tags)?;
    run.workspace().environment(&arguments.from)?;
    run.workspace().environment(&arguments.to)?;
    if arguments.from == arguments.to {
        let problem =
            Diagnostic::error(Code::SameEnvironment, format!("`{}` cannot be promoted to itself", arguments.from));
        return Err(Failure::usage(vec![problem.hint("specify two environments with --from and --to")]));
    }
    if run.workspace().environment(&arguments.from)?.protected && !run.workspace().environment(&arguments.to)?.protected
    {
        let problem = Diagnostic::error(
            Code::AgainstTheGrain,
            format!(
                "`{}` is protected and `{}` is not: resources are promoted to the protected environment",
                arguments.from, arguments.to
            ),
        );
        return Err(Failure::new(Outcome::Blocked, problem.hint("swap --from and --to")));
    }
    let rules_of_auto = run.workspace().project().promotion.auto.as_ref().filter(|_| arguments.auto);
    if arguments.auto && rules_of_auto.is_none() {
        let problem = Diagnostic::error(
            Code::AutoNotConfigured,
            "stagegate.yaml has no section `promotion.auto`: nothing may be promoted without an approval",
        );
        let hint = "add the types, the highest monthly cost and the time without a change: promotion: { auto: { types: \
                    [AWS::SQS::Queue], cap: 5.00, soak: 24h } }";
        return Err(Failure::new(Outcome::Blocked, problem.hint(hint)));
    }
    let rules = GateRules::load(run)?;
    let (from, to) = tokio::try_join!(run.open_environment(&arguments.from), run.open_environment(&arguments.to))?;
    let pricing = run.pricing_of(&to).await;
    let context = PlanContext {
        allow_replace: arguments.allow_replace,
        ..rules.context(run, &arguments.write, start, &extra_tags, &pricing)
    };
    let (source, target) = (from.reader(), to.reader());
    let events = run.events();
    let names = names(run.registry(), &arguments.names)?;
    let request = PromotionRequest {
        selection: &selection,
        with_dependencies: arguments.with_dependencies,
        inputs,
        names: &names,
        leave_behind: arguments.leave_behind,
        only_types: rules_of_auto.map(|rules| rules.types.as_slice()),
    };
    let flags =
        WriteArgs { plan_only: arguments.write.plan_only || arguments.graph.is_some(), ..arguments.write.clone() };
    let sides = (
        Side { environment: &from.environment, account: &from.account, reader: &source, events },
        Side { environment: &to.environment, account: &to.account, reader: &target, events },
    );
    let mark = match (arguments.mark_pending, arguments.unmark) {
        (true, _) => Some(Mark::Pending),
        (_, true) => Some(Mark::Remove),
        (false, false) => None,
    };
    let make = async || {
        let (planned, changed) = match mark {
            Some(mark) => (plan_marks(&context, &sides.0, &sides.1, &selection, mark).await, &from),
            None if arguments.pull => (plan_pull(&context, &sides.0, &sides.1, &selection).await, &from),
            None => (plan(&context, &sides.0, &sides.1, &request).await, &to),
        };
        let (mut planned, estimate) = planned.map_err(failure)?;
        if let Some(rules) = rules_of_auto {
            let requests = from
                .writer(BTreeSet::new())
                .requests(RequestsWanted::Succeeded)
                .await
                .map_err(|error| cloud_failure(&error))?;
            let refusals = auto_refusals(rules, &sides.0, (&planned, &estimate), &requests, start.as_of).await;
            planned.plan.problems.extend(refusals.map_err(|error| cloud_failure(&error))?);
        }
        let gated = gate::judge(&context, &changed.environment, planned, estimate).await;
        if !gated.verdict().blocks.is_empty() {
            return Ok(gated);
        }
        let found = run.preflight(gated.plan(), changed).await;
        Ok(gated.with_preflight(found))
    };
    let saved = saving::of_promote(run.registry(), arguments, inputs)?;
    let write_run = write::WriteRun { run, flags: &flags, opened: &[&from, &to], request: saved, start };
    let answer = write_run.execute(make).await?;
    Ok(answer.map(|mut answer| {
        let language = arguments.graph.map(|format| match format {
            GraphFormat::Mermaid => GraphLanguage::Mermaid,
            GraphFormat::Dot => GraphLanguage::Dot,
        });
        answer.body.graph = language.map(|language| graph(&answer.body.plan, language));
        answer
    }))
}

fn failure(error: PromotionError) -> Failure {
    match error {
        PromotionError::Cloud(error) => cloud_failure(&error),
        PromotionError::Refused(diagnostics) => Failure { outcome: Outcome::Error, diagnostics, next: Vec::new() },
        PromotionError::UnknownType(diagnostics) => Failure::usage(diagnostics),
    }
}

fn selection(registry: &Registry, arguments: &PromoteArgs) -> Result<Selection, Failure> {
    if let Some(word) = &arguments.select {
        let (key, value) = pairs(std::slice::from_ref(word), "--select")?.remove(0);
        return Ok(Selection::Tagged(key, value));
    }
    let mut named = Vec::new();
    for pair in arguments.resources.chunks(2) {
        let [type_name, identifier] = pair else {
            let problem = Diagnostic::error(Code::BadResource, format!("`{}` has no identifier", pair[0]));
            return Err(Failure::usage(vec![
                problem.hint("specify TYPE ID pairs: AWS::S3::Bucket my-bucket-dev AWS::SQS::Queue …"),
            ]));
        };
        named.push(ResourceRef::new(known_type(registry, type_name)?, identifier));
    }
    Ok(if arguments.all { Selection::All(named) } else { Selection::Named(named) })
}

/// Parses `TYPE/ID=NAME` arguments: names by `TYPE/ID`.
fn names(registry: &Registry, words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    for word in words {
        // An identifier may contain `=`, a name cannot.
        let parts = word.rsplit_once('=').filter(|(resource, name)| resource.contains('/') && !name.is_empty());
        let Some((resource, name)) = parts else {
            let problem = Diagnostic::error(Code::BadInput, format!("invalid name `--name {word}`"));
            return Err(Failure::usage(vec![
                problem.hint("use --name TYPE/ID=NAME, such as AWS::S3::Bucket/files=files-prod"),
            ]));
        };
        let (type_name, _) = resource.split_once('/').unwrap_or((resource, ""));
        known_type(registry, type_name)?;
        names.insert(resource.to_owned(), name.to_owned());
    }
    Ok(names)
}

/// Reads a file of inputs: `RESOURCE: {/JSON/POINTER: VALUE}`.
fn inputs_of_file(file: &Path) -> Result<BTreeMap<String, BTreeMap<String, Value>>, Failure> {
    let text = text::read_file(file).map_err(|problem| Failure::usage(vec![*problem]))?;
    let root = yaml::parse(&file.display().to_string(), &text).map_err(Failure::usage)?;
    let wrong = |what: &str| {
        let message = format!("`{}`: {what}", file.display());
        let problem = Diagnostic::error(Code::BadInput, message);
        Failure::usage(vec![problem.hint("write `TYPE/ID: {/JSON/POINTER: VALUE}`, one resource per line")])
    };
    let Value::Object(resources) = root.to_value() else { return Err(wrong("it is not a map of resources")) };
    let mut inputs = BTreeMap::new();
    for (resource, places) in resources {
        let Value::Object(places) = places else {
            return Err(wrong(&format!("`{resource}` is not a map of properties")));
        };
        if let Some(place) = places.keys().find(|place| !place.starts_with('/')) {
            return Err(wrong(&format!("`{resource}`: `{place}` is not a JSON pointer")));
        }
        inputs.insert(resource, places.into_iter().collect());
    }
    Ok(inputs)
}

/// Parses `RESOURCE#/POINTER=VALUE` arguments: by resource, then by pointer. `=@FILE` reads a file.
pub fn inputs(words: &[String]) -> Result<BTreeMap<String, BTreeMap<String, Value>>, Failure> {
    let mut inputs: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (number, word) in (1..).zip(words) {
        let parts = word.split_once('#').and_then(|(resource, rest)| Some((resource, rest.split_once('=')?)));
        let Some((resource, (place, value))) = parts.filter(|(_, (place, _))| place.starts_with('/')) else {
            // What follows the `=` may be a secret; without one, everything may.
            let which = match word.split_once('=') {
                Some((name, _)) => format!("`--input {name}=…`"),
                None => format!("number {number} of `--input`"),
            };
            let problem = Diagnostic::error(Code::BadInput, format!("invalid input: {which}"));
            return Err(Failure::usage(vec![
                problem.hint("use --input 'TYPE/ID#/JSON/POINTER=VALUE', or =@FILE to read a file"),
            ]));
        };
        let value = match value.strip_prefix('@') {
            Some(file) => {
                Value::String(text::read_file(file.as_ref()).map_err(|problem| Failure::usage(vec![*problem]))?)
            }
            None => parsed(value),
        };
        inputs.entry(resource.to_owned()).or_default().insert(place.to_owned(), value);
    }
    Ok(inputs)
}

/// Parses a value as YAML if it is a boolean, null, an integer, a quoted string, a list or an object; otherwise it is a string.
fn parsed(text: &str) -> Value {
    let structured = text.starts_with(['{', '[', '"', '\''])
        || matches!(text, "true" | "false" | "null")
        || text.parse::<i64>().is_ok();
    match yaml::parse("--input", text) {
        Ok(node) if structured => node.to_value(),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs_name_a_resource_a_pointer_and_a_value() {
        let words = [
            "AWS::Lambda::Function/f-dev#/Code={S3Bucket: b, S3Key: k}".to_owned(),
            "Db#/MasterUserPassword=a=b".to_owned(),
        ];
        let inputs = inputs(&words).unwrap();
        assert_eq!(inputs["AWS::Lambda::Function/f-dev"]["/Code"], json!({"S3Bucket": "b", "S3Key": "k"}));
        assert_eq!(inputs["Db"]["/MasterUserPassword"], json!("a=b"));
    }

    #[test]
    fn an_input_without_a_pointer_is_rejected() {
        assert_eq!(inputs(&["f#Code=x".to_owned()]).unwrap_err().outcome, Outcome::Usage);
        assert_eq!(inputs(&["f=x".to_owned()]).unwrap_err().outcome, Outcome::Usage);
    }
}
