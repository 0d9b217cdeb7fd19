use serde_json::json;

use std::collections::{BTreeMap, BTreeSet};

use super::source::names_a_policy;
use super::*;
use crate::domain::finding::{ScanReport, Severity, Verdict};

const POLICY: &str = r#"# METADATA
# title: Queues have a name
# custom:
#   id: queue-name
#   severity: medium
#   types: [AWS::SQS::Queue]
#   fix: Set QueueName
package project.queue_name

import data.stagegate.lib

deny contains lib.finding(["QueueName"], "The queue has no name") if lib.absent(["QueueName"])

unknown contains lib.unresolved(["QueueName"])
"#;

fn set(project: &[(&str, &str)]) -> Result<PolicySet, PolicyError> {
    let mut sources = builtin::sources();
    for (path, text) in project {
        sources.push(PolicySource::read(path, *text)?);
    }
    PolicySet::compile(sources)
}

fn queue(properties: serde_json::Value) -> ScanInput {
    ScanInput { resources: vec![ScanResource::live("AWS::SQS::Queue", "q", properties)], ..ScanInput::default() }
}

fn ids(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn a_project_policy_runs_beside_the_built_in_ones() {
    let report = set(&[("p/q.rego", POLICY)]).unwrap().evaluate(&queue(json!({})));
    assert_eq!(ids(&report), ["queue-name"]);
    let finding = &report.findings[0];
    assert_eq!((finding.pointer.as_deref(), finding.severity), (Some("/QueueName"), Severity::Medium));
    assert_eq!(finding.fix.as_deref(), Some("Set QueueName"));
    assert_eq!(report.verdict(Severity::Medium), Verdict::Fail);
}

#[test]
fn an_unresolved_value_is_unknown() {
    let report = set(&[("p/q.rego", POLICY)]).unwrap().evaluate(&queue(json!({"QueueName": {"Ref": "Name"}})));
    assert!(report.findings.is_empty());
    assert_eq!(report.unknown[0].pointer.as_deref(), Some("/QueueName"));
}

#[test]
fn a_project_policy_replaces_the_built_in_one_of_its_id() {
    let input = ScanInput {
        resources: vec![ScanResource::live("AWS::Logs::LogGroup", "g", json!({}))],
        ..ScanInput::default()
    };
    assert_eq!(ids(&set(&[]).unwrap().evaluate(&input)), ["logs-retention"]);
    let replacement = POLICY.replace("queue-name", "logs-retention");
    let replaced = set(&[("p/l.rego", &replacement)]).unwrap();
    assert!(replaced.evaluate(&input).findings.is_empty());
}

#[test]
fn opt_in_packs_run_on_request() {
    let input = queue(json!({"SqsManagedSseEnabled": false, "QueueName": "q", "RedrivePolicy": {}}));
    let core = set(&[]).unwrap();
    assert!(ids(&core.evaluate(&input)).is_empty());
    let core_digest = core.digest();
    let extended = core.with_packs(Packs::parse(["encryption"]));
    assert_eq!(ids(&extended.evaluate(&input)), ["sqs-encrypted"]);
    assert_ne!(extended.digest(), core_digest);
}

#[test]
fn a_policy_that_fails_at_run_time_is_never_a_pass() {
    let broken = POLICY.replace("lib.absent([\"QueueName\"])", "startswith(input.resource.properties.Number, \"a\")");
    let report = set(&[("p/q.rego", &broken)]).unwrap().evaluate(&queue(json!({"Number": 5})));
    assert_eq!(report.verdict(Severity::Critical), Verdict::Fail);
    let failure = &report.engines[0].failures[0];
    assert_eq!(failure.check.as_deref(), Some("queue-name"));
    assert_eq!(failure.location.as_ref().map(|place| (place.file.as_str(), place.line)), Some(("p/q.rego", 12)));
}

#[test]
fn invalid_policies_are_rejected_with_their_location() {
    let cases = [
        (POLICY.replace(" if ", " when "), 12, ""),
        (POLICY.replace("lib.absent(", "lib.nowhere("), 12, "nowhere"),
        (POLICY.replace("deny contains", "refuse contains"), 1, "defines no rule `deny`"),
        ("package a\ndeny contains 1".to_owned(), 1, "# METADATA"),
    ];
    for (text, line, part) in cases {
        let error = set(&[("p/q.rego", &text)]).unwrap_err();
        assert_eq!((error.location.file.as_str(), error.location.line), ("p/q.rego", line), "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn an_entry_without_a_message_is_rejected() {
    let odd = POLICY.replace("lib.finding([\"QueueName\"], \"The queue has no name\")", "{\"pointer\": \"/A\"}");
    let error = set(&[("p/q.rego", &odd)]).unwrap_err();
    assert!(error.message.contains("no `message`"), "{error}");
}

#[test]
fn an_id_is_taken_once_per_origin() {
    let error = set(&[("p/a.rego", POLICY), ("p/b.rego", POLICY)]).unwrap_err();
    assert!(error.message.contains("already used by p/a.rego"), "{error}");
}

#[test]
fn the_digest_depends_on_texts_and_not_on_paths() {
    let digest = |path: &str, text: &str| set(&[(path, text)]).unwrap().digest();
    assert_eq!(digest("p/q.rego", POLICY), digest("other/q.rego", POLICY));
    assert_ne!(digest("p/q.rego", POLICY), digest("p/q.rego", &POLICY.replace("medium", "high")));
}

#[test]
fn a_policy_set_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<PolicySet>();
}

#[test]
fn the_example_of_the_readme_passes_its_fixtures() {
    let readme = include_str!("../../policies/README.md");
    let block = |language: &str| {
        let start = readme.split_once(&format!("```{language}\n")).unwrap().1;
        start.split_once("```").unwrap().0
    };
    let policies = set(&[("p/example.rego", block("rego"))]).unwrap();
    let fixtures = serde_saphyr::from_str(block("yaml")).unwrap();
    assert_eq!(policies.test("acme-queue-encrypted", "example.test.yaml", &fixtures), Ok(Vec::new()));
}

#[test]
fn the_policies_about_a_type_are_found_without_compiling_any() {
    let sources = |project: &[&str]| {
        let mut sources = builtin::sources();
        sources.extend(project.iter().map(|text| PolicySource::read("p/q.rego", *text).unwrap()));
        sources
    };
    let all = set(&[]).unwrap();
    for type_name in ["AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::Logs::LogGroup", "AWS::No::Such"] {
        let applies = |policy: &&PolicyMetadata| policy.types.iter().any(|name| name == "*" || name == type_name);
        let listed: Vec<&PolicyMetadata> = all.list().filter(applies).collect();
        let found = policies_for_type(sources(&[]), type_name).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), listed, "{type_name}");
    }
    let of_queues = policies_for_type(sources(&[POLICY]), "AWS::SQS::Queue").unwrap();
    assert!(of_queues.iter().any(|policy| policy.id == "queue-name"));
    let elsewhere = POLICY.replace("queue-name", "logs-retention");
    let of_groups = policies_for_type(sources(&[&elsewhere]), "AWS::Logs::LogGroup").unwrap();
    assert!(of_groups.iter().all(|policy| policy.id != "logs-retention"), "the project's own policy replaced it");
    assert!(policies_for_type(sources(&[POLICY, POLICY]), "AWS::SQS::Queue").is_err(), "two have the id");
}

