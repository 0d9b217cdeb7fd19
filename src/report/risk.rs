//! The risk marks of a step.

use serde_json::Value;

use super::enums::RiskCode;
use super::review::{
    ANY_ADDRESS, Subject, covered, is_public_permission, is_public_statement, is_statement, opens_to_anyone, statements,
};
use crate::domain::plan::{Action, Operation, Step, StepDocument};
use crate::domain::pointer;
use crate::schema::Registry;

/// Returns the risks of a step, in their fixed order.
pub(super) fn risks(registry: &Registry, step: &Step, document: &StepDocument) -> Vec<RiskCode> {
    let operation = step.operation();
    if operation == Operation::Tag {
        return Vec::new();
    }
    let loses_data = matches!(operation, Operation::Replace | Operation::Delete);
    let is_stateful = registry.get(&step.type_name).is_some_and(|schema| schema.stateful);
    let marks = [
        (RiskCode::Public, makes_public(registry, step)),
        (RiskCode::Iam, touches(registry, Subject::Iam, operation, document)),
        (RiskCode::Network, touches(registry, Subject::Network, operation, document)),
        (RiskCode::Replacement, operation == Operation::Replace),
        (RiskCode::Stateful, is_stateful && loses_data),
        (RiskCode::OverwritesLiveChange, !step.overwrites.is_empty()),
    ];
    marks.into_iter().filter(|(_, holds)| *holds).map(|(mark, _)| mark).collect()
}

fn touches(registry: &Registry, subject: Subject, operation: Operation, document: &StepDocument) -> bool {
    let Some(scope) = subject.scope(registry, &document.type_name) else { return false };
    operation == Operation::Delete && subject.is_in_every(registry, &document.type_name)
        || document.changes.iter().any(|change| {
            !covered(scope, &change.pointer, &change.before).is_empty()
                || !covered(scope, &change.pointer, &change.after).is_empty()
        })
}

/// True when a step makes a resource accessible to everyone: for an update, where it changes such a property.
fn makes_public(registry: &Registry, step: &Step) -> bool {
    match &step.action {
        Action::Create { desired } | Action::Replace { desired, .. } => {
            !public_places(registry, &step.type_name, desired).is_empty()
        }
        Action::Update { expected, .. } => {
            let places = public_places(registry, &step.type_name, expected);
            step.changes.iter().any(|change| {
                let related = |place: &String| {
                    pointer::is_within(place, &change.pointer) || pointer::is_within(&change.pointer, place)
                };
                change.after.is_some() && places.iter().any(related)
            })
        }
        Action::Delete { .. } | Action::Tag { .. } => false,
    }
}

/// Returns the pointers of the properties that make a resource accessible to everyone.
fn public_places(registry: &Registry, type_name: &str, properties: &Value) -> Vec<String> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let mut places = Vec::new();
    match type_name {
        "AWS::Lambda::Url" if text("AuthType") == Some("NONE") => places.push("/AuthType".to_owned()),
        "AWS::Lambda::Permission" if is_public_permission(properties) => places.push("/Principal".to_owned()),
        "AWS::S3::Bucket" if text("AccessControl").is_some_and(|acl| acl.starts_with("PublicRead")) => {
            places.push("/AccessControl".to_owned());
        }
        // Without a scheme, a load balancer is internet-facing.
        "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancing::LoadBalancer"
            if text("Scheme") != Some("internal") && text("Type") != Some("gateway") =>
        {
            places.push("/Scheme".to_owned());
        }
        "AWS::EC2::NetworkAclEntry" if is_egress_or_denied(properties) => return places,
        _ => {}
    }
    if !type_name.ends_with("Egress") {
        walk(properties, "", Subject::Network.scope(registry, type_name).is_some(), &mut places);
    }
    places
}

fn is_egress_or_denied(entry: &Value) -> bool {
    entry.get("Egress") == Some(&Value::Bool(true)) || entry.get("RuleAction").and_then(Value::as_str) == Some("deny")
}

fn walk(value: &Value, at: &str, has_rules: bool, places: &mut Vec<String>) {
    if is_statement(value) {
        if is_public_statement(value) {
            places.push(at.to_owned());
        }
        return;
    }
    match value {
        Value::Object(map) => {
            if has_rules && opens_to_anyone(value) {
                places.push(at.to_owned());
            }
            for (name, child) in map.iter().filter(|(name, _)| !name.contains("Egress")) {
                let place = pointer::join(at, name);
                let is_true = *child == Value::Bool(true) || child.as_str() == Some("true");
                if name == "PubliclyAccessible" && is_true {
                    places.push(place);
                } else {
                    walk(child, &place, has_rules, places);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &pointer::join(at, &index.to_string()), has_rules, places);
            }
        }
        Value::String(text) if has_rules && ANY_ADDRESS.contains(&text.as_str()) => places.push(at.to_owned()),
        Value::String(_) if statements(value).iter().any(is_public_statement) => places.push(at.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_everyone_can_reach_is_found_and_what_is_limited_is_not() {
        let everyone = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]});
        let one = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "*"}]});
        for (type_name, properties, places) in [
            ("AWS::RDS::DBInstance", json!({"PubliclyAccessible": true}), vec!["/PubliclyAccessible"]),
            ("AWS::RDS::DBInstance", json!({"PubliclyAccessible": false}), vec![]),
            ("AWS::S3::BucketPolicy", json!({"PolicyDocument": everyone}), vec!["/PolicyDocument/Statement/0"]),
            ("AWS::S3::BucketPolicy", json!({"PolicyDocument": one}), vec![]),
            ("AWS::SQS::QueuePolicy", json!({"PolicyDocument": everyone.to_string()}), vec!["/PolicyDocument"]),
            ("AWS::S3::Bucket", json!({"AccessControl": "PublicReadWrite"}), vec!["/AccessControl"]),
            ("AWS::S3::Bucket", json!({"AccessControl": "Private"}), vec![]),
            ("AWS::Lambda::Url", json!({"AuthType": "NONE"}), vec!["/AuthType"]),
            ("AWS::Lambda::Url", json!({"AuthType": "AWS_IAM"}), vec![]),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({}), vec!["/Scheme"]),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({"Scheme": "internal"}), vec![]),
            (
                "AWS::EC2::SecurityGroup",
                json!({"SecurityGroupIngress": [{"CidrIp": "10.0.0.0/8"}, {"CidrIpv6": "::/0"}],
                       "SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0"}]}),
                vec!["/SecurityGroupIngress/1", "/SecurityGroupIngress/1/CidrIpv6"],
            ),
            ("AWS::EC2::SecurityGroupIngress", json!({"CidrIp": "0.0.0.0/0"}), vec!["", "/CidrIp"]),
            ("AWS::EC2::SecurityGroupEgress", json!({"CidrIp": "0.0.0.0/0"}), vec![]),
            ("AWS::EC2::Route", json!({"DestinationCidrBlock": "0.0.0.0/0"}), vec![]),
        ] {
            assert_eq!(
                public_places(&Registry::embedded(), type_name, &properties),
                places,
                "{type_name} {properties}"
            );
        }
    }
}
