//! What a promotion may change, and what it must not: counterparts need proof, changes made in prod are not undone silently,
//! names are chosen where they must be, and values are not dropped silently.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const VPC: &str = "AWS::EC2::VPC";
const KEY: &str = "AWS::KMS::Key";
const BUCKET: &str = "AWS::S3::Bucket";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn create_queue(user: &User, name: &str) {
    let file = format!("{name}.yaml");
    user.write(&file, &format!("Type: {QUEUE}\nProperties:\n  QueueName: {name}\n  VisibilityTimeout: 60\n"));
    user.approve(&["create", "-f", &file]);
}

/// A user with a queue in dev that was promoted.
fn with_promoted_queue() -> User {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    user.approve(&["promote", QUEUE, &url(DEV, "jobs-dev")]);
    user
}

/// A user with a VPC in dev that was promoted, and the identifiers in dev and prod.
fn with_promoted_vpc() -> (User, Server, String, String) {
    let user = User::of_sandbox();
    user.write("vpc.yaml", &format!("Type: {VPC}\nProperties:\n  CidrBlock: 10.0.0.0/16\n"));
    user.approve(&["create", "-f", "vpc.yaml"]);
    let server = user.serve();
    let dev = identifiers(&user, &server, DEV, VPC).remove(0);
    user.approve(&["promote", VPC, &dev]);
    let prod = identifiers(&user, &server, PROD, VPC).remove(0);
    (user, server, dev, prod)
}

fn identifiers(user: &User, server: &Server, account: &str, type_name: &str) -> Vec<String> {
    serde_json::from_value(user.boto3(server, account, &["list", type_name])).unwrap()
}

fn tags(user: &User, server: &Server, (account, type_name, id): (&str, &str, &str)) -> Vec<(String, String)> {
    let live = user.boto3(server, account, &["get", type_name, id]);
    let pair = |tag: &Value| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].as_str().unwrap().to_owned());
    live["Tags"].as_array().map(|tags| tags.iter().map(pair).collect()).unwrap_or_default()
}

/// Another client sets or, with `None`, removes a tag.
fn set_tag(user: &User, server: &Server, resource: (&str, &str, &str), key: &str, value: Option<&str>) {
    let mut all = tags(user, server, resource);
    let had_tags = !all.is_empty();
    all.retain(|(own, _)| own != key && !own.starts_with("aws:"));
    all.extend(value.map(|value| (key.to_owned(), value.to_owned())));
    let list: Vec<Value> = all.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let operation = if had_tags { "replace" } else { "add" };
    let patch = json!([{"op": operation, "path": "/Tags", "value": list}]).to_string();
    user.boto3(server, resource.0, &["update", resource.1, resource.2, &patch]);
}

fn set(user: &User, server: &Server, (account, type_name, id): (&str, &str, &str), pointer: &str, value: Value) {
    let patch = json!([{"op": "replace", "path": pointer, "value": value}]).to_string();
    user.boto3(server, account, &["update", type_name, id, &patch]);
}

fn kinds(document: &Value) -> Vec<&str> {
    let approvals = document["body"]["plan"]["approvals_required"].as_array().unwrap();
    approvals.iter().map(|approval| approval["kind"].as_str().unwrap()).collect()
}

fn operations(document: &Value) -> Vec<&str> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    steps.iter().map(|step| step["operation"].as_str().unwrap()).collect()
}

