//! IAM actions and the resources that they apply to, from the service authorization reference (see `generate_actions.py`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::nearest;

/// A kind of resource that an action applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceForm {
    /// Its name in the reference, such as `bucket`.
    pub name: &'static str,
    /// Its ARN; `*` stands for what varies.
    pub arn: &'static str,
    /// Whether every request of the action has such a resource: a request is authorized for each of these.
    pub is_required: bool,
}

/// What an action does to its resource, in the terms of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads the contents of a resource.
    Read,
    /// Changes the tags of a resource.
    Tagging,
    /// Creates, changes or deletes a resource.
    Write,
    /// Changes who may use a resource.
    PermissionsManagement,
}

impl AccessLevel {
    /// Splits the mark off an entry; `None` for an action whose level is not known.
    fn of(entry: &str) -> (Option<Self>, &str) {
        let level = match entry.chars().next() {
            Some('.') => Some(Self::Read),
            Some('/') => Some(Self::List),
            Some('+') => Some(Self::Tagging),
            Some('!') => Some(Self::PermissionsManagement),
            Some('?') => None,
            _ => return (Some(Self::Write), entry),
        };
        (level, &entry[1..])
    }
}

/// An action of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFacts {
    /// Its name as AWS spells it, such as `s3:GetObject`.
    pub name: String,
    /// The kinds of resources that it applies to; none if only `*` can be its resource.
    pub forms: Vec<ResourceForm>,
    /// What it does; `None` if that is not known.
    pub level: Option<AccessLevel>,
}

/// The actions of a service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceActions {
    forms: &'static str,
    without_resource: &'static str,
    with_resource: &'static str,
}

static SERVICES: LazyLock<BTreeMap<&'static str, ServiceActions>> = LazyLock::new(|| {
    let lines = include_str!("data/actions.txt").lines();
    lines
        .filter_map(|line| {
            let mut parts = line.splitn(4, '|');
            let (prefix, forms) = (parts.next()?, parts.next()?);
            let (without_resource, with_resource) = (parts.next()?, parts.next()?);
            Some((prefix, ServiceActions { forms, without_resource, with_resource }))
        })
        .collect()
});

/// The actions of the service with a prefix, in lower case.
pub fn of_service(prefix: &str) -> Option<ServiceActions> {
    SERVICES.get(prefix).copied()
}

impl ServiceActions {
    /// The kinds of resources of the service.
    pub fn forms(self) -> impl Iterator<Item = ResourceForm> {
        let pairs = self.forms.split(';').filter_map(|form| form.split_once('='));
        pairs.map(|(name, arn)| ResourceForm { name, arn, is_required: false })
    }

    /// The names of the actions that take no resource, without the prefix.
    pub fn without_resource(self) -> impl Iterator<Item = &'static str> {
        self.without_resource.split(' ').filter(|name| !name.is_empty()).map(|entry| AccessLevel::of(entry).1)
    }

    /// The names of the actions that take a resource, without the prefix.
    pub fn with_resource(self) -> impl Iterator<Item = &'static str> {
        self.entries().map(|(_, name, _)| name)
    }

    /// The actions that take a resource, with the prefix of the service.
    pub fn actions(self, prefix: &str) -> impl Iterator<Item = ActionFacts> {
        let all: Vec<ResourceForm> = self.forms().collect();
        self.entries().map(move |(level, name, numbers)| ActionFacts {
            name: format!("{prefix}:{name}"),
            forms: forms_of(&all, numbers),
            level,
        })
    }

    /// The level, the name and the resource types of each action that takes a resource.
    fn entries(self) -> impl Iterator<Item = (Option<AccessLevel>, &'static str, &'static str)> {
        self.with_resource.split(' ').filter_map(|entry| {
            let (named, numbers) = entry.split_once(':')?;
            let (level, name) = AccessLevel::of(named);
            Some((level, name, numbers))
        })
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        self.without_resource().chain(self.with_resource())
    }
}

/// Looks up an action without wildcards, regardless of letter case.
pub fn action(text: &str) -> Option<ActionFacts> {
    let (prefix, name) = text.split_once(':')?;
    let prefix = prefix.to_ascii_lowercase();
    let service = of_service(&prefix)?;
    let is_wanted = |known: &str| known.eq_ignore_ascii_case(name);
    let (level, name, numbers) = match service.entries().find(|(_, known, _)| is_wanted(known)) {
        Some(entry) => entry,
        None => {
            let mut entries = service.without_resource.split(' ').map(AccessLevel::of);
            let (level, name) = entries.find(|(_, known)| is_wanted(known))?;
            (level, name, "")
        }
    };
    let all: Vec<ResourceForm> = service.forms().collect();
    Some(ActionFacts { name: format!("{prefix}:{name}"), forms: forms_of(&all, numbers), level })
}

