//! Checkov.

use std::time::Duration;

use async_trait::async_trait;

use super::process::{PrivateFolder, run};
use super::text;
use crate::domain::project::EngineName;
use crate::pipeline::evaluate::ScanEngine;
use crate::policy::engine::{EngineError, EngineReport, Rendered, checkov};

const FILE: &str = "template.json";

/// `--soft-fail`: it exits with 0 with or without findings, so that any other code is a failure.
const ARGUMENTS: &[&str] = &[
    "-f",
    FILE,
    "--framework",
    "cloudformation",
    "-o",
    "json",
    "--compact",
    "--quiet",
    "--skip-download",
    "--soft-fail",
];

/// Runs `checkov`.
pub(super) struct Checkov {
    pub limit: Duration,
}

#[async_trait]
impl ScanEngine for Checkov {
    fn name(&self) -> EngineName {
        EngineName::Checkov
    }

    fn rules(&self) -> String {
        String::new()
    }

    async fn scan(&self, template: &Rendered) -> Result<EngineReport, EngineError> {
        let folder = PrivateFolder::new()?;
        folder.write(FILE, &checkov::input(template))?;
        let arguments: Vec<_> = ARGUMENTS.iter().map(Into::into).collect();
        let finished = run(EngineName::Checkov, &arguments, &folder, self.limit).await?;
        if finished.code != 0 {
            let what = format!("checkov exited with code {}{}", finished.code, finished.last_error_line());
            return Err(EngineError::new(what, "run `checkov --version` to check the installation"));
        }
        if let Some(error) = checkov::crashed(&String::from_utf8_lossy(&finished.stderr)) {
            return Err(error);
        }
        checkov::read(&text(EngineName::Checkov, finished.stdout)?, template)
    }
}
