//! Generates valid and invalid templates, the same ones on every run.

use serde_json::{Map, Value, json};
use stagegate::domain::pointer;
use stagegate::schema::Registry;

use super::random::{Random, properties, text};
use super::template_writer::{STYLES, Style, write};

/// The expected result for a generated template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The template is valid and has this number of resources.
    Valid(usize),
    /// The template is invalid and must be reported.
    Invalid,
    /// The bytes of the template were corrupted: it may be either.
    Either,
}

/// One template file.
pub struct GeneratedTemplate {
    pub name: String,
    pub bytes: Vec<u8>,
    pub expected: Expected,
    /// How the template was generated, for the messages of failing tests.
    pub made: String,
}

/// Generates the templates of a seed; about two in five are valid.
pub fn generate(count: usize, seed: u64) -> Vec<GeneratedTemplate> {
    let types: Vec<&str> = Registry::embedded().type_names().collect();
    (0..count)
        .map(|number| {
            let random = &mut Random::new(seed.wrapping_add(number as u64));
            let template = valid_template(random, number, &types);
            let style = STYLES[number % STYLES.len()];
            match number % 5 {
                0 | 1 => {
                    let expected = Expected::Valid(template.wanted);
                    file(number, style, write(&template.value, style, random).into_bytes(), expected, "valid")
                }
                2 => {
                    let (name, change) = INVALID_VALUES[number / 5 % INVALID_VALUES.len()];
                    let mut value = template.value;
                    change(&mut value);
                    file(number, style, write(&value, style, random).into_bytes(), Expected::Invalid, name)
                }
                3 => {
                    let (name, change) = INVALID_TEXTS[number / 5 % INVALID_TEXTS.len()];
                    // Most of these errors are possible only in YAML block style.
                    let text = write(&template.value, Style::Long, random);
                    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
                    file(number, Style::Long, change(&text), Expected::Invalid, name)
                }
                _ => {
                    let mut bytes = write(&template.value, style, random).into_bytes();
                    let made = corrupt(&mut bytes, random);
                    file(number, style, bytes, Expected::Either, made)
                }
            }
        })
        .collect()
}

fn file(number: usize, style: Style, bytes: Vec<u8>, expected: Expected, made: &str) -> GeneratedTemplate {
    let is_json = matches!(style, Style::JsonLine | Style::JsonSpaces | Style::JsonTabs | Style::JsonEscaped);
    let name = format!("t{number:04}.{}", if is_json { "json" } else { "yaml" });
    GeneratedTemplate { name, bytes, expected, made: format!("{made}, {style:?}") }
}

struct ValidTemplate {
    value: Value,
    wanted: usize,
}

