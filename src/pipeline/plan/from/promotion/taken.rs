//! Names that another resource in the environment promoted to has, for types whose identifier does not follow from the name.

use serde_json::{Value, json};

use super::children::is_child_type;
use super::counterparts::Candidate;
use super::estates::KnownResources;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::symbol;
use crate::domain::tags::{self, Tags};
use crate::pipeline::estate;
use crate::pipeline::event::Event;
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::plan::identity::existing_counterpart;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::adoption::is_proven;
use crate::promotion::rewrite::Rewritten;
use crate::schema::{AccountRegion, Registry, predict_identifier};

/// A type whose names are unique in an account and region, and whose identifiers AWS generates.
struct UniqueName {
    type_name: &'static str,
    /// JSON pointer of the name.
    name: &'static str,
    /// The property within whose value the name is unique.
    scope: Option<&'static str>,
    /// True if the identifiers contain the name, so that only some resources need to be read.
    is_in_identifier: bool,
}

const fn unique(type_name: &'static str, name: &'static str) -> UniqueName {
    UniqueName { type_name, name, scope: None, is_in_identifier: false }
}

const fn in_identifier(type_name: &'static str, name: &'static str) -> UniqueName {
    UniqueName { is_in_identifier: true, ..unique(type_name, name) }
}

const fn web_acl(type_name: &'static str) -> UniqueName {
    UniqueName { scope: Some("Scope"), ..in_identifier(type_name, "/Name") }
}

const UNIQUE_NAMES: &[UniqueName] = &[
    unique("AWS::AmazonMQ::Broker", "/BrokerName"),
    in_identifier("AWS::AppRunner::Service", "/ServiceName"),
    unique("AWS::CloudFront::CachePolicy", "/CachePolicyConfig/Name"),
    unique("AWS::CloudFront::KeyGroup", "/KeyGroupConfig/Name"),
    unique("AWS::CloudFront::OriginAccessControl", "/OriginAccessControlConfig/Name"),
    unique("AWS::CloudFront::OriginRequestPolicy", "/OriginRequestPolicyConfig/Name"),
    unique("AWS::CloudFront::PublicKey", "/PublicKeyConfig/Name"),
    unique("AWS::CloudFront::ResponseHeadersPolicy", "/ResponseHeadersPolicyConfig/Name"),
    unique("AWS::EC2::LaunchTemplate", "/LaunchTemplateName"),
    UniqueName { scope: Some("VpcId"), ..unique("AWS::EC2::SecurityGroup", "/GroupName") },
    in_identifier("AWS::ElasticLoadBalancingV2::LoadBalancer", "/Name"),
    in_identifier("AWS::ElasticLoadBalancingV2::TargetGroup", "/Name"),
    in_identifier("AWS::MSK::Cluster", "/ClusterName"),
    in_identifier("AWS::MSK::Configuration", "/Name"),
    in_identifier("AWS::MSK::ServerlessCluster", "/ClusterName"),
    unique("AWS::OpenSearchServerless::Collection", "/Name"),
    in_identifier("AWS::SecretsManager::Secret", "/Name"),
    web_acl("AWS::WAFv2::IPSet"),
    web_acl("AWS::WAFv2::RegexPatternSet"),
    web_acl("AWS::WAFv2::RuleGroup"),
    web_acl("AWS::WAFv2::WebACL"),
];

/// The maximum number of resources of one type that are read to compare their names.
const MAX_READS: usize = 200;

/// Returns the problems of new resources whose name is taken.
///
/// # Errors
/// The credentials are no longer valid.
pub(super) async fn taken_names(
    target: &KnownResources<'_>,
    candidates: &[Candidate],
    bodies: &[Rewritten],
) -> Result<Vec<Diagnostic>, CloudError> {
    let mut problems = Vec::new();
    for unique in UNIQUE_NAMES {
        let of_type = candidates.iter().zip(bodies).filter(|(one, _)| one.type_schema.type_name == unique.type_name);
        let new = of_type.filter(|(one, _)| one.existing == Existing::Absent && one.identifier.is_none());
        let members: Vec<(&Candidate, &str, Value)> = new
            .filter_map(|(candidate, body)| {
                let name = body.value.pointer(unique.name)?.as_str()?;
                let scope = unique.scope.and_then(|property| body.value.get(property)).cloned().unwrap_or_default();
                // Within a VPC that the same plan creates, no name is taken.
                (!symbol::has_unknown(&scope)).then_some((candidate, name, scope))
            })
            .collect();
        if members.is_empty() {
            continue;
        }
        let names: Vec<&str> = members.iter().map(|(_, name, _)| *name).collect();
        let there = match read(target, unique, &names).await {
            Ok(there) => there,
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            // The type is not available there, or listing it is denied: AWS rejects a name that is taken.
            Err(_) => continue,
        };
        for (candidate, name, scope) in members {
            let taken = there.iter().find(|live| {
                let its_scope = unique.scope.and_then(|property| live.properties.get(property));
                live.properties.pointer(unique.name).and_then(Value::as_str) == Some(name)
                    && its_scope.cloned().unwrap_or_default() == scope
                    && !is_ours(target.side.registry(), candidate, live)
            });
            problems.extend(taken.map(|live| problem(candidate, name, live, &target.side.environment.name)));
        }
    }
    Ok(problems)
}

