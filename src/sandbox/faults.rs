//! Fault injection: latency, throttling, and errors for selected calls.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Millis;
use super::model::random::Random;
use super::services::Call;
use super::wire::ApiError;

/// The injected faults of a sandbox; none by default.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// The latency of a response. [`super::serve`] waits for it; callers of
    /// [`super::Sandbox::handle`] must wait themselves.
    pub latency: Duration,
    /// The latency of an operation, by its name, instead of [`Faults::latency`].
    pub latencies: BTreeMap<String, Duration>,
    /// The maximum number of calls per second and account; more are throttled.
    pub calls_per_second: Option<u32>,
    /// The maximum number of calls of an operation per second and account, by its name.
    pub rates: BTreeMap<String, u32>,
    /// The fault rules. The first rule that matches a call applies.
    pub rules: Vec<FaultRule>,
}

/// A fault rule. As text: `[ACCOUNT/][REGION/][TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT]`, such as
/// `GetResource=ThrottlingException%20`, `AWS::S3::Bucket/CreateResource=lost*1` or
/// `222222222222/us-west-2/*=AccessDeniedException`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The id of the caller's account; `None` for every account.
    pub account: Option<String>,
    /// The Region of the endpoint; `None` for every Region.
    pub region: Option<String>,
    /// CloudFormation type name; `None` for every type.
    pub type_name: Option<String>,
    /// Operation name, such as `GetResource`; `*` for every operation.
    pub operation: String,
    /// The outcome.
    pub outcome: FaultOutcome,
    /// The number of calls it applies to; `None` for all.
    pub times: Option<u32>,
    /// The percentage of the matching calls it applies to.
    pub percent: u8,
}

/// The outcome of a faulty call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultOutcome {
    /// An exception, such as `ThrottlingException`; nothing else happens.
    Refused(String),
    /// The call is performed, but its response is an internal failure (`lost`).
    Lost,
    /// There is never a response, and nothing else happens (`hang`).
    Hangs,
    /// The request is accepted and then fails with a handler error code (`FAILED:NotStabilized`).
    Fails(String),
    /// The request is accepted, takes effect, and then fails with a handler error code (`LEFT:NotStabilized`).
    Leaves(String),
}

impl FromStr for FaultRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            let form = "[ACCOUNT/][REGION/][TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT]";
            format!("{what} in fault rule '{text}'; expected {form}")
        };
        let (target, rest) = text.split_once('=').ok_or_else(|| wrong("no '='"))?;
        let (places, operation) = target.rsplit_once('/').map_or((None, target), |(all, last)| (Some(all), last));
        let (mut account, mut region, mut type_name) = (None, None, None);
        for place in places.into_iter().flat_map(|all| all.split('/')) {
            let part = match place {
                _ if place.contains("::") => &mut type_name,
                _ if place.len() == 12 && place.bytes().all(|byte| byte.is_ascii_digit()) => &mut account,
                _ if place.contains('-') => &mut region,
                _ => return Err(wrong("no account, Region or type before '/'")),
            };
            if part.replace(place.to_owned()).is_some() {
                return Err(wrong("two accounts, Regions or types"));
            }
        }
        let (rest, percent) = match rest.split_once('%') {
            None => (rest, 100),
            Some((rest, number)) => match number.parse::<u8>() {
                Ok(percent @ 0..=100) => (rest, percent),
                _ => return Err(wrong("no percentage from 0 to 100 after '%'")),
            },
        };
        let (outcome, times) = match rest.split_once('*') {
            None => (rest, None),
            Some((outcome, number)) => {
                let times = number.parse().map_err(|_| wrong("no number after '*'"))?;
                (outcome, Some(times))
            }
        };
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let outcome = match (outcome, outcome.split_once(':')) {
            ("lost", _) => FaultOutcome::Lost,
            ("hang", _) => FaultOutcome::Hangs,
            (_, Some(("FAILED", code))) if is_name(code) => FaultOutcome::Fails(code.to_owned()),
            (_, Some(("LEFT", code))) if is_name(code) => FaultOutcome::Leaves(code.to_owned()),
            (code, None) if is_name(code) => FaultOutcome::Refused(code.to_owned()),
            _ => return Err(wrong("no outcome")),
        };
        if operation != "*" && !is_name(operation) {
            return Err(wrong("no operation"));
        }
        Ok(Self { account, region, type_name, operation: operation.to_owned(), outcome, times, percent })
    }
}

impl FaultRule {
    fn fits(&self, call: &Call<'_>) -> bool {
        let is_operation = self.operation == "*" || self.operation == call.operation;
        is_operation
            && self.account.as_ref().is_none_or(|account| *account == call.caller.account)
            && self.region.as_ref().is_none_or(|region| *region == call.caller.region)
            && self.type_name.as_deref().is_none_or(|name| call.text("TypeName") == Some(name))
    }
}

/// Counts calls to decide which ones fail. Lives as long as its process.
#[derive(Default)]
pub(super) struct FaultCounter {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Calls that matched each rule, and the number of them that it was applied to.
    fitted: BTreeMap<usize, (u32, u32)>,
    /// The second that each account is in, and its calls in it: all of them, or those of one
    /// operation.
    calls: BTreeMap<(String, Option<String>), (Millis, u32)>,
}

