//! ECS: DescribeServices. Cloud Control waits until a service is steady, so that all of its tasks run unless the file
//! `tasks.json` in the folder of the sandbox says otherwise:
//!
//! ```json
//! {"web-prod": {"runningCount": 1, "rolloutState": "FAILED", "rolloutStateReason": "no image"}}
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::services::Call;
use super::store::Tables;
use super::wire::ApiError;

/// The most that is read of the file.
const MAX_BYTES: u64 = 1 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Recorded {
    running_count: u64,
    #[serde(default)]
    rollout_state: Option<String>,
    #[serde(default)]
    rollout_state_reason: Option<String>,
}

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "DescribeServices" => describe(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn describe(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let cluster = call.text("cluster").unwrap_or("default");
    let short = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let recorded = recorded(call)?;
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    tables.each_of_type::<ApiError>(
        &call.caller.account,
        Some(&call.caller.region),
        "AWS::ECS::Service",
        "",
        |_, properties| {
            let model: Value = serde_json::from_str(&properties).unwrap_or_default();
            let of_cluster = model["Cluster"].as_str().unwrap_or("default");
            if short(of_cluster) == short(cluster)
                && let Some(arn) = model["ServiceArn"].as_str()
            {
                known.insert(short(arn), model);
            }
            Ok(true)
        },
    )?;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for wanted in call.texts("services") {
        let name = short(wanted);
        let Some(model) = known.get(&name) else {
            failures.push(json!({"arn": wanted, "reason": "MISSING"}));
            continue;
        };
        let desired = model["DesiredCount"].as_u64().unwrap_or(1);
        let state = recorded.get(&name);
        services.push(json!({
            "serviceArn": model["ServiceArn"],
            "serviceName": name,
            "clusterArn": model["Cluster"],
            "status": "ACTIVE",
            "desiredCount": desired,
            "runningCount": state.map_or(desired, |state| state.running_count),
            "pendingCount": 0,
            "deployments": [{
                "status": "PRIMARY",
                "desiredCount": desired,
                "rolloutState": state.and_then(|state| state.rollout_state.as_deref()).unwrap_or("COMPLETED"),
                "rolloutStateReason": state.and_then(|state| state.rollout_state_reason.as_deref()).unwrap_or_default(),
            }],
        }));
    }
    Ok(json!({"services": services, "failures": failures}))
}

fn recorded(call: &Call<'_>) -> Result<BTreeMap<String, Recorded>, ApiError> {
    let path = call.options.directory.join("tasks.json");
    let Ok(found) = std::fs::metadata(&path) else { return Ok(BTreeMap::new()) };
    let refused = |reason: String| ApiError::internal(format!("The recorded tasks {}: {reason}", path.display()));
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(refused("not a regular file of at most 1 MB".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}
