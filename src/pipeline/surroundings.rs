//! Reading what a cost depends on beside the resource itself.

use std::collections::BTreeSet;

use super::ports::{CloudError, ReadCloud};
use crate::domain::resource::ResourceRef;
use crate::estimate::{EstimateInput, EstimateOptions, ExistingResource, MissingNeighbor, missing_neighbors};
use crate::schema;

/// A neighbor may need one of its own; no cost goes further than this.
const ROUNDS: usize = 3;

/// Reads the live resources that the cost of these depends on into the options. What does not
/// exist, or may not be read, stays away: its cost is unknown then, with the reason.
///
/// # Errors
/// AWS cannot be reached, or refuses the credentials.
pub async fn read(
    reader: &dyn ReadCloud,
    inputs: &[EstimateInput<'_>],
    options: &mut EstimateOptions,
) -> Result<(), CloudError> {
    let mut tried: BTreeSet<MissingNeighbor> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut wanted = missing_neighbors(inputs, options);
        wanted.retain(|one| !tried.contains(one));
        if wanted.is_empty() {
            break;
        }
        for missing in wanted {
            let resource = named(&missing);
            match reader.get(&resource).await {
                Ok(Some(properties)) => options.existing.push(ExistingResource {
                    type_name: resource.type_name,
                    identifier: resource.identifier,
                    properties,
                }),
                Ok(None) => {}
                Err(error) if error.kind.is_about_the_resource() => {}
                Err(error) => return Err(error),
            }
            tried.insert(missing);
        }
    }
    Ok(())
}

/// The resource that a text names: by ARN where it is one, else by identifier.
fn named(missing: &MissingNeighbor) -> ResourceRef {
    let by_arn = schema::identify(&missing.reference).candidates();
    let found = by_arn.into_iter().find(|candidate| candidate.type_name == missing.type_name);
    found.unwrap_or_else(|| ResourceRef::new(&missing.type_name, &missing.reference))
}
