#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::domain::project::AccountId;
use crate::domain::resource::ResourceRef;
use crate::promotion::index::{Entry, Replacement, ValueIndex};
use crate::promotion::names::Tokens;
use crate::schema::Registry;

fn rewrite(entries: Vec<Entry>, document: Value) -> Rewritten {
    let index = ValueIndex::new(&Registry::embedded(), entries);
    let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let tokens = Tokens::between(&list(&["dev"]), &list(&["prod"]));
    let (dev, prod) = (AccountId::parse("111111111111").unwrap(), AccountId::parse("222222222222").unwrap());
    Rewriter { index: &index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens }
        .rewrite(&document)
}

fn known(value: &str, after: &str) -> Entry {
    Entry {
        value: value.into(),
        replacement: Replacement::Known(after.into()),
        owners: vec![ResourceRef::new("AWS::X::Y", value)],
    }
}

fn attribute(value: &str, logical_id: &str, attribute: &str) -> Entry {
    Entry {
        value: value.into(),
        replacement: Replacement::Attribute { logical_id: logical_id.into(), attribute: attribute.into() },
        owners: vec![ResourceRef::new("AWS::X::Y", value)],
    }
}

#[test]
fn references_become_values_or_symbols() {
    let result = rewrite(
        vec![
            known("orders-dev", "orders-prod"),
            attribute("arn:aws:iam::111111111111:role/app-dev", "Role", "Arn"),
            attribute("arn:aws:s3:::files-dev", "Files", "Arn"),
        ],
        json!({"Role": "arn:aws:iam::111111111111:role/app-dev", "Table": "orders-dev",
               "Policy": "{\"Resource\":\"arn:aws:s3:::files-dev/*\"}", "Stage": "dev", "Size": 3}),
    );
    assert!(result.unmapped.is_empty(), "{:?}", result.unmapped);
    assert_eq!(
        result.value,
        json!({"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Table": "orders-prod",
               "Policy": {"Fn::Sub": "{\"Resource\":\"${Files.Arn}/*\"}"}, "Stage": "prod", "Size": 3})
    );
    assert_eq!(result.rewrites.len(), 4);
}

#[test]
fn the_account_changes_in_patterns_and_roots() {
    let result = rewrite(
        vec![known("fn-dev", "fn-prod")],
        json!([
            "arn:aws:iam::111111111111:root",
            "111111111111",
            "arn:aws:logs:us-east-1:111111111111:*",
            "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/fn-dev:*",
            "arn:aws:iam::aws:policy/ReadOnlyAccess"
        ]),
    );
    assert!(result.unmapped.is_empty(), "{:?}", result.unmapped);
    assert_eq!(
        result.value,
        json!([
            "arn:aws:iam::222222222222:root",
            "222222222222",
            "arn:aws:logs:us-east-1:222222222222:*",
            "arn:aws:logs:us-east-1:222222222222:log-group:/aws/lambda/fn-prod:*",
            "arn:aws:iam::aws:policy/ReadOnlyAccess"
        ])
    );
}

#[test]
fn all_untranslated_values_are_listed() {
    let mut missing = known("arn:aws:sqs:us-east-1:111111111111:jobs-dev", "");
    missing.replacement = Replacement::Missing;
    let result = rewrite(
        vec![missing],
        json!({"A": "arn:aws:sqs:us-east-1:111111111111:jobs-dev", "B": "arn:aws:kms:us-east-1:111111111111:key/abc",
               "C": "other-dev", "Description": "the dev table"}),
    );
    let pointers: Vec<&str> = result.unmapped.iter().map(|u| u.pointer.as_str()).collect();
    assert_eq!(pointers, ["/A", "/B", "/C"]);
}

#[test]
fn a_replacement_with_the_source_account_is_rejected() {
    let arn = "arn:aws:iam::111111111111:role/app";
    let result = rewrite(vec![known(arn, arn)], json!({"Role": arn}));
    assert_eq!(result.unmapped.len(), 1, "{result:?}");
}

#[test]
fn a_document_without_references_is_unchanged() {
    let document = json!({"Name": "device", "Number": 1, "Nested": ["${literal}"]});
    let result = rewrite(vec![known("orders-dev", "orders-prod")], document.clone());
    assert_eq!(result.value, document);
    assert!(result.rewrites.is_empty() && result.unmapped.is_empty());
}

const DEV: &str = "111111111111";
const PROD: &str = "222222222222";

fn typed(entries: Vec<Entry>, type_name: &str, document: Value) -> Rewritten {
    of_resource(entries, type_name, "", None, document)
}

