//! Policy as code: Rego policies, compiled once, evaluated over resources.
//!
//! A policy is one Rego file that defines `deny` and may define `unknown`, under a `# METADATA`
//! block with its metadata. Files in a folder named `lib` hold functions for the others.
//! `policies/README.md` is the contract with policy authors.

mod actions;
mod block;
mod check;
mod choices;
mod error;
mod evaluation;
mod fixture;
mod hidden;
mod input;
mod metadata;
mod names;
mod pack;
mod path;
mod program;
mod project;
mod protocol;
mod referrers;
mod resource;
mod runner;
mod secret_values;
mod server;
mod set;
mod source;
mod statements;
mod suppression;
mod testing;
mod uses;
mod waiver;

pub mod builtin;
pub mod engine;
pub mod tag_rules;
pub mod tag_values;

pub use actions::takes_no_resource;
pub use block::{Absent, CORE_PACK, MetadataBlock, text_of as metadata_text};
pub use error::PolicyError;
pub use evaluation::{BatchResults, Evaluation, EvaluationBatch};
pub use fixture::{Fixture, FixtureFailure, Fixtures};
pub use hidden::{HIDDEN_REASON, hidden_at, is_hidden_mark};
pub use input::ScanInput;
pub use metadata::PolicyMetadata;
pub use pack::Packs;
pub use project::{ProjectRules, ScanEnvironment};
pub use protocol::{Message, PolicyProcess, ProcessFailure, Request, Response, Step};
pub use resource::{Given, PlannedLoss, ScanResource};
pub use server::{Evaluate, PolicyServer};
pub use set::{CompileError, PolicySet, listed, policies_for_type};
pub use source::{Origin, PolicySource};
pub use suppression::suppress;
pub use waiver::{WaiverRule, Waivers};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
