//! A run of one command: its command line, time, streams and activity. Each run has its own start time, so that a
//! long-running process never plans or approves with its own start time.

mod accounts;
mod audit;
mod callers;
mod clock;
mod environments;
mod events;
mod failure;
mod prices;
mod profiles;
mod signal;
mod types;

pub use accounts::{OpenAccount, OpenRegion, Sources};
pub use audit::{AuditTrail, Signatories};
pub use callers::ProfileCaller;
#[cfg(test)]
pub use clock::ManualClock;
pub use clock::{Clock, SystemClock, lease_window, longest_retry, throttle_budget};
pub use environments::{EnvironmentStatus, OpenEnvironment};
pub use failure::cloud_failure;
pub use profiles::profile_names;
pub use signal::{GRACE, Signals, StopReason};

pub use crate::aws::{Reader, StaleReader, Writer};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::CallCounter;
use crate::cli::{Cli, GlobalArgs};
use crate::pipeline::event::{EventConsumer, Events};
use crate::report::{EnvironmentView, RunFacts};
use crate::schema::Registry;
use crate::ui::Ui;
use crate::workspace::Workspace;
use events::EventStream;

/// One run of one command.
pub struct Run {
    workspace: Arc<Workspace>,
    cli: Cli,
    clock: Arc<dyn Clock>,
    /// By [`Clock::monotonic`].
    began: Duration,
    now: Timestamp,
    calls: CallCounter,
    events: Events,
    ui: Ui,
    signals: Signals,
    audit: Arc<AuditTrail>,
    /// The resource types, which DescribeType adds to.
    registry: Registry,
    /// The environments used so far.
    environments_used: Mutex<Vec<EnvironmentView>>,
}

impl Run {
    /// Begins a run in a workspace at the clock's current time. Its events go to the consumers.
    pub fn begin(
        workspace: Arc<Workspace>,
        cli: Cli,
        clock: Arc<dyn Clock>,
        ui: Ui,
        signals: Signals,
        consumers: Vec<Arc<dyn EventConsumer>>,
    ) -> Self {
        let stream = EventStream::new(Arc::clone(&clock), consumers);
        let registry = Registry::embedded();
        let audit = Arc::new(AuditTrail::new(&workspace, &registry, Arc::clone(&clock)));
        Self {
            workspace,
            cli,
            began: clock.monotonic(),
            now: clock.now(),
            clock,
            calls: CallCounter::default(),
            events: Events::to(Arc::new(stream)),
            ui,
            signals,
            audit,
            registry,
            environments_used: Mutex::default(),
        }
    }

    /// Returns the workspace, which outlives the run.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Returns the parsed command line.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Returns the global flags.
    pub fn global(&self) -> &GlobalArgs {
        &self.cli.global
    }

    /// Returns the time at which the run began, in whole seconds.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the output streams.
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// Returns the event stream.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Returns the signals received.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Returns the resource types that are known: the embedded ones and those that were described in this run.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns the audit trail.
    pub fn audit(&self) -> &AuditTrail {
        &self.audit
    }

    fn record_environment(&self, view: EnvironmentView) {
        if !self.workspace.has_project() {
            return;
        }
        let mut environments_used = self.environments_used.lock().unwrap_or_else(PoisonError::into_inner);
        environments_used.retain(|other| other.name != view.name);
        environments_used.push(view);
    }

    /// Returns the caller's ARN in each environment used so far, as STS returned it.
    pub fn callers(&self) -> BTreeMap<String, String> {
        let environments = self.environments_used.lock().unwrap_or_else(PoisonError::into_inner);
        environments.iter().filter_map(|view| Some((view.name.clone(), view.arn.clone()?))).collect()
    }

    /// Returns the custom endpoints to which the environments used so far send changes, as facts that an approval covers.
    pub fn endpoint_facts(&self) -> Vec<String> {
        let environments = self.environments_used.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = |view: &EnvironmentView| {
            let name = view.name.clone();
            let changing = view.endpoints.iter().filter(|(service, _)| CHANGING.contains(&service.as_str()));
            let fact = |(service, url): (&String, &String)| {
                format!("endpoint of {service} in {name}: {}", without_loopback_port(url))
            };
            changing.map(fact).collect::<Vec<_>>()
        };
        environments.iter().flat_map(facts).collect()
    }

