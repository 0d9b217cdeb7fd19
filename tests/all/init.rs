//! `init`: writes a project file that can be used at once, from flags or from answers at a terminal.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User};

/// A user with the profiles `shop-dev`, `shop-prod`, `again` (the account of dev) and `empty` (no credentials).
fn user(server: &Server) -> User {
    let user = User::of_aws().with("AWS_ENDPOINT_URL", &server.endpoint);
    let profile = |name: &str, account: &str, region: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = {region}\n")
    };
    let profiles = [
        profile("shop-dev", DEV, "eu-west-1"),
        profile("shop-prod", PROD, "eu-central-1"),
        profile("again", DEV, "us-east-1"),
        "[profile empty]\nregion = us-east-1\n".to_owned(),
    ];
    user.write("aws-config", &profiles.concat());
    user
}

const FLAGS: [&str; 6] = ["init", "--no-input", "--dev-profile", "shop-dev", "--prod-profile", "shop-prod"];

#[test]
fn flags_write_a_project_that_can_be_used_at_once() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    let document = user.json(&[FLAGS.as_slice(), &["--project", "shop", "--starter", "s3-bucket"]].concat(), 0);
    let body = &document["body"];
    assert_eq!(body["file"], "stagegate.yaml");
    assert_eq!(body["starters"], json!(["templates/s3-bucket.yaml"]));
    let places = [("dev", DEV, "eu-west-1", "shop-dev", false), ("prod", PROD, "eu-central-1", "shop-prod", true)];
    for (at, (name, account, region, profile, protected)) in places.into_iter().enumerate() {
        let expected = json!({"name": name, "account": account, "region": region, "profile": profile,
            "verified": true, "protected": protected, "sandbox": false});
        let found = &body["environments"][at];
        assert!(expected.as_object().unwrap().iter().all(|(key, value)| found[key] == *value), "{found}");
    }
    let file = user.folder().join("stagegate.yaml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).unwrap().contains("# STS must return this account"));
    // It is read without a message, and what is written next works.
    let context = user.json(&["context"], 0);
    assert_eq!(context["diagnostics"], json!([]));
    assert_eq!(context["body"]["pair"]["usable"], true);
    for next in document["next"].as_array().unwrap() {
        let run = user.paste(next["command"].as_str().unwrap());
        assert!([0, 2].contains(&run.code), "{run}");
    }
    let bucket = user.json(&["inventory", "AWS::S3::Bucket"], 0);
    assert_eq!(bucket["body"]["resources"][0]["identifier"], "shop-uploads-dev");
}

#[test]
fn nothing_is_replaced() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    let config = user.write("stagegate.yaml", "mine\n");
    assert_eq!(user.json(&FLAGS, 64)["diagnostics"][0]["code"], "file-exists");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "mine\n");
    user.json(&[FLAGS.as_slice(), &["--out", "other/stagegate.yaml"]].concat(), 0);
    // A starter that exists keeps the project file from being written as well.
    let user = self::user(&server);
    user.write("templates/s3-bucket.yaml", "mine\n");
    user.json(&[FLAGS.as_slice(), &["--starter", "s3-bucket", "--starter", "sqs-with-dlq"]].concat(), 64);
    assert!(!user.folder().join("stagegate.yaml").exists());
    assert!(!user.folder().join("templates/sqs-with-dlq.yaml").exists());
}

#[test]
fn without_flags_and_without_a_terminal_the_profiles_are_listed() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    let document = user.json(&["init"], 64);
    let hint = document["diagnostics"][0]["hint"].as_str().unwrap();
    assert!(hint.contains(&format!("shop-dev (account {DEV})")) && !hint.contains("empty"), "{hint}");
    let profiles = document["body"]["profiles"].as_array().unwrap();
    let names: Vec<&Value> = profiles.iter().map(|profile| &profile["name"]).collect();
    assert_eq!(names, ["again", "empty", "shop-dev", "shop-prod"]);
    assert_eq!(profiles[1]["account"], Value::Null);
    assert!(profiles[1]["problem"].is_string() && profiles[1]["hint"].is_string(), "{}", profiles[1]);
    assert_eq!(profiles[2]["account"], DEV);
    let shown = user.run(&["init", "--no-input"]).expect(64);
    assert!(shown.stdout.contains("AWS profiles:") && shown.stdout.contains("shop-prod"), "{shown}");
    assert!(shown.stdout.contains("  ! empty: ") && shown.stdout.contains("aws configure --profile empty"), "{shown}");
    assert!(!user.folder().join("stagegate.yaml").exists());
}

