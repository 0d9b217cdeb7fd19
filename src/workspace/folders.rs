//! The user's folders (XDG Base Directory).

use std::path::PathBuf;

/// Returns the current folder.
pub(super) fn current_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// Where a user without a home folder keeps nothing: others can write to the system's temporary folder, and what they plant there
/// must not be believed. No process can create this folder, so that the first attempt to write says what is missing.
pub(super) const NOWHERE: &str = "/dev/null";

/// Returns `$XDG_STATE_HOME/stagegate`, otherwise `~/.local/state/stagegate`.
pub(super) fn state_folder() -> PathBuf {
    user_folder("XDG_STATE_HOME", ".local/state")
}

/// Returns `$XDG_CACHE_HOME/stagegate`, otherwise `~/.cache/stagegate`.
pub(super) fn cache_folder() -> PathBuf {
    user_folder("XDG_CACHE_HOME", ".cache")
}

fn user_folder(variable: &str, below_home: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named.or_else(|| Some(std::env::home_dir()?.join(below_home)).filter(|path| path.is_absolute()));
    base.unwrap_or_else(|| PathBuf::from(NOWHERE)).join("stagegate")
}
