//! A corpus of templates in the styles that people write them, each in a sound version and in one with a fault: `scan` and `estimate`
//! answer for all of them, report every fault with its place, and lose nothing else by it.
//!
//! The templates are put together from the pieces in `tests/data/corpus` and written by hand, as JSON and with loops; or they are what
//! `cdk synth` wrote, serverless templates, and the starter templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use stagegate::files::yaml;
use stagegate::schema::{Registry, TagShape};

use super::random::Random;
use super::support::{User, root};
use super::template_writer::{STYLES, Style, write};

/// Number of templates that are put together.
const COMPOSED: u64 = 210;

/// The name of what is planted; it occurs nowhere else.
const PLANTED: &str = "Planted";

/// A template in both versions.
struct Pair {
    file: String,
    style: &'static str,
    sound: String,
    faulty: String,
    fault: Fault,
}

/// What is planted in the faulty version.
#[derive(Debug, Clone)]
struct Fault {
    code: &'static str,
    pointer: String,
    resource: String,
    /// The texts at the beginning and at the end of its place.
    place: [&'static str; 2],
    /// The number of lines before at which its place may begin.
    before: u64,
}

impl Fault {
    /// True for a line of the place.
    fn is_at(&self, line: u64, text: &str) -> bool {
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text.lines().collect();
        let next = |from: usize, what: &str| (from..lines.len()).find(|at| lines[*at].contains(what)).unwrap();
        let first = next(next(0, PLANTED), self.place[0]);
        let last = next(first, self.place[1]);
        ((first as u64 + 1).saturating_sub(self.before)..=last as u64 + 1).contains(&line)
    }
}

/// The corpus, made once.
static CORPUS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let mut corpus = composed();
    corpus.extend(synthesized());
    corpus.extend(serverless());
    corpus.extend(starters());
    corpus
});

