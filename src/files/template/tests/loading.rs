use proptest::prelude::*;

use super::*;

const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Description: test
Parameters:
  Env: { Type: String, Default: dev, AllowedValues: [dev, prod] }
  Days: { Type: Number, Default: 7 }
  Zones: { Type: CommaDelimitedList, Default: "a, b" }
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
Mappings:
  Sizes: { dev: { size: 20 }, prod: { size: 200 } }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: { checkov: { skip: [] } }
    Properties:
      BucketName: !Sub "app-${Env}-${AWS::AccountId}"
      Tags: !If [IsProd, [{Key: a, Value: b}], !Ref AWS::NoValue]
  Queue:
    Type: AWS::SQS::Queue
    Condition: IsProd
  Function:
    Type: AWS::Lambda::Function
    DependsOn: [Bucket, Queue]
    Properties:
      Role: !GetAtt Role.Arn
      Days: !Ref Days
      Size: !FindInMap [Sizes, !Ref Env, size]
      Zones: !Ref Zones
      Layers:
        - !If [IsProd, prod-layer, !Ref "AWS::NoValue"]
        - !Join ["-", [x, !Ref Env]]
      Environment: { Variables: { BUCKET: !Ref Bucket, ACCOUNT: "012345678901" } }
  Role:
    Type: AWS::IAM::Role
    DependsOn: Bucket
Outputs:
  Name: { Value: !Ref Anything }
"#;

#[test]
fn a_template_becomes_resources_in_their_order() {
    let loaded = loaded(TEMPLATE);
    let ids: Vec<&str> = loaded.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(ids, ["Bucket", "Function", "Role"]);
    assert_eq!(loaded.left_out, ["Queue"]);
    assert_eq!(loaded.diagnostics, []);
    let [bucket, function, role] = loaded.resources.as_slice() else { panic!("three resources") };
    assert_eq!(bucket.type_name, "AWS::S3::Bucket");
    assert_eq!(bucket.properties, json!({"BucketName": "app-dev-111111111111"}));
    assert_eq!(bucket.metadata, json!({"checkov": {"skip": []}}));
    assert_eq!(
        function.properties,
        json!({
            "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Days": 7, "Size": 20, "Zones": ["a", "b"], "Layers": ["x-dev"],
            "Environment": {"Variables": {"BUCKET": {"Ref": "Bucket"}, "ACCOUNT": "012345678901"}},
        })
    );
    assert_eq!(function.depends_on, ["Bucket"]);
    assert_eq!(role.depends_on, ["Bucket"]);
    assert_eq!(role.properties, json!({}));
    assert_eq!(role.file, "t.yaml");
}

#[test]
fn parameters_change_the_desired_state() {
    let loaded = loaded_with(TEMPLATE, &with_params(&[("Env", "prod"), ("Zones", "x"), ("Days", "30")]));
    assert_eq!(loaded.left_out, Vec::<String>::new());
    assert_eq!(loaded.resources[0].properties["Tags"], json!([{"Key": "a", "Value": "b"}]));
    let function = &loaded.resources[2].properties;
    assert_eq!((&function["Zones"], &function["Days"], &function["Size"]), (&json!(["x"]), &json!(30), &json!(200)));
    assert_eq!(function["Layers"], json!(["prod-layer", "x-prod"]));
}

#[test]
fn locations_survive_resolution() {
    let loaded = loaded(TEMPLATE);
    let at = |index: usize, pointer: &str| {
        let place = loaded.resources[index].source.locate(pointer).unwrap();
        (place.line, place.column)
    };
    assert_eq!(at(0, "/BucketName"), (17, 7));
    assert_eq!(at(0, ""), (16, 5));
    assert_eq!(loaded.resources[0].source.resource.as_ref().map(|place| place.line), Some(13));
    // The first layer is removed, so the second one is found at index 0.
    assert_eq!(at(1, "/Layers/0"), (32, 11));
    assert_eq!(at(1, "/Environment/Variables/BUCKET"), (33, 35));
    assert_eq!(at(1, "/NotThere"), (25, 5));
    let prod = loaded_with(TEMPLATE, &with_params(&[("Env", "prod")]));
    let key = prod.resources[0].source.locate("/Tags/0/Key").unwrap();
    assert_eq!((key.line, key.column), (18, 28), "inside the branch that was taken");
}

