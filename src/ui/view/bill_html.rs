//! The review of a month's costs as one HTML page that loads nothing else: styles are in it, charts are SVG, and it has no scripts.

use askama::Template;
use rust_decimal::Decimal;

use super::bill::{
    accuracy_title, alarm_words, alert_words, amount, change, combined, compared, line_amount, movers_title, not_read,
    source_words, subject,
};
use crate::domain::diagnostic::Diagnostic;
use crate::report::{CostBody, EnvironmentCostView};

/// The height of a bar with the space below it, in pixels.
const ROW: usize = 28;

/// The width of the longest bar, of a chart of 720 pixels with 200 for the names and 120 for the amounts.
const WIDEST: u32 = 400;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>
body { font-family: system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #16191f; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
svg { width: 100%; height: auto; } svg text { font-size: 13px; fill: #16191f; }
.bar { fill: #2563eb; } .negative { fill: #15803d; }
.total { font-weight: 600; } .crossed { color: #b91c1c; font-weight: 600; }
.note { color: #5f6b7a; font-size: .9rem; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{%- for problem in failures %}
<p class="crossed">{{ problem }}</p>
{%- endfor %}
{%- if let Some(page) = page %}
<p class="total">Combined Total: {{ page.combined }}</p>
{%- if let Some((is_crossed, words)) = page.alerts %}
<p{% if is_crossed %} class="crossed"{% endif %}>Alerts: {{ words }}</p>
{%- endif %}
{%- for chart in page.charts %}
<section>
<h2>aws-{{ chart.name }}</h2>
{%- if chart.bars.is_empty() %}
<p>Nothing was billed.</p>
{%- else %}
<svg role="img" aria-label="Costs of aws-{{ chart.name }}" viewBox="0 0 720 {{ chart.height }}">
{%- for bar in chart.bars %}
<text x="190" y="{{ bar.text_y }}" text-anchor="end">{{ bar.label }}</text>
<rect class="bar{% if bar.is_negative %} negative{% endif %}" x="200" y="{{ bar.y }}" width="{{ bar.width }}" height="20"></rect>
<text x="{{ bar.end }}" y="{{ bar.text_y }}">{{ bar.amount }}</text>
{%- endfor %}
</svg>
{%- endif %}
<p class="total">Total: {{ chart.total }}</p>
</section>
{%- endfor %}
{%- for list in page.lists %}
<section>
<h2>{{ list.title }}</h2>
<ul>
{%- for item in list.items %}
<li>{{ item }}</li>
{%- endfor %}
</ul>
</section>
{%- endfor %}
<p class="note">Source: {{ page.source }}</p>
{%- endif %}
</body>
</html>
"##
)]
struct Document {
    title: String,
    failures: Vec<String>,
    page: Option<Page>,
}

struct Page {
    combined: String,
    alerts: Option<(bool, String)>,
    charts: Vec<Chart>,
    lists: Vec<List>,
    source: String,
}

struct Chart {
    name: String,
    bars: Vec<Bar>,
    height: usize,
    total: String,
}

struct Bar {
    label: String,
    amount: String,
    is_negative: bool,
    y: usize,
    text_y: usize,
    width: u32,
    end: u32,
}

struct List {
    title: String,
    items: Vec<String>,
}

/// Renders the page; without a review, one that says why.
pub fn bills_html(body: Option<&CostBody>, diagnostics: &[Diagnostic]) -> String {
    let failures = diagnostics.iter().map(|problem| problem.message.clone()).collect();
    let title = match body {
        Some(body) => format!("Monthly AWS Costs ({})", body.title),
        None => "Monthly AWS Costs".to_owned(),
    };
    let document = Document { title, failures, page: body.map(page) };
    // Writing to a string does not fail.
    document.render().unwrap_or_default()
}

fn page(body: &CostBody) -> Page {
    let mut lists = Vec::new();
    let mut list = |title: String, items: Vec<String>| {
        if !items.is_empty() {
            lists.push(List { title, items });
        }
    };
    list("Not read".to_owned(), not_read(body).map(|(name, reason)| format!("aws-{name}: {reason}")).collect());
    let movers = body.movers.iter();
    list(
        movers_title(body),
        movers.map(|mover| format!("aws-{} {}: {}", mover.environment, mover.service, change(mover))).collect(),
    );
    let rows = body.accuracy.iter();
    list(
        accuracy_title(body),
        rows.map(|row| {
            let mark = if row.within_target { "✓" } else { "✗" };
            format!("{mark} aws-{} {}: {}", row.environment, subject(row), compared(row))
        })
        .collect(),
    );
    let alarms = body.environments.iter().map(|environment| {
        let words = alarm_words(environment).unwrap_or_else(|| "not known".to_owned());
        format!("aws-{}: {words}", environment.name)
    });
    list("Billing alarms".to_owned(), alarms.collect());
    Page {
        combined: combined(body),
        alerts: alert_words(body),
        charts: body.environments.iter().map(chart).collect(),
        lists,
        source: source_words(body),
    }
}

fn chart(environment: &EnvironmentCostView) -> Chart {
    let value = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    // Bars of different currencies have scales of their own.
    let largest = |currency: &str| {
        let of_currency = environment.lines.iter().filter(|line| line.currency == currency);
        of_currency.map(|line| value(&line.amount).abs()).max().unwrap_or_default()
    };
    let bars = environment.lines.iter().enumerate().map(|(row, line)| {
        let width = (value(&line.amount).abs() * Decimal::from(WIDEST))
            .checked_div(largest(&line.currency))
            .and_then(|width| u32::try_from(width.round()).ok())
            .unwrap_or_default()
            .max(1);
        Bar {
            label: line.service.clone(),
            amount: line_amount(line),
            is_negative: line.amount.starts_with('-'),
            y: row * ROW,
            text_y: row * ROW + 15,
            width,
            end: 208 + width,
        }
    });
    let totals = environment.totals.iter().map(|total| {
        let forecast = environment.forecast.iter().flatten().find(|one| one.currency == total.currency);
        let rate = forecast.map(|forecast| format!(", {} at this rate", amount(forecast))).unwrap_or_default();
        format!("{}{rate}", amount(total))
    });
    Chart {
        name: environment.name.clone(),
        bars: bars.collect(),
        height: environment.lines.len() * ROW,
        total: totals.collect::<Vec<_>>().join(" and "),
    }
}
