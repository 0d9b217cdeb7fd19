//! A fake network for the SDK in tests: requests are recorded, and a function returns the responses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::clients::{ClientKey, ClientPool, ClientSet, Clients, CredentialsSource};
use super::stack::clock::SharedClock;
use super::stack::{RunScope, retry};
use crate::domain::project::Environment;

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// From 1.
    pub number: usize,
    /// The host.
    pub host: String,
    /// The operation's name.
    pub operation: String,
    /// The Region and the service of the signature: `us-east-1/sts`.
    pub scope: String,
    /// The access key that signed it.
    pub key: String,
    /// The body.
    pub body: String,
}

/// The response to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status, a content type and a body.
    Http(u16, &'static str, String),
    /// The connection is refused.
    Refused,
    /// There is no response.
    Silence,
}

impl Reply {
    /// Creates a JSON response.
    pub fn json(status: u16, body: &str) -> Self {
        Self::Http(status, "application/x-amz-json-1.0", body.to_owned())
    }

    /// Creates an exception of a JSON protocol.
    pub fn error(status: u16, code: &str) -> Self {
        Self::json(status, &format!(r#"{{"__type":"com.amazonaws.any#{code}","Message":"no"}}"#))
    }

    /// Creates a response of STS.
    pub fn identity(account: &str) -> Self {
        let identity =
            format!("<Account>{account}</Account><Arn>arn:aws:iam::{account}:user/test</Arn><UserId>U</UserId>");
        let body = format!(
            r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>{identity}</GetCallerIdentityResult></GetCallerIdentityResponse>"#
        );
        Self::Http(200, "text/xml", body)
    }
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The network.
pub struct Network {
    answer: Box<Answer>,
    asked: Mutex<Vec<Asked>>,
    key: Mutex<String>,
    keys: AtomicUsize,
}

impl Network {
    /// Creates a network with these responses, whose requests are signed with the key `KEY1`.
    pub fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            asked: Mutex::default(),
            key: Mutex::new("KEY1".to_owned()),
            keys: AtomicUsize::new(2),
        })
    }

    /// Returns the requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the operations of the requests so far.
    pub fn operations(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.operation).collect()
    }

    /// What is sent from now on is signed with another key; `RESTLESS` is another one each time.
    pub fn sign_with(&self, key: &str) {
        *self.key.lock().unwrap() = key.to_owned();
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Network")
    }
}

#[derive(Debug, Clone)]
struct Wire(Arc<Network>);

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        let authorization = header("authorization");
        let credential = authorization.split_once("Credential=").map(|(_, rest)| rest).unwrap_or_default();
        let scope: Vec<&str> = credential.split(['/', ',']).take(4).collect();
        let target = header("x-amz-target");
        let of_query = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next()).unwrap_or_default();
        let mut all = self.0.asked.lock().unwrap();
        let asked = Asked {
            number: all.len() + 1,
            host: request.uri().trim_start_matches("https://").trim_end_matches('/').to_owned(),
            operation: target.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or(of_query).to_owned(),
            scope: scope.get(2..).map(|parts| parts.join("/")).unwrap_or_default(),
            key: scope.first().map(|key| (*key).to_owned()).unwrap_or_default(),
            body: body.clone(),
        };
        all.push(asked.clone());
        drop(all);
        match (self.0.answer)(&asked) {
            Reply::Silence => HttpConnectorFuture::new(std::future::pending()),
            Reply::Refused => HttpConnectorFuture::ready(Err(ConnectorError::io("connection refused".into()))),
            Reply::Http(status, kind, text) => {
                let answer = http::Response::builder().status(status).header("content-type", kind);
                let answer = answer.header("x-amzn-requestid", format!("request-{}", asked.number));
                let answer = answer.body(SdkBody::from(text)).unwrap();
                let answer = HttpResponse::try_from(answer).unwrap();
                HttpConnectorFuture::new(async move {
                    // Other requests can be made before the response arrives.
                    tokio::task::yield_now().await;
                    Ok(answer)
                })
            }
        }
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl ProvideCredentials for Wire {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut key = self.0.key.lock().unwrap().clone();
        if key == "RESTLESS" {
            key = format!("KEY{}", self.0.keys.fetch_add(1, Ordering::Relaxed));
        }
        future::ProvideCredentials::ready(Ok(Credentials::new(key, "any", None, None, "test")))
    }
}

/// The environment `dev` of account 111111111111.
pub fn dev() -> Environment {
    crate::domain::project::Project::sandbox().environments.remove(0)
}

/// An environment's clients on this network.
pub fn clients(network: &Arc<Network>, environment: &Environment, clock: SharedClock, run: RunScope) -> Clients {
    let key = ClientKey {
        account: environment.account.clone(),
        region: environment.region.clone(),
        credentials: CredentialsSource::DefaultChain,
    };
    let sleep: Arc<dyn AsyncSleep> = Arc::clone(&clock) as Arc<dyn AsyncSleep>;
    let wire = Wire(Arc::clone(network));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(wire.clone()))
        .identity_cache(aws_config::identity::IdentityCache::no_cache())
        .http_client(SharedHttpClient::new(wire))
        .sleep_impl(SharedAsyncSleep::from(sleep))
        .retry_config(retry::config())
        .build();
    Clients::of(environment, Arc::new(ClientSet::new(ClientPool::new(clock), key, config)), run)
}
