//! The request context, and the policy variables that refer to it.

use std::collections::{BTreeMap, BTreeSet};

/// Values by context key. Keys are compared without regard to case.
pub type Context = BTreeMap<String, Vec<String>>;

/// The values of a context key.
pub(super) fn lookup<'a>(context: &'a Context, key: &str) -> Option<&'a [String]> {
    if let Some(values) = context.get(key) {
        return Some(values);
    }
    context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| values.as_slice())
}

/// Substitutes for a literal `*` and `?`: private-use characters, which no name contains.
const STAND_INS: [(char, char); 2] = [('*', '\u{F0001}'), ('?', '\u{F0002}')];

/// Escapes the wildcards of a text, for matching against a pattern from [`substitute`].
pub(super) fn escaped(text: &str) -> String {
    STAND_INS.iter().fold(text.to_owned(), |text, (wildcard, stand_in)| text.replace(*wildcard, &stand_in.to_string()))
}

/// Reverts [`escaped`].
pub(super) fn unescaped(text: &str) -> String {
    STAND_INS.iter().fold(text.to_owned(), |text, (wildcard, stand_in)| text.replace(*stand_in, &wildcard.to_string()))
}

/// Substitutes policy variables (`${aws:username}`, `${aws:username, 'default'}`) by their values, in which
/// wildcards are escaped; `None`, with the key added to `missing`, when the context lacks one of them.
pub(super) fn substitute(
    text: &str,
    has_variables: bool,
    context: &Context,
    missing: &mut BTreeSet<String>,
) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${").filter(|_| has_variables) {
        let (inside, after) = tail.split_once('}')?;
        filled.push_str(before);
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (inside.trim(), None),
        };
        let value = match lookup(context, key).and_then(|values| values.first()) {
            _ if ["*", "?", "$"].contains(&key) => Some(key),
            Some(value) => Some(value.as_str()),
            None => default,
        };
        let Some(value) = value else {
            missing.insert(key.to_owned());
            return None;
        };
        filled.push_str(&escaped(value));
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}
