//! Renders typed arguments as a command line: the commands that a run prints are made from its parsed
//! arguments, so that they can be pasted into a shell. Default values and secrets are left out.

mod across;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::{
    ApplyArgs, ApproveArgs, AuditArgs, ColorChoice, Command, CompletionsArgs, CostArgs, CreateArgs, DeleteArgs,
    DemoArgs, DriftArgs, EstimateArgs, ExplainArgs, GlobalArgs, GraphFormat, IamArgs, IamCommand, IamForPlanArgs,
    ManArgs, McpArgs, OutputFormat, PricesArgs, PricesCommand, PricesUpdateArgs, PromoteArgs, SandboxArgs, ScanArgs,
    SchemaArgs, Shell, TemplatesArgs, UpdateArgs, WriteArgs, command_name,
};
use crate::domain::dynamic::is_reference;
use crate::domain::plan::is_secret_name;
use crate::domain::project::EngineName;

/// Placeholder for a secret value in a printed command.
pub const SAME_VALUE: &str = "<SAME-VALUE>";

/// Renders a command line that can be pasted into a POSIX shell.
pub fn render(command: &Command, global: &GlobalArgs) -> String {
    shell_quote(&words(command, global))
}

/// Quotes and joins words for a POSIX shell.
pub fn shell_quote(words: &[String]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Quotes one word. `shlex` would also quote `=`, `,` and `%`, which need no quoting inside a word.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if word.starts_with(|c: char| c != '=') && word.chars().all(plain) {
        return word.to_owned();
    }
    // An argument of a process cannot contain a NUL.
    shlex::try_quote(&word.replace('\0', "")).map(|quoted| quoted.into_owned()).unwrap_or_default()
}

/// Returns the words of the command line for these arguments, beginning with the program's name.
pub fn words(command: &Command, global: &GlobalArgs) -> Vec<String> {
    let mut words = Words::default();
    words.plain("stagegate");
    words.plain(command_name(command));
    match command {
        Command::Context(arguments) => across::context(&mut words, arguments),
        Command::Estimate(arguments) => estimate(&mut words, arguments),
        Command::Create(arguments) => create(&mut words, arguments),
        Command::Scan(arguments) => scan(&mut words, arguments),
        Command::Promote(arguments) => promote(&mut words, arguments),
        Command::Update(arguments) => update(&mut words, arguments),
        Command::Delete(arguments) => delete(&mut words, arguments),
        Command::Apply(arguments) => apply(&mut words, arguments),
        Command::Approve(arguments) => approve(&mut words, arguments),
        Command::Drift(arguments) => drift(&mut words, arguments),
        Command::TagAudit(arguments) => tag_audit(&mut words, arguments),
        Command::Inventory(arguments) => across::inventory(&mut words, arguments),
        Command::Cost(arguments) => cost(&mut words, arguments),
        Command::Schema(arguments) => schema(&mut words, arguments),
        Command::Explain(arguments) => explain(&mut words, arguments),
        Command::Mcp(McpArgs { read_only, allow_writes }) => {
            words.flag("--read-only", *read_only);
            words.flag("--allow-writes", *allow_writes);
        }
        Command::Demo(DemoArgs { keep }) => words.path("--keep", keep.as_deref()),
        Command::Sandbox(SandboxArgs { command }) => subcommands::sandbox(&mut words, command),
        Command::Prices(PricesArgs { command }) => subcommands::prices(&mut words, command),
        Command::Iam(IamArgs { command }) => subcommands::iam(&mut words, command),
        Command::Init(arguments) => setup::init(&mut words, arguments),
        Command::Templates(TemplatesArgs { command }) => setup::templates(&mut words, command),
        Command::Man(ManArgs { command }) => words.positional(command),
        Command::Completions(CompletionsArgs { shell }) => words.plain(match shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Elvish => "elvish",
            Shell::Powershell => "powershell",
        }),
    }
    match command {
        // Its own flag of the same name has been written.
        Command::Prices(PricesArgs { command: PricesCommand::Update(PricesUpdateArgs { regions, .. }) })
            if !regions.is_empty() =>
        {
            words.global(&GlobalArgs { region: None, ..global.clone() });
        }
        _ => words.global(global),
    }
    match command {
        Command::Create(CreateArgs { write, .. })
        | Command::Promote(PromoteArgs { write, .. })
        | Command::Update(UpdateArgs { write, .. })
        | Command::Delete(DeleteArgs { write, .. })
        | Command::Apply(ApplyArgs { write, .. })
        | Command::TagAudit(AuditArgs { write, .. }) => words.write(write),
        _ => {}
    }
    words.finish()
}

