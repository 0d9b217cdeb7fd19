//! Compares what a template declares with the live resource, and with the record of what stagegate last wrote: which
//! properties the template changes, which of them were changed in the account, and what the resource should be.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::desired::Ownership;
use crate::compare::applied::{AppliedDigest, Known};
use crate::compare::diff::{diff, diff_declared};
use crate::compare::normalize::{self, normalize};
use crate::domain::plan::is_secret_name;
use crate::domain::portable::portable;
use crate::domain::resource::{Change, LiveResource};
use crate::domain::{pointer, tags};
use crate::schema::TypeSchema;

/// The difference between a template's resource and the live one.
#[derive(Debug, Default, PartialEq)]
pub struct Comparison {
    /// The changes that the template makes, from the live to the declared value.
    pub changes: Vec<Change>,
    /// JSON pointers of changes that undo a change made in the account.
    pub overwrites: Vec<String>,
    /// JSON pointers of changes made in the account that are left as they are (`--keep-live`).
    pub kept: Vec<String>,
    /// The properties as they should be afterwards.
    pub expected: Value,
    /// The `AppliedDigest` does not match the template, although nothing has to be changed.
    pub is_record_stale: bool,
}

/// Compares a resource of a template with the live resource.
pub fn compare(
    schema: &TypeSchema,
    declared: &Value,
    live: &LiveResource,
    ownership: Ownership,
    keep_live: bool,
) -> Comparison {
    let declared = tags::without_tracking(schema, declared);
    let portable = portable(schema, &live.properties);
    let record = live.tags.get(tags::APPLIED_DIGEST).and_then(|text| AppliedDigest::parse(text));
    let comparer = Comparer { schema, declared: &declared, portable: &portable, live, record, ownership, keep_live };
    comparer.run()
}

struct Comparer<'a> {
    schema: &'a TypeSchema,
    declared: &'a Value,
    /// The live properties that can be declared.
    portable: &'a Value,
    live: &'a LiveResource,
    record: Option<AppliedDigest>,
    ownership: Ownership,
    keep_live: bool,
}

