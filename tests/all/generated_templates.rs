//! Scans 1,600 generated templates with the loader, the schema validation and the policies: each is scanned, or its errors are
//! reported with their locations. Nothing panics and nothing hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stagegate::domain::diagnostic::{Diagnostic, Level};
use stagegate::files::policies;
use stagegate::files::template::{TemplateContext, load, read_inputs};
use stagegate::pipeline::evaluate::evaluate;
use stagegate::pipeline::load::check_for_reading;
use stagegate::policy::{Packs, PolicySet, ScanInput, ScanResource, builtin};
use stagegate::schema::Registry;

use super::support::User;
use super::template_generator::{Expected, GeneratedTemplate, generate};

const COUNT: usize = 1600;
const SEED: u64 = 2026;

#[test]
fn generated_templates_are_scanned_or_rejected_with_a_location() {
    let folder = match std::env::var_os("STAGEGATE_TEST_TEMPLATES") {
        // For the corpus of the fuzzer.
        Some(folder) => std::path::PathBuf::from(folder),
        None => tempfile::tempdir().unwrap().keep(),
    };
    // With a custom policy, the policies are compiled once instead of for each template.
    let own = "# METADATA\n# title: T\n# custom:\n#   id: own\n#   severity: low\n#   types: ['*']\npackage own\n\n\
               deny contains {\"message\": \"m\"} if input.resource.logical_id == \"nobody\"\n";
    let sources = builtin::sources().into_iter().chain([policies::source("own.rego", own).unwrap()]).collect();
    let policies = PolicySet::compile(sources).unwrap().with_packs(Packs::All);
    let templates = generate(COUNT, SEED);
    let mut faults = Vec::new();
    let (mut scanned, mut refused, mut types) = (0, 0, BTreeSet::new());
    for template in &templates {
        std::fs::write(folder.join(&template.name), &template.bytes).unwrap();
        match scan(&policies, &folder, template) {
            Ok(found) => {
                scanned += 1;
                types.extend(found);
            }
            Err(Rejection::Reported) => refused += 1,
            Err(Rejection::Fault(fault)) => {
                faults.push(format!("{} ({}, {:?}): {fault}", template.name, template.made, template.expected));
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

enum Rejection {
    /// The errors were reported as expected.
    Reported,
    Fault(String),
}

/// Scans one template and returns the types of its resources.
fn scan(policies: &PolicySet, folder: &Path, template: &GeneratedTemplate) -> Result<Vec<String>, Rejection> {
    let refused = |problems: Vec<Diagnostic>| -> Rejection {
        let faults: Vec<String> = problems.iter().filter_map(|problem| fault_of(problem, template)).collect();
        match template.expected {
            Expected::Valid(_) => Rejection::Fault(format!("was rejected: {problems:?}")),
            _ if !problems.iter().any(|one| one.level == Level::Error) => {
                Rejection::Fault("no error was reported".to_owned())
            }
            _ if faults.is_empty() => Rejection::Reported,
            _ => Rejection::Fault(faults.join("; ")),
        }
    };
    let path = folder.join(&template.name);
    let inputs = read_inputs(&[path], &mut std::io::empty()).map_err(refused)?;
    // As in `scan`.
    let context = TemplateContext { for_reading: true, ..TemplateContext::default() };
    let loaded = load(&inputs, &context).map_err(refused)?;
    let checked = check_for_reading(&Registry::embedded(), loaded.resources, loaded.secrets).map_err(refused)?;
    let input =
        ScanInput { resources: checked.resources.iter().map(ScanResource::from).collect(), ..ScanInput::default() };
    let report = evaluate(policies, &input);
    let fault = |what: String| Err(Rejection::Fault(what));
    if report.engine_failed() {
        return fault(format!("a policy failed: {:?}", report.engines));
    }
    let unplaced = report.findings.iter().find(|finding| finding.location.is_none());
    if let Some(finding) = unplaced {
        return fault(format!("a finding without a location: {finding:?}"));
    }
    match template.expected {
        Expected::Valid(wanted) if wanted != report.resources_scanned => {
            fault(format!("{} resources scanned, not {wanted}", report.resources_scanned))
        }
        Expected::Invalid => fault("nothing was reported".to_owned()),
        _ => Ok(input.resources.into_iter().map(|scanned| scanned.resource.type_name).collect()),
    }
}

/// Returns what is wrong with a diagnostic.
fn fault_of(problem: &Diagnostic, template: &GeneratedTemplate) -> Option<String> {
    let Some(place) = &problem.location else { return Some(format!("no location: {problem:?}")) };
    let text = String::from_utf8_lossy(&template.bytes);
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    let is_there = place.file.ends_with(&template.name) && (1..=lines).contains(&(place.line as usize));
    let is_said = !problem.message.is_empty() && (problem.hint.is_some() || problem.level != Level::Error);
    (!is_there || !is_said).then(|| format!("{lines} lines, {problem:?}"))
}

#[test]
fn the_same_seed_makes_the_same_templates() {
    let (one, two) = (generate(40, SEED), generate(40, SEED));
    assert!(one.iter().zip(&two).all(|(a, b)| a.bytes == b.bytes));
    let other = generate(40, SEED + 1000);
    assert!(one.iter().zip(&other).any(|(a, b)| a.bytes != b.bytes));
}

/// Scans a folder with all templates, and one with the valid ones, with the program.
#[test]
fn a_folder_of_generated_templates_is_one_scan() {
    let user = User::of_sandbox();
    let templates = generate(COUNT, SEED);
    let (all, right) = (user.folder().join("all"), user.folder().join("right"));
    std::fs::create_dir(&all).unwrap();
    std::fs::create_dir(&right).unwrap();
    let mut wanted = 0;
    let mut wrong = BTreeMap::new();
    for template in &templates {
        std::fs::write(all.join(&template.name), &template.bytes).unwrap();
        match template.expected {
            Expected::Valid(count) => {
                std::fs::write(right.join(&template.name), &template.bytes).unwrap();
                wanted += count;
            }
            Expected::Invalid if template.is_text => {
                wrong.insert(format!("all/{}", template.name), template.made.clone());
            }
            _ => {}
        }
    }
    // Files that are not text are reported first, for all files; then invalid YAML.
    let is_no_text =
        |made: &str| ["Windows-1252", "byte order mark", "overlong", "archive"].iter().any(|what| made.contains(what));
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

/// Returns the files with errors in a scan of the folder.
fn refused(user: &User) -> BTreeSet<String> {
    let document = user.json(&["scan", "-f", "all"], 64);
    let said = document["diagnostics"].as_array().unwrap().iter();
    said.filter_map(|one| Some(one["file"].as_str()?.to_owned())).collect()
}
