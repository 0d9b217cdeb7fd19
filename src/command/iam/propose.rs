//! `iam propose`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::gap::{decide, notes, view};
use super::validation::{Checked, check_new_access, validate};
use super::{principal, unclear_needs, write_file};
use crate::cli::{Command, IamArgs, IamCommand, IamGapArgs, IamProposeArgs, command_line, suggestions};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::principal::{HeldPolicy, PolicyOrigin, Principal};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags;
use crate::iam::grant::{self, NameParts};
use crate::iam::need::{Need, needs, require_scoped};
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::ports::{CloudErrorKind, ReadPrincipals as _, Simulated};
use crate::report::{Answer, IamBody, NewAccessResult, NewAccessView, ProposalView, ValidationMethod};
use crate::run::{OpenEnvironment, Run, cloud_failure};
use crate::schema::Arn;

const POLICY: &str = "AWS::IAM::ManagedPolicy";

/// A policy to be created or changed.
struct Proposal {
    policy_name: String,
    logical_id: String,
    /// The stack of the policy that is extended.
    stack: Option<String>,
    extends: Option<String>,
    document: Value,
}

pub async fn run(arguments: &IamProposeArgs, run: &Run) -> Result<Answer<IamBody>, Failure> {
    let needs = needs(&arguments.actions, &arguments.resources).map_err(unclear_needs)?;
    require_scoped(&needs).map_err(unclear_needs)?;
    let service = service(arguments, &needs, run)?;
    let opened = run.open_environment(&arguments.env).await?;
    let principal = principal(&opened, &arguments.principal).await?;
    let gap = decide(&opened, &principal, &needs).await?;
    let missing = gap.grantable(&needs);
    let mut problems = notes(&gap);
    for verdict in gap.missing().filter(|verdict| verdict.decision == Simulated::ExplicitlyDenied) {
        let message =
            format!("a policy denies {} on {}, which no other policy can allow", verdict.action, verdict.resource);
        let hint = format!("see the statement with `stagegate iam analyze {}`", arguments.principal);
        problems.push(Diagnostic::warning(Code::ExplicitlyDenied, message).hint(hint));
    }
    let mut body = IamBody {
        environment: opened.environment.name.clone(),
        principal: Some((&principal).into()),
        gap: Some(view(&gap)),
        ..IamBody::default()
    };
    if missing.is_empty() {
        let outcome = if gap.missing().count() == 0 { Outcome::Ok } else { Outcome::Findings };
        return Ok(Answer::new(outcome, body).diagnostics(problems));
    }
    let (held, note) = policies(&opened, &principal).await?;
    problems.extend(note);
    let name = policy_name(arguments, &missing, &service, &opened, run);
    let proposal = extension(&held, &missing, &name).unwrap_or_else(|| new_policy(&held, &missing, &name));
    let characters = grant::size(&proposal.document);
    if characters > grant::MAX_POLICY_CHARACTERS {
        let most = grant::MAX_POLICY_CHARACTERS;
        let message = format!("the policy has {characters} characters, and a managed policy at most {most}");
        problems.push(Diagnostic::warning(Code::PolicyTooLong, message).hint("propose several policies, by service"));
    }
    let template = template(&proposal, &principal);
    let text = match serde_saphyr::to_string(&template) {
        Ok(text) if !text.ends_with('\n') => text + "\n",
        Ok(text) => text,
        Err(_) => format!("{template:#}\n"),
    };
    if let Some(file) = &arguments.out {
        write_file(file, &text)?;
    }
    let mut outcome = Outcome::Ok;
    if arguments.validate {
        let (service, allowed) = (opened.access_analyzer(), allowed(&held, &proposal, &missing));
        let checked = [Checked { name: &proposal.policy_name, document: &proposal.document }];
        let mut validated = validate(Ok(&service), &checked, run).await?;
        if let Some(allowed) = allowed {
            validated.view.new_access = Some(match validated.view.method {
                ValidationMethod::AccessAnalyzer => check_new_access(&service, &proposal.document, &allowed).await?,
                ValidationMethod::Local => NewAccessView {
                    result: NewAccessResult::NotChecked,
                    reasons: validated.view.reason.clone().into_iter().collect(),
                },
            });
        }
        let adds_access =
            validated.view.new_access.as_ref().is_some_and(|access| access.result == NewAccessResult::Fail);
        if validated.is_serious || adds_access {
            outcome = Outcome::Findings;
        }
        problems.extend(validated.diagnostics);
        body.validation = Some(validated.view);
    }
    let steps = next_steps(arguments, &proposal, run);
    body.proposal = Some(ProposalView {
        policy_name: proposal.policy_name,
        extends: proposal.extends,
        statements: grant::statements(&missing),
        document: proposal.document,
        characters: characters as u64,
        template,
        text,
        file: arguments.out.as_ref().map(|file| file.display().to_string()),
    });
    let mut answer = Answer::new(outcome, body).diagnostics(problems);
    answer.next = steps;
    Ok(answer)
}

