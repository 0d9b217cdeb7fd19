//! The other words of the command line that is completed.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::GlobalArgs;
use crate::schema::Registry;

/// The words before the one that is completed, and those after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    before: Vec<String>,
    after: Vec<String>,
}

impl Line {
    /// Takes the words of a line, and the index of the one that is completed.
    pub fn new(words: &[OsString], index: usize) -> Self {
        let text = |words: &[OsString]| words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let (before, rest) = words.split_at(index.min(words.len()));
        Self { before: text(before), after: text(rest.get(1..).unwrap_or_default()) }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.before.iter().chain(&self.after).map(String::as_str)
    }

    /// Returns the last value of a flag: `--flag VALUE` or `--flag=VALUE`.
    pub fn value(&self, flag: &str) -> Option<&str> {
        let words: Vec<&str> = self.words().collect();
        words.iter().enumerate().rev().find_map(|(at, word)| match word.strip_prefix(flag)? {
            "" => words.get(at + 1).copied(),
            rest => rest.strip_prefix('='),
        })
    }

    /// Returns all values of a flag that takes several: `--flag ONE TWO`.
    fn values(&self, flags: &[&str]) -> Vec<&str> {
        let mut found = Vec::new();
        let mut is_open = false;
        for word in self.words() {
            if flags.contains(&word) {
                is_open = true;
            } else if let Some(value) = flags.iter().find_map(|flag| word.strip_prefix(flag)?.strip_prefix('=')) {
                is_open = false;
                found.push(value);
            } else if word.starts_with('-') {
                is_open = false;
            } else if is_open {
                found.push(word);
            }
        }
        found
    }

    /// Returns the template files that the line names. Standard input is not read.
    pub fn templates(&self) -> Vec<PathBuf> {
        let values = self.values(&["-f", "--file", "--desired"]);
        values.into_iter().map(PathBuf::from).filter(|path| path.is_file()).collect()
    }

    /// Returns the type that stands directly before the word.
    pub fn type_before(&self, registry: &Registry) -> Option<&str> {
        self.before.last().map(String::as_str).filter(|word| registry.contains(word))
    }

    /// Returns the last type of the line.
    pub fn last_type(&self, registry: &Registry) -> Option<&str> {
        self.words().filter(|word| registry.contains(word)).last()
    }

    /// Returns the subcommand.
    pub fn command(&self) -> Option<&str> {
        self.words().skip(1).find(|word| !word.starts_with('-'))
    }

    /// Returns the global flags that decide which project and which sandbox are used, as the command would read them.
    pub fn global(&self) -> GlobalArgs {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_on = self.words().any(|word| word == "--sandbox").then(|| "1".to_owned());
        let named = self.words().filter_map(|word| word.strip_prefix("--sandbox=")).last();
        GlobalArgs {
            config: self
                .value("--config")
                .map(PathBuf::from)
                .or_else(|| variable("STAGEGATE_CONFIG").map(PathBuf::from)),
            sandbox: named.map(str::to_owned).or(is_on).or_else(|| variable("STAGEGATE_SANDBOX")),
            region: self.value("--region").map(str::to_owned).or_else(|| variable("STAGEGATE_REGION")),
            ..GlobalArgs::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let words: Vec<OsString> = text.split(' ').map(OsString::from).collect();
        let at = words.iter().position(|word| word == "_").unwrap_or(words.len());
        Line::new(&words, at)
    }

    #[test]
    fn flags_are_read_in_both_forms() {
        let of = |text: &str, flag: &str| line(text).value(flag).map(str::to_owned);
        assert_eq!(of("stagegate drift --from dev _", "--from").as_deref(), Some("dev"));
        assert_eq!(of("stagegate drift _ --from=dev", "--from").as_deref(), Some("dev"));
        assert_eq!(of("stagegate drift --from-what dev _", "--from"), None);
        assert_eq!(
            line("stagegate create -f a.yaml b.yaml --env dev --file=c.yaml _").values(&["-f", "--file"]),
            ["a.yaml", "b.yaml", "c.yaml"]
        );
    }

    #[test]
    fn the_type_of_an_identifier_is_found() {
        let registry = &Registry::embedded();
        assert_eq!(line("stagegate promote AWS::S3::Bucket _").type_before(registry), Some("AWS::S3::Bucket"));
        assert_eq!(line("stagegate promote AWS::S3::Bucket b _").type_before(registry), None);
        assert_eq!(line("stagegate update AWS::S3::Bucket --env dev _").last_type(registry), Some("AWS::S3::Bucket"));
        assert_eq!(line("stagegate update AWS::S3::Nothing _").last_type(registry), None);
        assert_eq!(line("stagegate --json update _").command(), Some("update"));
    }

    #[test]
    fn the_sandbox_of_the_line_is_used() {
        assert_eq!(line("stagegate drift --sandbox _").global().sandbox.as_deref(), Some("1"));
        assert_eq!(line("stagegate drift --sandbox=box _").global().sandbox.as_deref(), Some("box"));
    }
}
