//! The arguments of tools: their schemas are made from the command line's definition, and their values become its words, so
//! that a tool takes what the command takes.

use clap::{Arg, ArgAction};
use serde_json::{Map, Value, json};

use super::tools::{DIGEST, Kind, PLAN_FILE, Tool};
use crate::cli;

/// The longest text of all arguments together.
const MAX_CHARACTERS: usize = 1 << 20;

/// What the help texts say of standard input, which belongs to the protocol.
const STDIN: &str = ", or - for standard input";

/// Returns the JSON Schema of a tool's arguments.
pub fn schema(tool: &Tool) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut add = |name: &str, schema: Value, is_required: bool| {
        properties.insert(name.to_owned(), schema);
        required.extend(is_required.then(|| Value::from(name)));
    };
    if tool.kind == Kind::Apply {
        add(
            DIGEST,
            json!({"type": "string", "description": "Digest of the plan, as the planning tool returned it"}),
            true,
        );
    }
    for (name, argument) in arguments(tool) {
        add(&name, of_argument(&argument), argument.is_required_set());
    }
    if tool.kind != Kind::Read {
        let description = match tool.kind {
            Kind::Plan => {
                "File to save the plan in, for the review and the approval by somebody else; default: a file in the state folder"
            }
            _ => "File of the plan; default: the one in which this server saved the plan with the digest",
        };
        add(PLAN_FILE, json!({"type": "string", "description": description}), false);
    }
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// The arguments of the command that a tool takes, with the names that the tool uses for them.
fn arguments(tool: &Tool) -> Vec<(String, Arg)> {
    let mut command = cli::definition();
    for word in tool.command {
        match command.find_subcommand(word) {
            Some(found) => command = found.clone(),
            None => return Vec::new(),
        }
    }
    let find = |id: &&&str| command.get_arguments().find(|one| one.get_id() == **id).cloned();
    tool.arguments.iter().filter_map(|id| find(&id)).map(|argument| (name_of(&argument), argument)).collect()
}

/// The name of an argument: of its flag, or its own.
fn name_of(argument: &Arg) -> String {
    argument.get_long().unwrap_or(argument.get_id().as_str()).replace('-', "_")
}

fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

/// Whether one use of the flag has another number of values than one, such as `--live TYPE ID`.
fn takes_words(argument: &Arg) -> bool {
    argument.get_num_args().is_some_and(|range| range.min_values() != 1)
}

fn is_list(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Append) || takes_words(argument)
}

fn of_argument(argument: &Arg) -> Value {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace(STDIN, "");
    let mut text = json!({"type": "string"});
    let choices: Vec<String> =
        argument.get_possible_values().iter().map(|choice| choice.get_name().to_owned()).collect();
    if is_switch(argument) {
        return json!({"type": "boolean", "description": help});
    }
    if !choices.is_empty() {
        text["enum"] = json!(choices);
    }
    let mut schema = match is_list(argument) {
        true => json!({"type": "array", "items": text}),
        false => text,
    };
    let values = argument.get_value_names().unwrap_or_default().join(" ");
    schema["description"] = json!(if values.is_empty() { help } else { format!("{help} ({values})") });
    if let [default] = argument.get_default_values()
        && !is_list(argument)
    {
        let default = default.to_string_lossy();
        match default.parse::<u32>() {
            Ok(number) => (schema["type"], schema["default"]) = (json!("integer"), json!(number)),
            Err(_) => schema["default"] = json!(default),
        }
    }
    schema
}

/// The words of the command for the arguments of a tool, without those that only the tool has.
///
/// # Errors
/// An argument is unknown, or has a wrong type or a value that no command line has.
pub fn words(tool: &Tool, given: &Map<String, Value>) -> Result<Vec<String>, String> {
    let known = arguments(tool);
    let own: &[&str] = match tool.kind {
        Kind::Read => &[],
        Kind::Plan => &[PLAN_FILE],
        Kind::Apply => &[PLAN_FILE, DIGEST],
    };
    let (mut words, mut positional): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut characters = 0;
    for name in given.keys().filter(|name| !own.contains(&name.as_str())) {
        if !known.iter().any(|(known, _)| known == name) {
            let names: Vec<&str> = own.iter().copied().chain(known.iter().map(|(name, _)| name.as_str())).collect();
            return Err(format!("`{}` has no argument `{}`; it takes {}", tool.name, short(name), names.join(", ")));
        }
    }
    // In the order of the definition: so are the positional ones.
    for (name, argument) in &known {
        let Some(value) = given.get(name).filter(|value| !value.is_null()) else { continue };
        if is_switch(argument) {
            match value {
                Value::Bool(true) => words.push(flag(argument)),
                Value::Bool(false) => {}
                _ => return Err(format!("`{name}` must be true or false")),
            }
            continue;
        }
        let values = match value {
            Value::Array(items) if is_list(argument) => {
                items.iter().map(|item| text(name, item)).collect::<Result<Vec<_>, _>>()?
            }
            Value::Array(_) => return Err(format!("`{name}` must be one text, not a list")),
            single => vec![text(name, single)?],
        };
        characters += values.iter().map(String::len).sum::<usize>();
        if characters > MAX_CHARACTERS {
            return Err(format!("the arguments are longer than {} KiB", MAX_CHARACTERS / 1024));
        }
        if argument.get_long().is_none() {
            positional.extend(values);
        } else if takes_words(argument) {
            // `--flag=VALUE` would take the first one alone.
            if let Some(value) = values.iter().find(|value| value.starts_with('-')) {
                return Err(format!("`{name}` must not contain `{}`, which looks like a flag", short(value)));
            }
            words.push(flag(argument));
            words.extend(values);
        } else {
            words.extend(values.into_iter().map(|value| format!("{}={value}", flag(argument))));
        }
    }
    if !positional.is_empty() {
        words.push("--".to_owned());
        words.append(&mut positional);
    }
    Ok(words)
}

