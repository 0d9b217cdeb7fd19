//! Statuses of `drift`, of promoted resources and of `tag-audit`, and the kinds of approvals.

use super::entry::{Entry, approval, status};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: status("synced"),
        title: "In sync",
        explanation: "As a drift status: both resources exist and are configured alike, apart from names, \
            references and overrides that differ on purpose. As the value of the tag `PromotionStatus`, and as the \
            result of a promotion: the resource was promoted and read back, and both sides name each other.",
        example: &["stagegate drift AWS::Logs::LogGroup jobs-dev"],
        next_step: "Nothing.",
    },
    Entry {
        topic: status("drifted"),
        title: "Configured differently",
        explanation: "Both resources exist and their configurations differ. The row lists each path with both \
            values and, where the tags allow it, which side changed since the last promotion. `drift` ends with exit \
            code 2.",
        example: &[
            "drifted AWS::Logs::LogGroup jobs-dev → jobs-prod: prod changed since the promotion, not through stagegate",
            "  /RetentionInDays: dev 30 → prod 90 (prod changed)",
        ],
        next_step: "Run the command of the row. If dev changed: `stagegate promote TYPE ID`. If prod was changed by \
            hand, take the change back or make it in dev.",
    },
    Entry {
        topic: status("dev_only"),
        title: "Only in dev",
        explanation: "The resource is managed in dev and was never promoted. It is not counted as drift unless \
            `--fail-on` includes it.",
        example: &["dev_only AWS::Logs::LogGroup jobs-dev: never promoted"],
        next_step: "Promote it when it is ready: `stagegate promote TYPE ID`.",
    },
    Entry {
        topic: status("prod_only"),
        title: "Only in prod",
        explanation: "The resource is managed in prod and has no counterpart in dev. It was created there directly, \
            or its dev resource is gone. `drift` ends with exit code 2.",
        example: &["prod_only AWS::Logs::LogGroup jobs-prod: managed in prod, but not the counterpart of any resource"],
        next_step: "Decide whether it is still needed. If so, create it in dev as well and promote it; otherwise \
            remove it.",
    },
    Entry {
        topic: status("needs_review"),
        title: "Tags do not fit what exists",
        explanation: "The tags of the resource do not agree with the accounts: a counterpart is missing or claimed \
            twice, a promotion was not finished, or a reference has no counterpart and cannot be compared. `drift` \
            ends with exit code 2.",
        example: &["needs_review AWS::Logs::LogGroup k-dev: its promotion was started but did not complete"],
        next_step: "Read the reason of the row and run its command. `stagegate tag-audit` lists tags that \
            contradict each other.",
    },
    Entry {
        topic: status("unreadable"),
        title: "Not readable",
        explanation: "The resource exists but could not be read, usually because a permission is missing. It was \
            not compared.",
        example: &["unreadable AWS::Logs::LogGroup jobs-dev: …"],
        next_step: "Allow the read permissions of the type; `stagegate schema TYPE` lists them.",
    },
    Entry {
        topic: status("unsupported"),
        title: "Not comparable",
        explanation: "The resource carries stagegate's tags, or is in the template of `--desired`, but its type is not \
            known or cannot be read through Cloud Control. It was not compared.",
        example: &[
            "Resources:",
            "  Cleanup: {Type: Custom::Cleanup, Properties: {ServiceToken: x}}",
            "# stagegate drift --desired orders.yaml",
        ],
        next_step: "Compare it by other means.",
    },
    Entry {
        topic: status("dev-only"),
        title: "Promotion status: not promoted",
        explanation: "The value of the tag `PromotionStatus` on a resource that `create` made and that was never \
            promoted. It is how `promote --all` finds what is waiting.",
        example: &["# dev Logs::LogGroup jobs-dev", "    PromotionStatus: dev-only"],
        next_step: "Promote it when it is ready: `stagegate promote TYPE ID`.",
    },
    Entry {
        topic: status("pending-prod"),
        title: "Promotion status: in progress",
        explanation: "The value of the tag `PromotionStatus` while a promotion is running. It is written before the \
            first call to prod, so that a run that was interrupted can be continued from the tags alone.",
        example: &["# dev Logs::LogGroup jobs-dev", "    PromotionStatus: pending-prod"],
        next_step: "If no promotion is running, run it again; it continues where it stopped: `stagegate promote \
            TYPE ID`.",
    },
    Entry {
        topic: status("untracked"),
        title: "Promoted, but not tracked",
        explanation: "The resource was promoted, and its type cannot carry tags, so nothing records the pair. \
            `drift` does not list it by itself.",
        example: &["AWS::KMS::Alias … → …: untracked"],
        next_step: "Nothing. Promote it again after changes; the counterpart is found by its name.",
    },
    Entry {
        topic: status("failed"),
        title: "Promotion failed",
        explanation: "A step of the resource's promotion failed before anything was recorded for it. The message \
            with the code `step-failed` says why.",
        example: &["AWS::Logs::LogGroup … → (none): failed"],
        next_step: "Correct the cause and run the same command again.",
    },
    Entry {
        topic: status("not-begun"),
        title: "Promotion not started",
        explanation: "The run ended before it came to this resource, because an earlier step failed or the run was \
            stopped. Nothing was changed for it.",
        example: &["AWS::Logs::LogGroup … → (none): not-begun"],
        next_step: "Run the same command again.",
    },
    Entry {
        topic: status("compliant"),
        title: "Tags as required",
        explanation: "The resource has all required tags with allowed values, and its promotion tags fit. \
            `tag-audit` counts such resources, and lists them with `--list-compliant`.",
        example: &["2 resources checked in 1 listed type: 2 compliant, 0 with violations"],
        next_step: "Nothing.",
    },
    Entry {
        topic: approval("cost"),
        title: "Approval of the cost",
        explanation: "The upper estimate of the plan's monthly cost reaches `cost.auto_approve_below`, or a part of \
            it is not known. An unknown price never counts as zero.",
        example: &["! cost: the upper estimate is $17.01/month; approval is required from $10.00/month"],
        next_step: "Review the estimate, then approve the plan: add `--approve DIGEST`. `--usage` figures for the \
            project can make the estimate more exact.",
    },
    Entry {
        topic: approval("protected"),
        title: "Approval for a protected environment",
        explanation: "The plan writes to a protected environment, such as prod. Every such write needs an approval, \
            whatever it costs.",
        example: &["! protected: environment `prod` is protected: every change requires an approval"],
        next_step: "Review the plan, then approve it: add `--approve DIGEST`, or type the environment's name at the \
            prompt.",
    },
    Entry {
        topic: approval("replacement"),
        title: "Approval of a replacement",
        explanation: "A property that can be set at creation only changes, so a resource is deleted and created \
            anew. What it holds is lost.",
        example: &[
            "! replacement: AWS::DynamoDB::Table orders-dev: /KeySchema/0 can only be set at creation, so that the change requires replacement of AWS::DynamoDB::Table orders-dev; its data is lost with it",
        ],
        next_step: "Make sure that the data is not needed or is backed up, then approve the plan: add `--approve \
            DIGEST`.",
    },
    Entry {
        topic: approval("delete"),
        title: "Approval of a deletion",
        explanation: "The plan deletes a resource, and what it holds is lost. A deletion needs an approval in every \
            environment.",
        example: &["! delete: AWS::Logs::LogGroup jobs-dev will be deleted from `dev`"],
        next_step: "Make sure that nothing needs the resource, then approve the plan: add `--approve DIGEST`, or \
            type its identifier at the prompt.",
    },
    Entry {
        topic: approval("overwrites_live_change"),
        title: "Approval to overwrite a change",
        explanation: "A property was changed in the account, for example in the console, since stagegate last wrote \
            the resource, and the plan sets it back. stagegate recognizes such changes by the tag `AppliedDigest`, and \
            in the target of a promotion by `PromotedDigest`. Where that record is missing, a difference counts as \
            such a change.",
        example: &[
            "! overwrites_live_change: AWS::Logs::LogGroup jobs-dev was changed in `dev` since stagegate last wrote it: /RetentionInDays will be overwritten",
        ],
        next_step: "Put the change into the template, or into the source environment of a promotion, to keep it, or \
            leave it as it is with `create --keep-live`. To overwrite it, approve the plan: add `--approve DIGEST`.",
    },
    Entry {
        topic: approval("drops_values"),
        title: "Approval of values that are not copied",
        explanation: "The source has, or may have, values of write-only properties that AWS does not return, such as \
            the body of an API. They cannot be copied, so the new resource is created without them. The plan lists \
            each of them.",
        example: &[
            "! drops_values: AWS does not return these values of cache-dev, so that AWS::ElastiCache::ReplicationGroup cache-prod is created without them: …",
        ],
        next_step: "Give the values with `--input TYPE/ID#/POINTER=VALUE` or under `promotion.overrides`. If they are \
            not needed, approve the plan: add `--approve DIGEST`.",
    },
    Entry {
        topic: approval("findings"),
        title: "Approval of policy findings",
        explanation: "The scan has findings at or above `policies.fail_on`, or checks of that severity that could \
            not be decided because a value is unknown. A check that could not be decided does not count as passed.",
        example: &["! findings: 1 finding(s) at or above high: s3-block-public-access"],
        next_step: "Fix the findings; `stagegate explain POLICY-ID` says how. Otherwise approve the plan with \
            `--approve DIGEST`, or waive the finding in the waiver file.",
    },
    Entry {
        topic: approval("critical_findings"),
        title: "Approval of critical findings",
        explanation: "The plan has critical findings in a protected environment. They are approved separately from \
            the plan, with a reason.",
        example: &["! critical_findings: 1 finding(s) at or above high: iam-no-admin"],
        next_step: "Fix the findings. To accept them, add `--approve-findings DIGEST --reason TEXT` to the command \
            that approves the plan.",
    },
];
