//! stagegate promotes AWS resources from a dev account to a prod account, subject to cost and policy checks.
//!
//! # Architecture
//!
//! | module | purpose | may depend on |
//! |---|---|---|
//! | `main` | calls the library's `run` and returns its exit code | the library |
//! | `lib` | this page | `command` |
//! | [`cli`] | the command line: one `Args` struct per command; no I/O | `domain` |
//! | [`command`] | one short `run` function per command, which composes pipeline stages | `cli`, `codes`, `compare`, `domain`, `engines`, `estimate`, `files`, `iam`, `outcome`, `pipeline`, `policy`, `report`, `run`, `sandbox`, `schema`, `ui`, `workspace` |
//! | `run` | a run of one command: its command line, time, streams and activity | `aws`, `cli`, `domain`, `files`, `outcome`, `pipeline`, `report`, `schema`, `ui`, `workspace` |
//! | [`workspace`] | state with the lifetime of the process: project, sandbox, clients, caches | `aws`, `cli`, `domain`, `files`, `outcome`, `pipeline`, `sandbox`, `schema` |
//! | [`pipeline`] | the pipeline: load, plan, gate, approve, apply, record | `compare`, `domain`, `estimate`, `iam`, `policy`, `promotion`, `schema` |
//! | [`estimate`] | the monthly cost of a configuration | `domain`, `schema` |
//! | [`policy`] | policies as code, tag rules, and results of external scan engines | `domain`, `schema` |
//! | [`promotion`] | translation of a live configuration to another environment | `domain`, `schema` |
//! | [`iam`] | evaluation of IAM policy documents | `domain`, `schema` |
//! | [`compare`] | normalized forms, differences, patches, digests | `domain`, `schema` |
//! | [`domain`] | data types; synchronous and pure | `codes`, `schema` |
//! | [`schema`] | the type registry (the embedded types, overlaid by those that a run has described), with pointers, symbols and resource references | `codes` |
//! | [`codes`] | the catalog of codes: what each means and what to do | nothing |
//! | [`sandbox`] | an embedded AWS emulator that implements the AWS protocols; independent of the rules that it is used to test | `codes`, `domain::digest`, `domain::pointer`, `domain::resource`, `domain::symbol`, `domain::tags`, `estimate::rows`, `schema` |
//! | [`aws`] | the AWS clients; the only module that uses `aws_*` crates | `domain`, `pipeline::event`, `pipeline::ports`, `sandbox`, `schema` |
//! | [`engines`] | external scan engines, and the subprocess of a project's policies | `domain`, `pipeline::evaluate`, `policy` |
//! | [`files`] | the user's files: templates, configuration, policies, waivers | `domain`, `estimate`, `policy`, `schema`, `transform` |
//! | [`transform`] | the transforms that AWS evaluates on its servers; pure | `domain` |
//! | [`report`] | serializable output types and their schemas | `codes`, `compare::drift`, `domain`, `estimate`, `outcome`, `pipeline::gate`, `policy`, `schema` |
//! | [`ui`] | streams, human-readable output, progress, prompts | `cli`, `domain`, `estimate`, `outcome`, `pipeline::event`, `pipeline::gate`, `report`, `schema` |
//! | [`outcome`] | the outcomes of a run and their exit codes | `domain` |
//!
//! `tests/all/tidy.rs` contains the same table and enforces the last column, which the compiler cannot enforce within one
//! crate. `tests/all/module_cycles.rs` checks that there are no circular dependencies between these modules, or between the
//! files of `estimate`, `policy`, `promotion`, `iam` and `compare`.
//!
//! # Invariants
//!
//! - `domain` does no I/O and does not depend on a clock, a terminal or AWS types.
//! - A [`domain::account::VerifiedAccount`] can only be created from a response of STS, and every client that changes
//!   resources requires one. Read-only clients have no calls that change anything.
//! - `Planned → GatedPlan → ApprovedPlan → Applied → Recorded`: each type can only be created by the previous stage, so
//!   that nothing is sent that was not estimated, scanned and approved.
//! - Only `ui` writes to stdout and stderr; only [`outcome`] defines exit codes.
//! - Amounts of money are decimal, time is injected, order is deterministic.

pub mod aws;
pub mod cli;
pub mod codes;
pub mod command;
pub mod compare;
pub mod domain;
pub mod engines;
pub mod estimate;
pub mod files;
pub mod iam;
pub mod outcome;
pub mod pipeline;
pub mod policy;
pub mod promotion;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod schema;
pub mod transform;
pub mod ui;
pub mod workspace;

use std::ffi::OsString;

/// Runs one command line and returns the exit code of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    crate::command::main(arguments.into_iter().collect())
}
