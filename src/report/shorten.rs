//! Makes results short enough for readers that pay for every byte: long texts are cut, and long lists are replaced by
//! `{"count": N, "first": […]}`.

use serde_json::{Map, Value, json};

/// The most bytes of a short document as JSON.
pub const MAX_BYTES: usize = 4096;

/// How much of a result is left.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// Items of a list.
    pub items: usize,
    /// Characters of a text.
    pub text: usize,
    /// Levels of objects.
    pub depth: usize,
    /// Diagnostics and commands.
    pub messages: usize,
}

impl Cut {
    /// From little to much: the first one that is short enough is taken.
    pub const LEVELS: [Self; 6] = [
        Self { items: 5, text: 300, depth: 5, messages: 8 },
        Self { items: 3, text: 200, depth: 4, messages: 6 },
        Self { items: 2, text: 160, depth: 3, messages: 4 },
        Self { items: 1, text: 120, depth: 2, messages: 3 },
        Self { items: 0, text: 100, depth: 2, messages: 2 },
        Self { items: 0, text: 80, depth: 1, messages: 1 },
    ];

    /// Shortens a result.
    pub fn of(self, value: &Value) -> Value {
        self.value(value, self.depth)
    }

    fn value(self, value: &Value, depth: usize) -> Value {
        match value {
            Value::String(text) => {
                let mut text = text.clone();
                shorten(&mut text, self.text);
                json!(text)
            }
            Value::Array(items) if items.len() <= self.items && depth > 0 => {
                items.iter().map(|item| self.value(item, depth - 1)).collect()
            }
            Value::Array(items) if self.items == 0 || depth == 0 => json!({ "count": items.len() }),
            Value::Array(items) => {
                let first: Vec<Value> = items.iter().take(self.items).map(|item| self.value(item, depth - 1)).collect();
                json!({ "count": items.len(), "first": first })
            }
            Value::Object(members) if depth == 0 => json!({ "members": members.len() }),
            Value::Object(members) => {
                let cut: Map<String, Value> =
                    members.iter().map(|(key, value)| (key.clone(), self.value(value, depth - 1))).collect();
                Value::Object(cut)
            }
            other => other.clone(),
        }
    }
}

/// Cuts a text after so many characters.
pub fn shorten(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_with_their_count() {
        let cut = Cut { items: 2, text: 3, depth: 4, messages: 1 };
        let value = json!({"rows": [1, 2, 3], "few": ["abcd"], "deep": {"a": {"b": {"c": {"d": 1}}}}, "none": null});
        let expected = json!({
            "rows": {"count": 3, "first": [1, 2]},
            "few": ["abc…"],
            "deep": {"a": {"b": {"c": {"members": 1}}}},
            "none": null,
        });
        assert_eq!(cut.of(&value), expected);
        assert_eq!(Cut { items: 0, ..cut }.of(&json!([1])), json!({"count": 1}));
    }
}
