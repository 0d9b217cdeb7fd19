//! CloudWatch, CloudWatch Logs and the scaling that they drive.

use serde_json::{Value, json};

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("Logs", "LogGroup") => Some(log_group),
        ("CloudWatch", "Alarm") => Some(alarm),
        ("ApplicationAutoScaling", "ScalingPolicy") => Some(scaling_policy),
        _ => None,
    }
}

fn log_group(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("LogGroupName", "");
    let arn = draft.arn("logs", &format!("log-group:{name}:*"));
    draft.set("Arn", arn);
    draft.defaults([
        ("BearerTokenAuthenticationEnabled", json!(false)),
        ("DataProtectionPolicy", json!({})),
        ("DeletionProtectionEnabled", json!(false)),
        ("FieldIndexPolicies", json!([])),
        ("LogGroupClass", json!("STANDARD")),
    ]);
    Ok(())
}

/// `ScalingTargetId` is what `Ref` of a scalable target returns; a read returns its parts.
fn scaling_policy(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let target = draft.model.get("ScalingTargetId").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let [resource, dimension, namespace] = target.split('|').collect::<Vec<_>>().as_slice() {
        let parts = [("ResourceId", resource), ("ScalableDimension", dimension), ("ServiceNamespace", namespace)];
        draft.defaults(parts.map(|(name, part)| (name, json!(part))));
    }
    Ok(())
}

fn alarm(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("AlarmName", "");
    let arn = draft.arn("cloudwatch", &format!("alarm:{name}"));
    draft.set("Arn", arn);
    draft.defaults([
        ("ActionsEnabled", json!(true)),
        ("AlarmActions", json!([])),
        ("InsufficientDataActions", json!([])),
        ("OKActions", json!([])),
    ]);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn a_log_groups_arn_ends_with_a_star_except_for_tags() {
        let group = built("AWS::Logs::LogGroup", &json!({"LogGroupName": "/app"}));
        assert_eq!(group.properties["Arn"], "arn:aws:logs:us-east-1:111111111111:log-group:/app:*");
        assert_eq!(group.arn.as_deref(), Some("arn:aws:logs:us-east-1:111111111111:log-group:/app"));
    }

    #[test]
    fn an_alarm_is_identified_by_its_name() {
        let alarm = built("AWS::CloudWatch::Alarm", &json!({"AlarmName": "billing"}));
        assert_eq!(alarm.identifier, "billing");
        assert_eq!(alarm.properties["Arn"], "arn:aws:cloudwatch:us-east-1:111111111111:alarm:billing");
    }
}
