//! `AWS::Serverless::Function`.

use serde_json::{Map, Value, json};

use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;

use super::events::{self, Target};
use super::policies::Role;
use super::simple::{members, place};
use super::values::{
    allow, attribute, hash, is_empty, is_no_value, mapping, pass, reference, stable_text, tag_list, trust,
};
use super::{Context, Made, Result, Source, State, invalid, resource, unsupported};

const KNOWN: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "CodeUri",
    "ImageUri",
    "PackageType",
    "InlineCode",
    "DeadLetterQueue",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Role",
    "AssumeRolePolicyDocument",
    "Policies",
    "RolePath",
    "PermissionsBoundary",
    "Environment",
    "Events",
    "Tags",
    "Tracing",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "EventInvokeConfig",
    "EphemeralStorage",
    "AutoPublishAlias",
    "AutoPublishCodeSha256",
    "VersionDescription",
    "ProvisionedConcurrencyConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "CodeSigningConfigArn",
    "Architectures",
    "SnapStart",
    "FunctionUrlConfig",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "RecursiveLoop",
    "SourceKMSKeyArn",
    "VersionDeletionPolicy",
];

const NOT_EXPANDED: &[&str] = &[
    "PropagateTags",
    "DeploymentPreference",
    "AutoPublishAliasAllProperties",
    "CapacityProviderConfig",
    "FunctionScalingConfig",
    "PublishToLatestPublished",
    "TenancyConfig",
    "DurableConfig",
];

/// Properties that the function has as they are.
const PASSED: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Role",
    "Environment",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "PackageType",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "CodeSigningConfigArn",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "RecursiveLoop",
];

/// Tags with the mark that the translator sets.
pub(super) fn marked_tags(mark: &str, tags: Option<&Value>) -> Value {
    let mut list = vec![json!({"Key": mark, "Value": "SAM"})];
    list.extend(tag_list(tags));
    Value::Array(list)
}

/// Expands a function.
pub(super) fn expand(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    let mut source = source.clone();
    if source.get("PropagateTags").is_some_and(|value| value == false) {
        source.properties.shift_remove("PropagateTags");
    }
    let source = &source;
    source.check(KNOWN, NOT_EXPANDED)?;
    members(source, "Tags")?;
    let id = source.id.as_str();
    let mut function = Map::new();
    pass(&source.properties, &mut function, PASSED);
    function.insert("Code".to_owned(), code(source, state)?);
    function.insert("Tags".to_owned(), marked_tags("lambda:createdBy", source.get("Tags")));
    let mut role = Role::default();
    role.attach(context.managed_policy("service-role/AWSLambdaBasicExecutionRole"));
    if let Some(tracing) = source.get("Tracing").filter(|tracing| context.resolve(tracing) != "Disabled") {
        function.insert("TracingConfig".to_owned(), json!({"Mode": tracing}));
        let name = if context.partition == "aws" { "AWSXrayWriteOnlyAccess" } else { "AWSXRayDaemonWriteAccess" };
        role.attach(context.managed_policy(name));
    }
    if source.get("VpcConfig").is_some_and(|value| !is_empty(value)) {
        role.attach(context.managed_policy("service-role/AWSLambdaVPCAccessExecutionRole"));
    }
    if let Some(queue) = source.get("DeadLetterQueue") {
        let (kind, arn) = (queue.get("Type").and_then(Value::as_str), queue.get("TargetArn"));
        let action = match kind {
            Some("SQS") => "sqs:SendMessage",
            Some("SNS") => "sns:Publish",
            _ => return Err(invalid("/DeadLetterQueue", "a dead-letter queue needs a `Type` of `SQS` or `SNS`")),
        };
        let Some(arn) = arn else { return Err(invalid("/DeadLetterQueue", "a dead-letter queue needs a `TargetArn`")) };
        function.insert("DeadLetterConfig".to_owned(), json!({"TargetArn": arn}));
        let mut policy = allow("DeadLetterQueuePolicy", action, arn);
        policy["PolicyDocument"]["Version"] = Value::from("2012-10-17");
        role.inline.push(policy);
    }
    let role_id = format!("{id}Role");
    let has_role = function.contains_key("Role");
    if source.get("Role").is_some_and(|role| is_intrinsic(role) && has_no_value_branch(role)) {
        return Err(unsupported("/Role", "a role that may be absent is not expanded"));
    }
    if !has_role {
        function.insert("Role".to_owned(), attribute(&role_id, "Arn"));
    }
    let mut made = Vec::new();
    let mut target = Target::function(source);
    let alias = match source.get("AutoPublishAlias").map(|name| context.resolve(name)) {
        None => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => {
            let message = "`AutoPublishAlias` must be a name or a parameter with a value";
            return Err(invalid("/AutoPublishAlias", message));
        }
    };
    if let Some(alias) = &alias {
        publish(source, alias, &mut function, context, state, &mut made)?;
        target = Target::alias(source, &alias_id(id, alias));
    } else if source.get("ProvisionedConcurrencyConfig").is_some() {
        let message = "`ProvisionedConcurrencyConfig` needs an `AutoPublishAlias`";
        return Err(invalid("/ProvisionedConcurrencyConfig", message));
    }
    url(source, alias.is_some(), &target, &mut made)?;
    invocation(source, alias.as_deref(), context, &mut role, &mut made)?;
    role.add_policies(&role_id, source.get("Policies"), context)?;
    made.extend(events::of_function(source, &target, &mut role, context, state)?);
    if !has_role {
        let trust = match source.get("AssumeRolePolicyDocument") {
            Some(document) => document.clone(),
            None => trust("lambda.amazonaws.com"),
        };
        let mut others = Map::new();
        others.extend(source.get("RolePath").map(|path| ("Path".to_owned(), path.clone())));
        pass(&source.properties, &mut others, &["PermissionsBoundary"]);
        others.insert("Tags".to_owned(), marked_tags("lambda:createdBy", source.get("Tags")));
        made.push((role_id, resource("AWS::IAM::Role", &source.passed, role.properties(trust, others))));
    }
    made.insert(0, (id.to_owned(), resource("AWS::Lambda::Function", &source.own, function)));
    Ok(made)
}

