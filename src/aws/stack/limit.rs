//! One rate limit per account, region and API, shared by all tasks of the process.
//!
//! There is no limit until AWS throttles: accounts have different ones, and what others do in the
//! account counts too. From then on calls are spaced: each throttled second takes the rate down by
//! a third, but never below a floor, and each second of answers adds one call a second.
//!
//! Neither a library nor the SDK does this. `governor` keeps a rate that is known beforehand. The
//! SDK's adaptive mode keeps one bucket per API for all accounts, takes the rate down once for every
//! throttled answer, so that sixteen calls on their way take it to its floor of one call in two
//! seconds at once, and lets nobody say otherwise. The SDK's own retries stay in place below this
//! layer ([`super::retry`]); each of them takes its turn from here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::SharedClock;

/// The slowest rate, in calls per second.
const FLOOR: f64 = 1.0;
/// The slowest and the fastest rate to begin with; Cloud Control has been seen to throttle at about
/// 25 calls a second.
const AT_FIRST: (f64, f64) = (5.0, 20.0);
/// What is left of the rate after a throttled second.
const CUT: f64 = 0.66;
/// The rate is cut once in this time, however many answers say "too many calls".
const CUT_EVERY: Duration = Duration::from_secs(1);
/// What a second of answers adds to the rate, in calls per second.
const GROWTH: f64 = 1.0;
/// The time over which answers are counted, to know the rate that AWS allowed.
const WINDOW: Duration = Duration::from_secs(1);
/// The most answers that are counted.
const MOST_COUNTED: usize = 100;
/// For how long nothing is asked of an API that answered nothing for a whole budget.
const REST: Duration = Duration::from_secs(30);

/// The API has throttled every call for so long that it is not asked for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// For how long it has answered nothing else.
    pub throttled_for: Duration,
}

/// The rate limit of one API in one account and region.
#[derive(Debug)]
pub struct RateLimiter {
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls per second; `None` before the first throttled one.
    rate: Option<f64>,
    /// Calls that may be made now; below zero, calls that wait for their turn.
    tokens: f64,
    /// When the tokens were counted.
    counted: Duration,
    /// When the rate was cut.
    cut: Option<Duration>,
    /// When the last answers came.
    answers: VecDeque<Duration>,
    /// The first throttled call since the last answer.
    throttled_since: Option<Duration>,
    /// When a caller gave up.
    given_up: Option<Duration>,
}

