use std::time::Duration;

use serde_json::json;

use super::*;
use crate::aws::Writer;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::pipeline::ports::{
    CloudErrorKind, ProgressStatus, RequestOperation, RequestsWanted, WriteResources as _, WriteTags as _,
};

const QUEUE: &str = "AWS::SQS::Queue";

fn queue() -> ResourceRef {
    ResourceRef::new(QUEUE, "q")
}

/// Replies that confirm the keys of dev and accept everything.
fn cloud(asked: &Asked) -> Reply {
    match asked.operation.as_str() {
        "GetCallerIdentity" if asked.key == "FOREIGN" => Reply::identity("999999999999"),
        "GetCallerIdentity" => Reply::identity("111111111111"),
        "TagResources" | "UntagResources" => Reply::json(200, r#"{"FailedResourcesMap":{}}"#),
        _ => accepted(),
    }
}

async fn writer(bench: &Bench) -> Writer {
    bench.clients.writer(bench.clients.verify().await.expect("the account is confirmed"), Default::default())
}

async fn create(writer: &Writer) -> Result<(), CloudErrorKind> {
    writer.create(QUEUE, &json!({"QueueName": "q"}), "token").await.map(|_| ()).map_err(|error| error.kind)
}

#[tokio::test]
async fn writes_within_a_minute_need_one_confirmation() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    create(&writer).await.unwrap();
    bench.clock.advance(Duration::from_secs(59));
    create(&writer).await.unwrap();
    assert_eq!(bench.network.operations(), ["GetCallerIdentity", "CreateResource", "CreateResource"]);
    assert_eq!(bench.run.counter.snapshot()["sts.GetCallerIdentity"], 1);
}

#[tokio::test]
async fn after_a_minute_the_account_is_confirmed_again() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    bench.clock.advance(Duration::from_secs(60));
    create(&writer).await.unwrap();
    assert_eq!(bench.network.operations(), ["GetCallerIdentity", "GetCallerIdentity", "CreateResource"]);
    let counts = bench.run.counter.snapshot();
    assert_eq!(counts["cloudcontrol.CreateResource"], 1, "held back and sent is one call");
    assert_eq!(bench.run.counter.attempts()["cloudcontrol.CreateResource"], 1, "and one request");
}

#[tokio::test]
async fn writes_side_by_side_need_one_confirmation() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    bench.clock.advance(Duration::from_secs(60));
    let created = futures_util::future::join_all((0..8).map(|_| create(&writer))).await;
    assert!(created.iter().all(Result::is_ok), "{created:?}");
    assert_eq!(bench.asked("CreateResource"), 8);
    assert_eq!(bench.asked("GetCallerIdentity"), 2, "at the start and after a minute");
}

#[tokio::test]
async fn changed_credentials_are_confirmed_before_the_next_write() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    create(&writer).await.unwrap();
    bench.network.sign_with("KEY2");
    create(&writer).await.unwrap();
    let signed: Vec<(String, String)> =
        bench.network.asked().into_iter().skip(2).map(|asked| (asked.operation, asked.key)).collect();
    let expected = ["GetCallerIdentity", "CreateResource"].map(|operation| (operation.to_owned(), "KEY2".to_owned()));
    assert_eq!(signed, expected);
}

#[tokio::test]
async fn nothing_is_sent_to_another_account() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    bench.network.sign_with("FOREIGN");
    let arn = "arn:aws:sqs:us-east-1:111111111111:q";
    let tags = Tags::from([("A".to_owned(), "b".to_owned())]);
    let refused = [
        writer.create(QUEUE, &json!({}), "t").await.map(|_| ()).unwrap_err(),
        writer.update(&queue(), &json!([]), "t").await.map(|_| ()).unwrap_err(),
        writer.delete(&queue(), "t").await.map(|_| ()).unwrap_err(),
        writer.tag(arn, &tags).await.map(|_| ()).unwrap_err(),
        writer.untag(arn, &["A"]).await.map(|_| ()).unwrap_err(),
    ];
    for error in refused {
        assert_eq!((error.kind, error.code.as_deref()), (CloudErrorKind::Credentials, Some("wrong-account")));
        assert!(error.message.contains("999999999999") && error.message.contains("nothing was sent"), "{error}");
    }
    assert!(bench.network.operations().iter().all(|operation| operation == "GetCallerIdentity"));
}

#[tokio::test]
async fn without_a_response_of_sts_nothing_is_sent_and_the_credentials_are_not_blamed() {
    let bench = Bench::new(|asked| match asked.number {
        1 => Reply::identity("111111111111"),
        _ => Reply::Refused,
    });
    let writer = writer(&bench).await;
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(create(&writer).await.unwrap_err(), CloudErrorKind::Network);
    assert_eq!(bench.asked("CreateResource"), 0);
}

#[tokio::test]
async fn constantly_changing_credentials_send_nothing() {
    let bench = Bench::new(cloud);
    let writer = writer(&bench).await;
    // Every request is signed with a different key.
    bench.network.sign_with("RESTLESS");
    let error = writer.create(QUEUE, &json!({}), "t").await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind, CloudErrorKind::Credentials);
    assert!(error.message.contains("nothing was sent"), "{error}");
    assert_eq!(bench.asked("CreateResource"), 0);
}

