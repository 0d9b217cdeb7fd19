//! YAML's short tags, written out: `!GetAtt Role.Arn` becomes `{"Fn::GetAtt": ["Role", "Arn"]}`.

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::suggestion;
use crate::files::yaml::{Entry, Node, NodeValue};

use super::Problems;

/// The short tags of CloudFormation and the function each stands for.
const TAGS: &[(&str, &str)] = &[
    ("!And", "Fn::And"),
    ("!Base64", "Fn::Base64"),
    ("!Cidr", "Fn::Cidr"),
    ("!Condition", "Condition"),
    ("!Equals", "Fn::Equals"),
    ("!FindInMap", "Fn::FindInMap"),
    ("!GetAZs", "Fn::GetAZs"),
    ("!GetAtt", "Fn::GetAtt"),
    ("!If", "Fn::If"),
    ("!ImportValue", "Fn::ImportValue"),
    ("!Join", "Fn::Join"),
    ("!Length", "Fn::Length"),
    ("!Not", "Fn::Not"),
    ("!Or", "Fn::Or"),
    ("!Ref", "Ref"),
    ("!Select", "Fn::Select"),
    ("!Split", "Fn::Split"),
    ("!Sub", "Fn::Sub"),
    ("!ToJsonString", "Fn::ToJsonString"),
    ("!Transform", "Fn::Transform"),
];

/// Functions of the `Rules` section, which says something to a stack and nothing here.
const RULE_TAGS: &[(&str, &str)] = &[
    ("!Contains", "Fn::Contains"),
    ("!EachMemberEquals", "Fn::EachMemberEquals"),
    ("!EachMemberIn", "Fn::EachMemberIn"),
    ("!RefAll", "Fn::RefAll"),
    ("!ValueOf", "Fn::ValueOf"),
    ("!ValueOfAll", "Fn::ValueOfAll"),
];

/// Replaces every short tag below and at a node.
pub(super) fn expand(node: &mut Node, problems: &mut Problems) {
    match &mut node.value {
        NodeValue::Sequence(items) => items.iter_mut().for_each(|item| expand(item, problems)),
        NodeValue::Mapping(entries) => entries.iter_mut().for_each(|entry| expand(&mut entry.value, problems)),
        _ => {}
    }
    let Some(tag) = node.tag.take() else { return };
    let Some((_, function)) = TAGS.iter().chain(RULE_TAGS).find(|(known, _)| *known == tag) else {
        problems.add(
            Diagnostic::error(Code::UnknownTag, format!("`{tag}` is not a CloudFormation function"))
                .hint(suggestion::hint(&tag, TAGS.iter().map(|(known, _)| *known)))
                .at(Some(node.location.clone())),
        );
        return;
    };
    let mut argument = Node::new(std::mem::replace(&mut node.value, NodeValue::Null), node.location.clone());
    if *function == "Fn::GetAtt"
        && let Some((resource, attribute)) = argument.as_str().and_then(|path| path.split_once('.'))
    {
        let part = |text: &str| Node::new(NodeValue::String(text.to_owned()), argument.location.clone());
        argument.value = NodeValue::Sequence(vec![part(resource), part(attribute)]);
    }
    node.value = NodeValue::Mapping(vec![Entry {
        key: (*function).to_owned(),
        key_location: node.location.clone(),
        value: argument,
    }]);
}
