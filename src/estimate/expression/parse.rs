//! Parser for expressions. They come from the embedded model only, so the
//! messages are for its maintainers.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::syntax::{Expression, Function, Operator};

/// An invalid expression in the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {message}")]
pub struct ParseError {
    /// The whole text.
    pub text: String,
    /// What is wrong with it.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Decimal),
    Text(String),
    Word(String),
    Sign(&'static str),
}

const SIGNS: [&str; 14] = ["??", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ","];

/// Operators by precedence, lowest first.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
    &[("??", Operator::Otherwise)],
];

/// Parses an expression.
///
/// # Errors
/// When the text is not one.
pub fn parse(text: &str) -> Result<Expression, ParseError> {
    let fail = |message: String| ParseError { text: text.to_owned(), message };
    let mut parser = Parser { tokens: tokenize(text).map_err(fail)?, at: 0 };
    let expression = parser.expression().map_err(fail)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some(extra) => Err(fail(format!("unexpected {extra:?}"))),
    }
}

fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken;
        if first == '\'' {
            let end = rest[1..].find('\'').ok_or("unterminated string")?;
            tokens.push(Token::Text(rest[1..=end].to_owned()));
            taken = end + 2;
        } else if first.is_ascii_digit() {
            taken = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            tokens.push(Token::Number(Decimal::from_str(&rest[..taken]).map_err(|e| e.to_string())?));
        } else if first.is_ascii_alphabetic() {
            let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            taken = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..taken].to_owned()));
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("unexpected `{first}`"))?;
            tokens.push(Token::Sign(sign));
            taken = sign.len();
        }
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn expression(&mut self) -> Result<Expression, String> {
        if self.take("if") {
            let condition = self.expression()?;
            self.require("then")?;
            let yes = self.expression()?;
            self.require("else")?;
            let no = self.expression()?;
            return Ok(Expression::If(Box::new(condition), Box::new(yes), Box::new(no)));
        }
        self.level(0)
    }

    fn level(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.atom();
        };
        let mut left = self.level(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.take(sign)) {
            let right = self.level(level + 1)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Expression, String> {
        if self.take("not") {
            return Ok(Expression::Not(Box::new(self.atom()?)));
        }
        if self.take("(") {
            let inner = self.expression()?;
            self.require(")")?;
            return Ok(inner);
        }
        let token = self.tokens.get(self.at).cloned().ok_or("unexpected end")?;
        self.at += 1;
        Ok(match token {
            Token::Number(number) => Expression::Number(number),
            Token::Text(text) => Expression::Text(text),
            Token::Word(word) if word == "true" || word == "false" => Expression::Boolean(word == "true"),
            Token::Word(word) if self.take("(") => self.call(&word)?,
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                Expression::Property(word.split('.').map(str::to_owned).collect())
            }
            Token::Word(word) => Expression::Variable(word),
            Token::Sign(sign) => return Err(format!("unexpected `{sign}`")),
        })
    }

    fn call(&mut self, name: &str) -> Result<Expression, String> {
        let (function, arity) = match name {
            "max" => (Function::Max, 1..=9),
            "min" => (Function::Min, 1..=9),
            "ceil" => (Function::Ceil, 1..=1),
            "count" => (Function::Count, 1..=2),
            "sum" => (Function::Sum, 2..=2),
            "present" => (Function::Present, 1..=1),
            "switch" => (Function::Switch, 3..=99),
            "part" => (Function::Part, 3..=3),
            "lower" => (Function::Lower, 1..=1),
            "starts_with" => (Function::StartsWith, 2..=2),
            "ends_with" => (Function::EndsWith, 2..=2),
            "contains" => (Function::Contains, 2..=2),
            "of" => (Function::Of, 3..=3),
            "referrers" => (Function::Referrers, 2..=3),
            "known" => (Function::Known, 1..=1),
            other => return Err(format!("unknown function `{other}`")),
        };
        let mut arguments = vec![self.expression()?];
        while self.take(",") {
            arguments.push(self.expression()?);
        }
        self.require(")")?;
        if !arity.contains(&arguments.len()) {
            return Err(format!("`{name}` does not take {} arguments", arguments.len()));
        }
        Ok(Expression::Call(function, arguments))
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) => *sign == wanted,
            Some(Token::Word(word)) => word == wanted,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, wanted: &str) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(format!("`{wanted}` is missing")) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn invalid_expressions_are_rejected() {
        for text in ["", "1 +", "(1", "'open", "1 2", "nope(1)", "max()", "part('a')", "if 1 then 2", "$x", "switch(A)"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
