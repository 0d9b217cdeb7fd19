//! Nouns and rules. Synchronous and pure: no I/O, no clock, no terminal, no AWS type.

pub mod account;
pub mod audit;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod drift;
pub mod engine;
pub mod environment;
pub mod estimate;
pub mod finding;
pub mod gate;
pub mod iam;
pub mod intrinsics;
pub mod money;
pub mod normalise;
pub mod plan;
pub mod pointer;
pub mod policy;
pub mod promotion;
pub mod resource;
pub mod symbol;
pub mod tags;
