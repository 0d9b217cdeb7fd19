//! What the services refuse of a model that is valid by the schema of its type, with their messages.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::HandlerFailure;

type Model = Map<String, Value>;

/// Refuses a model.
pub(in super::super) fn check(type_name: &str, model: &Model) -> Result<(), HandlerFailure> {
    let refused = match type_name {
        "AWS::IAM::Role" => role(model),
        "AWS::IAM::User" | "AWS::IAM::Group" => inline(model),
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy" => {
            model.get("PolicyDocument").and_then(|document| policy(document, false))
        }
        "AWS::DynamoDB::Table" => table(model),
        "AWS::Lambda::Function" => function(model),
        "AWS::ElasticLoadBalancingV2::Listener" => listener(model),
        "AWS::StepFunctions::StateMachine" => state_machine(model),
        "AWS::Events::Rule" => event_rule(model),
        _ => None,
    };
    refused.map_or(Ok(()), |message| Err(HandlerFailure::new("InvalidRequest", message)))
}

fn role(model: &Model) -> Option<String> {
    model.get("AssumeRolePolicyDocument").and_then(|document| policy(document, true)).or_else(|| inline(model))
}

fn inline(model: &Model) -> Option<String> {
    let policies = model.get("Policies").and_then(Value::as_array);
    policies.into_iter().flatten().find_map(|one| policy(one.get("PolicyDocument")?, false))
}

/// The values of a key that holds one or several.
fn listed<'a>(statement: &'a Value, keys: [&str; 2]) -> Vec<&'a Value> {
    let all = keys.into_iter().filter_map(|key| statement.get(key));
    all.flat_map(|value| value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())).collect()
}

/// The message of IAM about a policy document.
fn policy(document: &Value, is_trust: bool) -> Option<String> {
    let parsed: Option<Value> = document.as_str().and_then(|text| serde_json::from_str(text).ok());
    let document = parsed.as_ref().unwrap_or(document);
    if document.get("Version").is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
        return Some("Policy document must be version 2012-10-17 or greater.".to_owned());
    }
    let Some(statements) = document.get("Statement") else { return Some("Syntax errors in policy.".to_owned()) };
    let statements = statements.as_array().map_or_else(|| vec![statements], |list| list.iter().collect());
    let mut sids = BTreeSet::new();
    for statement in statements {
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Some("Syntax errors in policy.".to_owned());
        }
        if let Some(sid) = statement.get("Sid").and_then(Value::as_str)
            && !sid.is_empty()
            && !sids.insert(sid)
        {
            return Some("Statement IDs (SID) in a single policy must be unique.".to_owned());
        }
        let has = |keys: [&str; 2]| keys.iter().any(|key| statement.get(key).is_some());
        if !has(["Action", "NotAction"]) {
            return Some("Policy statement must contain actions.".to_owned());
        }
        for action in listed(statement, ["Action", "NotAction"]).iter().filter_map(|action| action.as_str()) {
            if action != "*" && !action.contains(':') {
                return Some("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned());
            }
            if is_trust && action != "*" && !action.to_ascii_lowercase().starts_with("sts:") {
                return Some("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
            }
        }
        if is_trust {
            if has(["Resource", "NotResource"]) {
                return Some("Has prohibited field Resource".to_owned());
            }
            if !has(["Principal", "NotPrincipal"]) {
                return Some("Missing required field Principal".to_owned());
            }
            continue;
        }
        if has(["Principal", "NotPrincipal"]) {
            return Some("Policy document should not specify a principal.".to_owned());
        }
        if !has(["Resource", "NotResource"]) {
            return Some("Policy statement must contain resources.".to_owned());
        }
        for resource in listed(statement, ["Resource", "NotResource"]).iter().filter_map(|one| one.as_str()) {
            if resource != "*" && !resource.starts_with("arn:") {
                return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
            }
        }
    }
    None
}

/// The attributes of a list of keys or definitions.
fn attributes(value: Option<&Value>) -> Vec<&str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| one.get("AttributeName").and_then(Value::as_str)).collect()
}

