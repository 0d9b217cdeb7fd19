//! Usage errors: messages and hints for command lines that clap rejects. They are built from the context
//! values of clap's errors, never by parsing clap's text.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;

/// Why parsing a command line did not result in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseFailure {
    /// Help or the version was requested; the text to print.
    Help(String),
    /// The command line is invalid.
    Usage(UsageError),
}

/// An invalid command line: what is wrong and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// The intended command, if it can be determined; for the JSON envelope.
    pub command: Option<String>,
    /// What is wrong, in one sentence without a final period.
    pub message: String,
    /// How to correct it, and where to find help.
    pub hint: String,
}

/// What `stagegate` prints without arguments.
pub const INTRODUCTION: &str = "\
stagegate promotes AWS resources from a dev account to a prod account, subject to cost and policy checks.

Start with:
  stagegate demo                   Run the main workflow in a sandbox, without an AWS account
  stagegate init                   Write a project file with your dev and prod accounts
  stagegate scan -f template.yaml  Check a template against policies

`stagegate help` lists all commands, `stagegate help COMMAND` explains one, and
`stagegate explain CODE` explains a message.
";

/// Returns true if the command line consists of the program's name only.
pub fn has_no_arguments(words: &[String]) -> bool {
    words.len() <= 1
}

/// Turns a clap error into help text or a usage error. `words` begins with the program's name.
pub fn classify(error: &clap::Error, words: &[String]) -> ParseFailure {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return ParseFailure::Help(error.render().to_string());
    }
    let path = command_path(words);
    let help = format!("see `{} --help`", with_path(&path));
    let hint = match correction(error, &path) {
        Some(correction) if correction.ends_with('?') => format!("{correction} {}", help.replacen('s', "S", 1)),
        Some(correction) => format!("{correction}; {help}"),
        None => help,
    };
    ParseFailure::Usage(UsageError { message: message(error, &path), hint, command: path.into_iter().next() })
}

