//! The kinds of secrets that the matrix plants, each in a resource of its own.

/// A secret and the resource that it is planted in.
pub struct Kind {
    pub name: &'static str,
    /// Logical id.
    pub id: &'static str,
    pub type_name: &'static str,
    /// Properties in YAML, in which `VALUE` stands for the value.
    pub properties: &'static str,
    /// The value as it stands in the template.
    pub value: &'static str,
    /// The part of it that must appear nowhere. Distinctive, so that a search finds nothing else.
    pub needle: &'static str,
    /// The path of the value for `--set`; empty where it is not a property of its own.
    pub path: &'static str,
}

const fn kind(
    [name, id, type_name, properties]: [&'static str; 4],
    value: &'static str,
    needle: &'static str,
    path: &'static str,
) -> Kind {
    Kind { name, id, type_name, properties, value, needle, path }
}

/// Properties that all functions share.
const FUNCTION: &str =
    "Runtime: python3.12, Handler: index.handler, Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/m-role'";

const LAMBDA: &str = "AWS::Lambda::Function";

/// The parameter `Password` (`NoEcho`).
pub const NO_ECHO: &str = "planted-noecho-0301";
/// The parameter `Pin` (`NoEcho`, a number).
pub const NO_ECHO_NUMBER: &str = "840203010";

pub const KINDS: &[Kind] = &[
    kind(
        [
            "password of a database",
            "Database",
            "AWS::RDS::DBInstance",
            "{ DBInstanceIdentifier: m-text-dev, DBInstanceClass: db.t3.micro, Engine: mysql, AllocatedStorage: 20, MasterUsername: app, MasterUserPassword: VALUE, StorageEncrypted: true }",
        ],
        "planted-rds-0101",
        "planted-rds-0101",
        "MasterUserPassword",
    ),
    kind(
        [
            "password of a database as a number",
            "Numbered",
            "AWS::RDS::DBInstance",
            "{ DBInstanceIdentifier: m-number-dev, DBInstanceClass: db.t3.micro, Engine: mysql, AllocatedStorage: 20, MasterUsername: app, MasterUserPassword: VALUE, StorageEncrypted: true }",
        ],
        "840101020",
        "840101020",
        "MasterUserPassword",
    ),
    kind(
        [
            "NoEcho parameter in a script",
            "Machine",
            "AWS::EC2::LaunchTemplate",
            "{ LaunchTemplateName: m-machine-dev, LaunchTemplateData: { UserData: !Base64 { 'Fn::Sub': \"#!/bin/sh\\nlogin VALUE\\n\" } } }",
        ],
        "${Password}",
        NO_ECHO,
        "",
    ),
    kind(
        [
            "NoEcho number in a variable",
            "Pinned",
            LAMBDA,
            "{ FunctionName: m-pin-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { DOOR_PASSWORD: !Sub 'VALUE#' } } }",
        ],
        "${Pin}",
        NO_ECHO_NUMBER,
        "",
    ),
    kind(
        [
            "variable of a function",
            "Function",
            LAMBDA,
            "{ FunctionName: m-api-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { DB_PASSWORD: VALUE } } }",
        ],
        "planted-lambda-0401",
        "planted-lambda-0401",
        "Environment.Variables.DB_PASSWORD",
    ),
    kind(
        ["code of a function", "Code", LAMBDA, "{ FunctionName: m-code-dev, FUNCTION, Code: { ZipFile: \"VALUE\" } }"],
        "token = 'planted-code-0402'",
        "planted-code-0402",
        "Code.ZipFile",
    ),
    kind(
        [
            "variable of a container",
            "Task",
            "AWS::ECS::TaskDefinition",
            "{ Family: m-task-dev, ContainerDefinitions: [{ Name: app, Image: 'public.ecr.aws/app:1', Memory: 128, Environment: [{ Name: API_TOKEN, Value: VALUE }] }] }",
        ],
        "planted-ecs-0501",
        "planted-ecs-0501",
        "",
    ),
    kind(
        [
            "variable of an Amplify app",
            "Site",
            "AWS::Amplify::App",
            "{ Name: m-site-dev, EnvironmentVariables: [{ Name: STRIPE_SECRET, Value: VALUE }] }",
        ],
        "planted-amplify-0601",
        "planted-amplify-0601",
        "",
    ),
    kind(
        [
            "client secret of an identity provider",
            "Login",
            "AWS::Cognito::UserPoolIdentityProvider",
            "{ UserPoolId: us-east-1_AbCdEfGhI, ProviderName: Google, ProviderType: Google, ProviderDetails: { client_id: a, client_secret: VALUE, authorize_scopes: email } }",
        ],
        "planted-cognito-0701",
        "planted-cognito-0701",
        "",
    ),
    kind(
        ["value of an API key", "Key", "AWS::ApiGateway::ApiKey", "{ Name: m-key-dev, Enabled: true, Value: VALUE }"],
        "planted-apikey-0801-long-enough",
        "planted-apikey-0801",
        "Value",
    ),
    kind(
        [
            "address with a password",
            "Address",
            LAMBDA,
            "{ FunctionName: m-address-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { STORE: 'VALUE' } } }",
        ],
        "postgres://app:planted-url-0901@db.internal/app",
        "planted-url-0901",
        "Environment.Variables.STORE",
    ),
    kind(
        [
            "access key id",
            "KeyId",
            LAMBDA,
            "{ FunctionName: m-keyid-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { WHO: VALUE } } }",
        ],
        "AKIAPLANTED100100000",
        "AKIAPLANTED100100000",
        "Environment.Variables.WHO",
    ),
    kind(
        [
            "secret access key",
            "SecretKey",
            LAMBDA,
            "{ FunctionName: m-secretkey-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { AWS_KEY_SECRET: VALUE } } }",
        ],
        "plantedaccesskey1002plantedaccesskey1002",
        "plantedaccesskey1002",
        "Environment.Variables.AWS_KEY_SECRET",
    ),
    kind(
        ["secret as text", "Secret", "AWS::SecretsManager::Secret", "{ Name: m-text-dev, SecretString: VALUE }"],
        "planted-secret-1101",
        "planted-secret-1101",
        "SecretString",
    ),
    kind(
        ["secret as JSON", "Object", "AWS::SecretsManager::Secret", "{ Name: m-json-dev, SecretString: 'VALUE' }"],
        r#"{"user":"app","pass":"planted-json-1102"}"#,
        "planted-json-1102",
        "SecretString",
    ),
    kind(
        [
            "parameter of a secret",
            "Parameter",
            "AWS::SSM::Parameter",
            "{ Name: /m/dev/db-password, Type: String, Value: VALUE }",
        ],
        "planted-ssm-1201",
        "planted-ssm-1201",
        "Value",
    ),
    kind(
        [
            "private key",
            "Pem",
            LAMBDA,
            "{ FunctionName: m-pem-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { CONFIG: \"VALUE\" } } }",
        ],
        "-----BEGIN RSA PRIVATE KEY-----\\nplantedpem1301\\n-----END RSA PRIVATE KEY-----",
        "plantedpem1301",
        "Environment.Variables.CONFIG",
    ),
    kind(
        [
            "web token in a header",
            "Header",
            "AWS::Events::Connection",
            "{ Name: m-header-dev, AuthorizationType: BASIC, AuthParameters: { BasicAuthParameters: { Username: u, Password: unplanted-password }, InvocationHttpParameters: { HeaderParameters: [{ Key: Authorization, Value: 'VALUE', IsValueSecret: false }] } } }",
        ],
        "Bearer eyJhbGciOiJIUzI1NiJ9AAAA.eyJwbGFudGVkMTQwMQ.c2ln",
        "eyJwbGFudGVkMTQwMQ",
        "",
    ),
    kind(
        [
            "basic authentication of a connection",
            "Basic",
            "AWS::Events::Connection",
            "{ Name: m-basic-dev, AuthorizationType: BASIC, AuthParameters: { BasicAuthParameters: { Username: u, Password: VALUE } } }",
        ],
        "planted-events-1501",
        "planted-events-1501",
        "AuthParameters.BasicAuthParameters.Password",
    ),
    kind(
        [
            "password of a warehouse",
            "Warehouse",
            "AWS::Redshift::Cluster",
            "{ ClusterIdentifier: m-warehouse-dev, ClusterType: single-node, DBName: app, MasterUsername: app, MasterUserPassword: VALUE, NodeType: ra3.large, Encrypted: true }",
        ],
        "Planted-redshift-1601",
        "Planted-redshift-1601",
        "MasterUserPassword",
    ),
    kind(
        [
            "token of a cache",
            "Cache",
            "AWS::ElastiCache::ReplicationGroup",
            "{ ReplicationGroupId: m-cache-dev, ReplicationGroupDescription: d, CacheNodeType: cache.t3.micro, Engine: redis, NumCacheClusters: 1, AuthToken: VALUE, TransitEncryptionEnabled: true, AtRestEncryptionEnabled: true }",
        ],
        "planted-elasticache-1701",
        "planted-elasticache-1701",
        "AuthToken",
    ),
    kind(
        [
            "password of a Glue connection",
            "Glue",
            "AWS::Glue::Connection",
            "{ CatalogId: !Ref AWS::AccountId, ConnectionInput: { Name: m-glue-dev, ConnectionType: JDBC, ConnectionProperties: { JDBC_CONNECTION_URL: 'jdbc:mysql://db/x', USERNAME: u, PASSWORD: VALUE } } }",
        ],
        "planted-glue-1801",
        "planted-glue-1801",
        "",
    ),
    kind(
        [
            "argument of a Glue job",
            "Job",
            "AWS::Glue::Job",
            "{ Name: m-job-dev, Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/m-role', Command: { Name: glueetl, ScriptLocation: 's3://m/x.py' }, DefaultArguments: { --db_password: VALUE } }",
        ],
        "planted-gluejob-1802",
        "planted-gluejob-1802",
        "",
    ),
    kind(
        [
            "password of a DMS endpoint",
            "Source",
            "AWS::DMS::Endpoint",
            "{ EndpointIdentifier: m-dms-dev, EndpointType: source, EngineName: mysql, ServerName: db.internal, Port: 3306, Username: u, Password: VALUE }",
        ],
        "planted-dms-1901",
        "planted-dms-1901",
        "Password",
    ),
    kind(
        [
            "Kafka password of an IoT rule",
            "Rule",
            "AWS::IoT::TopicRule",
            "{ RuleName: m_rule_dev, TopicRulePayload: { Sql: \"SELECT * FROM 'x'\", Actions: [{ Kafka: { DestinationArn: !Sub 'arn:aws:iot:us-east-1:${AWS::AccountId}:ruledestination/vpc/x', Topic: t, ClientProperties: { sasl.password: VALUE } } }] } }",
        ],
        "planted-iot-2001",
        "planted-iot-2001",
        "",
    ),
    kind(
        [
            "variable of a Kubernetes pod",
            "Pod",
            "AWS::Batch::JobDefinition",
            "{ JobDefinitionName: m-pod-dev, Type: container, EksProperties: { PodProperties: { Containers: [{ Image: 'public.ecr.aws/app:1', Env: [{ Name: SESSION_KEY, Value: VALUE }] }] } } }",
        ],
        "planted-kubernetes-2101",
        "planted-kubernetes-2101",
        "",
    ),
    kind(
        [
            "variable of a build",
            "Build",
            "AWS::CodeBuild::Project",
            "{ Name: m-build-dev, ServiceRole: !Sub 'arn:aws:iam::${AWS::AccountId}:role/m-role', Artifacts: { Type: NO_ARTIFACTS }, Source: { Type: NO_SOURCE, BuildSpec: 'version: 0.2' }, Environment: { Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0', EnvironmentVariables: [{ Name: NPM_AUTH_TOKEN, Value: VALUE }] } }",
        ],
        "planted-build-2203",
        "planted-build-2203",
        "",
    ),
    kind(
        [
            "GitHub token",
            "Git",
            LAMBDA,
            "{ FunctionName: m-git-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { ORIGIN: VALUE } } }",
        ],
        "ghp_PLANTED2201PLANTED2201PLANTED220100ab",
        "PLANTED2201PLANTED",
        "Environment.Variables.ORIGIN",
    ),
    kind(
        [
            "Slack token",
            "Chat",
            LAMBDA,
            "{ FunctionName: m-chat-dev, FUNCTION, Code: { ZipFile: x }, Environment: { Variables: { ROOM: VALUE } } }",
        ],
        "xoxb-planted-2202-planted",
        "planted-2202",
        "Environment.Variables.ROOM",
    ),
    kind(
        [
            "option of a Beanstalk environment",
            "Beans",
            "AWS::ElasticBeanstalk::Environment",
            "{ ApplicationName: m, EnvironmentName: m-beans-dev, OptionSettings: [{ Namespace: 'aws:elasticbeanstalk:application:environment', OptionName: DB_PASSWORD, Value: VALUE }] }",
        ],
        "planted-beanstalk-2301",
        "planted-beanstalk-2301",
        "",
    ),
    kind(
        [
            "header of an origin",
            "Cdn",
            "AWS::CloudFront::Distribution",
            "{ DistributionConfig: { Enabled: true, DefaultCacheBehavior: { TargetOriginId: o, ViewerProtocolPolicy: https-only, CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6 }, Origins: [{ Id: o, DomainName: www.example.com, CustomOriginConfig: { OriginProtocolPolicy: https-only }, OriginCustomHeaders: [{ HeaderName: X-Origin-Secret, HeaderValue: VALUE }] }] } }",
        ],
        "planted-header-2401",
        "planted-header-2401",
        "",
    ),
    kind(
        [
            "password of a user",
            "Person",
            "AWS::IAM::User",
            "{ UserName: m-person-dev, LoginProfile: { Password: VALUE, PasswordResetRequired: true } }",
        ],
        "planted-iam-2501",
        "planted-iam-2501",
        "",
    ),
    kind(
        [
            "password in the document of a state machine",
            "Machines",
            "AWS::StepFunctions::StateMachine",
            "{ StateMachineName: m-states-dev, RoleArn: !Sub 'arn:aws:iam::${AWS::AccountId}:role/m-role', DefinitionString: 'VALUE' }",
        ],
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"db_password":"planted-states-2601"},"End":true}}}"#,
        "planted-states-2601",
        "DefinitionString",
    ),
];

