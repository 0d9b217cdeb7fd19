//! The services of bills: their names in Cost Explorer, short names, and order.

/// A service.
struct Service {
    /// Its name in Cost Explorer.
    name: &'static str,
    /// A short name.
    label: &'static str,
    /// The prefixes of the types whose cost it has; the longest prefix wins.
    types: &'static [&'static str],
}

const fn service(name: &'static str, label: &'static str, types: &'static [&'static str]) -> Service {
    Service { name, label, types }
}

/// The services by kind: storage, messages, databases, computing, networks, and the rest. Every environment has this order, so
/// that environments can be compared line by line.
const SERVICES: &[Service] = &[
    service("Amazon Simple Storage Service", "S3 Storage", &["AWS::S3::"]),
    service("Amazon Elastic File System", "EFS Storage", &["AWS::EFS::"]),
    service("Amazon FSx", "FSx Storage", &["AWS::FSx::"]),
    service("AWS Backup", "Backup Storage", &["AWS::Backup::"]),
    service("Amazon EC2 Container Registry (ECR)", "ECR Images", &["AWS::ECR::"]),
    service("Amazon Simple Email Service", "SES Emails", &["AWS::SES::"]),
    service("Amazon Simple Notification Service", "SNS Notifications", &["AWS::SNS::"]),
    service("Amazon Simple Queue Service", "SQS Queues", &["AWS::SQS::"]),
    service("CloudWatch Events", "EventBridge Events", &["AWS::Events::", "AWS::Pipes::"]),
    service("Amazon Kinesis", "Kinesis Streams", &["AWS::Kinesis::"]),
    service("Amazon Kinesis Firehose", "Firehose Streams", &["AWS::KinesisFirehose::"]),
    service("Amazon MQ", "MQ Brokers", &["AWS::AmazonMQ::"]),
    service("Amazon Managed Streaming for Apache Kafka", "MSK Kafka", &["AWS::MSK::"]),
    service("Amazon Relational Database Service", "RDS Database", &["AWS::RDS::"]),
    service("Amazon DynamoDB", "DynamoDB Tables", &["AWS::DynamoDB::"]),
    service("Amazon DocumentDB (with MongoDB compatibility)", "DocumentDB Database", &["AWS::DocDB::"]),
    service("Amazon Neptune", "Neptune Database", &["AWS::Neptune::"]),
    service("Amazon ElastiCache", "ElastiCache Nodes", &["AWS::ElastiCache::"]),
    service("Amazon OpenSearch Service", "OpenSearch Domains", &["AWS::OpenSearchService::", "AWS::Elasticsearch::"]),
    service("Amazon Redshift", "Redshift Warehouse", &["AWS::Redshift::", "AWS::RedshiftServerless::"]),
    service("AWS Lambda", "Lambda Execution", &["AWS::Lambda::"]),
    service(
        "Amazon Elastic Compute Cloud - Compute",
        "EC2 Instances",
        &["AWS::EC2::", "AWS::AutoScaling::", "AWS::EKS::Nodegroup"],
    ),
    service("EC2 - Other", "EC2 Other", &["AWS::EC2::NatGateway", "AWS::EC2::Volume", "AWS::EC2::Snapshot"]),
    service("Amazon Elastic Container Service", "ECS Containers", &["AWS::ECS::"]),
    service("Amazon Elastic Container Service for Kubernetes", "EKS Clusters", &["AWS::EKS::"]),
    service("AWS App Runner", "App Runner Services", &["AWS::AppRunner::"]),
    service("AWS Step Functions", "Step Functions", &["AWS::StepFunctions::"]),
    service("Amazon SageMaker", "SageMaker", &["AWS::SageMaker::"]),
    service("AWS Glue", "Glue Jobs", &["AWS::Glue::"]),
    service("Amazon Athena", "Athena Queries", &["AWS::Athena::"]),
    service("Amazon API Gateway", "API Gateway", &["AWS::ApiGateway::", "AWS::ApiGatewayV2::"]),
    service("AWS AppSync", "AppSync API", &["AWS::AppSync::"]),
    service("Amazon CloudFront", "CloudFront", &["AWS::CloudFront::"]),
    service("Amazon Route 53", "Route 53", &["AWS::Route53::", "AWS::Route53Resolver::"]),
    service("Amazon Elastic Load Balancing", "Load Balancers", &["AWS::ElasticLoadBalancing"]),
    service(
        "Amazon Virtual Private Cloud",
        "VPC",
        &[
            "AWS::EC2::EIP",
            "AWS::EC2::IPAM",
            "AWS::EC2::TransitGateway",
            "AWS::EC2::VPC",
            "AWS::EC2::VPNConnection",
            "AWS::EC2::ClientVpn",
        ],
    ),
    service("AWS Global Accelerator", "Global Accelerator", &["AWS::GlobalAccelerator::"]),
    service("AWS Network Firewall", "Network Firewall", &["AWS::NetworkFirewall::"]),
    service("AWS Transfer Family", "Transfer Family", &["AWS::Transfer::"]),
    service("Amazon Cognito", "Cognito Users", &["AWS::Cognito::"]),
    service("AWS Key Management Service", "KMS Keys", &["AWS::KMS::"]),
    service("AWS Secrets Manager", "Secrets Manager", &["AWS::SecretsManager::"]),
    service("AWS Certificate Manager", "Certificates", &["AWS::ACMPCA::", "AWS::CertificateManager::"]),
    service("AWS WAF", "WAF", &["AWS::WAFv2::", "AWS::WAF::", "AWS::WAFRegional::"]),
    service("Amazon GuardDuty", "GuardDuty", &["AWS::GuardDuty::"]),
    service("AmazonCloudWatch", "CloudWatch", &["AWS::CloudWatch::", "AWS::Logs::", "AWS::Synthetics::"]),
    service("AWS CloudTrail", "CloudTrail", &["AWS::CloudTrail::"]),
    service("AWS Config", "Config Rules", &["AWS::Config::"]),
    service("AWS Systems Manager", "Systems Manager", &["AWS::SSM::"]),
    service("AWS CodePipeline", "CodePipeline", &["AWS::CodePipeline::"]),
    service("CodeBuild", "CodeBuild", &["AWS::CodeBuild::"]),
    service("AWS Cost Explorer", "Cost Explorer", &[]),
];

