//! Rules that the compiler cannot enforce within one crate: which top-level module may depend on which, and what only certain
//! modules may do. The table of modules and dependencies is defined here, and the one in `src/lib.rs` is compared with it.
//! `module_cycles.rs` checks for circular dependencies.

use std::collections::{BTreeMap, BTreeSet};

use super::rust_source::{
    continues_a_word, crate_paths, rust_files, super_chains, without_comments_and_text, without_test_items, words,
};
use super::support::root;

/// A top-level module of `src/` and the paths after `crate::` that its code may depend on, in addition to itself.
struct Module {
    name: &'static str,
    may_use: &'static [&'static str],
}

const MODULES: &[Module] = &[
    Module { name: "main", may_use: &[] },
    Module { name: "lib", may_use: &["command"] },
    Module { name: "cli", may_use: &["domain"] },
    Module {
        name: "command",
        may_use: &[
            "cli",
            "codes",
            "compare",
            "domain",
            "engines",
            "estimate",
            "files",
            "iam",
            "outcome",
            "pipeline",
            "policy",
            "report",
            "run",
            "sandbox",
            "schema",
            "ui",
            "workspace",
        ],
    },
    Module {
        name: "run",
        may_use: &["aws", "cli", "domain", "files", "outcome", "pipeline", "report", "schema", "ui", "workspace"],
    },
    Module {
        name: "workspace",
        may_use: &["aws", "cli", "domain", "files", "outcome", "pipeline", "sandbox", "schema"],
    },
    Module { name: "pipeline", may_use: &["compare", "domain", "estimate", "iam", "policy", "promotion", "schema"] },
    Module { name: "estimate", may_use: &["domain", "schema"] },
    Module { name: "policy", may_use: &["domain", "schema"] },
    Module { name: "promotion", may_use: &["domain", "schema"] },
    Module { name: "iam", may_use: &["domain", "schema"] },
    Module { name: "compare", may_use: &["domain", "schema"] },
    Module { name: "domain", may_use: &["codes", "schema"] },
    Module { name: "schema", may_use: &["codes"] },
    Module { name: "codes", may_use: &[] },
    // Only data types and price data: the sandbox must not use the rules that it is used to test.
    Module {
        name: "sandbox",
        may_use: &[
            "codes",
            "domain::digest",
            "domain::pointer",
            "domain::resource",
            "domain::symbol",
            "domain::tags",
            "estimate::rows",
            "schema",
        ],
    },
    Module { name: "aws", may_use: &["domain", "pipeline::event", "pipeline::ports", "sandbox", "schema"] },
    Module { name: "engines", may_use: &["domain", "pipeline::evaluate", "policy"] },
    Module { name: "files", may_use: &["domain", "estimate", "policy", "schema", "transform"] },
    Module { name: "transform", may_use: &["domain"] },
    Module {
        name: "report",
        may_use: &["codes", "compare::drift", "domain", "estimate", "outcome", "pipeline::gate", "policy", "schema"],
    },
    Module {
        name: "ui",
        may_use: &["cli", "domain", "estimate", "outcome", "pipeline::event", "pipeline::gate", "report", "schema"],
    },
    Module { name: "outcome", may_use: &["domain"] },
];

