//! Parameters: the declarations of a template, and their values.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::files::suggestion;
use crate::files::yaml::{self, Entry, Node};

use super::Problems;

const KEYS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// A parameter's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    TextList,
    NumberList,
}

/// A declared parameter.
pub(super) struct Parameter {
    pub name: String,
    place: Location,
    kind: Kind,
    /// `AWS::SSM::Parameter::Value<…>`: the default names an SSM parameter, whose value is not known here.
    is_stored: bool,
    default: Option<String>,
    allowed_values: Vec<String>,
    allowed_pattern: Option<String>,
    length: (Option<Decimal>, Option<Decimal>),
    range: (Option<Decimal>, Option<Decimal>),
    constraint: Option<String>,
    pub no_echo: bool,
}

impl Parameter {
    /// Reads one entry of the `Parameters` section.
    pub(super) fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        let at = pointer::join("/Parameters", &entry.key);
        let mut error = |code: Code, message: String, hint: String, place: &Location| {
            problems.add(Diagnostic::error(code, message).hint(hint).at(Some(place.clone())).pointer(&at));
        };
        let node = &entry.value;
        let Some(entries) = node.entries() else {
            error(
                Code::NotAMapping,
                format!("the parameter `{}` must be a mapping, not {}", entry.key, node.kind()),
                "write `Type: String` below it".to_owned(),
                &entry.key_location,
            );
            return None;
        };
        for unknown in entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
            error(
                Code::UnknownParameterKey,
                format!("unknown parameter key `{}`", unknown.key),
                suggestion::hint(&unknown.key, KEYS.iter().copied()),
                &unknown.key_location,
            );
        }
        let type_name = node.get("Type").and_then(Node::as_str);
        let kind = type_name.and_then(kind);
        if kind.is_none() {
            let place = node.entry("Type").map_or(&entry.key_location, |entry| &entry.key_location);
            error(
                Code::ParameterType,
                format!("the parameter `{}` must have a `Type` that CloudFormation supports", entry.key),
                "use `String`, `Number`, `CommaDelimitedList` or `List<Number>`".to_owned(),
                place,
            );
        }
        for name in ["MinLength", "MaxLength", "MinValue", "MaxValue"] {
            if let Some(limit) = node.entry(name).filter(|_| decimal(node, name).is_none()) {
                error(
                    Code::WrongType,
                    format!("`{name}` must be a number, not {}", limit.value.kind()),
                    "write it without a unit".to_owned(),
                    &limit.key_location,
                );
            }
        }
        let text = |name: &str| node.get(name).and_then(Node::scalar_text);
        if let Some(default) = node.entry("Default").filter(|_| text("Default").is_none()) {
            error(
                Code::WrongType,
                format!("a default must be a string, not {}", default.value.kind()),
                "write a list as one comma-separated string".to_owned(),
                &default.key_location,
            );
        }
        Some(Self {
            name: entry.key.clone(),
            place: entry.key_location.clone(),
            kind: kind.unwrap_or(Kind::Text),
            is_stored: type_name.is_some_and(|name| stored_type(name).is_some()),
            default: text("Default"),
            allowed_values: node
                .get("AllowedValues")
                .and_then(Node::items)
                .map(|items| items.iter().filter_map(Node::scalar_text).collect())
                .unwrap_or_default(),
            allowed_pattern: text("AllowedPattern"),
            length: (decimal(node, "MinLength"), decimal(node, "MaxLength")),
            range: (decimal(node, "MinValue"), decimal(node, "MaxValue")),
            constraint: text("ConstraintDescription"),
            no_echo: text("NoEcho").is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
        })
    }

    /// True for a type of lists.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::TextList | Kind::NumberList)
    }

    /// True if there is no default.
    pub(super) fn needs_value(&self) -> bool {
        self.default.is_none()
    }

    /// The name of the SSM parameter whose value this parameter has, unless a value is given.
    pub(super) fn stored_name<'v>(&'v self, given: Option<&'v String>) -> Option<&'v str> {
        let name = given.or(self.default.as_ref()).filter(|_| self.is_stored)?;
        (given.is_none() || name.starts_with('/')).then_some(name.as_str())
    }

    /// The value that `Ref` gives: from `--param`, else the default. `None` when it is not known, or
    /// when it is invalid, which is recorded as a problem. Of a parameter with the type of an SSM parameter, what is given is
    /// the value, unless it looks like the name of an SSM parameter; `stored` is the value of that.
    pub(super) fn value(
        &self,
        given: Option<&String>,
        stored: Option<&String>,
        for_reading: bool,
        is_used: &dyn Fn(&str) -> bool,
        problems: &mut Problems,
        secrets: &mut BTreeSet<String>,
    ) -> Option<Value> {
        let given = given.filter(|text| !(self.is_stored && text.starts_with('/')));
        let Some(text) = given.or(self.default.as_ref()) else {
            let lacks = format!("the parameter `{}` has no value and no default", self.name);
            let hint = format!("add `--param {}=VALUE`", self.name);
            match for_reading {
                true => problems.add(
                    self.place(
                        Diagnostic::note(
                            Code::MissingParameter,
                            format!("{lacks}: values that depend on it are unknown"),
                        )
                        .hint(hint),
                    ),
                ),
                false => self.error(Code::MissingParameter, lacks, hint, problems),
            }
            return None;
        };
        let text = if self.is_stored && given.is_none() { stored.unwrap_or(text) } else { text };
        if self.no_echo && !text.is_empty() {
            secrets.insert(text.clone());
        }
        if self.no_echo && given.is_none() && !self.is_stored && !text.is_empty() && !text.starts_with("{{resolve:") {
            let message = format!(
                "the parameter `{}` is `NoEcho`, but its default is in the template, where everyone who has the file can \
                 read it",
                self.name
            );
            let hint = format!("remove `Default`, and set the value with `--param {}=VALUE`", self.name);
            problems.add(self.place(Diagnostic::warning(Code::NoEchoDefault, message).hint(hint)));
        }
        if self.is_stored && given.is_none() && stored.is_none() {
            if for_reading && is_used(&self.name) {
                let message = format!(
                    "the parameter `{}` has the value of the SSM parameter `{text}`, which is not read: values that depend \
                     on it are unknown",
                    self.name
                );
                let hint = format!("add `--param {}=VALUE`", self.name);
                problems.add(self.place(Diagnostic::note(Code::MissingParameter, message).hint(hint)));
            }
            return None;
        }
        let parts: Vec<&str> = match self.kind {
            // The text of a list is split at commas and trimmed, as CloudFormation does.
            Kind::TextList | Kind::NumberList if text.is_empty() => Vec::new(),
            Kind::TextList | Kind::NumberList => text.split(',').map(str::trim).collect(),
            _ => vec![text],
        };
        let before = problems.list.len();
        // The limits of an SSM type are those of the name.
        for part in parts.iter().filter(|_| !self.is_stored) {
            self.check(part, given.is_some(), problems);
        }
        if problems.list.len() > before {
            return None;
        }
        let convert = |part: &&str| match self.kind {
            Kind::Number | Kind::NumberList => yaml::number(part).map_or_else(|| Value::from(*part), Value::Number),
            _ => Value::from(*part),
        };
        match self.kind {
            Kind::TextList | Kind::NumberList => Some(parts.iter().map(convert).collect()),
            _ => parts.first().map(convert),
        }
    }

    fn check(&self, text: &str, is_given: bool, problems: &mut Problems) {
        let shown = if self.no_echo { "(sensitive)" } else { text };
        let mut refuse = |why: String, hint: String| {
            let hint = self.constraint.clone().unwrap_or(hint);
            let message = format!("`{shown}` is not a valid value for the parameter `{}`: {why}", self.name);
            let problem = self.place(Diagnostic::error(Code::ParameterValue, message).hint(hint));
            if is_given { problems.misuse(problem) } else { problems.add(problem) }
        };
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == text) {
            let hint = suggestion::hint(text, self.allowed_values.iter().map(String::as_str));
            return refuse("it is not one of `AllowedValues`".to_owned(), hint);
        }
        if matches!(self.kind, Kind::Number | Kind::NumberList) {
            match text.parse::<Decimal>() {
                Ok(number) if outside(number, self.range) => {
                    return refuse(
                        format!("it is not {}", bounds(self.range)),
                        "use a value within the limits".to_owned(),
                    );
                }
                Ok(_) => {}
                Err(_) => {
                    return refuse("it is not a number".to_owned(), "use a plain number".to_owned());
                }
            }
        }
        let length = Decimal::from(text.chars().count());
        if outside(length, self.length) {
            let why = format!("its length is {length}, which is not {}", bounds(self.length));
            return refuse(why, "use a value within the limits".to_owned());
        }
        if let Some(pattern) = &self.allowed_pattern {
            // CloudFormation matches the whole text.
            let schema = json!({"type": "string", "pattern": format!("^(?:{pattern})$")});
            match jsonschema::validator_for(&schema) {
                Ok(validator) if !validator.is_valid(&json!(text)) => {
                    refuse(format!("it does not match `{pattern}`"), "see `AllowedPattern`".to_owned());
                }
                Ok(_) => {}
                Err(_) => problems.add(
                    Diagnostic::warning(
                        Code::ParameterPattern,
                        format!("the pattern of the parameter `{}` cannot be checked", self.name),
                    )
                    .hint("avoid extensions of Java regular expressions")
                    .at(Some(self.place.clone())),
                ),
            }
        }
    }

    fn error(&self, code: Code, message: String, hint: String, problems: &mut Problems) {
        problems.add(self.place(Diagnostic::error(code, message).hint(hint)));
    }

    fn place(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(Some(self.place.clone())).pointer(pointer::join("/Parameters", &self.name))
    }
}

/// The type of the value of an SSM parameter.
fn stored_type(name: &str) -> Option<&str> {
    name.strip_prefix("AWS::SSM::Parameter::Value<")?.strip_suffix('>')
}

fn kind(name: &str) -> Option<Kind> {
    match stored_type(name).unwrap_or(name) {
        "String" => Some(Kind::Text),
        "Number" => Some(Kind::Number),
        "CommaDelimitedList" => Some(Kind::TextList),
        "List<Number>" => Some(Kind::NumberList),
        name if name.starts_with("List<") && name.ends_with('>') => Some(Kind::TextList),
        name if name.starts_with("AWS::") => Some(Kind::Text),
        _ => None,
    }
}

fn decimal(node: &Node, key: &str) -> Option<Decimal> {
    node.get(key)?.scalar_text()?.parse().ok()
}

fn outside(value: Decimal, (least, most): (Option<Decimal>, Option<Decimal>)) -> bool {
    least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most)
}

fn bounds((least, most): (Option<Decimal>, Option<Decimal>)) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("between {least} and {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => "limited".to_owned(),
    }
}
