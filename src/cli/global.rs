//! Global flags, accepted by every command. Each has an environment variable `STAGEGATE_<FLAG>`.

use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, ValueEnum};

/// Global flags, accepted by every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Project file; default: stagegate.yaml in the current folder or the nearest parent folder.
    #[arg(long, global = true, value_name = "FILE", env = "STAGEGATE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user's state folder.
    #[arg(long, global = true, value_name = "DIR", env = "STAGEGATE_SANDBOX", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub sandbox: Option<String>,
    /// Print one JSON document; the same as --output json.
    #[arg(long, global = true, env = "STAGEGATE_JSON", action = ArgAction::SetTrue, value_parser = switch)]
    pub json: bool,
    /// Output format.
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
    /// Never prompt; exit with code 3 when an approval is required.
    #[arg(long, global = true, env = "STAGEGATE_NO_INPUT", action = ArgAction::SetTrue, value_parser = switch)]
    pub no_input: bool,
    /// AWS Region to use instead of the environment's; for `estimate -f`, the Region of the prices.
    #[arg(long, global = true, value_name = "REGION", env = "STAGEGATE_REGION", value_parser = region)]
    pub region: Option<String>,
    /// Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s).
    #[arg(long, global = true, value_name = "DURATION", env = "STAGEGATE_TIMEOUT", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Ignore cached data and query AWS again.
    #[arg(long, global = true, env = "STAGEGATE_REFRESH", action = ArgAction::SetTrue, value_parser = switch)]
    pub refresh: bool,
    /// Make no AWS calls: use cached or embedded prices and resource types.
    #[arg(long, global = true, env = "STAGEGATE_OFFLINE", action = ArgAction::SetTrue, value_parser = switch)]
    pub offline: bool,
    /// Treat incomplete results as an error (exit code 1).
    #[arg(long, global = true, env = "STAGEGATE_STRICT", action = ArgAction::SetTrue, value_parser = switch)]
    pub strict: bool,
    /// Print only results and errors.
    #[arg(long, short, global = true, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = switch)]
    pub quiet: bool,
    /// When to use color; NO_COLOR is respected.
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
    /// Print long results at a terminal directly, instead of with the program in STAGEGATE_PAGER or PAGER, or with less.
    #[arg(long, global = true, env = "STAGEGATE_NO_PAGER", action = ArgAction::SetTrue, value_parser = switch)]
    pub no_pager: bool,
    /// Print a short form of the result: counts, the first of each kind of problem, and the next commands, in at most 4 KB of JSON.
    #[arg(long, global = true, env = "STAGEGATE_SUMMARY", action = ArgAction::SetTrue, value_parser = switch)]
    pub summary: bool,
    /// Print only the result of a JMESPath expression for the body of the JSON document, as JSON.
    #[arg(long, global = true, value_name = "EXPRESSION", env = "STAGEGATE_QUERY", conflicts_with = "summary")]
    pub query: Option<String>,
    /// Print the JSON Schema of this command's --json document and exit.
    #[arg(long, global = true, action = ArgAction::SetTrue)]
    pub json_schema: bool,
}

/// True for a flag that is on the command line.
fn is_given(matches: &ArgMatches, name: &str) -> bool {
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    innermost.value_source(name) == Some(ValueSource::CommandLine)
}

/// Output format of a command's result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Human-readable text.
    #[default]
    Table,
    /// One JSON document: one line, or indented on a terminal.
    Json,
    /// One JSON object per line: a header, the rows, and a summary; for commands that change resources, each event as it
    /// happens, and the result.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
    /// Markdown, for a pull request comment.
    Markdown,
    /// One HTML page, without references to others.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for the test reports of CI systems.
    Junit,
    /// Annotations of GitHub Actions, and Markdown for its job summary.
    Github,
}

impl OutputFormat {
    /// Returns the name that `--output` takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }
}

/// When to use color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// When writing to a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The choice made with `--sandbox`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxChoice {
    /// Use AWS.
    Off,
    /// Use the sandbox in the user's state folder.
    Default,
    /// Use the sandbox in this folder.
    Folder(PathBuf),
}

impl GlobalArgs {
    /// Returns only the flags given on the command line. Those from environment variables apply to the
    /// next command as well and need not be repeated.
    pub(super) fn given(&self, matches: &ArgMatches) -> Self {
        let given = |name: &str| is_given(matches, name);
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
            no_pager: self.no_pager && given("no_pager"),
            summary: self.summary && given("summary"),
            query: self.query.clone().filter(|_| given("query")),
            json_schema: self.json_schema && given("json_schema"),
        }
    }

    /// Lets the flags of the command line win over environment variables: an output format over `STAGEGATE_JSON`.
    pub(super) fn prefer_flags(&mut self, given: &Self, matches: &ArgMatches) {
        self.json &= given.json || !is_given(matches, "output");
    }

    /// Returns only the flags that select the project, the cloud and the Region.
    pub fn location_flags(&self) -> Self {
        Self {
            config: self.config.clone(),
            sandbox: self.sandbox.clone(),
            region: self.region.clone(),
            ..Self::default()
        }
    }

    /// Returns true if the result is printed as JSON.
    pub fn wants_json(&self) -> bool {
        matches!(self.format(), OutputFormat::Json | OutputFormat::Ndjson)
    }

    /// Returns the output format.
    pub fn format(&self) -> OutputFormat {
        if self.json { OutputFormat::Json } else { self.output }
    }

    /// Returns the choice made with `--sandbox` or `STAGEGATE_SANDBOX`.
    pub fn sandbox_choice(&self) -> SandboxChoice {
        match self.sandbox.as_deref() {
            None | Some("" | "0" | "false") => SandboxChoice::Off,
            Some("1" | "true") => SandboxChoice::Default,
            Some(folder) => SandboxChoice::Folder(PathBuf::from(folder)),
        }
    }
}

/// Parses the environment variable of a switch; an empty one is not set.
fn switch(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "" | "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        _ => Err("use true or false".to_owned()),
    }
}

/// Checks the form of a Region name, or `all`.
pub(super) fn region_or_all(text: &str) -> Result<String, String> {
    if text == "all" { Ok(text.to_owned()) } else { region(text) }
}

/// Checks the form of a Region name, such as `us-east-1` or `us-gov-west-1`.
///
/// # Errors
/// It has another form.
pub fn region(text: &str) -> Result<String, String> {
    match crate::domain::region::check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(problem) => Err(format!("`{text}` is not a Region; {}", problem.hint())),
    }
}

/// Parses a duration: `90`, `90s`, `10m`, `2h`, `7d` or `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; use a value such as 30s, 10m, 2h or 7d");
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
    fn durations_are_parsed_and_invalid_ones_rejected() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86_400)));
        assert!(duration("soon").is_err());
        assert!(duration("-3s").is_err());
    }

    #[test]
    fn a_misspelled_region_is_an_error() {
        assert_eq!(region("eu-west-1"), Ok("eu-west-1".to_owned()));
        assert_eq!(region("eu-wset-1"), Err("`eu-wset-1` is not a Region; did you mean `eu-west-1`?".to_owned()));
        assert_eq!(region_or_all("all"), Ok("all".to_owned()));
    }
}
