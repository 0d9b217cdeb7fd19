//! Telling templates from the other YAML and JSON files of a folder, without reading all of them as templates: a file that is
//! meant to be one and has an error must not be passed over.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// The section with the resources at the beginning of a line, with nothing or a collection after it.
static SECTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^["']?Resources["']?[ \t]*:[ \t]*($|\r|[#&!{])"#).ok());

/// The type of a resource without a template around it.
static BARE_TYPE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^["']?Type["']?[ \t]*:[ \t]*["']?[A-Za-z0-9]+::[A-Za-z0-9]+::"#).ok());

/// Parts of JSON that are hardly found outside templates.
static JSON_SECTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""Resources"\s*:\s*\{"#).ok());
static JSON_TYPE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""Type"\s*:\s*"[A-Za-z0-9]+::|"AWSTemplateFormatVersion"\s*:"#).ok());

/// True for the text of a file that is, or is meant to be, a template.
pub(super) fn is_template(file: &Path, text: &str) -> bool {
    if !text.contains("Resources") && !text.contains("Type") {
        return false;
    }
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if text.starts_with('{') {
        return match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(root) => is_template_root(&root),
            // Flow style YAML, or JSON with an error.
            Err(_) => has(&JSON_SECTION, text) && has(&JSON_TYPE, text) || is_flow_template(text),
        };
    }
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    !is_json && (has(&SECTION, text) || has(&BARE_TYPE, text))
}

fn is_template_root(root: &Map<String, Value>) -> bool {
    let is_type = |value: &Value| value.as_str().is_some_and(|name| name.contains("::"));
    match root.get("Resources") {
        Some(Value::Object(resources)) => {
            let is_resource = |value: &Value| {
                value.get("Type").is_some_and(is_type) || value.get("Properties").is_some_and(Value::is_object)
            };
            root.contains_key("AWSTemplateFormatVersion") || resources.values().any(is_resource)
        }
        Some(_) => root.contains_key("AWSTemplateFormatVersion"),
        None => root.get("Type").is_some_and(is_type),
    }
}

/// True for a mapping in flow style: `{Resources: {A: {Type: AWS::S3::Bucket}}}`.
fn is_flow_template(text: &str) -> bool {
    static FLOW: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\{\s*Resources\s*:").ok());
    has(&FLOW, text)
}

fn has(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_told_from_other_files() {
        for (file, text, expected) in [
            ("a.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket}\n", true),
            ("a.yaml", "# x\nParameters: {}\n\"Resources\" : # here\n", true),
            ("a.yaml", "Resources: {A: 1\n", true),
            ("a.yaml", "Resources:\r\n  A: {}\r\n", true),
            ("a.template", "Type: AWS::S3::Bucket\nProperties: {}\n", true),
            ("a.json", "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}", true),
            ("a.json", "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}", true),
            ("a.json", "{\"Resources\": {\"A\": {\"Properties\": {}}}}", true),
            ("a.json", "{\"Type\": \"AWS::S3::Bucket\", \"Properties\": {}}", true),
            ("a.json", "\u{feff}{\"Resources\": {\"A\": {\"Properties\": {}}}}", true),
            ("a.yaml", "{Resources: {A: {Type: AWS::S3::Bucket}}}", true),
            ("a.yaml", "resources:\n  - deployment.yaml\n", false),
            ("serverless.yml", "resources:\n  Resources:\n    A: {Type: AWS::S3::Bucket}\n", false),
            ("a.yaml", "kind: Deployment\nType: x\n", false),
            ("a.yaml", "Resources: my title\n", false),
            ("a.json", "{\"Resources\": \"Ressourcen\"}", false),
            ("a.json", "{\"Resources\": {\"title\": \"x\"}}", false),
            ("a.json", "{\"a\": {\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}}", false),
            ("a.json", "[1]", false),
            ("a.yaml", "", false),
        ] {
            assert_eq!(is_template(Path::new(file), text), expected, "{file}: {text}");
        }
    }
}
