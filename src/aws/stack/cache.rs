//! Answers of earlier runs, for commands that only read.
//!
//! AWS is always asked. Only if the service cannot be reached, what it answered in an earlier run is used instead, with its age.
//! Such an answer never authorizes a write: plans and their execution require a
//! [`ReadLive`](crate::pipeline::ports::ReadLive), which a [`StaleReader`] is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::clock::SharedClock;
use crate::domain::plan::{hidden_values, redact};
use crate::domain::resource::ResourceRef;
use crate::domain::stale::StaleRead;
use crate::domain::tags::{self, Tags};
use crate::pipeline::ports::{
    CloudError, CloudErrorKind, Freshness, ReadCloud, ReadResources, ReadTags, TaggedResource,
};
use crate::schema::{Registry, TypeSchema};

/// Older answers are not used.
const LONGEST_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An answer of AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// What was asked.
    pub question: String,
    /// When AWS answered, in wall-clock time.
    pub at: SystemTime,
    /// The answer.
    pub value: Value,
}

/// Keeps answers between runs. What cannot be read or written counts as missing.
pub trait AnswerStore: Debug + Send + Sync {
    /// Returns the answer to a question.
    fn read(&self, question: &str) -> Option<StoredAnswer>;
    /// Stores an answer.
    fn write(&self, answer: &StoredAnswer);
    /// Forgets the answer to a question.
    fn remove(&self, question: &str);
}

/// A reader that uses answers of earlier runs for a service that cannot be reached.
#[derive(Debug)]
pub struct StaleReader<R> {
    reader: R,
    clock: SharedClock,
    store: Option<Arc<dyn AnswerStore>>,
    /// By question.
    stale: Mutex<BTreeMap<String, StaleRead>>,
}

impl<R: ReadCloud> StaleReader<R> {
    /// Creates a reader; without a store, it answers as the other reader does.
    pub fn new(reader: R, clock: &SharedClock, store: Option<Arc<dyn AnswerStore>>) -> Self {
        Self { reader, clock: clock.clone(), store, stale: Mutex::default() }
    }

    /// Returns the reads that were answered with answers of an earlier run, so far.
    pub fn stale_reads(&self) -> Vec<StaleRead> {
        let mut reads: Vec<StaleRead> = self.lock().values().cloned().collect();
        reads.sort();
        reads
    }

