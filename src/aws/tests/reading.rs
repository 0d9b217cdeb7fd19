use serde_json::json;

use super::*;
use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{CloudErrorKind, ReadResources as _, ReadTags as _};

fn queue() -> ResourceRef {
    ResourceRef::new("AWS::SQS::Queue", "q")
}

#[tokio::test]
async fn properties_are_read_and_only_not_found_means_absent() {
    let bench = Bench::new(|asked| match asked.number {
        1 => Reply::json(200, r#"{"ResourceDescription":{"Identifier":"q","Properties":"{\"QueueName\":\"q\"}"}}"#),
        2 => Reply::error(400, "ResourceNotFoundException"),
        _ => Reply::error(400, "AccessDeniedException"),
    });
    let reader = bench.clients.reader();
    assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!({"QueueName": "q"})));
    assert_eq!(reader.get(&queue()).await.unwrap(), None);
    let denied = reader.get(&queue()).await.unwrap_err();
    assert_eq!((denied.kind, denied.resource), (CloudErrorKind::AccessDenied, Some(queue())));
}

#[tokio::test]
async fn a_response_without_required_members_is_an_error() {
    for body in [
        "{}",
        r#"{"TypeName":"AWS::SQS::Queue"}"#,
        r#"{"ResourceDescription":{}}"#,
        r#"{"ResourceDescription":{"Identifier":"q"}}"#,
        r#"{"ResourceDescription":{"Properties":"null"}}"#,
        r#"{"ResourceDescription":{"Properties":"{"}}"#,
        r#"{"ResourceDescriptions":[{"Properties":"{}"}]}"#,
        r#"{"ResourceTagMappingList":[{"Tags":[]}]}"#,
    ] {
        let bench = Bench::new(move |_| Reply::json(200, body));
        let reader = bench.clients.reader();
        let kinds = [
            reader.get(&queue()).await.map(|found| found.is_some()).unwrap_err().kind,
            reader.list("AWS::SQS::Queue").await.unwrap_err().kind,
            reader.list_within("AWS::SQS::Queue", &json!({"A": "b"})).await.unwrap_err().kind,
            reader.tagged(None).await.unwrap_err().kind,
        ];
        assert_eq!(kinds, [CloudErrorKind::Malformed; 4], "{body}");
    }
}

#[tokio::test]
async fn all_pages_are_read_and_an_empty_list_is_one() {
    let bench = Bench::new(|asked| match (asked.operation.as_str(), asked.body.contains("more")) {
        ("ListResources", false) => {
            Reply::json(200, r#"{"ResourceDescriptions":[{"Identifier":"b"}],"NextToken":"more"}"#)
        }
        ("ListResources", true) => {
            Reply::json(200, r#"{"ResourceDescriptions":[{"Identifier":"a"},{"Identifier":"b"}]}"#)
        }
        (_, false) => Reply::json(200, r#"{"ResourceTagMappingList":[],"PaginationToken":"more"}"#),
        (_, true) => Reply::json(
            200,
            r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:sqs:us-east-1:1:q","Tags":[{"Key":"A","Value":"b"}]}],"PaginationToken":""}"#,
        ),
    });
    let reader = bench.clients.reader();
    assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap(), ["a", "b"]);
    let tagged = reader.tagged(Some(("A", &["b"]))).await.unwrap();
    assert_eq!((tagged.len(), tagged[0].tags["A"].as_str()), (1, "b"));
    assert_eq!(bench.run.counter.snapshot()["cloudcontrol.ListResources"], 2);
    let empty = Bench::new(|_| Reply::json(200, r#"{"ResourceDescriptions":[],"ResourceTagMappingList":[]}"#));
    assert_eq!(empty.clients.reader().list("AWS::SQS::Queue").await.unwrap(), Vec::<String>::new());
    assert_eq!(empty.clients.reader().tagged(None).await.unwrap(), []);
}

#[tokio::test]
async fn a_circular_list_is_an_error() {
    let bench = Bench::new(|asked| {
        let token = if asked.number % 2 == 0 { "even" } else { "odd" };
        let tokens = format!(r#""NextToken":"{token}","PaginationToken":"{token}""#);
        Reply::json(200, &format!(r#"{{"ResourceDescriptions":[],"ResourceTagMappingList":[],{tokens}}}"#))
    });
    let reader = bench.clients.reader();
    assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap_err().kind, CloudErrorKind::Malformed);
    assert_eq!(bench.network.asked().len(), 3);
    assert_eq!(reader.tagged(None).await.unwrap_err().kind, CloudErrorKind::Malformed);
    assert_eq!(bench.network.asked().len(), 6);
}

#[tokio::test]
async fn tags_of_global_services_are_read_in_their_region() {
    let bench = Bench::in_region("eu-west-1", |asked| {
        let arns = if asked.scope.starts_with("us-east-1") {
            r#"{"ResourceARN":"arn:aws:iam::1:policy/p"},{"ResourceARN":"arn:aws:sqs:us-east-1:1:q"}"#
        } else {
            r#"{"ResourceARN":"arn:aws:sqs:eu-west-1:1:q"}"#
        };
        Reply::json(200, &format!(r#"{{"ResourceTagMappingList":[{arns}]}}"#))
    });
    let found = bench.clients.reader().tagged(None).await.unwrap();
    let arns: Vec<&str> = found.iter().map(|tagged| tagged.arn.as_str()).collect();
    assert_eq!(arns, ["arn:aws:iam::1:policy/p", "arn:aws:sqs:eu-west-1:1:q"]);
    let scopes: Vec<String> = bench.network.asked().into_iter().map(|asked| asked.scope).collect();
    assert_eq!(scopes, ["eu-west-1/tagging", "us-east-1/tagging"]);
}

#[tokio::test]
async fn a_cached_reader_responds_while_the_service_is_unavailable() {
    let bench = Bench::new(|asked| match asked.number {
        1 => Reply::json(200, r#"{"ResourceDescriptions":[{"Identifier":"a"}]}"#),
        _ => Reply::Refused,
    });
    let reader = bench.clients.cached_reader();
    assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap(), ["a"]);
    assert!(reader.freshness().authorizes_writes());
    bench.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap(), ["a"]);
    assert!(!reader.freshness().authorizes_writes());
    assert!(bench.clients.reader().freshness().authorizes_writes());
}
