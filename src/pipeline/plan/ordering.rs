//! Orders the resources of a plan: each one after the resources that it refers to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::desired::{Desired, Existing, Origin};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::order::{self, Cycle};

/// Sorts desired resources topologically by their references. References to existing resources are ignored if they would
/// form a cycle, because they do not delay anything; so are references by values that are known before the resource exists.
/// Any other circular dependency is added to the problems, and the order is then unchanged.
pub fn in_order(mut desired: Vec<Desired>, problems: &mut Vec<Diagnostic>) -> Vec<Desired> {
    let exists: BTreeSet<String> = desired
        .iter()
        .filter(|one| matches!(one.existing, Existing::Live(_)))
        .map(|one| one.logical_id.clone())
        .collect();
    let graph = |desired: &[Desired], is_dependency: &dyn Fn(&str) -> bool| -> BTreeMap<String, BTreeSet<String>> {
        let needs = |one: &Desired| one.depends_on.iter().filter(|name| is_dependency(name)).cloned().collect();
        desired.iter().map(|one| (one.logical_id.clone(), needs(one))).collect()
    };
    let sorted = loop {
        let sorted = order::topological(&graph(&desired, &|_| true))
            .or_else(|_| order::topological(&graph(&desired, &|name| !exists.contains(name))));
        let cycle = match sorted {
            Ok(names) => break Ok(names),
            Err(cycle) => cycle,
        };
        // Each round removes one reference, so there are not more rounds than references.
        if !remove_preferred(&mut desired, &cycle) {
            break Err(cycle);
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
