//! Types with policy documents: IAM, and the policies of resources. Also keys, secrets and user pools.

use super::policy_document::{Kind, check};
use super::{Facts, Rules};
use crate::domain::pointer;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::IAM::Role" => role,
        "AWS::IAM::User" | "AWS::IAM::Group" => inline,
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy" => {
            identity
        }
        "AWS::SQS::QueuePolicy"
        | "AWS::SQS::QueueInlinePolicy"
        | "AWS::SNS::TopicPolicy"
        | "AWS::SNS::TopicInlinePolicy"
        | "AWS::S3::BucketPolicy" => resource,
        "AWS::KMS::Key" => key,
        "AWS::ECR::Repository" => |facts| check(facts, "/RepositoryPolicyText", Kind::Resource),
        "AWS::SecretsManager::ResourcePolicy" => |facts| check(facts, "/ResourcePolicy", Kind::Resource),
        "AWS::SecretsManager::Secret" => secret,
        "AWS::Cognito::UserPoolClient" => client,
        _ => return None,
    })
}

fn role(facts: &mut Facts<'_>) {
    check(facts, "/AssumeRolePolicyDocument", Kind::Trust);
    inline(facts);
}

fn inline(facts: &mut Facts<'_>) {
    for (at, _) in facts.elements("/Policies") {
        check(facts, &pointer::join(&at, "PolicyDocument"), Kind::Identity);
    }
    facts.unique("/Policies", "PolicyName", "give each inline policy its own name");
}

fn identity(facts: &mut Facts<'_>) {
    check(facts, "/PolicyDocument", Kind::Identity);
}

fn resource(facts: &mut Facts<'_>) {
    check(facts, "/PolicyDocument", Kind::Resource);
}

fn key(facts: &mut Facts<'_>) {
    check(facts, "/KeyPolicy", Kind::Resource);
    if facts.is_true("/EnableKeyRotation") && facts.text("/KeySpec").is_some_and(|spec| spec != "SYMMETRIC_DEFAULT") {
        facts.contradiction(
            "/EnableKeyRotation",
            "rotates an asymmetric key",
            "only symmetric keys are rotated: remove EnableKeyRotation",
        );
    }
}

fn secret(facts: &mut Facts<'_>) {
    facts.only_one(&["/SecretString", "/GenerateSecretString"], "remove one of them");
    let [template, key] = ["/GenerateSecretString/SecretStringTemplate", "/GenerateSecretString/GenerateStringKey"];
    if facts.has(template) {
        facts.need(key, "SecretStringTemplate is set", "name the key of the template that gets the password");
    }
    if facts.has(key) {
        facts.need(template, "GenerateStringKey is set", "write a template, such as `{\"username\": \"admin\"}`");
    }
}

fn client(facts: &mut Facts<'_>) {
    if facts.is_true("/AllowedOAuthFlowsUserPoolClient") {
        for at in ["/AllowedOAuthFlows", "/AllowedOAuthScopes"] {
            facts.need(at, "OAuth is enabled for it", "set the flows and the scopes, such as `code` and `openid`");
        }
    }
}
