//! The review of a month: lines, totals, forecasts, the largest changes and alerts.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::charge::{Charge, ChargeKind, Grouping};
use crate::domain::money::Usd;

/// Changes that a review names.
const MOVERS: usize = 5;

/// The currency of alerts.
const DOLLARS: &str = "USD";

/// Amounts by currency. Amounts of different currencies are never added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<String, Decimal>);

impl Amounts {
    /// Adds an amount.
    pub fn add(&mut self, currency: &str, amount: Decimal) {
        let sum = self.0.entry(currency.to_owned()).or_default();
        *sum = sum.saturating_add(amount);
    }

    /// Adds all amounts of others.
    pub fn add_all(&mut self, others: &Self) {
        others.each().for_each(|(currency, amount)| self.add(currency, amount));
    }

    /// The amounts, US dollars first; zero dollars if there are none.
    pub fn each(&self) -> impl Iterator<Item = (&str, Decimal)> {
        let none = self.0.is_empty().then_some((DOLLARS, Decimal::ZERO));
        let dollars = self.0.get_key_value(DOLLARS).map(|(currency, amount)| (currency.as_str(), *amount));
        let others = self.0.iter().filter(|(currency, _)| *currency != DOLLARS);
        none.into_iter().chain(dollars).chain(others.map(|(currency, amount)| (currency.as_str(), *amount)))
    }

    /// The US dollars.
    pub fn dollars(&self) -> Decimal {
        self.0.get(DOLLARS).copied().unwrap_or_default()
    }

    /// True if there are amounts in a currency other than US dollars.
    pub fn has_other_currency(&self) -> bool {
        self.0.keys().any(|currency| currency != DOLLARS)
    }
}

/// Where the amounts of a bill are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BillSource {
    /// Cost Explorer.
    CostExplorer,
    /// The estimates in the tags `CostEstimate` of the resources that exist now.
    Tags,
}

/// The bill of an environment.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The environment.
    pub environment: String,
    /// The account.
    pub account: String,
    /// Where the amounts are from.
    pub source: BillSource,
    /// Whether AWS may still change the amounts.
    pub is_estimated: bool,
    /// The charges.
    pub charges: Vec<Charge>,
    /// Those of the month before; `None` if they are not known.
    pub previous: Option<Vec<Charge>>,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// The text, such as `S3 Storage`.
    pub label: String,
    /// The service, project or stack; `None` for taxes, credits and refunds.
    pub group: Option<String>,
    /// What it is for.
    pub kind: ChargeKind,
    /// The currency.
    pub currency: String,
    /// The amount.
    pub amount: Decimal,
}

impl Bill {
    /// The lines, in the order of [`Grouping::rank`]; taxes, credits and refunds come last. What costs nothing has no line.
    pub fn lines(&self, grouping: Grouping) -> Vec<BillLine> {
        let mut lines: BTreeMap<_, (Decimal, ChargeKind)> = BTreeMap::new();
        for charge in &self.charges {
            let group = charge.kind.own_line().is_none().then(|| charge.group.clone());
            let label = match charge.kind.own_line() {
                Some(label) => label.to_owned(),
                None => grouping.label(&charge.group),
            };
            let rank = group.as_deref().map_or(usize::MAX, |group| grouping.rank(group));
            // Usage and fees of one service are one line.
            let of_kind = charge.kind.own_line().map(|_| charge.kind);
            let key = (rank, of_kind, label, group, charge.currency.clone());
            let (amount, kind) = lines.entry(key).or_insert((Decimal::ZERO, charge.kind));
            *amount = amount.saturating_add(charge.amount);
            *kind = (*kind).min(charge.kind);
        }
        let lines = lines.into_iter().filter(|(_, (amount, _))| !amount.is_zero());
        lines
            .map(|((_, _, label, group, currency), (amount, kind))| BillLine { label, group, kind, currency, amount })
            .collect()
    }

    /// The total.
    pub fn total(&self) -> Amounts {
        total(&self.charges)
    }

    /// The total of the month before.
    pub fn previous_total(&self) -> Option<Amounts> {
        self.previous.as_deref().map(total)
    }

    /// The total at the end of the month if usage goes on at the rate so far. Taxes, credits, refunds and fees stay as they are.
    pub fn forecast(&self, rate: RunRate) -> Option<Amounts> {
        if self.source == BillSource::Tags {
            return Some(self.total());
        }
        let mut forecast = Amounts::default();
        for charge in &self.charges {
            forecast.add(&charge.currency, rate.at_end(charge)?);
        }
        Some(forecast)
    }

    /// The changes against the month before.
    fn changes(&self, grouping: Grouping, rate: Option<RunRate>) -> Vec<Mover> {
        let Some(previous) = &self.previous else { return Vec::new() };
        let mut amounts: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
        let of = |charge: &Charge| (charge.group.clone(), charge.currency.clone());
        let is_of_group = |charge: &&Charge| charge.kind.own_line().is_none();
        for charge in previous.iter().filter(is_of_group) {
            amounts.entry(of(charge)).or_default().0 += charge.amount;
        }
        for charge in self.charges.iter().filter(is_of_group) {
            let amount = rate.map_or(Some(charge.amount), |rate| rate.at_end(charge)).unwrap_or(charge.amount);
            amounts.entry(of(charge)).or_default().1 += amount;
        }
        amounts
            .into_iter()
            .map(|((group, currency), (previous, amount))| Mover {
                environment: self.environment.clone(),
                label: grouping.label(&group),
                currency,
                previous,
                amount,
            })
            .collect()
    }
}

