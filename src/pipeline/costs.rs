//! Reads what a review of a month's cost needs: bills, the estimates in tags, and billing alarms.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::estate::{CONCURRENCY, concurrently};
use super::ports::{
    CloudError, CloudErrorKind, CostGroup, CostPeriod, CostQuery, ReadCloud, ReadCosts, ReadResources, TaggedResource,
};
use crate::domain::bill::charge::{Charge, ChargeKind, Grouping};
use crate::domain::bill::month::{Month, day_of};
use crate::domain::bill::review::{Bill, BillSource};
use crate::domain::bill::{AccuracyRow, BillingAlarm, TaggedEstimate, accuracy, services};
use crate::domain::money::Usd;
use crate::domain::project::Environment;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::schema::{Identified, Registry};

/// How many months before the current one Cost Explorer has.
pub const HISTORY_MONTHS: i32 = 13;

/// The Region that has the metrics of charges, whatever the Region that makes them; `None` in a partition without them.
pub fn billing_region(region: &str) -> Option<&'static str> {
    match crate::schema::partition_of(region) {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        _ => None,
    }
}

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// The month and the lines of a review.
#[derive(Debug, Clone, Copy)]
pub struct CostScope {
    /// The month.
    pub month: Month,
    /// What the lines are.
    pub grouping: Grouping,
    /// The time of the run.
    pub now: Timestamp,
}

impl CostScope {
    /// True if the month is not over.
    pub fn is_running(&self) -> bool {
        self.month == Month::of(self.now)
    }

    /// The month before, if Cost Explorer has it.
    fn previous(&self) -> Option<Month> {
        let oldest = Month::of(self.now).plus(-HISTORY_MONTHS);
        Some(self.month.previous()).filter(|previous| *previous >= oldest)
    }
}

/// An environment, with its clients.
pub struct CostSide<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Cost Explorer; `None` where it does not exist.
    pub costs: Option<&'a dyn ReadCosts>,
    /// Reads tags.
    pub reader: &'a dyn ReadCloud,
    /// The only value of the tag `Environment`, if another environment has the same account.
    pub only_environment: Option<String>,
}

/// What was read of an environment.
#[derive(Debug)]
pub struct EnvironmentCosts {
    /// The bill.
    pub bill: Bill,
    /// Why it is not from Cost Explorer.
    pub reason: Option<String>,
    /// What was estimated and what was billed; `None` if there is nothing to compare, or it could not be read.
    pub accuracy: Option<Vec<AccuracyRow>>,
    /// Managed resources with an estimate in their tags.
    pub estimated: u64,
    /// Managed resources without one.
    pub unestimated: u64,
    /// Why the tags could not be read.
    pub tags_error: Option<CloudError>,
    /// Tags that resources have and no cost has: they are not active as cost allocation tags.
    pub inactive_tags: Vec<&'static str>,
}

