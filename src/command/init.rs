//! `init`: writes a project file.

mod choose;

use std::io;
use std::path::{Path, PathBuf};

use super::{key_value, suggested, templates};
use crate::cli::{InitArgs, SandboxChoice};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{Environment, Project};
use crate::files::atomic;
use crate::files::config::{self, Draft, DraftEnvironment};
use crate::files::starters::{Starter, StarterNames};
use crate::outcome::{Failure, NextStep, Outcome};
use crate::report::{Answer, InitBody, InitEnvironmentView, ProfileView};
use crate::run::{ProfileCaller, Run};
use choose::{Questions, Settings};

/// An environment of the new project.
struct Chosen {
    draft: DraftEnvironment,
    /// Whether STS confirmed the account.
    verified: bool,
}

pub async fn run(arguments: &InitArgs, run: &Run) -> Result<Answer<InitBody>, Failure> {
    let file = arguments.out.clone().unwrap_or_else(|| PathBuf::from(config::FILE_NAME));
    require_new(&file)?;
    let given: Vec<Starter> = arguments.starters.iter().map(|name| templates::named(name)).collect::<Result<_, _>>()?;
    let tags = key_value::tags(&arguments.tags)?;
    let is_sandbox = run.global().sandbox_choice() != SandboxChoice::Off;
    if is_sandbox {
        refuse_accounts(arguments)?;
    }
    let callers = if is_sandbox { Vec::new() } else { callers(arguments, run).await? };
    let profiles: Vec<ProfileView> = callers.iter().map(profile_view).collect();
    let questions = Questions::new(run);
    let environments = match is_sandbox {
        true => sandbox(arguments, run),
        false => match choose::environments(arguments, run, &questions, &callers, &profiles).await {
            Ok(environments) => environments,
            Err(failure) => {
                // A program that reads JSON chooses among the profiles.
                let body = InitBody { profiles, ..InitBody::default() };
                let failed: Answer<InitBody> = failure.into();
                return Ok(Answer { body: Some(body), ..failed });
            }
        },
    };
    require_distinct(&environments, arguments)?;
    let Settings { project, tags, starters } = questions.settings(arguments, &file, tags, given).await?;
    let draft = Draft {
        project,
        environments: environments.iter().map(|chosen| chosen.draft.clone()).collect(),
        tags,
        single_account: arguments.single_account,
        has_schema: file.with_file_name(config::SCHEMA_FILE_NAME).is_file(),
    };
    let text = draft.text();
    let shown = file.display().to_string();
    // What is written is what is read back.
    let parsed = config::parse(&shown, &text).map_err(Failure::usage)?;
    let written = write(&file, &text, &parsed, &starters)?;
    let body = InitBody {
        file: Some(shown),
        project: Some(parsed.name.clone()),
        environments: environments.iter().map(environment_view).collect(),
        profiles,
        starters: written.clone(),
    };
    Ok(next_steps(run, &file, &written).into_iter().fold(Answer::new(Outcome::Ok, body), Answer::then))
}

fn require_new(file: &Path) -> Result<(), Failure> {
    match file.symlink_metadata() {
        Ok(_) => Err(exists(file)),
        Err(_) => Ok(()),
    }
}

fn exists(file: &Path) -> Failure {
    let message = format!("`{}` exists; it is not replaced", file.display());
    let hint = "edit it, remove it, or choose another file with --out";
    Failure::usage(vec![Diagnostic::error(Code::FileExists, message).hint(hint)])
}

/// The callers of the profiles that the flags name, if they name both; otherwise those of all profiles.
async fn callers(arguments: &InitArgs, run: &Run) -> Result<Vec<ProfileCaller>, Failure> {
    if run.global().offline {
        return Ok(Vec::new());
    }
    let named: Vec<String> = arguments.dev_profile.iter().chain(&arguments.prod_profile).cloned().collect();
    let is_complete = |profile: &Option<String>, account: &Option<String>| profile.is_some() || account.is_some();
    let complete = is_complete(&arguments.dev_profile, &arguments.dev_account)
        && is_complete(&arguments.prod_profile, &arguments.prod_account);
    run.profile_callers(complete.then_some(named.as_slice())).await
}

