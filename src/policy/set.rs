//! A compiled set of policies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regorus::Engine;
use sha2::{Digest, Sha256};

use super::check::Check;
use super::error::PolicyError;
use super::metadata::PolicyMetadata;
use super::pack::Packs;
use super::protocol::{Message, OwnSource, PolicyProcess, ProcessFailure, Request, Response, Step};
use super::resource::ScanResource;
use super::runner::{self, Runner};
use super::source::{Origin, PolicySource, names_a_policy};
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::digest::hex;
use crate::domain::finding::EngineFailure;

/// Is told what a policy process is about to do.
pub type Observer = dyn Fn(Message) + Send + Sync;

/// Why policies cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum CompileError {
    /// A policy is invalid.
    Invalid(PolicyError),
    /// The process of the project's policies exceeded a limit or crashed.
    Failed(Box<EngineFailure>),
}

impl CompileError {
    /// Converts the error to a diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Invalid(error) => error.diagnostic(),
            Self::Failed(failure) => Diagnostic::error(Code::ScanEngineFailed, failure.message.clone())
                .hint("an incomplete scan does not pass; fix the policy and run the command again")
                .at(failure.location.clone()),
        }
    }
}

/// A compiled set of policies.
pub struct PolicySet {
    /// The policies without bytecode: a project's own policies, which are all compiled
    /// at once, because an error in one of them must be reported regardless of the scanned resources.
    pub(super) interpreter: Option<Engine>,
    /// Sorted by id.
    pub(super) checks: Vec<Check>,
    /// Libraries, sorted by text.
    pub(super) libraries: Vec<PolicySource>,
    packs: Packs,
    /// The process that runs the policies without bytecode; `None` if they run in this one.
    process: Option<Arc<dyn PolicyProcess>>,
    observer: Option<Arc<Observer>>,
}

impl PolicySet {
    /// Compiles every source in this process, without limits: a project's own policies belong into another one, see
    /// [`PolicySet::isolated`]. The first error in any of them is returned: a scan with only some of
    /// its policies would be misleading. Only [`super::CORE_PACK`] is active at first.
    ///
    /// # Errors
    /// A policy is invalid.
    pub fn compile(sources: Vec<PolicySource>) -> Result<Self, PolicyError> {
        Self::compiled(sources, None)
    }

    /// The same, with an observer that is told what is compiled and run.
    pub(super) fn compile_observed(sources: Vec<PolicySource>, observer: &Arc<Observer>) -> Result<Self, PolicyError> {
        Self::compiled(sources, Some(Arc::clone(observer)))
    }

    /// The built-in policies, which run in this process, and those of a project, which run in another one.
    ///
    /// # Errors
    /// A policy is invalid, or the process exceeded a limit or crashed.
    pub fn isolated(own: &[PolicySource], process: Arc<dyn PolicyProcess>) -> Result<Self, CompileError> {
        let sources = super::builtin::sources().into_iter().chain(own.iter().cloned()).collect();
        let (mut set, has_own) = Self::chosen(sources).map_err(CompileError::Invalid)?;
        if has_own.is_empty() {
            return Ok(set);
        }
        let request = Request::Compile { sources: own.iter().map(OwnSource::from).collect() };
        let response = process.request(&request);
        set.process = Some(process);
        match response {
            Ok(Response::Compiled) => Ok(set),
            Ok(Response::Invalid(error)) => Err(CompileError::Invalid(error)),
            Ok(other) => Err(CompileError::Failed(Box::new(set.unexpected(&other)))),
            Err(ended) => Err(CompileError::Failed(Box::new(set.process_failure(ended, &[])))),
        }
    }

    fn compiled(sources: Vec<PolicySource>, observer: Option<Arc<Observer>>) -> Result<Self, PolicyError> {
        let (mut set, own) = Self::chosen(sources)?;
        set.observer = observer;
        if set.checks.iter().any(|check| check.program().bytecode.is_none()) {
            let announce = |path: &str| set.announce_file(path);
            let interpreter = runner::interpreter(&set.libraries, set.interpreted().map(Check::program), &announce)?;
            set.interpreter = Some(interpreter);
        }
        let mut runner = set.runner();
        for check in own.into_iter().filter_map(|position| set.checks.get(position)) {
            set.announce(0, check, None);
            check.smoke_test(&mut runner)?;
        }
        drop(runner);
        set.announce_idle(0);
        Ok(set)
    }

