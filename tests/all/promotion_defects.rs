//! Revisions, documents in texts, children that are gone, names that are taken, and what an approval covers.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, messages};

const ALL: [&str; 3] = ["promote", "--all", "--with-dependencies"];
const TASK: &str = "AWS::ECS::TaskDefinition";
const SERVICE: &str = "AWS::ECS::Service";

fn configure(user: &User, promotion: &str) {
    let environment = |account: &str| format!("{{ account: \"{account}\", region: us-east-1 }}");
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\nenvironments:\n  dev: {}\n  prod: {}\npromotion: {promotion}\n",
            environment(DEV),
            environment(PROD)
        ),
    );
}

fn with(promotion: &str, template: &str) -> (User, Server) {
    let user = User::of_sandbox();
    configure(&user, promotion);
    user.write("stack.yaml", template);
    user.approve(&["create", "-f", "stack.yaml"]);
    let server = user.serve();
    (user, server)
}

fn steps(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| (step["operation"].as_str().unwrap(), step["type"].as_str().unwrap()));
    steps.filter(|(operation, _)| *operation != "tag").collect()
}

const ECS: &str = r#"
Resources:
  Cluster: { Type: "AWS::ECS::Cluster", Properties: { ClusterName: shop-dev } }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web-dev
      Cpu: "256"
      Memory: "512"
      NetworkMode: bridge
      ContainerDefinitions: [ { Name: web, Image: "public.ecr.aws/nginx/nginx:1.27", Essential: true } ]
  Service: { Type: "AWS::ECS::Service", Properties: { ServiceName: web-dev, Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 1, LaunchType: EC2 } }
"#;

fn task(account: &str, name: &str) -> String {
    format!("arn:aws:ecs:us-east-1:{account}:task-definition/{name}")
}

fn service(account: &str, name: &str, cluster: &str) -> String {
    let arn = format!("arn:aws:ecs:us-east-1:{account}:service/{cluster}/{name}");
    format!("{arn}|{cluster}")
}

#[test]
fn a_revision_in_dev_is_promoted_as_the_next_revision_and_references_follow() {
    let (user, server) = with("{}", ECS);
    user.approve(&ALL);
    user.write("stack.yaml", &ECS.replace("nginx:1.27", "nginx:1.28"));
    user.approve(&["create", "-f", "stack.yaml"]);
    let promoted = user.approve(&ALL);
    assert_eq!(steps(&promoted), [("create", TASK), ("update", SERVICE)]);
    let live = user.boto3(&server, PROD, &["get", SERVICE, &service(PROD, "web-prod", "shop-prod")]);
    assert_eq!(live["TaskDefinition"], task(PROD, "web-prod:2"), "{live}");
    user.json(&["drift"], 0);
    assert_eq!(steps(&user.json(&ALL, 0)), []);
}

#[test]
fn a_second_promotion_of_the_same_revision_is_not_claimed_twice() {
    let (user, server) = with("{overrides: {\"AWS::ECS::TaskDefinition\": {Cpu: \"512\"}}}", ECS);
    user.approve(&ALL);
    configure(&user, "{overrides: {\"AWS::ECS::TaskDefinition\": {Cpu: \"1024\"}}}");
    let own = [task(DEV, "web-dev:1"), service(DEV, "web-dev", "shop-dev")];
    let named = ["promote", TASK, &own[0], SERVICE, &own[1]];
    let promoted = user.approve(&named);
    assert_eq!(steps(&promoted), [("create", TASK), ("update", SERVICE)]);
    let live = user.boto3(&server, PROD, &["get", SERVICE, &service(PROD, "web-prod", "shop-prod")]);
    assert_eq!(live["TaskDefinition"], task(PROD, "web-prod:2"), "{live}");
    // The new revision is the counterpart, and the old one is no second one.
    user.json(&["drift"], 0);
    assert_eq!(steps(&user.json(&named, 0)), []);
    user.json(&["tag-audit", "--type", TASK], 0);
    configure(&user, "{overrides: {\"AWS::ECS::TaskDefinition\": {Cpu: \"2048\"}}}");
    user.approve(&named);
    user.json(&["drift"], 0);
    let all = user.boto3(&server, PROD, &["list", TASK]);
    assert_eq!(all.as_array().map(Vec::len), Some(3), "{all}");
}

