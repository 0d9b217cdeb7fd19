//! Rewrites a configuration of the source environment into the target environment's values, and
//! finds values that could not be translated.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::index::{Replacement, ValueIndex};
use super::names::Tokens;
use super::reference;
use crate::domain::plan::Rewrite;
use crate::domain::pointer;
use crate::domain::project::AccountId;
use crate::domain::resource::ResourceRef;
use crate::schema::Arn;

/// Why a reference cannot be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnmappedKind {
    /// It names a known resource, which has no counterpart.
    NoCounterpart,
    /// It may name several known resources, and their counterparts differ.
    Ambiguous,
    /// It is a key of an object, and its translation is not known before apply.
    Key,
    /// It matches no known resource.
    Unknown,
}

/// A reference that cannot be translated. A plan with one is rejected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// JSON pointer into the resource's properties.
    pub pointer: String,
    /// The value that would be wrong in the target environment.
    pub value: String,
    /// What it appears to be.
    pub reason: String,
    /// Why it cannot be translated.
    pub kind: UnmappedKind,
}

/// Rewrites documents from one environment for another.
#[derive(Debug)]
pub struct Rewriter<'a> {
    /// Values of known resources, the project's own map included.
    pub index: &'a ValueIndex,
    /// Account promoted from, and to.
    pub accounts: (&'a AccountId, &'a AccountId),
    /// Region promoted from, and to.
    pub regions: (&'a str, &'a str),
    /// Environment tokens.
    pub tokens: &'a Tokens,
}

/// A rewritten document and what was found in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rewritten {
    /// The document; references to resources of the same plan are intrinsic functions.
    pub value: Value,
    /// What was changed, in document order.
    pub rewrites: Vec<Rewrite>,
    /// What could not be translated, in document order.
    pub unmapped: Vec<Unmapped>,
    /// The resources of the source environment that the document refers to.
    pub references: BTreeSet<ResourceRef>,
}

/// A part of a rewritten text. `Replaced` is separate from `Text` so that the rules for untranslated values
/// check only what has not been translated yet.
#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Replaced(String),
    Attribute(String, String),
}

