//! Which live resource a desired one means, and what stands in its place.

use serde_json::Value;

use super::desired::Existing;
use crate::compare::drift;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::{symbol, tags};
use crate::pipeline::estate;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::schema::{self, TypeSchema};

/// What there is of a resource that a template asks for: made by an earlier run of the same request (same
/// OperationId), or somebody else's.
///
/// # Errors
/// AWS could not be read.
pub async fn of_request(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    identifier: Option<&str>,
    token: &str,
    wanted: &Value,
) -> Result<Existing, CloudError> {
    let Some(identifier) = identifier else {
        return Ok(made_before(reader, schema, token).await?.map_or(Existing::Absent, Existing::MadeBefore));
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
    // Ours is what carries our request's token, or, where a type carries no tags, what is exactly as
    // asked for. A token alone can be copied by anybody, so the rest must fit as well.
    let claimed = tags::read(schema, &live).get(tags::OPERATION_ID).is_some_and(|id| id == token);
    let fits = drift::stored_differences(schema, &symbol::known_part(wanted), &live).is_empty();
    Ok(match (claimed || schema.tagging.property.is_none()) && fits {
        true => Existing::MadeBefore(target.identifier),
        false => Existing::Foreign(target),
    })
}

/// The identifier of the resource that an earlier run of this very request has made, by its OperationId.
///
/// # Errors
/// The tagging API did not answer.
pub async fn made_before(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    token: &str,
) -> Result<Option<String>, CloudError> {
    let found = reader.tagged(Some((tags::OPERATION_ID, &[token]))).await?;
    // The token is made of the type too, so that of several candidates it can only be this type's.
    let candidates = found.into_iter().flat_map(|tagged| schema::identify(&tagged.arn).candidates());
    let mut ours = candidates.filter(|candidate| candidate.type_name == schema.type_name);
    Ok(ours.next().map(|candidate| candidate.identifier))
}

/// What stands where a counterpart is expected by its identifier: it, if it is known as ours or nothing
/// can say otherwise; else somebody else's resource.
///
/// # Errors
/// AWS could not be read.
pub async fn of_counterpart(
    reader: &dyn ReadCloud,
    schema: &TypeSchema,
    identifier: &str,
    is_ours: impl Fn(&LiveResource) -> bool,
) -> Result<Existing, CloudError> {
    let wanted = ResourceRef::new(&schema.type_name, identifier);
    let Some(found) = estate::read(reader, &wanted, None).await? else { return Ok(Existing::Absent) };
    // A type without tags cannot say whose counterpart a resource is: there the identifier says it, and
    // the plan shows what would change in it.
    Ok(match is_ours(&found) || schema.tagging.property.is_none() {
        true => Existing::Counterpart(Box::new(found)),
        false => Existing::Foreign(wanted),
    })
}
