//! Differences between two configurations.

use serde_json::Value;

use super::element_name::element_name;
use super::scalar::{loose, structure_of};
use crate::domain::digest;
use crate::domain::pointer;
use crate::domain::resource::Change;
use crate::schema::Arn;

/// The differences between two normal forms, sorted by pointer. JSON in strings is compared as a
/// structure: a pointer may lead into it. Elements of a list are matched by
/// their naming member (`Key`, `Id`, `Name`, …), else by alignment; an added or removed element is one
/// change. A list whose named elements are in a different order is one change as a whole: a list
/// whose order is insignificant is sorted in its normal form.
///
/// The pointer of a removed element refers to `before`, any other to `after`.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    sorted(before, after, Scope::Everything)
}

/// As [`diff`], but only for what `declared` contains: a template leaves to the service whatever it
/// does not specify. In lists of settings (elements named by `Key` or `Name`, such as tags and load
/// balancer attributes) that applies to elements as well; in any other list an extra element is
/// a difference.
pub fn diff_declared(declared: &Value, live: &Value) -> Vec<Change> {
    sorted(declared, live, Scope::Declared)
}

/// Whether values that only the second document has are differences.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Everything,
    Declared,
}

fn sorted(before: &Value, after: &Value, scope: Scope) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(before, after, "", scope, &mut changes);
    changes.sort_by_cached_key(|change| natural(&change.pointer));
    changes.dedup_by(|later, earlier| absorb(earlier, later));
    changes
}

/// Merges a removal and an addition at one pointer into one change.
fn absorb(earlier: &mut Change, later: &mut Change) -> bool {
    if earlier.pointer != later.pointer {
        return false;
    }
    let (removal, addition) = if earlier.after.is_none() { (&*earlier, &*later) } else { (&*later, &*earlier) };
    let (before, after) = (removal.before.clone(), addition.after.clone());
    if removal.after.is_some() || addition.before.is_some() {
        return false;
    }
    (earlier.before, earlier.after) = (before, after);
    true
}

/// Natural sort key of a pointer: array indices are compared as numbers, so that `/A/10` follows `/A/9`.
fn natural(at: &str) -> Vec<(Option<usize>, String)> {
    pointer::tokens(at).into_iter().map(|token| (token.parse().ok(), token)).collect()
}

fn compare(before: &Value, after: &Value, at: &str, scope: Scope, changes: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let place = pointer::join(at, key);
                match new.get(key) {
                    Some(other) => compare(value, other, &place, scope, changes),
                    None => changes.push(removed(place, value)),
                }
            }
            let only_new = new.iter().filter(|(key, _)| scope == Scope::Everything && !old.contains_key(*key));
            for (key, value) in only_new {
                changes.push(added(pointer::join(at, key), value));
            }
        }
        (Value::Array(old), Value::Array(new)) if old != new => lists(old, new, at, scope, changes),
        (Value::String(old), Value::String(new)) if scope == Scope::Declared && names_the_same(old, new) => {}
        (Value::String(old), Value::String(new)) if old != new => match (structure_of(old), structure_of(new)) {
            (Some(old), Some(new)) => compare(&old, &new, at, scope, changes),
            _ => changes.push(changed(at.to_owned(), before, after)),
        },
        // Some properties accept JSON as text or as an object; in an object an empty member counts as missing.
        (Value::String(text), structure @ (Value::Object(_) | Value::Array(_)))
        | (structure @ (Value::Object(_) | Value::Array(_)), Value::String(text))
            if structure_of(text).is_some_and(|parsed| loose(&without_empty(&parsed)) == loose(structure)) => {}
        _ if loose(before) != loose(after) => changes.push(changed(at.to_owned(), before, after)),
        _ => {}
    }
}

/// True when one value is the name and the other the ARN of the same resource: services may return either.
fn names_the_same(one: &str, other: &str) -> bool {
    let is_of = |name: &str, arn: &str| {
        let resource = Arn::parse(arn).map(|arn| arn.resource);
        let last = resource.and_then(|resource| resource.rsplit([':', '/']).next());
        Arn::parse(name).is_none() && last == Some(name)
    };
    is_of(one, other) || is_of(other, one)
}

