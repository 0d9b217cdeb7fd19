//! The client of the Price List API.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_pricing::Client;
use aws_sdk_pricing::operation::get_products::{GetProductsError, GetProductsOutput};
use aws_sdk_pricing::types::{Filter, FilterType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;

use super::calls::CallCounter;
use super::error::classify;
use crate::domain::project::Environment;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ListPrices};

const OPERATION: &str = "pricing.GetProducts";

/// How long a region may take to answer for the first time while another can be asked instead.
/// An isolated network swallows packets, and only time tells.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// Waits after a throttled call; each call is already tried twice, with jitter in between.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(600), Duration::from_millis(800)];

/// The most pages of one answer, of 100 products each. A question that more products fit is none.
const MOST_PAGES: usize = 20;

/// A client of the Price List of an account. It has no call that changes anything.
#[derive(Debug, Clone)]
pub struct PriceList {
    environment: String,
    /// The API is in few regions; the first that answers is asked from then on.
    regions: Vec<Client>,
    chosen: std::sync::Arc<AtomicUsize>,
    calls: CallCounter,
}

impl PriceList {
    /// A client that asks the first of these regions that answers. What stands in for AWS's own
    /// endpoint is in every region the same, and asked in the first.
    pub(super) fn new(config: &SdkConfig, regions: &[&str], environment: &str, calls: CallCounter) -> Self {
        let many = if endpoint(config).is_some() { 1 } else { regions.len() };
        let client = |region: &&str| {
            // Few, so that a network that is not there is soon known not to be there.
            let retries = RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(200))
                .with_max_backoff(Duration::from_secs(1));
            let settings = aws_sdk_pricing::config::Builder::from(config)
                .region(Region::new((*region).to_owned()))
                .retry_config(retries)
                .timeout_config(TimeoutConfig::builder().connect_timeout(FIRST_ANSWER).build())
                .build();
            Client::from_conf(settings)
        };
        Self {
            environment: environment.to_owned(),
            regions: regions.iter().take(many).map(client).collect(),
            chosen: std::sync::Arc::default(),
            calls,
        }
    }

    async fn ask(&self, client: &Client, service: &str, filters: &[Filter]) -> Result<Vec<String>, CloudError> {
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let answer = self.page(client, service, filters, next).await?;
            found.extend(answer.price_list().iter().cloned());
            match answer.next_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => return Ok(found),
            }
        }
        Err(self.error(CloudErrorKind::Invalid, format!("more than {} products of {service} fit", found.len())))
    }

    /// One page. AWS throttles at about ten calls a second; a long plan meets that, and gets
    /// through by trying again. How long it may try in all is the caller's to say.
    async fn page(
        &self,
        client: &Client,
        service: &str,
        filters: &[Filter],
        token: Option<String>,
    ) -> Result<GetProductsOutput, CloudError> {
        let mut pauses = PAUSES.iter();
        loop {
            self.calls.count(OPERATION);
            let question = client
                .get_products()
                .service_code(service)
                .set_filters(Some(filters.to_vec()))
                .format_version("aws_v1")
                .max_results(100)
                .set_next_token(token.clone());
            let error = match question.send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.failure(error),
            };
            match pauses.next() {
                Some(pause) if error.kind == CloudErrorKind::Throttled => tokio::time::sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    fn failure(&self, error: SdkError<GetProductsError, HttpResponse>) -> CloudError {
        match &error {
            // AWS names every error that it sends. What has no name is a proxy's, or a stranger's.
            SdkError::ServiceError(answer) if answer.err().code().is_none() => {
                let status = answer.raw().status().as_u16();
                self.error(CloudErrorKind::Network, format!("what came back is not AWS's answer (HTTP {status})"))
            }
            _ => classify(error, OPERATION, &self.environment, None),
        }
    }

    fn error(&self, kind: CloudErrorKind, message: String) -> CloudError {
        CloudError {
            kind,
            operation: OPERATION,
            code: None,
            message,
            resource: None,
            environment: self.environment.clone(),
        }
    }
}

#[async_trait]
impl ListPrices for PriceList {
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError> {
        let filters: Result<Vec<Filter>, _> = filters
            .iter()
            .map(|(field, value)| Filter::builder().r#type(FilterType::TermMatch).field(field).value(value).build())
            .collect();
        let filters = filters.map_err(|error| self.error(CloudErrorKind::Invalid, error.to_string()))?;
        let mut at = self.chosen.load(Ordering::Relaxed);
        loop {
            let Some(client) = self.regions.get(at) else {
                return Err(self.error(CloudErrorKind::Network, "no region has the Price List API".to_owned()));
            };
            let question = self.ask(client, service, &filters);
            let (answer, is_last) = if at + 1 < self.regions.len() {
                (tokio::time::timeout(FIRST_ANSWER, question).await.ok(), false)
            } else {
                (Some(question.await), true)
            };
            match answer {
                None => {}
                Some(Err(error)) if error.kind == CloudErrorKind::Network && !is_last => {}
                Some(answer) => return answer,
            }
            at += 1;
            self.chosen.fetch_max(at, Ordering::Relaxed);
        }
    }
}

/// The endpoint that stands in for the Price List's own in an environment, where one is configured.
/// Reads the user's AWS configuration and opens nothing: a client's certificates take their time.
pub async fn pricing_endpoint(environment: &Environment) -> Option<String> {
    let region = Region::new(environment.region.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region).no_credentials();
    if let Some(profile) = &environment.profile {
        loader = loader.profile_name(profile);
    }
    endpoint(&loader.load().await)
}

/// The endpoint that stands in for the Price List's own, where one is configured.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("Pricing").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let of_service = key.build().ok().and_then(|key| config.service_config()?.load_config(key));
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// A network in which one region cannot be reached, or never answers.
    #[derive(Debug, Clone)]
    struct Wire {
        dead: &'static str,
        is_silent: bool,
        answer: fn(&str, usize) -> (u16, String),
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl HttpConnector for Wire {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
            let host = request.uri().trim_start_matches("https://").trim_end_matches('/').to_owned();
            self.asked.lock().unwrap().push(format!("{host} {body}"));
            if host.contains(self.dead) && self.is_silent {
                return HttpConnectorFuture::new(std::future::pending());
            }
            if host.contains(self.dead) {
                return HttpConnectorFuture::ready(Err(ConnectorError::io("no such host".into())));
            }
            let number = self.asked.lock().unwrap().len();
            let (status, text) = (self.answer)(&body, number);
            let answer = http::Response::builder().status(status).body(SdkBody::from(text)).unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer).unwrap()))
        }
    }

    impl HttpClient for Wire {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    fn two_pages(body: &str, _: usize) -> (u16, String) {
        let more = if body.contains("NextToken") { "" } else { r#","NextToken":"2""# };
        (200, format!(r#"{{"FormatVersion":"aws_v1","PriceList":["{{}}"]{more}}}"#))
    }

    fn list(dead: &'static str, is_silent: bool, answer: fn(&str, usize) -> (u16, String)) -> (PriceList, Wire) {
        let wire = Wire { dead, is_silent, answer, asked: Arc::default() };
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("1", "any", None, None, "test")))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(SharedHttpClient::new(wire.clone()))
            .build();
        (PriceList::new(&config, &["us-east-1", "eu-central-1"], "dev", CallCounter::default()), wire)
    }

    fn filters() -> Vec<(String, String)> {
        vec![("regionCode".to_owned(), "eu-west-1".to_owned())]
    }

    #[tokio::test]
    async fn all_pages_are_read_in_the_pinned_region() {
        let (list, wire) = list("nowhere", false, two_pages);
        assert_eq!(list.products("AmazonEC2", &filters()).await.unwrap(), ["{}", "{}"]);
        let filter = r#""Filters":[{"Type":"TERM_MATCH","Field":"regionCode","Value":"eu-west-1"}]"#;
        let page = |rest: &str| {
            format!(
                r#"api.pricing.us-east-1.amazonaws.com {{"ServiceCode":"AmazonEC2",{filter},"FormatVersion":"aws_v1",{rest}"MaxResults":100}}"#
            )
        };
        assert_eq!(*wire.asked.lock().unwrap(), [page(""), page(r#""NextToken":"2","#)]);
    }

    #[tokio::test]
    async fn a_region_that_does_not_answer_is_left_for_the_next() {
        for is_silent in [false, true] {
            let (list, wire) = list("us-east-1", is_silent, two_pages);
            assert_eq!(list.products("AmazonEC2", &filters()).await.unwrap().len(), 2);
            let before = wire.asked.lock().unwrap().len();
            assert_eq!(list.products("AmazonS3", &[]).await.unwrap().len(), 2);
            let asked = wire.asked.lock().unwrap();
            assert!(asked[before..].iter().all(|one| one.contains("eu-central-1")), "{asked:?}");
        }
        let (list, _) = list("amazonaws", false, two_pages);
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Network);
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer_and_no_reason_to_go_elsewhere() {
        fn denied(_: &str, _: usize) -> (u16, String) {
            (400, r#"{"__type":"com.amazonaws.pricing#AccessDeniedException","Message":"no"}"#.to_owned())
        }
        let (list, wire) = list("nowhere", false, denied);
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
        assert_eq!(wire.asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn throttling_passes() {
        fn throttled(body: &str, number: usize) -> (u16, String) {
            if number > 3 {
                return two_pages(body, number);
            }
            (400, r#"{"__type":"com.amazonaws.pricing#ThrottlingException","Message":"Rate exceeded"}"#.to_owned())
        }
        let (list, wire) = list("nowhere", false, throttled);
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap().len(), 2);
        assert_eq!(wire.asked.lock().unwrap().len(), 5);
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_none() {
        fn endless(_: &str, _: usize) -> (u16, String) {
            (200, r#"{"PriceList":["{}"],"NextToken":"more"}"#.to_owned())
        }
        let (list, wire) = list("nowhere", false, endless);
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Invalid);
        assert_eq!(wire.asked.lock().unwrap().len(), MOST_PAGES);
    }
}
