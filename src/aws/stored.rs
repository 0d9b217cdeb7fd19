//! The client of values that AWS stores: parameters of Systems Manager, and secrets of Secrets Manager.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::ClientSet;
use super::hidden::Hidden;
use super::json::{JsonClient, JsonService};
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::domain::dynamic::DynamicReference;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadParameters, ReadStored};

/// Systems Manager.
const PARAMETERS: JsonService =
    JsonService { service: Service { id: "SSM", signing_name: "ssm", is_global: false }, target: Some("AmazonSSM") };

/// Secrets Manager.
const SECRETS: JsonService = JsonService {
    service: Service { id: "Secrets Manager", signing_name: "secretsmanager", is_global: false },
    target: Some("secretsmanager"),
};

const GET_PARAMETER: &str = "ssm.GetParameter";
const GET_SECRET: &str = "secretsmanager.GetSecretValue";

/// A client that reads stored values. It has no mutating calls.
#[derive(Clone)]
pub struct StoredValues {
    parameters: (JsonClient, Stack),
    secrets: (JsonClient, Stack),
    hidden: Arc<Hidden>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FoundParameter {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: String,
    value: String,
}

/// Values are not part of any debug output.
impl std::fmt::Debug for FoundParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a {}", self.parameter.r#type)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FoundSecret {
    secret_string: Option<String>,
}

impl std::fmt::Debug for FoundSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret")
    }
}

impl StoredValues {
    pub(super) fn new(set: &ClientSet, hidden: Arc<Hidden>, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = set.key.region.as_str();
        let client = |service: JsonService, api: &'static str| {
            (JsonClient::new(service, &set.config, set.shared(api, region)), stack(api, region))
        };
        Self { parameters: client(PARAMETERS, "ssm"), secrets: client(SECRETS, "secretsmanager"), hidden }
    }

    async fn referenced_parameter(
        &self,
        name: &str,
        version: Option<&str>,
        is_secure: bool,
    ) -> Result<String, CloudError> {
        let wanted = version.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"));
        let found =
            self.read(&wanted, is_secure).await.map_err(|error| missing(error, &format!("parameter {wanted}")))?;
        if (found.r#type == "SecureString") != is_secure {
            let form = if is_secure { "ssm" } else { "ssm-secure" };
            let message =
                format!("the parameter {wanted} is a {}: refer to it by `{{{{resolve:{form}:…}}}}`", found.r#type);
            return Err(self.refused(GET_PARAMETER, message));
        }
        Ok(found.value)
    }

    async fn read(&self, name: &str, decrypt: bool) -> Result<Parameter, CloudError> {
        let (client, stack) = &self.parameters;
        let input = json!({"Name": name, "WithDecryption": decrypt});
        let send = |watch| client.send::<FoundParameter>("GetParameter", &input, watch);
        Ok(stack.call(Call::read(GET_PARAMETER), send).await?.parameter)
    }

    async fn secret(
        &self,
        id: &str,
        key: Option<&str>,
        stage: Option<&str>,
        version: Option<&str>,
    ) -> Result<String, CloudError> {
        let (client, stack) = &self.secrets;
        let mut input = json!({"SecretId": id});
        for (name, value) in [("VersionStage", stage), ("VersionId", version)] {
            if let Some(value) = value {
                input[name] = Value::from(value);
            }
        }
        let send = |watch| client.send::<FoundSecret>("GetSecretValue", &input, watch);
        let found = stack.call(Call::read(GET_SECRET), send).await;
        let found = found.map_err(|error| missing(error, &format!("secret {id}")))?.secret_string;
        let text = found.ok_or_else(|| self.refused(GET_SECRET, format!("the secret {id} has no SecretString")))?;
        self.hidden.add(text.clone());
        let Some(key) = key else { return Ok(text) };
        let members: Value = serde_json::from_str(&text).unwrap_or_default();
        match members.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            _ => Err(self.refused(GET_SECRET, format!("the secret {id} has no member `{key}` with a text"))),
        }
    }

    fn refused(&self, operation: &'static str, message: String) -> CloudError {
        CloudError::new(CloudErrorKind::Invalid, operation, &self.secrets.1.place.environment, message)
    }
}

/// Names what does not exist: the messages of both services do not.
fn missing(mut error: CloudError, what: &str) -> CloudError {
    if error.kind == CloudErrorKind::NotFound {
        error.message = format!("the {what} does not exist");
    }
    error
}

