//! stagegate takes AWS resources from a dev account to a prod account through gates.
//!
//! # The map
//!
//! | room | what it is | may name |
//! |---|---|---|
//! | `main` | calls the library's `run`, returns its exit code | the library |
//! | `lib` | this page | `command` |
//! | [`cli`] | one `Args` struct per command; text in, request out; no I/O | `domain` |
//! | [`command`] | one short `run` per command, composing pipeline steps | `cli`, `codes`, `compare`, `domain`, `engines`, `estimate`, `files`, `outcome`, `pipeline`, `policy`, `report`, `run`, `sandbox`, `schema`, `ui`, `workspace` |
//! | `run` | one run: its command line, time, streams, and what it did | `aws`, `cli`, `domain`, `files`, `outcome`, `pipeline`, `report`, `schema`, `ui`, `workspace` |
//! | [`workspace`] | as long as the process: project, embedded cloud, clients, caches | `aws`, `cli`, `domain`, `files`, `outcome`, `pipeline`, `sandbox`, `schema` |
//! | [`pipeline`] | the road: load, plan, gate, approve, apply, record | `compare`, `domain`, `estimate`, `iam`, `policy`, `promotion`, `schema` |
//! | [`estimate`] | what a configuration costs a month | `domain`, `schema` |
//! | [`policy`] | policies as code, tag rules, and what other scan engines report | `domain`, `schema` |
//! | [`promotion`] | how a live configuration becomes another environment's | `domain`, `schema` |
//! | [`iam`] | policy documents and what they allow | `domain`, `schema` |
//! | [`compare`] | normalized forms, differences, patches, digests | `domain`, `schema` |
//! | [`domain`] | nouns; synchronous and pure | `codes`, `schema` |
//! | [`schema`] | the type registry, embedded, and what it speaks in: pointers, symbols, resource references | `codes` |
//! | [`codes`] | the catalogue of codes: what each means and what to do | nothing |
//! | [`sandbox`] | the embedded cloud; speaks AWS's wire protocols; knows no rule that the product is judged by | `codes`, `domain::digest`, `domain::pointer`, `domain::resource`, `domain::symbol`, `domain::tags`, `estimate::rows`, `schema` |
//! | [`aws`] | the only room that names an `aws_*` crate | `domain`, `pipeline::event`, `pipeline::ports`, `sandbox`, `schema` |
//! | [`engines`] | scan engines that are programs of their own | `domain`, `pipeline::evaluate`, `policy::engine` |
//! | [`files`] | the user's files: templates, configuration, policies, waivers | `domain`, `estimate`, `policy`, `schema` |
//! | [`report`] | serializable layouts and their schemas | `codes`, `compare::drift`, `domain`, `estimate`, `outcome`, `pipeline::gate`, `policy`, `schema` |
//! | [`ui`] | streams, human views, progress, prompts | `cli`, `domain`, `estimate`, `outcome`, `pipeline::event`, `pipeline::gate`, `report`, `schema` |
//! | [`outcome`] | what happened and its exit code; the only such table | `domain` |
//!
//! `tests/all/tidy.rs` holds the table and enforces the last column: one crate has no compiler wall, so the
//! test is the wall. `tests/all/circles.rs` holds that rooms have no circle, nor have the files of the five rule
//! rooms, `estimate`, `policy`, `promotion`, `iam` and `compare`.
//!
//! # Invariants
//!
//! - `domain` does no I/O and knows no clock, terminal or AWS type.
//! - A [`domain::account::VerifiedAccount`] comes from an answer of STS alone, and every writing
//!   client is built from one. A reading client has no call that changes anything.
//! - `Planned → GatedPlan → ApprovedPlan → Applied → Recorded`: each is made by the step before it
//!   alone, so nothing is sent that was not priced, scanned and approved.
//! - Only `ui` writes to stdout and stderr; only [`outcome`] knows exit codes.
//! - Money is decimal, time is injected, order is deterministic.

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
pub mod ui;
pub mod workspace;

use std::ffi::OsString;

/// Runs one command line and returns the process's exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    crate::command::main(arguments.into_iter().collect())
}
