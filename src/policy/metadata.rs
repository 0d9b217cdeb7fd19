//! Policy metadata.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::block::{Absent, MetadataBlock};
use super::error::PolicyError;
use crate::domain::finding::Severity;

const HINT: &str = "see policies/README.md for the required METADATA block";

/// The metadata of a policy, from its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyMetadata {
    /// Stable kebab-case id.
    pub id: String,
    /// A one-line title.
    pub title: String,
    /// Why it matters; may be empty.
    pub description: String,
    /// Severity of its findings.
    pub severity: Severity,
    /// Category, such as `encryption`.
    pub category: String,
    /// The pack that the policy belongs to; those outside [`super::CORE_PACK`] are opt-in.
    pub pack: String,
    /// Type names that the policy applies to; `*` is every type.
    pub types: Vec<String>,
    /// How a missing property is treated.
    pub absent: Absent,
    /// How to fix a finding.
    pub fix: Option<String>,
    /// Ids of equivalent checks elsewhere, by catalog.
    pub equivalents: BTreeMap<String, Vec<String>>,
    /// The source's path.
    pub path: String,
}

impl PolicyMetadata {
    /// Validates the block of the policy at `path`, which begins on the given line.
    ///
    /// # Errors
    /// The id or the severity is invalid, or no type is given.
    pub fn new(path: &str, first_line: u32, block: MetadataBlock) -> Result<Self, PolicyError> {
        let custom = block.custom;
        let at_block = |message: String| PolicyError::new(path, first_line, message, HINT);
        let severity = custom
            .severity
            .parse()
            .map_err(|error: crate::domain::finding::UnknownSeverity| at_block(error.to_string()))?;
        if !is_id(&custom.id) {
            return Err(at_block(format!(
                "the id `{}` must consist of lower-case letters, digits and hyphens",
                custom.id
            )));
        }
        if custom.types.is_empty() {
            return Err(at_block("the policy has no types that it applies to".to_owned()));
        }
        Ok(Self {
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
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::PolicySource;
    use crate::policy::block::CORE_PACK;

    const GOOD: &str =
        "# METADATA\n# title: T\n# custom:\n#   id: a-b\n#   severity: high\n#   types: [X]\npackage a\n";

    fn parse(source: &str) -> Result<PolicyMetadata, PolicyError> {
        let source = PolicySource::read("a.rego", source)?;
        Ok(source.metadata.unwrap())
    }

    #[test]
    fn a_block_is_read_and_has_defaults() {
        let metadata = parse(GOOD).unwrap();
        assert_eq!((metadata.id.as_str(), metadata.severity), ("a-b", Severity::High));
        assert_eq!((metadata.pack.as_str(), metadata.absent), (CORE_PACK, Absent::Fail));
    }

    #[test]
    fn invalid_blocks_are_rejected_with_their_line() {
        let cases = [
            (GOOD.replace("high", "severe"), 2, "`severe` is not a severity"),
            (GOOD.replace("a-b", "A B"), 2, "must consist of lower-case"),
            (GOOD.replace("[X]", "[]"), 2, "has no types"),
        ];
        for (source, line, part) in cases {
            let error = parse(&source).unwrap_err();
            assert_eq!(error.location.line, line, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
    }
}
