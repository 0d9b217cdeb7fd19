//! The order in which resources that refer to one another are created.

use std::collections::{BTreeMap, BTreeSet};

/// Resources that need one another in a circle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these resources need one another in a circle: {}", .0.join(" -> "))]
pub struct Cycle(pub Vec<String>);

/// Sorts names so that each comes after what it depends on; among equals the order is
/// alphabetical. Dependencies on names that are not keys are ignored.
///
/// # Errors
/// The dependencies form a circle.
pub fn topological(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Cycle> {
    let mut remaining: BTreeMap<&str, BTreeSet<&str>> = dependencies
        .iter()
        .map(|(name, needs)| {
            let needs = needs
                .iter()
                .map(String::as_str)
                .filter(|need| *need != name && dependencies.contains_key(*need))
                .collect();
            (name.as_str(), needs)
        })
        .collect();
    let mut sorted = Vec::with_capacity(remaining.len());
    while !remaining.is_empty() {
        let Some(next) = remaining.iter().find(|(_, needs)| needs.is_empty()).map(|(name, _)| *name) else {
            return Err(Cycle(circle(&remaining)));
        };
        remaining.remove(next);
        for needs in remaining.values_mut() {
            needs.remove(next);
        }
        sorted.push(next.to_owned());
    }
    Ok(sorted)
}

/// One circle among nodes that all still need something: follow the first need until a name comes
/// back.
fn circle(remaining: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut at = remaining.keys().next().copied();
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            return path[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect();
        }
        path.push(name);
        at = remaining.get(name).and_then(|needs| needs.first().copied());
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
    fn a_circle_is_named() {
        let error = topological(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]));
        assert_eq!(error, Err(Cycle(vec!["b".into(), "c".into(), "b".into()])));
    }
}
