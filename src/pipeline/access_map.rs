//! Who can read and change which resources: the users and roles of an account, by their own policies.
//!
//! An action belongs to the access that its level in the service authorization reference names. Principals are read once, and each
//! policy of theirs is parsed once, however many resources there are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::access::LocalPolicies;
use super::estate::{CONCURRENCY, concurrently};
use super::ports::{CloudError, CloudErrorKind, ReadCloud, ReadPrincipals, Simulated};
use crate::domain::access::{AccessKind, Grant, MappedResource, PrincipalAccess};
use crate::domain::principal::{Principal, PrincipalKind, PrincipalPolicies};
use crate::domain::resource::LiveResource;
use crate::iam::like;
use crate::schema::actions::{self, ResourceForm, of_service};
use crate::schema::{Arn, Registry, arn_of};

/// How principals were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalSource {
    /// All at once, by GetAccountAuthorizationDetails.
    Details,
    /// One after another, because the account does not allow the other way: why.
    Each(String),
}

/// The principals of an account.
pub struct Principals {
    /// How they were read.
    pub source: PrincipalSource,
    /// Those whose policies were read.
    pub found: Vec<PrincipalPolicies>,
    /// What could not be read: principals and their policies, with the reasons.
    pub unread: Vec<(String, String)>,
    /// How many reads were denied.
    pub denied: u64,
    /// Roles of AWS services, which only those services can use. They are not evaluated.
    pub service_linked: u64,
}

/// Reads the principals of an account: all at once if that is allowed, else one by one.
///
/// # Errors
/// There was no response, or an error that is not about permissions.
pub async fn principals(reader: &dyn ReadPrincipals, cloud: &dyn ReadCloud) -> Result<Principals, CloudError> {
    let mut principals = match reader.all().await {
        Ok(found) => {
            Principals { source: PrincipalSource::Details, found, unread: Vec::new(), denied: 0, service_linked: 0 }
        }
        Err(error) if error.kind == CloudErrorKind::AccessDenied => each(reader, cloud, error.reason()).await?,
        Err(error) => return Err(error),
    };
    let is_service_linked = |one: &PrincipalPolicies| one.principal.arn.contains(":role/aws-service-role/");
    let before = principals.found.len();
    principals.found.retain(|one| !is_service_linked(one));
    principals.service_linked = (before - principals.found.len()) as u64;
    for one in &principals.found {
        let of_principal =
            |(policy, reason): &(String, String)| (format!("{} of {}", policy, one.principal.arn), reason.clone());
        principals.unread.extend(one.unread.iter().map(of_principal));
    }
    Ok(principals)
}

async fn each(reader: &dyn ReadPrincipals, cloud: &dyn ReadCloud, why: String) -> Result<Principals, CloudError> {
    let mut principals = Principals {
        source: PrincipalSource::Each(why),
        found: Vec::new(),
        unread: Vec::new(),
        denied: 0,
        service_linked: 0,
    };
    let mut names: Vec<(PrincipalKind, String)> = Vec::new();
    for (kind, type_name) in [(PrincipalKind::User, "AWS::IAM::User"), (PrincipalKind::Role, "AWS::IAM::Role")] {
        match cloud.list(type_name).await {
            Ok(found) => names.extend(found.into_iter().map(|name| (kind, name))),
            Err(error) => principals.note(format!("all {}s", kind.as_str()), error)?,
        }
    }
    let reads = names.into_iter().map(|(kind, name)| async move {
        let found = async {
            let Some(principal) = reader.principal(kind, &name).await? else { return Ok(None) };
            let policies = reader.policies(&principal).await?;
            Ok(Some(PrincipalPolicies { principal, policies, unread: Vec::new() }))
        };
        let found: Result<Option<PrincipalPolicies>, CloudError> = found.await;
        (kind, name, found)
    });
    for (kind, name, found) in concurrently(CONCURRENCY, reads).await {
        match found {
            Ok(found) => principals.found.extend(found),
            Err(error) => principals.note(format!("{} {name}", kind.as_str()), error)?,
        }
    }
    principals.found.sort_by(|one, other| one.principal.arn.cmp(&other.principal.arn));
    Ok(principals)
}