/// Returns the command with secrets replaced by [`SAME_VALUE`]: values of `NoEcho` parameters, of properties
/// with a secret's name, and of write-only properties (`--input …=VALUE`; `=@FILE` only names a file and is
/// not a secret).
pub fn without_secrets(command: &Command, secrets: &BTreeSet<String>) -> Command {
    let mut command = command.clone();
    let hide = |text: &mut String| {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            *text = text.replace(secret.as_str(), SAME_VALUE);
        }
    };
    match &mut command {
        Command::Create(CreateArgs { parameters, sets, imports, tags, purpose, .. }) => {
            sets.iter_mut().for_each(hide_named);
            [parameters, sets, imports, tags].into_iter().flatten().chain(purpose).for_each(hide);
        }
        Command::Promote(PromoteArgs { select, inputs, names, tags, .. }) => {
            inputs.iter_mut().for_each(hide_input);
            [inputs, names, tags].into_iter().flatten().chain(select).for_each(hide);
        }
        Command::Scan(ScanArgs { parameters, sets, imports, .. })
        | Command::Estimate(EstimateArgs { parameters, sets, imports, .. })
        | Command::Iam(IamArgs { command: IamCommand::ForPlan(IamForPlanArgs { parameters, sets, imports, .. }) }) => {
            sets.iter_mut().for_each(hide_named);
            [parameters, sets, imports].into_iter().flatten().for_each(hide);
        }
        Command::Update(UpdateArgs { sets, .. }) => {
            sets.iter_mut().for_each(hide_named);
            sets.iter_mut().for_each(hide);
        }
        Command::Apply(ApplyArgs { parameters, sets, inputs, .. }) => {
            sets.iter_mut().for_each(hide_named);
            inputs.iter_mut().for_each(hide_input);
            [parameters, sets, inputs].into_iter().flatten().for_each(hide);
        }
        Command::Context(_)
        | Command::Approve(_)
        | Command::Delete(_)
        | Command::Drift(_)
        | Command::TagAudit(_)
        | Command::Inventory(_)
        | Command::Cost(_)
        | Command::Iam(_)
        | Command::Schema(_)
        | Command::Explain(_)
        | Command::Demo(_)
        | Command::Mcp(_)
        | Command::Sandbox(_)
        | Command::Prices(_)
        | Command::Init(_)
        | Command::Templates(_)
        | Command::Man(_)
        | Command::Completions(_) => {}
    }
    command
}

/// Hides the value of `PATH=VALUE` if the last part of the path is a secret's name.
fn hide_named(set: &mut String) {
    if let Some((path, _)) = set.split_once('=')
        && is_secret_path(path)
    {
        *set = format!("{path}={SAME_VALUE}");
    }
}

/// True if the last part of the path of `--set` has the name of a secret.
pub fn is_secret_path(path: &str) -> bool {
    path.rsplit(['.', '/']).next().is_some_and(is_secret_name)
}

/// Hides the value of `RESOURCE#/POINTER=VALUE`.
fn hide_input(input: &mut String) {
    let Some((resource, rest)) = input.split_once('#') else { return };
    if let Some((pointer, value)) = rest.split_once('=')
        && !pointer.is_empty()
        && !value.starts_with('@')
        // `null` says that there is no value.
        && value != "null"
        && !is_reference(value)
    {
        *input = format!("{resource}#{pointer}={SAME_VALUE}");
    }
}

