//! Networks, load balancers and distributions.

use core::net::IpAddr;

use serde_json::Value;

use super::{Facts, Rules};
use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::EC2::VPC" => |facts| block(facts, "/CidrBlock", Some((16, 28))),
        "AWS::EC2::Subnet" => |facts| block(facts, "/CidrBlock", Some((16, 28))),
        "AWS::EC2::SecurityGroup" => security_group,
        "AWS::EC2::SecurityGroupIngress" => |facts| rule(facts, "", &INGRESS),
        "AWS::EC2::SecurityGroupEgress" => |facts| rule(facts, "", &EGRESS),
        "AWS::EC2::Route" => route,
        "AWS::EC2::NatGateway" => nat_gateway,
        "AWS::EC2::VPCEndpoint" => endpoint,
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => balancer,
        "AWS::ElasticLoadBalancingV2::Listener" => listener,
        "AWS::ElasticLoadBalancingV2::TargetGroup" => targets,
        "AWS::CloudFront::Distribution" => distribution,
        _ => return None,
    })
}

/// The address and the length of a CIDR block.
pub(super) fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (length <= most).then_some((address, length))
}

/// Checks a CIDR block and its length.
fn block(facts: &mut Facts<'_>, at: &str, lengths: Option<(u8, u8)>) {
    let Some(text) = facts.text(at) else { return };
    match (parse(text), lengths) {
        (None, _) => facts.malformed(
            at,
            format!("has `{text}`, which is not a CIDR block"),
            "write an address and a length, such as `10.0.0.0/16`",
        ),
        (Some((_, length)), Some((least, most))) if !(least..=most).contains(&length) => {
            facts.malformed(at, format!("has a block of the length /{length}"), "the length is between /16 and /28");
        }
        _ => {}
    }
}

const INGRESS: [&str; 6] = [
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
];
const EGRESS: [&str; 4] = ["CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"];

fn security_group(facts: &mut Facts<'_>) {
    for (list, sources) in [("/SecurityGroupIngress", &INGRESS[..]), ("/SecurityGroupEgress", &EGRESS[..])] {
        for (at, _) in facts.elements(list) {
            rule(facts, &at, sources);
        }
    }
}

fn rule(facts: &mut Facts<'_>, at: &str, sources: &[&str]) {
    let place = |name: &str| pointer::join(at, name);
    let places: Vec<String> = sources.iter().map(|name| place(name)).collect();
    // For the rules within a group, the schema says so.
    if at.is_empty() && places.iter().all(|at| facts.lacks(at)) {
        facts.contradiction(
            at,
            "has a rule without a source or destination",
            "set CidrIp, or another security group or prefix list",
        );
    }
    for name in ["CidrIp", "CidrIpv6"] {
        block(facts, &place(name), None);
    }
    let (from, to) = (place("FromPort"), place("ToPort"));
    if matches!(facts.text(&place("IpProtocol")), Some("tcp" | "udp" | "6" | "17")) {
        if facts.lacks(&from) || facts.lacks(&to) {
            facts.contradiction(at, "has a rule for TCP or UDP without ports", "set FromPort and ToPort");
        }
        if let (Some(first), Some(last)) = (facts.number(&from), facts.number(&to))
            && first > last
        {
            facts.contradiction(
                &from,
                format!("has a rule from port {first} to port {last}"),
                "FromPort must not exceed ToPort",
            );
        }
    }
}

fn route(facts: &mut Facts<'_>) {
    facts.need_one(
        &["/DestinationCidrBlock", "/DestinationIpv6CidrBlock", "/DestinationPrefixListId"],
        "set DestinationCidrBlock",
    );
    let to = [
        "/CarrierGatewayId",
        "/CoreNetworkArn",
        "/EgressOnlyInternetGatewayId",
        "/GatewayId",
        "/InstanceId",
        "/LocalGatewayId",
        "/NatGatewayId",
        "/NetworkInterfaceId",
        "/TransitGatewayId",
        "/VpcEndpointId",
        "/VpcPeeringConnectionId",
        "/OdbNetworkArn",
    ];
    facts.need_one(&to, "set what the route leads to, such as GatewayId or NatGatewayId");
    facts.only_one(&to, "a route leads to one target: remove the others");
    block(facts, "/DestinationCidrBlock", None);
}

fn nat_gateway(facts: &mut Facts<'_>) {
    if facts.is("/ConnectivityType", "private") {
        facts.exclude("/AllocationId", "its ConnectivityType is private", "remove it");
    } else if (facts.lacks("/ConnectivityType") || facts.is("/ConnectivityType", "public"))
        && facts.lacks("/AvailabilityMode")
    {
        facts.need("/AllocationId", "it is public", "add an AWS::EC2::EIP and refer to its AllocationId");
    }
}

