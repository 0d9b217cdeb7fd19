//! The client of the Price List API.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_pricing::Client;
use aws_sdk_pricing::types::{Filter, FilterType};
use aws_smithy_types::timeout::TimeoutConfig;

use super::clients::ClientSet;
use super::endpoints::custom_endpoint;
use super::pages::Pages;
use super::stack::{Call, RunScope, Stack, watched};
use crate::domain::project::Environment;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ListPrices};

const OPERATION: &str = "pricing.GetProducts";

/// Time limit for the first response of a Region while another one can be used instead. An isolated network drops packets, which
/// only a timeout detects.
const FIRST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a throttled call is retried. AWS throttles at about ten calls per second, which large plans may exceed. The caller
/// limits the total time.
const THROTTLE_BUDGET: Duration = Duration::from_secs(2);

/// Maximum number of pages of one response, with 100 products each.
const MAX_PAGES: usize = 20;

/// A client of the Price List API. It has no mutating calls.
#[derive(Clone)]
pub struct PriceList {
    environment: String,
    /// The API is available in few Regions; the first one that responds is used from then on.
    regions: Vec<Region>,
    chosen: std::sync::Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Region {
    client: Client,
    stack: Stack,
}

impl PriceList {
    /// Creates a client that uses the first of these Regions that responds. A custom endpoint is the same in every Region, so
    /// only the first one is used.
    pub(super) fn new(set: &ClientSet, regions: &[&str], stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let many = if custom_endpoint(&set.config, "Pricing").is_some() { 1 } else { regions.len() };
        let region = |name: &&str| {
            // Few retries, so that a missing network is detected soon.
            let retries = RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(200))
                .with_max_backoff(Duration::from_secs(1));
            let stack = stack("pricing", name);
            let settings = aws_sdk_pricing::config::Builder::from(&set.config)
                .region(aws_config::Region::new((*name).to_owned()))
                .retry_config(retries)
                .retry_partition(stack.shared.partition.clone())
                .retry_classifier(stack.shared.listener())
                .timeout_config(TimeoutConfig::builder().connect_timeout(FIRST_RESPONSE_TIMEOUT).build())
                .build();
            let throttle_budget = stack.run.throttle_budget.min(THROTTLE_BUDGET);
            let run = RunScope { throttle_budget, ..stack.run.clone() };
            Region { client: Client::from_conf(settings), stack: Stack { run, ..stack } }
        };
        let regions: Vec<Region> = regions.iter().take(many).map(region).collect();
        let environment = regions.first().map(|region| region.stack.place.environment.clone()).unwrap_or_default();
        Self { environment, regions, chosen: std::sync::Arc::default() }
    }

    fn error(&self, kind: CloudErrorKind, message: String) -> CloudError {
        CloudError::new(kind, OPERATION, &self.environment, message)
    }
}

impl Region {
    async fn ask(&self, service: &str, filters: &[Filter]) -> Result<Vec<String>, CloudError> {
        let environment = &self.stack.place.environment;
        let mut pages = Pages::new(OPERATION, environment);
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let request = self.client.get_products().service_code(service).set_filters(Some(filters.to_vec()));
            let request = request.format_version("aws_v1").max_results(100).set_next_token(next);
            let answer = self.stack.call(Call::read(OPERATION), watched!(request)).await?;
            found.extend(answer.price_list.as_ref().ok_or_else(|| pages.missing("PriceList"))?.iter().cloned());
            next = pages.next(answer.next_token())?;
            if next.is_none() {
                return Ok(found);
            }
        }
        let message = format!("more than {} products of {service} match", found.len());
        Err(CloudError::new(CloudErrorKind::Invalid, OPERATION, environment, message))
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
            let Some(region) = self.regions.get(at) else {
                return Err(self.error(
                    CloudErrorKind::Network,
                    "the Price List API is not available in any of the Regions".to_owned(),
                ));
            };
            let question = region.ask(service, &filters);
            let (answer, is_last) = if at + 1 < self.regions.len() {
                (tokio::time::timeout(FIRST_RESPONSE_TIMEOUT, question).await.ok(), false)
            } else {
                (Some(question.await), true)
            };
            match answer {
                None => {}
                Some(Err(error)) if error.code.is_none() && error.is_service_fault() && !is_last => {}
                Some(answer) => return answer,
            }
            at += 1;
            self.chosen.fetch_max(at, Ordering::Relaxed);
        }
    }
}