impl Rewriter<'_> {
    /// Rewrites every string of a document.
    pub fn rewrite(&self, document: &Value) -> Rewritten {
        let mut record = Rewritten::default();
        let value = self.walk(document, "", &mut record);
        record.value = value;
        record
    }

    /// Translates every known value in a text and keeps the rest; `None` where the result is not a
    /// plain text.
    pub fn rewrite_known(&self, text: &str) -> Option<String> {
        match self.translated(text, "", &mut Rewritten::default()) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn walk(&self, value: &Value, at: &str, record: &mut Rewritten) -> Value {
        match value {
            Value::String(text) => self.text(text, at, record),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.walk(item, &pointer::join(at, &index.to_string()), record))
                .collect(),
            Value::Object(map) => {
                let mut rewritten = Map::new();
                for (key, child) in map {
                    let place = pointer::join(at, key);
                    // Account ids and ARNs also occur as keys: Condition operators, map properties.
                    let new_key = match self.translated(key, &place, record) {
                        Value::String(text) => text,
                        _ => {
                            let reason = "is an object key, and the value that it refers to is not known before apply"
                                .to_owned();
                            record.unmapped.push(Unmapped {
                                pointer: place.clone(),
                                value: key.clone(),
                                reason,
                                kind: UnmappedKind::Key,
                            });
                            key.clone()
                        }
                    };
                    rewritten.insert(new_key, self.walk(child, &place, record));
                }
                Value::Object(rewritten)
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str, at: &str, record: &mut Rewritten) -> Value {
        if let Some(partner) = self.tokens.partner(text) {
            record.rewrites.push(Rewrite {
                pointer: at.to_owned(),
                before: text.to_owned(),
                after: partner.clone(),
                reason: "environment name".into(),
            });
            return Value::String(partner);
        }
        self.translated(text, at, record)
    }

    /// Translates references, accounts and regions; a word that is an environment's name stays.
    fn translated(&self, text: &str, at: &str, record: &mut Rewritten) -> Value {
        let (pieces, mut reasons, missing) = self.replace_known(text, &mut record.references);
        if let Some((reason, kind)) = missing {
            record.unmapped.push(Unmapped { pointer: at.to_owned(), value: text.to_owned(), reason, kind });
            return Value::String(text.to_owned());
        }
        let pieces = match self.translate_rest(pieces, &mut reasons) {
            Ok(pieces) => pieces,
            Err(reason) => {
                let kind = UnmappedKind::Unknown;
                record.unmapped.push(Unmapped { pointer: at.to_owned(), value: text.to_owned(), reason, kind });
                return Value::String(text.to_owned());
            }
        };
        if !is_prose(at)
            && let Some(reason) = self.untranslated(&pieces)
        {
            let kind = UnmappedKind::Unknown;
            record.unmapped.push(Unmapped { pointer: at.to_owned(), value: text.to_owned(), reason, kind });
        }
        let (value, shown) = assemble(&pieces);
        if shown != text {
            reasons.dedup();
            record.rewrites.push(Rewrite {
                pointer: at.to_owned(),
                before: text.to_owned(),
                after: shown,
                reason: reasons.join(", "),
            });
        }
        value
    }

    /// Replaces the values of the index; the third part lists the values without a counterpart.
    fn replace_known(
        &self,
        text: &str,
        references: &mut BTreeSet<ResourceRef>,
    ) -> (Vec<Piece>, Vec<String>, Option<(String, UnmappedKind)>) {
        let mut pieces = Vec::new();
        let mut reasons = Vec::new();
        let mut at = 0;
        for found in self.index.occurrences(text, self.accounts.0) {
            references.extend(found.entry.owners.iter().cloned());
            let owners: Vec<String> = found.entry.owners.iter().map(ToString::to_string).collect();
            let owners = owners.join(" or ");
            let replaced = match &found.entry.replacement {
                Replacement::Known(value) => Piece::Replaced(value.clone()),
                Replacement::Attribute { logical_id, attribute } => {
                    Piece::Attribute(logical_id.clone(), attribute.clone())
                }
                Replacement::Missing => {
                    let reason = format!("refers to {owners}, which has no counterpart");
                    return (Vec::new(), Vec::new(), Some((reason, UnmappedKind::NoCounterpart)));
                }
                Replacement::Ambiguous => {
                    let reason = format!("may refer to {owners}, whose counterparts differ");
                    return (Vec::new(), Vec::new(), Some((reason, UnmappedKind::Ambiguous)));
                }
            };
            if found.start > at {
                pieces.push(Piece::Text(text[at..found.start].to_owned()));
            }
            reasons.push(if owners.is_empty() {
                "promotion.map".to_owned()
            } else {
                format!("counterpart of {owners}")
            });
            pieces.push(replaced);
            at = found.end;
        }
        if at < text.len() {
            pieces.push(Piece::Text(text[at..].to_owned()));
        }
        (pieces, reasons, None)
    }

    /// Translates account ids, and ARNs around replaced names.
    fn translate_rest(&self, pieces: Vec<Piece>, reasons: &mut Vec<String>) -> Result<Vec<Piece>, String> {
        let (from_account, to_account) = (self.accounts.0.as_str(), self.accounts.1.as_str());
        let (from_region, to_region) = self.regions;
        let joined = flat(&pieces);
        for span in reference::arns(&joined) {
            let arn = &joined[span];
            let ours = Arn::parse(arn).is_some_and(|parsed| parsed.account == from_account);
            if ours && from_account != to_account && reference::is_specific(arn, MARK) {
                return Err(if unmarked(arn) == joined {
                    "refers to a resource of the source account without a known counterpart".to_owned()
                } else {
                    format!("refers to `{}` in the source account, which has no known counterpart", unmarked(arn))
                });
            }
        }
        let translated = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => {
                    let mut new = text.clone();
                    if from_account != to_account {
                        new = replace_word(&new, from_account, to_account);
                    }
                    if new != text {
                        reasons.push("account".into());
                    }
                    let before_region = new.clone();
                    if from_region != to_region {
                        new = replace_word(&new, from_region, to_region);
                    }
                    if new != before_region {
                        reasons.push("region".into());
                    }
                    Piece::Text(new)
                }
                other => other,
            })
            .collect();
        Ok(translated)
    }

    /// Why a text still refers to the source environment, if it does.
    fn untranslated(&self, pieces: &[Piece]) -> Option<String> {
        for piece in pieces {
            let text = match piece {
                Piece::Text(text) => text,
                // Regardless of replacements, the source account's id is never correct.
                Piece::Replaced(text)
                    if self.accounts.0 != self.accounts.1 && text.contains(self.accounts.0.as_str()) =>
                {
                    text
                }
                Piece::Replaced(_) | Piece::Attribute(..) => continue,
            };
            if self.accounts.0 != self.accounts.1
                && let Some(id) = reference::generated_id(text)
            {
                return Some(format!("contains the id `{id}`, which has no known counterpart"));
            }
            if is_device(text) {
                continue;
            }
            if let Some((range, _)) = self.tokens.find(text).into_iter().next() {
                return Some(format!(
                    "contains the environment token `{}`, so it appears to be a name of the source environment",
                    &text[range]
                ));
            }
            if self.accounts.0 != self.accounts.1 && text.contains(self.accounts.0.as_str()) {
                return Some(format!("contains the account id {}", self.accounts.0));
            }
            if self.regions.0 != self.regions.1 && text.contains(self.regions.0) {
                return Some(format!("contains the region {}", self.regions.0));
            }
        }
        None
    }
}

