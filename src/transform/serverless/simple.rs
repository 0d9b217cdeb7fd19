//! Tables, layers, and places of code.

use serde_json::{Map, Value, json};

use crate::domain::diagnostic::Code;
use crate::domain::pointer;
use crate::domain::symbol::{faulty, is_intrinsic};

use super::values::{hash, is_empty, mapping, pass, stable_text, tag_list};
use super::{Context, Made, Result, Source, State, invalid, resource, unsupported};

/// What stands for code in a local file or folder.
pub(super) const LOCAL: Code = Code::LocalArtifact;

/// `AWS::Serverless::SimpleTable`.
pub(super) fn table(source: &Source) -> Result<Made> {
    const KNOWN: &[&str] = &[
        "PointInTimeRecoverySpecification",
        "PrimaryKey",
        "ProvisionedThroughput",
        "TableName",
        "Tags",
        "SSESpecification",
    ];
    source.check(KNOWN, &[])?;
    let key = match source.get("PrimaryKey").filter(|key| !is_empty(key)) {
        None => json!({"AttributeName": "id", "AttributeType": "S"}),
        Some(key) => {
            let (Some(name), Some(kind)) = (key.get("Name"), key.get("Type")) else {
                return Err(invalid("/PrimaryKey", "a primary key needs a `Name` and a `Type`"));
            };
            let kind = match kind.as_str() {
                Some("String") => "S",
                Some("Number") => "N",
                Some("Binary") => "B",
                _ => return Err(invalid("/PrimaryKey/Type", "the type must be `String`, `Number` or `Binary`")),
            };
            json!({"AttributeName": name, "AttributeType": kind})
        }
    };
    let mut properties = Map::new();
    properties.insert("KeySchema".to_owned(), json!([{"AttributeName": key["AttributeName"], "KeyType": "HASH"}]));
    properties.insert("AttributeDefinitions".to_owned(), json!([key]));
    let given = |name: &str| source.get(name).filter(|value| !is_empty(value));
    for name in ["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName"] {
        properties.extend(given(name).map(|value| (name.to_owned(), value.clone())));
    }
    if given("ProvisionedThroughput").is_none() {
        properties.insert("BillingMode".to_owned(), Value::from("PAY_PER_REQUEST"));
    }
    if let Some(tags) = given("Tags") {
        let Some(_) = mapping(tags) else { return Err(invalid("/Tags", "`Tags` must be a mapping")) };
        properties.insert("Tags".to_owned(), Value::Array(tag_list(Some(tags))));
    }
    Ok(vec![(source.id.clone(), resource("AWS::DynamoDB::Table", &source.own, properties))])
}

/// `AWS::Serverless::LayerVersion`.
pub(super) fn layer(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    const KNOWN: &[&str] = &[
        "LayerName",
        "Description",
        "PublishLambdaVersion",
        "ContentUri",
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "LicenseInfo",
        "RetentionPolicy",
    ];
    source.check(KNOWN, &[])?;
    let mut given = source.properties.clone();
    for name in ["LayerName", "LicenseInfo", "Description", "RetentionPolicy"] {
        if let Some(value) = given.get_mut(name).filter(|value| !value.is_null()) {
            *value = context.resolve(value);
        }
    }
    let retention = match given.get("RetentionPolicy").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => match value.as_str().map(str::to_lowercase).as_deref() {
            Some("retain") => Some("Retain"),
            Some("delete") => Some("Delete"),
            _ => return Err(invalid("/RetentionPolicy", "`RetentionPolicy` must be `Retain` or `Delete`")),
        },
    };
    let Some(uri) = source.get("ContentUri") else {
        return Err(invalid("", "a layer needs a `ContentUri`"));
    };
    let mut attributes = source.passed.clone();
    attributes.entry("DeletionPolicy").or_insert_with(|| Value::from("Retain"));
    if let Some(retention) = retention {
        attributes.insert("DeletionPolicy".to_owned(), Value::from(retention));
    }
    pass(&source.own, &mut attributes, &["DependsOn"]);
    // The translator hashes the resource as it is written, without some of its attributes.
    let mut written = Map::new();
    written.insert("Type".to_owned(), Value::from(source.type_name.as_str()));
    let kept = given.iter().filter(|(_, value)| !value.is_null());
    written.insert(
        "Properties".to_owned(),
        Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()),
    );
    pass(&source.own, &mut written, &["Condition", "DependsOn"]);
    let mut hashed = Map::new();
    hashed.insert(source.id.clone(), Value::Object(written));
    let id = format!("{}{}", source.id, hash(&stable_text(&Value::Object(hashed))));
    let mut properties = Map::new();
    pass(
        &given,
        &mut properties,
        &["LayerName", "Description", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"],
    );
    if given.get("LayerName").is_none_or(is_empty) {
        properties.insert("LayerName".to_owned(), Value::from(source.id.as_str()));
    }
    properties
        .insert("Content".to_owned(), place(uri, "/ContentUri", ["S3Bucket", "S3Key", "S3ObjectVersion"], state)?);
    state.names.insert(source.id.clone(), id.clone());
    Ok(vec![(id, resource("AWS::Lambda::LayerVersion", &attributes, properties))])
}

/// The place of code or of a definition in S3. A local one is noted, and not known.
pub(super) fn place(uri: &Value, at: &str, names: [&str; 3], state: &mut State) -> Result<Value> {
    let [bucket_name, key_name, version_name] = names;
    let of = |bucket: &Value, key: &Value, version: Option<&Value>| {
        let mut place = Map::new();
        place.insert(bucket_name.to_owned(), bucket.clone());
        place.insert(key_name.to_owned(), key.clone());
        place.extend(version.map(|version| (version_name.to_owned(), version.clone())));
        Value::Object(place)
    };
    let name = at.trim_start_matches('/');
    match uri {
        Value::Object(map) if !is_intrinsic(uri) => match (map.get("Bucket"), map.get("Key")) {
            (Some(bucket), Some(key)) if !is_empty(bucket) && !is_empty(key) => Ok(of(bucket, key, map.get("Version"))),
            _ => Err(invalid(at, format!("`{name}` needs a `Bucket` and a `Key`"))),
        },
        Value::String(text) => {
            let Some(rest) = text.strip_prefix("s3://") else {
                state.local.push((at.to_owned(), text.clone()));
                return Ok(faulty(LOCAL.as_str(), uri.clone()));
            };
            let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
            let Some((bucket, key)) =
                path.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
            else {
                return Err(invalid(at, format!("`{name}` is not an S3 URI of the form s3://bucket/key")));
            };
            let version = query.and_then(|query| query.split('&').find_map(|part| part.strip_prefix("versionId=")));
            Ok(of(&Value::from(bucket), &Value::from(key), version.map(Value::from).as_ref()))
        }
        Value::Object(_) => Err(unsupported(at, format!("`{name}` is a function"))),
        _ => Err(invalid(at, format!("`{name}` must be a path, an S3 URI or a mapping"))),
    }
}

/// The members of a property that must be a mapping.
pub(super) fn members<'a>(source: &'a Source, name: &str) -> Result<Option<&'a Map<String, Value>>> {
    match source.get(name) {
        None => Ok(None),
        Some(value) => match mapping(value) {
            Some(map) => Ok(Some(map)),
            None if value.is_object() => Err(unsupported(pointer::join("", name), format!("`{name}` is a function"))),
            None => Err(invalid(pointer::join("", name), format!("`{name}` must be a mapping"))),
        },
    }
}
