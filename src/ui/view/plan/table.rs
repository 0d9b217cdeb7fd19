//! The table of a plan: one row per resource that is changed.

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
use console::{StyledObject, measure_text_width, style};

use super::super::{clean, indented};
use crate::domain::plan::Operation;
use crate::report::{MonthlyView, PlanView, RiskCode, StepView, short_type};

/// Identifiers are shortened to this width before the columns are laid out.
const MAX_WORD: usize = 40;

/// Below this width, the risks are in the column of the action.
const NARROW: usize = 72;

/// From this number of rows on, each is one line.
const MANY: usize = 17;

/// The spaces of a column: one on each side.
const PADDING: usize = 2;

/// The step's sign and operation.
pub(super) fn sign(operation: Operation) -> StyledObject<&'static str> {
    match operation {
        Operation::Create => style("+").green().bold(),
        Operation::Update => style("~").yellow().bold(),
        Operation::Replace => style("±").yellow().bold(),
        Operation::Delete => style("-").red().bold(),
        Operation::Tag => style("#").cyan(),
    }
}

/// Returns the steps with a row: not those that only write stagegate's tags, and not the deletion that is part of a
/// replacement.
pub(super) fn rows(plan: &PlanView) -> Vec<&StepView> {
    let replaced = |step: &StepView| {
        step.operation == Operation::Delete
            && plan.steps.iter().any(|other| {
                other.operation == Operation::Replace
                    && other.type_name == step.type_name
                    && (other.logical_id == step.logical_id
                        || step.identifier.is_some() && other.identifier == step.identifier)
            })
    };
    plan.steps.iter().filter(|step| step.operation != Operation::Tag && !replaced(step)).collect()
}

/// One row: the text of each cell, whose words are separated by spaces and are kept whole.
struct Row {
    logical_id: String,
    type_name: String,
    action: String,
    name: String,
    monthly: String,
    risks: String,
}

impl Row {
    fn new(step: &StepView) -> Self {
        let risks: Vec<String> = step.risks.iter().map(|risk| colored(*risk).to_string()).collect();
        Self {
            logical_id: shortened(&clean(&step.logical_id), MAX_WORD),
            type_name: short_type(&step.type_name).to_owned(),
            action: format!("{} {}", sign(step.operation), step.operation.as_str()),
            name: shortened(&name(step), MAX_WORD),
            monthly: monthly(&step.monthly, step.operation),
            risks: risks.join(", "),
        }
    }
}

/// Renders the table within a width.
pub(super) fn table(steps: &[&StepView], width: usize) -> String {
    let rows: Vec<Row> = steps.iter().map(|step| Row::new(step)).collect();
    // Two spaces of indentation; the last column needs no space on its right.
    let available = width.saturating_sub(2);
    let wide: Vec<Vec<String>> = rows
        .iter()
        .map(|row| [&row.logical_id, &row.type_name, &row.action, &row.name, &row.monthly, &row.risks])
        .map(|cells| cells.map(Clone::clone).to_vec())
        .collect();
    let wide = Grid { header: &["RESOURCE", "TYPE", "ACTION", "NAME", "MONTHLY", "RISKS"], rows: wide };
    if wide.natural().iter().map(|width| width + PADDING).sum::<usize>() <= available {
        return wide.render(&wide.natural());
    }
    if rows.len() >= MANY && width >= NARROW {
        return one_line_each(steps, &rows, available);
    }
    let resource = |row: &Row| format!("{}\n{}", row.logical_id, row.type_name);
    let (grid, least): (Grid, &[usize]) = if width >= NARROW {
        let cells = |row: &Row| {
            vec![resource(row), row.action.clone(), row.name.clone(), row.monthly.clone(), row.risks.clone()]
        };
        let rows = rows.iter().map(cells).collect();
        (Grid { header: &["RESOURCE", "ACTION", "NAME", "MONTHLY", "RISKS"], rows }, &[14, 9, 14, 8, 12])
    } else {
        let cells = |row: &Row| {
            let action = format!("{}\n{}", row.action, row.risks);
            vec![resource(row), action.trim_end().to_owned(), row.name.clone(), row.monthly.clone()]
        };
        let rows = rows.iter().map(cells).collect();
        (Grid { header: &["RESOURCE", "ACTION", "NAME", "MONTHLY"], rows }, &[12, 12, 12, 8])
    };
    let widths = narrowed(grid.natural(), least, available);
    grid.render(&widths)
}

