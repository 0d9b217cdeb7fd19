//! What a user is told of one place that does not fit its schema.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::nearest;
use super::pointer;
use super::tree::Place;
use crate::codes::Code;

pub(super) const READ_ONLY: Code = Code::ReadOnlyProperty;
const WRONG_TYPE: Code = Code::WrongType;
/// Longer lists of allowed values are cut: nobody reads 300 instance types.
const LISTED_VALUES: usize = 12;

/// One place where user input does not fit the type's schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// JSON pointer to the value, or to where it is missing.
    pub pointer: String,
    /// What kind of violation it is.
    pub code: Code,
    /// What is wrong, in one sentence without a final stop.
    pub message: String,
    /// What the schema asks for.
    pub expected: Option<String>,
    /// What was written, shortened; never a write-only value.
    pub found: Option<String>,
    /// What was most likely meant.
    pub suggestion: Option<String>,
}

impl Violation {
    fn new(pointer: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self { pointer, code, message, expected: None, found: None, suggestion: None }
    }

    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    fn found(mut self, value: &Value) -> Self {
        self.found = Some(shown(value));
        self
    }

    pub(super) fn hide_value(&mut self) {
        if self.found.is_some() {
            self.found = Some("(sensitive)".to_owned());
        }
    }
}

pub(super) fn unknown_type(type_name: &str, suggestion: Option<&str>) -> Violation {
    let mut violation = Violation::new("", Code::UnknownType, format!("there is no resource type {type_name}"));
    violation.suggestion = suggestion.map(str::to_owned);
    violation
}

pub(super) fn read_only(place: String) -> Violation {
    let message = format!("{} is set by the service and cannot be given", name_of(&place));
    Violation::new(place, READ_ONLY, message)
}

pub(super) fn null(place: String) -> Violation {
    let message = format!("{} is null; leave it out instead", name_of(&place));
    Violation::new(place, WRONG_TYPE, message).found(&Value::Null)
}

/// What one error of the validator means to a user; several where it names several properties.
pub(super) fn from_error(error: &ValidationError<'_>, root: &Value) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    let value = error.instance().as_ref();
    let name = name_of(at);
    let make = |code, message: String| Violation::new(at, code, message);
    let length = |what: &str, limit: &u64| {
        let count = value.as_str().map_or(0, |text| text.chars().count());
        make(Code::WrongLength, format!("{name} must have {what} {limit} characters, not {count}")).found(value)
    };
    let count = |what: &str, limit: &u64| {
        let count = value.as_array().map(Vec::len).or(value.as_object().map(serde_json::Map::len)).unwrap_or(0);
        make(Code::WrongCount, format!("{name} must have {what} {limit} entries, not {count}"))
    };
    let range = |what: &str, limit: &Value| {
        make(Code::OutOfRange, format!("{name} must be {what} {limit}"))
            .expected(format!("{what} {limit}"))
            .found(value)
    };
    let violation = match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            return unknown_properties(at, unexpected, root);
        }
        Kind::Required { property } => {
            let missing = property.as_str().unwrap_or_default();
            let message = match at {
                "" => format!("{missing} is required"),
                _ => format!("{missing} is required in {name}"),
            };
            Violation::new(pointer::join(at, missing), Code::MissingProperty, message)
        }
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(set) => set.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
            };
            let message = format!("{name} must be of type {expected}, not {}", type_of(value));
            make(WRONG_TYPE, message).expected(expected).found(value)
        }
        Kind::Enum { options } => not_allowed(make, &name, value, options.as_array().map_or(&[], Vec::as_slice)),
        Kind::Constant { expected_value } => {
            not_allowed(make, &name, value, std::slice::from_ref(expected_value.as_ref()))
        }
        Kind::Pattern { pattern } => {
            make(Code::PatternMismatch, format!("{name} does not match the pattern {pattern}"))
                .expected(pattern.as_str())
                .found(value)
        }
        Kind::MinLength { limit } => length("at least", limit),
        Kind::MaxLength { limit } => length("at most", limit),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => count("at least", limit),
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => count("at most", limit),
        Kind::Minimum { limit } => range("at least", limit),
        Kind::Maximum { limit } => range("at most", limit),
        Kind::ExclusiveMinimum { limit } => range("more than", limit),
        Kind::ExclusiveMaximum { limit } => range("less than", limit),
        Kind::UniqueItems => make(Code::DuplicateItems, format!("{name} has the same entry twice")),
        Kind::Not { schema } => match required_names(schema) {
            Some(names) => {
                make(Code::ConflictingProperties, format!("{} cannot be given together", names.join(" and ")))
            }
            None => make(Code::NotAllowed, format!("{name} has a form that is not allowed")),
        },
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => no_form(make, &name, context),
        Kind::OneOfMultipleValid { .. } => several_forms(make, error, &name, value, root),
        _ => make(Code::NotAllowed, format!("{name} is not valid: {}", error.masked())),
    };
    vec![violation]
}

