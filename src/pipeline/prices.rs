//! Prices for an estimate: asked of the Price List where it answers in time, else kept from an
//! earlier run, else embedded.
//!
//! Nothing here fails: an estimate is wanted most when something is wrong. One failure of the
//! Price List ends the asking for this run, and what could not be asked is marked as what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::ports::{CloudError, CloudErrorKind, ListPrices, Purpose};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::estimate::price_list::PriceQuery;
use crate::estimate::{
    self, Estimate, EstimateInput, EstimateOptions, FRESH_SECONDS, FetchedPrices, Price, PriceBook, PriceSource,
    Snapshot, age_text,
};

/// How long all asking of a run may take, credentials included: an estimate answers in 5 s.
const BUDGET: Duration = Duration::from_secs(4);

/// Calls at once. AWS throttles an account's calls at about ten a second.
const AT_ONCE: usize = 8;

/// An answer of the Price List, as it is kept: the texts themselves, so that a price taken out of
/// it later passes the same rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// When it was given.
    pub fetched_at: Timestamp,
    /// The service asked about.
    pub service: String,
    /// The attributes asked for.
    pub filters: Vec<(String, String)>,
    /// `PriceList`, of all pages.
    pub price_list: Vec<String>,
}

/// Where answers are kept. Losing one costs a call, so nothing here fails.
pub trait PriceCache: Send + Sync {
    /// What is kept under a key; `None` too where it cannot be read or understood.
    fn read(&self, key: &str) -> Option<KeptAnswer>;
    /// Keeps an answer.
    fn write(&self, key: &str, answer: &KeptAnswer);
}

/// How prices are looked for.
#[derive(Debug, Clone)]
pub struct PriceSettings {
    /// The time of the run.
    pub now: Timestamp,
    /// Ask nothing.
    pub offline: bool,
    /// Ask even for what was answered a moment ago.
    pub refresh: bool,
    /// What to say to somebody whose credentials do not work.
    pub sign_in: String,
}

/// An estimate, and what went wrong with its prices.
#[derive(Debug)]
pub struct Priced {
    /// The estimate.
    pub estimate: Estimate,
    /// Warnings about prices, of the whole run so far.
    pub notes: Vec<Diagnostic>,
}

/// The prices of one run.
pub struct Pricing<'a> {
    cloud: Box<dyn ListPrices + 'a>,
    cache: Box<dyn PriceCache + 'a>,
    settings: PriceSettings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    prices: FetchedPrices,
    /// Prices that were looked for: a plan that is made again in the same run has the same ones.
    settled: BTreeSet<(String, String)>,
    spent: Duration,
    is_down: bool,
    notes: Vec<Diagnostic>,
}

