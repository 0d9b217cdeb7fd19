//! The client of the Price List API.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_pricing::Client;
use aws_sdk_pricing::types::{Filter, FilterType};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;

use super::calls::CallCounter;
use super::error::classify;
use crate::pipeline::cloud::{CloudError, CloudErrorKind, ListPrices};

const OPERATION: &str = "pricing.GetProducts";

/// How long a region may take to answer for the first time while another can be asked instead.
/// An isolated network swallows packets, and only time tells.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

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
            let retries = RetryConfig::standard()
                .with_max_attempts(3)
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
            self.calls.count(OPERATION);
            let answer = client
                .get_products()
                .service_code(service)
                .set_filters(Some(filters.to_vec()))
                .format_version("aws_v1")
                .max_results(100)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| classify(error, OPERATION, &self.environment, None))?;
            found.extend(answer.price_list().iter().cloned());
            match answer.next_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => return Ok(found),
            }
        }
        Err(self.error(CloudErrorKind::Invalid, format!("more than {} products of {service} fit", found.len())))
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

/// The endpoint that stands in for the Price List's own, where one is configured.
pub(super) fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("Pricing").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let of_service = key.build().ok().and_then(|key| config.service_config()?.load_config(key));
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}
