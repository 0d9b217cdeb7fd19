//! What a plan changes in permissions and in the network: policy statements and rules, one line each.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::enums::ReviewAction;
use super::text::{readable, short_type};
use crate::domain::plan::{Operation, StepDocument};
use crate::domain::{pointer, symbol};
use crate::schema::{Registry, ReviewScope};

/// The addresses of every host, in IPv4 and IPv6.
pub(super) const ANY_ADDRESS: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// A policy statement, an attached policy or a network rule that a plan adds, removes or changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewView {
    /// Position of the step in the plan, from 1.
    pub order: u32,
    /// The logical id of the step's resource.
    pub logical_id: String,
    /// Whether it is added, removed or changed.
    pub action: ReviewAction,
    /// JSON pointer of the changed property.
    pub pointer: String,
    /// The statement or rule in one line.
    pub text: String,
    /// Whether it gives access to everyone.
    pub public: bool,
}

/// The two kinds of changes that are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Permissions.
    Iam,
    /// The network.
    Network,
}

impl Subject {
    /// Returns which changes of a type belong to the subject; `None` if none does.
    pub(super) fn scope(self, registry: &Registry, type_name: &str) -> Option<&'static ReviewScope> {
        let review = &registry.get(type_name)?.review;
        let scope = match self {
            Self::Iam => &review.iam,
            Self::Network => &review.network,
        };
        (*scope != ReviewScope::Nothing).then_some(scope)
    }

    /// True when every resource of a type has something that belongs to the subject.
    pub(super) fn is_in_every(self, registry: &Registry, type_name: &str) -> bool {
        let required = registry.get(type_name).map(|schema| schema.required.as_slice()).unwrap_or_default();
        match self.scope(registry, type_name) {
            Some(ReviewScope::Resource) => true,
            Some(ReviewScope::Properties(paths)) => {
                paths.iter().filter_map(|path| path.head()).any(|head| required.iter().any(|name| name == head))
            }
            Some(ReviewScope::Nothing) | None => false,
        }
    }
}

/// Returns the changes of one step that belong to a subject.
pub(super) fn review(registry: &Registry, subject: Subject, step: &StepDocument) -> Vec<ReviewView> {
    let Some(scope) = subject.scope(registry, &step.type_name) else { return Vec::new() };
    let line = |action: ReviewAction, pointer: &str, text: String, public: bool| ReviewView {
        order: step.order,
        logical_id: step.logical_id.clone(),
        action,
        pointer: pointer.to_owned(),
        text,
        public,
    };
    let whole = matches!(scope, ReviewScope::Resource);
    match step.operation {
        Operation::Tag => Vec::new(),
        Operation::Delete if !subject.is_in_every(registry, &step.type_name) => Vec::new(),
        Operation::Delete => {
            let text = format!("{}, with the resource", short_type(&step.type_name));
            vec![line(ReviewAction::Removed, "", text, false)]
        }
        Operation::Create if whole => {
            let properties: Map<String, Value> = step
                .changes
                .iter()
                .map(|change| (pointer::tokens(&change.pointer).concat(), change.after.clone()))
                .collect();
            let properties = Value::Object(properties);
            let lines = texts(registry, subject, &step.type_name, "", &properties);
            let found = lines.into_iter().map(|(text, public)| line(ReviewAction::Added, "", text, public));
            found.collect()
        }
        Operation::Create | Operation::Update | Operation::Replace => {
            let mut found = Vec::new();
            for change in &step.changes {
                let before = covered(scope, &change.pointer, &change.before);
                let after = covered(scope, &change.pointer, &change.after);
                let inside = |values: &[(String, Value)]| -> Vec<(String, String, bool)> {
                    let each = values.iter().flat_map(|(place, value)| {
                        let lines = texts(registry, subject, &step.type_name, place, value);
                        lines.into_iter().map(|(text, public)| (place.clone(), text, public))
                    });
                    each.collect()
                };
                if let ([(place, old)], [(_, new)]) = (before.as_slice(), after.as_slice())
                    && !is_list_of_changes(old)
                    && !is_list_of_changes(new)
                {
                    let public = public_text(subject, place, new);
                    let text = format!("{} → {}", readable(old), readable(new));
                    found.push(line(ReviewAction::Changed, place, text, public));
                    continue;
                }
                let (old, new) = (inside(&before), inside(&after));
                for (place, text, _) in old.iter().filter(|(_, text, _)| new.iter().all(|(_, other, _)| other != text))
                {
                    found.push(line(ReviewAction::Removed, place, text.clone(), false));
                }
                for (place, text, public) in
                    new.iter().filter(|(_, text, _)| old.iter().all(|(_, other, _)| other != text))
                {
                    found.push(line(ReviewAction::Added, place, text.clone(), *public));
                }
            }
            found
        }
    }
}

