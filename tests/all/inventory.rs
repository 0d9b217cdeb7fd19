//! `inventory`: resources across accounts and Regions, with roles that are assumed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, call_in, messages};

const BUCKET: &str = "AWS::S3::Bucket";
const QUEUE: &str = "AWS::SQS::Queue";
const ROLE: &str = "AWS::IAM::Role";
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-southeast-2"];
/// The accounts of the registry. In one, the role may do nothing; in another, it does not exist; a Region of a third one hangs.
const DENIED: &str = "300000000002";
const WITHOUT_ROLE: &str = "300000000005";
const HANGING: &str = "300000000007";
const EXTERNAL_ID: &str = "shared-with-nobody";

fn members() -> Vec<(String, String)> {
    (1..=9).map(|number| (format!("Member{number}"), format!("30000000000{number}"))).collect()
}

/// The project file: dev, and nine accounts whose role is assumed.
fn project(environments: &str, more: &str) -> String {
    let account = |(name, id): (String, String)| {
        let regions = REGIONS.join(", ");
        format!("  - {{ name: {name}, account: \"{id}\", external_id: {EXTERNAL_ID}, regions: [{regions}] }}\n")
    };
    let accounts: String = members().into_iter().map(account).collect();
    format!("version: 1\nproject: shop\nenvironments:\n{environments}accounts:\n{accounts}{more}")
}

fn dev(profile: &str) -> String {
    let regions = REGIONS.join(", ");
    format!("  dev: {{ {profile}account: \"{DEV}\", regions: [{regions}] }}\n")
}

/// Creates a resource and returns its identifier.
fn make(server: &Server, place: (&str, &str), type_name: &str, desired: &Value) -> String {
    let control = |operation: &str, input: &Value| {
        call_in(place, &server.endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input).unwrap()
    };
    let input = json!({"TypeName": type_name, "DesiredState": desired.to_string()});
    let mut event = control("CreateResource", &input)["ProgressEvent"].clone();
    loop {
        match event["OperationStatus"].as_str().unwrap() {
            "SUCCESS" => return event["Identifier"].as_str().unwrap().to_owned(),
            "FAILED" => panic!("{event}"),
            _ => {
                let token = json!({"RequestToken": event["RequestToken"]});
                event = control("GetResourceRequestStatus", &token)["ProgressEvent"].clone();
            }
        }
    }
}

/// A role that the dev account may assume with the external id.
fn member_role(actions: &[&str]) -> Value {
    json!({
        "RoleName": "StagegateReadOnly",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{DEV}:root")}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }]},
        "Policies": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
        ]}}],
    })
}

const READS: &[&str] = &[
    "cloudformation:GetResource",
    "cloudformation:ListResources",
    "iam:Get*",
    "iam:List*",
    "s3:Get*",
    "s3:List*",
    "sqs:Get*",
    "sqs:List*",
    "tag:GetResources",
];

/// Ten accounts with a bucket, a queue in each Region, and roles.
fn estate() -> (User, Server) {
    let owner = User::of_sandbox();
    owner.write("stagegate.yaml", &project(&dev(""), ""));
    let server = owner.serve();
    for id in members().into_iter().map(|(_, id)| id).chain([DEV.to_owned()]) {
        for region in REGIONS {
            let place = (id.as_str(), region);
            make(&server, place, BUCKET, &json!({"BucketName": format!("files-{id}-{region}")}));
            make(&server, place, QUEUE, &json!({"QueueName": "jobs", "Tags": [{"Key": "Team", "Value": region}]}));
        }
        if id != DEV && id != WITHOUT_ROLE {
            let actions = if id == DENIED { &["sqs:ListQueues"] } else { READS };
            make(&server, (&id, "us-east-1"), ROLE, &member_role(actions));
        }
    }
    (owner, server)
}

/// A user with the profile of the dev account on a server.
fn user_of(server: &Server, more: &str) -> User {
    let user = User::of_aws().with("AWS_ENDPOINT_URL", &server.endpoint).with("USER", "ada");
    user.write("aws-config", &format!("[profile d]\naws_access_key_id = {DEV}\naws_secret_access_key = any\n"));
    user.write("stagegate.yaml", &project(&dev("profile: d, "), more));
    user
}

