//! The executable form of a policy.

use super::source;

/// A policy's rules, as text and, for built-in policies, as bytecode.
pub(super) struct Program {
    /// The policy's id.
    pub id: String,
    /// The source's path, for messages.
    pub path: String,
    /// The policy's text.
    pub text: String,
    /// The package's path below `data`.
    pub package: String,
    /// The rule that returns both sets.
    pub question: String,
    /// The bytecode; a policy without bytecode is interpreted.
    pub bytecode: Option<&'static [u8]>,
}

impl Program {
    /// The program of a policy.
    pub fn new(id: &str, path: &str, text: String, bytecode: Option<&'static [u8]>) -> Self {
        // Without a package the engine rejects the policy with a better message than this code could give.
        let package = format!("data.{}", source::package(&text).unwrap_or_default());
        let question = format!("{package}.stagegate_answer");
        Self { id: id.to_owned(), path: path.to_owned(), text, package, question, bytecode }
    }
}
