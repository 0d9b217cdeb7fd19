//! The known types: those of the embedded data, overlaid by those from DescribeType.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::interned::{Description, interned};
use super::type_schema::{Body, TypeSchema};
use super::validate::validate_as;
use super::violation::{self, Violation};
use super::{digest_line, store};

/// The resource types that a run knows: those of the embedded data, which are constant and the same for every registry, and
/// those that DescribeType described to this one. A clone is the same registry: it shares what is learned.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    overlay: Arc<RwLock<Overlay>>,
}

/// The described types of one registry. It only grows.
#[derive(Debug, Default)]
struct Overlay {
    by_name: HashMap<&'static str, &'static TypeSchema>,
    /// In the order in which they were learned.
    learned: Vec<&'static TypeSchema>,
}

/// Two registries are equal if they know the same types by the same descriptions.
impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |registry: &Self| {
            let mut learned: Vec<*const TypeSchema> = registry.learned().into_iter().map(std::ptr::from_ref).collect();
            learned.sort_unstable();
            learned
        };
        Arc::ptr_eq(&self.overlay, &other.overlay) || sorted(self) == sorted(other)
    }
}

/// As the descriptions of what it learned, for another process of the same program.
impl Serialize for Registry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.learned().into_iter().filter_map(|schema| match &schema.body {
            Body::Described { description, .. } => Some(&**description),
            Body::Embedded(_) => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Registry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let registry = Self::embedded();
        for Description { type_name, text, provisioning } in Vec::deserialize(deserializer)? {
            registry.learn(TypeSchema::from_described(&type_name, &text, provisioning).map_err(D::Error::custom)?);
        }
        Ok(registry)
    }
}

impl TypeSchema {
    /// A type of the embedded data, parsed on first use; `None` for every other one. This is right where only the embedded
    /// data has the facts that are sought; otherwise a type may be described ([`Registry::get`]).
    pub fn embedded(type_name: &str) -> Option<&'static Self> {
        static EMBEDDED: OnceLock<HashMap<&'static str, OnceLock<Option<Box<TypeSchema>>>>> = OnceLock::new();
        let all = || store::type_names().iter().map(|name| (*name, OnceLock::new())).collect();
        let (name, parsed) = EMBEDDED.get_or_init(all).get_key_value(type_name)?;
        parsed.get_or_init(|| digest_line::parse(store::digest_line(name)?).map(Box::new)).as_deref()
    }

    /// All types of the embedded data, sorted by name.
    pub fn all_embedded() -> impl Iterator<Item = &'static Self> {
        store::type_names().iter().filter_map(|name| Self::embedded(name))
    }
}

