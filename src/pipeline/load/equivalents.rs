//! Types that CloudFormation has and Cloud Control does not, but whose resources can be created as resources of other types:
//! a policy for several roles is one inline policy for each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Loaded;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::{DesiredResource, references_in};

/// How the resources of a type are created.
struct Equivalent {
    /// Name of the type that cannot be created.
    type_name: &'static str,
    /// The list properties: each element becomes a resource of the type, with the element as the property.
    lists: &'static [(&'static str, &'static str, &'static str)],
    /// The properties that each of the resources has.
    shared: &'static [&'static str],
}

/// The types of AWS's own templates and of `cdk synth` for which Cloud Control has an inline form.
const EQUIVALENTS: [Equivalent; 3] = [
    Equivalent {
        type_name: "AWS::IAM::Policy",
        lists: &[
            ("Roles", "AWS::IAM::RolePolicy", "RoleName"),
            ("Users", "AWS::IAM::UserPolicy", "UserName"),
            ("Groups", "AWS::IAM::GroupPolicy", "GroupName"),
        ],
        shared: &["PolicyName", "PolicyDocument"],
    },
    Equivalent {
        type_name: "AWS::SQS::QueuePolicy",
        lists: &[("Queues", "AWS::SQS::QueueInlinePolicy", "Queue")],
        shared: &["PolicyDocument"],
    },
    Equivalent {
        type_name: "AWS::SNS::TopicPolicy",
        lists: &[("Topics", "AWS::SNS::TopicInlinePolicy", "TopicArn")],
        shared: &["PolicyDocument"],
    },
];

/// Replaces resources of types that Cloud Control cannot create by equivalent ones, with a note for each. What depends on a
/// replaced resource depends on all of them.
///
/// A resource stays as it is if its lists are not known yet, if it has nothing to apply to, or if another resource refers to it by more than
/// `DependsOn`.
pub fn replace_equivalents(mut loaded: Loaded) -> Loaded {
    let referred: BTreeSet<String> = loaded.resources.iter().flat_map(|one| references_in(&one.properties)).collect();
    let mut taken: BTreeSet<String> = loaded.resources.iter().map(|one| one.logical_id.clone()).collect();
    let mut replaced: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut resources = Vec::with_capacity(loaded.resources.len());
    for resource in std::mem::take(&mut loaded.resources) {
        let equivalent = EQUIVALENTS.iter().find(|one| one.type_name == resource.type_name);
        let parts =
            equivalent.filter(|_| !referred.contains(&resource.logical_id)).and_then(|one| one.parts(&resource));
        let Some(parts) = parts else {
            resources.push(resource);
            continue;
        };
        let count = parts.len();
        let mut ids = Vec::new();
        for (type_name, properties, target) in parts {
            let logical_id = match count {
                1 => resource.logical_id.clone(),
                _ => unused(&resource.logical_id, &target, &mut taken),
            };
            ids.push(logical_id.clone());
            loaded.notes.push(note(&resource, type_name, &logical_id));
            resources.push(DesiredResource {
                logical_id,
                type_name: type_name.to_owned(),
                properties,
                ..resource.clone()
            });
        }
        replaced.insert(resource.logical_id, ids);
    }
    for resource in &mut resources {
        let depends_on = std::mem::take(&mut resource.depends_on);
        let all = depends_on.into_iter().flat_map(|name| replaced.get(&name).cloned().unwrap_or_else(|| vec![name]));
        resource.depends_on = all.collect();
    }
    loaded.resources = resources;
    loaded
}

impl Equivalent {
    /// Returns the types and properties of the resources, and what each of them applies to.
    fn parts(&self, resource: &DesiredResource) -> Option<Vec<(&'static str, Value, Value)>> {
        let mut parts = Vec::new();
        for (list, type_name, property) in self.lists {
            let items = match resource.properties.get(list) {
                None => continue,
                Some(Value::Array(items)) => items,
                // A list that is not known, such as a parameter without a value.
                Some(_) => return None,
            };
            for item in items {
                let mut properties: Map<String, Value> = Map::new();
                for name in self.shared {
                    properties.extend(resource.properties.get(name).map(|value| ((*name).to_owned(), value.clone())));
                }
                properties.insert((*property).to_owned(), item.clone());
                parts.push((*type_name, Value::Object(properties), item.clone()));
            }
        }
        Some(parts).filter(|parts| !parts.is_empty())
    }
}

/// A logical id that ends with what the resource applies to, so that it stays the same when the list changes.
fn unused(base: &str, target: &Value, taken: &mut BTreeSet<String>) -> String {
    let name = match references_in(target).as_slice() {
        [one] => one.clone(),
        _ => target.as_str().map_or_else(|| json!(target).to_string(), str::to_owned),
    };
    let mut words = name.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let suffix = words.next_back().unwrap_or_default();
    let names = std::iter::once(format!("{base}{suffix}")).chain((2..).map(|number| format!("{base}{suffix}{number}")));
    let mut free = names.filter(|name| !taken.contains(name));
    let name = free.next().unwrap_or_default();
    taken.insert(name.clone());
    name
}

