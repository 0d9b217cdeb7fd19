//! Lists whose elements may be resources of their own: the inline policies of a role, and the rules of a security group. A read of the
//! role or group returns all of them; a template declares some in the list and others as resources.

use serde_json::Value;

use crate::domain::resource::SeparateElement;

/// A type whose resources are elements of a list of another one.
struct Kind {
    type_name: &'static str,
    /// The type with the list, and the property that names its resource.
    owner_type: &'static str,
    owner: &'static str,
    property: &'static str,
    /// The properties that identify an element.
    keys: &'static [&'static str],
}

/// The properties that identify a rule within its group.
const RULE_KEYS: &[&str] = &[
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

const POLICY_KEYS: &[&str] = &["PolicyName"];

const KINDS: [Kind; 5] = [
    Kind {
        type_name: "AWS::EC2::SecurityGroupEgress",
        owner_type: "AWS::EC2::SecurityGroup",
        owner: "GroupId",
        property: "SecurityGroupEgress",
        keys: RULE_KEYS,
    },
    Kind {
        type_name: "AWS::EC2::SecurityGroupIngress",
        owner_type: "AWS::EC2::SecurityGroup",
        owner: "GroupId",
        property: "SecurityGroupIngress",
        keys: RULE_KEYS,
    },
    Kind {
        type_name: "AWS::IAM::GroupPolicy",
        owner_type: "AWS::IAM::Group",
        owner: "GroupName",
        property: "Policies",
        keys: POLICY_KEYS,
    },
    Kind {
        type_name: "AWS::IAM::RolePolicy",
        owner_type: "AWS::IAM::Role",
        owner: "RoleName",
        property: "Policies",
        keys: POLICY_KEYS,
    },
    Kind {
        type_name: "AWS::IAM::UserPolicy",
        owner_type: "AWS::IAM::User",
        owner: "UserName",
        property: "Policies",
        keys: POLICY_KEYS,
    },
];

fn kind_of(type_name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.type_name == type_name)
}

/// Where a resource is an element of another one's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Place<'a> {
    /// The type of the owner.
    pub owner_type: &'static str,
    /// The value that names the owner.
    pub owner: &'a Value,
    /// The element.
    pub element: SeparateElement,
}

/// Returns the list that has a resource as an element; `None` if the type's resources are no elements.
pub fn place_of<'a>(type_name: &str, properties: &'a Value) -> Option<Place<'a>> {
    let kind = kind_of(type_name)?;
    let owner = properties.get(kind.owner)?;
    let key = |name: &&str| Some(((*name).to_owned(), properties.get(*name)?.clone()));
    let element = Value::Object(kind.keys.iter().filter_map(key).collect());
    Some(Place {
        owner_type: kind.owner_type,
        owner,
        element: SeparateElement { property: kind.property.to_owned(), element },
    })
}

/// True if a list of the owner contains the resource.
pub fn is_within(type_name: &str, properties: &Value, owner: &Value) -> bool {
    let Some(kind) = kind_of(type_name) else { return false };
    let list = owner.get(kind.property).and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|one| is_same(kind.keys, one, properties)))
}

/// Splits live properties into those without the elements that other resources declare, and these elements. What the declared list has as well
/// stays.
pub fn split(live: &Value, declared: &Value, separate: &[SeparateElement]) -> (Value, Vec<SeparateElement>) {
    let (mut own, mut others) = (live.clone(), Vec::new());
    for property in properties(separate) {
        let Some(Value::Array(list)) = own.get_mut(property) else { continue };
        let keys = keys_of(property);
        let is_declared = |one: &Value| {
            let list = declared.get(property).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|other| is_same(keys, one, other)))
        };
        let is_separate = |one: &Value| {
            separate.iter().filter(|other| other.property == property).any(|other| is_same(keys, one, &other.element))
        };
        let (kept, moved): (Vec<Value>, Vec<Value>) =
            std::mem::take(list).into_iter().partition(|one| is_declared(one) || !is_separate(one));
        *list = kept;
        others.extend(moved.into_iter().map(|element| SeparateElement { property: property.to_owned(), element }));
        if list.is_empty()
            && declared.get(property).is_none()
            && let Value::Object(map) = &mut own
        {
            map.shift_remove(property);
        }
    }
    (own, others)
}