impl Registry {
    /// A registry with the types of the embedded data only, until it learns others.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The schema of a type; `None` when there is no such type, or it was not learned yet (see [`Registry::learn`]).
    pub fn get(&self, type_name: &str) -> Option<&'static TypeSchema> {
        TypeSchema::embedded(type_name).or_else(|| self.described(type_name))
    }

    /// The schema of a type that was learned.
    fn described(&self, type_name: &str) -> Option<&'static TypeSchema> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner).by_name.get(type_name).copied()
    }

    /// Adds a type that the embedded data does not have, from DescribeType: from then on every function of this registry
    /// supports it. Embedded types are unchanged, and the first description of a type is kept.
    ///
    /// A type is assumed to be the same in every account and region of a run.
    pub fn learn(&self, described: TypeSchema) -> &'static TypeSchema {
        if let Some(schema) = self.get(&described.type_name) {
            return schema;
        }
        let schema = interned(described);
        let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have added it first.
        if let Some(schema) = overlay.by_name.get(schema.type_name.as_str()) {
            return schema;
        }
        overlay.by_name.insert(&schema.type_name, schema);
        overlay.learned.push(schema);
        schema
    }

    /// The types that were learned, in that order.
    pub fn learned(&self) -> Vec<&'static TypeSchema> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner).learned.clone()
    }

    /// True when the type is known.
    pub fn contains(&self, type_name: &str) -> bool {
        Self::is_embedded(type_name) || self.described(type_name).is_some()
    }

    /// True for a type of the embedded data.
    pub fn is_embedded(type_name: &str) -> bool {
        store::digest_line(type_name).is_some()
    }

    /// The known type that is close to a name, where it is so close (two letters at most, and the
    /// same digits) that the name must be a typing error rather than an unknown type.
    pub fn typing_error(&self, type_name: &str) -> Option<&'static str> {
        let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
        let close = self.suggest(type_name)?;
        let distance = strsim::damerau_levenshtein(&type_name.to_lowercase(), &close.to_lowercase());
        (distance <= 2 && digits(type_name) == digits(close)).then_some(close)
    }

    /// All type names, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let mut names: Vec<&'static str> = store::type_names().to_vec();
        let learned = self.learned();
        if !learned.is_empty() {
            names.extend(learned.iter().map(|schema| schema.type_name.as_str()));
            names.sort_unstable();
        }
        names.into_iter()
    }

    /// The type names of a service (`AWS::EC2`): those of the embedded data, sorted, then those that were learned.
    pub fn type_names_of(&self, service: &str) -> impl Iterator<Item = &'static str> + use<> {
        let prefix = format!("{service}::");
        let learned = self.learned().into_iter().map(|schema| schema.type_name.as_str());
        store::type_names_of(service).iter().copied().chain(learned.filter(move |name| name.starts_with(&prefix)))
    }

    /// The known type name that is closest to a misspelled one.
    pub fn suggest(&self, type_name: &str) -> Option<&'static str> {
        super::nearest(type_name, self.type_names())
    }

    /// A short hash of the embedded data: two builds with the same digest have the same types.
    pub fn digest() -> &'static str {
        store::digest()
    }

    /// [`TypeSchema::json_schema`] of a type.
    pub fn json_schema(&self, type_name: &str) -> Option<Value> {
        self.get(type_name)?.json_schema()
    }

    /// [`TypeSchema::permissions`] of a type; none for an unknown one.
    pub fn permissions(&self, type_name: &str) -> BTreeMap<String, Vec<String>> {
        self.get(type_name).map(TypeSchema::permissions).unwrap_or_default()
    }

    /// As [`validate_as`], against the schema of a type by its name; a violation when there is no such type.
    pub fn validate(&self, type_name: &str, properties: &Value) -> Vec<Violation> {
        match self.get(type_name) {
            Some(schema) => validate_as(schema, properties),
            None => vec![violation::unknown_type(type_name, self.suggest(type_name))],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::pointer::PropertyPath;
    use crate::schema::{Handlers, RefPart, ReferenceTarget, ReviewScope, TagShape};
    use serde_json::json;

    #[test]
    fn every_line_parses_and_every_frame_opens() {
        for name in Registry::embedded().type_names() {
            assert!(Registry::embedded().get(name).is_some(), "{name}");
            assert!(Registry::embedded().json_schema(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_bucket_is_described() {
        let bucket = Registry::embedded().get("AWS::S3::Bucket").unwrap();
        assert_eq!(bucket.primary_identifier, ["BucketName"]);
        assert_eq!(bucket.name_property.as_deref(), Some("BucketName"));
        assert_eq!(bucket.arn_property.as_deref(), Some("Arn"));
        assert_eq!(bucket.arn_template.as_deref(), Some("arn:${Partition}:s3:::${BucketName}"));
        assert!(bucket.is_read_only("/Arn") && !bucket.is_read_only("/BucketName"));
        assert!(bucket.is_create_only("/BucketName"));
        assert!(bucket.is_write_only("/LifecycleConfiguration/Rules/0/Transition/StorageClass"));
        assert!(bucket.handlers.create && bucket.handlers.list);
        assert_eq!(bucket.tagging.property.as_deref(), Some("Tags"));
        assert_eq!(bucket.tagging.shape, TagShape::List);
    }

    #[test]
    fn tag_shapes_differ_by_type() {
        let tagging = |name| &Registry::embedded().get(name).unwrap().tagging;
        assert_eq!(tagging("AWS::Cognito::UserPool").property.as_deref(), Some("UserPoolTags"));
        assert_eq!(tagging("AWS::Cognito::UserPool").shape, TagShape::Map);
        assert_eq!(tagging("AWS::AutoScaling::AutoScalingGroup").shape, TagShape::AutoScaling);
        assert!(!tagging("AWS::S3::BucketPolicy").taggable);
    }

    #[test]
    fn a_type_without_handlers_is_known_but_not_served() {
        assert!(Registry::embedded().get("AWS::S3::Bucket").unwrap().handlers.are_provisionable());
        assert!(!Registry::embedded().get("AWS::SQS::QueuePolicy").unwrap().handlers.are_provisionable());
        assert_eq!(Registry::embedded().get("AWS::Budgets::Budget").unwrap().handlers, Handlers::default());
    }

    #[test]
    fn a_compound_identifier_needs_all_its_parts() {
        let service = Registry::embedded().get("AWS::ECS::Service").unwrap();
        let both = json!({"ServiceArn": "arn:x", "Cluster": "main"});
        assert_eq!(service.identifier_of(&both).as_deref(), Some("arn:x|main"));
        assert_eq!(service.identifier_of(&json!({"ServiceArn": "arn:x"})), None);
    }

    #[test]
    fn a_misspelled_type_gets_a_suggestion_and_nonsense_none() {
        assert_eq!(Registry::embedded().suggest("AWS::S3::Buckt"), Some("AWS::S3::Bucket"));
        assert_eq!(Registry::embedded().suggest("aws::dynamodb::table"), Some("AWS::DynamoDB::Table"));
        assert_eq!(Registry::embedded().suggest("Something else entirely"), None);
        assert!(Registry::embedded().get("AWS::S3::Buckt").is_none());
    }

    #[test]
    fn only_a_name_that_is_very_close_is_a_typing_error() {
        for (name, meant) in [
            ("AWS::S3::Buckt", Some("AWS::S3::Bucket")),
            ("AWS::S3::Buckets", Some("AWS::S3::Bucket")),
            ("aws::s3::bucket", Some("AWS::S3::Bucket")),
            ("AWS::DynamoDB::TableV2", None),
            ("AWS::S3::BucketArchive", None),
            ("AWS::Brand::New", None),
        ] {
            assert_eq!(Registry::embedded().typing_error(name), meant, "{name}");
        }
    }

    #[test]
    fn permissions_come_by_handler() {
        let permissions = Registry::embedded().permissions("AWS::SQS::Queue");
        assert!(permissions["create"].contains(&"sqs:CreateQueue".to_owned()));
        assert!(Registry::embedded().permissions("AWS::No::Such").is_empty());
    }

    #[test]
    fn the_digest_is_short_and_stable() {
        assert_eq!(Registry::digest().len(), 12);
        assert_eq!(Registry::digest(), Registry::digest());
    }

    fn get(type_name: &str) -> &'static TypeSchema {
        Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"))
    }

    #[test]
    fn references_map_a_property_to_an_attribute_of_another_type() {
        let targets = |type_name: &str, pointer: &str| -> Vec<String> {
            let found = get(type_name).references_at(pointer);
            found.map(|ReferenceTarget { type_name, attribute }| format!("{type_name}.{attribute}")).collect()
        };
        assert_eq!(targets("AWS::Lambda::Function", "/Role"), ["AWS::IAM::Role.Arn"]);
        assert_eq!(targets("AWS::Lambda::Function", "/VpcConfig/SubnetIds/1"), ["AWS::EC2::Subnet.SubnetId"]);
        assert_eq!(targets("AWS::Lambda::Function", "/VpcConfig/SubnetIds"), [] as [String; 0]);
        assert_eq!(
            targets("AWS::Events::Rule", "/Targets/0/DeadLetterConfig/Arn"),
            ["AWS::SQS::Queue.Arn"],
            "of a definition, under the path that leads there"
        );
        let origin = "/DistributionConfig/Origins/0/OriginAccessControlId";
        assert_eq!(targets("AWS::CloudFront::Distribution", origin), ["AWS::CloudFront::OriginAccessControl.Id"]);
        assert!(
            targets("AWS::Lambda::Permission", "/FunctionName").contains(&"AWS::Lambda::Alias.AliasArn".to_owned())
        );
    }

    #[test]
    fn ref_is_the_identifier_or_the_part_that_cloudformation_returns() {
        let of =
            |type_name: &str, identifier: &str, properties: Value| get(type_name).ref_value(identifier, &properties);
        assert_eq!(of("AWS::S3::Bucket", "files", json!({})).as_deref(), Some("files"));
        assert_eq!(of("AWS::S3::Bucket", "", json!({})), None);
        assert_eq!(of("AWS::ApiGateway::Resource", "api|res", json!({})).as_deref(), Some("res"));
        assert_eq!(of("AWS::Cognito::UserPoolClient", "pool|client", json!({"ClientId": "c"})).as_deref(), Some("c"));
        assert_eq!(of("AWS::CodeBuild::Project", "x", json!({"Name": "build"})).as_deref(), Some("build"));
        assert_eq!(of("AWS::CodeBuild::Project", "x", json!({})), None, "it is not in the identifier");
        assert_eq!(of("AWS::ECS::Service", "arn:s|main", json!({})).as_deref(), Some("arn:s"));
        let rule = |bus: Value| of("AWS::Events::Rule", "arn:x", json!({"Name": "nightly", "EventBusName": bus}));
        assert_eq!(rule(Value::Null).as_deref(), Some("nightly"));
        assert_eq!(rule(json!("default")).as_deref(), Some("nightly"));
        assert_eq!(rule(json!("orders")).as_deref(), Some("orders|nightly"));
        assert_eq!(get("AWS::EC2::EIP").ref_parts, [RefPart { property: "PublicIp".to_owned(), default: None }]);
    }

    #[test]
    fn stateful_types_and_reviewed_changes_are_marked() {
        for name in ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::RDS::DBInstance", "AWS::KMS::Key"] {
            assert!(get(name).stateful, "{name}");
        }
        assert!(!get("AWS::Lambda::Function").stateful);
        let role = &get("AWS::IAM::Role").review;
        assert!(role.iam.covers("/AssumeRolePolicyDocument/Statement/0") && role.iam.covers("/ManagedPolicyArns/0"));
        assert!(!role.iam.covers("/Description") && role.network == ReviewScope::Nothing);
        let group = &get("AWS::EC2::SecurityGroup").review;
        assert!(group.network.covers("/SecurityGroupIngress/0/CidrIp") && !group.iam.covers("/SecurityGroupIngress"));
        assert_eq!(get("AWS::EC2::SecurityGroupIngress").review.network, ReviewScope::Resource);
        assert_eq!(get("AWS::Lambda::Permission").review.iam, ReviewScope::Resource);
        assert_eq!(get("AWS::SQS::Queue").review, Default::default(), "a redrive policy grants nothing");
        let network = ReviewScope::Properties(vec![PropertyPath::parse("/PolicyDocument")]);
        assert_eq!(get("AWS::NetworkManager::CoreNetwork").review.network, network);
    }

    #[test]
    fn service_owned_resources_are_recognized_by_patterns_of_their_type() {
        let owned = |type_name: &str, identifier: &str, arn| get(type_name).is_service_owned(identifier, arn);
        assert!(owned("AWS::IAM::Role", "AWSServiceRoleForRDS", None));
        assert!(owned("AWS::IAM::Role", "x", Some("arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/x")));
        assert!(!owned("AWS::IAM::Role", "app", Some("arn:aws:iam::111111111111:role/app")));
        assert!(owned("AWS::IAM::ManagedPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", None));
        assert!(!owned("AWS::IAM::ManagedPolicy", "arn:aws:iam::111111111111:policy/own", None));
        assert!(owned("AWS::KMS::Alias", "alias/aws/s3", None) && !owned("AWS::KMS::Alias", "alias/app", None));
        assert!(owned("AWS::Athena::WorkGroup", "primary", None) && owned("AWS::Events::EventBus", "default", None));
        assert!(owned("AWS::RDS::DBParameterGroup", "default.mysql8.0", None));
        assert!(owned("AWS::RDS::OptionGroup", "default:mysql-8-0", None));
        assert!(!owned("AWS::SQS::Queue", "default", None));
    }

    #[test]
    fn manual_facts_are_attached_to_their_types() {
        assert!(get("AWS::S3::Bucket").global_name && !get("AWS::SQS::Queue").global_name);
        let [needed] = get("AWS::SecretsManager::Secret").needed_unless.as_slice() else { panic!() };
        assert_eq!(
            (needed.pointer.as_str(), needed.unless.as_slice()),
            ("/SecretString", &["/GenerateSecretString".to_owned()][..])
        );
        let [companion] = get("AWS::SES::EmailIdentity").companions.as_slice() else { panic!() };
        assert_eq!(companion.secret.to_string(), "/DkimSigningAttributes/DomainSigningPrivateKey");
        assert_eq!(companion.beside, "DomainSigningSelector");
        for name in Registry::embedded().type_names() {
            let Some(instead) = &get(name).instead else { continue };
            assert!(!get(name).handlers.are_provisionable(), "{name} is served");
            let named = instead.split([' ', ',']).filter(|word| word.starts_with("AWS::"));
            named.for_each(|other| assert!(get(other).handlers.are_provisionable(), "{name}: {other}"));
        }
    }
}
