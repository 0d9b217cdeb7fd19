//! Compares what a template declares with the live resource, and with the record of what stagegate last wrote: which
//! properties the template changes, which of them were changed in the account, and what the resource should be.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::desired::Ownership;
use crate::compare::applied::{AppliedDigest, Known};
use crate::compare::diff::{diff, diff_declared};
use crate::compare::normalize::{self, normalize};
use crate::domain::dynamic::has_dynamic;
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
        self.keep_tags(&mut result);
        result.changes.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        result
    }

    fn property(&self, name: &str, value: &Value, result: &mut Comparison) {
        let known = self.known(name);
        let mut changes = self.differences(name, known);
        let declared_changed = known.is_some_and(|known| known.declared_changed);
        if !declared_changed {
            // The value behind a dynamic reference is not known here: as in CloudFormation, only another reference is a change.
            changes.retain(|change| !change.after.as_ref().is_some_and(has_dynamic));
        }
        // What can be read is as declared: nothing that anybody can see is undone.
        let is_hidden = changes.is_empty();
        if is_hidden && self.sets_write_only(name) && self.write_only_changed(name, known) {
            // The value is not shown; a reader sees that it is set again.
            changes.push(Change { pointer: pointer::join("", name), before: None, after: Some(value.clone()) });
        }
        if changes.is_empty() {
            result.is_record_stale |= declared_changed;
            return;
        }
        let changed_in_account = match known {
            _ if is_hidden => false,
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
            Some(live) if !declared_changed => with_declared(live, &without_dynamic(value)),
            _ => value.clone(),
        };
        if let Value::Object(map) = &mut result.expected {
            map.insert(name.to_owned(), wanted);
        }
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

    /// True if the template sets a write-only value within a property.
    fn sets_write_only(&self, name: &str) -> bool {
        let paths = self.schema.write_only.iter().filter(|path| path.head() == Some(name));
        paths.into_iter().any(|path| !path.select(self.declared).is_empty())
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

    /// The tags of others, and those that stagegate tracks the resource with, stay.
    fn keep_tags(&self, result: &mut Comparison) {
        let Some(property) = &self.schema.tagging.property else { return };
        let place = pointer::join("", property);
        let are_set = result.changes.iter().any(|change| pointer::is_within(&change.pointer, &place));
        let declared = if are_set { tags::read(self.schema, self.declared) } else { tags::Tags::new() };
        let Some((_, merged)) = tags::merged(self.schema, &self.live.properties, &declared) else { return };
        if let Value::Object(map) = &mut result.expected
            && !(pointer::is_empty(&merged) && self.live.properties.get(property).is_none())
        {
            map.insert(property.clone(), merged);
        }
    }
}

/// A declared value without the members that are dynamic references: those that are live stay.
fn without_dynamic(declared: &Value) -> Value {
    let Value::Object(map) = declared else { return declared.clone() };
    let kept = map.iter().filter(|(_, child)| !(child.is_string() && has_dynamic(child)));
    Value::Object(kept.map(|(name, child)| (name.clone(), without_dynamic(child))).collect())
}

/// The live value with everything that is declared: objects are merged, anything else is replaced.
pub fn with_declared(live: &Value, declared: &Value) -> Value {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compare::patch::patch;
    use crate::domain::resource::ResourceRef;
    use crate::domain::tags::Tags;
    use crate::schema::Registry;

    fn queue() -> &'static TypeSchema {
        Registry::embedded().get("AWS::SQS::Queue").unwrap()
    }

    #[test]
    fn only_another_dynamic_reference_is_a_change() {
        let written = json!({"QueueName": "{{resolve:ssm:/name}}", "VisibilityTimeout": 30});
        let read = json!({"QueueName": "jobs", "VisibilityTimeout": 30});
        let record = AppliedDigest::of(queue(), &written, Some(&read)).to_tag_value();
        let tags = Tags::from([(tags::APPLIED_DIGEST.to_owned(), record)]);
        let resource = ResourceRef::new("AWS::SQS::Queue", "jobs");
        let live = LiveResource { resource, properties: read, tags, arn: None };
        let of = |declared: Value| compare(queue(), &declared, &live, Ownership::Tags, false);
        assert!(of(written.clone()).changes.is_empty());
        let other = json!({"QueueName": "{{resolve:ssm:/other}}", "VisibilityTimeout": 30});
        let changed = of(other).changes;
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert_eq!(changed[0].after, Some(json!("{{resolve:ssm:/other}}")));
        // Another property changes: the value that the reference had stays.
        let slower = of(json!({"QueueName": "{{resolve:ssm:/name}}", "VisibilityTimeout": 60}));
        assert_eq!(slower.expected["QueueName"], "jobs");
        assert_eq!(slower.changes.len(), 1);
    }

    #[test]
    fn members_of_an_object_that_are_dynamic_references_stay_as_they_are() {
        let declared = json!({"A": "{{resolve:ssm:/a}}", "B": 2, "C": {"D": "{{resolve:ssm:/d}}", "E": [1]}});
        assert_eq!(without_dynamic(&declared), json!({"B": 2, "C": {"E": [1]}}));
    }

    /// A queue that stagegate created as `written`, with other live properties now.
    fn live(written: &Value, properties: Value) -> LiveResource {
        let record = AppliedDigest::of(queue(), written, Some(written)).to_tag_value();
        let tags: Tags = [
            (tags::MANAGED_BY, tags::MANAGER),
            (tags::STACK_RESOURCE, "orders/Jobs"),
            (tags::APPLIED_DIGEST, record.as_str()),
            ("Team", "theirs"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let mut properties = properties;
        tags::write(queue(), &mut properties, &tags);
        LiveResource { resource: ResourceRef::new("AWS::SQS::Queue", "q"), properties, tags, arn: None }
    }

    fn changes(result: &Comparison) -> Vec<(&str, Option<&Value>, Option<&Value>)> {
        let each = result.changes.iter();
        each.map(|change| (change.pointer.as_str(), change.before.as_ref(), change.after.as_ref())).collect()
    }

    fn compared(written: &Value, now: Value, declared: &Value, keep_live: bool) -> Comparison {
        compare(queue(), declared, &live(written, now), Ownership::Tags, keep_live)
    }

    #[test]
    fn an_unchanged_template_changes_nothing_even_if_aws_adds_defaults() {
        let written = json!({"QueueName": "jobs", "VisibilityTimeout": 30});
        let now = json!({"QueueName": "jobs", "VisibilityTimeout": 30, "DelaySeconds": 0, "Arn": "arn:x"});
        let result = compared(&written, now, &written, false);
        assert!(result.changes.is_empty() && !result.is_record_stale, "{result:?}");
    }

    #[test]
    fn an_edit_of_the_template_is_an_update_that_keeps_all_tags() {
        let written = json!({"QueueName": "jobs", "VisibilityTimeout": 30, "DelaySeconds": 5});
        let edited = json!({"QueueName": "jobs", "VisibilityTimeout": 60});
        let result = compared(&written, written.clone(), &edited, false);
        assert_eq!(
            changes(&result),
            [("/DelaySeconds", Some(&json!(5)), None), ("/VisibilityTimeout", Some(&json!(30)), Some(&json!(60)))]
        );
        assert!(result.overwrites.is_empty());
        let before = live(&written, written.clone());
        assert_eq!(
            patch(queue(), &before.properties, &result.expected),
            json!([
                {"op": "remove", "path": "/DelaySeconds"},
                {"op": "replace", "path": "/VisibilityTimeout", "value": 60},
            ])
        );
    }

    #[test]
    fn a_change_in_the_account_is_overwritten_only_with_approval_and_can_be_kept() {
        let written = json!({"QueueName": "jobs", "VisibilityTimeout": 30});
        let by_hand = json!({"QueueName": "jobs", "VisibilityTimeout": 90});
        let result = compared(&written, by_hand.clone(), &written, false);
        assert_eq!(changes(&result), [("/VisibilityTimeout", Some(&json!(90)), Some(&json!(30)))]);
        assert_eq!(result.overwrites, ["/VisibilityTimeout"]);
        let result = compared(&written, by_hand.clone(), &written, true);
        assert!(result.changes.is_empty());
        assert_eq!(result.kept, ["/VisibilityTimeout"]);
        // A property that the template does not set is nobody's business.
        let beside = json!({"QueueName": "jobs", "VisibilityTimeout": 30, "DelaySeconds": 9});
        assert!(compared(&written, beside, &written, false).changes.is_empty());
        // The template was edited to what is live: nothing to do but to record it.
        let result = compared(&written, by_hand.clone(), &by_hand, false);
        assert!(result.changes.is_empty() && result.is_record_stale, "{result:?}");
    }

    #[test]
    fn without_a_record_a_difference_is_taken_for_a_change_in_the_account() {
        let declared = json!({"QueueName": "jobs", "VisibilityTimeout": 30});
        let mut old = live(&declared, json!({"QueueName": "jobs", "VisibilityTimeout": 90}));
        old.tags.remove(tags::APPLIED_DIGEST);
        let of = |ownership| compare(queue(), &declared, &old, ownership, false).overwrites;
        assert_eq!(of(Ownership::Tags), ["/VisibilityTimeout"]);
        assert_eq!(of(Ownership::Unproven), ["/VisibilityTimeout"]);
        assert!(of(Ownership::Parent).is_empty());
    }

    #[test]
    fn new_code_is_an_update_and_unchanged_code_is_sent_again_only_with_one() {
        let schema = Registry::embedded().get("AWS::Lambda::Function").unwrap();
        let function =
            |code: &str, memory: u64| json!({"FunctionName": "f", "Code": {"ZipFile": code}, "MemorySize": memory});
        let stored = json!({"FunctionName": "f", "MemorySize": 128});
        let record = AppliedDigest::of(schema, &function("a", 128), Some(&stored)).to_tag_value();
        let mut live = live(&json!({}), stored);
        live.tags.insert(tags::APPLIED_DIGEST.to_owned(), record);
        let of = |declared: &Value| compare(schema, declared, &live, Ownership::Tags, false);
        assert!(of(&function("a", 128)).changes.is_empty());
        assert_eq!(of(&function("b", 128)).changes[0].pointer, "/Code");
        let more = of(&function("a", 256));
        assert_eq!(more.changes.len(), 1, "{more:?}");
        assert_eq!(more.expected["Code"], json!({"ZipFile": "a"}));
    }

    #[test]
    fn a_property_with_write_only_members_that_are_not_set_is_compared_as_any_other() {
        let schema = Registry::embedded().get("AWS::EC2::SecurityGroup").unwrap();
        let group = |source: &str| json!({"GroupDescription": "x", "SecurityGroupIngress": [{"IpProtocol": "tcp", "SourceSecurityGroupId": source}]});
        let named = |source: &str| json!({"GroupDescription": "x", "SecurityGroupIngress": [{"IpProtocol": "tcp", "SourceSecurityGroupId": source, "SourceSecurityGroupName": "app"}]});
        let mut live = live(&json!({}), group("sg-2"));
        let record = |written: &Value| AppliedDigest::of(schema, written, Some(&group("sg-1"))).to_tag_value();
        live.tags.insert(tags::APPLIED_DIGEST.to_owned(), record(&group("sg-1")));
        // An update that was interrupted before it was recorded.
        let done = compare(schema, &group("sg-2"), &live, Ownership::Tags, false);
        assert!(done.changes.is_empty() && done.is_record_stale, "{done:?}");
        live.tags.insert(tags::APPLIED_DIGEST.to_owned(), record(&named("sg-1")));
        let again = compare(schema, &named("sg-2"), &live, Ownership::Tags, false);
        assert_eq!((again.changes.len(), again.overwrites.len()), (1, 0), "{again:?}");
    }

    #[test]
    fn removed_members_of_a_changed_property_are_removed() {
        let schema = Registry::embedded().get("AWS::Lambda::Function").unwrap();
        let with = |variables: Value| json!({"FunctionName": "f", "Environment": {"Variables": variables}});
        let written = with(json!({"A": "1", "B": "2"}));
        let record = AppliedDigest::of(schema, &written, Some(&written)).to_tag_value();
        let mut live = live(&json!({}), written);
        live.tags.insert(tags::APPLIED_DIGEST.to_owned(), record);
        let result = compare(schema, &with(json!({"A": "1"})), &live, Ownership::Tags, false);
        assert_eq!(changes(&result), [("/Environment/Variables/B", Some(&json!("2")), None)]);
        assert_eq!(result.expected["Environment"], json!({"Variables": {"A": "1"}}));
    }
}