/// For a policy that is extended: what it allows now, and what was asked for.
fn allowed(held: &[HeldPolicy], proposal: &Proposal, missing: &[Need]) -> Option<Value> {
    let extended = held.iter().find(|policy| policy.arn.is_some() && policy.arn == proposal.extends)?;
    let mut document = extended.document.clone();
    let own = match document.get_mut("Statement").map(Value::take) {
        Some(Value::Array(items)) => items,
        other => other.into_iter().collect(),
    };
    document["Statement"] = own.into_iter().chain(grant::statements(missing)).collect();
    Some(document)
}

/// The policies of a principal, and a warning if they may not be read.
async fn policies(
    opened: &OpenEnvironment,
    principal: &Principal,
) -> Result<(Vec<HeldPolicy>, Option<Diagnostic>), Failure> {
    match opened.principals().policies(principal).await {
        Ok(held) => Ok((held, None)),
        Err(error) if error.kind == CloudErrorKind::AccessDenied => {
            let message =
                format!("an existing policy cannot be extended, because they cannot be read: {}", error.reason());
            let warning = Diagnostic::warning(Code::AwsAccessDenied, message);
            Ok((Vec::new(), Some(warning.hint("allow the actions iam:Get* and iam:List* that the message names"))))
        }
        Err(error) => Err(cloud_failure(&error)),
    }
}

/// The name of the service in the policy's name.
fn service(arguments: &IamProposeArgs, needs: &[Need], run: &Run) -> Result<String, Failure> {
    if let Some(service) = &arguments.service {
        return Ok(service.clone());
    }
    let prefixes: BTreeSet<&str> = needs.iter().filter_map(|need| need.action.split(':').next()).collect();
    let mut prefixes = prefixes.into_iter();
    let (Some(prefix), None) = (prefixes.next(), prefixes.next()) else {
        let problem = Diagnostic::error(Code::Usage, "the actions are of several services, so the policy has no name");
        return Err(Failure::usage(vec![problem.hint("name it with --service, or propose a policy for each service")]));
    };
    // Types spell the names of services: `AWS::DynamoDB::Table`.
    let names = run.registry().type_names().filter_map(|name| name.split("::").nth(1));
    let spelled = names.into_iter().find(|name| name.eq_ignore_ascii_case(prefix));
    Ok(spelled.map_or_else(|| prefix.to_owned(), str::to_owned))
}

fn policy_name(
    arguments: &IamProposeArgs,
    missing: &[Need],
    service: &str,
    opened: &OpenEnvironment,
    run: &Run,
) -> String {
    let project = run.workspace().project();
    let actions = arguments.purpose.clone().unwrap_or_else(|| grant::actions_name(missing));
    let parts = NameParts { project: &project.name, service, actions: &actions, environment: &opened.environment.name };
    grant::policy_name(project.naming.iam_policy.as_deref().unwrap_or(grant::DEFAULT_NAME), &parts)
}

/// The policy that is extended: one of the project's own that only this principal has and that is about the same services, the one
/// with the proposed name first.
fn extension(held: &[HeldPolicy], missing: &[Need], name: &str) -> Option<Proposal> {
    let services: BTreeSet<String> =
        missing.iter().filter_map(|need| need.action.split(':').next()).map(str::to_owned).collect();
    let mut candidates: Vec<&HeldPolicy> = held.iter().filter(|policy| is_extensible(policy, &services)).collect();
    candidates.sort_by_key(|policy| (policy.name != name, policy.name.clone()));
    candidates.into_iter().find_map(|policy| {
        let document = grant::extended(&policy.document, missing)?;
        let (stack, logical_id) = policy.tags.get(tags::STACK_RESOURCE)?.split_once('/')?;
        (grant::size(&document) <= grant::MAX_POLICY_CHARACTERS).then(|| Proposal {
            policy_name: policy.name.clone(),
            logical_id: logical_id.to_owned(),
            stack: Some(stack.to_owned()),
            extends: policy.arn.clone(),
            document,
        })
    })
}

fn is_extensible(policy: &HeldPolicy, services: &BTreeSet<String>) -> bool {
    policy.origin == PolicyOrigin::Attached
        && !policy.is_of_aws()
        && policy.attachments == Some(1)
        && policy.tags.get(tags::MANAGED_BY).is_some_and(|manager| manager == tags::MANAGER)
        && grant::services(&policy.document).is_some_and(|own| own == *services)
}

/// A policy of its own, whose name none of the principal's policies has.
fn new_policy(held: &[HeldPolicy], missing: &[Need], name: &str) -> Proposal {
    let is_taken = |name: &str| held.iter().any(|policy| policy.name == name);
    let mut policy_name = name.to_owned();
    for number in 2..=held.len() + 1 {
        if !is_taken(&policy_name) {
            break;
        }
        policy_name = format!("{name}-{number}");
    }
    let plain: String = policy_name.chars().filter(char::is_ascii_alphanumeric).collect();
    Proposal {
        logical_id: if plain.is_empty() { "Policy".to_owned() } else { plain },
        policy_name,
        stack: None,
        extends: None,
        document: grant::document(grant::statements(missing)),
    }
}