    /// Asks AWS. `encode` returns what is stored of an answer: `None` if it may contain a secret or says that nothing is there.
    async fn answer<T>(
        &self,
        (question, subject): (String, Option<ResourceRef>),
        ask: impl Future<Output = Result<T, CloudError>>,
        encode: impl FnOnce(&T) -> Option<Value>,
        decode: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, CloudError> {
        let asked = ask.await;
        let Some(store) = &self.store else { return asked };
        match asked {
            Ok(answer) => {
                match encode(&answer) {
                    Some(value) => store.write(&StoredAnswer { question, at: self.clock.wall(), value }),
                    None => store.remove(&question),
                }
                Ok(answer)
            }
            Err(error) if is_out_of_reach(&error) => {
                let Some((age, value)) = self.stored(&**store, &question) else { return Err(error) };
                let Some(answer) = decode(value) else { return Err(error) };
                let read = StaleRead { environment: self.reader.environment().to_owned(), resource: subject, age };
                self.lock().insert(question, read);
                Ok(answer)
            }
            Err(error) => Err(error),
        }
    }

    /// A stored answer and its age. One from the future is not used: its age is unknown.
    fn stored(&self, store: &dyn AnswerStore, question: &str) -> Option<(Duration, Value)> {
        let stored = store.read(question).filter(|stored| stored.question == question)?;
        let age = self.clock.wall().duration_since(stored.at).ok().filter(|age| *age <= LONGEST_AGE)?;
        Some((age, stored.value))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, StaleRead>> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the identifiers of a type that earlier answers contain, for completions: of its list, and of tagged resources whose ARN
/// determines the identifier. AWS is not asked, and resources may have been deleted since.
pub fn known_identifiers(store: &dyn AnswerStore, registry: &Registry, type_name: &str) -> BTreeSet<String> {
    let managers = [tags::MANAGER, tags::CCAPI_MANAGER];
    let filters: [Option<(&str, &[&str])>; 2] = [None, Some((tags::MANAGED_BY, &managers))];
    let questions = filters.map(|filter| format!("tagged {}", json!(filter)));
    let tagged = questions.iter().map(String::as_str).chain(["principals"]).filter_map(|question| store.read(question));
    let tagged = tagged.filter_map(|answer| decode_tagged(answer.value)).flatten();
    let named = tagged.flat_map(|found| registry.identify(&found.arn).candidates());
    let named = named.filter(|resource| resource.type_name == type_name).map(|resource| resource.identifier);
    let listed = store.read(&format!("list {type_name}")).and_then(|answer| decode_list(answer.value));
    named.chain(listed.into_iter().flatten()).collect()
}

/// Returns true if the service did not respond. An error response is a response.
fn is_out_of_reach(error: &CloudError) -> bool {
    matches!(error.kind, CloudErrorKind::CircuitOpen | CloudErrorKind::Throttled) || error.is_service_fault()
}

/// A document, unless it contains something that must not be shown.
fn without_secret(schema: Option<&TypeSchema>, document: Value) -> Option<Value> {
    let none = BTreeSet::new();
    hidden_values(schema, &document, &none).is_empty().then_some(document)
}

fn encode_tagged(found: &[TaggedResource]) -> Option<Value> {
    let rows: Vec<Value> = found.iter().map(|one| json!({"arn": one.arn, "tags": one.tags})).collect();
    let document = Value::Array(rows);
    // A resource of no type: only what has the name or the shape of a secret is hidden.
    let shown = redact(None, &document, &BTreeSet::new());
    (shown == document).then_some(document)
}

fn decode_tagged(document: Value) -> Option<Vec<TaggedResource>> {
    let row = |row: &Value| {
        let tags: Tags = serde_json::from_value(row.get("tags")?.clone()).ok()?;
        Some(TaggedResource { arn: row.get("arn")?.as_str()?.to_owned(), tags })
    };
    document.as_array()?.iter().map(row).collect()
}

fn decode_list(document: Value) -> Option<Vec<String>> {
    serde_json::from_value(document).ok()
}

#[async_trait]
impl<R: ReadCloud> ReadResources for StaleReader<R> {
    fn environment(&self) -> &str {
        self.reader.environment()
    }

    fn registry(&self) -> &Registry {
        self.reader.registry()
    }

    fn freshness(&self) -> Freshness {
        let oldest = self.lock().values().map(|read| read.age).max();
        oldest.map_or(Freshness::Live, |age| Freshness::Cached { age })
    }

    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        let question = (format!("get {resource}"), Some(resource.clone()));
        let encode = |found: &Option<Value>| without_secret(self.registry().get(&resource.type_name), found.clone()?);
        self.answer(question, self.reader.get(resource), encode, |value| Some(Some(value))).await
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let question = (format!("list {type_name}"), Some(ResourceRef::new(type_name, "*")));
        self.answer(question, self.reader.list(type_name), |found| Some(json!(found)), decode_list).await
    }

    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError> {
        let question = (format!("list {type_name} {inputs}"), Some(ResourceRef::new(type_name, "*")));
        let ask = self.reader.list_within(type_name, inputs);
        self.answer(question, ask, |found| Some(json!(found)), decode_list).await
    }
}

#[async_trait]
impl<R: ReadCloud> ReadTags for StaleReader<R> {
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        let question = (format!("tagged {}", json!(filter)), None);
        self.answer(question, self.reader.tagged(filter), |found| encode_tagged(found), decode_tagged).await
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        let question = ("principals".to_owned(), None);
        self.answer(question, self.reader.tagged_principals(), |found| encode_tagged(found), decode_tagged).await
    }

    async fn tagged_if_permitted(
        &self,
        filter: Option<(&str, &[&str])>,
    ) -> Result<(Vec<TaggedResource>, Vec<CloudError>), CloudError> {
        let question = (format!("tagged {}", json!(filter)), None);
        // An answer without a Region is not stored.
        let encode = |(found, refused): &(Vec<TaggedResource>, Vec<CloudError>)| {
            if refused.is_empty() { encode_tagged(found) } else { None }
        };
        let decode = |value| Some((decode_tagged(value)?, Vec::new()));
        self.answer(question, self.reader.tagged_if_permitted(filter), encode, decode).await
    }
}

/// A store in memory.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(pub(crate) Mutex<BTreeMap<String, StoredAnswer>>);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
impl AnswerStore for MemoryStore {
    fn read(&self, question: &str) -> Option<StoredAnswer> {
        self.0.lock().unwrap().get(question).cloned()
    }
    fn write(&self, answer: &StoredAnswer) {
        self.0.lock().unwrap().insert(answer.question.clone(), answer.clone());
    }
    fn remove(&self, question: &str) {
        self.0.lock().unwrap().remove(question);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::clock::ManualClock;
    use super::*;

    /// A fake cloud with one answer, until it fails.
    #[derive(Debug, Default)]
    struct Cloud {
        registry: Registry,
        answer: Mutex<Value>,
        failure: Mutex<Option<CloudErrorKind>>,
    }

    impl Cloud {
        fn next(&self) -> Result<Value, CloudError> {
            match *self.failure.lock().unwrap() {
                Some(kind) => Err(CloudError::new(kind, "cloudcontrol.GetResource", "dev", "no")),
                None => Ok(self.answer.lock().unwrap().clone()),
            }
        }
        fn answer(&self, value: Value) {
            *self.answer.lock().unwrap() = value;
        }
        fn fail(&self, kind: CloudErrorKind) {
            *self.failure.lock().unwrap() = Some(kind);
        }
    }

    #[async_trait]
    impl ReadResources for &Cloud {
        fn environment(&self) -> &str {
            "dev"
        }
        fn registry(&self) -> &Registry {
            &self.registry
        }
        async fn get(&self, _: &ResourceRef) -> Result<Option<Value>, CloudError> {
            self.next().map(|value| Some(value).filter(|value| !value.is_null()))
        }
        async fn list(&self, _: &str) -> Result<Vec<String>, CloudError> {
            self.next().map(|value| vec![value.to_string()])
        }
        async fn list_within(&self, _: &str, _: &Value) -> Result<Vec<String>, CloudError> {
            self.next().map(|value| vec![value.to_string()])
        }
    }

    #[async_trait]
    impl ReadTags for &Cloud {
        async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
            self.next().map(|value| {
                let tags = BTreeMap::from([("Note".to_owned(), value.as_str().unwrap_or_default().to_owned())]);
                vec![TaggedResource { arn: "arn:aws:sqs:us-east-1:111111111111:q".to_owned(), tags }]
            })
        }
        async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
            self.tagged(None).await
        }
    }

