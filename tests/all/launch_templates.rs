//! Launch templates: no read returns their contents or their tags, which the tagging API has.

use serde_json::{Value, json};

use super::support::{DEV, User, call_as};

const STACK: &str = r"
Resources:
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: ami-0c0ffee0000000001
        InstanceType: t3.nano
        MetadataOptions: {HttpTokens: required}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: '1'
      MaxSize: '1'
      AvailabilityZones: [us-east-1a]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
";
const CREATE: [&str; 5] = ["create", "-f", "fleet.yaml", "--stack-name", "fleet"];

fn group(endpoint: &str) -> Value {
    let control = |operation: &str, input: Value| {
        let target = format!("CloudApiService.{operation}");
        call_as(DEV, endpoint, "cloudcontrolapi", &target, &input).expect("an answer")
    };
    let type_name = "AWS::AutoScaling::AutoScalingGroup";
    let listed = control("ListResources", json!({"TypeName": type_name}));
    let identifier = &listed["ResourceDescriptions"][0]["Identifier"];
    let found = control("GetResource", json!({"TypeName": type_name, "Identifier": identifier}));
    serde_json::from_str(found["ResourceDescription"]["Properties"].as_str().expect("properties")).expect("JSON")
}

fn operations(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["body"]["plan"]["steps"].as_array().expect("a plan").iter();
    let changes = steps.filter(|step| step["operation"] != "tag");
    changes.map(|step| (step["operation"].as_str().unwrap(), step["logical_id"].as_str().unwrap())).collect()
}

#[test]
fn a_launch_template_is_recognized_by_its_tags_and_its_group_follows_its_versions() {
    let user = User::of_sandbox();
    user.write("fleet.yaml", STACK);
    user.json(&CREATE, 0);
    let again = user.json(&CREATE, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]));
    // The tags are seen by audits and comparisons as those of other resources are.
    user.json(&["tag-audit", "--type", "AWS::EC2::LaunchTemplate"], 0);
    let drift = user.json(&["drift"], 0);
    let rows = drift["body"]["resources"].as_array().unwrap();
    let statuses: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["type"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
    assert_eq!(
        statuses,
        [("AWS::AutoScaling::AutoScalingGroup", "dev_only"), ("AWS::EC2::LaunchTemplate", "dev_only")]
    );

    user.write("fleet.yaml", &STACK.replace("t3.nano", "t3.micro"));
    let changed = user.json(&CREATE, 0);
    assert_eq!(operations(&changed), [("update", "Template"), ("update", "Group")]);
    // The price of the group is that of the instances in the template.
    let estimate = changed["body"]["plan"]["estimate"]["resources"].as_array().unwrap();
    let priced = estimate.iter().find(|one| one["logical_id"] == "Group").unwrap();
    assert_eq!(priced["status"], "priced", "{priced}");
    let server = user.serve();
    assert_eq!(group(&server.endpoint)["LaunchTemplate"]["Version"], "2");
    let again = user.json(&CREATE, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]));

    // A change of the group alone is priced with the contents that the template declares.
    let wider = STACK.replace("t3.nano", "t3.micro").replace("MaxSize: '1'", "MaxSize: '2'");
    user.write("fleet.yaml", &wider);
    let widened = user.json(&[&CREATE[..], &["--plan-only"]].concat(), 0);
    assert_eq!(operations(&widened), [("update", "Group")]);
    assert_eq!(
        widened["body"]["plan"]["estimate"]["resources"][0]["status"], "priced",
        "{}",
        widened["body"]["plan"]["estimate"]
    );
}

#[test]
fn tags_of_an_existing_launch_template_are_corrected_by_the_tagging_api() {
    let user = User::of_sandbox();
    user.write("fleet.yaml", STACK);
    user.json(&CREATE, 0);
    let server = user.serve();
    let tagged = call_as(
        DEV,
        &server.endpoint,
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        &json!({"ResourceTypeFilters": ["ec2:launch-template"]}),
    )
    .expect("an answer");
    let arn = tagged["ResourceTagMappingList"][0]["ResourceARN"].as_str().expect("an ARN");
    let removed = call_as(
        DEV,
        &server.endpoint,
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.UntagResources",
        &json!({"ResourceARNList": [arn], "TagKeys": ["CostCenter"]}),
    );
    assert_eq!(removed.expect("an answer")["FailedResourcesMap"], json!({}));
    let audit = user.json(&["tag-audit", "--type", "AWS::EC2::LaunchTemplate"], 2);
    assert!(audit["body"].to_string().contains("missing-tag"), "{}", audit["body"]);
    user.approve(&["tag-audit", "--type", "AWS::EC2::LaunchTemplate", "--fix"]);
    user.json(&["tag-audit", "--type", "AWS::EC2::LaunchTemplate"], 0);
}