/// True for an `Fn::If` with a branch that gives nothing.
fn has_no_value_branch(value: &Value) -> bool {
    let branches = value.get("Fn::If").and_then(Value::as_array).into_iter().flatten().skip(1);
    branches.into_iter().any(is_no_value)
}

/// `Code`.
fn code(source: &Source, state: &mut State) -> Result<Value> {
    let is_image = source.get("PackageType").is_some_and(|kind| kind == "Image");
    if is_image {
        if let Some(name) = ["Handler", "Runtime", "Layers"].into_iter().find(|name| source.get(name).is_some()) {
            return Err(invalid(pointer::join("", name), format!("`{name}` is not for functions from images")));
        }
        return match source.get("ImageUri") {
            Some(Value::String(uri)) if !uri.contains(".dkr.ecr.") && !uri.contains("{{resolve") => {
                state.local.push(("/ImageUri".to_owned(), uri.clone()));
                Ok(crate::domain::symbol::faulty(super::simple::LOCAL.as_str(), Value::from(uri.as_str())))
            }
            Some(uri) => Ok(json!({"ImageUri": uri})),
            None => {
                state.local.push(("/PackageType".to_owned(), "Dockerfile".to_owned()));
                Ok(crate::domain::symbol::faulty(super::simple::LOCAL.as_str(), Value::Null))
            }
        };
    }
    for name in ["Handler", "Runtime"] {
        if source.get(name).is_none() {
            return Err(invalid("", format!("a function needs a `{name}`")));
        }
    }
    let mut code = match (source.get("InlineCode"), source.get("CodeUri")) {
        (Some(text), _) => json!({"ZipFile": text}),
        (None, Some(uri)) => place(uri, "/CodeUri", ["S3Bucket", "S3Key", "S3ObjectVersion"], state)?,
        (None, None) => return Err(invalid("", "a function needs `InlineCode` or a `CodeUri`")),
    };
    if let (Some(key), Some(map)) = (source.get("SourceKMSKeyArn"), code.as_object_mut().filter(|map| map.len() > 1)) {
        map.insert("SourceKMSKeyArn".to_owned(), key.clone());
    }
    Ok(code)
}

fn alias_id(function: &str, alias: &str) -> String {
    format!("{function}Alias{}", alias.replace('-', "D").replace('_', "U"))
}

