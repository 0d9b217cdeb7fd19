//! Finds secrets in a resource's properties, by the write-only properties of its schema and by the names of the others.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::{pointer, symbol};
use crate::schema::{TypeSchema, describe};

/// The paths of the values at or below a write-only property whose own key indicates a secret, or
/// for a list's items the list's key. A function call on the path may contain the secret.
pub(super) fn of(schema: Option<&TypeSchema>, properties: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(schema) = schema {
        for path in &schema.write_only {
            descend(properties, path.tokens(), &mut Vec::new(), &mut found);
        }
        named(schema, properties, "", &mut found);
    }
    found
}

/// Collects the secrets of the remaining properties: many schemas do not say that a password is write-only. The schema must
/// declare a text with the name of a secret; the keys of a free-form map are the user's.
fn named(schema: &TypeSchema, value: &Value, at: &str, found: &mut BTreeSet<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) if !symbol::is_intrinsic(value) => {
            map.iter().map(|(key, child)| (key.clone(), child)).collect()
        }
        Value::Array(items) => numbered(items),
        _ => return,
    };
    for (key, child) in children {
        let here = pointer::join(at, &key);
        let is_text = || {
            let facts = describe(schema, &here);
            facts.is_some_and(|facts| facts.types == ["string"] && !facts.read_only && facts.allowed.is_empty())
        };
        match child {
            Value::String(_) | Value::Object(_) if is_declared_secret(&key) && is_text() => {
                found.insert(here);
            }
            _ => named(schema, child, &here, found),
        }
    }
}

/// True for the name of a property that holds a secret, whatever the schema says of it. A token of a service is no secret.
fn is_declared_secret(name: &str) -> bool {
    !["ServiceToken", "EventSourceToken", "ClientRequestToken", "NextToken", "UpdateToken", "LockToken"].contains(&name)
        && is_secret_name(name)
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
            (
                "AWS::DocDB::DBCluster",
                json!({"MasterUserPassword": "x", "ManageMasterUserPassword": false, "MasterUsername": "y"}),
                vec!["/MasterUserPassword"],
            ),
            ("AWS::DocDB::DBCluster", json!({"MasterUserPassword": call}), vec!["/MasterUserPassword"]),
            ("AWS::Pinpoint::GCMChannel", json!({"ApiKey": "x", "ApplicationId": "y"}), vec!["/ApiKey"]),
            ("AWS::Cognito::UserPoolClient", json!({"GenerateSecret": true}), vec![]),
            ("AWS::Lambda::Function", json!({"Environment": {"Variables": {"DbPassword": "x"}}}), vec![]),
            ("AWS::Lambda::Function", json!({"Code": call}), vec![]),
            ("AWS::EC2::InstanceConnectEndpoint", json!({"ClientToken": "x"}), vec![]),
            ("AWS::SecretsManager::Secret", json!({"GenerateSecretString": {"SecretStringTemplate": "{}"}}), vec![]),
            ("Custom::Own", json!({"Password": "x"}), vec![]),
        ] {
            let found = of(TypeSchema::embedded(type_name), &properties);
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(found, expected, "{properties}");
        }
    }
}
