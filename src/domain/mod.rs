//! Nouns, and the rules that belong to one noun alone. Synchronous and pure: no I/O, no clock, no terminal, no AWS type.

pub mod account;
pub mod audit;
pub mod diagnostic;
pub mod digest;
pub mod environment;
pub mod finding;
pub mod intrinsics;
pub mod money;
pub mod order;
pub mod plan;
pub mod pointer;
pub mod portable;
pub mod resource;
pub mod suggestion;
pub mod symbol;
pub mod tags;
pub mod wildcard;