/// The version and the alias of `AutoPublishAlias`.
fn publish(
    source: &Source,
    alias: &str,
    function: &mut Map<String, Value>,
    context: &Context<'_>,
    state: &mut State,
    made: &mut Made,
) -> Result<()> {
    let is_valid = !alias.is_empty()
        && alias.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign))
        && !alias.chars().all(|sign| sign.is_ascii_digit());
    if !is_valid {
        let message = "the name of an alias has letters, digits, `-` and `_`, and not only digits";
        return Err(invalid("/AutoPublishAlias", message));
    }
    let given = match source.get("AutoPublishCodeSha256").map(|hash| context.resolve(hash)) {
        None => None,
        Some(Value::String(hash)) => Some(hash),
        Some(_) => return Err(invalid("/AutoPublishCodeSha256", "`AutoPublishCodeSha256` must be a text")),
    };
    let id = source.id.as_str();
    let suffix = match &given {
        Some(given) => given.chars().take(10).collect(),
        None => {
            let code = function.get("Code").cloned().unwrap_or_default();
            let mut hashed = context.with_parameters(&code).as_object().cloned().unwrap_or_default();
            if let Some(environment) = function.get("Environment").and_then(mapping) {
                hashed.extend(environment.clone());
            }
            if let Some(memory) = function.get("MemorySize").filter(|value| !is_empty(value)) {
                hashed.insert("MemorySize".to_owned(), memory.clone());
            }
            if let Some(snap_start) = function.get("SnapStart")
                && snap_start.get("ApplyOn").is_some_and(|value| value != "None")
            {
                hashed.insert("SnapStart".to_owned(), snap_start.clone());
            }
            hash(&stable_text(&Value::Object(hashed)))
        }
    };
    if let Some(given) = given {
        let description = match function.get("Description").map(|text| context.resolve(text)) {
            Some(Value::String(text)) if !text.is_empty() => Value::from(format!("{text} {given}")),
            Some(other) if !is_empty(&other) => json!({"Fn::Join": [" ", [other, given]]}),
            _ => Value::from(given),
        };
        function.insert("Description".to_owned(), description);
    }
    let version_id = format!("{id}Version{suffix}");
    let mut attributes = source.passed.clone();
    let policy = source.get("VersionDeletionPolicy").cloned().unwrap_or_else(|| Value::from("Retain"));
    attributes.entry("DeletionPolicy").or_insert(policy);
    let mut version = Map::from_iter([("FunctionName".to_owned(), reference(id))]);
    version.extend(source.get("VersionDescription").map(|text| ("Description".to_owned(), text.clone())));
    let alias_id = alias_id(id, alias);
    let mut properties = Map::from_iter([
        ("Name".to_owned(), Value::from(alias)),
        ("FunctionName".to_owned(), reference(id)),
        ("FunctionVersion".to_owned(), attribute(&version_id, "Version")),
    ]);
    pass(&source.properties, &mut properties, &["ProvisionedConcurrencyConfig"]);
    state.names.insert(format!("{id}.Version"), version_id.clone());
    state.names.insert(format!("{id}.Alias"), alias_id.clone());
    made.push((version_id, resource("AWS::Lambda::Version", &attributes, version)));
    made.push((alias_id, resource("AWS::Lambda::Alias", &source.passed, properties)));
    Ok(())
}

/// `FunctionUrlConfig`.
fn url(source: &Source, has_alias: bool, target: &Target, made: &mut Made) -> Result<()> {
    let Some(config) = members(source, "FunctionUrlConfig")? else { return Ok(()) };
    let kind = config.get("AuthType").cloned().unwrap_or_default();
    if !(kind == "NONE" || kind == "AWS_IAM" || is_intrinsic(&kind)) {
        return Err(invalid("/FunctionUrlConfig/AuthType", "`AuthType` must be `AWS_IAM` or `NONE`"));
    }
    let id = source.id.as_str();
    let named = if has_alias { target.arn.clone() } else { reference(id) };
    let mut properties = Map::new();
    pass(config, &mut properties, &["Cors", "AuthType", "InvokeMode"]);
    properties.insert("TargetFunctionArn".to_owned(), named.clone());
    made.push((format!("{id}Url"), resource("AWS::Lambda::Url", &source.passed, properties)));
    if kind == "NONE" {
        let permission = |rest: Value| {
            let mut properties = Map::from_iter([
                ("FunctionName".to_owned(), named.clone()),
                ("Principal".to_owned(), Value::from("*")),
            ]);
            properties.extend(rest.as_object().cloned().unwrap_or_default());
            resource("AWS::Lambda::Permission", &source.passed, properties)
        };
        let by_url = json!({"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": kind});
        made.push((format!("{id}UrlPublicPermissions"), permission(by_url)));
        let invoke = json!({"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": true});
        made.push((format!("{id}URLInvokeAllowPublicAccess"), permission(invoke)));
    }
    Ok(())
}