impl Principals {
    fn note(&mut self, subject: String, error: CloudError) -> Result<(), CloudError> {
        if error.kind == CloudErrorKind::Credentials {
            return Err(error);
        }
        self.denied += u64::from(error.kind == CloudErrorKind::AccessDenied);
        self.unread.push((subject, error.reason()));
        Ok(())
    }
}

/// An action, with the resources on which it gives access to one.
struct Candidate {
    kind: AccessKind,
    action: String,
    /// The ARN of the resource, or patterns of its parts, such as the objects of a bucket.
    targets: Vec<String>,
}

/// A principal as the map evaluates it.
struct Evaluated<'a> {
    principal: &'a Principal,
    local: LocalPolicies,
    /// By service: the actions that a statement allows on some resource.
    actions: RefCell<BTreeMap<String, Rc<BTreeSet<String>>>>,
}

/// Maps resources to the principals of their account.
pub struct AccessMap<'a> {
    registry: &'a Registry,
    account: &'a str,
    principals: Vec<Evaluated<'a>>,
    /// Policies that were not understood: the policy, its principal and why.
    pub not_understood: Vec<(String, String)>,
}

impl<'a> AccessMap<'a> {
    /// Prepares the principals of an account, for requests in a Region.
    pub fn new(registry: &'a Registry, account: &'a str, region: &str, principals: &'a Principals) -> Self {
        let mut not_understood = Vec::new();
        let evaluated = principals.found.iter().map(|one| {
            let local = LocalPolicies::new(&one.principal, &one.policies, region);
            let of_principal =
                |(policy, why): &(String, String)| (format!("{policy} of {}", one.principal.arn), why.clone());
            not_understood.extend(local.not_understood.iter().map(of_principal));
            Evaluated { principal: &one.principal, local, actions: RefCell::default() }
        });
        let principals = evaluated.collect();
        Self { registry, account, principals, not_understood }
    }

    /// Says who has access to a resource.
    pub fn map(&self, live: &LiveResource, region: &str) -> MappedResource {
        let schema = self.registry.get(&live.resource.type_name);
        let rendered =
            || schema.and_then(|one| arn_of(one, &live.resource.identifier, &live.properties, self.account, region));
        let arn = live.arn.clone().or_else(rendered);
        let parsed = arn.as_deref().and_then(Arn::parse);
        let Some((arn, service)) = arn.clone().zip(parsed.map(|parsed| parsed.service.to_owned())) else {
            let service = live.resource.type_name.split("::").nth(1).unwrap_or_default().to_ascii_lowercase();
            return MappedResource { arn, service, principals: Err("the ARN of the resource is not known") };
        };
        let candidates = candidates(&service, &arn);
        if candidates.is_empty() {
            let reason = "no action of the service authorization reference takes this kind of resource";
            return MappedResource { arn: Some(arn), service, principals: Err(reason) };
        }
        let access = self.principals.iter().filter_map(|one| {
            let grants = one.grants(&service, &candidates);
            (!grants.is_empty()).then(|| PrincipalAccess { principal: one.principal.clone(), grants })
        });
        let principals = Ok(access.collect());
        MappedResource { arn: Some(arn), service, principals }
    }
}

