//! The template of the role with which an account is read.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::DEFAULT_ROLE;
use crate::schema::Registry;

/// Who may assume the role, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRole<'a> {
    /// The account that may assume it.
    pub trusted_account: &'a str,
    /// The organization that the caller must belong to.
    pub organization: Option<&'a str>,
    /// Whether the caller's session must have used MFA.
    pub requires_mfa: bool,
    /// The default of the parameter for the external id.
    pub external_id: Option<&'a str>,
    /// The types that it reads.
    pub types: &'a [String],
}

/// The role cannot have so many permissions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the permissions for {types} types need {policies} managed policies, and a role has at most {MAX_POLICIES}")]
pub struct TooManyTypes {
    /// Number of types.
    pub types: usize,
    /// Number of policies.
    pub policies: usize,
}

/// The most managed policies of a role.
const MAX_POLICIES: usize = 10;

/// The most characters of a managed policy, with a margin for everything but the actions.
const MAX_POLICY: usize = 6_144 - 600;

/// What every inventory calls, whatever the type.
const ALWAYS: [&str; 13] = [
    "cloudformation:DescribeType",
    "cloudformation:GetResource",
    "cloudformation:ListResources",
    "config:SelectAggregateResourceConfig",
    "iam:GetAccountAuthorizationDetails",
    "resource-explorer-2:GetDefaultView",
    "resource-explorer-2:GetView",
    "resource-explorer-2:ListIndexes",
    "resource-explorer-2:ListResources",
    "resource-explorer-2:ListSupportedResourceTypes",
    "resource-explorer-2:ListViews",
    "s3:ListAllMyBuckets",
    "tag:GetResources",
];

/// The verbs of actions that read configuration. Handlers list others as well, for example to pass roles.
const READING: [&str; 6] = ["BatchGet", "Describe", "Get", "Head", "List", "Search"];

/// Actions that read data or secrets, which no configuration is.
const DATA: [&str; 12] = [
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "kinesis:GetRecords",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3express:GetObject",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];

impl MemberRole<'_> {
    /// Returns the template. `takes_no_resource` tells for an action, in lower case, whether only `*` can be its resource; the
    /// others are limited to the resources of the account.
    ///
    /// # Errors
    /// The permissions do not fit into the policies of a role.
    pub fn template(
        &self,
        registry: &Registry,
        takes_no_resource: &dyn Fn(&str) -> bool,
    ) -> Result<Value, TooManyTypes> {
        let actions = self.actions(registry);
        let parts = parts(&actions);
        if parts.len() > MAX_POLICIES {
            return Err(TooManyTypes { types: self.types.len(), policies: parts.len() });
        }
        let mut resources = Map::new();
        let mut attached = Vec::new();
        for (number, actions) in (1..).zip(parts) {
            let logical_id = format!("Read{number}");
            attached.push(json!({"Ref": logical_id}));
            let (on_all, on_own): (Vec<&str>, Vec<&str>) =
                actions.into_iter().partition(|action| takes_no_resource(&action.to_lowercase()));
            let of_account = json!({"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}});
            let statements = [
                (on_all, json!({"Sid": "List", "Effect": "Allow", "Resource": "*"})),
                (on_own, json!({"Sid": "Read", "Effect": "Allow", "Resource": "*", "Condition": of_account})),
            ];
            let statements = statements.into_iter().filter(|(actions, _)| !actions.is_empty());
            let statements: Vec<Value> = statements
                .map(|(actions, mut statement)| {
                    statement["Action"] = json!(actions);
                    statement
                })
                .collect();
            // Without a name: the service makes one.
            let properties = json!({
                "Description": "Reads the configuration of resources, for stagegate inventory",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            });
            resources.insert(logical_id, json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}));
        }
        let role = json!({
            "RoleName": DEFAULT_ROLE,
            "Description": "Reads the configuration of resources, for stagegate inventory",
            "AssumeRolePolicyDocument": self.trust(),
            "ManagedPolicyArns": attached,
        });
        resources.insert("Role".to_owned(), json!({"Type": "AWS::IAM::Role", "Properties": role}));
        let mut parameter = json!({
            "Type": "String",
            "MinLength": 2,
            "Description": "The external id: `external_id` of the account in stagegate.yaml",
        });
        if let Some(external_id) = self.external_id {
            parameter["Default"] = json!(external_id);
        }
        Ok(json!({
            "Description": "The role with which stagegate inventory reads this account",
            "Parameters": {"ExternalId": parameter},
            "Resources": resources,
        }))
    }

    fn trust(&self) -> Value {
        let mut equals = json!({"sts:ExternalId": {"Ref": "ExternalId"}});
        if let Some(organization) = self.organization {
            equals["aws:PrincipalOrgID"] = json!(organization);
        }
        let mut condition = json!({"StringEquals": equals});
        if self.requires_mfa {
            condition["Bool"] = json!({"aws:MultiFactorAuthPresent": "true"});
        }
        let account = self.trusted_account;
        let principal = json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")});
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }]})
    }

    /// The actions that reading and listing the types takes, sorted.
    fn actions(&self, registry: &Registry) -> BTreeSet<String> {
        let mut actions: BTreeSet<String> = ALWAYS.iter().map(|action| (*action).to_owned()).collect();
        for name in self.types {
            let permissions = registry.permissions(name);
            let needed = ["read", "list"].iter().filter_map(|handler| permissions.get(*handler)).flatten();
            actions.extend(needed.filter(|action| is_reading(action)).cloned());
        }
        actions
    }
}

