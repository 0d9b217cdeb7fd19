//! Extracts words and paths from Rust source text for `tidy`, ignoring comments and string literals. It does not use a parser, so
//! that the rules also apply inside macros.

use std::path::{Path, PathBuf};

/// Returns true if the position is within a word.
pub fn continues_a_word(code: &str, at: usize) -> bool {
    code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
}

/// Returns the words with their positions.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// Returns all paths after `crate::`; paths in braces are returned individually.
pub fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::").filter(|(at, _)| !continues_a_word(code, *at)) {
        let mut paths = Vec::new();
        tree(&code[at + start.len()..], "", &mut paths);
        found.extend(paths.into_iter().map(|path| (at, path)));
    }
    found
}

/// Parses `a::b`, `a::{b, c::d}` or `*` and returns the rest.
fn tree<'a>(code: &'a str, base: &str, paths: &mut Vec<String>) -> &'a str {
    let code = code.trim_start();
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = tree(rest, base, paths);
            let after = after.trim_start().strip_prefix(',').unwrap_or(after);
            if after.len() == rest.len() {
                return after;
            }
            rest = after;
        }
    }
    let end = code
        .find(|character: char| !(character.is_alphanumeric() || character == '_' || character == '*'))
        .unwrap_or(code.len());
    let (word, rest) = code.split_at(end);
    let path = match (base, word) {
        (_, "self") => base.to_owned(),
        ("", word) => word.to_owned(),
        (base, word) => format!("{base}::{word}"),
    };
    match rest.strip_prefix("::") {
        Some(inner) => tree(inner, &path, paths),
        None => {
            paths.push(path);
            match rest.trim_start().strip_prefix("as ") {
                Some(renamed) => {
                    renamed.trim_start_matches(|character: char| character.is_alphanumeric() || character == '_')
                }
                None => rest,
            }
        }
    }
}

/// Returns all paths that begin with `crate`, `super`, `self` or one of the given child modules, relative to the crate root, as
/// seen from the items of a file's module; paths in braces are returned individually.
pub fn paths_from_root(code: &str, module: &[&str], children: &[&str]) -> Vec<(usize, Vec<String>)> {
    let owned = |path: &[&str]| path.iter().map(|part| (*part).to_owned()).collect::<Vec<String>>();
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let rest = &code[at + word.len()..];
        let begins = !code[..at].trim_end().ends_with("::") && !code[..at].trim_end().ends_with('.');
        if !begins || !rest.starts_with("::") {
            continue;
        }
        let (base, mut rest) = match word {
            "crate" => (Vec::new(), &rest[2..]),
            "self" => (owned(module), &rest[2..]),
            "super" => (owned(&module[..module.len().saturating_sub(1)]), &rest[2..]),
            child if children.contains(&child) => (owned(module), &code[at..]),
            _ => continue,
        };
        let mut base = base;
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        let mut paths = Vec::new();
        tree(rest, "", &mut paths);
        for path in paths {
            let parts = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned);
            found.push((at, base.iter().cloned().chain(parts).collect()));
        }
    }
    found
}

/// Replaces items with `#[cfg(test)]` by spaces; positions do not change.
pub fn without_test_items(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let blank = |text: &str| -> String {
        text.chars()
            .map(|character| if character == '\n' { "\n".to_owned() } else { " ".repeat(character.len_utf8()) })
            .collect()
    };
    let mut product = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let end = start + MARK.len() + end_of_item(&rest[start + MARK.len()..]);
        product.push_str(&rest[..start]);
        product.push_str(&blank(&rest[start..end]));
        rest = &rest[end..];
    }
    product + rest
}

/// Returns the end of an item: its semicolon, or the brace that closes its first one.
fn end_of_item(code: &str) -> usize {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (at, character) in code.char_indices() {
        match character {
            ';' if braces == 0 && brackets == 0 => return at + 1,
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => return at + 1,
            '}' => braces -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Returns chains of `super::super::…` with their lengths.
pub fn super_chains(code: &str) -> Vec<(usize, usize)> {
    let mut chains: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    for (at, link) in code.match_indices("super::").filter(|(at, _)| !continues_a_word(code, *at)) {
        match chains.last_mut() {
            Some((_, count)) if at == next => *count += 1,
            _ => chains.push((at, 1)),
        }
        next = at + link.len();
    }
    chains
}

/// Removes comments and the contents of string and character literals; line numbers do not change.
pub fn without_comments_and_text(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest).filter(|_| !continues_a_word(text, text.len() - rest.len())) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = hashes + 2;
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if character == '"' {
            quoted(rest, '"')
        } else if character == '\'' && (rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'')) {
            quoted(rest, '\'')
        } else {
            0
        };
        if skipped == 0 {
            code.push(character);
            rest = &rest[character.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().filter(|character| *character == '\n'));
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + character.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Returns all Rust files in a folder, sorted.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("its entries too").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
