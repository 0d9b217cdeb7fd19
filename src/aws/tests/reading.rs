use serde_json::json;

use super::*;
use crate::aws::stack::cache::MemoryStore;
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
async fn a_region_that_denies_its_tags_does_not_hide_those_of_the_other() {
    const DENIED: &str =
        r#"{"__type":"AccessDeniedException","message":"not authorized to perform: tag:GetResources"}"#;
    for (denies, arn) in [("us-east-1", "arn:aws:sqs:eu-west-1:1:q"), ("eu-west-1", "arn:aws:iam::1:policy/p")] {
        let bench = Bench::in_region("eu-west-1", move |asked| match asked.scope.starts_with(denies) {
            true => Reply::json(400, DENIED),
            false => Reply::json(
                200,
                r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:iam::1:policy/p"},{"ResourceARN":"arn:aws:sqs:eu-west-1:1:q"}]}"#,
            ),
        });
        let reader = bench.clients.reader();
        let (found, refused) = reader.tagged_if_permitted(None).await.unwrap();
        assert!(found.iter().any(|tagged| tagged.arn == arn), "{found:?}");
        let [error] = refused.as_slice() else { panic!("{refused:?}") };
        assert_eq!(error.message, format!("in {denies}: not authorized to perform: tag:GetResources"));
        // A plan needs all of them.
        assert_eq!(reader.tagged(None).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
    }
    // What is not a matter of permissions is an error.
    let bench = Bench::new(|_| Reply::json(400, r#"{"__type":"InvalidParameterException","message":"no"}"#));
    assert!(bench.clients.reader().tagged_if_permitted(None).await.is_err());
}

#[tokio::test]
async fn the_tagging_api_is_asked_for_a_hundred_arns_at_a_time_in_their_region() {
    let bench = Bench::in_region("eu-west-1", |asked| match asked.scope.starts_with("us-east-1") {
        true => Reply::json(200, r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:iam::1:policy/p"}]}"#),
        false => Reply::json(200, r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:sqs:eu-west-1:1:q0"}]}"#),
    });
    let queues = (0..150).map(|number| format!("arn:aws:sqs:eu-west-1:1:q{number}"));
    let arns: Vec<String> = queues.chain(["arn:aws:iam::1:policy/p".to_owned()]).collect();
    let found = bench.clients.reader().tagged_among(&arns).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["arn:aws:iam::1:policy/p", "arn:aws:sqs:eu-west-1:1:q0"]);
    let scopes: Vec<String> = bench.network.asked().into_iter().map(|asked| asked.scope).collect();
    assert_eq!(scopes, ["eu-west-1/tagging", "eu-west-1/tagging", "us-east-1/tagging"]);
}

/// Counts of the answers to many reads.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    fresh: usize,
    stale: usize,
    none: usize,
}

/// "Done when": with one service failing completely, at least 95 % of 1,000 mixed reads are answered, fresh or marked stale.
#[tokio::test]
async fn reads_are_answered_while_a_service_fails_completely() {
    for failing in ["cloudcontrol", "tagging"] {
        for fault in [Reply::error(500, "InternalFailure"), Reply::Refused, Reply::error(400, "ThrottlingException")] {
            let is_down = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let (down, reply) = (Arc::clone(&is_down), fault.clone());
            let bench = Bench::new(move |asked| {
                let service = if asked.operation == "GetResources" { "tagging" } else { "cloudcontrol" };
                match asked.operation.as_str() {
                    _ if down.load(std::sync::atomic::Ordering::SeqCst) && service == failing => reply.clone(),
                    "GetResources" => Reply::json(200, r#"{"ResourceTagMappingList":[]}"#),
                    "ListResources" => Reply::json(200, r#"{"ResourceDescriptions":[{"Identifier":"q"}]}"#),
                    _ => Reply::json(
                        200,
                        r#"{"ResourceDescription":{"Identifier":"q","Properties":"{\"DelaySeconds\":1}"}}"#,
                    ),
                }
            });
            let store = Arc::new(MemoryStore::default());
            let mut answers = Answers::default();
            // The second run asks for some that the first did not, such as new resources.
            for (run, first) in [(1, 0), (2, 30)] {
                is_down.store(run == 2, std::sync::atomic::Ordering::SeqCst);
                let reader = bench.clients.stale_reader(Some(store.clone()));
                answers = Answers::default();
                for number in first..first + 1000 {
                    let before = reader.stale_reads().len();
                    let name = format!("q{number}");
                    let is_answered = match number % 4 {
                        0 => reader.list_within("AWS::SQS::Queue", &json!({"Name": name})).await.is_ok(),
                        1 => reader.tagged(Some((name.as_str(), &["a"]))).await.is_ok(),
                        _ => reader.get(&ResourceRef::new("AWS::SQS::Queue", &name)).await.is_ok(),
                    };
                    match (is_answered, reader.stale_reads().len() > before) {
                        (false, _) => answers.none += 1,
                        (true, true) => answers.stale += 1,
                        (true, false) => answers.fresh += 1,
                    }
                }
                bench.clock.advance(std::time::Duration::from_secs(3600));
                assert_eq!(reader.freshness().authorizes_writes(), run == 1);
            }
            assert!(answers.fresh + answers.stale >= 950, "{failing} {fault:?}: {answers:?}");
            assert!(answers.stale >= 200 && answers.none > 0, "{failing} {fault:?}: {answers:?}");
            let live = bench.clients.reader();
            assert!(live.freshness().authorizes_writes(), "the reader of plans has no other answers");
        }
    }
}
