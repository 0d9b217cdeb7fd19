//! Failed calls and refused accounts, as the end of a run.

use crate::aws::Access;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::files::config;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// A call that failed, as the end of a run.
pub fn cloud_failure(error: &CloudError) -> Failure {
    let outcome = match error.kind {
        CloudErrorKind::Credentials => Outcome::Credentials,
        _ => Outcome::Error,
    };
    let mut diagnostic = Diagnostic::error(diagnostic_code(error.kind), format!("{}: {error}", error.environment));
    diagnostic.resource = error.resource.as_ref().map(ToString::to_string);
    diagnostic.hint = match error.kind {
        CloudErrorKind::AccessDenied => {
            Some(format!("the credentials of `{}` lack a permission; the message names it", error.environment))
        }
        CloudErrorKind::Network => Some("check the network, the region and AWS_ENDPOINT_URL".to_owned()),
        CloudErrorKind::Throttled => Some("AWS throttles this account; run the command again later".to_owned()),
        CloudErrorKind::Credentials => Some(format!("stagegate context --env {}", error.environment)),
        _ => None,
    };
    Failure::new(outcome, diagnostic)
}

fn diagnostic_code(kind: CloudErrorKind) -> Code {
    match kind {
        CloudErrorKind::NotFound => Code::AwsNotFound,
        CloudErrorKind::AlreadyExists => Code::AwsAlreadyExists,
        CloudErrorKind::AccessDenied => Code::AwsAccessDenied,
        CloudErrorKind::Credentials => Code::AwsCredentials,
        CloudErrorKind::Throttled => Code::AwsThrottled,
        CloudErrorKind::TypeNotFound => Code::AwsTypeNotFound,
        CloudErrorKind::Unsupported => Code::AwsUnsupported,
        CloudErrorKind::Invalid => Code::AwsInvalidRequest,
        CloudErrorKind::NotUpdatable => Code::AwsNotUpdatable,
        CloudErrorKind::Conflict => Code::AwsConflict,
        CloudErrorKind::Busy => Code::AwsBusy,
        CloudErrorKind::Network => Code::AwsNoAnswer,
        CloudErrorKind::Other => Code::AwsError,
    }
}

/// An environment that cannot be opened.
pub(super) fn access_failure(environment: &Environment, error: Access) -> Failure {
    match error {
        Access::WrongAccount(mismatch) => {
            let who = mismatch.arn.clone();
            let problem = Diagnostic::error(Code::WrongAccount, format!("{mismatch}; nothing was sent"))
                .resource(format!("environment {}", environment.name))
                .hint(format!("you are {who}; correct the profile, or the pinned account in {}", config::FILE_NAME));
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
