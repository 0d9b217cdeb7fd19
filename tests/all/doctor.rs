//! `context --doctor`: what works is said, and what does not comes with what corrects it.

use serde_json::{Value, json};

use super::support::{DEV, PROD, User};

/// Returns the checks of an area.
fn of<'a>(document: &'a Value, environment: Option<&str>, area: &str) -> Vec<&'a Value> {
    let checks = document["body"]["doctor"]["checks"].as_array().unwrap();
    let is_own = |check: &&Value| check["environment"].as_str() == environment && check["area"] == area;
    checks.iter().filter(is_own).collect()
}

const AREAS: [&str; 6] = ["credentials", "region", "clock", "endpoints", "permissions", "types"];

#[test]
fn the_sandbox_is_in_order() {
    let user = User::of_sandbox();
    let document = user.json(&["context", "--doctor"], 0);
    for environment in ["dev", "prod"] {
        for area in AREAS {
            let checks = of(&document, Some(environment), area);
            assert!(!checks.is_empty(), "{environment} {area}: {document:#}");
            assert!(checks.iter().all(|check| check["state"] != "problem"), "{checks:#?}");
        }
    }
    for area in ["configuration", "caches", "engines"] {
        assert!(!of(&document, None, area).is_empty(), "{area}");
    }
    let text = user.run(&["context", "--doctor", "--env", "dev"]).expect(0).stdout;
    assert!(text.contains("dev:\n") && !text.contains("prod:\n"), "{text}");
    assert!(text.contains(" ok, 0 problems"), "{text}");
}

#[test]
fn the_clock_and_the_endpoints_of_a_server_are_checked() {
    let server = User::of_sandbox().serve();
    let user = User::of_accounts(&server.endpoint, "Shop", DEV, PROD);
    let document = user.json(&["context", "--doctor"], 0);
    for environment in ["dev", "prod"] {
        let one = |area: &str| of(&document, Some(environment), area)[0].clone();
        assert_eq!(one("clock")["state"], "ok");
        assert!(one("clock")["message"].as_str().unwrap().contains("STS"), "{}", one("clock"));
        let endpoint = format!("{} for all services", server.endpoint);
        assert_eq!(one("endpoints")["message"], endpoint.as_str());
        assert!(one("region")["message"].as_str().unwrap().contains("responded"), "{}", one("region"));
    }
    let configuration = of(&document, None, "configuration")[0]["message"].as_str().unwrap();
    assert!(configuration.contains("stagegate.yaml"), "{configuration}");
}

#[test]
fn credentials_that_cannot_be_used_end_with_6_and_the_others_are_checked() {
    let server = User::of_sandbox().serve();
    let user = User::of_accounts(&server.endpoint, "Shop", DEV, PROD);
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &config.replace("profile: p,", "profile: q,"));
    let document = user.json(&["context", "--doctor"], 6);
    let credentials = of(&document, Some("prod"), "credentials")[0];
    assert_eq!(credentials["state"], "problem");
    assert!(credentials["hint"].as_str().unwrap().contains("`p`"), "{credentials}");
    assert_eq!(of(&document, Some("prod"), "permissions")[0]["state"], "not_checked");
    assert_eq!(of(&document, Some("dev"), "credentials")[0]["state"], "ok");
    // The account that STS returns is another one.
    user.write("stagegate.yaml", &config.replace(PROD, "333333333333"));
    let document = user.json(&["context", "--doctor"], 6);
    let message = of(&document, Some("prod"), "credentials")[0]["message"].as_str().unwrap();
    assert!(message.contains("333333333333") && message.contains(PROD), "{message}");
}

