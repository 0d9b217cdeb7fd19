//! The `# METADATA` block that says what a policy is about.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::{PolicyError, yaml_message};
use crate::domain::finding::Severity;

const HINT: &str = "see policies/README.md for the METADATA block that every policy begins with";

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

/// What a policy is about, as its source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMetadata {
    /// Stable kebab-case id.
    pub id: String,
    /// One line for lists.
    pub title: String,
    /// Why it matters; may be empty.
    pub description: String,
    /// Severity of its findings.
    pub severity: Severity,
    /// Subject, such as `encryption`.
    pub category: String,
    /// The pack that the policy belongs to; those outside [`CORE_PACK`] are opt-in.
    pub pack: String,
    /// Type names that the policy applies to; `*` is every type.
    pub types: Vec<String>,
    /// What a missing property means.
    pub absent: Absent,
    /// What to change.
    pub fix: Option<String>,
    /// Ids of the same subject elsewhere, by catalogue.
    pub equivalents: BTreeMap<String, Vec<String>>,
    /// The source's path.
    pub path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    title: String,
    #[serde(default)]
    description: String,
    custom: Custom,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custom {
    id: String,
    severity: String,
    types: Vec<String>,
    #[serde(default)]
    category: String,
    #[serde(default = "core_pack")]
    pack: String,
    #[serde(default = "absent_fails")]
    absent: Absent,
    fix: Option<String>,
    #[serde(default)]
    equivalents: BTreeMap<String, Vec<String>>,
}

fn core_pack() -> String {
    CORE_PACK.to_owned()
}

fn absent_fails() -> Absent {
    Absent::Fail
}

/// False when a policy source can have nothing to do with a type, told without reading its block.
pub(super) fn may_name(source: &str, type_name: &str) -> bool {
    source
        .lines()
        .skip_while(|line| line.trim_end() != "# METADATA")
        .take_while(|line| line.starts_with('#'))
        .any(|line| line.contains(type_name) || line.contains('*'))
}

/// Reads the block of a policy source.
pub(super) fn parse(path: &str, source: &str) -> Result<PolicyMetadata, PolicyError> {
    let (first_line, yaml) =
        block_text(source).ok_or_else(|| PolicyError::new(path, 1, "the policy has no `# METADATA` block", HINT))?;
    let block: Block = serde_saphyr::from_str(&yaml).map_err(|error| {
        let offset = error.location().map_or(0, |place| place.line().saturating_sub(1));
        let line = first_line.saturating_add(u32::try_from(offset).unwrap_or(0));
        let message = yaml_message(&error);
        PolicyError::new(path, line, format!("the METADATA block is not usable: {message}"), HINT)
    })?;
    let custom = block.custom;
    let at_block = |message: String| PolicyError::new(path, first_line, message, HINT);
    let severity = custom
        .severity
        .parse()
        .map_err(|error: crate::domain::finding::UnknownSeverity| at_block(error.to_string()))?;
    if !is_id(&custom.id) {
        return Err(at_block(format!("the id `{}` is not made of lower-case letters, digits and hyphens", custom.id)));
    }
    if custom.types.is_empty() {
        return Err(at_block("the policy names no type that it applies to".to_owned()));
    }
    Ok(PolicyMetadata {
        id: custom.id,
        title: block.title,
        description: block.description,
        severity,
        category: custom.category,
        pack: custom.pack,
        types: custom.types,
        absent: custom.absent,
        fix: custom.fix,
        equivalents: custom.equivalents,
        path: path.to_owned(),
    })
}

/// The YAML of the first block with its first line's number, from 1. The block is the run of
/// comment lines below `# METADATA`; one space after `#` belongs to the comment.
fn block_text(source: &str) -> Option<(u32, String)> {
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

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const GOOD: &str =
        "# METADATA\n# title: T\n# custom:\n#   id: a-b\n#   severity: high\n#   types: [X]\npackage a\n";

    #[test]
    fn a_block_is_read_and_has_defaults() {
        let metadata = parse("a.rego", GOOD).unwrap();
        assert_eq!((metadata.id.as_str(), metadata.severity), ("a-b", Severity::High));
        assert_eq!((metadata.pack.as_str(), metadata.absent), (CORE_PACK, Absent::Fail));
    }

    #[test]
    fn odd_blocks_are_refused_with_their_line() {
        let cases = [
            ("package a", 1, "no `# METADATA`"),
            (&GOOD.replace("high", "severe"), 2, "`severe` is not a severity"),
            (&GOOD.replace("a-b", "A B"), 2, "not made of lower-case"),
            (&GOOD.replace("[X]", "[]"), 2, "names no type"),
            (&GOOD.replace("types", "typos"), 6, "typos"),
        ];
        for (source, line, part) in cases {
            let error = parse("a.rego", source).unwrap_err();
            assert_eq!(error.location.line, line, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
    }
}
