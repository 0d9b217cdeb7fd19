//! One rate limit per account, Region and API, shared by all tasks of the process.
//!
//! There is no limit until AWS throttles: the limits of accounts differ, and calls of others count as well. From then on, calls are
//! spaced: if AWS throttles more than a few percent of the calls, the rate is reduced to a little less than what AWS answered, but
//! at most by a third, down to a minimum, and each second with responses adds one call per second. Single throttled calls, which
//! services also return at random, do not change the rate.
//!
//! A service behind the API may throttle its own type of resources. While other types are answered, such a type is given up by
//! itself, and does not slow the others down. What a call is about (its type, or else its operation) is its subject.
//!
//! Neither a library nor the SDK provides this. `governor` requires a known rate. The SDK's adaptive mode has one bucket per API for
//! all accounts and reduces the rate for every throttled response, so that sixteen concurrent calls immediately reduce it to the
//! minimum of one call in two seconds, and cannot be configured. The SDK's own retries work below this layer
//! ([`super::retry`]) and also use this rate limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::SharedClock;

/// Minimum rate, in calls per second.
const MIN_RATE: f64 = 1.0;
/// Minimum and maximum of the initial rate; Cloud Control throttles at about 25 calls per second, as observed.
const INITIAL_RATE: (f64, f64) = (5.0, 20.0);
/// Minimum factor by which throttling reduces the rate.
const CUT: f64 = 0.66;
/// The part of the rate that AWS answered to continue with.
const BELOW_ANSWERED: f64 = 0.95;
/// The share of throttled calls within [`WINDOW`] up to which the rate is not reduced.
const TOLERATED: f64 = 0.08;
/// The rate is reduced at most once in this time, regardless of the number of throttled responses.
const CUT_INTERVAL: Duration = Duration::from_secs(1);
/// Increase of the rate per second with responses, in calls per second.
const GROWTH: f64 = 1.0;
/// The time over which responses are counted to determine the rate that AWS allowed. In a shorter one, two random failures look
/// like a limit.
const WINDOW: Duration = Duration::from_secs(2);
/// The time over which responses are counted before the first limit.
const FIRST_WINDOW: Duration = Duration::from_secs(1);
/// Maximum number of responses that are counted.
const MAX_COUNTED: usize = 1_000;
/// How long no calls are made after an API, or a subject, throttled all calls for the whole budget.
const COOLDOWN: Duration = Duration::from_secs(30);
/// How many times a subject is throttled in a row before it counts as throttled by itself.
const OWN_THROTTLES: u32 = 2;

/// The API has throttled all calls, or all calls about a subject, for so long that no calls are made for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// How long it has throttled all calls.
    pub throttled_for: Duration,
    /// Only calls about the subject are throttled.
    pub is_subject: bool,
}

/// The rate limit of one API in one account and Region.
#[derive(Debug)]
pub struct RateLimiter {
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls per second; `None` before the first throttled call.
    rate: Option<f64>,
    /// Number of calls that may be made now; if negative, number of waiting calls.
    tokens: f64,
    /// When the tokens were updated.
    counted: Duration,
    /// When the rate was last reduced.
    cut: Option<Duration>,
    /// The times of the last responses.
    answers: VecDeque<Duration>,
    /// The times of the last throttled responses.
    throttles: VecDeque<Duration>,
    /// The time of the first throttled call since the last response.
    throttled_since: Option<Duration>,
    /// When a caller gave up.
    given_up: Option<Duration>,
    /// The subjects that were throttled since their last response.
    subjects: HashMap<String, Subject>,
}

/// What calls are about.
#[derive(Debug, Clone, Copy, Default)]
struct Subject {
    /// The time of the first throttled call since the last response.
    since: Duration,
    /// Number of throttled calls since the last response.
    throttles: u32,
    /// When a caller gave up.
    given_up: Option<Duration>,
}

