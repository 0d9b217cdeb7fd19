//! Facts about resource types from the CloudFormation registry, which take precedence over the embedded copy. A type that
//! the registry of the run does not know is added to it.
//!
//! Failures are not errors: the embedded copy is then used. The result contains its source, and why it is not AWS.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ports::{CloudError, CloudErrorKind, DescribeTypes, DescribedType};
use crate::schema::{FactsSource, HandlerFacts, Provisioning, Registry, TypeSchema, UnusableSchema};

/// How long a response of DescribeType is cached.
const CACHE_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A cached response of DescribeType.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedType {
    /// The time of the response.
    pub fetched_at: Timestamp,
    /// The facts.
    pub facts: HandlerFacts,
    /// The complete schema of a type that the embedded registry does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<CachedSchema>,
}

/// A cached schema of DescribeType.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedSchema {
    /// The JSON text of the schema.
    pub text: String,
    /// The provisioning type.
    pub provisioning: Provisioning,
}

/// A cache of responses for one Region. Failures are ignored: they only cost another call.
pub trait TypeCache: Send + Sync {
    /// Returns the cached response for a type; `None` also if it cannot be read or parsed.
    fn read(&self, type_name: &str) -> Option<CachedType>;
    /// Caches a response.
    fn write(&self, type_name: &str, answer: &CachedType);
}

/// The facts about a type's handlers and their source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownType {
    /// The facts.
    pub facts: HandlerFacts,
    /// The source of the facts.
    pub source: FactsSource,
    /// Why AWS did not provide the facts, if it was queried.
    pub reason: Option<String>,
}

/// Returns the facts of the embedded copy; `None` for an unknown type.
pub fn embedded(registry: &Registry, type_name: &str, reason: Option<String>) -> Option<KnownType> {
    let facts = HandlerFacts::of(registry.get(type_name)?);
    Some(KnownType { facts, source: FactsSource::Embedded, reason })
}

/// Returns the cached facts, if they have not expired.
pub fn cached(registry: &Registry, cache: &dyn TypeCache, type_name: &str, now: Timestamp) -> Option<KnownType> {
    let entry = cache.read(type_name)?;
    let age = now.duration_since(entry.fetched_at);
    // If the time is in the future, the clock was set back and the age is unknown.
    let age_seconds = u64::try_from(age.as_secs()).ok().filter(|_| age < CACHE_LIFETIME)?;
    if !registry.contains(type_name) {
        let CachedSchema { text, provisioning } = entry.schema?;
        registry.learn(TypeSchema::from_described(type_name, &text, provisioning).ok()?);
    }
    Some(KnownType { facts: entry.facts, source: FactsSource::Cache { age_seconds }, reason: None })
}

/// Queries AWS and caches the response. If AWS does not respond, the cache or the embedded copy is used. A type that the
/// registry does not know is added to it.
///
/// # Errors
/// Why the type is unknown: AWS did not describe it, and it is neither cached nor embedded.
pub async fn query(
    registry: &Registry,
    cloud: &dyn DescribeTypes,
    cache: &dyn TypeCache,
    type_name: &str,
    now: Timestamp,
) -> Result<KnownType, String> {
    let answer = match cloud.describe_type(type_name).await {
        Ok(described) => parse_response(registry, type_name, &described).map_err(|unusable| unusable.to_string()),
        Err(error) => Err(failure_reason(&error)),
    };
    match answer {
        Ok((facts, schema)) => {
            cache.write(type_name, &CachedType { fetched_at: now, facts: facts.clone(), schema });
            Ok(KnownType { facts, source: FactsSource::Aws, reason: None })
        }
        Err(reason) => fallback(registry, cache, type_name, now, reason),
    }
}

/// Whether a Region has a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It has the type, with these handlers.
    Available(HandlerFacts),
    /// Its registry does not have the type.
    Missing,
    /// AWS did not say. Contains the reason.
    Unknown(String),
}

