//! General rules for types without their own: identifiers, the ARN, and read-only values by
//! their names and schema types.

use serde_json::{Value, json};

use super::super::identity::partition;
use super::{Draft, exact};
use crate::schema;

/// The prefixes of ids that have one; the id itself is then 17 hexadecimal digits.
const PREFIXES: [(&str, &str); 36] = [
    ("AccessPointId", "fsap-"),
    ("AllocationId", "eipalloc-"),
    ("AssociationId", "rtbassoc-"),
    ("CapacityReservationId", "cr-"),
    ("CarrierGatewayId", "cagw-"),
    ("CustomerGatewayId", "cgw-"),
    ("DhcpOptionsId", "dopt-"),
    ("EgressOnlyInternetGatewayId", "eigw-"),
    ("FileSystemId", "fs-"),
    ("FlowLogId", "fl-"),
    ("GroupId", "sg-"),
    ("InstanceId", "i-"),
    ("InternetGatewayId", "igw-"),
    ("IpamId", "ipam-"),
    ("IpamPoolId", "ipam-pool-"),
    ("KeyPairId", "key-"),
    ("LaunchTemplateId", "lt-"),
    ("MountTargetId", "fsmt-"),
    ("NatGatewayId", "nat-"),
    ("NetworkAclId", "acl-"),
    ("NetworkInsightsPathId", "nip-"),
    ("NetworkInterfaceId", "eni-"),
    ("PrefixListId", "pl-"),
    ("RouteTableId", "rtb-"),
    ("SecurityGroupRuleId", "sgr-"),
    ("SubnetId", "subnet-"),
    ("TrafficMirrorTargetId", "tmt-"),
    ("TransitGatewayAttachmentId", "tgw-attach-"),
    ("TransitGatewayId", "tgw-"),
    ("TransitGatewayRouteTableId", "tgw-rtb-"),
    ("VPNConnectionId", "vpn-"),
    ("VPNGatewayId", "vgw-"),
    ("VolumeId", "vol-"),
    ("VpcEndpointId", "vpce-"),
    ("VpcId", "vpc-"),
    ("VpcPeeringConnectionId", "pcx-"),
];

/// Completes what is still missing.
pub(super) fn fill(draft: &mut Draft<'_>) {
    let schema = draft.schema;
    name(draft);
    exact::fill(draft);
    let own_arn = schema.arn_property.as_deref();
    for name in &schema.primary_identifier {
        let is_arn = own_arn == Some(name.as_str()) || name.ends_with("Arn") || name.ends_with("ARN");
        if !is_arn && !present(draft, name) {
            let id = identifier(draft, name);
            put(draft, name, id.into());
        }
    }
    if let Some(property) = own_arn
        && !draft.has(property)
    {
        let arn = arn(draft);
        draft.set(property, arn);
    }
    for name in &schema.primary_identifier {
        if !present(draft, name) {
            let arn = arn(draft);
            put(draft, name, arn.into());
        }
    }
    read_only(draft);
}

/// Generates the name where it identifies the resource or is part of its ARN.
fn name(draft: &mut Draft<'_>) {
    let schema = draft.schema;
    let Some(property) = &schema.name_property else {
        return;
    };
    let is_needed = schema.primary_identifier.contains(property)
        || schema.arn_template.as_ref().is_some_and(|template| template.contains(&format!("${{{property}}}")));
    if is_needed && !schema.is_read_only(&format!("/{property}")) {
        draft.name(property, "");
    }
}

/// True when a property, possibly a nested one (`A/B`), has a value.
fn present(draft: &Draft<'_>, path: &str) -> bool {
    let mut tokens = path.split('/');
    let head = tokens.next().and_then(|head| draft.model.get(head));
    tokens.fold(head, |value, token| value.and_then(|value| value.get(token))).is_some_and(|value| !value.is_null())
}

/// Sets a property, possibly a nested one (`A/B`).
fn put(draft: &mut Draft<'_>, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('/') else {
        draft.set(path, value);
        return;
    };
    let mut at = draft.model.entry(head.to_owned()).or_insert_with(|| json!({}));
    for token in rest.split('/') {
        if !at.is_object() {
            return;
        }
        at = &mut at[token];
    }
    *at = value;
}

