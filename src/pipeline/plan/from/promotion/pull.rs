//! The opposite of a promotion: a resource in the environment promoted from gets the configuration that its counterpart has
//! by now, with the values of its own environment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::checks::hidden_places;
use super::closure::{named_by, read_counterparts};
use super::estates::{KnownResources, claims};
use super::{PromotionError, Selection, selection};
use crate::compare::drift::{has_moved, observed_digest, own_digest};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Action, ChecklistItem, ChecklistState, Plan, SENSITIVE, Step, TagValue};
use crate::domain::pointer;
use crate::domain::project::Environment;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::estimate::Estimate;
use crate::pipeline::plan::desired::{ChangeRequest, Desired, Existing, Origin};
use crate::pipeline::plan::from::deletion;
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble, tokens_between};
use crate::promotion::adoption::{Adoption, adoption};
use crate::promotion::claims::{Claims, counterpart};
use crate::promotion::desired::{as_pointer, desired, overrides_of, target_name};
use crate::promotion::index::ValueIndex;
use crate::promotion::index_builder::{Counterpart, IndexBuilder};
use crate::promotion::names::Tokens;
use crate::promotion::rewrite::{Rewriter, Rewritten};
use crate::schema::{AccountRegion, TypeSchema};

/// A resource and its counterpart.
struct Pair {
    own: LiveResource,
    there: LiveResource,
    schema: &'static TypeSchema,
}

/// Plans the change of resources of `from` to what their counterparts in `to` are.
///
/// # Errors
/// AWS could not be read, or a requested resource does not exist.
pub async fn plan_pull(
    context: &PlanContext<'_>,
    from: &Side<'_>,
    to: &Side<'_>,
    chosen: &Selection,
) -> Result<(Planned, Estimate), PromotionError> {
    let (source, target) = futures_util::join!(KnownResources::list(from), KnownResources::list(to));
    let (mut source, mut target) = (source?, target?);
    let resources = selection::select(&mut source, chosen).await?;
    let mut claims = claims(&source, &target);
    read_counterparts(&mut source, &mut target, &mut claims, resources.iter().cloned()).await?;
    let mut plan = Plan::new(context.as_of, from.environment, from.registry());
    let mut pairs = Vec::new();
    for own in resources.iter().filter_map(|resource| source.live(resource)) {
        match pair(own, &target, &claims) {
            Ok(found) => pairs.push(found),
            Err(reason) => plan.problems.push(unpaired(&own.resource, &to.environment.name, &reason)),
        }
    }
    read_referenced(&mut source, &mut target, &mut claims, &pairs).await?;
    let tokens = tokens_between(context.project, to.environment, from.environment);
    let (map, ambiguous) = inverse(&context.project.promotion.map);
    let index = inverse_index((&source, &target), &claims, &tokens, &map);
    let rewriter = Rewriter {
        index: &index,
        accounts: (&to.environment.account, &from.environment.account),
        regions: (&to.environment.region, &from.environment.region),
        tokens: &tokens,
    };
    let (mut wanted, mut bodies) = (Vec::new(), Vec::new());
    for (number, pair) in pairs.iter().enumerate() {
        let body = body(context, pair, &rewriter);
        plan.problems.extend(unmapped(pair, &body, &ambiguous, from.environment));
        record_state(&mut plan, (from, to), pair);
        wanted.push(desired_of(pair, &body, number));
        bodies.push(body);
    }
    let (mut planned, estimate, wanted) = assemble(context, from, None, wanted, plan).await?;
    // The order of the resources may have changed.
    for one in &wanted {
        let place =
            pairs.iter().position(|pair| one.counterpart().is_some_and(|live| live.resource == pair.own.resource));
        let Some((pair, body)) = place.and_then(|place| Some((pairs.get(place)?, bodies.get(place)?))) else {
            continue;
        };
        complete(&mut planned.plan, (from, to), &one.logical_id, pair, body);
    }
    planned.checklist = vec![ChecklistItem {
        item: "counterparts confirmed",
        state: ChecklistState::Ok,
        evidence: format!("{} pair(s) name each other in both environments", pairs.len()),
    }];
    Ok((planned, estimate))
}

