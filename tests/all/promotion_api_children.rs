//! Children of APIs, functions, file systems and load balancers come along, and are never created a second time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{DEV, PROD, User, messages, root};

const CODE: &str = "AWS::Lambda::Function/shop-api-dev#/Code/ZipFile=@handler.py";
const PROMOTE: [&str; 5] = ["promote", "--all", "--with-dependencies", "--input", CODE];
const AGAIN: [&str; 3] = ["promote", "--all", "--with-dependencies"];

const ALIAS: &str = "AWS::Lambda::Alias";
const VERSION: &str = "AWS::Lambda::Version";
const METHOD: &str = "AWS::ApiGateway::Method";
const STAGE: &str = "AWS::ApiGateway::Stage";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

fn steps(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| (step["operation"].as_str().unwrap(), step["type"].as_str().unwrap()));
    let mut found: Vec<_> = steps.filter(|(operation, _)| *operation != "tag").collect();
    found.sort_unstable();
    found
}

/// The identifiers that a run has created or changed, by type.
fn applied(document: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in document["body"]["applied"].as_array().unwrap() {
        let (type_name, identifier) = (one["type"].as_str().unwrap(), one["identifier"].as_str().unwrap());
        let all = found.entry(type_name.to_owned()).or_default();
        if !all.iter().any(|other| other == identifier) {
            all.push(identifier.to_owned());
        }
    }
    found
}

#[test]
fn children_of_apis_functions_file_systems_and_balancers_come_along_once() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    let template = root().join("tests/data/children-of-apis.yaml").display().to_string();
    let created = user.approve(&["create", "-f", &template, "--tag", "CostCenter=Engineering"]);
    let promoted = user.approve(&PROMOTE);
    assert_eq!(steps(&promoted), steps(&created));
    // Cloud Control does not serve record sets: this is said.
    assert!(messages(&promoted).contains("AWS::Route53::RecordSet"), "{}", messages(&promoted));
    let server = user.serve();
    let (dev, prod) = (applied(&created), applied(&promoted));
    let of_prod = |type_name: &str| -> Vec<String> {
        let ids = prod[type_name].iter().filter(|id| !dev[type_name].contains(id));
        ids.cloned().collect()
    };
    // No byte that identifies a resource of dev is in any resource of prod.
    let mut ids: Vec<&str> = dev.values().flatten().flat_map(|id| id.split('|')).filter(|id| id.len() > 5).collect();
    ids.push(DEV);
    for type_name in dev.keys() {
        for identifier in of_prod(type_name) {
            let mut live = user.boto3(&server, PROD, &["get", type_name, &identifier]);
            live.as_object_mut().unwrap().shift_remove("Tags");
            live.as_object_mut().unwrap().shift_remove("FileSystemTags");
            live.as_object_mut().unwrap().shift_remove("HostedZoneTags");
            let text = format!("{identifier} {live}");
            let found: Vec<&&str> = ids.iter().filter(|id| text.contains(**id)).collect();
            assert!(found.is_empty(), "{type_name} {text}: {found:?}");
        }
    }
    user.json(&["drift"], 0);
    assert_eq!(steps(&user.json(&AGAIN, 0)), []);

    // Changed children are updated.
    let edit = |type_name: &str, index: usize, patch: Value| {
        let identifier = &dev[type_name][index];
        user.boto3(&server, DEV, &["update", type_name, identifier, &patch.to_string()]);
    };
    edit(METHOD, 0, json!([{"op": "add", "path": "/ApiKeyRequired", "value": true}]));
    edit(METHOD, 1, json!([{"op": "add", "path": "/OperationName", "value": "one"}]));
    edit(STAGE, 0, json!([{"op": "add", "path": "/Description", "value": "live"}]));
    edit("AWS::ApiGateway::Deployment", 0, json!([{"op": "replace", "path": "/Description", "value": "second"}]));
    edit(RULE, 0, json!([{"op": "replace", "path": "/Priority", "value": 7}]));
    edit("AWS::Lambda::Url", 0, json!([{"op": "add", "path": "/InvokeMode", "value": "RESPONSE_STREAM"}]));
    edit("AWS::Lambda::Alias", 0, json!([{"op": "add", "path": "/Description", "value": "current"}]));
    let updated = user.approve(&AGAIN);
    let expected = [
        ("update", "AWS::ApiGateway::Deployment"),
        ("update", METHOD),
        ("update", METHOD),
        ("update", STAGE),
        ("update", RULE),
        ("update", "AWS::Lambda::Alias"),
        ("update", "AWS::Lambda::Url"),
    ];
    assert_eq!(steps(&updated), expected);
    let rule = user.boto3(&server, PROD, &["get", RULE, &of_prod(RULE)[0]]);
    assert_eq!(rule["Priority"], 7, "{rule}");
    user.json(&["drift"], 0);
    assert_eq!(steps(&user.json(&AGAIN, 0)), []);
}

/// Writes the template of a function with a version, which an alias names.
fn write_function(user: &User, alias: &str) {
    let text = "Resources:\n  Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: shop-dev, AssumeRolePolicyDocument: { Version: \
        '2012-10-17', Statement: [ { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' } \
        ] } } }\n  Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: shop-api-dev, Runtime: python3.13, \
        Handler: index.handler, Role: !GetAtt Role.Arn, Code: { ZipFile: 'x = 1' } } }\n  Version: { Type: \
        'AWS::Lambda::Version', Properties: { FunctionName: !Ref Function } }\n  Alias: { Type: 'AWS::Lambda::Alias', \
        Properties: { Name: ALIAS, FunctionName: !Ref Function, FunctionVersion: !GetAtt Version.Version } }\n";
    user.write("stack.yaml", &text.replace("ALIAS", alias));
}

