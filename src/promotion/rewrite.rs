//! Rewrites a configuration of the source environment into the target environment's values, and
//! finds values that could not be translated.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::index::Replacement;
use super::json_text::{self, Content, Literal};
use super::names::{Renamed, replace_word};
use super::place::{self, Place};
pub use super::rewritten::{Carried, OPAQUE, Rewriter, Rewritten, Subject, Unmapped, UnmappedKind};
use super::text::Spot;
use super::{typed, versions};
use crate::domain::plan::Rewrite;
use crate::domain::pointer;

impl Rewriter<'_> {
    /// Rewrites every string of a document of an unknown type.
    pub fn rewrite(&self, document: &Value) -> Rewritten {
        self.rewritten(None, document)
    }

    /// Rewrites every string of a resource's configuration.
    pub fn rewrite_of(&self, subject: &Subject<'_>, document: &Value) -> Rewritten {
        self.rewritten(Some(subject), document)
    }

    fn rewritten(&self, subject: Option<&Subject<'_>>, document: &Value) -> Rewritten {
        let mut record = Rewritten::default();
        let value = self.walk(subject, document, "", &mut record);
        record.value = value;
        record.carried.dedup();
        record
    }

    /// Translates every known value in a tag's value. What cannot be translated is kept and listed: a tag is not a
    /// reference.
    pub fn rewrite_tag(&self, text: &str, at: &str, carried: &mut Vec<Carried>) -> String {
        let mut record = Rewritten::default();
        let value = self.translated(&Spot::plain(at, Place::Prose), text, &mut record);
        let left = record.unmapped.into_iter();
        carried.extend(left.map(|left| Carried { pointer: left.pointer, value: left.value, reason: IN_TAG }));
        carried.append(&mut record.carried);
        match value {
            Value::String(text) => text,
            _ => text.to_owned(),
        }
    }

    fn walk(&self, subject: Option<&Subject<'_>>, value: &Value, at: &str, record: &mut Rewritten) -> Value {
        match value {
            Value::String(text) => self.text(subject, text, (at, None), record),
            Value::Number(number) => self.number(number, at, record),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.walk(subject, item, &pointer::join(at, &index.to_string()), record))
                .collect(),
            Value::Object(map) => {
                let mut rewritten = Map::new();
                for (key, child) in map {
                    let place = pointer::join(at, key);
                    // Account ids and ARNs also occur as keys: Condition operators, map properties.
                    let new_key = self.key(key, &place, record);
                    let value = match child {
                        Value::String(text) => self.text(subject, text, (&place, typed::setting(map, key)), record),
                        child => self.walk(subject, child, &place, record),
                    };
                    rewritten.insert(new_key, value);
                }
                Value::Object(rewritten)
            }
            other => other.clone(),
        }
    }

    /// The account id may also be a number (`aws:SourceAccount`).
    fn number(&self, number: &serde_json::Number, at: &str, record: &mut Rewritten) -> Value {
        let (from, to) = (self.accounts.0.as_str(), self.accounts.1.as_str());
        if from == to || number.as_u64() != from.parse().ok() {
            return Value::Number(number.clone());
        }
        record.rewrites.push(Rewrite {
            pointer: at.to_owned(),
            before: from.to_owned(),
            after: to.to_owned(),
            reason: "account".into(),
        });
        // As a number, an id would lose its leading zero.
        match to.parse::<u64>() {
            Ok(id) if !to.starts_with('0') => Value::from(id),
            _ => Value::String(to.to_owned()),
        }
    }

    fn text(
        &self,
        subject: Option<&Subject<'_>>,
        text: &str,
        (at, setting): (&str, Option<&str>),
        record: &mut Rewritten,
    ) -> Value {
        let place = place::of(subject.map(|subject| subject.schema), at, text);
        match place {
            Place::Data => {
                self.carry_tokens(text, at, record);
                return Value::String(text.to_owned());
            }
            Place::Local => return self.local(subject, text, at, record),
            Place::Prose | Place::Value => {}
        }
        if let Some(function) =
            subject.filter(|one| versions::is_number(one.schema, at, text)).and_then(|one| one.function)
        {
            return self.version(function, text, at, record);
        }
        let mut targets = subject.map(|subject| typed::targets(subject.schema, at)).unwrap_or_default();
        targets.retain(|target| setting.is_none_or(|setting| typed::is_of_setting(target, setting)));
        let is_known = self.index.get(text).is_some();
        if let Some(partner) = self.tokens.partner(text).filter(|_| targets.is_empty() && !is_known) {
            record.rewrites.push(Rewrite {
                pointer: at.to_owned(),
                before: text.to_owned(),
                after: partner.clone(),
                reason: "environment name".into(),
            });
            return Value::String(partner);
        }
        if targets.is_empty()
            && !is_known
            && let Some(decoded) = decoded(text)
        {
            return self.encoded(subject, text, &decoded, at, record);
        }
        // A property that may hold references, such as a state machine's definition, holds them in the document.
        if place == Place::Value
            && !is_known
            && let Some(literals) = json_text::literals(text)
        {
            return self.json(subject, text, &literals, at, record);
        }
        self.translated(&Spot { subject, at, targets, ..Spot::plain(at, place) }, text, record)
    }

    /// Translates the number of a version of a function.
    fn version(&self, function: &str, number: &str, at: &str, record: &mut Rewritten) -> Value {
        let entry = self.index.get(&versions::key(function, number));
        let owners = entry.into_iter().flat_map(|entry| &entry.owners);
        record.references.extend(owners.clone().cloned());
        record.required.extend(owners.cloned());
        let (new, after) = match entry.map(|entry| &entry.replacement) {
            Some(Replacement::Known(there)) => (Value::String(there.clone()), there.clone()),
            Some(Replacement::Attribute { logical_id, attribute }) => {
                (json!({"Fn::GetAtt": [logical_id, attribute]}), format!("${{{logical_id}.{attribute}}}"))
            }
            known => {
                let function = versions::name_of(function);
                let (what, kind) = match known {
                    Some(_) => ("which has no counterpart", UnmappedKind::NoCounterpart),
                    None => ("which was not found", UnmappedKind::Unknown),
                };
                let reason = format!("is a version of the function {function}, {what}");
                let (pointer, value) = (at.to_owned(), number.to_owned());
                record.unmapped.push(Unmapped { pointer, value, reason, kind });
                return Value::String(number.to_owned());
            }
        };
        let (pointer, before) = (at.to_owned(), number.to_owned());
        record.rewrites.push(Rewrite { pointer, before, after, reason: "number of the version".to_owned() });
        new
    }

    /// Rewrites a JSON document in a string. Only the strings and numbers that change are written again.
    fn json(
        &self,
        subject: Option<&Subject<'_>>,
        text: &str,
        literals: &[Literal],
        at: &str,
        record: &mut Rewritten,
    ) -> Value {
        let mut inner = Rewritten::default();
        let (mut shown, mut template, mut is_symbolic) = (String::new(), String::new(), false);
        let mut done = 0;
        for literal in literals {
            let place = format!("{at}{}", literal.at);
            let new = match &literal.content {
                Content::Key(key) => self.key(key, &place, &mut inner).into(),
                Content::Text(content) => self.text(subject, content, (&place, None), &mut inner),
                Content::Number(number) => self.number(number, &place, &mut inner),
            };
            let is_same = match &literal.content {
                Content::Key(content) | Content::Text(content) => new.as_str() == Some(content),
                Content::Number(number) => new == Value::Number(number.clone()),
            };
            if is_same {
                continue;
            }
            let (written, is_template) = match written(&new) {
                Some(written) => written,
                None => {
                    let reason =
                        "is within base64 in a JSON text, and the value that it refers to is not known before \
                                  apply"
                            .to_owned();
                    let (pointer, value) = (place, text[literal.start..literal.end].to_owned());
                    inner.unmapped.push(Unmapped { pointer, value, reason, kind: UnmappedKind::Key });
                    continue;
                }
            };
            let before = &text[done..literal.start];
            shown.push_str(before);
            shown.push_str(&written);
            template.push_str(&escaped(before));
            template.push_str(&if is_template { written } else { escaped(&written) });
            is_symbolic |= is_template;
            done = literal.end;
        }
        shown.push_str(&text[done..]);
        template.push_str(&escaped(&text[done..]));
        // What was found is reported for the property, which is what an override can set.
        record.unmapped.extend(inner.unmapped.into_iter().map(|left| Unmapped { pointer: at.to_owned(), ..left }));
        record.carried.extend(inner.carried.into_iter().map(|left| Carried { pointer: at.to_owned(), ..left }));
        record.references.extend(inner.references);
        record.required.extend(inner.required);
        if done > 0 {
            let mut reasons: Vec<String> = inner.rewrites.into_iter().map(|rewrite| rewrite.reason).collect();
            reasons.sort();
            reasons.dedup();
            record.rewrites.push(Rewrite {
                pointer: at.to_owned(),
                before: text.to_owned(),
                after: shown.clone(),
                reason: reasons.join(", "),
            });
        }
        if is_symbolic { json!({"Fn::Sub": template}) } else { Value::String(shown) }
    }

    /// Translates a key of an object.
    fn key(&self, key: &str, place: &str, record: &mut Rewritten) -> String {
        match self.translated(&Spot::key(place), key, record) {
            Value::String(text) => text,
            _ => {
                let reason = "is an object key, and the value that it refers to is not known before apply".to_owned();
                record.unmapped.push(Unmapped {
                    pointer: place.to_owned(),
                    value: key.to_owned(),
                    reason,
                    kind: UnmappedKind::Key,
                });
                key.to_owned()
            }
        }
    }

    /// Renames a name that is local to the resource, as the resource is renamed.
    fn local(&self, subject: Option<&Subject<'_>>, text: &str, at: &str, record: &mut Rewritten) -> Value {
        let own = subject.and_then(|subject| subject.names);
        let after_own = own.map_or_else(|| text.to_owned(), |(before, after)| replace_word(text, before, after));
        let new = match self.index.get(text) {
            Some(entry) if entry.owners.is_empty() => match &entry.replacement {
                Replacement::Known(there) => there.clone(),
                _ => after_own,
            },
            _ if after_own != text => after_own,
            _ => match self.tokens.rename(text) {
                Renamed::To(new) => new,
                Renamed::NoToken => text.to_owned(),
                Renamed::Ambiguous => {
                    self.carry_tokens(text, at, record);
                    text.to_owned()
                }
                Renamed::AccountInWord => {
                    record.unmapped.push(self.account_in(text, at));
                    text.to_owned()
                }
            },
        };
        if new != text {
            record.rewrites.push(Rewrite {
                pointer: at.to_owned(),
                before: text.to_owned(),
                after: new.clone(),
                reason: "name within the resource".into(),
            });
        }
        Value::String(new)
    }

    /// Translates a text in base64, such as user data.
    fn encoded(
        &self,
        subject: Option<&Subject<'_>>,
        text: &str,
        decoded: &str,
        at: &str,
        record: &mut Rewritten,
    ) -> Value {
        let first = record.rewrites.len();
        let new = self.translated(&Spot { subject, ..Spot::decoded(at) }, decoded, record);
        record.rewrites.truncate(first);
        if new.as_str() == Some(decoded) {
            return Value::String(text.to_owned());
        }
        let value = match new {
            Value::String(new) => Value::String(STANDARD.encode(new)),
            symbolic => json!({"Fn::Base64": symbolic}),
        };
        record.rewrites.push(Rewrite {
            pointer: at.to_owned(),
            before: text.to_owned(),
            after: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            reason: "values within base64".into(),
        });
        value
    }
}

/// A new value as JSON text, and whether it is a part of the template of `Fn::Sub`. `None` for a value that neither can
/// express.
fn written(new: &Value) -> Option<(String, bool)> {
    match new {
        Value::Object(map) => match (map.get("Fn::GetAtt"), map.get("Fn::Sub")) {
            (Some(attribute), _) => {
                let (logical_id, attribute) = (attribute.get(0)?.as_str()?, attribute.get(1)?.as_str()?);
                Some((format!("\"${{{logical_id}.{attribute}}}\""), true))
            }
            (None, Some(template)) => Some((template.to_string(), true)),
            (None, None) => None,
        },
        scalar => Some((scalar.to_string(), false)),
    }
}

/// A text as a literal part of the template of `Fn::Sub`.
fn escaped(text: &str) -> String {
    text.replace("${", "${!")
}

/// Why a value in a tag is carried over.
const IN_TAG: &str = "is a value of the source environment in a tag, which is not a reference";

/// The text that a string contains in base64, if it is long enough to be no accident.
pub(super) fn decoded(text: &str) -> Option<String> {
    if text.len() < 24 || !text.len().is_multiple_of(4) {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (decoded.chars().all(is_text) && decoded.is_ascii()).then_some(decoded)
}