fn pair(own: &LiveResource, target: &KnownResources<'_>, claims: &Claims) -> Result<Pair, String> {
    let schema = target.side.registry().get(&own.resource.type_name).ok_or("its type is not known")?;
    match adoption(claims, &own.resource) {
        Adoption::Proven(there) => {
            let there = target.live(&there).ok_or_else(|| format!("`{}` cannot be read", there.identifier))?;
            Ok(Pair { own: own.clone(), there: there.clone(), schema })
        }
        Adoption::TagLost(there) => Err(format!("`{}` does not name it", there.identifier)),
        Adoption::Refused { reason, .. } => Err(reason),
        Adoption::None if schema.tagging.property.is_none() => {
            Err("its type has no tags, so that nothing records its counterpart".to_owned())
        }
        Adoption::None => Err("it was not promoted".to_owned()),
    }
}

fn unpaired(own: &ResourceRef, to: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::CounterpartUnproven, format!("{own} has no confirmed counterpart in {to}: {reason}"))
        .resource(own.to_string())
        .hint(format!("run `stagegate drift {} {}` for its state", own.type_name, own.identifier))
}

/// Reads the resources that the counterparts name, and the counterparts of those.
async fn read_referenced(
    source: &mut KnownResources<'_>,
    target: &mut KnownResources<'_>,
    claims: &mut Claims,
    pairs: &[Pair],
) -> Result<(), PromotionError> {
    let documents: Vec<LiveResource> = pairs.iter().map(|pair| pair.there.clone()).collect();
    let named = named_by(target, &documents);
    target.read(named.iter().cloned()).await?;
    let found: Vec<LiveResource> = named.iter().filter_map(|resource| target.live(resource).cloned()).collect();
    found.iter().for_each(|live| claims.set_prod(&live.resource, &live.tags));
    let back: Vec<ResourceRef> = found.iter().filter_map(|live| counterpart(live, tags::DEV_COUNTERPART)).collect();
    source.read(back.iter().cloned()).await?;
    read_counterparts(source, target, claims, back.into_iter()).await?;
    Ok(())
}

/// Returns the project's map in the opposite direction, and the values that stand for several.
fn inverse(map: &BTreeMap<String, String>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut inverse, mut ambiguous) = (BTreeMap::new(), BTreeSet::new());
    for (own, there) in map {
        if inverse.insert(there.clone(), own.clone()).is_some() {
            ambiguous.insert(there.clone());
        }
    }
    inverse.retain(|there, _| !ambiguous.contains(there));
    (inverse, ambiguous)
}

/// Returns the index of the values of the environment promoted to.
fn inverse_index(
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    tokens: &Tokens,
    map: &BTreeMap<String, String>,
) -> ValueIndex {
    let (own, there) = (source.side.environment, target.side.environment);
    let own_place = AccountRegion { account: own.account.as_str(), region: &own.region };
    let there_place = AccountRegion { account: there.account.as_str(), region: &there.region };
    let mut builder = IndexBuilder::new(source.side.registry(), map, tokens, there_place, own_place);
    for live in target.estate.live.values() {
        let Some(schema) = target.side.registry().get(&live.resource.type_name) else { continue };
        let paired = counterpart(live, tags::DEV_COUNTERPART)
            .filter(|back| claims.counterpart(back).as_ref() == Some(&live.resource))
            .and_then(|back| source.live(&back));
        match paired {
            Some(back) => builder.add(
                live,
                Counterpart::Existing { identifier: &back.resource.identifier, properties: &back.properties },
            ),
            None if schema.tagging.property.is_none() => {
                let is_shared = own.account == there.account;
                let name = target_name(schema, &live.resource, &live.properties, tokens, map, is_shared);
                builder.add(live, Counterpart::Named(name.ok().flatten().as_deref()));
            }
            None => builder.add(live, Counterpart::None),
        }
    }
    builder.build()
}

