use super::*;

/// A template with one resource and these properties.
fn with_properties(properties: &str) -> String {
    format!("Resources:\n  A:\n    Type: T::T::T\n    Properties: {properties}\n  Role: {{ Type: T::T::T }}\n")
}

#[test]
fn a_file_that_is_not_a_template_is_rejected() {
    assert!(error("").starts_with("empty-template 1:1 the file is empty"));
    assert!(error("- a\n").starts_with("not-a-template 1:1 the file contains a list"));
    assert!(error("text\n").starts_with("not-a-template 1:1 the file contains a string"));
    assert!(error("Description: x\n").starts_with("no-resources 1:1"));
    assert!(error("Resources: {}\n").starts_with("no-resources 1:1"));
    assert!(error("Resources: [a]\n").starts_with("not-a-mapping 1:1 `Resources` must be a mapping, not a list"));
    assert!(error("a: b: c\n").starts_with("yaml-syntax 1:5"));
}

#[test]
fn sections_are_known_or_errors() {
    assert_eq!(
        error("Resource:\n  A: { Type: T::T::T }\n"),
        "unknown-section 1:1 unknown template section `Resource` | did you mean `Resources`?"
    );
    let transform = error("Transform: TeamMacro\nResources: { A: { Type: T::T::T } }\n");
    assert!(transform.starts_with("unsupported-section 1:1") && transform.contains("get-template"), "{transform}");
}

#[test]
fn a_resource_has_a_type_and_known_keys() {
    let resource = |text: &str| error(&format!("Resources:\n  A: {text}\n"));
    assert!(resource("{ Properties: {} }").starts_with("missing-type 2:3"));
    assert!(resource("{ Type: [] }").starts_with("missing-type 2:8"));
    assert_eq!(
        resource("{ Type: T::T::T, Propertes: {} }"),
        "unknown-resource-key 2:23 unknown resource key `Propertes` | did you mean `Properties`?"
    );
    assert!(resource("{ Type: T::T::T, BucketName: x }").ends_with("if it is a property, move it below `Properties`"));
    assert!(resource("{ Tpye: T::T::T }").ends_with("did you mean `Type`?"));
    assert!(
        resource("{ Type: T::T::T, Properties: [a] }").starts_with("not-a-mapping 2:23 `Properties` must be a mapping")
    );
    assert!(resource("text").starts_with("not-a-mapping 2:3 a resource must be a mapping"));
    assert!(resource("{ Type: T::T::T, DependsOn: {a: b} }").starts_with("wrong-type 2:23"));
    assert!(resource("{ Type: T::T::T, Condition: [a] }").starts_with("wrong-type 2:23"));
    assert!(error("Resources:\n  my-bucket: { Type: T::T::T }\n").starts_with("invalid-logical-id 2:3"));
}

#[test]
fn loops_and_macros_are_unsupported() {
    assert!(
        error("Resources:\n  Fn::ForEach::X: [a, [b], {}]\n  A: { Type: T::T::T }\n")
            .starts_with("missing-transform 2:3")
    );
    assert!(error(&with_properties("{ X: { Fn::Transform: { Name: y } } }")).starts_with("unsupported-function 4:19"));
    assert!(error(&with_properties("{ X: !Transform { Name: y } }")).starts_with("unsupported-function"));
}

#[test]
fn names_must_be_unique_across_files() {
    let text = "Resources: { A: { Type: T::T::T } }";
    let list = load(&[input("a.yaml", text), input("b.yaml", text)], &context()).unwrap_err();
    assert_eq!(list.len(), 1);
    assert!(list[0].message.contains("a.yaml:1:14"), "{}", list[0].message);
    assert_eq!(list[0].location.as_ref().map(|place| place.file.as_str()), Some("b.yaml"));
}

#[test]
fn references_must_exist() {
    assert_eq!(
        error(&with_properties("{ X: !Ref Rloe }")),
        "unknown-reference 4:19 unknown parameter or resource `Rloe` | did you mean `Role`?"
    );
    assert!(error(&with_properties("{ X: !GetAtt Rol.Arn }")).ends_with("did you mean `Role`?"));
    assert!(error(&with_properties("{ X: !GetAtt [Rol, Arn] }")).ends_with("did you mean `Role`?"));
    assert!(error(&with_properties("{ X: !Sub '${Rol.Arn}' }")).ends_with("did you mean `Role`?"));
    assert!(error(&with_properties("{ X: !Sub ['${a}${Nope}', {a: 1}] }")).contains("`Nope`"));
    assert!(error(&with_properties("{ X: !Ref AWS::Regoin }")).ends_with("did you mean `AWS::Region`?"));
    assert!(error(&with_properties("{ X: !FindInMap [M, a, b] }")).starts_with("unknown-mapping 4:19"));
    assert!(error(&with_properties("{ X: !If [C, a, b] }")).starts_with("unknown-condition 4:19"));
    assert!(error("Resources: { A: { Type: T::T::T, Condition: C } }").starts_with("unknown-condition 1:45"));
    assert!(error("Resources: { A: { Type: T::T::T, DependsOn: [B] } }").starts_with("unknown-reference 1:46"));
    let parameter = "Parameters: { P: { Type: String, Default: x } }\nResources: { A: { Type: T::T::T, Properties: { X: !GetAtt P.Arn } } }";
    assert!(error(parameter).ends_with("use `!Ref P`"));
}

