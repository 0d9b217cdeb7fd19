//! Codes about promotion: selection, names, references and counterparts.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::TypeNotInRegion),
        title: "Type not available in the Region",
        explanation: "CloudFormation's registry in the Region of the target environment does not have the type, or has it \
            without the operation that the plan needs. New services do not start in all Regions.",
        example: &["error[type-not-in-region]: prod: us-east-1 does not have the type AWS::Logs::LogGroup"],
        next_step: "Leave the resource out, choose another Region for the environment, or create the counterpart by other \
            means and map it under `promotion.map`.",
    },
    Entry {
        topic: warning(Code::PermissionMissing),
        title: "Permission that the change may need",
        explanation: "IAM's policy simulator says that the caller's policies do not allow an action that the handler of the \
            type may call. Handlers call some actions only for certain properties, and the simulation knows neither session \
            policies nor the resources that another service names, so the plan may work nevertheless.",
        example: &["warning[permission-missing]: the policies of … do not allow … on …, which the change may need"],
        next_step: "Allow the action for the role, or continue if the properties in use do not need it.",
    },
    Entry {
        topic: error(Code::AgainstTheGrain),
        title: "Promotion out of a protected environment",
        explanation: "The environment promoted from is protected and the one promoted to is not, so the promotion \
            would go from prod to dev. Changes move from unprotected to protected environments.",
        example: &["stagegate promote --all --from prod --to dev"],
        next_step: "Swap `--from` and `--to`.",
    },
    Entry {
        topic: error(Code::BadInput),
        title: "Invalid `--input`",
        explanation: "`--input` gives a value that AWS does not return when a resource is read, such as a password \
            or a function's code. The word does not have the form `TYPE/ID#/JSON/POINTER=VALUE`.",
        example: &["stagegate promote AWS::Lambda::Function api-dev --input ZipFile=@handler.py"],
        next_step: "Write `--input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=@handler.py'`; `=@FILE` takes a \
            file's text.",
    },
    Entry {
        topic: warning(Code::UnknownInput),
        title: "Input for a resource that is not promoted",
        explanation: "`--input` or `--inputs` names a resource that is not part of this promotion, so the value is \
            not used. This is normal where a CI job always runs the same command and the resource has not changed. \
            If the identifier is misspelled, the plan also says which value is missing.",
        example: &[
            "stagegate promote AWS::Logs::LogGroup jobs-dev --input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=@handler.py'",
        ],
        next_step: "Name one of the resources in the hint, or add the resource to the promotion.",
    },
    Entry {
        topic: error(Code::InputNotWriteOnly),
        title: "Input for a value that AWS returns",
        explanation: "`--input` is for values that cannot be read back from the source. This one can be read, and \
            is taken from the source environment.",
        example: &[
            "stagegate promote AWS::Logs::LogGroup jobs-dev --input 'AWS::Logs::LogGroup/jobs-dev#/RetentionInDays=5'",
        ],
        next_step: "If the target environment is to have another value, write it under `promotion.overrides` in \
            `stagegate.yaml`.",
    },
    Entry {
        topic: error(Code::InputNeeded),
        title: "Input needed",
        explanation: "The target resource needs a value that AWS does not return when the source is read, such as a \
            password or a function's code. Nothing is sent until it is given, and secrets are never copied from the \
            source environment.",
        example: &["stagegate promote AWS::Lambda::Function api-dev --with-dependencies"],
        next_step: "Add the `--input` in the hint, with the value or `=@FILE`.",
    },
    Entry {
        topic: warning(Code::LeftBehind),
        title: "Part of a resource left behind",
        explanation: "A resource without tags belongs to one that is promoted, such as a subscription to its topic, \
            and does not come along: it cannot be listed, read or created in the other account. The promotion of \
            its parent is not complete, so the parent is not recorded as `synced` and the exit code is 5.",
        example: &[
            "warning[left-behind]: AWS::SNS::Subscription, which belongs to AWS::SNS::Topic …, is left behind: cannot be listed: …",
        ],
        next_step: "Remove the cause, for example a missing permission, and promote again. To accept that it stays \
            behind, add `--leave-behind`.",
    },
    Entry {
        topic: note(Code::ChildrenNotListed),
        title: "A type that cannot be listed",
        explanation: "Resources of this type have no tags and belong to one that is promoted. Cloud Control cannot \
            list them, and the parent has no record of one, so stagegate does not know whether there are any.",
        example: &["note[children-not-listed]: Cloud Control cannot list …: if there are any, they are not promoted"],
        next_step: "If there is one, promote it by its type and identifier.",
    },
    Entry {
        topic: note(Code::VersionNotPromoted),
        title: "Earlier versions of a function",
        explanation: "A version is a copy of a function's code and configuration. Versions that an alias, a stack or \
            another resource names are published in the other account too; the others are the function's history.",
        example: &[
            "note[version-not-promoted]: 1 version(s) of functions are not promoted: no alias, stack or other resource names them, for example …",
        ],
        next_step: "Nothing to do. To promote one of them, name its type and identifier.",
    },
    Entry {
        topic: error(Code::VersionNotPublished),
        title: "A version that can no longer be published",
        explanation: "An alias or another resource names a version of a function that has no counterpart in the other \
            account, and a newer version is promoted as well. AWS makes a version from the function's current code, \
            so that only the newest one can be published.",
        example: &[
            "error[version-not-published]: version 1 of the function api-dev has no counterpart in prod, and can no longer be published there: AWS publishes the current code, which is that of version 2",
        ],
        next_step: "Point what names the older version to the newer one, and promote again.",
    },
    Entry {
        topic: warning(Code::LeftOut),
        title: "Managed resource left out",
        explanation: "A resource of the source environment carries stagegate's tags but is not promoted: its ARN \
            belongs to no known type, or it could not be read. The promotion continues without it, because nothing \
            else refers to it.",
        example: &["warning[left-out]: AWS::SQS::Queue … in dev cannot be read: …"],
        next_step: "Allow the type's read permissions, or name the resource by type and identifier to promote it.",
    },
    Entry {
        topic: error(Code::AutoNotConfigured),
        title: "Unattended promotion is not configured",
        explanation: "`promote --auto` promotes without an approval what the section `promotion.auto` of \
            `stagegate.yaml` allows. There is no such section, and none of its rules has a default.",
        example: &["stagegate promote --all --auto"],
        next_step: "Promote without `--auto` and approve the plan, or add the rules: `promotion: {auto: {types: \
            [AWS::SQS::Queue], cap: 5.00, soak: 24h}}`.",
    },
    Entry {
        topic: error(Code::AutoRefused),
        title: "Not promoted unattended",
        explanation: "The plan contains something that `promote --auto` may not do: a type that is not in \
            `promotion.auto.types`; permissions, networks or data stores; a cost above the cap or not known; a resource \
            that was changed within the soak time, or of which that is not known; a change that somebody made in the \
            environment promoted to; findings; values that a person must review. Nothing was sent.",
        example: &[
            "promotion: {auto: {types: [AWS::SQS::Queue], cap: 20.00, soak: 24h}}",
            "# stagegate promote --all --auto",
        ],
        next_step: "Promote without `--auto` and approve the plan, or wait until the reason is gone.",
    },
    Entry {
        topic: error(Code::NameWithoutEnvironment),
        title: "Name without an environment token",
        explanation: "The resource's name contains no token of its environment, such as `dev`, so there is no name \
            to give its counterpart. Names in this namespace must be unique: they are global, or both environments \
            share an account.",
        example: &["Type: AWS::S3::Bucket", "Properties: {BucketName: company-files}     # bucket names are global"],
        next_step: "Give the counterpart's name in `stagegate.yaml`: `promotion: {map: {\"company-files\": \
            \"company-files-prod\"}}`.",
    },
    Entry {
        topic: error(Code::NameTooLong),
        title: "Name too long for the service",
        explanation: "The name that the resource would get in the environment promoted to is longer than the service \
            accepts: the token of that environment may be longer. The plan is refused before anything is sent.",
        example: &[
            "error[name-too-long]: AWS::IAM::Role …-dev: its name in prod, `…-prod`, has 65 characters, and the service accepts 64",
        ],
        next_step: "Choose another name with `--name TYPE/ID=NAME`, or under `promotion.map` in `stagegate.yaml`.",
    },
    Entry {
        topic: warning(Code::NameLeftOut),
        title: "Name left to the service",
        explanation: "The resource's name has no environment token, and names in this namespace must be unique, so \
            the counterpart cannot have the same name. Names that a service made have this form. The counterpart is \
            created without a name, and the service makes another one; references to it use the new name.",
        example: &[
            "warning[name-left-out]: AWS::S3::Bucket …: the name has no environment token and is left out; the service makes another",
        ],
        next_step: "Approve the plan, or choose a name with `--name TYPE/ID=NAME` or under `promotion.map`.",
    },
    Entry {
        topic: error(Code::AmbiguousName),
        title: "Name with several environment tokens",
        explanation: "The resource's name contains more than one token of its environment, and it is not clear \
            which to replace. A wrong choice would create a resource under a wrong name, which often cannot be \
            changed later.",
        example: &["stagegate promote AWS::Logs::LogGroup dev-tools-dev"],
        next_step: "Give the counterpart's name in `stagegate.yaml`: `promotion: {map: {\"dev-tools-dev\": \
            \"dev-tools-prod\"}}`.",
    },
    Entry {
        topic: error(Code::NameTaken),
        title: "Counterpart's name is taken",
        explanation: "A resource with the counterpart's name exists in the target environment, and its tags do not \
            name the source as its counterpart. stagegate does not take over resources that it did not create.",
        example: &["stagegate promote AWS::Logs::LogGroup jobs-dev     # jobs-prod exists and is not its counterpart"],
        next_step: "Check what that resource is. Rename one of the two, map the name under `promotion.map`, or \
            remove the resource if nothing needs it.",
    },
    Entry {
        topic: error(Code::CounterpartClaimedTwice),
        title: "Several counterparts for one resource",
        explanation: "More than one resource of the target environment carries a `DevCounterpart` tag that names \
            this source. Updating any one of them could be wrong.",
        example: &[
            "error[counterpart-claimed-twice]: AWS::Logs::LogGroup jobs-dev: 2 prod resources name it as their dev counterpart; a tag on one side alone does not make `a-prod`, `b-prod` in prod its counterpart",
        ],
        next_step: "Remove the `DevCounterpart` tag from the wrong one, then promote again. `stagegate tag-audit` \
            lists such tags.",
    },
    Entry {
        topic: warning(Code::CounterpartTagLost),
        title: "Lost counterpart tag",
        explanation: "The source names its counterpart, and the counterpart, which stagegate manages, has lost the \
            tag `DevCounterpart` that names the source. The plan restores the tag and changes nothing else, and \
            nothing is created a second time.",
        example: &[
            "warning[counterpart-tag-lost]: AWS::Logs::LogGroup jobs-dev names jobs-prod in prod, which has lost its tag DevCounterpart: the plan restores the tag and changes nothing else",
        ],
        next_step: "Check that the two belong together and approve the plan. Promote again if `stagegate drift` \
            shows other differences.",
    },
    Entry {
        topic: error(Code::NotMarked),
        title: "Mark that cannot be changed",
        explanation: "`promote --mark-pending` and `promote --unmark` change the promotion tags of managed resources \
            in the source environment. The resource is not managed, has no mark, or is promoted, and its counterpart \
            confirms it.",
        example: &["stagegate promote AWS::Logs::LogGroup jobs-dev --unmark     # jobs-prod names jobs-dev"],
        next_step: "Run `stagegate drift TYPE ID` for the state of the resource. To complete an interrupted \
            promotion, promote it again.",
    },
    Entry {
        topic: error(Code::CounterpartUnproven),
        title: "Counterpart without proof",
        explanation: "The tags of one environment name a counterpart, and those of the other do not confirm it. \
            Anyone who may write tags can set such a tag, so a tag on one side alone does not allow stagegate to \
            change a resource, and it does not create a second one beside it either.",
        example: &[
            "error[counterpart-unproven]: AWS::Logs::LogGroup jobs-dev: the resource `pay-prod` names it as its counterpart, but it does not name that resource; a tag on one side alone does not make `pay-prod` in prod its counterpart",
        ],
        next_step: "Check what both resources are. If they belong together, map the source under `promotion.map`; \
            the promotion then restores the tags. Otherwise remove the wrong tag: in the source environment with \
            `stagegate promote --unmark TYPE ID`.",
    },
    Entry {
        topic: error(Code::NameCollision),
        title: "Two resources with one name in the target",
        explanation: "Several resources of the source environment would get the same name, or have the same \
            counterpart, in the target environment. One would overwrite the other.",
        example: &["error[name-collision]: `…`, `…` would all be AWS::Logs::LogGroup `orders-prod` in prod"],
        next_step: "Choose another name for one of them with `--name TYPE/ID=NAME`, or under `promotion.map`.",
    },
    Entry {
        topic: error(Code::UnmappedReference),
        title: "Reference without a counterpart",
        explanation: "The source refers to something of its own environment, by ARN, id, name or account id, that \
            has no known counterpart in the target. Sending the value would make the target depend on the source \
            environment.",
        example: &[
            "error[unmapped-reference]: AWS::Lambda::Function api-dev /Role: `arn:aws:iam::111111111111:role/api-dev` …",
        ],
        next_step: "Promote what it names first, or along with it (`--with-dependencies`), or map the value in \
            `stagegate.yaml`: `promotion: {map: {\"VALUE\": \"VALUE IN PROD\"}}`.",
    },
    Entry {
        topic: note(Code::CarriedOver),
        title: "Value carried over literally",
        explanation: "A value is sent to the target as it is in the source, although it may belong to the source \
            environment: it looks like an id that AWS generated and no resource of the source has it, it contains the \
            environment's name in a text that is no name, or it is the name of a resource that would have the same name \
            in the target. Whether it is right there is for the reviewer to decide.",
        example: &[
            "note[carried-over]: AWS::SSM::Parameter wiki-dev /Value: `dev` is carried over literally; it contains a word that is the name of the source environment, in a text that is no name",
        ],
        next_step: "If the target needs another value, map it in `stagegate.yaml`: `promotion: {map: {\"VALUE\": \
            \"VALUE IN PROD\"}}`.",
    },
    Entry {
        topic: error(Code::UnreadableReference),
        title: "Referenced resource cannot be read",
        explanation: "A resource that the promotion refers to could not be read in the source environment. What its \
            counterpart is cannot be determined without reading it.",
        example: &["error[unreadable-reference]: AWS::IAM::Role api-dev cannot be read: …"],
        next_step: "Allow the read permissions of the type (`stagegate schema TYPE` lists them), or map the value \
            under `promotion.map`.",
    },
    Entry {
        topic: error(Code::UnreadableTarget),
        title: "Possible counterpart cannot be read",
        explanation: "A resource of the same type in the target environment could not be read. It may be the \
            counterpart, and creating a second one would be worse than stopping.",
        example: &["error[unreadable-target]: AWS::KMS::Key … in prod cannot be read: …"],
        next_step: "Allow the read permissions of the type in the target environment, then promote again.",
    },
];
