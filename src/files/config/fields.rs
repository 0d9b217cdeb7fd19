//! Typed access to a mapping of the configuration: what is wrong is recorded, never skipped.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::files::suggestion;
use crate::files::yaml::{Entry, Node, NodeValue};

/// What has been found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub list: Vec<Diagnostic>,
}

impl Problems {
    pub(super) fn add(&mut self, code: Code, message: String, hint: impl Into<String>, place: &Location) {
        self.list.push(Diagnostic::error(code, message).hint(hint).at(Some(place.clone())));
    }
}

/// A mapping, with its place in the configuration (`environments.dev`) for messages.
pub(super) struct Fields<'n> {
    path: String,
    entries: &'n [Entry],
    pub place: Location,
}

impl<'n> Fields<'n> {
    /// The fields of a mapping with free keys. `None`, and a problem, when it is none.
    pub(super) fn open(node: &'n Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            NodeValue::Mapping(entries) => Some(Self { path: path.to_owned(), entries, place: node.location.clone() }),
            NodeValue::Null => Some(Self { path: path.to_owned(), entries: &[], place: node.location.clone() }),
            _ => {
                wrong_type(path, "a mapping", node, "write one `key: value` per line below it", problems);
                None
            }
        }
    }

    /// The fields of a mapping with known keys; any other key is a problem.
    pub(super) fn known(node: &'n Node, path: &str, keys: &[&str], problems: &mut Problems) -> Option<Self> {
        let fields = Self::open(node, path, problems)?;
        for entry in fields.entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            problems.add(
                Code::UnknownKey,
                format!("there is no key `{}`", fields.name(&entry.key)),
                suggestion::hint(&entry.key, keys.iter().copied()),
                &entry.key_location,
            );
        }
        Some(fields)
    }

    /// The full name of a key: `environments.dev.account`.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// All entries in the order written.
    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    /// A key's entry. A key without a value counts as absent.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key && !entry.value.is_null())
    }

    /// The place of a key's value, else of the mapping.
    pub(super) fn place_of(&self, key: &str) -> &Location {
        self.entry(key).map_or(&self.place, |entry| &entry.value.location)
    }

    /// A key that must be there.
    pub(super) fn required(&self, key: &str, example: &str, problems: &mut Problems) -> Option<&'n Entry> {
        let entry = self.entry(key);
        if entry.is_none() {
            let hint = format!("add `{example}`");
            problems.add(Code::MissingKey, format!("`{}` is missing", self.name(key)), hint, &self.place);
        }
        entry
    }

    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<String> {
        text(&self.entry(key)?.value, &self.name(key), problems)
    }

    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let node = &self.entry(key)?.value;
        match node.value {
            NodeValue::Bool(value) => Some(value),
            _ => {
                wrong_type(&self.name(key), "true or false", node, "write `true` or `false` without quotes", problems);
                None
            }
        }
    }

    pub(super) fn money(&self, key: &str, problems: &mut Problems) -> Option<Decimal> {
        money(&self.entry(key)?.value, &self.name(key), problems)
    }

    /// The items of a list; a single scalar counts as a list of one.
    pub(super) fn items(&self, key: &str, problems: &mut Problems) -> Option<&'n [Node]> {
        let node = &self.entry(key)?.value;
        match &node.value {
            NodeValue::Sequence(items) => Some(items),
            NodeValue::Mapping(_) => {
                wrong_type(&self.name(key), "a list", node, "write `[one, two]`", problems);
                None
            }
            _ => Some(std::slice::from_ref(node)),
        }
    }

    pub(super) fn texts(&self, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let items = self.items(key, problems)?;
        Some(items.iter().filter_map(|item| text(item, &self.name(key), problems)).collect())
    }

    /// A mapping from text to any scalar's text.
    pub(super) fn text_map(&self, key: &str, problems: &mut Problems) -> BTreeMap<String, String> {
        let name = self.name(key);
        let Some(fields) = self.entry(key).and_then(|entry| Fields::open(&entry.value, &name, problems)) else {
            return BTreeMap::new();
        };
        let mut map = BTreeMap::new();
        for entry in fields.entries {
            match entry.value.scalar_text() {
                Some(text) => {
                    map.insert(entry.key.clone(), text);
                }
                None => wrong_type(&fields.name(&entry.key), "text", &entry.value, "write one value", problems),
            }
        }
        map
    }

    /// One of a few names.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        choice(&self.entry(key)?.value, &self.name(key), choices, problems)
    }
}

/// A text. Other scalars are refused with a way on: `yes` is text in YAML 1.2, `20` is not.
pub(super) fn text(node: &Node, name: &str, problems: &mut Problems) -> Option<String> {
    match &node.value {
        NodeValue::String(text) if text.trim().is_empty() => {
            problems.add(
                Code::EmptyValue,
                format!("`{name}` is empty"),
                "give it a value, or leave the key out",
                &node.location,
            );
            None
        }
        NodeValue::String(text) => Some(text.clone()),
        _ => {
            wrong_type(name, "text", node, "put the value in quotes", problems);
            None
        }
    }
}

/// An amount of US dollars, zero or more. Read from the text, so that `10.00` stays exact.
pub(super) fn money(node: &Node, name: &str, problems: &mut Problems) -> Option<Decimal> {
    let amount = match &node.value {
        NodeValue::Number(_) | NodeValue::String(_) => node.scalar_text().and_then(|text| text.parse::<Decimal>().ok()),
        _ => None,
    };
    match amount {
        Some(amount) if amount.is_sign_negative() && !amount.is_zero() => {
            problems.add(
                Code::WrongValue,
                format!("`{name}` is negative"),
                "give an amount of zero or more",
                &node.location,
            );
            None
        }
        Some(amount) => Some(amount),
        None => {
            wrong_type(name, "an amount", node, "write a plain number such as `10.00`, in US dollars", problems);
            None
        }
    }
}

/// One of a few names.
pub(super) fn choice<T: Copy>(node: &Node, name: &str, choices: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let text = text(node, name, problems)?;
    let found = choices.iter().find(|(choice, _)| *choice == text).map(|(_, value)| *value);
    if found.is_none() {
        let hint = suggestion::hint(&text, choices.iter().map(|(choice, _)| *choice));
        problems.add(Code::WrongValue, format!("`{text}` is not a value for `{name}`"), hint, &node.location);
    }
    found
}

pub(super) fn wrong_type(name: &str, expected: &str, node: &Node, hint: &str, problems: &mut Problems) {
    let message = format!("`{name}` must be {expected}, not {}", node.kind());
    problems.add(Code::WrongType, message, hint, &node.location);
}
