//! `AWS::LanguageExtensions`: loops are written out, and names that are functions of constants are made names.
//!
//! The nodes that a loop makes keep the places of its body.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::intrinsics::{self, Scope};
use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;
use crate::files::yaml::{Entry, MAX_EXPANDED_NODES, Node, NodeValue};

use super::parameters::Parameter;
use super::short_form::fault;
use super::{Problems, TemplateContext};

/// What the key of a loop begins with; its name follows.
pub(super) const LOOP: &str = "Fn::ForEach::";

/// Maximum size of the text that the loops of a document make, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// Sections with loops around their entries.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];

/// Writes out the loops of a document. Returns false if some cannot be written out, so that entries are missing.
pub(super) fn expand(root: &mut Node, context: &TemplateContext, problems: &mut Problems) -> bool {
    let scope = scope(root, context);
    let mut expander =
        Expander { scope: &scope, nodes_left: MAX_EXPANDED_NODES, text_left: MAX_TEXT, is_complete: true, problems };
    let NodeValue::Mapping(entries) = &mut root.value else { return true };
    for section in entries.iter_mut().filter(|entry| SECTIONS.contains(&entry.key.as_str())) {
        let NodeValue::Mapping(members) = &mut section.value.value else { continue };
        let at = pointer::join("", &section.key);
        if let Err(kept) = expander.members(members, &at) {
            *members = kept;
            expander.is_complete = false;
        }
    }
    expander.is_complete
}

/// What is known of a document before its resources are read. Values that must not be shown are not: a loop would write them into
/// names.
pub(super) fn scope(root: &Node, context: &TemplateContext) -> Scope {
    let mut problems = Problems::default();
    let mut parameters = BTreeMap::new();
    for entry in root.get("Parameters").and_then(Node::entries).unwrap_or_default() {
        let Some(parameter) = Parameter::read(entry, &mut problems) else { continue };
        let mut secrets = BTreeSet::new();
        let given = context.parameters.get(&parameter.name);
        let stored = context.stored.get(&parameter.name);
        let value = parameter.value(given, stored, true, &|_| false, &mut problems, &mut secrets);
        if let Some(value) = value.filter(|_| !parameter.no_echo) {
            parameters.insert(parameter.name, value);
        }
    }
    Scope {
        parameters,
        pseudo: context.pseudo.clone(),
        mappings: root.get("Mappings").map(Node::to_value).unwrap_or_default(),
        conditions: BTreeMap::new(),
        imports: BTreeMap::new(),
    }
}

struct Expander<'a> {
    scope: &'a Scope,
    nodes_left: usize,
    text_left: usize,
    is_complete: bool,
    problems: &'a mut Problems,
}

