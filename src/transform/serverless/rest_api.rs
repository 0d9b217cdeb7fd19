//! `AWS::Serverless::Api`, and the events that belong to one.

mod document;

use serde_json::{Map, Value, json};

use super::api_body::{self, INTEGRATION, Linked, integration, normalized, path_in_arn};
use super::events::{Event, Target};
use super::simple::{members, place};
use super::values::{conditional, full_hash, hash, is_empty, mapping, pass, reference, stable_text, tag_list};
use super::{Context, Made, Result, Source, State, invalid, resource, unsupported};

const API: &str = "AWS::Serverless::Api";

/// The API of an event, and the part of a permission's name that says its stage.
fn linked<'a>(event: &Event<'_>, context: &'a Context<'_>) -> Result<(Linked<'a>, String)> {
    let api = api_body::of_event(event, "RestApiId", API, api_body::REST, context)?;
    let stage = match api.properties.and_then(|api| api.get("StageName")).and_then(Value::as_str) {
        Some("") => return Err(invalid(event.of("RestApiId"), "the API has an empty `StageName`")),
        Some(stage) => stage.to_owned(),
        None => "Stage".to_owned(),
    };
    Ok((api, stage))
}

/// The event of a function.
pub(super) fn event(
    event: &Event<'_>,
    source: &Source,
    target: &Target,
    context: &Context<'_>,
    state: &mut State,
) -> Result<Made> {
    let known = ["Path", "Method", "RestApiId", "Auth", "TimeoutInMillis", "ResponseTransferMode"];
    event.check(&known, &["RequestModel", "RequestParameters"])?;
    let (path, method) = (event.text("Path")?, event.text("Method")?.to_lowercase());
    let (Linked { id, given, properties }, stage) = linked(event, context)?;
    let shown = if method == "any" { "*".to_owned() } else { method.to_uppercase() };
    let arn = format!(
        "arn:{}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{shown}{}",
        context.partition,
        path_in_arn(path, false)
    );
    let source_arn = json!({"Fn::Sub": [arn, {"__ApiId__": given, "__Stage__": "*"}]});
    let permission =
        event.permission(target, &stage, json!({"Principal": "apigateway.amazonaws.com", "SourceArn": source_arn}));
    let streams = event.get("ResponseTransferMode").is_some_and(|mode| mode == "RESPONSE_STREAM");
    let mut call = integration(target, &context.partition, streams);
    if streams {
        call.insert("responseTransferMode".to_owned(), Value::from("STREAM"));
    }
    call.extend(
        event
            .get("TimeoutInMillis")
            .filter(|time| !is_empty(time))
            .map(|time| ("timeoutInMillis".to_owned(), time.clone())),
    );
    let auth = event_auth(event)?;
    let api_auth = properties.and_then(|api| api.get("Auth")).map(|auth| context.resolve(auth)).unwrap_or_default();
    let uses_caller = auth.get("Authorizer").is_some_and(|name| name == "AWS_IAM")
        || (auth.is_empty() && api_auth.get("DefaultAuthorizer").is_some_and(|name| name == "AWS_IAM"));
    if uses_caller {
        let role = auth.get("InvokeRole").or_else(|| api_auth.get("InvokeRole"));
        let caller = || Value::from(format!("arn:{}:iam::*:user/*", context.partition));
        match role {
            Some(role) if role == "NONE" || role.is_null() => {}
            Some(role) if role != "CALLER_CREDENTIALS" => {
                call.insert("credentials".to_owned(), role.clone());
            }
            _ => {
                call.insert("credentials".to_owned(), caller());
            }
        }
    }
    let mut definition =
        Map::from_iter([(INTEGRATION.to_owned(), Value::Object(call)), ("responses".to_owned(), json!({}))]);
    if let Some(body) = state.bodies.get_mut(&id) {
        secure(event, &auth, &api_auth, &mut definition, body)?;
        add(event, source, path, &method, definition, body)?;
    } else if auth.get("OverrideApiAuth").is_some_and(|value| !is_empty(value)) {
        return Err(unsupported(event.of("Auth"), "`OverrideApiAuth` is not expanded"));
    }
    Ok(vec![permission])
}

fn event_auth(event: &Event<'_>) -> Result<Map<String, Value>> {
    let Some(auth) = event.get("Auth") else { return Ok(Map::new()) };
    let Some(auth) = mapping(auth) else { return Err(invalid(event.of("Auth"), "`Auth` must be a mapping")) };
    if auth.get("ResourcePolicy").is_some_and(|policy| !is_empty(policy)) {
        return Err(unsupported(event.of("Auth"), "the `ResourcePolicy` of an event is not expanded"));
    }
    Ok(auth.clone())
}

