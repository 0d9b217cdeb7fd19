//! State machines, pipelines and APIs.

use serde_json::Value;

use super::{Facts, Rules};
use crate::domain::pointer;
use crate::domain::symbol::has_unknown;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::StepFunctions::StateMachine" => state_machine,
        "AWS::CodePipeline::Pipeline" => pipeline,
        "AWS::ApiGateway::RestApi" => rest_api,
        "AWS::ApiGateway::Method" => method,
        "AWS::ApiGatewayV2::Api" => api,
        _ => return None,
    })
}

impl Facts<'_> {
    /// Requires a text that is JSON.
    pub(super) fn json(&mut self, at: &str) {
        if let Some(text) = self.text(at)
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text)
        {
            let (line, column) = (error.line(), error.column());
            self.malformed(
                at,
                format!("has a text that is not JSON (line {line}, column {column})"),
                "correct the JSON",
            );
        }
    }
}

const DEFINITIONS: [&str; 3] = ["/Definition", "/DefinitionString", "/DefinitionS3Location"];

fn state_machine(facts: &mut Facts<'_>) {
    facts.need_one(&DEFINITIONS, "set DefinitionString or Definition");
    facts.only_one(&DEFINITIONS, "remove one of them");
    // Substitutions may stand where JSON has a number.
    if facts.text("/DefinitionString").is_some_and(|text| text.contains("${")) {
        return;
    }
    facts.json("/DefinitionString");
    if let Some(definition) = facts.get("/Definition") {
        check_states(facts, "/Definition", "/Definition", definition);
    } else if let Some(definition) =
        facts.text("/DefinitionString").and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        check_states(facts, "/DefinitionString", "", &definition);
    }
}

/// Checks that the states that a definition names exist. `at` is where faults are reported; `base` is empty for a definition in text,
/// into which no pointer leads.
fn check_states(facts: &mut Facts<'_>, at: &str, base: &str, definition: &Value) {
    let place = |name: &str| if base.is_empty() { at.to_owned() } else { pointer::join(base, name) };
    let Some(states) = definition.get("States").and_then(Value::as_object) else {
        if !has_unknown(definition) {
            facts.malformed(at, "has a definition without States", "see the Amazon States Language");
        }
        return;
    };
    let hint = "name one of the states, or correct its name";
    match definition.get("StartAt") {
        Some(Value::String(start)) if !states.contains_key(start) => {
            facts.malformed(&place("StartAt"), format!("starts at the state `{start}`, which does not exist"), hint);
        }
        None => facts.malformed(at, "has a definition without StartAt", "name the first state"),
        _ => {}
    }
    let within = place("States");
    for (name, state) in states {
        let own = if base.is_empty() { at.to_owned() } else { pointer::join(&within, name) };
        let kind = state.get("Type").and_then(Value::as_str);
        if state.get("Type").is_none() && !has_unknown(state) {
            facts.malformed(&own, format!("has the state `{name}` without Type"), "set its Type, such as Task");
        }
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let choices = ["Choices", "Catch"].iter().filter_map(|key| state.get(key).and_then(Value::as_array)).flatten();
        let next = choices.filter_map(|one| text(one, "Next")).chain(text(state, "Next")).chain(text(state, "Default"));
        for next in next.filter(|next| !states.contains_key(next) && !next.contains("${")) {
            facts.malformed(
                &own,
                format!("has the state `{name}`, which leads to `{next}`, which does not exist"),
                hint,
            );
        }
        let goes_on = state.get("Next").is_some() || state.get("End").is_some();
        if matches!(kind, Some("Task" | "Pass" | "Wait" | "Parallel" | "Map")) && !goes_on && !has_unknown(state) {
            facts.malformed(
                &own,
                format!("has the state `{name}` without Next or End"),
                "add `Next: STATE` or `End: true`",
            );
        }
    }
}

fn pipeline(facts: &mut Facts<'_>) {
    let stages = facts.elements("/Stages");
    if facts.count("/Stages").is_some_and(|count| count < 2) && facts.count("/Stages") == Some(stages.len()) {
        facts.contradiction("/Stages", "has fewer than two stages", "add a source stage and another one");
    }
    facts.unique("/Stages", "Name", "give each stage its own name");
    facts.only_one(&["/ArtifactStore", "/ArtifactStores"], "remove one of them");
    facts.need_one(&["/ArtifactStore", "/ArtifactStores"], "set ArtifactStore to a bucket");
    for (position, (stage, _)) in stages.iter().enumerate() {
        let actions = pointer::join(stage, "Actions");
        facts.unique(&actions, "Name", "give each action its own name");
        for (action, _) in facts.elements(&actions) {
            let at = pointer::join(&pointer::join(&action, "ActionTypeId"), "Category");
            if let Some(category) = facts.text(&at)
                && (category == "Source") != (position == 0)
            {
                let hint = "the first stage has source actions only, and no other stage has any";
                facts.contradiction(
                    &at,
                    format!("has an action of the category {category} in stage {}", position + 1),
                    hint,
                );
            }
        }
    }
}

fn rest_api(facts: &mut Facts<'_>) {
    facts.need_one(&["/Name", "/Body", "/BodyS3Location"], "set Name, or the API in Body");
    facts.only_one(&["/Body", "/BodyS3Location"], "remove one of them");
}

fn method(facts: &mut Facts<'_>) {
    if matches!(facts.text("/AuthorizationType"), Some("CUSTOM" | "COGNITO_USER_POOLS")) {
        facts.need(
            "/AuthorizerId",
            "its AuthorizationType is one of an authorizer",
            "name an AWS::ApiGateway::Authorizer",
        );
    }
    if matches!(facts.text("/Integration/Type"), Some("AWS" | "AWS_PROXY" | "HTTP" | "HTTP_PROXY")) {
        facts.need("/Integration/Uri", "its integration calls something", "set the URI that is called");
    }
    if matches!(facts.text("/Integration/Type"), Some("AWS" | "AWS_PROXY" | "HTTP" | "HTTP_PROXY")) {
        let hint = "set the method of the call; it is POST for functions";
        facts.need("/Integration/IntegrationHttpMethod", "its integration calls something", hint);
    }
}

fn api(facts: &mut Facts<'_>) {
    if facts.is("/ProtocolType", "WEBSOCKET") {
        let hint = "set it to an expression, such as `$request.body.action`";
        facts.need("/RouteSelectionExpression", "its ProtocolType is WEBSOCKET", hint);
        facts.exclude("/CorsConfiguration", "its ProtocolType is WEBSOCKET", "remove it: only HTTP APIs have it");
    }
    if facts.lacks("/Body") && facts.lacks("/BodyS3Location") {
        for at in ["/Name", "/ProtocolType"] {
            facts.need(at, "it has no Body", "set Name and ProtocolType, or the API in Body");
        }
    }
}
