//! `scan` and `estimate` of templates with faults: each fault is reported with its place, and nothing else is lost by it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::support::{User, messages};

/// A template without faults, with findings and prices.
const REPAIRED: &str = "\
Parameters:
  Size: { Type: String, Default: t3.micro }
Conditions:
  Always: !Equals [a, a]
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: uploads-dev
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs-dev
      VisibilityTimeout: 30
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /app
  Volume:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: us-east-1a
      Size: 100
      VolumeType: gp3
  Host:
    Type: AWS::EC2::Instance
    Condition: Always
    DependsOn: Jobs
    Properties:
      ImageId: ami-12345678
      InstanceType: !Ref Size
      SecurityGroupIds:
        - !GetAtt Group.GroupId
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }
";

/// A fault: what is replaced in the template by what, and how it is reported.
struct Fault {
    code: &'static str,
    from: &'static str,
    to: &'static str,
    /// The line of the report is the first that contains this.
    line_of: &'static str,
    pointer: &'static str,
    resource: Option<&'static str>,
    /// The resource whose price is not known because of the fault.
    unpriced: Option<&'static str>,
}

const fn fault(code: &'static str, [from, to, line_of]: [&'static str; 3], pointer: &'static str) -> Fault {
    Fault { code, from, to, line_of, pointer, resource: None, unpriced: None }
}

impl Fault {
    const fn of(self, resource: &'static str) -> Self {
        Self { resource: Some(resource), ..self }
    }

    const fn unpriced(self, resource: &'static str) -> Self {
        Self { unpriced: Some(resource), ..self }
    }

    fn text(&self) -> String {
        match self.from {
            "" => format!("{REPAIRED}{}", self.to),
            from => {
                assert_eq!(REPAIRED.matches(from).count(), 1, "{from}");
                REPAIRED.replace(from, self.to)
            }
        }
    }
}