impl Expander<'_> {
    /// Writes out the loops among the members of a mapping, and those below them.
    ///
    /// # Errors
    /// The members without the loops that could not be written out; the problem is recorded.
    fn members(&mut self, members: &mut Vec<Entry>, at: &str) -> Result<(), Vec<Entry>> {
        let has_loops = members.iter().any(|entry| entry.key.starts_with(LOOP));
        if !has_loops {
            members.iter_mut().for_each(|entry| self.node(&mut entry.value, &pointer::join(at, &entry.key)));
            return Ok(());
        }
        let mut written: Vec<Entry> = Vec::new();
        let mut names: BTreeSet<String> =
            members.iter().filter(|entry| !entry.key.starts_with(LOOP)).map(|entry| entry.key.clone()).collect();
        let mut is_complete = true;
        for mut entry in std::mem::take(members) {
            let own_at = pointer::join(at, &entry.key);
            if !entry.key.starts_with(LOOP) {
                self.node(&mut entry.value, &own_at);
                written.push(entry);
                continue;
            }
            let Some(made) = self.repeat(&entry, &own_at) else {
                is_complete = false;
                continue;
            };
            for one in made {
                if names.insert(one.key.clone()) {
                    written.push(one);
                } else {
                    let message = format!("`{}` makes `{}` more than once", entry.key, one.key);
                    let hint = "use the loop's variable in the key";
                    self.problem::<()>(Code::InvalidLoop, message, hint, &one.key_location, &own_at);
                }
            }
        }
        match is_complete {
            true => {
                *members = written;
                Ok(())
            }
            false => Err(written),
        }
    }

    /// Writes out the loops below a node. A mapping with a loop that cannot be written out is not known.
    fn node(&mut self, node: &mut Node, at: &str) {
        match &mut node.value {
            NodeValue::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &pointer::join(at, &index.to_string()));
                }
            }
            NodeValue::Mapping(members) => {
                if let Err(kept) = self.members(members, at) {
                    let written = Node::new(NodeValue::Mapping(kept), node.location.clone());
                    node.value = fault(Code::UnknownLoop, written.value, &node.location);
                }
                fold(node);
            }
            _ => {}
        }
    }

    /// The entries that a loop makes; `None` if they are not known.
    fn repeat(&mut self, entry: &Entry, at: &str) -> Option<Vec<Entry>> {
        let parts = entry.value.items().unwrap_or_default();
        let [variable, collection, body] = parts else {
            let message = format!("`{}` takes a variable, a collection and a mapping", entry.key);
            let hint = "write `[Name, [a, b], {\"Key${Name}\": …}]`";
            return self.problem(Code::InvalidLoop, message, hint, &entry.key_location, at);
        };
        let is_name = |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some(variable) = variable.as_str().filter(is_name) else {
            let message = format!("the variable of `{}` must be a name of letters and digits", entry.key);
            return self.problem(Code::InvalidLoop, message, "write a name such as `Item`", &variable.location, at);
        };
        if self.scope.parameters.contains_key(variable) {
            let message = format!("the variable `{variable}` of `{}` is also a parameter", entry.key);
            return self.problem(Code::InvalidLoop, message, "rename one of the two", &entry.key_location, at);
        }
        let Some(members) = body.entries() else {
            let message = format!("the body of `{}` must be a mapping, not {}", entry.key, body.kind());
            let hint = "write the key and the value to repeat";
            return self.problem(Code::InvalidLoop, message, hint, &body.location, at);
        };
        let values = self.collection(entry, collection, at)?;
        let size = members.iter().map(|member| 1 + nodes(&member.value)).sum::<usize>() + 1;
        let mut made = Vec::new();
        for value in values {
            let Some(left) = self.nodes_left.checked_sub(size) else {
                let message = format!("`{}` makes more than {MAX_EXPANDED_NODES} values", entry.key);
                return self.problem(Code::InvalidLoop, message, "shorten the collection", &entry.key_location, at);
            };
            self.nodes_left = left;
            let replacement = Replacement::new(variable, &value);
            let mut copies: Vec<Entry> = members.to_vec();
            let mut length = 0;
            for copy in &mut copies {
                copy.key = replacement.in_key(&copy.key);
                length += copy.key.len();
                replacement.apply(&mut copy.value, &mut length);
            }
            let Some(left) = self.text_left.checked_sub(length) else {
                let message = format!("`{}` makes more than {} MiB of text", entry.key, MAX_TEXT >> 20);
                return self.problem(Code::InvalidLoop, message, "shorten the collection", &entry.key_location, at);
            };
            self.text_left = left;
            // A loop within this one that is not known leaves this one unknown as well.
            self.members(&mut copies, at).ok()?;
            made.extend(copies);
        }
        Some(made)
    }

    /// The values of a collection.
    fn collection(&mut self, entry: &Entry, node: &Node, at: &str) -> Option<Vec<String>> {
        let (value, found) = intrinsics::resolve(&node.to_value(), self.scope);
        let at = pointer::join(at, "1");
        if let Some(problem) = found.into_iter().next() {
            return self.problem(Code::InvalidLoop, problem.message, "see the template reference", &node.location, &at);
        }
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(value) => Some(value.to_string()),
            _ => None,
        };
        let values = value.as_array().map(|items| items.iter().map(text).collect::<Option<Vec<String>>>());
        match values {
            Some(Some(values)) => Some(values),
            None if !is_intrinsic(&value) => {
                let message = format!("the collection of `{}` must be a list, not {}", entry.key, node.kind());
                self.problem(Code::InvalidLoop, message, "write a list of strings", &node.location, &at)
            }
            _ => {
                let message = format!("the collection of `{}` is not known: what the loop makes is unknown", entry.key);
                let hint = "set the parameters that it depends on with `--param`; it cannot depend on a resource or on a \
                    NoEcho parameter";
                self.problem(Code::UnknownLoop, message, hint, &node.location, &at)
            }
        }
    }

    fn problem<T>(&mut self, code: Code, message: String, hint: &str, place: &Location, at: &str) -> Option<T> {
        let error = Diagnostic::error(code, message).hint(hint).at(Some(place.clone())).pointer(at);
        let mut error = error;
        super::name_resource(&mut error, None);
        self.problems.add(error);
        None
    }
}

/// One value of a loop's variable.
struct Replacement<'a> {
    variable: &'a str,
    value: &'a str,
    marks: [(String, String); 2],
}

impl<'a> Replacement<'a> {
    fn new(variable: &'a str, value: &'a str) -> Self {
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        let marks = [(format!("${{{variable}}}"), value.to_owned()), (format!("&{{{variable}}}"), plain)];
        Self { variable, value, marks }
    }

    fn text(&self, text: &str) -> String {
        match text.contains("{") {
            true => self.marks.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value)),
            false => text.to_owned(),
        }
    }

    fn in_key(&self, key: &str) -> String {
        self.text(key)
    }

    /// Replaces the variable in a value, and adds the length of its text.
    fn apply(&self, node: &mut Node, length: &mut usize) {
        match &mut node.value {
            NodeValue::String(text) => {
                *text = self.text(text);
                *length += text.len();
            }
            NodeValue::Sequence(items) => items.iter_mut().for_each(|item| self.apply(item, length)),
            NodeValue::Mapping(entries) => {
                if let [only] = entries.as_slice()
                    && only.key == "Ref"
                    && only.value.as_str() == Some(self.variable)
                {
                    node.value = NodeValue::String(self.value.to_owned());
                    *length += self.value.len();
                    return;
                }
                for entry in entries {
                    entry.key = self.in_key(&entry.key);
                    *length += entry.key.len();
                    self.apply(&mut entry.value, length);
                }
            }
            _ => {}
        }
    }
}

/// The number of nodes of a tree.
fn nodes(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::Sequence(items) => items.iter().map(nodes).sum(),
        NodeValue::Mapping(entries) => entries.iter().map(|entry| nodes(&entry.value)).sum(),
        _ => 0,
    }
}

/// With this transform, `Ref` and `Fn::GetAtt` take functions: a `Fn::Sub` without variables is its text.
fn fold(node: &mut Node) {
    let NodeValue::Mapping(entries) = &mut node.value else { return };
    let [only] = entries.as_mut_slice() else { return };
    let literal = |node: &mut Node| {
        let text = node.entries().filter(|entries| entries.len() == 1).and_then(|_| node.get("Fn::Sub")?.as_str());
        if let Some(text) = text.filter(|text| !text.contains("${")) {
            node.value = NodeValue::String(text.to_owned());
        }
    };
    match (only.key.as_str(), &mut only.value.value) {
        ("Ref", _) => literal(&mut only.value),
        ("Fn::GetAtt", NodeValue::Sequence(parts)) => parts.iter_mut().for_each(literal),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
