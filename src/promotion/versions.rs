//! Published versions of functions. AWS numbers them in each account, so that a number means nothing in the other one: the
//! description of a promoted version says which version it was promoted from.

use serde_json::Value;

use crate::domain::plan::Rewrite;
use crate::domain::pointer::{self, PropertyPath};
use crate::schema::TypeSchema;

const VERSION: &str = "AWS::Lambda::Version";
const MARK: &str = "promoted from version ";
const DESCRIPTION: &str = "Description";
/// Characters that Lambda allows in a description.
const MAX_DESCRIPTION: usize = 256;

/// True for the type of published versions.
pub fn is_version(type_name: &str) -> bool {
    type_name == VERSION
}

/// What a version is called in an index of values: `AWS::Lambda::Version orders:4`. `function` is a name or an ARN.
pub fn key(function: &str, number: &str) -> String {
    format!("{VERSION} {}:{number}", name_of(function))
}

/// The key of a version, from its properties.
pub fn key_of(version: &Value) -> Option<String> {
    Some(key(text(version, "FunctionName")?, text(version, "Version")?))
}

/// The name of the function of a version, and its number.
pub fn of(version: &Value) -> Option<(&str, u64)> {
    Some((name_of(text(version, "FunctionName")?), text(version, "Version")?.parse().ok()?))
}

/// True for a value that is the number of a version of the function that the property `FunctionName` names.
pub fn is_number(schema: &TypeSchema, at: &str, value: &str) -> bool {
    let paths: &[&str] = match schema.type_name.as_str() {
        "AWS::Lambda::Alias" => &["/FunctionVersion", "/RoutingConfig/AdditionalVersionWeights/*/FunctionVersion"],
        "AWS::Lambda::EventInvokeConfig" => &["/Qualifier"],
        _ => return false,
    };
    !value.is_empty()
        && value.bytes().all(|byte| byte.is_ascii_digit())
        && paths.iter().any(|path| PropertyPath::parse(path).matches(at))
}

/// True if what follows the ARN of a function in a text is the number of a version.
pub fn follows(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(':') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && !rest[digits..].starts_with(|next: char| next.is_alphanumeric() || matches!(next, '-' | '_'))
}

/// Changes the properties of a version to those that it has in the other environment: the description says which version
/// this is, and the digest of the code is left out, because it is that of the code in this account.
pub fn for_other_environment(schema: &TypeSchema, live: &Value, properties: &mut Value) -> Option<Rewrite> {
    let number = text(live, "Version").filter(|_| is_version(&schema.type_name))?;
    let properties = properties.as_object_mut()?;
    properties.shift_remove("CodeSha256");
    let before = text(live, DESCRIPTION).unwrap_or_default();
    let suffix = format!("{MARK}{number}");
    let own: String = own_description(before).chars().take(MAX_DESCRIPTION - suffix.len() - 2).collect();
    let after = if own.is_empty() { suffix } else { format!("{own}; {suffix}") };
    properties.insert(DESCRIPTION.to_owned(), after.clone().into());
    let reason = "tells which version this is: their numbers differ between accounts".to_owned();
    Some(Rewrite { pointer: pointer::join("", DESCRIPTION), before: before.to_owned(), after, reason })
}

/// True if a version was promoted from `source`, or `source` from it. `wanted` are the properties that the counterpart has.
pub fn is_counterpart(source: &Value, wanted: &Value, there: &Value) -> bool {
    let origin = text(source, DESCRIPTION).and_then(|text| Some(&text[text.rfind(MARK)? + MARK.len()..]));
    text(there, DESCRIPTION) == text(wanted, DESCRIPTION) || (origin.is_some() && origin == text(there, "Version"))
}

/// Gives a version the properties of its counterpart that cannot change: a published version stays what it is.
pub fn keep_published(schema: &TypeSchema, wanted: &mut Value, there: &Value) {
    let Some(wanted) = wanted.as_object_mut().filter(|_| is_version(&schema.type_name)) else { return };
    let fixed = there.as_object().into_iter().flatten();
    for (name, value) in fixed.filter(|(name, _)| schema.is_create_only(&pointer::join("", name))) {
        wanted.insert(name.clone(), value.clone());
    }
}