#[test]
fn short_and_long_forms_are_the_same() {
    let short = "Resources: { A: { Type: T::T::T, Properties: { P: !GetAtt B.Out.Put, Q: !Sub ['${x}', {x: !Ref B}], R: !Base64 5, S: !GetAZs '' } }, B: { Type: T::T::T } }";
    let long = r#"{"Resources": {"A": {"Type": "T::T::T", "Properties": {"P": {"Fn::GetAtt": "B.Out.Put"}, "Q": {"Fn::Sub": ["${x}", {"x": {"Ref": "B"}}]}, "R": {"Fn::Base64": "5"}, "S": {"Fn::GetAZs": ""}}}, "B": {"Type": "T::T::T"}}}"#;
    assert_eq!(properties(short), properties(long));
    assert_eq!(properties(short)["P"], json!({"Fn::GetAtt": ["B", "Out.Put"]}));
}

#[test]
fn a_bare_resource_is_enough() {
    let bare = "Type: AWS::S3::Bucket\nProperties: { BucketName: b }\n";
    let resources = loaded(bare).resources;
    assert_eq!((resources[0].logical_id.as_str(), &resources[0].properties), ("Resource", &json!({"BucketName": "b"})));
    let several =
        load(&[input("d/my-queue.yaml", "Type: AWS::SQS::Queue"), input("d/2.json", bare)], &context()).unwrap();
    let ids: Vec<&str> = several.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(ids, ["MyQueue", "2"]);
    assert!(error("Properties: { BucketName: b }\n").starts_with("missing-type 1:1"));
}

#[test]
fn files_share_their_resources_but_not_their_parameters() {
    let first = input(
        "a.yaml",
        "Parameters: { P: { Type: String } }\nResources: { A: { Type: T::T::T, Properties: { X: !Ref P, Y: !Ref B } } }",
    );
    let second = input("b.yaml", "Resources: { B: { Type: T::T::T } }");
    let loaded = load(&[first.clone(), second.clone()], &with_params(&[("P", "v")])).unwrap();
    assert_eq!(loaded.resources[0].properties, json!({"X": "v", "Y": {"Ref": "B"}}));
    let foreign = input("b.yaml", "Resources: { B: { Type: T::T::T, Properties: { Z: !Ref P } } }");
    let list = load(&[first, foreign], &with_params(&[("P", "v")])).unwrap_err();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].location.as_ref().map(|place| place.file.as_str()), Some("b.yaml"));
}

#[test]
fn sensitive_and_stored_parameters() {
    let text = "Parameters:\n  Password: { Type: String, NoEcho: true }\n  Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /image }\n\
                Resources: { A: { Type: T::T::T, Properties: { P: !Ref Password, I: !Ref Image } } }";
    let loaded = loaded_with(text, &with_params(&[("Password", "hunter2!")]));
    assert_eq!(loaded.secrets.iter().collect::<Vec<_>>(), ["hunter2!"]);
    assert_eq!(loaded.resources[0].properties, json!({"P": "hunter2!", "I": {"Ref": "Image"}}));
}

#[test]
fn without_an_account_the_rest_is_still_known() {
    let text = "Resources: { A: { Type: T::T::T, Properties: { P: !Sub '${AWS::Region}-${AWS::AccountId}' } } }";
    let nowhere =
        TemplateContext { pseudo: Pseudo { region: Some("us-east-1".into()), ..Pseudo::default() }, ..context() };
    let loaded = loaded_with(text, &nowhere);
    assert_eq!(loaded.resources[0].properties, json!({"P": {"Fn::Sub": "us-east-1-${AWS::AccountId}"}}));
}

#[test]
fn warnings_do_not_stop_the_load() {
    let text = "Resources:\n  A:\n    Type: T::T::T\n    UpdatePolicy: {}\n    Properties: { P: !Ref AWS::StackName, Q: '{{resolve:ssm:x}}' }\n";
    let codes: Vec<&str> = loaded(text).diagnostics.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["ignored-attribute", "no-stack"]);
}