#[test]
fn two_revisions_that_were_never_promoted_share_their_family() {
    let (user, server) = with("{}", ECS);
    user.write("stack.yaml", &ECS.replace("nginx:1.27", "nginx:1.28"));
    user.approve(&["create", "-f", "stack.yaml"]);
    user.approve(&ALL);
    let all = user.boto3(&server, PROD, &["list", TASK]);
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
    user.json(&["drift"], 0);
}

const DOCUMENTS: &str = r#"
Resources:
  Table: { Type: "AWS::DynamoDB::Table", Properties: { TableName: orders-dev, BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [ { AttributeName: pk, AttributeType: S } ], KeySchema: [ { AttributeName: pk, KeyType: HASH } ] } }
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Role: { Type: "AWS::IAM::Role", Properties: { RoleName: flow-dev, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [ { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } ] } } }
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: orders-flow-dev
      RoleArn: !GetAtt Role.Arn
      DefinitionString: '{ "Comment": "writes to the dev table",  "StartAt": "Put", "States": { "Put": { "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": { "TableName": "orders-dev", "Account": 111111111111, "Stage": "dev", "Item.$": "$.item" }, "End": true } } }'
  Settings:
    Type: AWS::SSM::Parameter
    Properties:
      Name: /shop/dev/settings
      Type: String
      Value: !Sub '{"vpc": "${Vpc}", "table": "orders\u002ddev", "template": "${!name}"}'
"#;

#[test]
fn documents_in_texts_are_rewritten_with_minimal_change() {
    let (user, server) = with("{}", DOCUMENTS);
    let promoted = user.approve(&ALL);
    assert!(messages(&promoted).contains("carried-over"), "{}", messages(&promoted));
    let arn = format!("arn:aws:states:us-east-1:{PROD}:stateMachine:orders-flow-prod");
    let flow = user.boto3(&server, PROD, &["get", "AWS::StepFunctions::StateMachine", &arn]);
    let expected = r#"{ "Comment": "writes to the dev table",  "StartAt": "Put", "States": { "Put": { "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": { "TableName": "orders-prod", "Account": 222222222222, "Stage": "prod", "Item.$": "$.item" }, "End": true } } }"#;
    assert_eq!(flow["DefinitionString"], expected);
    let settings = user.boto3(&server, PROD, &["get", "AWS::SSM::Parameter", "/shop/prod/settings"]);
    let vpc = user.boto3(&server, PROD, &["list", "AWS::EC2::VPC"]);
    let value: Value = serde_json::from_str(settings["Value"].as_str().unwrap()).unwrap();
    assert_eq!((&value["table"], &value["template"]), (&json!("orders-prod"), &json!("${name}")), "{value}");
    assert!(vpc.as_array().unwrap().contains(&value["vpc"]), "{value} {vpc}");
    user.json(&["drift"], 0);
    assert_eq!(steps(&user.json(&ALL, 0)), []);
}

const API: &str = r#"
Resources:
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: shop-dev, ProtocolType: HTTP } }
  Integration: { Type: "AWS::ApiGatewayV2::Integration", Properties: { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationMethod: GET, IntegrationUri: "https://example.com/", PayloadFormatVersion: "1.0" } }
  Get: { Type: "AWS::ApiGatewayV2::Route", Properties: { ApiId: !Ref Api, RouteKey: "GET /orders", Target: !Sub "integrations/${Integration}" } }
  Put: { Type: "AWS::ApiGatewayV2::Route", Properties: { ApiId: !Ref Api, RouteKey: "PUT /orders", Target: !Sub "integrations/${Integration}" } }
"#;

