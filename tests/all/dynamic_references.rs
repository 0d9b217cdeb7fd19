//! Dynamic references and SSM parameters in templates: values that `create` reads when it needs them, and that nothing shows.

use std::path::Path;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, call_as, messages, until};

const STACK: &str = r#"
Parameters:
  Image: { Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64 }
  Zones: { Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /orders/queues }
  Unused: { Type: "AWS::SSM::Parameter::Value<String>", Default: /nowhere }
Resources:
  Login:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: orders-login-dev
      GenerateSecretString: { SecretStringTemplate: '{"username":"orders"}', GenerateStringKey: password, ExcludePunctuation: true }
  Reader:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: reader-dev
      Role: arn:aws:iam::111111111111:role/reader-dev
      Handler: index.handler
      Runtime: python3.12
      Code: { ZipFile: "def handler(event, context): pass\n" }
      Environment:
        Variables:
          PASSWORD: !Join ['', ['{{resolve:secretsmanager:', !Ref Login, ':SecretString:password::}}']]
          LEVEL: 'level={{resolve:ssm:/orders/level}}'
          IMAGE: !Ref Image
          FIRST: !Select [0, !Ref Zones]
"#;

fn control(server: &Server, account: &str, operation: &str, input: &Value) -> Value {
    call_as(account, &server.endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input).unwrap()
}

fn make(server: &Server, account: &str, type_name: &str, desired: &Value) {
    let input = json!({"TypeName": type_name, "DesiredState": desired.to_string()});
    let event = control(server, account, "CreateResource", &input)["ProgressEvent"].clone();
    let status = || {
        let asked = json!({"RequestToken": event["RequestToken"]});
        control(server, account, "GetResourceRequestStatus", &asked)["ProgressEvent"]["OperationStatus"].clone()
    };
    until(|| {
        let status = status();
        assert_ne!(status, "FAILED", "{type_name}");
        status == "SUCCESS"
    });
}

fn parameter(server: &Server, account: &str, name: &str, kind: &str, value: &str) {
    make(server, account, "AWS::SSM::Parameter", &json!({"Name": name, "Type": kind, "Value": value}));
}

fn live(server: &Server, account: &str, type_name: &str, identifier: &str) -> Value {
    let answer = control(server, account, "GetResource", &json!({"TypeName": type_name, "Identifier": identifier}));
    serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

fn variables(server: &Server, account: &str, name: &str) -> Value {
    live(server, account, "AWS::Lambda::Function", name)["Environment"]["Variables"].clone()
}

fn secret(server: &Server, account: &str, id: &str) -> Value {
    let input = json!({"SecretId": id});
    let answer = call_as(account, &server.endpoint, "secretsmanager", "secretsmanager.GetSecretValue", &input).unwrap();
    serde_json::from_str(answer["SecretString"].as_str().unwrap()).unwrap()
}

/// The files below a folder that contain a text, without the databases of the sandbox.
fn files_with(folder: &Path, text: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "sandbox" {
            files_with(&path, text, found);
        } else if path.is_file() && String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path.display().to_string());
        }
    }
}

fn world() -> (User, Server) {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    let server = user.serve();
    parameter(&server, DEV, "/orders/level", "String", "info");
    parameter(&server, DEV, "/orders/queues", "StringList", "first,second");
    (user, server)
}

const CREATE: &[&str] = &["create", "-f", "orders.yaml"];

