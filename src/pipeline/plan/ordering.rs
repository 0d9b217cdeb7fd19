//! Orders the resources of a plan: each one after the resources that it refers to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::desired::{Desired, Existing, Origin};
use super::reconcile::{Decision, reconcile};
use crate::domain::deferral::{Node, break_cycles};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::order::{self, Cycle};
use crate::domain::resource::references_in;

/// Sorts desired resources topologically by their references. References to existing resources are ignored if they would
/// form a cycle, because they do not delay anything; so are references by values that are known before the resource exists.
/// Of other cycles, references that can be set after the creation are deferred ([`Desired::deferred`]). A circular dependency
/// that remains is added to the problems, and the order is then unchanged.
pub fn in_order(mut desired: Vec<Desired>, problems: &mut Vec<Diagnostic>) -> Vec<Desired> {
    let graph = |desired: &[Desired], is_dependency: &dyn Fn(&str) -> bool| -> BTreeMap<String, BTreeSet<String>> {
        let needs = |one: &Desired| one.depends_on.iter().filter(|name| is_dependency(name)).cloned().collect();
        desired.iter().map(|one| (one.logical_id.clone(), needs(one))).collect()
    };
    let sorted = match order::topological(&graph(&desired, &|_| true)) {
        Ok(names) if !desired.iter().any(names_itself) => Ok(names),
        _ => {
            let exists = existing(&desired);
            loop {
                let sorted = order::topological(&graph(&desired, &|_| true))
                    .or_else(|_| order::topological(&graph(&desired, &|name| !exists.contains(name))));
                let is_open = |one: &Desired| names_itself(one) && !one.deferred.contains(&one.logical_id);
                let names_itself = desired.iter().any(|one| !exists.contains(&one.logical_id) && is_open(one));
                // Each round removes one reference, so there are not more rounds than references.
                match sorted {
                    Ok(names) if !names_itself => break Ok(names),
                    Err(cycle) if remove_preferred(&mut desired, &cycle) => {}
                    _ => {
                        if let Err(cycle) = defer(&mut desired, &exists) {
                            break Err(cycle);
                        }
                    }
                }
            }
        }
    };
    match sorted {
        Ok(names) => {
            let mut by_name: HashMap<String, Desired> =
                desired.into_iter().map(|one| (one.logical_id.clone(), one)).collect();
            names.iter().filter_map(|name| by_name.remove(name)).collect()
        }
        Err(cycle) => {
            problems.push(circular(&desired, &cycle));
            desired
        }
    }
}

/// The logical ids of resources that exist and stay: a replaced one does not exist in its new form.
fn existing(desired: &[Desired]) -> BTreeSet<String> {
    let live = desired.iter().filter(|one| matches!(one.existing, Existing::Live(_)));
    let staying = live.filter(|one| !matches!(reconcile(one, ""), Decision::Replace { .. }));
    staying.map(|one| one.logical_id.clone()).collect()
}

/// True if the properties of a resource refer to the resource itself.
fn names_itself(one: &Desired) -> bool {
    references_in(&one.properties).contains(&one.logical_id)
}

/// Defers references of new resources that form cycles.
fn defer(desired: &mut [Desired], exists: &BTreeSet<String>) -> Result<(), Cycle> {
    let new = || desired.iter().filter(|one| !exists.contains(&one.logical_id));
    let nodes: BTreeMap<String, Node<'_>> = new()
        .map(|one| {
            let own = names_itself(one).then(|| one.logical_id.clone());
            let needs = one.depends_on.iter().filter(|name| !exists.contains(*name)).cloned().chain(own).collect();
            let fixed = match &one.origin {
                Origin::Template(declared) => declared.written.depends_on.iter().cloned().collect(),
                Origin::Promotion(_) | Origin::Change(_) => BTreeSet::new(),
            };
            let node = Node { schema: Some(one.type_schema), properties: &one.properties, needs, fixed };
            (one.logical_id.clone(), node)
        })
        .collect();
    let mut deferred = break_cycles(&nodes)?;
    drop(nodes);
    for one in desired {
        let Some(names) = deferred.remove(&one.logical_id) else { continue };
        one.depends_on.retain(|name| !names.contains(name));
        one.deferred = names;
    }
    Ok(())
}

/// Removes a reference of a cycle that only states a preferred order; false if there is none.
fn remove_preferred(desired: &mut [Desired], cycle: &Cycle) -> bool {
    for pair in cycle.0.windows(2) {
        let [name, needed] = pair else { continue };
        let Some(one) = desired.iter_mut().find(|one| one.logical_id == *name) else { continue };
        let is_preferred = match &one.origin {
            Origin::Promotion(promoted) => promoted.preferred.contains(needed),
            Origin::Template(_) | Origin::Change(_) => false,
        };
        if is_preferred && one.depends_on.remove(needed) {
            return true;
        }
    }
    false
}

fn circular(desired: &[Desired], cycle: &Cycle) -> Diagnostic {
    let first = cycle.0.first().and_then(|name| desired.iter().find(|one| one.logical_id == *name));
    let problem = Diagnostic::error(Code::CircularDependency, cycle.to_string());
    match first.map(|one| &one.origin) {
        Some(Origin::Template(declared)) => problem
            .at(declared.written.source.resource.clone())
            .hint("remove one of the references, for example by using a literal name"),
        _ => problem.hint("promote one of them first, and map its reference to the other one in promotion.map"),
    }
}