#[test]
fn references_are_not_checked_while_a_file_is_unreadable() {
    let list = load(&[input("a.yaml", &with_properties("{ X: !Ref Other }")), input("b.yaml", "a: b: c")], &context())
        .unwrap_err();
    assert_eq!(list.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["yaml-syntax"]);
}

#[test]
fn functions_must_exist_and_stand_alone() {
    assert_eq!(
        error(&with_properties("{ X: !Reff Role }")),
        "unknown-tag 4:22 `!Reff` is not a CloudFormation function | did you mean `!Ref`?"
    );
    assert!(error(&with_properties("{ X: { Fn::Jion: [a] } }")).ends_with("did you mean `Fn::Join`?"));
    assert!(error(&with_properties("{ X: { Fn::Sub: a, Other: b } }")).starts_with("malformed-function 4:19"));
    assert!(error(&with_properties("{ X: !Equals [a, b] }")).starts_with("misplaced-function"));
    assert!(error(&with_properties("{ X: !Join [a] }")).starts_with("invalid-function 4:19 `Fn::Join` takes"));
    assert!(
        error(&with_properties("{ X: !Select [9, [a]] }"))
            .contains("the index of `Fn::Select` is out of range for a list of 1")
    );
}

#[test]
fn conditions_must_be_decidable() {
    let with = |condition: &str| {
        format!(
            "Conditions: {{ C: {condition} }}\nResources: {{ A: {{ Type: T::T::T, Condition: C }}, B: {{ Type: T::T::T }} }}"
        )
    };
    assert!(error(&with("!Equals [!Ref B, x]")).starts_with("unknown-reference 1:"));
    assert!(error(&with("!Equals [!GetAtt B.Arn, x]")).contains("cannot depend on the resource"));
    assert!(error(&with("!Equals [x]")).starts_with("invalid-condition 1:"));
    let nowhere = TemplateContext::default();
    let list = errors_with(&with("!Equals [!Ref AWS::AccountId, x]"), &nowhere);
    assert_eq!((list.len(), list[0].code.as_str()), (1, "undecided-condition"));
}

#[test]
fn an_excluded_resource_cannot_be_referenced() {
    let text = "Conditions: { Never: !Equals [a, b] }\nResources:\n  A: { Type: T::T::T, Condition: Never }\n  B:\n    Type: T::T::T\n    Properties:\n      X: [!Ref A]\n";
    assert!(
        error(text).starts_with("reference-left-out 7:11 refers to `A`, which the condition `Never` excludes"),
        "{}",
        error(text)
    );
    let guarded = text.replace("!Ref A", "!If [Never, !Ref A, none]");
    assert_eq!(loaded(&guarded).resources[0].properties, json!({"X": ["none"]}));
}

/// The one problem with a parameter `P` of this declaration, given this value.
fn parameter_error(declaration: &str, value: Option<&str>) -> String {
    let text = format!(
        "Parameters:\n  P: {declaration}\nResources: {{ A: {{ Type: T::T::T, Properties: {{ X: !Ref P }} }} }}"
    );
    let context = value.map_or_else(context, |value| with_params(&[("P", value)]));
    let list = errors_with(&text, &context);
    assert_eq!(list.len(), 1, "{declaration}: {list:#?}");
    describe(&list[0])
}

#[test]
fn parameters_have_values_that_fit() {
    assert!(parameter_error("{ Type: String }", None).starts_with("missing-parameter 2:3"));
    assert!(parameter_error("{ Type: String }", None).ends_with("add `--param P=VALUE`"));
    assert!(
        parameter_error("{ Type: String, AllowedValues: [dev, prod] }", Some("prd")).ends_with("did you mean `prod`?")
    );
    assert!(
        parameter_error("{ Type: String, AllowedPattern: '[a-z]+' }", Some("ab1")).contains("does not match `[a-z]+`")
    );
    assert!(
        parameter_error("{ Type: String, MaxLength: 3 }", Some("abcd"))
            .contains("its length is 4, which is not 3 or less")
    );
    assert!(parameter_error("{ Type: Number }", Some("many")).contains("not a number"));
    assert!(parameter_error("{ Type: Number, MinValue: 1, MaxValue: 5 }", Some("6")).contains("not between 1 and 5"));
    assert!(parameter_error("{ Type: 'List<Number>' }", Some("1,x")).contains("`x`"));
    assert!(parameter_error("{ Type: CommaDelimitedList, AllowedValues: [a] }", Some("a,b")).contains("`b`"));
    assert!(
        parameter_error("{ Type: String, AllowedValues: [a], ConstraintDescription: be nice }", Some("b"))
            .ends_with("be nice")
    );
    let secret = parameter_error("{ Type: String, NoEcho: true, MinLength: 9 }", Some("hunter2"));
    assert!(secret.contains("(sensitive)") && !secret.contains("hunter2"), "{secret}");
}

