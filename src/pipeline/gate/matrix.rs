//! What the gate decides, as a table: its rules are evaluated for one example of each operation in each environment, so that the
//! table cannot differ from what is enforced.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::rules::{ApprovalKind, Evidence, judge};
use crate::domain::diagnostic::Code;
use crate::domain::finding::{BUILTIN_ENGINE, EngineStatus, Finding, FindingResource, ScanReport, Severity};
use crate::domain::money::Usd;
use crate::domain::plan::{Action, Plan, Step};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::Change;
use crate::estimate::{Estimate, EstimateOptions, Snapshot, Verdict as CostVerdict, estimate, reaches};
use crate::schema::Registry;

/// The type of the examples. Any type is treated in the same way.
const EXAMPLE: &str = "AWS::SQS::Queue";

/// What the gate decides about an operation in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRule {
    /// The environment.
    pub environment: String,
    /// Whether it is protected.
    pub protected: bool,
    /// The operation.
    pub operation: GateOperation,
    /// What is special about the plan; empty for nothing.
    pub condition: String,
    /// The approvals that the plan requires.
    pub approvals: Vec<ApprovalKind>,
    /// Why the plan is refused, whatever is approved.
    pub refused: Option<Code>,
}

/// An operation on resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOperation {
    /// Reading, which has no gate.
    Read,
    /// `create`, of a new resource.
    Create,
    /// `create` or `update`, of an existing resource.
    Update,
    /// `promote`, of a resource without a counterpart.
    Promote,
    /// `create`, `update` or `promote`, where a property can only be set at creation.
    Replace,
    /// `delete`.
    Delete,
}

impl GateOperation {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Promote => "promote",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }
}

/// What is special about an example.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    Nothing,
    ReachesThreshold,
    UnknownCost,
    Findings,
    Critical,
    AllowReplace,
    Overwrites,
    DropsValues,
}

/// The types of a service, by what Cloud Control supports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceCapability {
    /// The service, such as `AWS::S3`.
    pub service: String,
    /// Number of types.
    pub types: u64,
    /// Number of types by operation: create, read, update, delete, list.
    pub create: u64,
    /// Types that can be read.
    pub read: u64,
    /// Types that can be updated.
    pub update: u64,
    /// Types that can be deleted.
    pub delete: u64,
    /// Types that can be listed without a parent.
    pub list: u64,
    /// Types with tags.
    pub tag: u64,
}

/// Returns what the types of each service support, sorted by service.
pub fn capabilities(registry: &Registry) -> Vec<ServiceCapability> {
    let mut services: BTreeMap<&str, ServiceCapability> = BTreeMap::new();
    for name in registry.type_names() {
        let (Some(schema), Some((service, _))) = (registry.get(name), name.rsplit_once("::")) else { continue };
        let entry = services.entry(service).or_default();
        let handlers = &schema.handlers;
        entry.types += 1;
        entry.create += u64::from(handlers.create && handlers.read && handlers.delete);
        entry.read += u64::from(handlers.read);
        entry.update += u64::from(handlers.update);
        entry.delete += u64::from(handlers.delete);
        entry.list += u64::from(handlers.list && schema.list_inputs.is_empty());
        entry.tag += u64::from(schema.tagging.property.is_some() && schema.tagging.taggable);
    }
    let named =
        |(service, found): (&str, ServiceCapability)| ServiceCapability { service: service.to_owned(), ..found };
    services.into_iter().map(named).collect()
}

/// Returns the decisions of the gate for each environment of a project.
pub fn gate_rules(project: &Project, registry: &Registry, now: Timestamp) -> Vec<GateRule> {
    use GateOperation::{Create, Delete, Promote, Read, Replace, Update};
    let cases = [
        (Read, Special::Nothing),
        (Create, Special::Nothing),
        (Create, Special::ReachesThreshold),
        (Create, Special::UnknownCost),
        (Create, Special::Findings),
        (Update, Special::Nothing),
        (Update, Special::ReachesThreshold),
        (Update, Special::Overwrites),
        (Promote, Special::Nothing),
        (Promote, Special::ReachesThreshold),
        (Promote, Special::DropsValues),
        (Promote, Special::Findings),
        (Promote, Special::Critical),
        (Replace, Special::Nothing),
        (Replace, Special::AllowReplace),
        (Delete, Special::Nothing),
    ];
    let rule =
        |environment| cases.map(|(operation, special)| decide(project, environment, registry, now, operation, special));
    project.environments.iter().flat_map(rule).collect()
}