    /// Returns the facts about the run for the JSON envelope.
    pub fn facts(&self) -> RunFacts {
        let order: BTreeMap<&str, usize> = self
            .workspace
            .project()
            .environments
            .iter()
            .enumerate()
            .map(|(index, environment)| (environment.name.as_str(), index))
            .collect();
        let mut environments = self.environments_used.lock().unwrap_or_else(PoisonError::into_inner).clone();
        environments.sort_by_key(|view| order.get(view.name.as_str()).copied());
        let elapsed = self.clock.monotonic().saturating_sub(self.began);
        RunFacts {
            environments,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            api_calls: self.calls.snapshot(),
            api_attempts: self.calls.attempts(),
        }
    }
}

/// The APIs that change resources, or say which account is changed. An approval remains valid if prices have another source.
const CHANGING: [&str; 4] = ["cloudcontrol", "iam", "sts", "tagging"];

/// Removes the port of a server on this machine, which differs each time it is started.
fn without_loopback_port(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once(':') {
        Some((host @ ("127.0.0.1" | "localhost" | "[::1]"), _)) => format!("{scheme}://{host}{path}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    mod applying;

    use super::*;
    use crate::pipeline::ports::ReadResources as _;

    /// Opens a workspace whose sandbox is in a temporary folder.
    pub(crate) fn workspace(folder: &tempfile::TempDir) -> Arc<Workspace> {
        let sandbox = Some(folder.path().display().to_string());
        let workspace = Workspace::open(&GlobalArgs { sandbox, ..GlobalArgs::default() }, false).unwrap();
        Arc::new(workspace.with_state_folder(folder.path().join("state")))
    }

    /// Begins a run of a command line.
    pub(crate) fn run(workspace: &Arc<Workspace>, clock: &Arc<ManualClock>, line: &str) -> Run {
        run_with_consumers(workspace, clock, line, Vec::new())
    }

    /// Begins a run of a command line whose events go to these consumers.
    pub(crate) fn run_with_consumers(
        workspace: &Arc<Workspace>,
        clock: &Arc<ManualClock>,
        line: &str,
        consumers: Vec<Arc<dyn EventConsumer>>,
    ) -> Run {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let cli = crate::cli::parse(&words).unwrap();
        let ui = Ui::new(&cli.global);
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        Run::begin(Arc::clone(workspace), cli, clock, ui, Signals::default(), consumers)
    }

    #[test]
    fn each_run_of_a_process_has_its_own_time() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, clock) =
            (workspace(&folder), Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap())));
        let first = run(&workspace, &clock, "stagegate context");
        clock.advance(Duration::from_secs(25 * 60 * 60));
        let second = run(&workspace, &clock, "stagegate context");
        assert_eq!(first.now().to_string(), "2026-11-20T09:00:00Z");
        assert_eq!(second.now().to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(first.facts().elapsed_ms, 25 * 60 * 60 * 1000);
        assert_eq!(second.facts().elapsed_ms, 0);
    }

    #[tokio::test]
    async fn calls_and_environments_are_counted_per_run_and_clients_are_shared() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, clock) =
            (workspace(&folder), Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap())));
        let (first, second) =
            (run(&workspace, &clock, "stagegate context"), run(&workspace, &clock, "stagegate context"));
        first.open_environment("dev").await.map(drop).unwrap();
        first.open_environment("dev").await.map(drop).unwrap();
        second.open_environment("prod").await.map(drop).unwrap();
        let calls = |run: &Run| run.facts().api_calls.get("sts.GetCallerIdentity").copied();
        assert_eq!((calls(&first), calls(&second)), (Some(2), Some(1)));
        let names = |run: &Run| run.facts().environments.into_iter().map(|view| view.name).collect::<Vec<_>>();
        assert_eq!((names(&first), names(&second)), (vec!["dev".to_owned()], vec!["prod".to_owned()]));
    }

    /// The sandbox, which is in the same process, knows the type all along.
    #[tokio::test]
    async fn what_a_run_has_described_no_other_one_knows() {
        const WIDGET: &str = "AWS::StagegateTest::Widget";
        let folder = tempfile::tempdir().unwrap();
        let (workspace, clock) =
            (workspace(&folder), Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap())));
        let (first, second) =
            (run(&workspace, &clock, "stagegate context"), run(&workspace, &clock, "stagegate context"));
        let opened = first.open_environment("dev").await.unwrap();
        assert!(!opened.reader().registry().contains(WIDGET));
        assert_eq!(first.learn_types(&["dev"], [WIDGET]).await, []);
        assert!(first.registry().contains(WIDGET) && opened.reader().registry().contains(WIDGET));
        let elsewhere = second.open_environment("dev").await.unwrap();
        assert!(!second.registry().contains(WIDGET) && !elsewhere.reader().registry().contains(WIDGET));
        assert_eq!(second.learn_types(&["dev"], [WIDGET]).await, []);
        assert_eq!(first.registry(), second.registry());
    }
}
