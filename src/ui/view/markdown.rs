//! A scan as Markdown, for a pull request comment.

use super::count;
use crate::domain::diagnostic::Diagnostic;
use crate::report::{FindingView, ScanBody};

/// Maximum number of rows; GitHub limits a comment to 65,536 characters.
const MAX_ROWS: usize = 100;

/// Renders a scan: the verdict, a table of findings, and collapsed sections for waived and undecided ones.
pub fn scan_markdown(body: &ScanBody) -> String {
    let failed: Vec<&str> =
        body.engines.iter().filter(|engine| engine.failed()).map(|engine| engine.name.as_str()).collect();
    let (mark, verdict) = match (failed.is_empty(), body.passed()) {
        (false, _) => ("⚠️", "did not complete"),
        (true, true) => ("✅", "passed"),
        (true, false) => ("❌", "failed"),
    };
    let mut text = format!("### {mark} Policy scan {verdict}\n\n");
    text.push_str(&format!(
        "{}: {} on {}, fails on {} and above.\n",
        body.found(),
        count(body.checks_evaluated, "check"),
        count(body.resources_scanned, "resource"),
        body.fail_on
    ));
    for engine in &body.engines {
        for failure in &engine.failures {
            text.push_str(&format!("\n> **{}**: {}\n", escaped(&engine.name), escaped(failure)));
        }
    }
    let open: Vec<&FindingView> =
        body.by_resource().into_iter().flat_map(|(_, list)| list).filter(|finding| finding.waiver.is_none()).collect();
    let rows = open.iter().map(|finding| {
        let fix = finding.fix.as_ref().map(|fix| format!("<br>Fix: {}", escaped(fix))).unwrap_or_default();
        [finding.severity.to_string(), check(finding), resource(finding), format!("{}{fix}", escaped(&finding.message))]
    });
    text.push_str(&table(["Severity", "Check", "Resource", "Finding"], rows.collect()));
    let waived = body.findings.iter().filter_map(|finding| {
        let waiver = finding.waiver.as_ref()?;
        let until = waiver.expires.as_ref().map(|date| format!(" until {date}")).unwrap_or_default();
        let owner = waiver.owner.as_ref().map(|owner| format!(" ({})", escaped(owner))).unwrap_or_default();
        Some([
            finding.severity.to_string(),
            check(finding),
            resource(finding),
            format!("{}{owner}{until}", escaped(&waiver.reason)),
        ])
    });
    text.push_str(&collapsed("waived", ["Severity", "Check", "Resource", "Reason"], waived.collect()));
    let unknown = body.unknown.iter().map(|unknown| {
        let name = format!("{} {}", code(&unknown.resource.type_name), escaped(unknown.resource.name()));
        ["–".to_owned(), code(&unknown.id), name, escaped(&unknown.reason)]
    });
    text.push_str(&collapsed("undecided", ["", "Check", "Resource", "Reason"], unknown.collect()));
    if let Some(coverage) = &body.coverage {
        let gaps = coverage.gaps.iter();
        let rows = gaps.map(|gap| ["–".to_owned(), escaped(&gap.subject), "–".to_owned(), escaped(&gap.reason)]);
        text.push_str(&collapsed("not read", ["", "Subject", "", "Reason"], rows.collect()));
    }
    text
}

/// Renders a scan that ended without a result.
pub fn failure_markdown(problems: &[Diagnostic]) -> String {
    let mut text = String::from("### ⚠️ Policy scan did not run\n\n");
    for problem in problems {
        let place = problem.location.as_ref().map(|place| format!("{} ", code(&place.to_string()))).unwrap_or_default();
        let hint = problem.hint.as_ref().map(|hint| format!("<br>{}", escaped(hint))).unwrap_or_default();
        text.push_str(&format!("- {place}{}{hint}\n", escaped(&problem.message)));
    }
    text
}

fn check(finding: &FindingView) -> String {
    let also = finding.also_found_by.iter().map(|other| format!("<br>{}", code(&other.id)));
    also.fold(code(&finding.id), |text, other| text + &other)
}

fn resource(finding: &FindingView) -> String {
    let type_name = match finding.resource.type_name.as_str() {
        "" => String::new(),
        name => code(name),
    };
    let name = format!("{type_name} {}", escaped(finding.resource.name())).trim().to_owned();
    match finding.place() {
        Some(place) => format!("{}<br>{}", name.trim_end(), code(&place)),
        None => name.trim_end().to_owned(),
    }
}

fn table(header: [&str; 4], rows: Vec<[String; 4]>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n| {} |\n|---|---|---|---|\n", header.join(" | "));
    for row in rows.iter().take(MAX_ROWS) {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if rows.len() > MAX_ROWS {
        text.push_str(&format!("\n… and {} more; `stagegate scan` shows them all.\n", rows.len() - MAX_ROWS));
    }
    text
}

fn collapsed(what: &str, header: [&str; 4], rows: Vec<[String; 4]>) -> String {
    match rows.len() {
        0 => String::new(),
        number => {
            format!("\n<details><summary>{number} {what}</summary>\n{}\n</details>\n", table(header, rows))
        }
    }
}

/// Escapes untrusted text for a table cell: no markup, mentions or line breaks.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // `@name` would mention a user and `#1` would link an issue.
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            other if other.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// Renders untrusted text as code; backticks cannot be escaped inside code.
pub(super) fn code(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:#$@+=,()[]{}".contains(c);
    if !text.is_empty() && text.chars().all(plain) { format!("`{text}`") } else { escaped(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a|b\n<img> @you #1 [x](y)"), "a\\|b &lt;img&gt; &#64;you &#35;1 \\[x\\](y)");
        assert_eq!(code("a.yaml:3:5"), "`a.yaml:3:5`");
        assert_eq!(code("a`b"), "a\\`b");
    }

    #[test]
    fn a_long_table_is_truncated_with_a_note() {
        let rows = vec![["a", "b", "c", "d"].map(str::to_owned); MAX_ROWS + 3];
        let text = table(["", "", "", ""], rows);
        assert!(text.ends_with("… and 3 more; `stagegate scan` shows them all.\n"), "{text}");
    }
}
