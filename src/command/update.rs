//! `update`: changes a live resource.

use crate::cli::UpdateArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, WriteAnswer};
use crate::run::Run;

pub async fn run(_arguments: &UpdateArgs, _run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`update` is not implemented")))
}
