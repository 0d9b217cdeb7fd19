//! Accounts, folders and stored data.

use super::*;

#[test]
fn accounts_are_isolated_but_bucket_names_are_global() {
    let cloud = cloud();
    let bucket = json!({"BucketName": "shared"});
    cloud.create(DEV, "AWS::S3::Bucket", &bucket);
    assert!(cloud.get(PROD, "AWS::S3::Bucket", &json!("shared")).is_err());
    let event = cloud.create(PROD, "AWS::S3::Bucket", &bucket);
    assert_eq!(event["ErrorCode"], "AlreadyExists", "{event}");
    let queue = json!({"QueueName": "q"});
    assert_eq!(cloud.create(DEV, "AWS::SQS::Queue", &queue)["OperationStatus"], "SUCCESS");
    assert_eq!(cloud.create(PROD, "AWS::SQS::Queue", &queue)["OperationStatus"], "SUCCESS");
    let event = cloud.create(DEV, "AWS::SQS::Queue", &queue);
    assert_eq!(event["ErrorCode"], "AlreadyExists", "{event}");
    assert_eq!(cloud.sandbox.status().unwrap()[DEV], 2);
    cloud.sandbox.reset().unwrap();
    assert_eq!(cloud.sandbox.status().unwrap()[DEV], 0);
}

#[test]
fn what_no_service_returns_is_not_written_to_disk() {
    let cloud = cloud_with(10_000, 0);
    let desired = json!({
        "DBInstanceIdentifier": "db", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "AllocatedStorage": "20",
        "MasterUsername": "admin1", "MasterUserPassword": "hunter2-hunter2",
    });
    let input = json!({"TypeName": "AWS::RDS::DBInstance", "DesiredState": desired.to_string()});
    cloud.control(DEV, "CreateResource", &input).unwrap();
    for entry in std::fs::read_dir(&cloud.sandbox.options().directory).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"hunter2-hunter2"));
    }
}

#[test]
fn two_sandboxes_on_one_folder_share_it() {
    let cloud = cloud();
    let other = Sandbox::open(cloud.sandbox.options().clone()).unwrap();
    cloud.create(DEV, "AWS::SQS::Queue", &json!({"QueueName": "q"}));
    assert_eq!(other.status().unwrap()[DEV], 1);
}

#[test]
fn seeding_is_all_or_nothing() {
    let cloud = cloud();
    let queue = |name: &str| ("AWS::SQS::Queue".to_owned(), json!({"QueueName": name}));
    let made = cloud.sandbox.seed(DEV, "us-east-1", [queue("a"), queue("b")]).unwrap();
    assert_eq!(made.len(), 2);
    assert!(cloud.sandbox.seed(DEV, "us-east-1", [queue("c"), queue("a")]).is_err());
    assert_eq!(cloud.sandbox.status().unwrap()[DEV], 2);
}
