//! Answers of an earlier run, which stand in for a service that cannot be reached.

use std::time::Duration;

use super::resource::ResourceRef;

/// A read that was answered with what AWS returned in an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleRead {
    /// The environment.
    pub environment: String,
    /// The resource; the identifier `*` stands for the list of a type, and `None` for the tags of all resources.
    pub resource: Option<ResourceRef>,
    /// The time since AWS returned it.
    pub age: Duration,
}

impl StaleRead {
    /// What was read, for a sentence.
    pub fn subject(&self) -> String {
        self.resource.as_ref().map_or_else(|| "tagged resources".to_owned(), ToString::to_string)
    }
}

/// Returns the age of the stale answers that a resource is based on: its own, or that of the list that it is from.
pub fn age_of(stale: &[StaleRead], environment: &str, type_name: &str, identifier: &str) -> Option<Duration> {
    let concerns = |read: &&StaleRead| {
        let of_it = |resource: &ResourceRef| {
            resource.type_name == type_name && (resource.identifier == identifier || resource.identifier == "*")
        };
        read.environment == environment && read.resource.as_ref().is_none_or(of_it)
    };
    stale.iter().filter(concerns).map(|read| read.age).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_as_old_as_the_oldest_answer_that_it_is_based_on() {
        let read = |resource: Option<(&str, &str)>, age| StaleRead {
            environment: "dev".to_owned(),
            resource: resource.map(|(type_name, identifier)| ResourceRef::new(type_name, identifier)),
            age: Duration::from_secs(age),
        };
        let own = [read(Some(("AWS::SQS::Queue", "q")), 5), read(Some(("AWS::SQS::Queue", "*")), 9)];
        let age = |stale: &[StaleRead], environment, identifier| {
            age_of(stale, environment, "AWS::SQS::Queue", identifier).map(|age| age.as_secs())
        };
        assert_eq!(age(&own, "dev", "q"), Some(9));
        assert_eq!(age(&own[..1], "dev", "other"), None);
        assert_eq!(age(&own, "prod", "q"), None);
        assert_eq!(age(&[read(None, 7)], "dev", "any"), Some(7));
    }
}