/// Determines the identifiers that follow from the names of new resources and of those that they refer to, and whether
/// there is a resource with such an identifier.
///
/// # Errors
/// AWS could not be read.
pub(super) async fn find_foreign(
    source: &Environment,
    target: &KnownResources<'_>,
    candidates: &mut [Candidate],
    bodies: &[Rewritten],
) -> Result<(), CloudError> {
    let place = |environment: &'_ Environment| (environment.account.to_string(), environment.region.clone());
    let (here, there) = (place(source), place(target.side.environment));
    for (candidate, body) in candidates.iter_mut().zip(bodies) {
        let (schema, own) = (candidate.type_schema, &candidate.source);
        let is_open = candidate.existing == Existing::Absent && candidate.identifier.is_none();
        // A child was matched by its parent.
        if !is_open
            || candidate.name.as_deref().is_none()
            || is_child_type(target.side.registry(), schema)
            || !schema.handlers.read
        {
            continue;
        }
        let here = AccountRegion { account: &here.0, region: &here.1 };
        let there = AccountRegion { account: &there.0, region: &there.1 };
        // The rule is trusted only where it gives the source's own identifier.
        if predict_identifier(schema, &own.properties, here).as_ref() != Some(&own.resource.identifier) {
            continue;
        }
        let Some(expected) = predict_identifier(schema, &symbol::known_part(&body.value), there) else { continue };
        let is_ours = |found: &LiveResource| is_ours(target.side.registry(), candidate, found);
        let found = existing_counterpart(target.side.reader, schema, &expected, is_ours).await?;
        if let Existing::Foreign(_) = found {
            candidate.existing = found;
        }
        candidate.identifier = Some(expected);
    }
    Ok(())
}

/// The resources of a type that may have one of these names.
async fn read(
    target: &KnownResources<'_>,
    unique: &UniqueName,
    names: &[&str],
) -> Result<Vec<LiveResource>, CloudError> {
    let (side, type_name) = (target.side, unique.type_name);
    side.events.emit(Event::listing(side.reader, Some(type_name)));
    let identifiers = match unique.scope {
        Some("Scope") => side.reader.list_within(type_name, &json!({"Scope": "REGIONAL"})).await?,
        _ => side.reader.list(type_name).await?,
    };
    let has_name = |identifier: &String| names.iter().any(|name| identifier.contains(name));
    let chosen = identifiers.into_iter().filter(|identifier| !unique.is_in_identifier || has_name(identifier));
    let resources: Vec<ResourceRef> =
        chosen.take(MAX_READS).map(|identifier| ResourceRef::new(type_name, identifier)).collect();
    let (known, others): (Vec<_>, Vec<_>) = resources.into_iter().partition(|one| target.live(one).is_some());
    let mut unreadable = Vec::new();
    let mut found = estate::read_all(side.reader, others, &mut unreadable, side.events).await;
    found.extend(known.iter().filter_map(|resource| target.live(resource).cloned()));
    Ok(found)
}

/// True for what an interrupted promotion of the same resource has created.
fn is_ours(registry: &Registry, candidate: &Candidate, live: &LiveResource) -> bool {
    let own: (&ResourceRef, &Tags) = (&candidate.source.resource, &candidate.source.tags);
    tags::is_managed(&live.tags) && is_proven(registry, own, (&live.resource, &live.tags))
}

fn problem(candidate: &Candidate, name: &str, taken: &LiveResource, to: &str) -> Diagnostic {
    let own = &candidate.source.resource;
    let message = format!(
        "{} in {to} has the name `{name}` already and is not the recorded counterpart of {}",
        taken.resource, own.identifier
    );
    Diagnostic::error(Code::NameTaken, message).resource(own.to_string()).hint(format!(
        "choose another name with --name '{}/{}=NAME', or, if it is the counterpart, map it in stagegate.yaml: promotion.map: {{ \"{}\": \"{}\" }}",
        own.type_name, own.identifier, own.identifier, taken.resource.identifier
    ))
}