/// Renders a table with one line for each resource. The logical id of a promoted resource is derived from its type and
/// name, so that it is left out.
fn one_line_each(steps: &[&StepView], rows: &[Row], available: usize) -> String {
    let is_promotion = steps.iter().all(|step| step.source.is_some());
    let cells = |(row, step): (&Row, &&StepView)| {
        let name = match (&step.source, &step.identifier) {
            (Some(source), Some(target)) if source != target => clean(&pair(last_part(source), last_part(target))),
            _ => row.name.clone(),
        };
        let named = [row.logical_id.clone(), row.type_name.clone()].into_iter().skip(usize::from(is_promotion));
        named.chain([row.action.clone(), name, row.monthly.clone(), row.risks.clone()]).collect()
    };
    let cells = rows.iter().zip(steps).map(cells).collect();
    let (header, least): (&[&str], &[usize]) = match is_promotion {
        true => (&["TYPE", "ACTION", "NAME", "MONTHLY", "RISKS"], &[12, 9, 18, 7, 7]),
        false => (&["RESOURCE", "TYPE", "ACTION", "NAME", "MONTHLY", "RISKS"], &[12, 10, 9, 14, 7, 7]),
    };
    let grid = Grid { header, rows: cells };
    let widths = narrowed(grid.natural(), least, available);
    grid.render(&widths)
}

/// The name in an ARN or a URL; other identifiers as they are.
fn last_part(identifier: &str) -> &str {
    let is_long = identifier.starts_with("arn:") || identifier.contains("://");
    let name = identifier.rsplit(['/', ':']).next().filter(|name| is_long && !name.is_empty());
    name.unwrap_or(identifier)
}

/// Reduces the widest columns until all fit, but none below its least width.
fn narrowed(mut widths: Vec<usize>, least: &[usize], available: usize) -> Vec<usize> {
    while widths.iter().map(|width| width + PADDING).sum::<usize>() > available {
        let slack = |(index, width): &(usize, &usize)| **width > least.get(*index).copied().unwrap_or_default();
        let widest = widths.iter().enumerate().filter(slack).max_by_key(|(_, width)| **width);
        let Some(index) = widest.map(|(index, _)| index) else { break };
        if let Some(width) = widths.get_mut(index) {
            *width -= 1;
        }
    }
    widths
}

struct Grid {
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// The width of the longest line of each column.
    fn natural(&self) -> Vec<usize> {
        let longest = |index: usize, title: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let lines = cells.flat_map(|cell| cell.lines()).map(measure_text_width);
            lines.chain([title.len()]).max().unwrap_or_default()
        };
        self.header.iter().enumerate().map(|(index, title)| longest(index, title)).collect()
    }

    fn render(&self, widths: &[usize]) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        // Colors are applied by the console crate, which knows the flags; the table only computes widths.
        table.force_no_tty();
        table.set_header(self.header.iter().map(|title| style(title).dim().to_string()));
        for row in &self.rows {
            table.add_row(row.iter().zip(widths).map(|(cell, width)| whole_words(cell, *width)));
        }
        for (index, width) in widths.iter().enumerate() {
            let fixed = u16::try_from(width + PADDING).unwrap_or(u16::MAX);
            if let Some(column) = table.column_mut(index) {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(fixed)));
            }
        }
        indented(&table)
    }
}

