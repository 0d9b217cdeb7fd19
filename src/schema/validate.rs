//! Validation of user input against the type's schema, before anything is sent.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

use super::type_schema::TypeSchema;
use super::violation::{self, Violation};
use super::{pointer, symbol};

/// A type's schema, compiled for validation.
pub(super) struct Compiled {
    pub(super) schema: Value,
    validator: Validator,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Compiled")
    }
}

/// The compiled schema of a type, compiled once.
pub(super) fn compiled(schema: &TypeSchema) -> Option<&Compiled> {
    let compiled = schema.compiled.get_or_init(|| {
        let schema = schema.json_schema()?;
        let validator = compile(&schema).ok()?;
        Some(Arc::new(Compiled { schema, validator }))
    });
    compiled.as_deref()
}

/// Compiles a type's schema in advance, so that the first validation need not wait for it.
pub fn prepare(schema: &TypeSchema) {
    compiled(schema);
}

pub(super) fn compile(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    // Formats are CloudFormation-specific ("AWS::EC2::VPC.Id"); none is a constraint here.
    jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(false).build(schema)
}

/// All violations of the type's schema in properties as written by the user, sorted by
/// pointer. Violations that depend on an unknown value (an intrinsic function, a dynamic reference) are left out.
/// A read-only property or a `null` is always a violation.
pub fn validate_as(schema: &TypeSchema, properties: &Value) -> Vec<Violation> {
    let Some(compiled) = compiled(schema) else {
        return vec![violation::unknown_type(&schema.type_name, None)];
    };
    if symbol::is_intrinsic(properties) {
        return Vec::new();
    }
    let unknown = symbol::unresolved_pointers(properties);
    let mut found = read_only(schema, properties);
    nulls(properties, "", &mut found);
    for error in compiled.validator.iter_errors(properties) {
        collect(&error, &compiled.schema, &unknown, &mut found);
    }
    finish(schema, found)
}

/// Converts one error of the validator to violations, unless an unknown value may be the cause.
fn collect(error: &ValidationError<'_>, root: &Value, unknown: &[String], found: &mut Vec<Violation>) {
    let at = error.instance_path().as_str();
    let said_already = error.instance().is_null();
    if said_already || unknown.iter().any(|place| pointer::is_within(at, place)) {
        return;
    }
    let contains_unknown = unknown.iter().any(|place| pointer::is_within(place, at));
    let conditional = error.schema_path().as_str().split('/').any(|token| matches!(token, "then" | "else"));
    if (contains_unknown && depends_on_content(error.kind())) || (conditional && !unknown.is_empty()) {
        return;
    }
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        && let Some(errors) = intended(at, context)
    {
        errors.iter().for_each(|inner| collect(inner, root, unknown, found));
        return;
    }
    found.extend(violation::from_error(error, root));
}

/// False for errors about the value itself only: its type, or which
/// properties it has. They hold regardless of unknown values inside.
fn depends_on_content(kind: &Kind) -> bool {
    !matches!(kind, Kind::Type { .. } | Kind::Required { .. } | Kind::AdditionalProperties { .. })
}

/// Of several alternatives, the one that the user most likely intended: the only one whose type
/// matches the value. Alternatives that are only lists of required properties are ignored.
fn intended<'e>(at: &str, context: &'e [Vec<ValidationError<'static>>]) -> Option<&'e [ValidationError<'static>]> {
    let is_about_the_whole = |error: &ValidationError<'_>| {
        error.instance_path().as_str() == at
            && matches!(error.kind(), Kind::Type { .. } | Kind::Required { .. } | Kind::AdditionalProperties { .. })
    };
    let mut fitting = context.iter().filter(|errors| !errors.iter().any(is_about_the_whole));
    match (fitting.next(), fitting.next()) {
        (Some(errors), None) => Some(errors),
        _ => None,
    }
}

fn read_only(schema: &TypeSchema, properties: &Value) -> Vec<Violation> {
    let places = schema.read_only.iter().flat_map(|path| path.select(properties));
    places.map(|(place, _)| violation::read_only(place)).collect()
}

