//! Maps each identifying value of the source environment to its value in the target environment.
//!
//! Not every property that holds a reference is declared as one, so references are also found by
//! value: every ARN, id, URL and name of a known resource is looked up wherever it occurs.

use std::collections::HashMap;

use super::reference;
use crate::domain::project::AccountId;
use crate::domain::resource::ResourceRef;
use crate::schema::{Registry, general_facts};

/// The replacement in the target environment for a value of the source environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// A value known now.
    Known(String),
    /// An attribute of a resource that the same plan creates.
    Attribute {
        /// The step's logical id.
        logical_id: String,
        /// The attribute's path in CloudFormation's dotted form (`Endpoint.Address`).
        attribute: String,
    },
    /// The resource has no counterpart.
    Missing,
    /// The resource has no counterpart, and its name would be the same: the text may mean something else.
    SameName,
    /// Several resources have this value (a function and a table of the same name), and its replacement
    /// depends on which one is meant.
    Ambiguous,
}

/// One identifying value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value in the source environment.
    pub value: String,
    /// Its replacement.
    pub replacement: Replacement,
    /// The resources that it identifies; none for an entry of the project's own map.
    pub owners: Vec<ResourceRef>,
}

/// All known identifying values of the source environment.
#[derive(Debug)]
pub struct ValueIndex {
    registry: Registry,
    /// Sorted by value.
    entries: Vec<Entry>,
    /// For each entry with several owners, by its place, the replacement that each of them has for the value.
    by_owner: HashMap<usize, Vec<(ResourceRef, Replacement)>>,
}

/// An occurrence of an entry's value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset after the last character.
    pub end: usize,
    /// The entry.
    pub entry: &'a Entry,
}

impl ValueIndex {
    /// Builds an index. The project's own map takes precedence; where several resources share
    /// a value, its replacement must be the same for all of them.
    pub fn new(registry: &Registry, mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| !entry.value.is_empty());
        // Entries of one value stay in their order.
        entries.sort_by(|one, other| one.value.cmp(&other.value));
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut by_owner: HashMap<usize, Vec<(ResourceRef, Replacement)>> = HashMap::new();
        for entry in entries {
            let at = kept.len().saturating_sub(1);
            let Some(known) = kept.last_mut().filter(|known| known.value == entry.value) else {
                kept.push(entry);
                continue;
            };
            if known.owners.is_empty() {
                continue;
            }
            let owned = by_owner.entry(at).or_insert_with(|| owned(known));
            let new: Vec<ResourceRef> =
                entry.owners.iter().filter(|owner| !known.owners.contains(owner)).cloned().collect();
            if !new.is_empty() {
                known.replacement = merged(&known.replacement, entry.replacement.clone());
            }
            owned.extend(new.iter().map(|owner| (owner.clone(), entry.replacement.clone())));
            known.owners.extend(new);
        }
        kept.shrink_to_fit();
        Self { registry: registry.clone(), entries: kept, by_owner }
    }

    /// The resource types by which ARNs are recognized.
    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The replacement that the owners of these types have for an entry's value, if it is the same for all of them, and
    /// those owners. None where no owner is of these types.
    pub fn of_types(
        &self,
        entry: &Entry,
        is_of_type: &dyn Fn(&str) -> bool,
    ) -> Option<(Replacement, Vec<ResourceRef>)> {
        let at = self.place(&entry.value)?;
        let alone = self.entries.get(at).filter(|_| !self.by_owner.contains_key(&at)).map(owned).unwrap_or_default();
        let owned = self.by_owner.get(&at).unwrap_or(&alone);
        let mut owned = owned.iter().filter(|(owner, _)| is_of_type(&owner.type_name));
        let (first, replacement) = owned.next()?;
        let (mut replacement, mut owners) = (replacement.clone(), vec![first.clone()]);
        for (owner, other) in owned {
            replacement = merged(&replacement, other.clone());
            owners.push(owner.clone());
        }
        Some((replacement, owners))
    }

    /// True if nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry for exactly this value.
    pub fn get(&self, value: &str) -> Option<&Entry> {
        self.entries.get(self.place(value)?)
    }

    fn place(&self, value: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.value.as_str().cmp(value)).ok()
    }

    /// The occurrences of the index's values in a text of this account: leftmost first, the longest of
    /// those that begin at the same offset, none overlapping. A value counts only as a whole word,
    /// and a name inside an ARN only where the ARN is one of its owner's (see [`reference::fits`]).
    pub fn occurrences<'a>(&'a self, text: &str, account: &AccountId) -> Vec<Occurrence<'a>> {
        let arns = reference::arns(text);
        let mut all: Vec<Occurrence<'a>> = Vec::new();
        let starts = text.char_indices().map(|(start, _)| start);
        for start in starts.filter(|start| !text[..*start].chars().next_back().is_some_and(joins)) {
            for entry in self.beginning(&text[start..]) {
                let end = start + entry.value.len();
                if is_whole(text, start, end)
                    && reference::fits(&self.registry, text, &arns, start..end, &entry.value, &entry.owners, account)
                {
                    all.push(Occurrence { start, end, entry });
                }
            }
        }
        // `default` is a word of `default.aurora-postgresql16`, which AWS manages, although a target group may have that name.
        let is_managed = || general_facts().managed_values.iter().any(|pattern| pattern.matches(text));
        if !all.is_empty() && self.get(text).is_none() && is_managed() {
            return Vec::new();
        }
        all.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
        let mut chosen: Vec<Occurrence<'a>> = Vec::new();
        for occurrence in all {
            if chosen.last().is_none_or(|last| occurrence.start >= last.end) {
                chosen.push(occurrence);
            }
        }
        chosen
    }
}