/// A required text of the tool itself.
pub fn own_text(given: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    given.get(name).filter(|value| !value.is_null()).map(|value| text(name, value)).transpose()
}

fn flag(argument: &Arg) -> String {
    format!("--{}", argument.get_long().unwrap_or_default())
}

/// One value. A number is written as in JSON.
fn text(name: &str, value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(format!("`{name}` must be a text")),
    };
    if text.contains('\0') {
        return Err(format!("`{name}` contains a NUL character"));
    }
    if text == "-" {
        return Err(format!("`{name}` must not be `-`: standard input belongs to the protocol"));
    }
    Ok(text)
}

/// The start of a text, for a message.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tools::{self, named};
    use super::*;

    fn of(tool: &str, given: Value) -> Result<Vec<String>, String> {
        words(named(tool).unwrap(), given.as_object().unwrap())
    }

    #[test]
    fn every_argument_of_every_tool_is_one_of_the_command() {
        for tool in tools::ALL {
            assert_eq!(arguments(tool).len(), tool.arguments.len(), "{}", tool.name);
            let schema = Value::Object(schema(tool));
            assert!(jsonschema::validator_for(&schema).is_ok(), "{schema}");
            for (name, property) in schema["properties"].as_object().unwrap() {
                let description = property["description"].as_str().unwrap();
                assert!(description.len() > 5, "{} {name}", tool.name);
                assert!(!description.contains("standard input"), "{} {name}: {description}", tool.name);
            }
        }
    }

    #[test]
    fn no_tool_takes_a_flag_that_approves_replaces_files_or_runs_programs() {
        for tool in tools::ALL {
            for id in
                ["approve", "plan_out", "accept", "fix", "auto", "engines", "policies", "transform", "out", "resume"]
            {
                assert!(!tool.arguments.contains(&id), "{} {id}", tool.name);
            }
        }
    }

    #[test]
    fn values_become_words() {
        let given = json!({"resources": ["AWS::SQS::Queue", "--all"], "to": "--approve", "fail_on": ["drifted"]});
        let expected = ["--to=--approve", "--fail-on=drifted", "--", "AWS::SQS::Queue", "--all"];
        assert_eq!(of("drift", given).unwrap(), expected);
        let given = json!({"live": ["AWS::S3::Bucket", "b"], "hours": 700, "gate": true, "assume_free_tier": false});
        assert_eq!(of("estimate", given).unwrap(), ["--live", "AWS::S3::Bucket", "b", "--hours=700", "--gate"]);
        assert_eq!(of("explain", json!({"code": null})).unwrap(), [] as [&str; 0]);
        assert_eq!(schema(named("estimate").unwrap())["properties"]["hours"]["type"], "integer");
    }

    #[test]
    fn what_no_command_line_has_is_refused() {
        for (given, says) in [
            (json!({"approve": "x"}), "has no argument `approve`"),
            (json!({"to": 1.5e3, "from": {}}), "`from` must be a text"),
            (json!({"to": ["a"]}), "not a list"),
            (json!({"resources": [["a"]]}), "must be a text"),
            (json!({"resources": ["a\0b"]}), "NUL"),
            (json!({"desired": ["-"]}), "standard input"),
            (json!({"ignore": "x".repeat(MAX_CHARACTERS + 1)}), "longer than"),
        ] {
            let refused = of("drift", given.clone()).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        let refused = of("scan", json!({"env": "dev", "live": ["AWS::S3::Bucket", "--engine=checkov"]})).unwrap_err();
        assert!(refused.contains("looks like a flag"), "{refused}");
        assert!(of("estimate", json!({"gate": "yes"})).unwrap_err().contains("true or false"));
    }
}
