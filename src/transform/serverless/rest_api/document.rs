//! What the properties of an API add to its document.

use serde_json::{Map, Value, json};

use crate::domain::symbol::is_intrinsic;

use super::super::api_body::{
    ANY, INTEGRATION, authorizer_permission, contents_mut, for_each_method, normalized, paths,
};
use super::super::simple::members;
use super::super::values::{is_empty, is_no_value, mapping, pass, reference};
use super::super::{Context, Made, Result, Source, invalid, resource, unsupported};

const DEFINITIONS: &str = "securityDefinitions";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// The members of a key of a document, which is made if it is not there.
fn section<'d>(document: &'d mut Value, name: &str) -> Option<&'d mut Map<String, Value>> {
    let section = document.as_object_mut()?.entry(name).or_insert_with(|| json!({}));
    if section.is_null() {
        *section = json!({});
    }
    section.as_object_mut()
}

/// Adds a security definition unless it is there.
pub(super) fn define(document: &mut Value, name: &str, definition: Value) {
    if let Some(definitions) = section(document, DEFINITIONS) {
        definitions.entry(name).or_insert(definition);
    }
}

pub(super) fn aws_iam() -> Value {
    json!({"x-amazon-apigateway-authtype": "awsSigv4", "type": "apiKey", "name": "Authorization", "in": "header"})
}

pub(super) fn api_key() -> Value {
    json!({"type": "apiKey", "name": "x-api-key", "in": "header"})
}

/// The document with all that the properties say.
pub(super) fn finish(mut document: Value, source: &Source, is_made: bool, context: &Context<'_>) -> Result<Value> {
    let version = source.get("OpenApiVersion").map(|version| context.resolve(version));
    let version = version.and_then(|version| version.as_str().map(str::to_owned).or_else(|| Some(version.to_string())));
    let is_third = |version: &str| version == "3" || version.starts_with("3.");
    if let (Some(version), Some(map)) =
        (version.as_deref().filter(|version| is_third(version)), document.as_object_mut())
        && is_made
    {
        map.shift_remove("swagger");
        map.insert("openapi".to_owned(), Value::from(version));
    }
    let changes = ["Cors", "Auth", "GatewayResponses", "Models", "DisableExecuteApiEndpoint"];
    let is_valid = document.get("paths").is_some_and(Value::is_object)
        && ["swagger", "openapi"].iter().any(|key| document.get(key).is_some());
    if let Some(name) = changes.into_iter().find(|name| source.get(name).is_some_and(|value| !is_empty(value)))
        && !is_valid
    {
        let message = format!("`{name}` needs a `DefinitionBody` that is an OpenAPI document");
        return Err(match document.as_object().is_some_and(|_| is_intrinsic(&document)) {
            true => unsupported("/DefinitionBody", message),
            false => invalid("/DefinitionBody", message),
        });
    }
    cors(&mut document, source)?;
    auth(&mut document, source, context)?;
    responses(&mut document, source)?;
    if let Some(types) = source.get("BinaryMediaTypes").filter(|types| !is_empty(types))
        && let Some(map) = document.as_object_mut()
    {
        map.insert("x-amazon-apigateway-binary-media-types".to_owned(), unescaped(&context.resolve(types)));
    }
    if let Some(models) = members(source, "Models")? {
        let definitions = section(&mut document, "definitions");
        let Some(definitions) = definitions else {
            return Err(invalid("/Models", "the definitions must be a mapping"));
        };
        definitions.extend(models.iter().map(|(name, model)| (name.to_lowercase(), model.clone())));
    }
    if let Some(disabled) = source.get("DisableExecuteApiEndpoint") {
        disable(&mut document, disabled);
    }
    let is_open_api = document.get("openapi").and_then(Value::as_str).is_some_and(is_third);
    if document.get("swagger").is_none() && (is_open_api || version.as_deref().is_some_and(is_third)) {
        // The translator does it once more for each of these properties.
        let given =
            ["Auth", "Models"].into_iter().filter(|name| source.get(name).is_some_and(|value| !is_empty(value)));
        (0..=given.count()).for_each(|_| to_open_api(&mut document));
    }
    Ok(document)
}

fn unescaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(text.replace("~1", "/")),
        Value::Array(items) => items.iter().map(unescaped).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, child)| (key.replace("~1", "/"), unescaped(child))).collect())
        }
        other => other.clone(),
    }
}