/// A placeholder for a replaced piece while ARNs are parsed; no AWS name contains it.
const MARK: char = '\u{1}';

fn flat(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            // A replaced value that is a whole ARN must not be processed again.
            Piece::Replaced(_) | Piece::Attribute(..) => MARK.to_string(),
        })
        .collect()
}

fn unmarked(text: &str) -> String {
    text.replace(MARK, "…")
}

/// Replaces a word wherever no letter or digit is adjacent to it.
fn replace_word(text: &str, word: &str, with: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if start >= at && !touches(text[..start].chars().next_back()) && !touches(text[end..].chars().next()) {
            result.push_str(&text[at..start]);
            result.push_str(with);
            at = end;
        }
    }
    result.push_str(&text[at..]);
    result
}

/// True for a Unix device file: the first part of its path is not an environment.
fn is_device(text: &str) -> bool {
    ["/dev/sd", "/dev/xvd", "/dev/nvme", "/dev/null", "/dev/shm", "/dev/std", "/dev/urandom", "/dev/fd"]
        .iter()
        .any(|device| text.starts_with(device))
}

/// True for a property with free text: an environment's name in it is not a reference.
fn is_prose(at: &str) -> bool {
    let tokens = pointer::tokens(at);
    tokens.last().is_some_and(|last| {
        [
            "Description",
            "Comment",
            "Comments",
            "Title",
            "DisplayName",
            "Message",
            "EmailMessage",
            "SmsMessage",
            "EmailSubject",
        ]
        .iter()
        .any(|suffix| last.ends_with(suffix))
    })
}

