//! The contents of an estate: a network per account, and applications of about twenty resources each
//! that refer to one another by ARN, id, URL and name.

use serde_json::{Value, json};

use super::Side;
use crate::sandbox::model::random::Random;

/// An application: the same in every account except for the suffix of its names.
pub(super) struct Application {
    /// Such as `orders-api`.
    pub name: String,
    /// The project that it belongs to.
    pub project: &'static str,
    /// The cost center.
    pub cost_center: &'static str,
    random: Random,
}

/// Projects with their cost centers.
const PROJECTS: [(&str, &str); 8] = [
    ("shop", "CC-1100"),
    ("billing", "CC-1200"),
    ("logistics", "CC-1300"),
    ("search", "CC-2100"),
    ("accounts", "CC-2200"),
    ("analytics", "CC-3100"),
    ("support", "CC-3200"),
    ("platform", "CC-9000"),
];
const SUBJECTS: [&str; 16] = [
    "orders",
    "invoices",
    "payments",
    "carts",
    "stock",
    "parcels",
    "returns",
    "catalogue",
    "profiles",
    "sessions",
    "tickets",
    "reports",
    "events",
    "images",
    "prices",
    "refunds",
];
const ROLES: [&str; 6] = ["api", "worker", "sync", "export", "ingest", "notify"];

/// An endless sequence of applications, in an order that depends on the seed.
pub(super) struct Applications {
    seed: String,
    next: usize,
}

impl Applications {
    pub fn new(seed: u64) -> Self {
        Self { seed: seed.to_string(), next: 0 }
    }
}

impl Iterator for Applications {
    type Item = Application;

    fn next(&mut self) -> Option<Application> {
        let number = self.next;
        self.next += 1;
        let offset: usize = self.seed.bytes().map(usize::from).sum();
        let at = number + offset;
        let (subject, role) = (SUBJECTS[at % SUBJECTS.len()], ROLES[at / SUBJECTS.len() % ROLES.len()]);
        let round = number / (SUBJECTS.len() * ROLES.len());
        let name = if round == 0 { format!("{subject}-{role}") } else { format!("{subject}-{role}-{}", round + 1) };
        let (project, cost_center) = PROJECTS[at % PROJECTS.len()];
        let random = Random::new(&["application", &self.seed, &name]);
        Some(Application { name, project, cost_center, random })
    }
}

/// The pseudo-application of the network.
pub(super) fn shared() -> Application {
    Application {
        name: "network".into(),
        project: "platform",
        cost_center: "CC-9000",
        random: Random::new(&["network"]),
    }
}

/// Ids of the resources that an account's applications share.
#[derive(Default)]
pub(super) struct Network {
    vpc: Option<String>,
    subnets: Vec<String>,
    key: Option<String>,
}

/// The number of steps of [`network`].
pub(super) const NETWORK_STEPS: usize = 7;

impl Network {
    /// Records the resource created by a step of [`network`].
    pub fn note(&mut self, step: usize, identifier: String) {
        match step {
            0 => self.vpc = Some(identifier),
            1 | 2 => self.subnets.push(identifier),
            4 => self.key = Some(identifier),
            _ => {}
        }
    }
}