#[test]
fn live_rules_are_compared_by_their_identifiers() {
    let rule = |id: &str, path: &str| {
        let conditions = json!([{"Field": "path-pattern", "Values": [path]}]);
        let properties = json!({"ListenerArn": "l", "Priority": 10, "Conditions": conditions});
        ScanResource::live("AWS::ElasticLoadBalancingV2::ListenerRule", id, properties)
    };
    let input = ScanInput { resources: vec![rule("a", "/x"), rule("b", "/y")], ..ScanInput::default() };
    let report = set(&[]).unwrap().evaluate(&input);
    assert_eq!(ids(&report), ["alb-rule-priority-unique", "alb-rule-priority-unique"]);
    assert!(report.findings[0].message.contains("rule b "), "{}", report.findings[0].message);
}

#[test]
fn batches_give_the_same_report_as_a_single_run() {
    let queue =
        |n: usize| ScanResource::live("AWS::SQS::Queue", &format!("q{n}"), json!({"FifoQueue": n.is_multiple_of(2)}));
    let input = ScanInput { resources: (0..40).map(queue).collect(), ..ScanInput::default() };
    let set = set(&[("p/q.rego", POLICY)]).unwrap();
    let evaluation = set.evaluation(&input);
    let batches = evaluation.batches(7, 2);
    assert_eq!(batches.len(), 7);
    let report = evaluation.report(batches.iter().map(EvaluationBatch::run));
    assert_eq!(report, set.evaluate(&input));
    assert_eq!(report.findings.len(), 40);
}

