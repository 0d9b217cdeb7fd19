//! Any text at all, as a template: the loader must answer, and its answers must hold together.
//!
//! - the same text gives the same answer;
//! - every message points into the text;
//! - a refusal names at least one error, an answer names none;
//! - what was loaded, written out as JSON, loads to the same resources;
//! - the schema check after the loader never panics, and its messages point into the text too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use stagegate::domain::diagnostic::{Diagnostic, Level};
use stagegate::domain::resource::DesiredResource;
use stagegate::files::template::{TemplateContext, TemplateInput, load};
use stagegate::pipeline;
use stagegate::schema::Registry;

const FILE: &str = "template.yaml";

fuzz_target!(|text: &str| {
    for for_reading in [false, true] {
        judge(text, &TemplateContext { for_reading, ..TemplateContext::default() });
    }
});

fn judge(text: &str, context: &TemplateContext) {
    let input = |text: &str| vec![TemplateInput { file: FILE.to_owned(), text: text.to_owned() }];
    let answer = load(&input(text), context);
    assert_eq!(answer, load(&input(text), context), "the same text, another answer");
    match answer {
        Err(problems) => {
            assert!(problems.iter().any(|problem| problem.level == Level::Error), "refused without an error");
            point_into(text, &problems);
        }
        Ok(loaded) => {
            assert!(loaded.diagnostics.iter().all(|said| said.level != Level::Error), "loaded with an error");
            point_into(text, &loaded.diagnostics);
            if let Some(written) = as_json(&loaded.resources).filter(|_| loaded.faults.is_empty()) {
                let again = load(&input(&written), context);
                let again = again.unwrap_or_else(|problems| panic!("what was loaded does not load: {problems:#?}"));
                assert_eq!(essence(&again.resources), essence(&loaded.resources));
            }
            point_into(text, &loaded.faults);
            assert!(context.for_reading || loaded.faults.is_empty(), "loaded with faults");
            let registry = Registry::embedded();
            if context.for_reading {
                let checked = pipeline::load::check_for_reading(&registry, loaded.resources, loaded.secrets, false);
                point_into(text, &checked.faults);
                assert_eq!(checked.for_policies().len(), checked.for_estimates().len());
                return;
            }
            match pipeline::load::check(&registry, loaded.resources, loaded.secrets) {
                Ok(checked) => point_into(text, &checked.notes),
                Err(problems) => point_into(text, &problems),
            }
        }
    }
}

/// The end of the text counts as a place: that is where what is missing should be.
fn point_into(text: &str, said: &[Diagnostic]) {
    // YAML ends a line at a carriage return too.
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    for one in said {
        let place = one.location.as_ref().unwrap_or_else(|| panic!("no place: {one:?}"));
        assert_eq!(place.file, FILE);
        assert!(place.line >= 1 && place.column >= 1, "{one:?}");
        assert!(place.line as usize <= lines, "beyond the last line ({lines}): {one:?}");
        assert!(!one.message.is_empty(), "{one:?}");
    }
}

/// What a resource is, whatever it was written in.
fn essence(resources: &[DesiredResource]) -> Vec<Value> {
    let one = |resource: &DesiredResource| {
        json!({
            "id": resource.logical_id,
            "type": resource.type_name,
            "properties": resource.properties,
            "depends_on": resource.depends_on,
            "metadata": resource.metadata,
        })
    };
    resources.iter().map(one).collect()
}

/// The resources as a template in JSON. `None` when something unresolved needs another section to
/// stay as it is: an undecided condition, a mapping, a transform.
fn as_json(resources: &[DesiredResource]) -> Option<String> {
    let mut parameters = Map::new();
    let mut all = Map::new();
    for resource in resources {
        if resource.type_name.starts_with("AWS::Serverless::") {
            return None;
        }
        unresolved_names(&resource.properties, &mut parameters)?;
        let body = json!({
            "Type": resource.type_name,
            "Properties": resource.properties,
            "DependsOn": resource.depends_on,
            "Metadata": resource.metadata,
        });
        all.insert(resource.logical_id.clone(), body);
    }
    for resource in resources {
        parameters.remove(&resource.logical_id);
    }
    if all.is_empty() {
        return None;
    }
    Some(escaped(&json!({"Parameters": parameters, "Resources": all}).to_string()))
}

/// JSON takes control characters from U+007F on as they are; YAML wants them escaped.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut written, character| {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                written.push_str(&format!("\\u{:04x}", u32::from(character)))
            }
            other => written.push(other),
        }
        written
    })
}

/// Every name that may be a parameter's, declared as one whose value stays unknown.
fn unresolved_names(value: &Value, parameters: &mut Map<String, Value>) -> Option<()> {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                if ["Fn::If", "Fn::FindInMap", "Fn::Length", "Fn::ToJsonString"].contains(&key.as_str()) {
                    return None;
                }
                if let ("Ref", Value::String(name)) = (key.as_str(), child) {
                    declare(name, parameters);
                }
                if key == "Fn::Sub" {
                    let text = child.as_str().or_else(|| child.get(0)?.as_str()).unwrap_or_default();
                    for name in stagegate::domain::resource::sub_variables(text) {
                        declare(&name, parameters);
                    }
                }
                unresolved_names(child, parameters)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                unresolved_names(item, parameters)?;
            }
        }
        _ => {}
    }
    Some(())
}

fn declare(name: &str, parameters: &mut Map<String, Value>) {
    if !name.starts_with("AWS::") && !name.contains('.') {
        let stored = json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "name"});
        parameters.insert(name.to_owned(), stored);
    }
}
