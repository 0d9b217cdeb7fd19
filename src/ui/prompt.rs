//! Questions. Asked on stderr, only where a person sits at a terminal, and answered by whole lines:
//! what was typed or pasted before the question was there is thrown away.

use dialoguer::theme::Theme;
use dialoguer::{Input, Select};

use super::view::cost_question;
use crate::pipeline::gate::rules::{ApprovalKind, Requirement};
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
    /// The question was broken off (Ctrl-C).
    Interrupted,
}

/// Asks for each approval that a plan needs. A question that cannot be asked counts as a no.
pub fn ask(approvals: &[Requirement], plan: &PlanView) -> Answer {
    for requirement in approvals {
        let answer = match requirement.kind {
            ApprovalKind::Findings => findings(requirement),
            ApprovalKind::CriticalFindings => Answer::Fix,
            ApprovalKind::Cost => line(&format!("{} (y/n)", cost_question(&plan.estimate)), &["y", "yes"]),
            ApprovalKind::Replacement => line(&format!("   ♻️ {}. Proceed? (y/n)", requirement.reason), &["y", "yes"]),
            ApprovalKind::Delete => {
                let name = requirement.typed.as_deref().unwrap_or_default();
                match line(&format!("   🗑️ {}. Type `{name}` to delete it:", requirement.reason), &[name]) {
                    Answer::Proceed => line("   It cannot be undone. Proceed? (y/n)", &["y", "yes"]),
                    other => other,
                }
            }
            // A slip of the finger must not write to production: the environment is typed out.
            ApprovalKind::Protected => {
                let name = requirement.typed.as_deref().unwrap_or(&plan.environment);
                let question = format!("   🔒 `{name}` is protected. Type `{name}` to send exactly this plan:");
                line(&question, &[name])
            }
        };
        if answer != Answer::Proceed {
            return answer;
        }
    }
    Answer::Proceed
}

/// Questions as they are written, without a mark of the library's.
struct Plain;

impl Theme for Plain {
    fn format_input_prompt(&self, text: &mut dyn std::fmt::Write, prompt: &str, _: Option<&str>) -> std::fmt::Result {
        write!(text, "{prompt} ")
    }
}

fn forget_what_was_typed() {
    // Not a terminal, or one that cannot: then there is nothing to throw away.
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

fn line(question: &str, wanted: &[&str]) -> Answer {
    forget_what_was_typed();
    match Input::<String>::with_theme(&Plain).with_prompt(question).allow_empty(true).report(false).interact() {
        // More than one line came at once: that was pasted, and not meant for this question.
        Ok(_) if rustix::io::ioctl_fionread(std::io::stdin()).is_ok_and(|waiting| waiting > 0) => Answer::Cancel,
        Ok(answer) if wanted.iter().any(|word| answer.trim().eq_ignore_ascii_case(word)) => Answer::Proceed,
        Ok(_) => Answer::Cancel,
        Err(error) => broken_off(&error),
    }
}

fn findings(requirement: &Requirement) -> Answer {
    forget_what_was_typed();
    let chosen = Select::new()
        .with_prompt(format!("   {}", capitalised(&requirement.reason)))
        .items(["fix: send nothing, I will change the template", "proceed: I accept the findings", "cancel"])
        .default(0)
        .interact_opt();
    match chosen {
        Ok(Some(1)) => Answer::Proceed,
        Ok(Some(0)) => Answer::Fix,
        Ok(_) => Answer::Cancel,
        Err(error) => broken_off(&error),
    }
}

fn broken_off(error: &dialoguer::Error) -> Answer {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted { Answer::Interrupted } else { Answer::Cancel }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