const FAULTS: &[Fault] = &[
    fault("missing-property", ["", "  Trust:\n    Type: AWS::IAM::Role\n", "Trust"], "/AssumeRolePolicyDocument")
        .of("Trust"),
    fault("unknown-property", ["jobs-dev\n", "jobs-dev\n      QueuName: x\n", "QueuName"], "/QueuName").of("Jobs"),
    fault("wrong-type", ["Timeout: 30", "Timeout: soon", "soon"], "/VisibilityTimeout").of("Jobs"),
    fault("out-of-range", ["Timeout: 30", "Timeout: 99999", "99999"], "/VisibilityTimeout").of("Jobs"),
    fault(
        "not-allowed",
        ["uploads-dev\n", "uploads-dev\n      AccessControl: All\n", "AccessControl"],
        "/AccessControl",
    )
    .of("Uploads"),
    fault("pattern-mismatch", ["/app", "'/app name!'", "name!"], "/LogGroupName").of("Logs"),
    fault("read-only-property", ["uploads-dev\n", "uploads-dev\n      Arn: a\n", "Arn: a"], "/Arn").of("Uploads"),
    fault("wrong-type", ["Timeout: 30", "Timeout:", "Timeout:"], "/VisibilityTimeout").of("Jobs"),
    fault("unknown-reference", ["!Ref Size", "!Ref Siez", "Siez"], "/InstanceType").of("Host").unpriced("Host"),
    fault("unknown-reference", ["!GetAtt Group.", "!GetAtt Grup.", "Grup"], "/SecurityGroupIds/0").of("Host"),
    fault("unknown-attribute", ["Group.GroupId", "Group.GroupIdx", "GroupIdx"], "/SecurityGroupIds/0").of("Host"),
    fault("unknown-reference", ["DependsOn: Jobs", "DependsOn: Job", "DependsOn"], "/Resources/Host/DependsOn")
        .of("Host"),
    fault("unknown-resource-key", ["DependsOn: Jobs", "DependOn: Jobs", "DependOn"], "/Resources/Host/DependOn")
        .of("Host"),
    fault("unknown-type", ["AWS::SQS::Queue", "AWS::SQS::Queu", "AWS::SQS::Queu"], "/Resources/Jobs/Type")
        .of("Jobs")
        .unpriced("Jobs"),
    fault("unknown-type", ["AWS::SQS::Queue", "AWS::Brandnew::Thing", "Brandnew"], "/Resources/Jobs/Type")
        .of("Jobs")
        .unpriced("Jobs"),
    fault("missing-type", ["    Type: AWS::SQS::Queue\n", "", "  Jobs:"], "/Resources/Jobs")
        .of("Jobs")
        .unpriced("Jobs"),
    fault(
        "unknown-condition",
        ["Condition: Always", "Condition: Alway", "Condition: Alway"],
        "/Resources/Host/Condition",
    )
    .of("Host"),
    fault("unknown-condition", ["!Ref Size", "!If [Alway, a, b]", "Alway, a"], "/InstanceType")
        .of("Host")
        .unpriced("Host"),
    fault("unknown-section", ["", "Foo: 1\n", "Foo: 1"], "/Foo"),
    fault("invalid-logical-id", ["  Logs:\n", "  my-logs:\n", "my-logs"], "/Resources/my-logs").of("my-logs"),
    fault("unknown-tag", ["Size: 100", "Size: !Reff Size", "!Reff"], "/Size").of("Volume").unpriced("Volume"),
    fault("unknown-function", ["Size: 100", "Size: { Fn::Max: [1] }", "Fn::Max"], "/Size")
        .of("Volume")
        .unpriced("Volume"),
    fault("misplaced-function", ["Size: 100", "Size: !Equals [a, b]", "!Equals [a, b]"], "/Size")
        .of("Volume")
        .unpriced("Volume"),
    fault("malformed-function", ["Size: 100", "Size: { Fn::Sub: a, Other: b }", "Fn::Sub"], "/Size")
        .of("Volume")
        .unpriced("Volume"),
    fault("invalid-function", ["Size: 100", "Size: !Select [9, [1]]", "!Select"], "/Size")
        .of("Volume")
        .unpriced("Volume"),
    fault("unknown-mapping", ["Size: 100", "Size: !FindInMap [M, a, b]", "!FindInMap"], "/Size")
        .of("Volume")
        .unpriced("Volume"),
    fault(
        "not-a-mapping",
        ["    Properties:\n      LogGroupName: /app\n", "    Properties: [a]\n", "[a]"],
        "/Resources/Logs/Properties",
    )
    .of("Logs")
    .unpriced("Logs"),
    fault("not-a-mapping", ["", "  Extra: text\n", "Extra: text"], "/Resources/Extra").of("Extra").unpriced("Extra"),
    fault("not-a-mapping", ["", "  Extra:\n", "  Extra:"], "/Resources/Extra").of("Extra").unpriced("Extra"),
    fault("duplicate-key", ["", "  Group:\n    Type: AWS::SNS::Topic\n", ""], "/Resources/Group").of("Group"),
    fault("duplicate-key", ["jobs-dev\n", "jobs-dev\n      QueueName: other\n", "QueueName: other"], "/QueueName")
        .of("Jobs"),
    fault("unknown-parameter-key", ["t3.micro }", "t3.micro, Defualt: x }", "Defualt"], "/Parameters/Size"),
    fault("parameter-type", ["Type: String", "Type: Sting", "Sting"], "/Parameters/Size"),
    fault("parameter-value", ["t3.micro }", "t3.micro, AllowedValues: [a] }", "AllowedValues"], "/Parameters/Size")
        .unpriced("Host"),
    fault("invalid-condition", ["!Equals [a, a]", "!Equals [a]", "!Equals [a]"], "/Conditions/Always"),
    fault("circular-dependency", ["SQS::Queue\n", "SQS::Queue\n    DependsOn: Host\n", "  Host:"], "").of("Host"),
    fault("several-documents", ["", "---\na: 1\n", "---"], ""),
];

/// Writes one file per fault to a folder, and the repaired template to another.
fn written() -> User {
    let user = User::of_sandbox();
    for (number, fault) in FAULTS.iter().enumerate() {
        user.write(&format!("faults/f{number:02}.yaml"), &fault.text());
    }
    user.write("repaired.yaml", REPAIRED);
    user
}

fn list<'d>(document: &'d Value, pointer: &str) -> &'d [Value] {
    document.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The findings of policies by file: id and resource.
fn findings(document: &Value) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for finding in list(document, "/body/findings").iter().filter(|one| one["engine"] != "template") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resource = &finding["resource"];
        found.entry(text(&resource["file"])).or_default().insert((text(&finding["id"]), text(&resource["logical_id"])));
    }
    found
}

