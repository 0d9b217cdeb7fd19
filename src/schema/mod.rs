//! The type registry: the schemas of all AWS resource types, embedded in the binary, and of those that are described later.
//!
//! No network and no file is read at run time. `generate.py` builds `data/` from public schema
//! packages and from the manual corrections in `data/overlay.json`, each with a reason; the digest of a
//! type ([`TypeSchema`]) is parsed on first use, its full JSON schema is decompressed only for
//! [`validate_as`] and [`coerce`].
//!
//! A [`Registry`] is a value: the embedded types ([`TypeSchema::embedded`]), which are constant, overlaid by types that are newer
//! than the binary ([`Registry::learn`]), from their schemas as DescribeType returns them ([`TypeSchema::from_described`]). Each
//! run has its own, and so has the sandbox. Functions about one type take its [`TypeSchema`]; those that look up types by name
//! take a registry.

pub mod actions;
pub mod arn;
mod arn_form;
mod clean;
pub mod coerce;
pub mod describe;
mod described;
mod digest_line;
pub mod facts;
pub mod general;
mod interned;
pub mod parents;
pub mod path;
mod pattern;
pub mod pointer;
pub mod predict;
pub mod registry;
pub mod related;
mod resource_ref;
mod store;
pub mod symbol;
mod template;
mod tree;
pub mod type_schema;
pub mod validate;
pub mod violation;

pub use arn::{Arn, Identified, arn_of, arn_pattern, partition_of};
pub use coerce::{Coercion, coerce};
pub use describe::{PropertyFacts, describe, describe_all};
pub use facts::{FactsSource, HandlerFacts, Provisioning, UnusableSchema};
pub use general::{GeneralFacts, general_facts};
pub use parents::{ChildType, ParentLink};
pub use pattern::Pattern;
pub use predict::{AccountRegion, predict_arn, predict_counterpart, predict_identifier, without_references};
pub use registry::Registry;
pub use related::{ActualType, actual_type, distinguishing_list};
pub use resource_ref::ResourceRef;
pub use type_schema::{
    Companion, Handlers, NeededUnless, PropertyReference, RefPart, ReferenceTarget, Review, ReviewScope, TagShape,
    Tagging, Timeouts, TypeSchema,
};
pub use validate::{prepare, validate_as};
pub use violation::{Violation, type_of};

/// The candidate that is closest to a misspelled word: letter case is ignored, and a candidate
/// must be closer than a third of the word's length, or be a prefix or an extension of the word.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_SUGGESTED {
        return None;
    }
    let wanted = word.to_lowercase();
    let allowed = (wanted.chars().count() / 3).clamp(1, 6);
    candidates
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|((distance, _), _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Longer words, in bytes, are no typing errors; comparing them would take long.
pub(crate) const MAX_SUGGESTED: usize = 256;

/// The distance between two words; a prefix ranks below a typing
/// error of the same distance.
fn distance(wanted: &str, candidate: &str) -> (usize, bool) {
    let shorter = wanted.len().min(candidate.len());
    let one_begins_the_other = wanted.starts_with(candidate) || candidate.starts_with(wanted);
    if shorter >= 4 && one_begins_the_other && wanted != candidate {
        return (1, true);
    }
    (strsim::damerau_levenshtein(wanted, candidate), false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
