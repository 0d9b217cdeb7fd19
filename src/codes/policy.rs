//! Codes about policies, scans, suppressions and waivers.

use super::Code;
use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::InvalidPolicy),
        title: "Invalid policy",
        explanation: "A policy of the project cannot be used: its Rego does not compile, its METADATA block is \
            wrong, or it failed while it ran. While a policy is broken it cannot find anything, so `scan` ends with \
            an error and `create` and `promote` refuse to send.",
        example: &[
            "# METADATA",
            "# title: Queues are encrypted",
            "package queues     # custom.id, severity and types are missing",
        ],
        next_step: "Correct the policy at the place in the message. `policies/README.md` describes the format; \
            `stagegate scan --test-policies DIR` runs the test cases.",
    },
    Entry {
        topic: error(Code::InvalidWaivers),
        title: "Invalid waiver file",
        explanation: "The waiver file does not have the required form. Each waiver needs a rule, a resource, an \
            owner, a reason and an expiry date, so that no finding is waived forever or by nobody.",
        example: &["waivers:", "  - {rule: sqs-encryption, resource: Jobs, owner: data}"],
        next_step: "Write `waivers: [{rule: ID, resource: NAME, owner: WHO, reason: WHY, expires: YYYY-MM-DD}]`.",
    },
    Entry {
        topic: error(Code::UnknownPolicy),
        title: "Unknown policy",
        explanation: "There is no policy of this id, built in or in the project, and no policy has it as an \
            equivalent of another scanner. A misspelled id must not look like a policy that finds nothing.",
        example: &["stagegate scan --explain s3-versionning"],
        next_step: "`stagegate scan --list` lists the ids.",
    },
    Entry {
        topic: error(Code::UnknownPack),
        title: "Unknown policy pack",
        explanation: "`--packs` names a pack that no policy belongs to. Packs are groups of policies that are off \
            unless they are turned on.",
        example: &["stagegate scan -f bucket.yaml --packs hipa"],
        next_step: "Use one of the packs in the hint, or `all`.",
    },
    Entry {
        topic: error(Code::NoPolicies),
        title: "Folder without policies",
        explanation: "A folder of `--policies` or of `policies.dirs` contains no `*.rego` file, in it or below it. \
            A misspelled folder must not look like one whose policies pass.",
        example: &["stagegate scan -f bucket.yaml --policies polices/"],
        next_step: "Correct the folder. With `--engine cfn-guard` a folder may hold Guard rules only.",
    },
    Entry {
        topic: error(Code::UnreadablePolicies),
        title: "Policy folder cannot be read",
        explanation: "A folder of policies, or a file in it, could not be read. A scan with some of the policies \
            missing would not be a scan by the project's rules.",
        example: &["stagegate scan -f bucket.yaml --policies policies/     # own.rego is saved as UTF-16"],
        next_step: "Check `--policies`, or `policies.dirs` in `stagegate.yaml`, and the permissions.",
    },
    Entry {
        topic: error(Code::PolicyTestFailed),
        title: "Policy test case failed",
        explanation: "A case in `ID.test.yaml` did not end as it says: a passing case has a finding, or a failing \
            case has none. The policy would report something different from what its author expects.",
        example: &["stagegate scan --test-policies policies/"],
        next_step: "Correct the policy, or the case if it asks for the wrong thing.",
    },
    Entry {
        topic: error(Code::NoCases),
        title: "No policy test cases",
        explanation: "The folder of `--test-policies` has no `*.test.yaml` file, so nothing was tested. A test run \
            without cases must not look like one that passed.",
        example: &["stagegate scan --test-policies policies/"],
        next_step: "Put `ID.test.yaml`, with `passing:` and `failing:` cases, next to `ID.rego`.",
    },
    Entry {
        topic: error(Code::ScanEngineFailed),
        title: "Scan engine failed",
        explanation: "A scan engine, the built-in one or an external one such as Checkov or cfn-guard, did not run \
            to its end. A policy of the project that uses too much memory or time, or that recurses without end, is \
            such a failure: it runs in a subprocess with limits. A scan that did not complete does not count as \
            passed, so `scan` ends with an error and `create` and `promote` refuse to send.",
        example: &["stagegate scan -f bucket.yaml --engine builtin,checkov     # checkov is not installed"],
        next_step: "Install or repair the engine, or correct the policy in the message, and run the command again. \
            `--timeout` sets how long an engine may take.",
    },
    Entry {
        topic: warning(Code::SuppressionUnknown),
        title: "Suppression of an unknown policy",
        explanation: "A resource suppresses a policy id that no policy has. The suppression has no effect, which \
            usually means that the id is misspelled.",
        example: &["Type: AWS::SQS::Queue", "Metadata: {checkov: {skip: [{id: s3-versionning, comment: logs only}]}}"],
        next_step: "Correct the id. `stagegate scan --list` lists the ids.",
    },
    Entry {
        topic: warning(Code::SuppressionUnused),
        title: "Suppression without a finding",
        explanation: "A resource suppresses a policy that finds nothing there. It may have been needed once, and \
            could hide a finding in the future.",
        example: &[
            "Type: AWS::S3::Bucket",
            "Metadata: {checkov: {skip: [{id: s3-versioning, comment: logs only}]}}",
            "Properties: {VersioningConfiguration: {Status: Enabled}}     # versioning is on",
        ],
        next_step: "Remove the suppression.",
    },
    Entry {
        topic: warning(Code::SuppressionPartial),
        title: "Suppression does not cover the finding",
        explanation: "The suppressed id covers only a part of what the policy finds, so the finding stands. The id \
            is usually that of another scanner, whose rule is narrower.",
        example: &[
            "Resources:",
            "  Role:",
            "    # checkov:skip=CKV_AWS_60: known (iam-trust-no-wildcard is about more than that)",
            "    Type: AWS::IAM::Role",
            "    Properties: {AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\"}]}}",
        ],
        next_step: "If all of it is meant, suppress the id in the hint.",
    },
    Entry {
        topic: warning(Code::SuppressionWithoutReason),
        title: "Suppression without a reason",
        explanation: "A suppression says which policy does not apply, but not why. Reviewers need the reason to \
            judge whether it still holds.",
        example: &["Resources:", "  Group:", "    # checkov:skip=CKV_AWS_66", "    Type: AWS::Logs::LogGroup"],
        next_step: "Write the reason: `# checkov:skip=ID: reason`, or `comment` next to the `id` in `Metadata`.",
    },
    Entry {
        topic: warning(Code::WaiverExpired),
        title: "Waiver expired",
        explanation: "A waiver in the waiver file is past its expiry date and no longer waives anything. Its \
            finding counts again.",
        example: &[
            "waivers:",
            "  - {rule: logs-retention, resource: Audit, owner: data, reason: test, expires: 2024-12-31}",
        ],
        next_step: "The owner should fix the finding and remove the waiver, or renew it with a new date.",
    },
    Entry {
        topic: warning(Code::WaiverUnused),
        title: "Waiver without a finding",
        explanation: "A waiver in the waiver file matches no finding of this scan. The finding may be fixed, or the \
            rule or the resource may be misspelled.",
        example: &[
            "waivers:",
            "  - {rule: logs-retention, resource: \"Adit*\", owner: data, reason: test, expires: 2099-12-31}",
        ],
        next_step: "Remove the waiver, or correct it.",
    },
    Entry {
        topic: warning(Code::WaiverPartial),
        title: "Waiver does not cover the finding",
        explanation: "The waived id covers only a part of what the policy finds on the resource, so the finding \
            stands. The id is usually that of another scanner, whose rule is narrower.",
        example: &["waivers:", "  - {rule: CKV_AWS_60, resource: Role, owner: ops, reason: test, expires: 2099-12-31}"],
        next_step: "If all of it is meant, waive the id in the hint.",
    },
];