#[async_trait]
impl ReadParameters for StoredValues {
    async fn parameter(&self, name: &str) -> Result<Option<String>, CloudError> {
        match self.read(name, false).await {
            // The value of a SecureString is encrypted here. CloudFormation refuses it as well.
            Ok(found) if found.r#type == "SecureString" => {
                let message = format!(
                    "the parameter {name} is a SecureString, which cannot be the value of a template's parameter"
                );
                Err(self.refused(GET_PARAMETER, message))
            }
            Ok(found) => Ok(Some(found.value)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ReadStored for StoredValues {
    async fn stored(&self, reference: &DynamicReference) -> Result<String, CloudError> {
        let value = match reference {
            DynamicReference::Parameter { name, version, is_secure } => {
                self.referenced_parameter(name, version.as_deref(), *is_secure).await?
            }
            DynamicReference::Secret { id, key, stage, version } => {
                self.secret(id, key.as_deref(), stage.as_deref(), version.as_deref()).await?
            }
        };
        self.hidden.add(value.clone());
        Ok(value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;
    use crate::domain::dynamic;

    /// A client of a network that answers each request by its input.
    fn values(answer: impl Fn(&str, &Value) -> (u16, Value) + Send + Sync + 'static) -> StoredValues {
        let network = Network::new(move |asked: &Asked| {
            let (status, body) = answer(&asked.operation, &serde_json::from_str(&asked.body).unwrap());
            Reply::Http(status, "application/x-amz-json-1.1", body.to_string())
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).stored_values()
    }

    fn reference(text: &str) -> DynamicReference {
        dynamic::references(&json!(text)).remove(0)
    }

    #[tokio::test]
    async fn a_reference_is_a_member_of_a_secret_or_a_parameter() {
        let stored = values(|operation, input| match (operation, input["SecretId"].as_str()) {
            ("GetSecretValue", Some("db")) => {
                (200, json!({"SecretString": "{\"password\":\"hunter-two\",\"port\":5432}"}))
            }
            ("GetParameter", _) => (200, json!({"Parameter": {"Type": "String", "Value": "admin"}})),
            _ => (400, json!({"__type": "ResourceNotFoundException", "message": "no"})),
        });
        for (text, expected) in [
            ("{{resolve:ssm:/user}}", "admin"),
            ("{{resolve:secretsmanager:db:SecretString:password}}", "hunter-two"),
            ("{{resolve:secretsmanager:db:SecretString:port}}", "5432"),
        ] {
            assert_eq!(stored.stored(&reference(text)).await.unwrap(), expected);
        }
        assert_eq!(stored.hidden.hide("the password hunter-two is weak"), "the password (sensitive) is weak");
        let failed = stored.stored(&reference("{{resolve:secretsmanager:db:SecretString:token}}")).await.unwrap_err();
        assert_eq!(failed.message, "the secret db has no member `token` with a text");
        let failed = stored.stored(&reference("{{resolve:secretsmanager:gone}}")).await.unwrap_err();
        assert_eq!((failed.kind, &*failed.message), (CloudErrorKind::NotFound, "the secret gone does not exist"));
    }

    #[tokio::test]
    async fn a_secure_parameter_needs_the_form_for_it_and_is_no_parameter_of_a_template() {
        let stored = values(|_, input| match input["WithDecryption"].as_bool() {
            Some(true) => (200, json!({"Parameter": {"Type": "SecureString", "Value": "clear"}})),
            _ => (200, json!({"Parameter": {"Type": "SecureString", "Value": "AQICAH"}})),
        });
        let failed = stored.stored(&reference("{{resolve:ssm:/token}}")).await.unwrap_err();
        assert!(failed.message.contains("is a SecureString"), "{}", failed.message);
        assert_eq!(stored.stored(&reference("{{resolve:ssm-secure:/token}}")).await.unwrap(), "clear");
        assert!(stored.parameter("/token").await.is_err());
    }

    #[tokio::test]
    async fn a_parameter_of_a_template_may_not_exist() {
        let stored = values(|_, _| (400, json!({"__type": "ParameterNotFound"})));
        assert_eq!(stored.parameter("/gone").await.unwrap(), None);
        let failed = stored.stored(&reference("{{resolve:ssm:/gone:3}}")).await.unwrap_err();
        assert_eq!(failed.message, "the parameter /gone:3 does not exist");
    }
}