fn disable(document: &mut Value, disabled: &Value) {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let is_third = document.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with('3'));
    let Some(map) = document.as_object_mut() else { return };
    let set = |map: &mut Map<String, Value>| {
        let configuration = map.entry(KEY).or_insert_with(|| json!({}));
        if let Some(configuration) = configuration.as_object_mut() {
            configuration.insert("disableExecuteApiEndpoint".to_owned(), disabled.clone());
        }
    };
    if !is_third {
        return set(map);
    }
    let servers = map.entry("servers").or_insert_with(|| json!([{}]));
    servers.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(set);
}

/// `Cors`: an `OPTIONS` method of each path.
fn cors(document: &mut Value, source: &Source) -> Result<()> {
    let Some(given) = source.get("Cors").filter(|cors| !is_empty(cors)) else { return Ok(()) };
    let none = Map::new();
    let (origin, options) = match given {
        Value::String(_) => (given.clone(), &none),
        Value::Object(_) if is_intrinsic(given) => (given.clone(), &none),
        Value::Object(map) => {
            let known = ["AllowMethods", "AllowHeaders", "AllowOrigin", "MaxAge", "AllowCredentials"];
            if let Some(name) = map.keys().find(|name| !known.contains(&name.as_str())) {
                return Err(invalid("/Cors", format!("`Cors` has no property `{name}`")));
            }
            (map.get("AllowOrigin").cloned().unwrap_or_else(|| json!("'*'")), map)
        }
        _ => return Err(invalid("/Cors", "`Cors` must be a text or a mapping")),
    };
    let with_credentials = options.get("AllowCredentials").is_some_and(|value| value == true);
    if with_credentials && origin == "'*'" {
        return Err(invalid("/Cors", "`AllowCredentials` needs an `AllowOrigin` other than `'*'`"));
    }
    let mut seen = std::collections::BTreeSet::new();
    // The first list of methods that is made counts for all.
    for path in paths(document) {
        let plain = if path == "/" { path.as_str() } else { path.trim_end_matches('/') };
        if !seen.insert(plain.to_owned()) {
            continue;
        }
        let Some(item) = document.get_mut("paths").and_then(|paths| paths.get_mut(&path)) else { continue };
        for item in contents_mut(item).into_iter().filter_map(Value::as_object_mut) {
            if item.contains_key("options") {
                continue;
            }
            let methods = match options.get("AllowMethods").filter(|methods| !is_empty(methods)) {
                Some(methods) => methods.clone(),
                None => Value::from(format!("'{}'", allowed(item))),
            };
            item.insert("options".to_owned(), preflight(&origin, options, &methods, with_credentials));
        }
    }
    Ok(())
}

/// The methods of a path.
fn allowed(item: &Map<String, Value>) -> String {
    if item.keys().any(|name| normalized(name) == ANY) {
        return "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT".to_owned();
    }
    let mut names: Vec<String> = item.keys().map(|name| name.to_uppercase()).chain(["OPTIONS".to_owned()]).collect();
    names.sort();
    names.dedup();
    names.join(",")
}

fn preflight(origin: &Value, options: &Map<String, Value>, methods: &Value, with_credentials: bool) -> Value {
    let mut parameters = Map::new();
    let mut headers = Map::new();
    let mut header = |name: &str, value: &Value, kind: &str| {
        parameters.insert(format!("method.response.header.{name}"), value.clone());
        headers.insert(name.to_owned(), json!({"type": kind}));
    };
    header("Access-Control-Allow-Origin", origin, "string");
    if let Some(value) = options.get("AllowHeaders").filter(|value| !is_empty(value)) {
        header("Access-Control-Allow-Headers", value, "string");
    }
    header("Access-Control-Allow-Methods", methods, "string");
    if let Some(value) = options.get("MaxAge").filter(|value| !value.is_null()) {
        header("Access-Control-Max-Age", value, "integer");
    }
    if with_credentials {
        header("Access-Control-Allow-Credentials", &json!("'true'"), "string");
    }
    json!({
        "summary": "CORS support",
        "consumes": ["application/json"],
        "produces": ["application/json"],
        INTEGRATION: {
            "type": "mock",
            "requestTemplates": {"application/json": "{\n  \"statusCode\" : 200\n}\n"},
            "responses": {"default": {
                "statusCode": "200", "responseParameters": parameters,
                "responseTemplates": {"application/json": "{}\n"},
            }},
        },
        "responses": {"200": {"description": "Default response for CORS method", "headers": headers}},
    })
}

