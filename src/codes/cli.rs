//! Codes about the command line and the run itself.

use super::Code;
use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::Usage),
        title: "Invalid command line",
        explanation: "The command line could not be parsed: an unknown flag, a missing argument, or a value that a \
            flag does not take. Nothing was read or sent. The exit code is 64.",
        example: &["stagegate drift --form dev"],
        next_step: "See `stagegate COMMAND --help` for the flags of a command.",
    },
    Entry {
        topic: error(Code::UnknownStarter),
        title: "Unknown starter template",
        explanation: "The name is not one of a starter template. Starter templates are part of the program, and pass its \
            policies.",
        example: &["stagegate templates new s3-buket"],
        next_step: "Run `stagegate templates list` for their names.",
    },
    Entry {
        topic: warning(Code::AuditLogFailed),
        title: "Audit log not written",
        explanation: "Each call that changes something, and each approval, is recorded in the audit log: \
            `audit.jsonl` in the state folder, or the file that `STAGEGATE_AUDIT_LOG` names. At least one line of this \
            run could not be written. The run is not affected.",
        example: &["warning[audit-log-failed]: the audit log … cannot be written (…); entries are missing"],
        next_step: "Make the file writable, name another one with `STAGEGATE_AUDIT_LOG`, or turn the log off with \
            `audit_log: false` in the project file.",
    },
    Entry {
        topic: error(Code::BadPair),
        title: "`KEY=VALUE` expected",
        explanation: "A flag that takes `KEY=VALUE`, such as `--param` or `--tag`, was given a word without `=` or \
            without a key. Without both parts it is not clear what the value belongs to.",
        example: &["stagegate create -f queue.yaml --param Name"],
        next_step: "Write `--param KEY=VALUE`. Quote the word if the value contains spaces.",
    },
    Entry {
        topic: error(Code::BadProperties),
        title: "Properties are not an object",
        explanation: "`--properties` takes the properties of one resource as a JSON or YAML object, and was given a \
            list or a single value. They are checked against the type's schema in the same way as a template's.",
        example: &["stagegate estimate --type AWS::SQS::Queue --properties '[]'"],
        next_step: "Write `--properties '{\"Name\": \"value\"}'`, or `--properties @FILE` to read them from a file.",
    },
    Entry {
        topic: error(Code::BadResource),
        title: "Resource not named as TYPE and ID",
        explanation: "Resources are named by type and identifier, such as `AWS::S3::Bucket my-bucket-dev`. A type \
            is missing where one is expected, or there are too many or too few words.",
        example: &["stagegate promote AWS::S3::Bucket files-dev AWS::SQS::Queue"],
        next_step: "Write the type first and then the identifier. `stagegate drift` lists both for each managed \
            resource.",
    },
    Entry {
        topic: error(Code::BadSeverity),
        title: "Unknown severity",
        explanation: "The value of `--fail-on` is not a severity of a finding. The severity decides which findings \
            fail the scan, so a misspelled one is refused instead of ignored.",
        example: &["stagegate scan -f queue.yaml --fail-on severe"],
        next_step: "Use `critical`, `high`, `medium`, `low` or `info`.",
    },
    Entry {
        topic: error(Code::BadStatus),
        title: "Unknown drift status",
        explanation: "A value of `drift --fail-on` is not a status of a drift report. The statuses decide which \
            rows lead to exit code 2, so a misspelled one is refused instead of ignored.",
        example: &["stagegate drift --fail-on changed"],
        next_step: "Use `synced`, `drifted`, `dev_only`, `prod_only`, `needs_review`, `unreadable` or \
            `unsupported`, separated by commas. `stagegate explain STATUS` says what each means.",
    },
    Entry {
        topic: error(Code::UnknownCode),
        title: "Unknown code",
        explanation: "`explain` knows the codes of messages, the violations of `tag-audit`, the statuses of `drift` \
            and of promoted resources, the kinds of approvals, and the ids of policies. The word is none of them. \
            Error codes of AWS, such as `AccessDenied`, are explained in the documentation of the service.",
        example: &["stagegate explain unknown-tpye"],
        next_step: "Use the code in the hint. `stagegate explain --list` lists all codes, `stagegate scan --list` \
            all policies.",
    },
    Entry {
        topic: error(Code::NoSuchFormat),
        title: "Output format not available",
        explanation: "Not every command has every output format: SARIF and JUnit, for example, are for commands with \
            findings. No other format is used instead, because a program may be waiting for the one that was \
            asked for.",
        example: &["stagegate context --output sarif"],
        next_step: "Use one of the formats in the hint, or `--json`.",
    },
    Entry {
        topic: error(Code::NoSchema),
        title: "No JSON Schema for the command",
        explanation: "`--json-schema` prints the schema of a command's JSON document, and this command has none. \
            Only commands that answer with `--json` have one.",
        example: &["stagegate completions --json-schema"],
        next_step: "Ask a command that has a JSON document, such as `stagegate drift --json-schema`.",
    },
    Entry {
        topic: error(Code::SameEnvironment),
        title: "Environment compared with itself",
        explanation: "`--from` and `--to` name the same environment. Drift and promotion are between two different \
            environments.",
        example: &["stagegate drift --from dev --to dev"],
        next_step: "Name two environments with `--from` and `--to`.",
    },
    Entry {
        topic: error(Code::Offline),
        title: "AWS needed while offline",
        explanation: "The command needs an answer from AWS, and `--offline` or `STAGEGATE_OFFLINE` forbids all \
            calls. Commands that read live resources cannot answer offline.",
        example: &["stagegate drift --offline"],
        next_step: "Remove `--offline`, or unset `STAGEGATE_OFFLINE`.",
    },
    Entry {
        topic: error(Code::NotFound),
        title: "Resource not found",
        explanation: "The resource that was named does not exist in the environment, or, for `drift`, is managed in \
            neither of the two. An empty answer could be taken for a resource without findings, cost or differences, \
            so it is an error.",
        example: &["stagegate promote AWS::S3::Bucket my-bukket-dev"],
        next_step: "Check the identifier and the environment. `stagegate drift` lists what is managed.",
    },
    Entry {
        topic: error(Code::NotListable),
        title: "Type cannot be listed",
        explanation: "Resources of this type can be listed only below another resource, or not at all, so not all \
            of them can be scanned by type alone. A scan of some of them would look like a scan of all.",
        example: &["stagegate scan --live AWS::ApiGateway::Resource --env dev"],
        next_step: "Name one resource: `stagegate scan --live TYPE ID --env NAME`.",
    },
    Entry {
        topic: warning(Code::Incomplete),
        title: "Incomplete results",
        explanation: "Part of what the command should have looked at could not be read, for example because of \
            missing permissions or because a type cannot be listed. The results do not cover that part, so it may \
            have findings that are not reported. With `--strict` this is an error.",
        example: &["warning[incomplete]: results are incomplete: 2 resource(s) that could not be read"],
        next_step: "See the rows or gaps in the results for what could not be read and why. Allow the read \
            permissions that are missing, then run the command again.",
    },
    Entry {
        topic: warning(Code::StaleRead),
        title: "Data of an earlier run",
        explanation: "A service could not be reached, so `drift`, `tag-audit` or `scan --live` used what it answered in an \
            earlier run on this machine. The answers that were used are in the coverage, with their age. Resources with \
            secrets are not kept, and no plan is based on such data. With `--strict` this is an error.",
        example: &[
            "warning[stale-read]: dev: … read(s) were answered with data of an earlier run, up to … s old, because the service cannot be reached",
        ],
        next_step: "Run the command again when the service responds. Add `--refresh` to get no stale data.",
    },
    Entry {
        topic: error(Code::Interrupted),
        title: "Interrupted",
        explanation: "The run was stopped by SIGINT (Ctrl-C) or SIGTERM. No further call was started; a request \
            that AWS had already accepted may still be carried out. A second signal ends the run without waiting for \
            responses, and prints the tokens of the requests. The exit code is 130 or 143.",
        example: &["error[interrupted]: interrupted by a signal; …"],
        next_step: "Run the same command again: requests carry tokens, so what was already done is not done twice.",
    },
    Entry {
        topic: error(Code::TimedOut),
        title: "Time limit reached",
        explanation: "The run took longer than `--timeout`. A run that only reads is canceled (exit code 1). A run that \
            applies a plan makes no further calls and follows those in progress for eight more seconds (exit code 5); a \
            request that AWS has accepted continues there.",
        example: &["stagegate drift --timeout 1s     # AWS does not respond"],
        next_step: "Check the network with `stagegate context`, or run the command again with a longer `--timeout`.",
    },
    Entry {
        topic: error(Code::OutputLost),
        title: "Output could not be written",
        explanation: "The results could not be written to standard output, for example because the disk is full. If \
            this happens while a plan is shown, nothing is sent, because nobody has seen the plan.",
        example: &["error[output-lost]: the answer could not be written: No space left on device (os error 28)"],
        next_step: "Free disk space or write to another location, and run the command again.",
    },
    Entry {
        topic: error(Code::NoRuntime),
        title: "System refuses threads or files",
        explanation: "The operating system did not let the process start the threads or open the files that it needs to \
            run a command and to call AWS, usually because a limit of the user or the container is reached. Nothing was \
            read or sent.",
        example: &["ulimit -n 4; stagegate drift"],
        next_step: "Raise the limit on processes (`ulimit -u`) or on open files (`ulimit -n`), or that of the container.",
    },
    Entry {
        topic: error(Code::Internal),
        title: "Internal error",
        explanation: "stagegate reached a state that should be impossible. This is a bug in stagegate, not in \
            your input.",
        example: &["error[internal]: the command ended without a result"],
        next_step: "Report it, with the command line, the version (`stagegate --version`) and the message. Run \
            `stagegate drift` before repeating a command that writes.",
    },
];
