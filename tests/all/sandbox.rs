//! What the sandbox knows by itself, beside what the product makes of it: prices, bills and permissions. Each side has
//! code of its own for them, so that either can be wrong.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use stagegate::estimate::price_list::PriceQuery;
use stagegate::estimate::{EstimateInput, EstimateOptions, GLOBAL, PriceBook, Snapshot, estimate};
use stagegate::sandbox::{Clock, ManualClock, Sandbox, SandboxOptions};

use super::support::DEV;

/// A sandbox in this process.
struct Cloud {
    sandbox: Sandbox,
    _folder: tempfile::TempDir,
}

impl Cloud {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = SandboxOptions::new(folder.path(), Vec::new());
        options.clock = Clock::Manual(ManualClock::new("2026-11-30T09:30:00Z".parse().unwrap()));
        Self { sandbox: Sandbox::open(options).unwrap(), _folder: folder }
    }

    #[track_caller]
    fn ask(&self, service: &str, target: &str, input: &Value) -> Value {
        let scope = format!("Credential={DEV}/20261120/us-east-1/{service}/aws4_request");
        let request = Request::post("/")
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .body(Bytes::from(input.to_string()))
            .unwrap();
        let response = self.sandbox.handle(request);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), 200, "{body}");
        body
    }

    /// What resources cost in a month of 30 days, by the tag `Name`.
    fn bill(&self, resources: &[(&str, &str, Value)]) -> BTreeMap<String, f64> {
        let tagged = |(name, type_name, properties): &(&str, &str, Value)| {
            let mut properties = properties.clone();
            properties["Tags"] = json!([{"Key": "Name", "Value": name}]);
            ((*type_name).to_owned(), properties)
        };
        self.sandbox.seed(DEV, "us-east-1", resources.iter().map(tagged)).unwrap();
        let input = json!({
            "TimePeriod": {"Start": "2026-11-01", "End": "2026-12-01"}, "Granularity": "MONTHLY",
            "Metrics": ["UnblendedCost"], "GroupBy": [{"Type": "TAG", "Key": "Name"}],
        });
        let answer = self.ask("ce", "AWSInsightsIndexService.GetCostAndUsage", &input);
        let groups = answer["ResultsByTime"][0]["Groups"].as_array().unwrap().iter();
        let bills = groups.map(|group| {
            let name = group["Keys"][0].as_str().unwrap().strip_prefix("Name$").unwrap();
            let amount = group["Metrics"]["UnblendedCost"]["Amount"].as_str().unwrap();
            (name.to_owned(), amount.parse().unwrap())
        });
        bills.collect()
    }
}

/// The expected monthly estimate of one resource.
fn estimated((name, type_name, properties): &(&str, &str, Value)) -> f64 {
    let input = EstimateInput {
        file: None,
        logical_id: Some(name),
        identifier: None,
        type_name,
        region: "us-east-1",
        properties,
    };
    estimate(&[input], &EstimateOptions::default(), &Snapshot).total.expected.amount().try_into().unwrap()
}

