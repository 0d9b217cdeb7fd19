//! `iam … --validate`: the checks of IAM Access Analyzer, or local ones where it may not be used.

use serde_json::Value;

use super::analyze::scanned_documents;
use crate::command::policies::policies;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::Severity;
use crate::domain::principal::{PolicyFinding, PolicyFindingKind};
use crate::iam::lint::lint;
use crate::outcome::Failure;
use crate::pipeline::estate::concurrently;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ValidatePolicies};
use crate::report::{NewAccessResult, NewAccessView, ValidationFindingView, ValidationMethod, ValidationView};
use crate::run::{Run, cloud_failure};

/// Policies that are checked at the same time.
const CONCURRENCY: usize = 4;

/// A policy that is checked.
pub(super) struct Checked<'a> {
    pub name: &'a str,
    pub document: &'a Value,
}

/// The result of the checks.
pub(super) struct Validated {
    pub view: ValidationView,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether something should be corrected before the policies are used.
    pub is_serious: bool,
}

/// Checks policies; `service` may say why Access Analyzer cannot be used.
pub(super) async fn validate(
    service: Result<&dyn ValidatePolicies, String>,
    all: &[Checked<'_>],
    run: &Run,
) -> Result<Validated, Failure> {
    let answered = match service {
        Ok(service) => of_service(service, all).await,
        Err(reason) => Ok(Err(reason)),
    };
    let (method, reason, found) = match answered.map_err(|error| cloud_failure(&error))? {
        Ok(found) => (ValidationMethod::AccessAnalyzer, None, found),
        Err(reason) => (ValidationMethod::Local, Some(reason), local(all, run)?),
    };
    let is_serious = found.iter().any(|(_, finding)| finding.kind.is_serious());
    let locally = reason.iter().map(|reason| {
        let message = format!("the policies were checked by stagegate, not by IAM Access Analyzer: {reason}");
        Diagnostic::warning(Code::ValidatedLocally, message).hint("allow access-analyzer:ValidatePolicy")
    });
    let serious = found.iter().filter(|(_, finding)| finding.kind.is_serious());
    let flagged = serious.map(|(name, finding)| {
        let message = format!("{name}: {} ({})", finding.message, finding.code);
        let warning = Diagnostic::warning(Code::PolicyFlagged, message);
        finding.help.iter().fold(warning, |warning, help| warning.hint(help.clone()))
    });
    Ok(Validated {
        diagnostics: locally.chain(flagged).collect(),
        is_serious,
        view: ValidationView {
            method,
            reason,
            findings: found.into_iter().map(|(name, finding)| ValidationFindingView::new(&name, finding)).collect(),
            new_access: None,
        },
    })
}

type Found = Vec<(String, PolicyFinding)>;

/// The findings of Access Analyzer, or why it cannot be used.
async fn of_service(service: &dyn ValidatePolicies, all: &[Checked<'_>]) -> Result<Result<Found, String>, CloudError> {
    let checks = all.iter().map(|one| async move { (one.name, service.validate(one.document).await) });
    let mut found = Vec::new();
    for (name, result) in concurrently(CONCURRENCY, checks).await {
        match result {
            Ok(findings) => found.extend(findings.into_iter().map(|finding| (name.to_owned(), finding))),
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            Err(error) => return Ok(Err(error.reason())),
        }
    }
    Ok(Ok(found))
}

/// The findings of the local checks, and of the built-in policies.
fn local(all: &[Checked<'_>], run: &Run) -> Result<Found, Failure> {
    let set = policies(run.workspace(), &[], &[], &[])?;
    let mut found: Found = Vec::new();
    for one in all {
        found.extend(lint(one.document).into_iter().map(|finding| (one.name.to_owned(), finding)));
    }
    let documents: Vec<(&str, &Value)> = all.iter().map(|one| (one.name, one.document)).collect();
    for finding in scanned_documents(&set, &documents, run) {
        let kind = match finding.severity {
            Severity::Critical | Severity::High => PolicyFindingKind::SecurityWarning,
            Severity::Medium => PolicyFindingKind::Warning,
            Severity::Low | Severity::Info => PolicyFindingKind::Suggestion,
        };
        let name = finding.resource.logical_id.clone().unwrap_or_default();
        let pointers = finding.pointer.iter().map(|pointer| pointer.replacen("/PolicyDocument", "", 1)).collect();
        let found_here =
            PolicyFinding { kind, code: finding.id, message: finding.message, pointers, help: finding.fix };
        found.push((name, found_here));
    }
    found.sort();
    Ok(found)
}

/// Checks that a policy allows nothing but what another one and these further statements do.
pub(super) async fn check_new_access(
    service: &dyn ValidatePolicies,
    document: &Value,
    allowed: &Value,
) -> Result<NewAccessView, Failure> {
    match service.new_access(document, allowed).await {
        Ok(found) => Ok(NewAccessView {
            result: if found.is_new { NewAccessResult::Fail } else { NewAccessResult::Pass },
            reasons: found.reasons,
        }),
        Err(error) if error.kind == CloudErrorKind::Credentials => Err(cloud_failure(&error)),
        Err(error) => Ok(NewAccessView { result: NewAccessResult::NotChecked, reasons: vec![error.reason()] }),
    }
}
