//! The audit log: a file with one JSON document per line, to which several processes may append at once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::atomic::private_folder;

/// An audit log, created with its first line.
#[derive(Debug, Clone)]
pub struct AuditLog {
    file: PathBuf,
}

impl AuditLog {
    /// The audit log in a file.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Appends a line. It is written at once, so that lines of several processes do not mix.
    ///
    /// # Errors
    /// The file or its folder cannot be written, or it is not a regular file.
    pub fn append(&self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        if let Some(folder) = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_folder(folder)?;
        }
        // Opening a pipe without a reader would block.
        if fs::metadata(&self.file).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.file)?;
        file.write_all(&text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn lines(log: &AuditLog) -> Vec<String> {
        fs::read_to_string(log.file()).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_appended_to_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = AuditLog::new(folder.path().join("state/audit.jsonl"));
        log.append(&"one\nline").unwrap();
        log.append(&2).unwrap();
        assert_eq!(lines(&log), [r#""one\nline""#, "2"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(log.file()), mode(log.file().parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn concurrent_lines_stay_complete() {
        let folder = tempfile::tempdir().unwrap();
        let log = AuditLog::new(folder.path().join("audit.jsonl"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let log = &log;
                scope.spawn(move || (0..50).for_each(|_| log.append(&writer.to_string().repeat(5000)).unwrap()));
            }
        });
        let lines = lines(&log);
        assert_eq!(lines.len(), 200);
        assert!(lines.iter().all(|line| line.len() == 5002));
    }

    #[test]
    fn a_pipe_or_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AuditLog::new(folder.path().to_owned()).append(&1).is_err());
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(AuditLog::new(pipe).append(&1).unwrap_err().to_string().contains("regular file"));
    }
}
