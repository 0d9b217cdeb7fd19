//! `scan`, `drift` and `tag-audit` as workflow commands of GitHub Actions: annotations that the run and a pull request show.
//!
//! GitHub keeps only the first annotations of a step (ten errors and ten warnings), so the most important come first, and
//! the last line is a count of all.

use super::check::{Check, CheckItem, CheckLevel};
use super::scan::{FindingView, ScanBody};
use crate::domain::diagnostic::{Diagnostic, Level};

/// Creates the annotations of a scan: an error for each finding that fails it, a warning for each other one, and none for a
/// waived one. `body` is `None` for a run that ended without a result.
pub fn github_scan(body: Option<&ScanBody>, diagnostics: &[Diagnostic]) -> String {
    let mut text: String = diagnostics.iter().map(diagnostic).collect();
    let Some(body) = body else { return text };
    let open = body.findings.iter().filter(|finding| finding.waiver.is_none());
    // The findings are in the order of their severity, so those that fail the scan are the first.
    text.extend(open.map(|found| finding(body, found)));
    let undecided = match body.unknown.len() {
        0 => String::new(),
        number => format!("; {number} undecided"),
    };
    let verdict = if body.passed() { "passed" } else { "failed" };
    let (found, limit, scanned) = (body.found(), body.fail_on, body.resources_scanned);
    text + &data(&format!(
        "Policy scan {verdict}: {found}{undecided} ({scanned} resource(s), fails on {limit} and above)"
    )) + "\n"
}

