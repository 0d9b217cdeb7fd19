use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::aws::stack::clock::Clock as _;
use crate::domain::resource::ResourceRef;
use crate::pipeline::event::Event;
use crate::pipeline::ports::{CloudErrorKind, DescribeTypes as _, ReadResources as _, WriteResources as _};

const GET: &str = "cloudcontrol.GetResource";

fn queue() -> ResourceRef {
    ResourceRef::new("AWS::SQS::Queue", "q")
}

fn found() -> Reply {
    Reply::json(200, r#"{"ResourceDescription":{"Identifier":"q","Properties":"{}"}}"#)
}

#[tokio::test]
async fn a_call_is_counted_once_independently_of_retries() {
    let bench = Bench::new(|asked| if asked.number < 4 { Reply::error(500, "InternalFailure") } else { found() });
    bench.clients.reader().get(&queue()).await.unwrap();
    assert_eq!((bench.run.counter.snapshot()[GET], bench.run.counter.attempts()[GET]), (1, 4));
}

#[tokio::test]
async fn throttled_calls_are_retried_within_the_budget() {
    // More often than the SDK retries a request.
    let bench = Bench::new(|asked| if asked.number < 12 { Reply::error(400, "ThrottlingException") } else { found() });
    bench.clients.reader().get(&queue()).await.unwrap();
    assert_eq!((bench.run.counter.snapshot()[GET], bench.run.counter.attempts()[GET]), (1, 12));
    let throttled = bench.events.events().into_iter().any(|event| matches!(event, Event::Throttled { .. }));
    assert!(throttled, "who shows progress hears of it");
}

#[tokio::test]
async fn calls_of_the_registry_use_the_same_layers() {
    let xml = |status, text: &str| Reply::Http(status, "text/xml", text.to_owned());
    let bench = Bench::new(move |asked| match asked.number {
        1 | 2 => xml(
            400,
            "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
        ),
        3 => xml(503, "<html>Service Unavailable</html>"),
        _ => xml(
            200,
            "<DescribeTypeResponse><DescribeTypeResult><Schema>{}</Schema></DescribeTypeResult></DescribeTypeResponse>",
        ),
    });
    let described = bench.clients.describer().describe_type("AWS::SQS::Queue").await.unwrap();
    assert_eq!(described.schema, "{}");
    let name = "cloudformation.DescribeType";
    assert_eq!((bench.run.counter.snapshot()[name], bench.run.counter.attempts()[name]), (1, 4));
    let page = Bench::new(move |_| xml(200, "<html>Sign in</html>"));
    let error = page.clients.describer().describe_type("AWS::SQS::Queue").await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (CloudErrorKind::Network, "received a web page (HTTP 200)"));
}

#[tokio::test]
async fn permanent_throttling_ends_after_the_budget_for_all_callers() {
    let bench = Bench::new(|_| Reply::error(400, "ThrottledException"));
    let reader = bench.clients.reader();
    let error = reader.get(&queue()).await.unwrap_err();
    assert_eq!(error.kind, CloudErrorKind::Throttled);
    let waited = bench.clock.now();
    assert!((Duration::from_secs(30)..Duration::from_secs(60)).contains(&waited), "{waited:?}");
    let sent = bench.network.asked().len();
    for _ in 0..1000 {
        let error = reader.get(&queue()).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Throttled);
        assert!(error.message.contains("throttled all calls"), "{error}");
    }
    assert_eq!(bench.network.asked().len(), sent, "the others do not wait out a budget each");
    assert_eq!(bench.clock.now(), waited);
}

#[tokio::test]
async fn a_shorter_budget_ends_sooner() {
    let network = Network::new(|_| Reply::error(400, "ThrottlingException"));
    let clock = Arc::new(ManualClock::default());
    let run = RunScope { throttle_budget: Duration::from_secs(1), ..RunScope::default() };
    let clients = clients(&network, &dev(), clock.clone(), run);
    assert_eq!(clients.reader().get(&queue()).await.unwrap_err().kind, CloudErrorKind::Throttled);
    assert!(clock.now() < Duration::from_secs(15), "{:?}", clock.now());
}

#[tokio::test]
async fn calls_to_a_failing_service_are_suspended() {
    let works = Arc::new(AtomicBool::new(false));
    let answers = works.clone();
    let bench = Bench::new(move |asked| match asked.operation.as_str() {
        "GetCallerIdentity" => Reply::identity("111111111111"),
        _ if !answers.load(Ordering::Relaxed) => Reply::error(500, "InternalFailure"),
        "GetResource" => found(),
        _ => accepted(),
    });
    let reader = bench.clients.reader();
    for _ in 0..5 {
        assert_eq!(reader.get(&queue()).await.unwrap_err().kind, CloudErrorKind::Busy);
    }
    let sent = bench.network.asked().len();
    let error = reader.get(&queue()).await.unwrap_err();
    assert_eq!((error.kind, bench.network.asked().len()), (CloudErrorKind::CircuitOpen, sent));
    assert!(error.message.contains("allowed again in"), "{error}");
    // Other services and writes are not affected.
    let writer = bench.clients.writer(bench.clients.verify().await.unwrap(), Default::default());
    assert_eq!(writer.delete(&queue(), "t").await.map(|_| ()).unwrap_err().kind, CloudErrorKind::Busy);
    works.store(true, Ordering::Relaxed);
    bench.clock.advance(Duration::from_secs(300));
    assert!(reader.get(&queue()).await.unwrap().is_some());
    assert!(reader.get(&queue()).await.unwrap().is_some());
}

#[tokio::test]
async fn error_responses_and_failed_handlers_do_not_open_the_circuit() {
    for code in ["AccessDeniedException", "HandlerInternalFailureException", "ResourceNotFoundException"] {
        let bench = Bench::new(move |_| Reply::error(400, code));
        let reader = bench.clients.reader();
        for _ in 0..20 {
            let kind = reader.get(&queue()).await.map_err(|error| error.kind).err();
            assert_ne!(kind, Some(CloudErrorKind::CircuitOpen), "{code}");
        }
    }
}
