//! Property paths as policies use them.

use serde_json::{Value, json};

use crate::domain::pointer;

/// Converts a pointer to a path for policies: keys as strings, array indices as numbers.
pub(super) fn path(properties: &Value, pointer: &str) -> Vec<Value> {
    let mut at = Some(properties);
    let mut path = Vec::new();
    for token in pointer::tokens(pointer) {
        let index = match at {
            Some(Value::Array(items)) => token.parse::<usize>().ok().map(|index| (index, items.get(index))),
            _ => None,
        };
        if let Some((index, item)) = index {
            path.push(json!(index));
            at = item;
        } else {
            at = at.and_then(|value| value.get(&token));
            path.push(json!(token));
        }
    }
    path
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn unresolved_paths_distinguish_keys_from_indices() {
        let properties = json!({"A": [{"1": {"Ref": "X"}}]});
        assert_eq!(path(&properties, "/A/0/1"), [json!("A"), json!(0), json!("1")]);
    }
}
