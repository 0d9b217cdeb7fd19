//! The `# METADATA` block of a policy, as written. `policies/build.rs` includes this file, so that the
//! built-in policies' blocks are parsed at build time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The pack whose policies always run.
pub const CORE_PACK: &str = "core";

/// How a check treats a missing property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// A missing property violates the rule.
    Fail,
    /// A missing property complies with the rule.
    Pass,
    /// AWS applies a safe default; reported as informational.
    DefaultSecure,
}

/// The block, as written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataBlock {
    /// A one-line title.
    pub title: String,
    /// Why it matters; may be empty.
    #[serde(default)]
    pub description: String,
    /// The section that only stagegate uses.
    pub custom: Custom,
}

/// The `custom` section.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The policy's id.
    pub id: String,
    /// The name of a severity.
    pub severity: String,
    /// CloudFormation type names; `*` is every type.
    pub types: Vec<String>,
    /// Category, such as `encryption`.
    #[serde(default)]
    pub category: String,
    /// The pack that the policy belongs to.
    #[serde(default = "core_pack")]
    pub pack: String,
    /// How a missing property is treated.
    #[serde(default = "absent_fails")]
    pub absent: Absent,
    /// How to fix a finding.
    pub fix: Option<String>,
    /// Ids of equivalent checks elsewhere, by catalog.
    #[serde(default)]
    pub equivalents: BTreeMap<String, Vec<String>>,
}

fn core_pack() -> String {
    CORE_PACK.to_owned()
}

fn absent_fails() -> Absent {
    Absent::Fail
}

/// The YAML of the first block with its first line's number, from 1. The block is the run of
/// comment lines below `# METADATA`; one space after `#` belongs to the comment.
pub fn text_of(source: &str) -> Option<(u32, String)> {
    let lines: Vec<&str> = source.lines().collect();
    let marker = lines.iter().position(|line| line.trim_end() == "# METADATA")?;
    let yaml = lines
        .iter()
        .skip(marker + 1)
        .map_while(|line| line.strip_prefix('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    Some((u32::try_from(marker + 2).unwrap_or(u32::MAX), yaml))
}
