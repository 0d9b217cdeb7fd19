//! `drift`: compares two environments.

use super::drift_ignore::{IgnoreFile, check_named};
use super::{drift_desired, incomplete_warning, is_refusal, stale_warnings};
use crate::cli::{DriftArgs, GlobalArgs, suggestions};
use crate::compare::drift::{RegionNames, Status};
use crate::compare::ignore::ignore;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::RegionCoverage;
use crate::domain::stale::StaleRead;
use crate::domain::suggestion::SuggestedCommand;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::drift::{RegionPlan, RegionSides, Scope, compare_regions, region_plan};
use crate::report::{Answer, DriftBody, DriftStatus, MovedSide};
use crate::run::{OpenEnvironment, Reader, Run, StaleReader, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &DriftArgs, run: &Run) -> Result<Answer<DriftBody>, Failure> {
    let fail_on = statuses(arguments)?;
    let mut ignored = IgnoreFile::load(arguments, run.workspace())?;
    let today = jiff::tz::Offset::UTC.to_datetime(run.now()).date();
    // A pasted command must use the same cloud as this run.
    let place = run.cli().given.location_flags();
    let render = |suggestion: &SuggestedCommand, region: Option<&str>| {
        let region = region.map(str::to_owned).or_else(|| place.region.clone());
        suggestions::render_suggestion(suggestion, &GlobalArgs { region, ..place.clone() })
    };
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
    let Regions { opened, unmatched, refused } = Regions::open(run, from, to).await?;
    let denied = refused.len() as u64;
    let unread = unmatched.into_iter().chain(refused).collect();
    let readers: Vec<(StaleReader<Reader>, StaleReader<Reader>)> =
        opened.iter().map(|(from, to)| (from.stale_reader(run), to.stale_reader(run))).collect();
    let sides: Vec<RegionSides<'_>> = opened
        .iter()
        .zip(&readers)
        .map(|((from, to), (source, target))| RegionSides {
            from: (&from.environment, source),
            to: (&to.environment, target),
        })
        .collect();
    let report = compare_regions(run.workspace().project(), &sides, unread, &scope, run.events()).await;
    let mut report = report
        .map_err(|error| cloud_failure(&error))?
        .ok_or_else(|| Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "no environment is open")))?;
    report.coverage.denied += denied;
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
        let target = opened.first().map(|(_, to)| to);
        let target = target
            .ok_or_else(|| Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "no environment is open")))?;
        let note = ignored.accept(arguments, &report, &scope, (target, today))?;
        said = ignore(&mut report, &ignored.rules, today, false);
        said.push(note);
    }
    let stale: Vec<StaleRead> =
        readers.iter().flat_map(|(source, target)| [source.stale_reads(), target.stale_reads()].concat()).collect();
    let body = DriftBody::new(&report, &stale, &fail_on, &render).shown(arguments.all);
    let gap = incomplete_warning(&[
        (report.coverage.unreadable, "resource(s) that could not be read"),
        (report.coverage.unsupported, "tagged resource(s) of an unknown type"),
    ]);
    let is_complete = gap.is_none() && stale.is_empty();
    let outcome = if report.has_any(&fail_on) || !is_complete { Outcome::Findings } else { Outcome::Ok };
    let next = next_steps(&body, &place, run);
    let answer = Answer::new(outcome, body).diagnostics(said).diagnostics(gap).diagnostics(stale_warnings(&stale));
    Ok(next.into_iter().fold(answer, Answer::then))
}

/// The commands for what most rows need. Those of single rows are in the rows.
fn next_steps(body: &DriftBody, place: &GlobalArgs, run: &Run) -> Vec<NextStep> {
    let rows = body.resources.iter().filter(|row| row.ignored.is_none());
    let (promotable, others): (Vec<_>, Vec<_>) = rows
        .filter(|row| !matches!(row.status, DriftStatus::Synced))
        .partition(|row| row.status == DriftStatus::DevOnly || row.moved == Some(MovedSide::Dev));
    let mut next = Vec::new();
    if promotable.len() > 1 {
        let why = format!(
            "plan the promotion of {} resources that exist only in {} or changed there",
            promotable.len(),
            body.from
        );
        next.push(NextStep { why, command: suggestions::render_promote_all(&body.from, &body.to, place) });
    }
    if run.global().summary && !others.is_empty() {
        let why = format!("see the command for each of the {} other rows", others.len());
        let given = &run.cli().given;
        let global = GlobalArgs { summary: false, ..given.clone() };
        next.push(NextStep { why, command: crate::cli::command_line::render(&run.cli().command, &global) });
    }
    next
}

/// The Regions of both environments.
struct Regions {
    /// Those that are compared with each other; the first pair is that of the Regions that commands work in.
    opened: Vec<(OpenEnvironment, OpenEnvironment)>,
    /// Those without a counterpart.
    unmatched: Vec<RegionCoverage>,
    /// Those that refuse the credentials.
    refused: Vec<RegionCoverage>,
}

impl Regions {
    /// Opens the further Regions of two environments. One that refuses the credentials is left out.
    async fn open(run: &Run, from: OpenEnvironment, to: OpenEnvironment) -> Result<Self, Failure> {
        let RegionPlan { pairs, unmatched } =
            region_plan(run.workspace().project(), &from.environment, &to.environment);
        let (mut further, mut refused) = (Vec::new(), Vec::new());
        for RegionNames { from: here, to: there, .. } in pairs.into_iter().skip(1) {
            let (source, target) = tokio::join!(run.open_region(&from, &here), run.open_region(&to, &there));
            match (source, target) {
                (Ok(source), Ok(target)) => further.push((source, target)),
                (source, target) => {
                    for (environment, region, failed) in [(&from, here, source.err()), (&to, there, target.err())] {
                        let Some(failure) = failed else { continue };
                        if !is_refusal(&failure) {
                            return Err(failure);
                        }
                        let reasons: Vec<&str> = failure.diagnostics.iter().map(|one| one.message.as_str()).collect();
                        refused.push(RegionCoverage {
                            environment: environment.environment.name.clone(),
                            region,
                            refused: Some(reasons.join("; ")),
                        });
                    }
                }
            }
        }
        Ok(Self { opened: std::iter::once((from, to)).chain(further).collect(), unmatched, refused })
    }
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
