//! IAM policies: parsing and evaluation.
//!
//! A pure evaluator of identity policies, resource policies and permissions boundaries that follows the
//! rules that AWS documents ("Policy evaluation logic", "IAM JSON policy elements"). It uses only
//! its input; context keys that a policy uses and the request lacks are reported, not guessed.

mod condition;
mod context;
mod document;
mod evaluate;
mod pattern;

pub use context::Context;
pub use document::{DocumentError, Effect, Policy, Statement};
pub use evaluate::{AttachedPolicies, Decision, Evaluation, Matched, Request, evaluate};
pub use pattern::{arn_like, like};

#[cfg(test)]
mod tests;