fn total(charges: &[Charge]) -> Amounts {
    let mut total = Amounts::default();
    charges.iter().for_each(|charge| total.add(&charge.currency, charge.amount));
    total
}

/// How much of a running month is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRate {
    /// The days that have begun.
    pub begun: i64,
    /// The days of the month.
    pub days: i64,
}

impl RunRate {
    /// The amount of a charge at the end of the month; `None` on its first day, which says too little.
    fn at_end(self, charge: &Charge) -> Option<Decimal> {
        if self.begun < 2 {
            return None;
        }
        match charge.kind {
            ChargeKind::Usage => {
                charge.amount.checked_mul(Decimal::from(self.days))?.checked_div(Decimal::from(self.begun))
            }
            _ => Some(charge.amount),
        }
    }
}

/// A change against the month before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    /// The environment.
    pub environment: String,
    /// The line.
    pub label: String,
    /// The currency.
    pub currency: String,
    /// The amount of the month before.
    pub previous: Decimal,
    /// The amount of this month; for a running one, by its run rate.
    pub amount: Decimal,
}

impl Mover {
    /// The difference.
    pub fn change(&self) -> Decimal {
        self.amount - self.previous
    }

    /// The difference in percent; `None` if there was nothing before.
    pub fn percent(&self) -> Option<Decimal> {
        let percent = self.change().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(self.previous)?;
        Some(percent.round_dp(0).normalize())
    }
}

/// A threshold of the combined total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// US dollars.
    pub threshold: Decimal,
    /// Whether the total has reached it.
    pub is_crossed: bool,
    /// Whether the forecast of a running month reaches it.
    pub is_forecast: bool,
}

/// The review of a month.
#[derive(Debug, Clone)]
pub struct Review {
    /// The bills, in the order of the environments.
    pub bills: Vec<Bill>,
    /// What their lines are.
    pub grouping: Grouping,
    /// For a running month, how much of it is over.
    pub rate: Option<RunRate>,
}

impl Review {
    /// The total of all environments.
    pub fn combined(&self) -> Amounts {
        let mut combined = Amounts::default();
        self.bills.iter().for_each(|bill| combined.add_all(&bill.total()));
        combined
    }

    /// The forecast of all environments; `None` unless each has one.
    pub fn combined_forecast(&self) -> Option<Amounts> {
        let rate = self.rate?;
        let mut combined = Amounts::default();
        for bill in &self.bills {
            combined.add_all(&bill.forecast(rate)?);
        }
        Some(combined)
    }

    /// The largest changes against the month before, the largest first.
    pub fn movers(&self) -> Vec<Mover> {
        let mut movers: Vec<Mover> =
            self.bills.iter().flat_map(|bill| bill.changes(self.grouping, self.rate)).collect();
        let cents = |mover: &Mover| Usd::new(mover.change()).rounded().amount();
        movers.retain(|mover| !cents(mover).is_zero());
        movers.sort_by(|a, b| {
            let key = |mover: &Mover| (mover.environment.clone(), mover.label.clone(), mover.currency.clone());
            b.change().abs().cmp(&a.change().abs()).then_with(|| key(a).cmp(&key(b)))
        });
        movers.truncate(MOVERS);
        movers
    }

