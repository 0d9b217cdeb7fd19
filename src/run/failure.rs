//! Converts failed calls and account mismatches to failures of a run.

use crate::aws::Access;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::files::config;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::ports::{CloudError, CloudErrorKind, Purpose};

/// Returns the failure of a run whose call failed.
pub fn cloud_failure(error: &CloudError) -> Failure {
    let outcome = if error.kind.is_about_credentials() { Outcome::Credentials } else { Outcome::Error };
    let message = format!("{}: {error}", error.environment);
    let mut diagnostic = Diagnostic::error(error.kind.diagnostic_code(), message);
    diagnostic.resource = error.resource.as_ref().map(ToString::to_string);
    diagnostic.hint = error.hint(Purpose::Read);
    Failure::new(outcome, diagnostic)
}

/// Returns the failure of an environment that cannot be opened.
pub(super) fn access_failure(environment: &Environment, error: Access) -> Failure {
    match error {
        Access::WrongAccount(mismatch) => {
            let who = mismatch.arn.clone();
            let problem = Diagnostic::error(Code::WrongAccount, format!("{mismatch}; nothing was sent"))
                .resource(format!("environment {}", environment.name))
                .hint(format!("the caller is {who}; correct the profile, or the account in {}", config::FILE_NAME));
            Failure::new(Outcome::Credentials, problem)
        }
        Access::Call(error) => {
            let mut failure = cloud_failure(&error);
            // Credentials that may not even call GetCallerIdentity are unusable.
            if error.kind == CloudErrorKind::AccessDenied {
                failure.outcome = Outcome::Credentials;
            }
            let lower = error.message.to_lowercase();
            if let Some(profile) = &environment.profile
                && error.kind.is_about_credentials()
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
