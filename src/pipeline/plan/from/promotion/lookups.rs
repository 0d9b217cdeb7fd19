//! Looks up values that nothing explains in the environment promoted from: what exists there is a reference without a
//! counterpart, and everything else is carried over.

use std::collections::{BTreeMap, BTreeSet};

use super::counterparts::Candidate;
use super::estates::KnownResources;
use super::{PromotionRequest, inputs_of};
use crate::domain::resource::ResourceRef;
use crate::pipeline::estate;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::rewrite::{Carried, OPAQUE, Rewritten, Unmapped, UnmappedKind};
use crate::promotion::{lookup, typed};
use crate::schema::Registry;

/// Maximum number of resources that are looked up. Values beyond are listed without a look-up.
const MAX_LOOKUPS: usize = 40;

/// Number of simultaneous reads.
const CONCURRENCY: usize = 8;

/// Why a host is carried over.
const HOST: &str = "is a host of AWS that belongs to no resource of the source environment";

/// Looks up the generated words and hosts that are left over, and the given values that name a resource, and moves each to
/// what cannot be mapped or to what is carried over.
///
/// # Errors
/// The credentials are no longer valid.
pub(super) async fn look_up(
    source: &KnownResources<'_>,
    candidates: &[Candidate],
    bodies: &mut [Rewritten],
    request: &PromotionRequest<'_>,
) -> Result<(), CloudError> {
    let mut wanted: BTreeSet<ResourceRef> = BTreeSet::new();
    let given: Vec<Vec<Given>> =
        candidates.iter().map(|candidate| given_names(source.side.registry(), candidate, request)).collect();
    for body in bodies.iter() {
        let words = body.carried.iter().filter(|left| left.reason == OPAQUE);
        wanted.extend(words.flat_map(|left| lookup::candidates(&left.value)));
        let hosts = body.unmapped.iter().filter(|left| left.kind == UnmappedKind::Unknown);
        wanted.extend(hosts.flat_map(|left| lookup::of_host(&left.value)));
    }
    wanted.extend(given.iter().flatten().flat_map(|given| given.named.clone()));
    let exists = read(source, wanted).await?;
    let found = |named: &[ResourceRef]| named.iter().find(|one| exists.get(*one) == Some(&Some(true))).cloned();
    let is_absent =
        |named: &[ResourceRef]| !named.is_empty() && named.iter().all(|one| exists.get(one) == Some(&Some(false)));
    for (body, given) in bodies.iter_mut().zip(&given) {
        for left in std::mem::take(&mut body.carried) {
            let owner = (left.reason == OPAQUE).then(|| found(&lookup::candidates(&left.value))).flatten();
            match owner {
                Some(owner) => body.unmapped.push(exists_in_source(left.pointer, left.value, &owner)),
                None => body.carried.push(left),
            }
        }
        for left in std::mem::take(&mut body.unmapped) {
            let is_host = left.kind == UnmappedKind::Unknown && left.value.contains('.');
            if is_host && is_absent(&lookup::of_host(&left.value)) {
                body.carried.push(Carried { pointer: left.pointer, value: left.value, reason: HOST });
            } else {
                body.unmapped.push(left);
            }
        }
        for Given { pointer, value, named } in given {
            let is_reported = body.unmapped.iter().any(|left| left.pointer == *pointer);
            if let Some(owner) = found(named).filter(|_| !is_reported) {
                body.unmapped.push(exists_in_source(pointer.clone(), value.clone(), &owner));
            }
        }
    }
    Ok(())
}

fn exists_in_source(pointer: String, value: String, owner: &ResourceRef) -> Unmapped {
    let reason = format!("is {owner} of the source environment, which has no counterpart");
    Unmapped { pointer, value, reason, kind: UnmappedKind::NoCounterpart }
}

/// A value given by the user for a property that holds a reference.
struct Given {
    pointer: String,
    value: String,
    named: Vec<ResourceRef>,
}

fn given_names(registry: &Registry, candidate: &Candidate, request: &PromotionRequest<'_>) -> Vec<Given> {
    let mut found = Vec::new();
    for (place, value) in inputs_of(candidate, request) {
        crate::domain::pointer::for_each_string(&value, &mut |at, text| {
            let pointer = format!("{place}{at}");
            let named = typed::named(registry, &typed::targets(candidate.type_schema, &pointer), text);
            if !named.is_empty() {
                found.push(Given { pointer, value: text.to_owned(), named });
            }
        });
    }
    found
}

/// Whether each resource exists in the environment promoted from; none where that is not known.
async fn read(
    source: &KnownResources<'_>,
    wanted: BTreeSet<ResourceRef>,
) -> Result<BTreeMap<ResourceRef, Option<bool>>, CloudError> {
    let reader = source.side.reader;
    let reads = wanted.into_iter().take(MAX_LOOKUPS).map(|resource| async move {
        if source.live(&resource).is_some() {
            return Ok((resource, Some(true)));
        }
        match estate::read(reader, &resource, None).await {
            Ok(live) => Ok((resource, Some(live.is_some()))),
            Err(error) if error.kind == CloudErrorKind::Credentials => Err(error),
            Err(_) => Ok((resource, None)),
        }
    });
    estate::concurrently(CONCURRENCY, reads).await.into_iter().collect()
}
