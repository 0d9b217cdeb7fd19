//! `templates`: the starter templates with the names of the project. Needs no run and no runtime.

use std::io;
use std::path::{Path, PathBuf};

use super::suggested;
use crate::cli::{GlobalArgs, TemplatesArgs, TemplatesCommand, TemplatesNewArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Project;
use crate::files::atomic::{self, Durability};
use crate::files::starters::{Starter, StarterNames};
use crate::files::suggestion;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::report::{Answer, StarterView, TemplatesBody};
use crate::workspace;

/// Lists, prints or writes starter templates.
pub fn offline(
    arguments: &TemplatesArgs,
    global: &GlobalArgs,
    given: &GlobalArgs,
) -> Result<Answer<TemplatesBody>, Failure> {
    let name = match &arguments.command {
        TemplatesCommand::List => {
            let templates = Starter::all().map(view).collect();
            return Ok(Answer::new(Outcome::Ok, TemplatesBody { templates, text: None, file: None }));
        }
        TemplatesCommand::Show(arguments) => &arguments.name,
        TemplatesCommand::New(arguments) => &arguments.name,
    };
    let starter = named(name)?;
    let text = starter.filled(&names(global)?);
    let body = TemplatesBody { templates: vec![view(starter)], text: Some(text.clone()), file: None };
    let TemplatesCommand::New(arguments) = &arguments.command else { return Ok(Answer::new(Outcome::Ok, body)) };
    let file = arguments.out.clone().unwrap_or_else(|| PathBuf::from(starter.file()));
    write(&file, &text, arguments)?;
    let shown = file.display().to_string();
    let answer = Answer::new(Outcome::Ok, TemplatesBody { file: Some(shown.clone()), ..body });
    let next = [("check it against the policies", ["scan", "-f"]), ("create its resources", ["create", "-f"])];
    Ok(next.into_iter().fold(answer, |answer, (why, words)| {
        let command = suggested(&[words[0], words[1], &shown], given);
        answer.then(NextStep { why: why.to_owned(), command })
    }))
}

/// Returns the starter with this name.
pub fn named(name: &str) -> Result<Starter, Failure> {
    Starter::named(name).ok_or_else(|| {
        let problem = Diagnostic::error(Code::UnknownStarter, format!("there is no starter template `{name}`"));
        let hint = match suggestion::closest(name, Starter::all().map(|one| one.name())) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "run `stagegate templates list` to list all of them".to_owned(),
        };
        Failure::usage(vec![problem.hint(hint)])
    })
}

/// Returns the names of the project; without a project file, those of the sandbox.
fn names(global: &GlobalArgs) -> Result<StarterNames, Failure> {
    let mut project = workspace::find_project(global)?.map_or_else(Project::sandbox, |(project, _)| project);
    if let Some(region) = &global.region {
        project.environments.iter_mut().for_each(|environment| environment.region.clone_from(region));
    }
    Ok(StarterNames::of(&project))
}

fn view(starter: Starter) -> StarterView {
    StarterView {
        name: starter.name().to_owned(),
        description: starter.description(),
        types: starter.types().into_iter().map(str::to_owned).collect(),
    }
}

fn write(file: &Path, text: &str, arguments: &TemplatesNewArgs) -> Result<(), Failure> {
    let written = match arguments.overwrite {
        true => atomic::replace(file, text.as_bytes(), Durability::Machine),
        false => atomic::create(file, text.as_bytes()),
    };
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let problem = Diagnostic::error(Code::FileExists, format!("`{}` exists", file.display()));
            Failure::usage(vec![problem.hint("choose another file with --out, or replace this one with --overwrite")])
        }
        _ => {
            let message = format!("`{}` cannot be written: {error}", file.display());
            let problem = Diagnostic::error(Code::OutputLost, message);
            Failure::new(Outcome::Error, problem.hint("choose another file with --out"))
        }
    })
}
