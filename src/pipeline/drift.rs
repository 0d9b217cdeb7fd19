//! Compares two environments and says what to do about what differs.

mod advice;
mod compare;

pub use compare::compare;

use crate::compare::drift::DriftReport;
use crate::domain::resource::ResourceRef;

/// Which resources to compare; empty means all managed ones.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Types, each with an identifier (of either side) or without.
    pub wanted: Vec<(String, Option<String>)>,
}

impl Scope {
    /// The resources asked for by name that a report has nothing to say about.
    pub fn without_row(&self, report: &DriftReport) -> Vec<String> {
        let named = self.wanted.iter().filter_map(|(type_name, identifier)| Some((type_name, identifier.as_ref()?)));
        named
            .filter(|(type_name, identifier)| {
                let is_it = |id: &Option<String>| id.as_ref().is_some_and(|id| id == *identifier || id == "*");
                !report.rows.iter().any(|row| row.type_name == **type_name && (is_it(&row.dev) || is_it(&row.prod)))
            })
            .map(|(type_name, identifier)| format!("{type_name} {identifier}"))
            .collect()
    }

    /// True when a pair, or what there is of one, was asked for.
    fn has(&self, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>) -> bool {
        self.wanted.is_empty()
            || self.wanted.iter().any(|(type_name, identifier)| {
                [dev, prod].into_iter().flatten().any(|resource| {
                    resource.type_name == *type_name
                        && identifier
                            .as_ref()
                            .is_none_or(|wanted| *wanted == resource.identifier || resource.identifier == "*")
                })
            })
    }
}
