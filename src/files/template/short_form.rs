//! Expands CloudFormation's YAML short forms: `!GetAtt Role.Arn` becomes `{"Fn::GetAtt": ["Role", "Arn"]}`.

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::domain::symbol::FAULT;
use crate::files::suggestion;
use crate::files::yaml::{Entry, Node, NodeValue};

use super::Problems;

/// The short forms of CloudFormation and their functions.
const TAGS: &[(&str, &str)] = &[
    ("!And", "Fn::And"),
    ("!Base64", "Fn::Base64"),
    ("!Cidr", "Fn::Cidr"),
    ("!Condition", "Condition"),
    ("!Equals", "Fn::Equals"),
    ("!FindInMap", "Fn::FindInMap"),
    ("!GetAZs", "Fn::GetAZs"),
    ("!GetAtt", "Fn::GetAtt"),
    ("!GetStackOutput", "Fn::GetStackOutput"),
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

/// Functions of the `Rules` section, which only CloudFormation evaluates.
const RULE_TAGS: &[(&str, &str)] = &[
    ("!Contains", "Fn::Contains"),
    ("!EachMemberEquals", "Fn::EachMemberEquals"),
    ("!EachMemberIn", "Fn::EachMemberIn"),
    ("!RefAll", "Fn::RefAll"),
    ("!ValueOf", "Fn::ValueOf"),
    ("!ValueOfAll", "Fn::ValueOfAll"),
];

/// A value that is not known because of a fault; see [`crate::domain::symbol::faulty`].
pub(super) fn fault(code: Code, written: NodeValue, place: &Location) -> NodeValue {
    let node = |value: NodeValue| Node::new(value, place.clone());
    let argument = NodeValue::Sequence(vec![node(NodeValue::String(code.as_str().to_owned())), node(written)]);
    let entry = Entry { key: FAULT.to_owned(), key_location: place.clone(), value: node(argument) };
    NodeValue::Mapping(vec![entry])
}

/// Expands every short form in a tree; `at` is its pointer.
pub(super) fn expand(node: &mut Node, at: &str, problems: &mut Problems) {
    match &mut node.value {
        NodeValue::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                expand(item, &pointer::join(at, &index.to_string()), problems);
            }
        }
        NodeValue::Mapping(entries) => {
            entries.iter_mut().for_each(|entry| expand(&mut entry.value, &pointer::join(at, &entry.key), problems));
        }
        _ => {}
    }
    let Some(tag) = node.tag.take() else { return };
    let Some((_, function)) = TAGS.iter().chain(RULE_TAGS).find(|(known, _)| *known == tag) else {
        problems.add(
            Diagnostic::error(Code::UnknownTag, format!("`{tag}` is not a CloudFormation function"))
                .hint(suggestion::hint(&tag, TAGS.iter().map(|(known, _)| *known)))
                .at(Some(node.location.clone()))
                .pointer(at),
        );
        // What the function would have given is not known.
        let written = std::mem::replace(&mut node.value, NodeValue::Null);
        node.value = fault(Code::UnknownTag, written, &node.location);
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
