use proptest::prelude::*;
use serde_json::json;

use super::*;

fn scope() -> Scope {
    Scope {
        parameters: BTreeMap::from([
            ("Env".to_owned(), json!("dev")),
            ("Size".to_owned(), json!(20)),
            ("Zones".to_owned(), json!(["a", "b", "c"])),
            ("Odd".to_owned(), json!("x${y}")),
        ]),
        pseudo: Pseudo {
            account: Some("111111111111".into()),
            region: Some("eu-west-1".into()),
            partition: None,
            stack_name: None,
        },
        mappings: json!({"Images": {"eu-west-1": {"id": "ami-1"}}}),
        conditions: BTreeMap::from([("Yes".into(), Some(true)), ("No".into(), Some(false)), ("Maybe".into(), None)]),
        imports: BTreeMap::from([("net-vpc".to_owned(), "vpc-1".to_owned())]),
    }
}

fn resolved(value: Value) -> Value {
    let (resolved, problems) = resolve(&value, &scope());
    assert_eq!(problems, [], "{value}");
    resolved
}

fn problem(value: Value) -> Problem {
    let (_, mut problems) = resolve(&value, &scope());
    assert_eq!(problems.len(), 1, "{value}: {problems:?}");
    problems.remove(0)
}

#[test]
fn references_to_what_is_known_become_values() {
    assert_eq!(
        resolved(
            json!({"A": {"Ref": "Env"}, "B": {"Ref": "Size"}, "C": [{"Ref": "AWS::Region"}], "D": {"Ref": "Zones"}})
        ),
        json!({"A": "dev", "B": 20, "C": ["eu-west-1"], "D": ["a", "b", "c"]})
    );
    assert_eq!(resolved(json!({"Ref": "AWS::Partition"})), json!("aws"));
    assert_eq!(resolved(json!({"Ref": "AWS::URLSuffix"})), json!("amazonaws.com"));
}

#[test]
fn references_to_resources_stay_in_one_form() {
    for unknown in [json!({"Ref": "Bucket"}), json!({"Fn::GetAtt": ["Role", "Arn"]}), json!({"Ref": "AWS::StackName"})]
    {
        assert_eq!(resolved(unknown.clone()), unknown);
    }
    assert_eq!(resolved(json!({"Fn::GetAtt": "Stack.Outputs.Id"})), json!({"Fn::GetAtt": ["Stack", "Outputs.Id"]}));
    assert_eq!(resolved(json!({"Fn::GetAtt": ["R", {"Ref": "Env"}]})), json!({"Fn::GetAtt": ["R", "dev"]}));
    assert!(problem(json!({"X": {"Fn::GetAtt": "Role"}})).message.contains("Role.Arn"));
    assert!(problem(json!({"Ref": ["x"]})).message.contains("`Ref`"));
}

#[test]
fn an_unknown_account_leaves_its_pseudo_parameter() {
    let (value, _) =
        resolve(&json!({"Fn::Sub": "${AWS::AccountId}-${Env}"}), &Scope { pseudo: Pseudo::default(), ..scope() });
    assert_eq!(value, json!({"Fn::Sub": "${AWS::AccountId}-dev"}));
}

#[test]
fn partitions_follow_the_region() {
    let partition = |region: &str| Pseudo { region: Some(region.into()), ..Pseudo::default() }.get("AWS::Partition");
    assert_eq!(partition("cn-north-1"), Some(json!("aws-cn")));
    assert_eq!(partition("us-gov-west-1"), Some(json!("aws-us-gov")));
    assert_eq!(partition("us-iso-east-1"), None);
    let stated = Pseudo { partition: Some("aws-iso".into()), ..Pseudo::default() };
    assert_eq!(stated.get("AWS::Partition"), Some(json!("aws-iso")));
}

