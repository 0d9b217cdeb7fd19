//! `iam for-plan`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::validation::{Checked, validate};
use super::write_file;
use crate::cli::IamForPlanArgs;
use crate::command::apply;
use crate::command::create::stack_name_of;
use crate::command::template::{Purpose, TemplateRequest, load_template_for, pseudo_of, read_templates};
use crate::command::translation::translate;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::Operation;
use crate::domain::project::Translator;
use crate::iam::grant;
use crate::iam::plan::{NotKnown, PlannedChange, needs};
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, IamBody, NotKnownView, PlanPolicyView, PlanResourceView};
use crate::run::Run;

/// Returns a note for each thing that is not known, with the resources that it concerns.
fn not_known(all: &BTreeSet<NotKnown>) -> Vec<Diagnostic> {
    let mut resources: Vec<(String, Vec<&str>)> = Vec::new();
    for unknown in all {
        let about = unknown.action.as_ref().map(|action| format!("{action}: ")).unwrap_or_default();
        let text = format!("{about}{}", unknown.reason);
        match resources.iter_mut().find(|(known, _)| *known == text) {
            Some((_, ids)) => ids.push(&unknown.logical_id),
            None => resources.push((text, vec![&unknown.logical_id])),
        }
    }
    let note = |(text, ids): (String, Vec<&str>)| {
        Diagnostic::note(Code::PermissionNotKnown, format!("{}: {text}", ids.join(", ")))
    };
    resources.into_iter().map(note).collect()
}

/// A change, with its values.
struct Change {
    logical_id: String,
    type_name: String,
    operation: Operation,
    desired: Value,
    identifier: Option<String>,
    account: String,
    region: String,
}

pub async fn run(arguments: &IamForPlanArgs, run: &Run) -> Result<Answer<IamBody>, Failure> {
    let (environment, changes, diagnostics) = match &arguments.plan {
        Some(file) => {
            let plan = apply::read(file)?.plan;
            let steps = plan.steps.into_iter().map(|step| Change {
                logical_id: step.logical_id,
                type_name: step.type_name,
                operation: step.operation,
                desired: step.request,
                identifier: step.identifier,
                account: step.account,
                region: step.region,
            });
            (plan.environment, steps.collect::<Vec<_>>(), Vec::new())
        }
        None => {
            let (changes, diagnostics) = of_templates(arguments, run).await?;
            (arguments.env.clone(), changes, diagnostics)
        }
    };
    let borrowed = changes.iter().map(|change| PlannedChange {
        logical_id: &change.logical_id,
        type_name: &change.type_name,
        operation: change.operation,
        desired: &change.desired,
        identifier: change.identifier.as_deref(),
        account: &change.account,
        region: &change.region,
    });
    let needs = needs(run.registry(), &borrowed.collect::<Vec<_>>());
    let document = grant::document(needs.statements);
    let characters = grant::size(&document);
    let mut problems = diagnostics;
    if characters > grant::MAX_POLICY_CHARACTERS {
        let most = grant::MAX_POLICY_CHARACTERS;
        let message = format!("the policy has {characters} characters, and a managed policy at most {most}");
        let hint = "divide its statements between several policies";
        problems.push(Diagnostic::warning(Code::PolicyTooLong, message).hint(hint));
    }
    problems.extend(not_known(&needs.not_known));
    let (mut outcome, mut validation) = (Outcome::Ok, None);
    if arguments.validate {
        let checked = [Checked { name: "the policy of the plan", document: &document }];
        let validated = match run.open_environment(&environment).await {
            Ok(opened) => validate(Ok(&opened.access_analyzer()), &checked, run).await?,
            Err(failure) => {
                let reasons: Vec<String> = failure.diagnostics.into_iter().map(|problem| problem.message).collect();
                validate(Err(reasons.join("; ")), &checked, run).await?
            }
        };
        if validated.is_serious {
            outcome = Outcome::Findings;
        }
        problems.extend(validated.diagnostics);
        validation = Some(validated.view);
    }
    if let Some(file) = &arguments.out {
        write_file(file, &format!("{document:#}\n"))?;
    }
    let resources = needs.changes.into_iter().map(|change| PlanResourceView {
        logical_id: change.logical_id,
        type_name: change.type_name,
        operation: change.operation.as_str().to_owned(),
        arn: change.arn,
        actions: change.actions.into_iter().collect(),
    });
    let not_known = needs.not_known.into_iter().map(|unknown| NotKnownView {
        logical_id: unknown.logical_id,
        action: unknown.action,
        reason: unknown.reason,
    });
    let body = IamBody {
        environment,
        plan_policy: Some(PlanPolicyView {
            document,
            characters: characters as u64,
            resources: resources.collect(),
            not_known: not_known.collect(),
            file: arguments.out.as_ref().map(|file| file.display().to_string()),
        }),
        validation,
        ..IamBody::default()
    };
    Ok(Answer::new(outcome, body).diagnostics(problems))
}

/// The resources of templates, all of which are to be created.
async fn of_templates(arguments: &IamForPlanArgs, run: &Run) -> Result<(Vec<Change>, Vec<Diagnostic>), Failure> {
    let environment = run.workspace().environment(&arguments.env)?;
    let templates = read_templates(&arguments.files).await?;
    let stack = stack_name_of(None, &arguments.files, run.workspace().project())?;
    let pseudo = pseudo_of(environment, Some(&stack));
    let translated = translate(&templates, Translator::Builtin, &arguments.parameters, &pseudo, run.global()).await?;
    let request = TemplateRequest {
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        imports: &arguments.imports,
        translated,
        pseudo,
        purpose: Purpose::Create,
    };
    let (loaded, diagnostics) = load_template_for(run, &arguments.env, &templates, &request).await?;
    let change = |resource: crate::domain::resource::DesiredResource| Change {
        logical_id: resource.logical_id,
        type_name: resource.type_name,
        operation: Operation::Create,
        desired: resource.properties,
        identifier: None,
        account: environment.account.to_string(),
        region: environment.region.clone(),
    };
    Ok((loaded.resources.into_iter().map(change).collect(), diagnostics))
}
