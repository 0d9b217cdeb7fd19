//! What a plan's resources cost, with what that depends on beside the plan.

use super::PlanContext;
use crate::estimate::EstimateInput;
use crate::pipeline::ports::{CloudError, ReadCloud};
use crate::pipeline::prices::Priced;
use crate::pipeline::surroundings;
use crate::policy::ScanResource;

/// Prices resources as the plan's estimate does, with what their cost depends on beside the plan.
///
/// # Errors
/// AWS could not be read.
pub async fn price(
    context: &PlanContext<'_>,
    reader: &dyn ReadCloud,
    resources: &[ScanResource],
    region: &str,
) -> Result<Priced, CloudError> {
    let inputs = inputs(resources, region);
    let mut options = context.estimate_options();
    surroundings::read(reader, &inputs, &mut options).await?;
    Ok(context.pricing.estimate(&inputs, &options).await)
}

/// The resources as the estimate takes them.
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
