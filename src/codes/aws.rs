//! Codes about what AWS answers, by the kind of the error.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::AwsNotFound),
        title: "AWS: not found",
        explanation: "AWS answered that something that the call needs does not exist, for example a resource that \
            was deleted in the meantime. stagegate passes AWS's message on and stops, because it cannot tell whether \
            the name or the resource is wrong.",
        example: &["error[aws-not-found]: dev: tagging.GetResources: …"],
        next_step: "Check the identifier, the account and the region. `stagegate context` shows which account and \
            region an environment is.",
    },
    Entry {
        topic: error(Code::AwsAlreadyExists),
        title: "AWS: already exists",
        explanation: "AWS refused to create something because its name is taken, perhaps in another account where names are \
            global, as with S3 buckets. stagegate does not take over resources that it did not create. A failed step \
            of a plan is reported as `step-failed` with AWS's code instead.",
        example: &["error[aws-already-exists]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Choose another name.",
    },
    Entry {
        topic: error(Code::AwsAccessDenied),
        title: "AWS: access denied",
        explanation: "The credentials of the environment are valid but lack a permission, or a service control \
            policy or a resource policy denies the call. AWS's message usually names the action.",
        example: &["error[aws-access-denied]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Allow the action for the principal that `stagegate context` shows. `stagegate schema TYPE` \
            lists the permissions that a type's handlers need.",
    },
    Entry {
        topic: error(Code::AwsCredentials),
        title: "AWS: credentials missing or expired",
        explanation: "There are no working credentials for the environment: none were found, they have expired, or \
            AWS does not accept them. stagegate takes credentials from the standard AWS chain only, and stores none. \
            The exit code is 6.",
        example: &["error[aws-credentials]: dev: sts.GetCallerIdentity: …"],
        next_step: "For AWS SSO run `aws sso login --profile NAME`, for a console session `aws login --profile NAME`, then \
            run the command again. `stagegate context` checks the credentials of all environments.",
    },
    Entry {
        topic: error(Code::AwsThrottled),
        title: "AWS: throttled",
        explanation: "AWS limits how many calls an account may make, and kept refusing after several retries. Other \
            programs in the same account count against the same limit.",
        example: &["error[aws-throttled]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: Rate exceeded"],
        next_step: "Run the command again later, or name fewer resources or types.",
    },
    Entry {
        topic: error(Code::AwsTypeNotFound),
        title: "AWS: type not available",
        explanation: "CloudFormation's registry does not know the type in this region or account. Not every type is \
            available in every region, and third-party types must be activated.",
        example: &["error[aws-type-not-found]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Check the region with `stagegate context`, and the availability of the service there.",
    },
    Entry {
        topic: error(Code::AwsUnsupported),
        title: "AWS: operation not supported",
        explanation: "Cloud Control does not support this operation for the type: its handlers lack it. Not every \
            type can be created, listed and updated through the API.",
        example: &["error[aws-unsupported]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "See `stagegate schema TYPE --env NAME` for what the handlers of the type can do.",
    },
    Entry {
        topic: error(Code::AwsInvalidRequest),
        title: "AWS: invalid request",
        explanation: "AWS refused the request because of its content, although it fits the type's schema. Services have rules \
            that their schemas do not state, such as which values go together. A failed step of a plan is reported as \
            `step-failed` with AWS's code instead.",
        example: &["error[aws-invalid-request]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Read AWS's message, correct the template, and run the command again.",
    },
    Entry {
        topic: error(Code::AwsNotUpdatable),
        title: "AWS: not updatable",
        explanation: "AWS refused an update because a property can be set at creation only, or because the type cannot be \
            updated at all. The resource is unchanged. A failed step of a plan is reported as `step-failed` with \
            AWS's code instead.",
        example: &["error[aws-not-updatable]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Leave the property as it is, or replace the resource by other means. `stagegate schema TYPE` \
            marks create-only properties.",
    },
    Entry {
        topic: error(Code::AwsConflict),
        title: "AWS: conflict",
        explanation: "The request token was used before for a request with another content, or the state of the resource \
            forbids the operation. The request was not carried out, so that two changes do not mix. A failed step of \
            a plan is reported as `step-failed` with AWS's code instead.",
        example: &["error[aws-conflict]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Wait for other changes of the resource to end, then run the command again.",
    },
    Entry {
        topic: error(Code::AwsBusy),
        title: "AWS: temporarily unable",
        explanation: "Cloud Control carries out one request per resource at a time and one was running for this \
            resource, or a service behind it failed for the moment. stagegate retries such calls and stops when the \
            failures last.",
        example: &["error[aws-busy]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Run the command again after some minutes.",
    },
    Entry {
        topic: error(Code::AwsNoAnswer),
        title: "AWS: no answer",
        explanation: "AWS could not be reached, or no answer came in time: a network failure, a wrong region, a \
            proxy, or an endpoint that does not exist. For a write it is not known whether AWS has received it.",
        example: &[
            "error[aws-no-answer]: dev: sts.GetCallerIdentity: no connection: Connection refused (os error 111)",
        ],
        next_step: "Check the network, the region and `AWS_ENDPOINT_URL`, then run the command again. Writes carry \
            tokens, so that they are not carried out twice.",
    },
    Entry {
        topic: error(Code::AwsLimitExceeded),
        title: "AWS: quota exceeded",
        explanation: "The account has reached a quota of the service, for example its number of VPCs or Elastic IP addresses. \
            AWS's message names the quota. Nothing was created by the failed call. A failed step of a plan is \
            reported as `step-failed` with AWS's code instead.",
        example: &["error[aws-limit-exceeded]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Request a higher quota in Service Quotas, or delete what is no longer needed, then run the \
            command again.",
    },
    Entry {
        topic: error(Code::AwsMalformedAnswer),
        title: "AWS: malformed response",
        explanation: "The endpoint answered with success, but the response lacks a required member, repeats a page \
            token, or is not what the operation returns. A proxy or an emulator is the usual cause. stagegate never \
            treats such a response as \"nothing there\".",
        example: &["error[aws-malformed-answer]: dev: sts.GetCallerIdentity: …"],
        next_step: "Check `AWS_ENDPOINT_URL` and proxies. If the endpoint is AWS's own, run the command again.",
    },
    Entry {
        topic: error(Code::AwsCircuitOpen),
        title: "AWS: circuit open",
        explanation: "The service failed five times in a row, in this run or an earlier one, so reads are not sent to it \
            for 300 seconds. Reads of commands that change nothing are answered from an earlier run where possible, and \
            marked with their age; a plan is never based on such an answer.",
        example: &[
            "error[aws-circuit-open]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: not called: cloudcontrol in us-east-1 failed … times in a row, …",
        ],
        next_step: "Wait for the time in the message, or add `--refresh` to call the service at once.",
    },
    Entry {
        topic: error(Code::AwsError),
        title: "AWS: other error",
        explanation: "AWS answered with an error that fits none of the other kinds. The message has AWS's own code \
            and text.",
        example: &["error[aws-error]: dev: cloudcontrol.GetResource AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Read AWS's message. If it is a failure inside AWS, run the command again later.",
    },
    Entry {
        topic: error(Code::WrongAccount),
        title: "Wrong account",
        explanation: "STS says that the credentials belong to another account than the one that `stagegate.yaml` \
            pins for the environment. Nothing was sent. stagegate asks STS at the start and again before writes, so \
            that no change reaches the wrong account. The exit code is 6.",
        example: &[
            "environments:",
            "  dev: {profile: shop-prod, account: \"111111111111\", region: us-east-1}     # the profile of prod",
        ],
        next_step: "Correct the environment's `profile`, or its `account`. `stagegate context` shows what each \
            profile resolves to.",
    },
];