/// One resource of an account's network and keys.
pub(super) fn network(step: usize, side: &Side<'_>) -> (&'static str, Value) {
    let (region, token) = (&side.account.region, &side.account.token);
    let vpc = side.network.vpc.clone().unwrap_or_default();
    match step {
        0 => ("AWS::EC2::VPC", json!({"CidrBlock": "10.20.0.0/16", "EnableDnsHostnames": true})),
        1 | 2 => {
            let zone = if step == 1 { "a" } else { "b" };
            let block = format!("10.20.{step}.0/24");
            let zone = format!("{region}{zone}");
            ("AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone}))
        }
        3 => ("AWS::EC2::InternetGateway", json!({})),
        4 => ("AWS::KMS::Key", json!({"Description": "data of all applications", "EnableKeyRotation": true})),
        5 => {
            let key = side.network.key.clone().unwrap_or_default();
            ("AWS::KMS::Alias", json!({"AliasName": format!("alias/data-{token}"), "TargetKeyId": key}))
        }
        _ => ("AWS::ECS::Cluster", json!({"ClusterName": format!("main-{token}")})),
    }
}

/// A part of an application, in the order of creation: each refers to earlier ones only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub(super) enum Part {
    Role,
    RolePolicy,
    LogGroup,
    Failed,
    Queue,
    Table,
    Bucket,
    Topic,
    Function,
    Mapping,
    Rule,
    Permission,
    Subscription,
    Alarm,
    DepthAlarm,
    Parameter,
    Secret,
    Group,
    Repository,
    Dashboard,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 20] = [
        Self::Role,
        Self::RolePolicy,
        Self::LogGroup,
        Self::Failed,
        Self::Queue,
        Self::Table,
        Self::Bucket,
        Self::Topic,
        Self::Function,
        Self::Mapping,
        Self::Rule,
        Self::Permission,
        Self::Subscription,
        Self::Alarm,
        Self::DepthAlarm,
        Self::Parameter,
        Self::Secret,
        Self::Group,
        Self::Repository,
        Self::Dashboard,
    ];

    /// The property that is changed as drift, with a value that is not used elsewhere.
    fn tuned(self) -> Option<(&'static str, Value)> {
        match self {
            Self::Role => Some(("MaxSessionDuration", json!(7_200))),
            Self::LogGroup => Some(("RetentionInDays", json!(7))),
            Self::Queue | Self::Failed => Some(("VisibilityTimeout", json!(45))),
            Self::Table => Some(("DeletionProtectionEnabled", json!(false))),
            Self::Bucket => Some(("VersioningConfiguration", json!({"Status": "Suspended"}))),
            Self::Topic => Some(("DisplayName", json!("changed by hand"))),
            Self::Function => Some(("Timeout", json!(120))),
            Self::Rule => Some(("State", json!("DISABLED"))),
            Self::Alarm | Self::DepthAlarm => Some(("Threshold", json!(50))),
            Self::Secret => Some(("Description", json!("rotated by hand"))),
            _ => None,
        }
    }

    /// True when [`Part::drift`] changes something.
    pub fn can_drift(self) -> bool {
        self.tuned().is_some()
    }

    /// Applies drift to a live model.
    pub fn drift(self, properties: &mut Value) {
        if let (Some((name, value)), Some(model)) = (self.tuned(), properties.as_object_mut()) {
            model.insert(name.to_owned(), value);
        }
    }
}

