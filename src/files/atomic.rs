//! Atomic writes of stagegate's own files, readable by their owner only.
//!
//! Several processes may write one file at once and any of them may be killed: a file is written
//! under a unique temporary name and then renamed over the old one, so that a reader sees
//! one or the other, complete. Files have mode 0600; folders created here have mode 0700.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// The failure that a file's content must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A killed process. For files that may be lost, such as a cache.
    Process,
    /// A system crash: the content is flushed to disk before the old file is replaced.
    Machine,
}

/// Atomically creates or replaces a file with this content. Creates its folder.
///
/// # Errors
/// The folder or the file cannot be written. The old file is then unchanged.
pub fn replace(file: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    unfinished(file, content, durability)?.persist(file)?;
    Ok(())
}

/// Atomically creates a file with this content. Creates its folder.
///
/// # Errors
/// The folder or the file cannot be written, or there is such a file ([`io::ErrorKind::AlreadyExists`]), which is unchanged.
pub fn create(file: &Path, content: &[u8]) -> io::Result<()> {
    unfinished(file, content, Durability::Machine)?.persist_noclobber(file)?;
    Ok(())
}

/// Writes a temporary file beside the file, with mode 0600. It is removed again unless it is persisted.
fn unfinished(file: &Path, content: &[u8], durability: Durability) -> io::Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    private_folder(folder)?;
    let mut unfinished = tempfile::Builder::new().prefix(".unfinished-").suffix(".tmp").tempfile_in(folder)?;
    unfinished.write_all(content)?;
    if durability == Durability::Machine {
        unfinished.as_file().sync_all()?;
    }
    Ok(unfinished)
}

/// Creates a folder and its parents with mode 0700. An existing one is unchanged.
///
/// # Errors
/// It cannot be created.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_and_new_folders_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/plan.json");
        replace(&file, b"one", Durability::Machine).unwrap();
        let modes = [mode(&file), mode(&folder.path().join("a/b")), mode(&folder.path().join("a"))];
        assert_eq!(modes, [0o600, 0o700, 0o700]);
        // An older file with wider permissions is replaced.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&file, b"two", Durability::Process).unwrap();
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"two".to_vec(), 0o600));
    }

    #[test]
    fn a_file_that_exists_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/stagegate.yaml");
        create(&file, b"one").unwrap();
        assert_eq!(create(&file, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"one".to_vec(), 0o600));
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1, "the unfinished file is removed");
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        // A folder at the file's path: the rename fails after everything was written.
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), "kept").unwrap();
        assert!(replace(&taken, b"new", Durability::Process).is_err());
        assert_eq!(fs::read_to_string(taken.join("inside")).unwrap(), "kept");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the unfinished file is removed");
        assert!(replace(&taken.join("inside/below"), b"new", Durability::Process).is_err());
    }
}
