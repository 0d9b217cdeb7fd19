//! The client that changes resources, for an account that STS has confirmed.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudcontrol::types::{Operation, OperationStatus, ProgressEvent, ResourceRequestStatusFilter};
use aws_sdk_resourcegroupstagging::types::FailureInfo;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;

use super::clients::ClientSet;
use super::error::kind_of_code;
use super::iam_tags::IamTags;
use super::pages::Pages;
use super::stack::{Call, Stack, watched};
use super::stored::StoredValues;
use crate::domain::dynamic::DynamicReference;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::Tags;
use crate::pipeline::ports::{
    CloudError, CloudErrorKind, Progress, ProgressStatus, ReadStored, RequestOperation, RequestsWanted,
    ResourceRequest, WriteResources, WriteTags,
};

/// A client that changes resources in a confirmed account.
#[derive(Clone)]
pub struct Writer {
    control: aws_sdk_cloudcontrol::Client,
    stack: Stack,
    tagging: aws_sdk_resourcegroupstagging::Client,
    tag_stack: Stack,
    iam: IamTags,
    stored: StoredValues,
}

impl Writer {
    /// Creates a client whose stacks confirm the account.
    pub(super) fn new(set: &ClientSet, stored: StoredValues, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = &set.key.region;
        Self {
            control: set.control(),
            stack: stack("cloudcontrol", region),
            tagging: set.tagging(region),
            tag_stack: stack("tagging", region),
            iam: IamTags::new(set, &stack),
            stored,
        }
    }

    fn malformed(&self, operation: &'static str, message: &str) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, operation, &self.stack.place.environment, message)
    }

    fn progress(&self, event: Option<&ProgressEvent>, operation: &'static str) -> Result<Progress, CloudError> {
        let event = event.ok_or_else(|| self.malformed(operation, "the response has no ProgressEvent"))?;
        let status = match event.operation_status() {
            Some(OperationStatus::Pending | OperationStatus::InProgress | OperationStatus::CancelInProgress) => {
                ProgressStatus::Running
            }
            Some(OperationStatus::Success) => ProgressStatus::Success,
            Some(OperationStatus::Failed | OperationStatus::CancelComplete) => ProgressStatus::Failed,
            Some(other) => {
                return Err(self.malformed(operation, &format!("unknown status `{other}` of the request")));
            }
            None => return Err(self.malformed(operation, "the response has no OperationStatus")),
        };
        let failure = (status == ProgressStatus::Failed).then(|| {
            let code = event.error_code().map_or("Cancelled", |code| code.as_str());
            let message = event.status_message().unwrap_or("no reason given");
            (kind_of_code(code), code.to_owned(), self.stack.hidden.hide(message))
        });
        let retry_after = event
            .retry_after()
            .and_then(|time| std::time::SystemTime::try_from(*time).ok())
            .map(|time| time.duration_since(self.stack.shared.clock.wall()).unwrap_or(Duration::ZERO));
        let request_token = event.request_token().filter(|token| !token.is_empty());
        Ok(Progress {
            request_token: request_token
                .ok_or_else(|| self.malformed(operation, "the response has no RequestToken"))?
                .to_owned(),
            status,
            identifier: event.identifier().map(str::to_owned),
            failure,
            retry_after,
        })
    }

