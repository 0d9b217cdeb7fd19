//! `context --doctor`: checks whether the environments, the machine and the project can be used, and shows how to correct what is
//! wrong. The environments are checked side by side.

mod machine;

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::suggested;
use crate::cli::ContextArgs;
use crate::domain::principal::PrincipalKind;
use crate::domain::project::{Environment, override_key};
use crate::domain::region;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::permissions::{self, CommandPermissions};
use crate::pipeline::types::Availability;
use crate::report::{Answer, ContextBody, DoctorArea, DoctorBody, DoctorCheckView, DoctorState};
use crate::run::{EnvironmentStatus, OpenEnvironment, Run};
use crate::schema::Arn;

/// How far the clock may be off: AWS refuses signatures that are five minutes old.
const MAX_SKEW_SECONDS: i64 = 240;

/// The type that is looked up if the project names none.
const DEFAULT_TYPE: &str = "AWS::S3::Bucket";

pub async fn run(arguments: &ContextArgs, run: &Run) -> Result<Answer<ContextBody>, Failure> {
    let environments: Vec<&Environment> = match arguments.env.as_str() {
        "all" => run.workspace().project().environments.iter().collect(),
        name => vec![run.workspace().environment(name)?],
    };
    let found = join_all(environments.into_iter().map(|environment| of_environment(environment, run))).await;
    let mut checks = machine::checks(run);
    let mut denied = false;
    for (own, is_denied) in found {
        checks.extend(own);
        denied |= is_denied;
    }
    let body = DoctorBody::new(checks);
    let outcome = match (denied, body.problems) {
        (true, _) => Outcome::Credentials,
        (false, 0) => Outcome::Ok,
        (false, _) => Outcome::Findings,
    };
    Ok(Answer::new(outcome, ContextBody::of_doctor(body)))
}

/// A check without an environment.
fn check(area: DoctorArea, state: DoctorState, message: impl Into<String>) -> DoctorCheckView {
    DoctorCheckView { area, environment: None, command: None, state, message: message.into(), hint: None, fix: None }
}

/// The checks of an environment, and whether its credentials cannot be used.
async fn of_environment(environment: &Environment, run: &Run) -> (Vec<DoctorCheckView>, bool) {
    let status = run.inspect_environment(environment).await;
    let is_denied = status.failure.as_ref().is_some_and(|failure| failure.outcome == Outcome::Credentials);
    let mut checks = vec![credentials(&status), region_of(environment, &status, run), clock(environment, &status)];
    checks.push(endpoints(&status));
    let opened = match status.failure {
        None => run.open_environment(&environment.name).await.ok(),
        Some(_) => None,
    };
    match &opened {
        Some(opened) => {
            let (permissions, types) = tokio::join!(permissions_of(opened, run), types_of(opened, run));
            checks.extend(permissions);
            checks.extend(types);
        }
        None => {
            let message = "not checked, because the environment cannot be used";
            checks.extend(
                [DoctorArea::Permissions, DoctorArea::Types].map(|area| check(area, DoctorState::NotChecked, message)),
            );
        }
    }
    for check in &mut checks {
        check.environment = Some(environment.name.clone());
    }
    (checks, is_denied)
}

fn credentials(status: &EnvironmentStatus) -> DoctorCheckView {
    let Some(failure) = &status.failure else {
        let arn = status.view.arn.as_deref().map(super::context::masked).unwrap_or_default();
        let message = format!("{} ({}), account {}", arn, status.view.authentication, status.expected_account);
        return check(DoctorArea::Credentials, DoctorState::Ok, message);
    };
    let first = failure.diagnostics.first();
    DoctorCheckView {
        hint: first.and_then(|one| one.hint.clone()),
        fix: failure.next.first().map(|next| next.command.clone()),
        ..check(DoctorArea::Credentials, DoctorState::Problem, first.map(|one| one.message.clone()).unwrap_or_default())
    }
}