/// Reads the costs of an environment.
///
/// # Errors
/// There was no response, or neither Cost Explorer nor the tags may be read.
pub async fn environment_costs(
    side: &CostSide<'_>,
    scope: CostScope,
    alternative: &str,
) -> Result<EnvironmentCosts, CloudError> {
    let (estimates, unestimated, tags_error) = match estimates(side).await {
        Ok((estimates, unestimated)) => (estimates, unestimated, None),
        Err(error) if error.kind == CloudErrorKind::AccessDenied => (Vec::new(), 0, Some(error)),
        Err(error) => return Err(error),
    };
    let mut found = EnvironmentCosts {
        bill: Bill {
            environment: side.environment.name.clone(),
            account: side.environment.account.to_string(),
            source: BillSource::Tags,
            is_estimated: true,
            charges: Vec::new(),
            previous: None,
        },
        reason: None,
        accuracy: None,
        estimated: estimates.len() as u64,
        unestimated,
        tags_error,
        inactive_tags: Vec::new(),
    };
    let asked = match side.costs {
        Some(costs) => bills(costs, side, scope).await.map(|periods| (costs, periods)),
        None => Err(CloudError::new(
            CloudErrorKind::Unsupported,
            "costexplorer.GetCostAndUsage",
            &side.environment.name,
            alternative,
        )),
    };
    let (costs, periods) = match asked {
        Ok(asked) => asked,
        Err(error) if is_unavailable(&error) => {
            if let Some(tags_error) = found.tags_error {
                return Err(tags_error);
            }
            found.bill.charges = charges_of_estimates(&estimates, scope);
            found.reason = Some(error.message);
            return Ok(found);
        }
        Err(error) => return Err(error),
    };
    let of = |month: Month| periods.iter().find(|period| period.from == month.first());
    let this = of(scope.month);
    found.bill.source = BillSource::CostExplorer;
    found.bill.is_estimated = this.is_some_and(|period| period.is_estimated);
    found.bill.charges = this.map(|period| charges(period, scope.grouping)).unwrap_or_default();
    found.bill.previous =
        scope.previous().map(|previous| of(previous).map(|period| charges(period, scope.grouping)).unwrap_or_default());
    if let Some(tag) = scope.grouping.tag() {
        let groups = found.bill.charges.iter().map(|charge| (charge.group.as_str(), charge.amount));
        note_inactive(&mut found.inactive_tags, tag, groups, (&estimates, scope));
    }
    // Without something to compare with, the request would cost money for nothing.
    if estimates.iter().any(|estimate| !estimate.project.is_empty() && existed(estimate, scope)) {
        let billed = billed_by_project(costs, side, scope).await?;
        let groups = billed.iter().map(|((project, _), amount)| (project.as_str(), *amount));
        note_inactive(&mut found.inactive_tags, tags::PROJECT, groups, (&estimates, scope));
        if !found.inactive_tags.contains(&tags::PROJECT) {
            found.accuracy = Some(accuracy(&estimates, &billed, scope.month, day_of(scope.now)));
        }
    }
    Ok(found)
}

/// True if Cost Explorer may not be used, or has no data: what it would say is estimated from tags then.
fn is_unavailable(error: &CloudError) -> bool {
    matches!(error.kind, CloudErrorKind::AccessDenied | CloudErrorKind::Unsupported)
        || error.code.as_deref().is_some_and(|code| code.starts_with("DataUnavailable"))
}

/// Asks for a month and the one before it, with one request.
async fn bills(costs: &dyn ReadCosts, side: &CostSide<'_>, scope: CostScope) -> Result<Vec<CostPeriod>, CloudError> {
    let group = scope.grouping.tag().map_or(CostGroup::Service, CostGroup::Tag);
    let query = CostQuery {
        from: scope.previous().unwrap_or(scope.month).first(),
        until: scope.month.end(),
        groups: vec![group, CostGroup::RecordType],
        only_tag: only_tag(side),
        only_charges: false,
    };
    Ok(costs.costs(&query).await?.periods)
}

fn only_tag(side: &CostSide<'_>) -> Option<(String, String)> {
    side.only_environment.clone().map(|value| (tags::ENVIRONMENT.to_owned(), value))
}

fn charges(period: &CostPeriod, grouping: Grouping) -> Vec<Charge> {
    let groups = period.groups.iter().filter_map(|group| match group.keys.as_slice() {
        [key, record_type] => Some(Charge {
            group: grouping.group_of_key(key),
            kind: ChargeKind::of_record(record_type),
            currency: group.currency.clone(),
            amount: group.amount,
        }),
        _ => None,
    });
    groups.collect()
}

/// What was billed in US dollars by project and service.
async fn billed_by_project(
    costs: &dyn ReadCosts,
    side: &CostSide<'_>,
    scope: CostScope,
) -> Result<BTreeMap<(String, String), Decimal>, CloudError> {
    let query = CostQuery {
        from: scope.month.first(),
        until: scope.month.end(),
        groups: vec![CostGroup::Tag(tags::PROJECT), CostGroup::Service],
        only_tag: only_tag(side),
        only_charges: true,
    };
    let mut billed: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for group in costs.costs(&query).await?.periods.into_iter().flat_map(|period| period.groups) {
        if let ([project, service], "USD") = (group.keys.as_slice(), group.currency.as_str()) {
            let key = (Grouping::Project.group_of_key(project), service.clone());
            *billed.entry(key).or_default() += group.amount;
        }
    }
    Ok(billed)
}

