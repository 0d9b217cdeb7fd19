//! `AWS::Serverless::HttpApi`, and the events that belong to one.

use serde_json::{Map, Value, json};

use crate::domain::symbol::is_intrinsic;

use super::api_body::{
    self, ANY, INTEGRATION, Linked, authorizer_permission, for_each_method, integration, normalized, path_in_arn, paths,
};
use super::events::{Event, Target};
use super::simple::{members, place};
use super::values::{conditional, hash, is_empty, is_no_value, mapping, pass, reference};
use super::{Context, Made, Result, Source, State, invalid, resource, unsupported};

const API: &str = "AWS::Serverless::HttpApi";

/// The path of requests that no other one is for.
pub(super) const DEFAULT: &str = "$default";

const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// The event of a function.
pub(super) fn event(
    event: &Event<'_>,
    source: &Source,
    target: &Target,
    context: &Context<'_>,
    state: &mut State,
) -> Result<Made> {
    let known =
        ["Path", "Method", "ApiId", "Stage", "Auth", "TimeoutInMillis", "RouteSettings", "PayloadFormatVersion"];
    event.check(&known, &[])?;
    let (path, method) = match (event.get("Path"), event.get("Method")) {
        (None, None) => (DEFAULT, ANY.to_owned()),
        _ => (event.text("Path")?, event.text("Method")?.to_lowercase()),
    };
    let Linked { id, given, properties } = api_body::of_event(event, "ApiId", API, api_body::HTTP, context)?;
    let method = normalized(&method);
    let mut made = Vec::new();
    let body = state.bodies.get_mut(&id);
    let default = body.as_ref().and_then(|body| body.document.get("paths")?.get(DEFAULT)?.get(ANY)?.get(INTEGRATION));
    let default = default.and_then(|call| call.get("uri")?.get("Fn::Sub")?.as_str());
    let is_covered = default.is_some_and(|uri| uri.contains(&format!("${{{}.Arn}}", target.id)));
    if path == DEFAULT || !is_covered {
        let shown = if path == DEFAULT { String::new() } else { path_in_arn(path, true) };
        let verb = if method == ANY { "*".to_owned() } else { method.to_uppercase() };
        let arn = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{verb}{shown}"
        );
        let source_arn = json!({"Fn::Sub": [arn, {"__ApiId__": given, "__Stage__": "*"}]});
        let rest = json!({"Principal": "apigateway.amazonaws.com", "SourceArn": source_arn});
        made.push(event.permission(target, "", rest));
    }
    let Some(body) = body else { return Ok(made) };
    body.users.push(source.id.clone());
    if let Some(settings) = event.get("RouteSettings") {
        let route = if method == ANY { path.to_owned() } else { format!("{} {path}", method.to_uppercase()) };
        body.route_settings.insert(route, conditional(source.condition(), settings.clone()));
    }
    if body.has(path, &method) {
        if body.is_generated {
            return Err(invalid(&event.at, format!("the API has `{method}` of `{path}` more than once")));
        }
        return Ok(made);
    }
    let mut call = integration(target, "${AWS::Partition}", false);
    let version = event.get("PayloadFormatVersion").filter(|value| !is_empty(value)).cloned();
    call.insert("payloadFormatVersion".to_owned(), version.unwrap_or_else(|| Value::from("2.0")));
    call.extend(
        event
            .get("TimeoutInMillis")
            .filter(|time| !is_empty(time))
            .map(|time| ("timeoutInMillis".to_owned(), time.clone())),
    );
    let mut definition =
        Map::from_iter([(INTEGRATION.to_owned(), Value::Object(call)), ("responses".to_owned(), json!({}))]);
    if path == DEFAULT && method == ANY {
        definition.insert("isDefaultRoute".to_owned(), Value::from(true));
    }
    secure(event, properties, &mut definition)?;
    let parameters: Vec<Value> = path
        .split('{')
        .skip(1)
        .filter_map(|part| Some(json!({"name": part.split_once('}')?.0, "in": "path", "required": true})))
        .collect();
    if !parameters.is_empty() {
        definition.insert("parameters".to_owned(), Value::Array(parameters));
    }
    body.add(event, source, (path, &method), definition)?;
    Ok(made)
}

