//! The short form of a document (`--summary`), for agents that pay for every byte: at most [`MAX_BYTES`] for any result.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::enums::DiagnosticLevel;
use super::envelope::{OutcomeView, SCHEMA_VERSION, SchemaView, ToolView};
use super::shorten::{Cut, MAX_BYTES, shorten};

/// Characters of a command; a longer one is left out, because half a command is of no use.
const MAX_COMMAND: usize = 700;
/// Characters of the purpose of a command.
const MAX_WHY: usize = 240;
/// Commands to run next.
const MAX_NEXT: usize = 4;

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
    /// The result, shortened: a list that was cut is `{count, first}`; `null` if there is none, or no space for it.
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
pub fn summarized(document: Value) -> Value {
    let Value::Object(mut document) = document else { return document };
    let calls = document.get("api_calls").and_then(Value::as_object);
    let calls: u64 = calls.into_iter().flatten().filter_map(|(_, number)| number.as_u64()).sum();
    document.shift_remove("api_attempts");
    let mut environments = take_list(&mut document, "environments");
    for environment in environments.iter_mut().filter_map(Value::as_object_mut) {
        environment.retain(|key, _| ["name", "account", "region"].contains(&key.as_str()));
    }
    let diagnostics = by_code(&take_list(&mut document, "diagnostics"));
    let mut next = take_list(&mut document, "next");
    next.truncate(MAX_NEXT);
    next.iter_mut().for_each(shorten_command);
    let body = document.get("body").cloned().unwrap_or_default();
    let schema = json!({"name": "stagegate.summary", "version": SCHEMA_VERSION});
    let replaced =
        [("schema", schema), ("api_calls", calls.into()), ("environments", environments.into()), ("next", next.into())];
    document.extend(replaced.map(|(key, value)| (key.to_owned(), value)));
    let mut document = Value::Object(document);
    for cut in Cut::LEVELS {
        let (kept, omitted) = diagnostics.split_at(diagnostics.len().min(cut.messages));
        let omitted: u64 = omitted.iter().filter_map(|one| one["count"].as_u64()).sum();
        document["diagnostics"] = kept.iter().map(|one| cut.of(one)).collect();
        document["diagnostics_omitted"] = omitted.into();
        document["body"] = cut.of(&body);
        if is_small(&document) {
            return document;
        }
    }
    document["body"] = Value::Null;
    for key in ["next", "environments"] {
        while !is_small(&document) && document[key].as_array_mut().and_then(Vec::pop).is_some() {}
    }
    document
}

/// Takes the elements of a list of a document; its place in the document stays.
fn take_list(document: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match document.get_mut(key).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The first diagnostic of each level and code, with their number, errors first.
fn by_code(diagnostics: &[Value]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for level in ["error", "warning", "note"] {
        for one in diagnostics.iter().filter(|one| one["level"] == level) {
            match found.iter_mut().find(|known| known["code"] == one["code"] && known["level"] == one["level"]) {
                Some(known) => known["count"] = (known["count"].as_u64().unwrap_or_default() + 1).into(),
                None => found.push(json!({
                    "level": one["level"],
                    "code": one["code"],
                    "count": 1,
                    "message": one["message"],
                    "hint": one["hint"],
                    "resource": one["resource"],
                })),
            }
        }
    }
    found
}

fn shorten_command(next: &mut Value) {
    if next["command"].as_str().is_some_and(|command| command.chars().count() > MAX_COMMAND) {
        next["command"] = Value::Null;
    }
    if let Value::String(why) = &mut next["why"] {
        shorten(why, MAX_WHY);
    }
}

fn is_small(document: &Value) -> bool {
    // With the line break at its end.
    document.to_string().len() < MAX_BYTES
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
        let rows: Vec<Value> = (0..9).map(|number| json!({"a": number})).collect();
        let body =
            json!({"resources": rows, "kinds": [{"kind": "cost"}], "summary": {"drifted": 2}, "verdict": "fail"});
        let next = json!([{"why": "w", "command": "c"}, {"why": "w", "command": "c".repeat(701)}]);
        let short = summarized(document(said, &next, &body));
        let expected = json!({"resources": {"count": 9, "first": rows[..5]}, "kinds": [{"kind": "cost"}],
            "summary": {"drifted": 2}, "verdict": "fail"});
        assert_eq!(short["body"], expected);
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
            (0..90).map(|number| (format!("key{number}"), json!({"text": long, "in": {"x": {"y": long}}}))).collect();
        let next: Vec<Value> = (0..9).map(|_| json!({"why": long, "command": "c".repeat(690)})).collect();
        let short = summarized(document(said, &next.into(), &wide.into()));
        assert!(short.to_string().len() < MAX_BYTES, "{}", short.to_string().len());
        let omitted = short["diagnostics_omitted"].as_u64().unwrap();
        assert_eq!(omitted + short["diagnostics"].as_array().unwrap().len() as u64, 90);
        assert_eq!(short["outcome"]["exit_code"], 2);
    }
}
