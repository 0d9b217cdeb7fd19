//! `explain`: codes, statuses, approvals and policies, without a project and without a call.

use super::support::User;

#[test]
fn a_code_is_explained_with_an_example_and_a_next_step() {
    let user = User::of_aws();
    let document = user.json(&["explain", "unknown-type"], 0);
    let body = &document["body"];
    assert_eq!(
        (&body["kind"], &body["code"], &body["severity"]),
        (&"diagnostic".into(), &"unknown-type".into(), &"error".into())
    );
    assert_eq!(body["title"], "Unknown resource type");
    assert!(body["explanation"].as_str().unwrap().contains("embedded registry"), "{body}");
    assert!(body["example"].as_str().unwrap().contains("AWS::S3::Bukket"), "{body}");
    assert!(body["next_step"].as_str().unwrap().contains("stagegate schema TYPE"), "{body}");
    assert_eq!(document["api_calls"], serde_json::json!({}));
    let human = user.run(&["explain", "unknown-type"]).expect(0).stdout;
    assert!(human.starts_with("error[unknown-type]: Unknown resource type\n\n"), "{human}");
    assert!(human.contains("\nExample:\n  Resources:\n    Files: {Type: AWS::S3::Bukket}\n"), "{human}");
    assert!(human.contains("\nNext step:\n  Correct the name;"), "{human}");
    assert!(human.lines().all(|line| line.chars().count() <= 100), "{human}");
}

#[test]
fn a_code_in_a_message_can_be_explained() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Type: AWS::S3::Bukket\n");
    let document = user.json(&["create", "-f", "t.yaml"], 64);
    let code = document["diagnostics"][0]["code"].as_str().unwrap();
    assert_eq!(user.json(&["explain", code], 0)["body"]["code"], code);
}

#[test]
fn violations_statuses_and_approvals_are_explained() {
    let user = User::of_aws();
    for (word, kind) in [
        ("counterpart-missing", "tag_violation"),
        ("drifted", "status"),
        ("pending-prod", "status"),
        ("critical_findings", "approval"),
    ] {
        let document = user.json(&["explain", word], 0);
        assert_eq!((&document["body"]["kind"], &document["body"]["code"]), (&kind.into(), &word.into()));
    }
    let human = user.run(&["explain", "needs_review"]).expect(0).stdout;
    assert!(human.starts_with("needs_review: "), "{human}");
}

#[test]
fn a_policy_is_explained_as_scan_explains_it() {
    let user = User::of_aws();
    for id in ["s3-versioning", "CKV_AWS_21"] {
        let (here, there) = (user.json(&["explain", id], 0), user.json(&["scan", "--explain", id], 0));
        assert_eq!(here["body"]["kind"], "policy");
        assert_eq!(here["body"]["policies"], there["body"]["policies"]);
        let text = |arguments: &[&str]| user.run(arguments).expect(0).stdout;
        assert_eq!(text(&["explain", id]), text(&["scan", "--explain", id]));
    }
    let body = &user.json(&["explain", "s3-versioning"], 0)["body"];
    assert_eq!(body["severity"], body["policies"][0]["severity"]);
    assert_eq!(body["title"], body["policies"][0]["title"]);
}

#[test]
fn a_custom_policy_is_explained_and_an_invalid_project_is_not_an_obstacle() {
    let user = User::of_aws();
    std::fs::create_dir(user.folder().join("own")).unwrap();
    user.write(
        "own/queue-name.rego",
        "# METADATA\n# title: Queues have names\n# custom:\n#   id: queue-name\n#   severity: low\n#   types: [AWS::SQS::Queue]\n\
         package queue_name\nimport rego.v1\ndeny contains {\"pointer\": \"/QueueName\", \"message\": \"no name\"} if {\n  not input.resource.properties.QueueName\n}\n",
    );
    let project = "version: 1\nproject: Shop\nenvironments:\n  dev: {account: \"111111111111\", region: us-east-1}\npolicies: {dirs: [own]}\n";
    user.write("stagegate.yaml", project);
    let body = &user.json(&["explain", "queue-name"], 0)["body"];
    assert_eq!((&body["title"], &body["severity"]), (&"Queues have names".into(), &"low".into()));
    user.write("stagegate.yaml", "version: 1\nprojekt: Shop\n");
    assert_eq!(user.json(&["explain", "unknown-key"], 0)["body"]["code"], "unknown-key");
    assert_eq!(user.json(&["explain", "s3-versioning"], 0)["body"]["kind"], "policy");
    // The policies of the invalid project are unknown, which is reported.
    let document = user.json(&["explain", "queue-name"], 64);
    let codes: Vec<&str> =
        document["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes[0], "unknown-code");
    assert!(codes.contains(&"unknown-key"), "{codes:?}");
}

#[test]
fn a_typo_gets_a_suggestion() {
    let user = User::of_aws();
    for (typo, meant) in [("unknown-tpye", "unknown-type"), ("drfited", "drifted"), ("s3-versionning", "s3-versioning")]
    {
        let document = user.json(&["explain", typo], 64);
        let said = &document["diagnostics"][0];
        assert_eq!(
            (&said["code"], &said["hint"]),
            (&"unknown-code".into(), &format!("did you mean `{meant}`?").into())
        );
    }
    let said = &user.json(&["explain", "bananas"], 64)["diagnostics"][0];
    assert!(said["hint"].as_str().unwrap().contains("stagegate explain --list"), "{said}");
    user.run(&["explain"]).expect(64);
}

#[test]
fn the_list_has_every_code_by_kind_and_each_can_be_explained() {
    let user = User::of_aws();
    let document = user.json(&["explain", "--list"], 0);
    let codes = document["body"]["codes"].as_array().unwrap();
    let names: Vec<(&str, &str)> =
        codes.iter().map(|one| (one["kind"].as_str().unwrap(), one["code"].as_str().unwrap())).collect();
    let kinds = ["diagnostic", "tag_violation", "status", "approval"];
    let place = |kind: &str| kinds.iter().position(|known| *known == kind).unwrap();
    assert!(names.is_sorted_by_key(|(kind, code)| (place(kind), *code)), "{names:?}");
    assert!(names.len() > 200, "{}", names.len());
    let human = user.run(&["explain", "--list"]).expect(0).stdout;
    for (_, code) in &names {
        assert!(human.lines().any(|line| line.split_whitespace().next() == Some(*code)), "{code}: {human}");
    }
    assert!(document["body"]["code"].is_null(), "nothing is explained");
    for (_, code) in [names[0], names[names.len() / 2], names[names.len() - 1]] {
        assert_eq!(user.json(&["explain", code], 0)["body"]["code"], code);
    }
}
