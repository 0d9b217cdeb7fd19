//! A minimal client for a service with the query protocol, built from the same components as the SDK's generated crates: the
//! orchestrator, SigV4, the standard retries, the query writer and the XML reader.
//!
//! The CloudFormation crate has 159,000 lines for its 90 operations and takes longer to build than any other dependency, but only
//! DescribeType is needed; of IAM, with 160 operations, only those for the tags of two types and the simulator. The generated
//! crates would also apply their endpoint rules; [`endpoint`] implements those that apply.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_query::QueryWriter;
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
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use aws_types::SigningName;
use aws_types::region::SigningRegion;

use super::endpoints::custom_endpoint;
use super::stack::Shared;
use super::stack::watch::Watch;

/// A service with the query protocol.
#[derive(Debug, Clone, Copy)]
pub struct QueryService {
    /// The service id, as used in `AWS_ENDPOINT_URL_…` and the user agent.
    pub id: &'static str,
    /// The signing name, which is also the first part of the endpoint.
    pub signing_name: &'static str,
    /// The API version.
    pub version: &'static str,
    /// Whether the service has one endpoint per partition.
    pub is_global: bool,
}

impl QueryService {
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

/// The text members of a response, by name.
pub type Members = BTreeMap<String, String>;

/// A client of one service.
#[derive(Debug, Clone)]
pub struct QueryClient {
    service: QueryService,
    config: SdkConfig,
    /// One for the lifetime of the client, so that credentials are not resolved for each call.
    identities: aws_smithy_runtime_api::client::identity::SharedIdentityCache,
    shared: Shared,
}

impl QueryClient {
    /// Creates a client in the Region of a configuration.
    pub fn new(service: QueryService, config: &SdkConfig, shared: Shared) -> Self {
        let identities = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        Self { service, config: config.clone(), identities, shared }
    }

    /// Makes a request and returns the result, parsed by `read` from the action and the body.
    ///
    /// # Errors
    /// Like any call of the SDK.
    pub async fn send<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        watch: Watch,
        read: ReadResult<T>,
    ) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
        let mut body = String::new();
        let mut writer = QueryWriter::new(&mut body, action, self.service.version);
        for (name, value) in parameters {
            writer.prefix(name).string(value);
        }
        writer.finish();
        self.operation(action, watch, read).map_err(SdkError::construction_failure)?.invoke(body).await
    }

    fn operation<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        watch: Watch,
        read: ReadResult<T>,
    ) -> Result<Operation<String, T, ErrorMetadata>, BoxError> {
        let QueryService { id, signing_name, .. } = self.service;
        let region = self.config.region().ok_or("no region is configured")?;
        let region = Region::new(self.service.region(region.as_ref()).to_owned());
        let mut layer = Layer::new("query");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(ApiMetadata::new(signing_name, env!("CARGO_PKG_VERSION")));
        layer.store_put(self.shared.partition.clone());
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(region.clone())),
            name: Some(SigningName::from_static(signing_name)),
            ..Default::default()
        });
        let credentials = self.config.credentials_provider().ok_or("no credentials are configured")?;
        let components = RuntimeComponentsBuilder::new("query")
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
        Ok(operation.serializer(request).deserializer(move |response| answer(action, response, read)).build())
    }
}

fn request(body: String) -> Result<HttpRequest, BoxError> {
    let request = http::Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("content-length", body.len());
    Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
}

/// Returns the endpoint of a service that is available under its signing name in every Region, or once per partition.
fn endpoint(config: &SdkConfig, service: QueryService, region: &str) -> String {
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
    match (service.is_global, crate::schema::partition_of(region), dual_stack) {
        (true, "aws", true) => format!("https://{name}{fips}.global.{suffix}"),
        (true, "aws", false) => format!("https://{name}{fips}.{suffix}"),
        (true, "aws-us-gov", false) => format!("https://{name}.us-gov.{suffix}"),
        _ => format!("https://{name}{fips}.{region}.{suffix}"),
    }
}

/// Parses the body of a response to an action.
pub type ReadResult<T> = fn(&str, &[u8]) -> Result<T, XmlDecodeError>;

fn answer<T>(
    action: &str,
    response: &HttpResponse,
    read: ReadResult<T>,
) -> Result<T, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        // A response that cannot be parsed has no code; it is classified by its status.
        return Err(OrchestratorError::operation(error(body).unwrap_or_default()));
    }
    read(action, body).map_err(|error| OrchestratorError::response(error.into()))
}

/// Returns the text members of a result; nested elements are skipped.
///
/// # Errors
/// The body is not a response to the action.
pub fn members(action: &str, body: &[u8]) -> Result<Members, XmlDecodeError> {
    Ok(result(action, body, "", "")?.members)
}

/// Returns the text members of the role in a result.
///
/// # Errors
/// The body is not a response to the action.
pub fn role(action: &str, body: &[u8]) -> Result<Members, XmlDecodeError> {
    Ok(result(action, body, "", "Role")?.members)
}

/// A result with a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The text members.
    pub members: Members,
    /// The text members of each element of the list; `None` if the result has no list.
    pub items: Option<Vec<Members>>,
}

/// Returns the text members of a result, and those of each element of the list `Tags`.
///
/// # Errors
/// The body is not a response to the action.
pub fn tag_page(action: &str, body: &[u8]) -> Result<Page, XmlDecodeError> {
    result(action, body, "Tags", "")
}

/// Returns the text members of a result, and those of each evaluation of the simulator.
///
/// # Errors
/// The body is not a response to the action.
pub fn evaluation_page(action: &str, body: &[u8]) -> Result<Page, XmlDecodeError> {
    result(action, body, "EvaluationResults", "")
}