/// For commands that send nothing: the value is unknown, and so is everything that depends on it.
#[test]
fn a_parameter_without_a_value_may_be_unknown() {
    let text = "Parameters: { P: { Type: String } }\nConditions: { C: !Equals [!Ref P, a] }\nResources:\n  A: { Type: T::T::T, Condition: C, Properties: { X: !Ref P, Y: !If [C, 1, 2], Z: [1] } }\n";
    assert!(errors(text)[0].starts_with("missing-parameter 1:15"));
    let lenient = TemplateContext { for_reading: true, ..context() };
    let loaded = loaded_with(text, &lenient);
    let unknown = json!({"X": {"Ref": "P"}, "Y": {"Fn::If": ["C", 1, 2]}, "Z": [1]});
    assert_eq!(loaded.resources[0].properties, unknown);
    let notes: Vec<String> = loaded.diagnostics.iter().map(describe).collect();
    assert!(notes[0].starts_with("missing-parameter 1:15") && notes[0].ends_with("add `--param P=VALUE`"), "{notes:?}");
    assert!(notes[1].starts_with("undecided-condition 4:34"), "{notes:?}");
    assert_eq!(notes.len(), 2);
    assert!(loaded.diagnostics.iter().all(|note| note.level == Level::Note));
    // An invalid given value is always an error.
    let wrong = TemplateContext { parameters: [("Q".to_owned(), "x".to_owned())].into(), ..lenient };
    assert!(errors_with(text, &wrong).iter().any(|problem| problem.code.as_str() == "unknown-parameter"));
}

/// Found by the fuzz target: a condition's branch must be validated like literal properties.
#[test]
fn properties_that_resolve_to_a_string_are_rejected() {
    let text = |branch: &str| {
        format!(
            "Conditions: {{ C: !Equals [a, a] }}\nResources:\n  A:\n    Type: T::T::T\n    Properties: !If [C, {branch}, {{}}]\n"
        )
    };
    for (branch, shown) in [("text", "\"text\""), ("[1]", "[1]"), ("5", "5")] {
        let said = error(&text(branch));
        assert!(said.starts_with("not-a-mapping 5:5") && said.contains(shown), "{said}");
    }
    assert_eq!(properties(&text("{ X: 1 }")), json!({"X": 1}));
    assert_eq!(properties(&text("!Ref AWS::NoValue")), json!({}));
}

#[test]
fn an_additive_transform_is_ignored_when_only_reading() {
    let text = |transform: &str| format!("Transform: {transform}\nResources: {{ A: {{ Type: T::T::T }} }}\n");
    let reading = TemplateContext { for_reading: true, ..context() };
    for adding in ["AWS::SecretsManager-2024-09-16", "[AWS::SecretsManager-2020-07-23]"] {
        assert!(error(&text(adding)).starts_with("unsupported-transform 1:1"));
        let loaded = loaded_with(&text(adding), &reading);
        assert_eq!(
            (loaded.diagnostics[0].code.as_str(), loaded.diagnostics[0].level),
            ("unsupported-transform", Level::Warning)
        );
    }
    for other in ["TeamMacro", "[AWS::SecretsManager-2020-07-23, Macro]", "[]"] {
        assert_eq!(errors_with(&text(other), &context())[0].code.as_str(), "unsupported-section", "{other}");
        // What the transform would make of the resources cannot be seen.
        let said = &loaded_with(&text(other), &reading).diagnostics[0];
        assert_eq!((said.code.as_str(), said.level), ("unsupported-section", Level::Warning), "{other}");
    }
}

