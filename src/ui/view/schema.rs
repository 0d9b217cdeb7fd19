//! The output of `schema`.

use comfy_table::ContentArrangement;
use console::style;
use serde_json::Value;

use super::{count, indented, keep_whole, table};
use crate::report::{AnswerSource, JsonType, PropertyView, SchemaBody, TagForm};

/// Longer lists are truncated in the table; the JSON document has all items.
const MAX_ITEMS: usize = 8;

/// Renders a type: its identifier, tags, handlers and cost, followed by its properties.
pub fn schema(body: &SchemaBody) -> String {
    let mut text = format!("{}\n", style(&body.type_name).bold());
    let mut line =
        |name: &str, value: String| text.push_str(&format!("  {}{value}\n", style(format!("{name:<13}")).dim()));
    line("Identifier", or_none(&body.identifier.join(" | ")));
    line(
        "Name",
        body.name_property
            .clone()
            .unwrap_or_else(|| "no name property; a Name tag if the type supports tags".to_owned()),
    );
    line("ARN", arn(body));
    line("Tags", tags(body));
    let supported: Vec<&str> =
        body.handlers.iter().filter(|handler| handler.supported).map(|handler| handler.name.as_str()).collect();
    let handlers = match supported.is_empty() {
        true => "none: not supported by Cloud Control".to_owned(),
        false => supported.join(", "),
    };
    line("Handlers", handlers);
    if !body.list_inputs.is_empty() {
        line("List inputs", body.list_inputs.join(", "));
    }
    let usage = if body.cost.usage.is_empty() { String::new() } else { format!(" by {}", body.cost.usage.join(", ")) };
    line("Cost", format!("{}{usage}", body.cost.status));
    line("Source", answer(body));

    text.push_str(&format!("\n{}\n", style("Properties").bold()));
    let mut rows = table(&["PROPERTY", "TYPE", "RULES", "VALUES"]);
    for property in &body.properties {
        rows.add_row([property.name.clone(), types(property), rules(property), values(property)]);
    }
    keep_whole(&mut rows, 1);
    text.push_str(&indented(&rows));
    for (title, paths) in [
        ("Not returned by AWS", &body.paths.write_only),
        ("Replaced when changed", &body.paths.create_only),
        ("Set by the service", &body.paths.read_only),
    ] {
        // Top-level ones are in the table.
        let nested: Vec<&str> =
            paths.iter().map(|path| path.trim_start_matches('/')).filter(|path| path.contains('/')).collect();
        if !nested.is_empty() {
            text.push_str(&format!("  {}\n", style(format!("{title}: {}", cut(&nested))).dim()));
        }
    }

    if !body.policies.is_empty() {
        text.push_str(&format!("\n{}\n", style("Policies").bold()));
        let mut rows = table(&["ID", "SEVERITY", "TITLE"]);
        for policy in &body.policies {
            let title = if policy.active {
                policy.title.clone()
            } else {
                format!("{} (off: pack {})", policy.title, policy.pack)
            };
            rows.add_row([policy.id.clone(), policy.severity.to_string(), title]);
        }
        keep_whole(&mut rows, 2);
        text.push_str(&indented(&rows));
    }

    if body.handlers.iter().any(|handler| !handler.permissions.is_empty()) {
        text.push_str(&format!("\n{}\n", style("Permissions").bold()));
        let mut rows = table(&["HANDLER", "IAM ACTIONS"]);
        rows.set_content_arrangement(ContentArrangement::Dynamic);
        for handler in body.handlers.iter().filter(|handler| !handler.permissions.is_empty()) {
            rows.add_row([handler.name.to_string(), handler.permissions.join(", ")]);
        }
        text.push_str(&indented(&rows));
    }
    text
}

fn arn(body: &SchemaBody) -> String {
    match (&body.arn_template, &body.arn_property) {
        (Some(template), Some(property)) => format!("{template}, in {property}"),
        (Some(template), None) => template.clone(),
        (None, Some(property)) => format!("in {property}"),
        (None, None) => "none".to_owned(),
    }
}

fn tags(body: &SchemaBody) -> String {
    let tags = &body.tags;
    let Some(property) = &tags.property else { return "not supported".to_owned() };
    let shape = match tags.shape {
        Some(TagForm::Map) => "a map",
        Some(TagForm::AutoScalingList) => "a list of Key, Value and PropagateAtLaunch",
        Some(TagForm::Specifications) => "a list of specifications by resource type",
        Some(TagForm::List) | None => "a list of Key and Value",
    };
    let when = match (tags.on_create, tags.updatable && !tags.create_only) {
        (true, true) => "at creation and later",
        (true, false) => "at creation only",
        (false, true) => "after creation only",
        (false, false) => "read-only",
    };
    format!("{property}, {shape}, {when}")
}

fn answer(body: &SchemaBody) -> String {
    let answer = &body.answer;
    let region = answer.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
    let what = match answer.source {
        AnswerSource::Aws => format!("CloudFormation{region}"),
        AnswerSource::Cache => {
            let age = answer.age_seconds.map(age).unwrap_or_default();
            format!("CloudFormation{region}, cached {age} ago")
        }
        AnswerSource::Embedded => format!("the embedded copy ({})", answer.registry),
    };
    match &answer.reason {
        Some(reason) => format!("{what}: {reason}"),
        None => what,
    }
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => count(seconds, "second"),
        60..3_600 => count(seconds / 60, "minute"),
        3_600..172_800 => count(seconds / 3_600, "hour"),
        _ => count(seconds / 86_400, "day"),
    }
}

fn types(property: &PropertyView) -> String {
    let elements: Vec<&str> = property.element_types.iter().map(|name| name.as_str()).collect();
    let shown = property.types.iter().map(|name| match name {
        JsonType::Array if !elements.is_empty() => format!("array of {}", elements.join(" or ")),
        other => other.to_string(),
    });
    or_none(&shown.collect::<Vec<_>>().join(" or "))
}

fn rules(property: &PropertyView) -> String {
    let rules = [
        (property.required, "required"),
        (property.read_only, "read-only"),
        (property.create_only, "create-only"),
        (property.conditional_create_only, "sometimes create-only"),
        (property.write_only, "write-only"),
    ];
    rules.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

fn values(property: &PropertyView) -> String {
    let mut parts = Vec::new();
    if !property.default.is_null() {
        parts.push(format!("default {}", plain(&property.default)));
    }
    if !property.allowed.is_empty() {
        parts.push(cut(&property.allowed.iter().map(plain).collect::<Vec<_>>()));
    } else if !property.members.is_empty() {
        parts.push(format!("{{{}}}", cut(&property.members)));
    }
    if let Some(description) = &property.description {
        parts.push(description.clone());
    }
    parts.join("; ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut<T: AsRef<str>>(items: &[T]) -> String {
    let shown: Vec<&str> = items.iter().take(MAX_ITEMS).map(AsRef::as_ref).collect();
    let rest = items.len().saturating_sub(MAX_ITEMS);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}
