//! Functions and pseudo parameters whose values come from the region, the command line and the stack's name.

use serde_json::{Value, json};

use super::support::{User, messages};

const NETWORK: &str = "\
Parameters:
  LatestAmiId:
    Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>
    Default: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
Mappings:
  Ranges: { us-east-1: { vpc: 10.0.0.0/16 } }
Rules:
  Always: { Assertions: [ { Assert: !Contains [ [a], a ], AssertDescription: always } ] }
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !FindInMap [ Ranges, !Ref AWS::Region, vpc, { DefaultValue: 10.9.0.0/16 } ]
      Tags: [ { Key: Name, Value: !Sub \"${AWS::StackName} (main)\" } ]
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [ 1, !Cidr [ 10.0.0.0/16, 4, 8 ] ]
      AvailabilityZone: !Select [ 0, !GetAZs \"\" ]
  Host:
    Type: AWS::EC2::Instance
    Properties: { ImageId: !Ref LatestAmiId, InstanceType: t3.micro, SubnetId: !Ref SubnetA, KeyName: !ImportValue shared-key }
";

/// The value of a property in a plan.
fn planned<'d>(document: &'d Value, logical_id: &str, pointer: &str) -> &'d Value {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["logical_id"] == logical_id).unwrap();
    let change = step["changes"].as_array().unwrap().iter().find(|change| change["pointer"] == pointer);
    change.map_or(&Value::Null, |change| &change["after"])
}

#[test]
fn a_network_is_planned_with_a_name_and_the_values_that_are_not_in_it() {
    let user = User::of_sandbox();
    user.write("network.yaml", NETWORK);
    let given = ["--param", "LatestAmiId=ami-0123456789abcdef0", "--import", "shared-key=ops"];
    let base = ["create", "-f", "network.yaml", "--plan-only", "--stack-name", "orders"];
    let document = user.json(&[&base[..], &given[..]].concat(), 3);
    for (logical_id, pointer, value) in [
        ("Vpc", "/CidrBlock", "10.0.0.0/16"),
        ("SubnetA", "/CidrBlock", "10.0.1.0/24"),
        ("SubnetA", "/AvailabilityZone", "us-east-1a"),
        ("Host", "/ImageId", "ami-0123456789abcdef0"),
        ("Host", "/KeyName", "ops"),
    ] {
        assert_eq!(planned(&document, logical_id, pointer), value, "{document:#}");
    }
    assert!(document["body"]["plan"].to_string().contains("orders (main)"), "{document:#}");
    // Without --import, the export is refused with the way to give it. The SSM parameter is read.
    let run = user.run(&[&base[..], &given[..2], &["--json"]].concat());
    assert!(matches!(run.code, 4 | 64), "{run}");
    let said = messages(&run.document());
    assert!(said.contains("KeyName") && said.contains("cannot be resolved"), "{said}");
    let document = user.json(&[&base[..], &given[2..]].concat(), 3);
    let image = planned(&document, "Host", "/ImageId").as_str().unwrap();
    assert!(image.starts_with("ami-") && image != "ami-0123456789abcdef0", "{image}");
    // The name of an SSM parameter is not its value.
    let named = ["--param", "LatestAmiId=/my/ami", "--import", "shared-key=ops"];
    let run = user.run(&[&base[..], &named[..], &["--json"]].concat());
    assert!(matches!(run.code, 4 | 64) && messages(&run.document()).contains("ImageId"), "{run}");
}

#[test]
fn reading_commands_know_the_name_of_the_file_and_what_is_given() {
    let user = User::of_sandbox();
    user.write("network.yaml", NETWORK);
    let document = user.json(&["estimate", "-f", "network.yaml"], 0);
    assert_eq!(document["body"]["faults"], json!([]));
    let said = messages(&document);
    assert!(
        said.contains("`LatestAmiId` has the value of the SSM parameter") && !said.contains("AWS::StackName"),
        "{said}"
    );
    let given = ["--param", "LatestAmiId=ami-0123456789abcdef0", "--import", "shared-key=ops"];
    let document = user.json(&[&["scan", "-f", "network.yaml"], &given[..]].concat(), 2);
    assert!(!messages(&document).contains("LatestAmiId"), "{document:#}");
    // A parameter that nothing uses is nothing to tell.
    let unused = "Parameters:\n  Boot: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /cdk/version}\nResources:\n  Q: {Type: AWS::SQS::Queue}\n";
    user.write("unused.yaml", unused);
    assert!(!messages(&user.json(&["estimate", "-f", "unused.yaml"], 0)).contains("Boot"));
}

#[test]
fn the_name_of_the_stack_is_that_of_the_file_or_given() {
    let user = User::of_sandbox();
    user.write(
        "orders.template.yaml",
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Sub '${AWS::StackName}-jobs', RedrivePolicy: !Ref AWS::StackId}\n",
    );
    let document = user.json(&["create", "-f", "orders.template.yaml", "--plan-only"], 0);
    assert_eq!(planned(&document, "Q", "/QueueName"), "orders-jobs");
    let id = planned(&document, "Q", "/RedrivePolicy").as_str().unwrap();
    assert!(id.starts_with("arn:aws:cloudformation:us-east-1:111111111111:stack/orders/"), "{id}");
    user.write(
        "orders.template.yaml",
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Sub '${AWS::StackName}-jobs-dev'}\n",
    );
    let document = user.json(&["create", "-f", "orders.template.yaml", "--plan-only"], 0);
    assert_eq!(planned(&document, "Q", "/QueueName"), "orders-jobs-dev");
    let document = user.json(&["create", "-f", "orders.template.yaml", "--plan-only", "--stack-name", "x"], 0);
    assert_eq!(planned(&document, "Q", "/QueueName"), "x-jobs-dev");
}