/// What is sent is one desired state. What is only read may be several stacks, each with its own names.
#[test]
fn files_with_the_same_names_can_be_read() {
    let file = |name: &str, text: &str| input(name, text);
    let one = "Conditions: { Never: !Equals [a, b] }\nResources:\n  A: { Type: T::T::T, Condition: Never }\n  B: { Type: T::T::T }\n";
    let two = "Resources:\n  A: { Type: T::T::T }\n  C: { Type: T::T::T, DependsOn: A, Properties: { X: !Ref A, Y: !Ref B } }\n";
    let inputs = [file("1.yaml", one), file("2.yaml", two)];
    let codes = |problems: &[Diagnostic]| problems.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>();
    let refused = load(&inputs, &context()).unwrap_err();
    assert_eq!(codes(&refused), ["duplicate-logical-id"]);
    let reading = TemplateContext { for_reading: true, ..context() };
    let loaded = load(&inputs, &reading).unwrap();
    let ids: Vec<(&str, &str)> =
        loaded.resources.iter().map(|resource| (resource.file.as_str(), resource.logical_id.as_str())).collect();
    assert_eq!(ids, [("1.yaml", "B"), ("2.yaml", "A"), ("2.yaml", "C")]);
    assert_eq!(loaded.resources[2].depends_on, ["A"], "its own file's, which is not excluded");
    assert_eq!(codes(&loaded.diagnostics), ["separate-stacks"]);
    assert!(loaded.diagnostics[0].message.contains("`A` is also defined in 1.yaml"));
    // Separate stacks do not refer to each other.
    assert_eq!(codes(&loaded.faults), ["unknown-reference"]);
    assert_eq!(loaded.faults[0].hint.as_deref().map(|hint| hint.contains("1.yaml defines it")), Some(true));
    // A duplicate in one file is a fault, and so is an excluded name that no other file defines.
    let twice = "Resources:\n  A: { Type: T::T::T }\n  A: { Type: T::T::U }\n";
    let both = load(&[file("1.yaml", twice)], &reading).unwrap();
    assert_eq!((both.resources.len(), codes(&both.faults)), (2, vec!["duplicate-key"]));
    let other = "Resources:\n  C: { Type: T::T::T, Properties: { X: !Ref A } }\n";
    let left_out = load(&[file("1.yaml", one), file("2.yaml", other)], &reading).unwrap();
    assert_eq!(codes(&left_out.faults), ["reference-left-out"]);
    let alone = TemplateContext { separate_stacks: true, ..reading };
    let separate = load(&[file("1.yaml", one), file("2.yaml", other)], &alone).unwrap();
    assert_eq!(codes(&separate.faults), ["unknown-reference"]);
}

#[test]
fn parameters_are_declared_properly() {
    assert!(parameter_error("text", None).starts_with("not-a-mapping 2:3"));
    assert!(parameter_error("{ Type: Text, Default: a }", None).starts_with("parameter-type 2:8"));
    assert!(parameter_error("{ Default: a }", None).starts_with("parameter-type 2:3"));
    assert!(parameter_error("{ Type: String, Defualt: a, Default: b }", None).ends_with("did you mean `Default`?"));
    assert!(
        parameter_error("{ Type: String, Default: a, MinLength: x }", None).contains("`MinLength` must be a number")
    );
    let unknown = errors_with(&with_properties("{}"), &with_params(&[("Evn", "x")]));
    assert_eq!((unknown.len(), unknown[0].code.as_str()), (1, "unknown-parameter"));
}

#[test]
fn all_problems_come_at_once_in_order() {
    let text = "Resorces: {}\nParameters: { P: { Type: String } }\nResources:\n  A: { Propertis: { X: !Ref Y } }\n  B: { Type: T::T::T, Properties: { X: !Ref Y, Z: !Nope a } }\n";
    let codes: Vec<String> =
        errors(text).iter().map(|problem| problem.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        codes,
        [
            "unknown-section 1:1",
            "missing-parameter 2:15",
            "missing-type 4:3",
            "unknown-resource-key 4:8",
            "unknown-reference 5:37",
            "unknown-tag 5:51",
        ]
    );
}

/// What is wrong with the text itself has the place of the resource that it is in.
#[test]
fn problems_of_the_text_name_the_resource() {
    let reading = TemplateContext { for_reading: true, ..context() };
    for (text, resource, pointer) in [
        ("Resources:\n  A: { Type: T::T::T, Properties: { X: [!Reff a] } }\n", Some("A"), "/X/0"),
        ("Resources:\n  A: { Type: T::T::T, Metadata: { X: !Reff a } }\n", Some("A"), "/Resources/A/Metadata/X"),
        ("Resources:\n  A: { Type: T::T::T, Properties: { X: [{ a: 1, a: 2 }] } }\n", Some("A"), "/X/0/a"),
        ("Type: T::T::T\nProperties: { X: !Reff a }\n", Some("Resource"), "/X"),
        ("Outputs: { X: !Reff a }\nResources: { A: { Type: T::T::T } }\n", None, "/Outputs/X"),
    ] {
        let loaded = loaded_with(text, &reading);
        let [fault] = loaded.faults.as_slice() else { panic!("{text}: {:?}", loaded.faults) };
        assert_eq!((fault.resource.as_deref(), fault.pointer.as_deref()), (resource, Some(pointer)), "{text}");
    }
}
