//! `iam for-plan`: the policy for each starter template is enough for a role to create it, and nothing in it can be left out.
//!
//! The sandbox enforces the permissions of handlers, and records what it asks of the role's policies. A policy without one of its
//! actions is asked the same again, which is quicker than a run for each action; for one template, all these runs are made.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use stagegate::sandbox::evaluator::{Attachment, Context, Decision, Policies, Policy, Request, evaluate};

use super::support::{DEV, PROD, Server, User, messages, root, template};

const RECORD: &str = "STAGEGATE_TEST_SANDBOX_AUTHORIZATIONS";

/// An account whose sandbox enforces permissions, and its owner.
struct Account {
    owner: User,
    _sandbox: User,
    _server: Server,
    record: std::path::PathBuf,
}

impl Account {
    fn new() -> Self {
        let sandbox = User::of_sandbox();
        let record = sandbox.folder().join("authorizations.jsonl");
        let sandbox = sandbox.with(RECORD, record.to_str().unwrap());
        let server = sandbox.serve_with(&["--enforce-permissions"]);
        let owner = User::of_accounts(&server.endpoint, "sandbox", DEV, PROD);
        Self { owner, _sandbox: sandbox, _server: server, record }
    }

    /// The policy for a template.
    fn policy(&self, arguments: &[&str]) -> Value {
        self.owner.json(&[&["iam", "for-plan"], arguments].concat(), 0)["body"]["plan_policy"].clone()
    }

    /// A user whose dev environment is a role with only this policy.
    fn deployer(&self, name: &str, document: &Value) -> User {
        let principal = json!({"AWS": format!("arn:aws:iam::{DEV}:root")});
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust,
                          "Policies": [{"PolicyName": "plan", "PolicyDocument": document}]});
        let file = format!("{name}.json");
        let text = json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}).to_string();
        self.owner.write(&file, &text);
        self.owner.approve(&["create", "-f", &file]);
        let user = self.owner.copy();
        let keys = |profile: &str, account: &str| {
            format!(
                "[profile {profile}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n"
            )
        };
        let role = format!(
            "[profile d]\nregion = us-east-1\nrole_arn = arn:aws:iam::{DEV}:role/{name}\nsource_profile = keys\n"
        );
        user.write("aws-config", &(keys("keys", DEV) + &keys("p", PROD) + &role));
        user
    }

    /// What was asked of policies since the last time.
    fn asked(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        let _ = std::fs::remove_file(&self.record);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// True if a policy allows everything that was asked.
fn allows(document: &Value, asked: &[Value]) -> bool {
    let identity = [Policy::read(document, Attachment::Identity).unwrap()];
    let policies = Policies { identity: &identity, boundary: None, session: None, resource: &[] };
    asked.iter().all(|one| {
        let mut context = Context::default();
        for (key, value) in one["context"].as_object().unwrap() {
            context.set(key, [value.as_str().unwrap()]);
        }
        one["any"].as_array().unwrap().iter().any(|resource| {
            let (action, resource) = (one["action"].as_str().unwrap(), resource.as_str().unwrap());
            let request = Request { action, resource, principal: None, context: &context };
            evaluate(&policies, &request).decision == Decision::Allowed
        })
    })
}

fn actions(document: &Value) -> BTreeSet<String> {
    let statements = document["Statement"].as_array().unwrap().iter();
    let all = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    all.map(|action| action.as_str().unwrap().to_owned()).collect()
}

fn without(document: &Value, action: &str) -> Value {
    let mut document = document.clone();
    let statements = document["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        statement["Action"].as_array_mut().unwrap().retain(|one| one != action);
    }
    statements.retain(|statement| !statement["Action"].as_array().unwrap().is_empty());
    document
}

/// The actions of which the result says that they may not be needed.
fn optional(policy: &Value) -> BTreeSet<String> {
    let unknown = policy["not_known"].as_array().unwrap().iter();
    let optional = unknown.filter(|one| one["reason"].as_str().unwrap().starts_with("needed only if AWS"));
    optional.filter_map(|one| one["action"].as_str()).map(str::to_owned).collect()
}

fn templates() -> Vec<String> {
    let files = std::fs::read_dir(root().join("templates")).unwrap();
    let names = files.filter_map(|file| file.unwrap().path().file_name()?.to_str().map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".yaml")).collect();
    names.sort();
    names
}

