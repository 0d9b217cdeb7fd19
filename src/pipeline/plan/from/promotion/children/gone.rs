//! Children in the environment promoted to that the environment promoted from no longer has.

use std::collections::BTreeSet;

use super::super::counterparts::Candidate;
use super::super::estates::KnownResources;
use super::{Family, is_child_type};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::resource::{NamedResource, ResourceRef};
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::ports::CloudError;
use crate::promotion::claims::Claims;
use crate::promotion::versions;

impl Family {
    /// Returns the children of the counterparts that are not the counterpart of any child: those were deleted in the
    /// environment promoted from, or their key was changed. They are never deleted by a promotion.
    ///
    /// # Errors
    /// AWS did not respond, or the credentials are no longer valid.
    pub async fn gone(
        &self,
        target: &mut KnownResources<'_>,
        candidates: &[Candidate],
        claims: &Claims,
    ) -> Result<Vec<NamedResource>, CloudError> {
        let of_candidates = candidates.iter().filter(|one| self.examined.contains(&one.source.resource));
        let mut hosts: BTreeSet<ResourceRef> =
            of_candidates.filter_map(|one| Some(one.target()?.resource.clone())).collect();
        hosts.extend(self.examined.iter().filter_map(|host| claims.counterpart(host)));
        // Children of children, such as the methods of an API's resource, exist as targets of candidates only.
        for one in candidates.iter().filter_map(Candidate::target).filter(|live| hosts.contains(&live.resource)) {
            target.insert(one.clone());
        }
        let mut there = Family::default();
        let found = there.discover(target, &hosts, false).await?;
        let matched: BTreeSet<&ResourceRef> =
            candidates.iter().filter_map(|one| Some(&one.target()?.resource)).collect();
        let is_undecided = |type_name: &str| {
            let is_left = self.left_behind.iter().any(|left| left.type_name == type_name);
            let is_unclear = |one: &&Candidate| {
                one.type_schema.type_name == type_name
                    && matches!(one.existing, Existing::Unclear(_) | Existing::Foreign(_))
            };
            is_left || candidates.iter().any(|one| is_unclear(&one))
        };
        let registry = target.side.registry();
        let is_gone = |child: &ResourceRef| {
            registry.get(&child.type_name).is_some_and(|schema| is_child_type(registry, schema))
                && !matched.contains(child)
                && !is_undecided(&child.type_name)
                // Earlier versions are the function's history.
                && !versions::is_version(&child.type_name)
        };
        let gone = found.into_iter().filter(is_gone);
        Ok(gone.map(|resource| NamedResource { logical_id: resource.type_name.clone(), resource }).collect())
    }
}

/// Warnings about the children that stay, with the command that deletes each.
pub(in super::super) fn notes_of_gone(gone: &[NamedResource], from: &Environment, to: &Environment) -> Vec<Diagnostic> {
    gone.iter()
        .map(|NamedResource { resource, .. }| {
            let message = format!(
                "{resource} in {} is not the counterpart of any resource in {}; it is not deleted",
                to.name, from.name
            );
            let quoted = shlex::try_quote(&resource.identifier).map(|text| text.into_owned()).unwrap_or_default();
            Diagnostic::warning(Code::DroppedResource, message)
                .resource(resource.to_string())
                .hint(format!("to delete it, run: stagegate delete {} {quoted} --env {}", resource.type_name, to.name))
        })
        .collect()
}
