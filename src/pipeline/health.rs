//! Whether the tasks of an ECS service run after a change. Cloud Control's model has only the number that should.

use std::time::Duration;

use async_trait::async_trait;

use super::ports::{CloudError, ReadServices, ServiceTasks};
use crate::domain::resource::ResourceRef;

/// The type whose health is checked.
pub const SERVICE: &str = "AWS::ECS::Service";

/// The time between two reads.
const PAUSE: Duration = Duration::from_secs(10);

/// How long to wait for the tasks.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Waits; tests do not.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Waits this long. Returns false if the run is to end instead.
    async fn pause(&self, time: Duration) -> bool;
}

/// What is known of the tasks.
#[derive(Debug)]
pub enum Health {
    /// As many tasks run as should.
    Running(ServiceTasks),
    /// They do not, after the wait or because the deployment failed.
    NotRunning(ServiceTasks),
    /// They could not be read.
    Unknown(String),
}

impl Health {
    /// True if as many tasks run as should.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// The finding in one line.
    pub fn line(&self) -> String {
        match self {
            Self::Running(tasks) => format!("{} of {} tasks run", tasks.running, tasks.desired),
            Self::NotRunning(ServiceTasks { desired, running, failure: Some(reason) }) => {
                format!("{running} of {desired} tasks run: {reason}")
            }
            Self::NotRunning(tasks) => {
                let waited = LONGEST_WAIT.as_secs() / 60;
                format!("{} of {} tasks run after {waited} minutes", tasks.running, tasks.desired)
            }
            Self::Unknown(reason) => format!("it is not known whether its tasks run: {reason}"),
        }
    }
}

/// Waits until the tasks of a service run, for a bounded time.
pub async fn watch(services: &dyn ReadServices, service: &ResourceRef, pause: &dyn Pause) -> Health {
    // `ServiceArn|Cluster`.
    let (arn, cluster) = service.identifier.split_once('|').unwrap_or((&service.identifier, "default"));
    let mut waited = Duration::ZERO;
    loop {
        let tasks = match services.tasks(cluster, arn).await {
            Ok(Some(tasks)) => tasks,
            Ok(None) => return Health::Unknown("ECS has no such service".to_owned()),
            Err(error) => return Health::Unknown(reason(&error)),
        };
        if tasks.failure.is_none() && tasks.running == tasks.desired {
            return Health::Running(tasks);
        }
        if tasks.failure.is_some() || waited >= LONGEST_WAIT || !pause.pause(PAUSE).await {
            return Health::NotRunning(tasks);
        }
        waited += PAUSE;
    }
}

fn reason(error: &CloudError) -> String {
    error.reason()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::pipeline::ports::CloudErrorKind;

    /// Answers one after another; the last one again and again.
    struct Answers(Mutex<Vec<Option<ServiceTasks>>>);

    #[async_trait]
    impl ReadServices for Answers {
        async fn tasks(&self, cluster: &str, service: &str) -> Result<Option<ServiceTasks>, CloudError> {
            assert_eq!((cluster, service), ("shop", "arn:aws:ecs:us-east-1:111111111111:service/shop/web"));
            let mut answers = self.0.lock().unwrap();
            let denied = || CloudError::new(CloudErrorKind::AccessDenied, "ecs.DescribeServices", "prod", "no");
            if answers.len() > 1 { Ok(answers.remove(0)) } else { answers.first().cloned().ok_or_else(denied) }
        }
    }

    #[derive(Default)]
    struct Pauses {
        taken: AtomicUsize,
        most: Option<usize>,
    }

    #[async_trait]
    impl Pause for Pauses {
        async fn pause(&self, _: Duration) -> bool {
            let taken = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.is_none_or(|most| taken < most)
        }
    }

    fn tasks(running: u64, failure: Option<&str>) -> Option<ServiceTasks> {
        Some(ServiceTasks { desired: 2, running, failure: failure.map(str::to_owned) })
    }

    async fn watched(answers: Vec<Option<ServiceTasks>>, most: Option<usize>) -> (String, usize) {
        let service = ResourceRef::new(SERVICE, "arn:aws:ecs:us-east-1:111111111111:service/shop/web|shop");
        let pauses = Pauses { most, ..Pauses::default() };
        let health = watch(&Answers(Mutex::new(answers)), &service, &pauses).await;
        (health.line(), pauses.taken.into_inner())
    }

    #[tokio::test]
    async fn the_tasks_are_awaited_for_a_bounded_time() {
        let said = |line: &str, pauses: usize| (line.to_owned(), pauses);
        assert_eq!(watched(vec![tasks(2, None)], None).await, said("2 of 2 tasks run", 0));
        let grows = vec![tasks(0, None), tasks(1, None), tasks(2, None)];
        assert_eq!(watched(grows, None).await, said("2 of 2 tasks run", 2));
        assert_eq!(watched(vec![tasks(1, None)], None).await, said("1 of 2 tasks run after 5 minutes", 30));
        assert_eq!(watched(vec![tasks(0, Some("no image"))], None).await, said("0 of 2 tasks run: no image", 0));
        assert_eq!(watched(vec![tasks(1, None)], Some(1)).await.1, 1, "an interruption ends the wait");
        assert_eq!(watched(vec![None], None).await.1, 0);
        assert_eq!(watched(vec![], None).await, said("it is not known whether its tasks run: no", 0));
    }
}
