//! Policy as code: Rego policies, compiled once, evaluated over resources.
//!
//! A policy is one Rego file that defines `deny` and may define `unknown`, under a `# METADATA`
//! block that says what it is about. Files in a folder named `lib` hold functions for the others.
//! `policies/README.md` is the contract with policy authors.

mod check;
mod choices;
mod error;
mod fixture;
mod hidden;
mod input;
mod metadata;
mod names;
mod project;
mod questions;
mod referrers;
mod runner;
mod secret_values;
mod statements;
mod suppression;
mod waiver;

pub mod builtin;
pub mod engine;

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;
use sha2::{Digest, Sha256};

pub use error::PolicyError;
pub use fixture::{Fixture, FixtureFailure, Fixtures};
pub use hidden::{HIDDEN_REASON, hidden_at, is_hidden_mark};
pub use input::{PlannedLoss, ScanEnvironment, ScanInput, ScanResource};
pub use metadata::{Absent, CORE_PACK, PolicyMetadata};
pub use names::misnamed;
pub use project::ProjectRules;
pub use questions::{Answers, Part, Questions};
pub use suppression::suppress;
pub use waiver::{WaiverRule, Waivers};

pub use crate::domain::finding::BUILTIN_ENGINE as ENGINE;

use crate::domain::finding::ScanReport;
use check::Check;
use runner::Runner;

/// Where a policy comes from. A project's policy replaces the built-in one of the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Shipped inside the program.
    Builtin,
    /// The user's own.
    Project,
}

/// The text of one policy or library file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySource {
    /// The file's path as the user named it; errors show it.
    pub path: String,
    /// Rego v1.
    pub text: String,
    /// Whose it is.
    pub origin: Origin,
    /// The policy as bytecode, where the build has made it; what has none is interpreted.
    pub program: Option<&'static [u8]>,
}

impl PolicySource {
    /// A file of the user's.
    pub fn project(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), origin: Origin::Project, program: None }
    }

    /// Library files hold functions and no check of their own.
    fn is_library(&self) -> bool {
        let mut folders = self.path.rsplit(['/', '\\']).skip(1);
        folders.any(|folder| folder == "lib")
    }
}

/// Which packs run beside [`CORE_PACK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packs {
    /// These and the core.
    Named(BTreeSet<String>),
    /// Every policy there is.
    All,
}

impl Packs {
    /// The core alone.
    pub fn core() -> Self {
        Packs::Named(BTreeSet::new())
    }

    /// Reads the `--packs` flag's list; `all` stands for every pack.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<String> = names.into_iter().map(|name| name.trim().to_owned()).collect();
        if names.contains("all") { Packs::All } else { Packs::Named(names) }
    }

    /// True when the policies of a pack run.
    pub fn holds(&self, pack: &str) -> bool {
        match self {
            Packs::All => true,
            Packs::Named(names) => pack == CORE_PACK || names.contains(pack),
        }
    }
}

/// Policies ready to run.
pub struct PolicySet {
    /// Holds what the build has not compiled: a project's own policies, which are all looked at
    /// at once, because what is wrong with one of them must be said whatever is scanned.
    interpreter: Option<Engine>,
    /// Sorted by id.
    checks: Vec<Check>,
    /// Functions for the checks, sorted by text.
    libraries: Vec<PolicySource>,
    packs: Packs,
}

impl PolicySet {
    /// Takes every source. The first thing wrong with any of them is the error: a scan with half of
    /// its policies would be taken for a scan. Only [`CORE_PACK`] is active at first.
    pub fn compile(sources: Vec<PolicySource>) -> Result<Self, PolicyError> {
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
        let mut set = Self { interpreter: None, checks, libraries, packs: Packs::core() };
        if set.checks.iter().any(|check| check.program().is_none()) {
            set.interpreter = Some(runner::interpreter(&set.libraries, set.interpreted())?);
        }
        let mut runner = set.runner();
        for check in own.into_iter().filter_map(|position| set.checks.get(position)) {
            check.prove(&mut runner)?;
        }
        drop(runner);
        Ok(set)
    }

    /// The checks that an interpreter must hold: those without bytecode, and all others as soon as one
    /// of them, or a library of the project's, asks what another policy says.
    fn interpreted(&self) -> impl Iterator<Item = &Check> {
        let libraries = self.libraries.iter().filter(|library| library.origin == Origin::Project);
        let own = self.checks.iter().filter(|check| check.program().is_none());
        let mut texts = libraries.map(|library| library.text.as_str()).chain(own.map(Check::text));
        let needs_all = texts.any(|text| names_a_policy(text, &self.libraries));
        self.checks.iter().filter(move |check| needs_all || check.program().is_none())
    }

