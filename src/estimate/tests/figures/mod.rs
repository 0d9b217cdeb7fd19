//! What each priced type costs, computed by hand from the list prices of us-east-1 at 730 hours.
//!
//! `sum` is the computation as it was made on paper, with the default usage written out; the figure
//! beside it is its result in cents. The test adds `sum` up by itself, so that neither can be wrong
//! without the other, and then asks the model.

mod applications;
mod compute;
mod databases;
mod managed;
mod network;
mod operations;

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

/// One resource, and what it costs.
struct Case {
    type_name: &'static str,
    properties: Value,
    /// Usage given; the rest is assumed.
    usage: &'static [(&'static str, &'static str)],
    /// Resources that it refers to: logical id, type and properties.
    beside: Vec<(&'static str, &'static str, Value)>,
    /// The computation.
    sum: &'static str,
    /// Its result, in US dollars.
    monthly: &'static str,
}

fn case(type_name: &'static str, properties: Value, sum: &'static str, monthly: &'static str) -> Case {
    Case { type_name, properties, usage: &[], beside: Vec::new(), sum, monthly }
}

impl Case {
    fn using(self, usage: &'static [(&'static str, &'static str)]) -> Self {
        Self { usage, ..self }
    }

    fn beside(mut self, logical_id: &'static str, type_name: &'static str, properties: Value) -> Self {
        self.beside.push((logical_id, type_name, properties));
        self
    }

    fn estimate(&self) -> ResourceEstimate {
        let mut options = EstimateOptions::default();
        for (key, value) in self.usage {
            options.usage.set_for_type(self.type_name, key, value.parse().unwrap()).unwrap();
        }
        let mut inputs = vec![input("It", self.type_name, &self.properties)];
        inputs.extend(self.beside.iter().map(|(id, type_name, properties)| input(id, type_name, properties)));
        estimate(&inputs, &options, &Snapshot).resources.remove(0)
    }
}

fn cases() -> Vec<Case> {
    [
        compute::cases(),
        databases::cases(),
        network::cases(),
        applications::cases(),
        operations::cases(),
        managed::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Properties with which a type is priced by itself.
pub(super) fn properties_of(type_name: &str) -> Option<Value> {
    let alone = cases().into_iter().find(|case| case.type_name == type_name && case.beside.is_empty());
    alone.map(|case| case.properties)
}

#[test]
fn every_figure_is_what_the_prices_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = case.estimate();
        let name = format!("{} {}", case.type_name, case.properties);
        let nothing = expression::Variables::new();
        let scope = expression::Scope { properties: &Value::Null, variables: &nothing, neighbors: None };
        let sum = expression::parse(case.sum).unwrap().number(scope).unwrap();
        if Usd::new(sum).rounded() != Usd::parse(case.monthly).unwrap() {
            wrong.push(format!("{name}: {} is {sum}, not {}", case.sum, case.monthly));
        }
        if !found.unknown.is_empty() {
            wrong.push(format!("{name}: unknown {:?}", found.unknown));
        }
        if found.monthly.expected.rounded() != Usd::parse(case.monthly).unwrap() {
            let lines: Vec<String> =
                found.lines.iter().map(|line| format!("{} {}", line.description, line.monthly)).collect();
            wrong.push(format!("{name}: {} by hand, {} by the model {lines:?}", case.monthly, found.monthly.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_priced_type_has_a_figure_and_there_are_75() {
    let with_figure: BTreeSet<&str> = cases().iter().map(|case| case.type_name).collect();
    let priced: BTreeSet<&str> =
        supported().iter().filter(|one| one.status == Status::Priced).map(|one| one.type_name).collect();
    let without: Vec<_> = priced.difference(&with_figure).collect();
    assert!(without.is_empty(), "priced without a figure by hand: {without:?}");
    let strangers: Vec<_> = with_figure.difference(&priced).collect();
    assert!(strangers.is_empty(), "a figure for a type that is not priced: {strangers:?}");
    // Types that are priced with the usage assumed by default, without help from the test.
    let by_default: BTreeSet<&str> =
        cases().iter().filter(|case| case.usage.is_empty()).map(|case| case.type_name).collect();
    assert!(by_default.len() >= 75, "{}", by_default.len());
}
