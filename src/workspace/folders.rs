//! The user's folders (XDG Base Directory).

use std::path::PathBuf;

/// The working folder.
pub(super) fn current_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// `$XDG_STATE_HOME/stagegate`, else `~/.local/state/stagegate`, else a folder of the system's
/// temporary ones for a user without a home.
pub(super) fn state_folder() -> PathBuf {
    user_folder("XDG_STATE_HOME", ".local/state")
}

/// `$XDG_CACHE_HOME/stagegate`, else `~/.cache/stagegate`, else a folder of the system's temporary
/// ones for a user without a home.
pub(super) fn cache_folder() -> PathBuf {
    user_folder("XDG_CACHE_HOME", ".cache")
}

fn user_folder(variable: &str, below_home: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named.or_else(|| Some(std::env::home_dir()?.join(below_home)).filter(|path| path.is_absolute()));
    base.unwrap_or_else(std::env::temp_dir).join("stagegate")
}