#[test]
fn sub_fills_in_what_it_knows_and_keeps_the_rest() {
    assert_eq!(resolved(json!({"Fn::Sub": "app-${Env}-${Size}"})), json!("app-dev-20"));
    assert_eq!(resolved(json!({"Fn::Sub": "${!Env}-${ Env }"})), json!("${Env}-dev"));
    assert_eq!(
        resolved(json!({"Fn::Sub": "${Env}/${!Keep}/${Role.Arn}/${Env}"})),
        json!({"Fn::Sub": "dev/${!Keep}/${Role.Arn}/dev"})
    );
    assert_eq!(resolved(json!({"Fn::Sub": ["${x}-${y}", {"x": {"Ref": "Env"}, "y": 1}]})), json!("dev-1"));
    assert_eq!(
        resolved(json!({"Fn::Sub": ["${x}-${y}", {"x": {"Ref": "Env"}, "y": {"Ref": "Bucket"}}]})),
        json!({"Fn::Sub": ["dev-${y}", {"y": {"Ref": "Bucket"}}]})
    );
    assert!(problem(json!({"Fn::Sub": "a${b"})).message.contains("unclosed"));
    assert!(problem(json!({"Fn::Sub": "${Zones}"})).message.contains("list"));
    assert!(problem(json!({"Fn::Sub": {"a": 1}})).message.contains("takes a string"));
}

#[test]
fn a_value_that_looks_like_a_variable_is_not_substituted() {
    assert_eq!(resolved(json!({"Fn::Sub": "${Odd}!"})), json!("x${y}!"));
    let half = resolved(json!({"Fn::Sub": "${Odd}-${Bucket}"}));
    assert_eq!(half, json!({"Fn::Sub": ["${Odd}-${Bucket}", {"Odd": "x${y}"}]}));
    let whole = resolve_symbols(&half, &|symbol| (*symbol == Symbol::Ref("Bucket".into())).then(|| json!("b")));
    assert_eq!(whole, json!("x${y}-b"));
}

#[test]
fn join_select_and_split() {
    assert_eq!(resolved(json!({"Fn::Join": ["-", ["a", {"Ref": "Env"}, 3]]})), json!("a-dev-3"));
    assert_eq!(resolved(json!({"Fn::Join": [",", {"Ref": "Zones"}]})), json!("a,b,c"));
    assert_eq!(
        resolved(json!({"Fn::Join": ["-", [{"Ref": "Env"}, {"Ref": "Bucket"}]]})),
        json!({"Fn::Join": ["-", ["dev", {"Ref": "Bucket"}]]})
    );
    assert_eq!(resolved(json!({"Fn::Select": ["1", {"Ref": "Zones"}]})), json!("b"));
    assert_eq!(resolved(json!({"Fn::Select": [1, ["a", {"Ref": "Bucket"}]]})), json!({"Ref": "Bucket"}));
    assert_eq!(resolved(json!({"Fn::Split": ["/", "a/b"]})), json!(["a", "b"]));
    assert_eq!(resolved(json!({"Fn::Select": [1, {"Fn::Split": [":", "a:b"]}]})), json!("b"));
    assert_eq!(resolved(json!({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]})), json!("eu-west-1a"));
    let undecided = json!({"Fn::Select": [1, [{"Fn::If": ["Maybe", "x", {"Ref": "AWS::NoValue"}]}, "y", "z"]]});
    assert_eq!(resolved(undecided.clone()), undecided);
    assert!(
        problem(json!({"Fn::Select": [3, {"Ref": "Zones"}]}))
            .message
            .contains("the index of `Fn::Select` is out of range for a list of 3")
    );
    assert!(problem(json!({"Fn::Select": ["-1", ["a"]]})).message.contains("non-negative integer"));
    assert!(problem(json!({"Fn::Join": ["-", "text"]})).message.contains("a list"));
    assert!(problem(json!({"Fn::Join": ["-", [["nested"]]]})).message.contains("only join strings"));
    assert!(problem(json!({"Fn::Split": ["", "a"]})).message.contains("not be empty"));
}

#[test]
fn if_takes_a_branch_or_keeps_both() {
    assert_eq!(resolved(json!({"Fn::If": ["Yes", {"Ref": "Env"}, "b"]})), json!("dev"));
    assert_eq!(resolved(json!({"Fn::If": ["No", "a", "b"]})), json!("b"));
    assert_eq!(
        resolved(json!({"Fn::If": ["Maybe", {"Ref": "Env"}, {"Ref": "AWS::NoValue"}]})),
        json!({"Fn::If": ["Maybe", "dev", {"Ref": "AWS::NoValue"}]})
    );
    assert!(problem(json!({"Fn::If": ["Yes", "a"]})).message.contains("two values"));
}

#[test]
fn no_value_removes_properties_and_items() {
    let none = json!({"Ref": "AWS::NoValue"});
    assert_eq!(
        resolved(json!({"A": none, "B": [1, none, {"Fn::If": ["No", 1, none]}], "C": {"D": none}})),
        json!({"B": [1], "C": {}})
    );
    assert_eq!(resolved(none), Value::Null);
}

