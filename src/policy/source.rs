//! The text of policies and libraries.

use std::collections::BTreeSet;

use super::metadata::PolicyMetadata;

/// Where a policy comes from. A project's policy replaces the built-in one of the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Shipped inside the program.
    Builtin,
    /// The user's own.
    Project,
}

/// One policy or library file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySource {
    /// The file's path as the user named it; errors show it.
    pub path: String,
    /// Rego v1.
    pub text: String,
    /// Whose it is.
    pub origin: Origin,
    /// What a policy is about, as its METADATA block says; `None` for a library: it holds functions for the
    /// policies and no check of its own.
    pub metadata: Option<PolicyMetadata>,
    /// The policy as bytecode, where the build has made it; what has none is interpreted.
    pub program: Option<&'static [u8]>,
}

impl PolicySource {
    /// A policy of the user's.
    pub fn policy(path: impl Into<String>, text: impl Into<String>, metadata: PolicyMetadata) -> Self {
        Self { metadata: Some(metadata), ..Self::library(path, text) }
    }

    /// A library of the user's.
    pub fn library(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), origin: Origin::Project, metadata: None, program: None }
    }

    /// True for the path of a library: files in a folder named `lib` are.
    pub fn is_library_path(path: &str) -> bool {
        path.rsplit(['/', '\\']).skip(1).any(|folder| folder == "lib")
    }

    /// Reads a file of the user's, for tests.
    ///
    /// # Errors
    /// The METADATA block of a policy cannot be used.
    #[cfg(test)]
    pub(crate) fn read(path: &str, text: impl Into<String>) -> Result<Self, super::error::PolicyError> {
        let text = text.into();
        if Self::is_library_path(path) {
            return Ok(Self::library(path, text));
        }
        let (line, block) = super::block::text_of(&text)
            .ok_or_else(|| super::error::PolicyError::new(path, 1, "the policy has no `# METADATA` block", ""))?;
        let block = serde_saphyr::from_str(&block)
            .map_err(|error| super::error::PolicyError::new(path, line, error.to_string(), ""))?;
        Ok(Self::policy(path, text, PolicyMetadata::new(path, line, block)?))
    }

    pub(super) fn is_library(&self) -> bool {
        self.metadata.is_none()
    }
}

/// True when a text refers to something below `data` that is in no library, and so may be another
/// policy's. It is also said of some texts that do not: that costs time and changes nothing.
pub(super) fn names_a_policy(text: &str, libraries: &[PolicySource]) -> bool {
    let libraries: BTreeSet<&str> = libraries.iter().filter_map(|library| package(&library.text)).collect();
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_other = |code: &str| {
        code.match_indices("data").any(|(at, word)| {
            let (before, after) = (&code[..at], &code[at + word.len()..]);
            let is_root = !before.ends_with(|c| in_word(c) || c == '.') && !after.starts_with(in_word);
            let is_in_library = libraries.iter().any(|library| {
                let rest = after.strip_prefix('.').and_then(|path| path.strip_prefix(library));
                rest.is_some_and(|rest| !rest.starts_with(in_word))
            });
            is_root && !is_in_library
        })
    };
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| match line.contains('`') {
        // Raw strings may hold quotes of their own.
        true => is_other(line),
        // What is said in quotes names nothing.
        false => line.replace(r#"\""#, "").split('"').step_by(2).any(is_other),
    })
}

/// The package that a source says it is, without `data`.
pub(super) fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("package "))?.split_whitespace().next()
}
