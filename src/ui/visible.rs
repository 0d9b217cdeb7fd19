//! Characters that are not visible or change the direction of text. In untrusted text (a live value, a template, a message
//! of AWS) they can hide or fake part of what is being approved, so every output shows them as escapes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What Unicode defines as ignorable by default (zero-width and filler characters, variation selectors, tags) and as
/// controls of the direction of text, and the separators that some programs take for line breaks; without the two selectors
/// that make a symbol an emoji or not.
#[allow(clippy::unwrap_used, reason = "a constant, compiled in a test")]
static INVISIBLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u{2028}\u{2029}--\u{fe0e}\u{fe0f}]").unwrap()
});

/// Returns text with each invisible character as `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    INVISIBLE.replace_all(text, |found: &Captures<'_>| found[0].escape_unicode().to_string())
}

/// Returns a JSON document with each invisible character as a JSON escape, `\u202e`: the same document for a parser.
/// Outside of its strings a document has none.
pub fn visible_json(document: String) -> String {
    if document.is_ascii() {
        return document;
    }
    let escaped = INVISIBLE.replace_all(&document, |found: &Captures<'_>| {
        let mut units = [0; 2];
        let units = found[0].chars().next().map(|character| &*character.encode_utf16(&mut units)).unwrap_or_default();
        units.iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    });
    escaped.into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HIDDEN: [char; 11] = [
        '\u{61c}',
        '\u{ad}',
        '\u{180e}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{34f}',
        '\u{e0041}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{2028}',
    ];

    #[test]
    fn invisible_characters_are_escaped_and_others_are_not() {
        for hidden in HIDDEN {
            let shown = visible(&format!("a{hidden}b")).into_owned();
            assert_eq!(shown, format!("a\\u{{{:x}}}b", u32::from(hidden)));
        }
        assert_eq!(visible("größer – ✓ 語 ١ ⚠️"), "größer – ✓ 語 ١ ⚠️");
    }

    #[test]
    fn a_json_document_is_the_same_for_a_parser() {
        let value = serde_json::json!({"key": HIDDEN.iter().collect::<String>(), "plain": "größer ✓"});
        let shown = visible_json(value.to_string());
        assert!(!shown.contains(HIDDEN), "{shown}");
        assert!(shown.contains("größer ✓"));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
