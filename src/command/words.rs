//! `KEY=VALUE` words of the command line.

use std::collections::BTreeMap;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::tags::{self, Tags};
use crate::outcome::Failure;

/// `KEY=VALUE` words in their order.
pub fn pairs(words: &[String], flag: &str) -> Result<Vec<(String, String)>, Failure> {
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
            _ => {
                let problem = Diagnostic::error(Code::BadPair, format!("`{flag} {word}` has no `=`"));
                Err(Failure::usage(vec![problem.hint(format!("write {flag} KEY=VALUE"))]))
            }
        })
        .collect()
}

/// `--tag` words.
///
/// Those that stagegate keeps its own books with are refused.
pub fn tags(words: &[String]) -> Result<Tags, Failure> {
    let tags = pairs(words, "--tag")?.into_iter().collect::<BTreeMap<_, _>>();
    if let Some(key) = tags.keys().find(|key| tags::OWN_KEYS.contains(&key.as_str())) {
        let problem = Diagnostic::error(Code::ReservedTag, format!("`{key}` is a tag that stagegate writes itself"));
        return Err(Failure::usage(vec![problem.hint("choose another key")]));
    }
    Ok(tags)
}