/// Notes a tag that resources with estimates have, if no cost has it.
fn note_inactive<'a>(
    inactive: &mut Vec<&'static str>,
    tag: &'static str,
    groups: impl Iterator<Item = (&'a str, Decimal)>,
    (estimates, scope): (&[TaggedEstimate], CostScope),
) {
    let is_tagged = estimates.iter().filter(|estimate| existed(estimate, scope)).any(|estimate| match tag {
        tags::PROJECT => !estimate.project.is_empty(),
        _ => !estimate.stack_resource.is_empty(),
    });
    let billed: Vec<(&str, Decimal)> = groups.filter(|(_, amount)| !amount.is_zero()).collect();
    let is_inactive = is_tagged && !billed.is_empty() && billed.iter().all(|(group, _)| group.is_empty());
    if is_inactive && !inactive.contains(&tag) {
        inactive.push(tag);
    }
}

/// The estimates in the tags of an environment's managed resources, and how many have none.
async fn estimates(side: &CostSide<'_>) -> Result<(Vec<TaggedEstimate>, u64), CloudError> {
    let managers = [tags::MANAGER, tags::CCAPI_MANAGER];
    let found = side.reader.tagged(Some((tags::MANAGED_BY, &managers))).await?;
    let registry = side.reader.registry();
    let (mut estimates, mut unestimated) = (Vec::new(), 0);
    for resource in found {
        let environment = resource.tags.get(tags::ENVIRONMENT);
        if side.only_environment.as_ref().is_some_and(|only| environment != Some(only)) {
            continue;
        }
        match estimate(registry, &resource) {
            Some(estimate) => estimates.push(estimate),
            None => unestimated += 1,
        }
    }
    Ok((estimates, unestimated))
}

fn estimate(registry: &Registry, resource: &TaggedResource) -> Option<TaggedEstimate> {
    let tag = |key: &str| resource.tags.get(key).cloned();
    Some(TaggedEstimate {
        type_name: type_of(registry, &resource.arn),
        project: tag(tags::PROJECT).unwrap_or_default(),
        stack_resource: tag(tags::STACK_RESOURCE).unwrap_or_default(),
        created: tag(tags::CREATED_DATE).and_then(|day| day.parse().ok()),
        monthly: Usd::parse(&tag(tags::COST_ESTIMATE)?).ok()?,
    })
}

/// The type of an ARN, the most likely one: its service is what matters.
fn type_of(registry: &Registry, arn: &str) -> String {
    let service = || arn.split(':').nth(2).unwrap_or_default().to_owned();
    match registry.identify(arn) {
        Identified::OfType(types) => types.first().map_or_else(service, |name| (*name).to_owned()),
        other => other.candidates().into_iter().next().map_or_else(service, |resource| resource.type_name),
    }
}

/// True if a resource existed in a month, as far as its tags say.
fn existed(estimate: &TaggedEstimate, scope: CostScope) -> bool {
    estimate.created.is_none_or(|created| created < scope.month.end())
}

fn charges_of_estimates(estimates: &[TaggedEstimate], scope: CostScope) -> Vec<Charge> {
    let charge = |estimate: &TaggedEstimate| Charge {
        group: match scope.grouping {
            Grouping::Service => services::of_type(&estimate.type_name),
            Grouping::Project => estimate.project.clone(),
            Grouping::Stack => Grouping::Stack.group_of_value(&estimate.stack_resource),
        },
        kind: ChargeKind::Usage,
        currency: "USD".to_owned(),
        amount: estimate.monthly.amount(),
    };
    estimates.iter().filter(|estimate| existed(estimate, scope)).map(charge).collect()
}

/// Returns the alarms on the charges of an account. The reader is of [`billing_region`].
///
/// # Errors
/// There was no complete response.
pub async fn billing_alarms(reader: &dyn ReadResources) -> Result<Vec<BillingAlarm>, CloudError> {
    let names = reader.list(ALARM).await?;
    let reads = names.iter().map(|name| async move { reader.get(&ResourceRef::new(ALARM, name)).await });
    let mut alarms = Vec::new();
    for properties in concurrently(CONCURRENCY, reads).await {
        alarms.extend(properties?.as_ref().and_then(BillingAlarm::read));
    }
    alarms.sort_by(|a, b| (a.threshold, &a.name).cmp(&(b.threshold, &b.name)));
    Ok(alarms)
}
