//! Applies the entries of an ignore file to a drift report.

use jiff::civil::Date;

use super::drift::{DriftReport, DriftRow, Status};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::ignore::IgnoreRule;

/// Marks what the entries ignore on the given day. An expired entry ignores nothing and is reported, as is one that
/// matches nothing. `is_complete`: the report has all resources, so that an entry without a match is unused.
pub fn ignore(report: &mut DriftReport, rules: &[IgnoreRule], today: Date, is_complete: bool) -> Vec<Diagnostic> {
    let held: Vec<&IgnoreRule> = rules.iter().filter(|rule| rule.holds_on(today)).collect();
    for row in report.rows.iter_mut().filter(|row| can_be_ignored(row.status)) {
        mark(row, &held);
    }
    let mut said = Vec::new();
    for rule in rules {
        if !rule.holds_on(today) {
            said.push(warning(rule, Code::IgnoreExpired, &format!("expired on {}", rule.expires)));
        } else if is_complete && !report.rows.iter().any(|row| may_need(rule, row)) {
            said.push(warning(rule, Code::IgnoreUnused, "matches no difference"));
        }
    }
    said
}

/// What could not be compared is a gap, which no entry closes.
pub fn can_be_ignored(status: Status) -> bool {
    matches!(status, Status::Drifted | Status::DevOnly | Status::ProdOnly | Status::NeedsReview)
}

fn mark(row: &mut DriftRow, rules: &[&IgnoreRule]) {
    let own: Vec<&&IgnoreRule> = rules.iter().filter(|rule| rule.is_about(&row.type_name, row.identifiers())).collect();
    row.ignored = own.iter().find(|rule| rule.pointer.is_none()).map(|rule| rule.waiver());
    let mut first = None;
    let mut are_all = !row.changes.is_empty();
    for change in row.changes.clone() {
        let of_tag = row.tag_pointer(&change);
        match own.iter().find(|rule| rule.covers(&change.pointer, of_tag.as_deref())) {
            Some(rule) => {
                row.notes.entry(change.pointer).or_default().ignored = Some(rule.waiver());
                first.get_or_insert_with(|| rule.waiver());
            }
            None => are_all = false,
        }
    }
    if row.ignored.is_none() && are_all {
        row.ignored = first;
    }
}

/// True if an entry applies to a row, or may apply once the row can be read.
fn may_need(rule: &IgnoreRule, row: &DriftRow) -> bool {
    let covers = || {
        rule.pointer.is_none()
            || row.changes.iter().any(|change| rule.covers(&change.pointer, row.tag_pointer(change).as_deref()))
    };
    let is_about = rule.is_about(&row.type_name, row.identifiers());
    match row.status {
        // `*` stands for all resources of a type that could not be listed.
        Status::Unreadable | Status::Unsupported => {
            is_about
                || (row.identifiers().any(|name| name == "*")
                    && (row.type_name == "*" || rule.is_about(&row.type_name, [&rule.identifier])))
        }
        status => is_about && can_be_ignored(status) && covers(),
    }
}

