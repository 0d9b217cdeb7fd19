//! `approvals.ENVIRONMENT.not_by_planner`: whoever made a plan may not approve it.

use serde_json::{Value, json};

use super::approvals::served;
use super::support::{DEV, PROD, Server, User, approving_command, messages, template};

const RULE: &str = "approvals: { prod: { not_by_planner: true } }\n";
/// The identities in prod, as the sandbox's STS returns them.
const AGENT: &str = "arn:aws:sts::222222222222:assumed-role/Agent/session-1";
const LEAD: &str = "arn:aws:sts::222222222222:assumed-role/Lead/dana";

/// Profiles of one user in dev, and of a session of a role in prod.
fn profiles(role: &str, session: &str) -> String {
    format!(
        "[profile d]\naws_access_key_id = {DEV}\naws_secret_access_key = any\nregion = us-east-1\n\
         [profile keys]\naws_access_key_id = {PROD}\naws_secret_access_key = any\nregion = us-east-1\n\
         [profile p]\nrole_arn = arn:aws:iam::{PROD}:role/{role}\nrole_session_name = {session}\nsource_profile = keys\n\
         region = us-east-1\n"
    )
}

/// A project with a queue in dev, and an agent who may plan and send.
pub struct Project {
    _owner: User,
    server: Server,
    pub user: User,
}

impl Project {
    pub fn new() -> Self {
        let (owner, server, user) = served(&[]);
        user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
        let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
        user.write("stagegate.yaml", &(config + RULE));
        let project = Self { _owner: owner, server, user };
        project.sign_in("Agent", "session-1");
        project
    }

    /// Everything that follows is done by this session of a role in prod.
    pub fn sign_in(&self, role: &str, session: &str) {
        self.user.write("aws-config", &profiles(role, session));
    }

