//! Converts a published schema to the one that input is validated against: JSON Schema draft 7 with regular
//! expressions in the syntax of Rust's `regex` crates. `generate.py` does the same for the embedded data.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Keywords without constraints, or for other tools only.
const DROPPED: [&str; 11] = [
    "$comment",
    "$id",
    "$schema",
    "arrayType",
    "description",
    "documentationUrl",
    "enumCaseInsensitive",
    "examples",
    "insertionOrder",
    "title",
    "uniqueKeys",
];
/// Root keywords that constrain input; the others describe the type.
const OF_ROOT: [&str; 18] = [
    "type",
    "properties",
    "definitions",
    "required",
    "additionalProperties",
    "patternProperties",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "dependencies",
    "dependentRequired",
    "minProperties",
    "maxProperties",
    "$ref",
];

/// The root of a schema for validation. Read-only properties are not required; a pattern for which
/// `compiles` is false is dropped.
pub(super) fn validation_schema(
    schema: &Value,
    read_only: &BTreeSet<String>,
    compiles: &dyn Fn(&str) -> bool,
) -> Value {
    let about_input = |(keyword, _): &(&String, &Value)| OF_ROOT.contains(&keyword.as_str());
    let members = schema.as_object().into_iter().flatten().filter(about_input);
    let root: Map<String, Value> = members.map(|(keyword, value)| (keyword.clone(), value.clone())).collect();
    let mut root = Cleaner { schema, compiles }.cleaned(&Value::Object(root));
    if let Some(root) = root.as_object_mut() {
        root.entry("type").or_insert_with(|| json!("object"));
        if let Some(Value::Array(required)) = root.get_mut("required") {
            required.retain(|name| !name.as_str().is_some_and(|name| read_only.contains(name)));
        }
    }
    root
}

/// True when a reference refers to itself through references and alternatives alone: a validator
/// would recurse endlessly. (One of AWS's schemas has such a definition.)
fn is_endless<'s>(root: &'s Value, node: &'s Value, open: &mut Vec<&'s str>, settled: &mut BTreeSet<&'s str>) -> bool {
    if let Some(name) = node.get("$ref").and_then(Value::as_str) {
        if open.contains(&name) {
            return true;
        }
        if !settled.insert(name) {
            return false;
        }
        open.push(name);
        let target = name.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        let endless = target.is_some_and(|target| is_endless(root, target, open, settled));
        open.pop();
        return endless;
    }
    let options = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|keyword| node.get(keyword)?.as_array()).flatten();
    let conditions = ["not", "if", "then", "else"].into_iter().filter_map(|keyword| node.get(keyword));
    options.chain(conditions).any(|child| is_endless(root, child, open, settled))
}

struct Cleaner<'a> {
    schema: &'a Value,
    compiles: &'a dyn Fn(&str) -> bool,
}

impl Cleaner<'_> {
    fn cleaned(&self, node: &Value) -> Value {
        let Value::Object(members) = node else { return node.clone() };
        let each = |map: &Map<String, Value>| -> Map<String, Value> {
            map.iter().map(|(name, child)| (name.clone(), self.cleaned(child))).collect()
        };
        let usable = |pattern: &str| Some(rewrite_pattern(pattern)).filter(|pattern| (self.compiles)(pattern));
        let mut out = Map::new();
        for (keyword, value) in members.iter().filter(|(keyword, _)| !DROPPED.contains(&keyword.as_str())) {
            let value = match (keyword.as_str(), value) {
                ("patternProperties", Value::Object(map)) => {
                    let key = |pattern: &String| usable(pattern).unwrap_or_else(|| ".*".to_owned());
                    Value::Object(map.iter().map(|(pattern, child)| (key(pattern), self.cleaned(child))).collect())
                }
                ("properties" | "definitions" | "dependencies", Value::Object(map)) => Value::Object(each(map)),
                (
                    "items"
                    | "additionalProperties"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "oneOf"
                    | "anyOf"
                    | "allOf"
                    | "contains",
                    Value::Array(options),
                ) => options.iter().map(|option| self.cleaned(option)).collect(),
                (
                    "items"
                    | "additionalProperties"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "oneOf"
                    | "anyOf"
                    | "allOf"
                    | "contains",
                    one,
                ) => self.cleaned(one),
                ("pattern", pattern) => match pattern.as_str().and_then(usable) {
                    Some(pattern) => Value::String(pattern),
                    None => continue,
                },
                // A reference to another document, which is not fetched, or an endless one.
                ("$ref", target)
                    if !target.as_str().is_some_and(|target| target.starts_with('#'))
                        || is_endless(self.schema, node, &mut Vec::new(), &mut BTreeSet::new()) =>
                {
                    continue;
                }
                (_, other) => other.clone(),
            };
            match keyword.as_str() {
                // Draft 7 has both forms under the older name.
                "dependentRequired" => {
                    let dependencies = out.entry("dependencies").or_insert_with(|| json!({}));
                    if let (Some(dependencies), Value::Object(more)) = (dependencies.as_object_mut(), value) {
                        dependencies.extend(more);
                    }
                }
                "dependencies" if out.contains_key("dependencies") => {
                    if let (Some(Value::Object(dependencies)), Value::Object(more)) =
                        (out.get_mut("dependencies"), value)
                    {
                        dependencies.extend(more);
                    }
                }
                _ => {
                    out.insert(keyword.clone(), value);
                }
            }
        }
        Value::Object(out)
    }
}