    /// The thresholds, each compared with the combined total in US dollars.
    pub fn alerts(&self, thresholds: &[Decimal]) -> Vec<Alert> {
        let cents = |amount: Decimal| Usd::new(amount).rounded().amount();
        let total = cents(self.combined().dollars());
        let forecast = self.combined_forecast().map(|forecast| cents(forecast.dollars()));
        let alert = |threshold: &Decimal| Alert {
            threshold: *threshold,
            is_crossed: total >= *threshold,
            is_forecast: forecast.is_some_and(|forecast| forecast >= *threshold),
        };
        thresholds.iter().map(alert).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn charge(group: &str, kind: ChargeKind, amount: &str) -> Charge {
        charge_in("USD", group, kind, amount)
    }

    fn charge_in(currency: &str, group: &str, kind: ChargeKind, amount: &str) -> Charge {
        Charge { group: group.to_owned(), kind, currency: currency.to_owned(), amount: amount.parse().unwrap() }
    }

    fn bill(charges: &[Charge], previous: Option<&[Charge]>) -> Bill {
        Bill {
            environment: "dev".to_owned(),
            account: "111111111111".to_owned(),
            source: BillSource::CostExplorer,
            is_estimated: false,
            charges: charges.to_vec(),
            previous: previous.map(<[Charge]>::to_vec),
        }
    }

    fn review(bills: Vec<Bill>, rate: Option<RunRate>) -> Review {
        Review { bills, grouping: Grouping::Service, rate }
    }

    fn shown(bill: &Bill) -> Vec<String> {
        let lines = bill.lines(Grouping::Service).into_iter();
        lines.map(|line| format!("{} {} {}", line.label, line.amount, line.currency)).collect()
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    const S3: &str = "Amazon Simple Storage Service";
    const LAMBDA: &str = "AWS Lambda";

    #[test]
    fn credits_refunds_and_taxes_are_lines_of_their_own() {
        let month = bill(
            &[
                charge("AWS Support (Developer)", ChargeKind::Other, "29"),
                charge(LAMBDA, ChargeKind::Usage, "1.20"),
                charge(LAMBDA, ChargeKind::Credit, "-1.00"),
                charge(S3, ChargeKind::Usage, "2"),
                charge(S3, ChargeKind::Other, "0.50"),
                charge(S3, ChargeKind::Credit, "-0.25"),
                charge(S3, ChargeKind::Refund, "-0.10"),
                charge("Tax", ChargeKind::Tax, "0.40"),
                charge("AmazonCloudWatch", ChargeKind::Usage, "0"),
            ],
            None,
        );
        assert_eq!(
            shown(&month),
            [
                "S3 Storage 2.50 USD",
                "Lambda Execution 1.20 USD",
                "Support (Developer) 29 USD",
                "Tax 0.40 USD",
                "Credits -1.25 USD",
                "Refunds -0.10 USD"
            ]
        );
        assert_eq!(month.total().dollars(), decimal("31.75"));
    }

    #[test]
    fn currencies_are_never_added() {
        let month = bill(&[charge(S3, ChargeKind::Usage, "2"), charge_in("CNY", S3, ChargeKind::Usage, "7")], None);
        assert_eq!(shown(&month), ["S3 Storage 7 CNY", "S3 Storage 2 USD"]);
        let total = month.total();
        assert_eq!(total.each().collect::<Vec<_>>(), [("USD", decimal("2")), ("CNY", decimal("7"))]);
        assert!(total.has_other_currency());
        let empty = bill(&[], None).total();
        assert_eq!(empty.each().collect::<Vec<_>>(), [("USD", Decimal::ZERO)]);
        assert!(!empty.has_other_currency());
    }

    #[test]
    fn a_forecast_extends_usage_only() {
        let month = bill(
            &[
                charge(S3, ChargeKind::Usage, "2"),
                charge("Support", ChargeKind::Other, "29"),
                charge(S3, ChargeKind::Credit, "-1"),
            ],
            None,
        );
        let rate = |begun| RunRate { begun, days: 30 };
        assert_eq!(month.forecast(rate(10)).unwrap().dollars(), decimal("34"));
        assert_eq!(month.forecast(rate(30)).unwrap().dollars(), decimal("30"));
        assert_eq!(month.forecast(rate(1)), None);
        let tags = Bill { source: BillSource::Tags, ..month };
        assert_eq!(tags.forecast(rate(1)).unwrap().dollars(), decimal("30"));
    }

    #[test]
    fn the_largest_changes_come_first() {
        let before = [charge(S3, ChargeKind::Usage, "2"), charge("EC2 - Other", ChargeKind::Usage, "5")];
        let now = [charge(S3, ChargeKind::Usage, "2.001"), charge(LAMBDA, ChargeKind::Usage, "1.5")];
        let movers = review(vec![bill(&now, Some(&before))], None).movers();
        let shown: Vec<_> = movers.iter().map(|one| (one.label.as_str(), one.change(), one.percent())).collect();
        assert_eq!(
            shown,
            [("EC2 Other", decimal("-5"), Some(decimal("-100"))), ("Lambda Execution", decimal("1.5"), None)]
        );
        // A third of a month is compared by its rate.
        let rate = Some(RunRate { begun: 10, days: 30 });
        let movers = review(vec![bill(&[charge(S3, ChargeKind::Usage, "1")], Some(&before[..1]))], rate).movers();
        assert_eq!((movers[0].amount, movers[0].percent()), (decimal("3"), Some(decimal("50"))));
        assert!(review(vec![bill(&now, None)], None).movers().is_empty());
    }

    #[test]
    fn alerts_compare_the_combined_total() {
        let half = bill(&[charge(S3, ChargeKind::Usage, "12.5")], None);
        let crossed = |review: &Review| -> Vec<(bool, bool)> {
            let alerts = review.alerts(&[decimal("25"), decimal("50")]);
            alerts.iter().map(|alert| (alert.is_crossed, alert.is_forecast)).collect()
        };
        assert_eq!(crossed(&review(vec![half.clone(), half.clone()], None)), [(true, false), (false, false)]);
        assert_eq!(crossed(&review(vec![half.clone()], None)), [(false, false), (false, false)]);
        let rate = Some(RunRate { begun: 15, days: 30 });
        assert_eq!(crossed(&review(vec![half.clone(), half], rate)), [(true, true), (false, true)]);
        let other = bill(&[charge_in("CNY", S3, ChargeKind::Usage, "100")], None);
        assert_eq!(crossed(&review(vec![other], None)), [(false, false), (false, false)]);
    }
}
