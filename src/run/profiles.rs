//! Determines how an environment's credentials are obtained.

use crate::aws::Profiles;
use crate::domain::account::{Authentication, AuthenticationKind};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::files::suggestion;
use crate::outcome::{Failure, Outcome};

/// Determines how an environment's credentials are obtained.
///
/// # Errors
/// The environment's profile does not exist (the default credentials must not be used instead), or the profiles
/// cannot be read.
pub async fn authentication(environment: &Environment) -> Result<Authentication, Failure> {
    if environment.sandbox {
        return Ok(Authentication::without_profile(AuthenticationKind::Sandbox));
    }
    let Some(name) = &environment.profile else {
        let from_environment = std::env::var_os("AWS_ACCESS_KEY_ID").is_some();
        let kind = if from_environment { AuthenticationKind::Environment } else { AuthenticationKind::Unknown };
        return Ok(Authentication::without_profile(kind));
    };
    let fail = |problem: Diagnostic| {
        Failure::new(Outcome::Credentials, problem.resource(format!("environment {}", environment.name)))
    };
    let profiles = Profiles::read().await.map_err(|error| {
        let hint = "correct the file, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE";
        fail(Diagnostic::error(Code::UnreadableProfiles, error.to_string()).hint(hint))
    })?;
    profiles.authentication(name).ok_or_else(|| fail(unknown_profile(name, profiles.names())))
}

/// Returns the names of the AWS profiles, for completions; none if they cannot be read.
pub async fn profile_names() -> Vec<String> {
    let profiles = Profiles::read().await;
    profiles.map(|profiles| profiles.names().map(str::to_owned).collect()).unwrap_or_default()
}

fn unknown_profile<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let hint = match known.is_empty() {
        true => format!("no profile is configured; run `aws configure sso --profile {name}`"),
        false => suggestion::hint(name, known),
    };
    Diagnostic::error(Code::UnknownProfile, format!("the AWS profile `{name}` does not exist")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_profile_is_an_error_with_a_suggestion() {
        let hint = |known: &[&str]| {
            let problem = unknown_profile("synth-dve", known.iter().copied());
            assert_eq!(problem.code.as_str(), "unknown-profile");
            problem.hint.unwrap_or_default()
        };
        assert_eq!(hint(&["default", "synth-dev"]), "did you mean `synth-dev`?");
        assert_eq!(hint(&["other"]), "use one of `other`");
        assert!(hint(&[]).contains("aws configure sso --profile synth-dve"));
    }
}
