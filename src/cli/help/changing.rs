//! Examples of the commands that change resources.

use super::Group;

/// Examples by command.
pub(super) const EXAMPLES: &[Group] = &[
    (
        "apply",
        &[
            ("Show what a saved plan would change now", "stagegate apply plan.json --plan-only"),
            ("Apply a saved plan", "stagegate apply plan.json"),
            (
                "Approve the plan with the digest that was printed",
                "stagegate apply prod.json --approve \"$DIGEST\" --reason 'ticket 7'",
            ),
            (
                "Apply with an approval that somebody else recorded",
                "stagegate apply prod.json --approval prod.approval.json",
            ),
            (
                "Also approve critical findings in prod",
                "stagegate apply prod.json --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
            (
                "Give the values that the plan does not contain because they are sensitive",
                "stagegate apply shop.json --param \"Password=$PASSWORD\" --set \"Database.MasterUserPassword=$PASSWORD\"",
            ),
            (
                "Give such a value of a promotion",
                "stagegate apply shop-prod.json --input AWS::RDS::DBInstance/shop-dev#/MasterUserPassword=@password.txt",
            ),
            ("Continue an interrupted run, and show every property", "stagegate apply plan.json --resume --full"),
        ],
    ),
    (
        "approve",
        &[
            (
                "Record your approval of a plan that somebody else made",
                "stagegate approve prod.json --reason 'ticket 7'",
            ),
            ("Choose the file of the approval", "stagegate approve prod.json --approval-out approval.json"),
            (
                "Also approve critical findings, with the digest of the plan",
                "stagegate approve prod.json --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
        ],
    ),
    (
        "create",
        &[
            ("Create the resources of a template in dev", "stagegate create -f orders.yaml"),
            (
                "Show the plan with every property, one of which is overridden",
                "stagegate create -f orders.yaml --set Jobs.VisibilityTimeout=60 --plan-only --full",
            ),
            (
                "Approve the plan with the digest that was printed",
                "stagegate create -f database.yaml --approve \"$DIGEST\" --reason 'ticket 7'",
            ),
            ("Save the plan for review", "stagegate create -f orders.yaml --plan-out plan.json"),
            (
                "Set parameters, values of other stacks and the name of the stack",
                "stagegate create -f jobs.yaml --param Timeout=60 --import key=alias/aws/sqs --stack-name jobs",
            ),
            (
                "Choose the environment, a tag and the purpose",
                "stagegate create -f orders.yaml --env dev --tag Team=Orders --purpose 'order processing'",
            ),
            (
                "Expand serverless resources with AWS's own translator",
                "stagegate create -f api.yaml --transform sam-translator --plan-only",
            ),
            (
                "Continue an interrupted run, and keep what was changed in the account",
                "stagegate create -f orders.yaml --resume --keep-live",
            ),
            (
                "Also approve critical findings, in a protected environment",
                "stagegate create -f database.yaml --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
        ],
    ),
    (
        "delete",
        &[
            ("Delete a bucket in dev", "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev"),
            (
                "Show what refers to it, and every property that is lost",
                "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev --plan-only --full",
            ),
            (
                "Save the plan for review",
                "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev --plan-out plan.json",
            ),
            (
                "Approve the plan with the digest that was printed, and its critical findings",
                "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev --approve \"$DIGEST\" \
                 --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
            ("Continue an interrupted run", "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev --resume"),
        ],
    ),
    (
        "promote",
        &[
            ("Promote a bucket", "stagegate promote AWS::S3::Bucket sandbox-uploads-dev"),
            (
                "Save a plan of everything that is new or changed, with what it refers to",
                "stagegate promote --all --with-dependencies --plan-out plan.json",
            ),
            (
                "Approve the plan with the digest that was printed",
                "stagegate promote AWS::S3::Bucket sandbox-uploads-dev --approve \"$DIGEST\"",
            ),
            (
                "Show the plan of the resources with a tag, with every property",
                "stagegate promote --select CostCenter=Engineering --plan-only --full",
            ),
            (
                "Choose the name in prod, and add a tag",
                "stagegate promote AWS::S3::Bucket sandbox-uploads-dev \
                 --name AWS::S3::Bucket/sandbox-uploads-dev=acme-uploads --tag Team=Orders",
            ),
            (
                "Give a value that AWS does not return, from a file",
                "stagegate promote AWS::RDS::DBInstance shop-dev \
                 --input AWS::RDS::DBInstance/shop-dev#/MasterUserPassword=@password.txt",
            ),
            ("Give all such values in one file", "stagegate promote --all --inputs shop-inputs.yaml"),
            (
                "Make the change that was made in prod in dev as well",
                "stagegate promote AWS::DynamoDB::Table sandbox-orders-dev --pull",
            ),
            (
                "Mark a resource as waiting for its promotion",
                "stagegate promote AWS::S3::Bucket sandbox-uploads-dev --mark-pending",
            ),
            ("Remove such a mark", "stagegate promote AWS::IAM::Role deploy-role --unmark"),
            ("Draw the plan", "stagegate promote --all --from dev --to prod --graph mermaid > plan.mmd"),
            ("Promote what the project file allows without asking", "stagegate promote --all --auto"),
            (
                "Allow replacements in prod, and leave untagged resources behind",
                "stagegate promote --all --allow-replace --leave-behind",
            ),
            (
                "Continue an interrupted run, and approve its critical findings",
                "stagegate promote --all --resume --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
        ],
    ),
    (
        "update",
        &[
            (
                "Change a property of a bucket in dev",
                "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --set VersioningConfiguration.Status=Suspended",
            ),
            (
                "Show what a JSON Patch would change",
                "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --patch patch.json --plan-only",
            ),
            (
                "Save a plan that sets the properties of a file",
                "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev -f bucket.yaml --plan-out plan.json --full",
            ),
            (
                "Approve a change in prod and its critical findings, with the digest",
                "stagegate update AWS::DynamoDB::Table sandbox-orders-prod --env prod --set TableClass=STANDARD \
                 --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
            (
                "Allow that a resource in prod is replaced",
                "stagegate update AWS::Logs::LogGroup sandbox-jobs-prod --env prod --set LogGroupName=sandbox-work-prod \
                 --allow-replace",
            ),
            (
                "Continue an interrupted run",
                "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --patch patch.json --resume",
            ),
        ],
    ),
];