/// A saved plan has what was given with `--import`.
#[test]
fn a_saved_plan_keeps_the_imports() {
    let user = User::of_sandbox();
    user.write("q.yaml", "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue name, SqsManagedSseEnabled: true}}\n");
    user.json(&["create", "-f", "q.yaml", "--import", "name=jobs-dev", "--plan-out", "plan.json"], 0);
    let applied = user.json(&["apply", "plan.json"], 0);
    assert_eq!(applied["body"]["applied"][0]["type"], "AWS::SQS::Queue", "{applied:#}");
}

#[test]
fn small_inputs_have_the_stated_outcome() {
    let user = User::of_sandbox();
    let databases = "Resources:\n  Main: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: orders-dev, Engine: MySQL, EngineVersion: '8.4', DBInstanceClass: db.t4g.micro, AllocatedStorage: '20', StorageType: gp3, MasterUsername: admin1, ManageMasterUserPassword: true}}\n  Replica: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: orders-replica-dev, SourceDBInstanceIdentifier: !Ref Main, DBInstanceClass: db.t4g.micro}}\n";
    let firewall = "Resources:\n  W: {Type: AWS::WAFv2::WebACL, Properties: {Name: w-dev, Scope: CLOUDFRONT, DefaultAction: {Allow: {}}, VisibilityConfig: {SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: m}}}\n";
    let service = |cluster: &str| {
        format!(
            "Resources:\n  C: {{Type: AWS::ECS::Cluster, Properties: {cluster}}}\n  T: {{Type: AWS::ECS::TaskDefinition, Properties: {{Family: e-dev, Cpu: '256', Memory: '512', ContainerDefinitions: [{{Name: app, Image: nginx, Memory: 512}}]}}}}\n  S: {{Type: AWS::ECS::Service, Properties: {{ServiceName: s-dev, Cluster: !Ref C, TaskDefinition: !Ref T, DesiredCount: 1}}}}\n"
        )
    };
    let on_fargate = "{DefaultCapacityProviderStrategy: [{CapacityProvider: FARGATE, Weight: 1}]}";
    for (name, text, region, total) in [
        // 730*0.016 + 20*0.115 for each; the replica has the storage of its source.
        ("databases", databases.to_owned(), "us-east-1", "27.96"),
        ("firewall", firewall.to_owned(), "us-east-1", "5.60"),
        ("instances", service("{}"), "us-east-1", "0.00"),
        ("fargate", service(on_fargate), "us-east-1", "9.01"),
    ] {
        let file = format!("{name}.yaml");
        user.write(&file, &text);
        let document = user.json(&["estimate", "-f", &file, "--region", region], 0);
        let body = &document["body"];
        assert_eq!(
            (&body["total"]["unknown_count"], &body["total"]["expected"]),
            (&json!(0), &json!(total)),
            "{name}: {body:#}"
        );
    }
    // The cluster decides, and is not there.
    user.write("alone.yaml", &service("{}").replace("!Ref C", "shared"));
    assert_eq!(user.json(&["estimate", "-f", "alone.yaml"], 0)["body"]["total"]["unknown_count"], 1);
}
