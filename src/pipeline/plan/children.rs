//! The record of a stack's resources whose types have no tags: it is kept in the tag `StackChildren` of a resource that they
//! refer to, so that they are recognized after their properties have changed, and named after the template has dropped them.
//!
//! Format: `v1:`, then for each child four characters for its logical id, four for its identifier and three for its type.
//! Characters are those of base64url. Of a type that Cloud Control cannot list, whose identifier does not follow from
//! anything else, ` TYPE=IDENTIFIER` follows, with `=` between the parts of the identifier.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::desired::{Desired, Origin};
use super::reconcile::Decision;
use crate::domain::plan::Child;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, Tags};
use crate::schema::{Registry, TypeSchema};

const VERSION: &str = "v1:";
/// Characters of the hash of a logical id or an identifier.
const HASH: usize = 4;
/// Characters of the hash of a type.
const TYPE: usize = 3;
/// Characters of an entry.
const ENTRY: usize = 2 * HASH + TYPE;
/// The longest value of a tag, in characters.
const MAX_TEXT: usize = 256;

/// The children of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChildRecord {
    /// Identifiers and types by logical ids, all as hashes.
    hashes: BTreeMap<String, (String, String)>,
    /// Those that cannot be found by a listing.
    unlisted: BTreeSet<ResourceRef>,
}

impl ChildRecord {
    /// Parses the value of the tag; empty if it is not of this version.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.strip_prefix(VERSION).unwrap_or_default().split(' ');
        let entries = parts.next().unwrap_or_default();
        let is_whole = entries.is_ascii() && entries.len().is_multiple_of(ENTRY);
        let entry = |at: usize| {
            let part = |from: usize, length: usize| entries[at + from..at + from + length].to_owned();
            (part(0, HASH), (part(HASH, HASH), part(2 * HASH, TYPE)))
        };
        if !is_whole {
            return Self::default();
        }
        let unlisted = parts.filter_map(|text| {
            let (type_name, identifier) = text.split_once('=')?;
            Some(ResourceRef::new(type_name, identifier.replace('=', "|")))
        });
        Self { hashes: (0..entries.len()).step_by(ENTRY).map(entry).collect(), unlisted: unlisted.collect() }
    }

    /// Records a child.
    pub fn insert(&mut self, registry: &Registry, logical_id: &str, child: &ResourceRef) {
        let entry = (hash(&child.identifier, HASH), hash(&child.type_name, TYPE));
        self.hashes.insert(hash(logical_id, HASH), entry);
        if registry.get(&child.type_name).is_some_and(is_unlisted) && !child.identifier.contains(['=', ' ']) {
            self.unlisted.insert(child.clone());
        }
    }

    /// The value of the tag. Children that do not fit are left out, and are recognized by their properties alone.
    pub fn to_tag_value(&self) -> String {
        let fitting = self.hashes.iter().take((MAX_TEXT - VERSION.len()) / ENTRY);
        let mut value = fitting
            .fold(VERSION.to_owned(), |text, (name, (identifier, type_name))| text + name + identifier + type_name);
        for child in &self.unlisted {
            let text = format!(" {}={}", child.type_name, child.identifier.replace('|', "="));
            if value.chars().count() + text.chars().count() <= MAX_TEXT {
                value += &text;
            }
        }
        value
    }

    /// The children that cannot be found by a listing.
    pub fn unlisted(&self) -> impl Iterator<Item = &ResourceRef> {
        self.unlisted.iter()
    }

    /// Adds another record.
    pub fn extend(&mut self, other: Self) {
        self.hashes.extend(other.hashes);
        self.unlisted.extend(other.unlisted);
    }

    /// True if nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// True if the resource with the identifier is the recorded child.
    pub fn names(&self, logical_id: &str, identifier: &str) -> bool {
        let recorded = self.hashes.get(&hash(logical_id, HASH));
        recorded.is_some_and(|(recorded, _)| *recorded == hash(identifier, HASH))
    }

    /// The entries of logical ids other than these.
    pub fn without<'a>(&self, logical_ids: impl IntoIterator<Item = &'a str>) -> Self {
        let named: BTreeSet<String> = logical_ids.into_iter().map(|name| hash(name, HASH)).collect();
        let others = self.hashes.iter().filter(|(name, _)| !named.contains(*name));
        self.with(others.map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// The entries whose resources are among these.
    pub fn among(&self, resources: &[ResourceRef]) -> Self {
        let found: BTreeSet<(String, String)> =
            resources.iter().map(|one| (hash(&one.identifier, HASH), hash(&one.type_name, TYPE))).collect();
        let alive = self.hashes.iter().filter(|(_, entry)| found.contains(*entry));
        self.with(alive.map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// A record with these hashes, and of the other children those that are among them.
    fn with(&self, hashes: BTreeMap<String, (String, String)>) -> Self {
        let mut record = Self { hashes, unlisted: BTreeSet::new() };
        record.unlisted = self.unlisted.iter().filter(|child| record.contains(child)).cloned().collect();
        record
    }

    /// True if the resource is recorded under any logical id.
    pub fn contains(&self, resource: &ResourceRef) -> bool {
        let entry = (hash(&resource.identifier, HASH), hash(&resource.type_name, TYPE));
        self.hashes.values().any(|recorded| *recorded == entry)
    }

    /// The types of the recorded children.
    pub fn types(&self, registry: &Registry) -> Vec<&'static str> {
        let hashes: BTreeSet<&str> = self.hashes.values().map(|(_, type_name)| type_name.as_str()).collect();
        registry.type_names().filter(|name| hashes.contains(hash(name, TYPE).as_str())).collect()
    }
}

fn hash(text: &str, characters: usize) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())).chars().take(characters).collect()
}

