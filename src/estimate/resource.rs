//! The estimate of one resource: its type's model applied to its properties.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::cost::{CostKind, CostLine, Range, ResourceEstimate, Status, UnknownDimension, UsageFigure, UsageSource};
use super::expression::{Scope, Variables};
use super::input::EstimateInput;
use super::model::{self, Dimension, FreeTier, ModelStatus, TypeModel};
use super::neighbors::ResourceContext;
use super::options::EstimateOptions;
use super::price_list::PriceQuery;
use super::prices::{Price, PriceBook};
use super::unit::canonical_unit;
use super::value::{Operand, Unresolved};
use crate::domain::money::Usd;

/// How much of each account-wide free quantity a plan has used: by free-tier pool, and by price
/// for free first tiers. AWS grants them once, so resources of one plan share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Consumption {
    used: BTreeMap<String, Decimal>,
}

impl Consumption {
    fn used(&self, name: &str) -> Decimal {
        self.used.get(name).copied().unwrap_or_default()
    }

    fn record(&mut self, name: String, quantity: Decimal) {
        let used = self.used.entry(name).or_default();
        *used = used.saturating_add(quantity);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (name, quantity) in &other.used {
            self.record(name.clone(), *quantity);
        }
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        for (name, quantity) in &other.used {
            if let Some(used) = rest.used.get_mut(name) {
                *used = used.saturating_sub(*quantity).max(Decimal::ZERO);
            }
        }
        rest
    }
}

/// Decimal digits of an effective unit price; list prices have at most 13.
const RATE_DIGITS: u32 = 15;

/// A usage figure that replaces the given or assumed one.
pub(super) type Trial<'a> = Option<(&'a str, Decimal)>;

/// One resource to be estimated.
#[derive(Clone, Copy)]
pub(super) struct Task<'a, 'p> {
    pub input: &'p EstimateInput<'a>,
    pub place: ResourceContext<'a, 'p>,
    pub options: &'p EstimateOptions,
    pub prices: &'p dyn PriceBook,
    pub trial: Trial<'p>,
}

/// Estimates one resource after `consumed` was used up; also returns its own consumption.
pub(super) fn estimate(task: Task<'_, '_>, consumed: &Consumption) -> (ResourceEstimate, Consumption) {
    let Task { input, place, options, prices, trial } = task;
    let mut work = Work {
        input,
        place,
        options,
        prices,
        consumed,
        own: Consumption::default(),
        result: ResourceEstimate {
            file: input.file.map(str::to_owned),
            logical_id: input.logical_id.map(str::to_owned),
            identifier: input.identifier.map(str::to_owned),
            type_name: input.type_name.to_owned(),
            region: input.region.to_owned(),
            status: Status::Unknown,
            monthly: Range::default(),
            lines: Vec::new(),
            assumptions: Vec::new(),
            usage: Vec::new(),
            unknown: Vec::new(),
        },
    };
    match model::get(input.type_name) {
        None if input.type_name.starts_with("Custom::") => {
            work.unknown("resource", "what a custom resource creates is not known".to_owned());
        }
        None if input.type_name.is_empty() => work.unknown("resource", "the resource has no type".to_owned()),
        None => work.unknown("resource", format!("{} is not in the cost model", input.type_name)),
        Some(model) => work.apply(model, trial),
    }
    (work.result, work.own)
}

struct Work<'a, 'p> {
    input: &'p EstimateInput<'a>,
    place: ResourceContext<'a, 'p>,
    options: &'p EstimateOptions,
    prices: &'p dyn PriceBook,
    consumed: &'p Consumption,
    own: Consumption,
    result: ResourceEstimate,
}

impl<'a, 'p> Work<'a, 'p> {
    fn scope<'s>(&self, variables: &'s Variables<'a>) -> Scope<'a, 's>
    where
        'p: 's,
    {
        Scope { properties: self.input.properties, variables, neighbors: Some(self.place) }
    }

    fn unknown(&mut self, dimension: &str, reason: String) {
        let unknown = UnknownDimension { dimension: dimension.to_owned(), reason };
        if !self.result.unknown.contains(&unknown) {
            self.result.unknown.push(unknown);
        }
    }

