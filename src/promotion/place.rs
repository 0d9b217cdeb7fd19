//! What the strings of a configuration are, by the property that holds them: a name that is local to the resource, a
//! name in the data, text for people, or anything else.

use serde_json::Value;

use super::reference;
use crate::domain::pointer;
use crate::schema::{TypeSchema, general_facts};

/// What a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A name that only has a meaning within the resource, or within those that use it: an inline policy, a container, a
    /// lifecycle rule. It refers to nothing, and follows the resource's renaming.
    Local,
    /// A name in the data, such as a table's attribute: it is the same in each environment.
    Data,
    /// Text for people, or an expression over data: words in it are not names of resources.
    Prose,
    /// Anything else.
    Value,
}

/// Names of nested properties with a local name.
const LOCAL: &[&str] = &[
    "ContainerName",
    "FilterId",
    "Id",
    "ID",
    "Label",
    "MetricName",
    "Namespace",
    "OriginId",
    "PolicyName",
    "Sid",
    "SourceVolume",
    "StatementId",
    "TargetOriginId",
];

/// Names of properties with a name in the data.
const DATA: &[&str] = &["AttributeName", "ColumnName", "FieldName", "HeaderName", "IndexName", "NonKeyAttributes"];

/// Names of lists whose elements describe data; their `Name` is one in the data.
const DATA_LISTS: &[&str] = &["Columns", "Fields", "Headers", "PartitionKeys", "Schema", "SortColumns"];

/// Ends of the names of properties with text for people.
const PROSE: &[&str] = &[
    "Comment",
    "Comments",
    "Description",
    "DisplayName",
    "Documentation",
    "HtmlPart",
    "Instructions",
    "Message",
    "MessageByLink",
    "Subject",
    "SubjectByLink",
    "SubjectPart",
    "Text",
    "TextPart",
    "Title",
];

/// Such names in JSON documents: dashboards, definitions of state machines.
const PROSE_IN_JSON: &[&str] = &["comment", "description", "markdown", "text", "title"];

/// Ends of the names of properties with an expression over data.
const EXPRESSIONS: &[&str] = &["Expression", "FilterPattern", "FilterCriteria", "Pattern", "Query", "QueryString"];

/// What the string at a pointer is. Without a type, only its property's name is considered.
pub fn of(schema: Option<&TypeSchema>, at: &str, text: &str) -> Place {
    let tokens = pointer::tokens(at);
    let is_index = |token: &String| token.bytes().all(|byte| byte.is_ascii_digit());
    let Some(last) = tokens.iter().rposition(|token| !is_index(token)) else { return Place::Value };
    let name = tokens[last].as_str();
    let above = tokens[..last].iter().rev().find(|token| !is_index(token)).map(String::as_str);
    let in_list = last > 0 && is_index(&tokens[last - 1]);
    let is_typed = schema.is_some_and(|schema| super::typed::is_reference(schema, at));
    if is_typed {
        return Place::Value;
    }
    if DATA.contains(&name) || name == "Name" && above.is_some_and(|list| DATA_LISTS.contains(&list)) {
        return Place::Data;
    }
    let is_local = LOCAL.contains(&name) || name == "Name" && in_list || is_name_in_config(schema, &tokens);
    if last > 0 && is_local && is_plain_name(text) {
        return Place::Local;
    }
    let is_prose = PROSE.iter().chain(EXPRESSIONS).any(|end| name.ends_with(end)) || PROSE_IN_JSON.contains(&name);
    if is_prose || is_free_text(text) {
        return Place::Prose;
    }
    Place::Value
}

/// True for the name of a resource that its configuration contains (`CachePolicyConfig/Name`): it has no property of its
/// own.
fn is_name_in_config(schema: Option<&TypeSchema>, tokens: &[String]) -> bool {
    matches!(tokens, [config, name] if config.ends_with("Config") && name == "Name")
        && schema.is_some_and(|schema| schema.name_property.is_none())
}

/// True for a name without a part that only a reference has: an ARN, a path, a host, an id.
fn is_plain_name(text: &str) -> bool {
    !text.contains([':', '/', '.'])
        && reference::generated_id(text).is_none()
        && reference::opaque_tokens(text).next().is_none()
        && !general_facts().managed_values.iter().any(|pattern| pattern.matches(text))
}

