//! What a principal may do: its policies, and which of the needed actions they do not allow.

use std::collections::BTreeMap;

use super::ports::{CloudError, CloudErrorKind, ReadPrincipals, SimulatePermissions, Simulated};
use crate::domain::principal::{HeldPolicy, PolicyOrigin, Principal, PrincipalKind};
use crate::domain::project::Environment;
use crate::iam::need::Need;
use crate::iam::{AttachedPolicies, Context, Decision, Policy, Request, evaluate};
use crate::schema::Arn;

/// How many actions one simulation has.
const ACTIONS_PER_CALL: usize = 100;

/// Why a principal is not known.
#[derive(Debug)]
pub enum PrincipalError {
    /// The account has no user, role or group of this name.
    NotFound,
    /// A user, a role and a group may have the same name: their ARNs.
    Ambiguous(Vec<String>),
    /// The ARN is not that of a user, a role or a group.
    NotPrincipal,
    /// The ARN is in another account.
    OtherAccount(String),
    /// It could not be read.
    Cloud(CloudError),
}

/// Finds a principal by its name or ARN. One that may not be read is still known by its ARN, but not its boundary.
///
/// # Errors
/// It does not exist, is not a principal with policies, or could not be read.
pub async fn find_principal(
    reader: &dyn ReadPrincipals,
    environment: &Environment,
    text: &str,
) -> Result<Principal, PrincipalError> {
    if let Some(arn) = Arn::parse(text) {
        let named = PrincipalKind::of_arn(arn.resource).filter(|_| ["iam", "sts"].contains(&arn.service));
        let (kind, name) = named.ok_or(PrincipalError::NotPrincipal)?;
        if arn.account != environment.account.as_str() {
            return Err(PrincipalError::OtherAccount(arn.account.to_owned()));
        }
        return match reader.principal(kind, name).await {
            Ok(found) => found.ok_or(PrincipalError::NotFound),
            Err(error) if error.kind == CloudErrorKind::AccessDenied && arn.service == "iam" => {
                Ok(Principal { kind, name: name.to_owned(), arn: text.to_owned(), boundary: None })
            }
            Err(error) => Err(PrincipalError::Cloud(error)),
        };
    }
    let mut found = Vec::new();
    for kind in PrincipalKind::ALL {
        found.extend(reader.principal(kind, text).await.map_err(PrincipalError::Cloud)?);
    }
    let arns = || found.iter().map(|one: &Principal| one.arn.clone()).collect();
    match found.len() {
        0 => Err(PrincipalError::NotFound),
        1 => found.pop().ok_or(PrincipalError::NotFound),
        _ => Err(PrincipalError::Ambiguous(arns())),
    }
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// SimulatePrincipalPolicy.
    Simulator,
    /// The evaluator of this program, because the simulator may not be used: why.
    Local(String),
}

/// A needed action on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The decision.
    pub decision: Simulated,
}

/// What is needed and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What decided.
    pub method: Method,
    /// All needed actions, in their order.
    pub verdicts: Vec<Verdict>,
    /// Policies that were not understood: their names and why.
    pub not_understood: Vec<(String, String)>,
}

impl Gap {
    /// What is not certainly allowed.
    pub fn missing(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.decision != Simulated::Allowed)
    }

    /// The needs that no statement allows, so that a new one would: not those that are denied explicitly.
    pub fn grantable(&self, needs: &[Need]) -> Vec<Need> {
        let is_open = |action: &str, resource: &str| {
            self.missing().any(|verdict| {
                verdict.action == action
                    && verdict.resource == resource
                    && verdict.decision != Simulated::ExplicitlyDenied
            })
        };
        let open = needs.iter().map(|need| Need {
            resources: need.resources.iter().filter(|resource| is_open(&need.action, resource)).cloned().collect(),
            ..need.clone()
        });
        open.filter(|need| !need.resources.is_empty()).collect()
    }
}

