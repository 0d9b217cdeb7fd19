//! The user's files: templates, configuration, policies, waivers, AWS profiles.
//!
//! Parsing is pure (text in, value or diagnostics out); the functions that touch the disk are thin
//! and say so in their name (`read_…`, `discover`).

pub mod cache;
pub mod config;
pub mod policies;
pub mod profile;
pub mod starters;
pub mod suggestion;
pub mod template;
pub mod text;
mod typed_yaml;
pub mod usage;
pub mod waivers;
pub mod yaml;