/// Queries whether a Region has a type, unless the cache knows it.
pub async fn availability(
    registry: &Registry,
    cloud: &dyn DescribeTypes,
    cache: &dyn TypeCache,
    type_name: &str,
    now: Timestamp,
) -> Availability {
    if let Some(known) = cached(registry, cache, type_name, now) {
        return Availability::Available(known.facts);
    }
    match cloud.describe_type(type_name).await {
        Ok(described) => match parse_response(registry, type_name, &described) {
            Ok((facts, schema)) => {
                cache.write(type_name, &CachedType { fetched_at: now, facts: facts.clone(), schema });
                Availability::Available(facts)
            }
            Err(unusable) => Availability::Unknown(unusable.to_string()),
        },
        Err(error) if error.kind == CloudErrorKind::TypeNotFound => Availability::Missing,
        Err(error) => Availability::Unknown(failure_reason(&error)),
    }
}

/// Parses a response of DescribeType; returns the schema as well if it must be cached.
fn parse_response(
    registry: &Registry,
    type_name: &str,
    described: &DescribedType,
) -> Result<(HandlerFacts, Option<CachedSchema>), UnusableSchema> {
    let DescribedType { schema: text, provisioning } = described;
    let facts = HandlerFacts::from_described(type_name, text, *provisioning)?;
    if !registry.contains(type_name) {
        registry.learn(TypeSchema::from_described(type_name, text, *provisioning)?);
    }
    let is_new = !Registry::is_embedded(type_name);
    Ok((facts, is_new.then(|| CachedSchema { text: text.clone(), provisioning: *provisioning })))
}

/// Returns the facts of the cache or of the embedded copy if AWS cannot be queried.
///
/// # Errors
/// The given reason, if the type is unknown.
pub fn fallback(
    registry: &Registry,
    cache: &dyn TypeCache,
    type_name: &str,
    now: Timestamp,
    reason: String,
) -> Result<KnownType, String> {
    match cached(registry, cache, type_name, now) {
        Some(entry) => Ok(KnownType { reason: Some(reason), ..entry }),
        None => embedded(registry, type_name, Some(reason.clone())).ok_or(reason),
    }
}

/// Returns true if a name may be that of a type that is newer than the registry: it has the form of a type name, and is not
/// a misspelled known type.
pub fn may_be_new_type(registry: &Registry, type_name: &str) -> bool {
    let parts: Vec<&str> = type_name.split("::").collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has_form = matches!(parts.as_slice(), ["AWS", service, resource] if is_word(service) && is_word(resource));
    has_form && !registry.contains(type_name) && registry.typing_error(type_name).is_none()
}

