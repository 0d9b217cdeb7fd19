//! Credential providers: each of the standard chain that has a local stand-in, with usable and unusable credentials. Both
//! environments are always reported, side by side.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, root};

/// The cache files of the SDKs: the SHA-1 of the session's name `s`, and the SHA-256 of [`LOGIN`].
const SSO_CACHE: &str = "../.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
const LOGIN_CACHE: &str = "../.aws/login/cache/4527979be78fa937dce9f26da0af23e518769d59679ca52c897dcd56f0593fed.json";
const LOGIN: &str = "arn:aws:iam::111111111111:user/Ada";

const LATER: &str = "2099-01-01T00:00:00Z";
const EARLIER: &str = "2020-01-01T00:00:00Z";

/// A sandbox behind the stand-ins for credential providers.
struct Providers {
    owner: User,
    _sandbox: Server,
    front: Server,
}

impl Providers {
    fn start() -> Self {
        let owner = User::of_sandbox();
        let sandbox = owner.serve();
        let script = root().join("tests/python/credential_providers.py").display().to_string();
        let target = sandbox.endpoint.strip_prefix("http://").unwrap();
        let folder = owner.folder().display().to_string();
        let front = Server::python("python", &[&script, "PORT", target, DEV, &folder], &[]);
        Self { owner, _sandbox: sandbox, front }
    }

    /// A user whose dev profile `d` has these settings; prod has access keys.
    fn user(&self, profile: &str) -> User {
        let user = User::of_accounts(&self.front.endpoint, "Shop", DEV, PROD);
        user.write("aws-config", &config(profile));
        user
    }

    /// The body of `context`, and what is said about dev. Prod is confirmed whatever happens to dev.
    fn context(&self, user: &User, code: i32) -> Value {
        let document = user.json(&["context"], code);
        let environments = document["body"]["environments"].as_array().unwrap();
        assert_eq!(environments[1]["name"], "prod");
        assert_eq!(environments[1]["verified"], true, "{document:#}");
        assert_eq!(environments[0]["verified"], code == 0, "{document:#}");
        document
    }

    /// The provider gives credentials.
    fn accepts(&self, user: &User, authentication: &str) {
        let document = self.context(user, 0);
        assert_eq!(document["body"]["environments"][0]["authentication"], authentication, "{document:#}");
    }

