//! Secrets Manager: the values of secrets, which are resources of `AWS::SecretsManager::Secret`. There is one version of each.

use serde_json::{Map, Value, json};

use super::clock::{Millis, epoch_seconds};
use super::model::random::Random;
use super::services::Call;
use super::store::{Key, Tables};
use super::wire::ApiError;

/// The type of the resources.
pub(super) const SECRET: &str = "AWS::SecretsManager::Secret";
const ATTACHMENT: &str = "AWS::SecretsManager::SecretTargetAttachment";

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetSecretValue" => value(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn missing(what: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("Secrets Manager can't find the specified {what}."))
}

fn value(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let wanted = call.text("SecretId").unwrap_or_default();
    let mut found: Option<(String, Value)> = None;
    let (account, region) = (&call.caller.account, &call.caller.region);
    tables.each_of_type::<ApiError>(account, Some(region), SECRET, "", |arn, properties| {
        let properties: Value = serde_json::from_str(&properties).unwrap_or_default();
        // A name, an ARN, or an ARN without the six characters that the service adds.
        let is_it =
            arn == wanted || properties["Name"] == wanted || arn.len() == wanted.len() + 7 && arn.starts_with(wanted);
        if is_it {
            found = Some((arn, properties));
        }
        Ok(found.is_none())
    })?;
    let (arn, properties) = found.ok_or_else(|| missing("secret"))?;
    if let Some(stage) = call.text("VersionStage").filter(|stage| *stage != "AWSCURRENT") {
        return Err(missing(&format!("secret value for staging label: {stage}")));
    }
    let version = Random::new(&[&arn]).uuid("version");
    if let Some(wanted) = call.text("VersionId").filter(|wanted| *wanted != version) {
        return Err(missing(&format!("secret value for VersionId: {wanted}")));
    }
    let key =
        Key { account: account.clone(), region: region.clone(), type_name: SECRET.to_owned(), identifier: arn.clone() };
    let Some((text, changed_at)) = tables.secret_value(&key)? else {
        return Err(missing("secret value for staging label: AWSCURRENT"));
    };
    Ok(json!({
        "ARN": arn,
        "Name": properties["Name"],
        "VersionId": version,
        "SecretString": text,
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": epoch_seconds(changed_at),
    }))
}

/// The value that a request gives a secret: written, or generated from the seed.
pub(super) fn requested(type_name: &str, model: &mut Map<String, Value>, seed: &str) -> Option<String> {
    if type_name != SECRET {
        return None;
    }
    let given = model.shift_remove("SecretString");
    let generated = model.shift_remove("GenerateSecretString");
    match (given, generated) {
        (Some(Value::String(text)), _) => Some(text),
        (Some(other), _) => Some(other.to_string()),
        (None, Some(rules)) => Some(generate(&rules, seed)),
        (None, None) => None,
    }
}

fn generate(rules: &Value, seed: &str) -> String {
    let length =
        rules["PasswordLength"].as_u64().and_then(|length| usize::try_from(length).ok()).unwrap_or(32).clamp(1, 4096);
    let excluded = rules["ExcludeCharacters"].as_str().unwrap_or_default();
    let is_left_out = |rule: &str| rules[rule] == true;
    let groups = [
        ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
        ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("ExcludeNumbers", "0123456789"),
        ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ];
    let all = groups.iter().filter(|(rule, _)| !is_left_out(rule)).flat_map(|(_, characters)| characters.chars());
    let all: Vec<char> = all.filter(|one| !excluded.contains(*one)).collect();
    let random = Random::new(&[seed, "GenerateSecretString"]);
    let digits = random.hex("password", length * 2).into_bytes();
    let pick = |pair: &[u8]| {
        let number = pair.iter().fold(0, |sum, digit| sum * 16 + char::from(*digit).to_digit(16).unwrap_or(0));
        all.get(usize::try_from(number).unwrap_or(0) % all.len().max(1)).copied().unwrap_or('x')
    };
    let password: String = digits.chunks(2).map(pick).collect();
    let template = rules["SecretStringTemplate"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match (template, rules["GenerateStringKey"].as_str()) {
        (Some(Value::Object(mut members)), Some(key)) => {
            members.insert(key.to_owned(), Value::String(password));
            Value::Object(members).to_string()
        }
        _ => password,
    }
}

/// After a resource was written: an attachment adds the connection of its target to the secret.
pub(super) fn written(tables: &Tables<'_>, key: &Key, properties: &Value, now: Millis) -> Result<(), ApiError> {
    if key.type_name != ATTACHMENT {
        return Ok(());
    }
    let text = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
    let place = |type_name: String, identifier: String| Key { type_name, identifier, ..key.clone() };
    let secret = place(SECRET.to_owned(), text("SecretId"));
    let target = place(text("TargetType"), text("TargetId"));
    let (Some((value, _)), Some(target_model)) = (tables.secret_value(&secret)?, tables.properties(&target)?) else {
        return Ok(());
    };
    let target_model: Value = serde_json::from_str(&target_model).unwrap_or_default();
    let Ok(Value::Object(mut members)) = serde_json::from_str::<Value>(&value) else { return Ok(()) };
    let name = match target.type_name.as_str() {
        "AWS::RDS::DBInstance" => "dbInstanceIdentifier",
        _ => "dbClusterIdentifier",
    };
    let (host, port) = ("/Endpoint/Address", "/Endpoint/Port");
    for (member, place) in [("engine", "/Engine"), ("host", host), ("port", port), ("dbname", "/DBName")] {
        if let Some(value) = target_model.pointer(place) {
            members.insert(member.to_owned(), value.clone());
        }
    }
    members.insert(name.to_owned(), Value::String(target.identifier));
    tables.set_secret_value(&secret, &Value::Object(members).to_string(), now)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn generated(rules: Value) -> String {
        let mut model = Map::from_iter([("GenerateSecretString".to_owned(), rules)]);
        let value = requested(SECRET, &mut model, "seed").unwrap();
        assert!(model.is_empty());
        value
    }

    #[test]
    fn a_generated_value_follows_the_rules() {
        let plain = generated(json!({}));
        assert_eq!((plain.chars().count(), plain.is_ascii()), (32, true));
        let narrow =
            generated(json!({"PasswordLength": 200, "ExcludePunctuation": true, "ExcludeCharacters": "abcXYZ"}));
        assert_eq!(narrow.len(), 200);
        assert!(narrow.chars().all(|c| c.is_ascii_alphanumeric() && !"abcXYZ".contains(c)), "{narrow}");
        let rules = json!({"SecretStringTemplate": "{\"username\":\"app\"}", "GenerateStringKey": "password"});
        let members: Value = serde_json::from_str(&generated(rules)).unwrap();
        assert_eq!(members["username"], "app");
        assert_eq!(members["password"].as_str().unwrap().chars().count(), 32);
    }

    #[test]
    fn only_secrets_have_values() {
        let mut model = Map::from_iter([("SecretString".to_owned(), json!("x"))]);
        assert_eq!(requested("AWS::SQS::Queue", &mut model, "s"), None);
        assert_eq!(requested(SECRET, &mut model, "s").as_deref(), Some("x"));
        assert_eq!(requested(SECRET, &mut Map::new(), "s"), None);
    }
}
