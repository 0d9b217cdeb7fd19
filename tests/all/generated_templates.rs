//! 1,600 templates of every quality through loader, schema check and policies: each is scanned, or it
//! is said what is wrong with it and where. Nothing panics and nothing hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stagegate::domain::diagnostic::{Diagnostic, Level};
use stagegate::files::policies;
use stagegate::files::template::{TemplateContext, load, read_inputs};
use stagegate::pipeline::evaluate::evaluate;
use stagegate::pipeline::load::check_for_reading;
use stagegate::policy::{Packs, PolicySet, ScanInput, ScanResource, builtin};

use super::assorting::{Assorted, Known, assorted};
use super::support::User;

const COUNT: usize = 1600;
const SEED: u64 = 2026;

#[test]
fn assorted_templates_are_scanned_or_refused_with_a_place() {
    let folder = match std::env::var_os("STAGEGATE_TEST_TEMPLATES") {
        // For the fuzzer's corpus.
        Some(folder) => std::path::PathBuf::from(folder),
        None => tempfile::tempdir().unwrap().keep(),
    };
    // A policy of a project has everything compiled once instead of for each template.
    let own = "# METADATA\n# title: T\n# custom:\n#   id: own\n#   severity: low\n#   types: ['*']\npackage own\n\n\
               deny contains {\"message\": \"m\"} if input.resource.logical_id == \"nobody\"\n";
    let sources = builtin::sources().into_iter().chain([policies::source("own.rego", own).unwrap()]).collect();
    let policies = PolicySet::compile(sources).unwrap().with_packs(Packs::All);
    let templates = assorted(COUNT, SEED);
    let mut faults = Vec::new();
    let (mut scanned, mut refused, mut types) = (0, 0, BTreeSet::new());
    for template in &templates {
        std::fs::write(folder.join(&template.name), &template.bytes).unwrap();
        match scan(&policies, &folder, template) {
            Ok(found) => {
                scanned += 1;
                types.extend(found);
            }
            Err(Refusal::Said) => refused += 1,
            Err(Refusal::Fault(fault)) => {
                faults.push(format!("{} ({}, {:?}): {fault}", template.name, template.made, template.known));
            }
        }
    }
    assert!(faults.is_empty(), "in {}:\n{}", folder.display(), faults.join("\n"));
    assert_eq!(scanned + refused, COUNT);
    assert!(scanned >= COUNT * 2 / 5 && refused >= COUNT * 2 / 5, "{scanned} scanned, {refused} refused");
    assert!(types.len() > 1000, "{} types", types.len());
    if std::env::var_os("STAGEGATE_TEST_TEMPLATES").is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

enum Refusal {
    /// As it should be.
    Said,
    Fault(String),
}

/// What happens to one template; the types of its resources when it is scanned.
fn scan(policies: &PolicySet, folder: &Path, template: &Assorted) -> Result<Vec<String>, Refusal> {
    let refused = |problems: Vec<Diagnostic>| -> Refusal {
        let faults: Vec<String> = problems.iter().filter_map(|problem| fault_of(problem, template)).collect();
        match template.known {
            Known::Right(_) => Refusal::Fault(format!("was refused: {problems:?}")),
            _ if !problems.iter().any(|one| one.level == Level::Error) => {
                Refusal::Fault("no error was said".to_owned())
            }
            _ if faults.is_empty() => Refusal::Said,
            _ => Refusal::Fault(faults.join("; ")),
        }
    };
    let path = folder.join(&template.name);
    let inputs = read_inputs(&[path], &mut std::io::empty()).map_err(refused)?;
    // As `scan` reads them.
    let context = TemplateContext { for_reading: true, ..TemplateContext::default() };
    let loaded = load(&inputs, &context).map_err(refused)?;
    let checked = check_for_reading(loaded.resources, loaded.secrets).map_err(refused)?;
    let input =
        ScanInput { resources: checked.resources.iter().map(ScanResource::from).collect(), ..ScanInput::default() };
    let report = evaluate(policies, &input);
    let fault = |what: String| Err(Refusal::Fault(what));
    if report.engine_failed() {
        return fault(format!("a policy failed: {:?}", report.engines));
    }
    let unplaced = report.findings.iter().find(|finding| finding.location.is_none());
    if let Some(finding) = unplaced {
        return fault(format!("a finding without a place: {finding:?}"));
    }
    match template.known {
        Known::Right(wanted) if wanted != report.resources_scanned => {
            fault(format!("{} resources scanned, not {wanted}", report.resources_scanned))
        }
        Known::Wrong => fault("nothing was said about it".to_owned()),
        _ => Ok(input.resources.into_iter().map(|scanned| scanned.resource.type_name).collect()),
    }
}

/// What a message lacks.
fn fault_of(problem: &Diagnostic, template: &Assorted) -> Option<String> {
    let Some(place) = &problem.location else { return Some(format!("no place: {problem:?}")) };
    let text = String::from_utf8_lossy(&template.bytes);
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    let is_there = place.file.ends_with(&template.name) && (1..=lines).contains(&(place.line as usize));
    let is_said = !problem.message.is_empty() && (problem.hint.is_some() || problem.level != Level::Error);
    (!is_there || !is_said).then(|| format!("{lines} lines, {problem:?}"))
}

#[test]
fn the_same_seed_makes_the_same_templates() {
    let (one, two) = (assorted(40, SEED), assorted(40, SEED));
    assert!(one.iter().zip(&two).all(|(a, b)| a.bytes == b.bytes));
    let other = assorted(40, SEED + 1000);
    assert!(one.iter().zip(&other).any(|(a, b)| a.bytes != b.bytes));
}

/// The whole program, with all of them as one folder and with the right ones as another.
#[test]
fn a_folder_of_assorted_templates_is_one_scan() {
    let user = User::of_sandbox();
    let templates = assorted(COUNT, SEED);
    let (all, right) = (user.folder().join("all"), user.folder().join("right"));
    std::fs::create_dir(&all).unwrap();
    std::fs::create_dir(&right).unwrap();
    let mut wanted = 0;
    let mut wrong = BTreeMap::new();
    for template in &templates {
        std::fs::write(all.join(&template.name), &template.bytes).unwrap();
        match template.known {
            Known::Right(count) => {
                std::fs::write(right.join(&template.name), &template.bytes).unwrap();
                wanted += count;
            }
            Known::Wrong if template.is_text => {
                wrong.insert(format!("all/{}", template.name), template.made.clone());
            }
            _ => {}
        }
    }
    // What is no text is said first, of all files at once; then what is no YAML.
    let is_no_text =
        |made: &str| ["Windows-1252", "its mark", "overlong", "archive"].iter().any(|what| made.contains(what));
    let said = refused(&user);
    let missed: Vec<_> = wrong.iter().filter(|(name, made)| is_no_text(made) && !said.contains(*name)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    said.iter().for_each(|name| std::fs::remove_file(user.folder().join(name)).unwrap());
    let said = refused(&user);
    let missed: Vec<_> = wrong.iter().filter(|(name, made)| !is_no_text(made) && !said.contains(*name)).collect();
    assert!(missed.is_empty(), "{missed:?}");

    let run = user.run(&["scan", "-f", "right", "--packs", "all", "--json"]);
    assert!(run.code == 0 || run.code == 2, "{}", run.stderr);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["body"]["resources_scanned"], wanted);
    assert_eq!(document["body"]["engines"][0]["status"], "ok");
}

/// The files that a scan of the folder complains about.
fn refused(user: &User) -> BTreeSet<String> {
    let document = user.json(&["scan", "-f", "all"], 64);
    let said = document["diagnostics"].as_array().unwrap().iter();
    said.filter_map(|one| Some(one["file"].as_str()?.to_owned())).collect()
}
