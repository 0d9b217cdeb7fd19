//! The permissions of the handlers of one change, limited to its resources.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{NotKnown, PlannedChange};
use super::facts::PlanFacts;
use super::grants::Grants;
use crate::domain::dynamic::{self, DynamicReference};
use crate::domain::wildcard;
use crate::schema::actions::{self, ResourceForm};
use crate::schema::symbol::is_intrinsic;
use crate::schema::{Arn, TypeSchema, partition_of, pointer};

const PASS_ROLE: &str = "iam:PassRole";
const GET_SECRET: &str = "secretsmanager:GetSecretValue";
const GET_PARAMETER: &str = "ssm:GetParameter";
pub(super) const INSTANCE_PROFILE: &str = "AWS::IAM::InstanceProfile";

/// The services to which roles are passed by types whose roles are not in the plan, where the type's name does not say it.
const SERVICES: [(&str, &str); 4] = [
    ("AWS::EC2::FlowLog", "vpc-flow-logs.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com"),
    ("AWS::Lambda::Function", "lambda.amazonaws.com"),
    ("AWS::StepFunctions::StateMachine", "states.amazonaws.com"),
];

/// A change whose permissions are limited to its resources.
#[derive(Clone)]
pub(super) struct Subject<'a> {
    pub(super) change: &'a PlannedChange<'a>,
    pub(super) schema: &'a TypeSchema,
    pub(super) arn: Option<&'a str>,
    /// The ARN with `*` for what is not known.
    pub(super) pattern: Option<String>,
    /// Whether it stands for all resources of the type.
    pub(super) is_list: bool,
    /// What is sent, with references resolved.
    pub(super) desired: &'a Value,
    pub(super) plan: &'a PlanFacts<'a>,
}

