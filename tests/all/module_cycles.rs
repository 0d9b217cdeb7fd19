//! Checks that there are no circular dependencies between top-level modules, or between the files of modules with rules. Modules
//! in a cycle can only be understood, tested and moved together.
//!
//! Each file is a module. The file of a folder may depend on its children in order to re-export their items; a child that depends on
//! it then closes a cycle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rust_source::{paths_from_root, rust_files, without_comments_and_text, without_test_items};
use super::support::root;

/// Modules whose files must have no circular dependencies.
const ACYCLIC_MODULES: &[&str] = &["compare", "estimate", "files::yaml", "iam", "policy", "promotion"];

/// The dependencies of each module, with the location of the first use.
type Dependencies = BTreeMap<String, BTreeMap<String, String>>;

/// Returns the dependencies between files, from their paths and texts. Test code is ignored.
fn dependencies_between_files(files: &[(&str, &str)]) -> Dependencies {
    let modules: BTreeMap<String, (&str, &str)> =
        files.iter().filter_map(|(file, text)| Some((module_of(file)?, (*file, *text)))).collect();
    let mut dependencies = Dependencies::new();
    for (module, (file, text)) in &modules {
        let code = without_test_items(&without_comments_and_text(text));
        // Visibility is not a dependency.
        let code = code.replace("pub(in crate::", "pub(in      ::");
        let path: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
        let is_child = |other: &&String| other.rsplit_once("::").map_or("", |(parent, _)| parent) == module;
        let children: Vec<&str> = modules.keys().filter(is_child).filter_map(|one| one.rsplit("::").next()).collect();
        let named = dependencies.entry(module.clone()).or_default();
        for (at, target) in paths_from_root(&code, &path, &children) {
            let known = (1..=target.len()).rev().map(|length| target[..length].join("::"));
            if let Some(target) = known.into_iter().find(|target| modules.contains_key(target))
                && target != *module
            {
                let line = code[..at].matches('\n').count() + 1;
                named.entry(target).or_insert_with(|| format!("{file}:{line}"));
            }
        }
    }
    dependencies
}

/// Returns the module of a file in `src/`; `None` for tests and the crate root.
fn module_of(file: &str) -> Option<String> {
    let path = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let is_test = path.split('/').any(|part| part == "tests");
    (!is_test && !["lib", "main"].contains(&path)).then(|| path.replace('/', "::"))
}

/// Returns the dependencies between top-level modules.
fn dependencies_between_modules(files: &Dependencies) -> Dependencies {
    let top_level = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let mut modules = Dependencies::new();
    for (from, named) in files {
        let dependencies = modules.entry(top_level(from)).or_default();
        for (to, place) in named.iter().filter(|(to, _)| top_level(to) != top_level(from)) {
            dependencies.entry(top_level(to)).or_insert_with(|| place.clone());
        }
    }
    modules
}

/// Returns the dependencies between the files of a module.
fn within(files: &Dependencies, module: &str) -> Dependencies {
    let is_inside =
        |name: &str| name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let inside = files.iter().filter(|(from, _)| is_inside(from));
    let own = |named: &BTreeMap<String, String>| {
        named.iter().filter(|(to, _)| is_inside(to)).map(|(to, place)| (to.clone(), place.clone())).collect()
    };
    inside.map(|(from, named)| (from.clone(), own(named))).collect()
}

/// Returns the shortest cycle through each dependency, without duplicates: `a → b → a`, with the location of each dependency.
fn cycles(dependencies: &Dependencies) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (from, named) in dependencies {
        for to in named.keys() {
            let Some(way) = shortest_path(dependencies, to, from) else { continue };
            if seen.insert(way.iter().cloned().collect::<BTreeSet<_>>()) {
                let cycle: Vec<&str> = std::iter::once(from).chain(&way).map(String::as_str).collect();
                found.push(described(dependencies, &cycle));
            }
        }
    }
    found
}

/// Returns the modules on the shortest path, including both ends.
fn shortest_path(dependencies: &Dependencies, from: &str, to: &str) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            let mut way = vec![at.to_owned()];
            while let Some(previous) =
                before.get(way.last()?.as_str()).filter(|_| way.last().is_some_and(|one| one != from))
            {
                way.push((*previous).to_owned());
            }
            way.reverse();
            return Some(way);
        }
        for next in dependencies.get(at).into_iter().flat_map(BTreeMap::keys) {
            if next != from && !before.contains_key(next.as_str()) {
                before.insert(next, at);
                open.push_back(next);
            }
        }
    }
    None
}

