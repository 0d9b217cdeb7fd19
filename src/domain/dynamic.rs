//! Dynamic references: `{{resolve:ssm:NAME}}`, `{{resolve:ssm-secure:NAME}}` and `{{resolve:secretsmanager:SECRET:SecretString:KEY}}`
//! in a text stand for a value that is stored in AWS. See "Get values stored in other services using dynamic references" in the
//! CloudFormation User Guide.
//!
//! A plan holds the reference; the value is read when the step that sends it runs, and is in no plan, output or file.

use serde_json::Value;

use super::pointer;
use super::symbol::is_intrinsic;

const START: &str = "{{resolve:";
const END: &str = "}}";

/// What a dynamic reference names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DynamicReference {
    /// A parameter of Systems Manager.
    Parameter {
        /// Its name or ARN.
        name: String,
        /// Its version; `None` for the latest.
        version: Option<String>,
        /// True for `ssm-secure`: the parameter is a `SecureString`.
        is_secure: bool,
    },
    /// A secret of Secrets Manager.
    Secret {
        /// Its name or ARN.
        id: String,
        /// The member of its JSON object; `None` for the whole text.
        key: Option<String>,
        /// The staging label; `None` for `AWSCURRENT`.
        stage: Option<String>,
        /// The version.
        version: Option<String>,
    },
}