fn finding(body: &ScanBody, finding: &FindingView) -> String {
    let kind = if body.fails(finding) { "error" } else { "warning" };
    let mut properties = finding.resource.file.as_deref().map(|file| place(file, finding.line, finding.column));
    let properties = properties.get_or_insert_default();
    let title = format!("{} {}: {}", finding.severity, finding.id, finding.resource.heading());
    properties.push(("title", title));
    let pointers = Some(finding.pointers.join(", ")).filter(|pointers| !pointers.is_empty());
    let lines = [Some(finding.message.clone()), pointers, finding.fix.clone()];
    command(kind, properties, &lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// The properties of a place; none for standard input, which is not a file of the repository.
fn place(file: &str, line: Option<u32>, column: Option<u32>) -> Vec<(&'static str, String)> {
    if file == "-" {
        return Vec::new();
    }
    let file = file.strip_prefix("./").unwrap_or(file).to_owned();
    let numbers = [("line", line), ("col", column)].into_iter();
    let numbers = numbers.filter_map(|(name, number)| number.map(|number| (name, number.to_string())));
    std::iter::once(("file", file)).chain(numbers).collect()
}

/// Creates the annotations of `drift` or `tag-audit`. `check` is `None` for a run that ended without a result.
pub fn github(check: Option<&Check>, diagnostics: &[Diagnostic]) -> String {
    let mut text: String = diagnostics.iter().map(diagnostic).collect();
    let Some(check) = check else { return text };
    text.extend(check.items.iter().filter(|item| item.ignored.is_none()).filter_map(item));
    let counts = format!("{}: {}", check.title, check.counts.join("; "));
    match check.omitted > 0 {
        // Without the rows, the counts are all that there is to see.
        true => {
            let kind = if check.failed { "error" } else { "notice" };
            text.push_str(&command(kind, &[("title", format!("stagegate {}", check.command))], &counts));
        }
        false => text.push_str(&(data(&counts) + "\n")),
    }
    text
}

fn item(item: &CheckItem) -> Option<String> {
    let kind = match item.level {
        CheckLevel::Failure => "error",
        CheckLevel::Gap => "warning",
        CheckLevel::Note => "notice",
        CheckLevel::Passed => return None,
    };
    let title = format!("{}: {}", item.code, item.subject());
    Some(command(kind, &[("title", title)], &item.text()))
}

fn diagnostic(one: &Diagnostic) -> String {
    let kind = match one.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let location = one.location.as_ref();
    let mut properties = location.map(|at| place(&at.file, Some(at.line), Some(at.column))).unwrap_or_default();
    properties.push(("title", format!("stagegate: {}", one.code)));
    let hint = one.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    command(kind, &properties, &format!("{}{hint}", one.message))
}

fn command(kind: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{kind} {}::{}\n", properties.join(","), data(message))
}

/// Escapes a message, as GitHub's toolkit does: a line break would end the command, and the next line could be another.
/// Other control characters, which a log viewer would interpret, are replaced.
fn data(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            other if other.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Escapes the value of a property, in which `:` and `,` have a meaning too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::{Code, Location};
    use crate::report::check::tests::varied;

    #[test]
    fn annotations_are_escaped_and_each_is_one_line() {
        let text = github(Some(&varied()), &[]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "ignored rows and rows in sync have no annotation: {text}");
        assert_eq!(
            lines[0],
            "::error title=drifted%3A AWS%3A%3ASQS%3A%3AQueue jobs-dev → jobs%2C 50%25%3A prod::prod \
             changed%0D%0A::error::since | <b>@you</b>%0A/VisibilityTimeout: dev 30 → prod 90%0A→ promote%0Astagegate \
             promote AWS::SQS::Queue jobs-dev"
        );
        assert!(lines[1].starts_with("::warning title=unreadable%3A") && lines[2].starts_with("::notice "), "{text}");
        assert_eq!(lines[3], "Drift: prod against dev: 5 resource(s) checked: 1 drifted");
    }

    #[test]
    fn findings_of_a_scan_name_their_file_and_are_errors_if_they_fail_it() {
        use crate::domain::finding::{Finding, FindingResource, ScanReport, Severity};
        let finding = |severity, file: &str, location: bool| Finding {
            id: "s3-encryption".into(),
            severity,
            engine: "builtin".into(),
            also: Vec::new(),
            resource: FindingResource {
                file: Some(file.into()),
                logical_id: Some("Data".into()),
                identifier: None,
                type_name: "AWS::S3::Bucket".into(),
            },
            pointer: Some("/A".into()),
            other_pointers: vec!["/B".into()],
            location: location.then(|| Location { file: file.into(), line: 3, column: 5 }),
            message: "100% open\n::error::x".into(),
            fix: Some("close it".into()),
            equivalents: Default::default(),
            waiver: None,
        };
        let findings = vec![finding(Severity::High, "./a,b.yaml", true), finding(Severity::Low, "-", true)];
        let report = ScanReport { resources_scanned: 1, findings, ..ScanReport::default() };
        let text = github_scan(Some(&ScanBody::new(&report, Severity::High)), &[]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "::error file=a%2Cb.yaml,line=3,col=5,title=high s3-encryption%3A AWS%3A%3AS3%3A%3ABucket Data::100%25 \
             open%0A::error::x%0A/A, /B%0Aclose it",
                "::warning title=low s3-encryption%3A AWS%3A%3AS3%3A%3ABucket Data::100%25 open%0A::error::x%0A/A, /B%0Aclose it",
                "Policy scan failed: 1 high, 1 low (1 resource(s), fails on high and above)",
            ]
        );
    }

    #[test]
    fn without_rows_the_counts_are_the_annotation() {
        let mut check = varied();
        (check.items, check.omitted) = (Vec::new(), 5);
        let counts = "Drift: prod against dev: 5 resource(s) checked: 1 drifted\n";
        assert_eq!(github(Some(&check), &[]), format!("::error title=stagegate drift::{counts}"));
        check.failed = false;
        assert_eq!(github(Some(&check), &[]), format!("::notice title=stagegate drift::{counts}"));
    }

    #[test]
    fn diagnostics_name_their_file() {
        let place = Location { file: "./a, b.yaml".into(), line: 3, column: 5 };
        let problem = Diagnostic::warning(Code::IgnoreUnused, "unused\u{1b}[2J").at(Some(place)).hint("remove it");
        assert_eq!(
            github(None, &[problem]),
            "::warning file=a%2C b.yaml,line=3,col=5,title=stagegate%3A ignore-unused::unused\u{fffd}[2J%0Aremove it\n"
        );
        let input = Location { file: "-".into(), line: 1, column: 1 };
        let text = github(None, &[Diagnostic::error(Code::YamlSyntax, "bad").at(Some(input))]);
        assert_eq!(text, "::error title=stagegate%3A yaml-syntax::bad\n");
    }
}