/// The accounts of the sandbox are its own.
fn refuse_accounts(arguments: &InitArgs) -> Result<(), Failure> {
    let InitArgs { dev_profile, prod_profile, dev_account, prod_account, .. } = arguments;
    let named = [
        ("--dev-profile", dev_profile),
        ("--prod-profile", prod_profile),
        ("--dev-account", dev_account),
        ("--prod-account", prod_account),
    ];
    let Some((flag, _)) = named.into_iter().find(|(_, value)| value.is_some()) else { return Ok(()) };
    let problem = Diagnostic::error(Code::Usage, format!("{flag} cannot be used with the sandbox"));
    Err(Failure::usage(vec![problem.hint("leave it out, or remove --sandbox (or STAGEGATE_SANDBOX)")]))
}

/// The environments of the sandbox.
fn sandbox(arguments: &InitArgs, run: &Run) -> Vec<Chosen> {
    let of = |environment: Environment| {
        let own = if environment.name == "dev" { &arguments.dev_region } else { &arguments.prod_region };
        let region = own.clone().or_else(|| run.global().region.clone()).unwrap_or(environment.region);
        let Environment { name, account, .. } = environment;
        Chosen { draft: DraftEnvironment { name, profile: None, account, region, sandbox: true }, verified: false }
    };
    Project::sandbox().environments.into_iter().map(of).collect()
}

fn require_distinct(environments: &[Chosen], arguments: &InitArgs) -> Result<(), Failure> {
    let [dev, prod] = environments else { return Ok(()) };
    if dev.draft.account != prod.draft.account || arguments.single_account {
        return Ok(());
    }
    let message = format!("dev and prod use the same account {}", dev.draft.account);
    let hint = "choose a profile of another account for prod, or allow a single account with --single-account";
    Err(Failure::usage(vec![Diagnostic::error(Code::SameAccount, message).hint(hint)]))
}

/// Writes the starters and then the project file, and returns the files of the starters. No file is replaced.
fn write(file: &Path, text: &str, project: &Project, starters: &[Starter]) -> Result<Vec<String>, Failure> {
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default().join("templates");
    let files: Vec<PathBuf> = starters.iter().map(|starter| folder.join(starter.file())).collect();
    files.iter().try_for_each(|file| require_new(file))?;
    let names = StarterNames::of(project);
    for (starter, file) in starters.iter().zip(&files) {
        create(file, &starter.filled(&names))?;
    }
    create(file, text)?;
    Ok(files.iter().map(|file| file.display().to_string()).collect())
}

fn create(file: &Path, text: &str) -> Result<(), Failure> {
    atomic::create(file, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(file),
        _ => {
            let message = format!("`{}` cannot be written: {error}", file.display());
            let problem = Diagnostic::error(Code::OutputLost, message);
            Failure::new(Outcome::Error, problem.hint("choose another file with --out"))
        }
    })
}

fn next_steps(run: &Run, file: &Path, starters: &[String]) -> Vec<NextStep> {
    let mut given = run.cli().given.clone();
    // The Region is in the file.
    given.region = None;
    // So is the sandbox, unless its folder is another one.
    given.sandbox = given.sandbox.filter(|folder| folder != "1");
    if file != Path::new(config::FILE_NAME) {
        given.config = Some(file.to_path_buf());
    }
    let step = |why: &str, words: &[&str]| NextStep { why: why.to_owned(), command: suggested(words, &given) };
    let mut steps = vec![step("check credentials, Regions and permissions", &["context", "--doctor"])];
    match starters.first() {
        Some(file) => steps.push(step("create the resources of a starter template", &["create", "-f", file])),
        None => steps.push(step("choose a starter template", &["templates", "list"])),
    }
    steps
}

fn environment_view(chosen: &Chosen) -> InitEnvironmentView {
    let DraftEnvironment { name, profile, account, region, sandbox } = &chosen.draft;
    InitEnvironmentView {
        name: name.clone(),
        profile: profile.clone(),
        account: account.to_string(),
        region: region.clone(),
        verified: chosen.verified,
        protected: Environment::default_protected(name, Environment::default_tag_value(name)),
        sandbox: *sandbox,
    }
}

fn profile_view(caller: &ProfileCaller) -> ProfileView {
    let (identity, problem) = match &caller.caller {
        Ok(identity) => (Some(identity), None),
        Err(failure) => (None, failure.diagnostics.first()),
    };
    ProfileView {
        name: caller.profile.clone(),
        authentication: caller.authentication.to_string(),
        region: caller.region.clone(),
        account: identity.map(|(account, _)| account.to_string()),
        arn: identity.map(|(_, arn)| arn.clone()),
        problem: problem.map(|one| one.message.clone()),
        hint: problem.and_then(|one| one.hint.clone()),
    }
}
