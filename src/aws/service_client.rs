//! A minimal client of one service, built from the same components as the SDK's generated crates: the orchestrator, SigV4 and
//! the standard retries. The protocol is given by [`super::query`] and [`super::json`].
//!
//! The generated crate of a service of which only a few operations are needed would take longer to build than everything else:
//! CloudFormation's has 159,000 lines for 90 operations. It would also apply its endpoint rules; [`endpoint`] implements those
//! that apply.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SigningName;
use aws_types::region::SigningRegion;

use super::endpoints::custom_endpoint;
use super::stack::Shared;
use super::stack::watch::Watch;

/// The signing name of S3, whose requests are signed with the hash of their body and a path that is encoded once.
pub const S3: &str = "s3";

/// A service.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The service id, as used in `AWS_ENDPOINT_URL_…` and the user agent.
    pub id: &'static str,
    /// The signing name, which is also the first part of the endpoint.
    pub signing_name: &'static str,
    /// Whether the service has one endpoint per partition.
    pub is_global: bool,
}

impl Service {
    /// Returns the Region in which the service is called from another one.
    pub fn region(self, region: &str) -> &str {
        match (self.is_global, crate::schema::partition_of(region)) {
            (true, "aws") => "us-east-1",
            (true, "aws-cn") => "cn-north-1",
            (true, "aws-us-gov") => "us-gov-west-1",
            _ => region,
        }
    }
}

/// Parses a response, or the error in it.
pub type Answer<T> = Result<T, OrchestratorError<ErrorMetadata>>;

/// A client of one service.
#[derive(Debug, Clone)]
pub struct ServiceClient {
    service: Service,
    config: SdkConfig,
    /// One for the lifetime of the client, so that credentials are not resolved for each call.
    identities: aws_smithy_runtime_api::client::identity::SharedIdentityCache,
    shared: Shared,
}

impl ServiceClient {
    /// Creates a client in the Region of a configuration.
    pub fn new(service: Service, config: &SdkConfig, shared: Shared) -> Self {
        let identities = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        Self { service, config: config.clone(), identities, shared }
    }

    /// Makes a request and returns what `answer` makes of the response.
    ///
    /// # Errors
    /// Like any call of the SDK.
    pub async fn send<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        request: HttpRequest,
        watch: Watch,
        answer: impl Fn(&HttpResponse) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
        self.operation(action, watch, answer).map_err(SdkError::construction_failure)?.invoke(request).await
    }

    fn operation<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        watch: Watch,
        answer: impl Fn(&HttpResponse) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<Operation<HttpRequest, T, ErrorMetadata>, BoxError> {
        let Service { id, signing_name, .. } = self.service;
        let region = self.config.region().ok_or("no region is configured")?;
        let region = Region::new(self.service.region(region.as_ref()).to_owned());
        let mut layer = Layer::new("service");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(ApiMetadata::new(signing_name, env!("CARGO_PKG_VERSION")));
        layer.store_put(self.shared.partition.clone());
        let mut signing = SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(region.clone())),
            name: Some(SigningName::from_static(signing_name)),
            ..Default::default()
        };
        if signing_name == S3 {
            signing.signing_options.content_sha256_header = true;
            signing.signing_options.double_uri_encode = false;
            signing.signing_options.normalize_uri_path = false;
        }
        layer.store_put(signing);
        let credentials = self.config.credentials_provider().ok_or("no credentials are configured")?;
        let components = RuntimeComponentsBuilder::new("service")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_identity_cache(Some(self.identities.clone()))
            .with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
        let plugin = StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components);
        let mut operation = Operation::builder()
            .service_name(id)
            .operation_name(action)
            .behavior_version(self.config.behavior_version().unwrap_or_else(BehaviorVersion::latest))
            .endpoint_url(&endpoint(&self.config, self.service, region.as_ref()))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(self.shared.listener())
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(RequestInfoInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .interceptor(InvocationIdInterceptor::new())
            .interceptor(watch)
            .runtime_plugin(plugin);
        if let Some(client) = self.config.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(sleep) = self.config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(retries) = self.config.retry_config() {
            operation = operation.standard_retry(retries);
        }
        if let Some(timeouts) = self.config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        Ok(operation.serializer(Ok).deserializer(answer).build())
    }
}

