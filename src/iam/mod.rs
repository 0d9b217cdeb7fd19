//! IAM policies: reading them and deciding what they allow.
//!
//! A pure evaluator of identity policies, resource policies and permissions boundaries after the
//! rules that AWS documents ("Policy evaluation logic", "IAM JSON policy elements"). It decides from
//! what it is given; what a policy asks about that the request does not say is listed, not guessed.

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
