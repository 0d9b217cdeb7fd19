//! The subprocess of our own executable that runs a project's policies, with limits on memory, time and output. One
//! process serves a run. Its messages are lines of JSON on its standard streams, and it inherits no environment variables.

mod server;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::policy::{Message, PolicyProcess, ProcessFailure, Request, Response, Step};

pub use server::serve;

/// The only argument of the process.
pub const ARGUMENT: &str = "__run-policies";

/// The memory in bytes that the policies may use in addition to their input.
const MEMORY_LIMIT: u64 = 512 << 20;

/// The allocator reserves address space in steps of this size. Its default of 1 GB is more than the limit.
const ARENA_SIZE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "32M");

/// The maximum size of a response in bytes.
const OUTPUT_LIMIT: u64 = 64 << 20;

/// The time that the process has for a request, in addition to [`TIME_PER_RUN`]. A single policy that does not end is
/// stopped earlier, by the policy engine.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Additional time for each run of a policy on a resource. Most need less than a millisecond.
const TIME_PER_RUN: Duration = Duration::from_millis(5);

/// How much of the error output is kept.
const MAX_ERROR_BYTES: u64 = 64 << 10;

/// How long a process that closed its output may take to end, in steps of [`END_STEP`].
const END_STEPS: usize = 400;
const END_STEP: Duration = Duration::from_millis(5);

/// The limits of a process.
#[derive(Debug, Clone, Copy)]
struct Limits {
    output: u64,
    time: Duration,
    time_per_run: Duration,
}

/// The process of a run, which is started with the first request and ends when this value is dropped.
pub struct PolicySubprocess {
    subject: String,
    program: Vec<OsString>,
    limits: Limits,
    state: Mutex<State>,
}

enum State {
    NotStarted,
    Running(Connection),
    Ended(ProcessFailure),
}

impl PolicySubprocess {
    /// The process of policies. The subject describes them in errors, such as `the policies of checks/`.
    pub fn new(subject: String) -> Self {
        let limits = Limits { output: OUTPUT_LIMIT, time: TIME_LIMIT, time_per_run: TIME_PER_RUN };
        Self::of_program(subject, vec![executable(), ARGUMENT.into()], limits)
    }

    fn of_program(subject: String, program: Vec<OsString>, limits: Limits) -> Self {
        Self { subject, program, limits, state: Mutex::new(State::NotStarted) }
    }

    fn failure(&self, what: String, running: Vec<Step>) -> ProcessFailure {
        ProcessFailure { subject: self.subject.clone(), what, running }
    }
}

/// Our own executable. On Linux, the path of the running one, which remains valid while another version is installed.
fn executable() -> OsString {
    let running = Path::new("/proc/self/exe");
    match (running.exists(), std::env::current_exe()) {
        (false, Ok(path)) => path.into(),
        _ => running.into(),
    }
}

impl PolicyProcess for PolicySubprocess {
    fn request(&self, request: &Request<'_>) -> Result<Response, ProcessFailure> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::NotStarted) {
            *state = match Connection::open(&self.program, self.limits.output) {
                Ok(connection) => State::Running(connection),
                Err(error) => State::Ended(self.failure(format!("cannot be run: {error}"), Vec::new())),
            };
        }
        let mut connection = match std::mem::replace(&mut *state, State::NotStarted) {
            State::Running(connection) => connection,
            State::Ended(failure) => {
                *state = State::Ended(failure.clone());
                return Err(failure);
            }
            State::NotStarted => return Err(self.failure("were not started".to_owned(), Vec::new())),
        };
        let runs = u32::try_from(request.runs()).unwrap_or(u32::MAX);
        let time = self.limits.time.saturating_add(self.limits.time_per_run.saturating_mul(runs));
        let response = match serde_json::to_vec(request) {
            Ok(line) => connection.exchange(line, time),
            Err(error) => Err(End::Invalid(error.to_string())),
        };
        match response {
            Ok(response) => {
                *state = State::Running(connection);
                Ok(response)
            }
            Err(end) => {
                let (what, running) = connection.ended(&end, self.limits.output, time);
                let failure = self.failure(what, running);
                *state = State::Ended(failure.clone());
                Err(failure)
            }
        }
    }
}

/// Why there is no response.
#[derive(Debug)]
enum End {
    Exited,
    TimedOut,
    TooLarge,
    Invalid(String),
}