fn decide(
    project: &Project,
    environment: &Environment,
    registry: &Registry,
    now: Timestamp,
    operation: GateOperation,
    special: Special,
) -> GateRule {
    let mut rule = GateRule {
        environment: environment.name.clone(),
        protected: environment.protected,
        operation,
        condition: condition(project, special),
        approvals: Vec::new(),
        refused: None,
    };
    let Some(action) = action(operation) else { return rule };
    let mut plan = Plan::new(now, environment, registry);
    plan.steps.push(step(environment, action, operation, special));
    let protected: Vec<&Environment> =
        Some(environment).filter(|environment| environment.protected).into_iter().collect();
    let verdict = judge(
        &plan,
        &Evidence {
            environment,
            protected: &protected,
            undecided: &[],
            estimate: &cost(project, special),
            scan: &scan(project, special),
            fail_on: project.policies.fail_on,
            allow_replace: special == Special::AllowReplace,
        },
    );
    rule.refused = verdict.blocks.first().map(|block| block.code);
    rule.approvals = verdict.approvals.iter().map(|requirement| requirement.kind).collect();
    rule.approvals.dedup();
    rule
}

fn condition(project: &Project, special: Special) -> String {
    match special {
        Special::Nothing => String::new(),
        Special::ReachesThreshold => format!("${} per month or more", project.cost.auto_approve_below),
        Special::UnknownCost => "unknown cost".to_owned(),
        Special::Findings => format!("findings, {} or above", project.policies.fail_on),
        Special::Critical => "critical findings".to_owned(),
        Special::AllowReplace => "with --allow-replace".to_owned(),
        Special::Overwrites => "undoes a change in the account".to_owned(),
        Special::DropsValues => "without values that AWS does not return".to_owned(),
    }
}

fn action(operation: GateOperation) -> Option<Action> {
    let found = String::new();
    Some(match operation {
        GateOperation::Read => return None,
        GateOperation::Create | GateOperation::Promote => Action::Create { desired: json!({}) },
        GateOperation::Update => Action::Update { patch: json!([]), expected: json!({}), found },
        GateOperation::Replace => Action::Replace { desired: json!({}), found, delete_first: false },
        GateOperation::Delete => Action::Delete { found, replaced: false },
    })
}

fn step(environment: &Environment, action: Action, operation: GateOperation, special: Special) -> Step {
    Step {
        logical_id: "Example".to_owned(),
        environment: environment.name.clone(),
        account: environment.account.clone(),
        region: environment.region.clone(),
        action,
        type_name: EXAMPLE.to_owned(),
        identifier: Some("example".to_owned()),
        target_of: None,
        changes: vec![Change { pointer: "/FifoQueue".to_owned(), before: None, after: Some(json!(true)) }],
        overwrites: if special == Special::Overwrites { vec!["/DelaySeconds".to_owned()] } else { Vec::new() },
        not_copied: if special == Special::DropsValues { vec!["/Password".to_owned()] } else { Vec::new() },
        rewrites: Vec::new(),
        depends_on: Vec::new(),
        client_token: String::new(),
        inputs_needed: Vec::new(),
        stored: Vec::new(),
        source: (operation == GateOperation::Promote).then(|| "example".to_owned()),
        made_before: None,
    }
}

