//! `cost`: the review of a month's costs.

use std::path::Path;

use super::{incomplete_warning, is_refusal, suggested};
use crate::cli::{CostArgs, GlobalArgs, suggestions};
use crate::domain::bill::review::{Review, RunRate};
use crate::domain::bill::{BillingAlarm, Month};
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::project::Environment;
use crate::domain::suggestion::SuggestedCommand;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::costs::{
    CostScope, CostSide, EnvironmentCosts, HISTORY_MONTHS, billing_alarms, billing_region, environment_costs,
};
use crate::pipeline::estate::concurrently;
use crate::pipeline::ports::ReadCosts;
use crate::report::{Answer, CostBody, EnvironmentCostFacts};
use crate::run::{OpenEnvironment, Run, cloud_failure};

/// The file that `templates new billing-alarms` writes.
const ALARMS: &str = "billing-alarms.yaml";

/// Environments that are read at the same time.
const ENVIRONMENTS: usize = 8;

/// The billing alarms of an account, or why they are not known. `None` in a partition without metrics of charges.
type Alarms = Result<Option<Vec<BillingAlarm>>, String>;

pub async fn run(arguments: &CostArgs, run: &Run) -> Result<Answer<CostBody>, Failure> {
    let scope = scope(arguments, run)?;
    let project = run.workspace().project();
    let names: Vec<&str> = match arguments.env.as_str() {
        "all" => project.environments.iter().map(|environment| environment.name.as_str()).collect(),
        name => vec![name],
    };
    if names.is_empty() {
        return Err(Failure::usage(vec![Diagnostic::error(Code::NoProject, "the project has no environment")]));
    }
    let reads = names.iter().map(|name| async move {
        let opened = &run.open_environment(name).await?;
        let (costs, alarms) =
            futures_util::join!(costs_of(opened, scope, &project.environments), alarms_of(opened, run));
        Ok((costs?, alarms))
    });
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for (name, outcome) in names.iter().zip(concurrently(ENVIRONMENTS, reads).await) {
        match outcome {
            Ok(read) => found.push(read),
            // Mistakes of the configuration are not passed over.
            Err(failure) if is_of_account(&failure) => failed.push(((*name).to_owned(), failure)),
            Err(failure) => return Err(failure),
        }
    }
    match failed.pop() {
        Some((_, failure)) if found.is_empty() => Err(failure),
        last => Ok(answer(run, scope, found, failed.into_iter().chain(last).collect())),
    }
}

fn scope(arguments: &CostArgs, run: &Run) -> Result<CostScope, Failure> {
    let now = run.now();
    let current = Month::of(now);
    let month = arguments.month.unwrap_or(current);
    let refuse = |message: String| {
        let oldest = current.plus(-HISTORY_MONTHS);
        let problem = Diagnostic::error(Code::CostMonth, message);
        Failure::usage(vec![problem.hint(format!("use a month from {oldest} to {current}"))])
    };
    if month > current {
        return Err(refuse(format!("{month} has not begun")));
    }
    if month < current.plus(-HISTORY_MONTHS) {
        return Err(refuse(format!("Cost Explorer no longer has {month}")));
    }
    Ok(CostScope { month, grouping: arguments.by, now })
}

async fn costs_of(
    opened: &OpenEnvironment,
    scope: CostScope,
    environments: &[Environment],
) -> Result<EnvironmentCosts, Failure> {
    let environment = &opened.environment;
    let shares_account =
        environments.iter().any(|other| other.name != environment.name && other.account == environment.account);
    let explorer = opened.cost_explorer();
    let reader = opened.reader();
    let side = CostSide {
        environment,
        costs: explorer.as_ref().map(|explorer| explorer as &dyn ReadCosts),
        reader: &reader,
        only_environment: shares_account.then(|| environment.tag_value.clone()),
    };
    let alternative = "Cost Explorer does not exist in this partition";
    environment_costs(&side, scope, alternative).await.map_err(|error| cloud_failure(&error))
}

/// True if a failure is that of an account, so that the others can be reviewed.
fn is_of_account(failure: &Failure) -> bool {
    is_refusal(failure) || failure.outcome == Outcome::Error
}

async fn alarms_of(opened: &OpenEnvironment, run: &Run) -> Alarms {
    let reasons =
        |failure: Failure| failure.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
    let Some(region) = billing_region(&opened.environment.region) else { return Ok(None) };
    let reader = if opened.environment.region == region {
        opened.reader()
    } else {
        run.open_region(opened, region).await.map_err(reasons)?.reader()
    };
    billing_alarms(&reader).await.map(Some).map_err(|error| error.reason())
}

