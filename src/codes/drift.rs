//! Messages about the ignore file of `drift` and about reports for CI systems.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::InvalidIgnoreFile),
        title: "Invalid ignore file",
        explanation: "The ignore file of `drift` cannot be read, or one of its entries has no type, identifier, owner, \
            reason or expiry date. Every entry needs them, so that no difference is forgotten. `pointer` is optional: \
            without it, the entry is about the whole result of the resource.",
        example: &[
            "ignore:",
            "  - {type: AWS::Logs::LogGroup, identifier: jobs-*, owner: data, reason: load test}     # expires",
        ],
        next_step: "Correct the entry at the location in the message, or let `drift TYPE ID --accept --reason TEXT` write \
            it.",
    },
    Entry {
        topic: warning(Code::IgnoreExpired),
        title: "Ignore entry expired",
        explanation: "The last day of an entry of the ignore file has passed. It ignores nothing any more, so that the \
            difference is reported again.",
        example: &[
            "ignore:",
            "  - {type: AWS::Logs::LogGroup, identifier: jobs-dev, owner: data, reason: test, expires: 2024-10-31}",
        ],
        next_step: "Remove the difference, by a promotion or `promote --pull`, or renew the entry if it is still \
            accepted.",
    },
    Entry {
        topic: warning(Code::IgnoreUnused),
        title: "Ignore entry without a difference",
        explanation: "An entry of the ignore file matches no difference: the resource is in sync or gone, or the type, the \
            identifier or the pointer is misspelled. It is reported only by a comparison of all resources.",
        example: &[
            "ignore:",
            "  - {type: AWS::Logs::LogGroup, identifier: jbos-dev, owner: data, reason: test, expires: 2099-12-31}",
        ],
        next_step: "Remove the entry, or correct it: a pointer is written as in the report, and a tag as /Tags/KEY.",
    },
    Entry {
        topic: note(Code::IgnoreAdded),
        title: "Ignore entries written",
        explanation: "`drift TYPE ID --accept` wrote the differences of the named resources to the ignore file, each with \
            owner, reason and expiry date. The rest of the file is unchanged.",
        example: &["stagegate drift AWS::Logs::LogGroup jobs-dev --accept --reason 'load test'"],
        next_step: "Review and commit the file.",
    },
    Entry {
        topic: error(Code::NothingToAccept),
        title: "Nothing to accept",
        explanation: "`drift --accept` was given a resource without a difference that an entry of the ignore file could \
            ignore: it is in sync, already ignored, or could not be compared. What could not be compared is never \
            ignored.",
        example: &["stagegate drift AWS::Logs::LogGroup jobs-dev --accept --reason 'load test'     # no difference"],
        next_step: "Run `stagegate drift` to see the differences.",
    },
    Entry {
        topic: warning(Code::SummaryNotWritten),
        title: "Job summary not written",
        explanation: "With `--output github`, the report is also appended to the file that GitHub Actions names in \
            GITHUB_STEP_SUMMARY. The file could not be written. The annotations are complete, and the exit code is not \
            affected.",
        example: &[
            "warning[summary-not-written]: the job summary could not be written to /dev/full: No space left on device (os error 28)",
        ],
        next_step: "Check the file that the variable GITHUB_STEP_SUMMARY names, or unset the variable.",
    },
];
