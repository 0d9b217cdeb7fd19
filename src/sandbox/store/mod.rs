//! The sandbox's storage: one SQLite file, safe with several processes and with a kill at any
//! point. An acknowledged change is committed before its response is sent.

mod requests;
mod resources;
mod secrets;

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub(super) use requests::{Operation, Request, RequestFilter, Status};
pub(super) use resources::{Key, Record, Tagged};

use super::SandboxError;
use super::wire::ApiError;

/// The layout of the file, kept in SQLite's `user_version`.
const VERSION: i64 = 2;

/// How long a process waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

const LAYOUT: &str = "
CREATE TABLE resources (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    identifier TEXT NOT NULL,
    properties TEXT NOT NULL,
    arn TEXT,
    side_tags TEXT NOT NULL,
    ever_tagged INTEGER NOT NULL,
    tags_before TEXT,
    tags_changed_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account, type, region, identifier)
);
CREATE INDEX resources_by_name ON resources (type, identifier);
CREATE INDEX resources_by_arn ON resources (account, arn);
CREATE INDEX resources_tagged ON resources (account, region, arn) WHERE ever_tagged;
CREATE TABLE requests (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    client_token TEXT,
    content TEXT NOT NULL,
    operation TEXT NOT NULL,
    type TEXT NOT NULL,
    identifier TEXT,
    status TEXT NOT NULL,
    open INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    event_at INTEGER NOT NULL,
    error_code TEXT,
    message TEXT,
    payload TEXT
);
CREATE INDEX requests_open ON requests (due_at) WHERE open;
CREATE INDEX requests_by_client_token ON requests (account, region, client_token);
CREATE INDEX requests_by_time ON requests (accepted_at);
";

/// What the second version added.
const SECOND: &str = "
CREATE TABLE secret_values (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    identifier TEXT NOT NULL,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (account, region, identifier)
);
";

/// The open store.
pub(super) struct Store {
    connection: Mutex<Connection>,
}

/// The tables, inside a transaction.
pub(super) struct Tables<'a> {
    connection: &'a Connection,
}

impl Store {
    /// Opens `sandbox.db` in a directory, creating both when they are missing.
    pub fn open(directory: &Path) -> Result<Self, SandboxError> {
        let file = directory.join("sandbox.db");
        // The models contain what the user wrote, secrets as well. SQLite gives its other files the mode of this one.
        create_private(directory, &file)
            .map_err(|source| SandboxError::Directory { directory: directory.to_owned(), source })?;
        let failed = |source| SandboxError::Store { file: file.clone(), source };
        let mut connection = Connection::open(&file).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        let version = layout_version(&connection).map_err(failed)?;
        if version > VERSION {
            return Err(SandboxError::NewerLayout { file, found: version, known: VERSION });
        }
        if version < VERSION {
            create_layout(&mut connection).map_err(failed)?;
        }
        // NORMAL in WAL mode loses no committed data when a process dies, and never corrupts the file.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: its transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs read-only work on one consistent state.
    pub fn read<T, E: From<rusqlite::Error>>(&self, work: impl FnOnce(&Tables<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.lock();
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
        work(&Tables { connection: &transaction })
    }

    /// Runs work that writes: committed when it succeeds, else rolled back.
    pub fn write<T, E: From<rusqlite::Error>>(&self, work: impl FnOnce(&Tables<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.lock();
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        let outcome = work(&Tables { connection: &transaction })?;
        transaction.commit()?;
        Ok(outcome)
    }
}

/// Creates the folder and the file for their owner alone. A file of an earlier version may be readable by others.
fn create_private(directory: &Path, file: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mut options = OpenOptions::new();
    let opened = options.append(true).create(true).mode(0o600).open(file)?;
    if opened.metadata()?.permissions().mode() & 0o077 != 0 {
        opened.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn layout_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Creates the tables that are missing, unless another process has just done so.
fn create_layout(connection: &mut Connection) -> rusqlite::Result<()> {
    if layout_version(connection)? == 0 {
        // There is no data to lose yet, and syncing to disk takes most of the time.
        connection.pragma_update(None, "synchronous", "OFF")?;
    }
    enter_wal_mode(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = layout_version(&transaction)?;
    if version < 1 {
        transaction.execute_batch(LAYOUT)?;
    }
    if version < VERSION {
        transaction.execute_batch(SECOND)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Switches to the write-ahead log, which the file then keeps. SQLite answers "busy" without
/// waiting when two processes switch a new file at once, so this waits for itself.
fn enter_wal_mode(connection: &Connection) -> rusqlite::Result<()> {
    let mut attempts = 0;
    loop {
        let outcome = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        match outcome {
            Err(error) if is_busy(&error) && attempts < 200 => {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

impl Tables<'_> {
    /// Deletes every resource, request and value.
    pub fn clear(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("DELETE FROM resources; DELETE FROM requests; DELETE FROM secret_values;")
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(format!("The sandbox's store failed: {error}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub(super) mod tests {
    use super::*;

    /// A store in a folder of its own, which lives as long as the guard.
    pub fn temporary() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        (directory, store)
    }

    #[test]
    fn only_its_owner_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("state/sandbox");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        drop(Store::open(&directory).unwrap());
        let file = directory.join("sandbox.db");
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        let _store = Store::open(&directory).unwrap();
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    #[test]
    fn many_processes_may_open_a_new_file_at_once() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open(directory.path()).unwrap());
            }
        });
    }

    #[test]
    fn a_file_of_a_later_version_is_refused() {
        let (directory, store) = temporary();
        store.lock().pragma_update(None, "user_version", 99).unwrap();
        let error = Store::open(directory.path()).err().unwrap();
        assert!(matches!(error, SandboxError::NewerLayout { found: 99, .. }));
    }

    #[test]
    fn failed_work_leaves_nothing_behind() {
        let (_directory, store) = temporary();
        let record = Record::sample("111111111111", "AWS::SQS::Queue", "q");
        let outcome: Result<(), ApiError> = store.write(|tables| {
            tables.insert(&record)?;
            Err(ApiError::internal("no"))
        });
        assert!(outcome.is_err());
        let found = store.read(|tables| tables.find(&record.key)).unwrap();
        assert!(found.is_none());
    }
}
