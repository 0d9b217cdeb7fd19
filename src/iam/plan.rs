//! The permissions that the changes of a plan need: those that the handlers of the types list, limited to the resources of the
//! plan, and those of Cloud Control itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::domain::plan::Operation;
use crate::domain::wildcard;
use crate::schema::actions::{self, ResourceForm};
use crate::schema::symbol::is_intrinsic;
use crate::schema::{
    AccountRegion, Arn, Registry, TypeSchema, arn_of, arn_pattern, general_facts, partition_of, pointer, predict_arn,
    predict_identifier,
};

/// A change of a resource.
#[derive(Debug, Clone, Copy)]
pub struct PlannedChange<'a> {
    /// Its name in the plan.
    pub logical_id: &'a str,
    /// The type.
    pub type_name: &'a str,
    /// The operation.
    pub operation: Operation,
    /// The desired state of a new resource, in which values of others may be intrinsic functions; what is sent otherwise.
    pub desired: &'a Value,
    /// The identifier, if it is known.
    pub identifier: Option<&'a str>,
    /// The account.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
}

/// What a change needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNeeds {
    /// The name of the change in the plan.
    pub logical_id: String,
    /// The type.
    pub type_name: String,
    /// The operation.
    pub operation: Operation,
    /// The ARN of the resource, if it is known.
    pub arn: Option<String>,
    /// The actions.
    pub actions: BTreeSet<String>,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotKnown {
    /// The name of the change in the plan, or `*`.
    pub logical_id: String,
    /// The action.
    pub action: Option<String>,
    /// What is not known, and how the policy treats it.
    pub reason: String,
}

/// The permissions that a plan needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanNeeds {
    /// The statements.
    pub statements: Vec<Value>,
    /// What each change needs.
    pub changes: Vec<ChangeNeeds>,
    /// What is not known.
    pub not_known: BTreeSet<NotKnown>,
}

/// A set of resources with the service that a role is passed to.
type Target = (BTreeSet<String>, BTreeSet<String>);

/// Actions by target.
#[derive(Default)]
struct Grants {
    by_target: BTreeMap<Target, BTreeSet<String>>,
    not_known: BTreeSet<NotKnown>,
}

impl Grants {
    fn add(&mut self, action: &str, resources: BTreeSet<String>, passed_to: BTreeSet<String>) {
        self.by_target.entry((resources, passed_to)).or_default().insert(action.to_owned());
    }

