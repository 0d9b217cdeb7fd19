//! Walking the user's folders: the only code that decides which files a folder contains.
//!
//! Symbolic links are followed, because mounted configuration and build tools use them; each
//! folder and each file is visited once, however many links lead to it, so that link loops
//! terminate. Pipes, sockets and devices are skipped: reading one may never end.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::WalkBuilder;
use walkdir::{DirEntry, WalkDir};

/// An error while listing a folder.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read: {error}", path.display())]
pub struct FolderError {
    /// The folder, or the file that is a dangling link.
    pub path: PathBuf,
    /// The I/O error.
    pub error: io::Error,
}

/// The wanted regular files of a folder, without those of folders in it; sorted by path. Reads the file system.
///
/// # Errors
/// The folder cannot be read, or a wanted file is a dangling link.
pub fn files_in(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, FolderError> {
    files(folder, WalkDir::new(folder).max_depth(1), wanted)
}

/// The wanted regular files of a folder and all folders below it, sorted by path. Reads the file system.
///
/// # Errors
/// A folder cannot be read, or a wanted file is a dangling link.
pub fn files_below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, FolderError> {
    files(folder, WalkDir::new(folder), wanted)
}

/// The wanted regular files of a folder and all folders below it, sorted by path, without hidden ones, without those of
/// `node_modules`, and without those that a `.gitignore` excludes, in a folder under version control or not. Also returns what
/// cannot be read: a folder, or a wanted file that is a dangling link. Reads the file system.
pub fn unignored_files_below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> (Vec<PathBuf>, Vec<FolderError>) {
    let seen = Mutex::new(HashSet::new());
    let is_new = move |path: &Path| match (fs::canonicalize(path), seen.lock()) {
        (Ok(place), Ok(mut seen)) => seen.insert(place),
        _ => true,
    };
    let mut walk = WalkBuilder::new(folder);
    // Only what a project says of itself: the result must not depend on the machine.
    walk.follow_links(true).require_git(false).git_global(false).git_exclude(false).ignore(false);
    walk.sort_by_file_path(|one, other| {
        one.is_symlink().cmp(&other.is_symlink()).then_with(|| one.file_name().cmp(&other.file_name()))
    });
    walk.filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        !is_folder || entry.depth() == 0 || (entry.file_name() != "node_modules" && is_new(entry.path()))
    });
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && wanted(entry.path()) => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => errors.extend(unwanted_or_error(error, folder, &wanted)),
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| fs::canonicalize(path).map_or(true, |place| seen.insert(place)));
    found.sort();
    (found, errors)
}

