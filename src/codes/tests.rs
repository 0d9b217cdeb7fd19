//! The catalogue is complete, tidy, and what the program uses.

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
        assert!(explanation.len() >= 60 && explanation.ends_with('.'), "{code}: {explanation}");
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
