//! Runs scans: the built-in policy engine and external scan engines.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use async_trait::async_trait;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::digest::hex;
use crate::domain::finding::{EngineFailure, EngineStatus, ScanReport};
use crate::domain::project::EngineName;
use crate::policy::engine::{EngineError, EngineReport, Rendered, merge};
use crate::policy::{BatchResults, Evaluation, PolicySet, ScanInput, suppress};

/// An external scan engine. Implemented in `engines`.
#[async_trait]
pub trait ScanEngine: Send + Sync {
    /// Returns the engine's name.
    fn name(&self) -> EngineName;
    /// Returns the rules that the engine uses, if configured: with its version, they determine its findings.
    fn rules(&self) -> String;
    /// Scans a template.
    async fn scan(&self, template: &Rendered) -> Result<EngineReport, EngineError>;
}

/// The engines of a scan.
pub struct Engines {
    /// Whether to run the built-in policy engine.
    pub builtin: bool,
    /// External engines.
    pub others: Vec<Box<dyn ScanEngine>>,
}

impl Engines {
    /// Returns a digest of everything that determines the findings of a scan: the digest of the policies, combined with the
    /// versions and rules of external engines, if any.
    pub fn digest(&self, policies: &PolicySet, report: &ScanReport) -> String {
        let own = policies.digest();
        if self.builtin && self.others.is_empty() {
            return own;
        }
        let mut hasher = Sha256::new();
        hasher.update(format!("{} {own}\n", self.builtin));
        for engine in &self.others {
            let name = engine.name().as_str();
            let ran = report.engines.iter().find(|status| status.name == name);
            let version = ran.and_then(|status| status.version.as_deref()).unwrap_or_default();
            let rules = engine.rules();
            hasher.update(format!("{name} {version} {}\n{rules}", rules.len()));
        }
        hex(&hasher.finalize())
    }
}

/// Runs all engines and merges their results into one report, with the suppressions of the resources applied. `secrets` are
/// not passed to other programs. A failed engine is recorded in the report.
pub async fn scan(
    policies: &PolicySet,
    engines: &Engines,
    input: &ScanInput,
    secrets: &BTreeSet<String>,
) -> (ScanReport, Vec<Diagnostic>) {
    let mut report = if engines.builtin {
        evaluate(policies, input)
    } else {
        ScanReport { resources_scanned: input.resources.len(), ..ScanReport::default() }
    };
    if !engines.others.is_empty() {
        let template = Rendered::new(&input.resources, secrets);
        let answers = join_all(engines.others.iter().map(|engine| engine.scan(&template))).await;
        for (engine, answer) in engines.others.iter().zip(answers) {
            let mut status =
                EngineStatus { name: engine.name().as_str().to_owned(), version: None, failures: Vec::new() };
            match answer {
                Ok(found) => {
                    status.version.clone_from(&found.version);
                    merge(&mut report, engine.name(), found, policies, &input.resources);
                }
                Err(error) => status.failures.push(EngineFailure {
                    check: None,
                    resource: None,
                    message: error.to_string(),
                    location: None,
                }),
            }
            report.engines.push(status);
        }
    }
    let remarks = suppress(&mut report, &input.resources, policies);
    (report, remarks)
}

/// Maximum number of threads of a scan. It does not affect the report.
const MAX_THREADS: usize = 8;

/// Minimum number of resources per thread, which take about 5 ms.
const MIN_RESOURCES_PER_THREAD: usize = 32;

/// Does the same as [`PolicySet::evaluate`], with several threads.
pub fn evaluate(policies: &PolicySet, input: &ScanInput) -> ScanReport {
    let evaluation = policies.evaluation(input);
    evaluation.report(run(&evaluation))
}

/// Runs an evaluation with several threads. Policies that run in another process run at the same time.
pub fn run(evaluation: &Evaluation<'_>) -> Vec<BatchResults> {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let batches = evaluation.batches(processors.min(MAX_THREADS), MIN_RESOURCES_PER_THREAD);
    std::thread::scope(|scope| {
        let isolated = evaluation.has_isolated().then(|| scope.spawn(|| evaluation.run_isolated()));
        let others = batches.iter().skip(1).map(|batch| scope.spawn(|| batch.run()));
        let workers: Vec<_> = others.chain(isolated).collect();
        let first = batches.first().map(|batch| batch.run()).unwrap_or_default();
        let others =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::{Packs, ScanResource, builtin};
    use serde_json::json;

    #[test]
    fn threads_do_not_affect_the_report() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let queue =
            |n: usize| ScanResource::live("AWS::SQS::Queue", &format!("q{n}"), json!({"QueueName": n.to_string()}));
        for count in [0, 1, MIN_RESOURCES_PER_THREAD] {
            let input = ScanInput { resources: (0..count).map(queue).collect(), ..ScanInput::default() };
            assert_eq!(evaluate(&policies, &input), policies.evaluate(&input), "{count}");
        }
    }
}