    /// Returns true if the tagging API succeeded; false if it does not support the resource, which is a response with status 200
    /// and a failure.
    fn is_served(
        &self,
        answer: Result<Option<HashMap<String, FailureInfo>>, CloudError>,
        operation: &'static str,
    ) -> Result<bool, CloudError> {
        match answer {
            Ok(Some(failed)) => Ok(failed.is_empty()),
            Ok(None) => Err(self.malformed(operation, "the response has no FailedResourcesMap")),
            Err(error) if matches!(error.kind, CloudErrorKind::Invalid | CloudErrorKind::Unsupported) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl WriteResources for Writer {
    fn environment(&self) -> &str {
        &self.stack.place.environment
    }

    async fn create(&self, type_name: &str, desired: &Value, client_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.CreateResource";
        let call = Call { type_name: Some(type_name), client_token: Some(client_token), ..Call::write(OPERATION) };
        let request = self.control.create_resource().type_name(type_name);
        let request = request.desired_state(desired.to_string()).client_token(client_token);
        let answer = self.stack.call(call, watched!(request)).await?;
        self.progress(answer.progress_event(), OPERATION)
    }

    async fn update(&self, resource: &ResourceRef, patch: &Value, client_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.UpdateResource";
        let call = Call { client_token: Some(client_token), ..Call::write(OPERATION).on(resource) };
        let request = self.control.update_resource().type_name(&resource.type_name).identifier(&resource.identifier);
        let request = request.patch_document(patch.to_string()).client_token(client_token);
        let answer = self.stack.call(call, watched!(request)).await?;
        self.progress(answer.progress_event(), OPERATION)
    }

    async fn delete(&self, resource: &ResourceRef, client_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.DeleteResource";
        let call = Call { client_token: Some(client_token), ..Call::write(OPERATION).on(resource) };
        let request = self.control.delete_resource().type_name(&resource.type_name).identifier(&resource.identifier);
        let request = request.client_token(client_token);
        let answer = self.stack.call(call, watched!(request)).await?;
        self.progress(answer.progress_event(), OPERATION)
    }

    async fn status(&self, request_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.GetResourceRequestStatus";
        let request = self.control.get_resource_request_status().request_token(request_token);
        let call = Call::follow(OPERATION);
        let answer = self.stack.call(call, watched!(request)).await?;
        let mut progress = self.progress(answer.progress_event(), OPERATION)?;
        // The message of a failed hook is the actual reason; the event only says that a hook failed.
        if let Some((_, _, message)) = &mut progress.failure {
            let hooks: Vec<&str> = answer
                .hooks_progress_event()
                .iter()
                .filter(|hook| hook.hook_status().is_some_and(|status| status.contains("FAILED")))
                .filter_map(|hook| hook.hook_status_message())
                .collect();
            if !hooks.is_empty() {
                *message = hooks.join("; ");
            }
        }
        Ok(progress)
    }

    async fn requests(&self, which: RequestsWanted) -> Result<Vec<ResourceRequest>, CloudError> {
        const OPERATION: &str = "cloudcontrol.ListResourceRequests";
        let filter = ResourceRequestStatusFilter::builder();
        let filter = match which {
            RequestsWanted::Running => filter
                .operation_statuses(OperationStatus::Pending)
                .operation_statuses(OperationStatus::InProgress)
                .operation_statuses(OperationStatus::CancelInProgress),
            RequestsWanted::Created => {
                filter.operations(Operation::Create).operation_statuses(OperationStatus::Success)
            }
            RequestsWanted::Succeeded => filter.operation_statuses(OperationStatus::Success),
        };
        let filter = filter.build();
        let mut pages = Pages::new(OPERATION, self.environment());
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let request = self.control.list_resource_requests().max_results(100).set_next_token(next);
            let request = request.resource_request_status_filter(filter.clone());
            let call = Call::follow(OPERATION);
            let answer = self.stack.call(call, watched!(request)).await?;
            let page = answer.resource_request_status_summaries.as_ref();
            for event in page.ok_or_else(|| pages.missing("ResourceRequestStatusSummaries"))? {
                found.push(ResourceRequest {
                    type_name: event.type_name().ok_or_else(|| pages.missing("TypeName"))?.to_owned(),
                    operation: match event.operation() {
                        Some(Operation::Create) => RequestOperation::Create,
                        Some(Operation::Update) => RequestOperation::Update,
                        Some(Operation::Delete) => RequestOperation::Delete,
                        _ => return Err(pages.missing("Operation")),
                    },
                    progress: self.progress(Some(event), OPERATION)?,
                    at: event.event_time().and_then(|time| Timestamp::from_second(time.secs()).ok()),
                });
            }
            next = pages.next(answer.next_token())?;
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}

#[async_trait]
impl ReadStored for Writer {
    async fn stored(&self, reference: &DynamicReference) -> Result<String, CloudError> {
        self.stored.stored(reference).await
    }
}

#[async_trait]
impl WriteTags for Writer {
    fn arn_to_tag(&self, live: &LiveResource) -> Option<String> {
        let LiveResource { resource, properties, arn, .. } = live;
        arn.clone().or_else(|| {
            // Others have a tag property that can be patched.
            let schema = self.tag_stack.run.registry.get(&resource.type_name)?;
            let schema = Some(schema).filter(|schema| schema.tagging.beside_model)?;
            let place = &self.tag_stack.place;
            crate::schema::arn_of(schema, &resource.identifier, properties, place.account.as_str(), &place.region)
        })
    }

    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError> {
        const OPERATION: &str = "tagging.TagResources";
        if let Some(done) = self.iam.tag(arn, tags).await {
            return done.map(|()| true);
        }
        let call = Call { identifier: Some(arn), ..Call::write(OPERATION) };
        let request = self.tagging.tag_resources().resource_arn_list(arn);
        let request = request.set_tags(Some(tags.clone().into_iter().collect()));
        let answer = self.tag_stack.call(call, watched!(request)).await;
        self.is_served(answer.map(|answer| answer.failed_resources_map), OPERATION)
    }

    async fn untag(&self, arn: &str, keys: &[&str]) -> Result<bool, CloudError> {
        const OPERATION: &str = "tagging.UntagResources";
        if let Some(done) = self.iam.untag(arn, keys).await {
            return done.map(|()| true);
        }
        let call = Call { identifier: Some(arn), ..Call::write(OPERATION) };
        let request = self.tagging.untag_resources().resource_arn_list(arn);
        let request = request.set_tag_keys(Some(keys.iter().map(|key| (*key).to_owned()).collect()));
        let answer = self.tag_stack.call(call, watched!(request)).await;
        self.is_served(answer.map(|answer| answer.failed_resources_map), OPERATION)
    }
}
