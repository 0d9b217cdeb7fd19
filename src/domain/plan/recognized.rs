//! Recognizes secrets by their name or shape, with the rules of the built-in policies (`policies/lib/secrets.rego`).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde_json::{Value, json};

use super::redaction::SENSITIVE;

/// Shapes that are credentials wherever they stand: keys of AWS, PEM, GitHub, GitLab, Slack, Stripe, Google, SendGrid, npm
/// and OpenAI, signed web tokens, addresses with a password in them, and values of the header `Authorization`.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes = [
        r"A[KS]IA[0-9A-Z]{16}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"gh[oprsu]_[A-Za-z0-9]{36}",
        r"github_pat_[A-Za-z0-9_]{22}",
        r"glpat-[A-Za-z0-9_-]{20}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10}",
        r"[sr]k_live_[A-Za-z0-9]{10}",
        r"AIza[0-9A-Za-z_-]{35}",
        r"npm_[A-Za-z0-9]{36}",
        r"sk-proj-[A-Za-z0-9_-]{16}",
        r"hooks[.]slack[.]com/(services|triggers|workflows)/[A-Za-z0-9]+/[A-Za-z0-9]",
        r"SG[.][A-Za-z0-9_-]{16}[A-Za-z0-9_-]*[.][A-Za-z0-9_-]{16}",
        r"eyJ[A-Za-z0-9_-]{16}[A-Za-z0-9_-]*[.]eyJ[A-Za-z0-9_-]{8}",
        r#"[a-z][a-z0-9+.-]*://[^/\s"':@${}]*:([^/\s"':@%${}<*]|%[0-9A-Fa-f]{2})[^/\s"':@{}]*@"#,
        r#"[A-Za-z0-9_.-]+:[^/\s"':@%${}<*][^/\s"':@{}]*@(tcp|unix)[(]"#,
        r"(?i)\b(bearer|basic)\s+[A-Za-z0-9_.~+/-]{16}",
    ];
    Regex::new(&shapes.join("|")).ok()
});

/// Names under which people keep secrets.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = [
        "passw(or)?d([^l]|$)",
        "(^|_|db)(pass|pwd)$",
        "passphrase",
        "secret",
        "token([^i]|$)",
        "api_?key",
        "access_?key",
        "private_?key",
        "shared_?key",
        "(auth|cookie|encryption|hmac|jwt|master|session|signing)_?key",
        "credential",
    ];
    Regex::new(&names.join("|")).ok()
});

/// Endings that say that a value is only about a secret.
static ABOUT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let endings = "(algorithm|arn|audience|bucket|enabled|endpoint|expir(ation|es|y)|id|issuer|length|lifetime|mode|name|\
        param(eter)?|path|policy|prefix|provider|_ref|region|seconds|table|ttl|type|uri|url|version|\
        _(alg|alias|cache|claim|class|count|days|domain|field|file|format|group|header|hosts?|hostname|hours|interval|\
        auth|backend|column|encoder|hasher|include|kms_key|level|login|manager|required|limit|location|max|min|minutes|\
        port|role|rotation|scopes?|size|source|storage|store|strategy|suffix|template|timeout|use|verification))$";
    Regex::new(endings).ok()
});

/// Literals that are no secrets, whatever their name: switches, numbers, ARNs, addresses, paths.
static HARMLESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(true|false|yes|no|on|off|none|null|[0-9.]+|arn:.*|/[a-z0-9_./-]*|https?://[^@]*|enabled|disabled|always|never|required|optional|strict|lax)$",
    )
    .ok()
});

/// Replaces the values that are recognized as secrets: by their shape, by the name that they stand under, or because they
/// contain one of the known `secrets`, also in base64.
pub(super) fn hide_recognized(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::Object(map) => {
            let named = pair_name(map);
            for (name, child) in map.iter_mut() {
                let owner = if matches!(name.as_str(), "Value" | "ParameterValue" | "HeaderValue") {
                    named.as_deref()
                } else {
                    Some(name.as_str())
                };
                hide_named_literal(owner, child);
                hide_recognized(child, secrets);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide_recognized(item, secrets)),
        Value::String(text) if is_recognized(text, secrets) || is_document_with_secret(text) => {
            *value = json!(SENSITIVE)
        }
        _ => {}
    }
}

/// JSON texts above this size, in bytes, are not parsed. The documents that services accept are smaller.
const LONGEST_DOCUMENT: usize = 1 << 20;

/// True for a JSON text, such as the definition of a state machine, with a literal that stands under the name of a secret.
fn is_document_with_secret(text: &str) -> bool {
    let is_document = text.trim_start().starts_with(['{', '[']) && text.len() <= LONGEST_DOCUMENT;
    is_document && serde_json::from_str(text).is_ok_and(|document| has_named_secret(&document))
}

fn has_named_secret(document: &Value) -> bool {
    match document {
        Value::Object(map) => map.iter().any(|(name, child)| match child {
            // `"Token.$": "$$.Task.Token"` is a path, not a literal.
            Value::String(text) => !text.starts_with('$') && keeps_secret(name) && is_suspicious(text),
            child => has_named_secret(child),
        }),
        Value::Array(items) => items.iter().any(has_named_secret),
        _ => false,
    }
}

/// True if a property that is not write-only holds a secret because of its type, or because of the name of the resource.
pub(super) fn is_secret_property(type_name: &str, name: Option<&str>, place: &str) -> bool {
    match (type_name, place) {
        ("AWS::ApiGateway::ApiKey", "/Value") => true,
        ("AWS::SSM::Parameter", "/Value") => name.is_some_and(keeps_secret),
        _ => false,
    }
}

