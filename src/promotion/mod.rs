//! Derives the desired state of one environment from the live configuration of another.

pub mod adoption;
pub mod claims;
pub mod consistency;
pub mod desired;
pub mod implied;
pub mod index;
pub mod names;
pub mod reference;
pub mod rewrite;
pub mod unexplained;
