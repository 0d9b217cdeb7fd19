//! Flags that every command takes. Each has an environment variable `STAGEGATE_<FLAG>`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, ValueEnum};

/// Flags of every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Project file; default: the nearest stagegate.yaml upwards.
    #[arg(long, global = true, value_name = "FILE", env = "STAGEGATE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Use the embedded cloud instead of AWS, kept in DIR or the user's state folder.
    #[arg(long, global = true, value_name = "DIR", env = "STAGEGATE_SANDBOX", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub sandbox: Option<String>,
    /// Print one JSON document; the same as --output json.
    #[arg(long, global = true, env = "STAGEGATE_JSON", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// How to print the answer.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "STAGEGATE_OUTPUT",
        default_value = "table",
        hide_default_value = true
    )]
    pub output: OutputFormat,
    /// Never ask; end with exit code 3 where an approval is needed.
    #[arg(long, global = true, env = "STAGEGATE_NO_INPUT", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub no_input: bool,
    /// Region to use instead of the environment's; for `estimate -f` the region priced.
    #[arg(long, global = true, value_name = "REGION", env = "STAGEGATE_REGION", value_parser = region)]
    pub region: Option<String>,
    /// Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long.
    #[arg(long, global = true, value_name = "DURATION", env = "STAGEGATE_TIMEOUT", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Ask AWS again for what is kept from earlier runs.
    #[arg(long, global = true, env = "STAGEGATE_REFRESH", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub refresh: bool,
    /// Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones.
    #[arg(long, global = true, env = "STAGEGATE_OFFLINE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub offline: bool,
    /// Treat anything that could not be read as an error (exit code 1).
    #[arg(long, global = true, env = "STAGEGATE_STRICT", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub strict: bool,
    /// Say only what was asked for.
    #[arg(long, short, global = true, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// When to colour the output; NO_COLOR is honoured.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        env = "STAGEGATE_COLOR",
        default_value = "auto",
        hide_default_value = true
    )]
    pub color: ColorChoice,
    /// Print the JSON Schema of this command's --json document, and do nothing else.
    #[arg(long, global = true, action = ArgAction::SetTrue)]
    pub json_schema: bool,
}

/// How to print the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports of CI systems.
    Junit,
}

impl OutputFormat {
    /// The name as written after `--output`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `--sandbox` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxChoice {
    /// AWS.
    Off,
    /// The embedded cloud in the user's state folder.
    Default,
    /// The embedded cloud in this folder.
    Folder(PathBuf),
}

impl GlobalArgs {
    /// Those that stand in the command line itself: what came from the environment will be there for the
    /// next command too.
    pub(super) fn given(&self, matches: &ArgMatches) -> Self {
        let mut innermost = matches;
        while let Some((_, inner)) = innermost.subcommand() {
            innermost = inner;
        }
        let given = |name: &str| innermost.value_source(name) == Some(ValueSource::CommandLine);
        Self {
            config: self.config.clone().filter(|_| given("config")),
            sandbox: self.sandbox.clone().filter(|_| given("sandbox")),
            json: self.json && given("json"),
            output: if given("output") { self.output } else { OutputFormat::default() },
            no_input: self.no_input && given("no_input"),
            region: self.region.clone().filter(|_| given("region")),
            timeout: self.timeout.filter(|_| given("timeout")),
            refresh: self.refresh && given("refresh"),
            offline: self.offline && given("offline"),
            strict: self.strict && given("strict"),
            quiet: self.quiet && given("quiet"),
            color: if given("color") { self.color } else { ColorChoice::default() },
            json_schema: self.json_schema && given("json_schema"),
        }
    }

    /// Those that say where a command works, and nothing else.
    pub fn place(&self) -> Self {
        Self {
            config: self.config.clone(),
            sandbox: self.sandbox.clone(),
            region: self.region.clone(),
            ..Self::default()
        }
    }

    /// True when the answer is wanted as JSON.
    pub fn wants_json(&self) -> bool {
        self.json || self.output == OutputFormat::Json
    }

    /// The format of the answer.
    pub fn format(&self) -> OutputFormat {
        if self.json { OutputFormat::Json } else { self.output }
    }

    /// What `--sandbox` and `STAGEGATE_SANDBOX` say.
    pub fn sandbox_choice(&self) -> SandboxChoice {
        match self.sandbox.as_deref() {
            None | Some("" | "0" | "false") => SandboxChoice::Off,
            Some("1" | "true") => SandboxChoice::Default,
            Some(folder) => SandboxChoice::Folder(PathBuf::from(folder)),
        }
    }
}

/// The shape of a region's name: `us-east-1`, `us-gov-west-1`.
fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let words = parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    let number = parts.last().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if words && number { Ok(text.to_owned()) } else { Err(format!("`{text}` is not a region such as us-east-1")) }
}

/// `90`, `90s`, `10m`, `2h`, `7d`, `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write 30s, 10m, 2h or 7d");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()?.checked_mul(24));
    let span = match days {
        Some(hours) => jiff::SignedDuration::from_hours(hours),
        None => text.parse::<jiff::SignedDuration>().map_err(|_| wrong())?,
    };
    Duration::try_from(span).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86_400)));
        assert!(duration("soon").is_err());
        assert!(duration("-3s").is_err());
    }
}
