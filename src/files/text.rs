//! Reading one text file of the user's: the only place that decides how large, in which encoding, and
//! what to say when it is not there.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::domain::diagnostic::{Code, Diagnostic, Location};

use super::suggestion;

/// The largest text that is read, whatever it holds: templates, the project file, policies, waivers, usage,
/// values from files. CloudFormation itself stops at 1 MB for a template.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a file. Touches the disk.
///
/// # Errors
/// It does not exist (with a neighbour of a similar name), cannot be read, is a folder, a pipe or a
/// device, is too large or is not UTF-8.
pub fn read_file(path: &Path) -> Result<String, Box<Diagnostic>> {
    let name = path.display().to_string();
    let problem = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Diagnostic::error(Code::FileNotFound, format!("there is no file `{name}`")).hint(similar(path))
        }
        _ => unreadable(&name, &error),
    };
    // Before it is opened: opening a pipe waits for whoever writes to it.
    if let Some(kind) = kind_of_special_file(fs::metadata(path).map_err(problem)?.file_type()) {
        let message = format!("cannot read `{name}`: it is {kind}, not a regular file");
        let hint = "name a regular file; templates can come from standard input, as `-`";
        return Err(Box::new(Diagnostic::error(Code::FileUnreadable, message).hint(hint)));
    }
    read_stream(&name, &mut fs::File::open(path).map_err(problem)?)
}

/// What a file is that has no end or no text of its own; `None` for a regular one.
fn kind_of_special_file(kind: fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        kind if kind.is_fifo() => Some("a named pipe"),
        kind if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

/// Reads a stream to its end; `name` is what messages call it.
///
/// # Errors
/// It cannot be read, is too large or is not UTF-8.
pub fn read_stream(name: &str, source: &mut dyn Read) -> Result<String, Box<Diagnostic>> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("`{name}` is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024);
        return Err(Box::new(Diagnostic::error(Code::FileTooLarge, message).hint("split it into several files")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Box::new(not_utf8(name, error.as_bytes(), valid))
    })
}

/// That something exists and cannot be read.
pub fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::FileUnreadable, format!("cannot read `{name}`: {error}"))
        .hint("check that it is a file and that you may read it")
}

fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    let good = &bytes[..valid];
    let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let hint = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it looks like UTF-16: save it as UTF-8",
        _ => "save it as UTF-8",
    };
    Diagnostic::error(Code::NotUtf8, format!("`{name}` is not UTF-8 text")).hint(hint).at(Some(Location {
        file: name.to_owned(),
        line: number(line),
        column: number(column),
    }))
}

/// What the user may have meant by a file that does not exist.
fn similar(path: &Path) -> String {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else {
        return format!("the folder `{}` does not exist either", folder.display());
    };
    let names: Vec<String> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file())?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // `bucket.yaml` for `bucket` and for `bucket.yml`.
    let stem = |name: &str| Path::new(name).file_stem().map(|stem| stem.to_owned());
    let same_stem = names.iter().filter(|name| stem(name) == stem(wanted)).min().map(String::as_str);
    match same_stem.or_else(|| suggestion::closest(wanted, names.iter().map(String::as_str))) {
        Some(name) => format!("did you mean `{}`?", path.with_file_name(name).display()),
        None if names.is_empty() => format!("the folder `{}` has no files", folder.display()),
        None => suggestion::hint(wanted, names.iter().map(String::as_str)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn missing_files_name_a_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        let hint = |name: &str| {
            let problem = read_file(&folder.path().join(name)).unwrap_err();
            assert_eq!(problem.code.as_str(), "file-not-found");
            problem.hint.unwrap()
        };
        assert!(hint("a.yaml").ends_with("has no files"));
        for name in ["bucket.yaml", "queue.json", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(hint("bucket.yml").ends_with("bucket.yaml`?"));
        assert!(hint("buckte.yaml").ends_with("bucket.yaml`?"));
        assert_eq!(hint("other.txt"), "use one of `bucket.yaml`, `queue.json`");
        assert!(hint("no/such.yaml").contains("does not exist either"));
    }

    #[test]
    fn only_utf8_is_text() {
        let read = |bytes: &[u8]| read_stream("t.yaml", &mut &bytes[..]);
        assert_eq!(read("é\n".as_bytes()).unwrap(), "é\n");
        let problem = read(b"a: 1\nb: \xe9\n").unwrap_err();
        let place = problem.location.unwrap();
        assert_eq!((problem.code.as_str(), place.line, place.column), ("not-utf8", 2, 4));
        assert!(read(b"\xff\xfea\0").unwrap_err().hint.unwrap().contains("UTF-16"));
    }

    #[test]
    fn endless_input_is_cut_off() {
        assert_eq!(read_stream("-", &mut std::io::repeat(b'a')).unwrap_err().code.as_str(), "file-too-large");
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, kind) in [(folder.path(), "a folder"), (&socket, "a socket"), (Path::new("/dev/null"), "a device")] {
            let problem = read_file(path).unwrap_err();
            assert_eq!(problem.code.as_str(), "file-unreadable");
            assert!(problem.message.contains(kind), "{}", problem.message);
        }
        std::fs::write(folder.path().join("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
        assert_eq!(read_file(&folder.path().join("link")).unwrap(), "text");
    }
}