fn endpoint(facts: &mut Facts<'_>) {
    if facts.is("/VpcEndpointType", "Interface") {
        facts.exclude(
            "/RouteTableIds",
            "it is an interface endpoint",
            "remove it: only gateway endpoints have route tables",
        );
    } else if facts.lacks("/VpcEndpointType") || facts.is("/VpcEndpointType", "Gateway") {
        for at in ["/SubnetIds", "/SecurityGroupIds"] {
            facts.exclude(at, "it is a gateway endpoint", "set `VpcEndpointType: Interface`");
        }
        if facts.is_true("/PrivateDnsEnabled") {
            facts.contradiction(
                "/PrivateDnsEnabled",
                "has private DNS as a gateway endpoint",
                "set `VpcEndpointType: Interface`",
            );
        }
    }
}

fn balancer(facts: &mut Facts<'_>) {
    facts.only_one(&["/Subnets", "/SubnetMappings"], "remove one of them");
    let is_application = facts.lacks("/Type") || facts.is("/Type", "application");
    for at in ["/Subnets", "/SubnetMappings"] {
        let list = facts.get(at).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // Another function may be a list of subnets.
        let is_one =
            |value: &Value| !is_intrinsic(value) || value.get("Ref").is_some() || value.get("Fn::GetAtt").is_some();
        if is_application && list.len() == 1 && list.iter().all(is_one) {
            facts.contradiction(
                at,
                "is an Application Load Balancer in one subnet",
                "name subnets of at least two Availability Zones",
            );
        }
    }
    if facts.is("/Type", "gateway") {
        facts.exclude("/SecurityGroups", "it is a Gateway Load Balancer", "remove it");
    }
}

fn listener(facts: &mut Facts<'_>) {
    if let Some(protocol @ ("HTTPS" | "TLS")) = facts.text("/Protocol") {
        let why = format!("its protocol is {protocol}");
        facts.need("/Certificates", &why, "name a certificate of ACM: `Certificates: [{CertificateArn: …}]`");
    }
    for (at, _) in facts.elements("/DefaultActions") {
        let place = |name: &str| pointer::join(&at, name);
        let needed: &[&str] = match facts.text(&place("Type")) {
            Some("forward") => &["TargetGroupArn", "ForwardConfig"],
            Some("redirect") => &["RedirectConfig"],
            Some("fixed-response") => &["FixedResponseConfig"],
            _ => continue,
        };
        if needed.iter().all(|name| facts.lacks(&place(name))) {
            facts.contradiction(&at, format!("has an action without {}", needed.join(" or ")), "add it");
        }
    }
}

fn targets(facts: &mut Facts<'_>) {
    let hint = "set Port, Protocol and VpcId, or `TargetType: lambda`";
    if facts.is("/TargetType", "lambda") {
        for at in ["/Port", "/VpcId"] {
            facts.exclude(at, "its target is a function", "remove it");
        }
    } else if facts.lacks("/TargetType") || facts.text("/TargetType").is_some() {
        for at in ["/Port", "/Protocol", "/VpcId"] {
            facts.need(at, "its targets are not functions", hint);
        }
    }
}

fn distribution(facts: &mut Facts<'_>) {
    let config = "/DistributionConfig";
    let place = |name: &str| pointer::join(config, name);
    let (origins, groups) =
        (facts.elements(&place("Origins")), facts.elements(&pointer::join(&place("OriginGroups"), "Items")));
    let ids: Vec<Option<&str>> =
        origins.iter().chain(&groups).map(|(at, _)| facts.text(&pointer::join(at, "Id"))).collect();
    let are_known = facts.count(&place("Origins")) == Some(origins.len())
        && !(facts.has(&place("OriginGroups")) && groups.is_empty())
        && ids.iter().all(Option::is_some);
    let behaviors = facts.elements(&place("CacheBehaviors")).into_iter().map(|(at, _)| at);
    for at in std::iter::once(place("DefaultCacheBehavior")).chain(behaviors) {
        let at = pointer::join(&at, "TargetOriginId");
        if let Some(id) = facts.text(&at)
            && are_known
            && !ids.contains(&Some(id))
        {
            facts.contradiction(
                &at,
                format!("names the origin `{id}`, which Origins lacks"),
                "use the Id of an origin",
            );
        }
    }
    facts.unique(&place("Origins"), "Id", "give each origin its own Id");
    for (at, _) in &origins {
        let kinds = ["S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig"].map(|name| pointer::join(at, name));
        if kinds.iter().all(|at| facts.lacks(at)) {
            facts.contradiction(
                at,
                "has an origin without a configuration",
                "set S3OriginConfig or CustomOriginConfig",
            );
        }
    }
    let has_aliases = facts.get(&place("Aliases")).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let certificate = place("ViewerCertificate");
    if has_aliases
        && (facts.lacks(&certificate) || facts.is_true(&pointer::join(&certificate, "CloudFrontDefaultCertificate")))
    {
        let hint = "set AcmCertificateArn to a certificate of us-east-1 that has these names";
        facts.contradiction(&place("Aliases"), "has aliases, but no certificate of its own", hint);
    }
}
