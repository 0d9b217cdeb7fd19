//! Children that AWS makes itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compare::separate;
use crate::domain::audit::is_service_owned;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::schema::TypeSchema;

/// True for a resource that AWS makes with its parent, or that the parent's own configuration contains: it must not be
/// created a second time. `live` are the resources of the same environment that were read.
pub(super) fn is_service_made(
    schema: &TypeSchema,
    child: &LiveResource,
    parent: Option<&LiveResource>,
    live: &BTreeMap<ResourceRef, LiveResource>,
) -> bool {
    let text = |name: &str| child.properties.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_special = match schema.type_name.as_str() {
        // A route within the VPC, and those of a gateway endpoint.
        "AWS::EC2::Route" => text("GatewayId") == "local" || text("GatewayId").starts_with("vpce-"),
        // That of the main route table, which applies to all other subnets.
        "AWS::EC2::SubnetRouteTableAssociation" => text("SubnetId").is_empty(),
        "AWS::EC2::SubnetNetworkAclAssociation" => live
            .values()
            .filter(|one| one.resource.type_name == "AWS::EC2::VPC")
            .any(|vpc| vpc.properties.get("DefaultNetworkAcl") == child.properties.get("NetworkAclId")),
        // The root of an API.
        "AWS::ApiGateway::Resource" => text("ParentId").is_empty(),
        "AWS::ApiGateway::Model" => matches!(text("Name"), "Empty" | "Error"),
        "AWS::ApiGatewayV2::Deployment" => text("Description").starts_with("Automatic deployment"),
        "AWS::Lambda::Version" => text("Version") == "$LATEST",
        _ => false,
    };
    is_special
        || is_service_owned(&child.resource, child.arn.as_deref())
        || parent.is_some_and(|parent| separate::is_within(&schema.type_name, &child.properties, &parent.properties))
}

/// The children of a type that the parent's own configuration contains, and with which they come along; `None` if a parent
/// does not contain children of the type.
pub(super) fn inline_children(schema: &TypeSchema, parent: &LiveResource) -> Option<Vec<ResourceRef>> {
    match schema.type_name.as_str() {
        "AWS::IAM::GroupPolicy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" => {
            let policies = parent.properties.get("Policies").and_then(Value::as_array);
            let names = policies.into_iter().flatten().filter_map(|policy| policy.get("PolicyName")?.as_str());
            let identifier = |name: &str| format!("{name}|{}", parent.resource.identifier);
            Some(names.map(|name| ResourceRef::new(&schema.type_name, identifier(name))).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::tags::Tags;
    use crate::schema::Registry;

    fn live(type_name: &str, properties: Value) -> LiveResource {
        LiveResource { resource: ResourceRef::new(type_name, "x"), properties, tags: Tags::new(), arn: None }
    }

    fn is_made(type_name: &str, properties: Value, parent: Option<Value>) -> bool {
        let parent = parent.map(|properties| live("AWS::EC2::SecurityGroup", properties));
        let schema = Registry::embedded().get(type_name).unwrap();
        is_service_made(schema, &live(type_name, properties), parent.as_ref(), &BTreeMap::new())
    }

    #[test]
    fn what_aws_makes_with_the_parent_is_no_child() {
        assert!(is_made("AWS::EC2::Route", json!({"GatewayId": "local"}), None));
        assert!(!is_made("AWS::EC2::Route", json!({"GatewayId": "igw-1"}), None));
        assert!(is_made("AWS::EC2::SubnetRouteTableAssociation", json!({"RouteTableId": "rtb-1"}), None));
        assert!(is_made("AWS::ApiGateway::Resource", json!({"RestApiId": "a"}), None));
        assert!(!is_made("AWS::ApiGateway::Resource", json!({"RestApiId": "a", "ParentId": "b"}), None));
        let acl = live("AWS::EC2::VPC", json!({"DefaultNetworkAcl": "acl-1"}));
        let known = BTreeMap::from([(acl.resource.clone(), acl)]);
        let schema = Registry::embedded().get("AWS::EC2::SubnetNetworkAclAssociation").unwrap();
        let of = |acl: &str| live(&schema.type_name, json!({"NetworkAclId": acl, "SubnetId": "subnet-1"}));
        assert!(is_service_made(schema, &of("acl-1"), None, &known));
        assert!(!is_service_made(schema, &of("acl-2"), None, &known));
    }

    #[test]
    fn a_rule_that_the_group_contains_is_no_child() {
        let rule = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        let group = json!({"SecurityGroupIngress": [rule]});
        let ingress = "AWS::EC2::SecurityGroupIngress";
        let separate = json!({"Id": "sgr-1", "GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        assert!(is_made(ingress, separate.clone(), Some(group)));
        assert!(!is_made(ingress, separate, Some(json!({"SecurityGroupIngress": []}))));
        let all =
            json!({"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "FromPort": -1, "ToPort": -1}]});
        assert!(is_made(
            "AWS::EC2::SecurityGroupEgress",
            json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
            Some(all)
        ));
    }

    #[test]
    fn inline_policies_come_along_with_their_role() {
        let role = LiveResource {
            resource: ResourceRef::new("AWS::IAM::Role", "app-dev"),
            ..live("", json!({"Policies": [{"PolicyName": "read"}]}))
        };
        let schema = Registry::embedded().get("AWS::IAM::RolePolicy").unwrap();
        let expected = ResourceRef::new("AWS::IAM::RolePolicy", "read|app-dev");
        assert_eq!(inline_children(schema, &role), Some(vec![expected]));
        assert_eq!(inline_children(Registry::embedded().get("AWS::Cognito::UserPoolDomain").unwrap(), &role), None);
    }
}