impl RateLimiter {
    /// Creates a rate limiter without a limit.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Waits until a call about a subject may be made.
    ///
    /// # Errors
    /// The API recently throttled all calls, or all calls about the subject, for the whole budget of a caller.
    pub async fn acquire(&self, subject: &str) -> Result<(), Exhausted> {
        let wait = {
            let now = self.clock.now();
            let mut state = self.lock();
            state.check(subject, now)?;
            state.take(now)
        };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
            // Another caller may have given up in the meantime.
            self.lock().check(subject, self.clock.now())?;
        }
        Ok(())
    }

    /// Counts a request without waiting, for retries of the SDK, which have their own delay: the next caller waits longer, but at
    /// most one second.
    pub fn charge(&self) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.refill(now);
        if let Some(rate) = state.rate
            && state.tokens > -rate
        {
            state.tokens -= 1.0;
        }
    }

    /// Records a response of AWS to a call about a subject.
    pub fn answered(&self, subject: &str) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.subjects.remove(subject);
        state.throttled_since = None;
        state.given_up = None;
        count(&mut state.answers, now);
        if let Some(rate) = state.rate {
            state.refill(now);
            state.rate = Some(rate + GROWTH / rate);
        }
    }

    /// Records a throttled response to a call about a subject.
    pub fn throttled(&self, subject: &str) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.throttled_since.get_or_insert(now);
        forget(&mut state.answers, now);
        let own = state.subjects.entry(subject.to_owned()).or_insert(Subject { since: now, ..Subject::default() });
        own.throttles = own.throttles.saturating_add(1);
        if own.throttles > OWN_THROTTLES && !state.answers.is_empty() {
            return;
        }
        count(&mut state.throttles, now);
        let (answers, throttles) = (state.answers.len() as f64, state.throttles.len() as f64);
        let is_tolerated = throttles < 2.0 || throttles <= TOLERATED * (answers + throttles);
        if state.rate.is_some() && answers > 0.0 && is_tolerated {
            return;
        }
        if state.cut.is_some_and(|at| now.saturating_sub(at) < CUT_INTERVAL) {
            return;
        }
        state.refill(now);
        let rate = match state.rate {
            Some(rate) => {
                let answered = answers / WINDOW.as_secs_f64();
                (answered * BELOW_ANSWERED).clamp(rate * CUT, rate * BELOW_ANSWERED).max(MIN_RATE)
            }
            None => {
                let recent = state.answers.iter().filter(|at| now.saturating_sub(**at) <= FIRST_WINDOW).count();
                (recent as f64 / FIRST_WINDOW.as_secs_f64() * CUT).clamp(INITIAL_RATE.0, INITIAL_RATE.1)
            }
        };
        state.throttles.clear();
        state.rate = Some(rate);
        state.tokens = state.tokens.min(0.0);
        state.counted = now;
        state.cut = Some(now);
    }

    /// Returns how long all calls about a subject were throttled.
    pub fn throttled_for(&self, subject: &str) -> Duration {
        let now = self.clock.now();
        self.lock().subjects.get(subject).map(|own| now.saturating_sub(own.since)).unwrap_or_default()
    }

    /// Records that the budget of a caller is exhausted, so that other callers do not wait as well.
    pub fn give_up(&self, subject: &str) {
        let now = self.clock.now();
        let mut state = self.lock();
        let Some(own) = state.subjects.get_mut(subject) else { return };
        own.given_up = Some(now);
        let since = own.since;
        if state.throttled_since.is_none_or(|all| all > since) {
            return;
        }
        if state.subjects.len() > 1 {
            // Other subjects were not answered either.
            state.given_up = Some(now);
        } else {
            // No other was asked for: nothing is known of the limit of the API.
            (state.rate, state.tokens) = (None, 0.0);
        }
    }

    /// Returns the current rate in calls per second; `None` if there is no limit.
    #[cfg(test)]
    pub fn rate(&self) -> Option<f64> {
        self.lock().rate
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a time to those of the last second.
fn count(times: &mut VecDeque<Duration>, now: Duration) {
    times.push_back(now);
    forget(times, now);
}

fn forget(times: &mut VecDeque<Duration>, now: Duration) {
    while times.len() > MAX_COUNTED || times.front().is_some_and(|at| now.saturating_sub(*at) > WINDOW) {
        times.pop_front();
    }
}

impl State {
    fn refill(&mut self, now: Duration) {
        if let Some(rate) = self.rate {
            let gained = now.saturating_sub(self.counted).as_secs_f64() * rate;
            // Tokens for more than half a second are dropped: a burst would be throttled again.
            self.tokens = (self.tokens + gained).min((rate / 2.0).max(1.0));
        }
        self.counted = now;
    }

    /// Takes a token and returns how long to wait for it. Callers are served in order.
    fn take(&mut self, now: Duration) -> Duration {
        self.refill(now);
        let Some(rate) = self.rate else { return Duration::ZERO };
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens).max(0.0) / rate)
    }

    /// # Errors
    /// A caller gave up, and the cooldown has not ended.
    fn check(&self, subject: &str, now: Duration) -> Result<(), Exhausted> {
        let is_cooling = |given_up: Option<Duration>| given_up.is_some_and(|at| now.saturating_sub(at) < COOLDOWN);
        let exhausted = |since: Option<Duration>, is_subject| {
            let throttled_for = since.map(|since| now.saturating_sub(since)).unwrap_or_default();
            Err(Exhausted { throttled_for, is_subject })
        };
        if is_cooling(self.given_up) {
            return exhausted(self.throttled_since, false);
        }
        match self.subjects.get(subject) {
            Some(own) if is_cooling(own.given_up) => exhausted(Some(own.since), true),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::clock::{Clock as _, ManualClock};
    use super::*;

    const ONE: &str = "AWS::SQS::Queue";

    fn limiter() -> (RateLimiter, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (RateLimiter::new(clock.clone()), clock)
    }

    /// Returns the time that this many calls wait, if each is completed immediately.
    async fn time_of(limiter: &RateLimiter, clock: &ManualClock, calls: usize) -> Duration {
        let began = clock.now();
        for _ in 0..calls {
            limiter.acquire(ONE).await.unwrap();
        }
        clock.now() - began
    }

    #[tokio::test]
    async fn there_is_no_limit_before_aws_throttles() {
        let (limiter, clock) = limiter();
        assert_eq!(time_of(&limiter, &clock, 10_000).await, Duration::ZERO);
        assert_eq!(limiter.rate(), None);
    }

    #[tokio::test]
    async fn the_initial_rate_is_below_the_allowed_rate_and_calls_are_spaced() {
        let (limiter, clock) = limiter();
        for _ in 0..10 {
            clock.advance(Duration::from_millis(100));
            limiter.answered(ONE);
        }
        limiter.throttled(ONE);
        let rate = limiter.rate().unwrap();
        assert!((6.0..7.0).contains(&rate), "{rate}");
        let time = time_of(&limiter, &clock, 66).await.as_secs_f64();
        assert!((66.0 / rate - time).abs() < 0.2, "{time} s at {rate} calls a second");
    }

    #[tokio::test]
    async fn concurrent_throttled_responses_reduce_the_rate_once_and_not_below_the_minimum() {
        let (limiter, clock) = limiter();
        (0..15).for_each(|_| limiter.answered(ONE));
        (0..16).for_each(|_| limiter.throttled(ONE));
        let rate = limiter.rate().unwrap();
        assert!((9.0..=10.0).contains(&rate), "{rate}");
        for _ in 0..100 {
            clock.advance(CUT_INTERVAL);
            limiter.throttled(ONE);
        }
        assert_eq!(limiter.rate(), Some(MIN_RATE));
    }

    #[tokio::test]
    async fn responses_increase_the_rate() {
        let (limiter, clock) = limiter();
        limiter.throttled(ONE);
        assert_eq!(limiter.rate(), Some(INITIAL_RATE.0));
        for _ in 0..200 {
            limiter.acquire(ONE).await.unwrap();
            limiter.answered(ONE);
        }
        let (rate, seconds) = (limiter.rate().unwrap(), clock.now().as_secs_f64());
        assert!((rate - INITIAL_RATE.0 - seconds * GROWTH).abs() < 2.0, "{rate} after {seconds} s");
    }

    #[tokio::test]
    async fn single_throttled_responses_do_not_change_the_rate() {
        let (limiter, clock) = limiter();
        limiter.throttled(ONE);
        clock.advance(Duration::from_secs(60));
        let answered = async |throttles: usize| {
            for _ in 0..50 {
                clock.advance(Duration::from_millis(38));
                limiter.answered(ONE);
            }
            let before = limiter.rate().unwrap();
            (0..throttles).for_each(|number| limiter.throttled(&format!("type {number}")));
            limiter.rate().unwrap() / before
        };
        assert!((answered(2).await - 1.0).abs() < 1e-9);
        clock.advance(WINDOW * 2);
        let cut = answered(6).await;
        assert!((CUT..=BELOW_ANSWERED).contains(&cut), "{cut}");
    }

    /// AWS allows 25 calls a second and throttles 2 % of the calls at random.
    #[tokio::test]
    async fn the_rate_stays_close_to_what_aws_allows() {
        let (limiter, clock) = limiter();
        let (mut calls, mut answered, mut second, mut in_second) = (0_u32, 0_u32, 0, 0);
        while answered < 5_000 {
            limiter.acquire(ONE).await.unwrap();
            // Without a limit yet, a call takes some time.
            clock.advance(Duration::from_millis(if limiter.rate().is_none() { 5 } else { 0 }));
            if clock.now().as_secs() != second {
                (second, in_second) = (clock.now().as_secs(), 0);
            }
            (calls, in_second) = (calls + 1, in_second + 1);
            if in_second > 25 || calls.is_multiple_of(50) {
                limiter.throttled(ONE);
            } else {
                answered += 1;
                limiter.answered(ONE);
            }
        }
        let (seconds, floor) = (clock.now().as_secs_f64(), f64::from(answered) / 25.0);
        assert!(seconds < 1.2 * floor, "{seconds:.0} s instead of {floor:.0} s");
        assert!(f64::from(calls) < 1.08 * f64::from(answered), "{calls} calls for {answered} responses");
    }

    #[tokio::test]
    async fn a_retry_makes_the_next_call_wait_longer() {
        let (limiter, clock) = limiter();
        limiter.throttled(ONE);
        (0..3).for_each(|_| limiter.charge());
        assert_eq!(clock.now(), Duration::ZERO, "the SDK has its own delay");
        assert_eq!(time_of(&limiter, &clock, 1).await, Duration::from_millis(800), "4 calls at 5 per second");
        (0..1000).for_each(|_| limiter.charge());
        assert_eq!(time_of(&limiter, &clock, 1).await, Duration::from_millis(1200), "at most one second longer");
    }

    #[tokio::test]
    async fn a_subject_that_is_always_throttled_is_given_up_alone_and_does_not_slow_others_down() {
        let (limiter, clock) = limiter();
        let other = "AWS::S3::Bucket";
        for _ in 0..300 {
            limiter.throttled(ONE);
            for _ in 0..5 {
                clock.advance(Duration::from_millis(20));
                limiter.acquire(other).await.unwrap();
                limiter.answered(other);
            }
        }
        assert!(limiter.rate().unwrap() > 25.0, "{:?}", limiter.rate());
        assert!(limiter.throttled_for(ONE) >= Duration::from_secs(30));
        limiter.give_up(ONE);
        assert!(limiter.acquire(ONE).await.unwrap_err().is_subject);
        assert!(limiter.acquire(other).await.is_ok());
        clock.advance(COOLDOWN);
        assert!(limiter.acquire(ONE).await.is_ok());
    }

    #[tokio::test]
    async fn a_subject_that_alone_was_asked_for_says_nothing_about_others() {
        let (limiter, clock) = limiter();
        for _ in 0..60 {
            limiter.throttled(ONE);
            clock.advance(CUT_INTERVAL);
        }
        assert_eq!(limiter.rate(), Some(MIN_RATE));
        limiter.give_up(ONE);
        assert!(limiter.acquire(ONE).await.is_err());
        assert_eq!(time_of_others(&limiter, &clock).await, Duration::ZERO);
    }

    async fn time_of_others(limiter: &RateLimiter, clock: &ManualClock) -> Duration {
        let began = clock.now();
        for _ in 0..100 {
            limiter.acquire("AWS::S3::Bucket").await.unwrap();
        }
        clock.now() - began
    }

    #[tokio::test]
    async fn subjects_that_are_throttled_one_after_the_other_reduce_the_rate() {
        let (limiter, clock) = limiter();
        (0..30).for_each(|_| limiter.answered(ONE));
        for number in 0..30 {
            limiter.throttled(&format!("type {number}"));
            clock.advance(CUT_INTERVAL);
            limiter.answered(ONE);
        }
        assert!(limiter.rate().unwrap() < 3.0, "{:?}", limiter.rate());
    }

    #[tokio::test]
    async fn after_one_caller_gives_up_no_calls_are_made_during_the_cooldown() {
        let (limiter, clock) = limiter();
        limiter.throttled(ONE);
        limiter.throttled("another");
        clock.advance(Duration::from_secs(29));
        limiter.throttled(ONE);
        assert_eq!(limiter.throttled_for(ONE), Duration::from_secs(29));
        limiter.give_up(ONE);
        let exhausted = Exhausted { throttled_for: Duration::from_secs(29), is_subject: false };
        assert_eq!(limiter.acquire("other").await, Err(exhausted));
        assert!(limiter.acquire(ONE).await.is_err());
        clock.advance(COOLDOWN);
        assert!(limiter.acquire(ONE).await.is_ok());
        limiter.give_up(ONE);
        assert!(limiter.acquire(ONE).await.is_err());
        limiter.answered(ONE);
        assert_eq!(limiter.throttled_for(ONE), Duration::ZERO);
        assert!(limiter.acquire(ONE).await.is_ok());
    }
}