#[test]
fn siblings_read_by_a_library_belong_to_the_policy() {
    let library = "package project.alarms\n\nimport data.stagegate.lib\n\nwatched if count(lib.members(input.siblings[\"AWS::CloudWatch::Alarm\"])) > 0\n";
    let policy = POLICY
        .replace("import data.stagegate.lib", "import data.project.alarms\nimport data.stagegate.lib")
        .replace("if lib.absent([\"QueueName\"])", "if not alarms.watched");
    let set = set(&[("p/lib/a.rego", library), ("p/q.rego", &policy)]).unwrap();
    let types = |found: BTreeMap<String, BTreeSet<String>>| found.into_keys().collect::<Vec<_>>();
    let of = |name: &str| types(set.sibling_types(&BTreeSet::from([name.to_owned()])));
    assert!(of("AWS::SQS::Queue").contains(&"AWS::CloudWatch::Alarm".to_owned()));
    assert!(!of("AWS::KMS::Key").contains(&"AWS::CloudWatch::Alarm".to_owned()));
    // Built-in: whether a function serves an API depends on other resources.
    assert!(of("AWS::Lambda::Function").contains(&"AWS::Lambda::Permission".to_owned()));
    // Unread resources leave the check undecided.
    let unread = ScanInput { incomplete: BTreeSet::from(["AWS::CloudWatch::Alarm".to_owned()]), ..queue(json!({})) };
    let report = set.evaluate(&unread);
    assert!(!ids(&report).contains(&"queue-name"), "{:?}", report.findings);
    assert!(report.unknown.iter().any(|unknown| unknown.id == "queue-name"));
}

#[test]
fn a_policy_may_refer_to_a_built_in_one() {
    let asking = POLICY
        .replace("queue-name", "log-group")
        .replace("AWS::SQS::Queue", "AWS::Logs::LogGroup")
        .replace("lib.absent([\"QueueName\"])", "count(data.stagegate.checks.logs_retention.deny) > 0");
    let groups = |properties| ScanInput {
        resources: vec![ScanResource::live("AWS::Logs::LogGroup", "g", properties)],
        ..ScanInput::default()
    };
    let set = set(&[("p/l.rego", &asking)]).unwrap();
    assert_eq!(ids(&set.evaluate(&groups(json!({})))), ["log-group", "logs-retention"]);
    assert!(set.evaluate(&groups(json!({"RetentionInDays": 30}))).findings.is_empty());
}

#[test]
fn only_references_to_policies_load_all_into_the_interpreter() {
    let libraries = builtin::sources().into_iter().filter(PolicySource::is_library).collect::<Vec<_>>();
    for text in [
        "import data.stagegate.lib",
        "import data.stagegate.lib.value as value",
        "x if data.stagegate.statements.granting",
        "x := \"what data.other says\"",
        "# data.other",
        "input.data.x",
        "metadata.x",
        "data_of(x)",
    ] {
        assert!(!names_a_policy(text, &libraries), "{text}");
    }
    for text in [
        "import data.stagegate.checks.logs_retention",
        "import data.stagegate as all",
        "import data.stagegate.library",
        "x if data[\"stagegate\"]",
        "x := concat(\"a\", [data.other.y, \"z\"])",
        "x := `\"` == data.other.y",
        "x := \"\\\"\" == data.other.y",
    ] {
        assert!(names_a_policy(text, &libraries), "{text}");
    }
    // The built-in policies alone need no interpreter.
    assert!(set(&[]).unwrap().interpreter.is_none());
    assert_eq!(set(&[("p/q.rego", POLICY)]).unwrap().interpreted().count(), 1);
}

/// A password that a run is given is not written in a file.
#[test]
fn given_secrets_are_not_written_down() {
    let policies = set(&[]).unwrap();
    for (type_name, id, properties) in [
        ("AWS::RDS::DBInstance", "rds-no-plaintext-password", json!({"MasterUserPassword": "Hunter2-hunter2"})),
        ("AWS::DocDB::DBCluster", "generic-no-plaintext-secret", json!({"MasterUserPassword": "Hunter2-hunter2"})),
        ("AWS::IAM::User", "iam-user-no-plaintext-password", json!({"LoginProfile": {"Password": "Hunter2-hunter2"}})),
        ("AWS::SecretsManager::Secret", "secret-no-plaintext", json!({"SecretString": "Hunter2-hunter2"})),
    ] {
        let written = ScanResource::live(type_name, "x", properties);
        let secrets = |text: &str| BTreeSet::from([text.to_owned()]);
        for (resource, expected) in [
            (written.clone(), true),
            (written.clone().with_secrets(&secrets("Hunter2-hunter2")), false),
            // Another parameter.
            (written.clone().with_secrets(&secrets("Hunter2")), true),
            (ScanResource { given: Given::Everything, ..written }, false),
        ] {
            let given = resource.given.clone();
            let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
            let report = policies.evaluate(&input);
            assert_eq!(ids(&report).contains(&id), expected, "{type_name} {given:?}");
        }
    }
}