/// Generates a valid template: every intrinsic function has the value that it replaces, or an unknown value.
fn valid_template(random: &mut Random, number: usize, types: &[&'static str]) -> ValidTemplate {
    let mut made = TemplateBuilder {
        random,
        parameters: Map::new(),
        conditions: json!({"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}}),
        mappings: Map::new(),
        earlier: Vec::new(),
    };
    let count = 1 + made.random.below(5);
    let mut resources = Map::new();
    let mut wanted = 0;
    for position in 0..count {
        // Every type is used, independently of the random generator.
        let type_name = types[(number * 5 + position * 7) % types.len()];
        let chosen = properties(made.random, type_name).map(|properties| (type_name, properties));
        let (type_name, body) = chosen.unwrap_or_else(|| ("AWS::SQS::Queue", json!({"QueueName": "jobs-dev"})));
        let id = format!("R{number}x{position}");
        let mut resource = json!({"Type": type_name, "Properties": made.with_functions(&body, 0)});
        let is_left_out = made.random.once_in(8);
        if is_left_out {
            resource["Condition"] = "No".into();
        } else {
            wanted += 1;
            if made.random.once_in(6) {
                resource["Condition"] = "Yes".into();
            }
            if let (true, Some((other, _))) = (made.random.once_in(4), made.earlier.first()) {
                resource["DependsOn"] = if made.random.once_in(2) { json!(other) } else { json!([other]) };
            }
            made.earlier.push((id.clone(), type_name));
        }
        if made.random.once_in(5) {
            resource["Metadata"] =
                json!({"Note": text(made.random, 0, 60), "checkov": {"skip": [{"id": "CKV_AWS_18"}]}});
        }
        if made.random.once_in(6) {
            resource["DeletionPolicy"] = "Retain".into();
            resource["UpdateReplacePolicy"] = "Snapshot".into();
        }
        resources.insert(id, resource);
    }
    // Exceeds a limit of stacks, which does not apply here.
    if made.random.once_in(40) {
        for extra in 0..210 {
            made.parameters.insert(format!("Extra{extra}"), json!({"Type": "String", "Default": "x"}));
        }
    }
    let mut value = json!({"AWSTemplateFormatVersion": "2010-09-09"});
    if made.random.once_in(3) {
        value["Description"] = text(made.random, 0, 80).into();
    }
    if made.random.once_in(6) {
        value["Metadata"] = json!({"AWS::CloudFormation::Interface": {"ParameterGroups": []}});
    }
    if made.random.once_in(6) {
        let assertion = json!({"Assert": {"Fn::Contains": [["a"], "a"]}, "AssertDescription": "always"});
        value["Rules"] = json!({"Always": {"Assertions": [assertion]}});
    }
    let (id, _) = made.earlier.first().cloned().unwrap_or_default();
    if !id.is_empty() && made.random.once_in(3) {
        let exported = json!({"Fn::Sub": "${AWS::StackName}-first"});
        value["Outputs"] = json!({"First": {"Value": {"Ref": id}, "Export": {"Name": exported}}});
    }
    value["Parameters"] = made.parameters.into();
    value["Conditions"] = made.conditions;
    value["Mappings"] = made.mappings.into();
    value["Resources"] = resources.into();
    ValidTemplate { value, wanted }
}

struct TemplateBuilder<'a> {
    random: &'a mut Random,
    parameters: Map<String, Value>,
    conditions: Value,
    mappings: Map<String, Value>,
    /// Ids and types of the previous resources, which may be referred to.
    earlier: Vec<(String, &'static str)>,
}

impl TemplateBuilder<'_> {
    /// Replaces some of the strings in a value by intrinsic functions.
    fn with_functions(&mut self, value: &Value, depth: usize) -> Value {
        match value {
            Value::Object(map) if map.contains_key("Fn::ImportValue") => self.unknown(),
            Value::Object(map) => {
                map.iter().map(|(key, child)| (key.clone(), self.with_functions(child, depth + 1))).collect()
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| self.with_functions(item, depth + 1)).collect();
                if self.random.once_in(15) {
                    items.push(json!({"Ref": "AWS::NoValue"}));
                }
                items.into()
            }
            Value::String(text) if self.random.once_in(4) => self.function_for(text, depth),
            Value::Number(number) if self.random.once_in(8) => {
                self.parameter(json!({"Type": "Number", "Default": number}))
            }
            other if depth > 0 && self.random.once_in(25) => json!({"Fn::If": ["Yes", other, {"Ref": "AWS::NoValue"}]}),
            other => other.clone(),
        }
    }

    fn parameter(&mut self, declaration: Value) -> Value {
        let name = format!("P{}", self.parameters.len());
        self.parameters.insert(name.clone(), declaration);
        json!({"Ref": name})
    }

    /// Returns an intrinsic function with this value.
    fn function_for(&mut self, text: &str, depth: usize) -> Value {
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        let (head, tail) = text.split_at(half);
        match self.random.below(10) {
            0 => self.parameter(json!({"Type": "String", "Default": text, "Description": "said"})),
            1 => self.parameter(json!({"Type": "String", "Default": text, "AllowedValues": [text, "other"]})),
            2 => json!({"Fn::Join": ["", [head, tail]]}),
            3 => json!({"Fn::Sub": ["${Head}${Tail}", {"Head": head, "Tail": tail}]}),
            4 => json!({"Fn::Select": [1, ["other", text]]}),
            5 if !text.contains('|') => json!({"Fn::Select": ["0", {"Fn::Split": ["|", format!("{text}|rest")]}]}),
            6 => json!({"Fn::If": ["Yes", text, self.unknown()]}),
            7 => json!({"Fn::If": ["No", {"Ref": "AWS::NoValue"}, text]}),
            8 => {
                let name = format!("M{}", self.mappings.len());
                self.mappings.insert(name.clone(), json!({"top": {"second": text}}));
                json!({"Fn::FindInMap": [name, "top", "second"]})
            }
            _ if depth < 20 => json!({"Fn::If": ["Yes", self.function_for(text, depth + 5), "other"]}),
            _ => text.into(),
        }
    }

    /// Returns an intrinsic function with an unknown value.
    fn unknown(&mut self) -> Value {
        let earlier = if self.earlier.is_empty() { None } else { Some(self.random.pick(&self.earlier).clone()) };
        match (self.random.below(8), earlier) {
            (0 | 1, Some((id, _))) => json!({"Ref": id}),
            (2 | 3, Some((id, type_name))) => {
                let schema = Registry::embedded().get(type_name).unwrap();
                let attribute = schema.properties.iter().find(|name| schema.is_read_only(&pointer::join("", name)));
                match attribute {
                    Some(name) if self.random.once_in(2) => json!({"Fn::GetAtt": [id, name]}),
                    Some(name) => json!({"Fn::GetAtt": format!("{id}.{name}")}),
                    None => json!({"Fn::Sub": format!("${{{id}}}-${{!Kept}}")}),
                }
            }
            (4, _) => json!({"Fn::Base64": {"Fn::Sub": "${AWS::AccountId}"}}),
            (5, _) => json!({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}),
            (6, _) => json!({"Fn::Select": [1, {"Fn::Cidr": [{"Fn::ImportValue": "range"}, 4, 8]}]}),
            (7, _) => {
                let stored = json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"});
                let open = json!({"Type": "String", "AllowedValues": ["a", "b"]});
                let declaration = if self.random.once_in(2) { stored } else { open };
                self.parameter(declaration)
            }
            _ => json!({"Fn::ImportValue": {"Fn::Sub": "${AWS::Region}-shared"}}),
        }
    }
}

fn first_resource(value: &mut Value) -> &mut Value {
    value["Resources"].as_object_mut().unwrap().values_mut().next().unwrap()
}

/// Adds a bucket with invalid properties.
fn bucket(value: &mut Value, properties: Value) {
    value["Resources"]["Wrong"] = json!({"Type": "AWS::S3::Bucket", "Properties": properties});
}

type ChangeValue = fn(&mut Value);

/// Changes that make a template invalid in any notation.
const INVALID_VALUES: &[(&str, ChangeValue)] = &[
    ("no resources", |t| drop(t.as_object_mut().unwrap().shift_remove("Resources"))),
    ("resources null", |t| t["Resources"] = Value::Null),
    ("resources a list", |t| t["Resources"] = json!(["a"])),
    ("resources a text", |t| t["Resources"] = json!("a")),
    ("resources empty", |t| t["Resources"] = json!({})),
    ("a resource that is nothing", |t| *first_resource(t) = Value::Null),
    ("a resource that is a list", |t| *first_resource(t) = json!([1, 2])),
    ("no type", |t| drop(first_resource(t).as_object_mut().unwrap().shift_remove("Type"))),
    ("a type that is a number", |t| first_resource(t)["Type"] = json!(5)),
    ("a type that does not exist", |t| first_resource(t)["Type"] = json!("AWS::S3::Buckett")),
    ("properties that are a list", |t| first_resource(t)["Properties"] = json!(["a"])),
    ("an unknown key of a resource", |t| first_resource(t)["Propertys"] = json!({})),
    ("an unknown section", |t| t["Resource"] = json!({})),
    ("a transform", |t| t["Transform"] = json!("TeamMacro")),
    ("globals", |t| t["Globals"] = json!({"Function": {}})),
    ("hooks", |t| t["Hooks"] = json!({"A": {}})),
    ("a loop over resources", |t| t["Resources"]["Fn::ForEach::All"] = json!(["X", ["a"], {"R${X}": {}}])),
    ("a transform among the resources", |t| t["Resources"]["Fn::Transform"] = json!({"Name": "AWS::Include"})),
    ("an invalid logical id", |t| t["Resources"]["not-an-id"] = json!({"Type": "AWS::SQS::Queue"})),
    ("a property that does not exist", |t| bucket(t, json!({"BucketNmae": "a"}))),
    ("a value that is not allowed", |t| bucket(t, json!({"VersioningConfiguration": {"Status": "On"}}))),
    ("a value of the wrong type", |t| bucket(t, json!({"Tags": "a"}))),
    ("a read-only property", |t| bucket(t, json!({"Arn": "arn:aws:s3:::a"}))),
    ("a property that is null", |t| bucket(t, json!({"BucketName": null}))),
    ("a required property that is missing", |t| t["Resources"]["Wrong"] = json!({"Type": "AWS::IAM::Role"})),
    ("a reference to nothing", |t| bucket(t, json!({"BucketName": {"Ref": "Nobody"}}))),
    ("an attribute of nothing", |t| bucket(t, json!({"BucketName": {"Fn::GetAtt": ["Nobody", "Arn"]}}))),
    ("an attribute that does not exist", |t| {
        bucket(t, json!({}));
        t["Resources"]["Other"] =
            json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::GetAtt": "Wrong.Nothing"}}});
    }),
    ("a text with nothing in it", |t| bucket(t, json!({"BucketName": {"Fn::Sub": "${Nobody}-a"}}))),
    ("a text with a bad function", |t| bucket(t, json!({"BucketName": {"Fn::Sub": 5}}))),
    ("a function that does not exist", |t| bucket(t, json!({"BucketName": {"Fn::Concat": ["a"]}}))),
    ("a function beside other keys", |t| bucket(t, json!({"Tags": [{"Fn::If": ["Yes", 1, 2], "Key": "a"}]}))),
    ("a condition's function in a property", |t| bucket(t, json!({"BucketName": {"Fn::Equals": ["a", "b"]}}))),
    ("a join without a list", |t| bucket(t, json!({"BucketName": {"Fn::Join": ["-"]}}))),
    ("a select beyond the end", |t| bucket(t, json!({"BucketName": {"Fn::Select": [9, ["a"]]}}))),
    ("a mapping that does not exist", |t| bucket(t, json!({"BucketName": {"Fn::FindInMap": ["Nothing", "a", "b"]}}))),
    ("an if on nothing", |t| bucket(t, json!({"BucketName": {"Fn::If": ["Perhaps", "a", "b"]}}))),
    ("an if with two parts", |t| bucket(t, json!({"BucketName": {"Fn::If": ["Yes", "a"]}}))),
    ("a transform in a property", |t| bucket(t, json!({"BucketName": {"Fn::Transform": {"Name": "Upper"}}}))),
    ("a loop in a property", |t| bucket(t, json!({"Fn::ForEach::X": ["X", ["a"], {"${X}": 1}]}))),
    ("a circular reference", |t| {
        bucket(t, json!({"BucketName": {"Fn::Sub": "a-${Other}"}}));
        t["Resources"]["Other"] = json!({"Type": "AWS::S3::Bucket", "DependsOn": "Wrong"});
    }),
    ("a resource that depends on itself", |t| bucket(t, json!({"BucketName": {"Ref": "Wrong"}}))),
    ("a circular condition", |t| {
        t["Conditions"]["A"] = json!({"Condition": "B"});
        t["Conditions"]["B"] = json!({"Fn::Not": [{"Condition": "A"}]});
    }),
    ("a condition that refers to nothing", |t| {
        t["Conditions"]["A"] = json!({"Fn::And": [{"Condition": "Perhaps"}, {"Condition": "Yes"}]})
    }),
    ("a condition that is a text", |t| t["Conditions"]["A"] = json!("yes")),
    ("conditions that are a list", |t| t["Conditions"] = json!([1])),
    ("mappings that are a text", |t| t["Mappings"] = json!("a")),
    ("a resource whose condition does not exist", |t| first_resource(t)["Condition"] = json!("Perhaps")),
    ("a resource whose condition is a list", |t| first_resource(t)["Condition"] = json!(["Yes"])),
    ("a dependency on nothing", |t| first_resource(t)["DependsOn"] = json!(["Nobody"])),
    ("a dependency that is a number", |t| first_resource(t)["DependsOn"] = json!(7)),
    ("a reference to what is left out", |t| {
        bucket(t, json!({}));
        t["Resources"]["Wrong"]["Condition"] = json!("No");
        t["Resources"]["Other"] = json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Wrong"}}});
    }),
    ("a parameter without a type", |t| t["Parameters"]["Open"] = json!({"Default": "a"})),
    ("a parameter of no known type", |t| t["Parameters"]["Open"] = json!({"Type": "Text", "Default": "a"})),
    ("a parameter that is a text", |t| t["Parameters"]["Open"] = json!("a")),
    ("a default that is a list", |t| t["Parameters"]["Open"] = json!({"Type": "CommaDelimitedList", "Default": ["a"]})),
    ("a default that is not allowed", |t| {
        t["Parameters"]["Open"] = json!({"Type": "String", "Default": "c", "AllowedValues": ["a", "b"]});
    }),
    ("a default that is no number", |t| t["Parameters"]["Open"] = json!({"Type": "Number", "Default": "many"})),
    ("a default that is too long", |t| {
        t["Parameters"]["Open"] = json!({"Type": "String", "Default": "abcdef", "MaxLength": 3});
    }),
    ("a default that does not match", |t| {
        t["Parameters"]["Open"] = json!({"Type": "String", "Default": "A", "AllowedPattern": "[a-z]+"});
    }),
    ("parameters that are a list", |t| t["Parameters"] = json!([{"Type": "String"}])),
];

type ChangeText = fn(&str) -> Vec<u8>;

/// Changes that make the text of any template invalid.
const INVALID_TEXTS: &[(&str, ChangeText)] = &[
    ("nothing at all", |_| Vec::new()),
    ("only a comment", |_| b"# nothing here\n".to_vec()),
    ("only spaces", |_| b"  \n \n".to_vec()),
    ("a text alone", |_| b"just words\n".to_vec()),
    ("a list alone", |_| b"- a\n- b\n".to_vec()),
    ("a number alone", |_| b"42\n".to_vec()),
    ("a bracket that is never closed", |t| format!("{t}Extra: [a, b\n").into_bytes()),
    ("a brace that is never closed", |t| format!("{t}Extra: {{a: b\n").into_bytes()),
    ("a bracket that closes another", |t| format!("{t}Extra: [a}}\n").into_bytes()),
    ("a quote that is never closed", |t| format!("{t}Extra: 'a\n").into_bytes()),
    ("text after a quote", |t| format!("{t}Extra: 'a' b\n").into_bytes()),
    ("an escape that does not exist", |t| format!("{t}Extra: \"\\q\"\n").into_bytes()),
    ("half a pair of surrogates", |t| format!("{t}Extra: \"\\ud83d\"\n").into_bytes()),
    ("a tab that indents", |t| format!("{t}Extra:\n\ta: b\n").into_bytes()),
    ("a line that continues nothing", |t| format!("{t}Extra:\n    a: b\n  c: d\n").into_bytes()),
    ("a value in a value", |t| format!("{t}Extra: a: b\n").into_bytes()),
    ("a key twice", |t| format!("{t}Resources: {{}}\n").into_bytes()),
    ("two documents", |t| format!("{t}---\nResources: {{}}\n").into_bytes()),
    ("an alias of nothing", |t| format!("{t}Extra: *nothing\n").into_bytes()),
    ("an alias of itself", |t| format!("{t}Extra: &a [*a]\n").into_bytes()),
    ("a merge of a text", |t| format!("{t}Metadata:\n  <<: text\n").into_bytes()),
    ("a key that is a list", |t| format!("{t}Metadata:\n  ? [a]\n  : b\n").into_bytes()),
    ("a tag that is no function", |t| format!("{t}Metadata:\n  a: !Reff b\n").into_bytes()),
    ("a tag that does not fit", |t| format!("{t}Metadata:\n  a: !!int many\n").into_bytes()),
    ("aliases that explode", |t| {
        let mut text = format!("{t}Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("  a{level}: &a{level} [{below}]\n"));
        }
        text.into_bytes()
    }),
    ("a hundred and one brackets", |t| {
        format!("{t}Metadata:\n  a: {}{}\n", "[".repeat(101), "]".repeat(101)).into_bytes()
    }),
    ("ten thousand brackets", |t| format!("{t}Metadata:\n  a: {}\n", "[".repeat(10_000)).into_bytes()),
    ("ten thousand levels", |t| {
        let levels: String = (0..10_000).map(|level| format!("{}a:\n", " ".repeat(level % 2000))).collect();
        format!("{t}{levels}").into_bytes()
    }),
    ("ten thousand dashes", |t| format!("{t}Metadata:\n  {}\n", "- ".repeat(10_000)).into_bytes()),
    ("Windows-1252", |t| [t.as_bytes(), b"Extra: caf\xe9\n"].concat()),
    ("UTF-16", |t| t.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16 with a byte order mark", |t| {
        [0xff, 0xfe].into_iter().chain(t.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }),
    ("a NUL", |t| format!("{t}\0\n").into_bytes()),
    ("an overlong byte sequence", |t| [t.as_bytes(), b"Extra: \xc0\xaf\n"].concat()),
    ("a directive in the middle", |t| format!("{t}%YAML 1.2\n").into_bytes()),
    ("a program", |_| b"#!/bin/sh\nset -e\nfor i in 1 2 3; do echo $i; done\n".to_vec()),
    ("HTML", |_| b"<!DOCTYPE html>\n<html><body>502: Bad Gateway</body></html>\n".to_vec()),
    ("INI", |_| b"[default]\nregion = us-east-1\n".to_vec()),
    ("an archive", |_| b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe\x00\x01".to_vec()),
    ("a conflict", |t| format!("<<<<<<< HEAD\n{t}=======\n{t}>>>>>>> branch\n").into_bytes()),
    ("a placeholder of a template engine", |t| format!("{t}Extra: {{{{ value }}}}\n").into_bytes()),
];

/// Corrupts bytes.
fn corrupt(bytes: &mut Vec<u8>, random: &mut Random) -> &'static str {
    match random.below(6) {
        0 => {
            bytes.truncate(random.below(bytes.len()));
            "cut short"
        }
        1 => {
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            "bits flipped"
        }
        2 => {
            let at = random.below(bytes.len());
            let end = (at + 1 + random.below(40)).min(bytes.len());
            bytes.drain(at..end);
            "a piece lost"
        }
        3 => {
            let at = random.below(bytes.len());
            let end = (at + 1 + random.below(200)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
            "a piece twice"
        }
        4 => {
            let at = random.below(bytes.len());
            let odd: &[&[u8]] = &[
                b"\t",
                b"\r",
                b"{{",
                b"]",
                b"'",
                b"\"",
                b"&a ",
                b"*a",
                b": ",
                b"\n---\n",
                b"\xf0\x9f\x9a\x80",
                b"!Ref ",
            ];
            let odd = random.pick(odd).to_vec();
            bytes.splice(at..at, odd);
            "something put in"
        }
        _ => {
            let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let (a, b) = (random.below(lines.len()), random.below(lines.len()));
            lines.swap(a, b);
            *bytes = lines.join(&b'\n');
            "two lines swapped"
        }
    }
}
