//! IAM, Cognito, KMS, Secrets Manager and Systems Manager parameters.

use serde_json::{Value, json};

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("IAM", "Role") => Some(role),
        ("IAM", "User") => Some(user),
        ("IAM", "ManagedPolicy") => Some(managed_policy),
        ("Cognito", "UserPool") => Some(user_pool),
        ("KMS", "Key") => Some(key),
        ("KMS", "Alias") => Some(alias),
        ("SecretsManager", "Secret") => Some(secret),
        ("SSM", "Parameter") => Some(parameter),
        _ => None,
    }
}

/// The path of an IAM resource, `/` when not given.
fn path(draft: &mut Draft<'_>) -> String {
    draft.default("Path", "/");
    draft.text("Path").to_owned()
}

fn role(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let (name, path) = (draft.name("RoleName", ""), path(draft));
    let arn = draft.global_arn("iam", &format!("role{path}{name}"));
    let id = format!("AROA{}", draft.random.upper("id", 17));
    draft.set("Arn", arn);
    draft.defaults([("RoleId", json!(id)), ("Description", json!("")), ("MaxSessionDuration", json!(3_600))]);
    parse_document(draft, "AssumeRolePolicyDocument");
    Ok(())
}

fn user(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let (name, path) = (draft.name("UserName", ""), path(draft));
    let arn = draft.global_arn("iam", &format!("user{path}{name}"));
    draft.set("Arn", arn);
    Ok(())
}

fn managed_policy(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let (name, path) = (draft.name("ManagedPolicyName", ""), path(draft));
    let arn = draft.global_arn("iam", &format!("policy{path}{name}"));
    let id = format!("ANPA{}", draft.random.upper("id", 17));
    let time = draft.time();
    draft.set("PolicyArn", arn);
    draft.defaults([
        ("PolicyId", json!(id)),
        ("Description", json!("")),
        ("Groups", json!([])),
        ("Roles", json!([])),
        ("Users", json!([])),
        ("CreateDate", json!(time)),
        ("UpdateDate", json!(time)),
        ("DefaultVersionId", json!("v1")),
        ("IsAttachable", json!(true)),
        ("PermissionsBoundaryUsageCount", json!(0)),
    ]);
    let attached: usize = ["Groups", "Roles", "Users"]
        .iter()
        .filter_map(|name| draft.model.get(*name).and_then(Value::as_array))
        .map(Vec::len)
        .sum();
    draft.set("AttachmentCount", attached);
    parse_document(draft, "PolicyDocument");
    Ok(())
}

/// IAM returns a policy that was given as JSON text as an object.
fn parse_document(draft: &mut Draft<'_>, name: &str) {
    let parsed = serde_json::from_str::<Value>(draft.text(name));
    if let Ok(document @ Value::Object(_)) = parsed {
        draft.set(name, document);
    }
}