/// The record in the tags of live resources.
pub fn recorded<'a>(live: impl IntoIterator<Item = &'a LiveResource>) -> ChildRecord {
    let mut record = ChildRecord::default();
    for tag in live.into_iter().filter_map(|live| live.tags.get(tags::STACK_CHILDREN)) {
        record.extend(ChildRecord::parse(tag));
    }
    record
}

/// The children of one resource of a template.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    /// The resource that they belong to.
    pub parent: &'a Desired,
    /// The children, sorted.
    pub members: Vec<Child>,
    /// Recorded children that the template no longer has and that still exist.
    pub dropped: ChildRecord,
}

/// Returns the resources of a template whose record of children is outdated. A resource without tags is recorded at one that
/// it refers to; otherwise at one that refers to it, or at the first one with tags.
pub fn outdated<'a>(registry: &Registry, desired: &'a [Desired], decisions: &[Decision]) -> Vec<Children<'a>> {
    let by_name: BTreeMap<&str, &Desired> = desired.iter().map(|one| (one.logical_id.as_str(), one)).collect();
    let mut families: BTreeMap<&str, Vec<Child>> = BTreeMap::new();
    for (one, decision) in desired.iter().zip(decisions).filter(|(one, _)| is_child(one)) {
        let above = one.depends_on.iter().filter_map(|name| by_name.get(name.as_str()).copied());
        let mut others: Vec<&Desired> = by_name.values().copied().collect();
        others.sort_by_key(|other| !other.depends_on.contains(&one.logical_id));
        let Some(parent) =
            above.chain(others).find(|parent| can_record(parent)).map(|parent| parent.logical_id.as_str())
        else {
            continue;
        };
        let identifier = match decision {
            Decision::Update { .. } | Decision::NoChange { .. } => {
                one.counterpart().map(|live| live.resource.identifier.clone())
            }
            Decision::Create | Decision::Adopt(_) | Decision::Replace { .. } => None,
            Decision::Refuse(_) => continue,
        };
        let (logical_id, type_name) = (one.logical_id.clone(), one.type_name().to_owned());
        families.entry(parent).or_default().push(Child { logical_id, type_name, identifier });
    }
    // A resource whose last child was removed from the template keeps no record.
    let named: BTreeSet<&str> = families.keys().copied().collect();
    let abandoned = desired
        .iter()
        .filter(|one| !named.contains(one.logical_id.as_str()) && live_tags(one).contains_key(tags::STACK_CHILDREN));
    let abandoned: Vec<&str> = abandoned.map(|one| one.logical_id.as_str()).collect();
    families.extend(abandoned.into_iter().map(|name| (name, Vec::new())));
    let outdated = families.into_iter().filter_map(|(parent, mut members)| {
        members.sort();
        let parent = by_name.get(parent)?;
        let dropped = match &parent.origin {
            Origin::Template(declared) => declared.dropped_children.clone(),
            Origin::Promotion(_) | Origin::Change(_) => ChildRecord::default(),
        };
        let mut wanted = dropped.clone();
        let mut is_known = true;
        for child in &members {
            match &child.identifier {
                Some(identifier) => {
                    wanted.insert(registry, &child.logical_id, &ResourceRef::new(&child.type_name, identifier));
                }
                None => is_known = false,
            }
        }
        let recorded = live_tags(parent).get(tags::STACK_CHILDREN).cloned();
        let wanted = (!wanted.is_empty()).then(|| wanted.to_tag_value());
        (!is_known || recorded != wanted).then_some(Children { parent, members, dropped })
    });
    outdated.collect()
}