/// Returns what the resource should be: the configuration of its counterpart with the values of its own environment. What the
/// project overrides, the name and foreign tags stay as they are.
fn body(context: &PlanContext<'_>, pair: &Pair, rewriter: &Rewriter<'_>) -> Rewritten {
    let Pair { own, there, schema } = pair;
    let name = schema.name_property.as_ref().and_then(|name| own.properties.get(name)).and_then(Value::as_str);
    let nothing = BTreeMap::new();
    let mut body = desired(schema, &there.properties, name, rewriter, &nothing, &BTreeMap::new());
    for path in overrides_of(schema, context.project, &own.resource, &own.properties).keys() {
        let place = as_pointer(path);
        restore(&mut body.value, &own.properties, &place);
        body.unmapped.retain(|left| !pointer::is_within(&left.pointer, &place));
        body.rewrites.retain(|rewrite| !pointer::is_within(&rewrite.pointer, &place));
    }
    if let (Some(property), Value::Object(map)) = (&schema.tagging.property, &mut body.value) {
        let place = pointer::join("", property);
        map.shift_remove(property);
        body.unmapped.retain(|left| !pointer::is_within(&left.pointer, &place));
        body.rewrites.retain(|rewrite| !pointer::is_within(&rewrite.pointer, &place));
        if let Some(kept) = own.properties.get(property) {
            map.insert(property.clone(), kept.clone());
        }
    }
    body.value = tags::without_tracking(schema, &body.value);
    body
}

/// Sets a place of a document to what it is in another one.
fn restore(value: &mut Value, own: &Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    let name = name.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent), own.pointer(place)) {
        (Some(Value::Object(map)), Some(kept)) => drop(map.insert(name, kept.clone())),
        (Some(Value::Object(map)), None) => drop(map.shift_remove(&name)),
        (Some(Value::Array(items)), Some(kept)) => {
            if let Some(item) = name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = kept.clone();
            }
        }
        _ => {}
    }
}

/// Returns the problems of values that have no counterpart in the environment that is changed.
fn unmapped(pair: &Pair, body: &Rewritten, ambiguous: &BTreeSet<String>, own: &Environment) -> Vec<Diagnostic> {
    let (there, hidden) = (&pair.there.resource, hidden_places(pair.schema, &pair.there));
    let problem = |place: &str, value: &str, reason: &str, hint: String| {
        Diagnostic::error(Code::UnmappedReference, format!("{there} {place}: `{value}` {reason}"))
            .pointer(place)
            .resource(there.to_string())
            .hint(hint)
    };
    let by_map = |value: &str| {
        let value = Value::from(value);
        format!("map it in stagegate.yaml: promotion: {{map: {{\"<value in {}>\": {value}}}}}", own.name)
    };
    let mut problems: Vec<Diagnostic> = body
        .unmapped
        .iter()
        .map(|left| {
            let is_part = hidden.iter().any(|place| pointer::is_within(place, &left.pointer));
            let shown = if is_part { SENSITIVE } else { left.value.as_str() };
            problem(&left.pointer, shown, &left.reason, by_map(shown))
        })
        .collect();
    pointer::for_each_string(&body.value, &mut |place, text| {
        if let Some(value) = ambiguous.iter().find(|value| text.contains(value.as_str())) {
            let reason = format!("stands for several values of {} in promotion.map", own.name);
            problems.push(problem(place, value, &reason, "make the change with `stagegate update`".to_owned()));
        }
    });
    problems
}