/// The resources as `account region identifier`.
fn rows(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = document["body"]["resources"].as_array().unwrap().iter();
    rows.map(|row| [&row["account"], &row["region"], &row["identifier"]].map(text).join(" ")).collect()
}

fn status<'d>(document: &'d Value, account: &str) -> (&'d str, &'d Value) {
    let accounts = document["body"]["accounts"].as_array().unwrap();
    let found = accounts.iter().find(|one| one["account"] == account).unwrap();
    (found["status"].as_str().unwrap(), &found["error"])
}

#[test]
fn ten_accounts_are_listed_although_one_is_denied_one_has_no_role_and_one_region_hangs() {
    let (owner, quiet) = estate();
    drop(quiet);
    let hang = format!("{HANGING}/eu-west-1/*=hang");
    let server = owner.serve_with(&["--enforce-permissions", "--latency", "100ms", "--fail", &hang]);
    let user = user_of(&server, "");
    let queues = user.json(&["inventory", QUEUE, "--accounts", "all", "--call-timeout", "20s"], 2);
    let complete: Vec<String> =
        members().into_iter().map(|(_, id)| id).filter(|id| id != DENIED && id != WITHOUT_ROLE).collect();
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for id in complete.iter().map(String::as_str).chain([DEV]) {
        for region in REGIONS.iter().filter(|region| id != HANGING || **region != "eu-west-1") {
            expected.insert(format!("{id} {region} https://sqs.{region}.amazonaws.com/{id}/jobs"));
        }
    }
    let found = rows(&queues);
    assert_eq!(found.len(), expected.len(), "each once");
    assert_eq!(found.into_iter().collect::<BTreeSet<String>>(), expected);
    assert_eq!(status(&queues, DEV).0, "ok");
    let (denied, reason) = status(&queues, DENIED);
    assert!(denied == "failed" && reason.as_str().unwrap().contains("not authorized"), "{denied} {reason}");
    let (missing, reason) = status(&queues, WITHOUT_ROLE);
    let reason = reason.as_str().unwrap();
    assert!(
        missing == "failed" && reason.contains("sts:AssumeRole") && reason.contains("StagegateReadOnly"),
        "{reason}"
    );
    assert_eq!(status(&queues, HANGING), ("partial", &Value::Null));
    let gaps = queues["body"]["gaps"].as_array().unwrap();
    let hung = gaps.iter().find(|gap| gap["account"] == HANGING).unwrap();
    assert_eq!(hung["region"], "eu-west-1");
    assert!(hung["reason"].as_str().unwrap().contains("did not answer within 20s"), "{hung}");
    // One list in each Region, and one role for each account.
    assert_eq!(queues["api_calls"]["sts.AssumeRole"], 9, "{}", queues["api_calls"]);
    assert!(messages(&queues).contains("incomplete"), "{}", messages(&queues));
    assert!(messages(&queues).contains("context --member-role"), "{}", messages(&queues));
    user.run(&["inventory", QUEUE, "--accounts", &format!("dev,{DENIED}"), "--strict"]).expect(1);
    user.json(&["inventory", QUEUE, "--accounts", WITHOUT_ROLE], 1);
}

