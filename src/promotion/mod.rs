//! How a live configuration of one environment becomes the desired configuration of another.

pub mod claims;
pub mod consistency;
pub mod desired;
pub mod index;
pub mod names;
pub mod reference;
pub mod rewrite;
pub mod unexplained;
