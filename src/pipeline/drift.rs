//! Compares two environments and recommends actions for the differences.

mod advice;
mod compare;
mod desired;
mod regions;

pub use compare::compare;
pub use desired::{Source, compare_template};
pub use regions::{RegionPlan, RegionSides, compare_regions, region_plan};

use super::estate::Unreadable;
use crate::compare::drift::DriftReport;
use crate::domain::resource::ResourceRef;

/// The resources to compare; empty means all managed resources.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Types, each with an optional identifier in either environment.
    pub wanted: Vec<(String, Option<String>)>,
}

impl Scope {
    /// Returns the resources requested by identifier that are not in the report.
    pub fn without_row(&self, report: &DriftReport) -> Vec<String> {
        let named = self.wanted.iter().filter_map(|(type_name, identifier)| Some((type_name, identifier.as_ref()?)));
        named
            .filter(|(type_name, identifier)| {
                let is_it =
                    |id: &Option<String>| id.as_ref().is_some_and(|id| id == *identifier || id == Unreadable::ALL);
                !report.rows.iter().any(|row| {
                    [type_name.as_str(), Unreadable::ALL].contains(&row.type_name.as_str())
                        && (is_it(&row.dev) || is_it(&row.prod))
                })
            })
            .map(|(type_name, identifier)| format!("{type_name} {identifier}"))
            .collect()
    }

    /// Returns the resources requested by identifier.
    fn named(&self) -> impl Iterator<Item = ResourceRef> {
        self.wanted.iter().filter_map(|(type_name, identifier)| Some(ResourceRef::new(type_name, identifier.as_ref()?)))
    }

    /// Returns true if a pair, or a single side of it, was requested.
    fn has(&self, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>) -> bool {
        self.wanted.is_empty()
            || self.wanted.iter().any(|(type_name, identifier)| {
                [dev, prod].into_iter().flatten().any(|resource| {
                    // What the tagging API does not say may be about any resource.
                    resource.type_name == Unreadable::ALL
                        || resource.type_name == *type_name
                            && identifier.as_ref().is_none_or(|wanted| {
                                [wanted.as_str(), Unreadable::ALL].contains(&resource.identifier.as_str())
                            })
                })
            })
    }
}
