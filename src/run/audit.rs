//! The audit trail of a run: one line per mutating call and per approval, in the audit log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::Clock;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Plan, PlanDocument};
use crate::files::audit_log::AuditLog;
use crate::pipeline::ports::{MutatingCall, ObserveCalls};
use crate::schema::{Identified, Registry};
use crate::workspace::Workspace;

/// The `action` of a line about an approval; otherwise it is `service.Operation`.
const APPROVE: &str = "approve";
/// The outcome of a line that is not about an error.
const OK: &str = "ok";

/// Who made and who approved a plan: ARNs by environment. The planner is known where the planner may not approve.
#[derive(Debug, Clone, Default)]
pub struct Signatories {
    /// Who made the plan.
    pub planner: BTreeMap<String, String>,
    /// Who approved it.
    pub approver: BTreeMap<String, String>,
}

impl Signatories {
    /// Of a plan that the project's rules approved, or that required no approval.
    #[must_use]
    pub fn unapproved(mut self) -> Self {
        self.approver.clear();
        self
    }

    /// The ARN in the environment that a plan changes, or in another one.
    fn arn<'a>(&self, of: &'a BTreeMap<String, String>, environment: &str) -> Option<&'a str> {
        let ruled = self.planner.keys().next().map(String::as_str);
        ruled.into_iter().chain([environment]).find_map(|name| of.get(name)).map(String::as_str)
    }
}

/// What a plan changes, for a line of the audit log.
struct Place<'a> {
    environment: &'a str,
    account: &'a str,
    region: &'a str,
}

impl<'a> Place<'a> {
    fn of(plan: &'a PlanDocument) -> Self {
        Self { environment: &plan.environment, account: &plan.account, region: &plan.region }
    }
}

/// A line of the audit log. It contains no property values.
#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    /// The ARN of the credentials.
    actor: Option<&'a str>,
    account: &'a str,
    region: &'a str,
    environment: &'a str,
    /// True if the environment is in the sandbox.
    sandbox: bool,
    /// The plan's digest.
    plan: Option<&'a str>,
    action: &'a str,
    #[serde(rename = "type")]
    type_name: Option<&'a str>,
    /// The identifier or ARN.
    identifier: Option<&'a str>,
    client_token: Option<&'a str>,
    request_id: Option<&'a str>,
    /// `ok`, or the error code of AWS or of stagegate.
    outcome: &'a str,
    /// The ARN of whoever made the plan, in a line about an approval where the planner may not approve.
    planner: Option<&'a str>,
    /// The ARN of whoever approved the plan, in a line about an approval.
    approver: Option<&'a str>,
    /// The kinds of approvals that were given.
    approvals: Option<&'a [&'a str]>,
    /// The `--reason` of the approval.
    reason: Option<&'a str>,
}

#[derive(Default)]
struct State {
    plan: Option<String>,
    reason: Option<String>,
    /// The ARN of the credentials, by environment.
    actors: BTreeMap<String, String>,
    /// The environments in the sandbox.
    sandboxes: Vec<String>,
    /// The first line that could not be written.
    problem: Option<Diagnostic>,
}

