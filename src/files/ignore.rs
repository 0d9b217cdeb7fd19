//! Ignore files: accepted results of `drift`.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::typed_yaml::{self, location};
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::ignore::IgnoreRule;

/// The file that `drift` reads if it is beside the project file and `--ignore` names no other.
pub const FILE_NAME: &str = "stagegate-ignore.yaml";

const HINT: &str = "use the format `ignore: [{type: TYPE, identifier: NAME, pointer: /JSON/POINTER, owner: WHO, reason: WHY, \
                    expires: YYYY-MM-DD}]`; `pointer` is optional";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ignore: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "type")]
    type_name: String,
    identifier: String,
    pointer: Option<String>,
    owner: Option<String>,
    reason: Option<String>,
    expires: Option<Spanned<String>>,
}

/// Parses an ignore file. Every entry needs an owner, a reason and an expiry date: without them, differences are
/// forgotten.
///
/// # Errors
/// The first invalid entry, with its location.
pub fn parse(path: &str, text: &str) -> Result<Vec<IgnoreRule>, Box<Diagnostic>> {
    // A file of which only comments are left has no entries.
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Vec::new());
    }
    let file: File = typed_yaml::read(text).map_err(|problem| {
        invalid(Location { file: path.to_owned(), line: problem.line, column: problem.column }, problem.message)
    })?;
    file.ignore.into_iter().map(|entry| check(path, entry)).collect()
}

fn invalid(place: Location, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::InvalidIgnoreFile, message).at(Some(place)).hint(HINT))
}

fn check(path: &str, entry: Spanned<Entry>) -> Result<IgnoreRule, Box<Diagnostic>> {
    let place = location(path, entry.referenced);
    let Entry { type_name, identifier, pointer, owner, reason, expires } = entry.value;
    let subject = format!("the entry for {type_name} {identifier}");
    if [&type_name, &identifier].iter().any(|field| field.trim().is_empty()) {
        return Err(invalid(place, "an entry has no type or no identifier"));
    }
    let given = |field: Option<String>, name: &str| match field {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(invalid(place.clone(), format!("{subject} has no {name}"))),
    };
    let owner = given(owner, "owner")?;
    let reason = given(reason, "reason")?;
    let Some(expires) = expires else { return Err(invalid(place, format!("{subject} has no expiry date"))) };
    let expires = expires
        .value
        .parse::<Date>()
        .map_err(|_| invalid(location(path, expires.referenced), format!("`{}` is not a date", expires.value)))?;
    if let Some(pointer) = pointer.as_deref().filter(|pointer| !pointer.starts_with('/') || pointer.len() < 2) {
        return Err(invalid(place, format!("{subject}: `{pointer}` is not a JSON pointer of a property")));
    }
    Ok(IgnoreRule { type_name, identifier, pointer, owner, reason, expires, location: place })
}

/// Returns the text of an ignore file with further entries at its end; everything else stays as it is.
///
/// # Errors
/// The list of the file is not written one entry per line, so that nothing can be added to its end.
pub fn with_entries(path: &str, text: &str, entries: &[IgnoreRule]) -> Result<String, Box<Diagnostic>> {
    let known = parse(path, text)?;
    let written = |indent: &str| entries.iter().map(|entry| render(entry, indent)).collect::<String>();
    let mut new = text.to_owned();
    if !new.is_empty() && !new.ends_with('\n') {
        new.push('\n');
    }
    let key = text.lines().position(|line| line.starts_with("ignore:"));
    let candidate = match key {
        None => new + "ignore:\n" + &written("  "),
        Some(at) if known.is_empty() => {
            // `ignore: []` becomes a list of lines.
            let line = |(index, line): (usize, &str)| match index == at {
                true => "ignore:\n".to_owned() + &written("  "),
                false => format!("{line}\n"),
            };
            text.lines().enumerate().map(line).collect()
        }
        Some(_) => {
            let indent = text.lines().find(|line| line.trim_start().starts_with("- ")).map(|line| {
                let words = line.trim_start();
                &line[..line.len() - words.len()]
            });
            new + &written(indent.unwrap_or("  "))
        }
    };
    // What was written must mean what was there and what was added.
    let is_same = |one: &IgnoreRule, other: &IgnoreRule| {
        let parts = |rule: &IgnoreRule| {
            let IgnoreRule { type_name, identifier, pointer, owner, reason, expires, location: _ } = rule.clone();
            (type_name, identifier, pointer, owner, reason, expires)
        };
        parts(one) == parts(other)
    };
    let expected: Vec<&IgnoreRule> = known.iter().chain(entries).collect();
    match parse(path, &candidate) {
        Ok(read)
            if read.len() == expected.len() && read.iter().zip(expected).all(|(one, other)| is_same(one, other)) =>
        {
            Ok(candidate)
        }
        _ => {
            let place = Location { file: path.to_owned(), line: 1, column: 1 };
            let message = format!("no entry can be added at the end of {path}");
            let hint = format!("add it in an editor:\n{}", written("  ").trim_end());
            Err(Box::new(Diagnostic::error(Code::InvalidIgnoreFile, message).at(Some(place)).hint(hint)))
        }
    }
}

