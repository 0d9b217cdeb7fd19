//! `scan`: the first part of the road, up to the policies. Calls nothing.

use super::Answer;
use super::input::{TemplateRequest, load_template, policies, severity, waivers};
use crate::cli::ScanArgs;
use crate::domain::finding::{ScanReport, Verdict};
use crate::domain::intrinsics::Pseudo;
use crate::domain::policy::{ScanEnvironment, ScanInput, ScanResource};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate::evaluate;
use crate::report::ScanBody;
use crate::session::Session;
use crate::ui::view;

pub async fn run(arguments: &ScanArgs, session: &Session) -> Result<Answer, Failure> {
    let fail_on = severity(arguments.fail_on.as_deref(), session)?;
    let policies = policies(session, &arguments.policies, &arguments.packs)?;
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
        crate::domain::diagnostic::Diagnostic::error("scan-engine-failed", failure.message.clone())
            .at(failure.location.clone())
            .hint("a scan that did not run to its end is not a pass; repair the policy and run again")
    });
    Ok(Answer::new(outcome, &body, human).diagnostics(diagnostics).diagnostics(remarks).diagnostics(broken))
}
