//! The client of IAM's policy simulator.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::clients::ClientSet;
use super::iam_tags::IAM;
use super::pages::Pages;
use super::query::{QueryClient, evaluation_page, role};
use super::stack::{Call, Stack};
use crate::pipeline::ports::{CloudError, CloudErrorKind, SimulatePermissions, Simulated};
use crate::schema::Arn;

/// A client that simulates policies. It has no mutating calls.
#[derive(Clone)]
pub struct Simulator {
    client: QueryClient,
    stack: Stack,
    region: String,
}

impl Simulator {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = set.key.region.clone();
        Self { client: set.iam(), stack: stack("iam", IAM.service.region(&region)), region }
    }
}

#[async_trait]
impl SimulatePermissions for Simulator {
    async fn principal_of(&self, caller: &str) -> Result<Option<String>, CloudError> {
        const OPERATION: &str = "iam.GetRole";
        let Some(parsed) = Arn::parse(caller) else { return Ok(None) };
        if parsed.service == "iam" && parsed.resource.starts_with("user/") {
            return Ok(Some(caller.to_owned()));
        }
        let assumed = parsed.resource.strip_prefix("assumed-role/").filter(|_| parsed.service == "sts");
        let Some((name, _)) = assumed.and_then(|path| path.split_once('/')) else { return Ok(None) };
        // STS does not return the path, which is part of the role's ARN.
        let parameters = [("RoleName", name)];
        let send = |watch| self.client.send("GetRole", &parameters, watch, role);
        let call = Call { identifier: Some(name), ..Call::read(OPERATION) };
        let mut found = self.stack.call(call, send).await?;
        let missing = || {
            let environment = &self.stack.place.environment;
            let message = format!("the response has no ARN of the role {name}");
            CloudError::new(CloudErrorKind::Malformed, OPERATION, environment, message)
        };
        Ok(Some(found.remove("Arn").ok_or_else(missing)?))
    }

    async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resource: &str,
    ) -> Result<BTreeMap<String, Simulated>, CloudError> {
        const OPERATION: &str = "iam.SimulatePrincipalPolicy";
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut found = BTreeMap::new();
        let mut next: Option<String> = None;
        let named: Vec<(String, &str)> =
            (1..).zip(actions).map(|(number, action)| (format!("ActionNames.member.{number}"), *action)).collect();
        loop {
            // The only context value that is known of a request that was not made.
            let mut parameters = vec![
                ("PolicySourceArn", principal),
                ("ResourceArns.member.1", resource),
                ("ContextEntries.member.1.ContextKeyName", "aws:RequestedRegion"),
                ("ContextEntries.member.1.ContextKeyType", "string"),
                ("ContextEntries.member.1.ContextKeyValues.member.1", &self.region),
            ];
            parameters.extend(named.iter().map(|(name, action)| (name.as_str(), *action)));
            parameters.extend(next.as_deref().map(|marker| ("Marker", marker)));
            let send = |watch| self.client.send("SimulatePrincipalPolicy", &parameters, watch, evaluation_page);
            let call = Call { identifier: Some(principal), ..Call::read(OPERATION) };
            let page = self.stack.call(call, send).await?;
            for item in page.items.as_ref().ok_or_else(|| pages.missing("EvaluationResults"))? {
                let member = |name: &str| item.get(name).map(String::as_str);
                let action = member("EvalActionName").ok_or_else(|| pages.missing("EvalActionName"))?;
                let is_complete = member("MissingContextValues").unwrap_or_default().is_empty();
                let decision = match (member("EvalDecision"), is_complete) {
                    (Some("allowed"), true) => Simulated::Allowed,
                    (Some("implicitDeny"), true) => Simulated::ImplicitlyDenied,
                    (Some("explicitDeny"), true) => Simulated::ExplicitlyDenied,
                    (Some("allowed" | "implicitDeny" | "explicitDeny"), false) => Simulated::Undecided,
                    _ => return Err(pages.missing("EvalDecision")),
                };
                found.insert(action.to_owned(), decision);
            }
            let is_truncated = page.members.get("IsTruncated").is_some_and(|text| text == "true");
            next = pages.next(page.members.get("Marker").map(String::as_str).filter(|_| is_truncated))?;
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Network, Reply, clients, dev};
    use super::*;

    fn simulator(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (Simulator, Arc<Network>) {
        let network = Network::new(move |asked| Reply::Http(200, "text/xml", answer(&asked.body)));
        (clients(&network, &dev(), SystemClock::shared(), RunScope::default()).simulator(), network)
    }

    #[tokio::test]
    async fn the_path_of_a_role_is_looked_up() {
        let arn = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/Admin";
        let answer =
            format!("<GetRoleResponse><GetRoleResult><Role><Arn>{arn}</Arn></Role></GetRoleResult></GetRoleResponse>");
        let (simulator, network) = simulator(move |_| answer.clone());
        let of = async |caller: &str| simulator.principal_of(caller).await.unwrap();
        assert_eq!(of("arn:aws:sts::111111111111:assumed-role/Admin/alice").await.as_deref(), Some(arn));
        assert!(network.asked()[0].body.contains("RoleName=Admin"));
        let user = "arn:aws:iam::111111111111:user/ci";
        assert_eq!(of(user).await.as_deref(), Some(user));
        for other in ["arn:aws:iam::111111111111:root", "arn:aws:sts::111111111111:federated-user/x", "nonsense"] {
            assert_eq!(of(other).await, None, "{other}");
        }
        assert_eq!(network.asked().len(), 1);
    }

    #[tokio::test]
    async fn all_pages_are_read_and_missing_context_decides_nothing() {
        let page = |items: &str, more: &str| {
            format!(
                "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>{more}<EvaluationResults>{items}\
                 </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
            )
        };
        let item = |action: &str, decision: &str, missing: &str| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>\
                 <MissingContextValues>{missing}</MissingContextValues></member>"
            )
        };
        let first = page(
            &(item("a:One", "allowed", "") + &item("a:Two", "implicitDeny", "<member>aws:SourceVpc</member>")),
            "<IsTruncated>true</IsTruncated><Marker>m</Marker>",
        );
        let second = page(&item("a:Three", "explicitDeny", ""), "<IsTruncated>false</IsTruncated>");
        let (simulator, network) =
            simulator(move |body| if body.contains("Marker=m") { second.clone() } else { first.clone() });
        let found = simulator.simulate("arn:p", &["a:One", "a:Two", "a:Three"], "*").await.unwrap();
        let of = |action: &str| found[action];
        assert_eq!(
            (of("a:One"), of("a:Two"), of("a:Three")),
            (Simulated::Allowed, Simulated::Undecided, Simulated::ExplicitlyDenied)
        );
        let asked = network.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked[0].body.contains("ActionNames.member.3=a%3AThree"), "{}", asked[0].body);
    }

    #[tokio::test]
    async fn an_empty_response_is_an_error() {
        let (simulator, _) = simulator(|_| {
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult/></SimulatePrincipalPolicyResponse>"
                .to_owned()
        });
        let error = simulator.simulate("arn:p", &["a:One"], "*").await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Malformed);
    }
}
