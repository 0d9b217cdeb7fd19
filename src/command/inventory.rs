//! `inventory`: the resources of all accounts.

mod stream;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::drift::known_type;
use super::{incomplete_warning, is_refusal};
use crate::cli::{InventoryArgs, InventorySourceArg, OutputFormat};
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::inventory::{
    AccountAccess, AccountResult, AccountState, AccountStatus, FieldPath, InventoryRow, KnownAccount,
    OrganizationAccount, known_accounts, select_accounts, source_environment,
};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::estate::{concurrently, is_listable};
use crate::pipeline::inventory::{InventoryChoice, InventoryRegion, InventoryScope, InventorySide, TakeRow, inventory};
use crate::pipeline::ports::{CloudErrorKind, ReadIndex, ReadOrganization as _};
use crate::report::{Answer, InventoryBody};
use crate::run::{OpenRegion, Run, Sources, cloud_failure};
use crate::schema::Registry;
use stream::Stream;

/// Accounts that are read at the same time.
const ACCOUNTS: usize = 64;

pub async fn run(arguments: &InventoryArgs, run: &Run) -> Result<Answer<InventoryBody>, Failure> {
    let is_stream = run.global().format() == OutputFormat::Ndjson;
    let (accounts, sources, mut problems) = accounts(arguments, run).await?;
    let type_name = type_name(arguments, run, &accounts).await?;
    let columns = match arguments.columns.is_empty() {
        true => FieldPath::default_columns(),
        false => arguments.columns.clone(),
    };
    let scope = scope(arguments, run, type_name.as_deref(), &columns)?;
    let (rows, stream) = (Mutex::new(Vec::new()), Stream::new(run));
    let take = |row: InventoryRow| match is_stream {
        true => stream.print(row),
        false => rows.lock().unwrap_or_else(PoisonError::into_inner).push(row),
    };
    let reads = accounts.iter().map(|account| read(arguments, run, account, &sources, &scope, &take));
    let results = tokio::select! {
        results = concurrently(ACCOUNTS, reads) => results,
        () = stream.closed() => Vec::new(),
    };
    stream.finish()?;
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for (result, failure) in results {
        failed.extend(failure);
        found.push(result);
    }
    let is_any = found.iter().any(|one| matches!(one.status, AccountStatus::Ok | AccountStatus::Partial));
    match failed.iter().find(|failure| !is_of_account(failure)).or_else(|| failed.first().filter(|_| !is_any)) {
        // Mistakes of the configuration are not passed over; and without any account, there is no result.
        Some(failure) if !stream.has_begun() => return Err(failure.clone()),
        _ => {}
    }
    let cells = rows.iter().map(|row| columns.iter().map(|column| column.text(row)).collect()).collect();
    let mut body = InventoryBody::new(type_name.as_deref(), &found, rows, run.now());
    body.is_streamed = is_stream && stream.has_begun();
    if body.is_streamed {
        body.summary.resources = stream.printed();
    }
    (body.columns, body.cells) = (columns, cells);
    for failure in failed {
        problems.extend(failure.diagnostics.into_iter().map(as_warning));
    }
    let gap = incomplete_warning(&[
        (body.summary.accounts_failed, "account(s) that could not be read"),
        (body.summary.gaps - unopened(&found), "Region(s), type(s) or resource(s) that could not be read"),
    ]);
    let is_complete = gap.is_none() && problems.iter().all(|one| one.code != Code::Incomplete);
    let outcome = if is_complete { Outcome::Ok } else { Outcome::Findings };
    Ok(Answer::new(outcome, body).diagnostics(problems).diagnostics(gap))
}

/// The number of gaps that are whole accounts which were not opened.
fn unopened(found: &[AccountResult]) -> u64 {
    found.iter().filter(|one| one.status == AccountStatus::Failed && one.regions.is_empty()).count() as u64
}

fn as_warning(mut problem: Diagnostic) -> Diagnostic {
    problem.level = Level::Warning;
    problem
}

/// True if a failure is that of an account, so that the others can be read.
fn is_of_account(failure: &Failure) -> bool {
    is_refusal(failure) || failure.outcome == Outcome::Error
}

