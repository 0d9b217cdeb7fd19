//! What CloudFormation's registry says of a type today, over what the embedded copy says.
//!
//! A fact from AWS is better than an embedded one, and an embedded one is better than none: no
//! failure here is an error, but the answer says who gave it and why it was not AWS.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ports::{CloudError, CloudErrorKind, DescribeTypes};
use crate::schema::{FactsSource, HandlerFacts};

/// How long an answer of DescribeType is good for.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An answer of DescribeType, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// When AWS gave it.
    pub fetched_at: Timestamp,
    /// What it was.
    pub facts: HandlerFacts,
}

/// Where answers are kept, for one region. Losing one costs a call, so nothing here fails.
pub trait TypeCache: Send + Sync {
    /// The answer kept for a type; `None` too where it cannot be read or understood.
    fn read(&self, type_name: &str) -> Option<Remembered>;
    /// Keeps an answer.
    fn write(&self, type_name: &str, answer: &Remembered);
}

/// What is known of a type's handlers, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownType {
    /// The facts.
    pub facts: HandlerFacts,
    /// Who gave them.
    pub source: FactsSource,
    /// Why AWS, though asked, did not answer.
    pub reason: Option<String>,
}

/// The embedded copy's answer; `None` for an unknown type.
pub fn embedded(type_name: &str, reason: Option<String>) -> Option<KnownType> {
    let facts = HandlerFacts::embedded(type_name)?;
    Some(KnownType { facts, source: FactsSource::Embedded, reason })
}

/// The answer kept from an earlier run, if it is young enough.
pub fn remembered(cache: &dyn TypeCache, type_name: &str, now: Timestamp) -> Option<KnownType> {
    let kept = cache.read(type_name)?;
    let age = now.duration_since(kept.fetched_at);
    // A time in the future is a clock that was set back: nothing is known of the answer's age.
    let age_seconds = u64::try_from(age.as_secs()).ok().filter(|_| age < KEPT_FOR)?;
    Some(KnownType { facts: kept.facts, source: FactsSource::Cache { age_seconds }, reason: None })
}

/// Asks AWS and keeps the answer. Where AWS does not answer, what is kept counts, else the
/// embedded copy; `None` for a type that neither knows.
pub async fn ask(
    cloud: &dyn DescribeTypes,
    cache: &dyn TypeCache,
    type_name: &str,
    now: Timestamp,
) -> Option<KnownType> {
    let answer = match cloud.describe_type(type_name).await {
        Ok(described) => HandlerFacts::from_described(type_name, &described.schema, described.provisioning)
            .map_err(|unusable| unusable.to_string()),
        Err(error) => Err(unanswered(&error)),
    };
    match answer {
        Ok(facts) => {
            cache.write(type_name, &Remembered { fetched_at: now, facts: facts.clone() });
            Some(KnownType { facts, source: FactsSource::Aws, reason: None })
        }
        Err(reason) => instead(cache, type_name, now, reason),
    }
}

/// The best answer where AWS could not even be asked.
pub fn instead(cache: &dyn TypeCache, type_name: &str, now: Timestamp, reason: String) -> Option<KnownType> {
    match remembered(cache, type_name, now) {
        Some(kept) => Some(KnownType { reason: Some(reason), ..kept }),
        None => embedded(type_name, Some(reason)),
    }
}

fn unanswered(error: &CloudError) -> String {
    match error.kind {
        CloudErrorKind::AccessDenied => "cloudformation:DescribeType is denied".to_owned(),
        CloudErrorKind::TypeNotFound => "the region's registry does not have the type".to_owned(),
        CloudErrorKind::Network => format!("CloudFormation cannot be reached: {}", error.message),
        _ => format!("DescribeType failed: {}", error.message.trim_end_matches('.')),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::pipeline::ports::DescribedType;
    use crate::schema::Provisioning;

    const TYPE: &str = "AWS::SQS::Queue";

    #[derive(Default)]
    struct Memory(Mutex<BTreeMap<String, Remembered>>);

    impl TypeCache for Memory {
        fn read(&self, type_name: &str) -> Option<Remembered> {
            self.0.lock().unwrap().get(type_name).cloned()
        }
        fn write(&self, type_name: &str, answer: &Remembered) {
            self.0.lock().unwrap().insert(type_name.to_owned(), answer.clone());
        }
    }

    struct Cloud(Result<&'static str, CloudErrorKind>);

    #[async_trait]
    impl DescribeTypes for Cloud {
        async fn describe_type(&self, _: &str) -> Result<DescribedType, CloudError> {
            match self.0 {
                Ok(schema) => Ok(DescribedType { schema: schema.to_owned(), provisioning: Provisioning::FullyMutable }),
                Err(kind) => Err(CloudError::new(kind, "cloudformation.DescribeType", "dev", "no")),
            }
        }
    }

    const SCHEMA: &str = r#"{"typeName": "AWS::SQS::Queue", "handlers": {"read": {"permissions": ["sqs:Get"]}}}"#;

    fn day(day: i8) -> Timestamp {
        format!("2026-11-{day:02}T00:00:00Z").parse().unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_seven_days() {
        let cache = Memory::default();
        let asked = ask(&Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!((asked.source, asked.reason), (FactsSource::Aws, None));
        let kept = remembered(&cache, TYPE, day(7)).unwrap();
        assert_eq!(kept.facts, asked.facts);
        assert_eq!(kept.source, FactsSource::Cache { age_seconds: 6 * 86_400 });
        assert_eq!(remembered(&cache, TYPE, day(8)), None);
        assert_eq!(remembered(&cache, "AWS::S3::Bucket", day(1)), None);
        let before = "2026-10-31T00:00:00Z".parse().unwrap();
        assert_eq!(remembered(&cache, TYPE, before), None);
    }

    #[tokio::test]
    async fn without_aws_the_kept_answer_counts_and_then_the_embedded_copy() {
        let cache = Memory::default();
        let denied = Cloud(Err(CloudErrorKind::AccessDenied));
        let known = ask(&denied, &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Embedded);
        assert_eq!(known.reason.as_deref(), Some("cloudformation:DescribeType is denied"));
        assert!(known.facts.handlers.create);
        assert!(cache.0.lock().unwrap().is_empty(), "only AWS's answers are kept");
        ask(&Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        let known = ask(&denied, &cache, TYPE, day(2)).await.unwrap();
        assert_eq!(known.source, FactsSource::Cache { age_seconds: 86_400 });
        assert!(known.reason.is_some() && !known.facts.handlers.create);
    }

    #[tokio::test]
    async fn an_answer_that_is_no_schema_is_not_kept() {
        let cache = Memory::default();
        let known = ask(&Cloud(Ok("{")), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Embedded);
        assert!(known.reason.unwrap().contains("not usable"));
        assert!(cache.0.lock().unwrap().is_empty());
        assert_eq!(ask(&Cloud(Ok("{")), &cache, "AWS::No::Such", day(1)).await, None);
    }
}