fn add(
    event: &Event<'_>,
    source: &Source,
    path: &str,
    method: &str,
    definition: Map<String, Value>,
    body: &mut api_body::ApiBody,
) -> Result<()> {
    let method = normalized(method);
    if body.has(path, &method) {
        return Err(invalid(&event.at, format!("the API has `{method}` of `{path}` more than once")));
    }
    body.add(event, source, (path, &method), definition)?;
    body.users.push(source.id.clone());
    Ok(())
}

/// Adds what the `Auth` of an event says of one method.
fn secure(
    event: &Event<'_>,
    auth: &Map<String, Value>,
    api_auth: &Value,
    definition: &mut Map<String, Value>,
    body: &mut api_body::ApiBody,
) -> Result<()> {
    let mut security = Vec::new();
    let at = event.of("Auth");
    if let Some(authorizer) = auth.get("Authorizer").filter(|name| !is_empty(name)) {
        let Some(name) = authorizer.as_str() else { return Err(invalid(at, "`Authorizer` must be a name")) };
        let authorizers = api_auth.get("Authorizers").and_then(Value::as_object);
        let found = authorizers.and_then(|all| all.get(name));
        if name == "NONE" && api_auth.get("DefaultAuthorizer").is_none_or(is_empty) {
            return Err(invalid(at, "the authorizer `NONE` needs a `DefaultAuthorizer` of the API"));
        }
        if found.is_none() && !["NONE", "AWS_IAM"].contains(&name) {
            return Err(invalid(at, format!("the API has no authorizer `{name}`")));
        }
        let own = auth.get("AuthorizationScopes").filter(|scopes| !scopes.is_null());
        let scopes = own.or_else(|| found?.get("AuthorizationScopes")).filter(|_| found.is_some());
        security.push(json!({name: scopes.cloned().unwrap_or_else(|| json!([]))}));
        if name == "AWS_IAM" {
            document::define(&mut body.document, "AWS_IAM", document::aws_iam());
        }
    }
    match auth.get("ApiKeyRequired").filter(|required| !required.is_null()) {
        Some(required) if is_empty(required) => security.push(json!({"api_key_false": []})),
        Some(_) => {
            security.push(json!({"api_key": []}));
            document::define(&mut body.document, "api_key", document::api_key());
        }
        None => {}
    }
    if !security.is_empty() {
        definition.insert("security".to_owned(), Value::Array(security));
    }
    Ok(())
}

