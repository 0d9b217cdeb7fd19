//! Which resources of a type belong to a resource of another type: routes to their route table, a bucket's policy to the
//! bucket.
//!
//! A type belongs to another one of the same service if a property that it requires, that identifies it, or with which it is
//! listed, holds an attribute of the other one: by the relationships of aws-service-spec, otherwise by the property's name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::registry::Registry;
use super::type_schema::TypeSchema;

/// A property by which a resource names its parent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParentLink {
    /// The top-level property.
    pub property: String,
    /// The property is a list, and the parent is one of its elements.
    pub is_list: bool,
    /// The parent's type.
    pub parent: String,
    /// The parent's attributes that the property may hold, the preferred one first.
    pub attributes: Vec<String>,
}

/// Properties that name a parent although the schema does not require them: of a group's rule, the group is either of two
/// optional properties.
const OPTIONAL_PARENTS: [(&str, &str); 1] = [("AWS::EC2::SecurityGroupIngress", "GroupId")];

/// A link that neither the relationships nor the names of properties show.
struct Known {
    child: &'static str,
    property: &'static str,
    parent: &'static str,
    attribute: &'static str,
}

const KNOWN: [Known; 2] = [
    Known {
        child: "AWS::ApplicationAutoScaling::ScalingPolicy",
        property: "ResourceId",
        parent: "AWS::ApplicationAutoScaling::ScalableTarget",
        attribute: "ResourceId",
    },
    Known {
        child: "AWS::Scheduler::Schedule",
        property: "GroupName",
        parent: "AWS::Scheduler::ScheduleGroup",
        attribute: "Name",
    },
];

/// Types whose resources are data, or appear by themselves: they do not come along with a parent.
const NOT_CHILDREN: [&str; 8] = [
    "AWS::Cognito::UserPoolUser",
    "AWS::Cognito::UserPoolUserToGroupAttachment",
    "AWS::DynamoDB::GlobalTable",
    "AWS::EC2::SqlHaStandbyDetectedInstance",
    "AWS::ECS::PrimaryTaskSet",
    "AWS::Glue::Partition",
    "AWS::Logs::LogStream",
    "AWS::S3::StorageLensGroup",
];

/// A child type, with the property by which its resources name their parent.
pub type ChildType = (&'static TypeSchema, ParentLink);

/// The child types of each embedded type, among the embedded types.
fn families() -> &'static BTreeMap<String, Vec<ChildType>> {
    static FAMILIES: OnceLock<BTreeMap<String, Vec<ChildType>>> = OnceLock::new();
    FAMILIES.get_or_init(|| {
        let mut families: BTreeMap<String, Vec<ChildType>> = BTreeMap::new();
        for schema in TypeSchema::all_embedded() {
            for link in embedded_links(schema) {
                families.entry(link.parent.clone()).or_default().push((schema, link.clone()));
            }
        }
        families
    })
}

/// The links of an embedded type to embedded types, found once.
fn embedded_links(schema: &TypeSchema) -> &[ParentLink] {
    schema.parents.get_or_init(|| links(&Registry::embedded(), schema))
}

impl Registry {
    /// The types whose resources belong to one of a type, each with the property that names it, sorted. A type with
    /// tags is among them only if it is listed within its parent.
    pub fn child_types(&self, schema: &TypeSchema) -> Cow<'static, [ChildType]> {
        let service = service_of(&schema.type_name);
        if !self.has_learned(service) {
            return Cow::Borrowed(families().get(&schema.type_name).map(Vec::as_slice).unwrap_or_default());
        }
        let mut names: Vec<&str> = self.type_names_of(service).collect();
        names.sort_unstable();
        let mut children = Vec::new();
        for child in names.into_iter().filter_map(|name| self.get(name)) {
            let own = self.parent_links(child).into_owned().into_iter().filter(|link| link.parent == schema.type_name);
            children.extend(own.map(|link| (child, link)));
        }
        Cow::Owned(children)
    }

    /// The properties by which resources of a type name the resources that they belong to.
    pub fn parent_links<'s>(&self, schema: &'s TypeSchema) -> Cow<'s, [ParentLink]> {
        match self.has_learned(service_of(&schema.type_name)) {
            true => Cow::Owned(links(self, schema)),
            false => Cow::Borrowed(embedded_links(schema)),
        }
    }

    /// True if a type of a service (`AWS::EC2`), to which all relatives of a type belong, was learned.
    fn has_learned(&self, service: &str) -> bool {
        self.learned().iter().any(|schema| service_of(&schema.type_name) == service)
    }
}

