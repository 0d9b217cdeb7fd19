//! What the help of each command has beside its flags: examples, exit codes, and the headings of its flags.

use clap::Command;

mod changing;
mod reading;
mod setup;

/// A command with its examples: what each does, and the command line.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// An example in the help of a command. `tests/all/help.rs` runs each of them with the files in `tests/data/help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The command, such as `sandbox seed`; empty for the program itself.
    pub command: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// The command line, which a shell can run.
    pub line: &'static str,
}

impl Example {
    /// Returns the command line as the help shows it: indented, and with a break before the flags that do not fit.
    pub fn shown(&self) -> String {
        broken(self.line)
    }
}

/// Returns all examples, those of the program first.
pub fn examples() -> impl Iterator<Item = Example> {
    let groups = [setup::EXAMPLES, reading::EXAMPLES, changing::EXAMPLES].into_iter().flatten();
    groups.flat_map(|(command, examples)| examples.iter().map(|(purpose, line)| Example { command, purpose, line }))
}

/// Number of examples that `-h` shows; `--help` and the manual page show all.
const SHORT: usize = 3;

/// Longest line of an example. `clap` wraps longer ones at a terminal of 80 columns, which could not be pasted.
const WIDTH: usize = 78;

const SUCCESS: (&str, &str) = ("0", "success");
const ERROR: (&str, &str) = ("1", "error");
const APPROVAL: (&str, &str) = ("3", "an approval is required; the plan and the command that approves it are printed");
const BLOCKED: (&str, &str) = ("4", "blocked by a gate or refused by a safety rule");
const IN_PROGRESS: (&str, &str) = ("5", "still in progress or partly applied");
const CREDENTIALS: (&str, &str) = ("6", "credentials, an unknown profile, or the wrong account");
const USAGE: (&str, &str) = ("64", "invalid flags, configuration or input file");
const INTERRUPTED: (&str, &str) = ("130/143", "interrupted");

/// Returns the exit codes of a command.
fn exit_codes(command: &str) -> Vec<(&'static str, &'static str)> {
    let write = [APPROVAL, BLOCKED, IN_PROGRESS];
    let middle: Vec<(&str, &str)> = match command.split(' ').next().unwrap_or_default() {
        "" => [("2", "completed with drift, findings, violations or incomplete results")]
            .into_iter()
            .chain(write)
            .collect(),
        "context" => vec![("2", "with --doctor: a problem was found")],
        "estimate" => vec![("3", "with --gate: `create` would require an approval of the cost")],
        "create" | "update" | "delete" | "apply" | "promote" => write.to_vec(),
        "approve" => vec![BLOCKED],
        "scan" => vec![("2", "a finding at or above --fail-on, or incomplete results")],
        "drift" => vec![("2", "a status of --fail-on, or incomplete results")],
        "tag-audit" => [("2", "violations, or incomplete results")].into_iter().chain(write).collect(),
        "inventory" => vec![("2", "an account or a Region could not be read")],
        "cost" => vec![("2", "an alert was reached, or the costs are incomplete")],
        "iam" => vec![("2", "a risk or a missing permission was found")],
        _ => Vec::new(),
    };
    let makes_calls = !["completions", "demo", "explain", "man", "prices", "sandbox", "templates"]
        .contains(&command.split(' ').next().unwrap_or_default());
    let end = [Some(CREDENTIALS).filter(|_| makes_calls), Some(USAGE), Some(INTERRUPTED)];
    [SUCCESS, ERROR].into_iter().chain(middle).chain(end.into_iter().flatten()).collect()
}

/// Headings by command, `*` for all, and the ids of flags.
const HEADINGS: &[(&str, &str, &[&str])] = &[
    ("context", "Member role", &["member_role", "org_id", "require_mfa", "types"]),
    ("drift", "Accepted differences", &["accept", "reason", "owner", "expires", "ignore"]),
    ("drift", "Comparison with a template", &["desired", "parameters", "imports", "stack_name"]),
    ("tag-audit", "Corrections", &["fix", "adopt", "unlink", "tags"]),
    ("*", "Template options", &["parameters", "sets", "imports", "stack_name", "transform"]),
    (
        "*",
        "Plan and approval",
        &["plan_only", "approve", "approve_findings", "reason", "plan_out", "resume", "allow_replace", "full"],
    ),
];

/// Flags that a command shares with others but refuses.
const HIDDEN: &[(&str, &str)] = &[("apply", "plan_out")];

/// Adds examples, exit codes and headings to the definition of the command line.
pub(super) fn complete(definition: Command) -> Command {
    of(definition, "")
}

fn of(mut command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |one| of(one, path.trim_start()));
    }
    let heading = |id: &str| {
        let found = HEADINGS.iter().find(|(of, _, ids)| ["*", path].contains(of) && ids.contains(&id));
        found.map(|(_, heading, _)| *heading)
    };
    let command = command.mut_args(|argument| {
        let is_hidden = HIDDEN.contains(&(path, argument.get_id().as_str()));
        let argument = if is_hidden { argument.hide(true) } else { argument };
        match heading(argument.get_id().as_str()) {
            Some(heading) if !argument.is_positional() => argument.help_heading(heading),
            _ => argument,
        }
    });
    let note = command.get_after_help().map(ToString::to_string);
    let examples = examples_of(path);
    let short = text(path, examples.get(..SHORT).unwrap_or(&examples), note.as_deref());
    let long = text(path, &examples, note.as_deref());
    command.after_help(short).after_long_help(long)
}

/// Returns what follows the flags: examples, exit codes, and what else the command says.
fn text(path: &str, examples: &[Example], note: Option<&str>) -> String {
    let mut text = "Examples:".to_owned();
    for (index, example) in examples.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        text.push_str(&format!("{gap}\n  # {}\n{}", example.purpose, example.shown()));
    }
    text.push_str("\n\nExit codes:");
    for (code, meaning) in exit_codes(path) {
        text.push_str(&format!("\n  {code:<9}{meaning}"));
    }
    text.extend(note.map(|note| format!("\n\n{note}")));
    text
}

/// Returns a command line with a break before the flags that do not fit, which the shell ignores.
fn broken(line: &str) -> String {
    let mut text = format!("  {}", line.split(" -").next().unwrap_or_default());
    let mut width = text.chars().count();
    for part in line.split(" -").skip(1).map(|part| format!("-{part}")) {
        let length = part.chars().count();
        // A space before it, and ` \` after it.
        if width + 1 + length + 2 > WIDTH {
            text.push_str(" \\\n    ");
            width = 4;
        } else {
            text.push(' ');
            width += 1;
        }
        text.push_str(&part);
        width += length;
    }
    text
}

/// Returns the examples of a command; the first one of each subcommand for a command that has subcommands.
fn examples_of(path: &str) -> Vec<Example> {
    let own: Vec<Example> = examples().filter(|example| example.command == path).collect();
    if !own.is_empty() {
        return own;
    }
    let below = format!("{path} ");
    let mut found: Vec<Example> = examples().filter(|example| example.command.starts_with(&below)).collect();
    found.dedup_by_key(|example| example.command);
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
