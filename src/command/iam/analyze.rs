//! `iam analyze`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::principal;
use super::validation::{Checked, validate};
use crate::cli::IamAnalyzeArgs;
use crate::command::policies::policies;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::{Finding, FindingResource};
use crate::domain::principal::{HeldPolicy, LastUse, PolicyOrigin, PrincipalKind};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate;
use crate::pipeline::ports::ReadPrincipals as _;
use crate::policy::{PolicySet, ScanInput, ScanResource};
use crate::report::{
    AccessFindingView, AnalysisView, Answer, HeldPolicyView, IamBody, LastUseView, PolicyOriginCode, StatementView,
};
use crate::run::{Run, cloud_failure};

/// What findings are called that only all policies together have.
const TOGETHER: &str = "all policies together";

pub async fn run(arguments: &IamAnalyzeArgs, run: &Run) -> Result<Answer<IamBody>, Failure> {
    let policies = policies(run.workspace(), &[], &[], &[])?;
    let opened = run.open_environment(&arguments.env).await?;
    let principal = principal(&opened, &arguments.principal).await?;
    let reader = opened.principals();
    let held = reader.policies(&principal).await.map_err(|error| cloud_failure(&error))?;
    // Groups do not call services.
    let last_used = match principal.kind {
        PrincipalKind::Group => Err("groups do not use services themselves".to_owned()),
        PrincipalKind::User | PrincipalKind::Role => reader.last_used(&principal).await.map_err(|error| error.reason()),
    };
    let is_incomplete = last_used.is_err() && principal.kind != PrincipalKind::Group;
    let findings = findings(&policies, &held, principal.kind, run);
    let mut problems = Vec::new();
    if let (Err(reason), true) = (&last_used, principal.kind != PrincipalKind::Group) {
        let message = format!("the last use of services could not be read: {reason}");
        let hint = "allow iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails";
        problems.push(Diagnostic::warning(Code::LastUseUnread, message).hint(hint));
    }
    let grants = held.iter().filter(|policy| policy.origin != PolicyOrigin::Boundary);
    let analysis = AnalysisView {
        policies: held.iter().map(held_view).collect(),
        statements: grants.flat_map(|policy| statements(&policy.name, &policy.document)).collect(),
        last_used_reason: last_used.as_ref().err().cloned(),
        unused_services: last_used.as_deref().map(unused).unwrap_or_default(),
        last_used: last_used.ok().map(|uses| uses.into_iter().map(last_use).collect()),
        findings,
    };
    let mut validation = None;
    let mut is_sound = true;
    if arguments.validate {
        let checked: Vec<Checked<'_>> =
            held.iter().map(|policy| Checked { name: &policy.name, document: &policy.document }).collect();
        let validated = validate(Ok(&opened.access_analyzer()), &checked, run).await?;
        is_sound = !validated.is_serious;
        problems.extend(validated.diagnostics);
        validation = Some(validated.view);
    }
    let is_fine = analysis.findings.is_empty() && !is_incomplete && is_sound;
    let outcome = if is_fine { Outcome::Ok } else { Outcome::Findings };
    let body = IamBody {
        environment: opened.environment.name.clone(),
        principal: Some((&principal).into()),
        analysis: Some(analysis),
        validation,
        ..IamBody::default()
    };
    Ok(Answer::new(outcome, body).diagnostics(problems))
}

fn unused(uses: &[LastUse]) -> Vec<String> {
    uses.iter().filter(|one| one.last_used.is_none()).map(|one| one.service.clone()).collect()
}

fn last_use(one: LastUse) -> LastUseView {
    LastUseView { service: one.service, last_used: one.last_used }
}

fn held_view(policy: &HeldPolicy) -> HeldPolicyView {
    let (origin, group) = match &policy.origin {
        PolicyOrigin::Attached => (PolicyOriginCode::Attached, None),
        PolicyOrigin::Inline => (PolicyOriginCode::Inline, None),
        PolicyOrigin::AttachedToGroup(group) => (PolicyOriginCode::GroupAttached, Some(group.clone())),
        PolicyOrigin::InlineInGroup(group) => (PolicyOriginCode::GroupInline, Some(group.clone())),
        PolicyOrigin::Boundary => (PolicyOriginCode::Boundary, None),
    };
    HeldPolicyView {
        name: policy.name.clone(),
        arn: policy.arn.clone(),
        origin,
        group,
        document: policy.document.clone(),
    }
}

