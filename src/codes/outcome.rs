//! Outcomes of runs, and the words for costs, risks and accounts in results.

use super::entry::{Entry, status};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: status("ok"),
        title: "Nothing to report",
        explanation: "As the outcome of a run: the command did what was asked, and there is nothing to decide or correct. \
            The exit code is 0. As the state of an account in `inventory`: all of it was read.",
        example: &["stagegate drift     # without differences"],
        next_step: "Nothing.",
    },
    Entry {
        topic: status("error"),
        title: "The command failed",
        explanation: "As the outcome of a run: it could not do what was asked, and the exit code is 1. As the level of a \
            message: the reason for that. With `--strict`, incomplete results are an error as well.",
        example: &["stagegate promote AWS::S3::Bucket my-bukket-dev"],
        next_step: "Read the message and its hint; `stagegate explain CODE` explains the code in brackets.",
    },
    Entry {
        topic: status("approval_required"),
        title: "A plan requires an approval",
        explanation: "As the outcome of a run: a plan was made and printed, nothing was sent, and the exit code is 3. As \
            the verdict of an estimate: `create` would ask for an approval, because the cost reaches \
            `cost.auto_approve_below` or is unknown.",
        example: &["stagegate promote AWS::Logs::LogGroup jobs-dev --no-input"],
        next_step: "Review the plan, and run the printed command with its digest to approve it.",
    },
    Entry {
        topic: status("blocked"),
        title: "Blocked by a gate",
        explanation: "As the outcome of a run: a gate or a safety rule refuses the plan, and no approval lifts that. \
            Nothing was sent. The exit code is 4.",
        example: &["stagegate create -f queue.yaml --env prod"],
        next_step: "Read the message and its hint; correct the template, or use the command that the hint names.",
    },
    Entry {
        topic: status("in_progress"),
        title: "Partly applied",
        explanation: "As the outcome of a run: some steps were applied, others were not, or AWS has not finished a \
            request. Nothing is lost: the command continues with what is left. The exit code is 5.",
        example: &["stagegate create -f group.yaml --timeout 30s     # AWS needs more time"],
        next_step: "Run the printed command, which continues with `--resume`.",
    },
    Entry {
        topic: status("credentials"),
        title: "Credentials cannot be used",
        explanation: "As the outcome of a run: there are no credentials, they have expired, the profile does not exist, \
            or they belong to another account than the project file says. Nothing was sent. The exit code is 6.",
        example: &["stagegate context     # the credentials have expired"],
        next_step: "Run `stagegate context --doctor`, which shows the command that signs in.",
    },
    Entry {
        topic: status("auto_approved"),
        title: "The cost needs no approval",
        explanation: "As the verdict of an estimate: the upper estimate of the whole plan is below \
            `cost.auto_approve_below`. Other approvals, such as that of a protected environment, may still be required.",
        example: &["stagegate estimate -f queue.yaml"],
        next_step: "Nothing.",
    },
    Entry {
        topic: status("free"),
        title: "Known to be free",
        explanation: "As the status of a cost: AWS charges nothing for the resource itself. What it causes elsewhere, \
            such as log data, is a cost of the other resource.",
        example: &["stagegate estimate --type AWS::IAM::User --properties '{}'"],
        next_step: "Nothing.",
    },
    Entry {
        topic: status("priced"),
        title: "Every part has a price",
        explanation: "As the status of a cost: each dimension of the resource's cost has a price. The upper estimate \
            contains a margin for usage that is assumed.",
        example: &["stagegate estimate -f queue.yaml"],
        next_step: "Give usage with `--usage` to replace assumptions.",
    },
    Entry {
        topic: status("unknown"),
        title: "Not known",
        explanation: "As the status of a cost: at least one dimension has no price, so that an approval is required. \
            As the side that moved in `drift`: the tags do not record the last promotion.",
        example: &["stagegate estimate --type AWS::ACMPCA::Certificate --properties @certificate.yaml"],
        next_step: "Read the reasons: `stagegate estimate --json` lists each dimension without a price.",
    },
    Entry {
        topic: status("unpriced"),
        title: "The cost model has no prices",
        explanation: "In `estimate --supported`: the type is known, but the cost model has no prices for it. Its cost \
            is unknown, and therefore requires an approval.",
        example: &["stagegate estimate --supported"],
        next_step: "Look the price up before you approve such a plan.",
    },
    Entry {
        topic: status("public"),
        title: "Accessible to everyone",
        explanation: "As the risk of a step: the plan gives access to everyone, by a policy, a rule or a setting. Plans \
            show their risks first.",
        example: &[
            "Type: AWS::S3::BucketPolicy",
            "Properties:",
            "  Bucket: files-dev",
            "  PolicyDocument: {Statement: [{Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::files-dev/*\"}]}",
        ],
        next_step: "Check that this is intended before you approve the plan.",
    },
    Entry {
        topic: status("iam"),
        title: "Permissions change",
        explanation: "As the risk of a step: the plan changes what a user, a role or a group may do. The plan lists the \
            statements that are added, changed and removed.",
        example: &[
            "Type: AWS::IAM::ManagedPolicy",
            "Properties:",
            "  PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::files-dev/*\"}]}",
        ],
        next_step: "Check the statements before you approve the plan.",
    },
    Entry {
        topic: status("network"),
        title: "Network rules change",
        explanation: "As the risk of a step: the plan changes which addresses or security groups can connect. The plan \
            lists the rules that are added, changed and removed.",
        example: &[
            "Type: AWS::EC2::SecurityGroup",
            "Properties:",
            "  GroupDescription: web",
            "  SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}]",
        ],
        next_step: "Check the rules before you approve the plan.",
    },
    Entry {
        topic: status("stateful"),
        title: "Data would be lost",
        explanation: "As the risk of a step: the plan deletes or replaces a resource that contains data. stagegate \
            promotes configuration, never data.",
        example: &["stagegate delete AWS::Logs::LogGroup jobs-dev --env dev"],
        next_step: "Back the data up before you approve the plan.",
    },
    Entry {
        topic: status("partial"),
        title: "Account read in part",
        explanation: "As the state of an account in `inventory`: some of its Regions or types could not be read. The \
            gaps say which, and why.",
        example: &["stagegate inventory AWS::SQS::Queue --accounts dev --regions us-east-1,eu-west-1"],
        next_step: "Read the gaps, and allow what was denied; `--strict` makes them an error.",
    },
    Entry {
        topic: status("disabled"),
        title: "Account disabled in the project",
        explanation: "As the state of an account in `inventory`: it has `enabled: false` in the project file. It was \
            counted and not read.",
        example: &[
            "accounts: [{name: Old, account: \"333333333333\", enabled: false}]",
            "# stagegate inventory AWS::S3::Bucket --accounts all",
        ],
        next_step: "Remove `enabled: false` to read it.",
    },
    Entry {
        topic: status("suspended"),
        title: "Account suspended",
        explanation: "As the state of an account in `inventory`: the organization says that the account is suspended or \
            being closed. It was counted and not read.",
        example: &["stagegate inventory AWS::S3::Bucket     # an account of the organization is suspended"],
        next_step: "Nothing, unless the account should be in use.",
    },
];
