//! Cloud Control: creating, reading, changing and refusing.

use super::*;

#[test]
fn a_bucket_is_created_read_patched_listed_and_deleted() {
    let cloud = cloud();
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let event = cloud.create(DEV, "AWS::S3::Bucket", &json!({"BucketName": "one", "Tags": tags}));
    assert_eq!(event["OperationStatus"], "SUCCESS", "{event}");
    assert_eq!(event["Identifier"], "one");
    let id = json!("one");
    let patch = json!([{"op": "replace", "path": "/Tags/0/Value", "value": "2"}]);
    let event = cloud.update(DEV, "AWS::S3::Bucket", &id, &patch).unwrap();
    assert_eq!(event["OperationStatus"], "SUCCESS", "{event}");
    let model = cloud.get(DEV, "AWS::S3::Bucket", &id).unwrap();
    assert_eq!(model["Tags"][0]["Value"], "2");
    assert_eq!(model["Arn"], "arn:aws:s3:::one");
    let listed = cloud.control(DEV, "ListResources", &json!({"TypeName": "AWS::S3::Bucket"})).unwrap();
    let expected = json!([{"Identifier": "one", "Properties": "{\"BucketName\":\"one\"}"}]);
    assert_eq!(listed["ResourceDescriptions"], expected);
    let input = json!({"TypeName": "AWS::S3::Bucket", "Identifier": "one"});
    let answer = cloud.control(DEV, "DeleteResource", &input).unwrap();
    assert_eq!(cloud.settled(DEV, &answer)["OperationStatus"], "SUCCESS");
    let error = cloud.get(DEV, "AWS::S3::Bucket", &id).unwrap_err();
    assert!(error.starts_with("ResourceNotFoundException"), "{error}");
    let answer = cloud.control(DEV, "DeleteResource", &input).unwrap();
    assert_eq!(cloud.settled(DEV, &answer)["ErrorCode"], "NotFound");
}

#[test]
fn a_write_is_asynchronous_and_blocks_other_writes_to_the_resource() {
    let cloud = cloud_with(60, 0);
    let input = json!({"TypeName": "AWS::DynamoDB::Table", "DesiredState":
        "{\"TableName\":\"t\",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}]}"});
    let answer = cloud.control(DEV, "CreateResource", &input).unwrap();
    assert_eq!(answer["ProgressEvent"]["OperationStatus"], "PENDING");
    assert!(answer["ProgressEvent"]["RetryAfter"].is_number());
    assert!(cloud.get(DEV, "AWS::DynamoDB::Table", &json!("t")).is_err());
    let again = cloud.control(DEV, "CreateResource", &input).unwrap_err();
    assert!(again.starts_with("ConcurrentOperationException"), "{again}");
    let filter = json!({"ResourceRequestStatusFilter": {"OperationStatuses": ["IN_PROGRESS"]}});
    cloud.wait(59);
    assert_eq!(cloud.event(DEV, &answer)["OperationStatus"], "IN_PROGRESS");
    let open = cloud.control(DEV, "ListResourceRequests", &filter).unwrap();
    assert_eq!(open["ResourceRequestStatusSummaries"].as_array().unwrap().len(), 1);
    cloud.wait(1);
    assert_eq!(cloud.event(DEV, &answer)["OperationStatus"], "SUCCESS");
    assert!(cloud.get(DEV, "AWS::DynamoDB::Table", &json!("t")).is_ok());
    let open = cloud.control(DEV, "ListResourceRequests", &filter).unwrap();
    assert_eq!(open["ResourceRequestStatusSummaries"], json!([]));
}

#[test]
fn a_request_can_be_cancelled_before_it_takes_effect() {
    let cloud = cloud_with(10_000, 0);
    let input = json!({"TypeName": "AWS::SQS::Queue", "DesiredState": "{\"QueueName\":\"q\"}"});
    let answer = cloud.control(DEV, "CreateResource", &input).unwrap();
    let token = json!({"RequestToken": answer["ProgressEvent"]["RequestToken"]});
    let cancelled = cloud.control(DEV, "CancelResourceRequest", &token).unwrap();
    assert_eq!(cancelled["ProgressEvent"]["OperationStatus"], "CANCEL_IN_PROGRESS");
    cloud.wait(1);
    assert_eq!(cloud.event(DEV, &answer)["OperationStatus"], "CANCEL_COMPLETE");
    cloud.wait(10_000);
    assert_eq!(cloud.sandbox.status().unwrap()[DEV], 0);
    let missing = cloud.control(DEV, "CancelResourceRequest", &json!({"RequestToken": "no"}));
    assert!(missing.unwrap_err().starts_with("RequestTokenNotFoundException"));
}

#[test]
fn a_client_token_replays_and_conflicts() {
    let cloud = cloud();
    let input = |name: &str| {
        let desired = json!({"QueueName": name}).to_string();
        json!({"TypeName": "AWS::SQS::Queue", "DesiredState": desired, "ClientToken": "token-1"})
    };
    let first = cloud.control(DEV, "CreateResource", &input("a")).unwrap();
    let done = cloud.settled(DEV, &first);
    let replayed = cloud.control(DEV, "CreateResource", &input("a")).unwrap();
    assert_eq!(replayed["ProgressEvent"], done);
    let conflict = cloud.control(DEV, "CreateResource", &input("b")).unwrap_err();
    assert!(conflict.starts_with("ClientTokenConflictException"), "{conflict}");
    let elsewhere = cloud.control(PROD, "CreateResource", &input("b")).unwrap();
    assert_eq!(cloud.settled(PROD, &elsewhere)["OperationStatus"], "SUCCESS");
    // For 36 hours.
    cloud.wait(36 * 3_600_000);
    let later = cloud.control(DEV, "CreateResource", &input("b")).unwrap();
    assert_eq!(cloud.settled(DEV, &later)["OperationStatus"], "SUCCESS");
}

