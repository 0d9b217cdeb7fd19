//! The rows of `drift` and `tag-audit` in one form, for the formats of CI systems.

use super::audit::{AuditBody, AuditRowView, ViolationView};
use super::drift::{DriftBody, DriftRowView};
use super::enums::DriftStatus;

/// How much a row matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckLevel {
    /// It results in exit code 2.
    Failure,
    /// It could not be checked.
    Gap,
    /// It is reported, and does not affect the exit code.
    Note,
    /// Nothing is wrong.
    Passed,
}

/// One row, or one violation of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckItem {
    /// A status of `drift` or a violation of `tag-audit`, which `explain` describes.
    pub code: String,
    /// How much it matters.
    pub level: CheckLevel,
    /// The environment; `None` for a pair.
    pub environment: Option<String>,
    /// Type name.
    pub type_name: String,
    /// The identifiers.
    pub name: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Differences, and what could not be compared.
    pub details: Vec<String>,
    /// The recommended action.
    pub action: Option<String>,
    /// The command for the recommended action.
    pub command: Option<String>,
    /// JSON pointer of the first difference.
    pub pointer: Option<String>,
    /// Why the row is ignored, if it is.
    pub ignored: Option<String>,
}

/// The report of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command.
    pub command: &'static str,
    /// What the report is about.
    pub title: String,
    /// The rows, the most important first.
    pub items: Vec<CheckItem>,
    /// Number of rows that are left out.
    pub omitted: u64,
    /// The counts and the coverage, in lines.
    pub counts: Vec<String>,
    /// Whether a row results in exit code 2, also if the rows are left out.
    pub failed: bool,
    /// Whether something could not be checked.
    pub has_gaps: bool,
}

impl CheckItem {
    /// The type and the identifiers, with the environment of a single resource.
    pub fn subject(&self) -> String {
        let environment = self.environment.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        format!("{environment}{} {}", self.type_name, self.name)
    }

    /// The message, the details, the action and the command, one per line.
    pub fn text(&self) -> String {
        let action = self.action.iter().map(|action| format!("→ {action}"));
        let lines = std::iter::once(self.message.clone()).chain(self.details.iter().cloned()).chain(action);
        lines.chain(self.command.clone()).collect::<Vec<_>>().join("\n")
    }
}

impl Check {
    /// The report of a comparison.
    pub fn of_drift(body: &DriftBody) -> Self {
        let coverage = &body.coverage;
        let mut counts = vec![format!("{} resource(s) checked: {}", coverage.checked, body.counts())];
        if body.unverified > 0 {
            counts.push(format!("{} in sync with values that cannot be verified", body.unverified));
        }
        let has_gaps = coverage.unreadable + coverage.unsupported > 0 || !coverage.stale.is_empty();
        if coverage.unreadable + coverage.unsupported > 0 {
            counts.push(format!(
                "{} unreadable ({} denied), {} unsupported",
                coverage.unreadable, coverage.denied, coverage.unsupported
            ));
        }
        Self {
            command: "drift",
            title: format!("Drift: {} against {}", body.to, body.from),
            items: body.resources.iter().map(|row| drift_item(body, row)).collect(),
            omitted: body.rows_omitted,
            counts,
            failed: body.fail_on.iter().any(|status| body.summary.get(status.as_str()).is_some_and(|count| *count > 0)),
            has_gaps,
        }
    }

