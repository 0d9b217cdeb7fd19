//! `estimate`: known and unknown costs, and usage figures.

use serde_json::{Value, json};

use super::support::{User, approving_command, messages};

const DATABASE: &str = "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: mysql\n  DBInstanceClass: db.t3.small\n  AllocatedStorage: \"20\"\n  StorageType: gp2\n";

const BUCKET: &str = "Resources:\n  Uploads:\n    Type: AWS::S3::Bucket\n    Properties: { BucketName: uploads-dev }\n";

/// A project of the sandbox whose usage is in `usage.yaml`.
const PROJECT: &str = "version: 1\nproject: p\nusage: usage.yaml\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\n  prod: { account: \"222222222222\", region: us-east-1 }\ntags: { values: { CostCenter: Engineering } }\n";

fn total(document: &Value) -> &str {
    document["body"]["total"]["expected"].as_str().expect("a total")
}

#[test]
fn the_worked_database_costs_27_12_and_26_78_in_720_hours() {
    let user = User::of_sandbox();
    user.write("database.yaml", DATABASE);
    assert_eq!(total(&user.json(&["estimate", "-f", "database.yaml"], 0)), "27.12");
    assert_eq!(total(&user.json(&["estimate", "-f", "database.yaml", "--hours", "720"], 0)), "26.78");
    let shown = user.run(&["estimate", "-f", "database.yaml", "--hours", "720"]).expect(0).stdout;
    assert!(shown.contains("Monthly Cost: $26.78\n"), "{shown}");
    // The gate counts the hours that `create` counts.
    user.run(&["estimate", "-f", "database.yaml", "--hours", "720", "--gate"]).expect(64);
    user.run(&["estimate", "-f", "database.yaml", "--gate"]).expect(3);
}

#[test]
fn supported_types_are_listed_with_their_usage() {
    // Requires no project and no sandbox.
    let user = User::of_aws();
    let document = user.json(&["estimate", "--supported"], 0);
    let types = document["body"]["supported"].as_array().unwrap();
    let of = |status: &str| types.iter().filter(|one| one["status"] == status).count();
    assert!(of("priced") >= 75, "{}", of("priced"));
    assert!(of("free") >= 150 && of("unpriced") > 0);
    assert!(types.is_sorted_by_key(|one| one["type"].as_str()));
    for one in types {
        assert_eq!(one["status"] == "unpriced", one["reason"].is_string(), "{one}");
        let regions = one["regions"].as_array().unwrap();
        assert_eq!(one["status"] == "priced", regions.contains(&json!("us-east-1")), "{one}");
    }
    let bucket = types.iter().find(|one| one["type"] == "AWS::S3::Bucket").unwrap();
    assert_eq!(bucket["usage"][0], json!({"key": "storage_gb", "default": "10", "unit": "GB", "why": null}));
    let table = user.run(&["estimate", "--supported"]).expect(0).stdout;
    for says in ["AWS::S3::Bucket", "storage_gb (10, GB)", "AWS::GuardDuty::Detector", "unpriced", "priced, "] {
        assert!(table.contains(says), "{says}: {table}");
    }
}

#[test]
fn an_unknown_cost_is_reported_and_requires_an_approval() {
    let cases = [
        (
            "a type without a model",
            "Type: AWS::Lightsail::Instance\nProperties: { InstanceName: a-dev, BlueprintId: b, BundleId: c }\n",
            "us-east-1",
            "it is billed by the month for each bundle; these prices are not in the price data",
        ),
        (
            "a property that decides and is missing",
            "Type: AWS::EC2::Volume\nProperties: { AvailabilityZone: us-east-1a, SnapshotId: snap-1 }\n",
            "us-east-1",
            "Size is not set",
        ),
        (
            "a reference that nothing answers",
            "Resources:\n  V:\n    Type: AWS::EC2::Volume\n    Properties: { AvailabilityZone: a, Size: !ImportValue size }\n",
            "us-east-1",
            "not known before apply (Fn::ImportValue)",
        ),
        ("a region without prices", BUCKET, "ap-south-1", "no prices for region ap-south-1"),
    ];
    for (name, template, region, reason) in cases {
        let user = User::of_sandbox();
        user.write("template.yaml", template);
        let arguments = ["estimate", "-f", "template.yaml", "--region", region];
        let document = user.json(&arguments, 0);
        let body = &document["body"];
        assert_eq!(body["resources"][0]["status"], "unknown", "{name}: {body}");
        assert_eq!(body["total"]["unknown_count"], 1, "{name}");
        assert_eq!(body["verdict"], "approval_required", "{name}");
        assert!(body["reasons"].to_string().contains(reason), "{name}: {}", body["reasons"]);
        let shown = user.run(&arguments).expect(0).stdout;
        assert!(shown.contains("Monthly Cost: at least $0.00") && shown.contains(reason), "{name}: {shown}");
        user.run(&[&arguments[..], &["--gate"]].concat()).expect(3);
    }
}

