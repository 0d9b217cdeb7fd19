//! `tag-audit`: checks the tags of all resources, and corrects them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::drift::known_type;
use super::gate_rules::GateRules;
use super::key_value::pairs;
use super::write::{self, saving};
use super::{incomplete_warning, is_refusal, stale_warnings};
use crate::cli::{AuditArgs, Command, GlobalArgs, UntaggedSource, WriteArgs, command_line, suggestions};
use crate::domain::audit::{AuditReport, BOTH_SIDES, Gap, TAGGING_API};
use crate::domain::baseline::{Baseline, BaselineComparison, EarlierViolation};
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::project::{Environment, RegionCoverage};
use crate::domain::stale::StaleRead;
use crate::domain::suggestion::SuggestedRemedy;
use crate::domain::tags::{self, Tags};
use crate::files::{baseline, text};
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::audit::{AuditScope, AuditSide, FixChoices, SourceChoice, audit};
use crate::pipeline::estate::is_listable;
use crate::pipeline::gate;
use crate::pipeline::plan::Side;
use crate::pipeline::plan::from::tag_fix;
use crate::pipeline::ports::ReadIndex;
use crate::policy::tag_values::givable_keys;
use crate::report::{Answer, AuditBody, Body, Stage, TagFixAnswer, WriteAnswer};
use crate::run::{OpenEnvironment, Run, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &AuditArgs, run: &Run) -> Result<Answer<Body>, Failure> {
    if arguments.fix {
        return fix(arguments, run).await;
    }
    if arguments.write != WriteArgs::default() {
        let problem = Diagnostic::error(Code::Usage, "without --fix, there is no plan to stop or to approve");
        return Err(Failure::usage(vec![problem.hint("add --fix, or remove the flags of the plan")]));
    }
    let earlier = match &arguments.baseline {
        Some(file) => {
            let text = text::read_file(file).map_err(|problem| Failure::usage(vec![*problem]))?;
            let name = file.display().to_string();
            let earlier = baseline::parse(&name, &text).map_err(|problem| Failure::usage(vec![*problem]))?;
            require_same_accounts(&name, &earlier, run)?;
            Some(earlier)
        }
        None => None,
    };
    let prepared = Prepared::new(arguments, run).await?;
    let mut opened = Vec::new();
    for environment in &prepared.opened {
        opened.push((environment.stale_reader(run), &environment.environment));
    }
    let indexes = indexes(arguments, &prepared.opened);
    let sides: Vec<AuditSide<'_>> = opened
        .iter()
        .zip(&indexes)
        .map(|((reader, environment), index)| AuditSide { environment, reader, index: index.as_deref() })
        .collect();
    let scope = prepared.scope(arguments, run, run.now());
    let mut report =
        audit(run.workspace().project(), &sides, scope, run.events()).await.map_err(|error| cloud_failure(&error))?;
    let refused = prepared.note_refused(&mut report);
    let Further { stale: of_regions, fixable: fixable_elsewhere } =
        prepared.audit_regions(arguments, run, &mut report).await?;
    require_found(arguments, &report)?;
    let stale: Vec<StaleRead> = opened.iter().flat_map(|(reader, _)| reader.stale_reads()).chain(of_regions).collect();
    let compared = earlier.map(|earlier| {
        let is_checked =
            |violation: &EarlierViolation| prepared.would_find((arguments, run.registry()), &report, violation);
        BaselineComparison::new(earlier, &report, is_checked)
    });
    let body = AuditBody::new(&report, &stale, arguments.list_compliant, compared.as_ref(), &render(run));
    let gap = gap(&report);
    let is_complete = gap.is_none() && stale.is_empty();
    let counted = compared.map_or(report.violating() as u64, |compared| compared.new);
    let outcome = if counted > 0 || !is_complete { Outcome::Findings } else { Outcome::Ok };
    let mut answer = Answer::new(outcome, Body::TagAudit(body.listed(run.global().summary)))
        .diagnostics(refused)
        .diagnostics(gap)
        .diagnostics(stale_warnings(&stale));
    if !report.corrections.is_empty() {
        let here = report.rows.iter().filter(|row| row.region.is_none());
        let fixable = here.flat_map(|row| &row.violations).filter(|violation| violation.fixable).count();
        let why = format!("correct {fixable} violation(s) by one plan");
        answer = answer.then(NextStep { why, command: fix_command(arguments, run, None) });
    }
    for (region, fixable) in fixable_elsewhere {
        let why = format!("correct {fixable} violation(s) in {region} by one plan");
        answer = answer.then(NextStep { why, command: fix_command(arguments, run, Some(&region)) });
    }
    Ok(answer)
}