/// The resource types that an action names by their numbers.
fn forms_of(all: &[ResourceForm], numbers: &str) -> Vec<ResourceForm> {
    let form = |entry: &str| {
        let (number, is_required) = entry.strip_suffix('!').map_or((entry, false), |number| (number, true));
        Some(ResourceForm { is_required, ..*all.get(number.parse::<usize>().ok()?)? })
    };
    numbers.split(',').filter_map(form).collect()
}

/// The known action that is closest to a misspelled one.
pub fn nearest_action(text: &str) -> Option<String> {
    let (prefix, name) = text.split_once(':').unwrap_or((text, ""));
    let lower = prefix.to_ascii_lowercase();
    let prefix = match SERVICES.get_key_value(lower.as_str()) {
        Some((prefix, _)) => prefix,
        None => nearest(&lower, SERVICES.keys().copied())?,
    };
    let name = nearest(name, of_service(prefix)?.names())?;
    Some(format!("{prefix}:{name}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_its_spelling_and_its_resources() {
        let forms = |name: &str| {
            let found = action(name)?;
            Some((found.name, found.forms.iter().map(|form| form.arn).collect::<Vec<_>>()))
        };
        let bucket = forms("S3:listbucket").unwrap();
        assert_eq!(bucket, ("s3:ListBucket".to_owned(), vec!["arn:*:s3:*:*:accesspoint/*", "arn:*:s3:::*"]));
        assert!(forms("s3:PutObject").unwrap().1.contains(&"arn:*:s3:::*/*"));
        assert_eq!(forms("s3:ListAllMyBuckets").unwrap().1, [""; 0]);
        assert_eq!(forms("iam:PassRole").unwrap().1, ["arn:*:iam::*:role/*"]);
        let required = |name: &str| {
            let forms = action(name).unwrap().forms.into_iter();
            forms.filter(|form| form.is_required).map(|form| form.name).collect::<Vec<_>>()
        };
        assert_eq!(required("ec2:CreateSubnet"), ["subnet", "vpc"]);
        assert_eq!(required("lambda:TagResource"), [""; 0]);
        assert_eq!(forms("s3:PutObjekt"), None);
        assert_eq!(forms("s3"), None);
        assert_eq!(forms("none:GetObject"), None);
    }

    #[test]
    fn an_action_has_its_access_level() {
        let level = |name: &str| action(name).unwrap().level;
        assert_eq!(level("s3:GetObject"), Some(AccessLevel::Read));
        assert_eq!(level("s3:ListBucket"), Some(AccessLevel::List));
        assert_eq!(level("s3:ListAllMyBuckets"), Some(AccessLevel::List));
        assert_eq!(level("s3:PutObject"), Some(AccessLevel::Write));
        assert_eq!(level("s3:PutObjectTagging"), Some(AccessLevel::Tagging));
        assert_eq!(level("s3:PutBucketPolicy"), Some(AccessLevel::PermissionsManagement));
        let (known, all) = SERVICES.keys().fold((0, 0), |(known, all), prefix| {
            let levels = of_service(prefix).unwrap().actions(prefix).map(|action| action.level);
            levels.fold((known, all), |(known, all), level| (known + usize::from(level.is_some()), all + 1))
        });
        assert!(known * 4 > all * 3, "{known} of {all}");
    }

    #[test]
    fn the_closest_action_is_suggested() {
        assert_eq!(nearest_action("s3:PutObjekt").as_deref(), Some("s3:PutObject"));
        assert_eq!(nearest_action("dynamodbb:GetItem").as_deref(), Some("dynamodb:GetItem"));
        assert_eq!(nearest_action("s3:Frobnicate"), None);
        assert_eq!(nearest_action(""), None);
    }

    #[test]
    fn the_data_has_every_service_once() {
        let lines = include_str!("data/actions.txt").lines().count();
        assert!(lines > 400 && SERVICES.len() == lines, "{lines}");
        let number: usize = SERVICES.values().map(|one| one.without_resource().count()).sum();
        assert!(number > 6000, "{number}");
        for (prefix, service) in SERVICES.iter() {
            let forms: Vec<ResourceForm> = service.forms().collect();
            assert!(forms.iter().all(|form| form.arn.starts_with("arn:*:")), "{prefix}");
            for name in service.names() {
                let found = action(&format!("{prefix}:{name}")).unwrap();
                assert!(found.name.ends_with(name), "{prefix}:{name}");
            }
        }
    }
}
