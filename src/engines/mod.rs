//! Scan engines that are programs of their own. Each scans, in a private folder that is removed
//! afterwards, the very template that is sent, with nothing of the user's environment but what a
//! program needs to start. Whatever goes wrong is an [`EngineError`], never a pass.

mod checkov;
mod guard;
mod process;

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::project::EngineName;
use crate::pipeline::evaluate::{Engines, ScanEngine};
use crate::policy::engine::EngineError;

/// How long an engine may take unless the user says otherwise.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A file of Guard rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardRules {
    /// Absolute path.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
}

/// The engines of the given names. Whether their programs are there is seen when they run.
pub fn engines(names: &[EngineName], rules: Vec<GuardRules>, limit: Option<Duration>) -> Engines {
    let limit = limit.unwrap_or(LONGEST);
    let mut others: Vec<Box<dyn ScanEngine>> = Vec::new();
    if names.contains(&EngineName::Checkov) {
        others.push(Box::new(checkov::Checkov { limit }));
    }
    if names.contains(&EngineName::CfnGuard) {
        others.push(Box::new(guard::Guard { limit, rules }));
    }
    Engines { builtin: names.contains(&EngineName::Builtin), others }
}

/// An engine's text output.
fn text(engine: EngineName, bytes: Vec<u8>) -> Result<String, EngineError> {
    String::from_utf8(bytes).map_err(|_| {
        let what = format!("{} printed something that is not UTF-8", engine.as_str());
        EngineError::new(what, format!("run `{}` by hand to see what it says", engine.as_str()))
    })
}