fn of_resource(
    entries: Vec<Entry>,
    type_name: &str,
    identifier: &str,
    names: Option<(&str, &str)>,
    document: Value,
) -> Rewritten {
    let index = ValueIndex::new(&Registry::embedded(), entries);
    let (dev, prod) = (AccountId::parse(DEV).unwrap(), AccountId::parse(PROD).unwrap());
    let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]).with_accounts(&dev, &prod);
    let schema = Registry::embedded().get(type_name).unwrap();
    let function = document.get("FunctionName").and_then(Value::as_str);
    let subject = Subject { schema, resource: ResourceRef::new(type_name, identifier), names, function };
    Rewriter { index: &index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens }
        .rewrite_of(&subject, &document)
}

fn owned(type_name: &str, value: &str, replacement: Replacement) -> Entry {
    Entry { value: value.into(), replacement, owners: vec![ResourceRef::new(type_name, value)] }
}

fn to(value: &str) -> Replacement {
    Replacement::Known(value.into())
}

#[test]
fn a_declared_reference_must_be_known_whatever_it_looks_like() {
    let bucket = |name: &str| json!({"LoggingConfiguration": {"DestinationBucketName": name}});
    let result = typed(vec![], "AWS::S3::Bucket", bucket("central-logs"));
    assert_eq!(result.unmapped.len(), 1, "{result:?}");
    assert_eq!(result.unmapped[0].value, "central-logs");
    let known = owned("AWS::S3::Bucket", "central-logs", to("central-logs-prod"));
    let result = typed(vec![known], "AWS::S3::Bucket", bucket("central-logs"));
    assert!(result.unmapped.is_empty(), "{result:?}");
    assert_eq!(result.value, bucket("central-logs-prod"));
    let same = owned("AWS::S3::Bucket", "central-logs", Replacement::SameName);
    assert_eq!(typed(vec![same], "AWS::S3::Bucket", bucket("central-logs")).unmapped.len(), 1);
    let mapped = Entry { value: "central-logs".into(), replacement: to("central-logs"), owners: vec![] };
    assert!(typed(vec![mapped], "AWS::S3::Bucket", bucket("central-logs")).unmapped.is_empty());
}

#[test]
fn the_type_of_a_reference_decides_between_resources_of_one_name() {
    let entries = || {
        vec![
            owned("AWS::ECS::Cluster", "shop-dev", to("cluster-prod")),
            owned("AWS::ECS::Service", "shop-dev", to("service-prod")),
        ]
    };
    let result = typed(entries(), "AWS::ECS::Service", json!({"Cluster": "shop-dev"}));
    assert_eq!(result.value, json!({"Cluster": "cluster-prod"}), "{result:?}");
    assert_eq!(result.required.len(), 1, "{result:?}");
    let result = typed(entries(), "AWS::Lambda::Function", json!({"Environment": {"Variables": {"A": "shop-dev"}}}));
    assert_eq!(result.unmapped.len(), 1, "{result:?}");
}

#[test]
fn names_within_a_resource_follow_its_renaming_and_refer_to_nothing() {
    let entries = vec![
        owned("AWS::ECS::Service", "web-dev", Replacement::Missing),
        owned("AWS::SQS::Queue", "orders-dev", Replacement::Missing),
    ];
    let task = json!({"Family": null, "ContainerDefinitions": [{"Name": "web-dev", "Image": "nginx"}]});
    let result = of_resource(entries.clone(), "AWS::ECS::TaskDefinition", "", Some(("web-dev", "web-prod")), task);
    assert!(result.unmapped.is_empty() && result.references.is_empty(), "{result:?}");
    assert_eq!(result.value["ContainerDefinitions"][0]["Name"], "web-prod");
    let role = json!({"Policies": [{"PolicyName": "orders-dev-read", "PolicyDocument": {}}]});
    let result =
        of_resource(entries.clone(), "AWS::IAM::Role", "orders-dev", Some(("orders-dev", "orders-prod")), role);
    assert!(result.unmapped.is_empty(), "{result:?}");
    assert_eq!(result.value["Policies"][0]["PolicyName"], "orders-prod-read");
    // The role's own name wherever it stands alone is not that of the queue.
    let role = json!({"Description": "x", "Path": "orders-dev"});
    let result = of_resource(entries, "AWS::IAM::Role", "orders-dev", Some(("orders-dev", "orders-prod")), role);
    assert_eq!(result.value["Path"], "orders-prod", "{result:?}");
}

#[test]
fn words_in_texts_and_data_are_kept_and_listed() {
    let table = json!({"AttributeDefinitions": [{"AttributeName": "dev_id", "AttributeType": "S"}]});
    let result = typed(vec![], "AWS::DynamoDB::Table", table.clone());
    assert!(result.unmapped.is_empty() && result.value == table, "{result:?}");
    assert_eq!(result.carried[0].value, "dev_id");
    let alarm = json!({"AlarmDescription": "Errors of the dev table"});
    let result = typed(vec![], "AWS::CloudWatch::Alarm", alarm.clone());
    assert!(result.unmapped.is_empty() && result.value == alarm, "{result:?}");
    assert_eq!(result.carried.len(), 1);
    let variables = json!({"Environment": {"Variables": {"DEV_MODE": "1"}}});
    let result = typed(vec![], "AWS::Lambda::Function", variables.clone());
    assert!(result.unmapped.is_empty() && result.value == variables && result.carried.len() == 1, "{result:?}");
}

