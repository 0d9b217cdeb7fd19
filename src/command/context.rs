//! `context`: the caller's identity in each environment, and whether two environments form a valid pair.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::Value;

use super::drift::known_type;
use super::resource_access;
use crate::cli::ContextArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::inventory::{MemberRole, source_environment};
use crate::domain::project::Environment;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::gate::matrix::{capabilities, gate_rules};
use crate::policy;
use crate::report::{Answer, ContextBody, ContextEnvironment, PairView};
use crate::run::{EnvironmentStatus, Run};

pub async fn run(arguments: &ContextArgs, run: &Run) -> Result<Answer<ContextBody>, Failure> {
    if arguments.doctor {
        return super::doctor::run(arguments, run).await;
    }
    if arguments.matrix {
        let rules = gate_rules(run.workspace().project(), run.registry(), run.now());
        return Ok(Answer::new(Outcome::Ok, ContextBody::of_matrix(&rules, &capabilities(run.registry()))));
    }
    if arguments.member_role {
        return member_role(arguments, run)
            .map(|template| Answer::new(Outcome::Ok, ContextBody::of_member_role(template)));
    }
    if arguments.resources {
        return resource_access::run(arguments, run).await;
    }
    let wanted: Vec<&Environment> = match arguments.env.as_str() {
        "all" => run.workspace().project().environments.iter().collect(),
        name => vec![run.workspace().environment(name)?],
    };
    // Side by side: without a network each takes seconds.
    let statuses = join_all(wanted.iter().map(|environment| run.inspect_environment(environment))).await;
    let rows = statuses.iter().zip(&wanted).map(|(status, environment)| row(status, environment)).collect();
    let body = ContextBody::of_environments(rows, (arguments.env == "all").then(|| pair(run, &statuses)).flatten());
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

/// Returns the template of the role that `inventory` assumes.
fn member_role(arguments: &ContextArgs, run: &Run) -> Result<Value, Failure> {
    let project = run.workspace().project();
    let registry = run.registry();
    let trusted = match arguments.env.as_str() {
        "all" => source_environment(project, None).ok_or_else(crate::workspace::no_project)?,
        name => run.workspace().environment(name)?,
    };
    let mut types = Vec::new();
    for word in &arguments.types {
        let of_service: Vec<&str> = registry.type_names_of(word).collect();
        match of_service.is_empty() {
            true => types.push(known_type(registry, word)?),
            false => types.extend(of_service.into_iter().map(str::to_owned)),
        }
    }
    if arguments.types.is_empty() {
        let policies = policy::listed(policy::builtin::sources())
            .map_err(|error| Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, error.to_string())))?;
        types = policies.into_iter().flat_map(|policy| policy.types).filter(|name| registry.contains(name)).collect();
    }
    types.sort();
    types.dedup();
    // One that all accounts share is the default.
    let registered = project.accounts.iter().filter_map(|account| account.external_id.as_deref());
    let of_organization = project.organization.as_ref().and_then(|settings| settings.external_id.as_deref());
    let external_ids: BTreeSet<&str> = registered.chain(of_organization).collect();
    let role = MemberRole {
        trusted_account: trusted.account.as_str(),
        organization: arguments.org_id.as_deref(),
        requires_mfa: arguments.require_mfa,
        external_id: external_ids.first().copied().filter(|_| external_ids.len() == 1),
        types: &types,
    };
    role.template(registry, &policy::takes_no_resource).map_err(|error| {
        let problem = Diagnostic::error(Code::TooManyTypes, error.to_string());
        Failure::usage(vec![problem.hint("choose fewer types with --type")])
    })
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
pub(super) fn masked(arn: &str) -> String {
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
