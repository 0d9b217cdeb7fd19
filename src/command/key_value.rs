//! `KEY=VALUE` arguments of the command line.

use std::collections::BTreeMap;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::tags::{self, Tags};
use crate::outcome::Failure;

/// Parses `KEY=VALUE` arguments, in their order.
pub fn pairs(words: &[String], flag: &str) -> Result<Vec<(String, String)>, Failure> {
    (1..)
        .zip(words)
        .map(|(number, word)| match word.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
            _ => {
                // The word itself may be a secret.
                let which = if words.len() > 1 { format!("number {number} of `{flag}`") } else { format!("`{flag}`") };
                let problem = Diagnostic::error(Code::BadPair, format!("{which} has no `=`"));
                Err(Failure::usage(vec![problem.hint(format!("use {flag} KEY=VALUE"))]))
            }
        })
        .collect()
}

/// Parses `--tag` arguments.
///
/// Keys that stagegate uses itself are rejected.
pub fn tags(words: &[String]) -> Result<Tags, Failure> {
    let mut tags = BTreeMap::new();
    for (key, value) in pairs(words, "--tag")? {
        if let Some(other) = tags.insert(key.clone(), value.clone()).filter(|other| *other != value) {
            let message = format!("`--tag {key}` is given twice, with `{other}` and `{value}`");
            return Err(Failure::usage(vec![Diagnostic::error(Code::BadPair, message).hint("give each key once")]));
        }
    }
    if let Some(key) = tags.keys().find(|key| tags::OWN_KEYS.contains(&key.as_str())) {
        let problem = Diagnostic::error(Code::ReservedTag, format!("`{key}` is a tag that only stagegate may set"));
        return Err(Failure::usage(vec![problem.hint("use a different key")]));
    }
    Ok(tags)
}
