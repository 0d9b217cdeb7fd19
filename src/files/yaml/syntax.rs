//! Readable YAML syntax errors, with hints.

use granit_parser::{ErrorKind, ScanError};

use super::limits::MAX_DEPTH;
use super::place::location;
use crate::domain::diagnostic::{Code, Diagnostic};

/// Describes a YAML syntax error.
pub(super) fn describe(file: &str, text: &str, error: &ScanError) -> Diagnostic {
    let mark = error.marker();
    let line = mark.line().max(1);
    let location = location(file, line, mark.col());
    let (problem, hint) = explain(error.kind());
    let message = match found(text, line, mark.col()) {
        Some(found) => format!("{problem}; found {found}"),
        None => problem,
    };
    Diagnostic::error(Code::YamlSyntax, message).hint(hint).at(Some(location))
}

/// What is at the location of an error, unless it is a letter: a text that cannot be parsed may be a secret.
fn found(text: &str, line: usize, column: usize) -> Option<String> {
    let mut lines = lines(text).skip(line - 1);
    let Some(content) = lines.next() else {
        return Some("the end of the file".to_owned());
    };
    let rest: String = content.chars().skip(column).collect();
    let rest = rest.trim_end();
    if rest.is_empty() {
        let last = lines.all(|later| later.trim().is_empty());
        return Some(if last { "the end of the file".to_owned() } else { "the end of the line".to_owned() });
    }
    rest.chars().next().filter(char::is_ascii_punctuation).map(|sign| format!("`{sign}`"))
}

/// The lines as YAML counts them: a lone carriage return ends a line too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').flat_map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line).split('\r')
    })
}

fn explain(kind: &ErrorKind) -> (String, String) {
    let fixed = |problem: &str, hint: &str| (problem.to_owned(), hint.to_owned());
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => fixed("a tab where YAML allows none", "indent with spaces"),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => fixed(
            "a `key: value` is not allowed here",
            "quote a value that contains `: `, and align a key with the others",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidIndentation => fixed(
            "this line does not continue the line above",
            "align it with the lines around it, and check the line above for an unclosed quote or a missing `:`",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            fixed("a key without a `:`", "write `key: value`, or quote a multi-line string")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            fixed("a quote is opened and never closed", "close the quote, or double a quote that is part of the string")
        }
        ErrorKind::InvalidQuotedScalarIndent => fixed(
            "a quoted string that is not closed, or whose next line is not indented",
            "close the quote above, or indent the next line",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            fixed("text after a closing quote", "quote the whole value, and double a quote that is part of it")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            fixed("an unknown escape in a double-quoted string", "write `\\\\` for a backslash, or use single quotes")
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("`{open}` is opened and never closed"), "add the closing bracket".to_owned())
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            fixed("the text ends inside brackets", "add the closing `]` or `}`")
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "make the brackets match".to_owned())
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            fixed("a closing bracket that was never opened", "remove it, or quote the value")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            fixed("two values in brackets without a comma", "add the `,` or the closing bracket")
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            format!("the control character `{}`", character.escape_default()),
            "remove it, or write it as an escape in double quotes, such as `\\u007f`".to_owned(),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot begin with `{}`", character.escape_default()),
            "put the value in quotes".to_owned(),
        ),
        ErrorKind::UnknownAnchor => {
            fixed("an alias to an anchor that is not defined above it", "define it with `&name`, or quote a `*`")
        }
        ErrorKind::RecursionLimitExceeded => {
            (format!("nested more than {} levels deep", MAX_DEPTH), "flatten the document".to_owned())
        }
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => {
            fixed("text after the end of the document", "indent it if it belongs to the document above, or remove it")
        }
        ErrorKind::MissingDocumentEndBeforeDirective | ErrorKind::MissingDirectiveName => {
            fixed("a `%` directive in the middle of a document", "quote a string that begins with `%`")
        }
        ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => fixed(
            "an escape that is not a valid character",
            "write both halves of a `\\ud83d\\ude00` pair, or the character itself",
        ),
        other => (other.to_string(), "check the YAML at this location".to_owned()),
    }
}
