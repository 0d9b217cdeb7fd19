//! Events that a service sends.

use serde_json::{Map, Value, json};

use super::events::{Event, Target, dead_letters, pass_event, set_state, target_id};
use super::policies::Role;
use super::values::{allow, attribute, conditional, is_empty, reference, trust};
use super::{Context, Made, Result, State, invalid, pull_events, resource};

/// `Schedule`.
pub(super) fn schedule(event: &Event<'_>, target: &Target) -> Result<Made> {
    const KNOWN: &[&str] = &[
        "Schedule",
        "RuleName",
        "Input",
        "Enabled",
        "State",
        "Name",
        "Description",
        "DeadLetterConfig",
        "RetryPolicy",
    ];
    event.check(KNOWN, &[])?;
    let mut properties = Map::from_iter([("ScheduleExpression".to_owned(), event.need("Schedule")?.clone())]);
    pass_event(event, &mut properties, &["Name", "Description"]);
    finish_rule(event, target, properties)
}

/// `EventBridgeRule` and `CloudWatchEvent`.
pub(super) fn rule(event: &Event<'_>, target: &Target) -> Result<Made> {
    const KNOWN: &[&str] = &[
        "EventBusName",
        "RuleName",
        "Pattern",
        "DeadLetterConfig",
        "RetryPolicy",
        "Input",
        "InputPath",
        "Target",
        "Enabled",
        "State",
        "InputTransformer",
    ];
    event.check(KNOWN, &[])?;
    let mut properties = Map::new();
    pass_event(event, &mut properties, &["EventBusName"]);
    properties.extend(event.get("Pattern").map(|pattern| ("EventPattern".to_owned(), pattern.clone())));
    properties.extend(event.get("RuleName").map(|name| ("Name".to_owned(), name.clone())));
    finish_rule(event, target, properties)
}

fn finish_rule(event: &Event<'_>, target: &Target, mut properties: Map<String, Value>) -> Result<Made> {
    set_state(event, &mut properties)?;
    let mut to = Map::from_iter([
        ("Arn".to_owned(), target.arn.clone()),
        ("Id".to_owned(), Value::from(target_id(event, "LambdaTarget"))),
    ]);
    pass_event(event, &mut to, &["Input", "InputPath", "RetryPolicy", "InputTransformer"]);
    let mut made = dead_letters(event, &target.passed, &mut to, true)?;
    properties.insert("Targets".to_owned(), json!([to]));
    made.insert(0, (event.id.clone(), resource("AWS::Events::Rule", &target.passed, properties)));
    let given = json!({"Principal": "events.amazonaws.com", "SourceArn": attribute(&event.id, "Arn")});
    made.push(event.permission(target, "", given));
    Ok(made)
}

