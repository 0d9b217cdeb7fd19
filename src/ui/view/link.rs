//! Links to places in files (OSC 8), where the terminal supports them.

use std::path::Path;
use std::sync::LazyLock;

use supports_hyperlinks::{Stream, on};
use url::Url;

/// True if the terminal of standard output displays links; without colors, no escape sequence is printed.
static STDOUT: LazyLock<bool> = LazyLock::new(|| console::colors_enabled() && on(Stream::Stdout));

/// True if the terminal of standard error displays links.
static STDERR: LazyLock<bool> = LazyLock::new(|| console::colors_enabled_stderr() && on(Stream::Stderr));

/// Returns a place such as `orders.yaml:3:5`, in a result, as a link to its file.
pub fn place(text: &str) -> String {
    linked(text, *STDOUT)
}

/// Returns a place in a message on standard error as a link to its file.
pub fn place_in_message(text: &str) -> String {
    linked(text, *STDERR)
}

/// Links the first word of the text if it is a place in a file that exists.
fn linked(text: &str, is_supported: bool) -> String {
    let (first, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    match is_supported.then(|| target(first)).flatten() {
        Some(target) => format!("\u{1b}]8;;{target}\u{1b}\\{first}\u{1b}]8;;\u{1b}\\{rest}"),
        None => text.to_owned(),
    }
}

/// Returns the URL of a place: the file, and the line as its fragment, which terminals hand to editors.
fn target(place: &str) -> Option<Url> {
    let mut parts = place.rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?, parts.next()?);
    let path = Path::new(file).canonicalize().ok()?;
    let mut url = Url::from_file_path(path).ok()?;
    url.set_fragment(Some(&line.to_string()));
    Some(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_file_is_linked_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("my%orders.yaml");
        std::fs::write(&file, "").unwrap();
        let place = format!("{}:3:5", file.display());
        let shown = linked(&format!("{place} /Resources"), true);
        let url = format!("file://{}#3", file.display().to_string().replace('%', "%25"));
        assert_eq!(shown, format!("\u{1b}]8;;{url}\u{1b}\\{place}\u{1b}]8;;\u{1b}\\ /Resources"));
        for other in ["-:3:5", "missing.yaml:3:5", "/Resources/Orders", "", &file.display().to_string()] {
            assert_eq!(linked(other, true), other);
        }
        assert_eq!(linked(&place, false), place);
    }
}