/// True for a sentence: at least three words, none of them part of a command, a path or an assignment.
fn is_free_text(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_word = |word: &&str| {
        let bare = word.trim_matches(|c: char| ".,;:!?()'\"".contains(c));
        bare.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-') && !bare.starts_with('-')
    };
    words.len() >= 3 && words.iter().all(is_word)
}

/// Replaces the strings that refer to nothing with null, so that no reference is found in them.
pub fn remove_local(schema: &TypeSchema, document: &mut Value) {
    fn walk(schema: &TypeSchema, at: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                if matches!(of(Some(schema), at, text), Place::Local | Place::Data) {
                    *value = Value::Null;
                }
            }
            Value::Array(items) => items
                .iter_mut()
                .enumerate()
                .for_each(|(index, item)| walk(schema, &pointer::join(at, &index.to_string()), item)),
            Value::Object(map) => {
                map.iter_mut().for_each(|(key, child)| walk(schema, &pointer::join(at, key), child));
            }
            _ => {}
        }
    }
    walk(schema, "", document);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    fn place(type_name: &str, at: &str, text: &str) -> Place {
        of(Some(Registry::embedded().get(type_name).unwrap()), at, text)
    }

    #[test]
    fn names_within_a_resource_are_local() {
        for (type_name, at) in [
            ("AWS::IAM::Role", "/Policies/0/PolicyName"),
            ("AWS::KMS::Key", "/KeyPolicy/Id"),
            ("AWS::ECS::TaskDefinition", "/ContainerDefinitions/0/Name"),
            ("AWS::ECS::Service", "/LoadBalancers/0/ContainerName"),
            ("AWS::S3::Bucket", "/LifecycleConfiguration/Rules/0/Id"),
            ("AWS::CloudFront::Distribution", "/DistributionConfig/Origins/0/Id"),
            ("AWS::CloudFront::Distribution", "/DistributionConfig/DefaultCacheBehavior/TargetOriginId"),
            ("AWS::WAFv2::WebACL", "/Rules/0/Name"),
        ] {
            assert_eq!(place(type_name, at, "web-dev"), Place::Local, "{type_name} {at}");
        }
    }

    #[test]
    fn names_of_other_resources_are_not_local() {
        for (type_name, at, text) in [
            ("AWS::ECS::Service", "/ServiceName", "web-dev"),
            ("AWS::ECS::Service", "/Cluster", "web-dev"),
            ("AWS::IAM::RolePolicy", "/PolicyName", "web-dev"),
            ("AWS::ElasticLoadBalancingV2::TargetGroup", "/Targets/0/Id", "i-0123456789abcdef0"),
            ("AWS::Events::Rule", "/Targets/0/Arn", "web-dev"),
            ("AWS::Lambda::Function", "/Environment/Variables/TABLE", "web-dev"),
        ] {
            assert_eq!(place(type_name, at, text), Place::Value, "{type_name} {at}");
        }
    }

    #[test]
    fn names_in_the_data_are_not_names_of_resources() {
        assert_eq!(place("AWS::DynamoDB::Table", "/AttributeDefinitions/0/AttributeName", "dev_id"), Place::Data);
        assert_eq!(place("AWS::Cognito::UserPool", "/Schema/0/Name", "dev_id"), Place::Data);
        assert_eq!(place("AWS::DynamoDB::Table", "/TableName", "dev_id"), Place::Value);
    }

    #[test]
    fn sentences_are_prose_and_commands_are_not() {
        assert_eq!(of(None, "/X", "the dev table of orders"), Place::Prose);
        assert_eq!(of(None, "/AlarmDescription", "dev"), Place::Prose);
        assert_eq!(of(None, "/X", "aws s3 cp s3://files-dev/x ."), Place::Value);
        assert_eq!(of(None, "/X", "run --env dev"), Place::Value);
        assert_eq!(of(None, "/X", "orders-dev"), Place::Value);
    }

    #[test]
    fn local_names_are_removed_before_references_are_searched() {
        let schema = Registry::embedded().get("AWS::ECS::TaskDefinition").unwrap();
        let mut document =
            json!({"Family": "web-dev", "ContainerDefinitions": [{"Name": "web-dev", "Image": "x-dev"}]});
        remove_local(schema, &mut document);
        assert_eq!(document, json!({"Family": "web-dev", "ContainerDefinitions": [{"Name": null, "Image": "x-dev"}]}));
    }
}