/// The value without empty members, its keys sorted.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.iter().map(|(key, child)| (key.clone(), without_empty(child)));
            Value::Object(members.filter(|(_, child)| !child.is_null() && !pointer::is_empty(child)).collect())
        }
        Value::Array(items) => items.iter().map(without_empty).collect(),
        scalar => scalar.clone(),
    }
}

fn lists(old: &[Value], new: &[Value], at: &str, scope: Scope, changes: &mut Vec<Change>) {
    let place = |index: usize| pointer::join(at, &index.to_string());
    let name = element_name(&[old, new]);
    let pairs = match name {
        Some(name) => {
            let find = |item: &Value| new.iter().position(|other| loose(&other[name]) == loose(&item[name]));
            let pairs: Vec<(usize, usize)> =
                old.iter().enumerate().filter_map(|(i, item)| Some((i, find(item)?))).collect();
            if !pairs.is_sorted_by_key(|(_, in_new)| *in_new) {
                changes.push(Change {
                    pointer: at.to_owned(),
                    before: Some(Value::from(old.to_vec())),
                    after: Some(Value::from(new.to_vec())),
                });
                return;
            }
            pairs
        }
        None => aligned(old, new),
    };
    for &(in_old, in_new) in &pairs {
        compare(&old[in_old], &new[in_new], &place(in_new), scope, changes);
    }
    for (index, item) in old.iter().enumerate().filter(|(i, _)| pairs.iter().all(|(old, _)| old != i)) {
        changes.push(removed(place(index), item));
    }
    if scope == Scope::Declared && matches!(name, Some("Key" | "Name")) {
        return;
    }
    for (index, item) in new.iter().enumerate().filter(|(i, _)| pairs.iter().all(|(_, new)| new != i)) {
        changes.push(added(place(index), item));
    }
}

/// Pairs of indices: equal elements by the longest common subsequence, and between those the
/// elements at corresponding positions.
fn aligned(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let anchors = common_subsequence(old, new);
    let mut pairs = Vec::new();
    let (mut from_old, mut from_new) = (0, 0);
    for (to_old, to_new) in anchors.into_iter().chain([(old.len(), new.len())]) {
        pairs.extend((from_old..to_old).zip(from_new..to_new));
        if to_old < old.len() {
            pairs.push((to_old, to_new));
        }
        (from_old, from_new) = (to_old + 1, to_new + 1);
    }
    pairs
}

