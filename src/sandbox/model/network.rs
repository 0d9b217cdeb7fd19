//! Amazon VPC: networks, subnets and security groups.

use serde_json::{Value, json};

use super::{Draft, Exact, HandlerFailure, Place, Random};

pub(super) fn exact(resource: &str) -> Option<Exact> {
    match resource {
        "VPC" => Some(vpc),
        "Subnet" => Some(subnet),
        "SecurityGroup" => Some(security_group),
        "VPCGatewayAttachment" => Some(gateway_attachment),
        "KeyPair" => Some(key_pair),
        _ => None,
    }
}

/// An id such as `vpc-0123456789abcdef0`.
fn id(random: &Random, prefix: &str) -> String {
    format!("{prefix}-0{}", random.hex(prefix, 16))
}

fn vpc(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let new = |prefix: &str| id(&draft.random, prefix);
    let (vpc, association) = (new("vpc"), new("vpc-cidr-assoc"));
    let (acl, group) = (new("acl"), new("sg"));
    draft.defaults([
        ("VpcId", json!(vpc)),
        ("CidrBlockAssociations", json!([association])),
        ("DefaultNetworkAcl", json!(acl)),
        ("DefaultSecurityGroup", json!(group)),
        ("EnableDnsHostnames", json!(false)),
        ("EnableDnsSupport", json!(true)),
        ("InstanceTenancy", json!("default")),
        ("Ipv6CidrBlocks", json!([])),
    ]);
    Ok(())
}

fn subnet(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let (subnet, association) = (id(&draft.random, "subnet"), id(&draft.random, "aclassoc"));
    let zone = format!("{}a", draft.place.region);
    draft.defaults([
        ("SubnetId", json!(subnet)),
        ("AssignIpv6AddressOnCreation", json!(false)),
        ("AvailabilityZone", json!(zone)),
        ("BlockPublicAccessStates", json!({"InternetGatewayBlockMode": "off"})),
        ("EnableDns64", json!(false)),
        ("Ipv6Native", json!(false)),
        ("MapPublicIpOnLaunch", json!(false)),
        ("NetworkAclAssociationId", json!(association)),
        (
            "PrivateDnsNameOptionsOnLaunch",
            json!({
                "EnableResourceNameDnsAAAARecord": false,
                "EnableResourceNameDnsARecord": false,
                "HostnameType": "ip-name",
            }),
        ),
    ]);
    Ok(())
}

/// The id of the default VPC of an account and region.
fn default_vpc(place: &Place<'_>) -> String {
    id(&Random::new(&["default VPC", place.account, place.region]), "vpc")
}

fn security_group(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    draft.name("GroupName", "");
    let vpc = default_vpc(draft.place);
    draft.default("VpcId", vpc);
    let group = id(&draft.random, "sg");
    draft.default("GroupId", group);
    let group = draft.text("GroupId").to_owned();
    draft.set("Id", group);
    draft.defaults([
        ("SecurityGroupEgress", json!([{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1", "FromPort": -1, "ToPort": -1}])),
        ("SecurityGroupIngress", json!([])),
    ]);
    for list in ["SecurityGroupEgress", "SecurityGroupIngress"] {
        let rules = draft.model.get_mut(list).and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
            // "All traffic" is returned with explicit ports.
            if rule.get("IpProtocol").is_some_and(|protocol| protocol == "-1") {
                rule.entry("FromPort").or_insert(json!(-1));
                rule.entry("ToPort").or_insert(json!(-1));
            }
        }
    }
    Ok(())
}

fn gateway_attachment(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let kind = if draft.has("VpnGatewayId") { "VGW" } else { "IGW" };
    draft.set("AttachmentType", kind);
    Ok(())
}

/// The fingerprint of an AWS-generated RSA key is a SHA-1 digest in pairs of hex digits, that of an ED25519 key
/// a SHA-256 digest in base64.
fn key_pair(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let pair = id(&draft.random, "key");
    draft.defaults([("KeyPairId", json!(pair)), ("KeyType", json!("rsa"))]);
    let fingerprint = if draft.text("KeyType") == "ed25519" {
        format!("{}=", draft.random.mixed("fingerprint", 43))
    } else {
        let pairs: Vec<String> = (0..20).map(|pair| draft.random.hex(&format!("fingerprint {pair}"), 2)).collect();
        pairs.join(":")
    };
    draft.default("KeyFingerprint", fingerprint);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn ids_have_17_hexadecimal_digits() {
        let vpc = built("AWS::EC2::VPC", &json!({"CidrBlock": "10.0.0.0/16"}));
        assert!(vpc.identifier.starts_with("vpc-0"));
        assert_eq!(vpc.identifier.len(), "vpc-".len() + 17);
        let arn = format!("arn:aws:ec2:us-east-1:111111111111:vpc/{}", vpc.identifier);
        assert_eq!(vpc.arn, Some(arn));
    }

    #[test]
    fn an_attachment_is_named_after_the_kind_of_its_gateway() {
        let attached = |gateway: &str| {
            built("AWS::EC2::VPCGatewayAttachment", &json!({"VpcId": "vpc-1", gateway: "x"})).identifier
        };
        assert_eq!(attached("InternetGatewayId"), "IGW|vpc-1");
        assert_eq!(attached("VpnGatewayId"), "VGW|vpc-1");
    }

    #[test]
    fn a_keys_fingerprint_follows_its_type() {
        let rsa = built("AWS::EC2::KeyPair", &json!({"KeyName": "k"})).properties;
        assert_eq!(rsa["KeyFingerprint"].as_str().unwrap().split(':').count(), 20, "{rsa}");
        let ed25519 = built("AWS::EC2::KeyPair", &json!({"KeyName": "k", "KeyType": "ed25519"})).properties;
        assert_eq!(ed25519["KeyFingerprint"].as_str().unwrap().len(), 44, "{ed25519}");
    }

    #[test]
    fn a_group_allows_all_egress_by_default() {
        let group = built("AWS::EC2::SecurityGroup", &json!({"GroupDescription": "web"}));
        assert!(group.identifier.starts_with("sg-0"), "{}", group.identifier);
        assert_eq!(group.properties["SecurityGroupEgress"][0]["ToPort"], -1);
        assert_eq!(group.properties["SecurityGroupIngress"], json!([]));
    }

    #[test]
    fn a_group_without_a_vpc_is_in_the_default_one_of_the_account() {
        let in_default = |name: &str| {
            let group = built("AWS::EC2::SecurityGroup", &json!({"GroupName": name, "GroupDescription": "web"}));
            group.properties["VpcId"].as_str().unwrap().to_owned()
        };
        assert!(in_default("a").starts_with("vpc-0"));
        assert_eq!(in_default("a"), in_default("b"));
        let stated = json!({"GroupDescription": "web", "VpcId": "vpc-1"});
        assert_eq!(built("AWS::EC2::SecurityGroup", &stated).properties["VpcId"], "vpc-1");
    }
}
