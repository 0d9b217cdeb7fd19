//! Finds the existing resource for a desired one.

mod children;
mod lookup;

pub use children::matches;
pub use lookup::{Found, Lookup, Wanted};

use crate::domain::resource::{LiveResource, ResourceRef};
use crate::pipeline::estate;
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::ports::{CloudError, ReadCloud};
use crate::schema::TypeSchema;

/// Looks up the resource with the expected identifier of a counterpart. It is the counterpart if `is_ours`, or if its
/// type has no tags to tell; otherwise it is a foreign resource.
///
/// # Errors
/// AWS could not be read.
pub async fn existing_counterpart(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    identifier: &str,
    is_ours: impl Fn(&LiveResource) -> bool,
) -> Result<Existing, CloudError> {
    let wanted = ResourceRef::new(&schema.type_name, identifier);
    let Some(found) = estate::read(reader, &wanted, None).await? else { return Ok(Existing::Absent) };
    // Types without tags cannot record counterparts: their identifier is sufficient, and the plan shows what would
    // change.
    Ok(match is_ours(&found) || schema.tagging.property.is_none() {
        true => Existing::Live(Box::new(found)),
        false => Existing::Foreign(wanted),
    })
}