/// Replaces what has the shape of a credential.
pub(super) fn without_shapes(text: &str) -> std::borrow::Cow<'_, str> {
    SHAPES.as_ref().map_or(text.into(), |shapes| shapes.replace_all(text, SENSITIVE))
}

/// Replaces a literal, or a list of them, that stands under the name of a secret.
pub(super) fn hide_named_literal(name: Option<&str>, value: &mut Value) {
    let literals = match value {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    let is_literal = |value: &&mut Value| value.as_str().is_some_and(is_suspicious);
    if name.is_some_and(keeps_secret) {
        literals.iter_mut().filter(is_literal).for_each(|literal| *literal = json!(SENSITIVE));
    }
}

/// `DB_PASSWORD` in `{Name: DB_PASSWORD, Value: …}`.
fn pair_name(map: &serde_json::Map<String, Value>) -> Option<String> {
    let names = ["Name", "Key", "ParameterKey", "HeaderName", "OptionName", "name"];
    let name = names.iter().find_map(|key| map.get(*key)?.as_str());
    name.map(str::to_owned)
}

fn is_recognized(text: &str, secrets: &[&str]) -> bool {
    if holds(text, secrets) {
        return true;
    }
    // User data and similar properties are scripts in base64.
    let is_base64 = text.len() >= 12 && text.len().is_multiple_of(4);
    is_base64
        && STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|decoded| holds(&decoded, secrets))
}

fn holds(text: &str, secrets: &[&str]) -> bool {
    let contains = |secret: &&str| !secret.is_empty() && text.contains(*secret);
    secrets.iter().any(contains) || SHAPES.as_ref().is_some_and(|shapes| shapes.is_match(text))
}

/// True for a name under which people keep secrets.
fn keeps_secret(name: &str) -> bool {
    let words = words(name);
    let matches = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(&words));
    matches(&NAMES) && !matches(&ABOUT)
}

/// In lowercase, with `_` between words that only their capitals tell apart.
fn words(name: &str) -> String {
    let is_upper = name.to_uppercase() == name;
    let mut words = String::with_capacity(name.len() + 4);
    let mut previous = ' ';
    for letter in name.chars() {
        if !is_upper && letter.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit()) {
            words.push('_');
        }
        words.extend(letter.to_lowercase().map(|lower| if lower == '-' { '_' } else { lower }));
        previous = letter;
    }
    words
}

/// True for a literal that could be a secret.
fn is_suspicious(text: &str) -> bool {
    let is_reference = text.is_empty() || text.starts_with("{{resolve:") || text == SENSITIVE;
    !is_reference && !HARMLESS.as_ref().is_some_and(|harmless| harmless.is_match(&text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(mut value: Value) -> Value {
        hide_recognized(&mut value, &["hunter2-long"]);
        value
    }

    #[test]
    fn secrets_are_recognized_by_name_shape_and_content() {
        let (sensitive, key) = (json!(SENSITIVE), "AKIAIOSFODNN7EXAMPLE");
        let script = STANDARD.encode("#!/bin/sh\nexport PASSWORD=hunter2-long\n");
        for (value, shown) in [
            (
                json!({"Variables": {"DB_PASSWORD": "x1", "LEVEL": "info"}}),
                json!({"Variables": {"DB_PASSWORD": sensitive, "LEVEL": "info"}}),
            ),
            (json!([{"Name": "API_TOKEN", "Value": "x1"}]), json!([{"Name": "API_TOKEN", "Value": sensitive}])),
            (json!({"client_secret": "x1"}), json!({"client_secret": sensitive})),
            (json!({"passwords": ["x1", {"Ref": "P"}]}), json!({"passwords": [sensitive, {"Ref": "P"}]})),
            (json!({"URL": "postgres://app:pa55@db/x"}), json!({"URL": sensitive})),
            (json!({"Text": format!("id {key}")}), json!({"Text": sensitive})),
            (json!({"UserData": script}), json!({"UserData": sensitive})),
            (json!({"Command": "run --password=hunter2-long"}), json!({"Command": sensitive})),
            (
                json!({"HeaderName": "X-Origin-Secret", "HeaderValue": "x1"}),
                json!({"HeaderName": "X-Origin-Secret", "HeaderValue": sensitive}),
            ),
            (
                json!({"Key": "Authorization", "Value": "Bearer abcdefghijklmnop"}),
                json!({"Key": "Authorization", "Value": sensitive}),
            ),
            (json!({"Definition": r#"{"Result": [{"password": "x1"}]}"#}), json!({"Definition": sensitive})),
        ] {
            assert_eq!(hidden(value.clone()), shown, "{value}");
        }
    }

    #[test]
    fn what_is_only_about_a_secret_is_shown() {
        for value in [
            json!({"SecretArn": "arn:aws:secretsmanager:us-east-1:111111111111:secret:x"}),
            json!({"TokenKeyId": "abc", "PASSWORD_FILE": "x", "PasswordPolicy": {"MinimumLength": 8}}),
            json!({"AccessTokenValidity": 60, "USE_TOKEN": "true", "TOKEN_URL": "https://id.example.com"}),
            json!({"Password": "{{resolve:secretsmanager:db:SecretString:password}}"}),
            json!([{"Key": "Team", "Value": "secret-santa"}]),
            json!({"Definition": r#"{"Parameters": {"TaskToken.$": "$$.Task.Token", "SecretId": "db"}}"#}),
            json!({"Text": "the bearer of this"}),
        ] {
            assert_eq!(hidden(value.clone()), value);
        }
    }
}
