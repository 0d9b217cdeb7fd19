//! Text templates: literal text with embedded expressions.

use super::evaluate::Scope;
use super::parse::{ParseError, parse};
use super::syntax::Expression;
use crate::estimate::value::{Operand, Unresolved, grouped};

/// Literal text with embedded `{expression}`s.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Literal(String),
    Value(Expression),
}

/// Parses a text template.
///
/// # Errors
/// A brace is unclosed, or an embedded expression is invalid.
pub fn parse_template(text: &str) -> Result<Template, ParseError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let fail = || ParseError { text: text.to_owned(), message: "unclosed brace".to_owned() };
        let end = rest[start..].find('}').ok_or_else(fail)? + start;
        pieces.push(Piece::Literal(rest[..start].to_owned()));
        pieces.push(Piece::Value(parse(&rest[start + 1..end])?));
        rest = &rest[end + 1..];
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    Ok(Template { pieces })
}

impl Template {
    /// The expressions in the template.
    #[cfg(test)]
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(expression) => Some(expression),
            Piece::Literal(_) => None,
        })
    }

    /// The text before the first expression.
    pub fn beginning(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// True when there is no expression in the template.
    pub fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
    }

    /// Renders the template, numbers without grouping.
    ///
    /// # Errors
    /// When a value is absent or not known.
    pub fn fill(&self, scope: Scope<'_, '_>) -> Result<String, Unresolved> {
        self.render(scope, |value| value.into_text())
    }

    /// As [`Self::fill`], for display: numbers from 1,000 on are grouped.
    ///
    /// # Errors
    /// When a value is absent or not known.
    pub fn describe(&self, scope: Scope<'_, '_>) -> Result<String, Unresolved> {
        self.render(scope, |value| match value {
            Operand::Number(number) => Ok(grouped(number)),
            other => other.into_text(),
        })
    }

    fn render(
        &self,
        scope: Scope<'_, '_>,
        show: impl Fn(Operand<'_>) -> Result<String, Unresolved>,
    ) -> Result<String, Unresolved> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Value(expression) => text.push_str(&show(expression.evaluate(scope)?)?),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::estimate::expression::evaluate::Variables;
    use serde_json::json;

    #[test]
    fn an_unclosed_brace_is_an_error() {
        assert!(parse_template("a {b").is_err());
    }

    #[test]
    fn a_template_is_rendered_plainly_or_grouped() {
        let variables = Variables::new();
        let properties = json!({"Type": "gp2", "Size": 12000});
        let scope = Scope { properties: &properties, variables: &variables, neighbors: None };
        let template = parse_template("{Type} storage, {Size} GB").unwrap();
        assert_eq!(template.fill(scope).unwrap(), "gp2 storage, 12000 GB");
        assert_eq!(template.describe(scope).unwrap(), "gp2 storage, 12,000 GB");
        assert!(parse_template("{Absent}").unwrap().fill(scope).is_err());
    }
}
