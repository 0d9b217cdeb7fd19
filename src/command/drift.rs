//! `drift`: compares two environments.

use super::drift_ignore::{IgnoreFile, check_named};
use super::{drift_desired, incomplete_warning, stale_warnings};
use crate::cli::{DriftArgs, suggestions};
use crate::compare::drift::Status;
use crate::compare::ignore::ignore;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::suggestion::SuggestedCommand;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::drift::{Scope, compare};
use crate::report::{Answer, DriftBody};
use crate::run::{Run, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &DriftArgs, run: &Run) -> Result<Answer<DriftBody>, Failure> {
    let fail_on = statuses(arguments)?;
    let mut ignored = IgnoreFile::load(arguments, run.workspace())?;
    let today = jiff::tz::Offset::UTC.to_datetime(run.now()).date();
    // A pasted command must use the same cloud as this run.
    let place = run.cli().given.location_flags();
    let render = |suggestion: &SuggestedCommand| suggestions::render_suggestion(suggestion, &place);
    if !arguments.desired.is_empty() {
        let (mut report, diagnostics) = drift_desired::report(arguments, run).await?;
        let said = ignore(&mut report, &ignored.rules, today, false);
        let body = DriftBody::new(&report, &[], &fail_on, &render).shown(arguments.all);
        let gap = incomplete_warning(&[
            (report.coverage.unreadable, "resource(s) that could not be read"),
            (report.coverage.unsupported, "resource(s) of types that Cloud Control cannot read"),
        ]);
        let outcome = if report.has_any(&fail_on) || gap.is_some() { Outcome::Findings } else { Outcome::Ok };
        return Ok(Answer::new(outcome, body).diagnostics(diagnostics).diagnostics(said).diagnostics(gap));
    }
    let words = arguments.resources.iter().map(String::as_str);
    let undescribed = run.learn_types(&[&arguments.from, &arguments.to], words).await;
    let scope = scope(run.registry(), &arguments.resources).map_err(|failure| failure.and(undescribed))?;
    if arguments.from == arguments.to {
        let problem =
            Diagnostic::error(Code::SameEnvironment, format!("`{}` cannot be compared with itself", arguments.from));
        return Err(Failure::usage(vec![problem.hint("specify two environments with --from and --to")]));
    }
    check_named(arguments, &scope)?;
    let (from, to) = tokio::try_join!(run.open_environment(&arguments.from), run.open_environment(&arguments.to))?;
    let (source, target) = (from.stale_reader(run), to.stale_reader(run));
    let mut report = compare(
        run.workspace().project(),
        (&from.environment, &source),
        (&to.environment, &target),
        &scope,
        run.events(),
    )
    .await
    .map_err(|error| cloud_failure(&error))?;
    let missing = scope.without_row(&report);
    if !missing.is_empty() {
        let problems = missing.into_iter().map(|name| {
            Diagnostic::error(
                Code::NotFound,
                format!("{name} is managed in neither `{}` nor `{}`", report.from, report.to),
            )
            .hint("run `stagegate drift` without arguments to list all managed resources")
        });
        return Err(Failure { outcome: Outcome::Error, diagnostics: problems.collect(), next: Vec::new() });
    }
    let mut said = ignore(&mut report, &ignored.rules, today, scope.wanted.is_empty());
    if arguments.accept {
        let note = ignored.accept(arguments, &report, &scope, (&to, today))?;
        said = ignore(&mut report, &ignored.rules, today, false);
        said.push(note);
    }
    let stale = [source.stale_reads(), target.stale_reads()].concat();
    let body = DriftBody::new(&report, &stale, &fail_on, &render).shown(arguments.all);
    let gap = incomplete_warning(&[
        (report.coverage.unreadable, "resource(s) that could not be read"),
        (report.coverage.unsupported, "tagged resource(s) of an unknown type"),
    ]);
    let is_complete = gap.is_none() && stale.is_empty();
    let outcome = if report.has_any(&fail_on) || !is_complete { Outcome::Findings } else { Outcome::Ok };
    Ok(Answer::new(outcome, body).diagnostics(said).diagnostics(gap).diagnostics(stale_warnings(&stale)))
}

fn statuses(arguments: &DriftArgs) -> Result<Vec<Status>, Failure> {
    if arguments.fail_on.is_empty() {
        // What a template declares and nobody created is missing; what was never promoted is not.
        let missing = (!arguments.desired.is_empty()).then_some(Status::DevOnly);
        return Ok([Status::Drifted, Status::NeedsReview, Status::ProdOnly].into_iter().chain(missing).collect());
    }
    let words = &arguments.fail_on;
    words
        .iter()
        .map(|word| {
            Status::parse(word).ok_or_else(|| {
                let names: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
                let problem = Diagnostic::error(Code::BadStatus, format!("`{word}` is not a drift status"));
                Failure::usage(vec![problem.hint(names.join(", "))])
            })
        })
        .collect()
}

/// Parses `TYPE [ID] TYPE [ID] …`: a word with the form of a type starts a new entry.
fn scope(registry: &Registry, words: &[String]) -> Result<Scope, Failure> {
    let mut wanted: Vec<(String, Option<String>)> = Vec::new();
    for word in words {
        match wanted.last_mut() {
            _ if word.contains("::") && word.matches("::").count() == 2 && !word.contains('/') => {
                wanted.push((known_type(registry, word)?, None))
            }
            Some((_, identifier @ None)) => *identifier = Some(word.clone()),
            _ => {
                let problem = Diagnostic::error(Code::BadResource, format!("`{word}` is not a resource type"));
                return Err(Failure::usage(vec![
                    problem.hint("specify types, each with an optional identifier: AWS::S3::Bucket my-bucket-dev"),
                ]));
            }
        }
    }
    Ok(Scope { wanted })
}

/// Checks that the registry has a type of this name.
pub fn known_type(registry: &Registry, word: &str) -> Result<String, Failure> {
    if registry.contains(word) {
        return Ok(word.to_owned());
    }
    let mut problem = Diagnostic::error(Code::UnknownType, format!("`{word}` is not a known resource type"));
    problem.hint = registry.suggest(word).map(|close| format!("did you mean `{close}`?"));
    Err(Failure::usage(vec![problem]))
}