/// The audit trail of a run.
pub struct AuditTrail {
    /// `None` if there is no audit log.
    log: Option<AuditLog>,
    /// The resource types of the run.
    registry: Registry,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl AuditTrail {
    /// Creates the trail of a run.
    pub(super) fn new(workspace: &Workspace, registry: &Registry, clock: Arc<dyn Clock>) -> Self {
        let environments = workspace.project().environments.iter();
        let sandboxes = environments.filter(|one| one.sandbox).map(|one| one.name.clone()).collect();
        let state = Mutex::new(State { sandboxes, ..State::default() });
        Self { log: workspace.audit_log(), registry: registry.clone(), clock, state }
    }

    /// Notes the identity with which an environment is called.
    pub(super) fn set_actor(&self, environment: &str, arn: &str) {
        self.with_state(|state| state.actors.insert(environment.to_owned(), arn.to_owned()));
    }

    /// Notes the plan to which the following calls belong.
    pub fn set_plan(&self, digest: &str) {
        self.with_state(|state| state.plan = Some(digest.to_owned()));
    }

    /// Records that a plan was approved, and notes it like [`AuditTrail::set_plan`]. `kinds` are the kinds of approvals that it
    /// required; without any, there was nothing to approve.
    pub fn approved(&self, digest: &str, plan: &Plan, kinds: &[&str], reason: Option<&str>, signatories: &Signatories) {
        self.set_plan(digest);
        self.with_state(|state| state.reason = reason.map(str::to_owned));
        if !kinds.is_empty() {
            let place = Place { environment: &plan.environment, account: plan.account.as_str(), region: &plan.region };
            self.approval(digest, place, Some(kinds), reason, signatories, OK);
        }
    }

    /// Records that somebody approved a saved plan, which another run may apply.
    pub fn recorded(&self, digest: &str, plan: &PlanDocument, reason: Option<&str>, signatories: &Signatories) {
        self.approval(digest, Place::of(plan), None, reason, signatories, OK);
    }

    /// Records that an approval of a plan was refused.
    pub fn refused(&self, digest: &str, plan: &PlanDocument, code: Code, signatories: &Signatories) {
        self.approval(digest, Place::of(plan), None, None, signatories, code.as_str());
    }

    fn approval(
        &self,
        digest: &str,
        Place { environment, account, region }: Place<'_>,
        kinds: Option<&[&str]>,
        reason: Option<&str>,
        signatories: &Signatories,
        outcome: &str,
    ) {
        self.with_state(|state| {
            let line = Line {
                time: self.clock.now(),
                actor: state.actors.get(environment).map(String::as_str),
                account,
                region,
                environment,
                sandbox: state.sandboxes.iter().any(|name| name == environment),
                plan: Some(digest),
                action: APPROVE,
                type_name: None,
                identifier: None,
                client_token: None,
                request_id: None,
                outcome,
                planner: signatories.arn(&signatories.planner, environment),
                approver: signatories.arn(&signatories.approver, environment),
                approvals: kinds,
                reason,
            };
            state.problem = state.problem.take().or(self.append(&line));
        });
    }

    /// Returns a warning if a line could not be written.
    pub fn problem(&self) -> Option<Diagnostic> {
        self.with_state(|state| state.problem.clone())
    }

    fn with_state<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        action(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn append(&self, line: &Line<'_>) -> Option<Diagnostic> {
        let log = self.log.as_ref()?;
        let error = log.append(line).err()?;
        let message =
            format!("the audit log {} cannot be written ({error}); entries are missing", log.file().display());
        Some(Diagnostic::warning(Code::AuditLogFailed, message).hint(
            "make the file writable, name another one with STAGEGATE_AUDIT_LOG, or turn the log off with `audit_log: false`",
        ))
    }
}

impl ObserveCalls for AuditTrail {
    fn mutating_call(&self, call: &MutatingCall<'_>) {
        let by_arn = call.identifier.filter(|_| call.type_name.is_none()).map(|arn| self.registry.identify(arn));
        let type_name = match &by_arn {
            Some(Identified::Exactly(resource)) => Some(resource.type_name.as_str()),
            Some(Identified::OfType(types)) if types.len() == 1 => types.first().copied(),
            _ => call.type_name,
        };
        self.with_state(|state| {
            let line = Line {
                time: self.clock.now(),
                actor: state.actors.get(call.environment).map(String::as_str),
                account: call.account.as_str(),
                region: call.region,
                environment: call.environment,
                sandbox: state.sandboxes.iter().any(|name| name == call.environment),
                plan: state.plan.as_deref(),
                action: call.action,
                type_name,
                identifier: call.identifier,
                client_token: call.client_token,
                request_id: call.request_id,
                outcome: match call.outcome {
                    Ok(()) => OK,
                    Err(error) => error.code.as_deref().unwrap_or(error.kind.diagnostic_code().as_str()),
                },
                planner: None,
                approver: None,
                approvals: None,
                reason: state.reason.as_deref(),
            };
            state.problem = state.problem.take().or(self.append(&line));
        });
    }
}
