//! Instances, containers and functions.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        // t3.micro 0.0104/h, and the 8 GB gp3 root volume that is assumed.
        case(
            "AWS::EC2::CapacityReservation",
            json!({"InstanceType": "t3.micro", "InstanceCount": 2, "InstancePlatform": "Linux/UNIX"}),
            "2*730*0.0104",
            "15.18",
        ),
        // An instance type that prices.yaml does not have.
        case("AWS::EC2::CapacityReservation", json!({"InstanceType": "c8a.metal-24xl", "InstanceCount": 1, "InstancePlatform": "Linux/UNIX"}), "730*5.69026", "4153.89"),
        case("AWS::EC2::Instance", json!({"InstanceType": "t3.micro"}), "730*0.0104 + 8*0.08", "8.23"),
        case(
            "AWS::EC2::Instance",
            json!({"InstanceType": "t3.micro", "Monitoring": true, "NetworkInterfaces": [{"DeviceIndex": "0", "AssociatePublicIpAddress": true}],
                "BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Iops": 4000}}, {"DeviceName": "/dev/sdc", "NoDevice": {}}]}),
            // 20 GB beside the image's root volume, 1,000 IOPS above 3,000, seven metrics, one address.
            "730*0.0104 + 8*0.08 + 20*0.08 + 1000*0.005 + 7*0.3 + 730*0.005",
            "20.58",
        ),
        case(
            "AWS::EC2::Instance",
            json!({"LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"}}),
            "730*0.0168 + 30*0.08",
            "14.66",
        )
        .beside(
            "Template",
            "AWS::EC2::LaunchTemplate",
            json!({"LaunchTemplateData": {"InstanceType": "t4g.small", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 30, "VolumeType": "gp3"}}]}}),
        ),
        case(
            "AWS::EC2::Instance",
            json!({"LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"}}),
            // 875 MiB/s above the baseline, and the template monitors in detail.
            "730*0.0084 + 20*0.08 + 1000*0.005 + 875/1024*40.96 + 7*0.3",
            "49.83",
        )
        .beside(
            "Template",
            "AWS::EC2::LaunchTemplate",
            json!({"LaunchTemplateData": {"InstanceType": "t4g.micro", "Monitoring": {"Enabled": "true"},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": "20", "VolumeType": "gp3", "Iops": "4000", "Throughput": 1000}}]}}),
        ),
        // Below 10 USD but for the address that the subnet gives it.
        case(
            "AWS::EC2::Instance",
            json!({"InstanceType": "t4g.micro", "SubnetId": {"Ref": "Public"}}),
            "730*0.0084 + 8*0.08 + 730*0.005",
            "10.42",
        )
        .beside("Public", "AWS::EC2::Subnet", json!({"MapPublicIpOnLaunch": "true"})),
        case(
            "AWS::EC2::Instance",
            json!({"InstanceType": "t4g.micro", "SubnetId": {"Ref": "Private"}}),
            "730*0.0084 + 8*0.08",
            "6.77",
        )
        .beside("Private", "AWS::EC2::Subnet", json!({})),
        case(
            "AWS::AutoScaling::AutoScalingGroup",
            json!({"MinSize": "2", "MaxSize": "2", "VPCZoneIdentifier": [{"Ref": "Public"}], "LaunchConfigurationName": {"Ref": "Launch"}}),
            "2*730*0.0104 + 2*8*0.08 + 2*730*0.005 + 2*7*0.3",
            "27.96",
        )
        .beside("Launch", "AWS::AutoScaling::LaunchConfiguration", json!({"InstanceType": "t3.micro"}))
        .beside("Public", "AWS::EC2::Subnet", json!({"MapPublicIpOnLaunch": true})),
        case(
            "AWS::AutoScaling::AutoScalingGroup",
            json!({"MinSize": "1", "MaxSize": "4", "DesiredCapacity": "2", "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}}}),
            // Two instances with 20 GB gp3 at 250 MiB/s and a public address each.
            "2*730*0.0416 + 2*20*0.08 + 2*125/1024*40.96 + 2*730*0.005",
            "81.24",
        )
        .beside(
            "Template",
            "AWS::EC2::LaunchTemplate",
            json!({"LaunchTemplateData": {"InstanceType": "t3.medium", "NetworkInterfaces": [{"AssociatePublicIpAddress": true}],
                "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Throughput": 250}}]}}),
        ),
        case(
            "AWS::AutoScaling::AutoScalingGroup",
            json!({"MinSize": "3", "MaxSize": "3", "LaunchConfigurationName": {"Ref": "Launch"}}),
            // A launch configuration monitors in detail unless told otherwise.
            "3*730*0.0104 + 3*8*0.08 + 3*7*0.3",
            "31.00",
        )
        .beside("Launch", "AWS::AutoScaling::LaunchConfiguration", json!({"InstanceType": "t3.micro"})),
        case("AWS::AutoScaling::ScalingPolicy", json!({"PolicyType": "TargetTrackingScaling"}), "2*0.1", "0.20"),
        case(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            json!({"PolicyType": "TargetTrackingScaling", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}),
            "4*0.1",
            "0.40",
        ),
        case(
            "AWS::EC2::Volume",
            json!({"Size": 100, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}),
            "100*0.08 + 1000*0.005 + 125/1024*40.96",
            "18.00",
        ),
        // gp2 is CloudFormation's default.
        case("AWS::EC2::Volume", json!({"Size": 50}), "50*0.10", "5.00"),
        case("AWS::EC2::Volume", json!({"Size": 10, "VolumeType": "io1", "Iops": 100}), "10*0.125 + 100*0.065", "7.75"),
        // io2 is tiered by volume: 32,000, another 32,000, the rest.
        case(
            "AWS::EC2::Volume",
            json!({"Size": 1000, "VolumeType": "io2", "Iops": 70000}),
            "1000*0.125 + 32000*0.065 + 32000*0.0455 + 6000*0.03185",
            "3852.10",
        ),
        // 100,000 requests of 200 ms at 128 MB: 2,500 GB-seconds.
        case("AWS::Lambda::Function", json!({}), "100000*0.0000002 + 100000*0.2*128/1024*0.0000166667", "0.06"),
        case(
            "AWS::Lambda::Function",
            json!({"MemorySize": 1024, "Architectures": ["arm64"], "EphemeralStorage": {"Size": 1536}}),
            // A million requests of 500 ms: 500,000 GB-seconds, and 1 GB of storage above 512 MB.
            "1000000*0.0000002 + 500000*0.0000133334 + 500000*0.0000000309",
            "6.88",
        )
        .using(&[("requests", "1000000"), ("avg_duration_ms", "500")]),
        case(
            "AWS::Lambda::Version",
            json!({"FunctionName": {"Ref": "Function"}, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 5}}),
            "5*512/1024*730*3600*0.0000041667",
            "27.38",
        )
        .beside("Function", "AWS::Lambda::Function", json!({"MemorySize": 512})),
        case(
            "AWS::Lambda::Alias",
            json!({"FunctionName": "orders-dev", "FunctionVersion": "1", "Name": "live", "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2}}),
            "2*1024/1024*730*3600*0.0000033334",
            "17.52",
        )
        .beside(
            "Function",
            "AWS::Lambda::Function",
            json!({"FunctionName": "orders-dev", "MemorySize": 1024, "Architectures": ["arm64"]}),
        ),
        case(
            "AWS::ECS::Service",
            json!({"LaunchType": "FARGATE", "DesiredCount": 2, "TaskDefinition": {"Ref": "Task"},
                "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}}),
            // Two tasks of 0.5 vCPU, 1 GB and 30 GB of storage (10 above the 20 included).
            "2*730*0.5*0.04048 + 2*730*1*0.004445 + 2*730*10*0.000111 + 2*730*0.005",
            "44.96",
        )
        .beside(
            "Task",
            "AWS::ECS::TaskDefinition",
            json!({"Cpu": "512", "Memory": "1024", "EphemeralStorage": {"SizeInGiB": 30}}),
        ),
        case(
            "AWS::ECS::Service",
            json!({"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}], "TaskDefinition": "orders-dev:3"}),
            "730*1*0.03238 + 730*2*0.00356",
            "28.84",
        )
        .beside(
            "Task",
            "AWS::ECS::TaskDefinition",
            json!({"Family": "orders-dev", "Cpu": "1 vCPU", "Memory": "2 GB", "RuntimePlatform": {"CpuArchitecture": "ARM64"}}),
        ),
        case("AWS::ECS::Cluster", json!({}), "20*0.3", "6.00").using(&[("container_insights_metrics", "20")]),
        case("AWS::ECS::Cluster", json!({}), "0*0.3", "0.00"),
        case("AWS::ECS::Cluster", json!({"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]}), "25*0.3", "7.50"),
        case("AWS::ECR::Repository", json!({}), "1*0.10", "0.10"),
        case("AWS::EKS::Cluster", json!({"Version": "1.33", "UpgradePolicy": {"SupportType": "STANDARD"}}), "730*0.10", "73.00"),
        // Two t3.medium with 20 GB gp3 each.
        case("AWS::EKS::Nodegroup", json!({}), "2*730*0.0416 + 2*20*0.08", "63.94"),
        case(
            "AWS::EKS::Nodegroup",
            json!({"ScalingConfig": {"DesiredSize": 2}, "LaunchTemplate": {"Id": {"Ref": "Template"}}}),
            "2*730*0.0416 + 2*50*0.08 + 2*375/1024*40.96 + 2*7*0.3",
            "102.94",
        )
        .beside(
            "Template",
            "AWS::EC2::LaunchTemplate",
            json!({"LaunchTemplateData": {"Monitoring": {"Enabled": true},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3", "Throughput": 500}}]}}),
        ),
        case(
            "AWS::EKS::Nodegroup",
            json!({"ScalingConfig": {"DesiredSize": 3}, "LaunchTemplate": {"Name": "nodes-dev"}}),
            "3*730*0.096 + 3*50*0.08",
            "222.24",
        )
        .beside(
            "Template",
            "AWS::EC2::LaunchTemplate",
            json!({"LaunchTemplateName": "nodes-dev", "LaunchTemplateData": {"InstanceType": "m5.large", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 50, "VolumeType": "gp3"}}]}}),
        ),
        case(
            "AWS::CodeBuild::Project",
            json!({"Environment": {"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL"}}),
            "100*0.005",
            "0.50",
        ),
    ]
}
