//! Managed services: brokers, directories, caches, file systems, pipelines.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "AWS::AmazonMQ::Broker",
            json!({"EngineType": "RABBITMQ", "DeploymentMode": "CLUSTER_MULTI_AZ", "HostInstanceType": "mq.m5.large"}),
            "3*730*0.288 + 1*0.10",
            "630.82",
        ),
        case(
            "AWS::AmazonMQ::Broker",
            json!({"EngineType": "ACTIVEMQ", "DeploymentMode": "SINGLE_INSTANCE", "HostInstanceType": "mq.t2.micro"}),
            "730*0.03 + 1*0.30",
            "22.20",
        ),
        case("AWS::DocDB::DBCluster", json!({}), "10*0.10 + 5000000*0.0000002", "2.00"),
        case("AWS::DocDB::DBCluster", json!({}), "10*0.10 + 5000000*0.0000002 + 100*0.021", "4.10")
            .using(&[("backup_gb_above_free", "100")]),
        case("AWS::Neptune::DBCluster", json!({}), "10*0.10 + 5000000*0.0000002", "2.00"),
        case("AWS::Neptune::DBInstance", json!({"DBInstanceClass": "db.r5.large"}), "730*0.348", "254.04"),
        case(
            "AWS::DMS::ReplicationInstance",
            json!({"ReplicationInstanceClass": "dms.t2.micro"}),
            "730*0.018",
            "13.14",
        ),
        case(
            "AWS::DMS::ReplicationInstance",
            json!({"ReplicationInstanceClass": "dms.t2.micro", "AllocatedStorage": 70, "MultiAZ": true}),
            "2*730*0.018 + 2*20*0.115",
            "30.88",
        ),
        case(
            "AWS::DMS::ReplicationInstance",
            json!({"ReplicationInstanceClass": "dms.c5.large", "AllocatedStorage": 100}),
            "730*0.154",
            "112.42",
        ),
        case("AWS::DirectoryService::MicrosoftAD", json!({"Edition": "Standard"}), "730*0.12", "87.60"),
        case("AWS::DirectoryService::MicrosoftAD", json!({}), "730*0.40", "292.00"),
        case(
            "AWS::ElastiCache::ServerlessCache",
            json!({"Engine": "redis"}),
            "1*730*0.125 + 10000000*0.0000000034",
            "91.28",
        ),
        case(
            "AWS::ElastiCache::ServerlessCache",
            json!({"Engine": "valkey"}),
            "0.1*730*0.084 + 10000000*0.0000000023",
            "6.16",
        )
        .using(&[("data_gb", "0")]),
        case(
            "AWS::FSx::FileSystem",
            json!({"FileSystemType": "WINDOWS", "StorageCapacity": 300, "StorageType": "HDD", "WindowsConfiguration": {"DeploymentType": "MULTI_AZ_1", "ThroughputCapacity": 1024}}),
            "300*0.025 + 1024*4.50",
            "4615.50",
        ),
        case(
            "AWS::FSx::FileSystem",
            json!({"FileSystemType": "WINDOWS", "StorageCapacity": 32, "WindowsConfiguration": {"ThroughputCapacity": 8}}),
            "32*0.13 + 8*2.20",
            "21.76",
        ),
        case(
            "AWS::FSx::FileSystem",
            json!({"FileSystemType": "LUSTRE", "StorageCapacity": 1200, "LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125}}),
            "1200*0.145",
            "174.00",
        ),
        case(
            "AWS::FSx::FileSystem",
            json!({"FileSystemType": "LUSTRE", "StorageCapacity": 1200, "LustreConfiguration": {"DeploymentType": "SCRATCH_2"}}),
            "1200*0.14",
            "168.00",
        ),
        case("AWS::Backup::BackupVault", json!({"BackupVaultName": "app"}), "0*0.05", "0.00"),
        case(
            "AWS::Backup::BackupVault",
            json!({"BackupVaultName": "app"}),
            "100*0.05 + 10*0.05 + 20*0.095 + 5*0.10",
            "7.90",
        )
        .using(&[("ebs_gb", "100"), ("efs_gb", "10"), ("rds_gb", "20"), ("dynamodb_gb", "5")]),
        case("AWS::Pipes::Pipe", json!({}), "100000*0.0000004", "0.04"),
        case(
            "AWS::Route53::HealthCheck",
            json!({"HealthCheckConfig": {"Type": "HTTPS_STR_MATCH", "RequestInterval": 10, "MeasureLatency": true}}),
            "1.5*0.50 + 4*2",
            "8.75",
        ),
        case("AWS::Route53::HealthCheck", json!({"HealthCheckConfig": {"Type": "HTTPS"}}), "1.5*0.50 + 1*2", "2.75"),
        case(
            "AWS::NetworkFirewall::Firewall",
            json!({"SubnetMappings": [{"SubnetId": "a"}]}),
            "730*0.395 + 10*0.065",
            "289.00",
        ),
        case("AWS::EC2::ClientVpnEndpoint", json!({}), "0*0.05", "0.00"),
        case("AWS::EC2::ClientVpnTargetNetworkAssociation", json!({}), "730*0.10", "73.00"),
        case("AWS::Athena::WorkGroup", json!({"Name": "events"}), "0.01*5", "0.05"),
        case(
            "AWS::MWAA::Environment",
            json!({"EnvironmentClass": "mw1.medium", "MinWorkers": 3}),
            "730*0.74 + 2*730*0.11",
            "700.80",
        ),
        case("AWS::MWAA::Environment", json!({"EnvironmentClass": "mw1.large"}), "730*0.99", "722.70"),
        case("AWS::MSK::ServerlessCluster", json!({}), "730*0.75 + 10*730*0.0015 + 1*0.10 + 1*0.05 + 1*0.10", "558.70"),
        case("AWS::CodePipeline::Pipeline", json!({}), "1", "1.00"),
        case("AWS::CodePipeline::Pipeline", json!({"PipelineType": "V2"}), "100*0.002", "0.20"),
        case(
            "AWS::AppRunner::Service",
            json!({"InstanceConfiguration": {"Memory": "1 GB"}}),
            "1*730*0.007 + 10*0.064",
            "5.75",
        ),
        case("AWS::AppRunner::Service", json!({}), "2*730*0.007 + 10*0.064", "10.86"),
    ]
}