impl RateLimiter {
    /// No limit yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// The API has throttled everything for a caller's whole budget, a moment ago.
    pub async fn acquire(&self) -> Result<(), Exhausted> {
        let wait = {
            let now = self.clock.now();
            let mut state = self.lock();
            if state.is_given_up(now) {
                return Err(state.exhausted(now));
            }
            state.take(now)
        };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
            // Meanwhile somebody else may have given up.
            let now = self.clock.now();
            let state = self.lock();
            if state.is_given_up(now) {
                return Err(state.exhausted(now));
            }
        }
        Ok(())
    }

    /// Takes a turn without waiting, for a request that the SDK repeats after a wait of its own:
    /// who comes next waits longer, though at most for a second.
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

    /// AWS answered, whatever it said.
    pub fn answered(&self) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.throttled_since = None;
        state.given_up = None;
        state.answers.push_back(now);
        while state.answers.len() > MOST_COUNTED
            || state.answers.front().is_some_and(|at| now.saturating_sub(*at) > WINDOW)
        {
            state.answers.pop_front();
        }
        if let Some(rate) = state.rate {
            state.refill(now);
            state.rate = Some(rate + GROWTH / rate);
        }
    }

    /// AWS said "too many calls".
    pub fn throttled(&self) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.throttled_since.get_or_insert(now);
        if state.cut.is_some_and(|at| now.saturating_sub(at) < CUT_EVERY) {
            return;
        }
        state.refill(now);
        let rate = match state.rate {
            Some(rate) => (rate * CUT).max(FLOOR),
            None => {
                state.answers.retain(|at| now.saturating_sub(*at) <= WINDOW);
                (state.answers.len() as f64 / WINDOW.as_secs_f64() * CUT).clamp(AT_FIRST.0, AT_FIRST.1)
            }
        };
        state.rate = Some(rate);
        state.tokens = state.tokens.min(0.0);
        state.counted = now;
        state.cut = Some(now);
    }

    /// For how long AWS has answered nothing but "too many calls".
    pub fn throttled_for(&self) -> Duration {
        let now = self.clock.now();
        self.lock().throttled_since.map(|since| now.saturating_sub(since)).unwrap_or_default()
    }

    /// Tells that a caller's budget is spent: nobody else need find out for himself.
    pub fn give_up(&self) -> Exhausted {
        let now = self.clock.now();
        let mut state = self.lock();
        state.given_up = Some(now);
        state.exhausted(now)
    }

    /// The present rate in calls per second; `None` where there is no limit.
    #[cfg(test)]
    pub fn rate(&self) -> Option<f64> {
        self.lock().rate
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refill(&mut self, now: Duration) {
        if let Some(rate) = self.rate {
            let gained = now.saturating_sub(self.counted).as_secs_f64() * rate;
            // What was not used in the last half second is lost: a burst would be throttled again.
            self.tokens = (self.tokens + gained).min((rate / 2.0).max(1.0));
        }
        self.counted = now;
    }

    /// Takes a token and returns how long to wait for it. Tokens are promised in the order in
    /// which they are asked for.
    fn take(&mut self, now: Duration) -> Duration {
        self.refill(now);
        let Some(rate) = self.rate else { return Duration::ZERO };
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens).max(0.0) / rate)
    }

    fn is_given_up(&self, now: Duration) -> bool {
        self.given_up.is_some_and(|at| now.saturating_sub(at) < REST)
    }

    fn exhausted(&self, now: Duration) -> Exhausted {
        Exhausted { throttled_for: self.throttled_since.map(|since| now.saturating_sub(since)).unwrap_or_default() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::clock::{Clock as _, ManualClock};
    use super::*;

    fn limiter() -> (RateLimiter, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (RateLimiter::new(clock.clone()), clock)
    }

    /// The time that this many calls wait, each answered as soon as it is made.
    async fn time_of(limiter: &RateLimiter, clock: &ManualClock, calls: usize) -> Duration {
        let began = clock.now();
        for _ in 0..calls {
            limiter.acquire().await.unwrap();
        }
        clock.now() - began
    }

    #[tokio::test]
    async fn nothing_waits_before_aws_throttles() {
        let (limiter, clock) = limiter();
        assert_eq!(time_of(&limiter, &clock, 10_000).await, Duration::ZERO);
        assert_eq!(limiter.rate(), None);
    }

    #[tokio::test]
    async fn the_rate_begins_below_what_aws_allowed_and_calls_are_spaced_by_it() {
        let (limiter, clock) = limiter();
        for _ in 0..10 {
            clock.advance(Duration::from_millis(100));
            limiter.answered();
        }
        limiter.throttled();
        let rate = limiter.rate().unwrap();
        assert!((6.0..7.0).contains(&rate), "{rate}");
        let time = time_of(&limiter, &clock, 66).await.as_secs_f64();
        assert!((66.0 / rate - time).abs() < 0.2, "{time} s at {rate} calls a second");
    }

    #[tokio::test]
    async fn many_throttled_answers_at_once_cut_the_rate_once_and_never_below_the_floor() {
        let (limiter, clock) = limiter();
        (0..15).for_each(|_| limiter.answered());
        (0..16).for_each(|_| limiter.throttled());
        let rate = limiter.rate().unwrap();
        assert!((9.0..=10.0).contains(&rate), "{rate}");
        for _ in 0..100 {
            clock.advance(CUT_EVERY);
            limiter.throttled();
        }
        assert_eq!(limiter.rate(), Some(FLOOR));
    }

    #[tokio::test]
    async fn answers_raise_the_rate_again() {
        let (limiter, clock) = limiter();
        limiter.throttled();
        assert_eq!(limiter.rate(), Some(AT_FIRST.0));
        for _ in 0..200 {
            limiter.acquire().await.unwrap();
            limiter.answered();
        }
        let (rate, seconds) = (limiter.rate().unwrap(), clock.now().as_secs_f64());
        assert!((rate - AT_FIRST.0 - seconds * GROWTH).abs() < 2.0, "{rate} after {seconds} s");
    }

    #[tokio::test]
    async fn a_repeated_request_makes_the_next_one_wait_longer() {
        let (limiter, clock) = limiter();
        limiter.throttled();
        (0..3).for_each(|_| limiter.charge());
        assert_eq!(clock.now(), Duration::ZERO, "the SDK has waited itself");
        assert_eq!(time_of(&limiter, &clock, 1).await, Duration::from_millis(800), "4 turns of 5 a second");
        (0..1000).for_each(|_| limiter.charge());
        assert_eq!(time_of(&limiter, &clock, 1).await, Duration::from_millis(1200), "at most a second's worth more");
    }

    #[tokio::test]
    async fn what_one_caller_gave_up_the_others_do_not_try_until_the_api_had_a_rest() {
        let (limiter, clock) = limiter();
        limiter.throttled();
        clock.advance(Duration::from_secs(29));
        limiter.throttled();
        assert_eq!(limiter.throttled_for(), Duration::from_secs(29));
        assert_eq!(limiter.give_up().throttled_for, Duration::from_secs(29));
        assert!(limiter.acquire().await.is_err());
        clock.advance(REST);
        assert!(limiter.acquire().await.is_ok());
        limiter.give_up();
        assert!(limiter.acquire().await.is_err());
        limiter.answered();
        assert_eq!(limiter.throttled_for(), Duration::ZERO);
        assert!(limiter.acquire().await.is_ok());
    }
}