fn common_subsequence(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    /// Longer lists are compared index by index: the table below grows with the product of the lengths.
    const LIMIT: usize = 400;
    if old.len() > LIMIT || new.len() > LIMIT {
        return Vec::new();
    }
    let texts = |list: &[Value]| -> Vec<String> { list.iter().map(|item| digest::canonical(&loose(item))).collect() };
    let (old, new) = (texts(old), texts(new));
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn removed(pointer: String, value: &Value) -> Change {
    Change { pointer, before: Some(value.clone()), after: None }
}

fn added(pointer: String, value: &Value) -> Change {
    Change { pointer, before: None, after: Some(value.clone()) }
}

fn changed(pointer: String, before: &Value, after: &Value) -> Change {
    Change { pointer, before: Some(before.clone()), after: Some(after.clone()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn pointers(before: Value, after: Value) -> Vec<String> {
        diff(&before, &after).into_iter().map(|change| change.pointer).collect()
    }

    #[test]
    fn members_are_added_removed_and_changed() {
        let changes = diff(&json!({"a": 1, "b": {"c": 1}, "d": 1}), &json!({"a": 1, "b": {"c": 2}, "e": 1}));
        let expected = [
            Change { pointer: "/b/c".into(), before: Some(json!(1)), after: Some(json!(2)) },
            Change { pointer: "/d".into(), before: Some(json!(1)), after: None },
            Change { pointer: "/e".into(), before: None, after: Some(json!(1)) },
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn named_elements_are_matched_by_name() {
        let before = json!({"Tags": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 1}]});
        let after = json!({"Tags": [{"Key": "a0", "Value": 1}, {"Key": "b", "Value": 2}]});
        assert_eq!(pointers(before.clone(), after), ["/Tags/0", "/Tags/1/Value"]);
        let longer = json!({"Tags": [{"Key": "a", "Value": 1}, {"Key": "aa", "Value": 1}, {"Key": "b", "Value": 1}]});
        assert_eq!(pointers(before, longer), ["/Tags/1"]);
    }

    #[test]
    fn named_elements_in_another_order_are_one_change() {
        let rules = |first: &str, second: &str| json!({"Rules": [{"Name": first}, {"Name": second}]});
        assert_eq!(pointers(rules("a", "b"), rules("b", "a")), ["/Rules"]);
    }

    #[test]
    fn other_lists_are_aligned() {
        assert_eq!(pointers(json!(["a", "c"]), json!(["a", "b", "c"])), ["/1"]);
        assert_eq!(pointers(json!(["a", "b"]), json!(["a", "x"])), ["/1"]);
        assert_eq!(pointers(json!([[1, 2], [3, 4]]), json!([[1, 2], [3, 5]])), ["/1/1"]);
    }

    #[test]
    fn undeclared_values_are_not_differences() {
        let declared = json!({"a": 1, "Tags": [{"Key": "k", "Value": 1}], "Rules": ["x"]});
        let live = json!({"a": 1, "b": 2, "Tags": [{"Key": "foreign", "Value": 1}, {"Key": "k", "Value": 1}], "Rules": ["x", "y"]});
        let changes = diff_declared(&declared, &live);
        assert_eq!(changes.iter().map(|change| change.pointer.as_str()).collect::<Vec<_>>(), ["/Rules/1"]);
        assert_eq!(diff_declared(&live, &declared).len(), 3);
        let (name, arn) = (json!({"F": "worker"}), json!({"F": "arn:aws:lambda:us-east-1:1:function:worker"}));
        assert_eq!(diff_declared(&name, &arn), []);
        assert_eq!(diff_declared(&json!({"F": "other"}), &arn).len(), 1);
    }

    #[test]
    fn scalars_are_compared_loosely_and_reported_as_written() {
        assert_eq!(diff(&json!({"a": "20", "b": [true]}), &json!({"a": 20, "b": ["true"]})), []);
        let changes = diff(&json!({"a": "20"}), &json!({"a": 21}));
        assert_eq!((&changes[0].before, &changes[0].after), (&Some(json!("20")), &Some(json!(21))));
        assert_eq!(pointers(json!({"Version": "1.0"}), json!({"Version": "1"})), ["/Version"]);
    }

    #[test]
    fn json_in_a_string_is_compared_as_a_structure() {
        let (before, after) = (json!({"D": r#"{"a": 1, "b": {}}"#}), json!({"D": r#"{"b":{},"a":2}"#}));
        assert_eq!(pointers(before.clone(), after), ["/D/a"]);
        assert_eq!(pointers(before, json!({"D": {"a": 1}})), Vec::<String>::new());
    }

    #[test]
    fn array_indices_are_sorted_as_numbers() {
        let list = |value: i32| json!((0..12).map(|_| value).collect::<Vec<_>>());
        assert_eq!(pointers(list(1), list(2))[9..], ["/9", "/10", "/11"]);
    }

    /// A bucket-like document: real property names, values of any shape.
    pub(in crate::compare) fn bucket() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..3_i32).prop_map(Value::from),
            "[a-c]|2|true".prop_map(Value::from)
        ];
        let tag = ("[a-d]|aws:x", "[a-b]").prop_map(|(key, value)| json!({"Key": key, "Value": value}));
        let inner = scalar.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]|Id|Key|Status", inner, 0..4).prop_map(|map| json!(map)),
            ]
        });
        let name = prop_oneof![
            Just("VersioningConfiguration"),
            Just("CorsConfiguration"),
            Just("NotificationConfiguration"),
            Just("Arn")
        ];
        (proptest::collection::btree_map(name, inner, 0..4), proptest::collection::vec(tag, 0..4)).prop_map(
            |(map, tags)| {
                let mut document = json!(map);
                document["BucketName"] = json!("b");
                document["Tags"] = json!(tags);
                document
            },
        )
    }

    proptest! {
        #[test]
        fn equal_states_have_no_differences(document in bucket()) {
            prop_assert_eq!(diff(&document, &document), []);
        }

        #[test]
        fn different_states_have_differences(before in bucket(), after in bucket()) {
            prop_assert_eq!(diff(&before, &after).is_empty(), loose(&before) == loose(&after));
        }
    }
}