impl DynamicReference {
    /// Parses what is between `{{resolve:` and `}}`.
    ///
    /// # Errors
    /// The reason why it is not a dynamic reference.
    fn parse(text: &str) -> Result<Self, String> {
        let (service, rest) = text.split_once(':').ok_or("it does not name a service and a value")?;
        let parts: Vec<&str> = rest.split(':').collect();
        // The colons of an ARN are part of the name.
        let arn_length = if service == "secretsmanager" { 7 } else { 6 };
        let is_arn = parts.first() == Some(&"arn");
        if is_arn && parts.len() < arn_length {
            return Err("the ARN is not complete".to_owned());
        }
        let (name, rest) = parts.split_at(if is_arn { arn_length } else { 1 });
        let name = name.join(":");
        if name.is_empty() || name.contains(['{', '}']) || name.chars().any(char::is_whitespace) {
            return Err("it has no name".to_owned());
        }
        let part = |index: usize| rest.get(index).filter(|text| !text.is_empty()).map(|text| (*text).to_owned());
        match service {
            "ssm" | "ssm-secure" => {
                let version = part(0);
                if rest.len() > 1 || version.as_ref().is_some_and(|text| text.parse::<u64>().is_err()) {
                    return Err("after the name of a parameter, only a version number may follow".to_owned());
                }
                Ok(Self::Parameter { name, version, is_secure: service == "ssm-secure" })
            }
            "secretsmanager" => {
                if part(0).is_some_and(|kind| kind != "SecretString") {
                    return Err("of a secret, only `SecretString` can be referred to".to_owned());
                }
                let (key, stage, version) = (part(1), part(2), part(3));
                if rest.len() > 4 || stage.is_some() && version.is_some() {
                    return Err("after the key, either a staging label or a version may follow".to_owned());
                }
                Ok(Self::Secret { id: name, key, stage, version })
            }
            other => Err(format!("`{other}` is not one of ssm, ssm-secure and secretsmanager")),
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'t> {
    /// Plain text.
    Text(&'t str),
    /// A dynamic reference.
    Reference(DynamicReference),
}

/// Returns the parts of a text.
///
/// # Errors
/// A reference in it is malformed: the reason.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(START) {
        let (before, reference) = rest.split_at(start);
        let reference = &reference[START.len()..];
        let end = reference.find(END).ok_or("it has no `}}`")?;
        if !before.is_empty() {
            found.push(Part::Text(before));
        }
        found.push(Part::Reference(DynamicReference::parse(&reference[..end])?));
        rest = &reference[end + END.len()..];
    }
    if !rest.is_empty() {
        found.push(Part::Text(rest));
    }
    Ok(found)
}

/// True if a text contains a dynamic reference, which may be malformed.
pub fn is_dynamic(text: &str) -> bool {
    text.contains(START)
}

/// True if a text is one dynamic reference and nothing else: it names a value and does not contain it.
pub fn is_reference(text: &str) -> bool {
    is_dynamic(text) && parts(text).is_ok_and(|parts| matches!(parts.as_slice(), [Part::Reference(_)]))
}

/// True if a text in a value contains a dynamic reference.
pub fn has_dynamic(value: &Value) -> bool {
    match value {
        Value::String(text) => is_dynamic(text),
        Value::Array(items) => items.iter().any(has_dynamic),
        Value::Object(map) => map.values().any(has_dynamic),
        _ => false,
    }
}

/// The pointers of all texts with a dynamic reference, and of the functions that make one.
pub fn pointers(document: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(text) if is_dynamic(text) => found.push(at.to_owned()),
            Value::Object(_) if is_intrinsic(value) => found.extend(has_dynamic(value).then(|| at.to_owned())),
            Value::Object(map) => map.iter().for_each(|(key, child)| walk(child, &pointer::join(at, key), found)),
            Value::Array(items) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(index, item)| walk(item, &pointer::join(at, &index.to_string()), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", &mut found);
    found
}

/// The number of references in all texts of a value, malformed ones as well.
pub fn count(value: &Value) -> usize {
    let mut found = 0;
    pointer::for_each_string(value, &mut |_, text| found += text.matches(START).count());
    found
}

/// The references in all texts of a document, each once; malformed texts have none.
pub fn references(document: &Value) -> Vec<DynamicReference> {
    let mut found = Vec::new();
    pointer::for_each_string(document, &mut |_, text| {
        for part in parts(text).unwrap_or_default() {
            if let Part::Reference(reference) = part {
                found.push(reference);
            }
        }
    });
    found.sort();
    found.dedup();
    found
}

/// Replaces the references in those texts that are wanted by their values.
///
/// # Errors
/// A reference is malformed or has no value: the reason.
pub fn with_values(
    document: &Value,
    is_wanted: &dyn Fn(&str) -> bool,
    value_of: &dyn Fn(&DynamicReference) -> Option<String>,
) -> Result<Value, String> {
    Ok(match document {
        Value::String(text) if is_dynamic(text) && is_wanted(text) => {
            let mut resolved = String::new();
            for part in parts(text)? {
                match part {
                    Part::Text(text) => resolved.push_str(text),
                    Part::Reference(reference) => {
                        resolved.push_str(&value_of(&reference).ok_or("it has no value")?);
                    }
                }
            }
            Value::String(resolved)
        }
        Value::Array(items) => {
            items.iter().map(|item| with_values(item, is_wanted, value_of)).collect::<Result<_, _>>()?
        }
        Value::Object(map) => {
            let members = map.iter().map(|(key, child)| Ok((key.clone(), with_values(child, is_wanted, value_of)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parameter(name: &str, version: Option<&str>, is_secure: bool) -> DynamicReference {
        DynamicReference::Parameter { name: name.to_owned(), version: version.map(str::to_owned), is_secure }
    }

    fn secret(id: &str, key: &str, stage: &str, version: &str) -> DynamicReference {
        let of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        DynamicReference::Secret { id: id.to_owned(), key: of(key), stage: of(stage), version: of(version) }
    }

    #[test]
    fn every_documented_form_is_parsed() {
        let arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-a1b2c3";
        let shared = "arn:aws:ssm:us-east-1:222222222222:parameter/shared/level";
        for (text, expected) in [
            ("ssm:/app/level", parameter("/app/level", None, false)),
            ("ssm:level:7", parameter("level", Some("7"), false)),
            ("ssm-secure:/app/token", parameter("/app/token", None, true)),
            ("ssm-secure:token:1", parameter("token", Some("1"), true)),
            (&format!("ssm:{shared}"), parameter(shared, None, false)),
            (&format!("ssm:{shared}:2"), parameter(shared, Some("2"), false)),
            ("secretsmanager:db", secret("db", "", "", "")),
            ("secretsmanager:db:SecretString", secret("db", "", "", "")),
            ("secretsmanager:db:SecretString:password", secret("db", "password", "", "")),
            ("secretsmanager:db:SecretString:password::", secret("db", "password", "", "")),
            ("secretsmanager:db:SecretString:password:AWSPREVIOUS", secret("db", "password", "AWSPREVIOUS", "")),
            ("secretsmanager:db:SecretString:password::EXAMPLE1", secret("db", "password", "", "EXAMPLE1")),
            ("secretsmanager:db::::", secret("db", "", "", "")),
            (&format!("secretsmanager:{arn}"), secret(arn, "", "", "")),
            (&format!("secretsmanager:{arn}:SecretString:password::"), secret(arn, "password", "", "")),
        ] {
            assert_eq!(DynamicReference::parse(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn a_malformed_reference_has_a_reason() {
        for text in [
            "{{resolve:ssm:/a",
            "{{resolve:ssm}}",
            "{{resolve:ssm:}}",
            "{{resolve:ssm:/a:latest}}",
            "{{resolve:ssm:/a:1:2}}",
            "{{resolve:s3:bucket}}",
            "{{resolve:secretsmanager:db:SecretBinary}}",
            "{{resolve:secretsmanager:db:SecretString:k:AWSCURRENT:EXAMPLE1}}",
            "{{resolve:secretsmanager:db:SecretString:k:::}}",
            "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1}}",
            "{{resolve:secretsmanager:{{resolve:ssm:a}}}}",
        ] {
            assert!(parts(text).is_err(), "{text}");
            assert!(with_values(&json!(text), &|_| true, &|_| Some(String::new())).is_err(), "{text}");
        }
    }

    #[test]
    fn references_within_texts_are_replaced() {
        let document = json!({
            "Url": "postgres://{{resolve:ssm:/user}}:{{resolve:secretsmanager:db:SecretString:password}}@host",
            "List": ["{{resolve:ssm:/user}}", 5, "plain"],
        });
        let value_of = |reference: &DynamicReference| match reference {
            DynamicReference::Parameter { .. } => Some("admin".to_owned()),
            DynamicReference::Secret { .. } => Some("p{{}}".to_owned()),
        };
        let expected = json!({"Url": "postgres://admin:p{{}}@host", "List": ["admin", 5, "plain"]});
        assert_eq!(with_values(&document, &|_| true, &value_of), Ok(expected));
        let one = with_values(&document, &|text| text == "{{resolve:ssm:/user}}", &value_of).unwrap();
        assert_eq!((&one["Url"], &one["List"][0]), (&document["Url"], &json!("admin")));
        assert_eq!(references(&document).len(), 2);
        assert_eq!(pointers(&document), ["/Url", "/List/0"]);
        assert!(is_reference("{{resolve:ssm:/user}}") && !is_reference("x{{resolve:ssm:/user}}") && !is_reference("x"));
        assert!(has_dynamic(&document) && !has_dynamic(&json!(["{{x}}"])));
        assert!(with_values(&document, &|_| true, &|_| None).is_err());
    }

    #[test]
    fn a_function_that_makes_a_reference_is_one() {
        let password =
            json!({"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "S"}, ":SecretString:password}}"]]});
        let document = json!({"Password": password, "Other": {"Fn::Sub": "${A}"}, "In": [{"B": "{{resolve:ssm:b}}"}]});
        assert_eq!(pointers(&document), ["/Password", "/In/0/B"]);
        assert_eq!((count(&document), count(&document["Other"])), (2, 0));
    }

    proptest! {
        #[test]
        fn parts_of_any_text_are_the_text(text in "(\\PC|\\{\\{resolve:|ssm:|secretsmanager:|a|:|\\}\\}){0,12}") {
            if let Ok(parts) = parts(&text) {
                let plain: usize = parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum();
                let references = parts.iter().filter(|part| matches!(part, Part::Reference(_))).count();
                prop_assert_eq!(references, text.matches(START).count());
                prop_assert!(references > 0 || plain == text.len());
            }
        }
    }
}
