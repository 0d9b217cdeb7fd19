//! YAML read into typed values, and what is wrong with it in the user's terms.

use serde::de::DeserializeOwned;

use crate::domain::diagnostic::Location;

/// Why a text does not have the form that is asked for.
pub(super) struct Problem {
    /// Counts from 1.
    pub line: u32,
    /// Counts from 1.
    pub column: u32,
    /// One sentence without a final stop and without the place.
    pub message: String,
}

/// Reads a whole text.
///
/// # Errors
/// It is no YAML, or not of the form of `T`.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_saphyr::from_str(text).map_err(|error| {
        let place = location("", error.location().unwrap_or(serde_saphyr::Location::UNKNOWN));
        Problem { line: place.line, column: place.column, message: message(&error) }
    })
}

/// A place that the YAML reader names; the beginning where it names none.
pub(super) fn location(path: &str, place: serde_saphyr::Location) -> Location {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
    Location { file: path.to_owned(), line: number(place.line()), column: number(place.column()) }
}

/// What the YAML reader says is wrong, without the place: that is told apart.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    match text.rsplit_once(" at line ") {
        Some((message, place)) if place.chars().all(|c| c.is_ascii_digit() || ", column".contains(c)) => {
            message.trim_end_matches(':').to_owned()
        }
        _ => text,
    }
}