    /// A set whose policies are chosen and not compiled, and the positions of the project's own.
    fn chosen(sources: Vec<PolicySource>) -> Result<(Self, Vec<usize>), PolicyError> {
        let (mut libraries, policies): (Vec<_>, Vec<_>) = sources.into_iter().partition(PolicySource::is_library);
        libraries.sort_by(|a, b| a.text.cmp(&b.text));
        let mut checks: Vec<Check> = Vec::new();
        let mut own = Vec::new();
        let mut packages: BTreeMap<String, usize> = BTreeMap::new();
        for (source, metadata) in choose(policies)?.into_values() {
            if source.origin == Origin::Project {
                own.push(checks.len());
            }
            let check = Check::new(source, metadata);
            if let Some(other) = packages.insert(check.package().to_owned(), checks.len()).and_then(|at| checks.get(at))
            {
                return Err(twice("package", check.package(), check.metadata(), other.metadata()));
            }
            checks.push(check);
        }
        let (packs, process, observer) = (Packs::core(), None, None);
        Ok((Self { interpreter: None, checks, libraries, packs, process, observer }, own))
    }

    /// The process of the project's policies.
    pub(super) fn process(&self) -> Option<&dyn PolicyProcess> {
        self.process.as_deref()
    }

    /// The process that runs a policy; `None` if it runs in this one.
    pub(super) fn process_of(&self, check: &Check) -> Option<&dyn PolicyProcess> {
        self.process().filter(|_| check.program().bytecode.is_none())
    }

    /// Tells the observer that a thread is about to run a policy on a resource.
    pub(super) fn announce(&self, thread: usize, check: &Check, resource: Option<usize>) {
        if let Some(observer) = self.observer.as_ref().filter(|_| check.program().bytecode.is_none()) {
            let program = check.program();
            let policy = Some(program.id.clone());
            observer(Message::Started(Step { thread, path: program.path.clone(), policy, resource }));
        }
    }

    /// Tells the observer that a file is about to be compiled.
    fn announce_file(&self, path: &str) {
        if let Some(observer) = &self.observer {
            observer(Message::Started(Step { thread: 0, path: path.to_owned(), policy: None, resource: None }));
        }
    }

    /// Tells the observer that a thread has no more work.
    pub(super) fn announce_idle(&self, thread: usize) {
        if let Some(observer) = &self.observer {
            observer(Message::Idle { thread });
        }
    }

    /// The failure of a process that ended. The resources are those that it was sent.
    pub(super) fn process_failure(&self, ended: ProcessFailure, resources: &[ScanResource]) -> EngineFailure {
        let ProcessFailure { subject, what, running } = ended;
        let resource_of = |step: &Step| Some(resources.get(step.resource?)?.resource.clone());
        let named = |step: &Step| match (&step.policy, resource_of(step)) {
            (Some(policy), Some(resource)) => format!("`{policy}` for {}", resource.name()),
            (Some(policy), None) => format!("`{policy}`"),
            (None, _) => step.path.clone(),
        };
        match running.as_slice() {
            [] => EngineFailure { check: None, resource: None, message: format!("{subject} {what}"), location: None },
            [step] => {
                let doing = if step.policy.is_some() { "running" } else { "compiling" };
                EngineFailure {
                    check: step.policy.clone(),
                    resource: resource_of(step),
                    message: format!("{subject} {what} while {doing} {}", named(step)),
                    location: Some(Location { file: step.path.clone(), line: 1, column: 1 }),
                }
            }
            several => {
                let list: Vec<String> = several.iter().map(named).collect();
                let message = format!("{subject} {what} while running {}: one of them is the cause", list.join(", "));
                EngineFailure { check: None, resource: None, message, location: None }
            }
        }
    }

    /// The failure for a response that does not belong to its request.
    pub(super) fn unexpected(&self, response: &Response) -> EngineFailure {
        let what = match response {
            Response::Refused(why) => format!("the process of the project's policies refused a request: {why}"),
            _ => "the process of the project's policies sent an unexpected response".to_owned(),
        };
        EngineFailure { check: None, resource: None, message: what, location: None }
    }

