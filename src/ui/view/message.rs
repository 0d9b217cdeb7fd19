//! Diagnostics and next steps.

use console::style;

use super::{clean, link};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::outcome::NextStep;

/// Renders a diagnostic with its location and hint.
pub fn diagnostic(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.level {
        Level::Error => style("error").red().bold(),
        Level::Warning => style("warning").yellow().bold(),
        Level::Note => style("note").cyan(),
    }
    .for_stderr();
    let mut text = format!("{level}[{}]: {}\n", diagnostic.code, clean(&diagnostic.message));
    let place = match (&diagnostic.location, &diagnostic.pointer) {
        (Some(location), Some(pointer)) if !pointer.is_empty() => Some(format!("{location} {pointer}")),
        (Some(location), _) => Some(location.to_string()),
        (None, _) => None,
    };
    if let Some(place) = place {
        text.push_str(&format!("  {} {}\n", style("-->").blue().for_stderr(), link::place_in_message(&clean(&place))));
    }
    if let Some(hint) = &diagnostic.hint {
        text.push_str(&format!("  {} {}\n", style("hint:").green().for_stderr(), clean(hint)));
    }
    text
}

/// Renders the commands to run next.
pub fn next(next: &[NextStep]) -> String {
    next.iter().map(|step| format!("{}:\n  {}\n", step.why, style(&step.command).bold().for_stderr())).collect()
}