/// The names of the resources of the repaired template that a fault takes the findings of.
fn is_affected(fault: &Fault, resource: &str) -> bool {
    let unreadable = ["unknown-type", "missing-type", "not-a-mapping", "invalid-logical-id"].contains(&fault.code);
    unreadable && (fault.resource == Some(resource) || fault.resource == Some("my-logs") && resource == "Logs")
}

fn line(text: &str, what: &str) -> u64 {
    let lines = text.lines().count() as u64;
    match what {
        // The last but one.
        "" => lines - 1,
        what => text.lines().position(|line| line.contains(what)).unwrap() as u64 + 1,
    }
}

#[test]
fn scan_reports_each_fault_with_its_place_and_loses_no_other_finding() {
    let user = written();
    let repaired = user.json(&["scan", "-f", "repaired.yaml"], 2);
    let whole = findings(&repaired).remove("repaired.yaml").unwrap();
    assert!(whole.len() >= 6, "{whole:?}");
    assert_eq!(list(&repaired, "/body/findings").iter().filter(|one| one["engine"] == "template").count(), 0);
    let document = user.json(&["scan", "-f", "faults"], 2);
    let found = findings(&document);
    for (number, fault) in FAULTS.iter().enumerate() {
        let file = format!("faults/f{number:02}.yaml");
        let own: Vec<&Value> = list(&document, "/body/findings")
            .iter()
            .filter(|one| one["engine"] == "template" && one["resource"]["file"] == *file)
            .collect();
        let text = fault.text();
        let [one] = own.as_slice() else { panic!("{}: {own:#?}\n{text}", fault.code) };
        let place = (one["id"].as_str().unwrap(), one["line"].as_u64().unwrap());
        assert_eq!(place, (fault.code, line(&text, fault.line_of)), "{one:#}\n{text}");
        let said = one["pointer"].as_str().unwrap_or_default();
        let pointer = if fault.code == "invalid-condition" { &said[..fault.pointer.len()] } else { said };
        assert_eq!((pointer, one["resource"]["logical_id"].as_str()), (fault.pointer, fault.resource), "{one:#}");
        assert!(one["severity"] == "medium" && one["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{one:#}");
        let mut lost: BTreeSet<_> = whole.difference(&found[&file]).collect();
        lost.retain(|(_, resource)| !is_affected(fault, resource));
        assert!(lost.is_empty(), "{} loses {lost:?}\n{text}", fault.code);
    }
    // Each file is a stack of its own.
    let notes = messages(&document);
    assert!(!notes.contains("is defined twice"), "{notes}");
}

#[test]
fn estimate_reports_each_fault_with_its_place_and_loses_no_other_price() {
    let user = written();
    let prices = |document: &Value, file: &str| -> BTreeMap<String, (String, String)> {
        let rows = list(document, "/body/resources").iter().filter(|one| one["file"] == file);
        rows.map(|one| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&one["logical_id"]), (text(&one["status"]), text(&one["monthly"]["expected"])))
        })
        .collect()
    };
    let repaired = user.json(&["estimate", "-f", "repaired.yaml"], 0);
    assert_eq!(list(&repaired, "/body/faults"), [] as [Value; 0]);
    let whole = prices(&repaired, "repaired.yaml");
    assert!(whole.len() == 6 && whole.values().all(|(status, _)| status != "unknown"), "{whole:?}");
    let together = user.json(&["estimate", "-f", "faults"], 0);
    for (number, fault) in FAULTS.iter().enumerate() {
        let file = format!("faults/f{number:02}.yaml");
        // The files of one run share the free quantities of an account.
        let document = user.json(&["estimate", "-f", &file], 0);
        let faults = |document: &Value| -> Vec<Value> {
            list(document, "/body/faults").iter().filter(|one| one["file"] == *file).cloned().collect()
        };
        assert_eq!(faults(&document), faults(&together), "{}", fault.code);
        let own: Vec<&Value> = list(&document, "/body/faults").iter().filter(|one| one["file"] == *file).collect();
        let text = fault.text();
        let [one] = own.as_slice() else { panic!("{}: {own:#?}\n{text}", fault.code) };
        let place = (one["code"].as_str().unwrap(), one["line"].as_u64().unwrap(), one["resource"].as_str());
        assert_eq!(place, (fault.code, line(&text, fault.line_of), fault.resource), "{one:#}\n{text}");
        assert!(one["level"] == "warning" && one["hint"].is_string(), "{one:#}");
        let found = prices(&document, &file);
        for (name, price) in &whole {
            let name = if fault.code == "invalid-logical-id" && name == "Logs" { "my-logs" } else { name };
            // Two resources have the name.
            if fault.code == "duplicate-key" && fault.resource == Some(name) {
                continue;
            }
            match fault.unpriced == Some(name) {
                true => assert_eq!(found[name].0, "unknown", "{}: {name}\n{text}", fault.code),
                false => assert_eq!(&found[name], price, "{}: {name}\n{text}", fault.code),
            }
        }
        if let Some(name) = fault.unpriced {
            let row =
                list(&document, "/body/resources").iter().find(|one| one["file"] == *file && one["logical_id"] == name);
            let reasons = list(row.unwrap(), "/unknown");
            assert!(
                reasons.iter().all(|one| one["reason"].as_str().is_some_and(|text| !text.is_empty())),
                "{reasons:?}"
            );
        }
    }
}

