//! `man`: manual pages, generated from the clap definition; the committed ones in `completions/man/` are for packagers.

use clap_mangen::Man;

use crate::cli::{self, ManArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::suggestion;
use crate::outcome::{Failure, Outcome};

/// Returns the manual page of a command.
pub fn page(arguments: &ManArgs) -> Result<String, Failure> {
    let mut definition = cli::definition();
    definition.build();
    let mut command = &definition;
    for name in &arguments.command {
        let names = command.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help");
        command = command.find_subcommand(name).ok_or_else(|| {
            let problem =
                Diagnostic::error(Code::Usage, format!("there is no command `{}`", arguments.command.join(" ")));
            Failure::usage(vec![problem.hint(suggestion::hint(name, names))])
        })?;
    }
    render(command).map_err(|error| {
        Failure::new(
            Outcome::Error,
            Diagnostic::error(Code::OutputLost, format!("the page could not be made: {error}")),
        )
    })
}

fn render(command: &clap::Command) -> std::io::Result<String> {
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        page.render_options_section(&mut text)?;
    }
    if command.get_subcommands().any(|one| !one.is_hide_set()) {
        page.render_subcommands_section(&mut text)?;
    }
    let mut text = String::from_utf8_lossy(&text).into_owned();
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut is_open = false;
    for block in after.split("\n\n") {
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        let shown = match first.strip_suffix(':') {
            Some(heading) => {
                text.push_str(if is_open { ".fi\n" } else { "" });
                text.push_str(&format!(".SH \"{}\"\n.nf\n", heading.to_uppercase()));
                is_open = true;
                rest
            }
            // The next example.
            None if first.starts_with("  ") => {
                text.push('\n');
                block
            }
            None => {
                text.push_str(if is_open { ".fi\n" } else { "" });
                text.push_str(".SH \"NOTES\"\n");
                is_open = false;
                block
            }
        };
        text.extend(shown.lines().map(|line| literal(line.strip_prefix("  ").unwrap_or(line)) + "\n"));
    }
    text.push_str(if is_open { ".fi\n" } else { "" });
    Ok(text)
}

/// A line that roff prints as it is.
fn literal(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if escaped.starts_with('.') { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;

    /// Adds the pages of a command and its subcommands by the names of their files.
    fn pages(path: &[String], command: &clap::Command, found: &mut BTreeMap<String, String>) {
        let name: Vec<&str> = std::iter::once("stagegate").chain(path.iter().map(String::as_str)).collect();
        let text = page(&ManArgs { command: path.to_vec() }).unwrap();
        found.insert(format!("{}.1", name.join("-")), text);
        for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
            pages(&[path, &[one.get_name().to_owned()]].concat(), one, found);
        }
    }

    #[test]
    fn committed_manual_pages_are_up_to_date() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/completions/man"));
        let mut fresh = BTreeMap::new();
        pages(&[], &cli::definition(), &mut fresh);
        if std::env::var_os("STAGEGATE_UPDATE").is_some() {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in &fresh {
                std::fs::write(folder.join(name), text).unwrap();
            }
            return;
        }
        let mut committed: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        committed.sort();
        assert_eq!(committed, fresh.keys().cloned().collect::<Vec<_>>());
        for (name, text) in &fresh {
            let committed = std::fs::read_to_string(folder.join(name)).unwrap();
            assert!(committed == *text, "completions/man/{name} is stale: run STAGEGATE_UPDATE=1 cargo test --lib");
        }
    }

    #[test]
    fn a_page_names_its_command_and_an_unknown_one_is_suggested() {
        let words = |line: &str| ManArgs { command: line.split_whitespace().map(str::to_owned).collect() };
        let text = page(&words("sandbox seed")).unwrap();
        assert!(text.contains("stagegate\\-sandbox\\-seed") && text.contains(".SH \"EXIT CODES\""), "{text}");
        assert_eq!(text.matches(".SH \"EXAMPLES\"").count(), 1, "{text}");
        assert!(text.contains("\n\n# ") && !text.contains("NOTES"), "{text}");
        let noted = page(&words("mcp")).unwrap();
        assert!(noted.contains(".fi\n.SH \"NOTES\"\nThe server speaks"), "{noted}");
        let failure = page(&words("sandbox sed")).unwrap_err();
        assert_eq!(failure.diagnostics[0].hint.as_deref(), Some("did you mean `seed`?"));
    }

    #[test]
    fn lines_of_examples_are_printed_as_they_are() {
        assert_eq!(literal("a-b 'c\\d'"), "a\\-b \\(aqc\\ed\\(aq");
        assert_eq!(literal(".x"), "\\&.x");
    }
}