#[test]
fn buckets_are_listed_once_for_each_account_and_read_in_their_regions() {
    let (_owner, server) = estate();
    let user = user_of(&server, "");
    let found = user.json(&["inventory", BUCKET], 0);
    let expected: Vec<String> = std::iter::once(DEV.to_owned())
        .chain(members().into_iter().map(|(_, id)| id))
        .flat_map(|id| REGIONS.map(|region| format!("{id} {region} files-{id}-{region}")))
        .collect();
    assert_eq!(rows(&found).into_iter().collect::<BTreeSet<_>>(), expected.into_iter().collect());
    assert_eq!(rows(&found).len(), 30);
    let calls = &found["api_calls"];
    assert_eq!((&calls["s3.ListBuckets"], &calls["cloudcontrol.GetResource"]), (&json!(10), &json!(30)), "{calls}");
    assert!(calls.get("cloudcontrol.ListResources").is_none(), "{calls}");
    // What is in other Regions is counted.
    let some = user.json(&["inventory", BUCKET, "--accounts", "dev,member1", "--regions", "eu-west-1,us-west-2"], 0);
    let member = "300000000001";
    assert_eq!(
        rows(&some),
        [format!("{DEV} eu-west-1 files-{DEV}-eu-west-1"), format!("{member} eu-west-1 files-{member}-eu-west-1")]
    );
    let dev = &some["body"]["accounts"][0];
    assert_eq!((&dev["name"], &dev["elsewhere"]), (&json!("dev"), &json!(2)), "{dev}");
    let text = user.run(&["inventory", BUCKET, "--accounts", "dev", "--regions", "eu-west-1"]).expect(0).stdout;
    assert!(text.contains("2 buckets in other Regions"), "{text}");
    // A table of names needs no reads.
    let one = user.json(&["inventory", BUCKET, &format!("files-{member}-us-east-1")], 0);
    assert_eq!(rows(&one), [format!("{member} us-east-1 files-{member}-us-east-1")]);
    // Everything else of S3's list is as AWS says: without parameters there are no Regions.
    let refusing = _owner.serve_with(&["--fail", "ListBuckets=AccessDeniedException"]);
    let user = user_of(&refusing, "");
    assert_eq!(rows(&user.json(&["inventory", BUCKET], 0)).len(), 30, "each bucket is read in the Region that has it");
}

#[test]
fn global_services_are_listed_once_and_accounts_are_chosen_by_name() {
    let (_owner, server) = estate();
    let off = format!("  - {{ name: Old, account: \"{PROD}\", enabled: false }}\n");
    let user = user_of(&server, &off);
    let roles = user.json(&["inventory", ROLE, "--accounts", "Member1,300000000003"], 0);
    assert_eq!(
        rows(&roles),
        ["300000000001 - StagegateReadOnly", "300000000003 - StagegateReadOnly"],
        "once, whatever the Regions"
    );
    let all = user.json(&["inventory", ROLE], 0);
    assert_eq!(status(&all, PROD).0, "disabled");
    assert_eq!(all["body"]["summary"]["accounts_disabled"], 1);
    assert!(user.run(&["inventory", ROLE]).expect(0).stdout.contains("10 accounts read, 1 disabled"));
    for (name, hint) in [("Membr1", "did you mean `Member1`?"), ("everyone", "use a name of")] {
        let refused = user.json(&["inventory", ROLE, "--accounts", name], 64);
        assert!(messages(&refused).contains(hint), "{}", messages(&refused));
    }
    // A name of the environment by its tag is one, too.
    assert_eq!(user.json(&["inventory", QUEUE, "--accounts", "development"], 0)["body"]["accounts"][0]["name"], "dev");
}

