//! The output of `context --resources`.

use console::style;

use super::{clean, count, indented, keep_whole, table, wrapped};
use crate::domain::access::AccessKind;
use crate::report::{
    EnvironmentAccessView, PrincipalAccessView, PrincipalKindCode, PrincipalSourceCode, ResourceAccessView, short_type,
};

/// How many principals a cell names.
const NAMED: usize = 6;

/// Renders who has access to the resources of an environment.
pub fn access(view: &EnvironmentAccessView) -> String {
    let coverage = &view.coverage;
    let mut text = format!(
        "{} (account {}): {}, {}\n",
        style(clean(&view.environment)).bold(),
        view.account,
        count(view.resources.len() as u64, "managed resource"),
        count(coverage.principals, "user or role").replace("user or roles", "users and roles"),
    );
    let everywhere = with_full_access(view);
    if !everywhere.is_empty() {
        let names: Vec<String> = everywhere.iter().map(|one| name(one)).collect();
        text.push_str(&format!("  Access to everything: {}\n", names.join(", ")));
    }
    if !view.resources.is_empty() {
        let mut rows = table(&["SERVICE", "RESOURCE", "READ", "WRITE", "MANAGE"]);
        for resource in &view.resources {
            let others: Vec<&PrincipalAccessView> =
                resource.principals.iter().filter(|one| !everywhere.iter().any(|all| all.arn == one.arn)).collect();
            let cells = AccessKind::ALL.map(|kind| match resource.not_mapped {
                Some(_) => "?".to_owned(),
                None => cell(&others, kind, resource),
            });
            let of_type = format!("{} {}", short_type(&resource.type_name), clean(&resource.identifier));
            rows.add_row([vec![clean(&resource.service), of_type], cells.to_vec()].concat());
        }
        keep_whole(&mut rows, 2);
        text.push_str(&format!("\n{}", indented(&rows)));
    }
    text.push('\n');
    for gap in &coverage.gaps {
        let line = format!("  {} {}: {}\n", style("?").yellow(), clean(&gap.subject), clean(&gap.reason));
        text.push_str(&wrapped(&line));
    }
    let mut notes = vec![
        "MANAGE: may change who may use the resource; * depends on conditions of the request; ~ only a part of it"
            .to_owned(),
        format!("Not evaluated: {}", coverage.not_seen.join(", ")),
    ];
    if coverage.service_linked_roles > 0 {
        notes.push(format!("{} of AWS services left out", count(coverage.service_linked_roles, "role")));
    }
    if let (PrincipalSourceCode::EachPrincipal, Some(reason)) = (coverage.principal_source, &coverage.reason) {
        notes.push(format!("Principals were read one by one: {}", clean(reason)));
    }
    if coverage.denied > 0 {
        notes.push(format!("{} denied", count(coverage.denied, "read")));
    }
    let notes: String = notes.iter().map(|note| format!("  {}\n", style(note).dim())).collect();
    text + &wrapped(&notes) + "\n"
}

/// The principals that have every kind of access that anyone has, to every resource.
fn with_full_access(view: &EnvironmentAccessView) -> Vec<&PrincipalAccessView> {
    let mapped: Vec<&ResourceAccessView> = view.resources.iter().filter(|one| one.not_mapped.is_none()).collect();
    let Some((first, rest)) = mapped.split_first().filter(|(_, rest)| !rest.is_empty()) else { return Vec::new() };
    let is_full = |resource: &ResourceAccessView, arn: &str| {
        let own = resource.principals.iter().find(|one| one.arn == arn);
        own.is_some_and(|own| {
            AccessKind::ALL.into_iter().all(|kind| {
                let anyone = resource.principals.iter().any(|one| one.grant(kind).is_some());
                !anyone || own.grant(kind).is_some_and(|grant| !grant.conditional)
            })
        })
    };
    let everywhere = |one: &&PrincipalAccessView| {
        is_full(first, &one.arn) && rest.iter().all(|resource| is_full(resource, &one.arn))
    };
    first.principals.iter().filter(everywhere).collect()
}

fn cell(principals: &[&PrincipalAccessView], kind: AccessKind, resource: &ResourceAccessView) -> String {
    let with = principals.iter().filter_map(|one| Some((one, one.grant(kind)?)));
    let names: Vec<String> = with
        .map(|(one, grant)| {
            let is_whole = |arn: &String| {
                grant.on.strip_prefix(arn.as_str()).is_some_and(|rest| !rest.contains(char::is_alphanumeric))
            };
            let part = if resource.arn.as_ref().is_some_and(is_whole) { "" } else { "~" };
            let condition = if grant.conditional { "*" } else { "" };
            format!("{}{part}{condition}", name(one))
        })
        .collect();
    match names.len() {
        0 => "-".to_owned(),
        number if number > NAMED => format!("{} and {} more", names[..NAMED].join(", "), number - NAMED),
        _ => names.join(", "),
    }
}

fn name(one: &PrincipalAccessView) -> String {
    match one.kind {
        PrincipalKindCode::User => format!("user {}", clean(&one.name)),
        PrincipalKindCode::Role | PrincipalKindCode::Group => clean(&one.name),
    }
}