fn answer(
    run: &Run,
    scope: CostScope,
    found: Vec<(EnvironmentCosts, Alarms)>,
    failed: Vec<(String, Failure)>,
) -> Answer<CostBody> {
    let project = run.workspace().project();
    let mut problems = Vec::new();
    let (mut bills, mut facts) = (Vec::new(), Vec::new());
    let (mut without_tags, mut without_alarms) = (0, 0);
    for (costs, alarms) in found {
        problems.extend(warnings(&costs));
        without_tags += u64::from(costs.tags_error.is_some());
        if let Err(reason) = &alarms {
            without_alarms += 1;
            let message = format!("{}: the billing alarms could not be read: {reason}", costs.bill.environment);
            let hint = "allow cloudformation:ListResources, cloudformation:GetResource and cloudwatch:DescribeAlarms";
            problems.push(Diagnostic::warning(Code::BillingAlarmsUnread, message).hint(hint));
        }
        facts.push(EnvironmentCostFacts {
            reason: costs.reason,
            estimated: costs.estimated,
            unestimated: costs.unestimated,
            accuracy: costs.accuracy.unwrap_or_default(),
            alarms: alarms.ok().flatten(),
        });
        bills.push(costs.bill);
    }
    let rate =
        scope.is_running().then(|| RunRate { begun: scope.month.days_begun(scope.now), days: scope.month.days() });
    let review = Review { bills, grouping: scope.grouping, rate };
    let alerts = review.alerts(&project.cost.alerts);
    if review.combined().has_other_currency() && !alerts.is_empty() {
        let message = "amounts in other currencies than US dollars are not compared with cost.alerts";
        let hint = "compare them with limits of your own; stagegate converts no currencies";
        problems.push(Diagnostic::warning(Code::OtherCurrency, message).hint(hint));
    }
    let not_read: Vec<(String, String)> = failed
        .into_iter()
        .map(|(name, failure)| {
            let reason = failure.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
            // It is not an error of the review, which has the others.
            problems.extend(failure.diagnostics.into_iter().map(|mut problem| {
                problem.level = Level::Warning;
                problem
            }));
            (name, reason)
        })
        .collect();
    let gap = incomplete_warning(&[
        (not_read.len() as u64, "environment(s) that could not be read and are not in the total"),
        (without_tags, "environment(s) whose estimates could not be read"),
        (without_alarms, "environment(s) whose billing alarms could not be read"),
    ]);
    let requests = run.facts().api_calls.get("costexplorer.GetCostAndUsage").copied().unwrap_or_default();
    let body = CostBody::new(&review, scope.month, &facts, &alerts, requests).not_read(not_read);
    let is_crossed = alerts.iter().any(|alert| alert.is_crossed);
    let outcome = if is_crossed || gap.is_some() { Outcome::Findings } else { Outcome::Ok };
    problems.extend(gap);
    let next = next_steps(run, &body);
    let mut answer = Answer::new(outcome, body).diagnostics(problems);
    answer.next = next;
    answer
}

fn warnings(costs: &EnvironmentCosts) -> Vec<Diagnostic> {
    let name = &costs.bill.environment;
    let mut problems = Vec::new();
    if let Some(reason) = &costs.reason {
        let without = match costs.unestimated {
            0 => String::new(),
            number => format!("; {number} managed resource(s) have no estimate"),
        };
        let message =
            format!("{name}: the amounts are estimates of the tags CostEstimate, not a bill: {reason}{without}");
        problems.push(
            Diagnostic::warning(Code::CostFromTags, message).hint("allow ce:GetCostAndUsage, and enable Cost Explorer"),
        );
    }
    if let Some(error) = &costs.tags_error {
        let message = format!("{name}: the estimates in tags could not be read: {}", error.reason());
        let mut problem = Diagnostic::warning(Code::AwsAccessDenied, message);
        problem.hint = Some("allow tag:GetResources".to_owned());
        problems.push(problem);
    }
    for tag in &costs.inactive_tags {
        let message = format!("{name}: no cost has the tag {tag}, which managed resources have");
        let hint = format!(
            "activate {tag} as a cost allocation tag in the billing console of the account that pays; it applies from then on"
        );
        problems.push(Diagnostic::warning(Code::CostTagInactive, message).hint(hint));
    }
    problems
}

/// The command that creates billing alarms in an account without any.
fn next_steps(run: &Run, body: &CostBody) -> Vec<NextStep> {
    let is_protected =
        |name: &str| run.workspace().project().environment(name).is_some_and(|environment| environment.protected);
    let without = body.environments.iter().filter(|one| one.alarms.as_ref().is_some_and(Vec::is_empty));
    // Protected environments get theirs by promotion.
    let Some(environment) = without.into_iter().find(|one| !is_protected(&one.name)) else { return Vec::new() };
    let create = SuggestedCommand::Create {
        files: vec![ALARMS.into()],
        environment: environment.name.clone(),
        stack: "billing-alarms".to_owned(),
    };
    let region = run.workspace().project().environment(&environment.name).and_then(|one| billing_region(&one.region));
    let place = GlobalArgs { region: region.map(str::to_owned), ..run.cli().given.location_flags() };
    let why = format!("create billing alarms in {}, which has none", environment.name);
    let create = NextStep { why, command: suggestions::render_suggestion(&create, &place) };
    if Path::new(ALARMS).exists() {
        return vec![create];
    }
    let why = "write the template of billing alarms".to_owned();
    let write = NextStep { why, command: suggested(&["templates", "new", "billing-alarms"], &run.cli().given) };
    vec![write, create]
}