/// Generates an id for an identifying property that was not given.
fn identifier(draft: &Draft<'_>, property: &str) -> String {
    let type_name = draft.schema.type_name.as_str();
    let random = &draft.random;
    let last = property.rsplit('/').next().unwrap_or(property);
    let fixed = match (type_name, last) {
        ("AWS::CloudFront::Distribution", _) => Some(format!("E{}", random.upper(last, 13))),
        ("AWS::Route53::HostedZone", _) => Some(format!("Z{}", random.upper(last, 20))),
        ("AWS::Cognito::UserPoolClient", "ClientId") => Some(random.lower(last, 26)),
        ("AWS::EC2::VPCEndpoint", "Id") => Some(format!("vpce-0{}", random.hex(last, 16))),
        ("AWS::EKS::Nodegroup", "Id") => Some(format!("{}/{}", draft.text("ClusterName"), draft.text("NodegroupName"))),
        ("AWS::KMS::ReplicaKey", _) => Some(format!("mrk-{}", random.hex(last, 32))),
        (_, "AwsAccountId" | "AccountId") => Some(draft.place.account.to_owned()),
        ("AWS::EC2::PrefixList", _) => Some(format!("pl-0{}", random.hex(last, 16))),
        _ => None,
    };
    if let Some(fixed) = fixed {
        return fixed;
    }
    if type_name.starts_with("AWS::ApiGateway") {
        return random.lower(last, 10);
    }
    let prefix = PREFIXES.iter().find(|(name, _)| {
        *name == last && (type_name.starts_with("AWS::EC2::") || type_name.starts_with("AWS::EFS::"))
    });
    if let Some((_, prefix)) = prefix {
        return format!("{prefix}0{}", random.hex(last, 16));
    }
    if last.ends_with("Name") {
        let kind = type_name.rsplit("::").next().unwrap_or_default().to_ascii_lowercase();
        return format!("{kind}-{}", random.lower(last, 12));
    }
    if type_name.starts_with("AWS::EC2::") {
        let kind = type_name.rsplit("::").next().unwrap_or_default().to_ascii_lowercase();
        return format!("{kind}-0{}", random.hex(last, 16));
    }
    random.uuid(last)
}

/// The resource's own ARN: from its identifier where that is sufficient, else from the ARN template with
/// generated parts.
fn arn(draft: &Draft<'_>) -> String {
    let schema = draft.schema;
    let place = draft.place;
    let model = Value::Object(draft.model.clone());
    if let Some(identifier) = schema.identifier_of(&model) {
        let known = schema::arn_of(schema, &identifier, &model, place.account, place.region);
        if let Some(arn) = known {
            return arn;
        }
    }
    match &schema.arn_template {
        Some(template) => from_template(draft, template),
        None => {
            let mut parts = schema.type_name.split("::").skip(1);
            let service = parts.next().unwrap_or_default().to_ascii_lowercase();
            let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
            draft.arn(&service, &format!("{kind}/{}", own_name(draft)))
        }
    }
}

fn from_template(draft: &Draft<'_>, template: &str) -> String {
    let place = draft.place;
    let mut arn = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        arn.push_str(&rest[..start]);
        let tail = &rest[start + 2..];
        let Some(end) = tail.find('}') else { break };
        // A mark after the name restricts its characters; `#` means digits only.
        let is_number = tail[..end].ends_with('#');
        match tail[..end].trim_end_matches(['/', ':', '#', '!']) {
            "Partition" => arn.push_str(partition(place.region)),
            "Region" => arn.push_str(place.region),
            "Account" => arn.push_str(place.account),
            name => match draft.model.get(name) {
                Some(Value::String(text)) => arn.push_str(last_of_arn(text)),
                Some(Value::Number(number)) => arn.push_str(&number.to_string()),
                _ if is_number => arn.push_str(&place.revision.to_string()),
                _ if name.ends_with("Name") => arn.push_str(&own_name(draft)),
                _ => arn.push_str(&draft.random.hex(name, 16)),
            },
        }
        rest = &tail[end + 1..];
    }
    arn + rest
}

/// The name in an ARN; other texts stay as they are.
fn last_of_arn(text: &str) -> &str {
    match text.strip_prefix("arn:") {
        Some(rest) => rest.rsplit(['/', ':']).next().unwrap_or(rest),
        None => text,
    }
}