fn described(dependencies: &Dependencies, cycle: &[&str]) -> String {
    let place = |pair: &[&str]| dependencies[pair[0]][pair[1]].clone();
    let places: Vec<String> = cycle.windows(2).map(place).collect();
    format!("{} ({})", cycle.join(" → "), places.join(", "))
}

/// Returns the dependencies of this crate.
fn crate_dependencies() -> Dependencies {
    let read = |path: &std::path::PathBuf| {
        (path.strip_prefix(root()).unwrap().display().to_string(), std::fs::read_to_string(path).unwrap())
    };
    let files: Vec<(String, String)> = rust_files(&root().join("src")).iter().map(read).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let dependencies = dependencies_between_files(&files);
    assert!(dependencies.len() > 50, "the sources were not found");
    dependencies
}

#[test]
fn modules_have_no_circular_dependencies() {
    let found = cycles(&dependencies_between_modules(&crate_dependencies()));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_files_of_modules_with_rules_have_no_circular_dependencies() {
    let dependencies = crate_dependencies();
    let found: Vec<String> = ACYCLIC_MODULES
        .iter()
        .flat_map(|module| {
            let own = within(&dependencies, module);
            assert!(own.len() > 2, "there are no files of `{module}`");
            cycles(&own)
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_cycle_between_files_is_found_with_its_locations() {
    let files = [
        ("src/policy/mod.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
        ("src/policy/a.rs", "use super::b::{self, B};"),
        ("src/policy/b.rs", "\n\nfn f(c: crate::policy::c::C) {}"),
        ("src/policy/c.rs", "use super::{a::A, a};"),
    ];
    let found = cycles(&within(&dependencies_between_files(&files), "policy"));
    let expected =
        "policy::a → policy::b → policy::c → policy::a (src/policy/a.rs:1, src/policy/b.rs:3, src/policy/c.rs:1)";
    assert_eq!(found, [expected]);
}

#[test]
fn a_child_that_depends_on_its_parent_closes_a_cycle() {
    for child in ["use super::A;", "use super::*;", "fn f(a: crate::policy::A) {}", "use super::super::policy::A;"] {
        for parent in ["mod a;\npub use a::B;", "mod a;\nfn f() { a::g() }", "use self::a::{B, C};"] {
            let files = [("src/policy.rs", parent), ("src/policy/a.rs", child)];
            let found = cycles(&dependencies_between_files(&files));
            assert!(
                found.len() == 1 && found[0].starts_with("policy → policy::a → policy ("),
                "{child} {parent}: {found:?}"
            );
        }
    }
}

#[test]
fn a_cycle_between_modules_is_found_across_files() {
    let files = [
        ("src/domain/a.rs", "use crate::schema::b::B;"),
        ("src/domain/c.rs", ""),
        ("src/schema/b.rs", ""),
        ("src/schema/d.rs", "\nuse crate::domain::{c, e::E};"),
    ];
    let dependencies = dependencies_between_files(&files);
    assert_eq!(cycles(&dependencies), [] as [&str; 0]);
    let expected = "domain → schema → domain (src/domain/a.rs:1, src/schema/d.rs:2)";
    assert_eq!(cycles(&dependencies_between_modules(&dependencies)), [expected]);
}

#[test]
fn a_tree_has_no_cycle() {
    let files = [
        // Dependencies on children, tests, comments, strings and visibility do not close a cycle.
        (
            "src/policy/mod.rs",
            "//! See [`crate::policy::a`].\nmod a;\nmod b;\nmod tests;\npub use a::A;\npub use b::B;",
        ),
        (
            "src/policy/a.rs",
            "use super::b::B;\nimpl B { #[cfg(test)]\n fn f() { super::g() } pub(in crate::policy) fn h() {} }\n\
             const T: &str = \"crate::policy\";\n#[cfg(test)]\nmod tests { use super::*; use crate::policy::A; }",
        ),
        ("src/policy/b.rs", "use crate::domain::x::Y; fn f(a: other::a::A) { a.b(); }"),
        ("src/policy/tests.rs", "use super::*;"),
        ("src/domain/x.rs", ""),
    ];
    let dependencies = dependencies_between_files(&files);
    assert_eq!(cycles(&dependencies), [] as [&str; 0]);
    assert_eq!(cycles(&dependencies_between_modules(&dependencies)), [] as [&str; 0]);
    let named: Vec<&String> = dependencies["policy"].keys().collect();
    assert_eq!(named, ["policy::a", "policy::b"]);
}
