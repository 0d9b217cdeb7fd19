//! The list of `tag-audit`.

use console::style;

use super::{clean, count};
use crate::report::AuditBody;

/// Renders the violations by resource and the coverage.
pub fn audit(body: &AuditBody) -> String {
    let mut text = String::from("🏷️ Tag Audit:\n");
    for row in &body.resources {
        let mark = if row.violations.is_empty() { style("✓").green() } else { style("✗").red() };
        text.push_str(&format!(
            "  {mark} {} {} {}\n",
            row.environment,
            row.type_name,
            style(clean(&row.identifier)).bold()
        ));
        for violation in &row.violations {
            text.push_str(&format!("      {}: {}\n", style(&violation.code).yellow(), clean(&violation.message)));
        }
    }
    for gap in &body.gaps {
        text.push_str(&format!(
            "  {} {} {}: {}\n",
            style("?").yellow(),
            gap.environment,
            clean(&gap.subject),
            clean(&gap.reason)
        ));
    }
    let compliant = body.compliant;
    let coverage = &body.coverage;
    text.push_str(&format!(
        "  {} checked in {}: {compliant} compliant, {} with violations\n",
        count(coverage.checked, "resource"),
        count(coverage.types_listed, "listed type"),
        coverage.checked.saturating_sub(compliant)
    ));
    let gaps = format!(
        "not checked: {} cannot be listed, {} denied, {} unreadable, {} owned by AWS services",
        count(coverage.unsupported, "type"),
        coverage.denied,
        coverage.unreadable,
        coverage.service_owned
    );
    text.push_str(&format!("  {}\n", style(gaps).dim()));
    text
}
