//! The policies of a user, a group or a role: inline ones in its own model and as separate
//! resources, and attached ones of the account and of AWS.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::super::store::Tables;
use super::super::wire::ApiError;
use super::evaluator::{Attachment, Context, Decision, Policies, Policy, Request, evaluate};
use super::session::Session;
use super::{all, find};

/// A principal with policies.
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
    /// The type of inline policies that are separate resources.
    inline_type: &'static str,
    /// The property in which a managed policy lists its principals.
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

/// A policy with its name in simulator results.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Named {
    /// Such as `role_App_data` for an inline policy, else the policy's name.
    pub id: String,
    /// The policy.
    pub policy: Policy,
}

/// A managed policy of the account or of AWS; its model contains what `GetPolicy` returns.
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

/// The role with a name, when the account has it.
pub(in crate::sandbox) fn find_role(
    tables: &Tables<'_>,
    account: &str,
    name: &str,
) -> Result<Option<Principal>, ApiError> {
    Principal::find(tables, account, "role", name)
}

impl Principal {
    /// The principal of a kind (`role`, `user`, `group`) and name. The user `sandbox`, whose access key
    /// is the account's id, always exists.
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

    /// Every policy of the principal, those of a user's groups included. A policy
    /// that cannot be parsed allows nothing.
    pub fn policies(&self, tables: &Tables<'_>) -> Result<Vec<Named>, ApiError> {
        let mut policies = Vec::new();
        for (name, document) in self.inline(tables)? {
            let id = format!("{}_{}_{name}", self.kind, self.name);
            policies.extend(of_identity(&document).map(|policy| Named { id, policy }));
        }
        for (arn, name) in self.attached(tables)? {
            let policy = managed_policy(tables, &self.account, &arn)?;
            policies.extend(policy.map(|policy| Named { id: name, policy }));
        }
        for group in self.groups() {
            if let Some(group) = Self::find(tables, &self.account, "group", &group)? {
                policies.extend(group.policies(tables)?);
            }
        }
        Ok(policies)
    }

    /// The permissions boundary; one that cannot be parsed allows nothing.
    pub fn boundary(&self, tables: &Tables<'_>) -> Result<Option<Vec<Policy>>, ApiError> {
        let Some(arn) = self.model["PermissionsBoundary"].as_str() else {
            return Ok(None);
        };
        Ok(Some(managed_policy(tables, &self.account, arn)?.into_iter().collect()))
    }

    /// Whether the principal may perform actions on a resource, given by several ARNs; otherwise the first action that
    /// is denied.
    pub fn may(
        &self,
        tables: &Tables<'_>,
        session: &Session,
        actions: &[String],
        resources: &[&str],
    ) -> Result<Result<(), String>, ApiError> {
        let permissions = self.permissions(tables, session)?;
        let policies = permissions.policies(&[]);
        let mut context = self.context();
        // Handlers act on resources of the caller's account.
        context.set("aws:ResourceAccount", [self.account.as_str()]);
        let is_allowed = |action: &str, resource: &str| {
            let request = Request { action, resource, principal: None, context: &context };
            evaluate(&policies, &request).decision == Decision::Allowed
        };
        let refused = actions.iter().find(|action| !resources.iter().any(|resource| is_allowed(action, resource)));
        Ok(refused.map_or(Ok(()), |action| Err(action.clone())))
    }

    /// All policies that grant or limit the principal's permissions.
    pub fn permissions(&self, tables: &Tables<'_>, session: &Session) -> Result<Permissions, ApiError> {
        let identity = self.policies(tables)?.into_iter().map(|named| named.policy).collect();
        let boundary = self.boundary(tables)?;
        Ok(Permissions { identity, boundary, session: session.policies(tables, &self.account)? })
    }

    /// The context keys of the principal in every request.
    pub fn context(&self) -> Context {
        let mut context = Context::default();
        context.set("aws:PrincipalArn", self.model["Arn"].as_str());
        context.set("aws:PrincipalAccount", [self.account.as_str()]);
        if self.kind == "user" {
            context.set("aws:username", [self.name.as_str()]);
        }
        context
    }
}

/// The policies of a caller by their kinds.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Permissions {
    identity: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
}

impl Permissions {
    /// Together with the policies of a resource.
    pub fn policies<'a>(&'a self, resource: &'a [Policy]) -> Policies<'a> {
        Policies {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            resource,
        }
    }
}

/// An identity-based policy, where the document is one.
pub(super) fn of_identity(document: &Value) -> Option<Policy> {
    Policy::read(document, Attachment::Identity).ok()
}

pub(super) fn managed_policy(tables: &Tables<'_>, account: &str, arn: &str) -> Result<Option<Policy>, ApiError> {
    Ok(managed(tables, account, arn)?.and_then(|model| of_identity(&model["PolicyDocument"])))
}
