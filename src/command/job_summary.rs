//! The summary of a job of GitHub Actions.

use std::fs::OpenOptions;
use std::io::Write;

use crate::domain::diagnostic::{Code, Diagnostic};

/// Appends a report to the file that the runner names in `GITHUB_STEP_SUMMARY`; does nothing outside of a job.
///
/// The runner creates the file. A step may write to it more than once, so that it is appended to.
pub fn append(report: &str) -> Option<Diagnostic> {
    let path = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())?;
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{report}\n").as_bytes()));
    let error = written.err()?;
    let name = path.to_string_lossy().into_owned();
    let problem = format!("the job summary could not be written to {name}: {error}");
    Some(Diagnostic::warning(Code::SummaryNotWritten, problem).hint("check the variable GITHUB_STEP_SUMMARY"))
}
