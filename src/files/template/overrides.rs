//! `--set PATH=VALUE`: values from the command line that override those of the template.

use serde_json::Value;

use crate::domain::assign::assign;
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::files::{suggestion, yaml};

use super::document::Document;
use super::raw_resource::RawResource;
use super::{Problems, short_form};

/// Applies all overrides in the order given.
pub(super) fn apply(sets: &[(String, String)], documents: &mut [Document], problems: &mut Problems) {
    for (path, text) in sets {
        if let Err((message, hint)) = apply_one(path, text, documents, problems) {
            problems.misuse(Diagnostic::error(Code::InvalidSet, format!("`--set {path}`: {message}")).hint(hint));
        }
    }
}

type Refusal = (String, String);

fn apply_one(path: &str, text: &str, documents: &mut [Document], problems: &mut Problems) -> Result<(), Refusal> {
    let value = parse_value(text, problems)?;
    let tokens: Vec<String> = match path.starts_with('/') {
        true => pointer::tokens(path),
        false => path.split('.').map(str::to_owned).collect(),
    };
    let (resource, tokens) = find(&tokens, documents)?;
    if tokens.is_empty() || tokens.iter().any(String::is_empty) {
        return Err((
            "the path does not name a property".to_owned(),
            "use `LogicalId.Property` or `Property.Sub`".to_owned(),
        ));
    }
    let place = Location { file: "--set".to_owned(), line: 1, column: 1 };
    assign(&mut resource.properties, tokens, value).map_err(|refusal| (refusal.message, refusal.hint))?;
    let at = tokens.iter().fold(String::new(), |base, token| pointer::join(&base, token));
    resource.source.insert(at, place);
    Ok(())
}

/// Parses the value as YAML; an empty value is an empty string.
fn parse_value(text: &str, problems: &mut Problems) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::from(""));
    }
    let mut node = yaml::parse("--set", text).map_err(|found| {
        let first = found.into_iter().next();
        let message = first.map_or_else(|| "the value is not valid YAML".to_owned(), |problem| problem.message);
        (format!("the value is not valid YAML: {message}"), "quote the value within the argument".to_owned())
    })?;
    short_form::expand(&mut node, "", problems);
    Ok(node.to_value())
}

/// The resource that a path names, and the rest of the path.
fn find<'d, 't>(
    tokens: &'t [String],
    documents: &'d mut [Document],
) -> Result<(&'d mut RawResource, &'t [String]), Refusal> {
    let first = tokens.first().map(String::as_str).unwrap_or_default();
    let ids: Vec<String> =
        documents.iter().flat_map(|document| &document.resources).map(|resource| resource.logical_id.clone()).collect();
    let is_named = ids.iter().any(|id| id == first);
    if !is_named && ids.len() != 1 {
        let hint = suggestion::hint(first, ids.iter().map(String::as_str));
        return Err((format!("unknown resource `{first}`, and the template has several resources"), hint));
    }
    let mut resources = documents.iter_mut().flat_map(|document| &mut document.resources);
    let found = if is_named { resources.find(|resource| resource.logical_id == first) } else { resources.next() };
    let rest = if is_named { tokens.get(1..).unwrap_or_default() } else { tokens };
    found.map(|resource| (resource, rest)).ok_or_else(|| ("the template has no resource".to_owned(), String::new()))
}