fn table(model: &Model) -> Option<String> {
    const INVALID: &str = "One or more parameter values were invalid";
    let defined = attributes(model.get("AttributeDefinitions"));
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].into_iter().filter_map(|name| model.get(name));
    let indexes: Vec<&Value> = indexes.filter_map(Value::as_array).flatten().collect();
    let mut keys = attributes(model.get("KeySchema"));
    keys.extend(indexes.iter().flat_map(|index| attributes(index.get("KeySchema"))));
    let missing: Vec<&str> = keys.iter().copied().filter(|key| !defined.contains(key)).collect();
    if !missing.is_empty() {
        let (missing, defined) = (missing.join(", "), defined.join(", "));
        return Some(format!(
            "{INVALID}: Some index key attributes are not defined in AttributeDefinitions. Keys: [{missing}], \
             AttributeDefinitions: [{defined}]"
        ));
    }
    if defined.iter().any(|name| !keys.contains(name)) {
        return Some(format!(
            "{INVALID}: Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions"
        ));
    }
    // Reads return a throughput of zero for tables that are billed by request.
    let capacity = model.get("ProvisionedThroughput").and_then(|units| units.get("ReadCapacityUnits"));
    if model.get("BillingMode").is_some_and(|mode| mode == "PAY_PER_REQUEST")
        && capacity.and_then(Value::as_i64).is_some_and(|units| units > 0)
    {
        return Some(format!(
            "{INVALID}: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        ));
    }
    None
}

fn function(model: &Model) -> Option<String> {
    let is_image = model.get("PackageType").is_some_and(|kind| kind == "Image");
    let has_entry = model.contains_key("Handler") && model.contains_key("Runtime");
    if !is_image && !has_entry {
        return Some(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.".to_owned(),
        );
    }
    let variables = model.get("Environment").and_then(|environment| environment.get("Variables")?.as_object());
    let reserved = variables.into_iter().flat_map(Map::keys).find(|name| {
        [
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "_HANDLER",
        ]
        .contains(&name.as_str())
    })?;
    Some(format!(
        "Lambda was unable to configure your environment variables because the environment variables you have provided \
         contains reserved keys that are currently not supported for modification. Reserved keys used in this request: \
         {reserved}"
    ))
}

fn listener(model: &Model) -> Option<String> {
    let protocol = model.get("Protocol").and_then(Value::as_str).filter(|one| ["HTTPS", "TLS"].contains(one))?;
    let has_one = model.get("Certificates").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    (!has_one).then(|| format!("A certificate must be specified for {protocol} listeners"))
}

fn state_machine(model: &Model) -> Option<String> {
    let text = model.get("DefinitionString").and_then(Value::as_str).filter(|text| !text.contains("${"))?;
    let problem = match serde_json::from_str::<Value>(text) {
        Err(_) => "INVALID_JSON_DESCRIPTION: The definition is not valid JSON",
        Ok(definition) => {
            let start = definition.get("StartAt").and_then(Value::as_str);
            let states = definition.get("States").and_then(Value::as_object);
            match (start, states) {
                (Some(start), Some(states)) if states.contains_key(start) => return None,
                (Some(_), Some(_)) => "MISSING_TRANSITION_TARGET: The StartAt state does not exist at /StartAt",
                _ => "SCHEMA_VALIDATION_FAILED: The field 'StartAt' or 'States' is missing at /",
            }
        }
    };
    Some(format!("Invalid State Machine Definition: '{problem}'"))
}

fn event_rule(model: &Model) -> Option<String> {
    let schedule = model.get("ScheduleExpression").and_then(Value::as_str);
    if schedule.is_none() && !model.contains_key("EventPattern") {
        return Some("Parameter(s) EventPattern or ScheduleExpression must be specified.".to_owned());
    }
    let is_valid = |text: &str| {
        let inner = |kind: &str| text.strip_prefix(kind)?.strip_suffix(')').map(|text| text.split(' ').count());
        inner("rate(") == Some(2) || inner("cron(") == Some(6)
    };
    schedule.filter(|text| !is_valid(text)).map(|_| "Parameter ScheduleExpression is not valid.".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The message about a model with changes.
    fn refused(type_name: &str, model: &Value, changes: &[(&str, Value)]) -> Option<String> {
        let mut model = model.clone();
        for (at, value) in changes {
            let (parent, name) = at.rsplit_once('/').unwrap();
            let parent = model.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            if value.is_null() {
                parent.shift_remove(name)
            } else {
                parent.insert(name.to_owned(), value.clone())
            };
        }
        check(type_name, model.as_object().unwrap()).err().map(|failure| failure.message)
    }

    #[test]
    fn services_refuse_with_their_messages() {
        let role = json!({
            "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}}}]});
        let table = json!({"BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "a"}],
            "KeySchema": [{"AttributeName": "a"}]});
        let function = json!({"Handler": "h", "Runtime": "r", "Environment": {"Variables": {"A": "b"}}});
        let trust = "/AssumeRolePolicyDocument/Statement/0";
        let own = "/Policies/0/PolicyDocument/Statement";
        let at = |base: &str, name: &str| format!("{base}/{name}");
        for (type_name, model, place, value, message) in [
            ("AWS::IAM::Role", &role, at(trust, "Effect"), json!("NotAllow"), "Syntax errors in policy."),
            ("AWS::IAM::Role", &role, at(trust, "Resource"), json!("*"), "Has prohibited field Resource"),
            ("AWS::IAM::Role", &role, at(trust, "Action"), json!("s3:*"), "AssumeRole policy may only specify"),
            ("AWS::IAM::Role", &role, at(trust, "Principal"), Value::Null, "Missing required field Principal"),
            ("AWS::IAM::Role", &role, at(own, "Resource"), Value::Null, "Policy statement must contain resources."),
            ("AWS::IAM::Role", &role, at(own, "Resource"), json!("b"), "Resource b must be in ARN format"),
            ("AWS::IAM::Role", &role, at(own, "Action"), Value::Null, "Policy statement must contain actions."),
            ("AWS::IAM::Role", &role, at(own, "Action"), json!("Get"), "prefaced by a vendor"),
            ("AWS::IAM::Role", &role, at(own, "Principal"), json!("*"), "should not specify a principal"),
            (
                "AWS::DynamoDB::Table",
                &table,
                "/KeySchema".into(),
                json!([{"AttributeName": "z"}]),
                "Some index key attributes",
            ),
            ("AWS::DynamoDB::Table", &table, "/KeySchema".into(), json!([]), "Number of attributes in KeySchema"),
            (
                "AWS::DynamoDB::Table",
                &table,
                "/ProvisionedThroughput".into(),
                json!({"ReadCapacityUnits": 1}),
                "Neither ReadCapacityUnits",
            ),
            ("AWS::Lambda::Function", &function, "/Handler".into(), Value::Null, "Runtime and Handler are mandatory"),
            (
                "AWS::Lambda::Function",
                &function,
                "/Environment/Variables/AWS_REGION".into(),
                json!("x"),
                "reserved keys",
            ),
            (
                "AWS::ElasticLoadBalancingV2::Listener",
                &json!({"Protocol": "HTTP"}),
                "/Protocol".into(),
                json!("TLS"),
                "A certificate must",
            ),
            (
                "AWS::Events::Rule",
                &json!({"ScheduleExpression": "rate(1 day)"}),
                "/ScheduleExpression".into(),
                json!("daily"),
                "is not valid",
            ),
            (
                "AWS::StepFunctions::StateMachine",
                &json!({}),
                "/DefinitionString".into(),
                json!("{"),
                "INVALID_JSON_DESCRIPTION",
            ),
        ] {
            assert_eq!(refused(type_name, model, &[]), None, "{type_name}");
            let found = refused(type_name, model, &[(&place, value)]);
            assert!(found.as_ref().is_some_and(|found| found.contains(message)), "{place}: {found:?}");
        }
    }
}