/// Adds what the `Auth` of an event says.
fn secure(event: &Event<'_>, api: Option<&Map<String, Value>>, definition: &mut Map<String, Value>) -> Result<()> {
    let Some(auth) = event.get("Auth").filter(|auth| !is_empty(auth)) else { return Ok(()) };
    let at = event.of("Auth");
    let Some(auth) = mapping(auth) else { return Err(invalid(at, "`Auth` must be a mapping")) };
    let api = api.and_then(|api| api.get("Auth"));
    let of_api = |name: &str| api.and_then(|api| api.get(name)).filter(|value| !is_empty(value));
    let Some(name) = auth.get("Authorizer").filter(|name| !is_empty(name)).or_else(|| of_api("DefaultAuthorizer"))
    else {
        return Err(invalid(at, "`Auth` needs an `Authorizer`, or the API a `DefaultAuthorizer`"));
    };
    let Some(name) = name.as_str() else { return Err(invalid(at, "`Authorizer` must be a name")) };
    let has_iam = of_api("EnableIamAuthorizer").is_some_and(|value| value == true);
    let found = of_api("Authorizers").and_then(|all| all.get(name)).filter(|one| !is_empty(one));
    let is_valid = match name {
        "NONE" => of_api("DefaultAuthorizer").is_some(),
        "AWS_IAM" if has_iam => true,
        _ => found.is_some(),
    };
    if !is_valid {
        return Err(invalid(at, format!("the API has no authorizer `{name}`")));
    }
    let own = auth.get("AuthorizationScopes").filter(|scopes| !is_empty(scopes));
    let scopes = own.or_else(|| found?.get("AuthorizationScopes")).filter(|scopes| !is_empty(scopes));
    let scopes = scopes.filter(|_| !["NONE", "AWS_IAM"].contains(&name)).cloned();
    definition.insert("security".to_owned(), json!([{name: scopes.unwrap_or_else(|| json!([]))}]));
    Ok(())
}

const KNOWN: &[&str] = &[
    "Name",
    "StageName",
    "Tags",
    "DefinitionBody",
    "DefinitionUri",
    "StageVariables",
    "CorsConfiguration",
    "AccessLogSettings",
    "DefaultRouteSettings",
    "Auth",
    "RouteSettings",
    "FailOnWarnings",
    "Description",
    "DisableExecuteApiEndpoint",
];

