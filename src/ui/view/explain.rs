//! What a code means.

use console::{StyledObject, Term, style};

use super::{count, fold, indented, keep_whole, table};
use crate::report::{CodeView, ExplainBody, ExplainedKind};

/// Longer lines are hard to read, on however wide a terminal.
const WIDEST: usize = 100;

/// One entry of the catalogue: its title, its explanation, an example and what to do.
pub fn explanation(body: &ExplainBody) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let (code, title) = (style(text(&body.code)).bold(), text(&body.title));
    let mut said = match &body.severity {
        Some(severity) => format!("{}[{code}]: {title}\n", coloured(severity)),
        None => format!("{code}: {title}\n"),
    };
    said.push_str(&format!("\n{}\n", text(&body.explanation)));
    let example: String = text(&body.example).lines().map(|line| format!("  {line}\n")).collect();
    let next = format!("{}\n  {}\n", style("Next step:").bold(), text(&body.next_step));
    let width = Term::stdout().size_checked().map_or(WIDEST, |(_, width)| usize::from(width).min(WIDEST));
    // Whoever copies an example needs its lines as they are.
    format!("{}\n{}\n{example}\n{}", fold(&said, width), style("Example:").bold(), fold(&next, width))
}

/// All codes by kind.
pub fn codes(body: &ExplainBody) -> String {
    let kinds = [
        (ExplainedKind::Diagnostic, "Messages and failed steps"),
        (ExplainedKind::TagViolation, "Violations of tag-audit"),
        (ExplainedKind::Status, "Statuses"),
        (ExplainedKind::Approval, "Approvals"),
    ];
    let mut text = String::new();
    for (kind, heading) in kinds {
        let of_kind: Vec<&CodeView> = body.codes.iter().filter(|one| one.kind == kind).collect();
        let has_severity = of_kind.iter().any(|one| one.severity.is_some());
        let mut rows = table(if has_severity { &["CODE", "SEVERITY", "TITLE"] } else { &["CODE", "TITLE"] });
        for one in of_kind {
            match &one.severity {
                Some(severity) => rows.add_row([&one.code, severity, &one.title]),
                None => rows.add_row([&one.code, &one.title]),
            };
        }
        keep_whole(&mut rows, if has_severity { 2 } else { 1 });
        text.push_str(&format!("{}:\n{}\n", style(heading).bold(), indented(&rows)));
    }
    format!("{text}{}; policies: stagegate scan --list\n", count(body.codes.len() as u64, "code"))
}

fn coloured(severity: &str) -> StyledObject<&str> {
    match severity {
        "error" => style(severity).red().bold(),
        "warning" => style(severity).yellow().bold(),
        _ => style(severity).cyan(),
    }
}