fn template(proposal: &Proposal, principal: &Principal) -> Value {
    let mut properties = Map::new();
    properties.insert("ManagedPolicyName".to_owned(), json!(proposal.policy_name));
    // The path of a policy that exists cannot change.
    let path = proposal.extends.as_deref().and_then(Arn::parse).and_then(|arn| {
        let (path, _) = arn.resource.strip_prefix("policy")?.rsplit_once('/')?;
        (!path.is_empty()).then(|| format!("{path}/"))
    });
    properties.extend(path.map(|path| ("Path".to_owned(), json!(path))));
    properties.insert("PolicyDocument".to_owned(), proposal.document.clone());
    properties.insert(principal.kind.property().to_owned(), json!([principal.name]));
    json!({"Resources": {&proposal.logical_id: {"Type": POLICY, "Properties": properties}}})
}

/// Creating the policy, and verifying that nothing is missing then.
fn next_steps(arguments: &IamProposeArgs, proposal: &Proposal, run: &Run) -> Vec<NextStep> {
    let place = run.cli().given.location_flags();
    let mut steps = Vec::new();
    if let Some(file) = &arguments.out {
        let create = SuggestedCommand::Create {
            files: vec![file.clone()],
            environment: arguments.env.clone(),
            stack: proposal.stack.clone().unwrap_or_else(|| proposal.policy_name.clone()),
        };
        let why = match &proposal.extends {
            None => "create the policy",
            Some(_) => "change the policy",
        };
        let command = suggestions::render_suggestion(&create, &place);
        steps.push(NextStep { why: why.to_owned(), command });
    }
    let gap = IamGapArgs {
        principal: arguments.principal.clone(),
        actions: arguments.actions.clone(),
        resources: arguments.resources.clone(),
        env: arguments.env.clone(),
    };
    let command = Command::Iam(IamArgs { command: IamCommand::Gap(gap) });
    steps.push(NextStep {
        why: "verify then that nothing is missing".to_owned(),
        command: command_line::render(&command, &place),
    });
    steps
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::principal::PrincipalKind;

    fn held(name: &str, actions: &[&str]) -> HeldPolicy {
        let tags = [(tags::MANAGED_BY, tags::MANAGER), (tags::STACK_RESOURCE, "access/Upload")];
        HeldPolicy {
            name: name.to_owned(),
            arn: Some(format!("arn:aws:iam::111111111111:policy/team/{name}")),
            origin: PolicyOrigin::Attached,
            document: json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::a/*"}]}),
            attachments: Some(1),
            tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        }
    }

    fn missing() -> Vec<Need> {
        needs(&["s3:PutObject".to_owned()], &["arn:aws:s3:::a/*".to_owned()]).unwrap()
    }

    #[test]
    fn a_policy_of_the_same_service_is_extended() {
        let several = [held("B", &["s3:GetObject"]), held("A", &["s3:GetObject"]), held("C", &["sqs:SendMessage"])];
        let proposal = extension(&several, &missing(), "New").unwrap();
        assert_eq!((proposal.policy_name.as_str(), proposal.stack.as_deref()), ("A", Some("access")));
        assert_eq!(extension(&several, &missing(), "B").unwrap().policy_name, "B");
        assert_eq!(proposal.document["Statement"][0]["Action"], json!(["s3:GetObject", "s3:PutObject"]));
        let user = Principal { kind: PrincipalKind::User, name: "ann".to_owned(), arn: String::new(), boundary: None };
        let properties = &template(&proposal, &user)["Resources"]["Upload"]["Properties"];
        assert_eq!((&properties["Path"], &properties["Users"]), (&json!("/team/"), &json!(["ann"])));
    }

    #[test]
    fn a_policy_that_others_have_or_made_is_left_alone() {
        let refused = |change: fn(&mut HeldPolicy)| {
            let mut policy = held("A", &["s3:GetObject"]);
            change(&mut policy);
            extension(&[policy], &missing(), "A").is_none()
        };
        assert!(!refused(|_| {}));
        assert!(refused(|policy| policy.attachments = Some(2)));
        assert!(refused(|policy| policy.origin = PolicyOrigin::AttachedToGroup("team".to_owned())));
        assert!(refused(|policy| policy.tags.clear()));
        assert!(refused(|policy| policy.arn = Some("arn:aws:iam::aws:policy/A".to_owned())));
        assert!(refused(|policy| policy.document["Statement"][0]["Effect"] = json!("Deny")));
    }

    #[test]
    fn a_new_policy_has_a_name_of_its_own() {
        let several = [held("A", &[]), held("A-2", &[])];
        assert_eq!(new_policy(&several, &missing(), "A").policy_name, "A-3");
        let proposal = new_policy(&[], &missing(), "Synth-S3-Upload");
        assert_eq!((proposal.policy_name.as_str(), proposal.logical_id.as_str()), ("Synth-S3-Upload", "SynthS3Upload"));
    }
}