#[test]
fn mappings_are_looked_up_with_a_default() {
    assert_eq!(resolved(json!({"Fn::FindInMap": ["Images", {"Ref": "AWS::Region"}, "id"]})), json!("ami-1"));
    assert_eq!(resolved(json!({"Fn::FindInMap": ["Images", "x", "id", {"DefaultValue": "ami-0"}]})), json!("ami-0"));
    let unknown = json!({"Fn::FindInMap": ["Images", {"Ref": "Bucket"}, "id"]});
    assert_eq!(resolved(unknown.clone()), unknown);
    let missing = problem(json!({"P": {"Fn::FindInMap": ["Images", "us-east-1", "id"]}}));
    assert_eq!(missing.pointer, "/P");
    assert!(missing.message.contains("Images → us-east-1 → id"));
}

#[test]
fn base64_encodes_what_is_known() {
    assert_eq!(resolved(json!({"Fn::Base64": {"Fn::Sub": "hello ${Env}"}})), json!("aGVsbG8gZGV2"));
    assert_eq!(resolved(json!({"Fn::Base64": {"Ref": "Bucket"}})), json!({"Fn::Base64": {"Ref": "Bucket"}}));
}

#[test]
fn functions_that_need_aws_stay_with_resolved_arguments() {
    assert_eq!(resolved(json!({"Fn::ImportValue": {"Fn::Sub": "${Env}-vpc"}})), json!({"Fn::ImportValue": "dev-vpc"}));
}

#[test]
fn symbols_finish_what_was_left() {
    let lookup = |symbol: &Symbol| match symbol {
        Symbol::Ref(name) if name == "Bucket" => Some(json!("my-bucket")),
        Symbol::GetAtt(name, attribute) if name == "Role" && attribute == "Arn" => Some(json!("arn:aws:iam::1:role/r")),
        _ => None,
    };
    let value = json!({
        "A": {"Fn::Sub": "${Bucket}/*"},
        "B": {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Role", "Arn"]}]}]},
        "C": {"Fn::Join": ["-", ["x", {"Ref": "Bucket"}]]},
        "D": {"Ref": "Other"},
        "E": {"Fn::FindInMap": ["M", "a", "b"]},
    });
    assert_eq!(
        resolve_symbols(&value, &lookup),
        json!({"A": "my-bucket/*", "B": "role/r", "C": "x-my-bucket", "D": {"Ref": "Other"},
               "E": {"Fn::FindInMap": ["M", "a", "b"]}})
    );
}

#[test]
fn conditions_are_three_valued() {
    let section = json!({
        "IsDev": {"Fn::Equals": [{"Ref": "Env"}, "dev"]},
        "Big": {"Fn::Equals": [{"Ref": "Size"}, "20"]},
        "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "Big"}]},
        "Not": {"Fn::Not": [{"Condition": "Both"}]},
        "Open": {"Fn::Equals": [{"Ref": "Secret"}, "x"]},
        "Settled": {"Fn::Or": [{"Condition": "Open"}, {"Condition": "IsDev"}]},
        "Unsettled": {"Fn::And": [{"Condition": "Open"}, {"Condition": "IsDev"}]},
    });
    let (values, problems) = evaluate_conditions(section.as_object().unwrap(), &scope());
    assert_eq!(problems, []);
    let expected = [
        ("Big", Some(true)),
        ("Both", Some(true)),
        ("IsDev", Some(true)),
        ("Not", Some(false)),
        ("Open", None),
        ("Settled", Some(true)),
        ("Unsettled", None),
    ];
    assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)).into());
}

