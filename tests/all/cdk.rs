//! Templates that `cdk synth` made of the apps in `tests/cdk`: what is planned and created, and what of it arrives in prod.

use std::collections::BTreeMap;

use serde_json::Value;

use super::support::{DEV, User, call_as, messages};

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cdk");

/// What happens to the template of an app.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Outcome {
    /// It is created, and everything arrives in prod.
    Whole,
    /// It is created and promoted, without the resources of these types, which the promotion names.
    Without(&'static [&'static str]),
    /// It is refused with this text.
    Refused(&'static str),
}

/// The outcomes that are not [`Outcome::Whole`].
const OTHERS: &[(&str, Outcome)] = &[
    ("bucket-notification", Outcome::Refused("a custom resource is a call that only CloudFormation makes")),
    ("dns", Outcome::Refused("Cloud Control cannot create AWS::Route53::RecordSet")),
    ("graphql", Outcome::Refused("Cloud Control cannot create AWS::AppSync::GraphQLSchema")),
    ("pipeline", Outcome::Refused("Cloud Control cannot create AWS::CodeBuild::Project")),
    // It is a setting of the account, and nothing lists it.
    ("rest-api", Outcome::Without(&["AWS::ApiGateway::Account"])),
];

/// Values of write-only properties, by the end of what `--input` names.
const INPUTS: &[(&str, &str)] = &[
    ("/Code", r#"{"ZipFile": "def handler(event, context): pass\n"}"#),
    ("/SourceParameters", r#"{"SqsQueueParameters": {"BatchSize": 1}}"#),
    ("/SecurityGroupIds", "[]"),
    ("/LaunchTemplateData", r#"{"ImageId": "ami-0c0ffee0000000002", "MetadataOptions": {"HttpTokens": "required"}}"#),
    ("/KinesisStreamSourceConfiguration", STREAM),
    (
        "/AutoScalingConfigurationArn",
        "arn:aws:apprunner:us-east-1:222222222222:autoscalingconfiguration/DefaultConfiguration/1/0",
    ),
];

const STREAM: &str = r#"{"KinesisStreamARN": "arn:aws:kinesis:us-east-1:222222222222:stream/clicks",
    "RoleARN": "arn:aws:iam::222222222222:role/delivery"}"#;

/// The names of the templates.
fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(TEMPLATES)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The types of the resources that a run created, with their numbers.
fn created(document: &Value) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for step in document["body"]["applied"].as_array().unwrap().iter().filter(|step| step["operation"] == "create") {
        *found.entry(step["type"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    found
}

/// Runs a command, and again with the approval that it requires.
fn approved(user: &User, arguments: &[&str]) -> Value {
    let asked = user.run(&[arguments, &["--json"]].concat());
    if asked.code != 3 {
        return asked.document();
    }
    let document = asked.document();
    let digest = document["body"]["plan"]["digest"].as_str().unwrap();
    let mut flags = vec!["--approve", digest];
    if super::support::approving_command(&document).contains("--approve-findings") {
        flags.extend(["--approve-findings", digest, "--reason", "test"]);
    }
    user.run(&[arguments, &flags, &["--json"]].concat()).document()
}

/// Promotes everything in dev, with the values that the promotion requires.
fn promoted(user: &User) -> Value {
    let all = ["promote", "--all", "--with-dependencies"];
    let asked = user.run(&[&all[..], &["--json"]].concat());
    if asked.code != 4 {
        return approved(user, &all);
    }
    let mut inputs: Vec<String> = Vec::new();
    for one in asked.document()["diagnostics"].as_array().unwrap().iter().filter(|one| one["code"] == "input-needed") {
        let hint = one["hint"].as_str().unwrap();
        let key = hint.split('\'').nth(1).and_then(|input| input.strip_suffix("=VALUE")).unwrap();
        let value = INPUTS.iter().find(|(end, _)| key.ends_with(end)).map_or("Inputs-1234", |(_, value)| value);
        inputs.extend(["--input".to_owned(), format!("{key}={value}")]);
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    approved(user, &[&all[..], &inputs].concat())
}

/// Creates and promotes one template.
fn outcome_of(name: &str) -> Result<Outcome, String> {
    let expected = OTHERS.iter().find(|(other, _)| *other == name).map_or(Outcome::Whole, |(_, outcome)| *outcome);
    let user = User::of_sandbox();
    let server = user.serve();
    if name == "parameters" {
        let desired = r#"{"Name": "/shared/level", "Type": "String", "Value": "info"}"#;
        let input = serde_json::json!({"TypeName": "AWS::SSM::Parameter", "DesiredState": desired});
        call_as(DEV, &server.endpoint, "cloudcontrolapi", "CloudApiService.CreateResource", &input).unwrap();
    }
    let file = format!("{TEMPLATES}/{name}.json");
    for reading in ["scan", "estimate"] {
        let run = user.run(&[reading, "-f", &file, "--json"]);
        if !matches!(run.code, 0 | 2 | 3) {
            return Err(format!("{name}: {reading}: {run}"));
        }
    }
    let made = approved(&user, &["create", "-f", &file, "--stack-name", &format!("{name}-dev")]);
    let said = |document: &Value, text: &str| document.to_string().contains(text);
    if let Outcome::Refused(text) = expected {
        return if said(&made, text) && made["body"].is_null() { Ok(expected) } else { Err(format!("{name}: {made}")) };
    }
    if made["outcome"]["code"] != "ok" {
        return Err(format!("{name}: create: {}", messages(&made)));
    }
    let done = promoted(&user);
    if done["outcome"]["code"] != "ok" {
        return Err(format!("{name}: promote: {} {done}", messages(&done)));
    }
    let mut wanted = created(&made);
    if let Outcome::Without(types) = expected {
        if let Some(silent) = types.iter().find(|name| !said(&done, name)) {
            return Err(format!("{name}: {silent} is left out without a word"));
        }
        wanted.retain(|name, _| !types.contains(&name.as_str()));
    }
    // Inline policies and rules arrive within their role or security group.
    let within = [
        "AWS::IAM::RolePolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::SecurityGroupEgress",
    ];
    let mut arrived = created(&done);
    within.iter().for_each(|name| {
        wanted.remove(*name);
        arrived.remove(*name);
    });
    let drift = user.run(&["drift", "--json"]);
    wanted.retain(|name, count| arrived.get(name) != Some(count));
    match (wanted.is_empty(), drift.code) {
        (true, 0) => Ok(expected),
        _ => Err(format!("{name}: not all of {wanted:?} arrived: {arrived:?}; exit code of drift {}", drift.code)),
    }
}

#[test]
fn templates_of_cdk_are_created_and_arrive_in_prod() {
    let names = names();
    assert!(names.len() >= 20, "{names:?}");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|first| names.iter().skip(first).step_by(2));
        let started = halves.map(|half| {
            scope.spawn(move || half.map(|name| outcome_of(name)).filter_map(Result::err).collect::<Vec<String>>())
        });
        started.into_iter().flat_map(|half| half.join().expect("the templates are tried")).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    let whole = names.len() - OTHERS.len();
    println!("templates of cdk: {}, of which {whole} arrive whole", names.len());
}
