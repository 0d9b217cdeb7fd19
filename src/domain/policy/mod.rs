//! Policy as code: Rego policies, compiled once, evaluated over resources.
//!
//! A policy is one Rego file that defines `deny` and may define `unknown`, under a `# METADATA`
//! block that says what it is about. Files in a folder named `lib` hold functions for the others.
//! `policies/README.md` is the contract with policy authors.

mod check;
mod error;
mod fixture;
mod hidden;
mod input;
mod metadata;
mod names;
mod project;
mod questions;
mod referrers;
mod statements;
mod suppression;
mod waiver;

pub mod builtin;

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

use super::finding::ScanReport;
use check::Check;

/// The name under which this engine reports.
pub const ENGINE: &str = "builtin";

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
}

impl PolicySource {
    /// A file of the user's.
    pub fn project(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), origin: Origin::Project }
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
    /// Holds everything, where a project has policies of its own: what is wrong with them must be
    /// said at once. The built-in ones are known to be right, so each scan compiles those that it needs.
    engine: Option<Engine>,
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
        let has_own = sources.iter().any(|source| source.origin == Origin::Project);
        let (mut libraries, policies): (Vec<_>, Vec<_>) = sources.into_iter().partition(PolicySource::is_library);
        libraries.sort_by(|a, b| a.text.cmp(&b.text));
        let mut checks: Vec<Check> = Vec::new();
        let mut own = Vec::new();
        let mut packages: BTreeMap<String, usize> = BTreeMap::new();
        for (source, metadata) in choose(policies)?.into_values() {
            if source.origin == Origin::Project {
                own.push(checks.len());
            }
            let check = Check::new(source, metadata, &libraries);
            if let Some(other) = packages.insert(check.package().to_owned(), checks.len()).and_then(|at| checks.get(at))
            {
                return Err(twice("package", check.package(), check.metadata(), other.metadata()));
            }
            checks.push(check);
        }
        let engine = if has_own { Some(check::assemble(&libraries, &checks)?) } else { None };
        if let Some(engine) = &engine {
            for check in own.into_iter().filter_map(|position| checks.get(position)) {
                check.prove(engine)?;
            }
        }
        Ok(Self { engine, checks, libraries, packs: Packs::core() })
    }

    /// An engine that holds at least these checks.
    fn engine_for<'c>(&self, checks: impl IntoIterator<Item = &'c Check>) -> Result<Engine, PolicyError> {
        match &self.engine {
            Some(engine) => Ok(engine.clone()),
            None => check::assemble(&self.libraries, checks),
        }
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
                for sibling in check.siblings() {
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
