//! `demo`: runs the main workflow in a temporary sandbox and prints each command before its output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use tempfile::TempDir;
use tokio::process::Command;

use crate::cli::{DemoArgs, command_line};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::starters::STARTERS;
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, DemoAnswer, DemoBody, DemoFolderState, DemoStepView};
use crate::run::{Signals, StopReason};
use crate::ui::Ui;

/// The folder of the demo.
struct Folder {
    path: PathBuf,
    /// Removes the folder when dropped; `None` if it is kept.
    temporary: Option<TempDir>,
}

pub async fn run(arguments: &DemoArgs, ui: &Ui, signals: &Signals) -> Result<Answer<DemoAnswer>, Failure> {
    let folder = prepare(arguments.keep.as_deref()).map_err(|(path, error)| {
        let problem = Diagnostic::error(Code::DemoFolder, format!("{} cannot be used: {error}", path.display()));
        Failure::new(Outcome::Error, problem.hint("specify an empty folder with --keep"))
    })?;
    let mut demo = Demo { folder: &folder.path, ui, signals, steps: Vec::new() };
    match demo.run().await {
        Err(Stop::Signal(reason)) => return Err(super::stopped_failure(reason)),
        // The reader of the output is gone, so there is nothing left to print.
        Err(Stop::NoReader) => {
            let body = DemoBody { steps: demo.steps };
            return Ok(Answer::new(Outcome::Ok, DemoAnswer { body, left: DemoFolderState::Unread }));
        }
        Ok(()) => {}
    }
    let body = DemoBody { steps: demo.steps };
    let failed = |step: &&DemoStepView| step.exit_code != step.expected_exit_code;
    let problems: Vec<Diagnostic> = body.steps.iter().filter(failed).map(problem).collect();
    let left = match folder.temporary.is_none() {
        true => DemoFolderState::Kept { folder: folder.path.clone(), sandbox: sandbox_of(&folder.path) },
        false => DemoFolderState::Removed,
    };
    let outcome = if problems.is_empty() { Outcome::Ok } else { Outcome::Error };
    Ok(Answer::new(outcome, DemoAnswer { body, left }).diagnostics(problems))
}

/// Describes a command with an unexpected exit code.
fn problem(step: &DemoStepView) -> Diagnostic {
    let DemoStepView { command, exit_code, expected_exit_code, .. } = step;
    Diagnostic::error(
        Code::DemoFailed,
        format!("`{command}` exited with code {exit_code} instead of {expected_exit_code}"),
    )
}

fn sandbox_of(folder: &Path) -> PathBuf {
    folder.join("sandbox")
}

/// Creates the folder with the starter templates. A folder to keep must be new or empty.
fn prepare(keep: Option<&Path>) -> Result<Folder, (PathBuf, std::io::Error)> {
    let (path, temporary) = match keep {
        Some(path) => (path.to_path_buf(), None),
        None => {
            let made = tempfile::Builder::new().prefix("stagegate-demo-").tempdir();
            let made = made.map_err(|error| (std::env::temp_dir(), error))?;
            (made.path().to_path_buf(), Some(made))
        }
    };
    let fail = |error: std::io::Error| (path.clone(), error);
    fs::create_dir_all(&path).map_err(fail)?;
    if fs::read_dir(&path).map_err(fail)?.next().is_some() {
        return Err(fail(std::io::Error::other("it is not empty")));
    }
    let templates = path.join("templates");
    fs::create_dir_all(&templates).map_err(fail)?;
    for (name, text) in STARTERS {
        fs::write(templates.join(name), text).map_err(fail)?;
    }
    fs::write(path.join("handler.py"), "def handler(event, context):\n    return \"ok\"\n").map_err(fail)?;
    Ok(Folder { path, temporary })
}

/// Why the demo stops early.
enum Stop {
    Signal(StopReason),
    NoReader,
}

struct Demo<'a> {
    folder: &'a Path,
    ui: &'a Ui,
    signals: &'a Signals,
    steps: Vec<DemoStepView>,
}

