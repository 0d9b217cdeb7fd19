//! The embedded cloud, and what is left of a demo.

use std::path::Path;

use crate::report::SandboxBody;

/// Where the embedded cloud is kept and what it holds, after what was done to it.
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

/// A demo whose folder stays.
pub fn demo_kept(folder: &Path, sandbox: &Path) -> String {
    format!("Kept in {}. Go on with any command and --sandbox={}\n", folder.display(), sandbox.display())
}

/// A demo that leaves nothing.
pub fn demo_removed() -> String {
    "The demo's sandbox is gone again; `stagegate demo --keep DIR` leaves it in place.\n".to_owned()
}