#[test]
fn whoever_asks_exactly_finds_every_price_of_the_snapshot() {
    let cloud = Cloud::new();
    let mut asked = 0;
    for id in Snapshot::ids() {
        let (key, region) = id.rsplit_once('@').unwrap();
        let region = if region == GLOBAL { "us-east-1" } else { region };
        let Some(question) = PriceQuery::of(key, region) else { continue };
        let filters =
            question.filters.iter().map(|(field, value)| json!({"Type": "TERM_MATCH", "Field": field, "Value": value}));
        let input = json!({"ServiceCode": question.service, "Filters": filters.collect::<Vec<_>>()});
        let answer = cloud.ask("pricing", "AWSPriceListService.GetProducts", &input);
        assert!(answer["NextToken"].is_null(), "{id}: more than a page");
        let found: Vec<String> =
            answer["PriceList"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
        let price = question.read(&found).unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        let embedded = Snapshot.price(key, region).unwrap();
        assert_eq!((&price.id, price.rates()), (&embedded.id, embedded.rates()), "{id}");
        assert_eq!(price.as_of, embedded.as_of);
        asked += 1;
    }
    assert!(asked > 2000, "{asked}");
}

/// A month has 720 hours here and 730 in an estimate: what is billed by the hour alone differs by that.
#[test]
fn what_has_a_fixed_price_is_billed_about_as_estimated() {
    let resources = [
        ("address", "AWS::EC2::EIP", json!({"Domain": "vpc"})),
        ("tunnel", "AWS::EC2::VPNConnection", json!({"Type": "ipsec.1", "CustomerGatewayId": "cgw-1"})),
        (
            "cache",
            "AWS::ElastiCache::CacheCluster",
            json!({"CacheNodeType": "cache.t3.small", "Engine": "redis", "NumCacheNodes": 2}),
        ),
        (
            "warehouse",
            "AWS::Redshift::Cluster",
            json!({"NodeType": "dc2.large", "NumberOfNodes": 2, "ClusterType": "multi-node", "DBName": "d", "MasterUsername": "u"}),
        ),
        (
            "alarm",
            "AWS::CloudWatch::Alarm",
            json!({"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "Errors", "Namespace": "AWS/Lambda", "Period": 60, "Statistic": "Sum", "Threshold": 1}),
        ),
        (
            "authority",
            "AWS::ACMPCA::CertificateAuthority",
            json!({"Type": "ROOT", "KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA", "Subject": {}}),
        ),
        (
            "volume",
            "AWS::EC2::Volume",
            json!({"AvailabilityZone": "us-east-1a", "Size": 500, "VolumeType": "gp3", "Iops": 6000, "Throughput": 250}),
        ),
        (
            "database",
            "AWS::RDS::DBInstance",
            json!({"Engine": "postgres", "DBInstanceClass": "db.m6g.large", "AllocatedStorage": "200", "StorageType": "gp3", "MultiAZ": true}),
        ),
    ];
    let cloud = Cloud::new();
    let billed = cloud.bill(&resources);
    for resource in &resources {
        let (billed, estimated) = (billed[resource.0], estimated(resource));
        let ratio = billed / estimated;
        assert!((0.97..1.03).contains(&ratio), "{}: {billed} billed, {estimated} estimated", resource.0);
    }
}

#[test]
fn what_is_billed_by_use_is_not_what_was_assumed() {
    let kinds = [
        ("AWS::S3::Bucket", json!({})),
        ("AWS::Lambda::Function", json!({"MemorySize": 256, "Runtime": "python3.13", "Handler": "app.handler"})),
        ("AWS::Logs::LogGroup", json!({})),
        (
            "AWS::DynamoDB::Table",
            json!({
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            }),
        ),
        ("AWS::EC2::NatGateway", json!({"SubnetId": "subnet-1"})),
    ];
    for (type_name, properties) in kinds {
        let names: Vec<String> = (0..40).map(|number| format!("n{number}")).collect();
        let resources: Vec<(&str, &str, Value)> =
            names.iter().map(|name| (name.as_str(), type_name, properties.clone())).collect();
        let billed = Cloud::new().bill(&resources);
        let estimated = estimated(&resources[0]);
        let bills: Vec<f64> = names.iter().map(|name| billed.get(name).copied().unwrap_or_default()).collect();
        let is_near = |bill: &&f64| (**bill - estimated).abs() < estimated * 0.001;
        assert!(bills.iter().filter(is_near).count() <= 2, "{type_name}: {estimated} estimated, {bills:?}");
        assert!(bills.iter().any(|bill| *bill > estimated), "{type_name}: {estimated} estimated, {bills:?}");
        assert!(bills.iter().any(|bill| *bill < estimated), "{type_name}: {estimated} estimated, {bills:?}");
    }
}

mod permissions {
    //! Made-up policies and requests, put to both evaluators. The cases that a person has reasoned about are in
    //! `tests/data/iam/cases.yaml`.

    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use serde_json::{Map, Value, json};
    use stagegate::iam;
    use stagegate::sandbox::evaluator as sandbox;

    const ACTIONS: [&str; 10] = [
        "*",
        "s3:*",
        "s3:Get*",
        "S3:getobject",
        "s3:GetObject?",
        "sqs:*",
        "kms:Decrypt",
        "*:?et*",
        "sts:AssumeRole",
        "s3:PutObject",
    ];
    const RESOURCES: [&str; 12] = [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::data",
        "arn:aws:s3:::data/*",
        "arn:aws:s3:::d?ta/*",
        "arn:aws:s3:::data/${*}",
        "arn:aws:s3:::home/${aws:username}/*",
        "arn:aws:s3:::home/${aws:userid, 'ann'}/*",
        "arn:aws:sqs",
        "arn:aws:sqs:us-*:111111111111:*",
        "arn:aws:kms:*:*:key/*",
        "arn:aws:iam::222222222222:role/App",
    ];
    const ASKED: [(&str, &str); 9] = [
        ("s3:GetObject", "arn:aws:s3:::data/x"),
        ("s3:GetObject", "arn:aws:s3:::data/*"),
        ("s3:PutObject", "arn:aws:s3:::home/ann/x"),
        ("s3:ListBucket", "arn:aws:s3:::data"),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"),
        ("sqs:GetQueueUrl", "arn:aws:sqs:us-east-1:222222222222:q"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"),
        ("sts:AssumeRole", "arn:aws:iam::222222222222:role/App"),
        ("s3:GetAccount", "*"),
    ];
    const CALLERS: [&str; 6] = [
        "arn:aws:iam::111111111111:user/ann",
        "arn:aws:iam::222222222222:user/bob",
        "arn:aws:sts::111111111111:assumed-role/App/run-1",
        "arn:aws:sts::111111111111:assumed-role/App/run-2",
        "arn:aws:iam::111111111111:role/App",
        "sns.amazonaws.com",
    ];
    const PRINCIPALS: [&str; 9] = [
        "*",
        "111111111111",
        "arn:aws:iam::111111111111:root",
        "arn:aws:iam::222222222222:root",
        "arn:aws:iam::111111111111:user/ann",
        "arn:aws:iam::111111111111:role/svc/App",
        "arn:aws:iam::111111111111:role/App",
        "arn:aws:iam::111111111111:role/Other",
        "arn:aws:sts::111111111111:assumed-role/App/run-1",
    ];
    const KEYS: [&str; 5] =
        ["aws:username", "aws:PrincipalTag/team", "aws:TagKeys", "aws:ResourceAccount", "s3:prefix"];
    const VALUES: [&str; 15] = [
        "",
        "ann",
        "Ann",
        "a*",
        "*",
        "core",
        "10",
        "9.5",
        "true",
        "2026-11-02",
        "2026-11-02T00:00:00Z",
        "203.0.113.7",
        "203.0.113.0/24",
        "arn:aws:iam::111111111111:role/App",
        "222222222222",
    ];
    const OPERATORS: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "IpAddress",
        "NotIpAddress",
        "BinaryEquals",
        "Null",
    ];

    /// One to three of these.
    fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
        subsequence(of, 1..=3)
    }

    fn condition() -> impl Strategy<Value = (String, &'static str, Vec<String>)> {
        let quantifier = select(&["", "", "ForAllValues:", "ForAnyValue:"][..]);
        let if_exists = select(&["", "", "IfExists"][..]);
        let mut values: Vec<&'static str> = VALUES.to_vec();
        values.extend(["${aws:username}", "${aws:userid, 'core'}", "${*}", "a${?}", "false"]);
        let values = subsequence(values, 1..=2);
        (quantifier, select(&OPERATORS[..]), if_exists, select(&KEYS[..]), values).prop_map(
            |(quantifier, operator, if_exists, key, values)| {
                let name = match operator {
                    "Null" => "Null".to_owned(),
                    other => format!("{quantifier}{other}{if_exists}"),
                };
                (name, key, values.into_iter().map(str::to_owned).collect())
            },
        )
    }

    /// A policy of one to three statements, with principals or without.
    fn policy(has_principals: bool) -> impl Strategy<Value = Value> {
        let statement = (
            select(&["Allow", "Allow", "Deny"][..]),
            (select(&["Action", "Action", "Action", "NotAction"][..]), some(&ACTIONS)),
            (select(&["Resource", "Resource", "Resource", "NotResource"][..]), some(&RESOURCES)),
            (select(&["Principal", "Principal", "Principal", "NotPrincipal"][..]), some(&PRINCIPALS)),
            proptest::collection::vec(condition(), 0..=2),
        );
        let statement = statement.prop_map(move |(effect, actions, resources, principals, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".into(), json!(effect));
            statement.insert(actions.0.into(), json!(actions.1));
            statement.insert(resources.0.into(), json!(resources.1));
            if has_principals {
                statement.insert(principals.0.into(), json!({"AWS": principals.1, "Service": "sns.amazonaws.com"}));
            }
            let mut condition = json!({});
            for (operator, key, values) in conditions {
                condition[operator][key] = json!(values);
            }
            statement.insert("Condition".into(), condition);
            Value::Object(statement)
        });
        let version = select(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"][..]);
        (version, proptest::collection::vec(statement, 1..=3))
            .prop_map(|(version, statements)| json!({"Version": version, "Statement": statements}))
    }

    #[derive(Debug, Clone)]
    struct Asked {
        identity: Vec<Value>,
        boundary: Option<Vec<Value>>,
        session: Option<Vec<Value>>,
        resource: Vec<Value>,
        request: (&'static str, &'static str),
        caller: Option<&'static str>,
        context: BTreeMap<String, Vec<String>>,
    }

    fn asked() -> impl Strategy<Value = Asked> {
        let list = |has_principals, most| proptest::collection::vec(policy(has_principals), 0..=most);
        let limit = || proptest::option::weighted(0.3, proptest::collection::vec(policy(false), 0..=1));
        let values = subsequence(&VALUES[..], 0..=2).prop_map(|values| values.into_iter().map(str::to_owned).collect());
        let context = proptest::collection::btree_map(select(&KEYS[..]).prop_map(str::to_owned), values, 0..=4);
        let caller = proptest::option::weighted(0.9, select(&CALLERS[..]));
        (list(false, 2), limit(), limit(), list(true, 1), select(&ASKED[..]), caller, context).prop_map(
            |(identity, boundary, session, resource, request, caller, context)| Asked {
                identity,
                boundary,
                session,
                resource,
                request,
                caller,
                context,
            },
        )
    }

    fn by_the_product(asked: &Asked) -> (String, Option<bool>) {
        let read = |documents: &Vec<Value>| -> Vec<iam::Policy> {
            documents.iter().map(|document| iam::Policy::parse(document).unwrap()).collect()
        };
        let (identity, resource) = (read(&asked.identity), read(&asked.resource));
        let (boundary, session) = (asked.boundary.as_ref().map(read), asked.session.as_ref().map(read));
        let policies = iam::AttachedPolicies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: &resource,
        };
        let (action, resource) = asked.request;
        let request = iam::Request { action, resource, principal: asked.caller, context: &asked.context };
        let evaluation = iam::evaluate(&policies, &request);
        (format!("{:?}", evaluation.decision), evaluation.allowed_by_boundary)
    }

    fn by_the_sandbox(asked: &Asked) -> (String, Option<bool>) {
        use sandbox::{Attachment, Context, Policies, Policy, Request, evaluate};
        let read = |documents: &Vec<Value>, attachment| -> Vec<Policy> {
            documents.iter().map(|document| Policy::read(document, attachment).unwrap()).collect()
        };
        let of_identity = |documents| read(documents, Attachment::Identity);
        let (identity, resource) = (of_identity(&asked.identity), read(&asked.resource, Attachment::Resource));
        let (boundary, session) = (asked.boundary.as_ref().map(of_identity), asked.session.as_ref().map(of_identity));
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: &resource,
        };
        let context: Context = asked.context.iter().map(|(key, values)| (key, values.clone())).collect();
        let (action, resource) = asked.request;
        let evaluation = evaluate(&policies, &Request { action, resource, principal: asked.caller, context: &context });
        (format!("{:?}", evaluation.decision), evaluation.allowed_by_boundary)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn both_evaluators_agree(asked in asked()) {
            prop_assert_eq!(by_the_product(&asked), by_the_sandbox(&asked));
        }
    }
}