/// A running process.
struct Connection {
    child: Child,
    stdin: ChildStdin,
    responses: Receiver<Result<Response, End>>,
    /// What each thread of the process does.
    running: Arc<Mutex<BTreeMap<usize, Step>>>,
    errors: Option<JoinHandle<String>>,
}

impl Connection {
    fn open(program: &[OsString], output_limit: u64) -> std::io::Result<Self> {
        let (name, arguments) = program.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(name);
        command.arg0("stagegate").args(arguments).env_clear().envs([ARENA_SIZE]).current_dir("/");
        // In a group of its own, so that it is not interrupted before we are.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        };
        let (sender, responses) = channel();
        let running = Arc::new(Mutex::new(BTreeMap::new()));
        let steps = Arc::clone(&running);
        std::thread::Builder::new().spawn(move || receive(stdout, output_limit, &steps, &sender))?;
        let errors = std::thread::Builder::new().spawn(move || beginning(stderr))?;
        Ok(Self { child, stdin, responses, running, errors: Some(errors) })
    }

    /// Sends a request and waits for the response.
    fn exchange(&mut self, mut line: Vec<u8>, time: Duration) -> Result<Response, End> {
        line.push(b'\n');
        let (stdin, child, responses) = (&mut self.stdin, &mut self.child, &self.responses);
        std::thread::scope(|scope| {
            // A process that does not read must not block us. If it ended, there is no response.
            scope.spawn(move || stdin.write_all(&line).and_then(|()| stdin.flush()));
            let response = match responses.recv_timeout(time) {
                Ok(response) => response,
                Err(RecvTimeoutError::Timeout) => Err(End::TimedOut),
                Err(RecvTimeoutError::Disconnected) => Err(End::Exited),
            };
            if let Err(End::TimedOut | End::TooLarge | End::Invalid(_)) = &response {
                kill(child);
            }
            response
        })
    }

    /// Says what happened to a process without a response, and what it was doing.
    fn ended(mut self, end: &End, output_limit: u64, time: Duration) -> (String, Vec<Step>) {
        for _ in 0..END_STEPS {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(END_STEP),
                _ => break,
            }
        }
        kill(&mut self.child);
        let status = self.child.wait().ok();
        let errors = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        let what = match end {
            End::TimedOut => format!("exceeded the time limit of {} s", time.as_secs_f64().ceil()),
            End::TooLarge => format!("exceeded the output limit of {} MB", output_limit >> 20),
            End::Invalid(error) => format!("gave an invalid answer: {error}"),
            End::Exited => cause(status, &errors),
        };
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        (what, running)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        kill(&mut self.child);
        let _ = self.child.wait();
    }
}

/// Kills a process and its own subprocesses, unless it has ended.
fn kill(child: &mut Child) {
    if let Ok(None) = child.try_wait()
        && let Some(group) = child.id().try_into().ok().and_then(Pid::from_raw)
    {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Why a process ended. Its error output is not shown: it may contain values of resources.
fn cause(status: Option<ExitStatus>, errors: &str) -> String {
    let says = |words: &[&str]| words.iter().any(|word| errors.contains(word));
    if says(&["memory allocation of", "capacity overflow", "Cannot allocate memory", "os error 12"]) {
        return format!("exceeded the memory limit of {} MB", MEMORY_LIMIT >> 20);
    }
    if says(&["has overflowed its stack"]) {
        return "exceeded the limit of recursion".to_owned();
    }
    match status.map(|status| (status.code(), status.signal())) {
        Some((_, Some(signal))) => format!("crashed (signal {signal})"),
        Some((Some(code), _)) => format!("crashed (exit code {code})"),
        _ => "crashed".to_owned(),
    }
}

/// Reads the messages of a process to their end.
fn receive(
    stdout: ChildStdout,
    limit: u64,
    steps: &Mutex<BTreeMap<usize, Step>>,
    responses: &Sender<Result<Response, End>>,
) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = reader.by_ref().take(limit.saturating_add(1)).read_until(b'\n', &mut line);
        let message = match read {
            Ok(0) | Err(_) => return,
            Ok(size) if size as u64 > limit => Err(End::TooLarge),
            Ok(_) => serde_json::from_slice(&line).map_err(|error| End::Invalid(error.to_string())),
        };
        let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
        let response = match message {
            Ok(Message::Started(step)) => {
                steps.insert(step.thread, step);
                continue;
            }
            Ok(Message::Idle { thread }) => {
                steps.remove(&thread);
                continue;
            }
            Ok(Message::Response(response)) => Ok(response),
            Err(end) => Err(end),
        };
        let is_end = response.is_err();
        if responses.send(response).is_err() || is_end {
            return;
        }
    }
}

