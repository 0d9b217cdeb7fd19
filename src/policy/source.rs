//! The sources of policies and libraries.

use std::collections::BTreeSet;

use super::metadata::PolicyMetadata;

/// The origin of a policy. A project's policy replaces the built-in one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Embedded in the binary.
    Builtin,
    /// The project's own.
    Project,
}

/// One policy or library file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySource {
    /// The file's path as the user named it, for error messages.
    pub path: String,
    /// Rego v1.
    pub text: String,
    /// Its origin.
    pub origin: Origin,
    /// The metadata from the METADATA block; `None` for a library, which has functions for the
    /// policies and no check of its own.
    pub metadata: Option<PolicyMetadata>,
    /// The bytecode of a built-in policy; a source without bytecode is interpreted.
    pub program: Option<&'static [u8]>,
}

impl PolicySource {
    /// A policy of the project.
    pub fn policy(path: impl Into<String>, text: impl Into<String>, metadata: PolicyMetadata) -> Self {
        Self { metadata: Some(metadata), ..Self::library(path, text) }
    }

    /// A library of the project.
    pub fn library(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), origin: Origin::Project, metadata: None, program: None }
    }

    /// True for the path of a library: files in a folder named `lib` are.
    pub fn is_library_path(path: &str) -> bool {
        path.rsplit(['/', '\\']).skip(1).any(|folder| folder == "lib")
    }

    /// Parses a file of the project, for tests.
    ///
    /// # Errors
    /// The METADATA block of a policy is invalid.
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

/// True when a text refers to something below `data` that is not in a library, and so may be another
/// policy's. False positives cost time and change nothing.
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
        // Raw strings may contain quotes.
        true => is_other(line),
        // Text in quotes is not a reference.
        false => line.replace(r#"\""#, "").split('"').step_by(2).any(is_other),
    })
}

/// The line, from 1, at which brackets are nested deeper than `limit`; `None` if they are not. Strings and comments do not
/// count.
pub(super) fn line_nested_deeper_than(text: &str, limit: usize) -> Option<u32> {
    let (mut line, mut depth) = (1_u32, 0_usize);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\n' => line += 1,
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            '#' if characters.by_ref().any(|next| next == '\n') => line += 1,
            '"' => {
                while let Some(next) = characters.next() {
                    match next {
                        '\\' => drop(characters.next()),
                        '"' => break,
                        '\n' => line += 1,
                        _ => {}
                    }
                }
            }
            '`' => {
                characters.by_ref().take_while(|next| *next != '`').filter(|next| *next == '\n').for_each(|_| line += 1)
            }
            _ => {}
        }
        if depth > limit {
            return Some(line);
        }
    }
    None
}

/// The package of a source, without `data`.
pub(super) fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("package "))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nesting_of_brackets_is_measured() {
        let nested = |depth: usize| format!("package a\nx := {}{}\n", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(line_nested_deeper_than(&nested(14), 14), None);
        assert_eq!(line_nested_deeper_than(&nested(15), 14), Some(2));
        let quoted = "# ((((\nx := \"\\\"((((\"\ny := `((\n((`\nz := [[[[";
        assert_eq!(line_nested_deeper_than(quoted, 3), Some(5));
        assert_eq!(line_nested_deeper_than(quoted, 4), None);
    }
}
