//! CloudFormation's registry: `DescribeType` from the embedded one, in the form of a resource type's
//! own schema, handlers with their permissions included.

use serde_json::{Map, Value, json};

use super::services::Call;
use super::store::Tables;
use super::types;
use super::wire::ApiError;
use crate::domain::pointer::PropertyPath;
use crate::schema::{TagShape, TypeSchema};

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, _tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "DescribeType" => describe_type(call),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn describe_type(call: &Call<'_>) -> Result<Value, ApiError> {
    let invalid = |message: String| ApiError::new("CFNRegistryException", message);
    let kind = call.text("Type").unwrap_or("RESOURCE");
    if kind != "RESOURCE" {
        return Err(invalid(format!("The sandbox knows resource types only, not {kind}")));
    }
    let named = match (call.text("TypeName"), call.text("Arn")) {
        (Some(name), _) => name.to_owned(),
        // arn:aws:cloudformation:us-east-1::type/resource/AWS-S3-Bucket
        (None, Some(arn)) => arn.rsplit('/').next().unwrap_or_default().replace('-', "::"),
        (None, None) => return Err(invalid("Either TypeName and Type, or Arn must be given".to_owned())),
    };
    let found = types::get(&named).and_then(|schema| Some((schema, schema.json_schema()?)));
    let Some((schema, body)) = found else {
        let message = format!("The type '{named}' cannot be found.");
        return Err(ApiError { code: "TypeNotFoundException".into(), message, status: 404 });
    };
    let handlers = &schema.handlers;
    let provisioning = match (handlers.create && handlers.read && handlers.delete, handlers.update) {
        (true, true) => "FULLY_MUTABLE",
        (true, false) => "IMMUTABLE",
        (false, _) => "NON_PROVISIONABLE",
    };
    let name = &schema.type_name;
    let (partition, region) = (call.caller.partition(), &call.caller.region);
    Ok(json!({
        "Arn": format!("arn:{partition}:cloudformation:{region}::type/resource/{}", name.replace("::", "-")),
        "Type": "RESOURCE",
        "TypeName": name,
        "IsDefaultVersion": true,
        "Description": format!("Resource Type definition for {name}"),
        "Schema": if named == types::UNLISTED { types::UNLISTED_SCHEMA.to_owned() } else { document(schema, body).to_string() },
        "ProvisioningType": provisioning,
        "DeprecatedStatus": "LIVE",
        "Visibility": "PUBLIC",
        "TimeCreated": "2019-11-18T00:00:00Z",
        "LastUpdated": "2026-08-01T00:00:00Z",
    }))
}

/// The type's schema as published by its provider.
fn document(schema: &TypeSchema, body: Value) -> Value {
    let mut document = Map::new();
    document.insert("typeName".into(), json!(schema.type_name));
    document.insert("description".into(), json!(format!("Resource Type definition for {}", schema.type_name)));
    document.extend(body.as_object().cloned().unwrap_or_default());
    let names = |names: &[String]| -> Vec<String> { names.iter().map(|name| format!("/properties/{name}")).collect() };
    document.insert("primaryIdentifier".into(), json!(names(&schema.primary_identifier)));
    let additional: Vec<_> = schema.additional_identifiers.iter().map(|one| names(one)).collect();
    for (name, value) in [
        ("additionalIdentifiers", json!(additional)),
        ("readOnlyProperties", json!(pointers(&schema.read_only))),
        ("createOnlyProperties", json!(pointers(&schema.create_only))),
        ("conditionalCreateOnlyProperties", json!(pointers(&schema.conditional_create_only))),
        ("writeOnlyProperties", json!(pointers(&schema.write_only))),
    ] {
        if value.as_array().is_some_and(|items| !items.is_empty()) {
            document.insert(name.into(), value);
        }
    }
    document.insert("tagging".into(), tagging(schema));
    let handlers = handlers(schema);
    if !handlers.is_empty() {
        document.insert("handlers".into(), Value::Object(handlers));
    }
    Value::Object(document)
}

fn pointers(paths: &[PropertyPath]) -> Vec<String> {
    paths.iter().map(|path| format!("/properties/{}", path.tokens().join("/"))).collect()
}

fn tagging(schema: &TypeSchema) -> Value {
    let tagging = &schema.tagging;
    let mut block = json!({"taggable": tagging.taggable && tagging.schema_property().is_some()});
    if let Some(property) = tagging.schema_property() {
        block["tagOnCreate"] = json!(tagging.on_create);
        // Cloud Control does not change tags that no read returns.
        block["tagUpdatable"] = json!(tagging.updatable && !tagging.beside_model);
        block["cloudFormationSystemTags"] = json!(tagging.shape != TagShape::AutoScaling);
        block["tagProperty"] = json!(format!("/properties/{property}"));
    }
    block
}

fn handlers(schema: &TypeSchema) -> Map<String, Value> {
    let permissions = schema.permissions();
    let has = schema.handlers;
    let minutes = schema.timeouts;
    [
        ("create", has.create, minutes.create),
        ("read", has.read, None),
        ("update", has.update, minutes.update),
        ("delete", has.delete, minutes.delete),
        ("list", has.list, None),
    ]
    .into_iter()
    .filter(|(_, is_there, _)| *is_there)
    .map(|(name, _, minutes)| {
        let mut handler = json!({"permissions": permissions.get(name).cloned().unwrap_or_default()});
        if let Some(minutes) = minutes {
            handler["timeoutInMinutes"] = json!(minutes);
        }
        if name == "list" && !schema.list_inputs.is_empty() {
            let inputs = schema.list_inputs.iter();
            let properties: Map<String, Value> = inputs
                .map(|name| (name.clone(), json!({"$ref": format!("resource-schema.json#/properties/{name}")})))
                .collect();
            handler["handlerSchema"] = json!({"properties": properties, "required": schema.list_inputs});
        }
        (name.to_owned(), handler)
    })
    .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::{Handlers, Provisioning, Registry};

    /// A type learned from the sandbox equals the one in the registry, except for manual corrections and
    /// facts that a validation schema does not contain (the order of arrays, the limits of tags).
    #[test]
    fn every_type_is_described_so_that_it_could_be_learned() {
        let mut wrong = Vec::new();
        for name in Registry::embedded().type_names().step_by(7) {
            let schema = types::get(name).unwrap();
            let text = document(schema, schema.json_schema().unwrap()).to_string();
            let learned = match TypeSchema::from_described(name, &text, Provisioning::FullyMutable) {
                Ok(learned) => learned,
                Err(error) => {
                    wrong.push(error.to_string());
                    continue;
                }
            };
            let same = learned.primary_identifier == schema.primary_identifier
                && learned.read_only == schema.read_only
                && learned.create_only == schema.create_only
                && learned.write_only == schema.write_only
                && learned.required == schema.required
                && learned.properties == schema.properties
                && (learned.handlers, &learned.list_inputs) == (schema.handlers, &schema.list_inputs)
                && learned.tagging.property.as_ref() == schema.tagging.schema_property()
                && (schema.handlers == Handlers::default() || learned.permissions() == schema.permissions());
            if !same {
                wrong.push(name.to_owned());
            }
        }
        assert_eq!(wrong, [] as [String; 0]);
    }
}