/// Joins the pieces into a value, and its display form in a plan.
fn assemble(pieces: &[Piece]) -> (Value, String) {
    let shown: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Replaced(text) => text.clone(),
            Piece::Attribute(logical_id, attribute) => format!("${{{logical_id}.{attribute}}}"),
        })
        .collect();
    let symbolic = |piece: &Piece| matches!(piece, Piece::Attribute(..));
    let value = match pieces {
        [Piece::Attribute(logical_id, attribute)] => json!({"Fn::GetAtt": [logical_id, attribute]}),
        _ if pieces.iter().any(symbolic) => {
            let template: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Replaced(text) => text.replace("${", "${!"),
                    Piece::Attribute(logical_id, attribute) => format!("${{{logical_id}.{attribute}}}"),
                })
                .collect();
            json!({"Fn::Sub": template})
        }
        _ => Value::String(shown.clone()),
    };
    (value, shown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::resource::ResourceRef;
    use crate::promotion::index::Entry;

    fn rewrite(entries: Vec<Entry>, document: Value) -> Rewritten {
        let index = ValueIndex::new(entries);
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let tokens = Tokens::between(&list(&["dev"]), &list(&["prod"]));
        let (dev, prod) = (AccountId::parse("111111111111").unwrap(), AccountId::parse("222222222222").unwrap());
        Rewriter { index: &index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens }
            .rewrite(&document)
    }

    fn known(value: &str, after: &str) -> Entry {
        Entry {
            value: value.into(),
            replacement: Replacement::Known(after.into()),
            owners: vec![ResourceRef::new("AWS::X::Y", value)],
        }
    }

    fn attribute(value: &str, logical_id: &str, attribute: &str) -> Entry {
        Entry {
            value: value.into(),
            replacement: Replacement::Attribute { logical_id: logical_id.into(), attribute: attribute.into() },
            owners: vec![ResourceRef::new("AWS::X::Y", value)],
        }
    }

    #[test]
    fn references_become_values_or_symbols() {
        let result = rewrite(
            vec![
                known("orders-dev", "orders-prod"),
                attribute("arn:aws:iam::111111111111:role/app-dev", "Role", "Arn"),
                attribute("arn:aws:s3:::files-dev", "Files", "Arn"),
            ],
            json!({"Role": "arn:aws:iam::111111111111:role/app-dev", "Table": "orders-dev",
                   "Policy": "{\"Resource\":\"arn:aws:s3:::files-dev/*\"}", "Stage": "dev", "Size": 3}),
        );
        assert!(result.unmapped.is_empty(), "{:?}", result.unmapped);
        assert_eq!(
            result.value,
            json!({"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Table": "orders-prod",
                   "Policy": {"Fn::Sub": "{\"Resource\":\"${Files.Arn}/*\"}"}, "Stage": "prod", "Size": 3})
        );
        assert_eq!(result.rewrites.len(), 4);
    }

    #[test]
    fn the_account_changes_in_patterns_and_roots() {
        let result = rewrite(
            vec![known("fn-dev", "fn-prod")],
            json!([
                "arn:aws:iam::111111111111:root",
                "111111111111",
                "arn:aws:logs:us-east-1:111111111111:*",
                "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/fn-dev:*",
                "arn:aws:iam::aws:policy/ReadOnlyAccess"
            ]),
        );
        assert!(result.unmapped.is_empty(), "{:?}", result.unmapped);
        assert_eq!(
            result.value,
            json!([
                "arn:aws:iam::222222222222:root",
                "222222222222",
                "arn:aws:logs:us-east-1:222222222222:*",
                "arn:aws:logs:us-east-1:222222222222:log-group:/aws/lambda/fn-prod:*",
                "arn:aws:iam::aws:policy/ReadOnlyAccess"
            ])
        );
    }

    #[test]
    fn all_untranslated_values_are_listed() {
        let mut missing = known("arn:aws:sqs:us-east-1:111111111111:jobs-dev", "");
        missing.replacement = Replacement::Missing;
        let result = rewrite(
            vec![missing],
            json!({"A": "arn:aws:sqs:us-east-1:111111111111:jobs-dev", "B": "arn:aws:kms:us-east-1:111111111111:key/abc",
                   "C": "other-dev", "Description": "the dev table"}),
        );
        let pointers: Vec<&str> = result.unmapped.iter().map(|u| u.pointer.as_str()).collect();
        assert_eq!(pointers, ["/A", "/B", "/C"]);
    }

    #[test]
    fn a_replacement_with_the_source_account_is_rejected() {
        let arn = "arn:aws:iam::111111111111:role/app";
        let result = rewrite(vec![known(arn, arn)], json!({"Role": arn}));
        assert_eq!(result.unmapped.len(), 1, "{result:?}");
    }

    #[test]
    fn a_document_without_references_is_unchanged() {
        let document = json!({"Name": "device", "Number": 1, "Nested": ["${literal}"]});
        let result = rewrite(vec![known("orders-dev", "orders-prod")], document.clone());
        assert_eq!(result.value, document);
        assert!(result.rewrites.is_empty() && result.unmapped.is_empty());
    }
}