/// Returns the chosen accounts, and the environments whose credentials they are read with.
async fn accounts(
    arguments: &InventoryArgs,
    run: &Run,
) -> Result<(Vec<KnownAccount>, Sources, Vec<Diagnostic>), Failure> {
    if !run.workspace().has_project() {
        return Err(crate::workspace::no_project());
    }
    let project = run.workspace().project();
    let mut problems = Vec::new();
    let mut organization = Vec::new();
    if let Some(settings) = &project.organization
        && let Some(source) = source_environment(project, settings.environment.as_deref())
    {
        let opened = run.open_sources(&BTreeSet::from([source.name.clone()])).await;
        match members(&opened, &source.name).await {
            Ok(found) => organization = found,
            // The environments can still be read.
            Err(failure) if is_of_account(&failure) => {
                problems.extend(failure.diagnostics.into_iter().map(as_warning));
                let message = "results are incomplete: the accounts of the organization could not be listed";
                let hint = format!(
                    "allow organizations:ListAccounts for `{}`, in the management account or a delegated administrator",
                    source.name
                );
                problems.push(Diagnostic::warning(Code::Incomplete, message).hint(hint));
            }
            Err(failure) => return Err(failure),
        }
    }
    let known = known_accounts(project, &organization);
    let chosen = select_accounts(known, &arguments.accounts).map_err(Failure::usage)?;
    let names = chosen.iter().filter(|one| one.state == AccountState::Enabled).map(|one| match &one.access {
        AccountAccess::Environment(name) | AccountAccess::Role { source: name, .. } => name.clone(),
    });
    let sources = run.open_sources(&names.collect()).await;
    // Mistakes of the configuration are not passed over.
    if let Some(failure) = sources.failures().find(|failure| !is_of_account(failure)) {
        return Err(failure.clone());
    }
    Ok((chosen, sources, problems))
}

async fn members(sources: &Sources, name: &str) -> Result<Vec<OrganizationAccount>, Failure> {
    match sources.organization(name)? {
        Some(organization) => organization.accounts().await.map_err(|error| {
            let mut failure = cloud_failure(&error);
            if error.kind == CloudErrorKind::AccessDenied {
                failure.outcome = Outcome::Error;
            }
            failure
        }),
        None => Ok(Vec::new()),
    }
}

/// Returns the type, which the registry of an account may know although this version does not.
async fn type_name(arguments: &InventoryArgs, run: &Run, accounts: &[KnownAccount]) -> Result<Option<String>, Failure> {
    let Some(word) = arguments.type_name.as_deref() else { return Ok(None) };
    let environments: Vec<&str> = accounts
        .iter()
        .filter_map(|account| match &account.access {
            AccountAccess::Environment(name) => Some(name.as_str()),
            AccountAccess::Role { .. } => None,
        })
        .collect();
    let undescribed = run.learn_types(&environments, [word]).await;
    known_type(run.registry(), word).map(Some).map_err(|failure| failure.and(undescribed))
}

fn scope<'a>(
    arguments: &'a InventoryArgs,
    run: &'a Run,
    type_name: Option<&'a str>,
    columns: &[FieldPath],
) -> Result<InventoryScope<'a>, Failure> {
    let registry: &Registry = run.registry();
    let source = match (&arguments.source, type_name) {
        (InventorySourceArg::Auto, None) | (InventorySourceArg::Tags, _) => InventoryChoice::Tags,
        (InventorySourceArg::Auto, Some(_)) | (InventorySourceArg::List, _) => InventoryChoice::List,
        (InventorySourceArg::ResourceExplorer(_) | InventorySourceArg::Config(_), _) => InventoryChoice::Index,
    };
    if let Some(name) = type_name.filter(|_| source == InventoryChoice::List && arguments.identifier.is_none())
        && !is_listable(registry, name)
    {
        let problem = Diagnostic::error(Code::NotListable, format!("{name} cannot be listed as a whole"));
        let hint = "give an identifier as well, or use --source tags or --source resource-explorer";
        return Err(Failure::usage(vec![problem.hint(hint)]));
    }
    // Tables show what is asked for; documents have the properties, as long as there is a type.
    let is_table = matches!(run.global().format(), OutputFormat::Table | OutputFormat::Csv);
    let needs_read = columns.iter().chain(arguments.conditions.iter().map(|one| one.field()));
    let needs_read = needs_read.filter(|field| !is_known_from(source, field)).count() > 0;
    let reads = match (is_table, type_name) {
        (true, _) => needs_read || run.global().query.is_some() && type_name.is_some(),
        (false, Some(_)) => true,
        (false, None) => needs_read,
    };
    let identifier = arguments.identifier.as_deref();
    Ok(InventoryScope { type_name, identifier, source, reads, conditions: &arguments.conditions, registry })
}

