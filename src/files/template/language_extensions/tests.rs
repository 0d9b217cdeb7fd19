use serde_json::{Value, json};

use crate::domain::diagnostic::Level;
use crate::files::template::{LoadedTemplate, TemplateContext, TemplateInput, load};

fn context(parameters: &[(&str, &str)], for_reading: bool) -> TemplateContext {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TemplateContext { parameters, for_reading, ..TemplateContext::default() }
}

fn input(text: &str) -> [TemplateInput; 1] {
    [TemplateInput { file: "t.yaml".into(), text: format!("Transform: AWS::LanguageExtensions\n{text}") }]
}

fn loaded(text: &str) -> LoadedTemplate {
    load(&input(text), &context(&[], false)).unwrap()
}

fn made(loaded: &LoadedTemplate) -> Vec<(&str, &Value)> {
    loaded.resources.iter().map(|one| (one.logical_id.as_str(), &one.properties)).collect()
}

/// `code line:column message` of each error.
fn errors(text: &str) -> Vec<String> {
    let found = load(&input(text), &context(&[], false)).unwrap_err();
    let shown = |one: &crate::domain::diagnostic::Diagnostic| {
        let at = one.location.as_ref().map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
        format!("{} {at} {}", one.code.as_str(), one.message)
    };
    found.iter().filter(|one| one.level == Level::Error).map(shown).collect()
}

#[test]
fn a_loop_makes_a_resource_for_each_value() {
    let loaded = loaded(
        "\
Parameters:
  Names: { Type: CommaDelimitedList, Default: 'orders, audit.v2' }
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue&{Name}:
        Type: T::T::T
        DependsOn: Base
        Properties:
          QueueName: !Sub '${Name}-${AWS::Region}'
          Tags: [{ Key: !Ref Name, Value: 'is-${Name}' }]
  Base: { Type: T::T::T }
  Reader:
    Type: T::T::T
    Properties: { Queue: !Ref Queueorders, Arn: !GetAtt [!Sub 'Queueauditv2', Arn] }
",
    );
    let names: Vec<&str> = loaded.resources.iter().map(|one| one.logical_id.as_str()).collect();
    assert_eq!(names, ["Queueorders", "Queueauditv2", "Base", "Reader"]);
    let second = &loaded.resources[1];
    assert_eq!(second.properties["QueueName"], json!({"Fn::Sub": "audit.v2-${AWS::Region}"}));
    assert_eq!(second.properties["Tags"], json!([{"Key": "audit.v2", "Value": "is-audit.v2"}]));
    assert_eq!(second.depends_on, ["Base"]);
    // What is said of one is said of the body of the loop.
    let place = second.source.locate("/QueueName").unwrap();
    assert_eq!((place.line, place.column), (12, 11));
    assert_eq!(second.source.resource.as_ref().unwrap().line, 8);
    assert_eq!(loaded.resources[3].properties["Arn"], json!({"Fn::GetAtt": ["Queueauditv2", "Arn"]}));
}

#[test]
fn loops_nest_and_stand_in_conditions_and_properties() {
    let loaded = loaded(
        "\
Mappings: { Sizes: { dev: { All: [s, m] } } }
Conditions:
  Fn::ForEach::Flags: [Flag, [yes, no], { 'Is${Flag}': !Equals [!Ref Flag, 'yes'] }]
Resources:
  Fn::ForEach::Outer:
    - Size
    - !FindInMap [Sizes, dev, All]
    - Fn::ForEach::Inner:
        - Kind
        - [a, b]
        - Thing${Size}${Kind}:
            Type: T::T::T
            Condition: Isyes
            Properties:
              Fixed: 1
              Fn::ForEach::Values: [Key, [X, Y], { 'Key${Key}': '${Size}-${Kind}-${Key}' }]
  Never: { Type: T::T::T, Condition: Isno }
Outputs:
  Fn::ForEach::Out: [Size, [s], { 'Out${Size}': { Value: !Ref 'Things${Size}a' } }]
",
    );
    let of = |size: &str, kind: &str| json!({"Fixed": 1, "KeyX": format!("{size}-{kind}-X"), "KeyY": format!("{size}-{kind}-Y")});
    let expected = [("s", "a"), ("s", "b"), ("m", "a"), ("m", "b")];
    let expected: Vec<(String, Value)> =
        expected.iter().map(|(size, kind)| (format!("Thing{size}{kind}"), of(size, kind))).collect();
    let made: Vec<(String, Value)> =
        made(&loaded).into_iter().map(|(id, value)| (id.to_owned(), value.clone())).collect();
    assert_eq!(made, expected);
    assert_eq!(loaded.left_out, ["Never"]);
}