/// The `Auth` property with the parameters that are known.
fn auth_of(source: &Source, context: &Context<'_>) -> Result<Map<String, Value>> {
    const KNOWN: [&str; 8] = [
        "Authorizers",
        "DefaultAuthorizer",
        "InvokeRole",
        "AddDefaultAuthorizerToCorsPreflight",
        "AddApiKeyRequiredToCorsPreflight",
        "ApiKeyRequired",
        "ResourcePolicy",
        "UsagePlan",
    ];
    let Some(auth) = members(source, "Auth")? else { return Ok(Map::new()) };
    if let Some(name) = auth.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(invalid("/Auth", format!("`Auth` has no property `{name}`")));
    }
    if auth.get("ResourcePolicy").is_some_and(|policy| !is_empty(policy)) {
        return Err(unsupported("/Auth/ResourcePolicy", "the `ResourcePolicy` of an API is not expanded"));
    }
    let resolved = context.resolve(&Value::Object(auth.clone()));
    match resolved.get("Authorizers") {
        Some(authorizers) if !is_empty(authorizers) && mapping(authorizers).is_none() => {
            Err(invalid("/Auth/Authorizers", "`Authorizers` must be a mapping"))
        }
        _ => Ok(resolved.as_object().cloned().unwrap_or_default()),
    }
}

fn auth(document: &mut Value, source: &Source, context: &Context<'_>) -> Result<()> {
    let auth = auth_of(source, context)?;
    let none = Map::new();
    let authorizers = auth.get("Authorizers").and_then(Value::as_object).unwrap_or(&none);
    for (name, authorizer) in authorizers {
        let definition = definition(name, authorizer, context)?;
        if let Some(definitions) = section(document, DEFINITIONS) {
            definitions.insert(name.clone(), definition);
        }
    }
    let default = auth.get("DefaultAuthorizer").filter(|name| !is_empty(name) && !is_no_value(name));
    if let Some(default) = default.filter(|name| !authorizers.is_empty() || *name == "AWS_IAM") {
        let Some(default) = default.as_str() else {
            return Err(invalid("/Auth/DefaultAuthorizer", "`DefaultAuthorizer` must be a name"));
        };
        if default == "AWS_IAM" {
            define(document, default, aws_iam());
        } else if !authorizers.contains_key(default) {
            let message = format!("`Authorizers` has no authorizer `{default}`");
            return Err(invalid("/Auth/DefaultAuthorizer", message));
        }
        let scopes = authorizers.get(default).and_then(|one| one.get("AuthorizationScopes"));
        let scopes = scopes.filter(|scopes| !scopes.is_null()).cloned().unwrap_or_else(|| json!([]));
        let for_preflight = auth.get("AddDefaultAuthorizerToCorsPreflight").is_none_or(|value| !is_empty(value));
        for path in paths(document) {
            for_each_method(document, &path, &mut |name, method| {
                if for_preflight || name != "options" {
                    default_security(
                        method,
                        &|key| key == "AWS_IAM" || authorizers.contains_key(key),
                        "NONE",
                        || json!({default: scopes}),
                    );
                }
            });
        }
    }
    if auth.get("ApiKeyRequired").is_some_and(|value| !is_empty(value)) {
        define(document, "api_key", api_key());
        let for_preflight = auth.get("AddApiKeyRequiredToCorsPreflight").is_none_or(|value| !is_empty(value));
        for path in paths(document) {
            for_each_method(document, &path, &mut |name, method| {
                if name != "options" || for_preflight {
                    require_key(method);
                }
            });
        }
    }
    Ok(())
}

/// Adds the default authorizer to a method that names none.
fn default_security(
    method: &mut Map<String, Value>,
    is_authorizer: &dyn Fn(&str) -> bool,
    without: &str,
    default: impl Fn() -> Value,
) {
    let existing = method.get("security").and_then(Value::as_array).cloned().unwrap_or_default();
    let names = |one: &Value| one.as_object().is_some_and(|one| one.keys().any(|key| is_authorizer(key)));
    let (own, mut others): (Vec<Value>, Vec<Value>) = existing.into_iter().partition(names);
    let position = others.iter().position(|one| one.get(without).is_some());
    match position {
        Some(position) => {
            others.remove(position);
        }
        None if own.is_empty() => others.push(default()),
        None => others.extend(own),
    }
    if !others.is_empty() {
        method.insert("security".to_owned(), Value::Array(others));
    }
}

/// Makes an API key required unless the method says that it is not.
fn require_key(method: &mut Map<String, Value>) {
    let existing = method.get("security").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_key = |one: &Value| one.get("api_key").is_some() || one.get("api_key_false").is_some();
    let (keys, mut others): (Vec<Value>, Vec<Value>) = existing.iter().cloned().partition(is_key);
    if !keys.iter().any(|one| one.get("api_key_false").is_some()) {
        others.push(json!({"api_key": []}));
    }
    if others != existing {
        method.insert("security".to_owned(), Value::Array(others));
    }
}

