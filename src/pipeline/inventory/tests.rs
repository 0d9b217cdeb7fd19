use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::domain::audit::IndexService;
use crate::domain::inventory::{AccountAccess, AccountState, AccountStatus};
use crate::domain::project::AccountId;
use crate::domain::tags::Tags;
use crate::pipeline::ports::{BucketPlace, Indexed, IndexedResource, ReadResources, ReadTags, TaggedResource};

const QUEUE: &str = "AWS::SQS::Queue";
const ROLE: &str = "AWS::IAM::Role";

/// A Region with these resources, or one whose calls fail.
#[derive(Default)]
struct Region {
    resources: BTreeMap<(String, String), Value>,
    refused: Option<CloudErrorKind>,
    tagged: Vec<TaggedResource>,
    registry: Registry,
}

impl Region {
    fn with(mut self, type_name: &str, identifier: &str, properties: Value) -> Self {
        self.resources.insert((type_name.to_owned(), identifier.to_owned()), properties);
        self
    }

    fn answer<T>(&self, answer: T) -> Result<T, CloudError> {
        match self.refused {
            Some(kind) => Err(CloudError::new(kind, "cloudcontrol.ListResources", "test", format!("{kind:?}"))),
            None => Ok(answer),
        }
    }
}

#[async_trait]
impl ReadResources for Region {
    fn environment(&self) -> &str {
        "test"
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        self.answer(self.resources.get(&(resource.type_name.clone(), resource.identifier.clone())).cloned())
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let of_type = self.resources.keys().filter(|(name, _)| name == type_name);
        self.answer(of_type.map(|(_, identifier)| identifier.clone()).collect())
    }

    async fn list_within(&self, type_name: &str, _: &Value) -> Result<Vec<String>, CloudError> {
        self.list(type_name).await
    }
}

#[async_trait]
impl ReadTags for Region {
    async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        self.answer(self.tagged.clone())
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        self.answer(Vec::new())
    }

    async fn tagged_among(&self, _: &[String]) -> Result<BTreeSet<String>, CloudError> {
        self.answer(BTreeSet::new())
    }
}

/// The buckets of an account, or why they cannot be listed.
struct Account(Option<Vec<BucketPlace>>);

#[async_trait]
impl ReadBuckets for Account {
    async fn buckets(&self) -> Result<Vec<BucketPlace>, CloudError> {
        let denied = || CloudError::new(CloudErrorKind::AccessDenied, "s3.ListBuckets", "test", "no");
        self.0.clone().ok_or_else(denied)
    }
}

struct Index(Vec<IndexedResource>);

#[async_trait]
impl ReadIndex for Index {
    fn service(&self) -> IndexService {
        IndexService::Config
    }

    async fn resources(&self) -> Result<Indexed, CloudError> {
        Ok(Indexed { resources: self.0.clone(), through: "org".to_owned(), ..Indexed::default() })
    }
}

fn account() -> KnownAccount {
    KnownAccount {
        name: "Security".to_owned(),
        account: AccountId::parse("333333333333").unwrap(),
        aliases: Vec::new(),
        access: AccountAccess::Environment("dev".to_owned()),
        regions: Vec::new(),
        state: AccountState::Enabled,
    }
}

fn scope<'a>(registry: &'a Registry, type_name: Option<&'a str>, source: InventoryChoice) -> InventoryScope<'a> {
    InventoryScope { type_name, identifier: None, source, reads: true, conditions: &[], registry }
}

/// Returns the result, and the rows as `region identifier`.
async fn list(
    regions: Vec<(&str, Region)>,
    buckets: Option<Vec<BucketPlace>>,
    scope: &InventoryScope<'_>,
) -> (AccountResult, Vec<String>) {
    let known = account();
    let regions = regions.into_iter().map(|(name, region)| InventoryRegion {
        region: name.to_owned(),
        reader: Box::new(region),
        index: None,
    });
    let side = InventorySide { account: &known, regions: regions.collect(), buckets: Box::new(Account(buckets)) };
    let rows = Mutex::new(Vec::new());
    let take = |row: InventoryRow| {
        let region = row.region.unwrap_or_else(|| "global".to_owned());
        rows.lock().unwrap().push(format!("{region} {}", row.identifier));
    };
    let result = inventory(&side, scope, &take).await;
    let mut rows = rows.into_inner().unwrap();
    rows.sort();
    (result, rows)
}

