//! IAM policies: parsing and evaluation.
//!
//! A pure evaluator of identity policies, resource policies and permissions boundaries that follows the
//! rules that AWS documents ("Policy evaluation logic", "IAM JSON policy elements"). It uses only
//! its input; context keys that a policy uses and the request lacks are reported, not guessed.
//!
//! [`lint`] checks documents, [`need`] says on which resources actions are needed, and [`grant`] makes documents that grant them; [`plan`] says what the
//! changes of a plan need.

mod condition;
mod context;
mod document;
mod evaluate;
pub mod grant;
pub mod lint;
pub mod need;
mod pattern;
pub mod plan;

pub use context::Context;
pub use document::{DocumentError, Effect, Policy, Statement};
pub use evaluate::{AttachedPolicies, Decision, Evaluation, Matched, Request, evaluate};
pub use pattern::{arn_like, like};

#[cfg(test)]
mod tests;
