//! What the services refuse although the schema of the type allows it, as far as it is known without AWS.
//!
//! The schemas of CloudFormation describe each property by itself. These rules are about properties that depend on each other, about
//! texts that a service parses, and about resources of one template that exclude each other. A value that is not known is never a
//! fault.

mod compute;
mod database;
mod delivery;
mod identity;
mod messaging;
mod network;
mod policy_document;
mod related;
mod storage;

use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::dynamic;
use crate::domain::pointer;
use crate::domain::resource::DesiredResource;
use crate::domain::symbol::is_intrinsic;

pub(super) use related::among;

/// The rules of a type.
type Rules = fn(&mut Facts<'_>);

/// The rules of a service's types.
fn rules_of(type_name: &str) -> Option<Rules> {
    [
        compute::rules,
        database::rules,
        delivery::rules,
        identity::rules,
        messaging::rules,
        network::rules,
        storage::rules,
    ]
    .into_iter()
    .find_map(|rules| rules(type_name))
}

/// Returns what the service would refuse of one resource.
pub(super) fn of(resource: &DesiredResource) -> Vec<Diagnostic> {
    let Some(rules) = rules_of(&resource.type_name) else { return Vec::new() };
    let mut facts = Facts { properties: &resource.properties, faults: Vec::new() };
    rules(&mut facts);
    facts.faults.into_iter().map(|fault| fault.diagnostic(resource)).collect()
}

/// A fault of a resource.
struct Fault {
    code: Code,
    pointer: String,
    message: String,
    hint: &'static str,
}

impl Fault {
    fn diagnostic(self, resource: &DesiredResource) -> Diagnostic {
        Diagnostic::error(self.code, format!("{} {}", resource.logical_id, self.message))
            .at(resource.source.locate(&self.pointer))
            .pointer(self.pointer)
            .resource(&resource.logical_id)
            .hint(self.hint)
    }
}

/// What is known of the properties of a resource, and what is wrong with them.
struct Facts<'a> {
    properties: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Facts<'a> {
    /// The value at a pointer, if it is known.
    fn get(&self, at: &str) -> Option<&'a Value> {
        self.properties.pointer(at).filter(|value| !is_intrinsic(value) && !value.is_null())
    }

    /// The text at a pointer, if it is known.
    fn text(&self, at: &str) -> Option<&'a str> {
        self.get(at)?.as_str().filter(|text| !dynamic::is_dynamic(text))
    }

    /// The number at a pointer, if it is known.
    fn number(&self, at: &str) -> Option<f64> {
        let value = self.get(at)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// True if the value at a pointer is this text.
    fn is(&self, at: &str, text: &str) -> bool {
        self.text(at) == Some(text)
    }

    /// True if the value at a pointer is `true`.
    fn is_true(&self, at: &str) -> bool {
        self.get(at) == Some(&Value::Bool(true))
    }

    /// True if there is certainly no value at a pointer.
    fn lacks(&self, at: &str) -> bool {
        let mut value = self.properties;
        for token in pointer::tokens(at) {
            let next = match value {
                _ if is_intrinsic(value) => return false,
                Value::Object(object) => object.get(&token),
                Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => return value.is_null(),
            };
            match next {
                Some(next) => value = next,
                None => return true,
            }
        }
        value.is_null()
    }

    /// True if there is a value at a pointer, known or not.
    fn has(&self, at: &str) -> bool {
        self.properties.pointer(at).is_some_and(|value| !value.is_null())
    }

    /// The known elements of the list at a pointer, with their pointers.
    fn elements(&self, at: &str) -> Vec<(String, &'a Value)> {
        let list = self.get(at).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let place = |(index, value)| (pointer::join(at, &format!("{index}")), value);
        list.iter().enumerate().map(place).filter(|(_, value)| !is_intrinsic(value)).collect()
    }

    /// The length of the list at a pointer, if it is one in the template.
    fn count(&self, at: &str) -> Option<usize> {
        self.get(at)?.as_array().map(Vec::len)
    }

    /// The members of the object at a pointer, if it is known.
    fn members(&self, at: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.get(at).and_then(Value::as_object).into_iter().flatten()
    }

    /// Adds a fault.
    fn refuse(&mut self, code: Code, at: &str, message: impl Into<String>, hint: &'static str) {
        self.faults.push(Fault { code, pointer: at.to_owned(), message: message.into(), hint });
    }

    /// Adds a fault of properties that depend on each other.
    fn contradiction(&mut self, at: &str, message: impl Into<String>, hint: &'static str) {
        self.refuse(Code::InconsistentProperties, at, message, hint);
    }

    /// Adds a fault of a text that the service parses.
    fn malformed(&mut self, at: &str, message: impl Into<String>, hint: &'static str) {
        self.refuse(Code::MalformedValue, at, message, hint);
    }

    /// Requires a property, because of the value of another one.
    fn need(&mut self, at: &str, why: &str, hint: &'static str) {
        if self.lacks(at) {
            self.contradiction(at, format!("needs {}: {why}", name_of(at)), hint);
        }
    }

    /// Refuses a property, because of the value of another one.
    fn exclude(&mut self, at: &str, why: &str, hint: &'static str) {
        if self.has(at) {
            self.contradiction(at, format!("must not have {}: {why}", name_of(at)), hint);
        }
    }

    /// Requires one of several properties.
    fn need_one(&mut self, places: &[&str], hint: &'static str) {
        if places.iter().all(|at| self.lacks(at)) {
            let names: Vec<String> = places.iter().map(|at| name_of(at)).collect();
            let parent = places.first().and_then(|at| at.rfind('/').and_then(|cut| at.get(..cut))).unwrap_or_default();
            self.contradiction(parent, format!("needs one of {}", names.join(", ")), hint);
        }
    }

    /// Refuses several of some properties.
    fn only_one(&mut self, places: &[&str], hint: &'static str) {
        let set: Vec<&&str> = places.iter().filter(|at| self.has(at) && self.get(at).is_some()).collect();
        if let [first, second, ..] = set.as_slice() {
            self.contradiction(second, format!("has both {} and {}", name_of(first), name_of(second)), hint);
        }
    }

    /// Refuses equal texts of a member of a list's elements.
    fn unique(&mut self, list: &str, member: &str, hint: &'static str) {
        let mut seen = std::collections::BTreeSet::new();
        for (at, _) in self.elements(list) {
            let at = pointer::join(&at, member);
            if let Some(text) = self.text(&at)
                && !seen.insert(text)
            {
                self.contradiction(
                    &at,
                    format!("has two elements of {} with the {member} `{text}`", name_of(list)),
                    hint,
                );
            }
        }
    }
}

/// The path to a property, as templates write it.
fn name_of(at: &str) -> String {
    pointer::tokens(at).join(".")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
