//! AWS profiles: which ones exist, where they work, and how they authenticate.
//!
//! Only the shape of the files is read here. Credentials themselves are the SDK's business, and no
//! secret leaves this module.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::diagnostic::Diagnostic;

use super::suggestion;
use super::text::unreadable;

/// How credentials come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthenticationKind {
    /// IAM Identity Center, through `aws sso login`.
    Sso,
    /// A role assumed from another profile or credential source.
    AssumeRole,
    /// Access keys in a file.
    Static,
    /// An external program.
    CredentialProcess,
    /// A role assumed with an identity token, as in EKS or GitHub Actions.
    WebIdentity,
    /// Environment variables.
    Environment,
    /// The metadata endpoint of a container or an instance.
    Container,
    /// The embedded cloud.
    Sandbox,
    /// None of the above could be recognised.
    Unknown,
}

impl AuthenticationKind {
    /// The name shown to users.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sso => "AWS SSO Profile",
            Self::AssumeRole => "Assumed role",
            Self::Static => "Static access keys",
            Self::CredentialProcess => "Credential process",
            Self::WebIdentity => "Web identity",
            Self::Environment => "Environment variables",
            Self::Container => "Container or instance role",
            Self::Sandbox => "Sandbox",
            Self::Unknown => "Unknown",
        }
    }
}

impl std::fmt::Display for AuthenticationKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A named profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name; `default` included.
    pub name: String,
    /// How it authenticates.
    pub kind: AuthenticationKind,
    /// Its `region`.
    pub region: Option<String>,
}

/// Reads the user's AWS configuration and credentials files: those that `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` name, else the ones in `~/.aws`. A file that does not exist is
/// empty. Touches the disk.
///
/// # Errors
/// A file exists and cannot be read.
pub fn read_profiles(environment: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Profile>, Box<Diagnostic>> {
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(environment).map(PathBuf::from);
    let text = |variable: &str, name: &str| {
        let path = match environment(variable).filter(|path| !path.is_empty()) {
            Some(path) => match (path.strip_prefix("~/"), &home) {
                (Some(rest), Some(home)) => Some(home.join(rest)),
                _ => Some(PathBuf::from(path)),
            },
            None => home.as_ref().map(|home| home.join(".aws").join(name)),
        };
        let Some(path) = path else {
            return Ok(String::new());
        };
        match std::fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(Box::new(unreadable(&path.display().to_string(), &error))),
        }
    };
    Ok(parse(&text("AWS_CONFIG_FILE", "config")?, &text("AWS_SHARED_CREDENTIALS_FILE", "credentials")?))
}

/// The profile of that name.
///
/// # Errors
/// There is none: the default credentials must not be used in its place.
pub fn find<'p>(profiles: &'p [Profile], name: &str) -> Result<&'p Profile, Box<Diagnostic>> {
    profiles.iter().find(|profile| profile.name == name).ok_or_else(|| {
        let names = profiles.iter().map(|profile| profile.name.as_str());
        let hint = match profiles.is_empty() {
            true => {
                format!("no profile is configured; run `aws configure sso --profile {name}`")
            }
            false => suggestion::hint(name, names),
        };
        let message = format!("there is no AWS profile `{name}`");
        Box::new(Diagnostic::error("unknown-profile", message).hint(hint))
    })
}

/// The profiles of a configuration and a credentials file, sorted by name. Lines that are not
/// understood are skipped, as the AWS tools do.
pub fn parse(config: &str, credentials: &str) -> Vec<Profile> {
    let mut profiles: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (section, properties) in sections(config) {
        let name = match section.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(name) => unquoted(name.trim()),
            None if section == "default" => "default",
            // `[sso-session …]` and `[services …]` are not profiles.
            None => continue,
        };
        profiles.entry(name.to_owned()).or_default().extend(properties);
    }
    for (section, properties) in sections(credentials) {
        profiles.entry(unquoted(&section).to_owned()).or_default().extend(properties);
    }
    profiles
        .into_iter()
        .map(|(name, properties)| Profile {
            kind: kind(&properties),
            region: properties.get("region").filter(|region| !region.is_empty()).cloned(),
            name,
        })
        .collect()
}

fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name)
}

/// In the order in which the SDK looks at a profile: a role goes before what it is assumed with.
fn kind(properties: &BTreeMap<String, String>) -> AuthenticationKind {
    let has = |key: &str| properties.get(key).is_some_and(|value| !value.is_empty());
    if has("role_arn") && has("web_identity_token_file") {
        AuthenticationKind::WebIdentity
    } else if has("role_arn") {
        AuthenticationKind::AssumeRole
    } else if has("sso_session") || has("sso_start_url") {
        AuthenticationKind::Sso
    } else if has("credential_process") {
        AuthenticationKind::CredentialProcess
    } else if has("aws_access_key_id") {
        AuthenticationKind::Static
    } else {
        AuthenticationKind::Unknown
    }
}

