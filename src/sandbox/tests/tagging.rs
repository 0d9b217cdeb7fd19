//! The Tagging API.

use super::*;

#[test]
fn the_tagging_api_reads_and_changes_tags() {
    let cloud = cloud();
    let tags = json!([{"Key": "Team", "Value": "core"}]);
    cloud.create(DEV, "AWS::SQS::Queue", &json!({"QueueName": "tagged", "Tags": tags}));
    cloud.create(DEV, "AWS::SQS::Queue", &json!({"QueueName": "bare"}));
    let policy = json!({"Version": "2012-10-17", "Statement": []});
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": policy, "Tags": tags});
    assert_eq!(cloud.create(DEV, "AWS::IAM::Role", &role)["OperationStatus"], "SUCCESS");
    let arn = "arn:aws:sqs:us-east-1:111111111111:tagged";
    let found = cloud.tagging(DEV, "GetResources", &json!({})).unwrap();
    assert_eq!(found["ResourceTagMappingList"], json!([{"ResourceARN": arn, "Tags": tags}]));
    let input = json!({"ResourceARNList": [arn, "arn:aws:sqs:us-east-1:111111111111:none"], "Tags": {"Env": "dev"}});
    let answer = cloud.tagging(DEV, "TagResources", &input).unwrap();
    let failed = &answer["FailedResourcesMap"]["arn:aws:sqs:us-east-1:111111111111:none"];
    assert_eq!((&failed["StatusCode"], &failed["ErrorCode"]), (&json!(400), &json!("InvalidParameterException")));
    assert!(answer["FailedResourcesMap"].get(arn).is_none());
    let url = json!("https://sqs.us-east-1.amazonaws.com/111111111111/tagged");
    let model = cloud.get(DEV, "AWS::SQS::Queue", &url).unwrap();
    assert_eq!(model["Tags"].as_array().unwrap().len(), 2);
    let input = json!({"ResourceARNList": [arn], "TagKeys": ["Env", "Team"]});
    cloud.tagging(DEV, "UntagResources", &input).unwrap();
    let found = cloud.tagging(DEV, "GetResources", &json!({"ResourceTypeFilters": ["sqs"]})).unwrap();
    assert_eq!(found["ResourceTagMappingList"], json!([{"ResourceARN": arn, "Tags": []}]));
    let input = json!({"ResourceARNList": [arn], "Tags": {"aws:x": "1"}});
    assert!(cloud.tagging(DEV, "TagResources", &input).unwrap_err().starts_with("InvalidParameter"));
}

#[test]
fn tag_changes_can_become_visible_late() {
    let cloud = cloud_with(0, 60_000);
    let tags = json!([{"Key": "Team", "Value": "core"}]);
    cloud.create(DEV, "AWS::SQS::Queue", &json!({"QueueName": "q", "Tags": tags}));
    let count = || {
        let found = cloud.tagging(DEV, "GetResources", &json!({})).unwrap();
        found["ResourceTagMappingList"].as_array().unwrap().len()
    };
    assert_eq!(count(), 0);
    cloud.wait(59_999);
    assert_eq!(count(), 0);
    cloud.wait(1);
    assert_eq!(count(), 1);
}

#[test]
fn a_tagging_call_during_an_update_is_not_lost() {
    let cloud = cloud_with(50, 0);
    cloud.create(DEV, "AWS::SQS::Queue", &json!({"QueueName": "q"}));
    let url = "https://sqs.us-east-1.amazonaws.com/111111111111/q";
    let patch = json!([{"op": "replace", "path": "/DelaySeconds", "value": 5}]).to_string();
    let input = json!({"TypeName": "AWS::SQS::Queue", "Identifier": url, "PatchDocument": patch});
    let answer = cloud.control(DEV, "UpdateResource", &input).unwrap();
    let arn = "arn:aws:sqs:us-east-1:111111111111:q";
    let input = json!({"ResourceARNList": [arn], "Tags": {"Env": "dev"}});
    cloud.tagging(DEV, "TagResources", &input).unwrap();
    cloud.settled(DEV, &answer);
    let model = cloud.get(DEV, "AWS::SQS::Queue", &json!(url)).unwrap();
    assert_eq!(model["DelaySeconds"], 5);
    assert_eq!(model["Tags"][0]["Key"], "Env");
}