impl Demo<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let template = |name: &str| self.folder.join("templates").join(name).display().to_string();
        let (bucket, table) = (template("s3-bucket.yaml"), template("dynamodb-table.yaml"));
        let (database, function) = (template("rds-postgres.yaml"), template("lambda-with-role.yaml"));
        self.say("Which accounts are used? dev and prod are two accounts of the sandbox.")?;
        self.step(0, &["context"]).await?;
        self.say("What would a database cost, and does it comply with the policies?")?;
        self.step(0, &["estimate", "-f", &database]).await?;
        self.step(0, &["scan", "-f", &database]).await?;
        self.say("A bucket costs less than the threshold, so it is created without an approval.")?;
        self.step(0, &["create", "-f", &bucket]).await?;
        self.say("So are a table and a function that uses it, with the function's role and log group.")?;
        self.step(0, &["create", "-f", &table, "-f", &function]).await?;
        self.say(
            "A database requires an approval: without a terminal, the plan is printed with its digest (exit code 3).",
        )?;
        self.step(3, &["create", "-f", &database, "--no-input"]).await?;
        self.say("Promote everything to prod. AWS does not return a function's code, so it is passed with --input.")?;
        let code = self.folder.join("handler.py");
        let input = format!("AWS::Lambda::Function/sandbox-orders-dev#/Code/ZipFile=@{}", code.display());
        let promote = ["promote", "--all", "--with-dependencies", "--input", &input, "--no-input"];
        self.step(3, &promote).await?;
        if let Some(digest) = self.digest(&promote).await {
            self.say("The approval names the digest of the plan: exactly this plan is applied.")?;
            let mut approved = promote.to_vec();
            approved.extend(["--approve", &digest]);
            self.step(0, &approved).await?;
        }
        self.say("Are the two accounts in sync, and do all resources have the required tags?")?;
        self.step(0, &["drift"]).await?;
        self.step(0, &["tag-audit"]).await
    }

    fn say(&self, text: &str) -> Result<(), Stop> {
        self.print(&format!("\n{}\n", console::style(format!("# {text}")).cyan()))
    }

    fn print(&self, text: &str) -> Result<(), Stop> {
        if self.ui.is_json() { Ok(()) } else { self.ui.data(text).map_err(|_| Stop::NoReader) }
    }

    /// Runs a command and prints its command line before its output.
    async fn step(&mut self, expected: u8, words: &[&str]) -> Result<(), Stop> {
        let began = Instant::now();
        let line = self.line(words);
        let command = command_line::shell_quote(&line);
        self.print(&format!("\n{}\n", console::style(format!("$ {command}")).bold()))?;
        let exit_code = match self.ui.is_json() {
            true => self.child(&line).await.0,
            // All commands are one text.
            false => Box::pin(super::run([line, vec!["--no-pager".to_owned()]].concat())).await,
        };
        if let Some(reason) = self.signals.received() {
            return Err(Stop::Signal(reason));
        }
        self.steps.push(DemoStepView {
            command,
            expected_exit_code: expected,
            exit_code,
            elapsed_ms: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
        });
        Ok(())
    }

    fn line(&self, words: &[&str]) -> Vec<String> {
        let mut line = vec!["stagegate".to_owned()];
        line.extend(words.iter().map(|word| (*word).to_owned()));
        line.push(format!("--sandbox={}", sandbox_of(self.folder).display()));
        line
    }

    /// Returns the digest of the plan that a command makes, read from its JSON document.
    async fn digest(&self, words: &[&str]) -> Option<String> {
        let mut line = self.line(words);
        line.push("--json".to_owned());
        let (_, output) = self.child(&line).await;
        let document: serde_json::Value = serde_json::from_str(&output).ok()?;
        Some(document.pointer("/body/plan/digest")?.as_str()?.to_owned())
    }

    /// Runs this program as a child process and captures its output. A signal ends the child as well.
    async fn child(&self, line: &[String]) -> (u8, String) {
        let failed = |error: std::io::Error| (Outcome::Error.exit_code(), error.to_string());
        let program = match std::env::current_exe() {
            Ok(program) => program,
            Err(error) => return failed(error),
        };
        let mut command = Command::new(program);
        command.args(line.iter().skip(1)).stdin(Stdio::null()).kill_on_drop(true);
        tokio::select! {
            output = command.output() => match output {
                Ok(output) => {
                    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
                    let code = code.unwrap_or(Outcome::Error.exit_code());
                    (code, String::from_utf8_lossy(&output.stdout).into_owned())
                }
                Err(error) => failed(error),
            },
            reason = self.signals.cancellation() => (reason.outcome(false).exit_code(), String::new()),
        }
    }
}
