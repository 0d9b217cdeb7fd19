//! Codes about reads across accounts.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::UnknownAccount),
        title: "Unknown account",
        explanation: "`--accounts` names an account that is neither an environment nor in `accounts` of the project \
            file, nor in the organization if that is the registry. A name that is not known is never skipped. The \
            exit code is 64.",
        example: &["stagegate inventory AWS::S3::Bucket --accounts Secruity"],
        next_step: "Use the name of an environment or of an entry of `accounts`, or an account id.",
    },
    Entry {
        topic: error(Code::AmbiguousAccount),
        title: "Name of several accounts",
        explanation: "`--accounts` names several accounts: names of accounts are not unique in an organization. \
            stagegate does not choose one of them. The exit code is 64.",
        example: &[
            "stagegate inventory AWS::S3::Bucket --accounts Sandbox     # two accounts of the organization have this name",
        ],
        next_step: "Use one of the account ids in the hint.",
    },
    Entry {
        topic: error(Code::TooManyTypes),
        title: "Too many types for one role",
        explanation: "The role of `context --member-role` would need more managed policies than IAM attaches to a role. \
            Each policy has a limited size, and the role names every action that reading its types takes, without \
            wildcards.",
        example: &[
            "stagegate context --member-role …     # --type AWS::EC2 --type AWS::IoT and so on, for all services",
        ],
        next_step: "Name fewer types with `--type`, or deploy a second role and register it for other accounts.",
    },
    Entry {
        topic: error(Code::InvalidQuery),
        title: "Invalid query",
        explanation: "The value of `--query` is not a JMESPath expression, or it cannot be evaluated for the resources, \
            for example because a function was given a value of another type. The expression is evaluated for the \
            list of resources.",
        example: &["stagegate inventory AWS::S3::Bucket --query '[?region==`us-east-1`'"],
        next_step: "Correct the expression. `--json` shows the resources that it is evaluated for.",
    },
];