/// Shortens the words of a cell that are longer than its column, so that none is broken.
fn whole_words(cell: &str, width: usize) -> String {
    let lines =
        cell.lines().map(|line| line.split(' ').map(|word| shortened(word, width)).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Shortens each word of a text in the middle: the end of an identifier says more than its beginning.
fn shortened(text: &str, width: usize) -> String {
    let one = |word: &str| {
        if measure_text_width(word) <= width || word.contains('\u{1b}') {
            return word.to_owned();
        }
        let letters: Vec<char> = word.chars().collect();
        let head = (width.saturating_sub(1)) / 3;
        let tail = width.saturating_sub(1 + head);
        let begin: String = letters.iter().take(head).collect();
        let end: String = letters.iter().skip(letters.len().saturating_sub(tail)).collect();
        format!("{begin}…{end}")
    };
    text.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

/// Returns `dev → prod` for a promotion, otherwise the identifier, otherwise the name that will be given.
fn name(step: &StepView) -> String {
    let given = || {
        let property = step.schema?.name_property.as_deref()?;
        let wanted = format!("/{property}");
        let change = step.changes.iter().find(|change| change.pointer == wanted)?;
        change.after.as_str().map(str::to_owned)
    };
    let target = step.identifier.clone().or_else(given);
    let text = match (&step.source, target) {
        (Some(source), Some(target)) if *source != target => format!("{source} → {target}"),
        (Some(source), None) => format!("{source} → (assigned by AWS)"),
        (_, Some(target)) => target,
        (None, None) => "(assigned by AWS)".to_owned(),
    };
    clean(&text)
}

/// `orders-{dev→prod}`: what two names have in common only once, in whole words.
fn pair(source: &str, target: &str) -> String {
    if source == target {
        return source.to_owned();
    }
    let words = |text: &str| -> Vec<String> {
        text.split_inclusive(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    let (from, to) = (words(source), words(target));
    let head = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let (from, to) = (from.get(head..).unwrap_or_default(), to.get(head..).unwrap_or_default());
    let tail = from.iter().rev().zip(to.iter().rev()).take_while(|(one, other)| one == other).count();
    let begin = source.get(..source.len() - from.concat().len()).unwrap_or_default();
    let (rest, wanted) = (from.len() - tail, to.len() - tail);
    let (middle, end) = from.split_at(rest);
    let (other, _) = to.split_at(wanted);
    format!("{begin}{{{}→{}}}{}", middle.concat(), other.concat(), end.concat())
}

/// `$12.10 → $24.00`; one amount for what is created or costs the same.
fn monthly(view: &MonthlyView, operation: Operation) -> String {
    let amount = |known: &Option<String>| known.as_ref().map(|amount| format!("${amount}"));
    let text = match (amount(&view.before), amount(&view.after)) {
        (Some(before), Some(after)) if before == after => after,
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) if operation == Operation::Delete => format!("{before} → –"),
        (Some(before), None) => format!("{before} → unknown"),
        (None, Some(after)) if matches!(operation, Operation::Create) || !view.unknown => after,
        (None, Some(after)) => format!("unknown → {after}"),
        (None, None) if view.unknown => return "unknown".to_owned(),
        (None, None) => return "–".to_owned(),
    };
    if view.unknown && !text.contains("unknown") { format!("at least {text}") } else { text }
}

fn colored(risk: RiskCode) -> StyledObject<&'static str> {
    match risk {
        RiskCode::Public => style("public").red().bold(),
        RiskCode::Iam => style("IAM").yellow(),
        RiskCode::Network => style("network").yellow(),
        RiskCode::Replacement => style("replacement").red(),
        RiskCode::Stateful => style("stateful").red().bold(),
        RiskCode::OverwritesLiveChange => style("overwrites").yellow().bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_shortened_in_the_middle_and_short_ones_kept() {
        assert_eq!(shortened("arn:aws:sqs:us-east-1:111111111111:orders → b", 16), "arn:a…111:orders → b");
        assert_eq!(shortened("orders-dev → orders-prod", 12), "orders-dev → orders-prod");
    }

    #[test]
    fn the_common_part_of_two_names_is_written_once() {
        assert_eq!(pair("orders-dev", "orders-prod"), "orders-{dev→prod}");
        assert_eq!(pair("app-dev-role", "app-prod-role"), "app-{dev-→prod-}role");
        assert_eq!(pair("one", "other"), "{one→other}");
        let queue = |account: &str, name: &str| format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}");
        let (from, to) = (queue("111111111111", "jobs-dev"), queue("222222222222", "jobs-prod"));
        assert_eq!(pair(last_part(&from), last_part(&to)), "jobs-{dev→prod}");
        assert_eq!(pair("same", "same"), "same");
        assert_eq!(last_part("arn:aws:sns:us-east-1:111111111111:alarms"), "alarms");
        assert_eq!(last_part("/aws/lambda/orders"), "/aws/lambda/orders");
    }

    #[test]
    fn the_cost_of_a_change_has_both_amounts_and_never_hides_an_unknown_one() {
        let of = |before: Option<&str>, after: Option<&str>, unknown, operation| {
            let view = MonthlyView { before: before.map(str::to_owned), after: after.map(str::to_owned), unknown };
            monthly(&view, operation)
        };
        assert_eq!(of(None, Some("0.33"), false, Operation::Create), "$0.33");
        assert_eq!(of(Some("1.00"), Some("2.00"), false, Operation::Update), "$1.00 → $2.00");
        assert_eq!(of(Some("1.00"), Some("1.00"), false, Operation::Update), "$1.00");
        assert_eq!(of(Some("1.00"), None, false, Operation::Delete), "$1.00 → –");
        assert_eq!(of(Some("1.00"), None, true, Operation::Update), "$1.00 → unknown");
        assert_eq!(of(None, None, true, Operation::Create), "unknown");
        assert_eq!(of(None, Some("1.00"), true, Operation::Create), "at least $1.00");
    }
}
