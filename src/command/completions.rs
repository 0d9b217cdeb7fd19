//! `completions`: scripts that ask this program for candidates, which include the environments of the project, resource types,
//! identifiers that are known without a call, properties, profiles, codes, policies and starter templates. The committed scripts in
//! `completions/` are for packagers.

mod line;
mod values;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::cli::{self, Shell};
use line::Line;
use values::Values;

/// The program's name.
const NAME: &str = "stagegate";

/// Set by the scripts to the name of the shell.
const VARIABLE: &str = "STAGEGATE_COMPLETE";

/// What the script of Bash sets the current word to.
const BASH_WORD: &str = "words[COMP_CWORD]=\"$2\"";

/// Returns the completion script of a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    // A write to memory does not fail.
    let _ = adapter(shell).write_registration(VARIABLE, NAME, NAME, NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // After a colon, Bash says that the current word is empty, although it is the colon.
    script.replace(BASH_WORD, &format!("if [[ \"${{words[COMP_CWORD]}}\" != [:=]* ]]; then {BASH_WORD}; fi"))
}

/// Returns the answer to a completion script: the candidates in the form that its shell expects; `None` for other runs.
pub fn candidates(arguments: &[OsString]) -> Option<Vec<u8>> {
    let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
    let shell = Shell::ALL.into_iter().find(|shell| adapter(*shell).is(&name))?;
    let words: Vec<OsString> = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let current = std::env::current_dir().ok();
    let mut answer = Vec::new();
    let written = match shell {
        Shell::Bash => {
            let index = std::env::var("_CLAP_COMPLETE_INDEX").ok()?.parse().ok()?;
            let separator = std::env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_owned());
            let Joined { words, index, before } = of_bash(words, index)?;
            let line = Line::new(&words, index);
            let found = complete(&mut definition(line), words, index, current.as_deref());
            found.map(|found| answer = replies(&found, &before).join(&separator).into_bytes())
        }
        _ => {
            // The other shells pass the line up to the cursor, except for Zsh, which passes the place of the word.
            let index = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
            let line = Line::new(&words, index.unwrap_or(words.len().saturating_sub(1)));
            adapter(shell).write_complete(&mut definition(line), words, current.as_deref(), &mut answer)
        }
    };
    written.is_ok().then_some(answer)
}

fn adapter(shell: Shell) -> &'static dyn EnvCompleter {
    match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Elvish => &Elvish,
        Shell::Powershell => &Powershell,
    }
}

/// The words of a command line that Bash has split at colons, put together again.
struct Joined {
    words: Vec<OsString>,
    index: usize,
    /// The part of the current word that is before the part that Bash replaces.
    before: String,
}

/// Bash takes `:` and `=` for words of their own: `AWS::S3::B` are five words, and `--from=d` are three.
fn of_bash(words: Vec<OsString>, index: usize) -> Option<Joined> {
    let mut joined = Joined { words: Vec::new(), index: 0, before: String::new() };
    let mut is_open = false;
    for (at, word) in words.into_iter().enumerate() {
        let is_break = word.to_str().is_some_and(|word| !word.is_empty() && word.chars().all(|one| ":=".contains(one)));
        match joined.words.last_mut().filter(|_| is_open || is_break) {
            Some(last) if at > 1 => {
                if at == index {
                    joined.before = last.to_string_lossy().into_owned();
                    if is_break {
                        // It stays; what follows is inserted.
                        joined.before.push_str(&word.to_string_lossy());
                    }
                }
                last.push(&word);
            }
            _ => joined.words.push(word),
        }
        if at == index {
            joined.index = joined.words.len().checked_sub(1)?;
        }
        is_open = is_break;
    }
    Some(joined)
}

/// The part of each candidate that Bash puts in place of the current word.
fn replies(found: &[CompletionCandidate], before: &str) -> Vec<String> {
    let texts = found.iter().map(|one| one.get_value().to_string_lossy().into_owned());
    texts.map(|text| text.strip_prefix(before).map(str::to_owned).unwrap_or(text)).collect()
}

/// Returns the clap definition with the values that a project, the registry and the catalog have.
fn definition(line: Line) -> clap::Command {
    with_values(cli::definition(), &Arc::new(line))
}

