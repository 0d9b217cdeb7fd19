//! The subprocess's side: limits itself, then answers requests until its input ends.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::MEMORY_LIMIT;
use crate::policy::{Evaluate, Message, PolicyServer, Response};

/// Memory in bytes for each byte of a request: its values, and the documents that are made from them.
const MEMORY_PER_INPUT_BYTE: u64 = 64;

/// The stack of the thread that runs policies: they may be nested deeply, but not without limit.
const STACK_SIZE: usize = 16 << 20;

/// What the main thread waits for.
enum Event {
    Request(Vec<u8>),
    /// The parent process closed the input or ended.
    InputEnded,
    /// The thread that runs policies ended.
    WorkerEnded,
}

/// Answers requests until the input ends, which ends policies that are still running as well.
///
/// # Errors
/// The limits cannot be set, a thread cannot be started, or a policy crashed.
pub fn serve(
    evaluate: Evaluate,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> std::io::Result<()> {
    limit_memory(0)?;
    // Without a core dump, which would contain the resources.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let (events, happened) = channel();
    let (requests, received) = channel::<Vec<u8>>();
    let ended = WorkerEnds(events.clone());
    Builder::new().name("policies".to_owned()).stack_size(STACK_SIZE).spawn(move || {
        let _ended = ended;
        let output = Arc::new(Mutex::new(output));
        let observer = Arc::clone(&output);
        let mut server = PolicyServer::new(evaluate, move |message| send(&observer, &message));
        for line in received {
            let response = match limit_memory(line.len()).map(|()| serde_json::from_slice(&line)) {
                Ok(Ok(request)) => server.answer(request),
                Ok(Err(error)) => Response::Refused(error.to_string()),
                Err(error) => Response::Refused(error.to_string()),
            };
            send(&output, &Message::Response(response));
        }
    })?;
    Builder::new().spawn(move || read(input, &events))?;
    for event in happened {
        match event {
            // A worker that ended says so.
            Event::Request(line) => drop(requests.send(line)),
            Event::InputEnded => return Ok(()),
            Event::WorkerEnded => break,
        }
    }
    Err(std::io::Error::other("a policy crashed"))
}

/// Reports the end of a thread, even if it panics.
struct WorkerEnds(Sender<Event>);

impl Drop for WorkerEnds {
    fn drop(&mut self) {
        let _ = self.0.send(Event::WorkerEnded);
    }
}

fn read(input: impl Read, events: &Sender<Event>) {
    let mut reader = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        let event = match reader.read_until(b'\n', &mut line) {
            Ok(size) if size > 0 => Event::Request(line),
            _ => Event::InputEnded,
        };
        let is_end = matches!(event, Event::InputEnded);
        if events.send(event).is_err() || is_end {
            return;
        }
    }
}

/// Sends a message. If nobody reads it, the input ends as well.
fn send(output: &Mutex<impl Write>, message: &Message) {
    if let Ok(mut line) = serde_json::to_vec(message) {
        line.push(b'\n');
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = output.write_all(&line).and_then(|()| output.flush());
    }
}

/// Limits the memory of this process to what policies may use in addition to a request of this size.
fn limit_memory(size: usize) -> std::io::Result<()> {
    // macOS does not enforce this limit, and refuses one below what the system has mapped. The time is limited there.
    if cfg!(target_os = "macos") {
        return Ok(());
    }
    let limit = MEMORY_LIMIT.saturating_add((size as u64).saturating_mul(MEMORY_PER_INPUT_BYTE));
    let Rlimit { maximum, .. } = getrlimit(Resource::As);
    let current = maximum.map_or(limit, |maximum| maximum.min(limit));
    Ok(setrlimit(Resource::As, Rlimit { current: Some(current), maximum })?)
}
