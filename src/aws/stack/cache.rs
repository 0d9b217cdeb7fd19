//! A cache of responses, which are returned with their age.
//!
//! Live data may contain secrets and is cached only in memory. A recent response saves a call; an older one is used if the service
//! cannot be reached. Cached responses never authorize a write: planning and applying use the uncached
//! [`Reader`](crate::aws::Reader), and [`ReadResources::freshness`] distinguishes them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::clock::SharedClock;
use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{
    Answered, CloudError, CloudErrorKind, Freshness, ReadCloud, ReadResources, ReadTags, TaggedResource,
};

/// How long cached live data is used without another call.
pub const LIVE_DATA: Duration = Duration::from_secs(60);

/// Cached responses by request.
#[derive(Debug)]
pub struct ResponseCache<K, V> {
    clock: SharedClock,
    max_age: Duration,
    kept: Mutex<BTreeMap<K, (Duration, V)>>,
}

impl<K: Ord + Clone, V: Clone> ResponseCache<K, V> {
    /// Creates an empty cache whose entries are used without another call for this time.
    pub fn new(clock: SharedClock, max_age: Duration) -> Self {
        Self { clock, max_age, kept: Mutex::default() }
    }

    /// Returns the response to a request: a recent one from the cache, otherwise that of the service, or an older one from the cache
    /// if the service cannot be reached.
    ///
    /// # Errors
    /// The service returned an error, or it cannot be reached and there is no cached response.
    pub async fn answer(
        &self,
        question: &K,
        ask: impl Future<Output = Result<V, CloudError>>,
    ) -> Result<Answered<V>, CloudError> {
        if let Some((age, value)) = self.kept(question)
            && age < self.max_age
        {
            return Ok(Answered { value, freshness: Freshness::Cached { age } });
        }
        match ask.await {
            Ok(value) => {
                let now = self.clock.now();
                self.lock().insert(question.clone(), (now, value.clone()));
                Ok(Answered::live(value))
            }
            Err(error) if is_out_of_reach(&error) => match self.kept(question) {
                Some((age, value)) => Ok(Answered { value, freshness: Freshness::Cached { age } }),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn kept(&self, question: &K) -> Option<(Duration, V)> {
        let now = self.clock.now();
        let (at, value) = self.lock().get(question).cloned()?;
        Some((now.saturating_sub(at), value))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<K, (Duration, V)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true if the service did not respond. An error response is a response.
fn is_out_of_reach(error: &CloudError) -> bool {
    matches!(error.kind, CloudErrorKind::CircuitOpen | CloudErrorKind::Throttled) || error.is_service_fault()
}

/// A filter by tag: the key and its values; `None` for all.
type Filter = Option<(String, Vec<String>)>;

/// A reader with a cache, for commands that only read.
#[derive(Debug)]
pub struct CachedReader<R> {
    reader: R,
    resources: ResponseCache<ResourceRef, Option<Value>>,
    /// By type name and list inputs.
    lists: ResponseCache<(String, String), Vec<String>>,
    tagged: ResponseCache<Filter, Vec<TaggedResource>>,
    oldest: Mutex<Freshness>,
}

impl<R: ReadCloud> CachedReader<R> {
    /// Creates a cache for a reader.
    pub fn new(reader: R, clock: &SharedClock, max_age: Duration) -> Self {
        Self {
            reader,
            resources: ResponseCache::new(clock.clone(), max_age),
            lists: ResponseCache::new(clock.clone(), max_age),
            tagged: ResponseCache::new(clock.clone(), max_age),
            oldest: Mutex::new(Freshness::Live),
        }
    }

    /// Records the freshness of a response.
    fn note<T>(&self, answered: Answered<T>) -> T {
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *oldest = answered.freshness.max(*oldest);
        answered.value
    }
}

#[async_trait]
impl<R: ReadCloud> ReadResources for CachedReader<R> {
    fn environment(&self) -> &str {
        self.reader.environment()
    }

    fn freshness(&self) -> Freshness {
        *self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        Ok(self.note(self.resources.answer(resource, self.reader.get(resource)).await?))
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let question = (type_name.to_owned(), String::new());
        Ok(self.note(self.lists.answer(&question, self.reader.list(type_name)).await?))
    }

    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError> {
        let question = (type_name.to_owned(), inputs.to_string());
        Ok(self.note(self.lists.answer(&question, self.reader.list_within(type_name, inputs)).await?))
    }
}

#[async_trait]
impl<R: ReadCloud> ReadTags for CachedReader<R> {
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let question: Filter = filter.map(|(key, wanted)| (key.to_owned(), values(wanted)));
        Ok(self.note(self.tagged.answer(&question, self.reader.tagged(filter)).await?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::clock::ManualClock;
    use super::*;

    /// A fake cloud whose responses are consecutive numbers, until it fails.
    #[derive(Debug, Default)]
    struct Cloud {
        asked: Mutex<u32>,
        failure: Mutex<Option<CloudErrorKind>>,
    }

    impl Cloud {
        fn next(&self) -> Result<u32, CloudError> {
            *self.asked.lock().unwrap() += 1;
            match *self.failure.lock().unwrap() {
                Some(kind) => Err(CloudError::new(kind, "cloudcontrol.GetResource", "dev", "no")),
                None => Ok(*self.asked.lock().unwrap()),
            }
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
        async fn get(&self, _: &ResourceRef) -> Result<Option<Value>, CloudError> {
            self.next().map(|number| Some(json!(number)))
        }
        async fn list(&self, _: &str) -> Result<Vec<String>, CloudError> {
            self.next().map(|number| vec![number.to_string()])
        }
        async fn list_within(&self, _: &str, _: &Value) -> Result<Vec<String>, CloudError> {
            self.next().map(|number| vec![number.to_string()])
        }
    }

    #[async_trait]
    impl ReadTags for &Cloud {
        async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
            self.next().map(|number| vec![TaggedResource { arn: number.to_string(), tags: Default::default() }])
        }
    }

    fn cached(cloud: &Cloud) -> (CachedReader<&Cloud>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        let shared: SharedClock = clock.clone();
        (CachedReader::new(cloud, &shared, LIVE_DATA), clock)
    }

    fn queue() -> ResourceRef {
        ResourceRef::new("AWS::SQS::Queue", "q")
    }

    #[tokio::test]
    async fn a_recent_response_is_reused_and_an_older_one_is_refreshed() {
        let cloud = Cloud::default();
        let (reader, clock) = cached(&cloud);
        assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!(1)));
        assert_eq!(reader.freshness(), Freshness::Live);
        clock.advance(Duration::from_secs(59));
        assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!(1)));
        assert_eq!(reader.freshness(), Freshness::Cached { age: Duration::from_secs(59) });
        assert!(!reader.freshness().authorizes_writes());
        clock.advance(Duration::from_secs(1));
        assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!(2)));
    }

    #[tokio::test]
    async fn responses_are_cached_per_request() {
        let cloud = Cloud::default();
        let (reader, _) = cached(&cloud);
        let below = json!({"FunctionName": "f"});
        assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap(), ["1"]);
        assert_eq!(reader.list_within("AWS::SQS::Queue", &below).await.unwrap(), ["2"]);
        assert_eq!(reader.tagged(None).await.unwrap()[0].arn, "3");
        assert_eq!(reader.tagged(Some(("A", &["b"]))).await.unwrap()[0].arn, "4");
        assert_eq!(reader.get(&ResourceRef::new("AWS::SQS::Queue", "other")).await.unwrap(), Some(json!(5)));
        assert_eq!(reader.list("AWS::SQS::Queue").await.unwrap(), ["1"]);
        assert_eq!(*cloud.asked.lock().unwrap(), 5);
    }

    #[tokio::test]
    async fn an_older_response_is_used_with_its_age_if_the_service_cannot_be_reached() {
        for kind in
            [CloudErrorKind::CircuitOpen, CloudErrorKind::Network, CloudErrorKind::Busy, CloudErrorKind::Throttled]
        {
            let cloud = Cloud::default();
            let (reader, clock) = cached(&cloud);
            reader.get(&queue()).await.unwrap();
            cloud.fail(kind);
            clock.advance(Duration::from_secs(3600));
            assert_eq!(reader.get(&queue()).await.unwrap(), Some(json!(1)), "{kind:?}");
            assert_eq!(reader.freshness(), Freshness::Cached { age: Duration::from_secs(3600) });
            assert_eq!(
                reader.list("AWS::SQS::Queue").await.unwrap_err().kind,
                kind,
                "a request without a cached response fails"
            );
        }
    }

    #[tokio::test]
    async fn an_error_response_is_not_replaced_by_the_cache() {
        let cloud = Cloud::default();
        let (reader, clock) = cached(&cloud);
        reader.get(&queue()).await.unwrap();
        cloud.fail(CloudErrorKind::AccessDenied);
        clock.advance(LIVE_DATA);
        assert_eq!(reader.get(&queue()).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
    }
}
