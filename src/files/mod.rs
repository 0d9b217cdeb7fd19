//! The user's files: templates, configuration, waivers, usage; and stagegate's own, such as caches.
//!
//! Parsing is pure (text in, value or diagnostics out); the functions that touch the disk are thin
//! and say so in their name (`read_…`, `discover`).

pub mod atomic;
pub mod cache;
pub mod config;
pub mod folder;
pub mod starters;
pub mod suggestion;
pub mod template;
pub mod text;
pub mod usage;
pub mod yaml;
