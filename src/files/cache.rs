//! Files that may be lost at any time: answers kept from earlier runs.
//!
//! Several processes may read and write at once, and any of them may be killed: what is read is
//! whole ([`atomic`]). What cannot be read is as good as absent, and what cannot be written is not kept.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic::{self, Durability};

/// A folder of kept answers, which comes into being with the first one.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What is kept under a key; `None` too where the file is damaged or of another form.
    pub fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.file(key)).ok()?).ok()
    }

    /// Keeps a value under a key, if the file system lets it.
    pub fn write(&self, key: &str, value: &impl Serialize) {
        let Ok(text) = serde_json::to_vec(value) else { return };
        let _ = atomic::replace(&self.file(key), &text, Durability::Process);
    }

    /// Keys become file names: what a file system may not like is a hyphen there.
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
    fn what_is_kept_is_read_back() {
        let (_folder, cache) = cache();
        assert_eq!(cache.read::<u32>("AWS::S3::Bucket"), None);
        cache.write("AWS::S3::Bucket", &7);
        cache.write("AWS::S3::Bucket", &8);
        assert_eq!(cache.read::<u32>("AWS::S3::Bucket"), Some(8));
        assert_eq!(cache.read::<u32>("AWS::S3::BucketPolicy"), None);
        assert!(cache.file("../../etc/passwd").starts_with(&cache.folder));
    }

    #[test]
    fn damage_and_other_forms_are_as_good_as_absent() {
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
    fn a_folder_that_cannot_be_written_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = Cache::new(file);
        cache.write("key", &1);
        assert_eq!(cache.read::<u32>("key"), None);
    }

    #[test]
    fn writers_at_once_never_leave_half_a_file() {
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
                    // Absent before the first rename, whole ever after.
                    assert!(!cache.file("key").exists() || cache.read::<Vec<String>>("key").is_some());
                }
            }
        });
        let left = fs::read_dir(&cache.folder).unwrap().count();
        assert_eq!(left, 1, "no unfinished file stays");
    }
}
