//! Runs the built binary as a user would, isolated from the real environment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The accounts of the sandbox.
pub const DEV: &str = "111111111111";
pub const PROD: &str = "222222222222";

/// Time limit for the first response of a server.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(60);

/// The result of a command.
#[derive(Debug)]
pub struct Run {
    pub command: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn new(command: String, output: Output) -> Self {
        Self {
            command,
            // A process that was ended by a signal has no exit code; no test expects one.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Parses stdout as one JSON document and validates it against its committed schema.
    #[track_caller]
    pub fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        assert_eq!(document["outcome"]["exit_code"], self.code, "{self}");
        let problems = super::schemas::problems(&document);
        assert!(problems.is_empty(), "{}\n{self}", problems.join("\n"));
        document
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}\nexit code {}\n--- stdout\n{}\n--- stderr\n{}",
            self.command, self.code, self.stdout, self.stderr
        )
    }
}

/// A user with an empty home folder, an empty working folder and, unless a test uses AWS, a sandbox.
pub struct User {
    home: TempDir,
    environment: BTreeMap<String, String>,
}

impl User {
    /// Creates a user of the sandbox.
    pub fn of_sandbox() -> Self {
        let mut user = Self::of_aws();
        let sandbox = user.home.path().join("sandbox").display().to_string();
        user.environment.insert("STAGEGATE_SANDBOX".to_owned(), sandbox);
        user
    }

    /// Creates a user of AWS, whose profiles are in the file `aws-config` of [`User::write`].
    pub fn of_aws() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let place = |name: &str| home.path().join(name).display().to_string();
        // The folder of the binary comes first, so that printed commands can be pasted.
        let binary = Path::new(env!("CARGO_BIN_EXE_stagegate"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.parent().unwrap().display());
        let environment = BTreeMap::from([
            ("PATH".to_owned(), path),
            ("HOME".to_owned(), place("")),
            ("XDG_STATE_HOME".to_owned(), place("state")),
            ("AWS_CONFIG_FILE".to_owned(), place("work/aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE".to_owned(), place("work/aws-credentials")),
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
        ]);
        std::fs::create_dir(home.path().join("work")).expect("a working folder");
        Self { home, environment }
    }

    /// Creates a user of AWS with a dev and a protected prod environment in two accounts, whose endpoint is a server.
    pub fn of_accounts(endpoint: &str, project: &str, dev: &str, prod: &str) -> Self {
        let user = Self::of_aws().with("AWS_ENDPOINT_URL", endpoint);
        let profile = |name: &str, account: &str| {
            format!(
                "[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n"
            )
        };
        user.write("aws-config", &(profile("d", dev) + &profile("p", prod)));
        user.write(
            "stagegate.yaml",
            &format!(
                "version: 1\nproject: {project}\nenvironments:\n  dev: {{ profile: d, account: \"{dev}\", region: us-east-1 }}\n  \
                 prod: {{ profile: p, account: \"{prod}\", region: us-east-1, protected: true }}\n\
                 tags: {{ values: {{ CostCenter: Engineering }} }}\n"
            ),
        );
        user
    }

    /// Adds an environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Creates a user with copies of all files of this one.
    pub fn copy(&self) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (from, to) = (self.home.path().display().to_string(), home.path().display().to_string());
        let copied = Command::new("cp").args(["-a", &format!("{from}/."), &to]).status();
        assert!(copied.expect("cp starts").success());
        let moved = |(name, value): (&String, &String)| (name.clone(), value.replace(&from, &to));
        Self { environment: self.environment.iter().map(moved).collect(), home }
    }

    /// Writes a file to the working folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is created");
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    /// Closes the circuits that earlier runs opened: the service has recovered, and 300 seconds have passed.
    pub fn forget_failures(&self) {
        let _ = std::fs::remove_dir_all(self.home.path().join("state/stagegate/breakers"));
    }

