//! Events that Lambda reads from a queue or stream.

use serde_json::{Map, Value, json};

use super::events::{Event, Target, pass_event};
use super::function::bucket_policy;
use super::policies::Role;
use super::values::{allow, is_empty};
use super::{Context, Made, Result, invalid, resource, unsupported};

const PASSED: &[&str] = &[
    "BatchSize",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Enabled",
    "MaximumBatchingWindowInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "DestinationConfig",
    "ParallelizationFactor",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "KmsKeyArn",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "MetricsConfig",
    "LoggingConfig",
];

/// An event source mapping.
pub(super) fn mapping(event: &Event<'_>, target: &Target, role: &mut Role, context: &Context<'_>) -> Result<Made> {
    let (source, policy) = match event.kind {
        "SQS" => ("Queue", "service-role/AWSLambdaSQSQueueExecutionRole"),
        "Kinesis" => ("Stream", "service-role/AWSLambdaKinesisExecutionRole"),
        "DynamoDB" => ("Stream", "service-role/AWSLambdaDynamoDBExecutionRole"),
        "MSK" => ("Stream", "service-role/AWSLambdaMSKExecutionRole"),
        other => return Err(unsupported(&event.at, format!("events of the type `{other}` are not expanded"))),
    };
    let known: Vec<&str> = PASSED.iter().copied().chain([source, "ConsumerGroupId"]).collect();
    event.check(&known, &["SchemaRegistryConfig", "SecretsManagerKmsKeyId", "KafkaBootstrapServers"])?;
    if event.kind == "MSK" && event.get("SourceAccessConfigurations").is_some() {
        return Err(unsupported(event.of("SourceAccessConfigurations"), "credentials of MSK events are not expanded"));
    }
    if source == "Stream" {
        event.need("StartingPosition")?;
    }
    let mut properties = Map::from_iter([
        ("FunctionName".to_owned(), target.name.clone()),
        ("EventSourceArn".to_owned(), event.need(source)?.clone()),
    ]);
    pass_event(event, &mut properties, PASSED);
    if let Some(group) = event.get("ConsumerGroupId").filter(|group| !is_empty(group)) {
        if event.kind != "MSK" {
            return Err(invalid(event.of("ConsumerGroupId"), "`ConsumerGroupId` is for Kafka only"));
        }
        properties.insert("AmazonManagedKafkaEventSourceConfig".to_owned(), json!({"ConsumerGroupId": group}));
    }
    role.attach(context.managed_policy(policy));
    if let Some(on_failure) = properties.get_mut("DestinationConfig").and_then(|config| config.get_mut("OnFailure"))
        && let Some(on_failure) = on_failure.as_object_mut()
        && let Some(kind) = on_failure.shift_remove("Type")
    {
        let arn = on_failure.get("Destination").cloned().unwrap_or_default();
        match kind.as_str() {
            Some("SQS") => role.add(allow(&format!("{}SQSPolicy", event.id), "sqs:SendMessage", &arn)),
            Some("SNS") => role.add(allow(&format!("{}SNSPolicy", event.id), "sns:publish", &arn)),
            Some("S3") => role.add(bucket_policy(&event.id, &arn)),
            Some("Kafka") => {}
            _ => return Err(invalid(event.of("DestinationConfig"), "`Type` must be SQS, SNS, S3 or Kafka")),
        }
    }
    Ok(vec![(event.id.clone(), resource("AWS::Lambda::EventSourceMapping", &target.passed, properties))])
}

/// The mapping of the queue between a topic and a function.
pub(super) fn queue(id: &str, arn: &Value, batch_size: Option<&Value>, target: &Target) -> (String, Value) {
    let properties = Map::from_iter([
        ("FunctionName".to_owned(), target.name.clone()),
        ("EventSourceArn".to_owned(), arn.clone()),
        ("BatchSize".to_owned(), batch_size.filter(|size| !is_empty(size)).cloned().unwrap_or_else(|| Value::from(10))),
        ("Enabled".to_owned(), Value::from(true)),
    ]);
    (id.to_owned(), resource("AWS::Lambda::EventSourceMapping", &target.passed, properties))
}
