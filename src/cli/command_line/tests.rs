use crate::domain::project::Translator;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::cli::suggestions::render_suggestion;
use crate::cli::{Cli, parse};
use crate::domain::resource::ResourceRef;
use crate::domain::suggestion::SuggestedCommand;

fn parsed(words: &[String]) -> Cli {
    parse(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// Asserts that arguments survive rendering, shell parsing and parsing.
#[track_caller]
fn assert_round_trip(cli: &Cli) {
    let line = render(&cli.command, &cli.given);
    let again = parsed(&shlex::split(&line).unwrap());
    assert_eq!((&again.command, &again.given), (&cli.command, &cli.given), "{line}");
    assert_eq!(super::render(&again.command, &again.given), line, "rendering is idempotent");
}

#[test]
fn every_command_survives_a_round_trip() {
    let lines = [
        "context --env prod",
        "context --matrix --json",
        "context --doctor --env dev",
        "context --member-role --org-id o-a1b2c3d4e5 --require-mfa --type AWS::S3::Bucket --type AWS::SQS",
        "context --json --no-input --timeout 90s --refresh --offline --strict -q --color never",
        "estimate -f a.yaml b.yaml --param A=b --param C=d --set Q.DelaySeconds=3 --usage u.yaml --compare - old.yaml --gate",
        "estimate --type AWS::S3::Bucket --properties '{\"A\": \"it is\"}' --hours 700 --assume-free-tier",
        "estimate --live AWS::S3::Bucket b --env dev",
        "estimate --supported --output markdown",
        "create -f - --env staging --param P=x --set Q.A=1 --tag K=V --purpose 'two words' --plan-only",
        "create -f=-odd.yaml --approve 20261120T090000Z-aa --approve-findings 20261120T090000Z-aa --reason because",
        "scan -f a.yaml --policies p --policies q --packs a,b --engine builtin,cfn-guard --waivers w --fail-on high",
        "scan --live --env dev",
        "scan --live AWS::S3::Bucket b --env dev --output sarif",
        "inventory",
        "inventory AWS::S3::Bucket b --accounts dev,Security --regions us-east-1,eu-west-1 --where A.B=c --where 'tags.a!=b c' \
         --columns account,A.B --source config:org --call-timeout 3s --output csv",
        "inventory --regions all --query '[].identifier' --source tags",
        "cost",
        "cost --month 2025-11 --by stack --env prod --output html",
        "prices status --json",
        "prices update --region eu-west-1 --region us-east-1 --from 'a mirror' --timeout 10m",
        "prices update --region eu-west-1",
        "prices update --from https://mirror.example.com",
        "scan --list",
        "scan --explain s3-versioning",
        "scan --test-policies policies",
        "promote AWS::S3::Bucket b AWS::SQS::Queue q --from dev --to staging --with-dependencies",
        "promote --all --input 'T/id#/Code/ZipFile=@f.py' --input 'Db#/P={A: b}' --tag A=B",
        "promote --all AWS::SQS::Queue q --inputs 'the inputs.yaml' --name AWS::SQS::Queue/q=jobs",
        "promote AWS::SQS::Queue q --mark-pending",
        "promote --all --unmark",
        "promote AWS::SQS::Queue q --pull",
        "promote --all --graph mermaid",
        "promote --all --graph dot --auto",
        "promote --select Team=a --plan-only --sandbox='a box' --region eu-west-1 --config other.yaml",
        "promote -- AWS::X::Y -odd",
        "update AWS::SQS::Queue https://q --env dev --set VisibilityTimeout=60 --set 'A.B=c d' --allow-replace",
        "update AWS::SQS::Queue https://q --env prod --patch - --plan-out plan.json --full",
        "delete AWS::SQS::Queue https://q --env dev --resume",
        "apply plan.json --approval 'an approval.json'",
        "approve plan.json",
        "mcp --sandbox --read-only",
        "mcp --allow-writes",
        "approve plan.json --approve-findings d --reason 'we know' --approval-out a.json --json",
        "apply plan.json --param A=b --set Q.Password=x --input 'T/id#/P=@f' --approve d --reason 'we know'",
        "create -f a.yaml --stack-name orders --keep-live",
        "drift",
        "drift AWS::S3::Bucket b AWS::SQS::Queue --from a --to b --fail-on drifted",
        "drift --sandbox -- AWS::S3::Bucket -b",
        "drift AWS::S3::Bucket b --ignore 'my ignore.yaml' --accept --reason 'load test' --owner data --expires 2026-12-31",
        "drift --all --output ndjson",
        "drift --summary --output github",
        "tag-audit --summary --json",
        "tag-audit --env dev --type AWS::S3::Bucket --type AWS::SQS::Queue --list-compliant",
        "tag-audit --stuck-after 7d --baseline 'old audit.json' --json",
        "tag-audit --type AWS::SQS::Queue --id https://q --fix --adopt --unlink --tag 'CreatedBy=a b' --plan-only --full",
        "tag-audit --env prod --fix --approve 20261120T090000Z-aa --reason because",
        "iam analyze ann --env prod",
        "iam analyze ann --validate",
        "context --env prod --resources",
        "iam gap ann --action s3:GetObject --action s3:PutObject --resource 'arn:aws:s3:::a-*/*'",
        "iam propose ann --action s3:GetObject --resource arn:aws:s3:::a --service S3 --purpose Read --out 'a b.yaml'",
        "iam for-plan plan.json --out policy.json",
        "iam for-plan -f a.yaml --param A=b --set Q.Name=x --import N=v --env staging",
        "schema AWS::S3::Bucket --env dev",
        "explain unknown-type",
        "explain --list",
        "demo --keep 'a folder'",
        "sandbox serve --port 0 --latency 50ms --latency GetResource=2s --throttle 25/s --throttle ListResources=5 \
         --fail 'AWS::S3::Bucket/CreateResource=FAILED:Throttling*2' --tag-delay 1m30s --enforce-permissions",
        "sandbox seed --resources 40 --seed 7",
        "sandbox status",
        "sandbox reset --sandbox=box",
        "completions zsh",
        "init --project shop --out a/b.yaml --dev-profile d --prod-profile p --dev-account 111111111111 --prod-account \
         222222222222 --dev-region eu-west-1 --prod-region us-east-1 --single-account --tag A=b --tag C=d --starter s3-bucket",
        "init --sandbox --no-input",
        "templates list",
        "templates show s3-bucket --json",
        "templates new s3-bucket --out 'a b.yaml' --overwrite",
        "man",
        "man sandbox seed",
    ];
    for line in lines {
        assert_round_trip(&parsed(&shlex::split(&format!("stagegate {line}")).unwrap()));
    }
    let named: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    let definition = crate::cli::definition();
    let all: BTreeSet<&str> = definition.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(named, all, "every command is in the table");
}

#[test]
fn defaults_are_omitted_and_global_flags_come_last() {
    let line = |line: &str| {
        let cli = parsed(&shlex::split(line).unwrap());
        super::render(&cli.command, &cli.given)
    };
    assert_eq!(line("stagegate promote --to prod --from dev --output table --all"), "stagegate promote --all");
    assert_eq!(line("stagegate --sandbox=box drift"), "stagegate drift --sandbox=box");
    assert_eq!(line("/usr/bin/stagegate context --timeout 600"), "stagegate context --timeout 10m");
}

#[test]
fn a_suggestion_includes_non_default_and_location_flags() {
    let resource = ResourceRef::new("AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/1/it's");
    let (from, to) = ("dev".to_owned(), "staging".to_owned());
    let suggestion = SuggestedCommand::Promote { resource, from, to, with_dependencies: true, pull: false };
    let given = GlobalArgs { sandbox: Some("a box".to_owned()), json: true, strict: true, ..GlobalArgs::default() };
    assert_eq!(
        render_suggestion(&suggestion, &given.location_flags()),
        "stagegate promote AWS::SQS::Queue \"https://sqs.us-east-1.amazonaws.com/1/it's\" --to staging \
         --with-dependencies '--sandbox=a box'"
    );
}

#[test]
fn only_words_that_need_quoting_are_quoted() {
    assert_eq!(quote("Db.AllocatedStorage=20,30%"), "Db.AllocatedStorage=20,30%");
    for odd in ["", "a b", "a'b", "$HOME", "*", "T/id#/P=x", "<SAME-VALUE>", "=ls", "~", "a\nb", "ü"] {
        assert_ne!(quote(odd), odd);
        assert_eq!(shlex::split(&quote(odd)).unwrap(), [odd]);
    }
    assert_eq!(quote("a\0b"), "ab");
}

#[test]
fn a_printed_command_contains_no_secret() {
    let secrets = BTreeSet::from(["hunter2".to_owned(), String::new()]);
    let printed = |line: &str| {
        let cli = parsed(&shlex::split(line).unwrap());
        super::render(&without_secrets(&cli.command, &secrets), &cli.given)
    };
    assert_eq!(
        printed(
            "stagegate create -f a.yaml --param Pw=hunter2 --set Db.MasterUserPassword=x --set Db.AllocatedStorage=20"
        ),
        "stagegate create -f a.yaml --param 'Pw=<SAME-VALUE>' --set 'Db.MasterUserPassword=<SAME-VALUE>' \
         --set Db.AllocatedStorage=20"
    );
    assert_eq!(
        printed("stagegate promote --all --input 'T/id#/Code/ZipFile=x=y' --input 'T/id#/Code/ZipFile=@f.py'"),
        "stagegate promote --all --input 'T/id#/Code/ZipFile=<SAME-VALUE>' --input 'T/id#/Code/ZipFile=@f.py'"
    );
    assert!(!printed("stagegate create -f a.yaml --purpose 'it is hunter2' --tag A=hunter2").contains("hunter2"));
}

/// Any string that can be a process argument.
fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[^\\x00]{0,12}").unwrap()
}

fn pair() -> impl Strategy<Value = String> {
    (text(), text()).prop_map(|(key, value)| format!("{key}={value}"))
}

fn path() -> impl Strategy<Value = PathBuf> {
    proptest::string::string_regex("[^\\x00]{1,12}").unwrap().prop_map(PathBuf::from)
}

fn write_args() -> impl Strategy<Value = WriteArgs> {
    let findings = proptest::option::of((text(), text()));
    (any::<bool>(), proptest::option::of(text()), findings).prop_map(|(plan_only, approve, findings)| {
        let (approve_findings, reason) = findings.unzip();
        WriteArgs { plan_only, approve, approve_findings, reason, ..WriteArgs::default() }
    })
}

fn global_args() -> impl Strategy<Value = GlobalArgs> {
    let texts = (proptest::option::of(path()), proptest::option::of(text()));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (texts, flags, proptest::option::of(0u64..10_000_000)).prop_map(|((config, sandbox), flags, milliseconds)| {
        let (json, no_input, strict, quiet, refresh) = flags;
        let timeout = milliseconds.map(Duration::from_millis);
        GlobalArgs { config, sandbox, json, no_input, strict, quiet, refresh, timeout, ..GlobalArgs::default() }
    })
}

fn few<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(value, 0..3)
}

