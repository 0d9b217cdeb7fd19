//! `AWS_CA_BUNDLE` and `ca_bundle` of a profile: the certificates that servers are verified with. As in the AWS CLI, they are used in
//! place of the system's.

use aws_config::profile;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_types::os_shim_internal::{Env, Fs};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const VARIABLE: &str = "AWS_CA_BUNDLE";

/// A setting that names a file with certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaBundleSetting {
    /// The variable, or the profile and its key.
    pub name: String,
    /// The path of the file.
    pub path: String,
}

impl CaBundleSetting {
    /// Returns the setting for an environment with this profile; `None` for the default credential chain, which uses the profile
    /// of `AWS_PROFILE`. Profile files that cannot be read are reported elsewhere.
    pub async fn read(profile: Option<&str>) -> Option<Self> {
        Self::read_from(&Fs::real(), &Env::real(), profile).await
    }

    async fn read_from(files: &Fs, environment: &Env, profile: Option<&str>) -> Option<Self> {
        if let Some(path) = environment.get(VARIABLE).ok().filter(|path| !path.is_empty()) {
            return Some(Self { name: VARIABLE.to_owned(), path });
        }
        let selected = profile.map(|name| name.to_owned().into());
        let set = profile::load(files, environment, &Default::default(), selected).await.ok()?;
        let path = set.get("ca_bundle").filter(|path| !path.is_empty())?;
        Some(Self { name: format!("`ca_bundle` of the profile `{}`", set.selected_profile()), path: path.to_owned() })
    }
}

/// Certificates that servers are verified with.
#[derive(Clone)]
pub struct CaBundle(String);

impl CaBundle {
    /// Checks certificates in PEM format.
    ///
    /// # Errors
    /// The text has no certificate, or one that cannot be used.
    pub fn parse(text: String) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let certificate = certificate.map_err(|error| format!("it is not in PEM format: {error}"))?;
            roots.add(certificate).map_err(|error| format!("a certificate cannot be used: {error}"))?;
        }
        match roots.is_empty() {
            true => Err("it contains no certificate in PEM format".to_owned()),
            false => Ok(Self(text)),
        }
    }

    /// Returns the TLS settings of a client; `None` if they cannot be created.
    pub(super) fn tls_context(&self) -> Option<TlsContext> {
        let store = TrustStore::empty().with_pem_certificate(self.0.as_bytes());
        TlsContext::builder().with_trust_store(store).build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nca_bundle = /default.pem\n[profile dev]\nca_bundle = /dev.pem\n[profile plain]\n";

    async fn setting(profile: Option<&str>, variables: &[(&str, &str)]) -> Option<(String, String)> {
        let files = Fs::from_slice(&[("/c", CONFIG)]);
        let variables: Vec<(&str, &str)> = [("AWS_CONFIG_FILE", "/c")].iter().chain(variables).copied().collect();
        let setting = CaBundleSetting::read_from(&files, &Env::from_slice(&variables), profile).await?;
        Some((setting.name, setting.path))
    }

    #[tokio::test]
    async fn the_variable_takes_precedence_over_the_profile() {
        let of = |name: &str, path: &str| Some((name.to_owned(), path.to_owned()));
        let dev = of("`ca_bundle` of the profile `dev`", "/dev.pem");
        assert_eq!(setting(Some("dev"), &[]).await, dev);
        assert_eq!(setting(None, &[("AWS_PROFILE", "dev")]).await, dev);
        assert_eq!(setting(None, &[]).await, of("`ca_bundle` of the profile `default`", "/default.pem"));
        assert_eq!(setting(Some("plain"), &[]).await, None);
        assert_eq!(setting(Some("dev"), &[("AWS_CA_BUNDLE", "")]).await, dev);
        assert_eq!(setting(Some("dev"), &[("AWS_CA_BUNDLE", "/v.pem")]).await, of("AWS_CA_BUNDLE", "/v.pem"));
    }

    #[test]
    fn a_bundle_without_usable_certificates_is_refused() {
        let block = |content: &str| format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n");
        for (text, part) in [
            (String::new(), "contains no certificate"),
            ("hello".to_owned(), "contains no certificate"),
            (block("aGVsbG8="), "cannot be used"),
            (block("!!"), "not in PEM format"),
            ("-----BEGIN CERTIFICATE-----\naGVsbG8=\n".to_owned(), ""),
        ] {
            let error = CaBundle::parse(text.clone()).err().unwrap_or_default();
            assert!(!error.is_empty() && error.contains(part), "{text}: {error}");
        }
    }
}