/// Expands an API.
pub(super) fn expand(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    let mut source = source.clone();
    source.properties.shift_remove("PropagateTags");
    let source = &source;
    source.check(KNOWN, &["Domain"])?;
    let id = source.id.as_str();
    let given = |name: &str| source.get(name).filter(|value| !is_empty(value));
    let mut api = Map::new();
    api.extend(given("FailOnWarnings").map(|value| ("FailOnWarnings".to_owned(), value.clone())));
    let mut tags = members(source, "Tags")?.cloned();
    match (given("DefinitionUri"), given("DefinitionBody")) {
        (Some(_), Some(_)) => {
            return Err(invalid("/DefinitionUri", "`DefinitionUri` and `DefinitionBody` cannot both be set"));
        }
        (Some(uri), None) => {
            api.insert("BodyS3Location".to_owned(), place(uri, "/DefinitionUri", ["Bucket", "Key", "Version"], state)?);
        }
        (None, body) => {
            let document = match state.bodies.get(id) {
                Some(body) => body.finished()?,
                None => body.cloned().unwrap_or_else(|| api_body::skeleton(true)),
            };
            let is_document = document.get("paths").is_some_and(Value::is_object) && document.get("openapi").is_some();
            if is_document {
                let all = tags.get_or_insert_with(Map::new);
                all.insert("httpapi:createdBy".to_owned(), Value::from("SAM"));
            } else if is_intrinsic(&document) {
                let changes = ["Name", "Description", "CorsConfiguration", "Auth", "Tags", "DisableExecuteApiEndpoint"];
                if changes.into_iter().any(|name| given(name).is_some()) {
                    return Err(unsupported("/DefinitionBody", "the definition is a function"));
                }
            }
            let document = finish(document, source, tags.as_ref(), context)?;
            api.insert("Body".to_owned(), document);
        }
    }
    let mut made = vec![(id.to_owned(), resource("AWS::ApiGatewayV2::Api", &source.own, api))];
    made.extend(permissions(source, context)?);
    let name = given("StageName").cloned().unwrap_or_else(|| Value::from(DEFAULT));
    let text = name.as_str().unwrap_or_default();
    let suffix = match text {
        DEFAULT => "ApiGatewayDefaultStage".to_owned(),
        text if text.chars().all(char::is_alphanumeric) => format!("{text}Stage"),
        text => format!("Stage{}", hash(text)),
    };
    let mut stage = Map::from_iter([
        ("ApiId".to_owned(), reference(id)),
        ("StageName".to_owned(), name),
        ("AutoDeploy".to_owned(), Value::from(true)),
    ]);
    pass(
        &source.properties,
        &mut stage,
        &["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"],
    );
    if let Some(routes) = state.bodies.get(id).map(|body| &body.route_settings).filter(|routes| !routes.is_empty()) {
        let all = stage.entry("RouteSettings").or_insert_with(|| json!({}));
        let Some(all) = all.as_object_mut() else {
            return Err(invalid("/RouteSettings", "`RouteSettings` must be a mapping"));
        };
        for (route, settings) in routes {
            let one = all.entry(route.clone()).or_insert_with(|| json!({}));
            match (one.as_object_mut(), settings.as_object()) {
                (Some(one), Some(settings)) => one.extend(settings.clone()),
                _ => return Err(invalid("/RouteSettings", "the settings of a route must be a mapping")),
            }
        }
    }
    stage.extend(tags.map(|tags| ("Tags".to_owned(), Value::Object(tags))));
    let stage_id = format!("{id}{suffix}");
    state.names.insert(format!("{id}.Stage"), stage_id.clone());
    made.push((stage_id, resource("AWS::ApiGatewayV2::Stage", &source.passed, stage)));
    Ok(made)
}

/// The document with all that the properties say.
fn finish(
    mut document: Value,
    source: &Source,
    tags: Option<&Map<String, Value>>,
    context: &Context<'_>,
) -> Result<Value> {
    let given = |name: &str| source.get(name).filter(|value| !is_empty(value));
    let wrong = || invalid("/DefinitionBody", "`DefinitionBody` must be an OpenAPI document");
    if is_intrinsic(&document) {
        return Ok(document);
    }
    if let Some(cors) = given("CorsConfiguration").map(|cors| context.resolve(cors)) {
        let cors = cors_of(&cors)?;
        let all =
            document.as_object_mut().ok_or_else(wrong)?.entry("x-amazon-apigateway-cors").or_insert_with(|| json!({}));
        all.as_object_mut().ok_or_else(wrong)?.extend(cors);
    }
    auth(&mut document, source, context)?;
    let map = document.as_object_mut().ok_or_else(wrong)?;
    if let Some(tags) = tags {
        let list = map.entry("tags").or_insert_with(|| json!([]));
        let list = list.as_array_mut().ok_or_else(wrong)?;
        for (name, value) in tags {
            match list.iter_mut().find(|tag| tag.get("name") == Some(&Value::from(name.as_str()))) {
                Some(tag) => tag["x-amazon-apigateway-tag-value"] = value.clone(),
                None => list.push(json!({"name": name, "x-amazon-apigateway-tag-value": value})),
            }
        }
    }
    if let Some(disabled) = source.get("DisableExecuteApiEndpoint") {
        let servers = map.entry("servers").or_insert_with(|| json!([{}]));
        for server in servers.as_array_mut().ok_or_else(wrong)?.iter_mut().filter_map(Value::as_object_mut) {
            let one = server.entry("x-amazon-apigateway-endpoint-configuration").or_insert_with(|| json!({}));
            one.as_object_mut().ok_or_else(wrong)?.insert("disableExecuteApiEndpoint".to_owned(), disabled.clone());
        }
    }
    let has_no_title = map.get("info").and_then(|info| info.get("title")) == Some(&json!({"Ref": "AWS::StackName"}));
    for (name, key) in [("Name", "title"), ("Description", "description")] {
        let Some(value) = given(name) else { continue };
        let info = map.entry("info").or_insert_with(|| json!({})).as_object_mut().ok_or_else(wrong)?;
        if (name == "Name" && !has_no_title) || (name == "Description" && info.contains_key(key)) {
            return Err(invalid(format!("/{name}"), format!("the definition has a `{key}` already")));
        }
        info.insert(key.to_owned(), value.clone());
    }
    if given("FailOnWarnings").is_some()
        && let Some(paths) = map.get_mut("paths").and_then(Value::as_object_mut)
        && let Some(item) = paths.shift_remove(DEFAULT)
    {
        paths.insert(format!("/{DEFAULT}"), item);
    }
    Ok(document)
}

