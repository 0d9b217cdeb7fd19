//! Scan: the policies over resources, and the engines beside them.

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
use crate::policy::{BatchResults, PolicySet, ScanInput, suppress};

/// A scan engine that is a program of its own. `engines` implements it.
#[async_trait]
pub trait ScanEngine: Send + Sync {
    /// Which one.
    fn name(&self) -> EngineName;
    /// The rules that it was given, if it was: with its version they decide what it finds.
    fn rules(&self) -> String;
    /// Scans a template.
    async fn scan(&self, template: &Rendered) -> Result<EngineReport, EngineError>;
}

/// The engines of a scan.
pub struct Engines {
    /// Run the policies.
    pub builtin: bool,
    /// What runs beside them.
    pub others: Vec<Box<dyn ScanEngine>>,
}

impl Engines {
    /// A digest of everything that decides what a scan finds: the policies' own where nothing else
    /// ran, else with the other engines' versions and rules.
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

/// Runs all engines and makes one report of their answers, with the suppressions that stand at the resources
/// applied. `secrets` are not shown to other programs. An engine that fails is an engine failure in
/// the report.
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

/// Most threads that share a large scan. Their number has no influence on the report.
const THREADS: usize = 8;

/// Fewer resources than this, some 5 ms of work, are not worth a second thread.
const SMALLEST: usize = 32;

/// What [`PolicySet::evaluate`] gives, sooner.
pub fn evaluate(policies: &PolicySet, input: &ScanInput) -> ScanReport {
    let evaluation = policies.evaluation(input);
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let batches = evaluation.batches(processors.min(THREADS), SMALLEST);
    let results: Vec<BatchResults> = std::thread::scope(|scope| {
        let workers: Vec<_> = batches.iter().skip(1).map(|batch| scope.spawn(|| batch.run())).collect();
        let first = batches.first().map(|batch| batch.run()).unwrap_or_default();
        let others =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    });
    evaluation.report(results)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::{Packs, ScanResource, builtin};
    use serde_json::json;

    #[test]
    fn threads_change_nothing() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let queue =
            |n: usize| ScanResource::live("AWS::SQS::Queue", &format!("q{n}"), json!({"QueueName": n.to_string()}));
        for count in [0, 1, SMALLEST] {
            let input = ScanInput { resources: (0..count).map(queue).collect(), ..ScanInput::default() };
            assert_eq!(evaluate(&policies, &input), policies.evaluate(&input), "{count}");
        }
    }
}
