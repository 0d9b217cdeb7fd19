//! Syntax errors in the user's words: what was found, and what to do.

use granit_parser::{ErrorKind, ScanError};

use super::limits::MAX_DEPTH;
use super::place::location;
use crate::domain::diagnostic::{Code, Diagnostic};

/// Says what is wrong with a text that is not YAML.
pub(super) fn describe(file: &str, text: &str, error: &ScanError) -> Diagnostic {
    let mark = error.marker();
    let line = mark.line().max(1);
    let location = location(file, line, mark.col());
    let (problem, hint) = explain(error.kind());
    let found = found(text, line, mark.col());
    Diagnostic::error(Code::YamlSyntax, format!("{problem}; found {found}")).hint(hint).at(Some(location))
}

/// The text at the place of an error, shortened.
fn found(text: &str, line: usize, column: usize) -> String {
    const SHOWN: usize = 30;
    let mut lines = lines(text).skip(line - 1);
    let Some(content) = lines.next() else {
        return "the end of the file".to_owned();
    };
    let rest: String = content.chars().skip(column).collect();
    let rest = rest.trim_end();
    if rest.is_empty() {
        let last = lines.all(|later| later.trim().is_empty());
        return if last { "the end of the file".to_owned() } else { "the end of the line".to_owned() };
    }
    let mut shown: String = rest.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if rest.chars().count() > SHOWN {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The lines as YAML counts them: a carriage return alone ends one too.
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
            "a `key: value` where none can be",
            "quote a value that contains `: `, and indent a key like its neighbours",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidIndentation => fixed(
            "this line does not continue what is above it",
            "indent it like its neighbours, and check the line above for an unclosed quote or a missing `:`",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            fixed("a key without its `:`", "write `key: value`, or quote a text that runs over several lines")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            fixed("a quote is opened and never closed", "close it, or double a quote that is part of the text")
        }
        ErrorKind::InvalidQuotedScalarIndent => fixed(
            "a quoted text that is not closed, or whose next line is not indented",
            "close the quote above, or indent the text's next line",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            fixed("text after a closing quote", "quote the whole value, and double a quote that is part of it")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            fixed("an unknown escape in a double-quoted text", "write `\\\\` for a backslash, or use single quotes")
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
            fixed("two values in brackets without a comma between them", "add the `,` or the closing bracket")
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            format!("the control character `{}`", character.escape_default()),
            "remove it, or write it as an escape in double quotes, such as `\\u007f`".to_owned(),
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("`{}` cannot begin a value", character.escape_default()), "put the value in quotes".to_owned())
        }
        ErrorKind::UnknownAnchor => {
            fixed("an alias to an anchor that is not defined above it", "define it with `&name`, or quote a `*`")
        }
        ErrorKind::RecursionLimitExceeded => {
            (format!("nested more than {} levels deep", MAX_DEPTH), "flatten the document".to_owned())
        }
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => fixed(
            "text after the end of the document",
            "indent it like its neighbours if it belongs to what is above it, or remove it",
        ),
        ErrorKind::MissingDocumentEndBeforeDirective | ErrorKind::MissingDirectiveName => {
            fixed("a `%` directive in the middle of a document", "quote a text that begins with `%`")
        }
        ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => fixed(
            "an escape that stands for no character",
            "write both halves of a `\\ud83d\\ude00` pair, or the character itself",
        ),
        other => (other.to_string(), "check the YAML at this place".to_owned()),
    }
}