/// `CorsConfiguration` in the form of the document.
fn cors_of(cors: &Value) -> Result<Map<String, Value>> {
    const NAMES: [(&str, &str); 6] = [
        ("AllowOrigins", "allowOrigins"),
        ("AllowHeaders", "allowHeaders"),
        ("AllowMethods", "allowMethods"),
        ("ExposeHeaders", "exposeHeaders"),
        ("MaxAge", "maxAge"),
        ("AllowCredentials", "allowCredentials"),
    ];
    let at = "/CorsConfiguration";
    match cors {
        Value::Bool(true) => Ok(Map::from_iter([("allowOrigins".to_owned(), json!(["*"]))])),
        Value::Object(_) if is_intrinsic(cors) => Err(unsupported(at, "`CorsConfiguration` is a function")),
        Value::Object(map) => {
            if let Some(name) = map.keys().find(|name| !NAMES.iter().any(|(known, _)| known == name)) {
                return Err(invalid(at, format!("`CorsConfiguration` has no property `{name}`")));
            }
            if map.get("AllowCredentials").is_some_and(|value| value == true)
                && map.get("AllowOrigins") == Some(&json!(["*"]))
            {
                return Err(invalid(at, "`AllowCredentials` needs `AllowOrigins` other than `*`"));
            }
            let is_kept = |name: &str, value: &Value| match name {
                "MaxAge" => !value.is_null(),
                "AllowCredentials" => value == true,
                _ => !is_empty(value),
            };
            let kept = NAMES
                .iter()
                .filter_map(|(name, key)| Some((key, map.get(*name).filter(|value| is_kept(name, value))?)));
            Ok(kept.map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
        }
        _ => Err(invalid(at, "`CorsConfiguration` must be true or a mapping")),
    }
}

fn auth_of(source: &Source) -> Result<Map<String, Value>> {
    let Some(auth) = members(source, "Auth")? else { return Ok(Map::new()) };
    let known = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];
    if let Some(name) = auth.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(invalid("/Auth", format!("`Auth` has no property `{name}`")));
    }
    match auth.get("Authorizers") {
        Some(authorizers) if !is_empty(authorizers) && mapping(authorizers).is_none() => {
            Err(invalid("/Auth/Authorizers", "`Authorizers` must be a mapping"))
        }
        _ => Ok(auth.clone()),
    }
}

fn auth(document: &mut Value, source: &Source, context: &Context<'_>) -> Result<()> {
    let auth = auth_of(source)?;
    let mut schemes = Map::new();
    if auth.get("EnableIamAuthorizer").is_some_and(|value| value == true) {
        let iam = json!({
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
        });
        schemes.insert("AWS_IAM".to_owned(), iam);
    }
    let none = Map::new();
    let authorizers = auth.get("Authorizers").and_then(Value::as_object).unwrap_or(&none);
    for (name, authorizer) in authorizers {
        schemes.insert(name.clone(), scheme(name, authorizer, context)?);
    }
    let default = auth.get("DefaultAuthorizer").filter(|name| !is_empty(name) && !is_no_value(name));
    if let Some(default) = default {
        let Some(default) = default.as_str().filter(|name| schemes.contains_key(*name)) else {
            return Err(invalid("/Auth/DefaultAuthorizer", "`DefaultAuthorizer` must name one of the authorizers"));
        };
        let scopes = authorizers.get(default).and_then(|one| one.get("AuthorizationScopes"));
        let scopes = scopes.filter(|scopes| !is_empty(scopes)).cloned().unwrap_or_else(|| json!([]));
        for path in paths(document) {
            for_each_method(document, &path, &mut |name, method| {
                if name != "options" && method.get("security").is_none_or(is_empty) {
                    method.insert("security".to_owned(), json!([{default: scopes}]));
                }
            });
        }
    }
    if !schemes.is_empty()
        && let Some(map) = document.as_object_mut()
    {
        let components = map.entry("components").or_insert_with(|| json!({}));
        if let Some(components) = components.as_object_mut() {
            let all = components.entry("securitySchemes").or_insert_with(|| json!({}));
            if let Some(all) = all.as_object_mut() {
                all.extend(schemes);
            }
        }
    }
    Ok(())
}

