//! Estimates the cost of a plan's resources.

use super::PlanContext;
use crate::domain::resource::LiveResource;
use crate::estimate::{EstimateInput, ExistingResource};
use crate::pipeline::ports::{CloudError, ReadCloud};
use crate::pipeline::prices::Priced;
use crate::pipeline::surroundings;
use crate::policy::ScanResource;

/// Estimates the cost of resources, including what it depends on outside the plan and among its `unchanged` resources. The
/// resources may have identifiers in AWS, in the same order.
///
/// # Errors
/// AWS could not be read.
pub async fn price(
    context: &PlanContext<'_>,
    reader: &dyn ReadCloud,
    (resources, identifiers): (&[ScanResource], &[Option<String>]),
    region: &str,
    unchanged: &[LiveResource],
) -> Result<Priced, CloudError> {
    let mut inputs = inputs(resources, region);
    for (input, identifier) in inputs.iter_mut().zip(identifiers) {
        input.identifier = input.identifier.or(identifier.as_deref());
    }
    let mut options = context.estimate_options();
    options.existing.extend(unchanged.iter().map(|live| ExistingResource {
        type_name: live.resource.type_name.clone(),
        identifier: live.resource.identifier.clone(),
        properties: live.properties.clone(),
    }));
    surroundings::read(reader, &inputs, &mut options).await?;
    let mut priced = context.pricing.estimate(&inputs, &options).await;
    // The digest covers the unchanged resources of the plan by their state. After an interruption, more of them are
    // unchanged, which must not change what was approved.
    priced.estimate.beside = options.existing.len() > unchanged.len();
    Ok(priced)
}

/// Converts resources to inputs of the estimate.
pub fn inputs<'a>(resources: &'a [ScanResource], region: &'a str) -> Vec<EstimateInput<'a>> {
    resources
        .iter()
        .map(|scanned| EstimateInput {
            file: scanned.resource.file.as_deref(),
            logical_id: scanned.resource.logical_id.as_deref(),
            identifier: scanned.resource.identifier.as_deref(),
            type_name: &scanned.resource.type_name,
            region,
            properties: &scanned.properties,
        })
        .collect()
}