    /// The checks that the interpreter must load: those without bytecode, and all others if one
    /// of them, or a library of the project, refers to another policy.
    pub(super) fn interpreted(&self) -> impl Iterator<Item = &Check> {
        let libraries = self.libraries.iter().filter(|library| library.origin == Origin::Project);
        let own = self.checks.iter().filter(|check| check.program().bytecode.is_none());
        let mut texts = libraries.map(|library| library.text.as_str()).chain(own.map(Check::text));
        let needs_all = texts.any(|text| names_a_policy(text, &self.libraries));
        self.checks.iter().filter(move |check| needs_all || check.program().bytecode.is_none())
    }

    /// Creates a runner. Each thread needs its own.
    pub(super) fn runner(&self) -> Runner<'_> {
        Runner::new(self.interpreter.clone())
    }

    /// Selects the packs that run.
    pub fn with_packs(mut self, packs: Packs) -> Self {
        self.packs = packs;
        self
    }

    /// All policies, active or not, sorted by id.
    pub fn list(&self) -> impl Iterator<Item = &PolicyMetadata> + Clone {
        self.checks.iter().map(Check::metadata)
    }

    /// The policy with an id, active or not.
    pub fn find(&self, id: &str) -> Option<&PolicyMetadata> {
        self.list().find(|metadata| metadata.id == id)
    }

    /// True when the policy is in the selected packs.
    pub fn is_active(&self, metadata: &PolicyMetadata) -> bool {
        self.packs.holds(&metadata.pack)
    }

    /// SHA-256, in lower-case hex, over the text of the active policies and libraries. Paths are excluded, so that the
    /// same policies give the same digest on every machine.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let texts = self.active().map(Check::text);
        for text in self.libraries.iter().map(|library| library.text.as_str()).chain(texts) {
            hasher.update(text.len().to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hex(&hasher.finalize())
    }

    /// The types of the other resources that the active policies read when they evaluate resources
    /// of the given types, each with those types: without them such a policy would report unread resources as missing.
    pub fn sibling_types(&self, types: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for check in self.active() {
            let names = &check.metadata().types;
            let judged = types.iter().filter(|name| names.iter().any(|one| one == "*" || one == *name));
            let judged: BTreeSet<String> = judged.cloned().collect();
            if !judged.is_empty() {
                for sibling in check.siblings(&self.libraries) {
                    found.entry(sibling.clone()).or_default().extend(judged.iter().cloned());
                }
            }
        }
        found
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| self.is_active(check.metadata()))
    }

    pub(super) fn check(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.metadata().id == id)
    }
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.list().map(|metadata| &metadata.id)).finish()
    }
}

/// The metadata of the policies, sorted by id. Nothing is compiled.
///
/// # Errors
/// Two policies have the same id.
pub fn listed(sources: Vec<PolicySource>) -> Result<Vec<PolicyMetadata>, PolicyError> {
    Ok(choose(sources)?.into_values().map(|(_, metadata)| metadata).collect())
}

/// The metadata of the policies for a type, sorted by id. Nothing is compiled.
///
/// # Errors
/// Two policies have the same id.
pub fn policies_for_type(sources: Vec<PolicySource>, type_name: &str) -> Result<Vec<PolicyMetadata>, PolicyError> {
    Ok(listed(sources)?
        .into_iter()
        .filter(|metadata| metadata.types.iter().any(|name| name == "*" || name == type_name))
        .collect())
}

/// One policy per id: the project's own takes precedence. Libraries are skipped.
fn choose(sources: Vec<PolicySource>) -> Result<BTreeMap<String, (PolicySource, PolicyMetadata)>, PolicyError> {
    let mut chosen: BTreeMap<String, (PolicySource, PolicyMetadata)> = BTreeMap::new();
    for mut source in sources {
        let Some(metadata) = source.metadata.take() else { continue };
        match chosen.get(&metadata.id) {
            Some((other, taken)) if other.origin == source.origin => {
                return Err(twice("id", &metadata.id, &metadata, taken));
            }
            Some((other, _)) if other.origin > source.origin => {}
            _ => {
                chosen.insert(metadata.id.clone(), (source, metadata));
            }
        }
    }
    Ok(chosen)
}

fn twice(what: &str, name: &str, policy: &PolicyMetadata, other: &PolicyMetadata) -> PolicyError {
    PolicyError::new(
        &policy.path,
        1,
        format!("the {what} `{name}` is already used by {}", other.path),
        "rename or remove one of the two policies",
    )
}
