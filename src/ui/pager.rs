//! Long output at a terminal goes through a pager, as in `git` and the `aws` CLI.

use std::env::{var, var_os};
use std::io::{ErrorKind, IsTerminal, Write as _};
use std::process::{Command, Stdio};

use console::Term;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};

/// The variables that name the pager, the first of which counts. An empty one turns it off.
const VARIABLES: [&str; 2] = ["STAGEGATE_PAGER", "PAGER"];

/// The pager if no variable names one.
const DEFAULT: &str = "less";

/// Options of `less`, unless the user has chosen others: end at once if everything fits, print colors, and leave the text on
/// the screen.
const LESS: &str = "FRX";

/// A program that displays long text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pager {
    words: Vec<String>,
}

impl Pager {
    /// Returns the pager that the environment variables name; `None` without a terminal for it, or if it is turned off.
    pub(super) fn of_terminal() -> Option<Self> {
        let is_dumb = var_os("TERM").is_none_or(|term| term == "dumb");
        if is_dumb || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
            return None;
        }
        Self::chosen(VARIABLES.iter().find_map(|name| var(name).ok()).as_deref())
    }

    fn chosen(command: Option<&str>) -> Option<Self> {
        let words = shlex::split(command.unwrap_or(DEFAULT)).filter(|words| !words.is_empty())?;
        // It would print everything at once.
        (words[0] != "cat").then_some(Self { words })
    }

    /// Displays text and waits for the user to end the pager; `None` if it cannot be started.
    pub(super) fn show(&self, text: &str) -> Option<std::io::Result<()>> {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::piped());
        if var_os("LESS").is_none() {
            command.env("LESS", LESS);
        }
        let mut child = command.spawn().ok()?;
        outlive_interrupts();
        let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        let ended = child.wait();
        Some(match written {
            // The user has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.and(ended.map(|_| ())),
        })
    }
}

/// Returns true if text takes more lines than the terminal has.
pub(super) fn is_long(text: &str) -> bool {
    Term::stdout()
        .size_checked()
        .is_some_and(|(rows, columns)| lines_at(text, usize::from(columns)) >= usize::from(rows))
}

/// Returns the number of lines that text takes at a width.
fn lines_at(text: &str, columns: usize) -> usize {
    text.lines().map(|line| console::measure_text_width(line).div_ceil(columns.max(1)).max(1)).sum()
}

/// Ctrl-C is the pager's from now on: if this process ended at once, the pager would stay, without a terminal.
fn outlive_interrupts() {
    let listen = || drop(signal(SignalKind::interrupt()));
    match Handle::try_current() {
        Ok(_) => listen(),
        Err(_) => {
            if let Ok(runtime) = Builder::new_current_thread().enable_io().build() {
                let _inside = runtime.enter();
                listen();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_names_the_pager_and_its_arguments() {
        let words = |command| Pager::chosen(command).map(|pager| pager.words);
        assert_eq!(words(None), Some(vec!["less".to_owned()]));
        assert_eq!(words(Some("less -S '+/a b'")), Some(["less", "-S", "+/a b"].map(str::to_owned).to_vec()));
        for off in ["", "  ", "cat", "'unfinished"] {
            assert_eq!(words(Some(off)), None, "{off}");
        }
    }

    #[test]
    fn lines_are_counted_as_the_terminal_breaks_them() {
        assert_eq!(lines_at("", 10), 0);
        assert_eq!(lines_at("a\n\nb\n", 10), 3);
        assert_eq!(lines_at("0123456789\n0123456789a\n", 10), 3);
        assert_eq!(lines_at("\u{1b}[31m0123456789\u{1b}[0m\n", 10), 1, "colors take no space");
    }
}
