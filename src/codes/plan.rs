//! Codes about plans, the gate and approvals.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::AlreadyExists),
        title: "Resource exists already",
        explanation: "A resource with the name or identifier that the template gives exists in the environment, and \
            was not created by this request. stagegate does not take over resources that it did not create.",
        example: &["stagegate create -f queue.yaml     # the queue jobs-dev exists and is not of stagegate"],
        next_step: "Choose another name, or remove the existing resource if nothing needs it.",
    },
    Entry {
        topic: error(Code::UnresolvedReference),
        title: "Value still unknown",
        explanation: "A property depends on a value that is not known when it has to be sent, such as an attribute \
            of a resource outside the templates or a function that only a stack resolves. Nothing is sent with a \
            guess in it.",
        example: &["Type: AWS::SQS::Queue", "Properties: {KmsMasterKeyId: !ImportValue shared-KeyArn}"],
        next_step: "Write the value out, or pass it as a parameter with `--param NAME=VALUE`.",
    },
    Entry {
        topic: error(Code::ProtectedEnvironment),
        title: "Creation in a protected environment",
        explanation: "`create` may not create resources in a protected environment. Resources reach it through \
            `promote`, from a live resource that was tried in another environment.",
        example: &["stagegate create -f queue.yaml --env prod"],
        next_step: "Create the resource in an unprotected environment and run `stagegate promote TYPE ID --to \
            prod`. `allow_create: true` in the environment lifts the rule.",
    },
    Entry {
        topic: error(Code::NeedsReplacement),
        title: "Change needs a replacement",
        explanation: "A property that differs can be set at creation only, so the resource would have to be deleted \
            and created anew, and what it holds would be lost. In a protected environment a plan with a replacement is refused \
            unless `--allow-replace` is given.",
        example: &[
            "error[needs-replacement]: AWS::DynamoDB::Table orders-prod: /KeySchema/0 can only be set at creation, so that the change requires replacement of AWS::DynamoDB::Table orders-prod; its data is lost with it",
        ],
        next_step: "Change the property back, or create a second resource and move the data. If the data is not needed, add \
            `--allow-replace`; the replacement then needs an approval.",
    },
    Entry {
        topic: error(Code::NotApproved),
        title: "Plan not approved",
        explanation: "The plan needs an approval that was not given: the question was answered with no, or a \
            critical finding in a protected environment has to be approved separately. Nothing was sent.",
        example: &["error[not-approved]: the plan was not approved; nothing was sent"],
        next_step: "Review the plan. To approve it later, run the command that the plan printed, with `--approve \
            DIGEST`.",
    },
    Entry {
        topic: error(Code::FindingsToFix),
        title: "Stopped to fix findings",
        explanation: "The question about the policy findings was answered with \"fix\". Nothing was sent.",
        example: &["error[findings-to-fix]: nothing was sent; fix the findings and run the command again"],
        next_step: "Fix the findings in the template and run the command again. `stagegate explain POLICY-ID` says \
            what a policy asks for.",
    },
    Entry {
        topic: error(Code::FindingsNotApproved),
        title: "Critical findings not approved",
        explanation: "The plan was approved, but it has critical findings in a protected environment, which need an \
            approval of their own. Nothing was sent.",
        example: &["stagegate promote AWS::IAM::Role admin-dev --approve DIGEST"],
        next_step: "Fix the findings, or add `--approve-findings DIGEST --reason TEXT`.",
    },
    Entry {
        topic: error(Code::BadDigest),
        title: "Invalid plan digest",
        explanation: "`--approve` takes the digest that was printed with the plan. The word does not have that \
            form: a time, a dash and 64 hexadecimal digits.",
        example: &["stagegate create -f queue.yaml --approve yes"],
        next_step: "Copy the digest from the plan, such as `20261120T091226Z-…`.",
    },
    Entry {
        topic: error(Code::DigestExpired),
        title: "Approval expired",
        explanation: "A plan can be approved for 24 hours. Prices, policies and the resources themselves may have \
            changed since then.",
        example: &["stagegate create -f queue.yaml --approve 20240101T000000Z-…"],
        next_step: "Run the command again without `--approve` to see the plan as it is now.",
    },
    Entry {
        topic: error(Code::DigestFromFuture),
        title: "Plan dated in the future",
        explanation: "The time in the digest is later than the clock of this machine. Either this clock or that of \
            the machine that made the plan is wrong.",
        example: &["stagegate create -f queue.yaml --approve 20991231T235959Z-…"],
        next_step: "Check the clock, then make the plan again.",
    },
    Entry {
        topic: error(Code::PlanChanged),
        title: "Plan has changed since it was approved",
        explanation: "The approved plan and the plan made now are not the same: a resource, a price, a policy or \
            the input changed in between. Exactly what was approved is sent, or nothing. The message says what \
            differs where a copy of the approved plan is on this machine.",
        example: &[
            "stagegate update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=60 --approve DIGEST     # of 90 days",
        ],
        next_step: "Run the command without `--approve`, review the plan as it is now, and approve that one.",
    },
    Entry {
        topic: error(Code::ApprovalByPlanner),
        title: "Approval by the identity that made the plan",
        explanation: "`approvals.ENVIRONMENT.not_by_planner` of the project file asks for the approval of another identity than \
            the one that made the plan. The plan contains the planner's ARN as STS returned it, and the caller who approves is the \
            same identity: the same user, another session of the same role (whoever assumes a role chooses the name of the \
            session), or the same user of IAM Identity Center. A federated user of STS counts as nobody. The same holds at a \
            prompt, with `--approve`, with `--resume` and for a recorded approval. Nothing was sent; the exit code is 4.",
        example: &[
            "error[approval-by-planner]: the plan was made by arn:aws:iam::222222222222:user/sandbox, which may not approve it in `prod`; nothing was approved or sent",
        ],
        next_step: "Save the plan with `--plan-out plan.json`. Somebody else reviews it and runs `stagegate approve plan.json` with \
            credentials of their own; then `stagegate apply plan.json --approval plan.approval.json` carries it out.",
    },
    Entry {
        topic: error(Code::ApprovalUsed),
        title: "Approval used before",
        explanation: "The plan with this digest was applied completely before. An approval is good for one run of one \
            plan, and for its rest if that run was interrupted. What the plan made may have been changed or deleted \
            since then, and that was not part of the approval.",
        example: &[
            "stagegate update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=90 --approve DIGEST     # a second time",
        ],
        next_step: "Run the command without `--approve`, review the plan as it is now, and approve that one.",
    },
    Entry {
        topic: error(Code::InvalidApproval),
        title: "Not a recorded approval",
        explanation: "The file given to `apply --approval` is not an approval that `stagegate approve` recorded, is one of another \
            version, contradicts itself, is dated in the future, or names an approver of another account than the plan changes. \
            Nothing was sent.",
        example: &["stagegate apply plan.json --approval plan.json"],
        next_step: "Ask the approver to run `stagegate approve PLAN` again, and pass the file on unchanged.",
    },
    Entry {
        topic: error(Code::InvalidSavedPlan),
        title: "Not a saved plan",
        explanation: "The file given to `apply` is not a plan that `--plan-out` saved, is one of another version, or \
            was edited. The plan in it must have the digest that is recorded beside it. Nothing was read or sent.",
        example: &["error[invalid-saved-plan]: `plan.json` cannot be applied: it was edited: …"],
        next_step: "Save the plan again with `--plan-out FILE`, and apply the file unchanged.",
    },
    Entry {
        topic: error(Code::TemplateEdited),
        title: "File changed since the plan was saved",
        explanation: "A template, patch or input file from which a saved plan was made has another content now. The \
            plan was made of the earlier one, so it may not be what is wanted. Nothing was sent.",
        example: &["error[template-edited]: `group.yaml` has changed since the plan was saved; nothing was sent"],
        next_step: "Make the plan again with `--plan-out`, or restore the file.",
    },
    Entry {
        topic: error(Code::MissingValue),
        title: "Sensitive value missing",
        explanation: "A saved plan and the private copy of a plan contain no sensitive values, and this one was made \
            with one. `apply` needs the value again, and refuses another one. An `update` that replaces a resource and \
            was interrupted after the deletion needs it to create the new one.",
        example: &["stagegate apply plan.json     # made with --param Secret=…, a `NoEcho` parameter"],
        next_step: "Add the flag in the hint with the value that the plan was made with, or follow the hint.",
    },
    Entry {
        topic: error(Code::PlanNotSaved),
        title: "Plan could not be saved",
        explanation: "An `update` that replaces a resource and keeps its name deletes the old one first. Until the new \
            one is created, only the plan contains its properties, so that an interrupted run could not be completed \
            without a copy of the plan. The copy could not be written; nothing was sent.",
        example: &["error[plan-not-saved]: the plan cannot be saved in …; …"],
        next_step: "Make the folder writable, set XDG_STATE_HOME to another one, or use `--plan-out FILE` and `apply`.",
    },
    Entry {
        topic: error(Code::AmbiguousResource),
        title: "Several resources match",
        explanation: "Several live resources may be the one that the template means: they carry the same \
            `StackResource` tag, or their type has no tags and their properties do not tell them apart. Another one \
            is not created, because it could be a duplicate.",
        example: &["error[ambiguous-resource]: AWS::Logs::LogGroup … and … in dev have the same StackResource tag …"],
        next_step: "Remove the tag from the resource that does not belong to the stack, or change one resource of the \
            type at a time.",
    },
    Entry {
        topic: warning(Code::DroppedResource),
        title: "Resource no longer in the template",
        explanation: "A resource carries the `StackResource` tag of the stack, and the template no longer contains \
            it. `create` never deletes resources.",
        example: &[
            "warning[dropped-resource]: the template no longer contains Jobs (AWS::Logs::LogGroup …); it is not deleted",
        ],
        next_step: "Delete it with `stagegate delete TYPE ID --env NAME`, or put it back into the template.",
    },
    Entry {
        topic: note(Code::LiveChangeKept),
        title: "Change in the account kept",
        explanation: "A property was changed in the account since stagegate last wrote the resource. `--keep-live` \
            leaves it as it is.",
        example: &[
            "note[live-change-kept]: AWS::Logs::LogGroup jobs-dev /RetentionInDays was changed in dev and is left as it is (--keep-live)",
        ],
        next_step: "Put the value into the template, or run the command without `--keep-live` to set it back.",
    },
    Entry {
        topic: error(Code::BadStackName),
        title: "Invalid stack name",
        explanation: "The name of the stack becomes part of a tag value. The given one has characters that are not \
            allowed there, or is longer than 128 characters.",
        example: &["error[bad-stack-name]: `my stack!` is not a stack name"],
        next_step: "Use letters, digits, dashes, dots and underscores.",
    },
    Entry {
        topic: error(Code::BadPatch),
        title: "Patch does not fit",
        explanation: "The file of `--patch` is not a JSON Patch (RFC 6902), or an operation does not fit the live \
            properties. Pointers refer to the properties that can be set, without read-only ones.",
        example: &["error[bad-patch]: the patch does not fit AWS::Logs::LogGroup jobs-dev: … path is invalid"],
        next_step: "Compare the patch with the properties in the plan of `stagegate update … --set`, and correct it.",
    },
    Entry {
        topic: error(Code::ServiceOwned),
        title: "Resource belongs to AWS",
        explanation: "AWS created the resource in the account and manages it, such as a service-linked role or a \
            default parameter group. It cannot be changed or deleted.",
        example: &["error[service-owned]: AWS::IAM::Role AWSServiceRoleForECS belongs to AWS and cannot be deleted"],
        next_step: "Use a resource of your own.",
    },
    Entry {
        topic: error(Code::DeletionProtected),
        title: "Deletion protection",
        explanation: "A property of the resource protects it from deletion. stagegate does not end the protection \
            by itself.",
        example: &["error[deletion-protected]: AWS::DynamoDB::Table orders-dev is protected: …"],
        next_step: "Make sure that the resource is not needed, then run the `update` command that is printed.",
    },
    Entry {
        topic: warning(Code::HasDependents),
        title: "Other resources refer to it",
        explanation: "A managed resource refers to the one that is to be deleted. It may stop working, or AWS may \
            reject the deletion.",
        example: &["warning[has-dependents]: AWS::Lambda::Function api-dev /Role refers to AWS::IAM::Role api-dev"],
        next_step: "Change or delete the other resource first.",
    },
    Entry {
        topic: warning(Code::HasCounterpart),
        title: "Counterpart in another environment",
        explanation: "The resource was promoted, or is the result of a promotion. Its counterpart is not deleted; \
            the promotion tags of the counterpart are corrected.",
        example: &[
            "warning[has-counterpart]: AWS::Logs::LogGroup jobs-dev is promoted: its counterpart in prod is jobs-prod, which stays",
        ],
        next_step: "Delete the counterpart as well if it is not needed.",
    },
    Entry {
        topic: warning(Code::CounterpartUnknown),
        title: "Counterpart not known",
        explanation: "Another environment of the project could not be read. If it has a counterpart of the deleted \
            resource, its promotion tags still name the deleted one.",
        example: &["warning[counterpart-unknown]: `prod` cannot be read, so that counterparts in it are not known: …"],
        next_step: "Run `stagegate drift` with access to both environments.",
    },
];
