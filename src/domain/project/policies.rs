//! Which policies a project applies.

use super::engine::EngineName;
use crate::domain::finding::Severity;

/// Which policies are applied and what fails a scan. Paths are relative to the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySettings {
    /// Folders with the project's own policies.
    pub dirs: Vec<String>,
    /// The least severity that fails a scan; default `high`.
    pub fail_on: Severity,
    /// The waiver file.
    pub waivers: Option<String>,
    /// The engines to run; default the built-in one.
    pub engines: Vec<EngineName>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self { dirs: Vec::new(), fail_on: Severity::High, waivers: None, engines: vec![EngineName::Builtin] }
    }
}