fn region_of(environment: &Environment, status: &EnvironmentStatus, run: &Run) -> DoctorCheckView {
    let name = &environment.region;
    let is_confirmed = status.account.is_some() && !environment.sandbox;
    let source = if run.global().region.is_some() { "of --region" } else { "of the project file" };
    if is_confirmed {
        return check(DoctorArea::Region, DoctorState::Ok, format!("{name}, {source}; its STS endpoint responded"));
    }
    if region::is_known(name) {
        return check(DoctorArea::Region, DoctorState::Ok, format!("{name}, {source}"));
    }
    let hint = match region::closest(name) {
        Some(meant) => format!("did you mean `{meant}`? A Region that is newer than this version can be used as it is"),
        None => {
            "correct it in the project file; a Region that is newer than this version can be used as it is".to_owned()
        }
    };
    let message = format!("this version knows no Region `{name}`, {source}");
    DoctorCheckView { hint: Some(hint), ..check(DoctorArea::Region, DoctorState::Problem, message) }
}

fn clock(environment: &Environment, status: &EnvironmentStatus) -> DoctorCheckView {
    let Some(skew) = status.clock_skew else {
        let message = match environment.sandbox {
            true => "the sandbox uses the clock of this machine",
            false => "not compared, because STS did not respond",
        };
        let state = if environment.sandbox { DoctorState::Ok } else { DoctorState::NotChecked };
        return check(DoctorArea::Clock, state, message);
    };
    let is_behind = if skew > 0 { "behind" } else { "ahead of" };
    let distance = skew.unsigned_abs();
    match distance {
        0..=2 => check(DoctorArea::Clock, DoctorState::Ok, "the same as that of STS"),
        seconds if skew.abs() <= MAX_SKEW_SECONDS => {
            check(DoctorArea::Clock, DoctorState::Ok, format!("{seconds} s {is_behind} that of STS"))
        }
        seconds => DoctorCheckView {
            hint: Some("AWS refuses requests that are five minutes old, and approvals expire by this clock".to_owned()),
            fix: Some("sudo timedatectl set-ntp true".to_owned()),
            ..check(DoctorArea::Clock, DoctorState::Problem, format!("{seconds} s {is_behind} that of STS"))
        },
    }
}

fn endpoints(status: &EnvironmentStatus) -> DoctorCheckView {
    let endpoints = &status.view.endpoints;
    let urls: BTreeSet<&String> = endpoints.values().collect();
    let message = match (endpoints.is_empty(), urls.first()) {
        (false, Some(url)) if urls.len() == 1 && endpoints.len() > 1 => format!("{url} for all services"),
        (false, _) => endpoints.iter().map(|(api, url)| format!("{api} {url}")).collect::<Vec<_>>().join(", "),
        (true, _) => return check(DoctorArea::Endpoints, DoctorState::Ok, "those of AWS"),
    };
    DoctorCheckView {
        hint: Some("AWS_ENDPOINT_URL or the profile sets custom endpoints".to_owned()),
        ..check(DoctorArea::Endpoints, DoctorState::Ok, message)
    }
}

/// One check for each command, or one that says why nothing was simulated.
async fn permissions_of(opened: &OpenEnvironment, run: &Run) -> Vec<DoctorCheckView> {
    let (simulator, caller) = (opened.simulator(), opened.account.arn());
    let found = permissions::of_commands(&simulator, caller, opened.environment.protected).await;
    match found {
        Ok(Some((principal, commands))) => {
            commands.into_iter().map(|one| of_command(one, &principal, &opened.environment, run)).collect()
        }
        Ok(None) => {
            let message = "not simulated: the caller is not a user or a role whose policies IAM could simulate";
            vec![check(DoctorArea::Permissions, DoctorState::NotChecked, message)]
        }
        Err(error) => vec![DoctorCheckView {
            hint: Some(
                "allow iam:SimulatePrincipalPolicy and iam:GetRole, to see which commands the policies allow"
                    .to_owned(),
            ),
            ..check(DoctorArea::Permissions, DoctorState::NotChecked, format!("not simulated: {error}"))
        }],
    }
}

