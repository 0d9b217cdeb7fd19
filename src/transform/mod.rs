//! Transforms of templates that AWS evaluates on its servers.

pub mod serverless;
