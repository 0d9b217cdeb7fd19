//! Converts failed calls and account mismatches to failures of a run.

use crate::aws::Access;
use crate::domain::account::{Authentication, AuthenticationKind, CredentialSource};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::region;
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
pub(super) fn access_failure(environment: &Environment, authentication: &Authentication, error: Access) -> Failure {
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
            if !error.kind.is_about_credentials() {
                // A Region that does not exist has no endpoint.
                let meant = Some(environment.region.as_str()).filter(|name| !region::is_known(name));
                if let Some(unknown) = meant.filter(|_| error.kind == CloudErrorKind::Network) {
                    let meant = region::closest(unknown).map(|meant| format!(": did you mean `{meant}`?"));
                    let hint = format!(
                        "check the network connection, and the Region: this version knows no `{unknown}`{}",
                        meant.unwrap_or_default()
                    );
                    failure.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.hint = Some(hint.clone()));
                }
                let source = authentication.source.as_ref();
                if let Some(source) = source.filter(|source| source.kind == AuthenticationKind::CredentialProcess)
                    && error.kind == CloudErrorKind::Network
                {
                    let hint = format!(
                        "check the network connection, and whether the credential_process of profile `{}` ends by itself",
                        source.profile
                    );
                    failure.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.hint = Some(hint.clone()));
                }
                return failure;
            }
            let is_role_refused = error.message.contains("the role cannot be assumed");
            let sign_in = authentication.source.as_ref().and_then(CredentialSource::sign_in);
            // The session is in order if STS knows it and refuses the role.
            let sign_in = sign_in.filter(|_| !is_role_refused || error.message.to_lowercase().contains("expired"));
            let hint = match &sign_in {
                Some(command) => Some(format!("sign in again: {command}")),
                None => profile_hint(environment, authentication, is_role_refused),
            };
            if let Some(hint) = hint {
                for diagnostic in &mut failure.diagnostics {
                    diagnostic.hint = Some(hint.clone());
                }
            }
            match sign_in {
                Some(command) => failure.next("sign in again", command),
                None => failure,
            }
        }
    }
}

/// Returns what to correct in a profile whose credentials are missing or refused.
fn profile_hint(environment: &Environment, authentication: &Authentication, is_role_refused: bool) -> Option<String> {
    use AuthenticationKind as Kind;
    let profile = environment.profile.as_deref()?;
    let source = authentication.source.as_ref()?;
    let name = &source.profile;
    if is_role_refused && authentication.has_mfa {
        return Some(format!(
            "the role may require MFA, and stagegate does not ask for codes; add a profile with `credential_process = \
             aws configure export-credentials --profile {profile} --format process` for this environment, and let the AWS CLI \
             ask: aws sts get-caller-identity --profile {profile}"
        ));
    }
    if is_role_refused && source.kind != Kind::WebIdentity {
        return Some(format!(
            "allow sts:AssumeRole in the trust policy of the role and for the caller, and check role_arn and external_id of \
             profile `{profile}`"
        ));
    }
    Some(match source.kind {
        Kind::CredentialProcess => {
            format!(
                "run the credential_process of profile `{name}` by itself: it must print credentials as JSON and exit with 0"
            )
        }
        Kind::WebIdentity => format!("check web_identity_token_file and role_arn of profile `{name}`"),
        Kind::Static => format!("replace the access keys of profile `{name}`: aws configure --profile {name}"),
        Kind::Container => {
            format!("run in the container or instance that profile `{name}` names, or choose a different profile")
        }
        Kind::Unknown => format!("profile `{name}` contains no credentials: aws configure --profile {name}"),
        Kind::Sso | Kind::Login | Kind::AssumeRole | Kind::Environment | Kind::Sandbox => return None,
    })
}
