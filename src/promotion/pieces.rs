//! A rewritten text in pieces: what was replaced is separate from what was not, so that rules about untranslated values
//! check only the rest.

use serde_json::{Value, json};

/// A part of a rewritten text.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Not translated.
    Text(String),
    /// Translated to a value.
    Replaced(String),
    /// Translated to an attribute of a resource of the same plan: its logical id, and the attribute.
    Attribute(String, String),
}

/// A placeholder for a replaced piece while ARNs are parsed; no AWS name contains it.
pub(super) const MARK: char = '\u{1}';

/// The text, with a mark for each replaced piece: a replaced value that is a whole ARN must not be processed again.
pub(super) fn flat(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Replaced(_) | Piece::Attribute(..) => MARK.to_string(),
        })
        .collect()
}

/// The text with the marks in readable form.
pub(super) fn unmarked(text: &str) -> String {
    text.replace(MARK, "…")
}

/// Joins the pieces into a value, and its display form in a plan.
pub(super) fn assemble(pieces: &[Piece]) -> (Value, String) {
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