#[test]
fn hosts_in_texts_for_people_are_refused() {
    let pool =
        json!({"EmailVerificationMessage": "See https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/dev {####}"});
    let result = typed(vec![], "AWS::Cognito::UserPool", pool);
    assert_eq!(result.unmapped[0].value, "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "{result:?}");
}

#[test]
fn the_account_is_translated_as_a_number_and_in_names_and_in_base64() {
    let condition = json!({"A": {"NumericEquals": {"aws:SourceAccount": 111111111111_u64}}, "B": 11111111111_u64});
    let result = rewrite(vec![], condition);
    assert_eq!(result.value["A"]["NumericEquals"]["aws:SourceAccount"], 222222222222_u64);
    assert_eq!(result.value["B"], 11111111111_u64);
    let script = "#!/bin/bash\nexport ACCOUNT=111111111111 > /dev/null\n";
    let result = rewrite(vec![], json!({"UserData": STANDARD.encode(script)}));
    assert!(result.unmapped.is_empty() && result.carried.is_empty(), "{result:?}");
    assert_eq!(result.value["UserData"], STANDARD.encode(script.replace(DEV, PROD)));
    assert_eq!(rewrite(vec![], json!({"A": "x111111111111x"})).unmapped.len(), 1);
    assert_eq!(rewrite(vec![], json!({"UserData": STANDARD.encode("fetch x111111111111x now")})).unmapped.len(), 1);
    let bucket = owned("AWS::S3::Bucket", "assets-dev-111111111111", to("assets-prod-222222222222"));
    let result = typed(
        vec![bucket],
        "AWS::S3::Bucket",
        json!({"LoggingConfiguration": {"DestinationBucketName": "assets-dev-111111111111"}}),
    );
    assert!(result.unmapped.is_empty(), "{result:?}");
    assert_eq!(result.value["LoggingConfiguration"]["DestinationBucketName"], "assets-prod-222222222222");
}

#[test]
fn an_attribute_within_base64_is_encoded_at_apply() {
    let entry = attribute("subnet-0123456789abcdef0", "Net", "SubnetId");
    let result = rewrite(vec![entry], json!({"UserData": STANDARD.encode("run subnet-0123456789abcdef0 now")}));
    assert_eq!(result.value["UserData"], json!({"Fn::Base64": {"Fn::Sub": "run ${Net.SubnetId} now"}}), "{result:?}");
}

#[test]
fn images_and_queues_of_the_account_are_not_invented() {
    for text in
        ["111111111111.dkr.ecr.us-east-1.amazonaws.com/app:1", "https://sqs.us-east-1.amazonaws.com/111111111111/jobs"]
    {
        let result = rewrite(vec![], json!({"A": text}));
        assert_eq!((result.unmapped.len(), &result.value["A"]), (1, &json!(text)), "{result:?}");
    }
}

#[test]
fn what_belongs_to_another_account_stays() {
    let text = "arn:aws:ec2:us-east-1:999999999999:subnet/subnet-0123456789abcdef0";
    assert!(rewrite(vec![], json!({"A": text})).unmapped.is_empty());
    let result = rewrite(vec![], json!({"A": "arn:aws:sqs:us-east-1:999999999999:jobs-dev"}));
    assert!(result.unmapped.is_empty() && result.carried.len() == 1, "{result:?}");
}

#[test]
fn a_known_value_in_a_policy_does_not_require_the_resource() {
    let arn = "arn:aws:lambda:us-east-1:111111111111:function:orders-dev";
    let entry = owned("AWS::Lambda::Function", arn, to(&arn.replace(DEV, PROD)));
    let role = json!({"Policies": [{"PolicyDocument": {"Statement": [{"Resource": arn}]}}]});
    let result = typed(vec![entry.clone()], "AWS::IAM::Role", role);
    assert!(result.references.len() == 1 && result.required.is_empty(), "{result:?}");
    let policy = json!({"PolicyDocument": {"Statement": [{"Principal": {"AWS": arn}}]}});
    assert_eq!(typed(vec![entry], "AWS::S3::BucketPolicy", policy).required.len(), 1);
}

/// Texts without a value of dev: no token, account, id or generated word.
fn foreign_text() -> impl Strategy<Value = String> {
    "[a-z]{1,7}([-/:. _][a-z]{1,7}){0,4}".prop_filter("no token", |text| {
        let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]);
        !tokens.occurs_in(text) && !text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "prod")
    })
}