/// Returns the parts of a value at a pointer that a scope covers, with their pointers.
pub(super) fn covered(scope: &ReviewScope, at: &str, value: &Value) -> Vec<(String, Value)> {
    if value.is_null() {
        return Vec::new();
    }
    match scope {
        ReviewScope::Nothing => Vec::new(),
        ReviewScope::Resource => vec![(at.to_owned(), value.clone())],
        ReviewScope::Properties(_) if scope.covers(at) => vec![(at.to_owned(), value.clone())],
        ReviewScope::Properties(paths) => {
            // A path may lead deeper than the pointer of the change.
            let mut document = value.clone();
            for token in pointer::tokens(at).into_iter().rev() {
                document = Value::Object(Map::from_iter([(token, document)]));
            }
            let mut found: Vec<(String, Value)> = Vec::new();
            for (place, part) in paths.iter().flat_map(|path| path.select(&document)) {
                if pointer::is_within(&place, at) && found.iter().all(|(other, _)| !pointer::is_within(&place, other)) {
                    found.push((place, part.clone()));
                }
            }
            found
        }
    }
}

/// True for a value whose elements are shown as lines of their own.
fn is_list_of_changes(value: &Value) -> bool {
    value.is_array() || is_statement(value) || !statements(value).is_empty()
}

/// Returns the lines for a value, and whether each gives access to everyone.
fn texts(registry: &Registry, subject: Subject, type_name: &str, at: &str, value: &Value) -> Vec<(String, bool)> {
    match subject {
        Subject::Iam => permissions(registry, type_name, at, value),
        Subject::Network => rules(registry, type_name, at, value),
    }
}

fn permissions(registry: &Registry, type_name: &str, at: &str, value: &Value) -> Vec<(String, bool)> {
    if is_statement(value) {
        return vec![(statement(value), is_public_statement(value))];
    }
    let found = statements(value);
    if !found.is_empty() {
        return found.iter().map(|one| (statement(one), is_public_statement(one))).collect();
    }
    if type_name == "AWS::Lambda::Permission" && at.is_empty() {
        let public = is_public_permission(value);
        let [action, principal, function] =
            ["Action", "Principal", "FunctionName"].map(|name| readable(value.get(name).unwrap_or(&Value::Null)));
        return vec![(format!("Allow {action} on {function} for {principal}"), public)];
    }
    match value {
        Value::Array(items) => {
            items.iter().map(|item| (format!("{} {}", property_name(at), readable(item)), false)).collect()
        }
        Value::Object(map) if at.is_empty() => vec![(summary(registry, type_name, map), false)],
        other => vec![(format!("{} {}", property_name(at), readable(other)), false)],
    }
}

fn rules(registry: &Registry, type_name: &str, at: &str, value: &Value) -> Vec<(String, bool)> {
    let egress = type_name.ends_with("Egress") || at.contains("Egress");
    let one = |item: &Value| (rule(item, egress), !egress && opens_to_anyone(item));
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        Value::Object(map) if map.contains_key("IpProtocol") => vec![one(value)],
        Value::Object(map) if at.is_empty() => vec![(summary(registry, type_name, map), false)],
        other => vec![(format!("{} {}", property_name(at), readable(other)), false)],
    }
}

