//! From a saved plan back to the arguments and files that it was made of.

use crate::domain::project::Translator;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::cli::{ApplyArgs, AuditArgs, Command, CreateArgs, DeleteArgs, PromoteArgs, UpdateArgs, WriteArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{
    SavedCreate, SavedDelete, SavedFile, SavedInput, SavedPlan, SavedPromote, SavedRequest, SavedResource,
    SavedSelection, SavedTagFix, SavedUpdate, SavedValue,
};
use crate::files::template::TemplateInput;
use crate::files::text;
use crate::outcome::{Failure, Outcome};

/// A command with the files that it would read.
pub enum Restored {
    /// `create` with its templates.
    Create(CreateArgs, Vec<TemplateInput>),
    /// `update` with its files and JSON Patches.
    Update(UpdateArgs, Vec<TemplateInput>, Vec<TemplateInput>),
    /// `delete`.
    Delete(DeleteArgs),
    /// `promote` with its inputs by resource and pointer.
    Promote(PromoteArgs, BTreeMap<String, BTreeMap<String, Value>>),
    /// `tag-audit --fix`.
    TagFix(AuditArgs),
}

/// Values given to `apply` because they are not in the plan.
pub struct Given<'a> {
    /// `--param`.
    pub parameters: &'a [(String, String)],
    /// `--set`.
    pub sets: &'a [(String, String)],
    /// `--input`, by resource and pointer.
    pub inputs: &'a BTreeMap<String, BTreeMap<String, Value>>,
}

/// Restores the command of a saved plan. Files are read where the plan does not contain them, and compared where they
/// still exist.
///
/// # Errors
/// A file has changed, or a value is missing or not expected.
pub fn restore(request: &SavedRequest, write: &WriteArgs, given: &Given<'_>) -> Result<Restored, Failure> {
    let none = Vec::new();
    let withheld = |values: &[SavedValue]| -> Vec<String> {
        values.iter().filter(|value| value.value.is_none()).map(|value| value.name.clone()).collect()
    };
    let (parameters, sets, inputs) = match request {
        SavedRequest::Create(create) => (withheld(&create.parameters), withheld(&create.sets), &none),
        SavedRequest::Update(update) => (Vec::new(), withheld(&update.sets), &none),
        SavedRequest::Delete(_) | SavedRequest::TagFix(_) => (Vec::new(), Vec::new(), &none),
        SavedRequest::Promote(promote) => (Vec::new(), Vec::new(), &promote.inputs),
    };
    require_expected("--param", given.parameters.iter().map(|(name, _)| name), &parameters)?;
    require_expected("--set", given.sets.iter().map(|(name, _)| name), &sets)?;
    let withheld_inputs: Vec<String> = inputs.iter().filter(|one| is_withheld(one)).map(input_name).collect();
    let given_inputs: Vec<String> = given
        .inputs
        .iter()
        .flat_map(|(resource, values)| values.keys().map(move |place| format!("{resource}#{place}")))
        .collect();
    require_expected("--input", given_inputs.iter(), &withheld_inputs)?;
    Ok(match request {
        SavedRequest::Create(create) => {
            let templates = files(&create.templates)?;
            let arguments = create_arguments(
                create,
                values("--param", &create.parameters, given.parameters)?,
                values("--set", &create.sets, given.sets)?,
                write,
            );
            Restored::Create(arguments, templates)
        }
        SavedRequest::Update(update) => {
            let arguments = update_arguments(update, values("--set", &update.sets, given.sets)?, write);
            Restored::Update(arguments, files(&update.files)?, files(&update.patches)?)
        }
        SavedRequest::Delete(delete) => Restored::Delete(delete_arguments(delete, write)),
        SavedRequest::TagFix(fix) => Restored::TagFix(fix_arguments(fix, write)),
        SavedRequest::Promote(promote) => {
            let mut restored: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
            for input in &promote.inputs {
                let value = input_value(input, given)?;
                restored.entry(input.resource.clone()).or_default().insert(input.pointer.clone(), value);
            }
            Restored::Promote(promote_arguments(promote, write), restored)
        }
    })
}