/// Code that only some modules may contain. Unit tests are exempt.
struct Reserved {
    words: &'static [&'static str],
    /// The modules that may contain it.
    modules: &'static [&'static str],
    why: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        words: &["println!", "eprintln!", "print!", "eprint!", "stdout()", "stderr()"],
        modules: &["ui"],
        why: "only ui writes to the terminal",
    },
    Reserved { words: &["process::exit", "process::abort"], modules: &[], why: "main returns the exit code" },
    Reserved {
        words: &["PolicySet::compile"],
        modules: &["policy"],
        why: "a project's policies are compiled and run in a process with limits: PolicySet::isolated",
    },
    Reserved { words: &["CallerIdentity::from_sts"], modules: &["aws"], why: "an identity is a response of STS" },
    Reserved {
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::io",
            "std::process",
            "std::thread",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "tokio",
        ],
        modules: &[
            "aws",
            "command",
            "engines",
            "files",
            "lib",
            "main",
            "pipeline",
            "run",
            "sandbox",
            "ui",
            "workspace",
        ],
        why: "domain, schema, cli, report and outcome are pure",
    },
    Reserved {
        words: &["Timestamp::now", "Zoned::now"],
        modules: &["run"],
        why: "the time is read only from the clock of a run",
    },
    Reserved {
        words: &["std::fs", "std::net", "std::env"],
        modules: &["command", "engines", "files", "lib", "main", "run", "sandbox", "ui", "workspace"],
        why: "the pipeline does I/O only through its traits",
    },
];

/// Where the embedded types alone are meant; everywhere else, a type may be described, and the registry of the run is passed.
const EMBEDDED_TYPES: &[&str] = &[
    // IAM's types with tags beside their model, and the default of tests.
    "src/aws/iam_tags.rs",
    "src/aws/stack/mod.rs",
    // The candidates of completions: no call is made.
    "src/command/completions/values.rs",
    // `schema TYPE` without an environment.
    "src/command/schema.rs",
    // Which resources AWS owns, which costs depend on others, and what replaces a type: only the embedded data says so.
    "src/domain/audit.rs",
    "src/estimate/neighbors.rs",
    "src/estimate/supported.rs",
    "src/pipeline/load.rs",
    // Read before anything is described.
    "src/files/config.rs",
    "src/policy/names.rs",
    // Where a run's own registry begins.
    "src/run.rs",
    // The registry of the sandbox's accounts.
    "src/sandbox/types.rs",
];

/// Where the schema module may keep something that changes: a decoder, and one copy of each description.
const SCHEMA_STATE: &[&str] = &["src/schema/interned.rs", "src/schema/store.rs"];

/// Maximum number of lines of a file, including tests.
const MAX_LINES: usize = 600;

/// The code of a source file, without comments and string literals.
struct Source {
    file: String,
    module: String,
    /// Number of modules between the crate root and the items of the file.
    depth: usize,
    code: String,
    /// The code with test items replaced by spaces.
    product: String,
    lines: usize,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let path = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
        let parts: Vec<&str> = path.split('/').collect();
        let depth = parts.len() - usize::from(parts.last() == Some(&"mod"));
        let code = without_comments_and_text(text);
        let is_test_file = parts.contains(&"tests");
        let product = if is_test_file { " ".repeat(code.len()) } else { without_test_items(&code) };
        Self { file: file.to_owned(), module: parts[0].to_owned(), depth, product, lines: text.lines().count(), code }
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// Returns the rules that the file violates.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |at: usize, what: String| faults.push(format!("{}:{}: {what}", self.file, self.line(at)));
        let Some(module) = MODULES.iter().find(|module| module.name == self.module) else {
            return vec![format!(
                "{}: the module `{}` is not in the table of tests/all/tidy.rs",
                self.file, self.module
            )];
        };
        for (at, path) in crate_paths(&self.code) {
            let allowed = is_within(&path, module.name) || module.may_use.iter().any(|may| is_within(&path, may));
            if !allowed {
                fault(at, format!("`{}` may not use crate::{path} (it may use {:?})", module.name, module.may_use));
            }
        }
        for (at, count) in super_chains(&self.code) {
            // `mod tests { }` adds one level.
            let is_for_tests = self.product.as_bytes().get(at) == Some(&b' ');
            if count >= self.depth + usize::from(is_for_tests) {
                fault(at, "`super` refers to the crate root: use `crate::`, which is checked".to_owned());
            }
        }
        for (at, word) in words(&self.code) {
            if word.starts_with("aws_") && self.code[at + word.len()..].starts_with("::") && module.name != "aws" {
                fault(at, format!("only `aws` may use {word}"));
            }
        }
        for Reserved { words, modules, why } in RESERVED {
            let product = &self.product;
            for word in words.iter().filter(|_| !modules.contains(&module.name)) {
                for (at, _) in product.match_indices(word).filter(|(at, _)| !continues_a_word(product, *at)) {
                    fault(at, format!("`{word}`: {why}"));
                }
            }
        }
        for (at, what) in self.registry_faults() {
            fault(at, what.to_owned());
        }
        if self.lines > MAX_LINES {
            fault(0, format!("{} lines, more than {MAX_LINES}: split it", self.lines));
        }
        faults
    }
}

