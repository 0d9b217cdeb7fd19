//! External scan engines: their input template, their reports, and how their
//! findings are merged with ours. `engines` runs them.

pub mod checkov;
pub mod guard;
mod merge;
mod report;
mod template;

pub use merge::merge;
pub use report::{DEFAULT_SEVERITY, EngineError, EngineFinding, EngineReport};
pub use template::Rendered;
