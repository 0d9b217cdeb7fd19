//! The pipeline of every command: `load → plan → gate → approve → apply → record`.
//!
//! Commands that only read use its first stages, so that their results are consistent with those of commands that
//! change resources. No stage can be skipped: the input type of each stage can only be created by the previous one
//! ([`gate::GatedPlan`] → [`approve::ApprovedPlan`] → [`apply::Applied`] → [`record::Recorded`]).

pub mod access;
pub mod access_map;
pub mod apply;
pub mod approve;
pub mod audit;
pub mod catalog;
pub mod costs;
pub mod drift;
pub mod estate;
pub mod evaluate;
pub mod event;
pub mod gate;
pub mod health;
pub mod inventory;
pub mod load;
pub mod managed;
pub mod observe;
pub mod permissions;
pub mod plan;
pub mod ports;
pub mod preflight;
pub mod price_update;
pub mod prices;
pub mod record;
pub mod surroundings;
pub mod types;
