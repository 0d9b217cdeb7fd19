//! Resolution of each function, complete or partial.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{MAX_TEXT, NO_VALUE, Resolver, Symbol, call, text_of};
use crate::domain::pointer;
use crate::domain::symbol::{has_unknown, is_intrinsic};

impl Resolver<'_> {
    /// Resolves one call; `at` points to its argument.
    pub(super) fn call(&mut self, function: &str, argument: &Value, at: &str) -> Option<Value> {
        let resolved = match function {
            "Ref" => match argument.as_str() {
                Some(NO_VALUE) => return None,
                Some(name) => (self.lookup)(&Symbol::Ref(name.to_owned())),
                None => {
                    self.problem(at, "`Ref` takes the name of a parameter or resource");
                    None
                }
            },
            "Fn::If" => return self.choose(argument, at),
            "Fn::GetAtt" => return Some(self.get_att(argument, at)),
            "Fn::Sub" => return Some(self.sub(argument, at)),
            "Fn::Join" => return Some(self.join(argument, at)),
            "Fn::Select" => return Some(self.select(argument, at)),
            "Fn::Split" => return Some(self.split(argument, at)),
            "Fn::FindInMap" => return Some(self.find_in_map(argument, at)),
            "Fn::GetAZs" => return Some(self.get_azs(argument, at)),
            "Fn::Cidr" => return Some(self.cidr(argument, at)),
            "Fn::Length" => return Some(self.length(argument, at)),
            "Fn::ToJsonString" => return Some(self.json(argument, at)),
            "Fn::ImportValue" => {
                let name = self.argument(argument, at);
                let value = text_of(&name).and_then(|name| self.imports?.get(&name).cloned());
                return Some(value.map_or_else(|| call(function, name), Value::String));
            }
            "Fn::Base64" => {
                let text = self.argument(argument, at);
                return Some(match text_of(&text) {
                    Some(plain) if self.may_make(plain.len() / 3 * 4, at) => Value::String(STANDARD.encode(plain)),
                    _ => call(function, text),
                });
            }
            _ => None,
        };
        Some(resolved.unwrap_or_else(|| call(function, self.argument(argument, at))))
    }

    fn choose(&mut self, argument: &Value, at: &str) -> Option<Value> {
        let Some([Value::String(name), yes, no]) = argument.as_array().map(Vec::as_slice) else {
            self.problem(at, "`Fn::If` takes a condition's name and two values");
            return Some(call("Fn::If", argument.clone()));
        };
        let (yes_at, no_at) = (pointer::join(at, "1"), pointer::join(at, "2"));
        match (self.condition)(name) {
            Some(true) => self.value(yes, &yes_at),
            Some(false) => self.value(no, &no_at),
            None => {
                let (yes, no) = (self.argument(yes, &yes_at), self.argument(no, &no_at));
                Some(call("Fn::If", Value::from(vec![Value::from(name.as_str()), yes, no])))
            }
        }
    }

    fn get_att(&mut self, argument: &Value, at: &str) -> Value {
        let parts: Option<Vec<Value>> = match argument {
            Value::String(path) => {
                path.split_once('.').map(|(resource, attribute)| vec![Value::from(resource), Value::from(attribute)])
            }
            Value::Array(parts) if parts.len() >= 2 => Some(self.items(parts, at)),
            _ => None,
        };
        let Some(parts) = parts else {
            self.problem(at, "`Fn::GetAtt` takes a resource and one of its attributes, as in `Role.Arn`");
            return call("Fn::GetAtt", argument.clone());
        };
        let names: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
        let Some([resource, attribute @ ..]) = names.as_deref() else {
            return call("Fn::GetAtt", Value::from(parts));
        };
        let attribute = attribute.join(".");
        (self.lookup)(&Symbol::GetAtt((*resource).to_owned(), attribute.clone()))
            .unwrap_or_else(|| call("Fn::GetAtt", Value::from(vec![(*resource).to_owned(), attribute])))
    }

    fn sub(&mut self, argument: &Value, at: &str) -> Value {
        let (template, variables) = match argument {
            Value::String(template) => (template, Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(template)] => (template, Map::new()),
                [Value::String(template), Value::Object(variables)] => {
                    let at = pointer::join(at, "1");
                    let resolved = variables
                        .iter()
                        .map(|(name, value)| (name.clone(), self.argument(value, &pointer::join(&at, name))));
                    (template, resolved.collect())
                }
                _ => return self.misused_sub(argument, at),
            },
            _ => return self.misused_sub(argument, at),
        };
        let Some(pieces) = pieces(template) else {
            self.problem(at, format!("`Fn::Sub` has an unclosed `${{` in `{template}`"));
            return call("Fn::Sub", argument.clone());
        };
        let mut finished = String::new();
        // The text for a later attempt, in case a variable is not known yet.
        let mut remaining = String::new();
        let mut kept = Map::new();
        let mut known = true;
        for piece in pieces {
            if finished.len() > MAX_TEXT {
                break;
            }
            match piece {
                Piece::Text(text) => {
                    finished.push_str(text);
                    remaining.push_str(text);
                }
                Piece::Literal(name) => {
                    finished.push_str(&format!("${{{name}}}"));
                    remaining.push_str(&format!("${{!{name}}}"));
                }
                Piece::Variable(name) => {
                    let value = variables.get(name).cloned().or_else(|| (self.lookup)(&symbol(name)));
                    let text = value.as_ref().and_then(text_of);
                    if value.as_ref().is_some_and(|value| text.is_none() && !is_intrinsic(value)) {
                        self.problem(at, format!("`Fn::Sub` cannot substitute a list or an object for `${{{name}}}`"));
                    }
                    match text {
                        Some(text) if !text.contains("${") => {
                            finished.push_str(&text);
                            remaining.push_str(&text);
                        }
                        // Inserted into the template, a `${` of the value would be interpreted as a variable.
                        Some(text) => {
                            finished.push_str(&text);
                            remaining.push_str(&format!("${{{name}}}"));
                            kept.insert(name.to_owned(), Value::String(text));
                        }
                        None => {
                            known = false;
                            remaining.push_str(&format!("${{{name}}}"));
                            if let Some(value) = variables.get(name) {
                                kept.insert(name.to_owned(), value.clone());
                            }
                        }
                    }
                }
            }
        }
        if !self.may_make(finished.len(), at) {
            return call("Fn::Sub", argument.clone());
        }
        if known {
            return Value::String(finished);
        }
        let argument = match kept.is_empty() {
            true => Value::String(remaining),
            false => Value::from(vec![Value::String(remaining), Value::Object(kept)]),
        };
        call("Fn::Sub", argument)
    }

    fn misused_sub(&mut self, argument: &Value, at: &str) -> Value {
        self.problem(at, "`Fn::Sub` takes a string, or a string and a mapping of variables");
        call("Fn::Sub", argument.clone())
    }

    fn join(&mut self, argument: &Value, at: &str) -> Value {
        let Some([delimiter, list]) = argument.as_array().map(Vec::as_slice) else {
            self.problem(at, "`Fn::Join` takes a delimiter and a list");
            return call("Fn::Join", argument.clone());
        };
        let delimiter = self.argument(delimiter, &pointer::join(at, "0"));
        let list = self.argument(list, &pointer::join(at, "1"));
        if let (Value::String(delimiter), Value::Array(items)) = (&delimiter, &list) {
            let texts: Option<Vec<String>> = items.iter().map(text_of).collect();
            if let Some(texts) = texts {
                let length = texts.iter().map(|text| text.len() + delimiter.len()).sum();
                if !self.may_make(length, at) {
                    return call("Fn::Join", argument.clone());
                }
                return Value::String(texts.join(delimiter));
            }
            if items.iter().any(|item| text_of(item).is_none() && !is_intrinsic(item)) {
                self.problem(at, "`Fn::Join` can only join strings");
            }
        } else if !is_intrinsic(&list) && !list.is_array() {
            self.problem(at, "`Fn::Join` takes a delimiter and a list");
        }
        call("Fn::Join", Value::from(vec![delimiter, list]))
    }

    fn select(&mut self, argument: &Value, at: &str) -> Value {
        let Some([index, list]) = argument.as_array().map(Vec::as_slice) else {
            self.problem(at, "`Fn::Select` takes an index and a list");
            return call("Fn::Select", argument.clone());
        };
        let index = self.argument(index, &pointer::join(at, "0"));
        let list = self.argument(list, &pointer::join(at, "1"));
        let position = text_of(&index).map(|text| text.parse::<usize>());
        match (position, &list) {
            (Some(Err(_)), _) => self.problem(at, "the index of `Fn::Select` must be a non-negative integer"),
            (Some(Ok(position)), Value::Array(items)) => {
                // An undecided `Fn::If` may turn out to be no item at all.
                let counted = items.iter().take(position + 1);
                if counted.filter(|item| item.get("Fn::If").is_some()).count() == 0 {
                    match items.get(position) {
                        Some(item) => return item.clone(),
                        None => self.problem(
                            at,
                            format!("the index of `Fn::Select` is out of range for a list of {}", items.len()),
                        ),
                    }
                }
            }
            _ => {}
        }
        call("Fn::Select", Value::from(vec![index, list]))
    }

    fn split(&mut self, argument: &Value, at: &str) -> Value {
        let Some([delimiter, text]) = argument.as_array().map(Vec::as_slice) else {
            self.problem(at, "`Fn::Split` takes a delimiter and a string");
            return call("Fn::Split", argument.clone());
        };
        let delimiter = self.argument(delimiter, &pointer::join(at, "0"));
        let text = self.argument(text, &pointer::join(at, "1"));
        match (delimiter.as_str(), text_of(&text)) {
            (Some(""), _) => self.problem(at, "the delimiter of `Fn::Split` must not be empty"),
            (Some(delimiter), Some(text)) => {
                return Value::from(text.split(delimiter).map(Value::from).collect::<Vec<_>>());
            }
            _ => {}
        }
        call("Fn::Split", Value::from(vec![delimiter, text]))
    }

    /// `Fn::Length`: how many items a list has.
    fn length(&mut self, argument: &Value, at: &str) -> Value {
        let list = self.argument(argument, at);
        match &list {
            Value::Array(items) => return Value::from(items.len()),
            list if !is_intrinsic(list) => self.problem(at, "`Fn::Length` takes a list"),
            _ => {}
        }
        call("Fn::Length", list)
    }

    /// `Fn::ToJsonString`: the JSON text of an object or a list, once all of it is known.
    fn json(&mut self, argument: &Value, at: &str) -> Value {
        let document = self.argument(argument, at);
        match &document {
            Value::Object(_) | Value::Array(_) => {
                let text = (!has_unknown(&document)).then(|| document.to_string());
                if let Some(text) = text.filter(|text| self.may_make(text.len(), at)) {
                    return Value::String(text);
                }
            }
            _ => self.problem(at, "`Fn::ToJsonString` takes an object or a list"),
        }
        call("Fn::ToJsonString", document)
    }

    fn find_in_map(&mut self, argument: &Value, at: &str) -> Value {
        let Some(parts) = argument.as_array().filter(|parts| (3..=4).contains(&parts.len())) else {
            self.problem(at, "`Fn::FindInMap` takes a mapping and two keys");
            return call("Fn::FindInMap", argument.clone());
        };
        let parts = self.items(parts, at);
        let keys: Option<Vec<String>> = parts.iter().take(3).map(text_of).collect();
        let (Some(keys), Some(mappings)) = (keys, self.mappings) else {
            return call("Fn::FindInMap", Value::from(parts));
        };
        let mut found = Some(mappings);
        for key in &keys {
            found = found.and_then(|map| map.get(key));
        }
        if let Some(value) = found.or_else(|| parts.get(3)?.get("DefaultValue")) {
            return value.clone();
        }
        // A mapping that does not exist is reported earlier, with the other unknown names.
        if keys.first().is_some_and(|name| mappings.get(name).is_some()) {
            self.problem(at, format!("`Mappings` has no value at {}", keys.join(" → ")));
        }
        call("Fn::FindInMap", Value::from(parts))
    }
}

/// The symbol that a `${…}` of `Fn::Sub` names: with a dot it is an attribute.
fn symbol(name: &str) -> Symbol {
    match name.split_once('.') {
        Some((resource, attribute)) => Symbol::GetAtt(resource.to_owned(), attribute.to_owned()),
        None => Symbol::Ref(name.to_owned()),
    }
}

pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `${!Name}`, an escape for the text `${Name}`.
    Literal(&'a str),
    Variable(&'a str),
}

/// The pieces of a `Fn::Sub` text; `None` when a `${` is never closed.
pub(super) fn pieces(template: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        pieces.push(Piece::Text(&rest[..start]));
        let inside = &rest[start + 2..];
        let end = inside.find('}')?;
        let name = &inside[..end];
        pieces.push(match name.strip_prefix('!') {
            Some(literal) => Piece::Literal(literal),
            None => Piece::Variable(name.trim()),
        });
        rest = &inside[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}
