//! The rules that a compiler cannot enforce inside one crate: which room may name which, and what
//! only one room may do. Here is the one table of rooms and arrows; the map in `src/lib.rs` is checked
//! against it. `circles.rs` looks for circles between rooms and between the files of a room.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{
    continues_a_word, crate_paths, rust_files, super_chains, without_comments_and_text, without_test_items, words,
};
use super::support::root;

/// A folder (or a file) of `src/` and the paths behind `crate::` that its code may name, itself
/// apart.
struct Room {
    name: &'static str,
    may_name: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { name: "main", may_name: &[] },
    Room { name: "lib", may_name: &["command"] },
    Room { name: "cli", may_name: &["domain"] },
    Room {
        name: "command",
        may_name: &[
            "cli",
            "codes",
            "compare",
            "domain",
            "engines",
            "estimate",
            "files",
            "outcome",
            "pipeline",
            "policy",
            "promotion",
            "report",
            "run",
            "sandbox",
            "schema",
            "ui",
            "workspace",
        ],
    },
    Room {
        name: "run",
        may_name: &["aws", "cli", "domain", "files", "outcome", "pipeline", "report", "schema", "ui", "workspace"],
    },
    Room {
        name: "workspace",
        may_name: &["aws", "cli", "domain", "files", "outcome", "pipeline", "sandbox", "schema"],
    },
    Room { name: "pipeline", may_name: &["compare", "domain", "estimate", "iam", "policy", "promotion", "schema"] },
    Room { name: "estimate", may_name: &["domain", "schema"] },
    Room { name: "policy", may_name: &["domain", "schema"] },
    Room { name: "promotion", may_name: &["domain", "schema"] },
    Room { name: "iam", may_name: &["domain", "schema"] },
    Room { name: "compare", may_name: &["domain", "schema"] },
    Room { name: "domain", may_name: &["codes", "schema"] },
    Room { name: "schema", may_name: &["codes"] },
    Room { name: "codes", may_name: &[] },
    // Nouns, and the price data as it stands: what the sandbox knows by a rule, it knows by one of its own.
    Room {
        name: "sandbox",
        may_name: &[
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
    Room { name: "aws", may_name: &["domain", "pipeline::event", "pipeline::ports", "sandbox", "schema"] },
    Room { name: "engines", may_name: &["domain", "pipeline::evaluate", "policy::engine"] },
    Room { name: "files", may_name: &["domain", "estimate", "policy", "schema"] },
    Room {
        name: "report",
        may_name: &["codes", "compare::drift", "domain", "estimate", "outcome", "pipeline::gate", "policy", "schema"],
    },
    Room {
        name: "ui",
        may_name: &["cli", "domain", "estimate", "outcome", "pipeline::event", "pipeline::gate", "report", "schema"],
    },
    Room { name: "outcome", may_name: &["domain"] },
];

/// Words in code that only some rooms may write. Tests inside `src/` are free.
struct Reserved {
    words: &'static [&'static str],
    /// Rooms that may.
    rooms: &'static [&'static str],
    why: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        words: &["println!", "eprintln!", "print!", "eprint!", "stdout()", "stderr()"],
        rooms: &["ui"],
        why: "only ui writes to the terminal",
    },
    Reserved { words: &["process::exit", "process::abort"], rooms: &[], why: "main returns the exit code" },
    Reserved { words: &["CallerIdentity::from_sts"], rooms: &["aws"], why: "an identity is an answer of STS" },
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
        rooms: &["aws", "command", "engines", "files", "lib", "main", "pipeline", "run", "sandbox", "ui", "workspace"],
        why: "domain, schema, cli, report and outcome are pure",
    },
    Reserved {
        words: &["Timestamp::now", "Zoned::now"],
        rooms: &["run"],
        why: "the time of day is a run's, from its clock",
    },
    Reserved {
        words: &["std::fs", "std::net", "std::env"],
        rooms: &["command", "engines", "files", "lib", "main", "run", "sandbox", "ui", "workspace"],
        why: "the pipeline sees the world through its traits",
    },
];

/// Longest file, tests included. A longer one is more than one thing.
const LONGEST: usize = 600;