#[test]
fn synchronous_rejections_are_exceptions() {
    let cloud = cloud();
    let create = |type_name: &str, desired: &str| {
        let input = json!({"TypeName": type_name, "DesiredState": desired});
        cloud.control(DEV, "CreateResource", &input).unwrap_err()
    };
    assert!(create("AWS::S3::Buckt", "{}").starts_with("TypeNotFoundException"));
    assert!(create("nonsense", "{}").starts_with("ValidationException"));
    assert!(create("AWS::Budgets::Budget", "{}").starts_with("UnsupportedActionException"));
    assert!(create("AWS::S3::Bucket", "{").starts_with("InvalidRequestException"));
    let unknown = create("AWS::S3::Bucket", "{\"Nmae\":1}");
    assert!(unknown.starts_with("ValidationException: Model validation failed"), "{unknown}");
    assert!(unknown.contains("extraneous key [Nmae] is not permitted"), "{unknown}");
    let required = create("AWS::IAM::Role", "{}");
    assert!(required.contains("required key [AssumeRolePolicyDocument] not found"), "{required}");
    let reference = create("AWS::SQS::Queue", "{\"QueueName\":{\"Ref\":\"X\"}}");
    assert!(reference.starts_with("ValidationException"), "{reference}");
    let list = cloud.control(DEV, "ListResources", &json!({"TypeName": "AWS::EKS::Nodegroup"}));
    let list = list.unwrap_err();
    assert!(list.starts_with("InvalidRequestException: Missing or invalid ResourceModel"), "{list}");
    let operation = cloud.control(DEV, "Frobnicate", &json!({})).unwrap_err();
    assert!(operation.starts_with("UnknownOperationException"), "{operation}");
    let stranger = cloud.control("333333333333", "GetResource", &json!({})).unwrap_err();
    assert!(stranger.starts_with("UnrecognizedClientException"), "{stranger}");
}

#[test]
fn updates_keep_create_only_values_and_hide_write_only_ones() {
    let cloud = cloud();
    let event = cloud.create(DEV, "AWS::SecretsManager::Secret", &json!({"Name": "db", "SecretString": "hunter2"}));
    let id = &event["Identifier"];
    let model = cloud.get(DEV, "AWS::SecretsManager::Secret", id).unwrap();
    assert!(!model.to_string().contains("hunter2"));
    let rename = json!([{"op": "replace", "path": "/Name", "value": "other"}]);
    let refused = cloud.update(DEV, "AWS::SecretsManager::Secret", id, &rename).unwrap_err();
    assert!(refused.starts_with("NotUpdatableException"), "{refused}");
    let rotate = json!([{"op": "add", "path": "/SecretString", "value": "new"}]);
    let event = cloud.update(DEV, "AWS::SecretsManager::Secret", id, &rotate).unwrap();
    assert_eq!(event["OperationStatus"], "SUCCESS");
    assert_eq!(cloud.get(DEV, "AWS::SecretsManager::Secret", id).unwrap(), model);
    let event = cloud.create(DEV, "AWS::SecretsManager::Secret", &json!({"Name": "db"}));
    assert_eq!(event["ErrorCode"], "AlreadyExists", "{event}");
}

#[test]
fn lists_are_paged_in_order() {
    let cloud = cloud();
    for name in ["c", "a", "b"] {
        cloud.create(DEV, "AWS::Logs::LogGroup", &json!({"LogGroupName": name}));
    }
    let mut input = json!({"TypeName": "AWS::Logs::LogGroup", "MaxResults": 2});
    let page = cloud.control(DEV, "ListResources", &input).unwrap();
    let names = |page: &Value| -> Vec<String> {
        let all = page["ResourceDescriptions"].as_array().unwrap();
        all.iter().map(|one| one["Identifier"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&page), ["a", "b"]);
    input["NextToken"] = page["NextToken"].clone();
    let page = cloud.control(DEV, "ListResources", &input).unwrap();
    assert_eq!(names(&page), ["c"]);
    assert!(page.get("NextToken").is_none());
    input["MaxResults"] = json!(0);
    assert!(cloud.control(DEV, "ListResources", &input).unwrap_err().starts_with("ValidationException"));
}

#[test]
fn registering_a_task_definition_again_gives_the_next_revision() {
    let cloud = cloud();
    let desired = json!({"Family": "web", "ContainerDefinitions": [{"Name": "a", "Image": "b"}]});
    let arn = "arn:aws:ecs:us-east-1:111111111111:task-definition/web";
    for revision in 1..=3 {
        let event = cloud.create(DEV, "AWS::ECS::TaskDefinition", &desired);
        assert_eq!(event["Identifier"], format!("{arn}:{revision}"), "{event}");
    }
    assert!(cloud.get(DEV, "AWS::ECS::TaskDefinition", &json!(format!("{arn}:1"))).is_ok());
}