impl ValueIndex {
    /// The entries whose values a text begins with, the shortest first. The entries are sorted, so that those with a common
    /// beginning are next to each other: an automaton for all values of a large estate takes a hundred megabytes.
    fn beginning<'a>(&'a self, text: &str) -> Vec<&'a Entry> {
        let (text, mut range) = (text.as_bytes(), self.entries.as_slice());
        let mut found = Vec::new();
        let mut length = 0;
        while let (Some(first), Some(last)) = (range.first(), range.last()) {
            // What the first and the last one share, all share.
            let (low, high) = (first.value.as_bytes(), last.value.as_bytes());
            let shared = low[length..].iter().zip(&high[length..]).take_while(|(one, other)| one == other).count();
            if !text[length..].starts_with(&low[length..length + shared]) {
                break;
            }
            length += shared;
            if low.len() == length {
                found.push(first);
                range = &range[1..];
            }
            let Some(next) = text.get(length) else { break };
            let begin =
                range.partition_point(|entry| entry.value.as_bytes().get(length).is_none_or(|byte| byte < next));
            let end = range.partition_point(|entry| entry.value.as_bytes().get(length).is_none_or(|byte| byte <= next));
            range = &range[begin..end];
        }
        found
    }
}

/// The replacement that each owner of an entry has for its value.
fn owned(entry: &Entry) -> Vec<(ResourceRef, Replacement)> {
    entry.owners.iter().map(|owner| (owner.clone(), entry.replacement.clone())).collect()
}

/// The replacement of a value that two resources share.
fn merged(one: &Replacement, other: Replacement) -> Replacement {
    match (one, &other) {
        (one, other) if one == other => one.clone(),
        (Replacement::Missing, _) | (_, Replacement::Missing) => Replacement::Missing,
        (Replacement::SameName, _) => other,
        (one, Replacement::SameName) => one.clone(),
        _ => Replacement::Ambiguous,
    }
}

