//! The review of a month's costs as Markdown, for a comment or a wiki.

use super::bill::{
    accuracy_title, alarm_words, alert_words, amount, change, combined, compared, line_amount, movers_title, not_read,
    source_words, subject,
};
use super::markdown::escaped;
use crate::domain::diagnostic::Diagnostic;
use crate::report::CostBody;

/// Renders the review, without terminal colors.
pub fn bills_markdown(body: &CostBody, diagnostics: &[Diagnostic]) -> String {
    let mut text = format!("### 📊 Monthly AWS Costs ({})\n\n**Combined Total: {}**\n", body.title, combined(body));
    if let Some((is_crossed, words)) = alert_words(body) {
        let mark = if is_crossed { "🚨 " } else { "" };
        text.push_str(&format!("\n{mark}Alerts: {words}\n"));
    }
    for environment in &body.environments {
        text.push_str(&format!("\n#### aws-{}\n\n| | Amount |\n|---|--:|\n", escaped(&environment.name)));
        for line in &environment.lines {
            text.push_str(&format!("| {} | {} |\n", escaped(&line.service), escaped(&line_amount(line))));
        }
        for total in &environment.totals {
            text.push_str(&format!("| **Total** | **{}** |\n", escaped(&amount(total))));
        }
        for forecast in environment.forecast.iter().flatten() {
            text.push_str(&format!("| At this rate | {} |\n", escaped(&amount(forecast))));
        }
    }
    for (name, reason) in not_read(body) {
        text.push_str(&format!("\n#### aws-{}\n\nnot read: {}\n", escaped(&name), escaped(&reason)));
    }
    if !body.movers.is_empty() {
        text.push_str(&format!("\n#### {}\n\n", movers_title(body)));
        for mover in &body.movers {
            let name = format!("aws-{} {}", mover.environment, mover.service);
            text.push_str(&format!("- {}: {}\n", escaped(&name), escaped(&change(mover))));
        }
    }
    if !body.accuracy.is_empty() {
        text.push_str(&format!("\n#### {}\n\n", accuracy_title(body)));
        for row in &body.accuracy {
            let mark = if row.within_target { "✅" } else { "⚠️" };
            let name = format!("aws-{} {}", row.environment, subject(row));
            text.push_str(&format!("- {mark} {}: {}\n", escaped(&name), escaped(&compared(row))));
        }
    }
    text.push_str("\n#### Billing alarms\n\n");
    for environment in &body.environments {
        let words = alarm_words(environment).unwrap_or_else(|| "not known".to_owned());
        text.push_str(&format!("- aws-{}: {}\n", escaped(&environment.name), escaped(&words)));
    }
    for problem in diagnostics {
        text.push_str(&format!("\n> **{}**: {}\n", problem.code.as_str(), escaped(&problem.message)));
    }
    text.push_str(&format!("\nSource: {}\n", source_words(body)));
    text
}