#[test]
fn resources_are_selected_shown_and_streamed() {
    let (_owner, server) = estate();
    let user = user_of(&server, "");
    fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["inventory", QUEUE, "--accounts", "dev,Member1"], more].concat()
    }
    let west = user.json(&with(&["--where", "tags.Team=eu-*", "--where", "VisibilityTimeout=30"]), 0);
    let names: Vec<&str> =
        west["body"]["resources"].as_array().unwrap().iter().map(|row| row["region"].as_str().unwrap()).collect();
    assert_eq!(names, ["eu-west-1", "eu-west-1"], "{west}");
    assert_eq!(west["body"]["resources"][0]["tags"], json!({"Team": "eu-west-1"}));
    assert_eq!(user.json(&with(&["--where", "region!=eu-west-1"]), 0)["body"]["summary"]["resources"], 4);
    let csv = user.run(&with(&["--columns", "account,region,tags.Team,QueueName", "--output", "csv"])).expect(0).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "account,region,tags.Team,QueueName");
    assert_eq!((lines.len(), lines[1]), (7, "111111111111,ap-southeast-2,ap-southeast-2,jobs"));
    let table = user.run(&with(&["--columns", "account_name,QueueName"])).expect(0).stdout;
    assert!(table.contains("ACCOUNT_NAME") && table.contains("Member1") && table.contains("jobs"), "{table}");
    let query = |text: &str, code: u8| user.run(&with(&["--query", text])).expect(code.into());
    assert_eq!(query("length(resources[?properties.VisibilityTimeout==`30`])", 0).stdout, "6\n");
    assert_eq!(query("resources[].region | sort(@) | [0]", 0).stdout, "\"ap-southeast-2\"\n");
    for (text, code) in [("[?", 64), ("sum(resources[].region)", 1)] {
        assert!(query(text, code).stderr.contains("invalid-query"));
    }
    user.run(&with(&["--query", "resources", "--output", "ndjson"])).expect(64);
    for wrong in ["QueueName", "=x"] {
        user.json(&with(&["--where", wrong]), 64);
    }

    let text = user.run(&with(&["--output", "ndjson"])).expect(0).stdout;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last(), kinds.len()), (Some(&"header"), Some(&"summary"), 8));
    assert!(kinds[1..7].iter().all(|kind| *kind == "resource"), "{kinds:?}");
    assert_eq!(lines[1]["properties"]["QueueName"], "jobs");
    assert_eq!(lines[7]["body"]["summary"]["resources"], 6);
    assert_eq!(lines[7]["outcome"]["exit_code"], 0);
    // Nothing found: a header and a summary.
    let none = user.run(&with(&["--where", "QueueName=x", "--output", "ndjson"])).expect(0).stdout;
    assert_eq!(none.lines().count(), 2, "{none}");
}

/// While a Region hangs, the rows of the others have been printed already.
#[test]
fn rows_are_printed_before_the_last_region_answers() {
    let (owner, quiet) = estate();
    drop(quiet);
    let server = owner.serve_with(&["--fail", &format!("{HANGING}/eu-west-1/*=hang")]);
    let user = user_of(&server, "");
    let lines = user.first_lines(&["inventory", QUEUE, "--output", "ndjson", "--call-timeout", "10m"], 30);
    let kinds: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].clone()).collect();
    // Nine accounts with three Regions, and one with two.
    assert_eq!(kinds.iter().filter(|kind| **kind == "resource").count(), 29, "{kinds:?}");
    assert_eq!(kinds[0], "header");
}

#[test]
fn sources_are_the_tagging_api_and_indexes() {
    let (_owner, server) = estate();
    let user = user_of(&server, "");
    make(&server, (DEV, "us-east-1"), "AWS::ResourceExplorer2::Index", &json!({"Type": "LOCAL"}));
    let view = json!({"ViewName": "all", "IncludedProperties": [{"Name": "tags"}]});
    let view = make(&server, (DEV, "us-east-1"), "AWS::ResourceExplorer2::View", &view);
    make(&server, (DEV, "us-east-1"), "AWS::ResourceExplorer2::DefaultViewAssociation", &json!({"ViewArn": view}));
    let source = json!([{"AccountIds": [DEV], "AllAwsRegions": true}]);
    let desired = json!({"ConfigurationAggregatorName": "org", "AccountAggregationSources": source});
    make(&server, (DEV, "us-east-1"), "AWS::Config::ConfigurationAggregator", &desired);
    let queue = format!("{DEV} us-east-1 https://sqs.us-east-1.amazonaws.com/{DEV}/jobs");
    let bucket = format!("{DEV} us-east-1 files-{DEV}-us-east-1");
    for (source, kind, has_bucket) in
        [("auto", "tags", false), ("resource-explorer", "resource-explorer", true), ("config:org", "config", true)]
    {
        let arguments = ["inventory", "--accounts", "dev", "--regions", "us-east-1", "--source", source];
        let found = user.json(&arguments, 0);
        let region = &found["body"]["accounts"][0]["regions"][0];
        assert_eq!(region["source"], kind, "{region}");
        // The tagging API does not return what never had a tag.
        assert_eq!((rows(&found).contains(&queue), rows(&found).contains(&bucket)), (true, has_bucket), "{source}");
        assert_eq!(region["age_seconds"].is_null(), kind == "tags", "{region}");
        let of_type = user.json(&[&["inventory", QUEUE], &arguments[1..]].concat(), 0);
        assert_eq!(rows(&of_type), std::slice::from_ref(&queue), "{source}");
        assert_eq!(of_type["body"]["resources"][0]["properties"]["QueueName"], "jobs");
    }
    // An aggregator is in one account and Region, and has those of others.
    let both = json!([{"AccountIds": [DEV, "300000000001"], "AllAwsRegions": true}]);
    let desired = json!({"ConfigurationAggregatorName": "all", "AccountAggregationSources": both});
    make(&server, (DEV, "us-east-1"), "AWS::Config::ConfigurationAggregator", &desired);
    let all = ["inventory", QUEUE, "--accounts", "dev,Member1", "--source", "config:all"];
    let found = user.json(&all, 0);
    assert_eq!(rows(&found).len(), 6, "{found}");
    let without = user.json(&["inventory", QUEUE, "--accounts", "dev,Member2", "--source", "config:all"], 2);
    assert_eq!((rows(&without).len(), status(&without, "300000000002").0), (3, "failed"), "{without}");
    let text = user.run(&["inventory", "--accounts", "dev", "--regions", "us-east-1"]).expect(0).stdout;
    assert!(text.contains("resources that never had a tag are not included"), "{text}");
    // There is no index in the other Regions.
    let gaps = user.json(&["inventory", "--accounts", "dev", "--source", "resource-explorer"], 2);
    assert_eq!(status(&gaps, DEV).0, "partial");
    assert!(gaps["body"]["gaps"][0]["reason"].as_str().unwrap().contains("no index in"), "{}", gaps["body"]["gaps"]);
    // A type that is listed within a parent needs another source.
    let refused = user.json(&["inventory", "AWS::ApiGateway::Resource"], 64);
    assert!(messages(&refused).contains("--source"), "{}", messages(&refused));
}