/// Returns the custom endpoint of the Price List API in an environment, if one is configured. Reads only the user's AWS
/// configuration: creating a client would load certificates, which takes time.
pub async fn pricing_endpoint(environment: &Environment) -> Option<String> {
    let region = aws_config::Region::new(environment.region.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region).no_credentials();
    if let Some(profile) = &environment.profile {
        loader = loader.profile_name(profile);
    }
    custom_endpoint(&loader.load().await, "Pricing")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::Arc;

    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;

    fn two_pages(asked: &Asked) -> Reply {
        let more = if asked.body.contains("NextToken") { "" } else { r#","NextToken":"2""# };
        Reply::json(200, &format!(r#"{{"FormatVersion":"aws_v1","PriceList":["{{}}"]{more}}}"#))
    }

    fn list(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (PriceList, Arc<Network>) {
        let network = Network::new(answer);
        let environment = Environment { region: "eu-west-1".to_owned(), ..dev() };
        let clients = clients(&network, &environment, SystemClock::shared(), RunScope::default());
        (clients.price_list(&["us-east-1", "eu-central-1"]), network)
    }

    fn filters() -> Vec<(String, String)> {
        vec![("regionCode".to_owned(), "eu-west-1".to_owned())]
    }

    #[tokio::test]
    async fn all_pages_are_read_in_the_pinned_region() {
        let (list, network) = list(two_pages);
        assert_eq!(list.products("AmazonEC2", &filters()).await.unwrap(), ["{}", "{}"]);
        let filter = r#""Filters":[{"Type":"TERM_MATCH","Field":"regionCode","Value":"eu-west-1"}]"#;
        let page = |rest: &str| {
            format!(
                r#"api.pricing.us-east-1.amazonaws.com {{"ServiceCode":"AmazonEC2",{filter},"FormatVersion":"aws_v1",{rest}"MaxResults":100}}"#
            )
        };
        let asked: Vec<String> =
            network.asked().into_iter().map(|asked| format!("{} {}", asked.host, asked.body)).collect();
        assert_eq!(asked, [page(""), page(r#""NextToken":"2","#)]);
    }

    #[tokio::test]
    async fn if_a_region_does_not_respond_the_next_one_is_used() {
        let page = || Reply::Http(502, "text/html", "<html>Bad Gateway</html>".to_owned());
        for dead in [|| Reply::Refused, || Reply::Silence, page] {
            let (list, network) =
                list(move |asked| if asked.host.contains("us-east-1") { dead() } else { two_pages(asked) });
            assert_eq!(list.products("AmazonEC2", &filters()).await.unwrap().len(), 2);
            let before = network.asked().len();
            assert_eq!(list.products("AmazonS3", &[]).await.unwrap().len(), 2);
            let asked = network.asked();
            assert!(asked[before..].iter().all(|one| one.host.contains("eu-central-1")), "{asked:?}");
        }
        let (list, _) = list(|_| Reply::Refused);
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Network);
    }

    #[tokio::test]
    async fn after_an_error_response_no_other_region_is_used() {
        let (list, network) = list(|_| Reply::error(400, "AccessDeniedException"));
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
        assert_eq!(network.asked().len(), 1);
    }

    #[tokio::test]
    async fn throttled_calls_are_retried() {
        let (list, network) =
            list(|asked| if asked.number > 3 { two_pages(asked) } else { Reply::error(400, "ThrottlingException") });
        assert_eq!(list.products("AmazonEC2", &[]).await.unwrap().len(), 2);
        assert_eq!(network.asked().len(), 5);
    }

    #[tokio::test]
    async fn an_endless_response_is_an_error() {
        let (endless, network) =
            list(|asked| Reply::json(200, &format!(r#"{{"PriceList":["{{}}"],"NextToken":"{}"}}"#, asked.number)));
        assert_eq!(endless.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Invalid);
        assert_eq!(network.asked().len(), MAX_PAGES);
        let (circular, network) = list(|_| Reply::json(200, r#"{"PriceList":["{}"],"NextToken":"more"}"#));
        assert_eq!(circular.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Malformed);
        assert_eq!(network.asked().len(), 4, "two pages in each region");
        let (empty, _) = list(|_| Reply::json(200, "{}"));
        assert_eq!(empty.products("AmazonEC2", &[]).await.unwrap_err().kind, CloudErrorKind::Malformed);
    }
}
