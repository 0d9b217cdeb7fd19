//! The services of the sandbox, and the input of their operations.
//!
//! A new service is one more entry of [`SERVICES`] and a module with an `answer` function.

use serde_json::Value;

use super::clock::Millis;
use super::identity::Caller;
use super::store::Tables;
use super::wire::ApiError;
use super::{
    SandboxOptions, accessanalyzer, cloudcontrol, cloudformation, config, costexplorer, ecs, iam, organizations,
    pricing, resourceexplorer, s3, secretsmanager, ssm, sts, tagging,
};

/// One authenticated, decoded request.
pub(super) struct Call<'a> {
    /// The operation's name.
    pub operation: &'a str,
    /// Its input, an object.
    pub input: &'a Value,
    /// The caller.
    pub caller: &'a Caller,
    /// The current time.
    pub now: Millis,
    /// The options of this sandbox.
    pub options: &'a SandboxOptions,
    /// The injected failure of an accepted request.
    pub doom: Option<Doom<'a>>,
}

/// The injected failure of an accepted request.
#[derive(Debug, Clone, Copy)]
pub struct Doom<'a> {
    /// The handler error code.
    pub code: &'a str,
    /// Whether the request takes effect before it fails.
    pub has_effect: bool,
}

impl<'a> Call<'a> {
    /// A string member of the input.
    pub fn text(&self, member: &str) -> Option<&'a str> {
        self.input.get(member).and_then(Value::as_str)
    }

    /// A member of the input that is a list of strings; empty when it is not there.
    pub fn texts(&self, member: &str) -> Vec<&'a str> {
        let items = self.input.get(member).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// A service: how requests name it, and its handler.
pub(super) struct Service {
    /// The service's name in a credential scope.
    pub signing_name: &'static str,
    /// The prefix of its IAM actions.
    pub action_prefix: &'static str,
    /// The prefix of `X-Amz-Target`, and the service's name in an RPC v2 path.
    pub target: Option<&'static str>,
    /// The Smithy namespace that error types are written with.
    pub namespace: &'static str,
    /// The XML namespace of a query service.
    pub xml_namespace: Option<&'static str>,
    /// The operations that write. They run one after another.
    pub writes: &'static [&'static str],
    /// Handles one call inside a transaction.
    pub answer: fn(&Call<'_>, &Tables<'_>) -> Result<Value, ApiError>,
}

static SERVICES: [Service; 15] = [
    Service {
        signing_name: "cloudcontrolapi",
        action_prefix: "cloudformation",
        target: Some("CloudApiService"),
        namespace: "com.amazonaws.cloudcontrol",
        xml_namespace: None,
        writes: &["CreateResource", "UpdateResource", "DeleteResource", "CancelResourceRequest"],
        answer: cloudcontrol::answer,
    },
    Service {
        signing_name: "tagging",
        action_prefix: "tag",
        target: Some("ResourceGroupsTaggingAPI_20170126"),
        namespace: "com.amazonaws.resourcegroupstaggingapi",
        xml_namespace: None,
        writes: &["TagResources", "UntagResources"],
        answer: tagging::answer,
    },
    Service {
        signing_name: "sts",
        action_prefix: "sts",
        target: None,
        namespace: "com.amazonaws.sts",
        xml_namespace: Some("https://sts.amazonaws.com/doc/2011-06-15/"),
        writes: &[],
        answer: sts::answer,
    },
    Service {
        signing_name: "iam",
        action_prefix: "iam",
        target: None,
        namespace: "com.amazonaws.iam",
        xml_namespace: Some("https://iam.amazonaws.com/doc/2010-05-08/"),
        writes: &[
            "TagPolicy",
            "UntagPolicy",
            "TagInstanceProfile",
            "UntagInstanceProfile",
            "TagRole",
            "UntagRole",
            "TagUser",
            "UntagUser",
        ],
        answer: iam::answer,
    },
    Service {
        signing_name: "cloudformation",
        action_prefix: "cloudformation",
        target: None,
        namespace: "com.amazonaws.cloudformation",
        xml_namespace: Some("http://cloudformation.amazonaws.com/doc/2010-05-15/"),
        writes: &[],
        answer: cloudformation::answer,
    },
    Service {
        signing_name: "pricing",
        action_prefix: "pricing",
        target: Some("AWSPriceListService"),
        namespace: "com.amazonaws.pricing",
        xml_namespace: None,
        writes: &[],
        answer: pricing::answer,
    },
    Service {
        signing_name: "ce",
        action_prefix: "ce",
        target: Some("AWSInsightsIndexService"),
        namespace: "com.amazonaws.costexplorer",
        xml_namespace: None,
        writes: &[],
        answer: costexplorer::answer,
    },
    Service {
        signing_name: "config",
        action_prefix: "config",
        target: Some("StarlingDoveService"),
        namespace: "com.amazonaws.configservice",
        xml_namespace: None,
        writes: &[],
        answer: config::answer,
    },
    Service {
        signing_name: "resource-explorer-2",
        action_prefix: "resource-explorer-2",
        target: None,
        namespace: "com.amazonaws.resourceexplorer2",
        xml_namespace: None,
        writes: &[],
        answer: resourceexplorer::answer,
    },
    Service {
        signing_name: "access-analyzer",
        action_prefix: "access-analyzer",
        target: None,
        namespace: "com.amazonaws.accessanalyzer",
        xml_namespace: None,
        writes: &[],
        answer: |call, _| accessanalyzer::answer(call),
    },
    Service {
        signing_name: "ssm",
        action_prefix: "ssm",
        target: Some("AmazonSSM"),
        namespace: "com.amazonaws.ssm",
        xml_namespace: None,
        writes: &[],
        answer: ssm::answer,
    },
    Service {
        signing_name: "secretsmanager",
        action_prefix: "secretsmanager",
        target: Some("secretsmanager"),
        namespace: "com.amazonaws.secretsmanager",
        xml_namespace: None,
        writes: &[],
        answer: secretsmanager::answer,
    },
    Service {
        signing_name: "ecs",
        action_prefix: "ecs",
        target: Some("AmazonEC2ContainerServiceV20141113"),
        namespace: "com.amazonaws.ecs",
        xml_namespace: None,
        writes: &[],
        answer: ecs::answer,
    },
    Service {
        signing_name: "organizations",
        action_prefix: "organizations",
        target: Some("AWSOrganizationsV20161128"),
        namespace: "com.amazonaws.organizations",
        xml_namespace: None,
        writes: &[],
        answer: |call, _| organizations::answer(call),
    },
    Service {
        signing_name: "s3",
        action_prefix: "s3",
        // Requests do not name it: S3 has a protocol of its own.
        target: Some("AmazonS3"),
        namespace: "com.amazonaws.s3",
        xml_namespace: None,
        writes: &[],
        answer: s3::answer,
    },
];

/// The service that an `X-Amz-Target` or an RPC v2 path names.
pub(super) fn by_target(target: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.target == Some(target))
}

/// The query service that a credential scope names.
pub(super) fn query_service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.xml_namespace.is_some() && service.signing_name == name)
}

/// The REST service that a credential scope names. The paths of its operations are their names.
pub(super) fn rest_service(name: &str) -> Option<&'static Service> {
    let is_rest = |service: &&Service| service.target.is_none() && service.xml_namespace.is_none();
    SERVICES.iter().filter(is_rest).find(|service| service.signing_name == name)
}
