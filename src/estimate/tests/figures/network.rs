//! Networks, load balancers, name service and content delivery.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        // 10 GB are assumed; the address is billed on the Elastic IP.
        case("AWS::EC2::NatGateway", json!({"SubnetId": {"Ref": "S"}}), "730*0.045 + 10*0.045", "33.30"),
        case("AWS::EC2::EIP", json!({"Domain": "vpc"}), "730*0.005", "3.65"),
        case(
            "AWS::EC2::VPCEndpoint",
            json!({"VpcEndpointType": "Interface", "SubnetIds": [{"Ref": "A"}, {"Ref": "B"}]}),
            "2*730*0.01 + 10*0.01",
            "14.70",
        ),
        case("AWS::EC2::TransitGatewayAttachment", json!({}), "730*0.05 + 10*0.02", "36.70"),
        // Three subnets are assumed where the list is not known.
        case(
            "AWS::EC2::VPCEndpoint",
            json!({"VpcEndpointType": "Interface", "SubnetIds": {"Ref": "Subnets"}}),
            "3*730*0.01 + 10*0.01",
            "22.00",
        ),
        case(
            "AWS::EC2::VPCEndpoint",
            json!({"VpcEndpointType": "GatewayLoadBalancer", "SubnetIds": [{"Ref": "A"}]}),
            "730*0.01",
            "7.30",
        ),
        case("AWS::EC2::TransitGatewayVpcAttachment", json!({}), "730*0.05 + 10*0.02", "36.70"),
        case("AWS::EC2::VPNConnection", json!({"VpnGatewayId": {"Ref": "G"}}), "730*0.05", "36.50"),
        case("AWS::EC2::VPNConnection", json!({"TransitGatewayId": {"Ref": "G"}}), "730*0.05 + 730*0.05", "73.00"),
        case("AWS::EC2::FlowLog", json!({}), "1*0.50", "0.50"),
        // A tenth of a capacity unit, and an address in each of two subnets.
        case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"Subnets": ["a", "b"]}),
            "730*0.0225 + 0.1*730*0.008 + 2*730*0.005",
            "24.31",
        ),
        case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"Type": "network", "Scheme": "internal", "Subnets": ["a", "b"]}),
            "730*0.0225 + 0.1*730*0.006",
            "16.86",
        ),
        case(
            "AWS::ElasticLoadBalancing::LoadBalancer",
            json!({"Scheme": "internal", "Subnets": ["a"]}),
            "730*0.025 + 10*0.008",
            "18.33",
        ),
        // Three subnets are assumed where the list is not known.
        case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"Subnets": {"Ref": "Subnets"}}),
            "730*0.0225 + 0.1*730*0.008 + 3*730*0.005",
            "27.96",
        ),
        case("AWS::ElasticLoadBalancing::LoadBalancer", json!({}), "730*0.025 + 10*0.008 + 3*730*0.005", "29.28"),
        // The namespace has a hosted zone; only the public one is billed for a million queries.
        case("AWS::ServiceDiscovery::PrivateDnsNamespace", json!({"Name": "a", "Vpc": "v"}), "0.50", "0.50"),
        case("AWS::ServiceDiscovery::PublicDnsNamespace", json!({"Name": "a.b"}), "0.50 + 1000000*0.0000004", "0.90"),
        // A million queries.
        case("AWS::Route53::HostedZone", json!({"Name": "example.com"}), "0.50 + 1000000*0.0000004", "0.90"),
        // Outside AWS, at one and a half times the price.
        case("AWS::Route53::HealthCheck", json!({"HealthCheckConfig": {"Type": "TCP"}}), "1.5*0.50", "0.75"),
        case(
            "AWS::Route53Resolver::ResolverEndpoint",
            json!({"IpAddresses": [{"SubnetId": "a"}, {"SubnetId": "b"}, {"SubnetId": "c"}]}),
            "3*730*0.125",
            "273.75",
        ),
        case("AWS::GlobalAccelerator::Accelerator", json!({"Name": "a"}), "730*0.025", "18.25"),
        case("AWS::CloudFront::Distribution", json!({}), "10*0.085 + 100000*0.000001", "0.95"),
        // The address of the first subnet is an Elastic IP, which is billed itself.
        case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"Type": "network", "SubnetMappings": [{"SubnetId": "a", "AllocationId": "eipalloc-1"}, {"SubnetId": "b"}]}),
            "730*0.0225 + 0.1*730*0.006 + 730*0.005",
            "20.51",
        ),
        case(
            "AWS::NetworkFirewall::Firewall",
            json!({"SubnetMappings": [{"SubnetId": "a"}, {"SubnetId": "b"}]}),
            "2*730*0.395",
            "576.70",
        )
        .using(&[("data_gb", "0")]),
        case("AWS::Transfer::Server", json!({"Protocols": ["SFTP", "FTPS"]}), "2*730*0.30", "438.00"),
        case(
            "AWS::WAFv2::WebACL",
            json!({"Scope": "REGIONAL", "Rules": [{}, {}, {}, {}, {}]}),
            "5 + 5*1 + 1000000*0.0000006",
            "10.60",
        ),
    ]
}