/// The user's name for the resource, else a generated one.
fn own_name(draft: &Draft<'_>) -> String {
    let given = draft.schema.name_property.as_deref().map(|name| draft.text(name));
    match given {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => draft.random.lower("own name", 16),
    }
}

/// Sets top-level read-only values whose names determine their content. Others are omitted: a
/// missing value is better than a wrong one.
fn read_only(draft: &mut Draft<'_>) {
    let names: Vec<String> = draft
        .schema
        .read_only
        .iter()
        .filter(|path| path.is_top_level())
        .filter_map(|path| path.head().map(str::to_owned))
        .filter(|name| !draft.has(name) && !exact::is_suppressed(&draft.schema.type_name, name))
        .collect();
    if names.is_empty() || super::exact(&draft.schema.type_name).is_some() {
        return;
    }
    let schema = draft.schema.json_schema().unwrap_or_default();
    for name in names {
        if let Some(value) = by_name(draft, &name, property_schema(&schema, &name)) {
            draft.set(&name, value);
        }
    }
}

fn property_schema<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let property = &schema["properties"][name];
    let target = property["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| schema.pointer(pointer)).unwrap_or(property)
}

fn by_name(draft: &Draft<'_>, name: &str, schema: &Value) -> Option<Value> {
    if schema["type"] != "string" {
        return None;
    }
    // Statuses: any allowed value is plausible; a "ready" value is preferred.
    if let Some(values) = schema["enum"].as_array() {
        let ready = ["ACTIVE", "AVAILABLE", "Active", "Available", "READY", "ENABLED", "CREATED"];
        let best = values.iter().find(|value| ready.iter().any(|text| *value == text));
        return best.or(values.first()).cloned();
    }
    let is_time = [
        "CreatedAt",
        "CreationTime",
        "CreationDate",
        "CreatedTime",
        "CreationTimestamp",
        "CreatedDate",
        "LastModifiedAt",
        "LastModifiedTime",
        "LastUpdatedAt",
        "LastUpdatedTime",
        "UpdatedAt",
        "LastModifiedDate",
    ]
    .iter()
    .any(|suffix| name.ends_with(suffix));
    if is_time {
        return Some(draft.time().into());
    }
    if name == "Version" && super::lists::family_property(&draft.schema.type_name).is_some() {
        return Some(draft.place.revision.to_string().into());
    }
    if name.ends_with("Id") || name == "ID" {
        return Some(identifier(draft, name).into());
    }
    if name == "Status" || name == "State" {
        return Some("ACTIVE".into());
    }
    let service = draft.schema.type_name.split("::").nth(1).unwrap_or_default().to_ascii_lowercase();
    let host =
        || format!("{}.{service}.{}.{}", own_name(draft).to_ascii_lowercase(), draft.place.region, draft.domain());
    if name.ends_with("Endpoint") || name.ends_with("DomainName") || name == "DNSName" {
        return Some(host().into());
    }
    if name.ends_with("Url") || name.ends_with("URL") {
        return Some(format!("https://{}", host()).into());
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use serde_json::json;

    #[test]
    fn ids_have_their_prefixes() {
        let gateway = built("AWS::EC2::InternetGateway", &json!({}));
        assert!(gateway.identifier.starts_with("igw-0"), "{}", gateway.identifier);
        assert_eq!(gateway.identifier.len(), "igw-".len() + 17);
    }

    #[test]
    fn an_arn_is_formed_from_its_template() {
        let machine =
            built("AWS::StepFunctions::StateMachine", &json!({"StateMachineName": "flow", "RoleArn": "arn:x"}));
        assert_eq!(machine.identifier, "arn:aws:states:us-east-1:111111111111:stateMachine:flow");
        assert_eq!(machine.arn.as_deref(), Some(machine.identifier.as_str()));
    }

    #[test]
    fn given_identifiers_are_kept() {
        let stream = built("AWS::Kinesis::Stream", &json!({"Name": "events"}));
        assert_eq!(stream.identifier, "events");
        assert_eq!(stream.properties["Arn"], "arn:aws:kinesis:us-east-1:111111111111:stream/events");
    }

    #[test]
    fn compound_identifiers_are_joined() {
        let rule = built("AWS::ApiGateway::Resource", &json!({"RestApiId": "abc", "ParentId": "p", "PathPart": "x"}));
        assert!(rule.identifier.starts_with("abc|"), "{}", rule.identifier);
    }
}
