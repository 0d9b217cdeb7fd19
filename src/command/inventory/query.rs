//! `--query`: a JMESPath expression, evaluated for the list of resources.

use jmespath::{Expression, Variable};
use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::report::{InventoryQueryView, InventoryRowView};

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

    /// Evaluates the expression for the resources.
    ///
    /// # Errors
    /// A function of the expression does not take the values.
    pub(super) fn evaluate(&self, rows: &[InventoryRowView]) -> Result<InventoryQueryView, Failure> {
        let failed = |reason: String| {
            let message = format!("`{}` cannot be evaluated: {}", self.text, one_line(&reason));
            let hint = "run the command with --json and without --query to see the resources";
            Failure::new(Outcome::Error, Diagnostic::error(Code::InvalidQuery, message).hint(hint))
        };
        let data = serde_json::to_value(rows).map_err(|error| failed(error.to_string()))?;
        let data = Variable::try_from(data).map_err(|error| failed(error.to_string()))?;
        let found = self.expression.search(data).map_err(|error| failed(error.to_string()))?;
        let result: Value = serde_json::to_value(&*found).map_err(|error| failed(error.to_string()))?;
        Ok(InventoryQueryView { expression: self.text.clone(), result })
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

    fn row(identifier: &str, size: i64) -> InventoryRowView {
        InventoryRowView {
            account: "111111111111".to_owned(),
            account_name: "dev".to_owned(),
            region: Some("us-east-1".to_owned()),
            type_name: Some("AWS::S3::Bucket".to_owned()),
            identifier: identifier.to_owned(),
            arn: None,
            properties: Some(json!({"Size": size})),
            tags: None,
        }
    }

    #[test]
    fn a_query_is_evaluated_for_the_resources() {
        let rows = [row("a", 3), row("b", 5)];
        let result = |text: &str| Query::parse(text).unwrap().evaluate(&rows).unwrap().result;
        assert_eq!(result("[?properties.Size > `4`].identifier"), json!(["b"]));
        assert_eq!(result("sum([].properties.Size)").as_f64(), Some(8.0));
        assert_eq!(result("nothing"), json!(null));
    }

    #[test]
    fn what_cannot_be_parsed_or_evaluated_is_reported() {
        assert_eq!(Query::parse("[?").err().unwrap().outcome, Outcome::Usage);
        let failure = Query::parse("sum([].identifier)").unwrap().evaluate(&[row("a", 1)]).unwrap_err();
        assert!(failure.diagnostics[0].message.contains("cannot be evaluated"), "{failure:?}");
    }
}
