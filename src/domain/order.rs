//! Topological order: the order in which resources that refer to one another are created.

use std::collections::{BTreeMap, BTreeSet};

/// A dependency cycle, the first name repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("circular dependency: {}", .0.join(" → "))]
pub struct Cycle(pub Vec<String>);

/// Sorts names so that each comes after its dependencies; among equals the order is
/// alphabetical. Dependencies on names that are not keys, and self-dependencies, are ignored.
///
/// # Errors
/// The dependencies are circular.
pub fn topological(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Cycle> {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, needs) in dependencies {
        let needs = needs.iter().filter(|need| *need != name && dependencies.contains_key(*need));
        let mut count = 0;
        for need in needs {
            waiting.entry(need).or_default().push(name);
            count += 1;
        }
        open.insert(name, count);
    }
    let mut ready: BTreeSet<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut sorted = Vec::with_capacity(dependencies.len());
    while let Some(next) = ready.pop_first() {
        open.remove(next);
        sorted.push(next.to_owned());
        for name in waiting.remove(next).unwrap_or_default() {
            if let Some(count) = open.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(name);
                }
            }
        }
    }
    if open.is_empty() { Ok(sorted) } else { Err(Cycle(find_cycle(dependencies, &open))) }
}

/// Finds one cycle among unresolved names: follows the first dependency of each until a name repeats.
fn find_cycle(dependencies: &BTreeMap<String, BTreeSet<String>>, open: &BTreeMap<&str, usize>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut at = open.keys().next().copied();
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            return path[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect();
        }
        path.push(name);
        let needs = dependencies.get(name).into_iter().flatten().map(String::as_str);
        at = needs.filter(|need| *need != name).find(|need| open.contains_key(need));
    }
    path.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        edges
            .iter()
            .map(|(name, needs)| ((*name).to_owned(), needs.iter().map(|n| (*n).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn dependencies_come_first_and_equals_alphabetically() {
        let sorted = topological(&graph(&[
            ("z", &[]),
            ("function", &["role", "log"]),
            ("role", &["AWS::Region"]),
            ("log", &[]),
        ]));
        assert_eq!(sorted, Ok(vec!["log".into(), "role".into(), "function".into(), "z".into()]));
    }

    #[test]
    fn a_cycle_is_reported() {
        let error = topological(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]));
        assert_eq!(error, Err(Cycle(vec!["b".into(), "c".into(), "b".into()])));
        assert_eq!(error.unwrap_err().to_string(), "circular dependency: b → c → b");
    }

    #[test]
    fn a_self_dependency_is_ignored() {
        assert_eq!(topological(&graph(&[("a", &["a"])])), Ok(vec!["a".into()]));
    }
}
