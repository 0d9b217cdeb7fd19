//! Derives the desired state of one environment from the live configuration of another.

pub mod adoption;
pub mod claims;
pub mod consistency;
pub mod correction;
pub mod desired;
mod given;
pub mod implied;
pub mod inconsistency;
pub mod index;
pub mod index_builder;
mod json_text;
pub mod lookup;
pub mod name_length;
pub mod names;
mod pieces;
pub mod place;
pub mod reference;
mod region;
pub mod rewrite;
mod rewritten;
pub mod sendable;
mod text;
pub mod typed;
pub mod unexplained;
pub mod versions;