/// Reads a stream to its end and returns its beginning.
fn beginning(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.by_ref().take(MAX_ERROR_BYTES).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The failure of a shell script in place of the process.
    fn failure(script: &str, limits: Limits) -> ProcessFailure {
        let program = ["/bin/sh", "-c", script].map(OsString::from).to_vec();
        let process = PolicySubprocess::of_program("the policies of p".to_owned(), program, limits);
        let request = Request::Compile { sources: Vec::new() };
        let failure = process.request(&request).unwrap_err();
        // It is not started again.
        assert_eq!(process.request(&request).unwrap_err(), failure);
        failure
    }

    const GENEROUS: Limits =
        Limits { output: 1 << 20, time: Duration::from_secs(60), time_per_run: Duration::from_secs(1) };

    #[test]
    fn each_end_of_a_process_is_a_failure_that_names_its_cause() {
        for (script, what) in [
            (
                "echo 'memory allocation of 24000000000 bytes failed' >&2; kill -ABRT $$",
                "exceeded the memory limit of 512 MB",
            ),
            (
                "echo \"thread 'policies' panicked: capacity overflow\" >&2; exit 1",
                "exceeded the memory limit of 512 MB",
            ),
            (
                "echo \"thread 'policies' has overflowed its stack\" >&2; kill -ABRT $$",
                "exceeded the limit of recursion",
            ),
            ("kill -SEGV $$", "crashed (signal 11)"),
            ("echo secret >&2; exit 3", "crashed (exit code 3)"),
            ("head -c 3000000 /dev/zero", "exceeded the output limit of 1 MB"),
            ("exec 1>&-; sleep 600", "crashed (signal 9)"),
        ] {
            let failure = failure(script, GENEROUS);
            assert_eq!((failure.subject.as_str(), failure.what.as_str()), ("the policies of p", what), "{script}");
        }
        assert!(failure("echo hello; sleep 600", GENEROUS).what.starts_with("gave an invalid answer"));
        let missing = PolicySubprocess::of_program(String::new(), vec!["/no/such/program".into()], GENEROUS);
        let failure = missing.request(&Request::Compile { sources: Vec::new() }).unwrap_err();
        assert!(failure.what.starts_with("cannot be run: "), "{failure:?}");
    }

    #[test]
    fn a_process_that_does_not_answer_is_killed() {
        let limits = Limits { time: Duration::from_millis(10), ..GENEROUS };
        // It neither reads nor answers.
        assert_eq!(failure("sleep 600", limits).what, "exceeded the time limit of 1 s");
    }

    #[test]
    fn the_policies_that_ran_at_the_end_are_known() {
        let step = |thread: usize, policy: &str| Step {
            thread,
            path: format!("p/{policy}.rego"),
            policy: Some(policy.to_owned()),
            resource: Some(7),
        };
        let line = |message: &Message| format!("echo '{}'; ", serde_json::to_string(message).unwrap());
        let script = [
            Message::Started(step(0, "a")),
            Message::Started(step(1, "b")),
            Message::Started(step(0, "c")),
            Message::Started(step(2, "d")),
            Message::Idle { thread: 1 },
        ];
        let script: String = script.iter().map(line).collect();
        assert_eq!(failure(&format!("{script} exit 1"), GENEROUS).running, [step(0, "c"), step(2, "d")]);
    }

    #[test]
    fn responses_are_returned() {
        let response = serde_json::to_string(&Message::Response(Response::Compiled)).unwrap();
        let script = format!("while read -r line; do echo '{response}'; done");
        let program = ["/bin/sh", "-c", &script].map(OsString::from).to_vec();
        let process = PolicySubprocess::of_program(String::new(), program, GENEROUS);
        for _ in 0..2 {
            let response = process.request(&Request::Compile { sources: Vec::new() });
            assert!(matches!(response, Ok(Response::Compiled)), "{response:?}");
        }
    }
}
