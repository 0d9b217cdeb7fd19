//! Writes a template in various equivalent notations.

use std::fmt::Write;

use serde_json::Value;

use super::random::Random;

/// The notation of a template.
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

/// Returns the text of the template.
pub fn write(template: &Value, style: Style, random: &mut Random) -> String {
    let text = match style {
        Style::JsonLine => json(template.to_string()),
        Style::JsonSpaces => json(serde_json::to_string_pretty(template).unwrap()),
        Style::JsonTabs => json(serde_json::to_string_pretty(template).unwrap()).replace("\n  ", "\n\t"),
        Style::JsonEscaped => escaped(&json(template.to_string())),
        Style::Short | Style::Long | Style::Flow => {
            let mut writer = Yaml { style, random: &mut *random, text: String::new() };
            writer.preamble();
            writer.node(template, 0, false);
            writer.text.push('\n');
            writer.text
        }
    };
    let text = if random.once_in(5) { text.replace('\n', "\r\n") } else { text };
    if random.once_in(6) { format!("\u{feff}{text}") } else { text }
}

/// Escapes the one character that is valid in JSON but not in YAML.
fn json(text: String) -> String {
    text.replace('\u{7f}', "\\u007f")
}

/// Escapes like Python's `json.dumps`: surrogate pairs for characters outside the basic multilingual plane.
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
    random: &'a mut Random,
    text: String,
}

impl Yaml<'_> {
    fn preamble(&mut self) {
        if self.random.once_in(4) {
            self.text.push_str("# A comment: with a colon, [brackets and 'a quote\n");
        }
        if self.random.once_in(4) {
            self.text.push_str("---\n");
        }
    }

    /// `inline` means that the line already has content, such as a key.
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
                        // A collection on separate lines is always valid.
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
        if self.random.once_in(40) {
            self.text.push_str("  # a comment");
        }
        if self.random.once_in(60) {
            self.text.push('\n');
        }
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(indent));
    }

    /// Returns the short-form tag of a function and its argument.
    fn short<'v>(&self, value: &'v Value) -> Option<(String, &'v Value)> {
        let map = value.as_object().filter(|map| map.len() == 1 && self.style == Style::Short)?;
        let (key, argument) = map.iter().next()?;
        let name = if key == "Ref" { "Ref" } else { key.strip_prefix("Fn::")? };
        // Nested tags on one line are not valid YAML.
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
        } else if self.random.once_in(2) && text.chars().all(|c| c >= ' ' && c != '\u{7f}' && c.is_ascii()) {
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

/// Returns the value in double quotes, with escapes for characters that YAML does not allow.
fn quoted(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if is_plain(text) {
        return text.to_owned();
    }
    escaped(&json(value.to_string()))
}

/// Returns true for a string that needs no quotes in any context.
fn is_plain(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    is_word
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
}
