//! Examples of the commands that change nothing in AWS.

use super::Group;

/// Examples by command.
pub(super) const EXAMPLES: &[Group] = &[
    (
        "context",
        &[
            ("Show the account, Region and credentials of prod", "stagegate context --env prod"),
            ("Find out what does not work, and how to correct it", "stagegate context --doctor"),
            ("Show which operations require an approval", "stagegate context --matrix"),
            ("Show who can read and change the resources of prod", "stagegate context --resources --env prod"),
            (
                "Save the schema with which editors complete and check stagegate.yaml",
                "stagegate context --project-schema > stagegate.schema.json",
            ),
            (
                "Write the template of the role with which `inventory` reads an account",
                "stagegate context --member-role --org-id o-a1b2c3d4e5 --require-mfa --type AWS::S3 > member-role.yaml",
            ),
        ],
    ),
    (
        "cost",
        &[
            ("Review the current month, with a forecast", "stagegate cost"),
            ("Review the cost of each stack in dev", "stagegate cost --by stack --env dev"),
            (
                "Write an earlier month as a page with charts",
                "stagegate cost --month 2026-10 --output html > cost.html",
            ),
        ],
    ),
    (
        "drift",
        &[
            ("Compare dev with prod", "stagegate drift"),
            ("Compare a template with its stack", "stagegate drift --desired orders.yaml"),
            (
                "Fail a job only if a bucket has drifted, with a report",
                "stagegate drift AWS::S3::Bucket --fail-on drifted --output markdown",
            ),
            (
                "Compare a template that has parameters and values of other stacks",
                "stagegate drift --desired jobs.yaml --param Timeout=60 --import key=alias/aws/sqs --stack-name jobs",
            ),
            (
                "Accept a difference until a date",
                "stagegate drift AWS::DynamoDB::Table sandbox-orders-dev --accept --reason 'read rarely' --owner orders \
                 --expires 2027-01-31",
            ),
            (
                "Show everything, with the accepted differences of another file",
                "stagegate drift --from dev --to prod --all --ignore accepted.yaml",
            ),
        ],
    ),
    (
        "estimate",
        &[
            (
                "Estimate a template with the usage that you expect",
                "stagegate estimate -f orders.yaml --usage usage.yaml",
            ),
            (
                "Compare the cost with that of the base branch, for a pull request",
                "stagegate estimate -f orders.yaml --compare old-orders.yaml --output markdown",
            ),
            (
                "Estimate a single resource",
                "stagegate estimate --type AWS::EC2::Volume --properties '{\"Size\": 100, \"VolumeType\": \"gp3\"}'",
            ),
            ("Estimate a live resource", "stagegate estimate --live AWS::DynamoDB::Table sandbox-orders-dev --env dev"),
            ("Exit with code 3 if `create` would ask", "stagegate estimate -f database.yaml --gate"),
            (
                "Estimate 300 hours a month in the free tier",
                "stagegate estimate -f database.yaml --hours 300 --assume-free-tier",
            ),
            (
                "Set parameters, values of other stacks and properties",
                "stagegate estimate -f jobs.yaml --param Timeout=60 --import key=alias/aws/sqs --stack-name jobs \
                 --set Nightly.DelaySeconds=5",
            ),
            (
                "Expand serverless resources with AWS's own translator",
                "stagegate estimate -f api.yaml --transform sam-translator",
            ),
            ("List the types that have prices, with their usage keys", "stagegate estimate --supported"),
        ],
    ),
    (
        "iam analyze",
        &[
            ("Show what a role may do, and what is risky in it", "stagegate iam analyze deploy-role --env dev"),
            ("Also check its policies with IAM Access Analyzer", "stagegate iam analyze ann --validate --json"),
        ],
    ),
    (
        "iam gap",
        &[
            (
                "Show which of these actions a user may not perform",
                "stagegate iam gap ann --action s3:GetObject s3:PutObject --resource 'arn:aws:s3:::uploads-*/*'",
            ),
            (
                "Print the missing actions of a role as JSON",
                "stagegate iam gap deploy-role --action sqs:SendMessage --env dev --json",
            ),
        ],
    ),
    (
        "iam propose",
        &[
            (
                "Write a template with the smallest policy that is missing",
                "stagegate iam propose ann --action s3:PutObject --resource 'arn:aws:s3:::uploads-*/*' --purpose Upload \
                 --out upload.yaml",
            ),
            (
                "Choose the service in the policy's name, and check it with Access Analyzer",
                "stagegate iam propose deploy-role --env dev --action sqs:SendMessage \
                 --resource 'arn:aws:sqs:us-east-1:111111111111:sandbox-orders-dev' --service Orders --validate",
            ),
        ],
    ),
    (
        "iam for-plan",
        &[
            ("Print the policy that a template needs", "stagegate iam for-plan -f orders.yaml"),
            ("Write the policy that a saved plan needs", "stagegate iam for-plan plan.json --out policy.json"),
            (
                "Set parameters, and check the policy with IAM Access Analyzer",
                "stagegate iam for-plan -f jobs.yaml --param Timeout=60 --import key=alias/aws/sqs \
                 --set Nightly.DelaySeconds=5 --env dev --validate",
            ),
        ],
    ),
    (
        "inventory",
        &[
            (
                "List the buckets of all accounts and Regions",
                "stagegate inventory AWS::S3::Bucket --accounts all --regions all",
            ),
            (
                "Find functions by their runtime",
                "stagegate inventory AWS::Lambda::Function --where 'Runtime=python3.*' \
                 --columns account_name,region,FunctionName,Runtime",
            ),
            (
                "Count the databases that have a standby",
                "stagegate inventory AWS::RDS::DBInstance --query 'length(resources[?properties.MultiAZ])'",
            ),
            (
                "Show the properties of one resource in dev",
                "stagegate inventory AWS::S3::Bucket sandbox-uploads-dev --accounts dev --columns identifier,properties",
            ),
            (
                "Export everything that has tags, and wait at most 5 seconds for each call",
                "stagegate inventory --source tags --call-timeout 5s --output csv > resources.csv",
            ),
        ],
    ),
    (
        "scan",
        &[
            ("Check a template", "stagegate scan -f orders.yaml"),
            ("Check all live resources of dev", "stagegate scan --live --env dev"),
            (
                "Check with all packs, for code scanning",
                "stagegate scan -f orders.yaml --packs all --fail-on medium --output sarif > scan.sarif",
            ),
            (
                "Add policies of your own, and accept findings until a date",
                "stagegate scan -f orders.yaml --policies policies --waivers waivers.yaml",
            ),
            ("Run the test cases of your policies", "stagegate scan --test-policies policies"),
            (
                "Also run other scanners",
                "stagegate scan -f orders.yaml --policies policies --engine builtin,checkov,cfn-guard",
            ),
            (
                "Set parameters, values of other stacks and properties",
                "stagegate scan -f jobs.yaml --param Timeout=60 --import key=alias/aws/sqs --stack-name jobs \
                 --set Nightly.DelaySeconds=5",
            ),
            (
                "Expand serverless resources with AWS's own translator",
                "stagegate scan -f api.yaml --transform sam-translator",
            ),
            ("List the policies", "stagegate scan --list"),
            ("Describe a policy", "stagegate scan --explain s3-encryption"),
        ],
    ),
    (
        "schema",
        &[
            ("Show the properties, permissions and policies of a type", "stagegate schema AWS::S3::Bucket"),
            (
                "Ask CloudFormation in dev instead of the embedded copy",
                "stagegate schema AWS::SQS::Queue --env dev --json",
            ),
        ],
    ),
    (
        "tag-audit",
        &[
            (
                "Check dev, and report what has waited for its promotion for a week",
                "stagegate tag-audit --env dev --stuck-after 7d",
            ),
            ("Show how the violations would be corrected", "stagegate tag-audit --fix --plan-only --full"),
            (
                "Report what is new since an earlier audit",
                "stagegate tag-audit --baseline audit.json --output markdown",
            ),
            (
                "Check the buckets by listing them, and show the compliant ones as well",
                "stagegate tag-audit --type AWS::S3::Bucket --source list --list-compliant",
            ),
            ("Save the corrections for review", "stagegate tag-audit --fix --plan-out tags.json"),
            (
                "Approve the plan with the digest that was printed, and its critical findings",
                "stagegate tag-audit --fix --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
            ),
            (
                "Take over a bucket that was created by hand",
                "stagegate tag-audit --type AWS::S3::Bucket --id legacy-exports --fix --adopt --tag CreatedBy=ann --tag CreatedDate=2026-11-20 --tag Purpose=exports",
            ),
            (
                "Withdraw a counterpart that prod does not confirm",
                "stagegate tag-audit --type AWS::S3::Bucket --id sandbox-uploads-dev --fix --unlink",
            ),
            ("Continue interrupted corrections", "stagegate tag-audit --fix --resume"),
        ],
    ),
];
