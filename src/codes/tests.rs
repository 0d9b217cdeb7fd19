//! The catalog is complete and consistent, and the program uses every entry.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

#[test]
fn codes_are_in_order_and_read_back() {
    assert!(Code::ALL.is_sorted_by(|one, next| one.as_str() < next.as_str()), "keep the list sorted");
    for code in Code::ALL {
        let text = code.as_str();
        assert!(text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(text.parse::<Code>(), Ok(*code));
        assert_eq!(code.to_string(), text);
        assert_eq!(code.entry().code(), text, "the compiler has put another entry into its place");
    }
    assert_eq!("no-such-code".parse::<Code>(), Err(UnknownCode));
}

#[test]
fn every_entry_says_what_it_means_and_what_to_do() {
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    let mut codes: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries() {
        let (code, Entry { title, explanation, example, next_step, .. }) = (entry.code(), *entry);
        assert!(!title.is_empty() && !title.ends_with('.') && title.len() <= 60, "{code}: {title}");
        let sentences = explanation.matches(". ").count() + usize::from(explanation.ends_with('.'));
        assert!((2..=5).contains(&sentences), "{code}: {sentences} sentences: {explanation}");
        assert!((1..=6).contains(&example.len()) && example.iter().all(|line| !line.is_empty()), "{code}");
        assert!(next_step.len() >= 8 && (next_step.ends_with('.') || next_step.ends_with('`')), "{code}: {next_step}");
        for text in [explanation, next_step] {
            assert!(!text.contains("  "), "{code}: {text}");
        }
        assert_eq!(titles.insert(title, code), None, "{code}: the title `{title}` is used twice");
        assert_eq!(codes.insert(code, title), None, "`{code}` has two entries");
    }
    assert!(codes.len() > Code::ALL.len(), "statuses and approvals have entries too");
}
/// The sources outside of the catalog, by path, without their tests.
fn product_code() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["codes", "tests"].contains(&name.as_str()) {
                walk(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let product = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
                found.push((path.display().to_string(), product.to_owned()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100, "the sources were not found");
    found
}

#[test]
fn every_code_is_used() {
    let sources = product_code();
    let mut unused: Vec<&Code> = Code::ALL.iter().collect();
    for (_, text) in &sources {
        for (at, prefix) in text.match_indices("Code::") {
            let name = text[at + prefix.len()..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            unused.retain(|code| format!("{code:?}") != name);
        }
    }
    assert!(unused.is_empty(), "remove the unused entries from the catalog: {unused:?}");
}

#[test]
fn no_code_is_written_as_text() {
    let mut written = Vec::new();
    for (path, text) in product_code() {
        for code in Code::ALL.iter().map(|code| code.as_str()).filter(|code| code.contains('-')) {
            if text.contains(&format!("\"{code}\"")) {
                written.push(format!("{path}: \"{code}\""));
            }
        }
    }
    assert!(written.is_empty(), "write the variant of `Code`:\n{}", written.join("\n"));
}
