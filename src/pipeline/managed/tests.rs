use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::compare::drift::own_digest;
use crate::pipeline::event::EventRecorder;
use crate::pipeline::ports::{CloudErrorKind, ReadResources, ReadTags, TaggedResource};
use crate::schema::{Registry, TypeSchema};

/// A fake cloud with these resource models, keyed by the types as which they can be read.
#[derive(Default)]
struct Fake {
    registry: Registry,
    models: BTreeMap<ResourceRef, Value>,
    tagged: Vec<String>,
    denied: Vec<&'static str>,
    reads: Mutex<Vec<String>>,
}

impl Fake {
    fn of(arn: &str, models: &[(&str, &str, Value)]) -> Self {
        let models = models.iter().map(|(name, id, model)| (ResourceRef::new(*name, *id), model.clone())).collect();
        Self { models, tagged: vec![arn.to_owned()], ..Self::default() }
    }

    async fn found(&self) -> Vec<String> {
        managed(self, &Events::none()).await.unwrap().live.keys().map(ToString::to_string).collect()
    }
}

#[async_trait]
impl ReadResources for Fake {
    fn environment(&self) -> &str {
        "dev"
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        self.reads.lock().unwrap().push(resource.type_name.clone());
        if self.denied.contains(&resource.type_name.as_str()) {
            let denied = CloudError::new(CloudErrorKind::AccessDenied, "cloudcontrol.GetResource", "dev", "no");
            return Err(denied.about(Some(resource)));
        }
        Ok(self.models.get(resource).cloned())
    }
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        let all = self.models.keys().filter(|one| one.type_name == type_name);
        Ok(all.map(|one| one.identifier.clone()).collect())
    }
    async fn list_within(&self, type_name: &str, _: &Value) -> Result<Vec<String>, CloudError> {
        self.list(type_name).await
    }
}

#[async_trait]
impl ReadTags for Fake {
    async fn tagged(&self, _: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        Ok(self.tagged.iter().map(|arn| TaggedResource { arn: arn.clone(), tags: Tags::new() }).collect())
    }

    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        Err(CloudError::new(CloudErrorKind::Unsupported, "iam.GetAccountAuthorizationDetails", "dev", "no IAM"))
    }
}

const TABLE: &str = "arn:aws:dynamodb:us-east-1:111111111111:table/t";

#[tokio::test]
async fn a_table_is_distinguished_from_a_global_table_by_its_replicas() {
    let both = |replicas: Value| {
        let global = ("AWS::DynamoDB::GlobalTable", "t", json!({"TableName": "t", "Replicas": replicas}));
        Fake::of(TABLE, &[("AWS::DynamoDB::Table", "t", json!({"TableName": "t"})), global])
    };
    let here = json!({"Region": "us-east-1"});
    assert_eq!(both(json!([here])).found().await, ["AWS::DynamoDB::Table t"]);
    assert_eq!(both(json!([here, {"Region": "eu-west-1"}])).found().await, ["AWS::DynamoDB::GlobalTable t"]);
    let mut denied = both(json!([here]));
    denied.denied.push("AWS::DynamoDB::GlobalTable");
    assert_eq!(denied.found().await, ["AWS::DynamoDB::Table t"]);
}

