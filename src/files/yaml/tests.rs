use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn value(text: &str) -> Value {
    parse("t.yaml", text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")).to_value()
}

/// `code line:column` of each problem.
fn problems(text: &str) -> Vec<String> {
    let list = parse("t.yaml", text).expect_err("expected a problem");
    list.iter()
        .map(|problem| {
            let place = problem.location.as_ref().expect("every YAML problem has a place");
            assert!(problem.hint.is_some(), "{problem:?} has no hint");
            format!("{} {}:{}", problem.code.as_str(), place.line, place.column)
        })
        .collect()
}

#[test]
fn scalars_keep_what_was_written() {
    let document = value(
        "version: 2012-10-17\naccount: 012345678901\nflag: yes\nsize: 20\nquoted: '20'\nempty:\nbig: 123456789012345678901\n\
         version2: 13.10\nhuge: 18446744073709551615\n",
    );
    assert_eq!(
        document,
        json!({"version": "2012-10-17", "account": "012345678901", "flag": "yes", "size": 20, "quoted": "20",
               "empty": null, "big": "123456789012345678901", "version2": "13.10", "huge": 18446744073709551615u64})
    );
}

#[test]
fn a_carriage_return_alone_ends_a_line() {
    assert_eq!(problems("# a\r# b\rx: 1\ry: [\r"), ["yaml-syntax 4:4"]);
    let said = parse("t.yaml", "# a\rx: 'a' b\r\nc: 1\n").unwrap_err().remove(0);
    assert!(!said.message.contains("found"), "a text is not shown: {}", said.message);
}

#[test]
fn what_stands_for_no_character_is_said_in_words() {
    let said = |text: &str| {
        let problem = parse("t.yaml", text).unwrap_err().remove(0);
        format!("{} | {}", problem.message, problem.hint.unwrap_or_default())
    };
    for text in ["a: \"\\ud83d\"", "a: \"\\ude00\"", "a: \"\\ud83d\\u0041\""] {
        assert!(said(text).starts_with("an escape that is not a valid character"), "{}", said(text));
    }
    assert!(said("a: \"x\u{7f}\"").contains("the control character `\\u{7f}`"), "{}", said("a: \"x\u{7f}\""));
    assert!(said("a\nb: 1").contains("key"), "{}", said("a\nb: 1"));
    assert!(said("'a'\nb: 1\n").contains("text after"), "{}", said("'a'\nb: 1\n"));
}

#[test]
fn json_takes_the_same_road() {
    let text = "{\n\t\"a\":1,\n\t\"b\": [true, null, \"x\\/\\u00e9\\ud83d\\ude00\"],\n\t\"c\": {\"d\":\"e\"},\n\t\"e\": 1.5e3\n}\n";
    assert_eq!(value(text), json!({"a": 1, "b": [true, null, "x/é😀"], "c": {"d": "e"}, "e": 1500.0}));
    let long = "k".repeat(5000);
    assert_eq!(value(&format!("{{\"{long}\": 1}}")), json!({long: 1}));
}

#[test]
fn places_are_those_of_keys_and_items() {
    let root = parse("t.yaml", "Resources:\n  Bucket:\n    Tags:\n      - Key: a\n      - !Ref B\n").unwrap();
    let mut places = Vec::new();
    root.for_each_place("", &mut |pointer, place| places.push(format!("{pointer} {}:{}", place.line, place.column)));
    assert_eq!(
        places,
        [
            "/Resources 1:1",
            "/Resources/Bucket 2:3",
            "/Resources/Bucket/Tags 3:5",
            "/Resources/Bucket/Tags/0 4:9",
            "/Resources/Bucket/Tags/0/Key 4:9",
            "/Resources/Bucket/Tags/1 5:9",
        ]
    );
}

#[test]
fn custom_tags_are_kept_and_their_scalars_are_strings() {
    let root = parse("t.yaml", "a: !Ref 123\nb: !Sub [x, {y: 1}]\nc: !!str 5\nd: ! 7\n").unwrap();
    assert_eq!(root.get("a").unwrap().tag.as_deref(), Some("!Ref"));
    assert_eq!(root.get("b").unwrap().tag.as_deref(), Some("!Sub"));
    assert_eq!(root.get("c").unwrap().tag, None);
    assert_eq!(root.to_value(), json!({"a": "123", "b": ["x", {"y": 1}], "c": "5", "d": "7"}));
    assert_eq!(problems("a: !!int x\n"), ["yaml-tag-mismatch 1:4"]);
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let text = "base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 4}\none: {<<: *b, a: 9}\ntwo: {<<: [*b, *m]}\nthree: *b\n";
    let document = value(text);
    assert_eq!(document["one"], json!({"a": 9, "b": 2}));
    assert_eq!(document["two"], json!({"a": 1, "b": 2, "c": 4}));
    assert_eq!(document["three"], json!({"a": 1, "b": 2}));
    assert_eq!(problems("a:\n  <<: 5\n"), ["yaml-merge 2:7"]);
    assert_eq!(value("'<<': 5\n"), json!({"<<": 5}));
}

#[test]
fn bad_aliases_are_refused() {
    assert_eq!(problems("a: *nowhere\n"), ["yaml-syntax 1:4"]);
    assert_eq!(problems("a: &a [*a]\n"), ["recursive-alias 1:8"]);
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..9 {
        let previous = level - 1;
        let items = vec![format!("*a{previous}"); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(problems(&bomb)[0].split(' ').next(), Some("alias-expansion"));
}

#[test]
fn depth_is_limited_with_and_without_aliases() {
    assert!(parse("t", &format!("{}{}", "[".repeat(90), "]".repeat(90))).is_ok());
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(problems(&deep).len(), 1);
    let half = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let both = format!("a: &a {half}\nb: {}*a{}\n", "[".repeat(60), "]".repeat(60));
    assert_eq!(problems(&both).len(), 1);
}

#[test]
fn duplicate_keys_name_both_places_and_are_all_listed() {
    let list = parse("t.yaml", "a: 1\nb:\n  c: 1\n  c: 2\na: 2\n").unwrap_err();
    assert_eq!(list.len(), 2);
    assert!(list[0].message.contains("`c`") && list[0].message.contains("t.yaml:3:3"), "{}", list[0].message);
    assert_eq!(list[0].location.as_ref().map(|place| place.line), Some(4));
    assert!(list[1].message.contains("t.yaml:1:1"));
    assert!(parse("t.yaml", "{\"a\": {\"x\": 1}, \"b\": {\"x\": 1}}").is_ok());
}

#[test]
fn one_file_holds_one_document() {
    assert_eq!(value("---\na: 1\n"), json!({"a": 1}));
    assert_eq!(value("---\na: 1\n...\n"), json!({"a": 1}));
    assert_eq!(problems("a: 1\n---\nb: 2\n"), ["several-documents 2:1"]);
    assert_eq!(value(""), Value::Null);
    assert_eq!(value("# only a comment\n"), Value::Null);
}

#[test]
fn keys_must_be_strings() {
    assert_eq!(value("111111111111: a\n007: b\n1.10: c\n"), json!({"111111111111": "a", "007": "b", "1.10": "c"}));
    assert_eq!(problems("? [a, b]\n: c\n"), ["unusable-key 1:3"]);
    assert_eq!(problems("!Ref a: c\n"), ["unusable-key 1:1"]);
}

#[test]
fn syntax_errors_say_what_was_found_and_where() {
    let mut wrong = Vec::new();
    for (text, place, words) in [
        ("a: b: c\n", (1, 5), "found `:`"),
        ("a:\n\tb: c\n", (2, 2), "tab"),
        ("a: [1, 2\n", (1, 4), "never closed"),
        ("a: 'x\nb: y\n", (2, 1), "quote"),
        ("a: 'x", (1, 4), "never closed"),
        ("a: @x\n", (1, 4), "`@`"),
        ("a: {b: 1]\n", (1, 4), "closed by"),
        ("{\"a\": 1 \"b\": 2}\n", (1, 12), "comma"),
        ("a: \"\\d\"\n", (1, 4), "escape"),
        ("a: 1\n b: 2\n", (2, 3), "key"),
    ] {
        let list = parse("t.yaml", text).expect_err(text);
        assert_eq!(list.len(), 1, "{text}");
        let at = list[0].location.clone().unwrap();

        if (at.line, at.column) != place || !list[0].message.contains(words) {
            wrong.push(format!("{text:?}: {at} {}", list[0].message));
        }
        assert!(list[0].hint.is_some());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_harmless() {
    assert_eq!(value("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n"), json!({"a": 1, "b": "x\ny\n"}));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = parse("t", &text);
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@` \\t\\nab0<.~\\\\\u{feff}é]{0,60}") {
        let _ = parse("t", &text);
    }

    #[test]
    fn every_json_document_reads_back(document in json_document()) {
        let compact = document.to_string();
        let pretty = serde_json::to_string_pretty(&document).unwrap();
        prop_assert_eq!(parse("t", &compact).unwrap().to_value(), document.clone());
        prop_assert_eq!(parse("t", &pretty).unwrap().to_value(), document);
    }
}

fn json_document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é\n\t]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z:#<&é]{1,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