#[test]
fn lengths_and_texts_of_values_are_evaluated() {
    let loaded = loaded(
        "\
Parameters:
  Names: { Type: CommaDelimitedList, Default: 'a,b,c' }
Mappings: { M: { x: { y: 1 } } }
Resources:
  Queue: { Type: T::T::T }
  A:
    Type: T::T::T
    Properties:
      Count: !Length [Ref: Names, b]
      All: !Length { Ref: Names }
      Text: !ToJsonString { a: [1, true, !Ref Names], b: !FindInMap [M, x, no, DefaultValue: none] }
      Later: !ToJsonString { a: !GetAtt Queue.Arn }
      Unknown: !Length { 'Fn::Split': [',', !Ref Queue] }
",
    );
    let (_, properties) = made(&loaded)[1];
    assert_eq!(properties["Count"], 2);
    assert_eq!(properties["All"], 3);
    assert_eq!(properties["Text"], r#"{"a":[1,true,["a","b","c"]],"b":"none"}"#);
    assert_eq!(properties["Later"], json!({"Fn::ToJsonString": {"a": {"Fn::GetAtt": ["Queue", "Arn"]}}}));
    assert_eq!(properties["Unknown"], json!({"Fn::Length": {"Fn::Split": [",", {"Ref": "Queue"}]}}));
    let wrong = "Resources:\n  A: { Type: T::T::T, Properties: { X: !Length abc, Y: !ToJsonString abc } }\n";
    let found = errors(wrong);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one.starts_with("invalid-function 3:")), "{found:?}");
}

#[test]
fn malformed_loops_are_errors_with_their_places() {
    let of = |arguments: &str| {
        let text = format!(
            "Resources:\n  Fn::ForEach::L: {arguments}\n  Z: {{ Type: T::T::T, Properties: {{ A: !Ref La }} }}\n"
        );
        errors(&text)
    };
    for (arguments, expected) in [
        ("x", "invalid-loop 3:3 `Fn::ForEach::L` takes"),
        ("[A, [a]]", "invalid-loop 3:3 `Fn::ForEach::L` takes"),
        ("[[A], [a], {}]", "invalid-loop 3:20 the variable"),
        ("[A, a, {}]", "invalid-loop 3:23 the collection of `Fn::ForEach::L` must be a list, not a string"),
        ("[A, [a], b]", "invalid-loop 3:28 the body"),
        ("[A, [[a]], { 'L${A}': { Type: T::T::T } }]", "unknown-loop 3:23"),
        ("[A, [a, b], { L: { Type: T::T::T } }]", "invalid-loop 3:33 `Fn::ForEach::L` makes `L` more than once"),
        ("[A, !FindInMap [M, a, b], {}]", "unknown-loop 3:23"),
        ("[A, !Ref Nowhere, {}]", "unknown-loop 3:23"),
    ] {
        let found = of(arguments);
        assert!(found[0].starts_with(expected), "{arguments}: {found:?}");
    }
}

/// Nested loops multiply.
#[test]
fn what_loops_make_is_bounded() {
    let values: Vec<String> = (0..100).map(|number| format!("v{number}")).collect();
    let values = values.join(", ");
    let mut body = "{ Type: T::T::T }".to_owned();
    let mut name = "R".to_owned();
    for depth in 0..5 {
        name = format!("{name}${{V{depth}}}");
    }
    body = format!("{{ '{name}': {body} }}");
    for depth in (0..5).rev() {
        body = format!("{{ 'Fn::ForEach::L{depth}': [V{depth}, [{values}], {body}] }}");
    }
    let found = errors(&format!("Resources: {body}\n"));
    assert!(found[0].starts_with("invalid-loop") && found[0].contains("more than 100000 values"), "{found:?}");
    let long = "x".repeat(100_000);
    let found = errors(&format!(
        "Resources:\n  Fn::ForEach::L: [V, [{values}], {{ 'R${{V}}': {{ Type: T::T::T, Properties: {{ A: {long} }} }} }}]\n"
    ));
    assert!(found[0].contains("more than 4 MiB of text"), "{found:?}");
}

#[test]
fn a_loop_that_is_not_known_hides_nothing_else() {
    let text = "\
Parameters:
  Names: { Type: CommaDelimitedList }
  Secret: { Type: CommaDelimitedList, NoEcho: true, Default: 'hunter2' }
Resources:
  Fn::ForEach::L: [V, !Ref Names, { 'R${V}': { Type: T::T::T } }]
  Fn::ForEach::S: [V, !Ref Secret, { 'S${V}': { Type: T::T::T } }]
  A: { Type: T::T::T, Properties: { X: !Ref Ra, Y: { Z: 1, 'Fn::ForEach::P': [V, !Ref Names, { 'K${V}': 1 }] } } }
";
    let loaded = load(&input(text), &context(&[], true)).unwrap();
    assert_eq!(loaded.faults, []);
    let codes: Vec<&str> = loaded.diagnostics.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["missing-parameter", "no-echo-default", "unknown-loop", "unknown-loop", "unknown-loop"]);
    let [(name, properties)] = made(&loaded)[..] else { panic!("{:?}", loaded.resources) };
    assert_eq!(name, "A");
    assert_eq!(crate::domain::symbol::fault_of(&properties["Y"]), Some("unknown-loop"));
    let known = load(&input(text), &context(&[("Names", "a")], true)).unwrap();
    assert_eq!(known.resources.len(), 2);
    assert!(!format!("{:?}", known.diagnostics).contains("hunter2"));
}

#[test]
fn the_transform_must_be_declared() {
    let text = "\
Resources:
  Fn::ForEach::L: [V, [a], { 'R${V}': { Type: T::T::T } }]
  A: { Type: T::T::T, Properties: { X: !Length [a], Y: !ToJsonString {}, Z: { 'Fn::ForEach::P': [V, [a], { 'K${V}': 1 }] } } }
";
    let plain = TemplateInput { file: "t.yaml".into(), text: text.to_owned() };
    let found = load(&[plain], &context(&[], false)).unwrap_err();
    let codes: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["missing-transform"; 4], "{found:?}");
    assert!(load(&input(text), &context(&[], false)).is_ok());
}