    /// The statements: an action that is allowed on `*` needs no other resource.
    fn statements(self) -> Vec<Value> {
        let star: Target = (BTreeSet::from(["*".to_owned()]), BTreeSet::new());
        let everywhere = self.by_target.get(&star).cloned().unwrap_or_default();
        let mut by_actions: BTreeMap<(BTreeSet<String>, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        let mut by_action: BTreeMap<(String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        for ((resources, passed_to), found) in self.by_target {
            for action in found {
                if !(everywhere.contains(&action) && resources != star.0) {
                    by_action.entry((action, passed_to.clone())).or_default().extend(resources.iter().cloned());
                }
            }
        }
        for ((action, passed_to), resources) in by_action {
            by_actions.entry((without_covered(resources), passed_to)).or_default().insert(action);
        }
        by_actions
            .into_iter()
            .map(|((resources, passed_to), found)| {
                let mut statement = Map::new();
                statement.insert("Effect".to_owned(), json!("Allow"));
                statement.insert("Action".to_owned(), json!(found));
                let list: Vec<String> = resources.into_iter().collect();
                statement.insert("Resource".to_owned(), if list.len() == 1 { json!(list[0]) } else { json!(list) });
                if !passed_to.is_empty() {
                    let services: Vec<String> = passed_to.into_iter().collect();
                    let services = if services.len() == 1 { json!(services[0]) } else { json!(services) };
                    statement.insert("Condition".to_owned(), json!({"StringEquals": {PASSED_TO: services}}));
                }
                Value::Object(statement)
            })
            .collect()
    }
}

/// Leaves out resources that a pattern among them covers.
fn without_covered(resources: BTreeSet<String>) -> BTreeSet<String> {
    let is_covered = |one: &String| {
        resources.iter().any(|other| other != one && other.contains('*') && wildcard::matches_star(other, one))
    };
    resources.iter().filter(|one| !is_covered(one)).cloned().collect()
}

const PASS_ROLE: &str = "iam:PassRole";
const PASSED_TO: &str = "iam:PassedToService";
const INSTANCE_PROFILE: &str = "AWS::IAM::InstanceProfile";

/// The services to which roles are passed by types whose roles are not in the plan, where the type's name does not say it.
const SERVICES: [(&str, &str); 4] = [
    ("AWS::EC2::FlowLog", "vpc-flow-logs.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com"),
    ("AWS::Lambda::Function", "lambda.amazonaws.com"),
    ("AWS::StepFunctions::StateMachine", "states.amazonaws.com"),
];

/// What the changes of a plan need.
pub fn needs(registry: &Registry, changes: &[PlannedChange<'_>]) -> PlanNeeds {
    let plan = PlanFacts::new(registry, changes);
    let mut grants = Grants::default();
    let mut found = Vec::new();
    for change in changes {
        let mut own = ChangeNeeds {
            logical_id: change.logical_id.to_owned(),
            type_name: change.type_name.to_owned(),
            operation: change.operation,
            arn: plan.arns.get(change.logical_id).cloned(),
            actions: BTreeSet::new(),
        };
        let is_searched = change.operation == Operation::Create && !plan.identifiers.contains_key(change.logical_id);
        let route = registry.get(change.type_name).map_or(TagRoute::None, |schema| TagRoute::of(change, schema));
        let is_tagged_by_update = route == TagRoute::Update && plan.has_children(registry, change);
        let (handlers, calls) = calls_of(change.operation);
        let handlers = handlers.iter().chain(is_tagged_by_update.then_some(&"update"));
        // A resource whose identifier does not follow from the template is looked for among all of its type.
        let handlers: Vec<&str> = handlers.chain(is_searched.then_some(&"list")).copied().collect();
        let calls = calls.iter().chain(is_searched.then_some(&"cloudformation:ListResources"));
        for call in calls.chain(is_tagged_by_update.then_some(&"cloudformation:UpdateResource")) {
            own.actions.insert((*call).to_owned());
            grants.add(call, BTreeSet::from(["*".to_owned()]), BTreeSet::new());
        }
        let logical_id = change.logical_id.to_owned();
        match route {
            TagRoute::Api => {
                own.actions.insert(TAG_RESOURCES.to_owned());
                grants.add(TAG_RESOURCES, BTreeSet::from(["*".to_owned()]), BTreeSet::new());
                if change.operation != Operation::Tag {
                    let reason = format!("{IF_OTHER}; it is included");
                    grants.not_known.insert(NotKnown { logical_id, action: Some(TAG_RESOURCES.to_owned()), reason });
                }
            }
            TagRoute::Update if !is_tagged_by_update => {
                let reason = format!("{IF_OTHER}, with the permissions of the update handler; they are not included");
                let action = Some("cloudformation:UpdateResource".to_owned());
                grants.not_known.insert(NotKnown { logical_id, action, reason });
            }
            TagRoute::Update | TagRoute::None => {}
        }
        let desired = plan.resolved(change.desired);
        let Some(schema) = registry.get(change.type_name) else {
            let reason = "the type is not known, and neither are the permissions of its handlers".to_owned();
            let logical_id = change.logical_id.to_owned();
            grants.not_known.insert(NotKnown { logical_id, action: None, reason });
            found.push(own);
            continue;
        };
        let permissions = registry.permissions(change.type_name);
        let of = |handler: &&str| permissions.get(*handler).map(Vec::as_slice).unwrap_or_default();
        let is_listing = |handler: &&&str| **handler == "list";
        let listed: BTreeSet<&String> = handlers.iter().filter(|one| !is_listing(one)).flat_map(of).collect();
        let of_list: BTreeSet<&String> = handlers.iter().filter(is_listing).flat_map(of).collect();
        if listed.is_empty() && !handlers.is_empty() {
            let reason = "the handlers of the type do not say which permissions they need".to_owned();
            grants.not_known.insert(NotKnown { logical_id: change.logical_id.to_owned(), action: None, reason });
        }
        let arn = own.arn.clone();
        let pattern = plan.patterns.get(change.logical_id).cloned();
        let subject =
            Subject { change, schema, arn: arn.as_deref(), pattern, desired: &desired, plan: &plan, is_list: false };
        // Listing reads every resource of the type.
        let every = arn_pattern(schema, &Value::Null, change.account, change.region);
        let all = Subject { arn: None, pattern: every, is_list: true, ..subject.clone() };
        let wanted = listed.into_iter().map(|one| (&subject, one)).chain(of_list.into_iter().map(|one| (&all, one)));
        for (subject, permission) in wanted.filter(|(_, permission)| permission.contains(':')) {
            let action = spelled(permission);
            if subject.grant(&action, &mut grants) {
                own.actions.insert(action);
            }
        }
        for action in tag_calls(change.type_name) {
            own.actions.insert((*action).to_owned());
            let pattern = plan.patterns.get(change.logical_id).cloned().unwrap_or_else(|| "*".to_owned());
            grants.add(action, BTreeSet::from([pattern]), BTreeSet::new());
        }
        found.push(own);
    }
    let not_known = std::mem::take(&mut grants.not_known);
    PlanNeeds { statements: grants.statements(), changes: found, not_known }
}

/// The action of a permission. The reference has some names in lower case only.
fn spelled(permission: &str) -> String {
    let Some(facts) = actions::action(permission) else { return permission.to_owned() };
    let Some((prefix, name)) = facts.name.split_once(':') else { return facts.name };
    match permission.split_once(':') {
        Some((_, own)) if !name.contains(|c: char| c.is_ascii_uppercase()) => format!("{prefix}:{own}"),
        _ => facts.name,
    }
}

/// The handlers that run for an operation, and the actions of stagegate's own calls.
fn calls_of(operation: Operation) -> (&'static [&'static str], &'static [&'static str]) {
    match operation {
        Operation::Create => (&["create", "read"], CREATE),
        Operation::Update => (&["update", "read"], UPDATE),
        Operation::Replace => (&["create", "delete", "read"], REPLACE),
        Operation::Delete => (&["delete", "read"], DELETE),
        Operation::Tag => (&["read"], TAG),
    }
}

const CREATE: &[&str] = &[
    "cloudformation:CreateResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const UPDATE: &[&str] = &[
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "cloudformation:UpdateResource",
    "tag:GetResources",
];
const REPLACE: &[&str] = &[
    "cloudformation:CreateResource",
    "cloudformation:DeleteResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const DELETE: &[&str] = &[
    "cloudformation:DeleteResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const TAG: &[&str] = &["cloudformation:GetResource", "tag:GetResources"];

const TAG_RESOURCES: &str = "tag:TagResources";

/// When tags are changed after a resource was written.
const IF_OTHER: &str =
    "needed only if AWS stores other values than those that are sent, so that the tag with their record must be completed";

/// How the tags of a resource are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagRoute {
    /// Not at all, or by the service's own calls.
    None,
    /// By the tagging API.
    Api,
    /// By an update of the resource.
    Update,
}

impl TagRoute {
    fn of(change: &PlannedChange<'_>, schema: &TypeSchema) -> Self {
        let tagging = &schema.tagging;
        let is_tagged = tagging.property.is_some() && tagging.updatable && !tagging.beside_model;
        if !is_tagged || change.operation == Operation::Delete {
            return Self::None;
        }
        let is_served = !general_facts().not_in_tagging_api.iter().any(|name| name == change.type_name);
        // The tagging API needs the ARN, which only such types return.
        if schema.arn_property.is_some() && is_served { Self::Api } else { Self::Update }
    }
}

/// The calls of IAM for the tags of types whose models do not have them.
fn tag_calls(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "AWS::IAM::ManagedPolicy" => &["iam:ListPolicyTags", "iam:TagPolicy"],
        INSTANCE_PROFILE => &["iam:ListInstanceProfileTags", "iam:TagInstanceProfile"],
        _ => &[],
    }
}