#[tokio::test]
async fn a_table_that_is_as_promoted_is_read_once() {
    let schema = TypeSchema::embedded("AWS::DynamoDB::Table").unwrap();
    let promoted = |changed: bool, replicas: Value| {
        let digest = own_digest(schema, &json!({"TableName": "t"}));
        let tags = json!([{"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "PromotedDigest", "Value": digest}]);
        let mut model = json!({"TableName": "t", "Tags": tags});
        if changed {
            model["StreamSpecification"] = json!({"StreamViewType": "NEW_AND_OLD_IMAGES"});
        }
        let global = ("AWS::DynamoDB::GlobalTable", "t", json!({"TableName": "t", "Replicas": replicas}));
        Fake::of(TABLE, &[("AWS::DynamoDB::Table", "t", model), global])
    };
    let here = json!({"Region": "us-east-1"});
    let fake = promoted(false, json!([here]));
    assert_eq!(fake.found().await, ["AWS::DynamoDB::Table t"]);
    assert_eq!(*fake.reads.lock().unwrap(), ["AWS::DynamoDB::Table"]);
    // A replica that was added since turns the stream on.
    let fake = promoted(true, json!([here, {"Region": "eu-west-1"}]));
    assert_eq!(fake.found().await, ["AWS::DynamoDB::GlobalTable t"]);
}

#[tokio::test]
async fn resources_of_other_services_returned_by_rds_are_not_rds_resources() {
    let arn = "arn:aws:rds:us-east-1:111111111111:db:d";
    let rds = |engine: &str| ("AWS::RDS::DBInstance", "d", json!({"DBInstanceIdentifier": "d", "Engine": engine}));
    let neptune = ("AWS::Neptune::DBInstance", "d", json!({"DBInstanceIdentifier": "d"}));
    let found = |engine: &'static str| {
        let neptune = neptune.clone();
        async move { Fake::of(arn, &[rds(engine), neptune]).found().await }
    };
    assert_eq!(found("postgres").await, ["AWS::RDS::DBInstance d"]);
    assert_eq!(found("neptune").await, ["AWS::Neptune::DBInstance d"]);
    // Cloud Control does not read DocumentDB's instances.
    let fake = Fake::of(arn, &[rds("docdb"), neptune.clone()]);
    let estate = managed(&fake, &Events::none()).await.unwrap();
    assert!(estate.live.is_empty());
    assert_eq!(estate.unsupported, [arn]);
}

#[tokio::test]
async fn a_resource_whose_arn_lacks_its_identifier_is_found_in_a_listing() {
    let arn = "arn:aws:lightsail:us-east-1:111111111111:Instance/1cfbd92c";
    let own = ("AWS::Lightsail::Instance", "mine", json!({"InstanceName": "mine", "InstanceArn": arn}));
    let other = (
        "AWS::Lightsail::Instance",
        "other",
        json!({"InstanceName": "other", "InstanceArn": "arn:aws:lightsail:us-east-1:111111111111:Instance/2"}),
    );
    assert_eq!(Fake::of(arn, &[own, other.clone()]).found().await, ["AWS::Lightsail::Instance mine"]);
    let estate = managed(&Fake::of(arn, &[other]), &Events::none()).await.unwrap();
    assert!(estate.live.is_empty());
    assert_eq!(estate.unsupported, [arn]);
}

#[tokio::test]
async fn a_resource_whose_identifier_has_more_than_its_arn_is_found_in_a_listing() {
    let address = |id: &'static str| {
        let identifier = format!("192.0.2.1|{id}");
        let model = json!({"PublicIp": "192.0.2.1", "AllocationId": id});
        (ResourceRef::new("AWS::EC2::EIP", identifier), model)
    };
    let fake = Fake {
        models: [address("eipalloc-0123"), address("eipalloc-0456")].into(),
        tagged: vec!["arn:aws:ec2:us-east-1:111111111111:elastic-ip/eipalloc-0123".to_owned()],
        ..Fake::default()
    };
    let estate = managed(&fake, &Events::none()).await.unwrap();
    let found: Vec<&str> = estate.live.keys().map(|one| one.identifier.as_str()).collect();
    assert_eq!(found, ["192.0.2.1|eipalloc-0123"]);
    assert!(estate.unsupported.is_empty(), "{:?}", estate.unsupported);
}

#[tokio::test]
async fn an_unambiguous_resource_is_read_once() {
    let fake = Fake::of("arn:aws:s3:::b", &[("AWS::S3::Bucket", "b", json!({"BucketName": "b"}))]);
    assert_eq!(fake.found().await, ["AWS::S3::Bucket b"]);
    assert_eq!(*fake.reads.lock().unwrap(), ["AWS::S3::Bucket"]);
}

#[tokio::test]
async fn listings_and_reads_emit_events() {
    let bucket = |name: &'static str| ("AWS::S3::Bucket", name, json!({"BucketName": name}));
    let mut cloud = Fake::of("arn:aws:s3:::a", &[bucket("a"), bucket("b")]);
    cloud.tagged.push("arn:aws:s3:::b".to_owned());
    let (sink, recorder) = EventRecorder::handle();
    managed(&cloud, &sink).await.unwrap();
    let events = recorder.events();
    assert_eq!(events[0], Event::listing(&cloud, None));
    assert!(events.contains(&Event::listing(&cloud, Some("AWS::IAM::Role"))), "{events:?}");
    let read = |done| Event::ResourcesRead { environment: "dev".to_owned(), done, total: 2 };
    assert!(events.ends_with(&[read(1), read(2)]), "{events:?}");
}
