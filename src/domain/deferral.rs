//! References that are set after a resource was created: resources that refer to each other, or to themselves, are created
//! without these references, and updated once all of them exist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::order::{self, Cycle};
use super::pointer;
use super::resource::references_in;
use crate::schema::TypeSchema;
use crate::schema::pointer::PropertyPath;

/// Security groups without egress rules get a rule of EC2 that allows everything.
const OPEN_IF_EMPTY: [(&str, &str); 1] = [("AWS::EC2::SecurityGroup", "SecurityGroupEgress")];

/// The properties of a resource in two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What the resource is created with.
    pub first: Value,
    /// The complete properties that are set afterwards, by name.
    pub later: Map<String, Value>,
}

/// Splits properties so that those of the creation do not refer to the named resources. `None` if a reference cannot be
/// set later: the property is required, or can only be set at creation.
pub fn split(schema: &TypeSchema, properties: &Value, names: &BTreeSet<String>) -> Option<Split> {
    let mut first = properties.clone();
    let mut later = Map::new();
    for (name, value) in properties.as_object()?.iter().filter(|(_, value)| refers_to(value, names)) {
        if !can_be_set_later(schema, name) {
            return None;
        }
        let kept = without_references(value, names);
        let map = first.as_object_mut()?;
        match kept {
            Some(kept) => {
                map.insert(name.clone(), kept);
            }
            None if schema.required.contains(name) => return None,
            None => {
                map.shift_remove(name);
            }
        }
        later.insert(name.clone(), value.clone());
    }
    (!later.is_empty()).then_some(Split { first, later })
}

fn refers_to(value: &Value, names: &BTreeSet<String>) -> bool {
    references_in(value).iter().any(|name| names.contains(name))
}

fn can_be_set_later(schema: &TypeSchema, name: &str) -> bool {
    let place = pointer::join("", name);
    let has_part = |paths: &[PropertyPath]| paths.iter().any(|path| pointer::is_within(&path.to_string(), &place));
    schema.handlers.update
        && !schema.is_write_only(&place)
        && !has_part(&schema.create_only)
        && !has_part(&schema.conditional_create_only)
}

/// The elements of a list that do not refer to the resources; `None` if there are none, or the value is not a list.
fn without_references(value: &Value, names: &BTreeSet<String>) -> Option<Value> {
    let kept: Vec<Value> = value.as_array()?.iter().filter(|item| !refers_to(item, names)).cloned().collect();
    (!kept.is_empty()).then_some(Value::Array(kept))
}

/// A resource of a graph.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// Its type; `None` if that is unknown.
    pub schema: Option<&'a TypeSchema>,
    /// Its properties, with references to others.
    pub properties: &'a Value,
    /// The names that it needs, its own included if it refers to itself.
    pub needs: BTreeSet<String>,
    /// Those of the needed names that must exist first, whatever the properties say.
    pub fixed: BTreeSet<String>,
}

impl Node<'_> {
    /// Returns true if the references to these names can be set later.
    fn can_defer(&self, names: &BTreeSet<String>) -> bool {
        let split = self.schema.and_then(|schema| split(schema, self.properties, names));
        self.fixed.is_disjoint(names) && split.is_some_and(|split| !refers_to(&split.first, names))
    }

    /// True if what is created first would be open to more than what was asked for.
    fn is_open_at_first(&self, names: &BTreeSet<String>) -> bool {
        let Some(schema) = self.schema else { return false };
        let Some(split) = split(schema, self.properties, names) else { return false };
        OPEN_IF_EMPTY.iter().any(|(type_name, name)| {
            schema.type_name == *type_name && split.later.contains_key(*name) && split.first.get(name).is_none()
        })
    }
}

