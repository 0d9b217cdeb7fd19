//! What `--plan-out` saves: the plan, and everything that another job needs to make it again, without secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::command_line::{SAME_VALUE, is_secret_path};
use crate::cli::{ApplyArgs, AuditArgs, CreateArgs, DeleteArgs, PromoteArgs, UpdateArgs, WriteArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{
    SavedCreate, SavedDelete, SavedFile, SavedInput, SavedPlan, SavedPromote, SavedRequest, SavedResource,
    SavedSelection, SavedTagFix, SavedUpdate, SavedValue, hidden_values, hidden_values_of_patch, is_secret_name,
};
use crate::domain::pointer;
use crate::files::atomic::{self, Durability};
use crate::files::template::TemplateInput;
use crate::files::text;
use crate::files::yaml::{self, Node, NodeValue};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::load::Loaded;
use crate::schema::Registry;

/// Writes the plan to a file that only its owner can read.
pub(super) fn save(file: &Path, gated: &GatedPlan, request: &SavedRequest) -> Result<SavedPlan, Failure> {
    let saved = SavedPlan::new(gated.document().clone(), request.clone());
    atomic::replace(file, saved.to_text().as_bytes(), Durability::Machine).map_err(|error| {
        let message = format!("the plan could not be saved to `{}`: {error}", file.display());
        Failure::new(Outcome::Error, Diagnostic::error(Code::OutputLost, message).hint("use another path"))
    })?;
    Ok(saved)
}

/// The command that applies a saved plan, with placeholders for the values that are not in it.
pub fn apply_arguments(file: &Path, request: &SavedRequest) -> ApplyArgs {
    let missing = |values: &[SavedValue]| -> Vec<String> {
        let names = values.iter().filter(|one| one.value.is_none()).map(|one| &one.name);
        names.map(|name| format!("{name}={SAME_VALUE}")).collect()
    };
    let (mut parameters, mut sets, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    match request {
        SavedRequest::Create(create) => {
            parameters = missing(&create.parameters);
            sets = missing(&create.sets);
        }
        SavedRequest::Update(update) => sets = missing(&update.sets),
        SavedRequest::Delete(_) | SavedRequest::TagFix(_) => {}
        SavedRequest::Promote(promote) => {
            let missing = promote.inputs.iter().filter(|one| one.value.is_none() && one.file.is_none());
            inputs = missing.map(|one| format!("{}#{}={SAME_VALUE}", one.resource, one.pointer)).collect();
        }
    }
    ApplyArgs { plan: file.to_owned(), parameters, sets, inputs, approval: None, write: WriteArgs::default() }
}

/// What `create` saves; `None` without `--plan-out`.
///
/// # Errors
/// A tag or the purpose contains a secret.
pub fn of_create(
    arguments: &CreateArgs,
    stack_name: &str,
    templates: &[TemplateInput],
    loaded: &Loaded,
) -> Result<Option<SavedRequest>, Failure> {
    if arguments.write.plan_out.is_none() {
        return Ok(None);
    }
    let words = arguments.parameters.iter().chain(&arguments.sets).chain(&arguments.imports);
    let given: BTreeSet<String> = words.map(|word| value_of(word).to_owned()).collect();
    let mut secrets = Secrets { texts: loaded.secrets.clone() };
    // The secrets in a file itself, and not only in the values given with it.
    let mut files_with_secrets = BTreeSet::new();
    for resource in &loaded.resources {
        for value in
            hidden_values(loaded.registry.get(&resource.type_name), &resource.properties, &loaded.secrets).into_values()
        {
            if !value.as_str().is_some_and(|text| given.contains(text)) {
                files_with_secrets.insert(resource.file.as_str());
            }
            secrets.texts.extend(value.as_str().map(str::to_owned));
        }
    }
    let may_be_stored = |template: &TemplateInput| {
        !files_with_secrets.contains(template.file.as_str()) && secrets.may_store(&template.file, &template.text)
    };
    let saved = templates.iter().map(|one| SavedFile::new(&one.file, &one.text, may_be_stored(one)));
    Ok(Some(SavedRequest::Create(SavedCreate {
        environment: arguments.env.clone(),
        stack_name: stack_name.to_owned(),
        keep_live: arguments.keep_live,
        templates: saved.collect(),
        parameters: arguments.parameters.iter().map(|word| secrets.value(word)).collect(),
        sets: arguments.sets.iter().map(|word| secrets.set(word)).collect(),
        imports: secrets.shown(&arguments.imports, "--import")?,
        transform: arguments.transform.as_str().to_owned(),
        tags: secrets.shown(&arguments.tags, "--tag")?,
        purpose: secrets.shown(arguments.purpose.as_slice(), "--purpose").map(|_| arguments.purpose.clone())?,
    })))
}

/// What `update` saves; `None` without `--plan-out`.
pub fn of_update(
    registry: &Registry,
    arguments: &UpdateArgs,
    files: &[TemplateInput],
    patches: &[TemplateInput],
) -> Option<SavedRequest> {
    arguments.write.plan_out.as_ref()?;
    let (type_name, name) = (&arguments.type_name, Some(arguments.identifier.as_str()));
    let schema = registry.get(type_name);
    let none = BTreeSet::new();
    let secrets = Secrets { texts: BTreeSet::new() };
    let parsed = |one: &TemplateInput| yaml::parse(&one.file, &one.text).ok().map(|node| node.to_value());
    let has_no_secret = |one: &TemplateInput, is_patch: bool| {
        let Some(value) = parsed(one) else { return false };
        let hidden = match (is_patch, value.get("Properties")) {
            (true, _) => hidden_values_of_patch(schema, name, &value, &none),
            (false, Some(properties)) => hidden_values(schema, properties, &none),
            (false, None) => hidden_values(schema, &value, &none),
        };
        hidden.is_empty() && secrets.may_store(&one.file, &one.text)
    };
    let saved = |inputs: &[TemplateInput], is_patch: bool| {
        inputs.iter().map(|one| SavedFile::new(&one.file, &one.text, has_no_secret(one, is_patch))).collect()
    };
    let set = |word: &String| {
        let mut saved = secrets.set(word);
        let path = saved.name.trim_start_matches('/').replace('.', "/");
        let place = format!("/{path}");
        let is_hidden = saved.value.as_deref().is_some_and(|text| {
            let patch = json!([{"op": "add", "path": place, "value": text}]);
            !hidden_values(schema, &nested(&place, &json!(text)), &none).is_empty()
                || !hidden_values_of_patch(schema, name, &patch, &none).is_empty()
        });
        if is_hidden {
            saved.value = None;
        }
        saved
    };
    Some(SavedRequest::Update(SavedUpdate {
        resource: SavedResource { type_name: type_name.clone(), identifier: arguments.identifier.clone() },
        environment: arguments.env.clone(),
        files: saved(files, false),
        patches: saved(patches, true),
        sets: arguments.sets.iter().map(set).collect(),
        allow_replace: arguments.allow_replace,
    }))
}

/// What `delete` saves; `None` without `--plan-out`.
pub fn of_delete(arguments: &DeleteArgs) -> Option<SavedRequest> {
    arguments.write.plan_out.as_ref()?;
    let DeleteArgs { type_name, identifier, env, write: _ } = arguments;
    let resource = SavedResource { type_name: type_name.clone(), identifier: identifier.clone() };
    Some(SavedRequest::Delete(SavedDelete { resource, environment: env.clone() }))
}

/// What `tag-audit --fix` saves; `None` without `--plan-out`.
pub fn of_tag_fix(arguments: &AuditArgs) -> Option<SavedRequest> {
    arguments.write.plan_out.as_ref()?;
    let secrets = Secrets { texts: BTreeSet::new() };
    Some(SavedRequest::TagFix(SavedTagFix {
        environment: arguments.env.clone(),
        types: arguments.types.clone(),
        identifiers: arguments.identifiers.clone(),
        source: arguments.source.to_string(),
        stuck_after_seconds: arguments.stuck_after.map(|limit| limit.as_secs()),
        adopt: arguments.adopt,
        unlink: arguments.unlink,
        tags: arguments.tags.iter().map(|word| secrets.value(word)).collect(),
    }))
}

/// What `promote` saves; `None` without `--plan-out`. `values` are the inputs by resource and pointer.
///
/// # Errors
/// A file of an input cannot be read any more, or a tag contains a secret.
pub fn of_promote(
    registry: &Registry,
    arguments: &PromoteArgs,
    values: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Result<Option<SavedRequest>, Failure> {
    if arguments.write.plan_out.is_none() {
        return Ok(None);
    }
    let mut secrets = Secrets { texts: BTreeSet::new() };
    let mut inputs = Vec::new();
    for word in &arguments.inputs {
        let parts = word.split_once('#').and_then(|(resource, rest)| Some((resource, rest.split_once('=')?)));
        let Some((resource, (place, given))) = parts else { continue };
        let Some(value) = values.get(resource).and_then(|values| values.get(place)) else { continue };
        let is_hidden = is_hidden_input(registry, resource, place, value);
        if is_hidden {
            secrets.texts.extend(value.as_str().map(str::to_owned));
        }
        let file = match given.strip_prefix('@') {
            Some(path) => {
                let text = text::read_file(path.as_ref()).map_err(|problem| Failure::usage(vec![*problem]))?;
                Some(SavedFile::new(path, &text, !is_hidden))
            }
            None => None,
        };
        let value = (!is_hidden && file.is_none()).then(|| value.clone());
        inputs.push(SavedInput { resource: resource.to_owned(), pointer: place.to_owned(), value, file });
    }
    for (resource, places) in values {
        for (place, value) in places {
            if inputs.iter().any(|one| one.resource == *resource && one.pointer == *place) {
                continue;
            }
            // Of the file with inputs.
            let is_hidden = is_hidden_input(registry, resource, place, value);
            if is_hidden {
                secrets.texts.extend(value.as_str().map(str::to_owned));
            }
            let value = (!is_hidden).then(|| value.clone());
            inputs.push(SavedInput { resource: resource.clone(), pointer: place.clone(), value, file: None });
        }
    }
    let named: Vec<SavedResource> = arguments
        .resources
        .chunks_exact(2)
        .map(|pair| SavedResource { type_name: pair[0].clone(), identifier: pair[1].clone() })
        .collect();
    let selection = match &arguments.select {
        _ if arguments.all && named.is_empty() => SavedSelection::All,
        _ if arguments.all => SavedSelection::AllAnd(named),
        Some(word) => SavedSelection::Tag(secrets.value(word)),
        None => SavedSelection::Resources(named),
    };
    Ok(Some(SavedRequest::Promote(SavedPromote {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        selection,
        with_dependencies: arguments.with_dependencies,
        pull: arguments.pull,
        inputs,
        names: secrets.shown(&arguments.names, "--name")?,
        tags: secrets.shown(&arguments.tags, "--tag")?,
        allow_replace: arguments.allow_replace,
        leave_behind: arguments.leave_behind,
    })))
}

/// True if a plan may not show an input of a promotion. A resource that is named by its logical id has no known type.
fn is_hidden_input(registry: &Registry, resource: &str, place: &str, value: &Value) -> bool {
    let type_name = resource.split_once('/').map(|(type_name, _)| type_name).filter(|name| name.contains("::"));
    match type_name {
        Some(type_name) => !hidden_values(registry.get(type_name), &nested(place, value), &BTreeSet::new()).is_empty(),
        None => true,
    }
}

/// An object with a value at a JSON pointer.
fn nested(place: &str, value: &Value) -> Value {
    pointer::tokens(place).into_iter().rev().fold(value.clone(), |inner, token| json!({ token: inner }))
}

fn value_of(word: &str) -> &str {
    word.split_once('=').map_or("", |(_, value)| value)
}

/// The strings that may not be saved.
struct Secrets {
    texts: BTreeSet<String>,
}

impl Secrets {
    fn is_in(&self, text: &str) -> bool {
        // A shorter one may be part of any text.
        self.texts.iter().any(|secret| text == secret || secret.len() >= 4 && text.contains(secret.as_str()))
    }

    /// `NAME=VALUE`, the value only if it contains no secret.
    fn value(&self, word: &str) -> SavedValue {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let value = (!self.is_in(value)).then(|| value.to_owned());
        SavedValue { name: name.to_owned(), value }
    }

    /// A value of `--set`: also hidden if its property has the name of a secret.
    fn set(&self, word: &str) -> SavedValue {
        let mut saved = self.value(word);
        saved.value = saved.value.filter(|_| !is_secret_path(&saved.name));
        saved
    }

    /// Values that are written to tags, where they could be read.
    fn shown(&self, words: &[String], flag: &str) -> Result<Vec<SavedValue>, Failure> {
        match words.iter().find(|word| self.is_in(word)) {
            None => Ok(words.iter().map(|word| self.value(word)).collect()),
            Some(_) => {
                let problem = Diagnostic::error(Code::BadInput, format!("a value of {flag} contains a secret value"));
                Err(Failure::usage(vec![problem.hint("tags can be read by everybody; use another value")]))
            }
        }
    }

    /// True if a file contains no secret: neither one of the known ones, nor in a part that the plan does not use.
    fn may_store(&self, file: &str, text: &str) -> bool {
        !self.is_in(text) && yaml::parse(file, text).is_ok_and(|root| !has_secret(&root))
    }
}

/// True if a document has a literal value at a key with the name of a secret, or a default of a `NoEcho` parameter.
fn has_secret(node: &Node) -> bool {
    match &node.value {
        NodeValue::Mapping(entries) => {
            let is_no_echo = node.get("NoEcho").and_then(Node::scalar_text).is_some_and(|text| text != "false");
            is_no_echo && node.get("Default").is_some()
                || entries.iter().any(|entry| match is_secret_name(&entry.key) {
                    true => has_literal(&entry.value) || has_secret(&entry.value),
                    false => has_secret(&entry.value),
                })
        }
        NodeValue::Sequence(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// True for a string that is written out, also as an argument of a function other than a reference.
fn has_literal(node: &Node) -> bool {
    const REFERENCES: &[&str] = &["!Ref", "!GetAtt", "!ImportValue", "!FindInMap"];
    const FUNCTIONS: &[&str] = &["Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::FindInMap"];
    if node.tag.as_deref().is_some_and(|tag| REFERENCES.contains(&tag)) {
        return false;
    }
    match &node.value {
        NodeValue::String(text) => !text.is_empty() && !text.contains("{{resolve:"),
        NodeValue::Number(_) => true,
        NodeValue::Sequence(items) => items.iter().any(has_literal),
        NodeValue::Mapping(entries) => match entries.as_slice() {
            [only] if FUNCTIONS.contains(&only.key.as_str()) => false,
            // A parameter or a resource with such a name: its values have their own keys.
            _ if node.get("Type").is_some() => false,
            _ => entries.iter().any(|entry| has_literal(&entry.value)),
        },
        NodeValue::Null | NodeValue::Bool(_) => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn secret(text: &str) -> bool {
        has_secret(&yaml::parse("t.yaml", text).unwrap())
    }

    #[test]
    fn literal_secrets_in_a_template_are_found_wherever_they_are() {
        for text in [
            "Resources: {Db: {Type: T, Condition: Never, Properties: {MasterUserPassword: hunter2}}}",
            "Resources: {Db: {Type: T, Properties: {MasterUserPassword: !If [A, hunter2, !Ref P]}}}",
            "Resources: {Db: {Type: T, Properties: {MasterUserPassword: !Sub 'x${A}'}}}",
            "Resources: {F: {Type: T, Properties: {Environment: {Variables: {API_TOKEN: abc}}}}}",
            "Parameters: {P: {Type: String, NoEcho: true, Default: hunter2}}",
            "Mappings: {M: {dev: {Password: 123456}}}",
            "Resources: {U: {Type: T, Properties: {Passwords: [hunter2]}}}",
        ] {
            assert!(secret(text), "{text}");
        }
        for text in [
            "Parameters: {DbPassword: {Type: String, NoEcho: true}}",
            "Resources: {Db: {Type: T, Properties: {MasterUserPassword: !Ref DbPassword, DBName: x}}}",
            "Resources: {Db: {Type: T, Properties: {MasterUserPassword: {Ref: DbPassword}}}}",
            "Resources: {Db: {Type: T, Properties: {MasterUserPassword: '{{resolve:ssm-secure:x}}'}}}",
            "Resources: {Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: x}}}",
            "Parameters: {P: {Type: String, NoEcho: false, Default: x}}",
        ] {
            assert!(!secret(text), "{text}");
        }
    }

    #[test]
    fn an_input_is_saved_unless_the_plan_hides_it() {
        let hidden =
            |resource: &str, place: &str, value: Value| is_hidden_input(&Registry::embedded(), resource, place, &value);
        assert!(hidden("AWS::Lambda::Function/f", "/Code/ZipFile", json!("def handler(): pass")));
        assert!(hidden("AWS::RDS::DBInstance/db", "/MasterUserPassword", json!("x")));
        assert!(hidden("Database", "/DBName", json!("x")), "the type is not known");
        assert!(!hidden("AWS::RDS::DBInstance/db", "/DBName", json!("x")));
    }
}