fn warning(rule: &IgnoreRule, code: Code, what: &str) -> Diagnostic {
    Diagnostic::warning(code, format!("the ignore entry for {} {what}", rule.subject()))
        .hint(format!("{} should renew or remove it", rule.owner))
        .at(Some(rule.location.clone()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compare::drift::{ChangeNote, Coverage};
    use crate::domain::diagnostic::Location;
    use crate::domain::resource::Change;

    fn row(status: Status, name: &str, pointers: &[&str]) -> DriftRow {
        let change = |at: &&str| Change { pointer: (*at).to_owned(), before: None, after: Some("x".into()) };
        let tag = |at: &&str| (at.contains("/Tags/")).then(|| "Team".to_owned());
        let notes = pointers.iter().map(|at| ((*at).to_owned(), ChangeNote { tag: tag(at), ignored: None }));
        DriftRow {
            status,
            type_name: "AWS::SQS::Queue".into(),
            dev: Some(format!("{name}-dev")),
            prod: Some(format!("{name}-prod")),
            changes: pointers.iter().map(change).collect(),
            moved: None,
            reason: None,
            action: None,
            command: None,
            notes: notes.collect::<BTreeMap<_, _>>(),
            ignored: None,
            unverified: Vec::new(),
            regions: None,
        }
    }

    fn report(rows: Vec<DriftRow>) -> DriftReport {
        DriftReport {
            from: "dev".into(),
            to: "prod".into(),
            rows,
            coverage: Coverage::default(),
            registry: crate::schema::Registry::embedded(),
        }
    }

    fn rule(identifier: &str, pointer: Option<&str>) -> IgnoreRule {
        IgnoreRule {
            type_name: "AWS::SQS::Queue".into(),
            identifier: identifier.into(),
            pointer: pointer.map(str::to_owned),
            owner: "data".into(),
            reason: "by design".into(),
            expires: "2026-12-31".parse().unwrap(),
            location: Location { file: "i.yaml".into(), line: 3, column: 5 },
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_row_is_ignored_if_all_of_its_differences_are() {
        let both = ["/DelaySeconds", "/Tags/2/Value"];
        for (pointers, expected) in [
            (&[Some("/DelaySeconds"), Some("/Tags/Team")][..], [1, 0]),
            (&[Some("/DelaySeconds")], [0, 1]),
            (&[None], [1, 0]),
            (&[Some("/Other")], [0, 1]),
        ] {
            let mut report = report(vec![row(Status::Drifted, "jobs", &both)]);
            let rules: Vec<IgnoreRule> = pointers.iter().map(|pointer| rule("jobs-*", *pointer)).collect();
            ignore(&mut report, &rules, day("2026-12-31"), true);
            assert_eq!([report.ignored(), report.summary()["drifted"]], expected, "{pointers:?}");
            assert_eq!(report.has_any(&[Status::Drifted]), expected[1] == 1, "{pointers:?}");
        }
    }

    #[test]
    fn an_expired_or_unused_entry_ignores_nothing_and_is_reported() {
        let cases = [
            (rule("jobs-dev", Some("/DelaySeconds")), "2027-01-01", "ignore-expired"),
            (rule("other", None), "2026-01-01", "ignore-unused"),
            (rule("jobs-dev", Some("/Other")), "2026-01-01", "ignore-unused"),
        ];
        for (rule, today, code) in cases {
            let mut report = report(vec![row(Status::Drifted, "jobs", &["/DelaySeconds"])]);
            let said = ignore(&mut report, &[rule], day(today), true);
            assert_eq!((said[0].code.as_str(), said.len(), report.ignored()), (code, 1, 0));
            assert_eq!(said[0].location.as_ref().unwrap().to_string(), "i.yaml:3:5");
        }
        // In a report of single resources, an entry for another one is not unused.
        let mut report = report(vec![row(Status::Drifted, "jobs", &["/DelaySeconds"])]);
        assert!(ignore(&mut report, &[rule("other", None)], day("2026-01-01"), false).is_empty());
    }

    #[test]
    fn what_could_not_be_compared_is_not_ignored() {
        let mut report = report(vec![row(Status::Unreadable, "jobs", &[]), row(Status::Synced, "other", &[])]);
        let said = ignore(&mut report, &[rule("jobs-dev", None), rule("other-dev", None)], day("2026-01-01"), true);
        assert_eq!((report.ignored(), report.summary()["unreadable"]), (0, 1));
        assert_eq!(said.len(), 1, "the resource that is in sync needs no entry: {said:?}");
        let mut hidden = row(Status::Unreadable, "jobs", &[]);
        (hidden.dev, hidden.prod) = (Some("*".into()), None);
        let mut report = self::report(vec![hidden]);
        assert_eq!(ignore(&mut report, &[rule("jobs-*", None)], day("2026-01-01"), true), []);
    }
}
