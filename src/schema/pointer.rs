//! JSON pointers (RFC 6901) and the property paths of resource type schemas.

use serde_json::Value;

/// The pointer of a property path: `/A/B`, `A.B` and `A` all name a property.
pub fn of_path(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        path.split('.').fold(String::new(), |base, token| join(&base, token))
    }
}

/// Appends one reference token to a pointer, escaped as RFC 6901 §3 requires.
pub fn join(base: &str, token: &str) -> String {
    let mut pointer = String::with_capacity(base.len() + token.len() + 1);
    pointer.push_str(base);
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

/// The unescaped reference tokens of a pointer; `""` (the whole document) has none.
pub fn tokens(pointer: &str) -> Vec<String> {
    if pointer.is_empty() {
        return Vec::new();
    }
    let body = pointer.strip_prefix('/').unwrap_or(pointer);
    body.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// True when `pointer` names `ancestor` itself or something inside it.
pub fn is_within(pointer: &str, ancestor: &str) -> bool {
    pointer == ancestor || (pointer.starts_with(ancestor) && pointer.as_bytes().get(ancestor.len()) == Some(&b'/'))
}

/// A property path of a resource type schema, such as `/Rules/*/Id`: `*` matches any array
/// index or any map key (schemas use it for both array items and `patternProperties`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyPath {
    tokens: Vec<String>,
}

impl PropertyPath {
    /// Parses `/A/*/B`.
    pub fn parse(path: &str) -> Self {
        Self { tokens: tokens(path) }
    }

    /// The path's tokens, `*` included.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The first token: the top-level property.
    pub fn head(&self) -> Option<&str> {
        self.tokens.first().map(String::as_str)
    }

    /// True for a path of one token.
    pub fn is_top_level(&self) -> bool {
        self.tokens.len() == 1
    }

    /// True when `pointer` matches this path exactly.
    pub fn matches(&self, pointer: &str) -> bool {
        let other = tokens(pointer);
        other.len() == self.tokens.len() && self.matches_prefix(&other)
    }

    /// True when `pointer` matches this path, or is inside a match.
    pub fn covers(&self, pointer: &str) -> bool {
        let other = tokens(pointer);
        other.len() >= self.tokens.len() && self.matches_prefix(&other)
    }

    fn matches_prefix(&self, other: &[String]) -> bool {
        self.tokens.iter().zip(other).all(|(pattern, token)| pattern == "*" || pattern == token)
    }

    /// Removes every value that matches this path. An object that becomes empty is removed as
    /// well, so that stripping `/A/B` from `{"A":{"B":1}}` leaves `{}` rather than `{"A":{}}`.
    pub fn remove_from(&self, document: &mut Value) {
        remove(document, &self.tokens);
    }

    /// The pointers that match this path whose value is missing although its parent object exists.
    pub fn places_missing(&self, document: &Value) -> Vec<String> {
        let Some((last, parents)) = self.tokens.split_last() else { return Vec::new() };
        let parents = PropertyPath { tokens: parents.to_vec() }.select(document);
        parents
            .into_iter()
            .filter(|(_, parent)| parent.as_object().is_some_and(|map| !map.is_empty() && !map.contains_key(last)))
            .map(|(place, _)| join(&place, last))
            .collect()
    }

    /// Every value that matches this path, with its concrete pointer.
    pub fn select<'a>(&self, document: &'a Value) -> Vec<(String, &'a Value)> {
        let mut found = vec![(String::new(), document)];
        for token in &self.tokens {
            let mut next = Vec::new();
            for (pointer, value) in found {
                match value {
                    Value::Object(map) if token == "*" => {
                        next.extend(map.iter().map(|(key, child)| (join(&pointer, key), child)));
                    }
                    Value::Object(map) => {
                        if let Some(child) = map.get(token) {
                            next.push((join(&pointer, token), child));
                        }
                    }
                    Value::Array(items) => {
                        let chosen =
                            items.iter().enumerate().filter(|(index, _)| token == "*" || *token == index.to_string());
                        next.extend(chosen.map(|(i, child)| (join(&pointer, &i.to_string()), child)));
                    }
                    _ => {}
                }
            }
            found = next;
        }
        found
    }
}

impl std::fmt::Display for PropertyPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pointer = self.tokens.iter().fold(String::new(), |base, token| join(&base, token));
        formatter.write_str(&pointer)
    }
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((token, rest)) = path.split_first() else {
        return;
    };
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = if token == "*" { map.keys().cloned().collect() } else { vec![token.clone()] };
            for key in keys {
                if rest.is_empty() {
                    map.shift_remove(&key);
                } else if let Some(child) = map.get_mut(&key) {
                    let had_content = !is_empty(child);
                    remove(child, rest);
                    if had_content && is_empty(child) {
                        map.shift_remove(&key);
                    }
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if (token == "*" || *token == index.to_string()) && !rest.is_empty() {
                    remove(item, rest);
                }
            }
        }
        _ => {}
    }
}

/// True for `{}` and `[]`.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Calls `visit` for every string leaf of a document, with its pointer.
pub fn for_each_string<'a>(document: &'a Value, visit: &mut dyn FnMut(&str, &'a str)) {
    fn walk<'a>(value: &'a Value, pointer: &str, visit: &mut dyn FnMut(&str, &'a str)) {
        match value {
            Value::String(text) => visit(pointer, text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &join(pointer, &index.to_string()), visit);
                }
            }
            Value::Object(map) => {
                for (key, child) in map {
                    walk(child, &join(pointer, key), visit);
                }
            }
            _ => {}
        }
    }
    walk(document, "", visit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_round_trip_through_escaping() {
        let pointer = join(&join("", "a/b"), "c~d");
        assert_eq!(pointer, "/a~1b/c~0d");
        assert_eq!(tokens(&pointer), ["a/b", "c~d"]);
    }

    #[test]
    fn a_path_covers_only_what_is_inside_it() {
        let path = PropertyPath::parse("/Rules/*/Id");
        assert!(path.matches("/Rules/0/Id"));
        assert!(path.covers("/Rules/0/Id/x"));
        assert!(!path.covers("/Rules/0"));
        assert!(!path.matches("/Rules/0/Name"));
    }

    #[test]
    fn removal_reaches_into_arrays_and_drops_emptied_objects() {
        let mut document = json!({"Endpoint": {"Port": 1}, "Rules": [{"Id": 1, "K": 2}], "Keep": {}});
        PropertyPath::parse("/Endpoint/Port").remove_from(&mut document);
        PropertyPath::parse("/Rules/*/Id").remove_from(&mut document);
        assert_eq!(document, json!({"Rules": [{"K": 2}], "Keep": {}}));
    }

    #[test]
    fn is_within_respects_token_boundaries() {
        assert!(is_within("/Tags/0", "/Tags"));
        assert!(!is_within("/TagsAll", "/Tags"));
    }
}
