//! Prompts. They are displayed on stderr, only at an interactive terminal, and answered with whole lines. Input typed
//! or pasted before a prompt was displayed is discarded.

use dialoguer::theme::Theme;
use dialoguer::{Input, Select};

use super::view::cost_question;
use crate::pipeline::gate::rules::{ApprovalKind, Requirement};
use crate::report::PlanView;

/// The answer to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Apply the plan.
    Proceed,
    /// Do not apply the plan.
    Cancel,
    /// Do not apply the plan: fix the findings first.
    Fix,
    /// The prompt was interrupted (Ctrl-C).
    Interrupted,
}

/// Prompts for each approval that a plan requires. A prompt that fails counts as not approved.
pub fn ask(approvals: &[Requirement], plan: &PlanView) -> Answer {
    for requirement in approvals {
        let answer = match requirement.kind {
            ApprovalKind::Findings => findings(requirement),
            ApprovalKind::CriticalFindings => Answer::Fix,
            ApprovalKind::Cost => line(&format!("{} (y/n)", cost_question(&plan.estimate)), &["y", "yes"]),
            ApprovalKind::OverwritesLiveChange => {
                line(&format!("   ⚠️ {}. Proceed? (y/n)", requirement.reason), &["y", "yes"])
            }
            ApprovalKind::Replacement => line(&format!("   ♻️ {}. Proceed? (y/n)", requirement.reason), &["y", "yes"]),
            ApprovalKind::Delete => {
                let name = requirement.typed.as_deref().unwrap_or_default();
                match line(&format!("   🗑️ {}. Type `{name}` to delete it:", requirement.reason), &[name]) {
                    Answer::Proceed => line("   This cannot be undone. Proceed? (y/n)", &["y", "yes"]),
                    other => other,
                }
            }
            // The name of the environment must be typed, to prevent accidental changes to production.
            ApprovalKind::Protected => {
                let name = requirement.typed.as_deref().unwrap_or(&plan.environment);
                let question = format!("   🔒 `{name}` is protected. Type `{name}` to apply exactly this plan:");
                line(&question, &[name])
            }
        };
        if answer != Answer::Proceed {
            return answer;
        }
    }
    Answer::Proceed
}

/// A theme that displays prompts without decoration.
struct Plain;

impl Theme for Plain {
    fn format_input_prompt(&self, text: &mut dyn std::fmt::Write, prompt: &str, _: Option<&str>) -> std::fmt::Result {
        write!(text, "{prompt} ")
    }
}

fn discard_pending_input() {
    // If stdin is not a terminal, there is nothing to discard.
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

fn line(question: &str, wanted: &[&str]) -> Answer {
    discard_pending_input();
    match Input::<String>::with_theme(&Plain).with_prompt(question).allow_empty(true).report(false).interact() {
        // More than one line arrived at once: it was pasted and not meant for this prompt.
        Ok(_) if rustix::io::ioctl_fionread(std::io::stdin()).is_ok_and(|waiting| waiting > 0) => Answer::Cancel,
        Ok(answer) if wanted.iter().any(|word| answer.trim().eq_ignore_ascii_case(word)) => Answer::Proceed,
        Ok(_) => Answer::Cancel,
        Err(error) => answer_to_error(&error),
    }
}

fn findings(requirement: &Requirement) -> Answer {
    discard_pending_input();
    let chosen = Select::new()
        .with_prompt(format!("   {}", capitalize(&requirement.reason)))
        .items(["fix: apply nothing and change the template first", "proceed: accept the findings", "cancel"])
        .default(0)
        .interact_opt();
    match chosen {
        Ok(Some(1)) => Answer::Proceed,
        Ok(Some(0)) => Answer::Fix,
        Ok(_) => Answer::Cancel,
        Err(error) => answer_to_error(&error),
    }
}

fn answer_to_error(error: &dialoguer::Error) -> Answer {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted { Answer::Interrupted } else { Answer::Cancel }
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
