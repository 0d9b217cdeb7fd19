//! What the help of each command has beside its flags: examples, exit codes, and the headings of its flags.

use clap::Command;

/// Examples by command. `tests/all/help.rs` runs each of them with the files in `tests/data/help`.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "",
        &["stagegate demo", "stagegate scan -f orders.yaml", "stagegate promote --all --with-dependencies --plan-only"],
    ),
    ("apply", &["stagegate apply plan.json", "stagegate apply plan.json --plan-only"]),
    ("completions", &["stagegate completions bash > stagegate.bash", "stagegate completions fish > stagegate.fish"]),
    ("context", &["stagegate context --matrix"]),
    ("cost", &["stagegate cost", "stagegate cost --by stack --env dev", "stagegate cost --output html > cost.html"]),
    (
        "create",
        &[
            "stagegate create -f orders.yaml",
            "stagegate create -f orders.yaml --set Jobs.VisibilityTimeout=60 --plan-only",
            "stagegate create -f orders.yaml --plan-out plan.json",
        ],
    ),
    (
        "delete",
        &[
            "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev",
            "stagegate delete AWS::S3::Bucket sandbox-uploads-dev --env dev --plan-out plan.json",
        ],
    ),
    ("demo", &["stagegate demo", "stagegate demo --keep demo"]),
    (
        "drift",
        &[
            "stagegate drift",
            "stagegate drift AWS::S3::Bucket --fail-on drifted --output markdown",
            "stagegate drift --desired orders.yaml",
        ],
    ),
    (
        "estimate",
        &[
            "stagegate estimate -f orders.yaml --usage usage.yaml",
            "stagegate estimate -f orders.yaml --compare old-orders.yaml --output markdown",
            "stagegate estimate --type AWS::EC2::Volume --properties '{\"Size\": 100, \"VolumeType\": \"gp3\"}'",
        ],
    ),
    ("explain", &["stagegate explain unknown-type", "stagegate explain s3-encryption", "stagegate explain --list"]),
    ("iam analyze", &["stagegate iam analyze deploy-role --env dev", "stagegate iam analyze ann --json"]),
    ("iam gap", &["stagegate iam gap ann --action s3:GetObject s3:PutObject --resource 'arn:aws:s3:::uploads-*/*'"]),
    (
        "iam propose",
        &["stagegate iam propose ann --action s3:PutObject --resource 'arn:aws:s3:::uploads-*/*' --purpose Upload \
             --out upload.yaml"],
    ),
    ("iam for-plan", &["stagegate iam for-plan -f orders.yaml", "stagegate iam for-plan plan.json --out policy.json"]),
    (
        "init",
        &[
            "stagegate init",
            "stagegate init --no-input --dev-profile shop-dev --prod-profile shop-prod --starter s3-bucket",
            "stagegate init --sandbox --project shop --no-input",
        ],
    ),
    ("man", &["stagegate man drift", "stagegate man sandbox seed > stagegate-sandbox-seed.1"]),
    ("prices status", &["stagegate prices status", "stagegate prices status --json"]),
    (
        "prices update",
        &["stagegate prices update --region eu-west-1", "stagegate prices update --from https://mirror.example.com"],
    ),
    (
        "promote",
        &[
            "stagegate promote AWS::S3::Bucket sandbox-uploads-dev",
            "stagegate promote --all --with-dependencies --plan-out plan.json",
            "stagegate promote --select CostCenter=Engineering --plan-only",
        ],
    ),
    ("sandbox reset", &["stagegate sandbox reset", "stagegate sandbox reset --sandbox=demo/sandbox"]),
    ("sandbox seed", &["stagegate sandbox seed --resources 100", "stagegate sandbox seed --resources 100 --seed 7"]),
    (
        "sandbox serve",
        &[
            "stagegate sandbox serve --port 4599",
            "stagegate sandbox serve --throttle 25/s --fail 'CreateResource=ThrottlingException%10'",
        ],
    ),
    ("sandbox status", &["stagegate sandbox status", "stagegate sandbox status --json"]),
    (
        "scan",
        &[
            "stagegate scan -f orders.yaml",
            "stagegate scan -f orders.yaml --packs all --fail-on medium --output sarif > scan.sarif",
            "stagegate scan --live --env dev",
        ],
    ),
    ("schema", &["stagegate schema AWS::S3::Bucket", "stagegate schema AWS::SQS::Queue --env dev --json"]),
    (
        "tag-audit",
        &[
            "stagegate tag-audit --env dev --stuck-after 7d",
            "stagegate tag-audit --baseline audit.json --output markdown",
            "stagegate tag-audit --fix --plan-only",
        ],
    ),
    ("templates list", &["stagegate templates list", "stagegate templates list --json"]),
    (
        "templates new",
        &["stagegate templates new s3-bucket", "stagegate templates new rds-postgres --out database.yaml"],
    ),
    ("templates show", &["stagegate templates show s3-bucket", "stagegate templates show sqs-with-dlq > jobs.yaml"]),
    (
        "update",
        &[
            "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --set VersioningConfiguration.Status=Suspended",
            "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --patch patch.json --plan-only",
        ],
    ),
];

const SUCCESS: (&str, &str) = ("0", "success");
const ERROR: (&str, &str) = ("1", "error");
const APPROVAL: (&str, &str) = ("3", "an approval is required; the plan and the command that approves it are printed");
const BLOCKED: (&str, &str) = ("4", "blocked by a gate or refused by a safety rule");
const IN_PROGRESS: (&str, &str) = ("5", "still in progress or partly applied");
const CREDENTIALS: (&str, &str) = ("6", "credentials, an unknown profile, or the wrong account");
const USAGE: (&str, &str) = ("64", "invalid flags, configuration or input file");
const INTERRUPTED: (&str, &str) = ("130/143", "interrupted");

