//! The messages between stagegate and the subprocess in which a project's own policies run. Such a policy can use any
//! amount of memory and time: `numbers.range(1, 1000000000)` ends the process that runs it. `engines` starts the
//! subprocess and limits it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::PolicyError;
use super::fixture::{FixtureFailure, Fixtures};
use super::input::ScanInput;
use super::metadata::PolicyMetadata;
use super::source::{Origin, PolicySource};
use crate::domain::diagnostic::Location;
use crate::domain::finding::Severity;

/// Runs a project's own policies outside this process. Implemented in `engines`.
pub trait PolicyProcess: Send + Sync {
    /// Sends a request and waits for the response. The first request is [`Request::Compile`].
    ///
    /// # Errors
    /// The process cannot be started, exceeded a limit, or crashed; then, each further request fails in the same way.
    fn request(&self, request: &Request<'_>) -> Result<Response, ProcessFailure>;
}

/// Why the process ended, and what it was doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessFailure {
    /// The policies, such as `the policies of checks/`.
    pub subject: String,
    /// What happened to them, such as `exceeded the memory limit of 512 MB`.
    pub what: String,
    /// The policies that it was running, one for each thread. The cause is one of them.
    pub running: Vec<Step>,
}

/// A request to the process.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request<'a> {
    /// Compile these policies and libraries, beside the built-in ones.
    Compile {
        /// The project's policies and libraries.
        sources: Vec<OwnSource>,
    },
    /// Run policies on resources.
    Evaluate {
        /// The ids of the policies to run.
        policies: BTreeSet<String>,
        /// The resources.
        input: Cow<'a, ScanInput>,
    },
    /// Run a policy on its fixtures.
    Test {
        /// The id of the policy.
        policy: String,
        /// The path of the fixture file.
        path: String,
        /// Its content.
        fixtures: Fixtures,
    },
    /// Find types and properties that do not exist.
    UnknownNames {
        /// The policies to check.
        sources: Vec<OwnSource>,
    },
}

impl Request<'_> {
    /// The number of runs of a policy that the request needs at most, which determines its time limit.
    pub fn runs(&self) -> usize {
        match self {
            Self::Compile { sources } | Self::UnknownNames { sources } => sources.len(),
            Self::Evaluate { policies, input } => policies.len() * input.resources.len(),
            Self::Test { fixtures, .. } => fixtures.count(),
        }
    }
}

/// The response to a request.
#[derive(Debug, Serialize, Deserialize)]
pub enum Response {
    /// The policies compile.
    Compiled,
    /// A policy is invalid.
    Invalid(PolicyError),
    /// The results of [`Request::Evaluate`] that are not empty.
    Evaluated(Vec<OwnResult>),
    /// The cases of [`Request::Test`] that failed.
    Tested(Vec<FixtureFailure>),
    /// The unknown names.
    UnknownNames(Vec<PolicyError>),
    /// The request cannot be answered.
    Refused(String),
}

/// One line of the process's output.
#[derive(Debug, Serialize, Deserialize)]
pub enum Message {
    /// A thread begins a step.
    Started(Step),
    /// A thread has no more work.
    Idle {
        /// The number of the thread.
        thread: usize,
    },
    /// The response to the request.
    Response(Response),
}

/// What a thread is doing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// The number of the thread.
    pub thread: usize,
    /// The path of the policy or library.
    pub path: String,
    /// The id of the policy that runs; `None` while a file is compiled.
    pub policy: Option<String>,
    /// The position of the resource in the input; `None` for the empty resource that a policy is tried with.
    pub resource: Option<usize>,
}

/// A policy or library of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSource {
    path: String,
    text: String,
    metadata: Option<PolicyMetadata>,
}

impl From<&PolicySource> for OwnSource {
    fn from(source: &PolicySource) -> Self {
        Self { path: source.path.clone(), text: source.text.clone(), metadata: source.metadata.clone() }
    }
}

impl From<OwnSource> for PolicySource {
    fn from(OwnSource { path, text, metadata }: OwnSource) -> Self {
        Self { path, text, metadata, origin: Origin::Project, program: None }
    }
}

/// The result of one policy for one resource. The metadata of the policy and the location in the user's file are added by
/// the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnResult {
    /// The id of the policy.
    pub policy: String,
    /// The position of the resource in the input.
    pub resource: usize,
    /// Its findings.
    pub findings: Vec<OwnFinding>,
    /// Undecided checks: pointer and reason.
    pub unknown: Vec<(Option<String>, String)>,
    /// Message and location, if the policy failed.
    pub failure: Option<(String, Option<Location>)>,
}

/// A finding of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFinding {
    /// The severity.
    pub severity: Severity,
    /// JSON pointer into the resource's properties.
    pub pointer: Option<String>,
    /// Further pointers with the same cause.
    pub other_pointers: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// Ids of equivalent checks elsewhere, by catalog.
    pub equivalents: BTreeMap<String, Vec<String>>,
}
