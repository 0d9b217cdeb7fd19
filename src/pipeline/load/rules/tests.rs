use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::check_for_reading;
use super::*;
use crate::domain::resource::SourceMap;
use crate::schema::Registry;

/// Valid resources, and what makes each of them invalid: properties to change (`null` removes one), and the pointer and a part of the
/// message of the fault.
const CASES: &str = include_str!("cases.yaml");

fn resource(id: &str, type_name: &str, properties: Value) -> DesiredResource {
    DesiredResource {
        logical_id: id.to_owned(),
        type_name: type_name.to_owned(),
        properties,
        depends_on: Vec::new(),
        metadata: Value::Null,
        file: "t.yaml".to_owned(),
        source: SourceMap::default(),
    }
}

/// The faults of resources, as text.
fn faults(resources: Vec<DesiredResource>) -> Vec<(String, String)> {
    let checked = check_for_reading(&Registry::embedded(), resources, BTreeSet::new(), false);
    let text = |fault: Diagnostic| {
        assert!(fault.hint.is_some(), "{fault:?}");
        (fault.pointer.unwrap_or_default(), format!("{}: {}", fault.code.as_str(), fault.message))
    };
    checked.faults.into_iter().map(text).collect()
}

/// Sets the values at pointers; `null` removes one.
fn changed(mut properties: Value, changes: &Value) -> Value {
    for (at, value) in changes.as_object().unwrap() {
        let (parent, name) = at.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        match properties.pointer_mut(parent).unwrap() {
            Value::Object(object) if value.is_null() => {
                object.shift_remove(&name).unwrap();
            }
            Value::Object(object) => {
                object.insert(name, value.clone());
            }
            Value::Array(list) if name == "-" => list.push(value.clone()),
            Value::Array(list) => list[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{at}"),
        }
    }
    properties
}

#[test]
fn every_rule_accepts_a_valid_resource_and_refuses_an_invalid_one() {
    let cases: Value = serde_saphyr::from_str(CASES).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in cases.as_array().unwrap() {
        let type_name = case["type"].as_str().unwrap();
        let valid = &case["valid"];
        let found = faults(vec![resource("R", type_name, valid.clone())]);
        if !found.is_empty() {
            wrong.push(format!("{type_name} is valid: {found:?}"));
        }
        for other in case["also"].as_array().into_iter().flatten() {
            let found = faults(vec![resource("R", type_name, changed(valid.clone(), other))]);
            if !found.is_empty() {
                wrong.push(format!("{type_name} {other} is valid: {found:?}"));
            }
        }
        for one in case["invalid"].as_array().unwrap() {
            count += 1;
            let found = faults(vec![resource("R", type_name, changed(valid.clone(), &one[0]))]);
            let (at, text) = (one[1].as_str().unwrap(), one[2].as_str().unwrap());
            if !found.iter().any(|(pointer, message)| pointer == at && message.contains(text)) {
                wrong.push(format!("{type_name} {}: {at} {text}: {found:?}", one[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 100, "{count}");
}

/// Resources by their logical ids.
fn all(resources: &Value) -> Vec<DesiredResource> {
    let one = |(id, one): (&String, &Value)| resource(id, one["Type"].as_str().unwrap(), one["Properties"].clone());
    resources.as_object().unwrap().iter().map(one).collect()
}

#[test]
fn resources_that_refer_to_each_other_fit_together() {
    let task = json!({"Type": "AWS::ECS::TaskDefinition", "Properties": {
        "NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512", "RequiresCompatibilities": ["FARGATE"],
        "ContainerDefinitions": [{"Name": "web", "Image": "web"}]}});
    let service = json!({"Type": "AWS::ECS::Service", "Properties": {
        "TaskDefinition": {"Ref": "Task"}, "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-0a1b2c3d"]}},
        "LoadBalancers": [{"ContainerName": "web", "ContainerPort": 80}]}});
    let valid = json!({
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
        "B": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::GetAtt": ["Vpc", "VpcId"]}, "CidrBlock": "10.0.1.0/24"}},
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "OfA": {"Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Routes"}, "SubnetId": {"Ref": "A"}}},
        "OfB": {"Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Routes"}, "SubnetId": {"Ref": "B"}}},
        "Task": task, "Service": service,
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60,
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}}},
        "Work": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 60, "Handler": "index.handler", "Runtime": "python3.12",
            "Role": "arn:aws:iam::111111111111:role/r", "Code": {"ZipFile": "x"}}},
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "FromJobs": {"Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "Work"}}},
        "FromStream": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"StartingPosition": "LATEST",
            "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "FunctionName": {"Ref": "Work"}}},
    });
    let check = |resources: &Value| {
        let resources = all(resources);
        let found = among(&resources.iter().collect::<Vec<_>>(), false);
        found.into_iter().map(|one| (one.pointer.unwrap(), one.message)).collect::<Vec<_>>()
    };
    assert_eq!(check(&valid), []);
    assert_eq!(faults(all(&valid)), []);
    for (at, value, pointer, message) in [
        ("/A/Properties/CidrBlock", json!("10.1.0.0/24"), "/CidrBlock", "A has a CidrBlock outside that of Vpc"),
        (
            "/B/Properties/CidrBlock",
            json!("10.0.0.128/25"),
            "/CidrBlock",
            "B has a CidrBlock that overlaps with that of A",
        ),
        ("/OfB/Properties/SubnetId", json!({"Ref": "A"}), "/SubnetId", "OfB is the second route table of A"),
        (
            "/Service/Properties/NetworkConfiguration",
            Value::Null,
            "/NetworkConfiguration",
            "Service has no NetworkConfiguration",
        ),
        (
            "/Task/Properties/RequiresCompatibilities",
            json!(["EC2"]),
            "/LaunchType",
            "Service runs on Fargate, but Task is not for it",
        ),
        (
            "/Task/Properties/ContainerDefinitions/0/Name",
            json!("app"),
            "/LoadBalancers/0/ContainerName",
            "names the container `web`",
        ),
        (
            "/Dead/Properties/FifoQueue",
            json!(true),
            "/RedrivePolicy/deadLetterTargetArn",
            "the dead-letter queue Dead, which is a FIFO queue",
        ),
        (
            "/FromStream/Properties/StartingPosition",
            Value::Null,
            "/StartingPosition",
            "FromStream reads a stream without",
        ),
        ("/Work/Properties/Timeout", json!(61), "/EventSourceArn", "FromJobs connects Jobs"),
    ] {
        let found = check(&changed(valid.clone(), &json!({at: value})));
        assert!(found.iter().any(|(place, text)| place == pointer && text.contains(message)), "{at}: {found:?}");
    }
    // One of two subnets may be left out by a condition.
    let overlapping = all(&changed(valid.clone(), &json!({"/B/Properties/CidrBlock": "10.0.0.0/25"})));
    assert!(among(&overlapping.iter().collect::<Vec<_>>(), true).is_empty());
    // A network may have another block.
    let mut larger = changed(valid, &json!({"/A/Properties/CidrBlock": "10.1.0.0/24"}));
    larger["More"] =
        json!({"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.0.0/16"}});
    assert_eq!(check(&larger), []);
}

#[test]
fn what_is_not_known_is_no_fault() {
    for (type_name, properties) in [
        (
            "AWS::Lambda::Function",
            json!({"Role": "r", "Handler": {"Ref": "P"}, "Runtime": {"Ref": "P"}, "Code": {"ZipFile": {"Ref": "P"}}}),
        ),
        (
            "AWS::Lambda::Function",
            json!({"Role": "r", "PackageType": {"Ref": "P"}, "Code": {"S3Bucket": "b", "S3Key": "k"}}),
        ),
        (
            "AWS::DynamoDB::Table",
            json!({"BillingMode": {"Ref": "P"}, "AttributeDefinitions": {"Ref": "P"}, "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}),
        ),
        ("AWS::EC2::VPC", json!({"CidrBlock": {"Ref": "P"}})),
        ("AWS::Events::Rule", json!({"ScheduleExpression": {"Fn::If": ["C", "rate(1 day)", "x"]}})),
        ("AWS::StepFunctions::StateMachine", json!({"RoleArn": "r", "DefinitionString": "{\"Seconds\": ${wait}}"})),
    ] {
        let one = resource("R", type_name, properties);
        assert!(of(&one).is_empty(), "{type_name}: {:?}", of(&one));
    }
}
