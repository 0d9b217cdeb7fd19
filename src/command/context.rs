//! `context`: the caller's identity in each environment, and whether two environments form a valid pair.

use futures_util::future::join_all;

use crate::cli::ContextArgs;
use crate::domain::project::Environment;
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, ContextBody, ContextEnvironment, PairView};
use crate::run::{EnvironmentStatus, Run};

pub async fn run(arguments: &ContextArgs, run: &Run) -> Result<Answer<ContextBody>, Failure> {
    let wanted: Vec<&Environment> = match arguments.env.as_str() {
        "all" => run.workspace().project().environments.iter().collect(),
        name => vec![run.workspace().environment(name)?],
    };
    // Side by side: without a network each takes seconds.
    let statuses = join_all(wanted.iter().map(|environment| run.inspect_environment(environment))).await;
    let body = ContextBody {
        environments: statuses.iter().zip(&wanted).map(|(status, environment)| row(status, environment)).collect(),
        pair: (arguments.env == "all").then(|| pair(run, &statuses)).flatten(),
    };
    let failures: Vec<Failure> = statuses.into_iter().filter_map(|status| status.failure).collect();
    let usable = body.pair.as_ref().is_none_or(|pair| pair.usable);
    let outcome = match failures.first() {
        Some(failure) => failure.outcome,
        None if usable => Outcome::Ok,
        None => Outcome::Credentials,
    };
    let mut answer = Answer::new(outcome, body);
    for failure in failures {
        answer.diagnostics.extend(failure.diagnostics);
        answer.next.extend(failure.next);
    }
    Ok(answer)
}

fn row(status: &EnvironmentStatus, environment: &Environment) -> ContextEnvironment {
    ContextEnvironment {
        name: environment.name.clone(),
        account: status.account.clone(),
        expected_account: status.expected_account.clone(),
        region: environment.region.clone(),
        arn: status.view.arn.as_deref().map(masked),
        profile: status.view.profile.clone(),
        authentication: status.view.authentication.clone(),
        protected: environment.protected,
        read_only: environment.protected && !environment.allow_create,
        mfa: None,
        expires_at: None,
        verified: status.failure.is_none(),
        endpoints: status.view.endpoints.clone(),
    }
}

/// Masks access key ids, which a session name may contain, except for their first four characters.
fn masked(arn: &str) -> String {
    let is_key = |part: &str| {
        part.len() >= 16
            && (part.starts_with("AKIA") || part.starts_with("ASIA"))
            && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    arn.split('/')
        .map(|part| if is_key(part) { format!("{}…", &part[..4]) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// Checks the first unprotected environment and the first protected one as a pair.
fn pair(run: &Run, statuses: &[EnvironmentStatus]) -> Option<PairView> {
    let environments = &run.workspace().project().environments;
    let source = environments.iter().position(|environment| !environment.protected)?;
    let target = environments.iter().position(|environment| environment.protected)?;
    let account =
        |index: usize| statuses[index].account.clone().unwrap_or_else(|| statuses[index].expected_account.clone());
    let distinct = account(source) != account(target);
    let single = run.workspace().project().single_account;
    Some(PairView {
        distinct_accounts: distinct,
        single_account: single,
        same_region: environments[source].region == environments[target].region,
        target_protected: environments[target].protected,
        usable: (distinct || single) && statuses[source].failure.is_none() && statuses[target].failure.is_none(),
    })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn keys_in_session_names_are_masked() {
        assert_eq!(masked("arn:aws:sts::1:assumed-role/r/AKIAIOSFODNN7EXAMPLE"), "arn:aws:sts::1:assumed-role/r/AKIA…");
        assert_eq!(masked("arn:aws:iam::1:user/alice"), "arn:aws:iam::1:user/alice");
    }
}
