//! Converts failed calls and account mismatches to failures of a run.

use crate::aws::Access;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::project::Environment;
use crate::files::config;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// Returns the failure of a run whose call failed.
pub fn cloud_failure(error: &CloudError) -> Failure {
    let outcome = match error.kind {
        CloudErrorKind::Credentials => Outcome::Credentials,
        _ => Outcome::Error,
    };
    let mut diagnostic = Diagnostic::error(diagnostic_code(error.kind), format!("{}: {error}", error.environment));
    diagnostic.resource = error.resource.as_ref().map(ToString::to_string);
    diagnostic.hint = match error.kind {
        CloudErrorKind::AccessDenied => {
            Some(format!("grant the credentials of `{}` the permission named in the message", error.environment))
        }
        CloudErrorKind::Network => Some("check the network connection, the Region and AWS_ENDPOINT_URL".to_owned()),
        CloudErrorKind::Throttled => Some("wait and run the command again; AWS is throttling this account".to_owned()),
        CloudErrorKind::Credentials => {
            Some(format!("check the credentials: stagegate context --env {}", error.environment))
        }
        _ => None,
    };
    Failure::new(outcome, diagnostic)
}

fn diagnostic_code(kind: CloudErrorKind) -> &'static str {
    match kind {
        CloudErrorKind::NotFound => "aws-not-found",
        CloudErrorKind::AlreadyExists => "aws-already-exists",
        CloudErrorKind::AccessDenied => "aws-access-denied",
        CloudErrorKind::Credentials => "aws-credentials",
        CloudErrorKind::Throttled => "aws-throttled",
        CloudErrorKind::TypeNotFound => "aws-type-not-found",
        CloudErrorKind::Unsupported => "aws-unsupported",
        CloudErrorKind::Invalid => "aws-invalid-request",
        CloudErrorKind::NotUpdatable => "aws-not-updatable",
        CloudErrorKind::Conflict => "aws-conflict",
        CloudErrorKind::Busy => "aws-busy",
        CloudErrorKind::Network => "aws-no-answer",
        CloudErrorKind::Other => "aws-error",
    }
}

/// Returns the failure of an environment that cannot be opened.
pub(super) fn access_failure(environment: &Environment, error: Access) -> Failure {
    match error {
        Access::WrongAccount(mismatch) => {
            let who = mismatch.arn.clone();
            let problem = Diagnostic::error("wrong-account", format!("{mismatch}; nothing was sent"))
                .resource(format!("environment {}", environment.name))
                .hint(format!("the caller is {who}; correct the profile, or the account in {}", config::FILE_NAME));
            Failure::new(Outcome::Credentials, problem)
        }
        Access::Call(error) => {
            let mut failure = cloud_failure(&error);
            failure.outcome = Outcome::Credentials;
            let lower = error.message.to_lowercase();
            if let Some(profile) = &environment.profile
                && (lower.contains("sso") || lower.contains("expired"))
            {
                let login = format!("aws sso login --profile {profile}");
                for diagnostic in &mut failure.diagnostics {
                    diagnostic.hint = Some(format!("sign in again: {login}"));
                }
                return failure.next("sign in again", login);
            }
            failure
        }
    }
}