#[test]
fn creating_a_resource_of_unknown_cost_requires_an_approval() {
    let user = User::of_sandbox();
    user.write(
        "service.yaml",
        "Type: AWS::ECS::Service\nProperties:\n  ServiceName: orders-dev\n  LaunchType: FARGATE\n  TaskDefinition: orders-dev\n  \
         NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet-0c0ffee0000000001] } }\n",
    );
    let asked = user.json(&["create", "-f", "service.yaml"], 3);
    let approvals = asked["body"]["plan"]["approvals_required"].as_array().unwrap();
    let cost = approvals.iter().find(|one| one["kind"] == "cost").expect("an approval of the cost");
    assert!(cost["reason"].as_str().unwrap().contains("TaskDefinition refers to `orders-dev`"), "{cost}");
}

#[test]
fn free_resources_cost_nothing_in_any_region_and_require_no_approval() {
    let user = User::of_sandbox();
    user.write("role.yaml", "Type: AWS::IAM::Role\nProperties: { RoleName: a-dev, AssumeRolePolicyDocument: {} }\n");
    for region in ["us-east-1", "ap-south-1"] {
        let document = user.json(&["estimate", "-f", "role.yaml", "--gate", "--region", region], 0);
        assert_eq!(document["body"]["resources"][0]["status"], "free");
        assert_eq!(
            document["body"]["total"],
            json!({"low": "0.00", "expected": "0.00", "high": "0.00", "unknown_count": 0})
        );
        assert_eq!(document["body"]["verdict"], "auto_approved");
    }
    let shown = user.run(&["estimate", "-f", "role.yaml"]).expect(0).stdout;
    assert!(shown.contains("Monthly Cost: $0.00 (free)"), "{shown}");
}

/// A service on Fargate with its task definition.
const SERVICE: &str = "Resources:
  Network: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  Subnet: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Network, CidrBlock: 10.0.0.0/24 } }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: orders-dev
      Cpu: \"256\"
      Memory: \"512\"
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{ Name: web, Image: web, LogConfiguration: { LogDriver: awslogs, Options: { awslogs-group: orders, awslogs-region: us-east-1 } } }]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: orders-dev
      LaunchType: FARGATE
      DesiredCount: 1
      TaskDefinition: !Ref Task
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [!Ref Subnet] } }
";

#[test]
fn a_cost_that_depends_on_another_resource_is_known_from_template_to_prod() {
    let user = User::of_sandbox();
    user.write("service.yaml", SERVICE);
    // 730*(0.25*0.04048 + 0.5*0.004445)
    assert_eq!(total(&user.json(&["estimate", "-f", "service.yaml", "--gate"], 0)), "9.01");
    let created = user.approve(&["create", "-f", "service.yaml"]);
    assert_eq!(created["body"]["plan"]["estimate"]["total"]["expected"], "9.01");
    let applied = created["body"]["applied"].as_array().unwrap();
    let service = applied.iter().find(|one| one["type"] == "AWS::ECS::Service").unwrap();
    let identifier = service["identifier"].as_str().unwrap();

    // Live, the task definition is read beside it.
    let live = user.json(&["estimate", "--live", "AWS::ECS::Service", identifier, "--env", "dev"], 0);
    assert_eq!(total(&live), "9.01");
    assert_eq!(live["body"]["resources"].as_array().unwrap().len(), 1);
    assert_eq!(live["body"]["resources"][0]["identifier"], identifier);
    assert_eq!(live["api_calls"]["cloudcontrol.GetResource"], 2);

    // On the way to prod both are in the plan.
    let planned = user.json(&["promote", "AWS::ECS::Service", identifier, "--with-dependencies", "--plan-only"], 3);
    let estimate = &planned["body"]["plan"]["estimate"];
    assert_eq!(estimate["total"]["unknown_count"], 0, "{estimate}");
    assert_eq!(estimate["total"]["expected"], "9.01");
    // Alone it is not known, and the reason names the flag.
    let alone = user.json(&["promote", "AWS::ECS::Service", identifier, "--plan-only"], 4);
    assert!(alone["body"]["plan"]["estimate"]["reasons"].to_string().contains("--with-dependencies"), "{alone}");
}