/// The command that makes the plan again and saves it to the same file, with what `apply` was given.
pub fn original_command(saved: &SavedPlan, arguments: &ApplyArgs, file: &Path) -> Command {
    let write = WriteArgs { plan_out: Some(file.to_owned()), ..WriteArgs::default() };
    // A value that the plan does not have is one of those given to `apply`.
    let words = |values: &[SavedValue], given: &[String]| -> Vec<String> {
        let word = |value: &SavedValue| match &value.value {
            Some(text) => format!("{}={text}", value.name),
            None => {
                let own = given.iter().find(|word| word.split_once('=').is_some_and(|(name, _)| name == value.name));
                own.cloned().unwrap_or_else(|| format!("{}=", value.name))
            }
        };
        values.iter().map(word).collect()
    };
    match &saved.request {
        SavedRequest::Create(create) => Command::Create(create_arguments(
            create,
            words(&create.parameters, &arguments.parameters),
            words(&create.sets, &arguments.sets),
            &write,
        )),
        SavedRequest::Update(update) => {
            Command::Update(update_arguments(update, words(&update.sets, &arguments.sets), &write))
        }
        SavedRequest::Delete(delete) => Command::Delete(delete_arguments(delete, &write)),
        SavedRequest::TagFix(fix) => Command::TagAudit(fix_arguments(fix, &write)),
        SavedRequest::Promote(promote) => {
            let mut promotion = promote_arguments(promote, &write);
            let given = |input: &SavedInput| {
                let name = input_name(input);
                arguments.inputs.iter().find(|word| word.starts_with(&format!("{name}="))).cloned()
            };
            promotion.inputs = promote
                .inputs
                .iter()
                .filter_map(|input| match (&input.file, &input.value) {
                    (Some(file), _) => Some(format!("{}=@{}", input_name(input), file.path)),
                    (None, Some(Value::String(text))) => Some(format!("{}={text}", input_name(input))),
                    (None, Some(value)) => Some(format!("{}={value}", input_name(input))),
                    (None, None) => given(input),
                })
                .collect();
            Command::Promote(promotion)
        }
    }
}

fn create_arguments(create: &SavedCreate, parameters: Vec<String>, sets: Vec<String>, write: &WriteArgs) -> CreateArgs {
    CreateArgs {
        files: paths(&create.templates),
        env: create.environment.clone(),
        stack_name: Some(create.stack_name.clone()),
        keep_live: create.keep_live,
        parameters,
        sets,
        imports: shown(&create.imports),
        transform: Translator::named(&create.transform),
        tags: shown(&create.tags),
        purpose: create.purpose.clone(),
        write: write.clone(),
    }
}

fn update_arguments(update: &SavedUpdate, sets: Vec<String>, write: &WriteArgs) -> UpdateArgs {
    UpdateArgs {
        type_name: update.resource.type_name.clone(),
        identifier: update.resource.identifier.clone(),
        env: update.environment.clone(),
        files: paths(&update.files),
        sets,
        patch: paths(&update.patches),
        allow_replace: update.allow_replace,
        write: write.clone(),
    }
}

fn delete_arguments(delete: &SavedDelete, write: &WriteArgs) -> DeleteArgs {
    let SavedResource { type_name, identifier } = delete.resource.clone();
    DeleteArgs { type_name, identifier, env: delete.environment.clone(), write: write.clone() }
}

fn fix_arguments(fix: &SavedTagFix, write: &WriteArgs) -> AuditArgs {
    AuditArgs {
        env: fix.environment.clone(),
        types: fix.types.clone(),
        identifiers: fix.identifiers.clone(),
        source: fix.source.parse().unwrap_or_default(),
        stuck_after: fix.stuck_after_seconds.map(Duration::from_secs),
        list_compliant: false,
        baseline: None,
        fix: true,
        adopt: fix.adopt,
        unlink: fix.unlink,
        tags: shown(&fix.tags),
        write: write.clone(),
    }
}

/// The arguments of `promote`, without the inputs.
fn promote_arguments(promote: &SavedPromote, write: &WriteArgs) -> PromoteArgs {
    let (mut resources, mut all, mut select) = (Vec::new(), false, None);
    match &promote.selection {
        SavedSelection::All | SavedSelection::AllAnd(_) => all = true,
        SavedSelection::Tag(tag) => select = shown(std::slice::from_ref(tag)).pop(),
        SavedSelection::Resources(_) => {}
    }
    if let SavedSelection::Resources(named) | SavedSelection::AllAnd(named) = &promote.selection {
        resources = named.iter().flat_map(|one| [one.type_name.clone(), one.identifier.clone()]).collect();
    }
    PromoteArgs {
        resources,
        all,
        select,
        from: promote.from.clone(),
        to: promote.to.clone(),
        with_dependencies: promote.with_dependencies,
        inputs: Vec::new(),
        inputs_file: None,
        names: shown(&promote.names),
        pull: promote.pull,
        mark_pending: false,
        unmark: false,
        tags: shown(&promote.tags),
        allow_replace: promote.allow_replace,
        leave_behind: promote.leave_behind,
        graph: None,
        auto: false,
        write: write.clone(),
    }
}

fn paths(files: &[SavedFile]) -> Vec<PathBuf> {
    files.iter().map(|file| PathBuf::from(&file.path)).collect()
}

