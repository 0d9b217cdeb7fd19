//! `AWS::Serverless::StateMachine`.

use serde_json::{Map, Value, json};

use crate::domain::symbol::is_intrinsic;

use super::events::{self, Event, Target, dead_letters, pass_event, set_state, target_id};
use super::function::marked_tags;
use super::policies::Role;
use super::simple::{members, place};
use super::values::{allow, attribute, is_empty, mapping, pass, reference, trust};
use super::{Context, Made, Result, Source, State, invalid, push_events, resource, rest_api, unsupported};

const KNOWN: &[&str] = &[
    "Definition",
    "DefinitionUri",
    "Logging",
    "Role",
    "RolePath",
    "DefinitionSubstitutions",
    "Events",
    "Name",
    "Type",
    "Tags",
    "Policies",
    "Tracing",
    "PermissionsBoundary",
];

const NOT_EXPANDED: &[&str] = &["PropagateTags", "AutoPublishAlias", "DeploymentPreference", "UseAliasAsEventTarget"];

/// Expands a state machine.
pub(super) fn expand(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    let mut source = source.clone();
    if source.get("PropagateTags").is_some_and(|value| value == false) {
        source.properties.shift_remove("PropagateTags");
    }
    let source = &source;
    source.check(KNOWN, NOT_EXPANDED)?;
    let id = source.id.as_str();
    let mut machine = Map::new();
    let mut substitutions = members(source, "DefinitionSubstitutions")?.cloned().unwrap_or_default();
    match (source.get("Definition"), source.get("DefinitionUri")) {
        (Some(_), Some(_)) => {
            return Err(invalid("/Definition", "`Definition` and `DefinitionUri` cannot both be set"));
        }
        (Some(definition), None) => {
            if mapping(definition).is_none() {
                return Err(match definition.is_object() {
                    true => unsupported("/Definition", "the definition is a function"),
                    false => invalid("/Definition", "`Definition` must be a mapping"),
                });
            }
            let mut definition = sorted(definition);
            let mut count = 0;
            substitute(&mut definition, &mut substitutions, &mut count);
            machine.insert("DefinitionString".to_owned(), json!({"Fn::Join": ["\n", lines(&definition)]}));
        }
        (None, Some(uri)) => {
            let place = place(uri, "/DefinitionUri", ["Bucket", "Key", "Version"], state)?;
            machine.insert("DefinitionS3Location".to_owned(), place);
        }
        (None, None) => return Err(invalid("", "a state machine needs a `Definition` or a `DefinitionUri`")),
    }
    if !substitutions.is_empty() {
        machine.insert("DefinitionSubstitutions".to_owned(), Value::Object(substitutions));
    }
    let tags = marked_tags("stateMachine:createdBy", source.get("Tags"));
    let mut made = Vec::new();
    let policies = source.get("Policies").filter(|policies| !is_empty(policies));
    match source.get("Role") {
        Some(_) if policies.is_some() => return Err(invalid("/Role", "`Role` and `Policies` cannot both be set")),
        Some(role) => {
            machine.insert("RoleArn".to_owned(), role.clone());
        }
        None => {
            let role_id = format!("{id}Role");
            let mut role = Role::default();
            role.add_policies(&role_id, policies, context)?;
            if source.get("Tracing").and_then(|tracing| tracing.get("Enabled")).is_some_and(|value| value == true) {
                let name =
                    if context.partition == "aws" { "AWSXrayWriteOnlyAccess" } else { "AWSXRayDaemonWriteAccess" };
                role.attach(context.managed_policy(name));
            }
            let mut others = Map::new();
            others.extend(source.get("RolePath").map(|path| ("Path".to_owned(), path.clone())));
            pass(&source.properties, &mut others, &["PermissionsBoundary"]);
            others.insert("Tags".to_owned(), tags.clone());
            machine.insert("RoleArn".to_owned(), attribute(&role_id, "Arn"));
            let properties = role.properties(trust("states.amazonaws.com"), others);
            made.push((role_id, resource("AWS::IAM::Role", &source.passed, properties)));
        }
    }
    for (from, to) in [
        ("Name", "StateMachineName"),
        ("Type", "StateMachineType"),
        ("Logging", "LoggingConfiguration"),
        ("Tracing", "TracingConfiguration"),
    ] {
        machine.extend(source.get(from).map(|value| (to.to_owned(), value.clone())));
    }
    machine.insert("Tags".to_owned(), tags);
    for event in events::read(source)? {
        made.extend(started_by(&event, source, context, state)?);
    }
    made.insert(0, (id.to_owned(), resource("AWS::StepFunctions::StateMachine", &source.own, machine)));
    Ok(made)
}

