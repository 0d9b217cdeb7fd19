//! A compiled set of policies.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;
use sha2::{Digest, Sha256};

use super::check::Check;
use super::error::PolicyError;
use super::metadata::PolicyMetadata;
use super::pack::Packs;
use super::runner::{self, Runner};
use super::source::{Origin, PolicySource, names_a_policy};
use crate::domain::digest::hex;

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
}

impl PolicySet {
    /// Compiles every source. The first error in any of them is returned: a scan with only some of
    /// its policies would be misleading. Only [`super::CORE_PACK`] is active at first.
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
        if set.checks.iter().any(|check| check.program().bytecode.is_none()) {
            set.interpreter = Some(runner::interpreter(&set.libraries, set.interpreted().map(Check::program))?);
        }
        let mut runner = set.runner();
        for check in own.into_iter().filter_map(|position| set.checks.get(position)) {
            check.smoke_test(&mut runner)?;
        }
        drop(runner);
        Ok(set)
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
    pub fn list(&self) -> impl Iterator<Item = &PolicyMetadata> {
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

/// The metadata of the policies for a type, sorted by id. Nothing is compiled.
///
/// # Errors
/// Two policies have the same id.
pub fn policies_for_type(sources: Vec<PolicySource>, type_name: &str) -> Result<Vec<PolicyMetadata>, PolicyError> {
    let chosen = choose(sources)?.into_values().map(|(_, metadata)| metadata);
    Ok(chosen.filter(|metadata| metadata.types.iter().any(|name| name == "*" || name == type_name)).collect())
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
