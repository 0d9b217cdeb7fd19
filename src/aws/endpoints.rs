//! Custom endpoints: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_SERVICE`, and `endpoint_url` of a profile or of its services.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::access_analyzer::ACCESS_ANALYZER;
use super::buckets::BUCKETS;
use super::cost_explorer::COST_EXPLORER;
use super::describer::CLOUDFORMATION;
use super::iam_tags::IAM;
use super::index::{CONFIG, RESOURCE_EXPLORER};
use super::organization::ORGANIZATIONS;
use super::services::ECS;

/// The APIs that are used, with the ids that select their endpoints.
const SERVICE_IDS: [(&str, &str); 13] = [
    ("accessanalyzer", ACCESS_ANALYZER.service.id),
    ("cloudcontrol", "CloudControl"),
    ("cloudformation", CLOUDFORMATION.service.id),
    ("config", CONFIG.service.id),
    ("costexplorer", COST_EXPLORER.service.id),
    ("ecs", ECS.service.id),
    ("iam", IAM.service.id),
    ("organizations", ORGANIZATIONS.service.id),
    ("pricing", "Pricing"),
    ("resource-explorer", RESOURCE_EXPLORER.service.id),
    ("s3", BUCKETS.id),
    ("sts", "STS"),
    ("tagging", "Resource Groups Tagging API"),
];

/// Returns the custom endpoints by API, without credentials that a URL may contain.
pub(super) fn custom_endpoints(config: &SdkConfig) -> BTreeMap<String, String> {
    let endpoint = |(api, id): &(&str, &str)| Some(((*api).to_owned(), without_user(&custom_endpoint(config, id)?)));
    SERVICE_IDS.iter().filter_map(endpoint).collect()
}

/// Returns the custom endpoint of a service, as the SDK chooses it.
pub(super) fn custom_endpoint(config: &SdkConfig, service_id: &str) -> Option<String> {
    let of_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all();
    }
    let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    key.build().ok().and_then(|key| config.service_config()?.load_config(key)).or_else(of_all)
}

/// Removes the user and password of a URL.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    format!("{scheme}://{}{path}", authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_the_endpoint_of_all_and_credentials_are_removed() {
        let none = SdkConfig::builder().build();
        assert!(custom_endpoints(&none).is_empty());
        let all = SdkConfig::builder().endpoint_url("https://user:hunter2@proxy.example:8443/a@b").build();
        let endpoints = custom_endpoints(&all);
        assert_eq!(endpoints.len(), SERVICE_IDS.len());
        assert!(endpoints.values().all(|url| url == "https://proxy.example:8443/a@b"), "{endpoints:?}");
        assert_eq!(without_user("not a URL"), "not a URL");
    }
}