fn with_values(mut command: clap::Command, line: &Arc<Line>) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in &names {
        command = command.mut_subcommand(name, |one| with_values(one, line));
    }
    let path = command.get_name().to_owned();
    command.mut_args(|argument| {
        let value = argument.get_value_names().and_then(<[_]>::first).map(|name| name.as_str().to_owned());
        let found = Values::of(&path, argument.get_id().as_str(), value.as_deref().unwrap_or_default());
        match found {
            Some(values) => {
                let line = Arc::clone(line);
                argument.add(ArgValueCompleter::new(move |word: &OsStr| matching(word, values, &line)))
            }
            None => argument,
        }
    })
}

/// The values that continue a word.
fn matching(word: &OsStr, values: Values, line: &Line) -> Vec<CompletionCandidate> {
    let Some(word) = word.to_str() else { return Vec::new() };
    values.matching(word, line).into_iter().map(CompletionCandidate::new).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn committed_completions_are_up_to_date() {
        for shell in Shell::ALL {
            let name = match shell {
                Shell::Bash => "stagegate.bash",
                Shell::Zsh => "_stagegate",
                Shell::Fish => "stagegate.fish",
                Shell::Elvish => "stagegate.elv",
                Shell::Powershell => "stagegate.ps1",
            };
            let path = format!("{}/completions/{name}", env!("CARGO_MANIFEST_DIR"));
            let fresh = script(shell);
            if std::env::var_os("STAGEGATE_UPDATE").is_some() {
                std::fs::write(&path, &fresh).unwrap();
            } else {
                let committed = std::fs::read_to_string(&path).unwrap();
                assert!(committed == fresh, "completions/{name} is stale: run STAGEGATE_UPDATE=1 cargo test --lib");
            }
        }
    }

    fn texts(found: &[CompletionCandidate]) -> Vec<String> {
        found.iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn types_are_completed_by_service() {
        let of = |word: &str| Values::Types.matching(word, &Line::default());
        assert!(of("AWS::S3").contains("AWS::S3::") && !of("AWS::S3").contains("AWS::S3::Bucket"));
        assert_eq!(of("AWS::S3::BucketP").into_iter().collect::<Vec<_>>(), ["AWS::S3::BucketPolicy"]);
        assert!(of("AWS::S3::Nothing").is_empty());
    }

    #[test]
    fn every_argument_has_its_own_values() {
        let of = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let last = words.len() - 1;
            texts(&complete(&mut definition(Line::new(&words, last)), words, last, None).unwrap())
        };
        assert_eq!(of("stagegate drift --from p"), ["prod"]);
        assert_eq!(of("stagegate explain s3-encryption-"), ["s3-encryption-kms"]);
        assert_eq!(of("stagegate explain critical_f"), ["critical_findings"]);
        assert_eq!(of("stagegate templates new s3"), ["s3-bucket"]);
        assert_eq!(of("stagegate drift --region ca-w"), ["ca-west-1"]);
        assert_eq!(of("stagegate man tag"), ["tag-audit"]);
        assert_eq!(of("stagegate schema AWS::SQS::QueueP"), ["AWS::SQS::QueuePolicy"]);
        assert_eq!(of("stagegate tag-au"), ["tag-audit"]);
        let url = "stagegate update AWS::SQS::QueuePolicy x --env dev --set Q";
        assert_eq!(of(url), ["Queues="]);
        assert_eq!(of("stagegate promote AWS::SQS::QueueP"), ["AWS::SQS::QueuePolicy"]);
    }

    #[test]
    fn words_that_bash_splits_are_joined() {
        let of = |words: &[&str], index: usize| {
            let joined = of_bash(words.iter().map(OsString::from).collect(), index).unwrap();
            let words: Vec<String> = joined.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            (words.join(" "), joined.index, joined.before)
        };
        let before = |text: &str| text.to_owned();
        assert_eq!(
            of(&["stagegate", "schema", "AWS", "::", "S3", "::", "B"], 6),
            (before("stagegate schema AWS::S3::B"), 2, before("AWS::S3::"))
        );
        assert_eq!(
            of(&["stagegate", "schema", "AWS", "::"], 3),
            (before("stagegate schema AWS::"), 2, before("AWS::"))
        );
        assert_eq!(
            of(&["stagegate", "drift", "--from", "=", "d"], 4),
            (before("stagegate drift --from=d"), 2, before("--from="))
        );
        assert_eq!(of(&["stagegate", "dr"], 1), (before("stagegate dr"), 1, before("")));
    }
}
