//! An estate of 37 resources is created and promoted with one command and one approval each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, messages, root};

const CODE: &str = "AWS::Lambda::Function/shop-worker-dev#/Code/ZipFile=@handler.py";
/// The value of a secret cannot be read; prod gets one of its own.
const SECRET: &str = "Secret#/SecretString=@secret.txt";
const PROMOTE: [&str; 7] = ["promote", "--all", "--with-dependencies", "--input", CODE, "--input", SECRET];
/// Without the values that would be sent again each time.
const PROMOTE_AGAIN: [&str; 3] = ["promote", "--all", "--with-dependencies"];

const GROUP: &str = "AWS::EC2::SecurityGroup";
const POLICY: &str = "AWS::IAM::ManagedPolicy";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const QUEUE_POLICY: &str = "AWS::SQS::QueueInlinePolicy";

/// The resources of an account by type, in the order of their identifiers.
type Account = BTreeMap<String, Vec<(String, Value)>>;

/// A user whose dev account has the estate.
fn with_estate() -> User {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    user.write("secret.txt", "a value for prod\n");
    user.approve(&["create", "-f", &estate(), "--tag", "CostCenter=Engineering"]);
    user
}

fn estate() -> String {
    root().join("tests/data/estate.yaml").display().to_string()
}

/// The number of resources of each type in the template.
fn declared() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(estate()).unwrap();
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    for (_, rest) in text.match_indices("Type: ").map(|(at, found)| text.split_at(at + found.len())) {
        let name = rest.trim_start_matches('"');
        let end = name.find(['"', '\n', ' ', ',']).unwrap();
        if name.starts_with("AWS::") {
            *types.entry(name[..end].to_owned()).or_default() += 1;
        }
    }
    types
}

/// All resources of the account of the template's types, read with boto3.
fn resources(user: &User, server: &Server, account: &str) -> Account {
    let types: Vec<String> = declared().into_keys().filter(|name| !is_listed_within(name)).collect();
    let within = json!([
        [QUEUE_POLICY, "", "AWS::SQS::Queue"],
        ["AWS::ElasticLoadBalancingV2::Listener", "LoadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer"],
        ["AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn", "AWS::ElasticLoadBalancingV2::Listener"],
    ]);
    let all = user.boto3(server, account, &["dump", &json!(types).to_string(), &within.to_string()]);
    let is_own = |identifier: &str| {
        !identifier.starts_with("alias/aws/")
            && !identifier.starts_with("AWSServiceRole")
            && !identifier.starts_with("arn:aws:iam::aws:")
    };
    let of_type = |found: &Value| -> Vec<(String, Value)> {
        let found = found.as_object().unwrap().iter().filter(|(identifier, _)| is_own(identifier));
        let mut found: Vec<_> = found.map(|(identifier, live)| (identifier.clone(), live.clone())).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    };
    all.as_object().unwrap().iter().map(|(type_name, found)| (type_name.clone(), of_type(found))).collect()
}

fn is_listed_within(type_name: &str) -> bool {
    [QUEUE_POLICY, "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"]
        .contains(&type_name)
}

fn counts(all: &Account) -> BTreeMap<String, usize> {
    all.iter().map(|(type_name, found)| (type_name.clone(), found.len())).collect()
}