/// `NAME=VALUE` of values that are never withheld.
fn shown(values: &[SavedValue]) -> Vec<String> {
    values.iter().map(|one| format!("{}={}", one.name, one.value.as_deref().unwrap_or_default())).collect()
}

/// `NAME=VALUE`, with the given values for those that the plan does not have.
fn values(flag: &str, saved: &[SavedValue], given: &[(String, String)]) -> Result<Vec<String>, Failure> {
    // `--set` may name a place twice: each given value is used once.
    let mut left: Vec<&(String, String)> = given.iter().collect();
    let mut word = |one: &SavedValue| {
        let value = match &one.value {
            Some(value) => value,
            None => {
                let index = left.iter().position(|(name, _)| *name == one.name);
                &left.remove(index.ok_or_else(|| missing_value(flag, &one.name))?).1
            }
        };
        Ok(format!("{}={value}", one.name))
    };
    saved.iter().map(&mut word).collect()
}

fn missing_value(flag: &str, name: &str) -> Failure {
    let problem = Diagnostic::error(
        Code::MissingValue,
        format!("the plan does not contain the value of {flag} {name}, because it is sensitive"),
    );
    Failure::usage(vec![problem.hint(format!("add {flag} '{name}=VALUE' with the value that the plan was made with"))])
}

fn require_expected<'a>(
    flag: &str,
    mut given: impl Iterator<Item = &'a String>,
    expected: &[String],
) -> Result<(), Failure> {
    let Some(name) = given.find(|name| !expected.contains(name)) else { return Ok(()) };
    let message = format!("the saved plan does not ask for {flag} {name}");
    let hint = match expected {
        [] => format!("remove {flag}: the plan contains every value that it needs"),
        expected => format!("it asks for {}", expected.join(", ")),
    };
    Err(Failure::usage(vec![Diagnostic::error(Code::BadInput, message).hint(hint)]))
}

fn is_withheld(input: &SavedInput) -> bool {
    input.value.is_none() && input.file.is_none()
}

fn input_name(input: &SavedInput) -> String {
    format!("{}#{}", input.resource, input.pointer)
}

fn input_value(input: &SavedInput, given: &Given<'_>) -> Result<Value, Failure> {
    match (&input.value, &input.file) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(saved)) => Ok(Value::String(file(saved)?.text)),
        (None, None) => {
            let value = given.inputs.get(&input.resource).and_then(|values| values.get(&input.pointer));
            value.cloned().ok_or_else(|| missing_value("--input", &input_name(input)))
        }
    }
}

fn files(saved: &[SavedFile]) -> Result<Vec<TemplateInput>, Failure> {
    saved.iter().map(file).collect()
}

/// The text of a file: as saved, or as it is now if that is not saved. A file that still exists must not have changed.
fn file(saved: &SavedFile) -> Result<TemplateInput, Failure> {
    let path = Path::new(&saved.path);
    let is_stdin = saved.path == "-";
    let read = || -> Result<String, Failure> {
        let text = match is_stdin {
            true => text::read_stream("-", &mut std::io::stdin()),
            false => text::read_file(path),
        };
        text.map_err(|problem| Failure::usage(vec![*problem]))
    };
    let text = match &saved.text {
        Some(text) if is_stdin || !path.exists() => return Ok(input(saved, text.clone())),
        Some(_) => read()?,
        None if is_stdin || path.exists() => read()?,
        None => {
            let problem = Diagnostic::error(
                Code::FileNotFound,
                format!("the plan was made of `{}`, which does not exist here", saved.path),
            );
            return Err(Failure::usage(vec![problem.hint(
                "the plan does not contain its text, because that has a sensitive value; run `apply` where the file is",
            )]));
        }
    };
    if saved.matches(&text) {
        return Ok(input(saved, text));
    }
    let message = format!("`{}` has changed since the plan was saved; nothing was sent", saved.path);
    let problem = Diagnostic::error(Code::TemplateEdited, message);
    Err(Failure::new(
        Outcome::Blocked,
        problem.hint("make the plan again with --plan-out, or restore the file from which it was made"),
    ))
}