/// Where the decisions come from.
pub struct Deciders<'a> {
    /// The simulator of the account.
    pub simulator: &'a dyn SimulatePermissions,
    /// Reads policies, if the simulator may not be used.
    pub reader: &'a dyn ReadPrincipals,
    /// The Region of the requests.
    pub region: &'a str,
}

/// Compares what is needed with what a principal's policies allow.
///
/// # Errors
/// Neither the simulator nor the policies could be asked.
pub async fn gap(deciders: &Deciders<'_>, principal: &Principal, needs: &[Need]) -> Result<Gap, CloudError> {
    match simulated(deciders.simulator, principal, needs).await {
        Ok(verdicts) => Ok(Gap { method: Method::Simulator, verdicts, not_understood: Vec::new() }),
        Err(error) if error.kind == CloudErrorKind::AccessDenied => {
            let policies = deciders.reader.policies(principal).await?;
            Ok(evaluated(principal, &policies, needs, deciders.region, error.reason()))
        }
        Err(error) => Err(error),
    }
}

async fn simulated(
    simulator: &dyn SimulatePermissions,
    principal: &Principal,
    needs: &[Need],
) -> Result<Vec<Verdict>, CloudError> {
    let mut by_resource: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for need in needs {
        for resource in &need.resources {
            by_resource.entry(resource).or_default().push(&need.action);
        }
    }
    let mut decisions: BTreeMap<(&str, &str), Simulated> = BTreeMap::new();
    for (resource, actions) in &by_resource {
        for some in actions.chunks(ACTIONS_PER_CALL) {
            let found = simulator.simulate(&principal.arn, some, resource).await?;
            decisions.extend(some.iter().filter_map(|action| Some(((*action, *resource), *found.get(*action)?))));
        }
    }
    // What the response does not have is not decided.
    let decided = |action: &str, resource: &str| decisions.get(&(action, resource)).copied();
    Ok(verdicts(needs, |action, resource| decided(action, resource).unwrap_or(Simulated::Undecided)))
}

fn verdicts(needs: &[Need], decide: impl Fn(&str, &str) -> Simulated) -> Vec<Verdict> {
    let pairs = needs.iter().flat_map(|need| need.resources.iter().map(move |resource| (&need.action, resource)));
    pairs
        .map(|(action, resource)| Verdict {
            action: action.clone(),
            resource: resource.clone(),
            decision: decide(action, resource),
        })
        .collect()
}

/// Evaluates policies as IAM documents it.
fn evaluated(principal: &Principal, policies: &[HeldPolicy], needs: &[Need], region: &str, reason: String) -> Gap {
    let local = LocalPolicies::new(principal, policies, region);
    let verdicts = verdicts(needs, |action, resource| local.decide(action, resource));
    Gap { method: Method::Local(reason), verdicts, not_understood: local.not_understood }
}

/// The policies of a principal, for the evaluator of this program.
pub struct LocalPolicies {
    identity: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    context: Context,
    /// Policies that were not understood: their names and why.
    pub not_understood: Vec<(String, String)>,
}

impl LocalPolicies {
    /// Reads the policies of a principal, for requests in a Region.
    pub fn new(principal: &Principal, policies: &[HeldPolicy], region: &str) -> Self {
        let mut local = Self {
            identity: Vec::new(),
            boundary: principal.boundary.as_ref().map(|_| Vec::new()),
            context: context(principal, region),
            not_understood: Vec::new(),
        };
        for policy in policies {
            match (Policy::parse(&policy.document), &policy.origin) {
                (Ok(parsed), PolicyOrigin::Boundary) => local.boundary.get_or_insert_default().push(parsed),
                (Ok(parsed), _) => local.identity.push(parsed),
                (Err(error), _) => local.not_understood.push((policy.name.clone(), error.to_string())),
            }
        }
        local
    }

    /// The identity-based policies that were understood.
    pub fn identity(&self) -> &[Policy] {
        &self.identity
    }