/// One call of GetProducts: a service and its filters.
type Ask = (&'static str, Vec<(String, String)>);

/// One price that an answer is to hold.
struct Wanted {
    key: String,
    region: String,
    question: PriceQuery,
}

/// A call with the prices wanted of it, and the answer kept from an earlier run.
struct Open {
    ask: Ask,
    wanted: Vec<Wanted>,
    kept: Option<KeptAnswer>,
}

/// The keys of prices that were refused, by region, the reason, and what is taken instead.
type Refused = BTreeMap<(String, String, String), Vec<String>>;

/// What the Price List said: an answer, or why it has none for this question.
type Answers = BTreeMap<usize, Result<Vec<String>, String>>;

impl<'a> Pricing<'a> {
    /// The prices of a run that asks this Price List and keeps its answers there.
    pub fn new(cloud: Box<dyn ListPrices + 'a>, cache: Box<dyn PriceCache + 'a>, settings: PriceSettings) -> Self {
        Self { cloud, cache, settings, state: Mutex::default() }
    }

    /// Estimates a plan with the best prices to be had.
    pub async fn estimate(&self, inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> Priced {
        let mut state = self.state.lock().await;
        let wanted = estimate::required_prices(inputs, options);
        self.settle(&mut state, wanted).await;
        let estimate = estimate::estimate(inputs, options, &state.prices);
        Priced { estimate, notes: state.notes.clone() }
    }

    async fn settle(&self, state: &mut State, wanted: BTreeSet<(String, String)>) {
        let mut asks: BTreeMap<Ask, Vec<Wanted>> = BTreeMap::new();
        for (key, region) in wanted {
            if !state.settled.insert((key.clone(), region.clone())) {
                continue;
            }
            // What no one product has is the snapshot's to answer.
            let Some(question) = PriceQuery::of(&key, &region) else { continue };
            let filters = question.filters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            asks.entry((question.service, filters)).or_default().push(Wanted { key, region, question });
        }
        let mut open: Vec<Open> = Vec::new();
        for (ask, wanted) in asks {
            let kept = self.kept(&ask);
            match kept.as_ref().and_then(|kept| self.fresh(kept, &wanted)) {
                Some(prices) => insert(state, &wanted, prices),
                None => open.push(Open { ask, wanted, kept }),
            }
        }
        if open.is_empty() {
            return;
        }
        // The fewer filters, the more products and pages: what takes long comes last.
        open.sort_by_key(|open| std::cmp::Reverse(open.ask.1.len()));
        let mut answers = Answers::new();
        let mut outage = None;
        if !self.settings.offline && !state.is_down {
            let began = Instant::now();
            (answers, outage) = self.ask(&open, BUDGET.saturating_sub(state.spent)).await;
            state.spent += began.elapsed();
            state.is_down = outage.is_some();
        }
        let mut unasked = Unasked::default();
        let mut refused = Refused::new();
        for (at, open) in open.iter().enumerate() {
            match answers.remove(&at) {
                Some(answer) => self.take(state, open, answer, &mut refused),
                None => self.do_without(state, open, &mut unasked),
            }
        }
        state.notes.extend(outage.map(|outage| outage.note(&unasked)));
        state.notes.extend(refused.into_iter().map(|((region, why, instead), keys)| {
            let message = format!("no price of {} in {region}: {why}; {instead}", keys.join(", "));
            Diagnostic::warning(Code::PriceNotMatched, message)
        }));
    }

    /// What an earlier run was told, if it was asked the same.
    fn kept(&self, ask: &Ask) -> Option<KeptAnswer> {
        self.cache.read(&cache_key(ask)).filter(|kept| kept.service == ask.0 && kept.filters == ask.1)
    }

    /// The prices of a kept answer that is as good as a new one: young enough, and nothing in it
    /// is refused.
    fn fresh(&self, kept: &KeptAnswer, wanted: &[Wanted]) -> Option<Vec<Price>> {
        let is_young = self.age(kept).is_some_and(|age| age < FRESH_SECONDS);
        if !is_young || (self.settings.refresh && !self.settings.offline) {
            return None;
        }
        wanted.iter().map(|wanted| self.kept_price(kept, wanted)).collect()
    }

    /// Seconds; `None` for a time in the future: a clock was set back, nothing is known of the age.
    fn age(&self, kept: &KeptAnswer) -> Option<u64> {
        u64::try_from(self.settings.now.duration_since(kept.fetched_at).as_secs()).ok()
    }

    fn kept_price(&self, kept: &KeptAnswer, wanted: &Wanted) -> Option<Price> {
        let price = wanted.question.read(&kept.price_list).ok()?;
        Some(Price { source: PriceSource::Cache, age_seconds: self.age(kept), ..price })
    }

    /// Asks for everything that is open, as long as there is time and no call fails.
    async fn ask<'o>(&self, open: &'o [Open], left: Duration) -> (Answers, Option<Outage>) {
        let mut answers = Answers::new();
        let all = async {
            let call = |(at, open): (usize, &'o Open)| async move {
                let (service, filters) = &open.ask;
                (at, self.cloud.products(service, filters).await)
            };
            let mut questions = open.iter().enumerate();
            // The first call goes alone: it finds the region and the credentials, or that there
            // are none, and then the others are spared.
            let first = futures_util::stream::iter(questions.next()).then(call);
            let others = futures_util::stream::iter(questions).map(call).buffer_unordered(AT_ONCE);
            let mut calls = std::pin::pin!(first.chain(others));
            while let Some((at, answer)) = calls.next().await {
                match answer {
                    Ok(price_list) => drop(answers.insert(at, Ok(price_list))),
                    Err(error) => match error.kind {
                        // The answer to this question, and no fault of the Price List.
                        CloudErrorKind::NotFound | CloudErrorKind::Invalid => {
                            answers.insert(at, Err(error.message));
                        }
                        _ => return Some(Outage::new(&error, &self.settings.sign_in)),
                    },
                }
            }
            None
        };
        let outage = match tokio::time::timeout(left, all).await {
            Ok(outage) => outage,
            Err(_) => Some(Outage::late()),
        };
        (answers, outage)
    }

    /// Takes the prices out of an answer and keeps it. What it does not hold is refused aloud.
    fn take(&self, state: &mut State, open: &Open, answer: Result<Vec<String>, String>, refused: &mut Refused) {
        let price_list = answer.as_ref().map(Vec::as_slice).unwrap_or_default();
        let mut is_useful = false;
        for wanted in &open.wanted {
            let refusal = match (wanted.question.read(price_list), &answer) {
                (Ok(price), _) => {
                    is_useful = true;
                    state.prices.insert(&wanted.key, &wanted.region, price);
                    continue;
                }
                (Err(_), Err(said)) => said.trim_end_matches('.').to_owned(),
                (Err(refusal), Ok(_)) => refusal.to_string(),
            };
            let kept = open.kept.as_ref().and_then(|kept| self.kept_price(kept, wanted));
            let group = (wanted.region.clone(), refusal, instead(kept.as_ref(), wanted));
            refused.entry(group).or_default().push(wanted.key.clone());
            if let Some(price) = kept {
                state.prices.insert(&wanted.key, &wanted.region, price);
            }
        }
        if let (true, Ok(price_list)) = (is_useful, answer) {
            let (service, filters) = &open.ask;
            let answer = KeptAnswer {
                fetched_at: self.settings.now,
                service: (*service).to_owned(),
                filters: filters.clone(),
                price_list,
            };
            self.cache.write(&cache_key(&open.ask), &answer);
        }
    }

    /// Takes what is kept, however old. What is not kept either is the snapshot's to answer.
    fn do_without(&self, state: &mut State, open: &Open, unasked: &mut Unasked) {
        for wanted in &open.wanted {
            match open.kept.as_ref().and_then(|kept| self.kept_price(kept, wanted)) {
                Some(price) => {
                    unasked.kept += 1;
                    state.prices.insert(&wanted.key, &wanted.region, price);
                }
                None if Snapshot.price(&wanted.key, &wanted.region).is_some() => unasked.embedded += 1,
                None => unasked.unknown += 1,
            }
        }
    }
}

fn insert(state: &mut State, wanted: &[Wanted], prices: Vec<Price>) {
    for (wanted, price) in wanted.iter().zip(prices) {
        state.prices.insert(&wanted.key, &wanted.region, price);
    }
}

/// A file's name for a question; the answer in it says itself what was asked.
fn cache_key((service, filters): &Ask) -> String {
    let mut hash = Sha256::new();
    for (name, value) in filters {
        hash.update(format!("{name}={value}\n"));
    }
    let short: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{service}-{short}")
}

/// What is taken in place of a price that was refused.
fn instead(kept: Option<&Price>, wanted: &Wanted) -> String {
    match (kept, Snapshot.price(&wanted.key, &wanted.region)) {
        (Some(price), _) => match price.age_seconds {
            Some(age) => format!("a kept answer of {} ago is taken", age_text(age)),
            None => "a kept answer of unknown age is taken".to_owned(),
        },
        (None, Some(price)) => format!("the embedded price of {} is taken", price.as_of),
        (None, None) => "it stays unknown".to_owned(),
    }
}

/// Prices that the Price List could not be asked for, by what is taken instead.
#[derive(Debug, Default)]
struct Unasked {
    kept: usize,
    embedded: usize,
    unknown: usize,
}

/// Why the Price List is not asked any more in this run.
#[derive(Debug)]
struct Outage {
    reason: String,
    hint: String,
}

impl Outage {
    fn new(error: &CloudError, sign_in: &str) -> Self {
        let said = error.message.trim_end_matches('.');
        let reason = match error.kind {
            CloudErrorKind::AccessDenied => format!("pricing:GetProducts is denied ({said})"),
            CloudErrorKind::Credentials => format!("`{}` has no working credentials: {said}", error.environment),
            CloudErrorKind::Throttled => format!("AWS throttles it ({said})"),
            CloudErrorKind::Network => format!("it cannot be reached: {said}"),
            CloudErrorKind::Unsupported => said.to_owned(),
            _ => format!("GetProducts failed: {said}"),
        };
        let hint = match error.kind {
            CloudErrorKind::Credentials => sign_in.to_owned(),
            _ => error.hint(Purpose::Price).unwrap_or_default(),
        };
        Self { reason, hint }
    }

    fn late() -> Self {
        let reason = format!("it did not answer within {} s", BUDGET.as_secs());
        Self { reason, hint: "check the network and the credentials".to_owned() }
    }

    fn note(&self, unasked: &Unasked) -> Diagnostic {
        let parts = [
            (unasked.kept, "from an earlier run"),
            (unasked.embedded, "embedded in this version"),
            (unasked.unknown, "unknown"),
        ];
        let counted: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let message = format!("the Price List could not be asked: {}; prices: {}", self.reason, counted.join(", "));
        Diagnostic::warning(Code::PricesOffline, message).hint(format!("{}; --offline asks nothing", self.hint))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