/// What is known of the resources of a plan.
struct PlanFacts<'a> {
    changes: BTreeMap<&'a str, &'a PlannedChange<'a>>,
    /// ARNs that are certain, by logical id.
    arns: BTreeMap<&'a str, String>,
    /// ARNs with `*` for what is not known.
    patterns: BTreeMap<&'a str, String>,
    identifiers: BTreeMap<&'a str, String>,
}

impl<'a> PlanFacts<'a> {
    fn new(registry: &Registry, changes: &'a [PlannedChange<'a>]) -> Self {
        let mut facts = Self {
            changes: changes.iter().map(|change| (change.logical_id, change)).collect(),
            arns: BTreeMap::new(),
            patterns: BTreeMap::new(),
            identifiers: BTreeMap::new(),
        };
        for change in changes {
            let Some(schema) = registry.get(change.type_name) else { continue };
            let place = AccountRegion { account: change.account, region: change.region };
            let is_new = matches!(change.operation, Operation::Create | Operation::Replace);
            let predicted = || predict_identifier(schema, change.desired, place);
            let identifier = change.identifier.map(str::to_owned).or_else(|| predicted().filter(|_| is_new));
            let known = identifier.as_deref().unwrap_or_default();
            let arn = match is_new {
                true => predict_arn(schema, known, change.desired, place),
                false => identifier.as_deref().and_then(|known| {
                    let parts = schema.primary_identifier.iter().zip(known.split('|'));
                    let own: Value = parts.map(|(name, part)| (name.clone(), json!(part))).collect();
                    arn_of(schema, known, &own, change.account, change.region)
                }),
            };
            let pattern = arn.clone().or_else(|| arn_pattern(schema, change.desired, change.account, change.region));
            facts.arns.extend(arn.map(|arn| (change.logical_id, arn)));
            facts.patterns.extend(pattern.map(|pattern| (change.logical_id, pattern)));
            facts.identifiers.extend(identifier.map(|identifier| (change.logical_id, identifier)));
        }
        facts
    }

    /// A value in which references to resources of the plan are their ARNs and identifiers, as far as these are known.
    fn resolved(&self, value: &Value) -> Value {
        if is_intrinsic(value) {
            return self.reference(value).unwrap_or_else(|| value.clone());
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.resolved(member))).collect()
            }
            other => other.clone(),
        }
    }

    fn reference(&self, value: &Value) -> Option<Value> {
        if let Some(id) = value.get("Ref").and_then(Value::as_str) {
            return self.identifiers.get(id).map(|identifier| json!(identifier));
        }
        let call = value.get("Fn::GetAtt")?;
        let (id, attribute) = match call {
            Value::String(text) => text.split_once('.')?,
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)?.as_str()?),
            _ => return None,
        };
        (attribute == "Arn" || attribute.ends_with("Arn")).then(|| self.patterns.get(id).map(|arn| json!(arn)))?
    }

    /// Whether the plan has resources without tags that refer to a resource, or that it refers to: they are recorded in its tags.
    fn has_children(&self, registry: &Registry, change: &PlannedChange<'_>) -> bool {
        let own = references(change.desired);
        self.changes.values().any(|other| {
            let schema = registry.get(other.type_name);
            let is_untagged = schema.is_some_and(|schema| schema.tagging.property.is_none());
            is_untagged && (own.contains(other.logical_id) || references(other.desired).contains(change.logical_id))
        })
    }

    /// The services that a role of the plan trusts.
    fn trusted_by(&self, role: &str) -> BTreeSet<String> {
        let of_plan = self.patterns.iter().find(|(_, arn)| arn.as_str() == role);
        let Some(change) = of_plan.and_then(|(id, _)| self.changes.get(id)) else { return BTreeSet::new() };
        let statements = match change.desired.pointer("/AssumeRolePolicyDocument/Statement") {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let mut services = BTreeSet::new();
        for service in statements.iter().filter_map(|statement| statement.pointer("/Principal/Service")) {
            match service {
                Value::Array(items) => services.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
                one => services.extend(one.as_str().map(str::to_owned)),
            }
        }
        services
    }
}