#[test]
fn children_that_dev_no_longer_has_are_listed_with_the_command_that_deletes_them() {
    let (user, server) = with("{}", API);
    user.approve(&ALL);
    let all = |account: &str| {
        let api = user.boto3(&server, account, &["list", "AWS::ApiGatewayV2::Api"])[0].as_str().unwrap().to_owned();
        let within = json!([["AWS::ApiGatewayV2::Route", "ApiId", "AWS::ApiGatewayV2::Api"]]).to_string();
        let found = user.boto3(&server, account, &["dump", "[\"AWS::ApiGatewayV2::Api\"]", &within]);
        (api, found["AWS::ApiGatewayV2::Route"].as_object().unwrap().clone())
    };
    // One route is deleted in dev, the other one gets another key there.
    let (_, routes) = all(DEV);
    let of = |routes: &serde_json::Map<String, Value>, key: &str| -> String {
        routes.iter().find(|(_, live)| live["RouteKey"] == key).map(|(identifier, _)| identifier.clone()).unwrap()
    };
    user.boto3(&server, DEV, &["delete", "AWS::ApiGatewayV2::Route", &of(&routes, "GET /orders")]);
    let patch = r#"[{"op": "replace", "path": "/RouteKey", "value": "POST /orders"}]"#;
    user.boto3(&server, DEV, &["update", "AWS::ApiGatewayV2::Route", &of(&routes, "PUT /orders"), patch]);
    let (_, before) = all(PROD);
    let promoted = user.approve(&ALL);
    assert_eq!(steps(&promoted), [("create", "AWS::ApiGatewayV2::Route")]);
    let dropped = promoted["body"]["plan"]["dropped"].as_array().unwrap();
    let mut stays: Vec<&str> = dropped.iter().filter_map(|one| one["identifier"].as_str()).collect();
    let mut expected = [of(&before, "GET /orders"), of(&before, "PUT /orders")];
    expected.sort();
    stays.sort_unstable();
    assert_eq!(stays, expected);
    for identifier in &expected {
        let command = format!("stagegate delete AWS::ApiGatewayV2::Route '{identifier}' --env prod");
        assert!(messages(&promoted).contains(&command), "{}", messages(&promoted));
    }
    let (_, after) = all(PROD);
    assert_eq!(after.len(), 3, "nothing is deleted: {after:?}");
}

#[test]
fn an_approval_covers_what_was_shown_as_carried_over() {
    let parameter = |text: &str| {
        format!(
            "Resources:\n  P: {{ Type: 'AWS::SSM::Parameter', Properties: {{ Name: /shop/dev/a, Type: String, Value: x, \
             Description: '{text}' }} }}\n"
        )
    };
    let (user, _server) = with("{}", &parameter("of the dev shop"));
    let plan = user.json(&ALL, 3);
    let digest = |document: &Value| document["body"]["plan"]["digest"].as_str().unwrap().to_owned();
    let approved = digest(&plan);
    let saved = user.folder().join("plan.json");
    user.json(&[&ALL[..], &["--plan-out", &saved.display().to_string()]].concat(), 3);
    let text = std::fs::read_to_string(&saved).unwrap();
    assert!(text.contains("is carried over literally"), "{text}");
    // The same words are part of what the digest is computed from.
    let altered = text.replace("is carried over literally", "is fine");
    std::fs::write(&saved, altered).unwrap();
    let refused = user.run(&["apply", &saved.display().to_string(), "--approve", &approved, "--json"]);
    assert_ne!(refused.code, 0, "{refused}");
}

#[test]
fn the_result_of_an_update_is_validated_before_the_plan_is_shown() {
    let queue = "Resources:\n  Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: jobs-dev, SqsManagedSseEnabled: true } }\n  \
                 A: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: jobs-dev, ComparisonOperator: \
                 GreaterThanThreshold, EvaluationPeriods: 1, MetricName: X, Namespace: Y, Period: 60, Statistic: Sum, \
                 Threshold: 1 } }\n";
    let (user, _server) = with("{}", queue);
    user.approve(&ALL);
    configure(&user, "{overrides: {\"AWS::CloudWatch::Alarm\": {Period: 60, Metrics: [{Id: m1, Expression: x}]}}}");
    let refused = user.json(&["promote", "AWS::CloudWatch::Alarm", "jobs-dev"], 4);
    assert!(messages(&refused).contains("AWS::CloudWatch::Alarm jobs-dev in prod"), "{}", messages(&refused));
    assert!(!refused["api_calls"].to_string().contains("UpdateResource"), "{refused}");
}