    /// What runs the checks. Each thread makes its own.
    fn runner(&self) -> Runner<'_> {
        Runner::new(self.interpreter.clone())
    }

    /// Chooses the packs that run.
    pub fn with_packs(mut self, packs: Packs) -> Self {
        self.packs = packs;
        self
    }

    /// All policies, active or not, sorted by id.
    pub fn list(&self) -> impl Iterator<Item = &PolicyMetadata> {
        self.checks.iter().map(Check::metadata)
    }

    /// The policy of an id, active or not.
    pub fn find(&self, id: &str) -> Option<&PolicyMetadata> {
        self.list().find(|metadata| metadata.id == id)
    }

    /// True when the policy runs with the chosen packs.
    pub fn is_active(&self, metadata: &PolicyMetadata) -> bool {
        self.packs.holds(&metadata.pack)
    }

    /// SHA-256, in lower-case hex, over the text of what runs. Paths are left out, so that the
    /// same policies give the same digest on every machine.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let texts = self.active().map(Check::text);
        for text in self.libraries.iter().map(|library| library.text.as_str()).chain(texts) {
            hasher.update(text.len().to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Runs every active policy on every resource of a type that it applies to.
    pub fn evaluate(&self, input: &ScanInput) -> ScanReport {
        let questions = self.questions(input);
        let answers: Vec<Answers> = questions.parts(1, 1).iter().map(Part::answer).collect();
        questions.report(answers)
    }

    /// The same, for a caller that wants to share the work between threads.
    pub fn questions<'a>(&'a self, input: &'a ScanInput) -> Questions<'a> {
        Questions::new(self, input)
    }

    /// The types of the other resources that the active policies look at when they judge resources
    /// of the given types, each with those types: without them such a policy would find missing what nobody has read.
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

    fn active(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| self.is_active(check.metadata()))
    }

    fn check(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.metadata().id == id)
    }
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.list().map(|metadata| &metadata.id)).finish()
    }
}

/// The metadata of the policies that look at a type, sorted by id. Nothing is compiled.
///
/// # Errors
/// A policy whose metadata cannot be read, or two with one id.
pub fn about(sources: Vec<PolicySource>, type_name: &str) -> Result<Vec<PolicyMetadata>, PolicyError> {
    // Reading every block takes longer than all else together; a project's own are all read,
    // because one of them may replace a built-in policy.
    let worth_reading =
        |source: &PolicySource| source.origin == Origin::Project || metadata::may_name(&source.text, type_name);
    let policies = sources.into_iter().filter(|source| !source.is_library()).filter(worth_reading).collect();
    let chosen = choose(policies)?.into_values().map(|(_, metadata)| metadata);
    Ok(chosen.filter(|metadata| metadata.types.iter().any(|name| name == "*" || name == type_name)).collect())
}

/// True when a text refers to something below `data` that is in no library, and so may be another
/// policy's. It is also said of some texts that do not: that costs time and changes nothing.
fn names_a_policy(text: &str, libraries: &[PolicySource]) -> bool {
    let libraries: BTreeSet<&str> = libraries.iter().filter_map(|library| package(&library.text)).collect();
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_other = |code: &str| {
        code.match_indices("data").any(|(at, word)| {
            let (before, after) = (&code[..at], &code[at + word.len()..]);
            let is_root = !before.ends_with(|c| in_word(c) || c == '.') && !after.starts_with(in_word);
            let is_in_library = libraries.iter().any(|library| {
                let rest = after.strip_prefix('.').and_then(|path| path.strip_prefix(library));
                rest.is_some_and(|rest| !rest.starts_with(in_word))
            });
            is_root && !is_in_library
        })
    };
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| match line.contains('`') {
        // Raw strings may hold quotes of their own.
        true => is_other(line),
        // What is said in quotes names nothing.
        false => line.replace(r#"\""#, "").split('"').step_by(2).any(is_other),
    })
}

/// The package that a source says it is, without `data`.
fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("package "))?.split_whitespace().next()
}

/// One policy per id, by id: the project's where there are two.
fn choose(sources: Vec<PolicySource>) -> Result<BTreeMap<String, (PolicySource, PolicyMetadata)>, PolicyError> {
    let mut chosen: BTreeMap<String, (PolicySource, PolicyMetadata)> = BTreeMap::new();
    for source in sources {
        let metadata = metadata::parse(&source.path, &source.text)?;
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
        format!("the {what} `{name}` is taken by {}", other.path),
        "give one of the two policies another name, or remove it",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