fn links(registry: &Registry, schema: &TypeSchema) -> Vec<ParentLink> {
    // An instance profile belongs to its role, although IAM keeps tags for it.
    let is_tagged = schema.tagging.schema_property().is_some();
    if !schema.handlers.are_provisionable() || NOT_CHILDREN.contains(&schema.type_name.as_str()) {
        return Vec::new();
    }
    let optional = OPTIONAL_PARENTS.iter().filter(|(name, _)| *name == schema.type_name);
    let optional: Vec<String> = optional.map(|(_, property)| (*property).to_owned()).collect();
    let named = schema.primary_identifier.iter().chain(&schema.list_inputs).chain(&schema.required).chain(&optional);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for property in named.filter(|name| seen.insert((*name).clone())) {
        let place = format!("/{property}");
        // What it is listed by is what it belongs to.
        let is_listed_by_others = !schema.list_inputs.is_empty() && !schema.list_inputs.contains(property);
        if property.contains('/') || schema.is_read_only(&place) || is_listed_by_others {
            continue;
        }
        if is_tagged && !schema.list_inputs.contains(property) {
            continue;
        }
        let typed = typed_links(schema, property);
        found.extend(if typed.is_empty() { named_links(registry, schema, property) } else { typed });
    }
    found.extend(KNOWN.iter().filter(|known| known.child == schema.type_name).map(|known| ParentLink {
        property: known.property.to_owned(),
        is_list: false,
        parent: known.parent.to_owned(),
        attributes: vec![known.attribute.to_owned()],
    }));
    found.retain(|link| is_same_service(&link.parent, &schema.type_name) && link.parent != schema.type_name);
    // A property that cannot change tells the parent better than one that can.
    let is_fixed = |link: &ParentLink| schema.is_create_only(&format!("/{}", link.property));
    if found.iter().any(is_fixed) {
        found.retain(is_fixed);
    }
    found.sort();
    found
}

fn typed_links(schema: &TypeSchema, property: &str) -> Vec<ParentLink> {
    let mut by_parent: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for is_list in [false, true] {
        let place = if is_list { format!("/{property}/0") } else { format!("/{property}") };
        for target in schema.references_at(&place) {
            by_parent.entry((is_list, &target.type_name)).or_default().push(target.attribute.clone());
        }
    }
    let links = by_parent.into_iter().map(|((is_list, parent), mut attributes)| {
        attributes.sort_by_key(|attribute| attribute != property);
        ParentLink { property: property.to_owned(), is_list, parent: parent.to_owned(), attributes }
    });
    links.collect()
}

/// `Queue`, `SecretId`, `WebACLArn`, `RoleName`: by the short name of a type of the same service.
fn named_links(registry: &Registry, schema: &TypeSchema, property: &str) -> Vec<ParentLink> {
    let Some((service, _)) = schema.type_name.rsplit_once("::") else { return Vec::new() };
    let attribute = |rest: &str, parent: &TypeSchema| match (rest, parent.primary_identifier.as_slice()) {
        ("" | "Id", [only]) => Some(only.clone()),
        ("Arn" | "ARN", _) => parent.arn_property.clone(),
        ("Name", _) => parent.name_property.clone(),
        _ => None,
    };
    let links = registry.type_names_of(service).filter_map(|name| {
        let rest = property.strip_prefix(name.rsplit("::").next()?)?;
        let attribute = attribute(rest, registry.get(name)?)?;
        let (parent, attributes) = (name.to_owned(), vec![attribute]);
        Some(ParentLink { property: property.to_owned(), is_list: false, parent, attributes })
    });
    links.collect()
}

fn is_same_service(one: &str, other: &str) -> bool {
    service_of(one) == service_of(other)
}