/// `ScheduleV2`, for a function (`Lambda`) or a state machine (`StartExecution`).
pub(super) fn scheduler(event: &Event<'_>, arn: &Value, passed: &Map<String, Value>, what: &str) -> Result<Made> {
    const KNOWN: &[&str] = &[
        "PermissionsBoundary",
        "ScheduleExpression",
        "FlexibleTimeWindow",
        "Name",
        "State",
        "Description",
        "StartDate",
        "EndDate",
        "ScheduleExpressionTimezone",
        "GroupName",
        "KmsKeyArn",
        "Input",
        "RoleArn",
        "DeadLetterConfig",
        "RetryPolicy",
        "OmitName",
    ];
    event.check(KNOWN, &[])?;
    event.need("ScheduleExpression")?;
    let mut properties = Map::new();
    let names = [
        "ScheduleExpression",
        "State",
        "Name",
        "Description",
        "StartDate",
        "EndDate",
        "ScheduleExpressionTimezone",
        "GroupName",
        "KmsKeyArn",
    ];
    pass_event(event, &mut properties, &names);
    if event.get("OmitName").is_none_or(is_empty) {
        properties.entry("Name").or_insert_with(|| Value::from(event.id.as_str()));
    } else if event.get("Name").is_some() {
        return Err(invalid(event.of("Name"), "`Name` cannot be set with `OmitName`"));
    }
    let window = event.get("FlexibleTimeWindow").filter(|window| !is_empty(window)).cloned();
    properties.insert("FlexibleTimeWindow".to_owned(), window.unwrap_or_else(|| json!({"Mode": "OFF"})));
    let mut target = Map::from_iter([("Arn".to_owned(), arn.clone())]);
    pass_event(event, &mut target, &["Input", "RetryPolicy"]);
    let mut made = dead_letters(event, passed, &mut target, false)?;
    match event.get("RoleArn") {
        Some(role) => {
            target.insert("RoleArn".to_owned(), role.clone());
        }
        None => {
            let id = format!("{}Role", event.id);
            let action = if what == "Lambda" { "lambda:InvokeFunction" } else { "states:StartExecution" };
            let mut policies = vec![allow(&format!("{}{what}Policy", event.id), action, arn)];
            if let Some(queue) = target.get("DeadLetterConfig").and_then(|config| config.get("Arn")) {
                policies.push(allow(&format!("{}SQSPolicy", event.id), "sqs:SendMessage", queue));
            }
            let mut role = Map::from_iter([
                ("AssumeRolePolicyDocument".to_owned(), trust("scheduler.amazonaws.com")),
                ("Policies".to_owned(), Value::Array(policies)),
            ]);
            pass_event(event, &mut role, &["PermissionsBoundary"]);
            target.insert("RoleArn".to_owned(), attribute(&id, "Arn"));
            made.push((id, resource("AWS::IAM::Role", passed, role)));
        }
    }
    properties.insert("Target".to_owned(), Value::Object(target));
    made.push((event.id.clone(), resource("AWS::Scheduler::Schedule", passed, properties)));
    Ok(made)
}

/// The resource of the template that a `Ref` names, as changed so far.
fn referred<'s>(
    event: &Event<'_>,
    name: &str,
    type_name: &str,
    context: &Context<'_>,
    state: &'s mut State,
) -> Result<(String, &'s mut Map<String, Value>)> {
    let id = event.need(name)?.get("Ref").and_then(Value::as_str).unwrap_or_default();
    let message = || invalid(event.of(name), format!("`{name}` must be a `!Ref` to an {type_name} of the template"));
    let found = context.resources.get(id).filter(|one| one.get("Type").and_then(Value::as_str) == Some(type_name));
    let found = found.ok_or_else(message)?;
    let changed = state.changed.entry(id.to_owned()).or_insert_with(|| found.clone());
    let changed = changed.as_object_mut().ok_or_else(message)?;
    if !changed.get("Properties").is_some_and(Value::is_object) {
        changed.insert("Properties".to_owned(), json!({}));
    }
    Ok((id.to_owned(), changed))
}

/// The mapping in a property, which is made if it is not there.
fn nested<'v>(event: &Event<'_>, at: &'v mut Value, names: &[&str]) -> Result<&'v mut Map<String, Value>> {
    let mut current = at;
    for name in names {
        let Some(map) = current.as_object_mut() else {
            return Err(invalid(&event.at, format!("`{name}` of the resource must be in a mapping")));
        };
        current = map.entry(*name).or_insert_with(|| json!({}));
        if current.is_null() {
            *current = json!({});
        }
    }
    current.as_object_mut().ok_or_else(|| invalid(&event.at, format!("`{}` must be a mapping", names.join("/"))))
}

