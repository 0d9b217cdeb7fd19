//! Nouns and rules. Synchronous and pure: no I/O, no clock, no terminal, no AWS type.

pub mod diagnostic;
pub mod pointer;
pub mod resource;
pub mod symbol;
