//! The user's AWS profiles, read by the SDK itself, so that the result matches what the SDK uses.
//!
//! This includes `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE`, `~` and the rules of both files. A file that does not exist or
//! cannot be opened is treated as empty, as in the SDK. Secrets are not exposed.

use std::collections::BTreeMap;

use aws_config::profile::{self, Profile};
use aws_types::os_shim_internal::{Env, Fs};

use crate::domain::account::{Authentication, AuthenticationKind, CredentialSource};

/// The names of all profiles, with how each obtains credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles(BTreeMap<String, Settings>);

/// What a profile says about its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    kind: AuthenticationKind,
    /// The profile whose credentials a role is assumed with.
    source: Option<String>,
    has_mfa: bool,
    region: Option<String>,
}

/// The profile files are invalid and rejected by the SDK.
#[derive(Debug, thiserror::Error)]
#[error("the AWS profiles cannot be read: {0}")]
pub struct ProfilesError(String);

impl Profiles {
    /// Reads the profiles from the files that environment variables select.
    ///
    /// # Errors
    /// A file is invalid.
    pub async fn read() -> Result<Self, ProfilesError> {
        Self::read_from(&Fs::real(), &Env::real()).await
    }

    async fn read_from(files: &Fs, environment: &Env) -> Result<Self, ProfilesError> {
        let read = profile::load(files, environment, &Default::default(), None).await;
        let set = read.map_err(|error| ProfilesError(one_line(&error)))?;
        let profiles = set.profiles().filter_map(|name| set.get_profile(name));
        Ok(Self(profiles.map(|profile| (profile.name().to_owned(), settings(profile))).collect()))
    }

    /// Returns how a profile obtains credentials; `None` if there is no such profile.
    pub fn authentication(&self, name: &str) -> Option<Authentication> {
        let settings = self.0.get(name)?;
        let mut found = Authentication {
            kind: settings.kind,
            source: Some(CredentialSource { profile: name.to_owned(), kind: settings.kind }),
            has_mfa: settings.has_mfa,
        };
        let (mut at, mut seen) = (settings, vec![name]);
        // A profile may name itself as the source: then its own access keys are meant.
        while let Some(next) = at.source.as_deref().filter(|next| !seen.contains(next))
            && let Some(settings) = self.0.get(next)
        {
            seen.push(next);
            found.has_mfa |= settings.has_mfa;
            found.source = Some(CredentialSource { profile: next.to_owned(), kind: settings.kind });
            at = settings;
        }
        Some(found)
    }

    /// Returns the Region that a profile names.
    pub fn region(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.region.as_deref()
    }

    /// Returns the names of the profiles, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn settings(profile: &Profile) -> Settings {
    let kind = kind(profile);
    let is_role = kind == AuthenticationKind::AssumeRole;
    let source = profile.get("source_profile").filter(|_| is_role).map(str::to_owned);
    let region = profile.get("region").map(str::to_owned);
    Settings { kind, source, has_mfa: is_role && profile.get("mfa_serial").is_some(), region }
}

/// Checks the settings of a profile in the same order as the SDK. A role takes precedence over its source credentials, except with
/// a web identity token.
fn kind(profile: &Profile) -> AuthenticationKind {
    let has = |key: &str| profile.get(key).is_some();
    let has_token = has("web_identity_token_file");
    if has("role_arn") && !has_token {
        return AuthenticationKind::AssumeRole;
    }
    match profile.get("credential_source") {
        Some("Environment") => AuthenticationKind::Environment,
        Some("EcsContainer" | "Ec2InstanceMetadata") => AuthenticationKind::Container,
        Some(_) => AuthenticationKind::Unknown,
        None if has_token => AuthenticationKind::WebIdentity,
        None if SSO.iter().any(|key| has(key)) => AuthenticationKind::Sso,
        None if has("login_session") => AuthenticationKind::Login,
        None if has("credential_process") => AuthenticationKind::CredentialProcess,
        None if has("aws_access_key_id") => AuthenticationKind::Static,
        None => AuthenticationKind::Unknown,
    }
}

/// Settings that indicate an SSO profile.
const SSO: [&str; 5] = ["sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"];

