//! Finds the existing resource for a desired one.

use serde_json::Value;

use super::desired::Existing;
use crate::compare::drift;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::{symbol, tags};
use crate::pipeline::estate;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::schema::{self, TypeSchema};

/// Looks up the existing resource for a resource of a template: one created by an earlier run of the same request (same
/// OperationId), or a foreign one.
///
/// # Errors
/// AWS could not be read.
pub async fn existing_for_request(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    identifier: Option<&str>,
    token: &str,
    wanted: &Value,
) -> Result<Existing, CloudError> {
    let Some(identifier) = identifier else {
        return Ok(created_by_request(reader, schema, token).await?.map_or(Existing::Absent, Existing::CreatedEarlier));
    };
    if !schema.handlers.read {
        return Ok(Existing::Absent);
    }
    let target = ResourceRef::new(&schema.type_name, identifier);
    let live = match reader.get(&target).await {
        Ok(live) => live,
        Err(error) if error.kind == CloudErrorKind::Unsupported => None,
        Err(error) => return Err(error),
    };
    let Some(live) = live else { return Ok(Existing::Absent) };
    // The resource is ours if it has the token of our request, or, for types without tags, if it matches the request.
    // Anybody can copy a token, so the properties must match as well.
    let claimed = tags::read(schema, &live).get(tags::OPERATION_ID).is_some_and(|id| id == token);
    let fits = drift::stored_differences(schema, &symbol::known_part(wanted), &live).is_empty();
    Ok(match (claimed || schema.tagging.property.is_none()) && fits {
        true => Existing::CreatedEarlier(target.identifier),
        false => Existing::Foreign(target),
    })
}

/// Returns the identifier of the resource that an earlier run of the same request created, found by its OperationId.
///
/// # Errors
/// The tagging API did not respond.
pub async fn created_by_request(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    token: &str,
) -> Result<Option<String>, CloudError> {
    let found = reader.tagged(Some((tags::OPERATION_ID, &[token]))).await?;
    // The token depends on the type, so that only a candidate of this type can match.
    let candidates = found.into_iter().flat_map(|tagged| schema::identify(&tagged.arn).candidates());
    let mut ours = candidates.filter(|candidate| candidate.type_name == schema.type_name);
    Ok(ours.next().map(|candidate| candidate.identifier))
}

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
        true => Existing::Counterpart(Box::new(found)),
        false => Existing::Foreign(wanted),
    })
}
