//! The JSON Schema of the project file, with which editors complete and check it, against what reads the file.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Value, json};
use stagegate::files::config;

use super::schemas::committed;
use super::support::{DEV, PROD, User, root, template};

fn schema() -> Value {
    serde_json::from_str(&committed("project")).unwrap()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// What the schema says about a project file.
fn problems(text: &str) -> Vec<String> {
    let document: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    validator().iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[track_caller]
fn is_valid(text: &str) {
    assert_eq!(problems(text), [] as [&str; 0], "{text}");
    let read = config::parse("stagegate.yaml", text);
    assert!(read.is_ok(), "{read:?}: {text}");
}

/// A project file with one more section, or with this section instead of its own.
fn with(section: &str) -> String {
    let (key, _) = section.split_once(':').unwrap();
    let own = [
        ("version", "version: 1"),
        ("project", "project: shop"),
        ("environments", r#"environments: { dev: { account: "111111111111", region: us-east-1 } }"#),
    ];
    let own = own.iter().filter(|(name, _)| *name != key).map(|(_, line)| *line);
    own.chain([section]).map(|line| format!("{line}\n")).collect()
}

/// The project files in a page of the documentation.
fn of_page(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.filter(|block| block.lines().any(|line| line.starts_with("environments:"))).collect()
}

#[test]
fn the_project_files_of_the_documentation_and_the_tests_are_valid() {
    let pages =
        ["README.md", "docs/ci.md", "docs/configuration.md", "docs/costs.md", "docs/mcp.md", "docs/permissions.md"];
    let found: Vec<String> = pages.into_iter().flat_map(of_page).collect();
    assert!(found.len() >= 2, "the README and docs/configuration.md have project files");
    let files = ["help/shop.yaml", "help/stagegate.yaml", "stagegate.yaml"].map(|name| format!("tests/data/{name}"));
    let seeds = ["full.yaml", "small.yaml"].map(|name| format!("fuzz/seeds/project_file/{name}"));
    let read = |name: String| std::fs::read_to_string(root().join(name)).unwrap();
    for text in found.into_iter().chain(files.into_iter().map(read)).chain(seeds.into_iter().map(read)) {
        is_valid(&text);
    }
}

#[test]
fn what_init_writes_is_valid_and_names_the_schema_if_there_is_one() {
    let owner = User::of_sandbox();
    let server = owner.serve();
    let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD);
    let written = |folder: &str, flags: &str| {
        let line = format!("stagegate init --no-input --project shop --out {folder}/stagegate.yaml {flags}");
        user.paste(&line).expect(0);
        std::fs::read_to_string(user.folder().join(folder).join("stagegate.yaml")).unwrap()
    };
    for (folder, flags) in [
        ("plain", "--dev-profile d --prod-profile p --tag 'Team=yes' --tag CostCenter=7"),
        ("one", "--dev-profile d --prod-profile d --single-account"),
        ("box", "--sandbox"),
    ] {
        std::fs::create_dir(user.folder().join(folder)).unwrap();
        let text = written(folder, flags);
        assert!(!text.contains("$schema"), "{text}");
        is_valid(&text);
    }
    std::fs::create_dir(user.folder().join("named")).unwrap();
    user.paste("stagegate context --project-schema > named/stagegate.schema.json").expect(0);
    let text = written("named", "--sandbox");
    let name = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
    let named = std::fs::read_to_string(user.folder().join("named").join(name)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&named).unwrap(), schema());
    is_valid(&text);
}

#[test]
fn the_schema_is_printed_without_a_project() {
    let run = User::of_aws().run(&["context", "--project-schema"]).expect(0);
    assert_eq!((run.stdout, run.stderr), (committed("project"), String::new()));
    User::of_aws().run(&["context", "--project-schema", "--doctor"]).expect(64);
}

/// A file with every key, and other forms of what can be written in several.
fn full() -> Vec<String> {
    let environment = r#"{ account: "111111111111", profile: d, region: us-east-1, regions: [us-east-1, us-gov-west-1],
        tag_value: development, protected: true, allow_create: true, sandbox: true }"#;
    let environment = environment.replace("us-gov-west-1", "eu-west-1");
    let sections = [
        format!("environments: {{ dev: {environment} }}"),
        "environments: { dev-2: { account: 111111111111, regions: us-east-1 } }".to_owned(),
        "version: \"1\"".to_owned(),
        "project: a-B_1".to_owned(),
        "single_account: true".to_owned(),
        "audit_log: false".to_owned(),
        "usage: usage.yaml".to_owned(),
        "accounts: organizations".to_owned(),
        "accounts: { organizations: true, role: r, external_id: x, regions: [us-east-1], environment: dev }".to_owned(),
        r#"accounts: [{ name: A, account: "333333333333", role: r, external_id: x, regions: us-east-1, environment: dev,
            enabled: false }]"#
            .to_owned(),
        "approvals: { dev: { not_by_planner: true } }".to_owned(),
        "cost: { auto_approve_below: 10.00, alerts: [25, \"50.5\"], pricing_region: eu-central-1 }".to_owned(),
        "cost: { alerts: 25 }".to_owned(),
        "tags: { preset: ccapi, required: { Team: [], Cost: A, Size: [1, true] }, values: { Cost: A, Size: 1 } }".to_owned(),
        "naming: { environment_tokens: { dev: [dev, d1] }, iam_policy: \"{Project}-{Service}\" }".to_owned(),
        "policies: { dirs: policies, fail_on: low, waivers: w.yaml, engines: [builtin, cfn-guard] }".to_owned(),
        "promotion: { map: { a: b }, overrides: { AWS::RDS::DBInstance: { MultiAZ: true, /Tags: [] },
            AWS::SQS::Queue/jobs-*: { DelaySeconds: 1 } }, auto: { types: AWS::SQS::Queue, cap: 5, soak: 24h } }"
            .to_owned(),
        "promotion:".to_owned(),
        "cost: { auto_approve_below: }".to_owned(),
    ];
    sections.iter().map(|section| with(section)).collect()
}