fn known_names() -> Vec<Entry> {
    vec![
        known("orders-dev", "orders-prod"),
        known("arn:aws:sqs:us-east-1:111111111111:jobs-dev", "arn:aws:sqs:us-east-1:222222222222:jobs-prod"),
        known("subnet-0123456789abcdef0", "subnet-0fedcba9876543210"),
        known(
            "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "https://z9y8x7w6v5.execute-api.us-east-1.amazonaws.com",
        ),
    ]
}

fn back(entries: &[Entry]) -> Vec<Entry> {
    let turned = |entry: &Entry| match &entry.replacement {
        Replacement::Known(there) => known(there, &entry.value),
        other => panic!("{other:?}"),
    };
    entries.iter().map(turned).collect()
}

fn rewrite_back(entries: Vec<Entry>, document: &Value) -> Rewritten {
    let index = ValueIndex::new(&Registry::embedded(), entries);
    let (dev, prod) = (AccountId::parse(DEV).unwrap(), AccountId::parse(PROD).unwrap());
    let tokens = Tokens::between(&["prod".to_owned()], &["dev".to_owned()]);
    Rewriter { index: &index, accounts: (&prod, &dev), regions: ("us-east-1", "us-east-1"), tokens: &tokens }
        .rewrite(document)
}

/// A document of foreign texts and values of dev, some of them within a text.
fn document() -> impl Strategy<Value = Value> {
    let value = proptest::sample::select(known_names().into_iter().map(|entry| entry.value).collect::<Vec<_>>());
    let text = (foreign_text(), value, 0..4_u8).prop_map(|(foreign, value, form)| match form {
        0 => value,
        1 => format!("{foreign} {value}"),
        2 => format!("{value},{DEV}"),
        _ => foreign,
    });
    proptest::collection::vec(text, 1..5).prop_map(|texts| json!({"A": texts, "B": {"C": texts[0]}}))
}

proptest! {
    #[test]
    fn a_text_without_a_value_of_the_source_is_never_changed(text in foreign_text()) {
        let document = json!({"A": text, "B": [text], text.clone(): 1});
        let result = rewrite(known_names(), document.clone());
        prop_assert_eq!(&result.value, &document);
        prop_assert!(result.rewrites.is_empty() && result.unmapped.is_empty(), "{:?}", result);
    }

    #[test]
    fn rewriting_leaves_nothing_over_and_changes_nothing_twice(document in document()) {
        let once = rewrite(known_names(), document);
        prop_assert!(once.unmapped.is_empty(), "{:?}", once);
        let text = once.value.to_string();
        for entry in known_names() {
            prop_assert!(!text.contains(&entry.value) && !text.contains(DEV), "{}", text);
        }
        // The values of prod are foreign to dev: ids and hosts of prod are known values that stay.
        let mut entries = known_names();
        entries.extend(back(&known_names()).into_iter().map(|entry| known(&entry.value, &entry.value)));
        let twice = rewrite(entries, once.value.clone());
        prop_assert_eq!(&twice.value, &once.value);
    }

    #[test]
    fn rewriting_back_gives_the_original(document in document()) {
        let there = rewrite(known_names(), document.clone());
        let again = rewrite_back(back(&known_names()), &there.value);
        prop_assert_eq!(again.value, document);
    }

    #[test]
    fn a_document_in_a_text_is_rewritten_like_the_document(document in document()) {
        let direct = rewrite(known_names(), document.clone());
        let text = serde_json::to_string_pretty(&document).unwrap();
        let within = rewrite(known_names(), json!({"Value": text}));
        prop_assert!(within.unmapped.is_empty(), "{:?}", within);
        let new = within.value["Value"].as_str().unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(new).unwrap(), direct.value.clone());
        // White space and everything else stays.
        prop_assert_eq!(new, serde_json::to_string_pretty(&direct.value).unwrap());
        let again = rewrite_back(back(&known_names()), &within.value);
        prop_assert_eq!(again.value, json!({"Value": text}));
    }

    #[test]
    fn a_text_is_the_same_in_another_region_unless_it_names_the_region(text in foreign_text()) {
        let index = ValueIndex::new(&Registry::embedded(), vec![]);
        let (dev, prod) = (AccountId::parse(DEV).unwrap(), AccountId::parse(PROD).unwrap());
        let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]);
        for to in ["us-east-1", "cn-north-1", "us-gov-west-1"] {
            let rewriter =
                Rewriter { index: &index, accounts: (&dev, &prod), regions: ("eu-west-1", to), tokens: &tokens };
            let plain = rewriter.rewrite(&json!({"A": text}));
            prop_assert_eq!(&plain.value, &json!({"A": text}));
            let named = rewriter.rewrite(&json!({"A": format!("{text} eu-west-1")}));
            prop_assert_eq!(&named.value, &json!({"A": format!("{text} {to}")}));
        }
    }
}