/// True if a source gives a field without a read.
fn is_known_from(source: InventoryChoice, field: &FieldPath) -> bool {
    match source {
        InventoryChoice::List => !field.needs_read(),
        InventoryChoice::Index => !field.needs_read() || field.as_str() == "arn",
        InventoryChoice::Tags => !field.needs_read() || field.as_str() == "arn" || field.as_str().starts_with("tags."),
    }
}

/// Reads an account, or says why it is not read.
async fn read(
    arguments: &InventoryArgs,
    run: &Run,
    account: &KnownAccount,
    sources: &Sources,
    scope: &InventoryScope<'_>,
    take: TakeRow<'_>,
) -> (AccountResult, Option<Failure>) {
    let KnownAccount { name, account: id, state, .. } = account;
    let skipped = match state {
        AccountState::Enabled => None,
        AccountState::Disabled => Some(AccountStatus::Disabled),
        AccountState::Suspended => Some(AccountStatus::Suspended),
    };
    if let Some(status) = skipped {
        return (AccountResult::unread(name, id, status, None), None);
    }
    match open(arguments, run, account, sources).await {
        Ok(side) => (inventory(&side, scope, take).await, None),
        Err(failure) => {
            let reason = failure.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
            let is_denied = failure.diagnostics.iter().any(|one| one.code == Code::AwsAccessDenied);
            (AccountResult::unread(name, id, AccountStatus::Failed, Some((reason, is_denied))), Some(failure))
        }
    }
}

async fn open<'a>(
    arguments: &InventoryArgs,
    run: &Run,
    account: &'a KnownAccount,
    sources: &Sources,
) -> Result<InventorySide<'a>, Failure> {
    let opened = run.open_account(account, sources, arguments.call_timeout).await.map_err(with_role_hint)?;
    let mut regions = Vec::new();
    let mut buckets = None;
    for region in account.regions_of(&arguments.regions) {
        let is_first = regions.is_empty();
        let clients = run.open_region_of(&opened, &region, is_first).await?;
        buckets.get_or_insert_with(|| clients.buckets());
        regions.push(InventoryRegion { reader: Box::new(clients.reader()), index: index(arguments, &clients), region });
    }
    let Some(buckets) = buckets else {
        let problem = Diagnostic::error(Code::MissingValue, format!("`{}` has no Region", account.name));
        return Err(Failure::usage(vec![problem.hint("name one with --regions")]));
    };
    Ok(InventorySide { account, regions, buckets: Box::new(buckets) })
}

fn index(arguments: &InventoryArgs, clients: &OpenRegion) -> Option<Box<dyn ReadIndex>> {
    match &arguments.source {
        InventorySourceArg::Auto | InventorySourceArg::List | InventorySourceArg::Tags => None,
        InventorySourceArg::ResourceExplorer(view) => Some(Box::new(clients.resource_explorer(view.as_deref()))),
        InventorySourceArg::Config(name) => Some(Box::new(clients.config_aggregator(name))),
    }
}

/// What to do if a role cannot be assumed: STS does not say whether it exists.
fn with_role_hint(mut failure: Failure) -> Failure {
    for problem in failure.diagnostics.iter_mut().filter(|one| one.message.contains("sts:AssumeRole")) {
        let hint = "create the role with the template of `stagegate context --member-role`, and check `role` and `external_id`";
        problem.hint = Some(hint.to_owned());
    }
    failure
}