fn of_command(found: CommandPermissions, principal: &str, environment: &Environment, run: &Run) -> DoctorCheckView {
    let CommandPermissions { command, missing, undecided } = found;
    let (state, message) = match (missing.is_empty(), undecided.is_empty()) {
        (false, _) => (DoctorState::Problem, format!("`{command}` lacks {}", missing.join(", "))),
        (true, false) => {
            (DoctorState::NotChecked, format!("`{command}`: conditions decide about {}", undecided.join(", ")))
        }
        (true, true) => (DoctorState::Ok, format!("`{command}` is allowed")),
    };
    let name = Arn::parse(principal).and_then(|arn| Some(PrincipalKind::of_arn(arn.resource)?.1.to_owned()));
    let fix = name.filter(|_| state == DoctorState::Problem).map(|name| {
        let words = ["iam", "gap", &name, "--env", &environment.name, "--action"];
        suggested(&[words.as_slice(), &missing].concat(), &run.cli().given)
    });
    let hint = (state == DoctorState::Problem)
        .then(|| "allow these actions in a policy of the caller; see why they are not".to_owned());
    DoctorCheckView { command: Some(command.to_owned()), hint, fix, ..check(DoctorArea::Permissions, state, message) }
}

/// Whether the Region has the types that the project names, or otherwise a common one.
async fn types_of(opened: &OpenEnvironment, run: &Run) -> Vec<DoctorCheckView> {
    let promotion = &run.workspace().project().promotion;
    let mut types: BTreeSet<String> = promotion.overrides.keys().map(|key| override_key(key).0.to_owned()).collect();
    types.extend(promotion.auto.iter().flat_map(|auto| auto.types.iter().cloned()));
    if types.is_empty() {
        types.insert(DEFAULT_TYPE.to_owned());
    }
    let region = &opened.environment.region;
    let found = join_all(types.iter().map(|name| run.availability(opened, name))).await;
    let checks = types.iter().zip(found).map(|(name, found)| match found {
        Availability::Available(_) => {
            check(DoctorArea::Types, DoctorState::Ok, format!("{name} is available in {region}"))
        }
        Availability::Missing => DoctorCheckView {
            fix: Some(suggested(&["schema", name, "--env", &opened.environment.name], &run.cli().given)),
            ..check(DoctorArea::Types, DoctorState::Problem, format!("{region} does not have the type {name}"))
        },
        Availability::Unknown(reason) => {
            check(DoctorArea::Types, DoctorState::NotChecked, format!("{name} was not looked up: {reason}"))
        }
    });
    checks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::project::Project;
    use crate::report::EnvironmentView;

    fn status(skew: Option<i64>) -> EnvironmentStatus {
        EnvironmentStatus {
            view: EnvironmentView {
                name: "dev".to_owned(),
                account: String::new(),
                region: String::new(),
                arn: None,
                profile: None,
                authentication: String::new(),
                protected: false,
                endpoints: std::collections::BTreeMap::new(),
            },
            expected_account: String::new(),
            account: None,
            clock_skew: skew,
            failure: None,
        }
    }

    #[test]
    fn a_clock_that_is_minutes_off_is_a_problem() {
        let mut environment = Project::sandbox().environments.remove(0);
        environment.sandbox = false;
        for (skew, state, part) in [
            (Some(0), DoctorState::Ok, "the same"),
            (Some(-30), DoctorState::Ok, "30 s ahead of"),
            (Some(700), DoctorState::Problem, "700 s behind"),
            (Some(-700), DoctorState::Problem, "700 s ahead of"),
            (None, DoctorState::NotChecked, "STS did not respond"),
        ] {
            let found = clock(&environment, &status(skew));
            assert!(found.state == state && found.message.contains(part), "{skew:?}: {found:?}");
            assert_eq!(found.fix.is_some(), state == DoctorState::Problem);
        }
    }

    #[test]
    fn custom_endpoints_are_named() {
        let mut custom = status(None);
        assert_eq!(endpoints(&custom).message, "those of AWS");
        custom.view.endpoints.insert("sts".to_owned(), "http://127.0.0.1:1".to_owned());
        assert_eq!(endpoints(&custom).message, "sts http://127.0.0.1:1");
        custom.view.endpoints.insert("iam".to_owned(), "http://127.0.0.1:1".to_owned());
        assert_eq!(endpoints(&custom).message, "http://127.0.0.1:1 for all services");
    }
}