#[test]
fn every_key_is_valid_in_every_form() {
    full().iter().for_each(|text| is_valid(text));
}

#[test]
fn unknown_keys_and_wrong_types_are_invalid_for_both() {
    let environment = |rest: &str| format!(r#"environments: {{ dev: {{ account: "111111111111", {rest} }} }}"#);
    let account = |rest: &str| format!(r#"accounts: [{{ name: A, account: "333333333333", {rest} }}]"#);
    let wrong = [
        environment("region: us-east-1, regoin: x"),
        environment("region: 7"),
        environment("region: us_east_1"),
        environment("sandbox: x, region: us-east-1"),
        environment("profile: d"),
        "environments: {}".to_owned(),
        "environments: { dev: { region: us-east-1 } }".to_owned(),
        "environments: { dev: { account: 7, region: us-east-1 } }".to_owned(),
        "environments: { all: { account: \"111111111111\", region: us-east-1 } }".to_owned(),
        "environments: { Dev: { account: \"111111111111\", region: us-east-1 } }".to_owned(),
        "environments: [dev]".to_owned(),
        "version: 2".to_owned(),
        "project: a b".to_owned(),
        "project: 7".to_owned(),
        "projetc: shop".to_owned(),
        "single_account: 1".to_owned(),
        "audit_log: \"yes\"".to_owned(),
        "usage: \"\"".to_owned(),
        "usage: [a]".to_owned(),
        "accounts: organization".to_owned(),
        "accounts: { organizations: false }".to_owned(),
        "accounts: { organizations: true, rloe: r }".to_owned(),
        account("rloe: r"),
        account("enabled: 1"),
        "accounts: [{ name: A }]".to_owned(),
        "approvals: { dev: { not_by_planer: true } }".to_owned(),
        "approvals: { dev: { not_by_planner: 1 } }".to_owned(),
        "cost: { alert: [25] }".to_owned(),
        "cost: { auto_approve_below: -1 }".to_owned(),
        "cost: { auto_approve_below: ten }".to_owned(),
        "cost: { pricing_region: eu-west-1 }".to_owned(),
        "tags: { preset: other }".to_owned(),
        "tags: { require: {} }".to_owned(),
        "tags: { values: { Team: [a] } }".to_owned(),
        "tags: { required: { Team: { a: b } } }".to_owned(),
        "naming: { environment_tokens: { dev: a-b } }".to_owned(),
        "naming: { policy: x }".to_owned(),
        "policies: { fail_on: severe }".to_owned(),
        "policies: { engines: [tfsec] }".to_owned(),
        "policies: { dir: x }".to_owned(),
        "promotion: { auto: { types: [AWS::SQS::Queue], cap: 5 } }".to_owned(),
        "promotion: { auto: { types: [AWS::SQS::Queue], cap: 5, soak: soon } }".to_owned(),
        "promotion: { overrides: { RDS: { MultiAZ: true } } }".to_owned(),
        "promotion: { overide: {} }".to_owned(),
    ];
    for section in wrong {
        let text = with(&section);
        assert!(!problems(&text).is_empty(), "the schema allows {text}");
        assert!(config::parse("stagegate.yaml", &text).is_err(), "the program reads {text}");
    }
}

/// The keys of each mapping of the schema by its place; `*` stands for any key.
fn keys(schema: &Value, at: &Value, place: &str, found: &mut BTreeMap<String, Vec<String>>) {
    if let Some(name) = at["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        keys(schema, &schema["definitions"][name], place, found);
    }
    for one in ["allOf", "anyOf"].iter().filter_map(|key| at[key].as_array()).flatten() {
        keys(schema, one, place, found);
    }
    if at["additionalProperties"] == json!(false) {
        let names = at["properties"].as_object().unwrap().keys().cloned().collect();
        found.insert(place.to_owned(), names);
    }
    for (name, one) in at["properties"].as_object().into_iter().flatten() {
        keys(schema, one, &format!("{place}.{name}"), found);
    }
    if at["additionalProperties"].is_object() {
        keys(schema, &at["additionalProperties"], &format!("{place}.*"), found);
    }
    if at["items"].is_object() {
        keys(schema, &at["items"], &format!("{place}[]"), found);
    }
}

#[test]
fn the_schema_has_the_keys_that_the_program_reads() {
    let schema = schema();
    let mut found = BTreeMap::new();
    keys(&schema, &schema, "", &mut found);
    // An unknown key in each mapping: the program names the keys that it knows there.
    let odd = "zzzzzzzzzz: 1";
    let places = [
        ("", odd.to_owned()),
        (".accounts", format!("accounts: {{ organizations: true, {odd} }}")),
        (".accounts[]", format!("accounts: [{{ name: A, account: \"333333333333\", {odd} }}]")),
        (".approvals.*", format!("approvals: {{ dev: {{ {odd} }} }}")),
        (".cost", format!("cost: {{ {odd} }}")),
        (
            ".environments.*",
            format!("environments: {{ dev: {{ account: \"111111111111\", region: us-east-1, {odd} }} }}"),
        ),
        (".naming", format!("naming: {{ {odd} }}")),
        (".policies", format!("policies: {{ {odd} }}")),
        (".promotion", format!("promotion: {{ {odd} }}")),
        (".promotion.auto", format!("promotion: {{ auto: {{ types: [AWS::SQS::Queue], cap: 5, soak: 24h, {odd} }} }}")),
        (".tags", format!("tags: {{ {odd} }}")),
    ];
    assert_eq!(found.keys().collect::<Vec<_>>(), places.iter().map(|(place, _)| *place).collect::<Vec<_>>());
    for (place, section) in places {
        let problems = config::parse("stagegate.yaml", &with(&section)).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{place}: {problems:?}") };
        let hint = problem.hint.clone().unwrap();
        let mut names: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let mut expected: Vec<&str> = found[place].iter().map(String::as_str).collect();
        expected.sort_unstable();
        // The last one of a long list is only counted.
        if hint.ends_with(" and 1 more") {
            names.extend(expected.last());
        }
        assert_eq!(names, expected, "{place}: {hint}");
    }
}

#[test]
fn templates_are_no_project_files() {
    let text = std::fs::read_to_string(template("s3-bucket.yaml")).unwrap();
    assert!(!problems(&text).is_empty());
}
