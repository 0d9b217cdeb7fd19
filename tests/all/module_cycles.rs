//! No circles: not between rooms, and not between the files of the rooms that hold rules. What names each
//! other in a circle can only be understood, tested and moved together.
//!
//! A file is a module. The file that stands for a folder may name its children, to hand on what they have; then
//! a child that names it closes a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::{paths_from_root, rust_files, without_comments_and_text, without_test_items};
use super::support::root;

/// Modules whose files, and those below, have no circle.
const WITHOUT_CIRCLES: &[&str] = &["compare", "estimate", "files::yaml", "iam", "policy", "promotion"];

/// What a module names, with the place where it first does.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The arrows between files, from their paths below the crate's folder and their texts. Code for tests has none.
fn arrows_between_files(files: &[(&str, &str)]) -> Arrows {
    let modules: BTreeMap<String, (&str, &str)> =
        files.iter().filter_map(|(file, text)| Some((module_of(file)?, (*file, *text)))).collect();
    let mut arrows = Arrows::new();
    for (module, (file, text)) in &modules {
        let code = without_test_items(&without_comments_and_text(text));
        // Who may see something is no arrow.
        let code = code.replace("pub(in crate::", "pub(in      ::");
        let path: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
        let is_child = |other: &&String| other.rsplit_once("::").map_or("", |(parent, _)| parent) == module;
        let children: Vec<&str> = modules.keys().filter(is_child).filter_map(|one| one.rsplit("::").next()).collect();
        let named = arrows.entry(module.clone()).or_default();
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
    arrows
}

/// The module of a file of `src/`; `None` for tests and for the crate's root.
fn module_of(file: &str) -> Option<String> {
    let path = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let is_test = path.split('/').any(|part| part == "tests");
    (!is_test && !["lib", "main"].contains(&path)).then(|| path.replace('/', "::"))
}

/// The same arrows between rooms.
fn arrows_between_rooms(files: &Arrows) -> Arrows {
    let room = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let mut rooms = Arrows::new();
    for (from, named) in files {
        let arrows = rooms.entry(room(from)).or_default();
        for (to, place) in named.iter().filter(|(to, _)| room(to) != room(from)) {
            arrows.entry(room(to)).or_insert_with(|| place.clone());
        }
    }
    rooms
}

/// The arrows between a module's own files.
fn within(files: &Arrows, module: &str) -> Arrows {
    let is_inside =
        |name: &str| name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let inside = files.iter().filter(|(from, _)| is_inside(from));
    let own = |named: &BTreeMap<String, String>| {
        named.iter().filter(|(to, _)| is_inside(to)).map(|(to, place)| (to.clone(), place.clone())).collect()
    };
    inside.map(|(from, named)| (from.clone(), own(named))).collect()
}

/// Every arrow's shortest way back, each circle once: `a → b → a`, with a place of each arrow.
fn circles(arrows: &Arrows) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (from, named) in arrows {
        for to in named.keys() {
            let Some(way) = shortest_way(arrows, to, from) else { continue };
            if seen.insert(way.iter().cloned().collect::<BTreeSet<_>>()) {
                let circle: Vec<&str> = std::iter::once(from).chain(&way).map(String::as_str).collect();
                found.push(described(arrows, &circle));
            }
        }
    }
    found
}

/// The modules on the shortest way along arrows, both ends included.
fn shortest_way(arrows: &Arrows, from: &str, to: &str) -> Option<Vec<String>> {
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
        for next in arrows.get(at).into_iter().flat_map(BTreeMap::keys) {
            if next != from && !before.contains_key(next.as_str()) {
                before.insert(next, at);
                open.push_back(next);
            }
        }
    }
    None
}

fn described(arrows: &Arrows, circle: &[&str]) -> String {
    let place = |pair: &[&str]| arrows[pair[0]][pair[1]].clone();
    let places: Vec<String> = circle.windows(2).map(place).collect();
    format!("{} ({})", circle.join(" → "), places.join(", "))
}

/// The arrows of the crate itself.
fn own_arrows() -> Arrows {
    let read = |path: &std::path::PathBuf| {
        (path.strip_prefix(root()).unwrap().display().to_string(), std::fs::read_to_string(path).unwrap())
    };
    let files: Vec<(String, String)> = rust_files(&root().join("src")).iter().map(read).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let arrows = arrows_between_files(&files);
    assert!(arrows.len() > 50, "the sources were not found");
    arrows
}

#[test]
fn rooms_have_no_circle() {
    let found = circles(&arrows_between_rooms(&own_arrows()));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_files_of_the_rule_rooms_have_no_circle() {
    let arrows = own_arrows();
    let found: Vec<String> = WITHOUT_CIRCLES
        .iter()
        .flat_map(|module| {
            let own = within(&arrows, module);
            assert!(own.len() > 2, "there are no files of `{module}`");
            circles(&own)
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_circle_between_files_is_found_with_its_places() {
    let files = [
        ("src/policy/mod.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
        ("src/policy/a.rs", "use super::b::{self, B};"),
        ("src/policy/b.rs", "\n\nfn f(c: crate::policy::c::C) {}"),
        ("src/policy/c.rs", "use super::{a::A, a};"),
    ];
    let found = circles(&within(&arrows_between_files(&files), "policy"));
    let expected =
        "policy::a → policy::b → policy::c → policy::a (src/policy/a.rs:1, src/policy/b.rs:3, src/policy/c.rs:1)";
    assert_eq!(found, [expected]);
}

#[test]
fn a_child_that_names_its_parent_closes_a_circle() {
    for child in ["use super::A;", "use super::*;", "fn f(a: crate::policy::A) {}", "use super::super::policy::A;"] {
        for parent in ["mod a;\npub use a::B;", "mod a;\nfn f() { a::g() }", "use self::a::{B, C};"] {
            let files = [("src/policy.rs", parent), ("src/policy/a.rs", child)];
            let found = circles(&arrows_between_files(&files));
            assert!(
                found.len() == 1 && found[0].starts_with("policy → policy::a → policy ("),
                "{child} {parent}: {found:?}"
            );
        }
    }
}

#[test]
fn a_circle_between_rooms_is_found_whatever_files_it_goes_through() {
    let files = [
        ("src/domain/a.rs", "use crate::schema::b::B;"),
        ("src/domain/c.rs", ""),
        ("src/schema/b.rs", ""),
        ("src/schema/d.rs", "\nuse crate::domain::{c, e::E};"),
    ];
    let arrows = arrows_between_files(&files);
    assert_eq!(circles(&arrows), [] as [&str; 0]);
    let expected = "domain → schema → domain (src/domain/a.rs:1, src/schema/d.rs:2)";
    assert_eq!(circles(&arrows_between_rooms(&arrows)), [expected]);
}

#[test]
fn a_tree_has_no_circle() {
    let files = [
        // Naming children, tests that look at everything, comments, texts and visibility are no circle.
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
    let arrows = arrows_between_files(&files);
    assert_eq!(circles(&arrows), [] as [&str; 0]);
    assert_eq!(circles(&arrows_between_rooms(&arrows)), [] as [&str; 0]);
    let named: Vec<&String> = arrows["policy"].keys().collect();
    assert_eq!(named, ["policy::a", "policy::b"]);
}