fn message(error: &clap::Error, path: &[String]) -> String {
    let (argument, value) = (first(error, ContextKind::InvalidArg), first(error, ContextKind::InvalidValue));
    let counted = |kind| match error.get(kind) {
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => "another number of".to_owned(),
    };
    let given = || match counted(ContextKind::ActualNumValues).as_str() {
        "1" => "1 was given".to_owned(),
        number => format!("{number} were given"),
    };
    match (error.kind(), argument, value) {
        (ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ..) => match path {
            [] => "a command is missing".to_owned(),
            path => format!("`{}` needs a subcommand", path.join(" ")),
        },
        (ErrorKind::InvalidSubcommand, ..) => {
            let wrong = first(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            match path {
                [] => format!("unrecognized command `{wrong}`"),
                path => format!("`{}` has no subcommand `{wrong}`", path.join(" ")),
            }
        }
        (ErrorKind::UnknownArgument, Some(argument), _) => format!("unexpected argument `{argument}`"),
        (ErrorKind::InvalidValue, Some(argument), Some("")) => format!("a value is required for `{argument}`"),
        (ErrorKind::InvalidValue, Some(argument), Some(value)) => format!("invalid value `{value}` for `{argument}`"),
        (ErrorKind::ValueValidation, Some(argument), Some(value)) => {
            let why = std::error::Error::source(error).map(|why| format!(": {why}")).unwrap_or_default();
            format!("invalid value `{value}` for `{argument}`{why}")
        }
        (ErrorKind::NoEquals, Some(argument), _) => format!("`{argument}` needs `=` before its value"),
        (ErrorKind::TooManyValues, Some(argument), Some(value)) => {
            format!("unexpected value `{value}` for `{argument}`")
        }
        (ErrorKind::TooFewValues, Some(argument), _) => {
            format!("`{argument}` takes at least {} values; {}", counted(ContextKind::MinValues), given())
        }
        (ErrorKind::WrongNumberOfValues, Some(argument), _) => {
            format!("`{argument}` takes {} values; {}", counted(ContextKind::ExpectedNumValues), given())
        }
        (ErrorKind::ArgumentConflict, argument, _) => conflict(error, argument),
        (ErrorKind::MissingRequiredArgument, ..) => {
            let missing = texts(error, ContextKind::InvalidArg);
            let noun = if missing.len() == 1 { "a required argument is" } else { "required arguments are" };
            format!("{noun} missing: {}", quoted(&missing))
        }
        (kind, ..) => kind.as_str().unwrap_or("the command line could not be parsed").to_owned(),
    }
}

fn conflict(error: &clap::Error, argument: Option<&str>) -> String {
    let one = argument.or_else(|| first(error, ContextKind::InvalidSubcommand)).unwrap_or_default();
    match texts(error, ContextKind::PriorArg).as_slice() {
        [] => format!("`{one}` cannot be used with the other arguments"),
        [other] if *other == one => format!("`{one}` cannot be given more than once"),
        others => format!("`{one}` cannot be used with {}", quoted(others)),
    }
}

/// Returns how to correct the command line, if that is known.
fn correction(error: &clap::Error, path: &[String]) -> Option<String> {
    // Clap sorts suggestions by similarity, the best one last.
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| texts(error, kind).pop().map(|text| format!("did you mean `{text}`?")));
    let choices = match error.kind() {
        ErrorKind::InvalidSubcommand
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => subcommands(path),
        ErrorKind::InvalidValue => texts(error, ContextKind::ValidValue).into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    misplaced(error, path)
        .or(suggested)
        .or_else(|| similar_command(error, &choices))
        .or_else(|| (!choices.is_empty()).then(|| format!("use one of {}", choices.join(", "))))
        .or_else(|| accepted_inputs(path.first()?, error.kind()).map(str::to_owned))
        .or_else(|| match error.get(ContextKind::Suggested) {
            Some(ContextValue::StyledStrs(all)) => all.first().map(ToString::to_string),
            _ => None,
        })
}

/// Suggests a similar command after `help`, where clap suggests none.
fn similar_command(error: &clap::Error, commands: &[String]) -> Option<String> {
    let wrong =
        first(error, ContextKind::InvalidSubcommand).filter(|_| error.kind() == ErrorKind::InvalidSubcommand)?;
    if wrong.len() > 64 {
        return None;
    }
    let distances = commands.iter().map(|command| (strsim::damerau_levenshtein(wrong, command), command));
    let (distance, command) = distances.min()?;
    (distance * 3 <= wrong.chars().count()).then(|| format!("did you mean `{command}`?"))
}

/// Returns a hint for a command's flag that was given before the command.
fn misplaced(error: &clap::Error, path: &[String]) -> Option<String> {
    let flag = first(error, ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let name = flag.strip_prefix("--").filter(|_| path.is_empty())?;
    let definition = Cli::command();
    let takes_it = |command: &&clap::Command| command.get_arguments().any(|known| known.get_long() == Some(name));
    let commands: Vec<&str> = definition.get_subcommands().filter(takes_it).map(clap::Command::get_name).collect();
    (!commands.is_empty()).then(|| format!("put {flag} after the command: {}", commands.join(", ")))
}

/// Returns the inputs that a command accepts, if one is missing or was given without its flag.
fn accepted_inputs(command: &str, kind: ErrorKind) -> Option<&'static str> {
    if !matches!(kind, ErrorKind::MissingRequiredArgument | ErrorKind::UnknownArgument) {
        return None;
    }
    match command {
        "create" => Some("specify templates with -f PATH"),
        "estimate" => {
            Some("specify templates with -f PATH, a type with --type TYPE, or a resource with --live TYPE ID")
        }
        "explain" => {
            Some("specify a code such as unknown-type, which messages show in brackets, or list all codes with --list")
        }
        "promote" => Some("specify resources as TYPE ID, or select them with --all or --select KEY=VALUE"),
        "scan" => Some(
            "specify templates with -f PATH, or live resources with --live [TYPE [ID]] --env NAME; \
             --list, --explain ID and --test-policies DIR need neither",
        ),
        _ => None,
    }
}

/// Returns the names of a command's subcommands, or of all commands for an empty path.
fn subcommands(path: &[String]) -> Vec<String> {
    let definition = Cli::command();
    let mut at = Some(&definition);
    for name in path {
        at = at.and_then(|at| at.find_subcommand(name));
    }
    at.into_iter().flat_map(clap::Command::get_subcommands).map(|command| command.get_name().to_owned()).collect()
}

fn with_path(path: &[String]) -> String {
    std::iter::once("stagegate").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn first(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    texts(error, kind).into_iter().next()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns the command that a command line names, if any; the error may be before or after it.
pub fn intended_command(words: &[String]) -> Option<String> {
    command_path(words).into_iter().next()
}

/// Returns the command and subcommand that a command line names. Flags and their values are skipped.
fn command_path(words: &[String]) -> Vec<String> {
    let definition = Cli::command();
    let mut at = &definition;
    let mut path = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if word.starts_with('-') {
            let known = definition.get_arguments().chain(at.get_arguments()).find(|known| is_flag(known, word));
            // Its value is the next word, unless the flag requires `=`.
            if known.is_some_and(|known| known.get_action().takes_values() && !known.is_require_equals_set()) {
                words.next();
            }
            continue;
        }
        let Some(command) = at.find_subcommand(word) else { break };
        path.push(word.clone());
        at = command;
    }
    path
}

/// Returns true if a word is this flag without a value.
fn is_flag(argument: &clap::Arg, word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => argument.get_long() == Some(long),
        None => argument.get_short().is_some_and(|short| word.strip_prefix('-') == Some(short.to_string().as_str())),
    }
}

/// Returns true if a command line that could not be parsed requests JSON, by a flag or an environment
/// variable: usage errors are reported in the requested format.
pub fn wants_json(words: &[String], environment: impl Fn(&str) -> Option<String>) -> bool {
    let mut output = environment("STAGEGATE_OUTPUT");
    let mut words = words.iter().skip(1).take_while(|word| *word != "--").peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => return true,
            "--output" => output = words.peek().map(|value| (*value).clone()),
            word => output = word.strip_prefix("--output=").map(str::to_owned).or(output),
        }
    }
    // Other values are errors, which are reported as JSON as well.
    let is_false = |value: &str| ["", "n", "no", "f", "false", "off", "0"].contains(&value.to_lowercase().as_str());
    matches!(output.as_deref(), Some("json" | "ndjson"))
        || environment("STAGEGATE_JSON").is_some_and(|value| !is_false(&value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Command, Parser};

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn usage_error(error: &clap::Error, words: &[String]) -> UsageError {
        match classify(error, words) {
            ParseFailure::Usage(error) => error,
            ParseFailure::Help(text) => panic!("{words:?} is not a usage error: {text}"),
        }
    }

    #[test]
    fn every_usage_error_has_a_specific_message_and_hint() {
        let cases: &[(&str, ErrorKind, &str, &str)] = &[
            (
                "stagegate",
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                "a command is missing",
                "use one of context, estimate,",
            ),
            ("stagegate --json", ErrorKind::MissingSubcommand, "a command is missing", "use one of context, estimate,"),
            (
                "stagegate sandbox",
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                "`sandbox` needs a subcommand",
                "use one of serve, seed, status, reset; see `stagegate sandbox --help`",
            ),
            (
                "stagegate drfit",
                ErrorKind::InvalidSubcommand,
                "unrecognized command `drfit`",
                "did you mean `drift`? See `stagegate --help`",
            ),
            (
                "stagegate sandbox sed",
                ErrorKind::InvalidSubcommand,
                "`sandbox` has no subcommand `sed`",
                "did you mean `seed`? See `stagegate sandbox --help`",
            ),
            (
                "stagegate sandbox zzz",
                ErrorKind::InvalidSubcommand,
                "`sandbox` has no subcommand `zzz`",
                "use one of serve, seed, status, reset; see `stagegate sandbox --help`",
            ),
            (
                "stagegate help drfit",
                ErrorKind::InvalidSubcommand,
                "unrecognized command `drfit`",
                "did you mean `drift`? See `stagegate --help`",
            ),
            (
                "stagegate drift --form dev",
                ErrorKind::UnknownArgument,
                "unexpected argument `--form`",
                "did you mean `--from`? See `stagegate drift --help`",
            ),
            (
                "stagegate --from dev drift",
                ErrorKind::UnknownArgument,
                "unexpected argument `--from`",
                "put --from after the command: promote, drift; see `stagegate",
            ),
            (
                "stagegate create t.yaml",
                ErrorKind::UnknownArgument,
                "unexpected argument `t.yaml`",
                "specify templates with -f PATH; see `stagegate create --help`",
            ),
            (
                "stagegate tag-audit --zzzzzzz",
                ErrorKind::UnknownArgument,
                "unexpected argument `--zzzzzzz`",
                "see `stagegate tag-audit --help`",
            ),
            (
                "stagegate -- drift",
                ErrorKind::UnknownArgument,
                "unexpected argument `drift`",
                "subcommand 'drift' exists; to use it, remove the '--' before it; see `stagegate --help`",
            ),
            (
                "stagegate scan -f t.yaml --engine tfsec",
                ErrorKind::InvalidValue,
                "invalid value `tfsec` for `--engine <NAME>`",
                "use one of builtin, checkov, cfn-guard; see `stagegate scan --help`",
            ),
            (
                "stagegate scan -f t.yaml --engine chekov",
                ErrorKind::InvalidValue,
                "invalid value `chekov` for `--engine <NAME>`",
                "did you mean `checkov`? See `stagegate scan --help`",
            ),
            (
                "stagegate drift --color",
                ErrorKind::InvalidValue,
                "a value is required for `--color <WHEN>`",
                "use one of auto, always, never; see `stagegate drift --help`",
            ),
            (
                "stagegate drift --timeout soon",
                ErrorKind::ValueValidation,
                "invalid value `soon` for `--timeout <DURATION>`: `soon` is not a duration; use a value such as 30s, 10m, 2h or 7d",
                "see `stagegate drift --help`",
            ),
            (
                "stagegate estimate -f t.yaml --hours 800",
                ErrorKind::ValueValidation,
                "invalid value `800` for `--hours <HOURS>`: 800 is not in 1..=744",
                "see `stagegate estimate --help`",
            ),
            (
                "stagegate estimate --live AWS::S3::Bucket",
                ErrorKind::WrongNumberOfValues,
                "`--live <TYPE> <ID>` takes 2 values; 1 was given",
                "see `stagegate estimate --help`",
            ),
            (
                "stagegate estimate -f t.yaml --gate --hours 100",
                ErrorKind::ArgumentConflict,
                "`--gate` cannot be used with `--hours <HOURS>`",
                "see `stagegate estimate --help`",
            ),
            (
                "stagegate estimate --supported --usage u.yaml --type T",
                ErrorKind::ArgumentConflict,
                "`--supported` cannot be used with `--usage <FILE>`, `--type <TYPE>`",
                "see `stagegate estimate --help`",
            ),
            (
                "stagegate drift --from dev --from prod",
                ErrorKind::ArgumentConflict,
                "`--from <NAME>` cannot be given more than once",
                "see `stagegate drift --help`",
            ),
            (
                "stagegate create",
                ErrorKind::MissingRequiredArgument,
                "a required argument is missing: `--file <PATH>...`",
                "specify templates with -f PATH; see `stagegate create --help`",
            ),
            (
                "stagegate sandbox seed",
                ErrorKind::MissingRequiredArgument,
                "a required argument is missing: `--resources <N>`",
                "see `stagegate sandbox seed --help`",
            ),
        ];
        for (line, kind, message, hint) in cases {
            let words = words(line);
            let error = Cli::try_parse_from(&words).unwrap_err();
            let reported = usage_error(&error, &words);
            assert_eq!((error.kind(), reported.message.as_str()), (*kind, *message), "{line}: {}", reported.hint);
            assert!(reported.hint.starts_with(hint), "{line}: {}", reported.hint);
            assert!(
                reported.hint.contains("ee `stagegate") && reported.hint.ends_with("--help`"),
                "{line}: {}",
                reported.hint
            );
        }
    }

    /// Error kinds that none of the current flags can cause.
    #[test]
    fn other_error_kinds_are_reported_with_their_values() {
        let command = || {
            Command::new("x")
                .arg(Arg::new("level").long("level").require_equals(true).num_args(1))
                .arg(Arg::new("pair").long("pair").num_args(2..=3).action(ArgAction::Append))
                .arg(Arg::new("two").long("two").num_args(2).required(false).requires_all(["one", "level"]))
                .arg(Arg::new("one").long("one").num_args(0).action(ArgAction::SetTrue))
        };
        for (line, kind, message) in [
            ("x --level 3", ErrorKind::NoEquals, "`--level=<level>` needs `=` before its value"),
            ("x --pair 1", ErrorKind::TooFewValues, "`--pair <pair> <pair>...` takes at least 2 values; 1 was given"),
            ("x --one=1", ErrorKind::TooManyValues, "unexpected value `1` for `--one`"),
            (
                "x --two 1 2",
                ErrorKind::MissingRequiredArgument,
                "required arguments are missing: `--one`, `--level=<level>`",
            ),
        ] {
            let error = command().try_get_matches_from(words(line)).unwrap_err();
            let reported = usage_error(&error, &words("stagegate"));
            assert_eq!((error.kind(), reported.message.as_str()), (kind, message), "{line}");
        }
        for (kind, message) in [
            (ErrorKind::InvalidUtf8, "invalid UTF-8 was detected in one or more arguments"),
            (ErrorKind::Io, "the command line could not be parsed"),
        ] {
            assert_eq!(usage_error(&clap::Error::new(kind), &words("stagegate")).message, message);
        }
    }

    #[test]
    fn help_and_version_are_not_usage_errors() {
        for (line, part) in [
            ("stagegate --help", "tag-audit"),
            ("stagegate help", "tag-audit"),
            ("stagegate help drift", "Compare the live resources"),
            ("stagegate drift --help", "Compare the live resources"),
            ("stagegate help sandbox seed", "--resources"),
            ("stagegate --version", env!("CARGO_PKG_VERSION")),
        ] {
            let words = words(line);
            let error = Cli::try_parse_from(&words).unwrap_err();
            let ParseFailure::Help(text) = classify(&error, &words) else { panic!("{line} is a usage error") };
            assert!(text.contains(part), "{line}: {text}");
        }
    }

    #[test]
    fn the_command_is_found_among_flags_values_and_errors() {
        for (line, path) in [
            ("stagegate drift --nope", &["drift"][..]),
            ("stagegate --config drift promote", &["promote"]),
            ("stagegate --config=x --nope -q drift", &["drift"]),
            ("stagegate --sandbox drift", &["drift"]),
            ("stagegate sandbox --region eu-west-1 serve", &["sandbox", "serve"]),
            ("stagegate drfit promote", &[]),
            ("stagegate -- drift", &[]),
            ("stagegate", &[]),
        ] {
            assert_eq!(command_path(&words(line)), path, "{line}");
        }
        assert_eq!(intended_command(&words("stagegate drift --nope")), Some("drift".into()));
        assert_eq!(intended_command(&words("stagegate drfit")), None);
    }

    #[test]
    fn the_requested_format_is_known_for_invalid_command_lines() {
        for (line, environment, expected) in [
            ("stagegate drfit --json", &[][..], true),
            ("stagegate drift --output json --nope", &[], true),
            ("stagegate drift --output=json --nope", &[], true),
            ("stagegate drift --output ndjson --nope", &[], true),
            ("stagegate drift -- --json", &[], false),
            ("stagegate drfit", &[("STAGEGATE_JSON", "yes")], true),
            ("stagegate drfit", &[("STAGEGATE_JSON", "off")], false),
            ("stagegate drfit", &[("STAGEGATE_OUTPUT", "json")], true),
            ("stagegate drfit --output table", &[("STAGEGATE_OUTPUT", "json")], false),
        ] {
            let of =
                |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(wants_json(&words(line), of), expected, "{line} {environment:?}");
        }
    }
}