#[test]
fn zones_blocks_and_imports_are_values() {
    let zones = json!(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    for (value, expected) in [
        (json!({"Fn::GetAZs": ""}), zones.clone()),
        (json!({"Fn::GetAZs": {"Ref": "AWS::Region"}}), zones),
        (json!({"Fn::Select": [1, {"Fn::GetAZs": "us-west-2"}]}), json!("us-west-2b")),
        (json!({"Fn::GetAZs": "nowhere-1"}), json!({"Fn::GetAZs": "nowhere-1"})),
        (json!({"Fn::GetAZs": {"Ref": "Unknown"}}), json!({"Fn::GetAZs": {"Ref": "Unknown"}})),
        (json!({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}]}), json!("10.0.1.0/24")),
        (json!({"Fn::Cidr": [{"Ref": "Vpc"}, 2, 8]}), json!({"Fn::Cidr": [{"Ref": "Vpc"}, 2, 8]})),
        (
            json!({"Fn::ImportValue": {"Fn::Sub": "net-${Name}"}}),
            json!({"Fn::ImportValue": {"Fn::Sub": "net-${Name}"}}),
        ),
        (json!({"Fn::ImportValue": "net-vpc"}), json!("vpc-1")),
        (json!({"Fn::ImportValue": "net-subnet"}), json!({"Fn::ImportValue": "net-subnet"})),
        (json!({"Ref": "AWS::NotificationARNs"}), json!([])),
    ] {
        assert_eq!(resolved(value), expected);
    }
    assert!(problem(json!({"Fn::Cidr": ["10.0.0.0/24", 9, 6]})).message.contains("room for 4"));
    assert!(problem(json!({"Fn::Cidr": "10.0.0.0/24"})).message.contains("takes an IP block"));
    assert!(problem(json!({"Fn::GetAZs": ["a"]})).message.contains("name of a region"));
}

#[test]
fn a_mapping_that_lacks_a_value_has_a_default() {
    let find = |name: &str, key: &str| json!({"Fn::FindInMap": [name, key, "id", {"DefaultValue": {"Ref": "Env"}}]});
    assert_eq!(resolved(find("Images", "eu-west-1")), json!("ami-1"));
    assert_eq!(resolved(find("Images", "us-east-1")), json!("dev"));
    assert_eq!(resolved(find("None", "us-east-1")), json!("dev"));
}

#[test]
fn a_stack_id_depends_on_the_account_the_region_and_the_name() {
    let id = |account: Option<&str>, name: Option<&str>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let pseudo = Pseudo { account: text(account), stack_name: text(name), ..scope().pseudo };
        pseudo.get("AWS::StackId").and_then(|value| value.as_str().map(str::to_owned))
    };
    let one = id(Some("111111111111"), Some("orders")).unwrap();
    let unique = one.strip_prefix("arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/").unwrap();
    assert_eq!(unique.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(id(Some("111111111111"), Some("orders")), Some(one.clone()));
    assert_ne!(id(Some("222222222222"), Some("orders")), Some(one.clone()));
    assert_ne!(id(Some("111111111111"), Some("stock")), Some(one));
    assert_eq!((id(None, Some("orders")), id(Some("111111111111"), None)), (None, None));
}

#[test]
fn broken_conditions_are_problems() {
    for (section, words) in [
        (json!({"A": {"Condition": "B"}}), "unknown condition `B`"),
        (
            json!({"A": {"Condition": "B"}, "B": {"Condition": "A"}}),
            "circular dependency between conditions: A → B → A",
        ),
        (json!({"A": {"Fn::Equals": ["x"]}}), "two values"),
        (json!({"A": {"Fn::Not": {"Condition": "A"}}}), "list of one"),
        (json!({"A": {"Fn::Sub": "x"}}), "not a condition function"),
        (json!({"A": "true"}), "must be `Fn::Equals`"),
    ] {
        let (_, problems) = evaluate_conditions(section.as_object().unwrap(), &scope());
        assert_eq!(problems.len(), 1, "{section}: {problems:?}");
        assert!(problems[0].message.contains(words), "{}", problems[0].message);
    }
}

proptest! {
    #[test]
    fn resolving_twice_changes_nothing_and_never_panics(value in call_tree()) {
        let (once, _) = resolve(&value, &scope());
        let (twice, _) = resolve(&once, &scope());
        prop_assert_eq!(once, twice);
    }
}

fn call_tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-z${}!.|]{0,8}".prop_map(Value::from),
        (0..5i64).prop_map(Value::from),
        prop::sample::select(vec!["Env", "Zones", "Odd", "Bucket", "Yes", "Maybe", "AWS::Region"])
            .prop_map(|name| json!({"Ref": name})),
        prop::sample::select(vec!["Yes", "No", "Maybe", "Images"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        let names = vec![
            "Fn::Sub",
            "Fn::Join",
            "Fn::Select",
            "Fn::Split",
            "Fn::If",
            "Fn::FindInMap",
            "Fn::Base64",
            "Fn::GetAtt",
            "Fn::GetAZs",
            "Fn::Cidr",
            "Fn::ImportValue",
            "Key",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            (prop::sample::select(names), prop::collection::vec(inner, 0..4))
                .prop_map(|(name, items)| json!({name: items})),
        ]
    })
}
