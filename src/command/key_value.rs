//! `KEY=VALUE` arguments of the command line.

use std::collections::BTreeMap;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::tags::{self, Tags};
use crate::outcome::Failure;

/// Parses `KEY=VALUE` arguments, in their order.
pub fn pairs(words: &[String], flag: &str) -> Result<Vec<(String, String)>, Failure> {
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
            _ => {
                let problem = Diagnostic::error(Code::BadPair, format!("`{flag} {word}` has no `=`"));
                Err(Failure::usage(vec![problem.hint(format!("use {flag} KEY=VALUE"))]))
            }
        })
        .collect()
}

/// Parses `--tag` arguments.
///
/// Keys that stagegate uses itself are rejected.
pub fn tags(words: &[String]) -> Result<Tags, Failure> {
    let tags = pairs(words, "--tag")?.into_iter().collect::<BTreeMap<_, _>>();
    if let Some(key) = tags.keys().find(|key| tags::OWN_KEYS.contains(&key.as_str())) {
        let problem = Diagnostic::error(Code::ReservedTag, format!("`{key}` is a tag that only stagegate may set"));
        return Err(Failure::usage(vec![problem.hint("use a different key")]));
    }
    Ok(tags)
}