#[test]
fn the_organization_is_the_registry() {
    let (owner, _server) = estate();
    let account = |id: &str, name: &str, status: &str| json!({"id": id, "name": name, "status": status});
    let organization = json!({"management": DEV, "accounts": [
        account(DEV, "Management", "ACTIVE"),
        account("300000000001", "Shared", "ACTIVE"),
        account("300000000003", "Shared", "ACTIVE"),
        account("300000000004", "Old", "SUSPENDED"),
    ]});
    owner.write("../sandbox/organization.json", &organization.to_string());
    let server = owner.serve();
    let user = user_of(&server, "");
    let config = format!(
        "version: 1\nproject: shop\nenvironments:\n{}accounts: {{ organizations: true, external_id: {EXTERNAL_ID} }}\n",
        dev("profile: d, ")
    );
    user.write("stagegate.yaml", &config);
    let found = user.json(&["inventory", QUEUE, "--regions", "us-east-1"], 0);
    assert_eq!(rows(&found).len(), 3, "{found}");
    assert_eq!(status(&found, "300000000004").0, "suspended");
    assert_eq!(found["body"]["summary"]["accounts_suspended"], 1);
    let ambiguous = user.json(&["inventory", QUEUE, "--accounts", "shared"], 64);
    assert!(messages(&ambiguous).contains("300000000001, 300000000003"), "{}", messages(&ambiguous));
    assert_eq!(
        rows(&user.json(&["inventory", QUEUE, "--accounts", "Management", "--regions", "us-east-1"], 0)).len(),
        1
    );
    // Without permission, the environments are read, and the rest is a gap.
    let refusing = owner.serve_with(&["--fail", "ListAccounts=AccessDeniedException"]);
    let user = user.with("AWS_ENDPOINT_URL", &refusing.endpoint);
    let found = user.json(&["inventory", QUEUE, "--regions", "us-east-1"], 2);
    assert_eq!(rows(&found).len(), 1, "{found}");
    assert!(messages(&found).contains("organizations:ListAccounts"), "{}", messages(&found));
}