/// A source file's code: no comments, no text in quotes.
struct Source {
    file: String,
    room: String,
    /// Modules between the crate's root and the file's items.
    depth: usize,
    code: String,
    /// The same with blanks where code for tests is.
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
        Self { file: file.to_owned(), room: parts[0].to_owned(), depth, product, lines: text.lines().count(), code }
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// Every rule that the file breaks.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |at: usize, what: String| faults.push(format!("{}:{}: {what}", self.file, self.line(at)));
        let Some(room) = ROOMS.iter().find(|room| room.name == self.room) else {
            return vec![format!("{}: the room `{}` is not in the table of tests/all/tidy.rs", self.file, self.room)];
        };
        for (at, path) in crate_paths(&self.code) {
            let allowed = is_within(&path, room.name) || room.may_name.iter().any(|may| is_within(&path, may));
            if !allowed {
                fault(at, format!("`{}` may not name crate::{path} (it may name {:?})", room.name, room.may_name));
            }
        }
        for (at, count) in super_chains(&self.code) {
            // Inside `mod tests { }` one more `super` leads out of it.
            let is_for_tests = self.product.as_bytes().get(at) == Some(&b' ');
            if count >= self.depth + usize::from(is_for_tests) {
                fault(at, "`super` leads to the crate's root: write `crate::`, which is checked".to_owned());
            }
        }
        for (at, word) in words(&self.code) {
            if word.starts_with("aws_") && self.code[at + word.len()..].starts_with("::") && room.name != "aws" {
                fault(at, format!("only `aws` names {word}"));
            }
        }
        for Reserved { words, rooms, why } in RESERVED {
            let product = &self.product;
            for word in words.iter().filter(|_| !rooms.contains(&room.name)) {
                for (at, _) in product.match_indices(word).filter(|(at, _)| !continues_a_word(product, *at)) {
                    fault(at, format!("`{word}`: {why}"));
                }
            }
        }
        if self.lines > LONGEST {
            fault(0, format!("{} lines, more than {LONGEST}: split it into things that are each one", self.lines));
        }
        faults
    }
}

/// All sources of `src/`.
fn sources() -> Vec<Source> {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 50, "the sources were not found");
    let source = |path: &std::path::PathBuf| {
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        Source::new(&file, &std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(source).collect()
}

/// The table's rooms with what each may name.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    ROOMS
        .iter()
        .map(|room| (room.name.to_owned(), room.may_name.iter().map(|may| (*may).to_owned()).collect()))
        .collect()
}

/// The rooms of the Markdown table in `src/lib.rs`, in the same form.
fn map(documentation: &str) -> BTreeMap<String, BTreeSet<String>> {
    let quoted = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = documentation.lines().filter_map(|line| line.strip_prefix("//! |")?.strip_suffix('|'));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let name = quoted(cells.first()?).pop_first()?;
        Some((name, quoted(cells.last()?)))
    })
    .collect()
}

/// What two tables of rooms do not have in common.
fn differences(table: &BTreeMap<String, BTreeSet<String>>, map: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut missing =
        |here: &BTreeMap<String, BTreeSet<String>>, there: &BTreeMap<String, BTreeSet<String>>, place: &str| {
            for (room, arrows) in here {
                match there.get(room) {
                    None => found.push(format!("{place} has no room `{room}`")),
                    Some(others) => found.extend(
                        arrows.difference(others).map(|arrow| format!("{place} does not let `{room}` name `{arrow}`")),
                    ),
                }
            }
        };
    missing(table, map, "the map in src/lib.rs");
    missing(map, table, "the table in tests/all/tidy.rs");
    found
}

/// The rooms with rules, one subject a room, and what may use all of them: their arrows are the design, which holds
/// whether an arrow is used yet or not.
const DESIGNED: &[&str] = &["compare", "estimate", "iam", "pipeline", "policy", "promotion"];

/// Arrows of the table, the designed ones apart, that no code goes along.
fn unused(table: &BTreeMap<String, BTreeSet<String>>, sources: &[Source]) -> Vec<String> {
    let mut unused = Vec::new();
    for (room, arrows) in table.iter().filter(|(room, _)| !DESIGNED.contains(&room.as_str())) {
        let of_room = sources.iter().filter(|source| source.room == *room);
        let named: BTreeSet<String> =
            of_room.flat_map(|source| crate_paths(&source.code)).map(|(_, path)| path).collect();
        let idle = arrows.iter().filter(|arrow| !named.iter().any(|path| is_within(path, arrow)));
        unused.extend(idle.map(|arrow| format!("`{room}` never names `{arrow}`: take it out of its row")));
    }
    unused
}

