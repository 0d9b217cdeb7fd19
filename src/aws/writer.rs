//! The client that changes things, for an account that STS has confirmed.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudcontrol::types::{OperationStatus, ProgressEvent};
use serde_json::Value;

use super::calls::CallCounter;
use super::clients::ask_sts;
use super::error::{classify, kind_of_code};
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Code;
use crate::domain::project::Environment;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Progress, ProgressStatus, WriteCloud};

/// A writing client of one confirmed account.
#[derive(Debug, Clone)]
pub struct Writer {
    environment: Environment,
    sts: aws_sdk_sts::Client,
    control: aws_sdk_cloudcontrol::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
    calls: CallCounter,
}

impl Writer {
    pub(super) fn new(
        config: &SdkConfig,
        environment: Environment,
        account: VerifiedAccount,
        calls: CallCounter,
    ) -> Self {
        debug_assert_eq!(account.account(), &environment.account);
        Self {
            environment,
            sts: aws_sdk_sts::Client::new(config),
            control: aws_sdk_cloudcontrol::Client::new(config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(config),
            calls,
        }
    }

    /// Credentials can change under a long run (a shell that assumes another role, a rewritten
    /// profile), so the account is confirmed again before every write.
    async fn confirm(&self, operation: &'static str) -> Result<(), CloudError> {
        let identity = ask_sts(&self.sts, &self.environment.name, &self.calls).await?;
        VerifiedAccount::confirm(&self.environment, &identity).map(|_| ()).map_err(|mismatch| CloudError {
            kind: CloudErrorKind::Credentials,
            operation,
            code: Some(Code::WrongAccount.as_str().into()),
            message: format!("{mismatch}; nothing was sent"),
            resource: None,
            environment: self.environment.name.clone(),
        })
    }

    fn empty_answer(&self, operation: &'static str) -> CloudError {
        CloudError {
            kind: CloudErrorKind::Other,
            operation,
            code: None,
            message: "AWS answered without a progress event".into(),
            resource: None,
            environment: self.environment.name.clone(),
        }
    }

    fn progress(&self, event: Option<&ProgressEvent>, operation: &'static str) -> Result<Progress, CloudError> {
        let event = event.ok_or_else(|| self.empty_answer(operation))?;
        let status = match event.operation_status() {
            Some(OperationStatus::Success) => ProgressStatus::Success,
            Some(OperationStatus::Failed | OperationStatus::CancelComplete) => ProgressStatus::Failed,
            _ => ProgressStatus::Running,
        };
        let failure = (status == ProgressStatus::Failed).then(|| {
            let code = event.error_code().map_or("Cancelled", |code| code.as_str());
            (kind_of_code(code), code.to_owned(), event.status_message().unwrap_or("no reason given").to_owned())
        });
        let retry_after = event
            .retry_after()
            .and_then(|time| SystemTime::try_from(*time).ok())
            .map(|time| time.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO));
        Ok(Progress {
            request_token: event.request_token().unwrap_or_default().to_owned(),
            status,
            identifier: event.identifier().map(str::to_owned),
            failure,
            retry_after,
        })
    }
}

#[async_trait]
impl WriteCloud for Writer {
    fn environment(&self) -> &str {
        &self.environment.name
    }

    async fn create(&self, type_name: &str, desired: &Value, client_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.CreateResource";
        self.confirm(OPERATION).await?;
        self.calls.count(OPERATION);
        let answer = self
            .control
            .create_resource()
            .type_name(type_name)
            .desired_state(desired.to_string())
            .client_token(client_token)
            .send()
            .await
            .map_err(|error| {
                classify(error, OPERATION, &self.environment.name, Some(&ResourceRef::new(type_name, "")))
            })?;
        self.progress(answer.progress_event(), OPERATION)
    }

    async fn update(&self, resource: &ResourceRef, patch: &Value, client_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.UpdateResource";
        self.confirm(OPERATION).await?;
        self.calls.count(OPERATION);
        let answer = self
            .control
            .update_resource()
            .type_name(&resource.type_name)
            .identifier(&resource.identifier)
            .patch_document(patch.to_string())
            .client_token(client_token)
            .send()
            .await
            .map_err(|error| classify(error, OPERATION, &self.environment.name, Some(resource)))?;
        self.progress(answer.progress_event(), OPERATION)
    }

    async fn status(&self, request_token: &str) -> Result<Progress, CloudError> {
        const OPERATION: &str = "cloudcontrol.GetResourceRequestStatus";
        self.calls.count(OPERATION);
        let answer = self
            .control
            .get_resource_request_status()
            .request_token(request_token)
            .send()
            .await
            .map_err(|error| classify(error, OPERATION, &self.environment.name, None))?;
        let mut progress = self.progress(answer.progress_event(), OPERATION)?;
        // A failed hook's own message is the real reason; the event only says that a hook failed.
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

    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError> {
        const OPERATION: &str = "tagging.TagResources";
        self.confirm(OPERATION).await?;
        self.calls.count(OPERATION);
        let answer = self
            .tagging
            .tag_resources()
            .resource_arn_list(arn)
            .set_tags(Some(tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify(error, OPERATION, &self.environment.name, None));
        match answer {
            // 200 with a failure inside is how this API says "not for this resource".
            Ok(answer) => Ok(answer.failed_resources_map().is_none_or(|failed| failed.is_empty())),
            Err(error) if matches!(error.kind, CloudErrorKind::Invalid | CloudErrorKind::Unsupported) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