/// Collects the words of a command line. Positional arguments that look like flags come last, after `--`.
#[derive(Default)]
struct Words {
    words: Vec<String>,
    last: Vec<String>,
}

impl Words {
    fn plain(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    fn positional(&mut self, values: &[String]) {
        let looks_like_a_flag = values.iter().any(|value| value.starts_with('-'));
        if looks_like_a_flag { &mut self.last } else { &mut self.words }.extend_from_slice(values);
    }

    fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.plain(name);
        }
    }

    fn value(&mut self, name: &str, value: &str) {
        if value.starts_with('-') {
            self.words.push(format!("{name}={value}"));
        } else {
            self.words.extend([name.to_owned(), value.to_owned()]);
        }
    }

    fn option(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    /// Adds a flag unless its value is the default.
    fn unless_default(&mut self, default: &str, name: &str, value: &str) {
        if value != default {
            self.value(name, value);
        }
    }

    fn each(&mut self, name: &str, values: &[String]) {
        values.iter().for_each(|value| self.value(name, value));
    }

    fn path(&mut self, name: &str, path: Option<&Path>) {
        self.option(name, path.map(|path| path.display().to_string()).as_deref());
    }

    /// Adds `-f PATH` for each file; `-` is standard input.
    fn files(&mut self, files: &[impl AsRef<Path>]) {
        for file in files {
            let file = file.as_ref().display().to_string();
            match file.as_str() {
                "-" => self.words.extend(["-f".to_owned(), file]),
                other if other.starts_with('-') => self.words.push(format!("--file={file}")),
                _ => self.words.extend(["-f".to_owned(), file]),
            }
        }
    }

    /// Adds `--name A,B`.
    fn list(&mut self, name: &str, values: &[impl AsRef<str>]) {
        if !values.is_empty() {
            self.value(name, &values.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(","));
        }
    }

    fn global(&mut self, global: &GlobalArgs) {
        let GlobalArgs {
            config,
            sandbox,
            json,
            output,
            no_input,
            region,
            timeout,
            refresh,
            offline,
            strict,
            quiet,
            no_pager: _,
            color,
            summary,
            query,
            json_schema,
        } = global;
        self.path("--config", config.as_deref());
        match sandbox.as_deref() {
            None => {}
            Some("1") => self.plain("--sandbox"),
            Some(folder) => self.words.push(format!("--sandbox={folder}")),
        }
        self.option("--region", region.as_deref());
        self.flag("--json", *json);
        self.unless_default(OutputFormat::default().as_str(), "--output", output.as_str());
        self.flag("--no-input", *no_input);
        self.option("--timeout", timeout.map(duration).as_deref());
        self.flag("--refresh", *refresh);
        self.flag("--offline", *offline);
        self.flag("--strict", *strict);
        self.flag("--quiet", *quiet);
        self.flag("--summary", *summary);
        self.option("--query", query.as_deref());
        self.option(
            "--color",
            match color {
                ColorChoice::Auto => None,
                ColorChoice::Always => Some("always"),
                ColorChoice::Never => Some("never"),
            },
        );
        self.flag("--json-schema", *json_schema);
    }

    fn write(&mut self, write: &WriteArgs) {
        let WriteArgs { plan_only, approve, approve_findings, reason, plan_out, resume, full } = write;
        self.flag("--plan-only", *plan_only);
        self.option("--approve", approve.as_deref());
        self.option("--approve-findings", approve_findings.as_deref());
        self.option("--reason", reason.as_deref());
        self.path("--plan-out", plan_out.as_deref());
        self.flag("--resume", *resume);
        self.flag("--full", *full);
    }

    fn finish(mut self) -> Vec<String> {
        if !self.last.is_empty() {
            self.plain("--");
            self.words.append(&mut self.last);
        }
        self.words
    }
}