/// The security scheme of an authorizer.
fn scheme(name: &str, authorizer: &Value, context: &Context<'_>) -> Result<Value> {
    let at = crate::domain::pointer::join("/Auth/Authorizers", name);
    let Some(authorizer) = mapping(authorizer) else { return Err(invalid(at, "an authorizer must be a mapping")) };
    let given = |name: &str| authorizer.get(name).filter(|value| !is_empty(value));
    if let Some(jwt) = given("JwtConfiguration") {
        let Some(source) = given("IdentitySource") else {
            return Err(invalid(at, "an authorizer of tokens needs an `IdentitySource`"));
        };
        let Some(jwt) = mapping(jwt) else { return Err(invalid(at, "`JwtConfiguration` must be a mapping")) };
        let jwt: Map<String, Value> = jwt.iter().map(|(key, value)| (key.to_lowercase(), value.clone())).collect();
        return Ok(json!({
            "type": "oauth2", AUTHORIZER: {"jwtConfiguration": jwt, "identitySource": source, "type": "jwt"},
        }));
    }
    let (Some(function), Some(version)) = (given("FunctionArn"), given("AuthorizerPayloadFormatVersion")) else {
        let message =
            "an authorizer needs a `JwtConfiguration`, or a `FunctionArn` and an `AuthorizerPayloadFormatVersion`";
        return Err(invalid(at, message));
    };
    let uri = format!(
        "arn:{}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{__FunctionArn__}}/invocations",
        context.partition
    );
    let mut own = json!({
        "type": "request", "authorizerUri": {"Fn::Sub": [uri, {"__FunctionArn__": function}]},
        "authorizerPayloadFormatVersion": version,
    });
    if let Some(role) = given("FunctionInvokeRole").filter(|role| *role != "NONE") {
        own["authorizerCredentials"] = role.clone();
    }
    if let Some(identity) = given("Identity") {
        let Some(identity) = mapping(identity) else { return Err(invalid(at, "`Identity` must be a mapping")) };
        if let Some(time) = identity.get("ReauthorizeEvery").filter(|value| !value.is_null()) {
            own["authorizerResultTtlInSeconds"] = time.clone();
        }
        let prefixes = [
            ("Headers", "$request.header."),
            ("QueryStrings", "$request.querystring."),
            ("StageVariables", "$stageVariables."),
            ("Context", "$context."),
        ];
        let mut sources = Vec::new();
        for (key, prefix) in prefixes {
            let list = identity.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            sources.extend(list.map(|one| Value::from(format!("{prefix}{one}"))));
        }
        own["identitySource"] = Value::Array(sources);
    }
    if let Some(simple) = given("EnableSimpleResponses") {
        own["enableSimpleResponses"] = simple.clone();
    }
    Ok(json!({"type": "apiKey", "name": "Unused", "in": "header", AUTHORIZER: own}))
}

/// The permissions to invoke the functions of authorizers.
fn permissions(source: &Source, _: &Context<'_>) -> Result<Made> {
    let auth = auth_of(source)?;
    let mut made = Vec::new();
    for (name, authorizer) in auth.get("Authorizers").and_then(Value::as_object).into_iter().flatten() {
        let is_enabled = authorizer.get("EnableFunctionDefaultPermissions").is_some_and(|value| !is_empty(value));
        let Some(function) = authorizer.get("FunctionArn").filter(|arn| !is_empty(arn) && is_enabled) else { continue };
        let arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*";
        made.push(authorizer_permission(source, name, function, arn));
    }
    Ok(made)
}