/// Returns an error with its causes, in one line.
fn one_line(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let said: Vec<String> = causes.map(ToString::to_string).collect();
    said.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# comment
[default]
region = us-east-1

[profile synth-dev]
sso_session = synth ; trailing
region=eu-west-1
s3 =
  max_concurrent_requests = 20
  role_arn = nested

[sso-session synth]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
[profile role]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = default
[profile ci]
ROLE_ARN = arn:aws:iam::222222222222:role/R
web_identity_token_file = /token
[profile tool]
credential_process = /bin/tool --x=1
[profile legacy]
sso_start_url = https://example.awsapps.com/start
[profile instance]
credential_source = Ec2InstanceMetadata
[profile empty]
[profile split]
region = us-west-2
[unprefixed]
role_arn = arn:aws:iam::222222222222:role/R
";

    const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = a#b;c
[split]
aws_access_key_id = AKIAEXAMPLE
[only-here]
aws_access_key_id = AKIAEXAMPLE
";

    async fn read(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Vec<String>, ProfilesError> {
        let profiles = Profiles::read_from(&Fs::from_slice(files), &Env::from_slice(environment)).await?;
        Ok(profiles.0.iter().map(|(name, settings)| format!("{name}: {}", settings.kind)).collect())
    }

    #[tokio::test]
    async fn profiles_of_both_files_are_merged_and_recognized() {
        let files = [("/home/u/.aws/config", CONFIG), ("/home/u/.aws/credentials", CREDENTIALS)];
        assert_eq!(
            read(&files, &[("HOME", "/home/u")]).await.unwrap(),
            [
                "ci: Web identity",
                "default: Static access keys",
                "empty: Unknown",
                "instance: Container or instance role",
                "legacy: AWS SSO Profile",
                "only-here: Static access keys",
                "role: Assumed role",
                "split: Static access keys",
                "synth-dev: AWS SSO Profile",
                "tool: Credential process",
            ]
        );
    }

    #[tokio::test]
    async fn environment_variables_select_the_files() {
        let files = [
            ("/home/u/.aws/config", "[profile home]\n"),
            ("/home/u/other", "[profile elsewhere]\n"),
            ("/keys", "[keys]\naws_access_key_id = AKIAEXAMPLE\n"),
        ];
        for (environment, names) in [
            (&[("HOME", "/home/u")][..], &["home: Unknown"][..]),
            (&[("HOME", "/home/u"), ("AWS_CONFIG_FILE", "~/other")], &["elsewhere: Unknown"]),
            (&[("HOME", "/home/u"), ("AWS_CONFIG_FILE", "/home/u/nowhere")], &[]),
            (
                &[("HOME", "/home/u"), ("AWS_SHARED_CREDENTIALS_FILE", "/keys")],
                &["home: Unknown", "keys: Static access keys"],
            ),
            (&[], &[]),
        ] {
            assert_eq!(read(&files, environment).await.unwrap(), names, "{environment:?}");
        }
    }

    #[tokio::test]
    async fn an_invalid_file_is_an_error_with_its_location() {
        let error = read(&[("/c", "[profile a]\n[broken\n")], &[("AWS_CONFIG_FILE", "/c")]).await.unwrap_err();
        assert!(error.to_string().contains("/c on line 2"), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }

    #[tokio::test]
    async fn a_profile_is_found_by_its_exact_name() {
        let files = Fs::from_slice(&[("/c", CONFIG)]);
        let profiles = Profiles::read_from(&files, &Env::from_slice(&[("AWS_CONFIG_FILE", "/c")])).await.unwrap();
        assert_eq!(
            profiles.authentication("tool").map(|found| found.kind),
            Some(AuthenticationKind::CredentialProcess)
        );
        assert_eq!(profiles.authentication("too"), None);
        assert_eq!(profiles.names().next(), Some("ci"));
        assert_eq!((profiles.region("synth-dev"), profiles.region("tool")), (Some("eu-west-1"), None));
    }

    #[tokio::test]
    async fn the_source_of_a_chain_of_roles_is_found() {
        let text = "\
[profile sso]
sso_session = s
[profile console]
login_session = arn:aws:iam::111111111111:user/Ada
[profile one]
role_arn = arn:aws:iam::222222222222:role/One
source_profile = sso
[profile two]
role_arn = arn:aws:iam::222222222222:role/Two
source_profile = one
mfa_serial = arn:aws:iam::222222222222:mfa/ada
[profile three]
role_arn = arn:aws:iam::222222222222:role/Three
source_profile = two
[profile self]
role_arn = arn:aws:iam::222222222222:role/Self
source_profile = self
aws_access_key_id = AKIAEXAMPLE
[profile circle]
role_arn = arn:aws:iam::222222222222:role/Circle
source_profile = circle-2
[profile circle-2]
role_arn = arn:aws:iam::222222222222:role/Circle
source_profile = circle
[profile nobody]
role_arn = arn:aws:iam::222222222222:role/Nobody
source_profile = none
";
        let files = Fs::from_slice(&[("/c", text)]);
        let profiles = Profiles::read_from(&files, &Env::from_slice(&[("AWS_CONFIG_FILE", "/c")])).await.unwrap();
        for (name, source, has_mfa) in [
            ("sso", "sso", false),
            ("console", "console", false),
            ("one", "sso", false),
            ("two", "sso", true),
            ("three", "sso", true),
            ("self", "self", false),
            ("circle", "circle-2", false),
            ("nobody", "nobody", false),
        ] {
            let found = profiles.authentication(name).unwrap();
            assert_eq!(found.source.unwrap().profile, source, "{name}");
            assert_eq!(found.has_mfa, has_mfa, "{name}");
        }
        assert_eq!(profiles.authentication("console").unwrap().kind, AuthenticationKind::Login);
        assert_eq!(profiles.authentication("three").unwrap().source.unwrap().kind, AuthenticationKind::Sso);
    }
}
