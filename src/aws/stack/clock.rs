//! Time, as the layers know it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};

/// A clock that tests can replace. The SDK's own waits between its retries go by it too.
pub trait Clock: AsyncSleep + Debug + Send + Sync {
    /// Time since some fixed moment. It never goes back.
    fn now(&self) -> Duration;
    /// The time of day. It may go back.
    fn wall(&self) -> SystemTime;
}

/// A clock for all layers of a process.
pub type SharedClock = Arc<dyn Clock>;

/// The system's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// The system's clock, which counts from now on.
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

/// A clock that only tests move. Who waits by it moves it.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct ManualClock(std::sync::Mutex<Duration>);

#[cfg(test)]
impl ManualClock {
    /// Lets time pass.
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
        // 2026-11-20, and what has passed since.
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_132_800) + self.now()
    }
}