fn is_reading(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name);
    READING.iter().any(|verb| name.starts_with(verb)) && !DATA.contains(&action) && !action.contains('*')
}

/// Distributes actions over policies, each small enough.
fn parts(actions: &BTreeSet<String>) -> Vec<Vec<&str>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut room = 0;
    for action in actions {
        // With quotes and a comma.
        let size = action.len() + 3;
        if size > room {
            parts.push(Vec::new());
            room = MAX_POLICY;
        }
        room -= size;
        if let Some(part) = parts.last_mut() {
            part.push(action);
        }
    }
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn role<'a>(types: &'a [String]) -> MemberRole<'a> {
        MemberRole {
            trusted_account: "111111111111",
            organization: Some("o-abcdefghij"),
            requires_mfa: true,
            external_id: None,
            types,
        }
    }

    fn is_list(action: &str) -> bool {
        action.contains(":list")
    }

    #[test]
    fn the_role_is_trusted_under_conditions_and_reads_the_types() {
        let types = ["AWS::S3::Bucket".to_owned(), "AWS::SecretsManager::Secret".to_owned()];
        let template = role(&types).template(&Registry::embedded(), &is_list).unwrap();
        let trust = &template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(trust["Condition"]["StringEquals"]["aws:PrincipalOrgID"], "o-abcdefghij");
        assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"]["Ref"], "ExternalId");
        assert_eq!(trust["Condition"]["Bool"]["aws:MultiFactorAuthPresent"], "true");
        let statements = &template["Resources"]["Read1"]["Properties"]["PolicyDocument"]["Statement"];
        assert!(statements[0]["Condition"].is_null() && !statements[1]["Condition"].is_null(), "{statements}");
        let both = [&statements[0], &statements[1]].map(|one| one["Action"].as_array().unwrap());
        let actions: Vec<&str> = both.into_iter().flatten().map(|one| one.as_str().unwrap()).collect();
        assert!(
            actions.contains(&"s3:GetBucketTagging") && actions.contains(&"cloudformation:ListResources"),
            "{actions:?}"
        );
        assert!(actions.iter().all(|action| is_reading(action) || action.contains("Select")), "{actions:?}");
        assert!(!actions.contains(&"secretsmanager:GetSecretValue"));
        let open = MemberRole { organization: None, requires_mfa: false, ..role(&types) };
        let template = open.template(&Registry::embedded(), &is_list).unwrap();
        let condition =
            &template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"];
        assert_eq!(condition, &json!({"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}));
    }

    #[test]
    fn policies_fit_into_the_limits_of_iam() {
        let registry = Registry::embedded();
        let types: Vec<String> = registry.type_names_of("AWS::EC2").map(str::to_owned).collect();
        let template = role(&types).template(&registry, &is_list).unwrap();
        for (name, resource) in template["Resources"].as_object().unwrap() {
            let document = resource["Properties"]["PolicyDocument"].to_string();
            assert!(document.len() <= 6_144, "{name}: {}", document.len());
        }
        let all: Vec<String> = registry.type_names().map(str::to_owned).collect();
        let refused = role(&all).template(&registry, &is_list).unwrap_err();
        assert!(refused.policies > MAX_POLICIES, "{refused}");
        assert!(!is_reading("iam:PassRole") && !is_reading("s3:*") && !is_reading("kms:Decrypt"));
    }
}
