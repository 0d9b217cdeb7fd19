//! One template, written in many ways that all mean the same.

use std::fmt::Write;

use serde_json::Value;

use super::dice::Dice;

/// How a template is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// JSON on one line, indented with spaces or tabs, or with every character above ASCII escaped.
    JsonLine,
    JsonSpaces,
    JsonTabs,
    JsonEscaped,
    /// YAML in blocks with short tags, in blocks with the functions' long names, and in brackets.
    Short,
    Long,
    Flow,
}

pub const STYLES: &[Style] =
    &[Style::JsonLine, Style::JsonSpaces, Style::JsonTabs, Style::JsonEscaped, Style::Short, Style::Long, Style::Flow];

/// The template's text.
pub fn write(template: &Value, style: Style, dice: &mut Dice) -> String {
    let text = match style {
        Style::JsonLine => json(template.to_string()),
        Style::JsonSpaces => json(serde_json::to_string_pretty(template).unwrap()),
        Style::JsonTabs => json(serde_json::to_string_pretty(template).unwrap()).replace("\n  ", "\n\t"),
        Style::JsonEscaped => escaped(&json(template.to_string())),
        Style::Short | Style::Long | Style::Flow => {
            let mut writer = Yaml { style, dice: &mut *dice, text: String::new() };
            writer.preamble();
            writer.node(template, 0, false);
            writer.text.push('\n');
            writer.text
        }
    };
    let text = if dice.once_in(5) { text.replace('\n', "\r\n") } else { text };
    if dice.once_in(6) { format!("\u{feff}{text}") } else { text }
}

/// The one character that JSON takes as it is and the YAML reader does not.
fn json(text: String) -> String {
    text.replace('\u{7f}', "\\u007f")
}

/// As Python's `json.dumps` writes: surrogate pairs for what lies beyond the basic plane.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut units = [0; 2];
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").unwrap();
            }
        }
    }
    out
}

struct Yaml<'a> {
    style: Style,
    dice: &'a mut Dice,
    text: String,
}

impl Yaml<'_> {
    fn preamble(&mut self) {
        if self.dice.once_in(4) {
            self.text.push_str("# A comment: with a colon, [brackets and 'a quote\n");
        }
        if self.dice.once_in(4) {
            self.text.push_str("---\n");
        }
    }

    /// `inline` says that something stands on this line already, such as a key.
    fn node(&mut self, value: &Value, indent: usize, inline: bool) {
        if self.style == Style::Flow && indent > 0 {
            return self.flow(value, inline);
        }
        match value {
            Value::Object(map) if !map.is_empty() => {
                if let Some((tag, argument)) = self.short(value) {
                    self.gap(inline);
                    self.text.push_str(&tag);
                    return match argument {
                        Value::Object(map) if map.is_empty() => self.text.push_str(" {}"),
                        Value::Array(items) if items.is_empty() => self.text.push_str(" []"),
                        scalar @ (Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
                            self.scalar(scalar, indent, true);
                        }
                        nested => self.node(nested, indent.max(1), true),
                    };
                }
                for (position, (key, child)) in map.iter().enumerate() {
                    if position > 0 || inline {
                        self.line(indent);
                    }
                    let key = Value::from(key.as_str());
                    self.text.push_str(&quoted(&key));
                    self.text.push(':');
                    self.node(child, indent + 1, true);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (position, item) in items.iter().enumerate() {
                    if position > 0 || inline {
                        self.line(indent);
                    }
                    self.text.push('-');
                    match item {
                        // A collection goes on lines of its own, which is always right.
                        Value::Object(_) | Value::Array(_) => self.node(item, indent + 1, true),
                        scalar => self.scalar(scalar, indent + 1, true),
                    }
                }
            }
            scalar => self.scalar(scalar, indent, inline),
        }
    }

    fn gap(&mut self, inline: bool) {
        if inline {
            self.text.push(' ');
        }
    }

    fn line(&mut self, indent: usize) {
        if self.dice.once_in(40) {
            self.text.push_str("  # said in passing");
        }
        if self.dice.once_in(60) {
            self.text.push('\n');
        }
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(indent));
    }

    /// The short tag of a function call and its argument.
    fn short<'v>(&self, value: &'v Value) -> Option<(String, &'v Value)> {
        let map = value.as_object().filter(|map| map.len() == 1 && self.style == Style::Short)?;
        let (key, argument) = map.iter().next()?;
        let name = if key == "Ref" { "Ref" } else { key.strip_prefix("Fn::")? };
        // A tag within a tag on one line is no YAML.
        let is_nested = argument.as_object().is_some_and(|inner| inner.len() == 1);
        let is_known = !name.contains("::") && name != "Transform";
        (is_known && !is_nested).then(|| (format!("!{name}"), argument))
    }

    fn scalar(&mut self, value: &Value, indent: usize, inline: bool) {
        self.gap(inline);
        let Value::String(text) = value else {
            self.text.push_str(&value.to_string());
            return;
        };
        let can_be_literal = text.ends_with('\n')
            && text.trim_end_matches('\n').len() + 1 == text.len()
            && text.len() > 1
            && !text.starts_with([' ', '\n'])
            && text.chars().all(|c| c == '\n' || (c >= ' ' && c.is_ascii() && c != '\u{7f}'));
        if can_be_literal && indent > 0 {
            self.text.push('|');
            for line in text.trim_end_matches('\n').split('\n') {
                self.text.push('\n');
                self.text.push_str(&"  ".repeat(indent));
                self.text.push_str(line);
            }
            return;
        }
        if is_plain(text) {
            self.text.push_str(text);
        } else if self.dice.once_in(2) && text.chars().all(|c| c >= ' ' && c != '\u{7f}' && c.is_ascii()) {
            write!(self.text, "'{}'", text.replace('\'', "''")).unwrap();
        } else {
            self.text.push_str(&quoted(value));
        }
    }

    fn flow(&mut self, value: &Value, inline: bool) {
        self.gap(inline);
        match value {
            Value::Object(map) => {
                self.text.push_str("{ ");
                for (position, (key, child)) in map.iter().enumerate() {
                    if position > 0 {
                        self.text.push_str(", ");
                    }
                    self.text.push_str(&quoted(&Value::from(key.as_str())));
                    self.text.push(':');
                    self.flow(child, true);
                }
                self.text.push_str(" }");
            }
            Value::Array(items) => {
                self.text.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        self.text.push_str(", ");
                    }
                    self.flow(item, false);
                }
                self.text.push(']');
            }
            scalar => self.scalar(scalar, 0, false),
        }
    }
}

/// As it stands in double quotes; what YAML does not take in them as it is becomes an escape.
fn quoted(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if is_plain(text) {
        return text.to_owned();
    }
    escaped(&json(value.to_string()))
}

/// True for a text that needs no quotes anywhere.
fn is_plain(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    is_word
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
}
