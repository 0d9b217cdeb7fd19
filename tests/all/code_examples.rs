//! Every code, status and approval of `stagegate explain` has an example, and each example is run.
//!
//! An example of input is a template, a part of a project file or another input file, or a command line: it is run, and the code
//! must be in the JSON document. An example of output consists of lines that a run must print, where `…` stands for any text.
//! `tests/data/code_examples` contains what a run requires in addition: its setup, and for output its command. `elsewhere.rs`
//! lists the codes that no such run can produce, each with the test that does.

mod elsewhere;
mod example;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;
use stagegate::codes::{self, Entry};

use super::support::{Run, User, python, root};
use elsewhere::ELSEWHERE;
use example::{Example, is_printed, printed};

/// Limits the test to the codes that contain this text.
const ONLY: &str = "STAGEGATE_TEST_CODES";

/// The keys of JSON documents whose values are codes, statuses, kinds and outcomes.
const KEYS: [&str; 9] = ["code", "kind", "kinds", "level", "moved", "risks", "state", "status", "verdict"];

/// What the run of an example requires.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Case {
    /// Shell commands whose output does not count.
    setup: String,
    /// The shell commands that print the example, if it is one of output.
    prints: Option<String>,
    /// Shell commands in place of the derived ones.
    command: Option<String>,
}

/// Reads the cases: a heading `## code...`, the setup and, after a line `--output` or `--input`, the commands. Codes that share a
/// heading share the case.
fn cases(text: &str) -> Vec<(Vec<String>, Case)> {
    let sections = format!("\n{text}");
    let read = |section: &str| {
        let (codes, lines) = section.split_once('\n').unwrap_or((section, ""));
        let lines = format!("\n{lines}\n");
        let part = |marker: &str| lines.split_once(marker).map(|(_, commands)| commands.to_owned());
        let setup = lines.split("\n--output\n").next().and_then(|rest| rest.split("\n--input\n").next());
        let setup = setup.unwrap_or_default().to_owned();
        let case = Case { setup, prints: part("\n--output\n"), command: part("\n--input\n") };
        (codes.split_whitespace().map(str::to_owned).collect(), case)
    };
    sections.split("\n## ").skip(1).map(read).collect()
}

fn folder() -> PathBuf {
    root().join("tests/data/code_examples")
}

fn all_cases() -> Vec<(Vec<String>, Case)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name != "prelude.sh"));
    files.sort();
    files.iter().flat_map(|path| cases(&std::fs::read_to_string(path).unwrap())).collect()
}

/// The codes, statuses, kinds and outcomes in a JSON document.
fn words<'a>(value: &'a Value, key: &str, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| words(value, key, found)),
        Value::Array(values) => values.iter().for_each(|value| words(value, key, found)),
        Value::String(word) if KEYS.contains(&key) => drop(found.insert(word)),
        _ => {}
    }
}

/// True if the run reports the code: in one of its documents or, where no document can be written, as a message.
fn reports(run: &Run, code: &str) -> bool {
    let is_message =
        |line: &str| ["error", "warning", "note"].iter().any(|level| line.starts_with(&format!("{level}[{code}]")));
    let is_in_document = |line: &str| {
        let document: Value = serde_json::from_str(line).unwrap_or_default();
        let mut found = BTreeSet::new();
        words(&document, "", &mut found);
        found.contains(code)
    };
    run.stdout.lines().any(is_in_document) || run.stderr.lines().any(is_message)
}