/// True when a changed scalar or object gives access to everyone.
fn public_text(subject: Subject, at: &str, value: &Value) -> bool {
    match subject {
        Subject::Iam => at.contains("/Principal") && names_everyone(value),
        Subject::Network => {
            !at.contains("Egress")
                && (opens_to_anyone(value) || value.as_str().is_some_and(|text| ANY_ADDRESS.contains(&text)))
        }
    }
}

/// A statement of an IAM policy.
pub(super) fn is_statement(value: &Value) -> bool {
    value.get("Effect").is_some_and(Value::is_string)
}

/// Returns the statements of all policy documents in a value, also of those written as JSON text.
pub(super) fn statements(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) => match map.get("Statement") {
            Some(Value::Array(items)) if items.iter().any(is_statement) => items.clone(),
            Some(only) if is_statement(only) => vec![only.clone()],
            _ => map.values().flat_map(statements).collect(),
        },
        Value::Array(items) => items.iter().flat_map(statements).collect(),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map(|parsed: Value| statements(&parsed)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// `Allow s3:GetObject on arn:aws:s3:::files/* for lambda.amazonaws.com, 1 condition`.
fn statement(value: &Value) -> String {
    let part = |name: &str| value.get(name).map(readable);
    let mut text = part("Effect").unwrap_or_default();
    match (part("Action"), part("NotAction")) {
        (Some(action), _) => text.push_str(&format!(" {action}")),
        (None, Some(action)) => text.push_str(&format!(" everything but {action}")),
        (None, None) => {}
    }
    match (part("Resource"), part("NotResource")) {
        (Some(resource), _) => text.push_str(&format!(" on {resource}")),
        (None, Some(resource)) => text.push_str(&format!(" on everything but {resource}")),
        (None, None) => {}
    }
    match (value.get("Principal"), value.get("NotPrincipal")) {
        (Some(principal), _) => text.push_str(&format!(" for {}", principals(principal))),
        (None, Some(principal)) => text.push_str(&format!(" for everyone but {}", principals(principal))),
        (None, None) => {}
    }
    let conditions: usize = value
        .get("Condition")
        .and_then(Value::as_object)
        .map(|operators| operators.values().map(|keys| keys.as_object().map_or(1, Map::len)).sum())
        .unwrap_or_default();
    match conditions {
        0 => {}
        1 => text.push_str(", 1 condition"),
        many => text.push_str(&format!(", {many} conditions")),
    }
    text
}

fn principals(value: &Value) -> String {
    match value {
        Value::Object(map) if !symbol::is_intrinsic(value) => map.values().map(readable).collect::<Vec<_>>().join(", "),
        other => readable(other),
    }
}

/// True when an Allow statement names every principal, and no condition limits who that is.
pub(super) fn is_public_statement(value: &Value) -> bool {
    /// Condition keys that limit the caller to accounts, organizations, networks or resources.
    const LIMITING: [&str; 10] = [
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "kms:calleraccount",
    ];
    let operators = value.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let mut keys = operators.filter_map(|(_, keys)| keys.as_object()).flat_map(|keys| keys.keys());
    value.get("Effect").and_then(Value::as_str) == Some("Allow")
        && value.get("Principal").is_some_and(names_everyone)
        && !keys.any(|key| LIMITING.contains(&key.to_lowercase().as_str()))
}

/// True for the principal `*`, in each of its forms.
fn names_everyone(principal: &Value) -> bool {
    match principal {
        Value::String(text) => text == "*",
        Value::Array(items) => items.iter().any(names_everyone),
        Value::Object(map) => map.get("AWS").is_some_and(names_everyone),
        _ => false,
    }
}

/// True for a Lambda permission that everyone may use.
pub(super) fn is_public_permission(properties: &Value) -> bool {
    let limits = ["SourceArn", "SourceAccount", "PrincipalOrgID"];
    properties.get("Principal").is_some_and(names_everyone) && limits.iter().all(|name| properties.get(name).is_none())
}

/// True for an object with an address range of every host.
pub(super) fn opens_to_anyone(rule: &Value) -> bool {
    let ranges = ["CidrIp", "CidrIpv6", "CidrBlock", "Ipv6CidrBlock"];
    ranges.iter().filter_map(|name| rule.get(name)?.as_str()).any(|range| ANY_ADDRESS.contains(&range))
}

/// `ingress tcp 443 from 0.0.0.0/0`.
fn rule(value: &Value, egress: bool) -> String {
    let get = |name: &str| value.get(name).filter(|value| !value.is_null()).map(readable);
    let protocol = match get("IpProtocol").as_deref() {
        None | Some("-1") => "all traffic".to_owned(),
        Some(named) => match (get("FromPort"), get("ToPort")) {
            (Some(from), Some(to)) if from == to && from != "-1" => format!("{named} {from}"),
            (Some(from), Some(to)) if from != "-1" => format!("{named} {from}-{to}"),
            _ => format!("{named}, all ports"),
        },
    };
    let peers = [
        "CidrIp",
        "CidrIpv6",
        "SourceSecurityGroupId",
        "SourceSecurityGroupName",
        "DestinationSecurityGroupId",
        "SourcePrefixListId",
        "DestinationPrefixListId",
    ];
    let peer = peers.iter().find_map(|name| get(name)).unwrap_or_else(|| "(not stated)".to_owned());
    match egress {
        true => format!("egress {protocol} to {peer}"),
        false => format!("ingress {protocol} from {peer}"),
    }
}

/// The properties of a resource that is reviewed as a whole, without its tags.
fn summary(registry: &Registry, type_name: &str, properties: &Map<String, Value>) -> String {
    let tags = registry.get(type_name).and_then(|schema| schema.tagging.property.as_deref());
    let shown = properties.iter().filter(|(name, _)| Some(name.as_str()) != tags);
    let parts: Vec<String> = shown.map(|(name, value)| format!("{name} {}", readable(value))).collect();
    format!("{}: {}", short_type(type_name), parts.join(", "))
}

/// The last named token of a pointer: `ManagedPolicyArns` for `/ManagedPolicyArns/0`.
fn property_name(at: &str) -> String {
    let tokens = pointer::tokens(at);
    tokens.into_iter().rev().find(|token| token.parse::<usize>().is_err()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::plan::ChangeDocument;

    /// Returns the lines of a step, signed, those that are public with an exclamation mark.
    fn lines(subject: Subject, operation: Operation, type_name: &str, changes: Value) -> Vec<String> {
        let changes: Vec<ChangeDocument> = serde_json::from_value(changes).unwrap();
        let step: StepDocument = serde_json::from_value(json!({
            "order": 1, "logical_id": "It", "environment": "dev", "account": "1", "region": "r",
            "operation": operation, "type": type_name, "identifier": null, "target_of": null, "source": null,
            "request": null, "changes": changes, "rewrites": [], "overwrites": [], "not_copied": [], "depends_on": [],
            "client_token": "t", "inputs_needed": [], "sensitive": null,
        }))
        .unwrap();
        let signed = |line: &ReviewView| {
            let public = if line.public { " !" } else { "" };
            format!("{} {}{public}", line.action, line.text)
        };
        review(&Registry::embedded(), subject, &step).iter().map(signed).collect()
    }

    #[test]
    fn statements_and_attached_policies_of_a_new_role_are_listed() {
        let found = lines(
            Subject::Iam,
            Operation::Create,
            "AWS::IAM::Role",
            json!([
                {"pointer": "/RoleName", "before": null, "after": "app-dev"},
                {"pointer": "/AssumeRolePolicyDocument", "before": null, "after": {"Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}},
                {"pointer": "/ManagedPolicyArns", "before": null, "after": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
                {"pointer": "/Policies", "before": null, "after": [{"PolicyName": "inline", "PolicyDocument": {"Statement": [
                    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
                     "Resource": {"Fn::GetAtt": ["Files", "Arn"]},
                     "Condition": {"StringEquals": {"a": 1, "b": 2}}}]}}]},
            ]),
        );
        assert_eq!(
            found,
            [
                "added Allow sts:AssumeRole for lambda.amazonaws.com",
                "added ManagedPolicyArns arn:aws:iam::aws:policy/ReadOnlyAccess",
                "added Allow s3:GetObject, s3:PutObject on ${Files.Arn}, 2 conditions",
            ]
        );
    }

    #[test]
    fn changes_inside_a_statement_show_both_values_and_a_whole_one_is_added_or_removed() {
        let found = lines(
            Subject::Iam,
            Operation::Update,
            "AWS::IAM::ManagedPolicy",
            json!([
                {"pointer": "/Description", "before": "a", "after": "b"},
                {"pointer": "/PolicyDocument/Statement/0/Action", "before": "s3:GetObject", "after": "s3:*"},
                {"pointer": "/PolicyDocument/Statement/1", "before": {"Effect": "Deny", "Action": "*", "Resource": "*"},
                 "after": null},
            ]),
        );
        assert_eq!(found, ["changed a → b", "changed s3:GetObject → s3:*", "removed Deny * on *"]);
    }

    #[test]
    fn rules_open_to_everyone_are_marked_and_others_are_not() {
        let rule = |range: &str| json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": range});
        let found = lines(
            Subject::Network,
            Operation::Update,
            "AWS::EC2::SecurityGroup",
            json!([
                {"pointer": "/SecurityGroupIngress/0", "before": null, "after": rule("0.0.0.0/0")},
                {"pointer": "/SecurityGroupIngress/1", "before": rule("10.0.0.0/8"), "after": null},
                {"pointer": "/SecurityGroupEgress", "before": null, "after":
                    [{"IpProtocol": "-1", "CidrIpv6": "::/0"}]},
            ]),
        );
        let expected = [
            "added ingress tcp 443 from 0.0.0.0/0 !",
            "removed ingress tcp 443 from 10.0.0.0/8",
            "added egress all traffic to ::/0",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_resource_that_is_a_rule_is_one_line() {
        let found = lines(
            Subject::Network,
            Operation::Create,
            "AWS::EC2::SecurityGroupIngress",
            json!([
                {"pointer": "/GroupId", "before": null, "after": "sg-1"},
                {"pointer": "/IpProtocol", "before": null, "after": "udp"},
                {"pointer": "/FromPort", "before": null, "after": 1},
                {"pointer": "/ToPort", "before": null, "after": 9},
                {"pointer": "/CidrIpv6", "before": null, "after": "::/0"},
            ]),
        );
        assert_eq!(found, ["added ingress udp 1-9 from ::/0 !"]);
        let deleted = lines(Subject::Network, Operation::Delete, "AWS::EC2::SecurityGroupIngress", json!([]));
        assert_eq!(deleted, ["removed EC2::SecurityGroupIngress, with the resource"]);
        assert!(lines(Subject::Iam, Operation::Delete, "AWS::SQS::Queue", json!([])).is_empty());
        assert_eq!(
            lines(Subject::Iam, Operation::Delete, "AWS::IAM::Role", json!([])).len(),
            1,
            "it has a trust policy"
        );
        assert!(lines(Subject::Iam, Operation::Delete, "AWS::SNS::Topic", json!([])).is_empty());
    }

    #[test]
    fn a_statement_for_everyone_is_public_unless_a_condition_limits_the_caller() {
        let of = |condition: Value| json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Condition": condition});
        assert!(is_public_statement(&of(Value::Null)));
        assert!(is_public_statement(&of(json!({"Bool": {"aws:SecureTransport": "true"}}))));
        assert!(!is_public_statement(&of(json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}))));
        assert!(!is_public_statement(&json!({"Effect": "Deny", "Principal": "*"})));
    }
}
