//! What CloudFormation's registry says of a type today, over what the embedded copy says. A type
//! that the embedded registry does not know is learned from it for the rest of the process.
//!
//! A fact from AWS is better than an embedded one, and an embedded one is better than none: no
//! failure here is an error, but the answer says who gave it and why it was not AWS.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ports::{CloudError, CloudErrorKind, DescribeTypes, DescribedType};
use crate::schema::{FactsSource, HandlerFacts, Provisioning, Registry, TypeSchema, UnusableSchema};

/// How long an answer of DescribeType is good for.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An answer of DescribeType, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// When AWS gave it.
    pub fetched_at: Timestamp,
    /// What it was.
    pub facts: HandlerFacts,
    /// The whole schema of a type that the embedded registry does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<RememberedSchema>,
}

/// A schema as DescribeType gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedSchema {
    /// Its text.
    pub text: String,
    /// What can be done with its type.
    pub provisioning: Provisioning,
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
    if !Registry::contains(type_name) {
        let RememberedSchema { text, provisioning } = kept.schema?;
        Registry::learn(TypeSchema::from_described(type_name, &text, provisioning).ok()?);
    }
    Some(KnownType { facts: kept.facts, source: FactsSource::Cache { age_seconds }, reason: None })
}

/// Asks AWS and keeps the answer. Where AWS does not answer, what is kept counts, else the
/// embedded copy. A type that the registry does not know is learned from the answer.
///
/// # Errors
/// Why nothing is known of the type: AWS did not describe it, and neither is it kept or embedded.
pub async fn ask(
    cloud: &dyn DescribeTypes,
    cache: &dyn TypeCache,
    type_name: &str,
    now: Timestamp,
) -> Result<KnownType, String> {
    let answer = match cloud.describe_type(type_name).await {
        Ok(described) => understood(type_name, &described).map_err(|unusable| unusable.to_string()),
        Err(error) => Err(unanswered(&error)),
    };
    match answer {
        Ok((facts, schema)) => {
            cache.write(type_name, &Remembered { fetched_at: now, facts: facts.clone(), schema });
            Ok(KnownType { facts, source: FactsSource::Aws, reason: None })
        }
        Err(reason) => instead(cache, type_name, now, reason),
    }
}

/// What DescribeType said, and the schema where it is to be kept.
fn understood(
    type_name: &str,
    described: &DescribedType,
) -> Result<(HandlerFacts, Option<RememberedSchema>), UnusableSchema> {
    let DescribedType { schema: text, provisioning } = described;
    let facts = HandlerFacts::from_described(type_name, text, *provisioning)?;
    if !Registry::contains(type_name) {
        Registry::learn(TypeSchema::from_described(type_name, text, *provisioning)?);
    }
    let is_new = !Registry::is_embedded(type_name);
    Ok((facts, is_new.then(|| RememberedSchema { text: text.clone(), provisioning: *provisioning })))
}

/// The best answer where AWS could not even be asked.
///
/// # Errors
/// The reason given, where nothing is known of the type.
pub fn instead(cache: &dyn TypeCache, type_name: &str, now: Timestamp, reason: String) -> Result<KnownType, String> {
    match remembered(cache, type_name, now) {
        Some(kept) => Ok(KnownType { reason: Some(reason), ..kept }),
        None => embedded(type_name, Some(reason.clone())).ok_or(reason),
    }
}

/// True for a name that may be that of a type which is newer than the registry: it has the form of
/// one, and is not a known one with a typing mistake.
pub fn may_be_newer(type_name: &str) -> bool {
    let parts: Vec<&str> = type_name.split("::").collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has_form = matches!(parts.as_slice(), ["AWS", service, resource] if is_word(service) && is_word(resource));
    has_form && !Registry::contains(type_name) && Registry::typing_error(type_name).is_none()
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
        assert!(known.reason.unwrap().contains("is invalid"));
        assert!(cache.0.lock().unwrap().is_empty());
        let reason = ask(&Cloud(Ok("{")), &cache, "AWS::No::Such", day(1)).await.unwrap_err();
        assert!(reason.contains("is invalid"), "{reason}");
    }

    const NEW: &str = r#"{"typeName": "AWS::TypesTest::New", "properties": {"NewName": {"type": "string"}},
        "primaryIdentifier": ["/properties/NewName"], "handlers": {"read": {"permissions": []}}}"#;

    #[tokio::test]
    async fn a_new_type_is_learned_and_its_schema_kept() {
        let (cache, type_name) = (Memory::default(), "AWS::TypesTest::New");
        let denied = ask(&Cloud(Err(CloudErrorKind::TypeNotFound)), &cache, type_name, day(1)).await;
        assert_eq!(denied, Err("the region's registry does not have the type".to_owned()));
        let known = ask(&Cloud(Ok(NEW)), &cache, type_name, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Aws);
        assert_eq!(Registry::get(type_name).unwrap().name_property.as_deref(), Some("NewName"));
        let kept = cache.read(type_name).unwrap();
        assert_eq!(kept.schema.unwrap().text, NEW);
        ask(&Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(cache.read(TYPE).unwrap().schema, None, "an embedded type's is not");
    }

    #[test]
    fn a_kept_schema_is_learned_from_and_one_without_it_is_not_good_enough() {
        let (cache, type_name) = (Memory::default(), "AWS::TypesTest::Kept");
        let text = NEW.replace("TypesTest::New", "TypesTest::Kept");
        let facts = HandlerFacts::from_described(type_name, &text, Provisioning::FullyMutable).unwrap();
        cache.write(type_name, &Remembered { fetched_at: day(1), facts: facts.clone(), schema: None });
        assert_eq!(remembered(&cache, type_name, day(2)), None);
        let schema = Some(RememberedSchema { text, provisioning: Provisioning::FullyMutable });
        cache.write(type_name, &Remembered { fetched_at: day(1), facts, schema });
        assert!(remembered(&cache, type_name, day(2)).is_some() && Registry::contains(type_name));
    }

    #[test]
    fn only_a_name_that_could_be_a_new_type_is_asked_for() {
        for (name, asked) in [
            ("AWS::TypesTest::Brand", true),
            ("AWS::S3::Bucket", false),
            ("AWS::S3::Buckt", false),
            ("Custom::Thing", false),
            ("Acme::Any::Thing", false),
            ("AWS::Service::Thing::MODULE", false),
            ("AWS::Service::", false),
            ("AWS::Some-Service::Thing", false),
        ] {
            assert_eq!(may_be_newer(name), asked, "{name}");
        }
    }
}