impl Source {
    /// Returns where the file has a registry of its own, or keeps described types for the whole process.
    fn registry_faults(&self) -> Vec<(usize, &'static str)> {
        let mut faults = Vec::new();
        if self.module != "schema" && !EMBEDDED_TYPES.contains(&self.file.as_str()) {
            let embedded =
                ["Registry::embedded", "Registry::default", "TypeSchema::embedded", "TypeSchema::all_embedded"];
            let found = embedded.iter().flat_map(|word| self.product.match_indices(word));
            faults.extend(found.map(|(at, _)| (at, "a type may be described: use the registry of the run")));
        }
        if self.module == "schema" && !SCHEMA_STATE.contains(&self.file.as_str()) {
            let statics = words(&self.product).filter(|(at, word)| {
                let kind = self.product[*at..].split(['=', ';']).next().unwrap_or_default();
                let is_lifetime = self.product[..*at].ends_with('\'');
                *word == "static"
                    && !is_lifetime
                    && ["Mutex", "RwLock", "Atomic"].iter().any(|lock| kind.contains(lock))
            });
            faults.extend(statics.map(|(at, _)| (at, "described types belong to a registry, not to the process")));
        }
        faults
    }
}

/// Returns all source files in `src/`.
fn sources() -> Vec<Source> {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 50, "the sources were not found");
    let source = |path: &std::path::PathBuf| {
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        Source::new(&file, &std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(source).collect()
}

/// Returns the modules of the table with their allowed dependencies.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    MODULES
        .iter()
        .map(|module| (module.name.to_owned(), module.may_use.iter().map(|may| (*may).to_owned()).collect()))
        .collect()
}

/// Parses the Markdown table in `src/lib.rs`.
fn documented_table(documentation: &str) -> BTreeMap<String, BTreeSet<String>> {
    let quoted = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = documentation.lines().filter_map(|line| line.strip_prefix("//! |")?.strip_suffix('|'));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let name = quoted(cells.first()?).pop_first()?;
        Some((name, quoted(cells.last()?)))
    })
    .collect()
}

/// Returns the differences between two tables.
fn differences(table: &BTreeMap<String, BTreeSet<String>>, map: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut missing =
        |here: &BTreeMap<String, BTreeSet<String>>, there: &BTreeMap<String, BTreeSet<String>>, place: &str| {
            for (module, dependencies) in here {
                match there.get(module) {
                    None => found.push(format!("{place} has no module `{module}`")),
                    Some(others) => found.extend(
                        dependencies
                            .difference(others)
                            .map(|dependency| format!("{place} does not allow `{module}` to use `{dependency}`")),
                    ),
                }
            }
        };
    missing(table, map, "the table in src/lib.rs");
    missing(map, table, "the table in tests/all/tidy.rs");
    found
}

/// Modules with rules and the pipeline. Their allowed dependencies are part of the design, even if they are not used yet.
const DESIGNED: &[&str] = &["compare", "estimate", "iam", "pipeline", "policy", "promotion"];

