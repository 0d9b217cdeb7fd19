//! Types that only CloudFormation has, as `cdk synth` and AWS's own templates use them: `create` creates equivalent ones.

use serde_json::{Value, json};

use super::support::{DEV, PROD, User, call_as, messages};

/// A role and a queue with policies of types that Cloud Control does not have, and a function that waits for them.
const STACK: &str = r#"
Conditions:
  InRegion: !Equals [!Ref 'AWS::Region', us-east-1]
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { QueueName: jobs-dev, SqsManagedSseEnabled: true }
  Alerts:
    Type: AWS::SNS::Topic
    Properties: { TopicName: alerts-dev, KmsMasterKeyId: alias/aws/sns }
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker-dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader-dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }]
  Send:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: send
      Roles: [!Ref Worker, !Ref Reader]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: ['sqs:SendMessage'], Resource: !GetAtt Jobs.Arn }]
  Deliver:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
            Action: 'sqs:SendMessage'
            Resource: !GetAtt Jobs.Arn
            Condition: { ArnEquals: { 'aws:SourceArn': !Ref Alerts } }
  Publish:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: { AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/worker-dev' }
            Action: 'sns:Publish'
            Resource: !Ref Alerts
  Wait:
    Type: AWS::SSM::Parameter
    DependsOn: [Send]
    Properties: { Name: /jobs/ready-dev, Type: String, Value: 'yes' }
  CDKMetadata:
    Type: AWS::CDK::Metadata
    Condition: InRegion
    Properties: { Analytics: 'v2:deflate64:H4sIAAAA' }
"#;

/// The operation and the type of each step, without those that only write tags.
fn steps(document: &Value) -> Vec<String> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    let text = |step: &Value| format!("{} {}", step["operation"].as_str().unwrap(), step["type"].as_str().unwrap());
    let mut all: Vec<String> = steps.iter().filter(|step| step["operation"] != "tag").map(text).collect();
    all.sort();
    all
}

#[test]
fn equivalent_types_are_created_compared_and_promoted() {
    let user = User::of_sandbox();
    user.write("stack.yaml", STACK);
    let create = ["create", "-f", "stack.yaml", "--env", "dev", "--purpose", "jobs"];
    let planned = user.json(&[&create[..], &["--plan-only"]].concat(), 0);
    let expected = [
        "create AWS::IAM::Role",
        "create AWS::IAM::Role",
        "create AWS::IAM::RolePolicy",
        "create AWS::IAM::RolePolicy",
        "create AWS::SNS::Topic",
        "create AWS::SNS::TopicInlinePolicy",
        "create AWS::SQS::Queue",
        "create AWS::SQS::QueueInlinePolicy",
        "create AWS::SSM::Parameter",
    ];
    assert_eq!(steps(&planned), expected, "{}", messages(&planned));
    let told = messages(&planned);
    for note in ["Send: AWS::IAM::Policy is created as AWS::IAM::RolePolicy SendReader", "CDKMetadata is skipped"] {
        assert!(told.contains(note), "{told}");
    }
    // What waited for the policy waits for each of its parts.
    let steps_of = planned["body"]["plan"]["steps"].as_array().unwrap();
    let wait = steps_of.iter().find(|step| step["logical_id"] == "Wait").unwrap();
    assert_eq!(wait["depends_on"].as_array().unwrap().len(), 2, "{wait}");

    user.approve(&create);
    let again = user.json(&create, 0);
    assert_eq!(again["body"]["plan"]["steps"].as_array().map(Vec::len), Some(0), "{}", again["body"]["plan"]);
    let compared = user.json(&["drift", "--desired", "stack.yaml"], 0);
    assert_eq!(compared["body"]["summary"]["drifted"], json!(0), "{}", compared["body"]);

    let promoted = user.approve(&["promote", "--all", "--with-dependencies"]);
    for policy in ["create AWS::SNS::TopicInlinePolicy", "create AWS::SQS::QueueInlinePolicy"] {
        assert!(steps(&promoted).iter().any(|step| step == policy), "{:?}", steps(&promoted));
    }
    // The inline policies of a role are part of it.
    let server = user.serve();
    for role in ["worker-prod", "reader-prod"] {
        let input = json!({"TypeName": "AWS::IAM::RolePolicy", "Identifier": format!("send|{role}")});
        let found = call_as(PROD, &server.endpoint, "cloudcontrolapi", "CloudApiService.GetResource", &input).unwrap();
        let properties = found["ResourceDescription"]["Properties"].as_str().unwrap();
        assert!(properties.contains("jobs-prod") && !properties.contains("-dev"), "{properties}");
    }
    let drift = user.json(&["drift"], 0);
    assert_eq!(
        drift["body"]["summary"]["synced"], drift["body"]["coverage"]["checked"],
        "{}",
        drift["body"]["summary"]
    );
}

/// A role with an inline policy of its own and one that is a resource, as `cdk synth` writes them.
const BOTH: &str = r#"
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { QueueName: jobs-dev, SqsManagedSseEnabled: true }
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker-dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{ Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Jobs.Arn }]
  Default:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: default
      Roles: [!Ref Worker]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: 'sqs:ReceiveMessage', Resource: !GetAtt Jobs.Arn }]
"#;