fn queue(name: &str) -> Region {
    Region::default().with(QUEUE, name, json!({"QueueName": name}))
}

fn failing(kind: CloudErrorKind) -> Region {
    Region { refused: Some(kind), ..Region::default() }
}

fn place(name: &str, region: Option<&str>) -> BucketPlace {
    BucketPlace { name: name.to_owned(), region: region.map(str::to_owned) }
}

#[tokio::test]
async fn one_region_that_fails_leaves_the_others_complete() {
    let registry = Registry::embedded();
    let regions = vec![
        ("us-east-1", queue("a")),
        ("eu-west-1", failing(CloudErrorKind::Network)),
        ("eu-west-2", queue("b")),
        ("me-south-1", failing(CloudErrorKind::TypeNotFound)),
    ];
    let (result, rows) = list(regions, None, &scope(&registry, Some(QUEUE), InventoryChoice::List)).await;
    assert_eq!(rows, ["eu-west-2 b", "us-east-1 a"]);
    assert_eq!(result.status, AccountStatus::Partial);
    let gaps: Vec<String> = result.gaps().map(|gap| format!("{:?} {}", gap.region, gap.reason)).collect();
    assert_eq!(gaps, ["Some(\"eu-west-1\") Network"]);
    assert!(result.regions[3].is_unavailable);
    let regions = vec![("us-east-1", failing(CloudErrorKind::AccessDenied))];
    let (result, _) = list(regions, None, &scope(&registry, Some(QUEUE), InventoryChoice::List)).await;
    assert_eq!((result.status, result.error.as_deref()), (AccountStatus::Failed, Some("AccessDenied")));
}

#[tokio::test]
async fn a_global_service_is_listed_once() {
    let registry = Registry::embedded();
    let role = || Region::default().with(ROLE, "r", json!({"RoleName": "r"}));
    let regions = vec![("us-east-1", role()), ("eu-west-1", role())];
    let (_, rows) = list(regions, None, &scope(&registry, Some(ROLE), InventoryChoice::List)).await;
    assert_eq!(rows, ["global r"]);
}

#[tokio::test]
async fn a_bucket_is_read_in_its_own_region_and_reported_once() {
    let registry = Registry::embedded();
    let bucket = |name: &str| Region::default().with(BUCKET, name, json!({"BucketName": name}));
    let regions = || vec![("us-east-1", bucket("a")), ("eu-west-1", bucket("b"))];
    let listed = vec![place("a", Some("us-east-1")), place("b", Some("eu-west-1")), place("c", Some("eu-west-3"))];
    let wanted = scope(&registry, Some(BUCKET), InventoryChoice::List);
    let (result, rows) = list(regions(), Some(listed.clone()), &wanted).await;
    assert_eq!((rows, result.elsewhere), (vec!["eu-west-1 b".to_owned(), "us-east-1 a".to_owned()], 1));
    // S3 does not say where a bucket is: it is read in each Region until one has it.
    let unknown = vec![place("b", None), place("c", None)];
    let (result, rows) = list(regions(), Some(unknown), &wanted).await;
    assert_eq!((rows, result.elsewhere), (vec!["eu-west-1 b".to_owned()], 1));
    // S3 refuses its list, and Cloud Control does not.
    let (result, rows) = list(regions(), None, &wanted).await;
    assert_eq!((rows, result.status), (vec!["us-east-1 a".to_owned()], AccountStatus::Ok));
    let only = InventoryScope { identifier: Some("b"), ..wanted };
    let (_, rows) = list(regions(), Some(listed), &only).await;
    assert_eq!(rows, ["eu-west-1 b"]);
    let both = vec![("us-east-1", failing(CloudErrorKind::AccessDenied))];
    let (result, _) = list(both, None, &wanted).await;
    assert_eq!((result.status, result.error.as_deref()), (AccountStatus::Failed, Some("no")));
}