/// The sections of an AWS configuration file with their properties; keys in lower case.
fn sections(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut sections: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.lines() {
        // An indented line continues the property above it, such as `s3 =`.
        if line.starts_with([' ', '\t', '#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if let Some((name, _)) = header.split_once(']') {
                sections.push((name.trim().to_owned(), BTreeMap::new()));
            }
        } else if let (Some((key, value)), Some((_, properties))) = (line.split_once('='), sections.last_mut()) {
            properties.insert(key.trim().to_ascii_lowercase(), without_comment(value).trim().to_owned());
        }
    }
    sections
}

/// A comment begins at `#` or `;` after white space.
fn without_comment(value: &str) -> &str {
    let begins = |(at, character): (usize, char)| {
        let is_mark = character == '#' || character == ';';
        (is_mark && value[..at].ends_with([' ', '\t'])).then_some(at)
    };
    value.char_indices().find_map(begins).map_or(value, |at| &value[..at])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# comment
[default]
region = us-east-1

[profile synth-dev]
sso_session = synth ; trailing
region=eu-west-1   # trailing
s3 =
  max_concurrent_requests = 20
  region = wrong

[sso-session synth]
sso_start_url = https://example.awsapps.com/start
[profile \"with space\"]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = default
[profile ci]
ROLE_ARN = arn:aws:iam::222222222222:role/R
web_identity_token_file = /token
[profile tool]
credential_process = /bin/tool --x=1
[profile legacy]
sso_start_url = https://example.awsapps.com/start
[profile empty]
[profile split]
region = us-west-2
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

    fn described(config: &str, credentials: &str) -> Vec<String> {
        parse(config, credentials)
            .iter()
            .map(|profile| format!("{}: {} {}", profile.name, profile.kind, profile.region.as_deref().unwrap_or("-")))
            .collect()
    }

    #[test]
    fn profiles_of_both_files_are_merged_and_recognised() {
        assert_eq!(
            described(CONFIG, CREDENTIALS),
            [
                "ci: Web identity -",
                "default: Static access keys us-east-1",
                "empty: Unknown -",
                "legacy: AWS SSO Profile -",
                "only-here: Static access keys -",
                "split: Static access keys us-west-2",
                "synth-dev: AWS SSO Profile eu-west-1",
                "tool: Credential process -",
                "with space: Assumed role -",
            ]
        );
    }

    #[test]
    fn what_is_not_a_profile_is_skipped() {
        assert_eq!(described("stray = 1\n[profiles x]\n[broken\na = b\n[sso-session s]\n", ""), Vec::<String>::new());
        assert_eq!(described("", "[sso-session s]\n"), ["sso-session s: Unknown -"]);
    }

    #[test]
    fn an_unknown_profile_is_an_error_with_a_suggestion() {
        let profiles = parse(CONFIG, CREDENTIALS);
        assert_eq!(find(&profiles, "tool").unwrap().kind, AuthenticationKind::CredentialProcess);
        let error = find(&profiles, "synth-dve").unwrap_err();
        assert_eq!((error.code, error.hint.as_deref()), ("unknown-profile", Some("did you mean `synth-dev`?")));
        assert!(find(&[], "x").unwrap_err().hint.unwrap().contains("aws configure sso"));
    }

    #[test]
    fn the_environment_names_the_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".aws")).unwrap();
        std::fs::write(folder.path().join(".aws/config"), "[profile home]\n").unwrap();
        std::fs::write(folder.path().join("other"), "[profile elsewhere]\n").unwrap();
        let home = folder.path().display().to_string();
        let names = |config: Option<&str>| {
            let read = read_profiles(&|variable| match variable {
                "HOME" => Some(home.clone()),
                "AWS_CONFIG_FILE" => config.map(str::to_owned),
                _ => None,
            });
            read.map(|profiles| profiles.into_iter().map(|profile| profile.name).collect::<Vec<_>>())
        };
        assert_eq!(names(None).unwrap(), ["home"]);
        assert_eq!(names(Some("~/other")).unwrap(), ["elsewhere"]);
        assert_eq!(names(Some("~/nowhere")).unwrap(), Vec::<String>::new());
        assert_eq!(names(Some(&home)).unwrap_err().code, "file-unreadable");
        assert_eq!(read_profiles(&|_| None).unwrap(), []);
    }
}
