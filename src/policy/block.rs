//! The `# METADATA` block of a policy as it is written. `policies/build.rs` includes this file, so that the
//! built-in policies' blocks are read when the program is built.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The pack of policies that always run.
pub const CORE_PACK: &str = "core";

/// What a check makes of a property that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// A missing property breaks the rule.
    Fail,
    /// A missing property keeps the rule.
    Pass,
    /// AWS applies a safe default; said as a notice.
    DefaultSecure,
}

/// The block as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataBlock {
    /// One line for lists.
    pub title: String,
    /// Why it matters; may be empty.
    #[serde(default)]
    pub description: String,
    /// What only stagegate reads.
    pub custom: Custom,
}

/// Its part `custom`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The policy's id.
    pub id: String,
    /// The name of a severity.
    pub severity: String,
    /// CloudFormation type names; `*` is every type.
    pub types: Vec<String>,
    /// Subject, such as `encryption`.
    #[serde(default)]
    pub category: String,
    /// The pack that the policy belongs to.
    #[serde(default = "core_pack")]
    pub pack: String,
    /// What a missing property means.
    #[serde(default = "absent_fails")]
    pub absent: Absent,
    /// What to change.
    pub fix: Option<String>,
    /// Ids of the same subject elsewhere, by catalogue.
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