/// What is made of an event.
fn started_by(event: &Event<'_>, source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    let target = Target { arn: reference(&source.id), ..Target::function(source) };
    let role = |service: &str| {
        let id = format!("{}Role", event.id);
        let policy = allow(&format!("{id}StartExecutionPolicy"), "states:StartExecution", &target.arn);
        let mut properties = Map::from_iter([
            ("AssumeRolePolicyDocument".to_owned(), trust(service)),
            ("Policies".to_owned(), json!([policy])),
        ]);
        pass(&source.properties, &mut properties, &["PermissionsBoundary"]);
        (id, resource("AWS::IAM::Role", &source.passed, properties))
    };
    let mut properties = Map::new();
    match event.kind {
        "Schedule" => {
            let known = [
                "Schedule",
                "Input",
                "Enabled",
                "State",
                "Name",
                "Description",
                "DeadLetterConfig",
                "RetryPolicy",
                "Target",
                "RoleArn",
            ];
            event.check(&known, &[])?;
            properties.insert("ScheduleExpression".to_owned(), event.need("Schedule")?.clone());
            pass_event(event, &mut properties, &["Name", "Description"]);
        }
        "CloudWatchEvent" | "EventBridgeRule" => {
            let known = [
                "EventBusName",
                "RuleName",
                "Pattern",
                "Input",
                "InputPath",
                "DeadLetterConfig",
                "RetryPolicy",
                "State",
                "Target",
                "InputTransformer",
            ];
            event.check(&known, &[])?;
            pass_event(event, &mut properties, &["EventBusName"]);
            properties.extend(event.get("Pattern").map(|pattern| ("EventPattern".to_owned(), pattern.clone())));
            properties.extend(event.get("RuleName").map(|name| ("Name".to_owned(), name.clone())));
        }
        "ScheduleV2" => return push_events::scheduler(event, &target.arn, &target.passed, "StartExecution"),
        "Api" => {
            let role = role("apigateway.amazonaws.com");
            rest_api::start_event(event, source, &attribute(&role.0, "Arn"), &target, context, state)?;
            return Ok(vec![role]);
        }
        other => {
            let message = format!("events of the type `{other}` are not expanded");
            return Err(unsupported(format!("{}/Type", event.at), message));
        }
    }
    set_state(event, &mut properties)?;
    let mut to = Map::from_iter([
        ("Arn".to_owned(), target.arn.clone()),
        ("Id".to_owned(), Value::from(target_id(event, "StepFunctionsTarget"))),
    ]);
    pass_event(event, &mut to, &["Input", "InputPath", "RetryPolicy", "InputTransformer"]);
    let mut made = dead_letters(event, &target.passed, &mut to, true)?;
    match event.get("RoleArn") {
        Some(arn) => {
            to.insert("RoleArn".to_owned(), arn.clone());
        }
        None => {
            let role = role("events.amazonaws.com");
            to.insert("RoleArn".to_owned(), attribute(&role.0, "Arn"));
            made.push(role);
        }
    }
    properties.insert("Targets".to_owned(), json!([to]));
    made.push((event.id.clone(), resource("AWS::Events::Rule", &target.passed, properties)));
    Ok(made)
}

/// A value with sorted keys.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, child)| (key.clone(), sorted(child))).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Replaces function calls and dynamic references by substitutions.
fn substitute(value: &mut Value, substitutions: &mut Map<String, Value>, count: &mut usize) {
    let is_dynamic =
        |value: &Value| value.as_str().is_some_and(|text| text.starts_with("{{resolve:") && text.ends_with("}}"));
    let children: Vec<&mut Value> = match value {
        Value::Object(map) => map.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return,
    };
    for child in children {
        if is_intrinsic(child) || is_dynamic(child) {
            *count += 1;
            let name = format!("definition_substitution_{count}");
            let key = Value::from(format!("${{{name}}}"));
            substitutions.insert(name, std::mem::replace(child, key));
        } else {
            substitute(child, substitutions, count);
        }
    }
}

/// The lines of the JSON text, indented by four spaces, with ASCII characters only.
fn lines(value: &Value) -> Vec<String> {
    use serde::Serialize as _;
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    if value.serialize(&mut serializer).is_err() {
        return Vec::new();
    }
    let mut text = String::new();
    for sign in String::from_utf8_lossy(&bytes).chars() {
        match sign.is_ascii() {
            true => text.push(sign),
            false => sign.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    text.split('\n').map(str::to_owned).collect()
}