fn estimate(words: &mut Words, arguments: &EstimateArgs) {
    let EstimateArgs {
        files,
        type_name,
        properties,
        live,
        env,
        parameters,
        sets,
        imports,
        stack_name,
        transform,
        usage,
        compare,
        supported,
        hours,
        assume_free_tier,
        gate,
    } = arguments;
    words.files(files);
    words.option("--type", type_name.as_deref());
    words.option("--properties", properties.as_deref());
    if !live.is_empty() {
        words.plain("--live");
        words.words.extend_from_slice(live);
    }
    words.option("--env", env.as_deref());
    words.each("--param", parameters);
    words.each("--set", sets);
    words.each("--import", imports);
    words.option("--stack-name", stack_name.as_deref());
    words.unless_default("builtin", "--transform", transform.as_str());
    words.path("--usage", usage.as_deref());
    for path in compare {
        words.path("--compare", Some(path));
    }
    words.flag("--supported", *supported);
    words.unless_default("730", "--hours", &hours.to_string());
    words.flag("--assume-free-tier", *assume_free_tier);
    words.flag("--gate", *gate);
}

fn create(words: &mut Words, arguments: &CreateArgs) {
    let CreateArgs { files, env, stack_name, keep_live, parameters, sets, imports, transform, tags, purpose, write: _ } =
        arguments;
    words.files(files);
    words.unless_default("dev", "--env", env);
    words.option("--stack-name", stack_name.as_deref());
    words.flag("--keep-live", *keep_live);
    words.each("--param", parameters);
    words.each("--set", sets);
    words.each("--import", imports);
    words.unless_default("builtin", "--transform", transform.as_str());
    words.each("--tag", tags);
    words.option("--purpose", purpose.as_deref());
}

fn update(words: &mut Words, arguments: &UpdateArgs) {
    let UpdateArgs { type_name, identifier, env, files, sets, patch, allow_replace, write: _ } = arguments;
    words.positional(&[type_name.clone(), identifier.clone()]);
    words.value("--env", env);
    words.files(files);
    words.each("--set", sets);
    for file in patch {
        words.path("--patch", Some(file));
    }
    words.flag("--allow-replace", *allow_replace);
}

fn delete(words: &mut Words, arguments: &DeleteArgs) {
    let DeleteArgs { type_name, identifier, env, write: _ } = arguments;
    words.positional(&[type_name.clone(), identifier.clone()]);
    words.value("--env", env);
}

fn apply(words: &mut Words, arguments: &ApplyArgs) {
    let ApplyArgs { plan, parameters, sets, inputs, approval, write: _ } = arguments;
    words.positional(&[plan.display().to_string()]);
    words.each("--param", parameters);
    words.each("--set", sets);
    words.each("--input", inputs);
    words.path("--approval", approval.as_deref());
}

fn approve(words: &mut Words, arguments: &ApproveArgs) {
    let ApproveArgs { plan, approve_findings, reason, approval_out } = arguments;
    words.positional(&[plan.display().to_string()]);
    words.option("--approve-findings", approve_findings.as_deref());
    words.option("--reason", reason.as_deref());
    words.path("--approval-out", approval_out.as_deref());
}

fn scan(words: &mut Words, arguments: &ScanArgs) {
    let ScanArgs {
        files,
        live,
        env,
        parameters,
        sets,
        imports,
        stack_name,
        transform,
        policies,
        packs,
        engines,
        waivers,
        fail_on,
        list,
        explain,
        test_policies,
    } = arguments;
    words.files(files);
    if let Some(live) = live {
        words.plain("--live");
        words.words.extend_from_slice(live);
    }
    words.option("--env", env.as_deref());
    words.each("--param", parameters);
    words.each("--set", sets);
    words.each("--import", imports);
    words.option("--stack-name", stack_name.as_deref());
    words.unless_default("builtin", "--transform", transform.as_str());
    for folder in policies {
        words.path("--policies", Some(folder));
    }
    words.list("--packs", packs);
    words.list("--engine", &engines.iter().map(|engine: &EngineName| engine.as_str()).collect::<Vec<_>>());
    words.path("--waivers", waivers.as_deref());
    words.option("--fail-on", fail_on.as_deref());
    words.flag("--list", *list);
    words.option("--explain", explain.as_deref());
    words.path("--test-policies", test_policies.as_deref());
}

