//! The command that a result names as the next one can be pasted, and leads from the first template to a promotion.

use super::support::{Run, User, template};

/// Returns the commands that a run names as the next ones.
fn next(run: &Run) -> Vec<String> {
    let steps = run.document()["next"].as_array().expect("the next commands are a list").clone();
    steps.iter().map(|step| step["command"].as_str().expect("a command is text").to_owned()).collect()
}

/// Runs a command line and returns the only command that it names as the next one.
fn follow(user: &User, line: &str, code: i32) -> String {
    let run = user.paste(&format!("{line} --json")).expect(code);
    let mut found = next(&run);
    assert_eq!(found.len(), 1, "{run}");
    // The flags of a run apply to its repetition.
    found.remove(0).replace(" --json", "")
}

#[test]
fn next_commands_lead_from_a_starter_template_to_a_promotion() {
    let user = User::of_sandbox();
    let mut line = follow(&user, "stagegate drift", 0);
    assert_eq!(line, "stagegate templates list");
    line = follow(&user, &line, 0);
    assert!(line.starts_with("stagegate templates new "), "{line}");
    // The first one in the list has no counterpart in prod.
    assert_eq!(follow(&user, "stagegate templates show sqs-with-dlq", 0), "stagegate templates new sqs-with-dlq");
    let written = user.paste("stagegate templates new sqs-with-dlq --json").expect(0);
    assert_eq!(next(&written), ["stagegate scan -f sqs-with-dlq.yaml", "stagegate create -f sqs-with-dlq.yaml"]);
    line = follow(&user, &next(&written)[0], 0);
    assert_eq!(line, "stagegate create -f sqs-with-dlq.yaml --plan-only");
    assert_eq!(follow(&user, "stagegate estimate -f sqs-with-dlq.yaml", 0), line);
    line = follow(&user, &line, 0);
    assert_eq!(line, "stagegate create -f sqs-with-dlq.yaml");
    line = follow(&user, &line, 0);
    assert_eq!(line, "stagegate promote --all --with-dependencies --plan-only");
    line = follow(&user, &line, 3);
    assert!(line.starts_with("stagegate promote --all --with-dependencies --approve "), "{line}");
    line = follow(&user, &line, 0);
    assert_eq!(line, "stagegate drift");
    // There is nothing to do.
    assert_eq!(next(&user.paste("stagegate drift --json").expect(0)), [] as [&str; 0]);
}

#[test]
fn the_promotion_of_a_single_resource_is_named() {
    let user = User::of_sandbox();
    let create = format!("stagegate create -f {}", template("s3-bucket.yaml"));
    let promote = "stagegate promote AWS::S3::Bucket sandbox-uploads-dev --with-dependencies --plan-only";
    assert_eq!(follow(&user, &create, 0), promote);
    follow(&user, promote, 3);
    let update =
        "stagegate update AWS::S3::Bucket sandbox-uploads-dev --env dev --set VersioningConfiguration.Status=Suspended";
    assert_eq!(follow(&user, update, 0), promote);
    // A saved promotion also tags the source in dev, which is not to be promoted again.
    let saved = "stagegate promote AWS::S3::Bucket sandbox-uploads-dev --plan-out plan.json";
    let apply = follow(&user, saved, 3);
    assert!(apply.starts_with("stagegate apply plan.json --approve "), "{apply}");
    assert_eq!(follow(&user, &apply, 0), "stagegate drift");
}

/// What cannot be repeated is not named: values may be secrets, and standard input has been read.
#[test]
fn nothing_is_named_that_cannot_be_pasted() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Parameters: {Name: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name, SqsManagedSseEnabled: true}}}\n");
    for line in
        ["stagegate scan -f t.yaml --param Name=a-dev", "cat t.yaml | stagegate estimate -f - --param Name=a-dev"]
    {
        let run = user.paste(&format!("{line} --json")).expect(0);
        assert_eq!(next(&run), [] as [&str; 0], "{run}");
    }
    // What blocks a plan is explained.
    user.write("open.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: c-dev}\n");
    assert_eq!(
        follow(&user, "stagegate create -f open.yaml --env prod --tag Budget='$10'", 4),
        "stagegate explain tag-character"
    );
    // A project without prod has nothing to promote to.
    user.write(
        "stagegate.yaml",
        "version: 1\nproject: p\nenvironments: {dev: {account: \"111111111111\", region: us-east-1, sandbox: true}}\n",
    );
    user.write("q.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: b-dev, SqsManagedSseEnabled: true}\n");
    assert_eq!(next(&user.paste("stagegate create -f q.yaml --tag CostCenter=Data --json").expect(0)), [] as [&str; 0]);
}

#[test]
fn commands_that_read_name_what_to_look_at_next() {
    let user = User::of_sandbox();
    user.write("open.yaml", "Type: AWS::S3::Bucket\nProperties: {AccessControl: PublicRead}\n");
    let expected = [
        ("stagegate context", 0, "stagegate context --doctor"),
        ("stagegate scan -f open.yaml", 2, "stagegate explain s3-acl-not-public"),
        ("stagegate schema AWS::SQS::Queue", 0, "stagegate inventory AWS::SQS::Queue"),
        ("stagegate sandbox status", 0, "stagegate sandbox seed --resources 100"),
        ("stagegate sandbox reset", 0, "stagegate templates list"),
        ("stagegate sandbox seed --resources 20", 0, "stagegate drift"),
    ];
    for (line, code, named) in expected {
        // People read it on standard error.
        let shown = user.copy().paste(line).expect(code);
        assert!(shown.stderr.ends_with(&format!(":\n  {named}\n")), "{shown}");
        assert_eq!(follow(&user, line, code), named);
        user.paste(named).expect(0);
    }
    let silent = user.run(&["context", "-q"]).expect(0);
    assert_eq!(silent.stderr, "");
}