fn known(name: &str) -> Option<(usize, &'static Service)> {
    SERVICES.iter().enumerate().find(|(_, service)| service.name == name)
}

/// The short name of a service of Cost Explorer: `S3 Storage` for `Amazon Simple Storage Service`. Other names lose the vendor's.
pub fn label(name: &str) -> String {
    if let Some((_, service)) = known(name) {
        return service.label.to_owned();
    }
    let short = ["Amazon ", "AWS "].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    if short.is_empty() { name.to_owned() } else { short.to_owned() }
}

/// The place of a service in a bill.
pub fn rank(name: &str) -> usize {
    known(name).map_or(SERVICES.len(), |(rank, _)| rank)
}

/// The service of Cost Explorer that bills a type; for an unknown one, the service in the type's name.
pub fn of_type(type_name: &str) -> String {
    let prefixes = SERVICES
        .iter()
        .flat_map(|service| service.types.iter().map(move |prefix| (prefix.len(), prefix, service.name)));
    let matching = prefixes.filter(|(_, prefix, _)| type_name.starts_with(**prefix));
    match matching.max_by_key(|(length, ..)| *length) {
        Some((.., name)) => name.to_owned(),
        None => type_name.split("::").nth(1).unwrap_or(type_name).to_owned(),
    }
}

/// The service that an estimate is compared with: instances and their volumes are one resource, but two services of a bill.
pub fn compared(name: &str) -> &str {
    match name {
        "EC2 - Other" => "Amazon Elastic Compute Cloud - Compute",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn services_have_short_names() {
        for (name, expected) in [
            ("Amazon Simple Storage Service", "S3 Storage"),
            ("Amazon Simple Email Service", "SES Emails"),
            ("AWS Lambda", "Lambda Execution"),
            ("AWS Brand New", "Brand New"),
            ("Amazon ", "Amazon "),
            ("Tax", "Tax"),
        ] {
            assert_eq!(label(name), expected);
        }
        assert_eq!(rank("Amazon Simple Storage Service"), 0);
        assert!(rank("Amazon Relational Database Service") < rank("AWS Lambda"));
        assert_eq!(rank("AWS Brand New"), SERVICES.len());
    }

    #[test]
    fn types_have_the_service_with_the_longest_prefix() {
        for (type_name, expected) in [
            ("AWS::S3::Bucket", "Amazon Simple Storage Service"),
            ("AWS::EC2::Instance", "Amazon Elastic Compute Cloud - Compute"),
            ("AWS::EC2::NatGateway", "EC2 - Other"),
            ("AWS::EC2::VPCEndpoint", "Amazon Virtual Private Cloud"),
            ("AWS::EKS::Nodegroup", "Amazon Elastic Compute Cloud - Compute"),
            ("AWS::EKS::Cluster", "Amazon Elastic Container Service for Kubernetes"),
            ("AWS::Brandnew::Thing", "Brandnew"),
        ] {
            assert_eq!(of_type(type_name), expected, "{type_name}");
        }
    }

    #[test]
    fn names_and_short_names_are_unique() {
        let names: BTreeSet<&str> = SERVICES.iter().map(|service| service.name).collect();
        let labels: BTreeSet<&str> = SERVICES.iter().map(|service| service.label).collect();
        assert_eq!((names.len(), labels.len()), (SERVICES.len(), SERVICES.len()));
    }
}
