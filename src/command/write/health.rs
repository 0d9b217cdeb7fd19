//! Checks after a change whether the tasks of ECS services run.

use std::time::Duration;

use async_trait::async_trait;

use super::WriteRun;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::Operation;
use crate::domain::resource::ResourceRef;
use crate::outcome::Outcome;
use crate::pipeline::apply::Stop as _;
use crate::pipeline::health::{Health, Pause, SERVICE, watch};
use crate::report::{Answer, CheckState, ChecklistView, WriteAnswer};
use crate::run::Signals;

/// How often the wait looks for a signal.
const SLICE: Duration = Duration::from_millis(500);

/// Waits until the time has passed or the user stops the run.
struct UntilStopped<'s>(&'s Signals);

#[async_trait]
impl Pause for UntilStopped<'_> {
    async fn pause(&self, time: Duration) -> bool {
        let mut left = time;
        while !left.is_zero() {
            if self.0.is_requested() {
                return false;
            }
            let slice = left.min(SLICE);
            tokio::time::sleep(slice).await;
            left -= slice;
        }
        !self.0.is_requested()
    }
}

impl WriteRun<'_> {
    /// Adds to an answer whether the tasks of the services run that were created or changed.
    pub(super) async fn with_health(&self, mut answer: Answer<WriteAnswer>) -> Answer<WriteAnswer> {
        let Some(write) = &mut answer.body else { return answer };
        let signals = self.run.signals();
        // What was applied must be reported, also if the wait is interrupted.
        signals.set_applying(true);
        for step in &mut write.body.applied {
            let is_running = !matches!(step.operation, Operation::Delete | Operation::Tag);
            let opened = self.opened.iter().find(|opened| opened.environment.name == step.environment);
            let Some(opened) = opened.filter(|_| is_running && step.type_name == SERVICE) else { continue };
            let service = ResourceRef::new(SERVICE, step.identifier.as_str());
            let health = watch(&opened.services(), &service, &UntilStopped(signals)).await;
            let line = health.line();
            if !health.is_good() {
                let message = format!("{service} in {}: {line}", step.environment);
                let hint = match health {
                    Health::Unknown(_) => "allow ecs:DescribeServices, or check the service in the account",
                    _ => "see the events of the service and the logs of its tasks; the change itself is complete",
                };
                let problem = Diagnostic::warning(Code::ServiceNotRunning, message);
                answer.diagnostics.push(problem.resource(service.to_string()).hint(hint));
                if matches!(health, Health::NotRunning(_)) && answer.outcome == Outcome::Ok {
                    answer.outcome = Outcome::Findings;
                }
            }
            write.body.plan.checklist.push(ChecklistView {
                item: "tasks running".to_owned(),
                state: if health.is_good() { CheckState::Ok } else { CheckState::Open },
                evidence: format!("{}: {line}", step.identifier),
            });
            step.health = Some(line);
        }
        signals.set_applying(false);
        answer
    }
}