/// `S3`.
pub(super) fn bucket(event: &Event<'_>, target: &Target, context: &Context<'_>, state: &mut State) -> Result<Made> {
    event.check(&["Bucket", "Events", "Filter"], &[])?;
    let events = match event.need("Events")? {
        Value::String(one) => vec![Value::from(one.as_str())],
        Value::Array(list) => list.clone(),
        _ => return Err(invalid(event.of("Events"), "`Events` must be the name of an event or a list of them")),
    };
    let given = json!({"Principal": "s3.amazonaws.com", "SourceAccount": reference("AWS::AccountId")});
    let (permission_id, permission) = event.permission(target, "", given);
    let (_, bucket) = referred(event, "Bucket", "AWS::S3::Bucket", context, state)?;
    match target.condition() {
        None => {
            let mut names = match bucket.get("DependsOn") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(list)) => list.clone(),
                Some(one) => vec![one.clone()],
            };
            let name = Value::from(permission_id.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
            bucket.insert("DependsOn".to_owned(), Value::Array(names));
        }
        // A dependency cannot have a condition; a reference can.
        Some(condition) => {
            let tag = json!({
                "Key": format!("sam:ConditionalDependsOn:{permission_id}"),
                "Value": {"Fn::If": [condition, reference(&permission_id), "no dependency"]},
            });
            let properties = bucket.entry("Properties").or_insert_with(|| json!({}));
            let tags = properties.as_object_mut().map(|map| map.entry("Tags").or_insert_with(|| json!([])));
            let Some(Value::Array(tags)) = tags else {
                return Err(invalid(event.of("Bucket"), "the `Tags` of the bucket must be a list"));
            };
            tags.push(tag);
        }
    }
    let properties = bucket.entry("Properties").or_insert_with(|| json!({}));
    let configuration = nested(event, properties, &["NotificationConfiguration"])?;
    let list = configuration.entry("LambdaConfigurations").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else {
        return Err(invalid(event.of("Bucket"), "the `LambdaConfigurations` of the bucket must be a list"));
    };
    for name in events {
        let mut one = Map::from_iter([("Function".to_owned(), target.arn.clone()), ("Event".to_owned(), name)]);
        pass_event(event, &mut one, &["Filter"]);
        let one = conditional(target.condition(), Value::Object(one));
        if !list.contains(&one) {
            list.push(one);
        }
    }
    Ok(vec![(permission_id, permission)])
}

