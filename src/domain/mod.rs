//! Domain types, and the rules that concern one of them alone. Synchronous and pure: no I/O, no clock, no terminal, no
//! AWS type.

pub mod access;
pub mod account;
pub mod approval;
pub mod assign;
pub mod audit;
pub mod baseline;
pub mod bill;
pub mod deferral;
pub mod diagnostic;
pub mod digest;
pub mod dynamic;
pub mod finding;
pub mod identity;
pub mod ignore;
pub mod intrinsics;
pub mod inventory;
pub mod lease;
pub mod money;
pub mod order;
pub mod plan;
pub mod portable;
pub mod principal;
pub mod project;
pub mod region;
pub mod resource;
pub mod stale;
pub mod suggestion;
pub mod tags;
pub mod wildcard;

// Defined in `schema`, because type schemas use them too.
pub use crate::schema::{pointer, symbol};
