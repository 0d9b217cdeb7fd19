//! Examples of the program itself, and of the commands with which a project begins.

use super::Group;

/// Examples by command.
pub(super) const EXAMPLES: &[Group] = &[
    (
        "",
        &[
            ("Try the main workflow without an AWS account", "stagegate demo"),
            ("Check a template", "stagegate scan -f orders.yaml"),
            (
                "Plan the promotion of everything that is new or changed in dev",
                "stagegate promote --all --with-dependencies --plan-only",
            ),
            ("Use another project file, and stop after two minutes", "stagegate drift --config shop.yaml --timeout 2m"),
            (
                "Read everything again, and fail if something cannot be read",
                "stagegate drift --refresh --strict --quiet",
            ),
            (
                "Print a short result for a job or an agent, without prompts and color",
                "stagegate tag-audit --summary --no-input --color never",
            ),
            (
                "Print one value of the result, such as the digest for --approve",
                "stagegate create -f orders.yaml --plan-only --query plan.digest",
            ),
            (
                "Estimate the cost in another Region, without calls",
                "stagegate estimate -f orders.yaml --region eu-west-1 --offline",
            ),
            ("Save the JSON Schema of a command's result", "stagegate drift --json-schema > drift.schema.json"),
        ],
    ),
    (
        "completions",
        &[
            ("Print the script for Bash", "stagegate completions bash > stagegate.bash"),
            ("Print the script for fish", "stagegate completions fish > stagegate.fish"),
        ],
    ),
    (
        "demo",
        &[
            ("Run the main workflow", "stagegate demo"),
            ("Keep the sandbox and the templates to continue by yourself", "stagegate demo --keep demo"),
        ],
    ),
    (
        "explain",
        &[
            ("Explain a diagnostic code", "stagegate explain unknown-type"),
            ("Explain a policy", "stagegate explain s3-encryption"),
            ("List all codes, without a pager", "stagegate explain --list --no-pager"),
        ],
    ),
    (
        "init",
        &[
            ("Answer questions about your profiles and accounts", "stagegate init"),
            (
                "Ask nothing, and write a starter template",
                "stagegate init --no-input --dev-profile shop-dev --prod-profile shop-prod --starter s3-bucket",
            ),
            ("Write a project for the sandbox", "stagegate init --sandbox --project shop --no-input"),
            (
                "State the accounts, Regions and tags as well",
                "stagegate init --no-input --dev-profile shop-dev --dev-account 111111111111 --dev-region us-east-1 \
                 --prod-profile shop-prod --prod-account 222222222222 --prod-region eu-west-1 --tag CostCenter=Shop \
                 --out shop.yaml",
            ),
            (
                "Use one account for both environments",
                "stagegate init --no-input --dev-profile shop-dev --prod-profile shop-dev --single-account",
            ),
        ],
    ),
    (
        "man",
        &[
            ("Print the manual page of a command", "stagegate man drift"),
            ("Write that of a subcommand", "stagegate man sandbox seed > stagegate-sandbox-seed.1"),
        ],
    ),
    (
        "mcp",
        &[
            ("Offer only the tools that read", "stagegate mcp --read-only"),
            ("Try all tools in the sandbox", "stagegate mcp --sandbox --allow-writes"),
        ],
    ),
    (
        "prices status",
        &[
            ("Show the age of the stored prices", "stagegate prices status"),
            ("Print it as JSON", "stagegate prices status --json"),
        ],
    ),
    (
        "prices update",
        &[
            ("Store the prices of a Region", "stagegate prices update --region eu-west-1"),
            ("Read the price list from a mirror", "stagegate prices update --from https://mirror.example.com"),
        ],
    ),
    (
        "sandbox reset",
        &[
            ("Delete all resources of your sandbox", "stagegate sandbox reset"),
            ("Delete those of the sandbox in a folder", "stagegate sandbox reset --sandbox=demo/sandbox"),
        ],
    ),
    (
        "sandbox seed",
        &[
            ("Create 100 resources", "stagegate sandbox seed --resources 100"),
            ("Create 100 others", "stagegate sandbox seed --resources 100 --seed 7"),
        ],
    ),
    (
        "sandbox serve",
        &[
            ("Serve the AWS CLI and SDKs", "stagegate sandbox serve --port 4599"),
            (
                "Throttle calls, and let one in ten calls of an operation fail",
                "stagegate sandbox serve --throttle 25/s --fail 'CreateResource=ThrottlingException%10'",
            ),
            (
                "Answer late, and return changes of tags later",
                "stagegate sandbox serve --latency 50ms --latency GetResource=2s --tag-delay 30s",
            ),
            (
                "Leave queues out of the tagging API, and enforce permissions",
                "stagegate sandbox serve --not-in-tagging-api AWS::SQS::Queue --enforce-permissions",
            ),
        ],
    ),
    (
        "sandbox status",
        &[
            ("Show the folder and the number of resources", "stagegate sandbox status"),
            ("Print it as JSON", "stagegate sandbox status --json"),
        ],
    ),
    (
        "templates list",
        &[
            ("List the starter templates", "stagegate templates list"),
            ("Print the list as JSON", "stagegate templates list --json"),
        ],
    ),
    (
        "templates new",
        &[
            ("Write a template to NAME.yaml", "stagegate templates new s3-bucket"),
            ("Replace a file", "stagegate templates new rds-postgres --out database.yaml --overwrite"),
        ],
    ),
    (
        "templates show",
        &[
            ("Print a template", "stagegate templates show s3-bucket"),
            ("Check a template before it is written", "stagegate templates show sqs-with-dlq | stagegate scan -f -"),
        ],
    ),
];
