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
  Key: { Type: "AWS::KMS::Key", Properties: { EnableKeyRotation: true, KeyPolicy: { Version: "2012-10-17", Statement: [ { Effect: Allow, Principal: { AWS: "arn:aws:iam::111111111111:root" }, Action: "kms:*", Resource: "*" } ] } } }
  Alias: { Type: "AWS::KMS::Alias", Properties: { AliasName: alias/shop-dev, TargetKeyId: !Ref Key } }
"#;

#[test]
fn children_that_dev_no_longer_has_are_listed_with_the_command_that_deletes_them() {
    const ROUTE: &str = "AWS::ApiGatewayV2::Route";
    let (user, server) = with("{}", API);
    user.approve(&ALL);
    assert_eq!(user.json(&ALL, 0)["body"]["plan"]["dropped"], json!([]));
    let routes = |account: &str| {
        let within = json!([[ROUTE, "ApiId", "AWS::ApiGatewayV2::Api"]]).to_string();
        user.boto3(&server, account, &["dump", "[\"AWS::ApiGatewayV2::Api\"]", &within])[ROUTE]
            .as_object()
            .unwrap()
            .clone()
    };
    let get = |account: &str| -> String {
        let found = routes(account);
        found
            .iter()
            .find(|(_, live)| live["RouteKey"] == "GET /orders")
            .map(|(identifier, _)| identifier.clone())
            .unwrap()
    };
    // A route is deleted in dev, and the alias of a key gets another name there.
    let route = get(PROD);
    user.boto3(&server, DEV, &["delete", ROUTE, &get(DEV)]);
    let alias = "AWS::KMS::Alias";
    let live = user.boto3(&server, DEV, &["get", alias, "alias/shop-dev"]);
    user.boto3(&server, DEV, &["delete", alias, "alias/shop-dev"]);
    let renamed = json!({"AliasName": "alias/store-dev", "TargetKeyId": live["TargetKeyId"]}).to_string();
    user.boto3(&server, DEV, &["create", alias, &renamed]);
    let promoted = user.approve(&ALL);
    assert_eq!(steps(&promoted), [("create", alias)]);
    let dropped = promoted["body"]["plan"]["dropped"].as_array().unwrap();
    let mut stays: Vec<&str> = dropped.iter().filter_map(|one| one["identifier"].as_str()).collect();
    stays.sort_unstable();
    assert_eq!(stays, ["alias/shop-prod", &route]);
    for command in [
        format!("stagegate delete {ROUTE} '{route}' --env prod"),
        format!("stagegate delete {alias} alias/shop-prod --env prod"),
    ] {
        assert!(messages(&promoted).contains(&command), "{}", messages(&promoted));
    }
    // Nothing is deleted, and it is listed each time.
    assert_eq!(routes(PROD).len(), 2);
    let again = user.json(&ALL, 0);
    assert_eq!(again["body"]["plan"]["dropped"].as_array().map(Vec::len), Some(2), "{again}");
}

#[test]
fn an_approval_covers_what_was_shown_as_carried_over() {
    let parameter = |text: &str| {
        format!(
            "Resources:\n  P: {{ Type: 'AWS::SSM::Parameter', Properties: {{ Name: /shop/dev/a, Type: String, Value: '{text}' }} }}\n"
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
    let stack = "Resources:\n  Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: app-dev, AssumeRolePolicyDocument: { \
                 Version: '2012-10-17', Statement: [ { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \
                 'sts:AssumeRole' } ] } } }\n  Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: \
                 orders-dev, Runtime: python3.13, Handler: index.handler, Role: !GetAtt Role.Arn, Code: { ZipFile: 'x = 1' } } }\n";
    let (user, _server) = with("{}", stack);
    user.write("handler.py", "x = 2\n");
    user.approve(&[&ALL[..], &["--input", "AWS::Lambda::Function/orders-dev#/Code/ZipFile=@handler.py"]].concat());
    configure(&user, &format!("{{map: {{\"arn:aws:iam::{DEV}:role/app-dev\": \"app prod\"}}}}"));
    let refused = user.json(&["promote", "AWS::Lambda::Function", "orders-dev"], 4);
    assert!(messages(&refused).contains("AWS::Lambda::Function orders-dev in prod"), "{}", messages(&refused));
    assert!(messages(&refused).contains("/Role"), "{}", messages(&refused));
    configure(&user, "{}");
    user.json(&["promote", "AWS::Lambda::Function", "orders-dev"], 0);
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
    // Cloud Control cannot list domains: the record of the stack has its identifier.
    let plan = user.json(&ALL, 3);
    assert_eq!(plan["body"]["plan"]["left_behind"], json!([]), "{plan}");
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
    // Others of the same type, with other names, are in nobody's way.
    create("AWS::SecretsManager::Secret", json!({"Name": "db-prod-2"}));
    let refused = user.json(&ALL, 4);
    let text = messages(&refused);
    assert_eq!(text.matches("\"name-taken\"").count(), 2, "{text}");
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
    user.json(&["drift"], 0);
}
