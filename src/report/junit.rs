//! Reports as JUnit XML, the format of test reports in CI systems.
//!
//! Of a scan, each resource is a test suite, each finding a test case: a failure if its severity fails the scan, otherwise a
//! passed case with the finding as output. Waived and undecided checks are skipped. A resource without findings has one
//! passed case, and so does each engine, so that a scan without findings is not an empty report. Failed engines and
//! runs without a result are errors.
//!
//! Of `drift` and `tag-audit`, each type is a test suite and each row a test case: what could not be checked is an error,
//! and what is ignored is skipped.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::check::{Check, CheckItem, CheckLevel};
use super::scan::{FindingView, ScanBody, ScannedView};
use crate::domain::diagnostic::{Code, Diagnostic, Level};

/// The result of a test case.
enum State {
    Passed(Option<String>),
    Skipped(String),
    Failure { kind: String, text: String },
    Error { kind: String, text: String },
}

struct Case {
    name: String,
    file: Option<(String, Option<u32>)>,
    state: State,
}

/// Creates the report of a run. `body` is `None` for a run that ended without a result.
pub fn junit(body: Option<&ScanBody>, resources: &[ScannedView], diagnostics: &[Diagnostic]) -> String {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for resource in resources {
        suites.entry(suite_of(resource)).or_default();
    }
    for finding in body.into_iter().flat_map(|body| &body.findings) {
        suites.entry(suite_of(&finding.resource)).or_default().extend(body.map(|body| case(body, finding)));
    }
    for unknown in body.into_iter().flat_map(|body| &body.unknown) {
        suites.entry(suite_of(&unknown.resource)).or_default().push(Case {
            name: unknown.id.clone(),
            file: unknown.resource.file.clone().map(|file| (file, None)),
            state: State::Skipped(format!("undecided: {}", unknown.reason)),
        });
    }
    for cases in suites.values_mut().filter(|cases| cases.is_empty()) {
        cases.push(Case { name: "all checks".to_owned(), file: None, state: State::Passed(None) });
    }
    let mut ordered: Vec<(String, Vec<Case>)> = vec![("engines".to_owned(), engines(body, diagnostics))];
    ordered.extend(suites);
    render("stagegate scan", &ordered)
}

/// Creates the report of `drift` or `tag-audit`. `check` is `None` for a run that ended without a result.
pub fn check_junit(command: &str, check: Option<&Check>, diagnostics: &[Diagnostic]) -> String {
    let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for item in check.into_iter().flat_map(|check| &check.items) {
        suites.entry(&item.type_name).or_default().push(case_of_item(item));
    }
    let mut cases = errors(diagnostics);
    if let Some(check) = check {
        let state = State::Passed(Some(check.counts.join("\n")));
        cases.push(Case { name: check.title.clone(), file: None, state });
    }
    let mut ordered = vec![("run".to_owned(), cases)];
    ordered.extend(suites.into_iter().map(|(name, cases)| (name.to_owned(), cases)));
    render(&format!("stagegate {command}"), &ordered)
}

fn case_of_item(item: &CheckItem) -> Case {
    let environment = item.environment.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let kind = item.code.clone();
    let state = match (item.level, &item.ignored) {
        (_, Some(why)) => State::Skipped(format!("ignored: {why}")),
        (CheckLevel::Failure, None) => State::Failure { kind, text: item.text() },
        (CheckLevel::Gap, None) => State::Error { kind, text: item.text() },
        (CheckLevel::Note, None) => State::Passed(Some(format!("{kind}: {}", item.text()))),
        (CheckLevel::Passed, None) => State::Passed((!item.details.is_empty()).then(|| item.details.join("\n"))),
    };
    // The name must be the same in the next run, and different for two violations of one resource.
    let suffix = if item.environment.is_some() { format!(" {}", item.code) } else { String::new() };
    Case { name: format!("{environment}{}{suffix}", item.name), file: None, state }
}

fn engines(body: Option<&ScanBody>, diagnostics: &[Diagnostic]) -> Vec<Case> {
    let mut cases: Vec<Case> = body
        .into_iter()
        .flat_map(|body| &body.engines)
        .map(|engine| Case {
            name: engine.name.clone(),
            file: None,
            state: if engine.failures.is_empty() {
                State::Passed(None)
            } else {
                State::Error { kind: Code::ScanEngineFailed.as_str().to_owned(), text: engine.failures.join("\n") }
            },
        })
        .collect();
    cases.extend(errors(diagnostics));
    cases
}

/// The errors of a run, without those of scan engines, which have their own cases.
fn errors(diagnostics: &[Diagnostic]) -> Vec<Case> {
    let errors = diagnostics.iter().filter(|one| one.level == Level::Error && one.code != Code::ScanEngineFailed);
    let case = |one: &Diagnostic| Case {
        name: one.code.as_str().to_owned(),
        file: one.location.as_ref().map(|place| (place.file.clone(), Some(place.line))),
        state: State::Error {
            kind: one.code.as_str().to_owned(),
            text: one.hint.as_ref().map_or(one.message.clone(), |hint| format!("{}\n{hint}", one.message)),
        },
    };
    errors.map(case).collect()
}

fn suite_of(resource: &ScannedView) -> String {
    let name = resource.heading();
    match &resource.file {
        // A fault that is about no resource.
        Some(file) if *file == name => name,
        Some(file) => format!("{file}: {name}"),
        None => name,
    }
}

