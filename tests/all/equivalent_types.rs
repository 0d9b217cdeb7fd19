//! Types that only CloudFormation has, as `cdk synth` and AWS's own templates use them: `create` creates equivalent ones.

use serde_json::{Value, json};

use super::support::{User, messages};

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

fn steps(document: &Value) -> Vec<String> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    let text = |step: &Value| format!("{} {}", step["operation"].as_str().unwrap(), step["type"].as_str().unwrap());
    let mut all: Vec<String> = steps.iter().map(text).collect();
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
    let compared = user.json(&["drift", "--desired", "stack.yaml", "--env", "dev"], 0);
    assert_eq!(compared["body"]["summary"]["drifted"], json!(0), "{}", compared["body"]);

    let promoted = user.approve(&["promote", "--all", "--with-dependencies"]);
    assert!(steps(&promoted).iter().filter(|step| step.contains("Policy")).count() >= 4, "{:?}", steps(&promoted));
    let drift = user.json(&["drift"], 0);
    assert_eq!(
        drift["body"]["summary"]["synced"], drift["body"]["coverage"]["checked"],
        "{}",
        drift["body"]["summary"]
    );
}
