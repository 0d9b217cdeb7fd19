//! Evaluation of expressions.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::syntax::{Expression, Function, Operator};
use crate::estimate::neighbors::{Neighbors, ResourceContext};
use crate::estimate::value::{self, Operand, Unresolved};

/// Named values of a model; an error is reported only when the value is used.
pub type Variables<'a> = BTreeMap<String, Result<Operand<'a>, Unresolved>>;

/// The scope of an expression.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a, 's> {
    /// The resource's properties, or one item of a list.
    pub properties: &'a Value,
    /// Values of the lower-case names.
    pub variables: &'s Variables<'a>,
    /// Access to the resources that it may refer to; `None` without others.
    pub neighbors: Option<ResourceContext<'a, 's>>,
}

impl Expression {
    /// The value.
    ///
    /// # Errors
    /// A value that it depends on is missing, not known yet, or of another type.
    pub fn evaluate<'a>(&self, scope: Scope<'a, '_>) -> Result<Operand<'a>, Unresolved> {
        match self {
            Self::Number(number) => Ok(Operand::Number(*number)),
            Self::Text(text) => Ok(Operand::text(text.clone())),
            Self::Boolean(truth) => Ok(Operand::Boolean(*truth)),
            Self::Property(path) => Operand::property(scope.properties, path),
            Self::Variable(name) => match scope.variables.get(name) {
                Some(value) => value.clone(),
                None => Err(Unresolved::new(format!("the cost model has no value `{name}`"))),
            },
            Self::Call(function, arguments) => call(*function, arguments, scope),
            Self::Binary(operator, left, right) => binary(*operator, left, right, scope),
            Self::Not(inner) => Ok(Operand::Boolean(!inner.truth(scope)?)),
            Self::If(condition, yes, no) => {
                let chosen = if condition.truth(scope)? { yes } else { no };
                chosen.evaluate(scope)
            }
        }
    }

    /// The value as a number.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and when the value is not a number.
    pub fn number(&self, scope: Scope<'_, '_>) -> Result<Decimal, Unresolved> {
        self.evaluate(scope)?.number()
    }

    /// The value as a condition; a missing property is false.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and when the value is not a condition.
    pub fn truth(&self, scope: Scope<'_, '_>) -> Result<bool, Unresolved> {
        self.evaluate(scope)?.truth()
    }
}

fn binary<'a>(
    operator: Operator,
    left: &Expression,
    right: &Expression,
    scope: Scope<'a, '_>,
) -> Result<Operand<'a>, Unresolved> {
    match operator {
        // Short-circuits: a deciding left side makes the right side irrelevant.
        Operator::And => return Ok(Operand::Boolean(left.truth(scope)? && right.truth(scope)?)),
        Operator::Or => return Ok(Operand::Boolean(left.truth(scope)? || right.truth(scope)?)),
        Operator::Otherwise => {
            return match left.evaluate(scope)? {
                Operand::Missing(_) => right.evaluate(scope),
                value => Ok(value),
            };
        }
        Operator::Equal => {
            return Ok(Operand::Boolean(left.evaluate(scope)?.same_as(&right.evaluate(scope)?)));
        }
        Operator::NotEqual => {
            return Ok(Operand::Boolean(!left.evaluate(scope)?.same_as(&right.evaluate(scope)?)));
        }
        _ => {}
    }
    let (a, b) = (left.number(scope)?, right.number(scope)?);
    let number = match operator {
        Operator::Less => return Ok(Operand::Boolean(a < b)),
        Operator::LessOrEqual => return Ok(Operand::Boolean(a <= b)),
        Operator::Greater => return Ok(Operand::Boolean(a > b)),
        Operator::GreaterOrEqual => return Ok(Operand::Boolean(a >= b)),
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        _ => a.checked_div(b),
    };
    number.map(Operand::Number).ok_or_else(|| Unresolved::new("a number exceeds the supported range".to_owned()))
}

