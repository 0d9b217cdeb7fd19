//! Prices for an estimate: from the Price List if it responds in time, otherwise from the cache, otherwise from the
//! price book, otherwise from the embedded snapshot.
//!
//! Failures are not errors, so that an estimate is always available. After one failure, the Price List is not queried any
//! more in the run, and each price is marked with its source.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::ports::{CloudError, CloudErrorKind, ListPrices, Purpose};
use crate::domain::diagnostic::{Code, Diagnostic};
pub use crate::estimate::Book;
use crate::estimate::price_list::PriceQuery;
use crate::estimate::{
    self, Estimate, EstimateInput, EstimateOptions, FRESH_SECONDS, FetchedPrices, Price, PriceBook, PriceSource,
    Snapshot, age_text,
};

/// Time limit for all price queries of a run, including credentials: an estimate takes at most 5 s.
const BUDGET: Duration = Duration::from_secs(4);

/// Maximum number of concurrent calls. AWS throttles an account at about ten calls per second.
const MAX_CONCURRENT_CALLS: usize = 8;

/// A cached response of the Price List. It contains the original JSON texts, so that the same rules apply to cached prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedPriceList {
    /// The time of the response.
    pub fetched_at: Timestamp,
    /// The service code of the request.
    pub service: String,
    /// The filters of the request.
    pub filters: Vec<(String, String)>,
    /// `PriceList`, of all pages.
    pub price_list: Vec<String>,
}

/// A cache of responses. Failures are ignored: they only cost another call.
pub trait PriceCache: Send + Sync {
    /// Returns the cached response for a key; `None` also if it cannot be read or parsed.
    fn read(&self, key: &str) -> Option<CachedPriceList>;
    /// Caches a response.
    fn write(&self, key: &str, answer: &CachedPriceList);
}

/// The price books of earlier runs of `prices update`.
pub trait PriceBooks: Send + Sync {
    /// Returns the book of a Region; `None` also if it cannot be read or is damaged.
    fn book(&self, region: &str) -> Option<Book>;
}

/// Settings of the price lookup.
#[derive(Debug, Clone)]
pub struct PriceSettings {
    /// The time of the run.
    pub now: Timestamp,
    /// Make no calls.
    pub offline: bool,
    /// Ignore cached responses.
    pub refresh: bool,
    /// The hint if the credentials are not valid.
    pub sign_in: String,
}

/// An estimate and the warnings about its prices.
#[derive(Debug)]
pub struct Priced {
    /// The estimate.
    pub estimate: Estimate,
    /// Warnings about prices in the run so far.
    pub notes: Vec<Diagnostic>,
}

/// The prices of one run.
pub struct Pricing<'a> {
    cloud: Box<dyn ListPrices + 'a>,
    cache: Box<dyn PriceCache + 'a>,
    books: Box<dyn PriceBooks + 'a>,
    settings: PriceSettings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    prices: FetchedPrices,
    /// Prices that were looked up: a plan that is made again in the same run uses the same prices.
    fetched: BTreeSet<(String, String)>,
    elapsed: Duration,
    is_down: bool,
    /// The books that were needed, by Region; `None` where there is none.
    books: BTreeMap<String, Option<Book>>,
    notes: Vec<Diagnostic>,
}

