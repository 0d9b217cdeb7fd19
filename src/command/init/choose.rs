//! What a new project file says: from flags, or asked at a terminal.

use std::path::Path;

use super::Chosen;
use crate::cli::InitArgs;
use crate::command::templates;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::AccountId;
use crate::domain::tags::{COST_CENTER, Tags};
use crate::files::config::DraftEnvironment;
use crate::files::starters::Starter;
use crate::files::suggestion;
use crate::outcome::{Failure, Outcome};
use crate::report::ProfileView;
use crate::run::{ProfileCaller, Run};
use crate::ui::{self, view};

/// The value of the tag `CostCenter`, which the standard tags require, unless another one is given.
const DEFAULT_COST_CENTER: &str = "Engineering";

/// The settings beside the environments.
pub(super) struct Settings {
    pub(super) project: String,
    pub(super) tags: Vec<(String, String)>,
    pub(super) starters: Vec<Starter>,
}

/// Asks at a terminal; without one, every question has its default as its answer.
pub(super) struct Questions<'a> {
    run: &'a Run,
}

/// What the flags say about an environment.
struct Wanted<'a> {
    name: &'static str,
    profile: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
}

/// Chooses dev and prod.
pub(super) async fn environments(
    arguments: &InitArgs,
    run: &Run,
    questions: &Questions<'_>,
    callers: &[ProfileCaller],
    profiles: &[ProfileView],
) -> Result<Vec<Chosen>, Failure> {
    let wanted = [
        Wanted {
            name: "dev",
            profile: arguments.dev_profile.as_deref(),
            account: arguments.dev_account.as_deref(),
            region: arguments.dev_region.as_deref(),
        },
        Wanted {
            name: "prod",
            profile: arguments.prod_profile.as_deref(),
            account: arguments.prod_account.as_deref(),
            region: arguments.prod_region.as_deref(),
        },
    ];
    let is_open = |one: &Wanted<'_>| one.profile.is_none() && one.account.is_none();
    if wanted.iter().any(is_open) {
        let open: Vec<&str> = wanted.iter().filter(|one| is_open(one)).map(|one| one.name).collect();
        if callers.is_empty() || !run.ui().is_interactive() {
            return Err(missing(&open, profiles));
        }
        run.ui().message(&format!("{}\n", view::profiles(profiles)));
    }
    let mut chosen = Vec::new();
    for one in wanted {
        let profile = match (one.profile, one.account) {
            (Some(profile), _) => Some(profile.to_owned()),
            (None, Some(_)) => None,
            (None, None) => Some(questions.profile(one.name, callers).await?),
        };
        let mut environment = environment(&one, profile, run, callers)?;
        if one.region.is_none() && run.global().region.is_none() {
            environment.draft.region = questions.region(one.name, environment.draft.region).await?;
        }
        chosen.push(environment);
    }
    Ok(chosen)
}

/// The failure of a run that may not ask.
fn missing(environments: &[&str], profiles: &[ProfileView]) -> Failure {
    let flags: Vec<String> = environments.iter().map(|name| format!("--{name}-profile")).collect();
    let verb = if flags.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} required, because there is no terminal to ask at", flags.join(" and "));
    let usable: Vec<String> =
        profiles.iter().filter_map(|one| Some(format!("{} (account {})", one.name, one.account.as_ref()?))).collect();
    let hint = match (usable.is_empty(), profiles.is_empty()) {
        (false, _) => format!("profiles with valid credentials: {}", usable.join(", ")),
        (true, false) => "no profile has valid credentials; the list of profiles says why".to_owned(),
        (true, true) => "create profiles with `aws configure sso`, name the accounts with --dev-account and \
            --prod-account, or use the sandbox with --sandbox"
            .to_owned(),
    };
    Failure::usage(vec![Diagnostic::error(Code::Usage, message).hint(hint)])
}

/// Returns the environment of a profile, whose account STS must confirm; without a profile, that of an account.
fn environment(
    wanted: &Wanted<'_>,
    profile: Option<String>,
    run: &Run,
    callers: &[ProfileCaller],
) -> Result<Chosen, Failure> {
    let pinned = wanted.account.map(|account| {
        AccountId::parse(account).map_err(|error| {
            let problem = Diagnostic::error(Code::InvalidAccountId, format!("--{}-account: {error}", wanted.name));
            Failure::usage(vec![problem.hint("an account id has twelve digits")])
        })
    });
    let pinned = pinned.transpose()?;
    let caller = profile.as_ref().and_then(|profile| callers.iter().find(|caller| caller.profile == *profile));
    let region = wanted.region.map(str::to_owned).or_else(|| run.global().region.clone());
    let region = region.or_else(|| caller.and_then(|caller| caller.region.clone()));
    let region = region.unwrap_or_else(|| run.workspace().default_region());
    let found = match caller {
        None => None,
        Some(caller) => Some(caller.caller.clone().map(|(account, _)| account)?),
    };
    let account = match (pinned, found.clone()) {
        (Some(pinned), Some(found)) if pinned != found => {
            let message = format!(
                "the profile `{}` belongs to the account {found}, not to {pinned}",
                profile.as_deref().unwrap_or_default()
            );
            let hint = format!("correct --{0}-account, or choose another profile with --{0}-profile", wanted.name);
            return Err(Failure::new(Outcome::Credentials, Diagnostic::error(Code::WrongAccount, message).hint(hint)));
        }
        (Some(account), _) | (None, Some(account)) => account,
        (None, None) => {
            let message = format!("the account of {} is not known, because STS was not asked", wanted.name);
            let hint = format!("name it with --{}-account, or remove --offline", wanted.name);
            return Err(Failure::usage(vec![Diagnostic::error(Code::Offline, message).hint(hint)]));
        }
    };
    let draft = DraftEnvironment { name: wanted.name.to_owned(), profile, account, region, sandbox: false };
    Ok(Chosen { draft, verified: found.is_some() })
}

