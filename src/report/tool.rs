//! The answer of a tool of the MCP server: what an agent needs to go on, in a few kilobytes, and a link to the document.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::shorten::{Cut, MAX_BYTES, shorten};
use super::{Answer, Body, DiagnosticView, NextView, OutcomeCode, OutcomeView, RequirementView};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::outcome::Outcome;

/// The answer of a tool.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToolAnswer {
    /// The tool.
    pub tool: String,
    /// The outcome, as of the command.
    pub outcome: OutcomeView,
    /// The result, shortened: a list that was cut is `{count, first}`; `null` if there is none.
    pub summary: Option<Value>,
    /// The plan, if the tool made or applied one.
    pub plan: Option<ToolPlan>,
    /// The first errors, warnings and notes, errors first.
    pub diagnostics: Vec<DiagnosticView>,
    /// Number of further ones.
    pub more_diagnostics: usize,
    /// The first commands that the user may want to run next.
    pub next: Vec<NextView>,
    /// Number of further ones.
    pub more_next: usize,
    /// The whole document; `null` if there is none.
    pub document: Option<DocumentLink>,
}

/// A plan in the answer of a tool.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ToolPlan {
    /// The digest, for the tool `apply`.
    pub digest: String,
    /// When an approval of the plan expires.
    pub expires_at: String,
    /// The environment that the plan changes.
    pub environment: String,
    /// Number of steps.
    pub steps: usize,
    /// The required approvals.
    pub approvals_required: Vec<RequirementView>,
    /// Whether an identity other than the planner has to approve the plan (`stagegate approve`).
    pub approval_by_another: bool,
    /// The file with the saved plan; `null` if it was not saved.
    pub file: Option<String>,
}

/// A document that `resources/read` returns.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DocumentLink {
    /// Its URI.
    pub uri: String,
    /// Its size in bytes.
    pub bytes: usize,
}

impl ToolAnswer {
    /// Shortens the answer of a command.
    pub fn new(tool: &str, answer: &Answer<Body>, file: Option<String>, document: Option<DocumentLink>) -> Self {
        let body = answer.body.as_ref().and_then(|body| serde_json::to_value(body).ok());
        let plan = answer.body.as_ref().and_then(|body| ToolPlan::of(body, file));
        let mut diagnostics: Vec<&Diagnostic> = answer.diagnostics.iter().collect();
        diagnostics.sort_by_key(|one| rank(one.level));
        let next = answer.next.iter().map(|step| NextView { why: step.why.clone(), command: step.command.clone() });
        let mut shortened = Self {
            tool: tool.to_owned(),
            outcome: OutcomeView { code: answer.outcome.into(), exit_code: answer.outcome.exit_code() },
            summary: None,
            plan,
            diagnostics: diagnostics.into_iter().map(DiagnosticView::from).collect(),
            more_diagnostics: 0,
            next: next.collect(),
            more_next: 0,
            document,
        };
        shortened.fit(body.as_ref());
        shortened
    }

    /// An answer about arguments that cannot be used.
    pub fn refused(tool: &str, outcome: Outcome, diagnostics: Vec<Diagnostic>) -> Self {
        let answer = Answer { outcome, body: None, diagnostics, next: Vec::new() };
        Self::new(tool, &answer, None, None)
    }

    /// Whether the tool did not do what was asked. Drift, findings, a required approval and work in progress are results.
    pub fn is_error(&self) -> bool {
        use OutcomeCode::{ApprovalRequired, Findings, InProgress, Ok};
        !matches!(self.outcome.code, Ok | Findings | ApprovalRequired | InProgress)
    }

    /// Cuts as little as necessary.
    fn fit(&mut self, body: Option<&Value>) {
        for cut in Cut::LEVELS {
            self.more_diagnostics += self.diagnostics.len().saturating_sub(cut.messages);
            self.diagnostics.truncate(cut.messages);
            for one in &mut self.diagnostics {
                shorten(&mut one.message, cut.text * 2);
                one.hint.as_mut().into_iter().for_each(|hint| shorten(hint, cut.text * 2));
                one.resource.as_mut().into_iter().for_each(|text| shorten(text, cut.text));
                one.pointer.as_mut().into_iter().for_each(|text| shorten(text, cut.text));
            }
            // A command is complete or absent.
            self.more_next += self.next.len().saturating_sub(cut.messages);
            self.next.truncate(cut.messages);
            if let Some(plan) = &mut self.plan {
                plan.approvals_required.truncate(cut.messages * 2);
                plan.approvals_required.iter_mut().for_each(|one| shorten(&mut one.reason, cut.text));
            }
            self.summary = body.map(|body| cut.of(body));
            if self.bytes() <= MAX_BYTES {
                return;
            }
        }
        self.summary = None;
        while self.bytes() > MAX_BYTES && self.next.pop().is_some() {
            self.more_next += 1;
        }
    }

    fn bytes(&self) -> usize {
        serde_json::to_string(self).map_or(usize::MAX, |text| text.len())
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Note => 2,
    }
}

impl ToolPlan {
    fn of(body: &Body, file: Option<String>) -> Option<Self> {
        let plan = match body {
            Body::Write(answer) => &answer.body.plan,
            Body::TagFix(answer) => &answer.body.fix.as_ref()?.plan,
            _ => return None,
        };
        Some(Self {
            digest: plan.digest.clone(),
            expires_at: plan.expires_at.clone(),
            environment: plan.environment.clone(),
            steps: plan.steps.len(),
            approvals_required: plan.approvals_required.clone(),
            approval_by_another: !plan.planner.is_empty() && !plan.approvals_required.is_empty(),
            file,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::Code;
    use crate::outcome::NextStep;

    #[test]
    fn an_answer_is_small_and_counts_what_it_leaves_out() {
        let long = "x".repeat(3000);
        let problem = |number| match number {
            0 => Diagnostic::warning(Code::Incomplete, long.clone()),
            _ => Diagnostic::error(Code::UnknownType, long.clone()).hint(long.clone()),
        };
        let next = NextStep { why: "because".to_owned(), command: format!("stagegate drift {}", "y".repeat(1500)) };
        let answer = Answer::<Body> {
            outcome: Outcome::Error,
            body: None,
            diagnostics: (0..500).map(problem).collect(),
            next: vec![next; 9],
        };
        let shortened = ToolAnswer::new("drift", &answer, None, None);
        assert!(shortened.bytes() <= MAX_BYTES, "{}", shortened.bytes());
        assert_eq!(shortened.diagnostics.len() + shortened.more_diagnostics, 500);
        assert_eq!(shortened.diagnostics[0].code, "unknown-type", "errors come first");
        assert_eq!(shortened.next.len() + shortened.more_next, 9);
        assert!(shortened.next.iter().all(|step| step.command.len() > 1500), "a command is complete");
    }
}