#[test]
fn a_live_resource_that_does_not_exist_is_an_error() {
    let user = User::of_sandbox();
    let document = user.json(&["estimate", "--live", "AWS::S3::Bucket", "nobodys-bucket"], 1);
    assert!(messages(&document).contains("nobodys-bucket does not exist in `dev`"), "{document}");
    let document = user.json(&["estimate", "--live", "AWS::S3::Bukket", "b"], 64);
    assert!(messages(&document).contains("did you mean `AWS::S3::Bucket`?"), "{document}");
}

#[test]
fn one_resource_is_priced_from_its_type_and_properties() {
    let user = User::of_sandbox();
    let properties = r#"{"InstanceType": "t3.micro"}"#;
    let document = user.json(&["estimate", "--type", "AWS::EC2::Instance", "--properties", properties], 0);
    assert_eq!(total(&document), "8.23"); // 730*0.0104 + 8*0.08
    user.write("volume.yaml", "VolumeType: gp3\nSize: 100\n");
    let arguments = ["estimate", "--type", "AWS::EC2::Volume", "--properties", "@volume.yaml"];
    assert_eq!(total(&user.json(&arguments, 0)), "8.00");
    user.write("volume.yaml", "VolumeType: gp3\nSizee: 100\n");
    let refused = user.json(&arguments, 64);
    let error = &refused["diagnostics"][0];
    assert_eq!((&error["file"], &error["line"]), (&json!("volume.yaml"), &json!(2)), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("`Size`"), "{error}");
    for wrong in ["[1]", "{", "7"] {
        user.json(&["estimate", "--type", "AWS::EC2::Volume", "--properties", wrong], 64);
    }
    // One subject at a time.
    user.run(&["estimate", "--type", "AWS::EC2::Volume", "-f", "volume.yaml"]).expect(64);
    user.run(&["estimate"]).expect(64);
}

#[test]
fn usage_is_given_by_type_and_by_resource_and_shown_as_given() {
    let user = User::of_sandbox().with("STAGEGATE_OFFLINE", "1");
    user.write("bucket.yaml", BUCKET);
    user.write(
        "usage.yaml",
        "types:\n  AWS::S3::Bucket: { storage_gb: 50, put_requests: 1 }\nresources:\n  Uploads: { put_requests: 100000 }\n  Gone: { storage_gb: 1 }\n",
    );
    let document = user.json(&["estimate", "-f", "bucket.yaml", "--usage", "usage.yaml"], 0);
    let bucket = &document["body"]["resources"][0];
    // 50*0.023 + 100000*0.000005 + 100000*0.0000004
    assert_eq!(bucket["monthly"], json!({"low": "1.65", "expected": "1.69", "high": "1.77"}));
    let lines = bucket["lines"].as_array().unwrap();
    let sources: Vec<_> = lines.iter().map(|line| line["usage"].as_str().unwrap()).collect();
    assert_eq!(sources, ["given", "given", "assumed"]);
    let figure = json!({"key": "put_requests", "value": "100000", "unit": "requests", "source": "given"});
    assert_eq!(bucket["usage"][1], figure);
    // Usage of an unknown resource is reported with its location.
    let warning = &document["diagnostics"][0];
    assert_eq!(warning["code"], "usage-without-resource");
    assert_eq!((&warning["file"], &warning["line"]), (&json!("usage.yaml"), &json!(5)), "{warning}");
    let shown = user.run(&["estimate", "-f", "bucket.yaml", "--usage", "usage.yaml"]).expect(0).stdout;
    assert!(shown.contains("50 GB: $1.15 (given usage)") && shown.contains("(assumed usage)"), "{shown}");
}

