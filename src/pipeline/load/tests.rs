use super::*;
use crate::domain::diagnostic::Location;
use crate::domain::resource::SourceMap;
use serde_json::{Value, json};

/// Checks buckets with these properties, each on a separate line.
fn said(properties: &[(&str, Value)]) -> Vec<Diagnostic> {
    let resource = |(line, (logical_id, properties)): (u32, &(&str, Value))| {
        let mut source = SourceMap::default();
        source.resource = Some(Location { file: "t.yaml".to_owned(), line, column: 1 });
        DesiredResource {
            logical_id: (*logical_id).to_owned(),
            type_name: "AWS::S3::Bucket".to_owned(),
            properties: properties.clone(),
            depends_on: Vec::new(),
            metadata: Value::Null,
            file: "t.yaml".to_owned(),
            source,
        }
    };
    let resources = (1..).zip(properties).map(resource).collect();
    check(&Registry::embedded(), resources, BTreeSet::new()).err().unwrap_or_default()
}

#[test]
fn a_circular_dependency_is_reported_with_its_location() {
    let needs = |name: &str| json!({"BucketName": {"Fn::Sub": format!("${{{name}}}-a")}});
    for (resources, message) in [
        (vec![("A", json!({})), ("B", needs("B"))], "circular dependency: B → B"),
        (vec![("A", needs("B")), ("B", needs("A"))], "circular dependency: A → B → A"),
    ] {
        let said = said(&resources);
        let [one] = said.as_slice() else { panic!("{said:?}") };
        assert!(one.message.ends_with(message) && one.location.is_some() && one.hint.is_some(), "{one:?}");
    }
    assert_eq!(said(&[("A", json!({})), ("B", needs("A"))]), []);
}

fn resource(file: &str, logical_id: &str, type_name: &str, properties: Value) -> DesiredResource {
    DesiredResource {
        logical_id: logical_id.to_owned(),
        type_name: type_name.to_owned(),
        properties,
        depends_on: Vec::new(),
        metadata: Value::Null,
        file: file.to_owned(),
        source: SourceMap::default(),
    }
}

fn read(resources: Vec<DesiredResource>) -> Checked {
    check_for_reading(&Registry::embedded(), resources, BTreeSet::new(), false)
}

#[test]
fn an_unknown_type_of_aws_is_a_fault_of_what_is_read() {
    for (type_name, faults, notes) in [
        ("Custom::Thing", vec![], vec!["unseen-type"]),
        ("AWS::Serverless::Function", vec![], vec!["unseen-type"]),
        ("Vendor::Service::Thing::MODULE", vec![], vec!["unseen-type"]),
        ("AWS::Brandnew::Thing", vec!["unknown-type"], vec![]),
        ("AWS::S3::Bukket", vec!["unknown-type"], vec![]),
        // Reported by the loader.
        ("", vec![], vec![]),
    ] {
        let checked = read(vec![resource("t.yaml", "A", type_name, json!({"X": 1}))]);
        let codes = |list: &[Diagnostic]| list.iter().map(|one| one.code.as_str()).collect::<Vec<_>>();
        assert_eq!((codes(&checked.faults), codes(&checked.loaded.notes)), (faults, notes), "{type_name}");
        assert_eq!(checked.loaded.resources.len(), 1);
    }
}

#[test]
fn an_unknown_type_is_a_warning_unless_it_is_misspelled() {
    let of_type = |type_name: &str| vec![resource("t.yaml", "A", type_name, json!({"X": 1}))];
    for type_name in ["Custom::Thing", "Vendor::Service::Thing", "AWS::Brandnew::Thing"] {
        assert_eq!(
            check(&Registry::embedded(), of_type(type_name), BTreeSet::new()).unwrap_err()[0].code.as_str(),
            "unknown-type"
        );
        let loaded = check_for_comparing(&Registry::embedded(), of_type(type_name), BTreeSet::new()).unwrap();
        let notes: Vec<&str> = loaded.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!((loaded.resources.len(), notes), (1, vec!["unseen-type"]), "{type_name}");
    }
    assert_eq!(read(of_type("AWS::CDK::Metadata")).loaded.resources, []);
    let mistyped = check_for_comparing(&Registry::embedded(), of_type("AWS::S3::Bukket"), BTreeSet::new()).unwrap_err();
    assert!(mistyped[0].hint.as_deref().is_some_and(|hint| hint.contains("AWS::S3::Bucket")), "{mistyped:?}");
}

/// In one file `A` needs `B`, in the other `B` needs `A`; and only one's `A` has an ARN.
#[test]
fn separate_stacks_do_not_share_dependencies_or_attributes() {
    let (queue, bucket) = ("AWS::SQS::Queue", "AWS::S3::Bucket");
    let needs = |name: &str| json!({"QueueName": {"Fn::Sub": format!("${{{name}}}-a")}});
    let resources = |second: &str| {
        vec![
            resource("1.yaml", "A", queue, needs("B")),
            resource("1.yaml", "B", queue, json!({})),
            resource(second, "A", bucket, json!({})),
            resource(second, "B", queue, needs("A")),
            resource(second, "C", queue, json!({"QueueName": {"Fn::GetAtt": ["A", "DomainName"]}})),
        ]
    };
    assert_eq!(read(resources("2.yaml")).faults, []);
    let mut wrong = resources("2.yaml");
    wrong[3].properties = json!({"QueueName": {"Fn::GetAtt": ["A", "QueueUrl"]}});
    assert_eq!(read(wrong).faults[0].code.as_str(), "unknown-attribute");
}

#[test]
fn outputs_of_a_nested_stack_are_not_validated() {
    let stack = resource("t.yaml", "S", "AWS::CloudFormation::Stack", json!({"TemplateURL": "https://x"}));
    let asking = |attribute: &str| {
        let properties = json!({"QueueName": {"Fn::GetAtt": ["S", attribute]}});
        let queue = resource("t.yaml", "Q", "AWS::SQS::Queue", properties);
        read(vec![stack.clone(), queue]).faults
    };
    assert_eq!(asking("Outputs.Name"), []);
    assert_eq!(asking("Output.Name")[0].code.as_str(), "unknown-attribute");
}

#[test]
fn every_violation_has_a_default_hint() {
    let wrong = json!({
        "Arn": "arn:aws:s3:::a", "BucketName": null, "Tags": [{"Key": "", "Value": "v"}, {"Value": "w"}],
        "VersioningConfiguration": {"Status": "On"}, "Nothing": 1, "ObjectLockEnabled": "perhaps",
    });
    let said = said(&[("A", wrong)]);
    assert!(said.len() >= 6, "{said:?}");
    assert!(said.iter().all(|one| one.hint.is_some()), "{said:?}");
}
