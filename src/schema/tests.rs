//! Consistency checks of every type in the registry.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pointer::{self, PropertyPath};
use super::registry::Registry;
use super::tree::SchemaNode;
use super::type_schema::{PropertyReference, RefPart, ReferenceTarget, ReviewScope, TagShape, TypeSchema};

/// The place of a path in a type's full schema, where `*` is an array's element or a map's value.
fn place<'s>(root: &'s Value, path: &str) -> SchemaNode<'s> {
    pointer::tokens(&format!("/{path}")).iter().fold(SchemaNode::root(root), |place, token| {
        let element = place.element();
        if token == "*" && !element.is_nowhere() { element } else { place.property(token) }
    })
}

/// Every inconsistency of one type, as `path: what`.
fn faults(schema: &TypeSchema, root: &Value) -> Vec<(String, &'static str)> {
    let mut faults: Vec<(String, &'static str)> = Vec::new();
    let mut check = |path: &str, holds: bool, what: &'static str| {
        if !holds {
            faults.push((path.to_owned(), what));
        }
    };
    let may_be = |path: &str, wanted: &[&str]| {
        let types = place(root, path).types();
        types.is_empty() || types.iter().any(|name| wanted.contains(name))
    };
    const SCALAR: &[&str] = &["string", "integer", "number", "boolean"];

    check("", !schema.primary_identifier.is_empty(), "there is no primary identifier");
    let identifiers = schema.primary_identifier.iter().chain(schema.additional_identifiers.iter().flatten());
    for path in identifiers {
        check(path, !place(root, path).is_nowhere(), "an identifier is not in the schema");
        check(path, may_be(path, SCALAR), "an identifier is no scalar");
    }
    let lists: [(&[PropertyPath], &'static str); 6] = [
        (&schema.read_only, "a read-only property is not in the schema"),
        (&schema.create_only, "a create-only property is not in the schema"),
        (&schema.conditional_create_only, "a conditionally create-only property is not in the schema"),
        (&schema.write_only, "a write-only property is not in the schema"),
        (&schema.unordered, "an unordered array is not in the schema"),
        (&schema.case_insensitive, "a property without letter case is not in the schema"),
    ];
    for (paths, what) in lists {
        for path in paths {
            let path = path.to_string();
            let path = path.trim_start_matches('/');
            check(path, !place(root, path).is_nowhere(), what);
        }
    }
    for path in &schema.unordered {
        let path = path.to_string();
        let path = path.trim_start_matches('/');
        check(path, may_be(path, &["array"]), "what is unordered is no array");
    }
    for name in schema.list_inputs.iter().chain(&schema.required).chain(&schema.properties) {
        check(name, !place(root, name).is_nowhere(), "a named property is not in the schema");
    }
    for name in &schema.required {
        check(name, !schema.is_read_only(&format!("/{name}")), "what the service sets is required");
    }
    for name in schema.name_property.iter().chain(&schema.arn_property) {
        check(name, !place(root, name).is_nowhere(), "the name or ARN property is not in the schema");
        check(name, may_be(name, &["string"]), "the name or ARN property is no string");
    }
    if let Some(name) = &schema.name_property {
        check(name, !schema.is_read_only(&format!("/{name}")), "the name property cannot be given");
    }
    if let Some(name) = &schema.arn_property {
        check(name, schema.is_read_only(&format!("/{name}")), "the ARN property is not the service's");
    }
    let tagging = &schema.tagging;
    check("", !tagging.taggable || tagging.property.is_some(), "a taggable type has no tag property");
    if let Some(name) = tagging.schema_property() {
        let (shape, member) = match tagging.shape {
            TagShape::List => ("array", Some("Key")),
            TagShape::AutoScaling => ("array", Some("PropagateAtLaunch")),
            TagShape::Specifications => ("array", Some("ResourceType")),
            // Many maps do not define their values.
            TagShape::Map => ("object", None),
        };
        check(name, may_be(name, &[shape]), "the tags have another shape");
        let has = |member: &str| !place(root, &format!("{name}/*/{member}")).is_nowhere();
        check(name, member.is_none_or(has), "the tags' elements have another shape");
    }
    check("", !schema.handlers.list || schema.handlers.read, "what can be listed cannot be read");
    for reference in &schema.references {
        let path = reference.path.to_string();
        let path = path.trim_start_matches('/');
        check(path, !place(root, path).is_nowhere(), "a reference is not in the schema");
        check(path, may_be(path, SCALAR), "a reference is no scalar");
        check(path, !reference.targets.is_empty(), "a reference leads nowhere");
    }
    for part in &schema.ref_parts {
        check(&part.property, !place(root, &part.property).is_nowhere(), "what Ref returns is not in the schema");
        check(&part.property, may_be(&part.property, SCALAR), "what Ref returns is no scalar");
    }
    for scope in [&schema.review.iam, &schema.review.network] {
        let ReviewScope::Properties(paths) = scope else { continue };
        for path in paths {
            let path = path.to_string();
            let path = path.trim_start_matches('/');
            check(path, !place(root, path).is_nowhere(), "what to review is not in the schema");
        }
    }
    let needed = schema.needed_unless.iter();
    let pointers = needed.flat_map(|needed| std::iter::once(&needed.pointer).chain(&needed.unless));
    for path in pointers.map(|pointer| pointer.trim_start_matches('/')) {
        check(path, !place(root, path).is_nowhere(), "what is needed is not in the schema");
    }
    faults
}

#[test]
fn every_digest_agrees_with_its_schema() {
    let mut wrong = Vec::new();
    for name in Registry::embedded().type_names() {
        let (schema, root) = (Registry::embedded().get(name).unwrap(), Registry::embedded().json_schema(name).unwrap());
        wrong.extend(faults(schema, &root).into_iter().map(|(path, what)| format!("{name} {path}: {what}")));
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each attribute of a reference must exist in a known type and be a scalar.
#[test]
fn every_reference_names_an_existing_attribute() {
    let all = TypeSchema::all_embedded().flat_map(|schema| &schema.references);
    let targets: BTreeSet<&ReferenceTarget> = all.flat_map(|reference| &reference.targets).collect();
    assert!(targets.len() > 250, "{}", targets.len());
    let mut wrong = Vec::new();
    for ReferenceTarget { type_name, attribute } in targets {
        let root = Registry::embedded().json_schema(type_name).unwrap_or_default();
        let place = place(&root, attribute);
        if place.is_nowhere() || !(place.types().is_empty() || place.types().contains(&"string")) {
            wrong.push(format!("{type_name}.{attribute}"));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
}

#[test]
fn an_inconsistent_digest_is_detected() {
    let root = Registry::embedded().json_schema("AWS::SQS::Queue").unwrap();
    let mut schema = Registry::embedded().get("AWS::SQS::Queue").unwrap().clone();
    assert_eq!(faults(&schema, &root), []);
    schema.primary_identifier = vec!["Nothing".to_owned()];
    schema.unordered = vec![PropertyPath::parse("/QueueName")];
    schema.list_inputs = vec!["Parent".to_owned()];
    schema.tagging.shape = TagShape::Map;
    schema.name_property = Some("Arn".to_owned());
    schema.references = vec![PropertyReference { path: PropertyPath::parse("/Parents/*"), targets: Vec::new() }];
    schema.ref_parts = vec![RefPart { property: "Reference".to_owned(), default: None }];
    schema.review.iam = ReviewScope::Properties(vec![PropertyPath::parse("/Policy")]);
    let paths: Vec<String> = faults(&schema, &root).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        ["Nothing", "QueueName", "Parent", "Arn", "Tags", "Parents/*", "Parents/*", "Reference", "Policy"]
    );
}

/// The expected counts: incomplete input of the generator is detected here.
#[test]
fn most_types_have_names_tags_and_arns() {
    let count = |holds: fn(&TypeSchema) -> bool| TypeSchema::all_embedded().filter(|schema| holds(schema)).count();
    assert!(count(|schema| schema.primary_identifier.len() > 1) > 290);
    assert!(count(|schema| schema.name_property.is_some()) > 1000);
    assert!(count(|schema| schema.tagging.property.is_some()) > 1000);
    assert!(count(|schema| schema.arn_template.is_some()) > 1000);
    assert!(count(|schema| schema.handlers.create && schema.handlers.read && schema.handlers.delete) > 1480);
    assert!(count(|schema| !schema.list_inputs.is_empty()) > 250);
    assert!(count(|schema| !schema.references.is_empty()) > 350);
    assert!(count(|schema| !schema.ref_parts.is_empty()) > 50);
    assert!(count(|schema| schema.stateful) > 25);
    assert!(count(|schema| schema.review.iam != ReviewScope::Nothing) > 60);
    assert!(count(|schema| schema.review.network != ReviewScope::Nothing) > 3);
}

#[test]
fn a_typing_error_is_preferred_to_a_truncated_word() {
    assert_eq!(Registry::embedded().suggest("AWS::S3::BucketPolcy"), Some("AWS::S3::BucketPolicy"));
    assert_eq!(Registry::embedded().suggest("AWS::S3::Buck"), Some("AWS::S3::Bucket"));
}