#[tokio::test]
async fn conditions_are_met_and_secrets_are_not_passed_on() {
    let registry = Registry::embedded();
    let conditions = ["VisibilityTimeout=60".parse().unwrap()];
    let wanted = InventoryScope { conditions: &conditions, ..scope(&registry, Some(QUEUE), InventoryChoice::List) };
    let region = Region::default().with(QUEUE, "a", json!({"VisibilityTimeout": 60})).with(
        QUEUE,
        "b",
        json!({"VisibilityTimeout": 30}),
    );
    let (result, rows) = list(vec![("us-east-1", region)], None, &wanted).await;
    assert_eq!((rows, result.regions[0].found), (vec!["us-east-1 a".to_owned()], 2));

    let properties = json!({"MasterUserPassword": "hunter2-hunter2", "Engine": "mysql"});
    let known = account();
    let side = InventorySide {
        account: &known,
        regions: vec![InventoryRegion {
            region: "us-east-1".to_owned(),
            reader: Box::new(Region::default().with("AWS::RDS::DBInstance", "db", properties)),
            index: None,
        }],
        buckets: Box::new(Account(None)),
    };
    let rows = Mutex::new(Vec::new());
    let take = |row: InventoryRow| rows.lock().unwrap().push(row);
    inventory(&side, &scope(&registry, Some("AWS::RDS::DBInstance"), InventoryChoice::List), &take).await;
    let rows = rows.into_inner().unwrap();
    assert_eq!(rows[0].properties, Some(json!({"MasterUserPassword": "(sensitive)", "Engine": "mysql"})));
}

#[tokio::test]
async fn the_tagging_api_and_indexes_name_resources_by_arn() {
    let registry = Registry::embedded();
    let tagged =
        |arn: &str| TaggedResource { arn: arn.to_owned(), tags: Tags::from([("Team".to_owned(), "a".to_owned())]) };
    let region = Region {
        tagged: vec![
            tagged("arn:aws:sqs:us-east-1:333333333333:jobs"),
            tagged("arn:aws:s3:::files"),
            tagged("arn:aws:nothing:us-east-1:333333333333:thing/1"),
        ],
        ..Region::default()
    };
    let wanted = InventoryScope { reads: false, ..scope(&registry, None, InventoryChoice::Tags) };
    let (result, rows) = list(vec![("us-east-1", region)], None, &wanted).await;
    let expected = [
        "us-east-1 arn:aws:nothing:us-east-1:333333333333:thing/1",
        "us-east-1 files",
        "us-east-1 https://sqs.us-east-1.amazonaws.com/333333333333/jobs",
    ];
    assert_eq!((rows.as_slice(), result.status), (&expected.map(str::to_owned)[..], AccountStatus::Ok));

    let indexed = |arn: &str| IndexedResource { arn: arn.to_owned(), type_name: None, is_tagged: true };
    let known = account();
    let index = Index(vec![indexed("arn:aws:sqs:us-east-1:333333333333:jobs"), indexed("arn:aws:s3:::files")]);
    let side = InventorySide {
        account: &known,
        regions: vec![InventoryRegion {
            region: "us-east-1".to_owned(),
            reader: Box::new(Region::default()),
            index: Some(Box::new(index)),
        }],
        buckets: Box::new(Account(None)),
    };
    let rows = Mutex::new(Vec::new());
    let take = |row: InventoryRow| rows.lock().unwrap().push(row.identifier);
    let wanted = InventoryScope { reads: false, ..scope(&registry, Some(BUCKET), InventoryChoice::Index) };
    let result = inventory(&side, &wanted, &take).await;
    assert_eq!(rows.into_inner().unwrap(), ["files"]);
    let source = result.regions[0].source.clone().unwrap();
    assert!(matches!(source, InventorySource::Index { covers_region: false, .. }), "{source:?}");
}