/// One call of GetProducts: a service and its filters.
type Ask = (&'static str, Vec<(String, String)>);

/// A price to extract from a response.
struct Wanted {
    key: String,
    region: String,
    question: PriceQuery,
}

/// A call with the required prices and the cached response.
struct PendingCall {
    ask: Ask,
    wanted: Vec<Wanted>,
    kept: Option<CachedPriceList>,
}

/// The keys of prices that were not found, by Region, reason and fallback.
type Refused = BTreeMap<(String, String, String), Vec<String>>;

/// The responses of the Price List: the products, or the error for this request.
type Answers = BTreeMap<usize, Result<Vec<String>, String>>;

impl<'a> Pricing<'a> {
    /// Creates the prices of a run with a Price List, a cache and price books.
    pub fn new(
        cloud: Box<dyn ListPrices + 'a>,
        cache: Box<dyn PriceCache + 'a>,
        books: Box<dyn PriceBooks + 'a>,
        settings: PriceSettings,
    ) -> Self {
        Self { cloud, cache, books, settings, state: Mutex::default() }
    }

    /// Estimates the cost with the best available prices.
    pub async fn estimate(&self, inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> Priced {
        let mut state = self.state.lock().await;
        let wanted = estimate::required_prices(inputs, options);
        let all = wanted.clone();
        self.fetch(&mut state, wanted).await;
        // Global prices are those of every Region.
        let missing = all.into_iter().filter(|(key, region)| state.prices.price(key, region).is_none());
        let regions: BTreeSet<String> = missing.map(|(_, region)| region).collect();
        let estimate = estimate::estimate(inputs, options, &state.prices);
        let mut notes = state.notes.clone();
        notes.extend(regions.iter().filter_map(|region| without_prices(region, &state.prices)));
        Priced { estimate, notes }
    }

    async fn fetch(&self, state: &mut State, wanted: BTreeSet<(String, String)>) {
        let mut requests: BTreeMap<Ask, Vec<Wanted>> = BTreeMap::new();
        for (key, region) in wanted {
            if !state.fetched.insert((key.clone(), region.clone())) {
                continue;
            }
            // Prices that are not those of a single product are only in the snapshot.
            let Some(question) = PriceQuery::of(&key, &region) else { continue };
            let filters = question.filters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            requests.entry((question.service, filters)).or_default().push(Wanted { key, region, question });
        }
        let mut open: Vec<PendingCall> = Vec::new();
        for (ask, wanted) in requests {
            let kept = self.kept(&ask);
            match kept.as_ref().and_then(|kept| self.fresh(kept, &wanted)) {
                Some(prices) => insert(state, &wanted, prices),
                None => open.push(PendingCall { ask, wanted, kept }),
            }
        }
        if open.is_empty() {
            return;
        }
        // Requests with fewer filters return more products and pages: the slowest come last.
        open.sort_by_key(|open| std::cmp::Reverse(open.ask.1.len()));
        let mut answers = Answers::new();
        let mut outage = None;
        if !self.settings.offline && !state.is_down {
            let began = Instant::now();
            (answers, outage) = self.ask(&open, BUDGET.saturating_sub(state.elapsed)).await;
            state.elapsed += began.elapsed();
            state.is_down = outage.is_some();
        }
        let mut fallbacks = FallbackCounts::default();
        let mut refused = Refused::new();
        for (at, open) in open.iter().enumerate() {
            match answers.remove(&at) {
                Some(answer) => self.take(state, open, answer, &mut refused),
                None => self.use_fallback(state, open, &mut fallbacks),
            }
        }
        state.notes.extend(outage.map(|outage| outage.note(&fallbacks)));
        state.notes.extend(refused.into_iter().map(|((region, why, instead), keys)| {
            let message = format!("no price for {} in {region}: {why}; {instead}", keys.join(", "));
            Diagnostic::warning(Code::PriceNotMatched, message)
        }));
    }

    /// Returns the cached response for the same request.
    fn kept(&self, ask: &Ask) -> Option<CachedPriceList> {
        self.cache.read(&cache_key(ask)).filter(|kept| kept.service == ask.0 && kept.filters == ask.1)
    }

    /// Returns the prices of a cached response if it has not expired and contains all of them.
    fn fresh(&self, kept: &CachedPriceList, wanted: &[Wanted]) -> Option<Vec<Price>> {
        let is_young = self.age(kept).is_some_and(|age| age < FRESH_SECONDS);
        if !is_young || (self.settings.refresh && !self.settings.offline) {
            return None;
        }
        wanted.iter().map(|wanted| self.kept_price(kept, wanted)).collect()
    }

    /// Returns the age in seconds; `None` if the time is in the future, because the clock was set back.
    fn age(&self, kept: &CachedPriceList) -> Option<u64> {
        u64::try_from(self.settings.now.duration_since(kept.fetched_at).as_secs()).ok()
    }

    fn kept_price(&self, kept: &CachedPriceList, wanted: &Wanted) -> Option<Price> {
        let price = wanted.question.read(&kept.price_list).ok()?;
        Some(Price { source: PriceSource::Cache, age_seconds: self.age(kept), ..price })
    }

    /// Makes the pending calls, until the time limit or the first failure.
    async fn ask<'o>(&self, open: &'o [PendingCall], left: Duration) -> (Answers, Option<Outage>) {
        let mut answers = Answers::new();
        let all = async {
            let call = |(at, open): (usize, &'o PendingCall)| async move {
                let (service, filters) = &open.ask;
                (at, self.cloud.products(service, filters).await)
            };
            let mut questions = open.iter().enumerate();
            // The first call is made alone: it resolves the Region and the credentials. If it fails, the others are
            // not made.
            let first = futures_util::stream::iter(questions.next()).then(call);
            let others = futures_util::stream::iter(questions).map(call).buffer_unordered(MAX_CONCURRENT_CALLS);
            let mut calls = std::pin::pin!(first.chain(others));
            while let Some((at, answer)) = calls.next().await {
                match answer {
                    Ok(price_list) => drop(answers.insert(at, Ok(price_list))),
                    Err(error) => match error.kind {
                        // An error of this request only.
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
            Err(_) => Some(Outage::timeout()),
        };
        (answers, outage)
    }

    /// Extracts the prices from a response and caches it. Missing prices are reported.
    fn take(&self, state: &mut State, open: &PendingCall, answer: Result<Vec<String>, String>, refused: &mut Refused) {
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
            let kept = kept.or_else(|| self.book_price(state, wanted));
            let group = (wanted.region.clone(), refusal, instead(kept.as_ref(), wanted));
            refused.entry(group).or_default().push(wanted.key.clone());
            if let Some(price) = kept {
                state.prices.insert(&wanted.key, &wanted.region, price);
            }
        }
        if let (true, Ok(price_list)) = (is_useful, answer) {
            let (service, filters) = &open.ask;
            let answer = CachedPriceList {
                fetched_at: self.settings.now,
                service: (*service).to_owned(),
                filters: filters.clone(),
                price_list,
            };
            self.cache.write(&cache_key(&open.ask), &answer);
        }
    }

    /// Uses the cached response regardless of its age, otherwise the price book, otherwise the snapshot.
    fn use_fallback(&self, state: &mut State, open: &PendingCall, fallbacks: &mut FallbackCounts) {
        for wanted in &open.wanted {
            match open.kept.as_ref().and_then(|kept| self.kept_price(kept, wanted)) {
                Some(price) => {
                    fallbacks.kept += 1;
                    state.prices.insert(&wanted.key, &wanted.region, price);
                }
                None => match self.book_price(state, wanted) {
                    Some(price) => {
                        fallbacks.book += 1;
                        state.prices.insert(&wanted.key, &wanted.region, price);
                    }
                    None if Snapshot.price(&wanted.key, &wanted.region).is_some() => fallbacks.embedded += 1,
                    None => fallbacks.unknown += 1,
                },
            }
        }
    }

    /// Returns the price of the Region's price book, which is read on first use.
    fn book_price(&self, state: &mut State, wanted: &Wanted) -> Option<Price> {
        let book = state.books.entry(wanted.region.clone()).or_insert_with(|| self.books.book(&wanted.region));
        book.as_ref()?.price(&wanted.key, self.settings.now)
    }
}

/// Says once that there are no prices of a Region, so that the resources there need not.
fn without_prices(region: &str, prices: &FetchedPrices) -> Option<Diagnostic> {
    let known = prices.regions();
    if known.iter().any(|known| known == region) {
        return None;
    }
    let message = format!("no prices of {region} are known; there are prices of {}", known.join(", "));
    let hint = format!("run `stagegate prices update --region {region}`, or allow pricing:GetProducts");
    Some(Diagnostic::warning(Code::RegionWithoutPrices, message).hint(hint))
}

fn insert(state: &mut State, wanted: &[Wanted], prices: Vec<Price>) {
    for (wanted, price) in wanted.iter().zip(prices) {
        state.prices.insert(&wanted.key, &wanted.region, price);
    }
}

/// Returns the cache key of a request; the cached response contains the complete request.
fn cache_key((service, filters): &Ask) -> String {
    let mut hash = Sha256::new();
    for (name, value) in filters {
        hash.update(format!("{name}={value}\n"));
    }
    let short: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{service}-{short}")
}

/// Describes the fallback for a price that was not found.
fn instead(kept: Option<&Price>, wanted: &Wanted) -> String {
    match (kept, Snapshot.price(&wanted.key, &wanted.region)) {
        (Some(price), _) => {
            let source = if price.source == PriceSource::Book { "a price of the price book" } else { "a cached price" };
            match price.age_seconds {
                Some(age) => format!("using {source} from {} ago", age_text(age)),
                None => format!("using {source} of unknown age"),
            }
        }
        (None, Some(price)) => format!("using the embedded price of {}", price.as_of),
        (None, None) => "the price is unknown".to_owned(),
    }
}

/// Number of prices that could not be queried, by fallback.
#[derive(Debug, Default)]
struct FallbackCounts {
    kept: usize,
    book: usize,
    embedded: usize,
    unknown: usize,
}

/// Why the Price List is not queried any more in this run.
#[derive(Debug)]
struct Outage {
    reason: String,
    hint: String,
}

impl Outage {
    fn new(error: &CloudError, sign_in: &str) -> Self {
        let message = error.message.trim_end_matches('.');
        let reason = match error.kind {
            CloudErrorKind::AccessDenied => format!("pricing:GetProducts is denied ({message})"),
            CloudErrorKind::Credentials => format!("`{}` has no working credentials: {message}", error.environment),
            CloudErrorKind::Throttled => format!("the calls were throttled ({message})"),
            CloudErrorKind::Network => format!("it cannot be reached: {message}"),
            CloudErrorKind::Unsupported => message.to_owned(),
            _ => format!("GetProducts failed: {message}"),
        };
        let hint = match error.kind {
            CloudErrorKind::Credentials => sign_in.to_owned(),
            _ => error.hint(Purpose::Price).unwrap_or_default(),
        };
        Self { reason, hint }
    }

    fn timeout() -> Self {
        let reason = format!("it did not respond within {} s", BUDGET.as_secs());
        Self { reason, hint: "check the network connection and the credentials".to_owned() }
    }

    fn note(&self, fallbacks: &FallbackCounts) -> Diagnostic {
        let parts = [
            (fallbacks.kept, "from the cache"),
            (fallbacks.book, "from the price book"),
            (fallbacks.embedded, "embedded in this version"),
            (fallbacks.unknown, "unknown"),
        ];
        let counted: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let message = format!("the Price List could not be queried: {}; prices: {}", self.reason, counted.join(", "));
        Diagnostic::warning(Code::PricesOffline, message).hint(format!("{}; --offline requests nothing", self.hint))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
