//! A project's policies and their test fixtures.

use super::typed_yaml;
use crate::policy::{Fixtures, PolicyError, PolicyMetadata, PolicySource, metadata_text};

const METADATA_HINT: &str = "see policies/README.md for the required METADATA block";
const FIXTURES_HINT: &str = "see policies/README.md for the fixture file format";

/// A Rego file: a library if it is in a folder named `lib`, else a policy.
///
/// # Errors
/// A policy has no METADATA block, or an invalid one.
pub fn source(path: &str, text: impl Into<String>) -> Result<PolicySource, PolicyError> {
    let text = text.into();
    if PolicySource::is_library_path(path) {
        return Ok(PolicySource::library(path, text));
    }
    let (first_line, block) = metadata_text(&text)
        .ok_or_else(|| PolicyError::new(path, 1, "the policy has no `# METADATA` block", METADATA_HINT))?;
    let block = typed_yaml::read(&block).map_err(|problem| {
        let line = first_line.saturating_add(problem.line - 1);
        let message = format!("the METADATA block is invalid: {}", problem.message);
        PolicyError::new(path, line, message, METADATA_HINT)
    })?;
    let metadata = PolicyMetadata::new(path, first_line, block)?;
    Ok(PolicySource::policy(path, text, metadata))
}

/// A fixture file, `<id>.test.yaml`.
///
/// # Errors
/// The text is not a valid fixture file.
pub fn fixtures(path: &str, text: &str) -> Result<Fixtures, PolicyError> {
    typed_yaml::read(text).map_err(|problem| PolicyError::new(path, problem.line, problem.message, FIXTURES_HINT))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const GOOD: &str =
        "# METADATA\n# title: T\n# custom:\n#   id: a-b\n#   severity: high\n#   types: [X]\npackage a\n";

    #[test]
    fn a_policy_has_its_metadata_and_a_library_has_none() {
        assert_eq!(source("p/a.rego", GOOD).unwrap().metadata.unwrap().id, "a-b");
        for path in ["lib/a.rego", "p/lib/a.rego", "p\\lib\\a.rego"] {
            assert_eq!(source(path, "package a").unwrap().metadata, None, "{path}");
        }
        assert!(source("library/a.rego", "package a").is_err());
    }

    #[test]
    fn an_invalid_metadata_block_is_rejected_with_its_line() {
        let cases = [
            ("package a".to_owned(), 1, "no `# METADATA`"),
            (GOOD.replace("types", "typos"), 6, "typos"),
            (GOOD.replace("[X]", "[X"), 6, ""),
            (GOOD.replace("high", "severe"), 2, "`severe` is not a severity"),
        ];
        for (text, line, part) in cases {
            let error = source("a.rego", text).unwrap_err();
            assert_eq!((error.location.file.as_str(), error.location.line), ("a.rego", line), "{error}");
            assert!(error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn invalid_fixtures_are_rejected_with_their_line() {
        let good = "passing:\n  - name: a\n    properties: {A: 1}\n";
        assert_eq!(fixtures("a.test.yaml", good).unwrap().passing[0].name, "a");
        let error = fixtures("a.test.yaml", &good.replace("properties", "propertys")).unwrap_err();
        assert_eq!(error.location.line, 3, "{error}");
        assert!(error.message.contains("propertys"), "{error}");
    }
}