fn case(body: &ScanBody, finding: &FindingView) -> Case {
    let mut text = finding.message.clone();
    let also: Vec<&str> = finding.also_found_by.iter().map(|other| other.id.as_str()).collect();
    let lines = [
        finding.place().map(|place| format!("at {place}")),
        Some(format!("property {}", finding.pointers.join(", "))).filter(|_| !finding.pointers.is_empty()),
        finding.fix.as_ref().map(|fix| format!("fix: {fix}")),
        Some(format!("also: {}", also.join(", "))).filter(|_| !also.is_empty()),
    ];
    lines.into_iter().flatten().for_each(|line| text.push_str(&format!("\n{line}")));
    let pointer = finding.pointer.as_deref().unwrap_or_default();
    let state = match &finding.waiver {
        Some(waiver) => State::Skipped(format!("waived: {} ({})", waiver.reason, waiver.source)),
        None if body.fails(finding) => State::Failure { kind: finding.severity.to_string(), text },
        None => State::Passed(Some(format!("{}: {text}", finding.severity))),
    };
    let file = finding.resource.file.clone().map(|file| (file, finding.line));
    Case { name: format!("{}{pointer}", finding.id), file, state }
}

fn render(name: &str, suites: &[(String, Vec<Case>)]) -> String {
    let mut report = Report::new(name);
    for (name, cases) in suites {
        let mut suite = TestSuite::new(text(name));
        suite.add_test_cases(cases.iter().map(|case| test_case(case, name)));
        report.add_test_suite(suite);
    }
    // Writing to memory does not fail.
    report.to_string().unwrap_or_default()
}

fn test_case(case: &Case, suite: &str) -> TestCase {
    let problem = |kind: NonSuccessKind, type_name: &str, said: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(text(type_name));
        status.set_message(text(said.lines().next().unwrap_or_default()));
        status.set_description(text(said));
        status
    };
    let status = match &case.state {
        State::Passed(_) => TestCaseStatus::success(),
        State::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text(why));
            status
        }
        State::Failure { kind, text } => problem(NonSuccessKind::Failure, kind, text),
        State::Error { kind, text } => problem(NonSuccessKind::Error, kind, text),
    };
    let mut test_case = TestCase::new(text(&case.name), status);
    test_case.set_classname(text(suite));
    if let State::Passed(Some(said)) = &case.state {
        test_case.set_system_out(text(said));
    }
    if let Some((file, line)) = &case.file {
        test_case.extra.insert("file".into(), text(file).into());
        test_case.extra.extend(line.map(|line| ("line".into(), line.to_string().into())));
    }
    test_case
}

/// Replaces characters that XML 1.0 does not allow or that a terminal would interpret. quick-junit would silently
/// remove them, including tabs.
fn text(text: &str) -> String {
    let safe = |character: char| match character {
        '\n' => '\n',
        '\t' => ' ',
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    text.chars().map(safe).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// All characters below 0xA0, two noncharacters, and XML markup.
    fn special() -> String {
        let low = (0..0xa0).filter_map(char::from_u32);
        low.chain(['\u{fffe}', '\u{ffff}', 'é']).collect::<String>() + "]]><![CDATA[--></failure>\u{1b}[2J&#0;"
    }

    #[test]
    fn special_characters_do_not_break_the_document() {
        let special = special();
        let case = |state| Case { name: special.clone(), file: Some((special.clone(), Some(3))), state };
        let cases = vec![
            case(State::Passed(Some(special.clone()))),
            case(State::Skipped(special.clone())),
            case(State::Failure { kind: special.clone(), text: special.clone() }),
            case(State::Error { kind: special.clone(), text: special.clone() }),
        ];
        let document = render("stagegate scan", &[(special.clone(), cases)]);
        let forbidden = |c: &char| (c.is_control() && *c != '\n') || ['\u{fffe}', '\u{ffff}'].contains(c);
        assert_eq!(document.chars().find(forbidden), None);
        // The document can be read back.
        let report = Report::deserialize_from_str(&document).unwrap();
        let numbers = (report.tests, report.skipped, report.failures, report.errors);
        assert_eq!(numbers, (4, 1, 1, 1));
        let suite = &report.test_suites[0];
        assert_eq!(suite.name.as_str(), text(&special));
        assert_eq!(suite.test_cases[0].system_out.as_ref().unwrap().as_str(), text(&special));
        for read in &suite.test_cases {
            assert_eq!(
                (read.name.as_str(), read.extra["file"].as_str()),
                (text(&special).as_str(), text(&special).as_str())
            );
        }
        let TestCaseStatus::NonSuccess { description, .. } = &suite.test_cases[2].status else { panic!() };
        assert_eq!(description.as_ref().unwrap().as_str(), text(&special));
    }

    #[test]
    fn rows_of_a_report_are_cases() {
        let document = check_junit("drift", Some(&crate::report::check::tests::varied()), &[]);
        let report = Report::deserialize_from_str(&document).unwrap();
        let numbers = (report.tests, report.skipped, report.failures, report.errors);
        assert_eq!(numbers, (6, 1, 1, 1), "{document}");
        assert_eq!(report.name.as_deref(), Some("stagegate drift"));
        let problem = Diagnostic::error(Code::UnknownType, "no such type");
        let report = Report::deserialize_from_str(&check_junit("tag-audit", None, &[problem])).unwrap();
        assert_eq!((report.tests, report.errors), (1, 1));
    }

    #[test]
    fn a_run_without_a_result_is_an_error() {
        let problem = Diagnostic::error(Code::UnknownType, "no such type").hint("another");
        let document = junit(None, &[], &[problem]);
        let report = Report::deserialize_from_str(&document).unwrap();
        assert_eq!((report.name.as_deref(), report.tests, report.errors), (Some("stagegate scan"), 1, 1));
        let TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, ty, message, description, .. } =
            &report.test_suites[0].test_cases[0].status
        else {
            panic!("{document}")
        };
        let said = [ty, message, description].map(|text| text.as_deref().unwrap());
        assert_eq!(said, ["unknown-type", "no such type", "no such type\nanother"]);
    }
}