impl Subject<'_> {
    /// Grants an action of a handler; false if the change does not need it.
    pub(super) fn grant(&self, action: &str, grants: &mut Grants) -> bool {
        if action == PASS_ROLE {
            return self.pass_roles(grants);
        }
        let facts = actions::action(action);
        let Some(facts) = facts else {
            let own = self.arn.unwrap_or("*").to_owned();
            let reason =
                format!("the service authorization reference does not have the action; it is allowed on {own}");
            self.note(Some(action), reason, grants);
            grants.add(action, BTreeSet::from([own]), BTreeSet::new());
            return true;
        };
        if facts.forms.is_empty() {
            grants.add(action, BTreeSet::from(["*".to_owned()]), BTreeSet::new());
            return true;
        }
        let mut resources = BTreeSet::new();
        let pattern = self.pattern.as_deref();
        if action.starts_with("apigateway:") {
            resources.extend(self.of_api_gateway());
        }
        let own: Vec<(&ResourceForm, String)> = match pattern {
            Some(pattern) => {
                let whole = facts.forms.iter().filter(|form| wildcard::matches_star(form.arn, pattern));
                let whole: Vec<_> = whole.map(|form| (form, pattern.to_owned())).collect();
                match whole.is_empty() {
                    true => facts.forms.iter().filter_map(|form| Some((form, within(form, pattern)?))).collect(),
                    false => whole,
                }
            }
            None => Vec::new(),
        };
        if !self.is_list && own.iter().any(|(_, arn)| self.arn.is_none() && arn.contains('*')) {
            let reason =
                "the service chooses the name of the resource; the actions on it are allowed on every name".to_owned();
            self.note(None, reason, grants);
        }
        let is_own = |form: &ResourceForm| own.iter().any(|(known, _)| known.name == form.name);
        for form in facts.forms.iter().filter(|form| form.is_required && !is_own(form)) {
            resources.extend(self.others(action, form, grants));
        }
        resources.extend(own.iter().map(|(_, arn)| arn.clone()));
        if resources.is_empty() {
            for form in &facts.forms {
                resources.extend(self.others(action, form, grants));
            }
        }
        grants.add(action, resources, BTreeSet::new());
        true
    }

    /// API Gateway names requests by their paths: a new API is a request on the collection.
    fn of_api_gateway(&self) -> BTreeSet<String> {
        let root = match self.change.type_name.split("::").nth(1) {
            Some("ApiGatewayV2") => "apis",
            _ => "restapis",
        };
        let prefix = format!("arn:{}:apigateway:{}::", partition_of(self.change.region), self.change.region);
        ["/*".to_owned(), String::new()].iter().map(|end| format!("{prefix}/{root}{end}")).collect()
    }

    /// The resources of a form that the change names, or else every resource of the form in the account.
    fn others(&self, action: &str, form: &ResourceForm, grants: &mut Grants) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        each_text(self.desired, &mut |text| {
            if Arn::parse(text).is_some() && wildcard::matches_star(form.arn, text) {
                named.insert(text.to_owned());
            }
        });
        if named.is_empty() {
            let every = self.filled(form.arn);
            let reason = format!("which {} it is about is not known; it is allowed on {every}", form.name);
            self.note(Some(action), reason, grants);
            named.insert(every);
        }
        named
    }

    /// A form in the account and the Region of the change.
    fn filled(&self, form: &str) -> String {
        let fields = form.splitn(6, ':').enumerate().map(|(number, field)| match (number, field) {
            (1, "*") => partition_of(self.change.region),
            (3, "*") => self.change.region,
            (4, "*") => self.change.account,
            _ => field,
        });
        fields.collect::<Vec<_>>().join(":")
    }

    /// Grants the reads of the secrets and parameters that dynamic references name: the actions.
    pub(super) fn grant_stored(&self, grants: &mut Grants) -> BTreeSet<String> {
        let place = format!("{}:{}", self.change.region, self.change.account);
        let partition = partition_of(self.change.region);
        let mut found = BTreeSet::new();
        for reference in dynamic::references(self.desired) {
            let (action, arn) = match reference {
                DynamicReference::Secret { id, .. } if id.starts_with("arn:") => (GET_SECRET, format!("{id}*")),
                // Secrets Manager adds six characters to the name.
                DynamicReference::Secret { id, .. } => {
                    (GET_SECRET, format!("arn:{partition}:secretsmanager:{place}:secret:{id}-??????"))
                }
                DynamicReference::Parameter { name, .. } if name.starts_with("arn:") => (GET_PARAMETER, name),
                DynamicReference::Parameter { name, .. } => {
                    let name = name.trim_start_matches('/');
                    (GET_PARAMETER, format!("arn:{partition}:ssm:{place}:parameter/{name}"))
                }
            };
            let reason = "the key that it is encrypted with is not known; kms:Decrypt is not included".to_owned();
            self.note(Some(action), reason, grants);
            grants.add(action, BTreeSet::from([arn]), BTreeSet::new());
            found.insert(action.to_owned());
        }
        found
    }

    fn pass_roles(&self, grants: &mut Grants) -> bool {
        let mut roles = BTreeSet::new();
        each_text(self.desired, &mut |text| {
            let is_role = Arn::parse(text).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
            roles.extend(is_role.then(|| text.to_owned()));
        });
        if self.schema.type_name == INSTANCE_PROFILE {
            let names = self.desired.get("Roles").and_then(Value::as_array).into_iter().flatten();
            let partition = partition_of(self.change.region);
            let arn = |name: &str| format!("arn:{partition}:iam::{}:role/{name}", self.change.account);
            roles.extend(names.filter_map(Value::as_str).map(arn));
        }
        for pointer in unknown_roles(self.desired) {
            let reason = format!("the role at {pointer} is not known, and may not be passed");
            self.note(Some(PASS_ROLE), reason, grants);
        }
        for role in &roles {
            if role.contains('*') {
                let reason = format!("the name of the role is not known; {role} may be passed");
                self.note(Some(PASS_ROLE), reason, grants);
            }
            let mut services = self.plan.trusted_by(role);
            if services.is_empty() {
                let known = SERVICES.iter().find(|(name, _)| *name == self.change.type_name);
                services.extend(known.map(|(_, service)| (*service).to_owned()));
            }
            if services.is_empty() {
                let reason = format!("the service to which {role} is passed is not known, and not limited");
                self.note(Some(PASS_ROLE), reason, grants);
            }
            grants.add(PASS_ROLE, BTreeSet::from([role.clone()]), services);
        }
        !roles.is_empty()
    }

    fn note(&self, action: Option<&str>, reason: String, grants: &mut Grants) {
        let logical_id = self.change.logical_id.to_owned();
        grants.not_known.insert(NotKnown { logical_id, action: action.map(str::to_owned), reason });
    }
}

/// The resources of a form that are part of another resource, such as the objects of a bucket.
fn within(form: &ResourceForm, owner: &str) -> Option<String> {
    let parts = [format!("{owner}/*"), format!("{owner}:*")];
    parts.into_iter().find(|part| wildcard::matches_star(form.arn, part))
}

/// Every text outside policy documents.
fn each_text(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, found)),
        Value::Object(members) if !members.contains_key("Statement") => {
            members.values().for_each(|member| each_text(member, found));
        }
        _ => {}
    }
}

/// The pointers of properties for roles whose values are not known.
fn unknown_roles(desired: &Value) -> Vec<String> {
    fn visit(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) if !is_intrinsic(value) && !members.contains_key("Statement") => {
                for (name, member) in members {
                    let place = pointer::join(at, name);
                    let is_role = name == "Role" || name.ends_with("RoleArn") || name.ends_with("RoleARN");
                    if is_role && is_intrinsic(member) {
                        found.push(place);
                    } else {
                        visit(member, &place, found);
                    }
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    visit(item, &pointer::join(at, &number.to_string()), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    visit(desired, "", &mut found);
    found
}