/// Returns the exit codes of a command.
fn exit_codes(command: &str) -> Vec<(&'static str, &'static str)> {
    let write = [APPROVAL, BLOCKED, IN_PROGRESS];
    let middle: Vec<(&str, &str)> = match command.split(' ').next().unwrap_or_default() {
        "" => [("2", "completed with drift, findings, violations or incomplete results")]
            .into_iter()
            .chain(write)
            .collect(),
        "context" => vec![("2", "with --doctor: a problem was found")],
        "estimate" => vec![("3", "with --gate: `create` would require an approval of the cost")],
        "create" | "update" | "delete" | "apply" | "promote" => write.to_vec(),
        "approve" => vec![BLOCKED],
        "scan" => vec![("2", "a finding at or above --fail-on, or incomplete results")],
        "drift" => vec![("2", "a status of --fail-on, or incomplete results")],
        "tag-audit" => [("2", "violations, or incomplete results")].into_iter().chain(write).collect(),
        "inventory" => vec![("2", "an account or a Region could not be read")],
        "cost" => vec![("2", "an alert was reached, or the costs are incomplete")],
        "iam" => vec![("2", "a risk or a missing permission was found")],
        _ => Vec::new(),
    };
    let makes_calls = !["completions", "demo", "explain", "man", "prices", "sandbox", "templates"]
        .contains(&command.split(' ').next().unwrap_or_default());
    let end = [Some(CREDENTIALS).filter(|_| makes_calls), Some(USAGE), Some(INTERRUPTED)];
    [SUCCESS, ERROR].into_iter().chain(middle).chain(end.into_iter().flatten()).collect()
}

/// Headings by command, `*` for all, and the ids of flags.
const HEADINGS: &[(&str, &str, &[&str])] = &[
    ("context", "Member role", &["member_role", "org_id", "require_mfa", "types"]),
    ("drift", "Accepted differences", &["accept", "reason", "owner", "expires", "ignore"]),
    ("drift", "Comparison with a template", &["desired", "parameters", "imports", "stack_name"]),
    ("tag-audit", "Corrections", &["fix", "adopt", "unlink", "tags"]),
    ("*", "Template options", &["parameters", "sets", "imports", "stack_name", "transform"]),
    (
        "*",
        "Plan and approval",
        &["plan_only", "approve", "approve_findings", "reason", "plan_out", "resume", "allow_replace", "full"],
    ),
];

/// Adds examples, exit codes and headings to the definition of the command line.
pub(super) fn complete(definition: Command) -> Command {
    of(definition, "")
}

fn of(mut command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |one| of(one, path.trim_start()));
    }
    let heading = |id: &str| {
        let found = HEADINGS.iter().find(|(of, _, ids)| ["*", path].contains(of) && ids.contains(&id));
        found.map(|(_, heading, _)| *heading)
    };
    let command = command.mut_args(|argument| match heading(argument.get_id().as_str()) {
        Some(heading) if !argument.is_positional() => argument.help_heading(heading),
        _ => argument,
    });
    let own = command.get_after_help().map(ToString::to_string).filter(|text| text.starts_with("Examples:"));
    let mut text = own.unwrap_or_else(|| "Examples:".to_owned());
    for example in examples(path) {
        text.push_str(&format!("\n  {example}"));
    }
    text.push_str("\n\nExit codes:");
    for (code, meaning) in exit_codes(path) {
        text.push_str(&format!("\n  {code:<9}{meaning}"));
    }
    command.after_help(text)
}

/// Returns the examples of a command; the first one of each subcommand for a command that has subcommands.
fn examples(path: &str) -> Vec<&'static str> {
    match EXAMPLES.iter().find(|(command, _)| *command == path) {
        Some((_, examples)) => examples.to_vec(),
        None => {
            let below = format!("{path} ");
            let below = EXAMPLES.iter().filter(|(command, _)| command.starts_with(&below));
            below.filter_map(|(_, examples)| examples.first().copied()).collect()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli;

    fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        for one in command.get_subcommands() {
            let path = format!("{path} {}", one.get_name());
            commands(one, &path, found);
            found.push((path.trim_start().to_owned(), one.clone()));
        }
    }

    #[test]
    fn every_command_has_examples_of_itself_and_exit_codes() {
        let mut all = Vec::new();
        commands(&cli::definition(), "", &mut all);
        for (path, command) in &all {
            let text = command.get_after_help().unwrap().to_string();
            let examples: Vec<&str> = text.lines().filter(|line| line.starts_with("  stagegate ")).collect();
            assert!((1..=6).contains(&examples.len()), "{path}: {text}");
            for example in examples {
                assert!(example.trim().starts_with(&format!("stagegate {path}")), "{path}: {example}");
                let words = shlex::split(example.split(" > ").next().unwrap()).unwrap();
                assert!(cli::parse(&words).is_ok(), "{example}");
            }
            assert!(text.contains("\n\nExit codes:\n  0        success\n"), "{path}: {text}");
        }
        let known: BTreeSet<&str> = all.iter().map(|(path, _)| path.as_str()).chain([""]).collect();
        assert!(EXAMPLES.iter().all(|(path, _)| known.contains(path)), "an example of a command that does not exist");
    }

    #[test]
    fn the_flags_with_a_heading_exist() {
        let mut all = Vec::new();
        commands(&cli::definition(), "", &mut all);
        for (of, heading, ids) in HEADINGS {
            for id in *ids {
                let has = |command: &Command| {
                    command.get_arguments().any(|one| one.get_id() == id && one.get_help_heading() == Some(heading))
                };
                assert!(all.iter().any(|(path, command)| ["*", path].contains(of) && has(command)), "{heading}: {id}");
            }
        }
    }
}
