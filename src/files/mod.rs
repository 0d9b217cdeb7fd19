//! The user's files: templates, configuration, policies, waivers, ignored drift, usage; and stagegate's own, such as caches.
//!
//! Parsing is pure (text in, value or diagnostics out); the functions that read the file system are thin
//! and say so in their name (`read_…`, `discover`).

pub mod atomic;
pub mod audit_log;
pub mod baseline;
pub mod cache;
pub mod config;
pub mod folder;
pub mod ignore;
pub mod policies;
pub mod starters;
pub mod suggestion;
pub mod template;
pub mod text;
mod typed_yaml;
pub mod usage;
pub mod waivers;
pub mod yaml;