impl Kind {
    /// True if the value is a secret because of the place that it stands in; false if its shape says so.
    pub fn is_named(&self) -> bool {
        !["Address", "KeyId", "Pem", "Chat", "Git", "Machines"].contains(&self.id)
    }

    /// False for types that Cloud Control cannot create.
    pub fn is_creatable(&self) -> bool {
        !["AWS::Glue::Connection", "AWS::CodeBuild::Project"].contains(&self.type_name)
    }
}

/// A template of all kinds that can be created.
pub fn template() -> String {
    template_of(KINDS.iter().filter(|kind| kind.is_creatable()))
}

/// A template of some kinds.
pub fn template_of<'k>(kinds: impl Iterator<Item = &'k Kind>) -> String {
    template_with(kinds, &str::to_owned)
}

/// A template of some kinds whose properties are changed before the values are planted.
pub fn template_with<'k>(kinds: impl Iterator<Item = &'k Kind>, change: &dyn Fn(&str) -> String) -> String {
    let mut text = "Parameters:\n  Password: { Type: String, NoEcho: true }\n  Pin: { Type: Number, NoEcho: true }\n\
        Resources:\n"
        .to_owned();
    for kind in kinds {
        let (id, type_name) = (kind.id, kind.type_name);
        let properties = change(kind.properties).replace("FUNCTION", FUNCTION).replace("VALUE", kind.value);
        text += &format!("  {id}:\n    Type: {type_name}\n    Properties: {properties}\n");
    }
    text
}
