//! Compares two environments that have several Regions: each Region with the one of the same name, or with the one that
//! `promotion.map` names. Resources of global services are compared once, with the first Region.

use std::collections::BTreeSet;

use super::Scope;
use super::advice::{self, Advice};
use super::compare::{Compared, compare_with};
use crate::compare::drift::{DriftReport, DriftRow, RegionNames, Status};
use crate::domain::project::{Environment, Project, RegionCoverage};
use crate::domain::resource::ResourceRef;
use crate::pipeline::estate::Unreadable;
use crate::pipeline::event::Events;
use crate::pipeline::ports::{CloudError, ReadCloud};

/// A Region of each of two environments, with its readers.
#[derive(Clone, Copy)]
pub struct RegionSides<'a> {
    /// In the environment promoted from.
    pub from: (&'a Environment, &'a dyn ReadCloud),
    /// In the environment promoted to.
    pub to: (&'a Environment, &'a dyn ReadCloud),
}

/// Which Regions of two environments are compared with each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegionPlan {
    /// Pairs; the first one is that of the Regions that commands work in.
    pub pairs: Vec<RegionNames>,
    /// Regions without a counterpart.
    pub unmatched: Vec<RegionCoverage>,
}

/// Pairs the Regions of two environments.
pub fn region_plan(project: &Project, from: &Environment, to: &Environment) -> RegionPlan {
    let home = RegionNames { from: from.region.clone(), to: to.region.clone(), is_home: true };
    let mut plan = RegionPlan { pairs: vec![home], unmatched: Vec::new() };
    let mut left: BTreeSet<&String> = to.other_regions.iter().collect();
    let unmatched = |environment: &Environment, region: &str, other: &Environment| RegionCoverage {
        environment: environment.name.clone(),
        region: region.to_owned(),
        refused: Some(format!(
            "{} has no Region for it: add the Region there, or map it: promotion.map: {{ {region}: REGION }}",
            other.name
        )),
    };
    for region in &from.other_regions {
        let wanted = project.promotion.map.get(region).unwrap_or(region);
        match left.take(wanted) {
            Some(found) => plan.pairs.push(RegionNames { from: region.clone(), to: found.clone(), is_home: false }),
            None => plan.unmatched.push(unmatched(from, region, to)),
        }
    }
    plan.unmatched.extend(left.into_iter().map(|region| unmatched(to, region, from)));
    plan
}

/// Compares the Regions of two environments; the first pair is that of the global services. `refused` are Regions that could not
/// be opened.
///
/// # Errors
/// An environment could not be listed.
pub async fn compare_regions(
    project: &Project,
    sides: &[RegionSides<'_>],
    refused: Vec<RegionCoverage>,
    scope: &Scope,
    events: &Events,
) -> Result<Option<DriftReport>, CloudError> {
    let Some((first, others)) = sides.split_first() else { return Ok(None) };
    let is_alone = others.is_empty() && refused.is_empty();
    let home = compare_with(project, first.from, first.to, scope, None, events).await?;
    let further = others.iter().map(|side| compare_with(project, side.from, side.to, scope, Some(&home), events));
    let further = futures_util::future::join_all(further).await;
    let further: Vec<Compared> = further.into_iter().collect::<Result<_, _>>()?;
    let mut report = home.report;
    if is_alone {
        return Ok(Some(report));
    }
    set_regions(&mut report, first);
    for (side, compared) in others.iter().zip(further) {
        let mut own = compared.report;
        set_regions(&mut own, side);
        report.rows.append(&mut own.rows);
        report.coverage.checked += own.coverage.checked;
        report.coverage.unreadable += own.coverage.unreadable;
        report.coverage.unsupported += own.coverage.unsupported;
        report.coverage.denied += own.coverage.denied;
        report.coverage.regions.append(&mut own.coverage.regions);
    }
    for region in refused {
        report.rows.push(unread(&report, &region));
        report.coverage.unreadable += 1;
        report.coverage.regions.push(region);
    }
    report
        .rows
        .sort_by(|a, b| (&a.type_name, &a.dev, &a.prod, &a.regions).cmp(&(&b.type_name, &b.dev, &b.prod, &b.regions)));
    report.coverage.regions.sort();
    Ok(Some(report))
}

fn set_regions(report: &mut DriftReport, side: &RegionSides<'_>) {
    let is_home = side.from.0.reads_global && side.to.0.reads_global;
    let names = RegionNames { from: side.from.0.region.clone(), to: side.to.0.region.clone(), is_home };
    let (from, to) = (report.from.clone(), report.to.clone());
    let advice = Advice { from: &from, to: &to, registry: side.from.1.registry() };
    for row in &mut report.rows {
        advice.without_deletion(row, "it may be in another Region");
        // A command names one Region, which it uses for both environments.
        if row.command.is_some() && !is_home && names.from != names.to {
            row.command = None;
            let with = format!("with the Regions {} and {} in the project file", names.from, names.to);
            row.action = row.action.as_ref().map(|action| format!("{action}, {with}"));
        }
        row.regions = Some(names.clone());
    }
}

/// The row of a Region that was not read.
fn unread(report: &DriftReport, region: &RegionCoverage) -> DriftRow {
    let all = ResourceRef::new(Unreadable::ALL, Unreadable::ALL);
    let is_source = region.environment == report.from;
    let (dev, prod) = if is_source { (Some(&all), None) } else { (None, Some(&all)) };
    DriftRow {
        reason: region.refused.as_ref().map(|reason| format!("{} was not read: {reason}", region.region)),
        action: Some(format!("allow the Region {}, or remove it from the environment", region.region)),
        regions: Some(RegionNames { from: region.region.clone(), to: region.region.clone(), is_home: false }),
        ..advice::row(Status::Unreadable, dev, prod)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn environment(name: &str, regions: &[&str]) -> Environment {
        let project = Project::sandbox();
        let other_regions = regions[1..].iter().map(|region| (*region).to_owned()).collect();
        Environment { region: regions[0].to_owned(), other_regions, ..project.environment(name).unwrap().clone() }
    }

    fn plan(dev: &[&str], prod: &[&str], map: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let mut project = Project::sandbox();
        project.promotion.map.extend(map.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())));
        let plan = region_plan(&project, &environment("dev", dev), &environment("prod", prod));
        let pairs = plan.pairs.into_iter().map(|pair| format!("{} {}", pair.from, pair.to)).collect();
        (pairs, plan.unmatched.into_iter().map(|one| format!("{} {}", one.environment, one.region)).collect())
    }

    #[test]
    fn regions_are_paired_by_name_or_by_the_map() {
        let (pairs, unmatched) = plan(&["us-east-1", "eu-west-1"], &["us-east-1", "eu-west-1"], &[]);
        assert_eq!((pairs, unmatched), (vec!["us-east-1 us-east-1".into(), "eu-west-1 eu-west-1".into()], vec![]));
        // The Regions that commands work in belong together whatever they are called.
        let (pairs, unmatched) =
            plan(&["us-east-1", "us-west-2"], &["eu-west-1", "eu-west-2"], &[("us-west-2", "eu-west-2")]);
        assert_eq!((pairs, unmatched), (vec!["us-east-1 eu-west-1".into(), "us-west-2 eu-west-2".into()], vec![]));
        let (pairs, unmatched) = plan(&["us-east-1", "us-west-2"], &["us-east-1", "eu-west-2"], &[]);
        assert_eq!(pairs, ["us-east-1 us-east-1"]);
        assert_eq!(unmatched, ["dev us-west-2", "prod eu-west-2"]);
    }
}