/// Returns the allowed dependencies that no code uses, except those of [`DESIGNED`] modules.
fn unused(table: &BTreeMap<String, BTreeSet<String>>, sources: &[Source]) -> Vec<String> {
    let mut unused = Vec::new();
    for (module, dependencies) in table.iter().filter(|(module, _)| !DESIGNED.contains(&module.as_str())) {
        let of_module = sources.iter().filter(|source| source.module == *module);
        let named: BTreeSet<String> =
            of_module.flat_map(|source| crate_paths(&source.code)).map(|(_, path)| path).collect();
        let idle = dependencies.iter().filter(|dependency| !named.iter().any(|path| is_within(path, dependency)));
        unused.extend(idle.map(|dependency| format!("`{module}` never uses `{dependency}`: remove it from the table")));
    }
    unused
}

fn is_within(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn modules_follow_the_rules() {
    let faults: Vec<String> = sources().iter().flat_map(Source::faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_table_in_lib_matches() {
    let found = differences(&table(), &documented_table(&std::fs::read_to_string(root().join("src/lib.rs")).unwrap()));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn allowed_dependencies_are_used() {
    let found = unused(&table(), &sources());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn all_modules_of_the_table_exist() {
    for Module { name, .. } in MODULES {
        let place = root().join("src").join(name);
        assert!(place.is_dir() || place.with_extension("rs").is_file(), "src has no module `{name}`");
    }
}

#[test]
fn all_test_files_are_included_and_none_is_too_long() {
    for path in rust_files(&root().join("tests/all")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // A folder belongs to the file of its name.
        let parent = path.parent().unwrap().with_extension("rs");
        let harness = std::fs::read_to_string(&parent).unwrap();
        assert!(harness.contains(&format!("mod {name};")), "{} does not include {name}", parent.display());
        assert!(std::fs::read_to_string(&path).unwrap().lines().count() <= MAX_LINES, "{name} is too long");
    }
}

#[test]
fn forbidden_dependencies_are_found() {
    let forbidden = [
        ("src/domain/x.rs", "use crate::aws::Reader;", "may not use crate::aws::Reader"),
        ("src/domain/x.rs", "use crate::{domain::tags, pipeline::{self, ports}};", "may not use crate::pipeline"),
        ("src/domain/deep/x.rs", "use super::super::super::run::Run;", "refers to the crate root"),
        ("src/ui/view/mod.rs", "fn f() { crate::pipeline::ports::x(); }", "may not use crate::pipeline::ports::x"),
        ("src/schema/x.rs", "use crate::domain::tags;", "may not use crate::domain::tags"),
        ("src/sandbox/x.rs", "use crate::iam::evaluate;", "may not use crate::iam::evaluate"),
        ("src/policy/x.rs", "use crate::estimate::Usage;", "may not use crate::estimate::Usage"),
        ("src/domain/x.rs", "#[cfg(test)]\nfn f() {}\nfn g() { std::fs::read(\"a\"); }", "are pure"),
        ("src/pipeline/x.rs", "use aws_sdk_sts::Client;", "only `aws` may use aws_sdk_sts"),
        ("src/domain/x.rs", "fn f() { std::fs::read(\"a\"); }", "are pure"),
        ("src/domain/x.rs", "let now = jiff::Timestamp::now();", "are pure"),
        ("src/pipeline/x.rs", "use std::fs;", "only through its traits"),
        ("src/command/x.rs", "fn f() { println!(\"x\"); }", "only ui writes"),
        ("src/run.rs", "CallerIdentity::from_sts(a, b)", "response of STS"),
        ("src/pipeline/x.rs", "let now = jiff::Timestamp::now();", "from the clock of a run"),
        ("src/ui/mod.rs", "std::process::exit(1)", "main returns"),
        ("src/sandbox/x.rs", "use crate::estimate::{rows, estimate};", "may not use crate::estimate::estimate"),
        ("src/sandbox/x.rs", "use crate::iam::evaluate;", "may not use crate::iam::evaluate"),
        ("src/pipeline/x.rs", "let known = Registry::embedded().get(name);", "the registry of the run"),
        ("src/report/x.rs", "let known = TypeSchema::embedded(name);", "the registry of the run"),
        ("src/schema/x.rs", "fn f() { static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new(); }", "not to the process"),
        ("src/attic/x.rs", "", "is not in the table"),
    ];
    for (file, text, says) in forbidden {
        let faults = Source::new(file, text).faults();
        assert!(faults.iter().any(|fault| fault.contains(says)), "{file} `{text}`: {faults:?}");
    }
    let long = "\n".repeat(MAX_LINES + 1);
    assert_eq!(Source::new("src/domain/x.rs", &long).faults().len(), 1);
}

#[test]
fn allowed_code_and_mentions_are_accepted() {
    let allowed = [
        (
            "src/domain/x.rs",
            "//! See [`crate::aws`] and std::fs.\nuse crate::domain::{pointer, tags as t};\nuse super::money::Usd;",
        ),
        (
            "src/domain/x.rs",
            "const A: &str = \"crate::aws\"; const B: &str = r#\"use \"std::fs\"\"#; const C: char = '\"';",
        ),
        (
            "src/domain/x.rs",
            "fn f<'a>(x: &'a str) {}\n#[cfg(test)]\nmod tests { use super::*; fn g() { std::fs::read(super::A); } }",
        ),
        ("src/aws/x.rs", "use aws_sdk_sts::Client; use crate::pipeline::ports::{self, CloudError};"),
        ("src/schema/x.rs", "use crate::schema::{pointer, symbol::is_unknown};"),
        ("src/schema/x.rs", "static ROWS: OnceLock<Rows> = OnceLock::new(); fn f(known: &'static RwLock<Rows>) {}"),
        ("src/run.rs", "let registry = Registry::embedded();"),
        ("src/pipeline/x.rs", "#[cfg(test)]\nmod tests { fn f() { Registry::embedded(); } }"),
        ("src/sandbox/x.rs", "let aws_region = 1; fn f(aws_x: u8) {}"),
    ];
    for (file, text) in allowed {
        assert_eq!(Source::new(file, text).faults(), Vec::<String>::new(), "{file} `{text}`");
    }
}

#[test]
fn differences_between_the_tables_are_found() {
    let rows = |rows: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        rows.iter().map(|(module, paths)| ((*module).to_owned(), set(paths))).collect()
    };
    let text = "//! # Architecture\n//!\n//! | module | purpose | may depend on |\n//! |---|---|---|\n\
                //! | `main` | calls [`run`] | the library |\n//! | [`ui`] | streams, `stdout` | `cli`, `report::plan` |\n";
    let table = rows(&[("main", &[]), ("ui", &["cli", "report::plan"])]);
    assert_eq!(documented_table(text), table);
    assert_eq!(differences(&table, &documented_table(text)), [] as [&str; 0]);
    let other = rows(&[("ui", &["cli", "domain"]), ("aws", &[])]);
    let expected = [
        "the table in src/lib.rs has no module `aws`",
        "the table in src/lib.rs does not allow `ui` to use `domain`",
        "the table in tests/all/tidy.rs has no module `main`",
        "the table in tests/all/tidy.rs does not allow `ui` to use `report::plan`",
    ];
    assert_eq!(differences(&other, &documented_table(text)), expected);
}

#[test]
fn unused_dependencies_are_found() {
    let sources =
        [Source::new("src/ui/mod.rs", "use crate::{cli::Args, report::plan::Plan};"), Source::new("src/cli.rs", "")];
    let dependencies = ["cli", "domain", "report::drift", "report::plan"].map(str::to_owned);
    let table = BTreeMap::from([("ui".to_owned(), BTreeSet::from(dependencies)), ("cli".to_owned(), BTreeSet::new())]);
    let expected = [
        "`ui` never uses `domain`: remove it from the table",
        "`ui` never uses `report::drift`: remove it from the table",
    ];
    assert_eq!(unused(&table, &sources), expected);
}
