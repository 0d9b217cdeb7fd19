//! The output of `explain`.

use console::{StyledObject, Term, style};

use super::{count, indented, keep_whole, table, wrap};
use crate::report::{CodeKind, CodeView, DiagnosticLevel, ExplainBody, ExplainedSeverity};

/// Maximum line length, regardless of the width of the terminal.
const MAX_WIDTH: usize = 100;

/// Renders an entry of the catalog: its title, explanation, example and next step.
pub fn explanation(body: &ExplainBody) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let (code, title) = (style(text(&body.code)).bold(), text(&body.title));
    let mut intro = match &body.severity {
        Some(ExplainedSeverity::Level(level)) => format!("{}[{code}]: {title}\n", colored(*level)),
        Some(ExplainedSeverity::Policy(_)) | None => format!("{code}: {title}\n"),
    };
    intro.push_str(&format!("\n{}\n", text(&body.explanation)));
    let example: String = text(&body.example).lines().map(|line| format!("  {line}\n")).collect();
    let next = format!("{}\n  {}\n", style("Next step:").bold(), text(&body.next_step));
    let width = Term::stdout().size_checked().map_or(MAX_WIDTH, |(_, width)| usize::from(width).min(MAX_WIDTH));
    // Examples are not wrapped, so that they can be copied.
    format!("{}\n{}\n{example}\n{}", wrap(&intro, width), style("Example:").bold(), wrap(&next, width))
}

/// Renders all codes by kind.
pub fn codes(body: &ExplainBody) -> String {
    let kinds = [
        (CodeKind::Diagnostic, "Messages and failed steps"),
        (CodeKind::TagViolation, "Violations of tag-audit"),
        (CodeKind::Status, "Statuses"),
        (CodeKind::Approval, "Approvals"),
    ];
    let mut text = String::new();
    for (kind, heading) in kinds {
        let of_kind: Vec<&CodeView> = body.codes.iter().filter(|one| one.kind == kind).collect();
        let has_severity = of_kind.iter().any(|one| one.severity.is_some());
        let mut rows = table(if has_severity { &["CODE", "SEVERITY", "TITLE"] } else { &["CODE", "TITLE"] });
        for one in of_kind {
            match &one.severity {
                Some(level) => rows.add_row([one.code.as_str(), level.as_str(), &one.title]),
                None => rows.add_row([&one.code, &one.title]),
            };
        }
        keep_whole(&mut rows, if has_severity { 2 } else { 1 });
        text.push_str(&format!("{}:\n{}\n", style(heading).bold(), indented(&rows)));
    }
    format!("{text}{}; policies: stagegate scan --list\n", count(body.codes.len() as u64, "code"))
}

fn colored(level: DiagnosticLevel) -> StyledObject<&'static str> {
    let text = style(level.as_str());
    match level {
        DiagnosticLevel::Error => text.red().bold(),
        DiagnosticLevel::Warning => text.yellow().bold(),
        DiagnosticLevel::Note => text.cyan(),
    }
}
