//! `drift` and `tag-audit` as Markdown, for a job summary or a pull request comment.

use super::markdown::{code, escaped};
use crate::domain::diagnostic::Diagnostic;
use crate::report::{Check, CheckItem, CheckLevel};

/// Maximum number of rows; GitHub limits a comment to 65,536 characters.
const MAX_ROWS: usize = 100;

/// Maximum number of characters in all rows together.
const MAX_CHARACTERS: usize = 48_000;

/// Renders a report: the result, a table of the rows that need attention, and collapsed sections for the others.
pub fn check_markdown(check: &Check, diagnostics: &[Diagnostic]) -> String {
    let mark = match (check.failed, check.has_gaps) {
        (true, _) => "❌",
        (false, true) => "⚠️",
        (false, false) => "✅",
    };
    let mut text = format!("### {mark} {}\n\n", escaped(&check.title));
    check.counts.iter().for_each(|line| text.push_str(&format!("{}  \n", escaped(line))));
    let of = |level: CheckLevel| -> Vec<&CheckItem> {
        check.items.iter().filter(|item| item.level == level && item.ignored.is_none()).collect()
    };
    let mut left = MAX_CHARACTERS;
    text.push_str(&table(check, &of(CheckLevel::Failure), &mut left));
    let ignored: Vec<&CheckItem> = check.items.iter().filter(|item| item.ignored.is_some()).collect();
    let sections =
        [("could not be checked", of(CheckLevel::Gap)), ("not counted", of(CheckLevel::Note)), ("ignored", ignored)];
    for (what, items) in sections.iter().filter(|(_, items)| !items.is_empty()) {
        let rows = table(check, items, &mut left);
        text.push_str(&format!("\n<details><summary>{} {what}</summary>\n{rows}\n</details>\n", items.len()));
    }
    text.push_str(&problems(diagnostics));
    text
}

/// Renders a run that ended without a result.
pub fn check_failure_markdown(command: &str, diagnostics: &[Diagnostic]) -> String {
    format!("### ⚠️ {} did not run\n{}", code(&format!("stagegate {command}")), problems(diagnostics))
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    let line = |one: &Diagnostic| {
        let place = one.location.as_ref().map(|place| format!("{} ", code(&place.to_string()))).unwrap_or_default();
        let hint = one.hint.as_ref().map(|hint| format!("<br>{}", escaped(hint))).unwrap_or_default();
        format!("- {place}{}: {}{hint}\n", code(one.code.as_str()), escaped(&one.message))
    };
    let lines: String = diagnostics.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn table(check: &Check, items: &[&CheckItem], left: &mut usize) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| Result | Resource | Details |\n|---|---|---|\n");
    let mut shown = 0;
    for item in items.iter().take(MAX_ROWS) {
        let row = row(item);
        let Some(rest) = left.checked_sub(row.len()) else { break };
        *left = rest;
        text.push_str(&row);
        shown += 1;
    }
    if shown < items.len() {
        text.push_str(&format!(
            "\n… and {} more; `stagegate {}` shows them all.\n",
            items.len() - shown,
            check.command
        ));
    }
    text
}

fn row(item: &CheckItem) -> String {
    let environment = item.environment.as_ref().map(|name| format!("{} ", escaped(name))).unwrap_or_default();
    let resource = format!("{environment}{}<br>{}", code(&item.type_name), escaped(&item.name));
    let mut details = vec![escaped(&item.message)];
    details.extend(item.ignored.iter().map(|why| format!("ignored: {}", escaped(why))));
    details.extend(item.details.iter().map(|line| escaped(line)));
    details.extend(item.action.iter().map(|action| format!("→ {}", escaped(action))));
    details.extend(item.command.iter().map(|command| code(command)));
    format!("| {} | {resource} | {} |\n", code(&item.code), details.join("<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::Code;
    use crate::report::varied_check;

    #[test]
    fn failures_come_first_and_others_are_collapsed() {
        let text = check_markdown(&varied_check(), &[]);
        assert!(text.starts_with("### ❌ Drift: prod against dev\n\n5 resource(s) checked: 1 drifted  \n"), "{text}");
        let row = "| `drifted` | `AWS::SQS::Queue`<br>jobs-dev → jobs, 50%: prod | prod changed  ::error::since \\| \
                   &lt;b&gt;&#64;you&lt;/b&gt;<br>/VisibilityTimeout: dev 30 → prod 90<br>→ promote<br>`stagegate \
                   promote AWS::SQS::Queue jobs-dev` |\n";
        assert!(text.contains(row), "{text}");
        for part in ["<summary>1 could not be checked<", "<summary>1 not counted<", "<summary>1 ignored<"] {
            assert!(text.find(part).is_some_and(|at| at > text.find("drifted").unwrap_or_default()), "{text}");
        }
        assert!(text.contains("ignored: by design (data) until 2026-12-31") && !text.contains("`synced`"), "{text}");
    }

    #[test]
    fn a_long_report_is_truncated_with_a_note() {
        let mut check = varied_check();
        check.items = vec![check.items[0].clone(); MAX_ROWS + 20];
        assert!(check_markdown(&check, &[]).contains("… and 20 more; `stagegate drift` shows them all.\n"));
        check.items.iter_mut().for_each(|item| item.message = "x".repeat(2_000));
        let text = check_markdown(&check, &[]);
        assert!(text.len() < 60_000 && text.contains(" more; `stagegate drift`"), "{}", text.len());
    }

    #[test]
    fn a_run_without_a_result_says_why() {
        let problem = Diagnostic::error(Code::UnknownType, "no such type").hint("another");
        let text = check_failure_markdown("drift", &[problem]);
        assert_eq!(text, "### ⚠️ `stagegate drift` did not run\n\n- `unknown-type`: no such type<br>another\n");
    }
}