#[test]
fn an_invalid_usage_file_is_rejected_with_its_location() {
    let cases = [
        ("types:\n  AWS::S3::Bucket:\n    storage_bg: 5\n", 3, "did you mean `storage_gb`?"),
        ("types:\n  AWS::S3::Bukket: { storage_gb: 5 }\n", 2, "did you mean `AWS::S3::Bucket`?"),
        ("types:\n  AWS::S3::Bucket: { storage_gb: -5 }\n", 2, "negative"),
        ("types:\n  AWS::S3::Bucket: { storage_gb: .nan }\n", 2, "not a number"),
        ("types:\n  AWS::S3::Bucket: { storage_gb: 1e30 }\n", 2, "more than"),
        // The key exists, but not for a bucket: that is known once the template is read.
        (
            "resources:\n  Uploads:\n    read_request_units: 5\n",
            3,
            "AWS::S3::Bucket has no usage key `read_request_units`",
        ),
        ("resources: [\n", 1, "closing bracket"),
    ];
    for (text, line, says) in cases {
        let user = User::of_sandbox();
        user.write("bucket.yaml", BUCKET);
        user.write("usage.yaml", text);
        let as_flag = user.json(&["estimate", "-f", "bucket.yaml", "--usage", "usage.yaml"], 64);
        user.write("stagegate.yaml", PROJECT);
        for document in [as_flag, user.json(&["create", "-f", "bucket.yaml"], 64)] {
            let error = &document["diagnostics"][0];
            assert_eq!((&error["file"], &error["line"]), (&json!("usage.yaml"), &json!(line)), "{text}: {error}");
            assert!(error.to_string().contains(says), "{text}: {error}");
            assert_eq!(document["api_calls"], json!({}), "{text}");
        }
    }
    let user = User::of_sandbox();
    user.write("bucket.yaml", BUCKET);
    user.write("stagegate.yaml", PROJECT);
    let missing = user.json(&["create", "-f", "bucket.yaml"], 64);
    assert!(messages(&missing).contains("`usage` of the project"), "{missing}");
}

#[test]
fn the_usage_of_the_project_is_used_and_part_of_the_approval() {
    let user = User::of_sandbox();
    user.write("stagegate.yaml", PROJECT);
    user.write("bucket.yaml", BUCKET);
    let usage = |gb: u32| user.write("usage.yaml", &format!("resources:\n  Uploads: {{ storage_gb: {gb} }}\n"));
    usage(50);
    user.json(&["estimate", "-f", "bucket.yaml", "--gate"], 0);
    usage(1000);
    let estimated = user.json(&["estimate", "-f", "bucket.yaml", "--gate"], 3);
    assert_eq!(total(&estimated), "23.09"); // 1000*0.023 + 0.05 + 0.04
    let asked = user.json(&["create", "-f", "bucket.yaml"], 3);
    assert_eq!(asked["body"]["plan"]["estimate"]["total"]["expected"], "23.09");
    // The usage changes between the plan and its approval, and the difference is reported.
    let command = approving_command(&asked).to_owned();
    usage(1001);
    let refused = user.paste(&command).expect(4).document();
    let said = messages(&refused);
    assert!(said.contains("usage of Uploads storage_gb") && said.contains("1001"), "{said}");
    usage(1000);
    user.paste(&command).expect(0);
    // A promotion counts the same way.
    user.write("usage.yaml", "types:\n  AWS::S3::Bucket: { storage_gb: 2000 }\n");
    let planned = user.json(&["promote", "AWS::S3::Bucket", "uploads-dev", "--plan-only"], 3);
    assert_eq!(planned["body"]["plan"]["estimate"]["total"]["expected"], "46.09");
}

#[test]
fn the_gate_warns_if_create_would_read_a_different_usage_file() {
    let user = User::of_sandbox();
    user.write("stagegate.yaml", PROJECT);
    user.write("bucket.yaml", BUCKET);
    user.write("usage.yaml", "");
    user.write("much.yaml", "types:\n  AWS::S3::Bucket: { storage_gb: 1000 }\n");
    user.json(&["estimate", "-f", "bucket.yaml", "--gate"], 0);
    let other = user.json(&["estimate", "-f", "bucket.yaml", "--gate", "--usage", "much.yaml"], 3);
    assert!(messages(&other).contains("`create` does not read much.yaml"), "{other}");
    let same = user.json(&["estimate", "-f", "bucket.yaml", "--gate", "--usage", "usage.yaml"], 0);
    assert_eq!(same["diagnostics"], json!([]));
}

