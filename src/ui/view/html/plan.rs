//! The page of a plan, and of its result.

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::clean;
use super::super::plan::total;
use super::chart::{Bar, BarAmount, Chart, ROW, Stack};
use super::scan::{findings, rest, severities};
use super::table::{Cell, Table};
use super::{Page, Tone};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::Operation;
use crate::outcome::NextStep;
use crate::report::{
    CheckState, EnvironmentView, PlanView, ResourceEstimateView, ReviewAction, ReviewView, StepView, WriteBody,
    readable,
};

/// Characters of a value.
const MAX_VALUE: usize = 200;

/// The most expensive resources that a chart has.
const BARS: usize = 12;

/// Renders the page of a plan, with its results if it was applied.
pub fn plan_html(
    body: &WriteBody,
    environments: &[EnvironmentView],
    diagnostics: &[Diagnostic],
    next: &[NextStep],
) -> String {
    let plan = &body.plan;
    let mut page = Page::new(format!("Plan for {}", plan.environment), diagnostics, next);
    for environment in environments {
        let protected = if environment.protected { ", protected" } else { "" };
        page.fact(format!("{}{protected}: account {}, {}", environment.name, environment.account, environment.region));
    }
    if !plan.digest.is_empty() {
        page.fact(format!("digest {}", plan.digest));
    }
    if !plan.digest.is_empty() && !is_begun(body) {
        page.fact(format!("valid until {}", plan.expires_at));
    }
    tiles(&mut page, body);
    let counts =
        OPERATIONS.iter().map(|(operation, words, tone)| ((*words).to_owned(), number_of(plan, *operation), *tone));
    page.stacks.extend(Stack::new("Steps", counts));
    page.stacks.extend(severities(&plan.scan));
    page.charts.extend(costs(plan));
    page.table(results(body));
    page.table(steps("Steps", plan, |step| step.operation != Operation::Tag));
    page.table(steps("Changes of tags", plan, |step| step.operation == Operation::Tag));
    page.table(review("Changes of permissions", &plan.iam_changes));
    page.table(review("Changes of the network", &plan.network_changes));
    page.table(findings(&plan.scan));
    for table in rest(&plan.scan) {
        page.table(table);
    }
    page.table(lines(plan));
    page.table(checklist(plan));
    page.table(other_resources(plan));
    page.render()
}

/// Whether the plan was applied, at least in part.
fn is_begun(body: &WriteBody) -> bool {
    !(body.applied.is_empty() && body.pending.is_empty() && body.failed.is_empty())
}

/// The operations with their words and colors.
const OPERATIONS: [(Operation, &str, Tone); 5] = [
    (Operation::Create, "create", Tone::Good),
    (Operation::Update, "change", Tone::Warn),
    (Operation::Replace, "replace", Tone::Bad),
    (Operation::Delete, "delete", Tone::Bad),
    (Operation::Tag, "tag", Tone::Calm),
];

fn number_of(plan: &PlanView, operation: Operation) -> u64 {
    plan.steps.iter().filter(|step| step.operation == operation).count() as u64
}

fn tiles(page: &mut Page, body: &WriteBody) {
    let plan = &body.plan;
    for (operation, words, tone) in OPERATIONS {
        let number = number_of(plan, operation);
        if number > 0 {
            page.tile(&format!("to {words}"), number, tone);
        }
    }
    if !plan.unchanged.is_empty() {
        page.tile("unchanged", plan.unchanged.len(), Tone::Plain);
    }
    page.tile("monthly cost", total(plan), Tone::Plain);
    let (verdict, tone) = if plan.scan.passed() { ("passed", Tone::Good) } else { ("failed", Tone::Bad) };
    page.tile("policy scan", verdict, tone);
    for requirement in plan.approvals_required.iter().filter(|_| !is_begun(body)) {
        page.notice(Tone::Warn, &format!("approval required: {}", requirement.reason));
    }
    if !body.applied.is_empty() {
        page.tile("applied", body.applied.len(), Tone::Good);
    }
    if !body.pending.is_empty() {
        page.tile("pending", body.pending.len(), Tone::Warn);
    }
    if !body.failed.is_empty() {
        page.tile("failed", body.failed.len(), Tone::Bad);
    }
}

fn name_of(resource: &ResourceEstimateView) -> String {
    let name = resource.logical_id.as_ref().or(resource.identifier.as_ref());
    name.cloned().unwrap_or_else(|| resource.type_name.clone())
}