/// Atomically writes the file. An existing one keeps its permissions, and a symbolic link its target.
///
/// # Errors
/// It cannot be written; it is then unchanged.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = fs::metadata(&target).map(|known| known.permissions());
    let mut unfinished = tempfile::Builder::new().prefix(".unfinished-").suffix(".tmp").tempfile_in(folder)?;
    unfinished.write_all(text.as_bytes())?;
    // The file belongs to the project, like the project file: others may read it.
    let permissions = permissions.unwrap_or_else(|_| Permissions::from_mode(0o644));
    unfinished.as_file().set_permissions(permissions)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(&target)?;
    Ok(())
}

/// Renders an entry as lines of YAML. JSON strings are YAML strings.
fn render(entry: &IgnoreRule, indent: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut lines = vec![
        ("type", entry.type_name.clone()),
        ("identifier", quoted(&entry.identifier)),
        ("owner", quoted(&entry.owner)),
        ("reason", quoted(&entry.reason)),
        ("expires", entry.expires.to_string()),
    ];
    if let Some(pointer) = &entry.pointer {
        lines.insert(2, ("pointer", quoted(pointer)));
    }
    let line = |(index, (name, value)): (usize, (&str, String))| {
        let mark = if index == 0 { "- " } else { "  " };
        format!("{indent}{mark}{name}: {value}\n")
    };
    lines.into_iter().enumerate().map(line).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FILE: &str = "# Reviewed every quarter.\nignore:\n  - type: AWS::SQS::Queue\n    identifier: 'jobs-*'\n    pointer: /VisibilityTimeout # seconds\n    owner: data\n    reason: load test\n    expires: 2026-12-31\n";

    fn entry(reason: &str) -> IgnoreRule {
        IgnoreRule {
            type_name: "AWS::SNS::Topic".into(),
            identifier: "arn:aws:sns:us-east-1:111111111111:a: b".into(),
            pointer: None,
            owner: "alice@example.com".into(),
            reason: reason.into(),
            expires: "2026-06-30".parse().unwrap(),
            location: Location { file: "i.yaml".into(), line: 1, column: 1 },
        }
    }

    #[test]
    fn an_entry_is_read_with_its_location() {
        let rules = parse("i.yaml", FILE).unwrap();
        let [rule] = rules.as_slice() else { panic!("{rules:?}") };
        assert_eq!((rule.type_name.as_str(), rule.identifier.as_str()), ("AWS::SQS::Queue", "jobs-*"));
        assert_eq!((rule.pointer.as_deref(), rule.owner.as_str()), (Some("/VisibilityTimeout"), "data"));
        assert_eq!((rule.expires.to_string(), rule.location.to_string()), ("2026-12-31".into(), "i.yaml:3:5".into()));
        assert_eq!(parse("i.yaml", "# nothing\n\n").unwrap(), []);
    }

    #[test]
    fn an_invalid_entry_is_reported_with_its_location() {
        for (from, to, place, says) in [
            ("    owner: data\n", "", "i.yaml:3:5", "has no owner"),
            ("owner: data", "owner: ' '", "i.yaml:3:5", "has no owner"),
            ("    reason: load test\n", "", "i.yaml:3:5", "has no reason"),
            ("    expires: 2026-12-31\n", "", "i.yaml:3:5", "has no expiry date"),
            ("2026-12-31", "soon", "i.yaml:8:14", "not a date"),
            ("/VisibilityTimeout", "VisibilityTimeout", "i.yaml:3:5", "not a JSON pointer"),
            ("owner: data", "ower: data", "i.yaml:6:5", "ower"),
        ] {
            let error = parse("i.yaml", &FILE.replace(from, to)).unwrap_err();
            assert_eq!(error.location.as_ref().unwrap().to_string(), place, "{error:?}");
            assert!(error.message.contains(says) && error.code == Code::InvalidIgnoreFile, "{error:?}");
        }
    }

    #[test]
    fn an_added_entry_leaves_the_rest_as_it_is() {
        let new = entry("\"quoted\": yes # no comment");
        for text in [
            FILE,
            "",
            "# nothing\n",
            "ignore: []\n# the end\n",
            FILE.trim_end(),
            "ignore:\n- {type: T, identifier: x, owner: o, reason: r, expires: 2026-01-01}\n",
        ] {
            let known = parse("i.yaml", text).unwrap();
            let written = with_entries("i.yaml", text, std::slice::from_ref(&new)).unwrap();
            let read = parse("i.yaml", &written).unwrap();
            assert_eq!(read.len(), known.len() + 1, "{written}");
            assert_eq!(read.last().unwrap().reason, new.reason, "{written}");
            let kept = text.lines().filter(|line| *line != "ignore: []");
            assert!(kept.clone().all(|line| written.lines().any(|other| other == line)), "{written}");
        }
    }

    #[test]
    fn a_list_in_one_line_is_not_changed() {
        let text = "ignore: [{type: T, identifier: x, owner: o, reason: r, expires: 2026-01-01}]\n";
        let error = with_entries("i.yaml", text, &[entry("why")]).unwrap_err();
        assert!(error.hint.as_ref().unwrap().contains("AWS::SNS::Topic"), "{error:?}");
    }
}
