//! Matches resources of types without tags and names with the live children of their parent.

use serde_json::{Map, Value};

use super::Wanted;
use crate::compare::drift::stored_differences;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::LiveResource;
use crate::domain::{pointer, symbol};
use crate::pipeline::plan::desired::Existing;
use crate::schema::TypeSchema;

/// Assigns to each wanted resource its live one, if there is one. All have the same type and parent. Those that the parent's
/// tags record are matched first, then equal ones, then those with equal create-only properties. If the properties do not tell which of several resources
/// is meant, the result is unclear: creating another one could make a duplicate.
pub fn matches(wanted: &[&Wanted<'_>], candidates: Vec<LiveResource>, environment: &str) -> Vec<Existing> {
    let mut free: Vec<Option<LiveResource>> = candidates.into_iter().map(Some).collect();
    let mut found: Vec<Option<Existing>> = wanted.iter().map(|_| None).collect();
    let equal = |one: &Wanted<'_>, live: &LiveResource| {
        let known = symbol::known_part(one.properties);
        stored_differences(one.schema, &known, &live.properties).is_empty()
    };
    let same_key = |one: &Wanted<'_>, live: &LiveResource| {
        let key = natural_key(one.schema, one.properties);
        key.as_ref().is_some_and(|key| stored_differences(one.schema, key, &live.properties).is_empty())
    };
    for (one, found) in wanted.iter().zip(&mut found) {
        let is_recorded = |live: &LiveResource| one.recorded.names(one.logical_id, &live.resource.identifier);
        if let Some(place) = free.iter_mut().find(|place| place.as_ref().is_some_and(is_recorded)) {
            *found = place.take().map(|live| Existing::Live(Box::new(live)));
        }
    }
    for (one, found) in wanted.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        if let Some(place) = free.iter_mut().find(|place| place.as_ref().is_some_and(|live| equal(one, live))) {
            *found = place.take().map(|live| Existing::Live(Box::new(live)));
        }
    }
    for (one, found) in wanted.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let mut fitting = free.iter_mut().filter(|place| place.as_ref().is_some_and(|live| same_key(one, live)));
        match (fitting.next(), fitting.next()) {
            (None, _) => {}
            (Some(only), None) => *found = only.take().map(|live| Existing::Live(Box::new(live))),
            (Some(_), Some(_)) => *found = Some(unclear(one, environment)),
        }
    }
    // The required properties tell apart what nothing else does: of an API's route, its method and path.
    for place in 0..wanted.len() {
        let Some(key) = required_key(wanted[place]).filter(|_| found[place].is_none()) else { continue };
        let schema = wanted[place].schema;
        let rivals = (0..wanted.len()).filter(|other| *other != place && found[*other].is_none());
        let is_shared = rivals.clone().any(|other| required_key(wanted[other]).is_none_or(|other| other == key));
        let is_match = |live: &LiveResource| stored_differences(schema, &key, &live.properties).is_empty();
        let mut fitting = free.iter_mut().filter(|live| live.as_ref().is_some_and(is_match));
        if let (Some(only), None, false) = (fitting.next(), fitting.next(), is_shared) {
            found[place] = only.take().map(|live| Existing::Live(Box::new(live)));
        }
    }
    // Without a key beyond the parent, one remaining resource on each side is the same one.
    let open = found.iter().filter(|found| found.is_none()).count();
    let keyless = |one: &Wanted<'_>| natural_key(one.schema, one.properties).is_none();
    let remaining = free.iter().flatten().count();
    for (one, found) in wanted.iter().zip(&mut found).filter(|(one, found)| found.is_none() && keyless(one)) {
        if remaining == 1 && open == 1 {
            *found = free.iter_mut().find_map(Option::take).map(|live| Existing::Live(Box::new(live)));
        } else if remaining > 0 && one.has_known_parent {
            *found = Some(unclear(one, environment));
        }
    }
    found.into_iter().map(|found| found.unwrap_or(Existing::Absent)).collect()
}

/// The declared create-only properties that are not keys of the parent; `None` if there are none.
fn natural_key(schema: &TypeSchema, properties: &Value) -> Option<Value> {
    let known = symbol::known_part(properties);
    let members = known.as_object()?.iter().filter(|(name, _)| {
        let place = pointer::join("", name);
        let names = schema.name_property.as_ref() == Some(name);
        (schema.is_create_only(&place) || names) && !schema.is_write_only(&place)
    });
    let key: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let beyond_parent = key.keys().any(|name| !schema.list_inputs.contains(name) && !is_parent(schema, name));
    beyond_parent.then_some(Value::Object(key))
}

/// The required properties, if they are known and can be read; `None` if one is not.
fn required_key(wanted: &Wanted<'_>) -> Option<Value> {
    let schema = wanted.schema;
    let members = schema.required.iter().map(|name| {
        let value = wanted.properties.get(name).filter(|value| !symbol::has_unknown(value))?;
        (!schema.is_write_only(&pointer::join("", name))).then(|| (name.clone(), value.clone()))
    });
    members.collect::<Option<Map<String, Value>>>().map(Value::Object)
}

/// True for a property that holds the identifier of another resource and is part of this one's identifier.
fn is_parent(schema: &TypeSchema, name: &str) -> bool {
    schema.primary_identifier.iter().any(|part| part == name)
}

fn unclear(one: &Wanted<'_>, environment: &str) -> Existing {
    let problem = Diagnostic::error(
        Code::AmbiguousResource,
        format!(
            "{} {}: several resources in {environment} may be the one that is meant",
            one.schema.type_name, one.logical_id
        ),
    );
    let hint = "change one resource of this type at a time, or delete the ones that are not needed";
    Existing::Unclear(Box::new(problem.resource(one.logical_id).hint(hint)))
}
