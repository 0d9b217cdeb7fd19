//! The filters of views and of `ListResources`: words such as `region:us-east-1,global` or `-service:iam`, all of which must match.
//! Text that is not a filter cannot be searched for by them.

use super::{Entry, invalid};
use crate::sandbox::wire::ApiError;

/// A parsed filter string.
pub(super) struct Filter(Vec<Word>);

struct Word {
    is_negated: bool,
    key: Key,
    values: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Key {
    AccountId,
    Id,
    Region,
    ResourceType,
    Service,
    Tag,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        text.split_whitespace().map(Word::parse).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn lets_through(&self, entry: &Entry) -> bool {
        self.0.iter().all(|word| word.matches(entry) != word.is_negated)
    }
}

impl Word {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let (is_negated, word) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let refused = || invalid(format!("The filter string is not valid: {text}"));
        let (key, values) = word.split_once(':').ok_or_else(refused)?;
        let key = match key {
            "accountid" => Key::AccountId,
            "id" => Key::Id,
            "region" => Key::Region,
            "resourcetype" => Key::ResourceType,
            "service" => Key::Service,
            "tag" => Key::Tag,
            _ => return Err(refused()),
        };
        let values: Vec<String> = values.split(',').map(str::to_owned).collect();
        // Of tags, a filter string can only say whether there are any; the sandbox does not know more of the syntax.
        let is_known = key != Key::Tag || values.iter().all(|value| value == "none" || value == "all");
        if !is_known || values.iter().any(String::is_empty) {
            return Err(refused());
        }
        Ok(Self { is_negated, key, values })
    }

    fn matches(&self, entry: &Entry) -> bool {
        let is_any = |own: &str| self.values.iter().any(|value| value.eq_ignore_ascii_case(own));
        match self.key {
            Key::AccountId => is_any(&entry.account),
            Key::Id => is_any(&entry.arn),
            Key::Region => is_any(&entry.region),
            Key::ResourceType => is_any(entry.name),
            Key::Service => is_any(entry.service()),
            Key::Tag => is_any(if entry.tags.is_empty() { "none" } else { "all" }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sandbox::tags::Tags;

    fn entry(name: &'static str, tags: &[(&str, &str)]) -> Entry {
        Entry {
            arn: "arn:aws:sqs:us-east-1:111111111111:q".to_owned(),
            name,
            type_name: String::new(),
            region: "us-east-1".to_owned(),
            account: "111111111111".to_owned(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Tags>(),
            reported: 0,
        }
    }

    #[test]
    fn every_word_must_match_one_of_its_values() {
        let lets = |filter: &str, entry: &Entry| Filter::parse(filter).unwrap().lets_through(entry);
        let (untagged, tagged) = (entry("sqs:queue", &[]), entry("sqs:queue", &[("Owner", "data")]));
        assert!(lets("", &tagged) && lets("tag:none region:us-east-1,global", &untagged));
        assert!(!lets("tag:none", &tagged) && lets("-tag:none", &tagged) && lets("tag:all", &tagged));
        assert!(lets("service:sqs resourcetype:sqs:queue", &untagged) && !lets("-service:sqs", &untagged));
        assert!(!lets("tag:none region:eu-west-1,global", &untagged));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in ["orders", "name:x", "tag:", "region:", "tag.key:Owner", "tag:Owner=data"] {
            assert_eq!(
                Filter::parse(filter).err().map(|error| error.code.into_owned()).as_deref(),
                Some("ValidationException")
            );
        }
    }
}
