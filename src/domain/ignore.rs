//! Entries of an ignore file: accepted results of `drift`.

use jiff::civil::Date;

use super::diagnostic::Location;
use super::finding::Waiver;
use super::pointer::PropertyPath;
use super::wildcard;

/// One entry of an ignore file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// Type name; `*` matches any sequence of characters.
    pub type_name: String,
    /// Identifier in either environment; `*` matches any sequence of characters.
    pub identifier: String,
    /// JSON pointer of the difference, in which the token `*` matches any one; a tag is `/Tags/KEY`. `None`: the whole
    /// result of the resource, whatever its status.
    pub pointer: Option<String>,
    /// Who is responsible for it.
    pub owner: String,
    /// Why the result is accepted.
    pub reason: String,
    /// The last day on which the entry holds.
    pub expires: Date,
    /// Its location.
    pub location: Location,
}

impl IgnoreRule {
    /// True if the entry is about a resource of this type with one of these identifiers.
    pub fn is_about<'a>(&self, type_name: &str, identifiers: impl IntoIterator<Item = &'a String>) -> bool {
        wildcard::matches_star(&self.type_name, type_name)
            && identifiers.into_iter().any(|identifier| wildcard::matches_star(&self.identifier, identifier))
    }

    /// True if the entry covers a difference at a pointer; `of_tag` is the pointer with the key of a tag instead of its
    /// index. False for an entry without a pointer.
    pub fn covers(&self, pointer: &str, of_tag: Option<&str>) -> bool {
        let path = self.pointer.as_deref().map(PropertyPath::parse);
        path.is_some_and(|path| path.covers(pointer) || of_tag.is_some_and(|pointer| path.covers(pointer)))
    }

    /// True until the end of the last day.
    pub fn holds_on(&self, today: Date) -> bool {
        self.expires >= today
    }

    /// The decision, as a result records it.
    pub fn waiver(&self) -> Waiver {
        Waiver {
            owner: Some(self.owner.clone()),
            reason: self.reason.clone(),
            expires: Some(self.expires),
            source: self.location.file.clone(),
        }
    }

    /// The entry in a few words, for messages.
    pub fn subject(&self) -> String {
        let pointer = self.pointer.as_deref().map(|pointer| format!(" {pointer}")).unwrap_or_default();
        format!("{} {}{pointer}", self.type_name, self.identifier)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rule(type_name: &str, identifier: &str, pointer: Option<&str>) -> IgnoreRule {
        IgnoreRule {
            type_name: type_name.into(),
            identifier: identifier.into(),
            pointer: pointer.map(str::to_owned),
            owner: "data".into(),
            reason: "by design".into(),
            expires: "2026-12-31".parse().unwrap(),
            location: Location { file: "i.yaml".into(), line: 2, column: 5 },
        }
    }

    #[test]
    fn types_and_identifiers_are_patterns() {
        let names = ["jobs-dev".to_owned(), "jobs-prod".to_owned()];
        for (type_name, identifier, expected) in [
            ("AWS::SQS::Queue", "jobs-prod", true),
            ("AWS::SQS::Queue", "jobs-*", true),
            ("AWS::SQS::*", "*", true),
            ("AWS::SNS::*", "*", false),
            ("AWS::SQS::Queue", "jobs", false),
        ] {
            let about = rule(type_name, identifier, None).is_about("AWS::SQS::Queue", &names);
            assert_eq!(about, expected, "{type_name} {identifier}");
        }
    }

    #[test]
    fn a_pointer_covers_what_is_in_it() {
        for (pointer, place, expected) in [
            (Some("/Policy"), "/Policy/Statement/0", true),
            (Some("/Policy"), "/PolicyName", false),
            (Some("/Rules/*/Status"), "/Rules/3/Status", true),
            (Some("/Rules/*/Status"), "/Rules/3/Id", false),
            (Some("/Policy/Statement"), "/Policy", false),
            (None, "/Policy", false),
        ] {
            assert_eq!(rule("*", "*", pointer).covers(place, None), expected, "{pointer:?} {place}");
        }
        let of_tag = rule("*", "*", Some("/Tags/CostCenter"));
        assert!(of_tag.covers("/Tags/3/Value", Some("/Tags/CostCenter")));
        assert!(!of_tag.covers("/Tags/3/Value", Some("/Tags/Team")));
    }

    #[test]
    fn an_entry_holds_through_its_last_day() {
        let rule = rule("*", "*", None);
        let days = ["2026-12-31", "2027-01-01"].map(|day| rule.holds_on(day.parse().unwrap()));
        assert_eq!(days, [true, false]);
    }
}
