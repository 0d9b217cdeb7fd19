//! Codes about the project: `stagegate.yaml`, its environments and profiles.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::NoProject),
        title: "No project file",
        explanation: "There is no `stagegate.yaml` in the current folder or in a folder above, and the command \
            needs to know the accounts of the environments. `scan -f` and `estimate -f` work without one and use \
            defaults, which they say in a note.",
        example: &["stagegate drift     # in a folder without stagegate.yaml"],
        next_step: "Write a `stagegate.yaml` that names your dev and prod accounts, name one with `--config FILE`, \
            or try the embedded cloud with `--sandbox`.",
    },
    Entry {
        topic: error(Code::UnreadableConfig),
        title: "Project file cannot be read",
        explanation: "The file named with `--config` or `STAGEGATE_CONFIG`, or the nearest `stagegate.yaml`, exists \
            but could not be read, or the named one does not exist. stagegate does not look for another file \
            instead, because it could describe other accounts.",
        example: &["stagegate context --config prod/stagegate.yaml"],
        next_step: "Check the path and the permissions of the file.",
    },
    Entry {
        topic: error(Code::UntrustedConfig),
        title: "Project file of another user",
        explanation: "The nearest `stagegate.yaml` belongs to another user, or every user can write to it. It would \
            decide which accounts are used, which costs need no approval and which policies apply, so it is used only \
            when you name it.",
        example: &["cd shared && stagegate drift     # another user can write to stagegate.yaml"],
        next_step: "Check the content of the file, then name it with `--config FILE`, or become its owner.",
    },
    Entry {
        topic: error(Code::UnknownKey),
        title: "Unknown key",
        explanation: "`stagegate.yaml` or the usage file has a key that stagegate does not know. Unknown keys are \
            errors, because a misspelled limit would otherwise silently not apply.",
        example: &["cost: {auto_aprove_below: 10.00}"],
        next_step: "Correct the key; the hint suggests the nearest one.",
    },
    Entry {
        topic: error(Code::MissingKey),
        title: "Missing key",
        explanation: "A key that the project needs is not there, such as `project`, `environments`, or an \
            environment's `account`. There are no defaults for these, because a guessed account would be the wrong \
            one.",
        example: &[
            "version: 1",
            "project: Shop",
            "environments:",
            "  dev: {region: us-east-1}     # `account` is missing",
        ],
        next_step: "Add the key as the hint shows it.",
    },
    Entry {
        topic: error(Code::EmptyValue),
        title: "Empty value",
        explanation: "A key is there, but its value is empty. An empty value is more likely a mistake than a \
            request for the default.",
        example: &["project: \"\""],
        next_step: "Give it a value, or remove the key.",
    },
    Entry {
        topic: error(Code::WrongValue),
        title: "Invalid setting",
        explanation: "A value in `stagegate.yaml` is not one that its key can have: a negative amount, an unknown \
            severity, a duration without a unit, a name with characters that cannot be part of resource names, and \
            so on. The whole file is checked before anything is called, and all mistakes are reported together.",
        example: &["policies: {fail_on: severe}"],
        next_step: "Use one of the values in the hint.",
    },
    Entry {
        topic: error(Code::InvalidAccountId),
        title: "Invalid account id",
        explanation: "An AWS account id has exactly twelve digits. An id that begins with zeros must be written \
            with them, in quotes, because YAML may read it as a number.",
        example: &["environments:", "  dev: {account: 12345678901, region: us-east-1}"],
        next_step: "Write all twelve digits in quotes: `account: \"012345678901\"`.",
    },
    Entry {
        topic: error(Code::InvalidRegion),
        title: "Invalid region",
        explanation: "The value does not have the form of an AWS region code. Calls to a region that does not exist \
            would fail later with a network error.",
        example: &["environments:", "  dev: {account: \"111111111111\", region: us-east}"],
        next_step: "Write a region such as `us-east-1`.",
    },
    Entry {
        topic: error(Code::SameAccount),
        title: "Environments share an account",
        explanation: "Two environments that should be separate are pinned to the same account id. A promotion would \
            then write into the account that it reads from, and a protected environment would not be protected.",
        example: &[
            "environments:",
            "  dev:  {account: \"111111111111\", region: us-east-1}",
            "  prod: {account: \"111111111111\", region: us-east-1}",
        ],
        next_step: "Give each environment its own account. If they do share one, write `single_account: true` at \
            the top level.",
    },
    Entry {
        topic: error(Code::DuplicateName),
        title: "Account name used twice",
        explanation: "Two entries under `accounts` have the same name, so commands could not tell them apart. \
            Letter case does not count.",
        example: &[
            "accounts:",
            "  - {name: Security, account: \"333333333333\"}",
            "  - {name: security, account: \"444444444444\"}",
        ],
        next_step: "Give each account its own name.",
    },
    Entry {
        topic: error(Code::AmbiguousToken),
        title: "Environments share a name token",
        explanation: "Two environments list the same token under `naming.environment_tokens`. The tokens tell which \
            part of a resource name is the environment's; a shared one would make renaming ambiguous.",
        example: &["naming:", "  environment_tokens: {dev: [main], prod: [main, production]}"],
        next_step: "Use different tokens for each environment.",
    },
    Entry {
        topic: error(Code::UnknownEnvironment),
        title: "Unknown environment",
        explanation: "The command names an environment that the project does not define under `environments`. \
            Environments are never guessed from profiles or account ids.",
        example: &["stagegate drift --from dev --to production"],
        next_step: "Use one of the environments in the hint, or add it to `stagegate.yaml`. `stagegate context` \
            lists them.",
    },
    Entry {
        topic: error(Code::UnknownProfile),
        title: "Unknown AWS profile",
        explanation: "The environment's `profile` is not in the AWS configuration or credentials file. stagegate \
            never falls back to other credentials when a profile is named, so that no command runs in the wrong \
            account. The exit code is 6.",
        example: &["environments:", "  dev: {profile: shop-devv, account: \"111111111111\", region: us-east-1}"],
        next_step: "Correct the profile, or create it: `aws configure sso --profile NAME`.",
    },
    Entry {
        topic: error(Code::InvalidCaBundle),
        title: "Certificates cannot be used",
        explanation: "`AWS_CA_BUNDLE`, or `ca_bundle` of the environment's AWS profile, names a file that cannot be \
            read or has no usable certificate. Servers are verified with these certificates alone, as in the AWS CLI, \
            so no request is sent without them. The exit code is 64.",
        example: &["AWS_CA_BUNDLE=/etc/proxy.pem stagegate context     # the file does not exist"],
        next_step: "Name a file with certificates in PEM format (`-----BEGIN CERTIFICATE-----`), or remove the setting.",
    },
    Entry {
        topic: error(Code::UnreadableProfiles),
        title: "AWS configuration files cannot be read",
        explanation: "The environment names an AWS profile, and the AWS configuration or credentials file that \
            should define it could not be read or is malformed. Without it, it is not known which credentials the \
            profile stands for. The exit code is 6.",
        example: &["AWS_CONFIG_FILE=notes.txt stagegate context     # not a configuration file"],
        next_step: "Correct the file that the message names, or name others with `AWS_CONFIG_FILE` and \
            `AWS_SHARED_CREDENTIALS_FILE`.",
    },
];