#[test]
fn an_engine_and_a_type_that_are_missing_are_problems() {
    let user = User::of_sandbox();
    let project = |more: &str| {
        let environments = format!("  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n");
        user.write("stagegate.yaml", &format!("version: 1\nproject: Shop\nenvironments:\n{environments}{more}"));
    };
    project("policies: { engines: [builtin, cfn-guard] }\n");
    let document = user.json(&["context", "--doctor"], 2);
    let engines = of(&document, None, "engines");
    let guard = engines.iter().find(|check| check["state"] == "problem").unwrap();
    assert_eq!(guard["fix"], "cargo install cfn-guard");
    assert_eq!(document["body"]["doctor"]["problems"], 1, "{document:#}");
    project("policies: { dirs: [own] }\n");
    let document = user.json(&["context", "--doctor"], 2);
    assert!(of(&document, None, "configuration").iter().any(|check| check["state"] == "problem"), "{document:#}");
}

#[test]
fn replaced_policies_are_named() {
    let user = User::of_sandbox();
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: Shop\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\npolicies: {{ dirs: [own] }}\n"
        ),
    );
    let metadata =
        "# METADATA\n# title: Own\n# custom:\n#   id: s3-encryption\n#   severity: low\n#   types: [AWS::S3::Bucket]\n";
    let rule = "package own\nimport rego.v1\ndeny contains {\"pointer\": \"\", \"message\": \"x\"} if false\n";
    user.write("own/s3-encryption.rego", &format!("{metadata}{rule}"));
    let document = user.json(&["context", "--doctor"], 0);
    let messages = json!(of(&document, None, "configuration")).to_string();
    assert!(messages.contains("replaces 1 built-in policies: s3-encryption"), "{messages}");
}

#[test]
fn a_misspelled_region_is_an_error_everywhere() {
    let user = User::of_sandbox();
    for command in
        [&["context", "--doctor"][..], &["drift"], &["estimate", "--type", "AWS::S3::Bucket"], &["inventory"]]
    {
        let document = user.json(&[command, &["--region", "eu-wset-1"]].concat(), 64);
        assert!(super::support::messages(&document).contains("did you mean `eu-west-1`?"), "{document:#}");
    }
    user.write(
        "stagegate.yaml",
        &format!("version: 1\nproject: Shop\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-esat-1 }}\n"),
    );
    let document = user.json(&["context"], 64);
    assert!(super::support::messages(&document).contains("did you mean `us-east-1`?"), "{document:#}");
}

#[test]
fn missing_permissions_are_named_by_command() {
    let owner = User::of_sandbox();
    let server = owner.serve();
    let user = User::of_accounts(&server.endpoint, "Shop", DEV, PROD);
    user.write("role.yaml", ROLE);
    user.approve(&["create", "-f", "role.yaml"]);
    let config = std::fs::read_to_string(user.folder().join("aws-config")).unwrap();
    let role = format!(
        "[profile reader]\nrole_arn = arn:aws:iam::{DEV}:role/reader-dev\nsource_profile = d\nregion = us-east-1\n"
    );
    user.write("aws-config", &(config + &role));
    let project = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &project.replace("profile: d,", "profile: reader,"));
    let document = user.json(&["context", "--doctor", "--env", "dev"], 2);
    let permissions = of(&document, Some("dev"), "permissions");
    let command = |name: &str| *permissions.iter().find(|check| check["command"] == name).unwrap();
    assert_eq!(command("drift")["state"], "ok", "{permissions:#?}");
    let create = command("create");
    assert_eq!(create["state"], "problem");
    assert!(create["message"].as_str().unwrap().contains("cloudformation:CreateResource"), "{create}");
    let fix = create["fix"].as_str().unwrap();
    assert!(fix.starts_with("stagegate iam gap reader-dev "), "{fix}");
    user.paste(fix).expect(2);
}

/// A role that may only read.
const ROLE: &str = "\
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader-dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root' }, Action: sts:AssumeRole }
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action:
                  - cloudformation:DescribeType
                  - cloudformation:GetResource
                  - cloudformation:ListResources
                  - iam:GetRole
                  - iam:SimulatePrincipalPolicy
                  - tag:GetResources
                Resource: '*'
";