fn failure_reason(error: &CloudError) -> String {
    match error.kind {
        CloudErrorKind::AccessDenied => "cloudformation:DescribeType is denied".to_owned(),
        CloudErrorKind::TypeNotFound => "the registry of the Region does not have the type".to_owned(),
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
    struct Memory(Mutex<BTreeMap<String, CachedType>>);

    impl TypeCache for Memory {
        fn read(&self, type_name: &str) -> Option<CachedType> {
            self.0.lock().unwrap().get(type_name).cloned()
        }
        fn write(&self, type_name: &str, answer: &CachedType) {
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
    async fn a_response_is_cached_for_seven_days() {
        let cache = Memory::default();
        let asked = query(&Registry::embedded(), &Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!((asked.source, asked.reason), (FactsSource::Aws, None));
        let entry = cached(&Registry::embedded(), &cache, TYPE, day(7)).unwrap();
        assert_eq!(entry.facts, asked.facts);
        assert_eq!(entry.source, FactsSource::Cache { age_seconds: 6 * 86_400 });
        assert_eq!(cached(&Registry::embedded(), &cache, TYPE, day(8)), None);
        assert_eq!(cached(&Registry::embedded(), &cache, "AWS::S3::Bucket", day(1)), None);
        let before = "2026-10-31T00:00:00Z".parse().unwrap();
        assert_eq!(cached(&Registry::embedded(), &cache, TYPE, before), None);
    }

    #[tokio::test]
    async fn without_aws_the_cache_is_used_and_then_the_embedded_copy() {
        let cache = Memory::default();
        let denied = Cloud(Err(CloudErrorKind::AccessDenied));
        let known = query(&Registry::embedded(), &denied, &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Embedded);
        assert_eq!(known.reason.as_deref(), Some("cloudformation:DescribeType is denied"));
        assert!(known.facts.handlers.create);
        assert!(cache.0.lock().unwrap().is_empty(), "only responses of AWS are cached");
        query(&Registry::embedded(), &Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        let known = query(&Registry::embedded(), &denied, &cache, TYPE, day(2)).await.unwrap();
        assert_eq!(known.source, FactsSource::Cache { age_seconds: 86_400 });
        assert!(known.reason.is_some() && !known.facts.handlers.create);
    }

    #[tokio::test]
    async fn an_invalid_schema_is_not_cached() {
        let cache = Memory::default();
        let known = query(&Registry::embedded(), &Cloud(Ok("{")), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Embedded);
        assert!(known.reason.unwrap().contains("is invalid"));
        assert!(cache.0.lock().unwrap().is_empty());
        let reason = query(&Registry::embedded(), &Cloud(Ok("{")), &cache, "AWS::No::Such", day(1)).await.unwrap_err();
        assert!(reason.contains("is invalid"), "{reason}");
    }

    const NEW: &str = r#"{"typeName": "AWS::TypesTest::New", "properties": {"NewName": {"type": "string"}},
        "primaryIdentifier": ["/properties/NewName"], "handlers": {"read": {"permissions": []}}}"#;

    #[tokio::test]
    async fn a_new_type_is_added_and_its_schema_cached() {
        let (registry, cache, type_name) = (Registry::embedded(), Memory::default(), "AWS::TypesTest::New");
        let denied = query(&registry, &Cloud(Err(CloudErrorKind::TypeNotFound)), &cache, type_name, day(1)).await;
        assert_eq!(denied, Err("the registry of the Region does not have the type".to_owned()));
        let known = query(&registry, &Cloud(Ok(NEW)), &cache, type_name, day(1)).await.unwrap();
        assert_eq!(known.source, FactsSource::Aws);
        assert_eq!(registry.get(type_name).unwrap().name_property.as_deref(), Some("NewName"));
        let entry = cache.read(type_name).unwrap();
        assert_eq!(entry.schema.unwrap().text, NEW);
        query(&Registry::embedded(), &Cloud(Ok(SCHEMA)), &cache, TYPE, day(1)).await.unwrap();
        assert_eq!(cache.read(TYPE).unwrap().schema, None, "the schema of an embedded type is not cached");
        let elsewhere = Registry::embedded();
        assert!(cached(&elsewhere, &cache, type_name, day(1)).is_some());
        assert_eq!(elsewhere, registry, "the cache has the same description");
    }

    #[test]
    fn a_cached_schema_is_added_to_the_registry_and_a_response_without_schema_is_ignored() {
        let (registry, cache, type_name) = (Registry::embedded(), Memory::default(), "AWS::TypesTest::Kept");
        let text = NEW.replace("TypesTest::New", "TypesTest::Kept");
        let facts = HandlerFacts::from_described(type_name, &text, Provisioning::FullyMutable).unwrap();
        cache.write(type_name, &CachedType { fetched_at: day(1), facts: facts.clone(), schema: None });
        assert_eq!(cached(&registry, &cache, type_name, day(2)), None);
        let schema = Some(CachedSchema { text, provisioning: Provisioning::FullyMutable });
        cache.write(type_name, &CachedType { fetched_at: day(1), facts, schema });
        assert!(cached(&registry, &cache, type_name, day(2)).is_some() && registry.contains(type_name));
    }

    #[test]
    fn only_names_of_possible_new_types_are_queried() {
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
            assert_eq!(may_be_new_type(&Registry::embedded(), name), asked, "{name}");
        }
    }
}
