//! Packs: which policies run.

use std::collections::BTreeSet;

use super::block::CORE_PACK;

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