#[test]
fn commands_that_write_refuse_every_fault() {
    let user = written();
    for (number, fault) in FAULTS.iter().enumerate() {
        let file = format!("faults/f{number:02}.yaml");
        let document = user.json(&["create", "-f", &file, "--plan-only"], 64);
        let codes: Vec<&str> = list(&document, "/diagnostics").iter().filter_map(|one| one["code"].as_str()).collect();
        assert!(codes.contains(&fault.code), "{}: {codes:?}", fault.code);
        assert_eq!(document["body"], Value::Null);
    }
}

#[test]
fn strict_makes_faults_errors() {
    let user = written();
    for command in ["scan", "estimate"] {
        let arguments = [command, "-f", "faults/f01.yaml", "--strict"];
        let document = user.json(&arguments, 1);
        assert!(messages(&document).contains("the templates have 1 fault, which --strict treats as an error"));
        let reported = if command == "scan" { "/body/findings" } else { "/body/faults" };
        assert!(
            list(&document, reported)
                .iter()
                .any(|one| one["id"] == "unknown-property" || one["code"] == "unknown-property")
        );
        // Not without a fault, and not without the flag.
        let code = if command == "scan" { 2 } else { 0 };
        user.run(&[command, "-f", "repaired.yaml", "--strict"]).expect(code);
        user.run(&[command, "-f", "faults/f01.yaml"]).expect(code);
    }
    // An accepted fault is none.
    user.write(
        "waivers.yaml",
        "waivers:\n  - {rule: unknown-property, resource: Jobs, owner: me, reason: macro, expires: 2099-12-31}\n",
    );
    user.run(&["scan", "-f", "faults/f01.yaml", "--strict", "--waivers", "waivers.yaml"]).expect(2);
}

#[test]
fn a_fault_is_part_of_every_format() {
    let user = written();
    let run = |format: &str| user.run(&["scan", "-f", "faults/f01.yaml", "--output", format]).expect(2).stdout;
    for format in ["table", "markdown", "junit"] {
        let text = run(format);
        assert!(text.contains("unknown-property") && text.contains("f01.yaml:14:7"), "{format}: {text}");
    }
    let log: Value = serde_json::from_str(&run("sarif")).unwrap();
    let rules = list(&log, "/runs/0/tool/driver/rules");
    let rule = rules.iter().find(|rule| rule["id"] == "unknown-property").unwrap();
    assert!(rule["properties"]["security-severity"].is_null() && rule["properties"]["tags"][0] == "template", "{rule}");
    let result = list(&log, "/runs/0/results").iter().find(|one| one["ruleId"] == "unknown-property").unwrap();
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 14, "{result}");
    for format in ["table", "markdown"] {
        let text = user.run(&["estimate", "-f", "faults/f01.yaml", "--output", format]).expect(0).stdout;
        assert!(text.contains("unknown-property") && text.contains("f01.yaml:14:7"), "{format}: {text}");
    }
}

const BUCKET: &str = "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n";

