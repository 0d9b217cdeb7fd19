//! Session policies: passed when a role is assumed, carried by the session token.

use serde_json::{Value, json};

use super::super::model::random::{hex_of, text_of_hex};
use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::evaluator::Policy;
use super::principal::{managed_policy, of_identity};

/// The session policies of a role session; by default none was passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Session {
    /// The inline policy, JSON text.
    inline: Option<String>,
    /// ARNs of managed policies.
    managed: Vec<String>,
}

impl Session {
    /// The policies that an `AssumeRole` passes.
    pub fn passed(call: &Call<'_>) -> Result<Self, ApiError> {
        let inline = call.text("Policy").map(str::to_owned);
        if inline.as_ref().is_some_and(|text| of_identity(&json!(text)).is_none()) {
            return Err(ApiError::new("MalformedPolicyDocument", "The policy is not in the valid JSON format."));
        }
        let arns = call.input.get("PolicyArns").and_then(Value::as_array).into_iter().flatten();
        let managed: Vec<String> = arns.filter_map(|one| one["arn"].as_str()).map(str::to_owned).collect();
        if managed.len() > 10 {
            return Err(ApiError::new("ValidationError", "At most 10 managed session policies can be passed."));
        }
        Ok(Self { inline, managed })
    }

    /// As part of a session token: empty when nothing was passed.
    pub fn to_token(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        hex_of(json!([self.inline, self.managed]).to_string().as_bytes())
    }

    /// Parses the output of [`Session::to_token`].
    pub fn of_token(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let (inline, managed) = serde_json::from_str(&text_of_hex(text)?).ok()?;
        Some(Self { inline, managed })
    }

    /// The policies; `None` when none was passed. One that cannot be parsed allows nothing.
    pub(super) fn policies(&self, tables: &Tables<'_>, account: &str) -> Result<Option<Vec<Policy>>, ApiError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let mut policies: Vec<Policy> = self.inline.iter().filter_map(|text| of_identity(&json!(text))).collect();
        for arn in &self.managed {
            policies.extend(managed_policy(tables, account, arn)?);
        }
        Ok(Some(policies))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_contains_the_passed_policies() {
        let none = Session::default();
        assert_eq!((none.to_token().as_str(), Session::of_token("")), ("", Some(none)));
        let some =
            Session { inline: Some("{}".into()), managed: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()] };
        assert_eq!(Session::of_token(&some.to_token()), Some(some));
        assert_eq!(Session::of_token("nonsense"), None);
    }
}
