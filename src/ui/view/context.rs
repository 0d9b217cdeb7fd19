//! The output of `context`.

use comfy_table::{ColumnConstraint, Width};
use console::style;

use super::access::access;
use super::doctor::doctor;
use super::{AccountBlock, account_block, clean, indented, keep_columns, keep_whole, table};
use crate::report::{ContextBody, GateOperationKind, GateRuleView, MatrixRowView};

/// Renders the account block of each environment and the checks of the pair; or what was asked for instead.
pub fn context(body: &ContextBody) -> String {
    if let Some(template) = &body.member_role {
        return serde_saphyr::to_string(template).unwrap_or_else(|_| template.to_string());
    }
    if let Some(environments) = &body.resources {
        return environments.iter().map(access).collect();
    }
    if let (Some(rules), Some(rows)) = (&body.approvals, &body.matrix) {
        return approvals(rules) + &matrix(rows);
    }
    if let Some(checks) = &body.doctor {
        return doctor(checks);
    }
    environments(body)
}

/// Renders the decisions of the gate in each environment.
fn approvals(rules: &[GateRuleView]) -> String {
    /// Codes are not broken: the longest one in parentheses, and the space around it.
    const CODE_WIDTH: u16 = 25;
    let mut text = String::new();
    for rules in rules.chunk_by(|one, next| one.environment == next.environment) {
        let mut table = table(&["OPERATION", "CONDITION", "APPROVAL"]);
        let is_narrow = table.width().is_some();
        for rule in rules {
            let condition = rule.condition.clone().unwrap_or_default();
            let kinds: Vec<&str> = rule.approvals.iter().map(|kind| kind.as_str()).collect();
            let decision = match (&rule.refused, kinds.is_empty()) {
                (Some(code), _) => format!("refused ({code})"),
                (None, true) => "none".to_owned(),
                (None, false) => kinds.join(", "),
            };
            table.add_row([rule.operation.to_string(), condition, decision]);
        }
        keep_whole(&mut table, 1);
        if let Some(column) = table.column_mut(2).filter(|_| is_narrow) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(CODE_WIDTH)));
        }
        let first = rules.first();
        let name = style(clean(first.map_or("", |rule| &rule.environment))).bold();
        let protected = if first.is_some_and(|rule| rule.protected) { " (protected)" } else { "" };
        text.push_str(&format!("Approvals in {name}{protected}:\n{}\n", indented(&table)));
    }
    text
}

/// Renders how many types of each service support each operation; which environment makes no difference.
fn matrix(rows: &[MatrixRowView]) -> String {
    const OPERATIONS: [GateOperationKind; 4] =
        [GateOperationKind::Create, GateOperationKind::Read, GateOperationKind::Update, GateOperationKind::Delete];
    let mut table = table(&["SERVICE", "TYPES", "CREATE", "READ", "UPDATE", "DELETE"]);
    let first = rows.first().map(|row| row.environment.clone()).unwrap_or_default();
    let mut services: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
    services.dedup();
    for service in services {
        let of = |operation| {
            rows.iter().find(|row| row.service == service && row.environment == first && row.operation == operation)
        };
        let mut cells = vec![service.trim_start_matches("AWS::").to_owned()];
        cells.push(of(GateOperationKind::Read).map(|row| row.types.to_string()).unwrap_or_default());
        cells.extend(OPERATIONS.map(|one| of(one).map(|row| row.supported.to_string()).unwrap_or_default()));
        table.add_row(cells);
    }
    keep_columns(&mut table, &[1, 2, 3, 4, 5]);
    format!("Types of each service that support an operation:\n{}", indented(&table))
}

fn environments(body: &ContextBody) -> String {
    let mut text = String::new();
    for environment in &body.environments {
        let account = match &environment.account {
            Some(account) if *account == environment.expected_account => account.clone(),
            Some(account) => format!("{} (expected: {})", style(account).red(), environment.expected_account),
            None => format!("{} (not confirmed)", environment.expected_account),
        };
        text.push_str(&account_block(AccountBlock {
            name: &environment.name,
            protected: environment.protected,
            profile: environment.profile.as_deref(),
            authentication: &environment.authentication,
            account: &account,
            region: &environment.region,
            endpoints: &environment.endpoints,
        }));
        if let Some(arn) = &environment.arn {
            text.push_str(&format!("   Caller: {}\n", clean(arn)));
        }
        text.push('\n');
    }
    if let Some(pair) = &body.pair {
        let mark = |good: bool| if good { style("✓").green() } else { style("✗").red() };
        let accounts = if pair.distinct_accounts {
            "different accounts"
        } else if pair.single_account {
            "same account, as configured"
        } else {
            "the same account"
        };
        let line = match body.environments.iter().all(|environment| environment.account.is_some()) {
            true => format!("{} {accounts}", mark(pair.distinct_accounts || pair.single_account)),
            // Only the configuration says so.
            false => format!("{} {accounts} (configured, not confirmed)", style("?").yellow()),
        };
        text.push_str(&format!("{line}\n"));
        text.push_str(&format!(
            "{} {}\n",
            mark(true),
            if pair.same_region { "same region" } else { "different regions" }
        ));
        text.push_str(&format!(
            "{} {}\n",
            mark(pair.target_protected),
            if pair.target_protected {
                "the target is protected: every change requires an approval"
            } else {
                "the target is not protected"
            }
        ));
    }
    text
}