/// Returns the endpoint of a service that is available under its signing name in every Region, or once per partition.
fn endpoint(config: &SdkConfig, service: Service, region: &str) -> String {
    if let Some(url) = custom_endpoint(config, service.id) {
        return url;
    }
    let dual_stack = config.use_dual_stack().unwrap_or_default();
    let fips = if config.use_fips().unwrap_or_default() { "-fips" } else { "" };
    let suffix = match (crate::schema::partition_of(region), dual_stack) {
        ("aws-cn", false) => "amazonaws.com.cn",
        ("aws-cn", true) => "api.amazonwebservices.com.cn",
        (_, false) => "amazonaws.com",
        (_, true) => "api.aws",
    };
    let name = service.signing_name;
    if name == S3 && dual_stack {
        let suffix = if crate::schema::partition_of(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        return format!("https://s3{fips}.dualstack.{region}.{suffix}");
    }
    match (service.is_global, crate::schema::partition_of(region), dual_stack) {
        (true, "aws", true) => format!("https://{name}{fips}.global.{suffix}"),
        (true, "aws", false) => format!("https://{name}{fips}.{suffix}"),
        (true, "aws-us-gov", false) => format!("https://{name}.us-gov.{suffix}"),
        _ => format!("https://{name}{fips}.{region}.{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    const SERVICE: Service = Service { id: "CloudFormation", signing_name: "cloudformation", is_global: false };

    #[test]
    fn a_global_service_has_one_endpoint_per_partition() {
        let service = Service { id: "IAM", signing_name: "iam", is_global: true };
        let of = |region: &'static str| {
            let config = SdkConfig::builder().region(Region::new(region)).build();
            (endpoint(&config, service, service.region(region)), service.region(region).to_owned())
        };
        let found = |url: &str, region: &str| (url.to_owned(), region.to_owned());
        assert_eq!(of("eu-west-1"), found("https://iam.amazonaws.com", "us-east-1"));
        assert_eq!(of("cn-northwest-1"), found("https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"));
        assert_eq!(of("us-gov-east-1"), found("https://iam.us-gov.amazonaws.com", "us-gov-west-1"));
    }

    #[test]
    fn endpoints_depend_on_the_partition_and_the_configuration() {
        let plain = |region: &'static str| SdkConfig::builder().region(Region::new(region));
        let of = |config: &SdkConfig| endpoint(config, SERVICE, config.region().map_or("", |region| region.as_ref()));
        assert_eq!(of(&plain("eu-west-1").build()), "https://cloudformation.eu-west-1.amazonaws.com");
        assert_eq!(of(&plain("cn-north-1").build()), "https://cloudformation.cn-north-1.amazonaws.com.cn");
        let fips = plain("us-gov-west-1").use_fips(true).build();
        assert_eq!(of(&fips), "https://cloudformation-fips.us-gov-west-1.amazonaws.com");
        let dual = plain("us-east-1").use_dual_stack(true).build();
        assert_eq!(of(&dual), "https://cloudformation.us-east-1.api.aws");
        let buckets = Service { id: "S3", signing_name: S3, is_global: false };
        let dual = plain("eu-west-1").use_dual_stack(true).build();
        assert_eq!(endpoint(&dual, buckets, "eu-west-1"), "https://s3.dualstack.eu-west-1.amazonaws.com");
        let local = plain("us-east-1").endpoint_url("http://127.0.0.1:1").build();
        assert_eq!(of(&local), "http://127.0.0.1:1");
    }
}