#[test]
fn the_domain_of_a_user_pool_is_renamed() {
    let pool = |domain: &str| {
        format!(
            "Resources:\n  Pool: {{ Type: 'AWS::Cognito::UserPool', Properties: {{ UserPoolName: shop-dev }} }}\n  Domain: {{ \
             Type: 'AWS::Cognito::UserPoolDomain', Properties: {{ UserPoolId: !Ref Pool, Domain: {domain} }} }}\n"
        )
    };
    let (user, server) = with("{}", &pool("shop-dev-x7"));
    let promoted = user.approve(&ALL);
    assert_eq!(steps(&promoted), [("create", "AWS::Cognito::UserPool"), ("create", "AWS::Cognito::UserPoolDomain")]);
    let pool_id = user.boto3(&server, PROD, &["list", "AWS::Cognito::UserPool"])[0].as_str().unwrap().to_owned();
    let domain = format!("{pool_id}|shop-prod-x7");
    assert_eq!(user.boto3(&server, PROD, &["get", "AWS::Cognito::UserPoolDomain", &domain])["Domain"], "shop-prod-x7");
    assert_eq!(steps(&user.json(&ALL, 0)), []);
    // Without an environment token it could never be promoted.
    user.write("other.yaml", &pool("shopx7"));
    let refused = user.json(&["create", "-f", "other.yaml"], 4);
    assert!(messages(&refused).contains("name-without-environment"), "{}", messages(&refused));
}

#[test]
fn a_name_that_is_taken_is_found_in_the_plan_for_types_with_generated_identifiers() {
    let stack = r#"
Resources:
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Balancer: { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { Name: web-dev, Port: 80, Protocol: HTTP, TargetType: ip, VpcId: !Ref Vpc } }
  Secret: { Type: "AWS::SecretsManager::Secret", Properties: { Name: db-dev, GenerateSecretString: {} } }
  Template: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateName: web-dev, LaunchTemplateData: { InstanceType: t3.micro, MetadataOptions: { HttpTokens: required } } } }
"#;
    let (user, server) = with("{}", stack);
    let create = |type_name: &str, properties: Value| {
        user.boto3(&server, PROD, &["create", type_name, &properties.to_string()]);
    };
    create(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        json!({"Name": "web-prod", "Port": 80, "Protocol": "HTTP", "TargetType": "ip"}),
    );
    create("AWS::SecretsManager::Secret", json!({"Name": "db-prod"}));
    create(
        "AWS::EC2::LaunchTemplate",
        json!({"LaunchTemplateName": "web-prod", "LaunchTemplateData": {"InstanceType": "t3.micro"}}),
    );
    // Others of the same type, with other names, are in nobody's way.
    create("AWS::SecretsManager::Secret", json!({"Name": "db-prod-2"}));
    let refused = user.json(&ALL, 4);
    let text = messages(&refused);
    assert_eq!(text.matches("\"name-taken\"").count(), 3, "{text}");
    assert!(!refused["api_calls"].to_string().contains("CreateResource"), "{}", refused["api_calls"]);
    let names = |name: &str| -> String {
        let text =
            refused["diagnostics"].as_array().unwrap().iter().find(|one| one["message"].to_string().contains(name));
        text.map(|one| one["hint"].to_string()).unwrap_or_default()
    };
    assert!(names("`db-prod`").contains("--name"), "{text}");
}

#[test]
fn the_same_name_in_a_new_vpc_is_not_taken() {
    let stack = "Resources:\n  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: 10.0.0.0/16 } }\n  Group: { Type: \
                 'AWS::EC2::SecurityGroup', Properties: { GroupName: web-dev, GroupDescription: web, VpcId: !Ref Vpc } }\n";
    let (user, server) = with("{}", stack);
    let vpc = user.boto3(&server, PROD, &["create", "AWS::EC2::VPC", r#"{"CidrBlock": "10.1.0.0/16"}"#]);
    let group = json!({"GroupName": "web-prod", "GroupDescription": "x", "VpcId": vpc["Identifier"]}).to_string();
    user.boto3(&server, PROD, &["create", "AWS::EC2::SecurityGroup", &group]);
    user.approve(&ALL);
    user.json(&["drift"], 2);
}
