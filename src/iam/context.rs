//! What is known of a request besides its action and resource, and the policy variables that stand for it.

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

/// Fills in policy variables (`${aws:username}`, `${aws:username, 'default'}`); `None`, and the key in
/// `missing`, when the context does not have one of them.
pub(super) fn substitute(text: &str, context: &Context, missing: &mut BTreeSet<String>) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${") {
        let (inside, after) = tail.split_once('}')?;
        filled.push_str(before);
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (inside.trim(), None),
        };
        match (key, lookup(context, key).and_then(|values| values.first()), default) {
            ("*" | "?" | "$", ..) => filled.push_str(key),
            (_, Some(value), _) => filled.push_str(value),
            (_, None, Some(default)) => filled.push_str(default),
            (_, None, None) => {
                missing.insert(key.to_owned());
                return None;
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}
