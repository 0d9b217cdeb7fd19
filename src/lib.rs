//! stagegate
pub mod domain;