#[tokio::test]
async fn responses_are_parsed() {
    let bench = Bench::new(|asked| match asked.operation.as_str() {
        "GetCallerIdentity" => Reply::identity("111111111111"),
        "GetResourceRequestStatus" => Reply::json(
            200,
            r#"{"ProgressEvent":{"RequestToken":"r-1","OperationStatus":"FAILED","ErrorCode":"Throttling","StatusMessage":"a hook failed"},
                "HooksProgressEvent":[{"HookStatus":"HOOK_COMPLETE_FAILED","HookStatusMessage":"no encryption"}]}"#,
        ),
        "ListResourceRequests" => Reply::json(
            200,
            r#"{"ResourceRequestStatusSummaries":[{"TypeName":"AWS::SQS::Queue","Operation":"DELETE","OperationStatus":"PENDING",
                "RequestToken":"r-2","Identifier":"q","EventTime":1795132800.5}]}"#,
        ),
        _ => accepted(),
    });
    let writer = writer(&bench).await;
    let progress = writer.delete(&queue(), "token").await.unwrap();
    assert_eq!((progress.status, progress.request_token.as_str()), (ProgressStatus::Running, "r-1"));
    let body = &bench.network.asked()[1].body;
    assert!(body.contains(r#""ClientToken":"token""#) && body.contains(r#""Identifier":"q""#), "{body}");
    let (kind, code, message) = writer.status("r-1").await.unwrap().failure.unwrap();
    assert_eq!((kind, code.as_str(), message.as_str()), (CloudErrorKind::Throttled, "Throttling", "no encryption"));
    let requests = writer.requests(RequestsWanted::Running).await.unwrap();
    assert_eq!((requests.len(), requests[0].operation), (1, RequestOperation::Delete));
    assert_eq!(requests[0].progress.identifier.as_deref(), Some("q"));
    assert_eq!(requests[0].at.unwrap().as_second(), 1_795_132_800);
}

#[tokio::test]
async fn a_response_without_required_members_is_an_error() {
    for body in [
        "{}",
        r#"{"ProgressEvent":{}}"#,
        r#"{"ProgressEvent":{"RequestToken":"r-1"}}"#,
        r#"{"ProgressEvent":{"OperationStatus":"SUCCESS"}}"#,
        r#"{"ProgressEvent":{"RequestToken":"r-1","OperationStatus":"BRAND_NEW"}}"#,
        r#"{"ResourceRequestStatusSummaries":[{"OperationStatus":"PENDING","RequestToken":"r"}]}"#,
    ] {
        let bench = Bench::new(move |asked| match asked.operation.as_str() {
            "GetCallerIdentity" => Reply::identity("111111111111"),
            _ => Reply::json(200, body),
        });
        let writer = writer(&bench).await;
        let arn = "arn:aws:sqs:us-east-1:111111111111:q";
        let kinds = [
            create(&writer).await.unwrap_err(),
            writer.update(&queue(), &json!([]), "t").await.map(|_| ()).unwrap_err().kind,
            writer.delete(&queue(), "t").await.map(|_| ()).unwrap_err().kind,
            writer.status("r-1").await.map(|_| ()).unwrap_err().kind,
            writer.requests(RequestsWanted::Running).await.map(|_| ()).unwrap_err().kind,
            writer.tag(arn, &Tags::new()).await.map(|_| ()).unwrap_err().kind,
            writer.untag(arn, &[]).await.map(|_| ()).unwrap_err().kind,
        ];
        assert_eq!(kinds, [CloudErrorKind::Malformed; 7], "{body}");
    }
}

#[tokio::test]
async fn unsupported_resources_of_the_tagging_api_are_detected() {
    let bench = Bench::new(|asked| match asked.operation.as_str() {
        "GetCallerIdentity" => Reply::identity("111111111111"),
        "TagResources" => Reply::json(
            200,
            r#"{"FailedResourcesMap":{"arn:aws:iam::1:role/r":{"StatusCode":400,"ErrorCode":"InvalidParameterException"}}}"#,
        ),
        _ => Reply::error(400, "InvalidParameterException"),
    });
    let writer = writer(&bench).await;
    assert!(!writer.tag("arn:aws:iam::1:role/r", &Tags::new()).await.unwrap());
    assert!(!writer.untag("arn:aws:iam::1:role/r", &["A"]).await.unwrap());
}

#[tokio::test]
async fn each_mutating_call_is_observed_once_with_its_result() {
    let bench = Bench::new(|asked| match (asked.operation.as_str(), asked.number) {
        // Throttled at first, then successful.
        ("CreateResource", 2 | 3) => Reply::error(400, "ThrottlingException"),
        ("UpdateResource", _) => Reply::error(400, "NotUpdatableException"),
        _ => cloud(asked),
    });
    let writer = writer(&bench).await;
    create(&writer).await.unwrap();
    writer.update(&queue(), &json!([]), "t-2").await.unwrap_err();
    writer.status("r-1").await.unwrap();
    writer.tag("arn:aws:sqs:us-east-1:111111111111:q", &Tags::new()).await.unwrap();
    bench.network.sign_with("FOREIGN");
    writer.delete(&queue(), "t-3").await.unwrap_err();
    let here = "dev 111111111111 us-east-1";
    assert_eq!(
        *bench.seen.calls.lock().unwrap(),
        [
            format!("{here} cloudcontrol.CreateResource {QUEUE} - token request-4 done"),
            format!("{here} cloudcontrol.UpdateResource {QUEUE} q t-2 request-5 NotUpdatable"),
            format!("{here} tagging.TagResources - arn:aws:sqs:us-east-1:111111111111:q - request-7 done"),
            format!("{here} cloudcontrol.DeleteResource {QUEUE} q t-3 - Credentials"),
        ]
    );
}
