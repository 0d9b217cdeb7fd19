//! Systems Manager: parameters, which are resources of `AWS::SSM::Parameter`, and some that AWS publishes.
//!
//! A parameter has one version. The ids of published images are made up; only their form is AWS's.

use serde_json::{Value, json};

use super::clock::epoch_seconds;
use super::model::random::Random;
use super::services::Call;
use super::store::{Key, Tables};
use super::wire::ApiError;

const PARAMETER: &str = "AWS::SSM::Parameter";
/// The prefixes of the parameters with image ids that AWS publishes.
const IMAGES: [&str; 4] = [
    "/aws/service/ami-amazon-linux-latest/",
    "/aws/service/ami-windows-latest/",
    "/aws/service/canonical/ubuntu/",
    "/aws/service/ecs/optimized-ami/",
];

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetParameter" => parameter(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn parameter(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let wanted = call.text("Name").unwrap_or_default();
    let missing = || ApiError::new("ParameterNotFound", "");
    // The name in an ARN has no slash before it; after a name, there may be a version.
    let named = match wanted.split_once(":parameter/") {
        Some((arn, name)) if arn.starts_with("arn:") => format!("/{name}"),
        _ => wanted.to_owned(),
    };
    let (name, selector) = named.split_once(':').map_or((named.as_str(), None), |(name, rest)| (name, Some(rest)));
    if selector.is_some_and(|version| version != "1") {
        return Err(ApiError::new(
            "ParameterVersionNotFound",
            format!("Systems Manager could not find version {named}."),
        ));
    }
    let (account, region) = (&call.caller.account, &call.caller.region);
    let shown = |arn: &str, kind: &Value, value: &Value, data: &Value, at: Value| {
        json!({"Parameter": {
            "Name": name, "Type": kind, "Value": value, "Version": 1, "LastModifiedDate": at, "ARN": arn, "DataType": data,
        }})
    };
    let key = |identifier: &str| Key {
        account: account.clone(),
        region: region.clone(),
        type_name: PARAMETER.to_owned(),
        identifier: identifier.to_owned(),
    };
    // A name may be written without the slash that its ARN has.
    for own in [name, name.trim_start_matches('/')] {
        if let Some(record) = tables.find(&key(own))? {
            let model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
            let arn = record.arn.unwrap_or_default();
            return Ok(shown(&arn, &model["Type"], &model["Value"], &json!("text"), epoch_seconds(record.updated_at)));
        }
    }
    if IMAGES.iter().any(|prefix| name.starts_with(prefix)) {
        let image = format!("ami-{}", Random::new(&[region, name]).hex("image", 17));
        let arn = format!("arn:aws:ssm:{region}::parameter{name}");
        return Ok(shown(&arn, &json!("String"), &json!(image), &json!("aws:ec2:image"), epoch_seconds(call.now)));
    }
    Err(missing())
}
