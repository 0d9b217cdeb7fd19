//! The output of `sandbox`, and the end of the demo.

use std::path::Path;

use crate::report::SandboxBody;

/// Renders the folder and the accounts of the sandbox after an action.
pub fn sandbox(subject: &str, body: &SandboxBody) -> String {
    let mut text = format!("{subject} is kept in {}\n", body.directory);
    for account in &body.accounts {
        text.push_str(&format!(
            "  {} ({}): {} resource(s)\n",
            account.account,
            account.name.as_deref().unwrap_or("no environment"),
            account.resources
        ));
    }
    text
}

/// Renders the end of a demo whose folder is kept.
pub fn demo_kept(folder: &Path, sandbox: &Path) -> String {
    format!("Kept in {}. To continue, run any command with --sandbox={}\n", folder.display(), sandbox.display())
}

/// Renders the end of a demo whose folder is removed.
pub fn demo_removed() -> String {
    "The sandbox of the demo was removed; use `stagegate demo --keep DIR` to keep it.\n".to_owned()
}