#[test]
fn the_template_of_the_member_role_passes_the_scan_and_is_created() {
    let user = User::of_sandbox();
    let template =
        user.run(&["context", "--member-role", "--org-id", "o-a1b2c3d4e5", "--require-mfa"]).expect(0).stdout;
    user.write("member-role.yaml", &template);
    let scan = user.json(&["scan", "-f", "member-role.yaml", "--param", "ExternalId=shared"], 0);
    // The name is the same in every account, whatever the project.
    let findings: Vec<&Value> = scan["body"]["findings"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert!(findings.iter().all(|id| **id == "name-pattern"), "{findings:?}");
    let created = user.approve(&["create", "-f", "member-role.yaml", "--param", "ExternalId=shared"]);
    assert!(created["body"]["applied"].as_array().unwrap().len() >= 2, "{created}");
    let server = user.serve();
    let role = user.boto3(&server, DEV, &["get", ROLE, "StagegateReadOnly"]);
    let condition = &role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"];
    assert_eq!(condition["StringEquals"], json!({"sts:ExternalId": "shared", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}));
    assert_eq!(condition["Bool"], json!({"aws:MultiFactorAuthPresent": "true"}));
    let document = user.json(&["context", "--member-role", "--type", "AWS::SQS"], 0);
    assert_eq!(document["body"]["member_role"]["Resources"]["Role"]["Type"], ROLE);
    assert_eq!(document["api_calls"], json!({}));
    for (arguments, message) in [
        (vec!["context", "--member-role", "--org-id", "acme"], "o-a1b2c3d4e5"),
        (vec!["context", "--org-id", "o-a1b2c3d4e5"], "--member-role"),
        (vec!["context", "--member-role", "--type", "AWS::S3::Bukket"], "did you mean"),
    ] {
        assert!(messages(&user.json(&arguments, 64)).contains(message), "{arguments:?}");
    }
}

/// The role is enough, where permissions are enforced.
#[test]
fn an_account_is_read_with_the_role_of_the_template() {
    let owner = User::of_sandbox();
    let member = "300000000001";
    let config = format!("{}  member: {{ account: \"{member}\", region: us-east-1 }}\n", dev(""));
    owner.write("stagegate.yaml", &project(&config, ""));
    let template = owner.run(&["context", "--member-role"]).expect(0).stdout;
    owner.write("member-role.yaml", &template);
    assert!(template.contains(EXTERNAL_ID), "the external id of all accounts is the default");
    owner.approve(&["create", "-f", "member-role.yaml", "--env", "member", "--tag", "CostCenter=Data"]);
    let server = owner.serve_with(&["--enforce-permissions"]);
    make(&server, (member, "eu-west-1"), BUCKET, &json!({"BucketName": "files"}));
    make(&server, (member, "eu-west-1"), QUEUE, &json!({"QueueName": "jobs"}));
    let user = user_of(&server, "");
    for type_name in [BUCKET, QUEUE] {
        let found = user.json(&["inventory", type_name, "--accounts", "Member1"], 0);
        assert_eq!(rows(&found).len(), 1, "{found}");
        assert!(found["body"]["resources"][0]["properties"].is_object(), "{found}");
    }
    user.json(&["inventory", "--accounts", "Member1"], 0);
}

#[test]
fn the_matrix_shows_what_the_gate_decides() {
    let user = User::of_sandbox();
    let document = user.json(&["context", "--matrix"], 0);
    assert_eq!(document["api_calls"], json!({}));
    let rules = document["body"]["approvals"].as_array().unwrap();
    let prod = |operation: &str| {
        rules
            .iter()
            .find(|rule| rule["environment"] == "prod" && rule["operation"] == operation && rule["condition"].is_null())
    };
    assert_eq!(prod("create").unwrap()["refused"], "protected-environment");
    assert_eq!(prod("promote").unwrap()["approvals"], json!(["protected"]));
    let matrix = document["body"]["matrix"].as_array().unwrap();
    let row = matrix.iter().find(|row| row["service"] == "AWS::S3" && row["operation"] == "create").unwrap();
    assert!(row["supported"].as_u64().unwrap() > 3 && row["environment"] == "dev", "{row}");
    let text = user.run(&["context", "--matrix"]).expect(0).stdout;
    assert!(text.contains("refused (protected-environment)") && text.contains("\n   DynamoDB  "), "{text}");
}
