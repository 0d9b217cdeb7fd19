//! What is run of a policy.

use super::source;

/// A policy's rules, as text and, where the build has made it, as bytecode.
pub(super) struct Program {
    /// The policy's id.
    pub id: String,
    /// The source's path, for messages.
    pub path: String,
    /// The policy's text.
    pub text: String,
    /// The package's path below `data`.
    pub package: String,
    /// The rule that holds both answers.
    pub question: String,
    /// The policy as bytecode; without it, it is interpreted.
    pub bytecode: Option<&'static [u8]>,
}

impl Program {
    /// The program of a policy.
    pub fn new(id: &str, path: &str, text: String, bytecode: Option<&'static [u8]>) -> Self {
        // Without a package the engine refuses the policy, which says more than could be said here.
        let package = format!("data.{}", source::package(&text).unwrap_or_default());
        let question = format!("{package}.stagegate_answer");
        Self { id: id.to_owned(), path: path.to_owned(), text, package, question, bytecode }
    }
}
