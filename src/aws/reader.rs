//! The read-only client. It has no mutating calls.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::Value;

use super::clients::ClientSet;
use super::iam_tags::IamTags;
use super::pages::Pages;
use super::stack::{Call, Stack, watched};
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::pipeline::event::Event;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadLive, ReadResources, ReadTags, TaggedResource};
use crate::schema::Registry;

/// A read-only client of one environment.
#[derive(Clone)]
pub struct Reader {
    control: aws_sdk_cloudcontrol::Client,
    stack: Stack,
    iam: IamTags,
    tagging: Tagging,
    /// Tags of global services (IAM, CloudFront, Route 53) are available only in us-east-1; `None` if that is the environment's
    /// own Region, or if resources of global services are left out.
    global_tagging: Option<Tagging>,
    /// Whether resources of global services are read.
    reads_global: bool,
}

#[derive(Clone)]
struct Tagging {
    client: aws_sdk_resourcegroupstagging::Client,
    stack: Stack,
}

impl Reader {
    pub(super) fn new(set: &ClientSet, reads_global: bool, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = &set.key.region;
        let tagging = |region: &str| Tagging { client: set.tagging(region), stack: stack("tagging", region) };
        Self {
            control: set.control(),
            stack: stack("cloudcontrol", region),
            iam: IamTags::new(set, &stack),
            tagging: tagging(region),
            global_tagging: global_region(region).filter(|_| reads_global).map(tagging),
            reads_global,
        }
    }

    fn environment_name(&self) -> &str {
        &self.stack.place.environment
    }

    /// Returns the identifiers of all pages of a listing.
    async fn list_all(&self, type_name: &str, inputs: Option<&Value>) -> Result<Vec<String>, CloudError> {
        const OPERATION: &str = "cloudcontrol.ListResources";
        let mut pages = Pages::new(OPERATION, self.environment_name());
        let mut identifiers = Vec::new();
        let mut next: Option<String> = None;
        let call = Call { type_name: Some(type_name), ..Call::read(OPERATION) };
        loop {
            let request = self.control.list_resources().type_name(type_name);
            let request =
                request.set_resource_model(inputs.map(Value::to_string)).max_results(100).set_next_token(next);
            let answer = self.stack.call(call, watched!(request)).await?;
            let page = answer.resource_descriptions.as_ref().ok_or_else(|| pages.missing("ResourceDescriptions"))?;
            for description in page {
                let identifier = description.identifier().ok_or_else(|| pages.missing("Identifier"))?;
                identifiers.push(identifier.to_owned());
            }
            paged(&self.stack, Some(type_name), identifiers.len());
            next = pages.next(answer.next_token())?;
            if next.is_none() {
                break;
            }
        }
        identifiers.sort();
        identifiers.dedup();
        Ok(identifiers)
    }
}

#[async_trait]
impl ReadResources for Reader {
    fn environment(&self) -> &str {
        self.environment_name()
    }

    fn registry(&self) -> &Registry {
        &self.stack.run.registry
    }

    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        const OPERATION: &str = "cloudcontrol.GetResource";
        let request = self.control.get_resource().type_name(&resource.type_name).identifier(&resource.identifier);
        let call = Call::read(OPERATION).on(resource);
        let answer = self.stack.call(call, watched!(request)).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let malformed = |message: String| {
            CloudError::new(CloudErrorKind::Malformed, OPERATION, self.environment_name(), message)
                .about(Some(resource))
        };
        let properties = answer.resource_description().and_then(|description| description.properties());
        let properties = properties.ok_or_else(|| malformed("the response has no Properties".to_owned()))?;
        match serde_json::from_str(properties) {
            Ok(properties @ Value::Object(_)) if IamTags::has(&resource.type_name) => {
                self.iam.add_to(resource, properties).await
            }
            Ok(properties @ Value::Object(_)) => self.tagging.add_to(resource, properties).await.map(Some),
            Ok(_) => Err(malformed("the properties are not a JSON object".to_owned())),
            Err(error) => Err(malformed(format!("the properties are not JSON: {error}"))),
        }
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        if !self.reads_global && self.registry().get(type_name).is_some_and(|schema| schema.is_global()) {
            return Ok(Vec::new());
        }
        self.list_all(type_name, None).await
    }

    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError> {
        self.list_all(type_name, Some(inputs)).await
    }
}

impl ReadLive for Reader {}

