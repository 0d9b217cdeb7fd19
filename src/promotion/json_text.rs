//! JSON documents in strings: a dashboard's body, a state machine's definition, a policy that a property holds as text.

use serde_json::{Number, Value};

use crate::domain::pointer;

/// A string, a key or a number of a JSON document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    /// Byte offset of its first character, quotation marks included.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// JSON pointer into the document; of a key: that of its value.
    pub at: String,
    /// What it says.
    pub content: Content,
}

/// The content of a literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// A key of an object.
    Key(String),
    /// A string.
    Text(String),
    /// A number.
    Number(Number),
}

/// An open object or list.
enum Open {
    Object { at: String, key: Option<String> },
    List { at: String, index: usize },
}

impl Open {
    /// The pointer of the next value.
    fn place(&self) -> String {
        match self {
            Self::Object { at, key } => pointer::join(at, key.as_deref().unwrap_or_default()),
            Self::List { at, index } => pointer::join(at, &index.to_string()),
        }
    }
}

/// The literals of a text that is a JSON object or list, in order; `None` for any other text.
pub(super) fn literals(text: &str) -> Option<Vec<Literal>> {
    if !text.trim_start().starts_with(['{', '[']) || serde_json::from_str::<Value>(text).is_err() {
        return None;
    }
    // From here on, the text is known to be valid.
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        match character {
            '{' | '[' => {
                let place = open.last().map(Open::place).unwrap_or_default();
                open.push(match character {
                    '{' => Open::Object { at: place, key: None },
                    _ => Open::List { at: place, index: 0 },
                });
                at += 1;
            }
            '}' | ']' => {
                open.pop();
                at += 1;
            }
            ',' => {
                match open.last_mut() {
                    Some(Open::Object { key, .. }) => *key = None,
                    Some(Open::List { index, .. }) => *index += 1,
                    None => {}
                }
                at += 1;
            }
            '"' => {
                let end = at + string_length(&text[at..]);
                let content: String = serde_json::from_str(&text[at..end]).ok()?;
                let is_key = matches!(open.last(), Some(Open::Object { key: None, .. }));
                if let (true, Some(Open::Object { key, .. })) = (is_key, open.last_mut()) {
                    *key = Some(content.clone());
                }
                let content = if is_key { Content::Key(content) } else { Content::Text(content) };
                found.push(Literal { start: at, end, at: open.last()?.place(), content });
                at = end;
            }
            '-' | '0'..='9' => {
                let ends = |c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c));
                let end = at + text[at..].find(ends).unwrap_or(text.len() - at);
                let number: Number = serde_json::from_str(&text[at..end]).ok()?;
                found.push(Literal { start: at, end, at: open.last()?.place(), content: Content::Number(number) });
                at = end;
            }
            other => at += other.len_utf8(),
        }
    }
    Some(found)
}

/// The length in bytes of the string that a text begins with, quotation marks included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn strings_keys_and_numbers_are_found_with_their_places() {
        let text = " {\"a\": [\"x\\\"y\", -1.5e3, {\"b\" : \"é\"}], \"c/d\":null, \"e\": {}}";
        let found: Vec<(String, String)> =
            literals(text).unwrap().into_iter().map(|one| (one.at, text[one.start..one.end].to_owned())).collect();
        let expected = [
            ("/a", "\"a\""),
            ("/a/0", "\"x\\\"y\""),
            ("/a/1", "-1.5e3"),
            ("/a/2/b", "\"b\""),
            ("/a/2/b", "\"é\""),
            ("/c~1d", "\"c/d\""),
            ("/e", "\"e\""),
        ];
        assert_eq!(found, expected.map(|(at, text)| (at.to_owned(), text.to_owned())));
    }

    #[test]
    fn other_texts_are_no_documents() {
        for text in ["", "x", "\"x\"", "12", "{\"a\": 1", "{a: 1}", "[${x}]", "{} {}"] {
            assert_eq!(literals(text), None, "{text}");
        }
        assert_eq!(literals("[]"), Some(vec![]));
    }
}
