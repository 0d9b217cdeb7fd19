//! `scan`: the first part of the road, up to the policies. Calls nothing.

use std::path::Path;

use super::Answer;
use super::input::{TemplateRequest, load_template, policies, policy_sources, severity, waivers};
use crate::cli::ScanArgs;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::finding::{ScanReport, Severity, Verdict};
use crate::domain::intrinsics::Pseudo;
use crate::domain::policy::{Fixtures, PolicySet, ScanEnvironment, ScanInput, ScanResource, misnamed};
use crate::files::{suggestion, text};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate::evaluate;
use crate::report::ScanBody;
use crate::session::Session;
use crate::ui::view;

pub async fn run(arguments: &ScanArgs, session: &Session) -> Result<Answer, Failure> {
    let fail_on = severity(arguments.fail_on.as_deref(), session)?;
    let policies = policies(session, &arguments.policies, &arguments.packs)?;
    if let Some(id) = &arguments.explain {
        return explain(&policies, id, fail_on);
    }
    if let Some(folder) = &arguments.test_policies {
        return test(session, folder, fail_on);
    }
    if arguments.list {
        let list = policies.list().map(|policy| (policy, policies.is_active(policy)));
        let body = ScanBody::new(&ScanReport::default(), fail_on).with_policies(list);
        let human = view::policies(&body);
        return Ok(Answer::new(Outcome::Ok, &body, human));
    }
    let region = session.project().environments.first().map(|environment| environment.region.clone());
    let (loaded, diagnostics) = load_template(&TemplateRequest {
        files: &arguments.files,
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        pseudo: Pseudo { region, ..Pseudo::default() },
    })?;
    let waivers = waivers(session, arguments.waivers.as_deref())?;
    let mut report = evaluate(
        &policies,
        &ScanInput {
            resources: loaded.resources.iter().map(ScanResource::from).collect(),
            environment: ScanEnvironment::default(),
            project: Some(session.project().into()),
        },
    );
    let remarks = waivers.apply(&mut report, session.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let body = ScanBody::new(&report, fail_on);
    let human = view::scan(&body);
    let outcome = match report.verdict(fail_on) {
        _ if report.engine_failed() => Outcome::Error,
        Verdict::Pass => Outcome::Ok,
        Verdict::Fail => Outcome::Findings,
    };
    let broken = report.engines.iter().flat_map(|engine| &engine.failures).map(|failure| {
        Diagnostic::error("scan-engine-failed", failure.message.clone())
            .at(failure.location.clone())
            .hint("a scan that did not run to its end is not a pass; repair the policy and run again")
    });
    Ok(Answer::new(outcome, &body, human).diagnostics(diagnostics).diagnostics(remarks).diagnostics(broken))
}

/// What one policy is about.
fn explain(policies: &PolicySet, id: &str, fail_on: Severity) -> Result<Answer, Failure> {
    let Some(policy) = policies.find(id) else {
        let names = policies.list().map(|policy| policy.id.as_str());
        let problem = Diagnostic::error("unknown-policy", format!("there is no policy `{id}`"));
        return Err(Failure::usage(vec![problem.hint(suggestion::hint(id, names))]));
    };
    let body = ScanBody::new(&ScanReport::default(), fail_on)
        .with_policies([(policy, policies.is_active(policy))].into_iter());
    let human = view::policy(&body);
    Ok(Answer::new(Outcome::Ok, &body, human))
}

/// Runs the policies of a folder on the cases beside them.
fn test(session: &Session, folder: &Path, fail_on: Severity) -> Result<Answer, Failure> {
    let policies = policies(session, &[folder.to_path_buf()], &["all".to_owned()])?;
    let misnamed = misnamed(&policy_sources(std::iter::once(folder))?)
        .map_err(|error| Failure::new(Outcome::Error, error.diagnostic()))?;
    let mut failures = Vec::new();
    let mut tested = 0;
    for (path, text) in cases(folder)? {
        let fixtures = Fixtures::parse(&path, &text).map_err(|error| Failure::usage(vec![error.diagnostic()]))?;
        let file = path.rsplit('/').next().unwrap_or(&path);
        tested += 1;
        failures.extend(policies.test(file.trim_end_matches(".test.yaml"), &path, &fixtures));
    }
    if tested == 0 {
        let problem = Diagnostic::error("no-cases", format!("{} has no *.test.yaml", folder.display()));
        return Err(Failure::usage(vec![
            problem.hint("put ID.test.yaml with passing: and failing: cases beside ID.rego"),
        ]));
    }
    let body = ScanBody::new(&ScanReport::default(), fail_on);
    let human = format!("{tested} file(s) of cases: {} failure(s), {} wrong name(s)\n", failures.len(), misnamed.len());
    let outcome = if failures.is_empty() && misnamed.is_empty() { Outcome::Ok } else { Outcome::Findings };
    let misnamed = misnamed.into_iter().map(|error| error.diagnostic());
    let said = failures.into_iter().map(|failure| {
        Diagnostic::error("policy-test-failed", format!("{}: {}: {}", failure.path, failure.case, failure.problem))
    });
    Ok(Answer::new(outcome, &body, human).diagnostics(misnamed).diagnostics(said))
}

/// The files of cases in a folder and below, sorted.
fn cases(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let unreadable = |error: std::io::Error| {
        let problem = Diagnostic::error("unreadable-policies", format!("{} cannot be read: {error}", folder.display()));
        Failure::usage(vec![problem])
    };
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(".test.yaml") {
                let text = text::read_file(&path).map_err(|problem| Failure::usage(vec![*problem]))?;
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}