/// A value is a whole word when the characters around it could not belong to the same name. A dot
/// ends a name (`bucket.s3.amazonaws.com`), a dash or an underscore does not (`orders-dev` is not
/// in `orders-dev-2`).
pub fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(joins) && !after.is_some_and(joins)
}

fn joins(character: char) -> bool {
    character.is_alphanumeric() || character == '-' || character == '_'
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn index(values: &[&str]) -> ValueIndex {
        ValueIndex::new(
            &Registry::embedded(),
            values
                .iter()
                .map(|value| Entry {
                    value: (*value).to_owned(),
                    replacement: Replacement::Known("x".into()),
                    owners: Vec::new(),
                })
                .collect(),
        )
    }

    fn account() -> AccountId {
        AccountId::parse("111111111111").unwrap()
    }

    fn found(index: &ValueIndex, text: &str) -> Vec<String> {
        index.occurrences(text, &account()).iter().map(|o| o.entry.value.clone()).collect()
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_found_where_it_stands(
            values in proptest::collection::btree_set("[abä][ab:ä-]{0,4}", 0..12),
            text in "[ab:ä-]{0,20}",
        ) {
            let list: Vec<&str> = values.iter().map(String::as_str).collect();
            let index = index(&list);
            for (start, _) in text.char_indices() {
                let mut expected: Vec<&str> = list.iter().copied().filter(|one| text[start..].starts_with(one)).collect();
                expected.sort_by_key(|one| one.len());
                let found: Vec<&str> =
                    index.beginning(&text[start..]).iter().map(|entry| entry.value.as_str()).collect();
                proptest::prop_assert_eq!(found, expected);
            }
            for value in &list {
                proptest::prop_assert_eq!(index.get(value).map(|entry| entry.value.as_str()), Some(*value));
            }
        }
    }

    #[test]
    fn the_longest_whole_word_wins() {
        let index = index(&["orders-dev", "arn:aws:s3:::orders-dev", "orders"]);
        assert_eq!(found(&index, "arn:aws:s3:::orders-dev/*"), ["arn:aws:s3:::orders-dev"]);
        assert_eq!(found(&index, "orders-dev.s3.amazonaws.com"), ["orders-dev"]);
    }

    #[test]
    fn a_name_within_a_value_that_aws_manages_is_none() {
        let index = index(&["default", "orders"]);
        assert_eq!(found(&index, "default.aurora-postgresql16"), [""; 0]);
        assert_eq!(found(&index, "default"), ["default"]);
        assert_eq!(found(&index, "orders.default"), ["orders", "default"]);
    }

    #[test]
    fn a_value_of_several_resources_is_replaced_only_where_they_agree() {
        let entry = |id: &str, replacement: Replacement| Entry {
            value: "orders-dev".into(),
            replacement,
            owners: vec![ResourceRef::new("AWS::X::Y", id)],
        };
        let known = |text: &str| Replacement::Known(text.into());
        let of = |entries: Vec<Entry>| {
            ValueIndex::new(&Registry::embedded(), entries).get("orders-dev").map(|entry| entry.replacement.clone())
        };
        assert_eq!(of(vec![entry("a", known("p")), entry("b", known("p"))]), Some(known("p")));
        assert_eq!(of(vec![entry("a", known("p")), entry("b", known("q"))]), Some(Replacement::Ambiguous));
        assert_eq!(of(vec![entry("a", known("p")), entry("b", Replacement::Missing)]), Some(Replacement::Missing));
        let mapped = Entry { value: "orders-dev".into(), replacement: known("m"), owners: vec![] };
        assert_eq!(of(vec![mapped, entry("b", Replacement::Missing)]), Some(known("m")));
    }

    #[test]
    fn a_value_inside_a_longer_name_is_not_found() {
        let index = index(&["orders-dev"]);
        assert!(found(&index, "orders-dev-2").is_empty());
        assert!(found(&index, "my-orders-dev").is_empty());
        assert_eq!(found(&index, "x/orders-dev:y"), ["orders-dev"]);
    }
}