#[test]
fn the_policy_of_every_template_is_enough_and_no_action_is_too_much() {
    let account = Account::new();
    // One template refers to a secret.
    account.owner.write(
        "secret.yaml",
        "Resources:\n  Oidc:\n    Type: AWS::SecretsManager::Secret\n    Properties:\n      Name: sandbox/oidc/dev\n      \
         GenerateSecretString: { SecretStringTemplate: '{}', GenerateStringKey: client_secret }\n",
    );
    account.owner.approve(&["create", "-f", "secret.yaml"]);
    assert!(templates().len() >= 13);
    let mut too_much = Vec::new();
    for name in templates() {
        let file = template(&name);
        let policy = account.policy(&["-f", &file]);
        let document = &policy["document"];
        let stem = Path::new(&name).file_stem().unwrap().to_str().unwrap();
        let deployer = account.deployer(&format!("deploy-{stem}"), document);
        account.asked();
        let created = deployer.approve(&["create", "-f", &file]);
        assert_eq!(created["outcome"]["exit_code"], 0, "{name}: {}", messages(&created));
        // Reads of prices are denied, and the run goes on without them.
        let asked: Vec<Value> =
            account.asked().into_iter().filter(|one| allows(document, std::slice::from_ref(one))).collect();
        assert!(asked.len() > 10, "{name}: {}", asked.len());
        let optional = optional(&policy);
        for action in actions(document) {
            let is_needed = !allows(&without(document, &action), &asked);
            if !is_needed && !optional.contains(&action) {
                too_much.push(format!("{name}: {action}"));
            }
        }
        let characters = policy["characters"].as_u64().unwrap();
        assert!(characters <= 6_144, "{name}: {characters}");
        for statement in document["Statement"].as_array().unwrap() {
            let all = actions(&json!({"Statement": [statement]}));
            assert!(all.iter().all(|action| !action.contains('*')), "{name}: {statement}");
        }
    }
    assert_eq!(too_much, [""; 0]);
}

#[test]
fn a_run_without_one_of_the_actions_fails() {
    let account = Account::new();
    let file = template("sqs-with-dlq.yaml");
    let whole = account.policy(&["-f", &file]);
    let all = actions(&whole["document"]);
    let optional = optional(&whole);
    for (number, action) in all.iter().filter(|action| !optional.contains(*action)).enumerate() {
        // Another project has other queues, which do not exist yet.
        let project = format!("Project=other{number}");
        let policy = account.policy(&["-f", &file, "--param", &project]);
        let deployer = account.deployer(&format!("role-{number}"), &without(&policy["document"], action));
        let stack = format!("stack{number}");
        let run = deployer.run(&["create", "-f", &file, "--param", &project, "--stack-name", &stack, "--json"]);
        let document = run.document();
        assert_ne!(run.code, 0, "{action} is not needed");
        if action == "cloudformation:GetResourceRequestStatus" {
            assert_eq!(run.code, 5, "nobody knows how the requests ended: {document}");
            continue;
        }
        let said = messages(&document) + &document["body"]["failed"].to_string();
        assert!(said.contains(&format!("not authorized to perform: {action}")), "{action}: {said}");
    }
}

/// Roles are passed by name, and to the service that they trust.
#[test]
fn roles_are_passed_to_their_service_alone() {
    let user = User::of_sandbox();
    let file = template("lambda-with-role.yaml");
    let policy = user.json(&["iam", "for-plan", "-f", &file], 0)["body"]["plan_policy"].clone();
    let statements = policy["document"]["Statement"].as_array().unwrap();
    let passes: Vec<&Value> =
        statements.iter().filter(|one| one["Action"].as_array().unwrap().contains(&json!("iam:PassRole"))).collect();
    assert_eq!(
        passes,
        [&json!({"Effect": "Allow", "Action": ["iam:PassRole"],
                 "Resource": format!("arn:aws:iam::{DEV}:role/sandbox-orders-role-dev"),
                 "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}})]
    );
    // A bucket passes no role.
    let bucket = user.json(&["iam", "for-plan", "-f", &template("s3-bucket.yaml")], 0);
    assert!(!actions(&bucket["body"]["plan_policy"]["document"]).contains("iam:PassRole"));
    let unknown = user.json(&["iam", "for-plan", "-f", &template("rds-postgres.yaml")], 0);
    let said = messages(&unknown);
    assert!(said.contains("which key it is about is not known"), "{said}");
}

/// A saved plan needs what its steps need.
#[test]
fn a_saved_plan_has_a_policy() {
    let user = User::of_sandbox();
    let file = template("sqs-with-dlq.yaml");
    user.json(&["create", "-f", &file, "--plan-out", "plan.json"], 0);
    let policy = user.json(&["iam", "for-plan", "plan.json", "--out", "policy.json"], 0)["body"]["plan_policy"].clone();
    let of_template = user.json(&["iam", "for-plan", "-f", &file], 0)["body"]["plan_policy"].clone();
    assert_eq!(policy["document"], of_template["document"]);
    let text = std::fs::read_to_string(user.folder().join("policy.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), policy["document"]);
    user.approve(&["create", "-f", &file]);
    let queue = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/sandbox-jobs-dev");
    let update = ["update", "AWS::SQS::Queue", &queue, "--env", "dev", "--set", "VisibilityTimeout=90"];
    user.json(&[&update[..], &["--plan-out", "update.json"]].concat(), 0);
    let policy = user.json(&["iam", "for-plan", "update.json"], 0)["body"]["plan_policy"].clone();
    let found = actions(&policy["document"]);
    assert!(found.contains("cloudformation:UpdateResource") && found.contains("sqs:SetQueueAttributes"), "{found:?}");
    assert!(!found.contains("sqs:CreateQueue"), "{found:?}");
    let refused = user.json(&["iam", "for-plan", "policy.json"], 64);
    assert!(
        messages(&refused).contains("cannot be applied") || messages(&refused).contains("policy.json"),
        "{refused}"
    );
    user.json(&["iam", "for-plan"], 64);
}