/// Runs the examples of codes that share a case; an error says what is wrong.
fn try_examples(entries: &[&Entry], case: &Case, prelude: &str) -> Result<(), String> {
    let codes: Vec<&str> = entries.iter().map(|entry| entry.code()).collect();
    let user = User::of_sandbox().with("PYTHON", &python().display().to_string());
    let user = user.with("ROOT", &root().display().to_string());
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: jobs-dev}\n");
    let mut script = format!("{prelude}\nset -e\n{{\n{}\n:\n}} >setup.log 2>&1\nset +e\n", case.setup);
    match (&case.prints, entries) {
        (Some(commands), _) => script += commands,
        (None, [entry]) => {
            let example = Example::of(entry.example);
            for (name, text) in &example.files {
                user.write(name, text);
            }
            let Some(commands) = example.commands else {
                return Err(format!("{codes:?}: nothing runs the example {:?}", entry.example));
            };
            script += &format!("example() {{\n{commands}\n}}\nexport STAGEGATE_OUTPUT=json\n");
            script += case.command.as_deref().unwrap_or("example");
        }
        (None, _) => {
            return entries.iter().try_for_each(|entry| try_examples(&[entry], case, prelude));
        }
    }
    let run = user.paste(&script);
    let setup = std::fs::read_to_string(user.folder().join("setup.log")).unwrap_or_default();
    let wrong = |problem: String| {
        let Run { code, stdout, stderr, .. } = &run;
        format!("{problem}\nexit code {code}\n--- setup\n{setup}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    };
    if case.prints.is_none() {
        let missing = codes.iter().find(|code| !reports(&run, code));
        return missing.map_or(Ok(()), |code| Err(wrong(format!("{code}: no document contains the code"))));
    }
    let lines = printed(&run.stdout).chain(printed(&run.stderr)).collect::<Vec<_>>();
    for entry in entries {
        let code = entry.code();
        if let Some(line) = entry.example.iter().find(|line| !lines.iter().any(|printed| is_printed(line, printed))) {
            return Err(wrong(format!("{code}: the run does not print: {line}")));
        }
        if !lines.iter().any(|line| line.to_lowercase().contains(code)) {
            return Err(wrong(format!("{code}: the code is not in the output")));
        }
    }
    Ok(())
}

#[test]
fn every_example_is_run() {
    let prelude = std::fs::read_to_string(folder().join("prelude.sh")).unwrap();
    let only = std::env::var(ONLY).unwrap_or_default();
    let mut rest: BTreeMap<&str, &Entry> = codes::entries().map(|entry| (entry.code(), entry)).collect();
    for one in ELSEWHERE {
        rest.remove(one.code);
    }
    let cases = all_cases();
    let mut units: Vec<(Vec<&Entry>, Case)> = Vec::new();
    for (codes, case) in cases {
        let entries: Vec<&Entry> = codes.iter().filter_map(|code| rest.remove(code.as_str())).collect();
        units.push((entries, case));
    }
    units.extend(rest.into_values().map(|entry| (vec![entry], Case::default())));
    units.retain(|(entries, _)| entries.iter().any(|entry| entry.code().contains(&only)));
    let (next, wrong) = (Mutex::new(units.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let unit = next.lock().unwrap().next();
                    let Some((entries, case)) = unit else { return };
                    if let Err(problem) = try_examples(entries, case, &prelude) {
                        wrong.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), units.len(), wrong.join("\n\n"));
}

#[test]
fn the_tables_name_codes_of_the_catalog_once() {
    let cases = all_cases();
    let mut named = BTreeSet::new();
    for code in cases.iter().flat_map(|(codes, _)| codes) {
        assert!(codes::find(code).is_some(), "`{code}` has a case and is not a code");
        assert!(named.insert(code.as_str()), "`{code}` has two cases");
    }
    for one in ELSEWHERE {
        assert!(codes::find(one.code).is_some(), "`{}` is not a code", one.code);
        assert!(!named.contains(one.code), "`{}` has a case and is listed in elsewhere.rs", one.code);
        assert!(one.reason.len() > 20, "`{}`: say why no example can be run", one.code);
    }
    assert!(ELSEWHERE.is_sorted_by(|one, next| one.code < next.code), "keep the list sorted, each code once");
}

/// The sources in a folder, with the text of each.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The name of the variant of `Code`: `NoThread` of `no-thread`.
fn variant(code: &str) -> String {
    let capitalized = |word: &str| word[..1].to_uppercase() + &word[1..];
    code.split('-').map(capitalized).collect()
}

#[test]
fn the_tests_that_produce_the_other_codes_exist() {
    let mut found = Vec::new();
    sources(&root().join("tests/all"), &mut found);
    sources(&root().join("src"), &mut found);
    found.retain(|(path, _)| !path.display().to_string().contains("code_examples"));
    for one in ELSEWHERE {
        let declaration = format!("fn {}() {{", one.test);
        let texts: Vec<&String> =
            found.iter().map(|(_, text)| text).filter(|text| text.contains(&declaration)).collect();
        assert_eq!(texts.len(), 1, "`{}`: one file has the test `{}`", one.code, one.test);
        let tests = &texts[0][texts[0].find("#[cfg(test)]").unwrap_or(0)..];
        let names = [format!("\"{}\"", one.code), one.code.to_owned(), format!("Code::{}", variant(one.code))];
        assert!(names.iter().any(|name| tests.contains(name)), "`{}` does not name `{}`", one.test, one.code);
        let (before, _) = texts[0].split_once(&declaration).unwrap_or_default();
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        let is_test = ["#[test]", "#[tokio::test]"].iter().any(|attribute| attributes.contains(attribute));
        assert!(is_test, "`{}` is not a test", one.test);
    }
}

#[test]
fn a_wrong_example_is_noticed() {
    let entry = |example| Entry { example, ..*codes::find("bad-severity").unwrap() };
    let tried = |example, case: &Case| try_examples(&[&entry(example)], case, "");
    let none = Case::default();
    assert_eq!(tried(&["stagegate scan -f queue.yaml --fail-on severe"], &none), Ok(()));
    assert!(tried(&["stagegate scan -f queue.yaml --fail-on high"], &none).unwrap_err().contains("no document"));
    assert!(tried(&["error[bad-severity]: …"], &none).unwrap_err().contains("nothing runs"));
    let printing = Case { prints: Some("stagegate scan -f queue.yaml --fail-on severe".to_owned()), ..Case::default() };
    assert_eq!(tried(&["error[bad-severity]: …severe…"], &printing), Ok(()));
    assert!(tried(&["error[bad-severity]: something else"], &printing).unwrap_err().contains("does not print"));
}