    /// The provider gives none: `drift` and `context` say so in the same words, with the next step, and end with 6.
    fn refuses(&self, user: &User, message: &str, hint: &str) {
        for command in ["context", "drift"] {
            let document = match command {
                "context" => self.context(user, 6),
                _ => user.json(&[command], 6),
            };
            let said = document["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "aws-credentials");
            let said = said.unwrap_or_else(|| panic!("{document:#}"));
            let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
            assert!(text("message").contains(message), "{command}: {said:#}");
            assert!(text("hint").contains(hint), "{command}: {said:#}");
        }
    }
}

fn config(dev: &str) -> String {
    format!(
        "[profile d]\nregion = us-east-1\n{dev}\n\
         [profile p]\naws_access_key_id = {PROD}\naws_secret_access_key = any\nregion = us-east-1\n\
         [profile keys]\naws_access_key_id = {DEV}\naws_secret_access_key = any\n\
         [profile session]\nsso_session = s\nsso_account_id = {DEV}\nsso_role_name = Admin\n\
         [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
}

fn role(more: &str) -> String {
    format!("role_arn = arn:aws:iam::{DEV}:role/deploy\n{more}")
}

#[test]
fn access_keys_are_used_and_refused() {
    let providers = Providers::start();
    let keys = |id: &str| providers.user(&format!("aws_access_key_id = {id}\naws_secret_access_key = any"));
    providers.accepts(&keys(DEV), "Static access keys");
    providers.refuses(&keys("AKIAEXAMPLE"), "InvalidClientTokenId", "aws configure --profile d");
    providers.refuses(&providers.user(""), "no credentials", "profile `d` contains no credentials");
}

#[test]
fn sso_sessions_are_used_and_expire() {
    let providers = Providers::start();
    let user = |token: &str, expiry: &str, profile: &str| {
        let user = providers.user(profile);
        let cached = json!({"accessToken": token, "expiresAt": expiry, "region": "us-east-1",
            "startUrl": "https://example.awsapps.com/start"});
        user.write(SSO_CACHE, &cached.to_string());
        user
    };
    let session = format!("sso_session = s\nsso_account_id = {DEV}\nsso_role_name = Admin");
    providers.accepts(&user("valid", LATER, &session), "AWS SSO Profile");
    providers.refuses(&user("valid", EARLIER, &session), "expired", "aws sso login --profile d");
    providers.refuses(&user("revoked", LATER, &session), "not found or invalid", "aws sso login --profile d");
    providers.refuses(&providers.user(&session), "cached SSO token", "aws sso login --profile d");
    // A role's session is that of its source, and so is the profile to sign in with.
    let over_sso = role("source_profile = session");
    providers.accepts(&user("valid", LATER, &over_sso), "Assumed role");
    providers.refuses(&user("valid", EARLIER, &over_sso), "expired", "aws sso login --profile session");
}

#[test]
fn console_sessions_are_used_renewed_and_expire() {
    let providers = Providers::start();
    let key = std::fs::read_to_string(providers.owner.folder().join("dpop.pem")).unwrap();
    let user = |refresh: &str, expiry: &str| {
        let user = providers.user(&format!("login_session = {LOGIN}"));
        let cached = json!({
            "accessToken": {"accessKeyId": DEV, "secretAccessKey": "any", "sessionToken": "session", "accountId": DEV,
                "expiresAt": expiry},
            "tokenType": "aws_sigv4", "refreshToken": refresh, "idToken": "any",
            "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": key,
        });
        user.write(LOGIN_CACHE, &cached.to_string());
        user
    };
    providers.accepts(&user("valid", LATER), "AWS login session");
    providers.accepts(&user("valid", EARLIER), "AWS login session");
    providers.refuses(&user("expired", EARLIER), "no credentials", "aws login --profile d");
    providers.refuses(&providers.user(&format!("login_session = {LOGIN}")), "no credentials", "aws login --profile d");
}

#[test]
fn roles_are_assumed_with_an_external_id_and_not_without_mfa() {
    let providers = Providers::start();
    let owner = &providers.owner;
    for (name, condition) in [
        ("external", r#"{StringEquals: {"sts:ExternalId": "shop"}}"#),
        ("mfa", r#"{Bool: {"aws:MultiFactorAuthPresent": "true"}}"#),
    ] {
        let text = format!(
            "Type: AWS::IAM::Role\nProperties:\n  RoleName: {name}\n  AssumeRolePolicyDocument:\n    Version: \"2012-10-17\"\n    \
             Statement: [{{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::{DEV}:root\"}}, Action: sts:AssumeRole, \
             Condition: {condition}}}]\n"
        );
        owner.write("role.yaml", &text);
        owner.approve(&["create", "-f", "role.yaml"]);
    }
    let role = |name: &str, more: &str| {
        providers.user(&format!("role_arn = arn:aws:iam::{DEV}:role/{name}\nsource_profile = keys\n{more}"))
    };
    providers.accepts(&role("external", "external_id = shop"), "Assumed role");
    providers.refuses(
        &role("external", "external_id = other"),
        "the role cannot be assumed",
        "external_id of profile `d`",
    );
    // The SDK asks nobody for a code.
    let mfa = role("mfa", &format!("mfa_serial = arn:aws:iam::{DEV}:mfa/ada"));
    providers.refuses(&mfa, "the role cannot be assumed", "aws configure export-credentials --profile d");
}

#[test]
fn identity_tokens_are_exchanged_and_expire() {
    let providers = Providers::start();
    let user = |token: Option<&str>| {
        let user = providers.user("");
        let path = user.folder().join("token");
        user.write("aws-config", &config(&role(&format!("web_identity_token_file = {}", path.display()))));
        if let Some(token) = token {
            user.write("token", token);
        }
        user
    };
    providers.accepts(&user(Some("valid")), "Web identity");
    providers.refuses(&user(Some("old")), "Token expired", "web_identity_token_file");
    providers.refuses(&user(None), "No such file", "check web_identity_token_file and role_arn of profile `d`");
}

#[test]
fn programs_give_credentials_fail_and_hang() {
    let providers = Providers::start();
    let user = |script: &str| {
        let user = providers.user("");
        user.write("program.sh", script);
        let path = user.folder().join("program.sh");
        user.write("aws-config", &config(&format!("credential_process = sh {}", path.display())));
        user
    };
    let keys = json!({"Version": 1, "AccessKeyId": DEV, "SecretAccessKey": "any"}).to_string();
    providers.accepts(&user(&format!("echo '{keys}'")), "Credential process");
    providers.accepts(&user(&format!("sleep 1; echo '{keys}'")), "Credential process");
    let hint = "run the credential_process of profile `d`";
    providers.refuses(&user("echo hello"), "invalid JSON", hint);
    providers.refuses(&user("echo '{\"Version\": 1}'"), "no credentials", hint);
    providers.refuses(&user("exit 3"), "exit status: 3", hint);
    let hanging = user("exec sleep 600").with("STAGEGATE_TIMEOUT", "3s");
    for command in [&["context", "--timeout", "3s"][..], &["drift", "--timeout", "3s"]] {
        let document = hanging.json(command, if command[0] == "context" { 1 } else { 5 });
        let said = document["diagnostics"].to_string();
        assert!(said.contains("credentials"), "{document:#}");
    }
}

#[test]
fn containers_give_credentials() {
    let providers = Providers::start();
    let uri = format!("{}/container", providers.front.endpoint);
    let user = |token: &str| {
        let user = providers.user(&role("credential_source = EcsContainer"));
        user.with("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri).with("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)
    };
    providers.accepts(&user("valid"), "Assumed role");
    providers.refuses(&user("other"), "no credentials", "");
}
