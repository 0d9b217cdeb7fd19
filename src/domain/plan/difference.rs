//! What changed between an approved plan and the current plan.

use serde_json::{Map, Value, json};

use super::document::PlanDocument;
use crate::domain::pointer;

/// Describes the differences between two plans: the stored copy of the approved plan and the plan as
/// it is now.
pub fn explain_difference(approved: &PlanDocument, now: &PlanDocument) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", &facts(approved), &facts(now), &mut lines);
    lines
}

/// What a plan's digest covers, steps by name; derived values are left out.
fn facts(document: &PlanDocument) -> Value {
    let steps: Map<String, Value> = document
        .steps
        .iter()
        .map(|step| {
            let facts = json!({
                "account": step.account,
                "region": step.region,
                "type": step.type_name,
                "identifier": step.identifier,
                "target_of": step.target_of,
                "depends_on": step.depends_on,
                "client_token": step.client_token,
                "request": step.request,
                "overwrites": step.overwrites,
                "not_copied": step.not_copied,
                "sensitive": step.sensitive,
            });
            (step.key(), facts)
        })
        .collect();
    json!({
        "version": document.version,
        "created_at": document.created_at.to_string(),
        "environment": document.environment,
        "account": document.account,
        "region": document.region,
        "steps": steps,
        "live": document.live,
        "prices": document.prices,
        "usage": document.usage,
        "policies": document.policies,
        "gate": document.gate,
        "planner": document.planner,
    })
}

fn compare(at: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let place = pointer::join(at, key);
                compare(&place, old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null), lines);
            }
        }
        (Value::Array(old), Value::Array(new)) if is_tag_list(old) && is_tag_list(new) => {
            compare(at, &by_key(old), &by_key(new), lines);
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&pointer::join(at, &index.to_string()), old, new, lines);
            }
        }
        (before, after) if before != after && at.starts_with("/steps") && at.ends_with("/sensitive") => {
            lines.push(format!("a sensitive value of {}", readable(at).trim_end_matches(" /sensitive")));
        }
        // The token (and the tag that holds it) is derived from the body; it would only repeat the body's change.
        (before, after) if before != after && !at.ends_with("/client_token") && !at.ends_with("/OperationId") => {
            lines.push(format!("{}: {} -> {}", readable(at), short(before), short(after)));
        }
        _ => {}
    }
}

fn is_tag_list(items: &[Value]) -> bool {
    !items.is_empty()
        && items.iter().all(|item| item.get("Key").is_some_and(Value::is_string) && item.get("Value").is_some())
}

fn by_key(items: &[Value]) -> Value {
    let pairs =
        items.iter().filter_map(|item| Some((item.get("Key")?.as_str()?.to_owned(), item.get("Value")?.clone())));
    Value::Object(pairs.collect())
}

fn readable(at: &str) -> String {
    let tokens = pointer::tokens(at);
    match tokens.first().map(String::as_str) {
        Some("steps") if tokens.len() >= 2 => {
            let step = tokens[1].split('/').next().unwrap_or_default();
            let rest: Vec<&str> = tokens[2..].iter().map(String::as_str).filter(|token| *token != "request").collect();
            format!("{step} /{}", rest.join("/"))
        }
        Some("live") if tokens.len() >= 2 => format!("live resource {}", tokens[1]),
        Some("usage") if tokens.len() >= 2 => format!("usage of {}", tokens[1]),
        Some("planner") if tokens.len() >= 2 => format!("planner in {}", tokens[1]),
        Some("prices") if tokens.len() >= 2 => format!("price {}", tokens[1]),
        _ => at.trim_start_matches('/').to_owned(),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        other => {
            let text = other.to_string();
            if text.chars().count() <= 80 {
                return text;
            }
            text.chars().take(77).collect::<String>() + "…"
        }
    }
}