    /// The report of a tag audit.
    pub fn of_audit(body: &AuditBody) -> Self {
        let coverage = &body.coverage;
        let violating = coverage.checked.saturating_sub(body.compliant);
        let counts = vec![
            format!(
                "{} resource(s) checked: {} compliant, {violating} with violations",
                coverage.checked, body.compliant
            ),
            format!(
                "not checked: {} type(s) cannot be listed, {} denied, {} unreadable, {} owned by AWS services",
                coverage.unsupported, coverage.denied, coverage.unreadable, coverage.service_owned
            ),
        ];
        let rows = body.resources.iter().flat_map(|row| match row.violations.is_empty() {
            true => vec![audit_item(row, None)],
            false => row.violations.iter().map(|violation| audit_item(row, Some(violation))).collect(),
        });
        let gaps = body.gaps.iter().map(|gap| {
            let (type_name, name) = gap.subject.split_once(' ').unwrap_or((&gap.subject, ""));
            CheckItem {
                code: "unreadable".to_owned(),
                level: CheckLevel::Gap,
                environment: Some(gap.environment.clone()),
                type_name: type_name.to_owned(),
                name: name.to_owned(),
                message: gap.reason.clone(),
                details: Vec::new(),
                action: None,
                command: None,
                pointer: None,
                ignored: None,
            }
        });
        Self {
            command: "tag-audit",
            title: "Tag audit".to_owned(),
            items: rows.chain(gaps).collect(),
            omitted: body.rows_omitted,
            counts,
            failed: violating > 0,
            has_gaps: coverage.denied + coverage.unreadable > 0 || !coverage.stale.is_empty(),
        }
    }
}

fn drift_item(body: &DriftBody, row: &DriftRowView) -> CheckItem {
    let level = match row.status {
        _ if body.fails(row) => CheckLevel::Failure,
        DriftStatus::Unreadable | DriftStatus::Unsupported => CheckLevel::Gap,
        DriftStatus::Synced => CheckLevel::Passed,
        _ => CheckLevel::Note,
    };
    let side = row.moved.map(|side| format!(" (changed: {})", side.as_str())).unwrap_or_default();
    let changes = row.changes.iter().map(|change| {
        let ignored = change.ignored.as_ref().map(|entry| format!(" (ignored: {})", entry.text()));
        change.text(&body.from, &body.to) + &ignored.unwrap_or_else(|| side.clone())
    });
    let unverified = row.unverified.iter().map(|value| format!("{}: not verifiable, {}", value.pointer, value.reason));
    CheckItem {
        code: row.status.as_str().to_owned(),
        level,
        environment: None,
        type_name: row.type_name.clone(),
        name: row.name(),
        message: row.reason.clone().unwrap_or_else(|| row.status.as_str().to_owned()),
        details: changes.chain(unverified).collect(),
        action: row.action.clone(),
        command: row.command.clone(),
        pointer: row.changes.first().map(|change| change.pointer.clone()),
        ignored: row.ignored.as_ref().map(super::scan::WaiverView::text),
    }
}

fn audit_item(row: &AuditRowView, violation: Option<&ViolationView>) -> CheckItem {
    CheckItem {
        code: violation.map_or_else(|| "compliant".to_owned(), |violation| violation.code.clone()),
        level: if violation.is_some() { CheckLevel::Failure } else { CheckLevel::Passed },
        environment: Some(row.place()),
        type_name: row.type_name.clone(),
        name: row.identifier.clone(),
        message: violation.map_or_else(|| "compliant".to_owned(), |violation| violation.message.clone()),
        details: Vec::new(),
        action: None,
        command: None,
        pointer: None,
        ignored: None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row of each level, with text that every format must escape.
    pub(crate) fn varied() -> Check {
        let item = |code: &str, level, ignored: Option<&str>| CheckItem {
            code: code.to_owned(),
            level,
            environment: None,
            type_name: "AWS::SQS::Queue".to_owned(),
            name: "jobs-dev → jobs, 50%: prod".to_owned(),
            message: "prod changed\r\n::error::since | <b>@you</b>".to_owned(),
            details: vec!["/VisibilityTimeout: dev 30 → prod 90".to_owned()],
            action: Some("promote".to_owned()),
            command: Some("stagegate promote AWS::SQS::Queue jobs-dev".to_owned()),
            pointer: Some("/VisibilityTimeout".to_owned()),
            ignored: ignored.map(str::to_owned),
        };
        Check {
            command: "drift",
            title: "Drift: prod against dev".to_owned(),
            items: vec![
                item("drifted", CheckLevel::Failure, None),
                item("unreadable", CheckLevel::Gap, None),
                item("dev_only", CheckLevel::Note, None),
                item("prod_only", CheckLevel::Note, Some("by design (data) until 2026-12-31")),
                item("synced", CheckLevel::Passed, None),
            ],
            omitted: 0,
            counts: vec!["5 resource(s) checked: 1 drifted".to_owned()],
            failed: true,
            has_gaps: true,
        }
    }
}