#[async_trait]
impl ReadTags for Reader {
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        let (found, mut refused) = self.tagged_if_permitted(filter).await?;
        refused.pop().map_or(Ok(found), Err)
    }

    async fn tagged_if_permitted(
        &self,
        filter: Option<(&str, &[&str])>,
    ) -> Result<(Vec<TaggedResource>, Vec<CloudError>), CloudError> {
        self.tagged_without(filter, &[]).await
    }

    async fn tagged_without(
        &self,
        filter: Option<(&str, &[&str])>,
        keys: &[&str],
    ) -> Result<(Vec<TaggedResource>, Vec<CloudError>), CloudError> {
        let (mut found, mut refused) = (Vec::new(), Vec::new());
        for (tagging, is_own) in
            [Some((&self.tagging, true)), self.global_tagging.as_ref().map(|global| (global, false))]
                .into_iter()
                .flatten()
        {
            match tagging.resources(filter, keys).await {
                Ok(part) => found.extend(part.into_iter().filter(|tagged| match is_global(&tagged.arn) {
                    true => self.reads_global,
                    false => is_own,
                })),
                Err(error) if error.kind == CloudErrorKind::AccessDenied => {
                    let message = format!("in {}: {}", tagging.stack.place.region, error.message);
                    refused.push(CloudError { message, ..error });
                }
                Err(error) => return Err(error),
            }
        }
        found.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok((found, refused))
    }

    async fn tagged_among(&self, arns: &[String]) -> Result<BTreeSet<String>, CloudError> {
        let (global, own): (Vec<&String>, Vec<&String>) =
            arns.iter().partition(|arn| self.global_tagging.is_some() && is_global(arn));
        let mut found = BTreeSet::new();
        for (tagging, arns) in [(Some(&self.tagging), own), (self.global_tagging.as_ref(), global)] {
            let Some(tagging) = tagging else { continue };
            for chunk in arns.chunks(MAX_ARNS) {
                found.extend(tagging.among(chunk).await?.into_iter().map(|tagged| tagged.arn));
            }
        }
        Ok(found)
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        if !self.reads_global {
            return Ok(Vec::new());
        }
        self.iam.principals().await
    }
}

/// The maximum number of ARNs in a call of the tagging API.
const MAX_ARNS: usize = 100;

impl Tagging {
    /// Adds the tags of a resource to its properties, if no read of its type returns them.
    async fn add_to(&self, resource: &ResourceRef, mut live: Value) -> Result<Value, CloudError> {
        let schema = self.stack.run.registry.get(&resource.type_name);
        let Some(schema) = schema.filter(|schema| schema.tagging.beside_model) else { return Ok(live) };
        let place = &self.stack.place;
        let account = place.account.as_str();
        if let Some(arn) = crate::schema::arn_of(schema, &resource.identifier, &live, account, &place.region) {
            let found = self.among(&[&arn]).await?;
            for tagged in found.iter().filter(|tagged| !tagged.tags.is_empty()) {
                tags::write(schema, &mut live, &tagged.tags);
            }
        }
        Ok(live)
    }

    /// Returns those of at most [`MAX_ARNS`] ARNs that the tagging API returns, with their tags.
    async fn among(&self, arns: &[&String]) -> Result<Vec<TaggedResource>, CloudError> {
        const OPERATION: &str = "tagging.GetResources";
        // With a list of ARNs, there are no pages.
        let request =
            self.client.get_resources().set_resource_arn_list(Some(arns.iter().map(|arn| (*arn).clone()).collect()));
        let answer = self.stack.call(Call::read(OPERATION), watched!(request)).await?;
        let page = answer.resource_tag_mapping_list.as_ref();
        let pages = Pages::new(OPERATION, &self.stack.place.environment);
        let found = page.ok_or_else(|| pages.missing("ResourceTagMappingList"))?;
        found.iter().map(|mapping| tagged(mapping, &pages)).collect()
    }

    /// Without the tags of these keys.
    async fn resources(
        &self,
        filter: Option<(&str, &[&str])>,
        keys: &[&str],
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
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let request = self.client.get_resources().set_tag_filters(filters.clone());
            let request = request.resources_per_page(100).set_pagination_token(next);
            let call = Call::read(OPERATION);
            let answer = self.stack.call(call, watched!(request)).await?;
            let page = answer.resource_tag_mapping_list.as_ref();
            for mapping in page.ok_or_else(|| pages.missing("ResourceTagMappingList"))? {
                let mut one = tagged(mapping, &pages)?;
                one.tags.retain(|key, _| !keys.contains(&key.as_str()));
                found.push(one);
            }
            paged(&self.stack, None, found.len());
            next = pages.next(answer.pagination_token())?;
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}

fn tagged(
    mapping: &aws_sdk_resourcegroupstagging::types::ResourceTagMapping,
    pages: &Pages,
) -> Result<TaggedResource, CloudError> {
    let arn = mapping.resource_arn().ok_or_else(|| pages.missing("ResourceARN"))?;
    let tags: Tags = mapping.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    Ok(TaggedResource { arn: arn.to_owned(), tags })
}

/// Emits the event for a page.
fn paged(stack: &Stack, type_name: Option<&str>, resources: usize) {
    let (environment, type_name) = (stack.place.environment.clone(), type_name.map(str::to_owned));
    stack.run.events.emit(Event::PageListed { environment, type_name, resources });
}

/// Returns the Region with the tags of global services, unless it is the given one. Only for the partition `aws`.
fn global_region(region: &str) -> Option<&'static str> {
    const GLOBAL: &str = "us-east-1";
    (region != GLOBAL && crate::schema::partition_of(region) == "aws").then_some(GLOBAL)
}

/// Returns true for an ARN without a Region, except for buckets, which are returned in their own Region.
fn is_global(arn: &str) -> bool {
    crate::schema::Arn::parse(arn).is_some_and(|parsed| parsed.region.is_empty() && parsed.service != "s3")
}
