//! The policies of a user, a group or a role: inline ones in its own model and in resources of their
//! own, attached ones of the account and of AWS.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::super::store::Tables;
use super::super::wire::ApiError;
use super::{all, find};
use crate::iam::{AttachedPolicies, Policy};

/// Somebody with policies.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Principal {
    /// `role`, `user` or `group`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its model.
    pub model: Value,
    account: String,
}

/// The types and properties of a kind of principal.
struct Kind {
    name: &'static str,
    type_name: &'static str,
    name_property: &'static str,
    /// The type of inline policies that are resources of their own.
    inline_type: &'static str,
    /// Where a managed policy lists those that it is attached to.
    attached_in: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "role",
        type_name: "AWS::IAM::Role",
        name_property: "RoleName",
        inline_type: "AWS::IAM::RolePolicy",
        attached_in: "Roles",
    },
    Kind {
        name: "user",
        type_name: "AWS::IAM::User",
        name_property: "UserName",
        inline_type: "AWS::IAM::UserPolicy",
        attached_in: "Users",
    },
    Kind {
        name: "group",
        type_name: "AWS::IAM::Group",
        name_property: "GroupName",
        inline_type: "AWS::IAM::GroupPolicy",
        attached_in: "Groups",
    },
];

fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap_or(&KINDS[0])
}

/// A policy with the name that the simulator calls it by.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Named {
    /// Such as `role_App_data` for an inline policy, else the policy's name.
    pub id: String,
    /// The policy.
    pub policy: Policy,
}

/// A managed policy's document, of the account or of AWS; its model has what `GetPolicy` shows.
pub(super) fn managed(tables: &Tables<'_>, account: &str, arn: &str) -> Result<Option<Value>, ApiError> {
    match arn.split_once("::aws:policy/") {
        Some((_, path)) => Ok(of_aws(path)),
        None => Ok(find(tables, account, "AWS::IAM::ManagedPolicy", arn)?.map(|(_, model)| model)),
    }
}

/// A policy that AWS manages, as the model of one of the account's own.
fn of_aws(path: &str) -> Option<Value> {
    static TABLE: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    let table = TABLE.get_or_init(|| serde_json::from_str(include_str!("managed.json")).unwrap_or_default());
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let document = table.get(path)?;
    Some(json!({
        "PolicyArn": format!("arn:aws:iam::aws:policy/{path}"),
        "ManagedPolicyName": name,
        "Path": if folder.is_empty() { "/".to_owned() } else { format!("/{folder}/") },
        "PolicyDocument": document,
    }))
}

/// The role of a name, when the account has it.
pub(in crate::sandbox) fn find_role(
    tables: &Tables<'_>,
    account: &str,
    name: &str,
) -> Result<Option<Principal>, ApiError> {
    Principal::find(tables, account, "role", name)
}

