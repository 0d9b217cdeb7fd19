//! `context --resources`: who has access to the resources that stagegate manages.

use futures_util::future::{join_all, try_join};

use super::{incomplete_warning, is_refusal};
use crate::cli::ContextArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{Environment, RegionCoverage};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::access_map::{AccessMap, PrincipalSource, Principals, principals};
use crate::pipeline::estate::Estate;
use crate::pipeline::managed::managed;
use crate::report::{
    AccessCoverageView, AccessGapView, Answer, ContextBody, EnvironmentAccessView, PrincipalSourceCode, RegionView,
    ResourceAccessView,
};
use crate::run::{OpenEnvironment, Run, cloud_failure};

/// Policies that are not evaluated.
const NOT_SEEN: [&str; 6] = [
    "service control policies",
    "resource control policies",
    "resource-based policies",
    "session policies",
    "principals of other accounts",
    "actions without a published access level",
];

pub async fn run(arguments: &ContextArgs, run: &Run) -> Result<Answer<ContextBody>, Failure> {
    let wanted: Vec<&Environment> = match arguments.env.as_str() {
        "all" => run.workspace().project().environments.iter().collect(),
        name => vec![run.workspace().environment(name)?],
    };
    let mapped = join_all(wanted.iter().map(|environment| of_environment(environment, run))).await;
    let (mut views, mut failures) = (Vec::new(), Vec::new());
    for result in mapped {
        match result {
            Ok(view) => views.push(view),
            Err(failure) => failures.push(failure),
        }
    }
    let unread: u64 = views.iter().map(|view| view.coverage.gaps.len() as u64).sum();
    let gap = incomplete_warning(&[(unread, "principal(s), policies or resource(s) that could not be evaluated")]);
    let outcome = match (failures.first(), &gap) {
        (Some(failure), _) => failure.outcome,
        (None, Some(_)) => Outcome::Findings,
        (None, None) => Outcome::Ok,
    };
    let message = format!("{} were not evaluated, and may decide otherwise", NOT_SEEN.join(", "));
    let note = (!views.is_empty()).then(|| Diagnostic::note(Code::PoliciesNotSeen, message));
    let mut answer = Answer::new(outcome, ContextBody::of_resources(views)).diagnostics(gap).diagnostics(note);
    for failure in failures {
        answer.diagnostics.extend(failure.diagnostics);
        answer.next.extend(failure.next);
    }
    Ok(answer)
}

/// The resources of a Region.
struct RegionEstate {
    region: String,
    estate: Estate,
}

async fn of_environment(environment: &Environment, run: &Run) -> Result<EnvironmentAccessView, Failure> {
    let home = run.open_environment(&environment.name).await?;
    let (mut opened, mut regions) = (Vec::new(), vec![coverage(&home, &environment.region, None)]);
    for region in &environment.other_regions {
        match run.open_region(&home, region).await {
            Ok(further) => {
                regions.push(coverage(&home, region, None));
                opened.push(further);
            }
            Err(failure) if is_refusal(&failure) => {
                let reasons: Vec<&str> = failure.diagnostics.iter().map(|one| one.message.as_str()).collect();
                regions.push(coverage(&home, region, Some(reasons.join("; "))));
            }
            Err(failure) => return Err(failure),
        }
    }
    let all: Vec<&OpenEnvironment> = std::iter::once(&home).chain(&opened).collect();
    let (principal_reader, reader) = (home.principals(), home.reader());
    let reads = join_all(all.into_iter().map(|opened| async move {
        let estate = managed(&opened.reader(), run.events()).await.map_err(|error| cloud_failure(&error))?;
        Ok::<_, Failure>(RegionEstate { region: opened.environment.region.clone(), estate })
    }));
    let principals = async { principals(&principal_reader, &reader).await.map_err(|error| cloud_failure(&error)) };
    let (principals, estates) = try_join(principals, async { Ok(reads.await) }).await?;
    let estates = estates.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(view(environment, run, principals, estates, regions))
}

fn coverage(home: &OpenEnvironment, region: &str, refused: Option<String>) -> RegionCoverage {
    RegionCoverage { environment: home.environment.name.clone(), region: region.to_owned(), refused }
}

/// Evaluates the principals for each resource.
fn view(
    environment: &Environment,
    run: &Run,
    principals: Principals,
    estates: Vec<RegionEstate>,
    regions: Vec<RegionCoverage>,
) -> EnvironmentAccessView {
    let account = environment.account.as_str();
    let mut gaps: Vec<(String, String)> = principals.unread.clone();
    let mut denied = principals.denied;
    let mut resources = Vec::new();
    for RegionEstate { region, estate } in estates {
        let map = AccessMap::new(run.registry(), account, &region, &principals);
        gaps.extend(map.not_understood.iter().cloned());
        denied += estate.denied();
        gaps.extend(estate.unreadable.iter().map(|one| (one.resource.to_string(), one.error.reason())));
        let unknown = "the type of the resource is not known".to_owned();
        gaps.extend(estate.unsupported.iter().map(|arn| (arn.clone(), unknown.clone())));
        for live in estate.live.values() {
            resources.push(ResourceAccessView::new(&live.resource, &region, map.map(live, &region)));
        }
    }
    let refused = regions.iter().filter_map(|one| Some((format!("Region {}", one.region), one.refused.clone()?)));
    gaps.extend(refused);
    let unmapped = resources
        .iter()
        .filter_map(|one| Some((format!("{} {}", one.type_name, one.identifier), one.not_mapped.clone()?)));
    gaps.extend(unmapped);
    gaps.sort();
    gaps.dedup();
    resources.sort_by(|one, other| {
        let key = |view: &ResourceAccessView| {
            (view.service.clone(), view.type_name.clone(), view.identifier.clone(), view.region.clone())
        };
        key(one).cmp(&key(other))
    });
    let (principal_source, reason) = match principals.source {
        PrincipalSource::Details => (PrincipalSourceCode::AccountDetails, None),
        PrincipalSource::Each(reason) => (PrincipalSourceCode::EachPrincipal, Some(reason)),
    };
    EnvironmentAccessView {
        environment: environment.name.clone(),
        account: account.to_owned(),
        resources,
        coverage: AccessCoverageView {
            principals: principals.found.len() as u64,
            principal_source,
            reason,
            service_linked_roles: principals.service_linked,
            gaps: gaps.into_iter().map(|(subject, reason)| AccessGapView { subject, reason }).collect(),
            denied,
            regions: regions.iter().map(RegionView::from).collect(),
            not_seen: NOT_SEEN.map(str::to_owned).to_vec(),
        },
    }
}
