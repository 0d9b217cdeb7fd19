//! Fault injection.

use super::*;

#[test]
fn a_call_with_a_lost_response_was_performed() {
    let cloud = faulty(&["CreateResource=lost*1"], None);
    let input = json!({"TypeName": "AWS::SQS::Queue", "DesiredState": "{\"QueueName\":\"q\"}", "ClientToken": "t"});
    let lost = cloud.control(DEV, "CreateResource", &input).unwrap_err();
    assert!(lost.starts_with("InternalFailure"), "{lost}");
    let again = cloud.control(DEV, "CreateResource", &input).unwrap();
    assert_eq!(cloud.settled(DEV, &again)["OperationStatus"], "SUCCESS");
    assert_eq!(cloud.sandbox.status().unwrap()[DEV], 1);
}

#[test]
fn failures_can_be_injected_by_type() {
    let cloud = faulty(&["AWS::SQS::Queue/CreateResource=FAILED:NotStabilized"], None);
    assert_eq!(cloud.create(DEV, "AWS::SQS::Queue", &json!({}))["ErrorCode"], "NotStabilized");
    assert_eq!(cloud.create(DEV, "AWS::SNS::Topic", &json!({}))["OperationStatus"], "SUCCESS");
}

#[test]
fn calls_are_throttled_by_account() {
    let cloud = faulty(&[], Some(3));
    let list = |account| cloud.control(account, "ListResources", &json!({"TypeName": "AWS::SQS::Queue"}));
    let refused = (0..10).filter(|_| list(DEV).is_err()).count();
    assert_eq!(refused, 7);
    assert!(list(PROD).is_ok());
    cloud.wait(999);
    assert!(list(DEV).is_err());
    cloud.wait(1);
    assert!(list(DEV).is_ok());
}
