//! The client that reads. It has no call that changes anything.

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use serde_json::Value;

use super::calls::CallCounter;
use super::error::classify;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::pipeline::event::{Event, Events};
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadCloud, TaggedResource};

/// A reading client of one environment.
#[derive(Debug, Clone)]
pub struct Reader {
    environment: String,
    control: aws_sdk_cloudcontrol::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
    /// Global services (IAM, CloudFront, Route 53) answer in us-east-1 alone; `None` when that is
    /// the environment's own region.
    global_tagging: Option<aws_sdk_resourcegroupstagging::Client>,
    calls: CallCounter,
    events: Events,
}

impl Reader {
    pub(super) fn new(config: &SdkConfig, environment: &str, calls: CallCounter, events: Events) -> Self {
        Self {
            environment: environment.to_owned(),
            control: aws_sdk_cloudcontrol::Client::new(config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(config),
            global_tagging: global_region(config).map(|region| {
                let settings = aws_sdk_resourcegroupstagging::config::Builder::from(config).region(region).build();
                aws_sdk_resourcegroupstagging::Client::from_conf(settings)
            }),
            calls,
            events,
        }
    }

    fn paged(&self, type_name: Option<&str>, resources: usize) {
        let (environment, type_name) = (self.environment.clone(), type_name.map(str::to_owned));
        self.events.emit(Event::PageListed { environment, type_name, resources });
    }

    /// Identifiers of all pages of a listing.
    async fn list_all(&self, type_name: &str, inputs: Option<&Value>) -> Result<Vec<String>, CloudError> {
        const OPERATION: &str = "cloudcontrol.ListResources";
        let mut identifiers = Vec::new();
        let mut next: Option<String> = None;
        loop {
            self.calls.count(OPERATION);
            let answer = self
                .control
                .list_resources()
                .type_name(type_name)
                .set_resource_model(inputs.map(Value::to_string))
                .max_results(100)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| classify(error, OPERATION, &self.environment, None))?;
            let page = answer.resource_descriptions();
            identifiers.extend(page.iter().filter_map(|description| description.identifier().map(str::to_owned)));
            self.paged(Some(type_name), identifiers.len());
            match answer.next_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => break,
            }
        }
        identifiers.sort();
        identifiers.dedup();
        Ok(identifiers)
    }
}

#[async_trait]
impl ReadCloud for Reader {
    fn environment(&self) -> &str {
        &self.environment
    }

    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        const OPERATION: &str = "cloudcontrol.GetResource";
        self.calls.count(OPERATION);
        let answer =
            self.control.get_resource().type_name(&resource.type_name).identifier(&resource.identifier).send().await;
        let answer = match answer.map_err(|error| classify(error, OPERATION, &self.environment, Some(resource))) {
            Ok(answer) => answer,
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = answer.resource_description().and_then(|description| description.properties()).unwrap_or("{}");
        let properties = serde_json::from_str(text).map_err(|error| CloudError {
            kind: CloudErrorKind::Other,
            operation: OPERATION,
            code: None,
            message: format!("the properties are not JSON: {error}"),
            resource: Some(resource.clone()),
            environment: self.environment.clone(),
        })?;
        Ok(Some(properties))
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        self.list_all(type_name, None).await
    }

    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError> {
        self.list_all(type_name, Some(inputs)).await
    }

    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        let mut found = self.tagged_in(&self.tagging, filter).await?;
        if let Some(global) = &self.global_tagging {
            let elsewhere = self.tagged_in(global, filter).await?;
            found.extend(elsewhere.into_iter().filter(|tagged| is_global(&tagged.arn)));
        }
        found.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(found)
    }
}

impl Reader {
    async fn tagged_in(
        &self,
        client: &aws_sdk_resourcegroupstagging::Client,
        filter: Option<(&str, &[&str])>,
    ) -> Result<Vec<TaggedResource>, CloudError> {
        const OPERATION: &str = "tagging.GetResources";
        let filters = filter.map(|(key, values)| {
            vec![
                aws_sdk_resourcegroupstagging::types::TagFilter::builder()
                    .key(key)
                    .set_values(Some(values.iter().map(|value| (*value).to_owned()).collect()))
                    .build(),
            ]
        });
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            self.calls.count(OPERATION);
            let answer = client
                .get_resources()
                .set_tag_filters(filters.clone())
                .resources_per_page(100)
                .set_pagination_token(next)
                .send()
                .await
                .map_err(|error| classify(error, OPERATION, &self.environment, None))?;
            for mapping in answer.resource_tag_mapping_list() {
                let tags: Tags =
                    mapping.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
                if let Some(arn) = mapping.resource_arn() {
                    found.push(TaggedResource { arn: arn.to_owned(), tags });
                }
            }
            self.paged(None, found.len());
            match answer.pagination_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => break,
            }
        }
        Ok(found)
    }
}

/// The region where the global services' tags are, unless the configuration's own is that one. Other
/// partitions than `aws` have their own, which is not asked.
fn global_region(config: &SdkConfig) -> Option<Region> {
    const GLOBAL: &str = "us-east-1";
    let region = config.region()?.as_ref();
    (region != GLOBAL && crate::schema::partition_of(region) == "aws").then(|| Region::new(GLOBAL))
}

/// True for an ARN without a region that is not a bucket's (buckets are listed where they are).
fn is_global(arn: &str) -> bool {
    crate::schema::Arn::parse(arn).is_some_and(|parsed| parsed.region.is_empty() && parsed.service != "s3")
}
