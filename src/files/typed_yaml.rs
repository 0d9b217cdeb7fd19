//! Deserialization of YAML into typed values, with errors for the user.

use serde::de::DeserializeOwned;

use crate::domain::diagnostic::Location;

/// Why a text cannot be deserialized.
pub(super) struct Problem {
    /// Counts from 1.
    pub line: u32,
    /// Counts from 1.
    pub column: u32,
    /// One sentence without a final period and without the location.
    pub message: String,
}

/// Deserializes a complete document.
///
/// # Errors
/// It is not valid YAML, or does not match `T`.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_saphyr::from_str(text).map_err(|error| {
        let place = location("", error.location().unwrap_or(serde_saphyr::Location::UNKNOWN));
        Problem { line: place.line, column: place.column, message: message(&error) }
    })
}

/// The location that the YAML reader gives; the beginning where it gives none.
pub(super) fn location(path: &str, place: serde_saphyr::Location) -> Location {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
    Location { file: path.to_owned(), line: number(place.line()), column: number(place.column()) }
}

/// The YAML reader's message without the location, which is reported separately.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    match text.rsplit_once(" at line ") {
        Some((message, place)) if place.chars().all(|c| c.is_ascii_digit() || ", column".contains(c)) => {
            message.trim_end_matches(':').to_owned()
        }
        _ => text,
    }
}