fn costs(plan: &PlanView) -> Option<Chart> {
    let amount = |resource: &ResourceEstimateView| resource.monthly.expected.parse::<Decimal>().unwrap_or_default();
    let mut priced: Vec<&ResourceEstimateView> =
        plan.estimate.resources.iter().filter(|one| amount(one) > Decimal::ZERO).collect();
    // The sort is stable: equal amounts stay in the order of the plan.
    priced.sort_by_key(|one| std::cmp::Reverse(amount(one)));
    let number = priced.len();
    priced.truncate(BARS);
    let bars: Vec<BarAmount> = priced
        .iter()
        .map(|one| BarAmount {
            label: cut(&clean(&name_of(one))),
            text: format!("${}", one.monthly.expected),
            amount: amount(one),
            unit: "USD".to_owned(),
        })
        .collect();
    let rest = (number > BARS).then(|| format!("The {BARS} most expensive of {number} resources."));
    (!bars.is_empty()).then(|| Chart {
        title: "Monthly cost by resource".to_owned(),
        empty: String::new(),
        height: bars.len() * ROW,
        bars: Bar::all(&bars),
        total: rest,
    })
}

/// A label that fits beside a bar.
fn cut(text: &str) -> String {
    match text.char_indices().nth(25) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn steps(title: &str, plan: &PlanView, is_wanted: impl Fn(&StepView) -> bool) -> Table {
    let columns = ["#Step", "Operation", "Environment", "Resource", "Type", "#Monthly", "Changes"];
    let mut table = Table::new(title, &columns);
    for step in plan.steps.iter().filter(|step| is_wanted(step)) {
        let known = OPERATIONS.iter().enumerate().find(|(_, (operation, ..))| *operation == step.operation);
        let (rank, words, tone) = known.map_or((0, "other", Tone::Plain), |(at, (_, words, tone))| (at, *words, *tone));
        let identifier = step.identifier.iter().filter(|name| **name != step.logical_id).cloned();
        let monthly = match (&step.monthly.before, &step.monthly.after, step.monthly.unknown) {
            (Some(before), Some(after), _) if before != after => format!("${before} → ${after}"),
            (_, Some(after), _) => format!("${after}"),
            (Some(before), None, _) => format!("${before} → $0.00"),
            (None, None, true) => "unknown".to_owned(),
            (None, None, false) => String::new(),
        };
        let key = step.monthly.after.clone().or(step.monthly.before.clone()).unwrap_or_default();
        table.row_of(
            words,
            vec![
                Cell::text(step.order.to_string()),
                Cell::badge(words, tone, rank),
                Cell::text(&step.environment),
                Cell::lines([step.logical_id.clone()].into_iter().chain(identifier)),
                Cell::type_name(&step.type_name),
                Cell::text(monthly).sorted(key),
                Cell::lines(changes(step)),
            ],
        );
    }
    table.grouped("Operation")
}

/// A value in one line; tags as `Key=Value`.
fn value(value: &Value) -> String {
    let tag = |item: &Value| Some(format!("{}={}", item.get("Key")?.as_str()?, item.get("Value")?.as_str()?));
    let tags = value.as_array().filter(|items| !items.is_empty()).and_then(|items| items.iter().map(tag).collect());
    let text = tags.map_or_else(|| readable(value), |tags: Vec<String>| tags.join(", "));
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

fn changes(step: &StepView) -> Vec<String> {
    let mut lines: Vec<String> = step.risks.iter().map(|risk| format!("risk: {}", risk.as_str())).collect();
    lines.extend(step.changes.iter().map(|change| match change.before.is_null() {
        true => format!("{}: {}", change.pointer, value(&change.after)),
        false => format!("{}: {} → {}", change.pointer, value(&change.before), value(&change.after)),
    }));
    let rewritten = step.rewrites.iter();
    lines.extend(rewritten.map(|one| format!("{}: {} → {} ({})", one.pointer, one.before, one.after, one.reason)));
    lines.extend(step.overwrites.iter().map(|pointer| format!("{pointer}: a change made in the account is undone")));
    lines.extend(step.not_copied.iter().map(|pointer| format!("{pointer}: not copied, AWS does not return it")));
    lines.extend(step.inputs_needed.iter().map(|input| format!("{}: needed, {}", input.pointer, input.reason)));
    lines
}

fn review(title: &str, changes: &[ReviewView]) -> Table {
    let mut table = Table::new(title, &["Change", "Resource", "Where", "What"]);
    for change in changes {
        let (words, tone) = match change.action {
            ReviewAction::Added => ("added", Tone::Good),
            ReviewAction::Removed => ("removed", Tone::Bad),
            ReviewAction::Changed => ("changed", Tone::Warn),
        };
        let public = change.public.then(|| "accessible to everyone".to_owned());
        let what = Cell::lines([change.text.clone()].into_iter().chain(public));
        table.row_of(
            words,
            vec![
                Cell::badge(words, tone, 0).sorted(words),
                Cell::text(&change.logical_id),
                Cell::code(&change.pointer),
                if change.public { what.toned(Tone::Bad) } else { what },
            ],
        );
    }
    table.grouped("Change")
}

fn lines(plan: &PlanView) -> Table {
    let mut table = Table::new("Cost", &["Resource", "What", "#Quantity", "#Unit price", "#Monthly"]);
    for resource in &plan.estimate.resources {
        for line in &resource.lines {
            let assumed = line.usage.map(|source| format!("{source} usage"));
            table.row(vec![
                Cell::text(name_of(resource)),
                Cell::lines([line.description.clone()].into_iter().chain(assumed)),
                Cell::text(format!("{} {}", line.quantity, line.unit)).sorted(&line.quantity),
                Cell::text(format!("${}", line.unit_price)).sorted(&line.unit_price),
                Cell::text(format!("${}", line.monthly)).sorted(&line.monthly),
            ]);
        }
        for unknown in &resource.unknown {
            table.row(vec![
                Cell::text(name_of(resource)),
                Cell::lines([unknown.dimension.clone(), unknown.reason.clone()]),
                Cell::default(),
                Cell::default(),
                Cell::text("unknown").toned(Tone::Warn),
            ]);
        }
    }
    table
}

fn checklist(plan: &PlanView) -> Table {
    let mut table = Table::new("Checklist", &["State", "Item", "Evidence"]);
    for item in &plan.checklist {
        let (words, tone, rank) = match item.state {
            CheckState::Ok => ("ok", Tone::Good, 1),
            CheckState::Open => ("open", Tone::Warn, 0),
            CheckState::NotApplicable => ("not applicable", Tone::Calm, 2),
        };
        let cells = vec![Cell::badge(words, tone, rank), Cell::text(&item.item), Cell::text(&item.evidence)];
        table.row_of(words, cells);
    }
    table.grouped("State")
}

/// Resources that no step changes.
fn other_resources(plan: &PlanView) -> Table {
    let mut table = Table::new("Other resources", &["State", "Type", "Resource", "Note"]);
    let mut add = |words: &str, tone, type_name: &str, name: &str, note: String| {
        let cells = vec![
            Cell::badge(words, tone, 0).sorted(words),
            Cell::type_name(type_name),
            Cell::code(name),
            Cell::text(note),
        ];
        table.row_of(words, cells);
    };
    for one in &plan.unchanged {
        add("unchanged", Tone::Calm, &one.type_name, &one.identifier, String::new());
    }
    for one in &plan.dropped {
        add("dropped", Tone::Warn, &one.type_name, &one.identifier, "no longer in the template".to_owned());
    }
    for one in &plan.kept {
        add("kept", Tone::Info, &one.type_name, &one.identifier, format!("{} keeps its live value", one.pointer));
    }
    for one in &plan.left_behind {
        let name = one.identifier.as_deref().unwrap_or("(unknown)");
        add("left behind", Tone::Warn, &one.type_name, name, one.reason.clone());
    }
    table.grouped("State")
}

fn results(body: &WriteBody) -> Table {
    let mut table = Table::new("Results", &["Result", "#Step", "Type", "Resource", "Note"]);
    for one in &body.applied {
        let mut notes: Vec<String> = one.health.iter().cloned().collect();
        if one.verified {
            notes.insert(0, "verified".to_owned());
        }
        table.row_of(
            "applied",
            vec![
                Cell::badge("applied", Tone::Good, 2),
                Cell::text(one.order.to_string()),
                Cell::type_name(&one.type_name),
                Cell::code(&one.identifier),
                Cell::lines(notes),
            ],
        );
    }
    for one in &body.pending {
        let cells = vec![
            Cell::badge("pending", Tone::Warn, 1),
            Cell::text(one.order.to_string()),
            Cell::type_name(&one.type_name),
            Cell::default(),
            Cell::lines(one.request_token.iter().map(|token| format!("request {token}"))),
        ];
        table.row_of("pending", cells);
    }
    for one in &body.failed {
        let cells = vec![
            Cell::badge("failed", Tone::Bad, 0),
            Cell::text(one.order.to_string()),
            Cell::type_name(&one.type_name),
            Cell::text(&one.code),
            Cell::lines([one.message.clone()].into_iter().chain(one.hint.clone())),
        ];
        table.row_of("failed", cells);
    }
    table.grouped("Result")
}
