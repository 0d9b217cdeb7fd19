//! The client of IAM Access Analyzer, for the checks of policies. It has no mutating calls.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::ClientSet;
use super::json::{JsonClient, JsonService};
use super::pages::Pages;
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::domain::principal::{PolicyFinding, PolicyFindingKind};
use crate::pipeline::ports::{CloudError, CloudErrorKind, NewAccess, ValidatePolicies};

/// IAM Access Analyzer.
pub(super) const ACCESS_ANALYZER: JsonService = JsonService {
    service: Service { id: "AccessAnalyzer", signing_name: "access-analyzer", is_global: false },
    target: None,
};

const VALIDATE: &str = "accessanalyzer.ValidatePolicy";
const NEW_ACCESS: &str = "accessanalyzer.CheckNoNewAccess";

/// A client of the checks of policies.
#[derive(Clone)]
pub struct AccessAnalyzer {
    client: JsonClient,
    stack: Stack,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    findings: Option<Vec<Finding>>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    finding_details: Option<String>,
    finding_type: Option<String>,
    issue_code: Option<String>,
    learn_more_link: Option<String>,
    #[serde(default)]
    locations: Vec<Location>,
}

#[derive(Debug, Deserialize)]
struct Location {
    #[serde(default)]
    path: Vec<PathElement>,
}

/// One of the members.
#[derive(Debug, Deserialize)]
struct PathElement {
    index: Option<u64>,
    key: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Check {
    result: Option<String>,
    message: Option<String>,
    #[serde(default)]
    reasons: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    description: Option<String>,
}

impl AccessAnalyzer {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = &set.key.region;
        let client = JsonClient::new(ACCESS_ANALYZER, &set.config, set.shared("accessanalyzer", region));
        Self { client, stack: stack("accessanalyzer", region) }
    }

    fn malformed(&self, operation: &'static str, message: impl Into<String>) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, operation, &self.stack.place.environment, message)
    }

    fn finding(&self, found: Finding) -> Result<PolicyFinding, CloudError> {
        let missing = |member: &str| self.malformed(VALIDATE, format!("the response has no {member}"));
        let kind = match found.finding_type.as_deref() {
            Some("ERROR") => PolicyFindingKind::Error,
            Some("SECURITY_WARNING") => PolicyFindingKind::SecurityWarning,
            Some("WARNING") => PolicyFindingKind::Warning,
            Some("SUGGESTION") => PolicyFindingKind::Suggestion,
            Some(other) => return Err(self.malformed(VALIDATE, format!("the finding type `{other}` is not known"))),
            None => return Err(missing("findingType")),
        };
        let mut pointers: Vec<String> = found.locations.iter().map(|location| pointer(&location.path)).collect();
        pointers.retain(|pointer| !pointer.is_empty());
        Ok(PolicyFinding {
            kind,
            code: found.issue_code.ok_or_else(|| missing("issueCode"))?,
            message: found.finding_details.ok_or_else(|| missing("findingDetails"))?,
            pointers,
            help: found.learn_more_link,
        })
    }
}

fn pointer(path: &[PathElement]) -> String {
    let part = |element: &PathElement| {
        let index = element.index.map(|index| index.to_string());
        let name = element.value.as_ref().or(element.key.as_ref());
        index.or_else(|| name.map(|name| name.replace('~', "~0").replace('/', "~1")))
    };
    path.iter().filter_map(part).map(|part| format!("/{part}")).collect()
}

#[async_trait]
impl ValidatePolicies for AccessAnalyzer {
    async fn validate(&self, document: &Value) -> Result<Vec<PolicyFinding>, CloudError> {
        let mut pages = Pages::new(VALIDATE, &self.stack.place.environment);
        let input = json!({"policyDocument": document.to_string(), "policyType": "IDENTITY_POLICY", "locale": "EN"});
        let mut found = Vec::new();
        let mut path = "policy/validation".to_owned();
        loop {
            let send = |watch| self.client.send_to::<Page>("ValidatePolicy", &path, &input, watch);
            let page = self.stack.call(Call::read(VALIDATE), send).await?;
            for finding in page.findings.ok_or_else(|| pages.missing("findings"))? {
                found.push(self.finding(finding)?);
            }
            let Some(next) = pages.next(page.next_token.as_deref())? else { break };
            path = format!("policy/validation?nextToken={}", encoded(&next));
        }
        found.sort();
        Ok(found)
    }

    async fn new_access(&self, document: &Value, existing: &Value) -> Result<NewAccess, CloudError> {
        let input = json!({
            "newPolicyDocument": document.to_string(),
            "existingPolicyDocument": existing.to_string(),
            "policyType": "IDENTITY_POLICY",
        });
        let send =
            |watch| self.client.send_to::<Check>("CheckNoNewAccess", "policy/check-no-new-access", &input, watch);
        let found = self.stack.call(Call::read(NEW_ACCESS), send).await?;
        let is_new = match found.result.as_deref() {
            Some("PASS") => false,
            Some("FAIL") => true,
            _ => return Err(self.malformed(NEW_ACCESS, "the response has no result")),
        };
        let mut reasons: Vec<String> = found.reasons.into_iter().filter_map(|reason| reason.description).collect();
        if reasons.is_empty() && is_new {
            reasons.extend(found.message);
        }
        Ok(NewAccess { is_new, reasons })
    }
}

/// Percent-encodes a token for a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;

    fn analyzer(answer: impl Fn(&Asked) -> (u16, Value) + Send + Sync + 'static) -> AccessAnalyzer {
        let network = Network::new(move |asked: &Asked| {
            let (status, body) = answer(asked);
            Reply::Http(status, "application/json", body.to_string())
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).access_analyzer()
    }

    fn finding(kind: &str) -> Value {
        let path = json!([{"value": "Statement"}, {"index": 1}, {"key": "Resource"}]);
        json!({"findingType": kind, "issueCode": "CODE", "findingDetails": "text", "learnMoreLink": "https://x",
               "locations": [{"path": path, "span": {}}]})
    }

    #[tokio::test]
    async fn findings_have_their_place() {
        let found = analyzer(|_| (200, json!({"findings": [finding("WARNING"), finding("ERROR")]})));
        let found = found.validate(&json!({})).await.unwrap();
        let kinds: Vec<PolicyFindingKind> = found.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [PolicyFindingKind::Error, PolicyFindingKind::Warning]);
        assert_eq!(found[0].pointers, ["/Statement/1/Resource"]);
    }

    #[tokio::test]
    async fn an_answer_that_is_not_understood_is_an_error() {
        for body in [json!({}), json!({"findings": [{}]}), json!({"findings": [finding("OTHER")]})] {
            assert!(analyzer(move |_| (200, body.clone())).validate(&json!({})).await.is_err());
        }
        let check = |body: Value| async move {
            analyzer(move |_| (200, body.clone())).new_access(&json!({}), &json!({})).await
        };
        assert!(check(json!({})).await.is_err());
        assert!(!check(json!({"result": "PASS"})).await.unwrap().is_new);
        let new = check(json!({"result": "FAIL", "message": "more"})).await.unwrap();
        assert_eq!((new.is_new, new.reasons), (true, vec!["more".to_owned()]));
        let refused = analyzer(|_| (403, json!({"code": "AccessDeniedException", "message": "no"})));
        assert_eq!(refused.validate(&json!({})).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
    }
}