fn unknown_properties(at: &str, unexpected: &[String], root: &Value) -> Vec<Violation> {
    let place = pointer::tokens(at).iter().fold(Place::root(root), |place, token| place.child(token));
    let known = place.property_names();
    let describe = |property: &String| {
        let owner = if at.is_empty() { "the resource type".to_owned() } else { name_of(at) };
        let message = format!("{property} is not a property of {owner}");
        let mut violation = Violation::new(pointer::join(at, property), Code::UnknownProperty, message);
        violation.suggestion = nearest(property, known.iter().copied()).map(str::to_owned);
        violation
    };
    unexpected.iter().map(describe).collect()
}

fn not_allowed(make: impl Fn(Code, String) -> Violation, name: &str, value: &Value, options: &[Value]) -> Violation {
    let texts: Vec<String> = options.iter().map(plain).collect();
    let mut listed = texts.iter().take(LISTED_VALUES).cloned().collect::<Vec<_>>().join(", ");
    if texts.len() > LISTED_VALUES {
        listed.push_str(&format!(" and {} more", texts.len() - LISTED_VALUES));
    }
    let mut violation = make(Code::NotAllowed, format!("{name} must be one of {listed}")).expected(listed).found(value);
    violation.suggestion =
        value.as_str().and_then(|text| nearest(text, texts.iter().map(String::as_str))).map(str::to_owned);
    violation
}

/// No alternative fits. Where all of them only ask for properties, that is what is missing.
fn no_form(
    make: impl Fn(Code, String) -> Violation,
    name: &str,
    context: &[Vec<ValidationError<'static>>],
) -> Violation {
    let missing: Option<Vec<&str>> = context
        .iter()
        .map(|errors| match errors.as_slice() {
            [only] => match only.kind() {
                Kind::Required { property } => property.as_str(),
                _ => None,
            },
            _ => None,
        })
        .collect();
    match missing {
        Some(names) if !names.is_empty() => {
            make(Code::MissingProperty, format!("one of {} is required", names.join(", ")))
        }
        _ => make(Code::NoFormFits, format!("{name} fits none of the forms that the schema allows")),
    }
}

/// More than one alternative fits where only one may: usually properties that exclude each other.
fn several_forms(
    make: impl Fn(Code, String) -> Violation,
    error: &ValidationError<'_>,
    name: &str,
    value: &Value,
    root: &Value,
) -> Violation {
    let options = root.pointer(error.schema_path().as_str()).and_then(Value::as_array);
    let given: Vec<&str> = options
        .into_iter()
        .flatten()
        .filter_map(required_names)
        .flatten()
        .filter(|name| value.get(name).is_some())
        .collect();
    match given.as_slice() {
        [_, _, ..] => make(Code::ConflictingProperties, format!("only one of {} can be given", given.join(", "))),
        _ => make(Code::NoFormFits, format!("{name} fits several forms of which only one is allowed")),
    }
}

/// The names in a schema that is nothing but `{"required": [..]}`.
fn required_names(schema: &Value) -> Option<Vec<&str>> {
    let names = schema.as_object().filter(|map| map.len() == 1)?.get("required")?.as_array()?;
    Some(names.iter().filter_map(Value::as_str).collect())
}

/// How a place is called in a sentence: its pointer without the leading slash.
fn name_of(at: &str) -> String {
    if at.is_empty() { "the resource".to_owned() } else { pointer::tokens(at).join(".") }
}

/// A value's type, as JSON Schema calls it.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(value: &Value) -> String {
    const LIMIT: usize = 80;
    let text = value.to_string();
    if text.chars().count() <= LIMIT { text } else { text.chars().take(LIMIT).chain(['…']).collect() }
}
