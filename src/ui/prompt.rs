//! Questions. Asked on stderr, only where a person sits at a terminal.

use dialoguer::{Confirm, Select};

use crate::domain::gate::{ApprovalKind, Requirement};

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
pub fn ask(approvals: &[Requirement], environment: &str) -> Answer {
    for requirement in approvals {
        let answer = match requirement.kind {
            ApprovalKind::Findings => findings(requirement),
            ApprovalKind::CriticalFindings => Answer::Fix,
            ApprovalKind::Cost => confirm(&format!("   ⚠️ {}. Proceed?", capitalised(&requirement.reason))),
            ApprovalKind::Protected => confirm(&format!("   Write to `{environment}`, which is protected?")),
        };
        if answer != Answer::Proceed {
            return answer;
        }
    }
    Answer::Proceed
}

fn confirm(question: &str) -> Answer {
    match Confirm::new().with_prompt(question).default(false).show_default(true).interact_opt() {
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