fn input(saved: &SavedFile, text: String) -> TemplateInput {
    TemplateInput { file: saved.path.clone(), text }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    fn pairs(words: &[(&str, &str)]) -> Vec<(String, String)> {
        words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_that_are_not_in_the_plan_are_taken_from_the_command_line() {
        let saved =
            |name: &str, value: Option<&str>| SavedValue { name: name.to_owned(), value: value.map(str::to_owned) };
        let all = [saved("B", None), saved("C", Some("c")), saved("A", None), saved("B", None)];
        let given = pairs(&[("A", "1"), ("B", "2"), ("B", "3")]);
        assert_eq!(values("--set", &all, &given).unwrap(), ["B=2", "C=c", "A=1", "B=3"]);
        let missing = values("--set", &all, &given[..2]).unwrap_err();
        assert!(missing.diagnostics[0].message.contains("--set B"), "{missing:?}");
    }

    /// What a command line says is what its saved form says, secrets aside.
    #[test]
    fn the_arguments_of_every_command_are_restored() {
        use crate::command::write::saving;
        let arguments = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            crate::cli::parse(&words).unwrap().command
        };
        let template = |name: &str, text: &str| TemplateInput { file: name.to_owned(), text: text.to_owned() };
        let none = Given { parameters: &[], sets: &[], inputs: &BTreeMap::new() };
        let again = |request: SavedRequest, write: &WriteArgs| match restore(&request, write, &none).unwrap() {
            Restored::Create(arguments, _) => Command::Create(arguments),
            Restored::Update(arguments, files, patches) => {
                assert_eq!(files.len() + patches.len(), arguments.files.len() + arguments.patch.len());
                Command::Update(arguments)
            }
            Restored::Delete(arguments) => Command::Delete(arguments),
            Restored::Promote(arguments, _) => Command::Promote(arguments),
            Restored::TagFix(arguments) => Command::TagAudit(arguments),
        };
        for line in [
            "stagegate update AWS::SQS::Queue q --env dev -f nowhere.yaml --set DelaySeconds=3 --allow-replace --plan-out p",
            "stagegate update AWS::SQS::Queue q --env dev --patch nowhere.json --plan-out p",
            "stagegate delete AWS::SQS::Queue q --env prod --plan-out p",
            "stagegate promote AWS::SQS::Queue q AWS::S3::Bucket b --to staging --with-dependencies --tag A=b=c --plan-out p",
            "stagegate promote AWS::SQS::Queue q --pull --plan-out p",
            "stagegate promote --all --allow-replace --leave-behind --plan-out p",
            "stagegate promote --select A=b --from test --plan-out p",
            "stagegate tag-audit --fix --env dev --type AWS::SQS::Queue --id q --adopt --tag A=b=c --plan-out p",
            "stagegate tag-audit --fix --stuck-after 7d --plan-out p",
        ] {
            let mut command = arguments(line);
            let files = [template("nowhere.yaml", "DelaySeconds: 2\n")];
            let patches = [template("nowhere.json", "[{op: replace, path: /DelaySeconds, value: 3}]")];
            let request = match &command {
                Command::Update(update) if update.patch.is_empty() => {
                    saving::of_update(&Registry::embedded(), update, &files, &[])
                }
                Command::Update(update) => saving::of_update(&Registry::embedded(), update, &[], &patches),
                Command::Delete(delete) => saving::of_delete(delete),
                Command::TagAudit(audit) => saving::of_tag_fix(audit),
                Command::Promote(promote) => {
                    saving::of_promote(&Registry::embedded(), promote, &BTreeMap::new()).unwrap()
                }
                other => panic!("{other:?}"),
            };
            let write = command.write_args().unwrap().clone();
            assert_eq!(again(request.unwrap(), &write), command, "{line}");
        }
    }

    #[test]
    fn secrets_of_an_update_are_not_saved() {
        use crate::command::write::saving;
        let line = "stagegate update AWS::RDS::DBInstance db --env dev -f f.yaml --set MasterUserPassword=x \
                    --set DBName=y --plan-out p";
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let Command::Update(arguments) = crate::cli::parse(&words).unwrap().command else { panic!() };
        let file = |text: &str| [TemplateInput { file: "f.yaml".to_owned(), text: text.to_owned() }];
        let stored = |files: &[TemplateInput], patches: &[TemplateInput]| {
            let Some(SavedRequest::Update(saved)) =
                saving::of_update(&Registry::embedded(), &arguments, files, patches)
            else {
                panic!()
            };
            assert_eq!(saved.sets.iter().map(|set| set.value.as_deref()).collect::<Vec<_>>(), [None, Some("y")]);
            saved.files.iter().chain(&saved.patches).all(|file| file.text.is_some())
        };
        assert!(!stored(&file("MasterUserPassword: hunter2"), &[]));
        assert!(!stored(&file("Type: AWS::RDS::DBInstance\nProperties: {MasterUserPassword: hunter2}"), &[]));
        assert!(stored(&file("DBName: x"), &[]));
        assert!(!stored(&[], &file("[{op: replace, path: /MasterUserPassword, value: hunter2}]")));
        assert!(stored(&[], &file("[{op: replace, path: /DBName, value: x}]")));
    }
}