    struct Bench {
        cloud: Cloud,
        clock: Arc<ManualClock>,
        store: Arc<MemoryStore>,
    }

    impl Bench {
        fn new() -> Self {
            Self { cloud: Cloud::default(), clock: Arc::default(), store: Arc::default() }
        }
        /// A reader of a run of its own.
        fn run(&self) -> StaleReader<&Cloud> {
            let clock: SharedClock = self.clock.clone();
            StaleReader::new(&self.cloud, &clock, Some(self.store.clone()))
        }
    }

    fn queue() -> ResourceRef {
        ResourceRef::new("AWS::SQS::Queue", "q")
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn aws_is_asked_as_long_as_it_answers() {
        let bench = Bench::new();
        for size in [1, 2] {
            bench.cloud.answer(json!({"DelaySeconds": size}));
            let reader = bench.run();
            assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!({"DelaySeconds": size})));
            assert_eq!((reader.freshness(), reader.stale_reads()), (Freshness::Live, vec![]));
        }
    }

    #[tokio::test]
    async fn an_unavailable_service_is_answered_from_an_earlier_run_with_the_age() {
        for kind in
            [CloudErrorKind::CircuitOpen, CloudErrorKind::Network, CloudErrorKind::Busy, CloudErrorKind::Throttled]
        {
            let bench = Bench::new();
            bench.cloud.answer(json!({"DelaySeconds": 1}));
            let first = bench.run();
            first.get(&queue()).await.unwrap();
            let tagged = first.tagged(Some(("A", &["b"]))).await.unwrap();
            bench.cloud.fail(kind);
            bench.clock.advance(HOUR);
            let reader = bench.run();
            assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!({"DelaySeconds": 1})), "{kind:?}");
            assert_eq!(reader.tagged(Some(("A", &["b"]))).await.unwrap(), tagged);
            assert!(!reader.freshness().authorizes_writes());
            let stale = reader.stale_reads();
            assert_eq!(stale.iter().map(|read| read.age).collect::<Vec<_>>(), [HOUR; 2]);
            assert_eq!(
                stale.iter().map(StaleRead::subject).collect::<Vec<_>>(),
                ["tagged resources", "AWS::SQS::Queue q"]
            );
            let unasked = [reader.list("AWS::SQS::Queue").await.map(drop), reader.tagged(None).await.map(drop)];
            assert!(unasked.into_iter().all(|answer| answer.unwrap_err().kind == kind), "there is no earlier answer");
        }
    }

    #[tokio::test]
    async fn an_error_response_is_not_replaced() {
        let bench = Bench::new();
        bench.cloud.answer(json!({}));
        bench.run().get(&queue()).await.unwrap();
        for kind in [CloudErrorKind::AccessDenied, CloudErrorKind::Credentials, CloudErrorKind::NotFound] {
            bench.cloud.fail(kind);
            assert_eq!(bench.run().get(&queue()).await.unwrap_err().kind, kind);
        }
    }

    #[tokio::test]
    async fn answers_with_secrets_and_what_is_gone_are_not_stored() {
        let bench = Bench::new();
        let function = ResourceRef::new("AWS::Lambda::Function", "f");
        for (answer, is_stored) in [
            (json!({"Environment": {"Variables": {"LEVEL": "info"}}}), true),
            (json!({"Environment": {"Variables": {"DB_PASSWORD": "planted"}}}), false),
            (json!({"Description": "postgres://app:planted@db/x"}), false),
            (json!({}), true),
            (Value::Null, false),
        ] {
            bench.cloud.answer(answer.clone());
            bench.run().get(&function).await.unwrap();
            assert_eq!(bench.store.0.lock().unwrap().len(), usize::from(is_stored), "{answer}");
        }
        bench.cloud.answer(json!("AKIAIOSFODNN7EXAMPLE"));
        bench.run().tagged(None).await.unwrap();
        assert!(bench.store.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn answers_that_are_old_or_from_the_future_are_not_used() {
        let bench = Bench::new();
        bench.clock.advance(HOUR);
        bench.cloud.answer(json!({}));
        bench.run().get(&queue()).await.unwrap();
        bench.cloud.fail(CloudErrorKind::Busy);
        let question = "get AWS::SQS::Queue q";
        let mut answer = bench.store.read(question).unwrap();
        answer.at += HOUR;
        bench.store.write(&answer);
        assert!(bench.run().get(&queue()).await.is_err(), "the clock went back");
        bench.clock.advance(HOUR + LONGEST_AGE);
        assert!(bench.run().get(&queue()).await.is_ok());
        bench.clock.advance(Duration::from_secs(1));
        assert!(bench.run().get(&queue()).await.is_err(), "too old");
    }

    #[test]
    fn identifiers_are_known_from_lists_and_from_arns() {
        let store = MemoryStore::default();
        let registry = Registry::embedded();
        let known = |type_name: &str| known_identifiers(&store, &registry, type_name).into_iter().collect::<Vec<_>>();
        assert_eq!(known("AWS::S3::Bucket"), [] as [&str; 0]);
        let answer = |question: &str, value: Value| {
            store.write(&StoredAnswer { question: question.to_owned(), at: SystemTime::UNIX_EPOCH, value });
        };
        answer("list AWS::S3::Bucket", json!(["b", "a"]));
        answer("list AWS::S3::BucketPolicy", json!(["p"]));
        answer(
            "tagged [\"MANAGED_BY\",[\"stagegate\",\"CCAPI-MCP-SERVER\"]]",
            json!([
                {"arn": "arn:aws:s3:::c", "tags": {}},
                {"arn": "arn:aws:sns:us-east-1:111111111111:events", "tags": {}},
                {"arn": "nonsense", "tags": {}},
            ]),
        );
        answer("principals", json!([{"arn": "arn:aws:iam::111111111111:role/deploy", "tags": {}}]));
        assert_eq!(known("AWS::S3::Bucket"), ["a", "b", "c"]);
        assert_eq!(known("AWS::SNS::Topic"), ["arn:aws:sns:us-east-1:111111111111:events"]);
        assert_eq!(known("AWS::IAM::Role"), ["deploy"]);
        answer("list AWS::SNS::Topic", json!("damaged"));
        assert_eq!(known("AWS::SNS::Topic").len(), 1);
    }
}
