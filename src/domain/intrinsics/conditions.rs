//! The `Conditions` section: three-valued, since a condition may depend on what is not known.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Problem, Scope, resolve_at, text_of};
use crate::domain::pointer;
use crate::domain::symbol::has_unknown;

/// Evaluates every condition of a template. The scope's own `conditions` are not consulted.
/// Pointers of problems begin at the section.
pub fn evaluate_conditions(
    section: &Map<String, Value>,
    scope: &Scope,
) -> (BTreeMap<String, Option<bool>>, Vec<Problem>) {
    let mut evaluation = Evaluation { section, scope, known: BTreeMap::new(), open: Vec::new(), problems: Vec::new() };
    for name in section.keys() {
        evaluation.named(name, "");
    }
    (evaluation.known, evaluation.problems)
}

struct Evaluation<'a> {
    section: &'a Map<String, Value>,
    scope: &'a Scope,
    known: BTreeMap<String, Option<bool>>,
    /// The conditions being evaluated, outermost first.
    open: Vec<String>,
    problems: Vec<Problem>,
}

impl Evaluation<'_> {
    fn named(&mut self, name: &str, asked_at: &str) -> Option<bool> {
        if let Some(value) = self.known.get(name) {
            return *value;
        }
        let Some(expression) = self.section.get(name) else {
            self.problem(asked_at, format!("unknown condition `{name}`"));
            return None;
        };
        if self.open.iter().any(|open| open == name) {
            let mut cycle = self.open.clone();
            cycle.push(name.to_owned());
            self.problem(asked_at, format!("circular dependency between conditions: {}", cycle.join(" → ")));
            return None;
        }
        self.open.push(name.to_owned());
        let value = self.expression(expression, &pointer::join("", name));
        self.open.pop();
        self.known.insert(name.to_owned(), value);
        value
    }

    fn expression(&mut self, expression: &Value, at: &str) -> Option<bool> {
        let call = expression.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
        let Some((function, argument)) = call else {
            self.problem(at, "a condition must be `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`");
            return None;
        };
        let inside = pointer::join(at, function);
        match (function.as_str(), argument) {
            ("Condition", Value::String(name)) => self.named(name, at),
            ("Fn::Equals", Value::Array(sides)) if sides.len() == 2 => {
                let left = self.side(&sides[0], &pointer::join(&inside, "0"));
                let right = self.side(&sides[1], &pointer::join(&inside, "1"));
                Some(same(&left?, &right?))
            }
            ("Fn::Not", Value::Array(terms)) if terms.len() == 1 => {
                self.terms(terms, &inside).first().copied().flatten().map(|value| !value)
            }
            ("Fn::And", Value::Array(terms)) if !terms.is_empty() => {
                let values = self.terms(terms, &inside);
                decide(&values, false)
            }
            ("Fn::Or", Value::Array(terms)) if !terms.is_empty() => {
                let values = self.terms(terms, &inside);
                decide(&values, true)
            }
            ("Fn::Equals", _) => {
                self.problem(at, "`Fn::Equals` takes two values");
                None
            }
            ("Fn::Not", _) => {
                self.problem(at, "`Fn::Not` takes a list of one condition");
                None
            }
            ("Fn::And" | "Fn::Or", _) => {
                self.problem(at, format!("`{function}` takes a list of conditions"));
                None
            }
            _ => {
                self.problem(at, format!("`{function}` is not a condition function"));
                None
            }
        }
    }

    fn terms(&mut self, terms: &[Value], at: &str) -> Vec<Option<bool>> {
        terms
            .iter()
            .enumerate()
            .map(|(index, term)| self.expression(term, &pointer::join(at, &index.to_string())))
            .collect()
    }

    /// One side of `Fn::Equals`; `None` while something in it is unknown.
    fn side(&mut self, value: &Value, at: &str) -> Option<Value> {
        let (resolved, problems) = resolve_at(value, at, self.scope);
        self.problems.extend(problems);
        (!has_unknown(&resolved)).then_some(resolved)
    }

    fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem { pointer: at.to_owned(), message: message.into() });
    }
}

/// Scalars compare as text, as CloudFormation compares them: `1` equals `"1"`.
fn same(left: &Value, right: &Value) -> bool {
    match (text_of(left), text_of(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// One deciding value determines the result; otherwise an unknown value makes it unknown.
fn decide(values: &[Option<bool>], deciding: bool) -> Option<bool> {
    if values.contains(&Some(deciding)) {
        Some(deciding)
    } else if values.contains(&None) {
        None
    } else {
        Some(!deciding)
    }
}
