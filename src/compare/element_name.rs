//! The member that names the elements of a list.

use serde_json::Value;

use super::scalar::loose;

/// The member that names the elements of a list of objects, if every element has a unique one.
/// Services use several (`Key`, `Id`, `Name`): the first that applies wins.
pub(super) fn element_name<'k>(lists: &[&[Value]]) -> Option<&'k str> {
    const NAMES: [&str; 12] = [
        "Key",
        "key",
        "Id",
        "ID",
        "Sid",
        "Name",
        "AttributeName",
        "IndexName",
        "PolicyName",
        "ParameterName",
        "LogicalId",
        "Device",
    ];
    let names_all = |list: &&[Value], name: &str| {
        let mut seen: Vec<String> = Vec::new();
        list.iter().all(|item| match item.get(name) {
            Some(Value::Object(_) | Value::Array(_) | Value::Null) | None => false,
            Some(scalar) => {
                let text = loose(scalar).to_string();
                let fresh = !seen.contains(&text);
                seen.push(text);
                fresh
            }
        })
    };
    NAMES.into_iter().find(|name| lists.iter().all(|list| names_all(list, name)))
}