#[test]
fn named_versions_of_a_function_are_published_in_prod_and_aliases_follow() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    write_function(&user, "live");
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    let server = user.serve();
    let arn = |account: &str, of: &str| format!("arn:aws:lambda:us-east-1:{account}:function:shop-api-{of}");
    let get = |account: &str, type_name: &str, identifier: &str| {
        user.boto3(&server, account, &["get", type_name, identifier])
    };
    let (dev, prod) = (arn(DEV, "dev"), arn(PROD, "prod"));
    let patch = |type_name: &str, identifier: &str, path: &str, value: Value| {
        let patch = json!([{"op": "add", "path": path, "value": value}]).to_string();
        user.boto3(&server, DEV, &["update", type_name, identifier, &patch]);
    };
    let publish = |timeout: u32| {
        patch("AWS::Lambda::Function", "shop-api-dev", "/Timeout", timeout.into());
        user.boto3(&server, DEV, &["create", VERSION, &json!({"FunctionName": "shop-api-dev"}).to_string()]);
    };

    // The numbers differ: version 2 becomes version 1.
    publish(5);
    patch(ALIAS, &format!("{dev}:live"), "/FunctionVersion", "2".into());
    patch(ALIAS, &format!("{dev}:live"), "/Description", "current".into());
    let promoted = user.approve(&PROMOTE);
    let versions: Vec<_> = steps(&promoted).into_iter().filter(|(_, one)| *one == VERSION).collect();
    assert_eq!(versions, [("create", VERSION)], "that of the alias");
    assert!(messages(&promoted).contains("1 version(s) of functions are not promoted"), "{}", messages(&promoted));
    let of_alias = get(PROD, ALIAS, &format!("{prod}:live"))["FunctionVersion"].as_str().unwrap().to_owned();
    let described = get(PROD, VERSION, &format!("{prod}:{of_alias}"));
    assert_eq!(described["Description"], "promoted from version 2", "{described}");
    assert_eq!(steps(&user.json(&AGAIN, 0)), []);
    user.json(&["drift"], 0);

    // Another version is published; one that nothing names is history.
    publish(6);
    publish(7);
    patch(ALIAS, &format!("{dev}:live"), "/FunctionVersion", "4".into());
    let promoted = user.approve(&PROMOTE);
    let expected = [("create", VERSION), ("update", ALIAS), ("update", "AWS::Lambda::Function")];
    assert_eq!(steps(&promoted), expected);
    assert!(messages(&promoted).contains("3 version(s) of functions are not promoted"), "{}", messages(&promoted));
    let of_alias = get(PROD, ALIAS, &format!("{prod}:live"))["FunctionVersion"].as_str().unwrap().to_owned();
    let described = get(PROD, VERSION, &format!("{prod}:{of_alias}"));
    assert_eq!(described["Description"], "promoted from version 4", "{described}");
    assert_eq!(steps(&user.json(&AGAIN, 0)), []);

    // The code of an earlier version is no longer that of the function; one that was promoted is named again.
    let alias = |name: &str, version: &str| {
        let alias = json!({"FunctionName": "shop-api-dev", "Name": name, "FunctionVersion": version}).to_string();
        user.boto3(&server, DEV, &["create", ALIAS, &alias]);
    };
    alias("first", "2");
    assert_eq!(steps(&user.approve(&AGAIN)), [("create", ALIAS)]);
    assert_eq!(get(PROD, ALIAS, &format!("{prod}:first"))["FunctionVersion"], "1");
    alias("previous", "3");
    let refused = user.json(&AGAIN, 4);
    assert!(messages(&refused).contains("version 3 of the function shop-api-dev"), "{}", messages(&refused));
}

/// A new function is created with one code: only the newest of its versions can be published from it.
#[test]
fn of_several_named_versions_a_new_function_can_have_one() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    write_function(&user, "old");
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    let server = user.serve();
    let patch = json!([{"op": "add", "path": "/Timeout", "value": 5}]).to_string();
    user.boto3(&server, DEV, &["update", "AWS::Lambda::Function", "shop-api-dev", &patch]);
    let function = json!({"FunctionName": "shop-api-dev"});
    user.boto3(&server, DEV, &["create", VERSION, &function.to_string()]);
    let live = json!({"FunctionName": "shop-api-dev", "Name": "live", "FunctionVersion": "2"}).to_string();
    user.boto3(&server, DEV, &["create", ALIAS, &live]);
    let refused = user.json(&PROMOTE, 4);
    let refusals: Vec<&Value> = refused["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["code"] == "version-not-published")
        .collect();
    assert_eq!(refusals.len(), 1, "{refused:#}");
    assert!(
        refusals[0]["message"].as_str().unwrap().starts_with("version 1 of the function shop-api-dev"),
        "{refused:#}"
    );
    // With the alias at the newest one, both are published as one.
    let current = json!([{"op": "add", "path": "/FunctionVersion", "value": "2"}]).to_string();
    let old = format!("arn:aws:lambda:us-east-1:{DEV}:function:shop-api-dev:old");
    user.boto3(&server, DEV, &["update", ALIAS, &old, &current]);
    let promoted = user.approve(&PROMOTE);
    let created = steps(&promoted).into_iter().filter(|(_, one)| [VERSION, ALIAS].contains(one)).count();
    assert_eq!(created, 3, "{promoted:#}");
}
