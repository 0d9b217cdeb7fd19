//! Events of functions.

use serde_json::{Map, Value, json};

use crate::domain::pointer;

use super::policies::Role;
use super::simple::members;
use super::values::{attribute, hash, mapping, pass, reference};
use super::{Context, Made, Result, Source, State, invalid, pull_events, push_events, resource, unsupported};

/// What an event invokes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The logical id of the function or alias.
    pub id: String,
    /// Its ARN.
    pub arn: Value,
    /// Its name, or its ARN for an alias.
    pub name: Value,
    /// How a `Fn::Sub` refers to it.
    pub variable: String,
    /// The attributes of what is made for it.
    pub passed: Map<String, Value>,
}

impl Target {
    pub(super) fn function(source: &Source) -> Self {
        let id = source.id.clone();
        Self {
            arn: attribute(&id, "Arn"),
            name: reference(&id),
            variable: format!("${{{id}.Arn}}"),
            id,
            passed: source.passed.clone(),
        }
    }

    pub(super) fn alias(source: &Source, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            arn: reference(id),
            name: reference(id),
            variable: format!("${{{id}}}"),
            passed: source.passed.clone(),
        }
    }

    pub(super) fn condition(&self) -> Option<&str> {
        self.passed.get("Condition").and_then(Value::as_str)
    }
}

/// One event of a function or state machine.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// Its name.
    pub name: &'a str,
    /// The logical id of what is made of it.
    pub id: String,
    /// Its type.
    pub kind: &'a str,
    /// Its properties.
    pub properties: Map<String, Value>,
    /// The pointer to it.
    pub at: String,
}

impl Event<'_> {
    /// A property that has a value.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    /// A property that is required.
    pub(super) fn need(&self, name: &str) -> Result<&Value> {
        self.get(name).ok_or_else(|| invalid(&self.at, format!("the event `{}` needs `{name}`", self.name)))
    }

    /// A required text.
    pub(super) fn text(&self, name: &str) -> Result<&str> {
        let message = || invalid(self.of(name), format!("`{name}` must be a text"));
        self.need(name)?.as_str().ok_or_else(message)
    }

    /// The pointer to a property.
    pub(super) fn of(&self, name: &str) -> String {
        pointer::join(&format!("{}/Properties", self.at), name)
    }

    /// Fails if it has other properties.
    pub(super) fn check(&self, known: &[&str], not_expanded: &[&str]) -> Result<()> {
        for (name, _) in self.properties.iter().filter(|(_, value)| !value.is_null()) {
            if not_expanded.contains(&name.as_str()) {
                return Err(unsupported(self.of(name), format!("`{name}` of {} events is not expanded", self.kind)));
            }
            if !known.contains(&name.as_str()) {
                return Err(invalid(self.of(name), format!("{} events have no property `{name}`", self.kind)));
            }
        }
        Ok(())
    }

    /// The permission to invoke a target.
    pub(super) fn permission(&self, target: &Target, suffix: &str, given: Value) -> (String, Value) {
        let is_plain = !suffix.is_empty() && suffix.chars().all(char::is_alphanumeric);
        let suffix = if is_plain { suffix.to_owned() } else { hash(suffix) };
        let mut properties = Map::from_iter([
            ("Action".to_owned(), Value::from("lambda:InvokeFunction")),
            ("FunctionName".to_owned(), target.name.clone()),
        ]);
        properties
            .extend(given.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()));
        let id = format!("{}Permission{suffix}", self.id);
        (id, resource("AWS::Lambda::Permission", &target.passed, properties))
    }
}

/// The events of a resource.
pub(super) fn read(source: &Source) -> Result<Vec<Event<'_>>> {
    let mut events = Vec::new();
    for (name, event) in members(source, "Events")?.into_iter().flatten() {
        let at = pointer::join("/Events", name);
        let Some(kind) = mapping(event).and_then(|event| event.get("Type")).and_then(Value::as_str) else {
            return Err(invalid(at, format!("the event `{name}` must be a mapping with a `Type`")));
        };
        let properties = match event.get("Properties") {
            None | Some(Value::Null) => Map::new(),
            Some(value) => match mapping(value) {
                Some(map) => map.clone(),
                None => return Err(invalid(at, format!("the properties of the event `{name}` must be a mapping"))),
            },
        };
        events.push(Event { name, id: format!("{}{name}", source.id), kind, properties, at });
    }
    Ok(events)
}

