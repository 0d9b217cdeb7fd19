//! Comparing configurations: normalised forms, differences, patches and digests.

pub mod diff;
pub mod drift;
pub mod normalise;
