//! Databases, caches, search, warehouses and file storage.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    let cluster = "AWS::RDS::DBCluster";
    vec![
        case(
            "AWS::RDS::DBInstance",
            json!({"Engine": "postgres", "DBInstanceClass": "db.t3.small", "AllocatedStorage": "20", "StorageType": "gp2"}),
            "730*0.036 + 20*0.115",
            "28.58",
        ),
        case(
            "AWS::RDS::DBInstance",
            json!({"Engine": "mysql", "DBInstanceClass": "db.t3.small", "AllocatedStorage": "500", "StorageType": "gp3",
                "Iops": 13000, "StorageThroughput": 600, "MultiAZ": true, "PubliclyAccessible": true}),
            // From 400 GB on 12,000 IOPS and 500 MiB/s are included.
            "730*0.068 + 500*0.23 + 1000*0.04 + 100*0.16 + 730*0.005",
            "224.29",
        ),
        case(
            "AWS::RDS::DBInstance",
            json!({"Engine": "mariadb", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 100, "Iops": 1000}),
            // Iops without a storage type makes it io1.
            "730*0.017 + 100*0.125 + 1000*0.10",
            "124.91",
        ),
        // A member of a cluster has no storage of its own and no second zone.
        case(
            "AWS::RDS::DBInstance",
            json!({"Engine": "aurora-mysql", "DBInstanceClass": "db.t3.medium", "DBClusterIdentifier": {"Ref": "Cluster"}, "MultiAZ": true}),
            "730*0.082",
            "59.86",
        )
        .beside("Cluster", cluster, json!({"Engine": "aurora-mysql"})),
        // 10 GB and five million requests are assumed.
        case(cluster, json!({"Engine": "aurora-postgresql"}), "10*0.10 + 5000000*0.0000002", "2.00"),
        case(
            cluster,
            json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4}}),
            "0.5*730*0.12 + 10*0.10 + 5000000*0.0000002",
            "45.80",
        ),
        // Two serverless members hold the minimum each.
        case(
            cluster,
            json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 1, "MaxCapacity": 4}}),
            "2*1*730*0.12 + 10*0.10 + 5000000*0.0000002",
            "177.20",
        )
        .beside("Writer", "AWS::RDS::DBInstance", serverless())
        .beside("Reader", "AWS::RDS::DBInstance", serverless()),
        // 100,000 writes, 500,000 reads and 1 GB, of which 25 are free.
        case(
            "AWS::DynamoDB::Table",
            json!({"BillingMode": "PAY_PER_REQUEST"}),
            "100000*0.000000625 + 500000*0.000000125",
            "0.13",
        ),
        case(
            "AWS::DynamoDB::Table",
            json!({"ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 5},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
                "GlobalSecondaryIndexes": [{"ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 1}}]}),
            // Five units each of the table, ten and one of its index, 1 GB of recovery, 35 GB stored.
            "730*6*0.00065 + 730*15*0.00013 + 10*0.25 + 1*0.2",
            "6.97",
        )
        .using(&[("storage_gb", "35")]),
        case(
            "AWS::DynamoDB::GlobalTable",
            json!({"BillingMode": "PAY_PER_REQUEST", "Replicas": [{"Region": "us-east-1"}, {"Region": "us-west-2"}]}),
            // Both regions have the same prices, and each has its 25 free GB.
            "2*100000*0.000000625 + 2*500000*0.000000125",
            "0.25",
        ),
        case(
            "AWS::ElastiCache::CacheCluster",
            json!({"CacheNodeType": "cache.t3.micro", "Engine": "memcached", "NumCacheNodes": 2}),
            "2*730*0.017",
            "24.82",
        ),
        case(
            "AWS::ElastiCache::ReplicationGroup",
            json!({"CacheNodeType": "cache.t4g.small", "Engine": "valkey", "NumNodeGroups": 2, "ReplicasPerNodeGroup": 1}),
            "4*730*0.0256",
            "74.75",
        ),
        case(
            "AWS::ElastiCache::ReplicationGroup",
            json!({"CacheNodeType": "cache.t4g.small", "Engine": "valkey", "NodeGroupConfiguration": [{}, {}, {}], "ReplicasPerNodeGroup": 1}),
            "6*730*0.0256",
            "112.13",
        ),
        case(
            "AWS::OpenSearchService::Domain",
            json!({"ClusterConfig": {"InstanceType": "t3.small.search", "InstanceCount": 2, "DedicatedMasterEnabled": true, "DedicatedMasterCount": 3, "DedicatedMasterType": "m7g.medium.search"},
                "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3", "VolumeSize": 30}}),
            // The storage is per data node; masters have none.
            "2*730*0.036 + 3*730*0.068 + 2*30*0.122",
            "208.80",
        ),
        case(
            "AWS::Elasticsearch::Domain",
            json!({"ElasticsearchClusterConfig": {"InstanceType": "t3.small.elasticsearch", "InstanceCount": 2},
                "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3", "VolumeSize": 30}}),
            "2*730*0.036 + 2*30*0.122",
            "59.88",
        ),
        case("AWS::OpenSearchServerless::Collection", json!({"Name": "logs-dev"}), "2*730*0.24", "350.40"),
        case(
            "AWS::OpenSearchServerless::Collection",
            json!({"Name": "logs-dev", "StandbyReplicas": "DISABLED"}),
            "1*730*0.24",
            "175.20",
        ),
        case(
            "AWS::Redshift::Cluster",
            json!({"NodeType": "ra3.large", "ClusterType": "single-node"}),
            "730*0.543 + 10*0.024",
            "396.63",
        ),
        case("AWS::Redshift::Cluster", json!({"NodeType": "dc2.large", "ClusterType": "multi-node", "NumberOfNodes": 2}), "2*730*0.25", "365.00"),
        // As many nodes again in the second zone.
        case(
            "AWS::Redshift::Cluster",
            json!({"NodeType": "dc2.large", "ClusterType": "multi-node", "NumberOfNodes": 2, "MultiAZ": "true"}),
            "4*730*0.25",
            "730.00",
        ),
        // One hour of queries at the base capacity.
        case("AWS::RedshiftServerless::Workgroup", json!({"BaseCapacity": 8}), "8*0.375", "3.00"),
        case("AWS::DocDB::DBInstance", json!({"DBInstanceClass": "db.t3.medium"}), "730*0.078", "56.94"),
        // 10 GB, 10,000 writes and 100,000 reads.
        case("AWS::S3::Bucket", json!({}), "10*0.023 + 10000*0.000005 + 100000*0.0000004", "0.32"),
        case(
            "AWS::S3::Bucket",
            json!({}),
            // 60,000 GB: the first 51,200 and the rest; 150 GB out of which 100 are free.
            "51200*0.023 + 8800*0.022 + 10000*0.000005 + 100000*0.0000004 + 50*0.09",
            "1375.79",
        )
        .using(&[("storage_gb", "60000"), ("data_out_gb", "150")]),
        case("AWS::EFS::FileSystem", json!({}), "10*0.30", "3.00"),
        case(
            "AWS::EFS::FileSystem",
            json!({"ThroughputMode": "elastic", "AvailabilityZoneName": "us-east-1a"}),
            "10*0.16 + 1*0.03 + 1*0.06",
            "1.69",
        ),
        // 10 GB stored include half a MiB/s.
        case(
            "AWS::EFS::FileSystem",
            json!({"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 4}),
            "10*0.30 + 3.5*6",
            "24.00",
        ),
    ]
}

fn serverless() -> serde_json::Value {
    json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.serverless", "DBClusterIdentifier": {"Ref": "It"}})
}