/// The desired state of a part in an account.
pub(super) fn desired(part: Part, application: &Application, side: &Side<'_>) -> (&'static str, Value) {
    let (id, region) = (&side.account.id, &side.account.region);
    let named = |kind: &str| match kind {
        "" => format!("{}-{}", application.name, side.account.token),
        kind => format!("{}-{kind}-{}", application.name, side.account.token),
    };
    let arn = |service: &str, resource: &str| format!("arn:aws:{service}:{region}:{id}:{resource}");
    let role_arn = format!("arn:aws:iam::{id}:role/{}", named("role"));
    let made = |part: Part| side.made.get(&part).cloned().unwrap_or_default();
    let pick = |label: &str, values: &[u32]| {
        values.get(usize::from(application.random.percent(label)) % values.len().max(1)).copied().unwrap_or_default()
    };
    let function = named("");
    match part {
        Part::Role => (
            "AWS::IAM::Role",
            json!({
                "RoleName": named("role"),
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
                ]},
                "Description": format!("What {} may do", application.name),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            }),
        ),
        Part::RolePolicy => (
            "AWS::IAM::RolePolicy",
            json!({
                "RoleName": named("role"), "PolicyName": "data",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
                        "Resource": arn("dynamodb", &format!("table/{}", named("table")))},
                    {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                        "Resource": arn("sqs", &named("queue"))},
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{}/*", bucket(application, side))},
                ]},
            }),
        ),
        Part::LogGroup => (
            "AWS::Logs::LogGroup",
            json!({
                "LogGroupName": format!("/aws/lambda/{function}"), "RetentionInDays": pick("retention", &[14, 30, 90]),
            }),
        ),
        Part::Failed => ("AWS::SQS::Queue", json!({"QueueName": named("failed"), "MessageRetentionPeriod": 1_209_600})),
        Part::Queue => (
            "AWS::SQS::Queue",
            json!({
                "QueueName": named("queue"), "VisibilityTimeout": pick("visibility", &[30, 60, 180]),
                "RedrivePolicy": {"deadLetterTargetArn": arn("sqs", &named("failed")), "maxReceiveCount": 5},
            }),
        ),
        Part::Table => (
            "AWS::DynamoDB::Table",
            json!({
                "TableName": named("table"), "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
                "DeletionProtectionEnabled": true,
            }),
        ),
        Part::Bucket => (
            "AWS::S3::Bucket",
            json!({
                "BucketName": bucket(application, side), "VersioningConfiguration": {"Status": "Enabled"},
                "LifecycleConfiguration": {"Rules": [
                    {"Id": "expire", "Status": "Enabled", "ExpirationInDays": pick("expiry", &[30, 90, 365])},
                ]},
            }),
        ),
        Part::Topic => ("AWS::SNS::Topic", json!({"TopicName": named("events"), "DisplayName": application.name})),
        Part::Function => (
            "AWS::Lambda::Function",
            json!({
                "FunctionName": function, "Runtime": "python3.13", "Handler": "app.handler",
                "Role": role_arn, "Code": {"ZipFile": "def handler(event, context): return None"},
                "MemorySize": pick("memory", &[128, 256, 512, 1_024]), "Timeout": pick("timeout", &[10, 30, 60]),
                "DeadLetterConfig": {"TargetArn": arn("sqs", &named("failed"))},
                "Environment": {"Variables": {
                    "TABLE": named("table"), "BUCKET": bucket(application, side), "QUEUE_URL": made(Part::Queue),
                    "STAGE": side.account.token,
                }},
            }),
        ),
        Part::Mapping => (
            "AWS::Lambda::EventSourceMapping",
            json!({
                "FunctionName": function, "EventSourceArn": arn("sqs", &named("queue")), "BatchSize": 10,
            }),
        ),
        Part::Rule => (
            "AWS::Events::Rule",
            json!({
                "Name": named("schedule"), "ScheduleExpression": format!("rate({} minutes)", pick("rate", &[5, 15, 60])),
                "Targets": [{"Id": "function", "Arn": arn("lambda", &format!("function:{function}"))}],
            }),
        ),
        Part::Permission => (
            "AWS::Lambda::Permission",
            json!({
                "FunctionName": function, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
                "SourceArn": arn("events", &format!("rule/{}", named("schedule"))),
            }),
        ),
        Part::Subscription => (
            "AWS::SNS::Subscription",
            json!({
                "TopicArn": arn("sns", &named("events")), "Protocol": "sqs", "Endpoint": arn("sqs", &named("queue")),
                "RawMessageDelivery": true,
            }),
        ),
        Part::Alarm => (
            "AWS::CloudWatch::Alarm",
            json!({
                "AlarmName": named("errors"), "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum",
                "Dimensions": [{"Name": "FunctionName", "Value": function}],
                "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0, "EvaluationPeriods": 1, "Period": 300,
                "AlarmActions": [arn("sns", &named("events"))],
            }),
        ),
        Part::DepthAlarm => (
            "AWS::CloudWatch::Alarm",
            json!({
                "AlarmName": named("failed-depth"), "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": named("failed")}], "Statistic": "Maximum",
                "ComparisonOperator": "GreaterThanThreshold", "Threshold": 10, "EvaluationPeriods": 3, "Period": 300,
                "AlarmActions": [arn("sns", &named("events"))],
            }),
        ),
        Part::Parameter => (
            "AWS::SSM::Parameter",
            json!({
                "Name": format!("/{}/{}/table", side.account.token, application.name), "Type": "String", "Value": named("table"),
            }),
        ),
        Part::Secret => (
            "AWS::SecretsManager::Secret",
            json!({
                "Name": format!("{}/{}/token", side.account.token, application.name),
                "Description": format!("Partner token of {}", application.name),
            }),
        ),
        Part::Group => {
            let mut group =
                json!({"GroupName": named("sg"), "GroupDescription": format!("Traffic of {}", application.name)});
            if let Some(vpc) = &side.network.vpc {
                group["VpcId"] = json!(vpc);
            }
            ("AWS::EC2::SecurityGroup", group)
        }
        Part::Repository => ("AWS::ECR::Repository", json!({"RepositoryName": named("image")})),
        Part::Dashboard => (
            "AWS::CloudWatch::Dashboard",
            json!({
                "DashboardName": named("board"),
                "DashboardBody": json!({"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
                    "region": region, "metrics": [["AWS/Lambda", "Errors", "FunctionName", function]],
                }}]}).to_string(),
            }),
        ),
    }
}

/// Bucket names are shared by all accounts of AWS, so this one carries its account.
fn bucket(application: &Application, side: &Side<'_>) -> String {
    format!("{}-data-{}-{}", application.name, side.account.id, side.account.token)
}
