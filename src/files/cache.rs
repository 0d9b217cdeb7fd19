//! A best-effort file cache for responses of earlier runs.
//!
//! Several processes may read and write at once, and any of them may be killed: reads never see
//! partial writes ([`atomic`]). An unreadable entry counts as missing, and a failed write is ignored.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic::{self, Durability};

/// The maximum size of an entry that is read.
const MAX_ENTRY_BYTES: u64 = 64 * 1024 * 1024;

/// A cache folder, created with its first entry.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Reads the entry of a key; `None` as well where the file is damaged, has another format, or belongs to another user.
    pub fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.read_file(&self.file(key))
    }

    /// Reads all entries that can be read.
    pub fn read_all<T: DeserializeOwned>(&self) -> Vec<T> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = entries.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.filter_map(|file| self.read_file(&file)).collect()
    }

    fn read_file<T: DeserializeOwned>(&self, file: &Path) -> Option<T> {
        let user = rustix::process::geteuid().as_raw();
        let is_own = |found: &fs::Metadata| found.uid() == user;
        // A pipe or a device may never end.
        let is_small = |found: &fs::Metadata| found.len() <= MAX_ENTRY_BYTES;
        let is_readable = fs::metadata(file).is_ok_and(|found| found.is_file() && is_own(&found) && is_small(&found));
        let is_folder_own = fs::metadata(&self.folder).is_ok_and(|found| is_own(&found));
        if !is_readable || !is_folder_own {
            return None;
        }
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }

    /// The keys of all entries, sorted; those of files that cannot be read as well.
    pub fn keys(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = entries.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
        let mut keys: Vec<String> = files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
        keys.sort();
        keys
    }

    /// Removes the entry of a key; errors are ignored.
    pub fn remove(&self, key: &str) {
        let _ = fs::remove_file(self.file(key));
    }

    /// Stores a value under a key; errors are ignored.
    pub fn write(&self, key: &str, value: &impl Serialize) {
        let Ok(text) = serde_json::to_vec(value) else { return };
        let _ = atomic::replace(&self.file(key), &text, Durability::Process);
    }

    /// Stores a value that a user asked for: it survives a system crash.
    ///
    /// # Errors
    /// It cannot be written. The old entry is then unchanged.
    pub fn store(&self, key: &str, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(value).map_err(io::Error::other)?;
        if text.len() as u64 > MAX_ENTRY_BYTES {
            return Err(io::Error::other("it is too large"));
        }
        atomic::replace(&self.file(key), &text, Durability::Machine)
    }

    /// The file of a key: characters that are unsafe in file names become hyphens.
    fn file(&self, key: &str) -> PathBuf {
        let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        self.folder.join(key.chars().map(safe).collect::<String>()).with_extension("json")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("deep/types"));
        (folder, cache)
    }

    #[test]
    fn a_stored_value_is_read_back() {
        let (_folder, cache) = cache();
        assert_eq!(cache.read::<u32>("AWS::S3::Bucket"), None);
        cache.write("AWS::S3::Bucket", &7);
        cache.write("AWS::S3::Bucket", &8);
        assert_eq!(cache.read::<u32>("AWS::S3::Bucket"), Some(8));
        assert_eq!(cache.read::<u32>("AWS::S3::BucketPolicy"), None);
        assert!(cache.file("../../etc/passwd").starts_with(&cache.folder));
    }

    #[test]
    fn damaged_files_and_other_formats_count_as_missing() {
        let (_folder, cache) = cache();
        cache.write("key", &vec!["text"]);
        assert_eq!(cache.read::<u32>("key"), None);
        for damaged in [&b""[..], b"[\"te", b"\xff\xfe\x00"] {
            fs::write(cache.file("key"), damaged).unwrap();
            assert_eq!(cache.read::<Vec<String>>("key"), None);
        }
        cache.write("key", &vec!["text"]);
        assert_eq!(cache.read::<Vec<String>>("key"), Some(vec!["text".to_owned()]));
    }

    #[test]
    fn an_entry_that_is_too_large_counts_as_missing() {
        let (_folder, cache) = cache();
        cache.store("key", &1).unwrap();
        cache.store("another", &1).unwrap();
        assert_eq!(cache.keys(), ["another", "key"]);
        let file = fs::OpenOptions::new().write(true).open(cache.file("key")).unwrap();
        let read = |length: u64| {
            // Spaces after a value are valid JSON; a hole in a file is not, so only the length counts.
            file.set_len(length).unwrap();
            cache.read::<u32>("key")
        };
        assert_eq!(read(1), Some(1));
        assert_eq!(read(MAX_ENTRY_BYTES + 1), None);
        assert!(cache.store("long", &"x".repeat(65 << 20)).is_err());
        assert_eq!(cache.read::<String>("long"), None);
    }

    #[test]
    fn entries_are_removed_and_read_together() {
        let (_folder, cache) = cache();
        assert_eq!(cache.read_all::<u32>(), Vec::<u32>::new());
        cache.write("one", &1);
        cache.write("two", &2);
        fs::write(cache.file("three"), "{").unwrap();
        fs::create_dir(cache.file("four")).unwrap();
        let mut found = cache.read_all::<u32>();
        found.sort_unstable();
        assert_eq!(found, [1, 2]);
        cache.remove("one");
        cache.remove("none");
        assert_eq!(cache.read_all::<u32>(), [2]);
    }

    #[test]
    fn a_failed_write_stores_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = Cache::new(file);
        cache.write("key", &1);
        assert_eq!(cache.read::<u32>("key"), None);
    }

    #[test]
    fn concurrent_writers_never_leave_a_partial_file() {
        let (_folder, cache) = cache();
        let long = |number: usize| vec![number.to_string().repeat(50); 500];
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let cache = &cache;
                scope.spawn(move || (0..50).for_each(|_| cache.write("key", &long(writer))));
            }
            for _ in 0..200 {
                if let Some(kept) = cache.read::<Vec<String>>("key") {
                    assert!((0..4).any(|writer| kept == long(writer)));
                } else {
                    // Missing before the first rename, complete ever after.
                    assert!(!cache.file("key").exists() || cache.read::<Vec<String>>("key").is_some());
                }
            }
        });
        let left = fs::read_dir(&cache.folder).unwrap().count();
        assert_eq!(left, 1, "no unfinished file stays");
    }
}
