//! AWS CloudFormation Guard.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::process::{PrivateFolder, run};
use super::{GuardRules, text};
use crate::domain::project::EngineName;
use crate::pipeline::evaluate::ScanEngine;
use crate::policy::engine::{EngineError, EngineReport, Rendered, guard};

const FILE: &str = "template.json";
const RULES: &str = "rules.guard";
const ARGUMENTS: &[&str] = &[
    "validate",
    "--data",
    FILE,
    "--rules",
    RULES,
    "--output-format",
    "json",
    "--structured",
    "--show-summary",
    "none",
];

/// The exit code for "at least one rule failed".
const RULES_FAILED: i32 = 19;
/// The exit code for invalid rules.
const INVALID_RULES: i32 = 5;

/// Runs `cfn-guard` with the project's rules.
pub(super) struct Guard {
    pub limit: Duration,
    pub rules: Vec<GuardRules>,
}

#[async_trait]
impl ScanEngine for Guard {
    fn name(&self) -> EngineName {
        EngineName::CfnGuard
    }

    fn rules(&self) -> String {
        self.rules.iter().map(|rules| format!("{}\0{}\0", rules.text.len(), rules.text)).collect()
    }

    async fn scan(&self, template: &Rendered) -> Result<EngineReport, EngineError> {
        if self.rules.is_empty() {
            let advice =
                "add *.guard files to a folder of policies.dirs in stagegate.yaml, or pass one with --policies";
            return Err(EngineError::new("cfn-guard has no rules", advice));
        }
        let folder = PrivateFolder::new()?;
        folder.write(FILE, &template.text())?;
        let began = Instant::now();
        let mut report = EngineReport { version: Some(self.version(&folder).await?), ..EngineReport::default() };
        // One file at a time: a failed rule in one file would hide from the exit code that another is invalid.
        for rules in &self.rules {
            let left = self.limit.saturating_sub(began.elapsed());
            let found = self.one(rules, template, &folder, left).await?;
            report.checks += found.checks;
            report.findings.extend(found.findings);
        }
        Ok(report)
    }
}

impl Guard {
    async fn version(&self, folder: &PrivateFolder) -> Result<String, EngineError> {
        let version = run(EngineName::CfnGuard, &["--version".into()], folder, self.limit).await?;
        let version = text(EngineName::CfnGuard, version.stdout)?;
        Ok(version.split_whitespace().last().unwrap_or("unknown").to_owned())
    }

    async fn one(
        &self,
        rules: &GuardRules,
        template: &Rendered,
        folder: &PrivateFolder,
        limit: Duration,
    ) -> Result<EngineReport, EngineError> {
        // The rules that were read and are part of the plan's digest, not what is on disk now.
        folder.write(RULES, &rules.text)?;
        let arguments: Vec<OsString> = ARGUMENTS.iter().map(Into::into).collect();
        let finished = run(EngineName::CfnGuard, &arguments, folder, limit).await?;
        let path = rules.path.display();
        match finished.code {
            0 | RULES_FAILED => {}
            INVALID_RULES => {
                let said = finished.last_error_line().replace(RULES, &path.to_string());
                let what = format!("cfn-guard cannot read the rules in {path}{said}");
                return Err(EngineError::new(what, "fix the file"));
            }
            code => {
                let what =
                    format!("cfn-guard exited with code {code} for the rules in {path}{}", finished.last_error_line());
                return Err(EngineError::new(what, "fix the file; run `cfn-guard validate` to see the error"));
            }
        }
        guard::read(&text(EngineName::CfnGuard, finished.stdout)?, template).map_err(|error| {
            let what = format!("{} ({path})", error.what);
            EngineError::new(what, error.advice)
        })
    }
}
