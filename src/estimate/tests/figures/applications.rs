//! APIs, queues, topics, streams, workflows, mail and analytics.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        // A thousand emails are received.
        case("AWS::SES::ReceiptRule", json!({"RuleSetName": "a"}), "1000*0.0001", "0.10"),
        case("AWS::ApiGateway::RestApi", json!({}), "100000*0.0000035", "0.35"),
        case(
            "AWS::ApiGateway::Stage",
            json!({"CacheClusterEnabled": true, "CacheClusterSize": "0.5"}),
            "730*0.02",
            "14.60",
        ),
        case("AWS::ApiGateway::Stage", json!({}), "0*0.02", "0.00"),
        case(
            "AWS::ApiGateway::Deployment",
            json!({"StageDescription": {"CacheClusterEnabled": true, "CacheClusterSize": "1.6"}}),
            "730*0.038",
            "27.74",
        ),
        case("AWS::ApiGatewayV2::Api", json!({"ProtocolType": "HTTP"}), "100000*0.000001", "0.10"),
        case(
            "AWS::ApiGatewayV2::Api",
            json!({"ProtocolType": "WEBSOCKET"}),
            "100000*0.000001 + 100000*0.00000025",
            "0.13",
        ),
        case("AWS::AppSync::GraphQLApi", json!({}), "100000*0.000004", "0.40"),
        // The first million is free.
        case("AWS::SQS::Queue", json!({}), "0*0.0000004", "0.00"),
        case("AWS::SQS::Queue", json!({"FifoQueue": true}), "(3000000-1000000)*0.0000005", "1.00")
            .using(&[("requests", "3000000")]),
        case("AWS::SNS::Topic", json!({}), "0*0.0000005", "0.00"),
        case(
            "AWS::SNS::Topic",
            json!({}),
            "(2000000-1000000)*0.0000005 + (200000-100000)*0.0000006 + (6000-1000)*0.00002",
            "0.66",
        )
        .using(&[("requests", "2000000"), ("http_deliveries", "200000"), ("email_deliveries", "6000")]),
        case("AWS::SNS::Subscription", json!({"Protocol": "sqs"}), "0", "0.00"),
        case("AWS::SNS::Subscription", json!({"Protocol": "https"}), "(600000-100000)*0.0000006", "0.30")
            .using(&[("deliveries", "600000")]),
        case("AWS::SES::EmailIdentity", json!({}), "5000*0.0001", "0.50"),
        case("AWS::SES::ConfigurationSet", json!({}), "0*0.0001", "0.00"),
        case("AWS::SES::ConfigurationSet", json!({}), "20000*0.0001", "2.00").using(&[("emails", "20000")]),
        case("AWS::Events::EventBus", json!({}), "100000*0.000001", "0.10"),
        case("AWS::Events::Rule", json!({}), "0*0.000001", "0.00"),
        case("AWS::Events::Rule", json!({}), "2000000*0.000001", "2.00").using(&[("invocations", "2000000")]),
        case("AWS::Events::ApiDestination", json!({}), "0", "0.00"),
        // 4,000 of the 10,000 transitions are free.
        case("AWS::StepFunctions::StateMachine", json!({}), "(10000-4000)*0.000025", "0.15"),
        case(
            "AWS::StepFunctions::StateMachine",
            json!({"StateMachineType": "EXPRESS"}),
            "1000000*0.000001 + 1000000*0.0625*0.0000166667",
            "2.04",
        )
        .using(&[("express_requests", "1000000")]),
        // At most one a minute; 14 million are free.
        case("AWS::Scheduler::Schedule", json!({}), "0*0.000001", "0.00"),
        case(
            "AWS::AmazonMQ::Broker",
            json!({"EngineType": "ACTIVEMQ", "DeploymentMode": "ACTIVE_STANDBY_MULTI_AZ", "HostInstanceType": "mq.m5.large"}),
            "2*730*0.288",
            "420.48",
        )
        .using(&[("storage_gb", "0")]),
        case(
            "AWS::Kinesis::Stream",
            json!({"ShardCount": 2, "RetentionPeriodHours": 48}),
            "2*730*0.015 + 2*730*0.02 + 1000000*0.000000014",
            "51.11",
        ),
        case(
            "AWS::Kinesis::Stream",
            json!({"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
            "730*0.04 + 1*0.08 + 1*0.04",
            "29.32",
        ),
        case("AWS::KinesisFirehose::DeliveryStream", json!({}), "1*0.029", "0.03"),
        case("AWS::Glue::Crawler", json!({}), "1*2*0.44", "0.88"),
        case("AWS::Glue::Job", json!({"WorkerType": "G.1X", "NumberOfWorkers": 2}), "1*2*0.44", "0.88"),
        case(
            "AWS::Glue::Job",
            json!({"WorkerType": "G.1X", "NumberOfWorkers": 2, "Command": {"Name": "gluestreaming"}}),
            "730*2*0.44",
            "642.40",
        ),
        case(
            "AWS::Glue::Job",
            json!({"WorkerType": "G.2X", "NumberOfWorkers": 5, "ExecutionClass": "FLEX"}),
            "1*5*2*0.29",
            "2.90",
        ),
        case(
            "AWS::MSK::Cluster",
            json!({"NumberOfBrokerNodes": 3, "BrokerNodeGroupInfo": {"InstanceType": "kafka.t3.small", "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 10}}}}),
            "3*730*0.0456 + 3*10*0.10",
            "102.86",
        ),
        // The first worker is part of the environment.
        case("AWS::MWAA::Environment", json!({"EnvironmentClass": "mw1.small"}), "730*0.49", "357.70"),
    ]
}
