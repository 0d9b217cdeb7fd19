//! The part of Config's query language that selects fields by equality: `SELECT a, b WHERE c = 'x' AND d IN ('y', 'z')`.

use serde_json::{Map, Value};

use crate::sandbox::wire::ApiError;

/// The fields that the sandbox has.
const FIELDS: [&str; 7] =
    ["accountId", "arn", "awsRegion", "configurationItemCaptureTime", "resourceId", "resourceType", "tags"];

/// A parsed expression.
pub(super) struct Query {
    /// The selected fields.
    pub(super) fields: Vec<String>,
    conditions: Vec<(String, Vec<String>)>,
}

fn refused(message: impl std::fmt::Display) -> ApiError {
    ApiError::new("InvalidExpressionException", format!("The sandbox cannot evaluate the expression: {message}"))
}

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut words = words(text)?.into_iter().peekable();
        let mut is_next = |word: &str| words.next_if(|next| next.eq_ignore_ascii_case(word)).is_some();
        if !is_next("SELECT") {
            return Err(refused("it must begin with SELECT"));
        }
        let mut words: Vec<String> = words.collect();
        let where_at = words.iter().position(|word| word.eq_ignore_ascii_case("WHERE"));
        let rest = where_at.map(|at| words.split_off(at)).unwrap_or_default();
        let fields: Vec<String> = words.into_iter().filter(|word| word != ",").collect();
        let mut conditions = Vec::new();
        let (mut at, rest) = (1, rest.as_slice());
        while at < rest.len() {
            let (condition, used) = condition(&rest[at..])?;
            conditions.push(condition);
            at += used;
            match rest.get(at) {
                Some(word) if word.eq_ignore_ascii_case("AND") => at += 1,
                Some(word) => return Err(refused(format!("`{word}`"))),
                None => break,
            }
        }
        let unknown = fields.iter().chain(conditions.iter().map(|(field, _)| field));
        match unknown.clone().find(|field| !FIELDS.contains(&field.as_str())) {
            Some(field) => Err(refused(format!("`{field}` is unknown"))),
            None if fields.is_empty() => Err(refused("no field is selected")),
            None => Ok(Self { fields, conditions }),
        }
    }

    pub(super) fn lets_through(&self, item: &Value) -> bool {
        self.conditions.iter().all(|(field, values)| {
            item[field].as_str().is_some_and(|own| values.iter().any(|value| value.eq_ignore_ascii_case(own)))
        })
    }

    /// The selected fields of an item.
    pub(super) fn row(&self, item: &Value) -> Value {
        let fields = self.fields.iter().map(|field| (field.clone(), item[field].clone()));
        Value::Object(fields.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
    }
}

/// Reads one condition, and returns how many words it takes.
fn condition(words: &[String]) -> Result<((String, Vec<String>), usize), ApiError> {
    let quoted = |word: &String| word.strip_prefix('\'').map(str::to_owned);
    match words {
        [field, is, value, ..] if is == "=" => match quoted(value) {
            Some(value) => Ok(((field.clone(), vec![value]), 3)),
            None => Err(refused(format!("`{value}` is not in quotes"))),
        },
        [field, of, open, rest @ ..] if of.eq_ignore_ascii_case("IN") && open == "(" => {
            let end = rest.iter().position(|word| word == ")").ok_or_else(|| refused("a parenthesis is open"))?;
            let values: Vec<String> = rest[..end].iter().filter_map(quoted).collect();
            Ok(((field.clone(), values), 3 + end + 1))
        }
        _ => Err(refused("a condition must be `field = 'value'` or `field IN ('value', ...)`")),
    }
}

/// Splits an expression into words, signs and quoted texts, which keep their first quote.
fn words(text: &str) -> Result<Vec<String>, ApiError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').ok_or_else(|| refused("a quote is open"))? + 2,
            ',' | '(' | ')' | '=' => 1,
            _ => rest.find(|sign: char| sign.is_whitespace() || ",()='".contains(sign)).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        words.push(if first == '\'' { word[..length - 1].to_owned() } else { word.to_owned() });
        rest = after.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_expression_selects_fields_of_items_that_meet_every_condition() {
        let text = "SELECT arn, tags WHERE accountId = '1' AND awsRegion IN ('us-east-1', 'global')";
        let query = Query::parse(text).unwrap();
        let item =
            |account: &str, region: &str| json!({"accountId": account, "awsRegion": region, "arn": "a", "tags": []});
        assert!(query.lets_through(&item("1", "global")) && query.lets_through(&item("1", "us-east-1")));
        assert!(!query.lets_through(&item("2", "global")) && !query.lets_through(&item("1", "eu-west-1")));
        assert_eq!(query.row(&item("1", "global")), json!({"arn": "a", "tags": []}));
        assert!(Query::parse("select arn").unwrap().lets_through(&item("2", "x")));
    }

    #[test]
    fn what_the_sandbox_cannot_evaluate_is_refused() {
        for text in [
            "",
            "SELECT",
            "SELECT arn WHERE arn LIKE 'a%'",
            "SELECT configuration.x",
            "SELECT arn WHERE accountId = 1",
            "SELECT arn WHERE accountId = '1' OR arn = 'x'",
            "SELECT arn WHERE accountId = '1",
            "SELECT arn WHERE accountId IN ('1'",
        ] {
            let code = Query::parse(text).err().map(|error| error.code.into_owned());
            assert_eq!(code.as_deref(), Some("InvalidExpressionException"), "{text}");
        }
    }
}