/// The statements of a document, for display.
fn statements(policy: &str, document: &Value) -> Vec<StatementView> {
    let list = |statement: &Value, name: &str| {
        let texts = |value: &Value| match value {
            Value::Array(items) => items.iter().map(text).collect(),
            one => vec![text(one)],
        };
        match (statement.get(name), statement.get(format!("Not{name}"))) {
            (Some(value), _) => texts(value),
            (None, Some(value)) => texts(value).into_iter().map(|text| format!("not {text}")).collect(),
            (None, None) => Vec::new(),
        }
    };
    let all = each_statement(document).into_iter();
    all.map(|statement| StatementView {
        policy: policy.to_owned(),
        effect: statement.get("Effect").map(text).unwrap_or_default(),
        actions: list(statement, "Action"),
        resources: list(statement, "Resource"),
        condition: statement.get("Condition").cloned(),
    })
    .collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn each_statement(document: &Value) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// Scans the policies that grant something, each alone and all together: rights to more permissions may be distributed among them.
fn findings(policies: &PolicySet, held: &[HeldPolicy], kind: PrincipalKind, run: &Run) -> Vec<AccessFindingView> {
    let granting: Vec<&HeldPolicy> = held.iter().filter(|policy| policy.origin != PolicyOrigin::Boundary).collect();
    let mut resources: Vec<ScanResource> = granting.iter().map(|policy| scanned(policy, kind)).collect();
    let is_current = |policy: &&&HeldPolicy| policy.document["Version"] == "2012-10-17";
    let all: Vec<&Value> =
        granting.iter().filter(is_current).flat_map(|policy| each_statement(&policy.document)).collect();
    if granting.len() > 1 {
        let document = json!({"Version": "2012-10-17", "Statement": all});
        resources.push(resource("AWS::IAM::ManagedPolicy", TOGETHER, json!({"PolicyDocument": document})));
    }
    let input = ScanInput { resources, registry: run.registry().clone(), ..ScanInput::default() };
    let report = evaluate::evaluate(policies, &input);
    let name = |finding: &Finding| finding.resource.logical_id.clone().unwrap_or_default();
    let alone: BTreeSet<String> =
        report.findings.iter().filter(|one| name(one) != TOGETHER).map(|one| one.id.clone()).collect();
    let is_shown = |finding: &&Finding| name(finding) != TOGETHER || !alone.contains(&finding.id);
    report
        .findings
        .iter()
        .filter(is_shown)
        .map(|finding| AccessFindingView {
            id: finding.id.clone(),
            severity: finding.severity.as_str().to_owned(),
            policy: name(finding),
            message: finding.message.clone(),
            fix: finding.fix.clone(),
        })
        .collect()
}

/// The findings of policies about documents, by their names.
pub(super) fn scanned_documents(policies: &PolicySet, documents: &[(&str, &Value)], run: &Run) -> Vec<Finding> {
    let of = |(name, document): &(&str, &Value)| {
        resource("AWS::IAM::ManagedPolicy", name, json!({"PolicyDocument": document}))
    };
    let resources = documents.iter().map(of).collect();
    let input = ScanInput { resources, registry: run.registry().clone(), ..ScanInput::default() };
    evaluate::evaluate(policies, &input).findings
}

fn scanned(policy: &HeldPolicy, kind: PrincipalKind) -> ScanResource {
    let document = &policy.document;
    if policy.arn.is_some() {
        return resource("AWS::IAM::ManagedPolicy", &policy.name, json!({"PolicyDocument": document}));
    }
    let type_name = match (&policy.origin, kind) {
        (PolicyOrigin::InlineInGroup(_), _) | (_, PrincipalKind::Group) => "AWS::IAM::GroupPolicy",
        (_, PrincipalKind::User) => "AWS::IAM::UserPolicy",
        (_, PrincipalKind::Role) => "AWS::IAM::RolePolicy",
    };
    resource(type_name, &policy.name, json!({"PolicyName": policy.name, "PolicyDocument": document}))
}

fn resource(type_name: &str, name: &str, properties: Value) -> ScanResource {
    ScanResource {
        resource: FindingResource {
            file: None,
            logical_id: Some(name.to_owned()),
            identifier: None,
            type_name: type_name.to_owned(),
        },
        properties,
        metadata: Value::Null,
        source: Default::default(),
        planned_loss: None,
        given: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_shown_with_what_they_leave_out() {
        let document = json!({"Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"},
            {"Effect": "Deny", "NotAction": "iam:*", "NotResource": ["a", "b"], "Condition": {"Bool": {}}}]});
        let found = statements("p", &document);
        assert_eq!(
            (found[0].actions.as_slice(), found[0].condition.is_some()),
            (&["s3:GetObject".to_owned()][..], false)
        );
        assert_eq!(found[1].resources, ["not a", "not b"]);
        assert_eq!((found[1].effect.as_str(), found[1].condition.is_some()), ("Deny", true));
        assert!(statements("p", &json!({})).is_empty());
    }
}
