//! Questions. Asked on stderr, only where a person sits at a terminal.

use std::fmt::Write;

use dialoguer::theme::Theme;
use dialoguer::{Confirm, Select};

use super::view::cost_question;
use crate::domain::gate::{ApprovalKind, Requirement};
use crate::report::PlanView;

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Send the plan.
    Proceed,
    /// Send nothing.
    Cancel,
    /// Send nothing: the findings are to be repaired first.
    Fix,
}

/// Asks for each approval that a plan needs. A question that cannot be asked or that is broken off
/// counts as a no.
pub fn ask(approvals: &[Requirement], plan: &PlanView) -> Answer {
    for requirement in approvals {
        let answer = match requirement.kind {
            ApprovalKind::Findings => findings(requirement),
            ApprovalKind::CriticalFindings => Answer::Fix,
            ApprovalKind::Cost => confirm(&cost_question(&plan.estimate)),
            ApprovalKind::Protected => {
                confirm(&format!("   🔒 `{}` is protected. Send exactly this plan?", plan.environment))
            }
        };
        if answer != Answer::Proceed {
            return answer;
        }
    }
    Answer::Proceed
}

/// Questions that end in `(y/n)`.
struct Plain;

impl Theme for Plain {
    fn format_confirm_prompt(&self, text: &mut dyn Write, prompt: &str, _: Option<bool>) -> std::fmt::Result {
        write!(text, "{prompt} (y/n) ")
    }

    fn format_confirm_prompt_selection(
        &self,
        text: &mut dyn Write,
        prompt: &str,
        selection: Option<bool>,
    ) -> std::fmt::Result {
        let answer = if selection == Some(true) { "yes" } else { "no" };
        write!(text, "{prompt} {answer}")
    }
}

fn confirm(question: &str) -> Answer {
    match Confirm::with_theme(&Plain).with_prompt(question).interact_opt() {
        Ok(Some(true)) => Answer::Proceed,
        _ => Answer::Cancel,
    }
}

fn findings(requirement: &Requirement) -> Answer {
    let chosen = Select::new()
        .with_prompt(format!("   {}", capitalised(&requirement.reason)))
        .items(["fix: send nothing, I will change the template", "proceed: I accept the findings", "cancel"])
        .default(0)
        .interact_opt();
    match chosen {
        Ok(Some(1)) => Answer::Proceed,
        Ok(Some(0)) => Answer::Fix,
        _ => Answer::Cancel,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
