//! Comparing configurations: normalized forms, differences, patches and digests.

pub mod applied;
pub mod desired;
pub mod diff;
pub mod drift;
mod element_name;
pub mod ignore;
pub mod normalize;
pub mod pair;
pub mod patch;
mod policy_document;
mod scalar;
pub mod separate;