#[test]
fn two_states_are_compared_resource_by_resource() {
    let user = User::of_sandbox().with("STAGEGATE_OFFLINE", "1");
    let volume = |size: u32| {
        format!(
            "    Type: AWS::EC2::Volume\n    Properties: {{ AvailabilityZone: a, VolumeType: gp3, Size: {size} }}\n"
        )
    };
    std::fs::create_dir(user.folder().join("old")).unwrap();
    user.write("old/a.yaml", &format!("Resources:\n  Kept:\n{}  Grown:\n{}", volume(10), volume(10)));
    user.write(
        "old/b.yaml",
        "Resources:\n  Gone:\n    Type: AWS::CloudWatch::Dashboard\n    Properties: { DashboardBody: '{}' }\n",
    );
    user.write(
        "new.yaml",
        &format!("Resources:\n  Kept:\n{}  Grown:\n{}  New:\n{}", volume(10), volume(35), volume(50)),
    );
    let document = user.json(&["estimate", "-f", "new.yaml", "--compare", "old"], 0);
    let comparison = &document["body"]["comparison"];
    let rows = comparison["resources"].as_array().unwrap();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row["logical_id"],
                row["change"],
                row["difference"]["low"],
                row["difference"]["expected"],
                row["difference"]["high"]
            ])
        })
        .collect();
    assert_eq!(
        rows,
        [
            json!(["Kept", "unchanged", "0.00", "0.00", "0.00"]),
            json!(["Grown", "changed", "2.00", "2.00", "2.10"]), // 25*0.08, and 5 % of margin
            json!(["New", "added", "4.00", "4.00", "4.20"]),
            json!(["Gone", "removed", "-3.00", "-3.00", "-3.30"]), // medium confidence: 10 %
        ]
    );
    assert_eq!(comparison["difference"], json!({"low": "3.00", "expected": "3.00", "high": "3.00"}));
    assert_eq!(comparison["against"], json!(["old"]));
    let alone = user.json(&["estimate", "-f", "new.yaml"], 0);
    assert_eq!(alone["body"]["comparison"], Value::Null);
    let shown = user.run(&["estimate", "-f", "new.yaml", "--compare", "old"]).expect(0).stdout;
    assert!(shown.contains("+$3.00 expected") && shown.contains("1 resource unchanged"), "{shown}");
}

#[test]
fn an_estimate_is_rendered_as_markdown() {
    let user = User::of_sandbox().with("STAGEGATE_OFFLINE", "1");
    user.write("old.yaml", BUCKET);
    user.write("new.yaml", &format!("{BUCKET}  Data:\n    Type: AWS::RDS::DBInstance\n    Properties: {{ Engine: postgres, DBInstanceClass: db.t3.small, AllocatedStorage: \"20\", MasterUsername: shop, ManageMasterUserPassword: true }}\n  Watch:\n    Type: AWS::GuardDuty::Detector\n    Properties: {{ Enable: true }}\n  Role:\n    Type: AWS::IAM::Role\n    Properties: {{ AssumeRolePolicyDocument: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ Service: ec2.amazonaws.com }}, Action: sts:AssumeRole }}] }} }}\n"));
    let run = user.run(&["estimate", "-f", "new.yaml", "--compare", "old.yaml", "--output", "markdown"]).expect(0);
    insta::assert_snapshot!("estimate-markdown", run.stdout);
}

#[test]
fn an_unsupported_output_format_is_rejected() {
    let run = User::of_sandbox().run(&["context", "--output", "markdown"]).expect(64);
    assert!(run.stderr.contains("`context` has no output format `markdown`"), "{run}");
    assert!(run.stderr.contains("formats of `context`: table, json"), "{run}");
    assert_eq!(run.stdout, "");
}

