//! What is known of the resources of a plan before it is carried out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::PlannedChange;
use crate::domain::plan::Operation;
use crate::schema::symbol::is_intrinsic;
use crate::schema::{AccountRegion, Registry, arn_of, arn_pattern, predict_arn, predict_identifier};

/// How many names may follow from each other.
const MAX_DEPTH: usize = 8;

/// What is known of the resources of a plan.
pub(super) struct PlanFacts<'a> {
    changes: BTreeMap<&'a str, &'a PlannedChange<'a>>,
    /// ARNs that are certain, by logical id.
    pub(super) arns: BTreeMap<&'a str, String>,
    /// ARNs with `*` for what is not known.
    pub(super) patterns: BTreeMap<&'a str, String>,
    identifiers: BTreeMap<&'a str, String>,
}

impl<'a> PlanFacts<'a> {
    pub(super) fn new(registry: &Registry, changes: &'a [PlannedChange<'a>]) -> Self {
        let mut facts = Self {
            changes: changes.iter().map(|change| (change.logical_id, change)).collect(),
            arns: BTreeMap::new(),
            patterns: BTreeMap::new(),
            identifiers: BTreeMap::new(),
        };
        // Names may consist of those of other resources.
        for _ in 0..MAX_DEPTH {
            let before = facts.identifiers.len() + facts.arns.len();
            facts.predict(registry, changes);
            if facts.identifiers.len() + facts.arns.len() == before {
                break;
            }
        }
        facts
    }

    fn predict(&mut self, registry: &Registry, changes: &'a [PlannedChange<'a>]) {
        for change in changes {
            let Some(schema) = registry.get(change.type_name) else { continue };
            let desired = self.resolved(change.desired);
            let place = AccountRegion { account: change.account, region: change.region };
            let is_new = matches!(change.operation, Operation::Create | Operation::Replace);
            let predicted = || predict_identifier(schema, &desired, place);
            let identifier = change.identifier.map(str::to_owned).or_else(|| predicted().filter(|_| is_new));
            let known = identifier.as_deref().unwrap_or_default();
            let arn = match is_new {
                true => predict_arn(schema, known, &desired, place),
                false => identifier.as_deref().and_then(|known| {
                    let parts = schema.primary_identifier.iter().zip(known.split('|'));
                    let own: Value = parts.map(|(name, part)| (name.clone(), json!(part))).collect();
                    arn_of(schema, known, &own, change.account, change.region)
                }),
            };
            let pattern = arn.clone().or_else(|| arn_pattern(schema, &desired, change.account, change.region));
            self.arns.extend(arn.map(|arn| (change.logical_id, arn)));
            self.patterns.extend(pattern.map(|pattern| (change.logical_id, pattern)));
            self.identifiers.extend(identifier.map(|identifier| (change.logical_id, identifier)));
        }
    }

    /// A value in which references to resources of the plan are their ARNs and identifiers, as far as these are known.
    pub(super) fn resolved(&self, value: &Value) -> Value {
        if is_intrinsic(value) {
            return self.reference(value).unwrap_or_else(|| value.clone());
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.resolved(member))).collect()
            }
            other => other.clone(),
        }
    }

    fn reference(&self, value: &Value) -> Option<Value> {
        if let Some(id) = value.get("Ref").and_then(Value::as_str) {
            return self.identifiers.get(id).map(|identifier| json!(identifier));
        }
        let call = value.get("Fn::GetAtt")?;
        let (id, attribute) = match call {
            Value::String(text) => text.split_once('.')?,
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)?.as_str()?),
            _ => return None,
        };
        (attribute == "Arn" || attribute.ends_with("Arn")).then(|| self.patterns.get(id).map(|arn| json!(arn)))?
    }

    /// Whether a resource is looked for among all of its type before it is created: its identifier does not follow from its own
    /// properties. One without tags that belongs to a resource which does not exist yet does not exist either.
    pub(super) fn is_searched(&self, registry: &Registry, change: &PlannedChange<'_>) -> bool {
        let Some(schema) = registry.get(change.type_name).filter(|_| change.operation == Operation::Create) else {
            return false;
        };
        let place = AccountRegion { account: change.account, region: change.region };
        let is_known = change.identifier.is_some() || predict_identifier(schema, change.desired, place).is_some();
        let is_new = |id: &&str| self.changes.get(id).is_some_and(|owner| owner.operation == Operation::Create);
        let belongs_to_new = || references(change.desired).iter().any(is_new);
        !(is_known || schema.tagging.property.is_none() && belongs_to_new())
    }

    /// Whether the plan has resources without tags that refer to a resource, or that it refers to: they are recorded in its tags.
    pub(super) fn has_children(&self, registry: &Registry, change: &PlannedChange<'_>) -> bool {
        let own = references(change.desired);
        self.changes.values().any(|other| {
            let schema = registry.get(other.type_name);
            let is_untagged = schema.is_some_and(|schema| schema.tagging.property.is_none());
            is_untagged && (own.contains(other.logical_id) || references(other.desired).contains(change.logical_id))
        })
    }

    /// The services that a role of the plan trusts.
    pub(super) fn trusted_by(&self, role: &str) -> BTreeSet<String> {
        let of_plan = self.patterns.iter().find(|(_, arn)| arn.as_str() == role);
        let Some(change) = of_plan.and_then(|(id, _)| self.changes.get(id)) else { return BTreeSet::new() };
        let statements = match change.desired.pointer("/AssumeRolePolicyDocument/Statement") {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let mut services = BTreeSet::new();
        for service in statements.iter().filter_map(|statement| statement.pointer("/Principal/Service")) {
            match service {
                Value::Array(items) => services.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
                one => services.extend(one.as_str().map(str::to_owned)),
            }
        }
        services
    }
}

/// The logical ids in the references of a value.
fn references(value: &Value) -> BTreeSet<&str> {
    fn visit<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("Ref").and_then(Value::as_str));
                let of_call = members.get("Fn::GetAtt").and_then(|call| call.get(0).unwrap_or(call).as_str());
                found.extend(of_call.and_then(|text| text.split('.').next()));
                members.values().for_each(|member| visit(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
            // As in `Fn::Sub`.
            Value::String(text) => {
                let parts = text.split("${").skip(1).filter_map(|part| part.split(['}', '.']).next());
                found.extend(parts);
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    visit(value, &mut found);
    found
}
