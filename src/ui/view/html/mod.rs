//! HTML pages. A page is complete in itself: styles and the script that sorts and filters tables are in it, charts are SVG, and its
//! content security policy lets it load nothing and run nothing else. Without scripts it shows everything.
//!
//! Each report makes a [`Page`] of the views that the JSON document has, in which secrets are already masked; the one template
//! escapes every text.

mod audit;
mod chart;
mod cost;
mod drift;
mod plan;
mod scan;
mod table;

pub use audit::audit_html;
pub use cost::bills_html;
pub use drift::drift_html;
pub use plan::plan_html;
pub use scan::scan_html;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::clean;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::outcome::NextStep;
use chart::{Chart, Stack};
use table::{Form, Table, short};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'{% if let Some(hash) = script_hash %}; script-src 'sha256-{{ hash|safe }}'{% endif %}">
<title>{{ page.title }}</title>
<style>
{{ style|safe }}</style>
</head>
<body{% if page.is_narrow %} class="narrow"{% endif %}>
<h1>{{ page.title }}</h1>
{%- if !page.facts.is_empty() %}
<p class="facts">{% for fact in page.facts %}<span>{{ fact }}</span>{% endfor %}</p>
{%- endif %}
{%- if !page.notices.is_empty() %}
<ul class="notices">
{%- for notice in page.notices %}
<li class="{{ notice.tone.class() }}">{{ notice.text }}{% if let Some(hint) = notice.hint %}<small>{{ hint }}</small>{% endif %}</li>
{%- endfor %}
</ul>
{%- endif %}
{%- if !page.tiles.is_empty() %}
<dl class="tiles">
{%- for tile in page.tiles %}
<div><dt>{{ tile.label }}</dt><dd class="{{ tile.tone.class() }}">{{ tile.value }}</dd></div>
{%- endfor %}
</dl>
{%- endif %}
{%- for line in page.lines %}
<p{% if line.is_bad %} class="crossed"{% else %} class="total"{% endif %}>{{ line.text }}</p>
{%- endfor %}
{%- for stack in page.stacks %}
<section>
<h2>{{ stack.title }}</h2>
<svg class="stack" role="img" aria-label="{{ stack.summary }}" viewBox="0 0 720 18" preserveAspectRatio="none">
{%- for part in stack.parts %}
<rect class="{{ part.tone.class() }}" x="{{ part.x }}" y="0" width="{{ part.width }}" height="18"><title>{{ part.label }}: {{ part.number }}</title></rect>
{%- endfor %}
</svg>
<ul class="legend">
{%- for part in stack.parts %}
<li><i class="{{ part.tone.class() }}"></i>{{ part.label }}: {{ part.number }}</li>
{%- endfor %}
</ul>
</section>
{%- endfor %}
{%- for chart in page.charts %}
<section>
<h2>{{ chart.title }}</h2>
{%- if chart.bars.is_empty() %}
<p>{{ chart.empty }}</p>
{%- else %}
<svg role="img" aria-label="{{ chart.title }}" viewBox="0 0 720 {{ chart.height }}">
{%- for bar in chart.bars %}
<text x="190" y="{{ bar.text_y }}" text-anchor="end">{{ bar.label }}</text>
<rect class="bar{% if bar.is_negative %} negative{% endif %}" x="200" y="{{ bar.y }}" width="{{ bar.width }}" height="20"></rect>
<text x="{{ bar.end }}" y="{{ bar.text_y }}">{{ bar.amount }}</text>
{%- endfor %}
</svg>
{%- endif %}
{%- if let Some(total) = chart.total %}
<p class="total">{{ total }}</p>
{%- endif %}
</section>
{%- endfor %}
{%- for table in page.tables %}
<section class="rows">
<h2>{{ table.title }}</h2>
<div class="tools" hidden>
<label><input type="search" placeholder="Filter" aria-label="Filter {{ table.title }}"></label>
{%- if !table.groups.is_empty() %}
<select aria-label="{{ table.group_label }}"><option value="">{{ table.group_label }}: all</option>
{%- for group in table.groups %}
<option value="{{ group }}">{{ group }}</option>
{%- endfor %}
</select>
{%- endif %}
<output></output>
</div>
<table>
<thead><tr>
{%- for column in table.columns %}
<th{% if column.is_number %} class="number"{% endif %} scope="col"><button type="button">{{ column.title }}</button></th>
{%- endfor %}
</tr></thead>
<tbody>
{%- for row in table.rows %}
<tr{% if let Some(group) = row.group %} data-group="{{ group }}"{% endif %}>
{%- for (cell, column) in row.cells.iter().zip(table.columns.iter()) %}
<td data-label="{{ column.title }}"{% if column.is_number %} class="number"{% endif %}{% if let Some(sort) = cell.sort %} data-sort="{{ sort }}"{% endif %}>
{%- if cell.is_long() %}<details><summary>{{ cell.lines.len() }} lines</summary>{% endif %}
{%- for line in cell.lines %}
{%- match cell.form %}
{%- when Form::Badge %}<span class="badge {{ cell.tone.class() }}">{{ line }}</span>
{%- when Form::Code %}<p><code>{{ line }}</code></p>
{%- when Form::Word %}<p class="word">{% for part in line.split("::") %}{% if !loop.first %}::<wbr>{% endif %}{{ part }}{% endfor %}</p>
{%- when Form::Text %}<p{% if cell.is_toned() %} class="{{ cell.tone.class() }}"{% endif %}>{{ line }}</p>
{%- endmatch %}
{%- endfor %}
{%- if cell.is_long() %}</details>{% endif -%}
{%- if let Some(command) = cell.command %}<p><code>{{ command }}</code></p>{% endif -%}
</td>
{%- endfor %}
</tr>
{%- endfor %}
</tbody>
</table>
<p class="none" hidden>No row matches the filter.</p>
</section>
{%- endfor %}
{%- for list in page.lists %}
<section>
<h2>{{ list.title }}</h2>
<ul class="plain">
{%- for item in list.items %}
<li>{{ item }}</li>
{%- endfor %}
</ul>
</section>
{%- endfor %}
{%- if !page.commands.is_empty() %}
<section>
<h2>Next</h2>
{%- for (why, command) in page.commands %}
<p>{{ why }}</p>
<pre><code>{{ command }}</code></pre>
{%- endfor %}
</section>
{%- endif %}
{%- if let Some(note) = page.note %}
<p class="note">{{ note }}</p>
{%- endif %}
<footer>stagegate {{ version }}</footer>
{%- if script_hash.is_some() %}
<script>{{ script|safe }}</script>
{%- endif %}
</body>
</html>
"##
)]
struct Document<'a> {
    page: &'a Page,
    style: &'static str,
    script: &'static str,
    /// The hash of the script; `None` for a page without tables, which has none.
    script_hash: Option<String>,
    version: &'static str,
}