fn note(resource: &DesiredResource, type_name: &str, logical_id: &str) -> Diagnostic {
    let named = match logical_id == resource.logical_id {
        true => String::new(),
        false => format!(" {logical_id}"),
    };
    let message = format!("{}: {} is created as {type_name}{named}", resource.logical_id, resource.type_name);
    Diagnostic::note(Code::EquivalentType, message)
        .at(resource.source.type_name.clone().or_else(|| resource.source.resource.clone()))
        .resource(&resource.logical_id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::resource::SourceMap;
    use crate::schema::Registry;

    fn resource(logical_id: &str, type_name: &str, properties: Value, depends_on: &[&str]) -> DesiredResource {
        DesiredResource {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            properties,
            depends_on: depends_on.iter().map(|one| (*one).to_owned()).collect(),
            metadata: Value::Null,
            file: "t.yaml".to_owned(),
            source: SourceMap::default(),
        }
    }

    fn replaced(resources: Vec<DesiredResource>) -> Loaded {
        let registry = Registry::embedded();
        replace_equivalents(Loaded { resources, notes: Vec::new(), secrets: BTreeSet::new(), registry })
    }

    fn shown(loaded: &Loaded) -> Vec<String> {
        loaded.resources.iter().map(|one| format!("{} {}", one.logical_id, one.type_name)).collect()
    }

    #[test]
    fn a_policy_of_one_role_keeps_its_logical_id() {
        let policy = json!({"PolicyName": "p", "PolicyDocument": {}, "Roles": [{"Ref": "Role"}]});
        let function = resource("F", "AWS::Lambda::Function", json!({}), &["Policy", "Role"]);
        let loaded = replaced(vec![resource("Policy", "AWS::IAM::Policy", policy, &["Role"]), function]);
        assert_eq!(shown(&loaded), ["Policy AWS::IAM::RolePolicy", "F AWS::Lambda::Function"]);
        let expected = json!({"PolicyName": "p", "PolicyDocument": {}, "RoleName": {"Ref": "Role"}});
        assert_eq!(loaded.resources[0].properties, expected);
        assert_eq!((loaded.resources[0].depends_on.len(), loaded.resources[1].depends_on.len()), (1, 2));
        assert_eq!(loaded.notes.len(), 1);
    }

    #[test]
    fn each_principal_has_a_policy_and_dependents_wait_for_all() {
        let policy = json!({
            "PolicyName": "p", "PolicyDocument": {}, "Roles": [{"Ref": "A"}, {"Ref": "B"}], "Users": ["team/x", "y/x"],
        });
        let function = resource("F", "AWS::Lambda::Function", json!({}), &["P"]);
        let loaded = replaced(vec![resource("P", "AWS::IAM::Policy", policy, &[]), function]);
        let expected = [
            "PA AWS::IAM::RolePolicy",
            "PB AWS::IAM::RolePolicy",
            "Px AWS::IAM::UserPolicy",
            "Px2 AWS::IAM::UserPolicy",
            "F AWS::Lambda::Function",
        ];
        assert_eq!(shown(&loaded), expected);
        assert_eq!(loaded.resources[4].depends_on, ["PA", "PB", "Px", "Px2"]);
    }

    #[test]
    fn policies_of_queues_and_topics_become_inline_policies() {
        let queue = json!({"PolicyDocument": {"a": 1}, "Queues": [{"Ref": "Q"}]});
        let topic = json!({"PolicyDocument": {"a": 1}, "Topics": [{"Ref": "T"}]});
        let loaded = replaced(vec![
            resource("A", "AWS::SQS::QueuePolicy", queue, &[]),
            resource("B", "AWS::SNS::TopicPolicy", topic, &[]),
        ]);
        assert_eq!(shown(&loaded), ["A AWS::SQS::QueueInlinePolicy", "B AWS::SNS::TopicInlinePolicy"]);
        assert_eq!(loaded.resources[0].properties, json!({"PolicyDocument": {"a": 1}, "Queue": {"Ref": "Q"}}));
        assert_eq!(loaded.resources[1].properties["TopicArn"], json!({"Ref": "T"}));
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let of = |properties: Value| vec![resource("P", "AWS::IAM::Policy", properties, &[])];
        let unchanged = ["P AWS::IAM::Policy"];
        assert_eq!(shown(&replaced(of(json!({"PolicyName": "p", "PolicyDocument": {}})))), unchanged);
        assert_eq!(shown(&replaced(of(json!({"PolicyName": "p", "Roles": []})))), unchanged);
        assert_eq!(
            shown(&replaced(of(json!({"PolicyName": "p", "Roles": {"Fn::Split": [",", {"Ref": "X"}]}})))),
            unchanged
        );
        let mut referred = of(json!({"PolicyName": "p", "Roles": ["r"]}));
        referred.push(resource("O", "AWS::SSM::Parameter", json!({"Value": {"Ref": "P"}}), &[]));
        assert_eq!(shown(&replaced(referred))[0], unchanged[0]);
    }
}