/// Converts an ECMA-like pattern to the syntax of Rust's regex crates.
pub(super) fn rewrite_pattern(pattern: &str) -> String {
    // Java's notation for "any character outside the basic plane".
    const OUTSIDE: [&str; 2] = [r"\uD800\uDBFF-\uDC00\uDFFF", r"\uD800\uDC00-\uDBFF\uDFFF"];
    let mut pattern = pattern.to_owned();
    for (old, new) in [("\\Z", "$"), ("\\z", "$"), ("\\A", "^"), ("(?s).", "[\\s\\S]"), ("(?s)", "")] {
        pattern = pattern.replace(old, new);
    }
    for old in OUTSIDE {
        pattern = pattern.replace(old, "\u{10000}-\u{10FFFF}");
    }
    escape_hyphens(&pattern)
}

/// `\w-.` in a character class means a literal hyphen to ECMA and an invalid range to Rust.
fn escape_hyphens(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        out.push(character);
        match character {
            '\\' => {
                let Some(escaped) = characters.next() else { break };
                out.push(escaped);
                if in_class && "wWdDsS".contains(escaped) && characters.peek() == Some(&'-') {
                    characters.next();
                    out.push_str(if characters.peek() == Some(&']') { "-" } else { "\\-" });
                }
            }
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_other_dialects_are_rewritten() {
        for (before, after) in [
            (r"\A[a-z]+\Z", r"^[a-z]+$"),
            ("^(?s).*$", r"^[\s\S]*$"),
            (r"^[\w-.]+$", r"^[\w\-.]+$"),
            (r"^[\w-]+$", r"^[\w-]+$"),
            (r"^\w-[a-z]+$", r"^\w-[a-z]+$"),
            (r"[\uD800\uDC00-\uDBFF\uDFFF]", "[\u{10000}-\u{10FFFF}]"),
            (r"\", r"\"),
        ] {
            assert_eq!(rewrite_pattern(before), after, "{before}");
        }
    }

    #[test]
    fn an_endless_reference_is_dropped_and_a_nested_one_is_kept() {
        let kept = |definitions: Value| {
            let schema = json!({"properties": {"A": {"$ref": "#/definitions/A"}}, "definitions": definitions});
            validation_schema(&schema, &BTreeSet::new(), &|_| true)["properties"]["A"] != json!({})
        };
        let to = |name: &str| json!({"$ref": format!("#/definitions/{name}")});
        assert!(kept(json!({"A": {"properties": {"B": to("A")}, "items": to("A")}})));
        assert!(kept(json!({"A": {"anyOf": [to("B"), to("B")]}, "B": {}})));
        assert!(!kept(json!({"A": to("A")})));
        assert!(!kept(json!({"A": {"anyOf": [{"not": to("B")}]}, "B": to("A")})));
    }

    #[test]
    fn only_what_constrains_input_is_kept() {
        let schema = json!({
            "typeName": "A::B::C", "description": "d", "handlers": {}, "$ref": "other.json#/x",
            "properties": {
                "description": {"type": "string", "description": "d", "pattern": r"\A[\w-.]+\Z"},
                "Bad": {"type": "string", "pattern": "("},
                "List": {"type": "array", "insertionOrder": false, "items": {"title": "t", "type": "string"}},
                "Map": {"patternProperties": {"(": {"type": "string"}}},
                "Far": {"$ref": "other.json#/x"},
            },
            "required": ["Id", "List"],
            "dependentRequired": {"A": ["B"]}, "dependencies": {"C": {"title": "t", "required": ["D"]}},
        });
        let read_only = BTreeSet::from(["Id".to_owned()]);
        assert_eq!(
            validation_schema(&schema, &read_only, &|pattern| pattern != "("),
            json!({
                "type": "object",
                "properties": {
                    "description": {"type": "string", "pattern": r"^[\w\-.]+$"},
                    "Bad": {"type": "string"},
                    "List": {"type": "array", "items": {"type": "string"}},
                    "Map": {"patternProperties": {".*": {"type": "string"}}},
                    "Far": {},
                },
                "required": ["List"],
                "dependencies": {"A": ["B"], "C": {"required": ["D"]}},
            })
        );
    }
}
