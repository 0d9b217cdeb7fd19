//! `cost`: the review of a month's costs.

use super::incomplete_warning;
use crate::cli::{CostArgs, GlobalArgs, suggestions};
use crate::domain::bill::review::{Review, RunRate};
use crate::domain::bill::{BillingAlarm, Month};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::suggestion::SuggestedCommand;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::costs::{
    BILLING_REGION, CostScope, CostSide, EnvironmentCosts, HISTORY_MONTHS, billing_alarms, environment_costs,
};
use crate::pipeline::estate::concurrently;
use crate::pipeline::ports::ReadCosts;
use crate::report::{Answer, CostBody, EnvironmentCostFacts};
use crate::run::{OpenEnvironment, Run, cloud_failure};

/// The starter template of billing alarms.
const ALARMS: &str = "templates/billing-alarms.yaml";

/// Environments that are read at the same time.
const ENVIRONMENTS: usize = 8;

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
    let mut opened = Vec::new();
    for outcome in concurrently(ENVIRONMENTS, names.iter().map(|name| run.open_environment(name))).await {
        opened.push(outcome?);
    }
    let reads = opened.iter().map(|one| async move {
        let (costs, alarms) = futures_util::join!(costs_of(one, scope, &project.environments), alarms_of(one, run));
        Ok::<_, Failure>((costs?, alarms))
    });
    let (mut found, mut alarms) = (Vec::new(), Vec::new());
    for outcome in concurrently(ENVIRONMENTS, reads).await {
        let (costs, of_account) = outcome?;
        found.push(costs);
        alarms.push(of_account);
    }
    Ok(answer(run, scope, found, alarms))
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

/// The billing alarms of an account, or why they are not known.
async fn alarms_of(opened: &OpenEnvironment, run: &Run) -> Result<Vec<BillingAlarm>, String> {
    let reasons =
        |failure: Failure| failure.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
    let elsewhere;
    let at_home = opened.environment.region == BILLING_REGION;
    let reader = if at_home {
        opened.reader()
    } else {
        elsewhere = run.open_region(opened, BILLING_REGION).await.map_err(reasons)?;
        elsewhere.reader()
    };
    billing_alarms(&reader).await.map_err(|error| error.reason())
}

fn answer(
    run: &Run,
    scope: CostScope,
    found: Vec<EnvironmentCosts>,
    alarms: Vec<Result<Vec<BillingAlarm>, String>>,
) -> Answer<CostBody> {
    let project = run.workspace().project();
    let mut problems = Vec::new();
    let (mut bills, mut facts) = (Vec::new(), Vec::new());
    let mut unread = 0;
    for (costs, alarms) in found.into_iter().zip(alarms) {
        problems.extend(warnings(&costs));
        unread += u64::from(costs.tags_error.is_some());
        if let Err(reason) = &alarms {
            let message = format!("{}: the billing alarms could not be read: {reason}", costs.bill.environment);
            let hint = "allow cloudformation:ListResources, cloudformation:GetResource and cloudwatch:DescribeAlarms in us-east-1";
            problems.push(Diagnostic::warning(Code::BillingAlarmsUnread, message).hint(hint));
        }
        facts.push(EnvironmentCostFacts {
            reason: costs.reason,
            estimated: costs.estimated,
            unestimated: costs.unestimated,
            accuracy: costs.accuracy.unwrap_or_default(),
            alarms: alarms.ok(),
        });
        bills.push(costs.bill);
    }
    let rate = scope
        .is_running()
        .then(|| RunRate { begun: scope.month.days_begun(scope.now), days: scope.month.days() });
    let review = Review { bills, grouping: scope.grouping, rate };
    let alerts = review.alerts(&project.cost.alerts);
    if review.combined().has_other_currency() && !alerts.is_empty() {
        let message = "amounts in other currencies than US dollars are not compared with cost.alerts";
        let hint = "compare them with limits of your own; stagegate converts no currencies";
        problems.push(Diagnostic::warning(Code::OtherCurrency, message).hint(hint));
    }
    let requests = run.facts().api_calls.get("costexplorer.GetCostAndUsage").copied().unwrap_or_default();
    let body = CostBody::new(&review, scope.month, &facts, &alerts, requests);
    let is_crossed = alerts.iter().any(|alert| alert.is_crossed);
    let outcome = if is_crossed || unread > 0 { Outcome::Findings } else { Outcome::Ok };
    problems.extend(incomplete_warning(&[(unread, "environment(s) whose estimates could not be read")]));
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
        problems.push(Diagnostic::warning(Code::CostFromTags, message).hint("allow ce:GetCostAndUsage, and enable Cost Explorer"));
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
    let is_protected = |name: &str| {
        run.workspace().project().environment(name).is_some_and(|environment| environment.protected)
    };
    let without = body.environments.iter().filter(|one| one.alarms.as_ref().is_some_and(Vec::is_empty));
    // Protected environments get theirs by promotion.
    let Some(environment) = without.into_iter().find(|one| !is_protected(&one.name)) else { return Vec::new() };
    let create = SuggestedCommand::Create {
        files: vec![ALARMS.into()],
        environment: environment.name.clone(),
        stack: "billing-alarms".to_owned(),
    };
    let place = GlobalArgs { region: Some(BILLING_REGION.to_owned()), ..run.cli().given.location_flags() };
    let why = format!("create billing alarms in {}, which has none", environment.name);
    vec![NextStep { why, command: suggestions::render_suggestion(&create, &place) }]
}
