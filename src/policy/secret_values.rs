//! Finds secrets in a resource's properties, by the write-only properties of its schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::path::path;
use crate::domain::{pointer, symbol};
use crate::schema::TypeSchema;

/// The paths of the values at or below a write-only property whose own key indicates a secret, or
/// for a list's items the list's key. A function call on the path may contain the secret.
pub(super) fn of(schema: Option<&TypeSchema>, properties: &Value) -> Vec<Vec<Value>> {
    let mut found = BTreeSet::new();
    if let Some(schema) = schema {
        for path in &schema.write_only {
            descend(properties, path.tokens(), &mut Vec::new(), &mut found);
        }
    }
    found.iter().map(|pointer| path(properties, pointer)).collect()
}

/// Follows a write-only path as far as it exists.
fn descend(value: &Value, tokens: &[String], at: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let Some((token, rest)) = tokens.split_first() else {
        return below(value, at, found);
    };
    if symbol::is_intrinsic(value) {
        // The rest of the path names the value; below a list, it is the call itself.
        let is_list = tokens.iter().any(|token| token == "*");
        let rest = if is_list { &[] } else { tokens };
        if tokens.last().is_some_and(|name| is_secret_name(name)) || contains_secret_name(value) {
            found.insert(pointer_of(at.iter().chain(rest)));
        }
        return;
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) if token == "*" => map.iter().map(|(key, child)| (key.clone(), child)).collect(),
        Value::Object(map) => map.get(token).map(|child| (token.clone(), child)).into_iter().collect(),
        Value::Array(items) if token == "*" => numbered(items),
        _ => Vec::new(),
    };
    for (key, child) in children {
        at.push(key);
        descend(child, rest, at, found);
        at.pop();
    }
}

/// Collects the secrets at a write-only value and below it.
fn below(value: &Value, at: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) if !symbol::is_intrinsic(value) => {
            map.iter().map(|(key, child)| (key.clone(), child)).collect()
        }
        Value::Array(items) => numbered(items),
        _ => {
            let is_index = |token: &&String| token.bytes().all(|byte| byte.is_ascii_digit());
            let key = at.iter().rfind(|token| !is_index(token));
            if key.is_some_and(|key| is_secret_name(key)) || contains_secret_name(value) {
                found.insert(pointer_of(at.iter()));
            }
            return;
        }
    };
    for (key, child) in children {
        at.push(key);
        below(child, at, found);
        at.pop();
    }
}

fn numbered(items: &[Value]) -> Vec<(String, &Value)> {
    items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
}

fn pointer_of<'t>(tokens: impl Iterator<Item = &'t String>) -> String {
    tokens.fold(String::new(), |at, token| pointer::join(&at, token))
}

/// True for a call with an object in it (a branch of `Fn::If`) that has a secret's key.
fn contains_secret_name(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, child)| is_secret_name(key) || contains_secret_name(child)),
        Value::Array(items) => items.iter().any(contains_secret_name),
        _ => false,
    }
}

/// True for the name of a property that holds a secret itself, not metadata about one.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.strip_suffix('s').unwrap_or(name);
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let about =
        ["Arn", "ARN", "Id", "Name", "Version", "Stage", "Region", "Source", "Status", "Template", "Type", "Config"];
    // A launch template's `HttpTokens` is a setting, not a token.
    !["ClientToken", "HttpToken"].contains(&name)
        && (ends_in(&[
            "Password",
            "PrivateKey",
            "Token",
            "PreSharedKey",
            "ApiKey",
            "ApiKeyValue",
            "AccessKey",
            "Passphrase",
        ]) || name.contains("Secret") && !ends_in(&about))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_found_below_write_only_properties() {
        let call = json!({"Ref": "P"});
        let choice = json!({"Fn::If": ["C", {"Password": "x"}, {"Ref": "AWS::NoValue"}]});
        for (type_name, properties, expected) in [
            (
                "AWS::OpenSearchService::Domain",
                json!({"AdvancedSecurityOptions": {"MasterUserOptions": {"MasterUserName": "a", "MasterUserPassword": "b"}}}),
                vec!["/AdvancedSecurityOptions/MasterUserOptions/MasterUserPassword"],
            ),
            (
                "AWS::AmazonMQ::Broker",
                json!({"Users": [{"Username": "a"}, {"Password": "b"}]}),
                vec!["/Users/1/Password"],
            ),
            ("AWS::ElastiCache::User", json!({"Passwords": ["a", call]}), vec!["/Passwords/0", "/Passwords/1"]),
            ("AWS::ElastiCache::User", json!({"Passwords": call}), vec!["/Passwords"]),
            ("AWS::IAM::User", json!({"LoginProfile": call}), vec!["/LoginProfile/Password"]),
            (
                "AWS::ElasticLoadBalancingV2::Listener",
                json!({"DefaultActions": [{}, {"AuthenticateOidcConfig": {"ClientSecret": "x", "ClientId": "y"}}]}),
                vec!["/DefaultActions/1/AuthenticateOidcConfig/ClientSecret"],
            ),
            ("AWS::ElasticLoadBalancingV2::Listener", json!({"DefaultActions": call}), vec!["/DefaultActions"]),
            ("AWS::Amplify::App", json!({"BasicAuthConfig": choice}), vec!["/BasicAuthConfig"]),
            ("AWS::Lambda::Function", json!({"Code": call}), vec![]),
            ("AWS::EC2::InstanceConnectEndpoint", json!({"ClientToken": "x"}), vec![]),
            ("AWS::SecretsManager::Secret", json!({"GenerateSecretString": {"SecretStringTemplate": "{}"}}), vec![]),
            ("Custom::Own", json!({"Password": "x"}), vec![]),
        ] {
            let found = of(TypeSchema::embedded(type_name), &properties);
            let expected: Vec<Vec<Value>> = expected.into_iter().map(|pointer| path(&properties, pointer)).collect();
            assert_eq!(found, expected, "{properties}");
        }
    }
}