impl Principal {
    /// The principal of a kind (`role`, `user`, `group`) and name. The user `sandbox`, whose access key
    /// is the account's id, is always there.
    pub fn find(tables: &Tables<'_>, account: &str, kind_name: &str, name: &str) -> Result<Option<Self>, ApiError> {
        let kind = kind(kind_name);
        let found = find(tables, account, kind.type_name, name)?.map(|(record, mut model)| {
            model["CreateDate"] = json!(super::super::clock::rfc3339(record.created_at));
            if model.get("Path").is_none() {
                model["Path"] = json!("/");
            }
            model
        });
        let model = match found {
            None if kind.name == "user" && name == "sandbox" => json!({
                "UserName": "sandbox", "Path": "/", "Arn": format!("arn:aws:iam::{account}:user/sandbox"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                "CreateDate": "2019-11-18T00:00:00Z",
            }),
            None => return Ok(None),
            Some(model) => model,
        };
        Ok(Some(Self { kind: kind.name, name: name.to_owned(), model, account: account.to_owned() }))
    }

    /// Inline policies by name.
    pub fn inline(&self, tables: &Tables<'_>) -> Result<BTreeMap<String, Value>, ApiError> {
        let kind = kind(self.kind);
        let own = self.model["Policies"].as_array().cloned().unwrap_or_default();
        let apart = all(tables, &self.account, kind.inline_type)?
            .into_iter()
            .filter(|one| one[kind.name_property] == *self.name);
        let named = own
            .into_iter()
            .chain(apart)
            .filter_map(|mut one| Some((one["PolicyName"].as_str()?.to_owned(), one["PolicyDocument"].take())));
        Ok(named.collect())
    }

    /// Attached policies: ARN and name, by ARN.
    pub fn attached(&self, tables: &Tables<'_>) -> Result<BTreeMap<String, String>, ApiError> {
        let kind = kind(self.kind);
        let own = self.model["ManagedPolicyArns"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut attached: BTreeMap<String, String> =
            own.map(|arn| (arn.to_owned(), arn.rsplit('/').next().unwrap_or_default().to_owned())).collect();
        for policy in all(tables, &self.account, "AWS::IAM::ManagedPolicy")? {
            let is_attached =
                policy[kind.attached_in].as_array().is_some_and(|names| names.iter().any(|name| *name == *self.name));
            if let (true, Some(arn), Some(name)) =
                (is_attached, policy["PolicyArn"].as_str(), policy["ManagedPolicyName"].as_str())
            {
                attached.insert(arn.to_owned(), name.to_owned());
            }
        }
        Ok(attached)
    }

    /// Names of the groups that a user is in.
    pub fn groups(&self) -> Vec<String> {
        let groups = self.model["Groups"].as_array().into_iter().flatten();
        groups.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Every policy that says what the principal may do, those of a user's groups included. A policy
    /// that cannot be read allows nothing.
    pub fn policies(&self, tables: &Tables<'_>) -> Result<Vec<Named>, ApiError> {
        let mut policies = Vec::new();
        for (name, document) in self.inline(tables)? {
            let id = format!("{}_{}_{name}", self.kind, self.name);
            policies.extend(Policy::parse(&document).ok().map(|policy| Named { id, policy }));
        }
        for (arn, name) in self.attached(tables)? {
            let document = managed(tables, &self.account, &arn)?.map(|mut model| model["PolicyDocument"].take());
            let policy = document.and_then(|document| Policy::parse(&document).ok());
            policies.extend(policy.map(|policy| Named { id: name, policy }));
        }
        for group in self.groups() {
            if let Some(group) = Self::find(tables, &self.account, "group", &group)? {
                policies.extend(group.policies(tables)?);
            }
        }
        Ok(policies)
    }

    /// The permissions boundary; one that cannot be read allows nothing.
    pub fn boundary(&self, tables: &Tables<'_>) -> Result<Option<Vec<Policy>>, ApiError> {
        let Some(arn) = self.model["PermissionsBoundary"].as_str() else {
            return Ok(None);
        };
        let document = managed(tables, &self.account, arn)?.map(|mut model| model["PolicyDocument"].take());
        Ok(Some(document.and_then(|document| Policy::parse(&document).ok()).into_iter().collect()))
    }

    /// Whether the principal may do something to one of several spellings of a resource.
    pub fn may(
        &self,
        tables: &Tables<'_>,
        actions: &[String],
        resources: &[&str],
    ) -> Result<Result<(), String>, ApiError> {
        let identity: Vec<Policy> = self.policies(tables)?.into_iter().map(|named| named.policy).collect();
        let boundary = self.boundary(tables)?;
        let policies = AttachedPolicies { identity: &identity, boundary: boundary.as_deref(), resource: &[] };
        let context = self.context();
        let refused = actions.iter().find(|action| {
            !resources.iter().any(|resource| {
                let request = crate::iam::Request { action, resource, principal: None, context: &context };
                crate::iam::evaluate(&policies, &request).decision == crate::iam::Decision::Allowed
            })
        });
        Ok(match refused {
            Some(action) => Err(action.clone()),
            None => Ok(()),
        })
    }

    /// What every request of the principal says about it.
    pub fn context(&self) -> crate::iam::Context {
        let arn = self.model["Arn"].as_str().unwrap_or_default();
        let mut context = crate::iam::Context::from([
            ("aws:PrincipalArn".to_owned(), vec![arn.to_owned()]),
            ("aws:PrincipalAccount".to_owned(), vec![self.account.clone()]),
        ]);
        if self.kind == "user" {
            context.insert("aws:username".to_owned(), vec![self.name.clone()]);
        }
        context
    }
}