const TWO: &str = "Resources:\n  A: { Type: T::T::T, Properties: { List: [{Key: a}], Keep: 1, Name: !Ref B } }\n  B: { Type: T::T::T }\n";

#[test]
fn sets_override_what_is_written() {
    let set = |sets: &[(&str, &str)]| loaded_with(TWO, &with_sets(sets)).resources[0].properties.clone();
    assert_eq!(
        set(&[("A.List.0.Key", "b"), ("A.List.1", "{Key: c}"), ("/A/New/Deep~1Key", "20"), ("A.Keep", "null")]),
        json!({"List": [{"Key": "b"}, {"Key": "c"}], "Name": {"Ref": "B"}, "New": {"Deep/Key": 20}})
    );
    assert_eq!(set(&[("A.Keep", "012345678901"), ("A.Name", "!Sub 'x-${AWS::Region}'")])["Name"], json!("x-eu-west-1"));
    assert_eq!(set(&[("A.Keep", "")])["Keep"], json!(""));
    assert_eq!(set(&[("A.Items.0.X", "1")])["Items"], json!([{"X": 1}]));
    assert_eq!(set(&[("A.List.0", "null"), ("A.Gone.Deep", "null")])["List"], json!([]));
    let single = "Type: AWS::S3::Bucket\nProperties: { BucketName: a }\n";
    let loaded = loaded_with(single, &with_sets(&[("BucketName", "b"), ("Nested.Flag", "true")]));
    assert_eq!(loaded.resources[0].properties, json!({"BucketName": "b", "Nested": {"Flag": true}}));
    assert_eq!(loaded.resources[0].source.locate("/Nested/Flag").unwrap().file, "--set");
}

#[test]
fn invalid_sets_are_rejected() {
    for (path, value, words) in [
        ("Keep", "1", "unknown resource `Keep`"),
        ("A", "1", "does not name a property"),
        ("A.List.5", "1", "not a valid index for a list of 1"),
        ("A.List.x", "1", "not a valid index"),
        ("A.Keep.Deep", "1", "below a value of type integer"),
        ("A.Name.Deep", "1", "inside a function"),
        ("A.Keep", "[1", "not valid YAML"),
        ("A..Keep", "1", "does not name a property"),
        ("", "1", "unknown resource"),
    ] {
        let list = errors_with(TWO, &with_sets(&[(path, value)]));
        assert_eq!((list.len(), list[0].code.as_str()), (1, "invalid-set"), "{path}: {list:?}");
        assert!(list[0].message.contains(words), "{path}: {}", list[0].message);
    }
    assert_eq!(errors_with(TWO, &with_sets(&[("A.Keep", "!Nope 1")]))[0].code.as_str(), "unknown-tag");
    assert_eq!(errors_with(TWO, &with_sets(&[("A.Keep", "!Ref Nope")]))[0].code.as_str(), "unknown-reference");
}

proptest! {
    #[test]
    fn a_damaged_template_never_panics(cut in 0..TEMPLATE.len(), put in "[\\[\\]{}:!,'\"$a1 \\n-]{0,3}") {
        let end = (cut + 2).min(TEMPLATE.len());
        let text = format!("{}{put}{}", &TEMPLATE[..cut], &TEMPLATE[end..]);
        let _ = load(&[input("t", &text)], &context());
    }

    #[test]
    fn no_set_panics(path in "[A-B./a-z0-9~]{0,10}", value in any::<String>()) {
        let _ = load(&[input("t", TWO)], &with_sets(&[(&path, &value)]));
    }
}

#[test]
fn the_functions_of_rules_are_accepted_in_either_form() {
    let rules = "Rules:\n  One:\n    RuleCondition: !Contains [[a], !Ref P]\n    Assertions:\n      - Assert: !EachMemberIn [!ValueOfAll [A, B], !RefAll C]\n";
    let rest = "Parameters: { P: { Type: String, Default: a } }\nResources: { A: { Type: T::T::T } }\n";
    assert_eq!(loaded(&format!("{rules}{rest}")).resources.len(), 1);
    let misplaced = error("Resources:\n  A:\n    Type: T::T::T\n    Properties: { X: !Contains [[a], a] }\n");
    assert!(misplaced.starts_with("unknown-function 4:"), "{misplaced}");
}