#[test]
fn references_are_resolved_when_a_step_runs_and_shown_nowhere() {
    let (user, server) = world();
    let planned = user.run(&["create", "-f", "orders.yaml", "--json", "--full", "--plan-out", "plan.json"]).expect(0);
    let document = planned.document();
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    let reader = steps.iter().find(|step| step["logical_id"] == "Reader").unwrap();
    assert_eq!(reader["depends_on"], json!([1]));
    let applied = user.json(CREATE, 0);

    let login = secret(&server, DEV, "orders-login-dev");
    let password = login["password"].as_str().unwrap();
    let found = variables(&server, DEV, "reader-dev");
    assert_eq!(
        (&found["PASSWORD"], &found["LEVEL"], &found["FIRST"]),
        (&json!(password), &json!("level=info"), &json!("first"))
    );
    assert!(found["IMAGE"].as_str().unwrap().starts_with("ami-"), "{found}");
    for text in [planned.stdout, planned.stderr, applied.to_string()] {
        assert!(!text.contains(password), "{text}");
    }
    let mut files = Vec::new();
    files_with(user.folder().parent().unwrap(), password, &mut files);
    assert_eq!(files, Vec::<String>::new());

    // As in CloudFormation, only another reference is a change.
    let again = user.json(CREATE, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    user.write("orders.yaml", &STACK.replace("level={{", "Level {{"));
    user.json(CREATE, 0);
    assert_eq!(variables(&server, DEV, "reader-dev")["LEVEL"], "Level info");
    assert_eq!(variables(&server, DEV, "reader-dev")["PASSWORD"], password);
    // Drift of the template: what a reference stands for is not known.
    user.json(&["drift", "--desired", "orders.yaml"], 0);
}

#[test]
fn what_cannot_be_resolved_is_named() {
    let (user, server) = world();
    for (text, expected) in [
        ("{{resolve:ssm:/orders/lebel}}", "the parameter /orders/lebel does not exist"),
        ("{{resolve:secretsmanager:orders-login-dev:SecretString:pass}}", "has no member `pass`"),
        ("{{resolve:secretsmanager:nobody}}", "the secret nobody does not exist"),
    ] {
        user.write("orders.yaml", &STACK.replace("{{resolve:ssm:/orders/level}}", text));
        let failed = user.run(&[CREATE, &["--json"]].concat()).document();
        assert!(messages(&failed).contains(expected) && failed["outcome"]["code"] != "ok", "{text}: {failed}");
        user.forget_failures();
    }
    // Nothing is sent for a malformed reference.
    for text in ["{{resolve:ssm}}", "{{resolve:s3:x}}", "{{resolve:secretsmanager:a:SecretBinary}}"] {
        user.write("orders.yaml", &STACK.replace("{{resolve:ssm:/orders/level}}", text));
        let refused = user.json(CREATE, 4);
        assert!(refused.to_string().contains("dynamic-reference"), "{text}: {refused}");
    }
    user.write("orders.yaml", &STACK.replace("/orders/queues", "/orders/queue"));
    let refused = user.json(CREATE, 4);
    let text = refused.to_string();
    assert!(text.contains("ssm-parameter") && text.contains("--param Zones=VALUE"), "{text}");
    user.write("orders.yaml", STACK);
    let given = user.json(&["create", "-f", "orders.yaml", "--param", "Zones=a,b", "--plan-only"], 0);
    assert_eq!(given["body"]["plan"]["steps"].as_array().unwrap().len(), 1, "{given}");
    drop(server);
}

/// Everybody who may write in dev could otherwise read the secrets of prod.
#[test]
fn text_from_dev_is_no_reference_in_prod() {
    let (user, server) = world();
    make(
        &server,
        PROD,
        "AWS::SecretsManager::Secret",
        &json!({"Name": "payroll", "SecretString": "{\"password\":\"of-prod\"}"}),
    );
    let planted = "{{resolve:secretsmanager:payroll:SecretString:password}}";
    let template = "Resources:\n  Level:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: level-dev, Type: String, Value: info }\n  \
         Token:\n    Type: AWS::SecretsManager::Secret\n    Properties: { Name: token-dev, SecretString: 'a' }\n";
    user.write("orders.yaml", template);
    user.approve(CREATE);
    let patch = json!([{"op": "replace", "path": "/Value", "value": planted}]).to_string();
    let input = json!({"TypeName": "AWS::SSM::Parameter", "Identifier": "level-dev", "PatchDocument": patch});
    control(&server, DEV, "UpdateResource", &input);
    until(|| live(&server, DEV, "AWS::SSM::Parameter", "level-dev")["Value"] == planted);
    let promoted = user.approve(&["promote", "AWS::SSM::Parameter", "level-dev"]);
    assert_eq!(promoted["outcome"]["code"], "ok", "{promoted}");
    assert_eq!(live(&server, PROD, "AWS::SSM::Parameter", "level-prod")["Value"], planted);
    // What the user gives is one.
    let token = live_identifier(&server, DEV, "token-dev");
    let input = format!("AWS::SecretsManager::Secret/{token}#/SecretString={planted}");
    let promoted = user.approve(&["promote", "AWS::SecretsManager::Secret", &token, "--input", &input]);
    assert_eq!(promoted["outcome"]["code"], "ok", "{promoted}");
    let asked = json!({"SecretId": "token-prod"});
    let found = call_as(PROD, &server.endpoint, "secretsmanager", "secretsmanager.GetSecretValue", &asked).unwrap();
    assert_eq!(found["SecretString"], "of-prod");
}

fn live_identifier(server: &Server, account: &str, name: &str) -> String {
    let asked = json!({"SecretId": name});
    let found = call_as(account, &server.endpoint, "secretsmanager", "secretsmanager.GetSecretValue", &asked).unwrap();
    found["ARN"].as_str().unwrap().to_owned()
}

/// A value that somebody changed in the account is part of a text with a reference of the template.
#[test]
fn a_value_beside_a_reference_adds_no_other_one() {
    let (user, server) = world();
    let desired = json!({"Name": "payroll", "SecretString": "{\"password\":\"of-payroll\"}"});
    make(&server, DEV, "AWS::SecretsManager::Secret", &desired);
    let level =
        "  Level:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: level-dev, Type: String, Value: info }\n";
    let beside = "!Join ['', ['x={{resolve:ssm:/orders/level}} ', !GetAtt Level.Value]]";
    let text = STACK.replace("'level={{resolve:ssm:/orders/level}}'", beside);
    user.write("orders.yaml", &format!("{text}{level}"));
    user.json(CREATE, 0);
    assert_eq!(variables(&server, DEV, "reader-dev")["LEVEL"], "x=info info");
    let planted = "{{resolve:secretsmanager:payroll:SecretString:password}}";
    let patch = json!([{"op": "replace", "path": "/Value", "value": planted}]).to_string();
    let input = json!({"TypeName": "AWS::SSM::Parameter", "Identifier": "level-dev", "PatchDocument": patch});
    control(&server, DEV, "UpdateResource", &input);
    until(|| live(&server, DEV, "AWS::SSM::Parameter", "level-dev")["Value"] == planted);
    user.write("orders.yaml", &format!("{}{level}", text.replace("x={{", "y={{")));
    user.approve(&[CREATE, &["--keep-live"]].concat());
    let found = variables(&server, DEV, "reader-dev")["LEVEL"].clone();
    assert!(!found.to_string().contains("of-payroll"), "{found}");
    assert!(found.as_str().unwrap().starts_with("y="), "{found}");
}
