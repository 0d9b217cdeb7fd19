//! The client of Cost Explorer. It has no mutating calls. Each request is charged.

use async_trait::async_trait;
use aws_config::Region;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::ClientSet;
use super::json::{JsonClient, JsonService};
use super::pages::Pages;
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::pipeline::ports::{
    CloudError, CloudErrorKind, CostGroup, CostPeriod, CostQuery, Costs, GroupCost, ReadCosts,
};
use crate::schema::partition_of;

/// Cost Explorer. It has one endpoint per partition, whose name has a Region.
pub(super) const COST_EXPLORER: JsonService = JsonService {
    service: Service { id: "Cost Explorer", signing_name: "ce", is_global: false },
    target: Some("AWSInsightsIndexService"),
};

const OPERATION: &str = "costexplorer.GetCostAndUsage";

/// The metric: what was charged on the day of the usage, before reservations are spread over their term.
const METRIC: &str = "UnblendedCost";

/// A client of Cost Explorer.
#[derive(Clone)]
pub struct CostExplorer {
    client: JsonClient,
    stack: Stack,
    account: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    results_by_time: Option<Vec<ResultByTime>>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultByTime {
    time_period: Option<TimePeriod>,
    #[serde(default)]
    groups: Option<Vec<Group>>,
    #[serde(default)]
    estimated: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimePeriod {
    start: Option<Date>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    keys: Option<Vec<String>>,
    metrics: Option<Metrics>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    unblended_cost: Option<Amount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Amount {
    amount: Option<String>,
    unit: Option<String>,
}

/// The Region of the endpoint in a partition; `None` if Cost Explorer does not exist there.
fn region_of_partition(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-northwest-1"),
        _ => None,
    }
}

impl CostExplorer {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Option<Self> {
        let region = region_of_partition(partition_of(&set.key.region))?;
        let config = set.config.to_builder().region(Region::new(region)).build();
        let client = JsonClient::new(COST_EXPLORER, &config, set.shared("costexplorer", region));
        Some(Self { client, stack: stack("costexplorer", region), account: set.key.account.to_string() })
    }

    fn input(&self, query: &CostQuery) -> Value {
        let group = |group: &CostGroup| match group {
            CostGroup::Service => json!({"Type": "DIMENSION", "Key": "SERVICE"}),
            CostGroup::RecordType => json!({"Type": "DIMENSION", "Key": "RECORD_TYPE"}),
            CostGroup::Tag(key) => json!({"Type": "TAG", "Key": key}),
        };
        // The account of an organization that pays for the others sees their costs as well.
        let mut filters = vec![json!({"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [self.account]}})];
        if let Some((key, value)) = &query.only_tag {
            filters.push(json!({"Tags": {"Key": key, "Values": [value]}}));
        }
        if query.only_charges {
            let values = ["Credit", "Refund", "Tax"];
            filters.push(json!({"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": values}}}));
        }
        // `And` takes at least two.
        let filter = if filters.len() == 1 { filters.remove(0) } else { json!({"And": filters}) };
        json!({
            "TimePeriod": {"Start": query.from.to_string(), "End": query.until.to_string()},
            "Granularity": "MONTHLY",
            "Metrics": [METRIC],
            "GroupBy": query.groups.iter().map(group).collect::<Vec<_>>(),
            "Filter": filter,
        })
    }

    fn malformed(&self, message: impl Into<String>) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, OPERATION, &self.stack.place.environment, message)
    }

    /// Reads a result, whose members must all be there: a missing amount is not zero.
    fn period(&self, found: ResultByTime, keys: usize) -> Result<CostPeriod, CloudError> {
        let missing = |member: &str| self.malformed(format!("the response has no {member}"));
        let from = found.time_period.and_then(|period| period.start).ok_or_else(|| missing("TimePeriod"))?;
        let mut groups = Vec::new();
        for group in found.groups.ok_or_else(|| missing("Groups"))? {
            let named = group.keys.filter(|named| named.len() == keys).ok_or_else(|| missing("Keys"))?;
            let cost = group.metrics.and_then(|metrics| metrics.unblended_cost).ok_or_else(|| missing(METRIC))?;
            let text = cost.amount.ok_or_else(|| missing("Amount"))?;
            let amount = decimal(&text).ok_or_else(|| self.malformed("an amount of the response is not a number"))?;
            groups.push(GroupCost { keys: named, amount, currency: cost.unit.ok_or_else(|| missing("Unit"))? });
        }
        Ok(CostPeriod { from, is_estimated: found.estimated.unwrap_or(true), groups })
    }
}

/// Reads an amount; Cost Explorer writes very small ones as `1.2E-7`.
fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

#[async_trait]
impl ReadCosts for CostExplorer {
    async fn costs(&self, query: &CostQuery) -> Result<Costs, CloudError> {
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut input = self.input(query);
        let mut costs = Costs::default();
        loop {
            let send = |watch| self.client.send::<Page>("GetCostAndUsage", &input, watch);
            let page = self.stack.call(Call::read(OPERATION), send).await?;
            let results = page.results_by_time.ok_or_else(|| pages.missing("ResultsByTime"))?;
            for found in results {
                let period = self.period(found, query.groups.len())?;
                // A month whose groups do not fit on a page is on several.
                match costs.periods.iter_mut().find(|known| known.from == period.from) {
                    Some(known) => known.groups.extend(period.groups),
                    None => costs.periods.push(period),
                }
            }
            let Some(next) = pages.next(page.next_page_token.as_deref())? else { break };
            input["NextPageToken"] = Value::from(next);
        }
        costs.periods.sort_by_key(|period| period.from);
        Ok(costs)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;

    fn explorer(answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static) -> CostExplorer {
        let network = Network::new(move |asked: &Asked| {
            assert_eq!(asked.operation, "GetCostAndUsage");
            let (status, body) = answer(&serde_json::from_str(&asked.body).unwrap());
            Reply::Http(status, "application/x-amz-json-1.1", body.to_string())
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).cost_explorer().unwrap()
    }

    fn query(groups: Vec<CostGroup>) -> CostQuery {
        CostQuery {
            from: "2025-10-01".parse().unwrap(),
            until: "2025-12-01".parse().unwrap(),
            groups,
            only_tag: None,
            only_charges: false,
        }
    }

    fn result(month: &str, groups: &[(&str, &str)]) -> Value {
        let groups: Vec<Value> = groups
            .iter()
            .map(
                |(key, amount)| json!({"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}),
            )
            .collect();
        json!({"TimePeriod": {"Start": format!("{month}-01"), "End": "x"}, "Total": {}, "Groups": groups, "Estimated": false})
    }

    #[tokio::test]
    async fn pages_are_joined_by_month() {
        let explorer = explorer(|input| match input["NextPageToken"].as_str() {
            None => {
                (200, json!({"ResultsByTime": [result("2025-10", &[("AWS Lambda", "0.1")])], "NextPageToken": "a"}))
            }
            Some("a") => {
                let results =
                    [result("2025-10", &[("Amazon EFS", "-2.5")]), result("2025-11", &[("AWS Lambda", "1.2E-7")])];
                (200, json!({"ResultsByTime": results}))
            }
            other => panic!("{other:?}"),
        });
        let costs = explorer.costs(&query(vec![CostGroup::Service])).await.unwrap();
        let shown: Vec<String> = costs
            .periods
            .iter()
            .map(|period| {
                let groups: Vec<String> =
                    period.groups.iter().map(|group| format!("{} {}", group.keys[0], group.amount)).collect();
                format!("{} {}", period.from, groups.join(", "))
            })
            .collect();
        assert_eq!(shown, ["2025-10-01 AWS Lambda 0.1, Amazon EFS -2.5", "2025-11-01 AWS Lambda 0.00000012"]);
    }

    #[tokio::test]
    async fn only_the_costs_of_the_account_are_asked_for() {
        let explorer = explorer(|input| {
            let own = json!({"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111111111111"]}});
            match input["GroupBy"].as_array().unwrap().len() {
                1 => assert_eq!(input["Filter"], own),
                _ => {
                    assert_eq!(input["Filter"]["And"][0], own);
                    assert_eq!(input["Filter"]["And"][1]["Tags"]["Values"], json!(["development"]));
                    assert_eq!(input["Filter"]["And"][2]["Not"]["Dimensions"]["Key"], "RECORD_TYPE");
                    assert_eq!(input["GroupBy"][1], json!({"Type": "TAG", "Key": "Project"}));
                }
            }
            (200, json!({"ResultsByTime": []}))
        });
        explorer.costs(&query(vec![CostGroup::Service])).await.unwrap();
        let groups = vec![CostGroup::Service, CostGroup::Tag("Project")];
        let only_tag = Some(("Environment".to_owned(), "development".to_owned()));
        explorer.costs(&CostQuery { only_tag, only_charges: true, ..query(groups) }).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_missing_is_not_zero() {
        let complete = result("2025-11", &[("AWS Lambda", "1")]);
        for (pointer, value) in [
            ("/Groups", Value::Null),
            ("/TimePeriod", Value::Null),
            ("/Groups/0/Keys", json!([])),
            ("/Groups/0/Metrics", Value::Null),
            ("/Groups/0/Metrics/UnblendedCost/Amount", json!("much")),
            ("/Groups/0/Metrics/UnblendedCost/Unit", Value::Null),
        ] {
            let mut result = complete.clone();
            *result.pointer_mut(pointer).unwrap() = value;
            let explorer = explorer(move |_| (200, json!({"ResultsByTime": [result]})));
            let error = explorer.costs(&query(vec![CostGroup::Service])).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Malformed, "{pointer}: {error}");
        }
        let empty = explorer(|_| (200, json!({})));
        assert_eq!(empty.costs(&query(Vec::new())).await.unwrap_err().kind, CloudErrorKind::Malformed);
    }

    #[tokio::test]
    async fn errors_have_their_kinds() {
        for (code, kind) in [
            ("AccessDeniedException", CloudErrorKind::AccessDenied),
            ("DataUnavailableException", CloudErrorKind::Other),
            ("ValidationException", CloudErrorKind::Invalid),
        ] {
            let explorer = explorer(move |_| (400, json!({"__type": code, "message": "no"})));
            let error = explorer.costs(&query(Vec::new())).await.unwrap_err();
            assert_eq!(error.kind, kind, "{error:?}");
        }
        assert_eq!(region_of_partition("aws-us-gov"), None);
    }
}
