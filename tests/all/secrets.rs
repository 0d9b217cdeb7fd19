//! Secrets appear in no output, plan, copy or log.

use std::path::Path;

use super::support::{User, approving_command};

/// Planted values. Each is distinctive, so that a search finds it.
const NO_ECHO: &str = "planted-noecho-7341";
const NUMBER: &str = "73417341";
const WRITE_ONLY: &str = "planted-writeonly-7342";
const VARIABLE: &str = "planted-variable-7343";
const CONTAINER: &str = "planted-container-7344";
const KEY: &str = "AKIAPLANTED734500000";
const ADDRESS: &str = "planted-address-7346";
const SET: &str = "planted-set-7347";
const INPUT: &str = "planted-input-7348";

fn template() -> String {
    format!(
        r##"Parameters:
  Password: {{ Type: String, NoEcho: true }}
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: s-db-dev
      DBInstanceClass: db.t3.micro
      Engine: mysql
      AllocatedStorage: 20
      MasterUsername: app
      MasterUserPassword: {NUMBER}
      StorageEncrypted: true
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {{ Name: s-secret-dev, SecretString: {WRITE_ONLY} }}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: s-api-dev
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::111111111111:role/s-role-dev
      Code: {{ ZipFile: "TOKEN = '{WRITE_ONLY}'" }}
      Environment:
        Variables:
          DB_PASSWORD: {VARIABLE}
          DB_URL: "postgres://app:{ADDRESS}@db.internal/app"
          KEY_ID: {KEY}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: s-task-dev
      ContainerDefinitions:
        - Name: app
          Image: "111111111111.dkr.ecr.us-east-1.amazonaws.com/app:1"
          Memory: 128
          Command: [login, !Sub "user=app;pw=${{Password}}"]
          Environment: [{{ Name: API_TOKEN, Value: {CONTAINER} }}]
  Machine:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateName: s-machine-dev
      LaunchTemplateData:
        UserData: !Base64 {{ "Fn::Join": ["", ["#!/bin/sh\nlogin ", !Ref Password, "\n"]] }}
"##
    )
}

/// Every text below a folder, with its path; databases of the sandbox hold what AWS would hold.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_sandbox = path.file_name().is_some_and(|name| name == "sandbox");
        if path.is_dir() && !is_sandbox {
            texts(&path, found);
        } else if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
}

fn assert_nothing_planted(place: &str, text: &str) {
    let encoded = "bG9naW4gcGxhbnRlZC1ub2VjaG8";
    for planted in [NO_ECHO, NUMBER, WRITE_ONLY, VARIABLE, CONTAINER, KEY, ADDRESS, SET, INPUT, encoded] {
        assert!(!text.contains(planted), "{planted} is in {place}:\n{text}");
    }
}

#[test]
fn planted_secrets_appear_nowhere() {
    let user = User::of_sandbox();
    user.write("stack.yaml", &template());
    let password = format!("Password={NO_ECHO}");
    let secret = format!("Secret.SecretString={SET}");
    let base = ["create", "-f", "stack.yaml", "--param", &password, "--set", &secret];
    let mut outputs = Vec::new();
    let mut run = |arguments: &[&str]| {
        let run = user.run(arguments);
        outputs.push((arguments.join(" "), format!("{}{}", run.stdout, run.stderr)));
        run
    };
    run(&base);
    run(&[&base[..], &["--full", "--plan-only"]].concat());
    run(&[&base[..], &["--json"]].concat());
    run(&[&base[..], &["--plan-out", "plan.json"]].concat());
    run(&["scan", "-f", "stack.yaml", "--param", &password, "--json"]);
    run(&["scan", "-f", "stack.yaml", "--param", &password, "--output", "sarif"]);
    run(&["estimate", "-f", "stack.yaml", "--param", &password, "--json"]);
    let asked = run(&[&base[..], &["--json"]].concat()).document();
    let command = approving_command(&asked).replace("<SAME-VALUE>", NO_ECHO);
    // Two values are hidden in the command: the parameter's and that of the secret.
    let command = command.replace(&format!("Secret.SecretString={NO_ECHO}"), &secret);
    let applied = user.paste(&command).expect(0);
    outputs.push(("apply".to_owned(), format!("{}{}", applied.stdout, applied.stderr)));

    let mut run = |arguments: &[&str]| {
        let run = user.run(arguments);
        outputs.push((arguments.join(" "), format!("{}{}", run.stdout, run.stderr)));
    };
    run(&["create", "-f", "stack.yaml", "--param", &password, "--json"]);
    let change = format!("MasterUserPassword={SET}");
    run(&["update", "AWS::RDS::DBInstance", "s-db-dev", "--env", "dev", "--set", &change, "--json"]);
    run(&["update", "AWS::RDS::DBInstance", "s-db-dev", "--env", "dev", "--set", &change, "--plan-out", "change.json"]);
    let variable = format!("Environment.Variables.DB_PASSWORD={SET}");
    run(&["update", "AWS::Lambda::Function", "s-api-dev", "--env", "dev", "--set", &variable, "--full"]);
    let input = format!("AWS::RDS::DBInstance/s-db-dev#/MasterUserPassword={INPUT}");
    run(&["promote", "AWS::RDS::DBInstance", "s-db-dev", "--input", &input, "--full"]);
    run(&["promote", "AWS::RDS::DBInstance", "s-db-dev", "--input", &input, "--json"]);
    run(&["promote", "AWS::Lambda::Function", "s-api-dev", "--json"]);
    run(&["drift", "--json"]);
    run(&["tag-audit", "--json"]);
    for (command, text) in &outputs {
        // The test's own arguments are not output.
        assert_nothing_planted(command, text);
    }
    let mut files = Vec::new();
    texts(user.folder().parent().unwrap(), &mut files);
    assert!(files.iter().any(|(path, _)| path.ends_with("plan.json")), "the plan was saved");
    assert!(files.iter().any(|(path, _)| path.ends_with("audit.jsonl")), "the audit log was written");
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("stack.yaml")) {
        assert_nothing_planted(path, text);
    }
}