impl Comparer<'_> {
    fn run(&self) -> Comparison {
        let mut result = Comparison { expected: self.portable.clone(), ..Comparison::default() };
        let empty = Map::new();
        for (name, value) in self.declared.as_object().unwrap_or(&empty) {
            if !self.schema.is_read_only(&pointer::join("", name)) {
                self.property(name, value, &mut result);
            }
        }
        self.dropped(&mut result);
        if !result.changes.is_empty() {
            self.resend_write_only(&mut result.expected);
        }
        result.changes.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        result
    }

    fn property(&self, name: &str, value: &Value, result: &mut Comparison) {
        let known = self.known(name);
        let mut changes = self.differences(name, known);
        let declared_changed = known.is_some_and(|known| known.declared_changed);
        if changes.is_empty() && self.has_write_only(name) && self.write_only_changed(name, known) {
            // The value is not shown; a reader sees that it is set again.
            changes.push(Change { pointer: pointer::join("", name), before: None, after: Some(value.clone()) });
        }
        if changes.is_empty() {
            result.is_record_stale |= declared_changed;
            return;
        }
        let changed_in_account = match known {
            Some(known) if !known.declared_changed && !known.live_changed => {
                // AWS stores another form of the declared value.
                return;
            }
            Some(known) => known.live_changed,
            // The template did not set the property before.
            None if self.record.is_some() => false,
            None => self.ownership.is_change_unexpected(self.schema),
        };
        let places: Vec<String> = changes.iter().map(|change| change.pointer.clone()).collect();
        if changed_in_account && self.keep_live {
            result.kept.extend(places);
            return;
        }
        if changed_in_account {
            result.overwrites.extend(places);
        }
        let wanted = match self.portable.get(name) {
            Some(live) if !declared_changed => with_declared(live, value),
            _ => value.clone(),
        };
        self.set(name, wanted, &mut result.expected);
        result.changes.extend(changes);
    }

    /// Properties that an earlier version of the template set and this one does not.
    fn dropped(&self, result: &mut Comparison) {
        let Some(record) = &self.record else { return };
        let empty = Map::new();
        let declared = self.declared.as_object().unwrap_or(&empty);
        for (name, value) in self.portable.as_object().unwrap_or(&empty) {
            let place = pointer::join("", name);
            let is_fixed = self.schema.is_create_only(&place)
                || self.schema.required.contains(name)
                || self.schema.tagging.property.as_ref() == Some(name);
            if is_fixed || declared.contains_key(name) || !record.has(name) {
                continue;
            }
            if self.known(name).is_some_and(|known| known.live_changed) {
                if self.keep_live {
                    result.kept.push(place);
                    continue;
                }
                result.overwrites.push(place.clone());
            }
            if let Value::Object(map) = &mut result.expected {
                map.shift_remove(name);
            }
            result.changes.push(Change { pointer: place, before: Some(value.clone()), after: None });
        }
    }

    fn known(&self, name: &str) -> Option<Known> {
        self.record.as_ref()?.property(self.schema, name, self.declared, self.portable)
    }

    /// The differences of one property. If the template changed it, it is compared as a whole; otherwise the service may
    /// have added defaults inside it.
    fn differences(&self, name: &str, known: Option<Known>) -> Vec<Change> {
        let only = |properties: &Value| {
            let part: Map<String, Value> =
                properties.get(name).map(|value| (name.to_owned(), value.clone())).into_iter().collect();
            normalize(self.schema, &Value::Object(part), &normalize::Options::default())
        };
        let (declared, live) = (only(self.declared), only(self.portable));
        let is_tags = self.schema.tagging.property.as_deref() == Some(name);
        let changes = match known {
            Some(known) if known.declared_changed && !is_tags && !self.has_write_only(name) => diff(&declared, &live),
            _ => diff_declared(&declared, &live),
        };
        changes
            .into_iter()
            .map(|change| Change { pointer: change.pointer, before: change.after, after: change.before })
            .collect()
    }

    fn has_write_only(&self, name: &str) -> bool {
        self.schema.write_only.iter().any(|path| path.head() == Some(name))
    }

    /// A write-only value is not returned by AWS: only the record tells whether the template changed it.
    fn write_only_changed(&self, name: &str, known: Option<Known>) -> bool {
        match known {
            Some(known) => known.declared_changed,
            None => self.record.is_some() && !is_secret_name(name),
        }
    }

    /// Write-only values of the template belong to every update: the handler does not know their current values.
    fn resend_write_only(&self, expected: &mut Value) {
        let heads: BTreeSet<&str> = self.schema.write_only.iter().filter_map(|path| path.head()).collect();
        for name in heads {
            let Some(value) = self.declared.get(name) else { continue };
            let place = pointer::join("", name);
            if self.schema.is_create_only(&place) {
                continue;
            }
            let wanted = match expected.get(name) {
                Some(present) => with_declared(present, value),
                None => value.clone(),
            };
            if let Value::Object(map) = expected {
                map.insert(name.to_owned(), wanted);
            }
        }
    }

    fn set(&self, name: &str, wanted: Value, expected: &mut Value) {
        let is_tags = self.schema.tagging.property.as_deref() == Some(name);
        // Tags of others are kept.
        let wanted = match tags::merged(self.schema, &self.live.properties, &tags::read(self.schema, self.declared)) {
            Some((_, merged)) if is_tags => merged,
            _ => wanted,
        };
        if let Value::Object(map) = expected {
            map.insert(name.to_owned(), wanted);
        }
    }
}

/// The live value with everything that is declared: objects are merged, anything else is replaced.
fn with_declared(live: &Value, declared: &Value) -> Value {
    match (live, declared) {
        (Value::Object(live), Value::Object(declared))
            if !crate::domain::symbol::is_intrinsic(&Value::Object(declared.clone())) =>
        {
            let mut merged = live.clone();
            for (name, value) in declared {
                let wanted = match merged.get(name) {
                    Some(present) => with_declared(present, value),
                    None => value.clone(),
                };
                merged.insert(name.clone(), wanted);
            }
            Value::Object(merged)
        }
        _ => declared.clone(),
    }
}