/// A resource to add: the code and the pointer of the fault, the texts at the beginning and at the end of its place, and the faulty and
/// the sound form.
struct Added {
    code: &'static str,
    pointer: &'static str,
    place: [&'static str; 2],
    wrong: &'static str,
    right: &'static str,
}

const QUEUE: &str = r#"{"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}"#;
const BUCKET: &str = r#"{"Type": "AWS::S3::Bucket"}"#;
const ROLE: &str = r#"{"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}"#;

const fn queue(code: &'static str, end: &'static str, wrong: &'static str) -> Added {
    Added { code, pointer: "/VisibilityTimeout", place: ["VisibilityTimeout", end], wrong, right: QUEUE }
}

const fn bucket(code: &'static str, pointer: &'static str, place: [&'static str; 2], wrong: &'static str) -> Added {
    Added { code, pointer, place, wrong, right: BUCKET }
}

const ADDED: &[Added] = &[
    queue("wrong-type", "soon", r#"{"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "soon"}}"#),
    queue("wrong-type", "null", r#"{"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": null}}"#),
    queue("out-of-range", "99999", r#"{"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 99999}}"#),
    Added {
        code: "missing-property",
        pointer: "/AssumeRolePolicyDocument",
        place: [PLANTED; 2],
        wrong: r#"{"Type": "AWS::IAM::Role"}"#,
        right: ROLE,
    },
    bucket(
        "not-allowed",
        "/AccessControl",
        ["AccessControl", "All"],
        r#"{"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "All"}}"#,
    ),
    bucket(
        "read-only-property",
        "/Arn",
        ["Arn", "arn:aws:s3:::a"],
        r#"{"Type": "AWS::S3::Bucket", "Properties": {"Arn": "arn:aws:s3:::a"}}"#,
    ),
    Added {
        code: "unknown-type",
        pointer: "/Resources/Planted/Type",
        place: ["Type", "AWS::SQS::Queu"],
        wrong: r#"{"Type": "AWS::SQS::Queu", "Properties": {}}"#,
        right: QUEUE,
    },
    Added {
        code: "missing-type",
        pointer: "/Resources/Planted",
        place: [PLANTED; 2],
        wrong: r#"{"Properties": {}}"#,
        right: QUEUE,
    },
    bucket(
        "unknown-reference",
        "/BucketName",
        ["BucketName", "Nobody"],
        r#"{"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Nobody"}}}"#,
    ),
    bucket(
        "unknown-reference",
        "/BucketName",
        ["BucketName", "Nobody"],
        r#"{"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::GetAtt": ["Nobody", "Arn"]}}}"#,
    ),
    bucket(
        "invalid-function",
        "/BucketName",
        ["BucketName", "Select"],
        r#"{"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Select": [9, ["a"]]}}}"#,
    ),
    Added {
        code: "not-a-mapping",
        pointer: "/Resources/Planted/Properties",
        place: ["Properties", "a"],
        wrong: r#"{"Type": "AWS::SQS::Queue", "Properties": ["a"]}"#,
        right: QUEUE,
    },
];

/// A fault in a resource of the template: the code, the pointer, in which ID is the resource, the number of lines before the planted
/// text at which its place may begin, and the change.
type Change = (&'static str, &'static str, u64, fn(&mut Value));

const CHANGES: &[Change] = &[
    ("unknown-property", "/Planted", 0, |resource| resource["Properties"][PLANTED] = json!("x")),
    ("unknown-resource-key", "/Resources/ID/Planted", 0, |resource| resource[PLANTED] = json!({})),
    ("unknown-reference", "/Resources/ID/DependsOn", 0, |resource| resource["DependsOn"] = json!(PLANTED)),
    ("unknown-condition", "/Resources/ID/Condition", 0, |resource| resource["Condition"] = json!(PLANTED)),
    // A reference may be written on lines of its own.
    ("unknown-reference", "/Tags/0/Value", 3, |resource| {
        resource["Properties"]["Tags"] = json!([{"Key": "team", "Value": {"Ref": PLANTED}}]);
    }),
];

/// The sound and the faulty version of a template, one in two with a change of one of its own resources.
fn planted(template: &Value, number: usize) -> (Value, Value, Fault) {
    let (mut sound, mut faulty) = (template.clone(), template.clone());
    let (code, pointer, before, change) = CHANGES[number / 2 % CHANGES.len()];
    let fits = |resource: &Value| {
        let schema = resource["Type"].as_str().and_then(|name| Registry::embedded().get(name));
        schema.is_some_and(|schema| {
            resource["Properties"].is_object()
                && schema.tagging.property.as_deref() == Some("Tags")
                && schema.tagging.shape == TagShape::List
                && resource["Properties"].get("Tags").is_none()
                && ["DependsOn", "Condition"].iter().all(|key| resource.get(key).is_none())
        })
    };
    let resources = template["Resources"].as_object().unwrap();
    let fitting: Vec<&String> = resources.iter().filter(|(_, resource)| fits(resource)).map(|(id, _)| id).collect();
    if number.is_multiple_of(2) && !fitting.is_empty() {
        let id = fitting[number / 2 % fitting.len()];
        change(&mut faulty["Resources"][id]);
        let pointer = pointer.replace("ID", id);
        return (sound, faulty, Fault { code, pointer, resource: id.clone(), place: [PLANTED; 2], before });
    }
    let (right, wrong, fault) = added(number);
    sound["Resources"][PLANTED] = serde_json::from_str(right).unwrap();
    faulty["Resources"][PLANTED] = serde_json::from_str(wrong).unwrap();
    (sound, faulty, fault)
}

fn added(number: usize) -> (&'static str, &'static str, Fault) {
    let Added { code, pointer, place, wrong, right } = &ADDED[number / 2 % ADDED.len()];
    let fault = Fault { code, pointer: (*pointer).to_owned(), resource: PLANTED.to_owned(), place: *place, before: 0 };
    (right, wrong, fault)
}

/// Templates of several pieces, in every notation.
fn composed() -> Vec<Pair> {
    let text = std::fs::read_to_string(root().join("tests/data/corpus/fragments.yaml")).unwrap();
    let pieces: Vec<Value> = text
        .split("\n---\n")
        .map(|piece| {
            let (node, problems) = yaml::read("fragments.yaml", piece);
            assert!(problems.is_empty(), "{problems:?}");
            node.unwrap().to_value()
        })
        .collect();
    let compose = |number: u64| {
        let random = &mut Random::new(15 + number);
        let loops = pieces.iter().position(|piece| piece.get("Transform").is_some()).unwrap();
        let first = if number.is_multiple_of(9) { loops } else { usize::try_from(number).unwrap() % pieces.len() };
        let mut chosen = BTreeSet::from([first]);
        if random.once_in(2) {
            chosen.insert(random.below(pieces.len()));
        }
        let mut template = json!({"AWSTemplateFormatVersion": "2010-09-09"});
        for piece in chosen.into_iter().map(|at| &pieces[at]) {
            for (section, entries) in piece.as_object().unwrap() {
                match entries {
                    Value::Object(entries) => {
                        let of_section = template.as_object_mut().unwrap().entry(section).or_insert(json!({}));
                        of_section.as_object_mut().unwrap().extend(entries.clone());
                    }
                    other if section == "Transform" => template["Transform"] = other.clone(),
                    _ => {}
                }
            }
        }
        let number = usize::try_from(number).unwrap();
        let style = STYLES[number % STYLES.len()];
        let (sound, faulty, fault) = planted(&template, number);
        let is_json = matches!(style, Style::JsonLine | Style::JsonSpaces | Style::JsonTabs | Style::JsonEscaped);
        Pair {
            file: format!("c{number:03}.{}", if is_json { "json" } else { "yaml" }),
            style: match template.get("Transform") {
                Some(_) => "loops",
                None if is_json => "JSON",
                None => "YAML",
            },
            sound: write(&sound, style, random),
            faulty: write(&faulty, style, random),
            fault,
        }
    };
    (0..COMPOSED).map(compose).collect()
}

/// The templates that `cdk synth` wrote, without the nested stack, of which the copy would not find its template.
fn synthesized() -> Vec<Pair> {
    files("tests/data/cdk")
        .into_iter()
        .filter(|(name, _)| name != "nested.json")
        .enumerate()
        .map(|(number, (name, text))| {
            let (sound, faulty, fault) = planted(&serde_json::from_str(&text).unwrap(), number);
            let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
            Pair { file: format!("cdk-{name}"), style: "CDK", sound: pretty(&sound), faulty: pretty(&faulty), fault }
        })
        .collect()
}

/// Serverless templates that the translator accepts, but whose functions or layers violate their schemas.
const INVALID: &[&str] = &[
    "function-all-passed",
    "function-alias",
    "event-streams",
    "api-implicit-globals",
    "references-to-made-resources",
    "layer",
];

/// Serverless templates, as people write them.
fn serverless() -> Vec<Pair> {
    // The name of a bucket has three letters or more.
    let text = std::fs::read_to_string(root().join("tests/sam/templates.yaml")).unwrap();
    let text = text.replace("s3://b/", "s3://bucket/");
    let is_valid = |case: &&str| !INVALID.iter().any(|name| case.contains(&format!("Case: {name}\n")));
    let cases = text.split("\n---\n").filter(is_valid).enumerate().map(|(number, case)| {
        let lines = case.lines().filter(|line| !line.starts_with("Case:") && !line.starts_with('#'));
        let transform = "Transform: AWS::Serverless-2016-10-31\n".to_owned();
        let text = lines.fold(transform, |text, line| text + line + "\n");
        inserted(format!("sam-{number:02}.yaml"), "SAM", &text, number)
    });
    cases.collect()
}

/// The starter templates.
fn starters() -> Vec<Pair> {
    let files = files("templates").into_iter().filter(|(name, _)| name.ends_with(".yaml")).enumerate();
    files.map(|(number, (name, text))| inserted(format!("starter-{name}"), "YAML", &text, number)).collect()
}

/// A template in which a resource is inserted, so that its text stays as it is.
fn inserted(file: String, style: &'static str, text: &str, number: usize) -> Pair {
    let (right, wrong, fault) = added(number * 2);
    let with = |resource: &str| {
        let line = format!("\nResources:\n  {PLANTED}: {resource}\n");
        let text = format!("\n{text}");
        assert_eq!(text.matches("\nResources:\n").count(), 1, "{file}");
        text.replacen("\nResources:\n", &line, 1)[1..].to_owned()
    };
    Pair { sound: with(right), faulty: with(wrong), file, style, fault }
}

/// The names and texts of the files in a folder, sorted.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// A user with both versions of all templates.
fn user_of_corpus() -> User {
    let user = User::of_sandbox();
    for pair in CORPUS.iter() {
        user.write(&format!("sound/{}", pair.file), &pair.sound);
        user.write(&format!("faulty/{}", pair.file), &pair.faulty);
    }
    user
}

fn list<'d>(document: &'d Value, pointer: &str) -> &'d [Value] {
    document.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The part of a file's name after the folder.
fn name(file: &Value) -> String {
    text(file).rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn the_corpus_has_all_styles() {
    let count = |style: &str| CORPUS.iter().filter(|pair| pair.style == style).count();
    assert!(CORPUS.len() >= 300, "{}", CORPUS.len());
    for (style, least) in [("YAML", 60), ("JSON", 60), ("loops", 20), ("CDK", 30), ("SAM", 60)] {
        assert!(count(style) >= least, "{style}: {}", count(style));
    }
    let codes: BTreeSet<&str> = CORPUS.iter().map(|pair| pair.fault.code).collect();
    assert!(codes.len() >= 11, "{codes:?}");
}

#[test]
fn scan_reports_every_fault_of_the_corpus_and_loses_no_other_finding() {
    let user = user_of_corpus();
    let scanned = |folder: &str| {
        let run = user.run(&["scan", "-f", folder, "--packs", "all", "--json"]).expect(2);
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    let (sound, faulty) = (scanned("sound"), scanned("faulty"));
    let is_fault = |one: &&Value| one["engine"] == "template";
    let at_fault: Vec<&Value> = list(&sound, "/body/findings").iter().filter(is_fault).collect();
    assert!(at_fault.is_empty(), "sound templates have faults: {at_fault:#?}");
    let found = |document: &Value| {
        let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
        for one in list(document, "/body/findings").iter().filter(|one| one["engine"] != "template") {
            let resource = &one["resource"];
            let files = found.entry(name(&resource["file"])).or_default();
            files.insert((text(&one["id"]), text(&resource["logical_id"])));
        }
        found
    };
    let (whole, rest) = (found(&sound), found(&faulty));
    assert!(whole.len() >= 280, "{} templates have findings", whole.len());
    let mut wrong = Vec::new();
    for pair in CORPUS.iter() {
        let fault = &pair.fault;
        let own: Vec<&Value> = list(&faulty, "/body/findings")
            .iter()
            .filter(is_fault)
            .filter(|one| name(&one["resource"]["file"]) == pair.file)
            .collect();
        // Within a function, the pointer goes on.
        let is_planted = |one: &Value| {
            one["id"] == fault.code
                && one["resource"]["logical_id"] == *fault.resource
                && text(&one["pointer"]).starts_with(&fault.pointer)
                && one["line"].as_u64().is_some_and(|line| fault.is_at(line, &pair.faulty))
        };
        if own.len() != 1 || !is_planted(own[0]) {
            let said: Vec<_> = own.iter().map(|one| (&one["id"], &one["line"], &one["pointer"])).collect();
            wrong.push(format!("{} ({}): {said:?} instead of {fault:?}", pair.file, pair.style));
        }
        let none = BTreeSet::new();
        let rest = rest.get(&pair.file).unwrap_or(&none);
        let lost = whole.get(&pair.file).unwrap_or(&none).difference(rest);
        let lost: Vec<_> = lost.filter(|(_, resource)| resource != PLANTED).collect();
        if !lost.is_empty() {
            wrong.push(format!("{} ({}) loses {lost:?} by {fault:?}", pair.file, pair.style));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn estimate_reports_every_fault_of_the_corpus_and_loses_no_other_price() {
    let user = user_of_corpus();
    let (sound, faulty) = (user.json(&["estimate", "-f", "sound"], 0), user.json(&["estimate", "-f", "faulty"], 0));
    assert_eq!(list(&sound, "/body/faults"), [] as [Value; 0]);
    let statuses = |document: &Value| -> BTreeMap<(String, String), String> {
        let rows = list(document, "/body/resources").iter();
        rows.map(|one| ((name(&one["file"]), text(&one["logical_id"])), text(&one["status"]))).collect()
    };
    let (whole, rest) = (statuses(&sound), statuses(&faulty));
    let mut wrong = Vec::new();
    for pair in CORPUS.iter() {
        let own = list(&faulty, "/body/faults").iter().filter(|one| name(&one["file"]) == pair.file);
        let own: Vec<&Value> = own.collect();
        let is_planted = |one: &Value| {
            one["code"] == pair.fault.code
                && one["resource"] == *pair.fault.resource
                && one["line"].as_u64().is_some_and(|line| pair.fault.is_at(line, &pair.faulty))
        };
        if own.len() != 1 || !is_planted(own[0]) {
            wrong.push(format!("{} ({}): {own:?} instead of {:?}", pair.file, pair.style, pair.fault));
        }
    }
    for (resource, status) in whole.iter().filter(|((_, id), _)| id != PLANTED) {
        if rest.get(resource) != Some(status) {
            wrong.push(format!("{resource:?}: {status}, but {:?} beside the fault", rest.get(resource)));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    nearly_all_are_free_or_priced(&sound);
}

/// 97 % of the resources have a price or none, and the others a reason.
fn nearly_all_are_free_or_priced(document: &Value) {
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let rows = list(document, "/body/resources");
    for row in rows.iter().filter(|row| row["status"] == "unknown") {
        let reasons = list(row, "/unknown");
        let is_said = reasons.iter().all(|one| !text(&one["reason"]).is_empty());
        assert!(!reasons.is_empty() && is_said, "no reason: {row:#}");
        *unknown.entry(text(&row["type"])).or_default() += 1;
    }
    let open: usize = unknown.values().sum();
    assert!(rows.len() > 2500, "{} resources", rows.len());
    assert!(open * 100 <= rows.len() * 3, "{open} of {} resources have no price: {unknown:#?}", rows.len());
}