/// The error of a walk, if it is about something that would have been read.
fn unwanted_or_error(error: ignore::Error, folder: &Path, wanted: &impl Fn(&Path) -> bool) -> Option<FolderError> {
    let path = match path_of(&error) {
        Some(path) => path.to_path_buf(),
        None => folder.to_path_buf(),
    };
    // A link to an ancestor, whose files are found there, or an invalid pattern of an ignore file.
    let io_error = error.into_io_error()?;
    let is_dangling = path != folder && path.is_symlink() && fs::metadata(&path).is_err();
    (!is_dangling || wanted(&path)).then_some(FolderError { path, error: io_error })
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn files(folder: &Path, walk: WalkDir, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, FolderError> {
    // `walkdir` detects a link to an ancestor, but not two folders that link to each other.
    let mut seen = HashSet::new();
    let mut is_new = move |path: &Path| match fs::canonicalize(path) {
        Ok(place) => seen.insert(place),
        // The error is reported when it is read.
        Err(_) => true,
    };
    let keep = |entry: &DirEntry| !entry.file_type().is_dir() || is_new(entry.path());
    let mut found = Vec::new();
    for entry in walk.follow_links(true).sort_by(links_last).into_iter().filter_entry(keep) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && wanted(entry.path()) => found.push(entry.into_path()),
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                // A dangling link matters only if it would have been read.
                let is_passed_over = error.depth() > 0 && path.is_symlink() && fs::metadata(&path).is_err();
                if !is_passed_over || wanted(&path) {
                    let error = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                    return Err(FolderError { path, error });
                }
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| fs::canonicalize(path).map_or(true, |place| seen.insert(place)));
    found.sort();
    Ok(found)
}

/// By name, links last, so that a file is reported under its own name where that is in the same
/// folder as the link.
fn links_last(one: &DirEntry, other: &DirEntry) -> std::cmp::Ordering {
    let key = |entry: &DirEntry| entry.path_is_symlink();
    key(one).cmp(&key(other)).then_with(|| one.file_name().cmp(other.file_name()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn is_rego(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rego")
    }

    /// A folder with files at these paths.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn below(folder: &Path) -> Vec<String> {
        shown(folder, files_below(folder, is_rego).unwrap())
    }

    fn shown(folder: &Path, files: Vec<PathBuf>) -> Vec<String> {
        files.iter().map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn wanted_files_are_listed_by_path_in_the_folder_or_below_it() {
        let folder = folder(&["b.rego", "a.rego", "a.yaml", "deep/er/c.rego", ".hidden/d.rego"]);
        assert_eq!(below(folder.path()), [".hidden/d.rego", "a.rego", "b.rego", "deep/er/c.rego"]);
        let direct = files_in(folder.path(), is_rego).unwrap();
        assert_eq!(shown(folder.path(), direct), ["a.rego", "b.rego"]);
        assert!(files_below(&folder.path().join("none"), is_rego).is_err());
    }

    #[test]
    fn what_git_ignores_is_left_out() {
        let folder = folder(&[
            "a.rego",
            "b.rego",
            "build/c.rego",
            "sub/d.rego",
            "sub/e.rego",
            "sub/keep.rego",
            ".hidden/f.rego",
            "node_modules/x/g.rego",
        ]);
        fs::write(folder.path().join(".gitignore"), "build/\nb.rego\n").unwrap();
        fs::write(folder.path().join("sub/.gitignore"), "*.rego\n!keep.rego\n").unwrap();
        symlink("..", folder.path().join("sub/up")).unwrap();
        let found = |from: &str| {
            let from = folder.path().join(from);
            let (files, errors) = unignored_files_below(&from, is_rego);
            assert!(errors.is_empty(), "{errors:?}");
            shown(&from, files)
        };
        assert_eq!(found(""), ["a.rego", "sub/keep.rego"]);
        // A folder that is given is read although it is ignored itself.
        assert_eq!(found("build"), ["c.rego"]);
        assert_eq!(unignored_files_below(&folder.path().join("none"), is_rego).1.len(), 1);
        // What cannot be read does not hide the rest.
        symlink("nowhere", folder.path().join("z.rego")).unwrap();
        symlink("nowhere", folder.path().join("other")).unwrap();
        let (files, errors) = unignored_files_below(folder.path(), is_rego);
        assert_eq!(files.len(), 2);
        assert!(errors.len() == 1 && errors[0].path.ends_with("z.rego"), "{errors:?}");
    }

    #[test]
    fn link_loops_terminate() {
        let folder = folder(&["a.rego", "x/b.rego", "y/c.rego"]);
        symlink("..", folder.path().join("x/up")).unwrap();
        symlink(".", folder.path().join("here")).unwrap();
        symlink("../y", folder.path().join("x/other")).unwrap();
        symlink("../x", folder.path().join("y/other")).unwrap();
        symlink("itself", folder.path().join("itself")).unwrap();
        let found = below(folder.path());
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "a.rego");
    }

    #[test]
    fn a_folder_is_visited_once_however_many_links_lead_to_it() {
        // Each of twenty folders has two links to the next: a million paths to the last one.
        let folder = folder(&["20/last.rego"]);
        for number in 0..20 {
            let at = folder.path().join(number.to_string());
            fs::create_dir_all(&at).unwrap();
            for name in ["one", "two"] {
                symlink(format!("../{}", number + 1), at.join(name)).unwrap();
            }
        }
        let found = below(&folder.path().join("0"));
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn links_to_files_are_followed_and_a_file_is_visited_once() {
        // As Kubernetes mounts a ConfigMap.
        let folder = folder(&["..2026/a.rego"]);
        symlink("..2026", folder.path().join("..data")).unwrap();
        symlink("..data/a.rego", folder.path().join("a.rego")).unwrap();
        assert_eq!(below(folder.path()).len(), 1);
        let direct = files_in(folder.path(), is_rego).unwrap();
        assert_eq!(shown(folder.path(), direct), ["a.rego"]);
    }

    #[test]
    fn a_dangling_link_is_an_error_only_where_it_would_be_read() {
        let folder = folder(&["a.rego"]);
        symlink("nowhere", folder.path().join("other")).unwrap();
        assert_eq!(below(folder.path()), ["a.rego"]);
        symlink("nowhere", folder.path().join("b.rego")).unwrap();
        let error = files_below(folder.path(), is_rego).unwrap_err();
        assert!(error.path.ends_with("b.rego"), "{error}");
    }

    #[test]
    fn pipes_and_sockets_are_skipped() {
        let folder = folder(&["a.rego"]);
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.rego")).unwrap();
        assert_eq!(below(folder.path()), ["a.rego"]);
    }
}
