//! The ignore file of `drift`: which one is read, and the entries that `--accept` writes.

use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cli::DriftArgs;
use crate::compare::drift::{DriftReport, DriftRow};
use crate::compare::ignore::can_be_ignored;
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::ignore::IgnoreRule;
use crate::files::{ignore, text};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::drift::Scope;
use crate::pipeline::plan::tagging::actor;
use crate::run::OpenEnvironment;
use crate::workspace::Workspace;

/// For how many days differences are accepted if `--expires` names no day.
const DEFAULT_DAYS: i64 = 90;

/// The ignore file of a run.
#[derive(Debug)]
pub struct IgnoreFile {
    path: PathBuf,
    /// Empty for a file that does not exist yet.
    text: String,
    /// Its entries.
    pub rules: Vec<IgnoreRule>,
}

impl IgnoreFile {
    /// Reads the file of `--ignore`, or the one beside the project file. Without either, there are no entries; only
    /// `--accept` creates a file.
    pub fn load(arguments: &DriftArgs, workspace: &Workspace) -> Result<Self, Failure> {
        let default = || workspace.project_path(ignore::FILE_NAME);
        let path = arguments.ignore.clone().unwrap_or_else(default);
        let is_optional = arguments.ignore.is_none() || arguments.accept;
        if is_optional && path.symlink_metadata().is_err() {
            return Ok(Self { path, text: String::new(), rules: Vec::new() });
        }
        let fail = |problem: Box<Diagnostic>| Failure::usage(vec![*problem]);
        let text = text::read_file(&path).map_err(fail)?;
        let rules = ignore::parse(&path.display().to_string(), &text).map_err(fail)?;
        Ok(Self { path, text, rules })
    }

    /// Writes an entry for each difference of the named resources, or for the resource if it has none.
    pub fn accept(
        &mut self,
        arguments: &DriftArgs,
        report: &DriftReport,
        scope: &Scope,
        (to, today): (&OpenEnvironment, Date),
    ) -> Result<Diagnostic, Failure> {
        let is_named = |row: &&DriftRow| {
            scope.wanted.iter().any(|(type_name, identifier)| {
                *type_name == row.type_name && row.identifiers().any(|known| Some(known) == identifier.as_ref())
            })
        };
        let expires = expiry(arguments, today)?;
        let owner = arguments.owner.clone().unwrap_or_else(|| actor(to.account.arn()).to_owned());
        let reason = arguments.reason.clone().unwrap_or_default();
        if [&owner, &reason].iter().any(|text| text.trim().is_empty()) {
            let problem = Diagnostic::error(Code::Usage, "--reason and --owner must not be empty");
            return Err(Failure::usage(vec![
                problem.hint("say why the difference is accepted, and who is responsible"),
            ]));
        }
        let file = self.path.display().to_string();
        let entry = |row: &DriftRow, pointer: Option<String>| IgnoreRule {
            type_name: row.type_name.clone(),
            identifier: row.dev.as_ref().or(row.prod.as_ref()).cloned().unwrap_or_default(),
            pointer,
            owner: owner.clone(),
            reason: reason.clone(),
            expires,
            location: Location { file: file.clone(), line: 1, column: 1 },
        };
        let open =
            report.rows.iter().filter(is_named).filter(|row| can_be_ignored(row.status) && row.ignored.is_none());
        let mut entries = Vec::new();
        for row in open {
            let is_open = |at: &str| row.notes.get(at).is_none_or(|note| note.ignored.is_none());
            let changes = row.changes.iter().filter(|change| is_open(&change.pointer));
            let places = changes.map(|change| row.tag_pointer(change).unwrap_or_else(|| change.pointer.clone()));
            let before = entries.len();
            entries.extend(places.map(|place| entry(row, Some(place))));
            if entries.len() == before {
                entries.push(entry(row, None));
            }
        }
        if entries.is_empty() {
            let problem = Diagnostic::error(Code::NothingToAccept, "the named resources have no difference to accept");
            let hint = "run `stagegate drift` to see the differences; what could not be compared cannot be accepted";
            return Err(Failure::new(Outcome::Error, problem.hint(hint)));
        }
        let fail = |problem: Box<Diagnostic>| Failure::usage(vec![*problem]);
        let text = ignore::with_entries(&file, &self.text, &entries).map_err(fail)?;
        ignore::write(&self.path, &text).map_err(|error| {
            let problem = Diagnostic::error(Code::OutputLost, format!("{file} could not be written: {error}"));
            Failure::new(Outcome::Error, problem.hint("check the folder, or name another file with --ignore"))
        })?;
        self.rules = ignore::parse(&file, &text).map_err(fail)?;
        self.text = text;
        let message = format!("added {} to {file}, until {expires}", counted(entries.len()));
        Ok(Diagnostic::note(Code::IgnoreAdded, message).hint("review and commit the file"))
    }
}

fn counted(number: usize) -> String {
    format!("{number} {}", if number == 1 { "entry" } else { "entries" })
}

/// The last day of new entries: a day in the future.
fn expiry(arguments: &DriftArgs, today: Date) -> Result<Date, Failure> {
    let Some(word) = &arguments.expires else {
        return Ok(today.checked_add(DEFAULT_DAYS.days()).unwrap_or(today));
    };
    match word.parse::<Date>() {
        Ok(date) if date >= today => Ok(date),
        parsed => {
            let what = if parsed.is_ok() { "is in the past" } else { "is not a date" };
            let problem = Diagnostic::error(Code::Usage, format!("--expires: `{word}` {what}"));
            Err(Failure::usage(vec![problem.hint("use a day such as 2027-03-31")]))
        }
    }
}

/// `--accept` is only for resources that are named one by one.
pub fn check_named(arguments: &DriftArgs, scope: &Scope) -> Result<(), Failure> {
    if !arguments.accept || scope.wanted.iter().all(|(_, identifier)| identifier.is_some()) {
        return Ok(());
    }
    let problem = Diagnostic::error(Code::Usage, "--accept needs the identifier of each resource");
    Err(Failure::usage(vec![problem.hint("name the resources: stagegate drift TYPE ID --accept --reason TEXT")]))
}