/// A description without what this module added.
fn own_description(text: &str) -> &str {
    text.rfind(MARK).map_or(text, |at| text[..at].trim_end_matches("; "))
}

fn text<'a>(properties: &'a Value, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

/// The name of a function, from its name or ARN, with or without a qualifier.
pub fn name_of(function: &str) -> &str {
    let name = function.rsplit_once("function:").map_or(function, |(_, rest)| rest);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    fn schema(type_name: &str) -> &'static TypeSchema {
        Registry::embedded().get(type_name).unwrap()
    }

    fn described(live: &Value) -> String {
        let mut properties = live.clone();
        let rewrite = for_other_environment(schema(VERSION), live, &mut properties).unwrap();
        assert!(properties.get("CodeSha256").is_none());
        assert_eq!(properties["Description"], rewrite.after);
        rewrite.after
    }

    #[test]
    fn the_description_says_which_version_it_is() {
        let live = |text: &str| json!({"FunctionName": "f", "Version": "12", "Description": text, "CodeSha256": "x"});
        assert_eq!(described(&live("")), "promoted from version 12");
        assert_eq!(described(&live("Release 3")), "Release 3; promoted from version 12");
        assert_eq!(described(&live("Release 3; promoted from version 2")), "Release 3; promoted from version 12");
        assert_eq!(described(&live("promoted from version 2")), "promoted from version 12");
        let long = described(&live(&"ä".repeat(256)));
        assert_eq!(long.chars().count(), 256);
        assert!(long.ends_with("; promoted from version 12"));
        let mut other = json!({"Description": "x"});
        assert!(for_other_environment(schema("AWS::Lambda::Alias"), &live(""), &mut other).is_none());
    }

    #[test]
    fn a_counterpart_names_the_version_or_is_named_by_it() {
        let source = json!({"Version": "4"});
        let wanted = json!({"Description": "promoted from version 4"});
        let there = |number: &str, text: &str| json!({"Version": number, "Description": text});
        assert!(is_counterpart(&source, &wanted, &there("1", "promoted from version 4")));
        assert!(!is_counterpart(&source, &wanted, &there("4", "")));
        assert!(!is_counterpart(&source, &wanted, &there("4", "promoted from version 40")));
        let pulled = json!({"Version": "4", "Description": "promoted from version 1"});
        assert!(is_counterpart(&pulled, &wanted, &there("1", "")));
        assert!(!is_counterpart(&pulled, &wanted, &there("2", "")));
    }

    #[test]
    fn a_published_version_stays_what_it_is() {
        let mut wanted = json!({"FunctionName": "f-prod", "FunctionScalingConfig": {"MinExecutionEnvironments": 2}});
        let there = json!({"FunctionName": "f-prod", "CodeSha256": "y", "Version": "1",
            "FunctionScalingConfig": {"MinExecutionEnvironments": 1}});
        keep_published(schema(VERSION), &mut wanted, &there);
        let expected = json!({"FunctionName": "f-prod", "CodeSha256": "y",
            "FunctionScalingConfig": {"MinExecutionEnvironments": 2}});
        assert_eq!(wanted, expected);
    }

    #[test]
    fn numbers_are_those_of_a_function() {
        let alias = schema("AWS::Lambda::Alias");
        assert!(is_number(alias, "/FunctionVersion", "4"));
        assert!(is_number(alias, "/RoutingConfig/AdditionalVersionWeights/0/FunctionVersion", "5"));
        assert!(!is_number(alias, "/FunctionVersion", "$LATEST"));
        assert!(!is_number(alias, "/Name", "4"));
        assert!(!is_number(schema("AWS::Lambda::EventInvokeConfig"), "/Qualifier", "live"));
        assert!(!is_number(schema("AWS::SSM::Parameter"), "/Value", "4"));
        let arn = "arn:aws:lambda:us-east-1:111111111111:function:orders-dev";
        assert_eq!(key(arn, "4"), "AWS::Lambda::Version orders-dev:4");
        assert_eq!(key(&format!("{arn}:live"), "4"), key("orders-dev", "4"));
        assert!(follows(":4") && follows(":4/invocations") && !follows(":live") && !follows("-4") && !follows(":4a"));
    }
}
