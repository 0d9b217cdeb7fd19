//! A scan as JUnit's XML, the form that CI systems show as test reports.
//!
//! A suite is a resource, a case a finding on it: a failure from the severity on that fails the
//! scan, else a passed case with its text as output. What is waived or undecided is skipped. A resource with
//! neither has one passed case, and each engine has one of its own, so that a scan without
//! findings is not an empty report. An engine that failed, and a run without an answer, are errors.

use std::collections::BTreeMap;

use super::scan::{FindingView, ScanBody, ScannedView};
use crate::domain::diagnostic::{Diagnostic, Level};

/// What became of a case.
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

/// The report of a run over resources. `body` is `None` for a run that ended before it had an answer.
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
            state: State::Skipped(format!("could not be decided: {}", unknown.reason)),
        });
    }
    for cases in suites.values_mut().filter(|cases| cases.is_empty()) {
        cases.push(Case { name: "all checks".to_owned(), file: None, state: State::Passed(None) });
    }
    let mut ordered: Vec<(String, Vec<Case>)> = vec![("engines".to_owned(), engines(body, diagnostics))];
    ordered.extend(suites);
    render(&ordered)
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
                State::Error { kind: "scan-engine-failed".to_owned(), text: engine.failures.join("\n") }
            },
        })
        .collect();
    let errors = diagnostics.iter().filter(|one| one.level == Level::Error && one.code != "scan-engine-failed");
    cases.extend(errors.map(|one| Case {
        name: one.code.to_owned(),
        file: one.location.as_ref().map(|place| (place.file.clone(), Some(place.line))),
        state: State::Error {
            kind: one.code.to_owned(),
            text: one.hint.as_ref().map_or(one.message.clone(), |hint| format!("{}\n{hint}", one.message)),
        },
    }));
    cases
}

fn suite_of(resource: &ScannedView) -> String {
    let name = format!("{} {}", resource.type_name, resource.name());
    match &resource.file {
        Some(file) => format!("{file}: {}", name.trim_end()),
        None => name.trim_end().to_owned(),
    }
}

fn case(body: &ScanBody, finding: &FindingView) -> Case {
    let mut text = finding.message.clone();
    let also: Vec<&str> = finding.also_found_by.iter().map(|other| other.id.as_str()).collect();
    let lines = [
        finding.place().map(|place| format!("at {place}")),
        finding.pointer.clone().filter(|pointer| !pointer.is_empty()).map(|pointer| format!("property {pointer}")),
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

fn render(suites: &[(String, Vec<Case>)]) -> String {
    let count = |cases: &[Case], is: fn(&State) -> bool| cases.iter().filter(|case| is(&case.state)).count();
    let numbers = |cases: &[Case]| {
        let failures = count(cases, |state| matches!(state, State::Failure { .. }));
        let errors = count(cases, |state| matches!(state, State::Error { .. }));
        let skipped = count(cases, |state| matches!(state, State::Skipped(_)));
        [cases.len(), failures, errors, skipped]
    };
    let total = suites
        .iter()
        .map(|(_, cases)| numbers(cases))
        .fold([0; 4], |sum, each| [sum[0] + each[0], sum[1] + each[1], sum[2] + each[2], sum[3] + each[3]]);
    let counts = |[tests, failures, errors, skipped]: [usize; 4]| {
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"stagegate scan\" {}>\n", counts(total)));
    for (name, cases) in suites {
        text.push_str(&format!("  <testsuite name=\"{}\" {}>\n", xml(name), counts(numbers(cases))));
        for case in cases {
            text.push_str(&format!("    <testcase name=\"{}\" classname=\"{}\"", xml(&case.name), xml(name)));
            if let Some((file, line)) = &case.file {
                text.push_str(&format!(" file=\"{}\"", xml(file)));
                text.push_str(&line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default());
            }
            let problem = |tag: &str, kind: &str, said: &str| {
                let first = said.lines().next().unwrap_or_default();
                format!(
                    ">\n      <{tag} type=\"{}\" message=\"{}\">{}</{tag}>\n    </testcase>\n",
                    xml(kind),
                    xml(first),
                    xml(said)
                )
            };
            text.push_str(&match &case.state {
                State::Passed(None) => "/>\n".to_owned(),
                State::Passed(Some(said)) => {
                    format!(">\n      <system-out>{}</system-out>\n    </testcase>\n", xml(said))
                }
                State::Skipped(why) => format!(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(why)),
                State::Failure { kind, text } => problem("failure", kind, text),
                State::Error { kind, text } => problem("error", kind, text),
            });
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Text for an element or an attribute. What XML 1.0 cannot hold at all becomes a mark.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other if other.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_the_document() {
        assert_eq!(xml("a<b>&\"c\"\n\u{1b}[2J"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}[2J");
    }

    #[test]
    fn a_run_without_an_answer_is_an_error() {
        let text = junit(None, &[], &[Diagnostic::error("unknown-type", "no such type")]);
        assert!(text.contains("<testsuites name=\"stagegate scan\" tests=\"1\" failures=\"0\" errors=\"1\""), "{text}");
        assert!(text.contains("<error type=\"unknown-type\" message=\"no such type\">"), "{text}");
    }
}