/// `EventInvokeConfig`.
fn invocation(
    source: &Source,
    alias: Option<&str>,
    context: &Context<'_>,
    role: &mut Role,
    made: &mut Made,
) -> Result<()> {
    let Some(config) = members(source, "EventInvokeConfig")? else { return Ok(()) };
    let config = context.resolve(&Value::Object(config.clone()));
    let id = format!("{}EventInvokeConfig", source.id);
    let mut destinations = Map::new();
    let given = config.get("DestinationConfig").filter(|value| !is_empty(value));
    if given.is_some_and(|given| mapping(given).is_none()) {
        return Err(invalid("/EventInvokeConfig/DestinationConfig", "`DestinationConfig` must be a mapping"));
    }
    for event in ["OnSuccess", "OnFailure"] {
        let Some(one) = given.and_then(|given| given.get(event)).filter(|one| !one.is_null()) else { continue };
        let at = format!("/EventInvokeConfig/DestinationConfig/{event}");
        let kind = one.get("Type").and_then(Value::as_str).unwrap_or_default();
        let name = format!("{id}{event}");
        let mut arn = one.get("Destination").cloned().unwrap_or_default();
        if arn.get("Fn::If").is_some() {
            return Err(unsupported(at, "a destination that depends on a condition is not expanded"));
        }
        if arn.is_null() {
            let (suffix, type_name, of) = match kind {
                "SQS" => ("Queue", "AWS::SQS::Queue", "Arn"),
                "SNS" => ("Topic", "AWS::SNS::Topic", ""),
                _ => return Err(invalid(at, "a destination is required unless its `Type` is `SQS` or `SNS`")),
            };
            let made_id = format!("{name}{suffix}");
            arn = if of.is_empty() { reference(&made_id) } else { attribute(&made_id, of) };
            made.push((made_id, resource(type_name, &source.passed, Map::new())));
        }
        let policy = match kind {
            "SQS" => allow(&format!("{name}SQSPolicy"), "sqs:SendMessage", &arn),
            "SNS" => allow(&format!("{name}SNSPolicy"), "sns:publish", &arn),
            "EventBridge" => allow(&format!("{name}EventBridgePolicy"), "events:PutEvents", &arn),
            "Lambda" => allow(&format!("{name}LambdaPolicy"), "lambda:InvokeFunction", &arn),
            "S3Bucket" => bucket_policy(&name, &arn),
            _ => return Err(invalid(at, "`Type` must be SQS, SNS, EventBridge, Lambda or S3Bucket")),
        };
        role.inline.push(policy);
        destinations.insert(event.to_owned(), json!({"Destination": arn}));
    }
    let mut properties = Map::from_iter([
        ("FunctionName".to_owned(), reference(&source.id)),
        ("Qualifier".to_owned(), Value::from(alias.unwrap_or("$LATEST"))),
        ("DestinationConfig".to_owned(), Value::Object(destinations)),
    ]);
    let none = Map::new();
    let given = config.as_object().unwrap_or(&none);
    pass(given, &mut properties, &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]);
    let mut attributes = source.own.clone();
    attributes.shift_remove("DependsOn");
    if let Some(alias) = alias {
        attributes.insert("DependsOn".to_owned(), json!([alias_id(&source.id, alias)]));
    }
    made.push((id, resource("AWS::Lambda::EventInvokeConfig", &attributes, properties)));
    Ok(())
}

/// The policy for a bucket that events are sent to.
pub(super) fn bucket_policy(name: &str, arn: &Value) -> Value {
    let mut policy = allow(&format!("{name}S3Policy"), "s3:PutObject", &json!({"Fn::Join": ["/", [arn, "*"]]}));
    if let Some(statements) = policy["PolicyDocument"]["Statement"].as_array_mut() {
        statements.push(json!({"Action": "s3:ListBucket", "Effect": "Allow", "Resource": arn}));
    }
    policy
}