    /// Decides about an action on a resource.
    pub fn decide(&self, action: &str, resource: &str) -> Simulated {
        let attached = AttachedPolicies {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            ..AttachedPolicies::default()
        };
        let request = Request { action, resource, principal: None, context: &self.context };
        let found = evaluate(&attached, &request);
        match found.decision {
            Decision::ExplicitDeny if found.missing_context.is_empty() => Simulated::ExplicitlyDenied,
            // A policy that was not understood may deny it.
            Decision::Allowed if !self.not_understood.is_empty() => Simulated::Undecided,
            _ if !found.missing_context.is_empty() => Simulated::Undecided,
            Decision::Allowed => Simulated::Allowed,
            Decision::ImplicitDeny => Simulated::ImplicitlyDenied,
            Decision::ExplicitDeny => Simulated::ExplicitlyDenied,
        }
    }
}

/// The context of the principal's requests, as far as it is known.
fn context(principal: &Principal, region: &str) -> Context {
    let account = principal.arn.split(':').nth(4).unwrap_or_default();
    let mut context = Context::from([
        ("aws:PrincipalArn".to_owned(), vec![principal.arn.clone()]),
        ("aws:PrincipalAccount".to_owned(), vec![account.to_owned()]),
        ("aws:RequestedRegion".to_owned(), vec![region.to_owned()]),
    ]);
    if principal.kind == PrincipalKind::User {
        context.insert("aws:username".to_owned(), vec![principal.name.clone()]);
    }
    context
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::principal::{LastUse, PrincipalPolicies};
    use crate::iam::need::needs;

    /// An account whose simulator may not be used.
    struct Account {
        policies: Vec<HeldPolicy>,
        names: Vec<(PrincipalKind, &'static str)>,
        denies: Option<CloudErrorKind>,
        simulated: Mutex<Vec<String>>,
    }

    fn error(kind: CloudErrorKind, operation: &'static str) -> CloudError {
        CloudError::new(kind, operation, "dev", "no")
    }

    #[async_trait]
    impl SimulatePermissions for Account {
        async fn principal_of(&self, _: &str) -> Result<Option<String>, CloudError> {
            Ok(None)
        }

        async fn simulate(
            &self,
            _: &str,
            actions: &[&str],
            resource: &str,
        ) -> Result<BTreeMap<String, Simulated>, CloudError> {
            if let Some(kind) = self.denies {
                return Err(error(kind, "iam.SimulatePrincipalPolicy"));
            }
            self.simulated.lock().unwrap().push(format!("{} {resource}", actions.join(",")));
            Ok(actions.iter().map(|action| ((*action).to_owned(), Simulated::Allowed)).collect())
        }
    }

    #[async_trait]
    impl ReadPrincipals for Account {
        async fn principal(&self, kind: PrincipalKind, name: &str) -> Result<Option<Principal>, CloudError> {
            let is_known = self.names.iter().any(|(known, own)| *known == kind && *own == name);
            Ok(is_known.then(|| principal(kind, name)))
        }

        async fn policies(&self, _: &Principal) -> Result<Vec<HeldPolicy>, CloudError> {
            Ok(self.policies.clone())
        }

        async fn all(&self) -> Result<Vec<PrincipalPolicies>, CloudError> {
            Err(error(CloudErrorKind::AccessDenied, "iam.GetAccountAuthorizationDetails"))
        }

        async fn last_used(&self, _: &Principal) -> Result<Vec<LastUse>, CloudError> {
            Err(error(CloudErrorKind::AccessDenied, "iam.GenerateServiceLastAccessedDetails"))
        }
    }

    fn principal(kind: PrincipalKind, name: &str) -> Principal {
        let arn = format!("arn:aws:iam::111111111111:{}/{name}", kind.as_str());
        Principal { kind, name: name.to_owned(), arn, boundary: None }
    }

    fn account(statements: &[Value]) -> Account {
        let held = |(number, statement): (usize, &Value)| HeldPolicy {
            name: format!("p{number}"),
            arn: None,
            origin: PolicyOrigin::Inline,
            document: json!({"Version": "2012-10-17", "Statement": statement}),
            attachments: None,
            tags: BTreeMap::new(),
        };
        Account {
            policies: statements.iter().enumerate().map(held).collect(),
            names: vec![(PrincipalKind::User, "ann"), (PrincipalKind::User, "both"), (PrincipalKind::Role, "both")],
            denies: Some(CloudErrorKind::AccessDenied),
            simulated: Mutex::default(),
        }
    }

    fn environment() -> Environment {
        crate::domain::project::Project::sandbox().environments.remove(0)
    }

    fn wanted() -> Vec<Need> {
        let actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"].map(str::to_owned);
        needs(&actions, &["arn:aws:s3:::data/*".to_owned()]).unwrap()
    }

    async fn decided(account: &Account) -> Gap {
        let deciders = Deciders { simulator: account, reader: account, region: "us-east-1" };
        gap(&deciders, &principal(PrincipalKind::User, "ann"), &wanted()).await.unwrap()
    }

    #[tokio::test]
    async fn a_denied_simulator_is_replaced_by_the_evaluator() {
        let read = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::data/*"});
        let deny = json!({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"});
        let found = decided(&account(&[read.clone(), deny])).await;
        assert!(matches!(&found.method, Method::Local(reason) if !reason.is_empty()));
        let decisions: Vec<Simulated> = found.verdicts.iter().map(|verdict| verdict.decision).collect();
        assert_eq!(decisions, [Simulated::Allowed, Simulated::ImplicitlyDenied, Simulated::ExplicitlyDenied]);
        // An allow does not lift an explicit deny.
        let grantable: Vec<String> = found.grantable(&wanted()).into_iter().map(|need| need.action).collect();
        assert_eq!(grantable, ["s3:ListBucket"]);
        let mfa = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
        assert_eq!(decided(&account(&[mfa])).await.verdicts[0].decision, Simulated::Undecided);
        let found = decided(&account(&[read, json!({"Effect": "Maybe"})])).await;
        assert_eq!((found.verdicts[0].decision, found.not_understood.len()), (Simulated::Undecided, 1));
    }

    #[tokio::test]
    async fn the_simulator_decides_by_resource() {
        let account = Account { denies: None, ..account(&[]) };
        let found = decided(&account).await;
        assert_eq!((found.method.clone(), found.missing().count()), (Method::Simulator, 0));
        let asked = account.simulated.lock().unwrap().clone();
        assert_eq!(asked, ["s3:ListBucket arn:aws:s3:::data", "s3:GetObject,s3:PutObject arn:aws:s3:::data/*"]);
        let broken = Account { denies: Some(CloudErrorKind::Throttled), ..account };
        let deciders = Deciders { simulator: &broken, reader: &broken, region: "us-east-1" };
        assert!(gap(&deciders, &principal(PrincipalKind::User, "ann"), &wanted()).await.is_err());
    }

    #[tokio::test]
    async fn a_principal_is_found_by_name_or_arn() {
        let account = account(&[]);
        let find = async |text: &str| find_principal(&account, &environment(), text).await;
        assert_eq!(find("ann").await.unwrap().arn, "arn:aws:iam::111111111111:user/ann");
        assert_eq!(find("arn:aws:iam::111111111111:user/team/ann").await.unwrap().name, "ann");
        let role = find("arn:aws:sts::111111111111:assumed-role/both/session").await.unwrap();
        assert_eq!(role.kind, PrincipalKind::Role);
        assert!(matches!(find("both").await, Err(PrincipalError::Ambiguous(arns)) if arns.len() == 2));
        assert!(matches!(find("bob").await, Err(PrincipalError::NotFound)));
        assert!(matches!(find("arn:aws:iam::222222222222:user/ann").await, Err(PrincipalError::OtherAccount(_))));
        assert!(matches!(find("arn:aws:s3:::ann").await, Err(PrincipalError::NotPrincipal)));
    }
}