impl<'a> Questions<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        Self { run }
    }

    /// Asks for a profile by its number or name.
    async fn profile(&self, environment: &str, callers: &[ProfileCaller]) -> Result<String, Failure> {
        let usable: Vec<(String, bool)> =
            callers.iter().map(|caller| (caller.profile.clone(), caller.caller.is_ok())).collect();
        let words = |name: &str| name.split(|one: char| !one.is_ascii_alphanumeric()).any(|word| word == environment);
        let named = usable.iter().find(|(name, is_usable)| *is_usable && words(name));
        let default = named.or_else(|| usable.iter().find(|(_, is_usable)| *is_usable)).map(|(name, _)| name.clone());
        self.ask(format!("Profile of {environment} (name or number)"), default, move |text| {
            let by_number = text.parse::<usize>().ok().and_then(|number| usable.get(number.checked_sub(1)?));
            match usable.iter().find(|(name, _)| name == text).or(by_number) {
                Some((name, true)) => Ok(name.clone()),
                Some((name, false)) => {
                    Err(format!("the credentials of `{name}` cannot be used; choose another profile"))
                }
                None => Err(suggestion::hint(text, usable.iter().map(|(name, _)| name.as_str()))),
            }
        })
        .await
    }

    async fn region(&self, environment: &str, default: String) -> Result<String, Failure> {
        if !self.run.ui().is_interactive() {
            return Ok(default);
        }
        let check = |text: &str| crate::cli::region(text);
        self.ask(format!("Region of {environment}"), Some(default), check).await
    }

    /// Returns the settings beside the environments.
    pub(super) async fn settings(
        &self,
        arguments: &InitArgs,
        file: &Path,
        tags: Tags,
        starters: Vec<Starter>,
    ) -> Result<Settings, Failure> {
        let is_asked = self.run.ui().is_interactive();
        let project = match (&arguments.project, is_asked) {
            (Some(project), _) => project.clone(),
            (None, false) => folder_name(file),
            (None, true) => {
                let check = |text: &str| crate::cli::project_name(text);
                self.ask("Name of the project".to_owned(), Some(folder_name(file)), check).await?
            }
        };
        let mut tags: Vec<(String, String)> = tags.into_iter().collect();
        if !tags.iter().any(|(key, _)| key == COST_CENTER) {
            let value = match is_asked {
                false => DEFAULT_COST_CENTER.to_owned(),
                true => {
                    let (question, default) =
                        (format!("Value of the tag {COST_CENTER}"), DEFAULT_COST_CENTER.to_owned());
                    self.ask(question, Some(default), |text| Ok(text.to_owned())).await?
                }
            };
            tags.insert(0, (COST_CENTER.to_owned(), value));
        }
        if !starters.is_empty() || !is_asked {
            return Ok(Settings { project, tags, starters });
        }
        let names: Vec<&str> = Starter::all().map(|starter| starter.name()).collect();
        let question = format!("Starter templates to write: {}\n   Names, separated by commas", names.join(", "));
        let starters = self.ask(question, Some("none".to_owned()), starters_named).await?;
        Ok(Settings { project, tags, starters })
    }

    /// Asks in a separate thread, so that a signal can end the run while the question is open.
    async fn ask<T: Send + 'static>(
        &self,
        question: String,
        default: Option<String>,
        check: impl Fn(&str) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Failure> {
        let asked = tokio::task::spawn_blocking(move || ui::ask_text(&question, default.as_deref(), check));
        let (reply, outcome) = tokio::select! {
            reply = asked => (reply.ok().flatten(), Outcome::Usage),
            reason = self.run.signals().cancellation() => {
                self.run.ui().message("\n");
                (None, reason.outcome(false))
            }
        };
        reply.ok_or_else(|| {
            let problem = Diagnostic::error(Code::Interrupted, "ended at a question; nothing was written");
            let hint = "run the command again, or answer with flags: see `stagegate init --help`";
            Failure::new(outcome, problem.hint(hint))
        })
    }
}

fn starters_named(text: &str) -> Result<Vec<Starter>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none");
    let starters = names.map(|name| {
        templates::named(name).map_err(|failure| match failure.diagnostics.into_iter().next() {
            Some(problem) => format!("{}; {}", problem.message, problem.hint.unwrap_or_default()),
            None => String::new(),
        })
    });
    starters.collect()
}

/// A name for the project from the folder of its file.
fn folder_name(file: &Path) -> String {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf);
    let folder = folder.and_then(|folder| folder.canonicalize().ok()).or_else(|| std::env::current_dir().ok());
    let name = folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let letter = |one: char| if one.is_ascii_alphanumeric() || "-_".contains(one) { one } else { '-' };
    let name: String = name.unwrap_or_default().chars().map(letter).collect();
    match name.trim_matches('-') {
        "" => "project".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_names_the_project() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("my shop")).unwrap();
        assert_eq!(folder_name(&folder.path().join("my shop/stagegate.yaml")), "my-shop");
        assert_eq!(folder_name(Path::new("/stagegate.yaml")), "project");
    }

    #[test]
    fn starters_are_named_in_a_list() {
        let names = |text: &str| starters_named(text).map(|all| all.iter().map(Starter::name).collect::<Vec<_>>());
        assert_eq!(names("none"), Ok(vec![]));
        assert_eq!(names(" s3-bucket, rds-postgres"), Ok(vec!["s3-bucket", "rds-postgres"]));
        assert!(names("s3-buket").unwrap_err().contains("s3-bucket"));
    }
}
