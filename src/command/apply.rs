//! `apply`: applies a saved plan.

use crate::cli::ApplyArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, WriteAnswer};
use crate::run::Run;

pub async fn run(_arguments: &ApplyArgs, _run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`apply` is not implemented")))
}
