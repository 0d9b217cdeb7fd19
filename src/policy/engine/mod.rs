//! Scan engines beside the built-in one: what they are given, what they answer, and how their
//! findings and ours become one list. Running them is the business of `engines`.

pub mod checkov;
pub mod guard;
mod merge;
mod report;
mod template;

pub use merge::merge;
pub use report::{DEFAULT_SEVERITY, EngineError, EngineFinding, EngineReport};
pub use template::Rendered;
