//! The sandbox's clock. The sandbox plays the outside world, so it reads the system's time; it does
//! so here only.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Number, Value};

/// Milliseconds since the Unix epoch.
pub(super) type Millis = i64;

/// The present time.
pub(super) fn now() -> Millis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.ok().and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok()).unwrap_or(0)
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
