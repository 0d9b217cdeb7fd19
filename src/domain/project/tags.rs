//! The tags that a project requires.

use std::collections::BTreeMap;

/// A tag standard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TagPreset {
    /// stagegate's own tags.
    #[default]
    Standard,
    /// The older standard, used by resources that the CCAPI MCP server tagged.
    Ccapi,
}

impl TagPreset {
    /// Every preset.
    pub const ALL: [TagPreset; 2] = [TagPreset::Standard, TagPreset::Ccapi];

    /// The name as written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            TagPreset::Standard => "standard",
            TagPreset::Ccapi => "ccapi",
        }
    }
}

/// Which tags every resource must carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagSettings {
    /// The tag standard.
    pub preset: TagPreset,
    /// Keys required beyond the preset, with their allowed values; an empty list allows any value.
    pub required: BTreeMap<String, Vec<String>>,
    /// Default values.
    pub values: BTreeMap<String, String>,
}
