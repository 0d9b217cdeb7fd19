//! The checks of the project and the machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::check;
use crate::command::policies::policy_sources;
use crate::domain::project::EngineName;
use crate::engines;
use crate::estimate::age_text;
use crate::policy::{self, builtin};
use crate::report::{DoctorArea, DoctorCheckView, DoctorState};
use crate::run::Run;
use crate::workspace::{self, CacheFiles};

/// How many replaced policies a message names.
const NAMED: usize = 5;

pub(super) fn checks(run: &Run) -> Vec<DoctorCheckView> {
    let mut checks = vec![configuration(run), policies(run)];
    checks.push(caches(&workspace::cache_files(), run.now()));
    checks.extend([EngineName::Checkov, EngineName::CfnGuard].map(|name| engine(name, run)));
    checks
}

fn configuration(run: &Run) -> DoctorCheckView {
    let project = run.workspace().project();
    let source = match workspace::project_file(run.global()) {
        Some(file) => file.display().to_string(),
        None => "the built-in project of the sandbox; there is no stagegate.yaml".to_owned(),
    };
    let names: Vec<&str> = project.environments.iter().map(|environment| environment.name.as_str()).collect();
    let message = format!("{source}: project {}, environments {}", project.name, names.join(", "));
    check(DoctorArea::Configuration, DoctorState::Ok, message)
}

/// Which built-in policies the project replaces.
fn policies(run: &Run) -> DoctorCheckView {
    let workspace = run.workspace();
    let folders: Vec<PathBuf> =
        workspace.project().policies.dirs.iter().map(|folder| workspace.project_path(folder)).collect();
    let listed = policy_sources(folders.iter().map(PathBuf::as_path)).and_then(|own| {
        let failure = |error: policy::PolicyError| crate::outcome::Failure::usage(vec![error.diagnostic()]);
        Ok((policy::listed(own).map_err(failure)?, policy::listed(builtin::sources()).map_err(failure)?))
    });
    let (own, built_in) = match listed {
        Ok(listed) => listed,
        Err(failure) => {
            let first = failure.diagnostics.into_iter().next();
            let (message, hint) = first.map(|one| (one.message, one.hint)).unwrap_or_default();
            return DoctorCheckView { hint, ..check(DoctorArea::Configuration, DoctorState::Problem, message) };
        }
    };
    let ids: BTreeSet<&str> = built_in.iter().map(|policy| policy.id.as_str()).collect();
    let replaced: Vec<&str> = own.iter().map(|policy| policy.id.as_str()).filter(|id| ids.contains(id)).collect();
    let message = match replaced.as_slice() {
        [] if own.is_empty() => "the built-in policies, none of them replaced".to_owned(),
        [] => format!("the built-in policies and {} of the project, none of them replaced", own.len()),
        ids => {
            let more = match ids.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            format!("the project replaces {} built-in policies: {named}{more}", ids.len())
        }
    };
    check(DoctorArea::Configuration, DoctorState::Ok, message)
}

/// The caches with files, each with the age of the newest one.
fn caches(all: &[CacheFiles], now: Timestamp) -> DoctorCheckView {
    let one = |found: &CacheFiles| {
        let newest = Timestamp::try_from(found.newest?).ok()?;
        let age = age_text(u64::try_from(now.duration_since(newest).as_secs()).unwrap_or_default());
        Some(format!("{} {} (newest {age} old)", found.files, found.name))
    };
    let filled: Vec<String> = all.iter().filter_map(one).collect();
    let folder = all.first().and_then(|found| found.folder.parent()).map(shown).unwrap_or_default();
    let message = match filled.is_empty() {
        true => format!("empty, in {folder}"),
        false => format!("{}, in {folder}; --refresh ignores them", filled.join(", ")),
    };
    check(DoctorArea::Caches, DoctorState::Ok, message)
}

/// An engine that is not installed is a problem only where the project uses it.
fn engine(name: EngineName, run: &Run) -> DoctorCheckView {
    let is_used = run.workspace().project().policies.engines.contains(&name);
    let found = engines::program(name);
    let (state, message) = match (&found, is_used) {
        (Some(program), _) => (DoctorState::Ok, format!("{}: {}", name.as_str(), shown(program))),
        (None, true) => (
            DoctorState::Problem,
            format!("{} is not installed or not in PATH, and policies.engines names it", name.as_str()),
        ),
        (None, false) => (DoctorState::Ok, format!("{}: not installed, and not used", name.as_str())),
    };
    let fix = (state == DoctorState::Problem).then(|| engines::installation(name).to_owned());
    DoctorCheckView { fix, ..check(DoctorArea::Engines, state, message) }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
