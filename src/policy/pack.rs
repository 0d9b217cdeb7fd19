//! Policy packs.

use std::collections::BTreeSet;

use super::block::CORE_PACK;

/// The packs that run in addition to [`CORE_PACK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packs {
    /// These and the core.
    Named(BTreeSet<String>),
    /// Every policy.
    All,
}

impl Packs {
    /// The core alone.
    pub fn core() -> Self {
        Packs::Named(BTreeSet::new())
    }

    /// Parses the list of the `--packs` flag; `all` stands for every pack.
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