#[test]
fn one_account_for_both_and_unusable_profiles_are_refused() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    let with_prod =
        |profile: &'static str| vec!["init", "--no-input", "--dev-profile", "shop-dev", "--prod-profile", profile];
    for (profile, code, text) in
        [("again", 64, "same-account"), ("empty", 6, "aws-credentials"), ("nobody", 6, "unknown-profile")]
    {
        let document = user.json(&with_prod(profile), code);
        assert_eq!(document["diagnostics"][0]["code"], text, "{document:#}");
        assert!(!user.folder().join("stagegate.yaml").exists());
    }
    let other = user.json(&[with_prod("shop-prod").as_slice(), &["--prod-account", DEV]].concat(), 6);
    assert_eq!(other["diagnostics"][0]["code"], "wrong-account");
    user.json(&[with_prod("again").as_slice(), &["--single-account"]].concat(), 0);
    assert_eq!(user.json(&["context"], 0)["body"]["pair"]["single_account"], true);
}

#[test]
fn accounts_can_be_named_without_a_call() {
    let user = User::of_aws();
    let offline = ["init", "--offline", "--no-input", "--dev-account", DEV, "--prod-account", PROD];
    let document = user.json(&[offline.as_slice(), &["--region", "eu-west-1", "--tag", "CostCenter=R&D"]].concat(), 0);
    assert_eq!(document["api_calls"], json!({}));
    assert_eq!(document["body"]["environments"][0]["verified"], false);
    let text = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    assert!(text.contains("CostCenter: \"R&D\"") && text.matches("region: eu-west-1").count() == 2, "{text}");
    let user = User::of_aws();
    user.json(&["init", "--offline", "--no-input", "--dev-profile", "d", "--prod-profile", "p"], 64);
    user.json(&["init", "--no-input", "--dev-account", "12", "--prod-account", PROD], 64);
    user.json(&["init", "--no-input", "--dev-account", DEV, "--prod-account", PROD, "--region", "eu-wset-1"], 64);
}

#[test]
fn a_project_of_the_sandbox_needs_no_account() {
    let user = User::of_aws();
    user.json(&["init", "--sandbox", "--no-input", "--dev-profile", "d"], 64);
    let document = user.json(&["init", "--sandbox", "--no-input", "--project", "shop", "--starter", "sqs-with-dlq"], 0);
    assert_eq!(document["api_calls"], json!({}));
    let created = user.json(&["create", "-f", "templates/sqs-with-dlq.yaml"], 0);
    assert_eq!(created["environments"][0]["authentication"], "Sandbox");
    assert!(created["body"]["applied"][0]["identifier"].as_str().unwrap().contains("shop-"), "{created:#}");
}

#[test]
fn a_person_answers_at_a_terminal() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    let actions = json!([
        ["wait", "Profile of dev (name or number) [shop-dev]"],
        ["send", "empty\n"],
        ["wait", "choose another profile"],
        ["wait", "Profile of dev"],
        ["send", "3\n"],
        ["wait", "Region of dev [eu-west-1]"],
        ["send", "eu-wset-1\n"],
        ["wait", "did you mean `eu-west-1`?"],
        ["wait", "Region of dev"],
        ["send", "\n"],
        ["wait", "Profile of prod (name or number) [shop-prod]"],
        ["send", "\n"],
        ["wait", "Region of prod [eu-central-1]"],
        ["send", "\n"],
        ["wait", "Name of the project [work]"],
        ["send", "shop\n"],
        ["wait", "Value of the tag CostCenter [Engineering]"],
        ["send", "\n"],
        ["wait", "Names, separated by commas [none]"],
        ["send", "s3-bucket\n"],
    ]);
    let result = user.at_terminal(&actions, &["init"]);
    assert_eq!((&result["code"], &result["mode_restored"]), (&json!(0), &json!(true)), "{result:#}");
    let context = user.json(&["context"], 0);
    assert_eq!(context["diagnostics"], json!([]));
    user.run(&["scan", "-f", "templates/s3-bucket.yaml"]).expect(0);
}

#[test]
fn an_ended_question_writes_nothing() {
    let server = User::of_sandbox().serve();
    let user = user(&server);
    for (typed, code) in [("\u{4}", 64), ("\u{3}", 130)] {
        let result = user.at_terminal(&json!([["wait", "Profile of dev"], ["send", typed]]), &["init"]);
        assert_eq!(result["code"], code, "{result:#}");
        assert!(!user.folder().join("stagegate.yaml").exists());
    }
}
