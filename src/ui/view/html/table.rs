//! Tables of a page.

use super::super::clean;
use super::Tone;
use crate::report::short_type;

/// Lines of a cell that are shown at once.
const OPEN_LINES: usize = 6;

/// Characters of a line of a cell.
const MAX_LINE: usize = 400;

pub(super) struct Table {
    pub(super) title: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// What a choice of groups is called, and the groups.
    pub(super) group_label: String,
    pub(super) groups: Vec<String>,
}

pub(super) struct Column {
    pub(super) title: String,
    pub(super) is_number: bool,
}

pub(super) struct Row {
    pub(super) group: Option<String>,
    pub(super) cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Form {
    #[default]
    Text,
    /// The name of a type, which is only divided between its parts.
    Word,
    Code,
    Badge,
}

#[derive(Default)]
pub(super) struct Cell {
    pub(super) lines: Vec<String>,
    pub(super) form: Form,
    pub(super) tone: Tone,
    /// What rows are sorted by instead of the text.
    pub(super) sort: Option<String>,
    /// A command to copy, below the text.
    pub(super) command: Option<String>,
}

impl Cell {
    pub(super) fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter().map(|line| short(&line)).filter(|line| !line.is_empty());
        Self { lines: lines.collect(), ..Self::default() }
    }

    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Self::lines([text.as_ref().to_owned()])
    }

    /// A type, without `AWS::`.
    pub(super) fn type_name(name: &str) -> Self {
        Self { form: Form::Word, ..Self::text(short_type(name)) }
    }

    pub(super) fn with_command(self, command: Option<&str>) -> Self {
        Self { command: command.map(clean), ..self }
    }

    pub(super) fn code(text: impl AsRef<str>) -> Self {
        Self { form: Form::Code, ..Self::text(text) }
    }

    /// A word with a color, which sorts by its rank.
    pub(super) fn badge(text: impl AsRef<str>, tone: Tone, rank: usize) -> Self {
        Self { form: Form::Badge, tone, sort: Some(format!("{rank:02}")), ..Self::text(text) }
    }

    pub(super) fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    pub(super) fn sorted(self, sort: impl Into<String>) -> Self {
        Self { sort: Some(clean(&sort.into())), ..self }
    }

    pub(super) fn is_long(&self) -> bool {
        self.lines.len() > OPEN_LINES
    }

    pub(super) fn is_toned(&self) -> bool {
        self.tone != Tone::Plain
    }
}

/// Makes a text visible and short enough for a cell.
pub(super) fn short(text: &str) -> String {
    let text = clean(text);
    match text.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

impl Table {
    /// A table with these columns; `#` before a title marks one of numbers.
    pub(super) fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let column = |title: &&str| match title.strip_prefix('#') {
            Some(title) => Column { title: clean(title), is_number: true },
            None => Column { title: clean(title), is_number: false },
        };
        Self {
            title: clean(&title.into()),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            group_label: String::new(),
            groups: Vec::new(),
        }
    }

    /// Adds a choice of groups.
    pub(super) fn grouped(mut self, label: &str) -> Self {
        self.group_label = clean(label);
        for row in &self.rows {
            if let Some(group) = row.group.as_ref().filter(|group| !self.groups.contains(group)) {
                self.groups.push(group.clone());
            }
        }
        // One group is no choice.
        if self.groups.len() < 2 {
            self.groups.clear();
        }
        self
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { group: None, cells });
    }

    pub(super) fn row_of(&mut self, group: &str, cells: Vec<Cell>) {
        self.rows.push(Row { group: Some(clean(group)), cells });
    }
}
