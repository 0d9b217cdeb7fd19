mod inputs;
mod loading;
mod problems;

use serde_json::{Value, json};

use super::*;

fn input(file: &str, text: &str) -> TemplateInput {
    TemplateInput { file: file.to_owned(), text: text.to_owned() }
}

fn context() -> TemplateContext {
    let pseudo = Pseudo {
        account: Some("111111111111".into()),
        region: Some("eu-west-1".into()),
        partition: None,
        stack_name: None,
    };
    TemplateContext { pseudo, ..TemplateContext::default() }
}

fn with_params(parameters: &[(&str, &str)]) -> TemplateContext {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    TemplateContext { parameters: parameters.collect(), ..context() }
}

fn with_sets(sets: &[(&str, &str)]) -> TemplateContext {
    let sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned()));
    TemplateContext { sets: sets.collect(), ..context() }
}

fn loaded_with(text: &str, context: &TemplateContext) -> LoadedTemplate {
    load(&[input("t.yaml", text)], context).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

fn loaded(text: &str) -> LoadedTemplate {
    loaded_with(text, &context())
}

/// The properties of the first resource.
fn properties(text: &str) -> Value {
    loaded(text).resources.remove(0).properties
}

fn errors_with(text: &str, context: &TemplateContext) -> Vec<Diagnostic> {
    let list = load(&[input("t.yaml", text)], context).expect_err(text);
    for problem in &list {
        assert!(problem.hint.is_some(), "{problem:?} has no hint");
    }
    list
}

/// `code line:column message | hint`, of each problem.
fn errors(text: &str) -> Vec<String> {
    errors_with(text, &context()).iter().map(describe).collect()
}

fn describe(problem: &Diagnostic) -> String {
    let place = problem.location.as_ref().map_or("-".to_owned(), |place| format!("{}:{}", place.line, place.column));
    format!("{} {place} {} | {}", problem.code.as_str(), problem.message, problem.hint.as_deref().unwrap_or_default())
}

/// The one problem of a text.
fn error(text: &str) -> String {
    let mut list = errors(text);
    assert_eq!(list.len(), 1, "{text}: {list:#?}");
    list.remove(0)
}