/// What a page shows, from top to bottom.
#[derive(Default)]
struct Page {
    title: String,
    is_narrow: bool,
    facts: Vec<String>,
    notices: Vec<Notice>,
    tiles: Vec<Tile>,
    lines: Vec<Line>,
    stacks: Vec<Stack>,
    charts: Vec<Chart>,
    tables: Vec<Table>,
    lists: Vec<List>,
    commands: Vec<(String, String)>,
    note: Option<String>,
}

/// A color with a meaning.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Warn,
    Info,
    Calm,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Calm => "calm",
        }
    }

    /// Bad for some, good for none.
    fn of_count(number: u64) -> Self {
        if number > 0 { Self::Bad } else { Self::Good }
    }
}

struct Notice {
    tone: Tone,
    text: String,
    hint: Option<String>,
}

struct Tile {
    label: String,
    value: String,
    tone: Tone,
}

struct Line {
    text: String,
    is_bad: bool,
}

struct List {
    title: String,
    items: Vec<String>,
}

impl Page {
    /// A page about a run: its diagnostics and the commands to continue with.
    fn new(title: impl Into<String>, diagnostics: &[Diagnostic], next: &[NextStep]) -> Self {
        let notice = |problem: &Diagnostic| {
            let place = problem.location.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let resource = problem.resource.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            Notice {
                tone: match problem.level {
                    Level::Error => Tone::Bad,
                    Level::Warning => Tone::Warn,
                    Level::Note => Tone::Calm,
                },
                text: short(&format!("{place}{resource}{}", problem.message)),
                hint: problem.hint.as_deref().map(short),
            }
        };
        Self {
            title: clean(&title.into()),
            notices: diagnostics.iter().map(notice).collect(),
            commands: next.iter().map(|step| (clean(&step.why), clean(&step.command))).collect(),
            ..Self::default()
        }
    }

