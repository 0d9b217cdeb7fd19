//! Codes about the permissions of principals.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::UnknownAction),
        title: "Unknown action",
        explanation: "No service of AWS has the action, according to the service authorization reference. IAM accepts policies \
            with such actions, and they grant nothing.",
        example: &["stagegate iam gap ann --action s3:PutObjekt"],
        next_step: "Correct the action as the hint says. Letter case does not matter.",
    },
    Entry {
        topic: error(Code::UnknownPrincipal),
        title: "Unknown principal",
        explanation: "The account of the environment has no user, role or group of this name, or has several of \
            them. An ARN must be that of a principal in this account.",
        example: &["error[unknown-principal]: dev has no user, role or group `anne`"],
        next_step: "Check the name and `--env`, or use the ARN.",
    },
    Entry {
        topic: error(Code::UnscopedAccess),
        title: "Actions without limits",
        explanation: "A policy of least privilege names each action, and the resources on which it is needed. An action with a \
            wildcard, a resource that stands for all of its kind, a resource that none of the actions applies to, or an action \
            for which no resource fits is refused. Only actions that take no resource are allowed on `*`.",
        example: &["stagegate iam propose ann --action s3:GetObject --resource 'arn:aws:s3:::*'"],
        next_step: "Name the actions and the ARNs of the resources, or a prefix of their names, as the hint says.",
    },
    Entry {
        topic: warning(Code::EvaluatedLocally),
        title: "Policies evaluated locally",
        explanation: "The policy simulator of IAM may not be used, so the policies were read and evaluated by stagegate, which \
            follows the documentation of IAM. It knows less about the account than IAM does.",
        example: &["warning[evaluated-locally]: the policies were evaluated by stagegate, not by IAM: …"],
        next_step: "Allow iam:SimulatePrincipalPolicy for the principal that `stagegate context` shows.",
    },
    Entry {
        topic: warning(Code::ExplicitlyDenied),
        title: "Explicitly denied",
        explanation: "A statement of the principal's policies denies the action. An explicit deny takes precedence over every \
            allow, so no proposed policy can change it.",
        example: &[
            "warning[explicitly-denied]: a policy denies s3:PutObject on arn:aws:s3:::audit/*, which no other policy can allow",
        ],
        next_step: "`stagegate iam analyze PRINCIPAL` shows the statement. Change it, if the action is really needed.",
    },
    Entry {
        topic: note(Code::PoliciesNotSeen),
        title: "Policies that were not evaluated",
        explanation: "Policies of the organization, of resources and of sessions may deny or, in the case of resources, allow an \
            action. Neither the policy simulator nor stagegate has them here.",
        example: &["note[policies-not-seen]: service control policies, … were not evaluated, and may decide otherwise"],
        next_step: "If an action fails although it is allowed here, look at the policies that the message of AWS names.",
    },
    Entry {
        topic: warning(Code::PolicyTooLong),
        title: "Policy too long",
        explanation: "A managed policy has at most 6,144 characters, white space not counted. IAM refuses a longer one.",
        example: &["warning[policy-too-long]: the policy has … characters, and a managed policy at most 6144"],
        next_step: "Divide the statements between several policies. A principal can have ten.",
    },
    Entry {
        topic: note(Code::PermissionNotKnown),
        title: "Permission that could not be limited",
        explanation: "What a plan needs depends on something that is known only when it is carried out, such as the identifier \
            that a service chooses. The policy allows the action on a wider set of resources, or leaves it out, as the message \
            says.",
        example: &[
            "note[permission-not-known]: Vpc: the service chooses the name of the resource; the actions on it are allowed on every name",
        ],
        next_step: "Limit the resources further if you know more about them.",
    },
    Entry {
        topic: warning(Code::PolicyFlagged),
        title: "Policy with a serious finding",
        explanation: "`--validate` found an error or a security warning in the policy: a part of it has no effect or is refused by \
            IAM, or it allows more than is advisable. The policy is written all the same.",
        example: &["warning[policy-flagged]: … (PASS_ROLE_WITH_STAR_IN_RESOURCE)"],
        next_step: "Correct the policy as the finding says. The JSON output has its place in the document.",
    },
    Entry {
        topic: warning(Code::ValidatedLocally),
        title: "Policies validated locally",
        explanation: "IAM Access Analyzer may not be used or cannot be reached, so the policies were checked by stagegate: their \
            elements and the names of their actions, and the built-in policies of `scan`. Access Analyzer has more checks, and is \
            the only one that can prove that a change adds no other access.",
        example: &["warning[validated-locally]: the policies were checked by stagegate, not by IAM Access Analyzer: …"],
        next_step: "Allow access-analyzer:ValidatePolicy and access-analyzer:CheckNoNewAccess for the principal that \
            `stagegate context` shows.",
    },
    Entry {
        topic: warning(Code::LastUseUnread),
        title: "Last use of services unknown",
        explanation: "The report of when a principal last used each service could not be made. Nothing is said about unused \
            permissions then.",
        example: &["warning[last-use-unread]: the last use of services could not be read: …"],
        next_step: "Allow iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails.",
    },
];
