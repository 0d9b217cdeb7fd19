//! Values that the user gives for the target environment: they must not be ones of the source environment.

use serde_json::Value;

use super::index::Replacement;
use super::reference;
use super::rewrite::{Rewriter, Unmapped, UnmappedKind, decoded};
use super::typed;
use crate::domain::pointer;
use crate::schema::TypeSchema;

impl Rewriter<'_> {
    /// What a given value has of the source environment: its account id, or a value of a known resource. Only that part of the
    /// value is reported, because the rest may be a secret.
    pub fn check_given(&self, schema: &TypeSchema, place: &str, value: &Value) -> Vec<Unmapped> {
        let mut found = Vec::new();
        let account = self.accounts.0.as_str();
        let is_other_account = self.accounts.0 != self.accounts.1;
        for_each_scalar(value, "", &mut |at, scalar| {
            let at = format!("{place}{at}");
            let text = match scalar {
                Value::String(text) => decoded(text).unwrap_or_else(|| text.clone()),
                other => other.to_string(),
            };
            let mut refuse = |value: &str, reason: String| {
                found.push(Unmapped {
                    pointer: at.clone(),
                    value: value.to_owned(),
                    reason,
                    kind: UnmappedKind::Given,
                });
            };
            if is_other_account && text.contains(account) {
                refuse(account, "is the account id of the source environment, in a value that was given".to_owned());
            }
            for occurrence in self.index.occurrences(&text, self.accounts.0) {
                let entry = occurrence.entry;
                let is_same = matches!(&entry.replacement, Replacement::Known(there) if *there == entry.value)
                    || entry.replacement == Replacement::SameName
                    || entry.owners.is_empty();
                if !is_same {
                    let owners: Vec<String> = entry.owners.iter().map(ToString::to_string).collect();
                    let reason = format!("belongs to {}, in a value that was given", owners.join(" or "));
                    refuse(&entry.value, reason);
                }
            }
            let targets = typed::targets(schema, &at);
            let is_arn = reference::arns(&text).iter().any(|span| span.len() == text.len());
            if !targets.is_empty()
                && !is_arn
                && let Some(token) = self.token_in(&text)
            {
                let reason = format!(
                    "is given for a reference, and contains the environment token `{token}`, so it appears to be a name \
                     of the source environment"
                );
                refuse(&text, reason);
            }
        });
        found.sort();
        found.dedup_by(|one, other| one.pointer == other.pointer && one.value == other.value);
        found
    }

    fn token_in(&self, text: &str) -> Option<String> {
        self.tokens.find(text).into_iter().next().map(|(range, _)| text[range].to_owned())
    }
}

/// Calls `visit` for every key and every value that is neither an object nor an array, with its pointer.
fn for_each_scalar(value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Array(items) => {
            let places = items.iter().enumerate();
            places.for_each(|(index, item)| for_each_scalar(item, &pointer::join(at, &index.to_string()), visit));
        }
        Value::Object(map) => map.iter().for_each(|(key, child)| {
            let place = pointer::join(at, key);
            visit(&place, &Value::String(key.clone()));
            for_each_scalar(child, &place, visit);
        }),
        scalar => visit(at, scalar),
    }
}