/// Chooses the references to set later, by the name of the resource that has them. The rest has no cycle. The same graph
/// always gives the same choice.
///
/// # Errors
/// A cycle of references that must all be set at creation.
pub fn break_cycles(nodes: &BTreeMap<String, Node<'_>>) -> Result<BTreeMap<String, BTreeSet<String>>, Cycle> {
    let mut deferred: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let with = |deferred: &BTreeMap<String, BTreeSet<String>>, name: &str, needed: &str| -> BTreeSet<String> {
        deferred.get(name).into_iter().flatten().cloned().chain([needed.to_owned()]).collect()
    };
    for (name, node) in nodes.iter().filter(|(name, node)| node.needs.contains(*name)) {
        if !node.can_defer(&with(&deferred, name, name)) {
            return Err(Cycle(vec![name.clone(), name.clone()]));
        }
        deferred.entry(name.clone()).or_default().insert(name.clone());
    }
    loop {
        let needs = |name: &String, node: &Node<'_>| -> BTreeSet<String> {
            let later = deferred.get(name);
            node.needs.iter().filter(|needed| !later.is_some_and(|later| later.contains(*needed))).cloned().collect()
        };
        let graph = nodes.iter().map(|(name, node)| (name.clone(), needs(name, node))).collect();
        let Err(cycle) = order::topological(&graph) else { return Ok(deferred) };
        let pairs = cycle.0.windows(2).filter_map(|pair| Some((pair.first()?, pair.get(1)?)));
        let candidates = pairs.filter_map(|(name, needed)| {
            let node = nodes.get(name)?;
            let names = with(&deferred, name, needed);
            node.can_defer(&names).then(|| (node.is_open_at_first(&names), name.clone(), needed.clone()))
        });
        // Each round removes one reference, so there are not more rounds than references.
        let Some((_, name, needed)) = candidates.min() else { return Err(cycle) };
        deferred.entry(name).or_default().insert(needed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    const GROUP: &str = "AWS::EC2::SecurityGroup";

    fn from(name: &str) -> Value {
        json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": {"Fn::GetAtt": [name, "GroupId"]}})
    }

    fn to(name: &str) -> Value {
        json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "DestinationSecurityGroupId": {"Fn::GetAtt": [name, "GroupId"]}})
    }

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    fn chosen(resources: &[(&str, &str, Value)]) -> Result<BTreeMap<String, BTreeSet<String>>, Cycle> {
        let node = |(name, type_name, properties): &(&'static str, &'static str, Value)| {
            let properties: &Value = Box::leak(Box::new(properties.clone()));
            let needs = references_in(properties).into_iter().collect();
            let node = Node { schema: Registry::embedded().get(type_name), properties, needs, fixed: BTreeSet::new() };
            ((*name).to_owned(), node)
        };
        let all: Vec<(&'static str, &'static str, Value)> = resources
            .iter()
            .map(|(name, kind, properties)| {
                let kept = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
                (kept(name), kept(kind), properties.clone())
            })
            .collect();
        break_cycles(&all.iter().map(node).collect())
    }

    #[test]
    fn rules_that_refer_to_a_group_are_set_later_and_the_others_at_once() {
        let schema = Registry::embedded().get(GROUP).unwrap();
        let web = json!({"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"});
        let properties = json!({"GroupDescription": "x", "SecurityGroupIngress": [web, from("B")], "SecurityGroupEgress": [to("B")]});
        let found = split(schema, &properties, &names(&["B"])).unwrap();
        assert_eq!(found.first, json!({"GroupDescription": "x", "SecurityGroupIngress": [web]}));
        assert_eq!(found.later.len(), 2);
        assert_eq!(found.later["SecurityGroupIngress"], properties["SecurityGroupIngress"]);
        assert_eq!(split(schema, &properties, &names(&["C"])), None);
        // Can only be set at creation, or is required.
        let vpc = json!({"GroupDescription": "x", "VpcId": {"Ref": "B"}});
        assert_eq!(split(schema, &vpc, &names(&["B"])), None);
        let role =
            json!({"AssumeRolePolicyDocument": {"Statement": [{"Principal": {"AWS": {"Fn::GetAtt": ["B", "Arn"]}}}]}});
        assert_eq!(split(Registry::embedded().get("AWS::IAM::Role").unwrap(), &role, &names(&["B"])), None);
    }

    #[test]
    fn groups_that_refer_to_each_other_are_created_closed_and_opened_later() {
        let group = |key: &str, rules: Value| json!({"GroupDescription": "x", key: rules});
        let both = chosen(&[
            ("A", GROUP, group("SecurityGroupEgress", json!([to("B")]))),
            ("B", GROUP, group("SecurityGroupIngress", json!([from("A"), from("B")]))),
        ]);
        assert_eq!(both.unwrap(), BTreeMap::from([("B".to_owned(), names(&["A", "B"]))]));
        let none = chosen(&[("A", GROUP, group("SecurityGroupIngress", json!([from("B")]))), ("B", GROUP, json!({}))]);
        assert_eq!(none.unwrap(), BTreeMap::new());
    }

    #[test]
    fn references_that_must_be_set_at_creation_are_a_cycle() {
        let bucket = |other: &str| json!({"BucketName": {"Fn::Sub": format!("${{{other}}}-a")}});
        let found = chosen(&[("A", "AWS::S3::Bucket", bucket("B")), ("B", "AWS::S3::Bucket", bucket("A"))]);
        assert_eq!(found.unwrap_err().to_string(), "circular dependency: A → B → A");
        let itself = chosen(&[("A", "AWS::S3::Bucket", bucket("A"))]);
        assert_eq!(itself.unwrap_err().to_string(), "circular dependency: A → A");
    }
}
