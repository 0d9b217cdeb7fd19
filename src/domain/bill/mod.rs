//! Monthly bills of environments, and what follows from them: totals, forecasts, changes, alerts, and how good the estimates were.

pub mod accuracy;
pub mod alarm;
pub mod charge;
pub mod month;
pub mod review;
pub mod services;

pub use accuracy::{AccuracyRow, TARGET_PERCENT, TaggedEstimate, accuracy};
pub use alarm::BillingAlarm;
pub use charge::{Charge, ChargeKind, Grouping};
pub use month::Month;
pub use review::{Alert, Amounts, Bill, BillLine, BillSource, Mover, Review, RunRate};
