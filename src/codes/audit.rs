//! Violations that `tag-audit` reports.

use super::Code;
use super::entry::{Entry, violation};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: violation(Code::Untagged),
        title: "Untagged resource",
        explanation: "The resource has no tags at all, except those of AWS itself. It was probably created by hand, \
            and its owner and its share of the costs are unknown.",
        example: &["✗ untagged: 1 resource, 0 fixable", "    dev Logs::LogGroup bare: the resource has no tags"],
        next_step: "Find out who owns the resource, and tag it where it is managed. To manage it with stagegate, run the \
            command of the resource with the values that only you know: `stagegate tag-audit --type TYPE --id ID --fix \
            --adopt --tag CreatedBy=NAME`.",
    },
    Entry {
        topic: violation(Code::MissingTag),
        title: "Missing tag",
        explanation: "A tag that the project's preset, or `tags.required`, asks of every resource is not there. A \
            similar key, such as one in other letter case, is named in the message; tag keys are case-sensitive.",
        example: &[
            "✗ missing-tag: 1 resource, 1 fixable",
            "    dev Logs::LogGroup a-dev: `CostCenter` is missing (found `costcenter`)",
        ],
        next_step: "Run the command of the resource. `stagegate tag-audit --fix` adds what is known for all resources of \
            stagegate: values of the project and of `tags.values`; give others with `--tag KEY=VALUE`.",
    },
    Entry {
        topic: violation(Code::EmptyTag),
        title: "Empty tag",
        explanation: "A required tag is there, but its value is empty. Reports and policies that group by the tag \
            cannot use it.",
        example: &["✗ empty-tag: 1 resource, 1 fixable", "    dev Logs::LogGroup b-dev: `CostCenter` is empty"],
        next_step: "Run the command of the resource, which gives the tag its value as for a missing tag: `stagegate \
            tag-audit --type TYPE --id ID --fix --tag KEY=VALUE`.",
    },
    Entry {
        topic: violation(Code::ValueNotAllowed),
        title: "Tag value not allowed",
        explanation: "The value of a tag is not one of those that `tags.required` lists in `stagegate.yaml`. Values \
            are case-sensitive.",
        example: &[
            "✗ value-not-allowed: 1 resource, 0 fixable",
            "    dev Logs::LogGroup m-dev: `CostCenter` is `Eng`; allowed: Engineering, Data",
        ],
        next_step: "Run the command of the resource with an allowed value, `stagegate tag-audit --type TYPE --id ID --fix \
            --tag KEY=VALUE`, or add the value to `tags.required`. Another letter case is corrected without `--tag`.",
    },
    Entry {
        topic: violation(Code::WrongManager),
        title: "`MANAGED_BY` tag of another tool",
        explanation: "The tag `MANAGED_BY` does not have the value of the project's tag preset. The resource is \
            managed by another tool, or was tagged by hand.",
        example: &[
            "✗ wrong-manager: 1 resource, 0 fixable",
            "    dev Logs::LogGroup c-dev: `MANAGED_BY` is `terraform`; the preset's value is `stagegate`",
        ],
        next_step: "Leave resources of other tools to them, or take the resource over with its command, `stagegate \
            tag-audit --type TYPE --id ID --fix --adopt`. `tags.preset` in `stagegate.yaml` chooses the preset.",
    },
    Entry {
        topic: violation(Code::WrongEnvironment),
        title: "`Environment` tag of another environment",
        explanation: "The tag `Environment` does not name the environment whose account the resource is in. Cost \
            reports and policies that go by the tag would count it in the wrong place.",
        example: &[
            "✗ wrong-environment: 1 resource, 1 fixable",
            "    dev Logs::LogGroup d-dev: `Environment` is `production`; this account's environment is `development`",
        ],
        next_step: "Run `stagegate tag-audit --fix`, which corrects it on resources of stagegate, or correct `tag_value` \
            of the environment in `stagegate.yaml`.",
    },
    Entry {
        topic: violation(Code::BadFormat),
        title: "Tag value in the wrong format",
        explanation: "The value of a tag does not have the format that its key asks for: `CreatedDate` is a date, \
            `PromotionStatus` one of `dev-only`, `pending-prod` and `synced`. Values in other formats cannot be \
            compared or read back.",
        example: &[
            "✗ bad-format: 1 resource, 1 fixable",
            "    dev Logs::LogGroup e-dev: `CreatedDate` is `20.11.2026`; expected a date as YYYY-MM-DD",
        ],
        next_step: "Run `stagegate tag-audit --fix`: it rewrites dates in other unambiguous formats, and sets the status \
            that the tags of both environments prove. Give another date with `--tag CreatedDate=YYYY-MM-DD`.",
    },
    Entry {
        topic: violation(Code::CounterpartMissing),
        title: "Counterpart does not exist",
        explanation: "The resource names a counterpart in the other environment that does not exist there. It was \
            deleted or renamed, or the tag was written by hand.",
        example: &[
            "✗ counterpart-missing: 1 resource, 1 fixable",
            "    dev Logs::LogGroup f-dev: its prod counterpart `f-prod` does not exist",
        ],
        next_step: "Run `stagegate tag-audit --fix`, which removes the tag and resets the status, or promote the dev \
            resource again: `stagegate promote TYPE ID`.",
    },
    Entry {
        topic: violation(Code::CounterpartElsewhere),
        title: "Counterpart names another resource",
        explanation: "The resource names a counterpart, and that one names a different resource as its own \
            counterpart. Only one of the two tags can be right.",
        example: &[
            "✗ counterpart-elsewhere: 1 resource, 0 fixable",
            "    dev Logs::LogGroup l-dev: its prod counterpart names a different dev resource, `other-dev`",
        ],
        next_step: "Decide which resources belong together. The command of the resource withdraws its claim: `stagegate \
            tag-audit --type TYPE --id ID --fix --unlink`. To restore a pair, map it in `promotion.map` and promote.",
    },
    Entry {
        topic: violation(Code::CounterpartShared),
        title: "Counterpart claimed by several resources",
        explanation: "Several resources of one environment name the same counterpart in the other. A promotion of \
            each would overwrite that of the others.",
        example: &[
            "✗ counterpart-shared: 2 resources, 2 fixable",
            "    dev Logs::LogGroup g-dev: several dev resources name `g-prod` as their prod counterpart",
        ],
        next_step: "Run `stagegate tag-audit --fix`: if the counterpart names one of them, the claims of the others are \
            withdrawn. Otherwise decide, and withdraw a claim with the command of its resource (`--unlink`).",
    },
    Entry {
        topic: violation(Code::CounterpartSilent),
        title: "Counterpart does not name the resource",
        explanation: "A resource names its counterpart in the other environment, which names none. One side \
            of the pair lost its tags, or they were never written.",
        example: &[
            "✗ counterpart-silent: 1 resource, 1 fixable",
            "    dev Logs::LogGroup i-dev: its prod counterpart does not name it",
        ],
        next_step: "Run `stagegate tag-audit --fix`: it restores a tag that a counterpart managed by stagegate has lost. \
            Otherwise run the command of the resource, which withdraws the claim (`--unlink`), or map the pair in \
            `promotion.map` and promote.",
    },
    Entry {
        topic: violation(Code::SyncedWithoutCounterpart),
        title: "Synced without a counterpart",
        explanation: "The tag `PromotionStatus` says `synced`, but no `ProdCounterpart` (in prod: `DevCounterpart`) \
            tag says with what. The status cannot be checked.",
        example: &[
            "✗ synced-without-counterpart: 1 resource, 1 fixable",
            "    dev Logs::LogGroup j-dev: its status is `synced`, but it names no counterpart",
        ],
        next_step: "Run `stagegate tag-audit --fix`, which resets the status, or promote the resource again.",
    },
    Entry {
        topic: violation(Code::PromotionUnfinished),
        title: "Unfinished promotion",
        explanation: "A promotion of the resource was started and did not finish. The tag `ProdCounterpart` still \
            has the operation's id instead of the counterpart's identifier.",
        example: &[
            "✗ promotion-unfinished: 1 resource, 0 fixable",
            "    dev Logs::LogGroup k-dev: its promotion was started but did not complete",
        ],
        next_step: "Run the promotion again; it continues where it stopped: `stagegate promote TYPE ID`. To give it up, \
            run `stagegate promote TYPE ID --unmark`.",
    },
    Entry {
        topic: violation(Code::PromotionStuck),
        title: "Promotion that waits too long",
        explanation: "With `tag-audit --stuck-after`: the resource is still `dev-only` or `pending-prod` after this time. \
            Tags do not record when they were set, so the time counts from the end of the day in `CreatedDate`, or from the \
            lease of a run that began to promote the resource. The cost is that of the tag `CostEstimate`.",
        example: &["stagegate tag-audit --type AWS::Logs::LogGroup --stuck-after 7d"],
        next_step: "Promote the resource, `stagegate promote TYPE ID`, or delete it if nobody needs it.",
    },
];