/// The command that corrects what this one reports, in a Region.
fn fix_command(arguments: &AuditArgs, run: &Run, region: Option<&str>) -> String {
    let fix = AuditArgs { fix: true, baseline: None, list_compliant: false, ..arguments.clone() };
    command_line::render(&Command::TagAudit(fix), &place(run, region))
}

/// `tag-audit --fix`.
async fn fix(arguments: &AuditArgs, run: &Run) -> Result<Answer<Body>, Failure> {
    let Fixed { answer, report } = execute(arguments, write::start(&arguments.write, run)?, run).await?;
    let gap = gap(&report);
    let stage = answer.body.as_ref().map_or(Stage::Empty, |written| written.stage);
    // What is left is a finding, as in an audit. A plan that is not applied ends as every plan does.
    let is_left = report.rows.iter().flat_map(|row| &row.violations).any(|violation| !violation.fixable);
    let is_over = matches!(stage, Stage::Applied | Stage::Empty) && answer.outcome == Outcome::Ok;
    let outcome = match is_over && (is_left || gap.is_some()) {
        true => Outcome::Findings,
        false => answer.outcome,
    };
    let answer = answer.map(|written| {
        let mut body = AuditBody::new(&report, &[], arguments.list_compliant, None, &render(run));
        body.fix = Some(Box::new(written.body));
        Body::TagFix(Box::new(TagFixAnswer { body, stage }))
    });
    Ok(Answer { outcome, ..answer }.diagnostics(gap))
}

/// The answer about a plan, and the audit that it is made of.
pub struct Fixed {
    pub answer: Answer<WriteAnswer>,
    report: AuditReport,
}

