//! The syntax tree of expressions.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A decimal number.
    Number(Decimal),
    /// A string literal.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A property path, relative to the resource or, inside `count` and `sum`, to the item.
    Property(Vec<String>),
    /// A variable of the model.
    Variable(String),
    /// A function call.
    Call(Function, Vec<Expression>),
    /// `left operator right`.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `not x`.
    Not(Box<Expression>),
    /// `if condition then a else b`.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each is named for the sign it stands for.
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `??`: the right side where the left one is missing.
    Otherwise,
}

/// A function; see the table in the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Described in the module's table.
pub enum Function {
    Max,
    Min,
    Ceil,
    Count,
    Sum,
    Present,
    Switch,
    Part,
    Lower,
    StartsWith,
    EndsWith,
    Contains,
    Of,
    Referrers,
    Known,
}

impl Expression {
    /// Adds the names of all variables in the expression.
    pub fn collect_variables(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Variable(name) => {
                names.insert(name.clone());
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|a| a.collect_variables(names)),
            Self::Binary(_, left, right) => {
                left.collect_variables(names);
                right.collect_variables(names);
            }
            Self::Not(inner) => inner.collect_variables(names),
            Self::If(condition, yes, no) => {
                for part in [condition, yes, no] {
                    part.collect_variables(names);
                }
            }
            Self::Number(_) | Self::Text(_) | Self::Boolean(_) | Self::Property(_) => {}
        }
    }

    /// The expression's name in messages.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Property(path) => path.join("."),
            Self::Variable(name) => name.clone(),
            Self::Call(_, arguments) => arguments.first().map(Self::label).unwrap_or_default(),
            Self::Binary(_, left, _) => left.label(),
            _ => "value".to_owned(),
        }
    }
}