/// What is made of the events of a function.
pub(super) fn of_function(
    source: &Source,
    target: &Target,
    role: &mut Role,
    context: &Context<'_>,
    state: &mut State,
) -> Result<Made> {
    let mut events = read(source)?;
    let order = |event: &Event<'_>| match event.get("Path").and_then(Value::as_str) {
        Some(path) => path.to_owned(),
        // The default route covers the other ones.
        None if event.kind == "HttpApi" && event.get("Method").is_none() => super::http_api::DEFAULT.to_owned(),
        None => event.name.to_owned(),
    };
    events.sort_by_key(order);
    let mut made = Vec::new();
    for event in &events {
        made.extend(match event.kind {
            "Schedule" => push_events::schedule(event, target)?,
            "CloudWatchEvent" | "EventBridgeRule" => push_events::rule(event, target)?,
            "ScheduleV2" => push_events::scheduler(event, &target.arn, &target.passed, "Lambda")?,
            "S3" => push_events::bucket(event, target, context, state)?,
            "SNS" => push_events::topic(event, target, role, context)?,
            "CloudWatchLogs" => push_events::logs(event, target, context)?,
            "IoTRule" => push_events::iot(event, target, context)?,
            "Cognito" => push_events::user_pool(event, target, context, state)?,
            "AlexaSkill" => {
                event.check(&["SkillId"], &[])?;
                let given = json!({"Principal": "alexa-appkit.amazon.com", "EventSourceToken": event.get("SkillId")});
                vec![event.permission(target, "", given)]
            }
            "Api" => super::rest_api::event(event, source, target, context, state)?,
            "HttpApi" => super::http_api::event(event, source, target, context, state)?,
            "SQS" | "Kinesis" | "DynamoDB" | "MSK" | "MQ" | "SelfManagedKafka" | "DocumentDB" => {
                pull_events::mapping(event, target, role, context)?
            }
            other => {
                let message = format!("events of the type `{other}` are not expanded");
                return Err(unsupported(pointer::join(&event.at, "Type"), message));
            }
        });
    }
    Ok(made)
}

/// The state that `Enabled` and `State` give.
pub(super) fn set_state(event: &Event<'_>, properties: &mut Map<String, Value>) -> Result<()> {
    match (event.get("State"), event.get("Enabled")) {
        (Some(_), Some(_)) => return Err(invalid(&event.at, "`State` and `Enabled` cannot both be set")),
        (Some(state), None) => {
            properties.insert("State".to_owned(), state.clone());
        }
        (None, Some(enabled)) => {
            let state = if super::values::is_empty(enabled) { "DISABLED" } else { "ENABLED" };
            properties.insert("State".to_owned(), Value::from(state));
        }
        (None, None) => {}
    }
    Ok(())
}

/// The id of a rule's target, within its maximum length.
pub(super) fn target_id(event: &Event<'_>, suffix: &str) -> String {
    let given = event.get("Target").and_then(|target| target.get("Id")).and_then(Value::as_str);
    given.map_or_else(|| event.id.chars().take(64 - suffix.len()).chain(suffix.chars()).collect(), str::to_owned)
}

/// Adds the dead-letter queue of a rule to its target; returns what is made for it.
pub(super) fn dead_letters(
    event: &Event<'_>,
    passed: &Map<String, Value>,
    target: &mut Map<String, Value>,
    has_policy: bool,
) -> Result<Made> {
    let Some(config) = event.get("DeadLetterConfig") else { return Ok(Vec::new()) };
    let at = event.of("DeadLetterConfig");
    let mut made = Vec::new();
    let arn = match (config.get("Arn"), config.get("Type").and_then(Value::as_str)) {
        (Some(arn), None) => arn.clone(),
        (None, Some("SQS")) => {
            let id = match config.get("QueueLogicalId") {
                None => format!("{}Queue", event.id),
                Some(Value::String(id)) => id.clone(),
                Some(_) => return Err(invalid(at, "`QueueLogicalId` must be a name")),
            };
            let arn = attribute(&id, "Arn");
            made.push((id.clone(), resource("AWS::SQS::Queue", passed, Map::new())));
            if has_policy {
                let statement = json!({
                    "Action": "sqs:SendMessage", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                    "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": attribute(&event.id, "Arn")}},
                });
                let properties = Map::from_iter([
                    ("PolicyDocument".to_owned(), json!({"Version": "2012-10-17", "Statement": [statement]})),
                    ("Queues".to_owned(), json!([reference(&id)])),
                ]);
                made.push((format!("{}QueuePolicy", event.id), resource("AWS::SQS::QueuePolicy", passed, properties)));
            }
            arn
        }
        _ => return Err(invalid(at, "a dead-letter queue has either an `Arn` or the `Type` SQS")),
    };
    target.insert("DeadLetterConfig".to_owned(), json!({"Arn": arn}));
    Ok(made)
}

/// Copies properties of an event.
pub(super) fn pass_event(event: &Event<'_>, into: &mut Map<String, Value>, names: &[&str]) {
    pass(&event.properties, into, names);
}
