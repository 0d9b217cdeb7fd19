//! Codes about tags that are to be written.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::ReservedTag),
        title: "Tag reserved for stagegate",
        explanation: "`--tag` gives a value for a key that stagegate writes itself, such as `PromotionStatus` or \
            `OperationId`. These tags record the state of a resource, and a value set by hand would make them wrong.",
        example: &["stagegate create -f queue.yaml --tag PromotionStatus=synced"],
        next_step: "Choose another key.",
    },
    Entry {
        topic: error(Code::TagRule),
        title: "Tag breaks the project's rules",
        explanation: "A resource of the plan would lack a tag that the project requires, or carry a value that it \
            does not allow. It is refused before any call, so that `tag-audit` does not find it later.",
        example: &[
            "tags: {required: {CostCenter: [Engineering, Data]}}",
            "# stagegate create -f queue.yaml --tag CostCenter=Sales",
        ],
        next_step: "Add `--tag KEY=VALUE`, or set the value for the whole project under `tags.values` in \
            `stagegate.yaml`.",
    },
    Entry {
        topic: error(Code::TagKeyLength),
        title: "Tag key too long or empty",
        explanation: "A tag key must have 1 to 128 characters. AWS refuses other keys on every resource type.",
        example: &["stagegate create -f queue.yaml --tag \"…=1\"     # a key of 129 characters"],
        next_step: "Shorten the key.",
    },
    Entry {
        topic: error(Code::TagKeyReserved),
        title: "Tag key with the reserved prefix",
        explanation: "Keys that begin with `aws:` are reserved for AWS, in any letter case. AWS refuses them from \
            anyone else.",
        example: &["stagegate create -f queue.yaml --tag aws:owner=data"],
        next_step: "Choose another key.",
    },
    Entry {
        topic: error(Code::TagValueLength),
        title: "Tag value too long",
        explanation: "A tag value may have at most 256 characters. AWS refuses longer values on every resource \
            type, and stagegate does not cut a value that somebody chose.",
        example: &["stagegate create -f queue.yaml --tag \"Note=…\"     # 257 characters"],
        next_step: "Shorten the value.",
    },
    Entry {
        topic: error(Code::TagCharacter),
        title: "Character not allowed in a tag",
        explanation: "A tag's key or value contains a character that most services refuse, such as `$` or `,`. What \
            one service accepts would fail in another, so only the characters that all of them accept are allowed.",
        example: &["stagegate create -f queue.yaml --tag Budget='$10'"],
        next_step: "Use letters, digits, spaces and `_ . : / = + - @`.",
    },
    Entry {
        topic: error(Code::TooManyTags),
        title: "Too many tags",
        explanation: "A resource can carry at most 50 tags. stagegate's own tags count as well.",
        example: &["stagegate create -f queue.yaml …     # --tag a1=1 --tag a2=1 and so on, 50 times"],
        next_step: "Remove tags from the template, from `--tag`, or from `tags.values` in `stagegate.yaml`.",
    },
    Entry {
        topic: error(Code::IdentifierTooLong),
        title: "Identifier does not fit into a tag",
        explanation: "The identifier of a counterpart is recorded in a tag, and does not fit into the 256 \
            characters of a tag value. Without the tag the pair could not be tracked.",
        example: &[
            "error[identifier-too-long]: the identifier `…` is too long for a tag value (at most 256 characters)",
        ],
        next_step: "Promote this resource by other means.",
    },
];
