//! `--query`: a JMESPath expression, evaluated for the body of the document, as the AWS CLI does for its responses.

use jmespath::{Expression, Variable};
use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};

/// A parsed expression.
pub(super) struct Query {
    text: String,
    expression: Expression<'static>,
}

impl Query {
    /// Parses an expression.
    ///
    /// # Errors
    /// It is not one.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let expression = jmespath::compile(text).map_err(|error| {
            let message = format!("`{text}` is not a JMESPath expression: {}", one_line(&error.to_string()));
            Failure::usage(vec![Diagnostic::error(Code::InvalidQuery, message).hint("see jmespath.org for the syntax")])
        })?;
        Ok(Self { text: text.to_owned(), expression })
    }

    /// Evaluates the expression for the body of a document.
    ///
    /// # Errors
    /// A function of the expression does not take the values.
    pub(super) fn evaluate(&self, body: Value) -> Result<Value, Failure> {
        let failed = |reason: String| {
            let message = format!("`{}` cannot be evaluated: {}", self.text, one_line(&reason));
            let hint = "run the command with --json and without --query to see the body";
            Failure::new(Outcome::Error, Diagnostic::error(Code::InvalidQuery, message).hint(hint))
        };
        let body = Variable::try_from(body).map_err(|error| failed(error.to_string()))?;
        let found = self.expression.search(body).map_err(|error| failed(error.to_string()))?;
        serde_json::to_value(&*found).map_err(|error| failed(error.to_string()))
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_evaluated_for_the_body() {
        let body = json!({"resources": [{"identifier": "a", "size": 3}, {"identifier": "b", "size": 5}]});
        let result = |text: &str| Query::parse(text).unwrap().evaluate(body.clone()).unwrap();
        assert_eq!(result("resources[?size > `4`].identifier"), json!(["b"]));
        assert_eq!(result("sum(resources[].size)").as_f64(), Some(8.0));
        assert_eq!(result("nothing"), json!(null));
    }

    #[test]
    fn what_cannot_be_parsed_or_evaluated_is_reported() {
        assert_eq!(Query::parse("[?").err().unwrap().outcome, Outcome::Usage);
        let failure = Query::parse("sum([].x)").unwrap().evaluate(json!([{"x": "a"}])).unwrap_err();
        assert!(failure.diagnostics[0].message.contains("cannot be evaluated"), "{failure:?}");
    }
}
