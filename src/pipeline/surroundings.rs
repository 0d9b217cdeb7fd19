//! Reads the other resources that a resource's cost depends on.

use std::collections::BTreeSet;

use super::ports::{CloudError, ReadCloud};
use crate::domain::resource::ResourceRef;
use crate::estimate::{EstimateInput, EstimateOptions, ExistingResource, MissingNeighbor, missing_neighbors};
use crate::schema::Registry;

/// A related resource may depend on others in turn; no cost needs more levels than this.
const MAX_DEPTH: usize = 3;

/// Reads the live resources that the cost of the inputs depends on and adds them to the options. Resources that do not
/// exist or cannot be read are omitted: the cost is then unknown, with a reason.
///
/// # Errors
/// AWS cannot be reached, or rejects the credentials.
pub async fn read(
    reader: &dyn ReadCloud,
    inputs: &[EstimateInput<'_>],
    options: &mut EstimateOptions,
) -> Result<(), CloudError> {
    let mut tried: BTreeSet<MissingNeighbor> = BTreeSet::new();
    for _ in 0..MAX_DEPTH {
        let mut wanted = missing_neighbors(inputs, options);
        wanted.retain(|one| !tried.contains(one));
        if wanted.is_empty() {
            break;
        }
        for missing in wanted {
            let resource = named(reader.registry(), &missing);
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

/// Returns the resource that a reference names: by ARN if it is one, otherwise by identifier.
fn named(registry: &Registry, missing: &MissingNeighbor) -> ResourceRef {
    let by_arn = registry.identify(&missing.reference).candidates();
    let found = by_arn.into_iter().find(|candidate| candidate.type_name == missing.type_name);
    found.unwrap_or_else(|| ResourceRef::new(&missing.type_name, &missing.reference))
}