    fn fact(&mut self, text: impl AsRef<str>) {
        self.facts.push(clean(text.as_ref()));
    }

    fn notice(&mut self, tone: Tone, text: &str) {
        self.notices.push(Notice { tone, text: short(text), hint: None });
    }

    fn tile(&mut self, label: &str, value: impl ToString, tone: Tone) {
        self.tiles.push(Tile { label: label.to_owned(), value: clean(&value.to_string()), tone });
    }

    /// Adds a table, unless it has no rows.
    fn table(&mut self, table: Table) {
        self.tables.extend((!table.rows.is_empty()).then_some(table));
    }

    fn list(&mut self, title: impl Into<String>, items: Vec<String>) {
        if !items.is_empty() {
            self.lists
                .push(List { title: clean(&title.into()), items: items.iter().map(|item| clean(item)).collect() });
        }
    }

    fn render(&self) -> String {
        let has_script = !self.tables.is_empty();
        let document = Document {
            page: self,
            style: STYLE,
            script: SCRIPT,
            script_hash: has_script.then(|| STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()))),
            version: env!("CARGO_PKG_VERSION"),
        };
        // Writing to a string does not fail.
        document.render().unwrap_or_default()
    }
}

/// The page of a run that ended without a result.
pub fn failure_html(title: &str, diagnostics: &[Diagnostic], next: &[NextStep]) -> String {
    Page::new(title, diagnostics, next).render()
}

#[cfg(test)]
mod tests {
    use super::table::Cell;
    use super::*;

    #[test]
    fn every_text_is_escaped() {
        let hostile = "</td><script>alert(1)</script>\" onload='x' & \u{202e}";
        let mut page = Page::new(hostile, &[], &[]);
        page.fact(hostile);
        page.tile("tile", hostile, Tone::Bad);
        page.list(hostile, vec![hostile.to_owned()]);
        page.stacks.extend(Stack::new(hostile, [(hostile.to_owned(), 1, Tone::Good)]));
        let mut table = Table::new(hostile, &["A", "#B", "C"]);
        table.row_of(hostile, vec![Cell::text(hostile), Cell::code(hostile), Cell::badge(hostile, Tone::Info, 1)]);
        table.row_of("other", vec![Cell::text("b").sorted(hostile)]);
        page.table(table.grouped(hostile));
        let text = page.render();
        assert_eq!(text.matches("<script>").count(), 1, "{text}");
        let body = text.split("<body>").nth(1).unwrap_or_default();
        assert!(!body.contains("onload='x'") && !body.contains("\" onload") && !body.contains('\u{202e}'), "{body}");
    }

    #[test]
    fn the_script_is_allowed_by_its_hash_only_where_there_is_one() {
        let plain = Page::new("none", &[], &[]).render();
        assert!(!plain.contains("<script") && !plain.contains("script-src"), "{plain}");
        let mut page = Page::new("one", &[], &[]);
        let mut table = Table::new("rows", &["A"]);
        table.row(vec![Cell::text("a")]);
        page.table(table);
        let text = page.render();
        let script = text.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap_or_default();
        let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
        assert!(text.contains(&format!("script-src 'sha256-{hash}'")), "{text}");
    }

    #[test]
    fn parts_of_a_stack_fill_it() {
        let counts = [("a", 1, Tone::Good), ("none", 0, Tone::Bad), ("b", 3, Tone::Warn)];
        let stack = Stack::new("t", counts.map(|(label, number, tone)| (label.to_owned(), number, tone)));
        let parts = stack.map(|stack| stack.parts).unwrap_or_default();
        let places: Vec<(u32, u32)> = parts.iter().map(|part| (part.x, part.width)).collect();
        assert_eq!(places, [(0, 180), (180, 540)]);
        assert!(Stack::new("t", []).is_none());
    }

    #[test]
    fn many_lines_are_folded_and_long_ones_cut() {
        assert!(!Cell::lines((0..6).map(|at| at.to_string())).is_long());
        assert!(Cell::lines((0..7).map(|at| at.to_string())).is_long());
        assert!(short(&"x".repeat(1000)).ends_with("… (1000 characters)"));
    }
}