#[test]
fn a_file_that_is_no_template_does_not_hide_the_others() {
    let user = User::of_sandbox();
    user.write("good.yaml", BUCKET);
    for (name, text, code) in [
        ("syntax.yaml", "Resources:\n  A: {Type: [AWS::S3::Bucket\n", "yaml-syntax"),
        ("empty.yaml", "", "empty-template"),
        ("list.yaml", "- a\n", "not-a-template"),
        ("none.yaml", "Resources: {}\n", "no-resources"),
        ("wrong.yaml", "Resources: [a]\n", "not-a-mapping"),
        ("mistyped.yaml", "Resorces:\n  A: {Type: AWS::S3::Bucket}\n", "unknown-section"),
    ] {
        user.write(name, text);
        for command in ["scan", "estimate"] {
            let document = user.json(&[command, "-f", name, "-f", "good.yaml"], 64);
            let said: Vec<&Value> =
                list(&document, "/diagnostics").iter().filter(|one| one["level"] == "error").collect();
            let [one] = said.as_slice() else { panic!("{name}: {said:#?}") };
            assert_eq!((one["code"].as_str(), one["file"].as_str()), (Some(code), Some(name)), "{one:#}");
            let scanned = document["body"]["resources_scanned"].as_u64();
            let priced = list(&document, "/body/resources").len() as u64;
            assert_eq!(scanned.unwrap_or(priced), 1, "{name}: {document:#}");
            // Alone, there is nothing to report.
            assert_eq!(user.json(&[command, "-f", name], 64)["body"], Value::Null);
        }
    }
    // So does a file that does not exist.
    let document = user.json(&["scan", "-f", "nothing.yaml", "-f", "good.yaml"], 64);
    assert!(messages(&document).contains("nothing.yaml") && document["body"]["resources_scanned"] == 1, "{document:#}");
}

#[test]
fn a_repository_is_walked_without_what_git_ignores() {
    let user = User::of_sandbox();
    for (name, text) in [
        ("infra/network/vpc.yaml", "Resources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"),
        ("infra/files.template", BUCKET),
        ("infra/files.json", "{\"Resources\": {\"Files\": {\"Type\": \"AWS::S3::Bucket\"}}}"),
        ("deploy/app.yaml", "apiVersion: v1\nkind: ConfigMap\n"),
        ("package.json", "{\"name\": \"app\"}"),
        ("values.yaml", "{{ this is no YAML }}\n"),
        (".github/workflows/ci.yaml", "on: push\n"),
        (".gitignore", "build/\n"),
        ("build/out.yaml", BUCKET),
        ("node_modules/x/t.yaml", BUCKET),
        (
            "stagegate.yaml",
            "version: 1\nproject: p\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\n",
        ),
    ] {
        user.write(name, text);
    }
    let document = user.json(&["scan", "-f", "."], 2);
    assert_eq!(document["body"]["resources_scanned"], 3);
    let files: BTreeSet<&str> =
        list(&document, "/body/findings").iter().filter_map(|one| one["resource"]["file"].as_str()).collect();
    assert!(files.contains("infra/files.template") && files.contains("infra/files.json"), "{files:?}");
    assert!(!files.iter().any(|file| file.contains("build") || file.contains("node_modules")), "{files:?}");
    let said = messages(&document);
    assert!(said.contains("3 YAML or JSON file(s) in `.` are not templates and were passed over"), "{said}");
    assert_eq!(list(&user.json(&["estimate", "-f", "."], 0), "/body/resources").len(), 3);
    // A template with an error is not passed over.
    user.write("infra/broken.yaml", "Resources:\n  A: [\n");
    let document = user.json(&["scan", "-f", "."], 64);
    assert!(document["body"]["resources_scanned"] == 3 && messages(&document).contains("yaml"), "{document:#}");
    let errors = list(&document, "/diagnostics").iter().find(|one| one["level"] == "error").unwrap();
    assert_eq!(errors["file"], "infra/broken.yaml");
    // A folder without templates has nothing to scan.
    let document = user.json(&["scan", "-f", "deploy"], 64);
    assert!(messages(&document).contains("contains no templates, only 1 other"), "{document:#}");
    // An ignored folder is read when it is named.
    assert_eq!(user.json(&["scan", "-f", "build"], 2)["body"]["resources_scanned"], 1);
}

