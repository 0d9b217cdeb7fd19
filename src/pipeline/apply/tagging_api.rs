//! Asks the tagging API, at the end of a run, whether it returns the resources that the run created. Commands that read all
//! managed resources find them by it: a resource that it does not return must be named.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Applied, EnvironmentClients, Watch};
use crate::domain::plan::Action;
use crate::domain::resource::ResourceRef;
use crate::schema::general_facts;

/// The pauses before asking again: the tagging API lags behind.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Created resources of one environment that the tagging API did not return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReturned {
    /// The environment.
    pub environment: String,
    /// The resources, in the order of the plan.
    pub resources: Vec<ResourceRef>,
    /// Why the tagging API could not be asked, if so.
    pub error: Option<String>,
}

/// Asks for the resources that the run created. The calls are bounded: one per hundred resources, three times.
pub(super) async fn not_returned(
    applied: &Applied,
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
    watch: Watch<'_>,
) -> Vec<NotReturned> {
    let mut found = Vec::new();
    for (environment, clients) in clients_by_environment {
        let mut created = created(applied, environment);
        if created.is_empty() {
            continue;
        }
        let began = Instant::now();
        let mut pauses = PAUSES.into_iter();
        let error = loop {
            let arns: Vec<String> = created.iter().map(|(arn, _)| arn.clone()).collect();
            match clients.reader.tagged_among(&arns).await {
                Ok(returned) => created.retain(|(arn, _)| !returned.contains(arn)),
                Err(error) => break Some(error.reason()),
            }
            let pause = pauses.next().filter(|pause| began.elapsed() + *pause <= watch.longest_retry);
            match pause {
                Some(pause) if !created.is_empty() && !watch.interrupted() => tokio::time::sleep(pause).await,
                _ => break None,
            }
        };
        if !created.is_empty() {
            let resources = created.into_iter().map(|(_, resource)| resource).collect();
            found.push(NotReturned { environment: environment.clone(), resources, error });
        }
    }
    found
}

/// The resources that the run created in an environment with tags, by ARN. Those of types that are found by listing are left
/// out.
fn created(applied: &Applied, environment: &str) -> Vec<(String, ResourceRef)> {
    let is_returned = |type_name: &str| {
        let schema = applied.plan.registry.get(type_name);
        schema.is_some_and(|schema| schema.tagging.property.is_some())
            && !general_facts().not_in_tagging_api.iter().any(|name| name == type_name)
    };
    let made = applied.done.iter().filter(|done| {
        let step = done.order.checked_sub(1).and_then(|index| applied.plan.steps.get(index));
        step.is_some_and(|step| {
            step.environment == environment && matches!(step.action, Action::Create { .. } | Action::Replace { .. })
        })
    });
    let made = made.filter(|done| is_returned(&done.resource.type_name));
    made.filter_map(|done| Some((done.arn.clone()?, done.resource.clone()))).collect()
}
