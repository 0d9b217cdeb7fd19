//! How a live configuration of one environment becomes the desired configuration of another.

pub mod desired;
pub mod index;
pub mod names;
pub mod order;
pub mod reference;
pub mod rewrite;