/// The actions that give access to a resource or to its parts.
fn candidates(service: &str, arn: &str) -> Vec<Candidate> {
    let Some(actions) = of_service(service) else { return Vec::new() };
    let own: Vec<ResourceForm> = actions.forms().filter(|form| like(form.arn, arn)).collect();
    // `arn:*:s3:::*/*` has the objects of a bucket `arn:*:s3:::*`.
    let part = |form: &ResourceForm| {
        let rests = own.iter().filter_map(|whole| form.arn.strip_prefix(whole.arn));
        let mut rests = rests.filter(|rest| rest.starts_with(['/', ':']));
        rests.next().map(|rest| format!("{arn}{rest}"))
    };
    let found = actions.actions(service).filter_map(|action| {
        let kind = AccessKind::of(action.level?);
        let mut targets = BTreeSet::new();
        for form in &action.forms {
            if own.iter().any(|one| one.name == form.name) {
                targets.insert(arn.to_owned());
                // Requests name a log group with this suffix.
                targets.extend((service == "logs").then(|| format!("{arn}:*")));
            } else {
                targets.extend(part(form));
            }
        }
        let targets: Vec<String> = targets.into_iter().collect();
        (!targets.is_empty()).then_some(Candidate { kind, action: action.name, targets })
    });
    // Access to the whole resource says more than access to its parts.
    let mut candidates: Vec<Candidate> = found.collect();
    candidates.sort_by_key(|candidate| !candidate.targets.iter().any(|target| target == arn));
    candidates
}