/// Runs `tag-audit --fix`, or the rest of it.
pub async fn execute(arguments: &AuditArgs, start: write::Start<'_>, run: &Run) -> Result<Fixed, Failure> {
    let prepared = Prepared::new(arguments, run).await?;
    let rules = GateRules::load(run)?;
    let approved = write::approved_before(&arguments.write, start, run).map(|(plan, _)| plan.environment);
    let Some(own) = prepared.opened.iter().find(|one| one.environment.protected).or(prepared.opened.first()) else {
        return Err(Failure::usage(vec![Diagnostic::error(Code::NoProject, "the project has no environment")]));
    };
    let pricing = run.pricing_of(own).await;
    let context = rules.context(run, &arguments.write, start, &prepared.given, &pricing);
    let events = run.events();
    let readers: Vec<_> = prepared.opened.iter().map(OpenEnvironment::reader).collect();
    let opened = || prepared.opened.iter().zip(&readers);
    let sides: Vec<Side<'_>> = opened()
        .map(|(one, reader)| Side { environment: &one.environment, account: &one.account, reader, events })
        .collect();
    let indexes = indexes(arguments, &prepared.opened);
    let audited: Vec<AuditSide<'_>> = opened()
        .zip(&indexes)
        .map(|((one, reader), index)| AuditSide { environment: &one.environment, reader, index: index.as_deref() })
        .collect();
    let last = Mutex::new(AuditReport::default());
    let make = async || {
        let scope = prepared.scope(arguments, run, start.as_of);
        let report = audit(context.project, &audited, scope, events).await.map_err(|error| cloud_failure(&error))?;
        require_found(arguments, &report)?;
        let main = main_side(&sides, &report, approved.as_deref())
            .ok_or_else(|| Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "no environment is open")))?;
        let made = tag_fix::plan(&context, main, &sides, &report);
        let (planned, estimate) = made.await.map_err(|error| cloud_failure(&error))?;
        *last.lock().unwrap_or_else(PoisonError::into_inner) = report;
        Ok(gate::judge(&context, main.environment, planned, estimate).await)
    };
    let all: Vec<&OpenEnvironment> = prepared.opened.iter().collect();
    let request = saving::of_tag_fix(arguments);
    let write_run = write::WriteRun { run, flags: &arguments.write, opened: &all, request, start };
    let answer = write_run.execute(make).await?;
    Ok(Fixed { answer, report: last.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

/// Returns the environment of the plan: that of the approved one, also for what is left of it; otherwise one that is changed, a
/// protected one first.
fn main_side<'a, 'b>(sides: &'b [Side<'a>], report: &AuditReport, approved: Option<&str>) -> Option<&'b Side<'a>> {
    let is_changed =
        |side: &&Side<'_>| report.corrections.iter().any(|correction| correction.environment == side.environment.name);
    let changed = || sides.iter().filter(is_changed);
    sides
        .iter()
        .find(|side| Some(side.environment.name.as_str()) == approved)
        .or_else(|| changed().find(|side| side.environment.protected))
        .or_else(|| changed().next())
        .or_else(|| sides.first())
}

/// What the audit of further Regions adds besides the report.
#[derive(Default)]
struct Further {
    stale: Vec<StaleRead>,
    /// Regions with violations that a plan corrects, and their number.
    fixable: Vec<(String, usize)>,
}

/// Why an environment or a Region could not be opened.
fn reasons(failure: &Failure) -> String {
    failure.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// The checked arguments and the environments.
struct Prepared {
    opened: Vec<OpenEnvironment>,
    /// Environments whose account refuses the credentials, with the reason. The others are audited all the same.
    refused: Vec<(Environment, Failure)>,
    types: Vec<String>,
    given: Tags,
}

impl Prepared {
    async fn new(arguments: &AuditArgs, run: &Run) -> Result<Self, Failure> {
        let project = run.workspace().project();
        let names: Vec<&str> = match arguments.env.as_str() {
            "all" => project.environments.iter().map(|environment| environment.name.as_str()).collect(),
            name => vec![name],
        };
        let given = given(arguments, run)?;
        let undescribed = run.learn_types(&names, arguments.types.iter().map(String::as_str)).await;
        let types = arguments.types.iter().map(|word| known_type(run.registry(), word)).collect::<Result<Vec<_>, _>>();
        let types = types.map_err(|failure| failure.and(undescribed))?;
        let (mut opened, mut refused) = (Vec::new(), Vec::new());
        for name in names {
            match run.open_environment(name).await {
                Ok(environment) => opened.push(environment),
                // A plan needs all of them.
                Err(failure) if !arguments.fix && is_refusal(&failure) => {
                    refused.push((run.workspace().environment(name)?.clone(), failure));
                }
                Err(failure) => return Err(failure),
            }
        }
        match (opened.is_empty(), refused.pop()) {
            (true, Some((_, failure))) => Err(failure),
            (_, last) => Ok(Self { opened, refused: refused.into_iter().chain(last).collect(), types, given }),
        }
    }

    /// Audits the further Regions of the environments, those of one name together, and adds them to a report. One that refuses the
    /// credentials is a gap.
    async fn audit_regions(
        &self,
        arguments: &AuditArgs,
        run: &Run,
        report: &mut AuditReport,
    ) -> Result<Further, Failure> {
        let project = run.workspace().project();
        let mut groups: BTreeMap<String, Vec<OpenEnvironment>> = BTreeMap::new();
        let covered = |environment: &Environment, region: &str, refused: Option<String>| RegionCoverage {
            environment: environment.name.clone(),
            region: region.to_owned(),
            refused,
        };
        for home in &self.opened {
            let environment = &home.environment;
            report.regions.push(covered(environment, &environment.region, None));
            for region in &environment.other_regions {
                match run.open_region(home, region).await {
                    Ok(opened) => {
                        report.regions.push(covered(environment, region, None));
                        let mapped = project.promotion.map.get(region).filter(|_| !environment.protected);
                        groups.entry(mapped.unwrap_or(region).clone()).or_default().push(opened);
                    }
                    Err(failure) if is_refusal(&failure) => {
                        let reason = reasons(&failure);
                        report.regions.push(covered(environment, region, Some(reason.clone())));
                        let subject = format!("Region {region}");
                        report.gaps.push(Gap { environment: environment.name.clone(), subject, reason });
                        report.coverage.denied += 1;
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        report.regions.sort();
        report.gaps.sort();
        let mut further = Further::default();
        for (name, group) in groups {
            let readers: Vec<_> = group.iter().map(|opened| opened.stale_reader(run)).collect();
            let indexes = indexes(arguments, &group);
            let sides: Vec<AuditSide<'_>> = group
                .iter()
                .zip(&readers)
                .zip(&indexes)
                .map(|((opened, reader), index)| AuditSide {
                    environment: &opened.environment,
                    reader,
                    index: index.as_deref(),
                })
                .collect();
            let scope = self.scope(arguments, run, run.now());
            let part = audit(project, &sides, scope, run.events()).await.map_err(|error| cloud_failure(&error))?;
            further.stale.extend(readers.iter().flat_map(|reader| reader.stale_reads()));
            let regions: BTreeMap<String, String> =
                group.iter().map(|one| (one.environment.name.clone(), one.environment.region.clone())).collect();
            // A command names one Region, which it uses for all environments.
            if !part.corrections.is_empty() && regions.values().all(|region| *region == name) {
                let fixable = part.rows.iter().flat_map(|row| &row.violations).filter(|one| one.fixable).count();
                further.fixable.push((name, fixable));
            }
            report.add_region(part, &regions);
        }
        Ok(further)
    }

    /// Counts the accounts that refuse the credentials as gaps, and returns a warning for each.
    fn note_refused(&self, report: &mut AuditReport) -> Vec<Diagnostic> {
        for (environment, failure) in &self.refused {
            let (subject, reason) = (format!("account {}", environment.account), reasons(failure));
            report.gaps.push(Gap { environment: environment.name.clone(), subject, reason });
            report.coverage.denied += 1;
        }
        report.gaps.sort();
        let said = self.refused.iter().flat_map(|(_, failure)| failure.diagnostics.clone());
        said.map(|one| Diagnostic { level: Level::Warning, ..one }).collect()
    }

    fn scope<'a>(&'a self, arguments: &'a AuditArgs, run: &'a Run, now: jiff::Timestamp) -> AuditScope<'a> {
        AuditScope {
            types: &self.types,
            identifiers: &arguments.identifiers,
            stuck_after: arguments.stuck_after,
            source: match arguments.source {
                UntaggedSource::Auto => SourceChoice::Auto,
                UntaggedSource::List => SourceChoice::List,
                UntaggedSource::ResourceExplorer(_) | UntaggedSource::Config(_) => SourceChoice::Index,
            },
            now,
            registry: run.registry(),
            choices: FixChoices { given: &self.given, adopt: arguments.adopt, unlink: arguments.unlink },
        }
    }

    /// True if the audit would report a violation of an earlier one if it still existed.
    fn would_find(
        &self,
        (arguments, registry): (&AuditArgs, &Registry),
        report: &AuditReport,
        violation: &EarlierViolation,
    ) -> bool {
        let EarlierViolation { environment, region, resource, code, .. } = violation;
        let is_selected = |all: &[String], one: &String| all.is_empty() || all.contains(one);
        let is_read = !report.gaps.iter().any(|gap| {
            let is_untold = gap.subject == TAGGING_API && !is_listable(registry, &resource.type_name);
            let hides = |name: &str| gap.subject == name || gap.subject.starts_with(&format!("{name} in "));
            gap.environment == *environment && (is_untold || hides(&resource.type_name) || hides(&resource.to_string()))
        });
        let covers = |read: &RegionCoverage| {
            read.environment == *environment && Some(&read.region) == region.as_ref() && read.refused.is_none()
        };
        let is_region_read = region.is_none() || report.regions.iter().any(covers);
        let is_stuck = *code == Code::PromotionStuck.as_str();
        let needs_both = BOTH_SIDES.iter().any(|known| known.as_str() == code);
        is_read
            && is_region_read
            && self.opened.iter().any(|one| one.environment.name == *environment)
            && is_selected(&self.types, &resource.type_name)
            && is_selected(&arguments.identifiers, &resource.identifier)
            && (!is_stuck || arguments.stuck_after.is_some())
            && (!needs_both || self.opened.len() > 1)
    }
}

/// Returns the index of each environment.
fn indexes(arguments: &AuditArgs, opened: &[OpenEnvironment]) -> Vec<Option<Box<dyn ReadIndex>>> {
    let index = |opened: &OpenEnvironment| -> Option<Box<dyn ReadIndex>> {
        match &arguments.source {
            // A few types are listed with fewer calls than the index takes.
            UntaggedSource::Auto if !arguments.types.is_empty() => None,
            UntaggedSource::List => None,
            UntaggedSource::Auto => Some(Box::new(opened.resource_explorer(None))),
            UntaggedSource::ResourceExplorer(view) => Some(Box::new(opened.resource_explorer(view.as_deref()))),
            UntaggedSource::Config(name) => Some(Box::new(opened.config_aggregator(name))),
        }
    };
    opened.iter().map(index).collect()
}

/// Parses the values of `--tag`: only tags that the project requires, and whose values do not follow from the project.
fn given(arguments: &AuditArgs, run: &Run) -> Result<Tags, Failure> {
    let mut given = Tags::new();
    let keys = givable_keys(run.workspace().project());
    for (key, value) in pairs(&arguments.tags, "--tag")? {
        if !keys.contains(&key) {
            let problem = Diagnostic::error(Code::ReservedTag, format!("the value of `{key}` cannot be given"));
            let hint = format!("--tag completes required tags: {}", keys.join(", "));
            return Err(Failure::usage(vec![problem.hint(hint)]));
        }
        if given.insert(key.clone(), value).is_some() {
            let problem = Diagnostic::error(Code::BadPair, format!("`--tag {key}` is given twice"));
            return Err(Failure::usage(vec![problem.hint("give each key once")]));
        }
    }
    let problems = tags::check(&given);
    if problems.is_empty() { Ok(given) } else { Err(Failure::usage(problems)) }
}

/// Formats the command of a row. A pasted command must use the same cloud as this run.
fn render(run: &Run) -> impl Fn(&SuggestedRemedy, Option<&str>) -> String {
    move |remedy, region| suggestions::render_remedy(remedy, &place(run, region))
}

/// The flags that select project, cloud and Region.
fn place(run: &Run, region: Option<&str>) -> GlobalArgs {
    let given = run.cli().given.location_flags();
    GlobalArgs { region: region.map(str::to_owned).or(given.region), ..given }
}

fn gap(report: &AuditReport) -> Option<Diagnostic> {
    incomplete_warning(&[
        (report.coverage.denied, "denied listing(s) or read(s)"),
        (report.coverage.unreadable, "resource(s) or type(s) that could not be read"),
    ])
}

/// A resource that is named must exist.
fn require_found(arguments: &AuditArgs, report: &AuditReport) -> Result<(), Failure> {
    let is_found = |identifier: &&String| {
        report.rows.iter().any(|row| row.resource.identifier == **identifier)
            || report.gaps.iter().any(|gap| gap.subject.ends_with(&format!(" {identifier}")))
    };
    let problems: Vec<Diagnostic> = arguments
        .identifiers
        .iter()
        .filter(|identifier| !is_found(identifier))
        .map(|identifier| {
            let message = format!("there is no resource `{identifier}` of the type {}", arguments.types.join(", "));
            Diagnostic::error(Code::NotFound, message)
                .hint("run `stagegate tag-audit --list-compliant` for the identifiers")
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure { outcome: Outcome::Error, diagnostics: problems, next: Vec::new() }),
    }
}

/// Refuses the audit of other accounts as a baseline.
fn require_same_accounts(file: &str, earlier: &Baseline, run: &Run) -> Result<(), Failure> {
    for (name, account) in &earlier.environments {
        let here = run.workspace().project().environment(name);
        if here.is_some_and(|here| here.account.as_str() != account) {
            let message = format!("`{file}` is about account {account}, and `{name}` is another account here");
            let problem = Diagnostic::error(Code::InvalidBaseline, message);
            return Err(Failure::usage(vec![problem.hint("use the document of an audit of this project")]));
        }
    }
    Ok(())
}