/// CloudFormation rejects `null` anywhere in a template, also where the schema does not.
fn nulls(value: &Value, at: &str, found: &mut Vec<Violation>) {
    match value {
        Value::Null => found.push(violation::null(at.to_owned())),
        Value::Object(map) => {
            for (key, child) in map {
                nulls(child, &pointer::join(at, key), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nulls(item, &pointer::join(at, &index.to_string()), found);
            }
        }
        _ => {}
    }
}

/// Sorts, removes violations that a stronger one at the same pointer implies, and hides values that
/// a read would never return.
fn finish(schema: &TypeSchema, mut found: Vec<Violation>) -> Vec<Violation> {
    let settled: Vec<String> =
        found.iter().filter(|v| v.code == violation::READ_ONLY).map(|v| v.pointer.clone()).collect();
    found.retain(|v| v.code == violation::READ_ONLY || !settled.contains(&v.pointer));
    for violation in &mut found {
        if schema.is_write_only(&violation.pointer) {
            violation.hide_value();
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    fn codes(type_name: &str, properties: Value) -> Vec<(String, &'static str)> {
        Registry::embedded()
            .validate(type_name, &properties)
            .into_iter()
            .map(|v| (v.pointer, v.code.as_str()))
            .collect()
    }

    fn one(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(pointer.to_owned(), code)]
    }

    #[test]
    fn every_schema_compiles() {
        let mut failed = Vec::new();
        for name in Registry::embedded().type_names() {
            if let Err(error) = compile(&Registry::embedded().json_schema(name).unwrap()) {
                failed.push(format!("{name}: {error}"));
            }
        }
        assert!(failed.is_empty(), "{} do not compile:\n{}", failed.len(), failed.join("\n"));
        assert!(Registry::embedded().type_names().count() > 1800);
    }

    #[test]
    fn a_valid_bucket_passes() {
        let bucket = json!({
            "BucketName": "app-dev", "VersioningConfiguration": {"Status": "Enabled"}, "Tags": [{"Key": "a", "Value": "b"}],
        });
        assert_eq!(codes("AWS::S3::Bucket", bucket), []);
    }

    #[test]
    fn an_unknown_property_gets_a_suggestion() {
        let found = Registry::embedded()
            .validate("AWS::S3::Bucket", &json!({"VersioningConfig": {"Status": "Enabled"}, "BuckettName": "x-dev"}));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].pointer.as_str(), found[0].code.as_str()), ("/BuckettName", "unknown-property"));
        assert_eq!(found[0].suggestion.as_deref(), Some("BucketName"));
    }

    #[test]
    fn nested_violations_have_their_pointer() {
        let found =
            Registry::embedded().validate("AWS::S3::Bucket", &json!({"VersioningConfiguration": {"Status": "Enable"}}));
        assert_eq!(
            (found[0].pointer.as_str(), found[0].code.as_str()),
            ("/VersioningConfiguration/Status", "not-allowed")
        );
        assert_eq!(found[0].suggestion.as_deref(), Some("Enabled"));
        assert_eq!(found[0].expected.as_deref(), Some("Enabled, Suspended"));
        let found =
            Registry::embedded().validate("AWS::S3::Bucket", &json!({"VersioningConfiguration": {"Stat": "Enabled"}}));
        assert_eq!((found[0].code.as_str(), found[0].suggestion.as_deref()), ("unknown-property", Some("Status")));
        assert_eq!(
            (found[1].pointer.as_str(), found[1].code.as_str()),
            ("/VersioningConfiguration/Status", "missing-property")
        );
    }

    #[test]
    fn each_kind_of_violation_has_its_code() {
        let bucket = "AWS::S3::Bucket";
        assert_eq!(codes(bucket, json!({"Arn": "arn:aws:s3:::x"})), one("/Arn", "read-only-property"));
        assert_eq!(codes(bucket, json!({"BucketName": null})), one("/BucketName", "wrong-type"));
        assert_eq!(codes(bucket, json!({"Tags": {"a": "b"}})), one("/Tags", "wrong-type"));
        assert_eq!(codes("AWS::SQS::Queue", json!({"DelaySeconds": "x"})), one("/DelaySeconds", "wrong-type"));
        assert_eq!(codes("AWS::Lambda::Function", json!({"Code": {}})), one("/Role", "missing-property"));
        assert_eq!(codes("AWS::S3::Nothing", json!({})), one("", "unknown-type"));
        let name = json!({"FunctionName": "a b", "Role": "arn:aws:iam::111111111111:role/r", "Code": {"ZipFile": "x"}});
        assert_eq!(codes("AWS::Lambda::Function", name), one("/FunctionName", "pattern-mismatch"));
        let both = json!({"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "ipam-pool-1", "Ipv4NetmaskLength": 16});
        assert_eq!(codes("AWS::EC2::VPC", both), one("", "conflicting-properties"));
        assert_eq!(codes("AWS::EC2::VPC", json!({})), one("", "missing-property"));
    }

    #[test]
    fn violations_that_an_unknown_value_may_cause_are_left_out() {
        let bucket = "AWS::S3::Bucket";
        assert_eq!(codes(bucket, json!({"BucketName": {"Fn::Sub": "${x}-dev"}, "Tags": {"Ref": "T"}})), []);
        let unknown_status = json!({"VersioningConfiguration": {"Status": {"Ref": "S"}}});
        assert_eq!(codes(bucket, unknown_status), []);
        let twice = json!({"SecurityGroupIds": [{"Ref": "A"}, {"Ref": "A"}], "ImageId": "ami-0123456789abcdef0"});
        assert_eq!(codes("AWS::EC2::Instance", twice), []);
    }

    #[test]
    fn a_violation_next_to_an_unknown_value_is_still_found() {
        let function = json!({"Code": {"S3Bucket": {"Ref": "B"}}, "Bogus": 1});
        let found = codes("AWS::Lambda::Function", function);
        assert_eq!(found, [("/Bogus".to_owned(), "unknown-property"), ("/Role".to_owned(), "missing-property")]);
    }

    #[test]
    fn a_write_only_value_is_not_repeated() {
        let found = Registry::embedded().validate("AWS::RDS::DBInstance", &json!({"MasterUserPassword": 12345}));
        let password = found.iter().find(|v| v.pointer == "/MasterUserPassword").unwrap();
        assert!(!format!("{password:?}").contains("12345"));
    }
}