/// An estimate of nothing, with the verdict about an amount.
fn cost(project: &Project, special: Special) -> Estimate {
    let threshold = Usd::new(project.cost.auto_approve_below);
    let needs_approval = match special {
        Special::ReachesThreshold => reaches(threshold, threshold),
        Special::UnknownCost => true,
        _ => false,
    };
    let verdict = match needs_approval {
        true => CostVerdict::ApprovalRequired(vec![condition(project, special)]),
        false => CostVerdict::AutoApproved,
    };
    Estimate { verdict, ..estimate(&[], &EstimateOptions::default(), &Snapshot) }
}

fn scan(project: &Project, special: Special) -> ScanReport {
    let severity = match special {
        Special::Findings => Some(project.policies.fail_on),
        Special::Critical => Some(Severity::Critical),
        _ => None,
    };
    let finding = |severity| Finding {
        id: "example".to_owned(),
        severity,
        engine: BUILTIN_ENGINE.to_owned(),
        resource: FindingResource::default(),
        pointer: None,
        other_pointers: Vec::new(),
        location: None,
        message: String::new(),
        fix: None,
        equivalents: BTreeMap::new(),
        also: Vec::new(),
        waiver: None,
    };
    ScanReport {
        engines: vec![EngineStatus { name: BUILTIN_ENGINE.to_owned(), version: None, failures: Vec::new() }],
        findings: severity.into_iter().map(finding).collect(),
        ..ScanReport::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(project: &Project) -> Vec<String> {
        let now = Timestamp::UNIX_EPOCH;
        let rules = gate_rules(project, &Registry::embedded(), now);
        let line = |rule: &GateRule| {
            let approvals: Vec<&str> = rule.approvals.iter().map(|kind| kind.as_str()).collect();
            let decision = rule.refused.map_or_else(|| approvals.join("+"), |code| code.as_str().to_owned());
            let condition = &rule.condition;
            format!(
                "{} {}{}{condition}: {decision}",
                rule.environment,
                rule.operation.as_str(),
                if condition.is_empty() { "" } else { " " }
            )
        };
        rules.iter().map(line).collect()
    }

    /// The table of the specification.
    #[test]
    fn the_rules_are_those_that_are_documented() {
        let expected = [
            "dev read: ",
            "dev create: ",
            "dev create $10.00 per month or more: cost",
            "dev create unknown cost: cost",
            "dev create findings, high or above: findings",
            "dev update: ",
            "dev update $10.00 per month or more: cost",
            "dev update undoes a change in the account: overwrites_live_change",
            "dev replace: replacement",
            "dev replace with --allow-replace: replacement",
            "dev delete: delete",
            "prod read: ",
            "prod create: protected-environment",
            "prod update: protected",
            "prod update undoes a change in the account: protected+overwrites_live_change",
            "prod promote: protected",
            "prod promote $10.00 per month or more: cost+protected",
            "prod promote without values that AWS does not return: protected+drops_values",
            "prod promote findings, high or above: protected+findings",
            "prod promote critical findings: protected+critical_findings",
            "prod replace: needs-replacement",
            "prod replace with --allow-replace: protected+replacement",
            "prod delete: protected+delete",
        ];
        let found = shown(&Project::sandbox());
        for line in expected {
            assert!(found.iter().any(|one| one == line), "{line} is not in {found:#?}");
        }
        assert_eq!(found.len(), 32);
    }

    #[test]
    fn the_rules_follow_the_project() {
        let mut project = Project::sandbox();
        for environment in &mut project.environments {
            environment.allow_create = true;
        }
        project.cost.auto_approve_below = rust_decimal::Decimal::from(25);
        let found = shown(&project);
        assert!(found.contains(&"prod create: protected".to_owned()), "{found:#?}");
        assert!(found.contains(&"dev create $25 per month or more: cost".to_owned()), "{found:#?}");
    }

    #[test]
    fn capabilities_are_counted_by_service() {
        let found = capabilities(&Registry::embedded());
        let sqs = found.iter().find(|one| one.service == "AWS::SQS");
        assert!(sqs.is_some_and(|sqs| sqs.types >= 1 && sqs.create <= sqs.types && sqs.tag >= 1), "{sqs:?}");
        assert!(found.len() > 200);
    }
}