fn call<'a>(function: Function, arguments: &[Expression], scope: Scope<'a, '_>) -> Result<Operand<'a>, Unresolved> {
    let text =
        |index: usize| -> Result<String, Unresolved> { argument(arguments, index)?.evaluate(scope)?.into_text() };
    Ok(match function {
        Function::Max | Function::Min => {
            let mut best = argument(arguments, 0)?.number(scope)?;
            for other in &arguments[1..] {
                let other = other.number(scope)?;
                best = if function == Function::Max { best.max(other) } else { best.min(other) };
            }
            Operand::Number(best)
        }
        Function::Ceil => Operand::Number(argument(arguments, 0)?.number(scope)?.ceil()),
        Function::Present => Operand::Boolean(argument(arguments, 0)?.is_present(scope)?),
        Function::Count | Function::Sum => {
            let list = argument(arguments, 0)?.evaluate(scope)?;
            let mut total = Decimal::ZERO;
            for item in list.items()? {
                let inner = Scope { properties: item, ..scope };
                let step = match (function, arguments.get(1)) {
                    (Function::Count, None) => Decimal::ONE,
                    (Function::Count, Some(condition)) => Decimal::from(u8::from(condition.truth(inner)?)),
                    (_, quantity) => quantity.map_or(Ok(Decimal::ZERO), |q| q.number(inner))?,
                };
                total = total.saturating_add(step);
            }
            Operand::Number(total)
        }
        Function::Switch => {
            let subject = argument(arguments, 0)?.evaluate(scope)?;
            for pair in arguments[1..].chunks(2) {
                match pair {
                    [case, value] if subject.same_as(&case.evaluate(scope)?) => {
                        return value.evaluate(scope);
                    }
                    [otherwise] => return otherwise.evaluate(scope),
                    _ => {}
                }
            }
            let name = argument(arguments, 0)?.label();
            return Err(Unresolved::new(match subject {
                Operand::Missing(path) => format!("{path} is not set"),
                other => format!("{name} `{}` is not in the cost model", other.into_text().unwrap_or_default()),
            }));
        }
        Function::Part => {
            let (whole, separator) = (text(0)?, text(1)?);
            let index = usize::try_from(argument(arguments, 2)?.number(scope)?).unwrap_or(usize::MAX);
            match whole.split(separator.as_str()).nth(index) {
                Some(part) => Operand::text(part.to_owned()),
                None => {
                    return Err(Unresolved::new(format!("`{whole}` has no part {}", index.saturating_add(1))));
                }
            }
        }
        Function::Lower => Operand::text(text(0)?.to_lowercase()),
        Function::StartsWith => Operand::Boolean(text(0)?.starts_with(&text(1)?)),
        Function::EndsWith => Operand::Boolean(text(0)?.ends_with(&text(1)?)),
        Function::Contains => Operand::Boolean(text(0)?.contains(&text(1)?)),
        Function::Known => Operand::Boolean(
            argument(arguments, 0)?.evaluate(scope).is_ok_and(|value| !matches!(value, Operand::Missing(_))),
        ),
        Function::Of => return of(arguments, &text(1)?, scope),
        Function::Referrers => return referrers(arguments, &text(0)?, scope),
    })
}

/// Evaluates an expression with the properties of the resource that a property refers to.
fn of<'a>(arguments: &[Expression], type_name: &str, scope: Scope<'a, '_>) -> Result<Operand<'a>, Unresolved> {
    let pointing = argument(arguments, 0)?;
    let Some(written) = pointing.written(scope)? else {
        return Ok(Operand::Missing(pointing.label()));
    };
    let Some(place) = scope.neighbors else {
        return Err(Neighbors::absent(&pointing.label(), written, type_name));
    };
    let found = place.find(&pointing.label(), written, type_name)?;
    let label = found.label();
    let inner = Scope { properties: found.properties(), variables: scope.variables, neighbors: Some(found) };
    match argument(arguments, 2)?.evaluate(inner) {
        Ok(Operand::Missing(name)) => Ok(Operand::Missing(format!("{name} of {label}"))),
        Err(unresolved) => Err(Unresolved::new(format!("{} ({label})", unresolved.reason))),
        found => found,
    }
}

/// Counts the resources of a type that refer to this one.
fn referrers<'a>(arguments: &[Expression], type_name: &str, scope: Scope<'a, '_>) -> Result<Operand<'a>, Unresolved> {
    let Expression::Property(path) = argument(arguments, 1)? else {
        return Err(Unresolved::new("the cost model does not name a referring property".to_owned()));
    };
    let mut count = Decimal::ZERO;
    for place in scope.neighbors.iter().flat_map(|place| place.referrers(type_name, path)) {
        let inner = Scope { properties: place.properties(), variables: scope.variables, neighbors: Some(place) };
        if arguments.get(2).map_or(Ok(true), |condition| condition.truth(inner))? {
            count += Decimal::ONE;
        }
    }
    Ok(Operand::Number(count))
}

fn argument(arguments: &[Expression], index: usize) -> Result<&Expression, Unresolved> {
    arguments
        .get(index)
        .ok_or_else(|| Unresolved::new("the cost model calls a function with too few arguments".to_owned()))
}

impl Expression {
    /// The property that an expression names, as written: the first present of `A ?? B`.
    pub(in crate::estimate) fn written<'a>(&self, scope: Scope<'a, '_>) -> Result<Option<&'a Value>, Unresolved> {
        match self {
            Self::Property(path) => value::written(scope.properties, path),
            Self::Binary(Operator::Otherwise, left, right) => match left.written(scope)? {
                Some(found) => Ok(Some(found)),
                None => right.written(scope),
            },
            _ => Err(Unresolved::new("the cost model does not name a property".to_owned())),
        }
    }

