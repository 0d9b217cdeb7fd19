//! Promotions to another region and to another partition.

use serde_json::{Value, json};

use super::support::{DEV, PROD, User, messages};

const ALL: [&str; 3] = ["promote", "--all", "--with-dependencies"];

/// A user whose environments are in these regions.
fn between(dev: &str, prod: &str) -> User {
    let user = User::of_sandbox();
    let environment = |account: &str, region: &str| format!("{{ account: \"{account}\", region: {region} }}");
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\nenvironments:\n  dev: {}\n  prod: {}\n",
            environment(DEV, dev),
            environment(PROD, prod)
        ),
    );
    user
}

/// A stack with references by ARN, URL, host, zone and text.
const STACK: &str = r#"
Resources:
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: jobs-dev, SqsManagedSseEnabled: true } }
  Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: orders-dev, KmsMasterKeyId: alias/aws/sns } }
  Subscription: { Type: "AWS::SNS::Subscription", Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn } }
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Sub "${AWS::Region}a" } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app-dev
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [ { Effect: Allow, Principal: { Service: [ ec2.amazonaws.com, lambda.amazonaws.com ] }, Action: "sts:AssumeRole" } ] }
      ManagedPolicyArns: [ !Sub "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess" ]
      Policies:
        - PolicyName: app-dev
          PolicyDocument: { Version: "2012-10-17", Statement: [ { Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn }, { Effect: Allow, Action: "logs:PutLogEvents", Resource: !Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*" } ] }
  Settings:
    Type: AWS::SSM::Parameter
    Properties:
      Name: /shop/dev/settings
      Type: String
      Value: !Sub '{"queue": "${Queue}", "api": "https://sqs.${AWS::Region}.amazonaws.com", "where": "in ${AWS::Region} only"}'
"#;

/// Promotes the stack to a region, and returns all that is there as one text, and the role and the parameter.
fn promoted(user: &User, region: &str) -> (String, Value, Value) {
    user.write("stack.yaml", STACK);
    user.approve(&["create", "-f", "stack.yaml"]);
    user.approve(&ALL);
    user.json(&["drift"], 0);
    let again = user.json(&ALL, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    let server = user.serve();
    let types = ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::EC2::Subnet", "AWS::IAM::Role", "AWS::SSM::Parameter"];
    let found = user.boto3_in(&server, (PROD, region), &["dump", &json!(types).to_string(), "[]"]);
    let mut all = String::new();
    for (identifier, live) in found.as_object().unwrap().values().flat_map(|found| found.as_object().unwrap()) {
        // The tag that names the counterpart contains its values.
        let mut properties = live.clone();
        let tags = properties.as_object_mut().unwrap().shift_remove("Tags").unwrap_or_default();
        if tags.to_string().contains("stagegate") {
            all.push_str(&format!("{identifier} {properties}\n"));
        }
    }
    let get = |type_name: &str, identifier: &str| found[type_name][identifier].clone();
    assert!(all.lines().count() >= 5, "{all}");
    (all, get("AWS::IAM::Role", "app-prod"), get("AWS::SSM::Parameter", "/shop/prod/settings"))
}

#[test]
fn a_stack_is_promoted_to_another_region() {
    let user = between("eu-west-1", "us-east-1");
    let (all, _, settings) = promoted(&user, "us-east-1");
    assert!(!all.contains("eu-west-1") && !all.contains(DEV), "{all}");
    assert!(all.contains("\"AvailabilityZone\":\"us-east-1a\""), "{all}");
    let value: Value = serde_json::from_str(settings["Value"].as_str().unwrap()).unwrap();
    let expected = json!({"queue": format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod"),
        "api": "https://sqs.us-east-1.amazonaws.com", "where": "in us-east-1 only"});
    assert_eq!(value, expected);
}

#[test]
fn a_stack_is_promoted_to_china() {
    let user = between("us-east-1", "cn-north-1");
    let (all, role, settings) = promoted(&user, "cn-north-1");
    assert!(!all.contains("us-east-1") && !all.contains(DEV) && !all.contains("arn:aws:"), "{all}");
    let services = &role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
    assert_eq!(*services, json!(["ec2.amazonaws.com.cn", "lambda.amazonaws.com"]));
    assert_eq!(role["ManagedPolicyArns"], json!(["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]));
    let statements = &role["Policies"][0]["PolicyDocument"]["Statement"];
    assert_eq!(statements[0]["Resource"], format!("arn:aws-cn:sqs:cn-north-1:{PROD}:jobs-prod"));
    assert_eq!(statements[1]["Resource"], format!("arn:aws-cn:logs:cn-north-1:{PROD}:log-group:*"));
    let value: Value = serde_json::from_str(settings["Value"].as_str().unwrap()).unwrap();
    assert_eq!(value["api"], "https://sqs.cn-north-1.amazonaws.com.cn");
    assert_eq!(value["queue"], format!("https://sqs.cn-north-1.amazonaws.com.cn/{PROD}/jobs-prod"));
}

#[test]
fn a_stack_is_promoted_from_and_within_govcloud() {
    let user = between("us-gov-west-1", "us-gov-east-1");
    let (all, role, _) = promoted(&user, "us-gov-east-1");
    assert!(!all.contains("us-gov-west-1") && !all.contains(DEV) && !all.contains("arn:aws:"), "{all}");
    assert_eq!(role["ManagedPolicyArns"], json!(["arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"]));
}

#[test]
fn what_is_of_no_use_in_another_region_is_refused() {
    let user = between("eu-west-1", "us-east-1");
    user.write(
        "stack.yaml",
        "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: /shop/dev/zone, Type: String, Value: euw1-az2 }\n  \
         L:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: /shop/dev/layer, Type: String, Value: \
         'arn:aws:lambda:eu-west-1:333333333333:layer:tools:3' }\n",
    );
    user.approve(&["create", "-f", "stack.yaml"]);
    let refused = user.json(&ALL, 4);
    let text = messages(&refused);
    assert!(text.contains("euw1-az2") && text.contains("layer:tools:3"), "{text}");
    assert_eq!(text.matches("\"unmapped-reference\"").count(), 2, "{text}");
}
