//! Sets a value inside a document by its path, as `--set` does.

use serde_json::{Map, Value};

use super::symbol::is_intrinsic;
use crate::schema::violation::type_of;

/// A path that does not fit the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignError {
    /// What does not fit.
    pub message: String,
    /// What to do instead.
    pub hint: String,
}

impl AssignError {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self { message, hint: hint.into() }
    }
}

/// Maximum number of parts of a path. Templates may not be nested deeper either.
const MAX_DEPTH: usize = 100;

/// Sets a value at a path, creating missing parents; `null` removes the value.
///
/// # Errors
/// The path leads into a scalar, into an intrinsic function, or beyond the end of a list.
pub fn assign(target: &mut Value, tokens: &[String], value: Value) -> Result<(), AssignError> {
    if tokens.len() > MAX_DEPTH {
        let message = format!("the path has {} parts; at most {MAX_DEPTH} are allowed", tokens.len());
        return Err(AssignError::new(message, "set the value of a property closer to the top"));
    }
    let Some((token, rest)) = tokens.split_first() else {
        *target = value;
        return Ok(());
    };
    if is_intrinsic(target) {
        return Err(AssignError::new(format!("`{token}` is inside a function"), "set the whole value instead"));
    }
    match target {
        Value::Object(map) => {
            if rest.is_empty() && value.is_null() {
                map.shift_remove(token);
                return Ok(());
            }
            if value.is_null() && !map.contains_key(token) {
                return Ok(());
            }
            let missing = if rest.first().is_some_and(|next| next == "0") {
                Value::Array(Vec::new())
            } else {
                Value::Object(Map::new())
            };
            assign(map.entry(token.as_str()).or_insert(missing), rest, value)
        }
        Value::Array(items) => {
            let count = items.len();
            let wrong = || {
                let message = format!("`{token}` is not a valid index for a list of {count}");
                AssignError::new(message, format!("use 0 to {count}; {count} adds an item"))
            };
            let index: usize = token.parse().map_err(|_| wrong())?;
            if index > count {
                return Err(wrong());
            }
            if rest.is_empty() && value.is_null() {
                if index < count {
                    items.remove(index);
                }
                return Ok(());
            }
            if index == count {
                items.push(Value::Object(Map::new()));
            }
            assign(&mut items[index], rest, value)
        }
        other => Err(AssignError::new(
            format!("`{token}` is below a value of type {}, which is neither an object nor a list", type_of(other)),
            "set the whole value instead",
        )),
    }
}