/// `AWS::EC2` of `AWS::EC2::VPC`.
fn service_of(type_name: &str) -> &str {
    type_name.rsplit_once("::").map_or("", |(service, _)| service)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn children(parent: &str) -> Vec<(&'static str, &'static str)> {
        let children = Registry::embedded().child_types(TypeSchema::embedded(parent).unwrap());
        let Cow::Borrowed(children) = children else { panic!("nothing was learned") };
        children.iter().map(|(schema, link)| (schema.type_name.as_str(), link.property.as_str())).collect()
    }

    #[track_caller]
    fn has(parent: &str, child: &str, property: &str) {
        let found = children(&format!("AWS::{parent}"));
        assert!(found.contains(&(format!("AWS::{child}").as_str(), property)), "{parent}: {found:?}");
    }

    #[test]
    fn the_common_children_are_known() {
        for (parent, child, property) in [
            ("SNS::Topic", "SNS::Subscription", "TopicArn"),
            ("SQS::Queue", "SQS::QueueInlinePolicy", "Queue"),
            ("S3::Bucket", "S3::BucketPolicy", "Bucket"),
            ("EC2::RouteTable", "EC2::Route", "RouteTableId"),
            ("EC2::RouteTable", "EC2::SubnetRouteTableAssociation", "RouteTableId"),
            ("EC2::Subnet", "EC2::SubnetRouteTableAssociation", "SubnetId"),
            ("EC2::VPC", "EC2::VPCGatewayAttachment", "VpcId"),
            ("EC2::SecurityGroup", "EC2::SecurityGroupIngress", "GroupId"),
            ("EC2::SecurityGroup", "EC2::SecurityGroupEgress", "GroupId"),
            ("KMS::Key", "KMS::Alias", "TargetKeyId"),
            ("Lambda::Function", "Lambda::Permission", "FunctionName"),
            ("Lambda::Function", "Lambda::Url", "TargetFunctionArn"),
            ("Lambda::Function", "Lambda::EventInvokeConfig", "FunctionName"),
            ("ApiGateway::RestApi", "ApiGateway::Resource", "RestApiId"),
            ("ApiGateway::Resource", "ApiGateway::Method", "ResourceId"),
            ("ApiGateway::RestApi", "ApiGateway::Method", "RestApiId"),
            ("ApiGateway::RestApi", "ApiGateway::Deployment", "RestApiId"),
            ("ApiGateway::RestApi", "ApiGateway::Stage", "RestApiId"),
            ("ApiGatewayV2::Api", "ApiGatewayV2::Integration", "ApiId"),
            ("ApiGatewayV2::Api", "ApiGatewayV2::Route", "ApiId"),
            ("Cognito::UserPool", "Cognito::UserPoolClient", "UserPoolId"),
            ("Cognito::UserPool", "Cognito::UserPoolDomain", "UserPoolId"),
            ("Cognito::UserPool", "Cognito::UserPoolGroup", "UserPoolId"),
            ("IAM::Role", "IAM::InstanceProfile", "Roles"),
            ("IAM::Role", "IAM::RolePolicy", "RoleName"),
            ("EFS::FileSystem", "EFS::MountTarget", "FileSystemId"),
            ("ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule", "ListenerArn"),
            ("Logs::LogGroup", "Logs::MetricFilter", "LogGroupName"),
        ] {
            has(parent, child, property);
        }
    }

    #[test]
    fn a_mere_reference_makes_no_child() {
        assert!(!children("AWS::SQS::Queue").iter().any(|(child, _)| *child == "AWS::SNS::Subscription"));
        assert!(!children("AWS::IAM::Role").iter().any(|(child, _)| *child == "AWS::Lambda::Permission"));
        let group = children("AWS::EC2::SecurityGroup");
        assert!(!group.iter().any(|(_, property)| *property == "SourceSecurityGroupId"), "{group:?}");
        assert!(!children("AWS::Logs::LogGroup").iter().any(|(child, _)| *child == "AWS::Logs::LogStream"));
        // With tags of its own, and listed without the key.
        assert!(!children("AWS::KMS::Key").iter().any(|(child, _)| *child == "AWS::SNS::Topic"));
    }

    #[test]
    fn every_exception_names_a_type() {
        for name in NOT_CHILDREN.iter().chain(OPTIONAL_PARENTS.iter().map(|(name, _)| name)) {
            assert!(Registry::embedded().contains(name), "{name}");
        }
    }
}