#[test]
fn files_of_a_folder_are_separate_stacks() {
    let user = User::of_sandbox();
    let queue = "Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n  Other:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Ref NAME}\n";
    user.write("stacks/a.yaml", &queue.replace("NAME", "Jobs"));
    user.write("stacks/b.yaml", &queue.replace("NAME", "Files").replace("Other", "Second"));
    user.write("stacks/c.yaml", BUCKET);
    let document = user.json(&["scan", "-f", "stacks"], 2);
    let faults: Vec<&Value> =
        list(&document, "/body/findings").iter().filter(|one| one["engine"] == "template").collect();
    let [one] = faults.as_slice() else { panic!("{faults:#?}") };
    assert_eq!((&one["id"], &one["resource"]["file"]), (&"unknown-reference".into(), &"stacks/b.yaml".into()));
    assert!(one["fix"].as_str().unwrap().contains("use -f stacks/b.yaml -f stacks/c.yaml for one stack"), "{one:#}");
    // Files that are named are one stack, as with `create`.
    let document = user.json(&["scan", "-f", "stacks/b.yaml", "-f", "stacks/c.yaml"], 2);
    assert!(list(&document, "/body/findings").iter().all(|one| one["engine"] != "template"), "{document:#}");
}

/// Only the values of the command line are an error of the command line.
#[test]
fn values_of_the_command_line_are_refused() {
    let user = written();
    for (arguments, code) in [
        (["--param", "Sise=t3.micro"], "unknown-parameter"),
        (["--set", "Nobody.Size=1"], "invalid-set"),
        (["--stack-name", "a b"], "bad-stack-name"),
    ] {
        for command in ["scan", "estimate"] {
            let document = user.json(&[&[command, "-f", "repaired.yaml"], &arguments[..]].concat(), 64);
            assert!(list(&document, "/diagnostics").iter().any(|one| one["code"] == code), "{document:#}");
            assert_eq!(document["body"], Value::Null);
        }
    }
}

const SERVERLESS: &str = "\
Transform: [ AWS::LanguageExtensions, AWS::Serverless-2016-10-31, TeamMacro ]
Parameters: { Names: { Type: CommaDelimitedList } }
Globals: { Function: { Timeout: 5 } }
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Connectors: {}
    Properties: { Handler: a.b, Runtime: python3.13, CodeUri: src }
  Permission:
    Type: AWS::Lambda::Permission
    DependsOn: OrdersRole
    Properties: { Action: 'lambda:InvokeFunction', FunctionName: !Ref OrdersAliaslive, Principal: '*' }
  Files:
    Type: AWS::S3::Bucket
    Properties:
      Fn::ForEach::Tags: [ Name, !Ref Names, { Tags: [] } ]
      BucketName: !GetAtt OrdersRole.RoleId
";

/// What a transform makes is not in the text, so a name that is not there is no fault; what is written out is looked at.
#[test]
fn what_a_transform_makes_is_unknown() {
    let user = User::of_sandbox();
    user.write("sam.yaml", SERVERLESS);
    let document = user.json(&["scan", "-f", "sam.yaml"], 2);
    let findings = list(&document, "/body/findings");
    assert!(findings.iter().all(|one| one["engine"] != "template"), "{findings:#?}");
    assert!(findings.iter().any(|one| one["resource"]["logical_id"] == "Permission"), "{findings:#?}");
    let said: BTreeSet<&str> = list(&document, "/diagnostics")
        .iter()
        .filter(|one| one["level"] == "warning")
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert!(
        ["unsupported-section", "unknown-loop", "unsupported-serverless", "unseen-type"]
            .iter()
            .all(|code| said.contains(code)),
        "{said:?}"
    );
    assert_eq!(user.json(&["estimate", "-f", "sam.yaml"], 0)["body"]["faults"], serde_json::json!([]));
    user.run(&["scan", "-f", "sam.yaml", "--strict"]).expect(1);
    // Without the transform, the names are faults.
    user.write("plain.yaml", &SERVERLESS.replace("Transform: ", "Metadata: "));
    let document = user.json(&["scan", "-f", "plain.yaml"], 2);
    let codes = list(&document, "/body/findings").iter().filter(|one| one["id"] == "unknown-reference").count();
    assert_eq!(codes, 3, "{document:#}");
    user.json(&["create", "-f", "sam.yaml", "--plan-only"], 64);
}
