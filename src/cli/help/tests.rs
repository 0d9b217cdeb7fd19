use std::collections::BTreeSet;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::*;
use crate::cli;

fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    for one in command.get_subcommands() {
        let path = format!("{path} {}", one.get_name());
        commands(one, &path, found);
        found.push((path.trim_start().to_owned(), one.clone()));
    }
}

/// All commands by their names, with the program itself.
fn all() -> Vec<(String, Command)> {
    let program = cli::definition();
    let mut all = Vec::new();
    commands(&program, "", &mut all);
    all.push((String::new(), program));
    all
}

/// The words of an example without what the shell does with its output.
fn words(line: &str) -> Vec<String> {
    let own = line.split(" > ").next().and_then(|line| line.split(" | ").next());
    shlex::split(own.unwrap()).unwrap()
}

/// The ids of the arguments that a command line gives to the command itself.
fn given(line: &str) -> (String, BTreeSet<String>) {
    let matches = cli::definition().try_get_matches_from(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
    let (mut path, mut innermost): (Vec<&str>, &ArgMatches) = (Vec::new(), &matches);
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name);
        innermost = inner;
    }
    let is_given = |id: &&str| innermost.value_source(id) == Some(ValueSource::CommandLine);
    let ids = innermost.ids().map(clap::Id::as_str);
    (path.join(" "), ids.filter(is_given).map(str::to_owned).collect())
}

/// The arguments that none of these examples has: those of its command, and global ones anywhere.
fn without_example(examples: impl Iterator<Item = Example>) -> Vec<String> {
    let mut used = BTreeSet::new();
    for example in examples {
        // The schema of a command is printed before its line is parsed.
        if words(example.line).iter().any(|word| word == "--json-schema") {
            used.insert(("*".to_owned(), "json_schema".to_owned()));
            continue;
        }
        let (command, ids) = given(example.line);
        used.extend(ids.into_iter().flat_map(|id| [(command.clone(), id.clone()), ("*".to_owned(), id)]));
    }
    let mut missing = Vec::new();
    for (path, command) in all() {
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            let is_own = ["help", "version"].contains(&id) || argument.is_hide_set();
            let place = if argument.is_global_set() { "*" } else { path.as_str() };
            if !is_own && !used.contains(&(place.to_owned(), id.to_owned())) {
                let name = argument.get_long().map_or_else(|| id.to_owned(), |long| format!("--{long}"));
                missing.push(format!("{path} {name}").trim_start().to_owned());
            }
        }
    }
    missing
}

#[test]
fn every_argument_has_an_example() {
    let missing = without_example(examples());
    assert!(missing.is_empty(), "without an example in src/cli/help: {missing:#?}");
}

#[test]
fn an_argument_without_an_example_is_named() {
    let others = |flag: &'static str| examples().filter(move |example| !example.line.contains(flag));
    assert_eq!(
        without_example(others("--accept")),
        ["drift --accept", "drift --reason", "drift --owner", "drift --expires"]
    );
    assert_eq!(without_example(others("--offline")), ["--offline"]);
    assert_eq!(without_example(others("stagegate schema")), ["schema type_name", "schema --env"]);
}

#[test]
fn every_example_is_one_of_its_command_and_fits() {
    let all = all();
    for example in examples() {
        let Example { command, purpose, line } = example;
        assert!(all.iter().any(|(path, _)| path == command), "{command} does not exist");
        assert!(line.starts_with(&format!("stagegate {command}")), "{command}: {line}");
        assert!(line.contains("--json-schema") || cli::parse(&words(line)).is_ok(), "{line}");
        assert!(purpose.starts_with(char::is_uppercase) && !purpose.ends_with('.'), "{purpose}");
        assert!(purpose.chars().count() + 4 <= 80, "{purpose}");
        let shown = example.shown();
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert_eq!(shown.replace(" \\\n    ", " ").trim_start(), line);
    }
}

#[test]
fn the_short_help_has_the_first_examples_and_the_long_one_all() {
    for (path, command) in all() {
        let count = |text: String| text.lines().filter(|line| line.starts_with("  # ")).count();
        let short = command.get_after_help().unwrap().to_string();
        let long = command.get_after_long_help().unwrap().to_string();
        let number = examples_of(&path).len();
        assert!(number > 0, "{path} has no example");
        let expected = number.min(SHORT);
        assert_eq!((count(short.clone()), count(long.clone())), (expected, number), "{path}");
        for text in [short, long] {
            assert!(text.contains("\n\nExit codes:\n  0        success\n"), "{path}: {text}");
        }
    }
}

#[test]
fn a_long_line_is_broken_before_a_flag() {
    let flags = "--first 1111111111111111 --second 222222222222222222 --third 3";
    assert_eq!(
        broken(&format!("stagegate drift {flags}")),
        "  stagegate drift --first 1111111111111111 --second 222222222222222222 \\\n    --third 3"
    );
    assert_eq!(broken("stagegate drift --all"), "  stagegate drift --all");
}

#[test]
fn the_flags_with_a_heading_or_hidden_exist() {
    let all = all();
    for (of, heading, ids) in HEADINGS {
        for id in *ids {
            let has = |command: &Command| {
                command.get_arguments().any(|one| one.get_id() == id && one.get_help_heading() == Some(heading))
            };
            assert!(all.iter().any(|(path, command)| ["*", path].contains(of) && has(command)), "{heading}: {id}");
        }
    }
    for (of, id) in HIDDEN {
        let (_, command) = all.iter().find(|(path, _)| path == of).unwrap();
        assert!(command.get_arguments().any(|one| one.get_id() == id && one.is_hide_set()), "{of}: {id}");
    }
}