impl Evaluated<'_> {
    fn grants(&self, service: &str, candidates: &[Candidate]) -> BTreeMap<AccessKind, Grant> {
        let possible = self.possible(service);
        let mut grants: BTreeMap<AccessKind, Grant> = BTreeMap::new();
        for candidate in candidates.iter().filter(|one| possible.contains(&one.action)) {
            let is_certain = |grant: &Grant| !grant.is_conditional;
            if grants.get(&candidate.kind).is_some_and(is_certain) {
                continue;
            }
            let Some(grant) = self.grant(candidate) else { continue };
            match grants.get(&candidate.kind) {
                Some(_) if grant.is_conditional => {}
                _ => drop(grants.insert(candidate.kind, grant)),
            }
        }
        grants
    }

    /// The actions of a service that the policies allow on some resource.
    fn possible(&self, service: &str) -> Rc<BTreeSet<String>> {
        if let Some(known) = self.actions.borrow().get(service) {
            return Rc::clone(known);
        }
        let all = actions::of_service(service).into_iter().flat_map(|one| one.actions(service));
        let policies = self.local.identity();
        let allowed = all.map(|action| action.name).filter(|name| policies.iter().any(|policy| policy.may_allow(name)));
        let found = Rc::new(allowed.collect());
        self.actions.borrow_mut().insert(service.to_owned(), Rc::clone(&found));
        found
    }

    /// The grant of an action on the resource, else on some of its parts.
    fn grant(&self, candidate: &Candidate) -> Option<Grant> {
        let Candidate { action, targets, .. } = candidate;
        let within = |pattern: &&str| {
            !pattern.contains("${") && targets.iter().any(|target| target.as_str() != *pattern && like(target, pattern))
        };
        let policies = self.local.identity().iter();
        let parts: BTreeSet<&str> = policies.flat_map(|policy| policy.allowed_resources()).filter(within).collect();
        let mut conditional = None;
        for target in targets.iter().map(String::as_str).chain(parts) {
            let grant = |is_conditional| Grant { is_conditional, action: action.clone(), on: target.to_owned() };
            match self.local.decide(action, target) {
                Simulated::Allowed => return Some(grant(false)),
                Simulated::Undecided => drop(conditional.get_or_insert_with(|| grant(true))),
                Simulated::ImplicitlyDenied | Simulated::ExplicitlyDenied => {}
            }
        }
        conditional
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::principal::{HeldPolicy, PolicyOrigin};
    use crate::domain::resource::ResourceRef;
    use crate::domain::tags::Tags;

    const ACCOUNT: &str = "111111111111";

    fn principal(name: &str, statements: Value) -> PrincipalPolicies {
        let policy = HeldPolicy {
            name: "p".to_owned(),
            arn: None,
            origin: PolicyOrigin::Inline,
            document: json!({"Version": "2012-10-17", "Statement": statements}),
            attachments: None,
            tags: Tags::new(),
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let principal = Principal { kind: PrincipalKind::Role, name: name.to_owned(), arn, boundary: None };
        PrincipalPolicies { principal, policies: vec![policy], unread: Vec::new() }
    }

    /// The accesses of roles with these statements to a resource, such as `read s3:GetObject on …`.
    fn access(type_name: &str, identifier: &str, properties: Value, statements: Value) -> Vec<String> {
        let principals = Principals {
            source: PrincipalSource::Details,
            found: vec![principal("app", statements)],
            unread: Vec::new(),
            denied: 0,
            service_linked: 0,
        };
        let registry = Registry::embedded();
        let map = AccessMap::new(&registry, ACCOUNT, "us-east-1", &principals);
        let resource = ResourceRef::new(type_name, identifier);
        let live = LiveResource { resource, properties, tags: Tags::new(), arn: None };
        let found = map.map(&live, "us-east-1").principals.unwrap();
        let words = |(kind, grant): (&AccessKind, &Grant)| {
            let mark = if grant.is_conditional { "?" } else { "" };
            format!("{kind:?}{mark} {} on {}", grant.action, grant.on)
        };
        found.iter().flat_map(|one| one.grants.iter().map(words)).collect()
    }

    fn bucket(statements: Value) -> Vec<String> {
        access("AWS::S3::Bucket", "data", json!({}), statements)
    }

    fn allow(actions: Value, resources: Value) -> Value {
        json!({"Effect": "Allow", "Action": actions, "Resource": resources})
    }

    #[test]
    fn access_is_read_write_or_the_management_of_permissions() {
        let all = bucket(json!([allow(json!("s3:*"), json!("*"))]));
        assert_eq!(all.len(), 3, "{all:?}");
        let read = bucket(json!([allow(json!(["s3:GetObject"]), json!("arn:aws:s3:::data/*"))]));
        assert_eq!(read, ["Read s3:GetObject on arn:aws:s3:::data/*"]);
        let write = bucket(json!([allow(json!("s3:PutObject"), json!("arn:aws:s3:::da*"))]));
        assert_eq!(write, ["Write s3:PutObject on arn:aws:s3:::data/*"]);
        let manage = bucket(json!([allow(json!("s3:PutBucketPolicy"), json!("arn:aws:s3:::data"))]));
        assert_eq!(manage, ["Manage s3:PutBucketPolicy on arn:aws:s3:::data"]);
        assert_eq!(bucket(json!([allow(json!("s3:*"), json!("arn:aws:s3:::other*"))])), [""; 0]);
        assert_eq!(bucket(json!([allow(json!("sqs:*"), json!("*"))])), [""; 0]);
    }

    #[test]
    fn a_part_of_a_resource_counts_and_is_named() {
        let some = bucket(json!([allow(json!("s3:GetObject"), json!("arn:aws:s3:::data/public/*"))]));
        assert_eq!(some, ["Read s3:GetObject on arn:aws:s3:::data/public/*"]);
        let table = json!({"Arn": "arn:aws:dynamodb:us-east-1:111111111111:table/t"});
        let index = "arn:aws:dynamodb:us-east-1:111111111111:table/t/index/by-day";
        let some = access("AWS::DynamoDB::Table", "t", table, json!([allow(json!("dynamodb:Query"), json!(index))]));
        assert_eq!(some, [format!("Read dynamodb:Query on {index}")]);
    }

    #[test]
    fn a_deny_removes_access_and_a_condition_makes_it_uncertain() {
        let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::data*"});
        assert_eq!(bucket(json!([allow(json!("s3:*"), json!("*")), deny])), [""; 0]);
        let mut conditional = allow(json!("s3:GetObject"), json!("*"));
        conditional["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        assert_eq!(bucket(json!([conditional])), ["Read? s3:GetObject on arn:aws:s3:::data/*"]);
    }

    #[test]
    fn log_groups_have_the_suffix_of_their_requests() {
        let group = json!({"Arn": "arn:aws:logs:us-east-1:111111111111:log-group:app:*"});
        let allowed = allow(json!("logs:DeleteLogGroup"), json!("arn:aws:logs:us-east-1:111111111111:log-group:app:*"));
        assert_eq!(access("AWS::Logs::LogGroup", "app", group, json!([allowed])).len(), 1);
    }
}