    /// Whether a property is present. A reference to another resource is, although its value is not known yet; a value
    /// that a condition may still remove (`Fn::If`) is not.
    fn is_present(&self, scope: Scope<'_, '_>) -> Result<bool, Unresolved> {
        match self {
            Self::Property(path) => value::is_present(scope.properties, path),
            other => Ok(!matches!(other.evaluate(scope)?, Operand::Missing(_))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::estimate::expression::parse::parse;
    use serde_json::json;

    fn evaluate(text: &str, properties: &Value) -> Result<String, String> {
        let variables = Variables::from([("hours".to_owned(), Ok(Operand::Number(Decimal::from(730))))]);
        let scope = Scope { properties, variables: &variables, neighbors: None };
        let value = parse(text).map_err(|e| e.to_string())?.evaluate(scope).map_err(|e| e.reason)?;
        value.into_text().map_err(|e| e.reason)
    }

    #[test]
    fn arithmetic_follows_the_usual_order_in_decimals() {
        let none = json!({});
        assert_eq!(evaluate("0.1 + 0.2", &none), Ok("0.3".into()));
        assert_eq!(evaluate("2 + 3 * 4 - 10 / 4", &none), Ok("11.5".into()));
        assert_eq!(evaluate("(2 + 3) * hours", &none), Ok("3650".into()));
        assert_eq!(evaluate("max(0, 100 - 3000)", &none), Ok("0".into()));
        assert_eq!(evaluate("ceil(0.2) + min(4, 3, 5)", &none), Ok("4".into()));
    }

    #[test]
    fn an_absent_property_takes_its_default_or_is_an_error() {
        let properties = json!({"Size": "20", "Nested": {"List": [{"N": 2}, {"N": 3}]}, "Off": null});
        assert_eq!(evaluate("Size * 2", &properties), Ok("40".into()));
        assert_eq!(evaluate("Iops ?? 3000", &properties), Ok("3000".into()));
        assert_eq!(evaluate("Iops * 2", &properties), Err("Iops is not set".into()));
        assert_eq!(evaluate("Off ?? 'none'", &properties), Ok("none".into()));
        assert_eq!(evaluate("Nested.List.1.N", &properties), Ok("3".into()));
        assert_eq!(evaluate("sum(Nested.List, N * 2)", &properties), Ok("10".into()));
        assert_eq!(evaluate("count(Nested.List, N > 2)", &properties), Ok("1".into()));
        assert_eq!(evaluate("count(Other)", &properties), Ok("0".into()));
        assert_eq!(evaluate("if MultiAZ then 1 else 2", &properties), Ok("2".into()));
    }

    #[test]
    fn what_is_not_known_stays_unknown_unless_it_does_not_matter() {
        let properties = json!({"Size": {"Ref": "P"}, "Ids": [{"Ref": "A"}, {"Ref": "B"}], "Gone": {"Ref": "AWS::NoValue"},
            "Maybe": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}, "L": [{"Fn::If": ["C", 1, 2]}]});
        assert!(evaluate("Size * 2", &properties).unwrap_err().contains("not known before apply"));
        assert!(evaluate("(Size ?? 3) + 1", &properties).is_err());
        assert_eq!(evaluate("false and Size > 1", &properties), Ok("false".into()));
        assert!(evaluate("true and Size > 1", &properties).is_err());
        assert_eq!(evaluate("count(Ids)", &properties), Ok("2".into()));
        assert_eq!(evaluate("present(Size)", &properties), Ok("true".into()));
        assert_eq!(evaluate("present(Gone)", &properties), Ok("false".into()));
        assert!(evaluate("present(Maybe)", &properties).is_err());
        assert!(evaluate("count(L)", &properties).is_err());
    }

    #[test]
    fn strings_are_selected_and_split() {
        let properties = json!({"Class": "db.t3.small", "Engine": "oracle-ee", "Flag": "true"});
        assert_eq!(evaluate("part(Class, '.', 2)", &properties), Ok("small".into()));
        assert!(evaluate("part(Class, '.', 9)", &properties).is_err());
        assert_eq!(evaluate("switch(Engine, 'mysql', 'MySQL', 'other')", &properties), Ok("other".into()));
        assert_eq!(
            evaluate("switch(Engine, 'mysql', 'MySQL')", &properties),
            Err("Engine `oracle-ee` is not in the cost model".into())
        );
        assert_eq!(evaluate("Flag and starts_with(Class, 'db.')", &properties), Ok("true".into()));
        assert_eq!(evaluate("lower('GP2') == 'gp2'", &properties), Ok("true".into()));
    }

    #[test]
    fn bad_values_are_errors_and_never_panics() {
        let properties = json!({"Size": "big", "List": {"a": 1}, "Huge": "79228162514264337593543950335"});
        assert_eq!(evaluate("Size + 1", &properties), Err("Size is `big`, not a number".into()));
        assert!(evaluate("1 / 0", &properties).is_err());
        assert!(evaluate("Huge * Huge", &properties).is_err());
        assert!(evaluate("count(List)", &properties).is_err());
        assert!(evaluate("nothing", &properties).is_err());
    }
}