/// The security definition of an authorizer.
fn definition(name: &str, authorizer: &Value, context: &Context<'_>) -> Result<Value> {
    let at = crate::domain::pointer::join("/Auth/Authorizers", name);
    let Some(authorizer) = mapping(authorizer) else { return Err(invalid(at, "an authorizer must be a mapping")) };
    let none = Map::new();
    let identity = match authorizer.get("Identity").filter(|value| !value.is_null()) {
        None => &none,
        Some(identity) => mapping(identity).ok_or_else(|| invalid(&at, "`Identity` must be a mapping"))?,
    };
    let header = identity.get("Header").filter(|value| !is_empty(value)).cloned();
    let header = header.unwrap_or_else(|| Value::from("Authorization"));
    let validation = identity.get("ValidationExpression").filter(|value| !is_empty(value));
    if let Some(pools) = authorizer.get("UserPoolArn").filter(|value| !is_empty(value)) {
        let pools = if pools.is_array() { pools.clone() } else { json!([pools]) };
        let mut own = json!({"type": "cognito_user_pools", "providerARNs": pools});
        if let Some(validation) = validation {
            own["identityValidationExpression"] = validation.clone();
        }
        return Ok(json!({
            "type": "apiKey", "name": header, "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
            AUTHORIZER: own,
        }));
    }
    let Some(function) = authorizer.get("FunctionArn") else {
        return Err(invalid(at, "an authorizer needs a `UserPoolArn` or a `FunctionArn`"));
    };
    let is_request = match authorizer.get("FunctionPayloadType").map(|kind| kind.as_str().unwrap_or_default()) {
        None | Some("TOKEN") => false,
        Some("REQUEST") => true,
        Some(_) => return Err(invalid(at, "`FunctionPayloadType` must be TOKEN or REQUEST")),
    };
    let uri = format!(
        "arn:{}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{__FunctionArn__}}/invocations",
        context.partition
    );
    let mut own = json!({
        "type": if is_request { "request" } else { "token" },
        "authorizerUri": {"Fn::Sub": [uri, {"__FunctionArn__": function}]},
    });
    if let Some(time) = identity.get("ReauthorizeEvery").filter(|value| !value.is_null()) {
        own["authorizerResultTtlInSeconds"] = time.clone();
    }
    if let Some(role) = authorizer.get("FunctionInvokeRole").filter(|role| !is_empty(role) && *role != "NONE") {
        own["authorizerCredentials"] = role.clone();
    }
    if is_request {
        let prefixes = [
            ("Headers", "method.request.header."),
            ("QueryStrings", "method.request.querystring."),
            ("StageVariables", "stageVariables."),
            ("Context", "context."),
        ];
        let texts = |(name, prefix): (&str, &'static str)| {
            let list = identity.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            list.into_iter().filter_map(move |one| Some(format!("{prefix}{}", one.as_str()?)))
        };
        let sources: Vec<String> = prefixes.into_iter().flat_map(texts).collect();
        if sources.is_empty() {
            return Err(invalid(at, "an authorizer of requests needs an `Identity`"));
        }
        own["identitySource"] = Value::from(sources.join(", "));
    } else if let Some(validation) = validation {
        own["identityValidationExpression"] = validation.clone();
    }
    Ok(json!({
        "type": "apiKey", "name": if is_request { Value::from("Unused") } else { header }, "in": "header",
        "x-amazon-apigateway-authtype": "custom", AUTHORIZER: own,
    }))
}

/// `GatewayResponses`.
fn responses(document: &mut Value, source: &Source) -> Result<()> {
    let Some(responses) = members(source, "GatewayResponses")? else { return Ok(()) };
    for (name, response) in responses {
        let at = crate::domain::pointer::join("/GatewayResponses", name);
        let Some(response) = mapping(response) else { return Err(invalid(at, "a response must be a mapping")) };
        let mut parameters = Map::new();
        let given = response.get("ResponseParameters").and_then(Value::as_object);
        for (key, prefix) in [("Headers", "header."), ("Paths", "path."), ("QueryStrings", "querystring.")] {
            let members = given.and_then(|given| given.get(key)).and_then(Value::as_object).into_iter().flatten();
            parameters.extend(members.map(|(name, value)| (format!("gatewayresponse.{prefix}{name}"), value.clone())));
        }
        let templates = response.get("ResponseTemplates").filter(|value| !value.is_null()).cloned();
        let mut made = json!({
            "responseParameters": parameters, "responseTemplates": templates.unwrap_or_else(|| json!({})),
        });
        match response.get("StatusCode").filter(|code| !is_empty(code)) {
            Some(Value::Number(code)) => made["statusCode"] = Value::from(code.to_string()),
            Some(code) => made["statusCode"] = code.clone(),
            None => {}
        }
        if let Some(all) = section(document, "x-amazon-apigateway-gateway-responses") {
            all.insert(name.clone(), made);
        }
    }
    Ok(())
}