prop_compose! {
    fn create_args()(
        files in proptest::collection::vec(path(), 1..3),
        env in text(),
        parameters in few(pair()),
        (sets, imports) in (few(pair()), few(pair())),
        tags in few(pair()),
        purpose in proptest::option::of(text()),
        transform in proptest::sample::select(Translator::ALL.to_vec()),
        write in write_args(),
    ) -> CreateArgs {
        let (stack_name, keep_live) = (None, false);
        CreateArgs { files, env, stack_name, keep_live, parameters, sets, imports, transform, tags, purpose, write }
    }
}

prop_compose! {
    fn promote_args()(
        resources in proptest::collection::vec(text(), 2..5),
        (from, to) in (text(), text()),
        (with_dependencies, leave_behind) in any::<(bool, bool)>(),
        (inputs, names) in (few(pair()), few(pair())),
        inputs_file in proptest::option::of(path()),
        tags in few(pair()),
        write in write_args(),
    ) -> PromoteArgs {
        PromoteArgs {
            resources, all: false, select: None, from, to, with_dependencies, inputs, inputs_file, names,
            pull: false, mark_pending: false, unmark: false, tags, allow_replace: false, leave_behind, graph: None,
            auto: false, write,
        }
    }
}

proptest! {
    #[test]
    fn any_arguments_survive_a_round_trip(create in create_args(), promote in promote_args(), given in global_args()) {
        for command in [Command::Create(create), Command::Promote(promote)] {
            let words = words(&command, &given);
            let again = parsed(&words);
            prop_assert_eq!(&again.command, &command, "{:?}", words);
            prop_assert_eq!(&again.given, &given, "{:?}", words);
            prop_assert_eq!(shlex::split(&shell_quote(&words)), Some(words));
        }
    }
}