/// The event of a state machine, whose executions are started by a role.
pub(super) fn start_event(
    event: &Event<'_>,
    source: &Source,
    role: &Value,
    target: &Target,
    context: &Context<'_>,
    state: &mut State,
) -> Result<()> {
    event.check(&["Path", "Method", "RestApiId", "Auth", "UnescapeMappingTemplate"], &[])?;
    let (path, method) = (event.text("Path")?, event.text("Method")?.to_lowercase());
    let (Linked { id, properties, .. }, _) = linked(event, context)?;
    let uri = json!({"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"});
    let (before, after) = match event.get("UnescapeMappingTemplate").is_some_and(|value| !is_empty(value)) {
        true => (
            r#"{"input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")", "stateMachineArn": "${"#,
            r#"}"}"#,
        ),
        false => (r#"{"input": "$util.escapeJavaScript($input.json('$'))", "stateMachineArn": "${"#, r#"}"}"#),
    };
    let call = json!({
        "type": "aws", "httpMethod": "POST", "uri": conditional(source.condition(), uri),
        "responses": {"200": {"statusCode": "200"}, "400": {"statusCode": "400"}},
        "credentials": role,
        "requestTemplates": {"application/json": {"Fn::Sub": format!("{before}{}{after}", target.id)}},
    });
    let mut definition = Map::from_iter([
        (INTEGRATION.to_owned(), call),
        ("responses".to_owned(), json!({"200": {"description": "OK"}, "400": {"description": "Bad Request"}})),
    ]);
    let auth = event_auth(event)?;
    let api_auth = properties.and_then(|api| api.get("Auth")).map(|auth| context.resolve(auth)).unwrap_or_default();
    if let Some(body) = state.bodies.get_mut(&id) {
        secure(event, &auth, &api_auth, &mut definition, body)?;
        add(event, source, path, &method, definition, body)?;
    }
    Ok(())
}

const KNOWN: &[&str] = &[
    "Name",
    "StageName",
    "Tags",
    "DefinitionBody",
    "DefinitionUri",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "Variables",
    "EndpointConfiguration",
    "MethodSettings",
    "BinaryMediaTypes",
    "MinimumCompressionSize",
    "Cors",
    "Auth",
    "GatewayResponses",
    "AccessLogSetting",
    "CanarySetting",
    "TracingEnabled",
    "OpenApiVersion",
    "Models",
    "FailOnWarnings",
    "Description",
    "Mode",
    "DisableExecuteApiEndpoint",
    "ApiKeySourceType",
    "Policy",
    "SecurityPolicy",
    "EndpointAccessMode",
];

/// Expands an API.
pub(super) fn expand(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    let mut source = source.clone();
    for name in ["PropagateTags", "AlwaysDeploy", "MergeDefinitions"] {
        if source.get(name).is_some_and(|value| value == false) {
            source.properties.shift_remove(name);
        }
    }
    let source = &source;
    source.check(KNOWN, &["PropagateTags", "AlwaysDeploy", "MergeDefinitions", "Domain"])?;
    let Some(stage) = source.get("StageName") else { return Err(invalid("", "an API needs a `StageName`")) };
    let id = source.id.as_str();
    let mut api = Map::new();
    pass(&source.properties, &mut api, &["BinaryMediaTypes", "MinimumCompressionSize"]);
    if let Some(types) = api.get_mut("BinaryMediaTypes") {
        *types = context.resolve(types);
    }
    let passed = [
        "FailOnWarnings",
        "Name",
        "Description",
        "Mode",
        "ApiKeySourceType",
        "Policy",
        "SecurityPolicy",
        "EndpointAccessMode",
    ];
    for name in passed {
        api.extend(source.get(name).filter(|value| !is_empty(value)).map(|value| (name.to_owned(), value.clone())));
    }
    if let Some(endpoint) = source.get("EndpointConfiguration").filter(|value| !is_empty(value)) {
        let kind = mapping(endpoint).and_then(|map| map.get("Type")).unwrap_or(endpoint);
        let mut configuration = json!({"Types": [kind]});
        if let Some(ids) = endpoint.get("VPCEndpointIds").or_else(|| endpoint.get("VpcEndpointIds")) {
            configuration["VpcEndpointIds"] = ids.clone();
        }
        if let Some(kind) = endpoint.get("IpAddressType") {
            configuration["IpAddressType"] = kind.clone();
        }
        api.insert("Parameters".to_owned(), json!({"endpointConfigurationTypes": kind}));
        api.insert("EndpointConfiguration".to_owned(), configuration);
    }
    let body = match (source.get("DefinitionUri"), source.get("DefinitionBody")) {
        (Some(_), Some(_)) => {
            return Err(invalid("/DefinitionUri", "`DefinitionUri` and `DefinitionBody` cannot both be set"));
        }
        (Some(uri), None) => {
            let body = place(uri, "/DefinitionUri", ["Bucket", "Key", "Version"], state)?;
            api.insert("BodyS3Location".to_owned(), body.clone());
            body
        }
        (None, given) => {
            let document = match (given, state.bodies.get(id)) {
                (Some(given), _) => given.clone(),
                (None, Some(body)) => body.finished()?,
                (None, None) => api_body::skeleton(false),
            };
            let body = document::finish(document, source, given.is_none(), context)?;
            api.insert("Body".to_owned(), body.clone());
            body
        }
    };
    let stage_name = stage.as_str().unwrap_or_default();
    let suffix = match stage_name.chars().all(char::is_alphanumeric) {
        true => format!("{stage_name}Stage"),
        false => format!("Stage{}", hash(stage_name)),
    };
    let stage_id = format!("{id}{suffix}");
    // The translator hashes the text that Python 2 gives of the document.
    let text = stable_text(&body);
    let deployment_id = format!("{id}Deployment{}", hash(&text));
    let mut deployment = Map::from_iter([
        ("RestApiId".to_owned(), reference(id)),
        ("Description".to_owned(), Value::from(format!("RestApi deployment id: {}", full_hash(&text)))),
    ]);
    if source.get("OpenApiVersion").is_none_or(is_empty) {
        deployment.insert("StageName".to_owned(), Value::from("Stage"));
    }
    let mut properties = Map::from_iter([
        ("RestApiId".to_owned(), reference(id)),
        ("DeploymentId".to_owned(), reference(&deployment_id)),
    ]);
    let passed = [
        "StageName",
        "CacheClusterEnabled",
        "CacheClusterSize",
        "Variables",
        "MethodSettings",
        "AccessLogSetting",
        "CanarySetting",
        "TracingEnabled",
    ];
    pass(&source.properties, &mut properties, &passed);
    if let Some(tags) = members(source, "Tags")? {
        properties.insert("Tags".to_owned(), Value::Array(tag_list(Some(&Value::Object(tags.clone())))));
    }
    let mut made = vec![
        (id.to_owned(), resource("AWS::ApiGateway::RestApi", &source.own, api)),
        (deployment_id.clone(), resource("AWS::ApiGateway::Deployment", &source.passed, deployment)),
        (stage_id.clone(), resource("AWS::ApiGateway::Stage", &source.passed, properties)),
    ];
    made.extend(document::permissions(source, context)?);
    made.extend(document::usage_plan(source, &stage_id, context)?);
    state.names.insert(format!("{id}.Stage"), stage_id);
    state.names.insert(format!("{id}.Deployment"), deployment_id);
    Ok(made)
}
