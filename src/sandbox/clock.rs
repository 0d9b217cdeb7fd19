//! The sandbox's clock: the system's, or one that a test controls.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Number, Value};

/// Milliseconds since the Unix epoch.
pub(super) type Millis = i64;

/// The clock of a sandbox.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system.
    System,
    /// A clock that stands still until it is advanced.
    Manual(ManualClock),
    /// A file with the milliseconds since the Unix epoch, read for every call: for a sandbox in a separate
    /// process. Falls back to the system clock while the file cannot be read.
    File(PathBuf),
}

/// A clock that stands still until it is advanced. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Creates a clock at this time.
    pub fn new(start: jiff::Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 2), Ordering::SeqCst);
    }
}

impl Default for Clock {
    /// The system's clock. Debug builds use the file in `STAGEGATE_TEST_SANDBOX_CLOCK`, so that tests of
    /// `sandbox serve` need not wait; release builds ignore the variable.
    fn default() -> Self {
        #[cfg(debug_assertions)]
        if let Some(file) = std::env::var_os("STAGEGATE_TEST_SANDBOX_CLOCK") {
            return Self::File(file.into());
        }
        Self::System
    }
}

impl Clock {
    /// The current time.
    pub(super) fn now(&self) -> Millis {
        match self {
            Self::System => system(),
            Self::Manual(ManualClock(time)) => time.load(Ordering::SeqCst),
            Self::File(file) => in_file(file).unwrap_or_else(system),
        }
    }
}

fn system() -> Millis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.ok().and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok()).unwrap_or(0)
}

fn in_file(file: &Path) -> Option<Millis> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// A time as the JSON protocols write it: epoch seconds with a fraction.
#[allow(clippy::cast_precision_loss)]
pub(super) fn epoch_seconds(time: Millis) -> Value {
    Number::from_f64(time as f64 / 1000.0).map_or(Value::Null, Value::Number)
}

/// A time as services write it into properties, such as `2026-11-20T09:30:00.123Z`.
pub(super) fn rfc3339(time: Millis) -> String {
    jiff::Timestamp::from_millisecond(time)
        .map_or_else(|_| String::from("1970-01-01T00:00:00Z"), |timestamp| timestamp.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_advances_on_request() {
        let hand = ManualClock::new("2026-11-20T09:30:00Z".parse().unwrap());
        let clock = Clock::Manual(hand.clone());
        let start = clock.now();
        assert_eq!(rfc3339(start), "2026-11-20T09:30:00Z");
        hand.advance(Duration::from_millis(1_500));
        assert_eq!(clock.clone().now() - start, 1_500);
    }

    #[test]
    fn a_file_clock_returns_the_time_in_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let clock = Clock::File(file.path().to_owned());
        std::fs::write(file.path(), "1000\n").unwrap();
        assert_eq!(clock.now(), 1_000);
        std::fs::write(file.path(), "2000").unwrap();
        assert_eq!(clock.now(), 2_000);
    }
}