/// Files can be estimated and scanned without a project; commands that use an environment require one.
#[test]
fn files_need_no_project_and_everything_else_does() {
    let user = User::of_aws().with("STAGEGATE_OFFLINE", "1").with("AWS_DEFAULT_REGION", "eu-west-1");
    user.write("bucket.yaml", BUCKET);
    let document = user.json(&["estimate", "-f", "bucket.yaml"], 0);
    assert_eq!(document["body"]["resources"][0]["region"], "eu-west-1");
    assert_eq!(document["body"]["threshold"]["auto_approve_below"], "10.00");
    assert_eq!(document["environments"], json!([]), "there is no default account");
    let notes = document["diagnostics"].as_array().unwrap();
    let ours: Vec<&Value> = notes.iter().filter(|note| note["code"] == "no-project").collect();
    assert_eq!(ours.len(), 1, "{document}");
    assert_eq!(ours[0]["level"], "note");
    for (user, region) in [
        (User::of_aws().with("AWS_REGION", "us-west-2").with("AWS_DEFAULT_REGION", "eu-west-1"), "us-west-2"),
        (User::of_aws().with("AWS_REGION", ""), "us-east-1"),
        (User::of_aws().with("STAGEGATE_REGION", "eu-west-1").with("AWS_REGION", "us-west-2"), "eu-west-1"),
    ] {
        let user = user.with("STAGEGATE_OFFLINE", "1");
        let alone = user.json(&["estimate", "--type", "AWS::SQS::Queue"], 0);
        assert_eq!(alone["body"]["resources"][0]["region"], region);
    }
    let scanned = user.json(&["scan", "-f", "bucket.yaml", "--fail-on", "critical"], 0);
    assert_eq!(scanned["body"]["resources_scanned"], 1);
    assert!(messages(&scanned).contains("using defaults"), "{scanned}");
    for refused in [
        &["estimate", "--live", "AWS::S3::Bucket", "b"][..],
        &["scan", "--live", "--env", "dev"],
        &["create", "-f", "bucket.yaml"],
        &["promote", "--all"],
        &["drift"],
        &["context"],
    ] {
        let document = user.json(refused, 64);
        assert_eq!(document["diagnostics"][0]["code"], "no-project", "{document}");
    }
    // A project file that is named must be there.
    let named = user.json(&["estimate", "-f", "bucket.yaml", "--config", "gone.yaml"], 64);
    assert_eq!(named["diagnostics"][0]["code"], "unreadable-config", "{named}");
}

const INNER: &str = "Parameters: { Size: { Type: Number } }\nResources:\n  Disk:\n    Type: AWS::EC2::Volume\n    Properties: \
                     { AvailabilityZone: us-east-1a, VolumeType: gp3, Size: !Ref Size }\n";

/// A nested stack costs what its template does, once for each stack with the parameters that it passes.
#[test]
fn a_nested_stack_counts_its_local_template() {
    let user = User::of_sandbox();
    let stack = |size: &str| {
        format!(
            "{{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: ./nested/disk.yaml, Parameters: {{ Size: {size} }} }} }}"
        )
    };
    let outer = format!("Resources:\n  Small: {}\n  Large: {}\n", stack("'10'"), stack("100"));
    user.write("app/outer.yaml", &outer);
    user.write("app/nested/disk.yaml", INNER);
    let document = user.json(&["estimate", "-f", "app/outer.yaml"], 0);
    // 110 GB of gp3 at 0.08.
    assert_eq!(document["body"]["total"]["expected"], "8.80", "{document:#}");
    let rows = document["body"]["resources"].as_array().unwrap();
    let named: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["file"].as_str().unwrap(), row["logical_id"].as_str().unwrap())).collect();
    let expected = [("app/outer.yaml", "SmallDisk"), ("app/outer.yaml", "LargeDisk")];
    assert_eq!(named, expected);
    // Of a folder, the nested template is not a stack of its own as well.
    assert_eq!(user.json(&["estimate", "-f", "app"], 0)["body"]["total"]["expected"], "8.80");
    // A fault of the nested template is one of the estimate.
    user.write("app/nested/disk.yaml", &INNER.replace("VolumeType", "VolumeTyp"));
    let document = user.json(&["estimate", "-f", "app/outer.yaml"], 0);
    assert_eq!(document["body"]["faults"][0]["file"], "app/nested/disk.yaml", "{document:#}");
    // A template elsewhere leaves the cost unknown, and a stack within itself ends.
    user.write("app/outer.yaml", &outer.replace("./nested/disk.yaml", "https://example.com/disk.yaml"));
    let document = user.json(&["estimate", "-f", "app/outer.yaml"], 0);
    assert_eq!(document["body"]["total"]["unknown_count"], 2, "{document:#}");
    user.write(
        "app/nested/disk.yaml",
        "Resources:\n  Self: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: disk.yaml } }\n",
    );
    let document = user.json(&["estimate", "-f", "app/nested/disk.yaml"], 0);
    assert_eq!(document["body"]["total"]["unknown_count"], 1, "{document:#}");
}
