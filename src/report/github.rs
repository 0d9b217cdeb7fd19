//! `drift` and `tag-audit` as workflow commands of GitHub Actions: annotations that the run and a pull request show.
//!
//! GitHub keeps only the first annotations of a step (ten errors and ten warnings), so the most important come first, and
//! the last line is a count of all.

use super::check::{Check, CheckItem, CheckLevel};
use crate::domain::diagnostic::{Diagnostic, Level};

/// Creates the annotations of a run. `check` is `None` for a run that ended without a result.
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
    let mut properties = Vec::new();
    // Standard input is not a file of the repository.
    if let Some(place) = one.location.as_ref().filter(|place| place.file != "-") {
        properties.push(("file", place.file.strip_prefix("./").unwrap_or(&place.file).to_owned()));
        properties.push(("line", place.line.to_string()));
        properties.push(("col", place.column.to_string()));
    }
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
