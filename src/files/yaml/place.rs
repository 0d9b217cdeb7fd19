//! Source locations from the parser's marks.

use crate::domain::diagnostic::Location;

/// A location from a parser mark, whose lines count from 1 and columns from 0.
pub(super) fn location(file: &str, line: usize, column: usize) -> Location {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Location { file: file.to_owned(), line: number(line.max(1)), column: number(column + 1) }
}