/// `SNS`.
pub(super) fn topic(event: &Event<'_>, target: &Target, role: &mut Role, context: &Context<'_>) -> Result<Made> {
    let known = ["Topic", "Region", "FilterPolicy", "FilterPolicyScope", "SqsSubscription", "RedrivePolicy"];
    event.check(&known, &[])?;
    let topic = event.need("Topic")?;
    let subscription = |protocol: &str, endpoint: &Value| {
        let mut properties = Map::from_iter([
            ("Protocol".to_owned(), Value::from(protocol)),
            ("Endpoint".to_owned(), endpoint.clone()),
            ("TopicArn".to_owned(), topic.clone()),
        ]);
        pass_event(event, &mut properties, &["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);
        (event.id.clone(), resource("AWS::SNS::Subscription", &target.passed, properties))
    };
    let Some(through) = event.get("SqsSubscription").filter(|value| !is_empty(value)) else {
        let given = json!({"Principal": "sns.amazonaws.com", "SourceArn": topic});
        return Ok(vec![event.permission(target, "", given), subscription("lambda", &target.arn)]);
    };
    let mut made = Vec::new();
    let (arn, url, policy, batch_size) = match through {
        Value::Bool(_) => {
            let id = format!("{}Queue", event.id);
            let mut properties = Map::new();
            let name = topic.get("Ref").or_else(|| topic.get("Fn::GetAtt")?.get(0)).and_then(Value::as_str);
            let fifo = name.and_then(|name| context.resources.get(name)?.get("Properties")?.get("FifoTopic"));
            properties.extend(
                fifo.map(|fifo| context.resolve(fifo))
                    .filter(|fifo| !is_empty(fifo))
                    .map(|fifo| ("FifoQueue".to_owned(), fifo)),
            );
            made.push((id.clone(), resource("AWS::SQS::Queue", &target.passed, properties)));
            (attribute(&id, "Arn"), reference(&id), None, None)
        }
        Value::Object(given) => match (given.get("QueueArn"), given.get("QueueUrl")) {
            (Some(arn), Some(url)) => (
                arn.clone(),
                url.clone(),
                given.get("QueuePolicyLogicalId").and_then(Value::as_str),
                given.get("BatchSize"),
            ),
            _ => {
                return Err(invalid(event.of("SqsSubscription"), "a subscription needs a `QueueArn` and a `QueueUrl`"));
            }
        },
        _ => return Err(invalid(event.of("SqsSubscription"), "`SqsSubscription` must be true or a mapping")),
    };
    let statement = json!({
        "Action": "sqs:SendMessage", "Effect": "Allow", "Principal": "*", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    });
    let properties = Map::from_iter([
        ("PolicyDocument".to_owned(), json!({"Version": "2012-10-17", "Statement": [statement]})),
        ("Queues".to_owned(), json!([url])),
    ]);
    let policy = policy.map_or_else(|| format!("{}QueuePolicy", event.id), str::to_owned);
    made.push((policy, resource("AWS::SQS::QueuePolicy", &target.passed, properties)));
    made.push(pull_events::queue(&format!("{}EventSourceMapping", event.id), &arn, batch_size, target));
    made.push(subscription("sqs", &arn));
    role.attach(context.managed_policy("service-role/AWSLambdaSQSQueueExecutionRole"));
    Ok(made)
}

/// `CloudWatchLogs`.
pub(super) fn logs(event: &Event<'_>, target: &Target, context: &Context<'_>) -> Result<Made> {
    event.check(&["LogGroupName", "FilterPattern"], &[])?;
    let group = event.need("LogGroupName")?;
    let arn = format!(
        "arn:{}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{__LogGroupName__}}:*",
        context.partition
    );
    let source = json!({"Fn::Sub": [arn, {"__LogGroupName__": group}]});
    let given = json!({"Principal": "logs.amazonaws.com", "SourceArn": source});
    let permission = event.permission(target, "", given);
    let mut properties = Map::from_iter([
        ("LogGroupName".to_owned(), group.clone()),
        ("FilterPattern".to_owned(), event.need("FilterPattern")?.clone()),
        ("DestinationArn".to_owned(), target.arn.clone()),
    ]);
    properties.retain(|_, value| !value.is_null());
    let mut attributes = target.passed.clone();
    attributes.insert("DependsOn".to_owned(), json!([permission.0]));
    let filter = resource("AWS::Logs::SubscriptionFilter", &attributes, properties);
    Ok(vec![permission, (event.id.clone(), filter)])
}

/// `IoTRule`.
pub(super) fn iot(event: &Event<'_>, target: &Target, context: &Context<'_>) -> Result<Made> {
    event.check(&["Sql", "AwsIotSqlVersion"], &[])?;
    let arn = format!("arn:{}:iot:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{RuleName}}", context.partition);
    let given = json!({
        "Principal": "iot.amazonaws.com",
        "SourceArn": {"Fn::Sub": [arn, {"RuleName": reference(&event.id)}]},
        "SourceAccount": {"Fn::Sub": "${AWS::AccountId}"},
    });
    let mut payload = json!({
        "Sql": event.need("Sql")?, "RuleDisabled": false,
        "Actions": [{"Lambda": {"FunctionArn": target.arn}}],
    });
    if let Some(version) = event.get("AwsIotSqlVersion") {
        payload["AwsIotSqlVersion"] = version.clone();
    }
    let properties = Map::from_iter([("TopicRulePayload".to_owned(), payload)]);
    let rule = resource("AWS::IoT::TopicRule", &target.passed, properties);
    Ok(vec![event.permission(target, "", given), (event.id.clone(), rule)])
}

/// `Cognito`.
pub(super) fn user_pool(event: &Event<'_>, target: &Target, context: &Context<'_>, state: &mut State) -> Result<Made> {
    event.check(&["UserPool", "Trigger"], &[])?;
    let triggers: Vec<String> = match event.need("Trigger")? {
        Value::String(one) => vec![one.clone()],
        Value::Array(list) => list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => return Err(invalid(event.of("Trigger"), "`Trigger` must be the name of a trigger or a list of them")),
    };
    let (id, pool) = referred(event, "UserPool", "AWS::Cognito::UserPool", context, state)?;
    let properties = pool.entry("Properties").or_insert_with(|| json!({}));
    let config = nested(event, properties, &["LambdaConfig"])?;
    for trigger in triggers {
        if config.insert(trigger.clone(), target.arn.clone()).is_some() {
            return Err(invalid(event.of("Trigger"), format!("the trigger `{trigger}` is set more than once")));
        }
    }
    let given = json!({"Principal": "cognito-idp.amazonaws.com", "SourceArn": attribute(&id, "Arn")});
    let (_, permission) = event.permission(target, "", given);
    Ok(vec![(format!("{}CognitoPermission", target.id), permission)])
}
