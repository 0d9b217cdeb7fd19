//! The threads of a process, and the limits of the system on them.

use crate::domain::diagnostic::{Code, Diagnostic};

/// The threads of the runtime, without those for blocking work.
const WORKERS: usize = 2;
/// The files that the runtime opens: of its event queue, its timer and its signal handler.
const RUNTIME_FILES: usize = 8;

/// Starts the runtime.
///
/// # Errors
/// The system refuses the threads or the files that a run needs.
pub(super) fn start() -> std::io::Result<tokio::runtime::Runtime> {
    probe_limits()?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()
}

/// Opens files and starts threads as the runtime will, because it panics if the system refuses them.
fn probe_limits() -> std::io::Result<()> {
    let files: std::io::Result<Vec<_>> = (0..RUNTIME_FILES).map(|_| std::fs::File::open("/dev/null")).collect();
    drop(files?);
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    std::thread::scope(|scope| {
        // One more for the thread of the command. All are alive at once until the sender is dropped.
        let started: std::io::Result<Vec<_>> = (0..=WORKERS)
            .map(|_| std::thread::Builder::new().spawn_scoped(scope, || drop(wait.lock().map(|wait| wait.recv()))))
            .collect();
        drop(done);
        started.map(drop)
    })
}

/// The problem of a process that may not start threads or open files.
pub(super) fn refused(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::NoRuntime, format!("the system refuses threads or files that the command needs: {error}"))
        .hint("raise the limit on processes (`ulimit -u`) or on open files (`ulimit -n`), or that of the container")
}