fn codes(document: &Value) -> Vec<&str> {
    document["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

fn writes(document: &Value) -> bool {
    ["CreateResource", "UpdateResource", "DeleteResource", "TagResources"]
        .iter()
        .any(|call| document["api_calls"].to_string().contains(call))
}

#[test]
fn a_forged_tag_on_another_resource_in_prod_does_not_lead_to_an_update() {
    let user = User::of_sandbox();
    user.write(
        "key.yaml",
        &format!("Type: {KEY}\nProperties:\n  Description: orders\n  EnableKeyRotation: true\n  KeyPolicy: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::{DEV}:root'}}, Action: 'kms:*', Resource: '*'}}]}}\n"),
    );
    user.approve(&["create", "-f", "key.yaml"]);
    let server = user.serve();
    let dev = identifiers(&user, &server, DEV, KEY).remove(0);
    let theirs = json!({"Description": "theirs", "KeyPolicy": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{PROD}:root")}, "Action": "kms:*", "Resource": "*"}]},
        "Tags": [{"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "DevCounterpart", "Value": dev}]});
    user.boto3(&server, PROD, &["create", KEY, &theirs.to_string()]);
    let other = identifiers(&user, &server, PROD, KEY).remove(0);

    let refused = user.json(&["promote", KEY, &dev], 4);
    assert_eq!(codes(&refused), ["counterpart-unproven"], "{}", messages(&refused));
    assert!(messages(&refused).contains(&other) && messages(&refused).contains("promotion.map"), "{refused}");
    assert!(!writes(&refused), "{}", refused["api_calls"]);
    // drift agrees, and does not suggest the refused command.
    let report = user.json(&["drift"], 2);
    let row = &report["body"]["resources"][0];
    let withdraw = format!("stagegate tag-audit --type {KEY} --id {dev} --fix --unlink");
    assert_eq!((&row["status"], &row["command"]), (&json!("needs_review"), &json!(withdraw)), "{row}");
    // Without the forged tag, a key of our own is created.
    set_tag(&user, &server, (PROD, KEY, &other), "DevCounterpart", None);
    user.approve(&["promote", KEY, &dev]);
    assert_eq!(identifiers(&user, &server, PROD, KEY).len(), 2);
    assert_eq!(user.boto3(&server, PROD, &["get", KEY, &other])["Description"], "theirs");
}

#[test]
fn a_forged_tag_in_dev_does_not_lead_to_an_update_and_can_be_removed() {
    let user = with_promoted_queue();
    let server = user.serve();
    user.boto3(&server, PROD, &["create", QUEUE, r#"{"QueueName": "payments", "VisibilityTimeout": 5}"#]);
    let (dev, theirs) = (url(DEV, "jobs-dev"), url(PROD, "payments"));
    create_queue(&user, "mails-dev");
    let mails = url(DEV, "mails-dev");
    set_tag(&user, &server, (DEV, QUEUE, &mails), "ProdCounterpart", Some(&theirs));
    let refused = user.json(&["promote", QUEUE, &mails], 4);
    assert_eq!(codes(&refused), ["counterpart-unproven"], "{}", messages(&refused));
    let command = format!("stagegate promote --unmark {QUEUE} {mails} --from dev");
    assert!(messages(&refused).contains(&command), "{}", messages(&refused));
    user.approve(&["promote", QUEUE, &mails, "--unmark"]);
    user.approve(&["promote", QUEUE, &mails]);
    assert_eq!(user.boto3(&server, PROD, &["get", QUEUE, &url(PROD, "mails-prod")])["VisibilityTimeout"], 60);
    assert_eq!(user.boto3(&server, PROD, &["get", QUEUE, &theirs])["VisibilityTimeout"], 5);
    // The tags of a confirmed pair cannot be removed like this.
    let refused = user.json(&["promote", QUEUE, &dev, "--unmark"], 4);
    assert_eq!(codes(&refused), ["not-marked"], "{refused}");
}

#[test]
fn a_lost_tag_in_prod_is_restored_and_nothing_is_created_twice() {
    let (user, server, dev, prod) = with_promoted_vpc();
    set_tag(&user, &server, (PROD, VPC, &prod), "DevCounterpart", None);
    let plan = user.json(&["promote", VPC, &dev], 3);
    assert_eq!(operations(&plan), ["tag"], "{plan}");
    assert!(codes(&plan).contains(&"counterpart-tag-lost"), "{}", messages(&plan));
    user.approve(&["promote", VPC, &dev]);
    assert_eq!(identifiers(&user, &server, PROD, VPC), std::slice::from_ref(&prod));
    assert!(tags(&user, &server, (PROD, VPC, &prod)).contains(&("DevCounterpart".to_owned(), dev.clone())));
    user.json(&["drift"], 0);
    assert!(operations(&user.json(&["promote", VPC, &dev], 0)).is_empty());
}

#[test]
fn a_counterpart_that_lost_all_tags_is_refused_until_it_is_mapped() {
    let (user, server, dev, prod) = with_promoted_vpc();
    for (key, _) in tags(&user, &server, (PROD, VPC, &prod)) {
        set_tag(&user, &server, (PROD, VPC, &prod), &key, None);
    }
    let refused = user.json(&["promote", VPC, &dev], 4);
    assert_eq!(codes(&refused), ["counterpart-unproven"], "{}", messages(&refused));
    user.write("stagegate.yaml", &config(&format!("promotion: {{map: {{{dev}: {prod}}}}}")));
    user.approve(&["promote", VPC, &dev]);
    assert_eq!(identifiers(&user, &server, PROD, VPC), std::slice::from_ref(&prod));
    let restored = tags(&user, &server, (PROD, VPC, &prod));
    assert!(restored.contains(&("MANAGED_BY".to_owned(), "stagegate".to_owned())), "{restored:?}");
    user.json(&["drift"], 0);
}

/// A configuration of the accounts of the sandbox with more settings.
fn config(more: &str) -> String {
    let environment = |account| format!("{{account: '{account}', region: us-east-1, sandbox: true}}");
    format!(
        "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\nenvironments: {{dev: {}, prod: {}}}\n{more}\n",
        environment(DEV),
        environment(PROD)
    )
}

#[test]
fn two_resources_of_dev_cannot_have_one_counterpart() {
    let user = with_promoted_queue();
    let server = user.serve();
    create_queue(&user, "mails-dev");
    let (jobs, mails, prod) = (url(DEV, "jobs-dev"), url(DEV, "mails-dev"), url(PROD, "jobs-prod"));
    set_tag(&user, &server, (DEV, QUEUE, &mails), "ProdCounterpart", Some(&prod));
    for resource in [&jobs, &mails] {
        let refused = user.json(&["promote", QUEUE, resource], 4);
        assert!(messages(&refused).contains(&prod), "{}", messages(&refused));
        assert!(!writes(&refused), "{}", refused["api_calls"]);
    }
    user.approve(&["promote", QUEUE, &mails, "--unmark"]);
    user.json(&["promote", QUEUE, &jobs], 0);
}

#[test]
fn two_resources_of_dev_cannot_have_one_name_in_prod() {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    create_queue(&user, "jobs-prod");
    let refused = user.json(&["promote", "--all"], 4);
    assert!(codes(&refused).contains(&"name-collision"), "{}", messages(&refused));
    let name = format!("{QUEUE}/{}=work-prod", url(DEV, "jobs-prod"));
    user.approve(&["promote", "--all", "--name", &name]);
    let server = user.serve();
    for name in ["jobs-prod", "work-prod"] {
        user.boto3(&server, PROD, &["get", QUEUE, &url(PROD, name)]);
    }
    user.json(&["drift"], 0);
}

#[test]
fn a_hotfix_in_prod_is_not_undone_without_its_own_approval() {
    let user = with_promoted_queue();
    let server = user.serve();
    let (dev, prod) = (url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    set(&user, &server, (DEV, QUEUE, &dev), "/VisibilityTimeout", json!(90));
    let ordinary = user.json(&["promote", QUEUE, &dev], 3);
    assert!(!kinds(&ordinary).contains(&"overwrites_live_change"), "{:?}", kinds(&ordinary));
    user.approve(&["promote", QUEUE, &dev]);

    set(&user, &server, (PROD, QUEUE, &prod), "/VisibilityTimeout", json!(300));
    assert_eq!(user.json(&["drift"], 2)["body"]["resources"][0]["moved"], "prod");
    let plan = user.json(&["promote", QUEUE, &dev], 3);
    assert!(kinds(&plan).contains(&"overwrites_live_change"), "{:?}", kinds(&plan));
    let step = &plan["body"]["plan"]["steps"][0];
    assert_eq!(step["overwrites"], json!(["/VisibilityTimeout"]), "{step}");

    set(&user, &server, (DEV, QUEUE, &dev), "/VisibilityTimeout", json!(120));
    assert_eq!(user.json(&["drift"], 2)["body"]["resources"][0]["moved"], "both");
    let plan = user.json(&["promote", QUEUE, &dev], 3);
    assert!(kinds(&plan).contains(&"overwrites_live_change"), "{:?}", kinds(&plan));
    user.approve(&["promote", QUEUE, &dev]);
    user.json(&["drift"], 0);
}

#[test]
fn without_a_record_a_difference_counts_as_a_change_in_prod() {
    let user = with_promoted_queue();
    let server = user.serve();
    let (dev, prod) = (url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    set_tag(&user, &server, (PROD, QUEUE, &prod), "PromotedDigest", None);
    set(&user, &server, (DEV, QUEUE, &dev), "/VisibilityTimeout", json!(90));
    assert_eq!(user.json(&["drift"], 2)["body"]["resources"][0]["moved"], "unknown");
    let plan = user.json(&["promote", QUEUE, &dev], 3);
    assert!(kinds(&plan).contains(&"overwrites_live_change"), "{:?}", kinds(&plan));
}

#[test]
fn all_includes_changed_resources_and_can_be_combined_with_named_ones() {
    let user = with_promoted_queue();
    let server = user.serve();
    let (dev, prod) = (url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    assert!(operations(&user.json(&["promote", "--all"], 0)).is_empty());
    set(&user, &server, (DEV, QUEUE, &dev), "/VisibilityTimeout", json!(90));
    user.boto3(&server, DEV, &["create", QUEUE, r#"{"QueueName": "plain-dev"}"#]);
    user.approve(&["promote", "--all", QUEUE, &url(DEV, "plain-dev")]);
    assert_eq!(user.boto3(&server, PROD, &["get", QUEUE, &prod])["VisibilityTimeout"], 90);
    user.boto3(&server, PROD, &["get", QUEUE, &url(PROD, "plain-prod")]);
    user.json(&["drift"], 0);
}

#[test]
fn a_resource_is_marked_for_promotion_and_the_mark_is_removed() {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    let dev = url(DEV, "jobs-dev");
    let server = user.serve();
    let status = |user: &User| {
        let found = tags(user, &server, (DEV, QUEUE, &dev));
        found.into_iter().find(|(key, _)| key == "PromotionStatus").map(|(_, value)| value)
    };
    user.approve(&["promote", QUEUE, &dev, "--mark-pending"]);
    assert_eq!(status(&user).as_deref(), Some("pending-prod"));
    user.approve(&["promote", QUEUE, &dev, "--unmark"]);
    assert_eq!(status(&user).as_deref(), Some("dev-only"));
    user.json(&["promote", QUEUE, &dev, "--unmark"], 4);
    assert!(identifiers(&user, &server, PROD, QUEUE).is_empty());
    // A promotion that was interrupted before it created anything.
    set_tag(&user, &server, (DEV, QUEUE, &dev), "PromotionStatus", Some("pending-prod"));
    set_tag(&user, &server, (DEV, QUEUE, &dev), "ProdCounterpart", Some("pending:sg-0123"));
    user.approve(&["promote", "--all", "--unmark"]);
    let found = tags(&user, &server, (DEV, QUEUE, &dev));
    assert!(!found.iter().any(|(key, _)| key == "ProdCounterpart"), "{found:?}");
}

#[test]
fn a_name_that_the_service_made_is_left_to_the_service() {
    let user = User::of_sandbox();
    let block = "{BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}";
    let bucket = format!("Type: {BUCKET}\nProperties:\n  PublicAccessBlockConfiguration: {block}\n");
    user.write("bucket.yaml", &bucket);
    user.approve(&["create", "-f", "bucket.yaml"]);
    let server = user.serve();
    let dev = identifiers(&user, &server, DEV, BUCKET).remove(0);
    let plan = user.json(&["promote", BUCKET, &dev], 3);
    assert!(codes(&plan).contains(&"name-left-out"), "{}", messages(&plan));
    let rewrites = plan["body"]["plan"]["steps"].to_string();
    assert!(rewrites.contains("(chosen by the service)"), "{rewrites}");
    user.approve(&["promote", BUCKET, &dev]);
    let prod = identifiers(&user, &server, PROD, BUCKET);
    assert!(prod.len() == 1 && prod[0] != dev, "{prod:?}");
    assert_eq!(user.json(&["drift"], 0)["body"]["summary"]["synced"], 1);
    assert!(operations(&user.json(&["promote", BUCKET, &dev], 0)).is_empty());
}

#[test]
fn a_name_can_be_chosen_on_the_command_line() {
    let user = User::of_sandbox();
    let block = "{BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}";
    user.write("bucket.yaml", &format!("Type: {BUCKET}\nProperties:\n  PublicAccessBlockConfiguration: {block}\n"));
    user.approve(&["create", "-f", "bucket.yaml"]);
    let server = user.serve();
    let dev = identifiers(&user, &server, DEV, BUCKET).remove(0);
    let name = format!("{BUCKET}/{dev}=company-files-prod");
    let document = user.json(&["promote", BUCKET, &dev, "--name", &name, "--plan-out", "plan.json"], 3);
    assert!(!codes(&document).contains(&"name-left-out"), "{}", messages(&document));
    user.paste(document["next"][0]["command"].as_str().unwrap()).expect(0);
    assert_eq!(identifiers(&user, &server, PROD, BUCKET), ["company-files-prod"]);
    user.json(&["promote", BUCKET, &dev, "--name", "files=x"], 64);
}

#[test]
fn an_input_that_is_not_needed_is_a_warning() {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    user.write("inputs.yaml", "AWS::Lambda::Function/api-dev: {/Code/ZipFile: x}\n");
    let plan = user.json(&["promote", "--all", "--inputs", "inputs.yaml"], 3);
    let unused = plan["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "unknown-input");
    assert_eq!(unused.map(|one| &one["level"]), Some(&json!("warning")), "{plan}");
    user.write("inputs.yaml", "AWS::Lambda::Function/api-dev: {Code: x}\n");
    user.json(&["promote", "--all", "--inputs", "inputs.yaml"], 64);
}

const CACHE: &str = "AWS::ElastiCache::ReplicationGroup";
const DATABASE: &str = "AWS::RDS::DBInstance";

#[test]
fn values_that_aws_does_not_return_are_demanded_or_dropped_with_an_approval() {
    let user = User::of_sandbox();
    user.write(
        "cache.yaml",
        &format!("Type: {CACHE}\nProperties:\n  ReplicationGroupId: cache-dev\n  ReplicationGroupDescription: a cache\n  CacheNodeType: cache.t4g.micro\n  Engine: redis\n  EngineVersion: '7.1'\n  NumNodeGroups: 1\n  SecurityGroupIds: [sg-0123456789abcdef0]\n"),
    );
    user.approve(&["create", "-f", "cache.yaml"]);
    let refused = user.json(&["promote", CACHE, "cache-dev"], 4);
    assert_eq!(codes(&refused), ["input-needed"], "{}", messages(&refused));
    assert!(messages(&refused).contains("/SecurityGroupIds"), "{}", messages(&refused));

    let groups = format!("{CACHE}/cache-dev#/SecurityGroupIds=[sg-0fedcba9876543210]");
    let plan = user.json(&["promote", CACHE, "cache-dev", "--input", &groups], 3);
    assert!(kinds(&plan).contains(&"drops_values"), "{:?}", kinds(&plan));
    let steps = plan["body"]["plan"]["steps"].as_array().unwrap();
    let create = steps.iter().find(|step| step["operation"] == "create").unwrap();
    assert_eq!(create["not_copied"], json!(["/EngineVersion", "/NumNodeGroups"]), "{create}");

    // With all of them, nothing is dropped, and `null` says that there is no value.
    let version = format!("{CACHE}/cache-dev#/EngineVersion='7.1'");
    let (none, one) =
        (format!("{CACHE}/cache-dev#/SecurityGroupIds=null"), format!("{CACHE}/cache-dev#/NumNodeGroups=1"));
    let command = ["promote", CACHE, "cache-dev", "--input", &none, "--input", &version, "--input", &one];
    let plan = user.json(&command, 3);
    assert!(!kinds(&plan).contains(&"drops_values"), "{:?}", kinds(&plan));
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap();
    user.json(&[&command[..], &["--approve", digest]].concat(), 0);
    user.json(&["drift"], 0);
}

#[test]
fn values_of_resources_that_had_none_are_not_dropped() {
    let user = with_promoted_queue();
    create_queue(&user, "mails-dev");
    let plan = user.json(&["promote", "--all"], 3);
    assert!(!kinds(&plan).contains(&"drops_values"), "{:?}", kinds(&plan));
}

#[test]
fn a_read_replica_keeps_its_source_and_needs_no_password() {
    let user = User::of_sandbox();
    let case = "Resources:
  Main: { Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceIdentifier: orders-dev, Engine: mysql, EngineVersion: '8.4', DBInstanceClass: db.t4g.micro, AllocatedStorage: '20', StorageType: gp3, MasterUsername: admin1, ManageMasterUserPassword: true, StorageEncrypted: true, BackupRetentionPeriod: 7, DeletionProtection: true, PubliclyAccessible: false } }
  Replica: { Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceIdentifier: orders-replica-dev, SourceDBInstanceIdentifier: !Ref Main, DBInstanceClass: db.t4g.micro, DeletionProtection: true, PubliclyAccessible: false } }
";
    user.write("databases.yaml", case);
    user.approve(&["create", "-f", "databases.yaml"]);
    let plan = user.json(&["promote", "--all", "--with-dependencies"], 3);
    let steps = plan["body"]["plan"]["steps"].as_array().unwrap();
    let replica = steps.iter().find(|step| step["operation"] == "create" && step["source"] == "orders-replica-dev");
    let replica = replica.unwrap();
    let value = |name: &str| {
        let changes = replica["changes"].as_array().unwrap();
        changes.iter().find(|change| change["pointer"] == format!("/{name}")).map(|change| &change["after"])
    };
    // A write-only value is not shown.
    assert_eq!(value("SourceDBInstanceIdentifier"), Some(&json!("(sensitive)")), "{replica}");
    for inherited in ["MasterUsername", "StorageEncrypted"] {
        assert_eq!(value(inherited), None, "{replica}");
    }
    let estimate = plan["body"]["plan"]["estimate"].to_string();
    assert!(!estimate.contains(r#""status":"unknown""#), "{estimate}");
    user.approve(&["promote", "--all", "--with-dependencies"]);
    let server = user.serve();
    let main = user.boto3(&server, PROD, &["get", DATABASE, "orders-prod"]);
    assert_eq!(main["ReadReplicaDBInstanceIdentifiers"], json!(["orders-replica-prod"]), "{main}");
    assert_eq!(user.boto3(&server, PROD, &["get", DATABASE, "orders-replica-prod"])["Engine"], "mysql");
    user.json(&["drift"], 0);
    assert!(operations(&user.json(&["promote", "--all", "--with-dependencies"], 0)).is_empty());
}

#[test]
fn a_body_that_the_schema_rejects_is_refused_before_the_plan() {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    let dev = url(DEV, "jobs-dev");
    let size = |bytes: u32| config(&format!("promotion: {{overrides: {{{QUEUE}: {{MaximumMessageSize: {bytes}}}}}}}"));
    user.write("stagegate.yaml", &size(1));
    let refused = user.json(&["promote", QUEUE, &dev], 4);
    assert_eq!(codes(&refused), ["out-of-range"], "{}", messages(&refused));
    assert!(messages(&refused).contains("promotion.overrides"), "{}", messages(&refused));
    user.write("stagegate.yaml", &size(2048));
    user.json(&["promote", QUEUE, &dev], 3);
}

#[test]
fn a_name_that_does_not_fit_is_found_in_the_plan() {
    const ROLE: &str = "AWS::IAM::Role";
    let user = User::of_sandbox();
    let trust = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}";
    user.write(
        "role.yaml",
        &format!("Type: {ROLE}\nProperties:\n  RoleName: work-dev\n  AssumeRolePolicyDocument: {trust}\n"),
    );
    user.approve(&["create", "-f", "role.yaml"]);
    for (length, code) in [(64, 3), (65, 4)] {
        let name = format!("{ROLE}/work-dev={}", "x".repeat(length));
        let document = user.json(&["promote", ROLE, "work-dev", "--name", &name], code);
        assert_eq!(messages(&document).contains("--name"), code == 4, "{}", messages(&document));
    }
}

#[test]
fn overrides_apply_by_name_pattern_and_are_checked_when_the_configuration_is_read() {
    let user = User::of_sandbox();
    create_queue(&user, "jobs-dev");
    create_queue(&user, "mails-dev");
    let overrides =
        format!("promotion: {{overrides: {{{QUEUE}: {{DelaySeconds: 1}}, '{QUEUE}/mails-*': {{DelaySeconds: 9}}}}}}");
    user.write("stagegate.yaml", &config(&overrides));
    user.approve(&["promote", "--all"]);
    let server = user.serve();
    assert_eq!(user.boto3(&server, PROD, &["get", QUEUE, &url(PROD, "jobs-prod")])["DelaySeconds"], 1);
    assert_eq!(user.boto3(&server, PROD, &["get", QUEUE, &url(PROD, "mails-prod")])["DelaySeconds"], 9);
    user.json(&["drift"], 0);
    for wrong in ["DelaySecond: 1", "DelaySeconds: soon", "Arn: x"] {
        user.write("stagegate.yaml", &config(&format!("promotion: {{overrides: {{'{QUEUE}/mails-*': {{{wrong}}}}}}}")));
        let refused = user.json(&["drift"], 64);
        assert!(messages(&refused).contains("promotion.overrides"), "{wrong}: {}", messages(&refused));
    }
}
