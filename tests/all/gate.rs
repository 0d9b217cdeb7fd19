//! The gate of `create`: required approvals, and what an approval covers.

use serde_json::Value;

use super::support::{DEV, User, approving_command, messages, template};

#[test]
fn an_expensive_resource_requires_the_approval_of_exactly_its_plan() {
    // The printed command must include the flag of the sandbox.
    let user = User::of_aws();
    let database = std::fs::read_to_string(template("rds-postgres.yaml")).unwrap();
    user.write("database.yaml", &database);

    let asked = user.json(&["create", "-f", "database.yaml", "--sandbox=box"], 3);
    assert_eq!(asked["outcome"]["code"], "approval_required");
    assert_eq!(asked["body"]["plan"]["account"], DEV);
    assert_eq!(asked["body"]["applied"], Value::Array(vec![]));
    let kinds = asked["body"]["plan"]["approvals_required"].as_array().unwrap();
    assert!(kinds.iter().any(|one| one["kind"] == "cost"), "{kinds:?}");
    assert_eq!(asked["body"]["plan"]["estimate"]["total"]["unknown_count"], 0);
    assert!(only_reads(&asked), "{}", asked["api_calls"]);

    // The template changes between the plan and its approval, so nothing may be sent.
    let command = approving_command(&asked).to_owned();
    user.write("database.yaml", &database.replace("AllocatedStorage: \"20\"", "AllocatedStorage: \"200\""));
    let refused = user.paste(&command).expect(4).document();
    assert!(messages(&refused).contains("AllocatedStorage"), "{}", messages(&refused));
    assert!(only_reads(&refused), "{}", refused["api_calls"]);

    // With the original template, the same command approves the plan.
    user.write("database.yaml", &database);
    let applied = user.paste(&command).expect(0).document();
    let applied = applied["body"]["applied"].as_array().unwrap();
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!(applied[0]["identifier"], "sandbox-db-dev");
    assert_eq!(applied[0]["verified"], true);
}

#[test]
fn a_free_resource_requires_no_approval_and_is_created_once() {
    let user = User::of_sandbox();
    let bucket = template("s3-bucket.yaml");
    let created = user.json(&["create", "-f", &bucket], 0);
    assert_eq!(created["body"]["applied"][0]["identifier"], "sandbox-uploads-dev");
    assert_eq!(created["body"]["plan"]["approvals_required"], Value::Array(vec![]));
    let again = user.run(&["create", "-f", &bucket, "--json"]);
    let document = again.document();
    assert!(only_reads(&document), "created twice: {again}");
}

#[test]
fn nothing_is_created_in_a_protected_environment() {
    let user = User::of_sandbox();
    let refused = user.json(&["create", "-f", &template("s3-bucket.yaml"), "--env", "prod"], 4);
    assert!(refused.to_string().contains("promote"), "{refused}");
    assert!(only_reads(&refused), "{}", refused["api_calls"]);
}

#[test]
fn findings_stop_a_creation_and_name_the_policy() {
    let user = User::of_sandbox();
    let open = "Type: AWS::EC2::SecurityGroup\nProperties:\n  GroupName: open-dev\n  GroupDescription: open\n  \
                SecurityGroupIngress:\n    - { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }\n";
    user.write("open.yaml", open);
    let scanned = user.json(&["scan", "-f", "open.yaml"], 2);
    assert_eq!(scanned["body"]["verdict"], "fail");
    let finding = &scanned["body"]["findings"][0];
    assert_eq!(finding["resource"]["file"], "open.yaml", "{finding}");
    assert!(finding["line"].is_u64(), "{finding}");
    let asked = user.json(&["create", "-f", "open.yaml"], 3);
    assert!(asked["body"]["plan"]["approvals_required"].to_string().contains("findings"), "{asked}");
    assert!(only_reads(&asked), "{}", asked["api_calls"]);
}

/// The printed command reads standard input, so the reason mentions the template.
#[test]
fn a_template_on_standard_input_is_approved_by_piping_it_in_again() {
    let user = User::of_sandbox();
    user.write("database.yaml", &std::fs::read_to_string(template("rds-postgres.yaml")).unwrap());
    let asked = user.paste("stagegate create --json --file - < database.yaml").expect(3).document();
    let why = asked["next"][0]["why"].as_str().unwrap();
    assert!(why.ends_with(", with the same template on standard input"), "{why}");
    let command = approving_command(&asked);
    assert!(command.starts_with("stagegate create -f - --json --approve "), "{command}");
    let other = user.paste(&format!("sed s/20/200/ database.yaml | {command}")).expect(4).document();
    assert!(only_reads(&other), "{}", other["api_calls"]);
    let applied = user.paste(&format!("{command} < database.yaml")).expect(0).document();
    assert_eq!(applied["body"]["applied"][0]["identifier"], "sandbox-db-dev");
}

/// Returns true if no call of the run could change anything.
fn only_reads(document: &Value) -> bool {
    let writes = ["CreateResource", "UpdateResource", "DeleteResource", "TagResources", "UntagResources"];
    let calls = document["api_calls"].as_object().expect("api_calls is an object");
    !calls.keys().any(|call| writes.iter().any(|write| call.ends_with(write)))
}