    /// Returns the working folder.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("work")
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Runs `stagegate` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(env!("CARGO_BIN_EXE_stagegate")).args(arguments).output();
        Run::new(format!("stagegate {}", arguments.join(" ")), output.expect("stagegate starts"))
    }

    /// Runs another program.
    pub fn program(&self, program: &Path, arguments: &[&str]) -> Run {
        let output = self.command(program).args(arguments).output();
        Run::new(format!("{} {}", program.display(), arguments.join(" ")), output.expect("the program starts"))
    }

    /// Starts `stagegate` with an open and empty standard input, sends a signal once it listens for signals and `is_at_work`,
    /// and returns the result.
    pub fn interrupt(&self, arguments: &[&str], signal: &str, is_at_work: impl Fn() -> bool) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_stagegate"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("stagegate starts");
        let stdin = child.stdin.take();
        while child.try_wait().expect("its state is known").is_none() {
            if listens(&child, signal) && is_at_work() {
                send(signal, &child);
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = child.wait_with_output().expect("it ends");
        drop(stdin);
        Run::new(format!("stagegate {}", arguments.join(" ")), output)
    }

    /// As [`User::interrupt`], but sends the signal again until the process ends.
    pub fn insist(&self, arguments: &[&str], signal: &str, is_at_work: impl Fn() -> bool) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_stagegate"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("stagegate starts");
        while child.try_wait().expect("its state is known").is_none() {
            if listens(&child, signal) && is_at_work() {
                send(signal, &child);
                std::thread::sleep(Duration::from_millis(200));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = child.wait_with_output().expect("it ends");
        Run::new(format!("stagegate {}", arguments.join(" ")), output)
    }

    /// Runs `stagegate` and passes its process id on once it has started. Returns the exit code; `None` if a signal ended it.
    pub fn run_with_id(&self, arguments: &[&str], started: impl Fn(u32)) -> Option<i32> {
        let mut command = self.command(env!("CARGO_BIN_EXE_stagegate"));
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("stagegate starts");
        started(child.id());
        child.wait().expect("it ends").code()
    }

    /// Starts `stagegate`, returns the first lines of its output as soon as there are so many, and ends it.
    pub fn first_lines(&self, arguments: &[&str], number: usize) -> Vec<String> {
        let mut command = self.command(env!("CARGO_BIN_EXE_stagegate"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("stagegate starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
        let lines = lines.take(number).map(|line| line.expect("a line")).collect();
        let _ = child.kill();
        let _ = child.wait();
        lines
    }

    /// Runs `stagegate --json`, asserts the exit code and returns the document.
    #[track_caller]
    pub fn json(&self, arguments: &[&str], code: i32) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        self.run(&arguments).expect(code).document()
    }

    /// Runs a printed command in a shell.
    pub fn paste(&self, command: &str) -> Run {
        let output = self.command("sh").args(["-c", command]).output();
        Run::new(command.to_owned(), output.expect("sh starts"))
    }

    /// Runs a command that changes resources and, if it requires an approval, the command that it prints.
    #[track_caller]
    pub fn approve(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let first = self.run(&arguments);
        if first.code == 0 {
            return first.document();
        }
        let document = first.expect(3).document();
        self.paste(approving_command(&document)).expect(0).document()
    }

    /// The sandbox on a port.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// The sandbox on a port, with flags.
    pub fn serve_with(&self, flags: &[&str]) -> Server {
        let mut child = self
            .command(env!("CARGO_BIN_EXE_stagegate"))
            .args(["sandbox", "serve", "--port", "0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("stagegate starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the address is printed");
        assert!(line.starts_with("http://127.0.0.1:"), "an address, not {line:?}");
        Server { child, endpoint: line.trim().to_owned(), _home: None }
    }

    /// Runs a script of `tests/python` with an endpoint and an account.
    #[track_caller]
    pub fn python(&self, script: &str, server: &Server, account: &str, arguments: &[&str]) -> Run {
        self.python_in(script, server, (account, "us-east-1"), arguments)
    }

    /// Runs a script of `tests/python` with an endpoint, an account and a region.
    #[track_caller]
    fn python_in(&self, script: &str, server: &Server, (account, region): (&str, &str), arguments: &[&str]) -> Run {
        let script = root().join("tests/python").join(script);
        let output = self
            .command(python())
            .arg(&script)
            .args(arguments)
            .env_remove("AWS_CONFIG_FILE")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AWS_ENDPOINT_URL", &server.endpoint)
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region)
            .env("AWS_ACCESS_KEY_ID", account)
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .output();
        Run::new(format!("python {} {}", script.display(), arguments.join(" ")), output.expect("Python starts"))
    }

    /// Runs Python with these arguments in the environment of the user.
    pub fn python_client(&self, arguments: &[String]) -> Run {
        let output = self.command(python()).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output();
        Run::new(format!("python {}", arguments.join(" ")), output.expect("Python starts"))
    }

    /// Runs `stagegate` at a terminal with the actions of `tests/python/terminal.py`.
    #[track_caller]
    pub fn at_terminal(&self, actions: &Value, arguments: &[&str]) -> Value {
        let script = root().join("tests/python/terminal.py");
        let mut command = self.command(python());
        command.arg(script).arg(actions.to_string()).arg(env!("CARGO_BIN_EXE_stagegate")).args(arguments);
        // Most tests read long results whole.
        let pager = self.environment.get("STAGEGATE_PAGER").map(String::as_str).unwrap_or_default();
        command.env("TERM", "xterm").env("STAGEGATE_PAGER", pager).env("PYTHONDONTWRITEBYTECODE", "1");
        let output = command.output().expect("Python starts");
        let run = Run::new(format!("at a terminal: stagegate {}", arguments.join(" ")), output).expect(0);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
    }

    /// Calls Cloud Control with boto3, a third-party client, and returns its output.
    #[track_caller]
    pub fn boto3(&self, server: &Server, account: &str, arguments: &[&str]) -> Value {
        self.boto3_in(server, (account, "us-east-1"), arguments)
    }

    /// As [`User::boto3`], in a region.
    #[track_caller]
    pub fn boto3_in(&self, server: &Server, place: (&str, &str), arguments: &[&str]) -> Value {
        let run = self.python_in("cloudcontrol.py", server, place, arguments).expect(0);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
    }
}

/// Makes one awsJson call in the dev account on a new connection; `None` if the server was killed during the call.
pub fn call(endpoint: &str, service: &str, target: &str, input: &Value) -> Option<Value> {
    call_as(DEV, endpoint, service, target, input)
}

/// Makes one awsJson call in an account on a new connection; `None` if the server was killed during the call.
pub fn call_as(account: &str, endpoint: &str, service: &str, target: &str, input: &Value) -> Option<Value> {
    call_in((account, "us-east-1"), endpoint, service, target, input)
}

/// As [`call_as`], in a region.
pub fn call_in(
    (account, region): (&str, &str),
    endpoint: &str,
    service: &str,
    target: &str,
    input: &Value,
) -> Option<Value> {
    let body = input.to_string();
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://")?).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let credential = format!("{account}/20261120/{region}/{service}/aws4_request");
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\nx-amz-target: {target}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let answer = serde_json::from_str(body).ok()?;
    assert!(head.starts_with("HTTP/1.1 200"), "{target}: {answer}");
    Some(answer)
}

/// Returns a port that no other test takes before a program listens on it: not one that the system gives to those that ask for any.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    // Two runs of the tests begin at different ports.
    let offset = std::process::id().wrapping_mul(97) as u16 % COUNT;
    let ports = (0..COUNT).map(|_| FIRST + offset.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    ports.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// A server that is stopped at the end of the test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub endpoint: String,
    /// The home folder of the server.
    _home: Option<TempDir>,
}

impl Server {
    /// Starts a program of the Python environment that listens on a free port.
    pub fn python(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let port = free_port().to_string();
        let fill = |text: &&str| text.replace("PORT", &port);
        let home = tempfile::tempdir().expect("a temporary folder");
        let log = home.path().join("log");
        let mut child = Command::new(python().with_file_name(program))
            .args(arguments.iter().map(fill))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", home.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(environment.iter().map(|(name, value)| (*name, fill(value))))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let began = Instant::now();
        while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            let ended = child.try_wait().expect("its state is known").is_some();
            if ended || began.elapsed() > STARTUP_TIMEOUT {
                let _ = child.kill();
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("{program} does not answer on port {port}: {said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, endpoint: format!("http://127.0.0.1:{port}"), _home: Some(home) }
    }
}

impl Server {
    /// Sends a signal and returns the exit code.
    pub fn stop(mut self, signal: &str) -> Option<i32> {
        send(signal, &self.child);
        self.child.wait().expect("it ends").code()
    }
}

impl Server {
    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns whether a process has a handler for a signal.
fn listens(child: &Child, signal: &str) -> bool {
    let number = match signal {
        "INT" => 2,
        "TERM" => 15,
        other => panic!("no number for {other}"),
    };
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

/// Sends a signal.
fn send(signal: &str, child: &Child) {
    let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(kill.expect("sh starts").success());
}

/// Returns the path of Python in the environment of the tests.
pub fn python() -> PathBuf {
    let python = std::env::var_os("STAGEGATE_TEST_PYTHON").map(PathBuf::from);
    let python = python.unwrap_or_else(|| root().join("target/test-python/bin/python"));
    assert!(
        python.is_file(),
        "{} does not exist: `tests/run` creates the Python environment that this test requires",
        python.display()
    );
    python
}

/// Returns the root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the path of a starter template.
pub fn template(name: &str) -> String {
    root().join("templates").join(name).display().to_string()
}

/// Asks until something is so. The number of attempts is limited, so that a test fails rather than waits without an end.
pub fn until(mut is_so: impl FnMut() -> bool) {
    let is_reached = (0..2_000).any(|_| {
        let found = is_so();
        if !found {
            std::thread::sleep(Duration::from_millis(10));
        }
        found
    });
    assert!(is_reached, "it was not so after 2,000 attempts");
}

/// Returns the command in a document that approves its plan.
#[track_caller]
pub fn approving_command(document: &Value) -> &str {
    let digest = document["body"]["plan"]["digest"].as_str().expect("the plan has a digest");
    let commands = document["next"].as_array().expect("next is a list");
    commands
        .iter()
        .filter_map(|next| next["command"].as_str())
        .find(|command| command.contains(&format!("--approve {digest}")))
        .unwrap_or_else(|| panic!("no command approves {digest}: {commands:?}"))
}

/// Returns the diagnostics of a document, for assertions.
pub fn messages(document: &Value) -> String {
    document["diagnostics"].to_string()
}