impl Counts {
    /// Counts a call; true when it exceeds the limit.
    fn is_too_many(&mut self, call: &Call<'_>, operation: Option<&str>, most: u32) -> bool {
        let second = call.now / 1_000;
        let name = (call.caller.account.clone(), operation.map(str::to_owned));
        let count = self.calls.entry(name).or_default();
        if count.0 != second {
            *count = (second, 0);
        }
        count.1 += 1;
        count.1 > most
    }
}

impl Faults {
    /// The latency of an operation.
    pub(super) fn latency_of(&self, operation: &str) -> Duration {
        self.latencies.get(operation).copied().unwrap_or(self.latency)
    }
}

impl FaultCounter {
    /// The fault of a call, if any.
    pub fn next(&self, faults: &Faults, call: &Call<'_>) -> Option<FaultOutcome> {
        if faults.calls_per_second.is_none() && faults.rates.is_empty() && faults.rules.is_empty() {
            return None;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all = faults.calls_per_second.map(|most| (None, most));
        let of_this = faults.rates.get(call.operation).map(|most| (Some(call.operation), *most));
        for (operation, most) in of_all.into_iter().chain(of_this) {
            if counts.is_too_many(call, operation, most) {
                return Some(FaultOutcome::Refused("ThrottlingException".into()));
            }
        }
        let (index, rule) = faults.rules.iter().enumerate().find(|(_, rule)| rule.fits(call))?;
        let (fitted, happened) = counts.fitted.entry(index).or_default();
        *fitted += 1;
        let draw = Random::new(&[&rule.operation, &fitted.to_string()]).percent("fault");
        if draw >= rule.percent || rule.times.is_some_and(|times| *happened >= times) {
            return None;
        }
        *happened += 1;
        Some(rule.outcome.clone())
    }
}

/// The exception of a [`FaultOutcome::Refused`].
pub(super) fn refusal(code: &str) -> ApiError {
    let is_fault =
        ["Internal", "Unavailable", "NetworkFailure", "HandlerFailure"].iter().any(|part| code.contains(part));
    let message = match code {
        "ThrottlingException" => "Rate exceeded".to_owned(),
        _ => format!("This call was chosen to fail with {code}."),
    };
    ApiError { code: code.to_owned().into(), message, status: if is_fault { 500 } else { 400 } }
}

/// The code of a response that is never sent.
pub(super) const HUNG: &str = "Hung";

/// Stands for the response to a call that hangs.
pub(super) fn hung() -> ApiError {
    ApiError::internal("This call was chosen to hang.").coded(HUNG)
}

/// The response to a call that was performed and whose real response was lost.
pub(super) fn lost() -> ApiError {
    ApiError::internal("The call was carried out, but this answer was chosen to be lost.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_from_text() {
        let rule: FaultRule = "AWS::S3::Bucket/CreateResource=lost*1".parse().unwrap();
        assert_eq!(rule.type_name.as_deref(), Some("AWS::S3::Bucket"));
        assert_eq!((rule.outcome, rule.times, rule.percent), (FaultOutcome::Lost, Some(1), 100));
        let rule: FaultRule = "*=ThrottlingException%20".parse().unwrap();
        assert_eq!(rule.outcome, FaultOutcome::Refused("ThrottlingException".into()));
        assert_eq!((rule.operation.as_str(), rule.percent), ("*", 20));
        let rule: FaultRule = "UpdateResource=FAILED:NotStabilized".parse().unwrap();
        assert_eq!(rule.outcome, FaultOutcome::Fails("NotStabilized".into()));
        let rule: FaultRule = "222222222222/eu-west-1/AWS::S3::Bucket/GetResource=lost".parse().unwrap();
        let place = [&rule.account, &rule.region, &rule.type_name].map(|part| part.as_deref().unwrap());
        assert_eq!(place, ["222222222222", "eu-west-1", "AWS::S3::Bucket"]);
        let rule: FaultRule = "eu-west-1/*=lost".parse().unwrap();
        assert_eq!((rule.account, rule.region.as_deref(), rule.type_name), (None, Some("eu-west-1"), None));
        let rule: FaultRule = "333333333333/eu-west-1/*=hang".parse().unwrap();
        assert_eq!((rule.outcome, rule.operation.as_str()), (FaultOutcome::Hangs, "*"));
        let rule: FaultRule = "CreateResource=LEFT:NotStabilized*1".parse().unwrap();
        assert_eq!(rule.outcome, FaultOutcome::Leaves("NotStabilized".into()));
    }

    #[test]
    fn invalid_rules_are_reported() {
        for text in [
            "",
            "GetResource",
            "GetResource=",
            "=lost",
            "A=B%101",
            "A=B*x",
            "A=FAILED:",
            "A=LEFT:",
            "A=OTHER:B",
            "x/A=B",
            "a-1/b-1/A=B",
        ] {
            let error = text.parse::<FaultRule>().unwrap_err();
            assert!(error.contains("expected"), "{error}");
        }
    }
}
