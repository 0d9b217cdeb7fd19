//! The clock of the layers.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};

/// A clock that tests can replace. The SDK uses it for the delays between retries as well.
pub trait Clock: AsyncSleep + Debug + Send + Sync {
    /// Returns the monotonic time since a fixed start.
    fn now(&self) -> Duration;
    /// Returns the wall-clock time, which may go back.
    fn wall(&self) -> SystemTime;
}

/// A clock for all layers of a process.
pub type SharedClock = Arc<dyn Clock>;

/// The system clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// Creates a system clock whose monotonic time starts now.
    pub fn shared() -> SharedClock {
        Arc::new(Self(Instant::now()))
    }
}

impl AsyncSleep for SystemClock {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(time))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that only tests advance. Sleeping advances it as well.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct ManualClock(std::sync::Mutex<Duration>);

#[cfg(test)]
impl ManualClock {
    /// Advances the clock.
    pub(crate) fn advance(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += time;
    }
}

#[cfg(test)]
impl AsyncSleep for ManualClock {
    fn sleep(&self, time: Duration) -> Sleep {
        self.advance(time);
        Sleep::new(std::future::ready(()))
    }
}

#[cfg(test)]
impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wall(&self) -> SystemTime {
        // 2026-11-20, plus the elapsed time.
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_132_800) + self.now()
    }
}