#[test]
fn a_policy_that_is_a_resource_is_not_removed_with_the_list_of_its_role() {
    let user = User::of_sandbox();
    user.write("stack.yaml", BOTH);
    let create = ["create", "-f", "stack.yaml", "--env", "dev", "--purpose", "jobs"];
    user.approve(&create);
    let again = user.json(&create, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{}", again["body"]["plan"]);
    let compared = user.json(&["drift", "--desired", "stack.yaml"], 0);
    assert_eq!(compared["body"]["summary"]["drifted"], json!(0), "{}", compared["body"]);
    // A change of one leaves the other.
    user.write("stack.yaml", &BOTH.replace("sqs:SendMessage", "sqs:GetQueueUrl"));
    let changed = user.approve(&create);
    assert_eq!(steps(&changed), ["update AWS::IAM::Role"], "{}", changed["body"]["plan"]);
    let server = user.serve();
    let policies = |account: &str, role: &str| {
        let input = json!({"TypeName": "AWS::IAM::Role", "Identifier": role});
        let target = "CloudApiService.GetResource";
        let found = call_as(account, &server.endpoint, "cloudcontrolapi", target, &input).unwrap();
        let properties: Value =
            serde_json::from_str(found["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap();
        let action = |one: &Value| one["PolicyDocument"]["Statement"][0]["Action"].as_str().unwrap().to_owned();
        let mut all: Vec<String> = properties["Policies"].as_array().unwrap().iter().map(action).collect();
        all.sort();
        all
    };
    assert_eq!(policies(DEV, "worker-dev"), ["sqs:GetQueueUrl", "sqs:ReceiveMessage"]);
    user.approve(&["promote", "--all", "--with-dependencies"]);
    assert_eq!(policies(PROD, "worker-prod"), ["sqs:GetQueueUrl", "sqs:ReceiveMessage"]);
    assert_eq!(user.json(&["drift"], 0)["body"]["summary"]["drifted"], json!(0));
}

/// A group with a rule of its own and rules that are resources, one of them of a group that refers back.
const GROUPS: &str = r#"
Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Balancer:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupName: balancer-dev
      GroupDescription: balancer
      VpcId: !Ref Network
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: clients }]
  Service:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupName: service-dev, GroupDescription: service, VpcId: !Ref Network }
  ToService:
    Type: AWS::EC2::SecurityGroupIngress
    Properties:
      GroupId: !GetAtt Service.GroupId
      IpProtocol: tcp
      FromPort: 8080
      ToPort: 8080
      SourceSecurityGroupId: !GetAtt Balancer.GroupId
  Health:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: { GroupId: !GetAtt Balancer.GroupId, IpProtocol: tcp, FromPort: 9000, ToPort: 9000, CidrIp: 10.1.0.0/16 }
"#;

#[test]
fn rules_that_are_resources_are_not_removed_with_the_list_of_their_group() {
    let user = User::of_sandbox();
    user.write("stack.yaml", GROUPS);
    let create = ["create", "-f", "stack.yaml", "--env", "dev", "--purpose", "web"];
    user.approve(&create);
    let again = user.json(&create, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{}", again["body"]["plan"]);
    let compared = user.json(&["drift", "--desired", "stack.yaml"], 0);
    assert_eq!(compared["body"]["summary"]["drifted"], json!(0), "{}", compared["body"]);
    // A change of the group's own rule leaves the other.
    user.write("stack.yaml", &GROUPS.replace("ToPort: 443", "ToPort: 444"));
    let changed = user.approve(&create);
    assert_eq!(steps(&changed), ["update AWS::EC2::SecurityGroup"], "{}", changed["body"]["plan"]);
    let ports = |account: &str, name: &str| {
        let server = user.serve();
        let target = "CloudApiService.ListResources";
        let input = json!({"TypeName": "AWS::EC2::SecurityGroup"});
        let listed = call_as(account, &server.endpoint, "cloudcontrolapi", target, &input).unwrap();
        let groups = listed["ResourceDescriptions"].as_array().unwrap().iter();
        let read = |one: &Value| -> Value {
            let input = json!({"TypeName": "AWS::EC2::SecurityGroup", "Identifier": one["Identifier"]});
            let target = "CloudApiService.GetResource";
            let found = call_as(account, &server.endpoint, "cloudcontrolapi", target, &input).unwrap();
            serde_json::from_str(found["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
        };
        let groups: Vec<Value> = groups.map(read).collect();
        let group = groups.iter().find(|group| group["GroupName"] == name).unwrap();
        let rules = group["SecurityGroupIngress"].as_array().unwrap().iter();
        let mut ports: Vec<u64> = rules.map(|rule| rule["ToPort"].as_u64().unwrap()).collect();
        ports.sort_unstable();
        ports
    };
    assert_eq!(ports(DEV, "balancer-dev"), [444, 9000]);
    assert_eq!(ports(DEV, "service-dev"), [8080]);
    user.approve(&["promote", "--all", "--with-dependencies"]);
    assert_eq!(ports(PROD, "balancer-prod"), [444, 9000]);
    assert_eq!(ports(PROD, "service-prod"), [8080]);
    assert_eq!(user.json(&["drift"], 0)["body"]["summary"]["drifted"], json!(0));
}