    fn apply(&mut self, model: &TypeModel, trial: Trial<'_>) {
        if model.status == ModelStatus::Unpriced {
            let reason = model.reason.clone().unwrap_or_default();
            return self.unknown("resource", reason);
        }
        let (variables, given) = self.variables(model, trial);
        let scope = self.scope(&variables);
        for guard in &model.unknown_when {
            match guard.when.truth(scope) {
                Ok(false) => {}
                Ok(true) => self.unknown(&guard.dimension, guard.reason.clone()),
                Err(unresolved) => self.unknown(&guard.dimension, unresolved.reason),
            }
        }
        for (when, text) in &model.assume {
            if when.as_ref().is_none_or(|when| when.truth(scope).unwrap_or(true)) {
                self.result.assumptions.push(text.clone());
            }
        }
        let mut depends_on_usage = false;
        for dimension in &model.dimensions {
            match dimension.when.as_ref().map_or(Ok(true), |when| when.truth(scope)) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(unresolved) => {
                    self.unknown(&dimension.name, unresolved.reason);
                    continue;
                }
            }
            depends_on_usage |= !dimension.usage_keys.is_empty();
            let usage = (!dimension.usage_keys.is_empty()).then(|| {
                let all_given = dimension.usage_keys.iter().all(|key| given.get(key.as_str()) == Some(&true));
                if all_given { UsageSource::Given } else { UsageSource::Assumed }
            });
            if let Err(unresolved) = self.dimension(dimension, usage, scope) {
                self.unknown(&dimension.name, unresolved.reason);
            }
        }
        self.list_usage(model, &given, &variables);
        self.result.status = match () {
            () if !self.result.unknown.is_empty() => Status::Unknown,
            () if self.result.lines.is_empty() && !depends_on_usage => Status::Free,
            () => Status::Priced,
        };
    }

    /// The values of the lower-case names, and the usage keys that were given.
    fn variables<'m>(&self, model: &'m TypeModel, trial: Trial<'_>) -> (Variables<'a>, BTreeMap<&'m str, bool>) {
        let mut variables = Variables::new();
        let mut given = BTreeMap::new();
        variables.insert("hours".to_owned(), Ok(Operand::Number(self.options.hours_per_month)));
        for usage in &model.usage {
            let figure = match trial {
                Some((key, figure)) if key == usage.key => Some(figure),
                _ => self.options.usage.get(self.input, &usage.key),
            };
            given.insert(usage.key.as_str(), figure.is_some());
            let scope = self.scope(&variables);
            let value = match figure {
                Some(figure) => Ok(Operand::Number(figure)),
                None => usage.default.evaluate(scope),
            };
            variables.insert(usage.key.clone(), value);
        }
        for (name, expression) in &model.lets {
            let scope = self.scope(&variables);
            let value = expression.evaluate(scope);
            variables.insert(name.clone(), value);
        }
        (variables, given)
    }

    fn dimension(
        &mut self,
        dimension: &Dimension,
        usage: Option<UsageSource>,
        scope: Scope<'a, '_>,
    ) -> Result<(), Unresolved> {
        let Some(each) = &dimension.each else {
            return self.line(dimension, usage, scope);
        };
        let list = each.evaluate(scope)?;
        for item in list.items()? {
            self.line(dimension, usage, Scope { properties: item, ..scope })?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        dimension: &Dimension,
        usage: Option<UsageSource>,
        scope: Scope<'a, '_>,
    ) -> Result<(), Unresolved> {
        let whole = dimension.quantity.number(scope)?;
        if whole.is_sign_negative() && !whole.is_zero() {
            return Err(Unresolved::new(format!("its quantity is negative ({whole})")));
        }
        if whole.is_zero() {
            return Ok(());
        }
        let price = self.price(dimension, scope)?;
        let (billed, already) = self.free_quantities(dimension.free_tier.as_ref(), &price, whole);
        let cost = price.cost(already, billed).ok_or_else(too_large)?;
        let high = cost.checked_mul(Decimal::ONE + price.margin()).ok_or_else(too_large)?;
        let mut variables = scope.variables.clone();
        variables.insert("quantity".to_owned(), Ok(Operand::Number(whole)));
        let describe_scope = Scope { variables: &variables, ..scope };
        let line = CostLine {
            dimension: dimension.name.clone(),
            description: dimension.describe.describe(describe_scope)?,
            quantity: whole.normalize(),
            unit: price.unit.clone(),
            unit_price: cost.checked_div(whole).unwrap_or_default().round_dp(RATE_DIGITS).normalize(),
            monthly: Usd::new(cost),
            high: Usd::new(high),
            kind: if usage.is_some() { CostKind::Usage } else { CostKind::Fixed },
            usage,
            source: price.source,
            as_of: price.as_of.clone(),
            age_seconds: price.age_seconds,
            sku: price.rate_code.as_deref().and_then(|code| code.split('.').next()).map(str::to_owned),
            confidence: price.confidence,
            price_fact: (price.id.clone(), price.rates()),
        };
        if line.usage != Some(UsageSource::Assumed) {
            self.result.monthly.low += line.monthly;
        }
        self.result.monthly.expected += line.monthly;
        self.result.monthly.high += line.high;
        self.result.lines.push(line);
        Ok(())
    }

    fn price(&self, dimension: &Dimension, scope: Scope<'a, '_>) -> Result<Price, Unresolved> {
        let Some(template) = &dimension.price else {
            return Err(Unresolved::new("its price is not available".to_owned()));
        };
        let key = template.fill(scope)?;
        let region = match &dimension.region {
            Some(template) => template.fill(scope)?,
            None => self.input.region.to_owned(),
        };
        let price = self.prices.price(&key, &region).ok_or_else(|| {
            let is_known = self.prices.regions().contains(&region);
            // What one product of the Price List has, a price book can have.
            let is_offered = || PriceQuery::of(&key, &region).is_some();
            Unresolved::new(if is_known && is_offered() {
                format!("no price for {key} in {region}; `stagegate prices update` stores list prices")
            } else if is_known {
                format!("no price for {key} in {region}")
            } else {
                format!("no prices for region {region}")
            })
        })?;
        if canonical_unit(&price.unit) == canonical_unit(&dimension.unit) {
            return Ok(price);
        }
        let (unit, expected) = (&price.unit, &dimension.unit);
        Err(Unresolved::new(format!("{key} is priced per {unit}, but the cost model uses {expected}")))
    }

    /// The quantity to bill, and the offset in the price's tiers at which billing starts.
    fn free_quantities(
        &mut self,
        free_tier: Option<&FreeTier>,
        price: &Price,
        quantity: Decimal,
    ) -> (Decimal, Decimal) {
        let mut billed = quantity;
        if let Some(tier) = free_tier.filter(|_| self.options.assume_free_tier) {
            let pool = tier.pool.clone();
            let left = tier.quantity.saturating_sub(self.consumed.used(&pool)).saturating_sub(self.own.used(&pool));
            billed = quantity.saturating_sub(left.max(Decimal::ZERO)).max(Decimal::ZERO);
            self.own.record(pool, quantity);
        }
        let free = price.free_quantity();
        if free.is_zero() {
            return (billed, Decimal::ZERO);
        }
        let already = self.consumed.used(&price.id).saturating_add(self.own.used(&price.id)).min(free);
        self.own.record(price.id.clone(), billed);
        (billed, already)
    }

    fn list_usage(&mut self, model: &TypeModel, given: &BTreeMap<&str, bool>, variables: &Variables<'_>) {
        for usage in &model.usage {
            let Some(Ok(Operand::Number(figure))) = variables.get(&usage.key) else { continue };
            let is_given = given.get(usage.key.as_str()) == Some(&true);
            self.result.usage.push(UsageFigure {
                key: usage.key.clone(),
                value: figure.normalize(),
                unit: usage.unit.clone(),
                source: if is_given { UsageSource::Given } else { UsageSource::Assumed },
            });
            if !is_given {
                let why = usage.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
                let text = format!("usage {} = {} {}{why}", usage.key, figure.normalize(), usage.unit);
                self.result.assumptions.push(text);
            }
        }
    }
}

fn too_large() -> Unresolved {
    Unresolved::new("its cost is too large to calculate".to_owned())
}