fn user_pool(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let region = draft.place.region;
    if !draft.has("UserPoolId") {
        let id = format!("{region}_{}", draft.random.mixed("id", 9));
        draft.set("UserPoolId", id);
    }
    let id = draft.text("UserPoolId").to_owned();
    let provider = format!("cognito-idp.{region}.{}/{id}", draft.domain());
    let arn = draft.arn("cognito-idp", &format!("userpool/{id}"));
    draft.set("Arn", arn);
    draft.set("ProviderURL", format!("https://{provider}"));
    draft.set("ProviderName", provider);
    draft.defaults([
        (
            "AccountRecoverySetting",
            json!({"RecoveryMechanisms": [
                {"Name": "verified_email", "Priority": 1},
                {"Name": "verified_phone_number", "Priority": 2},
            ]}),
        ),
        ("AdminCreateUserConfig", json!({"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7})),
        ("DeletionProtection", json!("INACTIVE")),
        ("EmailConfiguration", json!({"EmailSendingAccount": "COGNITO_DEFAULT"})),
        ("LambdaConfig", json!({})),
        ("MfaConfiguration", json!("OFF")),
        (
            "Policies",
            json!({
                "PasswordPolicy": {
                    "MinimumLength": 8,
                    "RequireLowercase": true,
                    "RequireNumbers": true,
                    "RequireSymbols": true,
                    "RequireUppercase": true,
                    "TemporaryPasswordValidityDays": 7,
                },
                "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
            }),
        ),
        ("UserPoolTier", json!("ESSENTIALS")),
        ("VerificationMessageTemplate", json!({"DefaultEmailOption": "CONFIRM_WITH_CODE"})),
    ]);
    Ok(())
}

fn key(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    if !draft.has("KeyId") {
        let uuid = draft.random.uuid("id");
        let id = if draft.flag("MultiRegion") { format!("mrk-{}", uuid.replace('-', "")) } else { uuid };
        draft.set("KeyId", id);
    }
    let arn = draft.arn("kms", &format!("key/{}", draft.text("KeyId")));
    let root = draft.global_arn("iam", "root");
    draft.set("Arn", arn);
    draft.defaults([
        ("Description", json!("")),
        ("Enabled", json!(true)),
        ("EnableKeyRotation", json!(false)),
        (
            "KeyPolicy",
            json!({
                "Version": "2012-10-17",
                "Id": "key-default-1",
                "Statement": [{
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": "kms:*",
                    "Resource": "*",
                }],
            }),
        ),
        ("KeySpec", json!("SYMMETRIC_DEFAULT")),
        ("KeyUsage", json!("ENCRYPT_DECRYPT")),
        ("MultiRegion", json!(false)),
        ("Origin", json!("AWS_KMS")),
        ("Tags", json!([])),
    ]);
    Ok(())
}

fn alias(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.text("AliasName");
    if name.starts_with("alias/aws/") {
        return Err(HandlerFailure::new(
            "InvalidRequest",
            "Alias names that begin with alias/aws/ are reserved for AWS.",
        ));
    }
    Ok(())
}

fn secret(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("Name", "");
    let suffix = draft.random.mixed("suffix", 6);
    let arn = draft.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
    draft.defaults([("Id", json!(arn)), ("Tags", json!([])), ("ReplicaRegions", json!([]))]);
    Ok(())
}

fn parameter(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("Name", "");
    // A leading slash in the path is the one after `parameter`.
    let arn = draft.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')));
    draft.set("Arn", arn);
    draft.default("DataType", "text");
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn a_roles_arn_has_its_path() {
        let role = built(
            "AWS::IAM::Role",
            &json!({"RoleName": "app", "Path": "/service/", "AssumeRolePolicyDocument": "{\"Version\":\"2012-10-17\"}"}),
        );
        assert_eq!(role.identifier, "app");
        assert_eq!(role.properties["Arn"], "arn:aws:iam::111111111111:role/service/app");
        assert!(role.properties["RoleId"].as_str().unwrap().starts_with("AROA"));
        assert_eq!(role.properties["AssumeRolePolicyDocument"], json!({"Version": "2012-10-17"}));
    }

    #[test]
    fn a_policy_counts_what_it_is_attached_to() {
        let policy = built(
            "AWS::IAM::ManagedPolicy",
            &json!({"ManagedPolicyName": "read", "PolicyDocument": {}, "Roles": ["a", "b"]}),
        );
        assert_eq!(policy.identifier, "arn:aws:iam::111111111111:policy/read");
        assert_eq!(policy.properties["AttachmentCount"], 2);
    }

    #[test]
    fn a_user_pool_has_a_regional_id() {
        let pool = built("AWS::Cognito::UserPool", &json!({"UserPoolName": "people"}));
        assert!(pool.identifier.starts_with("us-east-1_"));
        assert_eq!(pool.identifier.len(), "us-east-1_".len() + 9);
        let arn = format!("arn:aws:cognito-idp:us-east-1:111111111111:userpool/{}", pool.identifier);
        assert_eq!(pool.arn, Some(arn));
    }

    #[test]
    fn a_secret_is_identified_by_its_arn() {
        let secret = built("AWS::SecretsManager::Secret", &json!({"Name": "db", "SecretString": "x"}));
        let start = "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-";
        assert!(secret.identifier.starts_with(start));
        assert_eq!(secret.identifier.len(), start.len() + 6);
        assert!(secret.properties.get("SecretString").is_none());
    }

    #[test]
    fn a_parameters_path_has_one_slash_in_its_arn() {
        for name in ["/app/db", "flat"] {
            let parameter = built("AWS::SSM::Parameter", &json!({"Name": name, "Type": "String", "Value": "x"}));
            assert_eq!(parameter.identifier, name);
            let arn = format!("arn:aws:ssm:us-east-1:111111111111:parameter/{}", name.trim_start_matches('/'));
            assert_eq!(parameter.arn, Some(arn));
        }
    }

    #[test]
    fn keys_and_aliases() {
        let key = built("AWS::KMS::Key", &json!({}));
        assert_eq!(key.identifier.len(), 36);
        let alias = built("AWS::KMS::Alias", &json!({"AliasName": "alias/app", "TargetKeyId": key.identifier}));
        assert_eq!(alias.identifier, "alias/app");
    }
}