fn is_within(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn every_room_keeps_to_its_rules() {
    let faults: Vec<String> = sources().iter().flat_map(Source::faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_map_in_lib_says_what_the_table_says() {
    let found = differences(&table(), &map(&std::fs::read_to_string(root().join("src/lib.rs")).unwrap()));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let found = unused(&table(), &sources());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    for Room { name, .. } in ROOMS {
        let place = root().join("src").join(name);
        assert!(place.is_dir() || place.with_extension("rs").is_file(), "src has no room `{name}`");
    }
}

#[test]
fn no_test_file_is_forgotten_and_none_is_too_long() {
    let harness = std::fs::read_to_string(root().join("tests/all.rs")).unwrap();
    for path in rust_files(&root().join("tests/all")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(harness.contains(&format!("mod {name};")), "tests/all.rs does not name {name}");
        assert!(std::fs::read_to_string(&path).unwrap().lines().count() <= LONGEST, "{name} is too long");
    }
}

#[test]
fn forbidden_arrows_are_found() {
    let forbidden = [
        ("src/domain/x.rs", "use crate::aws::Reader;", "may not name crate::aws::Reader"),
        ("src/domain/x.rs", "use crate::{domain::tags, pipeline::{self, ports}};", "may not name crate::pipeline"),
        ("src/domain/deep/x.rs", "use super::super::super::run::Run;", "leads to the crate's root"),
        ("src/ui/view/mod.rs", "fn f() { crate::pipeline::ports::x(); }", "may not name crate::pipeline::ports::x"),
        ("src/schema/x.rs", "use crate::domain::tags;", "may not name crate::domain::tags"),
        ("src/sandbox/x.rs", "use crate::iam::evaluate;", "may not name crate::iam::evaluate"),
        ("src/policy/x.rs", "use crate::estimate::Usage;", "may not name crate::estimate::Usage"),
        ("src/domain/x.rs", "#[cfg(test)]\nfn f() {}\nfn g() { std::fs::read(\"a\"); }", "are pure"),
        ("src/pipeline/x.rs", "use aws_sdk_sts::Client;", "only `aws` names aws_sdk_sts"),
        ("src/domain/x.rs", "fn f() { std::fs::read(\"a\"); }", "are pure"),
        ("src/domain/x.rs", "let now = jiff::Timestamp::now();", "are pure"),
        ("src/pipeline/x.rs", "use std::fs;", "through its traits"),
        ("src/command/x.rs", "fn f() { println!(\"x\"); }", "only ui writes"),
        ("src/run.rs", "CallerIdentity::from_sts(a, b)", "answer of STS"),
        ("src/pipeline/x.rs", "let now = jiff::Timestamp::now();", "from its clock"),
        ("src/ui/mod.rs", "std::process::exit(1)", "main returns"),
        ("src/sandbox/x.rs", "use crate::estimate::{rows, estimate};", "may not name crate::estimate::estimate"),
        ("src/sandbox/x.rs", "use crate::iam::evaluate;", "may not name crate::iam::evaluate"),
        ("src/attic/x.rs", "", "is not in the table"),
    ];
    for (file, text, says) in forbidden {
        let faults = Source::new(file, text).faults();
        assert!(faults.iter().any(|fault| fault.contains(says)), "{file} `{text}`: {faults:?}");
    }
    let long = "\n".repeat(LONGEST + 1);
    assert_eq!(Source::new("src/domain/x.rs", &long).faults().len(), 1);
}

#[test]
fn allowed_code_and_mere_mentions_are_not() {
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
        ("src/sandbox/x.rs", "let aws_region = 1; fn f(aws_x: u8) {}"),
    ];
    for (file, text) in allowed {
        assert_eq!(Source::new(file, text).faults(), Vec::<String>::new(), "{file} `{text}`");
    }
}

#[test]
fn a_map_that_differs_from_the_table_is_found_room_by_room() {
    let rows = |rows: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let set = |arrows: &[&str]| arrows.iter().map(|arrow| (*arrow).to_owned()).collect();
        rows.iter().map(|(room, arrows)| ((*room).to_owned(), set(arrows))).collect()
    };
    let text = "//! # The map\n//!\n//! | room | what it is | may name |\n//! |---|---|---|\n\
                //! | `main` | calls [`run`] | the library |\n//! | [`ui`] | streams, `stdout` | `cli`, `report::plan` |\n";
    let table = rows(&[("main", &[]), ("ui", &["cli", "report::plan"])]);
    assert_eq!(map(text), table);
    assert_eq!(differences(&table, &map(text)), [] as [&str; 0]);
    let other = rows(&[("ui", &["cli", "domain"]), ("aws", &[])]);
    let expected = [
        "the map in src/lib.rs has no room `aws`",
        "the map in src/lib.rs does not let `ui` name `domain`",
        "the table in tests/all/tidy.rs has no room `main`",
        "the table in tests/all/tidy.rs does not let `ui` name `report::plan`",
    ];
    assert_eq!(differences(&other, &map(text)), expected);
}

#[test]
fn arrows_that_nothing_uses_are_found() {
    let sources =
        [Source::new("src/ui/mod.rs", "use crate::{cli::Args, report::plan::Plan};"), Source::new("src/cli.rs", "")];
    let arrows = ["cli", "domain", "report::drift", "report::plan"].map(str::to_owned);
    let table = BTreeMap::from([("ui".to_owned(), BTreeSet::from(arrows)), ("cli".to_owned(), BTreeSet::new())]);
    let expected = [
        "`ui` never names `domain`: take it out of its row",
        "`ui` never names `report::drift`: take it out of its row",
    ];
    assert_eq!(unused(&table, &sources), expected);
}
