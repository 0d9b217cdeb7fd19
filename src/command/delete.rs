//! `delete`: deletes a live resource.

use super::write::{self, saving};
use crate::cli::DeleteArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, WriteAnswer};
use crate::run::Run;

pub async fn run(_arguments: &DeleteArgs, _run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`delete` is not implemented")))
}

/// Runs `delete`.
pub async fn execute(
    arguments: &DeleteArgs,
    _start: write::Start<'_>,
    _run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    let _request = saving::of_delete(arguments);
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`delete` is not implemented")))
}