/// Every string of dev that identifies something there: the account, identifiers and their parts, ids, ARNs, hosts, and the
/// names with its token.
fn values_of(dev: &Account) -> BTreeSet<String> {
    fn add(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (name, child) in map {
                    let is_identifying = ["Id", "Arn", "Url", "URL", "DNSName", "Address", "Name"];
                    if let (Some(text), true) = (child.as_str(), is_identifying.iter().any(|end| name.ends_with(end))) {
                        found.insert(text.to_owned());
                    }
                    add(child, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| add(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::from([DEV.to_owned()]);
    for (identifier, live) in dev.values().flatten() {
        found.extend(identifier.split('|').map(str::to_owned));
        add(&bare(live), &mut found);
    }
    found
}

/// The properties without the tags, which name the resource of the other account.
fn bare(live: &Value) -> Value {
    let mut bare = live.clone();
    bare.as_object_mut().unwrap().shift_remove("Tags");
    bare
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, child)| {
            found.push(key.clone());
            strings(child, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::String(text) => found.push(text.clone()),
        other => found.push(other.to_string()),
    }
}

/// Asserts that nothing in prod is a value of dev, or has its token.
fn assert_nothing_of_dev(dev: &Account, prod: &Account) {
    let (own, mut shared) = (values_of(dev), values_of(prod));
    // Both are of AWS or the same by chance: the hosted zone of a region, defaults, a name without an environment.
    let is_shared =
        |text: &str| !text.contains(DEV) && !text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "dev");
    shared.retain(|text| is_shared(text));
    let values: Vec<&String> = own.difference(&shared).filter(|text| text.len() > 3).collect();
    assert!(values.len() > 60, "{values:?}");
    // The table's attribute is a name in the data.
    let is_data = |text: &str| text == "dev_id";
    for (type_name, identifier, live) in
        prod.iter().flat_map(|(name, found)| found.iter().map(move |(id, live)| (name, id, live)))
    {
        let mut texts = vec![identifier.clone()];
        strings(&bare(live), &mut texts);
        for text in texts.iter().filter(|text| !is_data(text)) {
            for value in &values {
                assert!(!text.contains(value.as_str()), "{type_name} {identifier} has {value} of dev: {text}");
            }
            let has_token = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "dev");
            assert!(!has_token, "{type_name} {identifier} has the token of dev: {text}");
        }
    }
}

/// The steps that change resources: operation and type, sorted.
fn steps(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| (step["operation"].as_str().unwrap(), step["type"].as_str().unwrap()));
    let mut changes: Vec<_> = steps.filter(|(operation, _)| *operation != "tag").collect();
    changes.sort();
    changes
}

#[test]
fn an_estate_of_37_resources_is_promoted_with_one_command_and_one_approval() {
    let user = with_estate();
    let server = user.serve();
    let dev = resources(&user, &server, DEV);
    assert_eq!(counts(&dev), declared());
    assert_eq!(dev.values().map(Vec::len).sum::<usize>(), 37);
    assert_eq!(
        user.json(&["create", "-f", &estate(), "--tag", "CostCenter=Engineering"], 0)["body"]["plan"]["steps"],
        json!([])
    );

    let asked = user.run(&PROMOTE.iter().copied().chain(["--json"]).collect::<Vec<_>>()).expect(3).document();
    assert_eq!(asked["body"]["plan"]["left_behind"], json!([]), "{}", messages(&asked));
    let done = user.paste(approving_command(&asked)).expect(0).document();
    assert_eq!(done["body"]["failed"], json!([]));
    let results = done["body"]["promotion"].as_array().unwrap();
    let untracked = results.iter().filter(|one| one["status"] != "synced").map(|one| one["type"].as_str().unwrap());
    let untracked: BTreeSet<&str> = untracked.collect();
    let children = [
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::KMS::Alias",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        QUEUE_POLICY,
    ];
    assert_eq!(untracked, BTreeSet::from(children));

    let prod = resources(&user, &server, PROD);
    assert_eq!(counts(&prod), counts(&dev));
    assert_nothing_of_dev(&dev, &prod);
    assert_rules_are_alike(&dev[GROUP], &prod[GROUP]);

    let again = user.json(&PROMOTE_AGAIN, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    let drift = user.json(&["drift"], 0);
    let states: BTreeSet<&str> =
        drift["body"]["resources"].as_array().unwrap().iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(states, BTreeSet::from(["synced"]), "{drift}");
    assert_eq!(drift["body"]["resources"].as_array().unwrap().len(), 32);
    let audit = user.json(&["tag-audit"], 0);
    assert_eq!(audit["body"]["resources"], json!([]), "{audit}");
}

/// The rules of the groups, with the number of a group within the account for its id.
fn assert_rules_are_alike(dev: &[(String, Value)], prod: &[(String, Value)]) {
    let rules = |groups: &[(String, Value)]| -> BTreeMap<String, Vec<String>> {
        let described = |id: &str| {
            let found = groups.iter().find(|(identifier, _)| identifier == id);
            found.map(|(_, live)| live["GroupDescription"].as_str().unwrap().to_owned())
        };
        let of = |live: &Value| {
            let both = ["SecurityGroupIngress", "SecurityGroupEgress"].into_iter();
            let all = both.flat_map(|key| live[key].as_array().into_iter().flatten());
            let mut texts: Vec<String> = all
                .map(|rule| {
                    let other = ["SourceSecurityGroupId", "DestinationSecurityGroupId"];
                    let other = other.into_iter().find_map(|key| rule[key].as_str()).map(|id| described(id).unwrap());
                    format!("{} {other:?} {}", rule["FromPort"], rule["Description"])
                })
                .collect();
            texts.sort();
            texts
        };
        groups.iter().map(|(_, live)| (live["GroupDescription"].as_str().unwrap().to_owned(), of(live))).collect()
    };
    assert_eq!(rules(dev), rules(prod));
    assert_eq!(rules(dev)["the tasks"].len(), 4);
}

#[test]
fn after_changes_in_dev_exactly_the_changed_resources_are_updated() {
    let user = with_estate();
    user.approve(&PROMOTE);
    let server = user.serve();
    let (dev, before) = (resources(&user, &server, DEV), resources(&user, &server, PROD));
    let edit = |type_name: &str, fits: &dyn Fn(&Value) -> bool, patch: Value| {
        let (identifier, _) = dev[type_name].iter().find(|(_, live)| fits(live)).unwrap();
        user.boto3(&server, DEV, &["update", type_name, identifier, &patch.to_string()]);
    };
    let replace = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    let policy = &dev[POLICY][0].1["PolicyDocument"];
    let mut statements = policy["Statement"].as_array().unwrap().clone();
    statements[0]["Action"].as_array_mut().unwrap().push(json!("dynamodb:Query"));
    edit(POLICY, &|_| true, replace("/PolicyDocument/Statement", json!(statements)));
    let is_tasks = |live: &Value| live["GroupDescription"] == "the tasks";
    let tasks = &dev[GROUP].iter().find(|(_, live)| is_tasks(live)).unwrap().1;
    let mut rules = tasks["SecurityGroupIngress"].as_array().unwrap().clone();
    for rule in &mut rules {
        if rule["FromPort"] == 7946 {
            rule["ToPort"] = json!(7947);
        }
    }
    edit(GROUP, &is_tasks, replace("/SecurityGroupIngress", json!(rules)));
    edit("AWS::SQS::Queue", &|live| live["QueueName"] == "shop-jobs-dev", replace("/VisibilityTimeout", json!(240)));
    edit("AWS::Logs::LogGroup", &|_| true, replace("/RetentionInDays", json!(90)));
    edit("AWS::SNS::Subscription", &|_| true, replace("/RawMessageDelivery", json!(false)));

    user.json(&["drift"], 2);
    let promoted = user.approve(&PROMOTE_AGAIN);
    let expected = [
        ("update", GROUP),
        ("update", POLICY),
        ("update", "AWS::Logs::LogGroup"),
        ("update", "AWS::SNS::Subscription"),
        ("update", "AWS::SQS::Queue"),
    ];
    assert_eq!(steps(&promoted), expected);
    let after = resources(&user, &server, PROD);
    assert_eq!(counts(&after), counts(&before));
    assert!(after[POLICY][0].1["PolicyDocument"].to_string().contains("dynamodb:Query"));
    let (own, rules) = after[GROUP].iter().find(|(_, live)| is_tasks(live)).unwrap();
    let between = rules["SecurityGroupIngress"].as_array().unwrap().iter().find(|rule| rule["FromPort"] == 7946);
    assert_eq!((&between.unwrap()["ToPort"], &between.unwrap()["SourceSecurityGroupId"]), (&json!(7947), &json!(own)));
    assert_nothing_of_dev(&resources(&user, &server, DEV), &after);
    user.json(&["drift"], 0);
    assert_eq!(user.json(&PROMOTE_AGAIN, 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn the_sandbox_serves_the_tags_of_policies_and_instance_profiles_like_iam() {
    let user = User::of_sandbox();
    user.python("iam_tags.py", &user.serve(), DEV, &["conformance"]).expect(0);
}

/// The tags that IAM returns for the policy and the instance profile of an account.
fn iam_tags(user: &User, server: &Server, account: &str, all: &Account) -> [BTreeMap<String, String>; 2] {
    [(POLICY, "policy"), (PROFILE, "instance-profile")].map(|(type_name, kind)| {
        let identifier = &all[type_name][0].0;
        let run = user.python("iam_tags.py", server, account, &["list", kind, identifier]).expect(0);
        serde_json::from_str(&run.stdout).unwrap()
    })
}

#[test]
fn policies_and_instance_profiles_are_tracked_by_tags_of_iam() {
    let user = with_estate();
    let server = user.serve();
    let dev = resources(&user, &server, DEV);
    for tags in iam_tags(&user, &server, DEV, &dev) {
        assert_eq!((tags["MANAGED_BY"].as_str(), tags["PromotionStatus"].as_str()), ("stagegate", "dev-only"));
        assert!(tags.contains_key("StackResource") && tags.contains_key("AppliedDigest"), "{tags:?}");
    }
    // Tags of others are promoted, and Cloud Control is not asked to write any.
    let policy = dev[POLICY][0].0.clone();
    user.python("iam_tags.py", &server, DEV, &["tag", "policy", &policy, "Team", "core"]).expect(0);
    let promoted = user.approve(&PROMOTE);
    let prod = resources(&user, &server, PROD);
    let [own, profile] = iam_tags(&user, &server, PROD, &prod);
    assert_eq!((own["PromotionStatus"].as_str(), own["Team"].as_str()), ("synced", "core"));
    assert_eq!((own["Environment"].as_str(), profile["PromotionStatus"].as_str()), ("production", "synced"));
    assert_eq!(own["DevCounterpart"], policy);
    let create = promoted["body"]["plan"]["steps"].as_array().unwrap();
    let create = create.iter().find(|step| step["operation"] == "create" && step["type"] == POLICY).unwrap();
    assert!(!create.to_string().contains("\"Tags\""), "{create}");
    assert!(promoted["api_calls"]["iam.TagPolicy"].as_u64() > Some(0), "{}", promoted["api_calls"]);

    // A changed tag is a change of the resource, and nothing else.
    user.python("iam_tags.py", &server, DEV, &["tag", "policy", &policy, "Team", "web"]).expect(0);
    assert_eq!(user.json(&["drift", POLICY], 2)["body"]["summary"]["drifted"], 1);
    assert_eq!(steps(&user.approve(&PROMOTE_AGAIN)), [] as [(&str, &str); 0]);
    assert_eq!(iam_tags(&user, &server, PROD, &prod)[0]["Team"], "web");
    user.json(&["drift"], 0);
    assert_eq!(user.json(&PROMOTE_AGAIN, 0)["body"]["plan"]["steps"], json!([]));

    // A lost tag is found, and a deletion marks the counterpart.
    user.python("iam_tags.py", &server, PROD, &["untag", "instance-profile", &prod[PROFILE][0].0, "CostCenter"])
        .expect(0);
    let audit = user.json(&["tag-audit"], 2);
    assert!(audit["body"]["resources"].to_string().contains("CostCenter"), "{}", audit["body"]["resources"]);
    user.approve(&["delete", PROFILE, "shop-task-dev", "--env", "dev"]);
    let drift = user.json(&["drift", PROFILE], 2);
    assert_eq!(drift["body"]["summary"]["prod_only"], 1, "{drift}");
}
