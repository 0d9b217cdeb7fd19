//! `update`: changes a live resource.

use super::write::{self, saving};
use crate::cli::UpdateArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::template::TemplateInput;
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, WriteAnswer};
use crate::run::Run;

pub async fn run(_arguments: &UpdateArgs, _run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`update` is not implemented")))
}

/// Runs `update` with files that were read before.
pub async fn update(
    arguments: &UpdateArgs,
    files: &[TemplateInput],
    patches: &[TemplateInput],
    _start: write::Start<'_>,
    _run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    let _request = saving::of_update(arguments, files, patches);
    Err(Failure::new(Outcome::Error, Diagnostic::error(Code::NotImplemented, "`update` is not implemented")))
}
