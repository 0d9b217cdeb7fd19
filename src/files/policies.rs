//! A project's policies and the cases that they are tested with.

use super::typed_yaml;
use crate::policy::{Fixtures, PolicyError, PolicyMetadata, PolicySource, metadata_text};

const METADATA_HINT: &str = "see policies/README.md for the METADATA block that every policy begins with";
const FIXTURES_HINT: &str = "see policies/README.md for the form of a fixture file";

/// A Rego file: a policy, or a library where it lies in a folder named `lib`.
///
/// # Errors
/// A policy has no METADATA block, or one that cannot be used.
pub fn source(path: &str, text: impl Into<String>) -> Result<PolicySource, PolicyError> {
    let text = text.into();
    if PolicySource::is_library_path(path) {
        return Ok(PolicySource::library(path, text));
    }
    let (first_line, block) = metadata_text(&text)
        .ok_or_else(|| PolicyError::new(path, 1, "the policy has no `# METADATA` block", METADATA_HINT))?;
    let block = typed_yaml::read(&block).map_err(|problem| {
        let line = first_line.saturating_add(problem.line - 1);
        let message = format!("the METADATA block is not usable: {}", problem.message);
        PolicyError::new(path, line, message, METADATA_HINT)
    })?;
    let metadata = PolicyMetadata::new(path, first_line, block)?;
    Ok(PolicySource::policy(path, text, metadata))
}

/// A fixture file, `<id>.test.yaml`.
///
/// # Errors
/// The text does not have the form of one.
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
    fn a_metadata_block_that_cannot_be_read_is_refused_with_its_line() {
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
    fn fixtures_of_another_form_are_refused_with_their_line() {
        let good = "passing:\n  - name: a\n    properties: {A: 1}\n";
        assert_eq!(fixtures("a.test.yaml", good).unwrap().passing[0].name, "a");
        let error = fixtures("a.test.yaml", &good.replace("properties", "propertys")).unwrap_err();
        assert_eq!(error.location.line, 3, "{error}");
        assert!(error.message.contains("propertys"), "{error}");
    }
}