/// Moves what has another place in version 3 of the format.
fn to_open_api(document: &mut Value) {
    let Some(map) = document.as_object_mut() else { return };
    for (old, new) in [(DEFINITIONS, "securitySchemes"), ("definitions", "schemas")] {
        if let Some(value) = map.shift_remove(old).filter(|value| !is_empty(value)) {
            let components = map.entry("components").or_insert_with(|| json!({}));
            if let Some(components) = components.as_object_mut() {
                components.insert(new.to_owned(), value);
            }
        }
    }
    for item in map.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(|paths| paths.values_mut()) {
        let Some(options) = item.get_mut("options").and_then(Value::as_object_mut) else { continue };
        options.shift_remove("produces");
        options.shift_remove("consumes");
        let headers = options.get_mut("responses").and_then(|responses| responses.get_mut("200")?.get_mut("headers"));
        for header in headers.and_then(Value::as_object_mut).into_iter().flat_map(|headers| headers.values_mut()) {
            *header = json!({"schema": header});
        }
    }
}

/// The permissions to invoke the functions of authorizers.
pub(super) fn permissions(source: &Source, context: &Context<'_>) -> Result<Made> {
    let auth = auth_of(source, context)?;
    let mut made = Vec::new();
    for (name, authorizer) in auth.get("Authorizers").and_then(Value::as_object).into_iter().flatten() {
        let is_disabled = authorizer.get("DisableFunctionDefaultPermissions").is_some_and(|value| !is_empty(value));
        let Some(function) = authorizer.get("FunctionArn").filter(|arn| !is_empty(arn) && !is_disabled) else {
            continue;
        };
        if authorizer.get("UserPoolArn").is_some_and(|value| !is_empty(value)) {
            continue;
        }
        let arn = format!(
            "arn:{}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/authorizers/*",
            context.partition
        );
        made.push(authorizer_permission(source, name, function, &arn));
    }
    Ok(made)
}

/// The usage plan with its key.
pub(super) fn usage_plan(source: &Source, stage: &str, context: &Context<'_>) -> Result<Made> {
    let auth = auth_of(source, context)?;
    let Some(plan) = auth.get("UsagePlan").filter(|plan| !plan.is_null()) else { return Ok(Vec::new()) };
    let at = "/Auth/UsagePlan";
    let Some(plan) = mapping(plan) else { return Err(invalid(at, "`UsagePlan` must be a mapping")) };
    match plan.get("CreateUsagePlan").and_then(Value::as_str) {
        Some("NONE") => return Ok(Vec::new()),
        Some("PER_API") => {}
        Some("SHARED") => return Err(unsupported(at, "a shared usage plan is not expanded")),
        _ => return Err(invalid(at, "`CreateUsagePlan` must be PER_API, SHARED or NONE")),
    }
    let id = source.id.as_str();
    let (plan_id, key_id) = (format!("{id}UsagePlan"), format!("{id}ApiKey"));
    let with = |name: &str| {
        let mut attributes = source.passed.clone();
        attributes.insert("DependsOn".to_owned(), json!([name]));
        attributes
    };
    let mut properties =
        Map::from_iter([("ApiStages".to_owned(), json!([{"ApiId": reference(id), "Stage": reference(stage)}]))]);
    pass(plan, &mut properties, &["UsagePlanName", "Description", "Quota", "Tags", "Throttle"]);
    let key = Map::from_iter([
        ("Enabled".to_owned(), Value::from(true)),
        ("StageKeys".to_owned(), json!([{"RestApiId": reference(id), "StageName": reference(stage)}])),
    ]);
    let link = Map::from_iter([
        ("KeyId".to_owned(), reference(&key_id)),
        ("KeyType".to_owned(), Value::from("API_KEY")),
        ("UsagePlanId".to_owned(), reference(&plan_id)),
    ]);
    Ok(vec![
        (plan_id.clone(), resource("AWS::ApiGateway::UsagePlan", &with(id), properties)),
        (key_id.clone(), resource("AWS::ApiGateway::ApiKey", &with(&plan_id), key)),
        (format!("{id}UsagePlanKey"), resource("AWS::ApiGateway::UsagePlanKey", &with(&key_id), link)),
    ])
}