fn desired_of(pair: &Pair, body: &Rewritten, number: usize) -> Desired {
    let service = pair.schema.type_name.rsplit("::").next().unwrap_or_default();
    Desired {
        logical_id: if number == 0 { service.to_owned() } else { format!("{service}{}", number + 1) },
        type_schema: pair.schema,
        properties: body.value.clone(),
        identifier: Some(pair.own.resource.identifier.clone()),
        depends_on: BTreeSet::new(),
        deferred: BTreeSet::new(),
        origin: Origin::Change(Box::new(ChangeRequest { declared: Value::Null })),
        existing: Existing::Live(Box::new(pair.own.clone())),
    }
}

/// Records the state of both resources, so that an approval does not cover another one.
fn record_state(plan: &mut Plan, (from, to): (&Side<'_>, &Side<'_>), pair: &Pair) {
    for (side, live) in [(from, &pair.own), (to, &pair.there)] {
        let key = format!("{} {}", side.environment.name, live.resource);
        if let Some(recorded) = live.tags.get(tags::PROMOTED_DIGEST) {
            plan.live.insert(format!("{key} {}", tags::PROMOTED_DIGEST), recorded.clone());
        }
        plan.live.insert(key, observed_digest(pair.schema, &live.properties));
    }
}

/// Adds to the step of a resource what was translated and what is undone, and the steps that record that both resources are
/// equal again.
fn complete(plan: &mut Plan, (from, to): (&Side<'_>, &Side<'_>), name: &str, pair: &Pair, body: &Rewritten) {
    let changed = plan.steps.iter_mut().find(|step| step.logical_id == name && step.action.changes_resource());
    let is_changed = changed.is_some();
    if let Some(step) = changed {
        step.rewrites.clone_from(&body.rewrites);
        if has_moved(pair.schema, &pair.own) == Some(true) {
            step.overwrites = step.changes.iter().map(|change| change.pointer.clone()).collect();
        }
    }
    let has_moved = |live: &LiveResource| has_moved(pair.schema, live) == Some(true);
    if !is_changed && !has_moved(&pair.own) && !has_moved(&pair.there) || !pair.schema.tagging.updatable {
        return;
    }
    let digest = TagValue::Text(own_digest(pair.schema, &pair.there.properties));
    for (side, live, digest) in [(from, &pair.own, TagValue::OwnDigest), (to, &pair.there, digest)] {
        let status = TagValue::Text(PromotionStatus::Synced.as_str().to_owned());
        let values = [(tags::PROMOTED_DIGEST, digest), (tags::PROMOTION_STATUS, status)];
        plan.steps.push(record(side, live, name, values.map(|(key, value)| (key.to_owned(), value)).into()));
    }
}

fn record(side: &Side<'_>, live: &LiveResource, name: &str, values: BTreeMap<String, TagValue>) -> Step {
    let subject: Map<String, Value> = values.keys().map(|key| (key.clone(), Value::Null)).collect();
    let step = deletion::step(side, live, Action::Tag { tags: values }, &Value::Object(subject));
    Step { logical_id: name.to_owned(), ..step }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_map_is_turned_around_unless_a_value_stands_for_several() {
        let map = [("a-dev", "a"), ("b-dev", "shared"), ("c-dev", "shared")];
        let map = map.map(|(own, there)| (own.to_owned(), there.to_owned())).into();
        let (inverse, ambiguous) = inverse(&map);
        assert_eq!(inverse, BTreeMap::from([("a".to_owned(), "a-dev".to_owned())]));
        assert_eq!(ambiguous, BTreeSet::from(["shared".to_owned()]));
    }

    #[test]
    fn overridden_values_stay_as_they_are() {
        let own = json!({"Size": "small", "Nested": {"A": 1}});
        let mut value = json!({"Size": "large", "Nested": {"A": 2, "B": 3}, "Extra": true});
        for place in ["/Size", "/Nested/A", "/Extra"] {
            restore(&mut value, &own, place);
        }
        assert_eq!(value, json!({"Size": "small", "Nested": {"A": 1, "B": 3}}));
    }
}