    fn lines(&self) -> Vec<Value> {
        let text =
            std::fs::read_to_string(self.user.folder().join("../state/stagegate/audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts that a command is refused because the planner would approve, and that it sends nothing.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> Value {
        let document = self.user.json(arguments, 4);
        assert_eq!(document["diagnostics"][0]["code"], "approval-by-planner", "{document:#}");
        sends_nothing(&document);
        document
    }

    fn approval(&self) -> Value {
        let text = std::fs::read_to_string(self.user.folder().join("plan.approval.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[track_caller]
fn sends_nothing(document: &Value) {
    let calls = document["api_calls"].to_string();
    assert!(!["CreateResource", "TagResources", "UpdateResource"].iter().any(|name| calls.contains(name)), "{calls}");
}

fn commands(document: &Value) -> Vec<&str> {
    document["next"].as_array().unwrap().iter().map(|next| next["command"].as_str().unwrap()).collect()
}

fn digest(document: &Value) -> String {
    document["body"]["plan"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_planner_who_follows_every_printed_command_cannot_approve() {
    let project = Project::new();
    let planned = project.user.json(&["promote", "--all"], 3);
    assert_eq!(planned["body"]["plan"]["planner"], json!({"prod": AGENT}), "{planned:#}");
    let mut open: Vec<String> = commands(&planned).into_iter().map(str::to_owned).collect();
    assert_eq!(open, ["stagegate promote --all --json --plan-out plan.json"]);
    let mut followed = Vec::new();
    while let Some(command) = open.pop() {
        if followed.contains(&command) {
            continue;
        }
        let run = project.user.paste(&command);
        // An approval that nobody recorded does not exist.
        assert!([3, 4, 64].contains(&run.code), "{run}");
        let document = run.document();
        sends_nothing(&document);
        open.extend(commands(&document).into_iter().map(str::to_owned));
        followed.push(command);
    }
    assert!(followed.iter().any(|command| command.starts_with("stagegate approve plan.json")), "{followed:?}");
    assert!(followed.iter().any(|command| command.contains("--approval plan.approval.json")), "{followed:?}");
    assert!(!project.user.folder().join("plan.approval.json").exists());
    // What is printed says that it is for somebody else.
    let saved = project.user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    let why = saved["next"][0]["why"].as_str().unwrap();
    assert!(why.contains("another person") && why.contains(AGENT), "{why}");
}

#[test]
fn the_planner_is_refused_in_every_way_of_approving() {
    let project = Project::new();
    let digest = digest(&project.user.json(&["promote", "--all"], 3));
    project.refused(&["promote", "--all", "--approve", &digest]);
    project.refused(&["promote", "--all", "--approve", &digest, "--resume"]);
    // A session name is the caller's choice.
    project.sign_in("Agent", "somebody-else");
    let refused = project.refused(&["promote", "--all", "--approve", &digest]);
    assert!(messages(&refused).contains("the same identity"), "{}", messages(&refused));
    // The copy of the plan says who made it: without it, only another digest can be approved.
    std::fs::remove_dir_all(project.user.folder().join("../state/stagegate/plans")).unwrap();
    let refused = project.user.json(&["promote", "--all", "--approve", &digest], 4);
    assert!(messages(&refused).contains("not known who made it"), "{}", messages(&refused));

    let saved = project.user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    let digest = saved["body"]["plan"]["digest"].as_str().unwrap();
    project.refused(&["apply", "plan.json", "--approve", digest]);
    project.refused(&["apply", "plan.json", "--approve", digest, "--resume"]);
    project.refused(&["approve", "plan.json"]);
    assert!(!project.user.folder().join("plan.approval.json").exists());
    let refusals = project.lines();
    let refusals: Vec<&Value> = refusals.iter().filter(|line| line["outcome"] == "approval-by-planner").collect();
    assert!(refusals.len() >= 5, "{refusals:?}");
    assert!(refusals.iter().all(|line| line["action"] == "approve" && line["planner"].is_string()), "{refusals:?}");
}

#[test]
fn a_planner_at_a_terminal_is_not_asked() {
    let project = Project::new();
    let ended = project.user.at_terminal(&json!([]), &["promote", "--all"]);
    let screen = ended.to_string();
    assert_eq!(ended["code"], 3, "{screen}");
    assert!(screen.contains("Planned by arn:aws:sts::222222222222"), "{screen}");
    assert!(!screen.contains("Type `prod`"), "{screen}");
}

#[test]
fn another_identity_records_an_approval_with_which_the_planner_applies_the_plan() {
    let project = Project::new();
    let user = &project.user;
    let saved = user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    let digest = saved["body"]["plan"]["digest"].as_str().unwrap().to_owned();

    project.sign_in("Lead", "dana");
    let approved = user.json(&["approve", "plan.json", "--reason", "ticket 7"], 0);
    sends_nothing(&approved);
    let body = &approved["body"];
    assert_eq!((&body["digest"], &body["reason"]), (&json!(digest), &json!("ticket 7")), "{approved:#}");
    assert_eq!((&body["planner"]["prod"], &body["approver"]["prod"]), (&json!(AGENT), &json!(LEAD)), "{approved:#}");
    assert_eq!(body["steps"].as_array().unwrap().len(), saved["body"]["plan"]["steps"].as_array().unwrap().len());
    let file = project.approval();
    assert_eq!((&file["digest"], &file["approver"]["prod"]), (&json!(digest), &json!(LEAD)));
    assert_eq!(commands(&approved), ["stagegate apply plan.json --approval plan.approval.json --json"]);

    project.sign_in("Agent", "session-2");
    let applied = user.paste(commands(&approved)[0]).expect(0).document();
    assert!(!applied["body"]["applied"].as_array().unwrap().is_empty(), "{applied:#}");
    user.json(&["drift"], 0);
    let lines = project.lines();
    let approvals: Vec<&Value> = lines.iter().filter(|line| line["action"] == "approve").collect();
    assert_eq!(approvals.len(), 2, "{approvals:?}");
    for line in approvals {
        assert_eq!((&line["planner"], &line["approver"]), (&json!(AGENT), &json!(LEAD)), "{line}");
        assert_eq!((&line["plan"], &line["reason"]), (&json!(digest), &json!("ticket 7")), "{line}");
    }
    // An approval is good once.
    project.sign_in("Lead", "dana");
    let refused = user.json(&["approve", "plan.json"], 4);
    assert!(messages(&refused).contains("approval-used"), "{}", messages(&refused));
}

#[test]
fn another_identity_approves_by_the_digest_or_at_the_prompt() {
    for (saved, at_prompt) in [(false, false), (true, false), (true, true)] {
        let project = Project::new();
        let plan: &[&str] =
            if saved { &["promote", "--all", "--plan-out", "plan.json"] } else { &["promote", "--all"] };
        let digest = digest(&project.user.json(plan, 3));
        project.sign_in("Lead", "dana");
        if at_prompt {
            let actions = json!([["wait", "Type `prod`"], ["send", "prod\n"]]);
            let ended = project.user.at_terminal(&actions, &["apply", "plan.json"]);
            assert_eq!(ended["code"], 0, "{ended}");
        } else if saved {
            project.user.json(&["apply", "plan.json", "--approve", &digest], 0);
        } else {
            project.user.json(&["promote", "--all", "--approve", &digest], 0);
        }
        let lines = project.lines();
        let line = lines.iter().find(|line| line["action"] == "approve").unwrap();
        assert_eq!((&line["planner"], &line["approver"]), (&json!(AGENT), &json!(LEAD)), "{line}");
    }
}

#[test]
fn everything_is_checked_again_when_an_approved_plan_is_applied() {
    let project = Project::new();
    let user = &project.user;
    user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    project.sign_in("Lead", "dana");
    user.json(&["approve", "plan.json"], 0);
    project.sign_in("Agent", "session-1");
    let apply = ["apply", "plan.json", "--approval", "plan.approval.json"];

    // A policy that is newer than the approval.
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    let policy = include_str!("../../policies/sqs/sqs-dead-letter.rego").replace("#   pack: resilience\n", "");
    user.write("rules/own.rego", &policy);
    user.write("stagegate.yaml", &format!("{config}policies: {{ dirs: [rules] }}\n"));
    let refused = user.json(&apply, 4);
    assert!(messages(&refused).contains("plan-changed"), "{}", messages(&refused));
    sends_nothing(&refused);
    user.write("stagegate.yaml", &config);

    // Files that are no approval of the plan.
    let good = project.approval();
    let refused = |change: &dyn Fn(&mut Value), code: i32, says: &str| {
        let mut edited = good.clone();
        change(&mut edited);
        user.write("plan.approval.json", &edited.to_string());
        let document = user.json(&apply, code);
        assert!(messages(&document).contains(says), "{says}: {}", messages(&document));
        sends_nothing(&document);
    };
    let other = format!("{}-{}", good["digest"].as_str().unwrap().split('-').next().unwrap(), "b".repeat(64));
    refused(&|one| one["digest"] = json!(other), 4, "approves another plan");
    refused(&|one| one["approver"]["prod"] = json!(AGENT), 4, "approval-by-planner");
    let same_role = AGENT.replace("session-1", "dana");
    refused(&|one| one["approver"]["prod"] = json!(same_role), 4, "approval-by-planner");
    refused(
        &|one| one["approver"] = json!({"dev": LEAD.replace(PROD, DEV)}),
        4,
        "does not say who approved for `prod`",
    );
    refused(&|one| one["approver"]["prod"] = json!(LEAD.replace(PROD, "333333333333")), 4, "is not of account");
    refused(&|one| one["approver"]["prod"] = json!("dana"), 64, "invalid-approval");
    refused(&|one| one["approved_at"] = json!("2099-01-01T00:00:00Z"), 4, "dated in the future");
    refused(&|one| one["approved_at"] = json!("2020-01-01T00:00:00Z"), 64, "older than the plan");
    refused(&|one| one["expires_at"] = json!("2099-01-01T00:00:00Z"), 64, "does not expire");
    refused(&|one| one["reason"] = json!("x".repeat(5000)), 64, "characters");
    refused(&|one| one["more"] = json!(1), 64, "unknown field");
    refused(&|one| one["schema"]["version"] = json!("9.9"), 64, "version 9.9");
    user.write("plan.approval.json", "approved");
    assert!(messages(&user.json(&apply, 64)).contains("not an approval"));
    user.json(&["apply", "plan.json", "--approval", "nowhere.json"], 64);
    user.json(&["apply", "plan.json", "--approval", "plan.json"], 64);
    user.json(&["apply", "plan.json", "--approval", "plan.approval.json", "--approve", &other], 64);
    user.json(&["approve", "plan.json", "--approval-out", "plan.json"], 64);

    // With none of them it applies.
    user.write("plan.approval.json", &good.to_string());
    user.json(&apply, 0);
}

#[test]
fn a_recorded_approval_expires_with_the_plan() {
    let project = Project::new();
    let user = &project.user;
    let at = |time: &str, line: &str| user.paste(&format!("STAGEGATE_TEST_NOW={time} stagegate {line} --json"));
    at("2026-11-20T09:00:00Z", "promote --all --plan-out plan.json").expect(3);
    project.sign_in("Lead", "dana");
    at("2026-11-21T09:00:00Z", "approve plan.json").expect(4);
    at("2026-11-21T08:00:00Z", "approve plan.json").expect(0);
    let late = at("2026-11-21T09:00:00Z", "apply plan.json --approval plan.approval.json").expect(4).document();
    assert!(messages(&late).contains("digest-expired"), "{}", messages(&late));
    let early = at("2026-11-21T07:00:00Z", "apply plan.json --approval plan.approval.json").expect(4).document();
    assert!(messages(&early).contains("dated in the future"), "{}", messages(&early));
    at("2026-11-21T08:30:00Z", "apply plan.json --approval plan.approval.json").expect(0);
}

#[test]
fn a_plan_that_is_older_than_the_rule_is_made_again() {
    let project = Project::new();
    let user = &project.user;
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &config.replace(RULE, ""));
    let planned = user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    assert_eq!(planned["body"]["plan"]["planner"], json!({}), "{planned:#}");
    let text = std::fs::read_to_string(user.folder().join("plan.json")).unwrap();
    assert!(!text.contains("\"planner\""), "the form of earlier versions");
    assert!(approving_command(&planned).starts_with("stagegate apply plan.json"));
    user.write("stagegate.yaml", &config);
    project.sign_in("Lead", "dana");
    let refused = user.json(&["approve", "plan.json"], 4);
    assert!(messages(&refused).contains("does not say who made it"), "{}", messages(&refused));
    let refused = user.json(&["apply", "plan.json", "--approve", &digest(&planned)], 4);
    assert!(messages(&refused).contains("planner in prod"), "{}", messages(&refused));

    // Without the rule, an approval is recorded and used as well, also by the planner.
    user.write("stagegate.yaml", &config.replace(RULE, ""));
    user.json(&["approve", "plan.json"], 0);
    user.json(&["apply", "plan.json", "--approval", "plan.approval.json"], 0);
}

#[test]
fn an_interrupted_plan_is_finished_with_the_recorded_approval() {
    let project = Project::new();
    let user = &project.user;
    user.json(&["promote", "--all", "--plan-out", "plan.json"], 3);
    project.sign_in("Lead", "dana");
    user.json(&["approve", "plan.json"], 0);
    project.sign_in("Agent", "session-1");
    let endpoint = super::approvals::rejecting(&project.server, 4);
    let failed = user
        .paste(&format!("AWS_ENDPOINT_URL={endpoint} stagegate apply plan.json --approval plan.approval.json --json"));
    let failed = failed.expect(5).document();
    let command = "stagegate apply plan.json --approval plan.approval.json --json";
    assert_eq!(commands(&failed)[0], command, "{failed:#}");
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    assert!(config.contains(RULE));
    user.paste(command).document();
}

#[test]
fn nothing_is_asked_of_another_where_no_approval_is_required() {
    let project = Project::new();
    let user = &project.user;
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &config.replace(RULE, "approvals: { dev: { not_by_planner: true } }\n"));
    user.write("queue.yaml", "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: more-dev } }\n");
    let created = user.json(&["create", "-f", "queue.yaml"], 0);
    assert_eq!(created["body"]["plan"]["approvals_required"], json!([]), "{created:#}");
    // A promotion writes tags in dev as well.
    let asked = user.json(&["promote", "--all"], 3);
    assert_eq!(asked["body"]["plan"]["planner"].as_object().unwrap().keys().collect::<Vec<_>>(), ["dev"]);
    assert!(commands(&asked)[0].ends_with("--plan-out plan.json"), "{asked:#}");
}