fn live_tags(one: &Desired) -> Tags {
    one.counterpart().map(|live| live.tags.clone()).unwrap_or_default()
}

/// True for a resource of a template that cannot carry tags.
fn is_child(one: &Desired) -> bool {
    let schema = one.type_schema;
    matches!(one.origin, Origin::Template(_)) && schema.tagging.property.is_none() && schema.handlers.read
}

/// True for a type that Cloud Control cannot list, and whose identifiers do not follow from the resource that they belong to.
fn is_unlisted(schema: &TypeSchema) -> bool {
    // Inline policies are part of what a read of their role returns.
    let is_inline =
        matches!(schema.type_name.as_str(), "AWS::IAM::GroupPolicy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy");
    !schema.handlers.list && !is_inline && schema.primary_identifier.len() > 1
}

/// True if the tags of a resource can record its children.
fn can_record(one: &Desired) -> bool {
    one.type_schema.tagging.property.is_some() && one.type_schema.tagging.updatable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_recognized_by_the_record() {
        let mut record = ChildRecord::default();
        let rule = |id: &str| ResourceRef::new("AWS::EC2::SecurityGroupIngress", id);
        let registry = Registry::embedded();
        record.insert(&registry, "Https", &rule("sgr-1"));
        record.insert(&registry, "Ssh", &rule("sgr-2"));
        let read = ChildRecord::parse(&record.to_tag_value());
        assert_eq!(read, record);
        assert!(read.names("Https", "sgr-1") && !read.names("Https", "sgr-2") && !read.names("Other", "sgr-1"));
        let dropped = read.without(["Https"]);
        assert_eq!(dropped.types(&registry), ["AWS::EC2::SecurityGroupIngress"]);
        assert!(dropped.contains(&rule("sgr-2")) && !dropped.contains(&rule("sgr-1")));
        assert!(dropped.among(&[rule("sgr-1")]).is_empty() && !dropped.among(&[rule("sgr-2")]).is_empty());
        for text in ["", "v2:abcdefghijk", "v1:abc", "v1:äbcdefghij"] {
            assert_eq!(ChildRecord::parse(text), ChildRecord::default(), "{text}");
        }
        let mut many = ChildRecord::default();
        (0..60).for_each(|n| many.insert(&registry, &format!("Child{n}"), &rule(&format!("sgr-{n}"))));
        let many = many.to_tag_value();
        assert!(many.len() <= MAX_TEXT && ChildRecord::parse(&many) != ChildRecord::default());
    }

    #[test]
    fn a_child_that_cannot_be_listed_is_recorded_with_its_identifier() {
        let registry = Registry::embedded();
        let mut record = ChildRecord::default();
        let domain = ResourceRef::new("AWS::Cognito::UserPoolDomain", "us-east-1_AbCdEf|orders-dev");
        record.insert(&registry, "Domain", &domain);
        let policy = ResourceRef::new("AWS::IAM::RolePolicy", "read|app-dev");
        record.insert(&registry, "Policy", &policy);
        let value = record.to_tag_value();
        assert!(value.ends_with(" AWS::Cognito::UserPoolDomain=us-east-1_AbCdEf=orders-dev"), "{value}");
        let read = ChildRecord::parse(&value);
        assert_eq!(read, record);
        assert_eq!(read.unlisted().collect::<Vec<_>>(), [&domain]);
        assert_eq!(read.without(["Domain"]).unlisted().count(), 0);
        assert_eq!(read.without(["Policy"]).unlisted().count(), 1);
        // What does not fit is left out, but not its hash.
        let long = ResourceRef::new("AWS::Cognito::UserPoolDomain", format!("us-east-1_AbCdEf|{}", "x".repeat(240)));
        record.insert(&registry, "Long", &long);
        let read = ChildRecord::parse(&record.to_tag_value());
        assert!(read.contains(&long) && read.unlisted().collect::<Vec<_>>() == [&domain]);
    }
}