/// Returns the members of a result: its text members, those of its member `object`, and those of each element of its `list`.
fn result(action: &str, body: &[u8], list: &str, object: &str) -> Result<Page, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    if root.start_el().local() != format!("{action}Response") {
        return Err(XmlDecodeError::custom(format!("{} is not {action}Response", root.start_el().local())));
    }
    let mut page = Page::default();
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().local() != format!("{action}Result") {
            continue;
        }
        while let Some(mut member) = tag.next_tag() {
            let name = member.start_el().local().to_owned();
            if name == list {
                let items = page.items.get_or_insert_default();
                while let Some(mut item) = member.next_tag() {
                    items.push(texts(&mut item)?);
                }
            } else if name == object {
                page.members.extend(texts(&mut member)?);
            } else if let Ok(text) = try_data(&mut member) {
                page.members.insert(name, text.into_owned());
            }
        }
    }
    Ok(page)
}

fn error(body: &[u8]) -> Result<ErrorMetadata, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut error = ErrorMetadata::builder();
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().local() == "Error" {
            for (name, text) in texts(&mut tag)? {
                error = match name.as_str() {
                    "Code" => error.code(text),
                    "Message" => error.message(text),
                    _ => error,
                };
            }
        }
    }
    Ok(error.build())
}

/// The lists of texts within elements of a list.
const LISTS_OF_TEXTS: [&str; 1] = ["MissingContextValues"];

/// Returns the text members of an element, and its lists of texts, separated by commas; other nested elements are skipped.
fn texts(tag: &mut ScopedDecoder<'_, '_>) -> Result<Members, XmlDecodeError> {
    let mut found = Members::new();
    while let Some(mut member) = tag.next_tag() {
        let name = member.start_el().local().to_owned();
        if LISTS_OF_TEXTS.contains(&name.as_str()) {
            let mut items = Vec::new();
            while let Some(mut item) = member.next_tag() {
                items.push(try_data(&mut item)?.into_owned());
            }
            found.insert(name, items.join(","));
        } else if let Ok(text) = try_data(&mut member) {
            found.insert(name, text.into_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    const SERVICE: QueryService =
        QueryService { id: "CloudFormation", signing_name: "cloudformation", version: "2010-05-15", is_global: false };

    #[test]
    fn a_global_service_has_one_endpoint_per_partition() {
        let service = QueryService { id: "IAM", signing_name: "iam", version: "2010-05-08", is_global: true };
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
    fn elements_of_a_list_are_returned() {
        let body = br#"<ListPolicyTagsResponse><ListPolicyTagsResult><IsTruncated>false</IsTruncated><Tags>
            <member><Key>a</Key><Value>1</Value></member><member><Key>b</Key><Value/></member></Tags>
            </ListPolicyTagsResult></ListPolicyTagsResponse>"#;
        let page = tag_page("ListPolicyTags", body).unwrap_or_default();
        let items = page.items.unwrap_or_default();
        assert_eq!((items.len(), items[0]["Key"].as_str(), items[1]["Value"].as_str()), (2, "a", ""));
        assert_eq!(page.members.get("IsTruncated").map(String::as_str), Some("false"));
        let none = b"<ListPolicyTagsResponse><ListPolicyTagsResult/></ListPolicyTagsResponse>";
        assert!(tag_page("ListPolicyTags", none).unwrap_or_default().items.is_none());
    }

    #[test]
    fn evaluations_and_the_members_of_a_role_are_returned() {
        let body = br#"<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>
            <EvaluationResults><member><EvalActionName>sqs:CreateQueue</EvalActionName>
            <MatchedStatements><member><SourcePolicyId>p</SourcePolicyId></member></MatchedStatements>
            <MissingContextValues><member>aws:A</member><member>aws:B</member></MissingContextValues>
            <EvalDecision>implicitDeny</EvalDecision></member><member><MissingContextValues/></member></EvaluationResults>
            </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"#;
        let page = evaluation_page("SimulatePrincipalPolicy", body).unwrap_or_default();
        let items = page.items.unwrap_or_default();
        assert_eq!((items[0]["MissingContextValues"].as_str(), items[0].len()), ("aws:A,aws:B", 3));
        assert_eq!(items[0]["EvalDecision"], "implicitDeny");
        assert_eq!(items[1]["MissingContextValues"], "");
        let body =
            b"<GetRoleResponse><GetRoleResult><Role><Path>/a/</Path><Arn>arn:x</Arn><Tags><member/></Tags></Role>\
            </GetRoleResult></GetRoleResponse>";
        assert_eq!(role("GetRole", body).unwrap_or_default().get("Arn").map(String::as_str), Some("arn:x"));
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
        let local = plain("us-east-1").endpoint_url("http://127.0.0.1:1").build();
        assert_eq!(of(&local), "http://127.0.0.1:1");
    }

    #[test]
    fn text_members_are_returned_and_nested_elements_skipped() {
        let body = br#"<?xml version="1.0"?><DescribeTypeResponse xmlns="http://x/"><DescribeTypeResult>
            <LoggingConfig><LogRoleArn>a</LogRoleArn></LoggingConfig><Schema>{&quot;a&quot;: 1}</Schema><TypeName/>
            </DescribeTypeResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeTypeResponse>"#;
        let members = members("DescribeType", body).unwrap_or_default();
        assert_eq!(members.get("Schema").map(String::as_str), Some(r#"{"a": 1}"#));
        assert_eq!(members.get("TypeName").map(String::as_str), Some(""));
        assert!(!members.contains_key("RequestId"));
        assert!(super::members("DescribeType", b"<html/>").is_err());
        assert!(super::members("DescribeType", b"no XML").is_err());
    }
}
