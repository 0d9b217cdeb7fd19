//! Patterns in which `*` matches any text, as in the manual facts.

use serde::Deserialize;

/// A pattern in which `*` matches any number of characters, including none; everything else is literal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// True when the whole text matches. Linear in the text for each `*`.
    pub fn matches(&self, text: &str) -> bool {
        let Some((head, rest)) = self.0.split_once('*') else { return text == self.0 };
        let Some(mut text) = text.strip_prefix(head) else { return false };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let tail = parts.pop().unwrap_or_default();
        for part in parts {
            let Some(at) = text.find(part) else { return false };
            text = &text[at + part.len()..];
        }
        text.ends_with(tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, text, fits) in [
            ("root", "root", true),
            ("root", "rooted", false),
            ("default.*", "default.mysql8.0", true),
            ("default.*", "my.default.x", false),
            ("*:role/aws-reserved/*", "arn:aws:iam::1:role/aws-reserved/sso", true),
            ("*:role/aws-reserved/*", "arn:aws:iam::1:role/app", false),
            ("arn:*:iam::aws:*", "arn:aws-cn:iam::aws:policy/ReadOnly", true),
            ("arn:*:iam::aws:*", "arn:aws:iam::111111111111:policy/ReadOnly", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*ab", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(Pattern(pattern.to_owned()).matches(text), fits, "{pattern} {text}");
        }
    }
}
