//! Codes about what happens while a plan is sent. They stand in the `failed` list of the JSON document as well.

use super::Code;
use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::StepFailed),
        title: "Step failed",
        explanation: "A step of the plan failed. No other step was started, and those that ran beside it were \
            followed to their end. The message has the code: AWS's own, such as `AccessDenied`, or one of stagegate's. What was done before stays, and is recorded in \
            tags.",
        example: &["error[step-failed]: step 1 (AWS::Logs::LogGroup jobs-dev): … (InvalidRequest)"],
        next_step: "Correct the cause and run the same command again: steps that are done are recognized and not \
            repeated.",
    },
    Entry {
        topic: error(Code::PromotionLeased),
        title: "Another run promotes the resource",
        explanation: "While a run promotes a resource, the tag `PromotionLease` on the resource in the environment \
            promoted from says which run that is and until when. Another run that would promote it differently stops \
            before it sends anything, with exit code 4. The run that holds the lease, and the same command with the \
            same approval after an interruption, are not stopped. An expired lease is taken over.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup jobs-dev): … is being promoted by another run: alice holds it until …; nothing was sent (promotion-leased)",
        ],
        next_step: "Run the command again after the time that the message names. If the other run has ended, release the \
            resource with `stagegate promote TYPE ID --unmark`.",
    },
    Entry {
        topic: warning(Code::LeaseKept),
        title: "Lease may not have been removed",
        explanation: "The promotion is complete, but the tag `PromotionLease`, with which the run reserved the resource, could \
            not be removed. It has an expiry time and is then without effect.",
        example: &[
            "warning[lease-kept]: AWS::Logs::LogGroup jobs-dev: the lease of this run may not have been removed; it expires by itself",
        ],
        next_step: "Wait half an hour, or remove it with `stagegate promote TYPE ID --unmark`.",
    },
    Entry {
        topic: warning(Code::InProgress),
        title: "Request still in progress",
        explanation: "AWS accepted a request and had not finished it when the wait ended, because of `--timeout` or \
            a signal. AWS continues to work on it. The exit code is 5.",
        example: &["warning[in-progress]: request … is still in progress in AWS"],
        next_step: "Run the same command again later: the request carries a token and is not made twice. `aws \
            cloudcontrol get-resource-request-status --request-token TOKEN` shows its state.",
    },
    Entry {
        topic: warning(Code::NotAsSent),
        title: "AWS stored a different value than requested",
        explanation: "After the write the resource was read back, and a value differs from the one that was sent. \
            Some services adjust values. If it is an update that did not take effect, the step fails, because the \
            resource must not be recorded as synced.",
        example: &["warning[not-as-sent]: AWS::Logs::LogGroup jobs-dev /RetentionInDays: sent 30, read 60"],
        next_step: "Write the value that AWS keeps into the template, or check the rules of the service.",
    },
    Entry {
        topic: error(Code::ChangedMeanwhile),
        title: "Resource changed since the plan was made",
        explanation: "The resource that a step would update, replace or delete is not in the state in which the plan \
            found it. The step might undo somebody else's change, so nothing was sent to it.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup jobs-dev): … has changed since the plan was made; it was not … (changed-meanwhile)",
        ],
        next_step: "Run the command again to plan against the current state, and review the plan.",
    },
    Entry {
        topic: error(Code::NoAnswer),
        title: "No answer during a step",
        explanation: "A call of the step got no answer from AWS: a network failure, or a time limit. It is not \
            known whether AWS received the request.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup jobs-dev): connection closed before message completed (no-answer)",
        ],
        next_step: "Check the network and run the same command again: requests carry tokens, so that nothing is \
            created twice.",
    },
    Entry {
        topic: error(Code::NoIdentifier),
        title: "Identifier not known",
        explanation: "AWS reported success without saying which resource it created, or a step refers to a resource \
            whose identifier is not known. The resource could not be read back or tagged.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup Resource): AWS did not return the identifier of the new resource (no-identifier)",
        ],
        next_step: "Look for the resource in the account by its name, then run the same command again.",
    },
    Entry {
        topic: warning(Code::NotInTaggingApi),
        title: "Created resource not returned by the tagging API",
        explanation: "After a run, the tagging API was asked for the resources that the run created, and it did not return all \
            of them. It lags behind by some seconds, and it does not know every resource. `drift` and `promote --all` find \
            resources with it, so a resource that it never returns must be named.",
        example: &["warning[not-in-tagging-api]: dev: the tagging API does not return AWS::Logs::LogGroup jobs-dev"],
        next_step: "Run `stagegate drift` after a minute. If it does not show the resource, name it: `stagegate drift TYPE ID`, \
            `stagegate promote TYPE ID`.",
    },
    Entry {
        topic: warning(Code::ServiceNotRunning),
        title: "Tasks of a service do not run",
        explanation: "After an ECS service was created or changed, fewer tasks run than should, although stagegate waited for \
            up to five minutes, or the deployment failed, or ECS did not say. The change itself is complete. If tasks are \
            known not to run, the exit code is 2.",
        example: &["warning[service-not-running]: AWS::ECS::Service … in dev: 1 of 2 tasks run: no such image"],
        next_step: "See the events of the service and the logs of its tasks, then correct the task definition, the image or the \
            network. `aws ecs describe-services` shows the events.",
    },
    Entry {
        topic: error(Code::NotReadable),
        title: "Resource cannot be read back",
        explanation: "A resource was created or updated, and could not be found when it was read back within 20 \
            seconds. It was not verified and is not recorded as done.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup Resource): AWS::Logs::LogGroup … cannot be read back (not-readable)",
        ],
        next_step: "Wait a minute and run the same command again. The read permissions of the type must be allowed.",
    },
    Entry {
        topic: error(Code::StillExists),
        title: "Deleted resource still exists",
        explanation: "AWS reported that the resource was deleted, and 20 seconds later it could still be read. It is \
            not recorded as deleted.",
        example: &[
            "error[step-failed]: step 1 (AWS::Logs::LogGroup jobs-dev): AWS reported that AWS::Logs::LogGroup jobs-dev was deleted, but it can still be read (still-exists)",
        ],
        next_step: "Wait a minute and run the same command again.",
    },
];
