//! Checkov.

use std::time::Duration;

use async_trait::async_trait;

use super::process::{Private, run};
use super::text;
use crate::domain::project::EngineName;
use crate::pipeline::evaluate::ScanEngine;
use crate::policy::engine::{EngineError, ForeignReport, Rendered, checkov};

const FILE: &str = "template.json";

/// `--soft-fail`: with findings or without, it ends with 0, so that any other code is a failure.
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

    async fn scan(&self, template: &Rendered) -> Result<ForeignReport, EngineError> {
        let folder = Private::new()?;
        folder.write(FILE, &checkov::input(template))?;
        let arguments: Vec<_> = ARGUMENTS.iter().map(Into::into).collect();
        let finished = run(EngineName::Checkov, &arguments, &folder, self.limit).await?;
        if finished.code != 0 {
            let what = format!("checkov ended with code {}{}", finished.code, finished.complaint());
            return Err(EngineError::new(what, "run `checkov --version` by hand to see whether it works"));
        }
        if let Some(error) = checkov::crashed(&String::from_utf8_lossy(&finished.stderr)) {
            return Err(error);
        }
        checkov::read(&text(EngineName::Checkov, finished.stdout)?, template)
    }
}
