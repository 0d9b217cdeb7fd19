use std::collections::BTreeMap;

use super::*;
use crate::aws::{ClientKey, ClientPool, CredentialsSource, Endpoint, SystemClock};
use crate::domain::project::{AccountId, Environment};
use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{CloudErrorKind, ReadResources as _};

fn environment(region: &str, profile: Option<&str>) -> Environment {
    Environment { region: region.to_owned(), profile: profile.map(str::to_owned), ..dev() }
}

#[tokio::test]
async fn the_same_key_has_the_same_clients_independently_of_the_environment_name() {
    let pool = ClientPool::default();
    let of = |environment: Environment| {
        let pool = pool.clone();
        async move { pool.clients(&environment, &Endpoint::Real(None), RunScope::default()).await }
    };
    let first = of(environment("us-east-1", None)).await;
    let renamed = of(Environment { name: "other".to_owned(), ..environment("us-east-1", None) }).await;
    assert!(first.shares_clients_with(&renamed));
    assert!(!first.shares_clients_with(&of(environment("eu-west-1", None)).await));
    assert!(!first.shares_clients_with(&of(environment("us-east-1", Some("p"))).await));
    let other = Environment { account: AccountId::parse("222222222222").unwrap(), ..environment("us-east-1", None) };
    assert!(!first.shares_clients_with(&of(other).await));
}

#[test]
fn a_key_names_the_credentials_that_are_used() {
    let key = |profile| ClientKey::of(&environment("us-east-1", profile), &Endpoint::Real(None)).credentials;
    assert_eq!(key(None), CredentialsSource::DefaultChain);
    assert_eq!(key(Some("p")), CredentialsSource::Profile("p".to_owned()));
}

#[tokio::test]
async fn the_open_circuit_of_an_earlier_run_is_restored() {
    let bench = Bench::new(|_| Reply::Refused);
    let queue = ResourceRef::new("AWS::SQS::Queue", "q");
    for _ in 0..5 {
        assert_eq!(bench.clients.reader().get(&queue).await.unwrap_err().kind, CloudErrorKind::Network);
    }
    let states = bench.clients.pool().breakers();
    let name = "111111111111/us-east-1/cloudcontrol";
    assert!(states[name].opened_at.is_some(), "{states:?}");
    // The system clock has a different time, so the opening time is set here.
    let opened = crate::aws::BreakerState { opened_at: Some(std::time::SystemTime::now()), ..states[name] };
    let pool = ClientPool::remembering(SystemClock::shared(), BTreeMap::from([(name.to_owned(), opened)]));
    let clients = pool.clients(&environment("us-east-1", None), &Endpoint::Real(None), RunScope::default()).await;
    let refused = clients.reader().get(&queue).await.unwrap_err();
    assert_eq!(refused.kind, CloudErrorKind::CircuitOpen);
    assert!(refused.message.contains("failed 5 times in a row, the last time at 20"), "{}", refused.message);
    assert!(pool.breakers().is_empty(), "nothing was learned");
}

#[tokio::test]
async fn the_circuits_of_sts_and_of_the_sandbox_are_not_remembered() {
    let bench = Bench::new(|_| Reply::Refused);
    for _ in 0..6 {
        assert!(bench.clients.identity().await.is_err());
    }
    assert!(bench.clients.pool().breakers().is_empty());
}

#[tokio::test]
async fn an_open_circuit_does_not_stop_writes() {
    let bench = Bench::new(|asked| match asked.operation.as_str() {
        "GetCallerIdentity" => Reply::identity("111111111111"),
        "CreateResource" => accepted(),
        _ => Reply::error(500, "InternalFailure"),
    });
    let writer = bench.clients.writer(bench.clients.verify().await.unwrap(), Default::default());
    for _ in 0..6 {
        assert!(bench.clients.reader().list("AWS::SQS::Queue").await.is_err());
    }
    assert_eq!(bench.clients.reader().list("AWS::SQS::Queue").await.unwrap_err().kind, CloudErrorKind::CircuitOpen);
    use crate::pipeline::ports::WriteResources as _;
    assert!(writer.create("AWS::SQS::Queue", &serde_json::json!({}), "token").await.is_ok());
    // The response to the write closes the circuit.
    assert_eq!(bench.clients.reader().list("AWS::SQS::Queue").await.unwrap_err().kind, CloudErrorKind::Busy);
}