/// The logical ids in the references of a value.
fn references(value: &Value) -> BTreeSet<&str> {
    fn visit<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("Ref").and_then(Value::as_str));
                let of_call = members.get("Fn::GetAtt").and_then(|call| call.get(0).unwrap_or(call).as_str());
                found.extend(of_call.and_then(|text| text.split('.').next()));
                members.values().for_each(|member| visit(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
            // As in `Fn::Sub`.
            Value::String(text) => {
                let parts = text.split("${").skip(1).filter_map(|part| part.split(['}', '.']).next());
                found.extend(parts);
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    visit(value, &mut found);
    found
}

/// A change whose permissions are limited to its resources.
#[derive(Clone)]
struct Subject<'a> {
    change: &'a PlannedChange<'a>,
    schema: &'a TypeSchema,
    arn: Option<&'a str>,
    /// The ARN with `*` for what is not known.
    pattern: Option<String>,
    /// Whether it stands for all resources of the type.
    is_list: bool,
    /// What is sent, with references resolved.
    desired: &'a Value,
    plan: &'a PlanFacts<'a>,
}

impl Subject<'_> {
    /// Grants an action of a handler; false if the change does not need it.
    fn grant(&self, action: &str, grants: &mut Grants) -> bool {
        if action == PASS_ROLE {
            return self.pass_roles(grants);
        }
        let facts = actions::action(action);
        let Some(facts) = facts else {
            let own = self.arn.unwrap_or("*").to_owned();
            let reason = format!("the service authorization reference does not have the action; it is allowed on {own}");
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
            let reason = "the service chooses the name of the resource; the actions on it are allowed on every name".to_owned();
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
