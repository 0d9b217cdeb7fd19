//! The short form of a document (`--summary`), for agents that pay for every byte: at most [`MAX_BYTES`] for any result.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::enums::DiagnosticLevel;
use super::envelope::{OutcomeView, SCHEMA_VERSION, SchemaView, ToolView};

/// The largest size of a summary, in bytes of compact JSON.
pub const MAX_BYTES: usize = 4096;
/// Characters of a message, a hint, or a text of the body.
const MAX_TEXT: usize = 240;
/// Characters of a command; a longer one is left out, because half a command is of no use.
const MAX_COMMAND: usize = 700;
/// Commands to run next.
const MAX_NEXT: usize = 4;
/// Elements of a list of the body that is not replaced by its length, and bytes of one.
const MAX_ITEMS: usize = 3;
const MAX_LIST: usize = 300;
/// Members of an object of the body.
const MAX_MEMBERS: usize = 24;

/// The short form of a document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryDocument {
    /// The schema of the summary.
    pub schema: SchemaView,
    /// The program that wrote the document.
    pub tool: ToolView,
    /// The command; `null` if the command line could not be parsed.
    pub command: Option<String>,
    /// The environments that the run used.
    pub environments: Vec<SummaryEnvironment>,
    /// The outcome of the run.
    pub outcome: OutcomeView,
    /// Elapsed time of the run in milliseconds.
    pub elapsed_ms: u64,
    /// Number of calls to AWS.
    pub api_calls: u64,
    /// The first diagnostic of each code, errors first.
    pub diagnostics: Vec<SummaryDiagnostic>,
    /// Number of diagnostics of codes that are left out for lack of space.
    pub diagnostics_omitted: u64,
    /// Commands that the user may want to run next.
    pub next: Vec<SummaryNext>,
    /// The result: each list of more than three elements or 300 bytes is replaced by its length, long texts are cut, and
    /// `null` stands for what is left out for lack of space.
    pub body: Option<Map<String, Value>>,
}

/// An environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryEnvironment {
    /// The environment's name.
    pub name: String,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
}

/// The first diagnostic of a code.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryDiagnostic {
    /// The level.
    pub level: DiagnosticLevel,
    /// A stable code.
    pub code: String,
    /// Number of diagnostics of this code and level.
    pub count: u64,
    /// What happened, of the first one.
    pub message: String,
    /// How to resolve it.
    pub hint: Option<String>,
    /// The resource concerned.
    pub resource: Option<String>,
}

/// A command to run next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryNext {
    /// The purpose of the command.
    pub why: String,
    /// The command; `null` if it is too long for a summary: run the command without `--summary` to see it.
    pub command: Option<String>,
}

/// Shortens a document. The result has at most [`MAX_BYTES`] bytes.
pub fn summarized(mut document: Value) -> Value {
    if let Some(document) = document.as_object_mut() {
        document
            .insert("schema".to_owned(), serde_json::json!({"name": "stagegate.summary", "version": SCHEMA_VERSION}));
        document.shift_remove("api_attempts");
        let calls = document.get("api_calls").and_then(Value::as_object);
        let calls: u64 = calls.into_iter().flatten().filter_map(|(_, number)| number.as_u64()).sum();
        document.insert("api_calls".to_owned(), calls.into());
        let mut environments = take_list(document, "environments");
        for environment in environments.iter_mut().filter_map(Value::as_object_mut) {
            environment.retain(|key, _| ["name", "account", "region"].contains(&key.as_str()));
        }
        let diagnostics = by_code(&take_list(document, "diagnostics"));
        let mut next = take_list(document, "next");
        next.truncate(MAX_NEXT);
        next.iter_mut().for_each(shorten_command);
        for (key, items) in [("environments", environments), ("diagnostics", diagnostics), ("next", next)] {
            document.insert(key.to_owned(), items.into());
        }
        document.insert("diagnostics_omitted".to_owned(), 0.into());
        if let Some(body) = document.get_mut("body") {
            *body = shortened(std::mem::take(body));
        }
    }
    fit(&mut document);
    document
}

/// Takes the elements of a list of a document; its place in the document stays.
fn take_list(document: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match document.get_mut(key).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The first diagnostic of each level and code, with their number.
fn by_code(diagnostics: &[Value]) -> Vec<Value> {
    let mut found: Vec<Map<String, Value>> = Vec::new();
    for level in ["error", "warning", "note"] {
        for one in diagnostics.iter().filter(|one| one["level"] == level) {
            let same = found.iter_mut().find(|known| known["code"] == one["code"] && known["level"] == one["level"]);
            if let Some(known) = same {
                known["count"] = (known["count"].as_u64().unwrap_or_default() + 1).into();
                continue;
            }
            let text = |key: &str| one[key].as_str().map(|text| cut(text, MAX_TEXT)).into();
            let members = [("level", one["level"].clone()), ("code", one["code"].clone()), ("count", 1.into())];
            let texts = ["message", "hint", "resource"].map(|key| (key, text(key)));
            found.push(members.into_iter().chain(texts).map(|(key, value)| (key.to_owned(), value)).collect());
        }
    }
    found.into_iter().map(Value::Object).collect()
}

fn shorten_command(next: &mut Value) {
    if next["command"].as_str().is_some_and(|command| command.chars().count() > MAX_COMMAND) {
        next["command"] = Value::Null;
    }
    if let Some(why) = next["why"].as_str().map(|why| cut(why, MAX_TEXT)) {
        next["why"] = why.into();
    }
}

/// Replaces lists by their length unless they are short, and cuts texts and objects.
fn shortened(value: Value) -> Value {
    match value {
        Value::Array(items) if items.len() <= MAX_ITEMS && Value::from(items.clone()).to_string().len() <= MAX_LIST => {
            items.into()
        }
        Value::Array(items) => items.len().into(),
        Value::String(text) => cut(&text, MAX_TEXT).into(),
        Value::Object(map) if map.len() > MAX_MEMBERS => map.len().into(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, shortened(value))).collect(),
        other => other,
    }
}

fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Leaves out what matters least until the document fits: objects of the body from the inside out, then diagnostics, then
/// commands.
fn fit(document: &mut Value) {
    for depth in (1..=4).rev() {
        if is_small(document) {
            return;
        }
        if let Some(body) = document.get_mut("body") {
            flatten(body, depth);
        }
    }
    while !is_small(document) {
        let Some(diagnostics) = document["diagnostics"].as_array_mut().filter(|all| all.len() > 1) else { break };
        let count = diagnostics.pop().and_then(|one| one["count"].as_u64()).unwrap_or_default();
        document["diagnostics_omitted"] = (document["diagnostics_omitted"].as_u64().unwrap_or_default() + count).into();
    }
    for key in ["next", "environments"] {
        while !is_small(document) && document[key].as_array_mut().and_then(Vec::pop).is_some() {}
    }
}

fn is_small(document: &Value) -> bool {
    // With the line break at its end.
    document.to_string().len() < MAX_BYTES
}

/// Replaces the objects at a depth by `null`.
fn flatten(value: &mut Value, depth: usize) {
    for child in value.as_object_mut().into_iter().flat_map(Map::values_mut).filter(|child| child.is_object()) {
        if depth <= 1 { *child = Value::Null } else { flatten(child, depth - 1) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diagnostic(level: &str, code: &str, message: &str) -> Value {
        json!({"level": level, "code": code, "message": message, "hint": null, "file": "a.yaml", "line": 1, "column": 2,
            "pointer": null, "resource": "AWS::S3::Bucket files"})
    }

    fn document(diagnostics: Vec<Value>, next: &Value, body: &Value) -> Value {
        json!({"schema": {"name": "stagegate.drift", "version": "0.1"}, "tool": {"name": "stagegate", "version": "0.1.0"},
            "command": "drift", "environments": [{"name": "dev", "account": "1", "region": "r", "endpoints": {"s3": "x"}}],
            "outcome": {"code": "findings", "exit_code": 2}, "elapsed_ms": 5, "api_calls": {"a.B": 3, "c.D": 4},
            "api_attempts": {"a.B": 9}, "diagnostics": diagnostics, "next": next, "body": body})
    }

    #[test]
    fn lists_are_counted_and_diagnostics_grouped() {
        let said =
            vec![diagnostic("note", "n", "x"), diagnostic("error", "e", "first"), diagnostic("error", "e", "second")];
        let body = json!({"resources": [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}], "kinds": [{"kind": "cost"}], "longer": ["x".repeat(300)],
            "summary": {"drifted": 2}, "verdict": "fail"});
        let next = json!([{"why": "w", "command": "c"}, {"why": "w", "command": "c".repeat(701)}]);
        let short = summarized(document(said, &next, &body));
        assert_eq!(
            short["body"],
            json!({"resources": 4, "kinds": [{"kind": "cost"}], "longer": 1, "summary": {"drifted": 2}, "verdict": "fail"})
        );
        assert_eq!(short["api_calls"], 7);
        assert_eq!(short["environments"], json!([{"name": "dev", "account": "1", "region": "r"}]));
        assert_eq!(short["next"], json!([{"why": "w", "command": "c"}, {"why": "w", "command": null}]));
        let found: Vec<(&str, u64, &str)> = short["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (one["code"].as_str().unwrap(), one["count"].as_u64().unwrap(), one["message"].as_str().unwrap())
            })
            .collect();
        assert_eq!(found, [("e", 2, "first"), ("n", 1, "x")]);
    }

    #[test]
    fn any_document_fits() {
        let long = "ä".repeat(5000);
        let said = (0..90).map(|number| diagnostic("error", &format!("code-{number}"), &long)).collect();
        let wide: Map<String, Value> =
            (0..20).map(|number| (format!("key{number}"), json!({"text": long, "in": {"x": {"y": long}}}))).collect();
        let next: Vec<Value> = (0..9).map(|_| json!({"why": long, "command": "c".repeat(690)})).collect();
        let short = summarized(document(said, &next.into(), &wide.into()));
        assert!(short.to_string().len() < MAX_BYTES, "{}", short.to_string().len());
        let omitted = short["diagnostics_omitted"].as_u64().unwrap();
        assert_eq!(omitted + short["diagnostics"].as_array().unwrap().len() as u64, 90);
        assert_eq!(short["outcome"]["exit_code"], 2);
    }
}
