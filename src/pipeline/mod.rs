//! The one road: `load → plan → gate → approve → apply → record`.
//!
//! Commands that only read take its first part, so that they can never disagree with those that
//! write. The order cannot be skipped: each step's type is made by the step before it alone
//! ([`gate::GatedPlan`] → [`approve::ApprovedPlan`] → [`apply::Applied`] → [`record::Recorded`]).

pub mod apply;
pub mod approve;
pub mod audit;
pub mod catalog;
pub mod drift;
pub mod estate;
pub mod evaluate;
pub mod event;
pub mod gate;
pub mod load;
pub mod managed;
pub mod observe;
pub mod plan;
pub mod ports;
pub mod prices;
pub mod record;
pub mod surroundings;
pub mod types;