fn promote(words: &mut Words, arguments: &PromoteArgs) {
    let PromoteArgs { resources, all, select, from, to, with_dependencies, inputs, inputs_file, names, .. } = arguments;
    let PromoteArgs { pull, mark_pending, unmark, tags, allow_replace, leave_behind, graph, auto, .. } = arguments;
    words.positional(resources);
    words.flag("--all", *all);
    words.option("--select", select.as_deref());
    words.unless_default("dev", "--from", from);
    words.unless_default("prod", "--to", to);
    words.flag("--with-dependencies", *with_dependencies);
    words.each("--input", inputs);
    words.path("--inputs", inputs_file.as_deref());
    words.each("--name", names);
    words.flag("--pull", *pull);
    words.flag("--mark-pending", *mark_pending);
    words.flag("--unmark", *unmark);
    words.each("--tag", tags);
    words.flag("--allow-replace", *allow_replace);
    words.flag("--leave-behind", *leave_behind);
    words.option(
        "--graph",
        graph.map(|format| match format {
            GraphFormat::Mermaid => "mermaid",
            GraphFormat::Dot => "dot",
        }),
    );
    words.flag("--auto", *auto);
}

fn drift(words: &mut Words, arguments: &DriftArgs) {
    let DriftArgs { resources, from, to, desired, parameters, imports, stack_name, fail_on, .. } = arguments;
    let DriftArgs { ignore, accept, reason, owner, expires, all, .. } = arguments;
    words.positional(resources);
    words.unless_default("dev", "--from", from);
    words.unless_default("prod", "--to", to);
    for file in desired {
        words.path("--desired", Some(file));
    }
    words.each("--param", parameters);
    words.each("--import", imports);
    words.option("--stack-name", stack_name.as_deref());
    words.unless_default("", "--fail-on", &fail_on.join(","));
    words.path("--ignore", ignore.as_deref());
    words.flag("--accept", *accept);
    words.option("--reason", reason.as_deref());
    words.option("--owner", owner.as_deref());
    words.option("--expires", expires.as_deref());
    words.flag("--all", *all);
}

fn tag_audit(words: &mut Words, arguments: &AuditArgs) {
    let AuditArgs {
        env,
        types,
        identifiers,
        source,
        stuck_after,
        list_compliant,
        baseline,
        fix,
        adopt,
        unlink,
        tags,
        write: _,
    } = arguments;
    words.unless_default("all", "--env", env);
    words.each("--type", types);
    words.each("--id", identifiers);
    words.unless_default("auto", "--source", &source.to_string());
    words.option("--stuck-after", stuck_after.map(duration).as_deref());
    words.flag("--list-compliant", *list_compliant);
    words.path("--baseline", baseline.as_deref());
    words.flag("--fix", *fix);
    words.flag("--adopt", *adopt);
    words.flag("--unlink", *unlink);
    words.each("--tag", tags);
}

fn cost(words: &mut Words, arguments: &CostArgs) {
    let CostArgs { month, by, env } = arguments;
    words.option("--month", month.map(|month| month.to_string()).as_deref());
    words.unless_default("service", "--by", by.as_str());
    words.unless_default("all", "--env", env);
}

fn schema(words: &mut Words, arguments: &SchemaArgs) {
    let SchemaArgs { type_name, env } = arguments;
    words.positional(std::slice::from_ref(type_name));
    words.option("--env", env.as_deref());
}

fn explain(words: &mut Words, arguments: &ExplainArgs) {
    let ExplainArgs { code, list } = arguments;
    words.positional(code.as_slice());
    words.flag("--list", *list);
}

/// Formats a duration in the largest unit of which it is an integer multiple.
fn duration(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let units =
        [(3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")];
    let whole = units.into_iter().find(|(unit, _)| nanoseconds.is_multiple_of(*unit) && nanoseconds > 0);
    whole.map_or_else(|| format!("{nanoseconds}ns"), |(unit, name)| format!("{}{name}", nanoseconds / unit))
}

mod setup;
mod subcommands;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