/// Adds elements to the lists that they were taken from.
pub fn join(properties: &mut Value, separate: &[SeparateElement]) {
    let Value::Object(map) = properties else { return };
    for SeparateElement { property, element } in separate {
        let list = map.entry(property).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(element.clone());
        }
    }
}

fn properties(separate: &[SeparateElement]) -> Vec<&str> {
    let mut names: Vec<&str> = separate.iter().map(|one| one.property.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn keys_of(property: &str) -> &'static [&'static str] {
    KINDS.iter().find(|kind| kind.property == property).map_or(&[], |kind| kind.keys)
}

fn is_same(keys: &[&str], one: &Value, other: &Value) -> bool {
    !keys.is_empty() && keys.iter().all(|name| key(one, name) == key(other, name))
}

fn key(element: &Value, name: &str) -> Option<String> {
    let is_all = || element.get("IpProtocol").is_some_and(|protocol| protocol == "-1");
    match element.get(name) {
        // The ports of "all traffic" are shown as -1 or not at all.
        Some(_) if name.ends_with("Port") && is_all() => None,
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(value) => value.as_str().map(str::to_owned).or_else(|| Some(value.to_string())),
        None => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(name: &str) -> Value {
        json!({"PolicyName": name, "PolicyDocument": {"Statement": []}})
    }

    #[test]
    fn elements_of_other_resources_are_split_off_and_joined_again() {
        let properties = json!({"PolicyName": "b", "PolicyDocument": {}, "RoleName": {"Ref": "Role"}});
        let Place { owner_type, owner, element } = place_of("AWS::IAM::RolePolicy", &properties).unwrap();
        assert_eq!((owner_type, owner), ("AWS::IAM::Role", &json!({"Ref": "Role"})));
        assert_eq!(element.element, json!({"PolicyName": "b"}));
        let live = json!({"RoleName": "r", "Policies": [policy("a"), policy("b"), policy("foreign")]});
        let declared = json!({"RoleName": "r", "Policies": [policy("a")]});
        let (mut own, others) = split(&live, &declared, &[element]);
        // What neither declares is a change in the account.
        assert_eq!(own["Policies"], json!([policy("a"), policy("foreign")]));
        assert_eq!(others, [SeparateElement { property: "Policies".to_owned(), element: policy("b") }]);
        join(&mut own, &others);
        assert_eq!(own["Policies"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn an_element_that_both_declare_stays_and_an_empty_list_disappears() {
        let separate = [SeparateElement { property: "Policies".to_owned(), element: json!({"PolicyName": "a"}) }];
        let live = json!({"Policies": [policy("a")]});
        assert_eq!(split(&live, &json!({"Policies": [policy("a")]}), &separate), (live.clone(), Vec::new()));
        assert_eq!(split(&live, &json!({}), &separate).0, json!({}));
        assert_eq!(split(&live, &json!({"Policies": []}), &separate).0, json!({"Policies": []}));
    }

    #[test]
    fn a_rule_is_recognized_by_what_it_allows() {
        let rule = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        let separate = json!({"Id": "sgr-1", "GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        let within = |list: Value| {
            is_within("AWS::EC2::SecurityGroupIngress", &separate, &json!({"SecurityGroupIngress": list}))
        };
        assert!(within(json!([rule])) && !within(json!([])));
        let all = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "FromPort": -1, "ToPort": -1});
        let egress = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"});
        assert!(is_within("AWS::EC2::SecurityGroupEgress", &egress, &json!({"SecurityGroupEgress": [all]})));
        assert!(!is_within("AWS::SQS::Queue", &egress, &json!({"SecurityGroupEgress": [all]})));
        assert!(place_of("AWS::SQS::Queue", &egress).is_none());
    }
}
